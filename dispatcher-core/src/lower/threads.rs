//! What may go to another thread: the sentences for what may not.
//!
//! A wrapper's methods ask for `Send`, or `Send` and `Sync`, by themselves; what has neither gets to a last method, which is
//! refused through one of these traits, and whose result is no further mistake.

/// Another thread, which [`Takes`] and [`Shares`] values.
#[derive(Debug)]
pub struct AnotherThread;

/// Nothing implements this trait: it says why an operation can't take a value.
#[diagnostic::on_unimplemented(
    message = "an operation may run on another thread, and can't take this `{V}`, because it is not `Send`",
    label = "this is not `Send`",
    note = "use what threads can share (`Arc` for `Rc`, `Mutex` for `RefCell`, an atomic for `Cell`, `dyn Trait + Send`, \
            `T: Send` for a type parameter), or call the function now with `eager!`"
)]
pub trait Takes<V: ?Sized> {}

/// Nothing implements this trait: it says why an operation can't be lent a value.
#[diagnostic::on_unimplemented(
    message = "an operation may run on another thread, and can't be lent this `{V}`, because it is not `Send` and `Sync`",
    label = "this is not `Send` and `Sync`",
    note = "use what threads can share (`Arc` for `Rc`, `Mutex` for `RefCell`, an atomic for `Cell`, `dyn Trait + Send + Sync`, \
            `T: Send + Sync` for a type parameter), or call the function now with `eager!`"
)]
pub trait Shares<V: ?Sized> {}

/// What an operation can give. The name is what rustc tells users to write.
#[diagnostic::on_unimplemented(
    message = "an operation may run on another thread, and can't give a `{Self}`, because that is not `Send`",
    label = "this gives a `{Self}`, which is not `Send`",
    note = "give what threads can share (`Arc` for `Rc`, `Mutex` for `RefCell`, an atomic for `Cell`, `dyn Trait + Send`, \
            `T: Send` for a type parameter), or call the function now with `eager!`"
)]
pub trait Send: std::marker::Send {}
#[diagnostic::do_not_recommend]
impl<T: std::marker::Send> Send for T {}

/// Nothing implements this trait: it says why a function with `?` can't give a value. So rustc doesn't know what its questions are,
/// and says nothing more of them.
#[diagnostic::on_unimplemented(
    message = "an operation may run on another thread, and can't give a `{V}`, because that is not `Send`",
    label = "this is not `Send`",
    note = "give what threads can share (`Box<dyn Error + Send + Sync>` for `Box<dyn Error>`, `Arc` for `Rc`, `T: Send` for a type \
            parameter)"
)]
pub trait Gives<V: ?Sized> {
    /// What the function asks.
    type Questions;
}
