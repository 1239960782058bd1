//! Inputs of operations that may be tried again: what would be moved into the operation is cloned, as long as there may be
//! another attempt, and what is updated is put back as it was.

use std::marker::PhantomData;

use super::assembly::Assembly;
use super::header::Describe;
use super::input::{Cloned, Copied, CopiedBy, Held, Input, Inputs, Kept, Lend, Lending, Sealed};
use super::port::EdgeKind;
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

/// What can be had again after it was moved into an operation, or updated by one.
#[diagnostic::on_unimplemented(
    message = "an operation that may be tried again can't be given a `{Self}`, which it couldn't be given again: `{Self}` is not `Clone`",
    label = "moved in or updated, and needed once more for each attempt",
    note = "lend the value (`&x`), or leave out `#[retry]`"
)]
pub trait HadAgain: Clone {}
#[diagnostic::do_not_recommend]
impl<T: Clone> HadAgain for T {}

/// `x`, for an operation that may be tried again.
pub struct MovedAgain<N>(N);

impl<N> Sealed for MovedAgain<N> {}
impl<T> Lend<'_> for MovedAgain<PhantomData<fn() -> T>> {
    type Lent = T;
}
impl<T: Clone> Held for MovedAgain<PhantomData<fn() -> T>> {
    const LENDING: Lending<Self> = Lending::by_value::<T>();
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> T {
        // SAFETY: made with one `Move` edge on a `Node<T>`.
        unsafe { inputs.take() }
    }
    const AGAIN: bool = true;
    fn lend_again<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> T {
        // SAFETY: as in `lend`: the value is ours, and stays where it is.
        unsafe { inputs.read::<T>() }.clone()
    }
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}
impl<'g, T: Clone + Send + 'g> Input<'g> for MovedAgain<Node<'g, T>> {
    type Held = MovedAgain<PhantomData<fn() -> T>>;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 0)
    }
    fn hold(self, node: &mut Assembly) -> Self::Held {
        node.push(self.0.into_handle(), EdgeKind::Move);
        MovedAgain(PhantomData)
    }
}
impl<'g, T: HadAgain + Send + 'g> Repeatable<'g> for Node<'g, T> {
    type Again = MovedAgain<Node<'g, T>>;
    fn again(self) -> Self::Again {
        MovedAgain(self)
    }
}

/// `&mut x`, for an operation that may be tried again.
pub struct UpdatedAgain<N>(N);

/// What stays in the node of an [`UpdatedAgain`]: the value as it was.
pub struct Restored<T>(Option<T>);

impl<N> Sealed for UpdatedAgain<N> {}
impl<T> Sealed for Restored<T> {}
impl<'s, T> Lend<'s> for Restored<T> {
    type Lent = &'s mut T;
}
impl<T: Clone> Held for Restored<T> {
    const LENDING: Lending<Self> = Lending::BORROWED;
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> &'s mut T {
        // SAFETY: made with one `Update` edge on a `Node<T>`.
        let value = unsafe { inputs.update::<T>() };
        if let Some(before) = self.0.take() {
            *value = before;
        }
        value
    }
    const AGAIN: bool = true;
    fn lend_again<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> &'s mut T {
        // SAFETY: as in `lend`.
        let value = unsafe { inputs.update::<T>() };
        match &self.0 {
            Some(before) => value.clone_from(before),
            None => self.0 = Some(value.clone()),
        }
        value
    }
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}
impl<'g, T: Clone + Send + 'g> Input<'g> for UpdatedAgain<&mut Node<'g, T>> {
    type Held = Restored<T>;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 1)
    }
    fn hold(self, node: &mut Assembly) -> Restored<T> {
        node.push_update(self.0.handle_mut());
        Restored(None)
    }
}
impl<'r, 'g, T: HadAgain + Send + 'g> Repeatable<'g> for &'r mut Node<'g, T> {
    type Again = UpdatedAgain<&'r mut Node<'g, T>>;
    fn again(self) -> Self::Again {
        UpdatedAgain(self)
    }
}

/// What is lent in the same way each time.
macro_rules! repeat_as_they_are {
    ($([$($generics:tt)*] $input:ty),* $(,)?) => {
        $(
            impl<$($generics)*> $crate::raw::Repeatable<'g> for $input {
                type Again = Self;
                fn again(self) -> Self {
                    self
                }
            }
        )*
    };
}
pub(crate) use repeat_as_they_are;

repeat_as_they_are!(
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
tuples!();
tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
