//! A critic's tests: each shows a defect, or holds where one was looked for.

#![allow(
    clippy::ptr_arg,
    clippy::too_many_arguments,
    clippy::borrowed_box,
    clippy::boxed_local,
    clippy::nonminimal_bool,
    reason = "such are the arguments that are sent"
)]

use std::cell::Cell;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dispatcher::prelude::*;
use dispatcher::remote::{Deferred, Operation, RemoteExecutor, Role, Version, Work};
use dispatcher_core::Settings;

use crate::elsewhere::Elsewhere;

#[remote]
fn add(a: i64, b: i64) -> i64 {
    a + b
}
#[remote]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}
#[remote]
fn total(xs: Vec<i64>) -> i64 {
    xs.iter().sum()
}
#[remote]
fn halves(n: i64) -> (i64, i64) {
    (n / 2, n - n / 2)
}

/// An executor that is a function.
struct By<F>(Settings, F);
impl<F: Fn(&mut Work<'_>)> RemoteExecutor for By<F> {
    fn settings(&self) -> &Settings {
        &self.0
    }
    fn execute(&self, work: &mut Work<'_>) {
        (self.1)(work);
    }
}
fn by<F: Fn(&mut Work<'_>)>(execute: F) -> By<F> {
    By(Settings::new().fail_fast(false), execute)
}

// -- (a)

struct Probe<T>(PhantomData<T>);
#[allow(dead_code)] // Not where the test holds.
impl<T: Send> Probe<T> {
    fn is_send(&self) -> bool {
        true
    }
}
trait NotSend {
    fn is_send(&self) -> bool {
        false
    }
}
impl<T> NotSend for &Probe<T> {}

#[test]
fn a_deferred_operation_stays_on_its_thread() {
    assert!(!(&Probe::<Work<'static>>(PhantomData)).is_send());
    assert!(!(&Probe::<dispatcher::remote::Task<'static>>(PhantomData)).is_send());
    assert!(!(&Probe::<Deferred<'static>>(PhantomData)).is_send(), "it changes cells of the run");
}

static BIG_LIVES: AtomicBool = AtomicBool::new(false);
static SEEN_DEAD: AtomicBool = AtomicBool::new(false);
struct Big(Box<i64>);
impl Drop for Big {
    fn drop(&mut self) {
        BIG_LIVES.store(false, Ordering::SeqCst);
    }
}
struct Guard<'a>(&'a Big);
impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if !BIG_LIVES.load(Ordering::SeqCst) {
            SEEN_DEAD.store(true, Ordering::SeqCst);
        }
        std::hint::black_box(*self.0.0);
    }
}
fn big(n: i64) -> Big {
    BIG_LIVES.store(true, Ordering::SeqCst);
    Big(Box::new(n))
}
fn refuse(n: i64) -> Result<i64, String> {
    Err(format!("no {n}"))
}
fn view<'a>(big: &'a Big) -> Guard<'a> {
    Guard(big)
}
fn peek(guard: &Guard<'_>) -> i64 {
    *guard.0.0
}
fn consume(guard: Guard<'_>) -> i64 {
    *guard.0.0
}
fn add3(a: i64, b: i64, c: i64) -> i64 {
    a + b + c
}
#[dispatch]
fn guarded(big: &Big, n: i64) -> Result<i64, String> {
    let a = refuse(n)?;
    let guard = view(big);
    let b = peek(&guard);
    let c = consume(guard);
    Ok(add3(a, b, c))
}
#[dispatch]
fn lends_big(n: i64) -> Result<i64, String> {
    let big = big(n);
    guarded(&big, n)
}

#[test]
fn what_a_failed_task_was_to_take_goes_before_what_it_borrows() {
    let executor = by(|work| {
        let mut deferred = Vec::new();
        while let Some(task) = work.next() {
            match &*task.label() {
                "peek" => deferred.push(work.defer(task)),
                "consume" => {
                    assert!(task.catches());
                    work.fail(task, "it failed elsewhere".into());
                }
                _ => work.run(task),
            }
        }
    });
    // What can only be run here is refused there; whatever comes of the run, nothing is dropped late.
    assert!(executor.run(lends_big(7)).is_err());
    assert!(!SEEN_DEAD.load(Ordering::SeqCst), "the guard was dropped after what it borrows");
}

/// A type that is contravariant.
struct Callback<'a>(fn(&'a str));
static KEPT: Mutex<Option<&'static str>> = Mutex::new(None);
impl serde::Serialize for Callback<'static> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_unit()
    }
}
impl<'de> serde::Deserialize<'de> for Callback<'static> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        <()>::deserialize(from)?;
        Ok(Callback(|text| *KEPT.lock().unwrap() = Some(text)))
    }
}
type Keeping = Callback<'static>;
#[remote]
fn declares(_keeping: Keeping) {}
fn callback<'a>(_: &'a String) -> Callback<'a> {
    Callback(|_| ())
}
fn call<'a>(callback: Callback<'a>, text: &'a String) -> usize {
    (callback.0)(text);
    text.len()
}
#[dispatch]
fn calls_back(text: &String) -> usize {
    let back = callback(text);
    call(back, text)
}

