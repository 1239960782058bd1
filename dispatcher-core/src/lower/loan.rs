//! Results that borrow from a value which only the operation has: the sentence for them.
//!
//! rustc would say so too, of a closure that the user hasn't written. Lifetimes don't show in how methods are found, so this goes
//! by pairs of types of the standard library: of the value, and of what a method of it gave.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque, btree_map, btree_set, hash_map, hash_set};
use std::iter::{Enumerate, Peekable, Rev, Skip, StepBy, Take};
use std::marker::PhantomData;
use std::{slice, str};

use super::operation::Gave;
use crate::raw::Outcome;

/// The type of the value whose method gave the result.
#[derive(Debug)]
pub struct Owner<T: ?Sized>(PhantomData<fn() -> PhantomData<T>>);

impl<T: ?Sized> Owner<T> {
    /// The value's type.
    #[inline]
    #[must_use]
    pub fn of(_: &T) -> Self {
        Self(PhantomData)
    }
}

/// What a method of a value gave.
#[derive(Debug)]
pub struct GaveOf<'s, X, T>(Gave<'s, X>, Owner<T>);

impl<'s, X> Gave<'s, X> {
    /// Notes whose method gave it.
    #[inline]
    pub fn of<T>(self, owner: Owner<T>) -> GaveOf<'s, X, T> {
        GaveOf(self, owner)
    }
}

/// A value that owns what its methods lend.
pub trait Owns {}
/// What borrows from the value whose method gave it.
pub trait Loan {}

/// Nothing implements this trait: it says why a result can't borrow.
#[diagnostic::on_unimplemented(
    message = "this borrows from a `{Self}` that only this operation has, and its result must own what it gives: go on to an owned \
               value in the same chain (`.to_owned()`, `.cloned()`, `.collect::<Vec<_>>()` of owned values), or do what comes \
               next in a function that takes the whole value",
    label = "borrows from the operation's own value"
)]
pub trait Outlives {}

impl<'s, X: Loan, T: Owns> GaveOf<'s, X, T> {
    /// Refused.
    pub fn settle_of(self) -> Outcome<'s, X>
    where
        T: Outlives,
    {
        unreachable!("no value outlives its operation")
    }
}
/// [`GaveOf`] for results of their own.
pub trait GiveOf<'s> {
    /// The value's type.
    type Plain;
    /// The operation's value.
    fn settle_of(self) -> Outcome<'s, Self::Plain>;
}
impl<'s, X, T> GiveOf<'s> for GaveOf<'s, X, T> {
    type Plain = X;
    #[inline]
    fn settle_of(self) -> Outcome<'s, X> {
        super::operation::GivePlain::settle(self.0)
    }
}

macro_rules! owns {
    ($([$($generics:tt)*] $owner:ty;)*) => { $(impl<$($generics)*> Owns for $owner {})* };
}
owns! {
    [] String;
    [] Box<str>;
    [T] Vec<T>;
    [T] Box<[T]>;
    [T] VecDeque<T>;
    [T, S] HashSet<T, S>;
    [T] BTreeSet<T>;
    [K, V, S] HashMap<K, V, S>;
    [K, V] BTreeMap<K, V>;
    [T, const N: usize] [T; N];
}

macro_rules! loans {
    ($([$($generics:tt)*] $loan:ty;)*) => { $(impl<$($generics)*> Loan for $loan {})* };
}
loans! {
    [X: ?Sized] &X;
    [X: ?Sized] &mut X;
    [X: ?Sized] Option<&X>;
    [X: ?Sized] Option<&mut X>;
    [X: ?Sized, Y: ?Sized] (&mut X, &mut Y);
    [X] slice::IterMut<'_, X>;
    [X] slice::ChunksMut<'_, X>;
    [X: ?Sized] Vec<&X>;
    [X: ?Sized, Y: ?Sized] (&X, &Y);
    [X: ?Sized, Y: ?Sized] Option<(&X, &Y)>;
    [X] slice::Iter<'_, X>;
    [X] slice::Windows<'_, X>;
    [X] slice::Chunks<'_, X>;
    [] str::Chars<'_>;
    [] str::CharIndices<'_>;
    [] str::Bytes<'_>;
    [] str::Lines<'_>;
    [] str::SplitWhitespace<'_>;
    [] str::Split<'_, char>;
    [] str::Split<'_, &str>;
    [K, V] hash_map::Iter<'_, K, V>;
    [K, V] hash_map::Keys<'_, K, V>;
    [K, V] hash_map::Values<'_, K, V>;
    [K, V] btree_map::Iter<'_, K, V>;
    [K, V] btree_map::Keys<'_, K, V>;
    [K, V] btree_map::Values<'_, K, V>;
    [K] hash_set::Iter<'_, K>;
    [K] btree_set::Iter<'_, K>;
    [I: Loan] Rev<I>;
    [I: Loan] Skip<I>;
    [I: Loan] StepBy<I>;
    [I: Loan] Take<I>;
    [I: Loan] Enumerate<I>;
    [I: Loan + Iterator] Peekable<I>;
}
