//! Control flow over values that aren't there yet: where it has to go, and what can be called now instead.

use proc_macro2::Span;

use super::{Check, sentences};
use crate::analysis::shape::Shape::Plain;
use crate::expand::line;
use crate::model::print::raw;
use crate::model::{Callee, Expr, Kind};

/// How far control can leave a construct.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leaves {
    /// It doesn't.
    Nothing,
    /// A loop around it, or the next round of one.
    Loop,
    /// The function.
    Function,
}

/// The longest text of code that a sentence repeats.
pub(super) const LONGEST: usize = 40;

impl Check<'_> {
    /// Refuses a construct over a value that isn't there yet.
    pub(super) fn needs(&mut self, span: Span, construct: &str, value: &Expr, leaves: Leaves) {
        let name = self.whole_name(value);
        let way = match leaves {
            Leaves::Nothing if construct.ends_with("guard") => sentences::move_construct("`match`", &name),
            Leaves::Nothing => sentences::move_construct(construct, &name),
            Leaves::Loop => sentences::MOVE_LOOP.to_owned(),
            Leaves::Function if self.loops > 0 => sentences::MOVE_LOOP_AND_REST.to_owned(),
            Leaves::Function => sentences::move_rest(&name),
        };
        let now = self.call_now(value);
        self.errors.at(span, sentences::needs_value(construct, &name, &way) + &now);
    }

    /// What to call a value that may be made of several lazy ones.
    fn whole_name(&self, value: &Expr) -> String {
        let mut lazy = Vec::new();
        value.uses(&mut |used| {
            if self.shapes.local(used.id).is_lazy() && !lazy.contains(&used.id) {
                lazy.push(used.id);
            }
        });
        let text = line(&raw(value));
        if lazy.len() > 1 && text.len() <= LONGEST { format!("`{text}`") } else { self.name(value) }
    }

    /// A second way out, where all that the value is made of is there: to call it now.
    pub(super) fn call_now(&self, value: &Expr) -> String {
        let mut there = true;
        let mut named: Vec<String> = Vec::new();
        value.each(&mut |part| {
            there &= match &part.kind {
                Kind::Local(used) if self.callable.contains(&used.id) => {
                    let name = format!("`{}`", used.name);
                    if !named.contains(&name) {
                        named.push(name);
                    }
                    true
                }
                Kind::Local(used) => self.shapes.local(used.id) <= Plain,
                Kind::Call(call) => call.callee != Callee::Value,
                Kind::Let(..) | Kind::Macro(_) | Kind::Closure(_) | Kind::Op(_) | Kind::Graph(_) => false,
                Kind::Ref(_, mutability, _) => mutability.is_none(),
                Kind::Lit(_)
                | Kind::Path(_)
                | Kind::Method(_)
                | Kind::Field(..)
                | Kind::Index(..)
                | Kind::Unary(..)
                | Kind::Binary(..)
                | Kind::Cast(..)
                | Kind::Paren(..)
                | Kind::Group(_)
                | Kind::Tuple(..) => true,
                _ => false,
            };
        });
        let mut calls = Vec::new();
        free_calls(value, &mut calls);
        match (&calls[..], &named[..]) {
            _ if !there => String::new(),
            ([], [name]) => sentences::or_compute(name),
            ([], [names @ .., last]) => sentences::or_compute_each(&names.join(", "), last),
            ([_, ..], []) => {
                let called = if let [one] = calls[..] { one } else { value };
                let text = line(&raw(called));
                let text = if text.len() <= LONGEST { text } else { "…".to_owned() };
                sentences::or_call(&text)
            }
            _ => String::new(),
        }
    }
}

/// How far `break`, `continue`, `return` and `?` in an expression lead.
pub(super) fn leaves(expr: &Expr) -> Leaves {
    let mut labels = Vec::new();
    let construct = matches!(expr.kind, Kind::While(..) | Kind::For(..) | Kind::Loop(..));
    let repeats = if matches!(expr.kind, Kind::While(..)) { Leaves::Loop } else { Leaves::Nothing };
    let mut most = repeats;
    label_of(expr, &mut labels);
    expr.parts(&mut |part| most = most.max(leaves_in(part, construct, &mut labels)));
    most
}

/// The same for what stands in a construct, rather than for the construct.
pub(super) fn leaves_from(expr: &Expr) -> Leaves {
    leaves_in(expr, false, &mut Vec::new())
}

fn leaves_in(expr: &Expr, nested: bool, labels: &mut Vec<String>) -> Leaves {
    let mut most = match &expr.kind {
        Kind::Return(..) | Kind::Try(..) => Leaves::Function,
        Kind::Closure(_) | Kind::Graph(_) | Kind::Async(_) => return Leaves::Nothing,
        Kind::Break(_, Some(label), _) | Kind::Continue(_, Some(label)) => {
            if labels.iter().any(|known| label.ident == known) { Leaves::Nothing } else { Leaves::Loop }
        }
        Kind::Break(..) | Kind::Continue(..) if !nested => Leaves::Loop,
        _ => Leaves::Nothing,
    };
    let nested = nested || matches!(expr.kind, Kind::While(..) | Kind::For(..) | Kind::Loop(..));
    let known = labels.len();
    label_of(expr, labels);
    expr.parts(&mut |part| most = most.max(leaves_in(part, nested, labels)));
    labels.truncate(known);
    most
}

fn label_of(expr: &Expr, labels: &mut Vec<String>) {
    if let Kind::While(Some(label), ..)
    | Kind::For(Some(label), ..)
    | Kind::Loop(Some(label), ..)
    | Kind::Block(Some(label), _) = &expr.kind
    {
        labels.push(label.name.ident.to_string());
    }
}

/// The outermost calls of free functions.
fn free_calls<'a>(expr: &'a Expr, calls: &mut Vec<&'a Expr>) {
    match &expr.kind {
        Kind::Call(call) if call.callee == Callee::Free => calls.push(expr),
        _ => expr.parts(&mut |part| free_calls(part, calls)),
    }
}
