//! The factorisation: plain loops over four kernels, which `#[dispatch]` turns into a graph.
//!
//! The lower triangle is cut into tiles, kept by columns. Step `k` factors the tile on the diagonal, solves those below it
//! with it, and takes their products off all that is to the right. Which step waits for which is nowhere said: an operation
//! that reads a tile (`&`) comes after the last that changed it (`&mut`), and one that changes it after those that read it
//! before. Each tile is cut once and changed in place ever after; [`Tile`] isn't even `Clone`.
//!
//! `split_at_mut` is there for rustc, which has to see that a call borrows three different tiles.

use super::prelude::*;
use crate::kernels::{cut, gemm, potrf, syrk, trsm};
use crate::matrix::{Matrix, Tile};

/// The lower factor `L` of `a = L·Lᵀ`, in tiles: `columns[j][i]` has row `i + j` of column `j`.
#[dispatch]
pub(crate) fn factor(a: &Matrix, side: usize) -> Vec<Vec<Tile>> {
    let across = a.size().div_ceil(side);
    let mut columns: Vec<Vec<Tile>> = (0..across).map(|j| (j..across).map(|i| cut(a, side, i, j)).collect()).collect();
    for k in 0..across {
        let (done, rest) = columns.split_at_mut(k + 1);
        let (diagonal, below) = done[k].split_at_mut(1);
        potrf(&mut diagonal[0]);
        for tile in below.iter_mut() {
            trsm(&diagonal[0], tile);
        }
        for (j, column) in rest.iter_mut().enumerate() {
            syrk(&below[j], &mut column[0]);
            for i in 1..column.len() {
                gemm(&below[j + i], &below[j], &mut column[i]);
            }
        }
    }
    columns
}
