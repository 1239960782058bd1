pub use self::carried_around_a_loop::run as carried_around_a_loop;
pub mod carried_around_a_loop {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    #[dispatch]
    pub fn run(n: i64) -> i64 {
        let mut best = f(0);
        let mut prev = f(1);
        let mut i = 0;
        while i < n {
            let cur = add(prev, best);
            best = prev;
            prev = cur;
            i += 1;
        }
        if n > 2 { best } else { prev }
    }
}

pub use self::ping_pong_by_parity::run as ping_pong_by_parity;
pub mod ping_pong_by_parity {
    #[allow(unused_imports)]
    use super::*;

    fn mk(n: i64) -> Vec<i64> {
        (0..n).collect()
    }
    fn step(src: &[i64], dst: &mut Vec<i64>) {
        for (d, s) in dst.iter_mut().zip(src) {
            *d = s * 2 + 1;
        }
    }
    #[dispatch]
    pub fn run(n: i64) -> (Vec<i64>, Vec<i64>) {
        let mut a = mk(n);
        let mut b = mk(n);
        for i in 0..5 {
            if i % 2 == 0 {
                step(&a, &mut b);
            } else {
                step(&b, &mut a);
            }
        }
        (a, b)
    }
}

pub use self::ping_pong_by_tuple::run as ping_pong_by_tuple;
pub mod ping_pong_by_tuple {
    #[allow(unused_imports)]
    use super::*;

    fn mk(n: i64) -> Vec<i64> {
        (0..n).collect()
    }
    fn step(src: &[i64], dst: &mut Vec<i64>) {
        for (d, s) in dst.iter_mut().zip(src) {
            *d = s * 2 + 1;
        }
    }
    #[dispatch]
    pub fn run(n: i64) -> Vec<i64> {
        let mut a = mk(n);
        let mut b = mk(n);
        for _ in 0..5 {
            step(&a, &mut b);
            (a, b) = (b, a);
        }
        a
    }
}

pub use self::ping_pong_by_moves::run as ping_pong_by_moves;
pub mod ping_pong_by_moves {
    #[allow(unused_imports)]
    use super::*;

    fn mk(n: i64) -> Vec<i64> {
        (0..n).collect()
    }
    fn step(src: &[i64], dst: &mut Vec<i64>) {
        for (d, s) in dst.iter_mut().zip(src) {
            *d = s * 2 + 1;
        }
    }
    #[dispatch]
    pub fn run(n: i64) -> Vec<i64> {
        let mut a = mk(n);
        let mut b = mk(n);
        for _ in 0..5 {
            step(&a, &mut b);
            let t = a;
            a = b;
            b = t;
        }
        a
    }
}

pub use self::option_as_state::run as option_as_state;
pub mod option_as_state {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    #[dispatch]
    pub fn run(n: i64) -> i64 {
        let mut last = None;
        for i in 0..n {
            let x = f(i);
            last = Some(match last {
                None => x,
                Some(p) => add(p, x),
            });
        }
        last.unwrap()
    }
}

pub use self::closures_in_closures::run as closures_in_closures;
pub mod closures_in_closures {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    #[dispatch]
    pub fn run(n: i64) -> Vec<Vec<i64>> {
        let base = f(n);
        (0..n)
            .map(|i| {
                let r = add(base, i);
                (0..i).map(|j| add(r, j)).collect()
            })
            .collect()
    }
}

pub use self::closure_with_state::run as closure_with_state;
pub mod closure_with_state {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn ls(n: i64) -> Vec<i64> {
        vec![n, n + 1]
    }
    fn at(v: &[i64], i: usize) -> i64 {
        v[i % 2]
    }
    #[dispatch]
    pub fn run(n: i64) -> Vec<i64> {
        let v = ls(n);
        let a: Vec<i64> = (0..3).map(|i| at(&v, i)).collect();
        let mut k = 0;
        let mut b: Vec<i64> = (0..3)
            .map(|i| {
                k += i;
                f(k)
            })
            .collect();
        b.push(f(k));
        let c: Vec<i64> = a.into_iter().zip(b).map(|(x, y)| pair(x, y)).collect();
        c
    }
    fn pair(a: i64, b: i64) -> i64 {
        a * 100 + b
    }
}

