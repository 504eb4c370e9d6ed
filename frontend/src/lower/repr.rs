//! How values of a type are held: as a few SSA values, one for each scalar in them (a *leaf*), or in memory.

use crate::hir::Program;
use crate::types::{Ty, TyKind, Types};
use lang_ir::Type;
use smallvec::SmallVec;
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
        let few = collect(types, ty, 0, &mut leaves);
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
        TyKind::Enum(id) if types[id].cases.iter().all(|case| case.payload.is_empty()) => {
            return collect(types, types[id].repr, base, out);
        }
        // Cases overlap: only memory holds them.
        TyKind::Enum(_) | TyKind::Result { .. } => return false,
        TyKind::Optional(payload) if !types.has_niche(payload) => {
            if !collect(types, payload, base, out) {
                return false;
            }
            out.push(Leaf { ty: Type::I1, offset: base + types.field_offset(ty, 1) });
        }
        _ => add(scalar_type(types, ty).expect("a scalar"), 0),
    }
    out.len() <= MAX_LEAVES
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
        TyKind::Optional(payload) if types.has_niche(payload) => Type::Ptr,
        TyKind::Enum(id) if types[id].cases.iter().all(|case| case.payload.is_empty()) => {
            return scalar_type(types, types[id].repr);
        }
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

    /// Which leaves of an array make up an element.
    pub fn element_leaves(&mut self, element: Ty, index: usize) -> Range<usize> {
        let count = self.count(element);
        index * count..(index + 1) * count
    }
}
