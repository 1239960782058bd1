pub use self::labelled_break_value::run as labelled_break_value;
pub mod labelled_break_value {
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
        let mut acc = 0;
        let mut i = 0;
        let last = 'o: loop {
            let x = f(i);
            loop {
                i += 1;
                if i > n {
                    break 'o x;
                }
                if i % 2 == 0 {
                    break;
                }
                acc = add(acc, i);
            }
            acc = add(acc, x);
        };
        add(acc, last)
    }
}

pub use self::shadowed_by_closure::run as shadowed_by_closure;
pub mod shadowed_by_closure {
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
        let x = f(n);
        let y = {
            let x = 3;
            if x > 2 { x } else { 0 }
        };
        let x = add(x, y);
        let f = |x: i64| x + 1;
        let z = f(2);
        if z > 2 { add(x, z) } else { x }
    }
}

pub use self::shadowed_by_pattern::run as shadowed_by_pattern;
pub mod shadowed_by_pattern {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    #[dispatch]
    pub fn run(n: i64) -> Vec<i64> {
        let x = f(n);
        let mut out = vec![];
        for x in 0..3 {
            if x > 0 {
                out.push(f(x));
            }
        }
        match n {
            x if x > 2 => out.push(x),
            _ => {}
        }
        out.push(x);
        out
    }
}

pub use self::closure_called_twice::run as closure_called_twice;
pub mod closure_called_twice {
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
        let base = f(n);
        let g = |k: i64| add(base, k);
        let a = g(1);
        let b = g(2);
        add(a, b)
    }
}

pub use self::fold_both_ways::run as fold_both_ways;
pub mod fold_both_ways {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    #[dispatch]
    pub fn run(xs: &[i64]) -> (i64, i64) {
        let a = xs.iter().fold(0, |acc, x| add(acc, *x));
        let b = xs.iter().fold(0, |acc, x| acc + x);
        (a, b)
    }
}

pub use self::fold_from_lazy::run as fold_from_lazy;
pub mod fold_from_lazy {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    #[dispatch]
    pub fn run(xs: &[i64]) -> i64 {
        let ys: Vec<i64> = xs.iter().map(|&x| f(x)).collect();
        let s = ys.into_iter().fold(f(10), |acc, y| {
            let d = f(y);
            add(acc, d)
        });
        s
    }
}

pub use self::operator_chains::run as operator_chains;
pub mod operator_chains {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    #[dispatch]
    pub fn run(a: i64, b: i64) -> (i64, bool, i64, i64) {
        let x = f(a);
        let y = f(b);
        let s = x + y * 2 - (x - 1);
        let c = x < y;
        let m = x.max(y).pow(2);
        let neg = -x;
        (s, c, m, neg)
    }
}

pub use self::plain_and_lazy_elements::run as plain_and_lazy_elements;
pub mod plain_and_lazy_elements {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn sum(xs: Vec<i64>) -> i64 {
        xs.iter().sum()
    }
    #[dispatch]
    pub fn run(n: i64) -> i64 {
        let mut xs = vec![1, 2];
        xs.push(f(n));
        let k = xs.len() as i64;
        sum(xs) + k
    }
}

pub use self::plain_vec_changed_between::run as plain_vec_changed_between;
pub mod plain_vec_changed_between {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn sum(xs: Vec<i64>) -> i64 {
        xs.iter().sum()
    }
    #[dispatch]
    pub fn run(n: i64) -> i64 {
        let mut xs = vec![0; 3];
        xs[1] = 5;
        let t = sum(xs.clone());
        xs[2] = 7;
        let u = sum(xs);
        t * 100 + u
    }
}

pub use self::lent_local_changed_after::run as lent_local_changed_after;
pub mod lent_local_changed_after {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: &Vec<i64>) -> i64 {
        n.iter().sum()
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, i64) {
        let mut xs = vec![1, 2, n];
        let a = f(&xs);
        xs.push(100);
        let b = f(&xs);
        (a, b)
    }
}

pub use self::split_at_mut_tasks::run as split_at_mut_tasks;
pub mod split_at_mut_tasks {
    #[allow(unused_imports)]
    use super::*;

