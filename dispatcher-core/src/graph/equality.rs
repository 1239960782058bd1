//! When two graphs are equal: if their nodes can be paired so that paired nodes read the same and have the same edges.
//!
//! Nodes that were added in the same order are paired by their ids. Else each node gets a colour from how it reads, what it
//! depends on and what depends on it, until no more nodes can be told apart. Nodes of one colour that are left are mostly twins,
//! and any pairing does. Where it doesn't, one pair is picked and coloured, and so on; if that leads nowhere, another is tried.

use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

use super::describe::pieces;
use super::{DispatchGraph, Edge};
use crate::raw::EdgeKind;

impl PartialEq for DispatchGraph {
    fn eq(&self, other: &Self) -> bool {
        if self.nodes.len() != other.nodes.len() || self.edges.len() != other.edges.len() {
            return false;
        }
        let as_they_stand: Vec<usize> = (0..self.nodes.len()).collect();
        self.is_paired(other, &as_they_stand) || can_be_paired(self, other)
    }
}

impl Eq for DispatchGraph {}

impl DispatchGraph {
    /// Whether nodes read the same, and have the same edges, as those that they are paired with.
    fn is_paired(&self, other: &Self, pairs: &[usize]) -> bool {
        let reads_the_same = |(id, &pair): (usize, &usize)| {
            let names = |graph: &Self, id: usize| graph.marks[id].names.iter().map(|&(_, id)| id).collect::<Vec<_>>();
            looks(self, id) == looks(other, pair)
                && names(self, id).into_iter().map(|id| pairs[id]).eq(names(other, pair))
        };
        let mut edges: Vec<Edge> = self
            .edges
            .iter()
            .map(|edge| Edge { from: pairs[edge.from], to: pairs[edge.to], kind: edge.kind })
            .collect();
        edges.sort_unstable_by_key(Edge::place);
        edges == other.edges && pairs.iter().enumerate().all(reads_the_same)
    }

    /// The ids, each after those of the nodes that it waits for.
    fn in_order(&self) -> Vec<usize> {
        let mut missing = vec![0_usize; self.nodes.len()];
        self.forward.iter().for_each(|&(_, to)| missing[to] += 1);
        let mut order: Vec<usize> = (0..self.nodes.len()).filter(|&id| missing[id] == 0).collect();
        let mut next = 0;
        while let Some(&id) = order.get(next) {
            next += 1;
            for to in self.successors(id) {
                missing[to] -= 1;
                if missing[to] == 0 {
                    order.push(to);
                }
            }
        }
        order
    }
}

/// What can be seen of a node without looking at others.
fn looks(graph: &DispatchGraph, id: usize) -> (super::NodeKind, &str, Vec<&str>) {
    let node = &graph.nodes[id];
    (node.kind, &node.label, pieces(&node.text, &graph.marks[id].names).collect())
}

/// A number for each of two graphs' nodes: nodes of different numbers can't be paired.
type Colours = [Vec<usize>; 2];

/// What is still to be tried: colours, and a pair to be told apart from the other nodes of its colour.
type Try = (Rc<Colours>, Option<(usize, usize)>);

/// Numbers things, equal ones alike.
struct Numbers<T>(HashMap<T, usize>);

impl<T: Eq + Hash> Numbers<T> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    fn of(&mut self, thing: T) -> usize {
        let next = self.0.len();
        *self.0.entry(thing).or_insert(next)
    }
}

fn can_be_paired(a: &DispatchGraph, b: &DispatchGraph) -> bool {
    let mut numbers = Numbers::new();
    let colours: Colours = [a, b].map(|graph| (0..graph.nodes.len()).map(|id| numbers.of(looks(graph, id))).collect());
    let sides = [Side::new(a), Side::new(b)];
    let mut open: Vec<Try> = vec![(Rc::new(colours), None)];
    while let Some((colours, pick)) = open.pop() {
        let mut colours = Colours::clone(&colours);
        if let Some((of_a, of_b)) = pick {
            colours[0][of_a] = usize::MAX;
            colours[1][of_b] = usize::MAX;
        }
        let colours = refine(&sides, colours);
        let Some(cells) = cells(&colours) else {
            continue;
        };
        let mut pairs = vec![0; a.nodes.len()];
        for (of_a, of_b) in &cells {
            of_a.iter().zip(of_b).for_each(|(&of_a, &of_b)| pairs[of_a] = of_b);
        }
        if a.is_paired(b, &pairs) {
            return true;
        }
        if let Some((of_a, of_b)) = cells.iter().filter(|(of_a, _)| of_a.len() > 1).min_by_key(|(of_a, _)| of_a.len()) {
            let colours = Rc::new(colours);
            open.extend(of_b.iter().rev().map(|&pair| (Rc::clone(&colours), Some((of_a[0], pair)))));
        }
    }
    false
}

/// One of the graphs that are compared.
struct Side<'a> {
    graph: &'a DispatchGraph,
    order: Vec<usize>,
    /// The edges from each node.
    after: Vec<Vec<(EdgeKind, usize)>>,
}

impl<'a> Side<'a> {
    fn new(graph: &'a DispatchGraph) -> Self {
        let mut after = vec![Vec::new(); graph.nodes.len()];
        graph.edges.iter().for_each(|edge| after[edge.from].push((edge.kind, edge.to)));
        Self { graph, order: graph.in_order(), after }
    }
}

/// Tells apart what has other neighbours, until that makes no difference any more.
fn refine(sides: &[Side<'_>; 2], mut colours: Colours) -> Colours {
    let mut count = 0;
    loop {
        let mut numbers = Numbers::new();
        for (side, colours) in sides.iter().zip(&mut colours) {
            let before = colours.clone();
            for &id in &side.order {
                let mut used: Vec<(EdgeKind, usize)> =
                    side.graph.edges_to(id).iter().map(|edge| (edge.kind, colours[edge.from])).collect();
                used.sort_unstable();
                let named: Vec<usize> = side.graph.marks[id].names.iter().map(|&(_, id)| before[id]).collect();
                colours[id] = numbers.of((before[id], used, named));
            }
        }
        let mut numbers = Numbers::new();
        for (side, colours) in sides.iter().zip(&mut colours) {
            for &id in side.order.iter().rev() {
                let mut users: Vec<(EdgeKind, usize)> =
                    side.after[id].iter().map(|&(kind, to)| (kind, colours[to])).collect();
                users.sort_unstable();
                colours[id] = numbers.of((colours[id], users));
            }
        }
        if numbers.0.len() <= count {
            return colours;
        }
        count = numbers.0.len();
    }
}

/// The nodes of each colour in both graphs; none if the graphs don't have the same number of each.
fn cells(colours: &Colours) -> Option<Vec<(Vec<usize>, Vec<usize>)>> {
    let count = colours.iter().flatten().max().map_or(0, |most| most + 1);
    let mut cells = vec![(Vec::new(), Vec::new()); count];
    colours[0].iter().enumerate().for_each(|(id, &colour)| cells[colour].0.push(id));
    colours[1].iter().enumerate().for_each(|(id, &colour)| cells[colour].1.push(id));
    cells.iter().all(|(of_a, of_b)| of_a.len() == of_b.len()).then_some(cells)
}
