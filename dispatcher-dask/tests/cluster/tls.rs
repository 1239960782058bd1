//! A cluster whose connections are all encrypted.

use std::time::Duration;

use dispatcher::remote::RemoteExecutor as _;
use dispatcher_dask::{DaskOptions, Security};

use crate::ops::*;
use crate::support::{Certificates, Dask};
use crate::within::within;
use crate::workers::Worker;

fn security(certificates: &Certificates) -> Security {
    Security { ca_file: certificates.ca(), cert: certificates.cert(), key: certificates.key() }
}

#[test]
fn graphs_run_over_tls() {
    let Some(dask) = Dask::get() else { return };
    within(180, || {
        let scheduler = dask.scheduler_with(&[], Some(Certificates::new()));
        let certificates = scheduler.certificates().unwrap();
        assert!(scheduler.address().starts_with("tls://"));
        let _a = Worker::start_with(scheduler.address(), "a", 1, Some(certificates));
        let _b = Worker::start_with(scheduler.address(), "b", 1, Some(certificates));
        let options = DaskOptions::new(scheduler.address()).security(security(certificates));
        let executor = options.connect().unwrap();
        let names: Vec<String> = ["a", "bc", "def"].map(String::from).to_vec();
        assert_eq!(executor.run(squares(50)).unwrap(), 40_425);
        assert_eq!(executor.run(halved(14)).unwrap(), Err(Refusal::Odd(7)));
        assert_eq!(executor.run(report(&names, 3)).unwrap(), 6.0);
        assert_eq!(scheduler.python("print(len(client.scheduler_info()['workers']))"), "2");
    });
}

#[test]
fn another_ca_is_refused() {
    let Some(dask) = Dask::get() else { return };
    within(180, || {
        let scheduler = dask.scheduler_with(&[], Some(Certificates::new()));
        let other = Certificates::new();
        let options = || DaskOptions::new(scheduler.address()).connect_timeout(Duration::from_secs(5));
        let error = options().security(security(&other)).connect().unwrap_err().to_string();
        for part in ["no TLS connection with", scheduler.address(), "certificates of the same CA"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        // Ours trusts the scheduler, which doesn't trust ours.
        let mut mixed = security(&other);
        mixed.ca_file = scheduler.certificates().unwrap().ca();
        let error = options().security(mixed).connect().unwrap_err().to_string();
        assert!(error.contains("certificate") && error.contains(scheduler.address()), "{error}");
        let error = options().connect().unwrap_err().to_string();
        assert!(error.contains("needs certificates") && error.contains("Security"), "{error}");
        // A worker with them leaves.
        let mut worker = Worker::start_with(scheduler.address(), "a", 1, Some(&other));
        assert!(!worker.end().success());
    });
}
