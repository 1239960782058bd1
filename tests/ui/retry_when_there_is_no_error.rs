use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn careful(x: f64) -> f64 {
    #[retry(3, when = |error: &std::io::Error| error.kind() == std::io::ErrorKind::TimedOut)]
    let y = twice(x);
    y
}

fn main() {}
