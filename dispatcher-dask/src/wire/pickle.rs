//! The two pickles that are written: a graph for the scheduler, and an exception for a Python client.
//!
//! Both are templates of a few opcodes, and name only classes of Python's standard library and dask's own `TaskRef`.
//! There is no pickle reader: `pickle_scan` recognises the exception below, and looks for text in any other.

use bytes::Bytes;

/// `PROTO 4`.
pub(super) const PROTO: [u8; 2] = [0x80, 4];
/// Looks a class up by the module and the name on the stack.
pub(super) const STACK_GLOBAL: u8 = 0x93;
/// Makes a tuple of the one, or the two, on top of the stack.
pub(super) const TUPLE1: u8 = 0x85;
const TUPLE2: u8 = 0x86;
const EMPTY_TUPLE: u8 = b')';
const EMPTY_DICT: u8 = b'}';
const EMPTY_LIST: u8 = b']';
const NONE: u8 = b'N';
const MARK: u8 = b'(';
/// Sets all from the mark on in the dict below it; sets one; appends all from the mark on to the list below it.
const SETITEMS: u8 = b'u';
const SETITEM: u8 = b's';
const APPENDS: u8 = b'e';
/// Calls; gives an object its state; ends the pickle.
const REDUCE: u8 = b'R';
const BUILD: u8 = b'b';
const STOP: u8 = b'.';
/// Text with a length of one, four and eight bytes.
pub(super) const UNICODE: [u8; 3] = [0x8c, b'X', 0x8d];
/// Bytes with a length of one, four and eight bytes.
pub(super) const BYTES: [u8; 3] = [b'C', b'B', 0x8e];

/// The name of the attribute that carries our extra bytes in an exception.
pub(super) const EXTRA: &str = "dispatcher";

/// One task of a graph, as the scheduler is told of it.
#[derive(Debug, Clone)]
pub(crate) struct GraphTask<'t> {
    /// Its key.
    pub(crate) key: &'t str,
    /// The keys in this graph that it waits for.
    pub(crate) within: Vec<&'t str>,
    /// The keys of earlier graphs, or of scattered data, that it waits for.
    pub(crate) earlier: Vec<&'t str>,
    /// What the worker is given, under the annotation "rs".
    pub(crate) payload: &'t [u8],
    /// Larger runs first; the scheduler's own default is 0.
    pub(crate) priority: Option<i64>,
    /// How often it is run again after an error.
    pub(crate) retries: Option<u32>,
}

