//! Which locals and expressions are lazy, as far as the text shows.
//!
//! Every local starts with nothing known; the walk is repeated until nothing changes, so a variable
//! that is assigned a lazy value anywhere is lazy from its start.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use super::names::{
    gives_function, is_element_method, is_known_type, is_measure, is_numeric, is_owned_constructor, is_pipeline,
    is_std, names_known_type, passes_elements, stores, takes_element,
};
use crate::model::{Block, Body, Call, Callee, Expr, Family, Kind, LocalId, Method, Origin, Pattern, Stmt};
use crate::model::{strip_type, walk};

/// What the text shows of a value. Later ones win where paths join.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Shape {
    /// No value: control doesn't come here.
    Never,
    /// A plain value, for sure.
    Plain,
    /// Either.
    Unknown,
    /// What a function or method of the user's own gives that is called now: a node, if it is a `#[dispatch]` function.
    Given,
    /// Likely a node or a reference to one, by what the container holds that it comes from; its type tells.
    Likely,
    /// A plain container of lazy values, or a pipeline over them.
    Holds,
    /// A reference to a node.
    LazyRef,
    /// A node.
    Lazy,
}

use Shape::{Given, Holds, Lazy, LazyRef, Likely, Never, Plain, Unknown};

impl Shape {
    /// A node, or a reference to one.
    pub(crate) fn is_lazy(self) -> bool {
        matches!(self, Lazy | LazyRef)
    }

    /// Only the type tells what it is.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Unknown | Given | Likely)
    }

    /// A node, as far as an operator is concerned.
    fn operand(self) -> bool {
        self.is_lazy() || self == Likely
    }

    /// The shape of a value that is one or the other.
    pub(crate) fn join(self, other: Shape) -> Shape {
        match (self, other) {
            (LazyRef, LazyRef | Never) | (Never, LazyRef) => LazyRef,
            (LazyRef, Lazy) | (Lazy, LazyRef) => Lazy,
            (LazyRef, _) | (_, LazyRef) => Unknown,
            (one, other) => one.max(other),
        }
    }

    /// The shape of a container with a part like this.
    fn held(self) -> Shape {
        match self {
            Lazy | LazyRef | Likely => Holds,
            Given => Unknown,
            other => other,
        }
    }
}

/// The shapes of a body's locals.
pub(crate) struct Shapes {
    locals: Vec<Cell<Shape>>,
    /// What calling the closure in a local gives.
    results: Vec<Cell<Shape>>,
    /// What was stored in a container by `push` and the like.
    stored: Vec<Cell<Shape>>,
    /// The parameters of the closure in a local, where that is only called: their shapes are those of what it is called with.
    closures: RefCell<HashMap<LocalId, Vec<Option<LocalId>>>>,
    /// The parameters among them that are given a lazy value.
    given: RefCell<HashSet<LocalId>>,
    /// Locals that begin with a plain value that isn't empty.
    filled: RefCell<HashSet<LocalId>>,
    /// The parts of a local that was declared as a tuple.
    parts: RefCell<HashMap<LocalId, Vec<Shape>>>,
    /// The parts of the tuples that a local is a collection of.
    element_parts: RefCell<HashMap<LocalId, Vec<Shape>>>,
    /// Names of elements that are references to them.
    references: RefCell<HashSet<LocalId>>,
    /// Options of nodes: they are given `Some` of a lazy value somewhere.
    options: RefCell<HashSet<LocalId>>,
    /// Collections of collections of nodes: a lazy value is put into an element somewhere.
    nested: RefCell<HashSet<LocalId>>,
    /// The locals that are declared by a `let`.
    lets: Vec<bool>,
    changed: Cell<bool>,
    /// Whether calls of free functions are lifted; in an `op!` of its own they aren't.
    lifts: bool,
}

impl Shapes {
    /// Infers the shapes of a body's locals.
    pub(crate) fn of(body: &Body, lifts: bool) -> Self {
        let count = body.locals.len();
        let shapes = Self {
            locals: vec![Cell::new(Never); count],
            results: vec![Cell::new(Never); count],
            stored: vec![Cell::new(Never); count],
            closures: RefCell::default(),
            given: RefCell::default(),
            filled: RefCell::default(),
            parts: RefCell::default(),
            element_parts: RefCell::default(),
            references: RefCell::default(),
            options: RefCell::default(),
            nested: RefCell::default(),
            lets: body.locals.iter().map(|local| local.origin == Origin::Let).collect(),
            changed: Cell::new(true),
            lifts,
        };
        for (at, local) in body.locals.iter().enumerate() {
            let shape = match local.origin {
                Origin::Value | Origin::Ref | Origin::Mut => Plain,
                Origin::Node => Lazy,
                Origin::NodeRef => LazyRef,
                Origin::Nodes => Holds,
                Origin::Outer => Unknown,
                Origin::Let | Origin::Pattern => Never,
            };
            shapes.locals[at].set(shape);
        }
        shapes.find_closures(body);
        while shapes.changed.replace(false) {
            shapes.block(&body.block);
        }
        shapes
    }

