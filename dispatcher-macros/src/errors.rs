//! Collects mistakes, so that all of them are reported at once.
//!
//! Knows nothing of what a mistake is about: `check` writes the sentences.

use proc_macro2::Span;
use quote::ToTokens;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds a mistake at `span`.
    pub(crate) fn at(&mut self, span: Span, sentence: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, sentence));
    }

    /// Adds a mistake at the user's own tokens.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, sentence: impl std::fmt::Display) {
        self.0.push(syn::Error::new_spanned(tokens, sentence));
    }

    /// How many there are, for `forget_after`.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Forgets those found since there were `count`, where a phase starts over.
    pub(crate) fn forget_after(&mut self, count: usize) {
        self.0.truncate(count);
    }

    /// Ends a phase: gives all its mistakes as one error, if there are any.
    pub(crate) fn propagate(self) -> syn::Result<()> {
        let mut all = self.0.into_iter();
        let Some(mut first) = all.next() else {
            return Ok(());
        };
        first.extend(all);
        Err(first)
    }
}
