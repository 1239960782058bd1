// What `#[dispatch]` makes of associated_function.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

impl Model {
    #[allow(unused_mut, unused_parens, unused_braces)]
    pub fn compare<'g: 'g>(xs: &'g [f64], x: f64) -> ::dispatcher::Node<'g, f64> {
        #[allow(unused_imports)]
        use ::dispatcher::__private::methods::*;
        let effects = &::dispatcher::__private::Effects::new();
        let known = ::dispatcher::__private::Note::new(Model::new()).note(effects);
        let fitted = effects
            .note(
                ::dispatcher::__private::op(
                    &::dispatcher::__private::Site {
                        label: "fit",
                        form: "fit(\u{1}xs\u{2})",
                        file: ::core::file!(),
                        line: ::core::line!(),
                        column: ::core::column!(),
                    },
                    (::dispatcher::__private::Lift::new(xs).lift(),),
                    |(xs,), __scope| __scope.give(fit(xs)).settle(),
                ),
            );
        effects
            .finish(
                ::dispatcher::__private::op(
                    &::dispatcher::__private::Site {
                        label: "f64::max",
                        form: "f64::max(\u{1}Model::predict(&known, x)\u{2}, \u{1}Model::predict(&fitted, x)\u{2})",
                        file: ::core::file!(),
                        line: ::core::line!(),
                        column: ::core::column!(),
                    },
                    (
                        ::dispatcher::__private::Lift::new(
                                ::dispatcher::__private::Note::new(
                                        ::dispatcher::__private::assoc(
                                                &::dispatcher::__private::Site {
                                                    label: "Model::predict",
                                                    form: "Model::predict(&\u{1}known\u{2}, \u{1}x\u{2})",
                                                    file: ::core::file!(),
                                                    line: ::core::line!(),
                                                    column: ::core::column!(),
                                                },
                                                (
                                                    ::dispatcher::__private::Lend::new(&known).lend_here(),
                                                    ::dispatcher::__private::Lift::new(x).lift_here(),
                                                ),
                                            )
                                            .mode()
                                            .run(|(known, x), __scope| {
                                                __scope.give(Model::predict(known, x)).settle()
                                            }),
                                    )
                                    .note(effects),
                            )
                            .lift(),
                        ::dispatcher::__private::Lift::new(
                                effects
                                    .note(
                                        ::dispatcher::__private::op(
                                            &::dispatcher::__private::Site {
                                                label: "Model::predict",
                                                form: "Model::predict(&\u{1}fitted\u{2}, \u{1}x\u{2})",
                                                file: ::core::file!(),
                                                line: ::core::line!(),
                                                column: ::core::column!(),
                                            },
                                            (
                                                ::dispatcher::__private::Lend::new(&fitted).lend(),
                                                ::dispatcher::__private::Lift::new(x).lift(),
                                            ),
                                            |(fitted, x), __scope| {
                                                __scope.give(Model::predict(fitted, x)).settle()
                                            },
                                        ),
                                    ),
                            )
                            .lift(),
                    ),
                    |(__argument_0, __argument_1), __scope| {
                        __scope.give(f64::max(__argument_0, __argument_1)).settle()
                    },
                ),
            )
    }
}
#[allow(unused_mut, unused_parens, unused_braces)]
pub fn associated_function<'g: 'g>(
    xs: &'g [f64],
    x: f64,
) -> ::dispatcher::Node<'g, f64> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    ::dispatcher::__private::Tail::new(Model::compare(xs, x)).tail()
}
