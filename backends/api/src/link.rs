//! Executables, made of objects and the run-time support library by the system's linker, or its C compiler where more than the C library
//! is wanted.

use crate::embed::RUNTIME;
use crate::library::{self, Found, Missing};
use lang_ir::{Linkage, Module};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Why there is no executable.
#[derive(Debug)]
pub enum LinkError {
    /// The C compiler does not start.
    NoCompiler { program: String, error: io::Error },
    /// The C compiler (that is, the linker) refuses.
    Failed { program: String, status: String, stderr: String },
    /// The program asks for what nobody has.
    Missing(Vec<Missing>),
    /// A file cannot be written.
    Write { path: PathBuf, error: io::Error },
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::NoCompiler { program, error } => {
                write!(f, "cannot run `{program}`: {error} (is a C compiler installed? CC names another)")
            }
            LinkError::Failed { program, status, stderr } => {
                write!(f, "linking with `{program}` failed ({status})")?;
                if stderr.is_empty() { Ok(()) } else { write!(f, ":\n{}", stderr.trim_end()) }
            }
            LinkError::Missing(missing) => missing.iter().try_for_each(|missing| writeln!(f, "{missing}")),
            LinkError::Write { path, error } => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for LinkError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LinkError::NoCompiler { error, .. } | LinkError::Write { error, .. } => Some(error),
            LinkError::Failed { .. } | LinkError::Missing(_) => None,
        }
    }
}

/// Links the objects of one program, which define `lang_main`, `lang_fn_table` and `lang_fn_count`, with the libraries that
/// its module asks for; keeps debug information if so. `output` is replaced as a whole, or stays as it was: the executable is
/// made in the folder `scratch`, which has to be on the same file system, and renamed.
pub fn link(module: &Module, objects: &[&Path], output: &Path, scratch: &Path, debug: bool) -> Result<(), LinkError> {
    let libraries = libraries(module)?;
    // The files in `scratch` are of no interest to the user.
    let write_error = |error| LinkError::Write { path: output.to_path_buf(), error };
    let runtime = scratch.join("lang_rt.o");
    std::fs::write(&runtime, RUNTIME).map_err(write_error)?;
    let executable = scratch.join("program");
    let rename = || std::fs::rename(&executable, output).map_err(write_error);
    let needs_libraries = libraries.iter().any(|(_, found)| !matches!(found, Found::CLibrary));
    if !needs_libraries && Linker::of_system().is_some_and(|linker| linker.link(objects, &runtime, &executable, debug))
    {
        return rename();
    }

    let compiler = Compiler::of_system();
    let mut command = Command::new(&compiler.program);
    command.args(&compiler.args).arg("-o").arg(&executable).args(objects);
    // Behind the objects: backtraces take the beginning of this library for the end of the program's code.
    command.arg(&runtime);
    for (library, found) in &libraries {
        match found {
            Found::CLibrary | Found::System(_) => command.arg(format!("-l{library}")),
            Found::Static(path) => command.arg(path),
            // Where it is found when the program runs, should it be known by its name only.
            Found::Shared(path) => {
                let folder = path.parent().unwrap_or(Path::new("/"));
                command.arg(path).args(["-Xlinker", "-rpath", "-Xlinker"]).arg(folder)
            }
        };
    }
    // The run-time library starts the program, under a name that libraries for C leave free.
    command.args(["-Wl,--defsym=main=lang_rt_main", "-Wl,-u,lang_rt_main"]);
    command.args(["-Wl,--gc-sections", "-Wl,--as-needed", "-lm", "-static-libgcc"]);
    if !debug {
        command.arg("-Wl,--strip-debug");
    }

    let program = compiler.program;
    let result = match command.output() {
        Ok(result) => result,
        Err(error) => return Err(LinkError::NoCompiler { program, error }),
    };
    if !result.status.success() {
        let stderr = String::from_utf8_lossy(&result.stderr);
        let missing = missing(module, &stderr);
        if !missing.is_empty() {
            return Err(LinkError::Missing(missing));
        }
        let stderr = stderr.replace(&executable.display().to_string(), &output.display().to_string());
        return Err(LinkError::Failed { program, status: result.status.to_string(), stderr });
    }
    rename()
}

/// Puts the object of a library for C and the run-time library into one object, made in the folder `scratch`. Only what the
/// module exports is seen from outside, so that a program can have several such objects.
pub fn library(module: &Module, object: &Path, scratch: &Path) -> Result<Vec<u8>, LinkError> {
    let runtime = scratch.join("lang_rt.o");
    let write_error = |error| LinkError::Write { path: runtime.clone(), error };
    std::fs::write(&runtime, RUNTIME).map_err(write_error)?;
    let whole = scratch.join("library.o");
    let compiler = Compiler::of_system();
    let mut command = Command::new(&compiler.program);
    command.args(&compiler.args).args(["-r", "-nostdlib", "-o"]).arg(&whole).arg(object).arg(&runtime);
    succeed(compiler.program, &mut command)?;

    let exports = module.functions.values().filter(|function| function.linkage == Linkage::Export);
    let mut hide = Command::new(OBJCOPY);
    hide.args(exports.map(|function| format!("--keep-global-symbol={}", function.name))).arg(&whole);
    succeed(OBJCOPY.to_string(), &mut hide)?;
    std::fs::read(&whole).map_err(write_error)
}

/// It comes with the assembler that every C compiler needs.
const OBJCOPY: &str = "objcopy";

