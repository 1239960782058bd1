//! Operations, and calls that may be made now.

use std::fmt::Debug;
use std::marker::PhantomData;

use super::captured::{Captured, CapturedAgain, Lent, Local, LocalMut, LocalPart, Made, Refused, RefusedLoan};
use super::threads;
use crate::node::Node;
use crate::raw::{self, Cloned, CopiedBy, Given, HadAgain, Input, Kept, Kind, Lend, LentAgain, Outcome, Scope};
use crate::site::Site;

/// An operation that calls `call` with what `inputs` lend.
///
/// `call` is a function and no closure that captures: so rustc makes one kind of node of all calls with the same inputs and
/// result, and has nothing to find out of captures when it infers types.
#[inline]
pub fn op<'g, I, R>(
    site: &'static Site,
    inputs: I,
    call: for<'s> fn(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R>,
) -> Node<'g, R>
where
    I: Input<'g>,
    R: threads::Send + 'g,
{
    raw::repeatable_node(Kind::Call, site, inputs, call)
}

/// An input of an operation that may be tried again.
#[inline]
pub fn again<'g, I: LentAgain<'g>>(input: I) -> I::Again
where
    I::Needed: HadAgain,
{
    input.again(<I::Needed as Clone>::clone)
}

/// As [`op`], for an operation that may be tried again where it fails, or gives a value that `refuses` does.
pub fn op_tried<'g, I, R, J>(
    site: &'static Site,
    inputs: I,
    call: for<'s> fn(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R>,
    refuses: J,
) -> Node<'g, R>
where
    I: Input<'g>,
    R: threads::Send + 'g,
    J: Fn(&R) -> bool + Send + 'g,
{
    raw::again_node(Kind::Call, site, inputs, call, refuses)
}

/// A value that an operation gave which may be tried again.
#[derive(Debug)]
pub struct Verdict<'v, R>(&'v R);

impl<'v, R> Verdict<'v, R> {
    /// Of this value.
    pub fn of(value: &'v R) -> Self {
        Self(value)
    }
}
impl<T, E> Verdict<'_, Result<T, E>> {
    /// An `Err` is a reason to try again.
    pub fn refused(self) -> bool {
        self.0.is_err()
    }
    /// An `Err` is a reason to try again, if `when` says so.
    pub fn refused_when(self, when: impl FnOnce(&E) -> bool) -> bool {
        self.0.as_ref().is_err_and(when)
    }
}
/// [`Verdict`] of values that are no `Result`.
pub trait VerdictPlain {
    /// No value is a reason to try again.
    fn refused(self) -> bool;
    /// There is no error to look at.
    fn refused_when<W>(self, when: W) -> bool
    where
        Self: HasError<W>;
}
impl<R> VerdictPlain for Verdict<'_, R> {
    fn refused(self) -> bool {
        false
    }
    fn refused_when<W>(self, _: W) -> bool
    where
        Self: HasError<W>,
    {
        false
    }
}
/// What `#[retry(…, when = …)]` can look at. Nothing implements it; it is there for what rustc says.
#[diagnostic::on_unimplemented(
    message = "`when` looks at the error of a `Result`, and this operation gives none",
    label = "no error to look at",
    note = "leave `when` out: the operation is tried again where it panics or takes too long"
)]
pub trait HasError<W> {}

/// As [`op`], for an operation that is made by itself (`op!`): a kind of node of its own, eight bytes smaller and without an
/// indirect call, for a little more work of the compiler.
#[inline]
pub fn op_alone<'g, I, F, R>(site: &'static Site, inputs: I, call: F) -> Node<'g, R>
where
    I: Input<'g>,
    F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Clone + Send + 'g,
    R: threads::Send + 'g,
{
    raw::repeatable_node(Kind::Call, site, inputs, call)
}

/// What a call gave, not told apart yet.
#[derive(Debug)]
pub struct Gave<'s, X>(X, PhantomData<&'s ()>);

impl<'s> Scope<'s, '_> {
    /// Takes what the call gave.
    #[inline]
    pub fn give<X>(self, given: X) -> Gave<'s, X> {
        Gave(given, PhantomData)
    }
}

impl<'s, R> Gave<'s, Node<'s, R>> {
    /// A subgraph, to run in the operation's place.
    #[inline]
    pub fn settle(self) -> Outcome<'s, R> {
        Outcome(Given::Subgraph(self.0))
    }
}