#[test]
fn what_is_supplied_is_of_the_right_lifetime() {
    let executor = by(|work| {
        while let Some(task) = work.next() {
            match &*task.label() {
                "callback" => drop(work.defer(task)),
                "call" => {
                    let supplied = task.supply(0, &[]);
                    println!("{supplied:?}");
                    work.run(task);
                }
                _ => work.run(task),
            }
        }
    });
    let text = String::from("a text that lives for a short while only");
    let _ = executor.run(calls_back(&text));
    let kept = *KEPT.lock().unwrap();
    // Not looked at: it is lent for `'static`, and goes at the end of this function.
    assert!(kept.is_none(), "a text that will be gone is kept for ever");
}

// -- watches

fn slow_here(n: i64) -> i64 {
    std::thread::sleep(Duration::from_millis(450));
    n
}
#[dispatch]
fn timed(n: i64) -> i64 {
    add(n, 1)
}
#[dispatch]
fn around_timed(n: i64) -> i64 {
    #[timeout("300ms")]
    let a = timed(n);
    add(a, 1)
}
#[dispatch]
fn after_timed(n: i64) -> i64 {
    let a = around_timed(n);
    let b = slow_here(a);
    add(b, 1)
}

#[test]
fn an_operation_that_returned_in_time_is_not_late() {
    assert_eq!(SerialExecutor::new().run(after_timed(1)).unwrap(), 4);
    let value = Elsewhere::new(100, 1).run(after_timed(1));
    assert_eq!(value.map_err(|error| error.to_string()), Ok(4));
}

/// Makes calls from bytes, and keeps no handle on anything.
fn forgetful(work: &mut Work<'_>) {
    let mut there: HashMap<Version, Vec<u8>> = HashMap::new();
    while let Some(task) = work.next() {
        let first = task.uses().first().and_then(|(_, version)| there.get(version).cloned());
        match (task.role(), first) {
            (Role::Call(_), _) if !task.is_kept(work) => {
                let call = task.call(&|version| there.contains_key(&version)).unwrap();
                let bytes = |argument: &dispatcher::remote::Argument| -> Vec<u8> {
                    let piece = |piece: &dispatcher::remote::Piece| match piece {
                        dispatcher::remote::Piece::Bytes(bytes) => bytes.clone(),
                        dispatcher::remote::Piece::Value(version) => there[version].clone(),
                    };
                    argument.0.iter().flat_map(piece).collect()
                };
                let arguments: Vec<Vec<u8>> = call.arguments.iter().map(bytes).collect();
                let arguments: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
                let given = call.operation.call(&arguments, false).unwrap();
                there.insert(task.gives()[0].0, given[..call.operation.parts()].concat());
                work.defer(task).confirm();
            }
            (Role::Return, Some(value)) if task.returns_to(work).is_some_and(|(_, _, kept)| !kept) => {
                there.insert(task.returns_to(work).unwrap().0, value);
                work.defer(task).confirm();
            }
            _ => {
                for (index, version) in task.missing() {
                    task.supply(index, &there[&version]).unwrap();
                }
                work.run(task);
            }
        }
    }
}

#[test]
fn an_alarm_finds_no_operation_that_is_gone() {
    let value = by(forgetful).run(after_timed(1));
    assert_eq!(value.map_err(|error| error.to_string()), Ok(4));
}