/// Runs a tool, which has to end well.
fn succeed(program: String, command: &mut Command) -> Result<(), LinkError> {
    let result = match command.output() {
        Ok(result) => result,
        Err(error) => return Err(LinkError::NoCompiler { program, error }),
    };
    if result.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&result.stderr).into_owned();
    Err(LinkError::Failed { program, status: result.status.to_string(), stderr })
}

/// Makes a shared library of a static one, or of an object.
pub(crate) fn shared(archive: &Path, output: &Path) -> Result<(), LinkError> {
    let compiler = Compiler::of_system();
    let mut command = Command::new(&compiler.program);
    // What it defines it uses itself, as in an executable.
    command.args(&compiler.args).args(["-shared", "-Wl,-Bsymbolic", "-o"]).arg(output);
    command.arg("-Wl,--whole-archive").arg(archive).args(["-Wl,--no-whole-archive", "-Wl,--as-needed", "-lm"]);
    succeed(compiler.program, &mut command)
}

/// The libraries that a module asks for, all of them.
fn libraries(module: &Module) -> Result<Vec<(&str, Found)>, LinkError> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for library in &module.libraries {
        match library::find(module, library) {
            Ok(place) => found.push((&*library.name, place)),
            Err(error) => missing.push(*error),
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(LinkError::Missing(missing)) }
}

/// The functions of the module that the linker misses, by what it says: GNU's linker "undefined reference to `f'", those of LLVM
/// "undefined symbol: f", mold "undefined symbol: f".
fn missing(module: &Module, stderr: &str) -> Vec<Missing> {
    let lines: Vec<&str> = stderr.lines().filter(|line| line.contains("undefined")).collect();
    let named = |name: &str| {
        lines.iter().any(|line| {
            let rest = line.split("undefined").last().unwrap_or("");
            rest.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '.'))).any(|word| word == name)
        })
    };
    let imports = module.functions.values().filter(|function| function.linkage == Linkage::Import);
    imports.filter(|function| named(&function.name)).map(|f| library::missing_function(module, f)).collect()
}

/// The linker itself, with what it takes to make a program of the C library. The C compiler only hands the work on: a small
/// program is linked in half of the time without it.
struct Linker {
    program: PathBuf,
    /// `Scrt1.o`, `crti.o`, `crtn.o` and `libc.so.6` are in here.
    libraries: PathBuf,
    /// Behind the objects: arithmetic of 128 bits, where it is installed.
    libgcc: Option<PathBuf>,
}

/// The C library loads programs with this.
const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";
/// Where distributions have the C library: Debian's and their like, the others.
const LIBRARY_FOLDERS: [&str; 2] = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64"];
const GCC_FOLDERS: [&str; 2] = ["/usr/lib/gcc/x86_64-linux-gnu", "/usr/lib/gcc/x86_64-redhat-linux"];

impl Linker {
    /// The fastest linker of the system. None where the user names a C compiler, or where something is at another place than usual.
    fn of_system() -> Option<Linker> {
        if std::env::var_os("CC").is_some() || !Path::new(LOADER).exists() {
            return None;
        }
        let path = std::env::var_os("PATH")?;
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let find = |name: &str| folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file());
        let program = ["mold", "ld.gold", "ld.lld", "ld"].into_iter().find_map(find)?;
        let libraries =
            LIBRARY_FOLDERS.into_iter().map(PathBuf::from).find(|folder| folder.join("Scrt1.o").is_file())?;
        let versions = GCC_FOLDERS.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        let libgcc = versions.map(|version| version.path().join("libgcc.a")).filter(|file| file.is_file()).max();
        Some(Linker { program, libraries, libgcc })
    }

    /// Makes the executable; where it does not, the C compiler does, or has something to say about it.
    fn link(&self, objects: &[&Path], runtime: &Path, executable: &Path, debug: bool) -> bool {
        let start = ["Scrt1.o", "crti.o"].map(|name| self.libraries.join(name));
        let mut command = Command::new(&self.program);
        command.args(["-m", "elf_x86_64", "--hash-style=gnu", "--eh-frame-hdr", "-pie", "-dynamic-linker", LOADER]);
        command.args(["-z", "relro", "--gc-sections", "--defsym=main=lang_rt_main", "-u", "lang_rt_main"]);
        if !debug {
            command.arg("--strip-debug");
        }
        command.arg("-o").arg(executable).args(start).args(objects).arg(runtime).args(&self.libgcc);
        // Not by the script `libc.so`: what else it names, our programs do not need, and reading it takes time.
        command.args(["libc.so.6", "crtn.o"].map(|name| self.libraries.join(name)));
        command.output().is_ok_and(|result| result.status.success() && result.stderr.is_empty())
    }
}

struct Compiler {
    program: String,
    args: Vec<String>,
}

impl Compiler {
    /// What `CC` says, else `cc`, with the faster of the system's linkers (a small program takes 14 ms instead of
    /// 20 with LLVM's).
    fn of_system() -> Compiler {
        let cc = std::env::var("CC").unwrap_or_default();
        let mut words = cc.split_whitespace().map(str::to_string);
        if let Some(program) = words.next() {
            return Compiler { program, args: words.collect() };
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let lld = std::env::split_paths(&path).any(|dir| dir.join("ld.lld").is_file());
        let args = if lld { vec!["-fuse-ld=lld".to_string()] } else { Vec::new() };
        Compiler { program: "cc".to_string(), args }
    }
}
