//! `lang man`: the manual page, made of what `--help` says.

use crate::cli::{Cli, Man};
use crate::failure::Failure;
use crate::output::say;
use clap::CommandFactory;

pub fn man(args: &Man) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    let page = match &args.command {
        None => command,
        Some(name) => {
            let known: Vec<_> = command.get_subcommands().map(|c| c.get_name().to_string()).collect();
            let found = command.find_subcommand(name).cloned();
            found.ok_or_else(|| {
                Failure::Usage(format!("there is no command `{name}`; there are {}", known.join(", ")))
            })?
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|error| Failure::Internal(format!("manual page: {error}")))?;
    say(&String::from_utf8_lossy(&text))
}
