//! Chains: methods, operators, fields and indices on lazy values, as the body of one operation.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::super::{Expand, here};
use super::MOST_INPUTS;
use super::argument::Chains;
use super::draft::{Draft, Mode};
use crate::analysis::shape::Shape::{Lazy, LazyRef, Likely};
use crate::model::print::around;
use crate::model::{Expr, Kind, Method, Use};

/// Where a local stands in an operation.
#[derive(Clone, Copy)]
pub(super) enum Stand<'m> {
    /// A method is called on it.
    Receiver(&'m Method),
    /// A part of it is taken by value.
    Part,
    /// A part of it is borrowed.
    Shared,
    /// It, or a part of it, is borrowed mutably or assigned.
    Unique,
}

impl Expand<'_> {
    /// The body of a chain, with its lazy parts as inputs.
    pub(super) fn chain_body(&mut self, draft: &mut Draft, expr: &Expr) -> TokenStream {
        match &expr.kind {
            Kind::Paren(paren, inner) => {
                let mut out = TokenStream::new();
                let inner = self.chain_body(draft, inner);
                paren.surround(&mut out, |out| out.extend(inner));
                out
            }
            Kind::Group(inner) => self.chain_body(draft, inner),
            Kind::Method(method) => {
                let receiver = self.stand(draft, &method.receiver, Stand::Receiver(method));
                if draft.borrows && lends(method) {
                    draft.owner.get_or_insert_with(|| (receiver.clone(), method.name.span()));
                }
                let Method { dot, name, turbofish, .. } = method;
                let args: Vec<_> = method.args.iter().map(|arg| self.argument(draft, arg, Chains::Inside)).collect();
                around(&method.paren, quote!(#receiver #dot #name #turbofish), quote!(#(#args),*))
            }
            Kind::Field(..) | Kind::Index(..) => self.stand(draft, expr, Stand::Part),
            Kind::Unary(syn::UnOp::Deref(_), _) => self.stand(draft, expr, Stand::Part),
            Kind::Unary(op, inner) => {
                let inner = self.argument(draft, inner, Chains::Inside);
                quote!(#op #inner)
            }
            Kind::Binary(left, op, right) => {
                // A sum of many parts becomes several operations.
                let fits = draft.inputs.len() + leaves(left) + leaves(right) <= MOST_INPUTS;
                let chains = if fits { Chains::Inside } else { Chains::Apart };
                let (left, right) = if compares(op) {
                    (self.compared(draft, left, chains), self.compared(draft, right, Chains::Inside))
                } else {
                    (self.argument(draft, left, chains), self.argument(draft, right, Chains::Inside))
                };
                quote!(#left #op #right)
            }
            Kind::AssignOp(left, op, right) => {
                // What is read of the same container comes before the borrow of the element that is changed.
                let root = left.root().local().map(|used| used.id);
                let mut same = false;
                right.uses(&mut |used| same |= Some(used.id) == root);
                let first = (self.shapes.shape(left) == Likely && same).then(|| self.made_before(draft, right));
                let left = self.stand(draft, left, Stand::Unique);
                let right = first.unwrap_or_else(|| self.argument(draft, right, Chains::Inside));
                quote!(#left #op #right)
            }
            Kind::Cast(inner, as_token, ty) => {
                let inner = self.argument(draft, inner, Chains::Inside);
                quote!(#inner #as_token #ty)
            }
            _ => self.argument(draft, expr, Chains::Inside),
        }
    }

    /// A side of a comparison, which borrows what stands there.
    fn compared(&mut self, draft: &mut Draft, expr: &Expr, chains: Chains) -> TokenStream {
        match expr.local() {
            Some(_) if draft.either => self.stand(draft, expr, Stand::Shared),
            Some(used) if matches!(self.shapes.local(used.id), Lazy | Likely) && self.live.again(used) => {
                self.stand(draft, expr, Stand::Shared)
            }
            _ => self.argument(draft, expr, chains),
        }
    }

    /// A place inside an operation: a local, or a part of one, under a method, a `&` or an index.
    pub(super) fn stand(&mut self, draft: &mut Draft, expr: &Expr, stand: Stand<'_>) -> TokenStream {
        match &expr.kind {
            Kind::Local(used)
                if self.shapes.local(used.id).is_lazy()
                    || self.shapes.local(used.id) == Likely
                    || draft.either && matches!(stand, Stand::Shared) =>
            {
                self.placed(draft, used, stand)
            }
            Kind::Field(..) | Kind::Index(..) if self.shapes.shape(expr) == Likely => match stand {
                Stand::Part => self.argument(draft, expr, Chains::Inside),
                Stand::Receiver(method) if reads(method) => self.lent_place(draft, expr, false),
                Stand::Receiver(_) => self.argument(draft, expr, Chains::Inside),
                Stand::Shared => self.lent_place(draft, expr, false),
                Stand::Unique => self.lent_place(draft, expr, true),
            },
            Kind::Paren(paren, inner) => {
                let mut out = TokenStream::new();
                let inner = self.stand(draft, inner, stand);
                paren.surround(&mut out, |out| out.extend(inner));
                out
            }
            Kind::Group(inner) => self.stand(draft, inner, stand),
            Kind::Field(base, dot, member) => {
                let base = self.stand(draft, base, stand);
                quote!(#base #dot #member)
            }
            Kind::Index(base, bracket, index) => {
                let mut out = self.stand(draft, base, stand);
                let index = self.argument(draft, index, Chains::Inside);
                bracket.surround(&mut out, |out| out.extend(index));
                out
            }
            // `*x += 1`, where `x` borrows the node mutably.
            Kind::Unary(syn::UnOp::Deref(_), inner)
                if matches!(stand, Stand::Unique)
                    && inner.local().is_some_and(|used| self.shapes.local(used.id) == Likely) =>
            {
                self.lent_place(draft, expr, true)
            }
            Kind::Unary(op @ syn::UnOp::Deref(_), inner) => {
                let inner = self.stand(draft, inner, stand);
                quote!(#op #inner)
            }
            Kind::Method(method) if self.shapes.is_chain(method) => self.chain_body(draft, expr),
            _ => {
                let inputs = draft.inputs.len();
                let out = self.argument(draft, expr, Chains::Inside);
                let mutable = match stand {
                    Stand::Receiver(method) => !reads(method),
                    Stand::Unique => true,
                    _ => false,
                };
                if mutable && draft.inputs.len() == inputs + 1 {
                    draft.last_is_mutable();
                }
                out
            }
        }
    }

    /// A lazy local as a place of its value's type.
    fn placed(&mut self, draft: &mut Draft, used: &Use, stand: Stand<'_>) -> TokenStream {
        if self.shapes.local(used.id) == LazyRef {
            return self.input_of(draft, Mode::Whole, used);
        }
        let again = self.live.again(used);
        let mutable = self.locals[used.id.0].mutable;
        let mode = match stand {
            Stand::Receiver(method) if again && mutable && !reads(method) => Mode::Update,
            Stand::Receiver(_) | Stand::Part if again => Mode::Read,
            Stand::Receiver(_) | Stand::Part => Mode::Move,
            Stand::Shared => Mode::Read,
            Stand::Unique => Mode::Update,
        };
        let input = self.input_of(draft, mode, used);
        let by_value = match draft.plan.shared.get(&used.id) {
            Some(shared) => *shared == Mode::Move,
            None => mode == Mode::Move,
        };
        let mutates = matches!(stand, Stand::Unique) || matches!(stand, Stand::Receiver(method) if !reads(method));
        if by_value {
            if mutates {
                let at = draft.serving.get(&used.id).copied();
                match at {
                    Some(at) => draft.inputs[at].mutable = true,
                    None => draft.last_is_mutable(),
                }
            }
            input
        } else if draft.plan.shared.contains_key(&used.id) {
            // `input_of` has written the place.
            input
        } else {
            quote_spanned!(here(used.name.span())=> (*#input))
        }
    }
}

/// Whether a chain ends with a method that likely borrows from a value, and with what hands on the loan; `collects` says that
/// what is collected are references.
pub(super) fn borrows(expr: &Expr, collects: bool) -> bool {
    const ON: &str = " unwrap expect max min next last nth rev skip take step_by enumerate peekable ";
    let Kind::Method(method) = &expr.bare().kind else { return false };
    lends(method)
        || (ON.contains(&format!(" {} ", method.name)) || collects && method.name == "collect")
            && borrows(&method.receiver, false)
}

/// Methods of the standard library that borrow from the value that they are called on, where that is a variable, or
/// what a call gave.
fn lends(method: &Method) -> bool {
    const NAMES: &str = " trim trim_start trim_end as_str as_bytes as_slice lines split split_whitespace chars bytes char_indices \
        windows chunks iter first last get keys values split_at split_first split_last split_once strip_prefix strip_suffix \
        iter_mut chunks_mut first_mut last_mut get_mut split_at_mut ";
    let is_place = matches!(method.receiver.bare().kind, Kind::Local(_) | Kind::Field(..) | Kind::Call(_));
    is_place && NAMES.contains(&format!(" {} ", method.name))
}

fn compares(op: &syn::BinOp) -> bool {
    use syn::BinOp::*;
    matches!(op, Eq(_) | Ne(_) | Lt(_) | Le(_) | Gt(_) | Ge(_))
}

/// How many operands an expression of operators has.
fn leaves(expr: &Expr) -> usize {
    match &expr.kind {
        Kind::Binary(left, _, right) => leaves(left) + leaves(right),
        Kind::Paren(_, inner) | Kind::Group(inner) | Kind::Unary(_, inner) | Kind::Cast(inner, ..) => leaves(inner),
        Kind::Method(method) => leaves(&method.receiver) + method.args.iter().map(leaves).sum::<usize>(),
        _ if expr.is_constant() => 0,
        _ => 1,
    }
}

/// Methods of the standard library that only read their receiver.
fn reads(method: &Method) -> bool {
    const NAMES: &str = " len is_empty iter clone abs sqrt get contains contains_key to_string to_owned to_vec \
        as_str as_slice as_ref as_bytes first last trim trim_start trim_end chars bytes lines split \
        split_whitespace starts_with ends_with to_uppercase to_lowercase keys values windows chunks \
        capacity cmp partial_cmp eq ne lt le gt ge is_some is_none is_ok is_err floor ceil round powi powf \
        min max sin cos exp ln pow display to_path_buf parse is_nan ";
    NAMES.contains(&format!(" {} ", method.name))
}
