//! The libraries that a program asks for: where they are, and their functions in this process.
//!
//! A library is looked for in the folders of [`Module::link_paths`], then where the system keeps its own. A name with a slash
//! is the path of a file, looked for from the same folders. Into this process a static library comes as a shared one that is
//! made of it.

use crate::Error;
use crate::link::{LinkError, shared};
use lang_ir::{Function, Library, Module, SourcePos};
use libloading::os::unix;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// Something that the program asks for and nobody has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    pub code: &'static str,
    pub message: String,
    /// The file in which it is asked for, and where; the line is 0 if that is not known.
    pub file: String,
    pub decl: SourcePos,
    /// How many characters are to be marked there.
    pub width: usize,
    /// What was tried.
    pub notes: Vec<String>,
    pub help: Option<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.notes.iter().try_for_each(|note| write!(f, "\nnote: {note}"))?;
        self.help.iter().try_for_each(|help| write!(f, "\nhelp: {help}"))
    }
}

/// Where a library is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// It is a part of the C library, and always there.
    CLibrary,
    /// The linker finds it by its name; it is loaded from this file, which is static where there is no other.
    System(PathBuf),
    Shared(PathBuf),
    Static(PathBuf),
}

/// What belongs to the C library, as `cc` links it.
const C_LIBRARY: &[&str] = &["c", "m", "pthread", "dl", "rt", "util"];

/// Looks for a library.
pub fn find(module: &Module, library: &Library) -> Result<Found, Box<Missing>> {
    let name = &*library.name;
    if C_LIBRARY.contains(&name) {
        return Ok(Found::CLibrary);
    }
    let mut tried = Vec::new();
    if name.contains('/') {
        // An absolute path stays what it is.
        for folder in folders(module) {
            let path = folder.join(name);
            if path.is_file() {
                let path = std::path::absolute(&path).unwrap_or(path);
                let is_shared = path.file_name().is_some_and(|n| n.to_string_lossy().contains(".so"));
                return Ok(if is_shared { Found::Shared(path) } else { Found::Static(path) });
            }
            tried.push(path.display().to_string());
        }
        tried.dedup();
        return Err(no_library(module, library, format!("there is no {}", tried.join(", no "))));
    }
    for folder in folders(module) {
        for (file, found) in [
            (format!("lib{name}.so"), Found::Shared as fn(PathBuf) -> Found),
            (format!("lib{name}.a"), Found::Static as fn(PathBuf) -> Found),
        ] {
            let path = folder.join(file);
            if path.is_file() {
                return Ok(found(std::path::absolute(&path).unwrap_or(path)));
            }
        }
        tried.push(shown(&folder));
    }
    if let Some(found) = find_in_system(name) {
        return Ok(found);
    }
    tried.push("the folders of the system".to_string());
    Err(no_library(module, library, format!("looked for lib{name}.so and lib{name}.a in {}", tried.join(", "))))
}

fn no_library(module: &Module, library: &Library, note: String) -> Box<Missing> {
    Box::new(Missing {
        code: "E0701",
        message: format!("there is no library `{}`", library.name),
        file: file_name(module, library.decl),
        decl: library.decl,
        // With the quotes.
        width: library.name.chars().count() + 2,
        notes: vec![note],
        help: Some(
            "`#link_path \"dir\";`, the option `-L dir` or the variable LANG_LINK_PATH name more folders".into(),
        ),
    })
}

fn file_name(module: &Module, decl: SourcePos) -> String {
    if decl.line == 0 { String::new() } else { module.files.get(decl.file).cloned().unwrap_or_default() }
}

fn folders(module: &Module) -> impl Iterator<Item = PathBuf> {
    module.link_paths.iter().map(PathBuf::from)
}

fn shown(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { ".".to_string() } else { folder.display().to_string() }
}

/// Looks where the system keeps libraries. Without the files for development there is only one with a version behind its name.
fn find_in_system(name: &str) -> Option<Found> {
    let plain = format!("lib{name}.so");
    for folder in system_folders() {
        let versioned = || {
            let start = format!("{plain}.");
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let named = entries.filter(|e| e.file_name().to_string_lossy().starts_with(&start)).map(|e| e.path());
            // The shortest is what programs ask for: `libz.so.1`, not `libz.so.1.2.13`.
            named.min_by_key(|path| (path.as_os_str().len(), path.clone()))
        };
        let path = folder.join(&plain);
        if path.is_file() {
            // It may be a text for the linker.
            return Some(Found::System(if is_elf(&path) { path } else { versioned().unwrap_or(path) }));
        }
        let archive = folder.join(format!("lib{name}.a"));
        if archive.is_file() {
            return Some(Found::System(versioned().unwrap_or(archive)));
        }
        if let Some(path) = versioned() {
            return Some(Found::Shared(path));
        }
    }
    None
}

