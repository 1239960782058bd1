//! Statements: which is next, and bindings, assignments, effects; control.rs has loops and branches, collections.rs closures
//! and collections.

use super::Writer;
use crate::model::{Kind, Ty, Use};

impl Writer<'_> {
    /// One statement, which may hold others `depth` deep.
    pub(super) fn statement(&mut self, depth: usize) {
        match self.random.u8(..54) {
            0..8 => self.binding(),
            8..13 => self.effect(),
            13..15 => self.method_in_place(),
            15..17 => self.assignment(),
            17 | 18 => self.compound_assignment(),
            19 => self.taken_apart(),
            20 => self.branching_value(),
            21 if depth > 0 => self.block_value(depth - 1),
            22 => self.late_binding(),
            23 | 24 if depth > 0 => self.if_statement(depth - 1),
            25 if depth > 0 => self.match_statement(depth - 1),
            26 | 27 if depth > 0 && self.loops < 2 => self.for_loop(depth - 1),
            28 if depth > 0 && self.loops < 2 => self.while_loop(depth - 1),
            29 if depth > 0 && self.loops < 2 => self.loop_with_value(depth - 1),
            30 | 31 => self.accumulation(),
            32 | 33 => self.collected(),
            34 => self.gathered_by_pushing(),
            35 => self.gathered_by_hand(),
            36 => self.use_of_gathered(),
            37 => self.local_closure(),
            38 => self.swapped(),
            39 if depth > 0 && self.may_return && self.chance(60) => self.early_return(),
            40 | 41 => self.plain_local(),
            42 | 43 => self.change_of_plain(),
            44 => self.parts_by_number(),
            45 => self.closure_that_updates(),
            46 | 47 => self.rows(),
            48 => self.option_as_state(),
            49 => self.folded(),
            50 if depth > 0 => self.if_let(depth - 1),
            51 if depth > 0 && self.loops < 2 => self.while_let(depth - 1),
            52 if depth > 0 && self.loops == 0 => self.labelled_loops(depth - 1),
            _ => self.binding(),
        }
    }

    pub(super) fn any_type(&mut self) -> Ty {
        // Numbers and lists make up most of a program.
        self.any_of(&[Ty::Int, Ty::Int, Ty::Int, Ty::List, Ty::List, Ty::Text, Ty::Rec, Ty::Opt, Ty::Bool])
    }

    pub(super) fn mutable(&mut self) -> (bool, &'static str) {
        let yes = self.chance(60);
        (yes, if yes { "mut " } else { "" })
    }

    /// `let x = f(y);`
    pub(super) fn binding(&mut self) {
        let fallible = if self.may_fail && self.chance(25) { self.fallible_call(1) } else { None };
        let (ty, value) = match fallible {
            Some(value) => (Ty::Int, value),
            None => {
                let ty = self.any_type();
                (ty, self.lazy(ty, 2))
            }
        };
        let (mutable, word) = self.mutable();
        // A name of this block may be used again, by another type too.
        let depth = self.scope.depth;
        let ours = |name: &str| name.starts_with('v');
        let shadowed =
            self.scope.those(Use::Read, |var| var.kind == Kind::Lazy && var.depth == depth && ours(&var.name));
        let name = match self.some_of(&shadowed) {
            Some(var) if self.chance(12) => self.scope.vars[var].name.clone(),
            _ => self.fresh(),
        };
        let written = if self.chance(25) { format!(": {}", ty.owned()) } else { String::new() };
        self.line(&format!("let {word}{name}{written} = {value};"));
        self.declare(&name, ty, Kind::Lazy, mutable);
    }

    /// A call that is made for what it updates or notes.
    pub(super) fn effect(&mut self) {
        let fitting: Vec<usize> =
            (0..self.calls.len()).filter(|at| self.calls[*at].updates() || self.calls[*at].name == "note").collect();
        for _ in 0..4 {
            let at = self.any_of(&fitting);
            let signature = self.calls[at].clone();
            if let Some(call) = self.call(&signature, 1) {
                let start =
                    if signature.gives.is_some() { self.any_of(&["", "", "let _ = ", "let _unused = "]) } else { "" };
                self.line(&format!("{start}{call};"));
                return;
            }
        }
        self.binding();
    }

    /// The one use of a `&mut` parameter.
    pub(super) fn use_unique_parameter(&mut self, name: &str, ty: Ty) {
        let more = self.value(Ty::Int, 1);
        let call = match ty {
            Ty::Int => format!("bump({name}, {more})"),
            Ty::Bool => format!("flip({name})"),
            Ty::Text => format!("grow({name}, {more})"),
            Ty::List => format!("push_in({name}, {more})"),
            Ty::Opt => format!("take({name})"),
            Ty::Rec => format!("charge({name}, {more})"),
        };
        self.lines("    ", |writer| writer.line(&format!("{call};")));
    }

    /// `xs.push(f(x));`
    pub(super) fn method_in_place(&mut self) {
        let vars = self.scope.those(Use::Update, |var| {
            var.kind == Kind::Lazy && matches!(var.ty, Ty::List | Ty::Text | Ty::Rec | Ty::Opt)
        });
        let Some(var) = self.some_of(&vars) else { return self.binding() };
        let (name, ty) = (self.scope.vars[var].name.clone(), self.scope.vars[var].ty);
        let holds = self.scope.holds();
        self.scope.hold(var, true);
        let call = match (ty, self.random.u8(..4)) {
            (Ty::List, 0) => "reverse()".into(),
            (Ty::List, 1) => "truncate(4)".into(),
            (Ty::List, 2) => format!("insert(0, {})", self.value(Ty::Int, 1)),
            (Ty::List, _) => format!("push({})", self.value(Ty::Int, 1)),
            (Ty::Text, 0) => "clear()".into(),
            (Ty::Text, 1) => "truncate(1)".into(),
            (Ty::Text, 2) => format!("push_str({})", self.lent(Ty::Text, 1)),
            (Ty::Text, _) => "push('p')".into(),
            (Ty::Opt, _) => "take()".into(),
            (_, 0) => "clear_name()".into(),
            _ => format!("raise({})", self.value(Ty::Int, 1)),
        };
        self.scope.release(holds);
        // A cut in the middle of a character would panic; all text here is ASCII.
        self.line(&format!("{name}.{call};"));
    }

    /// `x = f(y);`, or `x = f(x, y);`, which may stand in a loop.
    pub(super) fn assignment(&mut self) {
        let (depth, frozen) = (self.scope.depth, self.scope.frozen_below);
        let fits = |var: &crate::model::Var| {
            var.mutable
                && var.kind == Kind::Lazy
                && var.depth >= frozen
                && !var.name.ends_with('\'')
                && var.depth <= depth
        };
        let vars: Vec<usize> = (0..self.scope.vars.len()).filter(|at| fits(&self.scope.vars[*at])).collect();
        let Some(var) = self.some_of(&vars) else { return self.binding() };
        let (name, ty) = (self.scope.vars[var].name.clone(), self.scope.vars[var].ty);
        let was_gone = self.scope.vars[var].gone;
        let value = if was_gone || self.chance(40) {
            self.lazy(ty, 2)
        } else {
            // Moved and given back at once.
            self.scope.vars[var].gone = true;
            match ty {
                Ty::Int => format!("mix({name}, {}, 1)", self.value(Ty::Int, 1)),
                Ty::Bool => format!("both({name}, {})", self.value(Ty::Bool, 1)),
                Ty::Text => format!("upper({name})"),
                Ty::List if self.chance(50) => format!("sorted({name})"),
                Ty::List => format!("append({name}, {})", self.value(Ty::Int, 1)),
                Ty::Opt => format!("next({name})"),
                Ty::Rec => format!("{name}.with_total({})", self.value(Ty::Int, 1)),
            }
        };
        self.line(&format!("{name} = {value};"));
        self.scope.vars[var].gone = false;
    }

    /// `x += f(y);`
    pub(super) fn compound_assignment(&mut self) {
        let vars = self.scope.those(Use::Update, |var| var.kind == Kind::Lazy && matches!(var.ty, Ty::Int | Ty::Text));
        let Some(var) = self.some_of(&vars) else { return self.binding() };
        let (name, ty) = (self.scope.vars[var].name.clone(), self.scope.vars[var].ty);
        if ty == Ty::Int {
            let operator = self.any_of(&["+=", "-=", "*=", "^="]);
            let value = self.value(Ty::Int, 1);
            self.line(&format!("{name} {operator} {value};"));
        } else {
            let holds = self.scope.holds();
            self.scope.hold(var, true);
            let value = self.lent(Ty::Text, 1);
            self.scope.release(holds);
            self.line(&format!("{name} += {value};"));
        }
    }

    /// `let (a, b) = f(x);`
    pub(super) fn taken_apart(&mut self) {
        let (a, b, c) = (self.fresh(), self.fresh(), self.fresh());
        let ((a_mut, a_word), (b_mut, b_word)) = (self.mutable(), self.mutable());
        match self.random.u8(..4) {
            0 => {
                let value = self.value(Ty::Int, 1);
                self.line(&format!("let ({a_word}{a}, {b_word}{b}) = some_or({value});"));
                self.declare(&a, Ty::Int, Kind::Lazy, a_mut);
                self.declare(&b, Ty::List, Kind::Lazy, b_mut);
            }
            1 => {
                let value = self.value(Ty::List, 1);
                self.line(&format!("let ({a_word}{a}, {b_word}{b}) = halves({value});"));
                self.declare(&a, Ty::List, Kind::Lazy, a_mut);
                self.declare(&b, Ty::List, Kind::Lazy, b_mut);
            }
            2 => {
                let value = self.value(Ty::Rec, 1);
                self.line(&format!("let ({a_word}{a}, ({b_word}{b}, {c})) = parts({value});"));
                self.declare(&a, Ty::Int, Kind::Lazy, a_mut);
                self.declare(&b, Ty::Text, Kind::Lazy, b_mut);
                self.declare(&c, Ty::List, Kind::Lazy, false);
            }
            _ => {
                let (one, two) = (self.lazy(Ty::Int, 1), self.lazy(Ty::Int, 1));
                self.line(&format!("let ({a_word}{a}, {b_word}{b}) = ({one}, {two});"));
                self.declare(&a, Ty::Int, Kind::Lazy, a_mut);
                self.declare(&b, Ty::Int, Kind::Lazy, b_mut);
            }
        }
    }

    /// Two values that change places, or one that is taken out of its place.
    pub(super) fn swapped(&mut self) {
        let fits =
            |writer: &Self, ty| writer.scope.those(Use::Update, move |var| var.kind == Kind::Lazy && var.ty == ty);
        let ty = self.any_of(&[Ty::Int, Ty::List]);
        let vars = fits(self, ty);
        if vars.len() < 2 {
            return self.binding();
        }
        let (a, b) = (&self.scope.vars[vars[0]], &self.scope.vars[vars[vars.len() - 1]]);
        let (a, b) = (a.name.clone(), b.name.clone());
        match self.random.u8(..4) {
            0 => self.line(&format!("std::mem::swap(&mut {a}, &mut {b});")),
            1 => self.line(&format!("({a}, {b}) = ({b}, {a});")),
            2 => {
                let name = self.fresh();
                self.line(&format!("let {name} = {a};\n    {a} = {b};\n    {b} = {name};"));
            }
            _ => {
                let name = self.fresh();
                self.line(&format!("let {name} = std::mem::take(&mut {a});"));
                self.declare(&name, ty, Kind::Lazy, false);
            }
        }
    }

    /// A value that is there now, and may be changed now.
    pub(super) fn plain_local(&mut self) {
        let name = self.fresh();
        let ty = self.any_of(&[Ty::Int, Ty::List, Ty::List]);
        let value = match ty {
            Ty::Int => format!("{}_i64", self.random.u8(..9)),
            _ => format!("vec![{}, 4, {}]", self.plain(Ty::Int), self.plain(Ty::Int)),
        };
        self.line(&format!("let mut {name} = {value};"));
        self.declare(&name, ty, Kind::Plain, true);
    }

    /// Changes a value that is there now, which operations may have been given before.
    pub(super) fn change_of_plain(&mut self) {
        let vars = self.scope.those(Use::Update, |var| var.kind == Kind::Plain);
        let Some(var) = self.some_of(&vars) else { return self.plain_local() };
        let name = self.scope.vars[var].name.clone();
        let change = match (self.scope.vars[var].ty, self.random.u8(..4)) {
            (Ty::List, 0) => format!("{name}.push({})", self.plain(Ty::Int)),
            (Ty::List, 1) => format!("{name}.reverse()"),
            (Ty::List, 2) => format!("{name}.truncate(2)"),
            (Ty::List, _) => format!("{name} = vec![{}]", self.plain(Ty::Int)),
            (_, 0) => format!("{name} += 1"),
            (_, 1) => format!("{name} = {}", self.plain(Ty::Int)),
            _ => format!("{name} = ({name} * 3 + 1) % 10"),
        };
        self.line(&format!("{change};"));
    }
}
