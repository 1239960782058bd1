//! From the model to tokens: every statement and expression that isn't an operation itself.
//!
//! Calls and chains on lazy values are handed to `op`. Nothing is refused here: `check` has seen to
//! that, but for the number of inputs, which only shows while an operation is put together.

mod control;
mod form;
mod now;
mod op;
mod statement;
mod types;

pub(crate) use form::line;
pub(crate) use op::is_owned;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::analysis::infer::Inferred;
use crate::analysis::live::Liveness;
use crate::analysis::reach::Reach;
use crate::analysis::shape::Shape::{Given, Holds, Lazy, Likely, Never, Plain, Unknown};
use crate::analysis::shape::Shapes;
use crate::errors::Errors;
use crate::model::print::{Print, around, braces, brackets, raw, rebuild};
use crate::model::{Block, Body, Call, Callee, Expr, Family, Kind, List, Local, Method, Options, Origin, Pattern};
use crate::parse::Library;

/// The longest text of a plain value that outlines show.
const LONGEST_DATA: usize = 60;

/// What becomes of an expression's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Want {
    /// It is used as it is: a node where it is lazy.
    Value,
    /// It must be a node.
    Node,
    /// It must be the node that the function gives: its type is the function's.
    Exit,
    /// Nobody uses it.
    Unused,
}

impl Want {
    fn is_node(self) -> bool {
        matches!(self, Want::Node | Want::Exit)
    }
}

/// What `return` leaves.
#[derive(Clone, Copy)]
enum Exit {
    Function,
    Closure(Want),
}

/// A loop or labelled block around the current place.
struct Around {
    label: Option<String>,
    is_loop: bool,
    want: Want,
}

/// The effects of the function, or of the `graph!` block.
#[derive(Clone, Copy, Default)]
struct Effects {
    /// Whether the text declares them.
    declared: bool,
    /// Whether something was discarded.
    used: bool,
}

/// What the analysis found.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) shapes: &'a Shapes,
    pub(crate) reach: &'a Reach,
    pub(crate) inferred: &'a Inferred,
}

/// Lowers a body.
pub(crate) struct Expand<'a> {
    library: &'a Library,
    locals: &'a [Local],
    shapes: &'a Shapes,
    reach: &'a Reach,
    inferred: &'a Inferred,
    live: &'a mut Liveness,
    errors: Errors,
    effects: Effects,
    exits: Vec<Exit>,
    around: Vec<Around>,
    /// The type that the function gives.
    output: Option<syn::Type>,
    /// The turbofish for the `collect` that comes next.
    collecting: Option<syn::AngleBracketedGenericArguments>,
    /// The chain that comes next is collected into a `Vec` of references.
    collects_references: bool,
    /// Nobody uses the value of the chain that comes next.
    unused: bool,
    /// Nobody has to see that the operation that comes next runs.
    needed: bool,
    /// The operation that comes next has an effect, and nobody uses its value.
    effect: bool,
    /// The function has a `?`.
    questions: bool,
    /// The `unsafe` around the operation that comes next.
    guard: Option<syn::Token![unsafe]>,
    /// Options for the next operation.
    options: Option<Options>,
    /// Whether calls are lifted; in an `op!` outside of `#[dispatch]` only the outermost one is.
    lifts: bool,
}

