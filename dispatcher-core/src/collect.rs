//! [`CollectNode`]: a collection of nodes as one node of the collection of their values.
//!
//! A [`Lazy`] type is a node or a collection of such, nested as deep as you like. It comes apart into edges, one for each
//! node, and a shape that stays in the collecting node; when that runs, shape and values make the collection.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::path::PathBuf;

use crate::node::Node;
use crate::raw::{
    self, Assembly, Describe, Element, Given, Held, Input, Inputs, Kept, Kind, Lend, Lending, Outcome, Sealed, told,
};
use crate::site::Site;

/// A node, or a collection of nodes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a node or a collection of nodes",
    note = "vectors, arrays, options, results, tuples, `VecDeque`s and maps of nodes are, nested too"
)]
pub trait Lazy<'g>: Sealed + Sized {
    /// What it is a collection of, computed: `Vec<T>` for `Vec<Node<T>>`.
    type Value: Send + 'g;
    /// What is left without the nodes.
    #[doc(hidden)]
    type Shape: Send + 'g;
    #[doc(hidden)]
    fn count(&self) -> usize;
    /// When the first node was built: gives unordered collections an order.
    #[doc(hidden)]
    fn first(&self) -> Option<u32>;
    #[doc(hidden)]
    fn detach(self, node: &mut Assembly) -> Self::Shape;
    #[doc(hidden)]
    fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value;
    /// The type of a plain part that isn't known to be `Clone`, if there is one.
    #[doc(hidden)]
    fn once(_: &Self::Shape) -> Option<&'static str> {
        None
    }
    /// As [`attach`](Self::attach), leaving the shape for another run. For collections without such a part.
    #[doc(hidden)]
    fn attach_in_each_run(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value;
    #[doc(hidden)]
    fn describe(shape: &Self::Shape, out: &mut dyn Describe);
}

/// A [`Lazy`] type whose values can be cloned out, leaving the nodes in place.
pub trait LazyClone<'g>: Lazy<'g> {
    #[doc(hidden)]
    fn detach_ref(&self, node: &mut Assembly) -> Self::Shape;
    #[doc(hidden)]
    fn attach_clone(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value;
    /// As [`attach_clone`](Self::attach_clone), where the shape isn't needed again: its plain parts are moved.
    #[doc(hidden)]
    fn attach_clone_once(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value;
}

/// A collection of nodes: a [`Lazy`] type that isn't a node itself.
pub trait Collection<'g>: Lazy<'g> {}

/// What the macros take for lazy where it is an argument: a node or a collection of nodes, or a reference to one.
pub trait Argument<'g>: Sized {
    /// The input that it becomes.
    #[doc(hidden)]
    type Lifted;
    #[doc(hidden)]
    fn lifted(self) -> Self::Lifted;
}

impl<'g, T> Argument<'g> for Node<'g, T> {
    type Lifted = Self;
    fn lifted(self) -> Self {
        self
    }
}

impl<'g, T> Argument<'g> for &Node<'g, T> {
    type Lifted = Self;
    fn lifted(self) -> Self {
        self
    }
}

impl<'g, T> Argument<'g> for &mut Node<'g, T> {
    type Lifted = Self;
    fn lifted(self) -> Self {
        self
    }
}

impl<'g, C: Collection<'g> + LazyClone<'g> + 'g> Argument<'g> for &C {
    type Lifted = Kept<Node<'g, C::Value>>;
    fn lifted(self) -> Self::Lifted {
        Kept(CollectNode::cloned(self))
    }
}

impl<'g, C: LazyClone<'g> + 'g> Argument<'g> for &[C] {
    type Lifted = Kept<Node<'g, Vec<C::Value>>>;
    fn lifted(self) -> Self::Lifted {
        Kept(CollectNode::cloned_slice(self))
    }
}

/// A node of a collection of values.
#[derive(Debug, Clone, Copy)]
pub struct CollectNode;

/// The site of collecting nodes.
pub(crate) static COLLECT: Site = Site { label: "collect", form: "\u{1}…\u{2}", file: "", line: 0, column: 0 };

impl CollectNode {
    /// Collects the values of `nodes`, moved: a node of `Vec<T>` for a `Vec<Node<T>>`, and so on.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{CollectNode, DataNode, SerialExecutor};
    ///
    /// let rows = vec![vec![DataNode::new(1), DataNode::new(2)], vec![DataNode::new(3)]];
    /// let all = CollectNode::new(rows);
    /// assert_eq!(SerialExecutor::new().run(all)?, [vec![1, 2], vec![3]]);
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    #[allow(clippy::new_ret_no_self)]
    pub fn new<'g, C: Lazy<'g> + 'g>(nodes: C) -> Node<'g, C::Value> {
        raw::repeatable_node(Kind::Passing, &COLLECT, (Gather(nodes),), |(values,), _| Outcome(Given::Value(values)))
    }

