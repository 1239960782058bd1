//! Reads what the user wrote: the function, the attribute's own arguments, and the attributes of
//! statements.
//!
//! It takes things apart and sorts types by their look. What is allowed, `check` says.

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Token};

use crate::groups;
use crate::model::Origin;

/// The attribute's own arguments.
#[derive(Default)]
pub(crate) struct Settings {
    /// `crate = path`: where the library is.
    pub(crate) krate: Option<syn::Path>,
}

impl Parse for Settings {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut settings = Self::default();
        while !input.is_empty() {
            if input.peek(Token![crate]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                settings.krate = Some(input.call(syn::Path::parse_mod_style)?);
            } else {
                return Err(input.error("`#[dispatch]` takes `crate = path` and nothing else"));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(settings)
    }
}

/// A function, a method, or a trait's method without a body.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: syn::Visibility,
    pub(crate) defaultness: Option<Ident>,
    pub(crate) sig: syn::Signature,
    pub(crate) block: Option<syn::Block>,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let ahead = input.fork();
        let default = ahead.call(<Ident as syn::ext::IdentExt>::parse_any).is_ok_and(|word| word == "default");
        let defaultness = if default { Some(input.call(<Ident as syn::ext::IdentExt>::parse_any)?) } else { None };
        let mut sig = input.parse()?;
        groups::keep_in_signature(&mut sig);
        let mut attrs = attrs;
        let block = if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            None
        } else {
            let content;
            let brace_token = syn::braced!(content in input);
            attrs.extend(content.call(Attribute::parse_inner)?);
            let stmts = content.call(syn::Block::parse_within)?;
            let mut block = syn::Block { brace_token, stmts };
            groups::keep_in_block(&mut block);
            Some(block)
        };
        Ok(Self { attrs, vis, defaultness, sig, block })
    }
}

/// Whether the attribute stands on a function; if not, a sentence says where it goes.
pub(crate) fn on_function(input: ParseStream<'_>) -> syn::Result<()> {
    input.call(Attribute::parse_outer)?;
    let _: syn::Visibility = input.parse()?;
    let item = input.span();
    let kind = [
        (input.peek(Token![impl]), "impl` block", "method"),
        (input.peek(Token![trait]), "trait`", "method"),
        (input.peek(Token![mod]), "mod`", "function"),
    ];
    if let Some((_, what, each)) = kind.iter().find(|(is, ..)| *is) {
        return Err(syn::Error::new(
            item,
            format!(
                "`#[dispatch]` goes on one function: put it on each {each} of this `{what} that is to become a graph"
            ),
        ));
    }
    if !begins_function(input) {
        return Err(syn::Error::new(item, "`#[dispatch]` goes on a function: here is none"));
    }
    input.parse::<TokenStream>().map(drop)
}

/// Whether what follows the visibility is a function, as far as the words before `fn` tell.
fn begins_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    while !ahead.peek(Token![fn]) {
        let known = if ahead.peek(Token![extern]) {
            ahead.parse::<syn::Abi>().is_ok()
        } else {
            let word = ahead.call(<Ident as syn::ext::IdentExt>::parse_any);
            word.is_ok_and(|word| {
                word == "const" || word == "async" || word == "unsafe" || word == "default" || word == "safe"
            })
        };
        if !known {
            return false;
        }
    }
    true
}

/// The attributes of a function that make no sense beside `#[dispatch]`.
pub(crate) fn is_foreign(attr: &Attribute) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == "dispatch" || last.ident == "test")
}

/// The attributes that stand at the start of an expression statement.
pub(crate) fn leading_attributes(expr: &mut syn::Expr) -> &mut Vec<Attribute> {
    match expr {
        syn::Expr::Assign(assign) => leading_attributes(&mut assign.left),
        syn::Expr::Binary(binary) => leading_attributes(&mut binary.left),
        syn::Expr::Cast(cast) => leading_attributes(&mut cast.expr),
        other => attributes_mut(other),
    }
}

fn attributes_mut(expr: &mut syn::Expr) -> &mut Vec<Attribute> {
    if attributes(expr).is_none() {
        // A kind without attributes is wrapped in a group, which has them and prints nothing.
        let inner = std::mem::replace(expr, syn::Expr::PLACEHOLDER);
        *expr = syn::Expr::Group(syn::ExprGroup {
            attrs: Vec::new(),
            group_token: syn::token::Group(Span::call_site()),
            expr: Box::new(inner),
        });
    }
    attributes(expr).expect("a group has attributes")
}

