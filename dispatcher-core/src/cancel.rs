//! Stopping runs from outside.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Stops runs from outside: from another thread, or from an operation.
///
/// Clones are the same token. Once cancelled, it stays so.
///
/// # Examples
/// ```
/// use dispatcher_core::{CancelToken, ErrorKind, Op, SerialExecutor};
///
/// let token = CancelToken::new();
/// let first = Op::new("first", (), |()| token.cancel());
/// let second = Op::new("second", (first,), |((),)| unreachable!("nothing starts after that"));
/// let executor = SerialExecutor::new().cancel_with(&token);
/// let error: dispatcher_core::DependencyError = executor.run::<()>(second).unwrap_err();
/// assert!(matches!(error.kind(), ErrorKind::Cancelled));
/// ```
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Shared>);

#[derive(Default)]
struct Shared {
    cancelled: AtomicBool,
    /// What is to be told; those that are gone are cleared away now and then.
    listeners: Mutex<Vec<Weak<dyn Listen>>>,
}

/// What wants to be told that a token was cancelled.
pub(crate) trait Listen: Send + Sync {
    fn cancelled(&self);
}

impl CancelToken {
    /// A token that nobody has cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops all runs that were given this token, and those that will be.
    pub fn cancel(&self) {
        // Before the listeners are told: they look. Release: what was done before the call is seen by whoever sees the flag.
        self.0.cancelled.store(true, Ordering::Release);
        let listeners = std::mem::take(&mut *self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner));
        for listener in listeners.iter().filter_map(Weak::upgrade) {
            listener.cancelled();
        }
    }

    /// Whether it was cancelled. An operation that takes long may ask, and give up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Tells `listener` when the token is cancelled, and at once if it was.
    pub(crate) fn tell(&self, listener: Weak<dyn Listen>) {
        let mut listeners = self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if listeners.len() == listeners.capacity() {
            listeners.retain(|listener| listener.strong_count() > 0);
        }
        listeners.push(listener.clone());
        drop(listeners);
        // Whoever cancelled meanwhile has either seen the listener, or is seen here.
        if self.is_cancelled()
            && let Some(listener) = listener.upgrade()
        {
            listener.cancelled();
        }
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelToken").field(&self.is_cancelled()).finish()
    }
}
