//! The wire format: what is written is read back, what is hostile is refused, and Python reads our pickles.
//!
//! The modules under test are no part of the crate's API, so they are compiled into this test as they are.

// The processes of the tests are kept in check by Unix's means.
#![cfg(unix)]

#[allow(dead_code, unused_imports, missing_docs)]
#[path = "../src/wire/mod.rs"]
mod wire;

#[allow(dead_code)]
mod support;

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use rmpv::{Value, ValueRef};
use wire::{Decoder, Fields, GraphTask, Limits, Message, Outgoing, RemoteError, WireError, protocol, read_exception};

/// The messages in `bytes`, which come in pieces of `step`; the most that was ever reserved is checked.
fn decode_all(limits: Limits, bytes: &[u8], step: usize) -> Result<Vec<Vec<Bytes>>, WireError> {
    let (mut decoder, mut buffer, mut messages) = (Decoder::new(limits), BytesMut::new(), Vec::new());
    for piece in bytes.chunks(step.max(1)) {
        assert!(decoder.reserve(&buffer) <= buffer.len().max(64 * 1024), "no more is reserved than has come");
        buffer.extend_from_slice(piece);
        while let Some(frames) = decoder.decode(&mut buffer)? {
            messages.push(frames);
        }
    }
    Ok(messages)
}

/// All that can be read of a message; nothing of it may panic.
fn read_everything(message: &Message) {
    let Ok(value) = message.value() else { return };
    let _ = message.payload(&value);
    if let Ok(fields) = Fields::of(&value, "a message") {
        for (name, value) in fields.iter() {
            let _ = (fields.text(name), fields.int(name), fields.list(name), fields.texts(name), fields.bytes(name));
            if let Ok(bytes) = message.payload(value) {
                read_exception(&bytes);
            }
        }
    }
}

proptest! {
    #[test]
    fn frames_round_trip(messages in vec(vec(vec(any::<u8>(), 0..300), 0..6), 0..5), step in 1usize..700) {
        let mut bytes = Vec::new();
        for frames in &messages {
            let frames = frames.iter().map(|frame| vec![Bytes::from(frame.clone())]).collect();
            wire::encode(frames).iter().for_each(|piece| bytes.extend_from_slice(piece));
        }
        prop_assert_eq!(decode_all(Limits::default(), &bytes, step).unwrap(), messages);
    }

    #[test]
    fn hostile_bytes_are_refused_or_read(bytes in vec(any::<u8>(), 0..400), step in 1usize..50) {
        if let Ok(messages) = decode_all(Limits { bytes: 1 << 20, frames: 64 }, &bytes, step) {
            messages.into_iter().for_each(|frames| read_everything(&Message::new(frames)));
        }
        read_everything(&Message::new(vec![Bytes::from(bytes.clone()), Bytes::from(bytes.clone())]));
        read_exception(&Bytes::from(bytes));
    }

    #[test]
    fn damaged_messages_never_panic(cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte: u8) {
        let pickle = wire::exception("it broke", Some(b"extra"));
        let whole = Message::new(frames_of(Outgoing::with_pickle(
            &wire::map! { "op" => "task-erred", "key" => "a", "exception" => Outgoing::pickle_placeholder() },
            pickle.clone(),
        )));
        read_everything(&whole);
        let graph = protocol::update_graph(wire::graph(&[]), ["a"].into_iter(), [("a", 0)].into_iter());
        for bytes in [pickle, flat(graph)] {
            let mut damaged = bytes.to_vec();
            damaged[at.index(bytes.len())] = byte;
            damaged.truncate(cut.index(bytes.len() + 1));
            read_exception(&Bytes::from(damaged.clone()));
            for frames in decode_all(Limits::default(), &damaged, 7).unwrap_or_default() {
                read_everything(&Message::new(frames));
            }
        }
    }

    #[test]
    fn values_round_trip_without_a_copy(small in vec(any::<u8>(), 0..100), large in 4096usize..20_000) {
        let large = Bytes::from(vec![7u8; large]);
        let values = [("small", Bytes::from(small.clone())), ("large", large.clone())];
        let outgoing = Outgoing::with_values(&[("status", Value::from("OK"))], "data", values.into_iter()).unwrap();
        let pieces = outgoing.into_pieces();
        prop_assert!(pieces.iter().any(|piece| piece.as_ptr() == large.as_ptr()), "it is written from where it is");
        let bytes: Vec<u8> = pieces.concat();
        let frames = decode_all(Limits::default(), &bytes, usize::MAX).unwrap().remove(0);
        let base = frames[0].as_ptr() as usize..frames[0].as_ptr() as usize + frames[0].len();
        let message = Message::new(frames);
        let value = message.value().unwrap();
        let data = Fields::of(&value, "the reply").unwrap().map("data").unwrap();
        let read = message.payload(data.required("large").unwrap()).unwrap();
        prop_assert!(base.contains(&(read.as_ptr() as usize)), "it is read where it was received");
        prop_assert_eq!(read, large);
        prop_assert_eq!(message.payload(data.required("small").unwrap()).unwrap(), small);
    }

    #[test]
    fn our_exceptions_come_back_whole(message in ".{0,300}", data in prop::option::of(vec(any::<u8>(), 0..300))) {
        let read = read_exception(&wire::exception(&message, data.as_deref()));
        prop_assert_eq!(read, RemoteError { message, class: None, data: data.map(Bytes::from) });
    }
}

