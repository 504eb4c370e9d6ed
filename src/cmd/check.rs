//! `lang check`: errors and warnings only.

use crate::cli::Check;
use crate::failure::{BRIL_ERRORS, ERRORS, Failure};
use crate::output::say;
use crate::program::Program;
use crate::{explain, json, pipeline, render};
use lang_frontend::diagnostic::Diagnostic;

pub fn check(args: &Check) -> Result<i32, Failure> {
    if let Some(code) = &args.explain {
        return say(&explain::explain(code)?).map(|()| 0);
    }
    let program = Program::of(&args.input)?;
    if !args.json {
        return pipeline::check(&program).map(|()| 0);
    }
    let (sources, diagnostics) = pipeline::diagnose(&program)?;
    let lines: Result<Vec<_>, _> =
        diagnostics.iter().map(|diagnostic| json::line(&render::Line::new(&sources, diagnostic))).collect();
    say(&lines?.concat())?;
    let failed = if pipeline::is_bril(&program.path) { BRIL_ERRORS } else { ERRORS };
    Ok(if diagnostics.iter().any(Diagnostic::is_error) { failed.into() } else { 0 })
}
