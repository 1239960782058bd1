//! The example `cholesky`: its factor against the serial one and the library's, and the program.
//!
//! The program is the one that `cargo test` builds beside the tests. `cargo test --test cholesky` alone
//! doesn't build it: run `cargo build --example cholesky` before.

#[expect(clippy::duplicate_mod, reason = "compiled with the library here, and without it in `serial`")]
#[path = "../examples/cholesky/factor.rs"]
mod factor;
#[path = "../examples/cholesky/kernels.rs"]
mod kernels;
#[path = "../examples/cholesky/matrix.rs"]
mod matrix;
#[path = "../examples/cholesky/serial.rs"]
mod serial;

use std::env;
use std::process::Command;

use dispatcher::prelude::{self, *};

use crate::factor::factor;
use crate::matrix::{Matrix, residual};

/// Sizes of a matrix and of its tiles: whole tiles, a rest, one tile, one element.
const SIZES: [(usize, usize); 6] = [(96, 24), (100, 32), (75, 7), (40, 40), (33, 64), (1, 8)];

#[test]
fn factor_is_the_serial_one_bit_for_bit() {
    for (size, side) in SIZES {
        let a = Matrix::random(size, size as u64);
        let expected = serial::factor(&a, side);
        assert_eq!(SerialExecutor::new().run(factor(&a, side)).unwrap(), expected, "{size}, serially");
        for threads in [1, 2, 5] {
            let factor = ParallelExecutor::with_threads(threads).run(factor(&a, side)).unwrap();
            assert_eq!(factor, expected, "{size}, {threads} threads");
        }
    }
}

#[test]
fn factor_is_the_librarys() {
    for (size, side) in SIZES {
        let a = Matrix::random(size, size as u64);
        let library = a.factor_by_library().unwrap();
        let factor = ParallelExecutor::with_threads(2).run(factor(&a, side)).unwrap();
        let residual = residual(&factor, &library);
        assert!(residual < 1e-13, "{size} in tiles of {side}: {residual}");
    }
}

#[test]
fn graph_has_an_operation_for_each_kernel() {
    let a = Matrix::random(6, 1);
    let outline = DispatchGraph::new(&factor(&a, 2)).outline();
    let calls = outline.lines().filter_map(|line| line.split_once(" = ")?.1.split_once('('));
    let kernels: Vec<&str> = calls.map(|(kernel, _)| kernel).skip_while(|&kernel| kernel == "cut").collect();
    let expected = ["potrf", "trsm", "trsm", "syrk", "gemm", "syrk", "potrf", "trsm", "syrk", "potrf"];
    assert_eq!(kernels, expected, "{outline}");
}

#[test]
fn program_compares_the_factors() {
    // The test is target/debug/deps/cholesky-….
    let test = env::current_exe().unwrap();
    let program =
        test.ancestors().nth(2).unwrap().join("examples").join("cholesky").with_extension(env::consts::EXE_EXTENSION);
    if !program.exists() {
        let built = Command::new(env!("CARGO")).args(["build", "--example", "cholesky"]).status();
        assert!(built.is_ok_and(|status| status.success()), "`cargo build --example cholesky` failed");
    }
    let arguments = ["--size", "200", "--tile", "48", "--threads", "2", "--rounds", "1"];
    let output = Command::new(program).args(arguments).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let names: Vec<&str> = printed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["size", "threads", "serial", "parallel", "speed-up", "residual"]);
}
