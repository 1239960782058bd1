//! Graphs on a real scheduler, with workers that are processes of their own.

mod chaos;
mod cut;
mod faults;
mod ops;
mod property;
mod python;
mod random;
mod refused;
mod results;
mod review;
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod values;
mod within;
mod workers;
