//! A message as it was received: frame 0 is msgpack, and refers to the frames behind it.

use bytes::{Bytes, BytesMut};
use rmpv::ValueRef;

use super::{Fields, WireError};

/// How deep the msgpack may be nested. The reader counts two for each level, so this is about 60 levels.
const MAX_DEPTH: usize = 128;

/// A received message. What it holds stays slices of the bytes that were read.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    frames: Vec<Bytes>,
}

impl Message {
    /// The message that these frames make up.
    pub(crate) fn new(frames: Vec<Bytes>) -> Self {
        Message { frames }
    }

    /// Frame 0, decoded; texts and bytes in it are borrowed.
    pub(crate) fn value(&self) -> Result<ValueRef<'_>, WireError> {
        decode(self.frame(0)?)
    }

    /// `bytes`, which were borrowed from this message, as bytes of their own without a copy.
    pub(crate) fn slice(&self, bytes: &[u8]) -> Bytes {
        let start = bytes.as_ptr() as usize;
        let within = |frame: &&Bytes| {
            let base = frame.as_ptr() as usize;
            start >= base && start + bytes.len() <= base + frame.len()
        };
        match self.frames.iter().find(within) {
            Some(frame) => frame.slice_ref(bytes),
            None => Bytes::copy_from_slice(bytes),
        }
    }

    /// The bytes that `value` stands for: bytes in frame 0, or the frames that a placeholder refers to, joined.
    ///
    /// For a `{"__Serialized__": i}` these are the bytes behind Python's header, which may well be a pickle.
    pub(crate) fn payload(&self, value: &ValueRef<'_>) -> Result<Bytes, WireError> {
        match value {
            ValueRef::Binary(bytes) => Ok(self.slice(bytes)),
            ValueRef::Map(_) => self.placeholder(value),
            _ => Err(WireError::Shape("bytes")),
        }
    }

    /// The bytes behind a `{"__Serialized__": i}` or a `{"__Pickled__": i}`.
    fn placeholder(&self, value: &ValueRef<'_>) -> Result<Bytes, WireError> {
        let fields = Fields::of(value, "a placeholder")?;
        let serialized = fields.get("__Serialized__").is_some();
        let field = if serialized { "__Serialized__" } else { "__Pickled__" };
        let index = u64::try_from(fields.int(field)?).map_err(|_| fields.wrong(field, "an index"))?;
        let no_frame = |index| WireError::NoFrame { index, frames: self.frames.len() };
        let header_frame = self.frame(index)?;
        let header = decode(header_frame)?;
        let header = Fields::of(&header, "the header of a serialized value")?;
        if !serialized {
            return Ok(self.slice(header.bytes("pickled-obj")?));
        }
        if header
            .get("compression")
            .and_then(super::list)
            .is_some_and(|all| !all.iter().all(|one| *one == ValueRef::Nil))
        {
            return Err(WireError::Foreign("compressed".to_owned()));
        }
        let count = u64::try_from(header.int("num-sub-frames")?).map_err(|_| no_frame(index))?;
        let (first, last) = (index.saturating_add(1), index.saturating_add(1).saturating_add(count));
        let range = usize::try_from(first).unwrap_or(usize::MAX)..usize::try_from(last).unwrap_or(usize::MAX);
        match self.frames.get(range).ok_or_else(|| no_frame(last))? {
            [one] => Ok(one.clone()),
            many => {
                let mut joined = BytesMut::with_capacity(many.iter().map(Bytes::len).sum());
                many.iter().for_each(|frame| joined.extend_from_slice(frame));
                Ok(joined.freeze())
            }
        }
    }

    /// The frame, where there is one.
    fn frame(&self, index: u64) -> Result<&Bytes, WireError> {
        let no_frame = WireError::NoFrame { index, frames: self.frames.len() };
        usize::try_from(index).ok().and_then(|index| self.frames.get(index)).ok_or(no_frame)
    }
}

/// Decodes msgpack that fills `bytes` wholly.
fn decode(bytes: &[u8]) -> Result<ValueRef<'_>, WireError> {
    let mut rest = bytes;
    let value = rmpv::decode::read_value_ref_with_max_depth(&mut rest, MAX_DEPTH)
        .map_err(|error| WireError::Msgpack(error.to_string()))?;
    match rest.len() {
        0 => Ok(value),
        left => Err(WireError::Msgpack(format!("{left} bytes are left over"))),
    }
}
