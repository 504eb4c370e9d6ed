//! Equality of values by contents, and the order of strings.

use super::Synth;
use super::abi::Args;
use super::code::{Code, Mem, Val};
use crate::hir::CompareOp;
use crate::types::{Ty, TyKind};
use lang_ir::{Block, Type, Value};

impl Code<'_, '_> {
    /// Whether two values are equal.
    pub fn equal(&mut self, ty: Ty, left: &Val, right: &Val) -> Value {
        if self.is_simple(ty) {
            return self.compare(CompareOp::Eq, ty, left, right);
        }
        match self.kind(ty) {
            TyKind::Str => return self.equal_str(left, right),
            TyKind::Optional(payload) if self.is_simple(payload) => {
                // Also where both are nil; what the payload is then does not matter.
                let (left_nil, right_nil) = (self.is_nil(left, ty), self.is_nil(right, ty));
                let same = self.b().icmp_eq(left_nil, right_nil);
                let (left, right) = (self.some(left, ty), self.some(right, ty));
                let equal = self.equal(payload, &left, &right);
                let equal = self.b().bor(left_nil, equal);
                return self.b().band(same, equal);
            }
            TyKind::Struct(_) | TyKind::Tuple(_) if matches!(left, Val::Scalars(_)) => {
                let fields = self.cx.program.types.fields(ty);
                if fields.iter().all(|&field| self.is_simple(field)) {
                    let mut equal = self.bool(true);
                    for (index, field) in fields.into_iter().enumerate() {
                        let left = self.field(left, ty, index as u32, field);
                        let right = self.field(right, ty, index as u32, field);
                        let part = self.equal(field, &left, &right);
                        equal = if index == 0 { part } else { self.b().band(equal, part) };
                    }
                    return equal;
                }
            }
            _ => {}
        }
        let function = self.cx.synth(Synth::Equal(ty));
        let mut args = Args::new();
        self.push_arg(&mut args, ty, left);
        self.push_arg(&mut args, ty, right);
        self.call(function, &args)[0]
    }

    fn equal_str(&mut self, left: &Val, right: &Val) -> Value {
        let (left, right) = (left.scalars(), right.scalars());
        let (same_len, join) = (self.new_block(), self.new_block());
        let result = self.declare(Type::I1);
        let same = self.b().icmp_eq(left[1], right[1]);
        self.set(result, same);
        self.brif(same, same_len, join);
        self.switch_to(same_len);
        let function = self.cx.synth(Synth::EqualBytes);
        let equal = self.call(function, &[left[0], right[0], left[1]])[0];
        self.set(result, equal);
        self.jump(join);
        self.switch_to(join);
        self.get(result)
    }

    /// Whether the first string comes before the second.
    pub fn less_str(&mut self, left: &Val, right: &Val) -> Value {
        let function = self.cx.synth(Synth::LessStr);
        let mut args = Args::new();
        self.push_arg(&mut args, Ty::STR, left);
        self.push_arg(&mut args, Ty::STR, right);
        self.call(function, &args)[0]
    }

    /// See [`Synth::Equal`].
    pub fn define_equal(&mut self, ty: Ty) {
        let mut next = 0;
        let left = self.param(ty, &mut next);
        let right = self.param(ty, &mut next);
        let different = self.new_block();
        match self.kind(ty) {
            TyKind::Struct(_) | TyKind::Tuple(_) => {
                for (index, field) in self.cx.program.types.fields(ty).into_iter().enumerate() {
                    let left = self.field(&left, ty, index as u32, field);
                    let right = self.field(&right, ty, index as u32, field);
                    let equal = self.equal(field, &left, &right);
                    self.require(equal, different);
                }
            }
            TyKind::Array { element, len } => match (&left, &right) {
                (Val::Memory(left), Val::Memory(right)) => {
                    let len = self.word(len);
                    self.require_elements(element, (*left, None), (*right, None), len, different);
                }
                _ => {
                    for index in 0..len {
                        let left = self.fixed_element(&left, element, index);
                        let right = self.fixed_element(&right, element, index);
                        let equal = self.equal(element, &left, &right);
                        self.require(equal, different);
                    }
                }
            },
            TyKind::Slice { element, .. } | TyKind::Strided { element, .. } => {
                let (left, right) = (left.scalars(), right.scalars());
                let equal = self.b().icmp_eq(left[1], right[1]);
                self.require(equal, different);
                let left_elements = (Mem::address(left[0]), left.get(2).copied());
                let right_elements = (Mem::address(right[0]), right.get(2).copied());
                self.require_elements(element, left_elements, right_elements, left[1], different);
            }
            TyKind::View { element, .. } => {
                let (left, right) = (left.scalars(), right.scalars());
                let mut len = None;
                for (&left, &right) in left[1..].iter().zip(&right[1..]) {
                    let equal = self.b().icmp_eq(left, right);
                    self.require(equal, different);
                    len = Some(match len {
                        None => left,
                        Some(len) => self.b().imul(len, left),
                    });
                }
                let len = len.expect("a view has axes");
                let (left, right) = (Mem::address(left[0]), Mem::address(right[0]));
                self.require_elements(element, (left, None), (right, None), len, different);
            }
            TyKind::Optional(payload) => {
                let (left_nil, right_nil) = (self.is_nil(&left, ty), self.is_nil(&right, ty));
                let same = self.b().icmp_eq(left_nil, right_nil);
                self.require(same, different);
                let (nil, some) = (self.new_block(), self.new_block());
                self.brif(left_nil, nil, some);
                self.switch_to(nil);
                let yes = self.bool(true);
                self.return_(&[yes]);
                self.switch_to(some);
                let (left, right) = (self.some(&left, ty), self.some(&right, ty));
                let equal = self.equal(payload, &left, &right);
                self.require(equal, different);
            }
            TyKind::Enum(_) | TyKind::Result { .. } => self.require_union(ty, &left, &right, different),
            TyKind::Void => {}
            kind => unreachable!("{kind:?} is compared without a function"),
        }
        let yes = self.bool(true);
        self.return_(&[yes]);
        self.switch_to(different);
        let no = self.bool(false);
        self.return_(&[no]);
    }

