//! What functions give: nodes, effects, parts of tuples; and the options of a statement.

use std::cell::Cell;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use super::threads;
use crate::collect::{CollectNode, Collection, Lazy};
use crate::node::Node;
use crate::op::DATA;
use crate::raw::{self, After, ByDebug, ByText, ByTextAgain, Given, Kind, Outcome, ShowData};
use crate::site::Site;

/// A value that must be a node: a tail, a returned value, a branch.
pub struct Tail<V>(Cell<Option<V>>);

impl<V> Tail<V> {
    /// Wraps the value.
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }

    fn inner(&self) -> V {
        self.0.take().expect("a wrapped value is taken once")
    }
}
impl<'g, T> Tail<Node<'g, T>> {
    /// The node.
    pub fn tail(self) -> Node<'g, T> {
        self.inner()
    }
}
impl<'g, C: Collection<'g> + Lazy<'g> + 'g> Tail<C> {
    /// The nodes, collected.
    pub fn tail(self) -> Node<'g, C::Value> {
        CollectNode::new(self.inner())
    }
}
/// [`Tail`] for plain values that can be shown.
pub trait TailShown<'g> {
    /// The value's type.
    type Plain;
    /// A node with the value.
    fn tail(self) -> Node<'g, Self::Plain>
    where
        Self::Plain: threads::Send;
}
impl<'g, V: Debug + 'g> TailShown<'g> for Tail<V> {
    type Plain = V;
    fn tail(self) -> Node<'g, V>
    where
        V: threads::Send,
    {
        raw::data_node::<V, ByDebug>(&DATA, self.inner())
    }
}
/// [`Tail`] for other plain values.
pub trait TailPlain<'g> {
    /// The value's type.
    type Plain;
    /// A node with the value.
    fn tail(self) -> Node<'g, Self::Plain>
    where
        Self::Plain: threads::Send;
}
impl<'g, V: 'g> TailPlain<'g> for &Tail<V> {
    type Plain = V;
    fn tail(self) -> Node<'g, V>
    where
        V: threads::Send,
    {
        raw::data_node::<V, ByText>(&DATA, self.inner())
    }
}

/// A node with a value that is surely plain, shown as it is written.
pub fn data_at<'g, V: threads::Send + 'g>(site: &'static Site, value: V) -> Node<'g, V> {
    raw::data_node::<V, ByText>(site, value)
}

/// As [`data_at`], of a value that is the same wherever it is made.
pub fn made_at<'g, V: threads::Send + 'g>(site: &'static Site, make: fn() -> V) -> Node<'g, V> {
    raw::made_node(site, make)
}

/// As [`data`], of a value that is the same wherever it is made.
pub fn made<'g, V: threads::Send + 'g>(make: fn() -> V) -> Node<'g, V> {
    raw::made_node(&DATA, make)
}

/// A value that is surely plain, of a type that is known.
pub struct Data<V>(Cell<Option<V>>);

impl<V> Data<V> {
    /// Wraps the value.
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }

    fn inner(&self) -> V {
        self.0.take().expect("a wrapped value is taken once")
    }
}
/// [`Data`] for values that can be had again.
pub trait DataAgain {
    /// The value's type.
    type Plain;
    /// The value, and how it is had again.
    fn known(self) -> KnownData<Self::Plain, ByTextAgain>;
}
impl<V: Clone> DataAgain for Data<V> {
    type Plain = V;
    fn known(self) -> KnownData<V, ByTextAgain> {
        KnownData(self.inner(), PhantomData)
    }
}
/// [`Data`] for other values.
pub trait DataPlain {
    /// The value's type.
    type Plain;
    /// The value.
    fn known(self) -> KnownData<Self::Plain, ByText>;
}
impl<V> DataPlain for &Data<V> {
    type Plain = V;
    fn known(self) -> KnownData<V, ByText> {
        KnownData(self.inner(), PhantomData)
    }
}

/// A value, and how it is shown.
#[derive(Debug)]
pub struct KnownData<V, S>(V, PhantomData<S>);

/// As [`data_at`], of a value of a type that is known: `known` finds out whether it can be had again. The value comes by itself, so
/// that an error is told at its own tokens.
pub fn data_known<'g, V: threads::Send + 'g, S: ShowData<V>>(
    site: &'static Site,
    value: V,
    known: impl FnOnce(V) -> KnownData<V, S>,
) -> Node<'g, V> {
    raw::data_node::<V, S>(site, known(value).0)
}

/// A node with a value that is surely plain.
pub fn data<'g, V: threads::Send + 'g>(value: V) -> Node<'g, V> {
    raw::data_node::<V, ByText>(&DATA, value)
}

/// The operations that a function calls for their effects: its result waits for them.
pub struct Effects<'g>(Mutex<After<'g>>);

pub(crate) static AFTER: Site = Site { label: "after", form: "\u{1}_\u{2}", file: "", line: 0, column: 0 };

