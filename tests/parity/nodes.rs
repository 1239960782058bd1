//! Rows 1 to 8: labels, callables, arguments, dependencies, data, index, collect and cleanup nodes.
//!
//! What can't be called (row 2) is in the documentation of `op!` and of `Op::new`, as code that doesn't compile.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use dispatcher::prelude::*;
use dispatcher::{CleanupNode, CollectNode, DataNode, EdgeKind, IndexNode, NodeInfo, NodeKind, Op, Options};

mod other {
    pub struct Meters(pub u32);

    impl Meters {
        pub fn new(n: u32) -> Self {
            Self(n)
        }

        pub fn get(&self) -> u32 {
            self.0
        }
    }

    pub fn double(n: u32) -> u32 {
        2 * n
    }
}

fn add(a: u32, b: u32) -> u32 {
    a + b
}
fn split(text: &str, limit: usize) -> Vec<String> {
    text.splitn(limit, ' ').map(str::to_owned).collect()
}
fn divide(a: u32, b: u32) -> (u32, u32) {
    (a / b, a % b)
}
fn all(xs: Vec<u32>) -> u32 {
    xs.iter().sum()
}

fn last<T>(node: &Node<'_, T>) -> NodeInfo {
    DispatchGraph::new(node).nodes().last().expect("a graph of an output has a node").clone()
}
fn label<T>(node: &Node<'_, T>) -> String {
    last(node).label
}
fn run<T>(node: Node<'_, T>) -> T {
    SerialExecutor::new().run(node).expect("runs")
}

#[test]
fn parity_01_labels() {
    #[dispatch]
    fn labelled() -> u32 {
        #[label("three")]
        let three = add(1, 2);
        add(three, 4)
    }
    assert_eq!(label(&op!(add(1, 2))), "add");
    assert_eq!(label(&op!(other::double(2))), "other::double", "as it is written");
    assert_eq!(label(&Op::new("three", (), |()| 3)), "three");
    assert_eq!(label(&Options::new().label("four").set(op!(other::double(2)))), "four");
    let labels: Vec<_> = DispatchGraph::new(&labelled()).nodes().iter().map(|node| node.label.clone()).collect();
    assert_eq!(labels, ["three", "add"]);
    let nodes = || vec![op!(add(1, 2)), op!(add(3, 4))];
    assert_eq!(label(&CollectNode::new(nodes())), "2 Ops");
    assert_eq!(label(&Options::new().label("sums").set(CollectNode::new(nodes()))), "sums");
}

#[test]
fn parity_02_callables() {
    let by = 3;
    assert_eq!(run(op!(add(1, 2))), 3);
    assert_eq!(run(op!(other::double(2))), 4);
    assert_eq!(run(op!(other::Meters::new(2))).0, 2);
    assert_eq!(run(op!(u32::max(op!(add(1, 2)), 2))), 3);
    assert_eq!(run(Op::new("closure", (DataNode::new(2),), |(n,)| n * by)), 6);
    assert_eq!(run(Op::new("function", (), |()| other::double(2))), 4);
    assert_eq!(run(Op::new("constructor", (DataNode::new(2),), |(n,)| other::Meters(n))).get(), 2);
    assert_eq!(run(Op::new("method", (&DataNode::opaque(other::Meters(2)),), |(n,)| n.get())), 2);
}

#[test]
fn parity_03_op_defers_the_call_alone() {
    let mut called = false;
    let mut argument = || {
        called = true;
        2
    };
    let node = op!(split("a b c", argument()));
    assert!(called, "arguments are evaluated now");
    let graph = DispatchGraph::new(&node);
    assert_eq!((graph.len(), label(&node).as_str()), (1, "split"));
    assert_eq!(run(node), ["a", "b c"]);
    let nested = op!(add(op!(add(1, 2)), op!(other::double(op!(add(3, 4))))));
    let graph = DispatchGraph::new(&nested);
    assert_eq!(graph.outline(), "%0 = add(1, 2)\n%1 = add(3, 4)\n%2 = other::double(%1)\n%3 = add(%0, %2)\n");
    assert_eq!(run(nested), 17);
}

