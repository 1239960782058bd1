// The forms of statements, expressions and patterns that no other family has: one program for each group of the Rust reference.
// docs/constructs.md says which is where.

fn double(n: i64) -> i64 {
    n * 2
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
fn apply(n: i64, f: impl Fn(i64) -> i64) -> i64 {
    f(n)
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    x: i64,
    y: i64,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Meters(i64);
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Origin;
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    Dot,
    Line(i64),
    Box { wide: i64, high: i64 },
}

fn all_literals(a: u8, b: &[u8], c: &str, d: &std::ffi::CStr, e: i128, f: f32, g: char, h: bool) -> String {
    format!("{a} {b:?} {c} {d:?} {e} {f} {g} {h}")
}

#[dispatch]
pub fn literals_of_each_kind() -> String {
    all_literals(b'a', b"bytes", r#"raw "text""#, c"c text", 0x_ff_i128, 1.5e3, '\u{e9}', true)
}

#[dispatch]
pub fn items_inside(n: i64) -> i64 {
    use std::cmp::max;
    const STEP: i64 = 3;
    static BASE: i64 = 4;
    type Number = i64;
    struct Pair(i64, i64);
    impl Pair {
        fn both(&self) -> i64 {
            self.0 + self.1
        }
    }
    enum Sign {
        Plus,
        Minus,
    }
    trait Named {
        fn name(&self) -> i64;
    }
    impl Named for Pair {
        fn name(&self) -> i64 {
            7
        }
    }
    fn inner(n: Number) -> Number {
        n + STEP + BASE
    }
    mod deep {
        pub fn one() -> i64 {
            1
        }
    }
    macro_rules! twice {
        ($x:expr) => {
            $x + $x
        };
    }
    let pair = Pair(n, 2);
    let sign = Sign::Minus;
    let by = match sign {
        Sign::Plus => 1,
        Sign::Minus => -1,
    };
    let x = inner(pair.both());
    let y = max(x, deep::one());
    add(y, by * twice!(pair.name()))
}

#[dispatch]
pub fn statements_that_do_nothing(n: i64) -> i64 {
    let x = double(n);
    {};
    ();
    {}
    x
}

#[dispatch]
pub fn lets_with_types(n: i64) -> (i64, i64, f64) {
    let a: i64 = double(n);
    let b: i64;
    let (c, d): (i64, f64) = (double(a), 1.5);
    let _unused: i64 = 3;
    let _: i64 = 4;
    b = add(a, 1);
    (b, c, d)
}

#[dispatch]
pub fn const_blocks(n: i64) -> i64 {
    let k = const { 3 * 4 };
    let zeros = [const { Vec::<i64>::new() }; 2];
    add(double(n), k + zeros.len() as i64)
}

#[dispatch]
#[allow(unsafe_code)]
pub fn unsafe_of_plain_values(xs: &[i64]) -> i64 {
    // SAFETY: the program is called with elements.
    let first = unsafe { *xs.get_unchecked(0) };
    add(double(first), 1)
}

#[dispatch]
pub fn labelled_blocks(n: i64) -> (i64, i64) {
    let x = 'found: {
        if n > 3 {
            break 'found double(n);
        }
        if n == 3 {
            break 'found 0;
        }
        add(n, 1)
    };
    let y = 'plain: {
        if n > 3 {
            break 'plain 1;
        }
        2
    };
    (x, y)
}

#[dispatch]
pub fn borrows_and_dereferences(n: i64) -> i64 {
    let local = n + 1;
    let r = &local;
    let rr = &r;
    let mut changed = 1;
    let m = &mut changed;
    *m += **rr;
    let x = double(*r);
    add(x, *m) + -*r
}

#[dispatch]
pub fn plain_operators(n: i64, flag: bool) -> i64 {
    let a = (n + 1) * 2 - n / 2 % 3;
    let b = a & 6 | 1 ^ 4;
    let c = b << 2 >> 1;
    let d = !c;
    let e = n > 1 && flag || !(a <= b) && (c != d || a >= 3 && n == 2);
    let f = if e { -d } else { d };
    add(double(f), a)
}

#[dispatch]
pub fn lazy_operators(n: i64) -> (i64, bool, i64, i64) {
    let a = double(n);
    let b = double(3);
    let arithmetic = (a + b) * 2 - a / b % 3;
    let compared = (a <= b) == (a != b);
    let bits = a & 6 | b ^ 4;
    let shifted = !(a << 2 >> 1);
    (arithmetic, compared, bits, shifted)
}

#[dispatch]
pub fn assigned_patterns(n: i64) -> (i64, i64, i64, i64) {
    let (mut a, mut b, mut c, mut d);
    [a, b] = [n, n + 1];
    (c, ..) = (a * 2, 3, 4);
    Point { x: d, .. } = Point { x: b, y: 0 };
    Meters(a) = Meters(a + 1);
    _ = double(n);
    (a, (b, _)) = (b, (a, 9));
    c += 1;
    d -= 1;
    (double(a), double(b), add(c, 1), d + 0)
}

