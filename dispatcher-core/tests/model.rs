//! Random graphs against a sequential model: the same values, each needed operation once, in an order that the graph allows,
//! and nothing left over.
//!
//! A program is a list of [`Step`]s over variables. Each step builds nodes and, beside them, says in plain Rust what they are
//! worth and what must have happened before ([`World`]). Then some variables are outputs, some are kept, the rest is dropped.

mod common;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use common::{Counted, Executor, Tally};
use dispatcher_core::{Cloned, CollectNode, Copied, DataNode, ErrorKind, IndexNode, Kept, Node, Op};
use proptest::prelude::*;

/// One line of a program. Variables are named by any number, taken modulo how many there are.
#[derive(Debug, Clone)]
enum Step {
    Data(u64),
    Make(u64),
    Read(usize, usize),
    Move(usize, usize),
    MoveBoth(usize, usize),
    Update(usize, usize),
    UpdateBoth(usize, usize),
    Clone(usize),
    Keep(usize, usize),
    /// A number is computed from a variable, and used twice by copy.
    Copy(usize),
    Collect(usize, usize, usize),
    CollectClones(usize, usize),
    Index(usize, usize),
    /// A subgraph that borrows the first variable, owns the second, and nests as deep as said.
    Lend(usize, usize, u8),
    /// A subgraph that updates the variable.
    LendMut(usize, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let var = || 0..64_usize;
    prop_oneof![
        1 => any::<u64>().prop_map(Step::Data),
        3 => any::<u64>().prop_map(Step::Make),
        3 => (var(), var()).prop_map(|(a, b)| Step::Read(a, b)),
        2 => (var(), var()).prop_map(|(a, b)| Step::Move(a, b)),
        1 => (var(), var()).prop_map(|(a, b)| Step::MoveBoth(a, b)),
        3 => (var(), var()).prop_map(|(a, b)| Step::Update(a, b)),
        1 => (var(), var()).prop_map(|(a, b)| Step::UpdateBoth(a, b)),
        1 => var().prop_map(Step::Clone),
        1 => (var(), var()).prop_map(|(a, b)| Step::Keep(a, b)),
        1 => var().prop_map(Step::Copy),
        1 => (var(), var(), var()).prop_map(|(a, b, c)| Step::Collect(a, b, c)),
        1 => (var(), var()).prop_map(|(a, b)| Step::CollectClones(a, b)),
        1 => (var(), var()).prop_map(|(a, b)| Step::Index(a, b)),
        2 => (var(), var(), 0..4_u8).prop_map(|(a, b, depth)| Step::Lend(a, b, depth)),
        1 => (var(), 0..3_u8).prop_map(|(a, depth)| Step::LendMut(a, depth)),
    ]
}

fn mix(a: u64, b: u64) -> u64 {
    (a ^ b.rotate_left(17)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23) ^ b
}

/// What running operations leave.
#[derive(Default)]
struct Trace {
    tally: Arc<Tally>,
    log: Mutex<Vec<(usize, Mark)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Start,
    End,
}

impl Trace {
    fn mark(&self, op: usize, mark: Mark) {
        self.log.lock().expect("no operation panics").push((op, mark));
    }

    fn during<R>(&self, op: usize, body: impl FnOnce() -> R) -> R {
        self.mark(op, Mark::Start);
        let result = body();
        self.mark(op, Mark::End);
        result
    }

    fn take_log(&self) -> Vec<(usize, Mark)> {
        std::mem::take(&mut *self.log.lock().expect("no operation panics"))
    }
}

/// An operation, in the model.
#[derive(Default)]
struct OpModel {
    /// The versions that it uses.
    uses: Vec<usize>,
    /// Those of them that it moves or updates.
    takes: Vec<usize>,
    /// Whether it writes to the log.
    logged: bool,
    ran: bool,
}

/// A version of a value, in the model.
struct Version {
    /// The operation that gives it; none for data.
    by: Option<usize>,
    readers: Vec<usize>,
}

struct Var {
    node: Node<'static, Counted>,
    version: usize,
    value: u64,
}

struct World {
    trace: Arc<Trace>,
    vars: Vec<Var>,
    ops: Vec<OpModel>,
    versions: Vec<Version>,
    /// The versions that are gone: moved, updated, or handed out as a result.
    taken: HashSet<usize>,
}

impl World {
    fn build(steps: &[Step]) -> Self {
        let mut world = Self {
            trace: Arc::default(),
            vars: Vec::new(),
            ops: Vec::new(),
            versions: Vec::new(),
            taken: HashSet::new(),
        };
        world.add(&Step::Make(1));
        world.add(&Step::Data(2));
        for step in steps {
            world.add(step);
        }
        world
    }

