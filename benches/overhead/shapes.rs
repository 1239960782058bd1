//! The five shapes: their sizes, the step at each node, and the value that each must come to.
//!
//! Every contender computes the same values with the same step functions. Each step really adds
//! something, so that no node can be folded away, and [`Shape::expected`] computes the output anew by a
//! plain loop without any graph.

/// A shape of graph, with its size.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// Each node reads the one before it.
    Chain { length: u32 },
    /// One source, `width` nodes that read it, and one sink that reads them all.
    Fan { width: u32 },
    /// `width` nodes without predecessors, collected into one `Vec`.
    Wide { width: u32 },
    /// A binary tree of sums, built level by level. `leaves` is a power of two.
    Tree { leaves: u32 },
    /// A square in which each cell reads its left and its upper neighbour.
    Wavefront { side: u32 },
}

impl Shape {
    /// The sizes of the published table.
    pub(crate) const FULL: [Shape; 5] = [
        Shape::Chain { length: 100_000 },
        Shape::Fan { width: 100_000 },
        Shape::Wide { width: 1_000_000 },
        Shape::Tree { leaves: 1 << 17 },
        Shape::Wavefront { side: 512 },
    ];

    /// Small sizes, for a look in passing. The figures are not to be quoted.
    pub(crate) const QUICK: [Shape; 5] = [
        Shape::Chain { length: 10_000 },
        Shape::Fan { width: 10_000 },
        Shape::Wide { width: 50_000 },
        Shape::Tree { leaves: 1 << 13 },
        Shape::Wavefront { side: 96 },
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Shape::Chain { .. } => "chain",
            Shape::Fan { .. } => "fan",
            Shape::Wide { .. } => "wide",
            Shape::Tree { .. } => "tree",
            Shape::Wavefront { .. } => "wavefront",
        }
    }

    /// How many nodes the shape has, the one that collects not counted.
    pub(crate) fn nodes(self) -> u32 {
        match self {
            Shape::Chain { length } => length,
            Shape::Fan { width } => width + 2,
            Shape::Wide { width } => width,
            Shape::Tree { leaves } => 2 * leaves - 1,
            Shape::Wavefront { side } => side * side,
        }
    }

    /// The value of the output, by a closed form or a plain loop.
    pub(crate) fn expected(self) -> u64 {
        match self {
            Shape::Chain { length } => u64::from(length),
            Shape::Fan { width } => 2 * u64::from(width),
            Shape::Wide { width } => u64::from(width) * (u64::from(width) + 1) / 2,
            // The leaves 1 + 2 + … + n, and one for each of the n - 1 sums.
            Shape::Tree { leaves } => u64::from(leaves) * (u64::from(leaves) + 1) / 2 + u64::from(leaves) - 1,
            Shape::Wavefront { side } => {
                let mut row: Vec<u64> = (1..=u64::from(side)).collect();
                for _ in 1..side {
                    row[0] += 1;
                    for column in 1..row.len() {
                        row[column] = cell(row[column - 1], row[column]);
                    }
                }
                row[row.len() - 1]
            }
        }
    }
}

/// A node without predecessors.
pub(crate) fn start(input: u64) -> u64 {
    input.wrapping_add(1)
}

/// A node with one predecessor.
pub(crate) fn link(before: u64) -> u64 {
    before.wrapping_add(1)
}

/// An inner node of the tree.
pub(crate) fn add(left: u64, right: u64) -> u64 {
    left.wrapping_add(right).wrapping_add(1)
}

/// A cell of the wavefront.
pub(crate) fn cell(left: u64, above: u64) -> u64 {
    left.wrapping_add(above).wrapping_add(1)
}

/// The end of a wide fan-in: takes the collected values.
pub(crate) fn sum(values: Vec<u64>) -> u64 {
    values.into_iter().fold(0, u64::wrapping_add)
}
