//! Telling the processor which memory will be needed soon.

use std::ptr::NonNull;

use super::header::Header;

/// Lets the processor fetch a node that will be run soon.
#[inline(always)]
pub(super) fn prefetch_node(node: NonNull<Header>) {
    // Its last edge, and its port with what comes after.
    prefetch(node.as_ptr().wrapping_byte_sub(16));
    prefetch(node.as_ptr().wrapping_byte_add(48));
}

/// Lets the processor fetch the cache line at an address meanwhile. It changes nothing, whatever the address.
#[inline(always)]
pub(super) fn prefetch<T>(at: *const T) {
    #[cfg(all(target_arch = "x86_64", not(loom)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing as far as the program is concerned, and doesn't fail. SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) };
    }
    // Elsewhere there is no such instruction in stable Rust.
    #[cfg(not(all(target_arch = "x86_64", not(loom))))]
    let _ = at;
}
