//! Telling arguments apart: one wrapper for each way in which an argument is written.
//!
//! A wrapper's inherent methods are for nodes and collections of nodes; trait methods of the same name are for everything else, and
//! rustc finds them by its own order: by value, by reference, by unique reference, through `Deref`.

mod again;
mod kept;
mod lent;
mod update;
mod value;

pub use again::*;
pub use kept::*;
pub use lent::*;
pub use update::*;
pub use value::*;
