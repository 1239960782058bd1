use dispatcher::prelude::*;

async fn fetch(n: u64) -> u64 {
    n
}

#[dispatch]
async fn fetched(ns: &[u64]) -> Vec<u64> {
    ns.iter().map(|n| fetch(*n).await).collect()
}

fn main() {}
