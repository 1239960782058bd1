//! Frames: how a message is cut into pieces on the wire.
//!
//! Little-endian: `u64` size of what follows, `u64` count, as many `u64` lengths, then the frames. The size is ignored
//! on reading, as dask itself varies in what it counts.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::WireError;

/// The most that is accepted of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The sum of the frames' lengths.
    pub(crate) bytes: u64,
    /// How many frames.
    pub(crate) frames: u64,
}

impl Default for Limits {
    /// 8 GiB, and 2¹⁶ frames.
    fn default() -> Self {
        Limits { bytes: 8 << 30, frames: 1 << 16 }
    }
}

/// How much is asked of the socket at once while nothing is known of what will come.
const CHUNK: usize = 64 * 1024;

/// Turns a growing buffer into frames, one message after another.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    limits: Limits,
    state: State,
}

/// What the decoder waits for.
#[derive(Debug, Default)]
enum State {
    /// The size and the count.
    #[default]
    Head,
    /// The lengths of this many frames.
    Lengths(usize),
    /// The frames themselves.
    Body { lengths: Vec<usize>, total: usize },
}

impl Decoder {
    /// A decoder at the start of a message.
    pub(crate) fn new(limits: Limits) -> Self {
        Decoder { limits, state: State::Head }
    }

    /// Takes one whole message off the front of `buffer`, if it is all there. The frames share the buffer's memory.
    pub(crate) fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Vec<Bytes>>, WireError> {
        loop {
            if buffer.len() < self.missing_at_least() {
                return Ok(None);
            }
            match std::mem::take(&mut self.state) {
                State::Head => {
                    let _size = buffer.get_u64_le();
                    self.state = State::Lengths(self.checked_count(buffer.get_u64_le())?);
                }
                State::Lengths(count) => {
                    let lengths: Vec<u64> = (0..count).map(|_| buffer.get_u64_le()).collect();
                    self.state = self.checked_body(&lengths)?;
                }
                State::Body { lengths, .. } => {
                    return Ok(Some(lengths.into_iter().map(|length| buffer.split_to(length).freeze()).collect()));
                }
            }
        }
    }

    /// How much to reserve before the next read: never more than has come already, so a false claim costs nothing.
    pub(crate) fn reserve(&self, buffer: &BytesMut) -> usize {
        let missing = self.missing_at_least().saturating_sub(buffer.len());
        missing.clamp(1, CHUNK.max(buffer.len()))
    }

    /// Whether no message has begun, so that an end of the stream here is a clean one.
    pub(crate) fn is_between_messages(&self, buffer: &BytesMut) -> bool {
        matches!(self.state, State::Head) && buffer.is_empty()
    }

    /// How long the buffer must be for the next step.
    fn missing_at_least(&self) -> usize {
        match &self.state {
            State::Head => 16,
            State::Lengths(count) => 8 * count,
            State::Body { total, .. } => *total,
        }
    }

    /// The count, where it is within the limit.
    fn checked_count(&self, claimed: u64) -> Result<usize, WireError> {
        let limit = self.limits.frames;
        let too_many = WireError::TooManyFrames { claimed, limit };
        if claimed > limit {
            return Err(too_many);
        }
        usize::try_from(claimed).ok().filter(|count| count.checked_mul(8).is_some()).ok_or(too_many)
    }

    /// The state for a body of these lengths, where their sum is within the limit.
    fn checked_body(&self, lengths: &[u64]) -> Result<State, WireError> {
        let claimed = lengths.iter().fold(0u64, |sum, length| sum.saturating_add(*length));
        let too_large = WireError::TooLarge { claimed, limit: self.limits.bytes };
        if claimed > self.limits.bytes {
            return Err(too_large);
        }
        let total = usize::try_from(claimed).map_err(|_| too_large)?;
        // Each is at most the sum, which fits.
        let lengths = lengths.iter().map(|length| usize::try_from(*length).unwrap_or(total)).collect();
        Ok(State::Body { lengths, total })
    }
}

/// The pieces to write for a message of `frames`, each given as the pieces that it is made of.
pub(crate) fn encode(frames: Vec<Vec<Bytes>>) -> Vec<Bytes> {
    let mut lengths = BytesMut::with_capacity(16 + 8 * frames.len());
    let size = |frame: &Vec<Bytes>| frame.iter().map(|piece| piece.len() as u64).sum::<u64>();
    lengths.put_u64_le(8 * (1 + frames.len() as u64) + frames.iter().map(size).sum::<u64>());
    lengths.put_u64_le(frames.len() as u64);
    for frame in &frames {
        lengths.put_u64_le(size(frame));
    }
    std::iter::once(lengths.freeze()).chain(frames.into_iter().flatten()).collect()
}
