// Where `#[dispatch]` functions live: traits, generic types, macros, modules without a prelude, among names like ours.

fn make(n: i64) -> i64 {
    n * 3
}
fn add(a: i64, b: i64) -> i64 {
    a + b
}
fn list(n: i64) -> Vec<i64> {
    (0..n).collect()
}
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}
fn same<T>(value: T) -> T {
    value
}
fn length(text: &str) -> i64 {
    text.len() as i64
}
fn trimmed(text: &str) -> &str {
    text.trim()
}

mod traits {
    use super::*;

    pub trait Shape: Sized {
        type Unit: Send;
        const SIDES: i64;

        #[dispatch]
        fn area(&self, n: i64) -> i64;
        #[dispatch]
        fn grow(&mut self, n: i64) -> i64;
        #[dispatch]
        fn into_sides(self, n: i64) -> i64;
        #[dispatch]
        fn of_size(n: i64) -> Self;
        #[dispatch]
        fn of_text(text: &str) -> Self;
        #[dispatch]
        fn measured(one: Self, text: &str) -> i64;
        #[dispatch]
        fn both(one: Self, other: &Self) -> i64;
        #[dispatch]
        fn paired<T: Send + Clone>(&self, other: T) -> (T, i64);
        #[dispatch]
        fn unit(&self, unit: Self::Unit) -> Self::Unit;
        #[dispatch]
        fn part(&self, sides: &[i64], from: usize) -> i64;
        #[dispatch]
        fn named<'a>(&self, text: &'a str) -> &'a str;
        #[dispatch]
        fn from_any(&self, n: impl Into<i64> + Send) -> i64;
        /// One that has a body here.
        #[dispatch]
        fn area_twice(&self, n: i64) -> i64 {
            let area = eager!(self.area(n));
            add(area, Self::SIDES)
        }
    }

    #[derive(Clone, Copy)]
    pub struct Square(pub i64);

    fn widen(square: &mut Square, by: i64) -> i64 {
        square.0 += by;
        square.0
    }
    fn square(n: i64) -> Square {
        Square(n)
    }
    fn touching(one: Square, other: &Square) -> i64 {
        one.0 * 10 + other.0
    }

    impl Shape for Square {
        type Unit = String;
        const SIDES: i64 = 4;

        #[dispatch]
        fn area(&self, n: i64) -> i64 {
            add(make(n), self.0)
        }
        #[dispatch]
        fn grow(&mut self, n: i64) -> i64 {
            widen(self, n)
        }
        #[dispatch]
        fn into_sides(self, n: i64) -> i64 {
            add(make(self.0), n)
        }
        #[dispatch]
        fn of_size(n: i64) -> Square {
            square(make(n))
        }
        #[dispatch]
        fn of_text(text: &str) -> Square {
            square(length(text))
        }
        #[dispatch]
        fn measured(one: Square, text: &str) -> i64 {
            add(one.0, length(text))
        }
        #[dispatch]
        fn both(one: Self, other: &Self) -> i64 {
            touching(one, other)
        }
        #[dispatch]
        fn paired<T: Send + Clone>(&self, other: T) -> (T, i64) {
            (same(other), make(self.0))
        }
        #[dispatch]
        fn unit(&self, unit: Self::Unit) -> Self::Unit {
            same(unit)
        }
        #[dispatch]
        fn part(&self, sides: &[i64], from: usize) -> i64 {
            let part = sum(&sides[from..]);
            add(part, self.0)
        }
        #[dispatch]
        fn named<'a>(&self, text: &'a str) -> &'a str {
            trimmed(text)
        }
        #[dispatch]
        fn from_any(&self, n: impl Into<i64> + Send) -> i64 {
            let n: i64 = n.into();
            add(make(n), Self::SIDES)
        }
    }

    /// A trait that can be used by `dyn`.
    pub trait Priced {
        #[dispatch]
        fn price(&self, n: i64) -> i64;
    }
    impl Priced for Square {
        #[dispatch]
        fn price(&self, n: i64) -> i64 {
            add(make(self.0), n)
        }
    }
    impl<T: Priced + Sync> Priced for Vec<T> {
        #[dispatch]
        fn price(&self, n: i64) -> i64 {
            let prices: Vec<_> = self.iter().map(|one| T::price(one, n)).collect();
            sum(&prices)
        }
    }
}
use traits::{Priced, Shape, Square};

