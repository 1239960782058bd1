// `?` on a lazy value: where it fails, the function gives that failure, and what comes after has not happened.

fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[dispatch]
pub fn question(left: &str, right: &str) -> Result<i64, std::num::ParseIntError> {
    let left = parse(left)?;
    Ok(add(left, parse(right)?))
}
