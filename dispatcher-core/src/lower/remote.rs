//! Operations that say which function they call, so that another process can be asked to.

use std::any::type_name;
use std::marker::PhantomData;

use crate::node::Node;
use crate::raw::{Describe, Held, Input, Lend, Plain, Telling, Tells, Told};

/// Asks a call what it is. The call is never made: `lent` gives nothing, and stands there for the types.
pub struct AskingCall<'w, L>(&'w mut dyn Describe, PhantomData<fn() -> L>);

impl<L> AskingCall<'_, L> {
    /// What the call would be given.
    pub fn lent(&self) -> Option<L> {
        None
    }
    /// The next argument is the `index`-th input.
    pub fn input(&mut self, index: usize) {
        self.0.call(Told::Input(index));
    }
    /// The next argument is this.
    pub fn constant<V>(&mut self, value: &V) {
        self.0.call(Told::Constant(Plain::of(value)));
    }
    /// The next argument is put together in the call.
    pub fn built(&mut self) {
        self.0.call(Told::Built);
    }
    /// The argument of this number is a closure.
    pub fn closure(&mut self, index: usize) {
        self.0.call(Told::Closure(index));
    }
    /// This function is called.
    pub fn callee<F>(&mut self, _: &F, gives_graph: bool) {
        self.0.call(Told::Callee { function: typeid::of::<F>(), name: type_name::<F>(), gives_graph });
    }
    /// There is no call: the operation gives its only input.
    pub fn passes(&mut self) {
        self.0.call(Told::Passes);
    }
}

/// What a call would give.
#[derive(Debug)]
pub struct Giving<X>(PhantomData<X>);

impl<X> Giving<X> {
    /// Of a type that is found out by [`this`](Self::this).
    #[allow(clippy::new_without_default)]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
    /// It would give this.
    pub fn this(&self, _: X) {}
}
impl<R> Giving<Node<'_, R>> {
    /// Whether it gives a graph.
    pub fn graph(&self) -> bool {
        true
    }
}
/// [`Giving`] for values.
pub trait GivingPlain {
    /// Whether it gives a graph.
    fn graph(&self) -> bool;
}
impl<X> GivingPlain for Giving<X> {
    fn graph(&self) -> bool {
        false
    }
}

/// Asks a call what it is.
pub struct Who<H: Held>(for<'s, 'w> fn(&mut AskingCall<'w, <H as Lend<'s>>::Lent>));

impl<H: Held> Tells for Who<H> {
    fn tell(&self, out: &mut dyn Describe) {
        (self.0)(&mut AskingCall(out, PhantomData));
    }
}

/// The inputs of an operation, and who is called with what they lend.
#[inline]
pub fn of_call<'g, I: Input<'g>>(
    inputs: I,
    who: for<'s, 'w> fn(&mut AskingCall<'w, <I::Held as Lend<'s>>::Lent>),
) -> Telling<I, Who<I::Held>> {
    Telling { inputs, told: Who(who) }
}
