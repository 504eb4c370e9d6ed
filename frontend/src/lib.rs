//! From source text to SSA IR: lex, parse, resolve, check, lower.

// In the order in which a newcomer should read, which blank lines keep rustfmt from changing.
pub mod source;

pub mod diagnostic;

pub mod intern;

pub mod token;

mod lex;

pub mod ast;

mod parse;

pub mod types;

pub mod layout;

pub mod hir;

mod resolve;

mod check;

mod consteval;

mod lower;

pub use check::check;
pub use lower::lower;
pub use parse::parse;

use diagnostic::Diagnostic;
use intern::Interner;
use lang_ir::Module;
use source::{FileId, SourceMap};

/// Compiles the program whose main file is this one. There is a module unless one of the diagnostics is an error.
pub fn compile(sources: &mut SourceMap, file: FileId) -> (Option<Module>, Vec<Diagnostic>) {
    let mut interner = Interner::new();
    let (tree, mut diagnostics) = parse(sources, file, &mut interner);
    // What follows from bytes that are no text is of no interest.
    if let Some(not_text) = diagnostics.iter().position(|d| d.code == "E0001") {
        return (None, vec![diagnostics.swap_remove(not_text)]);
    }
    // What the parser left out would be missing everywhere: no further errors are looked for.
    if diagnostics.iter().any(Diagnostic::is_error) {
        return (None, diagnostics);
    }
    let (program, found) = check(sources, &mut interner, &[tree]);
    diagnostics.extend(found);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return (None, diagnostics);
    }
    (Some(lower(sources, &interner, &program)), diagnostics)
}
