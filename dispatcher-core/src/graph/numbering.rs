//! Which nodes are in a graph, and in which order: those that some outputs depend on, each after what it depends on.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::lower::PARTS;
use crate::raw::{Described, Handle, Header};

/// The nodes that some outputs depend on, in the order of their ids.
pub(crate) struct Numbering {
    /// The nodes: each comes after those that it depends on, and else in the order in which they were built.
    pub(crate) handles: Vec<Handle>,
    /// The id of each, by key. A node that graphs don't show has that of the one it stands for.
    ids: HashMap<usize, usize>,
    /// Those that may be described: none of a run's, and none that only such use.
    pub(super) held: Vec<Option<Described>>,
}

impl Numbering {
    pub(crate) fn new(outputs: &[Handle]) -> Self {
        Self::make(outputs, false, |_| false)
    }

    /// Holds what no run does, and doesn't look above the nodes that `ends` picks.
    pub(super) fn holding(outputs: &[Handle], ends: impl Fn(&Handle) -> bool) -> Self {
        Self::make(outputs, true, ends)
    }

    fn make(outputs: &[Handle], hold: bool, ends: impl Fn(&Handle) -> bool) -> Self {
        let mut held: Vec<Option<Described>> = Vec::new();
        let mut found: Vec<Handle> = Vec::new();
        let mut place: HashMap<usize, usize> = HashMap::new();
        let mut dependents: Vec<Vec<usize>> = Vec::new();
        let mut missing: Vec<usize> = Vec::new();
        let mut visit = |handle: &Handle, found: &mut Vec<Handle>| {
            *place.entry(handle.key()).or_insert_with(|| {
                found.push(handle.share());
                found.len() - 1
            })
        };
        for output in outputs {
            let place = visit(output, &mut found);
            if place == held.len() {
                held.push(if hold { Described::hold(output) } else { None });
            }
        }
        let mut next = 0;
        while next < found.len() {
            let node = found[next].share();
            missing.push(0);
            let above = if ends(&node) { None } else { Some(node.inputs()) };
            for (_, handle) in above.into_iter().flatten() {
                let used = visit(&handle, &mut found);
                if used == held.len() {
                    held.push(held[next].as_ref().and_then(|_| Described::hold(&handle)));
                }
                missing[next] += 1;
                if dependents.len() <= used {
                    dependents.resize_with(used + 1, Vec::new);
                }
                dependents[used].push(next);
            }
            next += 1;
        }
        dependents.resize_with(found.len(), Vec::new);
        let key = |place: usize, found: &[Handle]| Reverse((found[place].header().seq, Reverse(place)));
        let mut ready: BinaryHeap<_> =
            (0..found.len()).filter(|&place| missing[place] == 0).map(|place| key(place, &found)).collect();
        let mut handles = Vec::with_capacity(found.len());
        let mut in_order = Vec::with_capacity(found.len());
        let mut ids = HashMap::with_capacity(found.len());
        let mut shown = 0;
        while let Some(Reverse((_, Reverse(place)))) = ready.pop() {
            let handle = found[place].share();
            let id = match handle.inputs().next() {
                Some((_, of)) if is_alias(handle.header()) => ids.get(&of.key()).copied().unwrap_or(0),
                _ => {
                    shown += 1;
                    shown - 1
                }
            };
            ids.insert(handle.key(), id);
            handles.push(handle);
            in_order.push(held[place].take());
            for &dependent in &dependents[place] {
                missing[dependent] -= 1;
                if missing[dependent] == 0 {
                    ready.push(key(dependent, &found));
                }
            }
        }
        Self { handles, ids, held: in_order }
    }

    /// The ids, by key.
    pub(crate) fn into_ids(self) -> HashMap<usize, usize> {
        self.ids
    }

    /// The id of the operation that gives this version.
    pub(crate) fn id(&self, handle: &Handle) -> Option<usize> {
        self.ids.get(&handle.key()).copied()
    }

    /// The id of the node that the value lives in: what an outline calls it. None where that one is left out.
    pub(super) fn home(&self, handle: &Handle) -> Option<usize> {
        self.ids.get(&handle.home_key()).copied()
    }
}

/// Whether graphs leave the node out and show the one it stands for.
pub(crate) fn is_alias(header: &Header) -> bool {
    std::ptr::eq(header.site(), &raw const PARTS)
}
