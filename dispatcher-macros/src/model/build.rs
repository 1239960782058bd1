//! From syntax to the model: resolves names, sorts calls, reads the arguments of known macros.
//!
//! Names are compared by their text. Two locals of one text and different macro hygiene are taken for
//! one.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Token;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;

use super::*;
use crate::errors::Errors;
use crate::{options, parse};

/// What unknown names stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surroundings {
    /// Whole function: a name that it doesn't declare is an item.
    Closed,
    /// A piece of a function: a lower-case name that it doesn't declare may be a local around it.
    Open,
}

/// A parameter of a function.
pub(crate) struct Parameter {
    pub(crate) pat: syn::Pat,
    /// What kind of value it takes.
    pub(crate) origin: Origin,
    /// Whether its written type has no borrow in it.
    pub(crate) owned_type: bool,
}

/// Makes the model of a body.
pub(crate) fn body(params: Vec<Parameter>, block: syn::Block, surroundings: Surroundings, errors: &mut Errors) -> Body {
    let mut builder = Builder {
        locals: Vec::new(),
        scopes: vec![HashMap::new(), HashMap::new()],
        uses: 0,
        closures: 0,
        depth: 0,
        surroundings,
        errors,
    };
    let params = params.into_iter().map(|Parameter { pat, origin, owned_type }| {
        let pattern = builder.bind(pat, origin);
        pattern.binds.iter().for_each(|local| builder.locals[local.0].owned_type = owned_type);
        pattern
    });
    let params = params.collect();
    let block = builder.block(block);
    Body { params, block, locals: builder.locals, uses: builder.uses, closures: builder.closures }
}

struct Builder<'e> {
    locals: Vec<Local>,
    scopes: Vec<HashMap<String, LocalId>>,
    uses: usize,
    closures: usize,
    depth: usize,
    surroundings: Surroundings,
    errors: &'e mut Errors,
}

