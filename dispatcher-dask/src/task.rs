//! What a task is made of: the calls that a worker makes, the bytes that they give, and how a failure is told.
//!
//! The scheduler sees none of this. A client writes a [`Payload`], a worker reads it, and gives a blob: the parts that the last
//! step gave, behind one another.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// In the place of an operation's name: what it gives are its arguments.
pub(crate) const SAME: &str = "";

/// Calls, one after the other; each may use what those before it gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payload<'a> {
    /// The keys of the values that the calls use.
    #[serde(borrow)]
    pub(crate) inputs: Vec<&'a str>,
    /// The calls.
    pub(crate) steps: Vec<Step<'a>>,
    /// The calls whose values are given.
    pub(crate) gives: Vec<u32>,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step<'a> {
    /// The client's number for it.
    pub(crate) id: u64,
    /// The operation's name.
    pub(crate) operation: &'a str,
    /// Whether an `Err` or a `None` is a failure.
    pub(crate) asked: bool,
    /// The arguments: the bytes of their pieces, one after the other.
    #[serde(borrow)]
    pub(crate) arguments: Vec<Vec<Piece<'a>>>,
}

/// Part of an argument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Piece<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// A part of one of the inputs.
    Input { input: u32, part: u32 },
    /// A part of what a step before gave.
    Step { step: u32, part: u32 },
}

impl Payload<'_> {
    /// The bytes that are sent.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_stdvec(self)
    }
}

impl<'a> Payload<'a> {
    /// The payload of these bytes.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }
}

/// What a worker sends along with a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Blame {
    /// The call that failed.
    pub(crate) id: u64,
    /// What it failed by.
    pub(crate) how: How,
}

/// How a call fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum How {
    /// It panicked.
    Panicked,
    /// It gave an `Err` or a `None` that was asked for: the error's bytes, if it has some.
    Refused(Option<Vec<u8>>),
    /// It wasn't called, or what it gave can't be sent.
    Unable,
}

impl Blame {
    /// The bytes that are sent.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        postcard::to_stdvec(self).ok()
    }

    /// The blame of these bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}

/// How many bytes a length takes in a blob.
const LENGTH: usize = 8;

/// Puts parts behind one another: they, their lengths, and how many there are. A single part isn't copied.
pub(crate) fn blob(parts: Vec<Vec<u8>>) -> Bytes {
    let lengths: Vec<u64> = parts.iter().map(|part| part.len() as u64).chain([parts.len() as u64]).collect();
    let mut parts = parts.into_iter();
    let mut blob = parts.next().unwrap_or_default();
    blob.reserve_exact(parts.as_slice().iter().map(Vec::len).sum::<usize>() + LENGTH * lengths.len());
    for part in parts {
        blob.extend_from_slice(&part);
    }
    blob.extend(lengths.into_iter().flat_map(u64::to_le_bytes));
    blob.into()
}

/// The `index`-th part of a blob.
pub(crate) fn part(blob: &Bytes, index: usize) -> Option<Bytes> {
    let number = |bytes: &[u8]| usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok();
    let (rest, count) = blob.split_at_checked(blob.len().checked_sub(LENGTH)?)?;
    let count = number(count)?;
    let (parts, lengths) = rest.split_at_checked(rest.len().checked_sub(count.checked_mul(LENGTH)?)?)?;
    let mut lengths = lengths.chunks_exact(LENGTH).map(number);
    let start = lengths.by_ref().take(index).try_fold(0_usize, |start, length| start.checked_add(length?))?;
    let end = start.checked_add(lengths.next()??)?;
    (end <= parts.len()).then(|| blob.slice(start..end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_of_a_blob_are_those_that_it_was_made_of(parts in proptest::collection::vec(any::<Vec<u8>>(), 0..5)) {
            let blob = blob(parts.clone());
            for (index, expected) in parts.iter().enumerate() {
                prop_assert_eq!(part(&blob, index), Some(Bytes::from(expected.clone())));
            }
            prop_assert_eq!(part(&blob, parts.len()), None);
        }

        #[test]
        fn any_bytes_have_parts_or_none(bytes: Vec<u8>, index in 0_usize..9) {
            let _ = part(&Bytes::from(bytes.clone()), index);
            let _ = Payload::decode(&bytes);
            let _ = Blame::decode(&bytes);
        }
    }
}
