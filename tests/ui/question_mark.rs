use dispatcher::prelude::*;

fn parse(text: &str) -> Result<f64, String> {
    Ok(text.len() as f64)
}

#[dispatch]
fn number(text: &str) -> Result<f64, String> {
    let x = parse(text)?;
    Ok(x)
}

fn main() {}
