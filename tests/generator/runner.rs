//! Makes a small cargo project of the programs, compiles them both ways, and runs them: each run compares the values, and the
//! calls that were noted.
//!
//! The project lies in the target directory, and shares it, so that what the workspace depends on is compiled already.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

use crate::model::HELPERS;

const MAIN: &str = r#"
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dispatcher::{Node, ParallelExecutor, SerialExecutor};
use helpers::Log;

#[allow(unused, clippy::all)]
mod helpers { include!("helpers.rs"); }

#[derive(Debug, Clone, Copy)]
struct Input { n: i64, flag: bool, text: &'static str, xs: &'static [i64] }

const INPUTS: [Input; 4] = [
    Input { n: 0, flag: false, text: "", xs: &[] },
    Input { n: 3, flag: true, text: "ab", xs: &[5, 2, 9] },
    Input { n: 7, flag: false, text: "seven", xs: &[1, -4, 6, 3, 8, 0] },
    Input { n: -5, flag: true, text: "x/y", xs: &[12] },
];

/// The value, and the noted calls, sorted: their order is not promised.
fn traced<T>(run: impl FnOnce(&Log) -> T) -> (T, Vec<i64>) {
    let log = Log::default();
    let value = run(&log);
    let mut noted = log.into_inner().expect("no call panics");
    noted.sort_unstable();
    (value, noted)
}

/// Whether the value is an `Err`.
fn fails(value: &impl Debug) -> bool { format!("{value:?}").starts_with("Err(") }

struct Executors { parallel: [ParallelExecutor; 3], failed: usize }

impl Executors {
    fn check<T: Send + PartialEq + Debug>(
        &mut self,
        name: &str,
        source: &str,
        serial: fn(&Log, Input) -> T,
        lazy: for<'g> fn(&'g Log, Input) -> Node<'g, T>,
    ) {
        for input in INPUTS {
            let Ok(expected) = catch_unwind(|| traced(|log| serial(log, input))) else {
                println!("{name} panics by itself, on {input:?}:\n{source}");
                self.failed += 1;
                return;
            };
            let run = |how: &str, value: &dyn Fn(&Log) -> Result<T, String>| -> bool {
                let shown = match catch_unwind(AssertUnwindSafe(|| traced(value))) {
                    // What doesn't need the failed call may have been called ahead.
                    Ok((Ok(value), noted)) if value == expected.0 && (noted == expected.1 || fails(&value)) => return true,
                    Ok((Ok(value), noted)) => format!("{:?}", (value, noted)),
                    Ok((Err(report), _)) => report,
                    Err(_) => String::from("a panic outside operations"),
                };
                println!("{name} differs {how}, on {input:?}:\n{source}\nserial form (value, noted calls): {expected:?}\nlazy form: {shown}\n");
                false
            };
            let value = |result: Result<T, dispatcher::DependencyError>| result.map_err(|error| error.report().to_string());
            let mut well = run("serially", &|log| value(SerialExecutor::new().run(lazy(log, input))));
            for seed in 0..3 {
                well = well && run("shuffled", &|log| value(SerialExecutor::shuffled(seed).run(lazy(log, input))));
            }
            for executor in &self.parallel {
                well = well && run(&format!("under {executor:?}"), &|log| value(executor.run(lazy(log, input))));
            }
            if !well {
                self.failed += 1;
                return;
            }
        }
    }
}

macro_rules! programs {
    ($($name:ident in $path:literal;)*) => {
        #[allow(unused, dropping_copy_types, clippy::all)]
        mod lazy { $(pub mod $name { use dispatcher::prelude::*; use crate::helpers::*; include!($path); })* }
        #[allow(unused, dropping_copy_types, clippy::all)]
        mod serial { $(pub mod $name { use dispatcher::serial::prelude::*; use crate::helpers::*; include!($path); })* }

        fn main() {
            let parallel = [1, 2, 4].map(ParallelExecutor::with_threads);
            let mut executors = Executors { parallel, failed: 0 };
            $(executors.check(
                stringify!($name),
                include_str!($path),
                |log, i| serial::$name::run(log, i.n, i.flag, i.text, i.xs),
                |log, i| lazy::$name::run(log, i.n, i.flag, i.text, i.xs),
            );)*
            if executors.failed > 0 {
                println!("{} programs differ", executors.failed);
                std::process::exit(1);
            }
        }
    };
}
"#;

