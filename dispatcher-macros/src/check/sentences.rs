//! What the refusals say.
//!
//! Each is one sentence: what is wrong, and after the colon the way out.

use proc_macro2::Ident;

pub(super) const TRY_IN_CLOSURE: &str = "this `?` would end the closure, which runs now, by a value that is not computed until the \
     graph runs: make the closure's body a `#[dispatch]` function of its own";
pub(super) const TRY_IN_GRAPH: &str =
    "`?` would leave the function around `graph!`: put the block into a `#[dispatch]` function";
pub(super) const ASYNC: &str = "this would run outside of the graph: put what is waited for into an `async fn`, and write \
     `f(x).await` in a `#[dispatch] async fn`";
pub(super) const AWAIT: &str = "`.await` is for async functions: write `async fn`";
pub(super) const AWAIT_IN_CLOSURE: &str = "this closure runs now, and can't wait: make its body a `#[dispatch] async fn` of its \
     own, and call that here without `.await`";
pub(super) const UNSAFE: &str = "an `unsafe` block becomes one operation where it is one call of values, and here is more: \
     give the other calls names with a `let` before it, or put the unsafe code into a function, and call that function here";
pub(super) const NOT_LOWERED: &str = "this expression can't become part of a graph: move it into a function, and call that \
     function here";
pub(super) const REPEAT: &str = "a lazy value can't be repeated, because it is computed once: build the list in a function \
     that takes the value";
pub(super) const UNTYPED_COLLECTION: &str = "what these lazy values are collected into isn't written here, and can't be told from \
     what takes it: write `collect::<Vec<_>>()`";
pub(super) const RETURN_IN_GRAPH: &str = "`return` would leave the function around `graph!`: make the value the block's \
     tail, or put the block into a `#[dispatch]` function";
pub(super) const OP_OF_NOTHING: &str = "`op!` takes one call: write `op!(function(arguments))`";
pub(super) const OP_OF_CLOSURE: &str = "`op!` takes the call of a function, and this calls a local value: put the code into \
     a function";
pub(super) const OPTIONS_WITHOUT_OPERATION: &str = "this attribute sets an operation's option, and here is no operation: \
     put it on the `let` or the statement whose call becomes one";
pub(super) const EAGER_OPTIONS: &str = "an `#[eager]` call is no operation and has no options: remove `#[eager]` or the \
     other attributes";
pub(super) const REF_PATTERN: &str = "a lazy value can't be borrowed by a pattern: bind it by its name, and write `&` where \
     it is used";
pub(super) const ELEMENT_PATTERN: &str = "these elements are not computed until the graph runs, and a pattern can't look into them: \
     bind each by one name, and take it apart in a function that takes it";
pub(super) const ELEMENT_REFERENCE: &str = "a lazy value can't be taken out of a reference by a pattern: bind it by its name \
     (`x` for `&x`), and write `*x` where it is used";
pub(super) const REST_PATTERN: &str =
    "the parts of a lazy tuple can't be skipped with `..`: write `_` for each of them";
pub(super) const TUPLE_ARITY: &str = "a lazy tuple can be taken apart into one to eight parts: return a struct, and read its \
     fields";
pub(super) const DESTRUCTURING_ASSIGNMENT: &str = "a lazy value can't be assigned to a pattern: take it apart with `let`, \
     and assign the parts";

pub(super) const MOVE_LOOP: &str =
    "move the whole loop into a plain function, or into a `#[dispatch]` function that calls itself";
pub(super) const MOVE_LOOP_AND_REST: &str = "move the loop and everything after it into a plain function, or into a \
     `#[dispatch]` function that calls itself";
pub(super) const SPLIT: &str = "or split it first (`split_at_mut`)";
pub(super) const UNZIP: &str = "`unzip` puts lazy values into collections whose types are not written here: name them with \
     `let (a, b): (Vec<_>, Vec<_>) = …`, with `_` for the elements";

