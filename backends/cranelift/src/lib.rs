//! The Cranelift backend: the IR to objects, to assembly and CLIF text, and to code in this process that runs at once.
//!
//! Read [`lower`] first: one function of the IR becomes one of CLIF. [`compile`] does that for all functions in parallel
//! and gives machine code whose references are still open; [`image`] lays code and data out in sections; [`object`]
//! writes these as an object file, with what [`debug`] adds for debuggers, and [`jit`] loads them and runs them.
//! [`library`] names the functions of libraries that compiled code calls; [`target`] is what the optimizer knows.

mod compile;
mod debug;
mod image;
mod isa;
pub mod jit;
mod library;
mod lower;
mod object;
mod target;
#[cfg(test)]
mod tests;

pub use target::TARGET;

use lang_backend::{Backend, CompileOptions, Emit, Error, RunOptions};
use lang_ir::Module;
use lang_ir::target::Target;

/// The backend.
pub struct Cranelift;

impl Backend for Cranelift {
    fn name(&self) -> &'static str {
        "cranelift"
    }

    fn target(&self) -> &'static Target {
        &TARGET
    }

    fn emits(&self) -> &'static [Emit] {
        &[Emit::Object, Emit::Asm, Emit::Clif]
    }

    fn compile(&self, module: &Module, options: &CompileOptions) -> Result<Vec<u8>, Error> {
        let isas = isa::for_object(options)?;
        let every = module.functions.keys().filter(|&f| module.functions[f].is_definition()).collect::<Vec<_>>();
        match options.emit {
            Emit::Object => {
                let codes = compile::compile(module, &every, &isas, compile::Text::None)?;
                let image = image::Image::new(module, codes)?;
                object::write(module, &image, &isas.usual, options.debug_info)
            }
            Emit::Clif => compile::text(module, &every, &isas, compile::Text::Clif),
            Emit::Asm => compile::text(module, &every, &isas, compile::Text::Asm),
            Emit::LlvmIr => Err(Error::Unsupported("the cranelift backend does not make LLVM IR".to_string())),
        }
    }

    fn run(&self, module: &Module, options: &RunOptions) -> Result<i32, Error> {
        if options.trace {
            return Err(Error::Unsupported(
                "the cranelift backend does not trace; the interp backend does".to_string(),
            ));
        }
        let program = jit::Program::new(module, options.opt_level)?;
        Ok(program.run(&options.args))
    }
}
