use dispatcher::prelude::*;

fn parse(text: &str) -> Result<f64, String> {
    Ok(text.len() as f64)
}
fn twice(x: f64) -> f64 {
    2.0 * x
}

#[dispatch]
fn numbers(texts: &[&str]) -> Result<Vec<f64>, String> {
    texts.iter().map(|text| Ok(twice(parse(text)?))).collect()
}

fn main() {}
