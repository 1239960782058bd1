//! Nodes of futures that operations gave: they are polled where others are run.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::body::{describe_edges, dropper, fetches_nothing};
use super::header::{Anew, Block, Header, Step, VTable, What, drop_body, put};
use super::port::holds;
use super::wake::{Dormitory, Sleeper};

/// A future that an operation gave.
pub(super) struct Waiting<'s, R> {
    pub(super) future: Pin<Box<dyn Future<Output = R> + Send + 's>>,
    /// What wakes it, once it has been polled.
    pub(super) sleeper: Option<Arc<Sleeper>>,
}

/// The node of a future that an operation gave: it is polled where another node is run.
pub(super) struct FutureTable<R>(PhantomData<R>);

impl<R> FutureTable<R> {
    pub(super) const TABLE: &'static VTable = &VTable {
        layout: Layout::new::<Block<R, Waiting<'static, R>>>(),
        what: What::Future,
        run: Self::run,
        drop_body: Self::drop_body,
        drop_value: dropper::<R>(),
        #[cfg(feature = "remote")]
        result: super::plain::ResultFns::of::<R>(),
        fetch: fetches_nothing,
        poll: Some(Self::poll),
        describe: describe_edges,
        lends: false,
        again: None,
        anew: Anew::Once,
    };

    /// # Safety
    /// `node` heads a live block of these types, which is the caller's.
    unsafe fn waiting<'f>(node: NonNull<Header>) -> &'f mut Waiting<'f, R> {
        // SAFETY: by the caller's word; how long the future lives doesn't change how it lies in memory.
        unsafe { &mut *UnsafeCell::raw_get(&raw const (*node.cast::<Block<R, Waiting<'f, R>>>().as_ptr()).body) }
    }

    unsafe fn run(_: NonNull<Header>) -> Step {
        unreachable!("a future is polled")
    }

    unsafe fn poll(node: NonNull<Header>, dormitory: &Dormitory) -> (Poll<()>, Arc<Sleeper>) {
        // SAFETY: the caller has the node's token, so the future is ours, and there: it is polled until it is ready, once.
        unsafe {
            let waiting = Self::waiting(node);
            let sleeper = Arc::clone(waiting.sleeper.get_or_insert_with(|| dormitory.sleeper()));
            sleeper.begin();
            let waker = Waker::from(Arc::clone(&sleeper));
            let Poll::Ready(value) = waiting.future.as_mut().poll(&mut Context::from_waker(&waker)) else {
                return (Poll::Pending, sleeper);
            };
            // Its `Drop` may panic; the value is there all the same.
            drop_body(node);
            put::<R>(node, value);
            (Poll::Ready(()), sleeper)
        }
    }

    unsafe fn drop_body(node: NonNull<Header>) {
        // SAFETY: the flag says that the future is there; it is dropped once.
        unsafe {
            if node.as_ref().port.release(holds::CALL) != 0 {
                ptr::drop_in_place(Self::waiting(node));
            }
        }
    }
}
