//! The executor.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use dispatcher::remote::{Argument, Asks, Operation, Piece, RemoteExecutor, Role, Task, Version, Work};
use dispatcher_core::Settings;

/// Runs operations elsewhere, by a share of a hundred.
pub struct Elsewhere {
    settings: Settings,
    share: u32,
    random: RefCell<fastrand::Rng>,
    /// How many calls were made from bytes.
    pub calls: Cell<usize>,
    /// Why operations couldn't be sent away.
    pub refusals: RefCell<Vec<String>>,
}

/// A value that is elsewhere.
#[derive(Clone)]
enum There {
    Parts {
        parts: Vec<Vec<u8>>,
        is_tuple: bool,
    },
    /// What an operation gave that was asked: the parts of the value, or the error's bytes.
    Asked(&'static Operation, Result<Vec<Vec<u8>>, Option<Vec<u8>>>),
}

impl There {
    fn whole(&self) -> Vec<u8> {
        match self {
            Self::Parts { parts, .. } => parts.concat(),
            Self::Asked(operation, Ok(parts)) => {
                let mut whole = vec![u8::from(operation.asks() == Asks::ForNone)];
                whole.extend(parts.concat());
                whole
            }
            Self::Asked(_, Err(_)) => panic!("a refusal is no value"),
        }
    }
}

impl Elsewhere {
    pub fn new(share: u32, seed: u64) -> Self {
        let random = RefCell::new(fastrand::Rng::with_seed(seed));
        Self { settings: Settings::new(), share, random, calls: Cell::new(0), refusals: RefCell::default() }
    }

    pub fn fail_fast(mut self, yes: bool) -> Self {
        self.settings = self.settings.fail_fast(yes);
        self
    }

    fn goes_away(&self) -> bool {
        self.random.borrow_mut().u32(..100) < self.share
    }
}

impl RemoteExecutor for Elsewhere {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn execute(&self, work: &mut Work<'_>) {
        let mut there: HashMap<Version, There> = HashMap::new();
        let mut deferred = Vec::new();
        while let Some(task) = work.next() {
            let first = task.uses().first().and_then(|(_, version)| there.get(version).cloned());
            match (task.role(), first) {
                _ if task.is_skipped() => work.run(task),
                (Role::Call(_), _) if self.goes_away() => {
                    let call = match task.call(&|version| there.contains_key(&version)) {
                        Ok(call) => call,
                        Err(why) => {
                            self.refusals.borrow_mut().push(why.to_string());
                            here(task, &there, work);
                            continue;
                        }
                    };
                    let arguments: Vec<Vec<u8>> =
                        call.arguments.iter().map(|argument| bytes(argument, &there)).collect();
                    let arguments: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
                    let asked = task.is_asked();
                    let kept = task.is_kept(work);
                    self.calls.set(self.calls.get() + 1);
                    let operation = Operation::by_name(call.operation.name()).expect("it has a name");
                    let given = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        operation.call(&arguments, asked && !kept)
                    }));
                    let given = match given {
                        Ok(Ok(parts)) => Ok(parts),
                        Ok(Err(error)) if error.is_refusal && asked && !kept => Err(error.data),
                        Ok(Err(error)) => {
                            work.fail(task, Box::new(error));
                            continue;
                        }
                        Err(_) => {
                            work.fail(task, "it panicked elsewhere".into());
                            continue;
                        }
                    };
                    let versions = task.gives();
                    let task = work.defer(task);
                    let is_value = operation.asks() == Asks::Never;
                    let count = if is_value || asked && !kept { operation.parts() } else { 1 };
                    let (result, updated) = match given {
                        Ok(mut parts) => {
                            let updated = parts.split_off(count);
                            (Ok(parts), updated)
                        }
                        Err(data) => (Err(data), Vec::new()),
                    };
                    let result = match result {
                        Ok(parts) if is_value || !asked || kept => {
                            There::Parts { parts, is_tuple: is_value && operation.is_tuple() }
                        }
                        result => There::Asked(operation, result),
                    };
                    if kept {
                        task.supply(0, &result.whole()).unwrap();
                    }
                    there.insert(versions[0].0, result);
                    let rank = |index: &usize| call.updates.iter().filter(|other| *other < index).count();
                    for (place, index) in call.updates.iter().enumerate() {
                        if let Some(bytes) = updated.get(rank(index)) {
                            if kept {
                                task.supply(place + 1, bytes).unwrap();
                            }
                            let value = There::Parts { parts: vec![bytes.clone()], is_tuple: false };
                            there.insert(versions[place + 1].0, value);
                        }
                    }
                    task.confirm();
                    deferred.push(task);
                }
                (Role::Question, Some(There::Asked(operation, Err(data)))) => {
                    task.supply_refusal(0, operation, &data.expect("these errors are sent")).unwrap();
                    work.run(task);
                }
                (Role::Question, Some(There::Asked(operation, Ok(parts)))) if task.is_used_elsewhere(work) => {
                    let value = There::Parts { parts, is_tuple: operation.is_tuple() };
                    pass(task, value, &mut there, work, &mut deferred);
                }
                (Role::Collect, _) if task.is_used_elsewhere(work) => {
                    match task.collected(&|version| there.contains_key(&version)) {
                        Some(pieces) => {
                            let value = There::Parts { parts: vec![bytes(&pieces, &there)], is_tuple: false };
                            pass(task, value, &mut there, work, &mut deferred);
                        }
                        None => here(task, &there, work),
                    }
                }
                (Role::Parts, Some(value @ There::Parts { is_tuple: true, .. })) if task.is_used_elsewhere(work) => {
                    pass(task, value, &mut there, work, &mut deferred);
                }
                (Role::Part(index), Some(There::Parts { parts, is_tuple: true })) => {
                    let value = There::Parts { parts: vec![parts[index].clone()], is_tuple: false };
                    pass(task, value, &mut there, work, &mut deferred);
                }
                (Role::Pass, Some(value @ There::Parts { .. })) if task.is_used_elsewhere(work) => {
                    pass(task, value, &mut there, work, &mut deferred);
                }
                (Role::Return, Some(value @ There::Parts { .. }))
                    if task.returns_to(work).is_some_and(|(_, _, kept)| !kept) =>
                {
                    let (version, ..) = task.returns_to(work).expect("looked at above");
                    there.insert(version, value);
                    work.defer(task).confirm();
                }
                _ => here(task, &there, work),
            }
        }
    }
}

/// Counts a task as run whose value is elsewhere.
fn pass<'r>(
    task: Task<'r>,
    value: There,
    there: &mut HashMap<Version, There>,
    work: &mut Work<'r>,
    deferred: &mut Vec<dispatcher::remote::Deferred<'r>>,
) {
    there.insert(task.gives()[0].0, value);
    let task = work.defer(task);
    task.confirm();
    deferred.push(task);
}

/// Brings what a task needs, and runs it here.
fn here<'r>(task: Task<'r>, there: &HashMap<Version, There>, work: &mut Work<'r>) {
    for (index, version) in task.missing() {
        task.supply(index, &there[&version].whole()).unwrap();
    }
    work.run(task);
}

fn bytes(argument: &Argument, there: &HashMap<Version, There>) -> Vec<u8> {
    let piece = |piece: &Piece| match piece {
        Piece::Bytes(bytes) => bytes.clone(),
        Piece::Value(version) => there[version].whole(),
    };
    argument.0.iter().flat_map(piece).collect()
}
