//! One case for each refusal, named after the mistake.

#[test]
fn refusals_say_what_to_write_instead() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
