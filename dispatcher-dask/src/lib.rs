//! Runs dispatcher's graphs on a real dask.distributed cluster: an unmodified scheduler, with workers in Rust.

#![forbid(unsafe_code)]

mod client;
mod net;
mod wire;
pub mod worker;

pub use client::{ClientError, Key};
pub use net::{Address, NetError, Security};
pub use wire::WireError;
