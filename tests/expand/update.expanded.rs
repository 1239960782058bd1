// What `#[dispatch]` makes of update.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn update<'g: 'g>(count: i64) -> ::dispatcher::Node<'g, (i64, Vec<i64>)> {
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
                    label: "sort",
                    form: "sort(&mut \u{1}xs\u{2})",
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                (::dispatcher::__private::Update::new(&mut xs).update(),),
                |(xs,), __scope| __scope.give(sort(xs)).settle(),
            ),
        )
        .discard(effects);
    let least = effects
        .note(
            ::dispatcher::__private::op(
                &::dispatcher::__private::Site {
                    label: "first",
                    form: "first(&\u{1}xs\u{2})",
                    file: ::core::file!(),
                    line: ::core::line!(),
                    column: ::core::column!(),
                },
                (::dispatcher::__private::Lend::new(&xs).lend(),),
                |(xs,), __scope| __scope.give(first(xs)).settle(),
            ),
        );
    effects.finish(::dispatcher::__private::Tail::new((least, xs)).tail())
}