impl Builder<'_> {
    fn bind(&mut self, pat: syn::Pat, origin: Origin) -> Pattern {
        self.bind_as(pat, origin, false)
    }

    fn bind_refutable(&mut self, pat: syn::Pat, origin: Origin) -> Pattern {
        self.bind_as(pat, origin, true)
    }

    fn bind_as(&mut self, pat: syn::Pat, origin: Origin, refutable: bool) -> Pattern {
        let mut binds = Vec::new();
        for (name, mutable) in walk::names(&pat, refutable) {
            let id = self.declare(name, mutable, origin);
            binds.push(id);
        }
        Pattern { pat, refutable, binds }
    }

    fn declare(&mut self, name: Ident, mutable: bool, origin: Origin) -> LocalId {
        let id = LocalId(self.locals.len());
        let scope = self.scopes.last_mut().expect("a body has a scope");
        scope.insert(name.to_string(), id);
        self.locals.push(Local { name, mutable, origin, ty: None, owned_type: false, depth: self.depth });
        id
    }

    fn scoped<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        self.scopes.push(HashMap::new());
        let result = f(self);
        self.scopes.pop();
        result
    }

    fn lookup(&mut self, name: &Ident) -> Option<Use> {
        let text = name.to_string();
        let found = self.scopes.iter().rev().find_map(|scope| scope.get(&text)).copied();
        let id = match found {
            Some(id) => id,
            None if self.surroundings == Surroundings::Open && may_be_local(&text) => {
                let id = LocalId(self.locals.len());
                self.scopes[0].insert(text, id);
                let (name, origin) = (name.clone(), Origin::Outer);
                self.locals.push(Local { name, mutable: false, origin, ty: None, owned_type: false, depth: 0 });
                id
            }
            None => return None,
        };
        let at = self.uses;
        self.uses += 1;
        Some(Use { id, at, name: name.clone(), depth: self.depth })
    }

    fn known(&self, name: &Ident) -> bool {
        let text = name.to_string();
        self.scopes.iter().any(|scope| scope.contains_key(&text))
    }

    fn block(&mut self, block: syn::Block) -> Block {
        self.scoped(|this| Block {
            brace: block.brace_token,
            // A `;` alone is nothing.
            stmts: block.stmts.into_iter().filter(|stmt| !is_nothing(stmt)).map(|stmt| this.stmt(stmt)).collect(),
        })
    }

    fn stmt(&mut self, stmt: syn::Stmt) -> Stmt {
        match stmt {
            syn::Stmt::Local(local) => self.decl(local),
            syn::Stmt::Item(item) => Stmt::Item(item.into_token_stream()),
            syn::Stmt::Expr(mut expr, semi) => {
                let options = options::take_options(parse::leading_attributes(&mut expr), self.errors);
                Stmt::Expr(Box::new(self.eager_or(expr, options.eager)), semi, Box::new(options))
            }
            syn::Stmt::Macro(mut stmt) => {
                let options = options::take_options(&mut stmt.attrs, self.errors);
                let expr = syn::Expr::Macro(syn::ExprMacro { attrs: stmt.attrs, mac: stmt.mac });
                Stmt::Expr(Box::new(self.eager_or(expr, options.eager)), stmt.semi_token, Box::new(options))
            }
        }
    }

    fn eager_or(&mut self, expr: syn::Expr, eager: bool) -> Expr {
        let inner = self.expr(expr);
        if !eager {
            return inner;
        }
        let span = inner.span;
        Expr { attrs: Vec::new(), kind: Kind::Eager(Box::new(inner)), span }
    }

    fn decl(&mut self, mut local: syn::Local) -> Stmt {
        let options = options::take_options(&mut local.attrs, self.errors);
        let (init, diverge) = match local.init {
            None => (None, None),
            Some(init) => {
                let diverge = init.diverge.map(|(_, diverge)| match *diverge {
                    syn::Expr::Block(block) => self.block(block.block),
                    other => {
                        let span = other.span();
                        let stmts = vec![Stmt::Expr(self.boxed(other), None, Box::default())];
                        Block { brace: token::Brace(span), stmts }
                    }
                });
                (Some(self.eager_or(*init.expr, options.eager)), diverge)
            }
        };
        let (pat, ty) = match local.pat {
            syn::Pat::Type(typed) => (*typed.pat, Some(*typed.ty)),
            pat => (pat, None),
        };
        let pattern = self.bind_as(pat, Origin::Let, diverge.is_some());
        if let Some(local) = pattern.name() {
            self.locals[local.0].ty = ty.clone();
        }
        Stmt::Let(Box::new(Let {
            attrs: local.attrs,
            options,
            let_token: local.let_token,
            pattern,
            ty,
            init,
            diverge,
            semi: local.semi_token,
        }))
    }

    fn boxed(&mut self, expr: syn::Expr) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn list(&mut self, items: Commas) -> Vec<Expr> {
        items.into_iter().map(|item| self.expr(item)).collect()
    }

    fn expr(&mut self, mut expr: syn::Expr) -> Expr {
        let span = expr.span();
        let attrs = parse::attributes(&mut expr).map(std::mem::take).unwrap_or_default();
        for attr in &attrs {
            if options::is_option(attr) {
                self.errors.on(
                    attr,
                    "this attribute belongs on a `let` or on a statement: name the call with a `let` and put it there",
                );
            }
        }
        let kind = self.kind(expr);
        Expr { attrs, kind, span }
    }

    fn kind(&mut self, expr: syn::Expr) -> Kind {
        match expr {
            syn::Expr::Lit(lit) => Kind::Lit(lit.lit),
            syn::Expr::Path(path) => self.path(path),
            syn::Expr::Call(call) => self.call(call),
            syn::Expr::MethodCall(call) => Kind::Method(Method {
                receiver: self.boxed(*call.receiver),
                dot: call.dot_token,
                turbofish: call.turbofish,
                paren: call.paren_token,
                args: match call.args.len() {
                    1 if hands_elements_over(&call.method) => {
                        call.args.into_iter().map(|arg| self.handed_over(arg)).collect()
                    }
                    _ => self.list(call.args),
                },
                name: call.method,
            }),
            syn::Expr::Field(field) => Kind::Field(self.boxed(*field.base), field.dot_token, field.member),
            syn::Expr::Index(index) => {
                Kind::Index(self.boxed(*index.expr), index.bracket_token, self.boxed(*index.index))
            }
            syn::Expr::Reference(reference) => {
                Kind::Ref(reference.and_token, reference.mutability, self.boxed(*reference.expr))
            }
            syn::Expr::Unary(unary) => Kind::Unary(unary.op, self.boxed(*unary.expr)),
            syn::Expr::Binary(binary) => {
                let (left, right) = (self.boxed(*binary.left), self.boxed(*binary.right));
                if is_assignment(&binary.op) {
                    Kind::AssignOp(left, binary.op, right)
                } else {
                    Kind::Binary(left, binary.op, right)
                }
            }
            syn::Expr::Cast(cast) => Kind::Cast(self.boxed(*cast.expr), cast.as_token, cast.ty),
            syn::Expr::Assign(assign) => {
                Kind::Assign(self.boxed(*assign.left), assign.eq_token, self.boxed(*assign.right))
            }
            syn::Expr::Paren(paren) => Kind::Paren(paren.paren_token, self.boxed(*paren.expr)),
            syn::Expr::Group(group) => Kind::Group(self.boxed(*group.expr)),
            syn::Expr::Tuple(tuple) => Kind::Tuple(tuple.paren_token, self.list(tuple.elems)),
            syn::Expr::Array(array) => Kind::List(List::Array(array.bracket_token), self.list(array.elems)),
            syn::Expr::Repeat(repeat) => {
                Kind::Repeat(List::Array(repeat.bracket_token), self.boxed(*repeat.expr), self.boxed(*repeat.len))
            }
            syn::Expr::Struct(literal) => Kind::Struct(Box::new(Struct {
                qself: literal.qself,
                path: literal.path,
                fields: literal
                    .fields
                    .into_iter()
                    .map(|field| (field.attrs, field.member, self.expr(field.expr)))
                    .collect(),
                dots: literal.dot2_token,
                rest: literal.rest.map(|rest| self.boxed(*rest)),
            })),
            syn::Expr::Range(range) => Kind::Range(
                range.start.map(|bound| self.boxed(*bound)),
                range.limits,
                range.end.map(|bound| self.boxed(*bound)),
            ),
            syn::Expr::Closure(closure) => self.closure(closure),
            syn::Expr::Block(block) => Kind::Block(block.label, self.block(block.block)),
            syn::Expr::Const(block) => Kind::Const(block.into_token_stream()),
            syn::Expr::Unsafe(block) => Kind::Unsafe(block.unsafe_token, self.block(block.block)),
            syn::Expr::If(branch) => self
                .scoped(|this| {
                    let cond = this.boxed(*branch.cond);
                    let then = this.block(branch.then_branch);
                    Branch { cond, then, if_token: branch.if_token, other: branch.else_branch }
                })
                .finish(self),
            syn::Expr::Let(cond) => {
                let value = self.boxed(*cond.expr);
                Kind::Let(cond.let_token, self.bind_refutable(*cond.pat, Origin::Pattern), cond.eq_token, value)
            }
            syn::Expr::Match(choice) => {
                let value = self.boxed(*choice.expr);
                let arms = choice.arms.into_iter().map(|arm| self.scoped(|this| this.arm(arm))).collect();
                Kind::Match(choice.match_token, value, choice.brace_token, arms)
            }
            syn::Expr::While(repeat) => self.scoped(|this| {
                let cond = this.boxed(*repeat.cond);
                let block = this.block(repeat.body);
                Kind::While(repeat.label, repeat.while_token, cond, block)
            }),
            syn::Expr::Loop(repeat) => Kind::Loop(repeat.label, repeat.loop_token, self.block(repeat.body)),
            syn::Expr::ForLoop(repeat) => {
                let values = self.boxed(*repeat.expr);
                self.scoped(|this| {
                    let pattern = this.bind(*repeat.pat, Origin::Pattern);
                    let block = this.block(repeat.body);
                    Kind::For(repeat.label, repeat.for_token, pattern, repeat.in_token, values, block)
                })
            }
            syn::Expr::Return(exit) => Kind::Return(exit.return_token, exit.expr.map(|value| self.boxed(*value))),
            syn::Expr::Break(exit) => {
                Kind::Break(exit.break_token, exit.label, exit.expr.map(|value| self.boxed(*value)))
            }
            syn::Expr::Continue(exit) => Kind::Continue(exit.continue_token, exit.label),
            syn::Expr::Macro(mac) => self.macro_call(mac.mac),
            syn::Expr::Try(fallible) => Kind::Try(self.boxed(*fallible.expr), fallible.question_token),
            syn::Expr::Await(waiting) => Kind::Await(self.boxed(*waiting.base), waiting.dot_token, waiting.await_token),
            syn::Expr::Async(block) => Kind::Async(block.into_token_stream()),
            other => Kind::Other(other.into_token_stream()),
        }
    }

    fn path(&mut self, path: syn::ExprPath) -> Kind {
        let name = match path.path.get_ident() {
            Some(name) if path.qself.is_none() => name.clone(),
            _ => return Kind::Path(path),
        };
        match self.lookup(&name) {
            Some(used) => Kind::Local(used),
            None => Kind::Path(path),
        }
    }

    fn call(&mut self, call: syn::ExprCall) -> Kind {
        let mut called = &*call.func;
        while let syn::Expr::Group(group) = called {
            called = &group.expr;
        }
        let (callee, func) = match called {
            syn::Expr::Path(path) => {
                let known = path.path.get_ident().is_some_and(|name| self.known(name));
                if known && path.qself.is_none() {
                    (Callee::Value, self.boxed(*call.func))
                } else {
                    let kind = Kind::Path(path.clone());
                    let func = Expr { attrs: Vec::new(), kind, span: path.span() };
                    (sort_of_call(path), Box::new(func))
                }
            }
            _ => (Callee::Value, self.boxed(*call.func)),
        };
        Kind::Call(Call { callee, func, paren: call.paren_token, args: self.list(call.args) })
    }

    /// `f` in `.map(f)` as `|item| f(item)`: what `f` gives may be a node.
    fn handed_over(&mut self, arg: syn::Expr) -> Expr {
        let path = match &arg {
            syn::Expr::Path(path) if sort_of_call(path) == Callee::Free => path.clone(),
            _ => return self.expr(arg),
        };
        if path.path.get_ident().is_some_and(|name| self.lookup(name).is_some()) {
            return self.expr(arg);
        }
        let item = Ident::new("item", proc_macro2::Span::mixed_site().located_at(path.span()));
        let closure = syn::parse_quote_spanned!(path.span()=> |#item| #path(#item));
        let mut closure = self.expr(closure);
        if let Kind::Closure(closure) = &mut closure.kind
            && let Kind::Call(call) = &mut closure.body.kind
        {
            call.callee = Callee::Named;
        }
        closure
    }

    fn arm(&mut self, arm: syn::Arm) -> Arm {
        let pattern = self.bind_refutable(arm.pat, Origin::Pattern);
        let guard = arm.guard.map(|(token, guard)| (token, self.expr(*guard)));
        let body = self.expr(*arm.body);
        Arm { attrs: arm.attrs, pattern, guard, arrow: arm.fat_arrow_token, body }
    }

    fn closure(&mut self, closure: syn::ExprClosure) -> Kind {
        let syn::ExprClosure { lifetimes, constness, movability, asyncness, capture, .. } = &closure;
        let head = quote!(#lifetimes #constness #movability #asyncness #capture);
        let is_async = asyncness.is_some();
        let number = self.closures;
        self.closures += 1;
        self.depth += 1;
        let depth = self.depth;
        let closure = self.scoped(|this| {
            let params = closure.inputs.into_iter().map(|pat| {
                let origin = match &pat {
                    syn::Pat::Type(typed) => match parse::origin_of(&typed.ty) {
                        origin @ (Origin::Node | Origin::NodeRef | Origin::Nodes) => origin,
                        _ => Origin::Pattern,
                    },
                    _ => Origin::Pattern,
                };
                this.bind(pat, origin)
            });
            let params = params.collect();
            let body = this.boxed(*closure.body);
            let output = match closure.output {
                syn::ReturnType::Default => None,
                syn::ReturnType::Type(arrow, ty) => Some((arrow, *ty)),
            };
            Closure { number, head, is_async, params, output, body, depth }
        });
        self.depth -= 1;
        Kind::Closure(closure)
    }

    fn macro_call(&mut self, mac: syn::Macro) -> Kind {
        let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        match name.as_str() {
            "vec" => self.vec(mac),
            "eager" => match mac.parse_body::<syn::Expr>() {
                Ok(inner) => Kind::Eager(self.boxed(inner)),
                Err(_) => self.opaque(mac, Family::Opaque),
            },
            "op" => match mac.parse_body::<syn::Expr>() {
                Ok(inner) => Kind::Op(self.boxed(inner)),
                Err(_) => self.opaque(mac, Family::Opaque),
            },
            "graph" => match mac.parse_body_with(syn::Block::parse_within) {
                Ok(stmts) => {
                    let brace_token = token::Brace(mac.delimiter.span().join());
                    Kind::Graph(self.block(syn::Block { brace_token, stmts }))
                }
                Err(_) => self.opaque(mac, Family::Opaque),
            },
            "println" | "print" | "eprintln" | "eprint" | "format" | "write" | "writeln" | "dbg" | "format_args" => {
                self.formatting(mac, Family::Print)
            }
            "panic" | "todo" | "unreachable" | "unimplemented" => self.formatting(mac, Family::Panic),
            "assert" | "assert_eq" | "assert_ne" | "debug_assert" | "debug_assert_eq" | "debug_assert_ne" => {
                self.formatting(mac, Family::Assert)
            }
            "matches" => self.matches(mac),
            _ => self.opaque(mac, Family::Opaque),
        }
    }

    fn vec(&mut self, mac: syn::Macro) -> Kind {
        let span = mac.delimiter.span().join();
        if let Ok(items) = mac.parse_body_with(Commas::parse_terminated) {
            return Kind::List(List::Vec(mac.path, span), self.list(items));
        }
        let repeat = |input: ParseStream<'_>| {
            let item: syn::Expr = input.parse()?;
            input.parse::<Token![;]>()?;
            let len: syn::Expr = input.parse()?;
            Ok((item, len))
        };
        match mac.parse_body_with(repeat) {
            Ok((item, len)) => {
                let (item, len) = (self.boxed(item), self.boxed(len));
                Kind::Repeat(List::Vec(mac.path, span), item, len)
            }
            Err(_) => self.opaque(mac, Family::Opaque),
        }
    }

    fn formatting(&mut self, mac: syn::Macro, family: Family) -> Kind {
        let argument = |input: ParseStream<'_>| {
            let named = input.peek(syn::Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]);
            let name: Option<Ident> = if named { Some(input.parse()?) } else { None };
            if named {
                input.parse::<Token![=]>()?;
            }
            Ok((name, input.parse::<syn::Expr>()?))
        };
        let arguments = |input: ParseStream<'_>| Punctuated::<_, Token![,]>::parse_terminated_with(input, argument);
        let Ok(args) = mac.parse_body_with(arguments) else {
            return self.opaque(mac, family);
        };
        let given: Vec<Ident> = args.iter().filter_map(|(name, _)| name.clone()).collect();
        let mut mentions = Vec::new();
        for (_, arg) in &args {
            let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = arg else { continue };
            for name in captured(&text.value()) {
                if given.iter().any(|given| *given == name) {
                    continue;
                }
                let Ok(name) = syn::parse_str::<Ident>(&name) else { continue };
                let name = Ident::new(&name.to_string(), text.span());
                mentions.extend(self.lookup(&name));
            }
        }
        let args = args.into_iter().map(|(name, arg)| (name, self.expr(arg))).collect();
        Kind::Macro(Box::new(MacroCall { mac, family, args, rest: TokenStream::new(), mentions }))
    }

    fn matches(&mut self, mac: syn::Macro) -> Kind {
        let parts = |input: ParseStream<'_>| {
            let value: syn::Expr = input.parse()?;
            let rest: TokenStream = input.parse()?;
            Ok((value, rest))
        };
        match mac.parse_body_with(parts) {
            Ok((value, rest)) => {
                let value = self.expr(value);
                let mut mentions = Vec::new();
                self.scan(rest.clone(), &mut mentions);
                let args = vec![(None, value)];
                Kind::Macro(Box::new(MacroCall { mac, family: Family::Matches, args, rest, mentions }))
            }
            Err(_) => self.opaque(mac, Family::Matches),
        }
    }

    fn opaque(&mut self, mac: syn::Macro, family: Family) -> Kind {
        let mut mentions = Vec::new();
        self.scan(mac.tokens.clone(), &mut mentions);
        let rest = TokenStream::new();
        Kind::Macro(Box::new(MacroCall { mac, family, args: Vec::new(), rest, mentions }))
    }

    /// Finds the locals that tokens mention, in format strings too.
    fn scan(&mut self, tokens: TokenStream, mentions: &mut Vec<Use>) {
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if self.known(&name) {
                        mentions.extend(self.lookup(&name));
                    }
                }
                TokenTree::Group(group) => self.scan(group.stream(), mentions),
                TokenTree::Literal(literal) => {
                    let Ok(text) = syn::parse2::<syn::LitStr>(literal.to_token_stream()) else { continue };
                    for name in captured(&text.value()) {
                        let Ok(name) = syn::parse_str::<Ident>(&name) else { continue };
                        if self.known(&name) {
                            mentions.extend(self.lookup(&Ident::new(&name.to_string(), text.span())));
                        }
                    }
                }
                TokenTree::Punct(_) => {}
            }
        }
    }
}

