//! How fast graphs of almost empty operations run on a cluster, and values go from worker to worker; beside it, dask's own client with
//! workers in Python, which do the same on a scheduler of their own.
//!
//! A second table is the example `dask_cluster` on a worker of one thread, and on one of two.
//!
//! `cargo bench -p dispatcher-dask --bench cluster` starts all that it needs, and prints both tables. `CLUSTER_ROUNDS` says how many rounds
//! are measured (3, if nothing is said), `CLUSTER_ONLY` which lines of the tables: those that hold this text.

#[path = "cluster/graphs.rs"]
mod graphs;
#[path = "cluster/ours.rs"]
mod ours;
#[path = "../../benches/overhead/probe.rs"]
mod probe;
#[path = "cluster/pulse.rs"]
mod pulse;
#[path = "../../benches/shared/rounds.rs"]
mod rounds;
#[path = "cluster/scaling.rs"]
mod scaling;
#[path = "../../benches/shared/speed_up.rs"]
mod speed_up;
#[allow(dead_code)]
#[path = "../tests/support/mod.rs"]
mod support;
#[path = "cluster/theirs.rs"]
mod theirs;
#[path = "../../benches/shared/waited.rs"]
mod waited;

use crate::ours::Ours;
use crate::support::Dask;
use crate::theirs::Theirs;

/// What a measurement counts.
#[derive(Clone, Copy)]
enum Unit {
    /// So many things in a second: the more, the better.
    PerSecond(f64, &'static str),
    /// Seconds: the fewer, the better.
    Seconds,
}

/// A line of the table.
struct Line {
    what: &'static str,
    unit: Unit,
    /// What it is measured of; it gives seconds.
    ours: fn(&Ours) -> f64,
    /// The name of the function in `theirs.py` that does the same, if there is one.
    theirs: Option<&'static str>,
    aim: &'static str,
}

const LINES: [Line; 9] = [
    Line {
        what: "10,000 independent operations",
        unit: Unit::PerSecond(10_000.0, "op/s"),
        ours: |ours| ours.independent(10_000),
        theirs: Some("independent"),
        aim: "8000 op/s, 5 x",
    },
    Line {
        what: "10,000 operations, and their sum",
        unit: Unit::PerSecond(10_001.0, "op/s"),
        ours: |ours| ours.sum(10_000),
        theirs: Some("sum_of_all"),
        aim: "",
    },
    Line {
        what: "tree of 2,047 operations",
        unit: Unit::PerSecond(2_047.0, "op/s"),
        ours: |ours| ours.tree(1024),
        theirs: Some("tree"),
        aim: "",
    },
    Line {
        what: "chain of 1,000 operations",
        unit: Unit::Seconds,
        ours: |ours| ours.chain(1000, true),
        theirs: Some("chain"),
        aim: "0.5 s",
    },
    Line {
        what: "the same, not fused",
        unit: Unit::Seconds,
        ours: |ours| ours.chain(1000, false),
        theirs: Some("chain"),
        aim: "",
    },
    Line {
        what: "100,000 independent operations",
        unit: Unit::PerSecond(100_000.0, "op/s"),
        ours: |ours| ours.independent(100_000),
        theirs: None,
        aim: "",
    },
    Line {
        what: "  longest pause of the scheduler's loop",
        unit: Unit::Seconds,
        ours: |ours| ours.pause(100_000),
        theirs: None,
        aim: "1 s",
    },
    Line {
        what: "100 MB of bytes from worker to worker",
        unit: Unit::PerSecond(100.0, "MB/s"),
        ours: |ours| ours.moved(100_000_000, graphs::moved_bytes),
        theirs: Some("moved"),
        aim: "300 MB/s",
    },
    Line {
        what: "  the same as a Vec<u8>",
        unit: Unit::PerSecond(100.0, "MB/s"),
        ours: |ours| ours.moved(100_000_000, graphs::moved),
        theirs: None,
        aim: "",
    },
];

fn main() {
    if ours::is_worker() {
        return;
    }
    let Some(dask) = Dask::get() else { return };
    let rounds = std::env::var("CLUSTER_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3).max(1);
    let only = std::env::var("CLUSTER_ONLY").unwrap_or_default();
    let lines: Vec<&Line> = LINES.iter().filter(|line| line.what.contains(&only)).collect();
    if !lines.is_empty() {
        print_lines(&lines, dask, rounds);
    }
    if scaling::NAME.contains(&only) {
        scaling::print(dask, rounds);
    }
}

fn print_lines(lines: &[&Line], dask: &'static Dask, rounds: usize) {
    let ours = Ours::start(dask);
    let theirs = Theirs::start(dask);
    // Connections are made, and code is warm.
    ours.tree(64);

    println!(
        "distributed {}, two workers of one thread each; medians of {rounds}, least and most behind them",
        dask.version
    );
    println!("{:40} {:>30} {:>30} {:>7}  aim", "", "ours", "dask's own", "ratio");
    for line in lines {
        // They take turns, so that both meet the same machine.
        let (mut of_ours, mut of_theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            of_ours.push((line.ours)(&ours));
            of_theirs.extend(line.theirs.map(|function| theirs.measure(function)));
        }
        let (of_ours, of_theirs) = (Spread::of(of_ours), Spread::of(of_theirs));
        let ratio = of_ours.as_ref().zip(of_theirs.as_ref()).map(|(ours, theirs)| theirs.median / ours.median);
        let shown = |spread: Option<Spread>| spread.map_or_else(String::new, |spread| spread.shown(line.unit));
        let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.1}"));
        println!("{:40} {:>30} {:>30} {ratio:>7}  {}", line.what, shown(of_ours), shown(of_theirs), line.aim);
    }
    println!();
}

/// What was measured in all rounds.
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(mut seconds: Vec<f64>) -> Option<Self> {
        seconds.sort_by(f64::total_cmp);
        let (least, most) = (*seconds.first()?, *seconds.last()?);
        Some(Self { least, median: seconds[seconds.len() / 2], most })
    }

    fn shown(&self, unit: Unit) -> String {
        match unit {
            Unit::PerSecond(count, name) => {
                let [least, median, most] = [self.most, self.median, self.least].map(|seconds| count / seconds);
                format!("{median:.0} ({least:.0} - {most:.0}) {name}")
            }
            Unit::Seconds => format!("{:.3} ({:.3} - {:.3}) s   ", self.median, self.least, self.most),
        }
    }
}
