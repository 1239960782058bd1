//! What the macros' expansions are written in. Not for use by hand: [`Op`](crate::Op) and its like are.
//!
//! A macro sees no types, so it can't tell a lazy value from a plain one. It wraps each argument ([`Lift`], [`LendTo`], …)
//! and calls a method on the wrapper: the inherent methods, for nodes and collections of nodes, win over the trait
//! methods, which are for everything else. So rustc's method resolution tells them apart, and a type's `Debug`, where it
//! has one, is found in the same way, for outlines.
//!
//! | file | what it lowers |
//! |---|---|
//! | `captured` | plain values that operations take, copy or would update |
//! | `argument` | arguments, told apart |
//! | `operation` | operations, and calls that may be made now |
//! | `hidden` | methods on nodes that only their type shows |
//! | `loan` | results that borrow from what only the operation has |
//! | `question` | `?`, and what it means for the operations after it |
//! | `threads` | what may go to another thread |
//! | `remote` | which function an operation calls, for executors that run it in another process |
//! | `result` | what functions give; effects; parts of tuples |

mod argument;
mod captured;
mod hidden;
mod loan;
mod operation;
mod question;
#[cfg(feature = "remote")]
mod remote;
mod result;
mod threads;

pub use crate::options::Options;
pub use argument::*;
pub use captured::*;
pub use hidden::*;
pub use loan::*;
pub use operation::*;
pub use question::*;
#[cfg(feature = "remote")]
pub use remote::*;
pub use result::*;
pub use threads::*;

/// The traits whose methods expansions call.
pub mod methods {
    pub use super::argument::{
        AgainHere as _, AgainPlain as _, AgainShown as _, CloneOfNode as _, CloneOfPlain as _, InsidePlain as _,
        KeepHere as _, KeepPlain as _, KnownPlain as _, LendHere as _, LendPlain as _, LendShown as _, LendSlice as _,
        LendUncloned as _, LendUnshared as _, LiftAgain as _, LiftCloned as _, LiftHere as _, LiftPlain as _,
        LiftShown as _, NamelessHere as _, NamelessPlain as _, NamelessShown as _, PartPlain as _, PieceAgain as _,
        PieceCloned as _, PieceHere as _, PiecePlain as _, PieceShown as _, RootLocal as _, ShownPlain as _,
        UpdatePlain as _,
    };
    pub use super::hidden::{HiddenNode as _, ThereIs as _};
    pub use super::loan::GiveOf as _;
    pub use super::operation::{GiveFuture as _, GivePlain as _, GiveUnused as _, VerdictPlain as _};
    pub use super::question::{AskPlain as _, AskingHere as _};
    #[cfg(feature = "remote")]
    pub use super::remote::GivingPlain as _;
    pub use super::result::{
        DataAgain as _, DataPlain as _, DiscardPlain as _, NotePlain as _, TailPlain as _, TailShown as _,
    };
}
