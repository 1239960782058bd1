//! `?`: a function that may end early with a computed `Err` or `None`.
//!
//! `f(x)?` is an operation that takes the result apart. Where it is a failure, the operation has no value: it tells the
//! function's [`Verdict`], and all that needs its value is skipped. The function's own result waits for all that was asked and
//! takes the failure that comes first in the text, or else the value. Operations after a `?` are computed ahead: one that
//! panics counts as a failure of its place in the text, so that nothing comes of it where an earlier one failed. Effects are
//! not computed ahead: they wait for what was asked before them.

use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use super::operation::{LaterCall, NowCall, NowScope};
use super::result::Effects;
use super::threads::{self, AnotherThread, Gives};
use crate::error::Failure;
use crate::node::Node;
use crate::raw::{
    self, After, Assembly, Describe, Forwarded, Given, Held, IfThere, Input, Inputs, Kind, Lend, Lending, Outcome,
    Scope, Sealed,
};
use crate::site::Site;

/// What `?` can take apart.
#[diagnostic::on_unimplemented(
    message = "`?` takes a `Result` or an `Option`, and this is a `{Self}`",
    label = "no `Result` or `Option`",
    note = "leave out the `?`, or let the function give a `Result`"
)]
pub trait Questionable: Sized {
    /// The value, if there is one.
    type Output;
    /// What is left if there is none.
    type Residual;
    /// The one or the other.
    fn branch(self) -> ControlFlow<Self::Residual, Self::Output>;
}

/// What is left of an `Err`.
#[derive(Debug)]
pub struct Failed<E>(E);
/// What is left of a `None`.
#[derive(Debug)]
pub struct Nothing;

#[diagnostic::do_not_recommend]
impl<T, E> Questionable for Result<T, E> {
    type Output = T;
    type Residual = Failed<E>;
    fn branch(self) -> ControlFlow<Failed<E>, T> {
        match self {
            Ok(value) => ControlFlow::Continue(value),
            Err(error) => ControlFlow::Break(Failed(error)),
        }
    }
}
#[diagnostic::do_not_recommend]
impl<T> Questionable for Option<T> {
    type Output = T;
    type Residual = Nothing;
    fn branch(self) -> ControlFlow<Nothing, T> {
        self.map_or(ControlFlow::Break(Nothing), ControlFlow::Continue)
    }
}

/// What a function with `?` can give.
#[diagnostic::on_unimplemented(
    message = "`?` ends this function early, and `{Self}` can't hold what it would end with",
    label = "the function gives `{Self}`",
    note = "give a `Result` (whose error implements `From` for this one) for a `Result`, an `Option` for an `Option`"
)]
pub trait FromResidual<R> {
    /// What the function gives where `?` ends it.
    fn from_residual(residual: R) -> Self;
}
#[diagnostic::do_not_recommend]
impl<T, E, F: From<E>> FromResidual<Failed<E>> for Result<T, F> {
    fn from_residual(Failed(error): Failed<E>) -> Self {
        Err(F::from(error))
    }
}
#[diagnostic::do_not_recommend]
impl<T> FromResidual<Nothing> for Option<T> {
    fn from_residual(_: Nothing) -> Self {
        None
    }
}

/// How a function ends early.
enum Ended<R> {
    Early(R),
    Panicked(Arc<Failure>),
}

/// The failure that comes first in the text, of those found so far.
struct Verdict<R>(Mutex<Option<(u32, Ended<R>)>>);

impl<R> Verdict<R> {
    fn tell(&self, place: u32, ended: Ended<R>) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if first.as_ref().is_none_or(|(found, _)| place < *found) {
            *first = Some((place, ended));
        }
    }

    fn panicked(&self, place: u32, site: &Site, payload: Box<dyn Any + Send>) {
        let failure = match payload.downcast::<Forwarded>() {
            Ok(forwarded) => forwarded.0,
            Err(payload) => Arc::new(Failure::panicked_at(site, payload)),
        };
        self.tell(place, Ended::Panicked(failure));
    }
}

/// The verdict, for the operation that gives the function's result: once all that may fail has been run, it takes what has
/// been told, and leaves nothing for another run.
struct Told<R>(Arc<Verdict<R>>);

impl<R> Told<R> {
    fn take(&self) -> Option<(u32, Ended<R>)> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<R> Sealed for Told<R> {}
impl<R> Lend<'_> for Told<R> {
    type Lent = Option<(u32, Ended<R>)>;
}
impl<R> Held for Told<R> {
    const LENDING: Lending<Self> = Lending::by_value::<Option<(u32, Ended<R>)>>();
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> Option<(u32, Ended<R>)> {
        self.take()
    }
    fn let_go(&mut self) {
        drop(self.take());
    }
    fn describe(&self, _: &mut dyn Describe) {}
}
impl<'g, R: Send + 'g> Input<'g> for Told<R> {
    type Held = Self;
    fn prepare(&mut self) -> (usize, usize) {
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> Self {
        self
    }
}

