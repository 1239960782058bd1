//! Telling the processor which memory will be needed soon.

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
