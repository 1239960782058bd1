//! Arguments: how each is written in the operation's body, and which inputs it makes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::parse_quote;

use super::super::form::{self, Hole, PLACEHOLDER};
use super::super::{Expand, Want, here, is_clone, own};
use super::MOST_INPUTS;
use super::chain::Stand;
use super::draft::{Draft, Mode, Who, Written};
use crate::analysis::names::is_owned_constructor;
use crate::analysis::shape::Shape::{Given, Holds, Lazy, LazyRef, Likely, Plain};
use crate::model::print::{Print, around, raw, rebuild};
use crate::model::{Call, Callee, Expr, Kind, LocalId, Origin, Use};

/// Whether chains that stand in an operation are written into it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Chains {
    Inside,
    Apart,
}

impl Expand<'_> {
    pub(super) fn call_body(&mut self, draft: &mut Draft, call: &Call, chains: Chains) -> TokenStream {
        let args: Vec<_> = call.args.iter().map(|arg| self.argument(draft, arg, chains)).collect();
        around(&call.paren, raw(&call.func), quote!(#(#args),*))
    }

    /// As [`call_body`](Self::call_body), of a call that is all of the operation.
    pub(super) fn whole_call(&mut self, draft: &mut Draft, call: &Call) -> TokenStream {
        let args: Vec<_> = call.args.iter().map(|arg| self.argument(draft, arg, Chains::Apart)).collect();
        let body = around(&call.paren, raw(&call.func), quote!(#(#args),*));
        if self.library.remote && call.callee == Callee::Free && matches!(call.func.bare().kind, Kind::Path(_)) {
            // A closure is typed by the call that it stands in, so there can't be another.
            draft.who = Some(match call.args.iter().position(has_closure) {
                Some(index) => Who::WithClosure(index),
                None => {
                    let written = call.args.iter().zip(args).map(|(arg, tokens)| written(arg, tokens)).collect();
                    Who::Call(raw(&call.func), written)
                }
            });
        }
        body
    }

    /// An argument of an operation, as it stands in the operation's body.
    pub(super) fn argument(&mut self, draft: &mut Draft, expr: &Expr, chains: Chains) -> TokenStream {
        match &expr.kind {
            _ if expr.is_constant() => raw(expr),
            Kind::Local(used) => self.by_value(draft, expr, used),
            Kind::Paren(paren, inner) => {
                let inner_tokens = self.argument(draft, inner, chains);
                if matches!(inner.kind, Kind::Local(_)) {
                    return inner_tokens;
                }
                let mut out = TokenStream::new();
                paren.surround(&mut out, |out| out.extend(inner_tokens));
                out
            }
            Kind::Group(inner) => self.argument(draft, inner, chains),
            Kind::Ref(and, mutability, inner) => self.reference(draft, expr, and, mutability.as_ref(), inner, chains),
            Kind::Tuple(..) | Kind::Struct(_) | Kind::Repeat(..) => {
                rebuild(&mut Parts { expand: self, draft, chains }, expr)
            }
            Kind::List(_, items) if draft.inputs.len() + items.len() <= MOST_INPUTS => {
                rebuild(&mut Parts { expand: self, draft, chains }, expr)
            }
            // `Vec::new()` and its like make nothing that the graph could share.
            Kind::Call(call) if call.args.is_empty() && is_owned_constructor(&call.func) => raw(expr),
            Kind::Call(call) if call.callee == Callee::Constructor => self.call_body(draft, call, chains),
            Kind::Closure(closure) => self.inlined(draft, closure),
            Kind::Method(method) if is_clone(method) => match method.receiver.local() {
                Some(used) if self.shapes.local(used.id) == Lazy && self.is_free(draft, used) => {
                    draft.seen.push((used.id, Mode::Lend, draft.inputs.len()));
                    let (private, name) = (self.library.private(used.name.span()), &used.name);
                    let span = here(name.span());
                    let tokens = quote_spanned!(span=> #private::CloneOf::new(&#name).clone_of());
                    let hole = Hole { before: "", text: name.to_string(), after: ".clone()" };
                    draft.input(tokens, Some(name), name.span(), hole).to_token_stream()
                }
                _ => self.other(draft, expr, chains),
            },
            Kind::Index(..) | Kind::Unary(syn::UnOp::Deref(_), _) if self.shapes.shape(expr).is_open() => {
                self.copied_place(draft, expr)
            }
            Kind::Field(..)
                if self.shapes.shape(expr) == Likely
                    && expr.root().local().is_some_and(|used| self.live.again(used)) =>
            {
                self.copied_place(draft, expr)
            }
            Kind::Field(..) | Kind::Index(..) => match expr.root().local() {
                Some(used) if self.shapes.local(used.id).is_lazy() && !self.is_apart(draft, used) => {
                    self.stand(draft, expr, Stand::Part)
                }
                _ => self.other(draft, expr, chains),
            },
            _ => self.other(draft, expr, chains),
        }
    }

    fn is_free(&self, draft: &Draft, used: &Use) -> bool {
        !draft.plan.shared.contains_key(&used.id)
    }

    fn is_apart(&self, draft: &Draft, used: &Use) -> bool {
        draft.plan.apart.contains(&used.id)
    }

    /// A local by value.
    fn by_value(&mut self, draft: &mut Draft, expr: &Expr, used: &Use) -> TokenStream {
        let local = &self.locals[used.id.0];
        draft.outward |= local.origin == Origin::Mut;
        let shape = self.shapes.local(used.id);
        let captured = used.depth > local.depth;
        let again = self.live.again(used);
        let mode = match shape {
            Plain | Holds | LazyRef => Mode::Whole,
            _ if local.origin == Origin::Outer && !captured => Mode::Whole,
            Lazy if again => Mode::Copy,
            Lazy => Mode::Whole,
            _ if captured => Mode::Whole,
            _ if again => Mode::Copy,
            _ => Mode::Whole,
        };
        if matches!(shape, Plain | Holds | LazyRef) {
            let (private, name) = (self.library.private(used.name.span()), &used.name);
            let span = here(name.span());
            let tokens = if self.inferred.is_open(expr) {
                quote_spanned!(span=> #private::plain(#name))
            } else if self.reach.is_piece(used.id) {
                quote_spanned!(span=> #private::Piece::new(#name).piece())
            } else if draft.either {
                quote_spanned!(span=> #private::Lift::new(#name).lift_here())
            } else {
                quote_spanned!(span=> #private::Lift::new(#name).lift())
            };
            let hole = Hole { text: name.to_string(), ..Hole::default() };
            return draft.input(tokens, Some(name), name.span(), hole).to_token_stream();
        }
        if mode == Mode::Copy && self.is_apart(draft, used) {
            let node = self.copy(expr, used);
            return self.lifted_input(draft, node, expr);
        }
        let mode = if draft.plan.copied.contains(&used.id) { Mode::Copy } else { mode };
        self.input_of(draft, mode, used)
    }

    /// `&…` and `&mut …`.
    fn reference(
        &mut self,
        draft: &mut Draft,
        expr: &Expr,
        and: &syn::Token![&],
        mutability: Option<&syn::Token![mut]>,
        inner: &Expr,
        chains: Chains,
    ) -> TokenStream {
        if mutability.is_some() && inner.root().local().is_some_and(|used| self.locals[used.id.0].origin == Origin::Mut)
        {
            draft.outward = true;
        }
        if let Some(used) = inner.local() {
            return self.borrowed_local(draft, used, mutability.is_some());
        }
        let bare = inner.bare();
        if let (Kind::Field(..) | Kind::Index(..) | Kind::Unary(syn::UnOp::Deref(_), _), Some(used)) =
            (&bare.kind, bare.root().local())
        {
            return self.borrowed_part(draft, expr, and, mutability, bare, used);
        }
        // A value that has no name lives as long as the operation, and as what it may give: `f` may be a `#[dispatch]` function.
        if mutability.is_none() && self.stands_alone(bare) {
            return self.kept(draft, bare);
        }
        let from = draft.inputs.len();
        let inner = match &bare.kind {
            Kind::Field(..) | Kind::Index(..) => self.stand(draft, bare, Stand::Part),
            _ => self.argument(draft, bare, chains),
        };
        if mutability.is_some() && draft.inputs.len() == from + 1 {
            draft.last_is_mutable();
        }
        quote!(#and #mutability #inner)
    }

    fn borrowed_local(&mut self, draft: &mut Draft, used: &Use, mutable: bool) -> TokenStream {
        let (private, name) = (self.library.private(used.name.span()), &used.name);
        let shape = self.shapes.local(used.id);
        let span = here(name.span());
        if shape == Lazy {
            let mode = if mutable { Mode::Update } else { Mode::Lend };
            let input = self.input_of(draft, mode, used);
            if mutable && draft.plan.shared.contains_key(&used.id) {
                return quote!(&mut #input);
            }
            if mutable {
                draft.inputs.last_mut().and_then(|last| last.hole.as_mut()).into_iter().for_each(|hole| {
                    hole.before = "&mut ";
                });
            }
            return input;
        }
        let (tokens, before) = if mutable && draft.either {
            (quote_spanned!(span=> #private::Update::new(&mut #name).update_now()), "&mut ")
        } else if mutable {
            (quote_spanned!(span=> #private::Update::new(&mut #name).update()), "&mut ")
        } else if draft.either {
            (quote_spanned!(span=> #private::Lend::new(&#name).lend_here()), "&")
        } else {
            (quote_spanned!(span=> #private::Lend::new(&#name).lend()), "&")
        };
        let hole = Hole { before, text: name.to_string(), after: "" };
        draft.input(tokens, Some(name), name.span(), hole).to_token_stream()
    }

    /// `&x.items[1..]`
    fn borrowed_part(
        &mut self,
        draft: &mut Draft,
        expr: &Expr,
        and: &syn::Token![&],
        mutability: Option<&syn::Token![mut]>,
        part: &Expr,
        used: &Use,
    ) -> TokenStream {
        let shape = self.shapes.local(used.id);
        if shape.is_lazy() {
            let stand = if mutability.is_some() { Stand::Unique } else { Stand::Shared };
            let part = self.stand(draft, part, stand);
            return quote!(#and #mutability #part);
        }
        let (private, name) = (self.library.private(used.name.span()), &used.name);
        let span = here(expr.span);
        let origin = self.locals[used.id.0].origin;
        let before = if mutability.is_some() { "&mut " } else { "&" };
        let hole = Hole { before, text: form::line(&raw(part)), after: "" };
        let place = if mutability.is_some() { self.place(part) } else { self.read(part) };
        let tokens = match origin {
            _ if mutability.is_some() => quote_spanned!(span=> #private::Lift::new(#and #mutability #place).lift()),
            Origin::Ref | Origin::Mut => quote_spanned!(span=> #private::Lift::new(#and #place).lift()),
            _ if self.reach.is_piece(used.id) => quote_spanned!(span=> #private::Piece::new(#and #place).piece()),
            _ if draft.either => quote_spanned!(span=> #private::Lend::new(#and #place).lend_here()),
            _ if shape == Holds => quote_spanned!(span=> #private::Lend::new(#and #place).lend()),
            _ => {
                let (root, held) = (own("root", name.span()), own("held", name.span()));
                let place = replace_root(part, &held, self);
                quote_spanned!(span=> {
                    let #root = #private::Root::new(&#name).root();
                    let #held = #root.get();
                    #private::Part::new(#and #place).held(&#root)
                })
            }
        };
        draft.input(tokens, None, name.span(), hole).to_token_stream()
    }

    /// `*d` or `v[0]`, whose value may be a node: what stands there stays, so the value is copied.
    fn copied_place(&mut self, draft: &mut Draft, expr: &Expr) -> TokenStream {
        let private = self.library.private(expr.span);
        let place = self.place(expr);
        let tokens = quote_spanned!(here(expr.span)=> #private::Again::new(&#place).again());
        let hole = Hole { text: form::line(&raw(expr)), ..Hole::default() };
        draft.input(tokens, None, expr.span, hole).to_token_stream()
    }

    /// Whether a value without a name can be made before the operation that borrows it.
    fn stands_alone(&self, expr: &Expr) -> bool {
        let mut borrows = false;
        expr.each(&mut |part| borrows |= matches!(part.kind, Kind::Ref(..) | Kind::Closure(_)));
        match &expr.kind {
            // `&Vec::new()`, of which the callee says what it holds.
            Kind::Call(call) if makes_empty(call) => false,
            Kind::Call(call) => call.callee == Callee::Free || call.callee != Callee::Constructor && !borrows,
            Kind::Macro(mac) => mac.mac.path.is_ident("format"),
            Kind::List(_, items) => {
                let shape = |shape| items.iter().all(|item| self.shapes.shape(item) == shape);
                !borrows && !items.is_empty() && (shape(Lazy) || shape(Plain))
            }
            Kind::Repeat(..) => !borrows,
            Kind::Struct(_) | Kind::Binary(..) | Kind::Cast(..) | Kind::Tuple(..) | Kind::Method(_) => {
                !borrows && self.shapes.shape(expr) == Plain && !self.reach.reaches(expr)
            }
            _ => false,
        }
    }

    /// A value without a name, lent to the operation.
    fn kept(&mut self, draft: &mut Draft, expr: &Expr) -> TokenStream {
        self.note_inner(draft, expr);
        let lazy = self.shapes.shape(expr) == Lazy;
        let value = if lazy { self.lower(expr, Want::Node) } else { self.expr(expr) };
        let (private, span) = (self.library.private(expr.span), here(expr.span));
        let tokens = if draft.either && !lazy {
            quote_spanned!(span=> #private::Lend::new(&#value).lend_here())
        } else {
            quote_spanned!(span=> #private::Nameless::new(#value).lend())
        };
        let hole = Hole { before: "&", text: form::line(&raw(expr)), after: "" };
        draft.input(tokens, None, expr.span, hole).to_token_stream()
    }

    /// A part of a plain value, where likely a node lies, under a method, a `&` or an index.
    pub(super) fn lent_place(&mut self, draft: &mut Draft, expr: &Expr, unique: bool) -> TokenStream {
        let (private, span) = (self.library.private(expr.span), here(expr.span));
        let place = self.place(expr);
        let tokens = if unique {
            quote_spanned!(span=> #private::Update::new(&mut #place).update())
        } else {
            quote_spanned!(span=> #private::Lend::new(&#place).lend())
        };
        let hole = Hole { text: form::line(&raw(expr)), ..Hole::default() };
        let input = draft.input(tokens, None, expr.span, hole);
        quote_spanned!(span=> (*#input))
    }

    /// Anything else: lowered by itself, then an input.
    fn other(&mut self, draft: &mut Draft, expr: &Expr, chains: Chains) -> TokenStream {
        let chained = matches!(
            expr.kind,
            Kind::Method(_) | Kind::Field(..) | Kind::Index(..) | Kind::Unary(..) | Kind::Binary(..) | Kind::Cast(..)
        );
        if chains == Chains::Inside && chained && self.shapes.shape(expr).is_lazy() {
            let apart = expr_roots(expr).iter().any(|local| draft.plan.apart.contains(local));
            if !apart {
                return self.chain_body(draft, expr);
            }
        }
        self.note_inner(draft, expr);
        if let Kind::Method(method) = &expr.bare().kind
            && method.name == "collect"
            && method.turbofish.is_none()
            && self.shapes.gives_nodes(&method.receiver)
        {
            // Where the function takes another collection, rustc says so.
            self.collecting = Some(parse_quote!(::<::std::vec::Vec<_>>));
        }
        self.needed = draft.steady && matches!(&expr.bare().kind, Kind::Call(call) if call.callee == Callee::Free);
        let node = if self.shapes.shape(expr) == Lazy { self.lower(expr, Want::Node) } else { self.expr(expr) };
        self.needed = false;
        self.collecting = None;
        self.lifted_input(draft, node, expr)
    }

    /// An operation of its own, made before the inputs are borrowed.
    pub(super) fn made_before(&mut self, draft: &mut Draft, expr: &Expr) -> TokenStream {
        self.needed = draft.steady && matches!(&expr.bare().kind, Kind::Call(call) if call.callee == Callee::Free);
        let value = self.lower(expr, Want::Node);
        self.needed = false;
        let name = format_ident!("inner{}", draft.inputs.len(), span = Span::mixed_site());
        draft.before.extend(quote!(let #name = #value;));
        self.lifted_input(draft, name.to_token_stream(), expr)
    }

    fn lifted_input(&mut self, draft: &mut Draft, value: TokenStream, expr: &Expr) -> TokenStream {
        let private = self.library.private(expr.span);
        let span = here(expr.span);
        let value = if draft.plan.inner_first && self.shapes.shape(expr) == Lazy {
            let name = format_ident!("inner{}", draft.inputs.len(), span = Span::mixed_site());
            draft.before.extend(quote!(let #name = #value;));
            name.to_token_stream()
        } else {
            value
        };
        let plain = self.shapes.shape(expr) == Plain;
        let tokens = if plain && expr.is_made_anew() && self.inferred.is_open(expr) {
            quote_spanned!(span=> #private::plain_made(|| #value))
        } else if plain && self.inferred.is_open(expr) {
            quote_spanned!(span=> #private::plain(#value))
        } else if (plain || self.shapes.shape(expr) == Given) && self.reach.reaches(expr) {
            quote_spanned!(span=> #private::Piece::new(#value).piece())
        } else if draft.either {
            quote_spanned!(span=> #private::Lift::new(#value).lift_here())
        } else {
            quote_spanned!(span=> #private::Lift::new(#value).lift())
        };
        let hole = Hole { text: form::line(&raw(expr)), ..Hole::default() };
        draft.input(tokens, None, expr.span, hole).to_token_stream()
    }

    /// Notes which locals an inner operation mentions, and which it takes or changes.
    fn note_inner(&self, draft: &mut Draft, expr: &Expr) {
        let at = draft.inputs.len();
        let mut mentioned = Vec::new();
        expr.uses(&mut |used| mentioned.push(used.id));
        let mut lent = Vec::new();
        expr.each(&mut |part| {
            if let Kind::Ref(_, None, inner) = &part.kind {
                lent.extend(inner.root().local().map(|used| used.at));
            }
        });
        let mut taken = Vec::new();
        expr.uses(&mut |used| {
            let keeps = self.live.again(used) && !self.locals[used.id.0].mutable;
            if !lent.contains(&used.at) && !keeps {
                taken.push(used.id);
            }
        });
        for local in mentioned {
            draft.inner.push((local, taken.contains(&local), at));
        }
    }

    /// Adds an input for a local; gives what stands for it in the body. For a shared input that is a
    /// place of the value's type.
    pub(super) fn input_of(&mut self, draft: &mut Draft, mode: Mode, used: &Use) -> TokenStream {
        draft.seen.push((used.id, mode, draft.inputs.len()));
        let (private, name) = (self.library.private(used.name.span()), &used.name);
        let span = here(name.span());
        let shared = draft.plan.shared.get(&used.id).copied();
        let either = draft.either;
        let write = |mode: Mode| match mode {
            Mode::Copy if either => quote_spanned!(span=> #private::Again::new(&#name).again_here()),
            Mode::Copy => quote_spanned!(span=> #private::Again::new(&#name).again()),
            Mode::Whole | Mode::Move if either => quote_spanned!(span=> #private::Lift::new(#name).lift_here()),
            Mode::Whole | Mode::Move => quote_spanned!(span=> #private::Lift::new(#name).lift()),
            Mode::Lend | Mode::Read if either => quote_spanned!(span=> #private::Lend::new(&#name).lend_here()),
            Mode::Lend | Mode::Read => quote_spanned!(span=> #private::Lend::new(&#name).lend()),
            Mode::Update if either => quote_spanned!(span=> #private::Update::new(&mut #name).update_now()),
            Mode::Update => quote_spanned!(span=> #private::Update::new(&mut #name).update()),
        };
        let hole = |before: &'static str| Hole { before, text: name.to_string(), after: "" };
        if let Some(shared) = shared {
            let at = match draft.serving.get(&used.id) {
                Some(at) => *at,
                None => {
                    let at = draft.inputs.len();
                    draft.input(write(shared), Some(name), name.span(), hole(""));
                    draft.serving.insert(used.id, at);
                    at
                }
            };
            let input = Ident::new(&format!("{PLACEHOLDER}{at}"), name.span());
            let place = if shared == Mode::Update { quote!((*#input)) } else { input.to_token_stream() };
            return match mode {
                Mode::Lend => quote!(&#place),
                _ => place,
            };
        }
        let before = match mode {
            Mode::Lend => "&",
            _ => "",
        };
        draft.input(write(mode), Some(name), name.span(), hole(before)).to_token_stream()
    }
}

/// Whether an expression is a closure, or has one in it.
fn has_closure(expr: &Expr) -> bool {
    let mut found = false;
    expr.each(&mut |part| found |= matches!(part.kind, Kind::Closure(_)));
    found
}

/// How an argument is written, which stands in the operation's body as `tokens`.
fn written(arg: &Expr, tokens: TokenStream) -> Written {
    let mut trees = tokens.clone().into_iter();
    if let (Some(proc_macro2::TokenTree::Ident(ident)), None) = (trees.next(), trees.next())
        && let Some(input) = ident.to_string().strip_prefix(PLACEHOLDER).and_then(|at| at.parse().ok())
    {
        return Written::Input(input);
    }
    let bare = match &arg.bare().kind {
        Kind::Ref(_, None, inner) => inner.bare(),
        _ => arg.bare(),
    };
    let makes = matches!(&bare.kind, Kind::Call(call) if call.args.is_empty() && is_owned_constructor(&call.func));
    if bare.is_constant() || makes { Written::Constant(tokens) } else { Written::Built(tokens) }
}

/// Whether a call makes a value of which only its use shows the type.
fn makes_empty(call: &Call) -> bool {
    match &call.func.kind {
        Kind::Path(path) => path.path.segments.last().is_some_and(|last| {
            call.callee == Callee::Associated
                && matches!(last.ident.to_string().as_str(), "new" | "with_capacity" | "default")
        }),
        _ => false,
    }
}

/// Writes the parts of a literal that is an argument.
struct Parts<'d, 'e, 'a> {
    expand: &'e mut Expand<'a>,
    draft: &'d mut Draft,
    chains: Chains,
}

impl Print for Parts<'_, '_, '_> {
    fn expr(&mut self, expr: &Expr) -> TokenStream {
        self.expand.argument(self.draft, expr, self.chains)
    }
}

/// Writes a place with another name for its root.
fn replace_root(part: &Expr, root: &Ident, expand: &mut Expand<'_>) -> TokenStream {
    match &part.kind {
        Kind::Local(_) => root.to_token_stream(),
        Kind::Paren(_, inner) => {
            let inner = replace_root(inner, root, expand);
            quote!((#inner))
        }
        Kind::Group(inner) => replace_root(inner, root, expand),
        Kind::Field(base, dot, member) => {
            let base = replace_root(base, root, expand);
            quote!(#base #dot #member)
        }
        Kind::Index(base, bracket, index) => {
            let mut out = replace_root(base, root, expand);
            let index = expand.expr(index);
            bracket.surround(&mut out, |out| out.extend(index));
            out
        }
        Kind::Unary(op, inner) => {
            let inner = replace_root(inner, root, expand);
            quote!(#op #inner)
        }
        _ => expand.expr(part),
    }
}

/// The locals that stand directly in an expression.
fn expr_roots(expr: &Expr) -> Vec<LocalId> {
    let mut roots = Vec::new();
    expr.uses(&mut |used| roots.push(used.id));
    roots
}
