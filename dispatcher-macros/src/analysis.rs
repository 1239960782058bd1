//! What can be known of a body from its text alone.
//!
//! Pure: it reads the model and answers. `shape` says which expressions are lazy, `live` which
//! mentions of a local are its last, `reach` which plain values would be gone before an operation runs,
//! `infer` whose type is known only by what takes them. `names` is what all of them know of names.

pub(crate) mod infer;
pub(crate) mod live;
pub(crate) mod names;
pub(crate) mod reach;
pub(crate) mod shape;

#[cfg(test)]
mod tests;
