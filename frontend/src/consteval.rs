//! Values of expressions that are known while compiling: scalars, arrays, structs, tuples and optionals over constants.
//!
//! It reads the typed tree of a body, and computes scalars with `lang_ir::eval`, as everything else in the compiler
//! does.

use crate::check::Cx;
use crate::hir::{
    BinaryOp, Body, Builtin, CompareOp, ConstValue, Conversion, ExprId, ExprKind, PlaceId, PlaceKind, StmtKind, UnaryOp,
};
use crate::source::Span;
use crate::types::{Ty, TyKind};
use lang_ir::{Op, Type};
use std::borrow::Cow;

/// Why there is no value.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// Only known when the program runs; `what` is the subject of a sentence.
    NotConstant { span: Span, what: &'static str },
    /// Would trap.
    Fault { span: Span, message: String },
}

type Result<T> = std::result::Result<T, Stop>;

/// Evaluates an expression of a body that has no errors.
pub(crate) fn eval(cx: &Cx<'_>, body: &Body, expr: ExprId) -> Result<ConstValue> {
    Eval { cx, body }.expr(expr)
}

struct Eval<'e, 'a> {
    cx: &'e Cx<'a>,
    body: &'e Body,
}

/// The scalar IR type of a type, if it is one.
fn scalar(cx: &Cx<'_>, ty: Ty) -> Option<Type> {
    Some(match cx.types.kind(ty) {
        TyKind::Int(int) => Type::int(u32::from(int.bits))?,
        TyKind::Char => Type::I32,
        TyKind::Bool => Type::I1,
        TyKind::Float(16) => Type::F16,
        TyKind::Float(32) => Type::F32,
        TyKind::Float(_) => Type::F64,
        _ => return None,
    })
}

impl Eval<'_, '_> {
    fn not_constant<T>(&self, span: Span, what: &'static str) -> Result<T> {
        Err(Stop::NotConstant { span, what })
    }

    /// The bits of a scalar value.
    fn bits(&self, value: &ConstValue, ty: Type) -> u128 {
        match value {
            ConstValue::Int(bits) => *bits,
            ConstValue::Float(value) => lang_ir::eval::from_f64(ty, *value),
            _ => 0,
        }
    }

    fn value(&self, bits: u128, ty: Type) -> ConstValue {
        if ty.is_float() { ConstValue::Float(lang_ir::eval::to_f64(ty, bits)) } else { ConstValue::Int(bits) }
    }

    /// The bytes of a `str`.
    fn text(&self, value: &ConstValue) -> &[u8] {
        match *value {
            ConstValue::Str(id) => &self.cx.strings[id.index()],
            ConstValue::Data(id, offset) => self.cx.data_text(id, offset).unwrap_or_default(),
            _ => &[],
        }
    }

    fn compute(&self, op: Op, ty: Type, from: Type, args: &[u128], span: Span) -> Result<u128> {
        match lang_ir::eval::eval(op, ty, from, args) {
            Some(bits) => Ok(bits),
            None => self.not_constant(span, "this operation"),
        }
    }

