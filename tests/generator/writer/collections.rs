//! Closures, and vectors and options of computed values.

use super::Writer;
use crate::model::{Kind, Ty, Use};

impl Writer<'_> {
    /// Writes an expression inside a closure that may be called several times.
    pub(super) fn in_closure<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let may_return = std::mem::replace(&mut self.may_return, false);
        let may_fail = std::mem::replace(&mut self.may_fail, false);
        let kept_below = std::mem::replace(&mut self.scope.kept_below, self.scope.depth + 1);
        let frozen_below = std::mem::replace(&mut self.scope.frozen_below, self.scope.depth + 1);
        self.scope.open();
        let written = write(self);
        self.scope.close();
        self.scope.kept_below = kept_below;
        self.scope.frozen_below = frozen_below;
        self.may_fail = may_fail;
        self.may_return = may_return;
        written
    }

    /// `let xs: Vec<i64> = (0..3).map(|i| f(i, &y)).collect();`
    pub(super) fn collected(&mut self) {
        let (name, counter) = (self.fresh(), format!("i{}", self.names));
        self.names += 1;
        let count = self.random.usize(1..5);
        let body = self.in_closure(|writer| {
            writer.declare(&counter, Ty::Int, Kind::Plain, false);
            if writer.chance(30) {
                let inner = writer.lazy(Ty::Int, 1);
                let own = writer.fresh();
                writer.declare(&own, Ty::Int, Kind::Lazy, false);
                format!("{{ let {own} = {inner}; {} }}", writer.lazy(Ty::Int, 1))
            } else {
                writer.lazy(Ty::Int, 2)
            }
        });
        let (mutable, word) = self.mutable();
        let from = self.any_of(&["", ".rev()", ".filter(|i| *i != 100)"]);
        self.line(&format!("let {word}{name}: Vec<i64> = (0..{count}_i64){from}.map(|{counter}| {body}).collect();"));
        let var = self.declare(&name, Ty::List, Kind::Gathered, mutable);
        self.scope.vars[var].len = count;
    }

    /// `let mut xs = Vec::new(); for … { xs.push(f(i)); }`
    pub(super) fn gathered_by_pushing(&mut self) {
        let name = self.fresh();
        self.line(&format!("let mut {name} = Vec::new();"));
        let first = self.lazy(Ty::Int, 1);
        self.line(&format!("{name}.push({first});"));
        let (head, counter, counted) = self.head();
        self.line(&format!("{head} {{"));
        self.repeated(|writer| {
            writer.declare(&counter, counted, Kind::Plain, false);
            let value = writer.value(Ty::Int, 2);
            writer.line(&format!("{name}.push({value});"));
        });
        self.line("}");
        let var = self.declare(&name, Ty::List, Kind::Gathered, true);
        self.scope.vars[var].len = 1;
    }

    /// `let xs = vec![f(x), 3];` and `let x = Some(f(x));`
    pub(super) fn gathered_by_hand(&mut self) {
        let name = self.fresh();
        let first = self.lazy(Ty::Int, 1);
        if self.chance(40) {
            let condition = self.condition();
            let value = if self.chance(50) {
                format!("Some({first})")
            } else {
                format!("if {condition} {{ Some({first}) }} else {{ None }}")
            };
            self.line(&format!("let {name} = {value};"));
            self.declare(&name, Ty::Opt, Kind::Gathered, false);
        } else {
            let (mutable, word) = self.mutable();
            let (second, third) = (self.value(Ty::Int, 1), self.value(Ty::Int, 1));
            self.line(&format!("let {word}{name} = vec![{first}, {second}, {third}];"));
            let var = self.declare(&name, Ty::List, Kind::Gathered, mutable);
            self.scope.vars[var].len = 3;
        }
    }

    /// Loops over gathered values, and matches on them.
    pub(super) fn use_of_gathered(&mut self) {
        let vars = self.scope.those(Use::Read, |var| var.kind == Kind::Gathered);
        let Some(var) = self.some_of(&vars) else { return self.collected() };
        let (of, name) = (self.scope.vars[var].clone(), self.fresh());
        if of.ty == Ty::Opt {
            if !self.scope.can(var, Use::Move) {
                return self.binding();
            }
            self.scope.vars[var].gone = true;
            self.line(&format!("let {name} = match {} {{ Some(some) => add(some, 1), None => 4 }};", of.name));
            self.declare(&name, Ty::Int, Kind::Lazy, false);
            return;
        }
        match self.random.u8(..5) {
            0 if self.scope.can(var, Use::Update) => {
                self.line(&format!("for each in &mut {} {{\n        bump(each, 3);\n    }}", of.name));
            }
            1 if self.scope.can(var, Use::Move) => {
                self.scope.vars[var].gone = true;
                self.line(&format!("let mut {name} = 0;"));
                self.line(&format!("for each in {} {{\n        {name} = add({name}, each);\n    }}", of.name));
                self.declare(&name, Ty::Int, Kind::Lazy, true);
            }
            2 => {
                self.line(&format!("let mut {name} = 2;"));
                self.line(&format!(
                    "for each in {}.iter() {{\n        {name} = add({name}, look(each));\n    }}",
                    of.name
                ));
                self.declare(&name, Ty::Int, Kind::Lazy, true);
            }
            3 if self.scope.can(var, Use::Move) => {
                self.scope.vars[var].gone = true;
                self.line(&format!(
                    "let {name}: Vec<i64> = {}.into_iter().map(|each| mix(each, each, 1)).collect();",
                    of.name
                ));
                let new = self.declare(&name, Ty::List, Kind::Gathered, false);
                self.scope.vars[new].len = of.len;
            }
            _ => {
                let other = self.fresh();
                self.line(&format!("let {other} = {}.len() as i64;", of.name));
                self.declare(&other, Ty::Int, Kind::Plain, false);
                self.line(&format!("let {name}: Vec<i64> = {}.iter().map(|each| look(each)).collect();", of.name));
                let new = self.declare(&name, Ty::List, Kind::Gathered, false);
                self.scope.vars[new].len = of.len;
            }
        }
    }

    /// `let g = |k: i64| f(x, k); let y = g(1);`
    pub(super) fn local_closure(&mut self) {
        let lists = self.scope.those(Use::Update, |var| var.kind == Kind::Lazy && var.ty == Ty::List);
        let name = self.fresh();
        if let Some(list) = self.some_of(&lists)
            && self.chance(50)
        {
            let list = self.scope.vars[list].name.clone();
            self.line(&format!("(0..2).for_each(|k| {{\n        push_in(&mut {list}, k);\n    }});"));
            return;
        }
        let body = self.in_closure(|writer| {
            writer.declare("k", Ty::Int, Kind::Plain, false);
            writer.lazy(Ty::Int, 2)
        });
        self.line(&format!("let {name} = |k: i64| {body};"));
        for at in 1..3 {
            let result = self.fresh();
            self.line(&format!("let {result} = {name}({at});"));
            self.declare(&result, Ty::Int, Kind::Hidden, false);
        }
    }

    /// `let t = f(x); let a = g(t.0); let b = h(&t.1); let c = t.1;`
    pub(super) fn parts_by_number(&mut self) {
        let [t, a, b, c] = [(); 4].map(|()| self.fresh());
        let value = self.value(Ty::Int, 1);
        self.line(&format!("let {t} = some_or({value});"));
        let number = self.random.u8(..9);
        self.line(&format!("let {a} = add({t}.0, {number});"));
        self.declare(&a, Ty::Int, Kind::Lazy, false);
        let more = self.value(Ty::Int, 1);
        self.line(&format!("let {b} = append(merge(&{t}.1, &[{t}.0]), {more});"));
        self.declare(&b, Ty::List, Kind::Lazy, false);
        let (mutable, word) = self.mutable();
        self.line(&format!("let {word}{c} = {t}.1;"));
        self.declare(&c, Ty::List, Kind::Lazy, mutable);
    }

    /// `let mut g = |k: i64| push_in(&mut xs, k);`
    pub(super) fn closure_that_updates(&mut self) {
        let vars = self
            .scope
            .those(Use::Update, |var| var.kind == Kind::Lazy && matches!(var.ty, Ty::Int | Ty::List | Ty::Rec));
        let Some(var) = self.some_of(&vars) else { return self.binding() };
        let (of, closure) = (self.scope.vars[var].name.clone(), self.fresh());
        let call = match self.scope.vars[var].ty {
            Ty::Int => format!("{{ bump(&mut {of}, k); tick(&mut {of}) }}"),
            Ty::List => format!("push_in(&mut {of}, k)"),
            _ => format!("charge(&mut {of}, k)"),
        };
        self.line(&format!("let mut {closure} = |k: i64| {call};"));
        for at in 1..3 {
            let result = self.fresh();
            self.line(&format!("let {result} = {closure}({at});"));
            self.declare(&result, Ty::Int, Kind::Hidden, false);
        }
    }

    /// A vector of computed lists, which are updated, read and summed up.
    pub(super) fn rows(&mut self) {
        let [rows, sums, counter, all] = [(); 4].map(|()| self.fresh());
        let count = self.random.usize(2..4);
        let row = self.in_closure(|writer| {
            writer.declare(&counter, Ty::Int, Kind::Plain, false);
            writer.lazy(Ty::List, 2)
        });
        self.line(&format!("let mut {rows}: Vec<Vec<i64>> = (0..{count}_i64).map(|{counter}| {row}).collect();"));
        for _ in 0..self.random.usize(1..4) {
            let (one, more) = (self.random.usize(..count), self.value(Ty::Int, 1));
            let line = match self.random.u8(..6) {
                0 => format!("push_in(&mut {rows}[{one}], {more});"),
                1 => format!("for row in &mut {rows} {{\n        push_in(row, 3);\n    }}"),
                2 => format!("for row in {rows}.iter_mut() {{\n        sort(row);\n    }}"),
                3 => format!(
                    "for k in 1..{count} {{\n        let (done, rest) = {rows}.split_at_mut(k);\n        pour(&mut rest[0], &done[k - 1]);\n    }}"
                ),
                4 => format!("{rows}[{one}] = append({rows}[0].clone(), {more});"),
                _ => format!("{rows}.swap(0, {one});"),
            };
            self.line(&line);
        }
        if self.chance(50) {
            self.line(&format!("let {sums}: Vec<i64> = {rows}.iter().map(|row| sum(row)).collect();"));
        } else {
            self.line(&format!("let {sums}: Vec<i64> = {rows}.into_iter().map(|row| sum_owned(row)).collect();"));
            self.declare(&sums, Ty::List, Kind::Gathered, false);
            return;
        }
        self.line(&format!("let {all} = sum_rows({rows});"));
        self.declare(&sums, Ty::List, Kind::Gathered, false);
        self.declare(&all, Ty::Int, Kind::Lazy, false);
    }

    /// An option of a computed value that a loop carries around.
    pub(super) fn option_as_state(&mut self) {
        let (last, name) = (self.fresh(), self.fresh());
        self.line(&format!("let mut {last} = None;"));
        let (head, counter, counted) = self.head();
        self.line(&format!("{head} {{"));
        self.repeated(|writer| {
            writer.declare(&counter, counted, Kind::Plain, false);
            let value = writer.lazy(Ty::Int, 1);
            writer.line(&format!("let new = {value};"));
            writer.line(&format!("{last} = Some(match {last} {{ None => new, Some(old) => add(old, new) }});"));
        });
        self.line("}");
        self.line(&format!("let {name} = or_zero({last});"));
        self.declare(&name, Ty::Int, Kind::Lazy, false);
    }

    /// `let x = (0..3).fold(f(1), |acc, i| g(acc, i));`
    pub(super) fn folded(&mut self) {
        let (name, counter) = (self.fresh(), self.fresh());
        let start = self.lazy(Ty::Int, 1);
        let more = self.in_closure(|writer| {
            writer.declare(&counter, Ty::Int, Kind::Plain, false);
            writer.value(Ty::Int, 1)
        });
        self.line(&format!("let {name} = (0..3_i64).fold({start}, |acc, {counter}| mix(acc, {more}, {counter}));"));
        // That it is lazy isn't known so far, so it can't be used twice.
        let used = self.fresh();
        self.line(&format!("let {used} = add({name}, 2);"));
        self.declare(&used, Ty::Int, Kind::Lazy, false);
    }
}
