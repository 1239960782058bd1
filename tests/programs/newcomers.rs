// What people write who know nothing of the library: operators on elements of collections of computed values, names in upper
// case, loops over local collections, `#[cfg]`.

fn load(n: u64) -> Vec<f64> {
    (0..n).map(|i| i as f64 + 0.5).collect()
}
fn twice(x: f64) -> f64 {
    2.0 * x
}
fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len().max(1) as f64
}
fn add(a: f64, b: f64) -> f64 {
    a + b
}
fn name_of(n: u64) -> String {
    format!("n{n}")
}
fn double(n: i64) -> i64 {
    2 * n
}
fn bump(n: &mut i64) {
    *n += 1000;
}

#[dispatch]
pub fn elements_added(xs: &[f64]) -> f64 {
    let v: Vec<f64> = xs.iter().map(|x| twice(*x)).collect();
    v[0] + v[1] * v[2]
}

#[dispatch]
pub fn last_element(n: usize) -> i64 {
    let mut f = vec![double(1), double(2)];
    for i in 2..n {
        let next = add_i(f[i - 1], f[i - 2]);
        f.push(next);
    }
    f[n - 1]
}
fn add_i(a: i64, b: i64) -> i64 {
    a + b
}

#[dispatch]
pub fn sum_in_a_loop(xs: &[f64]) -> f64 {
    let v: Vec<f64> = xs.iter().map(|x| twice(*x)).collect();
    let mut s = 0.0;
    for y in v {
        s += y;
    }
    s
}

#[dispatch]
pub fn sum_by_reference(xs: &[f64]) -> f64 {
    let v: Vec<f64> = xs.iter().map(|x| twice(*x)).collect();
    let mut s = 0.0;
    for y in &v {
        s += y;
    }
    for (i, y) in v.iter().enumerate() {
        if i % 2 == 0 {
            s += y * i as f64;
        }
    }
    s
}

#[dispatch]
pub fn folded(xs: &[f64]) -> f64 {
    let v: Vec<f64> = xs.iter().map(|x| twice(*x)).collect();
    v.iter().fold(0.0, |a, b| a + b)
}

#[dispatch]
pub fn mapped_with_operators(xs: &[f64]) -> Vec<f64> {
    let v: Vec<f64> = xs.iter().map(|x| twice(*x)).collect();
    v.iter().map(|y| y + 1.0).collect()
}

#[dispatch]
pub fn greatest(xs: &[f64]) -> f64 {
    let v: Vec<f64> = xs.iter().map(|x| twice(*x)).collect();
    v.into_iter().reduce(|a, b| a.max(b)).unwrap()
}

#[dispatch]
pub fn greatest_in_a_loop(xs: &[f64]) -> f64 {
    let mut m = 0.0;
    for x in xs {
        m = f64::max(m, twice(*x));
        m = m.max(twice(x + 1.0));
    }
    m
}

#[dispatch]
pub fn element_updated(n: i64) -> i64 {
    let mut v = vec![double(n), double(n + 1)];
    v[1] += 10;
    v[0] += v[1];
    v[0] * v[1]
}

#[dispatch]
pub fn parts_of_a_tuple(x: f64) -> f64 {
    let t = (twice(x), twice(x + 1.0));
    t.0 + t.1
}

#[dispatch]
pub fn array_taken_apart(n: i64) -> i64 {
    let [a, b] = [double(n), double(n + 1)];
    a + b
}

#[dispatch]
pub fn option_unwrapped(x: f64) -> f64 {
    let o = Some(twice(x));
    o.unwrap() + 1.0
}

#[dispatch]
pub fn zipped_with_plain(xs: &[f64]) -> f64 {
    let v: Vec<f64> = xs.iter().map(|x| twice(*x)).collect();
    let mut s = 0.0;
    for (x, y) in xs.iter().zip(&v) {
        if *x > 1.0 {
            s += y * x;
        }
    }
    s
}

