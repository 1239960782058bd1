//! The same graphs give the same values here and on a cluster.

use dispatcher::prelude::*;
use dispatcher_dask::DaskExecutor;

use crate::ops::*;
use crate::support::Dask;
use crate::workers::Worker;

/// Runs the graph on the cluster and here.
macro_rules! same {
    ($executor:expr, $($graph:expr),* $(,)?) => {$(
        let start = std::time::Instant::now();
        let here = SerialExecutor::new().run($graph);
        let there = $executor.run($graph);
        println!("{}: {:?}", stringify!($graph), start.elapsed());
        assert_eq!(there.unwrap(), here.unwrap(), "{}", stringify!($graph));
    )*};
}

#[test]
fn values_are_the_same() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let _a = Worker::start(scheduler.address(), "a", 2);
    let _b = Worker::start(scheduler.address(), "b", 2);
    let executor = DaskExecutor::connect(scheduler.address()).unwrap();
    let names: Vec<String> = ["a", "bc", "def"].map(String::from).to_vec();
    same!(
        executor,
        squares(100),
        squares(3_000),
        many_chains(1_500),
        many_effects(1_000),
        chain(20),
        report(&names, 10),
        updates(5),
        parts(13),
        by_value(3),
        fib(6),
        halved(12),
        halved(14),
        halved(7),
        pairs(4),
        large_arguments(&(0..100_000).collect::<Vec<_>>(), 20),
    );
    let error = executor.run(fails(3)).unwrap_err();
    println!("{error}\n{}", error.report());
}

#[test]
fn many_outputs_of_many_small_operations() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let _a = Worker::start(scheduler.address(), "a", 1);
    let executor = DaskExecutor::connect(scheduler.address()).unwrap();
    let nodes: Vec<Node<'_, u64>> = (0..2_000).map(|n| op!(square(n))).collect();
    let values: Vec<u64> = executor.run_all(nodes).into_iter().map(Result::unwrap).collect();
    assert_eq!(values, (0..2_000).map(|n| n * n).collect::<Vec<_>>());
    // The first failure ends the run, and is told of the operation that it is.
    let nodes: Vec<Node<'_, u64>> = (0..2_000).map(|n| op!(odd_only(n + 1))).collect();
    let errors: Vec<String> =
        executor.run_all(nodes).into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
    assert!(errors.iter().any(|error| error.contains("panicked: 1002 is even")), "{errors:?}");
}
