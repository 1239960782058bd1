fn add(a: u64, b: u64) -> u64 {
    a + b
}
fn push(mut list: Vec<u64>, n: u64) -> Vec<u64> {
    if list.len() == 8 {
        list.clear();
    }
    list.push(n);
    list
}
fn start(list: &[u64]) -> Vec<u64> {
    list.to_vec()
}
fn collatz_step(n: u64) -> u64 {
    if n % 2 == 0 { n / 2 } else { 3 * n + 1 }
}
fn note(log: &Mutex<u64>, n: u64) {
    *log.lock().unwrap() += n;
}
fn longer(list: &[u64], n: u64) -> Vec<u64> {
    let mut list = start(list);
    list.truncate(3);
    list.push(n);
    list
}
fn sum(list: &[u64]) -> u64 {
    list.iter().sum()
}

#[dispatch]
pub fn plain(n: u64, acc: u64) -> u64 {
    if n == 0 { acc } else { plain(n - 1, acc + n) }
}

#[dispatch]
pub fn lazy(n: u64, acc: u64) -> u64 {
    if n == 0 { acc } else { lazy(n - 1, add(acc, n)) }
}

#[dispatch]
pub fn early(n: u64, acc: u64) -> u64 {
    if n == 0 {
        return acc;
    }
    let acc = add(acc, n);
    let result = early(n - 1, acc);
    result
}

#[dispatch]
pub fn list(n: u64, values: Vec<u64>) -> Vec<u64> {
    if n == 0 { values } else { list(n - 1, push(values, n)) }
}

#[dispatch]
pub fn borrowing(n: u64, values: &[u64], acc: u64) -> u64 {
    if n == 0 { acc } else { borrowing(n - 1, values, add(acc, values[n as usize % values.len()])) }
}

#[dispatch]
pub fn even(n: u64) -> bool {
    if n == 0 { true } else { odd(n - 1) }
}
#[dispatch]
pub fn odd(n: u64) -> bool {
    if n == 0 { false } else { even(n - 1) }
}

#[dispatch]
pub fn collatz(n: u64, steps: u64, left: u64) -> u64 {
    if left == 0 {
        return steps;
    }
    if n == 1 {
        return collatz(left, steps, left - 1);
    }
    collatz(collatz_step(n), add(steps, 1), left)
}

#[dispatch]
pub fn effects(n: u64, log: &Mutex<u64>) -> u64 {
    if n == 0 {
        return 0;
    }
    note(log, n);
    effects(n - 1, log)
}

#[dispatch]
pub fn not_last(n: u64) -> u64 {
    if n == 0 { 0 } else { add(not_last(n - 1), n) }
}

#[dispatch]
pub fn lending(n: u64, values: &[u64]) -> u64 {
    if n == 0 {
        return sum(values);
    }
    let own = longer(values, n);
    lending(n - 1, &own)
}

fn check(n: u64, at: u64) -> u64 {
    assert_ne!(n, at, "not that far");
    n
}

#[dispatch]
pub fn failing(n: u64, at: u64) -> u64 {
    if n == 0 { 0 } else { failing(check(n, at) - 1, at) }
}
