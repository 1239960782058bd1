//! A worker: runs operations that the scheduler hands out.
