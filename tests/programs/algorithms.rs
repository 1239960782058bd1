pub use self::life::run as life;
pub mod life {
    #[allow(unused_imports)]
    use super::*;

    fn seed(n: usize) -> Vec<Vec<bool>> {
        (0..n).map(|i| (0..n).map(|j| (i * 7 + j * 3) % 4 == 0).collect()).collect()
    }
    fn row(grid: &[Vec<bool>], i: usize) -> Vec<bool> {
        let n = grid.len();
        (0..n)
            .map(|j| {
                let mut c = 0;
                for di in [n - 1, 0, 1] {
                    for dj in [n - 1, 0, 1] {
                        if (di, dj) != (0, 0) && grid[(i + di) % n][(j + dj) % n] {
                            c += 1;
                        }
                    }
                }
                matches!((grid[i][j], c), (true, 2) | (_, 3))
            })
            .collect()
    }
    fn alive(grid: &[Vec<bool>]) -> usize {
        grid.iter().flatten().filter(|c| **c).count()
    }
    fn assemble(rows: Vec<Vec<bool>>) -> Vec<Vec<bool>> {
        rows
    }
    #[dispatch]
    pub fn run(n: usize, steps: usize) -> usize {
        let mut grid = seed(n);
        for _ in 0..steps {
            let rows: Vec<Vec<bool>> = (0..n).map(|i| row(&grid, i)).collect();
            grid = assemble(rows);
        }
        alive(&grid)
    }
}

pub use self::mandelbrot::run as mandelbrot;
pub mod mandelbrot {
    #[allow(unused_imports)]
    use super::*;

    fn pixels(y: usize, w: usize, h: usize) -> Vec<u32> {
        (0..w)
            .map(|x| {
                let (cr, ci) = (x as f64 / w as f64 * 3.0 - 2.0, y as f64 / h as f64 * 2.0 - 1.0);
                let (mut a, mut b, mut n) = (0.0, 0.0, 0);
                while a * a + b * b < 4.0 && n < 50 {
                    (a, b) = (a * a - b * b + cr, 2.0 * a * b + ci);
                    n += 1;
                }
                n
            })
            .collect()
    }
    #[dispatch]
    pub fn run(w: usize, h: usize) -> Vec<Vec<u32>> {
        (0..h).map(|y| pixels(y, w, h)).collect()
    }
}

pub use self::queens::run as queens;
pub mod queens {
    #[allow(unused_imports)]
    use super::*;

    fn safe(placed: &[usize], col: usize) -> bool {
        placed.iter().enumerate().all(|(i, &c)| c != col && (placed.len() - i) != c.abs_diff(col))
    }
    fn total(xs: Vec<u64>) -> u64 {
        xs.iter().sum()
    }
    #[dispatch]
    fn place(n: usize, placed: Vec<usize>) -> u64 {
        if placed.len() == n {
            return 1;
        }
        let mut counts = Vec::new();
        for col in 0..n {
            if eager!(safe(&placed, col)) {
                let mut next = placed.clone();
                next.push(col);
                counts.push(place(n, next));
            }
        }
        total(counts)
    }
    #[dispatch]
    pub fn run(n: usize) -> u64 {
        place(n, vec![])
    }
}

pub use self::knapsack::run as knapsack;
pub mod knapsack {
    #[allow(unused_imports)]
    use super::*;

    fn item(prev: Vec<u32>, w: usize, v: u32) -> Vec<u32> {
        let mut next = prev.clone();
        for c in w..prev.len() {
            next[c] = prev[c].max(prev[c - w] + v);
        }
        next
    }
    #[dispatch]
    pub fn run(items: &[(usize, u32)], cap: usize) -> u32 {
        let mut best = vec![0; cap + 1];
        for (w, v) in items {
            best = item(best, *w, *v);
        }
        best[cap]
    }
}

pub use self::knapsack_in_place::run as knapsack_in_place;
pub mod knapsack_in_place {
    #[allow(unused_imports)]
    use super::*;

    fn item(prev: &mut Vec<u32>, (w, v): (usize, u32)) {
        for c in (w..prev.len()).rev() {
            prev[c] = prev[c].max(prev[c - w] + v);
        }
    }
    fn zeros(n: usize) -> Vec<u32> {
        vec![0; n]
    }
    #[dispatch]
    pub fn run(items: &[(usize, u32)], cap: usize) -> u32 {
        let mut best = zeros(cap + 1);
        for &it in items {
            item(&mut best, it);
        }
        *best.last().unwrap()
    }
}