    fn expr(&self, id: ExprId) -> Result<ConstValue> {
        let node = &self.body[id];
        let span = node.span;
        Ok(match &node.kind {
            ExprKind::Zero => match scalar(self.cx, node.ty) {
                Some(ty) => self.value(0, ty),
                None => ConstValue::Zero,
            },
            ExprKind::Int(bits) => ConstValue::Int(bits.get()),
            ExprKind::Float(value) => ConstValue::Float(*value),
            ExprKind::Bool(value) => ConstValue::Int(u128::from(*value)),
            ExprKind::Str(id) => ConstValue::Str(*id),
            ExprKind::Func(id) => ConstValue::Func(*id),
            ExprKind::Load(place) => self.place(*place)?.into_owned(),
            ExprKind::Binary { .. } => self.chain(id)?,
            ExprKind::Logic { and, left, right } => {
                // Chains of `&&` are high, too.
                let mut rights = vec![(*and, *right)];
                let mut left = *left;
                while let ExprKind::Logic { and, left: l, right } = &self.body[left].kind {
                    rights.push((*and, *right));
                    left = *l;
                }
                let mut value = self.truth(left)?;
                for (and, right) in rights.into_iter().rev() {
                    if value == and {
                        value = self.truth(right)?;
                    }
                }
                ConstValue::Int(u128::from(value))
            }
            ExprKind::Unary { op, operand } => {
                let Some(ty) = scalar(self.cx, node.ty) else { return self.not_constant(span, "this operation") };
                let bits = self.bits(&self.expr(*operand)?, ty);
                let op = match op {
                    UnaryOp::Neg if ty.is_float() => Op::Fneg,
                    UnaryOp::Neg => Op::Ineg,
                    UnaryOp::Not | UnaryOp::BitNot => Op::Bnot,
                };
                self.value(self.compute(op, ty, ty, &[bits], span)?, ty)
            }
            ExprKind::Compare { op, left, right } => {
                ConstValue::Int(u128::from(self.compare(*op, *left, *right, span)?))
            }
            ExprKind::IsNil { value, negated } => {
                let nil = self.expr(*value)? == ConstValue::Zero;
                ConstValue::Int(u128::from(nil != *negated))
            }
            ExprKind::Coalesce { value, default } => match self.expr(*value)? {
                ConstValue::Zero => self.expr(*default)?,
                ConstValue::Some(payload) if self.body[*value].ty != node.ty => *payload,
                some => some,
            },
            ExprKind::Unwrap { value, op } => match self.expr(*value)? {
                ConstValue::Some(payload) => *payload,
                _ => return Err(Stop::Fault { span: *op, message: "the value is nil".to_string() }),
            },
            ExprKind::Convert { kind, operand } => self.convert(*kind, *operand, node.ty, span)?,
            ExprKind::Aggregate(parts) => {
                ConstValue::Aggregate(parts.iter().map(|&part| self.expr(part)).collect::<Result<_>>()?)
            }
            ExprKind::Struct(fields) => {
                let mut values = vec![ConstValue::Zero; fields.len()];
                for &(index, field) in fields {
                    values[index as usize] = self.expr(field)?;
                }
                ConstValue::Aggregate(values)
            }
            ExprKind::Case { case, fields } => {
                let mut values = vec![ConstValue::Zero; fields.len()];
                for &(index, field) in fields {
                    values[index as usize] = self.expr(field)?;
                }
                ConstValue::Case(*case, values)
            }
            ExprKind::Repeat(value) => match self.expr(*value)? {
                ConstValue::Zero => ConstValue::Zero,
                value => ConstValue::Repeat(Box::new(value)),
            },
            ExprKind::Len(value) => match self.expr(*value)? {
                ConstValue::Str(id) => ConstValue::Int(self.cx.strings[id.index()].len() as u128),
                ConstValue::Zero => ConstValue::Int(0),
                ConstValue::Slice(id) => match self.cx.types.kind(self.cx.constants[id.index()].ty) {
                    TyKind::Array { len, .. } => ConstValue::Int(len.into()),
                    _ => return self.not_constant(span, "this length"),
                },
                ConstValue::Data(id, offset) => ConstValue::Int(self.cx.data_len(id, offset).into()),
                _ => return self.not_constant(span, "this length"),
            },
            ExprKind::Block(block) => self.block(*block, span)?,
            ExprKind::If { arms, otherwise } => {
                for (cond, body) in arms {
                    let crate::hir::Cond::Expr(cond) = cond else {
                        return self.not_constant(span, "what a pattern binds");
                    };
                    if self.truth(*cond)? {
                        return self.block(*body, span);
                    }
                }
                match otherwise {
                    Some(body) => self.block(*body, span)?,
                    None => return self.not_constant(span, "this `if`"),
                }
            }
            ExprKind::Builtin { op, args, .. } => self.builtin(*op, args, node.ty, span)?,
            ExprKind::Call { .. } | ExprKind::CallPointer { .. } => {
                return self.not_constant(span, "the result of a call");
            }
            ExprKind::Print { .. } => return self.not_constant(span, "what is printed"),
            ExprKind::AddressOf(_)
            | ExprKind::ArraySlice(_)
            | ExprKind::ArrayView(_)
            | ExprKind::Ptr(_)
            | ExprKind::Bytes(_) => {
                return self.not_constant(span, "an address");
            }
            _ => return self.not_constant(span, "this"),
        })
    }

