pub use self::effects_everywhere::run as effects_everywhere;
pub mod effects_everywhere {
    #[allow(unused_imports)]
    use super::*;

    use std::sync::Mutex;
    fn note(l: &Mutex<Vec<i64>>, n: i64) -> i64 {
        l.lock().unwrap().push(n);
        n
    }
    fn take(l: &Mutex<Vec<i64>>, _after: i64) -> Vec<i64> {
        let mut v = l.lock().unwrap().clone();
        v.sort();
        l.lock().unwrap().clear();
        v
    }
    static L: Mutex<Vec<i64>> = Mutex::new(Vec::new());
    #[dispatch]
    fn inner(l: &Mutex<Vec<i64>>, n: i64) -> i64 {
        let g = |k: i64| note(l, k);
        g(1);
        let _ = g(2);
        let h = |k: i64| {
            note(l, k);
        };
        h(3);
        (0..2).for_each(|i| {
            note(l, 10 + i);
        });
        (0..2).for_each(|i| drop(note(l, 20 + i)));
        let _x = note(l, 30);
        let unused: Vec<i64> = (0..2).map(|i| note(l, 40 + i)).collect();
        (0..2).map(|i| note(l, 50 + i)).count();
        for i in 0..3 {
            if i == 1 {
                continue;
            }
            note(l, 60 + i);
            if i == 2 {
                break;
            }
        }
        let (a, _b) = (note(l, 70), note(l, 71));
        let _ = (note(l, 72), note(l, 73));
        Some(note(l, 74));
        match n {
            4 => {
                note(l, 75);
            }
            _ => {
                note(l, 76);
            }
        };
        if n == 4 {
            note(l, 77)
        } else {
            note(l, 78)
        };
        let t = loop {
            note(l, 79);
            break note(l, 80);
        };
        {
            note(l, 81);
        }
        let _y = {
            note(l, 82);
            note(l, 83)
        };
        let _z = vec![note(l, 84), note(l, 85)];
        [note(l, 86), 0];
        let opt = Some(3).map(|k| note(l, 90 + k));
        let v = note(l, 100) + note(l, 101);
        std::mem::drop(note(l, 102));
        a
    }
    #[dispatch]
    pub fn run(n: i64) -> Vec<i64> {
        let x = inner(&L, n);
        take(&L, x)
    }
}

pub use self::effects_before_return::run as effects_before_return;
pub mod effects_before_return {
    #[allow(unused_imports)]
    use super::*;

    use std::sync::Mutex;
    fn note(l: &Mutex<Vec<i64>>, n: i64) -> i64 {
        l.lock().unwrap().push(n);
        n
    }
    fn take(l: &Mutex<Vec<i64>>, _after: i64) -> Vec<i64> {
        let mut v = l.lock().unwrap().clone();
        v.sort();
        l.lock().unwrap().clear();
        v
    }
    static L: Mutex<Vec<i64>> = Mutex::new(Vec::new());
    #[dispatch]
    fn inner(l: &Mutex<Vec<i64>>, n: i64) -> i64 {
        note(l, 1);
        if n == 0 {
            note(l, 2);
            return 5;
        }
        let x = note(l, 3);
        note(l, 4);
        if n == 4 {
            return x;
        }
        note(l, 5);
        x
    }
    #[dispatch]
    pub fn run(n: i64) -> Vec<i64> {
        let x = inner(&L, n);
        take(&L, x)
    }
}

pub use self::effects_of_overwritten::run as effects_of_overwritten;
pub mod effects_of_overwritten {
    #[allow(unused_imports)]
    use super::*;

