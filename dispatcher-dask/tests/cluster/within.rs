//! What keeps a test from hanging.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Runs a test's body; fails where it takes longer than so many seconds.
///
/// A body that hangs is left alone. What it has started ends with this process.
pub fn within<T: Send + 'static>(seconds: u64, body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, over) = channel();
    let thread = std::thread::spawn(move || {
        let value = body();
        // Where nobody waits any more, the test has failed.
        let _ = done.send(());
        value
    });
    match over.recv_timeout(Duration::from_secs(seconds)) {
        Err(RecvTimeoutError::Timeout) => panic!("the test hangs: it isn't over after {seconds} s"),
        // It is over, or has panicked.
        _ => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A directory by whose files the test and the operations that it runs wait for one another.
pub struct Gates(tempfile::TempDir);

impl Gates {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// What operations are given.
    pub fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    /// Waits until an operation is at the gate, and gives the number of its process.
    pub fn reached(&self, name: &str) -> u32 {
        let file = self.0.path().join(format!("{name}.reached"));
        let mut process = None;
        until(&format!("an operation is at the gate `{name}`"), || {
            process = std::fs::read_to_string(&file).ok().and_then(|text| text.parse().ok());
            process.is_some()
        });
        process.unwrap()
    }

    /// Forgets who was at the gate.
    pub fn reset(&self, name: &str) {
        let _ = std::fs::remove_file(self.0.path().join(format!("{name}.reached")));
    }

    /// How often operations came to the gate.
    pub fn count(&self, name: &str) -> usize {
        std::fs::read(self.0.path().join(format!("{name}.count"))).map_or(0, |marks| marks.len())
    }

    /// Lets all go on who are at the gate, and who come later.
    pub fn open(&self, name: &str) {
        std::fs::write(self.0.path().join(format!("{name}.open")), "").unwrap();
    }
}

/// An operation's side of [`Gates`]: says that it is there; gives how often somebody was there, this time included.
pub fn arrive(directory: &str, name: &str) -> usize {
    use std::io::Write;
    let file = |suffix: &str| Path::new(directory).join(format!("{name}.{suffix}"));
    let mut count = std::fs::OpenOptions::new().append(true).create(true).open(file("count")).unwrap();
    count.write_all(b".").unwrap();
    let count = std::fs::read(file("count")).unwrap().len();
    // Written and then moved, so that nobody sees half of it.
    let own = file(&format!("{}-{count}", std::process::id()));
    std::fs::write(&own, std::process::id().to_string()).unwrap();
    std::fs::rename(own, file("reached")).unwrap();
    count
}

/// Waits until the gate is open, or the test is gone with its directory.
pub fn wait(directory: &str, name: &str) {
    let directory = Path::new(directory);
    while directory.exists() && !directory.join(format!("{name}.open")).exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
}