    /// Collects clones of the values of `nodes`, which stay usable.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{CollectNode, DataNode, SerialExecutor};
    ///
    /// let nodes = [DataNode::new(1), DataNode::new(2)];
    /// let copy = CollectNode::cloned(&nodes);
    /// assert_eq!(SerialExecutor::new().run(copy)?, [1, 2]);
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    pub fn cloned<'g, C: LazyClone<'g> + 'g>(nodes: &C) -> Node<'g, C::Value> {
        raw::repeatable_node(Kind::Passing, &COLLECT, (GatherRef(nodes),), |(values,), _| Outcome(Given::Value(values)))
    }

    /// Collects clones of the values of a slice of nodes, which stay usable.
    pub fn cloned_slice<'g, C: LazyClone<'g> + 'g>(nodes: &[C]) -> Node<'g, Vec<C::Value>> {
        raw::repeatable_node(Kind::Passing, &COLLECT, (GatherSlice(nodes),), |(values,), _| {
            Outcome(Given::Value(values))
        })
    }
}

/// As [`CollectNode::new`], for a collection that an operation takes at once, so that all of it is needed.
fn gather<'g, C: Lazy<'g> + 'g>(nodes: C) -> Node<'g, C::Value> {
    raw::repeatable_node(Kind::Call, &COLLECT, (Gather(nodes),), |(values,), _| Outcome(Given::Value(values)))
}

struct Gather<C>(C);
struct GatherRef<'r, C>(&'r C);
struct GatherSlice<'r, C>(&'r [C]);
/// A collection's shape, until the values come.
struct Shape<'g, C: Lazy<'g>, const CLONED: bool>(Option<C::Shape>);
type SliceShape<S> = Vec<S>;
struct ShapeOfSlice<'g, C: Lazy<'g>>(SliceShape<C::Shape>);

impl<C> Sealed for Gather<C> {}
impl<C> Sealed for GatherRef<'_, C> {}
impl<C> Sealed for GatherSlice<'_, C> {}
impl<'g, C: Lazy<'g>, const CLONED: bool> Sealed for Shape<'g, C, CLONED> {}
impl<'g, C: Lazy<'g>> Sealed for ShapeOfSlice<'g, C> {}

impl<'g, C: Lazy<'g>, const CLONED: bool> Lend<'_> for Shape<'g, C, CLONED> {
    type Lent = C::Value;
}
impl<'g, C: Lazy<'g>> Held for Shape<'g, C, false> {
    const LENDING: Lending<Self> = Lending::by_value::<C::Value>();
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> C::Value {
        C::attach(self.0.take().expect("lent once"), inputs)
    }
    fn once(&self) -> Option<&'static str> {
        self.0.as_ref().and_then(C::once)
    }
    fn lend_in_each_run<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> C::Value {
        C::attach_in_each_run(self.0.as_ref().expect("there until it is lent for good"), inputs)
    }
    fn describe(&self, out: &mut dyn Describe) {
        if let Some(shape) = &self.0 {
            C::describe(shape, out);
        }
    }
}
impl<'g, C: LazyClone<'g>> Held for Shape<'g, C, true> {
    const LENDING: Lending<Self> = Lending::by_value::<C::Value>();
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> C::Value {
        C::attach_clone_once(self.0.take().expect("lent once"), inputs)
    }
    const AGAIN: bool = true;
    fn lend_again<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> C::Value {
        C::attach_clone(self.0.as_ref().expect("there until it is lent for good"), inputs)
    }
    fn lend_in_each_run<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> C::Value {
        self.lend_again(inputs)
    }
    fn describe(&self, out: &mut dyn Describe) {
        if let Some(shape) = &self.0 {
            C::describe(shape, out);
        }
    }
}
impl<'g, C: Lazy<'g>> Lend<'_> for ShapeOfSlice<'g, C> {
    type Lent = Vec<C::Value>;
}
impl<'g, C: LazyClone<'g>> Held for ShapeOfSlice<'g, C> {
    const LENDING: Lending<Self> = Lending::by_value::<Vec<C::Value>>();
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> Vec<C::Value> {
        self.0.drain(..).map(|shape| C::attach_clone_once(shape, inputs)).collect()
    }
    const AGAIN: bool = true;
    fn lend_again<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> Vec<C::Value> {
        self.0.iter().map(|shape| C::attach_clone(shape, inputs)).collect()
    }
    fn lend_in_each_run<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> Vec<C::Value> {
        self.lend_again(inputs)
    }
    fn describe(&self, out: &mut dyn Describe) {
        told!(out.open(Vec<C::Value>, Layout::Sequence(self.0.len())));
        list(out, "[", "]", &self.0, C::describe);
        told!(out.close());
    }
}

