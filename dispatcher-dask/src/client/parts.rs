//! A graph in parts: the scheduler does nothing else while it takes in a graph, so a large one comes bit by bit.

use std::collections::HashMap;

use bytes::Bytes;

use super::{ClientError, Key};
use crate::wire::GraphTask;

/// A task to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// Its key: unique on the scheduler for as long as that lives, as `opname-<hash>`.
    pub(crate) key: Key,
    /// What it waits for: tasks before it in the graph, wanted ones of earlier graphs, scattered values.
    pub(crate) dependencies: Vec<Key>,
    /// What the worker is given.
    pub(crate) payload: Bytes,
    /// Whether its value is kept, and the user hears of it, until it is released.
    pub(crate) wanted: bool,
    /// Larger runs first, before the order in the graph is looked at.
    pub(crate) priority: Option<i64>,
    /// How often the scheduler runs it again after an error.
    pub(crate) retries: Option<u32>,
}

/// The most bytes of payloads in one part, unless one task alone has more.
const PART_BYTES: usize = 32 << 20;

/// One part of a graph, as one message.
#[derive(Debug)]
pub(super) struct Part<'t> {
    /// Its tasks.
    pub(super) tasks: Vec<GraphTask<'t>>,
    /// The keys to keep: those that the user wants, and those that later parts wait for.
    pub(super) kept: Vec<&'t Key>,
    /// The keys that were kept for parts up to this one, and aren't needed for any after it.
    pub(super) released: Vec<&'t Key>,
}

/// Cuts the tasks, in their order, into parts of up to `size` tasks.
///
/// A value in between that a later part waits for is kept until that part has been sent, as the scheduler would
/// otherwise forget it.
///
/// # Errors
///
/// [`ClientError::OutOfOrder`] for a key that occurs twice, or a dependency that comes behind its dependent.
pub(super) fn cut(tasks: &[Task], size: usize) -> Result<Vec<Part<'_>>, ClientError> {
    let part_of = assign(tasks, size.max(1));
    let mut place: HashMap<&Key, usize> = HashMap::with_capacity(tasks.len());
    for (index, task) in tasks.iter().enumerate() {
        if place.insert(&task.key, index).is_some() {
            return Err(ClientError::OutOfOrder(format!("the key `{}` occurs twice", task.key)));
        }
    }

    let count = part_of.last().map_or(0, |last| last + 1);
    let empty = || Part { tasks: Vec::new(), kept: Vec::new(), released: Vec::new() };
    let mut parts: Vec<Part<'_>> = std::iter::repeat_with(empty).take(count).collect();
    // The last part that waits for each task.
    let mut last_use = part_of.clone();
    for (index, task) in tasks.iter().enumerate() {
        let (mut within, mut earlier) = (Vec::new(), Vec::new());
        for dependency in &task.dependencies {
            match place.get(dependency) {
                Some(&before) if before < index => {
                    last_use[before] = last_use[before].max(part_of[index]);
                    if part_of[before] == part_of[index] {
                        within.push(&**dependency)
                    } else {
                        earlier.push(&**dependency)
                    }
                }
                Some(_) => {
                    let behind = format!("`{}` depends on `{dependency}`, which isn't before it", task.key);
                    return Err(ClientError::OutOfOrder(behind));
                }
                None => earlier.push(dependency),
            }
        }
        let Task { key, payload, priority, retries, .. } = task;
        let task = GraphTask { key, within, earlier, payload, priority: *priority, retries: *retries };
        parts[part_of[index]].tasks.push(task);
    }
    for (index, task) in tasks.iter().enumerate() {
        let later = last_use[index] > part_of[index];
        if task.wanted || later {
            parts[part_of[index]].kept.push(&task.key);
        }
        if later && !task.wanted {
            parts[last_use[index]].released.push(&task.key);
        }
    }
    Ok(parts)
}

/// Which part each task is in.
fn assign(tasks: &[Task], size: usize) -> Vec<usize> {
    let (mut part, mut held, mut bytes) = (0, 0, 0usize);
    let assign = tasks.iter().map(|task| {
        let more = bytes.saturating_add(task.payload.len());
        if held == size || (held > 0 && more > PART_BYTES) {
            (part, held, bytes) = (part + 1, 0, 0);
        }
        held += 1;
        bytes = bytes.saturating_add(task.payload.len());
        part
    });
    assign.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// A task with a key of its number, which depends on those.
    fn task(number: usize, dependencies: &[usize], wanted: bool) -> Task {
        let key = |number: &usize| Key::from(number.to_string());
        let dependencies = dependencies.iter().map(key).collect();
        Task { key: key(&number), dependencies, payload: Bytes::new(), wanted, priority: None, retries: None }
    }

    /// A random graph in order: for each task its dependencies among those before it, and whether it is wanted.
    fn graphs() -> impl Strategy<Value = Vec<Task>> {
        vec((vec(any::<prop::sample::Index>(), 0..4), any::<bool>()), 0..60).prop_map(|tasks| {
            let number = |(number, (before, wanted)): (usize, (Vec<prop::sample::Index>, bool))| {
                let before: Vec<usize> =
                    before.iter().filter(|_| number > 0).map(|at| at.index(number.max(1))).collect();
                task(number, &before, wanted)
            };
            tasks.into_iter().enumerate().map(number).collect()
        })
    }

    proptest! {
        #[test]
        fn whatever_a_part_waits_for_is_in_it_or_kept(tasks in graphs(), size in 1usize..20) {
            let parts = cut(&tasks, size).unwrap();
            let mut kept: HashSet<&str> = HashSet::new();
            for part in &parts {
                prop_assert!(part.tasks.len() <= size);
                let here: HashSet<&str> = part.tasks.iter().map(|task| task.key).collect();
                for task in &part.tasks {
                    prop_assert!(task.within.iter().all(|key| here.contains(key)));
                    prop_assert!(task.earlier.iter().all(|key| kept.contains(key)), "{:?} of {:?}", task, kept);
                }
                kept.extend(part.kept.iter().map(|key| &***key));
                for key in &part.released {
                    prop_assert!(kept.remove(&***key));
                }
            }
            let wanted: HashSet<&str> = tasks.iter().filter(|task| task.wanted).map(|task| &*task.key).collect();
            prop_assert_eq!(kept, wanted);
            let sent: Vec<&str> = parts.iter().flat_map(|part| part.tasks.iter().map(|task| task.key)).collect();
            prop_assert_eq!(sent, tasks.iter().map(|task| &*task.key).collect::<Vec<_>>());
        }
    }

    #[test]
    fn large_payloads_make_small_parts() {
        let large = |number| Task { payload: Bytes::from(vec![0; PART_BYTES / 2 + 1]), ..task(number, &[], true) };
        let tasks = [large(0), large(1), task(2, &[], true)];
        let sizes: Vec<usize> = cut(&tasks, 100).unwrap().iter().map(|part| part.tasks.len()).collect();
        assert_eq!(sizes, [1, 2]);
    }

    #[test]
    fn graphs_out_of_order_are_refused() {
        let refused = |tasks: &[Task]| cut(tasks, 10).unwrap_err().to_string();
        assert_eq!(
            refused(&[task(0, &[1], true), task(1, &[], true)]),
            "the graph is out of order: `0` depends on `1`, which isn't before it"
        );
        assert_eq!(
            refused(&[task(0, &[], true), task(0, &[], true)]),
            "the graph is out of order: the key `0` occurs twice"
        );
        assert!(cut(&[task(5, &[99], true)], 10).is_ok(), "99 may be of an earlier graph");
    }
}
