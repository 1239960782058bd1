#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[doc(inline)]
pub use dispatcher_core::{
    AnyNode, AsyncExecutor, Backoff, CancelToken, ChainLink, CleanupNode, Cloned, CollectNode, Copied, DataNode,
    DependencyError, DispatchGraph, Edge, EdgeKind, ErrorKind, Executor, GraphError, IndexNode, Inputs, Location, Node,
    NodeInfo, NodeKind, Op, Options, Panic, ParallelExecutor, Prepared, SerialExecutor, Settings, Task, Work,
};

/// Turns a function into one that builds a graph of its calls.
///
/// The function stays ordinary Rust: with `use dispatcher::serial::prelude::*` in place of
/// `use dispatcher::prelude::*` the same text computes the same value, one call after the other. With the attribute it
/// gives a [`Node`] of that value, and nothing has run yet.
///
/// `fn f(a: &[T], n: usize) -> R` becomes `fn f<'g>(a: &'g [T], n: usize) -> Node<'g, R>`. Values that operations take
/// and give must be `Send`, and `Sync` where they are lent.
///
/// # What becomes an operation
///
/// | in the body | what happens |
/// |---|---|
/// | a free function, `f(a)`, `stats::mean(&x)` | always an operation |
/// | an associated function, `f64::max(a, b)`, `Model::fit(&d)` | an operation where an argument is lazy, by its type; else it runs now |
/// | methods, operators, comparisons, indices and fields of a lazy local, or right on such a call | one operation for the chain |
/// | any other method, constructors, tuples, arrays, `vec![…]`, closures, macros | runs now; calls inside closures and `vec![…]` are lifted like any other |
/// | `let (a, b) = f(x);` | one operation, two [`IndexNode`]s |
/// | `g(x)`, where `g` is a `#[dispatch]` function | a subgraph: `g` runs when its arguments are there, and its graph is run in its place |
/// | a call whose value nobody uses: the text doesn't, or it was thrown away (`v.truncate(1)`), or a branch leaves it | an effect: the function's result waits for it |
/// | `f(x)?`, on a `Result` or an `Option` | the value goes on; a failure ends the function, as in plain Rust |
/// | `f(x).await`, in an `async fn` | one operation, which waits for the future when the graph runs |
/// | `if`, `while`, `match`, `for` over plain values | ordinary Rust while the graph is built |
/// | the same over a lazy value | a compile error; a `#[dispatch]` function of its own can do it |
/// | `unsafe { f(x) }`: a block with one call of values | one operation, with the block in it |
/// | `#[eager] let n = f(a);`, `eager!(…)` | called now, as written |
///
/// [Every form of Rust](crate::constructs) says the same of each statement, expression and pattern, with its test.
///
/// # How an argument is used
///
/// `f(x)` moves the value, `f(&x)` lends it, `f(&mut x)` updates it in place; an update or a move waits for every earlier
/// reader. `f(x)` again later copies, for a `Copy` type; `f(x.clone())` clones when it runs. A collection of lazy values
/// is collected. A plain value is captured; of a plain local that is lent (`f(&local)`) the graph takes a copy; what is
/// borrowed through a parameter of reference type stays a borrow.
///
/// # What is refused
///
/// What can't be lowered so that it means what it means without the attribute is a compile error at your own tokens that
/// says what to write: control flow over a lazy value, printing one, `&mut` of a plain local, a method of a plain receiver
/// with a lazy argument, a lazy value in a plain field, and so on. An operation's result can't borrow from what it is lent
/// (`fn first(xs: &[f64]) -> &f64` on a lazy `xs`); rustc says so, as a lifetime error.
///
/// # Options of an operation
///
/// Attributes on a `let` or another statement set options of the operation that its call becomes. They compose, and the serial
/// twin strips them.
///
/// | written | what it does |
/// |---|---|
/// | `#[label("first pass")]` | the operation's name in outlines, errors and log lines; any expression that gives text |
/// | `#[retry(3)]` | calls the function up to three times more if it panics, takes too long, or gives an `Err`; what the last attempt gives is the result. What is moved in or updated must be `Clone` |
/// | `#[retry(3, when = |error: &E| …)]` | only for an `Err` of which the predicate says yes |
/// | `#[retry(3, backoff = Backoff::none())]` | how long is waited in between: a [`Backoff`] |
/// | `#[timeout("5s")]` | each attempt may take so long (`"250ms"`, `"1m 30s"`, or a `Duration`). A future is dropped then; a function that comes back too late has failed; where a whole graph takes too long, the run is stopped |
/// | `#[priority(1)]` | of the operations that are ready, [`ParallelExecutor`] and [`AsyncExecutor`] start the one with the highest first; 0 if nothing is said. It is the operation's own, not that of a graph which it gives |
///
/// A `#[dispatch]` function that is called with `#[retry]` is built and run again where it gives an `Err`; a panic inside it is
/// the inner operation's, so put `#[retry]` there.
///
/// # Errors that end the function: `?`
///
/// The function gives a [`Node`] of its `Result` or `Option`, so that `run` gives `Ok(Err(e))`: the error stays a typed value.
/// Where several operations fail, the one that comes first in the text wins. Effects after a failing `?` don't run: calls whose
/// value nobody uses, and updates of what a `&mut` parameter borrows. Other operations after a `?` are computed ahead, and
/// their values are dropped where it fails; one that panics counts as a failure of its place in the text. (But for a panic
/// inside a `#[dispatch]` function that is called ahead, which fails the run at once.)
///
/// # Waiting: `.await`
///
/// A `#[dispatch] async fn` gives a [`Node`], too, and no future. Futures are polled by whoever runs the graph, so one that
/// needs a runtime (a timer, a socket) must find it there.
///
/// # What is outside the promise
///
/// - State that operations share behind your back: a lock or an atomic, files, the environment, what is printed, the clock,
///   thread-locals. Operations that nothing else orders may run in any order and on any thread, and what the function does
///   with such state itself, it does while the graph is built. Effects that are tied by `&mut` or by data keep their order.
/// - When a value is dropped: a computed one goes after its last use, and not at the end of its block. A guard that is to
///   last for some calls goes into a function with them.
/// - Graphs that are made where the macro can't see it: a plain function, a macro of your own, or a generic function that is
///   handed a `#[dispatch]` function by its name, calls that and ignores the node that it gives. Nobody runs them.
/// - Macros of your own that are named `op!`, `graph!` or `eager!`: inside the function they are taken for the library's.
/// - How deep the stack grows.
///
/// # Examples
/// ```
/// use dispatcher::prelude::*;
///
/// fn load(n: u64) -> Vec<u64> {
///     (0..n).collect()
/// }
/// fn total(xs: &[u64]) -> u64 {
///     xs.iter().sum()
/// }
///
/// #[dispatch]
/// fn all(sizes: &[u64]) -> Vec<u64> {
///     sizes.iter().map(|&n| total(&load(n))).collect()
/// }
///
/// assert_eq!(ParallelExecutor::new().run(all(&[3, 4]))?, [3, 6]);
/// # Ok::<(), DependencyError>(())
/// ```
pub use dispatcher_macros::dispatch;

