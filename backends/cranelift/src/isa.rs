//! Which machine code is made: the settings of Cranelift's code generator.

use cranelift_codegen::isa::{Builder, OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable, Flags};
use cranelift_entity::SecondaryMap;
use lang_backend::{CompileOptions, Error, OptLevel};
use lang_ir::Function;

/// Functions with more blocks than this are huge.
const HUGE: usize = 3000;
/// But not where one in so many blocks ends a loop.
const LOOPY: usize = 20;

/// Code generators for one machine.
pub struct Isas {
    pub usual: OwnedTargetIsa,
    /// For huge functions: its register allocator takes one pass. The usual one gives better code, but takes time that is
    /// quadratic in the number of branches that meet again with different values of a variable. The other one's is
    /// quadratic in the number of loops.
    huge: OwnedTargetIsa,
}

impl Isas {
    pub fn of(&self, function: &Function) -> &dyn TargetIsa {
        if is_huge(function) { &*self.huge } else { &*self.usual }
    }

    /// Only the generator for huge functions, whatever their size.
    #[cfg(test)]
    pub fn huge_only(self) -> Isas {
        Isas { usual: self.huge.clone(), huge: self.huge }
    }
}

fn is_huge(function: &Function) -> bool {
    let blocks = function.layout.len();
    if blocks <= HUGE {
        return false;
    }
    let mut place = SecondaryMap::with_default(usize::MAX);
    let mut loops = 0;
    for (index, &block) in function.layout.iter().enumerate() {
        place[block] = index;
        loops += usize::from(function.successors(block).any(|to| place[to.block] <= index));
    }
    loops * LOOPY < blocks
}

/// Position-independent code for an object file.
pub fn for_object(options: &CompileOptions) -> Result<Isas, Error> {
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
pub fn for_jit(opt_level: OptLevel) -> Result<Isas, Error> {
    finish(host(true)?, opt_level, &JIT)
}

/// As [`for_jit`], for the baseline of the architecture: what is missing there calls libraries.
#[cfg(test)]
pub fn for_jit_baseline(opt_level: OptLevel) -> Result<Isas, Error> {
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

fn finish(builder: Builder, opt_level: OptLevel, more: &[(&str, &str)]) -> Result<Isas, Error> {
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
    let with_allocator = |allocator| {
        let mut flags = settings::builder();
        for (name, value) in common.iter().chain(more).chain([&("regalloc_algorithm", allocator)]) {
            flags.set(name, value).map_err(|e| Error::Internal(format!("cranelift setting {name}={value}: {e}")))?;
        }
        builder.finish(Flags::new(flags)).map_err(|e| Error::Internal(format!("cranelift: {e}")))
    };
    Ok(Isas { usual: with_allocator("backtracking")?, huge: with_allocator("single_pass")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lang_ir::builder::Builder;
    use lang_ir::{Block, Linkage, Signature};

    #[test]
    fn huge_functions_get_the_linear_allocator() {
        let isas = for_jit(OptLevel::None).unwrap();
        let algorithm = |func: &Function| isas.of(func).flags().regalloc_algorithm().to_string();
        let function = |loops: bool| {
            let mut func = Function::new("f", Linkage::Local, Signature::new(&[], &[]));
            for _ in 0..=HUGE {
                let block = func.new_block();
                func.layout.push(block);
                let target = if loops { block } else { Block::from_u32(block.as_u32() + 1) };
                Builder::new(&mut func, block).jump(target, &[]);
            }
            func
        };
        assert_eq!(algorithm(&function(false)), "single_pass");
        assert_eq!(algorithm(&function(true)), "backtracking");
        let small = Function::new("f", Linkage::Local, Signature::new(&[], &[]));
        assert_eq!(algorithm(&small), "backtracking");
    }
}
