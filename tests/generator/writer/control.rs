//! Loops, branches, blocks and early returns.

use super::Writer;
use crate::model::{Kind, Ty, Use};

impl Writer<'_> {
    /// Writes a block's statements, without the braces.
    pub(super) fn block(&mut self, statements: usize, depth: usize) {
        self.scope.open();
        self.lines("    ", |writer| {
            for _ in 0..statements {
                writer.statement(depth);
            }
        });
        self.scope.close();
    }

    /// Writes the blocks of branches: what is gone after any of them is gone after all.
    pub(super) fn branches(&mut self, heads: &[&str], depth: usize) {
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

    pub(super) fn if_statement(&mut self, depth: usize) {
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
    pub(super) fn number(&mut self) -> String {
        let vars = self.scope.those(Use::Read, |var| var.kind == Kind::Plain && var.ty == Ty::Int);
        match self.some_of(&vars) {
            Some(var) => self.scope.vars[var].name.clone(),
            None => "5".into(),
        }
    }

    pub(super) fn match_statement(&mut self, depth: usize) {
        let number = self.number();
        self.line(&format!("match {number} % 3 {{"));
        self.lines("    ", |writer| writer.branches(&["0 => {", "}\n    1 | 2 => {", "}\n    _ => {"], depth));
        self.line("    }\n    }");
    }

    /// `let x = if … { f(y) } else { 3 };` and the like.
    pub(super) fn branching_value(&mut self) {
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
    pub(super) fn block_value(&mut self, depth: usize) {
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
    pub(super) fn late_binding(&mut self) {
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
    pub(super) fn repeated(&mut self, write: impl FnOnce(&mut Self)) {
        let kept_below = std::mem::replace(&mut self.scope.kept_below, self.scope.depth + 1);
        self.scope.open();
        self.loops += 1;
        self.lines("    ", write);
        self.loops -= 1;
        self.scope.close();
        self.scope.kept_below = kept_below;
    }

    /// A loop's head, and what it binds.
    pub(super) fn head(&mut self) -> (String, String, Ty) {
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
    pub(super) fn jump(&mut self) {
        if self.chance(15) {
            let condition = self.condition();
            let jump = self.any_of(&["continue", "break"]);
            self.line(&format!("if {condition} {{\n        {jump};\n    }}"));
        }
    }

    pub(super) fn for_loop(&mut self, depth: usize) {
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

    pub(super) fn while_loop(&mut self, depth: usize) {
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
    pub(super) fn loop_with_value(&mut self, depth: usize) {
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
    pub(super) fn accumulation(&mut self) {
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

    /// `if … { return …; }`
    pub(super) fn early_return(&mut self) {
        let condition = self.condition();
        let before = self.scope.gone();
        let kept_below = std::mem::replace(&mut self.scope.kept_below, 0);
        let value = self.returned();
        self.scope.kept_below = kept_below;
        self.scope.restore(&before);
        self.line(&format!("if {condition} {{\n        return {value};\n    }}"));
    }

    /// `if let Some(&first) = xs.first() { … } else { … }`
    pub(super) fn if_let(&mut self, depth: usize) {
        let lists =
            self.scope.those(Use::Read, |var| matches!(var.kind, Kind::Borrow | Kind::Plain) && var.ty == Ty::List);
        let Some(list) = self.some_of(&lists) else { return self.if_statement(depth) };
        let head = format!("if let Some(&_first) = {}.first() {{", self.scope.vars[list].name);
        self.branches(&[&head, "} else {"], depth);
        self.line("}");
    }

    pub(super) fn while_let(&mut self, depth: usize) {
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

    pub(super) fn labelled_loops(&mut self, depth: usize) {
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