#[dispatch]
#[allow(non_snake_case)]
pub fn upper_case(N: u64) -> f64 {
    let A = load(N);
    let mut s = mean(&A);
    for I in 0..3 {
        s += twice(I as f64);
    }
    let X = twice(s);
    X + s
}

#[dispatch]
pub fn left_out_by_cfg(n: i64) -> i64 {
    let mut x = double(n);
    #[cfg(any())]
    bump(&mut x);
    #[cfg(all())]
    let x = double(x);
    #[cfg(any())]
    let x = gpu_only(x);
    x
}

#[dispatch]
pub fn cfg_in_a_list(n: i64) -> i64 {
    let v: Vec<i64> = [
        double(n),
        #[cfg(any())]
        double(9),
        double(2),
    ]
    .into_iter()
    .collect();
    #[cfg(any())]
    (0..3).for_each(|i| {
        double(i);
    });
    v[0] + v[1]
}

#[dispatch]
pub fn loop_over_a_local(n: usize) -> f64 {
    let ps = vec![vec![1.0, 2.0]; n];
    let mut s = 0.0;
    for p in &ps {
        s = add(s, mean(p));
    }
    for (i, p) in ps.iter().enumerate() {
        s = add(s, mean(&p[i % 2..]));
    }
    s
}

#[dispatch]
pub fn chunks_of_a_local(n: usize) -> Vec<f64> {
    let v: Vec<f64> = (0..n).map(|i| i as f64).collect();
    v.chunks(2).map(|c| mean(c)).collect()
}

fn count(text: &str) -> usize {
    text.len()
}

#[dispatch]
pub fn words_of_a_local(text: String) -> usize {
    let mut n = 0;
    for w in text.split(' ') {
        n += count(w);
    }
    n + count(text.trim()) + count(text.as_str())
}

#[dispatch]
pub fn named_values(names: Vec<(String, f64)>) -> f64 {
    let mut s = 0.0;
    for (name, x) in &names {
        s += count(name) as f64;
        s += twice(*x);
    }
    s
}

#[dispatch]
pub fn inferred(text: &str, small: f32) -> f64 {
    let a = text.parse().unwrap();
    let b = twice(a);
    add(b, twice(text.parse().unwrap())) + twice(small.into()) + twice(Default::default())
}

fn total(xs: Vec<f64>) -> f64 {
    xs.iter().sum()
}

#[dispatch]
pub fn collected_for_a_call(n: u32) -> f64 {
    let v = (0..n).map(|i| f64::from(i)).collect();
    total(v) + total((0..n).map(f64::from).collect())
}

#[dispatch]
pub fn closure_without_types(n: i64) -> i64 {
    let g = |i| double(i);
    let h = |i| {
        let x = double(i);
        add_i(x, i)
    };
    g(n) + h(n + 1)
}

#[dispatch]
fn first_of(xs: &Vec<f64>) -> f64 {
    eager!(xs[0])
}

#[dispatch]
fn sub_total(xs: &[f64]) -> f64 {
    mean(xs)
}

#[dispatch]
pub fn temporaries_lent(n: u64) -> f64 {
    let a = first_of(&load(n));
    let b = sub_total(&[1.0, 2.0]);
    let c = sub_total(&[a, twice(b)]);
    let d = sub_total(&vec![1.0; 3]);
    add(c, d) + mean(&load(n)) + count(&format!("x{n}")) as f64
}

fn note(log: &std::sync::Mutex<Vec<i64>>, n: i64) -> i64 {
    log.lock().unwrap().push(n);
    n
}

#[dispatch]
fn double_graph(n: i64) -> i64 {
    add_i(n, n)
}

#[dispatch]
pub fn mapped_by_name(n: i64) -> Vec<i64> {
    let v: Vec<i64> = (0..n).map(double_graph).collect();
    v.into_iter().map(|x| add_i(x, 1)).collect()
}

#[dispatch]
pub fn game_of_life_by_rows(n: usize) -> Vec<i64> {
    let mut grid: Vec<i64> = vec![1; n];
    for _ in 0..3 {
        grid = (0..n).map(|y| row(&grid, y)).collect();
    }
    grid
}
fn row(grid: &[i64], y: usize) -> i64 {
    grid[y] + grid[(y + 1) % grid.len()]
}

