use std::collections::{BTreeMap, HashMap};

fn make(n: usize) -> u64 {
    n as u64 * 10
}
fn add(a: u64, b: u64) -> u64 {
    a + b
}
fn sum(xs: &[u64]) -> u64 {
    xs.iter().sum()
}
fn sum_rows(rows: Vec<Vec<u64>>) -> u64 {
    rows.iter().flatten().sum()
}

#[dispatch]
pub fn nested(n: usize) -> u64 {
    let rows: Vec<Vec<u64>> = (0..n).map(|i| (0..i).map(|j| make(i + j)).collect()).collect();
    sum_rows(rows)
}

fn pair(n: u64) -> (u64, String) {
    (n, n.to_string())
}
fn show(n: u64, s: &str) -> String {
    format!("{n}:{s}")
}

#[dispatch]
pub fn tuples(n: u64) -> String {
    let (a, b) = pair(n);
    show(a, &b)
}

fn three(n: u64) -> ((u64, u64), String) {
    ((n, n + 1), n.to_string())
}

#[dispatch]
pub fn nested_tuples(n: u64) -> String {
    let ((a, b), text) = three(n);
    let (_, second) = pair(b);
    let s = show(a, &text);
    show(0, &format_both(s, second))
}
fn format_both(a: String, b: String) -> String {
    format!("{a}/{b}")
}

fn or_zero(n: Option<u64>) -> u64 {
    n.unwrap_or(0)
}

#[dispatch]
pub fn options(n: Option<usize>) -> u64 {
    let made = n.map(|n| make(n));
    or_zero(made)
}

fn sum_array(xs: [u64; 3]) -> u64 {
    xs.iter().sum()
}

#[dispatch]
pub fn arrays() -> u64 {
    let xs = [make(1), make(2), make(3)];
    let y = sum_array([make(4), make(5), 7]);
    add(sum_array(xs), y)
}

fn total_map(map: BTreeMap<String, u64>) -> u64 {
    map.values().sum()
}

#[dispatch]
pub fn maps(names: &[&str]) -> u64 {
    let mut map = BTreeMap::new();
    for name in names {
        map.insert(name.to_string(), make(name.len()));
    }
    total_map(map)
}

fn total_hash(map: HashMap<String, u64>) -> u64 {
    map.iter().map(|(k, v)| k.len() as u64 * v).sum()
}

#[dispatch]
pub fn hash_maps(names: &[&str]) -> u64 {
    let map: HashMap<String, u64> = names.iter().map(|name| (name.to_string(), make(name.len()))).collect();
    total_hash(map)
}

#[dispatch]
pub fn lend_collection(n: usize) -> (u64, u64) {
    let xs: Vec<u64> = (0..n).map(|i| make(i)).collect();
    let total = sum(&xs);
    let mut first = 0;
    for x in xs {
        first = add(first, x);
    }
    (total, first)
}

#[dispatch]
pub fn pushed(n: usize) -> u64 {
    let mut xs = Vec::with_capacity(n);
    for i in 0..n {
        let x = make(i);
        if i % 2 == 0 {
            xs.push(x);
        }
    }
    xs.push(make(100));
    sum(&xs)
}

#[dispatch]
pub fn zipped(a: &[u64], b: &[u64]) -> Vec<u64> {
    a.iter().zip(b).map(|(x, y)| add(*x, *y)).collect()
}

#[dispatch]
pub fn windows_of_nodes(n: usize) -> Vec<u64> {
    let xs: Vec<u64> = (0..n).map(|i| make(i)).collect();
    let sums: Vec<u64> = xs.windows(3).map(|w| sum(w)).collect();
    sums
}

fn total_pairs(pairs: Vec<(String, u64)>) -> u64 {
    pairs.iter().map(|(k, v)| k.len() as u64 + v).sum()
}

#[dispatch]
pub fn pairs(items: &[(&str, usize)]) -> u64 {
    let made: Vec<(String, u64)> = items.iter().map(|(name, n)| (name.to_string(), make(*n))).collect();
    total_pairs(made)
}

#[dispatch]
pub fn tree_reduce(n: usize) -> u64 {
    let mut level: Vec<u64> = (0..n).map(|i| make(i)).collect();
    while level.len() > 1 {
        let mut next = Vec::new();
        let mut nodes = level.into_iter();
        while let Some(left) = nodes.next() {
            match nodes.next() {
                Some(right) => next.push(add(left, right)),
                None => next.push(left),
            }
        }
        level = next;
    }
    level.pop().unwrap()
}

#[dispatch]
pub fn returned_vec(n: usize) -> Vec<u64> {
    let mut out = Vec::new();
    for i in 0..n {
        out.push(make(i));
    }
    out
}

#[dispatch]
pub fn returned_tuple(n: usize) -> (u64, u64, usize) {
    let a = make(n);
    let b = add(a, 1);
    (a, b, n)
}

#[dispatch]
pub fn vec_macro(n: usize) -> u64 {
    let xs = vec![make(n), make(n + 1)];
    let ys = vec![make(1)];
    add(sum(&xs), sum(&ys))
}

#[dispatch]
pub fn reversed_tail(n: usize) -> Vec<u64> {
    let v: Vec<u64> = (0..n).map(|i| make(i)).collect();
    v.into_iter().rev().collect()
}

#[dispatch]
pub fn reversed_written(n: usize) -> u64 {
    let v: Vec<u64> = (0..n).map(|i| make(i)).collect();
    let w: Vec<u64> = v.into_iter().rev().take(2).collect();
    sum(&w)
}

#[dispatch]
pub fn part_of_nodes(n: usize) -> u64 {
    let v: Vec<u64> = (0..n).map(|i| make(i)).collect();
    let tail = sum(&v[1..]);
    add(tail, sum(&v))
}

#[dispatch]
pub fn cloned_nodes(n: usize) -> u64 {
    let v: Vec<u64> = (0..n).map(|i| make(i)).collect();
    let w = v.clone();
    add(sum(&w), sum(&v.clone()))
}
