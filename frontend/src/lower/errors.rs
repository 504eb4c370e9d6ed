//! Error results: `try` and `catch`, and what `main` does with an error.

use super::body::{Dest, Lower};
use super::code::{Code, Val};
use crate::hir::*;
use crate::source::Span;
use crate::types::{Ty, TyKind};

impl Lower<'_, '_, '_> {
    /// The value of a `T!E`; an error leaves the function.
    pub fn try_result(&mut self, value: ExprId, op: Span) -> Val {
        let ty = self.ty(value);
        let val = self.borrow(value);
        self.at(op);
        let is_error = self.is_case(&val, ty, ERROR);
        let (leave, go_on) = (self.new_block(), self.new_block());
        self.brif(is_error, leave, go_on);
        self.switch_to(leave);
        let mark = self.mark();
        let error = self.payload_part(&val, ty, ERROR, 0);
        self.leave_with_error(&error);
        self.forget(mark);
        self.switch_to(go_on);
        self.at(op);
        self.ok_part(&val, ty)
    }

    /// Leaves the function with an error.
    fn leave_with_error(&mut self, error: &Val) {
        let (result, memory) = (self.result, self.result_memory);
        let repr = self.repr(result);
        let scalars = repr.is_scalars().then(|| self.case_of_parts(result, ERROR, &[(0, error.scalars().clone())]));
        match (memory, scalars) {
            (Some(mem), Some(values)) => self.store_scalars(&repr, &values, mem),
            (Some(mem), None) => {
                let types = &self.cx.program.types;
                let (error_ty, offset) = (types.case_fields(result, ERROR)[0], types.payload_offset(result, ERROR, 0));
                let repr = self.repr(error_ty);
                self.store_val(&repr, error, mem.at(offset));
                self.store_tag(result, ERROR, mem);
            }
            (None, scalars) => {
                let values = scalars.expect("a result is in memory or a few scalars");
                self.run_defers(0);
                return self.leave(&values);
            }
        }
        self.run_defers(0);
        self.leave(&[]);
    }

    /// `value catch error { handler }`
    pub fn catch(&mut self, value: ExprId, error: Option<LocalId>, handler: BlockId, ty: Ty, dest: &Dest) {
        let result = self.ty(value);
        let val = self.borrow(value);
        let span = self.body[value].span;
        self.at(span);
        let is_error = self.is_case(&val, result, ERROR);
        let (failed, fine, join) = (self.new_block(), self.new_block(), self.new_block());
        self.brif(is_error, failed, fine);
        self.switch_to(fine);
        if ty != Ty::VOID {
            let ok = self.ok_part(&val, result);
            self.deliver(&ok, ty, dest);
        }
        self.jump(join);
        self.switch_to(failed);
        let mark = self.mark();
        if let Some(local) = error {
            let error = self.payload_part(&val, result, ERROR, 0);
            self.bind(local, &error);
        }
        self.block(handler, dest);
        self.forget(mark);
        self.jump(join);
        self.switch_to(join);
    }
}

impl Code<'_, '_> {
    /// The value of a `T!E` that is no error.
    pub fn ok_part(&mut self, val: &Val, ty: Ty) -> Val {
        match self.kind(ty) {
            TyKind::Result { ok: Ty::VOID, .. } => Val::Scalars(Default::default()),
            _ => self.payload_part(val, ty, OK, 0),
        }
    }

    /// The result of `main`: its status, or 1 and the error on the standard error.
    pub fn main_status(&mut self, ty: Ty, val: &Val) -> lang_ir::Value {
        let TyKind::Result { ok, error } = self.kind(ty) else { unreachable!("a result of `main` that gives errors") };
        let is_error = self.is_case(val, ty, ERROR);
        let (failed, fine, join) = (self.new_block(), self.new_block(), self.new_block());
        let status = self.declare(lang_ir::Type::I32);
        self.brif(is_error, failed, fine);
        self.switch_to(failed);
        let error_val = self.payload_part(val, ty, ERROR, 0);
        self.print_error(error, &error_val);
        let one = self.iconst(lang_ir::Type::I32, 1);
        self.set(status, one);
        self.jump(join);
        self.switch_to(fine);
        let value = if ok == Ty::VOID {
            self.iconst(lang_ir::Type::I32, 0)
        } else {
            let signed = self.cx.program.types.is_signed(ok);
            let value = self.ok_part(val, ty).scalar();
            self.resize(value, lang_ir::Type::I32, signed)
        };
        self.set(status, value);
        self.jump(join);
        self.switch_to(join);
        self.get(status)
    }
}
