//! All end-to-end tests, in one executable. A test of the language is a file that is dropped into `tests/files`.
//!
//! - `files/run/*.lang`, `files/trap/*.lang` and `files/ir/*.ir` run in every mode, which all have to print the same and end the
//!   same.
//! - `files/check/*.lang` show exactly what `lang check` says.
//! - a C file beside such a program is compiled to a library of its name, which the program can link; `files/library/*.lang` are
//!   libraries that the C programs beside them use.
//! - `files/opt/*.ir` show what the optimizer, or one pass of it, makes of a function.
//! - `files/cli/*.cmd` show what a command line prints.
//! - the programs and command lines on the pages of the book do what the pages say.
//! - programs end as they should when they are ended from outside.
//! - the examples and the kernels of `benches/` run in every mode, the kernels against their twins in C.
//!
//! What is expected stands at the end of the file; `BLESS=1 cargo test --test main` rewrites it, and the diff is read.

mod expect;
mod modes;
mod files;
mod foreign;
mod programs;
mod processes;
mod pages;
mod commands;
mod explain;
mod projects;
mod linking;
mod debugger;
mod tidy;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let args = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    trials.extend(files::trials());
    trials.extend(foreign::trials());
    trials.extend(programs::trials());
    trials.extend(processes::trials());
    trials.extend(pages::trials());
    trials.extend(commands::trials());
    trials.extend(explain::trials());
    trials.extend(projects::trials());
    trials.extend(linking::trials());
    trials.extend(debugger::trials());
    trials.extend(tidy::trials());
    libtest_mimic::run(&args, trials).exit();
}
