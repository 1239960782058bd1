//! The factorisation's source once more, without the library: its serial elision.

use dispatcher::serial::prelude;

#[path = "factor.rs"]
mod factor;

pub(crate) use factor::factor;
