//! Visits the parts of the model.
//!
//! One place knows what an expression's direct parts are, in the order in which they are evaluated;
//! the other phases recurse through it.

use super::{Block, Expr, Kind, Let, Pattern, Stmt, Use};

impl Expr {
    /// Calls `f` with each direct part that is an expression; blocks count as parts.
    pub(crate) fn parts<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            Kind::Lit(_)
            | Kind::Path(_)
            | Kind::Local(_)
            | Kind::Const(_)
            | Kind::Continue(..)
            | Kind::Async(_)
            | Kind::Other(_) => {}
            Kind::Call(call) => {
                f(&call.func);
                call.args.iter().for_each(f);
            }
            Kind::Method(method) => {
                f(&method.receiver);
                method.args.iter().for_each(f);
            }
            Kind::Field(inner, ..)
            | Kind::Ref(_, _, inner)
            | Kind::Unary(_, inner)
            | Kind::Cast(inner, ..)
            | Kind::Paren(_, inner)
            | Kind::Group(inner)
            | Kind::Let(_, _, _, inner)
            | Kind::Eager(inner)
            | Kind::Op(inner)
            | Kind::Try(inner, _)
            | Kind::Await(inner, ..) => f(inner),
            Kind::Index(left, _, right) | Kind::Binary(left, _, right) | Kind::Repeat(_, left, right) => {
                f(left);
                f(right);
            }
            Kind::Assign(left, _, right) | Kind::AssignOp(left, _, right) => {
                f(right);
                f(left);
            }
            Kind::Tuple(_, items) | Kind::List(_, items) => items.iter().for_each(f),
            Kind::Struct(literal) => {
                literal.fields.iter().for_each(|(_, _, value)| f(value));
                literal.rest.iter().for_each(|rest| f(rest));
            }
            Kind::Range(start, _, end) => [start, end].into_iter().flatten().for_each(|bound| f(bound)),
            Kind::Closure(closure) => f(&closure.body),
            Kind::Block(_, block) | Kind::Unsafe(_, block) | Kind::Loop(_, _, block) | Kind::Graph(block) => {
                block.parts(f);
            }
            Kind::If(_, cond, then, other) => {
                f(cond);
                then.parts(f);
                if let Some((_, other)) = other {
                    f(other);
                }
            }
            Kind::Match(_, value, _, arms) => {
                f(value);
                for arm in arms {
                    if let Some((_, guard)) = &arm.guard {
                        f(guard);
                    }
                    f(&arm.body);
                }
            }
            Kind::While(_, _, cond, block) => {
                f(cond);
                block.parts(f);
            }
            Kind::For(_, _, _, _, values, block) => {
                f(values);
                block.parts(f);
            }
            Kind::Return(_, value) | Kind::Break(_, _, value) => value.iter().for_each(|value| f(value)),
            Kind::Macro(mac) => mac.args.iter().for_each(|(_, arg)| f(arg)),
        }
    }

    /// Calls `f` with this expression and each one inside it.
    pub(crate) fn each<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        f(self);
        self.parts(&mut |part| part.each(f));
    }

    /// Calls `f` with each mention of a local in it.
    pub(crate) fn uses<'a>(&'a self, f: &mut dyn FnMut(&'a Use)) {
        self.each(&mut |expr| match &expr.kind {
            Kind::Local(used) => f(used),
            Kind::Macro(mac) => mac.mentions.iter().for_each(&mut *f),
            _ => {}
        });
    }
}

impl Block {
    /// Calls `f` with each expression that stands directly in the block.
    pub(crate) fn parts<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        for stmt in &self.stmts {
            match stmt {
                Stmt::Let(decl) => {
                    decl.init.iter().for_each(&mut *f);
                    if let Some(diverge) = &decl.diverge {
                        diverge.parts(f);
                    }
                }
                Stmt::Expr(expr, ..) => f(expr),
                Stmt::Item(_) => {}
            }
        }
    }
}

