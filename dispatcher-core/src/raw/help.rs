//! Letting other threads help with something that its owner may leave before they have come.
//!
//! A helper that is asked for on a pool may start late, or not before the work is done; whoever asked must not have to wait for
//! that. So what a helper holds is a [`Door`], which it owns a share of: behind it is the work, as long as the door is open.

use std::ptr::NonNull;
use std::sync::Arc;

use super::sync::Gate;

/// Work that several threads may do at once.
pub(crate) trait Help: Sync {
    /// Does some of it. `door` lets others help, too.
    fn help(&self, door: &Arc<Door>);
}

/// What leads to some work, as long as that is there.
pub(crate) struct Door {
    gate: Gate,
    work: NonNull<()>,
    help: unsafe fn(NonNull<()>, &Arc<Door>),
}

// SAFETY: the work is `Sync`, and looked at only by those whom the gate has let in.
unsafe impl Send for Door {}
// SAFETY: as above.
unsafe impl Sync for Door {}

impl Door {
    /// Helps with the work, if it is there still.
    pub(crate) fn go_through(self: &Arc<Self>) {
        /// Leaves, also by a panic.
        struct Leaves<'a>(&'a Gate);
        impl Drop for Leaves<'_> {
            fn drop(&mut self) {
                self.0.leave();
            }
        }
        if self.gate.enter() {
            let _leaves = Leaves(&self.gate);
            // SAFETY: the gate has let us in, so the work is there until we leave: its owner waits for that (`with_help`). The
            // function is the one for the work's type.
            unsafe { (self.help)(self.work, self) }
        }
    }
}

/// Does `body`, in which a door to `work` can be given to others, who help until `body` is over. Then waits for those who are
/// at it, and for no others.
pub(crate) fn with_help<W: Help, R>(work: &W, body: impl FnOnce(&Arc<Door>) -> R) -> R {
    /// Closes the door, also when `body` panics.
    struct Closes<'a>(&'a Gate);
    impl Drop for Closes<'_> {
        fn drop(&mut self) {
            self.0.close();
        }
    }
    /// # Safety
    /// The work is a `W`, and there.
    unsafe fn help<W: Help>(work: NonNull<()>, door: &Arc<Door>) {
        // SAFETY: by the caller's word.
        unsafe { work.cast::<W>().as_ref() }.help(door);
    }
    let door = Arc::new(Door { gate: Gate::new(), work: NonNull::from(work).cast(), help: help::<W> });
    let _closes = Closes(&door.gate);
    body(&door)
}
