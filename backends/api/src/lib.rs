//! What a backend is, what it is asked for and what it gives; and how objects become an executable.

pub mod embed;
pub mod library;
pub mod link;

use lang_ir::target::Target;
use lang_ir::{Function, Linkage, Module};
use std::ffi::OsString;
use std::fmt;

/// Turns a module into code, or runs it.
///
/// A module that reaches a backend has passed the verifier. Whatever the backend cannot do is an [`Error::Unsupported`]
/// that says so, never a wrong program.
pub trait Backend: Sync {
    /// The name that `--backend` takes.
    fn name(&self) -> &'static str;

    /// What the optimizer should know.
    fn target(&self) -> &'static Target;

    /// What [`Backend::compile`] can give; empty if the backend only runs programs.
    fn emits(&self) -> &'static [Emit];

    /// Compiles the whole module.
    fn compile(&self, module: &Module, options: &CompileOptions) -> Result<Vec<u8>, Error>;

    /// Runs the program in this process and gives its exit status. A program that traps or exits by itself may end the
    /// process, with everything it printed written out.
    fn run(&self, module: &Module, options: &RunOptions) -> Result<i32, Error> {
        let _ = (module, options);
        Err(Error::Unsupported(format!("the {} backend does not run programs in memory", self.name())))
    }
}

/// The forms of output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Emit {
    /// A relocatable object file.
    Object,
    /// Assembly text.
    Asm,
    /// LLVM IR text.
    LlvmIr,
    /// Cranelift IR text.
    Clif,
}

impl Emit {
    /// Every form, with the name that `--emit` takes and the usual file extension.
    pub const ALL: [(Emit, &'static str, &'static str); 4] = [
        (Emit::Object, "obj", "o"),
        (Emit::Asm, "asm", "s"),
        (Emit::LlvmIr, "llvm-ir", "ll"),
        (Emit::Clif, "clif", "clif"),
    ];
}

/// How hard a backend tries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum OptLevel {
    /// Compile fast.
    None,
    /// Make fast code.
    Speed,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileOptions {
    pub emit: Emit,
    pub opt_level: OptLevel,
    /// Line-level debug information.
    pub debug_info: bool,
    /// A CPU by LLVM's name, or `native`; `None` is the baseline of the architecture.
    pub cpu: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunOptions {
    pub opt_level: OptLevel,
    /// What the program sees as its arguments, without its name; any bytes.
    pub args: Vec<OsString>,
    /// Print every instruction that is executed; the interpreter only.
    pub trace: bool,
}

/// Why a backend gave nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Error {
    /// The backend cannot do this, and says what.
    Unsupported(String),
    /// A library or a function of one is not there.
    Missing(Box<library::Missing>),
    /// Something outside failed: a tool, the disk.
    Environment(String),
    /// A fault of the compiler.
    Internal(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Missing(missing) => missing.fmt(f),
            Error::Unsupported(text) | Error::Environment(text) => f.write_str(text),
            Error::Internal(text) => write!(f, "internal error: {text}"),
        }
    }
}

impl std::error::Error for Error {}

/// The name of a function in an object file. Local functions get a prefix that no name in C has, so that a program may
/// call its functions what it likes.
pub fn symbol_name(function: &Function) -> String {
    match function.linkage {
        Linkage::Import | Linkage::Export => function.name.to_string(),
        Linkage::Local => format!("lang.{}", function.name),
    }
}

/// The names of the table of functions that every program's object defines for backtraces: an array of
/// `lang_rt::FnEntry` and its length as an `i64`. It lists every function with a body.
pub const FUNCTION_TABLE: (&str, &str) = ("lang_fn_table", "lang_fn_count");
