//! docs/constructs.md names tests that exist, and every refusal.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn text(relative: &str) -> String {
    fs::read_to_string(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

/// What the rows of docs/constructs.md name in their last column.
fn named() -> BTreeSet<String> {
    let page = text("docs/constructs.md");
    let rows =
        page.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---") && !line.starts_with("| form"));
    let tests = rows.flat_map(|row| {
        let last = row.trim_end_matches('|').rsplit(" | ").next().unwrap_or_default();
        let names: Vec<_> = last.split_whitespace().map(|name| name.trim_matches('`').to_owned()).collect();
        assert!(!names.is_empty(), "this row names no test: {row}");
        names
    });
    tests.collect()
}

/// The refusals: `ui/name`.
fn refusals() -> BTreeSet<String> {
    let files = fs::read_dir(path("tests/ui")).unwrap().map(|entry| entry.unwrap().path());
    let sources = files.filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    sources.map(|file| format!("ui/{}", file.file_stem().unwrap().to_str().unwrap())).collect()
}

/// The elision programs: each starts a line of the lists in tests/elision.rs.
fn programs() -> BTreeSet<String> {
    let lists = text("tests/elision.rs");
    let starts = lists.lines().filter_map(|line| {
        let line = line.trim();
        line.split_once(": (").map(|(start, _)| start).or(line.strip_suffix(':'))
    });
    starts.filter(|start| start.contains("::") && !start.contains(' ')).map(str::to_owned).collect()
}

#[test]
fn named_tests_exist() {
    let (refusals, programs) = (refusals(), programs());
    let missing: Vec<_> =
        named().into_iter().filter(|name| !refusals.contains(name) && !programs.contains(name)).collect();
    assert!(missing.is_empty(), "docs/constructs.md names tests that don't exist: {missing:?}");
}

#[test]
fn refusals_are_named() {
    let named = named();
    let missing: Vec<_> = refusals().into_iter().filter(|name| !named.contains(name)).collect();
    assert!(missing.is_empty(), "docs/constructs.md names no row for {missing:?}");
}