impl<'g, C: Lazy<'g> + 'g> Input<'g> for Gather<C> {
    type Held = Shape<'g, C, false>;
    const TAKES: bool = true;
    fn prepare(&mut self) -> (usize, usize) {
        (self.0.count(), 0)
    }
    fn hold(self, node: &mut Assembly) -> Self::Held {
        Shape(Some(self.0.detach(node)))
    }
}
impl<'g, C: LazyClone<'g> + 'g> Input<'g> for GatherRef<'_, C> {
    type Held = Shape<'g, C, true>;
    fn prepare(&mut self) -> (usize, usize) {
        (self.0.count(), 0)
    }
    fn hold(self, node: &mut Assembly) -> Self::Held {
        Shape(Some(self.0.detach_ref(node)))
    }
}
impl<'g, C: LazyClone<'g> + 'g> Input<'g> for GatherSlice<'_, C> {
    type Held = ShapeOfSlice<'g, C>;
    fn prepare(&mut self) -> (usize, usize) {
        (self.0.iter().map(C::count).sum(), 0)
    }
    fn hold(self, node: &mut Assembly) -> Self::Held {
        ShapeOfSlice(self.0.iter().map(|nodes| nodes.detach_ref(node)).collect())
    }
}

fn list<'a, S: 'a>(
    out: &mut dyn Describe,
    open: &str,
    close: &str,
    shapes: impl IntoIterator<Item = &'a S>,
    describe: impl Fn(&S, &mut dyn Describe),
) {
    out.text(open);
    for (index, shape) in shapes.into_iter().enumerate() {
        if index > 0 {
            out.text(", ");
        }
        describe(shape, out);
    }
    out.text(close);
}

impl<'g, T: Send + 'g> Lazy<'g> for Node<'g, T> {
    type Value = T;
    type Shape = Element<T>;
    fn count(&self) -> usize {
        1
    }
    fn first(&self) -> Option<u32> {
        Some(self.handle().header().seq)
    }
    fn detach(self, node: &mut Assembly) -> Element<T> {
        Element::moved(self, node)
    }
    fn attach(shape: Element<T>, inputs: &mut Inputs<'_>) -> T {
        shape.value(inputs, None)
    }
    fn attach_in_each_run(shape: &Element<T>, inputs: &mut Inputs<'_>) -> T {
        shape.value(inputs, None)
    }
    fn describe(_: &Element<T>, out: &mut dyn Describe) {
        out.edge();
    }
}
impl<'g, T: Clone + Send + Sync + 'g> LazyClone<'g> for Node<'g, T> {
    fn detach_ref(&self, node: &mut Assembly) -> Element<T> {
        Element::read(self, node)
    }
    fn attach_clone(shape: &Element<T>, inputs: &mut Inputs<'_>) -> T {
        shape.value(inputs, Some(T::clone))
    }
    fn attach_clone_once(shape: Element<T>, inputs: &mut Inputs<'_>) -> T {
        shape.value(inputs, Some(T::clone))
    }
}

