//! A crate that knows the library by another name, as `d = { package = "dispatcher", … }` gives it: what the macros write
//! finds it there.

use d::prelude::*;

fn tripled(n: i64) -> i64 {
    n * 3
}
fn sum(xs: &[i64]) -> i64 {
    xs.iter().sum()
}
fn parsed(text: &str) -> Result<i64, std::num::ParseIntError> {
    text.parse()
}

/// A function that uses most of what expansions name.
#[dispatch]
pub fn lazy(n: i64) -> (i64, i64) {
    let xs: Vec<i64> = (0..n).map(|i| tripled(i)).collect();
    tripled(7);
    let block = graph! { tripled(n) + 1 };
    let one = op!(tripled(block));
    #[label("total")]
    let total = sum(&xs);
    (total, one)
}

/// A function with a `?`.
///
/// # Errors
/// The text is no number.
#[dispatch]
pub fn fallible(text: &str) -> Result<i64, std::num::ParseIntError> {
    let n = parsed(text)?;
    Ok(tripled(n))
}

/// A module with a path of its own to the library.
pub mod by_path {
    /// The library, by a third name.
    pub mod library {
        pub use ::d::*;
    }
    use super::tripled;
    use library::dispatch;

    /// A function that says where the library is.
    #[dispatch(crate = crate::by_path::library)]
    pub fn lazy(n: i64) -> i64 {
        let x = tripled(n);
        tripled(2);
        tripled(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expansions_find_the_library_by_its_other_name() {
        assert_eq!(SerialExecutor::new().run(lazy(3)).unwrap(), (9, 30));
        assert_eq!(SerialExecutor::new().run(fallible("4")).unwrap(), Ok(12));
        assert!(SerialExecutor::new().run(fallible("x")).unwrap().is_err());
    }

    #[test]
    fn an_attribute_can_say_where_the_library_is() {
        assert_eq!(SerialExecutor::new().run(by_path::lazy(2)).unwrap(), 18);
    }
}
