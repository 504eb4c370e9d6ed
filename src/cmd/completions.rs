//! `lang completions`: a script that completes words on the command line.

use crate::cli::{Cli, Completions};
use crate::failure::Failure;
use crate::output::say;
use clap::CommandFactory;

pub fn completions(args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "lang", &mut script);
    say(&String::from_utf8_lossy(&script))
}
