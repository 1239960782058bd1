//! Python beside us: a client that watches, and a worker in the same cluster.

use dispatcher::prelude::*;
use dispatcher_dask::DaskExecutor;

use crate::ops::*;
use crate::support::Dask;
use crate::within::{Gates, within};
use crate::workers::Worker;

/// Finds the key of an operation's task, as soon as there is one.
const FIND: &str = "
import time
from distributed import Future, wait
def find(operation):
    while True:
        keys = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))
        for key in keys:
            if key.startswith(operation + '-'):
                return key
        time.sleep(0.05)
def future(operation):
    key = find(operation)
    future = Future(key, client)
    client._send_to_scheduler({'op': 'client-desires-keys', 'keys': [key], 'client': client.id})
    # Until the scheduler knows that we want it, too.
    while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks[key].who_wants)) < 2:
        time.sleep(0.05)
    return future
";

#[test]
fn a_python_client_sees_our_keys_finish() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let scheduler = dask.scheduler();
        let _workers = Worker::some(scheduler.address(), 2);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        let gates = Gates::new();
        let path = gates.path().to_owned();
        // The operation goes on when the client opens its gate.
        let run = std::thread::spawn(move || {
            let given = executor.run_all([op!(gate(&path, "a", 7_u64)), op!(pass(&path, "b", 8_u64))]);
            given.into_iter().map(Result::unwrap).collect::<Vec<_>>()
        });
        let script = format!(
            "{FIND}
late = future('gate')
print(late.status)
open('{path}/a.open', 'w').close()
wait(late)
print(late.status, late.exception(), type(late.result()).__name__)",
            path = gates.path()
        );
        let seen = scheduler.python(&script);
        let value = run.join().unwrap();
        assert_eq!(seen, "pending\nfinished None bytes");
        assert_eq!(value, [7, 8]);
    });
}

#[test]
fn a_python_client_sees_our_errors() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let scheduler = dask.scheduler();
        let _workers = Worker::some(scheduler.address(), 2);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        let gates = Gates::new();
        let path = gates.path().to_owned();
        let run = std::thread::spawn(move || executor.run(fails_at(&path, 7)).unwrap_err().to_string());
        let script = format!(
            "{FIND}
failing = future('panics_at')
open('{path}/a.open', 'w').close()
error = failing.exception()
print(type(error).__name__, error)
try:
    failing.result()
except RuntimeError as raised:
    print(raised)",
            path = gates.path()
        );
        let seen = scheduler.python(&script);
        let error = run.join().unwrap();
        assert!(error.contains("no 7 today"), "{error}");
        let sentence = "`cluster::ops::panics_at` panicked: no 7 today";
        assert_eq!(seen, format!("RuntimeError {sentence}\n{sentence}"));
    });
}

/// Python's own work goes on beside them.
#[test]
fn only_our_workers_run_our_operations() {
    let Some(dask) = Dask::get() else { return };
    within(180, || {
        let scheduler = dask.scheduler();
        let _python = scheduler.python_worker("python", &[]);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        let _ours = Worker::some(scheduler.address(), 1);
        let given = executor.run_all([squares(200), fib(8), chain(50)]);
        assert_eq!(given.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [2_646_700, 21, 1226]);
        // The Python worker's log has all that it was asked to compute.
        let script = "
workers = client.scheduler_info()['workers']
python = [address for address, worker in workers.items() if worker['name'] == 'python']
def asked(dask_worker):
    return sum(entry[1] == 'compute-task' for entry in dask_worker.state.log)
print(len(workers), *client.run(asked, workers=python).values())
print(client.submit(lambda n: n + 1, 41, workers=python).result())
print(*client.run(asked, workers=python).values())";
        assert_eq!(scheduler.python(script), "2 0\n42\n1");
    });
}
