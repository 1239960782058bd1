//! `#[remote]`: a function stays as it is, and is declared as an operation that another process can be asked to call.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{FnArg, ItemFn, ReturnType, Type};

use crate::errors::Errors;
use crate::parse::Library;

/// How many parameters an operation can have.
const MOST_PARAMS: usize = 12;
/// How many elements a tuple has at most that is sent in parts.
const MOST_PARTS: usize = 8;

/// The declaration of a function, to stand beside it; or why it can't be one.
pub(crate) fn declare(function: &ItemFn, library: &Library) -> syn::Result<TokenStream> {
    refuse(function)?;
    // Written as if at `span`, so that rustc's errors point there.
    let remote_at = |span: Span| {
        let (private, span) = (library.private(span), Span::mixed_site().located_at(span));
        quote_spanned!(span=> #private::remote)
    };
    let remote = remote_at(Span::mixed_site());
    let params = function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(param) => Some(&*param.ty),
        FnArg::Receiver(_) => None,
    });
    let params = params.map(|ty| {
        let (of, how) = match ty {
            Type::Reference(reference) if reference.mutability.is_some() => (&*reference.elem, "Update"),
            Type::Reference(reference) => (&*reference.elem, "Read"),
            _ => (ty, "Own"),
        };
        let span = Span::mixed_site().located_at(of.span());
        let (remote, how) = (remote_at(of.span()), syn::Ident::new(how, span));
        (quote_spanned!(span=> #remote::#how<#of>), of.span())
    });
    let params: Vec<(TokenStream, Span)> = params.collect();
    let checks = params.iter().map(|(param, at)| {
        let (remote, span) = (remote_at(*at), Span::mixed_site().located_at(*at));
        quote_spanned!(span=> #remote::can_be::<#param>();)
    });
    let params = params.iter().map(|(param, _)| param);
    let unit: Type = syn::parse_quote!(());
    let result = match &function.sig.output {
        ReturnType::Default => &unit,
        ReturnType::Type(_, ty) => ty,
    };
    let apart = if is_tuple(result) || asked(result).is_some_and(is_tuple) { quote!(Parts) } else { quote!(Whole) };
    let (name, text) = (&function.sig.ident, function.sig.ident.to_string());
    let text = text.strip_prefix("r#").unwrap_or(&text);
    let span = Span::mixed_site().located_at(result.span());
    let at_result = remote_at(result.span());
    let reply = quote_spanned!(span=> (&&&&&#at_result::ResultOf::<#result, #remote::#apart>::new()).reply());
    let cfgs = function.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    Ok(quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(deprecated)]
        const _: () = {
            // No name that a function of the user's has.
            fn __dispatcher_operation() -> #remote::Operation {
                #[allow(unused_imports)]
                use #remote::methods::*;
                #(#checks)*
                #remote::Operation::of::<(#(#params,)*), _, _>(
                    ::core::concat!(::core::module_path!(), "::", #text),
                    #name,
                    #reply,
                )
            }
            #remote::inventory::submit! { #remote::Declared(__dispatcher_operation) }
        };
    })
}

/// Why a function can't be called in another process.
fn refuse(function: &ItemFn) -> syn::Result<()> {
    let mut errors = Errors::default();
    let sig = &function.sig;
    for param in &sig.generics.params {
        if !matches!(param, syn::GenericParam::Lifetime(_)) {
            errors.at(
                param.span(),
                "a `#[remote]` function can't be generic, since another process is asked for it by its name: write one for each type",
            );
        }
    }
    if let Some(token) = sig.asyncness {
        errors.at(
            token.span,
            "a `#[remote]` function can't be `async`: it is called on a worker's thread, and may wait there",
        );
    }
    if let Some(token) = sig.unsafety {
        errors.at(
            token.span,
            "a `#[remote]` function can't be `unsafe`, since nobody would vouch for what another process asks",
        );
    }
    if sig.inputs.len() > MOST_PARAMS {
        let sentence =
            format!("a `#[remote]` function takes at most {MOST_PARAMS} arguments: put some of them into a struct");
        errors.at(sig.inputs.span(), sentence);
    }
    for input in &sig.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                errors.at(receiver.span(), "a method can't be `#[remote]`: write a function that calls it");
            }
            FnArg::Typed(param) => {
                let ty = match &*param.ty {
                    Type::Reference(reference) => &reference.elem,
                    _ => &param.ty,
                };
                borrows(
                    ty,
                    "a borrow inside an argument can't go to another process: take a value that owns what it holds",
                    &mut errors,
                );
            }
        }
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        borrows(ty, "a borrow can't come back from another process: give a value that owns what it holds", &mut errors);
    }
    errors.propagate()
}

/// Refuses references, lifetimes and `impl` types.
fn borrows(ty: &Type, sentence: &str, errors: &mut Errors) {
    struct Find<'e>(&'e str, &'e mut Errors);
    impl<'ast> Visit<'ast> for Find<'_> {
        fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
            self.1.at(reference.span(), self.0);
        }
        fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
            self.1.at(lifetime.span(), self.0);
        }
        fn visit_type_impl_trait(&mut self, ty: &'ast syn::TypeImplTrait) {
            self.1.at(ty.span(), "another process has to know the type: write it in the place of `impl`");
        }
    }
    Find(sentence, errors).visit_type(ty);
}

fn is_tuple(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if (1..=MOST_PARTS).contains(&tuple.elems.len()))
}

/// The type in a `Result` or an `Option`.
fn asked(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(of) = &last.arguments else { return None };
    if last.ident != "Result" && last.ident != "Option" {
        return None;
    }
    match of.args.first()? {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}
