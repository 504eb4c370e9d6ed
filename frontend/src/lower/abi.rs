//! How our functions are called; `foreign` has those of C.
//!
//! A parameter of at most four leaves is that many IR parameters; a larger one is a pointer to memory that the caller does not
//! write during the call, and the callee never. A result of at most two leaves is that many IR results; for a larger one
//! the first parameter points to the caller's memory for it.

use super::Cx;
use super::code::{Code, Mem, Val};
use crate::types::{Ty, TyKind};
use lang_ir::{Param, SigId, Signature, Type, Value};
use smallvec::SmallVec;

/// A parameter of more leaves is passed in memory.
const MAX_PARAMS: usize = 4;
/// A result of more leaves is returned in memory.
const MAX_RESULTS: usize = 2;

/// Arguments as they are passed.
pub(super) type Args = SmallVec<[Value; 8]>;

/// What is called.
#[derive(Clone, Copy)]
pub(super) enum Callee {
    Func(lang_ir::FuncId),
    Pointer(SigId, Value),
}

impl Cx<'_> {
    /// Whether a result of this type is returned in IR results.
    pub fn returns_scalars(&mut self, result: Ty) -> bool {
        self.repr(result).scalars().is_some_and(|leaves| leaves.len() <= MAX_RESULTS)
    }

    /// Whether a parameter of this type is passed in memory.
    pub fn passed_in_memory(&mut self, param: Ty) -> bool {
        self.repr(param).scalars().is_none_or(|leaves| leaves.len() > MAX_PARAMS)
    }

    /// The signature of a function of the language.
    pub fn signature(&mut self, params: &[Ty], result: Ty) -> Signature {
        let mut sig = Signature::default();
        let repr = self.repr(result);
        if self.returns_scalars(result) {
            sig.results = repr.scalars().unwrap_or_default().iter().map(|leaf| leaf.ty).collect();
        } else {
            sig.params.push(Param { noalias: true, nonnull: true, ..Type::Ptr.into() });
        }
        for &ty in params {
            if self.passed_in_memory(ty) {
                // Nobody writes it during the call, so it is also without alias.
                sig.params.push(Param { ty: Type::Ptr, noalias: true, nonnull: true, readonly: true, byval: None });
                continue;
            }
            let repr = self.repr(ty);
            let leaves = repr.scalars().expect("a few scalars");
            let restrict = matches!(
                self.program.types.kind(ty),
                TyKind::Pointer { restrict: true, .. }
                    | TyKind::Slice { restrict: true, .. }
                    | TyKind::Strided { restrict: true, .. }
                    | TyKind::View { restrict: true, .. }
            );
            for (index, leaf) in leaves.iter().enumerate() {
                sig.params.push(Param { noalias: restrict && index == 0, ..leaf.ty.into() });
            }
        }
        sig
    }
}

impl Code<'_, '_> {
    /// Adds an argument. A value in memory has to stay as it is during the call.
    pub fn push_arg(&mut self, args: &mut Args, ty: Ty, val: &Val) {
        match val {
            Val::Scalars(values) if !self.cx.passed_in_memory(ty) => args.extend_from_slice(values),
            val => {
                let repr = self.repr(ty);
                let mem = self.spill(&repr, val);
                let address = self.address(mem);
                args.push(address);
            }
        }
    }

    /// Calls a function with these arguments. A result in memory goes to `dest`, or to a fresh slot.
    pub fn call_val(&mut self, callee: Callee, args: &[Value], result: Ty, dest: Option<Mem>) -> Val {
        let repr = self.repr(result);
        if self.cx.returns_scalars(result) {
            return Val::Scalars(self.call_any(callee, args));
        }
        let mem = dest.unwrap_or_else(|| self.slot(&repr));
        let mut all = Args::new();
        let address = self.address(mem);
        all.push(address);
        all.extend_from_slice(args);
        self.call_any(callee, &all);
        if dest.is_some() { Val::Memory(mem) } else { self.load_val(&repr, mem) }
    }

    /// Calls what takes these IR values, and gives its results.
    pub fn call_any(&mut self, callee: Callee, args: &[Value]) -> SmallVec<[Value; 4]> {
        match callee {
            Callee::Func(func) => self.call(func, args).into_iter().collect(),
            Callee::Pointer(sig, pointer) => {
                let results = self.cx.module.signatures[sig].results.clone();
                let inst = self.b().call_indirect(sig, &results, pointer, args);
                self.func.results(inst).collect()
            }
        }
    }

    /// A parameter as it is passed, in the entry block; `next` counts the IR parameters taken.
    pub fn passed_param(&mut self, ty: Ty, next: &mut usize) -> Val {
        let start = *next;
        if self.cx.passed_in_memory(ty) {
            *next += 1;
            return Val::Memory(Mem::address(self.func.params()[start]));
        }
        *next += self.repr(ty).scalars().expect("a few scalars").len();
        Val::Scalars(self.func.params()[start..*next].into())
    }

    /// The value of a parameter.
    pub fn param(&mut self, ty: Ty, next: &mut usize) -> Val {
        match self.passed_param(ty, next) {
            Val::Memory(mem) => {
                let repr = self.repr(ty);
                self.load_val(&repr, mem)
            }
            val => val,
        }
    }
}
