//! The time as dask tells it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds of the Unix epoch.
pub(crate) fn unix_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
