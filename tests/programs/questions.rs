// `?`: errors that end a function early, values computed ahead, effects that come after.

use crate::Wrong;

fn positive(n: i64) -> Result<i64, Wrong> {
    if n < 0 { Err(Wrong::Negative(n)) } else { Ok(n) }
}
fn even(n: i64) -> Result<i64, String> {
    if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
}
fn some(n: i64) -> Option<i64> {
    (n > 0).then_some(n - 1)
}
fn add(a: i64, b: i64) -> i64 {
    a + b
}
fn checked(n: i64) -> i64 {
    assert!(n < 100, "{n} is too large");
    n + 1
}
fn push(log: &mut Vec<i64>, n: i64) {
    log.push(n);
}
fn check(n: i64) -> Result<(), Wrong> {
    positive(n).map(|_| ())
}

#[dispatch]
pub fn in_a_row(a: i64, b: i64, c: i64) -> Result<i64, Wrong> {
    let x = positive(a)?;
    let y = even(b)?;
    let z = positive(c)?;
    Ok(add(add(x, y), z))
}

#[dispatch]
pub fn on_the_spot(a: i64, b: i64) -> Result<i64, Wrong> {
    Ok(add(positive(a)?, even(b)?) + 1)
}

#[dispatch]
pub fn options_in_a_row(n: i64) -> Option<i64> {
    let a = some(n)?;
    let b = some(a)?;
    Some(add(a, b))
}

#[dispatch]
pub fn parsed_now(text: &str, n: i64) -> Result<i64, Wrong> {
    let x = positive(n)?;
    let m: i64 = text.parse()?;
    let y = positive(m)?;
    Ok(x * y)
}

#[dispatch]
pub fn computed_ahead(a: i64, b: i64) -> Result<i64, Wrong> {
    let x = positive(a)?;
    let y = checked(b);
    Ok(add(x, y))
}

#[dispatch]
pub fn in_a_loop(ns: &[i64]) -> Result<i64, Wrong> {
    let mut sum = 0;
    for n in ns {
        sum += positive(*n)?;
        sum = add(sum, even(*n)?);
    }
    Ok(sum)
}

#[dispatch]
pub fn answers_pushed(ns: &[i64]) -> Result<Vec<i64>, Wrong> {
    let mut v = Vec::new();
    for n in ns {
        v.push(positive(*n)?);
    }
    Ok(v)
}

#[dispatch]
pub fn statement(n: i64) -> Result<i64, Wrong> {
    check(n)?;
    Ok(add(n, 1))
}

#[dispatch]
fn walk(n: i64) -> Result<i64, Wrong> {
    if n == 3 {
        return Err(Wrong::Negative(3));
    }
    if n <= 0 {
        return Ok(0);
    }
    let below = walk(n - 1)?;
    Ok(add(below, n))
}

#[dispatch]
pub fn recursive_with_errors(n: i64) -> Result<i64, Wrong> {
    let a = walk(n)?;
    let b = walk(a - 1)?;
    Ok(add(a, b))
}

#[dispatch]
pub fn given_on(n: i64) -> Result<i64, Wrong> {
    let x = positive(n)?;
    walk(x)
}

#[dispatch]
pub fn update_after_a_failure(log: &mut Vec<i64>, n: i64) -> Result<i64, Wrong> {
    let x = positive(n)?;
    push(log, x);
    Ok(add(x, 1))
}

#[dispatch]
pub fn updated_value(n: i64) -> Result<Vec<i64>, Wrong> {
    let mut v = vec_of(n);
    let x = positive(n)?;
    push(&mut v, x);
    let y = even(x)?;
    push(&mut v, y);
    Ok(v)
}
fn vec_of(n: i64) -> Vec<i64> {
    vec![n; 2]
}

#[dispatch]
pub fn method_after_a_question(n: i64) -> Result<String, Wrong> {
    let text = positive(n)?.to_string();
    Ok(text.to_uppercase())
}
