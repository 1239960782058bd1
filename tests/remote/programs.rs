//! Whatever is sent away, the values are those of the serial run.

use std::num::ParseIntError;
use std::path::{Path, PathBuf};

use dispatcher::prelude::*;

use crate::elsewhere::Elsewhere;

#[remote]
fn load(name: &str, n: usize) -> Vec<i64> {
    (0..n).map(|i| (name.len() + i) as i64).collect()
}
#[remote]
fn length(path: &Path) -> usize {
    path.as_os_str().len()
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
fn push(xs: &mut Vec<i64>, x: i64) -> usize {
    xs.push(x);
    xs.len()
}
#[remote]
fn swap(a: &mut Vec<i64>, b: &mut Vec<i64>) {
    std::mem::swap(a, b);
}
#[remote]
fn halves(n: i64) -> (i64, Vec<i64>) {
    (n / 2, vec![n; 2])
}
#[remote]
fn add(a: i64, b: i64) -> i64 {
    a.wrapping_add(b)
}
#[remote]
fn parse(text: &str) -> Result<i64, String> {
    text.parse().map_err(|error: ParseIntError| error.to_string())
}
#[remote]
fn split(n: i64) -> Option<(i64, i64)> {
    (n > 0).then_some((n - 1, n + 1))
}
#[remote]
fn describe(of: &Option<i64>, all: &[(i64, i64)]) -> String {
    format!("{of:?} {all:?}")
}
#[remote]
fn fails(n: i64) -> i64 {
    assert!(n < 0, "too large");
    n
}
fn here(xs: &[i64]) -> i64 {
    xs.iter().map(|x| x * x).sum()
}

/// What nobody can send, nor clone.
struct Heavy(Vec<i64>);
fn heavy(n: i64) -> Heavy {
    Heavy(vec![n; 100])
}
fn weigh(heavy: &Heavy, n: i64) -> i64 {
    heavy.0.iter().sum::<i64>() + n
}

#[dispatch]
fn reads_and_moves(names: &[String]) -> i64 {
    let sums: Vec<i64> = names.iter().map(|name| sum(&load(name, 5))).collect();
    let data = load("abc", 3);
    let once = sum(&data);
    let twice = here(&data);
    let all = total(data);
    add(add(once, twice), add(all, total(sums)))
}
#[dispatch]
fn updates(n: i64) -> (usize, i64, Vec<i64>) {
    let mut xs = load("x", 2);
    let mut ys = load("yy", 3);
    let before = sum(&xs);
    push(&mut xs, before);
    swap(&mut xs, &mut ys);
    let count = push(&mut ys, n);
    push(&mut ys, 2 * n);
    let squares = here(&xs);
    (count, squares, ys)
}
#[dispatch]
fn tuples(n: i64) -> i64 {
    let (a, xs) = halves(n);
    let (b, ys) = halves(a);
    let c = here(&xs);
    add(add(b, c), total(ys))
}
#[dispatch]
fn collections(n: i64) -> String {
    let some = Some(add(n, 1));
    let pairs = vec![(add(n, 2), add(n, 3)), (add(n, 4), add(n, 5))];
    describe(&some, &pairs)
}
#[dispatch]
fn paths(paths: &[PathBuf]) -> usize {
    let mut all = 0;
    for path in paths {
        all = plus(all, length(path));
    }
    all
}
#[remote]
fn plus(a: usize, b: usize) -> usize {
    a + b
}
#[dispatch]
fn questions(text: &str, n: i64) -> Result<i64, String> {
    let a = parse(text)?;
    let b = add(a, n);
    let c = parse("12")?;
    note(b);
    Ok(add(b, c))
}
#[remote]
fn note(n: i64) {
    assert!(n != 3, "an effect that fails");
}
#[dispatch]
fn options(n: i64) -> Option<i64> {
    let (a, b) = split(n)?;
    let (c, _) = split(a)?;
    Some(add(b, c))
}
#[dispatch]
fn early(n: i64) -> Result<i64, String> {
    let a = parse("x")?;
    let b = fails(n);
    Ok(add(a, b))
}
#[dispatch]
fn fib(n: i64) -> i64 {
    if n < 2 { n } else { add(fib(n - 1), fib(n - 2)) }
}
#[dispatch]
fn by_value(n: i64) -> i64 {
    let xs = load("abcd", 4);
    let x = sum(&xs);
    let inner = spread(&xs, n);
    add(inner, x)
}
#[dispatch]
fn spread(xs: &[i64], n: i64) -> i64 {
    let all: Vec<i64> = xs.iter().map(|&x| add(x, n)).collect();
    total(all)
}
#[dispatch]
fn lent_whole(n: i64) -> i64 {
    let xs = load("ab", 3);
    count(&xs, n)
}
#[dispatch]
fn count(xs: &[i64], n: i64) -> i64 {
    if n <= 0 { sum(xs) } else { count(xs, n - 1) }
}
#[dispatch]
fn stays(n: i64) -> i64 {
    let all = heavy(n);
    let a = weigh(&all, n);
    let b = add(a, n);
    weigh(&all, b)
}
#[dispatch]
fn results_as_values(text: &str) -> Vec<Result<i64, String>> {
    let mut all = Vec::new();
    for word in text.split(' ') {
        all.push(parse(word));
    }
    all
}
#[dispatch]
fn failing(n: i64) -> i64 {
    let a = add(n, 1);
    let b = fails(a);
    add(a, b)
}

/// Runs a graph with no, some, and all operations sent away.
macro_rules! agree {
    ($($graph:expr),* $(,)?) => {$(
        let expected = SerialExecutor::new().run($graph).unwrap();
        for (share, seeds) in [(0, 1), (50, 20), (100, 1)] {
            for seed in 0..seeds {
                let executor = Elsewhere::new(share, seed);
                let value = executor.run($graph).unwrap_or_else(|error| {
                    panic!("{} by {share} % (seed {seed}): {}", stringify!($graph), error.report())
                });
                assert_eq!(value, expected, "{} by {share} % (seed {seed})", stringify!($graph));
                assert_eq!(executor.calls.get() > 0, share == 100 || executor.calls.get() > 0);
                assert_eq!(*executor.refusals.borrow(), [""; 0]);
            }
        }
    )*};
}

#[test]
fn values_are_those_of_the_serial_run() {
    let names: Vec<String> = ["", "a", "bcd"].map(String::from).to_vec();
    let files: Vec<PathBuf> = ["/", "a/b", "c.txt"].map(PathBuf::from).to_vec();
    agree!(
        reads_and_moves(&names),
        updates(7),
        tuples(21),
        collections(3),
        paths(&files),
        questions("4", 5),
        questions("four", 5),
        questions("-1", 5),
        options(5),
        options(1),
        options(0),
        early(1),
        early(-1),
        fib(7),
        by_value(2),
        lent_whole(3),
        stays(4),
        results_as_values("1 two 3"),
    );
}

#[test]
fn a_failure_elsewhere_is_the_operations() {
    for (share, seed) in [(0, 0), (50, 1), (50, 2), (100, 0)] {
        let error = Elsewhere::new(share, seed).run(failing(3)).unwrap_err();
        assert!(error.to_string().starts_with("`fails` at tests/remote/programs.rs"), "{error}");
        assert!(error.report().contains("%0 `add`"), "{}", error.report());
    }
}

#[test]
fn what_does_not_need_what_failed_is_computed() {
    for (share, seed) in [(0, 0), (50, 1), (50, 2), (50, 3), (100, 0)] {
        let results = Elsewhere::new(share, seed).fail_fast(false).run_all([failing(3), tuples(4), failing(1)]);
        let [first, second, third] = &results[..] else { panic!("a result for each") };
        assert!(first.is_err() && third.is_err());
        assert_eq!(second.as_ref().unwrap(), &SerialExecutor::new().run(tuples(4)).unwrap());
    }
}

#[test]
fn values_that_somebody_keeps_stay() {
    for (share, seed) in [(0, 0), (50, 1), (50, 2), (100, 0)] {
        let data = op!(load("abc", 3));
        let sum = op!(sum(&data));
        let executor = Elsewhere::new(share, seed);
        assert_eq!(executor.run(sum).unwrap(), 12);
        assert!(Node::is_ready(&data));
        assert_eq!(Node::fetch(data).unwrap(), [3, 4, 5]);
    }
}

#[test]
fn a_run_that_ends_before_all_is_known_leaves_no_values() {
    use dispatcher::remote::Work;
    use dispatcher_core::{ErrorKind, Settings};

    /// Takes everything for run, and never says how it turned out.
    struct Silent(Settings);
    impl dispatcher::remote::RemoteExecutor for Silent {
        fn settings(&self) -> &Settings {
            &self.0
        }
        fn execute(&self, work: &mut Work<'_>) {
            let mut all = Vec::new();
            while let Some(task) = work.next() {
                all.push(work.defer(task));
            }
        }
    }
    let data = op!(load("abc", 3));
    let kept = op!(sum(&data));
    let error = Silent(Settings::new()).run(op!(total(data))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Stopped), "{error}");
    assert!(SerialExecutor::new().run(kept).is_err());
    assert!(Silent(Settings::new()).run(updates(3)).is_err());
    assert!(Silent(Settings::new()).run(fib(5)).is_err());
}

#[test]
fn results_are_handed_over_as_they_come() {
    for (share, seed) in [(0, 0), (50, 1), (100, 0)] {
        let executor = std::sync::Mutex::new(Elsewhere::new(share, seed));
        let nodes = [fib(5), fib(6), tuples(4)];
        let mut seen = Streamed(executor).stream(nodes, |results| results.iter().collect::<Vec<_>>());
        seen.sort_by_key(|(place, _)| *place);
        let values: Vec<Option<i64>> = seen.into_iter().map(|(_, result)| result.ok()).collect();
        assert_eq!(values, [Some(5), Some(8), SerialExecutor::new().run(tuples(4)).ok()]);
    }
}

/// An executor that another thread can use.
struct Streamed(std::sync::Mutex<Elsewhere>);
impl dispatcher::remote::RemoteExecutor for Streamed {
    fn settings(&self) -> &dispatcher_core::Settings {
        const SETTINGS: &dispatcher_core::Settings = &dispatcher_core::Settings::new();
        SETTINGS
    }
    fn execute(&self, work: &mut dispatcher::remote::Work<'_>) {
        self.0.lock().unwrap().execute(work);
    }
}