    fn truth(&self, id: ExprId) -> Result<bool> {
        Ok(matches!(self.expr(id)?, ConstValue::Int(bits) if bits != 0))
    }

    fn block(&self, block: crate::hir::BlockId, span: Span) -> Result<ConstValue> {
        let node = &self.body[block];
        if node.yields || node.stmts.iter().any(|stmt| !matches!(stmt.kind, StmtKind::Defer(_))) {
            return self.not_constant(span, "a block with statements");
        }
        match node.tail {
            Some(tail) => self.expr(tail),
            None => self.not_constant(span, "a block without a value"),
        }
    }

    /// Operators nest to the left as high as there are terms.
    fn chain(&self, id: ExprId) -> Result<ConstValue> {
        let mut nodes = Vec::new();
        let mut leaf = id;
        while let ExprKind::Binary { left, .. } = self.body[leaf].kind {
            nodes.push(leaf);
            leaf = left;
        }
        let mut value = self.expr(leaf)?;
        for &node in nodes.iter().rev() {
            if let ExprKind::Binary { op, right, op_span, .. } = self.body[node].kind {
                value = self.binary(op, value, right, self.body[node].ty, op_span)?;
            }
        }
        Ok(value)
    }

    fn binary(&self, op: BinaryOp, left: ConstValue, right: ExprId, ty: Ty, op_span: Span) -> Result<ConstValue> {
        let Some(scalar_ty) = scalar(self.cx, ty) else { return self.not_constant(op_span, "this operation") };
        let right_value = self.expr(right)?;
        let signed = self.cx.types.is_signed(ty);
        let a = self.bits(&left, scalar_ty);
        let b = match op {
            BinaryOp::Shl | BinaryOp::Shr => {
                // The amount counts modulo the width, whatever its type.
                let amount = match right_value {
                    ConstValue::Int(bits) => bits,
                    _ => 0,
                };
                amount & u128::from(scalar_ty.bits() - 1)
            }
            _ => self.bits(&right_value, scalar_ty),
        };
        let float = scalar_ty.is_float();
        let divides = matches!(op, BinaryOp::Div | BinaryOp::Rem | BinaryOp::Mod);
        if divides && !float && b == 0 {
            return Err(Stop::Fault { span: op_span, message: "division by zero".to_string() });
        }
        let ir_op = match op {
            BinaryOp::Add if float => Op::Fadd,
            BinaryOp::Sub if float => Op::Fsub,
            BinaryOp::Mul if float => Op::Fmul,
            BinaryOp::Div if float => Op::Fdiv,
            BinaryOp::Rem if float => Op::Frem,
            BinaryOp::Mod if float => {
                let rem = self.compute(Op::Frem, scalar_ty, scalar_ty, &[a, b], op_span)?;
                let (rem, divisor) = (lang_ir::eval::to_f64(scalar_ty, rem), lang_ir::eval::to_f64(scalar_ty, b));
                let bits = lang_ir::eval::from_f64(scalar_ty, if rem < 0.0 { rem + divisor.abs() } else { rem });
                return Ok(self.value(bits, scalar_ty));
            }
            BinaryOp::Add => Op::Iadd,
            BinaryOp::Sub => Op::Isub,
            BinaryOp::Mul => Op::Imul,
            BinaryOp::Div if signed => {
                return match lang_ir::eval::eval(Op::Sdiv, scalar_ty, scalar_ty, &[a, b]) {
                    Some(bits) => Ok(ConstValue::Int(bits)),
                    None => Err(Stop::Fault { span: op_span, message: "division overflows".to_string() }),
                };
            }
            BinaryOp::Div => Op::Udiv,
            BinaryOp::Rem if signed => Op::Srem,
            BinaryOp::Rem => Op::Urem,
            BinaryOp::Mod if signed => {
                let rem = self.compute(Op::Srem, scalar_ty, scalar_ty, &[a, b], op_span)?;
                let (rem, divisor) = (lang_ir::eval::signed(scalar_ty, rem), lang_ir::eval::signed(scalar_ty, b));
                let value = if rem < 0 { rem.wrapping_add(divisor.wrapping_abs()) } else { rem };
                return Ok(ConstValue::Int(value as u128 & scalar_ty.mask()));
            }
            BinaryOp::Mod => Op::Urem,
            BinaryOp::Shl => Op::Ishl,
            BinaryOp::Shr if signed => Op::Sshr,
            BinaryOp::Shr => Op::Ushr,
            BinaryOp::BitAnd => Op::Band,
            BinaryOp::BitOr => Op::Bor,
            BinaryOp::BitXor => Op::Bxor,
        };
        Ok(self.value(self.compute(ir_op, scalar_ty, scalar_ty, &[a, b], op_span)?, scalar_ty))
    }