#[dispatch]
pub fn filtered_in_the_closure(n: i64) -> Vec<i64> {
    (0..n).filter_map(|i| if i % 2 == 0 { Some(double(i)) } else { None }).collect()
}

pub struct Series {
    step: i64,
}

impl Series {
    #[dispatch]
    fn fib(n: i64) -> i64 {
        if n < 2 {
            return n;
        }
        Self::fib(n - 1) + Self::fib(n - 2)
    }

    #[dispatch]
    fn one(&self, n: i64) -> i64 {
        add_i(n, self.step)
    }

    fn plain(&self, n: i64) -> i64 {
        self.step * n
    }

    #[dispatch]
    fn listed(&self, n: i64) -> Vec<i64> {
        let x = self.one(n);
        let first = x + 1;
        let y: i64 = self.one(n + 1);
        let v: Vec<i64> = (0..n).map(|i| self.one(i)).collect();
        let total = v[0] + y;
        if self.plain(n) + 1 > 3 && Series::limit(2) - 1 < 10 {
            return vec![first, total, -Self::fib(3)];
        }
        vec![first, total]
    }

    fn limit(n: i64) -> i64 {
        n * 2
    }
}

#[dispatch]
pub fn recursion_in_an_impl_block(n: i64) -> i64 {
    let half = Series::fib(n / 2) as f64;
    let whole = Series::fib(n);
    let known = Series::limit(3) + 1;
    for _ in 0..Series::limit(1) {
        double(n);
    }
    rounded(half) + whole + known
}
fn rounded(x: f64) -> i64 {
    x.round() as i64
}

#[dispatch]
fn all_of(series: &Series, n: i64) -> Vec<i64> {
    series.listed(n)
}

#[dispatch]
pub fn methods_that_are_graphs(step: i64, n: i64) -> Vec<i64> {
    all_of(&Series { step }, n)
}

fn apply(n: i64, f: impl Fn(i64) -> i64) -> i64 {
    f(n)
}

#[dispatch]
pub fn closures_with_captured_variables(n: i64) -> Vec<i64> {
    let mut out = vec![];
    let mut k = 0;
    let mut last = apply(0, |x| x);
    for i in 0..n {
        k += i;
        last = apply(last, |x| x + k * i);
        out.push(apply(i, |x| x * k + i));
    }
    out.push(last);
    out
}

#[dispatch]
pub fn grouped_in_a_map(n: i64) -> std::collections::BTreeMap<i64, Vec<i64>> {
    let mut m = std::collections::BTreeMap::new();
    for i in 0..n {
        m.entry(i % 2).or_insert_with(Vec::new).push(double(i));
    }
    m
}

#[dispatch]
pub fn closure_of_lazy_values(n: i64) -> i64 {
    let g = |x, y| add_i(x, y);
    let a = double(n);
    g(a, double(2))
}

#[dispatch]
pub fn defaults_of_options(o: Option<i64>, r: Result<i64, String>) -> (i64, i64, i64, i64, i64, i64) {
    let a = o.map_or(0, |x| double(x));
    let b = o.map(|x| double(x)).unwrap_or(7);
    let c = o.unwrap_or(double(5));
    let d = o.unwrap_or_else(|| double(6));
    let e = r.clone().map(|x| double(x)).unwrap_or_else(|wrong| wrong.len() as i64);
    let f = r.map_or_else(|wrong| wrong.len() as i64, |x| double(x));
    let g = o.map(|x| double(x)).unwrap_or_default();
    (a + 1, b + c, add_i(c, d), d + g, e, f)
}

#[dispatch]
pub fn lazy_values_collected_for_a_call(n: i64) -> i64 {
    total_i((0..n).map(|i| double(i)).collect()) + total_i((0..n).rev().map(|i| add_i(i, n)).skip(1).collect())
}

fn total_i(all: Vec<i64>) -> i64 {
    all.iter().rev().fold(1, |sum, x| 3 * sum + x)
}

