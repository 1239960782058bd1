//! Runs tasks: makes the calls that a payload holds, of the program's `#[remote]` functions.

use std::any::Any;
use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use dispatcher_core::remote::Operation;

use crate::task::{Blame, How, Payload, Piece, SAME, Step, blob, part};
use crate::worker::{Failure, Runner};

/// The operations of this program.
#[derive(Debug)]
pub(crate) struct Operations;

impl Runner for Operations {
    fn run(&self, payload: &[u8], inputs: &HashMap<String, Bytes>) -> Result<Bytes, Failure> {
        let payload = Payload::decode(payload).map_err(|error| {
            Failure::new(format!("this worker can't read the task: {error}; is the client of its version?"))
        })?;
        let mut given: Vec<Vec<Vec<u8>>> = Vec::with_capacity(payload.steps.len());
        for step in &payload.steps {
            let parts = call(step, &payload, inputs, &given)?;
            given.push(parts);
        }
        let mut parts = Vec::new();
        for &step in &payload.gives {
            parts.extend(given.get_mut(step as usize).map(std::mem::take).unwrap_or_default());
        }
        Ok(blob(parts))
    }

    fn operations(&self) -> Vec<String> {
        Operation::names().into_iter().map(str::to_owned).collect()
    }
}

/// Makes one call.
fn call(
    step: &Step<'_>,
    payload: &Payload<'_>,
    inputs: &HashMap<String, Bytes>,
    given: &[Vec<Vec<u8>>],
) -> Result<Vec<Vec<u8>>, Failure> {
    let failure = |message: String, how: How| Failure { message, data: Blame { id: step.id, how }.encode() };
    let unable = |message: String| failure(message, How::Unable);
    if step.operation == SAME {
        let parts = step.arguments.iter().map(|pieces| Some(assemble(pieces, payload, inputs, given)?.to_vec()));
        return parts.collect::<Option<_>>().ok_or_else(|| unable("a value isn't there".to_owned()));
    }
    let Some(operation) = Operation::by_name(step.operation) else {
        let name = step.operation;
        return Err(unable(format!(
            "this worker's program has no operation `{name}`: is it built of the client's sources?"
        )));
    };
    let mut arguments = Vec::with_capacity(step.arguments.len());
    for pieces in &step.arguments {
        let argument = assemble(pieces, payload, inputs, given);
        arguments.push(argument.ok_or_else(|| unable(format!("an argument of `{}` isn't there", operation.name())))?);
    }
    let arguments: Vec<&[u8]> = arguments.iter().map(|argument| &**argument).collect();
    match catch_unwind(AssertUnwindSafe(|| operation.call(&arguments, step.asked))) {
        Ok(Ok(parts)) => Ok(parts),
        Ok(Err(error)) if error.is_refusal => Err(failure(error.message, How::Refused(error.data))),
        Ok(Err(error)) => Err(unable(error.message)),
        Err(panic) => Err(failure(format!("`{}` panicked: {}", operation.name(), message(&*panic)), How::Panicked)),
    }
}

/// The bytes of an argument.
fn assemble<'p>(
    pieces: &[Piece<'p>],
    payload: &Payload<'_>,
    inputs: &HashMap<String, Bytes>,
    given: &'p [Vec<Vec<u8>>],
) -> Option<Argument<'p>> {
    let piece = |piece: &Piece<'p>| {
        Some(match *piece {
            Piece::Bytes(bytes) => Argument::Lent(Cow::Borrowed(bytes)),
            Piece::Step { step, part } => Argument::Lent(Cow::Borrowed(given.get(step as usize)?.get(part as usize)?)),
            Piece::Input { input, part: index } => {
                let key = payload.inputs.get(input as usize)?;
                Argument::Fetched(part(inputs.get(*key)?, index as usize)?)
            }
        })
    };
    if let [only] = pieces {
        return piece(only);
    }
    let mut all = Vec::new();
    for next in pieces {
        all.extend_from_slice(&piece(next)?);
    }
    Some(Argument::Lent(Cow::Owned(all)))
}

/// An argument's bytes, wherever they lie.
enum Argument<'p> {
    Lent(Cow<'p, [u8]>),
    Fetched(Bytes),
}

impl std::ops::Deref for Argument<'_> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) => bytes,
            Self::Fetched(bytes) => bytes,
        }
    }
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it doesn't say why")
}
