//! Random programs: writes well-typed programs in the language that `#[dispatch]` takes, compiles them both ways in one go,
//! and compares the values that they give, under every executor, on several inputs.
//!
//! ```text
//! cargo test --test generator                              # what CI runs: a fixed seed
//! GENERATOR_SEED=7 GENERATOR_PROGRAMS=1000 cargo test --test generator
//! ```
//!
//! | variable | default | |
//! |---|---|---|
//! | `GENERATOR_SEED` | 1 | the seed of the first program; the next has the next seed |
//! | `GENERATOR_PROGRAMS` | 200 | how many programs |
//! | `GENERATOR_FALLIBLE` | on | `0`: no program returns a `Result` or uses `?` |
//!
//! Programs are called by their seeds, so `GENERATOR_SEED=142 GENERATOR_PROGRAMS=1` is program `p142` alone. They are left in
//! `target/generator/src`.

mod model;
mod runner;
mod writer;

use writer::Options;

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(value) => value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}")),
        Err(_) => default,
    }
}

#[test]
fn random_programs_give_the_same_values_both_ways() {
    let first = setting("GENERATOR_SEED", 1);
    let count = setting("GENERATOR_PROGRAMS", 200);
    let options = Options { fallible: setting("GENERATOR_FALLIBLE", 1) != 0 };
    let programs: Vec<_> =
        (first..first + count).map(|seed| (format!("p{seed}"), writer::program(seed, options))).collect();
    if let Err(said) = runner::run(&programs) {
        panic!("{said}");
    }
}

#[test]
fn a_seed_gives_one_program() {
    let options = Options { fallible: false };
    assert_eq!(writer::program(5, options), writer::program(5, options));
    assert_ne!(writer::program(5, options), writer::program(6, options));
}
