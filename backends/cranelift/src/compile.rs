//! Machine code for functions, each by itself and all in parallel; the result does not depend on how many threads there
//! are.

use crate::image;
use crate::isa::Isas;
use crate::library::Library;
use crate::lower::{Symbol, TrapSite, lower};
use cranelift_codegen::binemit::Reloc as RelocKind;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::ExternalName;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;
use cranelift_codegen::{CodegenError, Context, FinalizedRelocTarget};
use cranelift_frontend::FunctionBuilderContext;
use lang_backend::{Error, symbol_name};
use lang_ir::{FuncId, Loc, Module};
use rayon::prelude::*;
use std::fmt::Write;

/// Machine code of one function.
pub struct Code {
    pub func: FuncId,
    pub bytes: Vec<u8>,
    pub align: u64,
    pub relocs: Vec<CodeReloc>,
    /// Described by the run-time library's descriptors, in this order.
    pub traps: Vec<TrapSite>,
    /// Ranges of bytes and where they come from, by ascending offset.
    pub lines: Vec<(u32, u32, Loc)>,
    /// How to unwind the stack, if the code is for an object file.
    pub unwind: Option<cranelift_codegen::isa::unwind::systemv::UnwindInfo>,
    pub text: String,
}

/// A reference in code that is still open.
pub struct CodeReloc {
    pub offset: u32,
    pub kind: RelocKind,
    pub target: CodeTarget,
    pub addend: i64,
}

/// What code refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeTarget {
    Symbol(Symbol),
    /// An offset in the function itself.
    Here(u32),
}

/// What text is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Text {
    None,
    Clif,
    Asm,
}

/// Below so many instructions, threads do not pay.
const SERIAL_INSTS: usize = 3000;

/// Compiles functions with bodies; the results are in the same order.
pub fn compile(module: &Module, funcs: &[FuncId], isas: &Isas, text: Text) -> Result<Vec<Code>, Error> {
    let insts: usize = funcs.iter().map(|&f| module.functions[f].num_insts()).sum();
    if insts < SERIAL_INSTS {
        let mut worker = Worker::new();
        return funcs.iter().map(|&f| worker.function(module, f, isas.of(&module.functions[f]), text)).collect();
    }
    funcs
        .par_iter()
        .map_init(Worker::new, |worker, &f| worker.function(module, f, isas.of(&module.functions[f]), text))
        .collect()
}

/// The text form of functions.
pub fn text(module: &Module, funcs: &[FuncId], isas: &Isas, text: Text) -> Result<Vec<u8>, Error> {
    let codes = compile(module, funcs, isas, text)?;
    let parts = codes.iter().map(|c| c.text.as_str()).collect::<Vec<_>>();
    Ok(parts.join("\n").into_bytes())
}

/// What a thread uses again for every function.
struct Worker {
    context: Context,
    builder: FunctionBuilderContext,
}

impl Worker {
    fn new() -> Worker {
        Worker { context: Context::new(), builder: FunctionBuilderContext::new() }
    }

    fn function(&mut self, module: &Module, func: FuncId, isa: &dyn TargetIsa, want: Text) -> Result<Code, Error> {
        let name = &module.functions[func].name;
        self.context.clear();
        let traps = lower(module, func, isa, &mut self.builder, &mut self.context.func)?;
        let mut text = String::new();
        if want == Text::Clif {
            text = self.clif(module, func);
        }
        let mut plane = ControlPlane::default();
        if let Err(error) = self.context.compile(isa, &mut plane) {
            return Err(match error.inner {
                CodegenError::ImplLimitExceeded
                | CodegenError::CodeTooLarge
                | CodegenError::RegisterMappingError(_) => {
                    Error::Unsupported(format!("the function `{name}` is too big for the cranelift backend"))
                }
                other => Error::Internal(format!("cranelift does not compile the function `{name}`: {other}")),
            });
        }
        let Some(code) = self.context.compiled_code() else {
            return Err(Error::Internal(format!("cranelift gave no code for the function `{name}`")));
        };
        let names = self.context.func.params.user_named_funcs();
        let target = |target: &FinalizedRelocTarget| match target {
            FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => {
                Ok(CodeTarget::Symbol(Symbol::decode(&names[*name])))
            }
            FinalizedRelocTarget::ExternalName(ExternalName::LibCall(call)) => match Library::from_libcall(*call) {
                Some(library) => Ok(CodeTarget::Symbol(Symbol::Library(library))),
                None => Err(Error::Internal(format!("cranelift calls {call} in the function `{name}`"))),
            },
            FinalizedRelocTarget::ExternalName(other) => {
                Err(Error::Internal(format!("cranelift refers to {other:?} in the function `{name}`")))
            }
            FinalizedRelocTarget::Func(offset) => Ok(CodeTarget::Here(*offset)),
        };
        let mut bytes = code.code_buffer().to_vec();
        let mut relocs = Vec::with_capacity(code.buffer.relocs().len());
        for reloc in code.buffer.relocs() {
            let target = target(&reloc.target)?;
            let mut kind = reloc.kind;
            if kind == RelocKind::X86GOTPCRel4 && is_defined(module, target) {
                address_directly(&mut bytes, reloc.offset)?;
                kind = RelocKind::X86PCRel4;
            }
            relocs.push(CodeReloc { offset: reloc.offset, kind, target, addend: reloc.addend });
        }
        if want == Text::Asm {
            text = asm(module, func, isa, &bytes, &relocs)?;
        }
        let lines = code.buffer.get_srclocs_sorted().iter();
        let lines =
            lines.filter(|l| !l.loc.is_default()).map(|l| (l.start, l.end, Loc::from_u32(l.loc.bits()))).collect();
        let unwind =
            code.create_unwind_info(isa).map_err(|e| Error::Internal(format!("unwinding of `{name}`: {e}")))?;
        let unwind = match unwind {
            Some(UnwindInfo::SystemV(info)) => Some(info),
            _ => None,
        };
        Ok(Code { func, bytes, align: code.buffer.alignment as u64, relocs, traps, lines, unwind, text })
    }

