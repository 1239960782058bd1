//! Taskflow's headers: those in the folder that `TASKFLOW` names, or RapidFuzz's.
//!
//! Taskflow itself is in no registry that this project builds from. RapidFuzz is, on PyPI, and its source distributions hold a
//! whole copy. The headers are taken out of a pinned one and kept below the target folder, so that it is fetched once.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ARCHIVE: &str = "https://files.pythonhosted.org/packages/18/97/226c43b7b5d957bc3840ed52ea99eed261f99834c4619be7a4742cbaeafa/rapidfuzz-3.14.6.tar.gz";
const SHA256: &str = "e13a8160d017b499ec7a2fa9d0ce1ae2e7377080815785819f966fb235d4eb60";
/// What the archive's one folder is called.
const RELEASE: &str = "rapidfuzz-3.14.6";

/// Gives the folder in which `taskflow/taskflow.hpp` is. Asks the network only if it may.
///
/// # Errors
///
/// Says in a line why there is none.
pub(crate) fn folder(may_fetch: bool) -> Result<PathBuf, String> {
    if let Some(named) = env::var_os("TASKFLOW") {
        return Ok(named.into());
    }
    let below_target = |end| Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{RELEASE}{end}"));
    let kept = below_target("");
    if kept.is_dir() {
        return Ok(kept);
    }
    if !may_fetch {
        return Err("its headers have not been fetched yet, and `quick` doesn't".to_owned());
    }
    println!("fetching Taskflow's headers (58 MB, once)");
    let (archive, part) = (below_target(".tar.gz"), below_target(".part"));
    let fetched = fetch(&archive).and_then(|()| unpack(&archive, &part));
    // It may not even have come.
    let _ = fs::remove_file(&archive);
    // Whoever finds the folder finds it whole.
    fetched.and_then(|()| fs::rename(&part, &kept).map_err(|error| error.to_string()))?;
    Ok(kept)
}

fn fetch(archive: &Path) -> Result<(), String> {
    let options = ["--silent", "--show-error", "--fail", "--location", "--connect-timeout", "20", "--max-time", "900"];
    run(Command::new("curl").args(options).arg("--output").args([archive, Path::new(ARCHIVE)]), "")?;
    run(Command::new("sha256sum").args(["--check", "--quiet"]), &format!("{SHA256}  {}\n", archive.display()))
}

fn unpack(archive: &Path, folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let headers = format!("{RELEASE}/extern/taskflow/taskflow");
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(archive).arg("-C").arg(folder).args(["--strip-components=3", &headers]);
    run(&mut tar, "")
}

/// Runs a command, and if it fails gives the last line of what it says.
fn run(command: &mut Command, input: &str) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let ran = || -> io::Result<_> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()))?;
        child.wait_with_output()
    }()
    .map_err(|error| format!("{name}: {error}"))?;
    if ran.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ran.stderr);
    Err(said.lines().next_back().map_or_else(|| format!("{name} failed ({})", ran.status), str::to_owned))
}
