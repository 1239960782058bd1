use dispatcher::prelude::*;

fn load(n: u64) -> Vec<f64> {
    vec![1.0; n as usize]
}

fn name_of(x: f64) -> String {
    x.to_string()
}

#[dispatch]
fn text(x: f64) -> String {
    let a = name_of(x);
    let mut s = String::new();
    s.push_str(&a);
    s
}

#[dispatch]
fn appended() -> Vec<f64> {
    let mut a = Vec::new();
    let mut b = load(3);
    a.append(&mut b);
    a
}

#[dispatch]
fn extended() -> Vec<f64> {
    let mut v = vec![1.0, 2.0];
    v.extend(load(3));
    v
}

fn main() {}