// -- names

fn first(n: i64) -> Node<'static, i64> {
    #[remote]
    fn helper(n: i64) -> i64 {
        n + 1
    }
    op!(helper(n))
}
fn second(n: i64) -> Node<'static, i64> {
    #[remote]
    fn helper(n: i64) -> i64 {
        n * 100
    }
    op!(helper(n))
}

#[test]
fn functions_of_one_name_in_one_module_are_told_apart() {
    let values: Vec<i64> = [first(3), second(3)].map(|node| Elsewhere::new(100, 1).run(node).unwrap()).to_vec();
    assert_eq!(values, [4, 300]);
}

// -- executors that do it wrong

#[test]
fn values_that_were_never_brought() {
    let executor = by(|work| {
        let mut all = Vec::new();
        while let Some(task) = work.next() {
            let task = work.defer(task);
            task.confirm();
            task.confirm();
            task.fail("too late".into());
            all.push(task);
        }
        std::mem::forget(all);
    });
    #[dispatch]
    fn graph(n: i64) -> i64 {
        let a = add(n, 1);
        total(vec![a, add(n, 2)])
    }
    println!("{}", executor.run(graph(1)).unwrap_err());
    println!("{}", executor.run(after_timed(1)).unwrap_err());
    println!("{}", executor.run(lends_big(1)).unwrap_err());
}

#[remote]
fn bump(x: &mut i64) {
    *x += 1;
}
#[dispatch]
fn bumped(n: i64) -> i64 {
    let mut x = add(n, 0);
    bump(&mut x);
    add(x, 0)
}

#[test]
fn a_task_that_lacks_a_value_fails() {
    let executor = by(|work| {
        while let Some(task) = work.next() {
            match &*task.label() {
                "bump" => work.defer(task).confirm(),
                _ => work.run(task),
            }
        }
    });
    let value = executor.run(bumped(5));
    println!("{value:?}");
    assert!(value.is_err(), "{value:?}");
}

#[test]
fn supplied_at_the_wrong_place() {
    let executor = by(|work| {
        let mut all = Vec::new();
        while let Some(task) = work.next() {
            for index in 0..4 {
                let _ = task.supply(index, &[1, 2]);
                let _ = task.supply(index, &[1]);
                let _ = task.supply(index, &[]);
            }
            if all.len() % 3 == 0 || task.role() == Role::Return {
                work.run(task);
                continue;
            }
            let task = work.defer(task);
            for index in 0..4 {
                let _ = task.supply(index, &[1, 2]);
                let _ = task.supply(index, &[1]);
                let _ = task.supply(index, &[1]);
            }
            all.push(task);
        }
        for task in &all {
            for index in 0..4 {
                let _ = task.supply(index, &[1]);
            }
            task.fail("a".into());
            task.confirm();
        }
    });
    for n in 0..4 {
        let _ = executor.run(bumped(n));
        let _ = executor.run(lends_big(n));
        let _ = executor.run(after_timed(n));
    }
}

// -- costs

#[dispatch]
fn squares(n: i64) -> i64 {
    let all: Vec<i64> = (0..n).map(|i| add(i, 1)).collect();
    total(all)
}
#[dispatch]
fn many_halves(n: i64) -> i64 {
    let all: Vec<i64> = (0..n)
        .map(|i| {
            let (a, _) = halves(i);
            a
        })
        .collect();
    total(all)
}

fn timing(what: &str, run: impl Fn(i64)) -> f64 {
    let time = |n| {
        let start = Instant::now();
        run(n);
        start.elapsed().as_secs_f64()
    };
    let (few, many) = (time(1000), time(4000));
    println!("{what}: 1000: {few:.3} s, 4000: {many:.3} s");
    many / few
}

