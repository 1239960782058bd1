fn load(x: f64) -> Vec<f64> {
    vec![x, x + 1.0, x * 2.0]
}
fn mean(xs: &[f64]) -> f64 {
    xs.iter().sum::<f64>() / xs.len() as f64
}
fn spread(xs: Vec<f64>) -> f64 {
    xs.iter().copied().fold(f64::MIN, f64::max) - xs.iter().copied().fold(f64::MAX, f64::min)
}
fn add(a: f64, b: f64) -> f64 {
    a + b
}
fn mul(a: f64, b: f64) -> f64 {
    a * b
}
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
fn addi(a: i64, b: i64) -> i64 {
    a + b
}
fn square(a: i64) -> i64 {
    a * a
}

#[dispatch]
pub fn mean_spread(xs: &[f64]) -> f64 {
    let means: Vec<f64> = xs
        .iter()
        .map(|x| {
            let d = load(*x);
            mean(&d)
        })
        .collect();
    spread(means)
}

#[dispatch]
pub fn polynomial(x: f64) -> f64 {
    let a = mul(x, x);
    let b = mul(a, 3.0);
    add(add(b, mul(x, 2.0)), 1.0)
}

#[dispatch]
pub fn reuse_copies(n: i64) -> i64 {
    let s = square(n);
    let t = addi(s, s);
    addi(s, t)
}

#[dispatch]
pub fn dot_blocks(a: &[f64], b: &[f64]) -> f64 {
    let half = a.len() / 2;
    let low = dot(&a[..half], &b[..half]);
    let high = dot(&a[half..], &b[half..]);
    add(low, high)
}

fn improve(guess: f64, x: f64) -> f64 {
    (guess + x / guess) / 2.0
}

#[dispatch]
pub fn newton(x: f64, steps: usize) -> f64 {
    let mut guess = x;
    for _ in 0..steps {
        guess = improve(guess, x);
    }
    guess
}

type Matrix = [[u64; 2]; 2];
fn multiply(a: &Matrix, b: &Matrix) -> Matrix {
    let mut c = [[0; 2]; 2];
    for i in 0..2 {
        for j in 0..2 {
            for k in 0..2 {
                c[i][j] += a[i][k] * b[k][j];
            }
        }
    }
    c
}
fn identity() -> Matrix {
    [[1, 0], [0, 1]]
}

#[dispatch]
pub fn matrix_power(n: u32) -> Matrix {
    let base = [[1, 1], [1, 0]];
    let mut power = identity();
    for _ in 0..n {
        power = multiply(&power, &base);
    }
    power
}

fn half(x: f64) -> f64 {
    x / 2.0
}

#[dispatch]
pub fn associated(a: f64, b: f64) -> f64 {
    let big = f64::max(half(a), half(b));
    let now = f64::abs(b);
    let small = f64::min(big, now);
    f64::powi(small, 2)
}

struct Stats {
    mean: f64,
    max: f64,
}
fn stats(xs: &[f64]) -> Stats {
    Stats { mean: mean(xs), max: xs.iter().copied().fold(f64::MIN, f64::max) }
}
fn describe(s: &Stats) -> String {
    format!("{:.2} {:.2}", s.mean, s.max)
}

#[dispatch]
pub fn statistics(xs: &[f64]) -> (String, f64) {
    let s = stats(xs);
    let text = describe(&s);
    let m = half(s.mean);
    (text, m)
}

fn hits(seed: u64, n: u64) -> u64 {
    let mut state = seed.wrapping_mul(6364136223846793005).wrapping_add(1);
    let mut hits = 0;
    for _ in 0..n {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        if state >> 63 == 0 {
            hits += 1;
        }
    }
    hits
}
fn estimate(hits: Vec<u64>, n: u64) -> f64 {
    hits.iter().sum::<u64>() as f64 / n as f64
}

#[dispatch]
pub fn monte_carlo(samples: u64, parts: u64) -> f64 {
    let per = samples / parts;
    let counts: Vec<u64> = (0..parts).map(|seed| hits(seed, per)).collect();
    estimate(counts, per * parts)
}

#[dispatch]
pub fn shadowing(n: i64) -> i64 {
    let x = square(n);
    let x = addi(x, 1);
    let y = {
        let x = square(2);
        addi(x, 10)
    };
    addi(x, y)
}

fn seven(a: i64, b: f64, c: &str, d: bool, e: char) -> String {
    format!("{a} {b} {c} {d} {e}")
}
const LIMIT: i64 = 99;

#[dispatch]
pub fn literals() -> (String, i64) {
    (seven(1, 2.5, "three", true, 'x'), addi(LIMIT, -1))
}

fn eight(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64) -> i64 {
    a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h
}

#[dispatch]
pub fn many_arguments(a: i64, b: i64, c: i64) -> i64 {
    let (x, y) = (square(a), square(b));
    eight(x, y, a, b, c, square(c), x, y)
}
