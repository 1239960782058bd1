//! The macros of `dispatcher`: `#[dispatch]`, `graph!`, `op!`, `eager!` and their serial twins.
//!
//! A function goes through these phases, a module each:
//!
//! 1. `parse`: tokens to syntax, and the attributes' own arguments;
//! 2. `model`: syntax to a tree in which every name is resolved;
//! 3. `analysis`: what is lazy, and which use of a value is its last;
//! 4. `check`: every refusal, and nothing else;
//! 5. `signature` and `expand`: tokens again.
//!
//! The crate knows the names of the library's functions, but nothing of graphs. What the macros promise
//! is documented where users find them, in the crate `dispatcher`.

#![forbid(unsafe_code)]

mod analysis;
mod cfg;
mod check;
mod errors;
mod expand;
#[cfg(test)]
mod goldens;
mod groups;
mod model;
mod options;
mod parse;
#[cfg(feature = "remote")]
mod remote;
mod serial;
mod signature;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::Parser;

use analysis::infer::Inferred;
use analysis::live::Liveness;
use analysis::reach::Reach;
use analysis::shape::Shapes;
use errors::Errors;
use model::Origin;
use model::build::{self, Parameter, Surroundings};
use parse::{Function, Library, Settings};

/// Declares a function as an operation that another process can be asked to call. See the crate `dispatcher`.
#[cfg(feature = "remote")]
#[proc_macro_attribute]
pub fn remote(settings: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let item = TokenStream::from(item);
    let declared = syn::parse::<Settings>(settings).and_then(|settings| {
        let function = syn::parse2(item.clone())
            .map_err(|error| syn::Error::new(error.span(), "`#[remote]` stands on a function with a body"))?;
        remote::declare(&function, &Library::find(&settings))
    });
    let declared = declared.unwrap_or_else(|error| error.to_compile_error());
    quote!(#item #declared).into()
}

/// Turns a function into one that builds a graph. See the crate `dispatcher`.
#[proc_macro_attribute]
pub fn dispatch(settings: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let (settings, item) = (TokenStream::from(settings), TokenStream::from(item));
    if let Err(error) = parse::on_function.parse2(item.clone()) {
        let error = error.to_compile_error();
        return quote!(#error #item).into();
    }
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => return unread(item, &error).into(),
    };
    match syn::parse2::<Settings>(settings.clone()) {
        Ok(parsed) => match by_cfg(&function, &settings, &Library::find(&parsed)) {
            Some(ways) => ways.into(),
            None => lower(function, &Library::find(&parsed)).into(),
        },
        Err(error) => {
            let error = error.to_compile_error();
            quote!(#error #item).into()
        }
    }
}

/// The serial twin of `dispatch`. See the crate `dispatcher`.
#[proc_macro_attribute]
pub fn serial_dispatch(_settings: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    serial::function(item.into()).into()
}

/// Builds a graph where it stands. See the crate `dispatcher`.
#[proc_macro]
pub fn graph(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    fragment(tokens.into(), Fragment::Graph).into()
}

/// The serial twin of `graph!`. See the crate `dispatcher`.
#[proc_macro]
pub fn serial_graph(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    serial::block(tokens.into()).into()
}

/// Makes one operation of one call. See the crate `dispatcher`.
#[proc_macro]
pub fn op(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    fragment(tokens.into(), Fragment::Op).into()
}

/// The serial twin of `op!`. See the crate `dispatcher`.
#[proc_macro]
pub fn serial_op(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    groups::keep(tokens.into()).into()
}

/// Calls now, as written. See the crate `dispatcher`.
#[proc_macro]
pub fn eager(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    groups::keep(tokens.into()).into()
}

/// The serial twin of `eager!`. See the crate `dispatcher`.
#[proc_macro]
pub fn serial_eager(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    groups::keep(tokens.into()).into()
}

/// A function with a syntax error: the user's tokens stay, so that tools still see the function while it is being written.
///
/// rustc has read them before, and said what it can't read. What it can read and we can't is told by a lint that it gets to
/// where nothing else is wrong.
fn unread(item: TokenStream, error: &syn::Error) -> TokenStream {
    let mut tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let body = match tokens.pop() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace && !has_inner_attribute(&body) => body,
        _ => {
            let error = error.to_compile_error();
            return quote!(#error #item);
        }
    };
    let span = Span::mixed_site().located_at(error.span());
    let sentence = format!("`#[dispatch]` can't read this: {error}");
    let unread = quote_spanned!(span=> #[deny(unused_must_use)] { #[must_use = #sentence] struct Syntax; Syntax; });
    let stream = body.stream();
    let mut read = Group::new(Delimiter::Brace, quote!(#unread #stream));
    // rustc reads it once more, and says the same where it ends too soon.
    read.set_span(body.span_close());
    quote!(#(#tokens)* #read)
}

fn has_inner_attribute(body: &Group) -> bool {
    let mut tokens = body.stream().into_iter().map(|token| token.to_string());
    tokens.next().as_deref() == Some("#") && tokens.next().as_deref() == Some("!")
}

/// Of a function with `#[cfg]`s inside, one for each way in which they turn out.
fn by_cfg(function: &Function, settings: &TokenStream, library: &Library) -> Option<TokenStream> {
    let Function { attrs, vis, defaultness, sig, block } = function;
    let ways = match cfg::ways(block.as_ref()?) {
        Ok(ways) if ways.is_empty() => return None,
        Ok(ways) => ways,
        Err(mistake) => {
            let mistake = mistake.into_compile_error();
            return Some(quote!(#mistake #(#attrs)* #vis #defaultness #sig #block));
        }
    };
    let root = library.root(proc_macro2::Span::call_site());
    let outer: Vec<_> = attrs.iter().filter(|attr| matches!(attr.style, syn::AttrStyle::Outer)).collect();
    let inner: Vec<_> = attrs.iter().filter(|attr| matches!(attr.style, syn::AttrStyle::Inner(_))).collect();
    let functions = ways.into_iter().map(|cfg::Way { condition, block }| {
        let stmts = &block.stmts;
        quote! {
            #[cfg(#condition)]
            #[#root::dispatch(#settings)]
            #(#outer)* #vis #defaultness #sig { #(#inner)* #(#stmts)* }
        }
    });
    Some(functions.collect())
}

/// Lowers a function; on mistakes gives them and a stub.
fn lower(function: Function, library: &Library) -> TokenStream {
    let Function { attrs, vis, defaultness, sig, block } = function;
    let mut errors = Errors::default();
    signature::check(&attrs, &sig, &mut errors);
    let graph = signature::graph_lifetime(&sig);
    let params = sig.inputs.iter().map(|input| parameter(input, &sig.generics)).collect();
    let output = match &sig.output {
        syn::ReturnType::Default => None,
        syn::ReturnType::Type(_, ty) => Some((**ty).clone()),
    };
    let mut lowered = sig.clone();
    signature::lower(&mut lowered, &graph, library);

    let Some(block) = block else {
        let mistakes = errors.propagate().err().map(syn::Error::into_compile_error);
        return quote!(#mistakes #(#attrs)* #vis #defaultness #lowered;);
    };
    let body = build::body(params, block, Surroundings::Closed, &mut errors);
    let shapes = Shapes::of(&body, true);
    let mut live = Liveness::of(&body);
    check::function(&body, &sig, &shapes, &live, &mut errors);
    let (reach, inferred) = (Reach::of(&body, &shapes), Inferred::of(&body, &shapes));
    let known = expand::Known { shapes: &shapes, reach: &reach, inferred: &inferred };
    let result = errors.propagate().and_then(|()| expand::function(&body, output, known, &mut live, library));
    match result {
        Ok(stmts) => quote! {
            #(#attrs)*
            #[allow(unused_mut, unused_parens, unused_braces)]
            #vis #defaultness #lowered { #stmts }
        },
        Err(mistakes) => {
            let mistakes = mistakes.into_compile_error();
            let stub = signature::stub(&attrs, &vis, &sig, &lowered);
            quote!(#mistakes #stub)
        }
    }
}

/// What the body has to know of a parameter.
fn parameter(input: &syn::FnArg, generics: &syn::Generics) -> Parameter {
    match input {
        syn::FnArg::Typed(typed) => Parameter {
            pat: (*typed.pat).clone(),
            origin: parse::origin_of(&typed.ty),
            owned_type: parse::is_owned(&typed.ty, generics),
        },
        syn::FnArg::Receiver(receiver) => {
            let origin = match (&receiver.reference, &receiver.mutability) {
                (Some(_), Some(_)) => Origin::Mut,
                (Some(_), None) => Origin::Ref,
                (None, _) => parse::origin_of(&receiver.ty),
            };
            let pat = syn::Pat::Ident(syn::PatIdent {
                attrs: Vec::new(),
                by_ref: None,
                mutability: if receiver.reference.is_some() { None } else { receiver.mutability },
                ident: syn::Ident::new("self", receiver.self_token.span),
                subpat: None,
            });
            Parameter { pat, origin, owned_type: false }
        }
    }
}

/// A macro that stands in an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fragment {
    Graph,
    Op,
}

fn fragment(tokens: TokenStream, kind: Fragment) -> TokenStream {
    let lowered = lower_fragment(tokens, kind);
    lowered.unwrap_or_else(|mistakes| {
        let mistakes = mistakes.into_compile_error();
        quote!({ #mistakes })
    })
}

fn lower_fragment(tokens: TokenStream, kind: Fragment) -> syn::Result<TokenStream> {
    let library = Library::find(&Settings::default());
    let stmts = match kind {
        Fragment::Graph => {
            let stmts = syn::Block::parse_within.parse2(tokens)?;
            let mut block = syn::Block { brace_token: syn::token::Brace::default(), stmts };
            groups::keep_in_block(&mut block);
            let ways = cfg::ways(&block)?;
            if !ways.is_empty() {
                let root = library.root(proc_macro2::Span::call_site());
                let blocks = ways.into_iter().map(|cfg::Way { condition, block }| {
                    let stmts = &block.stmts;
                    quote!(#[cfg(#condition)] { #root::graph! { #(#stmts)* } })
                });
                return Ok(quote!({ #(#blocks)* }));
            }
            block.stmts
        }
        Fragment::Op => vec![syn::Stmt::Expr(syn::parse2(groups::keep(tokens))?, None)],
    };
    let block = syn::Block { brace_token: syn::token::Brace::default(), stmts };
    let mut errors = Errors::default();
    let body = build::body(Vec::new(), block, Surroundings::Open, &mut errors);
    let shapes = Shapes::of(&body, kind == Fragment::Graph);
    let mut live = Liveness::of(&body);
    check::fragment(&body, &shapes, &live, &mut errors, kind == Fragment::Op);
    errors.propagate()?;
    let (reach, inferred) = (Reach::of(&body, &shapes), Inferred::of(&body, &shapes));
    let known = expand::Known { shapes: &shapes, reach: &reach, inferred: &inferred };
    match kind {
        Fragment::Graph => expand::graph(&body, known, &mut live, &library),
        Fragment::Op => expand::op(&body, known, &mut live, &library),
    }
}