macro_rules! sequences {
    ($($of:ident),*) => {$(
        impl<C: Sealed> Sealed for $of<C> {}
impl<'g, C: Lazy<'g>> Collection<'g> for $of<C> {}
impl<'g, C: Lazy<'g>> Argument<'g> for $of<C> where Self: 'g {
    type Lifted = Node<'g, <Self as Lazy<'g>>::Value>;
    fn lifted(self) -> Self::Lifted {
        gather(self)
    }
}
        impl<'g, C: Lazy<'g>> Lazy<'g> for $of<C> {
            type Value = $of<C::Value>;
            type Shape = $of<C::Shape>;
            fn count(&self) -> usize {
                self.iter().map(C::count).sum()
            }
            fn first(&self) -> Option<u32> {
                self.iter().find_map(C::first)
            }
            fn detach(self, node: &mut Assembly) -> Self::Shape {
                self.into_iter().map(|nodes| nodes.detach(node)).collect()
            }
            fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                shape.into_iter().map(|shape| C::attach(shape, inputs)).collect()
            }
            fn once(shape: &Self::Shape) -> Option<&'static str> {
                shape.iter().find_map(C::once)
            }
            fn attach_in_each_run(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                shape.iter().map(|shape| C::attach_in_each_run(shape, inputs)).collect()
            }
            fn describe(shape: &Self::Shape, out: &mut dyn Describe) {
                told!(out.open(Self::Value, Layout::Sequence(shape.len())));
                list(out, "[", "]", shape, C::describe);
                told!(out.close());
            }
        }
        impl<'g, C: LazyClone<'g>> LazyClone<'g> for $of<C> {
            fn detach_ref(&self, node: &mut Assembly) -> Self::Shape {
                self.iter().map(|nodes| nodes.detach_ref(node)).collect()
            }
            fn attach_clone(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                shape.iter().map(|shape| C::attach_clone(shape, inputs)).collect()
            }
            fn attach_clone_once(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                shape.into_iter().map(|shape| C::attach_clone_once(shape, inputs)).collect()
            }
        }
    )*};
}
sequences!(Vec, VecDeque);

impl<C: Sealed> Sealed for Box<[C]> {}
impl<'g, C: Lazy<'g>> Collection<'g> for Box<[C]> {}
impl<'g, C: Lazy<'g>> Argument<'g> for Box<[C]>
where
    Self: 'g,
{
    type Lifted = Node<'g, <Self as Lazy<'g>>::Value>;
    fn lifted(self) -> Self::Lifted {
        gather(self)
    }
}
impl<'g, C: Lazy<'g>> Lazy<'g> for Box<[C]> {
    type Value = Box<[C::Value]>;
    type Shape = Vec<C::Shape>;
    fn count(&self) -> usize {
        self.iter().map(C::count).sum()
    }
    fn first(&self) -> Option<u32> {
        self.iter().find_map(C::first)
    }
    fn detach(self, node: &mut Assembly) -> Self::Shape {
        self.into_iter().map(|nodes| nodes.detach(node)).collect()
    }
    fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.into_iter().map(|shape| C::attach(shape, inputs)).collect()
    }
    fn once(shape: &Self::Shape) -> Option<&'static str> {
        shape.iter().find_map(C::once)
    }
    fn attach_in_each_run(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.iter().map(|shape| C::attach_in_each_run(shape, inputs)).collect()
    }
    fn describe(shape: &Self::Shape, out: &mut dyn Describe) {
        told!(out.open(Self::Value, Layout::Sequence(shape.len())));
        list(out, "[", "]", shape, C::describe);
        told!(out.close());
    }
}
impl<'g, C: LazyClone<'g>> LazyClone<'g> for Box<[C]> {
    fn detach_ref(&self, node: &mut Assembly) -> Self::Shape {
        self.iter().map(|nodes| nodes.detach_ref(node)).collect()
    }
    fn attach_clone(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.iter().map(|shape| C::attach_clone(shape, inputs)).collect()
    }
    fn attach_clone_once(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.into_iter().map(|shape| C::attach_clone_once(shape, inputs)).collect()
    }
}

impl<C: Sealed, const N: usize> Sealed for [C; N] {}
impl<'g, C: Lazy<'g>, const N: usize> Collection<'g> for [C; N] {}
impl<'g, C: Lazy<'g>, const N: usize> Argument<'g> for [C; N]
where
    Self: 'g,
{
    type Lifted = Node<'g, <Self as Lazy<'g>>::Value>;
    fn lifted(self) -> Self::Lifted {
        gather(self)
    }
}
impl<'g, C: Lazy<'g>, const N: usize> Lazy<'g> for [C; N] {
    type Value = [C::Value; N];
    type Shape = [C::Shape; N];
    fn count(&self) -> usize {
        self.iter().map(C::count).sum()
    }
    fn first(&self) -> Option<u32> {
        self.iter().find_map(C::first)
    }
    fn detach(self, node: &mut Assembly) -> Self::Shape {
        self.map(|nodes| nodes.detach(node))
    }
    fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.map(|shape| C::attach(shape, inputs))
    }
    fn once(shape: &Self::Shape) -> Option<&'static str> {
        shape.iter().find_map(C::once)
    }
    fn attach_in_each_run(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.each_ref().map(|shape| C::attach_in_each_run(shape, inputs))
    }
    fn describe(shape: &Self::Shape, out: &mut dyn Describe) {
        told!(out.open(Self::Value, Layout::Tuple));
        list(out, "[", "]", shape, C::describe);
        told!(out.close());
    }
}
impl<'g, C: LazyClone<'g>, const N: usize> LazyClone<'g> for [C; N] {
    fn detach_ref(&self, node: &mut Assembly) -> Self::Shape {
        self.each_ref().map(|nodes| nodes.detach_ref(node))
    }
    fn attach_clone(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.each_ref().map(|shape| C::attach_clone(shape, inputs))
    }
    fn attach_clone_once(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.map(|shape| C::attach_clone_once(shape, inputs))
    }
}

