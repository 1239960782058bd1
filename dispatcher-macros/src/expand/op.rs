//! Operations: calls and chains on lazy values.
//!
//! An operation is put together in a `Draft`: the body is written with a placeholder for each input,
//! and each input says how it uses its value.

mod argument;
mod chain;
mod closure;
mod draft;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

use self::argument::Chains;
use self::draft::{Draft, Input, Mode, Who, Written};
use super::form::{self, Hole, PLACEHOLDER};
use super::{Expand, Want, here};
use crate::analysis::names::{is_owned_constructor, is_std};
use crate::model::print::{raw, rebuild};
use crate::model::{Call, Callee, Expr, Kind, Options, Retry, Use};

/// How many inputs an operation can have.
const MOST_INPUTS: usize = 12;

impl Expand<'_> {
    /// A call of a free function.
    pub(super) fn call(&mut self, expr: &Expr, call: &Call) -> TokenStream {
        let label = label_of(&call.func);
        let steady = !self.questions && call.args.iter().all(is_steady);
        self.operation(expr.span, call.func.span, &label, false, &mut |this, draft| {
            draft.steady = steady;
            this.whole_call(draft, call)
        })
    }

    /// A call of an associated function: an operation, or a call that runs now.
    pub(super) fn associated(&mut self, expr: &Expr, call: &Call) -> TokenStream {
        let lazy = call.args.iter().any(|arg| self.shapes.surely_lazy(arg));
        if !lazy && self.shapes.all_plain(&call.args) {
            return rebuild(self, expr);
        }
        let label = label_of(&call.func);
        self.operation(expr.span, call.func.span, &label, !lazy, &mut |this, draft| {
            this.call_body(draft, call, Chains::Apart)
        })
    }

    /// `f(x).await`, or `.await` on a lazy local.
    pub(super) fn awaited(&mut self, expr: &Expr, inner: &Expr) -> TokenStream {
        let (label, site) = match &inner.bare().kind {
            Kind::Call(call) => (label_of(&call.func), call.func.span),
            _ => (form::line(&raw(inner)), inner.span),
        };
        self.operation(expr.span, site, &label, false, &mut |this, draft| {
            draft.awaits = true;
            match &inner.bare().kind {
                Kind::Call(call) if call.callee != Callee::Constructor => this.call_body(draft, call, Chains::Apart),
                Kind::Method(_) if this.shapes.shape(inner).is_lazy() => this.chain_body(draft, inner.bare()),
                _ => this.argument(draft, inner, Chains::Apart),
            }
        })
    }

    /// A chain of methods, operators, fields and indices on a lazy value.
    pub(super) fn chain(&mut self, expr: &Expr) -> TokenStream {
        let (label, span) = chain_label(expr);
        let value = match &expr.bare().kind {
            Kind::Method(method) => is_std(&method.name.to_string()),
            _ => true,
        };
        let unused = std::mem::take(&mut self.unused);
        let collects = std::mem::take(&mut self.collects_references);
        self.operation(expr.span, span, &label, false, &mut |this, draft| {
            draft.value = value;
            draft.unused = unused;
            draft.borrows = value && !unused && chain::borrows(expr, collects);
            this.chain_body(draft, expr)
        })
    }

    /// What `op!` holds: an operation whatever it is made of.
    pub(super) fn forced(&mut self, expr: &Expr) -> TokenStream {
        if let (Kind::Unsafe(token, _), Some(inner)) = (&expr.bare().kind, expr.bare().guarded()) {
            self.guard = Some(*token);
            return self.forced(inner);
        }
        match &expr.bare().kind {
            Kind::Call(call) => {
                let label = label_of(&call.func);
                self.operation(expr.span, call.func.span, &label, false, &mut |this, draft| {
                    this.whole_call(draft, call)
                })
            }
            Kind::Method(_)
            | Kind::Binary(..)
            | Kind::Unary(..)
            | Kind::Field(..)
            | Kind::Index(..)
            | Kind::Cast(..) => self.chain(expr.bare()),
            Kind::Await(inner, ..) => self.awaited(expr, inner),
            _ => self.lower(expr, Want::Node),
        }
    }

    /// Operators on what may be nodes: an operation if one is, else calculated now.
    pub(super) fn calculated(&mut self, expr: &Expr) -> TokenStream {
        let (label, span) = chain_label(expr);
        self.operation(expr.span, span, &label, true, &mut |this, draft| this.chain_body(draft, expr.bare()))
    }

    /// A copy of an element of a container, which likely is a node.
    pub(super) fn copied_element(&mut self, expr: &Expr) -> TokenStream {
        let label = form::line(&raw(expr));
        self.operation(expr.span, expr.span, &label, false, &mut |this, draft| {
            draft.who = this.library.remote.then_some(Who::Passes);
            this.argument(draft, expr, Chains::Apart)
        })
    }

    /// A copy of a local that is used again later.
    pub(super) fn copy(&mut self, expr: &Expr, used: &Use) -> TokenStream {
        self.operation(expr.span, expr.span, &used.name.to_string(), false, &mut |this, draft| {
            draft.who = this.library.remote.then_some(Who::Passes);
            this.input_of(draft, Mode::Copy, used)
        })
    }

    fn operation(
        &mut self,
        span: Span,
        site: Span,
        label: &str,
        either: bool,
        write: &mut dyn FnMut(&mut Self, &mut Draft) -> TokenStream,
    ) -> TokenStream {
        let options = self.options.take();
        let guard = self.guard.take();
        let effect = std::mem::take(&mut self.effect);
        let mut draft = Draft { either, ..Draft::default() };
        let mut body = write(self, &mut draft);
        // Each plan adds to the one before; a few rounds are enough for any call.
        for _ in 0..4 {
            let Some(plan) = draft.better() else { break };
            draft = Draft { plan, either, ..Draft::default() };
            body = write(self, &mut draft);
        }
        if draft.inputs.len() > MOST_INPUTS {
            self.errors.at(
                span,
                format!(
                    "this operation has {} inputs, and {MOST_INPUTS} is the most: put some of them into a tuple or a `Vec` with a `let` first",
                    draft.inputs.len()
                ),
            );
        }
        draft.outward |= effect;
        if let Some(guard) = guard {
            draft.who = None;
            body = quote!(#guard { #body });
        }
        let retry = options.as_ref().and_then(|options| options.retry.as_ref());
        let tokens = self.assemble(draft, body, span, site, label, retry);
        match options {
            Some(options) => self.with_options(tokens, &options),
            None => tokens,
        }
    }

    fn assemble(
        &self,
        draft: Draft,
        body: TokenStream,
        span: Span,
        site: Span,
        label: &str,
        retry: Option<&Retry>,
    ) -> TokenStream {
        let private = self.library.private(span);
        let holes: Vec<Hole> = draft.inputs.iter().map(|input| input.hole.clone().unwrap_or_default()).collect();
        let form = form::form(&body, &holes) + if draft.awaits { ".await" } else { "" };
        let body = fill(body, &draft.inputs);
        let body = if draft.unused && draft.value { quote!({ #body; }) } else { body };
        // Inputs without a hole come last.
        let (with, without): (Vec<_>, Vec<_>) = draft.inputs.iter().partition(|input| input.hole.is_some());
        let ordered: Vec<&Input> = with.into_iter().chain(without).collect();
        let inputs = ordered.iter().map(|input| {
            let tokens = &input.tokens;
            match retry {
                Some(_) => quote_spanned!(here(input.name.span())=> #private::again(#tokens)),
                None => tokens.clone(),
            }
        });
        let params = ordered.iter().map(|input| {
            let (mutable, name) = (input.mutable.then(|| quote!(mut)), &input.name);
            quote!(#mutable #name)
        });
        let span = here(span);
        let inputs = quote!((#(#inputs,)*));
        let inputs = match &draft.who {
            Some(who) if !draft.either && !draft.awaits => {
                let params: Vec<_> = params.clone().collect();
                let who = asked(who, &ordered, &draft.inputs, &params, span, &private);
                quote_spanned!(span=> #private::of_call(#inputs, #who))
            }
            _ => inputs,
        };
        let place = quote_spanned!(site=> file: ::core::file!(), line: ::core::line!(), column: ::core::column!());
        let site = quote!(&#private::Site { label: #label, form: #form, #place });
        let scope = Ident::new("__scope", span);
        // Where the text shows that the result is no subgraph, rustc needn't find out by its type, which
        // it may not know yet.
        let given = if draft.awaits {
            quote_spanned!(span=> #scope.give(#body).settle_awaited())
        } else if let Some((owner, at)) = draft.owner.filter(|_| draft.value && !draft.either) {
            let (owner, kind) = (fill(owner, &draft.inputs), Ident::new("__owner", span));
            let settle = quote_spanned!(here(at)=> .settle_of());
            quote_spanned!(span=> { let #kind = #private::Owner::of(&#owner); #scope.give(#body).of(#kind) #settle })
        } else if draft.value {
            quote_spanned!(span=> #private::GivePlain::settle(#scope.give(#body)))
        } else if draft.unused && !draft.either {
            quote_spanned!(span=> #scope.give(#body).settle_unused())
        } else {
            quote_spanned!(span=> #scope.give(#body).settle())
        };
        let closure = quote_spanned!(span=> |(#(#params,)*), #scope| #given);
        let questions = Ident::new(&self.asked().to_string(), span);
        let call = if let Some(retry) = retry {
            let refuses = refuses(retry, &private);
            if self.questions && draft.outward {
                quote_spanned!(span=> #questions.effect_tried(#site, #inputs, #closure, #refuses))
            } else if self.questions {
                quote_spanned!(span=> #questions.op_tried(#site, #inputs, #closure, #refuses))
            } else {
                quote_spanned!(span=> #private::op_tried(#site, #inputs, #closure, #refuses))
            }
        } else if draft.either && self.questions {
            quote_spanned!(span=> #private::assoc(#site, #inputs).mode().run_in(#questions, #closure))
        } else if draft.either {
            quote_spanned!(span=> #private::assoc(#site, #inputs).mode().run(#closure))
        } else if self.questions && draft.outward {
            quote_spanned!(span=> #questions.effect(#site, #inputs, #closure))
        } else if self.questions {
            quote_spanned!(span=> #questions.op(#site, #inputs, #closure))
        } else {
            let op = Ident::new(if self.lifts { "op" } else { "op_alone" }, span);
            quote_spanned!(span=> #private::#op(#site, #inputs, #closure))
        };
        let before = draft.before;
        if before.is_empty() { call } else { quote!({ #before #call }) }
    }

    fn with_options(&self, node: TokenStream, options: &Options) -> TokenStream {
        let private = self.library.private(Span::mixed_site());
        let Options { label, retry, timeout, priority, .. } = options;
        let label = label.as_ref().map(|label| quote!(.label(#label)));
        let retry = retry.as_ref().map(|Retry { times, when, backoff, .. }| {
            let by_predicate = when.as_ref().map(|_| quote!(.by_predicate()));
            let backoff = backoff.as_ref().map(|backoff| quote!(.backoff(#backoff)));
            quote!(.retries(#times) #by_predicate #backoff)
        });
        let timeout = timeout.as_ref().map(|limit| quote!(.timeout(#limit)));
        let priority = priority.as_ref().map(|priority| quote!(.priority(#priority)));
        quote!(#private::Options::new() #label #retry #timeout #priority .set(#node))
    }
}

/// The closure that says which call it is that an operation makes. The call stands in it for its types, and is never made.
fn asked(
    who: &Who,
    ordered: &[&Input],
    inputs: &[Input],
    params: &[TokenStream],
    span: Span,
    private: &TokenStream,
) -> TokenStream {
    let asking = Ident::new("__asking", Span::mixed_site().located_at(span));
    let (func, written) = match who {
        Who::Call(func, written) => (func, written),
        Who::WithClosure(index) => return quote_spanned!(span=> |#asking| #asking.closure(#index)),
        Who::Passes => return quote_spanned!(span=> |#asking| #asking.passes()),
    };
    // As if it stood where the function does, so that rustc says the same as of the call itself, and says it once.
    let at = func.clone().into_iter().next().map_or(span, |token| token.span());
    let function = Ident::new("__function", Span::mixed_site().located_at(at));
    let giving = Ident::new("__giving", Span::mixed_site());
    let (mut before, mut args) = (TokenStream::new(), Vec::new());
    for (at, written) in written.iter().enumerate() {
        let told = match written {
            Written::Input(input) => {
                let name = inputs.get(*input).map(|input| &input.name);
                let place = ordered.iter().position(|input| Some(&input.name) == name).unwrap_or(*input);
                args.push(name.to_token_stream());
                quote_spanned!(span=> #asking.input(#place);)
            }
            Written::Constant(value) => {
                let constant = Ident::new(&format!("__constant_{at}"), Span::mixed_site());
                before.extend(quote!(let #constant = #value;));
                args.push(constant.to_token_stream());
                quote_spanned!(span=> #asking.constant(&#constant);)
            }
            Written::Built(tokens) => {
                args.push(fill(tokens.clone(), inputs));
                quote_spanned!(span=> #asking.built();)
            }
        };
        before.extend(told);
    }
    quote_spanned!(span=> |#asking| {
        let #function = #func;
        #before
        let #giving = #private::Giving::new();
        if let ::core::option::Option::Some((#(#params,)*)) = #asking.lent() {
            #giving.this(#function(#(#args),*));
        }
        let #giving = #giving.graph();
        #asking.callee(&#function, #giving)
    })
}

/// The closure that says which values are a reason to try again.
fn refuses(retry: &Retry, private: &TokenStream) -> TokenStream {
    let value = Ident::new("__value", Span::mixed_site());
    match &retry.when {
        Some(when) => {
            use syn::spanned::Spanned;
            let span = here(when.span());
            quote_spanned!(span=> move |#value| #private::Verdict::of(#value).refused_when(#when))
        }
        None => quote_spanned!(here(retry.span)=> |#value| #private::Verdict::of(#value).refused()),
    }
}

/// Puts the inputs' own names in the place of their placeholders.
fn fill(tokens: TokenStream, inputs: &[Input]) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) => {
                let text = ident.to_string();
                let at = text.strip_prefix(PLACEHOLDER).and_then(|at| at.parse::<usize>().ok());
                match at.and_then(|at| inputs.get(at)) {
                    Some(input) => {
                        let mut name = input.name.clone();
                        name.set_span(input.name.span().located_at(ident.span()));
                        TokenTree::Ident(name)
                    }
                    None => TokenTree::Ident(ident),
                }
            }
            TokenTree::Group(group) => {
                let mut filled = proc_macro2::Group::new(group.delimiter(), fill(group.stream(), inputs));
                filled.set_span(group.span());
                TokenTree::Group(filled)
            }
            other => other,
        })
        .collect()
}

/// The label of a call: its path without generics.
fn label_of(func: &Expr) -> String {
    match &func.bare().kind {
        Kind::Path(path) if path.qself.is_none() => {
            let names = path.path.segments.iter().map(|segment| segment.ident.to_string());
            names.collect::<Vec<_>>().join("::")
        }
        _ => form::line(&raw(func)),
    }
}

/// The label of a chain, and where its last step stands.
fn chain_label(expr: &Expr) -> (String, Span) {
    use syn::spanned::Spanned;
    match &expr.bare().kind {
        Kind::Method(method) => (format!(".{}", method.name), method.name.span()),
        Kind::Field(_, dot, member) => (format!(".{}", member.to_token_stream()), dot.span()),
        Kind::Index(_, bracket, _) => ("[]".to_owned(), bracket.span.join()),
        Kind::Binary(_, op, _) | Kind::AssignOp(_, op, _) => (op.to_token_stream().to_string(), op.span()),
        Kind::Unary(op, _) => (op.to_token_stream().to_string(), op.span()),
        Kind::Cast(_, as_token, _) => ("as".to_owned(), as_token.span()),
        _ => (form::line(&raw(expr)), expr.span),
    }
}

/// Whether an initialiser gives a value of the caller's own.
pub(crate) fn is_owned(init: &Expr) -> bool {
    match &init.bare().kind {
        Kind::Lit(_) | Kind::Repeat(..) | Kind::List(..) => true,
        Kind::Macro(mac) => mac.mac.path.is_ident("format"),
        Kind::Call(call) => is_owned_constructor(&call.func),
        Kind::Method(method) => matches!(method.name.to_string().as_str(), "to_vec" | "to_owned" | "to_string"),
        _ => false,
    }
}

/// Whether nothing in an argument could end the function, or a loop in it, once it has begun.
fn is_steady(arg: &Expr) -> bool {
    let mut steady = true;
    arg.each(&mut |part| {
        steady &= matches!(
            part.kind,
            Kind::Lit(_)
                | Kind::Path(_)
                | Kind::Local(_)
                | Kind::Call(_)
                | Kind::Method(_)
                | Kind::Field(..)
                | Kind::Index(..)
                | Kind::Ref(..)
                | Kind::Unary(..)
                | Kind::Binary(..)
                | Kind::Cast(..)
                | Kind::Paren(..)
                | Kind::Group(_)
        );
    });
    steady
}
