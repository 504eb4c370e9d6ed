//! Operators and conversions.

use super::body::Lower;
use super::code::{Code, Scalars, Val};
use crate::hir::*;
use crate::source::Span;
use crate::types::{IntTy, Niche, Ty, TyKind};
use lang_ir::{Op, TrapCode, Type, Value};
use smallvec::smallvec;

impl Lower<'_, '_, '_> {
    /// An operator and the operators down its left side.
    pub fn binary_chain(&mut self, expr: ExprId) -> Value {
        let body = self.body;
        let mut chain = Vec::new();
        let mut leftmost = expr;
        while let ExprKind::Binary { op, left, right, op_span } = body[leftmost].kind {
            chain.push((leftmost, op, right, op_span));
            leftmost = left;
        }
        let mut value = self.scalar(leftmost);
        for (whole, op, right, op_span) in chain.into_iter().rev() {
            let right_value = self.scalar(right);
            self.at(op_span);
            value = self.binary(op, body[whole].ty, value, right_value, body[right].ty);
        }
        value
    }

    /// `&&` or `||` as a value.
    pub fn logic(&mut self, expr: ExprId) -> Value {
        let (and, operands) = self.logic_chain(expr);
        let mut value = self.scalar(operands[0]);
        if operands[1..].iter().all(|&operand| self.is_free(operand, 4)) {
            // Without branches: they cost more than what they save.
            for &operand in &operands[1..] {
                let right = self.scalar(operand);
                value = if and { self.b().band(value, right) } else { self.b().bor(value, right) };
            }
            return value;
        }
        let var = self.declare(Type::I1);
        let join = self.new_block();
        let mark = self.mark();
        for &operand in &operands[1..] {
            self.set(var, value);
            let next = self.new_block();
            let (then, otherwise) = if and { (next, join) } else { (join, next) };
            self.brif(value, then, otherwise);
            self.switch_to(next);
            value = self.scalar(operand);
        }
        self.set(var, value);
        self.jump(join);
        self.switch_to(join);
        self.forget(mark);
        self.get(var)
    }

    /// The operands of a chain of one of `&&` and `||`, in order.
    pub fn logic_chain(&self, expr: ExprId) -> (bool, Vec<ExprId>) {
        let ExprKind::Logic { and, .. } = self.body[expr].kind else { unreachable!("not a logic operator") };
        let mut operands = Vec::new();
        let mut at = expr;
        while let ExprKind::Logic { and: same, left, right } = self.body[at].kind
            && same == and
        {
            operands.push(right);
            at = left;
        }
        operands.push(at);
        operands.reverse();
        (and, operands)
    }

    /// A conversion to `ty`.
    pub fn convert(&mut self, kind: Conversion, operand: ExprId, ty: Ty, span: Span) -> Scalars {
        let from = self.ty(operand);
        let mut values = self.scalars(operand);
        self.at(span);
        match kind {
            Conversion::Same => return values,
            Conversion::Some => {
                match self.niche(from) {
                    None => {
                        let tag = self.bool(true);
                        values.push(tag);
                    }
                    Some(Niche::Tag(free)) => values[0] = self.flip(values[0], free),
                    Some(Niche::Null) => {}
                }
                return values;
            }
            _ => {}
        }
        let value = values[0];
        let to = self.scalar_type(ty);
        let signed = self.is_signed(from);
        let result = match kind {
            Conversion::Int => self.resize(value, to, signed),
            Conversion::IntToFloat if signed => self.b().fcvt_from_sint(to, value),
            Conversion::IntToFloat => self.b().fcvt_from_uint(to, value),
            Conversion::FloatToInt if self.is_signed(ty) => self.b().fcvt_to_sint(to, value),
            Conversion::FloatToInt => self.b().fcvt_to_uint(to, value),
            Conversion::Float => self.resize_float(value, to),
            Conversion::IntToChar { op } => {
                self.at(op);
                self.check_scalar_value(value, signed);
                self.resize(value, Type::I32, signed)
            }
            Conversion::Address => match (self.func.ty(value), to) {
                (Type::Ptr, Type::Ptr) => value,
                (Type::Ptr, to) => {
                    let word = self.b().ptr_to_int(value);
                    self.resize(word, to, false)
                }
                (_, Type::Ptr) => {
                    let word = self.resize(value, Type::I64, signed);
                    self.b().int_to_ptr(word)
                }
                (_, to) => self.resize(value, to, signed),
            },
            Conversion::Same | Conversion::Some => unreachable!("done above"),
        };
        smallvec![result]
    }

    /// Traps unless the integer is a Unicode scalar value.
    fn check_scalar_value(&mut self, value: Value, signed: bool) {
        let ty = self.func.ty(value);
        let mut bad = None;
        if ty.bits() >= 32 {
            let last = self.iconst(ty, 0x10ffff);
            bad = Some(self.b().icmp_ult(last, value));
        } else if signed {
            let zero = self.iconst(ty, 0);
            bad = Some(self.b().icmp_slt(value, zero));
        }
        if ty.bits() >= 32 || ty.bits() == 16 && !signed {
            let first = self.iconst(ty, 0xd800);
            let count = self.iconst(ty, 0x800);
            let distance = self.b().isub(value, first);
            let surrogate = self.b().icmp_ult(distance, count);
            bad = Some(match bad {
                Some(bad) => self.b().bor(bad, surrogate),
                None => surrogate,
            });
        }
        let Some(bad) = bad else { return };
        if ty == Type::I128 {
            let (low, high) = self.halves(value);
            let code = if signed { TrapCode::NoScalarWide } else { TrapCode::NoScalarWideUnsigned };
            return self.trapif(bad, code, &[low, high]);
        }
        let word = self.resize(value, Type::I64, signed);
        self.trapif(bad, if signed { TrapCode::NoScalarSigned } else { TrapCode::NoScalar }, &[word]);
    }
}