    /// A new operation that reads some versions and takes others.
    fn op(&mut self, reads: &[usize], takes: &[usize], logged: bool) -> usize {
        let id = self.ops.len();
        for &version in reads {
            self.versions[version].readers.push(id);
        }
        let uses = [reads, takes].concat();
        self.ops.push(OpModel { uses, takes: takes.to_vec(), logged, ran: false });
        id
    }

    fn version(&mut self, by: Option<usize>) -> usize {
        self.versions.push(Version { by, readers: Vec::new() });
        self.versions.len() - 1
    }

    fn var(&mut self, node: Node<'static, Counted>, by: Option<usize>, value: u64) {
        let version = self.version(by);
        self.vars.push(Var { node, version, value });
    }

    /// Two variables, the first of them for good.
    fn take_one(&mut self, a: usize, b: usize) -> Option<(Var, usize)> {
        let (a, b) = (a % self.vars.len(), b % self.vars.len());
        if a == b || self.vars.len() < 3 {
            return None;
        }
        let taken = self.vars.remove(a);
        Some((taken, if b > a { b - 1 } else { b }))
    }

    fn add(&mut self, step: &Step) {
        let trace = Arc::clone(&self.trace);
        let tally = Arc::clone(&trace.tally);
        let count = self.vars.len().max(1);
        match *step {
            Step::Data(value) => self.var(DataNode::opaque(tally.value(value)), None, value),
            Step::Make(value) => {
                let id = self.op(&[], &[], true);
                let node = Op::new("make", (), move |()| trace.during(id, || tally.value(value)));
                self.var(node, Some(id), value);
            }
            Step::Read(a, b) => {
                let (a, b) = (a % count, b % count);
                let id = self.op(&[self.vars[a].version, self.vars[b].version], &[], true);
                let inputs = (&self.vars[a].node, &self.vars[b].node);
                let node =
                    Op::new("read", inputs, move |(a, b)| trace.during(id, || tally.value(mix(a.value, b.value))));
                let value = mix(self.vars[a].value, self.vars[b].value);
                self.var(node, Some(id), value);
            }
            Step::Move(a, b) => {
                let Some((a, b)) = self.take_one(a, b) else { return };
                let id = self.op(&[self.vars[b].version], &[a.version], true);
                let node = Op::new("move", (a.node, &self.vars[b].node), move |(mut a, b): (Counted, &Counted)| {
                    trace.during(id, || {
                        a.value = mix(a.value, b.value);
                        a
                    })
                });
                let value = mix(a.value, self.vars[b].value);
                self.var(node, Some(id), value);
            }
            Step::MoveBoth(a, b) => {
                let Some((a, b)) = self.take_one(a, b) else { return };
                let b = self.vars.remove(b);
                let id = self.op(&[], &[a.version, b.version], true);
                let node = Op::new("move both", (a.node, b.node), move |(a, b): (Counted, Counted)| {
                    trace.during(id, || tally.value(mix(a.value, b.value)))
                });
                self.var(node, Some(id), mix(a.value, b.value));
            }
            Step::Update(a, b) => {
                let Some((mut a, b)) = self.take_one(a, b) else { return };
                let id = self.op(&[self.vars[b].version], &[a.version], true);
                let node =
                    Op::new("update", (&mut a.node, &self.vars[b].node), move |(a, b): (&mut Counted, &Counted)| {
                        trace.during(id, || {
                            let old = a.value;
                            a.value = mix(a.value, b.value);
                            tally.value(!old)
                        })
                    });
                let old = a.value;
                a.value = mix(a.value, self.vars[b].value);
                a.version = self.version(Some(id));
                self.vars.push(a);
                self.var(node, Some(id), !old);
            }
            Step::UpdateBoth(a, b) => {
                let Some((mut a, b)) = self.take_one(a, b) else { return };
                let mut b = self.vars.remove(b);
                let id = self.op(&[], &[a.version, b.version], true);
                let node =
                    Op::new("update both", (&mut a.node, &mut b.node), move |(a, b): (&mut Counted, &mut Counted)| {
                        trace.during(id, || {
                            std::mem::swap(a, b);
                            a.value ^= 1;
                            tally.value(b.value)
                        })
                    });
                let swapped = (b.value ^ 1, a.value);
                (a.value, b.value) = swapped;
                a.version = self.version(Some(id));
                b.version = self.version(Some(id));
                self.vars.push(a);
                self.vars.push(b);
                self.var(node, Some(id), swapped.1);
            }
            Step::Clone(a) => {
                let a = a % count;
                let id = self.op(&[self.vars[a].version], &[], true);
                let node = Op::new("clone", (Cloned(&self.vars[a].node),), move |(mut a,): (Counted,)| {
                    trace.during(id, || {
                        a.value ^= 5;
                        a
                    })
                });
                let value = self.vars[a].value ^ 5;
                self.var(node, Some(id), value);
            }
            Step::Keep(a, b) => {
                let Some((a, b)) = self.take_one(a, b) else { return };
                let id = self.op(&[self.vars[b].version], &[a.version], true);
                let inputs = (Kept(a.node), &self.vars[b].node);
                let node = Op::new("keep", inputs, move |(a, b): (&Counted, &Counted)| {
                    trace.during(id, || tally.value(mix(b.value, a.value)))
                });
                let value = mix(self.vars[b].value, a.value);
                self.var(node, Some(id), value);
            }
            Step::Copy(a) => {
                let a = a % count;
                let first = self.op(&[self.vars[a].version], &[], true);
                let second = self.ops.len();
                let (trace_1, trace_2) = (Arc::clone(&trace), trace);
                let number: Node<'static, u64> =
                    Op::new("number", (&self.vars[a].node,), move |(a,)| trace_1.during(first, || a.value ^ 9));
                let version = self.version(Some(first));
                assert_eq!(self.op(&[version, version], &[], true), second);
                let node = Op::new("copy", (Copied(&number), Copied(&number)), move |(n, m)| {
                    trace_2.during(second, || tally.value(mix(n, m)))
                });
                let number = self.vars[a].value ^ 9;
                self.var(node, Some(second), mix(number, number));
            }
            Step::Collect(a, b, c) => {
                let Some((a, b)) = self.take_one(a, b) else { return };
                let b = self.vars.remove(b);
                let c = c % self.vars.len().max(1);
                let gather = self.op(&[], &[a.version, b.version], false);
                let all = CollectNode::new(vec![Some(a.node), None, Some(b.node)]);
                let version = self.version(Some(gather));
                let id = self.op(&[self.vars[c].version], &[version], true);
                let node =
                    Op::new("fold", (all, &self.vars[c].node), move |(all, c): (Vec<Option<Counted>>, &Counted)| {
                        trace.during(id, || tally.value(all.iter().flatten().fold(c.value, |sum, x| mix(sum, x.value))))
                    });
                let value = mix(mix(self.vars[c].value, a.value), b.value);
                self.var(node, Some(id), value);
            }
            Step::CollectClones(a, b) => {
                let Some((a, b)) = self.take_one(a, b) else { return };
                let b = self.vars.remove(b);
                let gather = self.op(&[a.version, b.version], &[], false);
                let pair = [a.node, b.node];
                let all = CollectNode::cloned(&pair);
                let version = self.version(Some(gather));
                let id = self.op(&[version], &[], true);
                let node = Op::new("fold clones", (&all,), move |(all,): (&[Counted; 2],)| {
                    trace.during(id, || tally.value(mix(all[0].value, all[1].value)))
                });
                let value = mix(a.value, b.value);
                let [first, second] = pair;
                self.vars.push(Var { node: first, ..a });
                self.vars.push(Var { node: second, ..b });
                self.var(node, Some(id), value);
            }
            Step::Index(a, index) => {
                let (a, index) = (a % count, index % 3);
                let make = self.op(&[self.vars[a].version], &[], true);
                let list: Node<'static, Vec<Counted>> = Op::new("list", (&self.vars[a].node,), move |(a,)| {
                    trace.during(make, || (0..3).map(|n| tally.value(a.value ^ n)).collect())
                });
                let version = self.version(Some(make));
                let id = self.op(&[version], &[], false);
                let value = self.vars[a].value ^ index as u64;
                self.var(IndexNode::new(&list, index), Some(id), value);
            }
            Step::Lend(a, b, depth) => {
                let Some((b, a)) = self.take_one(b, a) else { return };
                let id = self.op(&[self.vars[a].version], &[b.version], true);
                let node = Op::graph("lend", (&self.vars[a].node, b.node), move |(a, b): (&Counted, Counted), _| {
                    trace.mark(id, Mark::Start);
                    let nested = nest(&trace.tally, a, b, depth);
                    let trace = Arc::clone(&trace);
                    Op::new("done", (nested,), move |(value,)| {
                        trace.mark(id, Mark::End);
                        value
                    })
                });
                let value = nest_model(self.vars[a].value, b.value, depth);
                self.var(node, Some(id), value);
            }
            Step::LendMut(a, depth) => {
                if self.vars.len() < 3 {
                    return;
                }
                let mut a = self.vars.remove(a % count);
                let id = self.op(&[], &[a.version], true);
                let node = Op::graph("lend mut", (&mut a.node,), move |(a,): (&mut Counted,), _| {
                    trace.mark(id, Mark::Start);
                    let own = tally.value(u64::from(depth));
                    let reader = Op::new("own", (), move |()| own);
                    Op::new("change", (reader,), move |(own,): (Counted,)| {
                        a.value = mix(a.value, own.value);
                        trace.mark(id, Mark::End);
                        own
                    })
                });
                a.value = mix(a.value, u64::from(depth));
                a.version = self.version(Some(id));
                self.vars.push(a);
                self.var(node, Some(id), u64::from(depth));
            }
        }
    }

    /// The operations that a version needs and that haven't run.
    fn needed(&self, versions: impl IntoIterator<Item = usize>) -> HashSet<usize> {
        let mut stack: Vec<usize> = versions.into_iter().filter_map(|version| self.versions[version].by).collect();
        let mut needed = HashSet::new();
        while let Some(op) = stack.pop() {
            if !self.ops[op].ran && needed.insert(op) {
                stack.extend(self.ops[op].uses.iter().filter_map(|&version| self.versions[version].by));
            }
        }
        needed
    }

    /// Whether one of the operations uses a version that is gone.
    fn is_gone(&self, needed: &HashSet<usize>) -> bool {
        needed.iter().any(|&op| self.ops[op].uses.iter().any(|version| self.taken.contains(version)))
    }

    /// Notes that these operations have run.
    fn have_run(&mut self, needed: &HashSet<usize>) {
        for &op in needed {
            self.ops[op].ran = true;
            self.taken.extend(&self.ops[op].takes);
        }
    }

    /// The operations that must have ended before `op` starts: its producers, and the earlier readers of what it takes.
    fn before(&self, op: usize, needed: &HashSet<usize>) -> Vec<usize> {
        let producers = self.ops[op].uses.iter().filter_map(|&version| self.versions[version].by);
        let readers = self.ops[op].takes.iter().flat_map(|&version| self.versions[version].readers.iter().copied());
        producers.chain(readers).filter(|before| *before != op && needed.contains(before)).collect()
    }

    /// Checks what the log says against what was needed.
    fn check_log(&self, needed: &HashSet<usize>, log: &[(usize, Mark)]) {
        let place = |op, mark| log.iter().position(|entry| *entry == (op, mark));
        let logged = needed.iter().filter(|op| self.ops[**op].logged);
        assert_eq!(log.len(), 2 * logged.clone().count(), "each needed operation runs once, no other runs: {log:?}");
        for &op in logged {
            let start = place(op, Mark::Start).expect("a needed operation starts");
            let end = place(op, Mark::End).expect("a needed operation ends");
            assert!(start < end);
            // Through operations that write no log, to those that do.
            let mut stack = self.before(op, needed);
            let mut seen = HashSet::new();
            while let Some(before) = stack.pop() {
                if !seen.insert(before) {
                    continue;
                }
                if self.ops[before].logged {
                    let ended = place(before, Mark::End).expect("a needed operation ends");
                    assert!(ended < start, "operation {before} ends before operation {op} starts: {log:?}");
                } else {
                    stack.extend(self.before(before, needed));
                }
            }
        }
    }
}

