//! Which program a command is about, and how its files are found on this machine.

use crate::cli::{Input, Search};
use crate::failure::Failure;
use crate::project::{self, Project};
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
    /// The project that it is the main file of, if it was found so.
    pub project: Option<Project>,
    /// How it is compiled, if it is in Bril.
    pub bril: lang_frontend::bril::Options,
}

impl Program {
    /// The program that a command line names: by its file, or by the project that is there or around.
    pub fn of(input: &Input) -> Result<Program, Failure> {
        match &input.path {
            Some(path) if !path.is_dir() => Ok(Program::at(path, &input.search)),
            path => {
                let folder = path.as_deref().unwrap_or(Path::new("."));
                let project = Project::around(folder)?.ok_or_else(|| no_project(folder))?;
                Ok(Program::of_project(project, &input.search))
            }
        }
    }

    /// The main program of a project.
    fn of_project(project: Project, search: &Search) -> Program {
        let main = project.main.clone();
        Program::in_project(&main, Some(project), search)
    }

    /// The program with this main file, which sees what the project names.
    pub fn in_project(path: &Path, project: Option<Project>, search: &Search) -> Program {
        let mut program = Program::at(path, search);
        let folders = project.iter().flat_map(|project| &project.import_path);
        let places: Vec<Place> = folders.map(|folder| Place { folder: folder.clone(), from: project::FILE }).collect();
        program.places.splice(0..0, places);
        Program { project, ..program }
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
        Program {
            path: path.to_path_buf(),
            places: options.chain(environment).collect(),
            limits,
            project: None,
            bril: Default::default(),
        }
    }
}

fn no_project(folder: &Path) -> Failure {
    let place = if folder == Path::new(".") { "this folder".to_string() } else { folder.display().to_string() };
    Failure::Usage(format!(
        "which program? Name its file (.lang); or run this in a project: neither {place} nor one above has a {}.\n\
         `lang new NAME` makes a project.",
        project::FILE
    ))
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
