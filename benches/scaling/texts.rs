//! Texts to count, the same each time.
//!
//! Words are as frequent as in a language (Zipf's law): the first is twice as frequent as the second, and so on.

use std::fs;
use std::iter;
use std::path::PathBuf;

use fastrand::Rng;
use tempfile::TempDir;

/// How many different words there are.
const WORDS: usize = 20_000;

/// Texts in files, which are gone when this is dropped.
pub(crate) struct Texts {
    pub(crate) files: Vec<PathBuf>,
    _folder: TempDir,
}

impl Texts {
    /// Writes files whose lengths, in bytes, are from `shortest` to four times that, and that have `bytes` together.
    pub(crate) fn write(bytes: usize, shortest: usize) -> Self {
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("the target folder can be written to");
        let mut random = Rng::with_seed(1);
        let words: Vec<String> = (0..WORDS).map(|_| word(&mut random)).collect();
        let (mut files, mut left) = (Vec::new(), bytes);
        while left > 0 {
            let length = left.min(random.usize(shortest..=4 * shortest));
            let path = folder.path().join(format!("{:06}.txt", files.len()));
            fs::write(&path, text(&mut random, &words, length)).expect("the target folder can be written to");
            files.push(path);
            left -= length;
        }
        Self { files, _folder: folder }
    }
}

fn word(random: &mut Rng) -> String {
    let length = random.usize(2..=12);
    iter::repeat_with(|| random.lowercase()).take(length).collect()
}

fn text(random: &mut Rng, words: &[String], length: usize) -> String {
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        // The power makes each rank as likely as its inverse.
        text += &words[(words.len() as f64).powf(random.f64()) as usize - 1];
        text.push(if random.u8(..12) == 0 { '\n' } else { ' ' });
    }
    text.truncate(length);
    text
}
