//! Memory as calls of functions that nothing is known about, for `emit`.

use super::{Code, FnLower, Parts};
use crate::bril::opaque;
use crate::bril::program::{Instr, Op, Ty};
use crate::intern::Symbol;
use lang_ir::{FuncId, Linkage, Signature, Type, Value};

impl Code<'_, '_> {
    fn opaque_function(&mut self, name: String, params: &[Type], results: &[Type]) -> FuncId {
        let functions = &mut self.cx.module.functions;
        *self.cx.opaque.entry(name).or_insert_with_key(|name| {
            functions.push(lang_ir::Function::new(name, Linkage::Import, Signature::new(params, results)))
        })
    }
}

impl FnLower<'_, '_> {
    /// Says the types of the function's pointers.
    pub(super) fn opaque_signature(&mut self) {
        let function = self.function;
        if function.params.iter().map(|param| param.ty).chain(function.result).any(Ty::is_pointer) {
            let callee = self.code.opaque_function(opaque::signature(function), &[], &[]);
            self.code.b().call(callee, &[], &[]);
        }
    }

    pub(super) fn opaque_memory(&mut self, instr: &Instr) {
        let args = self.function.args(instr);
        let pointer = match instr.op {
            Op::Alloc => instr.ty.expect("an allocation has a type"),
            _ => self.vars[&args[0]].ty,
        };
        let values: Parts<Value> = args.iter().map(|&arg| self.get1(arg)).collect();
        let params: Parts<Type> = values.iter().map(|&value| self.code.func.ty(value)).collect();
        let results: Parts<Type> = instr
            .ty
            .filter(|_| instr.dest != Symbol::EMPTY)
            .into_iter()
            .flat_map(|ty| self.code.cx.types(ty))
            .collect();
        let callee = self.code.opaque_function(opaque::operation(instr.op, pointer), &params, &results);
        let inst = self.code.b().call(callee, &results, &values);
        if instr.dest != Symbol::EMPTY {
            let results: Parts<Value> = self.code.func.results(inst).collect();
            self.set(instr.dest, &results);
        }
    }
}
