//! Every refusal, each a sentence at the user's own tokens that says what to write instead.
//!
//! A walk over the model with the answers of `analysis` at hand. It changes nothing. What rustc says
//! better, rustc says: moved values, missing methods, wrong types.

mod borrow;
mod method;
mod operation;
mod pattern;
mod sentences;
mod value;
mod ways;

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;

use crate::analysis::live::Liveness;
use crate::analysis::shape::Shape::{Holds, LazyRef, Likely, Plain};
use crate::analysis::shape::Shapes;
use crate::errors::Errors;
use crate::expand::{is_owned, is_underscore, line};
use crate::model::print::raw;
use crate::model::{
    Block, Body, Call, Callee, Expr, Family, Kind, Let, LocalId, MacroCall, Options, Origin, Stmt, Struct, strip_type,
    walk,
};
use ways::{Leaves, leaves};

/// Checks the body of a function with this signature.
pub(crate) fn function(body: &Body, sig: &syn::Signature, shapes: &Shapes, live: &Liveness, errors: &mut Errors) {
    let mut check = Check::new(body, shapes, live, errors);
    check.in_async = sig.asyncness.is_some();
    let output = match &sig.output {
        syn::ReturnType::Default => None,
        syn::ReturnType::Type(_, ty) => Some(&**ty),
    };
    check.gives = output.filter(|ty| value::is_surely_no_unit(ty)).map(|ty| line(&ty.to_token_stream()));
    check.value(&body.block);
    if let (Some(ty), Some(tail)) = (output, body.block.tail()) {
        check.collected(tail, ty);
    }
    check.block(&body.block);
}

/// Checks a `graph!` block, or the call of an `op!`.
pub(crate) fn fragment(body: &Body, shapes: &Shapes, live: &Liveness, errors: &mut Errors, op: bool) {
    let mut check = Check::new(body, shapes, live, errors);
    check.in_graph = !op;
    if op {
        if let Some(tail) = body.block.tail() {
            check.op(tail);
        }
        return;
    }
    check.block(&body.block);
}

struct Check<'a> {
    body: &'a Body,
    shapes: &'a Shapes,
    live: &'a Liveness,
    errors: &'a mut Errors,
    /// Locals that own a plain value, by their initialiser.
    owned: Vec<LocalId>,
    /// Lazy locals whose value surely owns itself.
    owned_lazy: Vec<LocalId>,
    /// Locals that are sets, or maps, as their text shows.
    keyed: Vec<(LocalId, String)>,
    /// Locals that are collections of nodes for sure.
    listed: Vec<LocalId>,
    /// Inside `graph!`, where `return` would leave the surroundings.
    in_graph: bool,
    /// In an `async fn`, where operations may wait.
    in_async: bool,
    closures: usize,
    /// How many loops surround the current place.
    loops: usize,
    /// Locals whose value could as well be computed now: all that it is made of is there.
    callable: Vec<LocalId>,
    /// What the function gives, where that is surely not `()`.
    gives: Option<String>,
    /// The next `eager!` is written as an attribute.
    eager_attribute: bool,
    /// The next `unzip` has a type that lets it hold lazy values.
    unzips: bool,
}

impl<'a> Check<'a> {
    fn new(body: &'a Body, shapes: &'a Shapes, live: &'a Liveness, errors: &'a mut Errors) -> Self {
        Self {
            body,
            shapes,
            live,
            errors,
            owned: Vec::new(),
            owned_lazy: Vec::new(),
            keyed: Vec::new(),
            listed: Vec::new(),
            in_graph: false,
            in_async: false,
            closures: 0,
            loops: 0,
            callable: Vec::new(),
            gives: None,
            eager_attribute: false,
            unzips: false,
        }
    }

    fn lazy(&self, expr: &Expr) -> bool {
        self.shapes.shape(expr).is_lazy()
    }

    /// What to call the lazy value in a sentence.
    fn name(&self, expr: &Expr) -> String {
        let mut name = None;
        expr.each(&mut |part| {
            if let Kind::Local(used) = &part.kind
                && name.is_none()
                && self.shapes.local(used.id).is_lazy()
            {
                name = Some(format!("`{}`", used.name));
            }
        });
        name.unwrap_or_else(|| {
            let text = line(&raw(expr));
            if text.len() <= 40 { format!("`{text}`") } else { "this value".to_owned() }
        })
    }

