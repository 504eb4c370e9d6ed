//! Release builds: the IR through LLVM to objects, assembly and LLVM IR.
//!
//! One LLVM module holds the whole program with everything internal but `lang_main`, so LLVM sees all callers of a
//! function and drops what nobody uses. Read [`module`] for declarations, globals and attributes, [`function`] for the
//! translation of bodies, [`ops`] for that of operations on values, [`alias`] for what is known about memory, [`debug`]
//! for line tables, [`machine`] for processors.
//!
//! What makes a translation right here is stated where it is done; the rule is that no flag or attribute promises LLVM
//! more than the IR says: integers wrap, pointers may point anywhere, memory that was not written has any contents.

mod alias;
mod debug;
mod function;
mod machine;
mod module;
mod ops;
mod runtime;
mod traps;

use inkwell::context::Context;
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::FileType;
use lang_backend::{CompileOptions, Emit, Error, OptLevel};
use lang_ir::Module;

/// Compiles the whole module. The options and the module decide every byte of the result.
pub fn compile(module: &Module, options: &CompileOptions) -> Result<Vec<u8>, Error> {
    let file_type = match options.emit {
        Emit::Object => Some(FileType::Object),
        Emit::Asm => Some(FileType::Assembly),
        Emit::LlvmIr => None,
        Emit::Clif => return Err(Error::Unsupported("the llvm backend does not emit Cranelift IR".to_string())),
    };
    let machine = machine::create(options)?;
    let context = Context::create();
    let (built, subprograms) = module::build(&context, module, options, &machine).map_err(|Failure(error)| error)?;

    let passes = PassBuilderOptions::create();
    passes.set_call_graph_profile(false);
    let pipeline = match options.opt_level {
        OptLevel::None => "default<O0>",
        OptLevel::Speed => "default<O3>",
    };
    built.run_passes(pipeline, &machine, passes).map_err(|e| Error::Internal(format!("LLVM's passes: {e}")))?;
    if let Some(subprograms) = &subprograms {
        traps::complete_frames(&context, &built, subprograms).map_err(|Failure(error)| error)?;
    }
    module::keep_frames(&context, &built);
    // After the passes: dead functions are gone, and no address was taken while they ran.
    module::add_function_table(&context, &built, module);

    match file_type {
        Some(file_type) => {
            let buffer = machine
                .write_to_memory_buffer(&built, file_type)
                .map_err(|e| Error::Internal(format!("LLVM's code generator: {e}")))?;
            Ok(buffer.as_slice().to_vec())
        }
        None => Ok(built.print_to_string().to_bytes().to_vec()),
    }
}

/// An error on the way through this crate.
struct Failure(Error);

type Outcome<T> = Result<T, Failure>;

impl From<inkwell::builder::BuilderError> for Failure {
    fn from(error: inkwell::builder::BuilderError) -> Failure {
        internal(format!("LLVM refuses an instruction: {error}"))
    }
}

impl From<inkwell::values::InstructionValueError> for Failure {
    fn from(error: inkwell::values::InstructionValueError) -> Failure {
        internal(format!("LLVM refuses a change to an instruction: {error}"))
    }
}

fn internal(text: impl Into<String>) -> Failure {
    Failure(Error::Internal(text.into()))
}
