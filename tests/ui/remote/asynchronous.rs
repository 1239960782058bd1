use dispatcher::prelude::*;

#[remote]
async fn fetch(url: &str) -> usize {
    url.len()
}

fn main() {}