    fn compare(&self, op: CompareOp, left: ExprId, right: ExprId, span: Span) -> Result<bool> {
        let ty = self.body[left].ty;
        let (a, b) = (self.expr(left)?, self.expr(right)?);
        if ty == Ty::STR {
            let order = self.text(&a).cmp(self.text(&b));
            return Ok(match op {
                CompareOp::Eq => order.is_eq(),
                CompareOp::Ne => order.is_ne(),
                CompareOp::Lt => order.is_lt(),
                CompareOp::Le => order.is_le(),
                CompareOp::Gt => order.is_gt(),
                CompareOp::Ge => order.is_ge(),
            });
        }
        let Some(scalar_ty) = scalar(self.cx, ty) else { return self.not_constant(span, "this comparison") };
        let (mut a, mut b) = (self.bits(&a, scalar_ty), self.bits(&b, scalar_ty));
        let signed = self.cx.types.is_signed(ty);
        if matches!(op, CompareOp::Gt | CompareOp::Ge) {
            std::mem::swap(&mut a, &mut b);
        }
        let ir_op = match (op, scalar_ty.is_float()) {
            (CompareOp::Eq, true) => Op::FcmpEq,
            (CompareOp::Ne, true) => Op::FcmpNe,
            (CompareOp::Lt | CompareOp::Gt, true) => Op::FcmpLt,
            (CompareOp::Le | CompareOp::Ge, true) => Op::FcmpLe,
            (CompareOp::Eq, false) => Op::IcmpEq,
            (CompareOp::Ne, false) => Op::IcmpNe,
            (CompareOp::Lt | CompareOp::Gt, false) if signed => Op::IcmpSlt,
            (CompareOp::Lt | CompareOp::Gt, false) => Op::IcmpUlt,
            (CompareOp::Le | CompareOp::Ge, false) if signed => Op::IcmpSle,
            (CompareOp::Le | CompareOp::Ge, false) => Op::IcmpUle,
        };
        Ok(self.compute(ir_op, scalar_ty, scalar_ty, &[a, b], span)? != 0)
    }

    fn convert(&self, kind: Conversion, operand: ExprId, ty: Ty, span: Span) -> Result<ConstValue> {
        let value = self.expr(operand)?;
        let from_ty = self.body[operand].ty;
        match kind {
            Conversion::Some => return Ok(ConstValue::Some(Box::new(value))),
            Conversion::Same => return Ok(value),
            Conversion::Address => {
                return match value {
                    ConstValue::Int(bits) => Ok(ConstValue::Int(match self.cx.types.as_int(from_ty) {
                        Some(int) => int.to_i128(bits) as u128 & u128::from(u64::MAX),
                        None => bits,
                    })),
                    ConstValue::Zero => Ok(ConstValue::Zero),
                    _ => self.not_constant(span, "an address"),
                };
            }
            _ => {}
        }
        let (from_ty, value) = match (self.cx.types.as_plain_enum(from_ty), value) {
            (Some(id), ConstValue::Case(case, _)) => {
                let def = &self.cx.types[id];
                (def.repr, ConstValue::Int(def.cases[case as usize].value))
            }
            (Some(id), value) => (self.cx.types[id].repr, value),
            (None, value) => (from_ty, value),
        };
        let (Some(from), Some(to)) = (scalar(self.cx, from_ty), scalar(self.cx, ty)) else {
            return self.not_constant(span, "this conversion");
        };
        let bits = self.bits(&value, from);
        let signed = self.cx.types.is_signed(from_ty);
        let bits = match kind {
            Conversion::Int => {
                let wide = if signed { lang_ir::eval::signed(from, bits) as u128 } else { bits };
                wide & to.mask()
            }
            Conversion::IntToChar { op } => {
                let scalar_value = u32::try_from(bits).ok().and_then(char::from_u32);
                match scalar_value {
                    Some(c) => u128::from(u32::from(c)),
                    None => {
                        return Err(Stop::Fault {
                            span: op,
                            message: "this is not a Unicode scalar value".to_string(),
                        });
                    }
                }
            }
            Conversion::IntToFloat => {
                let op = if signed { Op::FcvtFromSint } else { Op::FcvtFromUint };
                self.compute(op, to, from, &[bits], span)?
            }
            Conversion::FloatToInt => {
                let op = if self.cx.types.is_signed(ty) { Op::FcvtToSint } else { Op::FcvtToUint };
                self.compute(op, to, from, &[bits], span)?
            }
            Conversion::Float if to.bits() > from.bits() => self.compute(Op::Fpromote, to, from, &[bits], span)?,
            Conversion::Float => self.compute(Op::Fdemote, to, from, &[bits], span)?,
            Conversion::Some | Conversion::Same | Conversion::Address => bits,
        };
        Ok(self.value(bits, to))
    }

