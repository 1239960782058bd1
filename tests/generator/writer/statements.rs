//! Statements: bindings, assignments, effects, loops, branches, early returns, closures and collections.

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

    fn any_type(&mut self) -> Ty {
        // Numbers and lists make up most of a program.
        self.any_of(&[Ty::Int, Ty::Int, Ty::Int, Ty::List, Ty::List, Ty::Text, Ty::Rec, Ty::Opt, Ty::Bool])
    }

    fn mutable(&mut self) -> (bool, &'static str) {
        let yes = self.chance(60);
        (yes, if yes { "mut " } else { "" })
    }

    /// `let x = f(y);`
    fn binding(&mut self) {
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
    fn effect(&mut self) {
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
    fn method_in_place(&mut self) {
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
    fn assignment(&mut self) {
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
    fn compound_assignment(&mut self) {
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
    fn taken_apart(&mut self) {
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

    /// Writes a block's statements, without the braces.
    fn block(&mut self, statements: usize, depth: usize) {
        self.scope.open();
        self.lines("    ", |writer| {
            for _ in 0..statements {
                writer.statement(depth);
            }
        });
        self.scope.close();
    }

    /// Writes the blocks of branches: what is gone after any of them is gone after all.
    fn branches(&mut self, heads: &[&str], depth: usize) {
        let before = self.scope.gone();
        let mut after = before.clone();
        for head in heads {
            self.line(head);
            let count = self.random.usize(1..3);
            self.block(count, depth);
            let gone = self.scope.gone();
            after.iter_mut().zip(gone).for_each(|(after, gone)| *after |= gone);
            self.scope.restore(&before);
        }
        self.scope.restore(&after);
    }

    fn if_statement(&mut self, depth: usize) {
        let condition = self.condition();
        let head = format!("if {condition} {{");
        match self.random.u8(..3) {
            0 => self.branches(&[&head], depth),
            1 => self.branches(&[&head, "} else {"], depth),
            _ => {
                let other = format!("}} else if {} {{", self.condition());
                self.branches(&[&head, &other, "} else {"], depth);
            }
        }
        self.line("}");
    }

    /// A plain number.
    fn number(&mut self) -> String {
        let vars = self.scope.those(Use::Read, |var| var.kind == Kind::Plain && var.ty == Ty::Int);
        match self.some_of(&vars) {
            Some(var) => self.scope.vars[var].name.clone(),
            None => "5".into(),
        }
    }

    fn match_statement(&mut self, depth: usize) {
        let number = self.number();
        self.line(&format!("match {number} % 3 {{"));
        self.lines("    ", |writer| writer.branches(&["0 => {", "}\n    1 | 2 => {", "}\n    _ => {"], depth));
        self.line("    }\n    }");
    }

    /// `let x = if … { f(y) } else { 3 };` and the like.
    fn branching_value(&mut self) {
        let ty = self.any_type();
        let name = self.fresh();
        let (mutable, word) = self.mutable();
        let before = self.scope.gone();
        let mut after = before.clone();
        let mut arms = Vec::new();
        for arm in 0..3 {
            arms.push(if arm == 0 { self.lazy(ty, 2) } else { self.value(ty, 1) });
            let gone = self.scope.gone();
            after.iter_mut().zip(gone).for_each(|(after, gone)| *after |= gone);
            self.scope.restore(&before);
        }
        self.scope.restore(&after);
        if self.random.bool() {
            let (one, other) = (self.condition(), self.condition());
            self.line(&format!(
                "let {word}{name} = if {one} {{ {} }} else if {other} {{ {} }} else {{ {} }};",
                arms[0], arms[1], arms[2]
            ));
        } else {
            let (number, guard) = (self.number(), self.condition());
            self.line(&format!("let {word}{name} = match {number} {{"));
            self.line(&format!("    0 | 3 => {},", arms[1]));
            self.line(&format!("    _ if {guard} => {{ {} }}", arms[0]));
            self.line(&format!("    _ => {},\n    }};", arms[2]));
        }
        self.declare(&name, ty, Kind::Lazy, mutable);
    }

    /// `let x = { let y = f(z); g(y) };`
    fn block_value(&mut self, depth: usize) {
        let ty = self.any_type();
        let name = self.fresh();
        let (mutable, word) = self.mutable();
        self.line(&format!("let {word}{name} = {{"));
        self.scope.open();
        let mut tail = String::new();
        self.lines("    ", |writer| {
            for _ in 0..writer.random.usize(1..3) {
                writer.statement(depth);
            }
            tail = writer.lazy(ty, 2);
            writer.line(&tail);
        });
        self.scope.close();
        self.line("};");
        self.declare(&name, ty, Kind::Lazy, mutable);
    }

    /// `let x; if … { x = f(y); } else { x = 3; }`
    fn late_binding(&mut self) {
        let ty = self.any_type();
        let name = self.fresh();
        self.line(&format!("let {name};"));
        let condition = self.condition();
        let before = self.scope.gone();
        let one = self.lazy(ty, 1);
        let after = self.scope.gone();
        self.scope.restore(&before);
        let other = self.value(ty, 1);
        self.scope.merge(&after);
        self.line(&format!(
            "if {condition} {{\n        {name} = {one};\n    }} else {{\n        {name} = {other};\n    }}"
        ));
        self.declare(&name, ty, Kind::Lazy, false);
    }

    /// Writes what may run several times.
    fn repeated(&mut self, write: impl FnOnce(&mut Self)) {
        let kept_below = std::mem::replace(&mut self.scope.kept_below, self.scope.depth + 1);
        self.scope.open();
        self.loops += 1;
        self.lines("    ", write);
        self.loops -= 1;
        self.scope.close();
        self.scope.kept_below = kept_below;
    }

    /// A loop's head, and what it binds.
    fn head(&mut self) -> (String, String, Ty) {
        let name = format!("i{}", self.names);
        self.names += 1;
        let lists = self
            .scope
            .those(Use::Read, |var| var.kind == Kind::Borrow && var.ty == Ty::List && !var.name.starts_with('w'));
        let head = match (self.random.u8(..4), self.some_of(&lists)) {
            (0, Some(list)) => format!("for &{name} in {}.iter().take(3)", self.scope.vars[list].name),
            (1, Some(list)) => format!("for {name} in {}.iter().copied().take(4)", self.scope.vars[list].name),
            (2, _) => format!("for {name} in (0..{}_i64).rev()", self.random.u8(1..4)),
            _ => format!("for {name} in 0..{}_i64", self.random.u8(..4)),
        };
        (head, name, Ty::Int)
    }

    /// `continue` and `break`, now and then.
    fn jump(&mut self) {
        if self.chance(15) {
            let condition = self.condition();
            let jump = self.any_of(&["continue", "break"]);
            self.line(&format!("if {condition} {{\n        {jump};\n    }}"));
        }
    }

    fn for_loop(&mut self, depth: usize) {
        let (head, name, ty) = self.head();
        self.line(&format!("{head} {{"));
        let before = self.scope.gone();
        self.repeated(|writer| {
            writer.declare(&name, ty, Kind::Plain, false);
            writer.jump();
            for _ in 0..writer.random.usize(1..3) {
                writer.statement(depth);
            }
        });
        self.scope.merge(&before);
        self.line("}");
    }

    fn while_loop(&mut self, depth: usize) {
        let name = format!("k{}", self.names);
        self.names += 1;
        let (from, to) = (self.random.u8(..3), self.random.u8(2..6));
        self.line(&format!("let mut {name} = {from}_i64;"));
        self.line(&format!("while {name} < {to} {{"));
        let before = self.scope.gone();
        self.repeated(|writer| {
            writer.line(&format!("{name} += 1;"));
            writer.declare(&name, Ty::Int, Kind::Plain, false);
            writer.jump();
            for _ in 0..writer.random.usize(1..3) {
                writer.statement(depth);
            }
        });
        self.scope.merge(&before);
        self.line("}");
    }

    /// `let x = loop { … break f(y); };`
    fn loop_with_value(&mut self, depth: usize) {
        let (name, counter) = (self.fresh(), format!("k{}", self.names));
        self.names += 1;
        let ty = self.any_type();
        let to = self.random.u8(1..4);
        self.line(&format!("let mut {counter} = 0_i64;"));
        self.line(&format!("let {name} = loop {{"));
        let before = self.scope.gone();
        self.repeated(|writer| {
            writer.line(&format!("{counter} += 1;"));
            writer.declare(&counter, Ty::Int, Kind::Plain, false);
            for _ in 0..writer.random.usize(1..3) {
                writer.statement(depth);
            }
            let value = writer.lazy(ty, 1);
            writer.line(&format!("if {counter} >= {to} {{\n        break {value};\n    }}"));
        });
        self.scope.merge(&before);
        self.line("};");
        self.declare(&name, ty, Kind::Lazy, false);
    }

    /// `let mut x = 0; for … { x = f(x, y); }`
    fn accumulation(&mut self) {
        let ty = self.any_of(&[Ty::Int, Ty::Int, Ty::List, Ty::Text]);
        let name = self.fresh();
        let start = match ty {
            Ty::Int => self.any_of(&["0", "1"]),
            Ty::List => self.any_of(&["Vec::new()", "vec![1, 2]"]),
            _ => "String::new()",
        };
        self.line(&format!("let mut {name} = {start};"));
        let (head, counter, counted) = self.head();
        self.line(&format!("{head} {{"));
        self.repeated(|writer| {
            writer.declare(&counter, counted, Kind::Plain, false);
            let step = match (ty, writer.random.u8(..3)) {
                (Ty::Int, 0) => format!("{name} = add({name}, {})", writer.lazy(Ty::Int, 1)),
                (Ty::Int, 1) => format!("{name} += {}", writer.lazy(Ty::Int, 1)),
                (Ty::Int, _) => format!("{name} = mix({}, {name}, {counter})", writer.lazy(Ty::Int, 1)),
                (Ty::List, 0) => format!("{name} = merge(&{name}, {})", writer.lent(Ty::List, 1)),
                (Ty::List, _) => format!("{name} = append({name}, {})", writer.lazy(Ty::Int, 1)),
                _ => format!("{name} = join(&{name}, {})", writer.lent(Ty::Text, 1)),
            };
            writer.scope.release(0);
            if writer.chance(30) {
                let condition = writer.condition();
                writer.line(&format!("if {condition} {{\n        {step};\n    }}"));
            } else {
                writer.line(&format!("{step};"));
            }
        });
        self.line("}");
        self.declare(&name, ty, Kind::Lazy, true);
    }

    /// Writes an expression inside a closure that may be called several times.
    fn in_closure<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
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
    fn collected(&mut self) {
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
    fn gathered_by_pushing(&mut self) {
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
    fn gathered_by_hand(&mut self) {
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
    fn use_of_gathered(&mut self) {
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
    fn local_closure(&mut self) {
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

    /// Two values that change places, or one that is taken out of its place.
    fn swapped(&mut self) {
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

    /// `if … { return …; }`
    fn early_return(&mut self) {
        let condition = self.condition();
        let before = self.scope.gone();
        let kept_below = std::mem::replace(&mut self.scope.kept_below, 0);
        let value = self.returned();
        self.scope.kept_below = kept_below;
        self.scope.restore(&before);
        self.line(&format!("if {condition} {{\n        return {value};\n    }}"));
    }

    /// A value that is there now, and may be changed now.
    fn plain_local(&mut self) {
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
    fn change_of_plain(&mut self) {
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

    /// `let t = f(x); let a = g(t.0); let b = h(&t.1); let c = t.1;`
    fn parts_by_number(&mut self) {
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
    fn closure_that_updates(&mut self) {
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
    fn rows(&mut self) {
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
    fn option_as_state(&mut self) {
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
    fn folded(&mut self) {
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

    /// `if let Some(&first) = xs.first() { … } else { … }`
    fn if_let(&mut self, depth: usize) {
        let lists =
            self.scope.those(Use::Read, |var| matches!(var.kind, Kind::Borrow | Kind::Plain) && var.ty == Ty::List);
        let Some(list) = self.some_of(&lists) else { return self.if_statement(depth) };
        let head = format!("if let Some(&_first) = {}.first() {{", self.scope.vars[list].name);
        self.branches(&[&head, "} else {"], depth);
        self.line("}");
    }

    fn while_let(&mut self, depth: usize) {
        let (iterator, name) = (self.fresh(), format!("k{}", self.names));
        let first = self.random.u8(..9);
        self.line(&format!("let mut {iterator} = vec![{first}, 1, 2].into_iter();"));
        self.line(&format!("while let Some({name}) = {iterator}.next() {{"));
        let before = self.scope.gone();
        self.repeated(|writer| {
            writer.declare(&name, Ty::Int, Kind::Plain, false);
            writer.jump();
            for _ in 0..writer.random.usize(1..3) {
                writer.statement(depth);
            }
        });
        self.scope.merge(&before);
        self.line("}");
    }

    fn labelled_loops(&mut self, depth: usize) {
        let (one, other) = (format!("i{}", self.names), format!("j{}", self.names));
        self.names += 1;
        self.line(&format!("'outer: for {one} in 0..3_i64 {{"));
        let before = self.scope.gone();
        self.repeated(|writer| {
            writer.declare(&one, Ty::Int, Kind::Plain, false);
            writer.statement(depth);
            writer.line(&format!("for {other} in 0..3_i64 {{"));
            writer.repeated(|writer| {
                writer.declare(&other, Ty::Int, Kind::Plain, false);
                writer.statement(depth);
                let condition = writer.condition();
                let jump = writer.any_of(&["continue 'outer", "break 'outer", "break"]);
                writer.line(&format!("if {condition} {{\n        {jump};\n    }}"));
                writer.statement(depth);
            });
            writer.line("}");
            writer.statement(depth);
        });
        self.scope.merge(&before);
        self.line("}");
    }
}
