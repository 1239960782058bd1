//! What the written programs are made of: types, the functions they call, variables and what may be done with them.
//!
//! Nothing here is random, and nothing writes text but the names of types.

/// A type of the written programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ty {
    Int,
    Bool,
    Text,
    List,
    Opt,
    Rec,
}

impl Ty {
    pub(crate) const ALL: [Self; 6] = [Self::Int, Self::Bool, Self::Text, Self::List, Self::Opt, Self::Rec];

    pub(crate) fn owned(self) -> &'static str {
        match self {
            Self::Int => "i64",
            Self::Bool => "bool",
            Self::Text => "String",
            Self::List => "Vec<i64>",
            Self::Opt => "Option<i64>",
            Self::Rec => "Rec",
        }
    }

    fn lent(self) -> &'static str {
        match self {
            Self::Text => "str",
            Self::List => "[i64]",
            other => other.owned(),
        }
    }

    pub(crate) fn is_copy(self) -> bool {
        matches!(self, Self::Int | Self::Bool | Self::Opt)
    }
}

/// How an argument is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    Own,
    Lend,
    Update,
}

/// A function that programs call.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub(crate) name: String,
    pub(crate) params: Vec<(Pass, Ty)>,
    /// Nothing for a function that only updates.
    pub(crate) gives: Option<Ty>,
    /// Whether the log comes before the parameters.
    pub(crate) logs: bool,
}

impl Signature {
    fn new(name: &str, params: &[(Pass, Ty)], gives: Option<Ty>) -> Self {
        Self { name: name.into(), params: params.to_vec(), gives, logs: name == "note" }
    }

    pub(crate) fn updates(&self) -> bool {
        self.params.iter().any(|(pass, _)| *pass == Pass::Update)
    }
}

/// The type of a parameter, as it is written.
pub(crate) fn written(pass: Pass, ty: Ty) -> String {
    match pass {
        Pass::Own => ty.owned().into(),
        Pass::Lend => format!("&{}", ty.lent()),
        Pass::Update => format!("&mut {}", ty.owned()),
    }
}

/// A function's name, its parameters, and what it gives.
type Row<'a> = (&'a str, &'a [(Pass, Ty)], Option<Ty>);

/// The plain functions of [`HELPERS`].
pub(crate) fn helpers() -> Vec<Signature> {
    use Pass::{Lend, Own, Update};
    use Ty::{Bool, Int, List, Opt, Rec, Text};
    let all: &[Row<'_>] = &[
        ("add", &[(Own, Int), (Own, Int)], Some(Int)),
        ("mix", &[(Own, Int), (Own, Int), (Own, Int)], Some(Int)),
        ("note", &[(Own, Int)], Some(Int)),
        ("sum", &[(Lend, List)], Some(Int)),
        ("sum_owned", &[(Own, List)], Some(Int)),
        ("len_of", &[(Lend, Text)], Some(Int)),
        ("hash", &[(Own, Text)], Some(Int)),
        ("or_zero", &[(Own, Opt)], Some(Int)),
        ("peek", &[(Lend, Opt)], Some(Int)),
        ("weigh", &[(Lend, Rec)], Some(Int)),
        ("total", &[(Own, Rec)], Some(Int)),
        ("look", &[(Lend, Int)], Some(Int)),
        ("as_int", &[(Own, Bool)], Some(Int)),
        ("tick", &[(Update, Int)], Some(Int)),
        ("push_in", &[(Update, List), (Own, Int)], Some(Int)),
        ("pop_from", &[(Update, List)], Some(Int)),
        ("pour", &[(Update, List), (Lend, List)], Some(Int)),
        ("grow", &[(Update, Text), (Own, Int)], Some(Int)),
        ("charge", &[(Update, Rec), (Own, Int)], Some(Int)),
        ("transfer", &[(Update, Int), (Update, Int)], Some(Int)),
        ("even", &[(Own, Int)], Some(Bool)),
        ("longer", &[(Lend, List), (Lend, List)], Some(Bool)),
        ("both", &[(Own, Bool), (Own, Bool)], Some(Bool)),
        ("flip", &[(Update, Bool)], Some(Bool)),
        ("show", &[(Own, Int)], Some(Text)),
        ("join", &[(Lend, Text), (Lend, Text)], Some(Text)),
        ("upper", &[(Own, Text)], Some(Text)),
        ("name_of", &[(Lend, Rec)], Some(Text)),
        ("range", &[(Own, Int)], Some(List)),
        ("sorted", &[(Own, List)], Some(List)),
        ("append", &[(Own, List), (Own, Int)], Some(List)),
        ("merge", &[(Lend, List), (Lend, List)], Some(List)),
        ("items_of", &[(Own, Rec)], Some(List)),
        ("find", &[(Lend, List), (Own, Int)], Some(Opt)),
        ("next", &[(Own, Opt)], Some(Opt)),
        ("take", &[(Update, Opt)], Some(Opt)),
        ("rec", &[(Own, Int), (Own, Text), (Own, List)], Some(Rec)),
        ("rename", &[(Own, Rec), (Lend, Text)], Some(Rec)),
        ("scaled", &[(Lend, Rec), (Own, Int)], Some(Rec)),
        ("bump", &[(Update, Int), (Own, Int)], None),
        ("sort", &[(Update, List)], None),
        ("scale", &[(Update, List), (Own, Int)], None),
        ("exclaim", &[(Update, Text)], None),
        ("reset", &[(Update, Rec), (Lend, List)], None),
        ("swap_lists", &[(Update, List), (Update, List)], None),
    ];
    all.iter().map(|(name, params, gives)| Signature::new(name, params, *gives)).collect()
}

