//! Interleaved rounds of several contenders, and what they come to.
//!
//! On a shared machine a minute is not like the next, so contenders take turns, a round for all of them after a round for all
//! of them, and are compared within a round. Rounds in which there weren't two processors, by the concurrency probe or because
//! threads had to wait for one, are repeated, up to three times as many in all; if too few are left, all are used, and the
//! result says so.

use std::fmt;
use std::hint::black_box;
use std::process;
use std::time::Instant;

use crate::{probe, waited};

/// Runs once, and gives what it took, in any unit.
pub(crate) type Contender<'a> = Box<dyn FnMut() -> f64 + 'a>;

/// What the rounds came to.
pub(crate) struct Measured {
    /// Each contender's median.
    pub(crate) medians: Vec<f64>,
    /// The median of each contender's ratio to the first one within a round. Noise that lasts longer than a round falls out of
    /// it, so it is steadier than the ratio of the medians.
    pub(crate) ratios: Vec<f64>,
    pub(crate) probe: Probed,
}

/// What the concurrency probe said beside the rounds.
#[derive(Clone, Copy)]
pub(crate) struct Probed {
    /// The median slowdown of a kernel that runs on two threads at once.
    pub(crate) slowdown: f64,
    /// Whether only rounds were used in which there were two processors.
    pub(crate) counts: bool,
}

impl fmt::Display for Probed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:.2}{}", self.slowdown, if self.counts { "" } else { "!" }))
    }
}

/// Lets the contenders take turns for `rounds` rounds, after one to warm up.
pub(crate) fn interleave(rounds: usize, mut contenders: Vec<Contender<'_>>) -> Measured {
    let mut round = || {
        let before = probe::slowdown();
        let since = waited::since_now(process::id());
        let start = Instant::now();
        let taken = contenders.iter_mut().map(once).collect();
        let waited = since.nanos() / start.elapsed().as_nanos() as f64;
        Round { taken, slowdown: before.max(probe::slowdown()), waited }
    };

    round();
    let mut all: Vec<Round> = Vec::new();
    while all.iter().filter(|round| round.counts()).count() < rounds && all.len() < 3 * rounds {
        all.push(round());
    }
    let slowdown = median(all.iter().map(|round| round.slowdown));
    let enough = all.iter().filter(|round| round.counts()).count() >= rounds.div_ceil(2);
    if enough {
        all.retain(Round::counts);
    }
    let each = |figure: fn(&[f64], usize) -> f64| {
        (0..contenders.len()).map(|at| median(all.iter().map(|round| figure(&round.taken, at)))).collect()
    };
    Measured {
        medians: each(|taken, at| taken[at]),
        ratios: each(|taken, at| taken[at] / taken[0]),
        probe: Probed { slowdown, counts: enough },
    }
}

/// What each contender took, and whether there were two processors for them.
struct Round {
    taken: Vec<f64>,
    slowdown: f64,
    waited: f64,
}

impl Round {
    fn counts(&self) -> bool {
        self.slowdown < probe::LIMIT && self.waited < waited::LIMIT
    }
}

fn once(contender: &mut Contender<'_>) -> f64 {
    // glibc puts off merging small freed blocks until a large one is asked for: so that nobody pays for another's.
    black_box(Vec::<u8>::with_capacity(1 << 20));
    contender()
}

/// The middle one, or of an even number the upper of the two. NaN of none.
pub(crate) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
