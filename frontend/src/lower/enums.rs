//! Enums and error results: tags, payloads, and nil of optional enums.

use super::body::Lower;
use super::code::{Code, Mem, Scalars, Val};
use crate::hir::ExprId;
use crate::source::Span;
use crate::types::{Niche, Ty, TyKind};
use lang_ir::{Type, Value};
use smallvec::smallvec;

impl Code<'_, '_> {
    /// The tag of an enum or `T!E`, also of a `?` of an enum that is kept as one.
    pub fn tag(&mut self, val: &Val, ty: Ty) -> Value {
        match val {
            Val::Scalars(values) => values[0],
            Val::Memory(mem) => {
                let tag = self.scalar_type(self.cx.program.types.tag_ty(ty));
                self.load(tag, *mem)
            }
        }
    }

    /// Whether a value is of this case.
    pub fn is_case(&mut self, val: &Val, ty: Ty, case: u32) -> Value {
        let tag = self.tag(val, ty);
        let wanted = self.cx.program.types.tag(ty, case);
        let wanted = self.iconst(self.func.ty(tag), wanted as i128);
        self.b().icmp_eq(tag, wanted)
    }

    /// A part of the payload of a value of this case.
    pub fn payload_part(&mut self, val: &Val, ty: Ty, case: u32, field: u32) -> Val {
        match val {
            Val::Scalars(values) => {
                let leaves = self.cx.reprs.payload_leaves(ty, case, field);
                Val::Scalars(leaves.into_iter().map(|(at, leaf)| self.reinterpret(values[at], leaf)).collect())
            }
            Val::Memory(mem) => {
                let types = &self.cx.program.types;
                let (field_ty, offset) =
                    (types.case_fields(ty, case)[field as usize], types.payload_offset(ty, case, field));
                let repr = self.repr(field_ty);
                self.load_val(&repr, mem.at(offset))
            }
        }
    }

    /// The leaves of a case with this payload, in order of its parts.
    pub fn case_of_parts(&mut self, ty: Ty, case: u32, parts: &[(u32, Scalars)]) -> Scalars {
        let repr = self.repr(ty);
        let mut values = self.zero_scalars(&repr);
        let leaves = repr.scalars().expect("a few scalars");
        values[0] = self.iconst(leaves[0].ty, self.cx.program.types.tag(ty, case) as i128);
        for (field, part) in parts {
            let at = self.cx.reprs.payload_leaves(ty, case, *field);
            for ((at, _), &value) in at.into_iter().zip(part) {
                values[at] = self.reinterpret(value, leaves[at].ty);
            }
        }
        values
    }

    /// Stores the tag of a case.
    pub fn store_tag(&mut self, ty: Ty, case: u32, mem: Mem) {
        let types = &self.cx.program.types;
        let (tag_ty, tag) = (types.tag_ty(ty), types.tag(ty, case));
        let tag = self.iconst(self.scalar_type(tag_ty), tag as i128);
        self.store(tag, mem);
    }

    /// The same bits as another type of that size in memory.
    fn reinterpret(&mut self, value: Value, ty: Type) -> Value {
        match (self.func.ty(value), ty) {
            (from, to) if from == to => value,
            (Type::Ptr, _) => self.b().ptr_to_int(value),
            (_, Type::Ptr) => self.b().int_to_ptr(value),
            (Type::I1, to) => self.b().uextend(to, value),
            (_, Type::I1) => self.b().ireduce(Type::I1, value),
            (_, to) => self.b().bitcast(to, value),
        }
    }

    /// A tag as the other of an enum and of a `?` of it has it.
    pub fn flip(&mut self, tag: Value, free: u128) -> Value {
        if free == 0 {
            return tag;
        }
        let free = self.iconst(self.func.ty(tag), free as i128);
        self.b().bxor(tag, free)
    }