impl Code<'_, '_> {
    /// Whether an integer's type, or that under an enum, is signed.
    pub fn is_signed(&self, ty: Ty) -> bool {
        match self.kind(ty) {
            TyKind::Enum(id) => self.is_signed(self.cx.program.types[id].repr),
            _ => self.cx.program.types.is_signed(ty),
        }
    }

    /// The low and high word of 128 bits.
    pub fn halves(&mut self, value: Value) -> (Value, Value) {
        let low = self.b().ireduce(Type::I64, value);
        let amount = self.iconst(Type::I128, 64);
        let high = self.b().ushr(value, amount);
        (low, self.b().ireduce(Type::I64, high))
    }

    pub fn resize_float(&mut self, value: Value, ty: Type) -> Value {
        let from = self.func.ty(value);
        match from.bits().cmp(&ty.bits()) {
            std::cmp::Ordering::Less => self.b().fpromote(ty, value),
            std::cmp::Ordering::Equal => value,
            std::cmp::Ordering::Greater => self.b().fdemote(ty, value),
        }
    }

    /// `left op right` of type `ty`; the amount of a shift is of type `right_ty`.
    pub fn binary(&mut self, op: BinaryOp, ty: Ty, left: Value, right: Value, right_ty: Ty) -> Value {
        let scalar = self.func.ty(left);
        if scalar.is_float() {
            return self.float_binary(op, left, right);
        }
        let signed = self.is_signed(ty);
        let ir_op = match op {
            BinaryOp::Add => Op::Iadd,
            BinaryOp::Sub => Op::Isub,
            BinaryOp::Mul => Op::Imul,
            BinaryOp::BitAnd => Op::Band,
            BinaryOp::BitOr => Op::Bor,
            BinaryOp::BitXor => Op::Bxor,
            BinaryOp::Shl | BinaryOp::Shr => {
                // Modulo the width: the low bits are all that counts.
                let right_signed = self.is_signed(right_ty);
                let amount = self.resize(right, scalar, right_signed);
                let ir_op = match (op, signed) {
                    (BinaryOp::Shl, _) => Op::Ishl,
                    (_, true) => Op::Sshr,
                    (_, false) => Op::Ushr,
                };
                return self.b().pure_op(ir_op, scalar, &[left, amount]);
            }
            BinaryOp::Div => {
                self.check_divisor(right);
                if signed {
                    self.check_quotient(left, right);
                }
                if signed { Op::Sdiv } else { Op::Udiv }
            }
            BinaryOp::Rem => {
                self.check_divisor(right);
                if signed { Op::Srem } else { Op::Urem }
            }
            BinaryOp::Mod => {
                self.check_divisor(right);
                if signed {
                    return self.modulo(left, right);
                }
                Op::Urem
            }
        };
        self.b().pure_op(ir_op, scalar, &[left, right])
    }

    fn float_binary(&mut self, op: BinaryOp, left: Value, right: Value) -> Value {
        match op {
            BinaryOp::Add => self.b().fadd(left, right),
            BinaryOp::Sub => self.b().fsub(left, right),
            BinaryOp::Mul => self.b().fmul(left, right),
            BinaryOp::Div => self.b().fdiv(left, right),
            BinaryOp::Rem => self.b().frem(left, right),
            BinaryOp::Mod => {
                let rest = self.b().frem(left, right);
                let ty = self.func.ty(left);
                let zero = self.b().fconst(ty, 0);
                let negative = self.b().fcmp_lt(rest, zero);
                let size = self.b().fabs(right);
                let moved = self.b().fadd(rest, size);
                self.b().select(negative, moved, rest)
            }
            BinaryOp::Shl | BinaryOp::Shr | BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => {
                unreachable!("an operation on integers")
            }
        }
    }