#[test]
fn costs_grow_as_the_graph_does() {
    let ratios = [
        timing("squares", |n| assert!(Elsewhere::new(100, 1).run(squares(n)).is_ok())),
        timing("halves", |n| assert!(Elsewhere::new(100, 1).run(many_halves(n)).is_ok())),
        timing("outputs", |n| drop(Elsewhere::new(100, 1).run_all((0..n).map(|i| op!(add(i, 1)))))),
        timing("chain", |n| assert!(Elsewhere::new(100, 1).run(chain(n)).is_ok())),
        timing("readers", |n| assert!(Elsewhere::new(100, 1).run(readers(n)).is_ok())),
    ];
    assert!(ratios.iter().all(|ratio| *ratio < 9.0), "four times as many take {ratios:?} times as long");
}
#[dispatch]
fn chain(n: i64) -> i64 {
    let mut x = add(0, 1);
    for i in 0..n {
        x = add(x, i);
    }
    x
}
#[dispatch]
fn readers(n: i64) -> i64 {
    let x = add(0, 1);
    let all: Vec<i64> = (0..n).map(|i| add(x, i)).collect();
    total(all)
}

// -- (b)

mod one {
    #[dispatcher::remote]
    pub fn same(n: i64) -> i64 {
        n + 1
    }
}
mod two {
    #[dispatcher::remote]
    pub fn same(n: i64) -> i64 {
        n * 7
    }
}
#[remote]
fn load(n: usize) -> Vec<i64> {
    (0..n as i64).collect()
}
#[remote]
fn push(xs: &mut Vec<i64>, x: i64) -> usize {
    xs.push(x);
    xs.len()
}
#[remote]
fn mix(a: &mut Vec<i64>, x: i64, b: &mut Vec<i64>, c: &mut i64) -> (i64, usize) {
    a.push(x + *c);
    b.extend(a.iter().map(|a| a * 2));
    *c += b.len() as i64;
    (a.iter().sum::<i64>() - *c, b.len())
}
#[remote]
fn nest(n: i64) -> ((i64, Vec<i64>), (i64,), ()) {
    ((n, vec![n; 3]), (n * 2,), ())
}
#[remote]
fn one_of(n: i64) -> (i64,) {
    (n + 1,)
}
#[remote]
fn unit(_n: i64) {}
#[remote]
fn takes_units(_u: (), n: i64, _v: ()) -> i64 {
    n
}
#[remote]
fn takes_nested(of: ((i64, Vec<i64>), (i64,), ())) -> String {
    format!("{of:?}")
}
#[remote]
fn shows_one(of: &(i64,)) -> String {
    format!("{of:?}")
}
#[remote]
fn array(n: i64) -> [i64; 3] {
    [n, n + 1, n + 2]
}
#[remote]
fn of_array(a: [i64; 3], b: &[i64; 2]) -> i64 {
    a[0] * 100 + a[2] * 10 + b[0] - b[1]
}
#[remote]
fn kinds(a: usize, b: u64, c: char, d: f32, e: i128, f: bool, g: u8, h: &str, i: Option<i16>, j: String) -> String {
    format!("{a} {b} {c} {d} {e} {f} {g} {h} {i:?} {j}")
}
#[remote]
fn boxed(b: Box<i64>, c: &Box<i64>) -> Box<i64> {
    Box::new(*b - **c)
}
#[remote]
fn pairs(n: i64) -> Result<(i64, Vec<i64>), String> {
    if n < 0 { Err(format!("{n} is negative")) } else { Ok((n, vec![n; n as usize])) }
}
type Res<T> = Result<T, String>;
#[remote]
fn aliased(n: i64) -> Res<(i64, i64)> {
    if n < 0 { Err(format!("{n}!")) } else { Ok((n, n + 1)) }
}
#[remote]
fn single(n: i64) -> Option<(i64,)> {
    (n > 0).then_some((n,))
}
#[remote]
fn units(n: i64) -> Result<(), String> {
    if n < 0 { Err(format!("{n}?")) } else { Ok(()) }
}
#[remote]
fn twice(n: i64) -> Option<Option<(i64, i64)>> {
    (n > 0).then(|| (n > 1).then_some((n, n + 1)))
}
#[remote]
fn show_result(of: &Result<(i64, Vec<i64>), String>) -> String {
    format!("{of:?}")
}
#[remote]
fn length(text: &str) -> i64 {
    text.len() as i64
}
#[remote]
fn mutable(mut xs: Vec<i64>, (a, b): (i64, i64)) -> Vec<i64> {
    xs.push(a);
    xs.push(b);
    xs
}
#[remote]
fn text_of(xs: &Vec<i64>, of: &Option<i64>) -> String {
    format!("{xs:?} {of:?}")
}
#[cfg(any())]
#[remote]
fn never(n: i64) -> NoSuchType {
    n
}
#[remote]
fn two_vecs(n: i64) -> (Vec<i64>, Vec<i64>) {
    (vec![n; 2], vec![n + 1; 3])
}
#[remote]
fn swap(a: &mut Vec<i64>, b: &mut Vec<i64>) {
    std::mem::swap(a, b);
}
#[remote]
fn try_push(xs: &mut Vec<i64>, x: i64) -> Result<(i64, usize), String> {
    xs.push(x);
    if x < 0 { Err("negative".to_owned()) } else { Ok((x, xs.len())) }
}
const LIMIT: usize = 12;

