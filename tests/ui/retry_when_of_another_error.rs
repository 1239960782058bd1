use dispatcher::prelude::*;

fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[dispatch]
fn careful(text: &str) -> Result<u32, std::num::ParseIntError> {
    #[retry(3, when = |error: &std::io::Error| error.kind() == std::io::ErrorKind::TimedOut)]
    let n = parse(text)?;
    Ok(n)
}

fn main() {}
