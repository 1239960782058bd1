//! What the macro writes: the functions in `tests/expand/*.rs`, each file beside its `*.expanded.rs`.
//!
//! With `GOLDEN=overwrite` in the environment, the expansions are stored; otherwise they are compared. That the functions
//! compile and agree with their serial twins, `tests/elision.rs` sees to.

use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::lower;
use crate::parse::{Library, Settings};

#[test]
fn expansions_are_as_stored() {
    let overwrite = env::var("GOLDEN").is_ok_and(|value| value == "overwrite");
    let sources = sources();
    assert!(!sources.is_empty());
    let mut differing = String::new();
    for source in &sources {
        let stored = source.with_extension("expanded.rs");
        let expanded = expanded(source);
        if overwrite {
            fs::write(&stored, &expanded).unwrap();
        } else if fs::read_to_string(&stored).ok().as_deref() != Some(&*expanded) {
            differing += &format!("-- {}\n{expanded}\n", stored.display());
        }
    }
    assert!(differing.is_empty(), "run again with GOLDEN=overwrite, if this is meant:\n{differing}");
}

#[test]
fn stored_expansions_have_a_source() {
    let sources = sources();
    for stored in files().into_iter().filter(|file| file.to_string_lossy().ends_with(".expanded.rs")) {
        let source = stored.with_extension("").with_extension("rs");
        assert!(sources.contains(&source), "{} has no source", stored.display());
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn sources() -> Vec<PathBuf> {
    files().into_iter().filter(|file| !file.to_string_lossy().ends_with(".expanded.rs")).collect()
}

/// The expansions of a file's `#[dispatch]` functions.
fn expanded(source: &Path) -> String {
    let file = syn::parse_file(&fs::read_to_string(source).unwrap()).unwrap();
    let items: TokenStream = file.items.iter().map(item).collect();
    let name = source.file_name().unwrap().to_string_lossy();
    let code = prettyplease::unparse(&syn::parse2(items).unwrap());
    format!("// What `#[dispatch]` makes of {name}. Written by a test: see dispatcher-macros/src/goldens.rs.\n\n{code}")
}

fn item(item: &syn::Item) -> TokenStream {
    match item {
        syn::Item::Fn(function) if is_dispatched(&function.attrs) => {
            let mut function = function.clone();
            function.attrs.retain(|attr| !is_dispatch(attr));
            expansion(function)
        }
        syn::Item::Impl(block) => {
            let methods = block.items.iter().filter_map(|item| match item {
                syn::ImplItem::Fn(method) if is_dispatched(&method.attrs) => {
                    let mut method = method.clone();
                    method.attrs.retain(|attr| !is_dispatch(attr));
                    Some(expansion(method))
                }
                _ => None,
            });
            let (methods, ty) = (methods.collect::<TokenStream>(), &block.self_ty);
            if methods.is_empty() { methods } else { quote!(impl #ty { #methods }) }
        }
        _ => TokenStream::new(),
    }
}

fn expansion(function: impl ToTokens) -> TokenStream {
    let function: crate::parse::Function = syn::parse2(function.into_token_stream()).unwrap();
    // Whatever features the macros are built with.
    let mut library = Library::find(&Settings::default());
    library.remote = function.sig.ident == "remote";
    lower(function, &library)
}

fn is_dispatched(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(is_dispatch)
}

fn is_dispatch(attr: &syn::Attribute) -> bool {
    attr.path().is_ident("dispatch")
}
