// What `#[dispatch]` makes of accumulator.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn accumulator<'g: 'g>(xs: &'g [f64]) -> ::dispatcher::Node<'g, f64> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    let effects = &::dispatcher::__private::Effects::new();
    let mut sum = ::dispatcher::__private::made_at(
        &::dispatcher::__private::Site {
            label: "data",
            form: "0.0",
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        },
        || 0.0,
    );
    for &x in xs {
        sum = effects
            .note(
                ::dispatcher::__private::op(
                    &::dispatcher::__private::Site {
                        label: "add",
                        form: "add(\u{1}sum\u{2}, \u{1}square(x)\u{2})",
                        file: ::core::file!(),
                        line: ::core::line!(),
                        column: ::core::column!(),
                    },
                    (
                        ::dispatcher::__private::Lift::new(sum).lift(),
                        ::dispatcher::__private::Lift::new(
                                ::dispatcher::__private::op(
                                    &::dispatcher::__private::Site {
                                        label: "square",
                                        form: "square(\u{1}x\u{2})",
                                        file: ::core::file!(),
                                        line: ::core::line!(),
                                        column: ::core::column!(),
                                    },
                                    (::dispatcher::__private::Lift::new(x).lift(),),
                                    |(x,), __scope| __scope.give(square(x)).settle(),
                                ),
                            )
                            .lift(),
                    ),
                    |(sum, __argument_1), __scope| {
                        __scope.give(add(sum, __argument_1)).settle()
                    },
                ),
            );
    }
    effects.finish(sum)
}