    /// Finds the closures in locals that are called, and nothing else.
    fn find_closures(&self, body: &Body) {
        let mut closures = self.closures.borrow_mut();
        let mut called: HashMap<LocalId, usize> = HashMap::new();
        let mut mentions: HashMap<LocalId, usize> = HashMap::new();
        body.block.each(&mut |expr| match &expr.kind {
            Kind::Call(call) => call.func.local().into_iter().for_each(|used| *called.entry(used.id).or_default() += 1),
            Kind::Local(used) => *mentions.entry(used.id).or_default() += 1,
            Kind::Macro(mac) => mac.mentions.iter().for_each(|used| *mentions.entry(used.id).or_default() += 1),
            _ => {}
        });
        body.block.each_let(&mut |decl| {
            if let (Some(local), Some(init)) = (decl.pattern.name(), &decl.init)
                && let Kind::Closure(closure) = &init.bare().kind
                && called.get(&local) == mentions.get(&local)
            {
                let params = closure.params.iter().map(|param| {
                    let untyped = !matches!(param.pat, syn::Pat::Type(_));
                    param.name().filter(|_| untyped)
                });
                closures.insert(local, params.collect());
            }
        });
    }

    /// The shape of a local.
    pub(crate) fn local(&self, local: LocalId) -> Shape {
        match self.locals[local.0].get() {
            Never => Unknown,
            shape => shape,
        }
    }

    /// Whether a closure's parameter is given a lazy value by a call of the closure.
    pub(crate) fn is_given_lazy(&self, local: LocalId) -> bool {
        self.given.borrow().contains(&local)
    }

    /// Whether a place is likely a node that can't be moved from there: an element by its index, or what a reference refers to.
    pub(crate) fn is_likely_place(&self, expr: &Expr) -> bool {
        self.shape(expr) == Likely
            && match &expr.bare().kind {
                Kind::Index(..) => true,
                Kind::Local(used) => self.references.borrow().contains(&used.id),
                _ => false,
            }
    }

    /// Whether a local is an `Option` that holds a node where it holds something.
    pub(crate) fn is_option_of_node(&self, local: LocalId) -> bool {
        self.options.borrow().contains(&local)
    }

    /// Whether a local is a collection of collections of nodes.
    pub(crate) fn is_nested(&self, local: LocalId) -> bool {
        self.nested.borrow().contains(&local)
    }

    /// Whether an expression is an element of such a local, and so a collection of nodes.
    pub(crate) fn is_in_nested(&self, expr: &Expr) -> bool {
        let root = match &expr.bare().kind {
            Kind::Method(method) => stored_in(method),
            _ => expr.root(),
        };
        is_element_of_local(expr) && root.local().is_some_and(|used| self.is_nested(used.id))
    }

    /// The shape of what `push` and the like put into a local.
    pub(crate) fn stored(&self, local: LocalId) -> Shape {
        self.stored[local.0].get()
    }

    fn learn(&self, cells: &[Cell<Shape>], local: LocalId, shape: Shape) {
        let cell = &cells[local.0];
        let joined = cell.get().join(shape);
        // A join only ever climbs, so that the walk ends.
        if joined > cell.get() {
            cell.set(joined);
            self.changed.set(true);
        }
    }

    /// What is assigned to a local that is likely lazy makes a plain one lazy: a plain value can be a node, and not the other
    /// way round. So does a collection of lazy values, where the local begins with one of plain values.
    fn learn_assigned(&self, local: LocalId, shape: Shape) {
        let shape = match shape {
            Likely if self.locals[local.0].get() == Plain => Lazy,
            Holds if self.filled.borrow().contains(&local) => Lazy,
            shape => shape,
        };
        self.learn(&self.locals, local, shape);
    }

    // The walk.

    fn block(&self, block: &Block) {
        for stmt in &block.stmts {
            match stmt {
                Stmt::Expr(expr, ..) => self.walk(expr),
                Stmt::Item(_) => {}
                Stmt::Let(decl) => {
                    if let Some(init) = &decl.init {
                        self.walk(init);
                        self.bind(&decl.pattern, &decl.pattern.pat, init);
                    }
                    if let Some(diverge) = &decl.diverge {
                        self.block(diverge);
                    }
                }
            }
        }
    }

