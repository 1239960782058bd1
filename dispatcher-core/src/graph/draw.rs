//! Graphs as text: the outline, Graphviz's language and Mermaid's.

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
        let is_output = self.is_output();
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

    /// The graph in Mermaid's language, which many pages draw: GitHub's, for example, in a code block named `mermaid`.
    ///
    /// A read is a plain arrow, a move a thick one, an update a thick one marked `&mut`, and an edge that only orders is dotted.
    /// Outputs have a double border.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DataNode, DispatchGraph, Op};
    ///
    /// let double = Op::new("double", (DataNode::new(2),), |(n,)| n * 2);
    /// assert_eq!(
    ///     DispatchGraph::new(&double).to_mermaid(),
    ///     "flowchart TB\n  n0([\"%0 = 2\"])\n  n1[[\"%1 = double(%0)\"]]\n  n0 ==> n1\n"
    /// );
    /// ```
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut text = String::from("flowchart TB\n");
        let is_output = self.is_output();
        for (id, node) in self.nodes.iter().enumerate() {
            let (open, close) = match node.kind {
                _ if is_output[id] => ("[[", "]]"),
                NodeKind::Op => ("[", "]"),
                NodeKind::Data => ("([", "])"),
                NodeKind::Index | NodeKind::Collect => ("(", ")"),
            };
            let _ = writeln!(text, "  n{id}{open}\"%{id} = {}\"{close}", InMermaid(&node.text));
        }
        for edge in &self.edges {
            let arrow = match edge.kind {
                EdgeKind::Read => "-->",
                EdgeKind::Move => "==>",
                EdgeKind::Update => "==>|\"#amp;mut\"|",
                EdgeKind::Order => "-.->",
            };
            let _ = writeln!(text, "  n{} {arrow} n{}", edge.from, edge.to);
        }
        text
    }

    /// Of each node, whether it is an output.
    fn is_output(&self) -> Vec<bool> {
        let mut is_output = vec![false; self.nodes.len()];
        for &output in &self.outputs {
            is_output[output] = true;
        }
        is_output
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

/// Text in a quoted Mermaid string, which has no escapes but those of HTML, with `#` for `&`.
struct InMermaid<'a>(&'a str);

impl fmt::Display for InMermaid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("#quot;")?,
                '&' => f.write_str("#amp;")?,
                '<' => f.write_str("#lt;")?,
                '>' => f.write_str("#gt;")?,
                '#' | '`' | '\\' => write!(f, "#{};", u32::from(c))?,
                '\n' => f.write_char(' ')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
