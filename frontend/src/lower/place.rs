//! Places: where they are, the checks on the way, assignment.

use super::body::{Home, Lower};
use super::code::{Mem, Scalars, Val, Vars};
use crate::hir::*;
use crate::source::Span;
use crate::types::{IntTy, Ty, TyKind};
use lang_ir::{TrapCode, Type, Value};
use smallvec::SmallVec;

/// How many pointers are remembered not to be nil.
const MAX_REMEMBERED: usize = 16;

/// A place whose parts are evaluated, and whose checks are not made yet.
pub(super) struct Prepared {
    root: Root,
    steps: SmallVec<[Step; 4]>,
    ty: Ty,
}

enum Root {
    Vars(Vars),
    Values(Scalars, Ty),
    Memory(Mem),
    Deref {
        pointer: Value,
        source: Option<ExprId>,
        op: Span,
    },
    /// An element of a slice; `step` of a strided one.
    Element {
        base: Value,
        len: Value,
        step: Option<Value>,
        element: Ty,
        index: Index,
        bracket: Span,
    },
    PointerElement {
        base: Value,
        source: ExprId,
        element: Ty,
        index: Index,
        bracket: Span,
    },
    ViewElement {
        view: Scalars,
        element: Ty,
        indices: SmallVec<[Index; 3]>,
        bracket: Span,
    },
}

enum Step {
    Field { of: Ty, field: u32 },
    Element { element: Ty, len: u64, index: Index, bracket: Span },
}

/// An index and its type.
#[derive(Clone, Copy)]
pub(super) struct Index {
    value: Value,
    ty: IntTy,
}

/// Where a place is.
pub(super) enum Located {
    Vars(Vars),
    /// Only to read.
    Values(Scalars),
    Memory(Mem),
}

