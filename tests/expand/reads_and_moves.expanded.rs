// What `#[dispatch]` makes of reads_and_moves.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn reads_and_moves<'g: 'g>(count: usize) -> ::dispatcher::Node<'g, (Vec<f64>, f64)> {
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
    let mean = ::dispatcher::__private::op(
        &::dispatcher::__private::Site {
            label: "mean",
            form: "mean(&\u{1}xs\u{2})",
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        },
        (::dispatcher::__private::Lend::new(&xs).lend(),),
        |(xs,), __scope| __scope.give(mean(xs)).settle(),
    );
    let xs = ::dispatcher::__private::op(
        &::dispatcher::__private::Site {
            label: "shifted",
            form: "shifted(\u{1}xs\u{2}, \u{1}mean\u{2})",
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        },
        (
            ::dispatcher::__private::Lift::new(xs).lift(),
            ::dispatcher::__private::Again::new(&mean).again(),
        ),
        |(xs, mean), __scope| __scope.give(shifted(xs, mean)).settle(),
    );
    ::dispatcher::__private::op(
        &::dispatcher::__private::Site {
            label: "both",
            form: "both(\u{1}xs\u{2}, \u{1}mean\u{2})",
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        },
        (
            ::dispatcher::__private::Lift::new(xs).lift(),
            ::dispatcher::__private::Lift::new(mean).lift(),
        ),
        |(xs, mean), __scope| __scope.give(both(xs, mean)).settle(),
    )
}
