//! How much is asked for: everything, or a quick look.

use std::env;

/// Whether to use small sizes and few rounds: run as a test, or told to by the word `quick` in the environment variable `name`.
pub(crate) fn quick(name: &str) -> bool {
    let given = |flag| env::args().any(|given| given == flag);
    !given("--bench") || given("--test") || word(name, "quick")
}

/// Whether the environment variable `name` has a word, among others with commas between.
pub(crate) fn word(name: &str, word: &str) -> bool {
    env::var(name).unwrap_or_default().split(',').any(|asked| asked.trim() == word)
}

/// Whether only the names of benchmarks are asked for, as `cargo test -- --list` does; there are none.
pub(crate) fn list() -> bool {
    env::args().any(|given| given == "--list")
}
