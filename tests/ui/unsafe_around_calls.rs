use dispatcher::prelude::*;

unsafe fn twice(x: f64) -> f64 {
    x * 2.0
}

#[dispatch]
fn nested(x: f64) -> f64 {
    unsafe { twice(twice(x)) }
}

#[dispatch]
fn several(x: f64) -> f64 {
    let y = unsafe {
        let y = twice(x);
        twice(y)
    };
    twice_safely(y)
}

fn twice_safely(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