impl<'g> Effects<'g> {
    /// None yet.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(Mutex::new(After::new()))
    }

    fn push<T>(&self, node: Node<'g, T>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(node);
    }

    /// An operation that has just been made: it runs even if the text turns out not to use its value.
    #[inline]
    pub fn note<T>(&self, node: Node<'g, T>) -> Node<'g, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).note(&node);
        node
    }

    /// The function's result, which waits for the effects so far.
    pub fn finish<R: threads::Send + 'g>(&self, result: Node<'g, R>) -> Node<'g, R> {
        let mut effects = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), After::new());
        if !effects.settle(&result) {
            return result;
        }
        raw::repeatable_node(Kind::Call, &AFTER, (result, effects), |(value, ()): (R, ()), _| {
            Outcome(Given::Value(value))
        })
    }
}

/// What a call gave that may have been made now, or may be an operation.
pub struct Note<V>(Cell<Option<V>>);

impl<V> Note<V> {
    /// Wraps the value.
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }

    fn inner(&self) -> V {
        self.0.take().expect("a wrapped value is taken once")
    }
}
impl<'g, T> Note<Node<'g, T>> {
    /// The operation runs even if the text turns out not to use its value.
    pub fn note(self, effects: &Effects<'g>) -> Node<'g, T> {
        effects.note(self.inner())
    }
}
/// [`Note`] for plain values.
pub trait NotePlain {
    /// The value's type.
    type Plain;
    /// The value.
    fn note(self, effects: &Effects<'_>) -> Self::Plain;
}
impl<V> NotePlain for &Note<V> {
    type Plain = V;
    fn note(self, _: &Effects<'_>) -> V {
        self.inner()
    }
}

/// A value that is not used.
pub struct Discard<V>(Cell<Option<V>>);

impl<V> Discard<V> {
    /// Wraps the value.
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }
}
impl<'g, T> Discard<Node<'g, T>> {
    /// The operation runs all the same.
    pub fn discard(self, effects: &Effects<'g>) {
        if let Some(node) = self.0.take() {
            effects.push(node);
        }
    }
}
impl<'g, C: Collection<'g> + Lazy<'g> + 'g> Discard<C> {
    /// The operations run all the same.
    pub fn discard(self, effects: &Effects<'g>) {
        if let Some(nodes) = self.0.take().filter(|nodes| nodes.count() > 0) {
            effects.push(CollectNode::new(nodes));
        }
    }
}
impl<'g, T> Discard<&Node<'g, T>> {
    /// The operation runs all the same; the node stays usable.
    pub fn discard(self, effects: &Effects<'g>) {
        if let Some(node) = self.0.take() {
            effects.push(Node::<T>::from_handle(node.handle().share()));
        }
    }
}
/// [`Discard`] for plain values.
pub trait DiscardPlain {
    /// Drops the value.
    fn discard(self, effects: &Effects<'_>);
}
impl<V> DiscardPlain for &Discard<V> {
    fn discard(self, _: &Effects<'_>) {
        drop(self.0.take());
    }
}

/// A tuple's parts, each to be taken by one node.
#[diagnostic::on_unimplemented(
    message = "this value, a `{Self}`, is no tuple of as many parts as the pattern beside it takes",
    label = "not a tuple of as many parts as the pattern",
    note = "bind the value by one name, or give such a tuple from the function that is called here"
)]
pub trait Split<'g, Parts> {
    /// Splits the node.
    fn split(self) -> Parts;
}

/// Splits a node of a tuple into nodes of its parts.
pub fn split<'g, S: Split<'g, Parts>, Parts>(node: S) -> Parts {
    node.split()
}

/// The site of the node that holds a tuple's parts, which graphs don't show.
pub(crate) static PARTS: Site = Site { label: "parts", form: "\u{1}_\u{2}", file: "", line: 0, column: 0 };

macro_rules! splits {
    ($($name:ident $part:ident $index:tt $site:ident $label:literal),*) => {
        #[diagnostic::do_not_recommend]
        impl<'g, $($name: Send + 'g),*> Split<'g, ($(Node<'g, $name>,)*)> for Node<'g, ($($name,)*)> {
            fn split(self) -> ($(Node<'g, $name>,)*) {
                let parts = raw::repeatable_node(Kind::Passing, &PARTS, (self,), |(whole,): (($($name,)*),), _| {
                    Outcome(Given::Value(($(Mutex::new(Some(whole.$index)),)*)))
                });
                ($({
                    static SITE: Site = Site {
                        label: $label, form: concat!("\u{1}_\u{2}", $label), file: "", line: 0, column: 0,
                    };
                    raw::repeatable_node(Kind::Passing, &SITE, (&parts,), |(parts,), _| {
                        let part = parts.$index.lock().unwrap_or_else(PoisonError::into_inner).take();
                        Outcome(Given::Value(part.expect("each part is taken once")))
                    })
                },)*)
            }
        }
    };
}
splits!(A a 0 S0 ".0");
splits!(A a 0 S0 ".0", B b 1 S1 ".1");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2", D d 3 S3 ".3");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2", D d 3 S3 ".3", E e 4 S4 ".4");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2", D d 3 S3 ".3", E e 4 S4 ".4", F f 5 S5 ".5");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2", D d 3 S3 ".3", E e 4 S4 ".4", F f 5 S5 ".5", G g 6 S6 ".6");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2", D d 3 S3 ".3", E e 4 S4 ".4", F f 5 S5 ".5", G g 6 S6 ".6",
    H h 7 S7 ".7");
