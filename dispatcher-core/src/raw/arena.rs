//! Memory for nodes: chunks that are filled by bumping an offset and given back when their last node is gone.
//!
//! A thread fills one chunk at a time. Each block counts on its chunk, so a chunk outlives every block in it, whichever
//! thread frees them. A chunk that is empty again goes to a small store, for the next thread that needs one: memory that
//! has been touched costs a third of what a fresh page does.
//!
//! Knows nothing of what a block holds.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::prefetch::prefetch;

/// A chunk's size and alignment, in bytes: a block's chunk is found by clearing its address's low bits.
const CHUNK: usize = 1 << 16;
/// A block larger than this, in bytes, gets memory of its own.
const LARGE: usize = CHUNK / 8;
/// The most alignment that a chunk gives, in bytes. A block that wants more gets memory of its own.
const ALIGN: usize = 64;
/// How many empty chunks are kept for reuse: 128 MiB.
const KEPT: usize = 2048;
/// How many bytes after a block the processor is let fetch what the next blocks will be written to, since atomic instructions wait until
/// what was written before is in its cache. Two of the cache's lines, as most blocks are longer than one.
const AHEAD: [usize; 2] = [192, 256];
/// What an open chunk counts beside its blocks, so that it can't be given back while it is being filled.
const OPEN: u32 = 1 << 30;

/// The head of a chunk; its blocks come after it.
#[repr(C)]
struct Chunk {
    /// The blocks in use; while the chunk is open, [`OPEN`] less the blocks that were freed meanwhile.
    live: AtomicU32,
    /// The thread that fills it, or has. Changes only while no block is in use.
    filler: Thread,
}

const CHUNK_LAYOUT: Layout = match Layout::from_size_align(CHUNK, CHUNK) {
    Ok(layout) => layout,
    Err(_) => panic!("a chunk's layout is valid"),
};

/// Empty chunks, for reuse.
struct Store(Vec<NonNull<Chunk>>);

// SAFETY: an empty chunk is plain memory that nobody else points at; any thread may take it.
unsafe impl Send for Store {}

static STORE: Mutex<Store> = Mutex::new(Store(Vec::new()));

/// The chunk that this thread is filling.
struct Filling {
    chunk: Cell<Option<NonNull<Chunk>>>,
    /// The first free byte.
    at: Cell<usize>,
    /// How many blocks have been handed out of the chunk.
    given: Cell<u32>,
}

thread_local! {
    static FILLING: Filling =
        const { Filling { chunk: Cell::new(None), at: Cell::new(CHUNK), given: Cell::new(0) } };
}

impl Filling {
    /// Leaves the present chunk to its blocks and begins another.
    #[cold]
    fn begin(&self) -> NonNull<Chunk> {
        self.close();
        let kept = STORE.lock().unwrap_or_else(PoisonError::into_inner).0.pop();
        let chunk = kept.unwrap_or_else(|| {
            // SAFETY: the layout's size isn't zero.
            let memory = unsafe { alloc(CHUNK_LAYOUT) };
            NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(CHUNK_LAYOUT)).cast()
        });
        // SAFETY: the chunk is ours alone, is large enough and aligned.
        unsafe { chunk.write(Chunk { live: AtomicU32::new(OPEN), filler: Thread::numbered() }) };
        self.chunk.set(Some(chunk));
        self.at.set(size_of::<Chunk>());
        self.given.set(0);
        chunk
    }

    fn close(&self) {
        let Some(chunk) = self.chunk.take() else {
            return;
        };
        self.at.set(CHUNK);
        drop_count(chunk, OPEN - self.given.get());
    }
}

/// A thread, by a number that no other has or had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thread(u64);

thread_local! {
    /// This thread. One that has filled no chunk yet has the number 0, with others.
    static THIS: Cell<Thread> = const { Cell::new(Thread(0)) };
}

impl Thread {
    /// This thread.
    #[inline]
    pub(super) fn this() -> Self {
        THIS.with(Cell::get)
    }