pub use self::kmeans::run as kmeans;
pub mod kmeans {
    #[allow(unused_imports)]
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    pub struct Centers(Vec<f64>);
    fn init(xs: &[f64], k: usize) -> Centers {
        Centers(xs.iter().take(k).copied().collect())
    }
    fn assign(xs: &[f64], c: &Centers) -> Vec<usize> {
        xs.iter()
            .map(|x| (0..c.0.len()).min_by(|a, b| (c.0[*a] - x).abs().total_cmp(&(c.0[*b] - x).abs())).unwrap())
            .collect()
    }
    fn update(c: &mut Centers, xs: &[f64], who: &[usize]) {
        for k in 0..c.0.len() {
            let m: Vec<f64> = xs.iter().zip(who).filter(|(_, w)| **w == k).map(|(x, _)| *x).collect();
            if !m.is_empty() {
                c.0[k] = m.iter().sum::<f64>() / m.len() as f64;
            }
        }
    }
    #[dispatch]
    pub fn run(xs: Vec<f64>, k: usize) -> Vec<f64> {
        let mut c = init(&xs, k);
        for _ in 0..4 {
            let who = assign(&xs, &c);
            update(&mut c, &xs, &who);
        }
        c.0
    }
}

pub use self::floyd_in_place::run as floyd_in_place;
pub mod floyd_in_place {
    #[allow(unused_imports)]
    use super::*;

    fn start(n: usize) -> Vec<Vec<u32>> {
        (0..n).map(|i| (0..n).map(|j| if i == j { 0 } else { ((i * 5 + j * 3) % 11 + 1) as u32 }).collect()).collect()
    }
    fn relax(row: &mut Vec<u32>, via: &[u32], k: usize) {
        let d = row[k];
        for (x, v) in row.iter_mut().zip(via) {
            *x = (*x).min(d + v);
        }
    }
    fn row(i: usize, n: usize) -> Vec<u32> {
        start(n)[i].clone()
    }
    #[dispatch]
    pub fn run(n: usize) -> Vec<Vec<u32>> {
        let mut rows: Vec<Vec<u32>> = (0..n).map(|i| row(i, n)).collect();
        for k in 0..n {
            let via = rows[k].clone();
            for row in rows.iter_mut() {
                relax(row, &via, k);
            }
        }
        rows
    }
}

pub use self::floyd_by_value::run as floyd_by_value;
pub mod floyd_by_value {
    #[allow(unused_imports)]
    use super::*;

    fn cell(i: usize, n: usize) -> Vec<u32> {
        (0..n).map(|j| if i == j { 0 } else { ((i * 5 + j * 3) % 11 + 1) as u32 }).collect()
    }
    fn relax(mut row: Vec<u32>, via: &[u32], k: usize) -> Vec<u32> {
        let d = row[k];
        for (x, v) in row.iter_mut().zip(via) {
            *x = (*x).min(d + v);
        }
        row
    }
    fn same(v: Vec<u32>) -> Vec<u32> {
        v
    }
    #[dispatch]
    pub fn run(n: usize) -> Vec<Vec<u32>> {
        let mut rows: Vec<Vec<u32>> = (0..n).map(|i| cell(i, n)).collect();
        for k in 0..n {
            let mut next = Vec::new();
            for i in 0..n {
                if i == k {
                    next.push(same(rows[k].clone()));
                } else {
                    next.push(relax(rows[i].clone(), &rows[k], k));
                }
            }
            rows = next;
        }
        rows
    }
}

pub use self::word_count::run as word_count;
pub mod word_count {
    #[allow(unused_imports)]
    use super::*;

    use std::collections::BTreeMap;
    fn count(words: Vec<String>) -> BTreeMap<String, usize> {
        let mut m = BTreeMap::new();
        for w in words {
            *m.entry(w.to_string()).or_insert(0) += 1;
        }
        m
    }
    fn merge(mut a: BTreeMap<String, usize>, b: BTreeMap<String, usize>) -> BTreeMap<String, usize> {
        for (k, v) in b {
            *a.entry(k).or_default() += v;
        }
        a
    }
    #[dispatch]
    pub fn run(text: &str, n: usize) -> BTreeMap<String, usize> {
        let words: Vec<String> = text.split(' ').map(|w| w.to_string()).collect();
        let mut all = BTreeMap::new();
        for c in words.chunks(n) {
            all = merge(all, count(c.to_vec()));
        }
        all
    }
}

pub use self::stencil::run as stencil;
pub mod stencil {
    #[allow(unused_imports)]
    use super::*;

    fn init(n: usize) -> Vec<f64> {
        (0..n).map(|i| i as f64 * i as f64).collect()
    }
    fn sweep(xs: &[f64]) -> Vec<f64> {
        (0..xs.len()).map(|i| if i == 0 || i + 1 == xs.len() { xs[i] } else { (xs[i - 1] + xs[i + 1]) / 2.0 }).collect()
    }
    fn diff(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(x, y)| (x - y).abs()).sum()
    }
    #[dispatch]
    pub fn run(n: usize, k: usize) -> (Vec<f64>, Vec<f64>) {
        let mut xs = init(n);
        let mut diffs = vec![];
        for _ in 0..k {
            let next = sweep(&xs);
            diffs.push(diff(&xs, &next));
            xs = next;
        }
        (xs, diffs)
    }
}

pub use self::slices_of_lazy::run as slices_of_lazy;
pub mod slices_of_lazy {
    #[allow(unused_imports)]
    use super::*;

