use std::collections::HashSet;

use dispatcher::prelude::*;

fn parse(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| text.to_owned())
}

fn upper(c: char) -> char {
    c.to_ascii_uppercase()
}

fn third(n: u64) -> u64 {
    n % 3
}

fn size(set: HashSet<u64>) -> usize {
    set.len()
}

#[dispatch]
fn results(texts: &[&str]) -> Result<Vec<u64>, String> {
    texts.iter().map(|text| parse(text)).collect()
}

#[dispatch]
fn text(text: &str) -> String {
    text.chars().map(|c| upper(c)).collect()
}

#[dispatch]
fn set(n: u64) -> usize {
    let set: HashSet<u64> = (0..n).map(|i| third(i)).collect();
    size(set)
}

#[dispatch]
fn turbofish(n: u64) -> usize {
    size((0..n).map(|i| third(i)).collect::<HashSet<_>>())
}

fn main() {}