impl<'s, R> Gave<'s, Node<'s, R>> {
    /// A subgraph, to run in the operation's place; nobody uses its value.
    pub fn settle_unused(self) -> Outcome<'s, R> {
        self.settle()
    }
}

impl<'s, R> Gave<'s, Node<'s, R>> {
    /// `g(x).await`, where `g` is a `#[dispatch]` function: a subgraph, to run in the operation's place.
    pub fn settle_awaited(self) -> Outcome<'s, R> {
        self.settle()
    }
}

/// [`Gave`] for futures.
pub trait GiveFuture<'s> {
    /// The type of the future's value.
    type Output;
    /// A future, to wait for in the operation's place.
    fn settle_awaited(self) -> Outcome<'s, Self::Output>;
}
impl<'s, X: IntoFuture<IntoFuture: Send + 's>> GiveFuture<'s> for Gave<'s, X> {
    type Output = X::Output;
    fn settle_awaited(self) -> Outcome<'s, X::Output> {
        Outcome(Given::Future(Box::pin(self.0.into_future())))
    }
}

/// [`Gave`] for values that nobody uses: they may borrow from what the operation is lent.
pub trait GiveUnused<'s> {
    /// No value.
    fn settle_unused(self) -> Outcome<'s, ()>;
}
impl<'s, X> GiveUnused<'s> for Gave<'s, X> {
    fn settle_unused(self) -> Outcome<'s, ()> {
        drop(self.0);
        Outcome(Given::Value(()))
    }
}

/// [`Gave`] for values.
pub trait GivePlain<'s> {
    /// The value's type.
    type Plain;
    /// The operation's value.
    fn settle(self) -> Outcome<'s, Self::Plain>;
}
impl<'s, X> GivePlain<'s> for Gave<'s, X> {
    type Plain = X;
    #[inline]
    fn settle(self) -> Outcome<'s, X> {
        Outcome(Given::Value(self.0))
    }
}

/// A call that is an operation if one of its inputs is lazy, and is made now if none is.
#[derive(Debug)]
pub struct Assoc<I>(&'static Site, I);

/// Wraps the call's inputs.
pub fn assoc<I>(site: &'static Site, inputs: I) -> Assoc<I> {
    Assoc(site, inputs)
}

/// No input is lazy.
#[derive(Debug)]
pub struct Now;
/// Some input is lazy.
#[derive(Debug)]
pub struct Later;

/// Whether an input is lazy.
pub trait Timing {
    /// [`Now`] or [`Later`].
    type When;
}

impl<T> Timing for Node<'_, T> {
    type When = Later;
}
impl<T> Timing for &Node<'_, T> {
    type When = Later;
}
impl<T> Timing for &mut Node<'_, T> {
    type When = Later;
}
impl<T> Timing for CopiedBy<'_, '_, T> {
    type When = Later;
}
impl<N> Timing for Cloned<N> {
    type When = Later;
}
impl<N> Timing for Kept<N> {
    type When = Later;
}
impl<V> Timing for Refused<V> {
    type When = Later;
}
impl<V> Timing for RefusedLoan<V> {
    type When = Later;
}
impl<V, D> Timing for Captured<V, D> {
    type When = Now;
}
impl<V, D> Timing for CapturedAgain<V, D> {
    type When = Now;
}
impl<V> Timing for Made<V> {
    type When = Now;
}
impl<V, D> Timing for Lent<V, D> {
    type When = Now;
}
impl<V, D> Timing for Local<'_, V, D> {
    type When = Now;
}
impl<V> Timing for LocalMut<'_, V> {
    type When = Now;
}
impl<X: ?Sized + ToOwned> Timing for LocalPart<'_, X> {
    type When = Now;
}

/// An input that is there now.
pub trait Here {
    /// What the call gets.
    type Given;
    /// Gives it.
    fn here(self) -> Self::Given;
}
impl<V, D> Here for Captured<V, D> {
    type Given = V;
    fn here(self) -> V {
        self.0.expect("given once")
    }
}
impl<V, D> Here for CapturedAgain<V, D> {
    type Given = V;
    fn here(self) -> V {
        self.into_value()
    }
}
impl<V> Here for Made<V> {
    type Given = V;
    fn here(self) -> V {
        self.make()
    }
}
impl<V, D> Here for Lent<V, D> {
    type Given = V;
    fn here(self) -> V {
        self.0
    }
}
impl<'r, V, D> Here for Local<'r, V, D> {
    type Given = &'r V;
    fn here(self) -> &'r V {
        self.0
    }
}
impl<'r, V> Here for LocalMut<'r, V> {
    type Given = &'r mut V;
    fn here(self) -> &'r mut V {
        self.0
    }
}
impl<'r, X: ?Sized + ToOwned> Here for LocalPart<'r, X> {
    type Given = &'r X;
    fn here(self) -> &'r X {
        self.0
    }
}

