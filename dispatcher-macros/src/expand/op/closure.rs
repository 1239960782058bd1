//! Closures that run inside an operation: they stay as written, and what they capture becomes inputs.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};

use super::super::form::Hole;
use super::super::{Expand, here};
use super::draft::{Draft, Input, Mode};
use crate::analysis::shape::Shape::{Lazy, LazyRef};
use crate::model::print::{Print, close, rebuild, rebuild_stmt};
use crate::model::{Callee, Closure, Expr, Kind, LocalId, Origin, Stmt, Use};
use crate::parse::Library;

impl Expand<'_> {
    /// A closure that runs inside the operation: what it captures becomes inputs.
    pub(super) fn inlined(&mut self, draft: &mut Draft, closure: &Closure) -> TokenStream {
        let mut captured: Vec<&Use> = Vec::new();
        closure.body.uses(&mut |used| {
            let local = &self.locals[used.id.0];
            let outside = local.depth < closure.depth;
            if outside && !captured.iter().any(|seen| seen.id == used.id) {
                captured.push(used);
            }
        });
        let mut places = HashMap::new();
        for used in captured {
            let local = &self.locals[used.id.0];
            let shape = self.shapes.local(used.id);
            let (private, name) = (self.library.private(used.name.span()), &used.name);
            let span = here(name.span());
            let after = self.live.after_closure(closure, used.id) || closure.depth - 1 > local.depth;
            if shape == Lazy {
                let mode = if after { Mode::Read } else { Mode::Move };
                let input = self.input_of(draft, mode, used);
                let shared = draft.plan.shared.contains_key(&used.id);
                if mode == Mode::Move && !shared && local.mutable {
                    draft.last_is_mutable();
                }
                let place = if shared || mode == Mode::Move { input } else { quote!((*#input)) };
                places.insert(used.id, place);
                continue;
            }
            if draft.captured.contains_key(&used.id) {
                continue;
            }
            let by_value = matches!(local.origin, Origin::Ref | Origin::NodeRef) || shape == LazyRef || !after;
            let tokens = if by_value {
                quote_spanned!(span=> #private::Lift::new(#name).lift())
            } else {
                quote_spanned!(span=> #private::Keep::new(&#name).keep())
            };
            if *name == "self" {
                let hole = Hole { text: name.to_string(), ..Hole::default() };
                let input = draft.input(tokens, None, name.span(), hole);
                places.insert(used.id, input.to_token_stream());
                continue;
            }
            draft.make_way_for(&local.name);
            draft.captured.insert(used.id, draft.inputs.len());
            let mutable = local.mutable && !after;
            draft.inputs.push(Input { tokens, name: local.name.clone(), mutable, hole: None });
        }
        let body = Places { places: &places, library: self.library }.expr(&closure.body);
        let output = closure.output.as_ref().map(|(arrow, ty)| quote!(#arrow #ty));
        close(closure, output, body)
    }
}

/// Writes everything as it was, with other places for some locals.
struct Places<'p> {
    places: &'p HashMap<LocalId, TokenStream>,
    library: &'p Library,
}

impl Print for Places<'_> {
    fn expr(&mut self, expr: &Expr) -> TokenStream {
        rebuild(self, expr)
    }

    /// A call whose value nobody uses must not give a graph, which nobody would run.
    fn stmt(&mut self, stmt: &Stmt) -> TokenStream {
        let Stmt::Expr(expr, Some(semi), _) = stmt else { return rebuild_stmt(self, stmt) };
        match &expr.kind {
            Kind::Call(call) if call.callee == Callee::Free => {
                let (private, span) = (self.library.private(expr.span), here(expr.span));
                let call = self.expr(expr);
                quote_spanned!(span=> #private::Inside::new(#call).done() #semi)
            }
            _ => rebuild_stmt(self, stmt),
        }
    }

    fn local(&mut self, used: &Use) -> TokenStream {
        self.places.get(&used.id).cloned().unwrap_or_else(|| used.name.to_token_stream())
    }
}
