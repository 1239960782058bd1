//! Plain values that operations take, copy or would update.

use std::marker::PhantomData;

use crate::raw::{
    Assembly, Describe, Held, Input, Inputs, Lend, Lending, LentAgain, Sealed, ShowData, as_before, lent_as_before,
    told,
};

/// A plain value that an operation takes.
#[derive(Debug)]
pub struct Captured<V, D>(pub(super) Option<V>, PhantomData<fn() -> D>);

impl<V, D> Captured<V, D> {
    pub(super) fn new(value: V) -> Self {
        Self(Some(value), PhantomData)
    }
}

impl<V, D> Sealed for Captured<V, D> {}
impl<V, D> Lend<'_> for Captured<V, D> {
    type Lent = V;
}
impl<V, D: ShowData<V>> Held for Captured<V, D> {
    const LENDING: Lending<Self> = Lending::by_value::<V>();
    #[inline]
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> V {
        self.0.take().expect("lent once")
    }
    const AGAIN: bool = D::CLONE.is_some();
    fn lend_again<'s>(&'s mut self, _: &mut Inputs<'s>) -> V {
        let clone = D::CLONE.expect("what can't be cloned isn't asked for again");
        clone(self.0.as_ref().expect("there until it is lent for good"))
    }
    fn once(&self) -> Option<&'static str> {
        D::CLONE.is_none().then(std::any::type_name::<V>)
    }
    fn lend_in_each_run<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> V {
        self.lend_again(inputs)
    }
    fn describe(&self, out: &mut dyn Describe) {
        if let Some(value) = &self.0 {
            told!(out.value(value));
            D::show(value, out);
        }
    }
}
impl<'g, V: Send + 'g, D: ShowData<V> + 'g> Input<'g> for Captured<V, D> {
    type Held = Self;
    #[inline]
    fn prepare(&mut self) -> (usize, usize) {
        (0, 0)
    }
    #[inline]
    fn hold(self, _: &mut Assembly) -> Self {
        self
    }
}

/// A plain value that an operation takes which may be tried again.
#[derive(Debug)]
pub struct CapturedAgain<V, D>(Captured<V, D>, fn(&V) -> V);

impl<V, D> Sealed for CapturedAgain<V, D> {}
impl<V, D> Lend<'_> for CapturedAgain<V, D> {
    type Lent = V;
}
impl<V, D: ShowData<V>> Held for CapturedAgain<V, D> {
    const LENDING: Lending<Self> = Lending::by_value::<V>();
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> V {
        self.0.lend(inputs)
    }
    const AGAIN: bool = true;
    fn lend_again<'s>(&'s mut self, _: &mut Inputs<'s>) -> V {
        (self.1)(self.0.0.as_ref().expect("there until it is lent for good"))
    }
    fn lend_in_each_run<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> V {
        self.lend_again(inputs)
    }
    fn describe(&self, out: &mut dyn Describe) {
        self.0.describe(out);
    }
}
impl<'g, V: Send + 'g, D: ShowData<V> + 'g> Input<'g> for CapturedAgain<V, D> {
    type Held = Self;
    fn prepare(&mut self) -> (usize, usize) {
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> Self {
        self
    }
}
impl<V, D> CapturedAgain<V, D> {
    pub(super) fn new(value: V, clone: fn(&V) -> V) -> Self {
        Self(Captured::new(value), clone)
    }

    pub(super) fn into_value(self) -> V {
        self.0.0.expect("given once")
    }
}
impl<'g, V: Send + 'g, D: ShowData<V> + 'g> LentAgain<'g> for Captured<V, D> {
    type Needed = V;
    type Again = CapturedAgain<V, D>;
    fn again(self, clone: fn(&V) -> V) -> CapturedAgain<V, D> {
        CapturedAgain(self, clone)
    }
}

/// A plain value that is the same wherever it is made: it is made when the operation runs.
#[derive(Debug)]
pub struct Made<V>(fn() -> V);

impl<V> Made<V> {
    pub(super) fn new(make: fn() -> V) -> Self {
        Self(make)
    }

