//! Sizes, alignments and offsets of types in memory: those of the C ABI of x86-64.
//!
//! | type | in memory |
//! | --- | --- |
//! | integers, floats, `char` (4 bytes), `bool` (1 byte that is 0 or 1), pointers, `fn` | natural size and alignment |
//! | `[]T`, `str` | address, length (`i64`) |
//! | `[by]T` | address, length, step |
//! | `[,]T`, `[,,]T` | address, extents (`i64` each) |
//! | structs, tuples | fields in order of declaration, with C's padding |
//! | `?*T`, `?@T`, `?fn` | one word, nil is 0 |
//! | enums without payload | the integer that represents them |
//! | other enums | the tag, then the payload of the case, each case laid out as a struct that begins with the tag |
//! | `?` of an enum that leaves a tag unused | as the enum, the tag xor the smallest unused one, so that nil is 0 |
//! | `T!E` | as an enum with the cases of the value (tag 0, one byte) and of the error (1) |
//! | any other `?T` | the `T`, then a byte that is 1 for a value and 0 for nil |
//! | `void` and others without a value | nothing: size 0, alignment 1 |

use crate::types::{Ty, TyKind, Types};

/// Size and alignment in bytes; the size is a multiple of the alignment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    pub size: u64,
    pub align: u32,
}

/// Layout of a struct or tuple, with the offsets of its fields in bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StructLayout {
    pub layout: Layout,
    pub offsets: Vec<u64>,
}

/// Layout of an enum or `T!E`: the tag is at 0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnionLayout {
    pub layout: Layout,
    /// For each case, the offsets of its payload's parts in bytes.
    pub cases: Vec<Vec<u64>>,
}

/// The largest size of a type in bytes, and of all globals together: code reaches globals, and its own variables, by
/// distances of 32 bits.
pub const MAX_SIZE: u64 = i32::MAX as u64;

/// Size and alignment of an address.
pub const WORD: Layout = Layout { size: 8, align: 8 };

impl Layout {
    /// Of `count` of these, one behind the other; `None` where that is too large.
    pub fn array(self, count: u64) -> Option<Layout> {
        let size = self.size.checked_mul(count).filter(|&size| size <= MAX_SIZE)?;
        Some(Layout { size, align: self.align })
    }
}

/// Lays out fields in order, as C does; `None` where the whole is too large.
pub fn layout_fields(fields: impl IntoIterator<Item = Layout>) -> Option<StructLayout> {
    let mut end = 0u64;
    let mut align = 1;
    let mut offsets = Vec::new();
    for field in fields {
        let offset = end.checked_next_multiple_of(u64::from(field.align))?;
        offsets.push(offset);
        end = offset.checked_add(field.size).filter(|&end| end <= MAX_SIZE)?;
        align = align.max(field.align);
    }
    let size = end.checked_next_multiple_of(u64::from(align)).filter(|&size| size <= MAX_SIZE)?;
    Some(StructLayout { layout: Layout { size, align }, offsets })
}

impl Types {
    /// Size and alignment; `None` where the type is larger than [`MAX_SIZE`] or holds a struct without layout.
    pub fn try_layout(&self, ty: Ty) -> Option<Layout> {
        let natural = |size: u64| Layout { size, align: size as u32 };
        Some(match self.kind(ty) {
            TyKind::Error | TyKind::Never | TyKind::Void | TyKind::Nil => Layout { size: 0, align: 1 },
            TyKind::Bool => natural(1),
            TyKind::Char => natural(4),
            TyKind::Int(int) => natural(u64::from(int.bits) / 8),
            TyKind::Float(bits) => natural(u64::from(bits) / 8),
            TyKind::Pointer { .. } | TyKind::Ref(_) | TyKind::Fn { .. } => WORD,
            TyKind::Str | TyKind::Slice { .. } => Layout { size: 16, align: 8 },
            TyKind::Strided { .. } => Layout { size: 24, align: 8 },
            TyKind::View { rank, .. } => Layout { size: 8 + 8 * u64::from(rank), align: 8 },
            TyKind::Array { element, len } => self.try_layout(element)?.array(len)?,
            TyKind::Tuple(list) => self.try_tuple_layout(&self[list])?.layout,
            TyKind::Struct(id) => self[id].layout.as_ref()?.layout,
            TyKind::Enum(id) => self[id].layout.as_ref()?.layout,
            TyKind::Optional(payload) if self.niche(payload).is_some() => self.try_layout(payload)?,
            TyKind::Optional(payload) => self.try_tuple_layout(&[payload, Ty::BOOL])?.layout,
            TyKind::Result { .. } => self.try_union_layout(ty)?.layout,
        })
    }

