//! Writes the model back as tokens.
//!
//! `rebuild` writes an expression's own tokens and asks a `Print` for its parts, so that each later
//! phase says only what it writes differently. `Raw` writes everything as the user wrote it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Arm, Block, Closure, Expr, Kind, Let, List, MacroCall, Stmt, Struct, Use};

/// Writes the parts of an expression.
pub(crate) trait Print {
    /// Writes an expression.
    fn expr(&mut self, expr: &Expr) -> TokenStream;

    /// Writes a local.
    fn local(&mut self, used: &Use) -> TokenStream {
        used.name.to_token_stream()
    }

    /// Writes arguments for what a format string mentions; each begins with a comma.
    fn mentions(&mut self, _: &MacroCall) -> TokenStream {
        TokenStream::new()
    }

    /// Writes a block with its braces.
    fn block(&mut self, block: &Block) -> TokenStream {
        let stmts = block.stmts.iter().map(|stmt| self.stmt(stmt)).collect::<TokenStream>();
        braces(block, stmts)
    }

    /// Writes a statement.
    fn stmt(&mut self, stmt: &Stmt) -> TokenStream {
        rebuild_stmt(self, stmt)
    }

    /// Writes a `let`.
    fn decl(&mut self, decl: &Let) -> TokenStream {
        let Let { attrs, let_token, pattern, ty, semi, .. } = decl;
        let pat = &pattern.pat;
        let ty = ty.as_ref().map(|ty| quote!(: #ty));
        let init = decl.init.as_ref().map(|init| {
            let init = self.expr(init);
            quote!(= #init)
        });
        let diverge = decl.diverge.as_ref().map(|block| {
            let block = self.block(block);
            quote!(else #block)
        });
        quote!(#(#attrs)* #let_token #pat #ty #init #diverge #semi)
    }
}

/// Writes everything as it was.
pub(crate) struct Raw;

impl Print for Raw {
    fn expr(&mut self, expr: &Expr) -> TokenStream {
        rebuild(self, expr)
    }
}

/// The expression as the user wrote it.
pub(crate) fn raw(expr: &Expr) -> TokenStream {
    Raw.expr(expr)
}

/// Writes arguments in their own parentheses after `called`.
pub(crate) fn around(paren: &syn::token::Paren, mut called: TokenStream, args: TokenStream) -> TokenStream {
    paren.surround(&mut called, |out| out.extend(args));
    called
}

/// Puts a block's own braces around `stmts`.
pub(crate) fn braces(block: &Block, stmts: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    block.brace.surround(&mut out, |out| out.extend(stmts));
    out
}

/// Writes a label with its colon.
pub(crate) fn label(label: &Option<syn::Label>) -> TokenStream {
    label.to_token_stream()
}

/// Writes a statement's own tokens, and its parts by `p`.
pub(crate) fn rebuild_stmt<P: Print + ?Sized>(p: &mut P, stmt: &Stmt) -> TokenStream {
    match stmt {
        Stmt::Let(decl) => p.decl(decl),
        Stmt::Expr(expr, semi, _) => {
            let expr = p.expr(expr);
            quote!(#expr #semi)
        }
        Stmt::Item(item) => item.clone(),
    }
}

/// Writes an expression's own tokens, and its parts by `p`.
pub(crate) fn rebuild<P: Print + ?Sized>(p: &mut P, expr: &Expr) -> TokenStream {
    let attrs = &expr.attrs;
    let inner = match &expr.kind {
        Kind::Lit(lit) => lit.to_token_stream(),
        Kind::Path(path) => path.to_token_stream(),
        Kind::Local(used) => p.local(used),
        Kind::Call(call) => {
            let func = p.expr(&call.func);
            let args = list(p, &call.args);
            around(&call.paren, func, args)
        }
        Kind::Method(method) => {
            let receiver = p.expr(&method.receiver);
            let args = list(p, &method.args);
            let (dot, name, turbofish) = (&method.dot, &method.name, &method.turbofish);
            around(&method.paren, quote!(#receiver #dot #name #turbofish), args)
        }
        Kind::Field(base, dot, member) => {
            let base = p.expr(base);
            quote!(#base #dot #member)
        }
        Kind::Index(base, bracket, index) => {
            let mut out = p.expr(base);
            let index = p.expr(index);
            bracket.surround(&mut out, |out| out.extend(index));
            out
        }
        Kind::Ref(and, mutability, inner) => {
            let inner = p.expr(inner);
            quote!(#and #mutability #inner)
        }
        Kind::Unary(op, inner) => {
            let inner = p.expr(inner);
            quote!(#op #inner)
        }
        Kind::Binary(left, op, right) | Kind::AssignOp(left, op, right) => {
            let (left, right) = (p.expr(left), p.expr(right));
            quote!(#left #op #right)
        }
        Kind::Cast(inner, as_token, ty) => {
            let inner = p.expr(inner);
            quote!(#inner #as_token #ty)
        }
        Kind::Assign(left, eq, right) => {
            let (left, right) = (p.expr(left), p.expr(right));
            quote!(#left #eq #right)
        }
        Kind::Paren(paren, inner) => {
            let mut out = TokenStream::new();
            let inner = p.expr(inner);
            paren.surround(&mut out, |out| out.extend(inner));
            out
        }
        Kind::Group(inner) => p.expr(inner),
        Kind::Tuple(paren, items) => {
            let mut out = TokenStream::new();
            let items = if items.len() == 1 {
                let item = p.expr(&items[0]);
                quote!(#item,)
            } else {
                list(p, items)
            };
            paren.surround(&mut out, |out| out.extend(items));
            out
        }
        Kind::List(open, items) => {
            let items = list(p, items);
            brackets(open, items)
        }
        Kind::Repeat(open, item, len) => {
            let (item, len) = (p.expr(item), p.expr(len));
            brackets(open, quote!(#item; #len))
        }
        Kind::Struct(literal) => structure(p, literal),
        Kind::Range(start, limits, end) => {
            let start = start.as_ref().map(|bound| p.expr(bound));
            let end = end.as_ref().map(|bound| p.expr(bound));
            quote!(#start #limits #end)
        }
        Kind::Closure(closure) => {
            let body = p.expr(&closure.body);
            close(closure, closure.output.as_ref().map(|(arrow, ty)| quote!(#arrow #ty)), body)
        }
        Kind::Block(name, block) => {
            let (name, block) = (label(name), p.block(block));
            quote!(#name #block)
        }
        Kind::Const(tokens) | Kind::Async(tokens) | Kind::Other(tokens) => tokens.clone(),
        Kind::Unsafe(token, block) => {
            let block = p.block(block);
            quote!(#token #block)
        }
        Kind::If(token, cond, then, other) => {
            let (cond, then) = (p.expr(cond), p.block(then));
            let other = other.as_ref().map(|(token, other)| {
                let other = p.expr(other);
                quote!(#token #other)
            });
            quote!(#token #cond #then #other)
        }
        Kind::Let(token, pattern, eq, value) => {
            let (pat, value) = (&pattern.pat, p.expr(value));
            quote!(#token #pat #eq #value)
        }
        Kind::Match(token, value, brace, arms) => {
            let value = p.expr(value);
            let arms = arms.iter().map(|arm| arm_with(p, arm)).collect::<TokenStream>();
            let mut out = quote!(#token #value);
            brace.surround(&mut out, |out| out.extend(arms));
            out
        }
        Kind::While(name, token, cond, block) => {
            let (name, cond, block) = (label(name), p.expr(cond), p.block(block));
            quote!(#name #token #cond #block)
        }
        Kind::Loop(name, token, block) => {
            let (name, block) = (label(name), p.block(block));
            quote!(#name #token #block)
        }
        Kind::For(name, token, pattern, in_token, values, block) => {
            let (name, pat, values, block) = (label(name), &pattern.pat, p.expr(values), p.block(block));
            quote!(#name #token #pat #in_token #values #block)
        }
        Kind::Return(token, value) => {
            let value = value.as_ref().map(|value| p.expr(value));
            quote!(#token #value)
        }
        Kind::Break(token, name, value) => {
            let value = value.as_ref().map(|value| p.expr(value));
            quote!(#token #name #value)
        }
        Kind::Continue(token, name) => quote!(#token #name),
        Kind::Macro(mac) => macro_call(p, mac),
        Kind::Eager(inner) => p.expr(inner),
        Kind::Op(inner) => p.expr(inner),
        Kind::Graph(block) => p.block(block),
        Kind::Try(inner, token) => {
            let inner = p.expr(inner);
            quote!(#inner #token)
        }
        Kind::Await(inner, dot, token) => {
            let inner = p.expr(inner);
            quote!(#inner #dot #token)
        }
    };
    quote!(#(#attrs)* #inner)
}

/// Writes a closure with the given output and body.
pub(crate) fn close(closure: &Closure, output: Option<TokenStream>, body: TokenStream) -> TokenStream {
    let head = &closure.head;
    let params = closure.params.iter().map(|param| &param.pat);
    quote!(#head |#(#params),*| #output #body)
}

/// Writes an arm with the given body.
pub(crate) fn arm(arm: &Arm, guard: Option<TokenStream>, body: TokenStream) -> TokenStream {
    let Arm { attrs, pattern, arrow, .. } = arm;
    let pat = &pattern.pat;
    let guard = guard.map(|guard| quote!(if #guard));
    quote!(#(#attrs)* #pat #guard #arrow #body,)
}

fn arm_with<P: Print + ?Sized>(p: &mut P, whole: &Arm) -> TokenStream {
    let guard = whole.guard.as_ref().map(|(_, guard)| p.expr(guard));
    let body = p.expr(&whole.body);
    arm(whole, guard, body)
}

fn list<P: Print + ?Sized>(p: &mut P, items: &[Expr]) -> TokenStream {
    let items = items.iter().map(|item| p.expr(item));
    quote!(#(#items),*)
}

/// Puts a list's own brackets around `items`.
pub(crate) fn brackets(open: &List, items: TokenStream) -> TokenStream {
    match open {
        List::Array(bracket) => {
            let mut out = TokenStream::new();
            bracket.surround(&mut out, |out| out.extend(items));
            out
        }
        List::Vec(path, span) => {
            let mut group = proc_macro2::Group::new(proc_macro2::Delimiter::Bracket, items);
            group.set_span(*span);
            quote!(#path! #group)
        }
    }
}

fn structure<P: Print + ?Sized>(p: &mut P, literal: &Struct) -> TokenStream {
    let fields = literal.fields.iter().map(|(attrs, member, value)| {
        let value = p.expr(value);
        quote!(#(#attrs)* #member: #value,)
    });
    let fields = fields.collect::<TokenStream>();
    let rest = literal.rest.as_ref().map(|rest| p.expr(rest));
    let dots = &literal.dots;
    let path = syn::ExprPath { attrs: Vec::new(), qself: literal.qself.clone(), path: literal.path.clone() };
    quote!(#path { #fields #dots #rest })
}

fn macro_call<P: Print + ?Sized>(p: &mut P, mac: &MacroCall) -> TokenStream {
    if mac.args.is_empty() {
        return mac.mac.to_token_stream();
    }
    let args = mac.args.iter().map(|(name, arg)| {
        let arg = p.expr(arg);
        match name {
            Some(name) => quote!(#name = #arg),
            None => arg,
        }
    });
    let args: Vec<_> = args.collect();
    let (rest, mentions) = (&mac.rest, p.mentions(mac));
    let tokens = quote!(#(#args),* #mentions #rest);
    let (path, bang) = (&mac.mac.path, &mac.mac.bang_token);
    let mut out = quote!(#path #bang);
    let delimiter = match &mac.mac.delimiter {
        syn::MacroDelimiter::Paren(_) => proc_macro2::Delimiter::Parenthesis,
        syn::MacroDelimiter::Brace(_) => proc_macro2::Delimiter::Brace,
        syn::MacroDelimiter::Bracket(_) => proc_macro2::Delimiter::Bracket,
    };
    let mut group = proc_macro2::Group::new(delimiter, tokens);
    group.set_span(mac.mac.delimiter.span().join());
    out.extend([proc_macro2::TokenTree::Group(group)]);
    out
}
