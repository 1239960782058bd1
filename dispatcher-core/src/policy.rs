//! How often an operation is tried, how long it may take, and what stops a run.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::cancel::CancelToken;
use crate::error::ErrorKind;

/// How long is waited before an operation is tried again: longer each time, up to a cap, and partly at random, so that many
/// that failed together don't come back together.
///
/// By default the first wait is 50 ms, each is five times as long as the one before, and none is over 10 s (the values of
/// Dispatcher.jl's `ExponentialBackOff`). A random part of up to as much again comes on top.
///
/// While an operation waits others run, and no thread is held.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use dispatcher_core::Backoff;
///
/// let backoff = Backoff::new(Duration::from_millis(10)).factor(2.0).cap(Duration::from_millis(30)).jitter(false);
/// assert_eq!([1, 2, 3].map(|attempt| backoff.wait(attempt).as_millis()), [10, 20, 30]);
/// ```
#[derive(Clone, Copy)]
#[must_use]
pub struct Backoff {
    waits: ExponentialBuilder,
    first: Duration,
    cap: Duration,
    jitter: bool,
}

impl fmt::Debug for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, cap, jitter, .. } = self;
        f.debug_struct("Backoff")
            .field("first", first)
            .field("cap", cap)
            .field("jitter", jitter)
            .finish_non_exhaustive()
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(50))
    }
}

/// Longer than any wait has to be.
const AGES: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Backoff {
    /// Waits of which the first is as long as `first`.
    pub const fn new(first: Duration) -> Self {
        let first = if first.as_secs() < AGES.as_secs() { first } else { AGES };
        let waits = ExponentialBuilder::new().without_max_times().with_factor(5.0);
        Self { waits, first, cap: Duration::from_secs(10), jitter: true }
    }

    /// No waiting: the operation is tried again as soon as a thread is free.
    pub const fn none() -> Self {
        Self::new(Duration::ZERO)
    }

    /// How many times as long as the one before each wait is; at least 1.
    pub const fn factor(mut self, factor: f32) -> Self {
        // A NaN is no factor either.
        self.waits = self.waits.with_factor(if factor >= 1.0 { factor } else { 1.0 });
        self
    }

    /// The longest wait, before the random part.
    pub const fn cap(mut self, longest: Duration) -> Self {
        self.cap = if longest.as_secs() < AGES.as_secs() { longest } else { AGES };
        self
    }

    /// Whether a random part comes on top of each wait; it does by default.
    pub const fn jitter(mut self, yes: bool) -> Self {
        self.jitter = yes;
        self
    }

    /// How long is waited after the `attempt`-th attempt, counted from 1.
    #[must_use]
    pub fn wait(&self, attempt: u32) -> Duration {
        /// By then a wait that grows is as long as it gets.
        const ENOUGH: u32 = 1_000;
        let waits = self.waits.with_min_delay(self.first.min(self.cap)).with_max_delay(self.cap);
        let waits = if self.jitter { waits.with_jitter() } else { waits };
        waits.build().nth(attempt.saturating_sub(1).min(ENOUGH) as usize).unwrap_or_default()
    }
}

/// What of an operation's options matters when it runs.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Terms {
    /// How many more times it is tried; none where the executor says.
    pub(crate) retries: Option<u32>,
    /// Whether only an `Err` that the operation's own predicate has seen is a reason to try again.
    pub(crate) by_predicate: bool,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) priority: i32,
}

impl Terms {
    /// Whether nothing is set.
    pub(crate) fn is_default(&self) -> bool {
        self.retries.is_none() && self.timeout.is_none() && self.priority == 0
    }
}

