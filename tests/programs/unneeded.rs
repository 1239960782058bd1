// Calls whose values turn out not to be needed: they are made all the same. Each program notes its calls in `log`.

use std::collections::BTreeMap;
use std::sync::Mutex;

fn save(log: &Mutex<Vec<u32>>, n: u32) -> u32 {
    log.lock().unwrap().push(n);
    n
}

fn add(a: u32, b: u32) -> u32 {
    a + b
}

fn pair(log: &Mutex<Vec<u32>>, n: u32) -> (u32, u32) {
    log.lock().unwrap().push(n);
    (n, n + 1)
}

#[dispatch]
pub fn counted_only(log: &Mutex<Vec<u32>>) -> usize {
    let v: Vec<u32> = (0..3).map(|i| save(log, i)).collect();
    v.len()
}

#[dispatch]
pub fn asked_for_emptiness(log: &Mutex<Vec<u32>>) -> bool {
    let v = vec![save(log, 1), save(log, 2)];
    v.is_empty()
}

#[dispatch]
pub fn element_of_tuple(log: &Mutex<Vec<u32>>) -> u32 {
    (save(log, 1), save(log, 2)).0
}

#[dispatch]
pub fn element_overwritten(log: &Mutex<Vec<u32>>) -> Vec<u32> {
    let mut v: Vec<u32> = (0..3).map(|i| save(log, i)).collect();
    v[1] = save(log, 9);
    v
}

#[dispatch]
pub fn nth_of_iterator(log: &Mutex<Vec<u32>>) -> Option<u32> {
    let v: Vec<u32> = (0..3).map(|i| save(log, i)).collect();
    v.into_iter().nth(9)
}

#[dispatch]
pub fn truncated(log: &Mutex<Vec<u32>>) -> Vec<u32> {
    let mut v: Vec<u32> = (0..4).map(|i| save(log, i)).collect();
    v.truncate(2);
    v
}

#[dispatch]
pub fn skipped_and_last(log: &Mutex<Vec<u32>>) -> Vec<u32> {
    let v: Vec<u32> = (0..4).map(|i| save(log, i)).collect();
    v.into_iter().skip(1).collect()
}

#[dispatch]
pub fn popped(log: &Mutex<Vec<u32>>) -> Vec<u32> {
    let mut v: Vec<u32> = (0..4).map(|i| save(log, i)).collect();
    v.pop();
    v
}

#[dispatch]
pub fn map_overwritten(log: &Mutex<Vec<u32>>) -> usize {
    let mut m = BTreeMap::new();
    m.insert(1, save(log, 1));
    m.insert(1, save(log, 2));
    m.len()
}

#[dispatch]
pub fn used_in_a_loop_that_may_not_run(log: &Mutex<Vec<u32>>, rounds: u32) -> u32 {
    let a = save(log, 1);
    let mut sum = 0;
    for _ in 0..rounds {
        sum = add(sum, a);
    }
    sum
}

#[dispatch]
pub fn used_after_an_early_leave(log: &Mutex<Vec<u32>>, n: Option<u32>) -> u32 {
    let a = save(log, 1);
    let Some(n) = n else { return 0 };
    add(a, n)
}

#[dispatch]
pub fn used_in_a_branch(log: &Mutex<Vec<u32>>, yes: bool, b_too: bool) -> u32 {
    let a = save(log, 1);
    let b = save(log, 2);
    if yes {
        add(a, 1)
    } else if b_too {
        add(b, 1)
    } else {
        7
    }
}

#[dispatch]
pub fn parts_of_a_pair(log: &Mutex<Vec<u32>>, n: u32) -> u32 {
    let (a, b) = pair(log, 5);
    match n {
        0 => 0,
        1 => add(a, 1),
        _ => add(a, b),
    }
}

#[dispatch]
pub fn through_a_local_closure(log: &Mutex<Vec<u32>>) -> u32 {
    let h = |n: u32| save(log, n);
    Some(1).map(h);
    7
}

#[dispatch]
pub fn replaced_by_a_chain(log: &Mutex<Vec<u32>>) -> u32 {
    let mut x = save(log, 1);
    x = save(log, 2) + 1;
    x
}

#[dispatch]
pub fn option_dropped(log: &Mutex<Vec<u32>>) -> u32 {
    let mut last = None;
    for i in 0..3 {
        last = Some(save(log, i));
    }
    let found = last.is_some();
    u32::from(found)
}

#[dispatch]
pub fn in_a_graph_block(log: &Mutex<Vec<u32>>) -> usize {
    let v: Vec<u32> = vec![save(log, 1), save(log, 2)];
    let w = v.clone();
    drop(w);
    v.len()
}

#[dispatch]
fn inner(log: &Mutex<Vec<u32>>, n: u32) -> u32 {
    let v: Vec<u32> = (0..n).map(|i| save(log, 10 + i)).collect();
    let some = v.len() as u32;
    save(log, some)
}

#[dispatch]
pub fn in_a_subgraph(log: &Mutex<Vec<u32>>) -> u32 {
    let n = save(log, 3);
    inner(log, n)
}

#[dispatch]
pub fn accumulated_and_dropped(log: &Mutex<Vec<u32>>, yes: bool) -> u32 {
    let mut sum = 0;
    for i in 0..3 {
        sum += save(log, i);
    }
    if yes { sum } else { 5 }
}

#[dispatch]
pub fn written_over_each_round(log: &Mutex<Vec<u32>>, rounds: u32) -> u32 {
    let mut last = save(log, 100);
    for i in 0..rounds {
        last = save(log, i);
    }
    last
}

#[dispatch]
pub fn shadowed_and_reassigned(log: &Mutex<Vec<u32>>) -> u32 {
    let x = save(log, 1);
    let x = { let x = save(log, 2); add(x, 1) };
    let mut y = save(log, 3);
    y = save(log, 4);
    add(x, y)
}

#[dispatch]
pub fn used_by_a_call_that_is_left_out(log: &Mutex<Vec<u32>>, n: u32) -> u32 {
    let a = save(log, 1);
    let v = vec![add(a, 2), save(log, 5)];
    if n > 3 {
        return 0;
    }
    v.len() as u32
}