    fn bind(&self, pattern: &Pattern, pat: &syn::Pat, value: &Expr) {
        match (strip_type(pat), &value.bare().kind) {
            (syn::Pat::Tuple(pats), Kind::Tuple(_, items))
                if pats.elems.len() == items.len()
                    && !pats.elems.iter().any(|pat| matches!(pat, syn::Pat::Rest(_))) =>
            {
                for (pat, item) in pats.elems.iter().zip(items) {
                    self.bind(pattern, pat, item);
                }
            }
            (syn::Pat::Ident(ident), kind) if ident.subpat.is_none() => {
                let Some(local) = pattern.find(&ident.ident) else { return };
                let shape = self.shape(value);
                if shape == Plain && !is_empty(value) {
                    self.filled.borrow_mut().insert(local);
                }
                self.learn(&self.locals, local, shape);
                self.learn_option(local, value);
                match kind {
                    Kind::Method(method) if method.name == "collect" => {
                        if let Some(parts) = mapped_tuple(&method.receiver) {
                            self.learn_element(local, parts);
                        }
                    }
                    Kind::Closure(closure) => self.learn(&self.results, local, self.shape(&closure.body)),
                    Kind::Tuple(_, items) => {
                        let parts = items.iter().map(|item| self.shape(item)).collect();
                        self.parts.borrow_mut().insert(local, parts);
                    }
                    _ => {}
                }
            }
            (syn::Pat::Tuple(pats), Kind::Local(used)) if self.tuple_parts(used.id, pats).is_some() => {
                let parts = self.tuple_parts(used.id, pats).unwrap_or_default();
                for (pat, part) in pats.elems.iter().zip(parts) {
                    self.bind_shape(pattern, pat, open(part));
                }
            }
            (pat, _) => self.bind_shape(pattern, pat, self.shape(value)),
        }
    }

    /// The parts of a local that was declared as a tuple, where a pattern names as many.
    fn tuple_parts(&self, local: LocalId, pats: &syn::PatTuple) -> Option<Vec<Shape>> {
        let parts = self.parts.borrow().get(&local).cloned()?;
        let rest = pats.elems.iter().any(|pat| matches!(pat, syn::Pat::Rest(_)));
        (parts.len() == pats.elems.len() && !rest).then_some(parts)
    }

    /// Binds a pattern that is matched against a value; each part of a tuple that is written out by itself.
    fn bind_matched(&self, pattern: &Pattern, pat: &syn::Pat, value: &Expr) {
        match (strip_type(pat), &value.bare().kind) {
            (syn::Pat::Tuple(pats), Kind::Tuple(_, items))
                if pats.elems.len() == items.len()
                    && !pats.elems.iter().any(|pat| matches!(pat, syn::Pat::Rest(_))) =>
            {
                for (pat, item) in pats.elems.iter().zip(items) {
                    let shape = match self.shape(item) {
                        Lazy | LazyRef => Likely,
                        _ => self.element(item),
                    };
                    self.bind_shape(pattern, pat, shape);
                }
            }
            (syn::Pat::Or(or), Kind::Tuple(..)) => {
                or.cases.iter().for_each(|case| self.bind_matched(pattern, case, value));
            }
            _ => self.bind_shape(pattern, pat, self.element(value)),
        }
    }

    /// Notes a local that is given `Some` of a lazy value.
    fn learn_option(&self, local: LocalId, value: &Expr) {
        if let Kind::Call(call) = &value.bare().kind
            && let (Kind::Path(path), [arg]) = (&call.func.kind, &call.args[..])
            && path.path.segments.last().is_some_and(|last| last.ident == "Some")
            && self.shape(arg) == Lazy
            && self.options.borrow_mut().insert(local)
        {
            self.changed.set(true);
        }
    }

    /// Notes the parts of the tuples that are put into a local.
    fn learn_element(&self, local: LocalId, items: &[Expr]) {
        let shapes = items.iter().map(|item| match self.shape(item) {
            Plain => Plain,
            shape => open(shape),
        });
        let mut known = self.element_parts.borrow_mut();
        match known.get_mut(&local) {
            Some(parts) if parts.len() == items.len() => {
                for (part, shape) in parts.iter_mut().zip(shapes) {
                    if shape > *part {
                        *part = shape;
                        self.changed.set(true);
                    }
                }
            }
            Some(_) => {}
            None => {
                known.insert(local, shapes.collect());
                self.changed.set(true);
            }
        }
    }