/// An `if` whose condition's scope has ended.
struct Branch {
    cond: Box<Expr>,
    then: Block,
    if_token: Token![if],
    other: Option<(Token![else], Box<syn::Expr>)>,
}

impl Branch {
    fn finish(self, builder: &mut Builder<'_>) -> Kind {
        let other = self.other.map(|(token, other)| (token, builder.boxed(*other)));
        Kind::If(self.if_token, self.cond, self.then, other)
    }
}

fn is_nothing(stmt: &syn::Stmt) -> bool {
    matches!(stmt, syn::Stmt::Expr(syn::Expr::Verbatim(tokens), _) if tokens.is_empty())
}

/// Methods that call what they are given with one element each.
fn hands_elements_over(name: &Ident) -> bool {
    matches!(name.to_string().as_str(), "map" | "for_each" | "flat_map" | "filter_map" | "and_then" | "inspect")
}

fn is_assignment(op: &syn::BinOp) -> bool {
    use syn::BinOp::*;
    matches!(
        op,
        AddAssign(_)
            | SubAssign(_)
            | MulAssign(_)
            | DivAssign(_)
            | RemAssign(_)
            | BitXorAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | ShlAssign(_)
            | ShrAssign(_)
    )
}

fn may_be_local(text: &str) -> bool {
    let text = text.trim_start_matches("r#").trim_start_matches('_');
    text == "self" || text.starts_with(char::is_lowercase) && !matches!(text, "crate" | "super")
}

