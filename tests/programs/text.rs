use std::collections::BTreeMap;

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
fn lengths(words: &[String]) -> Vec<usize> {
    words.iter().map(String::len).collect()
}
fn upper(text: &str) -> String {
    text.to_uppercase()
}
fn join(parts: Vec<String>, by: &str) -> String {
    parts.join(by)
}

#[dispatch]
pub fn word_lengths(text: &str) -> Vec<usize> {
    let words = words(text);
    lengths(&words)
}

#[dispatch]
pub fn join_upper(parts: &[&str]) -> String {
    let uppers: Vec<String> = parts.iter().map(|part| upper(part)).collect();
    join(uppers, "-")
}

fn len(s: &String) -> usize {
    s.len()
}
fn max_at(lengths: Vec<usize>) -> usize {
    lengths.iter().enumerate().max_by_key(|(_, n)| **n).map_or(0, |(i, _)| i)
}

#[dispatch]
pub fn longest(texts: Vec<String>) -> usize {
    let mut all = Vec::new();
    for text in texts {
        all.push(len(&text));
    }
    max_at(all)
}

fn count(words: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word.clone()).or_insert(0) += 1;
    }
    counts
}
fn merge(mut a: BTreeMap<String, usize>, b: BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    for (word, n) in b {
        *a.entry(word).or_insert(0) += n;
    }
    a
}

#[dispatch]
pub fn count_words(text: &str) -> BTreeMap<String, usize> {
    let all = words(text);
    let one = count(&all);
    let two = count(&all);
    merge(one, two)
}

fn fill(template: String, n: usize) -> String {
    template.replace("{}", &n.to_string())
}

#[dispatch]
pub fn templated(name: &str, n: usize) -> Vec<String> {
    let mut filled = vec![];
    for i in 0..n {
        let template = format!("{name}-{{}}");
        filled.push(fill(template, i));
    }
    filled
}

fn parse<'a>(line: &'a str) -> (&'a str, u32) {
    let (key, value) = line.split_once('=').unwrap();
    (key, value.parse().unwrap())
}
fn total(pairs: Vec<(&str, u32)>) -> u32 {
    pairs.iter().map(|(_, n)| n).sum()
}

#[dispatch]
pub fn borrowed_lines(text: &str) -> u32 {
    let pairs: Vec<(&str, u32)> = text.lines().map(|line| parse(line)).collect();
    total(pairs)
}