#[dispatch]
pub fn lists_and_repeats(n: i64) -> i64 {
    let zeros = [n; 3];
    let more = vec![n + 1; 2];
    let none: [i64; 0] = [];
    let rows = [[1, 2], [3, n]];
    let x = sum(&zeros) + sum(&more) + sum(&none);
    add(x, sum(&rows[1]) + sum(&[n; 2]))
}

#[dispatch]
pub fn indices(n: usize) -> (i64, i64, i64, i64) {
    let xs = list(n as i64);
    let at = xs[1];
    let i = at as usize;
    let y = xs[i + 1];
    let part = sum(&xs[1..]) + sum(&xs[..=2]) + sum(&xs[..]);
    let ends = xs[n - 2..].len() as i64;
    (at, y, part, ends)
}

#[dispatch]
pub fn tuples_and_their_parts(n: i64) -> i64 {
    let one = (n,);
    let nested = ((n, 1), "two");
    let unit = ();
    let () = unit;
    let x = double(one.0);
    let y = double(nested.0.1);
    let z = double(nested.1.len() as i64);
    x + y + z
}

fn norm(p: Point) -> i64 {
    p.x * p.x + p.y
}
fn length(m: Meters) -> i64 {
    m.0
}
fn nowhere(_: Origin) -> i64 {
    0
}
fn size(f: &Figure) -> i64 {
    match f {
        Figure::Dot => 0,
        Figure::Line(n) => *n,
        Figure::Box { wide, high } => wide * high,
    }
}

#[dispatch]
pub fn structs_as_arguments(n: i64) -> i64 {
    let base = Point { x: 1, y: 5 };
    let x = double(n);
    let a = norm(Point { x, y: 2 });
    let b = norm(Point { x: double(n), ..base });
    let c = length(Meters(double(n)));
    let d = size(&Figure::Box { wide: n, high: 3 }) + size(&Figure::Line(4)) + size(&Figure::Dot);
    a + b + c + d + nowhere(Origin)
}

#[dispatch]
pub fn paths(n: i64) -> i64 {
    let x = self::double(n);
    let y = i64::pow(x, 2);
    let z = <i64 as std::ops::Add<i64>>::add(y, 1);
    let w = <i64>::abs(z);
    let v = std::convert::identity::<i64>(w);
    let f: fn(i64) -> i64 = double;
    add(v, f(1) + i64::MAX % 7 + std::primitive::i64::MIN % 7)
}

#[dispatch]
pub fn turbofishes(text: &str) -> i64 {
    let n = text.parse::<i64>().unwrap_or_default();
    let xs = list(n);
    let ys = xs.iter().map(|x| x * 2).collect::<Vec<i64>>();
    let total = ys.iter().sum::<i64>();
    add(total, std::mem::size_of::<i64>() as i64)
}

#[dispatch]
pub fn closures_of_each_kind(n: i64) -> i64 {
    let k = n + 1;
    let by_move = move |x: i64| -> i64 { x * k };
    let pairs = vec![(1, 2), (3, 4)];
    let of_pairs: Vec<i64> = pairs.iter().map(|&(a, b)| add(a, b)).collect();
    let of_points: Vec<i64> = [Point { x: 1, y: 2 }].iter().map(|Point { x, y: _ }| double(*x)).collect();
    let early: Vec<i64> = (0..n)
        .map(|i| {
            if i == 1 {
                return double(100);
            }
            double(i)
        })
        .collect();
    let nothing = || 3;
    let x = apply(double(n), by_move);
    let y = apply(x, |v| {
        let w = v + 1;
        w * 2
    });
    y + sum(&of_pairs) + sum(&of_points) + sum(&early) + nothing()
}

#[dispatch]
pub fn loops_of_each_kind(n: i64) -> (i64, i64, i64) {
    let mut stack = vec![1, 2, n];
    let mut a = 0;
    while let Some(top) = stack.pop() {
        a = add(a, top);
    }
    let mut b = 0;
    let mut i = 0;
    while i < n && {
        i += 1;
        i != 4
    } {
        b = add(b, i);
    }
    let mut c = 0;
    'rows: for (row, &(left, right)) in [(1, 2), (3, 4), (5, 6)].iter().enumerate() {
        for _ in 0..2 {
            if left == 3 {
                continue 'rows;
            }
            if row == 2 {
                break 'rows;
            }
            c += double(right);
        }
    }
    loop {
        i += 1;
        if i > 10 {
            break;
        }
    }
    (a, b, add(c, i))
}