/// The graph's `expr_ser`: an object with the methods `__dask_graph__` and `__dask_annotations__`.
pub(crate) fn graph(tasks: &[GraphTask<'_>]) -> Bytes {
    let mut pickle =
        Pickle::with_capacity(256 + tasks.iter().map(|t| 96 + t.key.len() + t.payload.len()).sum::<usize>());
    pickle.global("types", "SimpleNamespace").ops(&[EMPTY_TUPLE, REDUCE, EMPTY_DICT, MARK]);

    pickle.text("__dask_graph__").constant_dict(|pickle| {
        for task in tasks {
            pickle.text(task.key).dependencies(task);
        }
    });
    pickle.text("__dask_annotations__").constant_dict(|pickle| {
        pickle.annotation("rs", tasks.iter().map(|task| (task.key, task.payload)), |pickle, payload| {
            pickle.bytes(payload);
        });
        let priorities = tasks.iter().filter_map(|task| Some((task.key, task.priority?)));
        pickle.annotation("priority", priorities, |pickle, priority| {
            pickle.int(priority);
        });
        let retries = tasks.iter().filter_map(|task| Some((task.key, i64::from(task.retries?))));
        pickle.annotation("retries", retries, |pickle, retries| {
            pickle.int(retries);
        });
    });

    pickle.ops(&[SETITEMS, BUILD, STOP]);
    Bytes::from(pickle.0)
}

/// A `RuntimeError(message)`, which a Python client raises; `extra` becomes its attribute `dispatcher`.
pub(crate) fn exception(message: &str, extra: Option<&[u8]>) -> Bytes {
    let mut pickle = Pickle::with_capacity(80 + message.len() + extra.map_or(0, <[u8]>::len));
    pickle.global("builtins", "RuntimeError").text(message).ops(&[TUPLE1, REDUCE]);
    if let Some(extra) = extra {
        pickle.ops(&[EMPTY_DICT]).text(EXTRA).bytes(extra).ops(&[SETITEM, BUILD]);
    }
    pickle.ops(&[STOP]);
    Bytes::from(pickle.0)
}

/// What is around the message and the extra bytes in an [`exception`]: before, between and after.
pub(super) fn exception_frame() -> [Vec<u8>; 3] {
    let mut head = Pickle::with_capacity(64);
    head.global("builtins", "RuntimeError");
    let mut between = Pickle(Vec::new());
    between.ops(&[TUPLE1, REDUCE, EMPTY_DICT]).text(EXTRA);
    [head.0, between.0, vec![SETITEM, BUILD, STOP]]
}

/// What follows the message in an [`exception`] without extra bytes.
pub(super) const EXCEPTION_END: [u8; 3] = [TUPLE1, REDUCE, STOP];

/// A pickle being written.
struct Pickle(Vec<u8>);

impl Pickle {
    /// A pickle of nothing yet.
    fn with_capacity(capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.extend(PROTO);
        Pickle(bytes)
    }

    /// Opcodes as they are.
    fn ops(&mut self, ops: &[u8]) -> &mut Self {
        self.0.extend_from_slice(ops);
        self
    }

    /// A class or function of a module.
    fn global(&mut self, module: &str, name: &str) -> &mut Self {
        self.text(module).text(name).ops(&[STACK_GLOBAL])
    }

    /// Text.
    fn text(&mut self, text: &str) -> &mut Self {
        self.sized(UNICODE, text.as_bytes())
    }

    /// Bytes.
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.sized(BYTES, bytes)
    }

    /// What has a length of one, four or eight bytes before it.
    fn sized(&mut self, [short, medium, long]: [u8; 3], bytes: &[u8]) -> &mut Self {
        if let Ok(len) = u8::try_from(bytes.len()) {
            self.ops(&[short, len]);
        } else if let Ok(len) = u32::try_from(bytes.len()) {
            self.ops(&[medium]).ops(&len.to_le_bytes());
        } else {
            self.ops(&[long]).ops(&(bytes.len() as u64).to_le_bytes());
        }
        self.ops(bytes)
    }

    /// An integer: `BININT` where it fits, else `LONG1`.
    fn int(&mut self, int: i64) -> &mut Self {
        match i32::try_from(int) {
            Ok(int) => self.ops(b"J").ops(&int.to_le_bytes()),
            Err(_) => self.ops(&[0x8a, 8]).ops(&int.to_le_bytes()),
        }
    }

    /// `functools.partial(dict, {…})`: a function without parameters that gives this dict.
    fn constant_dict(&mut self, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.global("functools", "partial").global("builtins", "dict").ops(&[EMPTY_DICT, MARK]);
        fill(self);
        self.ops(&[SETITEMS, TUPLE2, REDUCE])
    }

    /// The task as the scheduler reads it: `None`, or the list of what it waits for.
    fn dependencies(&mut self, task: &GraphTask<'_>) -> &mut Self {
        if task.within.is_empty() && task.earlier.is_empty() {
            return self.ops(&[NONE]);
        }
        self.ops(&[EMPTY_LIST, MARK]);
        for key in &task.within {
            self.text(key);
        }
        for key in &task.earlier {
            self.global("dask._task_spec", "TaskRef").text(key).ops(&[TUPLE1, REDUCE]);
        }
        self.ops(&[APPENDS])
    }

    /// One kind of annotation, for each key that has it; nothing where none has.
    fn annotation<'t, T>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = (&'t str, T)>,
        write: impl Fn(&mut Self, T),
    ) -> &mut Self {
        let mut values = values.peekable();
        if values.peek().is_none() {
            return self;
        }
        self.text(name).ops(&[EMPTY_DICT, MARK]);
        for (key, value) in values {
            self.text(key);
            write(self, value);
        }
        self.ops(&[SETITEMS])
    }
}