    /// An enum as a `?` of it that keeps nil in a tag that no case has, or back.
    pub fn flip_tag(&mut self, val: &Val, payload: Ty, free: u128) -> Val {
        if free == 0 {
            return val.clone();
        }
        match val {
            Val::Scalars(values) => {
                let mut values = values.clone();
                values[0] = self.flip(values[0], free);
                Val::Scalars(values)
            }
            Val::Memory(mem) => {
                let repr = self.repr(payload);
                let slot = self.slot(&repr);
                self.copy(&repr, *mem, slot);
                let tag = self.tag(val, payload);
                let tag = self.flip(tag, free);
                self.store(tag, slot);
                Val::Memory(slot)
            }
        }
    }

    /// Makes an optional that is not nil of a payload in memory.
    pub fn mark_some(&mut self, ty: Ty, payload: Ty, mem: Mem) {
        match self.niche(payload) {
            None => {
                let tag = self.bool(true);
                let offset = self.cx.program.types.field_offset(ty, 1);
                self.store(tag, mem.at(offset));
            }
            Some(Niche::Tag(free)) => {
                let tag = self.tag(&Val::Memory(mem), payload);
                let tag = self.flip(tag, free);
                self.store(tag, mem);
            }
            Some(Niche::Null) => {}
        }
    }
}

impl Lower<'_, '_, '_> {
    /// The case of a plain enum with this value, as an optional.
    pub fn enum_from(&mut self, arg: ExprId, ty: Ty, span: Span) -> Scalars {
        let from = self.int_ty(self.ty(arg)).expect("an integer");
        let value = self.scalar(arg);
        self.at(span);
        let enum_ty = self.payload(ty);
        let TyKind::Enum(id) = self.kind(enum_ty) else { unreachable!("an optional enum") };
        let def = &self.cx.program.types[id];
        let repr = self.int_ty(def.repr).expect("an integer");
        // The tags that a value of the argument's type can have, in their order.
        let mut tags: Vec<i128> = def
            .cases
            .iter()
            .map(|case| repr.to_i128(case.value))
            .filter(|&tag| from.to_i128(tag as u128 & from.mask()) == tag)
            .collect();
        tags.sort_unstable();
        let scalar = self.func.ty(value);
        let known = match (tags.first(), tags.last()) {
            (Some(&low), Some(&high)) if high.checked_sub(low) == Some(tags.len() as i128 - 1) => {
                let (low, size) = (self.iconst(scalar, low), self.iconst(scalar, high - low));
                let distance = self.b().isub(value, low);
                self.b().icmp_ule(distance, size)
            }
            (Some(_), _) => {
                let (yes, join) = (self.new_block(), self.new_block());
                let known = self.declare(Type::I1);
                let no = self.bool(false);
                self.set(known, no);
                let table: Vec<_> = tags.iter().map(|&tag| (tag as u128 & from.mask(), yes)).collect();
                self.switch(value, &table, join);
                self.switch_to(yes);
                let one = self.bool(true);
                self.set(known, one);
                self.jump(join);
                self.switch_to(join);
                self.get(known)
            }
            _ => self.bool(false),
        };
        let tag_ty = self.scalar_type(enum_ty);
        let tag = self.resize(value, tag_ty, from.signed);
        let nil = self.iconst(tag_ty, 0);
        match self.niche(enum_ty) {
            Some(Niche::Tag(free)) => {
                let tag = self.flip(tag, free);
                smallvec![self.b().select(known, tag, nil)]
            }
            _ => smallvec![self.b().select(known, tag, nil), known],
        }
    }

    /// A case that is held as a few scalars.
    pub fn case_scalars(&mut self, ty: Ty, case: u32, fields: &[(u32, ExprId)], span: Span) -> Scalars {
        let parts: Vec<(u32, Scalars)> = fields.iter().map(|&(field, value)| (field, self.scalars(value))).collect();
        self.at(span);
        self.case_of_parts(ty, case, &parts)
    }

    /// A case, to memory.
    pub fn case_into(&mut self, ty: Ty, case: u32, fields: &[(u32, ExprId)], mem: Mem, span: Span) {
        for &(field, value) in fields {
            let offset = self.cx.program.types.payload_offset(ty, case, field);
            self.expr_into(value, mem.at(offset));
        }
        self.at(span);
        self.store_tag(ty, case, mem);
    }
}