    /// Traps on zero.
    fn check_divisor(&mut self, divisor: Value) {
        match self.constant(divisor) {
            Some(0) => self.trap(TrapCode::DivisionByZero, &[]),
            Some(_) => {}
            None => {
                let zero = self.iconst(self.func.ty(divisor), 0);
                let bad = self.b().icmp_eq(divisor, zero);
                self.trapif(bad, TrapCode::DivisionByZero, &[]);
            }
        }
    }

    /// Traps on MIN / -1.
    fn check_quotient(&mut self, dividend: Value, divisor: Value) {
        let ty = self.func.ty(dividend);
        let min = 1u128 << (ty.bits() - 1);
        if self.constant(divisor).is_some_and(|bits| bits != ty.mask())
            || self.constant(dividend).is_some_and(|bits| bits != min)
        {
            return;
        }
        let minus_one = self.iconst(ty, -1);
        let min = self.iconst(ty, min as i128);
        let is_minus_one = self.b().icmp_eq(divisor, minus_one);
        let is_min = self.b().icmp_eq(dividend, min);
        let bad = self.b().band(is_min, is_minus_one);
        self.trapif(bad, TrapCode::DivisionOverflow, &[]);
    }

    /// The remainder that is never negative, of signed integers; the divisor is not zero.
    fn modulo(&mut self, left: Value, right: Value) -> Value {
        let ty = self.func.ty(left);
        let zero = self.iconst(ty, 0);
        let size = match self.constant(right) {
            Some(bits) if bits.is_power_of_two() && bits >> (ty.bits() - 1) == 0 => {
                let mask = self.iconst(ty, bits as i128 - 1);
                return self.b().band(left, mask);
            }
            Some(bits) if bits >> (ty.bits() - 1) == 0 => right,
            _ => {
                let negated = self.b().ineg(right);
                let negative = self.b().icmp_slt(right, zero);
                self.b().select(negative, negated, right)
            }
        };
        let rest = self.b().srem(left, right);
        let negative = self.b().icmp_slt(rest, zero);
        let moved = self.b().iadd(rest, size);
        self.b().select(negative, moved, rest)
    }

    /// Compares values of a type.
    pub fn compare(&mut self, op: CompareOp, ty: Ty, left: &Val, right: &Val) -> Value {
        if matches!(op, CompareOp::Eq | CompareOp::Ne) {
            if self.is_simple(ty) {
                let (left, right) = (left.scalar(), right.scalar());
                return match (op, self.func.ty(left).is_float()) {
                    (CompareOp::Eq, true) => self.b().fcmp_eq(left, right),
                    (_, true) => self.b().fcmp_ne(left, right),
                    (CompareOp::Eq, false) => self.b().icmp_eq(left, right),
                    (_, false) => self.b().icmp_ne(left, right),
                };
            }
            let equal = self.equal(ty, left, right);
            return if op == CompareOp::Eq { equal } else { self.not(equal) };
        }
        // Above is below with the sides swapped.
        let (left, right, or_equal) = match op {
            CompareOp::Lt => (left, right, false),
            CompareOp::Le => (left, right, true),
            CompareOp::Gt => (right, left, false),
            _ => (right, left, true),
        };
        if self.kind(ty) == TyKind::Str {
            // a <= b is not b < a.
            let (first, second) = if or_equal { (right, left) } else { (left, right) };
            let less = self.less_str(first, second);
            return if or_equal { self.not(less) } else { less };
        }
        let signed = self.is_signed(ty);
        let (left, right) = (left.scalar(), right.scalar());
        match (self.func.ty(left).is_float(), signed, or_equal) {
            (true, _, false) => self.b().fcmp_lt(left, right),
            (true, _, true) => self.b().fcmp_le(left, right),
            (false, true, false) => self.b().icmp_slt(left, right),
            (false, true, true) => self.b().icmp_sle(left, right),
            (false, false, false) => self.b().icmp_ult(left, right),
            (false, false, true) => self.b().icmp_ule(left, right),
        }
    }

    /// Whether a type is one scalar that compares as such.
    pub fn is_simple(&self, ty: Ty) -> bool {
        super::repr::scalar_type(&self.cx.program.types, ty).is_some()
    }

    /// An integer's type; of a char, bool or enum, that of its bits.
    pub fn int_ty(&self, ty: Ty) -> Option<IntTy> {
        match self.kind(ty) {
            TyKind::Int(int) => Some(int),
            TyKind::Char => Some(IntTy { bits: 32, signed: false }),
            TyKind::Enum(id) => self.int_ty(self.cx.program.types[id].repr),
            _ => None,
        }
    }
}
