//! Runs leave no memory behind, however they end. A program of its own, for it counts what is asked for and given back.

use std::alloc::System;

use dispatcher::prelude::*;
use dispatcher::{CollectNode, Node, Op};
use mockalloc::Mockalloc;

/// Counts what a thread asks for.
#[global_allocator]
static ALLOCATOR: Mockalloc<System> = Mockalloc(System);

const RUNS: usize = 2_000;
/// Nodes lie in chunks of 64 KiB: some may be on their way. A node that isn't freed takes a hundred bytes.
const CHUNKS: u64 = 2 << 16;

/// Asserts that running many times takes no more memory for good than running a few times.
#[track_caller]
fn leaves_nothing(run: impl Fn()) {
    let many = || (0..RUNS).for_each(|_| run());
    many();
    let leaked = mockalloc::record_allocs(many).mem_leaked();
    assert!(leaked < CHUNKS, "{leaked} bytes are left after {RUNS} runs");
}

#[test]
fn a_run_that_goes_well() {
    leaves_nothing(|| {
        let three = op!(i32::abs(-3));
        let (read, others) = (op!(i32::clone(&three)), (0..20).map(|_| op!(i32::clone(&three))).collect::<Vec<_>>());
        let sum =
            Op::new("sum", (three, read, CollectNode::new(others)), |(three, read, others): (i32, i32, Vec<i32>)| {
                three + read + others.iter().sum::<i32>()
            });
        assert_eq!(SerialExecutor::new().run(sum).expect("runs"), 66);
    });
}

#[test]
fn a_run_in_which_a_subgraph_fails() {
    // Once, so that what a panic takes by itself isn't counted.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    for fail_fast in [false, true] {
        leaves_nothing(|| {
            let graph = Op::graph("graph", (), |(), _| {
                let fails: Node<'_, i32> = Op::new("fails", (), |()| panic!("as it should"));
                Op::new("uses", (fails,), |(n,): (i32,)| n + 1)
            });
            let uses = Op::new("uses", (graph,), |(n,): (i32,)| n + 1);
            let _ = SerialExecutor::new().fail_fast(fail_fast).run(uses).expect_err("fails");
        });
    }
    std::panic::set_hook(hook);
}

#[cfg(feature = "remote")]
mod elsewhere {
    use dispatcher::Settings;
    use dispatcher::prelude::*;
    use dispatcher::remote::{RemoteExecutor, Work};

    use super::leaves_nothing;

    #[remote]
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }

    #[dispatch]
    fn added(n: i64) -> i64 {
        let a = add(n, 1);
        let b = add(a, 2);
        add(b, 3)
    }

    /// Takes all operations, and says that they have run.
    struct Confirms(Settings);

    impl RemoteExecutor for Confirms {
        fn settings(&self) -> &Settings {
            &self.0
        }
        fn execute(&self, work: &mut Work<'_>) {
            while let Some(task) = work.next() {
                work.defer(task).confirm();
            }
        }
    }

    #[test]
    fn a_run_whose_operations_are_run_elsewhere() {
        let executor = Confirms(Settings::new().fail_fast(false));
        leaves_nothing(|| {
            let _ = executor.run(added(1));
        });
    }
}
