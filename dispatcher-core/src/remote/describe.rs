//! What a task is, and what it would be called with.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::{fmt, ptr};

use super::operation::Operation;
use super::param::Encoded;
use crate::collect::COLLECT;
use crate::executor::SEND;
use crate::graph;
use crate::lower::{AFTER, ANSWER, CLONE, PARTS, QUESTION};
use crate::op::{CLEANUP, INDEX};
use crate::raw::{Describe, EdgeKind, Group, Layout, Plain, Ready, Run, Seen, Told, Use};
use crate::site::Site;

/// One version of a value: what one operation gives, or what one leaves that updates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(pub(super) crate::raw::Version);

/// What a task is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// It calls an operation that other processes have: see [`Task::call`](super::Task::call).
    Call(&'static str),
    /// It calls a function that gives a graph, to be run in its place: here.
    Graph,
    /// It asks (`?`) whether a value is an `Err` or a `None`, and gives what is in it where it isn't.
    Question,
    /// It puts values together: see [`Task::collected`](super::Task::collected).
    Collect,
    /// It takes a tuple apart: it gives on the value that it uses first, if the elements of that are apart.
    Parts,
    /// It gives one element of the tuple that it uses.
    Part(usize),
    /// It gives on the value that it uses first.
    Pass,
    /// It gives on the value that it uses first, as the result of the graph that an operation gave.
    Return,
    /// It is the library's own, and is run here: it costs next to nothing.
    Own,
    /// Anything else: it can only be run here.
    Other,
}

/// A call of an operation.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is called.
    pub operation: &'static Operation,
    /// With what, in order.
    pub arguments: Vec<Argument>,
    /// For each value that is updated, in order: the number of the argument.
    pub updates: Vec<usize>,
}

/// An argument, or a collection: the bytes of its pieces, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argument(pub Vec<Piece>);

/// Part of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A value that is elsewhere, or isn't there yet.
    Value(Version),
}

/// Why a task can't be run elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoCall {
    /// It calls a function that no other process has.
    #[error("`{name}` can't be called in another process: mark it with #[remote]")]
    NotRemote {
        /// The function's path.
        name: String,
    },
    /// Another function has its name: one that stands in another function of the same module.
    #[error(
        "`{name}` can't be called in another process, since there are two functions of that name: give one another name"
    )]
    TwoOfTheName {
        /// The functions' path.
        name: String,
    },
    /// It is no call of a function.
    #[error(
        "`{label}` can't be computed in another process, since it is no call of a function: put it into one, and mark that with #[remote]"
    )]
    NoFunction {
        /// What it is.
        label: String,
    },
    /// It looks at what it gave to say whether it is tried again.
    #[error(
        "`{name}` can't be tried again in another process by its `when`: let it give an `Err` only where that is worth it"
    )]
    Retry {
        /// The function's path.
        name: String,
    },
    /// It has a time limit of its own.
    #[error(
        "`{name}` can't have a time limit in another process, which is never told to stop: let the function keep it, or limit the run"
    )]
    Timeout {
        /// The function's path.
        name: String,
    },
    /// An argument isn't such as can be sent.
    #[error("argument {} of `{name}` can't go to another process: {why}", index + 1)]
    Argument {
        /// The function's path.
        name: String,
        /// Which argument, from 0.
        index: usize,
        /// What is in the way, and what to do.
        why: String,
    },
}

/// An item of a node's inputs.
enum Item {
    /// The value of an edge.
    Use(usize),
    /// A captured value: which, and its type.
    Value(usize, &'static str),
    Group(Group, Vec<Item>),
    /// It can't be had.
    Hidden,
}

/// What a node calls.
#[derive(Clone, Copy)]
struct Callee {
    function: TypeId,
    name: &'static str,
    gives_graph: bool,
}

/// How an argument is written.
#[derive(Clone, Copy)]
enum Written {
    Input(usize),
    Constant(&'static str),
    Built,
}

/// What a node tells of itself.
#[derive(Default)]
pub(super) struct Shape {
    open: Vec<(Group, Vec<Item>)>,
    items: Vec<Item>,
    uses: usize,
    values: usize,
    /// A value has been told of that is about to be shown, too.
    told: bool,
    callee: Option<Callee>,
    written: Vec<Written>,
    passes: bool,
    /// Which argument is a closure.
    closure: Option<usize>,
    pub(super) catches: bool,
}

impl Shape {
    pub(super) fn of(node: Seen<'_>) -> Self {
        let mut shape = Self::default();
        node.describe(&mut shape);
        shape
    }

