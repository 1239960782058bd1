//! The analysis answers for small bodies, read from text.

use super::live::Liveness;
use super::shape::{Shape, Shapes};
use crate::errors::Errors;
use crate::model::build::{self, Surroundings};
use crate::model::{Body, LocalId};
use crate::parse::Function;

fn body(text: &str) -> Body {
    let function: Function = syn::parse_str(text).unwrap();
    let params = function.sig.inputs.iter().map(|input| crate::parameter(input, &function.sig.generics)).collect();
    build::body(params, function.block.unwrap(), Surroundings::Closed, &mut Errors::default())
}

/// The shape of the last local called `name`.
fn shape(text: &str, name: &str) -> Shape {
    let body = body(text);
    let at = body.locals.iter().rposition(|local| local.name == name).unwrap();
    Shapes::of(&body, true).local(LocalId(at))
}

/// For each mention of `name` in the order of the text, whether it is used again.
fn again(text: &str, name: &str) -> Vec<bool> {
    let body = body(text);
    let live = Liveness::of(&body);
    let mut uses = Vec::new();
    body.block.parts(&mut |part| {
        part.uses(&mut |used| {
            if used.name == name {
                uses.push((used.at, live.again(used)));
            }
        });
    });
    uses.sort_unstable();
    uses.into_iter().map(|(_, again)| again).collect()
}

#[test]
fn calls_of_free_functions_are_lazy() {
    assert_eq!(shape("fn f(a: &str) { let x = load(a); }", "x"), Shape::Lazy);
    assert_eq!(shape("fn f(a: &str) { let x = std::fs::read(a); }", "x"), Shape::Lazy);
    assert_eq!(shape("fn f(a: &str) { let x = a.len(); }", "x"), Shape::Plain);
    assert_eq!(shape("fn f(a: &str) { let x = Vec::new(); }", "x"), Shape::Plain);
    assert_eq!(shape("fn f(a: &str) { let x = Model::new(); }", "x"), Shape::Given);
    assert_eq!(shape("fn f(a: &str) { let x = eager!(load(a)); }", "x"), Shape::Unknown);
}

#[test]
fn chains_on_lazy_values_are_lazy() {
    assert_eq!(shape("fn f() { let x = load(); let y = x.len() + 1; }", "y"), Shape::Lazy);
    assert_eq!(shape("fn f() { let x = load(); let y = -x.items[3]; }", "y"), Shape::Lazy);
    assert_eq!(shape("fn f() { let x = load(); let y = &x; }", "y"), Shape::LazyRef);
    assert_eq!(shape("fn f() { let x = load(); let y = f64::max(x, 1.0); }", "y"), Shape::Lazy);
}

#[test]
fn a_variable_assigned_a_lazy_value_is_lazy() {
    assert_eq!(
        shape("fn f(xs: &[f64]) { let mut acc = 0.0; for x in xs { acc = add(acc, *x); } }", "acc"),
        Shape::Lazy
    );
    assert_eq!(shape("fn f(x: f64) { let mut acc = 0.0; acc += g(x); }", "acc"), Shape::Lazy);
    assert_eq!(shape("fn f(c: bool) { let x; if c { x = 0.0 } else { x = g() } }", "x"), Shape::Lazy);
    assert_eq!(shape("fn f(c: bool) { let x = if c { 0.0 } else { g() }; }", "x"), Shape::Lazy);
    assert_eq!(shape("fn f(c: bool) { let x = if c { return } else { 1.0 }; }", "x"), Shape::Plain);
    assert_eq!(shape("fn f() { let x = loop { break g(); }; }", "x"), Shape::Lazy);
}

#[test]
fn collections_hold_lazy_values() {
    assert_eq!(shape("fn f() { let v = vec![g(), 1.0]; }", "v"), Shape::Holds);
    assert_eq!(shape("fn f() { let mut v = Vec::new(); v.push(g()); }", "v"), Shape::Holds);
    assert_eq!(shape("fn f(ps: &[f64]) { let v: Vec<_> = ps.iter().map(|p| g(p)).collect(); }", "v"), Shape::Holds);
    assert_eq!(shape("fn f(ps: &[f64]) { let v: f64 = ps.iter().sum(); }", "v"), Shape::Plain);
    assert_eq!(shape("fn f() { let v = vec![g()]; let n = v.len(); }", "n"), Shape::Plain);
    assert_eq!(shape("fn f() { let v = vec![g()]; v.iter().map(|d| d); }", "d"), Shape::Likely);
}

