//! Random graphs: a list of steps, and the function that makes a graph of them.

use dispatcher::prelude::*;

use crate::ops::*;

/// One step. Numbers pick among what there is, whatever it is.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// A new number.
    Number(u64),
    /// A new list of so many numbers.
    List(u64),
    /// A number of two that are read.
    Blend(usize, usize, u64),
    /// A number of two that are copied.
    Mix(usize, usize, u64),
    /// A list gets one more number.
    Append(usize, usize),
    /// A number of a list that is read.
    Peek(usize, usize),
    /// A list is moved.
    Fold(usize),
    /// A number of a collection of three.
    Collect(usize, usize, usize),
    /// A tuple is taken apart.
    Tuple(usize),
    /// A graph that asks (`?`), and what became of it.
    Ask(usize),
    /// A graph in which it depends on the value what there is.
    Graph(usize, u64),
    /// A graph that calls itself.
    Recursion(usize, u64),
    /// A graph that takes a list, updates it, and gives it back.
    Inside(usize, usize),
    /// A graph that reads a list.
    Lent(usize, u64),
    /// A list is cloned.
    Clone(usize),
    /// A collection of lists.
    Nested(usize, usize),
    /// A graph that gives an option.
    Head(usize, usize),
    /// An option that is put together of a value.
    Some(usize, usize),
}

impl Step {
    /// A step of this kind, of which there are [`Step::KINDS`].
    pub fn new(kind: usize, [a, b, c]: [usize; 3], k: u64) -> Self {
        match kind {
            0 => Self::Number(k),
            1 => Self::List(k % 6),
            2 => Self::Blend(a, b, k),
            3 => Self::Mix(a, b, k),
            4 => Self::Append(a, b),
            5 => Self::Peek(a, b),
            6 => Self::Fold(a),
            7 => Self::Collect(a, b, c),
            8 => Self::Tuple(a),
            9 => Self::Ask(a),
            10 => Self::Graph(a, k % 5),
            11 => Self::Recursion(a, k % 4),
            12 => Self::Inside(a, b),
            13 => Self::Lent(a, k % 5),
            14 => Self::Clone(a),
            15 => Self::Nested(a, b),
            16 => Self::Head(a, b),
            _ => Self::Some(a, b),
        }
    }

    /// How many kinds there are.
    pub const KINDS: usize = 18;
}

/// Nobody is asked of what isn't there: two numbers and a list always are.
#[dispatch]
pub fn program(steps: &[Step]) -> u64 {
    let mut numbers: Vec<u64> = vec![square(3), square(5)];
    let mut lists: Vec<Vec<u64>> = vec![list(4)];
    for step in steps {
        let (count, kept) = (numbers.len(), lists.len());
        match *step {
            Step::Number(n) => numbers.push(mix(n, 2, 3)),
            Step::List(n) => lists.push(list(n)),
            Step::Blend(a, b, k) => numbers.push(blend(&numbers[a % count], &numbers[b % count], k)),
            Step::Mix(a, b, k) => numbers.push(mix(numbers[a % count], numbers[b % count], k)),
            Step::Append(l, a) => numbers.push(append(&mut lists[l % kept], numbers[a % count])),
            Step::Peek(l, a) => numbers.push(peek(&lists[l % kept], numbers[a % count])),
            Step::Fold(l) if kept > 1 => {
                let moved = lists.swap_remove(l % kept);
                numbers.push(fold(moved));
            }
            Step::Fold(_) => {}
            Step::Collect(a, b, c) => {
                let all = vec![numbers[a % count], numbers[b % count], numbers[c % count]];
                numbers.push(fold(all));
            }
            Step::Tuple(a) => {
                let (half, rest) = split(numbers[a % count]);
                numbers.push(half);
                lists.push(rest);
            }
            Step::Ask(a) => {
                let given = asks(numbers[a % count]);
                numbers.push(settle(given));
            }
            Step::Graph(a, k) => numbers.push(branches(numbers[a % count], k)),
            Step::Recursion(a, depth) => numbers.push(deep(numbers[a % count], depth)),
            Step::Inside(l, a) => {
                let moved = lists.swap_remove(l % kept);
                lists.push(inside(moved, numbers[a % count]));
            }
            Step::Lent(l, k) => numbers.push(lent(&lists[l % kept], k)),
            Step::Clone(l) => lists.push(lists[l % kept].clone()),
            Step::Nested(l, m) => {
                let all = vec![lists[l % kept].clone(), lists[m % kept].clone()];
                numbers.push(fold_all(all));
            }
            Step::Head(l, a) => {
                let given = head(&lists[l % kept]);
                numbers.push(or(given, numbers[a % count]));
            }
            Step::Some(a, b) => {
                let some = Some(numbers[a % count]);
                numbers.push(or(some, numbers[b % count]));
            }
        }
    }
    let mut ends: Vec<u64> = Vec::new();
    for list in lists {
        ends.push(fold(list));
    }
    let a = fold(numbers);
    let b = fold(ends);
    mix(a, b, 1)
}

#[dispatch]
pub fn asks(n: u64) -> Result<u64, Refusal> {
    let a = even(n)?;
    let (half, rest) = split(a);
    let b = even(half)?;
    let c = fold(rest);
    Ok(mix(b, c, n))
}

#[dispatch]
pub fn branches(n: u64, k: u64) -> u64 {
    if n.is_multiple_of(2) {
        let some: Vec<u64> = (0..k).map(|i| mix(n, i, k)).collect();
        fold(some)
    } else {
        let mut xs = list(k);
        append(&mut xs, n);
        fold(xs)
    }
}

#[dispatch]
pub fn deep(n: u64, depth: u64) -> u64 {
    if depth == 0 {
        n
    } else {
        let a = mix(n, depth, 5);
        let b = deep(a, depth - 1);
        let c = deep(n, depth - 1);
        mix(b, c, depth)
    }
}

#[dispatch]
pub fn inside(given: Vec<u64>, x: u64) -> Vec<u64> {
    let mut xs = extend(given, x);
    let y = if x.is_multiple_of(2) { mix(x, 1, 2) } else { append(&mut xs, x) };
    append(&mut xs, y);
    xs
}

#[dispatch]
pub fn lent(xs: &Vec<u64>, k: u64) -> u64 {
    let some: Vec<u64> = (0..k).map(|at| peek(xs, at)).collect();
    fold(some)
}

#[dispatch]
pub fn head(xs: &Vec<u64>) -> Option<u64> {
    let x = first(xs)?;
    let (half, _rest) = split(x);
    Some(mix(half, x, 9))
}