    use std::sync::Mutex;
    fn note(l: &Mutex<Vec<i64>>, n: i64) -> i64 {
        l.lock().unwrap().push(n);
        n
    }
    fn take(l: &Mutex<Vec<i64>>, _after: i64) -> Vec<i64> {
        let mut v = l.lock().unwrap().clone();
        v.sort();
        l.lock().unwrap().clear();
        v
    }
    static L: Mutex<Vec<i64>> = Mutex::new(Vec::new());
    #[dispatch]
    fn inner(l: &Mutex<Vec<i64>>, n: i64) -> i64 {
        let mut x = note(l, 1);
        x = note(l, 2);
        for i in 0..3 {
            x = note(l, 10 + i);
        }
        let mut y = 0;
        if n > 2 {
            y = note(l, 20);
        }
        y = note(l, 21);
        let z = x;
        let mut w = note(l, 30);
        w += note(l, 31);
        let mut u;
        u = note(l, 40);
        u = note(l, 41);
        let last;
        if n > 2 {
            last = note(l, 50);
        } else {
            last = 3;
        }
        z
    }
    #[dispatch]
    pub fn run(n: i64) -> Vec<i64> {
        let x = inner(&L, n);
        take(&L, x)
    }
}

pub use self::update_of_element::run as update_of_element;
pub mod update_of_element {
    #[allow(unused_imports)]
    use super::*;

    fn make(n: i64) -> Vec<i64> {
        (0..n).collect()
    }
    fn touch(v: &mut i64) {
        *v += 100;
    }
    fn sum(v: &[i64]) -> i64 {
        v.iter().sum()
    }
    #[dispatch]
    pub fn run(n: i64) -> (Vec<i64>, i64) {
        let mut a = make(n);
        let before = sum(&a);
        touch(&mut a[1]);
        let k = a[1];
        touch(&mut a[2]);
        (a, before + k)
    }
}

pub use self::update_of_copy::run as update_of_copy;
pub mod update_of_copy {
    #[allow(unused_imports)]
    use super::*;

    fn touch(v: &mut i64) {
        *v += 100;
    }
    fn get(v: &i64) -> i64 {
        *v
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, i64) {
        let mut a = get(&n);
        touch(&mut a);
        let b = a;
        touch(&mut a);
        (a, b)
    }
}

pub use self::update_of_collected::run as update_of_collected;
pub mod update_of_collected {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> i64 {
        n * 2
    }
    fn touch(v: &mut i64) {
        *v += 100;
    }
    fn sum(v: &[i64]) -> i64 {
        v.iter().sum()
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, i64) {
        let mut xs: Vec<i64> = (0..n).map(|i| f(i)).collect();
        let before = sum(&xs);
        touch(&mut xs[1]);
        for x in &mut xs {
            touch(x);
        }
        let after = sum(&xs);
        (before, after)
    }
}

pub use self::update_through_closure::run as update_through_closure;
pub mod update_through_closure {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> Vec<i64> {
        vec![n]
    }
    fn touch(v: &mut Vec<i64>, k: i64) {
        v.push(k);
    }
    #[dispatch]
    pub fn run(n: i64) -> Vec<i64> {
        let mut v = f(n);
        let mut g = |k: i64| touch(&mut v, k);
        g(1);
        g(2);
        v
    }
}

pub use self::update_in_branches::run as update_in_branches;
pub mod update_in_branches {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> Vec<i64> {
        vec![n]
    }
    fn touch(v: &mut Vec<i64>, k: i64) {
        v.push(k);
    }
    fn len(v: &[i64]) -> usize {
        v.len()
    }
    #[dispatch]
    pub fn run(n: i64) -> (Vec<i64>, usize) {
        let mut v = f(n);
        let l = len(&v);
        if n > 5 {
            touch(&mut v, 1);
            let l = len(&v);
            return (v, l);
        }
        for i in 0..n {
            if i == 1 {
                continue;
            }
            touch(&mut v, i);
        }
        (v, l)
    }
}