    fn block(&mut self, block: &Block) {
        let last = block.stmts.len().wrapping_sub(1);
        for (at, stmt) in block.stmts.iter().enumerate() {
            match stmt {
                Stmt::Item(_) => {}
                Stmt::Let(decl) => self.declaration(decl),
                Stmt::Expr(expr, semi, options) => {
                    self.options(options, expr, at == last && semi.is_none());
                    self.eager_attribute = options.eager;
                    self.expr(expr);
                }
            }
        }
    }

    fn options(&mut self, options: &Options, expr: &Expr, _tail: bool) {
        let Some(span) = options.span else { return };
        if options.eager && options.any() {
            self.errors.at(span, sentences::EAGER_OPTIONS);
        } else if options.any() && !self.becomes_operation(expr) {
            self.errors.at(span, sentences::OPTIONS_WITHOUT_OPERATION);
        }
    }

    fn becomes_operation(&self, expr: &Expr) -> bool {
        match &expr.kind {
            Kind::Paren(_, inner) | Kind::Group(inner) => self.becomes_operation(inner),
            Kind::Assign(_, _, right) => self.becomes_operation(right),
            Kind::Unsafe(..) => expr.guarded().is_some_and(|inner| self.becomes_operation(inner)),
            Kind::Op(_) | Kind::AssignOp(..) => true,
            Kind::Try(inner, _) => self.becomes_operation(inner),
            Kind::Await(..) => true,
            Kind::Call(call) => call.callee == Callee::Free || self.lazy(expr),
            Kind::Method(_)
            | Kind::Binary(..)
            | Kind::Unary(..)
            | Kind::Field(..)
            | Kind::Index(..)
            | Kind::Cast(..) => self.lazy(expr),
            _ => false,
        }
    }

    fn declaration(&mut self, decl: &Let) {
        let Let { pattern, init, diverge, options, .. } = decl;
        if let Some(diverge) = diverge {
            self.block(diverge);
        }
        let Some(init) = init else {
            if let Some(span) = options.span {
                self.errors.at(span, sentences::OPTIONS_WITHOUT_OPERATION);
            }
            return;
        };
        self.options(options, init, false);
        self.eager_attribute = options.eager;
        self.unzips = decl.ty.as_ref().is_some_and(holds_anything);
        self.expr(init);
        self.unzips = false;
        if let Some(ty) = &decl.ty {
            self.collected(init, ty);
        }
        self.borrowed_part(init);
        self.written_reference(decl.ty.as_ref(), init);
        if let Some(local) = pattern.name() {
            self.note_owned(local, decl.ty.as_ref(), init);
            self.note_collection(local, decl.ty.as_ref(), init);
        }
        if let Some(local) = pattern.name()
            && !self.body.locals[local.0].mutable
            && self.lazy(init)
            && self.call_now(init).contains("eager!")
        {
            self.callable.push(local);
        }
        if let Some(local) = pattern.name()
            && is_owned(init)
            && self.shapes.local(local) <= Plain
        {
            self.owned.push(local);
        }
        if let (Kind::Method(method), None) = (&init.bare().kind, &decl.ty)
            && method.name == "collect"
            && method.turbofish.is_none()
            && self.shapes.shape(init) == Holds
        {
            self.errors.at(method.name.span(), sentences::UNTYPED_COLLECTION);
        }
        if diverge.is_some() && self.lazy(init) {
            // What it binds is used from here on.
            let mut most = Leaves::Nothing;
            diverge.iter().for_each(|block| block.parts(&mut |part| most = most.max(ways::leaves_from(part))));
            let most = if most == Leaves::Nothing { Leaves::Function } else { most };
            self.needs(decl.let_token.span, "`let … else`", init, most);
        } else {
            self.pattern(&pattern.pat, init);
        }
    }

    /// What a `let` takes apart must be a tuple of nodes, or plain.
    fn pattern(&mut self, pat: &syn::Pat, init: &Expr) {
        let pat = strip_type(pat);
        match (pat, &init.bare().kind) {
            (syn::Pat::Tuple(tuple), Kind::Tuple(_, items)) if tuple.elems.len() == items.len() => {
                for (pat, item) in tuple.elems.iter().zip(items) {
                    self.pattern(pat, item);
                }
            }
            _ if self.lazy(init) => self.lazy_pattern(pat, init),
            _ => {}
        }
    }