    fn builtin(&self, op: Builtin, args: &[ExprId], ty: Ty, span: Span) -> Result<ConstValue> {
        let from_ty = args.first().map_or(ty, |&arg| self.body[arg].ty);
        let (Some(from), Some(to)) = (scalar(self.cx, from_ty), scalar(self.cx, ty)) else {
            return self.not_constant(span, "the result of a call");
        };
        let signed = self.cx.types.is_signed(from_ty);
        let float = from.is_float();
        let mut bits = Vec::new();
        for &arg in args {
            let arg_ty = scalar(self.cx, self.body[arg].ty).unwrap_or(from);
            bits.push(self.bits(&self.expr(arg)?, arg_ty));
        }
        let less = |a: u128, b: u128| {
            let op = match (float, signed) {
                (true, _) => Op::FcmpLt,
                (_, true) => Op::IcmpSlt,
                _ => Op::IcmpUlt,
            };
            self.compute(op, from, from, &[a, b], span)
        };
        let ir_op = match op {
            Builtin::Min => {
                let (a, b) = (bits[0], bits[1]);
                return Ok(self.value(if less(b, a)? != 0 { b } else { a }, to));
            }
            Builtin::Max => {
                let (a, b) = (bits[0], bits[1]);
                return Ok(self.value(if less(a, b)? != 0 { b } else { a }, to));
            }
            Builtin::Abs if float => Op::Fabs,
            Builtin::Abs => {
                let value = if signed { lang_ir::eval::signed(from, bits[0]).wrapping_abs() as u128 } else { bits[0] };
                return Ok(ConstValue::Int(value & to.mask()));
            }
            Builtin::Clz => Op::Clz,
            Builtin::Ctz => Op::Ctz,
            Builtin::Popcount => Op::Popcnt,
            Builtin::Rotl | Builtin::Rotr => {
                bits[1] &= u128::from(from.bits() - 1);
                if op == Builtin::Rotl { Op::Rotl } else { Op::Rotr }
            }
            Builtin::Bswap => Op::Bswap,
            Builtin::MulHi if signed => Op::Smulhi,
            Builtin::MulHi => Op::Umulhi,
            Builtin::Sqrt => Op::Sqrt,
            Builtin::Floor => Op::Floor,
            Builtin::Ceil => Op::Ceil,
            Builtin::Trunc => Op::Trunc,
            Builtin::Round => {
                let value = lang_ir::eval::to_f64(from, bits[0]).round();
                return Ok(ConstValue::Float(value));
            }
            Builtin::Copysign => Op::Fcopysign,
            Builtin::Bits => return Ok(self.value(bits[0], to)),
            _ => return self.not_constant(span, "the result of a call"),
        };
        let bits = self.compute(ir_op, from, from, &bits, span)?;
        Ok(self.value(bits & to.mask(), to))
    }

