//! What a node says of itself: the site that made it, and beside that what few nodes have.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex};

use once_cell::sync::OnceCell;

use super::trial::Trial;
use crate::error::Failure;
use crate::policy::Terms;
use crate::site::{Location, Site};

/// What few nodes have.
pub(crate) struct Extra {
    site: &'static Site,
    /// By whom the node was made.
    pub(crate) label: Option<Box<str>>,
    pub(crate) location: Option<Location>,
    /// What the user set in the label's place.
    pub(crate) relabel: OnceCell<Box<str>>,
    pub(crate) terms: OnceCell<Terms>,
    pub(super) failure: Mutex<Option<Arc<Failure>>>,
    pub(super) trial: Mutex<Trial>,
}

impl Extra {
    /// Of a node that `site` made, and more than that tells of.
    pub(super) fn of(site: &'static Site, label: Option<Box<str>>, location: Option<Location>) -> Box<Self> {
        Box::new(Self {
            site,
            label,
            location,
            relabel: OnceCell::new(),
            terms: OnceCell::new(),
            failure: Mutex::default(),
            trial: Mutex::default(),
        })
    }
}

/// A node's site, or a box with that and with what few nodes have: a pointer to one or the other, told apart by its lowest bit.
pub(super) struct About(AtomicPtr<()>);

/// In the pointer: it is a box's.
const BOXED: usize = 1;

const _: () = assert!(align_of::<Site>() > BOXED && align_of::<Extra>() > BOXED);

/// What the pointer is.
enum Told {
    Site(*const Site),
    Extra(*const Extra),
}

/// Tells which a pointer is.
#[inline]
fn tell(pointer: *const ()) -> Told {
    if pointer.addr() & BOXED == 0 {
        Told::Site(pointer.cast())
    } else {
        Told::Extra(pointer.map_addr(|address| address & !BOXED).cast())
    }
}

impl About {
    /// Of a node that `site` made.
    #[inline]
    pub(super) fn new(site: &'static Site) -> Self {
        Self(AtomicPtr::new(ptr::from_ref(site).cast_mut().cast()))
    }

    /// The pointer. Acquire: pairs with the release in `set`, so that what is in a box is seen.
    #[inline]
    fn get(&self) -> *const () {
        self.0.load(Ordering::Acquire)
    }

    /// The site that made the node.
    #[inline]
    pub(super) fn site(&self) -> &'static Site {
        match tell(self.get()) {
            // SAFETY: it came from a `&'static Site`.
            Told::Site(site) => unsafe { &*site },
            // SAFETY: it came from a `Box`, which lives while this does.
            Told::Extra(extra) => unsafe { &*extra }.site,
        }
    }

    /// What few nodes have, if this one does.
    #[inline]
    pub(super) fn extra(&self) -> Option<&Extra> {
        match tell(self.get()) {
            Told::Site(_) => None,
            // SAFETY: it came from a `Box`, which lives while this does, and is only lent, shared.
            Told::Extra(extra) => Some(unsafe { &*extra }),
        }
    }

    /// Gives the node what few nodes have; what it has already, if it does.
    pub(super) fn set(&self, extra: Box<Extra>) -> &Extra {
        let site = ptr::from_ref(extra.site).cast_mut().cast();
        let new = Box::into_raw(extra).map_addr(|address| address | BOXED).cast();
        // Release: pairs with the acquire in `get`, and acquire, since another's box may be what is found.
        match self.0.compare_exchange(site, new, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: it came from the box, which is this one's from now on.
            Ok(_) => unsafe { &*new.map_addr(|address| address & !BOXED).cast() },
            Err(other) => {
                // SAFETY: it came from the box, and nobody has seen it.
                drop(unsafe { Box::from_raw(new.map_addr(|address| address & !BOXED).cast::<Extra>()) });
                match tell(other) {
                    // SAFETY: the pointer changes once, from a site to a box, which lives while this does.
                    Told::Extra(extra) => unsafe { &*extra },
                    Told::Site(_) => unreachable!("a node has one site"),
                }
            }
        }
    }

    /// What few nodes have; this one does from now on.
    pub(super) fn extras(&self) -> &Extra {
        self.extra().unwrap_or_else(|| self.set(Extra::of(self.site(), None, None)))
    }
}

impl Drop for About {
    #[inline]
    fn drop(&mut self) {
        if let Told::Extra(extra) = tell(*self.0.get_mut()) {
            // SAFETY: it came from a `Box`, which was this one's.
            drop(unsafe { Box::from_raw(extra.cast_mut()) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{About, Extra};
    use crate::site::Site;

    static SITE: Site = Site { label: "label", form: "", file: "", line: 0, column: 0 };

    #[test]
    fn the_site_is_there_with_and_without_more() {
        let about = About::new(&SITE);
        assert!(about.extra().is_none());
        assert!(std::ptr::eq(about.site(), &raw const SITE));
        let first = about.set(Extra::of(&SITE, Some("first".into()), None));
        let other = about.set(Extra::of(&SITE, Some("other".into()), None));
        assert!(std::ptr::eq(first, other), "the first stays");
        assert_eq!(about.extras().label.as_deref(), Some("first"));
        assert!(std::ptr::eq(about.site(), &raw const SITE));
    }

    #[test]
    fn threads_that_ask_at_once_get_one() {
        for _ in 0..if cfg!(sanitized) { 20 } else { 200 } {
            let about = About::new(&SITE);
            let all = std::thread::scope(|scope| {
                let asked: Vec<_> = (0..4).map(|_| scope.spawn(|| std::ptr::from_ref(about.extras()).addr())).collect();
                asked.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
            });
            assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
        }
    }
}
