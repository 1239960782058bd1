//! Graphs of `#[dispatch]` functions that are prepared, and run again and again.
#![allow(unused, non_snake_case, reason = "programs of many kinds")]

mod forgotten;
mod questions;
mod stress;
