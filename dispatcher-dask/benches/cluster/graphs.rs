//! The graphs, and their operations.

use std::time::{SystemTime, UNIX_EPOCH};

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

/// What an operation was given, or made, and where and when (in seconds of the Unix epoch).
#[derive(Serialize, Deserialize)]
pub struct Seen {
    pub process: u32,
    pub time: f64,
}

impl Seen {
    fn now() -> Self {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
        Self { process: std::process::id(), time }
    }
}

/// Makes a value of so many bytes; slowly, so that two of them are made at a time. Says when it was made.
#[remote]
pub fn make(size: usize) -> (Bytes, Seen) {
    let bytes = vec![7; size];
    std::thread::sleep(std::time::Duration::from_millis(100));
    (Bytes(bytes), Seen::now())
}
#[remote]
pub fn make_plain(size: usize) -> (Vec<u8>, Seen) {
    let (Bytes(bytes), seen) = make(size);
    (bytes, seen)
}
/// Needs two values, of which one has to come from another worker. Says when it has both.
#[remote]
pub fn meet(a: &Bytes, b: &Bytes) -> (Seen, usize) {
    (Seen::now(), a.0.len() + b.0.len())
}
#[remote]
pub fn meet_plain(a: &[u8], b: &[u8]) -> (Seen, usize) {
    (Seen::now(), a.len() + b.len())
}

#[dispatch]
pub fn moved(size: usize) -> (Seen, Seen, (Seen, usize)) {
    let (a, made_a) = make(size);
    let (b, made_b) = make(size);
    let met = meet(&a, &b);
    (made_a, made_b, met)
}
#[dispatch]
pub fn moved_plain(size: usize) -> (Seen, Seen, (Seen, usize)) {
    let (a, made_a) = make_plain(size);
    let (b, made_b) = make_plain(size);
    let met = meet_plain(&a, &b);
    (made_a, made_b, met)
}