    fn push(&mut self, item: Item) {
        match self.open.last_mut() {
            Some((_, items)) => items.push(item),
            None => self.items.push(item),
        }
    }

    fn shown(&mut self) {
        if !std::mem::take(&mut self.told) {
            self.push(Item::Hidden);
        }
    }
}

impl Describe for Shape {
    fn edge(&mut self) {
        self.push(Item::Use(self.uses));
        self.uses += 1;
    }
    fn shown(&mut self, _: &dyn fmt::Debug) {
        Self::shown(self);
    }
    fn opaque(&mut self) {
        Self::shown(self);
    }
    fn text(&mut self, _: &str) {}
    fn value(&mut self, value: Plain<'_>) {
        self.push(Item::Value(self.values, value.type_name()));
        self.values += 1;
        self.told = true;
    }
    fn open(&mut self, group: Group) {
        self.open.push((group, Vec::new()));
    }
    fn close(&mut self) {
        if let Some((group, items)) = self.open.pop() {
            self.push(Item::Group(group, items));
        }
    }
    fn call(&mut self, told: Told<'_>) {
        match told {
            Told::Callee { function, name, gives_graph } => {
                self.callee = Some(Callee { function, name, gives_graph });
            }
            Told::Input(index) => self.written.push(Written::Input(index)),
            Told::Constant(value) => self.written.push(Written::Constant(value.type_name())),
            Told::Built => self.written.push(Written::Built),
            Told::Passes => self.passes = true,
            Told::Closure(index) => self.closure = Some(index),
            Told::Catches(_) => self.catches = true,
        }
    }
}

/// Encodes the values that a call is given, each as the parameter that it is the argument of.
struct Encode<'o> {
    operation: &'o Operation,
    /// For each captured value, which argument it is, if any.
    argument_of: HashMap<usize, usize>,
    values: usize,
    written: usize,
    /// The bytes of each argument that is a value.
    bytes: HashMap<usize, Option<Encoded>>,
}

impl Describe for Encode<'_> {
    fn edge(&mut self) {}
    fn shown(&mut self, _: &dyn fmt::Debug) {}
    fn opaque(&mut self) {}
    fn text(&mut self, _: &str) {}
    fn value(&mut self, value: Plain<'_>) {
        if let Some(&argument) = self.argument_of.get(&self.values) {
            self.bytes.insert(argument, self.operation.encode(argument, value));
        }
        self.values += 1;
    }
    fn call(&mut self, told: Told<'_>) {
        match told {
            Told::Constant(value) => {
                self.bytes.insert(self.written, self.operation.encode(self.written, value));
                self.written += 1;
            }
            Told::Input(_) | Told::Built => self.written += 1,
            _ => {}
        }
    }
}

/// Hands what went wrong to the function that asks for it.
struct Catch(Option<Box<dyn Any + Send>>);

impl Describe for Catch {
    fn edge(&mut self) {}
    fn shown(&mut self, _: &dyn fmt::Debug) {}
    fn opaque(&mut self) {}
    fn text(&mut self, _: &str) {}
    fn call(&mut self, told: Told<'_>) {
        if let Told::Catches(tell) = told
            && let Some(payload) = self.0.take()
        {
            tell(payload);
        }
    }
}

/// Tells the function that a node belongs to what went wrong; false if it hasn't asked.
pub(super) fn tell(node: Seen<'_>, payload: Box<dyn Any + Send>) -> bool {
    let mut catch = Catch(Some(payload));
    node.describe(&mut catch);
    catch.0.is_none()
}

/// Whether a node asks (`?`) for what it uses.
pub(super) fn is_question(node: &Seen<'_>) -> bool {
    !node.is_homeward() && ptr::eq(node.header().site(), &raw const QUESTION)
}

