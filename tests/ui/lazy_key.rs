use std::collections::{HashMap, HashSet};

use dispatcher::prelude::*;

fn third(n: u64) -> u64 {
    n % 3
}

fn size(set: HashSet<u64>) -> usize {
    set.len()
}

#[dispatch]
fn of_a_set(n: u64) -> usize {
    let mut set = HashSet::new();
    for i in 0..n {
        set.insert(third(i));
    }
    size(set)
}

#[dispatch]
fn of_a_map(n: u64) -> HashMap<u64, u64> {
    let mut map = HashMap::new();
    map.insert(third(n), n);
    map
}

fn main() {}