#[dispatch]
pub fn trait_methods_by_reference(n: i64) -> (i64, i64, i64) {
    let square = same(Square(n));
    let area = Square::area(&square, make(1));
    let part = Square::part(&square, &[1, 2, 3], 1);
    (area, part, Square::area_twice(&square, 2))
}

#[dispatch]
pub fn trait_methods_by_value(n: i64) -> (i64, i64) {
    let square = Square::of_size(n);
    let other = Square::of_size(make(n));
    let of_text = same(Square::of_text("abc"));
    let measured = Square::measured(of_text, "ab");
    (add(Square::both(square, &other), measured), Square::into_sides(other, n))
}

#[dispatch]
pub fn trait_method_in_place(n: i64) -> (i64, i64) {
    let mut square = same(Square(n));
    let first = Square::grow(&mut square, 2);
    (first, Square::area(&square, n))
}

#[dispatch]
pub fn generic_trait_methods(n: i32) -> ((String, i64), String, i64) {
    let square = same(Square(7));
    let paired = Square::paired(&square, String::from("a"));
    let unit = Square::unit(&square, String::from("cm"));
    (paired, unit, Square::from_any(&square, n))
}

#[dispatch]
pub fn trait_method_with_named_lifetime<'a>(text: &'a str) -> &'a str {
    let square = same(Square(7));
    <Square as Shape>::named(&square, text)
}

#[dispatch]
fn sized<S: Shape + Clone + Send + Sync>(shape: S, n: i64) -> i64 {
    let area = S::area(&shape, make(n));
    add(area, S::SIDES)
}

#[dispatch]
pub fn bounded_by_a_trait(n: i64) -> i64 {
    sized(Square(n), 2)
}

#[dispatch]
fn priced(what: &(dyn Priced + Sync), n: i64) -> i64 {
    let price = eager!(what.price(n));
    add(price, 1)
}

#[dispatch]
pub fn by_dyn(n: i64) -> i64 {
    let squares = same(vec![Square(n), Square(2)]);
    let all = Vec::<Square>::price(&squares, n);
    add(all, 1)
}

#[dispatch]
pub fn dyn_parameter(n: i64) -> i64 {
    static SQUARE: Square = Square(5);
    priced(&SQUARE, make(n))
}

mod generic {
    use super::*;

    pub struct Window<'a, T> {
        pub values: &'a [T],
    }
    fn total<T: Copy + Into<i64>>(values: &[T]) -> i64 {
        values.iter().map(|&value| value.into()).sum()
    }
    fn rest<T>(values: &[T], from: usize) -> &[T] {
        &values[from..]
    }

    impl<'a, T: Copy + Into<i64> + Sync> Window<'a, T> {
        const EXTRA: i64 = 5;

        #[dispatch]
        pub fn sum(&self) -> i64 {
            let total = total(self.values);
            add(total, Self::EXTRA)
        }
        #[dispatch]
        pub fn rest(&self, from: usize) -> &'a [T] {
            rest(self.values, from)
        }
        #[dispatch]
        pub fn consumed(self) -> i64 {
            total(self.values)
        }
    }

    pub struct Slot<T>(pub T);
    fn put<T>(place: &mut T, value: T) -> usize {
        *place = value;
        1
    }
    fn slot<T>(value: T) -> Slot<T> {
        Slot(value)
    }
    fn opened<T>(slot: Box<Slot<T>>) -> T {
        slot.0
    }

    impl<T> Slot<T>
    where
        T: Send + Sync + Clone,
    {
        #[dispatch]
        pub fn get(&self) -> T {
            same(self.0.clone())
        }
        #[dispatch]
        pub fn put(&mut self, value: T) -> usize {
            put(&mut self.0, value)
        }
        #[dispatch]
        pub fn again(self: &Self, _: Option<Self>) -> Self {
            slot(same(self.0.clone()))
        }
        #[dispatch]
        pub fn unboxed(self: Box<Self>) -> T {
            opened(self)
        }
    }
}
use generic::{Slot, Window};

