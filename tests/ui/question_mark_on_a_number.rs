use dispatcher::prelude::*;

fn twice(x: f64) -> f64 {
    2.0 * x
}

#[dispatch]
fn number(x: f64) -> Result<f64, String> {
    let y = twice(x)?;
    Ok(y)
}

fn main() {}
