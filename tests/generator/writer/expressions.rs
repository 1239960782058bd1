//! Values: calls, methods, operators, branches, and how variables are used in them.

use super::Writer;
use crate::model::{Kind, Pass, Signature, Ty, Use};

/// How deep calls stand in calls where nothing says how deep.
const SHALLOW: usize = 1;

impl Writer<'_> {
    /// A value, computed or not.
    pub(super) fn value(&mut self, ty: Ty, depth: usize) -> String {
        if self.chance(75) { self.lazy(ty, depth) } else { self.plain(ty) }
    }

    /// A part of what the function returns.
    pub(super) fn returned_part(&mut self, ty: Ty) -> String {
        let gathered = self.scope.those(Use::Move, |var| var.kind == Kind::Gathered && var.ty == ty);
        if let Some(var) = self.some_of(&gathered)
            && self.chance(60)
        {
            return self.take(var);
        }
        let lazy = self.scope.those(Use::Read, |var| var.kind == Kind::Lazy && var.ty == ty);
        if !lazy.is_empty() && self.chance(60) {
            let var = self.any_of(&lazy);
            return self.by_value(var);
        }
        self.value(ty, 2)
    }

    /// A value that the text shows to be computed.
    pub(super) fn lazy(&mut self, ty: Ty, depth: usize) -> String {
        for _ in 0..4 {
            let written = match self.random.u8(..10) {
                0 | 1 => {
                    let vars = self.scope.those(Use::Read, |var| var.kind == Kind::Lazy && var.ty == ty);
                    self.some_of(&vars).map(|var| self.by_value(var))
                }
                2..6 => self.call_giving(ty, depth),
                6 if self.may_fail && ty == Ty::Int => self.fallible_call(depth),
                _ => self.tried(|writer| writer.method(ty, depth)),
            };
            if let Some(written) = written {
                return written;
            }
        }
        match ty {
            Ty::Int => "add(1, 2)",
            Ty::Bool => "even(2)",
            Ty::Text => "show(1)",
            Ty::List => "range(3)",
            Ty::Opt => "find(&[4, 5], 1)",
            Ty::Rec => "rec(1, String::from(\"r\"), vec![2])",
        }
        .into()
    }

    /// A value that is there while the graph is built.
    pub(super) fn plain(&mut self, ty: Ty) -> String {
        let vars = self.scope.those(Use::Copy, |var| var.kind == Kind::Plain && var.ty == ty);
        if let Some(var) = self.some_of(&vars)
            && self.chance(50)
        {
            let name = self.scope.vars[var].name.clone();
            return match ty {
                Ty::Int if self.chance(30) => format!("({name} + {})", self.random.u8(1..9)),
                _ => name,
            };
        }
        let number = self.random.i8(-9..30);
        match ty {
            Ty::Int => number.to_string(),
            Ty::Bool => self.random.bool().to_string(),
            Ty::Text => self.any_of(&["String::from(\"ab\")", "\"c\".to_string()", "String::new()"]).into(),
            Ty::List => match self.random.u8(..3) {
                0 => "Vec::new()".into(),
                1 => format!("vec![{number}, 2, 3]"),
                _ => format!("vec![{number}; 2]"),
            },
            Ty::Opt => self.any_of(&["Some(3)", "None", "Some(8)"]).into(),
            Ty::Rec => "Rec { total: 3, name: String::from(\"plain\"), items: vec![1] }".into(),
        }
    }

    /// Undoes what a production that comes to nothing has noted.
    fn tried(&mut self, write: impl FnOnce(&mut Self) -> Option<String>) -> Option<String> {
        let (gone, holds) = (self.scope.gone(), self.scope.holds());
        let written = write(self);
        self.scope.release(holds);
        if written.is_none() {
            self.scope.restore(&gone);
        }
        written
    }

    /// A call of a function that gives such a value.
    fn call_giving(&mut self, ty: Ty, depth: usize) -> Option<String> {
        let fitting = (0..self.calls.len()).filter(|at| self.calls[*at].gives == Some(ty)).collect::<Vec<_>>();
        let at = self.any_of(&fitting);
        let signature = self.calls[at].clone();
        self.call(&signature, depth)
    }

    /// A call whose failure leaves the function.
    pub(super) fn fallible_call(&mut self, depth: usize) -> Option<String> {
        let at = self.random.usize(..self.fallible.len());
        let signature = self.fallible[at].clone();
        self.call(&signature, depth).map(|call| call + "?")
    }

    /// A call; nothing if there is no variable for it to update.
    pub(super) fn call(&mut self, signature: &Signature, depth: usize) -> Option<String> {
        self.tried(|writer| {
            let mut arguments = Vec::new();
            if signature.logs {
                arguments.push("log".to_owned());
            }
            for (pass, ty) in &signature.params {
                arguments.push(writer.argument(*pass, *ty, depth)?);
            }
            Some(format!("{}({})", signature.name, arguments.join(", ")))
        })
    }

    fn argument(&mut self, pass: Pass, ty: Ty, depth: usize) -> Option<String> {
        match pass {
            Pass::Own => Some(self.given(ty, depth)),
            Pass::Lend => Some(self.lent(ty, depth)),
            Pass::Update => self.updated(ty),
        }
    }

    /// An argument by value.
    fn given(&mut self, ty: Ty, depth: usize) -> String {
        match self.random.u8(..10) {
            0..5 => {
                let kinds = |kind| matches!(kind, Kind::Lazy | Kind::Hidden | Kind::Gathered | Kind::Plain);
                let vars = self.scope.those(Use::Read, |var| var.ty == ty && kinds(var.kind));
                if let Some(var) = self.some_of(&vars) {
                    return self.by_value(var);
                }
                if ty == Ty::Int
                    && let Some(element) = self.element()
                {
                    return element;
                }
            }
            5..8 if depth > 0 => return self.lazy(ty, depth - 1),
            8 if depth > 0 && ty == Ty::Opt => return format!("Some({})", self.lazy(Ty::Int, depth - 1)),
            8 if depth > 0 && ty == Ty::List => {
                return format!("vec![{}, {}]", self.value(Ty::Int, depth - 1), self.value(Ty::Int, depth - 1));
            }
            8 if depth > 0 => {
                let condition = self.condition();
                return self.either(&condition, ty, depth - 1);
            }
            _ => {}
        }
        self.plain(ty)
    }

    /// An argument by `&`. The borrow is held until the call.
    pub(super) fn lent(&mut self, ty: Ty, depth: usize) -> String {
        if self.chance(40) {
            return self.lent_value(ty, depth);
        }
        let vars = self.scope.those(Use::Read, |var| var.ty == ty);
        if let Some(var) = self.some_of(&vars) {
            self.scope.hold(var, false);
            let (name, kind) = (self.scope.vars[var].name.clone(), self.scope.vars[var].kind);
            return match (kind, ty) {
                (Kind::Borrow, Ty::List) if self.chance(30) => format!("&{name}[..{name}.len() / 2]"),
                (Kind::Borrow, _) => name,
                _ => format!("&{name}"),
            };
        }
        let field = match ty {
            Ty::Int => "total",
            Ty::Text => "name",
            Ty::List => "items",
            _ => return self.lent_value(ty, depth),
        };
        let records = self.scope.those(Use::Read, |var| var.ty == Ty::Rec && var.kind == Kind::Lazy);
        let Some(var) = self.some_of(&records) else { return self.lent_value(ty, depth) };
        self.scope.hold(var, false);
        format!("&{}.{field}", self.scope.vars[var].name)
    }

    /// An argument by `&` of a value that has no name.
    fn lent_value(&mut self, ty: Ty, depth: usize) -> String {
        if depth > 0 && self.chance(60) {
            return format!("&{}", self.call_giving(ty, depth - 1).unwrap_or_else(|| self.plain(ty)));
        }
        match ty {
            Ty::Text => "\"lit\"".into(),
            Ty::List => self.any_of(&["&[1, 2, 3]", "&[]", "&[7]"]).into(),
            _ => format!("&{}", self.plain(ty)),
        }
    }

    /// An argument by `&mut`, of a computed value. The borrow is held until the call.
    fn updated(&mut self, ty: Ty) -> Option<String> {
        let vars = self.scope.those(Use::Update, |var| match var.kind {
            Kind::Lazy => var.ty == ty || (var.ty == Ty::Rec && matches!(ty, Ty::Int | Ty::Text | Ty::List)),
            Kind::Gathered => ty == Ty::Int && var.ty == Ty::List && var.len > 0,
            _ => false,
        });
        let var = self.some_of(&vars)?;
        self.scope.hold(var, true);
        let (name, of, len) = {
            let var = &self.scope.vars[var];
            (var.name.clone(), var.ty, var.len)
        };
        Some(match (of, ty) {
            (Ty::List, Ty::Int) => format!("&mut {name}[{}]", self.random.usize(..len)),
            (Ty::Rec, Ty::Int) => format!("&mut {name}.total"),
            (Ty::Rec, Ty::Text) => format!("&mut {name}.name"),
            (Ty::Rec, Ty::List) => format!("&mut {name}.items"),
            _ => format!("&mut {name}"),
        })
    }

    /// An element of a list of computed values.
    fn element(&mut self) -> Option<String> {
        let vars = self.scope.those(Use::Read, |var| var.kind == Kind::Gathered && var.ty == Ty::List && var.len > 0);
        let var = self.some_of(&vars)?;
        let at = self.random.usize(..self.scope.vars[var].len);
        // Only since `f(xs[0], xs)` doesn't compile so far.
        self.scope.hold(var, false);
        Some(format!("{}[{at}]", self.scope.vars[var].name))
    }

    /// A variable, by value: copied, moved or cloned, as its type and the place allow.
    pub(super) fn by_value(&mut self, var: usize) -> String {
        if self.scope.can(var, Use::Copy) {
            return self.scope.vars[var].name.clone();
        }
        if self.scope.can(var, Use::Move) && self.chance(70) {
            return self.take(var);
        }
        let (name, kind) = (self.scope.vars[var].name.clone(), self.scope.vars[var].kind);
        match (kind, self.scope.vars[var].ty) {
            (Kind::Borrow, Ty::Text) => format!("{name}.to_string()"),
            (Kind::Borrow, Ty::List) => format!("{name}.to_vec()"),
            (Kind::Borrow, Ty::Int | Ty::Bool | Ty::Opt) => format!("*{name}"),
            _ => format!("{name}.clone()"),
        }
    }

    /// A variable, moved.
    fn take(&mut self, var: usize) -> String {
        self.scope.vars[var].gone = true;
        self.scope.vars[var].name.clone()
    }

    /// Something computed that methods can be called on: a variable that can be used so, or a call.
    fn receiver(&mut self, ty: Ty, how: Use, depth: usize) -> Option<String> {
        if how != Use::Update && depth > 0 && self.chance(30) {
            return self.call_giving(ty, depth - 1);
        }
        let mut vars = self.scope.those(how, |var| var.kind == Kind::Lazy && var.ty == ty);
        // This doesn't compile so far: `let g = || x.len()` for a `let mut x`.
        let frozen_below = self.scope.frozen_below;
        vars.retain(|var| !self.scope.vars[*var].mutable || self.scope.vars[*var].depth >= frozen_below);
        let var = self.some_of(&vars)?;
        match how {
            Use::Move => self.scope.vars[var].gone = true,
            // Only since `x.max(tick(&mut x))` doesn't compile so far.
            Use::Copy => self.scope.hold(var, false),
            Use::Read | Use::Update => self.scope.hold(var, how == Use::Update),
        }
        Some(self.scope.vars[var].name.clone())
    }

    /// An operand beside a computed one.
    fn operand(&mut self, ty: Ty, depth: usize) -> String {
        match self.random.u8(..3) {
            0 => self.plain(ty),
            _ if depth > 0 => self.lazy(ty, depth - 1),
            _ if !ty.is_copy() => self.plain(ty),
            _ => {
                let holds = self.scope.holds();
                let operand = self.receiver(ty, Use::Copy, 0);
                self.scope.release(holds);
                operand.unwrap_or_else(|| self.plain(ty))
            }
        }
    }

    /// A chain of methods, operators, fields, on something computed.
    fn method(&mut self, ty: Ty, depth: usize) -> Option<String> {
        match ty {
            Ty::Int => self.int_method(depth),
            Ty::Bool => self.bool_method(depth),
            Ty::Text => self.text_method(depth),
            Ty::List => self.list_method(depth),
            Ty::Opt => Some(match self.random.u8(..5) {
                0 => format!("{}.map(|v| v % 100 + 1)", self.receiver(Ty::Opt, Use::Copy, depth)?),
                1 => format!("{}.first().copied()", self.receiver(Ty::List, Use::Read, depth)?),
                2 => format!("{}.iter().max().copied()", self.receiver(Ty::List, Use::Read, depth)?),
                3 => format!("{}.filter(|v| *v > 2)", self.receiver(Ty::Opt, Use::Copy, depth)?),
                _ => format!("{}.or({})", self.receiver(Ty::Opt, Use::Copy, depth)?, self.operand(Ty::Opt, 0)),
            }),
            Ty::Rec => Some(match self.random.u8(..3) {
                0 => {
                    let receiver = self.receiver(Ty::Rec, Use::Move, depth)?;
                    format!("{receiver}.with_total({})", self.operand(Ty::Int, depth))
                }
                1 => format!("{}.clone()", self.receiver(Ty::Rec, Use::Read, 0)?),
                _ => format!("Rec::blank({})", self.lazy(Ty::Int, depth.saturating_sub(1))),
            }),
        }
    }

    fn int_method(&mut self, depth: usize) -> Option<String> {
        let inner = depth.saturating_sub(1);
        Some(match self.random.u8(..17) {
            0..4 => {
                let holds = self.scope.holds();
                let left = self.receiver(Ty::Int, Use::Copy, depth)?;
                self.scope.release(holds);
                let operator = self.any_of(&["+", "-", "*", "&", "|", "^"]);
                format!("({left} {operator} {})", self.operand(Ty::Int, inner))
            }
            4 => {
                let right = self.receiver(Ty::Int, Use::Copy, depth)?;
                format!("({} - {right})", self.plain(Ty::Int))
            }
            5 => format!("{} % 7", self.receiver(Ty::Int, Use::Copy, depth)?),
            6 => format!("-{}", self.receiver(Ty::Int, Use::Copy, depth)?),
            7 => format!("{}.abs()", self.receiver(Ty::Int, Use::Copy, depth)?),
            8 => {
                let receiver = self.receiver(Ty::Int, Use::Copy, depth)?;
                let method = self.any_of(&["max", "min", "wrapping_mul"]);
                format!("{receiver}.{method}({})", self.operand(Ty::Int, inner))
            }
            9 => format!("({}.len() as i64)", self.receiver(Ty::List, Use::Read, depth)?),
            10 => format!("{}.iter().sum::<i64>()", self.receiver(Ty::List, Use::Read, depth)?),
            11 => {
                let receiver = self.receiver(Ty::Opt, Use::Copy, depth)?;
                format!("{receiver}.unwrap_or({})", self.operand(Ty::Int, inner))
            }
            12 => {
                let receiver = self.receiver(Ty::Rec, Use::Read, depth)?;
                let what = self.any_of(&["total", "sum()", "items.iter().sum::<i64>()"]);
                format!("{receiver}.{what}")
            }
            13 => {
                let receiver = self.receiver(Ty::Rec, Use::Update, depth)?;
                format!("{receiver}.raise({})", self.operand(Ty::Int, inner))
            }
            14 => {
                let receiver = self.receiver(Ty::Rec, Use::Read, depth)?;
                format!("{receiver}.compare({})", self.operand(Ty::Int, inner))
            }
            15 => format!("i64::max({}, {})", self.lazy(Ty::Int, inner), self.value(Ty::Int, inner)),
            _ => format!("({}.len() as i64)", self.receiver(Ty::Text, Use::Read, depth)?),
        })
    }

    fn bool_method(&mut self, depth: usize) -> Option<String> {
        let inner = depth.saturating_sub(1);
        Some(match self.random.u8(..6) {
            0 | 1 => {
                let left = self.receiver(Ty::Int, Use::Copy, depth)?;
                let operator = self.any_of(&["<", "==", ">=", "!="]);
                format!("({left} {operator} {})", self.operand(Ty::Int, inner))
            }
            2 => format!("!{}", self.receiver(Ty::Bool, Use::Copy, depth)?),
            3 => {
                let left = self.receiver(Ty::Bool, Use::Copy, depth)?;
                let operator = self.any_of(&["&", "|", "^"]);
                format!("({left} {operator} {})", self.operand(Ty::Bool, inner))
            }
            4 => format!("{}.is_empty()", self.receiver(Ty::List, Use::Read, depth)?),
            _ => format!("{}.is_some()", self.receiver(Ty::Opt, Use::Copy, depth)?),
        })
    }

    fn text_method(&mut self, depth: usize) -> Option<String> {
        Some(match self.random.u8(..6) {
            0 => format!("{}.to_uppercase()", self.receiver(Ty::Text, Use::Read, depth)?),
            1 => format!("{}.trim().to_string()", self.receiver(Ty::Text, Use::Read, depth)?),
            2 => format!("{}.name.clone()", self.receiver(Ty::Rec, Use::Read, 0)?),
            3 => format!("{}.tag()", self.receiver(Ty::Rec, Use::Read, depth)?),
            4 => format!("({} + \"x\")", self.receiver(Ty::Text, Use::Move, depth)?),
            _ => {
                let left = self.receiver(Ty::Text, Use::Move, depth)?;
                format!("({left} + &{})", self.receiver(Ty::Text, Use::Read, depth)?)
            }
        })
    }

    fn list_method(&mut self, depth: usize) -> Option<String> {
        Some(match self.random.u8(..6) {
            0 => format!("{}.clone()", self.receiver(Ty::List, Use::Read, 0)?),
            1 => format!("{}.into_iter().rev().collect::<Vec<i64>>()", self.receiver(Ty::List, Use::Move, depth)?),
            2 => {
                let receiver = self.receiver(Ty::List, Use::Read, depth)?;
                let more = self.operand(Ty::Int, 0);
                format!("{receiver}.iter().map(|v| v % 50 * 2 + {more}).collect::<Vec<i64>>()")
            }
            3 => {
                let receiver = self.receiver(Ty::List, Use::Read, depth)?;
                format!("{receiver}.iter().copied().filter(|v| v % 2 == 0).collect::<Vec<i64>>()")
            }
            4 => format!("{}.into_items()", self.receiver(Ty::Rec, Use::Move, depth)?),
            _ => format!("{}.items.clone()", self.receiver(Ty::Rec, Use::Read, 0)?),
        })
    }

    /// Something that is known while the graph is built.
    pub(super) fn condition(&mut self) -> String {
        let vars = self.scope.those(Use::Read, |var| {
            matches!(
                (var.kind, var.ty),
                (Kind::Plain, Ty::Int | Ty::Bool | Ty::List) | (Kind::Borrow, Ty::Text | Ty::List)
            )
        });
        let Some(var) = self.some_of(&vars) else { return "1 < 2".into() };
        let name = self.scope.vars[var].name.clone();
        let number = self.random.i8(-2..8);
        let ty = self.scope.vars[var].ty;
        match ty {
            Ty::Int if self.chance(40) => format!("{name} % 3 == {}", number % 3),
            Ty::Int if self.chance(30) => format!("{name} > {number} && {name} < 20"),
            Ty::Int => format!("{name} > {number}"),
            Ty::Bool if self.chance(50) => format!("!{name}"),
            Ty::Bool => name,
            _ if self.chance(30) => format!("{name}.is_empty()"),
            _ => format!("{name}.len() > {}", self.random.u8(..4)),
        }
    }

    /// One of two values, the first of which is computed.
    fn either(&mut self, condition: &str, ty: Ty, depth: usize) -> String {
        let before = self.scope.gone();
        let one = self.lazy(ty, depth);
        let after = self.scope.gone();
        self.scope.restore(&before);
        let other = self.value(ty, depth.min(SHALLOW));
        self.scope.merge(&after);
        format!("if {condition} {{ {one} }} else {{ {other} }}")
    }
}
