//! The factorisation with OpenMP's `task depend`: `openmp.c`, compiled by gcc when the benchmark starts, and loaded.
//!
//! Only the loops are C. They call the same Rust kernels as everybody else, through pointers, on tiles that they know by
//! address alone.

#![expect(unsafe_code, reason = "calls C, which calls back with plain pointers")]

use std::ffi::c_int;
use std::path::Path;
use std::process::Command;

use libloading::Library;

use crate::kernels;
use crate::matrix::{Matrix, Tile};

/// The library that gcc made.
pub(crate) struct OpenMp {
    library: Library,
}

/// `struct kernels` of `openmp.c`.
#[repr(C)]
struct Kernels {
    cut: unsafe extern "C" fn(*const Matrix, usize, usize, usize, *mut Option<Tile>),
    potrf: unsafe extern "C" fn(*mut Option<Tile>),
    trsm: unsafe extern "C" fn(*const Option<Tile>, *mut Option<Tile>),
    syrk: unsafe extern "C" fn(*const Option<Tile>, *mut Option<Tile>),
    gemm: unsafe extern "C" fn(*const Option<Tile>, *const Option<Tile>, *mut Option<Tile>),
}

/// `factor` of `openmp.c`.
type Factor = unsafe extern "C" fn(*const Kernels, *const Matrix, usize, *const *mut Option<Tile>, usize, c_int);

const KERNELS: Kernels = Kernels { cut, potrf, trsm, syrk, gemm };

impl OpenMp {
    /// Compiles and loads `openmp.c`.
    ///
    /// # Errors
    ///
    /// Says why that can't be done.
    pub(crate) fn build() -> Result<Self, String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("cholesky/openmp.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cholesky-openmp.so");
        let built = Command::new("gcc")
            .args(["-std=c11", "-O2", "-Wall", "-fopenmp", "-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .status();
        match built {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(format!("gcc failed ({status})")),
            Err(error) => return Err(format!("gcc: {error}")),
        }
        // SAFETY: What is loaded is what gcc made of `openmp.c`; neither it nor libgomp does anything when it is loaded
        // that needs care.
        let library = unsafe { Library::new(library) }.map_err(|error| error.to_string())?;
        Ok(Self { library })
    }

    /// Factors `a` on as many threads.
    pub(crate) fn factor(&self, a: &Matrix, side: usize, threads: usize) -> Vec<Vec<Tile>> {
        let across = a.size().div_ceil(side);
        let mut tiles: Vec<Option<Tile>> = (0..across * across).map(|_| None).collect();
        let pointers: Vec<*mut Option<Tile>> = tiles.iter_mut().map(std::ptr::from_mut).collect();
        // SAFETY: `factor` has this type. All pointers live until it comes back, when its tasks have ended; it passes them to
        // the kernels so that no tile is changed while another kernel has it, which is what its `depend` clauses say.
        unsafe {
            let factor = self.library.get::<Factor>("factor").expect("openmp.c has this function");
            factor(&KERNELS, a, side, pointers.as_ptr(), across, threads as c_int);
        }
        let mut tiles = tiles.into_iter();
        let mut columns: Vec<Vec<Tile>> = (0..across).map(|j| Vec::with_capacity(across - j)).collect();
        for _ in 0..across {
            for column in &mut columns {
                column.extend(tiles.next().flatten());
            }
        }
        columns
    }
}

// SAFETY, of each: the pointers are the ones that `OpenMp::factor` gave, and nobody changes what they lead to meanwhile.

unsafe extern "C" fn cut(a: *const Matrix, side: usize, i: usize, j: usize, tile: *mut Option<Tile>) {
    // SAFETY: see above.
    unsafe { *tile = Some(kernels::cut(&*a, side, i, j)) }
}

unsafe extern "C" fn potrf(a: *mut Option<Tile>) {
    // SAFETY: see above.
    kernels::potrf(unsafe { tile_mut(a) });
}

unsafe extern "C" fn trsm(diagonal: *const Option<Tile>, a: *mut Option<Tile>) {
    // SAFETY: see above.
    unsafe { kernels::trsm(tile(diagonal), tile_mut(a)) }
}

unsafe extern "C" fn syrk(row: *const Option<Tile>, a: *mut Option<Tile>) {
    // SAFETY: see above.
    unsafe { kernels::syrk(tile(row), tile_mut(a)) }
}

unsafe extern "C" fn gemm(left: *const Option<Tile>, right: *const Option<Tile>, a: *mut Option<Tile>) {
    // SAFETY: see above.
    unsafe { kernels::gemm(tile(left), tile(right), tile_mut(a)) }
}

/// # Safety
///
/// `at` leads to a tile that nobody changes.
unsafe fn tile<'a>(at: *const Option<Tile>) -> &'a Tile {
    // SAFETY: the caller's.
    unsafe { &*at }.as_ref().expect("a tile is cut before it is used")
}

/// # Safety
///
/// `at` leads to a tile that nobody else has.
unsafe fn tile_mut<'a>(at: *mut Option<Tile>) -> &'a mut Tile {
    // SAFETY: the caller's.
    unsafe { &mut *at }.as_mut().expect("a tile is cut before it is used")
}
