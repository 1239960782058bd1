//! `#[cfg(…)]` inside a function's body.
//!
//! What a macro gets still has its `#[cfg]`s, and what a predicate says is known to rustc alone; but which use of a variable is
//! its last, and what is an effect, depends on it. So a body with `#[cfg]`s is written once for each way in which its
//! predicates may turn out, under a `#[cfg]` that holds for just that way, and rustc keeps one of them.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr};

use crate::parse;

/// The most predicates that a body may have: it is written twice as often for each.
const MOST: usize = 4;

/// A body for one way in which the predicates of its `#[cfg]`s turn out.
pub(crate) struct Way {
    /// The predicate that holds for this way alone.
    pub(crate) condition: TokenStream,
    pub(crate) block: syn::Block,
}

/// The body for each way in which the predicates of its `#[cfg]`s may turn out; none if it has no `#[cfg]`.
pub(crate) fn ways(block: &syn::Block) -> syn::Result<Vec<Way>> {
    let mut search = Search::default();
    search.visit_block_mut(&mut block.clone());
    if search.found.len() > MOST {
        return Err(syn::Error::new_spanned(
            &search.found[MOST],
            format!(
                "this function has more than {MOST} different `#[cfg]`s inside: move some of what they choose into functions of their own"
            ),
        ));
    }
    if search.found.is_empty() {
        return Ok(Vec::new());
    }
    let way = |bits: usize| {
        let holds = |at: usize| bits >> at & 1 == 1;
        let parts = search
            .found
            .iter()
            .enumerate()
            .map(|(at, predicate)| if holds(at) { predicate.clone() } else { quote!(not(#predicate)) });
        let condition = quote!(all(#(#parts),*));
        let mut block = block.clone();
        let kept = search.names.iter().enumerate().filter(|(at, _)| holds(*at)).map(|(_, name)| name.clone()).collect();
        Strip { kept }.visit_block_mut(&mut block);
        Way { condition, block }
    };
    Ok((0..1 << search.found.len()).map(way).collect())
}

/// The predicate of a `#[cfg(…)]`.
fn predicate(attr: &Attribute) -> Option<TokenStream> {
    let list = attr.path().is_ident("cfg").then(|| attr.meta.require_list().ok())??;
    Some(list.tokens.clone())
}

/// The attributes that stand before a statement; none of an item, which is rustc's.
fn of_statement(stmt: &mut syn::Stmt) -> &[Attribute] {
    match stmt {
        syn::Stmt::Local(local) => &local.attrs,
        syn::Stmt::Macro(mac) => &mac.attrs,
        syn::Stmt::Expr(expr, _) => parse::leading_attributes(expr),
        syn::Stmt::Item(_) => &[],
    }
}

/// Finds the predicates.
#[derive(Default)]
struct Search {
    found: Vec<TokenStream>,
    names: Vec<String>,
}

impl VisitMut for Search {
    fn visit_attribute_mut(&mut self, attr: &mut Attribute) {
        if let Some(predicate) = predicate(attr) {
            let name = predicate.to_string();
            if !self.names.contains(&name) {
                self.names.push(name);
                self.found.push(predicate);
            }
        }
    }

    // Items are rustc's.
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Takes out what the predicates leave out, and the attributes of what they keep.
struct Strip {
    kept: Vec<String>,
}

impl Strip {
    fn keeps(&self, attrs: &[Attribute]) -> bool {
        attrs.iter().filter_map(predicate).all(|predicate| self.kept.contains(&predicate.to_string()))
    }

    fn keeps_expr(&self, expr: &Expr) -> bool {
        // Attributes of an operand don't count: `#[cfg(a)] x + y` is not allowed by rustc.
        parse::attributes(&mut expr.clone()).is_none_or(|attrs| self.keeps(attrs))
    }

    fn filter<T: ToTokens, P: Default + ToTokens>(
        &self,
        list: &mut syn::punctuated::Punctuated<T, P>,
        keeps: impl Fn(&Self, &T) -> bool,
    ) {
        let pairs = std::mem::take(list).into_pairs();
        *list = pairs.filter(|pair| keeps(self, pair.value())).collect();
    }
}

impl VisitMut for Strip {
    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain_mut(|stmt| self.keeps(of_statement(stmt)));
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Match(choice) => choice.arms.retain(|arm| self.keeps(&arm.attrs)),
            Expr::Struct(literal) => self.filter(&mut literal.fields, |this, field| this.keeps(&field.attrs)),
            Expr::Array(array) => self.filter(&mut array.elems, Self::keeps_expr),
            Expr::Tuple(tuple) => self.filter(&mut tuple.elems, Self::keeps_expr),
            Expr::Call(call) => self.filter(&mut call.args, Self::keeps_expr),
            Expr::MethodCall(call) => self.filter(&mut call.args, Self::keeps_expr),
            _ => {}
        }
        if let Some(attrs) = parse::attributes(expr) {
            attrs.retain(|attr| predicate(attr).is_none());
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_pat_struct_mut(&mut self, pat: &mut syn::PatStruct) {
        self.filter(&mut pat.fields, |this, field| this.keeps(&field.attrs));
        visit_mut::visit_pat_struct_mut(self, pat);
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        local.attrs.retain(|attr| predicate(attr).is_none());
        visit_mut::visit_local_mut(self, local);
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        arm.attrs.retain(|attr| predicate(attr).is_none());
        visit_mut::visit_arm_mut(self, arm);
    }

    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        field.attrs.retain(|attr| predicate(attr).is_none());
        visit_mut::visit_field_value_mut(self, field);
    }

    fn visit_field_pat_mut(&mut self, field: &mut syn::FieldPat) {
        field.attrs.retain(|attr| predicate(attr).is_none());
        visit_mut::visit_field_pat_mut(self, field);
    }

    fn visit_stmt_macro_mut(&mut self, stmt: &mut syn::StmtMacro) {
        stmt.attrs.retain(|attr| predicate(attr).is_none());
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(block: &str) -> Vec<(String, String)> {
        let block: syn::Block = syn::parse_str(block).unwrap();
        let ways = ways(&block).unwrap().into_iter();
        ways.map(|way| (way.condition.to_string(), way.block.to_token_stream().to_string())).collect()
    }

    #[test]
    fn a_body_without_cfg_has_no_ways() {
        assert!(texts("{ f(1); fn inner() { #[cfg(a)] g(); } }").is_empty());
    }

    #[test]
    fn each_way_has_what_its_predicates_keep() {
        let found = texts("{ #[cfg(a)] let x = 1; #[cfg(not(a))] f([1, #[cfg(a)] 2]); g(x) }");
        let way = |condition: &str, block: &str| (condition.to_owned(), block.to_owned());
        assert_eq!(found.len(), 4);
        assert_eq!(found[1], way("all (a , not (not (a)))", "{ let x = 1 ; g (x) }"));
        assert_eq!(found[2], way("all (not (a) , not (a))", "{ f ([1 ,]) ; g (x) }"));
    }
}