#[dispatch]
pub fn methods_of_a_borrowing_type(values: &[i64]) -> (i64, i64, i64) {
    let window = same(Window { values });
    let sum_of_all = Window::sum(&window);
    let rest = Window::rest(&window, 1);
    (sum_of_all, sum(rest), Window::consumed(window))
}

#[dispatch]
pub fn methods_of_a_generic_type(text: String) -> (usize, String, String) {
    let mut slot = same(Slot(text));
    let again = Slot::again(&slot, None);
    let put = Slot::put(&mut slot, String::from("new"));
    let got = Slot::get(&slot);
    (put, got, Slot::unboxed(Box::new(again)))
}

fn pick<'a, 'b: 'a, T>(one: &'a [T], other: &'b [T]) -> &'a [T] {
    if one.len() > 1 { one } else { other }
}

#[dispatch]
pub fn several_lifetimes<'a, 'b: 'a, T: 'a + Send + Sync>(
    one: &'a [T],
    other: &'b [T],
    text: &'static str,
) -> (&'a [T], i64)
where
    T: Clone,
{
    (pick(one, other), length(text))
}

fn mapped<F>(f: &F, n: i64) -> i64
where
    F: for<'a> Fn(&'a str) -> &'a str,
{
    f(&format!(" {n} ")).len() as i64
}

#[dispatch]
fn higher_ranked<F>(f: F, n: i64) -> i64
where
    F: for<'a> Fn(&'a str) -> &'a str + Send + Sync + Clone,
{
    mapped(&f, make(n))
}

#[dispatch]
fn higher_ranked_argument(f: impl for<'a> Fn(&'a str) -> &'a str + Send + Sync + Clone, n: i64) -> i64 {
    mapped(&f, make(n))
}

#[dispatch]
pub fn higher_ranked_closures(n: i64) -> i64 {
    let one = higher_ranked(trimmed, n);
    add(one, higher_ranked_argument(|text: &str| text, 7))
}

fn called(f: fn(&str) -> i64, n: i64) -> i64 {
    f(&n.to_string())
}
fn boxed(f: Box<dyn Fn(i64) -> i64 + Send>, n: i64) -> i64 {
    f(n)
}

#[dispatch]
fn pointers(f: fn(&str) -> i64, g: Box<dyn Fn(i64) -> i64 + Send>, h: &dyn Fn(&str) -> i64, n: i64) -> i64 {
    let now = h("abc");
    let x = called(f, make(n));
    add(boxed(g, x), now)
}

#[dispatch]
pub fn function_pointers(n: i64) -> i64 {
    let node = eager!(pointers(length, Box::new(|n| n + 1), &|text| text.len() as i64, n));
    add(node, 1)
}

fn repeated<const N: usize, T: Copy>(value: T) -> [T; N] {
    [value; N]
}

#[dispatch]
fn filled<const N: usize, T: Copy + Send>(value: T) -> [T; N] {
    repeated::<N, T>(value)
}

#[dispatch]
pub fn const_generics(n: i64) -> i64 {
    let values = filled::<3, i64>(make(n));
    values[0] + values[2]
}

/// Its documentation stays.
#[dispatch]
#[inline]
#[must_use]
#[track_caller]
#[allow(dead_code)]
#[deprecated = "an example"]
pub(crate) fn attributed(n: i64) -> i64 {
    /// Has documentation too.
    fn inner(n: i64) -> i64 {
        n + 1
    }
    #[dispatch]
    fn nested(n: i64) -> i64 {
        #[dispatch]
        fn nested_deeper(n: i64) -> i64 {
            make(n)
        }
        add(nested_deeper(n), 2)
    }
    const EXTRA: i64 = 4;
    let both = add(nested(n), inner(1));
    add(both, EXTRA)
}

