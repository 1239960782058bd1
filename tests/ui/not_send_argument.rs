use std::cell::RefCell;
use std::rc::Rc;

use dispatcher::prelude::*;

fn value(r: Rc<f64>) -> f64 {
    *r
}

fn peek(r: &RefCell<f64>) -> f64 {
    *r.borrow()
}

fn address(p: *const f64) -> usize {
    p as usize
}

#[dispatch]
fn moved(r: Rc<f64>) -> f64 {
    value(r)
}

#[dispatch]
fn borrowed(r: &RefCell<f64>) -> f64 {
    peek(r)
}

#[dispatch]
fn pointer(x: &f64) -> usize {
    address(x as *const f64)
}

fn main() {}