impl Lower<'_, '_, '_> {
    fn index(&mut self, expr: ExprId) -> Index {
        let ty = self.cx.program.types.as_int(self.ty(expr)).expect("an index is an integer");
        Index { value: self.scalar(expr), ty }
    }

    /// Evaluates the parts of a place.
    pub fn prepare(&mut self, place: PlaceId) -> Prepared {
        let body = self.body;
        let ty = body[place].ty;
        let root = match &body[place].kind {
            PlaceKind::Error => unreachable!("an error in a program without errors"),
            PlaceKind::Field { base, field } => {
                let mut prepared = self.prepare(*base);
                prepared.steps.push(Step::Field { of: body[*base].ty, field: *field });
                prepared.ty = ty;
                return prepared;
            }
            PlaceKind::ArrayElement { array, index, bracket } => {
                let mut prepared = self.prepare(*array);
                let index = self.index(*index);
                let len = self.cx.array_len(body[*array].ty);
                prepared.steps.push(Step::Element { element: ty, len, index, bracket: *bracket });
                prepared.ty = ty;
                return prepared;
            }
            PlaceKind::Local(local) => match self.home(*local) {
                Home::Vars(vars) => Root::Vars(vars),
                Home::Memory(mem) => Root::Memory(mem),
            },
            PlaceKind::Global(global) => {
                let data = &self.cx.program[*global];
                let readonly = !data.mutable && matches!(data.init, GlobalInit::Const(_));
                Root::Memory(self.cx.global_memory(self.cx.globals[global.index()], readonly))
            }
            PlaceKind::Constant(constant) => {
                let global = self.cx.constant(*constant);
                Root::Memory(self.cx.global_memory(global, true))
            }
            PlaceKind::Temp(value) => match self.expr(*value) {
                Val::Scalars(values) => Root::Values(values, ty),
                Val::Memory(mem) => Root::Memory(mem),
            },
            PlaceKind::Deref { pointer, op } => {
                Root::Deref { pointer: self.scalar(*pointer), source: Some(*pointer), op: *op }
            }
            PlaceKind::SliceElement { slice, index, bracket } => {
                let slice = self.scalars(*slice);
                let index = self.index(*index);
                let step = slice.get(2).copied();
                Root::Element { base: slice[0], len: slice[1], step, element: ty, index, bracket: *bracket }
            }
            PlaceKind::PointerElement { pointer, index, bracket } => {
                let base = self.scalar(*pointer);
                let index = self.index(*index);
                Root::PointerElement { base, source: *pointer, element: ty, index, bracket: *bracket }
            }
            PlaceKind::ViewElement { view, indices, bracket } => {
                let view = self.scalars(*view);
                let indices = indices.iter().map(|&index| self.index(index)).collect();
                Root::ViewElement { view, element: ty, indices, bracket: *bracket }
            }
        };
        Prepared { root, steps: SmallVec::new(), ty }
    }

    /// Makes the checks of a place and finds it.
    pub fn locate(&mut self, prepared: Prepared) -> Located {
        let mut located = match prepared.root {
            Root::Vars(vars) => Located::Vars(vars),
            Root::Values(values, ty) => {
                // Only memory can be indexed at run time.
                let indexed = prepared.steps.iter().any(|step| match step {
                    Step::Element { index, .. } => self.constant(index.value).is_none(),
                    Step::Field { .. } => false,
                });
                if indexed {
                    let repr = self.repr(ty);
                    Located::Memory(self.spill(&repr, &Val::Scalars(values)))
                } else {
                    Located::Values(values)
                }
            }
            Root::Memory(mem) => Located::Memory(mem),
            Root::Deref { pointer, source, op } => {
                self.at(op);
                self.check_pointer(pointer, source);
                Located::Memory(Mem::address(pointer))
            }
            Root::Element { base, len, step, element, index, bracket } => {
                self.at(bracket);
                let index = self.check_index(index, len);
                let index = match step {
                    Some(step) => self.b().imul(index, step),
                    None => index,
                };
                let size = self.stride(element);
                Located::Memory(self.element(Mem::address(base), index, size))
            }
            Root::PointerElement { base, source, element, index, bracket } => {
                self.at(bracket);
                self.check_pointer(base, Some(source));
                let index = self.resize(index.value, Type::I64, index.ty.signed);
                let size = self.stride(element);
                Located::Memory(self.element(Mem::address(base), index, size))
            }
            Root::ViewElement { view, element, indices, bracket } => {
                self.at(bracket);
                // Row-major: ((i * columns) + j) * ...
                let mut flat = None;
                for (axis, index) in indices.into_iter().enumerate() {
                    let index = self.check_index(index, view[1 + axis]);
                    flat = Some(match flat {
                        None => index,
                        Some(outer) => {
                            let rows = self.b().imul(outer, view[1 + axis]);
                            self.b().iadd(rows, index)
                        }
                    });
                }
                let size = self.stride(element);
                let flat = flat.expect("a view has axes");
                Located::Memory(self.element(Mem::address(view[0]), flat, size))
            }
        };
        for step in prepared.steps {
            located = self.step(located, step);
        }
        located
    }

    fn step(&mut self, located: Located, step: Step) -> Located {
        match step {
            Step::Field { of, field } => match located {
                Located::Vars(vars) => Located::Vars(vars[self.cx.reprs.field_leaves(of, field)].into()),
                Located::Values(values) => Located::Values(values[self.cx.reprs.field_leaves(of, field)].into()),
                Located::Memory(mem) => Located::Memory(mem.at(self.cx.program.types.field_offset(of, field))),
            },
            Step::Element { element, len, index, bracket } => {
                self.at(bracket);
                let constant = self.constant(index.value).filter(|&at| at < u128::from(len));
                let (index, leaves) = match constant {
                    Some(at) => (self.word(at as u64), Some(at as usize)),
                    None => {
                        let len = self.word(len);
                        (self.check_index(index, len), None)
                    }
                };
                if let Located::Memory(mem) = located {
                    let size = self.stride(element);
                    return Located::Memory(self.element(mem, index, size));
                }
                match (located, leaves) {
                    (Located::Vars(vars), Some(at)) => {
                        Located::Vars(vars[self.cx.reprs.element_leaves(element, at)].into())
                    }
                    (Located::Values(values), Some(at)) => {
                        Located::Values(values[self.cx.reprs.element_leaves(element, at)].into())
                    }
                    // A fixed index that is out of bounds: the check traps, and no value follows.
                    _ => {
                        let repr = self.repr(element);
                        Located::Values(self.zero_scalars(&repr))
                    }
                }
            }
        }
    }

    /// Traps unless the index, as a mathematical integer, is in `0..len`. Gives it as an `i64`.
    pub fn check_index(&mut self, index: Index, len: Value) -> Value {
        let Index { value, ty } = index;
        if ty.bits == 128 {
            let wide_len = self.b().uextend(Type::I128, len);
            let outside = self.b().icmp_ule(wide_len, value);
            let low = self.b().ireduce(Type::I64, value);
            let amount = self.iconst(Type::I128, 64);
            let high = self.b().ushr(value, amount);
            let high = self.b().ireduce(Type::I64, high);
            let code = if ty.signed { TrapCode::BoundsWide } else { TrapCode::BoundsWideUnsigned };
            self.trapif(outside, code, &[low, high, len]);
            return low;
        }
        let value = self.resize(value, Type::I64, ty.signed);
        let outside = self.b().icmp_ule(len, value);
        let code = if ty.bits == 64 && !ty.signed { TrapCode::BoundsUnsigned } else { TrapCode::Bounds };
        self.trapif(outside, code, &[value, len]);
        value
    }

    /// The pointer that a store to this place goes through, if it may lead to exposed memory.
    fn written(&self, prepared: &Prepared) -> Option<Value> {
        self.cx.exposed.as_ref()?;
        match &prepared.root {
            Root::Vars(_) | Root::Values(..) | Root::Memory(_) => None,
            Root::Deref { source: Some(source), .. } if matches!(self.body[*source].kind, ExprKind::AddressOf(place) if self.body.root_local(place).is_some()) => {
                None
            }
            Root::Deref { pointer: base, .. } | Root::Element { base, .. } | Root::PointerElement { base, .. } => {
                Some(*base)
            }
            Root::ViewElement { view, .. } => Some(view[0]),
        }
    }

    /// Traps if the pointer leads to exposed memory. The first element tells for all: it does not depend on the index.
    fn check_written(&mut self, target: Option<Value>) {
        let (Some(target), Some(exposed)) = (target, &self.cx.exposed) else { return };
        let (whole, size) = (exposed.whole, exposed.size);
        let start = self.b().global_addr(whole);
        let start = self.b().ptr_to_int(start);
        let at = self.b().ptr_to_int(target);
        let offset = self.b().isub(at, start);
        let size = self.word(size);
        let inside = self.b().icmp_ult(offset, size);
        self.trapif(inside, TrapCode::ReadOnly, &[]);
    }

    /// Traps if the pointer is nil, unless it cannot be.
    fn check_pointer(&mut self, pointer: Value, source: Option<ExprId>) {
        if source.is_some_and(|source| self.is_address(source)) {
            return;
        }
        let block = self.current_block();
        if self.nonnull_values.0 != block {
            self.nonnull_values = (block, Vec::new());
        }
        if self.nonnull_values.1.contains(&pointer) {
            return;
        }
        let null = self.null();
        let nil = self.b().icmp_eq(pointer, null);
        self.trapif(nil, TrapCode::NilPointer, &[]);
        // The last few are those that come again.
        if self.nonnull_values.1.len() == MAX_REMEMBERED {
            self.nonnull_values.1.remove(0);
        }
        self.nonnull_values.1.push(pointer);
        if let Some(local) = source.and_then(|source| self.fixed_pointer(source)) {
            self.nonnull.push(local);
        }
    }

    /// Whether the pointer is known not to be nil.
    pub fn is_address(&self, pointer: ExprId) -> bool {
        match self.body[pointer].kind {
            ExprKind::AddressOf(_) => true,
            ExprKind::Builtin { op: Builtin::Create, .. } => true,
            ExprKind::Convert { kind: Conversion::Same, operand } => self.is_address(operand),
            _ => self.fixed_pointer(pointer).is_some_and(|local| self.nonnull.contains(&local)),
        }
    }

    /// The immutable local whose value this is.
    pub fn fixed_pointer(&self, pointer: ExprId) -> Option<LocalId> {
        match self.body[pointer].kind {
            ExprKind::Load(place) => match self.body[place].kind {
                PlaceKind::Local(local) if !self.body[local].mutable && !self.lent[local.index()] => Some(local),
                _ => None,
            },
            ExprKind::Convert { kind: Conversion::Same, operand } => self.fixed_pointer(operand),
            _ => None,
        }
    }

    /// A place of a large value.
    pub fn place_memory(&mut self, place: PlaceId) -> Mem {
        let prepared = self.prepare(place);
        match self.locate(prepared) {
            Located::Memory(mem) => mem,
            _ => unreachable!("a large value is in memory"),
        }
    }

    /// A place whose address is asked for.
    pub fn place_in_memory(&mut self, place: PlaceId) -> Mem {
        let prepared = self.prepare(place);
        let ty = prepared.ty;
        match self.locate(prepared) {
            Located::Memory(mem) => mem,
            Located::Values(values) => {
                let repr = self.repr(ty);
                self.spill(&repr, &Val::Scalars(values))
            }
            Located::Vars(_) => unreachable!("a local whose address is taken is in memory"),
        }
    }

    // ---------------------------------------------------------------------------------------------------- assignment

    pub fn assign(&mut self, place: PlaceId, value: ExprId, op: Span) {
        let ty = self.body[place].ty;
        let repr = self.repr(ty);
        let prepared = self.prepare(place);
        let val = self.borrow(value);
        if !self.live {
            return;
        }
        let target = self.written(&prepared);
        let located = self.locate(prepared);
        self.at(op);
        self.check_written(target);
        match located {
            Located::Vars(vars) => {
                let values = val.scalars().clone();
                self.set_all(&vars, &values);
            }
            Located::Memory(mem) => self.store_val(&repr, &val, mem),
            // Behind the trap of a fixed index, or dropped with a temporary.
            Located::Values(_) => {}
        }
    }

    pub fn assign_op(&mut self, op: BinaryOp, place: PlaceId, value: ExprId, op_span: Span) {
        let ty = self.body[place].ty;
        let prepared = self.prepare(place);
        let amount_ty = self.ty(value);
        let value = self.scalars(value);
        if !self.live {
            return;
        }
        let target = self.written(&prepared);
        let located = self.locate(prepared);
        self.at(op_span);
        self.check_written(target);
        let scalar = self.scalar_type(ty);
        let old = match &located {
            Located::Vars(vars) => self.get(vars[0]),
            Located::Values(values) => values[0],
            Located::Memory(mem) => self.load(scalar, *mem),
        };
        let new = self.binary(op, ty, old, value[0], amount_ty);
        match located {
            Located::Vars(vars) => self.set(vars[0], new),
            Located::Memory(mem) => self.store(new, mem),
            Located::Values(_) => {}
        }
    }

    // --------------------------------------------------------------------------------------------- slices and views

    /// `base[low..high]`
    pub fn slice(
        &mut self,
        base: ExprId,
        low: Option<ExprId>,
        high: Option<ExprId>,
        inclusive: bool,
        bracket: Span,
    ) -> Scalars {
        let ty = self.ty(base);
        let base = self.scalars(base);
        let low = low.map(|low| self.scalar(low));
        let high = high.map(|high| self.scalar(high));
        self.at(bracket);
        if let TyKind::Pointer { target, .. } = self.kind(ty) {
            let (low, high) = (low.expect("pointers have no length"), high.expect("pointers have no length"));
            let high = self.past(high, inclusive);
            let size = self.stride(target);
            let start = self.element(Mem::address(base[0]), low, size);
            return SmallVec::from_slice(&[self.address(start), self.b().isub(high, low)]);
        }
        let (low, len) = self.check_range(base[1], low, high, inclusive);
        let mut part = SmallVec::from_slice(&[self.start(&base, ty, low), len]);
        part.extend(base.get(2).copied());
        part
    }

    /// The address of an element of a slice or strided slice that is there, or of its end.
    fn start(&mut self, slice: &Scalars, ty: Ty, index: Option<Value>) -> Value {
        let Some(index) = index else { return slice[0] };
        let element = self.cx.program.types.element(ty).expect("elements of a slice");
        let size = self.stride(element);
        let index = match slice.get(2) {
            Some(&step) => self.b().imul(index, step),
            None => index,
        };
        let start = self.element(Mem::address(slice[0]), index, size);
        self.address(start)
    }

    /// The end of a range, excluded.
    fn past(&mut self, high: Value, inclusive: bool) -> Value {
        if !inclusive {
            return high;
        }
        let one = self.word(1);
        self.b().iadd(high, one)
    }

    /// Checks a range of a slice of this length; gives where it starts, if not at 0, and its length.
    fn check_range(
        &mut self,
        len: Value,
        low: Option<Value>,
        high: Option<Value>,
        inclusive: bool,
    ) -> (Option<Value>, Value) {
        let start = match low {
            Some(low) => low,
            None => self.word(0),
        };
        let high = match high {
            Some(high) => {
                let high = self.past(high, inclusive);
                let outside = self.b().icmp_ult(len, high);
                self.trapif(outside, TrapCode::SliceRange, &[start, high, len]);
                high
            }
            None => len,
        };
        let Some(low) = low.filter(|&low| self.constant(low) != Some(0)) else { return (None, high) };
        // The end is in range, so this also finds a negative start.
        let outside = self.b().icmp_ult(high, low);
        self.trapif(outside, TrapCode::SliceRange, &[low, high, len]);
        (Some(low), self.b().isub(high, low))
    }

    /// `base[low..high by step]`
    pub fn slice_by(
        &mut self,
        base: ExprId,
        low: Option<ExprId>,
        high: Option<ExprId>,
        inclusive: bool,
        step: ExprId,
        bracket: Span,
    ) -> Scalars {
        let ty = self.ty(base);
        let base = self.scalars(base);
        let low = low.map(|low| self.scalar(low));
        let high = high.map(|high| self.scalar(high));
        let step_span = self.body[step].span;
        let step = self.scalar(step);
        self.at(step_span);
        let zero = self.word(0);
        let bad = self.b().icmp_sle(step, zero);
        self.trapif(bad, TrapCode::StepNotPositive, &[step]);
        self.at(bracket);
        let (low, len) = self.check_range(base[1], low, high, inclusive);
        let start = self.start(&base, ty, low);
        // (len + step - 1) / step, which no unsigned sum of two i64 overflows.
        let one = self.word(1);
        let rest = self.b().isub(step, one);
        let sum = self.b().iadd(len, rest);
        let count = self.b().udiv(sum, step);
        // Where the product wraps, there is at most one element, and no step is made.
        let step = match base.get(2) {
            Some(&outer) => self.b().imul(outer, step),
            None => step,
        };
        SmallVec::from_slice(&[start, count, step])
    }

    /// Row `index` of a view.
    pub fn row(&mut self, view: ExprId, index: ExprId, bracket: Span) -> Scalars {
        let element = self.cx.program.types.element(self.ty(view)).expect("elements of a view");
        let view = self.scalars(view);
        let index = self.index(index);
        self.at(bracket);
        let mut first = self.check_index(index, view[1]);
        for &extent in &view[2..] {
            first = self.b().imul(first, extent);
        }
        let size = self.stride(element);
        let start = self.element(Mem::address(view[0]), first, size);
        let mut row = Scalars::from_slice(&[self.address(start)]);
        row.extend_from_slice(&view[2..]);
        row
    }

    /// `m.extent(k)`
    pub fn extent_at(&mut self, view: ExprId, axis: ExprId, paren: Span) -> Value {
        let view = self.scalars(view);
        let axis = self.index(axis);
        self.at(paren);
        let rank = self.word(view.len() as u64 - 1);
        let axis = self.check_index(axis, rank);
        let mut extent = view[1];
        for (number, &other) in view[1..].iter().enumerate().skip(1) {
            let number = self.word(number as u64);
            let is_this = self.b().icmp_eq(axis, number);
            extent = self.b().select(is_this, other, extent);
        }
        extent
    }

    /// A view over an array of arrays.
    pub fn array_view(&mut self, place: PlaceId, ty: Ty, span: Span) -> Scalars {
        let TyKind::View { rank, .. } = self.kind(ty) else { unreachable!("not a view") };
        let mem = self.place_in_memory(place);
        self.at(span);
        let mut values = Scalars::new();
        values.push(self.address(mem));
        let mut array = self.body[place].ty;
        for _ in 0..rank {
            let TyKind::Array { element, len } = self.kind(array) else { unreachable!("an array for each axis") };
            values.push(self.word(len));
            array = element;
        }
        values
    }
}
