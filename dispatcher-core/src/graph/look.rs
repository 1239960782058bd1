//! Looking around in a graph: ids of nodes, neighbours, leaves, and parts of it.

use super::describe::Line;
use super::{AnyNode, DispatchGraph, Edge, GraphError, Marks, NodeInfo, Uses, label_of_header};
use crate::node::Node;

impl DispatchGraph {
    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The id of a node; none if it isn't in the graph. The other way round, `nodes()[id]` is what the graph knows of it.
    ///
    /// A node is known by where it is in memory and when its thread built it. So one that is built where another was that has
    /// been dropped is not taken for it, unless two threads were equally far.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DispatchGraph, Op};
    ///
    /// let data = Op::new("load", (), |()| vec![1.0, 3.0]);
    /// let mean = Op::new("mean", (&data,), |(xs,)| xs.iter().sum::<f64>() / 2.0);
    /// let graph = DispatchGraph::new(&mean);
    /// assert_eq!(graph.id_of(&mean), Some(1));
    /// assert_eq!(graph.nodes()[1].label, "mean");
    /// assert_eq!(DispatchGraph::new(&data).id_of(&mean), None);
    /// ```
    #[must_use]
    pub fn id_of<T>(&self, node: &Node<'_, T>) -> Option<usize> {
        self.id_of_handle(node.handle())
    }