    /// The CLIF of the function, with the names it refers to in front.
    fn clif(&self, module: &Module, func: FuncId) -> String {
        let mut text = format!("; {}\n", symbol_name(&module.functions[func]));
        for (_, name) in self.context.func.params.user_named_funcs().iter() {
            let _ = writeln!(text, ";   {name} is {}", display(module, Symbol::decode(name)));
        }
        let _ = write!(text, "{}", self.context.func.display());
        text
    }
}

fn is_defined(module: &Module, target: CodeTarget) -> bool {
    match target {
        CodeTarget::Symbol(Symbol::Func(func)) => {
            let func = &module.functions[func];
            func.is_definition() || image::needs_stub(func)
        }
        CodeTarget::Symbol(Symbol::Library(_)) => false,
        CodeTarget::Symbol(Symbol::Global(_) | Symbol::Trap(_)) | CodeTarget::Here(_) => true,
    }
}

/// Position-independent code loads every address from memory, where a linker puts it. What is in the same object needs no
/// such word: as linkers do, the load becomes a computation of the address. `offset` is that of the displacement.
fn address_directly(bytes: &mut [u8], offset: u32) -> Result<(), Error> {
    const LOAD: u8 = 0x8b;
    const COMPUTE: u8 = 0x8d;
    match &mut bytes[..offset as usize] {
        [.., opcode @ LOAD, _] => {
            *opcode = COMPUTE;
            Ok(())
        }
        _ => Err(Error::Internal("cranelift loads an address in an unknown way".to_string())),
    }
}

fn display(module: &Module, symbol: Symbol) -> String {
    match symbol {
        Symbol::Func(f) => symbol_name(&module.functions[f]),
        Symbol::Global(g) => format!("the global {}", module.globals[g].name),
        Symbol::Library(library) => library.symbol().to_string(),
        Symbol::Trap(index) => format!("the description of trap {index}"),
    }
}

/// Assembly: every line is an instruction; what its address or displacement refers to stands behind it.
fn asm(
    module: &Module,
    func: FuncId,
    isa: &dyn TargetIsa,
    bytes: &[u8],
    relocs: &[CodeReloc],
) -> Result<String, Error> {
    let failed = |e: &dyn std::fmt::Display| Error::Internal(format!("disassembly: {e}"));
    let disassembler = isa.to_capstone().map_err(|e| failed(&e))?;
    let mut text = format!("{}:\n", symbol_name(&module.functions[func]));
    let insts = disassembler.disasm_all(bytes, 0).map_err(|e| failed(&e))?;
    let mut done = 0;
    for inst in insts.iter() {
        let (start, end) = (inst.address(), inst.address() + inst.bytes().len() as u64);
        let _ = write!(text, "{start:6x}:  {} {}", inst.mnemonic().unwrap_or(""), inst.op_str().unwrap_or(""));
        for reloc in relocs.iter().filter(|r| (start..end).contains(&(r.offset as u64))) {
            match reloc.target {
                CodeTarget::Symbol(symbol) => {
                    let _ = write!(text, "  ; {}", display(module, symbol));
                }
                CodeTarget::Here(offset) => {
                    let _ = write!(text, "  ; {offset:x}");
                }
            }
        }
        text.push('\n');
        done = end as usize;
    }
    // Constants behind the code may be no instructions.
    for piece in bytes[done..].chunks(8) {
        let _ = write!(text, "{done:6x}:  .byte");
        for byte in piece {
            let _ = write!(text, " {byte:#04x}");
        }
        text.push('\n');
        done += piece.len();
    }
    Ok(text)
}
