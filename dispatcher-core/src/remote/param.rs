//! What functions take: how each parameter's value is encoded, had from bytes, and lent to the function.

use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::raw::Plain;

/// What can be sent to another process, and come back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't go to another process",
    label = "a `#[remote]` function takes and gives what can",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it, and let it own what it holds"
)]
pub trait Travels: Serialize + DeserializeOwned + Send + 'static {}
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Travels for T {}

/// What can be sent to another process, to be lent to a function there.
#[diagnostic::on_unimplemented(
    message = "`&{Self}` can't go to another process",
    label = "a `#[remote]` function takes and gives what can",
    note = "derive `serde::Serialize` and `serde::Deserialize` for it, and let it own what it holds"
)]
pub trait Lends: 'static {
    /// What holds it there.
    type Owned: Travels;
    #[doc(hidden)]
    fn lent(owned: &Self::Owned) -> &Self;
    #[doc(hidden)]
    fn encode(&self) -> Encoded;
}
#[diagnostic::do_not_recommend]
impl<T: Travels> Lends for T {
    type Owned = T;
    fn lent(owned: &T) -> &T {
        owned
    }
    fn encode(&self) -> Encoded {
        encode(self)
    }
}
#[diagnostic::do_not_recommend]
impl<T: Travels> Lends for [T] {
    type Owned = Vec<T>;
    fn lent(owned: &Vec<T>) -> &[T] {
        owned
    }
    fn encode(&self) -> Encoded {
        encode(self)
    }
}
#[diagnostic::do_not_recommend]
impl Lends for str {
    type Owned = String;
    fn lent(owned: &String) -> &str {
        owned
    }
    fn encode(&self) -> Encoded {
        encode(self)
    }
}
#[diagnostic::do_not_recommend]
impl Lends for Path {
    type Owned = PathBuf;
    fn lent(owned: &PathBuf) -> &Path {
        owned
    }
    fn encode(&self) -> Encoded {
        encode(self)
    }
}

/// A value's bytes, or why it has none.
pub type Encoded = Result<Vec<u8>, postcard::Error>;

pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> Encoded {
    postcard::to_stdvec(value)
}

/// The value that these bytes are, all of them.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, postcard::Error> {
    match postcard::take_from_bytes(bytes)? {
        (value, []) => Ok(value),
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}

/// As [`decode`], of a type that isn't known where it is called.
pub(super) fn boxed<T: Travels>(bytes: &[u8]) -> Result<Box<dyn Any + Send>, postcard::Error> {
    Ok(Box::new(decode::<T>(bytes)?))
}

/// `T`: the value, moved into the function.
#[derive(Debug)]
pub struct Own<T>(PhantomData<fn() -> T>);
/// `&T`: the value, lent to the function.
#[derive(Debug)]
pub struct Read<T: ?Sized>(PhantomData<fn() -> Box<T>>);
/// `&mut T`: the value, lent to be updated.
#[derive(Debug)]
pub struct Update<T>(PhantomData<fn() -> T>);

/// How a parameter is written: [`Own`], [`Read`] or [`Update`].
pub trait Param {
    /// What the function is given.
    type Lent<'s>;
    /// What holds it meanwhile.
    #[doc(hidden)]
    type Held;
    #[doc(hidden)]
    const FNS: ParamFns;
    #[doc(hidden)]
    fn decode(bytes: &[u8]) -> Result<Self::Held, postcard::Error>;
    #[doc(hidden)]
    fn lend(held: &mut Self::Held) -> Self::Lent<'_>;
    /// Where the function updates the value: what it has left.
    #[doc(hidden)]
    fn updated(_: &Self::Held) -> Option<Encoded> {
        None
    }
}

/// Asks that a parameter can be such as it is written, so that one that can't is refused where it stands.
#[doc(hidden)]
pub const fn can_be<P: Param>() {}