    fn sort(xs: &mut [i64]) {
        xs.sort();
    }
    fn fresh(xs: Vec<i64>) -> Vec<i64> {
        xs
    }
    #[dispatch]
    fn both(xs: &mut [i64]) {
        let (a, b) = xs.split_at_mut(2);
        sort(a);
        sort(b);
    }
    #[dispatch]
    pub fn run(xs: Vec<i64>) -> Vec<i64> {
        let mut v = fresh(xs);
        both(&mut v);
        v
    }
}

pub use self::option_chains::run as option_chains;
pub mod option_chains {
    #[allow(unused_imports)]
    use super::*;

    fn find(n: i64) -> Option<i64> {
        if n > 2 { Some(n) } else { None }
    }
    fn f(n: i64) -> i64 {
        n * 2
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, Option<i64>, i64) {
        let a = find(n).unwrap_or(7);
        let b = find(n).map(|x| x + 1);
        let c = find(1).unwrap_or_else(|| 9) + a;
        (a, b, c)
    }
}

pub use self::results_as_values::run as results_as_values;
pub mod results_as_values {
    #[allow(unused_imports)]
    use super::*;

    fn parse(s: &str) -> Result<i64, String> {
        s.parse().map_err(|_| s.to_string())
    }
    fn or(r: Result<i64, String>) -> i64 {
        r.unwrap_or(-1)
    }
    #[dispatch]
    pub fn run(a: &str, b: &str) -> (i64, i64, Result<i64, String>) {
        let x = or(parse(a));
        let y = or(parse(b));
        (x, y, parse(b))
    }
}

pub use self::tuple_fields::run as tuple_fields;
pub mod tuple_fields {
    #[allow(unused_imports)]
    use super::*;

    fn pair(n: i64) -> (i64, (i64, String)) {
        (n, (n + 1, n.to_string()))
    }
    fn len(s: &str) -> usize {
        s.len()
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, i64, usize) {
        let p = pair(n);
        let l = len(&p.1.1);
        let a = p.0 + p.1.0;
        (a, p.1.0, l)
    }
}

pub use self::while_with_continue::run as while_with_continue;
pub mod while_with_continue {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: u64) -> u64 {
        n * 2
    }
    #[dispatch]
    pub fn run(n: u64) -> Vec<u64> {
        let mut out = Vec::new();
        let mut k = n;
        while k > 1 {
            k = if k % 2 == 0 { k / 2 } else { 3 * k + 1 };
            if k == 5 {
                continue;
            }
            out.push(f(k));
            if k == 2 {
                break;
            }
        }
        out
    }
}

pub use self::flat_map_tail::run as flat_map_tail;
pub mod flat_map_tail {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    #[dispatch]
    pub fn run(xs: &[i64]) -> Vec<i64> {
        xs.iter().flat_map(|&x| (0..x).map(move |y| f(x * y))).collect()
    }
}

pub use self::trait_methods::run as trait_methods;
pub mod trait_methods {
    #[allow(unused_imports)]
    use super::*;

    trait Shape {
        fn area(&self) -> f64;
        fn scaled(self, k: f64) -> Self;
    }
    #[derive(Clone)]
    struct Sq(f64);
    impl Shape for Sq {
        fn area(&self) -> f64 {
            self.0 * self.0
        }
        fn scaled(self, k: f64) -> Self {
            Sq(self.0 * k)
        }
    }
    fn sq(n: i64) -> Sq {
        Sq(n as f64)
    }
    fn area<S: Shape>(s: &S) -> f64 {
        s.area()
    }
    fn add(a: f64, b: f64) -> f64 {
        a + b
    }
    #[dispatch]
    pub fn run(n: i64) -> f64 {
        let s = sq(n);
        let a = area(&s);
        let b = s.area();
        let t = s.scaled(2.0);
        let c = Shape::area(&t);
        let d = <Sq as Shape>::area(&t);
        add(a, b) + add(c, d)
    }
}

pub use self::enum_recursion::run as enum_recursion;
pub mod enum_recursion {
    #[allow(unused_imports)]
    use super::*;