impl<C: Sealed> Sealed for Option<C> {}
impl<'g, C: Lazy<'g>> Collection<'g> for Option<C> {}
impl<'g, C: Lazy<'g>> Argument<'g> for Option<C>
where
    Self: 'g,
{
    type Lifted = Node<'g, <Self as Lazy<'g>>::Value>;
    fn lifted(self) -> Self::Lifted {
        gather(self)
    }
}
impl<'g, C: Lazy<'g>> Lazy<'g> for Option<C> {
    type Value = Option<C::Value>;
    type Shape = Option<C::Shape>;
    fn count(&self) -> usize {
        self.as_ref().map_or(0, C::count)
    }
    fn first(&self) -> Option<u32> {
        self.as_ref().and_then(C::first)
    }
    fn detach(self, node: &mut Assembly) -> Self::Shape {
        self.map(|nodes| nodes.detach(node))
    }
    fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.map(|shape| C::attach(shape, inputs))
    }
    fn once(shape: &Self::Shape) -> Option<&'static str> {
        shape.iter().find_map(C::once)
    }
    fn attach_in_each_run(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.as_ref().map(|shape| C::attach_in_each_run(shape, inputs))
    }
    fn describe(shape: &Self::Shape, out: &mut dyn Describe) {
        told!(out.open(Self::Value, Layout::Variant(shape.is_some().into())));
        match shape {
            Some(shape) => list(out, "Some(", ")", [shape], C::describe),
            None => out.text("None"),
        }
        told!(out.close());
    }
}
impl<'g, C: LazyClone<'g>> LazyClone<'g> for Option<C> {
    fn detach_ref(&self, node: &mut Assembly) -> Self::Shape {
        self.as_ref().map(|nodes| nodes.detach_ref(node))
    }
    fn attach_clone(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.as_ref().map(|shape| C::attach_clone(shape, inputs))
    }
    fn attach_clone_once(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.map(|shape| C::attach_clone_once(shape, inputs))
    }
}

impl<C: Sealed, E> Sealed for Result<C, E> {}
impl<'g, C: Lazy<'g>, E: Send + 'g> Collection<'g> for Result<C, E> {}
impl<'g, C: Lazy<'g>, E: Send + 'g> Argument<'g> for Result<C, E>
where
    Self: 'g,
{
    type Lifted = Node<'g, <Self as Lazy<'g>>::Value>;
    fn lifted(self) -> Self::Lifted {
        gather(self)
    }
}
impl<'g, C: Lazy<'g>, E: Send + 'g> Lazy<'g> for Result<C, E> {
    type Value = Result<C::Value, E>;
    type Shape = Result<C::Shape, E>;
    fn count(&self) -> usize {
        self.as_ref().map_or(0, C::count)
    }
    fn first(&self) -> Option<u32> {
        self.as_ref().ok().and_then(C::first)
    }
    fn detach(self, node: &mut Assembly) -> Self::Shape {
        self.map(|nodes| nodes.detach(node))
    }
    fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.map(|shape| C::attach(shape, inputs))
    }
    fn once(shape: &Self::Shape) -> Option<&'static str> {
        match shape {
            Ok(shape) => C::once(shape),
            Err(_) => Some(std::any::type_name::<E>()),
        }
    }
    fn attach_in_each_run(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        match shape {
            Ok(shape) => Ok(C::attach_in_each_run(shape, inputs)),
            Err(_) => unreachable!("`once` says that it can't be had again"),
        }
    }
    fn describe(shape: &Self::Shape, out: &mut dyn Describe) {
        told!(out.open(Self::Value, Layout::Unknown));
        match shape {
            Ok(shape) => list(out, "Ok(", ")", [shape], C::describe),
            Err(_) => out.text("Err(_)"),
        }
        told!(out.close());
    }
}
impl<'g, C: LazyClone<'g>, E: Clone + Send + 'g> LazyClone<'g> for Result<C, E> {
    fn detach_ref(&self, node: &mut Assembly) -> Self::Shape {
        self.as_ref().map(|nodes| nodes.detach_ref(node)).map_err(E::clone)
    }
    fn attach_clone(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.as_ref().map(|shape| C::attach_clone(shape, inputs)).map_err(E::clone)
    }
    fn attach_clone_once(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.map(|shape| C::attach_clone_once(shape, inputs))
    }
}

