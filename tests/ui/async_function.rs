use dispatcher::prelude::*;

async fn fetch(url: &str) -> String {
    url.to_owned()
}

#[dispatch]
async fn page(url: &str) -> String {
    fetch(url).await
}

fn main() {}
