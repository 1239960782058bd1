// Programs whose result would be another if any edge of the order were missing. Compiled both ways by tests/order.rs.
//
// The helpers don't commute: whoever runs too early or too late leaves a trace in the value.

use std::collections::BTreeMap;

fn seed(n: i64) -> i64 {
    n + 1
}
fn step(x: &mut i64, by: i64) {
    *x = (*x * 31 + by) % 10_007;
}
fn step_and_tell(x: &mut i64, by: i64) -> i64 {
    step(x, by);
    *x
}
fn look(x: &i64) -> i64 {
    *x
}
fn mix(a: i64, b: i64) -> i64 {
    (a * 31 + b) % 10_007
}
fn mix_all(xs: &[i64]) -> i64 {
    xs.iter().fold(7, |a, b| mix(a, *b))
}
fn list(n: i64) -> Vec<i64> {
    (0..n).collect()
}
fn push(xs: &mut Vec<i64>, x: i64) -> i64 {
    xs.push(x);
    xs.len() as i64
}
fn scale(xs: &mut [i64], by: i64) {
    for x in xs {
        *x = (*x * by + 1) % 10_007;
    }
}
fn append(mut xs: Vec<i64>, x: i64) -> Vec<i64> {
    xs.push(x);
    xs
}
fn add_from(to: &mut Vec<i64>, from: &[i64]) {
    let sum = mix_all(from);
    to.push(sum);
}
fn exchange(a: &mut Vec<i64>, b: &mut Vec<i64>) {
    std::mem::swap(a, b);
    a.push(1);
    b.push(2);
}
fn pair(n: i64) -> (i64, Vec<i64>) {
    (n, list(n))
}
fn last(xs: Vec<i64>) -> i64 {
    xs.last().copied().unwrap_or(-1)
}

#[dispatch]
pub fn readers_before_an_update(n: i64) -> (Vec<i64>, i64) {
    let mut x = seed(n);
    let seen: Vec<i64> = (0..6).map(|i| mix(look(&x), i)).collect();
    step(&mut x, 3);
    (seen, x)
}

#[dispatch]
pub fn readers_after_an_update(n: i64) -> Vec<i64> {
    let mut x = seed(n);
    step(&mut x, 3);
    (0..6).map(|i| mix(look(&x), i)).collect()
}

#[dispatch]
pub fn chain_of_updates(n: i64) -> i64 {
    let mut x = seed(n);
    for i in 0..12 {
        step(&mut x, i);
    }
    x
}

#[dispatch]
pub fn readers_between_updates(n: i64) -> (Vec<i64>, i64) {
    let mut x = seed(n);
    let mut seen = Vec::new();
    for i in 0..6 {
        seen.push(look(&x));
        seen.push(mix(look(&x), i));
        step(&mut x, i);
    }
    (seen, x)
}

#[dispatch]
pub fn updates_that_tell(n: i64) -> Vec<i64> {
    let mut x = seed(n);
    (0..8).map(|i| step_and_tell(&mut x, i)).collect()
}

#[dispatch]
pub fn updates_in_one_call(n: i64) -> (i64, i64, i64) {
    let mut x = seed(n);
    let before = mix(step_and_tell(&mut x, 1), step_and_tell(&mut x, 2));
    let after = mix(look(&x), step_and_tell(&mut x, 3));
    (before, after, x)
}

#[dispatch]
pub fn a_move_after_readers(n: i64) -> (i64, i64, Vec<i64>) {
    let xs = list(n);
    let a = mix_all(&xs);
    let b = xs.len() as i64;
    let ys = append(xs, 5);
    (a, b, ys)
}

#[dispatch]
pub fn a_move_after_updates(n: i64) -> Vec<i64> {
    let mut xs = list(n);
    push(&mut xs, 100);
    scale(&mut xs, 3);
    append(xs, 5)
}

#[dispatch]
pub fn clones_between_updates(n: i64) -> Vec<Vec<i64>> {
    let mut xs = list(n);
    let mut all = Vec::new();
    for i in 0..5 {
        all.push(xs.clone());
        scale(&mut xs, i + 2);
    }
    all.push(xs);
    all
}

#[dispatch]
pub fn copies_between_updates(n: i64) -> (i64, i64, i64) {
    let mut x = seed(n);
    let a = x;
    step(&mut x, 1);
    let b = x;
    step(&mut x, 2);
    (a, b, x)
}

#[dispatch]
pub fn elements_updated_after_the_whole_was_read(n: i64) -> (i64, i64, Vec<i64>) {
    let mut xs: Vec<i64> = (0..4).map(|i| mix(n, i)).collect();
    let before = mix_all(&xs);
    step(&mut xs[1], 5);
    let between = mix_all(&xs);
    for x in &mut xs {
        step(x, 9);
    }
    (before, between, xs)
}

