//! `lang check`: errors and warnings only.

use crate::cli::Check;
use crate::failure::{ERRORS, Failure};
use crate::output::say;
use crate::program::Program;
use crate::{json, pipeline, render};
use lang_frontend::diagnostic::Diagnostic;

pub fn check(args: &Check) -> Result<i32, Failure> {
    let program = Program::of(&args.input);
    if !args.json {
        return pipeline::load(&program, true).map(|_| 0);
    }
    let (sources, diagnostics) = pipeline::diagnose(&program)?;
    let lines: Result<Vec<_>, _> =
        diagnostics.iter().map(|diagnostic| json::line(&render::Line::new(&sources, diagnostic))).collect();
    say(&lines?.concat())?;
    Ok(if diagnostics.iter().any(Diagnostic::is_error) { ERRORS.into() } else { 0 })
}