    #[derive(Clone, Debug)]
    pub enum E {
        Leaf(i64),
        Node(Box<E>, Box<E>),
    }
    fn build(d: i64) -> E {
        if d == 0 { E::Leaf(1) } else { E::Node(Box::new(build(d - 1)), Box::new(build(d - 1))) }
    }
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    #[dispatch]
    fn total(e: &E) -> i64 {
        match e {
            E::Leaf(n) => *n,
            E::Node(a, b) => add(total(a), total(b)),
        }
    }
    #[dispatch]
    fn own(e: E) -> i64 {
        match e {
            E::Leaf(n) => n,
            E::Node(a, b) => {
                let x = own(*a);
                let y = own(*b);
                x + y
            }
        }
    }
    #[dispatch]
    pub fn run(d: i64) -> (i64, i64) {
        let e = build(d);
        let a = total(&e);
        (a, own(e))
    }
}

pub use self::copies_then_updates::run as copies_then_updates;
pub mod copies_then_updates {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn touch(v: &mut i64) {
        *v += 1;
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, i64, i64) {
        let mut a = f(n);
        let b = a;
        a = f(b);
        let mut c = a;
        c += 5;
        touch(&mut c);
        (a, b, c)
    }
}

pub use self::captured_by_inner_closures::run as captured_by_inner_closures;
pub mod captured_by_inner_closures {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn apply(n: i64, g: impl Fn(i64) -> i64) -> i64 {
        g(n)
    }
    fn list(n: i64) -> Vec<i64> {
        (0..n).collect()
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, Vec<i64>, i64) {
        let k = f(n);
        let mut m = 3;
        let a = apply(1, |x| x * k + m);
        m = 10;
        let b = list(4).iter().map(|x| x * k + m).collect::<Vec<i64>>();
        m += 1;
        let c: i64 = list(3).into_iter().filter(|x| *x > 0 && *x < k).map(|x| x + m).sum();
        (a, b, c)
    }
}

pub use self::captured_parts::run as captured_parts;
pub mod captured_parts {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> Vec<i64> {
        vec![n, 2]
    }
    fn apply(n: i64, g: impl Fn(i64) -> i64) -> i64 {
        g(n)
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, i64) {
        let k = f(n);
        let l = vec![7, 8];
        let a = apply(1, |x| x * k[0] + l[1]);
        let b = apply(2, move |x| x * k[0] + l[0]);
        (a, b)
    }
}

pub use self::match_arms::run as match_arms;
pub mod match_arms {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn s(n: i64) -> String {
        n.to_string()
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, String) {
        let v = match n {
            1 => 0,
            2 | 3 => {
                let q = f(n);
                q + 1
            }
            _ if n > 8 => f(n),
            _ => n,
        };
        let t = match n {
            1 => "one".to_string(),
            _ => s(v),
        };
        (v, t)
    }
}

pub use self::if_let_and_while_let::run as if_let_and_while_let;
pub mod if_let_and_while_let {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    #[dispatch]
    pub fn run(n: Option<i64>) -> (i64, i64) {
        let a = if let Some(k) = n { f(k) } else { -1 };
        let mut it = vec![1, 2, 3].into_iter();
        let mut acc = 0;
        while let Some(k) = it.next() {
            acc += f(k);
        }
        (a, acc)
    }
}

pub use self::string_in_place::run as string_in_place;
pub mod string_in_place {
    #[allow(unused_imports)]
    use super::*;

    fn word(n: usize) -> String {
        "ab".repeat(n)
    }
    fn cat(a: &str, b: &str) -> String {
        format!("{a}/{b}")
    }
    #[dispatch]
    pub fn run(n: usize) -> (String, usize, bool) {
        let mut s = word(n);
        s.push('x');
        s += "yy";
        s.push_str(&word(1));
        let l = s.len();
        let e = s.is_empty();
        let t = cat(&s, &word(2));
        (t.trim_end_matches('b').to_uppercase(), l, e)
    }
}

pub use self::nested_collections::run as nested_collections;
pub mod nested_collections {
    #[allow(unused_imports)]
    use super::*;

    use std::collections::HashMap;
    fn f(n: usize) -> usize {
        n * 2
    }
    fn total(m: HashMap<usize, Vec<usize>>) -> usize {
        m.into_iter().map(|(k, v)| k * v.iter().sum::<usize>()).sum()
    }
    fn opt(o: Vec<Option<usize>>) -> usize {
        o.into_iter().flatten().sum()
    }
    #[dispatch]
    pub fn run(n: usize) -> (usize, usize) {
        let mut m = HashMap::new();
        for i in 0..n {
            let mut row = Vec::new();
            for j in 0..i {
                row.push(f(i + j));
            }
            m.insert(i, row);
        }
        let o: Vec<Option<usize>> = (0..n).map(|i| if i % 2 == 0 { Some(f(i)) } else { None }).collect();
        (total(m), opt(o))
    }
}

