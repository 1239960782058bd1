//! A real dask for the tests: a virtual environment of its own, schedulers, Python workers and Python clients.
//!
//! The environment is made under `target/dask` on first use. `DISPATCHER_DASK_VERSION` names another version, and
//! `DISPATCHER_SKIP_DASK=1` skips all that needs dask, aloud.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The version that is tested by default.
const VERSION: &str = "2026.8.0";

/// How long anything of dask's may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A Python that has dask.distributed.
pub struct Dask {
    python: PathBuf,
    /// The version of distributed.
    pub version: String,
}

impl Dask {
    /// The environment, made if it isn't there; nothing where the tests are told to do without.
    pub fn get() -> Option<&'static Dask> {
        static DASK: OnceLock<Dask> = OnceLock::new();
        if std::env::var_os("DISPATCHER_SKIP_DASK").is_some_and(|skip| skip == "1") {
            // Not by `eprintln!`, which is shown only of tests that fail.
            let told = std::io::stderr().write_all(b"SKIPPED: DISPATCHER_SKIP_DASK=1, so dask isn't tested against\n");
            told.expect("the standard error can be written");
            return None;
        }
        Some(DASK.get_or_init(Dask::make))
    }

    /// Makes the environment, or finds it.
    fn make() -> Dask {
        let version = std::env::var("DISPATCHER_DASK_VERSION").unwrap_or_else(|_| VERSION.to_owned());
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dask").join(format!("venv-{version}"));
        if !target.join("ready").exists() {
            let made =
                Command::new("python3").arg("-c").arg(include_str!("venv.py")).arg(&target).arg(&version).output();
            let why = match made {
                Ok(output) if output.status.success() => None,
                Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
                Err(error) => Some(error.to_string()),
            };
            if let Some(why) = why {
                panic!(
                    "the tests against dask need python3 (3.10 or later) with venv and pip, and PyPI for \
                     distributed=={version}; install them, or set DISPATCHER_SKIP_DASK=1 to do without:\n{why}"
                );
            }
        }
        Dask { python: target.join("bin/python"), version }
    }

    /// Runs a script to its end, and gives what it prints, trimmed.
    pub fn python(&self, script: &str) -> String {
        let output = Command::new(&self.python).arg("-c").arg(script).output().expect("Python runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the script fails:\n{script}\n{error}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Starts a scheduler.
    pub fn scheduler(&self) -> Scheduler<'_> {
        self.scheduler_with(&[], None)
    }

    /// Starts a scheduler with more environment (dask's configuration: `DASK_DISTRIBUTED__…`), and TLS if it is given.
    pub fn scheduler_with(&self, env: &[(&str, &str)], tls: Option<Certificates>) -> Scheduler<'_> {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let file = directory.path().join("scheduler.json");
        let mut command = self.command("scheduler", tls.as_ref());
        command.args(["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file"]).arg(&file);
        command.envs(env.iter().copied());
        let process = Process::start(command, directory.path().join("scheduler.log"));
        let address = || {
            let text = std::fs::read_to_string(&file).ok()?;
            let (_, rest) = text.split_once("\"address\": \"")?;
            Some(rest.split_once('"')?.0.to_owned())
        };
        let address = wait_for("the scheduler listens", &process, address);
        Scheduler { dask: self, process, address, tls, directory }
    }

    /// A command of dask's own, on a leash.
    fn command(&self, what: &str, tls: Option<&Certificates>) -> Command {
        let mut command = Command::new(&self.python);
        command
            .args(["-m", "dask", what, "--preload"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/leash.py"));
        if let Some(tls) = tls {
            command.args(["--protocol", "tls"]);
            command
                .arg("--tls-ca-file")
                .arg(tls.ca())
                .arg("--tls-cert")
                .arg(tls.cert())
                .arg("--tls-key")
                .arg(tls.key());
        }
        command
    }
}

/// A running scheduler; dropped, it is killed.
pub struct Scheduler<'d> {
    dask: &'d Dask,
    process: Process,
    address: String,
    tls: Option<Certificates>,
    directory: tempfile::TempDir,
}

