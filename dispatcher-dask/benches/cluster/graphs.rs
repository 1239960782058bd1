//! The graphs, and their operations.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dispatcher::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[remote]
pub fn double(n: u64) -> u64 {
    2 * n
}
#[remote]
pub fn add(a: u64, b: u64) -> u64 {
    a + b
}
#[remote]
pub fn total(all: Vec<u64>) -> u64 {
    all.iter().sum()
}

#[dispatch]
pub fn independent(n: u64) -> Vec<u64> {
    (0..n).map(|i| double(i)).collect()
}
#[dispatch]
pub fn sum(n: u64) -> u64 {
    let all: Vec<u64> = (0..n).map(|i| double(i)).collect();
    total(all)
}
#[dispatch]
pub fn chain(n: u64) -> u64 {
    let mut x = add(0, 1);
    for i in 1..n {
        x = add(x, i);
    }
    x
}
/// `leaves` is a power of two.
pub fn tree(leaves: u64) -> Node<'static, u64> {
    let mut level: Vec<_> = (0..leaves).map(|i| op!(double(i))).collect();
    while level.len() > 1 {
        let mut above = Vec::with_capacity(level.len() / 2);
        let mut nodes = level.into_iter();
        while let (Some(a), Some(b)) = (nodes.next(), nodes.next()) {
            above.push(op!(add(a, b)));
        }
        level = above;
    }
    level.remove(0)
}

/// Bytes that serde takes as bytes: they are copied, and not looked at one by one.
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(<&[u8]>::deserialize(deserializer)?.to_vec()))
    }
}

/// Where an operation was called, and when, in seconds of the Unix epoch.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Stamp {
    pub process: u64,
    pub time: f64,
}

impl Stamp {
    fn now() -> Self {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        Self { process: u64::from(std::process::id()), time }
    }

    /// The stamp that a made value begins with.
    fn of(bytes: &[u8]) -> Self {
        let number = |at: usize| bytes[at..at + 8].try_into().expect("these are eight bytes");
        Self { process: u64::from_le_bytes(number(0)), time: f64::from_le_bytes(number(8)) }
    }
}

/// Two values have met.
#[derive(Serialize, Deserialize)]
pub struct Meeting {
    pub made: [Stamp; 2],
    pub met: Stamp,
}

/// Makes a value of so many bytes, which says when it was made; slowly, so that two of them are made at a time.
#[remote]
pub fn make(size: usize) -> Vec<u8> {
    let mut bytes = vec![7; size];
    std::thread::sleep(Duration::from_millis(100));
    let Stamp { process, time } = Stamp::now();
    bytes[..8].copy_from_slice(&process.to_le_bytes());
    bytes[8..16].copy_from_slice(&time.to_le_bytes());
    bytes
}
/// Needs two values, of which one has to come from another worker.
#[remote]
pub fn meet(a: &[u8], b: &[u8]) -> Meeting {
    Meeting { made: [a, b].map(Stamp::of), met: Stamp::now() }
}
#[remote]
pub fn make_bytes(size: usize) -> Bytes {
    Bytes(make(size))
}
#[remote]
pub fn meet_bytes(a: &Bytes, b: &Bytes) -> Meeting {
    meet(&a.0, &b.0)
}

#[dispatch]
pub fn moved(size: usize) -> Meeting {
    let a = make(size);
    let b = make(size);
    meet(&a, &b)
}
#[dispatch]
pub fn moved_bytes(size: usize) -> Meeting {
    let a = make_bytes(size);
    let b = make_bytes(size);
    meet_bytes(&a, &b)
}
