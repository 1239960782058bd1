//! One case for each refusal, named after the mistake.

/// What rustc says twice where operations say which function they call, of the call and of its twin.
const SAID_TWICE: [&str; 2] = ["not_send_result", "wrong_argument_type"];

#[test]
fn refusals_say_what_to_write_instead() {
    let cases = trybuild::TestCases::new();
    if !cfg!(feature = "remote") {
        cases.compile_fail("tests/ui/*.rs");
        return;
    }
    let files = std::fs::read_dir("tests/ui").unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|extension| extension == "rs")).collect();
    files.sort();
    assert!(files.len() > 100);
    for file in files {
        if !SAID_TWICE.iter().any(|name| file.file_stem().is_some_and(|stem| stem == *name)) {
            cases.compile_fail(file);
        }
    }
}
