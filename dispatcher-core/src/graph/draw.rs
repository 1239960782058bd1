//! Graphs as text: the outline, and Graphviz's language.

use std::fmt::{self, Write as _};

use super::{DispatchGraph, NodeKind};
use crate::raw::EdgeKind;

impl DispatchGraph {
    /// The graph as numbered lines that read like Rust, the same on every run.
    ///
    /// A value that is updated in place keeps its number. Captured values are shown by their `Debug`, shortened where
    /// that is long, or by the text that they were written with.
    #[must_use]
    pub fn outline(&self) -> String {
        let mut text = String::new();
        for (id, node) in self.nodes.iter().enumerate() {
            let _ = writeln!(text, "%{id} = {}", node.text);
        }
        text
    }

    /// The graph in Graphviz's language.
    ///
    /// A read is a solid edge, a move a bold one, an update a bold one with a diamond, and an edge that only orders is
    /// dashed. Outputs have a double border.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DataNode, DispatchGraph, Op};
    ///
    /// let double = Op::new("double", (DataNode::new(2),), |(n,)| n * 2);
    /// assert!(DispatchGraph::new(&double).to_dot().contains("n0 -> n1 [style=bold]"));
    /// ```
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut text = String::from("digraph dispatch {\n  rankdir=TB;\n  node [shape=box, fontname=\"monospace\"];\n");
        let mut is_output = vec![false; self.nodes.len()];
        for &output in &self.outputs {
            is_output[output] = true;
        }
        for (id, node) in self.nodes.iter().enumerate() {
            let _ = write!(text, "  n{id} [label=\"%{id} = {}\"", Escaped(&node.text));
            match node.kind {
                NodeKind::Op => {}
                NodeKind::Data => text.push_str(", shape=plaintext"),
                NodeKind::Index | NodeKind::Collect => text.push_str(", style=rounded"),
            }
            if is_output[id] {
                text.push_str(", peripheries=2");
            }
            if let Some(location) = node.location {
                let _ = write!(text, ", tooltip=\"{}\"", Escaped(&location.to_string()));
            }
            text.push_str("];\n");
        }
        for edge in &self.edges {
            let style = match edge.kind {
                EdgeKind::Read => "",
                EdgeKind::Move => " [style=bold]",
                EdgeKind::Update => " [style=bold, arrowhead=diamond]",
                EdgeKind::Order => " [style=dashed]",
            };
            let _ = writeln!(text, "  n{} -> n{}{style};", edge.from, edge.to);
        }
        text.push_str("}\n");
        text
    }
}

impl fmt::Display for DispatchGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.outline())
    }
}

/// Text in a quoted Graphviz string.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
