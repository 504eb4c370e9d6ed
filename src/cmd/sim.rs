//! `lang sim`: interprets, with every check on.

use crate::cli::{Codegen, Sim};
use crate::cmd::{build, run::Program};
use crate::failure::Failure;
use crate::pipeline::Plan;
use crate::program;
use lang_backend::RunOptions;
use lang_frontend::bril;

pub fn sim(args: Sim) -> Result<Program, Failure> {
    let codegen = Codegen {
        optimize: args.opt,
        opt_level: args.opt_level,
        backend: Some("interp".into()),
        linking: args.linking,
        ..Codegen::default()
    };
    let mut plan = Plan::new(&codegen)?;
    let mut input = program::Program::of(&args.input)?;
    input.bril = bril::Options { checks: true, count: args.count, ..Default::default() };
    let module = plan.front(&input)?;
    build::need_entry(&module, &input.path)?;
    let options = RunOptions { trace: args.trace, ..plan.run_options(args.args) };
    Ok(Program::InMemory { backend: plan.backend, module: Box::new(module), options })
}
