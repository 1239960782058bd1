//! Random graphs while workers are killed and replaced at random: none wrong, none stuck.
//!
//! | variable | default | |
//! |---|---|---|
//! | `DISPATCHER_CHAOS_GRAPHS` | 100 | how many graphs |
//! | `DISPATCHER_CHAOS_SEED` | 1 | the seed of graphs, and of the times of kills |

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use dispatcher::prelude::*;
use dispatcher_dask::DaskExecutor;

use crate::random::{Step, program};
use crate::support::Dask;
use crate::within::within;
use crate::workers::Worker;

/// How many workers there are.
const WORKERS: usize = 4;

/// A random program of so many steps.
fn steps(random: &mut fastrand::Rng, count: usize) -> Vec<Step> {
    let mut step = || {
        // Most are operations that read or copy; what is waited for is rare.
        let kind = match random.u32(..100) {
            0..2 => 8,
            2..5 => random.usize(9..14),
            5..7 => random.usize(14..Step::KINDS),
            7..12 => random.usize(..2),
            12..55 => 2,
            55..75 => 3,
            75..85 => random.usize(4..7),
            _ => 7,
        };
        Step::new(kind, [random.usize(..1000), random.usize(..1000), random.usize(..1000)], random.u64(..))
    };
    (0..count).map(|_| step()).collect()
}

#[test]
fn random_graphs_while_workers_are_killed() {
    let Some(dask) = Dask::get() else { return };
    let graphs = std::env::var("DISPATCHER_CHAOS_GRAPHS").map_or(100, |text| text.parse().unwrap());
    let seed = std::env::var("DISPATCHER_CHAOS_SEED").map_or(1, |text| text.parse().unwrap());
    within(120 + graphs * 20, move || {
        // As many as it takes: each kill counts for the tasks that its worker was given.
        let scheduler = dask.scheduler_with(&[("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1000")], None);
        let address = scheduler.address().to_owned();
        let (over, killed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let chaos = {
            let (over, killed) = (Arc::clone(&over), Arc::clone(&killed));
            let mut random = fastrand::Rng::with_seed(seed ^ 0xC4A05);
            std::thread::spawn(move || {
                let mut workers = Worker::some(&address, WORKERS);
                let mut retiring: Vec<Worker> = Vec::new();
                while !over.load(Ordering::SeqCst) {
                    // Any time will do; nothing is waited for here.
                    std::thread::sleep(Duration::from_millis(random.u64(100..1500)));
                    let count = killed.fetch_add(1, Ordering::SeqCst);
                    let victim = random.usize(..WORKERS);
                    let another = Worker::start(&address, &format!("k{count}"), 1);
                    let mut victim = std::mem::replace(&mut workers[victim], another);
                    if random.u32(..4) == 0 {
                        // It is asked to leave, and has time for it.
                        victim.signal("TERM");
                        retiring.push(victim);
                    } else {
                        victim.kill();
                    }
                }
                // One that was asked before it was ready to hear is merely killed.
                for mut worker in retiring {
                    worker.end();
                }
            })
        };
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        let mut random = fastrand::Rng::with_seed(seed);
        for graph in 0..graphs {
            let count = random.usize(100..400);
            let steps = steps(&mut random, count);
            let expected = SerialExecutor::new().run(program(&steps)).unwrap();
            let given = executor.run(program(&steps));
            let given = given.unwrap_or_else(|error| panic!("graph {graph} of seed {seed}: {}", error.report()));
            assert_eq!(given, expected, "graph {graph} of seed {seed}");
        }
        over.store(true, Ordering::SeqCst);
        chaos.join().unwrap();
        println!("{graphs} graphs, {} workers killed or retired", killed.load(Ordering::SeqCst));
    });
}