impl<K, C: Sealed> Sealed for BTreeMap<K, C> {}
impl<'g, K: Ord + Send + 'g, C: Lazy<'g>> Collection<'g> for BTreeMap<K, C> {}
impl<'g, K: Ord + Send + 'g, C: Lazy<'g>> Argument<'g> for BTreeMap<K, C>
where
    Self: 'g,
{
    type Lifted = Node<'g, <Self as Lazy<'g>>::Value>;
    fn lifted(self) -> Self::Lifted {
        gather(self)
    }
}
impl<'g, K: Ord + Send + 'g, C: Lazy<'g>> Lazy<'g> for BTreeMap<K, C> {
    type Value = BTreeMap<K, C::Value>;
    // Not a map: edges and shape must keep one order, whatever the user's `Ord` says from one call to the next.
    type Shape = Vec<(K, C::Shape)>;
    fn count(&self) -> usize {
        self.values().map(C::count).sum()
    }
    fn first(&self) -> Option<u32> {
        self.values().find_map(C::first)
    }
    fn detach(self, node: &mut Assembly) -> Self::Shape {
        self.into_iter().map(|(key, nodes)| (key, nodes.detach(node))).collect()
    }
    fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.into_iter().map(|(key, shape)| (key, C::attach(shape, inputs))).collect()
    }
    fn once(shape: &Self::Shape) -> Option<&'static str> {
        (!shape.is_empty()).then(std::any::type_name::<K>)
    }
    fn attach_in_each_run(shape: &Self::Shape, _: &mut Inputs<'_>) -> Self::Value {
        assert!(shape.is_empty(), "`once` says that it can't be had again");
        Self::Value::default()
    }
    fn describe(shape: &Self::Shape, out: &mut dyn Describe) {
        told!(out.open(Self::Value, Layout::Unknown));
        list(out, "{", "}", shape.iter().map(|(_, shape)| shape), C::describe);
        told!(out.close());
    }
}
impl<'g, K: Ord + Clone + Send + 'g, C: LazyClone<'g>> LazyClone<'g> for BTreeMap<K, C> {
    fn detach_ref(&self, node: &mut Assembly) -> Self::Shape {
        self.iter().map(|(key, nodes)| (key.clone(), nodes.detach_ref(node))).collect()
    }
    fn attach_clone(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.iter().map(|(key, shape)| (key.clone(), C::attach_clone(shape, inputs))).collect()
    }
    fn attach_clone_once(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.into_iter().map(|(key, shape)| (key, C::attach_clone_once(shape, inputs))).collect()
    }
}

impl<K, C: Sealed, S> Sealed for HashMap<K, C, S> {}
impl<'g, K: Eq + Hash + Send + 'g, C: Lazy<'g>, S: BuildHasher + Default + Send + 'g> Collection<'g>
    for HashMap<K, C, S>
{
}
impl<'g, K: Eq + Hash + Send + 'g, C: Lazy<'g>, S: BuildHasher + Default + Send + 'g> Argument<'g> for HashMap<K, C, S>
where
    Self: 'g,
{
    type Lifted = Node<'g, <Self as Lazy<'g>>::Value>;
    fn lifted(self) -> Self::Lifted {
        gather(self)
    }
}
impl<'g, K: Eq + Hash + Send + 'g, C: Lazy<'g>, S: BuildHasher + Default + Send + 'g> Lazy<'g> for HashMap<K, C, S> {
    type Value = HashMap<K, C::Value, S>;
    // In the order in which the nodes were built, so that the graph is the same each time.
    type Shape = Vec<(K, C::Shape)>;
    fn count(&self) -> usize {
        self.values().map(C::count).sum()
    }
    fn first(&self) -> Option<u32> {
        self.values().filter_map(C::first).min()
    }
    fn detach(self, node: &mut Assembly) -> Self::Shape {
        let mut entries: Vec<(K, C)> = self.into_iter().collect();
        entries.sort_by_key(|(_, nodes)| nodes.first());
        entries.into_iter().map(|(key, nodes)| (key, nodes.detach(node))).collect()
    }
    fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.into_iter().map(|(key, shape)| (key, C::attach(shape, inputs))).collect()
    }
    fn once(shape: &Self::Shape) -> Option<&'static str> {
        (!shape.is_empty()).then(std::any::type_name::<K>)
    }
    fn attach_in_each_run(shape: &Self::Shape, _: &mut Inputs<'_>) -> Self::Value {
        assert!(shape.is_empty(), "`once` says that it can't be had again");
        Self::Value::default()
    }
    fn describe(shape: &Self::Shape, out: &mut dyn Describe) {
        told!(out.open(Self::Value, Layout::Unknown));
        list(out, "{", "}", shape.iter().map(|(_, shape)| shape), C::describe);
        told!(out.close());
    }
}
impl<'g, K: Eq + Hash + Clone + Send + 'g, C: LazyClone<'g>, S: BuildHasher + Default + Send + 'g> LazyClone<'g>
    for HashMap<K, C, S>
{
    fn detach_ref(&self, node: &mut Assembly) -> Self::Shape {
        let mut entries: Vec<(&K, &C)> = self.iter().collect();
        entries.sort_by_key(|(_, nodes)| nodes.first());
        entries.into_iter().map(|(key, nodes)| (key.clone(), nodes.detach_ref(node))).collect()
    }
    fn attach_clone(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.iter().map(|(key, shape)| (key.clone(), C::attach_clone(shape, inputs))).collect()
    }
    fn attach_clone_once(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
        shape.into_iter().map(|(key, shape)| (key, C::attach_clone_once(shape, inputs))).collect()
    }
}