    /// This thread, which begins to fill chunks, if it hasn't.
    fn numbered() -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        if Self::this() == Self(0) {
            // Relaxed: it is nothing but a number.
            THIS.with(|this| this.set(Self(NUMBERS.fetch_add(1, Ordering::Relaxed))));
        }
        Self::this()
    }

    /// Whether it was this thread that was given a block, of which `inside` is part.
    ///
    /// # Safety
    /// The block came from [`allocate`], isn't large, and is in use.
    #[inline]
    pub(super) unsafe fn has_filled(self, inside: NonNull<u8>) -> bool {
        // SAFETY: by the caller's word; the chunk is there as long as the block.
        unsafe { chunk_of(inside).as_ref() }.filler == self
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        self.close();
    }
}

/// Takes `count` off the chunk's blocks in use; gives the chunk back if none is left.
fn drop_count(chunk: NonNull<Chunk>, count: u32) {
    // SAFETY: the caller's count is part of `live`, so the chunk is there still.
    // AcqRel: whoever takes the last count must see the ends of all the blocks' uses before the memory is used anew.
    let before = unsafe { chunk.as_ref() }.live.fetch_sub(count, Ordering::AcqRel);
    if before == count {
        give_back(chunk);
    }
}

#[cold]
fn give_back(chunk: NonNull<Chunk>) {
    let mut store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
    if store.0.len() < KEPT {
        store.0.push(chunk);
        return;
    }
    drop(store);
    // SAFETY: allocated in `begin` with this layout, and no block in it is in use.
    unsafe { dealloc(chunk.as_ptr().cast(), CHUNK_LAYOUT) };
}

/// Memory of the given layout, not initialised. Give it back with [`free`] and the same layout, on any thread.
#[inline]
pub(super) fn allocate(layout: Layout) -> NonNull<u8> {
    if layout.size() > LARGE || layout.align() > ALIGN {
        return allocate_large(layout);
    }
    // When the thread is ending and its chunk is gone, blocks get memory of their own chunk, closed at once.
    FILLING.try_with(|filling| bump(filling, layout)).unwrap_or_else(|_| {
        let filling = Filling { chunk: Cell::new(None), at: Cell::new(CHUNK), given: Cell::new(0) };
        bump(&filling, layout)
    })
}

#[inline]
fn bump(filling: &Filling, layout: Layout) -> NonNull<u8> {
    // An alignment is a power of two.
    let aligned = |at: usize| (at + layout.align() - 1) & !(layout.align() - 1);
    let at = aligned(filling.at.get());
    let (chunk, at) = match filling.chunk.get() {
        Some(chunk) if at + layout.size() <= CHUNK => (chunk, at),
        _ => {
            let chunk = filling.begin();
            (chunk, aligned(filling.at.get()))
        }
    };
    filling.at.set(at + layout.size());
    filling.given.set(filling.given.get() + 1);
    for ahead in AHEAD {
        prefetch(chunk.as_ptr().cast::<u8>().wrapping_add(at + layout.size() + ahead));
    }
    // SAFETY: `at + size <= CHUNK`: for a new chunk because size is at most `LARGE` and the start at most `ALIGN`.
    unsafe { chunk.cast::<u8>().add(at) }
}

#[cold]
fn allocate_large(layout: Layout) -> NonNull<u8> {
    // SAFETY: the layout's size isn't zero: a large block has a size, an over-aligned one has a header in it.
    let memory = unsafe { alloc(layout) };
    NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout))
}

/// Gives a block back.
///
/// # Safety
/// The block came from [`allocate`] with this layout, and nobody uses it any more.
#[inline]
pub(super) unsafe fn free(block: NonNull<u8>, layout: Layout, tally: &mut Tally) {
    if layout.size() > LARGE || layout.align() > ALIGN {
        // SAFETY: by the caller's word, and `allocate` takes this branch for the same layouts.
        unsafe { dealloc(block.as_ptr(), layout) };
        return;
    }
    // SAFETY: by the caller's word, and the block isn't large.
    tally.add(unsafe { chunk_of(block) });
}

