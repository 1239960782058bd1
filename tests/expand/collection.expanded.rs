// What `#[dispatch]` makes of collection.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn collection<'g: 'g>(counts: &'g [u64]) -> ::dispatcher::Node<'g, u64> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    let effects = &::dispatcher::__private::Effects::new();
    let totals: Vec<::dispatcher::Node<'_, u64>> = counts
        .iter()
        .map(|&count| {
            effects
                .note(
                    ::dispatcher::__private::op(
                        &::dispatcher::__private::Site {
                            label: "total",
                            form: "total(&\u{1}load(count)\u{2})",
                            file: ::core::file!(),
                            line: ::core::line!(),
                            column: ::core::column!(),
                        },
                        (
                            ::dispatcher::__private::Nameless::new(
                                    effects
                                        .note(
                                            ::dispatcher::__private::op(
                                                &::dispatcher::__private::Site {
                                                    label: "load",
                                                    form: "load(\u{1}count\u{2})",
                                                    file: ::core::file!(),
                                                    line: ::core::line!(),
                                                    column: ::core::column!(),
                                                },
                                                (::dispatcher::__private::Lift::new(count).lift(),),
                                                |(count,), __scope| __scope.give(load(count)).settle(),
                                            ),
                                        ),
                                )
                                .lend(),
                        ),
                        |(__argument_0,), __scope| {
                            __scope.give(total(__argument_0)).settle()
                        },
                    ),
                )
        })
        .collect();
    effects
        .finish(
            ::dispatcher::__private::op(
                &::dispatcher::__private::Site {
                    label: "greatest",
                    form: "greatest(\u{1}totals\u{2})",
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                (::dispatcher::__private::Lift::new(totals).lift(),),
                |(totals,), __scope| __scope.give(greatest(totals)).settle(),
            ),
        )
}
