fn add(a: f64, b: f64) -> f64 {
    a + b
}
fn addu(a: u64, b: u64) -> u64 {
    a + b
}

#[dispatch]
pub fn total(xs: &[f64]) -> f64 {
    if xs.len() <= 1 {
        return xs.first().copied().unwrap_or(0.0);
    }
    let (left, right) = xs.split_at(xs.len() / 2);
    add(total(left), total(right))
}

#[dispatch]
pub fn fib(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    addu(fib(n - 1), fib(n - 2))
}

fn merge(a: Vec<i32>, b: Vec<i32>) -> Vec<i32> {
    let mut all = a;
    all.extend(b);
    all.sort();
    all
}

#[dispatch]
pub fn merge_sort(xs: Vec<i32>) -> Vec<i32> {
    if xs.len() < 2 {
        xs
    } else {
        let mid = xs.len() / 2;
        let right = xs[mid..].to_vec();
        let left = xs[..mid].to_vec();
        merge(merge_sort(left), merge_sort(right))
    }
}

fn load(n: usize) -> Vec<f64> {
    (0..n).map(|x| x as f64).collect()
}
fn mean(xs: &[f64], total: f64) -> f64 {
    total / xs.len() as f64
}

#[dispatch]
pub fn lend_to_subgraph(n: usize) -> f64 {
    let xs = load(n);
    let sum = total(&xs);
    let again = total(&xs);
    let m = mean(&xs, sum);
    add(m, again)
}

fn step(n: u64) -> u64 {
    if n % 2 == 0 { n / 2 } else { 3 * n + 1 }
}

#[dispatch]
pub fn collatz(n: u64) -> u64 {
    if n == 1 {
        0
    } else {
        addu(1, collatz(step(n)))
    }
}

#[dispatch]
pub fn is_even(n: u64) -> bool {
    if n == 0 { true } else { is_odd(n - 1) }
}
#[dispatch]
pub fn is_odd(n: u64) -> bool {
    if n == 0 { false } else { is_even(n - 1) }
}
#[dispatch]
pub fn mutual(n: u64) -> (bool, bool) {
    (is_even(n), is_odd(n))
}

fn split(xs: Vec<i32>) -> (Vec<i32>, i32, Vec<i32>) {
    let pivot = xs[0];
    let small = xs[1..].iter().copied().filter(|x| *x < pivot).collect();
    let large = xs[1..].iter().copied().filter(|x| *x >= pivot).collect();
    (small, pivot, large)
}
fn glue(mut a: Vec<i32>, p: i32, b: Vec<i32>) -> Vec<i32> {
    a.push(p);
    a.extend(b);
    a
}

#[dispatch]
pub fn quicksort(xs: Vec<i32>) -> Vec<i32> {
    if xs.is_empty() {
        return xs;
    }
    let (small, pivot, large) = split(xs);
    glue(quicksort(small), pivot, quicksort(large))
}

pub struct Tree {
    children: Vec<Tree>,
}
fn grow(n: usize) -> Tree {
    Tree { children: (0..n).map(grow).collect() }
}
fn deepest(depths: Vec<usize>) -> usize {
    1 + depths.into_iter().max().unwrap_or(0)
}

#[dispatch]
fn depth(tree: &Tree) -> usize {
    let depths: Vec<usize> = tree.children.iter().map(|child| depth(child)).collect();
    deepest(depths)
}

#[dispatch]
pub fn depth_of(n: usize) -> usize {
    let tree = grow(n);
    depth(&tree)
}

fn larger<T: PartialOrd>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

#[dispatch]
pub fn generic_max<T: PartialOrd + Copy + Send + Sync>(xs: &[T]) -> T {
    match xs {
        [x] => *x,
        _ => {
            let (a, b) = xs.split_at(xs.len() / 2);
            larger(generic_max(a), generic_max(b))
        }
    }
}

#[dispatch]
pub fn ackermann(m: u64, n: u64) -> u64 {
    if m == 0 {
        n + 1
    } else if n == 0 {
        ackermann(m - 1, 1)
    } else {
        let inner = ackermann(m, n - 1);
        ackermann(m - 1, inner)
    }
}

fn measure(n: i64) -> i64 {
    n * 2
}
#[dispatch]
fn decide(n: i64) -> String {
    if n > 0 { positive(n) } else { negative(n) }
}
fn positive(n: i64) -> String {
    format!("+{n}")
}
fn negative(n: i64) -> String {
    format!("-{}", -n)
}

#[dispatch]
pub fn choose_later(n: i64) -> String {
    let m = measure(n);
    decide(m)
}
