// What `#[dispatch]` makes of methods_and_operators.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn methods_and_operators<'g: 'g>(
    count: usize,
) -> ::dispatcher::Node<'g, (usize, f64)> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    let effects = &::dispatcher::__private::Effects::new();
    let mut xs = effects
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
        );
    ::dispatcher::__private::Discard::new(
            ::dispatcher::__private::op(
                &::dispatcher::__private::Site {
                    label: ".push",
                    form: "\u{1}xs\u{2}.push(0.5)",
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                (::dispatcher::__private::Update::new(&mut xs).update(),),
                |(xs,), __scope| ::dispatcher::__private::GivePlain::settle(
                    __scope
                        .give({
                            (*xs).push(0.5);
                        }),
                ),
            ),
        )
        .discard(effects);
    let length = effects
        .note(
            ::dispatcher::__private::op(
                &::dispatcher::__private::Site {
                    label: ".len",
                    form: "\u{1}xs\u{2}.len()",
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                (::dispatcher::__private::Lend::new(&xs).lend(),),
                |(xs,), __scope| ::dispatcher::__private::GivePlain::settle(
                    __scope.give((*xs).len()),
                ),
            ),
        );
    let ends = effects
        .note(
            ::dispatcher::__private::op(
                &::dispatcher::__private::Site {
                    label: "+",
                    form: "\u{1}xs\u{2}[0] + \u{3}0\u{2}[1] * 2.0",
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                (::dispatcher::__private::Lift::new(xs).lift(),),
                |(xs,), __scope| ::dispatcher::__private::GivePlain::settle(
                    __scope.give(xs[0] + xs[1] * 2.0),
                ),
            ),
        );
    effects
        .finish(
            ::dispatcher::__private::Tail::new((
                    length,
                    ::dispatcher::__private::op(
                        &::dispatcher::__private::Site {
                            label: ".sqrt",
                            form: "\u{1}ends\u{2}.sqrt()",
                            file: ::core::file!(),
                            line: ::core::line!(),
                            column: ::core::column!(),
                        },
                        (::dispatcher::__private::Lift::new(ends).lift(),),
                        |(ends,), __scope| ::dispatcher::__private::GivePlain::settle(
                            __scope.give(ends.sqrt()),
                        ),
                    ),
                ))
                .tail(),
        )
}
