//! What can be known of a body from its text alone.
//!
//! Pure: it reads the model and answers. `shape` says which expressions are lazy, `live` which
//! mentions of a local are its last.

pub(crate) mod live;
pub(crate) mod shape;

#[cfg(test)]
mod tests;