    pub(super) fn make(&self) -> V {
        (self.0)()
    }
}

impl<V> Sealed for Made<V> {}
impl<V> Lend<'_> for Made<V> {
    type Lent = V;
}
impl<V> Held for Made<V> {
    const LENDING: Lending<Self> = Lending::by_value::<V>();
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> V {
        self.make()
    }
    as_before!();
    fn describe(&self, out: &mut dyn Describe) {
        told!(out.value(&self.make()));
        out.opaque();
    }
}
impl<'g, V: Send + 'g> Input<'g> for Made<V> {
    type Held = Self;
    fn prepare(&mut self) -> (usize, usize) {
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> Self {
        self
    }
}

/// A plain local that an operation reads: the local itself where it is called now, an owned copy where it is called later.
#[derive(Debug)]
pub struct Local<'r, V, D>(pub(super) &'r V, pub(super) Option<V>, pub(super) PhantomData<fn() -> D>);

/// The owned copy.
#[derive(Debug)]
pub struct Owned<V, D>(V, PhantomData<fn() -> D>);

impl<V, D> Sealed for Local<'_, V, D> {}
impl<V, D> Sealed for Owned<V, D> {}
impl<'s, V, D> Lend<'s> for Owned<V, D> {
    type Lent = &'s V;
}
impl<V, D: ShowData<V>> Held for Owned<V, D> {
    const LENDING: Lending<Self> = Lending::BORROWED;
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> &'s V {
        &self.0
    }
    as_before!();
    fn describe(&self, out: &mut dyn Describe) {
        told!(out.value(&self.0));
        D::show(&self.0, out);
    }
}
impl<'g, V: Clone + Send + Sync + 'g, D: ShowData<V> + 'g> Input<'g> for Local<'_, V, D> {
    type Held = Owned<V, D>;
    fn prepare(&mut self) -> (usize, usize) {
        self.1 = Some(self.0.clone());
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> Owned<V, D> {
        Owned(self.1.expect("prepared"), PhantomData)
    }
}

/// A plain value without a name, which an operation takes and lends.
#[derive(Debug)]
pub struct Lent<V, D>(pub(super) V, PhantomData<fn() -> D>);

impl<V, D> Lent<V, D> {
    pub(super) fn new(value: V) -> Self {
        Self(value, PhantomData)
    }
}

impl<V, D> Sealed for Lent<V, D> {}
impl<'g, V: Send + 'g, D: ShowData<V> + 'g> Input<'g> for Lent<V, D> {
    type Held = Owned<V, D>;
    fn prepare(&mut self) -> (usize, usize) {
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> Owned<V, D> {
        Owned(self.0, PhantomData)
    }
}

/// A plain local that an operation reads: an owned copy of it is taken. That it can be is checked where this is made, so
/// that there is one error at the argument, and none after it.
#[derive(Debug)]
pub struct KeptLocal<'r, V, D> {
    pub(super) local: &'r V,
    pub(super) clone: fn(&V) -> V,
    pub(super) copy: Option<V>,
    pub(super) shown: PhantomData<fn() -> D>,
}

impl<V, D> Sealed for KeptLocal<'_, V, D> {}
// `Sync`, so that a `Cell` is refused: the operation would change its copy.
impl<'g, V: Send + Sync + 'g, D: ShowData<V> + 'g> Input<'g> for KeptLocal<'_, V, D> {
    type Held = Owned<V, D>;
    fn prepare(&mut self) -> (usize, usize) {
        self.copy = Some((self.clone)(self.local));
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> Owned<V, D> {
        Owned(self.copy.expect("prepared"), PhantomData)
    }
}

/// A plain local that would be updated. An operation can't: it runs later.
#[derive(Debug)]
pub struct LocalMut<'r, V>(pub(super) &'r mut V);

impl<V> Sealed for LocalMut<'_, V> {}
// Never held: `Updatable` is for nodes. The implementation keeps a refusal from being told twice.
impl<'g, V: 'g> Input<'g> for LocalMut<'_, V> {
    type Held = NeverHeld<V>;
    fn prepare(&mut self) -> (usize, usize) {
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> NeverHeld<V> {
        unreachable!("a plain local is not updated by an operation")
    }
}

/// What an operation would be lent of a collection of nodes that it updates.
#[derive(Debug)]
pub struct NeverUpdated<V>(NeverHeld<V>);

impl<V> Sealed for NeverUpdated<V> {}
impl<'g, V: 'g> Input<'g> for NeverUpdated<V> {
    type Held = NeverHeld<V>;
    fn prepare(&mut self) -> (usize, usize) {
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> NeverHeld<V> {
        self.0
    }
}

/// What an operation would hold of a plain local that it updates.
#[derive(Debug)]
pub struct NeverHeld<V>(std::convert::Infallible, PhantomData<fn() -> V>);

impl<V> Sealed for NeverHeld<V> {}
impl<'s, V> Lend<'s> for NeverHeld<V> {
    type Lent = &'s mut V;
}
impl<V> Held for NeverHeld<V> {
    const LENDING: Lending<Self> = Lending::BORROWED;
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> &'s mut V {
        match self.0 {}
    }
    fn describe(&self, _: &mut dyn Describe) {}
}