/// Functions that can fail, for programs with `?`.
pub(crate) fn fallible() -> Vec<Signature> {
    use Pass::{Lend, Own, Update};
    use Ty::{Int, List, Text};
    let all: &[(&str, &[(Pass, Ty)])] = &[
        ("try_small", &[(Own, Int)]),
        ("try_sum", &[(Lend, List)]),
        ("try_parse", &[(Lend, Text)]),
        ("try_pop", &[(Update, List)]),
    ];
    all.iter().map(|(name, params)| Signature::new(name, params, Some(Int))).collect()
}

/// What the programs call. Every function is total, keeps values small, and leaves a trace of the order of its calls.
pub(crate) const HELPERS: &str = r#"
use std::sync::Mutex;

pub type Log = Mutex<Vec<i64>>;

#[derive(Debug, Clone, PartialEq)]
pub struct Rec {
    pub total: i64,
    pub name: String,
    pub items: Vec<i64>,
}
impl Rec {
    pub fn blank(n: i64) -> Self { rec(n, "blank".into(), vec![n]) }
    pub fn sum(&self) -> i64 { add(self.total, sum(&self.items)) }
    pub fn tag(&self) -> String { short(format!("{}#{}", self.name, self.total)) }
    pub fn raise(&mut self, by: i64) -> i64 { charge(self, by) }
    pub fn clear_name(&mut self) { self.name.clear(); }
    pub fn with_total(mut self, total: i64) -> Self { self.total = small(total); self }
    pub fn into_items(self) -> Vec<i64> { self.items }
    pub fn compare(&self, n: i64) -> i64 { mix(self.total, n, self.items.len() as i64) }
}

fn small(x: i64) -> i64 { x % 1009 }
fn short(s: String) -> String { s.chars().rev().take(24).collect::<Vec<_>>().into_iter().rev().collect() }
fn few(mut v: Vec<i64>) -> Vec<i64> { v.truncate(12); v }