    fn bind_shape(&self, pattern: &Pattern, pat: &syn::Pat, shape: Shape) {
        let through = match (strip_type(pat), shape) {
            (_, Plain) => Plain,
            (syn::Pat::Tuple(_), Lazy) => Lazy,
            (_, Never) => Never,
            (syn::Pat::Ident(_) | syn::Pat::Reference(_), Likely) => Likely,
            (syn::Pat::TupleStruct(whole), Likely | Holds) if whole.elems.len() == 1 => Likely,
            (syn::Pat::Slice(_), Likely | Holds) => Likely,
            _ => Unknown,
        };
        for (name, _) in walk::names(pat, pattern.refutable) {
            if let Some(local) = pattern.find(&name) {
                self.learn(&self.locals, local, through);
            }
        }
    }

    fn walk(&self, expr: &Expr) {
        match &expr.kind {
            Kind::Eager(_) => return,
            Kind::Assign(left, _, right) => {
                self.walk(right);
                match (left.local(), left.targets(), &right.bare().kind) {
                    (Some(target), ..) => {
                        self.learn_option(target.id, right);
                        self.learn_assigned(target.id, self.shape(right));
                    }
                    (None, None, _) if self.shape(right) == Holds => {
                        if let Some(root) = left.root().local()
                            && self.lets[root.id.0]
                        {
                            self.learn(&self.locals, root.id, Holds);
                        }
                        self.walk(left);
                    }
                    (None, Some(targets), Kind::Tuple(_, items)) if targets.len() == items.len() => {
                        for (target, item) in targets.into_iter().zip(items) {
                            if let Some(target) = target {
                                self.learn_assigned(target.id, self.shape(item));
                            }
                        }
                    }
                    _ => self.walk(left),
                }
                return;
            }
            Kind::AssignOp(left, _, right) => {
                if let Some(target) = left.local()
                    && self.shape(right).operand()
                {
                    self.learn(&self.locals, target.id, Lazy);
                }
            }
            Kind::Let(_, pattern, _, value) => self.bind_matched(pattern, &pattern.pat, value),
            Kind::For(_, _, pattern, _, values, _) => self.bind_element(pattern, &pattern.pat, values),
            Kind::Match(_, value, _, arms) => {
                for arm in arms {
                    self.bind_matched(&arm.pattern, &arm.pattern.pat, value);
                }
            }
            Kind::Method(method) => self.method(method),
            Kind::Call(call) => {
                if let Some(used) = call.func.local()
                    && let Some(params) = self.closures.borrow().get(&used.id)
                {
                    for (param, arg) in params.iter().zip(&call.args) {
                        if let Some(param) = param {
                            // Whether one that isn't plain is a node, its type tells.
                            let shape = self.shape(arg);
                            if shape == Lazy {
                                self.given.borrow_mut().insert(*param);
                            }
                            self.learn(&self.locals, *param, if shape <= Plain { shape } else { Unknown });
                        }
                    }
                }
            }
            Kind::Closure(closure) => {
                for param in &closure.params {
                    param.binds.iter().for_each(|&local| {
                        let known_by_calls =
                            || self.closures.borrow().values().flatten().any(|param| *param == Some(local));
                        if self.locals[local.0].get() == Never && !known_by_calls() {
                            self.learn(&self.locals, local, Unknown);
                        }
                    });
                }
            }
            Kind::Loop(_, _, block) | Kind::Block(_, block) | Kind::Unsafe(_, block) | Kind::Graph(block) => {
                return self.block(block);
            }
            Kind::If(_, cond, then, other) => {
                self.walk(cond);
                self.block(then);
                if let Some((_, other)) = other {
                    self.walk(other);
                }
                return;
            }
            Kind::While(_, _, cond, block) => {
                self.walk(cond);
                return self.block(block);
            }
            _ => {}
        }
        if let Kind::For(_, _, _, _, values, block) = &expr.kind {
            self.walk(values);
            return self.block(block);
        }
        expr.parts(&mut |part| self.walk(part));
    }

