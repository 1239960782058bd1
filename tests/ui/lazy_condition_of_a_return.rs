use dispatcher::prelude::*;

fn check(x: f64) -> bool {
    x > 0.0
}

fn twice(x: f64) -> f64 {
    x * 2.0
}

fn find(x: f64) -> Option<f64> {
    Some(x)
}

#[dispatch]
fn early(x: f64) -> f64 {
    let ok = check(x);
    if !ok {
        return 0.0;
    }
    twice(x)
}

#[dispatch]
fn or_nothing(x: f64) -> f64 {
    let y = twice(x);
    let Some(a) = find(y) else { return 0.0 };
    a
}

fn main() {}
