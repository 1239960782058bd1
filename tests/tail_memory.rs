//! A tail call takes as much memory after a million calls as after a few, on a small stack. A program of its own, for it looks at how much
//! memory the whole process has taken.

use std::alloc::System;
use std::fmt::Debug;
use std::sync::Mutex;

use dispatcher::{Node, ParallelExecutor, SerialExecutor};
use mockalloc::Mockalloc;

#[allow(unused, clippy::all)]
mod lazy {
    use super::Mutex;
    use dispatcher::prelude::*;
    include!("programs/tail.rs");
}

/// Counts what a thread asks for.
#[global_allocator]
static ALLOCATOR: Mockalloc<System> = Mockalloc(System);

const FEW: u64 = 10_000;
const MANY: u64 = 1_000_000;
/// The core asks for memory in chunks of 64 KiB, and a rayon pool for some of its own.
const GROWTH: u64 = 512 << 10;

/// The most memory that the process has had so far, in bytes, where it can be told.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Asserts that a long recursion takes no more than a short one, and gives what it should.
fn is_constant<T: Send + PartialEq + Debug>(
    name: &str,
    expected: impl Fn(u64) -> T,
    build: impl Fn(u64) -> Node<'static, T>,
) {
    type Run<'a, T> = &'a dyn Fn(Node<'static, T>) -> T;
    let (one, two) = (ParallelExecutor::with_threads(1), ParallelExecutor::with_threads(2));
    let executors: [(&str, Run<'_, T>); 3] = [
        ("serially", &|node| SerialExecutor::new().run(node).expect("runs")),
        ("on one thread", &|node| one.run(node).expect("runs")),
        ("on two threads", &|node| two.run(node).expect("runs")),
    ];
    for (executor, run) in executors {
        let peak =
            |n| mockalloc::record_allocs(|| assert_eq!(run(build(n)), expected(n), "{name}, {executor}")).peak_mem();
        let (few, before) = (peak(FEW), resident());
        let (many, after) = (peak(MANY), resident());
        assert!(many <= few + GROWTH, "{name}, {executor}: {few} bytes for {FEW} calls, {many} for {MANY}");
        assert!(
            after <= before + 2 * GROWTH,
            "{name}, {executor}: {before} bytes after {FEW} calls, {after} after {MANY}"
        );
    }
}

#[test]
fn a_tail_call_runs_in_constant_memory() {
    let sum = |n| n * (n + 1) / 2;
    let body = move || {
        is_constant("plain", sum, |n| lazy::plain(n, 0));
        is_constant("lazy", sum, |n| lazy::lazy(n, 0));
        is_constant("even and odd", |_| true, lazy::even);
        is_constant("list", |_| (1..=8).rev().collect(), |n| lazy::list(n, Vec::new()));
        is_constant("borrowing", |n| n / 2, |n| lazy::borrowing(n, &[0, 1], 0));
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(body).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
