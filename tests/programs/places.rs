fn make(n: i64) -> i64 {
    n * 3
}
fn add(a: i64, b: i64) -> i64 {
    a + b
}
fn list(n: i64) -> Vec<i64> {
    (0..n).collect()
}
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}

#[derive(Clone, Debug)]
pub struct Model {
    slope: i64,
}
impl Model {
    fn new(slope: i64) -> Self {
        Self { slope }
    }
    fn fit(xs: &[i64]) -> Self {
        Self { slope: xs.len() as i64 }
    }
    fn predict(&self, x: i64) -> i64 {
        self.slope * x
    }
    #[dispatch]
    fn evaluate(&self, n: i64) -> i64 {
        let x = make(n);
        let y = Model::predict(self, x);
        add(y, self.slope)
    }
    #[dispatch]
    pub fn train(n: i64) -> i64 {
        let xs = list(n);
        let model = Model::fit(&xs);
        let y = Model::predict(&model, 2);
        add(y, 1)
    }
}

#[dispatch]
pub fn in_impl(n: i64) -> i64 {
    let model = eager!(Model::new(n));
    let y = Model::evaluate(&model, make(1));
    add(y, Model::train(n))
}

#[dispatch]
pub fn associated_functions(n: i64) -> i64 {
    let xs = list(n);
    let model = Model::fit(&xs);
    let plain = Model::new(3);
    let a = Model::predict(&model, n);
    let b = Model::predict(&plain, a);
    i64::max(b, i64::abs(n))
}

fn both<T, U>(a: T, b: U) -> (T, U) {
    (a, b)
}

#[dispatch]
pub fn generic_pair<T: Send + Clone, U: Send>(a: T, b: U) -> ((T, U), T) {
    let again = a.clone();
    (both(a, b), same(again))
}
fn same<T>(t: T) -> T {
    t
}

fn largest<T: Ord + Copy>(xs: &[T]) -> T {
    *xs.iter().max().unwrap()
}

#[dispatch]
pub fn where_clause<T>(xs: Vec<T>) -> T
where
    T: Ord + Copy + Send + Sync,
{
    let xs = same(xs);
    largest(&xs)
}

fn apply(n: i64, f: impl Fn(i64) -> i64) -> i64 {
    f(n)
}

#[dispatch]
fn with_impl(n: impl Into<i64> + Send) -> i64 {
    let k: i64 = n.into();
    make(k)
}

#[dispatch]
pub fn impl_arguments(n: i32) -> i64 {
    add(with_impl(n), 1)
}

fn total<const N: usize>(xs: [i64; N]) -> i64 {
    xs.iter().sum()
}

#[dispatch]
pub fn const_generic<const N: usize>(xs: [i64; N]) -> i64 {
    let t = total(xs);
    add(t, N as i64)
}

#[dispatch]
pub fn closures(n: i64) -> i64 {
    let x = make(n);
    apply(x, |v| v * 2 + 1)
}

#[dispatch]
pub fn closure_captures(n: i64) -> i64 {
    let offset = n + 5;
    let x = make(n);
    let y = make(2);
    let a = apply(x, |v| v * offset + y);
    add(a, offset)
}

fn pick(n: i64, f: impl Fn(usize) -> i64) -> i64 {
    f(n as usize % 3)
}

#[dispatch]
pub fn captured_vec(xs: Vec<i64>) -> i64 {
    let a = pick(1, |i| xs[i]);
    let b = pick(2, |i| xs[i] + 1);
    add(add(a, b), xs.len() as i64)
}

#[dispatch]
pub fn local_closure(n: i64) -> i64 {
    let triple = |x: i64| make(x);
    let k = |x: i64| x + 1;
    add(triple(k(n)), triple(2))
}

#[dispatch]
pub fn function_items(n: i64) -> i64 {
    let x = apply(n, make);
    apply(x, i64::abs)
}

#[dispatch]
pub fn borrow_params(xs: &[i64], mid: usize) -> (i64, i64) {
    let rest = &xs[mid..];
    let a = sum(&xs[..mid]);
    let b = sum(rest);
    let c = sum(&rest[1..]);
    (add(a, c), b)
}

#[dispatch]
pub fn lend_local(n: i64) -> i64 {
    let local = vec![n, n + 1];
    let a = sum(&local);
    let b = sum(&local);
    add(a, b)
}

#[dispatch]
pub fn lend_part(n: i64) -> i64 {
    let local: Vec<i64> = (0..n).collect();
    let a = sum(&local[1..]);
    let b = sum(&local[..2]);
    add(a, b + local[0])
}

pub struct Point {
    x: i64,
    y: i64,
}
fn norm(p: Point) -> i64 {
    p.x * p.x + p.y * p.y
}

#[dispatch]
pub fn struct_argument(n: i64) -> i64 {
    norm(Point { x: make(n), y: n })
}

fn shout(s: &'static str) -> String {
    s.to_uppercase()
}

#[dispatch]
pub fn static_text() -> String {
    let s = "hello";
    shout(s)
}

fn unbox(b: Box<i64>) -> i64 {
    *b
}

#[dispatch]
pub fn boxed(n: i64) -> i64 {
    let b = Box::new(n);
    unbox(b)
}

mod tools {
    pub fn twice(n: i64) -> i64 {
        n * 2
    }
    pub mod deep {
        pub fn thrice(n: i64) -> i64 {
            n * 3
        }
    }
}

#[dispatch]
pub fn modules(n: i64) -> i64 {
    use tools::deep;
    let a = tools::twice(n);
    let b = deep::thrice(a);
    std::cmp::max(a, b)
}

fn nothing(_: i64) {}

#[dispatch]
pub fn unit(n: i64) {
    let x = make(n);
    nothing(x);
}

fn longer<'a>(a: &'a str, b: &'a str) -> &'a str {
    if a.len() >= b.len() { a } else { b }
}

#[dispatch]
pub fn named_lifetimes<'a>(a: &'a str, b: &'a str) -> &'a str {
    longer(a, b)
}