#[dispatch]
pub fn attributes_kept(n: i64) -> i64 {
    #[allow(deprecated)]
    let value = attributed(make(n));
    value
}

#[allow(unsafe_code)]
mod unchecked {
    use super::*;

    /// # Safety
    /// The index must be in bounds.
    unsafe fn at(xs: &[i64], index: usize) -> i64 {
        // SAFETY: the caller promises it.
        unsafe { *xs.get_unchecked(index) }
    }
    /// # Safety
    /// None is asked for.
    unsafe fn appended(xs: &mut Vec<i64>, value: i64) {
        xs.push(value);
    }
    /// # Safety
    /// None is asked for.
    unsafe fn twice(n: i64) -> i64 {
        n * 2
    }

    pub struct Raw(i64);
    impl Raw {
        /// # Safety
        /// None is asked for.
        unsafe fn new(n: i64) -> Self {
            Self(n)
        }
        /// # Safety
        /// None is asked for.
        unsafe fn plus(&self, n: i64) -> i64 {
            self.0 + n
        }
    }

    #[dispatch]
    pub fn unsafe_calls(n: i64) -> (i64, i64, i64) {
        let mut xs = list(n);
        // SAFETY: nothing is asked for.
        unsafe { appended(&mut xs, 4) };
        // SAFETY: nothing is asked for.
        unsafe { appended(&mut xs, n) }
        // SAFETY: the list has two values and more.
        let first = unsafe { at(&xs, 0) };
        // SAFETY: the list has two values and more.
        let second = unsafe { at(&xs[1..], 0) };
        // SAFETY: the list has two values and more.
        let third = unsafe { *xs.get_unchecked(1) };
        (first, second, third + sum(&xs))
    }

    #[dispatch]
    pub fn unsafe_methods(n: i64) -> i64 {
        // SAFETY: nothing is asked for.
        let x = unsafe { twice(n) };
        // SAFETY: nothing is asked for.
        let raw = unsafe { Raw::new(x) };
        // SAFETY: nothing is asked for.
        let y = unsafe { Raw::plus(&raw, x) };
        // SAFETY: nothing is asked for.
        unsafe { raw.plus(y) }
    }

    #[dispatch]
    pub fn unsafe_in_expressions(xs: &[i64]) -> (Vec<i64>, i64) {
        // SAFETY: nothing is asked for.
        let doubled: Vec<i64> = xs.iter().map(|&x| unsafe { twice(x) }).collect();
        // SAFETY: nothing is asked for.
        let more = add(unsafe { twice(1) }, unsafe { twice(2) }) + unsafe { twice(3) };
        // SAFETY: nothing is asked for.
        let other = op!(unsafe { twice(more) });
        // SAFETY: the caller gives one value at least.
        let plain = unsafe { *xs.get_unchecked(0) };
        #[label("labelled")]
        // SAFETY: nothing is asked for.
        let labelled = unsafe { twice(other) };
        (doubled, if xs.len() > 1 { add(labelled, plain) } else { labelled })
    }

    /// # Safety
    /// None is asked for.
    unsafe fn positive(n: i64) -> Option<i64> {
        (n > 0).then_some(n)
    }
    /// # Safety
    /// None is asked for.
    unsafe fn twins(n: i64) -> (i64, i64) {
        (n, n + 1)
    }

    #[dispatch]
    pub fn unsafe_questions(n: i64) -> Option<i64> {
        // SAFETY: nothing is asked for.
        let one = unsafe { positive(n) }?;
        // SAFETY: nothing is asked for.
        let other = unsafe { positive(one - 2) }?;
        Some(add(one, other))
    }

