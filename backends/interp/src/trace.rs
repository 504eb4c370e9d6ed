//! `--trace`: one line for every instruction that is executed.

use crate::exec::read;
use crate::machine::Machine;
use crate::stop::At;
use lang_ir::print::{Names, instruction};
use lang_ir::{FuncId, Inst, Module, Op, Value};
use std::fmt::Write;

/// The texts of a function's instructions.
pub struct Texts {
    /// By instruction: `NAME blockN: TEXT`.
    insts: Vec<String>,
    names: Names,
}

impl Texts {
    fn new(module: &Module, func: FuncId) -> Texts {
        let function = &module.functions[func];
        let names = Names::new(function);
        let mut insts = vec![String::new(); function.insts.len()];
        for &block in &function.layout {
            let number = names.block(block).unwrap_or_default();
            for &inst in &function.blocks[block].insts {
                let text = instruction(module, function, &names, inst);
                insts[inst.as_u32() as usize] = format!("{} block{number}: {text}", function.name);
            }
        }
        Texts { insts, names }
    }
}

impl Machine<'_> {
    /// Prints an instruction with its results; with its operands if it has none, or has not been executed yet, as a call.
    ///
    /// # Safety
    /// `regs` has to be the frame of the function that `at` is in.
    #[cold]
    pub unsafe fn trace(&mut self, at: At, regs: *const u64) {
        let (func, inst): (FuncId, Inst) = (at.code.func, at.inst());
        let texts = self.texts.entry(func).or_insert_with(|| Texts::new(self.module, func));
        let function = &self.module.functions[func];
        let data = &function.insts[inst];
        let called = matches!(data.op, Op::Call | Op::CallIndirect);
        let shown: Vec<Value> =
            if called || data.num_results == 0 { data.operands().collect() } else { function.results(inst).collect() };
        let mut line = texts.insts[inst.as_u32() as usize].clone();
        for (index, &value) in shown.iter().enumerate() {
            let ty = function.ty(value);
            // SAFETY: it is a register of the frame that is traced.
            let bits = unsafe { read(regs, at.code.registers[value.as_u32() as usize], ty) } & ty.mask();
            let number = texts.names.value(value).unwrap_or_default();
            let _ = write!(line, "{} v{number} = {bits:#x}", if index == 0 { "  ;" } else { "," });
        }
        line.push('\n');
        self.output.write_stderr(line.as_bytes());
    }
}