#[test]
fn parity_03_components() {
    fn component<'g>(node: &Node<'g, u32>) -> (Node<'g, u32>, Node<'g, u32>) {
        (op!(plus(node, 3)), op!(plus(node, 1)))
    }
    fn plus(a: &u32, b: u32) -> u32 {
        a + b
    }
    fn multiply(a: u32, b: u32) -> u32 {
        a * b
    }
    let a = op!(add(1, 2));
    let (b, c) = component(&a);
    let d = op!(multiply(b, c));
    let graph = DispatchGraph::new(&d);
    assert!(graph.nodes().iter().all(|node| node.kind == NodeKind::Op));
    assert_eq!(graph.outline(), "%0 = add(1, 2)\n%1 = plus(%0, 3)\n%2 = plus(%0, 1)\n%3 = multiply(%1, %2)\n");
    drop(a);
    assert_eq!(run(d), 24);
}

#[test]
fn parity_04_dependencies() {
    let (a, b) = (op!(add(1, 2)), op!(add(3, 4)));
    let both = op!(add(a, b));
    let graph = DispatchGraph::new(&both);
    assert_eq!((graph.predecessors(0), graph.predecessors(1), graph.predecessors(2)), (vec![], vec![], vec![0, 1]));
    // A collection among the arguments is collected.
    let nodes: Vec<_> = (0..3).map(|n| op!(add(n, n))).collect();
    let sum = op!(all(nodes));
    let graph = DispatchGraph::new(&sum);
    assert_eq!(graph.nodes()[3].kind, NodeKind::Collect);
    assert_eq!((graph.predecessors(3), graph.predecessors(4)), (vec![0, 1, 2], vec![3]));
    assert_eq!(run(sum), 6);
    // By hand, and each with its kind.
    let (data, factor) = (DataNode::new(vec![1, 2]), DataNode::new(3));
    let len = Op::new("len", (&data,), |(xs,)| xs.len());
    let scaled = Op::new("scale", (data, &factor, len), |(xs, by, len)| xs.len() * by + len);
    let graph = DispatchGraph::new(&scaled);
    let kinds: Vec<_> = graph.edges().iter().filter(|edge| edge.to == 3).map(|edge| (edge.from, edge.kind)).collect();
    assert_eq!(kinds, [(0, EdgeKind::Move), (1, EdgeKind::Read), (2, EdgeKind::Move), (2, EdgeKind::Order)]);
}

#[test]
fn parity_05_data_node() {
    let node = DataNode::new(3);
    assert_eq!((last(&node).kind, DispatchGraph::new(&node).edges().len()), (NodeKind::Data, 0));
    assert_eq!(run(node), 3);
    assert_eq!(ParallelExecutor::with_threads(1).run(DataNode::opaque(other::Meters(3))).expect("runs").0, 3);
    assert_eq!(run(op!(add(DataNode::new(3), 4))), 7);
}

#[test]
fn parity_06_index_node() {
    let pairs = Op::new("pairs", (), |()| vec![vec![1, 2], vec![3, 4]]);
    let second = IndexNode::new(&pairs, 1);
    let first_of_second = IndexNode::new(&second, 0);
    assert_eq!((last(&second).kind, last(&first_of_second).kind), (NodeKind::Index, NodeKind::Index));
    let graph = DispatchGraph::new(&first_of_second);
    assert_eq!(graph.outline(), "%0 = pairs()\n%1 = %0[1]\n%2 = %1[0]\n");
    assert_eq!((graph.predecessors(1), graph.predecessors(2)), (vec![0], vec![1]));
    assert_eq!(run(first_of_second), 3);
    assert_eq!(run(second), [3, 4]);
}

