//! Which plain values reach into a local of the function's own: they would be gone before an operation runs, so that it
//! needs a copy.
//!
//! `for p in &ps { f(p) }` is the case: `ps` is a local, and `p` borrows from it. What is borrowed through a parameter of
//! reference type lives as long as the graph, and is never copied.

use std::cell::Cell;

use super::names::is_owned_constructor;
use super::shape::{Shape, Shapes};
use crate::model::{Block, Body, Expr, Kind, Let, LocalId, Origin, Pattern, Stmt};

/// What a local is, to what borrows from it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// Lives as long as the graph, or isn't plain.
    Lasting,
    /// Owns its value.
    Own,
    /// May borrow from a local that owns its value.
    Piece,
}

/// The answer, by local.
pub(crate) struct Reach {
    standing: Vec<Cell<Standing>>,
    changed: Cell<bool>,
}

impl Reach {
    /// Walks a body.
    pub(crate) fn of(body: &Body, shapes: &Shapes) -> Self {
        let standing = body.locals.iter().map(|local| {
            let owns = local.origin == Origin::Value && local.owned_type && local.name != "self";
            Cell::new(if owns { Standing::Own } else { Standing::Lasting })
        });
        let reach = Self { standing: standing.collect(), changed: Cell::new(true) };
        while reach.changed.replace(false) {
            reach.block(&body.block);
        }
        for (at, standing) in reach.standing.iter().enumerate() {
            if shapes.local(LocalId(at)) != Shape::Plain {
                standing.set(Standing::Lasting);
            }
        }
        reach
    }

    /// Whether the local may borrow from one that owns its value.
    pub(crate) fn is_piece(&self, local: LocalId) -> bool {
        self.standing[local.0].get() == Standing::Piece
    }

    /// Whether the value of an expression may borrow from a local that owns its value, or from a piece of one.
    pub(crate) fn reaches(&self, expr: &Expr) -> bool {
        match &expr.kind {
            Kind::Paren(_, inner) | Kind::Group(inner) => self.reaches(inner),
            Kind::Local(used) => self.is_piece(used.id),
            Kind::Ref(_, _, inner) => self.root(inner),
            Kind::Field(base, ..) | Kind::Index(base, ..) => self.reaches(base),
            Kind::Method(method) if gives_own(&method.name.to_string()) => false,
            Kind::Method(method) => self.root(&method.receiver),
            Kind::Tuple(_, items) => items.iter().any(|item| self.reaches(item)),
            _ => false,
        }
    }

    /// Whether what a method or a `&` borrows from an expression is of a local of the function's own.
    fn root(&self, expr: &Expr) -> bool {
        match &expr.kind {
            Kind::Paren(_, inner) | Kind::Group(inner) => self.root(inner),
            Kind::Local(used) => self.standing[used.id.0].get() != Standing::Lasting,
            Kind::Field(base, ..) | Kind::Index(base, ..) | Kind::Unary(syn::UnOp::Deref(_), base) => self.root(base),
            Kind::Method(_) | Kind::Ref(..) => self.reaches(expr),
            _ => false,
        }
    }

    fn learn(&self, local: LocalId, standing: Standing) {
        let cell = &self.standing[local.0];
        if standing > cell.get() {
            cell.set(standing);
            self.changed.set(true);
        }
    }

    fn bind(&self, pattern: &Pattern, value: &Expr) {
        if self.reaches(value) {
            pattern.binds.iter().for_each(|&local| self.learn(local, Standing::Piece));
        }
    }

    fn block(&self, block: &Block) {
        for stmt in &block.stmts {
            match stmt {
                Stmt::Item(_) => {}
                Stmt::Expr(expr, ..) => self.walk(expr),
                Stmt::Let(decl) => {
                    self.declaration(decl);
                    decl.init.iter().for_each(|init| self.walk(init));
                    decl.diverge.iter().for_each(|block| self.block(block));
                }
            }
        }
    }

    fn declaration(&self, decl: &Let) {
        let Some(init) = &decl.init else { return };
        self.bind(&decl.pattern, init);
        if let Some(local) = decl.pattern.name()
            && owns(init)
        {
            self.learn(local, Standing::Own);
        }
    }

    fn walk(&self, expr: &Expr) {
        match &expr.kind {
            Kind::Eager(_) => return,
            Kind::For(_, _, pattern, _, values, block) => {
                self.bind(pattern, values);
                self.walk(values);
                return self.block(block);
            }
            Kind::Let(_, pattern, _, value) => self.bind(pattern, value),
            Kind::Match(_, value, _, arms) => arms.iter().for_each(|arm| self.bind(&arm.pattern, value)),
            Kind::Method(method) => {
                for arg in &method.args {
                    if let Kind::Closure(closure) = &arg.bare().kind {
                        closure.params.iter().for_each(|param| self.bind(param, &method.receiver));
                    }
                }
            }
            Kind::Loop(_, _, block) | Kind::Block(_, block) | Kind::Unsafe(_, block) | Kind::Graph(block) => {
                return self.block(block);
            }
            Kind::If(_, cond, then, other) => {
                self.walk(cond);
                self.block(then);
                return other.iter().for_each(|(_, other)| self.walk(other));
            }
            Kind::While(_, _, cond, block) => {
                self.walk(cond);
                return self.block(block);
            }
            _ => {}
        }
        expr.parts(&mut |part| self.walk(part));
    }
}

/// Whether an initialiser gives a value that borrows from nobody but through its own elements.
fn owns(init: &Expr) -> bool {
    match &init.bare().kind {
        Kind::Lit(syn::Lit::Str(_) | syn::Lit::ByteStr(_)) => false,
        Kind::Lit(_) | Kind::Repeat(..) | Kind::List(..) | Kind::Struct(_) => true,
        Kind::Macro(mac) => mac.mac.path.is_ident("format"),
        Kind::Call(call) => is_owned_constructor(&call.func),
        Kind::Eager(_) => true,
        Kind::Method(method) => gives_own(&method.name.to_string()),
        _ => false,
    }
}

/// Methods that give a value of its own, or the elements themselves.
fn gives_own(name: &str) -> bool {
    matches!(
        name,
        "clone"
            | "cloned"
            | "copied"
            | "collect"
            | "to_vec"
            | "to_owned"
            | "to_string"
            | "to_path_buf"
            | "to_uppercase"
            | "to_lowercase"
            | "into_iter"
            | "into_values"
            | "into_keys"
            | "drain"
            | "len"
            | "count"
            | "sum"
            | "product"
            | "join"
            | "concat"
            | "repeat"
            | "replace"
            | "parse"
            | "into_boxed_slice"
    )
}