    #[dispatch]
    pub fn unsafe_statements(n: i64) -> i64 {
        // SAFETY: nothing is asked for.
        let (one, other) = unsafe { twins(n) };
        // SAFETY: nothing is asked for.
        let _ = unsafe { twice(one) };
        let last;
        // SAFETY: nothing is asked for.
        last = unsafe { twice(other) };
        let mut total = 0;
        for i in 0..3 {
            // SAFETY: nothing is asked for.
            total = unsafe { twice(total) };
            // SAFETY: nothing is asked for.
            total += unsafe { twice(i) };
        }
        add(last, total)
    }
}
pub use unchecked::{unsafe_questions, unsafe_statements, unsafe_calls, unsafe_in_expressions, unsafe_methods};

#[no_implicit_prelude]
mod bare {
    use super::{add, dispatch, eager, graph, length, list, make, op, sum};

    fn parse(text: &str) -> ::std::result::Result<i64, ::std::num::ParseIntError> {
        text.parse()
    }
    fn grow(xs: &mut ::std::vec::Vec<i64>) {
        xs.push(1);
    }
    fn nested(n: i64) -> (i64, (i64, i64)) {
        (n, (n + 1, n + 2))
    }
    fn text(n: i64) -> ::std::string::String {
        ::std::format!("{n}")
    }
    fn applied(n: i64, f: impl ::std::ops::Fn(i64) -> i64) -> i64 {
        f(n)
    }

    #[dispatch]
    pub fn without_prelude(n: i64) -> (i64, ::std::string::String, usize) {
        let mut xs = list(n);
        grow(&mut xs);
        grow(&mut xs);
        make(2);
        let (a, (b, c)) = nested(n);
        let values = ::std::vec![n, make(2), b];
        let plain = ::std::vec![n, 2];
        let more = add(sum(&values), sum(&plain[1..]));
        let mut total = a * 2 + c;
        for i in [1, 2] {
            total = add(total, i);
            total += make(i);
        }
        let block = graph! {
            let a = make(n);
            add(a, 1)
        };
        let one = op!(make(3));
        let now = eager!(n + 1);
        let offset = applied(now, |v| v + n);
        #[label("last")]
        let last = add(add(block, one), add(more, offset));
        let described = text(last);
        if n > 3 { (total, described, xs.len()) } else { (total, text(xs[0]), 0) }
    }

    #[dispatch]
    pub fn questions_without_prelude(one: &str) -> ::std::result::Result<i64, ::std::num::ParseIntError> {
        let a = parse(one)?;
        let text = ::std::format!("{}", 12);
        let b = parse(&text)?;
        ::std::result::Result::Ok(add(a, b))
    }

    #[dispatch]
    pub fn options_without_prelude(n: ::std::option::Option<i64>) -> ::std::option::Option<i64> {
        match n {
            ::std::option::Option::Some(n) => ::std::option::Option::Some(make(n)),
            ::std::option::Option::None => ::std::option::Option::None,
        }
    }
}
pub use bare::{options_without_prelude, questions_without_prelude, without_prelude};

mod namesakes {
    use super::{add, dispatch, list, make, sum};

    #[derive(Clone)]
    pub struct Node(i64);
    pub struct Op {
        v: i64,
    }
    pub enum Option {
        Some(i64),
        None,
    }
    pub struct Some(i64);
    pub enum Result {
        Ok,
        Err,
    }
    pub struct Vec;
    pub struct String;
    pub struct Effects;
    pub struct Box;
    pub struct Questions;
    pub trait Send {}
    pub trait Clone {}
    macro_rules! vec {
        ($($x:expr),*) => { 7i64 };
    }
    pub mod dispatcher {}
    pub mod core {}