macro_rules! tuples {
    ($($name:ident $shape:ident),*) => {
impl<'g, $($name: Lazy<'g>),*> Collection<'g> for ($($name,)*) {}
impl<'g, $($name: Lazy<'g>),*> Argument<'g> for ($($name,)*) where Self: 'g {
    type Lifted = Node<'g, <Self as Lazy<'g>>::Value>;
    fn lifted(self) -> Self::Lifted {
        gather(self)
    }
}
        #[allow(non_snake_case)]
        impl<'g, $($name: Lazy<'g>),*> Lazy<'g> for ($($name,)*) {
            type Value = ($($name::Value,)*);
            type Shape = ($($name::Shape,)*);
            fn count(&self) -> usize {
                let ($($name,)*) = self;
                0 $(+ $name.count())*
            }
            fn first(&self) -> Option<u32> {
                let ($($name,)*) = self;
                let mut first = None;
                $(first = first.or_else(|| $name.first());)*
                first
            }
            fn detach(self, node: &mut Assembly) -> Self::Shape {
                let ($($name,)*) = self;
                ($($name.detach(node),)*)
            }
            fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                let ($($shape,)*) = shape;
                ($($name::attach($shape, inputs),)*)
            }
            fn once(shape: &Self::Shape) -> Option<&'static str> {
                let ($($shape,)*) = shape;
                None$(.or_else(|| $name::once($shape)))*
            }
            fn attach_in_each_run(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                let ($($shape,)*) = shape;
                ($($name::attach_in_each_run($shape, inputs),)*)
            }
            fn describe(shape: &Self::Shape, out: &mut dyn Describe) {
                told!(out.open(Self::Value, Layout::Tuple));
                let ($($shape,)*) = shape;
                let mut open = "(";
                $(
                    out.text(open);
                    $name::describe($shape, out);
                    open = ", ";
                )*
                let _ = open;
                out.text(")");
                told!(out.close());
            }
        }
        #[allow(non_snake_case)]
        impl<'g, $($name: LazyClone<'g>),*> LazyClone<'g> for ($($name,)*) {
            fn detach_ref(&self, node: &mut Assembly) -> Self::Shape {
                let ($($name,)*) = self;
                ($($name.detach_ref(node),)*)
            }
            fn attach_clone(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                let ($($shape,)*) = shape;
                ($($name::attach_clone($shape, inputs),)*)
            }
            fn attach_clone_once(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                let ($($shape,)*) = shape;
                ($($name::attach_clone_once($shape, inputs),)*)
            }
        }
    };
}
tuples!(A a);
tuples!(A a, B b);
tuples!(A a, B b, C c);
tuples!(A a, B b, C c, D d);
tuples!(A a, B b, C c, D d, E e);
tuples!(A a, B b, C c, D d, E e, F f);
tuples!(A a, B b, C c, D d, E e, F f, G g);
tuples!(A a, B b, C c, D d, E e, F f, G g, H h);

