//! One case for each refusal, named after the mistake.

#[test]
fn refusals_say_what_to_write_instead() {
    trybuild::TestCases::new().compile_fail("*.rs");
}

#[test]
fn what_can_never_be_remote() {
    trybuild::TestCases::new().compile_fail("remote/*.rs");
}
