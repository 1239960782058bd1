//! Graphs on a real scheduler, with workers that are processes of their own.

mod ops;
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;
mod values;
mod workers;
