//! The programs in a folder.

use crate::failure::Failure;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// All `.lang` files in a folder and those below it, by name; hidden ones, and what links lead to, are left out.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let is_hidden = |entry: &DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(|entry| !is_hidden(entry)) {
        let entry =
            entry.map_err(|error| Failure::environment(format!("cannot read {}: {error}", folder.display())))?;
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "lang") {
            // As the user would write it: `a.lang`, not `./a.lang`.
            let path = entry.into_path();
            files.push(path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path));
        }
    }
    Ok(files)
}
