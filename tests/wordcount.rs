//! The example `wordcount` against a count that is made another way: its functions, and the program.
//!
//! The program is the one that `cargo test` builds beside the tests. `cargo test --test wordcount` alone
//! doesn't build it: run `cargo build --example wordcount` before.

#[path = "../examples/wordcount/count.rs"]
mod count;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Once;

use dispatcher::prelude::*;
use tempfile::TempDir;

use crate::count::{Counts, count_all};

#[test]
fn functions_count_as_one_loop_does() {
    let folder = sample();
    let (files, expected) = expected(folder.path());
    for batch in [0, 7, 1000] {
        let counts = SerialExecutor::new().run(count_all(&files, batch)).unwrap();
        assert_eq!(Expected::from(counts), expected, "serially, batches of {batch}");
        for threads in [2, 5] {
            let counts = ParallelExecutor::with_threads(threads).run(count_all(&files, batch)).unwrap();
            assert_eq!(Expected::from(counts), expected, "{threads} threads, batches of {batch}");
        }
    }
}

#[test]
fn skipped_files_are_told_with_their_reason() {
    let folder = sample();
    let (files, _) = expected(folder.path());
    let counts = SerialExecutor::new().run(count_all(&files, 4)).unwrap();
    let reason = |name: &str| &counts.skipped.iter().find(|skipped| skipped.path.ends_with(name)).unwrap().reason;
    assert!(reason("latin-1.txt").starts_with("not UTF-8: invalid utf-8 sequence of 1 bytes from index 3"));
    assert_eq!(counts.skipped.len(), if cfg!(unix) { 2 } else { 1 } + usize::from(locked_is_unreadable(&folder)));
    #[cfg(unix)]
    assert!(reason("dangling.txt").contains("No such file"), "{}", reason("dangling.txt"));
}

#[test]
fn no_files_have_no_words() {
    let counts = ParallelExecutor::new().run(count_all(&[], 0)).unwrap();
    assert_eq!(counts, Counts::default());
}

#[test]
fn graph_has_a_node_for_each_batch() {
    let files: Vec<PathBuf> = ["a.txt", "b.txt", "c.txt"].map(PathBuf::from).into();
    let outline = "\
%0 = count_files([\"a.txt\"])
%1 = count_files([\"b.txt\"])
%2 = count_files([\"c.txt\"])
%3 = merge(%1, %2)
%4 = merge(%0, %3)
";
    assert_eq!(DispatchGraph::new(&count_all(&files, 1)).outline(), outline);
}

#[test]
fn program_prints_the_counts() {
    let folder = sample();
    let (_, expected) = expected(folder.path());
    let output = run(wordcount().arg(folder.path()).args(["--top", "100000"]));
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!(output.words(), expected.words_by_count());
    assert_eq!(output.told("files"), format!("{} ({} skipped)", expected.files, expected.skipped.len()));
    assert_eq!(output.told("lines"), expected.lines.to_string());
    assert_eq!(output.told("bytes"), expected.bytes.to_string());
    let total: u64 = expected.words.values().sum();
    assert_eq!(output.told("words"), format!("{total} ({} different)", expected.words.len()));
    assert!(output.told("parallel").contains("threads: 2"));
    assert_eq!(output.stderr.lines().count(), expected.skipped.len(), "{}", output.stderr);
    for path in &expected.skipped {
        assert!(output.stderr.contains(&format!("wordcount: {}: ", path.display())), "{}", output.stderr);
    }
}

#[test]
fn program_prints_the_most_frequent_words_only() {
    let folder = sample();
    let (_, expected) = expected(folder.path());
    let twenty = run(wordcount().arg(folder.path()));
    assert_eq!(twenty.words(), expected.words_by_count()[..20]);
    let two = run(wordcount().arg(folder.path()).args(["--top", "2"]));
    assert_eq!(two.words(), expected.words_by_count()[..2]);
}

#[test]
fn program_counts_what_it_finds_beside_a_missing_path() {
    let folder = TempDir::new().unwrap();
    let (here, missing) = (folder.path().join("here.txt"), folder.path().join("missing.txt"));
    fs::write(&here, "Here, here.\n").unwrap();
    let output = run(wordcount().args([&missing, &here]));
    assert_eq!(output.code, Some(1));
    assert_eq!(output.words(), [("here".to_owned(), 2)]);
    assert!(output.stderr.starts_with(&format!("wordcount: {}: ", missing.display())), "{}", output.stderr);
}

#[test]
fn program_shows_the_graph() {
    let folder = TempDir::new().unwrap();
    let (text, dot) = (folder.path().join("a.txt"), folder.path().join("a.dot"));
    fs::write(&text, "a\n").unwrap();
    let output = run(wordcount().args([&text]).args(["--outline", "--dot"]).arg(&dot));
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(output.stdout.starts_with("%0 = count_files(["), "{}", output.stdout);
    assert!(fs::read_to_string(dot).unwrap().starts_with("digraph"));
}

#[test]
fn program_ends_quietly_where_nobody_reads() {
    let folder = sample();
    let (nobody, stdout) = io::pipe().unwrap();
    drop(nobody);
    let output = run(wordcount().arg(folder.path()).stdout(stdout));
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);

    let (nobody, stderr) = io::pipe().unwrap();
    drop(nobody);
    let output = run(wordcount().arg(folder.path()).stderr(stderr));
    assert_eq!(output.code, Some(0));
    assert_eq!(output.words().len(), 20);
}

/// A folder with all that can be in a folder.
fn sample() -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write("plain.txt", b"The cat sat on the mat.\nThe mat was flat; don't ask.\n");
    write("empty.txt", b"");
    write("blank lines.txt", b"\n\n \n");
    write("no final newline.txt", b"one two\nthree");
    write("crlf.txt", b"One line,\r\nand another.\r\n\r\nA last one\r\n");
    write("deep/deeper/deepest/nested.txt", b"snake_case CamelCase HTTP2 2024-11-22 x1y2\n");
    let tongues =
        "Größe GRÖSSE größe naïve ΟΔΟΣ οδός Straße İstanbul ǅungla\n日本語 の テキスト мир МИР e\u{301}té ½ ٣٤ 🦀 x²\n";
    write("deep/tongues.txt", tongues.as_bytes());
    write("deep/latin-1.txt", b"caf\xe9 au lait\n");
    write("deep/locked.txt", b"locked away\n");
    for n in 0..150 {
        write(&format!("many/{n}.txt"), format!("many files, number {n}\nword{} again", n % 7).as_bytes());
    }
    // Big enough to be halved, more than once, with and without lines to halve it at.
    let lines: String =
        (0..40_000_u32).map(|n| format!("Line {} of Łódź\n", n.wrapping_mul(2_654_435_761) % 997)).collect();
    write("big/lines.txt", lines.as_bytes());
    write("big/one line.txt", "wörd ".repeat(50_000).as_bytes());
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let nobody = fs::Permissions::from_mode(0o000);
        fs::set_permissions(folder.path().join("deep/locked.txt"), nobody).unwrap();
        symlink("nowhere.txt", folder.path().join("deep/dangling.txt")).unwrap();
        symlink("../plain.txt", folder.path().join("deep/link.txt")).unwrap();
        symlink("..", folder.path().join("deep/back up")).unwrap();
    }
    folder
}

/// Whether this user can't read a file that nobody may read; root can.
fn locked_is_unreadable(folder: &TempDir) -> bool {
    fs::read(folder.path().join("deep/locked.txt")).is_err()
}

/// What a count should give.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    words: BTreeMap<String, u64>,
    files: u64,
    lines: u64,
    bytes: u64,
    skipped: Vec<PathBuf>,
}

