//! Expressions.
//!
//! A value is asked for in one of five ways: [`Lower::scalars`] its leaves, [`Lower::expr`] a value that stays as it is,
//! [`Lower::borrow`] a value that is used before anything else happens, [`Lower::expr_to`] at a destination, [`Lower::effect`]
//! not at all.

use super::abi::{Args, Callee};
use super::body::{Dest, Lower};
use super::code::{Mem, Scalars, Val};
use super::data::is_zero;
use super::place::Located;
use crate::hir::*;
use crate::source::Span;
use crate::types::{Ty, TyKind};
use lang_ir::{TrapCode, Type, Value, eval};
use smallvec::smallvec;

/// An array literal of constants with more elements than this is copied from read-only memory.
const MAX_STORED: usize = 8;

impl Lower<'_, '_, '_> {
    pub fn ty(&self, expr: ExprId) -> Ty {
        self.body[expr].ty
    }

    fn is_scalars(&mut self, expr: ExprId) -> bool {
        let ty = self.ty(expr);
        self.repr(ty).is_scalars()
    }

    /// The value of an expression that is one scalar.
    pub fn scalar(&mut self, expr: ExprId) -> Value {
        let values = self.scalars(expr);
        debug_assert_eq!(values.len(), 1);
        values[0]
    }

    /// A value that stays as it is, whatever happens later.
    pub fn expr(&mut self, expr: ExprId) -> Val {
        if self.is_scalars(expr) {
            return Val::Scalars(self.scalars(expr));
        }
        match self.body[expr].kind {
            ExprKind::Load(place) if self.is_stable(place) => Val::Memory(self.place_memory(place)),
            ExprKind::Convert { kind: Conversion::Same, operand } => self.expr(operand),
            _ => {
                let ty = self.ty(expr);
                let repr = self.repr(ty);
                let slot = self.slot(&repr);
                self.expr_into(expr, slot);
                Val::Memory(slot)
            }
        }
    }

    /// A value that is used before anything else is evaluated.
    pub fn borrow(&mut self, expr: ExprId) -> Val {
        if self.is_scalars(expr) {
            return Val::Scalars(self.scalars(expr));
        }
        match self.body[expr].kind {
            ExprKind::Load(place) => Val::Memory(self.place_memory(place)),
            ExprKind::Unwrap { value, op } => self.unwrap(value, op),
            ExprKind::TryOptional { value, op } => self.try_optional(value, op),
            ExprKind::TryResult { value, op } => self.try_result(value, op),
            ExprKind::Convert { kind: Conversion::Same, operand } => self.borrow(operand),
            _ => self.expr(expr),
        }
    }

    /// Two values that are used before anything else is evaluated.
    pub fn borrow_two(&mut self, left: ExprId, right: ExprId) -> (Val, Val) {
        let left = if self.is_quiet(right, 4) { self.borrow(left) } else { self.expr(left) };
        (left, self.borrow(right))
    }

    /// Whether evaluating it writes no memory; a trap may be. `depth` limits how far this looks.
    pub fn is_quiet(&self, expr: ExprId, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let quiet = |expr: ExprId| self.is_quiet(expr, depth);
        match &self.body[expr].kind {
            ExprKind::Zero
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::Bytes(_)
            | ExprKind::Func(_) => true,
            ExprKind::Load(place) => self.is_quiet_place(*place, depth),
            ExprKind::Binary { left, right, .. }
            | ExprKind::Compare { left, right, .. }
            | ExprKind::Logic { left, right, .. } => quiet(*left) && quiet(*right),
            ExprKind::Unary { operand, .. } | ExprKind::Convert { operand, .. } => quiet(*operand),
            ExprKind::IsNil { value, .. } | ExprKind::Unwrap { value, .. } => quiet(*value),
            ExprKind::Len(value) | ExprKind::Ptr(value) => quiet(*value),
            _ => false,
        }
    }

    fn is_quiet_place(&self, place: PlaceId, depth: u32) -> bool {
        match &self.body[place].kind {
            PlaceKind::Local(_) | PlaceKind::Global(_) | PlaceKind::Constant(_) => true,
            PlaceKind::Field { base, .. } => self.is_quiet_place(*base, depth),
            PlaceKind::ArrayElement { array, index, .. } => {
                self.is_quiet_place(*array, depth) && self.is_quiet(*index, depth)
            }
            PlaceKind::Deref { pointer, .. } => self.is_quiet(*pointer, depth),
            PlaceKind::SliceElement { slice, index, .. } => {
                self.is_quiet(*slice, depth) && self.is_quiet(*index, depth)
            }
            _ => false,
        }
    }

    /// Whether it is cheap, has no effect and cannot trap, so that it may be evaluated in vain.
    pub fn is_free(&self, expr: ExprId, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match &self.body[expr].kind {
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) => true,
            ExprKind::Load(place) => self.is_variable(*place),
            ExprKind::Binary { op, left, right, .. } => {
                let trap_free = !matches!(op, BinaryOp::Div | BinaryOp::Rem | BinaryOp::Mod);
                trap_free && self.is_free(*left, depth) && self.is_free(*right, depth)
            }
            ExprKind::Compare { left, right, .. } => {
                let simple = matches!(
                    self.kind(self.ty(*left)),
                    TyKind::Int(_) | TyKind::Char | TyKind::Bool | TyKind::Float(_) | TyKind::Pointer { .. }
                );
                simple && self.is_free(*left, depth) && self.is_free(*right, depth)
            }
            ExprKind::Logic { left, right, .. } => self.is_free(*left, depth) && self.is_free(*right, depth),
            ExprKind::Unary { operand, .. } => self.is_free(*operand, depth),
            ExprKind::Convert { kind: Conversion::Int | Conversion::Same, operand } => self.is_free(*operand, depth),
            ExprKind::IsNil { value, .. } | ExprKind::Len(value) => self.is_free(*value, depth),
            _ => false,
        }
    }

    /// Evaluates and drops the value.
    pub fn effect(&mut self, expr: ExprId) {
        match self.body[expr].kind {
            ExprKind::Block(_)
            | ExprKind::If { .. }
            | ExprKind::Switch { .. }
            | ExprKind::Coalesce { .. }
            | ExprKind::Catch { .. } => {
                self.expr_to(expr, &Dest::Nowhere);
            }
            ExprKind::Discard(value) | ExprKind::Diverge(value) => self.effect(value),
            _ => {
                self.borrow(expr);
            }
        }
    }

    /// Brings the value to its destination.
    pub fn expr_to(&mut self, expr: ExprId, dest: &Dest) {
        let body = self.body;
        match &body[expr].kind {
            ExprKind::Block(block) => self.block(*block, dest),
            ExprKind::If { arms, otherwise } => self.if_(arms, *otherwise, dest),
            ExprKind::Switch { value, arms } => self.switch_on(*value, arms, dest),
            ExprKind::Coalesce { value, default } => self.coalesce(*value, *default, body[expr].ty, dest),
            ExprKind::Catch { value, error, handler } => self.catch(*value, *error, *handler, body[expr].ty, dest),
            ExprKind::Diverge(value) => self.effect(*value),
            _ => match dest {
                Dest::Nowhere => self.effect(expr),
                Dest::Vars(vars) => {
                    let values = self.scalars(expr);
                    // Of what does not return there is no value.
                    if values.len() == vars.len() {
                        self.set_all(vars, &values);
                    }
                }
                Dest::Memory(mem) => self.expr_into(expr, *mem),
            },
        }
    }

    /// Stores the value to memory that it does not read.
    pub fn expr_into(&mut self, expr: ExprId, mem: Mem) {
        let body = self.body;
        let (ty, span) = (body[expr].ty, body[expr].span);
        let repr = self.repr(ty);
        match &body[expr].kind {
            ExprKind::Block(_)
            | ExprKind::If { .. }
            | ExprKind::Switch { .. }
            | ExprKind::Coalesce { .. }
            | ExprKind::Catch { .. } => {
                self.expr_to(expr, &Dest::Memory(mem));
            }
            ExprKind::Diverge(value) => self.effect(*value),
            ExprKind::Call { callee, args, paren } => {
                if let Val::Scalars(values) = self.call_function(*callee, args, *paren, Some(mem)) {
                    self.store_scalars(&repr, &values, mem);
                }
            }
            ExprKind::CallPointer { callee, args, paren } => {
                if let Val::Scalars(values) = self.call_pointer(*callee, args, *paren, Some(mem)) {
                    self.store_scalars(&repr, &values, mem);
                }
            }
            _ if repr.is_scalars() => {
                let values = self.scalars(expr);
                if repr.scalars().is_some_and(|leaves| leaves.len() == values.len()) {
                    self.at(span);
                    self.store_scalars(&repr, &values, mem);
                }
            }
            ExprKind::Zero => {
                self.at(span);
                self.zero(&repr, mem);
            }
            ExprKind::Aggregate(parts) => self.aggregate_into(expr, parts, mem),
            ExprKind::Struct(fields) => {
                for &(field, value) in fields {
                    let offset = self.cx.program.types.field_offset(ty, field);
                    self.expr_into(value, mem.at(offset));
                }
            }
            ExprKind::Case { case, fields } => self.case_into(ty, *case, fields, mem, span),
            ExprKind::Repeat(value) => self.repeat_into(*value, ty, mem, span),
            ExprKind::Convert { kind: Conversion::Some, operand } => {
                self.expr_into(*operand, mem);
                let payload = body[*operand].ty;
                self.mark_some(ty, payload, mem);
            }
            ExprKind::Convert { kind: Conversion::Same, operand } => self.expr_into(*operand, mem),
            ExprKind::Load(_) | ExprKind::Unwrap { .. } | ExprKind::TryOptional { .. } | ExprKind::TryResult { .. } => {
                let val = self.borrow(expr);
                self.at(span);
                self.store_val(&repr, &val, mem);
            }
            kind => unreachable!("{kind:?} does not give a large value"),
        }
    }

    /// Elements of an array or parts of a tuple.
    fn aggregate_into(&mut self, expr: ExprId, parts: &[ExprId], mem: Mem) {
        let ty = self.ty(expr);
        if parts.len() > MAX_STORED
            && let Some(value) = self.literal(expr)
        {
            let repr = self.repr(ty);
            let span = self.body[expr].span;
            self.at(span);
            if is_zero(&value) {
                return self.zero(&repr, mem);
            }
            let global = self.cx.anonymous_constant(ty, &value);
            return self.copy(&repr, Mem::global(global, true), mem);
        }
        match self.kind(ty) {
            TyKind::Array { element, .. } => {
                let stride = self.stride(element);
                for (index, &part) in parts.iter().enumerate() {
                    self.expr_into(part, mem.at(index as u64 * stride));
                }
            }
            _ => {
                let offsets = self.cx.program.types.struct_layout(ty).offsets;
                for (&part, offset) in parts.iter().zip(offsets) {
                    self.expr_into(part, mem.at(offset));
                }
            }
        }
    }

    /// The value of an expression of literals.
    pub fn literal(&self, expr: ExprId) -> Option<ConstValue> {
        Some(match &self.body[expr].kind {
            ExprKind::Zero => ConstValue::Zero,
            ExprKind::Int(bits) => ConstValue::Int(bits.get()),
            ExprKind::Float(x) => ConstValue::Float(*x),
            ExprKind::Bool(value) => ConstValue::Int((*value).into()),
            ExprKind::Str(text) | ExprKind::Bytes(text) => ConstValue::Str(*text),
            ExprKind::Func(func) => ConstValue::Func(*func),
            ExprKind::Aggregate(parts) => {
                ConstValue::Aggregate(parts.iter().map(|&part| self.literal(part)).collect::<Option<_>>()?)
            }
            ExprKind::Struct(fields) => {
                let mut values = vec![ConstValue::Zero; fields.len()];
                for &(field, value) in fields {
                    *values.get_mut(field as usize)? = self.literal(value)?;
                }
                ConstValue::Aggregate(values)
            }
            ExprKind::Repeat(value) => ConstValue::Repeat(Box::new(self.literal(*value)?)),
            ExprKind::Convert { kind: Conversion::Some, operand } => {
                ConstValue::Some(Box::new(self.literal(*operand)?))
            }
            ExprKind::Case { case, fields } => {
                let mut values = vec![ConstValue::Zero; fields.len()];
                for &(field, value) in fields {
                    *values.get_mut(field as usize)? = self.literal(value)?;
                }
                ConstValue::Case(*case, values)
            }
            _ => return None,
        })
    }

    /// `[value; N]`
    fn repeat_into(&mut self, value: ExprId, ty: Ty, mem: Mem, span: Span) {
        let TyKind::Array { element, len } = self.kind(ty) else { unreachable!("a repeated element makes an array") };
        if self.literal(value).is_some_and(|value| is_zero(&value)) {
            let repr = self.repr(ty);
            self.at(span);
            return self.zero(&repr, mem);
        }
        let val = self.expr(value);
        self.at(span);
        if len > 0 {
            let len = self.word(len);
            self.fill_elements(mem, len, element, &val);
        }
    }

    /// Stores a value to a number of elements, at least one if the number is constant.
    pub fn fill_elements(&mut self, mem: Mem, len: Value, element: Ty, val: &Val) {
        let repr = self.repr(element);
        if let (Val::Scalars(values), 1) = (val, repr.size)
            && let [byte] = values[..]
        {
            let byte = self.resize(byte, Type::I8, false);
            return self.fill(mem, byte, len, 1);
        }
        if let Some(count) = self.constant(len).filter(|&count| count <= MAX_STORED as u128) {
            for index in 0..count as u64 {
                self.store_val(&repr, val, mem.at(index * repr.size));
            }
            return;
        }
        let zero = self.word(0);
        self.count_up(zero, len, |this, index| {
            let target = this.element(mem, index, repr.size);
            this.store_val(&repr, val, target);
        });
    }

    // ---------------------------------------------------------------------------------------------------- scalars

    /// The leaves of a value; none of what does not return.
    pub fn scalars(&mut self, expr: ExprId) -> Scalars {
        let body = self.body;
        let (ty, span) = (body[expr].ty, body[expr].span);
        let one = |value: Value| -> Scalars { smallvec![value] };
        match &body[expr].kind {
            ExprKind::Error => unreachable!("an error in a program without errors"),
            ExprKind::Zero => {
                self.at(span);
                let repr = self.repr(ty);
                self.zero_scalars(&repr)
            }
            ExprKind::Int(bits) => {
                self.at(span);
                let ty = self.scalar_type(ty);
                one(self.iconst(ty, bits.get() as i128))
            }
            ExprKind::Float(x) => {
                self.at(span);
                let ty = self.scalar_type(ty);
                one(self.b().fconst(ty, eval::from_f64(ty, *x)))
            }
            ExprKind::Bool(value) => {
                self.at(span);
                one(self.bool(*value))
            }
            ExprKind::Str(text) | ExprKind::Bytes(text) => {
                self.at(span);
                let program = self.cx.program;
                self.text(&program[*text])
            }
            ExprKind::Func(func) => {
                self.at(span);
                let func = self.cx.function_for_us(*func);
                one(self.b().func_addr(func))
            }
            ExprKind::Load(place) => self.load_place(*place),
            ExprKind::AddressOf(place) => {
                let mem = self.place_in_memory(*place);
                self.at(span);
                one(self.address(mem))
            }
            ExprKind::Binary { .. } => one(self.binary_chain(expr)),
            ExprKind::Logic { .. } => one(self.logic(expr)),
            ExprKind::Unary { op, operand } => {
                let value = self.scalar(*operand);
                self.at(span);
                one(match op {
                    UnaryOp::Neg if self.func.ty(value).is_float() => self.b().fneg(value),
                    UnaryOp::Neg => self.b().ineg(value),
                    UnaryOp::Not | UnaryOp::BitNot => self.b().bnot(value),
                })
            }
            ExprKind::Compare { op, left, right } => {
                let operand = self.ty(*left);
                let (left, right) = self.borrow_two(*left, *right);
                self.at(span);
                one(self.compare(*op, operand, &left, &right))
            }
            ExprKind::IsNil { value, negated } => {
                let operand = self.ty(*value);
                let val = self.borrow(*value);
                self.at(span);
                let nil = self.is_nil(&val, operand);
                one(if *negated { self.not(nil) } else { nil })
            }
            ExprKind::Unwrap { value, op } => self.unwrap(*value, *op).scalars().clone(),
            ExprKind::TryOptional { value, op } => self.try_optional(*value, *op).scalars().clone(),
            ExprKind::TryResult { value, op } => self.try_result(*value, *op).scalars().clone(),
            ExprKind::Case { case, fields } => self.case_scalars(ty, *case, fields, span),
            ExprKind::Convert { kind, operand } => self.convert(*kind, *operand, ty, span),
            ExprKind::Diverge(value) => {
                self.effect(*value);
                let repr = self.repr(ty);
                self.zero_scalars(&repr)
            }
            ExprKind::Discard(value) => {
                self.effect(*value);
                Scalars::new()
            }
            ExprKind::ArraySlice(place) => {
                let mem = self.place_in_memory(*place);
                let len = self.cx.array_len(body[*place].ty);
                self.at(span);
                smallvec![self.address(mem), self.word(len)]
            }
            ExprKind::ArrayView(place) => self.array_view(*place, ty, span),

            ExprKind::Len(value) => one(self.scalars(*value)[1]),
            ExprKind::Ptr(value) => one(self.scalars(*value)[0]),
            ExprKind::Extent { view, axis } => one(self.scalars(*view)[1 + usize::from(*axis)]),
            ExprKind::ExtentAt { view, axis, paren } => one(self.extent_at(*view, *axis, *paren)),
            ExprKind::Slice { base, low, high, inclusive, bracket } => {
                self.slice(*base, *low, *high, *inclusive, *bracket)
            }
            ExprKind::SliceBy { base, low, high, inclusive, step, bracket } => {
                self.slice_by(*base, *low, *high, *inclusive, *step, *bracket)
            }
            ExprKind::Row { view, index, bracket } => self.row(*view, *index, *bracket),

            ExprKind::Aggregate(parts) => {
                let mut values = Scalars::new();
                for &part in parts {
                    values.extend(self.scalars(part));
                }
                values
            }
            ExprKind::Struct(fields) => {
                let repr = self.repr(ty);
                let mut values: Vec<Option<Value>> = vec![None; repr.scalars().expect("a few scalars").len()];
                for &(field, value) in fields {
                    let leaves = self.cx.reprs.field_leaves(ty, field);
                    for (leaf, value) in leaves.zip(self.scalars(value)) {
                        values[leaf] = Some(value);
                    }
                }
                values.into_iter().map(|value| value.expect("all fields are given")).collect()
            }
            ExprKind::Repeat(value) => {
                let part = self.scalars(*value);
                let mut values = Scalars::new();
                for _ in 0..self.repr(ty).scalars().expect("a few scalars").len() / part.len().max(1) {
                    values.extend_from_slice(&part);
                }
                values
            }

            ExprKind::Call { callee, args, paren } => self.call_function(*callee, args, *paren, None).scalars().clone(),
            ExprKind::CallPointer { callee, args, paren } => {
                self.call_pointer(*callee, args, *paren, None).scalars().clone()
            }
            ExprKind::Builtin { op, args, paren } => self.builtin(*op, args, ty, *paren),
            ExprKind::Print { stream, pieces } => {
                self.print_pieces(*stream, pieces, span);
                Scalars::new()
            }
            ExprKind::Format(pieces) => self.format(pieces, span),
            ExprKind::Assert { condition, message, paren } => {
                self.assert(*condition, *message, *paren);
                Scalars::new()
            }

            ExprKind::Block(_)
            | ExprKind::If { .. }
            | ExprKind::Switch { .. }
            | ExprKind::Coalesce { .. }
            | ExprKind::Catch { .. } => {
                let repr = self.repr(ty);
                let vars = self.declare_leaves(&repr);
                self.expr_to(expr, &Dest::Vars(vars.clone()));
                if self.live { self.get_all(&vars) } else { self.zero_scalars(&repr) }
            }
            ExprKind::While { id, cond, body } => {
                self.while_(*id, cond, *body);
                Scalars::new()
            }
            ExprKind::Loop { id, body } => {
                self.loop_(*id, *body);
                Scalars::new()
            }
            ExprKind::ForRange(range) => {
                self.for_range(range);
                Scalars::new()
            }
            ExprKind::ForSlice(slice) => {
                self.for_slice(slice);
                Scalars::new()
            }
            ExprKind::ForChars(chars) => {
                self.for_chars(chars);
                Scalars::new()
            }

            ExprKind::Return(value) => {
                self.at(span);
                self.leave_with(*value);
                Scalars::new()
            }
            ExprKind::Yield { block, value } => {
                self.yield_value(*block, *value);
                Scalars::new()
            }
            ExprKind::Break(id) => {
                self.at(span);
                self.break_or_continue(*id, true);
                Scalars::new()
            }
            ExprKind::Continue(id) => {
                self.at(span);
                self.break_or_continue(*id, false);
                Scalars::new()
            }
            ExprKind::Unreachable => {
                self.at(span);
                self.trap(TrapCode::Unreachable, &[]);
                Scalars::new()
            }
        }
    }

    /// The leaves in a place.
    fn load_place(&mut self, place: PlaceId) -> Scalars {
        let prepared = self.prepare(place);
        let located = self.locate(prepared);
        match located {
            Located::Vars(vars) => self.get_all(&vars),
            Located::Values(values) => values,
            Located::Memory(mem) => {
                let (ty, span) = (self.body[place].ty, self.body[place].span);
                self.at(span);
                let repr = self.repr(ty);
                self.load_val(&repr, mem).scalars().clone()
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- optionals

    /// The payload of an optional; traps on nil.
    fn unwrap(&mut self, value: ExprId, op: Span) -> Val {
        let ty = self.ty(value);
        let val = self.borrow(value);
        self.at(op);
        let nil = self.is_nil(&val, ty);
        self.trapif(nil, TrapCode::NilValue, &[]);
        self.some(&val, ty)
    }

    /// The payload of an optional; nil leaves the function.
    fn try_optional(&mut self, value: ExprId, op: Span) -> Val {
        let ty = self.ty(value);
        let val = self.borrow(value);
        self.at(op);
        let nil = self.is_nil(&val, ty);
        let (leave, go_on) = (self.new_block(), self.new_block());
        self.brif(nil, leave, go_on);
        self.switch_to(leave);
        let mark = self.mark();
        self.leave_with_zero();
        self.forget(mark);
        self.switch_to(go_on);
        self.at(op);
        self.some(&val, ty)
    }

    /// `value ?? default`
    fn coalesce(&mut self, value: ExprId, default: ExprId, ty: Ty, dest: &Dest) {
        let optional = self.ty(value);
        let val = self.borrow(value);
        let span = self.body[value].span;
        self.at(span);
        let nil = self.is_nil(&val, optional);
        let payload = self.payload(optional);
        if let (Dest::Vars(vars), true) = (dest, self.is_free(default, 2)) {
            // Both are at hand: no branch.
            let some = if ty == payload { self.some(&val, optional) } else { val };
            let default = self.scalars(default);
            let some = some.scalars().clone();
            for (&var, (&default, some)) in vars.iter().zip(default.iter().zip(some)) {
                let value = self.b().select(nil, default, some);
                self.set(var, value);
            }
            return;
        }
        let (is_some, is_nil, join) = (self.new_block(), self.new_block(), self.new_block());
        self.brif(nil, is_nil, is_some);
        self.switch_to(is_some);
        let some = if ty == payload { self.some(&val, optional) } else { val };
        self.deliver(&some, ty, dest);
        self.jump(join);
        self.switch_to(is_nil);
        let mark = self.mark();
        self.expr_to(default, dest);
        self.forget(mark);
        self.jump(join);
        self.switch_to(join);
    }

    /// Brings a value to its destination.
    pub fn deliver(&mut self, val: &Val, ty: Ty, dest: &Dest) {
        match dest {
            Dest::Nowhere => {}
            Dest::Vars(vars) => {
                let values = val.scalars().clone();
                self.set_all(vars, &values);
            }
            Dest::Memory(mem) => {
                let repr = self.repr(ty);
                self.store_val(&repr, val, *mem);
            }
        }
    }

    // -------------------------------------------------------------------------------------------------------- calls

    fn arguments(&mut self, exprs: &[ExprId]) -> Args {
        let mut args = Args::new();
        for &expr in exprs {
            let ty = self.ty(expr);
            let val = if self.cx.passed_in_memory(ty) { Val::Memory(self.argument(expr)) } else { self.expr(expr) };
            self.push_arg(&mut args, ty, &val);
        }
        args
    }

    /// An argument that is passed in memory: where it is if it stays as it is, else in a fresh slot.
    pub fn argument(&mut self, expr: ExprId) -> Mem {
        let ty = self.ty(expr);
        let repr = self.repr(ty);
        match self.body[expr].kind {
            ExprKind::Load(place) if self.is_stable(place) => {
                let prepared = self.prepare(place);
                match self.locate(prepared) {
                    Located::Memory(mem) => mem,
                    Located::Values(values) => self.spill(&repr, &Val::Scalars(values)),
                    Located::Vars(vars) => {
                        let values = self.get_all(&vars);
                        self.spill(&repr, &Val::Scalars(values))
                    }
                }
            }
            ExprKind::Convert { kind: Conversion::Same, operand } => self.argument(operand),
            _ => {
                let slot = self.slot(&repr);
                self.expr_into(expr, slot);
                slot
            }
        }
    }

    fn call_function(&mut self, callee: FuncId, args: &[ExprId], paren: Span, dest: Option<Mem>) -> Val {
        let func = &self.cx.program[callee];
        if matches!(func.kind, FuncKind::Extern { .. }) {
            return self.call_foreign(callee, args, paren, dest);
        }
        let args = self.arguments(args);
        let ir = self.cx.funcs[callee.index()];
        self.at(paren);
        let val = self.call_val(Callee::Func(ir), &args, func.result, dest);
        self.end_if_never(func.result);
        val
    }

    fn call_pointer(&mut self, callee: ExprId, args: &[ExprId], paren: Span, dest: Option<Mem>) -> Val {
        let TyKind::Fn { params, result } = self.kind(self.ty(callee)) else { unreachable!("not a function") };
        let pointer = self.scalar(callee);
        let args = self.arguments(args);
        let program = self.cx.program;
        let mut sig = self.cx.signature(&program.types[params], result);
        // What the callee promises of its parameters is its own business.
        for param in &mut sig.params {
            *param = param.ty.into();
        }
        let sig = self.cx.module.signature(sig);
        self.at(paren);
        let val = self.call_val(Callee::Pointer(sig, pointer), &args, result, dest);
        self.end_if_never(result);
        val
    }

    pub fn end_if_never(&mut self, result: Ty) {
        if result == Ty::NEVER {
            self.unreachable();
        }
    }

    /// `assert(condition, message)`
    fn assert(&mut self, condition: ExprId, message: Option<ExprId>, paren: Span) {
        let Some(message) = message else {
            let condition = self.scalar(condition);
            self.at(paren);
            let failed = self.not(condition);
            return self.trapif(failed, TrapCode::Assert, &[]);
        };
        let (failed, go_on) = (self.new_block(), self.new_block());
        self.cond_jump(condition, go_on, failed);
        self.switch_to(failed);
        let here = self.current_block();
        self.func.blocks[here].cold = true;
        let mark = self.mark();
        let text = self.scalars(message);
        self.forget(mark);
        self.at(paren);
        self.trap(TrapCode::AssertMessage, &text);
        self.switch_to(go_on);
    }
}