const PRIMITIVES: [&str; 17] = [
    "bool", "char", "str", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
    "f32", "f64",
];

fn sort_of_call(path: &syn::ExprPath) -> Callee {
    let upper = |name: &Ident| name.to_string().starts_with(char::is_uppercase);
    let mut segments = path.path.segments.iter().rev().map(|segment| &segment.ident);
    let Some(last) = segments.next() else { return Callee::Value };
    if upper(last) {
        return Callee::Constructor;
    }
    if path.qself.is_some() {
        return Callee::Associated;
    }
    match segments.next() {
        // `std::f64::consts`-like modules share a primitive's name; a function of one is rare.
        Some(owner) if upper(owner) || PRIMITIVES.iter().any(|name| owner == name) => Callee::Associated,
        _ => Callee::Free,
    }
}

/// The names that a format string captures.
fn captured(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let Some(end) = rest.find('}') else { break };
        let (name, spec) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        names.push(name.trim().to_owned());
        for piece in spec.split('$').rev().skip(1) {
            let tail: String = piece.chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            names.push(tail.chars().rev().collect());
        }
        rest = &rest[end..];
    }
    names.retain(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_strings_capture_names_and_widths() {
        assert_eq!(captured("{x} {{y}} {0} {z:>width$.prec$} {}"), ["x", "z", "prec", "width"]);
    }

    #[test]
    fn calls_are_sorted_by_their_path() {
        let sort = |text: &str| sort_of_call(&syn::parse_str(text).unwrap());
        assert_eq!(sort("load"), Callee::Free);
        assert_eq!(sort("std::fs::read"), Callee::Free);
        assert_eq!(sort("f64::max"), Callee::Associated);
        assert_eq!(sort("Model::fit"), Callee::Associated);
        assert_eq!(sort("Self::fit"), Callee::Associated);
        assert_eq!(sort("<T as Fit>::fit"), Callee::Associated);
        assert_eq!(sort("Option::Some"), Callee::Constructor);
        assert_eq!(sort("Some"), Callee::Constructor);
    }
}
