//! How C functions are called, and how C calls ours: the calling convention of System V on x86-64.
//!
//! A struct of at most 16 bytes is passed as one or two *words* of eight bytes, each in a float register if it holds nothing but
//! floats, else in an integer register. If there are not enough registers for both, and for a larger struct, a copy stands on
//! the stack: an IR parameter with `byval`. A larger result goes to memory of the caller, which comes as a hidden first
//! parameter and is the result. Narrow integers are passed as 32 bits; what C leaves above those that it gives is ignored.
//!
//! So the backends need to know nothing of C's types. They agree with C on what is left: integers, pointers and floats.

use super::Cx;
use super::abi::{Args, Callee};
use super::body::Lower;
use super::code::{Code, Mem, Val};
use super::repr::{Repr, scalar_type};
use crate::hir::{ExprId, ExprKind, Func, FuncId, FuncKind};
use crate::source::Span;
use crate::types::{Ty, TyKind, Types};
use lang_ir::{ByVal, Function, Linkage, Param, Signature, Type, Value};
use smallvec::{SmallVec, smallvec};

/// A struct of more bytes is passed in memory.
const MAX_IN_REGISTERS: u64 = 16;
const INTEGER_REGISTERS: usize = 6;
const FLOAT_REGISTERS: usize = 8;

/// How C passes a value.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Pass {
    Scalar(Type),
    /// As 32 bits.
    Extended {
        from: Type,
        signed: bool,
    },
    /// As words of these types, `i64` or `f64`.
    Words(SmallVec<[Type; 2]>),
    Memory(ByVal),
}

/// How C passes the parameters and the result of a function.
struct Convention {
    signature: Signature,
    params: Vec<Pass>,
    /// Absent if there is none.
    result: Option<Pass>,
}

impl Cx<'_> {
    /// The convention of a function; with variable arguments, how many parameters stand before them.
    fn convention(&mut self, params: &[Ty], result: Ty, variadic: Option<usize>) -> Convention {
        let types = &self.program.types;
        let (mut integers, mut floats) = (INTEGER_REGISTERS, FLOAT_REGISTERS);
        let mut signature = Signature::default();
        let result = (!matches!(result, Ty::VOID | Ty::NEVER)).then(|| Pass::of(types, result));
        match &result {
            None => {}
            Some(Pass::Memory(_)) => {
                integers -= 1;
                signature.params.push(Param { noalias: true, nonnull: true, ..Type::Ptr.into() });
                signature.results.push(Type::Ptr);
            }
            Some(pass) => signature.results.extend(pass.types()),
        }
        let mut passes = Vec::with_capacity(params.len());
        for (index, &ty) in params.iter().enumerate() {
            if variadic == Some(index) {
                signature.variadic = Some(signature.params.len() as u32);
            }
            let mut pass = Pass::of(types, ty);
            let in_floats = pass.types().iter().filter(|ty| ty.is_float()).count();
            let in_integers = pass.types().len() - in_floats;
            match &pass {
                Pass::Memory(_) => {}
                Pass::Words(words) if words.len() > 1 && (in_integers > integers || in_floats > floats) => {
                    pass = Pass::in_memory(types, ty);
                }
                _ => {
                    integers = integers.saturating_sub(in_integers);
                    floats = floats.saturating_sub(in_floats);
                }
            }
            match &pass {
                Pass::Memory(memory) => {
                    signature.params.push(Param { byval: Some(*memory), ..Type::Ptr.into() });
                }
                pass => signature.params.extend(pass.types().into_iter().map(Param::from)),
            }
            passes.push(pass);
        }
        if variadic == Some(params.len()) {
            signature.variadic = Some(signature.params.len() as u32);
        }
        Convention { signature, params: passes, result }
    }

    /// The signature of a function of a `#link` block.
    pub fn foreign_signature(&mut self, func: &Func) -> Signature {
        let variadic = matches!(func.kind, FuncKind::Extern { variadic: true, .. }).then_some(func.params.len());
        self.convention(&func.params, func.result, variadic).signature
    }

    /// Whether C calls a function of ours as we do.
    pub fn is_called_alike(&mut self, func: &Func) -> bool {
        let bare = |sig: Signature| {
            let params: Vec<_> = sig.params.iter().map(|param| (param.ty, param.byval)).collect();
            (params, sig.results, sig.variadic)
        };
        bare(self.foreign_signature(func)) == bare(self.signature(&func.params, func.result))
    }

    /// What C is given as a function: the function itself, or one that stands between.
    pub fn function_for_c(&mut self, func: FuncId) -> lang_ir::FuncId {
        let program = self.program;
        let is_extern = matches!(program[func].kind, FuncKind::Extern { .. });
        if is_extern || self.is_called_alike(&program[func]) {
            return self.funcs[func.index()];
        }
        self.synth(super::Synth::ForC(func))
    }

    /// What is called as ours: the function itself, or one that calls a foreign one.
    pub fn function_for_us(&mut self, func: FuncId) -> lang_ir::FuncId {
        let program = self.program;
        let is_extern = matches!(program[func].kind, FuncKind::Extern { .. });
        if !is_extern || self.is_called_alike(&program[func]) {
            return self.funcs[func.index()];
        }
        self.synth(super::Synth::OfC(func))
    }

    /// Declares what C calls in place of a function that it calls otherwise than we do.
    pub fn declare_for_c(&mut self, func: FuncId, name: &str, linkage: Linkage) -> lang_ir::FuncId {
        let program = self.program;
        let sig = self.foreign_signature(&program[func]);
        let mut function = Function::new(name, linkage, sig);
        function.decl = self.pos(program[func].span);
        function.attrs.noreturn = program[func].result == Ty::NEVER;
        self.module.functions.push(function)
    }
}