    fn method(&self, method: &Method) {
        let receiver = self.shape(&method.receiver);
        for (at, arg) in method.args.iter().enumerate() {
            let Kind::Closure(closure) = &arg.bare().kind else { continue };
            for (place, param) in closure.params.iter().enumerate() {
                let accumulates = method.name == "fold" && at == 1 && place == 0;
                match receiver {
                    _ if accumulates => {
                        let shape = self.shape(&method.args[0]).join(self.shape(&closure.body));
                        self.bind_shape(param, &param.pat, shape);
                    }
                    Never => {}
                    _ => self.bind_element(param, &param.pat, &method.receiver),
                }
            }
        }
        if stores(&method.name)
            && let Some(target) = stored_in(method).local()
            && !receiver.is_lazy()
        {
            for arg in &method.args {
                let shape = self.shape(arg);
                if shape == Lazy || shape == Holds {
                    // What is put into a part of it is not its own element.
                    let own = method.receiver.local().is_some();
                    self.learn(&self.stored, target.id, if own { shape } else { Holds });
                    if shape == Lazy
                        && is_element_of_local(&method.receiver)
                        && self.nested.borrow_mut().insert(target.id)
                    {
                        self.changed.set(true);
                    }
                    if let (true, Kind::Tuple(_, items)) = (own, &arg.bare().kind) {
                        self.learn_element(target.id, items);
                    }
                    self.learn(&self.locals, target.id, Holds);
                }
            }
        }
    }

    /// The shape of what a pattern finds in a value.
    fn element(&self, value: &Expr) -> Shape {
        match self.shape(value) {
            Plain => Plain,
            Never => Never,
            Holds | Likely => Likely,
            _ => Unknown,
        }
    }

    /// Binds a pattern to each element of a pipeline or a container.
    fn bind_element(&self, pattern: &Pattern, pat: &syn::Pat, values: &Expr) {
        if let (syn::Pat::Tuple(pats), Kind::Method(method)) = (strip_type(pat), &values.bare().kind)
            && let [first, second] = &pats.elems.iter().collect::<Vec<_>>()[..]
        {
            match (method.name.to_string().as_str(), &method.args[..]) {
                ("enumerate", []) => {
                    self.bind_shape(pattern, first, Plain);
                    return self.bind_element(pattern, second, &method.receiver);
                }
                ("zip", [other]) => {
                    self.bind_element(pattern, first, &method.receiver);
                    return self.bind_element(pattern, second, other);
                }
                (name, _) if passes_elements(name) => return self.bind_element(pattern, pat, &method.receiver),
                _ => {}
            }
        }
        if let syn::Pat::Tuple(pats) = strip_type(pat)
            && let Some(used) = through_elements(values).local()
            && let Some(parts) = self.element_parts.borrow().get(&used.id)
            && parts.len() == pats.elems.len()
            && self.shape(values) == Holds
        {
            for (pat, part) in pats.elems.iter().zip(parts) {
                self.bind_shape(pattern, pat, *part);
            }
            return;
        }
        if let syn::Pat::Ident(ident) = strip_type(pat)
            && ident.mutability.is_none()
            && gives_references(values)
            && let Some(local) = pattern.find(&ident.ident)
        {
            self.references.borrow_mut().insert(local);
        }
        self.bind_shape(pattern, pat, self.element(values));
    }

    // The questions.