pub struct Listed {
    all: Vec<i64>,
    name: String,
}

impl Listed {
    fn all(&self) -> &[i64] {
        &self.all
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "listed"
    }
}

fn total_of(all: &[i64], text: &str) -> i64 {
    all.iter().sum::<i64>() + text.len() as i64
}

#[dispatch]
pub fn lent_by_methods_of_a_local(n: i64) -> i64 {
    let listed = Listed { all: vec![1, n], name: format!("{n}") };
    total_of(listed.all(), listed.name()) + total_of(&listed.all()[1..], listed.kind())
}

fn pick(a: Option<i64>, b: i64) -> i64 {
    a.map_or(b, |a| a.max(b))
}
fn max_i(a: i64, b: i64) -> i64 {
    a.max(b)
}

#[dispatch]
pub fn option_assigned(n: i64) -> Option<i64> {
    let mut best: Option<i64> = None;
    for i in 0..n {
        best = Some(max_i(best.unwrap_or(0), double(i)));
    }
    best
}

#[dispatch]
pub fn option_assigned_both(n: i64) -> i64 {
    let mut best = None;
    if n > 3 {
        best = Some(double(n));
    } else if n > 1 {
        best = Some(n);
    }
    pick(best, 1)
}

#[dispatch]
pub fn lists_in_a_map(n: u64) -> std::collections::BTreeMap<u64, Vec<String>> {
    let mut m: std::collections::BTreeMap<u64, Vec<String>> = std::collections::BTreeMap::new();
    for i in 0..n {
        m.entry(i % 2).or_default().push(name_of(i));
        m.entry(i % 2).or_default().push("plain".to_owned());
    }
    m
}

#[dispatch]
pub fn options_in_a_list(n: i64) -> Vec<Option<i64>> {
    let mut v = vec![None; 3];
    v[1] = Some(double(n));
    v
}

#[dispatch]
pub fn map_with_lazy_values(n: i64) -> i64 {
    let m: std::collections::BTreeMap<i64, i64> = (0..n).map(|i| (i, double(i))).collect();
    let mut t = 0;
    for (k, v) in &m {
        t = add_i(t, k * v);
    }
    t
}

#[dispatch]
pub fn tuple_half_lazy(n: i64) -> i64 {
    let t = (double(1), n);
    let (a, b) = t;
    a + b
}

#[dispatch]
pub fn tuple_half_lazy_matched(n: i64) -> i64 {
    match (double(1), n) {
        (x, 0) => x,
        (x, k) if k > 2 => x + k,
        (x, _) => x * 2,
    }
}

#[dispatch]
pub fn tuple_folded(xs: &[i64]) -> (i64, i64) {
    let (sum, most, n) = xs.iter().fold((0, i64::MIN, 1), |(sum, most, n), &x| (add_i(sum, x), max_i(most, x), n + 1));
    let both = xs.iter().fold((0, 1), |(sum, product), &x| (add_i(sum, x), add_i(product, x)));
    (add_i(max_i(sum, most), n), twice_of(both))
}
fn twice_of(both: (i64, i64)) -> i64 {
    2 * (both.0 + both.1)
}

#[dispatch]
pub fn elements_changed(n: i64) -> Vec<i64> {
    let mut v: Vec<i64> = (0..n).map(|i| double(i)).collect();
    for x in v.iter_mut() {
        *x += 1;
    }
    for x in &mut v {
        *x = double(*x);
    }
    v
}

#[dispatch]
pub fn boxed_slice(n: i64) -> Box<[i64]> {
    let v: Box<[i64]> = (0..n).map(|i| double(i)).collect();
    v
}

#[dispatch]
pub fn seven_parts(n: i64) -> (i64, i64, i64, i64, i64, String, i64) {
    let (a, b) = (double(n), double(1));
    (a, b, n, double(2), double(3), name_of(4), double(5))
}

#[dispatch]
pub fn closure_called_at_once(n: i64) -> i64 {
    (|| double(n))() + 1
}
