// What `#[dispatch]` makes of question.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn question<'g: 'g>(
    left: &'g str,
    right: &'g str,
) -> ::dispatcher::Node<'g, Result<i64, std::num::ParseIntError>> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    let questions = &::dispatcher::__private::Asking::<
        Result<i64, std::num::ParseIntError>,
    >::new()
        .questions();
    let effects = questions.effects();
    let left = questions
        .ask(
            effects
                .note(
                    questions
                        .op(
                            &::dispatcher::__private::Site {
                                label: "parse",
                                form: "parse(\u{1}left\u{2})",
                                file: ::core::file!(),
                                line: ::core::line!(),
                                column: ::core::column!(),
                            },
                            (::dispatcher::__private::Lift::new(left).lift(),),
                            |(left,), __scope| __scope.give(parse(left)).settle(),
                        ),
                ),
        );
    questions
        .finish(
            ::dispatcher::__private::Tail::new(
                    Ok(
                        effects
                            .note(
                                questions
                                    .op(
                                        &::dispatcher::__private::Site {
                                            label: "add",
                                            form: "add(\u{1}left\u{2}, \u{1}parse(right)?\u{2})",
                                            file: ::core::file!(),
                                            line: ::core::line!(),
                                            column: ::core::column!(),
                                        },
                                        (
                                            ::dispatcher::__private::Lift::new(left).lift(),
                                            ::dispatcher::__private::Lift::new(
                                                    questions
                                                        .ask(
                                                            effects
                                                                .note(
                                                                    questions
                                                                        .op(
                                                                            &::dispatcher::__private::Site {
                                                                                label: "parse",
                                                                                form: "parse(\u{1}right\u{2})",
                                                                                file: ::core::file!(),
                                                                                line: ::core::line!(),
                                                                                column: ::core::column!(),
                                                                            },
                                                                            (::dispatcher::__private::Lift::new(right).lift(),),
                                                                            |(right,), __scope| __scope.give(parse(right)).settle(),
                                                                        ),
                                                                ),
                                                        ),
                                                )
                                                .lift(),
                                        ),
                                        |(left, __argument_1), __scope| {
                                            __scope.give(add(left, __argument_1)).settle()
                                        },
                                    ),
                            ),
                    ),
                )
                .tail(),
        )
}