    /// The shape of an expression.
    pub(crate) fn shape(&self, expr: &Expr) -> Shape {
        match &expr.kind {
            Kind::Lit(_)
            | Kind::Path(_)
            | Kind::Const(_)
            | Kind::Closure(_)
            | Kind::Assign(..)
            | Kind::AssignOp(..)
            | Kind::Let(..)
            | Kind::While(..)
            | Kind::For(..) => Plain,
            Kind::Local(used) => self.locals[used.id.0].get(),
            Kind::Call(call) => self.call(call),
            Kind::Method(method) => self.method_result(method),
            Kind::Field(base, _, member) => match self.shape(base) {
                Lazy | LazyRef => Lazy,
                Never => Never,
                _ => self.part(base, member),
            },
            Kind::Index(base, _, index) => match self.shape(base) {
                Lazy | LazyRef => Lazy,
                shape @ (Never | Plain) => shape,
                Holds if matches!(index.bare().kind, Kind::Range(..)) => Holds,
                Holds | Likely => Likely,
                _ => Unknown,
            },
            Kind::Ref(_, mutability, inner) => match self.shape(inner) {
                Lazy | LazyRef if mutability.is_none() => LazyRef,
                shape => shape,
            },
            Kind::Unary(syn::UnOp::Deref(_), inner) => match self.shape(inner) {
                Lazy | LazyRef => Lazy,
                shape => shape,
            },
            Kind::Unary(_, inner) | Kind::Cast(inner, ..) => match self.shape(inner) {
                shape if shape.operand() => Lazy,
                shape => shape,
            },
            Kind::Binary(_, syn::BinOp::And(_) | syn::BinOp::Or(_), _) if !self.joins_lazy(expr) => Unknown,
            Kind::Binary(left, _, right) => match (self.shape(left), self.shape(right)) {
                (one, other) if one.operand() || other.operand() => Lazy,
                (Given, _) | (_, Given) => Given,
                (one, other) => one.max(other).min(Unknown),
            },
            Kind::Paren(_, inner) | Kind::Group(inner) => self.shape(inner),
            Kind::Tuple(_, items) | Kind::List(_, items) => self.held(items),
            Kind::Repeat(_, item, _) => self.shape(item).held(),
            Kind::Struct(literal) => {
                let fields = literal.fields.iter().map(|(_, _, value)| self.shape(value).held());
                fields.fold(Plain, Shape::join)
            }
            Kind::Range(start, _, end) => {
                let bounds = [start, end].into_iter().flatten().map(|bound| self.shape(bound).held());
                bounds.fold(Plain, Shape::join).min(Unknown)
            }
            Kind::Block(label, block) => {
                let tail = self.block_shape(block);
                label.as_ref().map_or(tail, |label| tail.join(self.breaks(block, Some(label), false)))
            }
            Kind::Unsafe(_, block) => self.block_shape(block),
            Kind::If(_, _, then, other) => match other {
                Some((_, other)) => self.block_shape(then).join(self.shape(other)),
                None => Plain,
            },
            Kind::Match(_, _, _, arms) => arms.iter().map(|arm| self.shape(&arm.body)).fold(Never, Shape::join),
            Kind::Loop(label, _, block) => self.breaks(block, label.as_ref(), true),
            Kind::Return(..) | Kind::Break(..) | Kind::Continue(..) => Never,
            Kind::Macro(mac) => match mac.family {
                Family::Panic => Never,
                Family::Print | Family::Assert | Family::Matches => Plain,
                Family::Opaque => Unknown,
            },
            Kind::Op(_) | Kind::Graph(_) | Kind::Await(..) => Lazy,
            Kind::Try(inner, _) => match self.shape(inner) {
                LazyRef | Lazy => Lazy,
                Holds => Likely,
                shape => shape,
            },
            Kind::Eager(_) | Kind::Async(_) | Kind::Other(_) => Unknown,
        }
    }

    /// Whether a `fold`'s closure gives a lazy value, so that the fold does.
    fn folds(&self, method: &Method) -> bool {
        match method.args.get(1).map(|arg| &arg.bare().kind) {
            Some(Kind::Closure(closure)) => self.shape(&closure.body) == Lazy,
            _ => false,
        }
    }

    /// The shape of a field of a plain value.
    fn part(&self, base: &Expr, member: &syn::Member) -> Shape {
        let parts = self.parts.borrow();
        let part = match (base.local(), member) {
            (Some(used), syn::Member::Unnamed(index)) => {
                parts.get(&used.id).and_then(|parts| parts.get(index.index as usize))
            }
            _ => None,
        };
        match part {
            Some(Lazy | LazyRef | Likely) => Likely,
            Some(&shape) => shape,
            None => Unknown,
        }
    }

    /// Whether a method call is an operation: it is made on a lazy value, or it is one of a number's with a lazy argument.
    pub(crate) fn is_chain(&self, method: &Method) -> bool {
        let name = method.name.to_string();
        match self.shape(&method.receiver) {
            Lazy | LazyRef => true,
            Likely if is_element_method(&name) => true,
            Plain | Unknown | Given | Likely => {
                is_numeric(&name) && method.args.iter().any(|arg| self.shape(arg).operand())
            }
            Never | Holds => false,
        }
    }

    /// What a method of an `Option` or a `Result` gives where there is no value: a node where the value is one.
    pub(crate) fn default_of(&self, method: &Method) -> Fallback {
        let lazy = |arg: &Expr| match &arg.bare().kind {
            Kind::Closure(closure) => self.shape(&closure.body) == Lazy,
            _ => self.shape(arg) == Lazy,
        };
        match (method.name.to_string().as_str(), &method.args[..]) {
            ("map_or" | "map_or_else", [_, map]) if matches!(map.bare().kind, Kind::Closure(_)) && lazy(map) => {
                Fallback::OfLazy
            }
            ("unwrap_or_default", []) => match &method.receiver.bare().kind {
                Kind::Method(inner) if inner.name == "map" && matches!(&inner.args[..], [map] if lazy(map)) => {
                    Fallback::OfType
                }
                _ => Fallback::AsWritten,
            },
            ("unwrap_or" | "unwrap_or_else", [default]) => match &method.receiver.bare().kind {
                Kind::Method(inner) if inner.name == "map" && matches!(&inner.args[..], [map] if lazy(map)) => {
                    Fallback::OfLazy
                }
                _ if method.receiver.local().is_some_and(|used| self.is_option_of_node(used.id)) => Fallback::OfLazy,
                _ if lazy(default) && self.shape(&method.receiver) == Plain => Fallback::OfPlain,
                _ => Fallback::AsWritten,
            },
            _ => Fallback::AsWritten,
        }
    }

