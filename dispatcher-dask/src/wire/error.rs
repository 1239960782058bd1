//! What can be wrong with bytes from a peer.

/// Why a message can't be read, or can't be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The message claims more bytes than the limit.
    #[error("a message of {claimed} bytes is over the limit of {limit}")]
    TooLarge {
        /// What the message claims to be.
        claimed: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The message claims more frames than the limit.
    #[error("a message of {claimed} frames is over the limit of {limit}")]
    TooManyFrames {
        /// What the message claims to have.
        claimed: u64,
        /// What is allowed.
        limit: u64,
    },
    /// A value is larger than msgpack's Python reader takes.
    #[error("a value of {bytes} bytes is over the {limit} that dask's messages can carry: split it")]
    ValueTooLarge {
        /// The size of the value.
        bytes: usize,
        /// What is allowed.
        limit: usize,
    },
    /// Frame 0 isn't msgpack.
    #[error("not a msgpack message: {0}")]
    Msgpack(String),
    /// A message has no frame where one is referred to.
    #[error("the message refers to its frame {index}, and has {frames}")]
    NoFrame {
        /// The frame that is referred to.
        index: u64,
        /// How many there are.
        frames: usize,
    },
    /// A value travels in a form that only Python can read.
    #[error("a value travels in a form that only Python reads ({0})")]
    Foreign(String),
    /// A field is missing.
    #[error("{message} lacks the field `{field}`")]
    Missing {
        /// Which message: its op, or what it answers.
        message: String,
        /// The field's name.
        field: String,
    },
    /// A field is of another type.
    #[error("{message} has a field `{field}` that isn't {expected}")]
    WrongType {
        /// Which message: its op, or what it answers.
        message: String,
        /// The field's name.
        field: String,
        /// What was expected: "text", "a list" and so on.
        expected: &'static str,
    },
    /// The message as a whole is of another shape.
    #[error("a message that isn't {0}")]
    Shape(&'static str),
}
