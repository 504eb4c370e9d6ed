//! The interpreter: executes the IR exactly, with every check on.
//!
//! It is the oracle of all differential tests: what it does is what a program means. Undefined behaviour is found where it
//! happens and reported like a trap. It serves `lang sim`, tests, and the evaluation of calls while compiling.
//!
//! [`Machine`] is the way in. A function is decoded at its first call: [`plan`] decides what is merged and where values
//! live, [`decode`] lays out the [`code`], [`exec`] runs it. [`memory`] is the program's memory with its checks,
//! [`restrict`] checks promises about pointers, [`evaluate`] runs functions while compiling, [`foreign`] calls foreign functions
//! with memory from [`space`], [`runtime`] the functions that compiled programs take from `lang_rt`, [`stop`] how a run ends.

mod code;
mod c_heap;
mod decode;
mod evaluate;
mod exec;
mod foreign;
mod machine;
mod memory;
mod plan;
mod restrict;
mod runtime;
mod space;
mod stop;
#[cfg(test)]
mod tests;
mod trace;

pub use machine::{Config, Machine};
pub use stop::{Stop, Trap};

use lang_backend::{Backend, CompileOptions, Emit, Error, RunOptions};
use lang_ir::Module;
use lang_ir::target::{GENERIC, Target};
use std::io::IsTerminal;

/// The backend that runs programs without compiling them.
pub struct Interp;

static TARGET: Target = Target { name: "interp", ..GENERIC };

impl Backend for Interp {
    fn name(&self) -> &'static str {
        "interp"
    }

    fn target(&self) -> &'static Target {
        &TARGET
    }

    fn emits(&self) -> &'static [Emit] {
        &[]
    }

    fn compile(&self, _: &Module, _: &CompileOptions) -> Result<Vec<u8>, Error> {
        Err(Error::Unsupported("the interpreter runs programs, it compiles none".into()))
    }

    fn run(&self, module: &Module, options: &RunOptions) -> Result<i32, Error> {
        let entry = module.entry().ok_or_else(|| Error::Internal(format!("there is no `{}`", lang_ir::ENTRY)))?;
        let stdout = std::io::stdout();
        let mut machine = Machine::with_foreign(
            module,
            Config {
                args: options.args.clone(),
                terminal: stdout.is_terminal(),
                stdin_terminal: std::io::stdin().is_terminal(),
                stdout: Box::new(stdout.lock()),
                stderr: Box::new(std::io::stderr()),
                stdin: Box::new(std::io::stdin().lock()),
                trace: options.trace,
                ..Config::default()
            },
        )?;
        let _pipe = lang_rt::start::DefaultPipe::new();
        let ended = machine.call(entry, &[]);
        let written = machine.finish(&ended);
        match ended {
            Ok(_) | Err(Stop::Exit(_)) if !written => Ok(lang_rt::trap::STATUS),
            Ok(results) => Ok((results.first().map_or(0, |&status| status as i32)) & 255),
            Err(Stop::Exit(status)) => Ok(status & 255),
            Err(Stop::Trap(_)) => Ok(machine.trap_status),
            Err(Stop::Unsupported(text)) => Err(Error::Unsupported(text)),
            Err(stop @ (Stop::Fuel | Stop::Effect(_) | Stop::Global(_))) => Err(Error::Internal(stop.to_string())),
        }
    }
}
