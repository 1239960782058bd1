//! The types that the user wrote, as they are once the values are lazy.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{AngleBracketedGenericArguments as Generics, Type, parse_quote};

use super::Expand;
use crate::analysis::shape::Shape::{Given, Holds, Lazy, LazyRef, Likely};
use crate::model::{Callee, Expr, Kind, LocalId, Method};

impl Expand<'_> {
    /// The type of a node of `ty`.
    pub(super) fn lazy_type(&self, ty: &Type) -> TokenStream {
        let root = self.library.root(ty.span());
        quote!(#root::Node<'_, #ty>)
    }

    fn node_of(&self, ty: &Type) -> Type {
        let lazy = self.lazy_type(ty);
        parse_quote!(#lazy)
    }

    /// The type that a `let` writes for `init`, whose value's type is `ty`.
    pub(super) fn written(&self, ty: &Type, local: Option<LocalId>, init: Option<&Expr>) -> TokenStream {
        let shape = local.map(|local| self.shapes.local(local));
        if shape == Some(Lazy) {
            return self.lazy_type(ty);
        }
        let stored = local.map(|local| self.shapes.stored(local));
        if let Some(Kind::Method(method)) = init.map(|init| &init.bare().kind)
            && self.passes_nodes_on(method)
        {
            return self.of_nodes(ty).to_token_stream();
        }
        match init {
            Some(init) if self.holds(init) || self.collects_unknown(init) => self.held(ty, init).to_token_stream(),
            Some(init) if self.is_open_call(init) || self.shapes.shape(init) == Likely => quote!(_),
            _ if stored == Some(Lazy) => {
                let mut ty = ty.clone();
                match last_argument(&mut ty) {
                    Some(last) => {
                        *last = self.node_of(last);
                        ty.to_token_stream()
                    }
                    None => quote!(_),
                }
            }
            _ if stored == Some(Holds) && local.is_some_and(|local| self.shapes.is_nested(local)) => {
                let mut ty = ty.clone();
                match last_argument(&mut ty).and_then(last_argument) {
                    Some(last) => {
                        *last = self.node_of(last);
                        ty.to_token_stream()
                    }
                    None => quote!(_),
                }
            }
            _ if stored == Some(Holds) => quote!(_),
            _ if local.is_some_and(|local| self.shapes.is_option_of_node(local)) => self.of_nodes(ty).to_token_stream(),
            _ => ty.to_token_stream(),
        }
    }

    /// The turbofish of a `collect`, whose elements may be lazy.
    pub(super) fn collected(&self, expr: &Expr, method: &Method) -> Option<Generics> {
        let mut generics = method.turbofish.clone()?;
        if method.name == "collect"
            && (self.holds(expr) || self.collects_unknown(expr))
            && let Some(syn::GenericArgument::Type(ty)) = generics.args.first_mut()
        {
            *ty = self.held(ty, expr);
        }
        Some(generics)
    }

    /// The turbofish of a `collect` that gives the function's value.
    pub(super) fn collected_as(&self, expr: &Expr) -> Option<Generics> {
        let Kind::Method(method) = &expr.kind else { return None };
        let ty = self.output.as_ref()?;
        let collects = method.name == "collect" && method.turbofish.is_none();
        if collects && self.passes_nodes_on(method) {
            let ty = self.of_nodes(ty);
            return Some(parse_quote!(::<#ty>));
        }
        if !collects || self.shapes.shape(expr).is_lazy() {
            return None;
        }
        let open = self.holds(expr) || self.collects_unknown(expr);
        let ty = if open { self.held(ty, expr) } else { ty.clone() };
        Some(parse_quote!(::<#ty>))
    }

    /// The turbofish of a `collect` that is assigned to a lazy local: of the local's type, or else of a `Vec`.
    pub(super) fn collected_into(&mut self, local: LocalId, expr: &Expr) -> Option<Generics> {
        let ty = self.locals[local.0].ty.clone().unwrap_or_else(|| parse_quote!(::std::vec::Vec<_>));
        let output = self.output.replace(ty);
        let generics = self.collected_as(expr);
        self.output = output;
        generics
    }

    fn holds(&self, expr: &Expr) -> bool {
        matches!(self.shapes.shape(expr), Holds | Lazy | LazyRef)
    }

    /// The type of `value`, where `ty` is its type in the serial form.
    fn held(&self, ty: &Type, value: &Expr) -> Type {
        let value = value.bare();
        let mut ty = ty.clone();
        if self.is_open_call(value) {
            return parse_quote!(_);
        }
        if matches!(ty, Type::Infer(_)) || !self.holds(value) && !self.collects_unknown(value) {
            return ty;
        }
        if self.shapes.shape(value) == Lazy {
            return self.node_of(&ty);
        }
        match (&mut ty, &value.kind) {
            (Type::Reference(reference), Kind::Ref(_, _, inner)) => {
                *reference.elem = self.held(&reference.elem, inner);
                ty
            }
            (Type::Tuple(tuple), Kind::Tuple(_, items)) if tuple.elems.len() == items.len() => {
                for (ty, item) in tuple.elems.iter_mut().zip(items) {
                    *ty = self.held(ty, item);
                }
                ty
            }
            (_, Kind::List(_, items)) => self.element(ty, items.iter().find(|item| self.holds(item))),
            (_, Kind::Repeat(_, item, _)) => self.element(ty, Some(item)),
            (_, Kind::Call(call)) if call.callee == Callee::Constructor => {
                self.element(ty, call.args.iter().find(|arg| self.holds(arg)))
            }
            (_, Kind::Block(_, block)) => match block.tail() {
                Some(tail) => self.held(&ty, tail),
                None => ty,
            },
            (_, Kind::Method(method)) => match self.mapped(method) {
                Some(element) => self.collection(ty, element),
                None if self.passes_nodes_on(method) => self.of_nodes(&ty),
                None => open_type(ty),
            },
            _ => open_type(ty),
        }
    }

    /// A call of an associated function that may be an operation, by the types of its arguments.
    fn is_open_call(&self, value: &Expr) -> bool {
        match &value.bare().kind {
            Kind::Call(call) => {
                call.callee == Callee::Named || call.callee == Callee::Associated && self.shapes.shape(value).is_open()
            }
            Kind::Method(_) => self.shapes.shape(value) == Given,
            _ => false,
        }
    }

    /// A pipeline that ends in such calls.
    fn collects_unknown(&self, value: &Expr) -> bool {
        match &value.bare().kind {
            Kind::Method(method) => self.mapped(method).is_some_and(|element| {
                self.is_open_call(element)
                    || self.collects_unknown(element)
                    || match &element.bare().kind {
                        Kind::Tuple(_, items) => items.iter().any(|item| self.is_open_call(item)),
                        _ => false,
                    }
            }),
            _ => false,
        }
    }

    /// What the last closure of a pipeline gives.
    fn mapped<'e>(&self, method: &'e Method) -> Option<&'e Expr> {
        match method.name.to_string().as_str() {
            "map" | "flat_map" | "filter_map" | "map_while" | "scan" => {
                let closure = method.args.iter().find_map(|arg| match &arg.bare().kind {
                    Kind::Closure(closure) => Some(closure),
                    _ => None,
                })?;
                let tail = tail_of(&closure.body);
                match (method.name.to_string().as_str(), &tail.kind) {
                    ("map", _) => Some(tail),
                    ("flat_map", Kind::Method(inner)) => self.mapped(inner),
                    ("flat_map", Kind::List(_, items)) => items.iter().find(|item| self.holds(item)),
                    (_, Kind::Call(call)) if call.callee == Callee::Constructor && call.args.len() == 1 => {
                        Some(&call.args[0])
                    }
                    _ => None,
                }
            }
            "collect" | "filter" | "rev" | "take" | "skip" | "step_by" | "chain" | "inspect" | "peekable" | "fuse"
            | "into_iter" | "by_ref" | "skip_while" | "take_while" => match &method.receiver.bare().kind {
                Kind::Method(inner) => self.mapped(inner),
                _ => None,
            },
            _ => None,
        }
    }

    /// The type `ty` of a collection whose elements are lazy.
    fn of_nodes(&self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        match first_argument(&mut ty) {
            Some(argument) => {
                *argument = self.node_of(argument);
                ty
            }
            None => parse_quote!(_),
        }
    }

    /// Whether a pipeline gives the nodes that a local collection holds, as they are.
    fn passes_nodes_on(&self, method: &Method) -> bool {
        let passes = matches!(
            method.name.to_string().as_str(),
            "collect" | "rev" | "take" | "skip" | "step_by" | "peekable" | "fuse" | "into_iter" | "by_ref"
        );
        let from = method.receiver.bare();
        passes
            && match &from.kind {
                Kind::Method(inner) => self.passes_nodes_on(inner),
                Kind::List(_, items) => items.iter().any(|item| self.shapes.shape(item) == Lazy),
                _ => from
                    .local()
                    .is_some_and(|used| self.shapes.stored(used.id) == Lazy || self.shapes.local(used.id) == Holds),
            }
    }

    /// The type `ty` of a collection whose elements are like `element`.
    fn collection(&self, mut ty: Type, element: &Expr) -> Type {
        let element = element.bare();
        // A map is collected from pairs.
        if let Kind::Tuple(_, items) = &element.kind
            && let Some(mut arguments) = type_arguments(&mut ty)
            && arguments.len() == 2
            && items.len() == 2
        {
            for (argument, item) in arguments.iter_mut().zip(items) {
                **argument = self.held(argument, item);
            }
            return ty;
        }
        self.element(ty, Some(element))
    }

    fn element(&self, mut ty: Type, element: Option<&Expr>) -> Type {
        if let (Some(argument), Some(element)) = (first_argument(&mut ty), element) {
            *argument = self.held(argument, element);
            return ty;
        }
        parse_quote!(_)
    }
}

/// The type with all that it is a collection of left open.
fn open_type(mut ty: Type) -> Type {
    match type_arguments(&mut ty) {
        Some(arguments) if !arguments.is_empty() => {
            arguments.into_iter().for_each(|argument| *argument = parse_quote!(_));
            ty
        }
        _ => parse_quote!(_),
    }
}

/// The expression that gives a closure's value.
pub(super) fn tail_of(expr: &Expr) -> &Expr {
    match &expr.bare().kind {
        Kind::Block(None, block) => block.tail().map_or(expr, tail_of),
        _ => expr,
    }
}

fn type_arguments(ty: &mut Type) -> Option<Vec<&mut Type>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last_mut()?;
    let syn::PathArguments::AngleBracketed(generics) = &mut last.arguments else { return None };
    let types = generics.args.iter_mut().filter_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    Some(types.collect())
}

fn first_argument(ty: &mut Type) -> Option<&mut Type> {
    match ty {
        Type::Array(array) => Some(&mut array.elem),
        Type::Slice(slice) => Some(&mut slice.elem),
        ty => match type_arguments(ty)?.into_iter().next()? {
            // `Box<[T]>`
            Type::Slice(slice) => Some(&mut slice.elem),
            first => Some(first),
        },
    }
}

fn last_argument(ty: &mut Type) -> Option<&mut Type> {
    match ty {
        Type::Array(array) => Some(&mut array.elem),
        ty => type_arguments(ty)?.into_iter().last(),
    }
}
