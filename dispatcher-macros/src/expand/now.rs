//! What runs while the graph is built: methods of plain values, and the closures given to them.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::types::tail_of;
use super::{Exit, Expand, Want, here, own};
use crate::analysis::shape::Fallback;
use crate::analysis::shape::Shape::{Holds, Lazy, Likely};
use crate::model::print::{Print, around, close, rebuild};
use crate::model::{Closure, Expr, Family, Kind, MacroCall, Method, Use};

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
        // The parts of an accumulator are nodes where the closure makes nodes of them.
        let folded = closure(1).filter(|_| name == "fold").and_then(|closure| match &tail_of(&closure.body).kind {
            Kind::Tuple(_, items) if items.iter().any(|item| self.shapes.shape(item) == Lazy) => Some(&items[..]),
            _ => None,
        });
        // Where one element is lazy, all are nodes.
        let element = matches!(name.to_string().as_str(), "push" | "push_back" | "push_front" | "insert")
            && match method.receiver.local() {
                Some(used) => self.shapes.stored(used.id) == Lazy,
                None => self.shapes.is_in_nested(&method.receiver),
            };
        let last = method.args.len().wrapping_sub(1);
        let default = self.shapes.default_of(method);
        let args: Vec<_> = method
            .args
            .iter()
            .enumerate()
            .map(|(at, arg)| match (at, closure(at)) {
                _ if element && at == last => self.lower(arg, Want::Node),
                (0, Some(closure)) if name == "for_each" => self.closure(closure, Want::Unused, 0),
                (1, Some(closure)) if folds => self.closure(closure, Want::Node, 1),
                (0, _) if folds => self.lower(arg, Want::Node),
                (0, _) if folded.is_some() => self.folded_tuple(arg, folded.unwrap_or_default()),
                (0, Some(closure)) if default != Fallback::AsWritten => self.closure(closure, Want::Node, 0),
                (0, _) if default != Fallback::AsWritten => self.lower(arg, Want::Node),
                _ => self.expr(arg),
            })
            .collect();
        // It drops what it counts.
        let counted = (name == "count"
            && matches!(method.receiver.bare().kind, Kind::Method(_))
            && self.shapes.shape(&method.receiver) == Holds)
            .then(|| {
                let item = own("item", name.span());
                let discard = self.discard(item.to_token_stream(), name.span());
                quote!(.map(|#item| #discard))
            });
        let lifted = (default == Fallback::OfPlain).then(|| {
            let (value, private) = (own("value", name.span()), self.library.private(name.span()));
            quote_spanned!(here(name.span())=> .map(|#value| #private::data(#value)))
        });
        let turbofish = collecting.or_else(|| self.collected(expr, method));
        // Of nodes there is no copy; what the operations get of a clone is one.
        let cloned = (name == "copied" && self.shapes.shape(&method.receiver) == Holds)
            .then(|| Ident::new("cloned", name.span()));
        if default == Fallback::OfType {
            let (private, span) = (self.library.private(name.span()), here(name.span()));
            let value = quote_spanned!(span=> #private::made(::core::default::Default::default));
            let attrs = &expr.attrs;
            return quote_spanned!(span=> #(#attrs)* #receiver #dot unwrap_or(#value));
        }
        let name = cloned.as_ref().unwrap_or(name);
        let attrs = &expr.attrs;
        around(&method.paren, quote!(#(#attrs)* #receiver #counted #lifted #dot #name #turbofish), quote!(#(#args),*))
    }

    /// The first accumulator of a fold, whose closure gives these.
    fn folded_tuple(&mut self, first: &Expr, gives: &[Expr]) -> TokenStream {
        let Kind::Tuple(paren, items) = &first.bare().kind else { return self.expr(first) };
        let mut parts = TokenStream::new();
        for (at, item) in items.iter().enumerate() {
            let lazy = gives.get(at).is_some_and(|given| self.shapes.shape(given) == Lazy);
            let part = self.lower(item, if lazy { Want::Node } else { Want::Value });
            parts.extend(quote!(#part,));
        }
        around(paren, TokenStream::new(), parts)
    }

    /// Lowers a macro that prints, asserts or matches: what it reads must be there now. Where only the type of a local shows
    /// that it isn't, rustc says so.
    pub(super) fn formatting(&mut self, expr: &Expr, mac: &MacroCall) -> TokenStream {
        let name = mac.mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
        let prints = matches!(mac.family, Family::Print | Family::Panic);
        // `write!` borrows its first argument mutably, and `dbg!` gives its own back.
        let printed_from = match name.as_str() {
            "write" | "writeln" => 1,
            "dbg" => usize::MAX,
            _ if prints => 0,
            _ => usize::MAX,
        };
        rebuild(&mut Arguments { expand: self, at: 0, printed_from }, expr)
    }

    fn shown(&self, used: &Use) -> TokenStream {
        let (private, name) = (self.library.private(used.name.span()), &used.name);
        quote_spanned!(here(name.span())=> #private::Shown::new(&#name).shown())
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

/// Writes what a formatting macro borrows.
struct Arguments<'e, 'a> {
    expand: &'e mut Expand<'a>,
    at: usize,
    /// The first argument that is printed.
    printed_from: usize,
}

impl Print for Arguments<'_, '_> {
    fn expr(&mut self, expr: &Expr) -> TokenStream {
        let printed = self.at >= self.printed_from;
        self.at += 1;
        match &expr.kind {
            Kind::Local(used) if printed && self.expand.shapes.local(used.id).is_open() => self.expand.shown(used),
            Kind::Index(..) if printed && self.expand.shapes.shape(expr) == Likely => {
                let (private, span) = (self.expand.library.private(expr.span), here(expr.span));
                let place = self.expand.place(expr);
                quote_spanned!(span=> #private::Shown::new(&#place).shown())
            }
            _ => self.expand.place(expr),
        }
    }

    fn mentions(&mut self, mac: &MacroCall) -> TokenStream {
        let mut out = TokenStream::new();
        let mut seen: Vec<&Use> = Vec::new();
        for used in &mac.mentions {
            let new = !seen.iter().any(|seen| seen.name == used.name);
            if new && mac.family != Family::Matches && self.expand.shapes.local(used.id).is_open() {
                let (name, shown) = (&used.name, self.expand.shown(used));
                out.extend(quote!(, #name = #shown));
                seen.push(used);
            }
        }
        out
    }
}
