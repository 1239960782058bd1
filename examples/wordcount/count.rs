//! The counting: plain functions, five of which `#[dispatch]` turns into graphs.
//!
//! [`count_all`] makes the graph that `--outline` shows: some batches, merged in pairs. A batch is a
//! subgraph, which is made when it runs: [`count_files`] halves a slice of paths until few are left, and
//! counts those one after the other. [`add_file`] loads a file and lends it to [`add_loaded`], a subgraph
//! again because what to do depends on what was loaded; [`add_text`] halves a text that is big. A file's
//! text is freed as soon as the subgraph that it was lent to is done.
//!
//! Nothing here knows of threads. With `dispatcher::serial::prelude` in place of `dispatcher::prelude`, the
//! same text is a serial program that gives the same counts.

use std::fs;
use std::mem;
use std::path::{Path, PathBuf};

use dispatcher::prelude::*;
use hashbrown::HashMap;

/// How many files are counted one after the other.
const FILES: usize = 64;

/// How many bytes of a text are counted in one go.
const BYTES: usize = 1 << 18;

/// How often each word occurs, and in how much text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// The words, lower-cased.
    pub(crate) words: HashMap<String, u64>,
    /// The files that were counted.
    pub(crate) files: u64,
    /// Their lines; the last needs no line end.
    pub(crate) lines: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// The files that were not, in the order of the paths.
    pub(crate) skipped: Vec<Skipped>,
}

/// A file that can't be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// The file.
    pub(crate) path: PathBuf,
    /// Why, in words.
    pub(crate) reason: String,
}

/// What became of a file.
pub(crate) enum Loaded {
    /// Its text.
    Text(String),
    /// It has none.
    Skipped(Skipped),
}

/// Counts the words of all files, with a node for each batch of at most `batch` files.
#[dispatch]
pub(crate) fn count_all(files: &[PathBuf], batch: usize) -> Counts {
    if files.len() <= batch.max(1) {
        return count_files(files);
    }
    let (left, right) = files.split_at(files.len() / 2);
    // Called while the graph is built, so that these nodes are part of it.
    #[eager]
    let left = count_all(left, batch);
    #[eager]
    let right = count_all(right, batch);
    merge(left, right)
}

/// Counts the words of files: of many, either half and then together; of few, one after the other.
#[dispatch]
pub(crate) fn count_files(files: &[PathBuf]) -> Counts {
    if files.len() > FILES {
        let (left, right) = files.split_at(files.len() / 2);
        let left = count_files(left);
        let right = count_files(right);
        return merge(left, right);
    }
    let mut counts = Counts::default();
    for file in files {
        counts = add_file(counts, file);
    }
    counts
}

/// Adds the words of a file.
#[dispatch]
pub(crate) fn add_file(counts: Counts, path: &Path) -> Counts {
    let loaded = load(path);
    add_loaded(counts, &loaded)
}

/// Adds the words of a file that was read, or takes note that it wasn't.
#[dispatch]
pub(crate) fn add_loaded(counts: Counts, loaded: &Loaded) -> Counts {
    match loaded {
        Loaded::Text(text) => {
            let counts = add_text(counts, text);
            one_file_more(counts)
        }
        Loaded::Skipped(file) => skip(counts, file),
    }
}

/// Adds the words of a text: if it is big, of either half.
#[dispatch]
pub(crate) fn add_text(counts: Counts, text: &str) -> Counts {
    match eager!(halves(text)) {
        Some((left, right)) => {
            let left = add_text(counts, left);
            let right = add_text(Counts::default(), right);
            merge(left, right)
        }
        None => add_words(counts, text),
    }
}

/// Reads a file.
pub(crate) fn load(path: &Path) -> Loaded {
    match read(path) {
        Ok(text) => Loaded::Text(text),
        Err(reason) => Loaded::Skipped(Skipped { path: path.to_owned(), reason }),
    }
}

fn read(path: &Path) -> Result<String, String> {
    // A pipe would wait for its writer, and be empty the next time.
    let kind = fs::metadata(path).map_err(|error| error.to_string())?;
    if !kind.is_file() {
        return Err("not a regular file".to_owned());
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| format!("not UTF-8: {}", error.utf8_error()))
}

/// A big text in two, after the end of a line, so that neither lines nor words are torn.
fn halves(text: &str) -> Option<(&str, &str)> {
    if text.len() <= BYTES {
        return None;
    }
    let middle = text.len() / 2;
    let line_end = text.as_bytes()[middle..].iter().position(|&byte| byte == b'\n')?;
    let (left, right) = text.split_at(middle + line_end + 1);
    (!right.is_empty()).then_some((left, right))
}

/// Adds the words of a text, from its beginning to its end.
pub(crate) fn add_words(mut counts: Counts, text: &str) -> Counts {
    // Most words are known already: look them up without making a `String` each time.
    let mut lower = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if word.is_ascii() {
            lower.clear();
            lower.push_str(word);
            lower.make_ascii_lowercase();
        } else {
            lower = word.to_lowercase();
        }
        *counts.words.entry_ref(&lower).or_default() += 1;
    }
    counts.lines += text.lines().count() as u64;
    counts.bytes += text.len() as u64;
    counts
}

fn one_file_more(mut counts: Counts) -> Counts {
    counts.files += 1;
    counts
}

fn skip(mut counts: Counts, file: &Skipped) -> Counts {
    counts.skipped.push(file.clone());
    counts
}

/// The counts of two parts, together.
pub(crate) fn merge(mut left: Counts, mut right: Counts) -> Counts {
    if left.words.len() < right.words.len() {
        mem::swap(&mut left.words, &mut right.words);
    }
    for (word, count) in right.words {
        *left.words.entry(word).or_default() += count;
    }
    left.files += right.files;
    left.lines += right.lines;
    left.bytes += right.bytes;
    left.skipped.append(&mut right.skipped);
    left
}