pub fn add(a: i64, b: i64) -> i64 { small(small(a) * 3 + small(b)) }
pub fn mix(a: i64, b: i64, c: i64) -> i64 { small(small(a) * 31 + small(b) * 7 + small(c)) }
pub fn note(log: &Log, n: i64) -> i64 { log.lock().unwrap().push(n); small(n + 1) }
pub fn sum(v: &[i64]) -> i64 { v.iter().fold(1, |a, b| mix(a, *b, 1)) }
pub fn sum_owned(v: Vec<i64>) -> i64 { sum(&v) }
pub fn len_of(s: &str) -> i64 { s.bytes().fold(s.len() as i64, |a, b| mix(a, i64::from(b), 2)) }
pub fn hash(s: String) -> i64 { len_of(&s) + 1 }
pub fn or_zero(o: Option<i64>) -> i64 { small(o.unwrap_or(0)) }
pub fn peek(o: &Option<i64>) -> i64 { mix(o.is_some().into(), o.unwrap_or(5), 1) }
pub fn weigh(r: &Rec) -> i64 { mix(r.total, len_of(&r.name), sum(&r.items)) }
pub fn total(r: Rec) -> i64 { add(r.total, weigh(&r)) }
pub fn look(x: &i64) -> i64 { add(*x, 1) }
pub fn as_int(b: bool) -> i64 { if b { 11 } else { 4 } }
pub fn tick(x: &mut i64) -> i64 { *x = mix(*x, 5, 1); *x }
pub fn push_in(v: &mut Vec<i64>, x: i64) -> i64 { if v.len() < 12 { v.push(small(x)) } else { v[3] = small(x) } v.len() as i64 }
pub fn pop_from(v: &mut Vec<i64>) -> i64 { v.pop().unwrap_or(-3) }
pub fn pour(v: &mut Vec<i64>, from: &[i64]) -> i64 { let s = sum(from); push_in(v, s) }
pub fn grow(s: &mut String, n: i64) -> i64 { s.push_str(&small(n).to_string()); *s = short(std::mem::take(s)); s.len() as i64 }
pub fn charge(r: &mut Rec, n: i64) -> i64 { r.total = mix(r.total, n, 3); let t = r.total; push_in(&mut r.items, t); t }
pub fn transfer(a: &mut i64, b: &mut i64) -> i64 { *a = add(*a, *b); *b = mix(*b, *a, 9); *a }
pub fn even(n: i64) -> bool { n % 2 == 0 }
pub fn longer(a: &[i64], b: &[i64]) -> bool { a.len() > b.len() }
pub fn both(a: bool, b: bool) -> bool { a && b }
pub fn flip(b: &mut bool) -> bool { *b = !*b; *b }
pub fn show(n: i64) -> String { format!("<{}>", small(n)) }
pub fn join(a: &str, b: &str) -> String { short(format!("{a}/{b}")) }
pub fn upper(s: String) -> String { s.to_uppercase() + "U" }
pub fn name_of(r: &Rec) -> String { r.tag() }
pub fn range(n: i64) -> Vec<i64> { (0..n.rem_euclid(6)).map(|i| i * n.rem_euclid(17)).collect() }
pub fn sorted(mut v: Vec<i64>) -> Vec<i64> { v.sort(); v }
pub fn append(mut v: Vec<i64>, x: i64) -> Vec<i64> { push_in(&mut v, x); few(v) }
pub fn merge(a: &[i64], b: &[i64]) -> Vec<i64> { few(a.iter().zip(b).map(|(a, b)| add(*a, *b)).chain(b.iter().copied()).collect()) }
pub fn items_of(r: Rec) -> Vec<i64> { append(r.items, r.total) }
pub fn find(v: &[i64], n: i64) -> Option<i64> { v.get(n.rem_euclid(5) as usize).copied() }
pub fn next(o: Option<i64>) -> Option<i64> { o.map(|n| add(n, 1)) }
pub fn take(o: &mut Option<i64>) -> Option<i64> { let n = o.take(); *o = n.and_then(|n| if n % 3 == 0 { None } else { Some(n + 1) }); n }
pub fn rec(total: i64, name: String, items: Vec<i64>) -> Rec { Rec { total: small(total), name, items } }
pub fn rename(r: Rec, name: &str) -> Rec { Rec { name: join(&r.name, name), ..r } }
pub fn scaled(r: &Rec, n: i64) -> Rec { Rec { total: add(r.total, n), ..r.clone() } }
pub fn bump(x: &mut i64, n: i64) { *x = mix(*x, n, 2); }
pub fn sort(v: &mut Vec<i64>) { v.sort_by_key(|x| -x); }
pub fn scale(v: &mut [i64], n: i64) { for x in v { *x = add(*x, n); } }
pub fn exclaim(s: &mut String) { s.push('!'); *s = short(std::mem::take(s)); }
pub fn reset(r: &mut Rec, items: &[i64]) { r.total = sum(items); r.items = few(items.to_vec()); }
pub fn swap_lists(a: &mut Vec<i64>, b: &mut Vec<i64>) { std::mem::swap(a, b); push_in(a, 1); }
pub fn some_or(n: i64) -> (i64, Vec<i64>) { (add(n, 1), range(n)) }
pub fn halves(v: Vec<i64>) -> (Vec<i64>, Vec<i64>) { let (a, b) = v.split_at(v.len() / 2); (a.to_vec(), b.to_vec()) }
pub fn parts(r: Rec) -> (i64, (String, Vec<i64>)) { (r.total, (r.name, r.items)) }
pub fn sum_rows(rows: Vec<Vec<i64>>) -> i64 { rows.iter().fold(3, |a, row| mix(a, sum(row), 1)) }
pub fn depth_of(n: i64) -> i64 { n.rem_euclid(4) }

