//! Reads an exception out of a pickle that came from elsewhere, without executing or trusting it.
//!
//! Ours is recognised by its template, byte for byte. Of any other only texts are looked at: the class that it names,
//! and the first text behind it.

use bytes::Bytes;

use super::pickle::{BYTES, EXCEPTION_END, STACK_GLOBAL, UNICODE, exception_frame};

/// An error that a task, or a scheduler on its behalf, reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemoteError {
    /// What it says.
    pub(crate) message: String,
    /// The Python class, where the error isn't from one of our workers.
    pub(crate) class: Option<String>,
    /// Our extra bytes, where it is from one of our workers.
    pub(crate) data: Option<Bytes>,
}

/// Memorises the top of the stack, and recalls it.
const MEMOIZE: u8 = 0x94;
const BINGET: u8 = b'h';

/// Modules whose names in a pickle are means of unpickling, and not the exception's class.
const MEANS: [&str; 5] = ["tblib", "copyreg", "functools", "types", "cloudpickle"];

/// Reads an exception's pickle.
pub(crate) fn read_exception(pickle: &Bytes) -> RemoteError {
    ours(pickle).unwrap_or_else(|| foreign(pickle))
}

/// The exception, where the pickle is exactly as `pickle::exception` writes it.
fn ours(pickle: &Bytes) -> Option<RemoteError> {
    let [head, between, end] = exception_frame();
    let rest = pickle.strip_prefix(head.as_slice())?;
    let (message, rest) = sized(rest, UNICODE)?;
    let message = std::str::from_utf8(message).ok()?.to_owned();
    if rest == EXCEPTION_END {
        return Some(RemoteError { message, class: None, data: None });
    }
    let (data, rest) = sized(rest.strip_prefix(between.as_slice())?, BYTES)?;
    (rest == end).then(|| RemoteError { message, class: None, data: Some(pickle.slice_ref(data)) })
}

/// What can be told of any other exception.
fn foreign(pickle: &[u8]) -> RemoteError {
    let (mut class, mut texts) = (None, Vec::new());
    // What the pickle memorises, in order, as far as it is text; and the text right before, if it is one.
    let (mut memo, mut last) = (Vec::new(), None);
    for token in Scan(pickle) {
        let before = last.take();
        match token {
            Token::Text(text) => {
                texts.push(text);
                last = Some(text);
            }
            Token::Memorise => memo.push(before),
            Token::Recall(index) => texts.extend(memo.get(index).copied().flatten()),
            Token::Other => {}
            Token::Global => {
                let (name, module) = (texts.pop(), texts.pop());
                if let (Some(module), Some(name)) = (module, name)
                    && class.is_none()
                    && !MEANS.iter().any(|means| module.starts_with(means))
                    && (module != "builtins" || is_exception(name))
                {
                    class = Some(name.to_owned());
                    texts.clear();
                }
            }
        }
    }
    let is_message = |text: &&&str| !text.starts_with("__") && !matches!(**text, "args" | "");
    let text = texts.iter().find(is_message).copied();
    let last_worker = texts.iter().find(|text| text.starts_with("tcp://") || text.starts_with("tls://"));
    let message = match (class.as_deref(), text) {
        (Some("KilledWorker"), Some(key)) => {
            let last = last_worker.map(|address| format!(" (the last was {address})")).unwrap_or_default();
            format!("the workers that ran `{key}` died, one after another{last}: their logs may tell why")
        }
        (_, Some(text)) => text.to_owned(),
        (Some(_), None) => "(without a message)".to_owned(),
        (None, None) => format!("an error in a form that only Python reads ({} bytes)", pickle.len()),
    };
    RemoteError { message, class, data: None }
}

/// Whether the name of a built-in looks like an exception's, and not like `getattr`.
fn is_exception(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
}

/// What a scan of a pickle yields.
enum Token<'p> {
    /// A text.
    Text(&'p str),
    /// The two last texts are a module and a name in it.
    Global,
    /// What is on top of the stack is memorised, under the next number.
    Memorise,
    /// What is memorised under this number.
    Recall(usize),
    /// Anything else.
    Other,
}

/// Walks over a pickle's opcodes, and ends at the first that it doesn't know.
struct Scan<'p>(&'p [u8]);

impl<'p> Iterator for Scan<'p> {
    type Item = Token<'p>;

    fn next(&mut self) -> Option<Token<'p>> {
        let (&op, rest) = self.0.split_first()?;
        if UNICODE.contains(&op) {
            let (text, rest) = sized(self.0, UNICODE)?;
            self.0 = rest;
            return Some(std::str::from_utf8(text).map_or(Token::Other, Token::Text));
        }
        if BYTES.contains(&op) {
            self.0 = sized(self.0, BYTES)?.1;
            return Some(Token::Other);
        }
        let (argument, rest) = rest.split_at_checked(argument_size(op)?)?;
        self.0 = rest;
        Some(match (op, argument) {
            (STACK_GLOBAL, _) => Token::Global,
            (MEMOIZE, _) => Token::Memorise,
            (BINGET, [index]) => Token::Recall(usize::from(*index)),
            _ => Token::Other,
        })
    }
}

/// How many bytes follow the opcode, for those of fixed size that occur in protocol 4 and 5.
fn argument_size(op: u8) -> Option<usize> {
    Some(match op {
        // None, true, false; empty and marked collections; their filling; calls, state, memo, stack.
        b'N' | 0x88 | 0x89 | b'}' | b']' | b')' | 0x8f | b'(' | b't' | b'l' | b'd' | 0x85..=0x87 => 0,
        b'u' | b's' | b'e' | b'a' | 0x90 | 0x91 => 0,
        b'R' | b'b' | 0x81 | 0x92 | STACK_GLOBAL | MEMOIZE | b'0' | b'1' | b'2' => 0,
        // The protocol; small integers; memo; length of a frame; floats.
        0x80 | b'K' | BINGET | b'q' => 1,
        b'M' => 2,
        b'J' | b'j' | b'r' => 4,
        0x95 | b'G' => 8,
        _ => return None,
    })
}

/// Reads what has an opcode and a length of one, four or eight bytes before it; gives it and the rest.
fn sized(pickle: &[u8], [short, medium, long]: [u8; 3]) -> Option<(&[u8], &[u8])> {
    let (&op, rest) = pickle.split_first()?;
    let (len, rest) = if op == short {
        let (&len, rest) = rest.split_first()?;
        (u64::from(len), rest)
    } else if op == medium {
        let (len, rest) = rest.split_first_chunk()?;
        (u64::from(u32::from_le_bytes(*len)), rest)
    } else if op == long {
        let (len, rest) = rest.split_first_chunk()?;
        (u64::from_le_bytes(*len), rest)
    } else {
        return None;
    };
    rest.split_at_checked(usize::try_from(len).ok()?)
}