#[dispatch]
fn mixes(n: i64) -> (i64, usize, i64, Vec<i64>, Vec<i64>) {
    let mut xs = load(3);
    let mut ys = load(2);
    let mut c = add(n, 1);
    let before = add(c, c);
    let (a, b) = mix(&mut ys, n, &mut xs, &mut c);
    let mid = add(before, c);
    push(&mut xs, mid);
    let (d, _) = mix(&mut xs, a, &mut ys, &mut c);
    let all = total(xs.clone());
    push(&mut xs, all);
    (d, b, c, xs, ys)
}
#[dispatch]
fn nested(n: i64) -> (i64, String, String, i64) {
    let ((a, xs), (b,), u) = nest(n);
    let whole = nest(a);
    let (c,) = one_of(b);
    let v = unit(c);
    let d = takes_units(u, c, v);
    let one = one_of(d);
    let shown = shows_one(&one);
    (add(total(xs), d), takes_nested(whole), shown, c)
}
#[dispatch]
fn parts_updated(n: i64) -> (i64, i64, Vec<i64>) {
    let (mut a, mut b) = two_vecs(n);
    let s = sum(&a);
    swap(&mut a, &mut b);
    push(&mut a, s);
    let t = sum(&a);
    push(&mut b, t);
    (s, total(a), b)
}
#[dispatch]
fn arrays(n: i64) -> (i64, i64) {
    let a = array(n);
    let b = array(add(n, 1));
    let pair = [add(n, 7), add(n, 3)];
    let all = [add(n, 1), n, add(n, 2)];
    let other = of_array(b, &[add(n, 5), n]);
    (of_array(a, &pair), add(other, all[0]))
}
#[dispatch]
fn constants(n: i64) -> String {
    let x = add(n, 1);
    let first = kinds(LIMIT, 1 << 40, 'ß', 1.1, -5, !true, 0xff, "ab\"c", None, String::new());
    let other = kinds(3, u64::MAX, '\u{1F600}', -0.1, i128::MAX, true, 7, &first, Some(-3), first.clone());
    let _ = add(x, 1);
    other
}
#[dispatch]
fn boxes(n: i64) -> Box<i64> {
    let a = boxed(Box::new(n), &Box::new(3));
    let b = boxed(Box::new(1), &a);
    boxed(a, &b)
}
#[dispatch]
fn asks(n: i64) -> Result<(i64, Vec<i64>), String> {
    let r = pairs(n);
    let text = show_result(&r);
    let (a, mut xs) = r?;
    let l = length(&text);
    let (b, c) = aliased(add(a, -3))?;
    units(b)?;
    push(&mut xs, l);
    push(&mut xs, add(b, c));
    Ok((a, xs))
}
#[dispatch]
fn asks_options(n: i64) -> Option<i64> {
    let (a,) = single(n)?;
    let (b, c) = twice(a)??;
    Some(add(add(a, b), c))
}
#[dispatch]
fn asks_inner(n: i64) -> Result<i64, String> {
    let (a, xs) = asks(n)?;
    let (b, _) = asks(add(a, -2))?;
    Ok(add(b, total(xs)))
}
#[dispatch]
fn direct(n: i64) -> Result<(i64, Vec<i64>), String> {
    pairs(n)
}
#[dispatch]
fn through(n: i64) -> Result<i64, String> {
    let (a, xs) = direct(n)?;
    Ok(add(a, total(xs)))
}
#[dispatch]
fn options_on(n: i64) -> i64 {
    #[label("labelled")]
    #[retry(2)]
    let a = one::same(n);
    #[priority(5)]
    let b = two::same(a);
    #[retry(1)]
    let mut xs = load(3);
    #[retry(2)]
    let l = push(&mut xs, b);
    let l = len(l);
    add(l, total(xs))
}
#[remote]
fn len(n: usize) -> i64 {
    n as i64
}
#[dispatch]
fn builds(n: i64) -> (Vec<i64>, String, String) {
    let some = Some(add(n, 1));
    let xs = load(2);
    let pair = (add(n, 1), add(n, 2));
    let none: Option<i64> = None;
    let ys = mutable(xs.clone(), pair);
    let a = text_of(&ys, &some);
    let b = text_of(&xs, &none);
    (ys, a, b)
}
#[dispatch]
fn updates_and_asks(n: i64) -> Result<i64, String> {
    let mut xs = load(3);
    let (a, l) = try_push(&mut xs, n)?;
    let l = len(l);
    let s = sum(&xs);
    let (b, _) = try_push(&mut xs, s)?;
    Ok(add(add(a, b), add(l, total(xs))))
}
#[dispatch]
fn blocks(n: i64) -> i64 {
    let (a, b) = graph! { unit(n); halves(n) };
    let all = vec![graph! { unit(a); add(a, 1) }, add(b, 2)];
    total(all)
}
#[dispatch]
fn recursive(n: i64, xs: Vec<i64>) -> i64 {
    if n <= 0 { total(xs) } else { recursive(n - 1, mutable(xs, (n, 1))) }
}

