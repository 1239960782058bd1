// What `#[dispatch]` makes of tuple.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn tuple<'g: 'g>(xs: &'g [i64]) -> ::dispatcher::Node<'g, i64> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    let effects = &::dispatcher::__private::Effects::new();
    let (left, right) = ::dispatcher::__private::split(
        effects
            .note(
                ::dispatcher::__private::op(
                    &::dispatcher::__private::Site {
                        label: "halves",
                        form: "halves(\u{1}xs\u{2})",
                        file: ::core::file!(),
                        line: ::core::line!(),
                        column: ::core::column!(),
                    },
                    (::dispatcher::__private::Lift::new(xs).lift(),),
                    |(xs,), __scope| __scope.give(halves(xs)).settle(),
                ),
            ),
    );
    effects
        .finish(
            ::dispatcher::__private::op(
                &::dispatcher::__private::Site {
                    label: "dot",
                    form: "dot(&\u{1}left\u{2}, &\u{1}right\u{2})",
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                (
                    ::dispatcher::__private::Lend::new(&left).lend(),
                    ::dispatcher::__private::Lend::new(&right).lend(),
                ),
                |(left, right), __scope| __scope.give(dot(left, right)).settle(),
            ),
        )
}