#[dispatch]
pub fn ranges(n: i64) -> i64 {
    let mut a = 0;
    for i in 0..n {
        a += double(i);
    }
    for i in 0..=n {
        a = add(a, i);
    }
    let all = [1, 2, 3, 4];
    let inside = (1..n).contains(&2) && (..=n).contains(&2) && (1..).contains(&n);
    let steps: Vec<i64> = (0..n).rev().step_by(2).map(|i| double(i)).collect();
    a + sum(&all[..2]) + sum(&all[2..]) + sum(&all[..=1]) + sum(&all[1..=2]) + sum(&steps) + i64::from(inside)
}

#[dispatch]
pub fn conditions(n: i64, o: Option<i64>) -> i64 {
    let a = if n > 3 {
        double(n)
    } else if let Some(k) = o {
        add(k, n)
    } else {
        7
    };
    let b = if let Some(k) = o
        && k > 1
        && let Some(j) = o.map(|k| k + n)
    {
        add(k, j)
    } else {
        double(1)
    };
    if n > 100 {
        return b;
    }
    let c = if n == 3 { 1 } else { 2 };
    a + b + c
}

const SEVEN: i64 = 7;

fn figure(n: i64) -> Figure {
    match n {
        0 => Figure::Dot,
        1..=9 => Figure::Line(n),
        _ => Figure::Box { wide: n / 10, high: n % 10 },
    }
}

#[dispatch]
pub fn patterns_of_plain_values(n: i64, figured: i64, xs: &[i64], text: &str) -> Vec<i64> {
    let figure = eager!(figure(figured));
    let mut out = Vec::new();
    out.push(match n {
        0 => double(10),
        1 | 2 => double(20),
        3..=5 => 30,
        SEVEN => double(70),
        i64::MIN..0 => 1,
        k @ 8..=9 => add(k, 1),
        k if k % 2 == 0 => double(k),
        _ => -1,
    });
    out.push(match &figure {
        Figure::Dot => 0,
        Figure::Line(5) => double(5),
        Figure::Line(k) => *k,
        Figure::Box { wide, .. } if *wide > 3 => double(*wide),
        Figure::Box { wide: w @ 1..=2, high } => add(*w, *high),
        Figure::Box { wide: _, high: h } => double(*h),
    });
    out.push(match xs {
        [] => 0,
        [one] => double(*one),
        [first, .., last] if first == last => double(*first),
        [first, rest @ ..] => add(*first, sum(rest)),
    });
    out.push(match (text, n > 2) {
        ("a" | "b", true) => double(1),
        (other, _) => double(other.len() as i64),
    });
    out.push(match text.chars().next() {
        Some('a'..='m') => 1,
        Some(_) => double(2),
        None => 3,
    });
    out
}

#[dispatch]
pub fn patterns_in_lets(n: i64) -> i64 {
    let Point { x, y: high } = Point { x: n, y: 2 };
    let Meters(m) = Meters(n + 1);
    let [a, b, ..] = [n, 2, 3, 4];
    let [.., z] = [1, 2, n];
    let (first, .., last) = (n, 2, 3, 4);
    let &k = &n;
    let ref r = n + 5;
    let whole @ (p, _) = (n, 3);
    let (mut changed, ref kept) = (n, 4);
    let Figure::Line(l) = Figure::Line(n) else { return 0 };
    let (Ok(o) | Err(o)) = "12".parse::<i64>().map_err(|_| 0);
    changed += *kept;
    double(x) + double(high) + double(m) + add(a, b) + z + add(first, last) + k + double(*r) + add(p, whole.1) + changed + l + o
}

#[dispatch]
fn taken_apart((a, b): (i64, i64), [c, d]: [i64; 2], Point { x, y }: Point, mut n: i64, _: i64, &e: &i64) -> i64 {
    n += 1;
    let s = add(a, b) + add(c, d);
    s + add(x, y) + double(n) + e
}

#[dispatch]
pub fn patterns_in_parameters(n: i64) -> i64 {
    taken_apart((n, double(n)), [n, 2], Point { x: 1, y: n }, n, 9, &n)
}

#[dispatch]
pub fn returns_inside_expressions(n: Option<i64>) -> i64 {
    let n = match n {
        Some(0) => return 5,
        Some(n) => n,
        None => return double(1),
    };
    let k = if n > 3 { n } else { return add(n, 1) };
    double(k)
}

macro_rules! thrice {
    ($x:expr) => {
        3 * $x
    };
}
macro_rules! declare {
    ($name:ident = $value:expr) => {
        let $name = $value;
    };
}

