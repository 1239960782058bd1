//! Finding the files: what the paths of the command line stand for.

use std::fs;
use std::path::PathBuf;

use ignore::WalkBuilder;

/// The files that some paths stand for.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The files, each folder's in the order of their names.
    pub(crate) files: Vec<PathBuf>,
    /// What can't be looked into below a path, a sentence each.
    pub(crate) unreadable: Vec<String>,
    /// The paths that lead nowhere, a sentence each.
    pub(crate) missing: Vec<String>,
}

impl Found {
    /// Looks for files at and below `paths`.
    pub(crate) fn at(paths: &[PathBuf]) -> Self {
        let mut found = Self::default();
        for path in paths {
            match fs::metadata(path) {
                Ok(kind) if kind.is_dir() => found.walk(path),
                Ok(_) => found.files.push(path.clone()),
                Err(error) => found.missing.push(format!("{}: {error}", path.display())),
            }
        }
        found
    }

    fn walk(&mut self, folder: &PathBuf) {
        let walk = WalkBuilder::new(folder)
            .sort_by_file_name(Ord::cmp)
            .require_git(false)
            .git_global(false)
            .parents(false)
            .build();
        for entry in walk {
            match entry {
                // A link to a file is taken for the file; one to a folder may lead back up, and is left.
                Ok(entry) if entry.path().is_dir() => {}
                Ok(entry) => self.files.push(entry.into_path()),
                Err(error) => self.unreadable.push(error.to_string()),
            }
        }
    }
}
