//! Methods of plain receivers: they run now, so what they are given must be there.

use super::ways::LONGEST;
use super::{Check, sentences};
use crate::analysis::names::stores;
use crate::analysis::shape::Fallback;
use crate::analysis::shape::Shape::{Holds, Lazy};
use crate::expand::line;
use crate::model::print::raw;
use crate::model::{Expr, Kind, Method, Origin};

impl Check<'_> {
    pub(super) fn method(&mut self, expr: &Expr, method: &Method) {
        let receiver = self.shapes.shape(&method.receiver);
        if self.shapes.is_chain(method) {
            return self.operation(expr);
        }
        let name = method.name.to_string();
        let lazy = method.args.iter().find(|arg| self.gives_lazy(arg));
        if let Some(lazy) = lazy.filter(|lazy| !self.can_take(method, lazy)) {
            self.plain_receiver(method, lazy);
        } else {
            self.stored(method);
        }
        self.keys(method);
        if matches!(name.as_str(), "map" | "for_each" | "flat_map" | "filter_map")
            && let Some(Kind::Closure(closure)) = method.args.first().map(|arg| &arg.bare().kind)
            && let [param] = &closure.params[..]
        {
            self.elements(&param.pat, &method.receiver);
        }
        if name == "unzip" && receiver == Holds && method.turbofish.is_none() && !std::mem::take(&mut self.unzips) {
            self.errors.at(method.name.span(), sentences::UNZIP);
        }
        if receiver == Holds
            && matches!(name.as_str(), "sum" | "product" | "min" | "max" | "sort" | "dedup" | "join" | "contains")
        {
            self.errors.at(method.name.span(), sentences::reduction(&name));
        }
        const DECIDES: [&str; 30] = [
            "filter",
            "any",
            "all",
            "find",
            "position",
            "take_while",
            "skip_while",
            "retain",
            "partition",
            "max_by",
            "min_by",
            "max_by_key",
            "min_by_key",
            "sort_by",
            "sort_by_key",
            "sort_unstable_by",
            "filter_map",
            "find_map",
            "is_some_and",
            "map_while",
            "rposition",
            "dedup_by_key",
            "is_ok_and",
            "sort_unstable_by_key",
            "sort_by_cached_key",
            "flat_map",
            "and_then",
            "or_else",
            "scan",
            "partition_point",
        ];
        if DECIDES.contains(&name.as_str()) {
            for arg in &method.args {
                if let Kind::Closure(closure) = &arg.bare().kind
                    && self.lazy(&closure.body)
                {
                    let value = self.name(&closure.body);
                    self.errors.at(method.name.span(), sentences::deciding(&name, &value));
                }
            }
        }
        if let Some(syn::GenericArgument::Type(ty)) =
            method.turbofish.as_ref().and_then(|turbofish| turbofish.args.first())
        {
            self.collected(expr, ty);
        }
        self.expr(&method.receiver);
        for arg in &method.args {
            // A `&mut` of a lazy value has its sentence by now.
            if self.gives_lazy(arg) { self.argument(arg) } else { self.expr(arg) }
        }
    }

    /// Notes a local that is a set or a map, or a collection of nodes.
    pub(super) fn note_collection(&mut self, local: crate::model::LocalId, ty: Option<&syn::Type>, init: &Expr) {
        match &init.bare().kind {
            Kind::Method(method) if method.name == "collect" && self.shapes.gives_nodes(&method.receiver) => {
                let turbofish = method.turbofish.as_ref().and_then(|turbofish| match turbofish.args.first() {
                    Some(syn::GenericArgument::Type(ty)) => Some(ty),
                    _ => None,
                });
                if let Some(syn::Type::Path(path)) = ty.or(turbofish)
                    && path.path.segments.last().is_some_and(|last| last.ident == "Vec" || last.ident == "VecDeque")
                {
                    self.listed.push(local);
                }
            }
            Kind::Call(call) => {
                let Kind::Path(path) = &call.func.kind else { return };
                let names: Vec<_> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
                if let [.., ty, made] = &names[..]
                    && matches!(ty.as_str(), "HashSet" | "BTreeSet" | "HashMap" | "BTreeMap")
                    && matches!(made.as_str(), "new" | "with_capacity" | "default")
                {
                    self.keyed.push((local, ty.clone()));
                }
            }
            _ => {}
        }
    }

    /// Refuses a lazy value as a key, and `concat` of lazy values.
    fn keys(&mut self, method: &Method) {
        let local = method.receiver.local().map(|used| used.id);
        if let ("insert" | "entry", Some(key)) = (method.name.to_string().as_str(), method.args.first())
            && let Some((_, ty)) = self.keyed.iter().find(|(keyed, _)| Some(*keyed) == local)
            && self.lazy(key)
        {
            let sentence = sentences::key(ty, &self.name(key));
            self.errors.on(raw(key), sentence);
        }
        let nodes = match &method.receiver.bare().kind {
            Kind::List(_, items) => items.iter().any(|item| self.shapes.shape(item) == Lazy),
            _ => local.is_some_and(|local| self.listed.contains(&local)),
        };
        if nodes && method.name == "concat" {
            self.errors.at(method.name.span(), sentences::CONCAT);
        }
    }

    /// Lazy elements that are collected into what can't hold them.
    pub(super) fn collected(&mut self, value: &Expr, ty: &syn::Type) {
        let (Kind::Method(method), syn::Type::Path(path)) = (&value.bare().kind, ty) else { return };
        let Some(last) = path.path.segments.last() else { return };
        let name = last.ident.to_string();
        let refuses = matches!(
            name.as_str(),
            "String" | "Option" | "Result" | "HashSet" | "BTreeSet" | "HashMap" | "BTreeMap" | "BinaryHeap" | "PathBuf"
        );
        if refuses && method.name == "collect" && self.shapes.gives_nodes(&method.receiver) {
            self.errors.at(method.name.span(), sentences::collected(&name));
        }
    }

    /// Whether a method of a plain receiver does something with a lazy argument as it is.
    fn can_take(&self, method: &Method, lazy: &Expr) -> bool {
        let name = method.name.to_string();
        match name.as_str() {
            "map_or" | "map_or_else" => self.shapes.default_of(method) != Fallback::AsWritten,
            "fold" | "unwrap_or" | "or" | "get_or_insert" | "then_some" => true,
            // These go through what they are given.
            "zip" | "chain" | "extend" => !self.lazy(lazy),
            "append" => !matches!(lazy.bare().kind, Kind::Ref(..)),
            "replace" => !matches!(lazy.bare().kind, Kind::Ref(..)) && !matches!(method.args.len(), 2),
            _ => stores(&method.name),
        }
    }

    /// Lazy values that are put into a parameter's collection, whose type is plain.
    fn stored(&mut self, method: &Method) {
        const PUTS: &str = " push push_back push_front insert extend or_insert replace resize fill ";
        if !PUTS.contains(&format!(" {} ", method.name)) {
            return;
        }
        let Some(used) = through_methods(&method.receiver).root().local() else { return };
        if !matches!(self.body.locals[used.id.0].origin, Origin::Value | Origin::Ref | Origin::Mut) {
            return;
        }
        for arg in &method.args {
            if self.gives_lazy(arg) || self.shapes.shape(arg) == Holds {
                let name = self.name(arg);
                self.errors.on(raw(arg), sentences::field(&name));
            }
        }
    }

    /// Whether a value is lazy, or is written with a lazy one in it.
    pub(super) fn gives_lazy(&self, arg: &Expr) -> bool {
        match &arg.bare().kind {
            Kind::Tuple(_, items) => items.iter().any(|item| self.gives_lazy(item)),
            Kind::Ref(_, _, inner) => self.gives_lazy(inner),
            _ => self.lazy(arg),
        }
    }

    /// Refuses a method of a plain receiver that is given a lazy value.
    fn plain_receiver(&mut self, method: &Method, lazy: &Expr) {
        let name = method.name.to_string();
        let short = |text: String, other: &str| if text.len() <= LONGEST { text } else { other.to_owned() };
        let receiver = short(line(&raw(&method.receiver)), "…");
        let value = line(&raw(lazy));
        let root = through_methods(&method.receiver).root();
        let local = root.local().map(|used| &self.body.locals[used.id.0]);
        let origin = local.map(|local| local.origin);
        let from = local.map_or_else(|| receiver.clone(), |local| local.name.to_string());
        let borrowed = matches!(origin, Some(Origin::Ref | Origin::Mut));
        let mutable = local.is_some_and(|local| local.mutable) && method.receiver.local().is_some();

        let way = if runs_graphs(&name) && receiver.contains("Executor") {
            sentences::run_by_itself(&self.name(lazy))
        } else if is_listed(&name, LOOKS) {
            sentences::in_function(&from, &self.name(lazy))
        } else if is_listed(&name, CHANGES) {
            let back = if borrowed { String::new() } else { sentences::gives_back(&from) };
            sentences::in_function(&from, &self.name(lazy)) + &back
        } else if mutable && !borrowed && !is_scalar(&name) {
            sentences::in_function(&from, &self.name(lazy)) + &sentences::gives_back(&from) + " if it changes it"
        } else {
            let args = method.args.iter().map(|arg| line(&raw(arg))).collect::<Vec<_>>().join(", ");
            let args = short(args, "…");
            let ty = if receiver == "self" { "Self" } else { "Type" };
            let borrow = if borrowed || is_scalar(&name) { "" } else { " (or a `&` of it)" };
            sentences::as_function(borrow, &format!("{ty}::{name}({receiver}, {args})"))
        };
        self.errors.at(method.name.span(), sentences::plain_receiver(&name, &value, &way));
    }
}

