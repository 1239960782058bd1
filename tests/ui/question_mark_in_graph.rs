use dispatcher::prelude::*;

fn parse(text: &str) -> Result<f64, String> {
    Ok(text.len() as f64)
}

fn number(text: &str) -> Node<'_, f64> {
    graph! { parse(text)? }
}

fn main() {}