pub(super) fn needs_value(construct: &str, name: &str, way: &str) -> String {
    format!("this {construct} needs the value of {name}, which is not computed until the graph runs: {way}")
}

pub(super) fn move_construct(construct: &str, name: &str) -> String {
    format!("move the {construct} into a `#[dispatch]` function of its own and call that with {name}")
}

pub(super) fn move_rest(name: &str) -> String {
    format!("move everything from here on into a `#[dispatch]` function of its own and call that with {name}")
}

pub(super) fn in_function(receiver: &str, value: &str) -> String {
    format!("do this in a function that takes `{receiver}` and {value}")
}

pub(super) fn as_function(borrow: &str, call: &str) -> String {
    format!("call it as a function of its type, with the receiver{borrow} as the first argument: `{call}`")
}

pub(super) fn run_by_itself(value: &str) -> String {
    format!("call {value} by itself and use its value")
}

// Continuations of a way out.

pub(super) fn gives_back(receiver: &str) -> String {
    format!(", and gives `{receiver}` back")
}

pub(super) fn or_compute(name: &str) -> String {
    format!(", or compute {name} now, with `#[eager]` before its `let`")
}

pub(super) fn or_compute_each(names: &str, last: &str) -> String {
    format!(", or compute {names} and {last} now, with `#[eager]` before each `let`")
}

pub(super) fn or_call(call: &str) -> String {
    format!(", or call it now with `eager!({call})`")
}

pub(super) fn length(name: &str) -> String {
    format!(
        "this length is {name}, which is not computed until the graph runs: build the list in a function that takes {name}"
    )
}

pub(super) fn eager(written: &str, name: &Ident) -> String {
    format!(
        "`{name}` is not computed until the graph runs, so {written} can't use it: remove {written}, and do what needs the \
         value in a function that takes `{name}`"
    )
}

pub(super) fn borrowed_part(name: &str, part: &str) -> String {
    format!(
        "a part of {name} can't be borrowed into a variable, because {name} is not computed until the graph runs: write \
         `{part}` where it is used"
    )
}

pub(super) fn written_reference(name: &str, ty: &str) -> String {
    format!(
        "{name} is not computed until the graph runs, and can't become a `{ty}` here: leave the type out, and it becomes one \
         where it is used"
    )
}

pub(super) fn borrowing_method(method: &str, name: &str, chain: &str) -> String {
    format!(
        "`{method}` borrows from {name}, and an operation's result must own what it gives: go on to an owned value in the \
         same chain, as in `{chain}`"
    )
}

pub(super) fn lost_value(ty: &str) -> String {
    format!(
        "this function gives `{ty}`, and its last statement gives nothing: remove this semicolon, or write the value after it"
    )
}

pub(super) fn no_value(ty: &str) -> String {
    format!("this function gives `{ty}`, and its block ends without a value: write the value as its last line")
}

pub(super) fn no_else(ty: &str) -> String {
    format!("this function gives `{ty}`, and this `if` gives nothing where its condition is false: write an `else`")
}

pub(super) fn loop_as_value(construct: &str, ty: &str) -> String {
    format!("this function gives `{ty}`, and a {construct} gives nothing: write the value after it")
}

pub(super) fn empty_return(ty: &str) -> String {
    format!("this function gives `{ty}`, and this `return` gives nothing: write the value after `return`")
}

pub(super) fn lazy_index(name: &str) -> String {
    format!(
        "this index is {name}, which is not computed until the graph runs: index in a function that takes the collection \
         and {name}"
    )
}

pub(super) fn range(name: &str) -> String {
    format!(
        "a bound of this range is {name}, which is not computed until the graph runs: make the range in a function that \
         takes {name}"
    )
}

pub(super) fn field(name: &str) -> String {
    format!(
        "{name} is not computed until the graph runs, and can't be stored in a plain value: build the whole value in a \
         function that takes {name}"
    )
}

pub(super) fn assigned_part(name: &str) -> String {
    format!(
        "{name} is not computed until the graph runs, so no part of it can be assigned here: assign it in a function that \
         takes `&mut`, and call that with {name}"
    )
}

