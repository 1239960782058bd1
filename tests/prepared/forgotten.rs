//! A run whose future is forgotten, so that it is never dropped. It leaks; so this test is none of those that run under checkers.

use dispatcher::{AsyncExecutor, DataNode, Inputs, Node, Op, SerialExecutor};

/// An input holds for its run alone, also if that is forgotten.
#[test]
fn an_input_holds_for_its_run_alone_also_if_that_is_forgotten() {
    let d = DataNode::new(5_u32);
    let mut last = Op::repeatable("a", (&d,), |(d,)| u64::from(*d));
    for _ in 0..100 {
        last = Op::repeatable("b", (last,), |(v,)| v);
    }
    let out = Op::repeatable("o", (last,), |(v,)| v);
    let mut p = Node::prepare(out).unwrap();
    let ex = AsyncExecutor::new();
    let mut f = Box::pin(ex.run_prepared_async(&mut p, Inputs::new().value(&d, 9)));
    let waker = std::task::Waker::noop();
    assert!(std::future::Future::poll(f.as_mut(), &mut std::task::Context::from_waker(waker)).is_pending());
    std::mem::forget(f);
    assert_eq!(SerialExecutor::new().run_prepared(&mut p).unwrap(), 5);
}

#[test]
fn an_input_of_a_run_that_is_forgotten_goes_with_the_graph() {
    let d = DataNode::new(5_u32);
    let early = Op::new("early", (&d,), |(d,)| *d);
    let many = (0..200).fold(Op::repeatable("a", (&d,), |(d,)| *d), |last, _| Op::repeatable("b", (last,), |(v,)| v));
    let mut graph = Node::prepare(many).unwrap();
    let executor = AsyncExecutor::new();
    let mut run = Box::pin(executor.run_prepared_async(&mut graph, Inputs::new().value(&d, 9)));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(std::future::Future::poll(run.as_mut(), &mut context).is_pending());
    std::mem::forget(run);
    drop(graph);
    assert_eq!(SerialExecutor::new().run(early).unwrap(), 5);
}