/// Calls now what stands in it, in a `#[dispatch]` function.
///
/// # Examples
/// ```
/// use dispatcher::prelude::*;
///
/// fn parts() -> usize {
///     3
/// }
/// fn part(of: usize, index: usize) -> usize {
///     of * 10 + index
/// }
///
/// #[dispatch]
/// fn all() -> Vec<usize> {
///     let count = eager!(parts());
///     (0..count).map(|index| part(count, index)).collect()
/// }
///
/// assert_eq!(SerialExecutor::new().run(all())?, [30, 31, 32]);
/// # Ok::<(), DependencyError>(())
/// ```
pub use dispatcher_macros::eager;

/// Builds a graph where it stands: the block form of [`macro@dispatch`].
///
/// # Examples
/// ```
/// use dispatcher::prelude::*;
///
/// fn add(a: i32, b: i32) -> i32 {
///     a + b
/// }
///
/// let node = graph! {
///     let three = add(1, 2);
///     add(three, 4)
/// };
/// assert_eq!(DispatchGraph::new(&node).outline(), "%0 = add(1, 2)\n%1 = add(%0, 4)\n");
/// assert_eq!(SerialExecutor::new().run(node)?, 7);
/// # Ok::<(), DependencyError>(())
/// ```
pub use dispatcher_macros::graph;