impl From<Counts> for Expected {
    fn from(counts: Counts) -> Self {
        Self {
            words: counts.words.into_iter().collect(),
            files: counts.files,
            lines: counts.lines,
            bytes: counts.bytes,
            skipped: counts.skipped.into_iter().map(|skipped| skipped.path).collect(),
        }
    }
}

impl Expected {
    /// Takes a text into the count, character by character.
    fn add(&mut self, text: &str) {
        self.files += 1;
        self.bytes += text.len() as u64;
        let mut word_start = None;
        let mut in_line = false;
        for (at, c) in text.char_indices().chain([(text.len(), '\0')]) {
            match (c.is_alphanumeric(), word_start) {
                (true, None) => word_start = Some(at),
                (false, Some(start)) => {
                    *self.words.entry(text[start..at].to_lowercase()).or_default() += 1;
                    word_start = None;
                }
                _ => {}
            }
            let at_end = at == text.len();
            if c == '\n' || at_end && in_line {
                self.lines += 1;
            }
            in_line = c != '\n';
        }
    }

    fn words_by_count(&self) -> Vec<(String, u64)> {
        let mut words: Vec<_> = self.words.iter().map(|(word, &count)| (word.clone(), count)).collect();
        // Stable, so that words of one count stay in the map's order.
        words.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        words
    }
}

/// The files below `folder`, sorted, and what they should count.
fn expected(folder: &Path) -> (Vec<PathBuf>, Expected) {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if !entry.path().is_dir() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    let mut expected = Expected::default();
    for file in &files {
        match fs::read_to_string(file) {
            Ok(text) => expected.add(&text),
            Err(_) => expected.skipped.push(file.clone()),
        }
    }
    (files, expected)
}

/// The program, which counts once, on two threads.
fn wordcount() -> Command {
    // The test is target/debug/deps/wordcount-….
    let test = env::current_exe().unwrap();
    let program =
        test.ancestors().nth(2).unwrap().join("examples").join("wordcount").with_extension(env::consts::EXE_EXTENSION);
    // `cargo test` builds the examples; `cargo test --test wordcount` doesn't.
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        if !program.exists() {
            let built = Command::new(env!("CARGO")).args(["build", "--example", "wordcount"]).status();
            assert!(built.is_ok_and(|status| status.success()), "`cargo build --example wordcount` failed");
        }
    });
    let mut command = Command::new(program);
    command.args(["--rounds", "1", "--threads", "2"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.spawn().unwrap().wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// What a program left.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    /// The words, as they were printed before the first blank line.
    fn words(&self) -> Vec<(String, u64)> {
        let lines = self.stdout.lines().take_while(|line| !line.is_empty());
        lines
            .map(|line| {
                let (count, word) = line.trim_start().split_once("  ").unwrap();
                (word.to_owned(), count.parse().unwrap())
            })
            .collect()
    }

    /// What follows a name.
    fn told(&self, name: &str) -> &str {
        let line = self.stdout.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no `{name}` in {}", self.stdout)).trim()
    }
}
