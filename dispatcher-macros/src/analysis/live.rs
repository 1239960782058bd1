//! Which mentions of a local are its last on every path.
//!
//! A backward walk over the expression tree. A loop is walked until nothing changes. A closure may run
//! more than once, so what it mentions of its surroundings is used again after each of its mentions.

use crate::model::{Block, Body, Callee, Closure, Expr, Kind, LocalId, Pattern, Stmt, Use};

/// The answer: indexed by `Use::at`, by local, and by closure.
pub(crate) struct Liveness {
    after_use: Vec<bool>,
    after_decl: Vec<bool>,
    after_closure: Vec<Set>,
}

impl Liveness {
    /// Walks a body.
    pub(crate) fn of(body: &Body) -> Self {
        let mut walk = Walk {
            after_use: vec![false; body.uses],
            after_decl: vec![false; body.locals.len()],
            after_closure: vec![Set::default(); body.closures],
            loops: Vec::new(),
            exit: Set::default(),
        };
        let before = walk.block(&body.block, Set::default());
        for param in &body.params {
            walk.declare(param, before.clone());
        }
        let Walk { after_use, after_decl, after_closure, .. } = walk;
        Self { after_use, after_decl, after_closure }
    }

    /// Whether the local is used again after this mention, on some path.
    pub(crate) fn again(&self, used: &Use) -> bool {
        self.after_use[used.at]
    }

    /// Whether the value that a declaration gives the local is ever used.
    pub(crate) fn wanted(&self, local: LocalId) -> bool {
        self.after_decl[local.0]
    }

    /// Whether the local is used after the closure is made.
    pub(crate) fn after_closure(&self, closure: &Closure, local: LocalId) -> bool {
        self.after_closure[closure.number].has(local)
    }
}

/// A set of locals.
#[derive(Clone, Default, PartialEq, Eq)]
struct Set(Vec<u64>);

impl Set {
    fn has(&self, local: LocalId) -> bool {
        self.0.get(local.0 / 64).is_some_and(|word| word >> (local.0 % 64) & 1 == 1)
    }

    fn add(&mut self, local: LocalId) {
        let word = local.0 / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (local.0 % 64);
    }

    fn remove(&mut self, local: LocalId) {
        if let Some(word) = self.0.get_mut(local.0 / 64) {
            *word &= !(1 << (local.0 % 64));
        }
    }

    /// Adds another set; says whether that changed anything.
    fn join(&mut self, other: &Set) -> bool {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let mut changed = false;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            changed |= *theirs & !*mine != 0;
            *mine |= theirs;
        }
        changed
    }
}

/// A loop or labelled block around the place where the walk is.
struct Frame {
    label: Option<String>,
    is_loop: bool,
    on_break: Set,
    on_continue: Set,
}

struct Walk {
    after_use: Vec<bool>,
    after_decl: Vec<bool>,
    after_closure: Vec<Set>,
    loops: Vec<Frame>,
    exit: Set,
}

impl Walk {
    fn used(&mut self, used: &Use, mut after: Set) -> Set {
        self.after_use[used.at] |= after.has(used.id);
        after.add(used.id);
        after
    }

    fn declare(&mut self, pattern: &Pattern, mut after: Set) -> Set {
        for &local in &pattern.binds {
            self.after_decl[local.0] |= after.has(local);
            after.remove(local);
        }
        after
    }

    fn parts(&mut self, expr: &Expr, after: Set) -> Set {
        let mut parts = Vec::new();
        expr.parts(&mut |part| parts.push(part));
        parts.into_iter().rev().fold(after, |after, part| self.expr(part, after))
    }

    fn block(&mut self, block: &Block, after: Set) -> Set {
        block.stmts.iter().rev().fold(after, |after, stmt| match stmt {
            Stmt::Expr(expr, ..) => self.expr(expr, after),
            Stmt::Item(_) => after,
            Stmt::Let(decl) => {
                let mut after = self.declare(&decl.pattern, after);
                if let Some(diverge) = &decl.diverge {
                    let other = self.block(diverge, Set::default());
                    after.join(&other);
                }
                match &decl.init {
                    Some(init) => self.expr(init, after),
                    None => after,
                }
            }
        })
    }

    /// Walks a loop: `round` gives what is live before one round, from what is live after it.
    fn repeat(
        &mut self,
        label: &Option<syn::Label>,
        after: &Set,
        start: Set,
        mut round: impl FnMut(&mut Self, Set) -> Set,
    ) -> Set {
        let mut head = start;
        loop {
            self.loops.push(Frame {
                label: label.as_ref().map(|label| label.name.ident.to_string()),
                is_loop: true,
                on_break: after.clone(),
                on_continue: head.clone(),
            });
            let before = round(self, head.clone());
            self.loops.pop();
            if !head.join(&before) {
                return head;
            }
        }
    }