/// The attributes of an expression.
pub(crate) fn attributes(expr: &mut syn::Expr) -> Option<&mut Vec<Attribute>> {
    macro_rules! attrs {
        ($($kind:ident)*) => {
            match expr {
                $(syn::Expr::$kind(inner) => Some(&mut inner.attrs),)*
                _ => None,
            }
        };
    }
    attrs!(Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field ForLoop Group
        If Index Infer Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return
        Struct Try TryBlock Tuple Unary Unsafe While Yield)
}

/// Sorts a parameter by its written type.
pub(crate) fn origin_of(ty: &syn::Type) -> Origin {
    let by_reference = |ty: &syn::Type| match ty {
        syn::Type::Reference(reference) => is_node(&reference.elem),
        _ => false,
    };
    if is_node(ty) {
        return Origin::Node;
    }
    if by_reference(ty) {
        return Origin::NodeRef;
    }
    if mentions_node(ty) {
        return Origin::Nodes;
    }
    match ty {
        syn::Type::Reference(reference) if reference.mutability.is_some() => Origin::Mut,
        syn::Type::Reference(_) => Origin::Ref,
        syn::Type::Paren(paren) => origin_of(&paren.elem),
        syn::Type::Group(group) => origin_of(&group.elem),
        _ => Origin::Value,
    }
}

/// Whether a type has no borrow in it, as far as its text shows: no reference, no lifetime, no parameter that could stand for
/// one.
pub(crate) fn is_owned(ty: &syn::Type, generics: &syn::Generics) -> bool {
    use syn::visit::Visit;
    struct Search<'g>(bool, &'g syn::Generics);
    impl<'ast> Visit<'ast> for Search<'_> {
        fn visit_lifetime(&mut self, _: &'ast syn::Lifetime) {
            self.0 = false;
        }
        fn visit_type_reference(&mut self, _: &'ast syn::TypeReference) {
            self.0 = false;
        }
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.0 = false;
        }
        fn visit_path(&mut self, path: &'ast syn::Path) {
            self.0 &= !self.1.type_params().any(|param| path.is_ident(&param.ident));
            syn::visit::visit_path(self, path);
        }
    }
    let mut search = Search(true, generics);
    search.visit_type(ty);
    search.0
}

pub(crate) fn is_node(ty: &syn::Type) -> bool {
    match ty {
        syn::Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Node"),
        syn::Type::Paren(paren) => is_node(&paren.elem),
        syn::Type::Group(group) => is_node(&group.elem),
        _ => false,
    }
}

fn mentions_node(ty: &syn::Type) -> bool {
    use syn::visit::Visit;
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
            self.0 |= segment.ident == "Node";
            syn::visit::visit_path_segment(self, segment);
        }
    }
    let mut search = Search(false);
    search.visit_type(ty);
    search.0
}

/// The path to the library.
pub(crate) struct Library {
    root: TokenStream,
    /// Whether operations say which function they call.
    pub(crate) remote: bool,
}

impl Library {
    /// Finds the library: as the attribute says, or under its name in the user's `Cargo.toml`.
    pub(crate) fn find(settings: &Settings) -> Self {
        use quote::quote;
        let root = match &settings.krate {
            Some(path) => quote!(#path),
            None => {
                let name = match proc_macro_crate::crate_name("dispatcher") {
                    Ok(proc_macro_crate::FoundCrate::Name(name)) => name,
                    _ => "dispatcher".to_owned(),
                };
                let name = Ident::new(&name, Span::mixed_site());
                quote!(::#name)
            }
        };
        Self { root, remote: cfg!(feature = "remote") }
    }

    /// The crate itself, as if written at `span`, so that rustc's errors point there.
    pub(crate) fn root(&self, span: Span) -> TokenStream {
        let tokens = self.root.clone().into_iter();
        let located = tokens.map(|mut token| {
            token.set_span(token.span().located_at(span));
            token
        });
        located.collect()
    }

    /// The crate's module for the macros, as if written at `span`.
    pub(crate) fn private(&self, span: Span) -> TokenStream {
        let root = self.root(span);
        quote::quote_spanned!(Span::mixed_site().located_at(span)=> #root::__private)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_sorted_by_their_type() {
        let origin = |text: &str| origin_of(&syn::parse_str(text).unwrap());
        assert_eq!(origin("&[f64]"), Origin::Ref);
        assert_eq!(origin("&mut Vec<f64>"), Origin::Mut);
        assert_eq!(origin("usize"), Origin::Value);
        assert_eq!(origin("Node<'_, f64>"), Origin::Node);
        assert_eq!(origin("&dispatcher::Node<f64>"), Origin::NodeRef);
        assert_eq!(origin("Vec<Node<f64>>"), Origin::Nodes);
    }
}
