//! Which plain values have a type that rustc learns only from what takes them: `twice(text.parse().unwrap())`.
//!
//! Telling a lazy argument from a plain one asks for its type, before the function that takes it is looked at. These are plain
//! for sure, so nobody has to ask.

use std::cell::Cell;

use super::shape::{Shape, Shapes};
use crate::model::{Block, Body, Expr, Kind, List, LocalId, Stmt, begins_as_std_does};

/// The answer, by local.
pub(crate) struct Inferred {
    open: Vec<Cell<bool>>,
}

impl Inferred {
    /// Walks a body.
    pub(crate) fn of(body: &Body, shapes: &Shapes) -> Self {
        let inferred = Self { open: vec![Cell::new(false); body.locals.len()] };
        inferred.block(&body.block, shapes);
        inferred
    }

    fn learn(&self, local: LocalId, shapes: &Shapes) {
        self.open[local.0].set(shapes.local(local) == Shape::Plain);
    }

    fn block(&self, block: &Block, shapes: &Shapes) {
        for stmt in &block.stmts {
            if let Stmt::Let(decl) = stmt
                && let (Some(local), None, Some(init)) = (decl.pattern.name(), &decl.ty, &decl.init)
            {
                match &init.bare().kind {
                    // Whose parameters are known from its calls alone.
                    Kind::Closure(closure) => {
                        let untyped = closure.params.iter().filter(|param| !matches!(param.pat, syn::Pat::Type(_)));
                        untyped.filter_map(|param| param.name()).for_each(|param| self.learn(param, shapes));
                    }
                    _ if self.is_inferred(init) => self.learn(local, shapes),
                    _ => {}
                }
            }
        }
        block.parts(&mut |part| self.walk(part, shapes));
    }

    fn walk(&self, expr: &Expr, shapes: &Shapes) {
        match &expr.kind {
            Kind::Block(_, block) | Kind::Unsafe(_, block) | Kind::Loop(_, _, block) | Kind::Graph(block) => {
                self.block(block, shapes);
            }
            Kind::If(_, cond, then, other) => {
                self.walk(cond, shapes);
                self.block(then, shapes);
                other.iter().for_each(|(_, other)| self.walk(other, shapes));
            }
            Kind::While(_, _, cond, block) | Kind::For(_, _, _, _, cond, block) => {
                self.walk(cond, shapes);
                self.block(block, shapes);
            }
            _ => expr.parts(&mut |part| self.walk(part, shapes)),
        }
    }

    /// Whether the type of a plain expression is open as long as nobody takes its value.
    pub(crate) fn is_open(&self, expr: &Expr) -> bool {
        let begins = match &expr.bare().kind {
            Kind::Call(call) => match &call.func.kind {
                Kind::Path(path) => begins_as_std_does(&path.path) && !is_explicit(&path.path),
                _ => false,
            },
            Kind::List(List::Vec(..), items) => items.is_empty(),
            Kind::Path(path) => path.path.is_ident("None"),
            _ => false,
        };
        begins || self.is_inferred(expr)
    }

    /// The same, of what can't come to hold lazy values later, as a list that begins empty can.
    fn is_inferred(&self, expr: &Expr) -> bool {
        match &expr.bare().kind {
            Kind::Local(used) => self.open[used.id.0].get(),
            Kind::Method(method) => match method.name.to_string().as_str() {
                "parse" | "into" | "try_into" | "collect" | "sum" | "product" | "unwrap_or_default" => {
                    method.turbofish.is_none()
                }
                "unwrap" | "expect" | "unwrap_or" | "unwrap_or_else" | "clone" | "ok" => {
                    self.is_inferred(&method.receiver)
                }
                _ => false,
            },
            Kind::Call(call) => match &call.func.kind {
                Kind::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "default"),
                _ => false,
            },
            Kind::Ref(_, _, inner) => self.is_inferred(inner),
            _ => false,
        }
    }
}

/// Whether the path says what its types hold, or they hold nothing of the user's: `Vec::<u8>::new`, `String::new`.
fn is_explicit(path: &syn::Path) -> bool {
    path.segments
        .iter()
        .any(|segment| !segment.arguments.is_none() || ["String", "PathBuf"].iter().any(|name| segment.ident == name))
}
