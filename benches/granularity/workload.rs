//! The workloads: which tasks there are, what each reads, and the value that they come to.

use crate::kernel::work;

/// A graph to be run.
pub(crate) enum Workload {
    /// Each task reads the one before it, and does next to nothing.
    Chain { length: u32 },
    /// A source, tasks that read it, and one that takes them all, which is counted here: `nodes` in all.
    Fan { nodes: u32 },
    /// Tasks that read nothing, and one that takes them all.
    Wide { width: u32 },
    /// Sums in pairs, built level by level; `leaves` is a power of two.
    Tree { leaves: u32 },
    /// A square in which each task reads its left and its upper neighbour.
    Wavefront { side: u32 },
    /// Steps of tasks that read those of the step before, and work.
    Steps { plan: Plan, turns: u32 },
}

/// Task Bench's dependence patterns.
#[derive(Clone, Copy)]
pub(crate) enum Pattern {
    /// A task reads the one above it, and that one's neighbours.
    Stencil,
    /// A task reads the one above it, and those a distance from it that doubles with each step.
    Fft,
    /// The width doubles with each step while there is room; task `i` reads task `i / 2`.
    Tree,
    /// A task reads the one above it, and some of the two on either side: each with a chance of a half.
    Random,
}

impl Pattern {
    pub(crate) const ALL: [Pattern; 4] = [Pattern::Stencil, Pattern::Fft, Pattern::Tree, Pattern::Random];

    /// As Task Bench calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Pattern::Stencil => "stencil_1d",
            Pattern::Fft => "fft",
            Pattern::Tree => "tree",
            Pattern::Random => "random",
        }
    }
}

/// Tasks in steps. What a task reads is known beforehand, so that no contender has to find it out in the timing.
pub(crate) struct Plan {
    pub(crate) steps: Vec<Vec<Task>>,
}

/// One task of a step.
pub(crate) struct Task {
    /// The tasks of the step before that it reads.
    pub(crate) reads: Vec<usize>,
    /// Whether a task of the next step reads it. If not, the last task of all does.
    pub(crate) is_read: bool,
}

impl Plan {
    pub(crate) fn new(pattern: Pattern, width: usize, steps: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(3);
        let width_at = |step: usize| match pattern {
            Pattern::Tree => width.min(1 << step.min(20)),
            _ => width,
        };
        let mut plan: Vec<Vec<Task>> = Vec::with_capacity(steps);
        for step in 0..steps {
            let mut tasks: Vec<Task> = Vec::with_capacity(width_at(step));
            for i in 0..width_at(step) {
                let reads =
                    if step == 0 { Vec::new() } else { reads(pattern, i, step, width_at(step - 1), &mut random) };
                if let Some(before) = plan.last_mut() {
                    reads.iter().for_each(|&read| before[read].is_read = true);
                }
                tasks.push(Task { reads, is_read: false });
            }
            plan.push(tasks);
        }
        Self { steps: plan }
    }

    /// How many tasks there are, the one at the end not counted.
    pub(crate) fn tasks(&self) -> usize {
        self.steps.iter().map(Vec::len).sum()
    }
}

/// What task `i` of a step reads, of a step `width` wide.
fn reads(pattern: Pattern, i: usize, step: usize, width: usize, random: &mut fastrand::Rng) -> Vec<usize> {
    let around = |distance: usize| [i.checked_sub(distance), Some(i), Some(i + distance)].into_iter().flatten();
    let inside = |at: &usize| *at < width;
    match pattern {
        Pattern::Stencil => around(1).filter(inside).collect(),
        Pattern::Fft => around(1 << ((step - 1) % width.ilog2() as usize)).filter(inside).collect(),
        Pattern::Tree => vec![i / 2],
        Pattern::Random => {
            (i.saturating_sub(2)..=i + 2).filter(inside).filter(|&at| at == i || random.bool()).collect()
        }
    }
}

impl Workload {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Workload::Chain { .. } => "chain",
            Workload::Fan { .. } => "fan",
            Workload::Wide { .. } => "wide",
            Workload::Tree { .. } => "tree",
            Workload::Wavefront { .. } => "wavefront",
            Workload::Steps { .. } => "steps",
        }
    }

    /// How many nodes it has; the one at the end of many isn't counted.
    pub(crate) fn nodes(&self) -> usize {
        match self {
            Workload::Chain { length } => *length as usize,
            Workload::Fan { nodes } => *nodes as usize,
            Workload::Wide { width } => *width as usize,
            Workload::Tree { leaves } => 2 * *leaves as usize - 1,
            Workload::Wavefront { side } => (side * side) as usize,
            Workload::Steps { plan, .. } => plan.tasks(),
        }
    }

    /// The value, by plain loops.
    pub(crate) fn expected(&self) -> u64 {
        match self {
            Workload::Chain { length } => u64::from(*length),
            Workload::Fan { nodes } => 2 * u64::from(*nodes - 2),
            Workload::Wide { width } => u64::from(*width) * (u64::from(*width) + 1) / 2,
            // The leaves 1 + 2 + … + n, and one for each of the n - 1 sums.
            Workload::Tree { leaves } => {
                let leaves = u64::from(*leaves);
                leaves * (leaves + 1) / 2 + leaves - 1
            }
            Workload::Wavefront { side } => {
                let mut row: Vec<u64> = (1..=u64::from(*side)).collect();
                for _ in 1..*side {
                    row[0] += 1;
                    for column in 1..row.len() {
                        row[column] = row[column].wrapping_add(row[column - 1]).wrapping_add(1);
                    }
                }
                row[row.len() - 1]
            }
            Workload::Steps { plan, turns } => {
                let (mut before, mut sum) = (Vec::new(), 0_u64);
                for step in &plan.steps {
                    let value = |(i, task): (usize, &Task)| {
                        let seed = task.reads.iter().fold(0_u64, |sum, &read| sum.wrapping_add(before[read]));
                        work(*turns, if task.reads.is_empty() { i as u64 } else { seed })
                    };
                    let after: Vec<u64> = step.iter().enumerate().map(value).collect();
                    let ends = step.iter().zip(&after).filter(|(task, _)| !task.is_read);
                    sum = ends.fold(sum, |sum, (_, value)| sum.wrapping_add(*value));
                    before = after;
                }
                sum
            }
        }
    }
}