pub(super) fn pattern(name: &str) -> String {
    format!(
        "only tuples of lazy values can be taken apart, and {name} is not computed until the graph runs: bind it by one name \
         and read its fields, or take it apart in a function"
    )
}

pub(super) fn printing(mac: &str, name: &str) -> String {
    format!(
        "`{mac}!` needs the value of {name}, which is not computed until the graph runs: call a function that takes {name} \
         and does the formatting"
    )
}

pub(super) fn asserting(mac: &str, name: &str) -> String {
    format!(
        "`{mac}!` needs the value of {name}, which is not computed until the graph runs: assert in a function that takes \
         {name}"
    )
}

pub(super) fn opaque(mac: &str, name: &str) -> String {
    format!(
        "what `{mac}!` does with {name} can't be seen, and {name} is not computed until the graph runs: use the macro in a \
         function that takes {name}"
    )
}

pub(super) fn inline_mention(mac: &str, name: &str) -> String {
    format!(
        "`{name}` is lazy and stands inside the text of `{mac}!`, where the closure can't be given its value: write it as an \
         argument after the text"
    )
}

pub(super) fn plain_receiver(method: &str, value: &str, way: &str) -> String {
    format!("`{method}` would run now, and its argument `{value}` is not computed until the graph runs: {way}")
}

pub(super) fn plain_callee(func: &str, value: &str) -> String {
    format!(
        "`{func}` is called now, and {value} is not computed until the graph runs: give `{func}` and {value} to a function \
         that makes the call"
    )
}

pub(super) fn deciding(method: &str, value: &str) -> String {
    format!(
        "`{method}` runs now and needs the value of {value}, which is not computed until the graph runs: do this in a \
         function that takes the whole collection"
    )
}

pub(super) fn reduction(method: &str) -> String {
    format!(
        "`{method}` needs the values of these lazy elements, which are not computed until the graph runs: collect them into \
         a `Vec` and call a function that takes it"
    )
}

pub(super) fn collected(ty: &str) -> String {
    format!(
        "`collect` would make the `{ty}` now, and these elements are not computed until the graph runs: collect them into a \
         `Vec`, and make the `{ty}` in a function that takes it"
    )
}

pub(super) const CONCAT: &str = "`concat` needs the values of these lazy elements, which are not computed until the graph runs: call \
     a function that takes the whole collection and concatenates it";

pub(super) fn key(ty: &str, name: &str) -> String {
    format!(
        "a `{ty}` compares its keys now, and {name} is not computed until the graph runs: collect the keys into a `Vec`, and \
         fill the `{ty}` in a function that takes it"
    )
}

pub(super) fn given_to_closure(name: &str) -> String {
    format!(
        "{name} is given a lazy value where this closure is called, and closures run now: make it a function, whose calls are \
         operations"
    )
}

pub(super) fn plain_update(name: &Ident) -> String {
    format!(
        "`{name}` is a plain local, and an operation that updates it would run after this function is done: let an operation \
         give `{name}`, or update it now with `eager!`"
    )
}

pub(super) fn kept_update(name: &str) -> String {
    format!("a `&mut` of {name} can only be given to a call: write `&mut` in the call's arguments")
}

pub(super) fn unique_parameter(name: &Ident, way: &str) -> String {
    format!(
        "the `&mut` parameter `{name}` is given to an operation and used again, and operations may run at the same time: do \
         both in one function, {way}"
    )
}

pub(super) fn take_apart(name: &Ident, fields: &[String]) -> String {
    let ty = if name == "self" { "Self" } else { "Type" };
    let fields = fields.join(", ");
    format!("or take it apart first (`let {ty} {{ {fields}, .. }} = {name};`)")
}

pub(super) fn captured_update(name: &Ident) -> String {
    format!(
        "this closure runs later, inside the operation, on a copy of `{name}`: give the new value back from the function \
         instead of changing `{name}` here"
    )
}
