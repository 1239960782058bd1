// What `#[dispatch]` makes of chain.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn chain<'g: 'g>(count: usize) -> ::dispatcher::Node<'g, f64> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    let xs = ::dispatcher::__private::op(
        &::dispatcher::__private::Site {
            label: "load",
            form: "load(\u{1}count\u{2})",
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        },
        (::dispatcher::__private::Lift::new(count).lift(),),
        |(count,), __scope| __scope.give(load(count)).settle(),
    );
    ::dispatcher::__private::op(
        &::dispatcher::__private::Site {
            label: "total",
            form: "total(\u{1}scaled(xs, 2.0)\u{2})",
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        },
        (
            ::dispatcher::__private::Lift::new(
                    ::dispatcher::__private::op(
                        &::dispatcher::__private::Site {
                            label: "scaled",
                            form: "scaled(\u{1}xs\u{2}, 2.0)",
                            file: ::core::file!(),
                            line: ::core::line!(),
                            column: ::core::column!(),
                        },
                        (::dispatcher::__private::Lift::new(xs).lift(),),
                        |(xs,), __scope| __scope.give(scaled(xs, 2.0)).settle(),
                    ),
                )
                .lift(),
        ),
        |(__argument_0,), __scope| __scope.give(total(__argument_0)).settle(),
    )
}
