//! The client of a scheduler.