pub use self::move_before_return::run as move_before_return;
pub mod move_before_return {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn ls(n: i64) -> Vec<i64> {
        vec![n, n + 1]
    }
    fn eat(v: Vec<i64>, n: i64) -> i64 {
        v[0] + n
    }
    #[dispatch]
    pub fn run(n: i64) -> i64 {
        let v = ls(n);
        for i in 0..10 {
            if i * i > n {
                let t = f(i);
                return eat(v, t);
            }
        }
        eat(v, 0)
    }
}

pub use self::clone_between_updates::run as clone_between_updates;
pub mod clone_between_updates {
    #[allow(unused_imports)]
    use super::*;

    fn mk(n: i64) -> Vec<i64> {
        vec![n]
    }
    fn touch(v: &mut Vec<i64>) -> usize {
        v.push(0);
        v.len()
    }
    fn sum(a: usize, b: usize) -> usize {
        a + b
    }
    #[dispatch]
    pub fn run(n: i64) -> (usize, usize, Vec<i64>) {
        let mut v = mk(n);
        let a = touch(&mut v);
        let b = sum(touch(&mut v), touch(&mut v));
        let w = v.clone();
        touch(&mut v);
        (a, b, w)
    }
}

pub use self::cast_chains::run as cast_chains;
pub mod cast_chains {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn g(n: f64) -> f64 {
        n * 0.5
    }
    #[dispatch]
    pub fn run(n: i64) -> (f64, usize, u8) {
        let a = f(n) as f64;
        let b = g(a) + g(f(n) as f64);
        let c = (b as usize) % 7;
        let d = f(n) as u8 as char as u8;
        (b, c, d)
    }
}

pub use self::array_elements::run as array_elements;
pub mod array_elements {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn s(a: &[i64; 3]) -> i64 {
        a.iter().sum()
    }
    #[dispatch]
    pub fn run(n: i64) -> i64 {
        let a = [f(n), f(1), 3];
        let x = s(&a);
        let b = [1, 2, n];
        let y = s(&b);
        x * y
    }
}

pub use self::declared_in_branches::run as declared_in_branches;
pub mod declared_in_branches {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, &'static str) {
        let x;
        let s;
        if n == 1 {
            x = f(n);
            s = "a";
        } else if n == 2 {
            x = 5;
            s = "b";
        } else {
            s = "c";
            x = f(9);
        }
        let y = if n == 1 {
            f(x)
        } else if n == 2 {
            x
        } else {
            let z = f(x);
            z
        };
        (y, s)
    }
}

pub use self::shadowed_by_other_types::run as shadowed_by_other_types;
pub mod shadowed_by_other_types {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> String {
        n.to_string()
    }
    fn len(s: &str) -> usize {
        s.len()
    }
    #[dispatch]
    pub fn run(n: i64) -> usize {
        let x = f(n);
        let x = len(&x);
        let x = x + 1;
        let n = n as usize + 2;
        let x = x * n;
        x
    }
}

pub use self::updates_in_branches::run as updates_in_branches;
pub mod updates_in_branches {
    #[allow(unused_imports)]
    use super::*;

    fn mk() -> Vec<i64> {
        vec![]
    }
    fn touch(v: &mut Vec<i64>, n: i64) -> i64 {
        v.push(n);
        n
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, Vec<i64>) {
        let mut v = mk();
        let flag = n > 3;
        let a = if flag { touch(&mut v, 1) } else { touch(&mut v, 2) };
        let b = match n {
            5 => {
                touch(&mut v, 3);
                a
            }
            _ => a,
        };
        {
            touch(&mut v, 4);
        }
        (0..3).for_each(|i| {
            touch(&mut v, 10 + i);
        });
        for i in 0..2 {
            let _ = touch(&mut v, 20 + i);
        }
        (b, v)
    }
}

pub use self::assigned_tuples::run as assigned_tuples;
pub mod assigned_tuples {
    #[allow(unused_imports)]
    use super::*;

    fn add(a: u64, b: u64) -> u64 {
        a + b
    }
    #[dispatch]
    pub fn run(n: u64) -> (u64, u64) {
        let mut a = 0;
        let mut b = 1;
        let mut k = 0;
        for i in 0..n {
            (a, b) = (b, add(a, b));
            (k, _) = (i, add(1, 2));
        }
        (a, k)
    }
}
