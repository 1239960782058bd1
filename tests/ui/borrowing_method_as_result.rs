use dispatcher::prelude::*;

fn load(n: u64) -> Vec<f64> {
    vec![1.0; n as usize]
}

fn mean(xs: &[f64]) -> f64 {
    xs[0]
}

fn name_of(x: f64) -> String {
    x.to_string()
}

fn parse(s: &str) -> f64 {
    s.len() as f64
}

#[dispatch]
fn of_text(x: f64) -> f64 {
    let s: String = name_of(x);
    let t = s.trim();
    parse(t)
}

#[dispatch]
fn of_chain(x: f64) -> f64 {
    parse(name_of(x).to_uppercase().trim_start())
}

#[dispatch]
fn of_list() -> f64 {
    let v: Vec<f64> = load(3);
    let mut pairs = v.windows(2);
    mean(pairs.next().unwrap())
}

fn main() {}