#[dispatch]
pub fn an_element_updated_many_times(n: i64) -> (i64, Vec<i64>) {
    let mut xs: Vec<i64> = (0..3).map(|i| mix(n, i)).collect();
    for i in 0..5 {
        step(&mut xs[1], i);
    }
    let middle = look(&xs[1]);
    step(&mut xs[1], 50);
    (middle, xs)
}

#[dispatch]
pub fn collected_before_it_is_updated(n: i64) -> (Vec<i64>, i64, i64) {
    let mut x = seed(n);
    let kept = vec![x, look(&x), 4];
    step(&mut x, 8);
    let more = [x, look(&x)];
    step(&mut x, 9);
    (kept, mix_all(&more), x)
}

#[dispatch]
pub fn cloned_into_a_collection(n: i64) -> (i64, Vec<i64>) {
    let mut xs = list(n);
    let held = vec![xs.clone(), append(xs.clone(), 3)];
    scale(&mut xs, 7);
    (mix_rows(held), xs)
}
fn mix_rows(rows: Vec<Vec<i64>>) -> i64 {
    rows.iter().fold(1, |a, row| mix(a, mix_all(row)))
}

#[dispatch]
pub fn rows_of_a_table(n: i64) -> Vec<Vec<i64>> {
    let mut rows: Vec<Vec<i64>> = (0..4).map(|i| list(n + i)).collect();
    for round in 0..3 {
        for k in 1..rows.len() {
            let (done, rest) = rows.split_at_mut(k);
            add_from(&mut rest[0], &done[k - 1]);
        }
        add_from_last(&mut rows[0], round);
    }
    rows
}
fn add_from_last(to: &mut Vec<i64>, x: i64) {
    let y = mix_all(to);
    to.push(mix(y, x));
}

#[dispatch]
pub fn two_values_exchanged(n: i64) -> (i64, i64, Vec<i64>, Vec<i64>) {
    let mut a = list(n);
    let mut b = list(n + 2);
    let before = mix_all(&a);
    exchange(&mut a, &mut b);
    let between = mix_all(&b);
    exchange(&mut b, &mut a);
    push(&mut a, 10);
    (before, between, a, b)
}

#[dispatch]
pub fn back_and_forth(n: i64) -> (Vec<i64>, Vec<i64>) {
    let mut a = list(n);
    let mut b = list(n + 1);
    for _ in 0..4 {
        add_from(&mut a, &b);
        add_from(&mut b, &a);
    }
    (a, b)
}

#[dispatch]
pub fn swapped_names(n: i64) -> (Vec<i64>, Vec<i64>) {
    let mut a = list(n);
    let mut b = list(n + 1);
    for i in 0..5 {
        add_from(&mut a, &b);
        push(&mut a, i);
        (a, b) = (b, a);
    }
    (a, b)
}

#[dispatch]
pub fn effects_in_branches(n: i64) -> Vec<i64> {
    let mut log = list(2);
    for i in 0..6 {
        if i % 2 == 0 {
            push(&mut log, i);
        } else {
            scale(&mut log, i);
        }
    }
    if n > 3 {
        push(&mut log, n);
    }
    log
}

#[dispatch]
pub fn methods_in_place(n: i64) -> (usize, usize, Vec<i64>) {
    let mut xs = list(n);
    let a = xs.len();
    xs.push(7);
    let b = xs.len();
    xs.reverse();
    xs.extend(vec![1, 2]);
    xs.truncate(5);
    (a, b, xs)
}

#[dispatch]
pub fn compound_assignments(n: i64) -> (i64, i64, i64) {
    let mut x = seed(n);
    let a = x * 2;
    x += 5;
    let b = x * 2;
    x *= 3;
    x -= look(&x) % 7;
    (a, b, x)
}

#[dispatch]
pub fn parts_of_a_tuple(n: i64) -> (i64, i64, i64, Vec<i64>) {
    let (mut k, mut xs) = pair(n);
    let a = mix(look(&k), mix_all(&xs));
    step(&mut k, 3);
    push(&mut xs, 9);
    let b = mix(look(&k), mix_all(&xs));
    push(&mut xs, 10);
    (a, b, k, xs)
}

#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    balance: i64,
    log: Vec<i64>,
}
impl Account {
    fn put(&mut self, x: i64) -> i64 {
        self.balance = mix(self.balance, x);
        self.log.push(x);
        self.balance
    }
    fn close(self) -> Vec<i64> {
        self.log
    }
}
fn account(n: i64) -> Account {
    Account { balance: n, log: vec![] }
}
fn statement(account: &Account) -> i64 {
    mix(account.balance, account.log.len() as i64)
}

