//! A symmetric matrix, and the tiles that its lower triangle is cut into.

use std::ops::Range;

use nalgebra::{DMatrix, DMatrixView, DMatrixViewMut, Dyn, U1};

/// A symmetric, positive definite matrix.
pub(crate) struct Matrix {
    values: DMatrix<f64>,
}

impl Matrix {
    /// A matrix of random numbers, the same for the same `seed`. It is positive definite because its diagonal outweighs the rest.
    pub(crate) fn random(size: usize, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut values = DMatrix::zeros(size, size);
        for j in 0..size {
            values[(j, j)] = size as f64 + random.f64();
            for i in j + 1..size {
                let value = 2.0 * random.f64() - 1.0;
                values[(i, j)] = value;
                values[(j, i)] = value;
            }
        }
        Self { values }
    }

    /// How many rows it has, and columns.
    pub(crate) fn size(&self) -> usize {
        self.values.nrows()
    }

    /// What a library that knows nothing of tiles makes of it: nalgebra's own factorisation.
    pub(crate) fn factor_by_library(&self) -> Option<DMatrix<f64>> {
        Some(self.values.clone().cholesky()?.unpack())
    }
}

/// A part of a matrix. It can't be cloned, so nobody copies one without being seen.
#[derive(Debug, PartialEq)]
pub(crate) struct Tile {
    values: DMatrix<f64>,
}

impl Tile {
    /// Copies a part out of a matrix.
    pub(crate) fn cut(a: &Matrix, rows: Range<usize>, columns: Range<usize>) -> Self {
        let (rows, columns) = ((rows.start, rows.len()), (columns.start, columns.len()));
        Self { values: a.values.view((rows.0, columns.0), (rows.1, columns.1)).into_owned() }
    }

    pub(crate) fn columns(&self) -> usize {
        self.values.ncols()
    }

    pub(crate) fn column(&self, j: usize) -> &[f64] {
        let rows = self.values.nrows();
        &self.values.as_slice()[j * rows..][..rows]
    }

    pub(crate) fn column_mut(&mut self, j: usize) -> &mut [f64] {
        let rows = self.values.nrows();
        &mut self.values.as_mut_slice()[j * rows..][..rows]
    }

    /// A column to read, and one further right to change.
    pub(crate) fn two_columns(&mut self, read: usize, changed: usize) -> (&[f64], &mut [f64]) {
        let rows = self.values.nrows();
        let (left, right) = self.values.as_mut_slice().split_at_mut(changed * rows);
        (&left[read * rows..][..rows], &mut right[..rows])
    }

    /// All of it.
    pub(crate) fn part(&self) -> Part<'_> {
        Part {
            values: self.values.as_slice(),
            rows: self.values.nrows(),
            columns: self.values.ncols(),
            stride: self.values.nrows(),
        }
    }

    /// All of it, to be changed.
    pub(crate) fn view_mut(&mut self) -> DMatrixViewMut<'_, f64> {
        self.values.as_view_mut()
    }

    /// The columns before a block to read, and the block to change.
    pub(crate) fn split_columns(&mut self, block: Range<usize>) -> (Part<'_>, DMatrixViewMut<'_, f64>) {
        let rows = self.values.nrows();
        let (left, right) = self.values.as_mut_slice().split_at_mut(block.start * rows);
        let changed = &mut right[..block.len() * rows];
        let left = Part { values: left, rows, columns: block.start, stride: rows };
        (left, DMatrixViewMut::from_slice(changed, rows, block.len()))
    }
}

/// Some rows of some columns of a tile.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    /// From the first element.
    values: &'a [f64],
    rows: usize,
    columns: usize,
    /// From one column to the next.
    stride: usize,
}

impl<'a> Part<'a> {
    pub(crate) fn rows(self, rows: Range<usize>) -> Self {
        Self { values: &self.values[rows.start..], rows: rows.len(), ..self }
    }

    pub(crate) fn columns(self, columns: Range<usize>) -> Self {
        Self { values: &self.values[columns.start * self.stride..], columns: columns.len(), ..self }
    }

    pub(crate) fn view(self) -> DMatrixView<'a, f64, U1, Dyn> {
        DMatrixView::from_slice_with_strides_generic(
            self.values,
            Dyn(self.rows),
            Dyn(self.columns),
            U1,
            Dyn(self.stride),
        )
    }

    /// The same values, with rows for columns.
    pub(crate) fn transposed(self) -> DMatrixView<'a, f64, Dyn, U1> {
        DMatrixView::from_slice_with_strides_generic(
            self.values,
            Dyn(self.columns),
            Dyn(self.rows),
            Dyn(self.stride),
            U1,
        )
    }
}

/// How far a factor in tiles, as `factor` gives it, is from a whole one: the largest difference of two elements, by the
/// largest element. NaN if any is.
pub(crate) fn residual(columns: &[Vec<Tile>], whole: &DMatrix<f64>) -> f64 {
    let (mut largest, mut difference) = (0.0, 0.0);
    let mut first_column = 0;
    for column in columns {
        let mut first_row = first_column;
        for tile in column {
            for j in 0..tile.columns() {
                for (i, value) in tile.column(j).iter().enumerate() {
                    let (i, j) = (first_row + i, first_column + j);
                    // Above the diagonal a tile still has what it was cut with.
                    if i >= j {
                        largest = larger(largest, whole[(i, j)].abs());
                        difference = larger(difference, (value - whole[(i, j)]).abs());
                    }
                }
            }
            first_row += tile.values.nrows();
        }
        first_column += column[0].columns();
    }
    difference / largest
}

/// The larger of two numbers; unlike `f64::max`, NaN if either is.
fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || a > b { a } else { b }
}