type Pair = (i64, i64);
#[remote]
fn pair(n: i64) -> Pair {
    (n, n + 1)
}
#[remote]
fn in_pairs(n: i64) -> ((i64, i64), i64) {
    ((n, n + 1), n + 2)
}
#[dispatch]
fn alias_apart(n: i64) -> i64 {
    let (a, b) = pair(n);
    let c = add(a, b);
    add(c, 1)
}
#[dispatch]
fn nested_apart(n: i64) -> i64 {
    let ((a, b), c) = in_pairs(n);
    let d = add(a, b);
    let e = add(c, d);
    add(e, 1)
}
#[dispatch]
fn pair_graph(n: i64) -> (u8, i64) {
    (byte(n), add(n, 1))
}
#[remote]
fn byte(n: i64) -> u8 {
    n as u8
}
#[remote]
fn of_byte(n: u8, m: i64) -> i64 {
    n as i64 + m
}
#[dispatch]
fn graph_apart(n: i64) -> i64 {
    let (a, b) = pair_graph(n);
    let c = of_byte(a, b);
    add(c, 1)
}
#[dispatch]
fn bytes_graph(n: i64) -> Vec<u8> {
    (0..n).map(|i| byte(i)).collect()
}
#[dispatch]
fn of_bytes(bytes: Vec<u8>, n: i64) -> i64 {
    let mut s = add(n, 0);
    for byte in bytes {
        s = of_byte(byte, s);
    }
    s
}
#[dispatch]
fn graph_of_bytes(n: i64) -> i64 {
    let all = bytes_graph(n);
    let s = of_bytes(all, n);
    add(s, 1)
}
#[dispatch]
fn same_twice(n: i64) -> i64 {
    let x = add(n, 1);
    let y = both(x, x);
    add(y, 1)
}
#[dispatch]
fn both(a: i64, b: i64) -> i64 {
    add(a, b)
}
#[remote]
fn operation(n: i64) -> i64 {
    n
}
#[remote]
fn declares_and_calls(n: i64) -> i64 {
    operation(n) + 1
}

macro_rules! agree {
    ($($graph:expr),* $(,)?) => {$(
        let expected = SerialExecutor::new().run($graph).unwrap();
        for (share, seeds) in [(0, 1), (30, 10), (60, 10), (100, 1)] {
            for seed in 0..seeds {
                let executor = Elsewhere::new(share, seed);
                let value = executor.run($graph).unwrap_or_else(|error| {
                    panic!("{} by {share} % (seed {seed}): {}", stringify!($graph), error.report())
                });
                assert_eq!(value, expected, "{} by {share} % (seed {seed})", stringify!($graph));
                let refused = executor.refusals.borrow();
                if !refused.is_empty() { println!("{} by {share} % (seed {seed}): {refused:?}", stringify!($graph)); }
            }
        }
    )*};
}

