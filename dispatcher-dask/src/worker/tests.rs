//! The worker against a real scheduler.

#[path = "../../tests/support/mod.rs"]
#[allow(dead_code, reason = "each file of tests uses its part of it")]
mod support;

mod client;
mod cluster;
mod faults;
mod runs;
mod soak;
mod transfers;
