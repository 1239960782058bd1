//! The core of the `dispatcher` library: lazy, typed graphs of operations, and the executors that run them.
//!
//! Use the facade crate `dispatcher`, which adds the macros; they make their graphs with what is here, and so can you.
//!
//! From the ground up, each floor knowing only those below it:
//!
//! | floor | modules |
//! |---|---|
//! | source places, failures, policies | `site`, `error`, `policy`, `cancel` |
//! | nodes in memory, how they run (all `unsafe` code) | `raw` |
//! | node kinds | `node`, `op`, `options`, `collect`; `lower` for the macros |
//! | the graph as data | `graph` |
//! | log lines | `log` |
//! | executors | `executor` |

mod cancel;
mod collect;
mod error;
mod executor;
mod graph;
mod log;
#[doc(hidden)]
pub mod lower;
mod node;
mod op;
mod options;
mod policy;
mod raw;
#[cfg(feature = "remote")]
pub mod remote;
mod site;

pub use cancel::CancelToken;
pub use collect::{Argument, CollectNode, Collection, Lazy, LazyClone};
pub use error::{ChainLink, DependencyError, ErrorKind, Panic};
pub use executor::{AsyncExecutor, Executor, Inputs, ParallelExecutor, Prepared, SerialExecutor, Task, Work};
pub use graph::{AnyNode, DispatchGraph, Edge, GraphError, NodeInfo, NodeKind};
#[doc(hidden)]
pub use node::Computed;
pub use node::Node;
pub use op::{CleanupNode, DataNode, IndexNode, Op};
pub use options::Options;
pub use policy::{Backoff, Settings};
pub use raw::{Cloned, Copied, EdgeKind, Held, Input, Kept, Lend, Outcome, Repeatable, Scope};
pub use site::{Location, Site};

#[cfg(loom)]
#[doc(hidden)]
pub use raw::sync;
