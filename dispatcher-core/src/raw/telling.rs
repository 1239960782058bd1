//! Inputs that tell of the call that they are for, too.

use super::assembly::Assembly;
use super::header::Describe;
use super::input::{Held, Input, Inputs, Lend, Lending, Sealed};

/// Tells something of an operation.
pub(crate) trait Tells {
    fn tell(&self, out: &mut dyn Describe);
}

/// Inputs, and what is to be told with them.
#[derive(Debug)]
pub struct Telling<I, W> {
    pub(crate) inputs: I,
    pub(crate) told: W,
}

impl<I, W> Sealed for Telling<I, W> {}
impl<'s, H: Lend<'s>, W> Lend<'s> for Telling<H, W> {
    type Lent = H::Lent;
}
#[allow(private_bounds)]
impl<H: Held, W: Tells> Held for Telling<H, W> {
    const LENDING: Lending<Self> = Lending::as_of(&H::LENDING);
    #[inline]
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> <Self as Lend<'s>>::Lent {
        self.inputs.lend(inputs)
    }
    const AGAIN: bool = H::AGAIN;
    #[inline]
    fn lend_again<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> <Self as Lend<'s>>::Lent {
        self.inputs.lend_again(inputs)
    }
    fn restore(&mut self) {
        self.inputs.restore();
    }
    fn once(&self) -> Option<&'static str> {
        self.inputs.once()
    }
    #[inline]
    fn lend_in_each_run<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> <Self as Lend<'s>>::Lent {
        self.inputs.lend_in_each_run(inputs)
    }
    #[inline]
    fn let_go(&mut self) {
        self.inputs.let_go();
    }
    fn describe(&self, out: &mut dyn Describe) {
        self.inputs.describe(out);
        self.told.tell(out);
    }
}
#[allow(private_bounds)]
impl<'g, I: Input<'g>, W: Tells + Send + 'g> Input<'g> for Telling<I, W> {
    type Held = Telling<I::Held, W>;
    const TAKES: bool = I::TAKES;
    #[inline]
    fn prepare(&mut self) -> (usize, usize) {
        self.inputs.prepare()
    }
    #[inline]
    fn hold(self, node: &mut Assembly) -> Self::Held {
        Telling { inputs: self.inputs.hold(node), told: self.told }
    }
}