/// What a node is for.
pub(super) fn role(node: Seen<'_>, shape: &Shape) -> Role {
    let site = node.header().site();
    let is = |other: &'static Site| ptr::eq(site, other);
    if node.is_homeward() {
        Role::Return
    } else if let Some(callee) = shape.callee {
        match Operation::of_function(callee.function) {
            _ if callee.gives_graph => Role::Graph,
            Some(operation) => Role::Call(operation.name()),
            None => Role::Other,
        }
    } else if is_question(&node) {
        Role::Question
    } else if is(&COLLECT) {
        Role::Collect
    } else if is(&PARTS) {
        Role::Parts
    } else if is(&AFTER) || is(&CLONE) || shape.passes {
        Role::Pass
    } else if is(&INDEX) || is(&CLEANUP) || is(&SEND) {
        Role::Own
    } else if is(&ANSWER) {
        if node.uses().iter().any(|used| used.is_absent) { Role::Own } else { Role::Pass }
    } else if node.giver(0).is_some_and(|giver| ptr::eq(giver.site(), &raw const PARTS)) {
        site.label.strip_prefix('.').and_then(|index| index.parse().ok()).map_or(Role::Other, Role::Part)
    } else {
        Role::Other
    }
}

/// As [`role`], of a node of which no more is asked: the library's own aren't looked into, since there may be much in them.
fn role_of(node: Seen<'_>) -> Role {
    let is_own = [&COLLECT, &QUESTION, &AFTER, &PARTS].into_iter().any(|site| ptr::eq(node.header().site(), site));
    role(node, &if is_own { Shape::default() } else { Shape::of(node) })
}

/// Whether all that use what a node gives ask (`?`) for it.
pub(super) fn is_asked(node: Seen<'_>) -> bool {
    let users = node.users();
    !users.is_empty() && users.into_iter().all(|user| role_of(user) == Role::Question)
}

/// Why a node that isn't a call of an operation can't be run elsewhere.
pub(super) fn no_call(node: Seen<'_>, shape: &Shape) -> NoCall {
    let label = || graph::label_of_header(node.header());
    match (shape.callee, shape.closure) {
        (Some(callee), _) => NoCall::NotRemote { name: callee.name.to_owned() },
        (None, Some(index)) => {
            let why = "it is, or has in it, a closure: let the function take values instead".to_owned();
            NoCall::Argument { name: label(), index, why }
        }
        (None, None) => NoCall::NoFunction { label: label() },
    }
}

/// Whether all that is made of what a node gives goes to other processes.
pub(super) fn is_used_elsewhere(node: Seen<'_>, run: &Run) -> bool {
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        let users = node.users();
        if users.is_empty() || node.is_kept(run) {
            return false;
        }
        for user in users {
            match role_of(user) {
                Role::Call(_) => {}
                Role::Collect | Role::Pass | Role::Parts | Role::Part(_) => stack.push(user),
                _ => return false,
            }
        }
    }
    true
}

