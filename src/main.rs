//! The `lang` command. Only this crate prints, reads programs and exits; what compiles is in the other crates.
//!
//! Read [`cli`] for the commands, [`program`] for how its files are found, [`pipeline`] for how a program goes through the compiler, [`cmd`] for each command.

mod allocator;
mod cli;
mod program;
mod project;
mod pipeline;
mod cmd;
mod failure;
mod render;
mod sources;
mod child;
mod explain;
mod json;
mod output;
mod temporary;

use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

/// Deep expressions are walked recursively; the pages of this stack are only used where a program needs them.
const COMPILER_STACK: usize = 1 << 30;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse_from(cli::arguments(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => {
            let wrong_usage = error.use_stderr();
            // A closed pipe is no reason to fail.
            let _ = error.print();
            return ExitCode::from(if wrong_usage { failure::USAGE } else { 0 });
        }
    };
    failure::install_panic_hook();
    let worker = std::thread::Builder::new().stack_size(COMPILER_STACK).spawn(move || cmd::run(cli.command));
    let finished = match worker {
        Ok(worker) => worker.join(),
        Err(error) => Ok(Err(Failure::environment(format!("cannot start a thread: {error}")))),
    };
    let result = match finished {
        // A program is run by the main thread, with the stack that the system gives it.
        Ok(Ok(cmd::Done::Run(program))) => program.run(),
        Ok(Ok(cmd::Done::Status(status))) => Ok(status),
        Ok(Err(failure)) => Err(failure),
        // The panic hook has said what happened.
        Err(_) => return ExitCode::from(failure::INTERNAL),
    };
    match result {
        Ok(status) => ExitCode::from(status as u8),
        Err(failure) => {
            failure.report();
            ExitCode::from(failure.status())
        }
    }
}
