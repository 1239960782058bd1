//! placeholder docs
pub use dispatcher_core::{
    ChainLink, Cloned, CollectNode, Copied, DataNode, DependencyError, DispatchGraph, Edge, EdgeKind, ErrorKind, IndexNode,
    Location, Node, NodeInfo, NodeKind, Op, Panic, ParallelExecutor, SerialExecutor,
};

#[doc(hidden)]
pub mod __private {
    pub use dispatcher_core::lower::*;
    pub use dispatcher_core::lower::LendTo as Lend;
    pub use dispatcher_core::{Node, Site};
}
