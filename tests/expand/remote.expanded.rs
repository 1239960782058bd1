// What `#[dispatch]` makes of remote.rs. Written by a test: see dispatcher-macros/src/goldens.rs.

#[allow(unused_mut, unused_parens, unused_braces)]
pub fn remote<'g: 'g>(xs: &'g [f64]) -> ::dispatcher::Node<'g, f64> {
    #[allow(unused_imports)]
    use ::dispatcher::__private::methods::*;
    let scaled = ::dispatcher::__private::op(
        &::dispatcher::__private::Site {
            label: "scale",
            form: "scale(\u{1}xs\u{2}, 0.5, 3)",
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        },
        ::dispatcher::__private::of_call(
            (::dispatcher::__private::Lift::new(xs).lift(),),
            |__asking| {
                let __function = scale;
                __asking.input(0usize);
                let __constant_1 = 0.5;
                __asking.constant(&__constant_1);
                let __constant_2 = 3;
                __asking.constant(&__constant_2);
                let __giving = ::dispatcher::__private::Giving::new();
                if let ::core::option::Option::Some((xs,)) = __asking.lent() {
                    __giving.this(__function(xs, __constant_1, __constant_2));
                }
                let __giving = __giving.graph();
                __asking.callee(&__function, __giving)
            },
        ),
        |(xs,), __scope| __scope.give(scale(xs, 0.5, 3)).settle(),
    );
    ::dispatcher::__private::op(
        &::dispatcher::__private::Site {
            label: "total",
            form: "total(\u{1}scaled\u{2})",
            file: ::core::file!(),
            line: ::core::line!(),
            column: ::core::column!(),
        },
        ::dispatcher::__private::of_call(
            (::dispatcher::__private::Lift::new(scaled).lift(),),
            |__asking| {
                let __function = total;
                __asking.input(0usize);
                let __giving = ::dispatcher::__private::Giving::new();
                if let ::core::option::Option::Some((scaled,)) = __asking.lent() {
                    __giving.this(__function(scaled));
                }
                let __giving = __giving.graph();
                __asking.callee(&__function, __giving)
            },
        ),
        |(scaled,), __scope| __scope.give(total(scaled)).settle(),
    )
}
