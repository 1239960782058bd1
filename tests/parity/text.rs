//! Row 28: nodes, graphs and errors in short.

use dispatcher::prelude::*;
use dispatcher::{CollectNode, DataNode, IndexNode, Op, Options};

fn load(n: u64) -> Vec<u64> {
    (0..n).collect()
}
fn scale(xs: &[u64], by: u64) -> Vec<u64> {
    xs.iter().map(|x| x * by).collect()
}
fn parts(n: u64) -> (u64, u64) {
    (n / 2, n % 2)
}
fn add(a: u64, b: u64) -> u64 {
    a + b
}

fn summaries<T>(node: &Node<'_, T>) -> Vec<String> {
    let graph = DispatchGraph::new(node);
    (0..graph.len()).filter_map(|id| graph.summary(id)).collect()
}

#[test]
fn parity_28_summaries() {
    let data = op!(load(3));
    let second = IndexNode::new(&data, 1);
    let scaled = op!(scale(&data, second));
    assert_eq!(summaries(&scaled), ["Op<load>", "IndexNode<Op<load>, 1>", "Op<scale, Op<load>, IndexNode<1>>"]);
    let named = Options::new().label("numbers").set(op!(load(2)));
    assert_eq!(summaries(&op!(scale(&named, 2))), ["Op<numbers>", "Op<scale, Op<numbers>>"]);
    let nodes = CollectNode::new(vec![DataNode::new(1), DataNode::new(2)]);
    assert_eq!(summaries(&nodes), ["DataNode<1>", "DataNode<2>", "CollectNode<2 Ops>"]);
    let opaque = Op::new("len", (DataNode::opaque(vec![1]),), |(xs,)| xs.len());
    assert_eq!(summaries(&opaque), ["DataNode<_>", "Op<len, DataNode<_>>"]);
    assert_eq!(DispatchGraph::new(&nodes).summary(3), None);
}

#[test]
fn parity_28_summaries_of_a_function() {
    #[dispatch]
    fn sum(n: u64) -> u64 {
        let (half, rest) = parts(n);
        #[label("total")]
        let total = add(half, rest);
        total
    }
    assert_eq!(
        summaries(&sum(7)),
        ["Op<parts>", "IndexNode<Op<parts>, 0>", "IndexNode<Op<parts>, 1>", "Op<total, IndexNode<0>, IndexNode<1>>"]
    );
}

#[test]
fn parity_28_display_and_debug() {
    let data = op!(load(3));
    let second = IndexNode::new(&data, 1);
    let graph = DispatchGraph::new(&second);
    assert_eq!(graph.nodes().iter().map(ToString::to_string).collect::<Vec<_>>(), ["Op<load>", "IndexNode<1>"]);
    assert_eq!(format!("{graph:?}"), "DispatchGraph(2 nodes, 1 edges)");
    assert_eq!(graph.to_string(), graph.outline());
}

#[test]
fn parity_28_errors() {
    let bad = Op::fallible("parse", (), |()| "x".parse::<u32>());
    let error = SerialExecutor::new().run(Op::new("double", (bad,), |(n,)| n * 2)).unwrap_err();
    let (short, long) = (error.to_string(), format!("{error:?}"));
    assert!(short.starts_with("`parse` at tests/parity/text.rs:"), "{short}");
    assert!(short.contains(" failed: invalid digit found in string; needed by %1 `double`"), "{short}");
    assert_eq!(long, format!("DependencyError({short})"));
    assert_eq!(error.node(), 0);
}

#[test]
fn parity_28_drawings_escape_what_they_show() {
    let odd = Op::new("say \"<a & b>\" #1\n`c`", (DataNode::new("\\"),), |(text,)| text.len());
    let graph = DispatchGraph::new(&odd);
    assert_eq!(
        graph.to_mermaid(),
        "flowchart TB\n  n0([\"%0 = #quot;#92;#92;#quot;\"])\n  \
         n1[[\"%1 = say #quot;#lt;a #amp; b#gt;#quot; #35;1 #96;c#96;(%0)\"]]\n  n0 ==> n1\n"
    );
    assert!(graph.to_dot().contains(r#"n1 [label="%1 = say \"<a & b>\" #1\n`c`(%0)""#), "{}", graph.to_dot());
}