/// Gives a block back that isn't large, of which `inside` is part.
///
/// # Safety
/// As [`free`]'s.
#[inline]
pub(super) unsafe fn free_small(inside: NonNull<u8>, tally: &mut Tally) {
    // SAFETY: by the caller's word; a block lies in one chunk.
    tally.add(unsafe { chunk_of(inside) });
}

/// Gives back the block from `start` to `end` if it is the last one that this thread was given, so that its memory is the next to be
/// used; false if it isn't.
///
/// # Safety
/// As [`free`]'s; the block isn't large.
#[inline]
pub(super) unsafe fn free_last(start: NonNull<u8>, end: NonNull<u8>) -> bool {
    let take_back = |filling: &Filling| {
        // What ends where the free part of the open chunk begins, lies in that chunk, since its blocks come after its head.
        let is_last = |chunk: &NonNull<Chunk>| chunk.addr().get() + filling.at.get() == end.addr().get();
        let Some(chunk) = filling.chunk.get().filter(is_last) else { return false };
        filling.at.set(start.addr().get() - chunk.addr().get());
        filling.given.set(filling.given.get() - 1);
        true
    };
    FILLING.try_with(take_back).unwrap_or(false)
}

/// The chunk that a block lies in.
///
/// # Safety
/// The block came from [`allocate`], and isn't large.
#[inline]
unsafe fn chunk_of(block: NonNull<u8>) -> NonNull<Chunk> {
    let chunk = block.as_ptr().map_addr(|address| address & !(CHUNK - 1)).cast::<Chunk>();
    // SAFETY: a chunk is aligned to its size, so this is its head's address, which isn't null.
    unsafe { NonNull::new_unchecked(chunk) }
}

/// Blocks that will be freed together, counted chunk by chunk beforehand.
#[derive(Default)]
pub(super) struct Together {
    /// Chunks with a count of blocks. A chunk may stand here more than once.
    chunks: Vec<(NonNull<Chunk>, u32)>,
    large: Vec<(NonNull<u8>, Layout)>,
    /// While blocks are being counted: where. Memory that is used again and again.
    lately: Option<Box<Lately>>,
}

/// The chunks that blocks were counted in lately, each at the place that its address gives it: a graph is walked up and down, from
/// chunk to chunk and back.
pub(super) struct Lately {
    counts: [(Option<NonNull<Chunk>>, u32); LATELY],
    /// A bit for each place that is taken.
    taken: u64,
}

/// How many chunks are counted in at once.
const LATELY: usize = 64;

// SAFETY: it is a count of blocks that its owner alone may free, on any thread.
unsafe impl Send for Together {}

/// More stretches of neighbours than this are not worth counting beforehand.
const STRETCHES: usize = 1 << 16;

/// Whether a block of this layout lies in a chunk, whatever little is put before it ([`BEFORE`]).
#[inline]
pub(super) fn is_small(layout: Layout) -> bool {
    layout.size() + BEFORE <= LARGE && layout.align() <= ALIGN
}

/// The most that may be put before a small block, in bytes.
pub(super) const BEFORE: usize = 256;

impl Together {
    /// Begins to count, in memory that was used for that before, if there is some.
    pub(super) fn begin(&mut self, lately: Option<Box<Lately>>) {
        let new = || Box::new(Lately { counts: [(None, 0); LATELY], taken: 0 });
        self.lately = Some(lately.unwrap_or_else(new));
    }

    /// Ends counting, and gives the memory for another time.
    pub(super) fn end(&mut self) -> Option<Box<Lately>> {
        let mut lately = self.lately.take()?;
        while lately.taken != 0 {
            let place = lately.taken.trailing_zeros() as usize;
            lately.taken &= lately.taken - 1;
            let (chunk, count) = std::mem::take(&mut lately.counts[place]);
            self.chunks.extend(chunk.map(|chunk| (chunk, count)));
        }
        Some(lately)
    }

