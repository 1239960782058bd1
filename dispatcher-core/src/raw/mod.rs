//! The ground floor: nodes in memory, and how they run. All `unsafe` code of the library is here.
//!
//! What is unsafe is bounded by three promises, each kept in one place:
//!
//! - *A node lives while somebody refers to it*: handles and edges count (`handle.rs`).
//! - *A value's type is known where it is used*: inputs make their edges and meet them in one order (`input.rs`).
//! - *A value has one user at a time, or many readers*: tokens and countdowns say who runs when (`run.rs`).
//!
//! Above this floor all is safe code. The protocols that threads share are types of their own (`sync.rs`), which
//! `tests/loom.rs` model-checks; the whole suite runs under AddressSanitizer and valgrind in `.ci/run`.
#![allow(unsafe_code)]

/// Calls a macro for the tuples of none to twelve parts: each part's type parameter and its index.
macro_rules! each_tuple {
    ($callback:ident) => {
        $callback!();
        $callback!(A 0);
        $callback!(A 0, B 1);
        $callback!(A 0, B 1, C 2);
        $callback!(A 0, B 1, C 2, D 3);
        $callback!(A 0, B 1, C 2, D 3, E 4);
        $callback!(A 0, B 1, C 2, D 3, E 4, F 5);
        $callback!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
        $callback!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
        $callback!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
        $callback!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
        $callback!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
        $callback!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
    };
}

/// Tells a [`Describe`] what only executors ask that run operations elsewhere.
macro_rules! told {
    ($out:ident.value($value:expr)) => {
        #[cfg(feature = "remote")]
        $out.value($crate::raw::Plain::of($value));
    };
    ($out:ident.open($whole:ty, Layout::$layout:ident $(($of:expr))?)) => {
        #[cfg(feature = "remote")]
        $out.open($crate::raw::Group::of::<$whole>($crate::raw::Layout::$layout $(($of))?));
    };
    ($out:ident.close()) => {
        #[cfg(feature = "remote")]
        $out.close();
    };
}
pub(crate) use told;

mod about;
mod after;
mod again;
mod arena;
mod assembly;
mod body;
mod claim;
mod claim_few;
mod data;
mod edge;
#[cfg(feature = "remote")]
mod elsewhere;
mod future;
mod handle;
mod header;
mod help;
mod input;
mod observe;
#[cfg(feature = "remote")]
mod plain;
mod port;
mod prefetch;
mod prepared;
mod queues;
mod run;
mod settle;
mod step;
#[doc(hidden)]
pub mod sync;
#[cfg(feature = "remote")]
mod telling;
mod trial;
mod typed_run;
mod wake;

pub use after::After;
pub use again::{HadAgain, LentAgain, Repeatable};
pub use assembly::Assembly;
pub use body::{Outcome, Scope};
pub use data::{ByDebug, ByDebugAgain, ByText, ByTextAgain, ShowData};
pub use edge::EdgeKind;
#[cfg(feature = "remote")]
pub(crate) use elsewhere::{Deferred, Seen, Use, Version};
pub use header::Describe;
pub use input::{Cloned, Copied, CopiedBy, Held, Input, Inputs, Kept, Lend, Lending, Sealed};
#[cfg(feature = "remote")]
pub use plain::{Group, Layout, Plain, Told};
#[cfg(feature = "remote")]
pub use telling::Telling;
#[cfg(feature = "remote")]
pub(crate) use telling::Tells;

pub(crate) use again::lent_as_before;
pub(crate) use assembly::{annotate, set_options};
pub(crate) use body::{Given, Kind, again_node, never, op_node, repeatable_node};
pub(crate) use claim::Busy;
pub(crate) use data::{NotGiven, data_node, give, made_node};
pub(crate) use handle::{Described, Handle};
pub(crate) use header::{FREE, Header};
pub(crate) use help::{Door, Help, with_help};
pub(crate) use input::{Element, IfThere, as_before};
pub(crate) use observe::{Event, Observer, Why};
pub(crate) use prepared::{Plan, Unprepared};
pub(crate) use queues::{Lot, Memory, OFFERS, Offers, Parcel, Queues};
pub(crate) use run::{Gathered, Halt, Ready, Run, Sink};
pub(crate) use settle::root_cause;
pub(crate) use step::Forwarded;
pub(crate) use typed_run::TypedRun;
