//! The serial twins: the code as it is, without the attributes that only a graph knows.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::VisitMut;

use crate::{groups, options, parse};

/// Strips `#[label]` and its like from a function.
pub(crate) fn function(tokens: TokenStream) -> TokenStream {
    let Ok(mut function) = syn::parse2::<parse::Function>(tokens.clone()) else { return tokens };
    let Some(mut block) = function.block.take() else { return tokens };
    Strip.visit_block_mut(&mut block);
    let parse::Function { attrs, vis, defaultness, sig, .. } = function;
    let outer = attrs.iter().filter(|attr| matches!(attr.style, syn::AttrStyle::Outer));
    let inner = attrs.iter().filter(|attr| matches!(attr.style, syn::AttrStyle::Inner(_)));
    let stmts = &block.stmts;
    quote::quote!(#(#outer)* #vis #defaultness #sig { #(#inner)* #(#stmts)* })
}

/// Strips them from the statements of a block.
pub(crate) fn block(tokens: TokenStream) -> TokenStream {
    use syn::parse::Parser;
    let Ok(stmts) = syn::Block::parse_within.parse2(tokens.clone()) else {
        return quote::quote!({ #tokens });
    };
    let mut block = syn::Block { brace_token: syn::token::Brace::default(), stmts };
    groups::keep_in_block(&mut block);
    Strip.visit_block_mut(&mut block);
    let stmts = block.stmts.iter().map(ToTokens::to_token_stream);
    quote::quote!({ #(#stmts)* })
}

struct Strip;

impl VisitMut for Strip {
    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        local.attrs.retain(|attr| !options::is_option(attr));
        syn::visit_mut::visit_local_mut(self, local);
    }

    fn visit_expr_mut(&mut self, expr: &mut syn::Expr) {
        if let Some(attrs) = parse::attributes(expr) {
            attrs.retain(|attr| !options::is_option(attr));
        }
        syn::visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_stmt_macro_mut(&mut self, stmt: &mut syn::StmtMacro) {
        stmt.attrs.retain(|attr| !options::is_option(attr));
    }

    // Nested items have attributes of their own.
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