impl Pass {
    fn of(types: &Types, ty: Ty) -> Pass {
        match scalar_type(types, ty) {
            Some(from @ (Type::I1 | Type::I8 | Type::I16)) => Pass::Extended { from, signed: is_signed(types, ty) },
            Some(Type::I128) => Pass::Words(smallvec![Type::I64; 2]),
            Some(ty) => Pass::Scalar(ty),
            None if types.layout(ty).size > MAX_IN_REGISTERS => Pass::in_memory(types, ty),
            None => {
                let mut words = smallvec![Type::F64; types.layout(ty).size.div_ceil(8) as usize];
                classify(types, ty, 0, &mut words);
                Pass::Words(words)
            }
        }
    }

    fn in_memory(types: &Types, ty: Ty) -> Pass {
        let layout = types.layout(ty);
        let align = layout.align.max(8);
        // Larger ones overflow the stack in any case.
        let size = u32::try_from(layout.size.next_multiple_of(8)).unwrap_or(u32::MAX - 15);
        Pass::Memory(ByVal { size, align })
    }

    /// The IR types of what is passed in registers.
    fn types(&self) -> SmallVec<[Type; 2]> {
        match self {
            Pass::Scalar(ty) => smallvec![*ty],
            Pass::Extended { .. } => smallvec![Type::I32],
            Pass::Words(words) => words.clone(),
            Pass::Memory(_) => smallvec![],
        }
    }
}

fn is_signed(types: &Types, ty: Ty) -> bool {
    match types.kind(ty) {
        TyKind::Enum(id) => types.is_signed(types[id].repr),
        _ => types.is_signed(ty),
    }
}

/// Makes the words integers that hold anything else than floats.
fn classify(types: &Types, ty: Ty, offset: u64, words: &mut [Type]) {
    match types.kind(ty) {
        TyKind::Array { element, len } => {
            let stride = types.stride(element);
            // What lies in the same word counts the same.
            (0..len.min(MAX_IN_REGISTERS)).for_each(|i| classify(types, element, offset + i * stride, words));
        }
        TyKind::Struct(_) => {
            let offsets = types.struct_layout(ty).offsets;
            for (field, at) in types.fields(ty).into_iter().zip(offsets) {
                classify(types, field, offset + at, words);
            }
        }
        TyKind::Float(_) => {}
        _ => {
            let size = types.layout(ty).size;
            let end = (offset + size).div_ceil(8) as usize;
            words[(offset / 8) as usize..end].fill(Type::I64);
        }
    }
}

