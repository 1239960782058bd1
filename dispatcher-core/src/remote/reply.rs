//! What functions give: how results become bytes, and how they come back.
//!
//! A result is sent in parts: a tuple's elements, each by itself, so that those who need one element need only that; anything else
//! as one. Where the caller asks (`f(x)?`), an `Err` or a `None` is a refusal, and the parts are those of the value.

use std::any::{Any, TypeId};
use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use super::param::{Travels, boxed, decode, encode};

/// Makes a value of bytes.
pub(super) type Decode = fn(&[u8]) -> Result<Box<dyn Any + Send>, postcard::Error>;

/// What came of a call.
pub(super) enum Given {
    /// The result's parts.
    Parts(Vec<Vec<u8>>),
    /// An `Err` or a `None` that the caller asked for.
    Refused {
        message: String,
        /// The error's bytes, where it has some.
        data: Option<Vec<u8>>,
    },
}

/// Whether a result can be asked (`?`), and what it is otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// It can't.
    Never,
    /// It is a `Result`.
    ForErr,
    /// It is an `Option`.
    ForNone,
}

/// What is known of a function's result.
pub struct Reply<R> {
    pub(super) give: fn(R, bool) -> Result<Given, postcard::Error>,
    /// How many parts the result has, or the value in it where it is asked.
    pub(super) parts: usize,
    pub(super) is_tuple: bool,
    pub(super) asks: Asks,
    /// The whole result of its bytes.
    pub(super) decode: Decode,
    /// The result that is a refusal, of the error's bytes.
    pub(super) refused: Option<Decode>,
    /// Types that may have to be had of bytes.
    pub(super) decoders: Vec<(TypeId, Decode)>,
}

/// A value is sent as one part.
#[derive(Debug)]
pub struct Whole;
/// A tuple is sent in parts.
#[derive(Debug)]
pub struct Parts;

/// How a value of type `T` is taken apart.
pub trait Apart<T> {
    #[doc(hidden)]
    const COUNT: usize;
    #[doc(hidden)]
    const IS_TUPLE: bool;
    #[doc(hidden)]
    fn parts(value: T) -> Result<Vec<Vec<u8>>, postcard::Error>;
    #[doc(hidden)]
    fn decoders() -> Vec<(TypeId, Decode)>;
}

fn decoder<T: Travels>() -> (TypeId, Decode) {
    (TypeId::of::<T>(), boxed::<T>)
}

impl<T: Travels> Apart<T> for Whole {
    const COUNT: usize = 1;
    const IS_TUPLE: bool = false;
    fn parts(value: T) -> Result<Vec<Vec<u8>>, postcard::Error> {
        Ok(vec![encode(&value)?])
    }
    fn decoders() -> Vec<(TypeId, Decode)> {
        vec![decoder::<T>()]
    }
}

macro_rules! tuples {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Travels),*> Apart<($($name,)*)> for Parts {
            const COUNT: usize = [$(stringify!($name)),*].len();
            const IS_TUPLE: bool = true;
            fn parts(value: ($($name,)*)) -> Result<Vec<Vec<u8>>, postcard::Error> {
                Ok(vec![$(encode(&value.$index)?),*])
            }
            fn decoders() -> Vec<(TypeId, Decode)> {
                vec![decoder::<($($name,)*)>(), $(decoder::<$name>()),*]
            }
        }
    };
}
tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// A function's result, of a type that is told apart by its methods: of those that there are, the one that is found with the
/// fewest references taken away holds.
#[derive(Debug)]
pub struct ResultOf<R, L>(PhantomData<fn() -> (R, L)>);

impl<R, L> ResultOf<R, L> {
    /// A result of type `R`, which is taken apart as `L` says.
    #[allow(clippy::new_without_default)]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R> Reply<R> {
    /// Of a result in which lies a value of type `T`, which is taken apart as `L` says.
    fn of<T, L: Apart<T>>(
        give: fn(R, bool) -> Result<Given, postcard::Error>,
        asks: Asks,
        decode: Decode,
        refused: Option<Decode>,
    ) -> Self {
        Self { give, parts: L::COUNT, is_tuple: L::IS_TUPLE, asks, decode, refused, decoders: L::decoders() }
    }
}

/// The reply of a `Result` whose error is sent as it is.
fn typed<T: Travels, E: Travels, L: Apart<T>>(
    give: fn(Result<T, E>, bool) -> Result<Given, postcard::Error>,
) -> Reply<Result<T, E>> {
    let refused: Decode = |bytes| Ok(Box::new(Err::<T, E>(decode(bytes)?)));
    Reply::of::<T, L>(give, Asks::ForErr, boxed::<Result<T, E>>, Some(refused))
}

