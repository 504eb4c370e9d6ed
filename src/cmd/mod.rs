//! One file for each command.

mod build;
mod run;
mod sim;
mod check;
mod test;
mod get;
mod fmt;
mod completions;
mod man;
mod new;
mod clean;
mod dot;
mod rules;

use crate::cli::Command;
use crate::failure::Failure;

/// How a command ends.
pub enum Done {
    /// With this exit status.
    Status(i32),
    /// By running a program.
    Run(run::Program),
}

/// Runs a command.
pub fn run(command: Command) -> Result<Done, Failure> {
    match command {
        Command::Build(args) => build::build(&args).map(|()| Done::Status(0)),
        Command::Run(args) => run::run(args).map(Done::Run),
        Command::Sim(args) => sim::sim(args).map(Done::Run),
        Command::Check(args) => check::check(&args).map(Done::Status),
        Command::Test(args) => test::test(&args).map(Done::Status),
        Command::Get(args) => get::get(&args).map(|()| Done::Status(0)),
        Command::Fmt(args) => fmt::fmt(&args).map(Done::Status),
        Command::Completions(args) => completions::completions(&args).map(|()| Done::Status(0)),
        Command::Man(args) => man::man(&args).map(|()| Done::Status(0)),
        Command::New(args) => new::new(&args).map(|()| Done::Status(0)),
        Command::Clean => clean::clean().map(|()| Done::Status(0)),
        Command::Dot(args) => dot::dot(&args).map(|()| Done::Status(0)),
        Command::Rules(args) => rules::rules(&args).map(|()| Done::Status(0)),
    }
}
