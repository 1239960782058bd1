//! [`Node`], the typed handle on a value that is not computed yet.

use std::fmt;
use std::marker::PhantomData;

use crate::raw::Handle;

/// A value of type `T` that a graph will compute.
///
/// A node is what a `#[dispatch]` function gives, and what [`Op`](crate::Op), [`DataNode`](crate::DataNode),
/// [`IndexNode`](crate::IndexNode) and [`CollectNode`](crate::CollectNode) make. Nothing runs until an executor runs it.
///
/// `'g` is how long the data that the graph borrows lives. A node stands for its value as a variable does: it can be
/// moved into one operation, and lent to any number before that. Cloning a node makes an operation that clones the value,
/// and gives that one's node.
///
/// # Examples
/// ```
/// use dispatcher_core::{Op, SerialExecutor};
///
/// let three = Op::new("three", (), |()| 3);
/// let six = Op::new("double", (three,), |(n,)| n * 2);
/// assert_eq!(SerialExecutor::new().run(six)?, 6);
/// # Ok::<(), dispatcher_core::DependencyError>(())
/// ```
///
/// A node can't outlive what its graph borrows, not even to be dropped:
///
/// ```compile_fail,E0597
/// use dispatcher_core::Op;
///
/// let _node;
/// let text = String::from("short-lived");
/// let borrowed = &text;
/// _node = Op::new("len", (), move |()| borrowed.len());
/// ```
#[must_use = "a node does nothing until an executor runs it"]
pub struct Node<'g, T> {
    handle: Handle,
    of: PhantomData<Of<'g, T>>,
}

/// Owns closures and values that borrow for `'g`, and drops them. Invariant in `T`: a value can be written through a node
/// (`&mut x`) after it has been read through one.
type Of<'g, T> = (Box<dyn Send + Sync + 'g>, fn(T) -> T);

impl<T> Node<'_, T> {
    /// A node for a handle on a `T`.
    #[inline]
    pub(crate) fn from_handle(handle: Handle) -> Self {
        Self { handle, of: PhantomData }
    }

    #[inline]
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    #[inline]
    pub(crate) fn handle_mut(&mut self) -> &mut Handle {
        &mut self.handle
    }

    #[inline]
    pub(crate) fn into_handle(self) -> Handle {
        self.handle
    }
}

/// What is there to be printed. No node is; the implementations that ask for it are there for what rustc says without them.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this value is not computed until the graph runs, so it can't be printed here",
    label = "a lazy value",
    note = "call a function that takes it and does the printing, or run the graph first"
)]
pub trait Computed {}

impl<'g, T> fmt::Debug for Node<'g, T>
where
    Node<'g, T>: Computed,
{
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}
