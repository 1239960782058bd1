//! Inputs of operations that may be tried again: what would be moved into the operation is cloned, as long as there may be
//! another attempt, and what is updated is put back as it was.

use std::ptr::NonNull;

use super::assembly::Assembly;
use super::edge::EdgeKind;
use super::header::Describe;
use super::input::{Cloned, Copied, CopiedBy, Held, Input, Inputs, Kept, Lend, Lending, Sealed};
use crate::node::Node;

/// What an operation that may be tried again can be given.
///
/// Nodes by value and by `&mut` are, if their values are `Clone`; nodes by `&`, copies, clones, and tuples of such.
#[diagnostic::on_unimplemented(
    message = "an operation that may be tried again can't be given this, as it couldn't be given it again",
    label = "needed once more for each attempt",
    note = "lend the value (`&x`), or make its type `Clone`"
)]
pub trait Repeatable<'g>: Input<'g> {
    /// The input, which can be lent more than once.
    #[doc(hidden)]
    type Again: Input<'g>;
    /// Makes it one that can be lent more than once.
    #[doc(hidden)]
    fn again(self) -> Self::Again;
}

/// One input, which can be lent more than once if what it needs can be cloned.
///
/// The clone is handed over, so that there is one error where it is missing, and none after it.
pub trait LentAgain<'g>: Input<'g> {
    /// What must be cloned.
    type Needed;
    /// The input, which can be lent more than once.
    type Again: Input<'g>;
    /// Makes it one that can be lent more than once.
    fn again(self, clone: fn(&Self::Needed) -> Self::Needed) -> Self::Again;
}

#[diagnostic::do_not_recommend]
impl<'g, I: LentAgain<'g, Needed: HadAgain>> Repeatable<'g> for I {
    type Again = I::Again;
    fn again(self) -> I::Again {
        LentAgain::again(self, <I::Needed as Clone>::clone)
    }
}

/// What can be had again after it was moved into an operation, or updated by one.
#[diagnostic::on_unimplemented(
    message = "`#[retry]` may call this function again with the same arguments, and `{Self}` is not `Clone`",
    label = "needed once more for each attempt",
    note = "lend it (`&x`) where the function can take a reference, or derive `Clone`"
)]
pub trait HadAgain: Clone {}
#[diagnostic::do_not_recommend]
impl<T: Clone> HadAgain for T {}

/// `x`, for an operation that may be tried again.
pub struct MovedAgain<N, T>(N, fn(&T) -> T);

impl<N, T> Sealed for MovedAgain<N, T> {}
impl<T> Lend<'_> for MovedAgain<(), T> {
    type Lent = T;
}
impl<T> Held for MovedAgain<(), T> {
    const LENDING: Lending<Self> = Lending::by_value::<T>();
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> T {
        // SAFETY: made with one `Move` edge on a `Node<T>`.
        unsafe { inputs.take() }
    }
    const AGAIN: bool = true;
    fn lend_again<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> T {
        // SAFETY: as in `lend`: the value is ours, and stays where it is.
        (self.1)(unsafe { inputs.read::<T>() })
    }
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}
impl<'g, T: Send + 'g> Input<'g> for MovedAgain<Node<'g, T>, T> {
    type Held = MovedAgain<(), T>;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 0)
    }
    fn hold(self, node: &mut Assembly) -> Self::Held {
        node.push(self.0.into_handle(), EdgeKind::Move);
        MovedAgain((), self.1)
    }
}
impl<'g, T: Send + 'g> LentAgain<'g> for Node<'g, T> {
    type Needed = T;
    type Again = MovedAgain<Node<'g, T>, T>;
    fn again(self, clone: fn(&T) -> T) -> Self::Again {
        MovedAgain(self, clone)
    }
}

/// `&mut x`, for an operation that may be tried again: the node, or what is kept of the value.
pub struct UpdatedAgain<N, T>(N, fn(&T) -> T);

/// A value as it was before an attempt, and where it lies.
pub struct Before<T>(Option<(T, NonNull<T>)>);

// SAFETY: the address is that of a value which whoever runs the node may update, and is used by it alone.
unsafe impl<T: Send> Send for Before<T> {}

impl<N, T> Sealed for UpdatedAgain<N, T> {}
impl<'s, T> Lend<'s> for UpdatedAgain<Before<T>, T> {
    type Lent = &'s mut T;
}
impl<T> Held for UpdatedAgain<Before<T>, T> {
    const LENDING: Lending<Self> = Lending::BORROWED;
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> &'s mut T {
        // SAFETY: made with one `Update` edge on a `Node<T>`.
        unsafe { inputs.update::<T>() }
    }
    const AGAIN: bool = true;
    fn lend_again<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> &'s mut T {
        // SAFETY: as in `lend`.
        let value = unsafe { inputs.update::<T>() };
        let before = (self.1)(value);
        let value = NonNull::from(value);
        self.0.0 = Some((before, value));
        // SAFETY: the value is lent by us, to the operation alone.
        unsafe { &mut *value.as_ptr() }
    }
    fn restore(&mut self) {
        if let Some((before, value)) = self.0.0.take() {
            // SAFETY: the attempt is over, and the value still ours: the operation hasn't finished.
            unsafe { *value.as_ptr() = before };
        }
    }
    fn let_go(&mut self) {
        self.0.0 = None;
    }
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}
impl<'g, T: Send + 'g> Input<'g> for UpdatedAgain<&mut Node<'g, T>, T> {
    type Held = UpdatedAgain<Before<T>, T>;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 1)
    }
    fn hold(self, node: &mut Assembly) -> Self::Held {
        node.push_update(self.0.handle_mut());
        UpdatedAgain(Before(None), self.1)
    }
}
impl<'r, 'g, T: Send + 'g> LentAgain<'g> for &'r mut Node<'g, T> {
    type Needed = T;
    type Again = UpdatedAgain<&'r mut Node<'g, T>, T>;
    fn again(self, clone: fn(&T) -> T) -> Self::Again {
        UpdatedAgain(self, clone)
    }
}

/// What is lent in the same way each time.
macro_rules! lent_as_before {
    ($([$($generics:tt)*] $input:ty),* $(,)?) => {
        $(
            impl<$($generics)*> $crate::raw::LentAgain<'g> for $input {
                type Needed = ();
                type Again = Self;
                fn again(self, _: fn(&())) -> Self {
                    self
                }
            }
        )*
    };
}
pub(crate) use lent_as_before;

lent_as_before!(
    ['g, T: Send + Sync + 'g] &Node<'g, T>,
    ['g, T: Copy + Send + Sync + 'g] Copied<&Node<'g, T>>,
    ['g, T: Send + Sync + 'g] CopiedBy<'_, 'g, T>,
    ['g, T: Clone + Send + Sync + 'g] Cloned<&Node<'g, T>>,
    ['g, T: Send + 'g] Kept<Node<'g, T>>,
);

macro_rules! tuples {
    ($($name:ident $index:tt),*) => {
        #[diagnostic::do_not_recommend]
        #[allow(clippy::unused_unit)]
        impl<'g, $($name: Repeatable<'g>),*> Repeatable<'g> for ($($name,)*) {
            type Again = ($($name::Again,)*);
            fn again(self) -> Self::Again {
                ($(self.$index.again(),)*)
            }
        }
    };
}
each_tuple!(tuples);