    /// Whether an iterator's elements are nodes for sure.
    pub(crate) fn gives_nodes(&self, values: &Expr) -> bool {
        let Kind::Method(method) = &values.bare().kind else { return false };
        match (method.name.to_string().as_str(), &method.args[..]) {
            ("map", [arg]) => matches!(&arg.bare().kind, Kind::Closure(closure) if self.shape(&closure.body).is_lazy()),
            ("rev" | "skip" | "take" | "step_by" | "inspect", _) => self.gives_nodes(&method.receiver),
            _ => false,
        }
    }

    /// Whether an operator has a lazy operand.
    fn joins_lazy(&self, expr: &Expr) -> bool {
        match &expr.kind {
            Kind::Binary(left, _, right) => self.shape(left).operand() || self.shape(right).operand(),
            _ => false,
        }
    }

    fn held(&self, items: &[Expr]) -> Shape {
        items.iter().map(|item| self.shape(item).held()).fold(Plain, Shape::join)
    }

    /// The shape of a block's value.
    pub(crate) fn block_shape(&self, block: &Block) -> Shape {
        match block.tail() {
            Some(tail) => self.shape(tail),
            None if block.diverges() => Never,
            None => Plain,
        }
    }

    fn breaks(&self, block: &Block, label: Option<&syn::Label>, bare: bool) -> Shape {
        let mut shape = Never;
        block.parts(&mut |part| shape = shape.join(self.breaks_in(part, label, bare)));
        shape
    }

    fn breaks_in(&self, expr: &Expr, label: Option<&syn::Label>, bare: bool) -> Shape {
        match &expr.kind {
            Kind::Closure(_) => return Never,
            Kind::Break(_, name, value) => {
                let here = match (name, label) {
                    (None, _) => bare,
                    (Some(name), Some(label)) => name.ident == label.name.ident,
                    (Some(_), None) => false,
                };
                if here {
                    return value.as_ref().map_or(Plain, |value| self.shape(value));
                }
            }
            _ => {}
        }
        let bare = bare && !matches!(expr.kind, Kind::Loop(..) | Kind::While(..) | Kind::For(..));
        let mut shape = Never;
        expr.parts(&mut |part| shape = shape.join(self.breaks_in(part, label, bare)));
        shape
    }

    fn call(&self, call: &Call) -> Shape {
        match call.callee {
            Callee::Free if self.lifts => Lazy,
            Callee::Free | Callee::Named => Unknown,
            Callee::Value => match call.func.local() {
                Some(used) => match self.results[used.id.0].get() {
                    Never => Unknown,
                    shape => shape,
                },
                None => match &call.func.bare().kind {
                    Kind::Closure(closure) if self.shape(&closure.body) == Lazy => Lazy,
                    _ => Unknown,
                },
            },
            Callee::Constructor => self.held(&call.args),
            Callee::Associated => {
                if call.args.iter().any(|arg| self.surely_lazy(arg)) {
                    Lazy
                } else if is_known_type(&call.func) {
                    if self.all_plain(&call.args) { Plain } else { Unknown }
                } else if call.args.iter().any(|arg| self.shape(arg) == Likely) {
                    Likely
                } else {
                    Given
                }
            }
        }
    }

    /// Whether each argument is plain for sure.
    pub(crate) fn all_plain(&self, args: &[Expr]) -> bool {
        args.iter().all(|arg| self.shape(arg) <= Plain)
    }

    /// Whether an argument is a node for sure, or a literal with one in it.
    pub(crate) fn surely_lazy(&self, arg: &Expr) -> bool {
        match &arg.bare().kind {
            Kind::Ref(_, _, inner) => self.surely_lazy(inner),
            Kind::Tuple(_, items) | Kind::List(_, items) => items.iter().any(|item| self.surely_lazy(item)),
            Kind::Call(call) if call.callee == Callee::Constructor => call.args.iter().any(|arg| self.surely_lazy(arg)),
            _ => self.shape(arg).is_lazy(),
        }
    }

