//! A critic's tests: each shows a defect, or holds where one was looked for.

use std::num::ParseIntError;
use std::time::Duration;

use dispatcher::prelude::*;
use dispatcher_dask::DaskExecutor;

use crate::ops::*;
use crate::support::Dask;
use crate::workers::Worker;

#[remote]
fn late(n: u64) {
    std::thread::sleep(Duration::from_millis(700));
    panic!("late {n}");
}
type Pair = (u64, u64);
#[remote]
fn pair(n: u64) -> Pair {
    (n, n + 1)
}
#[remote]
fn in_pairs(n: u64) -> ((u64, u64), u64) {
    ((n, n + 1), n + 2)
}
#[dispatch]
fn lent(xs: &[f64]) -> f64 {
    mean(xs)
}
#[dispatch]
fn effect_before_a_tuple(n: u64) -> u64 {
    let (a, b) = graph! { late(n); halves(n) };
    add(a, b)
}
#[dispatch]
fn effect_before_an_element(n: u64) -> u64 {
    let all = vec![graph! { late(n); add(n, 1) }, add(n, 2)];
    total(all)
}
#[dispatch]
fn parsed(text: &str) -> Result<u64, ParseIntError> {
    let a = parse(text)?;
    Ok(add(a, 1))
}
#[dispatch]
fn alias_apart(n: u64) -> u64 {
    let (a, b) = pair(n);
    add(a, b)
}
#[dispatch]
fn nested_apart(n: u64) -> u64 {
    let ((a, b), c) = in_pairs(n);
    let d = add(a, b);
    add(d, c)
}
#[dispatch]
fn twice(n: u64) -> u64 {
    let x = square(n);
    let y = spread(x, x);
    add(y, 1)
}
static FAILS: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(true);
fn flaky(xs: &[f64]) -> f64 {
    assert!(!FAILS.swap(false, std::sync::atomic::Ordering::SeqCst), "the first attempt fails");
    xs.iter().sum::<f64>()
}
#[dispatch]
fn tried_again(n: u64) -> f64 {
    #[retry(2)]
    let a = flaky(&load("abc", 2));
    plus(a, n)
}
#[remote]
fn plus(a: f64, n: u64) -> f64 {
    a + n as f64
}
#[dispatch]
fn in_time(n: u64) -> u64 {
    #[timeout("1500ms")]
    let a = spread(n, n);
    let b = slow(a, 2000);
    let c = spread(b, 2);
    add(c, 1)
}

#[test]
fn review() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let _a = Worker::start(scheduler.address(), "a", 2);
    let executor = DaskExecutor::connect(scheduler.address()).unwrap();
    let mut wrong = Vec::new();
    let mut see = |what: &str, is: String, expected: String| {
        println!("{what}: {is}");
        if is != expected {
            wrong.push(format!("{what}: {is}, and not {expected}"));
        }
    };
    macro_rules! same {
        ($($graph:expr),*) => {$(
            let start = std::time::Instant::now();
            let there = executor.run($graph);
            println!("{:?}", start.elapsed());
            let there = there.map_err(|error| error.to_string());
            let here = SerialExecutor::new().run($graph).map_err(|error| error.to_string());
            match here {
                Err(_) if there.is_err() => println!("{}: {there:?}", stringify!($graph)),
                _ => see(stringify!($graph), format!("{there:?}"), format!("{here:?}")),
            }
        )*};
    }
    same!(squares(3));
    same!(effect_before_a_tuple(5), effect_before_an_element(5));
    same!(alias_apart(3), nested_apart(3), twice(2), in_time(3));
    {
        let mut xs = op!(load("abc", 3));
        let a = op!(push(&mut xs, 1.0));
        let b = op!(push(&mut xs, 2.0));
        let both: Vec<_> =
            executor.run_all([a, b]).into_iter().map(|one| one.map_err(|error| error.to_string())).collect();
        see("two updates that are outputs", format!("{both:?}"), "[Ok(4), Ok(5)]".to_owned());
    }
    {
        let xs = op!(load("abc", 3));
        let m = op!(lent(&xs));
        see("a value that is kept and read here", format!("{:?}", executor.run(m)), "Ok(3.0)".to_owned());
        see("the value", format!("{:?}", Node::fetch(xs)), "Ok([0.0, 3.0, 6.0])".to_owned());
    }
    {
        let executor =
            dispatcher_dask::DaskOptions::new(scheduler.address()).run_the_rest_here(true).connect().unwrap();
        let value = executor.run(tried_again(1)).map_err(|error| error.to_string());
        see("another attempt here", format!("{value:?}"), "Ok(4.0)".to_owned());
    }
    let error = executor.run(parsed("x")).map_err(|error| error.to_string());
    println!("parsed: {error:?}");
    let says_why = format!("{error:?}").contains("invalid digit");
    see("the error that is text says what it says", says_why.to_string(), "true".to_owned());
    for n in [500, 2000] {
        let start = std::time::Instant::now();
        let value = executor.run(squares(n));
        println!("squares({n}): {:?} {}", start.elapsed(), value.is_ok());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