/// A value that an operation can't take. That is an error where this is made; here, nothing more is said of it.
#[derive(Debug)]
pub struct Refused<V>(std::convert::Infallible, PhantomData<fn() -> V>);

impl<V> Sealed for Refused<V> {}
impl<V> Lend<'_> for Refused<V> {
    type Lent = V;
}
impl<V> Held for Refused<V> {
    const LENDING: Lending<Self> = Lending::BORROWED;
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> V {
        match self.0 {}
    }
    fn describe(&self, _: &mut dyn Describe) {}
}
impl<'g, V: 'g> Input<'g> for Refused<V> {
    type Held = Self;
    fn prepare(&mut self) -> (usize, usize) {
        match self.0 {}
    }
    fn hold(self, _: &mut Assembly) -> Self {
        self
    }
}

/// The same for a value that would be lent.
#[derive(Debug)]
pub struct RefusedLoan<V>(std::convert::Infallible, PhantomData<fn() -> V>);

impl<V> Sealed for RefusedLoan<V> {}
impl<'s, V> Lend<'s> for RefusedLoan<V> {
    type Lent = &'s V;
}
impl<V> Held for RefusedLoan<V> {
    const LENDING: Lending<Self> = Lending::BORROWED;
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> &'s V {
        match self.0 {}
    }
    fn describe(&self, _: &mut dyn Describe) {}
}
impl<'g, V: 'g> Input<'g> for RefusedLoan<V> {
    type Held = Self;
    fn prepare(&mut self) -> (usize, usize) {
        match self.0 {}
    }
    fn hold(self, _: &mut Assembly) -> Self {
        self
    }
}

/// Part of a plain local: what [`Local`] is for a whole one.
#[derive(Debug)]
pub struct LocalPart<'r, X: ?Sized + ToOwned>(pub(super) &'r X, pub(super) Option<X::Owned>);

/// The owned copy of a part.
pub struct OwnedPart<X: ?Sized + ToOwned>(X::Owned);

impl<X: ?Sized + ToOwned> Sealed for LocalPart<'_, X> {}
impl<X: ?Sized + ToOwned> Sealed for OwnedPart<X> {}
impl<'s, X: ?Sized + ToOwned> Lend<'s> for OwnedPart<X> {
    type Lent = &'s X;
}
impl<X: ?Sized + ToOwned> Held for OwnedPart<X> {
    const LENDING: Lending<Self> = Lending::BORROWED;
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> &'s X {
        std::borrow::Borrow::borrow(&self.0)
    }
    as_before!();
    fn describe(&self, out: &mut dyn Describe) {
        told!(out.value(&self.0));
        out.opaque();
    }
}
impl<'g, X: ?Sized + ToOwned + 'g> Input<'g> for LocalPart<'_, X>
where
    X::Owned: Send + Sync + 'g,
{
    type Held = OwnedPart<X>;
    fn prepare(&mut self) -> (usize, usize) {
        self.1 = Some(self.0.to_owned());
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> OwnedPart<X> {
        OwnedPart(self.1.expect("prepared"))
    }
}

lent_as_before!(
    ['g, V: Send + 'g] Made<V>,
    ['g, V: Send + 'g, D: ShowData<V> + 'g] CapturedAgain<V, D>,
    ['g, V: Clone + Send + Sync + 'g, D: ShowData<V> + 'g] Local<'_, V, D>,
    ['g, V: Send + 'g, D: ShowData<V> + 'g] Lent<V, D>,
    ['g, V: Send + Sync + 'g, D: ShowData<V> + 'g] KeptLocal<'_, V, D>,
    ['g, V: Send + 'g] LocalMut<'_, V>,
    ['g, X: ?Sized + ToOwned<Owned: Send + Sync> + 'g] LocalPart<'_, X>,
);
