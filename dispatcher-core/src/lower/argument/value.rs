//! Arguments by value, pieces of locals, and values without a name that are lent.

use std::cell::Cell;
use std::fmt::Debug;

use crate::collect::{Argument, Collection};
use crate::lower::captured::{Captured, Lent, LocalPart, Made, Refused, RefusedLoan};
use crate::lower::threads::{AnotherThread, Takes};
use crate::node::Node;
use crate::raw::{ByDebug, ByDebugAgain, ByText, ByTextAgain, Kept};

/// `e`: an argument by value.
pub struct Lift<V>(LiftRest<V>);

/// What is left of a [`Lift`] when no other method would do: rustc looks here last.
pub struct LiftRest<V>(Cell<Option<V>>);

impl<V> Lift<V> {
    /// Wraps the argument.
    #[inline]
    pub fn new(value: V) -> Self {
        Self(LiftRest(Cell::new(Some(value))))
    }
}

impl<V> LiftRest<V> {
    #[inline]
    fn inner(&self) -> V {
        self.0.take().expect("a wrapped argument is taken once")
    }
}

impl<V> std::ops::Deref for Lift<V> {
    type Target = LiftRest<V>;
    #[inline]
    fn deref(&self) -> &LiftRest<V> {
        &self.0
    }
}

impl<'g, A: Argument<'g>> Lift<A> {
    /// Moves, reads or updates a node's value, or collects those of several.
    #[inline]
    pub fn lift(self) -> A::Lifted {
        self.inner().lifted()
    }
    /// The same, where the call may be made now.
    #[inline]
    pub fn lift_here(self) -> A::Lifted {
        self.inner().lifted()
    }
}

/// [`Lift`] for plain values that can be shown, and had again.
pub trait LiftAgain {
    /// The value.
    type Plain;
    /// Captures the value.
    fn lift(self) -> Captured<Self::Plain, ByDebugAgain>;
    /// Captures the value for a call that may be made now.
    fn lift_here(self) -> Captured<Self::Plain, ByDebugAgain>;
}
impl<V: Debug + Clone + Send> LiftAgain for Lift<V> {
    type Plain = V;
    #[inline]
    fn lift(self) -> Captured<V, ByDebugAgain> {
        Captured::new(self.inner())
    }
    #[inline]
    fn lift_here(self) -> Captured<V, ByDebugAgain> {
        Captured::new(self.inner())
    }
}

/// [`Lift`] for plain values that can be shown.
pub trait LiftShown {
    /// The value.
    type Plain;
    /// Captures the value.
    fn lift(self) -> Captured<Self::Plain, ByDebug>;
    /// Captures the value for a call that may be made now.
    fn lift_here(self) -> Captured<Self::Plain, ByDebug>;
}
impl<V: Debug + Send> LiftShown for &Lift<V> {
    type Plain = V;
    #[inline]
    fn lift(self) -> Captured<V, ByDebug> {
        Captured::new(self.inner())
    }
    #[inline]
    fn lift_here(self) -> Captured<V, ByDebug> {
        Captured::new(self.inner())
    }
}

/// [`Lift`] for plain values that can be had again, and not shown.
pub trait LiftCloned {
    /// The value.
    type Plain;
    /// Captures the value.
    fn lift(self) -> Captured<Self::Plain, ByTextAgain>;
    /// Captures the value for a call that may be made now.
    fn lift_here(self) -> Captured<Self::Plain, ByTextAgain>;
}
impl<V: Clone + Send> LiftCloned for &Lift<V> {
    type Plain = V;
    #[inline]
    fn lift(self) -> Captured<V, ByTextAgain> {
        Captured::new(self.inner())
    }
    #[inline]
    fn lift_here(self) -> Captured<V, ByTextAgain> {
        Captured::new(self.inner())
    }
}

/// [`Lift`] for other plain values.
pub trait LiftPlain {
    /// The value.
    type Plain;
    /// Captures the value.
    fn lift(self) -> Captured<Self::Plain, ByText>;
    /// Captures the value for a call that may be made now.
    fn lift_here(self) -> Captured<Self::Plain, ByText>;
}
impl<V: Send> LiftPlain for &mut Lift<V> {
    type Plain = V;
    #[inline]
    fn lift(self) -> Captured<V, ByText> {
        Captured::new(self.inner())
    }
    #[inline]
    fn lift_here(self) -> Captured<V, ByText> {
        Captured::new(self.inner())
    }
}

/// [`Lift`] for plain values that can't go to another thread.
pub trait LiftHere {
    /// The value.
    type Plain;
    /// Refused.
    fn lift(self) -> Refused<Self::Plain>
    where
        AnotherThread: Takes<Self::Plain>;
    /// Captures the value for a call that is made now.
    fn lift_here(self) -> Captured<Self::Plain, ByText>;
}
impl<V> LiftHere for &LiftRest<V> {
    type Plain = V;
    fn lift(self) -> Refused<V>
    where
        AnotherThread: Takes<V>,
    {
        unreachable!("no thread takes what isn't `Send`")
    }
    fn lift_here(self) -> Captured<V, ByText> {
        Captured::new(self.inner())
    }
}

/// A plain value that may borrow from a local which is gone when the operation runs.
pub struct Piece<V>(PieceRest<V>);

/// What is left of a [`Piece`] when no other method would do: rustc looks here last.
pub struct PieceRest<V>(Cell<Option<V>>);

impl<V> Piece<V> {
    /// Wraps the value.
    #[inline]
    pub fn new(value: V) -> Self {
        Self(PieceRest(Cell::new(Some(value))))
    }
}

