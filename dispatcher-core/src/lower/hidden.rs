//! Methods of the standard library on nodes whose laziness the text doesn't show: the sentence for them.
//!
//! rustc finds a trait's method by its receiver's type, so it gets here from wherever a node turns up, and nothing else does.
//! They borrow the receiver mutably, and so come after all that users' own traits may have of that name.

use crate::node::Node;

/// What can be used while the graph is built. Nothing implements it: it says why no method can be called on a node, whose result
/// is unknown then, so that rustc has nothing more to say of it.
#[diagnostic::on_unimplemented(
    message = "this value is not computed until the graph runs, so this method can't be called on it here: call it as a function of \
               its type, as in `Vec::len(x)`, or call a function that takes the value",
    label = "a lazy value"
)]
pub trait There {
    /// What the method gives.
    type Given;
}

macro_rules! methods {
    (@ $gives:ty) => { $gives };
    (@) => { <Self as There>::Given };
    ($($name:ident $(($($arg:ident: $ty:ident),*))? $(-> $gives:ty)?),* $(,)?) => {
        /// The methods.
        #[allow(missing_docs, clippy::wrong_self_convention, clippy::should_implement_trait, clippy::len_without_is_empty)]
        pub trait HiddenNode {
            $(fn $name $(<$($ty),*>)? (&mut self $(, $($arg: $ty),*)?) -> methods!(@ $($gives)?)
            where
                Self: There,
            {
                $($(let _ = $arg;)*)?
                unreachable!("no node is there to be looked at")
            })*
        }
    };
}
methods! {
    // Of collections.
    len -> usize, is_empty -> bool, push(item: A) -> (), push_back(item: A) -> (), push_front(item: A) -> (), pop,
    pop_back, pop_front, clear -> (), truncate(len: A) -> (), insert(key: A, value: B), remove(key: A),
    swap_remove(at: A), swap(one: A, other: B) -> (), extend(items: A) -> (), extend_from_slice(items: A) -> (),
    append(other: A) -> (), retain(keeps: A) -> (), drain(range: A), resize(len: A, item: B) -> (),
    fill(item: A) -> (), reverse -> (), sort -> (), sort_by(order: A) -> (), sort_by_key(key: A) -> (),
    sort_unstable -> (), dedup -> (), get(at: A), get_mut(at: A), first, last, first_mut, last_mut,
    contains(item: A) -> bool, contains_key(key: A) -> bool, entry(key: A), keys, values, values_mut,
    binary_search(item: A), split_at(at: A), split_first, split_last, windows(len: A), chunks(len: A), concat,
    join(between: A), to_vec, as_slice, starts_with(start: A) -> bool, ends_with(end: A) -> bool,
    // Of iterators.
    iter, iter_mut, into_iter, next, map(f: A), filter(f: A), filter_map(f: A), flat_map(f: A), for_each(f: A) -> (),
    fold(init: A, f: B), enumerate, zip(other: A), chain(other: A), rev, skip(count: A), take(count: A),
    step_by(step: A), all(f: A) -> bool, any(f: A) -> bool, find(f: A), position(f: A), count -> usize, copied,
    cloned, max_by(f: A), min_by(f: A), max_by_key(f: A), min_by_key(f: A),
    // Of texts.
    push_str(text: A) -> (), as_str, as_bytes, bytes, chars, lines, split_whitespace, trim, trim_start, trim_end,
    to_uppercase, to_lowercase, replace(from: A, to: B), split(at: A), split_once(at: A), strip_prefix(start: A),
    strip_suffix(end: A), into_bytes,
    // Of `Option` and `Result`.
    unwrap, expect(text: A), unwrap_or(default: A), unwrap_or_else(default: A), unwrap_or_default,
    map_or(default: A, f: B), map_err(f: A), and_then(f: A), or_else(f: A), ok, err, ok_or(error: A), is_some -> bool,
    is_none -> bool, is_ok -> bool, is_err -> bool, is_some_and(f: A) -> bool, as_ref, as_mut, as_deref,
    // Of numbers.
    abs, sqrt, powi(n: A), powf(n: A), pow(n: A), floor, ceil, round, sin, cos, exp, ln, is_nan -> bool,
    max(other: A), min(other: A), clamp(from: A, to: B), rem_euclid(by: A), abs_diff(other: A),
    wrapping_add(other: A), wrapping_mul(other: A), checked_add(other: A), checked_sub(other: A),
    saturating_sub(other: A), is_power_of_two -> bool,
}
impl<T> HiddenNode for Node<'_, T> {}

/// What a field is read of now, which may be lazy.
#[derive(Debug)]
pub struct LookedAt<'r, V>(&'r V);

impl<'r, V> LookedAt<'r, V> {
    /// Wraps the value.
    #[inline]
    pub fn new(value: &'r V) -> Self {
        Self(value)
    }
}

/// What fields can be read of while the graph is built. Nothing implements it.
#[diagnostic::on_unimplemented(
    message = "this value is not computed until the graph runs, so its fields can't be read here: read them in a function that takes \
               the value, or a `&` of it",
    label = "a lazy value"
)]
pub trait Readable {}

impl<'r, 'g, T> LookedAt<'r, Node<'g, T>> {
    /// Refused.
    pub fn there(self) -> &'r T
    where
        Node<'g, T>: Readable,
    {
        unreachable!("no node is there to be looked at")
    }
}
impl<'r, 'g, T> LookedAt<'_, &'r Node<'g, T>> {
    /// Refused.
    pub fn there(self) -> &'r T
    where
        Node<'g, T>: Readable,
    {
        unreachable!("no node is there to be looked at")
    }
}
/// [`LookedAt`] for plain values.
pub trait ThereIs<'r> {
    /// The value's type.
    type Plain;
    /// The value.
    fn there(self) -> &'r Self::Plain;
}
impl<'r, V> ThereIs<'r> for LookedAt<'r, V> {
    type Plain = V;
    #[inline]
    fn there(self) -> &'r V {
        self.0
    }
}