    fn run(node: Node) -> i64 {
        node.0
    }
    fn read(node: &Node) -> i64 {
        node.0
    }
    fn node(n: i64) -> Node {
        Node(n)
    }
    fn note(n: i64) -> i64 {
        n + 1
    }
    fn finish(n: i64) -> i64 {
        n + 2
    }
    fn effects(n: i64) -> i64 {
        n * 5
    }
    fn drop(n: i64) -> i64 {
        n * 7
    }
    fn data(n: i64) -> i64 {
        n + 3
    }
    fn wrapped(v: i64) -> Op {
        Op { v }
    }
    fn unwrapped(op: Op) -> i64 {
        op.v
    }
    fn maybe(n: i64) -> Option {
        if n > 0 { Option::Some(n) } else { Option::None }
    }
    fn certainly(n: Option) -> i64 {
        match n {
            Option::Some(n) => n,
            Option::None => -1,
        }
    }
    fn nested(n: i64) -> (i64, (i64, i64)) {
        (n, (n + 1, n + 2))
    }
    fn grow(xs: &mut ::std::vec::Vec<i64>) {
        xs.push(1);
    }

    #[dispatch]
    pub fn types_like_ours(n: i64) -> (i64, i64, i64, i64) {
        let node = node(n);
        let looked_at = read(&node);
        let sized = Some(3);
        let value = unwrapped(wrapped(make(n)));
        (looked_at, run(node), add(value, sized.0), certainly(maybe(value)))
    }

    #[dispatch]
    pub fn functions_like_ours(n: i64) -> i64 {
        let plain = vec![n, 2];
        note(finish(effects(drop(data(add(plain, n))))))
    }

    #[dispatch]
    pub fn variables_like_ours(root: i64, held: i64) -> (i64, i64) {
        let effects = make(root);
        let questions = note(effects);
        let value = finish(questions);
        let inner0 = add(value, value);
        make(3);
        let part0 = inner0 + 1;
        let __scope = part0;
        let end = add(__scope, effects);
        let (private, (part1, part2)) = nested(end);
        let mut node = list(root);
        grow(&mut node);
        let local = [1i64, 2, held];
        let input = sum(&local[1..]);
        let __argument_0 = add(add(private, input), add(part1, part2));
        (add(__argument_0, held), sum(&node))
    }
}
pub use namesakes::{functions_like_ours, types_like_ours, variables_like_ours};

