//! The ground floor: nodes in memory, and how they run. All `unsafe` code of the library is here.
//!
//! What is unsafe is bounded by three promises, each kept in one place:
//!
//! - *A node lives while somebody refers to it*: handles and edges count (`header.rs`).
//! - *A value's type is known where it is used*: inputs make their edges and meet them in one order (`input.rs`).
//! - *A value has one user at a time, or many readers*: tokens and countdowns say who runs when (`run.rs`).
//!
//! Above this floor all is safe code. The protocols that threads share are types of their own (`sync.rs`), which
//! `tests/loom.rs` model-checks; the whole suite runs under AddressSanitizer and valgrind in `.ci/run`.
#![allow(unsafe_code)]

mod again;
mod arena;
mod assembly;
mod body;
mod claim;
mod header;
mod input;
mod observe;
mod port;
mod run;
mod settle;
#[doc(hidden)]
pub mod sync;
mod trial;
mod wake;

pub use again::{HadAgain, LentAgain, Repeatable};
pub use body::{ByDebug, ByDebugAgain, ByText, ByTextAgain, Outcome, Scope, ShowData};
pub use input::{After, Cloned, Copied, CopiedBy, Held, Input, Inputs, Kept, Lend, Lending, Sealed};
pub use port::EdgeKind;

pub(crate) use again::lent_as_before;
pub use assembly::Assembly;
pub(crate) use body::{
    Given, NotGiven, absent_again_node, absent_node, again_node, catching_node, data_node, give, op_node, passing_node,
};
pub use header::Describe;
pub(crate) use input::{Element, IfThere, as_before};

pub(crate) use assembly::{annotate, set_options};
pub(crate) use claim::Busy;
pub(crate) use header::{Described, Handle, Header};
pub(crate) use observe::{Event, Observer, Why};
pub(crate) use run::{Forwarded, Halt, Ready, Run, Sink, TypedRun};
pub(crate) use settle::root_cause;
