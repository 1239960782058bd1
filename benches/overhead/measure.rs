//! Interleaved runs of two contenders, phase by phase, and the medians that they come to.

use std::hint::black_box;
use std::time::Instant;

use crate::contender::Contender;
use crate::probe;
use crate::shapes::Shape;

/// What one run took, in ns a node.
#[derive(Clone, Copy)]
pub(crate) struct Phases {
    pub(crate) build: f64,
    pub(crate) run: f64,
    pub(crate) drop: f64,
}

impl Phases {
    pub(crate) fn total(self) -> f64 {
        self.build + self.run + self.drop
    }
}

/// The medians of many interleaved runs.
pub(crate) struct Comparison {
    pub(crate) peer: Medians,
    pub(crate) ours: Medians,
    /// The median of each round's ratio of our total to the peer's. Noise that lasts longer than a round
    /// falls out of it, so it is steadier than the ratio of the two medians.
    pub(crate) ratio: f64,
    /// The median slowdown by the concurrency probe, and whether the rounds count; `None` with one thread.
    pub(crate) probe: Option<Probed>,
}

/// Each phase's median, and the median of the totals (which need not be the sum of the others).
pub(crate) struct Medians {
    pub(crate) build: f64,
    pub(crate) run: f64,
    pub(crate) drop: f64,
    pub(crate) total: f64,
}

/// What the concurrency probe said beside the rounds.
pub(crate) struct Probed {
    pub(crate) slowdown: f64,
    /// Whether only rounds under [`probe::LIMIT`] were used.
    pub(crate) counts: bool,
}

struct Round {
    peer: Phases,
    ours: Phases,
    slowdown: Option<f64>,
}

/// Runs the peer, then ours, then the peer again, and so on for `rounds` rounds after one to warm up.
///
/// With more than one thread each round is probed before and after. Rounds in which there were not two
/// processors are repeated, up to three times as many in all; if too few are left, all are used, and the
/// result says so.
pub(crate) fn compare<P: Contender, O: Contender>(shape: Shape, threads: usize, rounds: usize) -> Comparison {
    let (peer_pool, our_pool) = (P::pool(threads), O::pool(threads));
    let probed = threads > 1;
    let probe = || probed.then(probe::slowdown);
    let round = || {
        let before = probe();
        let peer = once::<P>(&peer_pool, shape);
        let ours = once::<O>(&our_pool, shape);
        let slowdown = before.zip(probe()).map(|(before, after)| before.max(after));
        Round { peer, ours, slowdown }
    };
    let counts = |round: &Round| round.slowdown.is_none_or(|slowdown| slowdown < probe::LIMIT);

    round();
    let mut all: Vec<Round> = Vec::new();
    while all.iter().filter(|round| counts(round)).count() < rounds && all.len() < 3 * rounds {
        all.push(round());
    }
    let slowdown = probed.then(|| median(all.iter().filter_map(|round| round.slowdown)));
    let enough = all.iter().filter(|round| counts(round)).count() >= rounds.div_ceil(2);
    if enough {
        all.retain(|round| counts(round));
    }
    Comparison {
        peer: medians(all.iter().map(|round| round.peer)),
        ours: medians(all.iter().map(|round| round.ours)),
        ratio: median(all.iter().map(|round| round.ours.total() / round.peer.total())),
        probe: slowdown.map(|slowdown| Probed { slowdown, counts: enough }),
    }
}

/// Builds, runs and drops one graph, each phase timed, from a heap without a backlog.
///
/// # Panics
///
/// If the output's value is wrong.
fn once<C: Contender>(pool: &C::Pool, shape: Shape) -> Phases {
    settle();
    let start = Instant::now();
    let graph = C::build(shape);
    let built = Instant::now();
    let (value, spent) = C::run(pool, graph);
    let ran = Instant::now();
    drop(spent);
    let dropped = Instant::now();

    assert_eq!(value, shape.expected(), "{} computed {} wrong", C::NAME, shape.name());
    let nodes = f64::from(shape.nodes());
    let each = |from: Instant, to: Instant| (to - from).as_nanos() as f64 / nodes;
    Phases { build: each(start, built), run: each(built, ran), drop: each(ran, dropped) }
}

/// Lets the allocator tidy up before a timing starts.
///
/// glibc puts off merging small freed blocks until the next large block is asked for. Without this, the
/// contender with one large block would pay for the small ones that the other one freed.
fn settle() {
    black_box(Vec::<u8>::with_capacity(1 << 20));
}

fn medians(phases: impl Iterator<Item = Phases> + Clone) -> Medians {
    Medians {
        build: median(phases.clone().map(|phases| phases.build)),
        run: median(phases.clone().map(|phases| phases.run)),
        drop: median(phases.clone().map(|phases| phases.drop)),
        total: median(phases.map(Phases::total)),
    }
}

/// The middle one, or of an even number the upper of the two. NaN of none.
fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
