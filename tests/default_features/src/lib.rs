//! Nothing by itself: the tests of this package are those of `tests/elision.rs`, built without any of dispatcher's features.
