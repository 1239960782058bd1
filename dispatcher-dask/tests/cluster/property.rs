//! Random programs give the same here, on threads, and on a cluster.

use std::sync::mpsc::channel;

use dispatcher::prelude::*;
use dispatcher_dask::{DaskExecutor, DaskOptions};
use proptest::prelude::*;

use crate::random::{Step, program};
use crate::support::Dask;
use crate::within::within;
use crate::workers::Worker;

fn step() -> impl Strategy<Value = Step> {
    (0..Step::KINDS, prop::array::uniform3(0_usize..100), any::<u64>())
        .prop_map(|(kind, picks, k)| Step::new(kind, picks, k))
}

#[test]
fn programs_give_the_same_everywhere() {
    let Some(dask) = Dask::get() else { return };
    within(600, || {
        let scheduler = dask.scheduler();
        let _workers = Worker::some(scheduler.address(), 2);
        let fused = DaskExecutor::connect(scheduler.address()).unwrap();
        let single = DaskOptions::new(scheduler.address()).fuse(false).connect().unwrap();
        let parallel = ParallelExecutor::new();
        let cases = std::env::var("PROPTEST_CASES").map_or(200, |text| text.parse().unwrap());
        let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
        let (tell, told) = channel();
        proptest!(config, |(steps in prop::collection::vec(step(), 0..25))| {
            let _ = tell.send(steps.len());
            let expected = SerialExecutor::new().run(program(&steps)).unwrap();
            let text = |error: DependencyError| TestCaseError::fail(error.report());
            prop_assert_eq!(parallel.run(program(&steps)).map_err(text)?, expected);
            prop_assert_eq!(fused.run(program(&steps)).map_err(text)?, expected);
            if steps.len() % 3 == 0 {
                prop_assert_eq!(single.run(program(&steps)).map_err(text)?, expected);
            }
        });
        drop(tell);
        println!("{} programs", told.iter().count());
    });
}