/// Tells whoever runs an operation elsewhere that a failure of it is the function's.
#[cfg(feature = "remote")]
struct Catches<R> {
    place: u32,
    site: &'static Site,
    verdict: Arc<Verdict<R>>,
}

#[cfg(feature = "remote")]
impl<R> raw::Tells for Catches<R> {
    fn tell(&self, out: &mut dyn Describe) {
        out.call(raw::Told::Catches(&|payload| self.verdict.panicked(self.place, self.site, payload)));
    }
}

/// What a function with `?` has asked so far, and its effects.
pub struct Questions<'g, R> {
    effects: Effects<'g>,
    asked: Mutex<After<'g>>,
    /// The place in the text of the operation that comes next.
    place: Cell<u32>,
    verdict: Arc<Verdict<R>>,
}

pub(crate) static QUESTION: Site = Site { label: "?", form: "\u{1}_\u{2}?", file: "", line: 0, column: 0 };
pub(crate) static ANSWER: Site = Site { label: "?", form: "\u{1}_\u{2}", file: "", line: 0, column: 0 };

/// Where a function's questions come from: of one that gives what can't go to another thread, from nowhere.
#[derive(Debug)]
pub struct Asking<R>(PhantomData<fn() -> R>);

impl<R> Asking<R> {
    /// For a function that gives an `R`.
    #[allow(clippy::new_without_default)]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}
impl<R: Send> Asking<R> {
    /// The function's questions.
    #[must_use]
    pub fn questions<'g>(self) -> Questions<'g, R>
    where
        R: 'g,
    {
        Questions::new()
    }
}
/// [`Asking`] for what can't go to another thread.
pub trait AskingHere {
    /// What the function gives.
    type Plain;
    /// Refused.
    fn questions(self) -> <AnotherThread as Gives<Self::Plain>>::Questions
    where
        AnotherThread: Gives<Self::Plain>;
}
impl<R> AskingHere for &Asking<R> {
    type Plain = R;
    fn questions(self) -> <AnotherThread as Gives<R>>::Questions
    where
        AnotherThread: Gives<R>,
    {
        unreachable!("no thread gives what isn't `Send`")
    }
}

impl<'g, R: Send + 'g> Questions<'g, R> {
    /// Nothing asked yet.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let verdict = Arc::new(Verdict(Mutex::new(None)));
        Self { effects: Effects::new(), asked: Mutex::new(After::new()), place: Cell::new(0), verdict }
    }

    /// The function's effects.
    pub fn effects(&self) -> &Effects<'g> {
        &self.effects
    }

    fn next_place(&self) -> u32 {
        self.place.replace(self.place.get() + 1)
    }

    fn with_asked<V>(&self, see: impl FnOnce(&mut After<'g>) -> V) -> V {
        see(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `f(x)?`
    pub fn ask<F>(&self, node: Node<'g, F>) -> Node<'g, F::Output>
    where
        F: Questionable + Send + 'g,
        F::Output: Send + 'g,
        R: FromResidual<F::Residual>,
    {
        let (place, verdict) = (self.next_place(), Arc::clone(&self.verdict));
        let answer = raw::repeatable_node(Kind::MayBeAbsent, &QUESTION, (node,), move |(asked,): (F,), _| {
            Outcome(match asked.branch() {
                ControlFlow::Continue(value) => Given::Value(value),
                ControlFlow::Break(residual) => {
                    verdict.tell(place, Ended::Early(R::from_residual(residual)));
                    Given::Absent
                }
            })
        });
        self.with_asked(|asked| asked.push_shared(&answer));
        answer
    }

    /// An operation of a function with `?`.
    pub fn op<I, T>(
        &self,
        site: &'static Site,
        inputs: I,
        call: for<'s> fn(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, T>,
    ) -> Node<'g, T>
    where
        I: Input<'g>,
        T: threads::Send + 'g,
    {
        self.op_tried(site, inputs, call, raw::never)
    }

    /// As [`op`](Self::op), for an operation that may be tried again.
    pub fn op_tried<I, T, J>(
        &self,
        site: &'static Site,
        inputs: I,
        call: for<'s> fn(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, T>,
        refuses: J,
    ) -> Node<'g, T>
    where
        I: Input<'g>,
        T: threads::Send + 'g,
        J: Fn(&T) -> bool + Send + 'g,
    {
        self.operation(site, inputs, call, refuses)
    }

    fn operation<I, F, T, J>(&self, site: &'static Site, inputs: I, call: F, refuses: J) -> Node<'g, T>
    where
        I: Input<'g>,
        F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, T> + Clone + Send + 'g,
        T: threads::Send + 'g,
        J: Fn(&T) -> bool + Send + 'g,
    {
        if self.with_asked(|asked| asked.is_empty()) {
            return raw::again_node(Kind::Call, site, inputs, call, refuses);
        }
        let (place, verdict) = (self.next_place(), Arc::clone(&self.verdict));
        #[cfg(feature = "remote")]
        let inputs = raw::Telling { inputs, told: Catches { place, site, verdict: Arc::clone(&verdict) } };
        raw::again_node(
            Kind::MayBeAbsent,
            site,
            inputs,
            move |lent, scope| {
                // What the panic leaves behind is seen by nobody: what the operation was given goes with it.
                catch_unwind(AssertUnwindSafe(|| call(lent, scope))).unwrap_or_else(|payload| {
                    Outcome(Given::Caught(Box::new(move || verdict.panicked(place, site, payload))))
                })
            },
            refuses,
        )
    }

    /// An operation that has an effect: it doesn't run where something that was asked before it fails.
    pub fn effect<I, T>(
        &self,
        site: &'static Site,
        inputs: I,
        call: for<'s> fn(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, T>,
    ) -> Node<'g, T>
    where
        I: Input<'g>,
        T: threads::Send + 'g,
    {
        self.effect_tried(site, inputs, call, raw::never)
    }

    /// As [`effect`](Self::effect), for an operation that may be tried again.
    pub fn effect_tried<I, T, J>(
        &self,
        site: &'static Site,
        inputs: I,
        call: for<'s> fn(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, T>,
        refuses: J,
    ) -> Node<'g, T>
    where
        I: Input<'g>,
        T: threads::Send + 'g,
        J: Fn(&T) -> bool + Send + 'g,
    {
        let mut gate = After::new();
        self.with_asked(|asked| gate.extend(asked));
        if gate.is_empty() {
            return raw::again_node(Kind::Call, site, inputs, call, refuses);
        }
        self.operation(site, (inputs, gate), move |(lent, ()), scope| call(lent, scope), refuses)
    }

    /// The function's result: the failure that comes first in the text, or the value.
    pub fn finish(&self, result: Node<'g, R>) -> Node<'g, R> {
        let result = self.effects.finish(result);
        let mut asked = After::new();
        self.with_asked(|so_far| asked.extend(so_far));
        if asked.is_empty() {
            return result;
        }
        let told = Told(Arc::clone(&self.verdict));
        raw::repeatable_node(Kind::Catching, &ANSWER, (IfThere(result), asked, told), |(result, (), first), _| {
            match (first, result) {
                (Some((_, Ended::Early(early))), _) => Outcome(Given::Value(early)),
                (Some((_, Ended::Panicked(failure))), _) => resume_unwind(Box::new(Forwarded(failure))),
                (None, Some(value)) => Outcome(Given::Value(value)),
                (None, None) => unreachable!("a value is missing only where something failed"),
            }
        })
    }
}

impl<I> LaterCall<I> {
    /// Makes the operation, in a function with `?`.
    pub fn run_in<'g, T, R: Send + 'g>(
        self,
        questions: &Questions<'g, R>,
        call: for<'s> fn(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, T>,
    ) -> Node<'g, T>
    where
        I: Input<'g>,
        T: threads::Send + 'g,
    {
        questions.op(self.0, self.1, call)
    }
}
impl<I: super::operation::Here> NowCall<I> {
    /// Makes the call.
    pub fn run_in<X, R>(self, _: &Questions<'_, R>, call: impl FnOnce(I::Given, NowScope) -> X) -> X {
        self.run(call)
    }
}

/// `v?`, of a value that may be a node.
pub struct Ask<V>(Cell<Option<V>>);

impl<V> Ask<V> {
    /// Wraps the value.
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }

    fn inner(&self) -> V {
        self.0.take().expect("a wrapped value is taken once")
    }
}
impl<'g, F> Ask<Node<'g, F>> {
    /// Asks when the graph runs.
    pub fn ask<R>(self, questions: &Questions<'g, R>) -> ControlFlow<Node<'g, R>, Node<'g, F::Output>>
    where
        F: Questionable + Send + 'g,
        F::Output: Send + 'g,
        R: FromResidual<F::Residual> + Send + 'g,
    {
        ControlFlow::Continue(questions.ask(self.inner()))
    }
}
/// [`Ask`] for plain values.
pub trait AskPlain {
    /// The value's type.
    type Plain: Questionable;
    /// Asks now; gives the function's result where the answer is no.
    fn ask<'g, R>(
        self,
        questions: &Questions<'g, R>,
    ) -> ControlFlow<Node<'g, R>, <Self::Plain as Questionable>::Output>
    where
        R: FromResidual<<Self::Plain as Questionable>::Residual> + Send + 'g;
}
impl<V: Questionable> AskPlain for &Ask<V> {
    type Plain = V;
    fn ask<'g, R>(self, questions: &Questions<'g, R>) -> ControlFlow<Node<'g, R>, V::Output>
    where
        R: FromResidual<V::Residual> + Send + 'g,
    {
        match self.inner().branch() {
            ControlFlow::Continue(value) => ControlFlow::Continue(value),
            ControlFlow::Break(residual) => {
                ControlFlow::Break(questions.finish(super::data(R::from_residual(residual))))
            }
        }
    }
}
