//! From source text to SSA IR: lex, parse, resolve, check, lower.

// In the order in which a newcomer should read, which blank lines keep rustfmt from changing.
pub mod source;

pub mod diagnostic;

pub mod intern;

pub mod token;

mod lex;

pub mod annotations;

pub mod format;

pub mod ast;

mod parse;

pub mod modules;

mod library;

pub mod types;

pub mod layout;

pub mod hir;

mod resolve;

mod check;

mod consteval;

mod constantize;

mod lower;

pub mod bril;

pub mod dot;

mod testing;

pub use check::check;
pub use lower::{PASSED, lower, lower_tests};
pub use parse::parse;
pub use resolve::suggest::nearest;
pub use testing::{Test, Tests, compile_tests};

use diagnostic::Diagnostic;
use intern::Interner;
use lang_ir::Module;
use lang_ir::evaluate::{Evaluator, Limits};
use modules::{Loader, Place};
use source::{FileId, SourceMap};

/// What compiling depends on besides the source.
#[derive(Clone, Copy)]
pub struct Options<'e> {
    /// Runs functions while compiling. Without one, constants that call functions are errors.
    pub evaluator: Option<&'e dyn Evaluator>,
    /// What each constant may use.
    pub limits: Limits,
    /// What `debug` is in `#if`: the program is built for debugging.
    pub debug: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { evaluator: None, limits: Limits::default(), debug: true }
    }
}

/// A program without errors, with the names in it.
pub struct Analysis {
    pub program: hir::Program,
    pub interner: Interner,
}

/// Finds the errors of the program whose main file is this one; `loader` and `places` find what it imports. There is an
/// analysis unless one of the diagnostics is an error.
pub fn analyze(
    sources: &mut SourceMap,
    main: FileId,
    loader: &dyn Loader,
    places: &[Place],
    options: &Options<'_>,
) -> (Option<Analysis>, Vec<Diagnostic>) {
    let mut interner = Interner::new();
    let (modules, mut diagnostics) = modules::load(sources, main, &mut interner, loader, places);
    // What the parser left out would be missing everywhere: no further errors are looked for. A module that is not there
    // is different, as what is said with its name is known.
    if diagnostics.iter().any(|d| d.is_error() && !d.code.starts_with("E02")) {
        return (None, diagnostics);
    }
    let (program, found) = check(sources, &mut interner, &modules, options);
    diagnostics.extend(found);
    diagnostics.sort_by_key(|d| (d.primary.span.file, d.primary.span.start));
    if diagnostics.iter().any(Diagnostic::is_error) {
        return (None, diagnostics);
    }
    (Some(Analysis { program, interner }), diagnostics)
}

/// As [`analyze`], and compiles the program.
pub fn compile(
    sources: &mut SourceMap,
    main: FileId,
    loader: &dyn Loader,
    places: &[Place],
    options: &Options<'_>,
) -> (Option<Module>, Vec<Diagnostic>) {
    let (analysis, diagnostics) = analyze(sources, main, loader, places, options);
    let module = analysis.map(|Analysis { program, interner }| lower(sources, &interner, program));
    (module, diagnostics)
}