    fn frame(&self, label: Option<&syn::Lifetime>) -> Option<&Frame> {
        self.loops.iter().rev().find(|frame| match label {
            Some(label) => frame.label.as_ref().is_some_and(|name| label.ident == name),
            None => frame.is_loop,
        })
    }

    fn expr(&mut self, expr: &Expr, after: Set) -> Set {
        match &expr.kind {
            Kind::Local(used) => self.used(used, after),
            Kind::Assign(left, _, right) => {
                let after = match left.local() {
                    None if left.targets().is_some() => {
                        let targets = left.targets().unwrap_or_default();
                        let mut before = after.clone();
                        for target in targets.into_iter().flatten() {
                            self.after_use[target.at] |= after.has(target.id);
                            before.remove(target.id);
                        }
                        before
                    }
                    Some(target) => {
                        self.after_use[target.at] |= after.has(target.id);
                        let mut after = after;
                        after.remove(target.id);
                        after
                    }
                    None => self.expr(left, after),
                };
                self.expr(right, after)
            }
            Kind::Binary(left, syn::BinOp::And(_) | syn::BinOp::Or(_), right) => {
                let mut joined = after.clone();
                joined.join(&self.expr(right, after));
                self.expr(left, joined)
            }
            Kind::If(_, cond, then, other) => {
                let then = self.block(then, after.clone());
                let other = match other {
                    Some((_, other)) => self.expr(other, after),
                    None => after,
                };
                let mut joined = then.clone();
                joined.join(&other);
                self.expr(cond, joined)
            }
            Kind::Let(_, pattern, _, value) => {
                let after = self.declare(pattern, after);
                self.expr(value, after)
            }
            Kind::Match(_, value, _, arms) => {
                let mut joined = Set::default();
                for arm in arms {
                    let mut before = self.expr(&arm.body, after.clone());
                    if let Some((_, guard)) = &arm.guard {
                        // Where the guard fails, a later arm is tried.
                        before.join(&joined);
                        before = self.expr(guard, before);
                    }
                    let before = self.declare(&arm.pattern, before);
                    joined.join(&before);
                }
                self.expr(value, joined)
            }
            Kind::Loop(label, _, block) => {
                self.repeat(label, &after, Set::default(), |walk, head| walk.block(block, head))
            }
            Kind::While(label, _, cond, block) => self.repeat(label, &after, Set::default(), |walk, head| {
                let mut joined = walk.block(block, head);
                joined.join(&after);
                walk.expr(cond, joined)
            }),
            Kind::For(label, _, pattern, _, values, block) => {
                let head = self.repeat(label, &after, after.clone(), |walk, head| {
                    let before = walk.block(block, head);
                    walk.declare(pattern, before)
                });
                self.expr(values, head)
            }
            Kind::Block(label, block) => {
                let Some(label) = label else { return self.block(block, after) };
                self.loops.push(Frame {
                    label: Some(label.name.ident.to_string()),
                    is_loop: false,
                    on_break: after.clone(),
                    on_continue: Set::default(),
                });
                let before = self.block(block, after);
                self.loops.pop();
                before
            }
            Kind::Unsafe(_, block) | Kind::Graph(block) => self.block(block, after),
            Kind::Return(_, value) => {
                let exit = self.exit.clone();
                match value {
                    Some(value) => self.expr(value, exit),
                    None => exit,
                }
            }
            Kind::Break(_, label, value) => {
                let target = self.frame(label.as_ref()).map(|frame| frame.on_break.clone());
                let target = target.unwrap_or(after);
                match value {
                    Some(value) => self.expr(value, target),
                    None => target,
                }
            }
            Kind::Continue(_, label) => {
                self.frame(label.as_ref()).map(|frame| frame.on_continue.clone()).unwrap_or(after)
            }
            Kind::Try(inner, _) => {
                let mut joined = after;
                joined.join(&self.exit);
                self.expr(inner, joined)
            }
            Kind::Closure(closure) => self.closure(closure, after),
            Kind::Call(call) => {
                let after = self.arguments(&call.args, after);
                self.expr(&call.func, after)
            }
            Kind::Method(method) => {
                let after = self.arguments(&method.args, after);
                self.expr(&method.receiver, after)
            }
            Kind::Macro(mac) => {
                let after = self.parts(expr, after);
                mac.mentions.iter().fold(after, |after, mention| self.used(mention, after))
            }
            _ => self.parts(expr, after),
        }
    }

