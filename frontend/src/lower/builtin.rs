//! Built-in functions.

use super::body::Lower;
use super::code::{Code, Mem, Scalars};
use super::repr::scalar_type;
use super::runtime;
use crate::hir::*;
use crate::source::Span;
use crate::types::{Ty, TyKind};
use lang_ir::{Op, TrapCode, Type, Value, eval};
use smallvec::smallvec;

impl Lower<'_, '_, '_> {
    pub fn builtin(&mut self, op: Builtin, args: &[ExprId], ty: Ty, paren: Span) -> Scalars {
        match op {
            Builtin::AllocValue | Builtin::Create => return self.allocate_value(op, args, ty, paren),
            Builtin::View => return self.view(args, paren),
            Builtin::EnumFrom => return self.enum_from(args[0], ty, paren),
            _ => {}
        }
        let from = args.first().map_or(Ty::VOID, |&arg| self.ty(arg));
        let values: Vec<Scalars> = args.iter().map(|&arg| self.scalars(arg)).collect();
        self.at(paren);
        let result = match op {
            Builtin::Min | Builtin::Max => self.min_max(op == Builtin::Min, ty, values[0][0], values[1][0]),
            Builtin::Abs => self.abs(ty, values[0][0]),
            Builtin::Clz | Builtin::Ctz | Builtin::Popcount => {
                let value = values[0][0];
                let ir = match op {
                    Builtin::Clz => Op::Clz,
                    Builtin::Ctz => Op::Ctz,
                    _ => Op::Popcnt,
                };
                let scalar = self.func.ty(value);
                let count = self.b().pure_op(ir, scalar, &[value]);
                self.resize(count, Type::I64, false)
            }
            Builtin::Rotl | Builtin::Rotr => {
                let value = values[0][0];
                let scalar = self.func.ty(value);
                let signed = self.is_signed(self.ty(args[1]));
                let amount = self.resize(values[1][0], scalar, signed);
                if op == Builtin::Rotl { self.b().rotl(value, amount) } else { self.b().rotr(value, amount) }
            }
            Builtin::Bswap => {
                let value = values[0][0];
                if self.func.ty(value) == Type::I8 { value } else { self.b().bswap(value) }
            }
            Builtin::MulHi if self.is_signed(ty) => self.b().smulhi(values[0][0], values[1][0]),
            Builtin::MulHi => self.b().umulhi(values[0][0], values[1][0]),
            Builtin::CheckedAdd | Builtin::CheckedSub | Builtin::CheckedMul => {
                let (exact, overflows) = self.overflowing(op, self.is_signed(from), values[0][0], values[1][0]);
                return smallvec![exact, self.not(overflows)];
            }
            Builtin::SatAdd | Builtin::SatSub => self.saturating(op, self.is_signed(ty), values[0][0], values[1][0]),
            Builtin::Sqrt => self.b().sqrt(values[0][0]),
            Builtin::Floor => self.b().floor(values[0][0]),
            Builtin::Ceil => self.b().ceil(values[0][0]),
            Builtin::Trunc => self.b().trunc(values[0][0]),
            Builtin::Round => self.round(values[0][0]),
            Builtin::Copysign => self.b().fcopysign(values[0][0], values[1][0]),
            Builtin::Bits => {
                let to = scalar_type(&self.cx.program.types, ty).expect("a scalar");
                self.b().bitcast(to, values[0][0])
            }
            Builtin::Clock => self.call_runtime(runtime::CLOCK, &[]).expect("a result"),
            Builtin::Args => {
                let slot = self.slice_slot(ty);
                let address = self.address(slot);
                self.call_runtime(runtime::ARGS, &[address]);
                let (start, len) = (self.load(Type::Ptr, slot), self.load(Type::I64, slot.at(8)));
                return self.without_test_number(start, len);
            }
            Builtin::ParseI64 | Builtin::ParseF64 => return self.parse_number(op, &values[0]),
            Builtin::ReadLine => return self.read_line(),
            Builtin::ReadFile => {
                let (path, text) = (&values[0], values[1][0]);
                self.call_runtime(runtime::READ_FILE, &[path[0], path[1], text]).expect("a result")
            }
            Builtin::Exit => {
                self.call_runtime(runtime::EXIT, &values[0]);
                self.unreachable();
                return Scalars::new();
            }
            Builtin::Panic => {
                self.trap(TrapCode::Panic, &values[0]);
                return Scalars::new();
            }
            Builtin::Alloc | Builtin::AllocUninit => {
                let TyKind::Slice { element, .. } = self.kind(ty) else { unreachable!("a slice is allocated") };
                let len = values[0][0];
                return smallvec![self.allocate(element, len, op == Builtin::Alloc), len];
            }
            Builtin::Free | Builtin::Destroy => {
                debug_assert!(from != Ty::VOID);
                self.call_runtime(runtime::FREE, &values[0][..1]);
                return Scalars::new();
            }
            Builtin::AllocValue | Builtin::Create | Builtin::View | Builtin::EnumFrom => unreachable!("done above"),
        };
        smallvec![result]
    }

    /// Memory that holds a value, or that many copies of it.
    fn allocate_value(&mut self, op: Builtin, args: &[ExprId], ty: Ty, paren: Span) -> Scalars {
        if op == Builtin::Create {
            let TyKind::Pointer { target, .. } = self.kind(ty) else { unreachable!("a pointer is created") };
            let val = self.borrow(args[0]);
            self.at(paren);
            let one = self.word(1);
            let pointer = self.allocate(target, one, false);
            let repr = self.repr(target);
            self.store_val(&repr, &val, Mem::address(pointer));
            return smallvec![pointer];
        }
        let TyKind::Slice { element, .. } = self.kind(ty) else { unreachable!("a slice is allocated") };
        let len = self.scalar(args[0]);
        let val = self.borrow(args[1]);
        self.at(paren);
        let pointer = self.allocate(element, len, false);
        self.fill_elements(Mem::address(pointer), len, element, &val);
        smallvec![pointer, len]
    }

    /// `view(slice, rows, columns)`, and of three extents.
    fn view(&mut self, args: &[ExprId], paren: Span) -> Scalars {
        let slice = self.scalars(args[0]);
        let extents: Scalars = args[1..].iter().map(|&arg| self.scalar(arg)).collect();
        self.at(paren);
        let zero = self.word(0);
        // No extent is negative, and the product, without wrapping, fits.
        let mut signs = extents[0];
        for &extent in &extents[1..] {
            signs = self.b().bor(signs, extent);
        }
        let mut bad = self.b().icmp_slt(signs, zero);
        let mut product = extents[0];
        for &extent in &extents[1..] {
            let high = self.b().umulhi(product, extent);
            let wraps = self.b().icmp_ne(high, zero);
            bad = self.b().bor(bad, wraps);
            product = self.b().imul(product, extent);
        }
        let large = self.b().icmp_ult(slice[1], product);
        bad = self.b().bor(bad, large);
        let code = if extents.len() == 2 { TrapCode::ViewExtent } else { TrapCode::ViewExtent3 };
        let mut trap_args = extents.clone();
        trap_args.push(slice[1]);
        self.trapif(bad, code, &trap_args);
        let mut view: Scalars = smallvec![slice[0]];
        view.extend(extents);
        view
    }

    /// A slot for a slice or `str` that the run-time library stores.
    fn slice_slot(&mut self, ty: Ty) -> Mem {
        let repr = self.repr(ty);
        self.slot(&repr)
    }

    /// `?i64` or `?f64` of a text.
    fn parse_number(&mut self, op: Builtin, text: &[Value]) -> Scalars {
        let (function, number, ty) = match op {
            Builtin::ParseI64 => (runtime::PARSE_I64, Type::I64, Ty::I64),
            _ => (runtime::PARSE_F64, Type::F64, Ty::F64),
        };
        let repr = self.repr(ty);
        let slot = self.slot(&repr);
        self.zero(&repr, slot);
        let address = self.address(slot);
        let found = self.call_runtime(function, &[text[0], text[1], address]).expect("a result");
        let zero = self.iconst(Type::I8, 0);
        let found = self.b().icmp_ne(found, zero);
        smallvec![self.load(number, slot), found]
    }

    /// `?str` of the next line of standard input.
    fn read_line(&mut self) -> Scalars {
        let repr = self.repr(Ty::STR);
        let slot = self.slot(&repr);
        self.zero(&repr, slot);
        let address = self.address(slot);
        let found = self.call_runtime(runtime::READ_LINE, &[address]).expect("a result");
        let zero = self.iconst(Type::I8, 0);
        let found = self.b().icmp_ne(found, zero);
        smallvec![self.load(Type::Ptr, slot), self.load(Type::I64, slot.at(8)), found]
    }

    /// The wrapped result of an operation of integers, and whether the exact one is another.
    fn overflowing(&mut self, op: Builtin, signed: bool, a: Value, b: Value) -> (Value, Value) {
        let ty = self.func.ty(a);
        let zero = self.iconst(ty, 0);
        match op {
            Builtin::CheckedMul => {
                let low = self.b().imul(a, b);
                if signed {
                    // The upper half is the sign of the lower one.
                    let high = self.b().smulhi(a, b);
                    let amount = self.iconst(ty, i128::from(ty.bits()) - 1);
                    let sign = self.b().sshr(low, amount);
                    return (low, self.b().icmp_ne(high, sign));
                }
                let high = self.b().umulhi(a, b);
                (low, self.b().icmp_ne(high, zero))
            }
            Builtin::CheckedAdd | Builtin::SatAdd => {
                let sum = self.b().iadd(a, b);
                if !signed {
                    return (sum, self.b().icmp_ult(sum, a));
                }
                // Both operands have the sign that the sum has not.
                let (x, y) = (self.b().bxor(a, sum), self.b().bxor(b, sum));
                let both = self.b().band(x, y);
                (sum, self.b().icmp_slt(both, zero))
            }
            _ => {
                let difference = self.b().isub(a, b);
                if !signed {
                    return (difference, self.b().icmp_ult(a, b));
                }
                // The operands have different signs, and the difference has that of the right one.
                let (x, y) = (self.b().bxor(a, b), self.b().bxor(a, difference));
                let both = self.b().band(x, y);
                (difference, self.b().icmp_slt(both, zero))
            }
        }
    }

    fn saturating(&mut self, op: Builtin, signed: bool, a: Value, b: Value) -> Value {
        let ty = self.func.ty(a);
        let (wrapped, overflows) = self.overflowing(op, signed, a, b);
        let end = if signed {
            // Where it overflows, the exact result has the sign of the left operand: MIN, or MAX = ~MIN.
            let amount = self.iconst(ty, i128::from(ty.bits()) - 1);
            let sign = self.b().sshr(a, amount);
            let most = self.iconst(ty, (ty.mask() >> 1) as i128);
            self.b().bxor(sign, most)
        } else {
            self.iconst(ty, if op == Builtin::SatAdd { ty.mask() as i128 } else { 0 })
        };
        self.b().select(overflows, end, wrapped)
    }

    fn min_max(&mut self, min: bool, ty: Ty, a: Value, b: Value) -> Value {
        if self.func.ty(a).is_float() {
            let b_wins = if min { self.b().fcmp_lt(b, a) } else { self.b().fcmp_lt(a, b) };
            return self.b().select(b_wins, b, a);
        }
        match (min, self.is_signed(ty)) {
            (true, true) => self.b().smin(a, b),
            (true, false) => self.b().umin(a, b),
            (false, true) => self.b().smax(a, b),
            (false, false) => self.b().umax(a, b),
        }
    }

    fn abs(&mut self, ty: Ty, value: Value) -> Value {
        if self.func.ty(value).is_float() {
            return self.b().fabs(value);
        }
        if !self.is_signed(ty) {
            return value;
        }
        let negated = self.b().ineg(value);
        self.b().smax(value, negated)
    }

    /// Half away from zero.
    fn round(&mut self, value: Value) -> Value {
        let ty = self.func.ty(value);
        let whole = self.b().trunc(value);
        let rest = self.b().fsub(value, whole);
        let rest = self.b().fabs(rest);
        let half = self.b().fconst(ty, eval::from_f64(ty, 0.5));
        let up = self.b().fcmp_le(half, rest);
        let one = self.b().fconst(ty, eval::from_f64(ty, 1.0));
        let one = self.b().fcopysign(one, value);
        let away = self.b().fadd(whole, one);
        self.b().select(up, away, whole)
    }
}

impl Code<'_, '_> {
    /// Fresh memory for a number of elements; traps where there is none.
    pub fn allocate(&mut self, element: Ty, len: Value, zeroed: bool) -> Value {
        let repr = self.repr(element);
        if repr.size > 1 && self.constant(len) != Some(1) {
            let most = self.word(i64::MAX as u64 / repr.size);
            let large = self.b().icmp_ult(most, len);
            self.trapif(large, TrapCode::OutOfMemory, &[]);
        }
        if repr.size == 0 {
            let zero = self.word(0);
            let negative = self.b().icmp_slt(len, zero);
            self.trapif(negative, TrapCode::OutOfMemory, &[]);
        }
        let size = self.scale(len, repr.size);
        let align = self.word(repr.align.into());
        let zeroed = self.iconst(Type::I8, zeroed.into());
        let pointer = self.call_runtime(runtime::ALLOC, &[size, align, zeroed]).expect("a result");
        let null = self.null();
        let none = self.b().icmp_eq(pointer, null);
        self.trapif(none, TrapCode::OutOfMemory, &[]);
        pointer
    }
}
