//! What names tell: methods and types of the standard library, and paths that are likely functions.

use crate::model::{Expr, Kind};

/// A path that is likely a function: its last segment is in lower case.
pub(crate) fn gives_function(path: &syn::ExprPath) -> bool {
    path.path.segments.last().is_some_and(|last| last.ident.to_string().starts_with(char::is_lowercase))
}

/// Whether a call's path names a type of the standard library, whose functions give no nodes.
pub(crate) fn is_known_type(func: &Expr) -> bool {
    matches!(&func.kind, Kind::Path(path) if names_known_type(path))
}

/// Whether a path goes through a type of the standard library.
pub(crate) fn names_known_type(path: &syn::ExprPath) -> bool {
    let Some(owner) = path.path.segments.iter().rev().nth(1) else { return false };
    const TYPES: &str = " Vec String Box Rc Arc HashMap HashSet BTreeMap BTreeSet VecDeque BinaryHeap Path \
        PathBuf Duration Instant Option Result Cow OsString Range RefCell Cell Mutex RwLock bool char str i8 \
        i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 Default Ordering ";
    TYPES.contains(&format!(" {} ", owner.ident))
}

/// Whether the function gives a value of the caller's own, and no borrow.
pub(crate) fn is_owned_constructor(func: &Expr) -> bool {
    let Kind::Path(path) = &func.kind else { return false };
    is_known_type(func)
        && path
            .path
            .segments
            .last()
            .is_some_and(|last| matches!(last.ident.to_string().as_str(), "new" | "with_capacity" | "from" | "default"))
}

/// Methods that put an argument into their receiver.
pub(crate) fn stores(name: &proc_macro2::Ident) -> bool {
    matches!(
        name.to_string().as_str(),
        "push"
            | "push_back"
            | "push_front"
            | "insert"
            | "extend"
            | "chain"
            | "zip"
            | "entry"
            | "or_insert"
            | "replace"
            | "resize"
            | "fill"
            | "append"
    )
}

/// Methods of an iterator that give on its elements as they are.
pub(crate) fn passes_elements(name: &str) -> bool {
    matches!(
        name,
        "rev"
            | "skip"
            | "take"
            | "step_by"
            | "peekable"
            | "fuse"
            | "by_ref"
            | "into_iter"
            | "skip_while"
            | "take_while"
            | "filter"
    )
}

/// Methods that give an element of a container, or what an `Option` holds.
pub(crate) fn takes_element(name: &str) -> bool {
    matches!(name, "unwrap" | "expect" | "unwrap_or_default" | "remove" | "swap_remove")
}

/// Methods of numbers, which take themselves and their arguments by value.
pub(crate) fn is_numeric(name: &str) -> bool {
    matches!(
        name,
        "max"
            | "min"
            | "clamp"
            | "powi"
            | "powf"
            | "pow"
            | "hypot"
            | "atan2"
            | "copysign"
            | "mul_add"
            | "rem_euclid"
            | "div_euclid"
            | "abs_diff"
            | "wrapping_add"
            | "wrapping_sub"
            | "wrapping_mul"
            | "saturating_add"
            | "saturating_sub"
            | "saturating_mul"
            | "checked_add"
            | "checked_sub"
            | "checked_mul"
            | "checked_div"
            | "total_cmp"
    )
}

/// Methods that are called on an element, and not on a container of more: those of numbers and texts, and the user's own.
pub(crate) fn is_element_method(name: &str) -> bool {
    const OWN: &str = " abs sqrt exp ln log10 log2 sin cos tan floor ceil round signum is_nan is_multiple_of count_ones         leading_zeros trailing_zeros to_bits to_uppercase to_lowercase trim trim_start trim_end as_str parse to_string         starts_with ends_with next_power_of_two is_power_of_two push_str ";
    is_numeric(name) || OWN.contains(&format!(" {name} ")) || !(is_std(name) || is_pipeline(name) || is_measure(name))
}

/// Methods that tell something of a container and touch no element.
pub(crate) fn is_measure(name: &str) -> bool {
    matches!(name, "len" | "is_empty" | "count" | "capacity" | "is_some" | "is_none")
}

/// Methods that give on what they find.
pub(crate) fn is_pipeline(name: &str) -> bool {
    matches!(
        name,
        "map"
            | "collect"
            | "into_iter"
            | "iter"
            | "iter_mut"
            | "zip"
            | "chain"
            | "rev"
            | "enumerate"
            | "skip"
            | "take"
            | "step_by"
            | "flat_map"
            | "flatten"
            | "filter_map"
            | "copied"
            | "cloned"
            | "first"
            | "last"
            | "first_mut"
            | "last_mut"
            | "get"
            | "get_mut"
            | "pop"
            | "pop_front"
            | "pop_back"
            | "next"
            | "next_back"
            | "nth"
            | "peek"
            | "reduce"
            | "ok"
            | "values_mut"
            | "as_ref"
            | "as_mut"
            | "as_deref"
            | "peekable"
            | "by_ref"
            | "windows"
            | "chunks"
            | "chunks_exact"
            | "values"
            | "into_values"
            | "as_slice"
            | "inspect"
            | "scan"
            | "cycle"
            | "fuse"
            | "and_then"
            | "then"
            | "to_vec"
            | "into_boxed_slice"
            | "map_or"
            | "map_or_else"
            | "unwrap_or"
            | "unwrap_or_else"
            | "or_else"
            | "split_off"
            | "drain"
            | "successors"
            | "from_fn"
            | "repeat_with"
            | "skip_while"
            | "take_while"
            | "filter"
    )
}

/// Methods of the standard library, which give no nodes where none came in.
pub(crate) fn is_std(name: &str) -> bool {
    const NAMES: &str = " abs all any append as_bytes as_deref as_mut as_path as_ref as_slice as_str bytes \
        capacity ceil chars checked_add checked_div checked_mul checked_sub chunks_mut clamp clear clone \
        cloned cmp collect contains contains_key copied cos count count_ones dedup display div_euclid drain \
        elapsed ends_with eq entry enumerate exp expect extend extension file_name file_stem fill filter \
        filter_map find first flat_map flatten floor fold from_fn ge get get_mut get_or_insert_with gt \
        insert into into_boxed_slice into_bytes into_iter into_string into_values is_dir is_empty is_err \
        is_file is_multiple_of is_none is_ok is_power_of_two is_some iter iter_mut join keys last lcm le \
        leading_zeros len lines ln log10 log2 lt map max max_by max_by_key min min_by min_by_key mul_add ne \
        next next_back next_power_of_two nth parent parse partial_cmp partition peek peekable pop pop_front \
        position pow powf powi product push push_back push_front push_str rem_euclid remove repeat replace \
        reserve resize retain rev reverse round saturating_add saturating_mul saturating_sub scan signum sin \
        skip skip_while sort sort_by sort_by_key sort_unstable split split_at split_at_mut split_first \
        split_last split_off split_once split_whitespace splitn sqrt starts_with step_by sum swap take \
        take_while tan then then_some to_bits to_lowercase to_owned to_path_buf to_string to_uppercase \
        to_vec trailing_zeros trim trim_end trim_start trim_end_matches trim_start_matches truncate unwrap \
        unwrap_or unwrap_or_default unwrap_or_else unzip values values_mut windows with_extension \
        wrapping_add wrapping_mul wrapping_sub zip chunks chunks_exact strip_prefix strip_suffix as_secs \
        as_millis as_secs_f64 or_default or_insert or_insert_with unwrap_or_default try_into and_then ok err ok_or unwrap_err ";
    NAMES.contains(&format!(" {name} "))
}
