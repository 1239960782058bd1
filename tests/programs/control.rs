fn make(n: i64) -> i64 {
    n * 3
}
fn add(a: i64, b: i64) -> i64 {
    a + b
}
fn list(n: i64) -> Vec<i64> {
    (0..n).collect()
}
fn sum(xs: Vec<i64>) -> i64 {
    xs.iter().sum()
}

#[dispatch]
pub fn branches(flag: bool, n: i64) -> i64 {
    let x = if flag { make(n) } else { 7 };
    let y = if flag { n } else { make(n) };
    add(x, y)
}

#[dispatch]
pub fn early_return(n: i64) -> i64 {
    if n == 0 {
        return -1;
    }
    let x = make(n);
    if n > 3 {
        return add(x, 1);
    }
    x
}

#[dispatch]
pub fn matching(n: i64) -> i64 {
    match n {
        0 => 0,
        1 => make(1),
        k if k > 5 => {
            let x = make(k);
            add(x, x)
        }
        _ => -1,
    }
}

#[dispatch]
pub fn accumulate(xs: &[i64]) -> i64 {
    let mut acc = 0;
    for x in xs {
        acc = add(acc, make(*x));
    }
    acc
}

#[dispatch]
pub fn accumulate_in_branches(xs: &[i64]) -> (i64, i64) {
    let mut up = 0;
    let mut down = 0;
    for &x in xs {
        if x > 0 {
            up = add(up, x);
        } else {
            down = add(down, make(x));
        }
    }
    (up, down)
}

#[dispatch]
pub fn nested_loops(n: i64) -> i64 {
    let mut acc = make(0);
    for i in 0..n {
        for j in 0..i {
            acc = add(acc, make(i * j));
        }
        acc = add(acc, 1);
    }
    acc
}

#[dispatch]
pub fn while_loop(limit: i64) -> i64 {
    let mut n = 1;
    let mut acc = make(1);
    while n < limit {
        acc = add(acc, n);
        n *= 2;
    }
    acc
}

#[dispatch]
pub fn loop_break(n: i64) -> i64 {
    let mut i = 0;
    let result = loop {
        i += 1;
        if i * i > n {
            break make(i);
        }
    };
    add(result, 1)
}

#[dispatch]
pub fn declared_later(flag: bool) -> i64 {
    let x;
    if flag {
        x = make(2);
    } else {
        x = 5;
    }
    add(x, 1)
}

#[dispatch]
pub fn block_values(n: i64) -> i64 {
    let x = {
        let a = make(n);
        let b = make(a);
        add(a, b)
    };
    add(x, { make(1) })
}

#[dispatch]
pub fn labeled(n: i64) -> i64 {
    let mut acc = make(1);
    'outer: for i in 0..n {
        for j in 0..n {
            if i * j > 3 {
                break 'outer;
            }
            if j > i {
                continue 'outer;
            }
            acc = add(acc, i + j);
        }
    }
    acc
}

fn count() -> i64 {
    4
}

#[dispatch]
pub fn eager_count(n: i64) -> i64 {
    #[eager]
    let k = count();
    let more = eager!(count() + 1);
    let xs: Vec<i64> = (0..k + more).map(|i| add(i, n)).collect();
    sum(xs)
}

pub fn built(n: i64) -> i64 {
    n
}

#[dispatch]
pub fn graph_block(n: i64) -> i64 {
    let x = graph! {
        let a = make(n);
        add(a, 1)
    };
    add(x, 2)
}

#[dispatch]
pub fn op_macro(n: i64) -> i64 {
    let x = op!(make(n));
    let y = op!(add(x, 1));
    add(y, 1)
}

#[dispatch]
pub fn move_in_branch(flag: bool) -> i64 {
    let xs = list(4);
    if flag {
        let s = sum(xs);
        add(s, 1)
    } else {
        let t = sum(xs);
        add(t, 2)
    }
}

#[dispatch]
pub fn let_else(n: Option<i64>) -> i64 {
    let Some(n) = n else {
        return make(1);
    };
    add(make(n), 1)
}

fn note(log: &std::sync::Mutex<Vec<i64>>, n: i64) {
    log.lock().unwrap().push(n);
}
fn tagged(log: &mut Vec<i64>, n: i64) {
    log.push(n);
}
fn empty() -> Vec<i64> {
    Vec::new()
}

#[dispatch]
pub fn effects_in_order(n: i64) -> Vec<i64> {
    let mut log = empty();
    for i in 0..n {
        tagged(&mut log, i);
    }
    tagged(&mut log, 100);
    log
}

#[dispatch]
pub fn noted(log: &std::sync::Mutex<Vec<i64>>, n: i64) {
    for i in 0..n {
        note(log, i);
    }
    (0..n).for_each(|i| note(log, i * 10));
    let _ = make(n);
}
