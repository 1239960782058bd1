//! Control flow: it runs while the graph is built, and its values may be nodes.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Around, Exit, Expand, Want, here};
use crate::analysis::shape::Shape::{Lazy, Likely};
use crate::model::print::{Print, arm, braces, label, rebuild};
use crate::model::{Block, Expr, Kind};

impl Expand<'_> {
    /// A condition: where only its type shows that it is lazy, rustc says so.
    fn decided(&mut self, cond: &Expr) -> TokenStream {
        match &cond.bare().kind {
            Kind::Local(used) if self.shapes.local(used.id) == Likely => self.known(cond),
            Kind::Unary(syn::UnOp::Deref(_), inner)
                if inner.local().is_some() && self.shapes.shape(inner) == Likely =>
            {
                self.known(cond)
            }
            Kind::Let(let_token, pattern, eq, value) => match value.local() {
                Some(used) if self.shapes.local(used.id) == Likely && !self.live.again(used) => {
                    let (pat, value) = (&pattern.pat, self.known(value));
                    quote!(#let_token #pat #eq #value)
                }
                _ => self.expr(cond),
            },
            _ => self.expr(cond),
        }
    }

    /// A value that has to be there now.
    fn known(&mut self, value: &Expr) -> TokenStream {
        let (private, span) = (self.library.private(value.span), here(value.span));
        let value = self.place(value);
        quote_spanned!(span=> #private::Known::new(#value).known())
    }

    pub(super) fn control(&mut self, expr: &Expr, want: Want) -> TokenStream {
        let private = self.library.private(expr.span);
        let inner = match want {
            Want::Value if self.shapes.shape(expr) == Lazy => Want::Node,
            want => want,
        };
        match &expr.kind {
            Kind::If(token, cond, then, None) => {
                let cond = self.decided(cond);
                let then = self.block_for(then, Want::Unused);
                let out = quote!(#token #cond #then);
                if inner.is_node() { quote!({ #out #private::made(|| ()) }) } else { out }
            }
            Kind::If(token, cond, then, Some((else_token, other))) => {
                let cond = self.decided(cond);
                let then = self.block_for(then, inner);
                let other = self.lower(other, inner);
                quote!(#token #cond #then #else_token #other)
            }
            Kind::Match(token, value, brace, arms) => {
                let value = match value.local() {
                    Some(used) if self.shapes.local(used.id) == Likely && !self.live.again(used) => self.known(value),
                    _ => self.place(value),
                };
                let mut lowered = TokenStream::new();
                for one in arms {
                    let guard = one.guard.as_ref().map(|(_, guard)| self.expr(guard));
                    let rebound = self.rebind(&one.pattern);
                    let mut body = self.lower(&one.body, inner);
                    if inner == Want::Unused && !one.body.diverges() {
                        body = quote!({ #rebound #body; });
                    } else if !rebound.is_empty() {
                        body = quote!({ #rebound #body });
                    }
                    lowered.extend(arm(one, guard, body));
                }
                let mut out = quote!(#token #value);
                brace.surround(&mut out, |out| out.extend(lowered));
                out
            }
            Kind::Block(name, block) => {
                self.around.push(Around { label: text(name), is_loop: false, want: inner });
                let block = self.block_for(block, inner);
                self.around.pop();
                let name = label(name);
                quote!(#name #block)
            }
            Kind::Loop(name, token, block) => {
                self.around.push(Around { label: text(name), is_loop: true, want: inner });
                let block = self.block_for(block, Want::Unused);
                self.around.pop();
                let name = label(name);
                quote!(#name #token #block)
            }
            Kind::While(name, token, cond, block) => {
                let cond = self.decided(cond);
                self.around.push(Around { label: text(name), is_loop: true, want: Want::Value });
                let block = self.block_for(block, Want::Unused);
                self.around.pop();
                let name = label(name);
                let out = quote!(#name #token #cond #block);
                if inner.is_node() { quote!({ #out #private::made(|| ()) }) } else { out }
            }
            Kind::For(name, token, pattern, in_token, values, block) => {
                let values = self.expr(values);
                self.around.push(Around { label: text(name), is_loop: true, want: Want::Value });
                let rebound = self.rebind(pattern);
                let (stmts, _) = self.stmts(block, Want::Unused);
                let block = braces(block, quote!(#rebound #stmts));
                self.around.pop();
                let (name, pat) = (label(name), &pattern.pat);
                let out = quote!(#name #token #pat #in_token #values #block);
                if inner.is_node() { quote!({ #out #private::made(|| ()) }) } else { out }
            }
            Kind::Return(token, value) => {
                let exit = *self.exits.last().unwrap_or(&Exit::Function);
                let want = match exit {
                    Exit::Function => Want::Exit,
                    Exit::Closure(want) => want,
                };
                let value = match value {
                    Some(value) => Some(self.lower(value, want)),
                    None if want.is_node() => Some(quote!(#private::made(|| ()))),
                    None => None,
                };
                match (exit, value) {
                    (Exit::Function, Some(value)) => {
                        let value = self.exit(value, here(token.span));
                        quote!(#token #value)
                    }
                    (_, value) => quote!(#token #value),
                }
            }
            Kind::Break(token, name, value) => {
                let around = self.around.iter().rev().find(|around| match name {
                    Some(name) => around.label.as_ref().is_some_and(|label| name.ident == label),
                    None => around.is_loop,
                });
                let want = around.map_or(Want::Value, |around| around.want);
                let value = match value {
                    Some(value) if want == Want::Unused => {
                        let value = self.lower(value, want);
                        return quote!({ #value; #token #name });
                    }
                    Some(value) => Some(self.lower(value, want)),
                    None if want.is_node() => Some(quote!(#private::made(|| ()))),
                    None => None,
                };
                quote!(#token #name #value)
            }
            _ => rebuild(self, expr),
        }
    }

    pub(super) fn block_for(&mut self, block: &Block, want: Want) -> TokenStream {
        let (stmts, tail) = self.stmts(block, want);
        braces(block, quote!(#stmts #tail))
    }
}

fn text(label: &Option<syn::Label>) -> Option<String> {
    label.as_ref().map(|label| label.name.ident.to_string())
}
