//! [`Operation`]: a function that another process can be asked to call, by its name.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use super::param::{Callable, Encoded, NotCalled, ParamFns};
use super::reply::{Asks, Decode, Given, Reply};
use crate::raw::Plain;

type Call = dyn Fn(&[&[u8]], bool) -> Result<Vec<Vec<u8>>, CallError> + Send + Sync;

/// A function that is marked `#[remote]`: it can be called by its name, with arguments that are bytes.
///
/// Every process that runs the same program has the same operations.
pub struct Operation {
    name: &'static str,
    function: TypeId,
    params: Vec<ParamFns>,
    parts: usize,
    is_tuple: bool,
    asks: Asks,
    refused: Option<Decode>,
    decoders: Vec<(TypeId, Decode)>,
    call: Box<Call>,
}

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What went wrong.
    pub message: String,
    /// Whether the function gave an `Err` or a `None`.
    pub is_refusal: bool,
    /// The bytes of the error that it gave, where it has some.
    pub data: Option<Vec<u8>>,
}

impl CallError {
    fn new(message: String) -> Self {
        Self { message, is_refusal: false, data: None }
    }
}

impl Operation {
    /// The operation that calls `function`.
    pub fn of<P, R, F: Callable<P, R>>(name: &'static str, function: F, reply: Reply<R>) -> Self
    where
        R: 'static,
    {
        let give = reply.give;
        let call = move |arguments: &[&[u8]], asked: bool| {
            let (result, updated) =
                function.call(arguments).map_err(|error| CallError::new(not_called(name, &error)))?;
            match give(result, asked).map_err(|error| CallError::new(unsent(name, &error)))? {
                Given::Parts(mut parts) => {
                    parts.extend(updated);
                    Ok(parts)
                }
                Given::Refused { message, data } => Err(CallError { message, is_refusal: true, data }),
            }
        };
        Self {
            name,
            function: TypeId::of::<F>(),
            params: F::params(),
            parts: reply.parts,
            is_tuple: reply.is_tuple,
            asks: reply.asks,
            refused: reply.refused,
            decoders: reply.decoders.into_iter().chain([(TypeId::of::<R>(), reply.decode)]).collect(),
            call: Box::new(call),
        }
    }

    /// The operation of this name, if the program has one.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        registry().by_name.get(name).copied()
    }

    /// The names of all operations that the program has, in order.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        let mut names: Vec<_> = registry().by_name.keys().copied().collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn of_function(function: TypeId) -> Option<&'static Self> {
        registry().by_function.get(&function).copied()
    }

    /// The function's path: `weather::load`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How many parts its result is sent in; behind them come the values that it has updated.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.parts
    }

    /// Whether the parts are a tuple's elements.
    #[must_use]
    pub fn is_tuple(&self) -> bool {
        self.is_tuple
    }

    /// Whether its result can be asked (`?`).
    #[must_use]
    pub fn asks(&self) -> Asks {
        self.asks
    }

    /// How many arguments it takes.
    #[must_use]
    pub fn arity(&self) -> usize {
        self.params.len()
    }

    /// Calls the function with what the bytes are, and gives the bytes of its result, in parts, and of what it has updated. Where it
    /// is asked, an `Err` or a `None` is an error.
    ///
    /// # Errors
    /// The arguments aren't such as the function takes; its result can't be encoded; or it is a refusal.
    ///
    /// # Panics
    /// Where the function does.
    pub fn call(&self, arguments: &[&[u8]], asked: bool) -> Result<Vec<Vec<u8>>, CallError> {
        (self.call)(arguments, asked)
    }

    /// The bytes of a value that is the argument of this number, if it is of a type that the parameter takes.
    pub(crate) fn encode(&self, index: usize, value: Plain<'_>) -> Option<Encoded> {
        (self.params.get(index)?.encode)(value)
    }

    /// The type that the parameter of this number is sent as.
    pub(crate) fn param(&self, index: usize) -> Option<(TypeId, &'static str)> {
        self.params.get(index).map(|param| ((param.of)(), (param.name)()))
    }

    fn all_decoders(&self) -> impl Iterator<Item = (TypeId, Decode)> + '_ {
        let params = self.params.iter().map(|param| ((param.of)(), param.decode));
        params.chain(self.decoders.iter().copied())
    }

    /// The result that is a refusal, of the error's bytes; none if the error was sent as text alone.
    pub(crate) fn refusal(&self, data: &[u8]) -> Option<Result<Box<dyn Any + Send>, postcard::Error>> {
        Some((self.refused?)(data))
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("name", &self.name).finish_non_exhaustive()
    }
}

fn not_called(name: &str, error: &NotCalled) -> String {
    match error {
        NotCalled::Count => {
            format!("`{name}` takes another number of arguments: worker and client aren't the same program")
        }
        NotCalled::Argument(index, error) => {
            format!(
                "argument {} of `{name}` can't be read: {error}; are worker and client the same program?",
                index + 1
            )
        }
        NotCalled::Updated(index, error) => {
            format!("what `{name}` made of its argument {} can't be encoded: {error}", index + 1)
        }
    }
}

fn unsent(name: &str, error: &postcard::Error) -> String {
    format!("what `{name}` gave can't be encoded: {error}")
}

/// The value of these bytes, of a type that some operation takes or gives.
pub(crate) fn decode(of: TypeId, bytes: &[u8]) -> Option<Result<Box<dyn Any + Send>, postcard::Error>> {
    registry().decoders.get(&of).map(|decode| decode(bytes))
}

struct Registry {
    by_name: HashMap<&'static str, &'static Operation>,
    by_function: HashMap<TypeId, &'static Operation>,
    decoders: HashMap<TypeId, Decode>,
}

fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    static OPERATIONS: OnceLock<Vec<Operation>> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let declared = inventory::iter::<Declared>.into_iter();
        let operations = OPERATIONS.get_or_init(|| declared.map(|Declared(declare)| declare()).collect());
        let mut by_name = HashMap::new();
        let mut twice = Vec::new();
        for operation in operations {
            twice.extend(by_name.insert(operation.name, operation).map(|other| other.name));
        }
        // Nobody can be asked for one of them.
        by_name.retain(|name, _| !twice.contains(name));
        Registry {
            by_name,
            by_function: operations.iter().map(|operation| (operation.function, operation)).collect(),
            decoders: operations.iter().flat_map(Operation::all_decoders).collect(),
        }
    })
}

/// An operation that `#[remote]` has declared.
#[doc(hidden)]
pub struct Declared(pub fn() -> Operation);

inventory::collect!(Declared);
