//! Which machine code is made: the settings of Cranelift's code generator.

use cranelift_codegen::isa::{Builder, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable, Flags};
use lang_backend::{CompileOptions, Error, OptLevel};

/// Position-independent code for an object file.
pub fn for_object(options: &CompileOptions) -> Result<OwnedTargetIsa, Error> {
    let mut builder = host(false)?;
    match options.cpu.as_deref() {
        None | Some("x86-64" | "generic") => {}
        Some("native") => cranelift_native::infer_native_flags(&mut builder).map_err(unsupported)?,
        Some(cpu) => {
            let known = cpu != "baseline" && !cpu.starts_with("has_") && !cpu.starts_with("sse");
            if !known || builder.enable(cpu).is_err() {
                return Err(Error::Unsupported(format!("the cranelift backend does not know the CPU `{cpu}`")));
            }
        }
    }
    finish(builder, options.opt_level, &[("is_pic", "true"), ("unwind_info", "true")])
}

/// Code for this process on this CPU, at a fixed address.
pub fn for_jit(opt_level: OptLevel) -> Result<OwnedTargetIsa, Error> {
    finish(host(true)?, opt_level, &JIT)
}

/// As [`for_jit`], for the baseline of the architecture: what is missing there calls libraries.
#[cfg(test)]
pub fn for_jit_baseline(opt_level: OptLevel) -> Result<OwnedTargetIsa, Error> {
    finish(host(false)?, opt_level, &JIT)
}

const JIT: [(&str, &str); 2] = [("is_pic", "false"), ("unwind_info", "false")];

fn host(native: bool) -> Result<Builder, Error> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Err(unsupported("it makes code for x86-64 Linux only"));
    }
    cranelift_native::builder_with_options(native).map_err(unsupported)
}

fn unsupported(why: &str) -> Error {
    Error::Unsupported(format!("the cranelift backend cannot be used here: {why}"))
}

fn finish(builder: Builder, opt_level: OptLevel, more: &[(&str, &str)]) -> Result<OwnedTargetIsa, Error> {
    let opt_level = match opt_level {
        OptLevel::None => "none",
        OptLevel::Speed => "speed",
    };
    let verifier = if cfg!(debug_assertions) { "true" } else { "false" };
    let common = [
        ("opt_level", opt_level),
        ("enable_verifier", verifier),
        // i128 as parameters and results.
        ("enable_llvm_abi_extensions", "true"),
        // The run-time library walks the stack by them.
        ("preserve_frame_pointers", "true"),
        // A frame bigger than the guard page must not step over it.
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
    ];
    let mut flags = settings::builder();
    for (name, value) in common.iter().chain(more) {
        flags.set(name, value).map_err(|e| Error::Internal(format!("cranelift setting {name}={value}: {e}")))?;
    }
    builder.finish(Flags::new(flags)).map_err(|e| Error::Internal(format!("cranelift: {e}")))
}