impl<V> PieceRest<V> {
    fn inner(&self) -> V {
        self.0.take().expect("a wrapped argument is taken once")
    }
}

impl<V> std::ops::Deref for Piece<V> {
    type Target = PieceRest<V>;
    fn deref(&self) -> &PieceRest<V> {
        &self.0
    }
}

impl<'r, X: ?Sized + ToOwned> Piece<&'r X> {
    /// Takes a copy of what is borrowed, and lends that.
    pub fn piece(self) -> LocalPart<'r, X> {
        LocalPart(self.inner(), None)
    }
}

impl<'g, T> Piece<Node<'g, T>> {
    /// The node, which isn't plain after all.
    pub fn piece(self) -> Node<'g, T> {
        self.inner()
    }
}

/// [`Piece`] for values that are no references, and can be shown and had again.
pub trait PieceAgain {
    /// The value.
    type Plain;
    /// Captures the value.
    fn piece(self) -> Captured<Self::Plain, ByDebugAgain>;
}
impl<V: Debug + Clone + Send> PieceAgain for Piece<V> {
    type Plain = V;
    fn piece(self) -> Captured<V, ByDebugAgain> {
        Captured::new(self.inner())
    }
}

/// [`Piece`] for values that can be had again, and not shown.
pub trait PieceCloned {
    /// The value.
    type Plain;
    /// Captures the value.
    fn piece(self) -> Captured<Self::Plain, ByTextAgain>;
}
impl<V: Clone + Send> PieceCloned for &Piece<V> {
    type Plain = V;
    fn piece(self) -> Captured<V, ByTextAgain> {
        Captured::new(self.inner())
    }
}

/// [`Piece`] for values that are no references, and can be shown.
pub trait PieceShown {
    /// The value.
    type Plain;
    /// Captures the value.
    fn piece(self) -> Captured<Self::Plain, ByDebug>;
}
impl<V: Debug + Send> PieceShown for &Piece<V> {
    type Plain = V;
    fn piece(self) -> Captured<V, ByDebug> {
        Captured::new(self.inner())
    }
}

/// [`Piece`] for other values.
pub trait PiecePlain {
    /// The value.
    type Plain;
    /// Captures the value.
    fn piece(self) -> Captured<Self::Plain, ByText>;
}
impl<V: Send> PiecePlain for &mut Piece<V> {
    type Plain = V;
    fn piece(self) -> Captured<V, ByText> {
        Captured::new(self.inner())
    }
}

/// [`Piece`] for values that can't go to another thread.
pub trait PieceHere {
    /// The value.
    type Plain;
    /// Refused.
    fn piece(self) -> Refused<Self::Plain>
    where
        AnotherThread: Takes<Self::Plain>;
}
impl<V> PieceHere for &PieceRest<V> {
    type Plain = V;
    fn piece(self) -> Refused<V>
    where
        AnotherThread: Takes<V>,
    {
        unreachable!("no thread takes what isn't `Send`")
    }
}

/// `&f(x)`: a value without a name, lent.
pub struct Nameless<V>(Cell<Option<V>>);

impl<V> Nameless<V> {
    /// Wraps the value.
    #[inline]
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }

    #[inline]
    fn inner(&self) -> V {
        self.0.take().expect("a wrapped argument is taken once")
    }
}

impl<'g, T> Nameless<Node<'g, T>> {
    /// Takes the node's value for good, and lends it.
    #[inline]
    pub fn lend(self) -> Kept<Node<'g, T>> {
        Kept(self.inner())
    }
}
impl<'g, C: Collection<'g> + Argument<'g, Lifted = Node<'g, C::Value>> + 'g> Nameless<C> {
    /// Collects the nodes' values, and lends the collection.
    pub fn lend(self) -> Kept<Node<'g, C::Value>> {
        Kept(self.inner().lifted())
    }
}

/// [`Nameless`] for plain values that can be shown.
pub trait NamelessShown {
    /// The value.
    type Plain;
    /// Captures the value, and lends it.
    fn lend(self) -> Lent<Self::Plain, ByDebug>;
}
impl<V: Debug + Send> NamelessShown for Nameless<V> {
    type Plain = V;
    fn lend(self) -> Lent<V, ByDebug> {
        Lent::new(self.inner())
    }
}

/// [`Nameless`] for other plain values.
pub trait NamelessPlain {
    /// The value.
    type Plain;
    /// Captures the value, and lends it.
    fn lend(self) -> Lent<Self::Plain, ByText>;
}
impl<V: Send> NamelessPlain for &Nameless<V> {
    type Plain = V;
    fn lend(self) -> Lent<V, ByText> {
        Lent::new(self.inner())
    }
}

/// [`Nameless`] for values that can't go to another thread.
pub trait NamelessHere {
    /// The value.
    type Plain;
    /// Refused.
    fn lend(self) -> RefusedLoan<Self::Plain>
    where
        AnotherThread: Takes<Self::Plain>;
}
impl<V> NamelessHere for &mut Nameless<V> {
    type Plain = V;
    fn lend(self) -> RefusedLoan<V>
    where
        AnotherThread: Takes<V>,
    {
        unreachable!("no thread takes what isn't `Send`")
    }
}

/// A value that is plain for sure, and the same wherever it is made. Its type needn't be known.
#[inline]
pub fn plain_made<V>(make: fn() -> V) -> Made<V> {
    Made::new(make)
}

/// A value that is plain for sure. Its type needn't be known.
#[inline]
pub fn plain<V>(value: V) -> Captured<V, ByText> {
    Captured::new(value)
}
