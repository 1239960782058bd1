use dispatcher::prelude::*;

fn load(n: u64) -> Vec<f64> {
    vec![1.0; n as usize]
}

fn name_of(n: u64) -> String {
    n.to_string()
}

fn length(text: &str) -> usize {
    text.len()
}

fn count(parts: &[&str]) -> usize {
    parts.len()
}

#[dispatch]
fn of_text(n: u64) -> usize {
    let name = name_of(n);
    length(name.trim())
}

#[dispatch]
fn of_list(n: u64) -> f64 {
    let xs = load(n);
    let first = xs.first().unwrap();
    *first
}

#[dispatch]
fn of_iterator(n: u64) -> f64 {
    let xs = load(n);
    let each = xs.iter();
    each.sum()
}

#[dispatch]
fn of_parts(n: u64) -> usize {
    let name = name_of(n);
    let parts: Vec<&str> = name.split('.').collect();
    count(&parts)
}

fn main() {}
