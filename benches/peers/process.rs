//! The peers' program: compiled when the benchmark starts, and asked over its standard input.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::contender::{Contender, Ran};
use crate::workload::{Task, Workload};

/// A library, and whether its graph is made anew each time.
pub(crate) trait Peer {
    const NAME: &'static str;
    /// As the program calls it.
    const LIBRARY: &'static str;
    const AGAIN: bool;
}

macro_rules! peers {
    ($($type:ident = $name:literal, $library:literal, $again:literal;)*) => {
        $(
            pub(crate) struct $type;
            impl Peer for $type {
                const NAME: &'static str = $name;
                const LIBRARY: &'static str = $library;
                const AGAIN: bool = $again;
            }
        )*
    };
}

peers! {
    TaskflowFresh = "Taskflow, fresh", "Taskflow", false;
    TaskflowAgain = "Taskflow, again", "Taskflow", true;
    OneTbbFresh = "oneTBB, fresh", "oneTBB", false;
    OneTbbAgain = "oneTBB, again", "oneTBB", true;
    OpenMpFresh = "OpenMP, fresh", "OpenMP", false;
}

/// Compiles the program with the libraries that are here, and gives these, each with its version; says which aren't, and why.
///
/// # Errors
///
/// Says why it can't be compiled at all.
pub(crate) fn build(taskflow: Result<PathBuf, String>) -> Result<Vec<String>, String> {
    compile(&["-fsyntax-only"])?;
    let include = taskflow.map(|folder| format!("-isystem{}", folder.display()));
    let libraries = [
        ("oneTBB", Ok(["-DWITH_ONETBB", "-ltbb"])),
        ("OpenMP", Ok(["-DWITH_OPENMP", "-fopenmp"])),
        ("Taskflow", include.as_deref().map(|include| ["-DWITH_TASKFLOW", include]).map_err(String::clone)),
    ];
    let mut options = Vec::new();
    for (name, with) in libraries {
        let checked = with.and_then(|with| compile(&[&with[..], &["-fsyntax-only"]].concat()).map(|()| with));
        match checked {
            Ok(with) => options.extend(with),
            Err(reason) => println!("without {name}: {reason}"),
        }
    }
    compile(&options)?;
    let names = Process::start(1).ask("names");
    Ok(names.trim().split(", ").map(str::to_owned).collect())
}

fn compile(options: &[&str]) -> Result<(), String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/main.cpp");
    let built = Command::new("g++")
        .args(["-std=c++20", "-O3", "-Wall", "-Wextra", "-pthread"])
        .args([Path::new("-o"), &program(), &source])
        .args(options)
        .output()
        .map_err(|error| format!("g++: {error}"))?;
    if built.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&built.stderr);
    Err(said.lines().find(|line| line.contains("error")).unwrap_or("g++ failed").to_owned())
}

fn program() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers")
}

/// The program, running.
pub(crate) struct Process {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    threads: usize,
}

impl Process {
    fn start(threads: usize) -> Self {
        let mut child = Command::new(program())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program was built before");
        let asks = child.stdin.take().expect("it was asked for");
        let answers = BufReader::new(child.stdout.take().expect("it was asked for"));
        Self { child, asks, answers, threads }
    }

