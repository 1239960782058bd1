//! Values seen without their type, for executors that run operations elsewhere; and what an operation tells of its call.
//!
//! A type here is told by the [`TypeId`] that it has when lifetimes are left out of account. So what [`Plain::get`] gives is of the
//! right type but for lifetimes, and these are right where the caller asks for what a function takes that the value is an
//! argument of: rustc has checked that the value's type is a subtype of the parameter's, which has no lifetime but `'static`.

use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::header::{Header, put, value_of};

/// A value whose type is known at run time.
#[derive(Debug, Clone, Copy)]
pub struct Plain<'a> {
    at: *const (),
    of: TypeId,
    name: &'static str,
    lives: PhantomData<&'a ()>,
}

impl<'a> Plain<'a> {
    /// This value.
    pub fn of<V>(value: &'a V) -> Self {
        let at = std::ptr::from_ref(value).cast();
        Self { at, of: typeid::of::<V>(), name: std::any::type_name::<V>(), lives: PhantomData }
    }

    /// The name of the value's type.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.name
    }

    /// The value, if it is an `A`. The caller asks for what a function takes that the value is an argument of.
    pub(crate) fn get<A: 'static>(&self) -> Option<&'a A> {
        // SAFETY: the value lives for `'a`. It is an `A` but for lifetimes, and may be taken for one, as this module tells.
        (self.of == TypeId::of::<A>()).then(|| unsafe { &*self.at.cast::<A>() })
    }

    /// What the value refers to, if it is a reference to a `B`.
    pub(crate) fn get_ref<B: ?Sized + 'static>(&self) -> Option<&'a B> {
        // SAFETY: as in `get`. The reference lies there for `'a`, and what it refers to lives longer.
        (self.of == TypeId::of::<&'static B>()).then(|| unsafe { *self.at.cast::<&'a B>() })
    }
}

/// A collection of values.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// The whole collection's type.
    pub(crate) of: TypeId,
    pub(crate) name: &'static str,
    pub(crate) layout: Layout,
}

impl Group {
    /// A collection of type `C`.
    pub fn of<C>(layout: Layout) -> Self {
        Self { of: typeid::of::<C>(), name: std::any::type_name::<C>(), layout }
    }
}

/// How a collection is put together from its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// So many elements, as a `Vec` has.
    Sequence(usize),
    /// As a tuple or an array.
    Tuple,
    /// A variant of an `enum`, with or without a value.
    Variant(u32),
    /// In a way that only the type knows.
    Unknown,
}

/// What an operation tells of its call.
#[derive(Clone, Copy)]
pub enum Told<'a> {
    /// The function that is called, and whether it gives a graph.
    Callee { function: TypeId, name: &'static str, gives_graph: bool },
    /// The next argument is the `index`-th input.
    Input(usize),
    /// The next argument is written in the call.
    Constant(Plain<'a>),
    /// The next argument is put together in the call.
    Built,
    /// The argument of this number is a closure.
    Closure(usize),
    /// There is no call: the operation gives its only input.
    Passes,
    /// A failure is told to the function that asks for it in the text, and is none of the run's.
    Catches(&'a dyn Fn(Box<dyn Any + Send>)),
}

/// A value of any type.
pub(super) type Boxed = Box<dyn Any + Send>;

/// What is done with results without their type.
pub(super) struct ResultFns {
    pub(super) of: fn() -> TypeId,
    pub(super) name: fn() -> &'static str,
    /// Looks at the value.
    ///
    /// # Safety
    /// The node's value may be read for as long as what is given is used.
    pub(super) peek: unsafe fn(NonNull<Header>) -> Option<Plain<'static>>,
    /// Puts a value into the slot; gives it back if it is of another type.
    ///
    /// # Safety
    /// The node's value is the caller's, and the slot is empty.
    pub(super) fill: unsafe fn(NonNull<Header>, Boxed) -> Result<(), Boxed>,
}

impl ResultFns {
    /// For results of type `R`.
    pub(super) const fn of<R>() -> &'static Self {
        &Self { of: typeid::of::<R>, name: std::any::type_name::<R>, peek: peek::<R>, fill: fill::<R> }
    }
}

unsafe fn peek<R>(node: NonNull<Header>) -> Option<Plain<'static>> {
    // SAFETY: by the caller's word.
    unsafe { value_of::<R>(node) }.map(|value| Plain { lives: PhantomData, ..Plain::of(value) })
}

unsafe fn fill<R>(node: NonNull<Header>, value: Boxed) -> Result<(), Boxed> {
    if (*value).type_id() != typeid::of::<R>() {
        return Err(value);
    }
    let value = Box::into_raw(value).cast::<R>();
    // SAFETY: the value is an `R` but for lifetimes; it is what a function gives that has no lifetime but `'static` in its
    // signature, and whose result rustc has found to be a subtype of `R`. The box is given up as what it was made of.
    unsafe { put(node, *Box::from_raw(value)) };
    Ok(())
}
