//! Functions that give a value, and whose block ends without one.

use proc_macro2::Span;
use syn::{PathArguments, Type};

use super::{Check, sentences};
use crate::model::{Block, Expr, Family, Kind, Stmt};

impl Check<'_> {
    /// Reports a block that ends without the value that the function gives.
    pub(super) fn value(&mut self, block: &Block) {
        let Some(ty) = self.gives.clone() else { return };
        if let Some(tail) = block.tail() {
            return self.value_of(tail, &ty);
        }
        if block.diverges() || block.stmts.iter().any(is_unclear) {
            return;
        }
        let end = block.brace.span.close();
        match block.stmts.last() {
            Some(Stmt::Expr(expr, Some(semi), _)) if gives_something(expr) => {
                self.errors.at(semi.spans[0], sentences::lost_value(&ty));
            }
            _ => self.errors.at(end, sentences::no_value(&ty)),
        }
    }

    fn value_of(&mut self, tail: &Expr, ty: &str) {
        let mut lost = |span: Span, construct: &str| self.errors.at(span, sentences::loop_as_value(construct, ty));
        match &tail.kind {
            Kind::While(_, token, ..) => lost(token.span, "`while`"),
            Kind::For(_, token, ..) => lost(token.span, "`for`"),
            Kind::If(token, _, _, None) => self.errors.at(token.span, sentences::no_else(ty)),
            Kind::If(_, _, _, Some((_, other))) if matches!(other.kind, Kind::If(..)) => self.value_of(other, ty),
            _ => {}
        }
    }
}

/// Whether a statement may leave the function, or never end, without showing it.
fn is_unclear(stmt: &Stmt) -> bool {
    let Stmt::Expr(expr, ..) = stmt else { return false };
    match &expr.bare().kind {
        Kind::Macro(mac) => mac.family == Family::Opaque,
        Kind::Eager(_) | Kind::Loop(..) | Kind::While(..) | Kind::Other(_) | Kind::Const(_) => true,
        _ => false,
    }
}

/// Whether the value of such an expression is what a function may give.
fn gives_something(expr: &Expr) -> bool {
    !matches!(
        expr.bare().kind,
        Kind::Macro(_)
            | Kind::Assign(..)
            | Kind::AssignOp(..)
            | Kind::For(..)
            | Kind::While(..)
            | Kind::If(_, _, _, None)
    )
}

/// Whether a written type is surely not `()`, also where names stand for other types.
pub(super) fn is_surely_no_unit(ty: &Type) -> bool {
    const NAMES: &str = " bool char str i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 String PathBuf OsString \
        Duration Instant Self ";
    match ty {
        Type::Reference(_) | Type::Slice(_) | Type::Array(_) | Type::Ptr(_) | Type::BareFn(_) => true,
        Type::Tuple(tuple) => !tuple.elems.is_empty(),
        Type::Paren(paren) => is_surely_no_unit(&paren.elem),
        Type::Group(group) => is_surely_no_unit(&group.elem),
        Type::Path(path) if path.qself.is_none() => path.path.segments.last().is_some_and(|last| {
            !matches!(last.arguments, PathArguments::None) || NAMES.contains(&format!(" {} ", last.ident))
        }),
        _ => false,
    }
}