/// Gives a `Result` whose error is sent as it is; `text` is what the error says.
fn give_typed<T: Travels, E: Travels, L: Apart<T>>(
    given: Result<T, E>,
    asked: bool,
    text: impl Fn(&E) -> String,
) -> Result<Given, postcard::Error> {
    match given {
        Ok(value) if asked => Ok(Given::Parts(L::parts(value)?)),
        Err(error) if asked => Ok(Given::Refused { message: text(&error), data: Some(encode(&error)?) }),
        whole => Ok(Given::Parts(vec![encode(&whole)?])),
    }
}

/// The reply of a `Result` whose error is sent as its text.
fn as_text<T: Travels, E: Send + 'static, L: Apart<T>>(
    give: fn(Result<T, E>, bool) -> Result<Given, postcard::Error>,
) -> Reply<Result<T, E>> {
    let decode: Decode = |bytes| match bytes {
        [0, value @ ..] => Ok(Box::new(Ok::<T, E>(decode(value)?))),
        _ => Err(postcard::Error::DeserializeBadEnum),
    };
    Reply::of::<T, L>(give, Asks::ForErr, decode, None)
}

/// Gives a `Result` whose error is sent as its text.
fn give_text<T: Travels, E, L: Apart<T>>(
    given: Result<T, E>,
    asked: bool,
    text: impl Fn(&E) -> String,
) -> Result<Given, postcard::Error> {
    match given {
        Ok(value) if asked => Ok(Given::Parts(L::parts(value)?)),
        Ok(value) => {
            let mut bytes = vec![0];
            bytes.extend(encode(&value)?);
            Ok(Given::Parts(vec![bytes]))
        }
        Err(error) => Ok(Given::Refused { message: text(&error), data: None }),
    }
}

macro_rules! results {
    ($($(#[$doc:meta])* $name:ident for [$($refs:tt)*] where $bound:path: $(+ $more:path)?, $reply:ident, $give:ident, $text:literal;)*) => {$(
        $(#[$doc])*
        pub trait $name<L> {
            /// The function's result.
            type Gives;
            /// How it is sent.
            fn reply(&self) -> Reply<Self::Gives>;
        }
        impl<T: Travels, E: $bound $(+ $more)? + Send + 'static, L: Apart<T>> $name<L>
            for $($refs)* ResultOf<Result<T, E>, L>
        {
            type Gives = Result<T, E>;
            fn reply(&self) -> Reply<Result<T, E>> {
                $reply::<T, E, L>(|given, asked| $give::<T, E, L>(given, asked, |error| format!($text, error)))
            }
        }
    )*};
}
results! {
    /// [`ResultOf`] where the error is sent as it is, and says what it is.
    ReplyTyped for [&&&&] where Travels: + Display, typed, give_typed, "{}";
    /// [`ResultOf`] where the error is sent as it is, and is shown by its `Debug`.
    ReplyTypedDebug for [&&&] where Travels: + Debug, typed, give_typed, "{:?}";
    /// [`ResultOf`] where the error can only say what it is.
    ReplyShown for [&&] where Display:, as_text, give_text, "{}";
    /// [`ResultOf`] where the error can only be shown by its `Debug`.
    ReplyDebug for [&] where Debug:, as_text, give_text, "{:?}";
}

/// [`ResultOf`] of an option, of which nothing is a refusal.
pub trait ReplyOption<L> {
    /// The function's result.
    type Gives;
    /// How it is sent.
    fn reply(&self) -> Reply<Self::Gives>;
}
impl<T: Travels, L: Apart<T>> ReplyOption<L> for &&&&ResultOf<Option<T>, L> {
    type Gives = Option<T>;
    fn reply(&self) -> Reply<Option<T>> {
        let give: fn(Option<T>, bool) -> _ = |given, asked| match given {
            Some(value) if asked => Ok(Given::Parts(L::parts(value)?)),
            None if asked => Ok(Given::Refused { message: "None".into(), data: Some(Vec::new()) }),
            whole => Ok(Given::Parts(vec![encode(&whole)?])),
        };
        let refused: Decode = |_| Ok(Box::new(None::<T>));
        Reply::of::<T, L>(give, Asks::ForNone, boxed::<Option<T>>, Some(refused))
    }
}

/// [`ResultOf`] of anything else.
pub trait ReplyPlain<L> {
    /// The function's result.
    type Gives;
    /// How it is sent.
    fn reply(&self) -> Reply<Self::Gives>
    where
        Self::Gives: Travels,
        L: Apart<Self::Gives>;
}
impl<T, L> ReplyPlain<L> for ResultOf<T, L> {
    type Gives = T;
    // Asked for here, so that one of another type is refused by what it lacks.
    fn reply(&self) -> Reply<T>
    where
        T: Travels,
        L: Apart<T>,
    {
        let give: fn(T, bool) -> _ = |given, _| Ok(Given::Parts(L::parts(given)?));
        Reply::of::<T, L>(give, Asks::Never, boxed::<T>, None)
    }
}