/// Pairs of a node (or collection) and a plain value: names, numbers and the like that go with it.
macro_rules! pairs {
    ($($plain:ty),* $(,)?) => {$(
        impl Sealed for $plain {}
impl<'g, C: Lazy<'g>> Collection<'g> for ($plain, C) {}
impl<'g, C: Lazy<'g>> Argument<'g> for ($plain, C) where Self: 'g {
    type Lifted = Node<'g, <Self as Lazy<'g>>::Value>;
    fn lifted(self) -> Self::Lifted {
        gather(self)
    }
}
        impl<'g, C: Lazy<'g>> Lazy<'g> for ($plain, C) {
            type Value = ($plain, C::Value);
            type Shape = ($plain, C::Shape);
            fn count(&self) -> usize {
                self.1.count()
            }
            fn first(&self) -> Option<u32> {
                self.1.first()
            }
            fn detach(self, node: &mut Assembly) -> Self::Shape {
                (self.0, self.1.detach(node))
            }
            fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                (shape.0, C::attach(shape.1, inputs))
            }
            fn once(shape: &Self::Shape) -> Option<&'static str> {
                C::once(&shape.1)
            }
            fn attach_in_each_run(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                (shape.0.clone(), C::attach_in_each_run(&shape.1, inputs))
            }
            fn describe(shape: &Self::Shape, out: &mut dyn Describe) {
                told!(out.open(Self::Value, Layout::Tuple));
                out.text("(");
                told!(out.value(&shape.0));
                out.shown(&shape.0);
                out.text(", ");
                C::describe(&shape.1, out);
                out.text(")");
                told!(out.close());
            }
        }
        impl<'g, C: LazyClone<'g>> LazyClone<'g> for ($plain, C) {
            fn detach_ref(&self, node: &mut Assembly) -> Self::Shape {
                (self.0.clone(), self.1.detach_ref(node))
            }
            fn attach_clone(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                (shape.0.clone(), C::attach_clone(&shape.1, inputs))
            }
            fn attach_clone_once(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                (shape.0, C::attach_clone_once(shape.1, inputs))
            }
        }
impl<'g, C: Lazy<'g>> Collection<'g> for (C, $plain) {}
impl<'g, C: Lazy<'g>> Argument<'g> for (C, $plain) where Self: 'g {
    type Lifted = Node<'g, <Self as Lazy<'g>>::Value>;
    fn lifted(self) -> Self::Lifted {
        gather(self)
    }
}
        impl<'g, C: Lazy<'g>> Lazy<'g> for (C, $plain) {
            type Value = (C::Value, $plain);
            type Shape = (C::Shape, $plain);
            fn count(&self) -> usize {
                self.0.count()
            }
            fn first(&self) -> Option<u32> {
                self.0.first()
            }
            fn detach(self, node: &mut Assembly) -> Self::Shape {
                (self.0.detach(node), self.1)
            }
            fn attach(shape: Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                (C::attach(shape.0, inputs), shape.1)
            }
            fn once(shape: &Self::Shape) -> Option<&'static str> {
                C::once(&shape.0)
            }
            fn attach_in_each_run(shape: &Self::Shape, inputs: &mut Inputs<'_>) -> Self::Value {
                (C::attach_in_each_run(&shape.0, inputs), shape.1.clone())
            }
            fn describe(shape: &Self::Shape, out: &mut dyn Describe) {
                told!(out.open(Self::Value, Layout::Tuple));
                out.text("(");
                C::describe(&shape.0, out);
                out.text(", ");
                told!(out.value(&shape.1));
                out.shown(&shape.1);
                out.text(")");
                told!(out.close());
            }
        }
    )*};
}
pairs!(
    bool,
    char,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
    String,
    &'static str,
    PathBuf,
);

#[cfg(test)]
mod tests {
    use super::CollectNode;
    use crate::{DataNode, SerialExecutor};
    use std::collections::HashMap;

    #[test]
    fn collections_nest_and_keep_their_order() {
        let nested = (vec![Some([DataNode::new(1), DataNode::new(2)]), None], DataNode::new("x"));
        let value = SerialExecutor::new().run(CollectNode::new(nested)).expect("runs");
        assert_eq!(value, (vec![Some([1, 2]), None], "x"));
        let map: HashMap<String, _> = ('a'..='e').map(|c| (c.to_string(), DataNode::new(c))).collect();
        let value = SerialExecutor::new().run(CollectNode::new(map)).expect("runs");
        assert_eq!(value.len(), 5);
        assert!(value.iter().all(|(key, c)| *key == c.to_string()));
    }
}