    /// Size and alignment of a type of a checked program.
    pub fn layout(&self, ty: Ty) -> Layout {
        self.try_layout(ty).expect("sizes are checked with the types")
    }

    /// Layout of a struct or tuple, or of another `?T` than one word: payload and tag.
    pub fn struct_layout(&self, ty: Ty) -> StructLayout {
        match self.kind(ty) {
            TyKind::Struct(id) => self[id].layout.clone(),
            TyKind::Tuple(list) => self.try_tuple_layout(&self[list]),
            TyKind::Optional(payload) => self.try_tuple_layout(&[payload, Ty::BOOL]),
            _ => None,
        }
        .expect("a struct, tuple or optional of a checked program")
    }

    /// Offset in bytes of a field of a struct or tuple; of a `?T`, field 0 is the payload and 1 the tag.
    pub fn field_offset(&self, ty: Ty, field: u32) -> u64 {
        match self.kind(ty) {
            TyKind::Struct(id) => {
                self[id].layout.as_ref().expect("layouts are made with the types").offsets[field as usize]
            }
            _ => self.struct_layout(ty).offsets[field as usize],
        }
    }

    /// Distance in bytes between elements of this type.
    pub fn stride(&self, element: Ty) -> u64 {
        self.layout(element).size
    }

    fn try_tuple_layout(&self, tys: &[Ty]) -> Option<StructLayout> {
        let fields: Option<Vec<Layout>> = tys.iter().map(|&ty| self.try_layout(ty)).collect();
        layout_fields(fields?)
    }

    /// Tag first, then the payload of the case; `None` where that is too large.
    pub fn try_union_layout(&self, ty: Ty) -> Option<UnionLayout> {
        let tag = self.try_layout(self.tag_ty(ty))?;
        let mut whole = tag;
        let mut cases = Vec::new();
        for case in 0..self.case_count(ty) {
            let mut fields = vec![tag];
            for field in self.case_fields(ty, case) {
                fields.push(self.try_layout(field)?);
            }
            let StructLayout { layout, mut offsets } = layout_fields(fields)?;
            offsets.remove(0);
            cases.push(offsets);
            whole = Layout { size: whole.size.max(layout.size), align: whole.align.max(layout.align) };
        }
        whole.size = whole.size.checked_next_multiple_of(u64::from(whole.align)).filter(|&size| size <= MAX_SIZE)?;
        Some(UnionLayout { layout: whole, cases })
    }

    /// Offset in bytes of a part of the payload of a case, of an enum or `T!E`.
    pub fn payload_offset(&self, ty: Ty, case: u32, field: u32) -> u64 {
        match self.kind(ty) {
            TyKind::Enum(id) => {
                self[id].layout.as_ref().expect("layouts are made with the types").cases[case as usize][field as usize]
            }
            _ => {
                let layout = self.try_union_layout(ty).expect("sizes are checked with the types");
                layout.cases[case as usize][field as usize]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_those_of_c() {
        let mut types = Types::new();
        let tuple = types.tuple(&[Ty::U8, Ty::I32, Ty::U8]);
        assert_eq!(types.layout(tuple), Layout { size: 12, align: 4 });
        assert_eq!(types.struct_layout(tuple).offsets, [0, 4, 8]);
        let array = types.array(tuple, 5);
        assert_eq!(types.layout(array), Layout { size: 60, align: 4 });
        let pointer = types.pointer(tuple);
        let some_pointer = types.optional(pointer);
        assert_eq!(types.layout(some_pointer), WORD);
        let some_int = types.optional(Ty::I64);
        assert_eq!(types.layout(some_int), Layout { size: 16, align: 8 });
        assert_eq!(types.field_offset(some_int, 1), 8);
        let huge = types.array(Ty::I64, 1 << 61);
        assert_eq!(types.try_layout(huge), None);
    }
}