pub use self::moves_in_labelled_loop::run as moves_in_labelled_loop;
pub mod moves_in_labelled_loop {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> Vec<i64> {
        vec![n]
    }
    fn eat(v: Vec<i64>, k: i64) -> Vec<i64> {
        let mut v = v;
        v.push(k);
        v
    }
    fn look(v: &[i64]) -> i64 {
        v.iter().sum()
    }
    #[dispatch]
    pub fn run(n: i64) -> (Vec<i64>, i64) {
        let mut v = f(n);
        let mut t = 0;
        let r = 'a: loop {
            for i in 0..10 {
                if i == n {
                    break 'a eat(v, 1000);
                }
                t += look(&v);
                v = eat(v, i);
            }
        };
        (r, t)
    }
}

pub use self::move_before_break::run as move_before_break;
pub mod move_before_break {
    #[allow(unused_imports)]
    use super::*;

    fn f(n: i64) -> Vec<i64> {
        vec![n]
    }
    fn eat(v: Vec<i64>) -> i64 {
        v.len() as i64
    }
    #[dispatch]
    pub fn run(n: i64) -> i64 {
        let v = f(n);
        let mut got = 0;
        for i in 0..5 {
            if i == n {
                got = eat(v);
                break;
            }
        }
        got
    }
}

pub use self::effects_of_left_over::run as effects_of_left_over;
pub mod effects_of_left_over {
    #[allow(unused_imports)]
    use super::*;

    use std::sync::Mutex;
    fn note(l: &Mutex<Vec<i64>>, n: i64) -> i64 {
        l.lock().unwrap().push(n);
        n
    }
    fn take(l: &Mutex<Vec<i64>>, _after: i64) -> Vec<i64> {
        let mut v = l.lock().unwrap().clone();
        v.sort();
        l.lock().unwrap().clear();
        v
    }
    static L: Mutex<Vec<i64>> = Mutex::new(Vec::new());
    fn id(n: i64) -> i64 {
        n
    }
    #[dispatch]
    fn inner(l: &Mutex<Vec<i64>>, n: i64) -> i64 {
        let x = note(l, 1);
        let y = note(l, 2);
        if n == 0 {
            return 7;
        }
        let z = note(l, 3);
        match n {
            1 => return x,
            2 => {
                id(z);
            }
            _ => {}
        }
        let w = note(l, 4);
        let q = if n > 3 { id(w) } else { 0 };
        let mut t = 0;
        if n > 3 {
            t = id(q);
        }
        y + t
    }
    #[dispatch]
    pub fn run(n: i64) -> Vec<i64> {
        let x = inner(&L, n);
        take(&L, x)
    }
}

pub use self::updates_in_argument_order::run as updates_in_argument_order;
pub mod updates_in_argument_order {
    #[allow(unused_imports)]
    use super::*;

    fn f(a: i64, b: i64, c: i64) -> i64 {
        a * 100 + b * 10 + c
    }
    fn next(v: &mut i64) -> i64 {
        *v += 1;
        *v
    }
    fn zero() -> i64 {
        0
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, i64) {
        let mut c = zero();
        let x = f(next(&mut c), next(&mut c), next(&mut c));
        let y = next(&mut c) * 10 + next(&mut c);
        (x, y)
    }
}

pub use self::updates_and_reads_in_order::run as updates_and_reads_in_order;
pub mod updates_and_reads_in_order {
    #[allow(unused_imports)]
    use super::*;

    fn next(v: &mut Vec<i64>) -> i64 {
        v.push(1);
        v.len() as i64
    }
    fn mk() -> Vec<i64> {
        vec![]
    }
    fn two(a: &Vec<i64>, b: i64) -> i64 {
        a.len() as i64 * 10 + b
    }
    #[dispatch]
    pub fn run(n: i64) -> (i64, Vec<i64>, i64) {
        let mut v = mk();
        let s = v.len() as i64 + next(&mut v);
        let a = [next(&mut v), next(&mut v), 3];
        let t = (next(&mut v), v.len());
        let u = two(&v, 3);
        v.push(t.0);
        (s, v, u + a[0])
    }
}