/// The frames that a message is written as.
fn frames_of(outgoing: Outgoing) -> Vec<Bytes> {
    decode_all(Limits::default(), &flat(outgoing), usize::MAX).unwrap().remove(0)
}

/// A message as it goes over the wire.
fn flat(outgoing: Outgoing) -> Bytes {
    Bytes::from(outgoing.into_pieces().concat())
}

#[test]
fn huge_claims_are_refused_before_anything_is_reserved() {
    let limits = Limits { bytes: 1000, frames: 10 };
    let claim = |numbers: &[u64]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    let refused = |numbers: &[u64]| decode_all(limits, &claim(numbers), usize::MAX).unwrap_err();
    assert_eq!(refused(&[0, u64::MAX]), WireError::TooManyFrames { claimed: u64::MAX, limit: 10 });
    assert_eq!(refused(&[0, 2, u64::MAX, u64::MAX]), WireError::TooLarge { claimed: u64::MAX, limit: 1000 });
    assert_eq!(refused(&[0, 1, 1001]).to_string(), "a message of 1001 bytes is over the limit of 1000");
    // Within the limit of a large message, but its bytes never come: only a chunk is asked for.
    let mut decoder = Decoder::new(Limits::default());
    let mut buffer = BytesMut::from(claim(&[0, 1, 4 << 30]).as_slice());
    assert_eq!(decoder.decode(&mut buffer), Ok(None));
    assert_eq!(decoder.reserve(&buffer), 64 * 1024);
}

#[test]
fn deep_nesting_and_false_lengths_in_msgpack_are_errors() {
    let deep = [vec![0x91; 100_000], vec![0xc0]].concat();
    // An array, a map, a text and bytes that claim four billion elements.
    for bytes in [deep, vec![0xdd, 255, 255, 255, 255], vec![0xdf, 255, 255, 255, 255], vec![0xdb, 255, 255, 255, 255]]
    {
        let error = Message::new(vec![Bytes::from(bytes)]).value().unwrap_err();
        assert!(error.to_string().starts_with("not a msgpack message: "), "{error}");
    }
    assert_eq!(Message::new(Vec::new()).value().unwrap_err(), WireError::NoFrame { index: 0, frames: 0 });
}

#[test]
fn errors_name_the_message_and_the_field() {
    let message = Message::new(frames_of(Outgoing::new(&wire::map! { "op" => "free-keys", "keys" => 3 })));
    let value = message.value().unwrap();
    let fields = Fields::of(&value, "a message").unwrap();
    assert_eq!(
        fields.texts("keys").unwrap_err().to_string(),
        "`free-keys` has a field `keys` that isn't a list of texts"
    );
    assert_eq!(fields.text("stimulus_id").unwrap_err().to_string(), "`free-keys` lacks the field `stimulus_id`");
}

#[test]
fn sets_read_as_lists() {
    let set = wire::map! { "__Set__" => true, "as-list" => vec![Value::from("a"), Value::from("b")] };
    let message = Message::new(frames_of(Outgoing::new(&wire::map! { "keys" => set })));
    let value = message.value().unwrap();
    assert_eq!(Fields::of(&value, "a message").unwrap().texts("keys").unwrap(), ["a", "b"]);
}

