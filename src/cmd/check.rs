//! `lang check`: errors and warnings only.

use crate::cli::Check;
use crate::failure::Failure;
use crate::pipeline;
use crate::program::Program;

pub fn check(args: &Check) -> Result<(), Failure> {
    pipeline::load(&Program::of(&args.input)).map(drop)
}