    fn sort(v: &[i64]) -> Vec<i64> {
        let mut v = v.to_vec();
        v.sort();
        v
    }
    fn sum(v: &[i64]) -> i64 {
        v.iter().sum()
    }
    #[dispatch]
    pub fn run(xs: &[i64], k: usize) -> (Vec<i64>, i64, Vec<i64>) {
        let s = sort(xs);
        let a = sum(&s[k..]);
        let b = sum(&s[..k]);
        let first = &xs[..k];
        let d: Vec<i64> = xs.windows(2).map(|w| sum(w)).collect();
        let c = sum(first);
        (s, a * b + c, d)
    }
}

pub use self::recursive_max::run as recursive_max;
pub mod recursive_max {
    #[allow(unused_imports)]
    use super::*;

    fn max(a: i64, b: i64) -> i64 {
        a.max(b)
    }
    #[dispatch]
    pub fn run(xs: &[i64]) -> i64 {
        match xs {
            [] => i64::MIN,
            [x] => *x,
            _ => {
                let (l, r) = xs.split_at(xs.len() / 2);
                let a = run(l);
                let b = run(r);
                max(a, b)
            }
        }
    }
}

pub use self::recursive_sort::run as recursive_sort;
pub mod recursive_sort {
    #[allow(unused_imports)]
    use super::*;

    fn cat(mut a: Vec<i64>, b: Vec<i64>) -> Vec<i64> {
        a.extend(b);
        a.sort();
        a
    }
    #[dispatch]
    pub fn run(mut xs: Vec<i64>) -> Vec<i64> {
        if xs.len() <= 1 {
            return xs;
        }
        let right = xs.split_off(xs.len() / 2);
        cat(run(xs), run(right))
    }
}

pub use self::matrix_product::run as matrix_product;
pub mod matrix_product {
    #[allow(unused_imports)]
    use super::*;

    fn row(n: usize, i: usize) -> Vec<i64> {
        (0..n).map(|j| (i * n + j) as i64).collect()
    }
    fn times(r: &[i64], m: &[Vec<i64>]) -> Vec<i64> {
        (0..r.len()).map(|j| r.iter().zip(m).map(|(a, b)| a * b[j]).sum()).collect()
    }
    fn trace(m: &Vec<Vec<i64>>) -> i64 {
        (0..m.len()).map(|i| m[i][i]).sum()
    }
    #[dispatch]
    pub fn run(n: usize) -> (i64, Vec<Vec<i64>>) {
        let a: Vec<Vec<i64>> = (0..n).map(|i| row(n, i)).collect();
        let b: Vec<Vec<i64>> = (0..n).map(|i| row(n, n - i)).collect();
        let mut c = Vec::with_capacity(n);
        for r in &a {
            c.push(times(r, &b));
        }
        let t = trace(&c);
        (t, c)
    }
}

pub use self::breadth_first::run as breadth_first;
pub mod breadth_first {
    #[allow(unused_imports)]
    use super::*;

    fn neighbours(g: &[Vec<usize>], n: usize) -> Vec<usize> {
        g[n].clone()
    }
    fn graph() -> Vec<Vec<usize>> {
        vec![vec![1, 2], vec![3], vec![3], vec![]]
    }
    fn merge(seen: &mut Vec<usize>, fresh: Vec<Vec<usize>>) -> Vec<usize> {
        let mut out = vec![];
        for n in fresh.concat() {
            if !seen.contains(&n) {
                seen.push(n);
                out.push(n);
            }
        }
        out
    }
    #[dispatch]
    fn level(g: &[Vec<usize>], front: Vec<usize>, seen: Vec<usize>) -> Vec<usize> {
        if front.is_empty() {
            return seen;
        }
        let mut seen = keep(seen);
        let fresh: Vec<Vec<usize>> = front.iter().map(|n| neighbours(g, *n)).collect();
        let next = merge(&mut seen, fresh);
        level(g, next, seen)
    }
    fn keep(v: Vec<usize>) -> Vec<usize> {
        v
    }
    #[dispatch]
    pub fn run(s: usize) -> Vec<usize> {
        let g = graph();
        level(&g, vec![s], vec![s])
    }
}

pub use self::sort_dedup::run as sort_dedup;
pub mod sort_dedup {
    #[allow(unused_imports)]
    use super::*;

    fn keep(v: Vec<i64>) -> Vec<i64> {
        v
    }
    #[dispatch]
    pub fn run(v: Vec<i64>) -> (Vec<i64>, usize, Option<i64>) {
        let mut v = keep(v);
        v.sort();
        v.dedup();
        v.reverse();
        let n = v.len();
        let p = v.pop();
        v.extend(vec![9, 8]);
        v.retain(|x| *x != 9);
        (v, n, p)
    }
}

pub use self::fibonacci_loop::run as fibonacci_loop;
pub mod fibonacci_loop {
    #[allow(unused_imports)]
    use super::*;

    fn add(a: u64, b: u64) -> u64 {
        a + b
    }
    #[dispatch]
    pub fn run(n: u64) -> u64 {
        let (mut a, mut b) = (0, 1);
        for _ in 0..n {
            let c = add(a, b);
            a = b;
            b = c;
        }
        a
    }
}
