//! Refusals inside operations: their arguments, chains, and the closures that run in them.

use proc_macro2::Span;
use quote::quote;
use syn::spanned::Spanned;

use super::ways::Leaves;
use super::{Check, is_condition, sentences};
use crate::analysis::shape::Shape::{Lazy, Plain};
use crate::model::{Callee, Closure, Expr, Kind, LocalId, Origin, Use};

impl Check<'_> {
    /// The arguments of a call, where each chain is an operation of its own.
    pub(super) fn operands(&mut self, args: &[Expr]) {
        for arg in args {
            let chain = match &arg.bare().kind {
                Kind::Ref(_, _, inner) => inner,
                _ => arg,
            };
            if self.lazy(chain) {
                self.borrowing_result(chain);
            }
        }
        self.arguments(args);
    }

    /// The arguments of an operation.
    pub(super) fn arguments(&mut self, args: &[Expr]) {
        args.iter().for_each(|arg| self.argument(arg));
    }

    pub(super) fn argument(&mut self, arg: &Expr) {
        match &arg.kind {
            Kind::Paren(_, inner) | Kind::Group(inner) => self.argument(inner),
            Kind::Tuple(_, items) | Kind::List(_, items) => self.arguments(items),
            Kind::Call(call) if call.callee == Callee::Constructor => self.arguments(&call.args),
            Kind::Repeat(_, item, len) => {
                self.argument(item);
                self.argument(len);
            }
            Kind::Struct(literal) => {
                literal.fields.iter().for_each(|(_, _, value)| self.argument(value));
                literal.rest.iter().for_each(|rest| self.argument(rest));
            }
            Kind::Ref(_, mutability, inner) => {
                if let Some(token) = mutability {
                    self.mutable_argument(token, inner);
                }
                self.unique_parameter(inner);
                match inner.bare().kind {
                    Kind::Local(_) => {}
                    _ => self.argument(inner),
                }
            }
            Kind::Closure(closure) => self.inlined(closure),
            Kind::Local(_) => self.unique_parameter(arg),
            _ if self.lazy(arg) && is_chain(arg) => self.chain(arg),
            _ => self.expr(arg),
        }
    }

    /// A `&mut` parameter can be given to one operation only.
    fn unique_parameter(&mut self, place: &Expr) {
        let Some(used) = place.root().local() else { return };
        let local = &self.body.locals[used.id.0];
        let repeats = used.depth > local.depth || self.live.again(used);
        if local.origin == Origin::Mut && repeats && self.shapes.local(used.id) == Plain {
            let fields = self.fields(used.id);
            let apart = matches!(place.bare().kind, Kind::Field(..)) && fields.len() > 1;
            let way = if apart { sentences::take_apart(&used.name, &fields) } else { sentences::SPLIT.to_owned() };
            self.errors.at(used.name.span(), sentences::unique_parameter(&used.name, &way));
        }
    }

    /// The fields of a local that are borrowed mutably.
    fn fields(&self, local: LocalId) -> Vec<String> {
        let mut fields: Vec<String> = Vec::new();
        self.body.block.parts(&mut |part| {
            part.each(&mut |part| {
                if let Kind::Ref(_, Some(_), inner) = &part.kind
                    && let Kind::Field(base, _, syn::Member::Named(name)) = &inner.bare().kind
                    && base.local().is_some_and(|used| used.id == local)
                    && !fields.iter().any(|known| name == known)
                {
                    fields.push(name.to_string());
                }
            });
        });
        fields
    }

    fn mutable_argument(&mut self, token: &syn::Token![mut], inner: &Expr) {
        let Some(used) = inner.root().local() else { return };
        if self.is_owned(used) {
            self.errors.at(token.span, sentences::plain_update(&used.name));
        }
    }

    fn is_owned(&self, used: &Use) -> bool {
        let parameter = self.body.locals[used.id.0].origin == Origin::Value && used.name != "self";
        self.shapes.local(used.id) == Plain && (parameter || self.owned.contains(&used.id))
    }

    /// A chain that is an operation of its own.
    pub(super) fn operation(&mut self, expr: &Expr) {
        self.borrowing_result(expr);
        self.chain(expr);
    }

    /// A chain becomes one operation: its plain parts are arguments.
    pub(super) fn chain(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::Binary(left, op @ (syn::BinOp::And(_) | syn::BinOp::Or(_)), right) => {
                let name = format!("`{}`", quote!(#op));
                let side = if self.lazy(left) { left } else { right };
                if !is_condition(side) {
                    self.needs(op.span(), &name, side, Leaves::Nothing);
                }
                self.argument(left);
                self.argument(right);
            }
            Kind::Local(_) => {}
            Kind::Paren(_, inner) | Kind::Group(inner) => self.chain(inner),
            Kind::Method(method) => {
                self.chain(&method.receiver);
                self.arguments(&method.args);
            }
            Kind::Binary(left, _, right) => {
                self.argument(left);
                self.argument(right);
            }
            Kind::Index(base, _, index) => {
                self.chain(base);
                self.argument(index);
            }
            Kind::Unary(_, inner) | Kind::Cast(inner, ..) | Kind::Field(inner, ..) => self.chain(inner),
            Kind::Range(start, _, end) => {
                [start, end].into_iter().flatten().for_each(|bound| self.argument(bound));
            }
            _ => self.argument(expr),
        }
    }

    /// A closure that runs inside an operation must leave the locals around it alone.
    fn inlined(&mut self, closure: &Closure) {
        let outside = |used: &Use| {
            let local = &self.body.locals[used.id.0];
            local.depth < closure.depth
                && (self.live.after_closure(closure, used.id) || closure.depth > local.depth + 1)
        };
        let mut found: Vec<(Span, String)> = Vec::new();
        closure.body.each(&mut |part| {
            let target = match &part.kind {
                Kind::Assign(left, ..) | Kind::AssignOp(left, ..) => left.root().local(),
                Kind::Ref(_, Some(_), inner) => inner.root().local(),
                Kind::Macro(mac) => {
                    let lazy = mac.mentions.iter().find(|used| outside(used) && self.shapes.local(used.id) == Lazy);
                    if let Some(used) = lazy {
                        let name = mac.mac.path.segments.last().map(|last| last.ident.to_string());
                        found.push((
                            used.name.span(),
                            sentences::inline_mention(&name.unwrap_or_default(), &used.name.to_string()),
                        ));
                    }
                    None
                }
                _ => None,
            };
            if let Some(used) = target
                && outside(used)
            {
                found.push((used.name.span(), sentences::captured_update(&used.name)));
            }
        });
        for (span, sentence) in found {
            self.errors.at(span, sentence);
        }
    }
}

fn is_chain(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        Kind::Method(_) | Kind::Binary(..) | Kind::Unary(..) | Kind::Cast(..) | Kind::Field(..) | Kind::Index(..)
    )
}
