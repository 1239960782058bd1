//! Nodes whose value is there: from the start, or because it was given in place of running the operation.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::assembly::{Assembly, Outline};
use super::body::{clear_slot, dropper, fetches_nothing, nothing_left};
use super::claim::next_id;
use super::handle::Handle;
use super::header::{
    Anew, Block, Describe, FREE, GivenFns, Header, Phase, Step, VTable, What, drop_body, put, take, value_of,
};
use crate::node::Node;
use crate::site::Site;

/// How a node that is there from the start shows its value.
struct DataTable<T, S>(PhantomData<(T, S)>);

impl<T: Send, S: ShowData<T>> DataTable<T, S> {
    const TABLE: &'static VTable = &VTable {
        layout: Layout::new::<Block<T, ()>>(),
        what: What::Data,
        run: Self::run,
        drop_body: nothing_left,
        drop_value: dropper::<T>(),
        #[cfg(feature = "remote")]
        result: super::plain::ResultFns::of::<T>(),
        fetch: fetches_nothing,
        poll: None,
        describe: Self::describe,
        lends: false,
        again: None,
        anew: match S::CLONE {
            Some(_) => Anew::Given(&GivenFns { save: Some(Self::save), refill: Self::refill }),
            None => Anew::GivenOnce(std::any::type_name::<T>),
        },
    };

    /// Clones the value at `node`, as its type is known to be `Clone`.
    unsafe fn cloned(node: NonNull<Header>) -> Option<T> {
        // SAFETY: the caller has the node to itself.
        Some(S::CLONE?(unsafe { value_of(node) }?))
    }

    unsafe fn save(node: NonNull<Header>) -> Handle {
        // SAFETY: by the caller's word.
        let (value, site) = unsafe { (Self::cloned(node), node.as_ref().site()) };
        Assembly::new::<T, ()>(Outline::ALONE).finish(Outline::ALONE, Self::TABLE, site, ((), 0), value)
    }

    unsafe fn refill(node: NonNull<Header>, saved: Option<&Handle>) {
        // SAFETY: by the caller's word; what `save` made is of the same type, and nobody else's.
        unsafe {
            if let Some(value) = saved.and_then(|saved| Self::cloned(saved.owner())) {
                put(node, value);
            }
        }
    }

    unsafe fn run(_: NonNull<Header>) -> Step {
        Step::Done
    }

    unsafe fn describe(node: NonNull<Header>, out: &mut dyn Describe) -> bool {
        // SAFETY: the node is claimed or exclusive, so nobody takes the value meanwhile.
        match unsafe { value_of(node) } {
            Some(value) => S::show(value, out),
            None => return false,
        }
        true
    }
}

/// A node whose value is made anew wherever it is wanted again, by a function that gives the same each time.
struct MadeTable<T>(PhantomData<T>);

impl<T: Send> MadeTable<T> {
    const TABLE: &'static VTable = &VTable {
        layout: Layout::new::<Block<T, fn() -> T>>(),
        anew: Anew::Given(&GivenFns { save: None, refill: Self::refill }),
        ..*DataTable::<T, ByText>::TABLE
    };

    unsafe fn refill(node: NonNull<Header>, _: Option<&Handle>) {
        // SAFETY: the caller has the node to itself, which heads a block of these types. A function pointer is there for ever.
        unsafe {
            let make = *UnsafeCell::raw_get(&raw const (*node.cast::<Block<T, fn() -> T>>().as_ptr()).body);
            put(node, make());
        }
    }
}

/// As [`data_node`], of a value that `make` makes.
pub(crate) fn made_node<'g, T: Send + 'g>(site: &'static Site, make: fn() -> T) -> Node<'g, T> {
    let assembly = Assembly::new::<T, fn() -> T>(Outline::ALONE);
    Node::from_handle(assembly.finish(Outline::ALONE, MadeTable::<T>::TABLE, site, (make, 0), Some(make())))
}

/// How a plain value is shown.
pub trait ShowData<T> {
    #[doc(hidden)]
    fn show(value: &T, out: &mut dyn Describe);
    /// How the value is cloned, where it is known that it can be.
    #[doc(hidden)]
    const CLONE: Option<fn(&T) -> T> = None;
}

/// Shows a value by its `Debug`.
#[derive(Debug)]
pub struct ByDebug;

impl<T: fmt::Debug> ShowData<T> for ByDebug {
    fn show(value: &T, out: &mut dyn Describe) {
        out.shown(value);
    }
}

/// Shows a value by the text that it was written with.
#[derive(Debug)]
pub struct ByText;

impl<T> ShowData<T> for ByText {
    fn show(_: &T, out: &mut dyn Describe) {
        out.opaque();
    }
}

/// As [`ByDebug`], for a value that can be had again.
#[derive(Debug)]
pub struct ByDebugAgain;

impl<T: fmt::Debug + Clone> ShowData<T> for ByDebugAgain {
    fn show(value: &T, out: &mut dyn Describe) {
        out.shown(value);
    }
    const CLONE: Option<fn(&T) -> T> = Some(T::clone);
}

/// As [`ByText`], for a value that can be had again.
#[derive(Debug)]
pub struct ByTextAgain;

impl<T: Clone> ShowData<T> for ByTextAgain {
    fn show(_: &T, out: &mut dyn Describe) {
        out.opaque();
    }
    const CLONE: Option<fn(&T) -> T> = Some(T::clone);
}

/// A node whose value is there.
pub(crate) fn data_node<'g, T: Send + 'g, S: ShowData<T>>(site: &'static Site, value: T) -> Node<'g, T> {
    let assembly = Assembly::new::<T, ()>(Outline::ALONE);
    let handle = assembly.finish(Outline::ALONE, DataTable::<T, S>::TABLE, site, ((), 0), Some(value));
    Node::from_handle(handle)
}

/// Gives an operation its result, in place of running it. In a graph that is prepared, which has claimed the operation (`from`),
/// gives the value that was there beforehand.
///
/// The operation must be one that updates nothing, and in no run that is under way.
pub(crate) fn give<T>(node: &Node<'_, T>, value: T, from: u32) -> Result<Option<T>, NotGiven> {
    let handle = node.handle();
    let (owner, header) = (handle.owner(), handle.header());
    if handle.home() != owner || header.updates() > 0 {
        return Err(NotGiven::Updates);
    }
    // Acquire: pairs with the release of whoever held the claim before.
    let claimed = header.claim.compare_exchange(from, next_id(), Ordering::Acquire, Ordering::Relaxed);
    claimed.map_err(|_| NotGiven::Busy)?;
    if header.port.is_spent() {
        // What lies there now is a later version, of which others may have the claim.
        header.claim.store(from, Ordering::Release);
        return Err(NotGiven::Gone);
    }
    // SAFETY: the claim makes the node ours, and it is a `Node<T>`'s. What it held before goes; nobody else looks at the value:
    // those who have read it are done, as their run is, and nobody has updated it.
    let before = unsafe {
        let stays = from != FREE && header.phase() == Phase::Done && !header.port.is_prepared();
        let before = if stays { take::<T>(owner) } else { None };
        clear_slot::<T>(owner);
        drop_body(owner);
        put(owner, value);
        before
    };
    header.port.clear_absent();
    header.port.set_phase(Phase::Done);
    // Release: pairs with the acquire of whoever claims next.
    header.claim.store(from, Ordering::Release);
    Ok(before)
}

/// Why an operation can't be given its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotGiven {
    /// It updates values in place, and they would stay as they were; or it is such an update.
    Updates,
    /// Its value has been updated, or was moved into an operation that failed.
    Gone,
    /// It is part of a run that is under way.
    Busy,
}
