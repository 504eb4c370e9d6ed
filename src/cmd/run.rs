//! `lang run`: compiles in memory and runs; with LLVM, builds an executable in a temporary folder and runs that.

use crate::cli::Run;
use crate::cmd::build;
use crate::failure::Failure;
use crate::pipeline::Plan;
use crate::program;
use crate::temporary;
use lang_backend::{Backend, Emit, RunOptions};
use lang_ir::Module;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// A program that is ready to run.
pub enum Program {
    /// By a backend, in this process.
    InMemory { backend: &'static dyn Backend, module: Box<Module>, options: RunOptions },
    /// As an executable in a folder that goes when it has run.
    Executable { folder: temporary::Folder, path: PathBuf, args: Vec<OsString> },
}

pub fn run(args: Run) -> Result<Program, Failure> {
    let mut plan = Plan::new(&args.codegen)?;
    let mut input = program::Program::of(&args.input)?;
    input.bril.checks = args.codegen.checks;
    let module = plan.front(&input)?;
    build::need_entry(&module, &input.path)?;
    let program = if plan.backend.emits().contains(&Emit::Object) && plan.backend.name() == "llvm" {
        let folder = temporary::Folder::new()?;
        let path = folder.path().join("program");
        build::executable(&mut plan, &module, true, &path)?;
        Program::Executable { folder, path, args: args.args }
    } else {
        if args.codegen.target_cpu.is_some() {
            return Err(Failure::Usage(format!("the {} backend runs on this CPU only", plan.backend.name())));
        }
        Program::InMemory { backend: plan.backend, module: Box::new(module), options: plan.run_options(args.args) }
    };
    plan.finish();
    Ok(program)
}

impl Program {
    /// Runs it, and gives the exit status. A program that a signal ends takes this process with it.
    pub fn run(self) -> Result<i32, Failure> {
        match self {
            Program::InMemory { backend, module, options } => Ok(backend.run(&module, &options)?),
            Program::Executable { folder, path, args } => {
                let mut command = Command::new(&path);
                command.args(args);
                temporary::run_program(command, folder)
                    .map_err(|error| Failure::environment(format!("cannot run {}: {error}", path.display())))
            }
        }
    }
}