/// The call that a task makes; `elsewhere` says of which values there are versions elsewhere.
pub(super) fn call(ready: &Ready<'_>, shape: &Shape, elsewhere: &dyn Fn(Version) -> bool) -> Result<Call, NoCall> {
    let node = ready.seen();
    let operation = shape.callee.and_then(|callee| Operation::of_function(callee.function));
    let Some(operation) = operation else { return Err(no_call(node, shape)) };
    if Operation::by_name(operation.name()).is_none() {
        return Err(NoCall::TwoOfTheName { name: operation.name().to_owned() });
    }
    let uses = node.uses();
    let refuse = |index: usize, why: String| NoCall::Argument { name: operation.name().to_owned(), index, why };
    if ready.has_limit() {
        return Err(NoCall::Timeout { name: operation.name().to_owned() });
    }
    if shape.written.len() != operation.arity() {
        let why = "it isn't known how the call is written".to_owned();
        return Err(refuse(0, why));
    }
    let mut argument_of = HashMap::new();
    for (index, written) in shape.written.iter().enumerate() {
        if let Written::Input(input) = written
            && let Some(Item::Value(value, _)) = shape.items.get(*input)
        {
            argument_of.insert(*value, index);
        }
    }
    let mut encode = Encode { operation, argument_of, values: 0, written: 0, bytes: HashMap::new() };
    node.describe(&mut encode);
    let other_type = |index: usize, name: &str| {
        if name.starts_with("&mut ") {
            let why = "it borrows a value that is here, to be updated: take the value itself, and give the new one"
                .to_owned();
            return refuse(index, why);
        }
        let taken = operation.param(index).map_or("value", |(_, name)| name);
        refuse(index, format!("it is a `{name}`, and is sent as a `{taken}`: give it that, or a reference to it"))
    };
    let bytes_of = |index: usize, name: &str, bytes: Option<Encoded>| match bytes {
        Some(Ok(bytes)) => Ok(Argument(vec![Piece::Bytes(bytes)])),
        Some(Err(error)) => Err(refuse(index, error.to_string())),
        None => Err(other_type(index, name)),
    };
    let mut arguments = Vec::new();
    let mut updates = Vec::new();
    for (index, written) in shape.written.iter().enumerate() {
        let item = match written {
            Written::Built => {
                return Err(refuse(index, "it is put together in the call: give it a `let` of its own".to_owned()));
            }
            Written::Constant(name) => {
                arguments.push(bytes_of(index, name, encode.bytes.remove(&index).flatten())?);
                continue;
            }
            Written::Input(input) => shape.items.get(*input).unwrap_or(&Item::Hidden),
        };
        let sent_as = operation.param(index).map(|(of, _)| of);
        arguments.push(match item {
            Item::Value(_, name) => bytes_of(index, name, encode.bytes.remove(&index).flatten())?,
            Item::Use(at) => {
                let used = &uses[*at];
                if used.kind == EdgeKind::Update {
                    updates.push((*at, index));
                }
                let version = Version(used.version);
                if used.is_here && !elsewhere(version) {
                    let bytes = ready.value(*at).and_then(|value| operation.encode(index, value));
                    bytes_of(index, used.name, bytes)?
                } else if sent_as == Some(used.of) {
                    Argument(vec![Piece::Value(version)])
                } else {
                    return Err(other_type(index, used.name));
                }
            }
            Item::Group(group, _) if sent_as != Some(group.of) => return Err(other_type(index, group.name)),
            Item::Group(..) => {
                let mut pieces = Vec::new();
                gather(item, &uses, elsewhere, &mut pieces).map_err(|why| refuse(index, why))?;
                Argument(pieces)
            }
            Item::Hidden => return Err(refuse(index, "it isn't known what it is".to_owned())),
        });
    }
    updates.sort_unstable();
    let updates = updates.into_iter().map(|(_, index)| index).collect();
    Ok(Call { operation, arguments, updates })
}

/// What a task puts together, if all of it is elsewhere.
pub(super) fn collected(node: Seen<'_>, shape: &Shape, elsewhere: &dyn Fn(Version) -> bool) -> Option<Argument> {
    let uses = node.uses();
    let mut pieces = Vec::new();
    shape.items.iter().try_for_each(|item| gather(item, &uses, elsewhere, &mut pieces)).ok()?;
    Some(Argument(pieces))
}

/// The pieces of a collection, as postcard puts them one after the other.
fn gather(
    item: &Item,
    uses: &[Use],
    elsewhere: &dyn Fn(Version) -> bool,
    pieces: &mut Vec<Piece>,
) -> Result<(), String> {
    match item {
        Item::Use(at) => {
            let used = &uses[*at];
            let version = Version(used.version);
            if used.is_here && !elsewhere(version) {
                return Err(format!("a `{}` in it is known here already: collect it before the call", used.name));
            }
            pieces.push(Piece::Value(version));
        }
        Item::Group(group, items) => {
            match group.layout {
                Layout::Sequence(length) => pieces.push(Piece::Bytes(number(length as u64))),
                Layout::Variant(index) => pieces.push(Piece::Bytes(number(u64::from(index)))),
                Layout::Tuple => {}
                Layout::Unknown => return Err(format!("a `{}` of values that are computed can't be sent", group.name)),
            }
            items.iter().try_for_each(|item| gather(item, uses, elsewhere, pieces))?;
        }
        Item::Value(..) | Item::Hidden => return Err("a plain value in it can't be sent".to_owned()),
    }
    Ok(())
}

/// A number as postcard writes lengths and variants.
fn number(number: u64) -> Vec<u8> {
    postcard::to_stdvec(&number).unwrap_or_default()
}