    /// Counts a block, of which `inside` lies in a chunk; false if it can't be.
    ///
    /// # Safety
    /// The block came from [`allocate`], and isn't large.
    #[inline(always)]
    pub(super) unsafe fn add(&mut self, inside: NonNull<u8>) -> bool {
        // SAFETY: by the caller's word; a block lies in one chunk.
        let chunk = unsafe { chunk_of(inside) };
        let Some(lately) = &mut self.lately else { return false };
        let place = chunk.addr().get() / CHUNK % LATELY;
        let (known, count) = &mut lately.counts[place];
        if *known == Some(chunk) {
            *count += 1;
            return true;
        }
        self.add_chunk(chunk, place)
    }

    /// Counts the first block of a chunk that wasn't counted in lately.
    #[inline(never)]
    fn add_chunk(&mut self, chunk: NonNull<Chunk>, place: usize) -> bool {
        let Some(lately) = &mut self.lately else { return false };
        let before = std::mem::replace(&mut lately.counts[place], (Some(chunk), 1));
        lately.taken |= 1 << place;
        if let (Some(known), count) = before {
            self.chunks.push((known, count));
        }
        self.chunks.len() < STRETCHES
    }

    /// Counts a block, whatever its size; false if it can't be.
    ///
    /// # Safety
    /// The block came from [`allocate`] with this layout.
    pub(super) unsafe fn add_any(&mut self, block: NonNull<u8>, layout: Layout) -> bool {
        if layout.size() > LARGE || layout.align() > ALIGN {
            self.large.push((block, layout));
            return true;
        }
        // SAFETY: by the caller's word.
        unsafe { self.add(block) }
    }

    /// Gives all the blocks back.
    ///
    /// # Safety
    /// Nobody uses any of them any more, and none has been freed.
    pub(super) unsafe fn free(self) {
        for (chunk, count) in self.chunks {
            drop_count(chunk, count);
        }
        for (block, layout) in self.large {
            // SAFETY: by the caller's word; `allocate` took the same branch.
            unsafe { dealloc(block.as_ptr(), layout) };
        }
    }
}

/// Blocks freed in a row, counted chunk by chunk: neighbours are mostly freed together, with one atomic for all.
#[derive(Default)]
pub(super) struct Tally {
    chunk: Option<NonNull<Chunk>>,
    freed: u32,
}

impl Tally {
    #[inline]
    fn add(&mut self, chunk: NonNull<Chunk>) {
        if self.chunk != Some(chunk) {
            self.settle();
            self.chunk = Some(chunk);
        }
        self.freed += 1;
    }

    fn settle(&mut self) {
        if let Some(chunk) = self.chunk.take() {
            drop_count(chunk, self.freed);
            self.freed = 0;
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Tally, allocate, free};
    use std::alloc::Layout;

    #[test]
    fn blocks_are_aligned_disjoint_and_freed_from_any_thread() {
        let layouts: Vec<Layout> = [(1, 1), (24, 8), (100, 16), (64, 64), (CHUNK, 8), (48, 128)]
            .into_iter()
            .map(|(size, align)| Layout::from_size_align(size, align).expect("valid"))
            .collect();
        let blocks: Vec<(usize, Layout)> = (0..5_000)
            .map(|i| layouts[i % layouts.len()])
            .map(|layout| (allocate(layout).as_ptr().expose_provenance(), layout))
            .collect();
        let mut spans: Vec<(usize, usize)> = blocks.iter().map(|(at, layout)| (*at, at + layout.size())).collect();
        spans.sort_unstable();
        assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0), "blocks overlap");
        assert!(blocks.iter().all(|(at, layout)| at % layout.align() == 0));
        std::thread::spawn(move || {
            let mut tally = Tally::default();
            for (at, layout) in blocks {
                let block = std::ptr::NonNull::new(std::ptr::with_exposed_provenance_mut(at)).expect("not null");
                // SAFETY: each block came from `allocate` with this layout and is freed once.
                unsafe { free(block, layout, &mut tally) };
            }
        })
        .join()
        .expect("frees");
    }
}
