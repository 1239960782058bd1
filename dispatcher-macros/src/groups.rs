//! What `macro_rules!` hands over as a whole stays one: `$e * 2` is `(n + 1) * 2`.
//!
//! A fragment (`$e:expr`) comes in an invisible group, which rustc ignores where a macro like ours gives it back. So where an
//! operator could tear it apart, the group becomes parentheses. That holds for the serial twins as well.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Type, TypePtr, TypeReference};

/// Keeps the fragments in a signature whole.
pub(crate) fn keep_in_signature(sig: &mut syn::Signature) {
    Keep.visit_signature_mut(sig);
}

/// Keeps the fragments in a block whole.
pub(crate) fn keep_in_block(block: &mut syn::Block) {
    Keep.visit_block_mut(block);
}

/// Keeps the fragments in tokens whole, if those are an expression.
pub(crate) fn keep(tokens: TokenStream) -> TokenStream {
    match syn::parse2::<Expr>(tokens.clone()) {
        Ok(mut expr) => {
            Keep.visit_expr_mut(&mut expr);
            expr.into_token_stream()
        }
        Err(_) => tokens,
    }
}

struct Keep;

impl VisitMut for Keep {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        match expr {
            Expr::Binary(binary) => {
                enclose(&mut binary.left);
                enclose(&mut binary.right);
            }
            Expr::Range(range) => [&mut range.start, &mut range.end].into_iter().flatten().for_each(|end| enclose(end)),
            Expr::Unary(unary) => enclose(&mut unary.expr),
            Expr::Reference(reference) => enclose(&mut reference.expr),
            Expr::Cast(cast) => enclose(&mut cast.expr),
            Expr::MethodCall(call) => enclose(&mut call.receiver),
            Expr::Call(call) => enclose(&mut call.func),
            Expr::Field(field) => enclose(&mut field.base),
            Expr::Index(index) => enclose(&mut index.expr),
            Expr::Try(fallible) => enclose(&mut fallible.expr),
            Expr::Await(waiting) => enclose(&mut waiting.base),
            _ => {}
        }
    }

    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        let (Type::Reference(TypeReference { elem, .. }) | Type::Ptr(TypePtr { elem, .. })) = ty else { return };
        if let Type::Group(group) = &mut **elem
            && matches!(*group.elem, Type::TraitObject(_) | Type::ImplTrait(_))
        {
            **elem = Type::Paren(syn::TypeParen {
                paren_token: syn::token::Paren(group.group_token.span),
                elem: group.elem.clone(),
            });
        }
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        mac.tokens = in_tokens(std::mem::take(&mut mac.tokens));
    }
}

/// Puts an operand that is a fragment of several parts into parentheses.
fn enclose(operand: &mut Expr) {
    let Expr::Group(group) = operand else { return };
    if has_parts(&group.expr) {
        *operand = Expr::Paren(syn::ExprParen {
            attrs: std::mem::take(&mut group.attrs),
            paren_token: syn::token::Paren(group.group_token.span),
            expr: std::mem::replace(&mut group.expr, Box::new(Expr::PLACEHOLDER)),
        });
    }
}

/// Whether an operator beside it could take a part of the expression for its own operand.
fn has_parts(expr: &Expr) -> bool {
    match expr {
        Expr::Group(group) => has_parts(&group.expr),
        Expr::Array(_)
        | Expr::Call(_)
        | Expr::Field(_)
        | Expr::Index(_)
        | Expr::Lit(_)
        | Expr::Macro(_)
        | Expr::MethodCall(_)
        | Expr::Paren(_)
        | Expr::Path(_)
        | Expr::Struct(_)
        | Expr::Try(_)
        | Expr::Tuple(_)
        | Expr::Verbatim(_) => false,
        _ => true,
    }
}

/// The same for the tokens of a macro's call, of which nobody knows what they are.
fn in_tokens(tokens: TokenStream) -> TokenStream {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let binds = |tree: Option<&TokenTree>| match tree {
        Some(TokenTree::Punct(punct)) => "+-*/%^&|<>=!.?".contains(punct.as_char()),
        Some(TokenTree::Ident(word)) => word == "as",
        _ => false,
    };
    let kept = trees.iter().enumerate().map(|(at, tree)| {
        let TokenTree::Group(group) = tree else { return tree.clone() };
        let beside = binds(trees.get(at + 1)) || at > 0 && binds(trees.get(at - 1));
        let torn = group.delimiter() == Delimiter::None
            && beside
            && syn::parse2::<Expr>(group.stream()).is_ok_and(|expr| has_parts(&expr));
        let delimiter = if torn { Delimiter::Parenthesis } else { group.delimiter() };
        let mut kept = Group::new(delimiter, in_tokens(group.stream()));
        kept.set_span(group.span());
        TokenTree::Group(kept)
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn fragment(tokens: TokenStream) -> TokenTree {
        TokenTree::Group(Group::new(Delimiter::None, tokens))
    }

    #[test]
    fn operands_of_several_parts_are_kept_together() {
        let (sum, call) = (fragment(quote!(n + 1)), fragment(quote!(f(n))));
        assert_eq!(keep(quote!(#sum * #call - -#sum)).to_string(), quote!((n + 1) * #call - -(n + 1)).to_string());
        assert_eq!(keep(quote!(f(#sum, #sum.abs()))).to_string(), quote!(f(#sum, (n + 1).abs())).to_string());
    }

    #[test]
    fn fragments_in_macro_calls_are_kept_together_beside_operators() {
        let sum = fragment(quote!(n + 1));
        assert_eq!(keep(quote!(m!(#sum, 2 * #sum))).to_string(), quote!(m!(#sum, 2 * (n + 1))).to_string());
    }
}
