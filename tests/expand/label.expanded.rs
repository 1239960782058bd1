// What `#[dispatch]` makes of label.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn label<'g: 'g>(count: usize) -> ::dispatcher::Node<'g, usize> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    let effects = &::dispatcher::__private::Effects::new();
    let xs = ::dispatcher::__private::Options::new()
        .label("first pass")
        .set(
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
    let sum = effects
        .note(
            ::dispatcher::__private::Options::new()
                .label(format!("total of {count}"))
                .set(
                    ::dispatcher::__private::op(
                        &::dispatcher::__private::Site {
                            label: "total",
                            form: "total(&\u{1}xs\u{2})",
                            file: ::core::file!(),
                            line: ::core::line!(),
                            column: ::core::column!(),
                        },
                        (::dispatcher::__private::Lend::new(&xs).lend(),),
                        |(xs,), __scope| __scope.give(total(xs)).settle(),
                    ),
                ),
        );
    effects.finish(sum)
}
