// What `#[dispatch]` makes of subgraph.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn subgraph<'g: 'g>(n: u64) -> ::dispatcher::Node<'g, u64> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    if n < 2 {
        return ::dispatcher::__private::data_known(
            &::dispatcher::__private::Site {
                label: "data",
                form: "n",
                file: ::core::file!(),
                line: ::core::line!(),
                column: ::core::column!(),
            },
            n,
            |__value| ::dispatcher::__private::Data::new(__value).known(),
        );
    }
    ::dispatcher::__private::op(
        &::dispatcher::__private::Site {
            label: "add",
            form: "add(\u{1}subgraph(n - 1)\u{2}, \u{1}subgraph(n - 2)\u{2})",
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        },
        (
            ::dispatcher::__private::Lift::new(
                    ::dispatcher::__private::op(
                        &::dispatcher::__private::Site {
                            label: "subgraph",
                            form: "subgraph(\u{1}n - 1\u{2})",
                            file: ::core::file!(),
                            line: ::core::line!(),
                            column: ::core::column!(),
                        },
                        (::dispatcher::__private::Lift::new(n - 1).lift(),),
                        |(__argument_0,), __scope| {
                            __scope.give(subgraph(__argument_0)).settle()
                        },
                    ),
                )
                .lift(),
            ::dispatcher::__private::Lift::new(
                    ::dispatcher::__private::op(
                        &::dispatcher::__private::Site {
                            label: "subgraph",
                            form: "subgraph(\u{1}n - 2\u{2})",
                            file: ::core::file!(),
                            line: ::core::line!(),
                            column: ::core::column!(),
                        },
                        (::dispatcher::__private::Lift::new(n - 2).lift(),),
                        |(__argument_0,), __scope| {
                            __scope.give(subgraph(__argument_0)).settle()
                        },
                    ),
                )
                .lift(),
        ),
        |(__argument_0, __argument_1), __scope| {
            __scope.give(add(__argument_0, __argument_1)).settle()
        },
    )
}