#[test]
fn parity_06_index_by_destructuring() {
    #[dispatch]
    fn both() -> u32 {
        let (quotient, rest) = divide(7, 2);
        add(quotient, rest)
    }
    let node = both();
    let graph = DispatchGraph::new(&node);
    let kinds: Vec<_> = graph.nodes().iter().map(|node| node.kind).collect();
    assert_eq!(kinds, [NodeKind::Op, NodeKind::Index, NodeKind::Index, NodeKind::Op]);
    assert_eq!((graph.successors(0), graph.predecessors(3)), (vec![1, 2], vec![1, 2]));
    assert_eq!(run(node), 4);
}

#[test]
fn parity_06_index_out_of_bounds() {
    let short = IndexNode::new(&Op::new("short", (), |()| vec![1]), 5);
    let error = SerialExecutor::new().run(short).unwrap_err();
    assert_eq!((error.label(), error.node()), ("[5]", 1));
}

#[test]
fn parity_07_collect_node() {
    let nodes = |count: u32| (0..count).map(|n| op!(add(n, 10)));
    let three = CollectNode::new(nodes(3).collect::<Vec<_>>());
    assert_eq!((last(&three).kind, label(&three).as_str()), (NodeKind::Collect, "3 Ops"));
    assert_eq!(label(&CollectNode::new(nodes(1).collect::<Vec<_>>())), "1 Op");
    assert_eq!(label(&CollectNode::new(nodes(0).collect::<Vec<_>>())), "0 Ops");
    assert_eq!(run(three), [10, 11, 12]);
    let backwards: VecDeque<_> = nodes(3).rev().collect();
    assert_eq!(run(CollectNode::new(backwards)), [12, 11, 10]);
    assert_eq!(
        run(CollectNode::new((op!(add(1, 2)), op!(split("a b", 2))))),
        (3, vec!["a".to_owned(), "b".to_owned()])
    );
    #[dispatch]
    fn collected(count: u32) -> Vec<u32> {
        (0..count).map(|n| add(n, 10)).collect()
    }
    assert_eq!((label(&collected(2)), run(collected(2))), ("2 Ops".to_owned(), vec![10, 11]));
}

#[test]
fn parity_08_a_cleanup_node_waits_for_its_parent_and_all_that_read_it_and_drops_the_result() {
    /// A result that says when it is dropped.
    struct Big<'a>(&'a Mutex<Vec<&'static str>>);
    impl Drop for Big<'_> {
        fn drop(&mut self) {
            self.0.lock().unwrap().push("dropped");
        }
    }
    let seen = Mutex::new(Vec::new());
    let note = |what| seen.lock().unwrap().push(what);
    for executor in [ParallelExecutor::with_threads(1), ParallelExecutor::with_threads(2)] {
        seen.lock().unwrap().clear();
        let parent = Op::new("parent", (), |()| {
            note("parent");
            Big(&seen)
        });
        let first = Op::new("first", (&parent,), |(_,)| note("child"));
        let second = Op::new("second", (&parent,), |(_,)| note("child"));
        let cleanup: Node<'_, ()> = CleanupNode::new(parent);
        let after = Op::new("after", (cleanup,), |((),)| note("after"));
        let all = Op::new("all", (first, second, after), |((), (), ())| ());
        executor.run(all).unwrap();
        assert_eq!(*seen.lock().unwrap(), ["parent", "child", "child", "dropped", "after"]);
    }
}

#[test]
fn parity_08_a_cleanup_node_lets_a_value_go_whose_readers_are_kept() {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let parent = Op::new("parent", (), move |()| held);
    let child = Op::new("child", (&parent,), |(parent,)| Arc::strong_count(parent));
    let done = Op::new("done", (&child, CleanupNode::new(parent)), |(count, ())| *count);
    assert_eq!(SerialExecutor::new().run(done).unwrap(), 2);
    assert_eq!(Arc::strong_count(&alive), 1, "the parent's value is gone");
    assert_eq!(Node::fetch(child).unwrap(), 2, "the child's is kept");
}