#[dispatch]
pub fn fields_between_methods(n: i64) -> (i64, i64, i64, Vec<i64>) {
    let mut account = account(n);
    let a = account.balance;
    account.put(4);
    let b = statement(&account);
    let c = account.put(5) + account.balance;
    account.put(6);
    (a, b, c, account.close())
}

#[dispatch]
fn read_in_parts(xs: &[i64]) -> i64 {
    let (left, right) = xs.split_at(xs.len() / 2);
    let a = mix_all(left);
    let b = mix_all(right);
    mix(a, b)
}

#[dispatch]
pub fn subgraphs_read_before_an_update(n: i64) -> (i64, i64, Vec<i64>) {
    let mut xs = list(n);
    let before = mix(read_in_parts(&xs), read_in_parts(&xs));
    scale(&mut xs, 3);
    let after = read_in_parts(&xs);
    push(&mut xs, 1);
    (before, after, xs)
}

#[dispatch]
fn update_in_steps(xs: &mut Vec<i64>, n: i64) {
    let more = mix(n, 3);
    push(xs, more);
}

#[dispatch]
pub fn subgraphs_that_update(n: i64) -> (i64, Vec<i64>) {
    let mut xs = list(n);
    update_in_steps(&mut xs, 1);
    let between = mix_all(&xs);
    update_in_steps(&mut xs, 2);
    scale(&mut xs, 3);
    update_in_steps(&mut xs, 4);
    (between, xs)
}

#[dispatch]
fn count_down(mut log: Vec<i64>, n: i64) -> Vec<i64> {
    if n == 0 {
        return log;
    }
    let next = noted(log, n);
    count_down(next, n - 1)
}
fn noted(mut log: Vec<i64>, n: i64) -> Vec<i64> {
    let x = mix_all(&log);
    log.push(mix(x, n));
    log
}

#[dispatch]
pub fn a_recursion_that_carries_a_value(n: i64) -> (i64, Vec<i64>) {
    let log = list(2);
    let before = mix_all(&log);
    (before, count_down(log, n))
}

#[dispatch]
pub fn a_map_of_values_that_change(n: i64) -> (i64, BTreeMap<i64, i64>) {
    let mut map = BTreeMap::new();
    let mut x = seed(n);
    for i in 0..5 {
        map.insert(i, look(&x));
        step(&mut x, i);
    }
    (x, map)
}

#[dispatch]
pub fn options_of_values_that_change(n: i64) -> (i64, i64) {
    let mut x = seed(n);
    let mut newest = None;
    for i in 0..4 {
        newest = Some(mix(look(&x), i));
        step(&mut x, i);
    }
    (value_or_zero(newest), x)
}
fn value_or_zero(x: Option<i64>) -> i64 {
    x.unwrap_or(0)
}

#[dispatch]
pub fn taken_and_replaced(n: i64) -> (Vec<i64>, Vec<i64>, i64) {
    let mut xs = list(n);
    let a = std::mem::take(&mut xs);
    push(&mut xs, 3);
    let b = std::mem::replace(&mut xs, vec![8]);
    push(&mut xs, 4);
    (a, b, last(xs))
}

#[dispatch]
pub fn through_closures(n: i64) -> (i64, Vec<i64>) {
    let mut xs = list(n);
    let mut put = |k: i64| push(&mut xs, k);
    let a = put(1);
    let b = put(2);
    (0..3).for_each(|i| {
        push(&mut xs, 10 + i);
    });
    (mix(a, b), xs)
}

#[dispatch]
pub fn reassigned_between_readers(n: i64) -> (i64, i64, i64) {
    let mut xs = list(n);
    let a = mix_all(&xs);
    xs = append(xs, 3);
    let b = mix_all(&xs);
    push(&mut xs, 4);
    xs = append(xs, 5);
    (a, b, mix_all(&xs))
}

#[dispatch]
pub fn lent_in_a_loop_while_another_is_updated(n: i64) -> (Vec<i64>, i64) {
    let xs = list(n);
    let mut sum = seed(n);
    let mut log = list(1);
    for i in 0..5 {
        add_from(&mut log, &xs);
        step(&mut sum, i);
        let now = look(&sum);
        push(&mut log, now);
    }
    (append(xs, 1), mix(sum, mix_all(&log)))
}

#[dispatch]
pub fn matrix_in_place(n: i64) -> i64 {
    let mut rows: Vec<Vec<i64>> = (0..4).map(|i| list(n + i)).collect();
    for k in 0..4 {
        let pivot = rows[k].clone();
        for i in 0..4 {
            if i != k {
                add_from(&mut rows[i], &pivot);
            }
        }
    }
    mix_rows(rows)
}
