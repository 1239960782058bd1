use dispatcher::prelude::*;

fn parse(text: &str) -> Result<f64, String> {
    Ok(text.len() as f64)
}

#[dispatch]
fn number(text: &str) -> f64 {
    let x = parse(text)?;
    x
}

fn main() {}
