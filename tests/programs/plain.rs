// Plain values: what they are made of, how they are named, what comes into them.
use std::collections::*;
fn twice(a: u64) -> u64 {
    a * 2
}
fn sum(xs: Vec<u64>) -> u64 {
    xs.iter().sum()
}
fn opt(x: Option<u64>) -> u64 {
    x.unwrap_or(0)
}
fn msum(xs: BTreeMap<u64, u64>) -> u64 {
    xs.values().sum()
}
// Lists and options that begin empty, into which lazy values come by ways of all kinds.
#[dispatch]
pub fn resized_with_lazy(n: u64) -> u64 {
    let mut v = Vec::new();
    v.resize_with(3, || twice(n));
    sum(v)
}
#[dispatch]
pub fn inserted_if_none(n: u64) -> u64 {
    let mut x = None;
    x.get_or_insert_with(|| twice(n));
    opt(x)
}
#[dispatch]
pub fn pushed_through_a_reference(n: u64) -> u64 {
    let mut v = Vec::new();
    let r = &mut v;
    r.push(twice(n));
    sum(v)
}
#[dispatch]
pub fn pushed_in_a_match(n: u64) -> u64 {
    let mut v = Vec::new();
    match &mut v {
        w => w.push(twice(n)),
    }
    sum(v)
}
#[dispatch]
pub fn entry_assigned(n: u64) -> u64 {
    let mut m = BTreeMap::new();
    *m.entry(1).or_insert_with(|| twice(1)) = twice(n);
    msum(m)
}
#[dispatch]
pub fn pushed_in_a_block(n: u64) -> u64 {
    let mut v = Vec::new();
    {
        let w = &mut v;
        for i in 0..n {
            w.push(twice(i));
        }
    }
    sum(v)
}
#[dispatch]
pub fn inserted_lazy_local(n: u64) -> u64 {
    let mut x = None;
    let t = twice(n);
    x.get_or_insert(t);
    opt(x)
}
#[dispatch]
pub fn spliced(n: u64) -> u64 {
    let mut v = Vec::new();
    v.splice(0..0, [twice(n)]);
    sum(v)
}
#[dispatch]
pub fn entry_inserted(n: u64) -> u64 {
    let mut m = BTreeMap::new();
    m.entry(1).or_insert_with(|| twice(n));
    msum(m)
}
// A local that a macro binds.
macro_rules! bind {
    ($n:ident = $e:expr) => {
        let $n = $e;
    };
}
#[dispatch]
pub fn bound_by_a_macro(n: u64) -> u64 {
    bind!(q = n + 1);
    if n == 0 {
        return q;
    }
    twice(n)
}
// `Clone` is asked for where the type isn't known yet.
use crate::{Bare as E1, Wide};

fn c1(a: u64) -> Result<u64, E1> {
    Ok(a)
}
fn w(n: u64) -> Result<u64, Wide> {
    Ok(n)
}
macro_rules! ok {
    ($e:expr) => {
        Ok($e)
    };
}
#[dispatch]
pub fn ok_by_a_macro(n: u64) -> Result<u64, E1> {
    if n == 0 {
        return ok!(n);
    }
    c1(n)
}
#[dispatch]
pub fn error_converted(n: u64) -> Result<u64, Wide> {
    if n == 0 {
        return eager!(c1(n)).map_err(|e| e.into());
    }
    w(n)
}
#[dispatch]
pub fn error_or_else(n: u64) -> Result<u64, Wide> {
    if n == 0 {
        return eager!(c1(n)).or_else(|e| Err(e.into()));
    }
    w(n)
}
#[dispatch]
pub fn error_converted_by_path(n: u64) -> Result<u64, Wide> {
    let r = eager!(c1(n));
    if n == 0 {
        return r.map_err(From::from);
    }
    w(n)
}
#[dispatch]
pub fn error_by_name(n: u64) -> Result<u64, Wide> {
    if n == 0 {
        return c1n(n).map_err(Wide::from);
    }
    w(n)
}
fn c1n(a: u64) -> Result<u64, E1> {
    Ok(a)
}
// Locals in upper case, in patterns that the macro doesn't look into: taken for constants.
#[dispatch]
pub fn upper_case_in_a_match(n: Option<u64>) -> u64 {
    match n {
        Some(N) => return N,
        None => {}
    }
    twice(1)
}
#[dispatch]
pub fn upper_case_in_if_let(n: Option<u64>) -> u64 {
    if let Some(N) = n {
        return N;
    }
    twice(1)
}
#[dispatch]
pub fn upper_case_in_a_slice(n: &[u64]) -> u64 {
    if let [A, B] = *n {
        return (A);
    }
    twice(1)
}
#[dispatch]
pub fn upper_case_guarded(n: u64) -> u64 {
    match n {
        N if N > 3 => N,
        _ => twice(n),
    }
}
#[dispatch]
pub fn upper_case_bound(n: u64) -> u64 {
    match n {
        N @ 4.. => N,
        _ => twice(n),
    }
}
// A static of the user's that is called as locals of ours might be.
pub static value: u64 = 3;
#[dispatch]
pub fn beside_a_static_value(n: u64) -> u64 {
    if n > 2 {
        return n + 1;
    }
    twice(n)
}
