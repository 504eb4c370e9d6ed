//! How values of a type are held: as a few SSA values, one for each scalar in them (a *leaf*), or in memory.

use crate::hir::Program;
use crate::types::{Niche, Ty, TyKind, Types};
use lang_ir::Type;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// A value of at most this many leaves is held as SSA values. More would only be spilled in code that is not optimized, and the
/// optimizer finds out by itself.
const MAX_SCALARS: usize = 4;
/// A value of at most this many leaves is copied leaf by leaf.
const MAX_LEAVES: usize = 8;

/// A scalar at an offset in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Leaf {
    pub ty: Type,
    pub offset: u64,
}

/// What lowering knows of a type.
#[derive(Debug)]
pub(super) struct Repr {
    pub size: u64,
    pub align: u32,
    /// Absent if there are more than [`MAX_LEAVES`].
    leaves: Option<SmallVec<[Leaf; 4]>>,
}

impl Repr {
    fn new(types: &Types, ty: Ty) -> Repr {
        let layout = types.layout(ty);
        let mut leaves = SmallVec::new();
        let few = collect(types, ty, 0, &mut leaves)
            // Parts of another case than that of the value are not there to be copied.
            && (leaves.len() <= MAX_SCALARS || !has_cases(types, ty));
        Repr { size: layout.size, align: layout.align, leaves: few.then_some(leaves) }
    }

    /// The leaves, if the value is held as SSA values.
    pub fn scalars(&self) -> Option<&[Leaf]> {
        self.leaves().filter(|leaves| leaves.len() <= MAX_SCALARS)
    }

    /// The leaves, if the value is copied leaf by leaf.
    pub fn leaves(&self) -> Option<&[Leaf]> {
        self.leaves.as_deref()
    }

    pub fn is_scalars(&self) -> bool {
        self.scalars().is_some()
    }
}

/// Whether there is an enum with payloads or a `T!E` in a value of the type.
fn has_cases(types: &Types, ty: Ty) -> bool {
    match types.kind(ty) {
        TyKind::Enum(id) => !types[id].is_plain(),
        TyKind::Result { .. } => true,
        TyKind::Array { element, .. } => has_cases(types, element),
        TyKind::Optional(payload) => has_cases(types, payload),
        TyKind::Tuple(_) | TyKind::Struct(_) => types.fields(ty).into_iter().any(|field| has_cases(types, field)),
        _ => false,
    }
}

/// Adds the leaves of a type; `false` if there are too many.
fn collect(types: &Types, ty: Ty, base: u64, out: &mut SmallVec<[Leaf; 4]>) -> bool {
    let mut add = |ty, offset| out.push(Leaf { ty, offset: base + offset });
    match types.kind(ty) {
        TyKind::Error | TyKind::Never | TyKind::Void | TyKind::Nil => {}
        TyKind::Str | TyKind::Slice { .. } => {
            add(Type::Ptr, 0);
            add(Type::I64, 8);
        }
        TyKind::Strided { .. } => {
            add(Type::Ptr, 0);
            add(Type::I64, 8);
            add(Type::I64, 16);
        }
        TyKind::View { rank, .. } => {
            add(Type::Ptr, 0);
            (1..=u64::from(rank)).for_each(|i| add(Type::I64, 8 * i));
        }
        TyKind::Array { element, len } => {
            let stride = types.stride(element);
            for i in 0..len {
                let before = out.len();
                if !collect(types, element, base + i * stride, out) {
                    return false;
                }
                if out.len() == before {
                    break;
                }
            }
        }
        TyKind::Tuple(_) | TyKind::Struct(_) => {
            let offsets = types.struct_layout(ty).offsets;
            for (field, offset) in types.fields(ty).into_iter().zip(offsets) {
                if !collect(types, field, base + offset, out) {
                    return false;
                }
            }
        }
        TyKind::Enum(_) | TyKind::Result { .. } => return collect_union(types, ty, base, out),
        TyKind::Optional(payload) if matches!(types.niche(payload), Some(Niche::Tag(_))) => {
            return collect(types, payload, base, out);
        }
        TyKind::Optional(payload) if types.niche(payload).is_none() => {
            if !collect(types, payload, base, out) {
                return false;
            }
            out.push(Leaf { ty: Type::I1, offset: base + types.field_offset(ty, 1) });
        }
        _ => add(scalar_type(types, ty).expect("a scalar"), 0),
    }
    out.len() <= MAX_LEAVES
}