    fn lazy_pattern(&mut self, pat: &syn::Pat, init: &Expr) {
        match strip_type(pat) {
            syn::Pat::Wild(_) => {}
            syn::Pat::Ident(ident) if ident.by_ref.is_some() || ident.subpat.is_some() => {
                self.errors.on(pat, sentences::REF_PATTERN);
            }
            syn::Pat::Ident(_) => {}
            syn::Pat::Tuple(tuple) => {
                if let Some(rest) = tuple.elems.iter().find(|pat| matches!(pat, syn::Pat::Rest(_))) {
                    self.errors.on(rest, sentences::REST_PATTERN);
                } else if tuple.elems.is_empty() || tuple.elems.len() > 8 {
                    self.errors.on(tuple, sentences::TUPLE_ARITY);
                } else if self.shapes.shape(init) == LazyRef {
                    self.errors.on(tuple, sentences::REF_PATTERN);
                }
                tuple.elems.iter().for_each(|pat| self.lazy_pattern(pat, init));
            }
            syn::Pat::Rest(_) => {}
            _ => self.errors.on(pat, sentences::pattern(&self.name(init))),
        }
    }

    fn parts(&mut self, expr: &Expr) {
        let mut parts = Vec::new();
        expr.each_direct(&mut parts);
        for part in parts {
            match part {
                walk::Part::Expr(part) => self.expr(part),
                walk::Part::Block(block) => self.block(block),
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::Eager(inner) => return self.eager(inner),
            Kind::Op(inner) => return self.op(inner),
            Kind::If(token, cond, ..) => self.condition(token.span, "`if`", cond, leaves(expr)),
            Kind::While(_, token, cond, _) => self.condition(token.span, "`while`", cond, leaves(expr)),
            Kind::Match(token, value, ..) if self.lazy(value) => {
                self.needs(token.span, "`match`", value, leaves(expr));
            }
            Kind::Match(token, value, _, arms) => {
                if let Some(part) = arms.iter().find_map(|arm| self.tested(&arm.pattern.pat, value)) {
                    self.needs(token.span, "`match`", part, leaves(expr));
                }
                for arm in arms {
                    if let Some((token, guard)) = &arm.guard {
                        self.condition(token.span, "`if` guard", guard, leaves(expr));
                    }
                }
            }
            Kind::For(_, token, _, _, values, _) if self.lazy(values) => {
                self.needs(token.span, "`for`", values, leaves(expr));
            }
            Kind::For(_, _, pattern, _, values, _) => self.elements(&pattern.pat, values),
            Kind::Binary(left, op @ (syn::BinOp::And(_) | syn::BinOp::Or(_)), right) => {
                let op_name = format!("`{}`", quote!(#op));
                for side in [left, right] {
                    if self.lazy(side) && !is_condition(side) {
                        self.needs(op.span(), &op_name, side, Leaves::Nothing);
                        break;
                    }
                }
            }
            Kind::Index(base, bracket, index) if self.lazy(index) && !self.lazy(base) => {
                let name = self.name(index);
                let now = self.call_now(index);
                self.errors.at(bracket.span.join(), sentences::lazy_index(&name) + &now);
            }
            Kind::Range(start, _, end) => {
                for bound in [start, end].into_iter().flatten() {
                    if self.lazy(bound) {
                        let name = self.name(bound);
                        let now = self.call_now(bound);
                        self.errors.on(raw(bound), sentences::range(&name) + &now);
                    }
                }
            }
            Kind::Repeat(_, item, len) => {
                if self.lazy(item) {
                    self.errors.on(raw(item), sentences::REPEAT);
                }
                if self.lazy(len) {
                    let (name, now) = (self.name(len), self.call_now(len));
                    self.errors.on(raw(len), sentences::length(&name) + &now);
                }
            }
            Kind::Struct(literal) => self.structure(literal),
            Kind::Binary(left, op, right) if !self.lazy(expr) => {
                if let Some(given) = [left, right].into_iter().find_map(|side| self.given(side)) {
                    self.errors.at(op.span(), sentences::given_to_closure(&given));
                }
            }
            Kind::Call(call) => return self.call(expr, call),
            Kind::Method(method) => return self.method(expr, method),
            Kind::Unary(..) | Kind::Binary(..) | Kind::Cast(..) | Kind::Index(..) | Kind::Field(..)
                if self.lazy(expr) =>
            {
                return self.operation(expr);
            }
            Kind::Ref(_, Some(token), inner) => self.mutable_borrow(token, inner),
            Kind::Assign(left, eq, right) => self.assign(left, eq, right),
            Kind::AssignOp(left, op, right) => self.assign_op(left, op, right),
            Kind::Closure(closure) => {
                if closure.is_async {
                    self.errors.on(raw(expr), sentences::ASYNC);
                }
                self.closures += 1;
                let loops = std::mem::take(&mut self.loops);
                self.expr(&closure.body);
                self.loops = loops;
                self.closures -= 1;
                return;
            }
            Kind::Return(token, _) if self.in_graph && self.closures == 0 => {
                self.errors.at(token.span, sentences::RETURN_IN_GRAPH);
            }
            Kind::Return(token, None) if self.closures == 0 => {
                if let Some(ty) = &self.gives {
                    self.errors.at(token.span, sentences::empty_return(ty));
                }
            }
            Kind::Graph(block) => {
                let outer = std::mem::replace(&mut self.in_graph, true);
                let closures = std::mem::take(&mut self.closures);
                self.block(block);
                self.closures = closures;
                self.in_graph = outer;
                return;
            }
            Kind::Macro(mac) => self.macro_call(mac),
            Kind::Try(..) if self.in_graph && self.closures == 0 => {
                self.errors.on(raw(expr), sentences::TRY_IN_GRAPH);
            }
            Kind::Try(inner, token) if self.closures > 0 && self.lazy(inner) => {
                self.errors.at(token.span(), sentences::TRY_IN_CLOSURE);
            }
            Kind::Await(_, _, token) if !self.in_async => self.errors.at(token.span, sentences::AWAIT),
            Kind::Await(_, _, token) if self.closures > 0 => self.errors.at(token.span, sentences::AWAIT_IN_CLOSURE),
            Kind::Await(inner, ..) => return self.awaited(inner),
            Kind::Async(_) => self.errors.on(raw(expr), sentences::ASYNC),
            Kind::Unsafe(token, block) => return self.unsafe_block(expr, token, block),
            Kind::Other(tokens) if !is_underscore(expr) => {
                self.errors.on(tokens, sentences::NOT_LOWERED);
            }
            _ => {}
        }
        let repeats = matches!(expr.kind, Kind::While(..) | Kind::For(..) | Kind::Loop(..));
        self.loops += usize::from(repeats);
        self.parts(expr);
        self.loops -= usize::from(repeats);
    }

    fn condition(&mut self, span: Span, construct: &str, cond: &Expr, leaves: Leaves) {
        match &cond.bare().kind {
            Kind::Let(_, pattern, _, value) => {
                let lazy = if self.lazy(value) { Some(&**value) } else { self.tested(&pattern.pat, value) };
                if let Some(lazy) = lazy {
                    let construct = construct.replace('`', "");
                    self.needs(span, &format!("`{construct} let`"), lazy, leaves);
                }
            }
            // `&&` and `||` are refused by themselves.
            Kind::Binary(left, syn::BinOp::And(_) | syn::BinOp::Or(_), right) => {
                for side in [left, right] {
                    if is_condition(side) {
                        self.condition(span, construct, side, leaves);
                    }
                }
            }
            _ if self.lazy(cond) => self.needs(span, construct, cond, leaves),
            _ => {}
        }
    }

    /// The name of a closure's parameter that is given a lazy value, and whose type isn't written.
    fn given(&self, expr: &Expr) -> Option<String> {
        let used = expr.local().filter(|used| self.shapes.is_given_lazy(used.id))?;
        Some(format!("`{}`", used.name))
    }

    fn structure(&mut self, literal: &Struct) {
        for (_, member, value) in &literal.fields {
            if self.lazy(value) {
                let name = self.name(value);
                self.errors.on(member, sentences::field(&name));
            }
        }
    }

    /// What an operation waits for.
    fn awaited(&mut self, inner: &Expr) {
        match &inner.bare().kind {
            Kind::Call(call) => self.operands(&call.args),
            _ if self.lazy(inner) => self.chain(inner),
            _ => self.expr(inner),
        }
    }

    fn op(&mut self, expr: &Expr) {
        match &expr.bare().kind {
            Kind::Call(call) if call.callee == Callee::Value => {
                self.errors.on(raw(expr), sentences::OP_OF_CLOSURE);
            }
            Kind::Call(call) => self.operands(&call.args),
            Kind::Await(inner, ..) => self.awaited(inner),
            Kind::Unsafe(token, _) => match expr.bare().guarded() {
                Some(inner) if self.is_one_operation(inner) => self.op(inner),
                _ => self.errors.at(token.span, sentences::UNSAFE),
            },
            Kind::Method(_)
            | Kind::Binary(..)
            | Kind::Unary(..)
            | Kind::Cast(..)
            | Kind::Field(..)
            | Kind::Index(..) => self.chain(expr),
            _ => self.errors.on(raw(expr), sentences::OP_OF_NOTHING),
        }
    }

    fn call(&mut self, expr: &Expr, call: &Call) {
        match call.callee {
            Callee::Free => self.operands(&call.args),
            Callee::Associated if !self.shapes.all_plain(&call.args) => self.operands(&call.args),
            Callee::Constructor => {
                let known = match &call.func.kind {
                    Kind::Path(path) => path.path.segments.last().is_some_and(|last| {
                        matches!(last.ident.to_string().as_str(), "Some" | "Ok" | "Err" | "Reverse" | "Wrapping")
                    }),
                    _ => false,
                };
                if !known {
                    for arg in &call.args {
                        if self.lazy(arg) {
                            let name = self.name(arg);
                            self.errors.on(raw(arg), sentences::field(&name));
                        }
                    }
                }
                self.parts(expr);
            }
            Callee::Value => {
                let parameter = call.func.local().is_some_and(|used| {
                    matches!(self.body.locals[used.id.0].origin, Origin::Value | Origin::Ref | Origin::Mut)
                });
                if parameter && let Some(lazy) = call.args.iter().find(|arg| self.gives_lazy(arg)) {
                    let (func, value) = (line(&raw(&call.func)), self.name(lazy));
                    self.errors.on(raw(lazy), sentences::plain_callee(&func, &value));
                }
                self.parts(expr);
            }
            _ => self.parts(expr),
        }
    }

    fn mutable_borrow(&mut self, token: &syn::Token![mut], inner: &Expr) {
        if self.lazy(inner) {
            let name = self.name(inner);
            self.errors.at(token.span, sentences::kept_update(&name));
        }
    }

    /// What `eager!` calls now must be there.
    fn eager(&mut self, inner: &Expr) {
        let written = if std::mem::take(&mut self.eager_attribute) { "`#[eager]`" } else { "`eager!`" };
        let mut found = Vec::new();
        inner.uses(&mut |used| {
            let local = &self.body.locals[used.id.0];
            let by_hand = matches!(local.origin, Origin::Node | Origin::NodeRef | Origin::Nodes);
            if self.shapes.local(used.id).is_lazy() && !by_hand {
                found.push(used.name.clone());
            }
        });
        if let Some(name) = found.first() {
            self.errors.at(name.span(), sentences::eager(written, name));
        }
    }

    fn assign(&mut self, left: &Expr, eq: &syn::Token![=], right: &Expr) {
        if left.local().is_some() || is_underscore(left) {
            return;
        }
        let root = left.root();
        if self.lazy(root) {
            let name = self.name(root);
            self.errors.at(eq.span, sentences::assigned_part(&name));
        } else if self.lazy(right) {
            match left.bare().kind {
                Kind::Tuple(..) | Kind::List(..) | Kind::Struct(_) => {
                    self.errors.at(eq.span, sentences::DESTRUCTURING_ASSIGNMENT);
                }
                _ if self.shapes.shape(root) == Plain => {
                    let name = self.name(right);
                    self.errors.at(eq.span, sentences::field(&name));
                }
                _ => {}
            }
        }
    }

    fn assign_op(&mut self, left: &Expr, op: &syn::BinOp, right: &Expr) {
        if left.local().is_some() || self.shapes.shape(left) == Likely {
            return;
        }
        let root = left.root();
        if self.lazy(root) {
            let name = self.name(root);
            self.errors.at(op.span(), sentences::assigned_part(&name));
        } else if self.lazy(right) {
            let name = self.name(right);
            self.errors.at(op.span(), sentences::field(&name));
        }
    }

    fn macro_call(&mut self, mac: &MacroCall) {
        let lazy = mac.args.iter().map(|(_, arg)| arg).find(|arg| self.shows_lazy(arg));
        let printed = mac.family != Family::Opaque;
        let mention = mac.mentions.iter().find(|used| {
            let shape = self.shapes.local(used.id);
            shape.is_lazy() || printed && (shape == Holds || self.shapes.is_given_lazy(used.id))
        });
        let found = match (lazy, mention) {
            (Some(arg), _) => Some((self.name(arg), raw(arg))),
            (None, Some(used)) => Some((format!("`{}`", used.name), used.name.to_token_stream())),
            _ => None,
        };
        let Some((name, tokens)) = found else { return };
        let mac_name = mac.mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let sentence = match mac.family {
            Family::Print | Family::Panic => sentences::printing(&mac_name, &name),
            Family::Assert => sentences::asserting(&mac_name, &name),
            Family::Matches => {
                sentences::needs_value("`matches!`", &name, &sentences::move_construct("`matches!`", &name))
            }
            Family::Opaque => sentences::opaque(&mac_name, &name),
        };
        self.errors.on(tokens, sentence);
    }

    /// Whether printing the argument would print a node, or a collection of them.
    fn shows_lazy(&self, arg: &Expr) -> bool {
        match &arg.bare().kind {
            Kind::Ref(_, _, inner) => self.shows_lazy(inner),
            _ => self.lazy(arg) || self.shapes.shape(arg) == Holds || self.given(arg).is_some(),
        }
    }

    fn unsafe_block(&mut self, expr: &Expr, token: &syn::Token![unsafe], block: &Block) {
        let mut lifted = false;
        block.parts(&mut |part| {
            part.each(&mut |inner| {
                lifted |= match &inner.kind {
                    Kind::Call(call) => call.callee == Callee::Free,
                    Kind::Local(used) => self.shapes.local(used.id).is_lazy(),
                    _ => false,
                }
            });
        });
        match expr.guarded() {
            _ if !lifted => {}
            Some(inner) if self.lazy(inner) && self.is_one_operation(inner) => self.expr(inner),
            _ => self.errors.at(token.span, sentences::UNSAFE),
        }
    }

    /// Whether all of an expression that could need the `unsafe` around it runs in one operation.
    fn is_one_operation(&self, expr: &Expr) -> bool {
        match &expr.bare().kind {
            Kind::Call(call) => call.args.iter().all(only_values),
            Kind::Method(method) if self.shapes.is_chain(method) => {
                self.is_one_operation(&method.receiver) && method.args.iter().all(only_values)
            }
            Kind::Index(base, _, index) => self.is_one_operation(base) && only_values(index),
            Kind::Field(base, ..) | Kind::Unary(_, base) => self.is_one_operation(base),
            _ => only_values(expr),
        }
    }
}

/// Whether an expression calls nothing and goes through no pointer, so that it is safe wherever it runs.
fn only_values(expr: &Expr) -> bool {
    let here = match &expr.kind {
        // It stays in the operation as it is.
        Kind::Closure(_) => return true,
        Kind::Call(call) => call.callee == Callee::Constructor,
        Kind::Method(method) => method.name == "clone",
        Kind::Unary(op, _) => !matches!(op, syn::UnOp::Deref(_)),
        kind => !matches!(kind, Kind::Macro(_) | Kind::Block(..) | Kind::If(..) | Kind::Match(..)),
    };
    let mut all = here;
    if let Kind::Call(call) = &expr.kind {
        return here && call.args.iter().all(only_values);
    }
    expr.parts(&mut |part| all &= only_values(part));
    all
}

fn is_condition(expr: &Expr) -> bool {
    matches!(expr.bare().kind, Kind::Let(..) | Kind::Binary(_, syn::BinOp::And(_) | syn::BinOp::Or(_), _))
}

/// Whether a written type leaves the elements of its collections open.
fn holds_anything(ty: &syn::Type) -> bool {
    let parts = match ty {
        syn::Type::Tuple(tuple) => &tuple.elems,
        _ => return false,
    };
    parts.iter().all(|part| line(&part.to_token_stream()).contains('_'))
}