    // ----------------------------------------------------------------------------------------------- places

    /// Constants in memory are looked at where they are.
    fn place(&self, id: PlaceId) -> Result<Cow<'_, ConstValue>> {
        let node = &self.body[id];
        let span = node.span;
        match &node.kind {
            PlaceKind::Constant(id) => Ok(Cow::Borrowed(&self.cx.constants[id.index()].value)),
            PlaceKind::Temp(value) => self.expr(*value).map(Cow::Owned),
            PlaceKind::Field { base, field } => {
                let value = self.place(*base)?;
                self.part(value, self.body[*base].ty, u64::from(*field), span)
            }
            PlaceKind::ArrayElement { array, index, bracket } => {
                let ty = self.body[*array].ty;
                let TyKind::Array { len, .. } = self.cx.types.kind(ty) else {
                    return self.not_constant(span, "this element");
                };
                let index = self.index(*index)?;
                if index < 0 || index >= i128::from(len) {
                    return Err(Stop::Fault {
                        span: *bracket,
                        message: format!("index {index} is out of bounds for length {len}"),
                    });
                }
                let value = self.place(*array)?;
                self.part(value, ty, index as u64, span)
            }
            PlaceKind::SliceElement { slice, index, bracket } => match self.expr(*slice)? {
                text @ (ConstValue::Str(_) | ConstValue::Data(..)) if self.body[*slice].ty == Ty::STR => {
                    let text = self.text(&text);
                    let index = self.index(*index)?;
                    match usize::try_from(index).ok().and_then(|index| text.get(index)) {
                        Some(&byte) => Ok(Cow::Owned(ConstValue::Int(u128::from(byte)))),
                        None => Err(Stop::Fault {
                            span: *bracket,
                            message: format!("index {index} is out of bounds for length {}", text.len()),
                        }),
                    }
                }
                _ => self.not_constant(span, "this element"),
            },
            PlaceKind::Global(id) => {
                let global = &self.cx.globals[id.index()];
                match &global.constant {
                    Some(value) if !global.mutable => Ok(Cow::Borrowed(value)),
                    _ => self.not_constant(span, "the value of a variable"),
                }
            }
            PlaceKind::Local(_) => self.not_constant(span, "the value of a variable"),
            _ => self.not_constant(span, "this"),
        }
    }

    fn index(&self, id: ExprId) -> Result<i128> {
        let value = self.expr(id)?;
        match (value, self.cx.types.as_int(self.body[id].ty)) {
            (ConstValue::Int(bits), Some(int)) => Ok(int.to_i128(bits)),
            _ => self.not_constant(self.body[id].span, "this index"),
        }
    }

    /// A part of an aggregate of the type `of`.
    fn part<'v>(&self, value: Cow<'v, ConstValue>, of: Ty, index: u64, span: Span) -> Result<Cow<'v, ConstValue>> {
        let types = &self.cx.types;
        let ty = match types.kind(of) {
            TyKind::Array { element, .. } => element,
            _ => types.fields(of)[index as usize],
        };
        Ok(match value {
            Cow::Borrowed(&ConstValue::Data(id, offset)) | Cow::Owned(ConstValue::Data(id, offset)) => {
                let offset = match types.kind(of) {
                    TyKind::Array { .. } => offset + index * types.stride(ty),
                    _ => offset + types.field_offset(of, index as u32),
                };
                Cow::Owned(self.cx.data_value(id, offset, ty))
            }
            Cow::Borrowed(ConstValue::Aggregate(parts)) => Cow::Borrowed(&parts[index as usize]),
            Cow::Owned(ConstValue::Aggregate(mut parts)) => Cow::Owned(parts.swap_remove(index as usize)),
            Cow::Borrowed(ConstValue::Repeat(part)) => Cow::Borrowed(&**part),
            Cow::Owned(ConstValue::Repeat(part)) => Cow::Owned(*part),
            Cow::Borrowed(ConstValue::Zero) | Cow::Owned(ConstValue::Zero) => Cow::Owned(match scalar(self.cx, ty) {
                Some(ty) => self.value(0, ty),
                None => ConstValue::Zero,
            }),
            _ => return self.not_constant(span, "this part"),
        })
    }
}