fn parsed(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

#[dispatch]
pub fn variables_like_ours_with_questions(value: &str, end: i64) -> Result<i64, std::num::ParseIntError> {
    let questions = parsed(value)?;
    let effects = parsed("3")?;
    let end = add(end, questions);
    let value = add(end, effects);
    Ok(value)
}

macro_rules! function {
    ($name:ident, $arg:ident: $t:ty => $e:expr) => {
        #[dispatch]
        pub fn $name($arg: $t) -> $t {
            let tmp = $e;
            add(tmp, $arg)
        }
    };
}
function!(by_expression, n: i64 => make(n));
function!(by_operators, n: i64 => make(n) + add(n, 1));
function!(by_block_expression, tmp: i64 => {
    let k = make(tmp);
    add(k, tmp)
});

macro_rules! whole {
    ($($vis:vis fn $name:ident($($arg:ident: $t:ty),*) -> $r:ty $b:block)*) => {
        $(#[dispatch] $vis fn $name($($arg: $t),*) -> $r $b)*
    };
}
whole! {
    pub fn by_block(a: i64, xs: &[i64]) -> i64 {
        let x = make(a);
        add(x, sum(xs))
    }
    pub fn by_second_block(count: i64) -> Vec<i64> {
        let mut values = Vec::new();
        for i in 0..count {
            values.push(make(i));
        }
        values
    }
}

macro_rules! each {
    ($($name:ident = $call:path),* $(,)?) => {
        $(#[dispatch] pub fn $name(n: i64) -> i64 {
            let x = $call(n);
            let y = $call(x);
            add(x, y)
        })*
    };
}
each!(by_path = make, by_longer_path = self::make);

macro_rules! item {
    ($item:item) => {
        #[dispatch]
        $item
    };
}
item! {
    /// Whole item.
    pub fn by_item(n: i64) -> i64 {
        add(make(n), 1)
    }
}

macro_rules! tokens {
    ($($t:tt)*) => { #[dispatch] $($t)* };
}
tokens! {
    pub fn by_tokens(n: i64) -> i64 {
        add(make(n), 1)
    }
}

macro_rules! statements {
    ($name:ident, { $($s:stmt;)* } $p:pat => $e:expr) => {
        #[dispatch]
        pub fn $name(n: i64) -> i64 {
            $($s;)*
            let $p = twins(n);
            $e
        }
    };
}
fn twins(n: i64) -> (i64, i64) {
    (n, n + 1)
}
statements!(by_statements, { let a = make(3); let b = add(a, 4); } (c, d) => add(add(a, b), add(c, d)));

macro_rules! binary {
    ($name:ident, $op:tt, $n:ident, $e:expr, $l:lifetime, $k:literal) => {
        #[dispatch]
        pub fn $name<$l>($n: i64, text: &$l str) -> i64 {
            let a = make($n);
            let b = length(text);
            a $op b $op $e * $k
        }
    };
}
binary!(by_operator, -, n, n + 1, 'a, 4);

macro_rules! methods {
    ($type:ident, $self:ident: $e:expr, $($method:ident),*) => {
        #[derive(Clone)]
        pub struct $type(i64);
        impl $type {
            $(#[dispatch] pub fn $method(&$self, n: i64) -> i64 { add($e, n) })*
        }
    };
}
methods!(Produced, self: make(self.0), one, other);

macro_rules! scaled {
    ($name:ident, $n:ident, $e:expr) => {
        #[dispatch]
        pub fn $name($n: i64) -> Vec<i64> {
            let a = make($n);
            let now = $e * 2;
            let listed = vec![$e * 2, -$e];
            let text = format!("{}", $e * 3);
            let block = graph! { add(a, $e * 4) };
            let (one, eager) = (op!(add(now, $e * 5)), eager!($e * 6));
            let negative = (-$e).abs() + $e.pow(2);
            vec![a * $e, now, sum(&listed), length(&text), block, one, eager, a - $e, negative]
        }
    };
}
scaled!(fragments_stay_whole, n, n + 1);
scaled!(negative_fragments, n, -n);

macro_rules! behind_a_reference {
    ($name:ident, $t:ty, $k:literal) => {
        #[dispatch]
        fn $name(f: &$t, n: i64) -> i64 {
            let g: &$t = f;
            let k = add(make(n), $k);
            let now = g($k.abs());
            add(k, now)
        }
    };
}
behind_a_reference!(by_type, dyn Fn(i64) -> i64 + Sync, -4i64);

#[dispatch]
pub fn types_stay_whole(n: i64) -> i64 {
    static NEXT: &(dyn Fn(i64) -> i64 + Sync) = &|n| n + 1;
    by_type(NEXT, make(n))
}

macro_rules! plus {
    ($a:expr, $b:expr) => {
        add($a, $b)
    };
}
macro_rules! five {
    () => {
        5
    };
}
macro_rules! graph_of {
    ($b:block) => {
        graph! {
            let a = make(1);
            let c = $b;
            add(a, c)
        }
    };
}

#[dispatch]
pub fn macros_inside(n: i64) -> i64 {
    let produced = same(Produced(n));
    let k = plus!(n, five!());
    let x = add(make(k), make(five!()));
    let block = graph_of!({ add(n, 2) });
    add(add(x, block), add(Produced::one(&produced, 2), Produced::other(&produced, x)))
}

#[derive(Clone, Copy)]
struct Tool;
impl Tool {
    fn counted(n: i64, xs: &[i64]) -> i64 {
        n + sum(xs)
    }
    #[dispatch]
    fn counted_later(n: i64, xs: &[i64]) -> i64 {
        add(n, sum(xs))
    }
}

#[dispatch]
pub fn associated_with_nameless(n: i64) -> i64 {
    let now = eager!(make(n));
    let one = Tool::counted(now, &[1, 2, 3]);
    let other = Tool::counted_later(now, &[1, 2]);
    add(one, other)
}

#[dispatch(crate = ::dispatcher)]
pub fn by_crate_path(n: i64) -> i64 {
    let x = make(n);
    make(2);
    add(x, 1)
}