impl Code<'_, '_> {
    /// Calls a C function. The arguments are of these types, of which the first so many stand before variable ones.
    fn call_c(&mut self, func: FuncId, args: &[(Ty, Val)], dest: Option<Mem>) -> Val {
        let program = self.cx.program;
        let func_data = &program[func];
        let is_variadic = matches!(func_data.kind, FuncKind::Extern { variadic: true, .. });
        let types: Vec<Ty> = args.iter().map(|arg| arg.0).collect();
        let convention = self.cx.convention(&types, func_data.result, is_variadic.then_some(func_data.params.len()));
        let repr = self.repr(func_data.result);
        let mut passed = Args::new();
        // Not `dest`, which the function may reach by a pointer.
        let memory = matches!(convention.result, Some(Pass::Memory(_))).then(|| self.slot(&repr));
        if let Some(memory) = memory {
            let address = self.address(memory);
            passed.push(address);
        }
        for ((ty, val), pass) in args.iter().zip(&convention.params) {
            self.pass(&mut passed, *ty, val, pass);
        }
        let ir = self.cx.funcs[func.index()];
        let callee = if is_variadic {
            let sig = self.cx.module.signature(convention.signature);
            Callee::Pointer(sig, self.b().func_addr(ir))
        } else {
            Callee::Func(ir)
        };
        let results = self.call_any(callee, &passed);
        let val = match (&convention.result, memory) {
            (None, _) => return Val::Scalars(smallvec![]),
            (Some(_), Some(memory)) => self.load_val(&repr, memory),
            (Some(pass), None) => self.take(&repr, &results, pass),
        };
        match dest {
            Some(dest) => {
                self.store_val(&repr, &val, dest);
                Val::Memory(dest)
            }
            None => val,
        }
    }

    /// Adds the arguments that a value is passed as.
    fn pass(&mut self, args: &mut Args, ty: Ty, val: &Val, pass: &Pass) {
        let repr = self.repr(ty);
        match pass {
            Pass::Scalar(_) => args.push(val.scalar()),
            Pass::Extended { signed, .. } => {
                let wide = self.resize(val.scalar(), Type::I32, *signed);
                args.push(wide);
            }
            Pass::Words(words) => {
                let memory = self.word_slot(&repr, words.len() as u64 * 8, val);
                for (index, &word) in words.iter().enumerate() {
                    args.push(self.load_unaligned(word, memory.at(index as u64 * 8)));
                }
            }
            Pass::Memory(passed) => {
                let memory = match val {
                    // All that is copied is there.
                    Val::Memory(mem) if u64::from(passed.size) == repr.size => *mem,
                    _ => self.word_slot(&repr, passed.size.into(), val),
                };
                let address = self.address(memory);
                args.push(address);
            }
        }
    }

    /// A copy of a value in as many bytes as are passed, with zeros where it has none.
    fn word_slot(&mut self, repr: &Repr, size: u64, val: &Val) -> Mem {
        let mem = self.sized_slot(size, repr.align.max(8));
        let zero = self.word(0);
        if size <= MAX_IN_REGISTERS {
            (0..size / 8).for_each(|word| self.store(zero, mem.at(word * 8)));
        } else if size != repr.size {
            self.store(zero, mem.at(size - 8));
        }
        self.store_val(repr, val, mem);
        mem
    }

    /// The value that came in these registers.
    fn take(&mut self, repr: &Repr, values: &[Value], pass: &Pass) -> Val {
        match pass {
            Pass::Scalar(_) => values[0].into(),
            Pass::Extended { from: Type::I1, .. } => {
                let byte = self.resize(values[0], Type::I8, false);
                let zero = self.iconst(Type::I8, 0);
                self.b().icmp_ne(byte, zero).into()
            }
            Pass::Extended { from, .. } => self.resize(values[0], *from, false).into(),
            Pass::Words(words) => {
                let mem = self.sized_slot(words.len() as u64 * 8, repr.align.max(8));
                for (index, &value) in values.iter().enumerate() {
                    self.store_unaligned(value, mem.at(index as u64 * 8));
                }
                self.load_val(repr, mem)
            }
            Pass::Memory(_) => self.load_val(repr, Mem::address(values[0])),
        }
    }