/// How many programs are compiled together. More would want a lot of memory, and fewer would share less.
const TOGETHER: usize = 50;

/// Compiles and runs the programs.
///
/// # Errors
/// What the compiler or the comparison said.
pub(crate) fn run(programs: &[(String, String)]) -> Result<(), String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it lies in the target directory").to_owned();
    let project = target.join("generator");
    let groups =
        write_project(&project, programs).map_err(|error| format!("can't write {}: {error}", project.display()))?;
    build(&project, &target, true).or_else(|offline| {
        // Something isn't there yet; never so after the workspace has been built.
        if offline.contains("--offline") { build(&project, &target, false) } else { Err(offline) }
    })?;
    let mut failures = String::new();
    for group in groups {
        let program = target.join("debug").join(format!("{group}{}", env::consts::EXE_SUFFIX));
        let output =
            Command::new(&program).output().map_err(|error| format!("can't run {}: {error}", program.display()))?;
        if !output.status.success() {
            let (said, panics) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            let panics = panics.lines().take(20).collect::<Vec<_>>().join("\n");
            let _ = writeln!(failures, "{said}\n{}: {panics}", output.status);
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

/// Writes the project, and gives the names of its executables.
fn write_project(project: &Path, programs: &[(String, String)]) -> io::Result<Vec<String>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = project.join("src");
    if source.exists() {
        fs::remove_dir_all(&source)?;
    }
    fs::create_dir_all(&source)?;
    fs::copy(workspace.join("Cargo.lock"), project.join("Cargo.lock"))?;
    // The numbers of a chain of operators may grow out of bounds, in both forms alike.
    let mut manifest = format!(
        "[workspace]\n\n[package]\nname = \"generated\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\ndispatcher = {{ path = {workspace:?} }}\n\n\
         [profile.dev.package.generated]\noverflow-checks = false\ndebug = false\nincremental = false\n"
    );
    fs::write(source.join("helpers.rs"), HELPERS)?;
    let mut groups = Vec::new();
    for (index, group) in programs.chunks(TOGETHER).enumerate() {
        let name = format!("generated{index}");
        let mut main = MAIN.to_owned();
        main += "\nprograms! {\n";
        for (name, text) in group {
            fs::write(source.join(format!("{name}.rs")), text)?;
            let _ = writeln!(main, "    {name} in {:?};", format!("{name}.rs"));
        }
        main += "}\n";
        fs::write(source.join(format!("{name}.rs")), main)?;
        let _ = write!(manifest, "\n[[bin]]\nname = {name:?}\npath = \"src/{name}.rs\"\n");
        groups.push(name);
    }
    fs::write(project.join("Cargo.toml"), manifest)?;
    Ok(groups)
}

/// Compiles the project.
fn build(project: &Path, target: &Path, offline: bool) -> Result<(), String> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(project).args(["build", "--quiet", "--message-format=short", "--keep-going"]);
    cargo.env("CARGO_TARGET_DIR", target);
    // A cargo that is told of a target puts what it builds somewhere else.
    cargo.env_remove("CARGO_BUILD_TARGET");
    if offline {
        cargo.arg("--offline");
    }
    let output = cargo.output().map_err(|error| format!("can't start cargo: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(with_sources(project, &String::from_utf8_lossy(&output.stderr)))
}

/// What the compiler said, and the programs that it said it of.
fn with_sources(project: &Path, said: &str) -> String {
    let mut all: String = said.lines().take(60).collect::<Vec<_>>().join("\n");
    let mut seen = Vec::new();
    for file in said.lines().filter_map(|line| line.split(':').next()) {
        if file.ends_with(".rs") && !seen.contains(&file) && seen.len() < 3 {
            seen.push(file);
            let _ = write!(all, "\n\n{file}:\n{}", fs::read_to_string(project.join(file)).unwrap_or_default());
        }
    }
    all
}