#[test]
fn shadowing_makes_a_new_local() {
    assert_eq!(shape("fn f() { let x = g(); { let x = 1; } let y = x; }", "y"), Shape::Lazy);
    assert_eq!(shape("fn f() { let x = g(); let x = 1; let y = x; }", "y"), Shape::Plain);
    assert_eq!(shape("fn f() { let (a, b) = g(); }", "b"), Shape::Lazy);
    assert_eq!(shape("fn f() { let (a, b) = (g(), 1); }", "b"), Shape::Plain);
}

#[test]
fn the_last_use_is_the_last_on_every_path() {
    assert_eq!(again("fn f(x: T) { g(x); h(x); }", "x"), [true, false]);
    assert_eq!(again("fn f(x: T, c: bool) { if c { g(x) } else { h(x) } }", "x"), [false, false]);
    assert_eq!(again("fn f(x: T, c: bool) { if c { g(x) } k(x); }", "x"), [true, false]);
    assert_eq!(again("fn f(x: T, c: bool) { if c { g(x); return; } k(x); }", "x"), [false, false]);
    assert_eq!(again("fn f(x: T, n: u8) { match n { 0 => g(x), 1 => h(x), _ => {} } }", "x"), [false, false]);
    assert_eq!(again("fn f(x: T) { g(x, &x); }", "x"), [true, false]);
}

#[test]
fn a_loop_uses_its_outer_values_again() {
    assert_eq!(again("fn f(x: T) { for i in 0..3 { g(x); } }", "x"), [true]);
    assert_eq!(again("fn f(x: T) { loop { g(x); break; } }", "x"), [false]);
    assert_eq!(again("fn f(x: T) { 'a: loop { loop { g(x); continue 'a; } } }", "x"), [true]);
    assert_eq!(again("fn f(x: T) { 'a: loop { loop { g(x); break 'a; } } }", "x"), [false]);
    assert_eq!(again("fn f() { for i in 0..3 { let x = k(); g(x); } }", "x"), [false]);
    assert_eq!(again("fn f(c: bool) { while h() { let x = k(); if c { continue } g(x); } }", "x"), [false]);
}

#[test]
fn assignment_ends_a_value() {
    assert_eq!(again("fn f(mut x: T) { x = g(x); h(x); }", "x"), [true, false, false]);
    assert_eq!(again("fn f(mut x: T) { for i in 0..3 { x = g(x, i); } h(x); }", "x"), [true, false, false]);
    assert_eq!(again("fn f(mut x: T) { g(x); x = h(); k(x); }", "x"), [false, true, false]);
}

#[test]
fn a_closure_uses_its_surroundings_again() {
    assert_eq!(again("fn f(x: T) { let h = |i| g(x, i); }", "x"), [true]);
    assert_eq!(again("fn f() { let h = |x| { k(&x); g(x) }; }", "x"), [true, false]);
    assert_eq!(again("fn f(x: T) { g(x); let h = |i| k(&x); }", "x"), [true, true]);
}

#[test]
fn values_that_nobody_uses_are_known() {
    let body = body("fn f() { let x = g(); let y = g(); let z = g(); h(y); if c { h(z) } }");
    let live = Liveness::of(&body);
    let wanted: Vec<bool> = (0..3).map(|at| live.wanted(LocalId(at))).collect();
    assert_eq!(wanted, [false, true, true]);
}

#[test]
fn macros_mention_what_their_text_captures() {
    assert_eq!(again("fn f(x: T) { g(x); println!(\"{x}\"); }", "x"), [true, false]);
    assert_eq!(again("fn f(x: T) { g(x); own!(a, [x]); }", "x"), [true, false]);
}

#[test]
fn an_assigned_tuple_gives_new_values_to_its_locals() {
    let swap = "fn f(n: i64) -> i64 { let mut a = g(0); let mut b = g(1); (a, b) = (b, h(a, b)); a }";
    assert_eq!(again(swap, "b")[1..], [true, false]);
    assert_eq!(shape("fn f() { let mut a = 0; let mut b = 1; (a, b) = (2, g(a)); }", "b"), Shape::Lazy);
}
