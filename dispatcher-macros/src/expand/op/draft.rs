//! An operation while it is put together: its inputs, and what a first draft teaches a second.
//!
//! Where one operation uses a local in several ways at once, or an inner operation takes what an outer
//! one reads, the first draft shows it, and the next one follows a better `Plan`.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;

use super::super::form::{Hole, PLACEHOLDER};
use crate::model::LocalId;

/// How an operation uses a local.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    /// A copy of the whole value.
    Copy,
    /// The whole value, by name.
    Whole,
    /// The value, to call a method on it or to take a part.
    Move,
    /// A shared reference; the text borrows it.
    Lend,
    /// A shared reference, to copy something out.
    Read,
    /// A unique reference.
    Update,
}

/// What a first draft taught.
#[derive(Clone, Default)]
pub(super) struct Plan {
    /// Locals that one input serves for all their uses.
    pub(super) shared: HashMap<LocalId, Mode>,
    /// Locals that are copied even at their last use.
    pub(super) copied: HashSet<LocalId>,
    /// Locals whose parts are read by operations of their own.
    pub(super) apart: HashSet<LocalId>,
    /// Inner operations are made before the inputs.
    pub(super) inner_first: bool,
}

/// An operation while it is put together.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) plan: Plan,
    pub(super) inputs: Vec<Input>,
    /// Direct uses of locals, with the number of inputs at that time.
    pub(super) seen: Vec<(LocalId, Mode, usize)>,
    /// Inner operations: what they mention, and whether they take it or change it.
    pub(super) inner: Vec<(LocalId, bool, usize)>,
    /// The inputs that serve all uses of a local.
    pub(super) serving: HashMap<LocalId, usize>,
    /// Captured locals that are bound by their own names.
    pub(super) captured: HashMap<LocalId, usize>,
    pub(super) before: TokenStream,
    /// The call may turn out to run now.
    pub(super) either: bool,
    /// The result is a value, and no subgraph.
    pub(super) value: bool,
    /// Once the first argument has been made, the operation will be: what is made for it alone is needed if it is.
    pub(super) steady: bool,
    /// The call gives a future, which the operation waits for.
    pub(super) awaits: bool,
    /// The operation changes something outside of the graph, or is there for its effect alone.
    pub(super) outward: bool,
    /// Its last methods are such as borrow from the value that they are called on.
    pub(super) borrows: bool,
    /// That value, where it stands in the body, and the method.
    pub(super) owner: Option<(TokenStream, Span)>,
    /// Which call the body is, for executors that make it elsewhere.
    pub(super) who: Option<Who>,
    /// Nobody uses the value, which may borrow from what the operation updates.
    pub(super) unused: bool,
}

/// What an operation's body is, if it is a call or less.
pub(super) enum Who {
    /// A call of this function.
    Call(TokenStream, Vec<Written>),
    /// A call whose argument of this number is a closure, or has one in it.
    WithClosure(usize),
    /// The only input.
    Passes,
}

/// How an argument is written.
pub(super) enum Written {
    /// It is the input of this number.
    Input(usize),
    /// It is the same in each call.
    Constant(TokenStream),
    /// Inputs and other things are put together in it.
    Built(TokenStream),
}

pub(super) struct Input {
    pub(super) tokens: TokenStream,
    pub(super) name: Ident,
    pub(super) mutable: bool,
    /// None for a local that is bound by its own name.
    pub(super) hole: Option<Hole>,
}

impl Draft {
    pub(super) fn input(&mut self, tokens: TokenStream, name: Option<&Ident>, span: Span, hole: Hole) -> Ident {
        let at = self.inputs.len();
        let taken = |name: &Ident| self.inputs.iter().any(|input| input.name == *name);
        let free = name.filter(|name| *name != "self" && !taken(name));
        // With the user's own hygiene, so that rustc's errors are those of the call as it was written. A name that the user
        // writes stands for the same thing inside as outside; the others have to be names that nobody writes.
        let name = match free {
            Some(name) => name.clone(),
            None => format_ident!("__argument_{at}", span = span),
        };
        self.inputs.push(Input { tokens, name, mutable: false, hole: Some(hole) });
        Ident::new(&format!("{PLACEHOLDER}{at}"), span)
    }

    /// Gives inputs of this name another, for a local that is bound by its own.
    pub(super) fn make_way_for(&mut self, name: &Ident) {
        for (at, input) in self.inputs.iter_mut().enumerate() {
            if input.hole.is_some() && input.name == *name {
                input.name = format_ident!("__argument_{at}", span = input.name.span());
            }
        }
    }

    pub(super) fn last_is_mutable(&mut self) {
        if let Some(last) = self.inputs.last_mut() {
            last.mutable = true;
        }
    }

    /// What a second draft must do otherwise; none if this one will do.
    pub(super) fn better(&self) -> Option<Plan> {
        let mut plan = self.plan.clone();
        let mut changed = false;
        let locals: HashSet<LocalId> = self.seen.iter().map(|(local, ..)| *local).collect();
        for local in locals {
            let uses: Vec<_> = self.seen.iter().filter(|(seen, ..)| *seen == local).collect();
            let has = |mode: Mode| uses.iter().any(|(_, seen, _)| *seen == mode);
            if uses.len() > 1 && !plan.shared.contains_key(&local) {
                if uses.iter().all(|(_, mode, _)| matches!(mode, Mode::Copy | Mode::Whole)) {
                    changed |= has(Mode::Whole) && plan.copied.insert(local);
                } else if has(Mode::Update) {
                    plan.shared.insert(local, Mode::Update);
                    changed = true;
                } else if has(Mode::Whole) || has(Mode::Move) {
                    plan.shared.insert(local, Mode::Move);
                    changed = true;
                }
            }
            for (_, mode, at) in &uses {
                let later = self.inner.iter().filter(|(inner, _, when)| *inner == local && when >= at);
                for (_, takes, _) in later {
                    match mode {
                        Mode::Copy | Mode::Read if *takes => changed |= plan.apart.insert(local),
                        Mode::Update => changed |= !std::mem::replace(&mut plan.inner_first, true),
                        _ => {}
                    }
                }
            }
        }
        changed.then_some(plan)
    }
}