/// What is known of a parameter without its type.
#[derive(Debug, Clone, Copy)]
pub struct ParamFns {
    /// The type whose bytes are sent.
    pub(super) of: fn() -> TypeId,
    pub(super) name: fn() -> &'static str,
    /// The bytes of an argument, if it is of a type that the parameter takes.
    pub(super) encode: fn(Plain<'_>) -> Option<Encoded>,
    /// A value of the type that is sent, of its bytes.
    pub(super) decode: super::reply::Decode,
}

impl<T: Travels> Param for Own<T> {
    type Lent<'s> = T;
    type Held = Option<T>;
    const FNS: ParamFns = ParamFns {
        of: TypeId::of::<T>,
        name: std::any::type_name::<T>,
        encode: |plain| plain.get::<T>().map(encode),
        decode: boxed::<T>,
    };
    fn decode(bytes: &[u8]) -> Result<Option<T>, postcard::Error> {
        decode(bytes).map(Some)
    }
    fn lend(held: &mut Option<T>) -> T {
        held.take().expect("lent once")
    }
}

impl<T: Lends + ?Sized> Param for Read<T> {
    type Lent<'s> = &'s T;
    type Held = T::Owned;
    const FNS: ParamFns = ParamFns {
        of: TypeId::of::<T::Owned>,
        name: std::any::type_name::<T::Owned>,
        encode: encode_lent::<T>,
        decode: boxed::<T::Owned>,
    };
    fn decode(bytes: &[u8]) -> Result<T::Owned, postcard::Error> {
        decode(bytes)
    }
    fn lend(held: &mut T::Owned) -> &T {
        T::lent(held)
    }
}

/// The bytes of what is lent, which may be the owned value or a reference, itself lent or not.
fn encode_lent<T: Lends + ?Sized>(plain: Plain<'_>) -> Option<Encoded> {
    let owned = || plain.get::<T::Owned>().or_else(|| plain.get_ref::<T::Owned>());
    let lent = || plain.get_ref::<T>().or_else(|| plain.get_ref::<&'static T>().copied());
    owned().map(encode).or_else(|| lent().map(T::encode))
}

impl<T: Travels> Param for Update<T> {
    type Lent<'s> = &'s mut T;
    type Held = T;
    const FNS: ParamFns = ParamFns {
        of: TypeId::of::<T>,
        name: std::any::type_name::<T>,
        encode: |plain| plain.get::<T>().map(encode),
        decode: boxed::<T>,
    };
    fn decode(bytes: &[u8]) -> Result<T, postcard::Error> {
        decode(bytes)
    }
    fn lend(held: &mut T) -> &mut T {
        held
    }
    fn updated(held: &T) -> Option<Encoded> {
        Some(encode(held))
    }
}

/// A function that takes parameters that are written so.
pub trait Callable<P, R>: Copy + Send + Sync + 'static {
    #[doc(hidden)]
    fn params() -> Vec<ParamFns>;
    /// Calls the function with what the bytes are. Gives its result, and the bytes of what it has updated, in order.
    #[doc(hidden)]
    fn call(self, arguments: &[&[u8]]) -> Result<(R, Vec<Vec<u8>>), NotCalled>;
}

/// Why a function wasn't called, or what it updated is lost.
#[derive(Debug)]
pub enum NotCalled {
    /// There are more arguments, or fewer, than it takes.
    Count,
    /// The argument of this number isn't one.
    Argument(usize, postcard::Error),
    /// What the argument of this number was updated to can't be encoded.
    Updated(usize, postcard::Error),
}

macro_rules! callables {
    ($($name:ident $index:tt),*) => {
        impl<Function, Gives, $($name: Param),*> Callable<($($name,)*), Gives> for Function
        where
            Function: for<'s> Fn($($name::Lent<'s>),*) -> Gives + Copy + Send + Sync + 'static,
        {
            fn params() -> Vec<ParamFns> {
                vec![$($name::FNS),*]
            }
            #[allow(unused_variables, unused_mut, non_snake_case)]
            fn call(self, arguments: &[&[u8]]) -> Result<(Gives, Vec<Vec<u8>>), NotCalled> {
                let [$($name),*] = arguments else { return Err(NotCalled::Count) };
                $(let mut $name = $name::decode($name).map_err(|error| NotCalled::Argument($index, error))?;)*
                let given = self($($name::lend(&mut $name)),*);
                let mut updated = Vec::new();
                $(if let Some(bytes) = $name::updated(&$name) {
                    updated.push(bytes.map_err(|error| NotCalled::Updated($index, error))?);
                })*
                Ok((given, updated))
            }
        }
    };
}
callables!();
callables!(A 0);
callables!(A 0, B 1);
callables!(A 0, B 1, C 2);
callables!(A 0, B 1, C 2, D 3);
callables!(A 0, B 1, C 2, D 3, E 4);
callables!(A 0, B 1, C 2, D 3, E 4, F 5);
callables!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
callables!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
callables!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
callables!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
callables!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
callables!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
