//! `lang check`: errors and warnings only.

use crate::cli::Check;
use crate::failure::Failure;
use crate::pipeline;

pub fn check(args: &Check) -> Result<(), Failure> {
    pipeline::load(&args.path).map(drop)
}
