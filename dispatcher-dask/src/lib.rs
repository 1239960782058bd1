//! Runs dispatcher's graphs on a real dask.distributed cluster: an unmodified scheduler, with workers in Rust.
//!
//! Functions that are marked `#[remote]` (the cargo feature `remote` of `dispatcher`) can be called in other processes. A program hands
//! its graphs to a [`DaskExecutor`]; a worker is a program of the same functions that calls [`worker::serve`]. docs/dask.md, in the
//! repository, leads from nothing to two workers, and says what travels, what happens when something fails, and whom you trust.
//!
//! The protocol is dask's own, and promises nothing: schedulers from 2025.4.0 on are spoken to, and older ones refused.

#![forbid(unsafe_code)]

mod client;
mod executor;
mod net;
mod operations;
mod task;
mod wire;
pub mod worker;

pub use client::{ClientError, Key};
pub use executor::{ClientErrorText, DaskError, DaskExecutor, DaskOptions};
pub use net::{Address, NetError, Security};
pub use wire::WireError;
