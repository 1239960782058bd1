//! What is done with tiles: four kernels, and the cutting.
//!
//! The bulk of the work is products, which nalgebra hands to `matrixmultiply`. Triangles are solved and factored by blocks of
//! [`BLOCK`] columns: what reaches a block from its left is a product again, and within the block columns are taken off
//! columns, in loops that LLVM vectorises.

use crate::matrix::{Matrix, Tile};

/// How many columns are solved or factored one by one.
const BLOCK: usize = 16;

/// The tile in row `i` and column `j` of tiles that measure `side` on either side; the last ones may be smaller.
pub(crate) fn cut(a: &Matrix, side: usize, i: usize, j: usize) -> Tile {
    let range = |at: usize| at * side..a.size().min((at + 1) * side);
    Tile::cut(a, range(i), range(j))
}

/// Factors a tile on the diagonal: `a = L·Lᵀ` becomes `L`, in the lower triangle. What is above isn't looked at.
pub(crate) fn potrf(a: &mut Tile) {
    let size = a.columns();
    for from in (0..size).step_by(BLOCK) {
        let to = size.min(from + BLOCK);
        if from > 0 {
            let (left, mut block) = a.split_columns(from..to);
            let (below, beside) = (left.rows(from..size), left.rows(from..to));
            block.rows_mut(from, size - from).gemm(-1.0, &below.view(), &beside.transposed(), 1.0);
        }
        for j in from..to {
            let pivot = a.column(j)[j].sqrt();
            divide(&mut a.column_mut(j)[j..], pivot);
            for k in j + 1..to {
                let (column, other) = a.two_columns(j, k);
                take_off(&mut other[k..], column[k], &column[k..]);
            }
        }
    }
}

/// Solves `x·Lᵀ = a` below a factored tile `L`, and puts `x` in the place of `a`.
pub(crate) fn trsm(diagonal: &Tile, a: &mut Tile) {
    let size = diagonal.columns();
    for from in (0..size).step_by(BLOCK) {
        let to = size.min(from + BLOCK);
        if from > 0 {
            let (left, mut block) = a.split_columns(from..to);
            let beside = diagonal.part().rows(from..to).columns(0..from);
            block.gemm(-1.0, &left.view(), &beside.transposed(), 1.0);
        }
        for j in from..to {
            let factors = &diagonal.column(j)[j..to];
            divide(a.column_mut(j), factors[0]);
            for (k, &factor) in factors.iter().enumerate().skip(1) {
                let (column, other) = a.two_columns(j, j + k);
                take_off(other, factor, column);
            }
        }
    }
}

/// Takes `row·rowᵀ` off a tile on the diagonal: off its lower triangle, and what of the upper one is in a block with it.
pub(crate) fn syrk(row: &Tile, a: &mut Tile) {
    let size = a.columns();
    for from in (0..size).step_by(2 * BLOCK) {
        let to = size.min(from + 2 * BLOCK);
        let (left, right) = (row.part().rows(from..size), row.part().rows(from..to));
        let mut block = a.view_mut();
        let mut block = block.view_mut((from, from), (size - from, to - from));
        block.gemm(-1.0, &left.view(), &right.transposed(), 1.0);
    }
}

/// Takes `left·rightᵀ` off a tile.
pub(crate) fn gemm(left: &Tile, right: &Tile, a: &mut Tile) {
    a.view_mut().gemm(-1.0, &left.part().view(), &right.part().transposed(), 1.0);
}

fn divide(column: &mut [f64], by: f64) {
    column.iter_mut().for_each(|x| *x /= by);
}

/// Takes a multiple of a column off another.
fn take_off(column: &mut [f64], factor: f64, other: &[f64]) {
    column.iter_mut().zip(other).for_each(|(x, y)| *x -= factor * y);
}