/// Adds the leaves of an enum or `T!E`: the tag, then those of the payloads, where a leaf is shared by the cases that have
/// one of its size at its place. Where leaves overlap in another way, only memory holds the value.
fn collect_union(types: &Types, ty: Ty, base: u64, out: &mut SmallVec<[Leaf; 4]>) -> bool {
    let tag = scalar_type(types, types.tag_ty(ty)).expect("an integer");
    let mut shared: BTreeMap<u64, Type> = BTreeMap::from([(base, tag)]);
    for case in 0..types.case_count(ty) {
        for (field, field_ty) in types.case_fields(ty, case).into_iter().enumerate() {
            let mut leaves = SmallVec::new();
            if !collect(types, field_ty, base + types.payload_offset(ty, case, field as u32), &mut leaves) {
                return false;
            }
            for leaf in leaves {
                match shared.get_mut(&leaf.offset) {
                    Some(other) if other.bytes() != leaf.ty.bytes() => return false,
                    Some(other) if *other == leaf.ty => {}
                    Some(other) => *other = bits_type(leaf.ty),
                    None => {
                        shared.insert(leaf.offset, leaf.ty);
                    }
                }
            }
        }
    }
    let mut end = 0;
    for (offset, leaf) in shared {
        if offset < end {
            return false;
        }
        end = offset + u64::from(leaf.bytes());
        out.push(Leaf { ty: leaf, offset });
    }
    out.len() <= MAX_LEAVES
}

/// The integer type as wide in memory as this one.
fn bits_type(ty: Type) -> Type {
    Type::int(ty.bytes() * 8).expect("a width that exists")
}

/// The IR type of a type that is one scalar by itself.
pub(super) fn scalar_type(types: &Types, ty: Ty) -> Option<Type> {
    Some(match types.kind(ty) {
        TyKind::Bool => Type::I1,
        TyKind::Char => Type::I32,
        TyKind::Int(int) => Type::int(u32::from(int.bits)).expect("a width that exists"),
        TyKind::Float(16) => Type::F16,
        TyKind::Float(32) => Type::F32,
        TyKind::Float(_) => Type::F64,
        TyKind::Pointer { .. } | TyKind::Ref(_) | TyKind::Fn { .. } => Type::Ptr,
        TyKind::Optional(payload) => match types.niche(payload)? {
            Niche::Null => Type::Ptr,
            Niche::Tag(_) => return scalar_type(types, payload),
        },
        TyKind::Enum(id) if types[id].is_plain() => return scalar_type(types, types[id].repr),
        _ => return None,
    })
}

/// The [`Repr`]s of a program's types, made when they are first asked for.
pub(super) struct Reprs<'p> {
    program: &'p Program,
    known: Vec<Option<Rc<Repr>>>,
}

impl<'p> Reprs<'p> {
    pub fn new(program: &'p Program) -> Reprs<'p> {
        Reprs { program, known: Vec::new() }
    }

    /// With those that are known already.
    pub fn with(program: &'p Program, known: Vec<Option<Rc<Repr>>>) -> Reprs<'p> {
        Reprs { program, known }
    }

    pub fn into_known(self) -> Vec<Option<Rc<Repr>>> {
        self.known
    }

    pub fn of(&mut self, ty: Ty) -> Rc<Repr> {
        let index = ty.0 as usize;
        if index >= self.known.len() {
            self.known.resize(index + 1, None);
        }
        let program = self.program;
        self.known[index].get_or_insert_with(|| Rc::new(Repr::new(&program.types, ty))).clone()
    }

    /// Number of leaves of a part of a value that is held as SSA values.
    fn count(&mut self, ty: Ty) -> usize {
        self.of(ty).scalars().expect("part of a few scalars").len()
    }

    /// Which leaves of a struct, tuple or optional make up a field.
    pub fn field_leaves(&mut self, ty: Ty, field: u32) -> Range<usize> {
        let fields = match self.program.types.kind(ty) {
            TyKind::Optional(payload) => vec![payload, Ty::BOOL],
            _ => self.program.types.fields(ty),
        };
        let start = fields[..field as usize].iter().map(|&field| self.count(field)).sum();
        start..start + self.count(fields[field as usize])
    }

    /// Which leaves of an enum or `T!E` make up a part of a case's payload, and the types that they have there.
    pub fn payload_leaves(&mut self, ty: Ty, case: u32, field: u32) -> SmallVec<[(usize, Type); 4]> {
        let types = &self.program.types;
        let field_ty = types.case_fields(ty, case)[field as usize];
        let offset = types.payload_offset(ty, case, field);
        let (whole, part) = (self.of(ty), self.of(field_ty));
        let leaves = whole.scalars().expect("part of a few scalars");
        let part = part.scalars().expect("part of a few scalars");
        part.iter()
            .map(|leaf| {
                let at = leaves.iter().position(|other| other.offset == offset + leaf.offset);
                (at.expect("each leaf of a case is one of the enum"), leaf.ty)
            })
            .collect()
    }

    /// Which leaves of an array make up an element.
    pub fn element_leaves(&mut self, element: Ty, index: usize) -> Range<usize> {
        let count = self.count(element);
        index * count..(index + 1) * count
    }
}
