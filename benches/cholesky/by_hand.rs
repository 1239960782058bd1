//! The factorisation with its schedule written by hand: counters, and jobs on a rayon pool.
//!
//! Tile (i, j) takes j + 1 steps: updates with the columns 0 to j - 1, in this order, and the last, which factors it (i = j) or
//! solves it. Step k of it waits for its step k - 1 and for the last steps of the tiles that it reads; a counter a step says
//! for how many still. Who brings it to nothing runs that step: the first such at once, the others as jobs.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use rayon::{Scope, ThreadPool};

use crate::kernels::{cut, gemm, potrf, syrk, trsm};
use crate::matrix::{Matrix, Tile};

/// Factors `a` on a pool.
pub(crate) fn factor(pool: &ThreadPool, a: &Matrix, side: usize) -> Vec<Vec<Tile>> {
    let across = a.size().div_ceil(side);
    let tiles = (0..across * across).map(|_| RwLock::new(None)).collect();
    let waits = |i: usize, j: usize, k: usize| {
        let reads = if k == j { usize::from(i != j) } else { 1 + usize::from(i != j) };
        AtomicU8::new((reads + usize::from(k > 0)) as u8)
    };
    let waiting = (0..across * across * across)
        .map(|at| waits(at / across / across, at / across % across, at % across))
        .collect();
    let run = Run { a, side, across, tiles, waiting };
    pool.scope(|scope| run.follow(scope, Step { i: 0, j: 0, k: 0 }));

    let mut tiles = run.tiles.into_iter().map(|tile| tile.into_inner().unwrap_or_else(PoisonError::into_inner));
    let mut columns: Vec<Vec<Tile>> = (0..across).map(|j| Vec::with_capacity(across - j)).collect();
    for _ in 0..across {
        for column in &mut columns {
            column.extend(tiles.next().flatten());
        }
    }
    columns
}

struct Run<'a> {
    a: &'a Matrix,
    side: usize,
    across: usize,
    /// By rows. Each is cut by its first step; the locks are never waited for.
    tiles: Vec<RwLock<Option<Tile>>>,
    /// For how many steps a step still waits, by tiles.
    waiting: Vec<AtomicU8>,
}

/// Step `k` of the tile in row `i` and column `j`.
#[derive(Clone, Copy)]
struct Step {
    i: usize,
    j: usize,
    k: usize,
}

impl Run<'_> {
    /// Takes a step, then the first that this made ready, and so on.
    fn follow<'s>(&'s self, scope: &Scope<'s>, mut step: Step) {
        loop {
            self.take(step);
            let mut next = None;
            self.for_each_after(step, |after| {
                // Pairs with itself: the last one sees what the others have done.
                if self.waiting[self.at(after.i, after.j) * self.across + after.k].fetch_sub(1, Ordering::AcqRel) == 1 {
                    match next {
                        None => next = Some(after),
                        Some(_) => scope.spawn(move |scope| self.follow(scope, after)),
                    }
                }
            });
            match next {
                Some(next) => step = next,
                None => return,
            }
        }
    }

    fn take(&self, Step { i, j, k }: Step) {
        let mut tile = self.tiles[self.at(i, j)].write().unwrap_or_else(PoisonError::into_inner);
        let tile = tile.get_or_insert_with(|| cut(self.a, self.side, i, j));
        match (k == j, i == j) {
            (true, true) => potrf(tile),
            (true, false) => trsm(done(&self.read(j, j)), tile),
            (false, true) => syrk(done(&self.read(i, k)), tile),
            (false, false) => gemm(done(&self.read(i, k)), done(&self.read(j, k)), tile),
        }
    }

    fn for_each_after(&self, Step { i, j, k }: Step, mut then: impl FnMut(Step)) {
        if k < j {
            then(Step { i, j, k: k + 1 });
        } else if i == j {
            (i + 1..self.across).for_each(|i| then(Step { i, j, k }));
        } else {
            (j + 1..=i).for_each(|column| then(Step { i, j: column, k }));
            (i + 1..self.across).for_each(|row| then(Step { i: row, j: i, k }));
        }
    }

    fn at(&self, i: usize, j: usize) -> usize {
        i * self.across + j
    }

    fn read(&self, i: usize, j: usize) -> RwLockReadGuard<'_, Option<Tile>> {
        self.tiles[self.at(i, j)].read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn done(tile: &Option<Tile>) -> &Tile {
    tile.as_ref().expect("a tile is cut by its first step")
}
