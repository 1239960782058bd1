//! Writes random programs: each is a `run` function, the `#[dispatch]` functions that it calls, and nothing else.
//!
//! A program is well-typed and keeps rustc's rules on moves and borrows by construction: the [`Scope`] knows what may be done
//! with each variable. What is written is text; expressions.rs writes values, the other files what uses them.

mod collections;
mod control;
mod expressions;
mod statements;

use fastrand::Rng;

use crate::model::{Kind, Pass, Scope, Signature, Ty, Var, fallible, helpers, written};

/// What programs may contain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// Whether some functions return `Result`, and use `?`.
    pub(crate) fallible: bool,
}

/// What the `run` of a program may return. Few, since each is another instance of all that runs it.
const RETURNS: [&[Ty]; 8] = [
    &[Ty::Int],
    &[Ty::List, Ty::Int],
    &[Ty::Int, Ty::Text, Ty::List],
    &[Ty::Rec, Ty::Int],
    &[Ty::Int, Ty::Bool, Ty::Opt],
    &[Ty::List, Ty::List, Ty::Int],
    &[Ty::Text, Ty::Rec, Ty::List, Ty::Int],
    &[Ty::Int, Ty::Int, Ty::Int, Ty::List],
];

/// A program, by its seed.
pub(crate) fn program(seed: u64, options: Options) -> String {
    let mut random = Rng::with_seed(seed);
    let mut text = String::new();
    let mut subgraphs = Vec::new();
    for index in 0..random.usize(0..=2) {
        let (signature, function) = subgraph(index, &mut random, &subgraphs);
        text += &function;
        text += "\n";
        subgraphs.push(signature);
    }
    let gives = RETURNS[random.usize(..RETURNS.len())];
    let fails = options.fallible && random.bool();
    let mut writer = Writer::new(random, &subgraphs, Gives { parts: gives, fails });
    writer.declare("n", Ty::Int, Kind::Plain, false);
    writer.declare("flag", Ty::Bool, Kind::Plain, false);
    writer.declare("text", Ty::Text, Kind::Borrow, false);
    writer.declare("xs", Ty::List, Kind::Borrow, false);
    let count = writer.random.usize(4..9);
    let body = writer.body(count);
    let gives = Gives { parts: gives, fails }.written();
    text + &format!("#[dispatch]\npub fn run(log: &Log, n: i64, flag: bool, text: &str, xs: &[i64]) -> {gives} {body}")
}

/// A `#[dispatch]` function for programs to call.
fn subgraph(index: usize, random: &mut Rng, others: &[Signature]) -> (Signature, String) {
    let name = format!("sub{index}");
    match random.u8(..8) {
        0 => return halving(name, random, others),
        1 => return descending(name, random, others),
        _ => {}
    }
    let gives = Ty::ALL[random.usize(..Ty::ALL.len())];
    let mut params = Vec::new();
    for _ in 0..random.usize(1..=4) {
        let ty = Ty::ALL[random.usize(..Ty::ALL.len())];
        let pass = match random.u8(..8) {
            0..4 => Pass::Own,
            4..7 => Pass::Lend,
            _ if params.iter().all(|(pass, _)| *pass != Pass::Update) => Pass::Update,
            _ => Pass::Lend,
        };
        params.push((pass, ty));
    }
    let parts = [gives];
    let mut writer = Writer::new(random.fork(), others, Gives { parts: &parts, fails: false });
    let mut list = String::from("log: &Log");
    let mut first = None;
    for (at, (pass, ty)) in params.iter().enumerate() {
        let name = format!("p{at}");
        list += &format!(", {name}: {}", written(*pass, *ty));
        match pass {
            Pass::Own => _ = writer.declare(&name, *ty, Kind::Plain, false),
            Pass::Lend => _ = writer.declare(&name, *ty, Kind::Borrow, false),
            Pass::Update => first = Some((name, *ty)),
        }
    }
    if let Some((name, ty)) = first {
        writer.use_unique_parameter(&name, ty);
    }
    let count = writer.random.usize(1..4);
    let body = writer.body(count);
    let text = format!("#[dispatch]\nfn {name}({list}) -> {} {body}", gives.owned());
    (Signature { name, params, gives: Some(gives), logs: true }, text)
}

/// A recursion on the halves of a slice.
fn halving(name: String, random: &mut Rng, others: &[Signature]) -> (Signature, String) {
    let mut writer = Writer::new(random.fork(), others, Gives { parts: &[Ty::Int], fails: false });
    writer.declare("xs", Ty::List, Kind::Borrow, false);
    writer.declare("k", Ty::Int, Kind::Plain, false);
    let base = writer.value(Ty::Int, 2);
    writer.declare("left", Ty::List, Kind::Borrow, false);
    writer.declare("right", Ty::List, Kind::Borrow, false);
    writer.lines("    ", |writer| {
        writer.line(&format!("if xs.len() < 2 {{\n        return {base};\n    }}"));
        writer.line("let (left, right) = xs.split_at(xs.len() / 2);");
        writer.line(&format!("let a = {name}(log, left, k + 1);"));
        writer.declare("a", Ty::Int, Kind::Lazy, false);
        writer.statement(1);
        writer.line(&format!("let b = {name}(log, right, k * 2);"));
        writer.declare("b", Ty::Int, Kind::Lazy, false);
        writer.line("let whole = mix(a, b, k);");
        writer.declare("whole", Ty::Int, Kind::Lazy, false);
        writer.statement(1);
    });
    let tail = writer.lazy(Ty::Int, 2);
    let text = format!(
        "#[dispatch]\nfn {name}(log: &Log, xs: &[i64], k: i64) -> i64 {{\n{}    add(whole, {tail})\n}}\n",
        writer.text
    );
    (
        Signature {
            name,
            params: vec![(Pass::Lend, Ty::List), (Pass::Own, Ty::Int)],
            gives: Some(Ty::Int),
            logs: true,
        },
        text,
    )
}