pub fn try_small(n: i64) -> Result<i64, String> { if n % 5 == 0 { Err(format!("small {n}")) } else { Ok(small(n)) } }
pub fn try_sum(v: &[i64]) -> Result<i64, String> { if v.len() == 3 { Err("three".into()) } else { Ok(sum(v)) } }
pub fn try_parse(s: &str) -> Result<i64, String> { if s.len() == 2 { Err(s.into()) } else { Ok(len_of(s)) } }
pub fn try_pop(v: &mut Vec<i64>) -> Result<i64, String> { v.pop().ok_or_else(|| "empty".into()) }
"#;

/// What a variable is in the lazy form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value that is there while the graph is built.
    Plain,
    /// The same, behind a parameter of reference type.
    Borrow,
    /// A computed value, as the text shows.
    Lazy,
    /// A computed value, which the text doesn't show: what a local closure gives, an element that is iterated over.
    Hidden,
    /// A vector or an option that is made now, of computed values.
    Gathered,
}

#[derive(Debug, Clone)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) kind: Kind,
    pub(crate) mutable: bool,
    /// Moved, shadowed or not yet assigned.
    pub(crate) gone: bool,
    /// How deep the block is that declares it.
    pub(crate) depth: usize,
    /// For a gathered list, how many elements it surely has.
    pub(crate) len: usize,
}

impl Var {
    pub(crate) fn is_copy(&self) -> bool {
        self.ty.is_copy() && self.kind != Kind::Gathered
    }
}

/// What is done with a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Copy,
    Read,
    Move,
    Update,
}

/// The variables of a function, at the place where it is being written.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) vars: Vec<Var>,
    /// How many blocks are open.
    pub(crate) depth: usize,
    /// What is declared less deep than this can't be moved: a loop or closure may come again.
    pub(crate) kept_below: usize,
    /// What is declared less deep than this can't be changed: it belongs to the function around a closure.
    pub(crate) frozen_below: usize,
    /// What arguments written before borrow until the call is made.
    held: Vec<(usize, bool)>,
}

impl Scope {
    pub(crate) fn new() -> Self {
        Self { vars: Vec::new(), depth: 0, kept_below: 0, frozen_below: 0, held: Vec::new() }
    }

    /// Whether rustc would accept this use here.
    pub(crate) fn can(&self, index: usize, how: Use) -> bool {
        let var = &self.vars[index];
        let held = |unique_too: bool| self.held.iter().any(|(of, unique)| *of == index && (*unique || !unique_too));
        // A quote marks a name that another variable has taken.
        if var.gone || held(true) || var.name.ends_with('\'') {
            return false;
        }
        match how {
            Use::Copy => var.is_copy(),
            Use::Read => true,
            Use::Move => !var.is_copy() && var.kind != Kind::Borrow && var.depth >= self.kept_below && !held(false),
            Use::Update => var.mutable && var.depth >= self.frozen_below && !held(false),
        }
    }

    /// The variables that can be used so, and pass the test.
    pub(crate) fn those(&self, how: Use, test: impl Fn(&Var) -> bool) -> Vec<usize> {
        (0..self.vars.len()).filter(|index| self.can(*index, how) && test(&self.vars[*index])).collect()
    }

    pub(crate) fn hold(&mut self, index: usize, unique: bool) {
        self.held.push((index, unique));
    }

    pub(crate) fn holds(&self) -> usize {
        self.held.len()
    }

    /// Ends the borrows that began after there were so many.
    pub(crate) fn release(&mut self, holds: usize) {
        self.held.truncate(holds);
    }

    /// Opens a block.
    pub(crate) fn open(&mut self) {
        self.depth += 1;
    }

    /// Closes a block, and forgets what it declared.
    pub(crate) fn close(&mut self) {
        self.depth -= 1;
        let depth = self.depth;
        self.vars.retain(|var| var.depth <= depth);
    }

    /// Which variables are gone.
    pub(crate) fn gone(&self) -> Vec<bool> {
        self.vars.iter().map(|var| var.gone).collect()
    }

    /// Goes back to what was gone before a branch.
    pub(crate) fn restore(&mut self, gone: &[bool]) {
        self.vars.iter_mut().zip(gone).for_each(|(var, gone)| var.gone = *gone);
    }

    /// What is gone in either branch is gone after both.
    pub(crate) fn merge(&mut self, other: &[bool]) {
        self.vars.iter_mut().zip(other).for_each(|(var, gone)| var.gone |= *gone);
    }
}
