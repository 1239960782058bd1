//! What an operation waits for without using it ([`After`]): operations that are to come before it, and those that nobody needs, which
//! run all the same.

use std::marker::PhantomData;

use super::assembly::Assembly;
use super::edge::EdgeKind;
use super::handle::{Handle, need};
use super::header::Describe;
use super::input::{Held, Input, Inputs, Lend, Lending, Sealed, as_before};
use crate::node::Node;

/// What an operation waits for, without using its value; and operations that have been made, some of which nobody may need.
pub struct After<'g> {
    waits: Vec<Handle>,
    made: Vec<Handle>,
    of: PhantomData<Box<dyn Send + Sync + 'g>>,
}

impl<'g> After<'g> {
    /// Waits for nothing yet.
    pub(crate) const fn new() -> Self {
        Self { waits: Vec::new(), made: Vec::new(), of: PhantomData }
    }

    /// Waits for `node` too.
    pub(crate) fn push<T>(&mut self, node: Node<'g, T>) {
        self.waits.push(node.into_handle());
    }

    /// Waits for what `others` waits for, too.
    pub(crate) fn extend(&mut self, others: &After<'g>) {
        self.waits.extend(others.waits.iter().map(Handle::share));
    }

    /// Whether it waits for nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.waits.is_empty()
    }

    /// Waits for `node` too, which somebody else uses.
    pub(crate) fn push_shared<T>(&mut self, node: &Node<'g, T>) {
        self.waits.push(node.handle().share());
    }

    /// Waits for `node` too, if it turns out that nobody needs it.
    #[inline]
    pub(crate) fn note<T>(&mut self, node: &Node<'g, T>) {
        self.made.push(node.handle().watch());
    }

    /// Finds out what nobody needs; false if there is nothing to wait for before `result`.
    pub(crate) fn settle<T>(&mut self, result: &Node<'g, T>) -> bool {
        self.waits.iter().chain([result.handle()]).for_each(|used| need(used.header()));
        let made = std::mem::take(&mut self.made);
        self.waits.extend(made.into_iter().filter(Handle::is_needless));
        !self.waits.is_empty()
    }
}

impl Sealed for After<'_> {}
impl Lend<'_> for After<'_> {
    type Lent = ();
}
impl Held for After<'_> {
    const LENDING: Lending<Self> = Lending::by_value::<()>();
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) {}
    as_before!();
    fn describe(&self, _: &mut dyn Describe) {}
}
impl<'g> Input<'g> for After<'g> {
    type Held = After<'g>;
    fn prepare(&mut self) -> (usize, usize) {
        (self.waits.len(), 0)
    }
    fn hold(mut self, node: &mut Assembly) -> Self::Held {
        for waited_for in self.waits.drain(..) {
            node.push(waited_for, EdgeKind::Order);
        }
        After::new()
    }
}

#[cfg(test)]
mod tests {
    use super::After;
    use crate::{CollectNode, Node, Op};

    /// Whether a node is waited for by itself of which `result` makes what it will.
    fn is_waited_for(result: impl FnOnce(Node<'static, i32>) -> Node<'static, i32>) -> bool {
        let mut after = After::new();
        let made = Op::new("make", (), |()| 1);
        after.note(&made);
        let result = result(made);
        after.settle(&result)
    }

    fn read(node: &Node<'static, i32>) -> Node<'static, i32> {
        Op::new("read", (node,), |(n,): (&i32,)| *n)
    }

    #[test]
    fn what_an_operation_uses_is_not_waited_for_by_itself() {
        assert!(!is_waited_for(|made| Op::new("take", (made,), |(n,): (i32,)| n)));
        for times in 1..10 {
            assert!(!is_waited_for(|made| (0..times).map(|_| read(&made)).last().expect("more than none")), "{times}");
        }
        assert!(!is_waited_for(|made| {
            drop(read(&made));
            made
        }));
        let sum = |(all,): (Vec<i32>,)| all.iter().sum();
        assert!(!is_waited_for(|made| Op::new("sum", (CollectNode::new(vec![made]),), sum)));
        assert!(!is_waited_for(|made| Op::new("sum", (CollectNode::new(vec![made.clone(), made]),), sum)));
        assert!(!is_waited_for(|made| std::thread::spawn(move || read(&made)).join().expect("builds")));
    }

    #[test]
    fn what_was_used_before_it_is_noted_is_not_waited_for_by_itself_if_it_is_used_again() {
        for before in 0..20 {
            let mut after = After::new();
            let made = Op::new("make", (), |()| 1);
            (0..before).for_each(|_| drop(read(&made)));
            after.note(&made);
            let result = read(&made);
            assert!(!after.settle(&result), "used {before} times before");
        }
    }

    #[test]
    fn what_no_operation_uses_is_waited_for() {
        let other = || Op::new("other", (), |()| 2);
        assert!(is_waited_for(|_| other()));
        assert!(is_waited_for(|made| {
            // Only passed on, to nobody.
            drop(CollectNode::new(vec![made]));
            other()
        }));
    }
}
