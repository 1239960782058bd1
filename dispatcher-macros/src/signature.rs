//! The lowered signature: `'g` on every elided reference, as a bound on every type parameter, and
//! around the result.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::VisitMut;
use syn::{GenericParam, Lifetime, ReturnType, Signature, Type, WherePredicate, parse_quote};

use crate::errors::Errors;
use crate::parse::{self, Library};

/// Reports what a lowered function's signature can't be.
pub(crate) fn check(attrs: &[syn::Attribute], sig: &Signature, errors: &mut Errors) {
    for attr in attrs.iter().filter(|attr| parse::is_foreign(attr)) {
        if attr.path().segments.last().is_some_and(|last| last.ident == "dispatch") {
            errors.on(attr, "`#[dispatch]` stands here twice: keep one");
        } else {
            errors.on(
                attr,
                "a test can't be a graph: remove `#[dispatch]`, call a graph's function in the test, and run it there",
            );
        }
    }
    if is_main(sig) {
        errors.on(&sig.ident, "`main` can't be a graph: move its code into a `#[dispatch]` function, call that from `main`, and run it there");
    }
    if let Some(token) = &sig.constness {
        errors.on(token, "a `const fn` runs while compiling and can't build a graph: remove `const`, or `#[dispatch]`");
    }
    if let Some(token) = &sig.unsafety {
        errors.on(
            token,
            "an `unsafe fn` can't become a graph: call the unsafe code in a safe function, and that one here",
        );
    }
    if let Some(abi) = &sig.abi {
        errors.on(abi, "a function with a foreign ABI can't give a node: remove `extern`, or `#[dispatch]`");
    }
    if let Some(variadic) = &sig.variadic {
        errors.on(variadic, "a variadic function can't become a graph: name each argument");
    }
    if let ReturnType::Type(_, ty) = &sig.output
        && let Type::Never(never) = &**ty
    {
        errors.on(never, "a function that never returns has no value to compute: give it a return type");
    }
    if let ReturnType::Type(_, ty) = &sig.output
        && let Some(value) = value_of_node(ty)
    {
        let value = crate::expand::line(&value.to_token_stream());
        errors.on(ty, format!("`#[dispatch]` adds the `Node` by itself: write the value's type, `{value}`"));
    }
}

/// The program's own `main`, as far as its look tells.
fn is_main(sig: &Signature) -> bool {
    sig.ident == "main" && sig.inputs.is_empty()
}

/// The `T` of a `Node<'_, T>`.
fn value_of_node(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|_| parse::is_node(ty))?;
    let syn::PathArguments::AngleBracketed(args) = &last.arguments else { return None };
    match args.args.iter().collect::<Vec<_>>()[..] {
        [syn::GenericArgument::Lifetime(_), syn::GenericArgument::Type(value)] => Some(value),
        _ => None,
    }
}

/// Gives the lifetime of the graph, by a name that the user's function doesn't use.
pub(crate) fn graph_lifetime(sig: &Signature) -> Lifetime {
    struct Taken(Vec<String>);
    impl<'ast> Visit<'ast> for Taken {
        fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
            self.0.push(lifetime.ident.to_string());
        }
    }
    let mut taken = Taken(Vec::new());
    taken.visit_signature(sig);
    let names = std::iter::once("g".to_owned())
        .chain(std::iter::once("graph".to_owned()))
        .chain((2..).map(|count| format!("graph{count}")));
    let name = { names }.find(|name| !taken.0.contains(name)).unwrap_or_default();
    Lifetime::new(&format!("'{name}"), Span::call_site())
}

/// Whether `ty` is the parameter `name`, and nothing more.
fn is_just(ty: &Type, name: &Ident) -> bool {
    matches!(ty, Type::Path(path) if path.qself.is_none() && path.path.is_ident(name))
}

