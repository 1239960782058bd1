use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn careful(x: f64) -> f64 {
    #[retry]
    let a = twice(x);
    #[retry("3")]
    let b = twice(a);
    #[retry(0)]
    let c = twice(b);
    #[retry(3, until = 4)]
    let d = twice(c);
    #[timeout(5)]
    let e = twice(d);
    #[timeout("5 parsecs")]
    let f = twice(e);
    #[timeout("0s")]
    let g = twice(f);
    #[priority("high")]
    let h = twice(g);
    #[priority]
    let i = twice(h);
    #[priority(1)]
    #[priority(2)]
    twice(i)
}

fn main() {}
