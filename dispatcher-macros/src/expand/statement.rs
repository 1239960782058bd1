//! Statements: `let`s that take lazy values apart, and values that nobody uses.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Pat, Type};

use super::{Expand, Want, gives_value, here};
use crate::analysis::live::surely_used;
use crate::analysis::shape::Shape::{Holds, Lazy};
use crate::model::print::{Print, raw};
use crate::model::{Block, Expr, Kind, Let, Pattern, Stmt, strip_type, walk};

impl Expand<'_> {
    /// The statements of a block, and apart from them its value.
    pub(super) fn stmts(&mut self, block: &Block, want: Want) -> (TokenStream, Option<TokenStream>) {
        let mut out = TokenStream::new();
        let last = block.stmts.len().wrapping_sub(1);
        for (at, stmt) in block.stmts.iter().enumerate() {
            match stmt {
                Stmt::Let(decl) => out.extend(self.declaration(decl, &block.stmts[at + 1..])),
                Stmt::Item(item) => out.extend(item.clone()),
                Stmt::Expr(expr, semi, options) => {
                    let tail = at == last && semi.is_none();
                    if options.any() {
                        self.options = Some((**options).clone());
                    }
                    let want = if tail { want } else { Want::Unused };
                    let value = self.lower(expr, want);
                    self.options = None;
                    if tail && want != Want::Unused {
                        return (out, Some(value));
                    }
                    let semi = match (semi, &expr.kind) {
                        (Some(semi), _) => semi.to_token_stream(),
                        (None, Kind::Macro(_)) if tail => TokenStream::new(),
                        (None, Kind::For(..) | Kind::While(..) | Kind::If(..)) => TokenStream::new(),
                        (None, _) => quote!(;),
                    };
                    out.extend(quote!(#value #semi));
                }
            }
        }
        if want.is_node() && !block.diverges() {
            let private = self.library.private(block.brace.span.close());
            return (out, Some(quote!(#private::made(|| ()))));
        }
        (out, None)
    }

    /// A `let`, of which the statements that follow it tell whether its value is needed.
    fn declaration(&mut self, decl: &Let, next: &[Stmt]) -> TokenStream {
        let Let { attrs, options, let_token, pattern, ty, init, diverge, semi } = decl;
        let pat = &pattern.pat;
        let name = pattern.name();
        let Some(init) = init else {
            let ty = ty.as_ref().map(|ty| self.written(ty, name, None));
            let ty = ty.map(|ty| quote!(: #ty));
            return quote!(#(#attrs)* #let_token #pat #ty #semi);
        };
        if let Kind::Eager(inner) = &init.kind {
            let (ty, inner) = (ty.as_ref().map(|ty| quote!(: #ty)), raw(inner));
            let diverge = diverge.as_ref().map(|block| {
                let block = self.block(block);
                quote!(else #block)
            });
            return quote!(#(#attrs)* #let_token #pat #ty = #inner #diverge #semi);
        }
        if options.any() {
            self.options = Some(options.clone());
        }
        let lowered = if let Some(diverge) = diverge {
            let (value, diverge) = (self.place(init), self.block(diverge));
            let ty = ty.as_ref().map(|ty| quote!(: #ty));
            quote!(#(#attrs)* #let_token #pat #ty = #value else #diverge #semi)
        } else if pattern.is_wild() {
            self.wild(decl, init)
        } else if let Some(local) = name {
            let want = if self.shapes.local(local) == Lazy { Want::Node } else { Want::Value };
            let value = match &init.kind {
                Kind::List(open, items) if self.shapes.stored(local) == Lazy => self.list_of_nodes(open, items),
                _ => {
                    // One that the text doesn't use becomes an effect below.
                    let steady = !self.locals[local.0].mutable;
                    self.needed = !self.live.wanted(local) || steady && surely_used(local, next);
                    self.effect = !self.live.wanted(local);
                    self.collects_references = ty.as_ref().is_some_and(is_list_of_references);
                    let value = self.lower(init, want);
                    self.collects_references = false;
                    value
                }
            };
            let ty = ty.as_ref().map(|ty| self.written(ty, name, Some(init)));
            let ty = ty.map(|ty| quote!(: #ty));
            let shape = self.shapes.local(local);
            // A plain value, a guard say, lives on to the end of its block: it is only looked at.
            let borrow = shape.is_open().then(|| quote!(&));
            let unused =
                !self.live.wanted(local) && (matches!(shape, Lazy | Holds) || shape.is_open() && gives_value(init));
            let effect = unused.then(|| {
                let name = &self.locals[local.0].name;
                let discard = self.discard(quote!(#borrow #name), name.span());
                let attrs = attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
                quote!(#(#attrs)* #discard;)
            });
            quote!(#(#attrs)* #let_token #pat #ty = #value #semi #effect)
        } else {
            self.destructure(decl, init)
        };
        self.options = None;
        lowered
    }

    /// `let _ = …;`
    fn wild(&mut self, decl: &Let, init: &Expr) -> TokenStream {
        let Let { attrs, let_token, pattern, ty, semi, .. } = decl;
        if self.shapes.shape(init) == crate::analysis::shape::Shape::Plain {
            let (pat, ty) = (&pattern.pat, ty.as_ref().map(|ty| quote!(: #ty)));
            let value = self.place(init);
            return quote!(#(#attrs)* #let_token #pat #ty = #value #semi);
        }
        if init.local().is_some() {
            let (pat, value) = (&pattern.pat, self.place(init));
            return quote!(#(#attrs)* #let_token #pat = &#value #semi);
        }
        let value = self.lower(init, Want::Unused);
        quote!(#(#attrs)* { #value; })
    }

    /// A `let` with a pattern that is no single name.
    fn destructure(&mut self, decl: &Let, init: &Expr) -> TokenStream {
        let Let { attrs, let_token, pattern, ty, semi, .. } = decl;
        let mut after = TokenStream::new();
        let splits = self.splits(&pattern.pat, init);
        let (pat, value, ty) = if splits {
            let ty = ty.as_ref().and_then(|ty| self.tuple_type(ty, &pattern.pat, init));
            let (pat, value) = self.apart(pattern, &pattern.pat, init, &mut after);
            (pat, value, ty)
        } else {
            let value = self.place(init);
            (pattern.pat.to_token_stream(), value, ty.as_ref().map(ToTokens::to_token_stream))
        };
        let ty = ty.map(|ty| quote!(: #ty));
        let rebound = if splits { TokenStream::new() } else { self.lifted(pattern) };
        let effects = if splits { self.unused_parts(pattern, &pattern.pat, init) } else { TokenStream::new() };
        quote!(#(#attrs)* #let_token #pat #ty = #value #semi #after #rebound #effects)
    }

    /// Whether the pattern takes a node apart, or a tuple written out.
    fn splits(&self, pat: &Pat, init: &Expr) -> bool {
        let Pat::Tuple(tuple) = strip_type(pat) else { return false };
        match &init.bare().kind {
            Kind::Tuple(_, items) => {
                items.len() == tuple.elems.len() && !tuple.elems.iter().any(|pat| matches!(pat, Pat::Rest(_)))
            }
            _ => self.shapes.shape(init) == Lazy,
        }
    }

    /// A pattern and a value for it; further `let`s go to `after`.
    fn apart(
        &mut self,
        whole: &Pattern,
        pat: &Pat,
        init: &Expr,
        after: &mut TokenStream,
    ) -> (TokenStream, TokenStream) {
        let stripped = strip_type(pat);
        match (stripped, &init.bare().kind) {
            (Pat::Tuple(tuple), Kind::Tuple(_, items)) if self.splits(pat, init) => {
                let parts: Vec<_> =
                    tuple.elems.iter().zip(items).map(|(pat, item)| self.apart(whole, pat, item, after)).collect();
                let (pats, values): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
                (quote!((#(#pats,)*)), quote!((#(#values,)*)))
            }
            (Pat::Tuple(_), _) if self.shapes.shape(init) == Lazy => {
                let node = self.lower(init, Want::Node);
                let pat = self.parts_of(stripped, after);
                let private = self.library.private(init.span);
                (pat, quote_spanned!(here(init.span)=> #private::split(#node)))
            }
            (Pat::Wild(_), _) => {
                let value = self.lower(init, Want::Unused);
                (stripped.to_token_stream(), value)
            }
            (Pat::Ident(ident), _) => {
                let local = whole.find(&ident.ident);
                let lazy = local.is_some_and(|local| self.shapes.local(local) == Lazy);
                let value = self.lower(init, if lazy { Want::Node } else { Want::Value });
                (stripped.to_token_stream(), value)
            }
            _ => (stripped.to_token_stream(), self.expr(init)),
        }
    }

    /// The pattern for a node's parts; nested tuples get names and a `let` of their own.
    fn parts_of(&mut self, pat: &Pat, after: &mut TokenStream) -> TokenStream {
        let Pat::Tuple(tuple) = pat else { return pat.to_token_stream() };
        let mut parts = Vec::new();
        for (at, part) in tuple.elems.iter().enumerate() {
            let part = strip_type(part);
            if matches!(part, Pat::Tuple(_)) {
                let name = format_ident!("part{at}", span = proc_macro2::Span::mixed_site());
                let mut inner = TokenStream::new();
                let pat = self.parts_of(part, &mut inner);
                let span = here(part.span());
                let private = self.library.private(span);
                let split = quote_spanned!(span=> #private::split(#name));
                after.extend(quote!(let #pat = #split; #inner));
                parts.push(name.to_token_stream());
            } else {
                parts.push(part.to_token_stream());
            }
        }
        quote_spanned!(here(tuple.span())=> (#(#parts,)*))
    }

    /// The written type of a tuple that is taken apart.
    fn tuple_type(&self, ty: &Type, pat: &Pat, init: &Expr) -> Option<TokenStream> {
        let (Type::Tuple(types), Pat::Tuple(pats)) = (ty, strip_type(pat)) else { return None };
        let items = match &init.bare().kind {
            Kind::Tuple(_, items) => Some(items),
            _ => None,
        };
        let parts = types.elems.iter().zip(&pats.elems).enumerate().map(|(at, (ty, pat))| {
            let item = items.and_then(|items| items.get(at));
            let lazy = item.is_none_or(|item| self.shapes.shape(item) == Lazy);
            match strip_type(pat) {
                Pat::Tuple(_) | Pat::Wild(_) => quote!(_),
                _ if lazy => self.lazy_type(ty),
                _ => ty.to_token_stream(),
            }
        });
        Some(quote!((#(#parts,)*)))
    }

    /// Makes nodes of a plain pattern's locals that are assigned lazy values later.
    fn lifted(&mut self, pattern: &Pattern) -> TokenStream {
        let mut out = TokenStream::new();
        for &id in &pattern.binds {
            if self.shapes.local(id) == Lazy {
                let name = self.locals[id.0].name.clone();
                let node = self.tail(name.to_token_stream(), name.span());
                out.extend(quote!(let mut #name = #node;));
            }
        }
        out
    }

    /// The effects of parts that are never used: of a tuple written out each by itself, of one operation's parts all
    /// or none.
    fn unused_parts(&mut self, whole: &Pattern, pat: &Pat, init: &Expr) -> TokenStream {
        let mut out = TokenStream::new();
        if let (Pat::Tuple(tuple), Kind::Tuple(_, items)) = (strip_type(pat), &init.bare().kind) {
            for (pat, item) in tuple.elems.iter().zip(items) {
                out.extend(self.unused_parts(whole, pat, item));
            }
            return out;
        }
        let names = walk::names(pat, whole.refutable);
        let binds: Vec<_> = names.iter().filter_map(|(name, _)| whole.find(name)).collect();
        if binds.iter().any(|&id| self.live.wanted(id)) {
            return out;
        }
        for id in binds {
            if self.shapes.local(id) == Lazy {
                let name = self.locals[id.0].name.clone();
                let discard = self.discard(name.to_token_stream(), name.span());
                out.extend(quote!(#discard;));
            }
        }
        out
    }
}

/// `Vec<&…>`
fn is_list_of_references(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Vec") else { return false };
    let syn::PathArguments::AngleBracketed(args) = &last.arguments else { return false };
    matches!(args.args.first(), Some(syn::GenericArgument::Type(Type::Reference(one))) if one.lifetime.is_none())
}
