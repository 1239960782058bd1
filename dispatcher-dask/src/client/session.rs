//! What a client knows of its keys. Pure: what the scheduler says goes in, what the user hears comes out.

use std::collections::HashMap;
use std::time::Duration;

use super::Key;
use super::event::{Event, Incoming};

/// How often a client says that it is alive, until the scheduler says otherwise.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How far a wanted key has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// It is waited for.
    Pending,
    /// Its value is there.
    InMemory,
    /// Its task has failed.
    Erred,
}

/// The keys that the client wants, and whether its stream is open.
#[derive(Debug)]
pub(super) struct Session {
    wanted: HashMap<Key, Progress>,
    heartbeat: Duration,
    /// Why the stream has ended, if it has.
    ended: Option<String>,
    /// Why the scheduler said that it would end, if it did.
    announced: Option<String>,
}

impl Session {
    /// A session that has just begun.
    pub(super) fn new() -> Self {
        Session { wanted: HashMap::new(), heartbeat: HEARTBEAT, ended: None, announced: None }
    }

    /// How often to say that the client is alive.
    pub(super) fn heartbeat(&self) -> Duration {
        self.heartbeat
    }

    /// Why the stream has ended, if it has.
    pub(super) fn ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    /// These keys are waited for from now on. A key that is wanted already stays as it is.
    pub(super) fn want(&mut self, keys: impl IntoIterator<Item = Key>) {
        for key in keys {
            self.wanted.entry(key).or_insert(Progress::Pending);
        }
    }

    /// These keys are no longer of interest; gives those that were.
    pub(super) fn release<'k>(&mut self, keys: impl IntoIterator<Item = &'k Key>) -> Vec<Key> {
        keys.into_iter().filter_map(|key| Some(self.wanted.remove_entry(key)?.0)).collect()
    }

    /// The scheduler has said something; gives what the user is to hear of it.
    ///
    /// The scheduler repeats itself, and speaks of keys that were released meanwhile; the user hears neither.
    pub(super) fn received(&mut self, incoming: Incoming) -> Option<Event> {
        match incoming {
            Incoming::InMemory(key) => {
                self.advance(&key, Progress::InMemory).filter(|was| *was != Progress::InMemory)?;
                Some(Event::InMemory(key))
            }
            Incoming::Erred(key, error) => {
                self.advance(&key, Progress::Erred).filter(|was| *was != Progress::Erred)?;
                Some(Event::Erred { key, error })
            }
            Incoming::Lost(key) => {
                self.advance(&key, Progress::Pending).filter(|was| *was == Progress::InMemory)?;
                Some(Event::Lost(key))
            }
            Incoming::Retried(key) => {
                self.advance(&key, Progress::Pending);
                None
            }
            Incoming::Cancelled(keys, reason) => {
                let keys = self.release(&keys);
                (!keys.is_empty()).then_some(Event::Cancelled { keys, reason })
            }
            Incoming::Restart => {
                self.wanted.clear();
                Some(Event::Restarted)
            }
            Incoming::HeartbeatInterval(seconds) => {
                // What a peer says is no reason to panic, nor to flood it, nor to be forgotten.
                let seconds = if seconds.is_finite() { seconds.clamp(0.5, 60.0) } else { HEARTBEAT.as_secs_f64() };
                self.heartbeat = Duration::from_secs_f64(seconds);
                None
            }
            Incoming::Closing(reason) => {
                self.announced = Some(reason);
                None
            }
            Incoming::Other => None,
        }
    }

    /// The stream has ended; gives what the user is to hear, the first time.
    pub(super) fn end(&mut self, reason: String) -> Option<Event> {
        if self.ended.is_some() {
            return None;
        }
        let reason = match self.announced.take() {
            Some(announced) => format!("{reason} (it said: {announced})"),
            None => reason,
        };
        self.ended = Some(reason.clone());
        self.wanted.clear();
        Some(Event::Closed(reason))
    }

    /// Moves a wanted key on; gives where it was.
    fn advance(&mut self, key: &Key, to: Progress) -> Option<Progress> {
        self.wanted.get_mut(key).map(|progress| std::mem::replace(progress, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::RemoteError;

    /// A session that wants `a`.
    fn wanting_a() -> (Session, Key) {
        let (mut session, key) = (Session::new(), Key::from("a"));
        session.want([Key::clone(&key)]);
        (session, key)
    }

    #[test]
    fn repetitions_are_heard_once() {
        let (mut session, a) = wanting_a();
        assert_eq!(session.received(Incoming::InMemory(a.clone())), Some(Event::InMemory(a.clone())));
        assert_eq!(session.received(Incoming::InMemory(a.clone())), None);
        assert_eq!(session.received(Incoming::Lost(a.clone())), Some(Event::Lost(a.clone())));
        assert_eq!(session.received(Incoming::Lost(a.clone())), None);
        assert_eq!(session.received(Incoming::InMemory(a.clone())), Some(Event::InMemory(a)));
    }

    #[test]
    fn released_keys_are_not_heard_of() {
        let (mut session, a) = wanting_a();
        assert_eq!(session.release([&a]).len(), 1);
        assert_eq!(session.release([&a]), [] as [Key; 0]);
        assert_eq!(session.received(Incoming::InMemory(a.clone())), None);
        assert_eq!(session.received(Incoming::Cancelled(vec![a], String::new())), None);
    }

    #[test]
    fn a_retried_task_may_fail_again() {
        let (mut session, key) = wanting_a();
        let error = RemoteError { message: "no".to_owned(), class: None, data: None };
        let erred = || Incoming::Erred(key.clone(), error.clone());
        assert!(session.received(erred()).is_some());
        assert!(session.received(erred()).is_none());
        assert!(session.received(Incoming::Retried(key.clone())).is_none());
        assert!(session.received(erred()).is_some());
    }

    #[test]
    fn the_end_is_heard_once_with_what_the_scheduler_said() {
        let (mut session, a) = wanting_a();
        assert_eq!(session.received(Incoming::Closing("scheduler-close".to_owned())), None);
        let reason = "tcp://h:1 closed the connection (it said: scheduler-close)".to_owned();
        assert_eq!(session.end("tcp://h:1 closed the connection".to_owned()), Some(Event::Closed(reason)));
        assert_eq!(session.end(String::new()), None);
        assert_eq!(session.received(Incoming::InMemory(a)), None);
    }

    #[test]
    fn absurd_heartbeat_intervals_are_bounded() {
        let mut session = Session::new();
        for (said, taken) in [(f64::NAN, 5.0), (-1.0, 0.5), (f64::INFINITY, 5.0), (1e300, 60.0), (7.0, 7.0)] {
            session.received(Incoming::HeartbeatInterval(said));
            assert_eq!(session.heartbeat(), Duration::from_secs_f64(taken), "{said}");
        }
    }
}
