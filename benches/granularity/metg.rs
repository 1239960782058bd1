//! Task Bench's minimum effective task granularity (METG).
//!
//! The same graph is run with ever shorter tasks. Its *efficiency* is the part of the threads' time that was spent in the
//! tasks' loops, by what a turn of the loop takes when two threads do nothing else (measured before and after each run). Its
//! *granularity* is the wall time by the number of threads and of tasks: what a task takes with all that belongs to it.
//! METG(75 %) is the granularity at which efficiency falls below 75 %.

use std::fmt;
use std::time::Instant;

use crate::contender::Contender;
use crate::kernel::Pace;
use crate::probe;
use crate::rounds::median;
use crate::workload::{Pattern, Plan, Workload};

/// The efficiencies that are asked for.
pub(crate) const TARGETS: [f64; 3] = [0.5, 0.75, 0.9];

/// How long tasks take, in ns: from well above what is looked for to well below.
const LENGTHS: [f64; 12] =
    [16_000.0, 8_000.0, 4_000.0, 2_800.0, 2_000.0, 1_400.0, 1_000.0, 700.0, 350.0, 175.0, 90.0, 45.0];

/// How much is run.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) tasks: usize,
    pub(crate) rounds: usize,
}

/// One length of tasks: what came of it.
#[derive(Clone, Copy)]
struct Point {
    /// In µs.
    granularity: f64,
    efficiency: f64,
}

/// A granularity, in µs.
pub(crate) enum Granularity {
    At(f64),
    /// Even the shortest tasks were efficient.
    Below(f64),
    /// Even the longest weren't.
    Above(f64),
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Granularity::At(micros) => f.pad(&format!("{micros:.2}")),
            Granularity::Below(micros) => f.pad(&format!("<{micros:.2}")),
            Granularity::Above(micros) => f.pad(&format!(">{micros:.2}")),
        }
    }
}

/// Measures one pattern. Also gives the probe's median slowdown, and whether only rounds with two processors were used.
pub(crate) fn measure<C: Contender>(
    pattern: Pattern,
    width: usize,
    threads: usize,
    effort: Effort,
) -> ([Granularity; 3], f64, bool) {
    let pool = C::pool(threads);
    let (mut slowdowns, mut enough) = (Vec::new(), true);
    let turn = Pace::measure().turn;
    let mut workload = Workload::Steps { plan: Plan::new(pattern, width, effort.tasks.div_ceil(width)), turns: 0 };
    let mut points = Vec::new();
    for length in LENGTHS {
        if let Workload::Steps { turns, .. } = &mut workload {
            *turns = (length / turn) as u32;
        }
        let rounds = rounds::<C>(&pool, &workload, threads, effort.rounds);
        slowdowns.extend(rounds.iter().map(|round| round.1));
        let counts = |round: &&(Point, f64)| round.1 < probe::LIMIT;
        let good = rounds.iter().filter(counts).count();
        enough &= good > 0;
        let used: Vec<Point> = rounds.iter().filter(|round| good == 0 || counts(round)).map(|round| round.0).collect();
        points.push(Point {
            granularity: median(used.iter().map(|point| point.granularity)),
            efficiency: median(used.iter().map(|point| point.efficiency)),
        });
    }
    (TARGETS.map(|target| crossing(&points, target)), median(slowdowns.into_iter()), enough)
}

/// Runs a workload a few times, with the slowdown of two threads beside each: more often if that was bad.
fn rounds<C: Contender>(pool: &C::Pool, workload: &Workload, threads: usize, rounds: usize) -> Vec<(Point, f64)> {
    let Workload::Steps { plan, turns } = workload else { unreachable!("only steps work") };
    let tasks = plan.tasks() as f64;
    let expected = workload.expected();
    let mut ready = C::ready(pool, workload);
    let mut once = || {
        let before = Pace::measure();
        let start = Instant::now();
        let value = C::run(pool, &mut ready);
        let wall = start.elapsed().as_nanos() as f64;
        let after = Pace::measure();
        assert_eq!(value, expected, "{} computed wrong", C::NAME);
        let useful = f64::from(*turns) * before.turn.midpoint(after.turn) * tasks;
        let point =
            Point { granularity: wall * threads as f64 / tasks / 1e3, efficiency: useful / (wall * threads as f64) };
        (point, before.slowdown.max(after.slowdown))
    };
    once();
    let mut all: Vec<(Point, f64)> = Vec::new();
    while all.iter().filter(|round| round.1 < probe::LIMIT).count() < rounds && all.len() < 3 * rounds {
        all.push(once());
    }
    all
}

/// The granularity at which the efficiency falls below `target`, between the last point that has it and the next.
fn crossing(points: &[Point], target: f64) -> Granularity {
    // From the short end: noise at the long end doesn't count.
    let Some(last) = points.iter().rposition(|point| point.efficiency >= target) else {
        return Granularity::Above(points[0].granularity);
    };
    let Some(below) = points.get(last + 1) else {
        return Granularity::Below(points[last].granularity);
    };
    let above = points[last];
    let part = (above.efficiency - target) / (above.efficiency - below.efficiency);
    Granularity::At(above.granularity * (below.granularity / above.granularity).powf(part))
}
