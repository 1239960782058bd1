//! What can't be sent away: a sentence that names the operation, the argument and the way out.

use dispatcher::prelude::*;
use dispatcher::remote::{RemoteExecutor, Role, Work};
use dispatcher_core::Settings;
use std::cell::RefCell;

#[remote]
fn add(a: i64, b: i64) -> i64 {
    a + b
}
#[remote]
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}
#[remote]
fn mean(of: (f64, f64)) -> f64 {
    (of.0 + of.1) / 2.0
}
#[remote]
fn retried(n: i64) -> Result<i64, String> {
    Ok(n)
}
fn plain(n: i64) -> i64 {
    n
}
fn apply(n: i64, f: impl Fn(i64) -> i64) -> i64 {
    f(n)
}

/// Says of each task why it can't be sent away.
#[derive(Default)]
struct Asks {
    settings: Settings,
    told: RefCell<Vec<String>>,
}
impl RemoteExecutor for Asks {
    fn settings(&self) -> &Settings {
        &self.settings
    }
    fn execute(&self, work: &mut Work<'_>) {
        while let Some(task) = work.next() {
            let why = match task.role() {
                Role::Call(_) => task.retries().and_then(|_| task.call(&|_| false)).err(),
                Role::Other => Some(task.no_call()),
                _ => None,
            };
            self.told.borrow_mut().extend(why.map(|why| why.to_string()));
            work.run(task);
        }
    }
}

fn told<T: Send>(node: Node<'_, T>) -> Vec<String> {
    let executor = Asks::default();
    executor.run(node).unwrap();
    executor.told.into_inner()
}

#[test]
fn a_function_that_is_not_remote() {
    let sentence = "`remote::refusals::plain` can't be called in another process: mark it with #[remote]";
    assert_eq!(told(op!(plain(3))), [sentence]);
}

#[test]
fn what_is_no_call() {
    let (a, b) = (op!(add(1, 2)), op!(add(3, 4)));
    let sentence = "`+` can't be computed in another process, since it is no call of a function: put it into one, and mark that with \
                    #[remote]";
    assert_eq!(told(op!(a + b)), [sentence]);
}

#[test]
fn a_closure() {
    let sentence = "argument 2 of `apply` can't go to another process: it is, or has in it, a closure: let the function take values \
                    instead";
    assert_eq!(told(op!(apply(3, |n| n + 1))), [sentence]);
}

#[test]
fn an_argument_that_is_put_together_in_the_call() {
    let (a, b) = (op!(plain_f(1.0)), op!(plain_f(2.0)));
    let told = told(op!(mean((a, b))));
    let sentence = "argument 1 of `remote::refusals::mean` can't go to another process: it is put together in the call: give it a \
                    `let` of its own";
    assert_eq!(told.last().unwrap(), sentence);
}
fn plain_f(x: f64) -> f64 {
    x
}

#[test]
fn an_argument_of_another_type() {
    let boxed: Box<[i64]> = vec![1, 2].into();
    let node = op!(sum(&boxed));
    let sentence = "argument 1 of `remote::refusals::sum` can't go to another process: it is a `alloc::boxed::Box<[i64]>`, and is sent \
                    as a `alloc::vec::Vec<i64>`: give it that, or a reference to it";
    assert_eq!(told(node), [sentence]);
}

#[dispatch]
fn picky(n: i64) -> Result<i64, String> {
    #[retry(2, when = |error: &String| error.is_empty())]
    let a = retried(n);
    a
}

#[test]
fn a_retry_by_a_predicate() {
    let sentence = "`retried` can't be tried again in another process by its `when`: let it give an `Err` only where that is worth it";
    assert_eq!(told(picky(3)), [sentence]);
}

#[dispatch]
fn hurried(n: i64) -> i64 {
    #[timeout("1m")]
    let a = add(n, 1);
    a
}

#[test]
fn a_time_limit() {
    let sentence = "`remote::refusals::add` can't have a time limit in another process, which is never told to stop: let the function \
                    keep it, or limit the run";
    assert_eq!(told(hurried(3)), [sentence]);
}

#[remote]
fn grow(xs: &mut Vec<i64>, x: i64) {
    xs.push(x);
}
fn begin(x: i64) -> Vec<i64> {
    vec![x]
}
#[dispatch]
fn inside(xs: &mut Vec<i64>) {
    grow(xs, 3);
}
#[dispatch]
fn outside() -> Vec<i64> {
    let mut xs = begin(1);
    inside(&mut xs);
    xs
}

#[test]
fn a_value_here_that_would_be_updated() {
    let sentence = "argument 1 of `remote::refusals::grow` can't go to another process: it borrows a value that is here, to be updated: \
                    take the value itself, and give the new one";
    assert!(told(outside()).contains(&sentence.to_owned()));
}

#[test]
fn what_can_be_sent_is_not_refused() {
    let vec = vec![1, 2];
    let slice: &[i64] = &vec;
    assert_eq!(told(op!(sum(slice))), [""; 0]);
    assert_eq!(told(op!(sum(&vec))), [""; 0]);
    assert_eq!(told(op!(sum(&slice[1..]))), [""; 0]);
    assert_eq!(told(op!(add(-1, 2 + 3))), [""; 0]);
}