/// Lowers a function's body, to the tokens between its braces.
pub(crate) fn function(
    body: &Body,
    output: Option<syn::Type>,
    known: Known<'_>,
    live: &mut Liveness,
    library: &Library,
) -> syn::Result<TokenStream> {
    let mut expand = Expand::new(body, known, live, library, true);
    expand.output = output;
    expand.questions = asks(&body.block);
    let stmts = expand.frame(|this| {
        let rebound = body.params.iter().map(|param| this.rebind(param)).collect::<TokenStream>();
        let stmts = this.body(&body.block);
        quote!(#rebound #stmts)
    });
    let uses = expand.imports();
    expand.errors.propagate()?;
    Ok(quote!(#uses #stmts))
}

/// Lowers a `graph!` block, to an expression.
pub(crate) fn graph(body: &Body, known: Known<'_>, live: &mut Liveness, library: &Library) -> syn::Result<TokenStream> {
    let mut expand = Expand::new(body, known, live, library, true);
    let stmts = expand.frame(|this| this.body(&body.block));
    let uses = expand.imports();
    expand.errors.propagate()?;
    Ok(quote!({ #uses #stmts }))
}

/// Lowers the one call of an `op!`, to an expression.
pub(crate) fn op(body: &Body, known: Known<'_>, live: &mut Liveness, library: &Library) -> syn::Result<TokenStream> {
    let mut expand = Expand::new(body, known, live, library, false);
    let node = body.block.tail().map(|tail| expand.forced(tail));
    let uses = expand.imports();
    expand.errors.propagate()?;
    Ok(quote!({ #uses #node }))
}

/// A name of the macro's own, at the user's place.
fn own(name: &str, span: Span) -> Ident {
    Ident::new(name, here(span))
}

/// The macro's own hygiene at the user's place.
fn here(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

impl Print for Expand<'_> {
    fn expr(&mut self, expr: &Expr) -> TokenStream {
        self.lower(expr, Want::Value)
    }

    fn block(&mut self, block: &Block) -> TokenStream {
        self.block_for(block, Want::Value)
    }
}

impl<'a> Expand<'a> {
    fn new(body: &'a Body, known: Known<'a>, live: &'a mut Liveness, library: &'a Library, lifts: bool) -> Self {
        Self {
            library,
            locals: &body.locals,
            shapes: known.shapes,
            reach: known.reach,
            inferred: known.inferred,
            live,
            errors: Errors::default(),
            effects: Effects::default(),
            exits: vec![Exit::Function],
            around: Vec::new(),
            output: None,
            collecting: None,
            collects_references: false,
            unused: false,
            needed: false,
            effect: false,
            questions: false,
            guard: None,
            options: None,
            lifts,
        }
    }

    fn imports(&self) -> TokenStream {
        let private = self.library.private(Span::mixed_site());
        quote!(#[allow(unused_imports)] use #private::methods::*;)
    }

    /// Lowers a body with effects of its own. They are declared only where there are any.
    fn frame(&mut self, body: impl Fn(&mut Self) -> TokenStream) -> TokenStream {
        let outer = std::mem::take(&mut self.effects);
        let mistakes = self.errors.count();
        if self.questions {
            self.effects.declared = true;
            let stmts = body(self);
            let (private, questions, fx) = (self.library.private(Span::mixed_site()), self.asked(), self.fx());
            let output = self.output.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
            self.effects = outer;
            let span = here(self.output.as_ref().map_or_else(Span::mixed_site, Spanned::span));
            let asking = quote_spanned!(span=> &#private::Asking::<#output>::new().questions());
            return quote! {
                let #questions = #asking;
                let #fx = #questions.effects();
                #stmts
            };
        }
        // As if there were some, which is the rule: a body is lowered again only where there are none.
        self.effects.declared = true;
        let mut stmts = body(self);
        if self.effects.used {
            let (private, fx) = (self.library.private(Span::mixed_site()), self.fx());
            stmts = quote!(let #fx = &#private::Effects::new(); #stmts);
        } else {
            self.errors.forget_after(mistakes);
            self.effects.declared = false;
            stmts = body(self);
        }
        self.effects = outer;
        stmts
    }

    /// What the function has asked.
    fn asked(&self) -> Ident {
        Ident::new("questions", Span::mixed_site())
    }

    fn fx(&self) -> Ident {
        Ident::new("effects", Span::mixed_site())
    }

    /// The statements of a function's block, with its tail as the function's node.
    fn body(&mut self, block: &Block) -> TokenStream {
        let tail_diverges = block.diverges();
        let (stmts, tail) = self.stmts(block, Want::Exit);
        match tail {
            Some(tail) if !tail_diverges => {
                let span = block.tail().map_or_else(Span::mixed_site, |tail| here(tail.span));
                let tail = self.exit(tail, span);
                quote!(#stmts #tail)
            }
            tail => quote!(#stmts #tail),
        }
    }

    /// The node that the function gives: it waits for the effects.
    fn exit(&self, node: TokenStream, span: Span) -> TokenStream {
        if self.questions {
            let questions = Ident::new(&self.asked().to_string(), span);
            quote_spanned!(span=> #questions.finish(#node))
        } else if self.effects.declared {
            let fx = Ident::new(&self.fx().to_string(), span);
            quote_spanned!(span=> #fx.finish(#node))
        } else {
            node
        }
    }

    /// A node of a value that is plain for sure, shown as it is written.
    fn data(&self, value: TokenStream, expr: &Expr) -> TokenStream {
        let (private, span) = (self.library.private(expr.span), here(expr.span));
        let form = line(&raw(expr));
        if form.len() > LONGEST_DATA {
            return quote_spanned!(span=> #private::data(#value));
        }
        let place = quote_spanned!(span=> file: ::core::file!(), line: ::core::line!(), column: ::core::column!());
        let site = quote!(&#private::Site { label: "data", form: #form, #place });
        // So that a graph that is run again finds it again.
        if expr.is_made_anew() {
            quote_spanned!(span=> #private::made_at(#site, || #value))
        } else if self.inferred.is_open(expr) {
            quote_spanned!(span=> #private::data_at(#site, #value))
        } else {
            let known = quote_spanned!(span=> |__value| #private::Data::new(__value).known());
            quote_spanned!(span=> #private::data_known(#site, #value, #known))
        }
    }

    fn tail(&self, value: TokenStream, span: Span) -> TokenStream {
        let private = self.library.private(span);
        quote_spanned!(here(span)=> #private::Tail::new(#value).tail())
    }

    fn discard(&mut self, value: TokenStream, span: Span) -> TokenStream {
        self.effects.used = true;
        let (private, fx) = (self.library.private(span), self.fx());
        quote_spanned!(here(span)=> #private::Discard::new(#value).discard(#fx))
    }

    /// Makes nodes of parameters that are assigned lazy values later.
    fn rebind(&mut self, pattern: &Pattern) -> TokenStream {
        let mut out = TokenStream::new();
        for &id in &pattern.binds {
            let local = &self.locals[id.0];
            let plain = matches!(local.origin, Origin::Value | Origin::Ref | Origin::Mut | Origin::Pattern);
            if plain && self.shapes.local(id) == Lazy {
                let name = &local.name;
                let node = self.tail(name.to_token_stream(), name.span());
                out.extend(quote!(let mut #name = #node;));
            }
        }
        out
    }

    fn lower(&mut self, expr: &Expr, want: Want) -> TokenStream {
        if let (Kind::Unsafe(token, _), Some(inner)) = (&expr.kind, expr.guarded())
            && self.shapes.shape(inner) == Lazy
        {
            self.guard = Some(*token);
            return self.lower(inner, want);
        }
        let needed = std::mem::take(&mut self.needed);
        let effect = std::mem::take(&mut self.effect) || want == Want::Unused;
        match &expr.kind {
            Kind::Paren(_, inner) if want != Want::Value => self.lower(inner, want),
            Kind::Group(inner) => self.lower(inner, want),
            Kind::If(..)
            | Kind::Match(..)
            | Kind::Block(..)
            | Kind::Loop(..)
            | Kind::While(..)
            | Kind::For(..)
            | Kind::Return(..)
            | Kind::Break(..) => {
                let attrs = &expr.attrs;
                let inner = self.control(expr, want);
                quote!(#(#attrs)* #inner)
            }
            Kind::Tuple(paren, items) if want.is_node() && self.shapes.shape(expr) >= Unknown => {
                let tuple = self.tuple_of_nodes(paren, items, want);
                self.tail(tuple, expr.span)
            }
            Kind::Call(call) if want.is_node() && self.wraps_tuple(call) => {
                let (func, inner) = (raw(&call.func), self.lower(&call.args[0], Want::Node));
                self.tail(quote!(#func(#inner)), expr.span)
            }
            _ => {
                if want == Want::Exit {
                    self.collecting = self.collected_as(expr);
                }
                self.unused =
                    want == Want::Unused && matches!(&expr.kind, Kind::Method(method) if self.shapes.is_chain(method));
                self.effect = effect;
                let value = self.leaf(expr);
                self.effect = false;
                self.unused = false;
                let value = if needed { value } else { self.noted(expr, value, want) };
                self.fit(expr, value, want)
            }
        }
    }

    /// A tuple with a lazy element, as one whose elements are all nodes.
    fn tuple_of_nodes(&mut self, paren: &syn::token::Paren, items: &[Expr], want: Want) -> TokenStream {
        let whole = self.output.clone();
        let mut nodes = TokenStream::new();
        for (at, item) in items.iter().enumerate() {
            self.output = match &whole {
                Some(syn::Type::Tuple(types)) if want == Want::Exit => types.elems.get(at).cloned(),
                _ => None,
            };
            let node = self.lower(item, want);
            nodes.extend(quote!(#node,));
        }
        self.output = whole;
        let mut out = TokenStream::new();
        paren.surround(&mut out, |out| out.extend(nodes));
        out
    }

    /// `Ok((…))` and its like with a lazy element.
    fn wraps_tuple(&self, call: &Call) -> bool {
        let [arg] = &call.args[..] else { return false };
        call.callee == Callee::Constructor
            && matches!(arg.bare().kind, Kind::Tuple(..))
            && self.shapes.shape(arg) >= Unknown
    }

    /// Notes an operation, so that it runs even where nobody turns out to need it: its value may go into a collection
    /// that is thrown away, or be used only in a branch that isn't taken.
    fn noted(&mut self, expr: &Expr, value: TokenStream, want: Want) -> TokenStream {
        if !self.lifts || !matches!(want, Want::Value | Want::Node) {
            return value;
        }
        let lazy = self.shapes.shape(expr) == Lazy;
        let surely = match &expr.kind {
            Kind::Call(call) if call.callee == Callee::Free => true,
            Kind::Call(call) if call.callee == Callee::Associated && !self.shapes.all_plain(&call.args) => {
                call.args.iter().any(|arg| self.shapes.surely_lazy(arg))
            }
            Kind::Method(method) if self.shapes.is_chain(method) => {
                if is_clone(method) && method.receiver.local().is_some() {
                    return value;
                }
                true
            }
            Kind::Index(..) if self.shapes.shape(expr) == Likely => true,
            Kind::Local(used) if lazy && self.live.again(used) => true,
            Kind::Field(..) | Kind::Index(..) | Kind::Unary(..) | Kind::Binary(..) | Kind::Cast(..) if lazy => true,
            Kind::Op(_) | Kind::Await(..) => true,
            Kind::Unary(..) | Kind::Binary(..) | Kind::Cast(..) if self.shapes.shape(expr) == Given => false,
            Kind::Call(call) if call.callee == Callee::Associated && self.shapes.shape(expr) == Given => false,
            Kind::Method(_) if self.shapes.shape(expr) == Given => false,
            Kind::Call(call) if call.callee == Callee::Named => false,
            _ => return value,
        };
        self.effects.used = true;
        let (private, span) = (self.library.private(expr.span), here(expr.span));
        let fx = Ident::new("effects", span);
        if surely {
            quote_spanned!(span=> #fx.note(#value))
        } else {
            quote_spanned!(span=> #private::Note::new(#value).note(#fx))
        }
    }

    /// Makes of a lowered value what is wanted of it.
    fn fit(&mut self, expr: &Expr, value: TokenStream, want: Want) -> TokenStream {
        let unit = matches!(expr.kind, Kind::Assign(..) | Kind::AssignOp(..));
        match (want, self.shapes.shape(expr)) {
            (Want::Value, _) => value,
            (Want::Node | Want::Exit, _) if unit => {
                let private = self.library.private(expr.span);
                quote!({ #value; #private::made(|| ()) })
            }
            (Want::Node | Want::Exit, Lazy | Never) => value,
            (Want::Node | Want::Exit, Plain) => self.data(value, expr),
            (Want::Node | Want::Exit, _) => self.tail(value, expr.span),
            (Want::Unused, Lazy | Unknown | Given | Likely | Holds) if gives_value(expr) => {
                self.discard(value, expr.span)
            }
            (Want::Unused, _) if matches!(expr.kind, Kind::Try(..)) => quote!({ let _ = #value; }),
            (Want::Unused, _) => value,
        }
    }

    /// Lowers an expression that isn't control flow.
    fn leaf(&mut self, expr: &Expr) -> TokenStream {
        let shape = self.shapes.shape(expr);
        match &expr.kind {
            Kind::Local(used) if shape == Lazy && self.live.again(used) => self.copy(expr, used),
            Kind::Call(call) => match call.callee {
                Callee::Free if self.lifts => self.call(expr, call),
                Callee::Associated => self.associated(expr, call),
                _ => rebuild(self, expr),
            },
            Kind::Method(method) if self.shapes.is_chain(method) => {
                if is_clone(method) && method.receiver.local().is_some() {
                    return raw(expr);
                }
                self.chain(expr)
            }
            Kind::Method(method) => self.plain_method(expr, method),
            Kind::Field(..) | Kind::Index(..) | Kind::Unary(..) | Kind::Binary(..) | Kind::Cast(..)
                if shape == Lazy =>
            {
                self.chain(expr)
            }
            // An operation, or calculated now, by the operands' types.
            Kind::Unary(syn::UnOp::Neg(_) | syn::UnOp::Not(_), _) | Kind::Binary(..) | Kind::Cast(..)
                if shape == Given && self.lifts =>
            {
                self.calculated(expr)
            }
            // What can be taken from there by value is `Copy`.
            Kind::Index(..) if shape == Likely => self.copied_element(expr),
            Kind::Field(..) | Kind::Index(..) => self.read(expr),
            Kind::Unary(syn::UnOp::Deref(_), _) => self.place(expr),
            Kind::Ref(and, mutability, inner) => {
                let (attrs, inner) = (&expr.attrs, self.place(inner));
                quote!(#(#attrs)* #and #mutability #inner)
            }
            Kind::Closure(closure) => self.closure(closure, Want::Value, 0),
            // Where one element is lazy, all are nodes.
            Kind::List(open, items) if items.iter().any(|item| self.shapes.shape(item) == Lazy) => {
                self.list_of_nodes(open, items)
            }
            Kind::Await(inner, ..) => self.awaited(expr, inner),
            Kind::Try(inner, token) => self.question(expr, inner, token),
            Kind::Op(inner) => self.forced(inner),
            Kind::Graph(block) => {
                let questions = std::mem::take(&mut self.questions);
                let around = std::mem::take(&mut self.around);
                let stmts = self.frame(|this| this.body(block));
                self.around = around;
                self.questions = questions;
                braces(block, stmts)
            }
            Kind::Eager(inner) => raw(inner),
            Kind::Unsafe(..) | Kind::Const(_) => raw(expr),
            Kind::Assign(left, eq, right) => match left.local() {
                Some(target) if self.shapes.local(target.id) == Lazy => {
                    self.collecting = self.collected_into(target.id, right);
                    let node = self.lower(right, Want::Node);
                    let name = &target.name;
                    if self.live.again(target) {
                        quote!(#name #eq #node)
                    } else {
                        let discard = self.discard(name.to_token_stream(), expr.span);
                        quote!({ #name #eq #node; #discard })
                    }
                }
                Some(target) => {
                    let name = &target.name;
                    let value = match &right.bare().kind {
                        // Where it holds a node anywhere, it does everywhere.
                        Kind::Call(call) if call.args.len() == 1 && self.shapes.is_option_of_node(target.id) => {
                            let (func, inner) = (raw(&call.func), self.lower(&call.args[0], Want::Node));
                            around(&call.paren, func, inner)
                        }
                        _ => self.expr(right),
                    };
                    quote!(#name #eq #value)
                }
                None if is_underscore(left) => self.lower(right, Want::Unused),
                None if left.targets().is_some() => self.assign_tuple(left, eq, right),
                None => {
                    let (left, right) = (self.place(left), self.expr(right));
                    quote!(#left #eq #right)
                }
            },
            Kind::AssignOp(left, op, right) => match left.local() {
                Some(target) if self.shapes.local(target.id) == Lazy => {
                    let node = self.chain(expr);
                    if self.live.again(target) {
                        // The new version of the variable depends on the operation, but it may be that nobody needs that.
                        self.effects.used = true;
                        let fx = self.fx();
                        quote!({ let _ = #fx.note(#node); })
                    } else {
                        self.discard(node, expr.span)
                    }
                }
                _ if self.shapes.shape(left) == Likely => {
                    let node = self.chain(expr);
                    self.effects.used = true;
                    let fx = self.fx();
                    quote!({ let _ = #fx.note(#node); })
                }
                _ => {
                    let (left, right) = (self.place(left), self.expr(right));
                    quote!(#left #op #right)
                }
            },
            Kind::Macro(mac) if mac.family != Family::Opaque => self.formatting(expr, mac),
            _ => rebuild(self, expr),
        }
    }

    /// `f(x)?`
    fn question(&mut self, expr: &Expr, inner: &Expr, token: &syn::Token![?]) -> TokenStream {
        if !matches!(self.exits.last(), Some(Exit::Function)) {
            return rebuild(self, expr);
        }
        let span = here(token.span);
        let questions = own(&self.asked().to_string(), token.span);
        let private = self.library.private(token.span);
        let asked = match self.shapes.shape(inner) {
            Lazy => {
                let node = self.lower(inner, Want::Node);
                return quote_spanned!(span=> #questions.ask(#node));
            }
            Plain => {
                let value = self.expr(inner);
                quote_spanned!(span=> #private::AskPlain::ask(&#private::Ask::new(#value), #questions))
            }
            _ => {
                let value = self.expr(inner);
                quote_spanned!(span=> #private::Ask::new(#value).ask(#questions))
            }
        };
        let (value, end) = (own("value", token.span), own("end", token.span));
        quote_spanned! {span=>
            match #asked {
                ::core::ops::ControlFlow::Continue(#value) => #value,
                ::core::ops::ControlFlow::Break(#end) => return #end,
            }
        }
    }

    /// `(a, b) = (b, f(a))`
    fn assign_tuple(&mut self, left: &Expr, eq: &syn::Token![=], right: &Expr) -> TokenStream {
        let (names, targets) = (raw(left), left.targets().unwrap_or_default());
        let values = match &right.bare().kind {
            Kind::Tuple(_, items) if items.len() == targets.len() => {
                let values = items.iter().zip(&targets).map(|(item, target)| {
                    let want = match target {
                        Some(target) if self.shapes.local(target.id) == Lazy => Want::Node,
                        None if self.shapes.shape(item) == Lazy && gives_value(item.guarded().unwrap_or(item)) => {
                            Want::Unused
                        }
                        _ => Want::Value,
                    };
                    self.lower(item, want)
                });
                let values: Vec<_> = values.collect();
                quote!((#(#values,)*))
            }
            _ => self.expr(right),
        };
        let mut effects = TokenStream::new();
        for target in targets.into_iter().flatten() {
            if self.shapes.local(target.id) == Lazy && !self.live.again(target) {
                let discard = self.discard(target.name.to_token_stream(), target.name.span());
                effects.extend(quote!(#discard;));
            }
        }
        if effects.is_empty() { quote!(#names #eq #values) } else { quote!({ #names #eq #values; #effects }) }
    }

    fn list_of_nodes(&mut self, open: &List, items: &[Expr]) -> TokenStream {
        let items: Vec<_> = items.iter().map(|item| self.lower(item, Want::Node)).collect();
        brackets(open, quote!(#(#items),*))
    }

    /// A place that is only read. Where only its type shows that a field's value is lazy, rustc says so.
    fn read(&mut self, expr: &Expr) -> TokenStream {
        match &expr.kind {
            Kind::Field(base, dot, member) if self.shapes.is_likely_place(base) => {
                let (private, span) = (self.library.private(expr.span), here(base.span));
                let base = self.place(base);
                let there = quote_spanned!(span=> #private::LookedAt::new(&#base).there());
                quote!(#there #dot #member)
            }
            Kind::Field(base, dot, member) if self.shapes.shape(expr) != Lazy => {
                let base = self.read(base);
                quote!(#base #dot #member)
            }
            Kind::Index(base, bracket, index)
                if self.shapes.shape(expr) != Lazy && !matches!(self.shapes.shape(expr), Likely) =>
            {
                let mut out = self.read(base);
                let index = self.expr(index);
                bracket.surround(&mut out, |out| out.extend(index));
                out
            }
            _ => self.place(expr),
        }
    }

    /// Lowers an expression that is borrowed or taken apart where it stands.
    fn place(&mut self, expr: &Expr) -> TokenStream {
        match &expr.kind {
            Kind::Local(used) => used.name.to_token_stream(),
            Kind::Paren(..) if expr.local().is_some() => raw(expr),
            Kind::Field(base, dot, member) if self.shapes.shape(expr) != Lazy => {
                let base = self.place(base);
                quote!(#base #dot #member)
            }
            Kind::Index(base, bracket, index) if self.shapes.shape(expr) != Lazy => {
                let mut out = self.place(base);
                let index = self.expr(index);
                bracket.surround(&mut out, |out| out.extend(index));
                out
            }
            Kind::Unary(op @ syn::UnOp::Deref(_), inner) if self.shapes.shape(expr) != Lazy => {
                let inner = self.place(inner);
                quote!(#op #inner)
            }
            _ => self.expr(expr),
        }
    }
}

/// Whether a `?` of the function's own stands in the block.
fn asks(block: &Block) -> bool {
    fn inside(expr: &Expr) -> bool {
        match &expr.kind {
            Kind::Try(..) => true,
            Kind::Closure(_) | Kind::Graph(_) | Kind::Eager(_) => false,
            _ => {
                let mut found = false;
                expr.parts(&mut |part| found |= inside(part));
                found
            }
        }
    }
    let mut found = false;
    block.parts(&mut |part| found |= inside(part));
    found
}

/// `_` on the left of an assignment.
pub(crate) fn is_underscore(expr: &Expr) -> bool {
    matches!(&expr.kind, Kind::Other(tokens) if tokens.to_string() == "_")
}

fn is_clone(method: &Method) -> bool {
    method.name == "clone" && method.args.is_empty()
}

/// Whether a statement of this kind makes a value that could be an effect.
fn gives_value(expr: &Expr) -> bool {
    matches!(
        expr.bare().kind,
        Kind::Call(_)
            | Kind::Method(_)
            | Kind::Op(_)
            | Kind::Await(..)
            | Kind::Graph(_)
            | Kind::Eager(_)
            | Kind::Binary(..)
            | Kind::Unary(..)
            | Kind::Cast(..)
            | Kind::Tuple(..)
            | Kind::List(..)
            | Kind::Index(..)
            | Kind::Field(..)
    )
}