/// A graph that borrows `a`, owns `b` and nests `depth` times.
fn nest<'s>(tally: &Arc<Tally>, a: &'s Counted, b: Counted, depth: u8) -> Node<'s, Counted> {
    let tally_1 = Arc::clone(tally);
    let mut own = DataNode::opaque(b);
    let sum = Op::new("sum", (&own,), move |(b,): (&Counted,)| tally_1.value(mix(a.value, b.value)));
    drop(Op::new("bump", (&mut own, &sum), |(b, sum): (&mut Counted, &Counted)| b.value ^= sum.value));
    if depth == 0 {
        return Op::new("last", (own, sum), |(b, sum): (Counted, Counted)| {
            drop(sum);
            b
        });
    }
    let tally = Arc::clone(tally);
    Op::graph("nest", (&sum, own), move |(sum, own): (&Counted, Counted), _| {
        let deeper = nest(&tally, sum, own, depth - 1);
        // What an outer level lends is there on inner levels too.
        let fixed = Op::new("outer", (), move |()| a.value);
        Op::new("after", (deeper, fixed), |(value, _): (Counted, u64)| value)
    })
}

fn nest_model(a: u64, b: u64, depth: u8) -> u64 {
    let sum = mix(a, b);
    let own = b ^ sum;
    if depth == 0 { own } else { nest_model(sum, own, depth - 1) }
}

