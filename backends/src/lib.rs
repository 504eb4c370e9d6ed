//! The registry of backends: one row each.

pub mod llvm_worker;

use lang_backend::Backend;
use lang_ir::evaluate::Evaluator;

static INTERP: lang_interp::Interp = lang_interp::Interp;
static CRANELIFT: lang_cranelift::Cranelift = lang_cranelift::Cranelift;
static LLVM: llvm_worker::LlvmWorker = llvm_worker::LlvmWorker;

/// Every backend, whether or not it can be used in this build.
pub fn all() -> impl Iterator<Item = &'static dyn Backend> {
    [&CRANELIFT as &dyn Backend, &LLVM, &INTERP].into_iter()
}

/// The backend of this name.
pub fn find(name: &str) -> Option<&'static dyn Backend> {
    all().find(|backend| backend.name() == name)
}

/// The backend of debug builds and of `lang run`.
pub fn debug() -> &'static dyn Backend {
    &CRANELIFT
}

/// The backend of release builds.
pub fn llvm() -> &'static dyn Backend {
    &LLVM
}

/// The backend of `lang sim`.
pub fn interp() -> &'static dyn Backend {
    &INTERP
}

/// What runs functions while compiling.
pub fn evaluator() -> &'static dyn Evaluator {
    &INTERP
}
