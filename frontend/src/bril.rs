//! Bril, the teaching language of compiler research, as a second source language: `.bril` text and `.json`.
//!
//! `text` and `json` read a program into the same tables (`program`), `check` finds what is wrong with it, `lower` makes IR. What the
//! operations are is one table, [`program::OPS`]. `emit` goes the other way: from IR to Bril text.
//!
//! Bril is described at <https://capra.cs.cornell.edu/bril/>; where that leaves a question open, the reference interpreter
//! `brili` answers it.

mod check;
mod defined;
mod emit;
mod graph;
mod json;
mod lower;
mod opaque;
mod program;
mod text;

pub use emit::{TARGET, emit};

use crate::diagnostic::Diagnostic;
use crate::intern::Interner;
use crate::source::{FileId, SourceMap};
use lang_ir::Module;

/// After so many errors nobody reads on.
const MAX_ERRORS: usize = 100;

/// How a Bril program is compiled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Check every use of memory: bounds, freed and uninitialized memory, leaks.
    pub checks: bool,
    /// Count the executed instructions, and print their number to standard error at the end, as `brili -p` does.
    pub count: bool,
    /// Keep every function, as if others called it, do without what runs `main`, and leave memory as it is in Bril, which checks it
    /// wherever it is run: for [`emit`].
    pub functions_only: bool,
}

/// A program without errors.
pub struct Bril {
    program: program::Program,
    interner: Interner,
}

/// Reads a program, and finds its errors; a file whose name ends in `.json` is in Bril's JSON form. There is a program unless one of the
/// diagnostics is an error.
pub fn analyze(sources: &SourceMap, file: FileId) -> (Option<Bril>, Vec<Diagnostic>) {
    let mut interner = Interner::new();
    let source = sources.file(file);
    let mut diagnostics = Vec::new();
    if let Some(problem) = crate::parse::unreadable(source, file) {
        return (None, vec![problem]);
    }
    let program = if source.name.ends_with(".json") {
        json::parse(file, source.text(), &mut interner, &mut diagnostics)
    } else {
        text::parse(file, source.text(), &mut interner, &mut diagnostics)
    };
    // What could not be read would be missing everywhere.
    if diagnostics.is_empty() {
        check::check(&program, &interner, &mut diagnostics);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span.start);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return (None, diagnostics);
    }
    (Some(Bril { program, interner }), diagnostics)
}

/// As [`analyze`], and compiles the program.
pub fn compile(sources: &SourceMap, file: FileId, options: Options) -> (Option<Module>, Vec<Diagnostic>) {
    let (bril, diagnostics) = analyze(sources, file);
    (bril.map(|bril| lower::lower(sources, &bril.interner, &bril.program, options)), diagnostics)
}
