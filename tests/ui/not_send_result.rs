use std::error::Error;
use std::rc::Rc;

use dispatcher::prelude::*;

fn shared(x: f64) -> Rc<f64> {
    Rc::new(x)
}

fn value(r: Rc<f64>) -> f64 {
    *r
}

fn parse(text: &str) -> Result<f64, Box<dyn Error>> {
    Ok(text.parse()?)
}

fn make<T: Default>(_: u64) -> T {
    T::default()
}

#[dispatch]
fn between(x: f64) -> f64 {
    let r = shared(x);
    value(r)
}

#[dispatch]
fn given(text: &str) -> Result<f64, Box<dyn Error>> {
    parse(text)
}

#[dispatch]
fn asked(text: &str) -> Result<f64, Box<dyn Error>> {
    let x = parse(text)?;
    Ok(x)
}

#[dispatch]
fn plain(x: f64) -> Rc<f64> {
    Rc::new(x)
}

#[dispatch]
fn generic<T: Default>(n: u64) -> T {
    make(n)
}

fn main() {}
