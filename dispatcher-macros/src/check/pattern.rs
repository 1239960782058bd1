//! Patterns that look into lazy values.

use super::Check;
use crate::model::{Expr, Kind, is_constant_name, strip_type};

impl Check<'_> {
    /// The part of a literal whose value a pattern needs and that isn't there yet.
    pub(super) fn tested<'a>(&self, pat: &syn::Pat, value: &'a Expr) -> Option<&'a Expr> {
        match (strip_type(pat), &value.bare().kind) {
            (syn::Pat::Wild(_) | syn::Pat::Rest(_), _) => None,
            (syn::Pat::Ident(ident), _) if ident.subpat.is_none() && !is_constant_name(&ident.ident) => None,
            (syn::Pat::Or(or), _) => or.cases.iter().find_map(|case| self.tested(case, value)),
            (syn::Pat::Reference(reference), Kind::Ref(_, _, inner)) => self.tested(&reference.pat, inner),
            (pat, Kind::Ref(_, _, inner)) => self.tested(pat, inner),
            (syn::Pat::Tuple(tuple), Kind::Tuple(_, items)) => self.tested_parts(tuple.elems.iter().collect(), items),
            (syn::Pat::Slice(slice), Kind::List(_, items)) => self.tested_parts(slice.elems.iter().collect(), items),
            _ => self.lazy(value).then_some(value),
        }
    }

    fn tested_parts<'a>(&self, pats: Vec<&syn::Pat>, items: &'a [Expr]) -> Option<&'a Expr> {
        let rest = pats.iter().position(|pat| matches!(pat, syn::Pat::Rest(_)));
        let from_start = rest.unwrap_or(pats.len());
        let from_end = pats.len() - from_start;
        let start = pats.iter().zip(items).take(from_start);
        let end = pats.iter().rev().zip(items.iter().rev()).take(from_end.saturating_sub(1));
        start.chain(end).find_map(|(pat, item)| self.tested(pat, item))
    }
}
