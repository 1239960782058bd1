//! Operations that other processes can be asked to call, on an executor whose other process is this one: it makes each call from
//! bytes, at once, and brings values back only where they are needed. Which operations it sends away is random, so that values
//! cross in all ways.

mod elsewhere;
mod programs;
mod refusals;
mod review;
mod stopped;
