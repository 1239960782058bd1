#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    total: f64,
    items: Vec<u32>,
}
fn list(n: u32) -> Vec<u32> {
    (1..=n).collect()
}
fn half(x: f64) -> f64 {
    x / 2.0
}
fn int(n: i64) -> i64 {
    n
}
fn report(n: u32) -> Report {
    Report { total: f64::from(n), items: list(n) }
}
fn show(x: f64, n: u32) -> String {
    format!("{x} {n}")
}
fn text(s: &str) -> String {
    s.to_owned()
}
fn pair(a: usize, b: usize) -> (usize, usize) {
    (a, b)
}

#[dispatch]
pub fn lengths(n: u32) -> (usize, usize) {
    let xs = list(n);
    let a = xs.len();
    let b = list(n + 1).len();
    pair(a, b)
}

#[dispatch]
pub fn operators(a: f64, b: f64) -> f64 {
    let x = half(a);
    let y = half(b);
    let s = x * x + 2.0 * y;
    -s + a
}

fn choose(flag: bool, eq: bool) -> u8 {
    u8::from(flag) + 2 * u8::from(eq)
}

#[dispatch]
pub fn comparisons(a: i64, b: i64) -> u8 {
    let x = int(a);
    let y = int(b);
    choose(x < y, x == y)
}

#[dispatch]
pub fn chains(s: &str) -> String {
    let t = text(s);
    t.trim().to_uppercase()
}

#[dispatch]
pub fn fields(n: u32) -> String {
    let r = report(n);
    let t = r.total;
    show(t, r.items[1])
}

#[dispatch]
pub fn indexing(n: u32) -> u32 {
    let xs = list(n);
    let i = 2;
    xs[0] + xs[i]
}

#[dispatch]
pub fn push_and_len(n: u32) -> (usize, Vec<u32>) {
    let mut xs = list(n);
    xs.push(100);
    let len = xs.len();
    xs.extend(vec![1, 2]);
    (len, xs)
}

#[dispatch]
pub fn casts(n: i64) -> f64 {
    let x = int(n);
    half(x as f64)
}

#[dispatch]
pub fn compound(n: i64) -> i64 {
    let mut acc = 0;
    for i in 0..n {
        acc += int(i);
    }
    acc *= 2;
    acc
}

#[dispatch]
pub fn by_value_self(n: u32) -> Vec<u32> {
    let xs = list(n);
    xs.into_iter().rev().collect::<Vec<u32>>()
}

#[dispatch]
pub fn update_self(n: u32) -> Vec<u32> {
    let mut xs = list(n);
    let before = xs.len();
    xs.reverse();
    xs.truncate(2);
    xs.push(before as u32);
    xs
}

pub struct Acc {
    t: i64,
}
impl Acc {
    fn add(&mut self, x: i64) -> &mut Self {
        self.t += x;
        self
    }
}
fn acc(n: i64) -> Acc {
    Acc { t: n }
}

#[dispatch]
pub fn builder_as_statement(n: i64) -> i64 {
    let mut acc = acc(n);
    acc.add(1).add(2);
    acc.t
}
