//! Which program a command is about, and how its files are found on this machine.

use crate::cli::{Input, Search};
use lang_frontend::modules::{Loader, Place};
use lang_ir::evaluate::Limits;
use std::path::{Path, PathBuf};

/// A program: its main file, and where imports are looked for besides.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
    pub places: Vec<Place>,
    /// What the evaluation of each constant may take.
    pub limits: Limits,
}

impl Program {
    /// The program that a command line names.
    pub fn of(input: &Input) -> Program {
        Program::at(&input.path, &input.search)
    }

    /// The program with this main file.
    pub fn at(path: &Path, search: &Search) -> Program {
        let options = search.import_path.iter().map(|folder| Place { folder: folder.clone(), from: "-I" });
        let environment = std::env::var_os("LANG_PATH").unwrap_or_default();
        let environment: Vec<Place> = std::env::split_paths(&environment)
            .filter(|folder| !folder.as_os_str().is_empty())
            .map(|folder| Place { folder, from: "LANG_PATH" })
            .collect();
        let limits = Limits { fuel: search.const_fuel, ..Limits::default() };
        Program { path: path.to_path_buf(), places: options.chain(environment).collect(), limits }
    }
}

/// Files of this machine.
pub struct Disk;

impl Loader for Disk {
    fn locate(&self, path: &Path) -> Option<PathBuf> {
        std::fs::canonicalize(path).ok().filter(|path| path.is_file())
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        std::fs::read(path).map_err(|error| error.to_string())
    }

    fn list(&self, folder: &Path) -> Vec<String> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}