    /// The ids of the nodes that this one waits for, ascending, each once. None for an id that isn't in the graph.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DispatchGraph, Op};
    ///
    /// let data = Op::new("load", (), |()| vec![1.0, 3.0]);
    /// let mean = Op::new("mean", (&data,), |(xs,)| xs.iter().sum::<f64>() / 2.0);
    /// let scaled = Op::new("scale", (data, mean), |(xs, by)| xs.iter().map(|x| x / by).collect::<Vec<f64>>());
    /// let graph = DispatchGraph::new(&scaled);
    /// assert_eq!(graph.predecessors(2), [0, 1]);
    /// assert_eq!(graph.successors(0), [1, 2]);
    /// ```
    #[must_use]
    pub fn predecessors(&self, id: usize) -> Vec<usize> {
        let mut ids: Vec<usize> = self.edges_to(id).iter().map(|edge| edge.from).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The ids of the nodes that wait for this one, ascending, each once. None for an id that isn't in the graph.
    #[must_use]
    pub fn successors(&self, id: usize) -> Vec<usize> {
        let start = self.forward.partition_point(|&(from, _)| from < id);
        self.forward[start..].iter().take_while(|&&(from, _)| from == id).map(|&(_, to)| to).collect()
    }

    /// The ids of the nodes that nothing waits for, ascending.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DataNode, DispatchGraph};
    ///
    /// let (a, b) = (DataNode::new(1), DataNode::new(2));
    /// assert_eq!(DispatchGraph::of([&a, &b]).leaves(), [0, 1]);
    /// ```
    #[must_use]
    pub fn leaves(&self) -> Vec<usize> {
        let mut is_leaf = vec![true; self.len()];
        for edge in &self.edges {
            is_leaf[edge.from] = false;
        }
        (0..self.len()).filter(|&id| is_leaf[id]).collect()
    }

    /// The part of the graph that is between `roots` and `endpoints`, both given by ids.
    ///
    /// - With endpoints: these and all that they depend on, without what is needed for the roots alone. The roots are kept, and
    ///   what is above them is not looked at.
    /// - Without endpoints: all but what is needed for the roots alone: a node goes if everything that waits for it is a root or
    ///   goes too, also where it is a root itself. Without roots, that is the whole graph.
    ///
    /// All edges between the nodes that stay are kept. The nodes that stay get dense ids again, in the order that they had; where
    /// a text names a node that doesn't stay, it has a `_`.
    ///
    /// # Errors
    /// [`GraphError::UnknownId`] if an id is not in the graph.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::DispatchGraph;
    ///
    /// let mut graph = DispatchGraph::empty();
    /// let [load, mean, plot, save] = ["load", "mean", "plot", "save"].map(|label| graph.add_op(label));
    /// for (from, to) in [(load, mean), (mean, plot), (mean, save)] {
    ///     graph.add_edge(from, to)?;
    /// }
    /// let labels = |part: DispatchGraph| part.nodes().iter().map(|node| node.label.clone()).collect::<Vec<_>>();
    /// assert_eq!(labels(graph.subgraph(&[plot], &[])?), ["load", "mean", "plot"]);
    /// assert_eq!(labels(graph.subgraph(&[plot], &[mean])?), ["mean", "plot"]);
    /// assert_eq!(labels(graph.subgraph(&[], &[mean])?), ["mean", "plot", "save"]);
    /// # Ok::<(), dispatcher_core::GraphError>(())
    /// ```
    pub fn subgraph(&self, endpoints: &[usize], roots: &[usize]) -> Result<Self, GraphError> {
        endpoints.iter().chain(roots).try_for_each(|&id| self.check(id))?;
        let keeps = if endpoints.is_empty() { self.without_above(roots) } else { self.between_ids(endpoints, roots) };
        Ok(self.part(&keeps))
    }

    /// As [`subgraph`](Self::subgraph), with the nodes themselves.
    ///
    /// # Errors
    /// [`GraphError::UnknownNode`] if a node is not in the graph.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DispatchGraph, Op};
    ///
    /// let data = Op::new("load", (), |()| vec![1.0, 3.0]);
    /// let mean = Op::new("mean", (&data,), |(xs,)| xs.iter().sum::<f64>() / 2.0);
    /// let text = Op::new("show", (&mean,), |(mean,)| mean.to_string());
    /// let graph = DispatchGraph::new(&text);
    /// assert_eq!(graph.subgraph_of(&[&mean], &[])?, DispatchGraph::new(&mean));
    /// assert_eq!(graph.subgraph_of(&[&text], &[&mean])?.outline(), "%0 = mean(&_)\n%1 = show(&%0)\n");
    /// # Ok::<(), dispatcher_core::GraphError>(())
    /// ```
    pub fn subgraph_of(&self, endpoints: &[&dyn AnyNode], roots: &[&dyn AnyNode]) -> Result<Self, GraphError> {
        let ids = |nodes: &[&dyn AnyNode]| -> Result<Vec<usize>, GraphError> {
            let id = |node: &&dyn AnyNode| {
                let unknown = || GraphError::UnknownNode { label: label_of_header(node.any().header()) };
                self.id_of_handle(node.any()).ok_or_else(unknown)
            };
            nodes.iter().map(id).collect()
        };
        self.subgraph(&ids(endpoints)?, &ids(roots)?)
    }

    /// The edges to a node.
    pub(super) fn edges_to(&self, id: usize) -> &[Edge] {
        let start = self.edges.partition_point(|edge| edge.to < id);
        let len = self.edges[start..].partition_point(|edge| edge.to == id);
        &self.edges[start..start + len]
    }

    /// Which nodes are roots, endpoints, or above endpoints and not only above roots.
    fn between_ids(&self, endpoints: &[usize], roots: &[usize]) -> Vec<bool> {
        let mut keeps = vec![false; self.len()];
        roots.iter().for_each(|&root| keeps[root] = true);
        let mut found = endpoints.to_vec();
        while let Some(id) = found.pop() {
            if !std::mem::replace(&mut keeps[id], true) {
                found.extend(self.edges_to(id).iter().map(|edge| edge.from));
            }
        }
        keeps
    }

    /// Which nodes are more than what is needed for the roots.
    fn without_above(&self, roots: &[usize]) -> Vec<bool> {
        let mut keeps = vec![true; self.len()];
        // How many of those that wait for a node are neither roots nor gone.
        let mut others: Vec<usize> = vec![0; self.len()];
        self.forward.iter().for_each(|&(from, _)| others[from] += 1);
        let mut seen = vec![false; self.len()];
        let mut found = Vec::new();
        for &root in roots {
            if !std::mem::replace(&mut seen[root], true) {
                found.push(root);
            }
        }
        while let Some(id) = found.pop() {
            for above in self.predecessors(id) {
                others[above] -= 1;
                if others[above] == 0 {
                    keeps[above] = false;
                    if !std::mem::replace(&mut seen[above], true) {
                        found.push(above);
                    }
                }
            }
        }
        keeps
    }

    /// The nodes that stay, and the edges between them.
    fn part(&self, keeps: &[bool]) -> Self {
        let mut len = 0;
        let new: Vec<Option<usize>> = keeps
            .iter()
            .map(|&keep| {
                len += usize::from(keep);
                keep.then(|| len - 1)
            })
            .collect();
        let kept = || (0..self.len()).filter(|&id| keeps[id]);
        let lines: Vec<Line> =
            kept().map(|id| Line::renamed(&self.nodes[id].text, &self.marks[id].names, |name| new[name])).collect();
        let mut part = Self {
            nodes: kept()
                .zip(&lines)
                .map(|(id, line)| NodeInfo { text: line.text.clone(), ..self.nodes[id].clone() })
                .collect(),
            marks: lines.into_iter().map(|line| Marks { names: line.names.into() }).collect(),
            edges: self
                .edges
                .iter()
                .filter_map(|edge| Some(Edge { from: new[edge.from]?, to: new[edge.to]?, kind: edge.kind }))
                .collect(),
            forward: Vec::new(),
            outputs: self.outputs.iter().filter_map(|&output| new[output]).collect(),
            ids: self.ids.iter().filter_map(|(&key, &(seq, id))| Some((key, (seq, new[id]?)))).collect(),
            uses: self
                .uses
                .iter()
                .map(|(&version, uses)| {
                    let readers = uses.readers.iter().filter_map(|&reader| new[reader]).collect();
                    (version, Uses { readers, taker: uses.taker.and_then(|taker| new[taker]) })
                })
                .collect(),
        };
        part.tidy();
        part
    }
}