/// Makes one operation of one call.
///
/// # Examples
/// ```
/// use dispatcher::prelude::*;
///
/// fn double(n: i32) -> i32 {
///     2 * n
/// }
///
/// let four = op!(double(2));
/// let eight = op!(double(four));
/// assert_eq!(SerialExecutor::new().run(eight)?, 8);
/// # Ok::<(), DependencyError>(())
/// ```
///
/// What can't be called is refused by rustc:
///
/// ```compile_fail,E0618
/// let three = 3;
/// let node = dispatcher::op!(three());
/// ```
pub use dispatcher_macros::op;

/// Declares a function as one that another process can be asked to call, by an executor that runs operations there.
///
/// The function stays as it is, and is called as before. Each process that is asked must be of the same program, or at least have
/// the same function in a crate and module of the same names.
///
/// | parameter | what is sent |
/// |---|---|
/// | `T` | the value |
/// | `&T`, `&[T]`, `&str`, `&Path` | the value, which is lent to the function there |
/// | `&mut T` | the value; what the function makes of it is sent on as its new version |
///
/// What is sent, and what comes back, must be [`serde`](https://serde.rs)'s `Serialize` and `Deserialize`, and own what it holds. Of
/// a `Result`, the error need be neither: it is sent as its text then, and an `Err` is a failure of the operation, and no value.
///
/// An argument that is put together in the call (`f((a, 1))`, `f(Box::new(n))`) isn't sent: give it a `let` of its own.
///
/// # Examples
/// ```
/// use dispatcher::prelude::*;
/// use dispatcher::remote::Operation;
///
/// #[remote]
/// fn scale(xs: &mut Vec<f64>, by: f64) {
///     xs.iter_mut().for_each(|x| *x *= by);
/// }
///
/// let name = Operation::names().into_iter().find(|name| name.ends_with("::scale")).unwrap();
/// assert_eq!(Operation::by_name(name).unwrap().arity(), 2);
/// ```
#[cfg(feature = "remote")]
pub use dispatcher_macros::remote;

#[cfg(feature = "remote")]
pub use dispatcher_core::remote;

/// What programs that build graphs import.
pub mod prelude {
    #[cfg(feature = "remote")]
    pub use crate::remote;
    #[cfg(feature = "remote")]
    pub use crate::remote::RemoteExecutor;
    pub use crate::{
        AsyncExecutor, DependencyError, DispatchGraph, Executor, Node, ParallelExecutor, SerialExecutor, dispatch,
        eager, graph, op,
    };
}

/// Twins of the macros that change nothing: the same source computes the same values, one call after the other.
pub mod serial {
    /// What programs import in place of [`dispatcher::prelude`](crate::prelude) to run serially.
    pub mod prelude {
        #[cfg(feature = "remote")]
        pub use dispatcher_macros::remote;
        pub use dispatcher_macros::{
            serial_dispatch as dispatch, serial_eager as eager, serial_graph as graph, serial_op as op,
        };
    }
}

#[cfg(doc)]
#[doc = include_str!("../docs/constructs.md")]
pub mod constructs {}

/// What the macros' expansions name. Not part of the library's interface.
#[doc(hidden)]
pub mod __private {
    pub use dispatcher_core::lower::{LendTo as Lend, *};
    #[cfg(feature = "remote")]
    pub use dispatcher_core::remote;
    pub use dispatcher_core::{Node, Site};
}