pub use self::returned_collections::run as returned_collections;
pub mod returned_collections {
    #[allow(unused_imports)]
    use super::*;

    use std::collections::BTreeMap;
    fn f(n: usize) -> usize {
        n * 2
    }
    #[dispatch]
    pub fn run(
        n: usize,
    ) -> (BTreeMap<usize, usize>, Option<usize>, [usize; 2], Vec<(usize, usize)>, Result<usize, String>) {
        let m: BTreeMap<usize, usize> = (0..n).map(|i| (i, f(i))).collect();
        (m, Some(f(n)), [f(1), 2], (0..n).map(|i| (i, f(i))).collect(), Ok(f(2)))
    }
}

pub use self::returned_result::run as returned_result;
pub mod returned_result {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: usize) -> usize {
        n * 2
    }
    #[dispatch]
    pub fn run(n: usize) -> Result<usize, String> {
        if n == 0 {
            return Err("zero".into());
        }
        let x = f(n);
        Ok(x)
    }
}

pub use self::generic_recursion::run as generic_recursion;
pub mod generic_recursion {
    #[allow(unused_imports)]
    use super::*;

    fn smallest<T: Ord + Clone>(xs: &[T]) -> T {
        xs.iter().min().unwrap().clone()
    }
    fn pair<A, B>(a: A, b: B) -> (A, B) {
        (a, b)
    }
    #[dispatch]
    fn gene<T: Ord + Clone + Send + Sync>(xs: Vec<T>) -> (T, Vec<T>) {
        let m = smallest(&xs);
        pair(m, xs)
    }
    #[dispatch]
    pub fn run(xs: Vec<i64>) -> (i64, Vec<i64>) {
        gene(xs)
    }
}

pub use self::associated_mix::run as associated_mix;
pub mod associated_mix {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: f64) -> f64 {
        n * 2.0
    }
    #[dispatch]
    pub fn run(n: f64) -> (f64, f64, String, i64) {
        let x = f(n);
        let m = f64::max(x, n);
        let k = f64::max(n, 1.0);
        let names = vec![String::from("a"), n.to_string()];
        let s = String::from_utf8(names.concat().into_bytes()).unwrap();
        let z = i64::from(k as i32);
        let y = f64::powi(m, 2) + f64::sqrt(k);
        (m, y, s, z)
    }
}

pub use self::trait_argument::run as trait_argument;
pub mod trait_argument {
    #[allow(unused_imports)]
    use super::*;

    trait Job {
        fn go(&self, n: i64) -> i64;
        fn name(&self) -> String;
    }
    struct A(i64);
    fn mul(a: i64, b: i64) -> i64 {
        a * b
    }
    impl Job for A {
        fn go(&self, n: i64) -> i64 {
            mul(self.0, n)
        }
        fn name(&self) -> String {
            "a".into()
        }
    }
    fn use_it<J: Job>(j: &J, n: i64) -> i64 {
        j.go(n)
    }
    fn mk(n: i64) -> A {
        A(n)
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, String) {
        let a = mk(n);
        let b = use_it(&a, 2);
        let c = a.go(b);
        let s = a.name();
        (c, s)
    }
}

pub use self::moved_or_read::run as moved_or_read;
pub mod moved_or_read {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> Vec<i64> {
        vec![n]
    }
    fn eat(v: Vec<i64>) -> i64 {
        v.len() as i64
    }
    fn sum(v: &[i64]) -> i64 {
        v.iter().sum()
    }
    #[dispatch]
    pub fn run(n: i64) -> i64 {
        let v = f(n);
        let a = if n > 0 { eat(v) } else { sum(&v) };
        a + n
    }
}

pub use self::compound_operators::run as compound_operators;
pub mod compound_operators {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n + 1
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, i64, bool, f64) {
        let mut a = f(n);
        a += 2;
        a *= a;
        a -= f(a);
        let b = a;
        a <<= 1;
        let c = !(a == b);
        let d = (a as f64) / 2.0;
        (a, b, c, d)
    }
}