    fn ask(&mut self, what: &str) -> String {
        let mut answer = String::new();
        let asked =
            self.asks.write_all(format!("{what}\n").as_bytes()).and_then(|()| self.answers.read_line(&mut answer));
        assert!(asked.is_ok_and(|length| length > 0), "the peers' program has ended");
        answer
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its end is nobody's concern.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A workload that the program has.
pub(crate) struct Planned {
    turns: u32,
}

impl<P: Peer> Contender for P {
    const NAME: &'static str = P::NAME;

    type Pool = RefCell<Process>;
    type Ready<'a> = Planned;

    fn pool(threads: usize) -> RefCell<Process> {
        RefCell::new(Process::start(threads))
    }

    fn ready(pool: &RefCell<Process>, workload: &Workload) -> Planned {
        let mut nodes = Nodes::default();
        let turns = nodes.add_all(workload);
        let process = &mut *pool.borrow_mut();
        let mut bytes = format!("plan {}\n", nodes.count).into_bytes();
        bytes.extend(nodes.numbers.iter().flat_map(|number| number.to_ne_bytes()));
        process.asks.write_all(&bytes).and_then(|()| process.asks.flush()).expect("the peers' program has ended");
        Planned { turns }
    }

    fn process(pool: &RefCell<Process>) -> u32 {
        pool.borrow().child.id()
    }

    fn run(pool: &RefCell<Process>, ready: &mut Planned, times: usize) -> Vec<Ran> {
        let mut process = pool.borrow_mut();
        let (threads, again) = (process.threads, u8::from(P::AGAIN));
        let answer = process.ask(&format!("run {} {threads} {} {times} {again}", P::LIBRARY, ready.turns));
        // Their threads look for work for a while, on a processor that the next contender needs.
        thread::sleep(Duration::from_millis(10));
        let figures: Vec<&str> = answer.split_whitespace().collect();
        assert_eq!(figures.len(), 4 * times, "{} failed: {answer}", P::NAME);
        let nanos = |figure: &&str| figure.parse::<f64>().expect("a number");
        figures
            .chunks(4)
            .map(|ran| Ran { value: ran[0].parse().expect("a number"), nanos: ran[1..].iter().map(nanos).sum() })
            .collect()
    }
}

/// The nodes of a workload, as the program reads them.
#[derive(Default)]
struct Nodes {
    count: u32,
    numbers: Vec<u32>,
}

/// What a node does with the sum of what it reads.
const ADD_ONE: u32 = 0;
const WORK: u32 = 1;
const SUM: u32 = 2;

impl Nodes {
    fn add(&mut self, kind: u32, input: u32, reads: &[u32]) -> u32 {
        self.numbers.extend([kind, input, reads.len() as u32]);
        self.numbers.extend(reads);
        self.count += 1;
        self.count - 1
    }

    /// Adds the nodes of a workload, and gives how many turns a task works.
    fn add_all(&mut self, workload: &Workload) -> u32 {
        match workload {
            Workload::Chain { length } => {
                let mut last = self.add(ADD_ONE, 0, &[]);
                for _ in 1..*length {
                    last = self.add(ADD_ONE, 0, &[last]);
                }
            }
            Workload::Fan { nodes } => {
                let source = self.add(ADD_ONE, 0, &[]);
                let middles: Vec<u32> = (2..*nodes).map(|_| self.add(ADD_ONE, 0, &[source])).collect();
                self.add(SUM, 0, &middles);
            }
            Workload::Wide { width } => {
                let nodes: Vec<u32> = (0..*width).map(|i| self.add(ADD_ONE, i, &[])).collect();
                self.add(SUM, 0, &nodes);
            }
            Workload::Tree { leaves } => {
                for i in 0..*leaves {
                    self.add(ADD_ONE, i, &[]);
                }
                // Level by level, the k-th sum adds the nodes 2k and 2k + 1.
                for k in 0..leaves - 1 {
                    self.add(ADD_ONE, 0, &[2 * k, 2 * k + 1]);
                }
            }
            Workload::Wavefront { side } => {
                for at in 0..side * side {
                    let left = (at % side > 0).then(|| at - 1);
                    let above = at.checked_sub(*side);
                    let reads: Vec<u32> = left.into_iter().chain(above).collect();
                    self.add(ADD_ONE, 0, &reads);
                }
            }
            Workload::Steps { plan, turns } => {
                let (mut ends, mut before) = (Vec::new(), Vec::new());
                for step in &plan.steps {
                    let add = |(i, task): (usize, &Task)| {
                        let reads: Vec<u32> = task.reads.iter().map(|&read| before[read]).collect();
                        self.add(WORK, i as u32, &reads)
                    };
                    let after: Vec<u32> = step.iter().enumerate().map(add).collect();
                    ends.extend(step.iter().zip(&after).filter(|(task, _)| !task.is_read).map(|(_, node)| *node));
                    before = after;
                }
                self.add(SUM, 0, &ends);
                return *turns;
            }
        }
        0
    }
}