macro_rules! agreeing {
    ($($name:ident: $($graph:expr),*;)*) => {$(
        #[test]
        fn $name() { agree!($($graph),*); }
    )*};
}
agreeing! {
    agree_mixes: mixes(3);
    agree_nested: nested(3);
    agree_parts: parts_updated(5);
    agree_arrays: arrays(2);
    agree_constants: constants(2);
    agree_boxes: boxes(20);
    agree_asks: asks(4), asks(-1), asks(2), asks(0);
    agree_asks_options: asks_options(3), asks_options(1), asks_options(0);
    agree_asks_inner: asks_inner(8), asks_inner(4), asks_inner(2), asks_inner(-4);
    agree_direct: direct(3), direct(-3), through(2), through(-2);
    agree_options_on: options_on(2);
    agree_builds: builds(2);
    agree_updates_and_asks: updates_and_asks(3);
    agree_blocks: blocks(9);
    agree_alias_apart: alias_apart(2);
    agree_nested_apart: nested_apart(2);
    agree_graph_apart: graph_apart(2);
    agree_graph_of_bytes: graph_of_bytes(2);
    agree_same_twice: same_twice(2);
    agree_recursive: recursive(5, vec![1]);
}

#[test]
fn an_update_whose_refusal_is_asked() {
    agree!(updates_and_asks(-3));
}

static FAILS: AtomicBool = AtomicBool::new(false);
fn flaky(xs: &[i64]) -> i64 {
    assert!(!FAILS.swap(false, Ordering::SeqCst), "the first attempt fails");
    xs.iter().sum()
}
#[dispatch]
fn tried_again(n: i64) -> i64 {
    #[retry(2)]
    let a = flaky(&load(4));
    add(a, n)
}

#[test]
fn another_attempt_has_what_the_first_has_taken() {
    FAILS.store(true, Ordering::SeqCst);
    let executor = by(|work| {
        loop {
            while let Some(task) = work.next() {
                assert_eq!(task.missing(), [], "of {task:?}");
                work.run(task);
            }
            if !work.is_waiting() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    assert_eq!(executor.run(tried_again(1)).unwrap(), 7);
}

#[test]
fn outputs_that_are_used() {
    for (share, seed) in [(0, 0), (50, 1), (50, 2), (50, 3), (100, 0)] {
        let mut xs = op!(load(3));
        let a = op!(push(&mut xs, 1));
        let b = op!(push(&mut xs, 2));
        let c = op!(push(&mut xs, 3));
        let results = Elsewhere::new(share, seed).run_all([a, b, c]);
        assert_eq!(results.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [4, 5, 6]);
        assert_eq!(Elsewhere::new(share, seed).run(xs).unwrap(), [0, 1, 2, 1, 2, 3]);
    }
}

#[test]
fn a_kept_value_goes_on_elsewhere() {
    let seen = Cell::new(0);
    for (share, seed) in [(0, 0), (50, 1), (50, 2), (50, 3), (100, 0)] {
        let mut xs = op!(load(3));
        let a = op!(push(&mut xs, 1));
        assert_eq!(Elsewhere::new(share, seed).run(a).unwrap(), 4);
        let b = op!(push(&mut xs, 2));
        assert_eq!(Elsewhere::new(share, seed + 1).run(b).unwrap(), 5);
        let s = op!(sum(&xs));
        assert_eq!(Elsewhere::new(share, seed + 2).run(s).unwrap(), 6);
        let inputs = dispatcher_core::Inputs::new();
        let t = op!(total(xs));
        assert_eq!(Elsewhere::new(share, seed + 3).run_with(t, inputs).unwrap(), 6);
        seen.set(seen.get() + 1);
    }
    assert!(Operation::names().len() > 10);
}

#[test]
fn an_error_that_is_text_alone() {
    #[remote]
    fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
        text.parse()
    }
    let node = op!(parse("x"));
    assert!(SerialExecutor::new().run(node).unwrap().is_err());
    let value = Elsewhere::new(100, 1).run(op!(parse("x")));
    println!("{value:?}");
}
