//! Operations that other processes can be asked to call: what is sent of a call, and what comes of it.

use dispatcher::prelude::*;
use dispatcher::remote::{Operation, Piece, RemoteExecutor, Role, Work};
use dispatcher_core::Settings;
use std::cell::RefCell;

#[remote]
fn load(name: &str, n: usize) -> Vec<f64> {
    vec![name.len() as f64; n]
}
#[remote]
fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}
#[remote]
fn push(xs: &mut Vec<f64>, x: f64) -> usize {
    xs.push(x);
    xs.len()
}
#[remote]
fn halves(n: u64) -> (u64, u64) {
    (n / 2, n - n / 2)
}
#[remote]
fn parse(text: &str) -> Result<u64, std::num::ParseIntError> {
    text.parse()
}
#[remote]
fn spread(means: Vec<f64>) -> f64 {
    means[0] - means[1]
}

#[derive(Default)]
struct Tells(Settings, RefCell<Vec<String>>);
impl RemoteExecutor for Tells {
    fn settings(&self) -> &Settings {
        &self.0
    }
    fn execute(&self, work: &mut Work<'_>) {
        let mut all = Vec::new();
        while let Some(task) = work.next() {
            let line = match task.role() {
                Role::Call(name) => match task.call(&|_| true) {
                    Ok(call) => format!(
                        "{name} {:?} updates {:?}",
                        call.arguments
                            .iter()
                            .map(|a| a
                                .0
                                .iter()
                                .map(|p| match p {
                                    Piece::Bytes(b) => format!("{b:?}"),
                                    Piece::Value(_) => "value".into(),
                                })
                                .collect::<Vec<_>>())
                            .collect::<Vec<_>>(),
                        call.updates
                    ),
                    Err(e) => e.to_string(),
                },
                role => format!("{role:?} {}", task.label()),
            };
            self.1.borrow_mut().push(line);
            all.push(work.defer(task));
        }
        println!("{:#?}", self.1.borrow());
    }
}

#[dispatch]
fn report(names: &[String]) -> f64 {
    let means: Vec<f64> = names
        .iter()
        .map(|n| {
            let d = load(n, 3);
            mean(&d)
        })
        .collect();
    spread(means)
}
#[dispatch]
fn other(n: u64) -> usize {
    let (a, b) = halves(n);
    let mut xs = load("abc", 2);
    push(&mut xs, 4.5);
    let plain = vec![1.0, 2.0];
    let m = mean(&plain);
    push(&mut xs, m);
    both(a, b, &xs)
}
fn both(a: u64, b: u64, xs: &[f64]) -> usize {
    xs.len() + (a + b) as usize
}
#[dispatch]
fn asks(text: &str) -> Result<u64, std::num::ParseIntError> {
    let a = parse(text)?;
    let (b, _c) = halves(a);
    Ok(b)
}

#[test]
fn a_call_is_told() {
    println!("{:?}", Operation::names());
    let _ = Tells::default().run(report(&["a".into(), "bc".into()]));
    let _ = Tells::default().run(other(7));
    let _ = Tells::default().run(asks("12"));
}