#[dispatch]
pub fn macros_over_plain_values(n: i64) -> (i64, String, usize) {
    use std::fmt::Write;
    assert!(n > 0, "{n} must be positive");
    debug_assert_ne!(n, -1);
    assert_eq!(n, n);
    if n > 1000 {
        unreachable!("too large: {}", n);
    }
    let mut text = String::new();
    write!(text, "{n:>3}").unwrap();
    let small = matches!(n, 1..=3 | 7);
    let words = concat!("a", "b");
    let x = add(thrice!(n), i64::from(small));
    let name = format!("{text}-{words}-{}", line!() > 0);
    let flags = vec![cfg!(all()), stringify!(a b) == "a b"];
    (x, name, flags.len())
}

#[dispatch]
pub fn attributes_on_statements(n: i64) -> i64 {
    #[allow(unused_variables)]
    let unused = 3;
    #[allow(clippy::let_and_return)]
    let x = double(n);
    #[allow(unused_must_use)]
    {
        n + 1;
    }
    #[allow(unused)]
    if n > 3 {
        return add(x, 1);
    }
    #[rustfmt::skip]
    let y = match n {
        #[allow(unreachable_patterns)]
        1 => double(x),
        _ => x,
    };
    y
}

#[dispatch]
pub fn raw_names(r#type: i64) -> i64 {
    let r#match = double(r#type);
    fn r#loop(r#in: i64) -> i64 {
        r#in + 1
    }
    r#loop(r#match)
}

trait Shape {
    fn side(&self) -> i64;
    #[dispatch]
    fn area(&self) -> i64
    where
        Self: Sync,
    {
        let s = double(self.side());
        s * s
    }
    #[dispatch]
    fn scaled(&self, by: i64) -> i64;
}
#[derive(Clone)]
struct Square(i64);
impl Shape for Square {
    fn side(&self) -> i64 {
        self.0
    }
    #[dispatch]
    fn scaled(&self, by: i64) -> i64 {
        add(self.0, by)
    }
}

fn square(n: i64) -> Square {
    Square(n)
}

#[dispatch]
pub fn methods_of_traits(n: i64) -> i64 {
    let square = square(n);
    let a = Shape::area(&square);
    let b = Square::scaled(&square, double(n));
    add(a, b)
}

fn called(f: &(dyn Fn(i64) -> i64 + Sync), n: i64) -> i64 {
    f(n)
}
fn boxed(n: i64) -> Box<dyn Fn(i64) -> i64 + Send + Sync> {
    Box::new(move |x| x + n)
}

#[dispatch]
pub fn trait_objects(n: i64) -> i64 {
    let f = boxed(n);
    let x = called(&*f, 3);
    let y = called(&double, x);
    add(x, y)
}

#[dispatch]
pub fn parentheses(n: i64) -> i64 {
    let x = (double)((n));
    let y = ((double(n)) + (x)) * (2);
    (add((x), (y)))
}

#[dispatch]
pub fn blocks_as_arguments(n: i64) -> i64 {
    let x = add({ double(n) }, {
        let k = n + 1;
        double(k)
    });
    add(if n > 2 { double(n) } else { n }, match n {
        1 => x,
        _ => add(x, 1),
    })
}

#[dispatch]
pub fn tuple_of_eight(n: i64) -> i64 {
    let (a, b, c, d, e, f, g, h) = eight(n);
    let ((i, _), [j, k]) = (nested(n), [double(1), 2]);
    a + b + c + d + e + f + g + h + i + j + k
}
fn eight(n: i64) -> (i64, i64, i64, i64, i64, i64, i64, i64) {
    (n, 1, 2, 3, 4, 5, 6, 7)
}
fn nested(n: i64) -> (i64, i64) {
    (n, n + 1)
}

#[dispatch]
pub fn empty_statements(n: i64) -> i64 {
    ;
    let y = double(n);;
    y
}

fn half(n: i64) -> Result<i64, String> {
    if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
}
fn extend_by(xs: &mut Vec<i64>, n: i64) {
    xs.push(n);
}

#[dispatch]
pub fn options_on_statements(n: i64) -> Result<(Vec<i64>, i64), String> {
    #[retry(2)]
    #[priority(1)]
    let x = double(n);
    #[timeout("1h")]
    let mut xs = vec_of(x);
    #[retry(1)]
    #[label("extend")]
    extend_by(&mut xs, n);
    #[retry(1, when = |error: &String| error.is_empty())]
    let h = half(x)?;
    #[retry(1)]
    extend_by(&mut xs, h);
    #[priority(-3)]
    #[timeout("90m")]
    let (a, b) = pair_of(h);
    let mut last = add(a, b);
    #[retry(3, backoff = dispatcher::Backoff::none())]
    #[label(format!("last of {n}"))]
    last = half(last)?;
    #[priority(2)]
    let longer = xs.len();
    #[eager]
    let now = double(n);
    xs.push(longer as i64 + now);
    Ok((xs, last))
}

fn vec_of(n: i64) -> Vec<i64> {
    vec![n]
}
fn pair_of(n: i64) -> (i64, i64) {
    (n, n + 1)
}
