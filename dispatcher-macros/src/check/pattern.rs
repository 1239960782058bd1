//! Patterns that look into lazy values.

use super::{Check, sentences};
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

    /// Refuses a pattern that looks into the elements of a collection of nodes.
    pub(super) fn elements(&mut self, pat: &syn::Pat, values: &Expr) {
        let pat = strip_type(pat);
        if let (syn::Pat::Tuple(tuple), Kind::Method(method)) = (pat, &values.bare().kind)
            && let [first, second] = &tuple.elems.iter().collect::<Vec<_>>()[..]
        {
            match (method.name.to_string().as_str(), &method.args[..]) {
                ("enumerate", []) => return self.elements(second, &method.receiver),
                ("zip", [other]) => {
                    self.elements(first, &method.receiver);
                    return self.elements(second, other);
                }
                _ => {}
            }
        }
        let sentence = match pat {
            syn::Pat::Tuple(_) | syn::Pat::Struct(_) | syn::Pat::TupleStruct(_) | syn::Pat::Slice(_) => {
                sentences::ELEMENT_PATTERN
            }
            syn::Pat::Reference(_) => sentences::ELEMENT_REFERENCE,
            _ => return,
        };
        if self.gives_listed(values) {
            self.errors.on(pat, sentence);
        }
    }

    /// Whether the elements of a collection, or an iterator, are nodes for sure.
    fn gives_listed(&self, values: &Expr) -> bool {
        let values = values.bare();
        match &values.kind {
            Kind::Local(used) => self.listed.contains(&used.id),
            Kind::Ref(_, _, inner) => self.gives_listed(inner),
            Kind::Method(method) => match method.name.to_string().as_str() {
                "iter" | "iter_mut" | "into_iter" | "rev" | "skip" | "take" | "step_by" | "copied" | "cloned" => {
                    self.gives_listed(&method.receiver) || self.shapes.gives_nodes(values)
                }
                _ => self.shapes.gives_nodes(values),
            },
            _ => false,
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