    /// The function that C calls in place of one of ours.
    pub fn define_for_c(&mut self, func: FuncId) {
        let program = self.cx.program;
        let data = &program[func];
        self.at(data.span);
        if self.cx.is_library() {
            let start = self.cx.synth(super::Synth::Start);
            self.call(start, &[]);
        }
        let convention = self.cx.convention(&data.params, data.result, None);
        let values: SmallVec<[Value; 8]> = self.func.params().into();
        let mut next = usize::from(matches!(convention.result, Some(Pass::Memory(_))));
        let mut args = Args::new();
        for (&ty, pass) in data.params.iter().zip(&convention.params) {
            let count = pass.types().len().max(1);
            let repr = self.repr(ty);
            let val = self.take(&repr, &values[next..next + count], pass);
            next += count;
            self.push_arg(&mut args, ty, &val);
        }
        let callee = self.cx.funcs[func.index()];
        let val = self.call_val(Callee::Func(callee), &args, data.result, None);
        match &convention.result {
            None if data.result == Ty::NEVER => self.unreachable(),
            None => self.return_(&[]),
            Some(Pass::Memory(_)) => {
                let repr = self.repr(data.result);
                self.store_val(&repr, &val, Mem::address(values[0]));
                self.return_(&values[..1]);
            }
            Some(pass) => {
                let mut results = Args::new();
                self.pass(&mut results, data.result, &val, pass);
                self.return_(&results);
            }
        }
    }

    /// A function of ours that calls one of C.
    pub fn define_of_c(&mut self, func: FuncId) {
        let program = self.cx.program;
        let data = &program[func];
        self.at(data.span);
        let in_scalars = self.cx.returns_scalars(data.result);
        let mut next = usize::from(!in_scalars);
        let args: Vec<(Ty, Val)> = data.params.iter().map(|&ty| (ty, self.passed_param(ty, &mut next))).collect();
        let val = self.call_c(func, &args, None);
        if data.result == Ty::NEVER {
            return self.unreachable();
        }
        if in_scalars {
            let values = val.scalars().clone();
            self.return_(&values);
        } else {
            let repr = self.repr(data.result);
            let result = self.func.params()[0];
            self.store_val(&repr, &val, Mem::address(result));
            self.return_(&[]);
        }
    }
}

impl Lower<'_, '_, '_> {
    /// A call of a function of a `#link` block.
    pub fn call_foreign(&mut self, callee: FuncId, args: &[ExprId], paren: Span, dest: Option<Mem>) -> Val {
        let program = self.cx.program;
        let args: Vec<(Ty, Val)> = args.iter().map(|&arg| (self.ty(arg), self.foreign_argument(arg))).collect();
        self.at(paren);
        let val = self.call_c(callee, &args, dest);
        self.end_if_never(program[callee].result);
        val
    }

    fn foreign_argument(&mut self, arg: ExprId) -> Val {
        if let Some(func) = self.named_function(arg) {
            let ir = self.cx.function_for_c(func);
            return self.b().func_addr(ir).into();
        }
        let ty = self.ty(arg);
        if self.repr(ty).is_scalars() { self.expr(arg) } else { Val::Memory(self.argument(arg)) }
    }

    /// The function that an expression names.
    fn named_function(&self, expr: ExprId) -> Option<FuncId> {
        match self.body[expr].kind {
            ExprKind::Func(func) => Some(func),
            ExprKind::Convert { operand, .. } if matches!(self.kind(self.ty(operand)), TyKind::Fn { .. }) => {
                self.named_function(operand)
            }
            _ => None,
        }
    }
}
