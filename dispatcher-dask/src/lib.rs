//! Runs dispatcher's graphs on a real dask.distributed cluster: an unmodified scheduler, with workers in Rust.

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