    fn method_result(&self, method: &Method) -> Shape {
        let receiver = self.shape(&method.receiver);
        let name = method.name.to_string();
        let mut args = Never;
        for arg in &method.args {
            args = args.join(match &arg.bare().kind {
                Kind::Closure(closure) => self.shape(&closure.body).held(),
                // A function handed over by its name may be one that gives nodes.
                Kind::Path(path) if gives_function(path) && !names_known_type(path) => Unknown,
                _ => self.shape(arg).held(),
            });
        }
        match receiver {
            Never => Never,
            _ if self.is_chain(method) || self.default_of(method) != Fallback::AsWritten => Lazy,
            Holds if is_measure(&name) => Plain,
            Holds | Likely if takes_element(&name) => Likely,
            Holds | Likely if is_pipeline(&name) => Holds,
            Likely if name == "clone" => Likely,
            Plain if args <= Plain && is_std(&name) => Plain,
            Plain | Unknown if args == Holds && is_pipeline(&name) => Holds,
            _ if name == "fold" && self.folds(method) => Lazy,
            Plain if name == "fold" => args.max(Unknown),
            Plain if args <= Plain && !is_std(&name) => Given,
            _ => Unknown,
        }
    }
}

/// A part of a tuple, as a pattern binds it: only its type tells whether it is a node.
fn open(part: Shape) -> Shape {
    match part {
        Lazy | LazyRef | Likely => Likely,
        Never => Never,
        _ => Unknown,
    }
}

/// What stands for the value that an `Option` or a `Result` hasn't got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fallback {
    /// What is written.
    AsWritten,
    /// A node, since the values are nodes.
    OfLazy,
    /// A node of the type's default.
    OfType,
    /// A node, so that the plain value has to become one.
    OfPlain,
}

/// What a method puts its argument into: `m` in `m.entry(k).or_default().push(x)`, an iterator alone in `i.zip(x)`.
fn stored_in(method: &Method) -> &Expr {
    let root = method.receiver.root();
    match &root.kind {
        Kind::Method(inner) if method.name != "zip" && method.name != "chain" => stored_in(inner),
        _ => root,
    }
}

/// The tuple that the last closure of a pipeline gives.
fn mapped_tuple(values: &Expr) -> Option<&[Expr]> {
    let Kind::Method(method) = &values.bare().kind else { return None };
    match (method.name.to_string().as_str(), &method.args[..]) {
        ("map", [arg]) => {
            let Kind::Closure(closure) = &arg.bare().kind else { return None };
            let mut tail = closure.body.bare();
            while let Kind::Block(None, block) = &tail.kind {
                tail = block.tail()?.bare();
            }
            match &tail.kind {
                Kind::Tuple(_, items) => Some(items),
                _ => None,
            }
        }
        (name, _) if passes_elements(name) => mapped_tuple(&method.receiver),
        _ => None,
    }
}

/// The collection whose elements an iterator gives as they are, or references to them.
fn through_elements(values: &Expr) -> &Expr {
    match &values.bare().kind {
        Kind::Ref(_, _, inner) => through_elements(inner),
        Kind::Method(method)
            if passes_elements(&method.name.to_string()) || method.name == "iter" || method.name == "iter_mut" =>
        {
            through_elements(&method.receiver)
        }
        _ => values,
    }
}

/// Whether the elements of an iterator are shared references.
fn gives_references(values: &Expr) -> bool {
    match &values.bare().kind {
        Kind::Ref(_, mutability, _) => mutability.is_none(),
        Kind::Method(method) if method.name == "iter" => true,
        Kind::Method(method) if passes_elements(&method.name.to_string()) => gives_references(&method.receiver),
        _ => false,
    }
}

/// Whether an expression is an element of a collection in a local: `v[0]`, `m.entry(k).or_default()`, `v.last_mut().unwrap()`.
fn is_element_of_local(expr: &Expr) -> bool {
    match &expr.bare().kind {
        Kind::Index(base, ..) => base.local().is_some(),
        Kind::Method(outer) => match &outer.receiver.bare().kind {
            Kind::Method(inner) => {
                const STEPS: [(&str, &str); 7] = [
                    ("entry", "or_default"),
                    ("entry", "or_insert_with"),
                    ("entry", "or_insert"),
                    ("get_mut", "unwrap"),
                    ("last_mut", "unwrap"),
                    ("first_mut", "unwrap"),
                    ("get_mut", "expect"),
                ];
                inner.receiver.local().is_some()
                    && STEPS.iter().any(|(first, second)| inner.name == first && outer.name == second)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether a value is a collection with nothing in it yet.
fn is_empty(value: &Expr) -> bool {
    match &value.bare().kind {
        Kind::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "None"),
        Kind::List(_, items) => items.is_empty(),
        Kind::Call(call) => is_owned_constructor(&call.func),
        _ => false,
    }
}