/// Lowers the signature in place.
pub(crate) fn lower(sig: &mut Signature, graph: &Lifetime, library: &Library) {
    let bounds_self = match sig.receiver() {
        // The borrow says it already, and a bound in a `where` would set the method apart from one of its trait.
        Some(receiver) => !matches!(*receiver.ty, Type::Reference(_)),
        None => mentions_self(sig),
    };
    let mut elided = Elided(graph);
    for input in &mut sig.inputs {
        match input {
            syn::FnArg::Receiver(receiver) => {
                if let Some((_, lifetime)) = &mut receiver.reference
                    && lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_")
                {
                    *lifetime = Some(graph.clone());
                }
                if receiver.colon_token.is_some() {
                    elided.visit_type_mut(&mut receiver.ty);
                } else if let Type::Reference(reference) = &mut *receiver.ty {
                    reference.lifetime = receiver.reference.as_ref().and_then(|(_, lifetime)| lifetime.clone());
                }
            }
            syn::FnArg::Typed(typed) => elided.visit_type_mut(&mut typed.ty),
        }
    }
    if let ReturnType::Type(_, ty) = &mut sig.output {
        elided.visit_type_mut(ty);
    }
    let mut bounded = sig.generics.where_clause.take();
    for param in &mut sig.generics.params {
        match param {
            // Where the user bounds it: clippy asks for one place.
            GenericParam::Type(param) => {
                let own = bounded.iter_mut().flat_map(|clause| &mut clause.predicates).find_map(|one| match one {
                    WherePredicate::Type(one) if is_just(&one.bounded_ty, &param.ident) => Some(&mut one.bounds),
                    _ => None,
                });
                // At the parameter, so that rustc points there where it asks for another bound.
                let span = Span::mixed_site().located_at(param.ident.span());
                param.colon_token.get_or_insert(syn::Token![:](span));
                own.unwrap_or(&mut param.bounds).push(parse_quote!(#graph));
            }
            GenericParam::Lifetime(param) => {
                param.colon_token.get_or_insert_with(Default::default);
                param.bounds.push(graph.clone());
            }
            GenericParam::Const(_) => {}
        }
    }
    sig.generics.where_clause = bounded;
    // Without a receiver, a trait's function may speak of `Self` where one of its impls names the type, so only one of them has
    // the bound below; this one makes their lifetimes the same kind (early-bound) to rustc.
    let own = if sig.receiver().is_none() { parse_quote!(#graph: #graph) } else { parse_quote!(#graph) };
    sig.generics.params.insert(0, own);
    sig.generics.lt_token.get_or_insert_with(Default::default);
    sig.generics.gt_token.get_or_insert_with(Default::default);
    if bounds_self {
        sig.generics.make_where_clause().predicates.push(parse_quote!(Self: #graph));
    }
    // It waits when the graph runs; making the graph waits for nothing.
    sig.asyncness = None;
    let (arrow, value, span) = match &sig.output {
        ReturnType::Default => (quote!(->), quote!(()), Span::mixed_site()),
        // At the user's type, so that rustc points there where a trait wants another.
        ReturnType::Type(arrow, ty) => {
            (arrow.to_token_stream(), ty.to_token_stream(), Span::mixed_site().located_at(ty.span()))
        }
    };
    let root = library.root(span);
    let node = quote_spanned!(span=> #root::Node<#graph, #value>);
    sig.output = parse_quote!(#arrow #node);
}

fn mentions_self(sig: &Signature) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.0 |= ident == "Self";
        }
    }
    let mut search = Search(false);
    search.visit_signature(sig);
    search.0
}

/// Names elided lifetimes.
struct Elided<'l>(&'l Lifetime);

impl VisitMut for Elided<'_> {
    fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
        if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_") {
            reference.lifetime = Some(self.0.clone());
        }
        self.visit_type_mut(&mut reference.elem);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            lifetime.ident = self.0.ident.clone();
        }
    }

    fn visit_type_impl_trait_mut(&mut self, ty: &mut syn::TypeImplTrait) {
        syn::visit_mut::visit_type_impl_trait_mut(self, ty);
        let bounded = ty.bounds.iter().any(|bound| matches!(bound, syn::TypeParamBound::Lifetime(_)));
        if !bounded {
            let graph = self.0;
            ty.bounds.push(parse_quote!(#graph));
        }
    }

    // Elided lifetimes of `fn(&T)` and `Fn(&T)` are their own.
    fn visit_type_bare_fn_mut(&mut self, _: &mut syn::TypeBareFn) {}

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut syn::ParenthesizedGenericArguments) {}
}

/// A function that stands in for one with mistakes, so that its callers get no errors of their own.
pub(crate) fn stub(
    attrs: &[syn::Attribute],
    vis: &syn::Visibility,
    original: &Signature,
    sig: &Signature,
) -> TokenStream {
    let mut sig = sig.clone();
    for input in &mut sig.inputs {
        if let syn::FnArg::Typed(typed) = input {
            typed.pat = parse_quote!(_);
        } else if let syn::FnArg::Receiver(receiver) = input {
            receiver.mutability = match &receiver.reference {
                Some(_) => receiver.mutability,
                None => None,
            };
        }
    }
    if let ReturnType::Type(_, ty) = &original.output
        && matches!(**ty, Type::Never(_))
    {
        sig.output = ReturnType::Default;
    }
    if is_main(original) {
        sig = original.clone();
    }
    let attrs = attrs.iter().filter(|attr| !attr.path().is_ident("doc") && !parse::is_foreign(attr));
    quote! {
        #(#attrs)*
        #[allow(missing_docs, dead_code, unused_mut, clippy::all)]
        #vis #sig { ::core::unreachable!() }
    }
}