pub use self::strings_compared::run as strings_compared;
pub mod strings_compared {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> String {
        n.to_string()
    }
    #[dispatch]
    pub fn run(n: i64) -> (String, bool, usize) {
        let a = f(n);
        let b = f(n + 1);
        let e = a == b;
        let c = a + &b;
        let d = c + "x" + &b;
        let l = d.len();
        (d, e, l)
    }
}

pub use self::boolean_operators::run as boolean_operators;
pub mod boolean_operators {
    #[allow(unused_imports)]
    use super::*;

    fn even(n: i64) -> bool {
        n % 2 == 0
    }
    fn both(a: bool, b: bool) -> bool {
        a && b
    }
    #[dispatch]
    pub fn run(n: i64) -> (bool, bool, bool) {
        let a = even(n);
        let b = !a;
        let c = a | b;
        let d = both(a, b) ^ c;
        (b, c, d)
    }
}

pub use self::dereferences::run as dereferences;
pub mod dereferences {
    #[allow(unused_imports)]
    use super::*;

    fn bx(n: i64) -> Box<i64> {
        Box::new(n)
    }
    fn rf(v: &Vec<i64>) -> i64 {
        v[0]
    }
    fn mk(n: i64) -> Vec<i64> {
        vec![n]
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, i64) {
        let b = bx(n);
        let c = *b + 1;
        let v = mk(n);
        let r = &v;
        let a = rf(r);
        let d = rf(r) + rf(&v);
        (c, a + d)
    }
}

pub use self::let_of_reference::run as let_of_reference;
pub mod let_of_reference {
    #[allow(unused_imports)]
    use super::*;

    fn mk(n: i64) -> Vec<i64> {
        vec![n]
    }
    fn touch(v: &mut Vec<i64>) {
        v.push(1);
    }
    fn sum(v: &[i64]) -> i64 {
        v.iter().sum()
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, Vec<i64>) {
        let mut v = mk(n);
        let s = {
            let r = &v;
            sum(r)
        };
        touch(&mut v);
        (s, v)
    }
}

pub use self::swap_take_replace::run as swap_take_replace;
pub mod swap_take_replace {
    #[allow(unused_imports)]
    use super::*;

    fn mk(n: i64) -> Vec<i64> {
        vec![n]
    }
    fn sum(v: &[i64]) -> i64 {
        v.iter().sum()
    }
    #[dispatch]
    pub fn run(n: i64) -> (Vec<i64>, Vec<i64>, i64) {
        let mut a = mk(n);
        let mut b = mk(n + 1);
        std::mem::swap(&mut a, &mut b);
        let c = std::mem::take(&mut a);
        let d = std::mem::replace(&mut b, vec![7]);
        (c, d, sum(&a) * 10 + sum(&b))
    }
}

pub use self::self_by_each_way::run as self_by_each_way;
pub mod self_by_each_way {
    #[allow(unused_imports)]
    use super::*;

    #[derive(Clone)]
    struct M {
        w: Vec<i64>,
        k: i64,
    }
    fn dot(a: &[i64], b: &[i64]) -> i64 {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    impl M {
        #[dispatch]
        fn score(&self, xs: &[i64]) -> i64 {
            let d = dot(&self.w, xs);
            add(d, self.k)
        }
        #[dispatch]
        fn consume(self, n: i64) -> Vec<i64> {
            let k = add(self.k, n);
            prepend(self.w, k)
        }
        #[dispatch]
        fn bump(&mut self, n: i64) {
            inc(&mut self.k, n)
        }
        fn plain(&self) -> i64 {
            self.k
        }
    }
    fn inc(k: &mut i64, n: i64) {
        *k += n
    }
    fn prepend(mut v: Vec<i64>, k: i64) -> Vec<i64> {
        v.insert(0, k);
        v
    }
    fn mk(n: i64) -> M {
        M { w: vec![n, 2], k: 1 }
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, Vec<i64>, i64) {
        let mut m = mk(n);
        let xs = vec![1, 2];
        M::bump(&mut m, 5);
        let s = M::score(&m, &xs);
        let p = m.plain();
        m.bump(10);
        let q = m.k;
        let v = m.consume(p);
        (s, v, q)
    }
}
