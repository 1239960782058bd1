//! Task Bench's minimum effective task granularity (METG).
//!
//! The same graph is run with ever shorter tasks. Its *efficiency* is the part of the threads' time that was spent in the
//! tasks' loops, by what a turn of the loop takes when two threads do nothing else (measured before and after each run). Its
//! *granularity* is the wall time by the number of threads and of tasks: what a task takes with all that belongs to it.
//! METG(75 %) is the granularity at which efficiency falls below 75 %.

use std::fmt;
use std::thread;
use std::time::Duration;

use crate::contender::{Contender, Ran};
use crate::kernel::Pace;
use crate::rounds::median;
use crate::workload::{Pattern, Plan, Workload};
use crate::{line, probe, waited};

const THREADS: usize = 2;

/// The efficiencies that are asked for.
const TARGETS: [f64; 3] = [0.5, 0.75, 0.9];

/// How long tasks take, in ns: from well above what is looked for to well below.
const LENGTHS: [f64; 12] =
    [16_000.0, 8_000.0, 4_000.0, 2_800.0, 2_000.0, 1_400.0, 1_000.0, 700.0, 350.0, 175.0, 90.0, 45.0];

/// How long a run should take at most, in ns: short enough that on a busy machine, having slept before, it gets its processors;
/// long enough that waking a thread doesn't count.
const WALL: f64 = 10e6;

/// For how long the graph is run before the run that counts, in ns: for some milliseconds after both threads have slept, they get no
/// more done than one, as if they had one processor.
const WARM: f64 = 8e6;

/// One length of tasks: what came of it.
#[derive(Clone, Copy)]
struct Point {
    /// In µs.
    granularity: f64,
    efficiency: f64,
}

/// A granularity, in µs.
enum Granularity {
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

pub(crate) fn print_header() {
    println!(
        "{:<10} {:>5}  {:<16} {:>7} {:>7} {:>7}  {:>5}  probe",
        "METG, µs", "width", "by", "50 %", "75 %", "90 %", "line"
    );
}

/// Measures and prints one pattern with two threads.
pub(crate) fn print<C: Contender>(pattern: Pattern, width: usize, quick: bool) {
    let (most_tasks, repeated) = if quick { (256, 1) } else { (16_384, 5) };
    let pool = C::pool(THREADS);
    let turn = Pace::measure().turn;
    let (mut points, mut slowdowns, mut all_count) = (Vec::new(), Vec::new(), true);
    let mut lines = Vec::new();
    for length in LENGTHS.into_iter().step_by(if quick { 4 } else { 1 }) {
        let tasks = ((WALL * THREADS as f64 / length) as usize).min(most_tasks);
        let plan = Plan::new(pattern, width, tasks / width);
        let workload = Workload::Steps { plan, turns: (length / turn) as u32 };
        let warm = (WARM * THREADS as f64 / (length * tasks as f64)).ceil() as usize;
        let mut rounds = rounds::<C>(&pool, &workload, if quick { 1 } else { warm }, repeated);
        slowdowns.extend(rounds.iter().map(|round| round.slowdown));
        lines.push(line::nanos());
        if rounds.iter().any(Round::counts) {
            rounds.retain(Round::counts);
        } else {
            all_count = false;
        }
        points.push(Point {
            granularity: median(rounds.iter().map(|round| round.point.granularity)),
            efficiency: median(rounds.iter().map(|round| round.point.efficiency)),
        });
    }
    let [half, three_quarters, nine_tenths] = TARGETS.map(|target| crossing(&points, target));
    println!(
        "{:<10} {width:>5}  {:<16} {half:>7} {three_quarters:>7} {nine_tenths:>7}  {:>5}  {:.2}{}",
        pattern.name(),
        C::NAME,
        line::show(&lines),
        median(slowdowns.into_iter()),
        if all_count { "" } else { "!" }
    );
}

/// One run, and whether there were two processors for it.
struct Round {
    point: Point,
    slowdown: f64,
    waited: f64,
}

impl Round {
    fn counts(&self) -> bool {
        self.slowdown < probe::LIMIT && self.waited < waited::LIMIT
    }
}

/// Runs a workload a few times, each time `warm` times more before; more often if there weren't two processors.
fn rounds<C: Contender>(pool: &C::Pool, workload: &Workload, warm: usize, repeated: usize) -> Vec<Round> {
    let Workload::Steps { plan, turns } = workload else { unreachable!("only steps work") };
    let tasks = plan.tasks() as f64;
    let expected = workload.expected();
    let mut ready = C::ready(pool, workload);
    let mut once = || {
        thread::sleep(Duration::from_millis(10));
        let before = Pace::measure();
        let since = waited::since_now(C::process(pool));
        let ran = C::run(pool, &mut ready, warm + 1);
        let Ran { value, nanos: wall } = ran[warm];
        // Where one of two threads waits, a run takes half of that longer: so much of the waiting was before the run that counts.
        let earlier: f64 = ran.iter().map(|ran| 2.0 * (ran.nanos - wall).max(0.0)).sum();
        let waited = (since.nanos() - earlier).max(0.0) / wall;
        let after = Pace::measure();
        assert_eq!(value, expected, "{} computed wrong", C::NAME);
        let useful = f64::from(*turns) * before.turn.midpoint(after.turn) * tasks;
        let point =
            Point { granularity: wall * THREADS as f64 / tasks / 1e3, efficiency: useful / (wall * THREADS as f64) };
        Round { point, slowdown: before.slowdown.max(after.slowdown), waited }
    };
    once();
    let mut all: Vec<Round> = Vec::new();
    while all.iter().filter(|round| round.counts()).count() < repeated && all.len() < 5 * repeated {
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