    /// The arguments of a call. What one of them lends is used when the call is made, after the ones that follow.
    fn arguments(&mut self, args: &[Expr], after: Set) -> Set {
        let mut lent = Vec::new();
        let mut before = after;
        for (at, arg) in args.iter().enumerate() {
            if let Kind::Ref(_, None, inner) = &arg.bare().kind
                && let Some(used) = inner.root().local()
            {
                lent.push((at, used.id));
            }
        }
        for (at, arg) in args.iter().enumerate().rev() {
            let earlier = lent.iter().filter(|(lender, _)| *lender < at);
            earlier.for_each(|(_, local)| before.add(*local));
            before = self.expr(arg, before);
        }
        before
    }

    fn closure(&mut self, closure: &Closure, mut after: Set) -> Set {
        self.after_closure[closure.number].join(&after);
        let mut captured = Set::default();
        closure.body.uses(&mut |used| captured.add(used.id));
        let mut own = Vec::new();
        closure.body.each(&mut |expr| declared(expr, &mut own));
        closure.params.iter().for_each(|param| own.extend(&param.binds));
        own.into_iter().for_each(|local| captured.remove(local));

        let loops = std::mem::take(&mut self.loops);
        let exit = std::mem::replace(&mut self.exit, captured.clone());
        let mut before = self.expr(&closure.body, captured.clone());
        for param in &closure.params {
            before = self.declare(param, before);
        }
        self.loops = loops;
        self.exit = exit;
        after.join(&captured);
        after
    }
}

/// The locals that an expression itself declares, not its parts.
fn declared(expr: &Expr, own: &mut Vec<LocalId>) {
    let in_block = |block: &Block, own: &mut Vec<LocalId>| {
        for stmt in &block.stmts {
            if let Stmt::Let(decl) = stmt {
                own.extend(&decl.pattern.binds);
                decl.diverge.iter().for_each(|block| lets(block, own));
            }
        }
    };
    match &expr.kind {
        Kind::Let(_, pattern, ..) => own.extend(&pattern.binds),
        Kind::For(_, _, pattern, _, _, block) => {
            own.extend(&pattern.binds);
            in_block(block, own);
        }
        Kind::Match(_, _, _, arms) => arms.iter().for_each(|arm| own.extend(&arm.pattern.binds)),
        Kind::Closure(closure) => closure.params.iter().for_each(|param| own.extend(&param.binds)),
        Kind::Block(_, block)
        | Kind::Unsafe(_, block)
        | Kind::Loop(_, _, block)
        | Kind::Graph(block)
        | Kind::While(_, _, _, block)
        | Kind::If(_, _, block, _) => in_block(block, own),
        _ => {}
    }
}

fn lets(block: &Block, own: &mut Vec<LocalId>) {
    for stmt in &block.stmts {
        if let Stmt::Let(decl) = stmt {
            own.extend(&decl.pattern.binds);
        }
    }
}

/// How many statements [`surely_used`] looks at: a use is near as a rule.
const NEAR: usize = 16;

/// Whether an operation in the next statements uses a local that never changes, whichever way the program goes.
pub(crate) fn surely_used(local: LocalId, next: &[Stmt]) -> bool {
    for stmt in next.iter().take(NEAR) {
        let expr = match stmt {
            Stmt::Expr(expr, ..) if expr.attrs.is_empty() => expr,
            Stmt::Let(decl) if decl.attrs.is_empty() && decl.diverge.is_none() => match &decl.init {
                Some(init) => init,
                None => continue,
            },
            Stmt::Item(_) => continue,
            Stmt::Expr(..) | Stmt::Let(_) => return false,
        };
        let mut leaves = false;
        expr.each(&mut |part| {
            leaves |= matches!(
                part.kind,
                Kind::Return(..) | Kind::Break(..) | Kind::Continue(..) | Kind::Try(..) | Kind::Macro(_)
            );
        });
        if leaves {
            return false;
        }
        if takes(expr, local) {
            return true;
        }
    }
    false
}

/// Whether the expression is an operation, or a chain of such, on the local itself.
fn takes(expr: &Expr, local: LocalId) -> bool {
    let is = |part: &Expr| {
        let part = match &part.bare().kind {
            Kind::Ref(_, _, inner) => inner,
            _ => part,
        };
        part.local().is_some_and(|used| used.id == local) || takes(part, local)
    };
    match &expr.bare().kind {
        Kind::Call(call) => matches!(call.callee, Callee::Free) && call.args.iter().any(is),
        Kind::Method(method) => method.name != "clone" && is(&method.receiver),
        Kind::Binary(left, _, right) => is(left) || is(right),
        Kind::Unary(_, inner) => is(inner),
        _ => false,
    }
}
