//! Graphs on a real scheduler, with workers that are processes of their own.

mod ops;
mod review;
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;
mod values;
mod workers;