#[test]
fn serialized_placeholders_give_the_bytes_behind_them() {
    let pickle = wire::exception("no", None);
    let ops =
        wire::map! { "exception" => Outgoing::pickle_placeholder(), "bad" => wire::map! { "__Serialized__" => 9 } };
    let message = Message::new(frames_of(Outgoing::with_pickle(&ops, pickle.clone())));
    let value = message.value().unwrap();
    let fields = Fields::of(&value, "a message").unwrap();
    assert_eq!(message.payload(fields.required("exception").unwrap()).unwrap(), pickle);
    let missing = message.payload(fields.required("bad").unwrap()).unwrap_err();
    assert_eq!(missing.to_string(), "the message refers to its frame 9, and has 3");
    assert_eq!(message.payload(&ValueRef::from(1)).unwrap_err(), WireError::Shape("bytes"));
}

#[test]
fn old_schedulers_are_refused_with_a_sentence() {
    let sentence = "the scheduler runs distributed 2024.12.1; dispatcher speaks to 2025.4.0 and later";
    assert_eq!(protocol::refusal("2024.12.1").as_deref(), Some(sentence));
    for fine in ["2025.4.0", "2025.4.1+3.gabc", "2026.8.0", "unknown", ""] {
        assert_eq!(protocol::refusal(fine), None, "{fine}");
    }
    assert!(protocol::refusal("2025.3").is_some());
}

/// Bytes as a Python literal.
fn literal(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("bytes.fromhex('{hex}')")
}

#[test]
fn python_raises_our_exception_with_its_message_and_extra_bytes() {
    let Some(dask) = support::Dask::get() else { return };
    let long = "é".repeat(200);
    let script = format!(
        "import pickle\n\
         e = pickle.loads({})\n\
         assert type(e) is RuntimeError and str(e) == 'it broke' and e.dispatcher == b'\\x00extra', e\n\
         e = pickle.loads({})\n\
         assert str(e) == 'é' * 200 and not hasattr(e, 'dispatcher')\n\
         print('fine')",
        literal(&wire::exception("it broke", Some(b"\0extra"))),
        literal(&wire::exception(&long, None)),
    );
    assert_eq!(dask.python(&script), "fine");
}

#[test]
fn python_reads_our_graph() {
    let Some(dask) = support::Dask::get() else { return };
    let task =
        GraphTask { key: "a", within: vec![], earlier: vec![], payload: b"pa", priority: Some(-3), retries: None };
    let long = "k".repeat(300);
    let tasks = [
        task.clone(),
        GraphTask {
            key: &long,
            within: vec!["a"],
            earlier: vec!["old"],
            priority: Some(1 << 40),
            retries: Some(2),
            ..task
        },
    ];
    let script = format!(
        "import pickle, dask\n\
         from dask._task_spec import TaskRef\n\
         g = pickle.loads({})\n\
         k = 'k' * 300\n\
         assert g.__dask_graph__() == {{'a': None, k: ['a', TaskRef('old')]}}, g.__dask_graph__()\n\
         a = g.__dask_annotations__()\n\
         assert a == {{'rs': {{'a': b'pa', k: b'pa'}}, 'priority': {{'a': -3, k: 1 << 40}}, 'retries': {{k: 2}}}}, a\n\
         print('fine')",
        literal(&wire::graph(&tasks)),
    );
    assert_eq!(dask.python(&script), "fine");
}

#[test]
fn foreign_exceptions_are_told_by_class_and_text() {
    let Some(dask) = support::Dask::get() else { return };
    let script = "import pickle\n\
        from distributed.scheduler import KilledWorker, WorkerState\n\
        from distributed.core import error_message\n\
        def raised(e):\n    \
            try: raise e\n    \
            except Exception as e: return error_message(e)['exception'].data\n\
        for e in [pickle.dumps(ValueError('bad things')), raised(KeyError('odd')), \n          \
                  pickle.dumps(KilledWorker('inc-1', 'tcp://h:1', 3)), pickle.dumps(RuntimeError())]:\n    \
            print(e.hex())";
    let pickles = dask.python(script);
    let read: Vec<_> = pickles.lines().map(|hex| read_exception(&unhex(hex))).collect();
    let told: Vec<_> = read.iter().map(|e| (e.class.as_deref().unwrap_or("?"), e.message.as_str())).collect();
    let killed =
        "the workers that ran `inc-1` died, one after another (the last was tcp://h:1): their logs may tell why";
    assert_eq!(
        told,
        [
            ("ValueError", "bad things"),
            ("KeyError", "odd"),
            ("KilledWorker", killed),
            ("RuntimeError", "(without a message)"),
        ]
    );
}

/// The bytes of hexadecimal digits.
fn unhex(hex: &str) -> Bytes {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}
