//! Patterns.

use super::body::Lower;
use super::code::Val;
use crate::hir::*;
use crate::types::{Ty, TyKind};
use lang_ir::{Block as IrBlock, Value, eval};

impl Lower<'_, '_, '_> {
    /// Goes on where the value matches, with the pattern's locals bound; otherwise to `fail`. Without `fail` the value is
    /// known to match, and only binds.
    pub fn match_pat(&mut self, pat: &Pat, val: &Val, fail: Option<IrBlock>) {
        let ty = pat.ty;
        match &pat.kind {
            PatKind::Wild => {}
            PatKind::Bind(local) => self.bind(*local, val),
            PatKind::Const(value) => {
                if let Some(fail) = fail {
                    let matches = self.equals_const(ty, val, value);
                    self.go_on_if(matches, fail);
                }
            }
            PatKind::Range { .. } => {
                if let Some(fail) = fail {
                    self.match_range(pat, val, fail);
                }
            }
            PatKind::Or(pats) => self.match_or(pats, val, fail),
            PatKind::Tuple(pats) => {
                for (field, pat) in pats.iter().enumerate() {
                    self.match_field(ty, val, field as u32, pat, fail);
                }
            }
            PatKind::Struct(fields) => {
                for (field, pat) in fields {
                    self.match_field(ty, val, *field, pat, fail);
                }
            }
            PatKind::Case(case, fields) => {
                if let Some(fail) = fail {
                    let matches = self.is_case(val, ty, *case);
                    self.go_on_if(matches, fail);
                }
                self.match_payload(ty, *case, val, fields, fail);
            }
            PatKind::Some(inner) => {
                if let Some(fail) = fail {
                    let nil = self.is_nil(val, ty);
                    let next = self.new_block();
                    self.brif(nil, fail, next);
                    self.switch_to(next);
                }
                if !matches!(inner.kind, PatKind::Wild) {
                    let payload = self.some(val, ty);
                    self.match_pat(inner, &payload, fail);
                }
            }
            PatKind::Nil => {
                if let Some(fail) = fail {
                    let nil = self.is_nil(val, ty);
                    self.go_on_if(nil, fail);
                }
            }
        }
    }

    /// The parts of a payload, whose case matches.
    pub fn match_payload(&mut self, ty: Ty, case: u32, val: &Val, fields: &[(u32, Pat)], fail: Option<IrBlock>) {
        for (field, pat) in fields {
            if !matches!(pat.kind, PatKind::Wild) {
                let part = self.payload_part(val, ty, case, *field);
                self.match_pat(pat, &part, fail);
            }
        }
    }

    fn match_field(&mut self, ty: Ty, val: &Val, field: u32, pat: &Pat, fail: Option<IrBlock>) {
        if !matches!(pat.kind, PatKind::Wild) {
            let part = self.field(val, ty, field, pat.ty);
            self.match_pat(pat, &part, fail);
        }
    }

    /// The first alternative that matches. All bind the same locals.
    fn match_or(&mut self, pats: &[Pat], val: &Val, fail: Option<IrBlock>) {
        let found = self.new_block();
        for (index, pat) in pats.iter().enumerate() {
            let last = index + 1 == pats.len();
            if last {
                self.match_pat(pat, val, fail);
                self.jump(found);
            } else {
                let next = self.new_block();
                self.match_pat(pat, val, Some(next));
                self.jump(found);
                self.switch_to(next);
            }
        }
        self.switch_to(found);
    }

    fn match_range(&mut self, pat: &Pat, val: &Val, fail: IrBlock) {
        let Some((low, high)) = self.range_bounds(pat, pat.ty) else {
            let never = self.bool(false);
            return self.go_on_if(never, fail);
        };
        let int = self.int_ty(pat.ty).expect("ranges are of integers");
        let value = val.scalar();
        let scalar = self.func.ty(value);
        let (bottom, top) = (low == 0, high == int.mask());
        let size = self.iconst(scalar, (high - low) as i128);
        let low = self.iconst(scalar, (low ^ int.min_bits()) as i128);
        let high = self.iconst(scalar, (high ^ int.min_bits()) as i128);
        let less_equal = |this: &mut Self, a: Value, b: Value| {
            if int.signed { this.b().icmp_sle(a, b) } else { this.b().icmp_ule(a, b) }
        };
        if bottom && top {
            return;
        }
        let inside = if bottom {
            less_equal(self, value, high)
        } else if top {
            less_equal(self, low, value)
        } else {
            // One comparison for both ends.
            let distance = self.b().isub(value, low);
            self.b().icmp_ule(distance, size)
        };
        self.go_on_if(inside, fail);
    }

    fn go_on_if(&mut self, condition: Value, fail: IrBlock) {
        let next = self.new_block();
        self.brif(condition, next, fail);
        self.switch_to(next);
    }

    fn equals_const(&mut self, ty: Ty, val: &Val, value: &ConstValue) -> Value {
        if self.kind(ty) == TyKind::Str {
            let program = self.cx.program;
            let text: &[u8] = match value {
                ConstValue::Str(text) => &program[*text],
                _ => b"",
            };
            let text = Val::Scalars(self.text(text));
            return self.equal(ty, val, &text);
        }
        let left = val.scalar();
        let scalar = self.func.ty(left);
        if scalar.is_float() {
            let x = match value {
                ConstValue::Float(x) => *x,
                _ => 0.0,
            };
            let wanted = self.b().fconst(scalar, eval::from_f64(scalar, x));
            return self.b().fcmp_eq(left, wanted);
        }
        let bits = self.const_bits(value);
        if self.is_bool(ty) {
            return if bits == 0 { self.not(left) } else { left };
        }
        let wanted = self.iconst(scalar, bits as i128);
        self.b().icmp_eq(left, wanted)
    }
}
