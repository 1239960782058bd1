//! Large values between workers.

use std::time::Instant;

use super::client::{Client, task};
use super::cluster::Apart;
use super::support::Dask;

#[test]
fn large_values_go_from_worker_to_worker() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let mut client = Client::new(scheduler.address(), None);
    let _first = Apart::start(scheduler.address());
    client.run(&[task("big-0", "big 100000000", &[])]);
    // While the first is busy, all else goes to the second.
    client.send(&[task("sleep-0", "sleep 5000", &[])]);
    let _second = Apart::start(scheduler.address());
    client.send(&[task("sum-0", "sum", &[])]);
    client.wait("sum-0").expect("it runs");
    assert_ne!(client.holders("big-0"), client.holders("sum-0"));
    let [from, to] = ["big-0", "sum-0"].map(|key| client.holders(key).remove(0));
    for _ in 0..5 {
        let start = Instant::now();
        client.copy("big-0", &from, &to);
        println!("100 MB from worker to worker: {:.0} MB/s", 100.0 / start.elapsed().as_secs_f64());
        client.drop_copy("big-0", &to);
    }
    client.run(&[task("len-0", "len", &[]).after(&["big-0".to_owned()])]);
    assert_eq!(client.text("len-0"), "100000000");
    let start = Instant::now();
    assert_eq!(client.value("big-0").len(), 100_000_000);
    println!("100 MB from a worker to this client: {:.0} MB/s", 100.0 / start.elapsed().as_secs_f64());
}
