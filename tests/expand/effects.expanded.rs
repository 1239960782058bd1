// What `#[dispatch]` makes of effects.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn effects<'g: 'g>(n: i64) -> ::dispatcher::Node<'g, Vec<i64>> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    let effects = &::dispatcher::__private::Effects::new();
    let mut log = effects
        .note(
            ::dispatcher::__private::op(
                &::dispatcher::__private::Site {
                    label: "new",
                    form: "new()",
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                (),
                |(), __scope| __scope.give(new()).settle(),
            ),
        );
    ::dispatcher::__private::Discard::new(
            ::dispatcher::__private::op(
                &::dispatcher::__private::Site {
                    label: "push",
                    form: "push(&mut \u{1}log\u{2}, \u{1}n\u{2})",
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                (
                    ::dispatcher::__private::Update::new(&mut log).update(),
                    ::dispatcher::__private::Lift::new(n).lift(),
                ),
                |(log, n), __scope| __scope.give(push(log, n)).settle(),
            ),
        )
        .discard(effects);
    ::dispatcher::__private::Discard::new(
            ::dispatcher::__private::op(
                &::dispatcher::__private::Site {
                    label: "check",
                    form: "check(\u{1}n\u{2})",
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                (::dispatcher::__private::Lift::new(n).lift(),),
                |(n,), __scope| __scope.give(check(n)).settle(),
            ),
        )
        .discard(effects);
    {
        ::dispatcher::__private::Discard::new(
                ::dispatcher::__private::op(
                    &::dispatcher::__private::Site {
                        label: "push",
                        form: "push(&mut \u{1}log\u{2}, \u{1}2 * n\u{2})",
                        file: ::core::file!(),
                        line: ::core::line!(),
                        column: ::core::column!(),
                    },
                    (
                        ::dispatcher::__private::Update::new(&mut log).update(),
                        ::dispatcher::__private::Lift::new(2 * n).lift(),
                    ),
                    |(log, __argument_1), __scope| {
                        __scope.give(push(log, __argument_1)).settle()
                    },
                ),
            )
            .discard(effects);
    }
    effects.finish(log)
}
