//! Graphs on a real scheduler, with workers that are processes of their own.

mod faults;
mod ops;
mod results;
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;
mod values;
mod within;
mod workers;
