//! What is read from the scheduler, right and wrong.

use proptest::prelude::*;
use rmpv::Value;

use super::{Order, read, write};
use crate::wire::{Message as Received, WireError, map};
use crate::worker::event::{Event, Message, Status};
use crate::worker::runner::Failure;

/// Reads one op.
fn order(op: &Value) -> Result<Order, WireError> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, op).expect("memory takes all");
    let message = Received::new(vec![bytes.into()]);
    read(&message.value()?, &message)
}

/// A list of one text.
fn one(text: &str) -> Value {
    Value::Array(vec![Value::from(text)])
}

#[test]
fn a_compute_task_is_read() {
    let op = map! {
        "op" => "compute-task",
        "key" => "sum-1",
        "run_id" => 7,
        "priority" => vec![Value::from(0), Value::from(1), Value::from(2.5)],
        "stimulus_id" => "s",
        "who_has" => map! { "x" => one("tcp://peer:1"), "y" => map! { "__Set__" => true, "as-list" => one("tcp://peer:2") } },
        "nbytes" => map! { "x" => 10 },
        "run_spec" => Value::Nil,
        "resource_restrictions" => map! { "rs" => 0 },
        "actor" => false,
        "annotations" => map! { "rs" => Value::Binary(b"payload".to_vec()) },
        "span_id" => "span",
    };
    let Ok(Order::Event(Event::ComputeAsked(compute))) = order(&op) else { panic!("{:?}", order(&op)) };
    assert_eq!((&*compute.key, compute.run_id), ("sum-1", 7));
    assert_eq!(compute.priority, [0.0, 1.0, 2.5]);
    assert_eq!(compute.payload.as_deref(), Some(&b"payload"[..]));
    assert_eq!(compute.resources, [("rs".to_owned(), 0.0)]);
    let dependencies: Vec<_> =
        compute.dependencies.iter().map(|dep| (&*dep.key, &*dep.holders[0], dep.nbytes)).collect();
    assert_eq!(dependencies, [("x", "tcp://peer:1", 10), ("y", "tcp://peer:2", 0)]);
}

#[test]
fn a_task_that_cannot_be_read_has_failed() {
    let op = map! { "op" => "compute-task", "key" => "sum-1", "run_id" => 7, "priority" => "high" };
    let Ok(Order::Refuse(Message::TaskErred { key, run_id: 7, failure, .. })) = order(&op) else { panic!() };
    assert_eq!(&*key, "sum-1");
    assert!(failure.message.starts_with("the worker can't read the task: "), "{failure:?}");
    assert!(order(&map! { "op" => "compute-task", "priority" => "high" }).is_err());
}

#[test]
fn what_is_not_known_is_ignored() {
    assert!(matches!(order(&map! { "op" => "dance" }), Ok(Order::Ignore(what)) if what == "the op `dance`"));
    let op = map! { "op" => "worker-status-change", "status" => "init" };
    assert!(matches!(order(&op), Ok(Order::Ignore(what)) if what == "the status init"));
    assert!(matches!(order(&map! { "op" => "close" }), Ok(Order::Close(_))));
    assert!(order(&Value::from(1)).is_err());
}

#[test]
fn keys_that_are_not_text_are_passed_over() {
    let op = map! { "op" => "free-keys", "keys" => vec![Value::from("a"), Value::Array(vec![Value::from("b"), Value::from(1)])] };
    assert!(matches!(order(&op), Ok(Order::Event(Event::KeysFreed(keys))) if keys == ["a".into()]));
}

#[test]
fn an_answer_carries_the_stimulus_that_it_answers() {
    let (status, stimulus_id) = (Status::Paused, Some("theirs".to_owned()));
    let answer = write(Message::StatusChange { status, stimulus_id }, "ours");
    assert_eq!(answer["status"].as_str(), Some("paused"));
    assert_eq!(answer["stimulus_id"].as_str(), Some("theirs"));
    let erred = Message::TaskErred { key: "a".into(), run_id: 1, failure: Failure::new("no"), ran: None };
    assert_eq!(write(erred, "ours")["stimulus_id"].as_str(), Some("ours"));
}

/// Any msgpack, and often enough with the names of fields.
fn any_value() -> impl Strategy<Value = Value> {
    let words = [
        "op",
        "key",
        "keys",
        "run_id",
        "priority",
        "who_has",
        "nbytes",
        "annotations",
        "rs",
        "status",
        "worker",
        "compute-task",
        "free-keys",
        "acquire-replicas",
        "refresh-who-has",
        "worker-status-change",
        "as-list",
        "resource_restrictions",
        "__Serialized__",
    ];
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(Value::Binary),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((inner.clone(), inner), 0..8).prop_map(Value::Map),
        ]
    })
}

/// A message of this op whose fields are anything.
fn any_op() -> impl Strategy<Value = Value> {
    let ops =
        ["compute-task", "free-keys", "acquire-replicas", "refresh-who-has", "steal-request", "worker-status-change"];
    let fields =
        ["key", "keys", "run_id", "priority", "who_has", "nbytes", "annotations", "resource_restrictions", "status"];
    let field = (prop::sample::select(fields.to_vec()).prop_map(Value::from), any_value());
    (prop::sample::select(ops.to_vec()), prop::collection::vec(field, 0..9)).prop_map(|(op, mut fields)| {
        fields.push((Value::from("op"), Value::from(op)));
        Value::Map(fields)
    })
}

proptest! {
    #[test]
    fn nothing_that_is_read_panics(op in prop_oneof![any_value(), any_op()]) {
        let _ = order(&op);
    }
}