fn system_folders() -> Vec<PathBuf> {
    let listed = |variable| std::env::var_os(variable).unwrap_or_else(OsString::new);
    let mut folders: Vec<PathBuf> = Vec::new();
    for variable in ["LIBRARY_PATH", "LD_LIBRARY_PATH"] {
        folders.extend(std::env::split_paths(&listed(variable)).filter(|path| !path.as_os_str().is_empty()));
    }
    let usual = [
        "/usr/local/lib",
        "/usr/lib/x86_64-linux-gnu",
        "/lib/x86_64-linux-gnu",
        "/usr/lib64",
        "/lib64",
        "/usr/lib",
        "/lib",
    ];
    folders.extend(usual.map(PathBuf::from));
    folders
}

fn is_elf(path: &Path) -> bool {
    use std::io::Read;
    let mut magic = [0; 4];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == *b"\x7fELF"
}

/// The libraries of a program in this process. They stay for as long as it runs, as they may have left addresses anywhere.
pub struct Loaded {
    libraries: Vec<unix::Library>,
}

impl Loaded {
    /// Loads what the program asks for.
    pub fn open(module: &Module) -> Result<Loaded, Error> {
        let mut libraries = Vec::new();
        for library in &module.libraries {
            let path = match find(module, library).map_err(Error::Missing)? {
                // What is not in this process already is known by its first version.
                Found::CLibrary => PathBuf::from(format!("lib{}.so.6", library.name)),
                Found::System(path) | Found::Shared(path) | Found::Static(path) => path,
            };
            let is_static = path.extension().is_some_and(|e| e == "a" || e == "o");
            // Once it is loaded, nobody needs the file.
            let made = if is_static { Some(made_shared(module, library, &path)?) } else { None };
            // What a static library uses may be in one that comes later.
            let mode = if is_static { unix::RTLD_LAZY } else { unix::RTLD_NOW } | unix::RTLD_GLOBAL;
            let path = made.as_ref().map_or(path, |made| made.path().to_path_buf());
            let is_c = C_LIBRARY.contains(&&*library.name);
            // SAFETY: what a library does when it is loaded is the business of who asks for it.
            match unsafe { unix::Library::open(Some(&path), mode) } {
                Ok(loaded) => libraries.push(loaded),
                Err(_) if is_c => {}
                Err(error) => {
                    let mut missing = no_library(module, library, error.to_string());
                    missing.message = format!("the library `{}` cannot be loaded", library.name);
                    missing.help = None;
                    return Err(Error::Missing(missing));
                }
            }
        }
        libraries.push(unix::Library::this());
        Ok(Loaded { libraries })
    }

    /// The address of a function or variable.
    pub fn address(&self, name: &str) -> Option<*const u8> {
        let name = std::ffi::CString::new(name).ok()?;
        self.libraries.iter().find_map(|library| {
            // SAFETY: only its address is taken.
            let symbol = unsafe { library.get::<*const u8>(name.as_bytes_with_nul()) }.ok()?;
            let address = symbol.into_raw();
            (!address.is_null()).then_some(address.cast_const().cast())
        })
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        self.libraries.drain(..).for_each(std::mem::forget);
    }
}

/// A shared library with all that a static one has.
fn made_shared(module: &Module, library: &Library, path: &Path) -> Result<tempfile::NamedTempFile, Error> {
    let failed = |error: std::io::Error| Error::Environment(format!("cannot write a temporary file: {error}"));
    let made = tempfile::Builder::new().prefix("lang-").suffix(".so").tempfile().map_err(failed)?;
    let how = match shared(path, made.path()) {
        Ok(()) => return Ok(made),
        Err(LinkError::Failed { stderr, .. }) => stderr.lines().next().unwrap_or_default().to_string(),
        Err(error) => error.to_string(),
    };
    let mut missing = no_library(module, library, how);
    missing.message = format!("the static library `{}` cannot be loaded into a running process", library.name);
    missing.code = "E0702";
    missing.help = Some(format!(
        "`lang build` links {}; `lang run` and `lang sim` make a shared library of it, for which `cc -fPIC` has to have compiled it",
        path.display()
    ));
    Err(Error::Missing(missing))
}

/// That nobody has a function that the program declares.
pub fn missing_function(module: &Module, function: &Function) -> Missing {
    let names: Vec<_> = module.libraries.iter().map(|library| format!("`{}`", library.name)).collect();
    let note = match names[..] {
        [] => "the program asks for no library, so it was looked for in the C library only".to_string(),
        _ => format!("looked for it in {} and in the C library", names.join(", ")),
    };
    Missing {
        code: "E0703",
        message: format!("there is no foreign function `{}`", function.name),
        file: file_name(module, function.decl),
        decl: function.decl,
        width: function.name.chars().count(),
        notes: vec![note],
        help: None,
    }
}
