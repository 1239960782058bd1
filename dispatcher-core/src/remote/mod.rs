//! For executors that run operations in other processes.
//!
//! A function that is marked `#[remote]` is an [`Operation`]: another process of the same program can call it by its name. A
//! [`RemoteExecutor`] is given the operations of a run as [`Task`]s, in an order in which each comes after all that it needs. Of each
//! it can [ask](Task::call) what is called, and with what: bytes, and values of earlier operations, each of which has a
//! [`Version`]. It can [defer](Work::defer) the task, as one that runs elsewhere, and so learns what comes after it without waiting;
//! or run it here, once the values that it needs are [here](Task::missing). How bytes get to other processes is its own affair.
//!
//! | file | what it is |
//! |---|---|
//! | `param`, `reply` | what functions take and give, and how that becomes bytes |
//! | `operation` | functions by name |
//! | `describe` | what a task is, and what it would be called with |
//! | `executor` | the trait, the tasks, and the run |

mod describe;
mod executor;
mod operation;
mod param;
mod reply;

pub use describe::{Argument, Call, NoCall, Piece, Role, Version};
pub use executor::{Deferred, RemoteExecutor, Supplied, Task, Work};
pub use operation::{CallError, Operation};
pub use param::{Callable, Lends, Own, Param, Read, Travels, Update};
pub use reply::{Asks, Parts, Reply, ResultOf, Whole};

#[doc(hidden)]
pub use inventory;
#[doc(hidden)]
pub use operation::Declared;
#[doc(hidden)]
pub use param::can_be;

/// The traits whose methods expansions call.
#[doc(hidden)]
pub mod methods {
    pub use super::reply::{
        ReplyDebug as _, ReplyOption as _, ReplyPlain as _, ReplyShown as _, ReplyTyped as _, ReplyTypedDebug as _,
    };
}