impl Block {
    /// Calls `f` with each expression in the block, at any depth.
    pub(crate) fn each<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        self.parts(&mut |part| part.each(f));
    }

    /// Calls `f` with each `let` in the block, at any depth.
    pub(crate) fn each_let<'a>(&'a self, f: &mut dyn FnMut(&'a Let)) {
        for stmt in &self.stmts {
            match stmt {
                Stmt::Item(_) => {}
                Stmt::Expr(expr, ..) => expr.each_let(f),
                Stmt::Let(decl) => {
                    f(decl);
                    decl.init.iter().for_each(|init| init.each_let(f));
                    decl.diverge.iter().for_each(|block| block.each_let(f));
                }
            }
        }
    }
}

/// Whether a `break` leaves the loop whose block this is.
pub(crate) fn breaks(block: &Block) -> bool {
    fn inside(expr: &Expr, nested: bool) -> bool {
        match &expr.kind {
            Kind::Break(_, label, _) => !nested || label.is_some(),
            Kind::Closure(_) => false,
            kind => {
                let nested = nested || matches!(kind, Kind::Loop(..) | Kind::While(..) | Kind::For(..));
                let mut found = false;
                expr.parts(&mut |part| found |= inside(part, nested));
                found
            }
        }
    }
    let mut found = false;
    block.parts(&mut |part| found |= inside(part, false));
    found
}

/// The names a pattern binds, in the order of the text, each once. A refutable pattern may also name constants, which are
/// told by their upper case.
pub(crate) fn names(pat: &syn::Pat, refutable: bool) -> Vec<(proc_macro2::Ident, bool)> {
    use syn::visit::Visit;

    struct Names(Vec<(proc_macro2::Ident, bool)>, bool);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, ident: &'ast syn::PatIdent) {
            let plain = ident.by_ref.is_none() && ident.mutability.is_none() && ident.subpat.is_none();
            let constant = self.1 && plain && super::is_constant_name(&ident.ident);
            if !constant && !self.0.iter().any(|(name, _)| *name == ident.ident) {
                self.0.push((ident.ident.clone(), ident.mutability.is_some()));
            }
            if let Some((_, inner)) = &ident.subpat {
                self.visit_pat(inner);
            }
        }
        fn visit_expr(&mut self, _: &'ast syn::Expr) {}
        fn visit_type(&mut self, _: &'ast syn::Type) {}
    }
    let mut names = Names(Vec::new(), refutable);
    names.visit_pat(pat);
    names.0
}

impl Pattern {
    /// The local that `name` is in this pattern.
    pub(crate) fn find(&self, name: &proc_macro2::Ident) -> Option<super::LocalId> {
        let at = names(&self.pat, self.refutable).iter().position(|(bound, _)| bound == name)?;
        self.binds.get(at).copied()
    }
}

/// A direct part of an expression.
pub(crate) enum Part<'a> {
    Expr(&'a Expr),
    Block(&'a Block),
}

impl Expr {
    /// Lists the direct parts, with blocks as they are.
    pub(crate) fn each_direct<'a>(&'a self, out: &mut Vec<Part<'a>>) {
        match &self.kind {
            Kind::Block(_, block) | Kind::Unsafe(_, block) | Kind::Loop(_, _, block) | Kind::Graph(block) => {
                out.push(Part::Block(block));
            }
            Kind::If(_, cond, then, other) => {
                out.push(Part::Expr(cond));
                out.push(Part::Block(then));
                if let Some((_, other)) = other {
                    out.push(Part::Expr(other));
                }
            }
            Kind::While(_, _, cond, block) => out.extend([Part::Expr(cond), Part::Block(block)]),
            Kind::For(_, _, _, _, values, block) => out.extend([Part::Expr(values), Part::Block(block)]),
            _ => self.parts(&mut |part| out.push(Part::Expr(part))),
        }
    }

    fn each_let<'a>(&'a self, f: &mut dyn FnMut(&'a Let)) {
        let mut parts = Vec::new();
        self.each_direct(&mut parts);
        for part in parts {
            match part {
                Part::Expr(part) => part.each_let(f),
                Part::Block(block) => block.each_let(f),
            }
        }
    }
}
