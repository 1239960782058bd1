//! A message to send. Large bytes in it are never copied: they are written from where they are.

use bytes::{BufMut, Bytes, BytesMut};
use rmpv::Value;

use super::WireError;

/// The most bytes that one value in a message may have: what dask's msgpack reader takes.
pub(crate) const MAX_VALUE: usize = i32::MAX as usize;

/// From this size on bytes are sent from where they are, and not copied into the message.
const SHARED: usize = 4096;

/// A msgpack map of text keys: `map! { "op" => "ping", "reply" => true }`.
macro_rules! map {
    ($($key:expr => $value:expr),* $(,)?) => {
        ::rmpv::Value::Map(::std::vec![$((::rmpv::Value::from($key), ::rmpv::Value::from($value))),*])
    };
}
pub(crate) use map;

/// A message to send: its frames, each a list of pieces.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    frames: Vec<Vec<Bytes>>,
}

impl Outgoing {
    /// A message of one value: an RPC's request or reply, or, if it is an array, a batch on a stream.
    pub(crate) fn new(value: &Value) -> Self {
        let mut pieces = Pieces::default();
        pieces.value(value);
        Outgoing { frames: vec![pieces.finish()] }
    }

    /// A message on a stream: a list of ops.
    pub(crate) fn batch(ops: Vec<Value>) -> Self {
        Outgoing::new(&Value::Array(ops))
    }

    /// A message on a stream whose map refers, as `{"__Serialized__": 1}`, to a pickle in a frame of its own.
    pub(crate) fn with_pickle(message: &Value, pickle: Bytes) -> Self {
        let header = map! {
            "serializer" => "pickle",
            "writeable" => Vec::<Value>::new(),
            "num-sub-frames" => 1,
        };
        let mut outgoing = Outgoing::new(message);
        outgoing.frames.extend(Outgoing::new(&header).frames);
        outgoing.frames.push(vec![pickle]);
        outgoing
    }

    /// The placeholder for the pickle of [`Outgoing::with_pickle`].
    pub(crate) fn pickle_placeholder() -> Value {
        map! { "__Serialized__" => 1 }
    }

    /// A map with one more field at its end: a map from keys to bytes, which are sent from where they are.
    ///
    /// # Errors
    ///
    /// [`WireError::ValueTooLarge`] for bytes that don't fit a message.
    pub(crate) fn with_values<'v>(
        head: &[(&str, Value)],
        field: &str,
        values: impl ExactSizeIterator<Item = (&'v str, Bytes)>,
    ) -> Result<Self, WireError> {
        let mut pieces = Pieces::default();
        pieces.map_header(head.len() + 1);
        for (name, value) in head {
            pieces.value(&Value::from(*name));
            pieces.value(value);
        }
        pieces.value(&Value::from(field));
        pieces.map_header(values.len());
        for (key, value) in values {
            pieces.value(&Value::from(key));
            pieces.bytes(value)?;
        }
        Ok(Outgoing { frames: vec![pieces.finish()] })
    }

    /// The pieces to write, one after another.
    pub(crate) fn into_pieces(self) -> Vec<Bytes> {
        super::encode(self.frames)
    }
}

/// Msgpack that is written in pieces.
#[derive(Debug, Default)]
struct Pieces {
    done: Vec<Bytes>,
    current: BytesMut,
}

impl Pieces {
    /// Appends a whole value.
    fn value(&mut self, value: &Value) {
        // Writing to memory doesn't fail.
        let _ = rmpv::encode::write_value(&mut (&mut self.current).writer(), value);
    }

    /// Appends the header of a map of `len` entries.
    fn map_header(&mut self, len: usize) {
        match u8::try_from(len) {
            Ok(len @ 0..16) => self.current.put_u8(0x80 | len),
            _ => {
                self.current.put_u8(0xdf);
                self.current.put_u32(u32::try_from(len).unwrap_or(u32::MAX));
            }
        }
    }

    /// Appends bytes, as a piece of their own if they are large.
    fn bytes(&mut self, bytes: Bytes) -> Result<(), WireError> {
        if bytes.len() > MAX_VALUE {
            return Err(WireError::ValueTooLarge { bytes: bytes.len(), limit: MAX_VALUE });
        }
        self.current.put_u8(0xc6);
        self.current.put_u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        if bytes.len() < SHARED {
            self.current.extend_from_slice(&bytes);
        } else {
            self.done.push(self.current.split().freeze());
            self.done.push(bytes);
        }
        Ok(())
    }

    /// All pieces.
    fn finish(mut self) -> Vec<Bytes> {
        self.done.push(self.current.freeze());
        self.done
    }
}