/// The builder methods that executors share. The field is the one that holds the settings; none in `Settings` itself.
macro_rules! settings_methods {
    ($($field:ident)?) => {
        /// Whether the first failure stops what has not started (the default), or independent branches are finished.
        pub fn fail_fast(mut self, yes: bool) -> Self {
            self.$($field.)?fail_fast = yes;
            self
        }

        /// How many more times an operation is tried that fails in a way which [`retry_on`](Self::retry_on) forgives; five, if
        /// nothing is said. An operation's own [`Options::retries`](crate::Options::retries) go before it.
        ///
        /// An operation is tried again only if it can be called again with the same arguments: if none is moved into it that
        /// can't be cloned. Otherwise the error says so.
        pub fn retries(mut self, retries: u32) -> Self {
            self.$($field.)?retries = retries;
            self
        }

        /// Forgives failures of which `predicate` says yes: the operation is tried again. Of several predicates, one is enough.
        ///
        /// # Examples
        /// ```
        /// use dispatcher_core::{Backoff, ErrorKind, Op, SerialExecutor};
        /// use std::io;
        /// use std::sync::atomic::{AtomicU32, Ordering};
        ///
        /// let calls = AtomicU32::new(0);
        /// let flaky = Op::retryable("fetch", (), |()| match calls.fetch_add(1, Ordering::Relaxed) {
        ///     0 | 1 => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
        ///     n => Ok(n),
        /// });
        /// let forgives = |failure: &ErrorKind<'_>| failure.downcast_ref::<io::Error>().is_some();
        /// let executor = SerialExecutor::new().retries(3).retry_on(forgives).backoff(Backoff::none());
        /// assert_eq!(executor.run(flaky)?, 2);
        /// # Ok::<(), dispatcher_core::DependencyError>(())
        /// ```
        pub fn retry_on(
            mut self,
            predicate: impl Fn(&$crate::error::ErrorKind<'_>) -> bool + Send + Sync + 'static,
        ) -> Self {
            self.$($field.)?retry_on.push(std::sync::Arc::new(predicate));
            self
        }

        /// How long is waited before an operation is tried again.
        pub fn backoff(mut self, backoff: $crate::policy::Backoff) -> Self {
            self.$($field.)?backoff = backoff;
            self
        }

        /// How long a run may take. After that nothing more starts, asynchronous operations are dropped, and outputs that aren't
        /// there yet are errors of the kind [`ErrorKind::TimedOut`](crate::ErrorKind::TimedOut). A function that is being
        /// called is not interrupted: the run ends when it comes back.
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.$($field.)?timeout = Some(limit);
            self
        }

        /// Lets `token` cancel runs, as [`timeout`](Self::timeout) would.
        pub fn cancel_with(mut self, token: &$crate::cancel::CancelToken) -> Self {
            self.$($field.)?cancel = Some(token.clone());
            self
        }
    };
}
pub(crate) use settings_methods;

/// Looks at a failure, and says whether to try again.
pub(crate) type Predicate = Arc<dyn Fn(&ErrorKind<'_>) -> bool + Send + Sync>;

/// What an executor is told of its runs.
#[derive(Clone)]
#[must_use]
pub struct Settings {
    pub(crate) fail_fast: bool,
    pub(crate) retries: u32,
    pub(crate) retry_on: Vec<Predicate>,
    pub(crate) backoff: Backoff,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: Option<CancelToken>,
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

impl Settings {
    /// The settings that every executor begins with: the first failure stops the run, an operation is tried again up to five
    /// times if one of the predicates says so, of which there is none yet.
    pub const fn new() -> Self {
        let backoff = Backoff::new(Duration::from_millis(50));
        Self { fail_fast: true, retries: 5, retry_on: Vec::new(), backoff, timeout: None, cancel: None }
    }

    settings_methods!();

    /// Whether operations that have no options of their own may be tried again.
    pub(crate) fn retries_any(&self) -> bool {
        self.retries > 0 && !self.retry_on.is_empty()
    }

    /// Whether a failure is a reason to try again.
    pub(crate) fn forgives(&self, failure: &ErrorKind<'_>) -> bool {
        self.retry_on.iter().any(|predicate| predicate(failure))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("fail_fast", &self.fail_fast)
            .field("retries", &self.retries)
            .field("retry_on", &format_args!("{} predicates", self.retry_on.len()))
            .field("backoff", &self.backoff)
            .field("timeout", &self.timeout)
            .field("cancel", &self.cancel)
            .finish()
    }
}
