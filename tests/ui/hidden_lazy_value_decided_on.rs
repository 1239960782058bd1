use dispatcher::prelude::*;

fn check(n: u64) -> bool {
    n > 1
}

fn find(n: u64) -> Option<u64> {
    Some(n)
}

#[dispatch]
fn with_if(n: u64) -> u64 {
    let found: Vec<bool> = (0..n).map(|i| check(i)).collect();
    let mut count = 0;
    for one in &found {
        if *one {
            count += 1;
        }
    }
    count
}

#[dispatch]
fn with_if_let(n: u64) -> u64 {
    let found: Vec<Option<u64>> = (0..n).map(|i| find(i)).collect();
    let mut last = 0;
    for one in found {
        if let Some(x) = one {
            last = x;
        }
    }
    last
}

#[dispatch]
fn with_match(n: u64) -> u64 {
    let found: Vec<Option<u64>> = (0..n).map(|i| find(i)).collect();
    let mut count = 0;
    for one in &found {
        match one {
            Some(_) => count += 1,
            None => {}
        }
    }
    count
}

fn main() {}