/// What a chain of methods starts from.
fn through_methods(expr: &Expr) -> &Expr {
    match &expr.bare().kind {
        Kind::Method(method) => through_methods(&method.receiver),
        Kind::Ref(_, _, inner) => through_methods(inner),
        _ => expr,
    }
}

fn runs_graphs(name: &str) -> bool {
    matches!(name, "run" | "run_all" | "run_graph" | "stream")
}

fn is_listed(name: &str, names: &str) -> bool {
    names.contains(&format!(" {name} "))
}

/// Methods of collections, texts and iterators that look something up or go through it: most of them can't be called
/// by the name of the receiver's type.
const LOOKS: &str = " take skip step_by chunks chunks_exact rchunks windows nth split_at get get_mut contains contains_key \
    binary_search zip chain repeat splitn starts_with ends_with find split split_once trim_matches trim_start_matches \
    trim_end_matches strip_prefix strip_suffix replace replacen matches join concat eq ne cmp partial_cmp lt le gt ge \
    intersection union difference is_subset is_superset range ";

/// Methods that change their receiver.
const CHANGES: &str = " push push_str push_back push_front insert insert_str append extend extend_from_slice truncate drain \
    split_off remove swap_remove swap rotate_left rotate_right copy_from_slice clone_from_slice clone_from fill resize \
    reserve write write_all write_str add_assign ";

/// Methods of numbers, which take their receiver by value.
fn is_scalar(name: &str) -> bool {
    const NAMES: &str = " max min clamp pow powi powf atan2 hypot rem_euclid div_euclid mul_add copysign abs_diff log \
        midpoint signum wrapping_add wrapping_sub wrapping_mul saturating_add saturating_sub saturating_mul \
        checked_add checked_sub checked_mul checked_div overflowing_add overflowing_sub overflowing_mul ";
    NAMES.contains(&format!(" {name} "))
}