macro_rules! tuples {
    ($($name:ident $index:tt),*; $folded:ty) => {
        impl<$($name: Timing),*> Timing for ($($name,)*) where $($name::When: AnyTime,)* {
            type When = $folded;
        }
        impl<$($name: Here),*> Here for ($($name,)*) {
            type Given = ($($name::Given,)*);
            fn here(self) -> Self::Given {
                ($(self.$index.here(),)*)
            }
        }
    };
}

/// [`Now`] or [`Later`].
pub trait AnyTime {
    /// The later of the two.
    type With<Other: AnyTime>: AnyTime;
}
impl AnyTime for Now {
    type With<Other: AnyTime> = Other;
}
impl AnyTime for Later {
    type With<Other: AnyTime> = Later;
}

tuples!(A 0; A::When);
tuples!(A 0, B 1; <A::When as AnyTime>::With<B::When>);
tuples!(A 0, B 1, C 2; <A::When as AnyTime>::With<<B::When as AnyTime>::With<C::When>>);
tuples!(A 0, B 1, C 2, D 3; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<D::When>>>);
tuples!(A 0, B 1, C 2, D 3, E 4; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<E::When>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<F::When>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<G::When>>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<<G::When as AnyTime>::With<H::When>>>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<<G::When as AnyTime>::With<<H::When as AnyTime>::With<I::When>>>>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<<G::When as AnyTime>::With<<H::When as AnyTime>::With<<I::When as AnyTime>::With<J::When>>>>>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<<G::When as AnyTime>::With<<H::When as AnyTime>::With<<I::When as AnyTime>::With<<J::When as AnyTime>::With<K::When>>>>>>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<<G::When as AnyTime>::With<<H::When as AnyTime>::With<<I::When as AnyTime>::With<<J::When as AnyTime>::With<<K::When as AnyTime>::With<L::When>>>>>>>>>>>);

/// Makes the call of the right kind.
pub trait Mode {
    /// The call.
    type Call<I>;
    /// Makes it.
    fn call<I>(site: &'static Site, inputs: I) -> Self::Call<I>;
}
impl Mode for Now {
    type Call<I> = NowCall<I>;
    fn call<I>(_: &'static Site, inputs: I) -> NowCall<I> {
        NowCall(inputs)
    }
}
impl Mode for Later {
    type Call<I> = LaterCall<I>;
    fn call<I>(site: &'static Site, inputs: I) -> LaterCall<I> {
        LaterCall(site, inputs)
    }
}

impl<I: Timing> Assoc<I>
where
    I::When: Mode,
{
    /// Tells by the inputs' types which it is.
    pub fn mode(self) -> <I::When as Mode>::Call<I> {
        <I::When as Mode>::call(self.0, self.1)
    }
}

/// A call that is made now.
#[derive(Debug)]
pub struct NowCall<I>(I);
/// A call that is an operation.
#[derive(Debug)]
pub struct LaterCall<I>(pub(super) &'static Site, pub(super) I);

/// Stands for [`Scope`] in a call that is made now.
#[derive(Debug, Clone, Copy)]
pub struct NowScope;

/// What a call gave that was made now.
#[derive(Debug)]
pub struct GaveNow<X>(X);

impl NowScope {
    /// Takes what the call gave.
    pub fn give<X>(self, given: X) -> GaveNow<X> {
        GaveNow(given)
    }
}
impl<X> GaveNow<X> {
    /// Gives it back.
    pub fn settle(self) -> X {
        self.0
    }
}

impl<I: Here> NowCall<I> {
    /// Makes the call.
    pub fn run<X>(self, call: impl FnOnce(I::Given, NowScope) -> X) -> X {
        call(self.0.here(), NowScope)
    }
}
impl<I> LaterCall<I> {
    /// Makes the operation.
    pub fn run<'g, R>(
        self,
        call: for<'s> fn(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R>,
    ) -> Node<'g, R>
    where
        I: Input<'g>,
        R: threads::Send + 'g,
    {
        op(self.0, self.1, call)
    }
}
