//! How many operations of a lot a worker keeps to itself.

use std::time::{Duration, Instant};

/// Operations that take so long are taken one by one.
const LONG: Duration = Duration::from_nanos(500);
/// How long what a worker keeps to itself of shorter ones should take.
const SHORT: Duration = Duration::from_micros(5);
/// The most operations that it keeps to itself of a lot, however little they take.
const MOST: usize = 128;

/// How quickly a worker gets through its lots. To take operations one by one costs more than running a small one; but what a worker keeps
/// to itself waits until it has done what comes before, while others may have nothing to do. So it keeps no more than is soon done, if
/// what comes takes as long as what came before: of operations that are not small ([`LONG`]), none but the next.
#[derive(Default)]
pub(super) struct Pace {
    /// When it took the last lot, and how many operations it has taken since, with what follows from them.
    since: Option<(Instant, u32)>,
}

impl Pace {
    /// Notes that it takes a lot; gives how many operations of it, at most, it may keep to itself.
    pub(super) fn begin(&mut self) -> usize {
        let now = Instant::now();
        let before = self.since.replace((now, 0));
        before.map_or(1, |(since, count)| {
            let took = now - since;
            if took >= LONG.saturating_mul(count) {
                return 1;
            }
            let fit = SHORT.as_nanos() * u128::from(count) / took.as_nanos().max(1);
            usize::try_from(fit).map_or(MOST, |fit| fit.clamp(1, MOST))
        })
    }

    /// Notes that so many of the operations that it took are for others again.
    pub(super) fn put_back(&mut self, count: usize) {
        if let Some((_, all)) = &mut self.since {
            *all = all.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }

    /// Notes that it takes so many operations.
    #[inline]
    pub(super) fn add(&mut self, count: usize) {
        if let Some((_, all)) = &mut self.since {
            *all = all.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{LONG, MOST, Pace};

    /// A pace of so many operations that took so long.
    fn pace(count: u32, took: Duration) -> Pace {
        Pace { since: Some((Instant::now().checked_sub(took).expect("the clock has run so long"), count)) }
    }

    #[test]
    fn nothing_is_kept_of_what_is_not_small_or_not_known() {
        assert_eq!(Pace::default().begin(), 1);
        assert_eq!(pace(0, Duration::ZERO).begin(), 1);
        assert_eq!(pace(1, LONG).begin(), 1);
        assert_eq!(pace(64, Duration::from_millis(1)).begin(), 1);
    }

    #[test]
    fn of_small_ones_as_many_are_kept_as_are_soon_done() {
        // The clock goes on in between: so it may be fewer.
        let kept = pace(1_000_000_000, Duration::from_secs(100)).begin();
        assert!((2..=50).contains(&kept), "{kept}: a tenth of a microsecond each");
        assert_eq!(pace(u32::MAX, Duration::from_millis(1)).begin(), MOST);
        let mut pace = Pace::default();
        pace.add(1);
        assert!(pace.since.is_none(), "what came before the first lot doesn't count");
        pace.begin();
        pace.add(3);
        pace.add(4);
        assert!(pace.since.is_some_and(|(_, count)| count == 7));
        pace.put_back(5);
        assert!(pace.since.is_some_and(|(_, count)| count == 2));
    }
}