impl Scheduler<'_> {
    /// Where it listens, as `tcp://127.0.0.1:port` or `tls://…`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The certificates that it was started with.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.tls.as_ref()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Stops it, so that it is there and says nothing, until [`Scheduler::resume`].
    pub fn pause(&self) {
        self.process.signal("STOP");
    }

    /// Lets it run on.
    pub fn resume(&self) {
        self.process.signal("CONT");
    }

    /// Starts a Python worker of this name, and waits until the scheduler knows it.
    pub fn python_worker(&self, name: &str, args: &[&str]) -> Process {
        let mut command = self.dask.command("worker", self.tls.as_ref());
        command.args(["--no-nanny", "--no-dashboard", "--nthreads", "1", "--name", name]).args(args).arg(&self.address);
        command.arg("--local-directory").arg(self.directory.path());
        let process = Process::start(command, self.directory.path().join(format!("{name}.log")));
        let known = || process.log().contains("Registered to").then_some(());
        wait_for("the worker registers", &process, known);
        process
    }

    /// Runs a script to its end with a Python client, `client`, and gives what it prints, trimmed.
    pub fn python(&self, script: &str) -> String {
        let security = self.tls.as_ref().map_or_else(String::new, |tls| {
            let path = |path: PathBuf| format!("{:?}", path.display().to_string());
            let (ca, cert, key) = (path(tls.ca()), path(tls.cert()), path(tls.key()));
            let files = format!("tls_ca_file={ca}, tls_client_cert={cert}, tls_client_key={key}");
            format!(", security=Security(require_encryption=True, {files})")
        });
        let address = &self.address;
        self.dask.python(&format!(
            "from distributed import Client\nfrom distributed.security import Security\n\
             client = Client('{address}'{security})\n{script}\nclient.close()"
        ))
    }
}

/// A process in a group of its own, with its output in a file; dropped, the group is killed.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the command. Its standard input is a pipe that ends with this process.
    fn start(mut command: Command, log: PathBuf) -> Process {
        let out = File::create(&log).expect("the log can be written");
        let err = out.try_clone().expect("the log can be written twice");
        let child =
            command.stdin(Stdio::piped()).stdout(out).stderr(err).process_group(0).spawn().expect("dask starts");
        Process { child, log }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends the whole group a signal.
    pub fn signal(&self, signal: &str) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-s", signal, "--", &group]).stderr(Stdio::null()).status();
    }

    /// Kills the group, and waits for its end.
    pub fn kill(&mut self) {
        // A process that has been waited for is gone, and its number may be another's by now.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal("KILL");
            let _ = self.child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Asks until there is an answer; panics, with the process's log, when it takes too long.
fn wait_for<T>(what: &str, process: &Process, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}; the log says:\n{}", process.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A CA, and one certificate that it has signed, as PEM files.
pub struct Certificates(tempfile::TempDir);

impl Certificates {
    /// Makes a new CA and a certificate, for no host's name in particular, as dask's users do.
    pub fn new() -> Certificates {
        use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let write =
            |name: &str, pem: String| std::fs::write(directory.path().join(name), pem).expect("a file can be written");

        let ca_key = KeyPair::generate().expect("a key can be made");
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, "the tests' CA");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        write("ca.pem", ca.self_signed(&ca_key).expect("a CA can be made").pem());

        let key = KeyPair::generate().expect("a key can be made");
        let names = vec!["dask".to_owned()];
        let certificate =
            CertificateParams::new(names).expect("the name is one").signed_by(&key, &Issuer::new(ca, ca_key));
        write("cert.pem", certificate.expect("the CA signs").pem());
        write("key.pem", key.serialize_pem());
        Certificates(directory)
    }

    /// Makes one self-signed certificate that is its own CA, as `openssl req -x509` does.
    pub fn shared() -> Certificates {
        use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let key = KeyPair::generate().expect("a key can be made");
        let mut certificate = CertificateParams::new(vec!["dask".to_owned()]).expect("the name is one");
        certificate.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = certificate.self_signed(&key).expect("it can be made").pem();
        for (name, pem) in [("ca.pem", &pem), ("cert.pem", &pem), ("key.pem", &key.serialize_pem())] {
            std::fs::write(directory.path().join(name), pem).expect("a file can be written");
        }
        Certificates(directory)
    }

    /// The CA's certificate.
    pub fn ca(&self) -> PathBuf {
        self.0.path().join("ca.pem")
    }

    /// The certificate.
    pub fn cert(&self) -> PathBuf {
        self.0.path().join("cert.pem")
    }

    /// The certificate's key.
    pub fn key(&self) -> PathBuf {
        self.0.path().join("key.pem")
    }
}
