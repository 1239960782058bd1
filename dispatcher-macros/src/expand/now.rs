//! What runs while the graph is built: methods of plain values, and the closures given to them.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Exit, Expand, Want};
use crate::analysis::shape::Shape::Lazy;
use crate::model::print::{Print, around, close};
use crate::model::{Closure, Expr, Kind, Method};

impl Expand<'_> {
    /// Lowers a method call that runs now.
    pub(super) fn plain_method(&mut self, expr: &Expr, method: &Method) -> TokenStream {
        let collecting = self.collecting.take();
        let receiver = self.place(&method.receiver);
        let Method { dot, name, .. } = method;
        let closure = |at: usize| match method.args.get(at).map(|arg| &arg.bare().kind) {
            Some(Kind::Closure(closure)) => Some(closure),
            _ => None,
        };
        let folds = name == "fold" && closure(1).is_some_and(|closure| self.shapes.shape(&closure.body) == Lazy);
        let args: Vec<_> = method
            .args
            .iter()
            .enumerate()
            .map(|(at, arg)| match (at, closure(at)) {
                (0, Some(closure)) if name == "for_each" => self.closure(closure, Want::Unused, 0),
                (1, Some(closure)) if folds => self.closure(closure, Want::Node, 1),
                (0, _) if folds => self.lower(arg, Want::Node),
                _ => self.expr(arg),
            })
            .collect();
        let turbofish = collecting.or_else(|| self.collected(expr, method));
        let attrs = &expr.attrs;
        around(&method.paren, quote!(#(#attrs)* #receiver #dot #name #turbofish), quote!(#(#args),*))
    }

    /// Lowers a closure; its first `nodes` parameters are nodes already.
    pub(super) fn closure(&mut self, closure: &Closure, want: Want, nodes: usize) -> TokenStream {
        let want = match want {
            Want::Value if self.shapes.shape(&closure.body) == Lazy => Want::Node,
            want => want,
        };
        let output = closure.output.as_ref().map(|(arrow, ty)| {
            let ty = if want.is_node() { self.lazy_type(ty) } else { ty.to_token_stream() };
            quote!(#arrow #ty)
        });
        let around = std::mem::take(&mut self.around);
        self.exits.push(Exit::Closure(want));
        let rebound: TokenStream = closure.params.iter().skip(nodes).map(|param| self.rebind(param)).collect();
        let body = self.lower(&closure.body, want);
        self.exits.pop();
        self.around = around;
        let plain_body = matches!(closure.body.kind, Kind::Block(..)) || closure.body.diverges();
        let body = match want {
            Want::Unused if !plain_body => quote!({ #rebound #body; }),
            _ if !rebound.is_empty() => quote!({ #rebound #body }),
            _ => body,
        };
        close(closure, output, body)
    }
}