/// What becomes of a variable in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Output,
    Kept,
    Dropped,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![3 => Just(Fate::Output), 2 => Just(Fate::Kept), 1 => Just(Fate::Dropped)]
}

fn check(steps: &[Step], fates: &[Fate], executor: &Executor) {
    let mut world = World::build(steps);
    let trace = Arc::clone(&world.trace);
    let (mut outputs, mut kept) = (Vec::new(), Vec::new());
    for (index, var) in std::mem::take(&mut world.vars).into_iter().enumerate() {
        match fates[index % fates.len()] {
            Fate::Output => outputs.push(var),
            Fate::Kept => kept.push(var),
            Fate::Dropped => drop(var),
        }
    }
    let needed = world.needed(outputs.iter().map(|var| var.version));
    world.taken.extend(outputs.iter().map(|var| var.version));
    let (nodes, values): (Vec<_>, Vec<_>) = outputs.into_iter().map(|var| (var.node, var.value)).unzip();
    let results: Vec<u64> =
        executor.run_all(nodes).into_iter().map(|result| result.expect("nothing fails").value).collect();
    assert_eq!(results, values);
    world.check_log(&needed, &trace.take_log());
    world.have_run(&needed);

    // What was kept is run afterwards, one by one, until something needs a value that is gone.
    let mut kept = kept.into_iter();
    for var in kept.by_ref() {
        let needed = world.needed([var.version]);
        let result = executor.run(var.node);
        if world.is_gone(&needed) {
            let error = result.expect_err("a value is gone");
            assert!(matches!(error.kind(), ErrorKind::ValueGone), "{error}");
            break;
        }
        assert_eq!(result.expect("nothing fails").value, var.value);
        world.check_log(&needed, &trace.take_log());
        world.have_run(&needed);
        world.taken.insert(var.version);
    }
    drop(kept);
    trace.tally.assert_settled();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_graphs_do_what_the_sequential_model_does(
        steps in prop::collection::vec(step(), 0..40),
        fates in prop::collection::vec(fate(), 1..12),
    ) {
        for executor in Executor::all() {
            check(&steps, &fates, &executor);
        }
    }

    #[test]
    fn graphs_that_are_built_and_dropped_leave_nothing(
        steps in prop::collection::vec(step(), 0..60),
        turn in any::<usize>(),
    ) {
        let mut world = World::build(&steps);
        let trace = Arc::clone(&world.trace);
        // In any order: each node keeps what it uses alive.
        while !world.vars.is_empty() {
            let index = turn % world.vars.len();
            world.vars.swap_remove(index);
        }
        prop_assert!(trace.take_log().is_empty());
        trace.tally.assert_settled();
    }
}
