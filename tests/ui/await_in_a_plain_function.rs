use dispatcher::prelude::*;

async fn fetch(n: u64) -> u64 {
    n
}

#[dispatch]
fn fetched(n: u64) -> u64 {
    fetch(n).await
}

fn main() {}