    /// Goes on if both values are of one case with equal payloads.
    fn require_union(&mut self, ty: Ty, left: &Val, right: &Val, different: Block) {
        let types = &self.cx.program.types;
        let (tag, other) = (self.tag(left, ty), self.tag(right, ty));
        let same = self.b().icmp_eq(tag, other);
        self.require(same, different);
        let end = self.new_block();
        let with_payload: Vec<(u32, Vec<Ty>)> = (0..types.case_count(ty))
            .map(|case| (case, types.case_fields(ty, case)))
            .filter(|(_, fields)| !fields.is_empty())
            .collect();
        let table: Vec<(u128, Block)> =
            with_payload.iter().map(|(case, _)| (types.tag(ty, *case), self.new_block())).collect();
        self.switch(tag, &table, end);
        for ((case, fields), (_, block)) in with_payload.into_iter().zip(table) {
            self.switch_to(block);
            for (index, field) in fields.into_iter().enumerate() {
                let left = self.payload_part(left, ty, case, index as u32);
                let right = self.payload_part(right, ty, case, index as u32);
                let equal = self.equal(field, &left, &right);
                self.require(equal, different);
            }
            self.jump(end);
        }
        self.switch_to(end);
    }

    fn require(&mut self, condition: Value, otherwise: Block) {
        let next = self.new_block();
        self.brif(condition, next, otherwise);
        self.switch_to(next);
    }

    /// Goes on if as many elements are equal, which are one behind the other or a step apart.
    fn require_elements(
        &mut self,
        element: Ty,
        left: (Mem, Option<Value>),
        right: (Mem, Option<Value>),
        len: Value,
        different: Block,
    ) {
        let repr = self.repr(element);
        let by_bytes = matches!(self.kind(element), TyKind::Int(_) | TyKind::Bool | TyKind::Char);
        if by_bytes && left.1.is_none() && right.1.is_none() {
            let bytes = self.scale(len, repr.size);
            let (left, right) = (self.address(left.0), self.address(right.0));
            let function = self.cx.synth(Synth::EqualBytes);
            let equal = self.call(function, &[left, right, bytes])[0];
            return self.require(equal, different);
        }
        let zero = self.word(0);
        self.count_up(zero, len, |this, index| {
            let mut load = |(first, step): (Mem, Option<Value>)| {
                let at = match step {
                    Some(step) => this.b().imul(index, step),
                    None => index,
                };
                let mem = this.element(first, at, repr.size);
                this.load_val(&repr, mem)
            };
            let (left, right) = (load(left), load(right));
            let equal = this.equal(element, &left, &right);
            this.require(equal, different);
        });
    }

    /// See [`Synth::EqualBytes`]: by words, then by bytes.
    pub fn define_equal_bytes(&mut self) {
        let params = self.func.params().to_vec();
        let (left, right, len) = (Mem::address(params[0]), Mem::address(params[1]), params[2]);
        let different = self.new_block();
        let zero = self.word(0);
        let three = self.word(3);
        let words = self.b().ushr(len, three);
        self.count_up(zero, words, |this, index| {
            let (left, right) = (this.element(left, index, 8), this.element(right, index, 8));
            let (a, b) = (this.load_unaligned(Type::I64, left), this.load_unaligned(Type::I64, right));
            let equal = this.b().icmp_eq(a, b);
            this.require(equal, different);
        });
        let start = self.b().ishl(words, three);
        self.count_up(start, len, |this, index| {
            let (left, right) = (this.element(left, index, 1), this.element(right, index, 1));
            let (a, b) = (this.load(Type::I8, left), this.load(Type::I8, right));
            let equal = this.b().icmp_eq(a, b);
            this.require(equal, different);
        });
        let yes = self.bool(true);
        self.return_(&[yes]);
        self.switch_to(different);
        let no = self.bool(false);
        self.return_(&[no]);
    }

    /// See [`Synth::LessStr`].
    pub fn define_less_str(&mut self) {
        let params = self.func.params().to_vec();
        let (left, right) = (Mem::address(params[0]), Mem::address(params[2]));
        let (left_len, right_len) = (params[1], params[3]);
        let shorter = self.b().smin(left_len, right_len);
        let zero = self.word(0);
        self.count_up(zero, shorter, |this, index| {
            let (left, right) = (this.element(left, index, 1), this.element(right, index, 1));
            let (a, b) = (this.load(Type::I8, left), this.load(Type::I8, right));
            let (different, next) = (this.new_block(), this.new_block());
            let equal = this.b().icmp_eq(a, b);
            this.brif(equal, next, different);
            this.switch_to(different);
            let less = this.b().icmp_ult(a, b);
            this.return_(&[less]);
            this.switch_to(next);
        });
        let less = self.b().icmp_slt(left_len, right_len);
        self.return_(&[less]);
    }
}