/// A recursion that counts down, and carries a list along.
fn descending(name: String, random: &mut Rng, others: &[Signature]) -> (Signature, String) {
    let mut writer = Writer::new(random.fork(), others, Gives { parts: &[Ty::List], fails: false });
    writer.declare("n", Ty::Int, Kind::Plain, false);
    writer.lines("    ", |writer| {
        writer.line("let n = n.rem_euclid(4);");
        writer.line("if n == 0 {\n        return v;\n    }");
        writer.line("let mut w = append(v, n);");
        writer.declare("w", Ty::List, Kind::Lazy, true);
        writer.statement(1);
        let w = writer.scope.vars.iter().position(|var| var.name == "w").expect("it was declared");
        if writer.scope.vars[w].gone {
            writer.line("w = range(n);");
        }
    });
    let text = format!(
        "#[dispatch]\nfn {name}(log: &Log, n: i64, v: Vec<i64>) -> Vec<i64> {{\n{}    {name}(log, n - 1, w)\n}}\n",
        writer.text
    );
    (
        Signature {
            name,
            params: vec![(Pass::Own, Ty::Int), (Pass::Own, Ty::List)],
            gives: Some(Ty::List),
            logs: true,
        },
        text,
    )
}

/// What a function returns.
#[derive(Debug, Clone, Copy)]
struct Gives<'a> {
    parts: &'a [Ty],
    fails: bool,
}

impl Gives<'_> {
    fn written(self) -> String {
        let parts: Vec<&str> = self.parts.iter().map(|ty| ty.owned()).collect();
        let value = if let [one] = parts[..] { one.to_owned() } else { format!("({})", parts.join(", ")) };
        if self.fails { format!("Result<{value}, String>") } else { value }
    }
}

/// Writes one function's body.
struct Writer<'a> {
    random: Rng,
    scope: Scope,
    /// The functions that may be called.
    calls: Vec<Signature>,
    /// Those whose failure may be passed on by `?`.
    fallible: Vec<Signature>,
    gives: Gives<'a>,
    text: String,
    indent: String,
    names: usize,
    /// Whether a `return` may be written here.
    may_return: bool,
    /// Whether the value of an expression may be handed on by `?` here.
    may_fail: bool,
    /// How many loops are open.
    loops: usize,
}

impl<'a> Writer<'a> {
    fn new(random: Rng, subgraphs: &[Signature], gives: Gives<'a>) -> Self {
        let mut calls = helpers();
        for subgraph in subgraphs {
            // As likely as a few plain functions.
            calls.extend([subgraph.clone(), subgraph.clone(), subgraph.clone()]);
        }
        Self {
            random,
            scope: Scope::new(),
            calls,
            fallible: fallible(),
            gives,
            text: String::new(),
            indent: String::new(),
            names: 0,
            may_return: true,
            may_fail: gives.fails,
            loops: 0,
        }
    }

    /// Whether something with a chance of `percent` in a hundred is so.
    fn chance(&mut self, percent: u8) -> bool {
        self.random.u8(..100) < percent
    }

    fn any_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.random.usize(..all.len())]
    }

    fn some_of(&mut self, all: &[usize]) -> Option<usize> {
        if all.is_empty() { None } else { Some(self.any_of(all)) }
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    /// Declares a variable of the innermost block; one of the same name is gone from now on.
    fn declare(&mut self, name: &str, ty: Ty, kind: Kind, mutable: bool) -> usize {
        for var in &mut self.scope.vars {
            if var.name == name {
                var.gone = true;
                var.name.push('\'');
            }
        }
        let depth = self.scope.depth;
        self.scope.vars.push(Var { name: name.into(), ty, kind, mutable, gone: false, depth, len: 0 });
        self.scope.vars.len() - 1
    }

    fn line(&mut self, line: &str) {
        self.text += &self.indent;
        self.text += line;
        self.text.push('\n');
    }

    /// Writes lines that stand deeper.
    fn lines(&mut self, indent: &str, write: impl FnOnce(&mut Self)) {
        let before = self.indent.len();
        self.indent += indent;
        write(self);
        self.indent.truncate(before);
    }

    /// The function's body.
    fn body(&mut self, statements: usize) -> String {
        self.lines("    ", |writer| {
            for _ in 0..statements {
                writer.statement(1);
            }
            let tail = writer.returned();
            writer.line(&tail);
        });
        format!("{{\n{}}}\n", self.text)
    }

    /// The value that the function returns.
    fn returned(&mut self) -> String {
        let mut parts = Vec::new();
        for ty in self.gives.parts {
            parts.push(self.returned_part(*ty));
        }
        let value = if let [one] = &parts[..] { one.clone() } else { format!("({})", parts.join(", ")) };
        if self.gives.fails { format!("Ok({value})") } else { value }
    }
}
