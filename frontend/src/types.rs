//! Types of checked programs. A [`Ty`] is an interned number: equal types of one [`Types`] are equal numbers.
//!
//! Read [`TyKind`] first. Sizes and offsets are in `layout`.

use crate::intern::{Interner, Symbol};
use crate::layout::{StructLayout, UnionLayout};
use crate::source::Span;
use rustc_hash::FxHashMap;

/// A type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ty(pub u32);

/// A struct definition: [`StructDef`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StructId(pub u32);

/// An enum definition: [`EnumDef`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EnumId(pub u32);

/// An interned list of types: `&types[list]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TyList {
    start: u32,
    len: u32,
}

/// An integer type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct IntTy {
    /// 8, 16, 32, 64 or 128.
    pub bits: u8,
    pub signed: bool,
}

impl IntTy {
    /// The value as the type holds it: the low bits, the rest zero.
    pub fn mask(self) -> u128 {
        if self.bits == 128 { u128::MAX } else { (1 << self.bits) - 1 }
    }

    /// The mathematical value of bits of this type, where an `i128` holds it; values of `u128` above `i128::MAX` come
    /// out negative.
    pub fn to_i128(self, bits: u128) -> i128 {
        if !self.signed {
            return bits as i128;
        }
        let shift = 128 - u32::from(self.bits);
        ((bits << shift) as i128) >> shift
    }

    /// Smallest value, as bits.
    pub fn min_bits(self) -> u128 {
        if self.signed { 1 << (self.bits - 1) } else { 0 }
    }

    /// Largest value, as bits.
    pub fn max_bits(self) -> u128 {
        if self.signed { self.mask() >> 1 } else { self.mask() }
    }

    /// Whether all values of `other` are values of this type.
    pub fn holds(self, other: IntTy) -> bool {
        match (self.signed, other.signed) {
            (true, true) | (false, false) => self.bits >= other.bits,
            (true, false) => self.bits > other.bits,
            (false, true) => false,
        }
    }

    pub fn name(self) -> &'static str {
        match (self.signed, self.bits) {
            (true, 8) => "i8",
            (true, 16) => "i16",
            (true, 32) => "i32",
            (true, 64) => "i64",
            (true, _) => "i128",
            (false, 8) => "u8",
            (false, 16) => "u16",
            (false, 32) => "u32",
            (false, 64) => "u64",
            (false, _) => "u128",
        }
    }
}

/// What a type is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TyKind {
    /// Of what had an error; fits everything. Not in a program without errors.
    Error,
    /// Of what does not return: `return`, `panic()`, a `loop` without `break`.
    Never,
    Void,
    Bool,
    /// A Unicode scalar value, 32 bits.
    Char,
    Int(IntTy),
    /// 16, 32 or 64 bits.
    Float(u8),
    /// Of a bare `nil`, before the context gives it a type. Not in a finished tree.
    Nil,
    /// Pointer and length of UTF-8 bytes that are never written.
    Str,
    /// `*T`
    Pointer {
        target: Ty,
        restrict: bool,
    },
    /// `@T`
    Ref(Ty),
    /// `[]T`: pointer, length.
    Slice {
        element: Ty,
        restrict: bool,
    },
    /// `[by]T`: pointer, length, step in elements.
    Strided {
        element: Ty,
        restrict: bool,
    },
    /// `[,]T` (rank 2: pointer, rows, columns), `[,,]T` (rank 3: pointer and three extents).
    View {
        rank: u8,
        element: Ty,
        restrict: bool,
    },
    /// `[N]T`
    Array {
        element: Ty,
        len: u64,
    },
    Tuple(TyList),
    Struct(StructId),
    Enum(EnumId),
    /// `fn(T, U) -> V`: the address of a function.
    Fn {
        params: TyList,
        result: Ty,
    },
    /// `?T`
    Optional(Ty),
    /// `T!E`
    Result {
        ok: Ty,
        error: Ty,
    },
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub struct FieldDef {
    pub name: Symbol,
    pub ty: Ty,
    pub span: Span,
    pub has_default: bool,
}

/// A struct, its fields in the order of their declaration.
#[derive(Clone, Debug)]
pub struct StructDef {
    pub name: Symbol,
    pub fields: Vec<FieldDef>,
    /// Of the name.
    pub span: Span,
    /// Present once all types of the program are known.
    pub layout: Option<StructLayout>,
    /// Only C knows what is in it: there are pointers to it and no values.
    pub opaque: bool,
}

/// How the payload of a case is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaseShape {
    /// `Empty`
    Plain,
    /// `Circle(f64)`
    Tuple,
    /// `Rect { w: f64, h: f64 }`
    Struct,
}

/// A case of an enum.
#[derive(Clone, Debug)]
pub struct CaseDef {
    pub name: Symbol,
    pub shape: CaseShape,
    /// The tag, as bits of the representation.
    pub value: u128,
    /// The payload; its parts have no names in a tuple-like case.
    pub payload: Vec<FieldDef>,
    pub span: Span,
}

/// An enum.
#[derive(Clone, Debug)]
pub struct EnumDef {
    pub name: Symbol,
    /// The type of the tag.
    pub repr: Ty,
    pub cases: Vec<CaseDef>,
    /// Of the name.
    pub span: Span,
    /// Present once all types of the program are known.
    pub layout: Option<UnionLayout>,
    /// A tag that no case has, 0 if that is free.
    pub free_tag: Option<u128>,
}

impl EnumDef {
    /// Whether no case has a payload: a value is its tag.
    pub fn is_plain(&self) -> bool {
        self.cases.iter().all(|case| case.payload.is_empty())
    }

    /// The number of the case with this tag.
    pub fn case_of(&self, tag: u128) -> Option<usize> {
        self.cases.iter().position(|case| case.value == tag)
    }
}

/// How nil of a `?T` that is no larger than `T` is told from its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Niche {
    /// Nil is the null pointer.
    Null,
    /// The payload is an enum, and its tag is kept xor this one, which no case has. So nil is 0.
    Tag(u128),
}

/// All types of a program.
#[derive(Clone, Debug)]
pub struct Types {
    kinds: Vec<TyKind>,
    ids: FxHashMap<TyKind, Ty>,
    pool: Vec<Ty>,
    lists: FxHashMap<Box<[Ty]>, TyList>,
    pub structs: Vec<StructDef>,
    pub enums: Vec<EnumDef>,
}

macro_rules! known_types {
    ($($constant:ident = $kind:expr;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "variants are named as the constants made of them")]
        enum Known { $($constant,)* }
        /// Types that every [`Types`] starts with.
        impl Ty {
            $(pub const $constant: Ty = Ty(Known::$constant as u32);)*
        }
        const KNOWN_TYPES: &[TyKind] = &[$($kind,)*];
    };
}

const fn int(signed: bool, bits: u8) -> TyKind {
    TyKind::Int(IntTy { bits, signed })
}

known_types! {
    ERROR = TyKind::Error;
    NEVER = TyKind::Never;
    VOID = TyKind::Void;
    BOOL = TyKind::Bool;
    CHAR = TyKind::Char;
    NIL = TyKind::Nil;
    STR = TyKind::Str;
    I8 = int(true, 8);
    I16 = int(true, 16);
    I32 = int(true, 32);
    I64 = int(true, 64);
    I128 = int(true, 128);
    U8 = int(false, 8);
    U16 = int(false, 16);
    U32 = int(false, 32);
    U64 = int(false, 64);
    U128 = int(false, 128);
    F16 = TyKind::Float(16);
    F32 = TyKind::Float(32);
    F64 = TyKind::Float(64);
}

impl Default for Types {
    fn default() -> Types {
        Types::new()
    }
}

impl std::ops::Index<TyList> for Types {
    type Output = [Ty];
    fn index(&self, list: TyList) -> &[Ty] {
        &self.pool[list.start as usize..(list.start + list.len) as usize]
    }
}

impl std::ops::Index<StructId> for Types {
    type Output = StructDef;
    fn index(&self, id: StructId) -> &StructDef {
        &self.structs[id.0 as usize]
    }
}

impl std::ops::Index<EnumId> for Types {
    type Output = EnumDef;
    fn index(&self, id: EnumId) -> &EnumDef {
        &self.enums[id.0 as usize]
    }
}

impl Types {
    pub fn new() -> Types {
        let mut types = Types {
            kinds: Vec::new(),
            ids: FxHashMap::default(),
            pool: Vec::new(),
            lists: FxHashMap::default(),
            structs: Vec::new(),
            enums: Vec::new(),
        };
        for &kind in KNOWN_TYPES {
            types.intern(kind);
        }
        types
    }

    /// The type of this kind, made if it is new.
    pub fn intern(&mut self, kind: TyKind) -> Ty {
        *self.ids.entry(kind).or_insert_with(|| {
            self.kinds.push(kind);
            Ty(self.kinds.len() as u32 - 1)
        })
    }

    /// The list of these types, made if it is new.
    pub fn list(&mut self, tys: &[Ty]) -> TyList {
        if let Some(&list) = self.lists.get(tys) {
            return list;
        }
        let list = TyList { start: self.pool.len() as u32, len: tys.len() as u32 };
        self.pool.extend_from_slice(tys);
        self.lists.insert(tys.into(), list);
        list
    }

    pub fn kind(&self, ty: Ty) -> TyKind {
        self.kinds[ty.0 as usize]
    }

    /// `[N]T`
    pub fn array(&mut self, element: Ty, len: u64) -> Ty {
        self.intern(TyKind::Array { element, len })
    }

    /// `[]T`, without `restrict`.
    pub fn slice(&mut self, element: Ty) -> Ty {
        self.intern(TyKind::Slice { element, restrict: false })
    }

    /// `*T`, without `restrict`.
    pub fn pointer(&mut self, target: Ty) -> Ty {
        self.intern(TyKind::Pointer { target, restrict: false })
    }

    /// `?T`
    pub fn optional(&mut self, ty: Ty) -> Ty {
        self.intern(TyKind::Optional(ty))
    }

    pub fn tuple(&mut self, tys: &[Ty]) -> Ty {
        let list = self.list(tys);
        self.intern(TyKind::Tuple(list))
    }

    /// `fn(params) -> result`
    pub fn function(&mut self, params: &[Ty], result: Ty) -> Ty {
        let params = self.list(params);
        self.intern(TyKind::Fn { params, result })
    }

    pub fn as_int(&self, ty: Ty) -> Option<IntTy> {
        match self.kind(ty) {
            TyKind::Int(int) => Some(int),
            _ => None,
        }
    }

    pub fn is_int(&self, ty: Ty) -> bool {
        self.as_int(ty).is_some()
    }

    pub fn is_float(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Float(_))
    }

    /// Whether there are no values of the type, only pointers to it.
    pub fn is_opaque(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Struct(id) if self[id].opaque)
    }

    pub fn is_signed(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Int(IntTy { signed: true, .. }))
    }

    /// Element type of an array, slice, strided slice or view, and `u8` of a `str`.
    pub fn element(&self, ty: Ty) -> Option<Ty> {
        match self.kind(ty) {
            TyKind::Array { element, .. }
            | TyKind::Slice { element, .. }
            | TyKind::Strided { element, .. }
            | TyKind::View { element, .. } => Some(element),
            TyKind::Str => Some(Ty::U8),
            _ => None,
        }
    }

    /// The types of the parts of a struct or tuple, in order of declaration.
    pub fn fields(&self, ty: Ty) -> Vec<Ty> {
        match self.kind(ty) {
            TyKind::Struct(id) => self[id].fields.iter().map(|field| field.ty).collect(),
            TyKind::Tuple(list) => self[list].to_vec(),
            _ => Vec::new(),
        }
    }

    /// Whether `nil` of `?T` is the zero word of `T` itself: pointers, functions and references.
    pub fn is_address(&self, payload: Ty) -> bool {
        matches!(self.kind(payload), TyKind::Fn { .. } | TyKind::Ref(_) | TyKind::Pointer { .. })
    }

    /// How a `?T` of this payload is kept in the space of the payload, if it is.
    pub fn niche(&self, payload: Ty) -> Option<Niche> {
        match self.kind(payload) {
            TyKind::Fn { .. } | TyKind::Ref(_) | TyKind::Pointer { .. } => Some(Niche::Null),
            TyKind::Enum(id) => self[id].free_tag.map(Niche::Tag),
            _ => None,
        }
    }

    /// The enum, if its values are nothing but tags.
    pub fn as_plain_enum(&self, ty: Ty) -> Option<EnumId> {
        match self.kind(ty) {
            TyKind::Enum(id) if self[id].is_plain() => Some(id),
            _ => None,
        }
    }

    // What follows is of enums and of `T!E`, whose cases are the value (0) and the error (1).

    /// The type of the tag.
    pub fn tag_ty(&self, ty: Ty) -> Ty {
        match self.kind(ty) {
            TyKind::Enum(id) => self[id].repr,
            _ => Ty::U8,
        }
    }

    /// The tag of a case, as bits of its type.
    pub fn tag(&self, ty: Ty, case: u32) -> u128 {
        match self.kind(ty) {
            TyKind::Enum(id) => self[id].cases[case as usize].value,
            _ => case.into(),
        }
    }

    pub fn case_count(&self, ty: Ty) -> u32 {
        match self.kind(ty) {
            TyKind::Enum(id) => self[id].cases.len() as u32,
            _ => 2,
        }
    }

    /// The types of the payload of a case.
    pub fn case_fields(&self, ty: Ty, case: u32) -> Vec<Ty> {
        match self.kind(ty) {
            TyKind::Enum(id) => self[id].cases[case as usize].payload.iter().map(|field| field.ty).collect(),
            TyKind::Result { ok: Ty::VOID, .. } if case == 0 => Vec::new(),
            TyKind::Result { ok, error } => vec![if case == 0 { ok } else { error }],
            _ => Vec::new(),
        }
    }

    /// The type as it is written in a program.
    pub fn name(&self, ty: Ty, interner: &Interner) -> String {
        let mut text = String::new();
        self.write_name(ty, interner, &mut text);
        text
    }

    fn write_name(&self, ty: Ty, interner: &Interner, out: &mut String) {
        let restricted = |restrict: bool| if restrict { "restrict " } else { "" };
        match self.kind(ty) {
            TyKind::Error => out.push_str("{error}"),
            TyKind::Never => out.push_str("never"),
            TyKind::Void => out.push_str("void"),
            TyKind::Bool => out.push_str("bool"),
            TyKind::Char => out.push_str("char"),
            TyKind::Int(int) => out.push_str(int.name()),
            TyKind::Float(bits) => out.push_str(match bits {
                16 => "f16",
                32 => "f32",
                _ => "f64",
            }),
            TyKind::Nil => out.push_str("nil"),
            TyKind::Str => out.push_str("str"),
            TyKind::Pointer { target, restrict } => {
                out.push('*');
                out.push_str(restricted(restrict));
                self.write_name(target, interner, out);
            }
            TyKind::Ref(target) => {
                out.push('@');
                self.write_name(target, interner, out);
            }
            TyKind::Slice { element, restrict } => {
                out.push_str("[]");
                out.push_str(restricted(restrict));
                self.write_name(element, interner, out);
            }
            TyKind::Strided { element, restrict } => {
                out.push_str("[by]");
                out.push_str(restricted(restrict));
                self.write_name(element, interner, out);
            }
            TyKind::View { rank, element, restrict } => {
                out.push_str(if rank == 2 { "[,]" } else { "[,,]" });
                out.push_str(restricted(restrict));
                self.write_name(element, interner, out);
            }
            TyKind::Array { element, len } => {
                out.push_str(&format!("[{len}]"));
                self.write_name(element, interner, out);
            }
            TyKind::Tuple(list) => {
                out.push('(');
                self.write_list(list, interner, out);
                out.push_str(if list.len == 1 { ",)" } else { ")" });
            }
            TyKind::Struct(id) => out.push_str(interner.resolve(self[id].name)),
            TyKind::Enum(id) => out.push_str(interner.resolve(self[id].name)),
            TyKind::Fn { params, result } => {
                out.push_str("fn(");
                self.write_list(params, interner, out);
                out.push(')');
                if result != Ty::VOID {
                    out.push_str(" -> ");
                    self.write_name(result, interner, out);
                }
            }
            TyKind::Optional(payload) => {
                out.push('?');
                self.write_name(payload, interner, out);
            }
            TyKind::Result { ok, error } => {
                self.write_name(ok, interner, out);
                out.push('!');
                self.write_name(error, interner, out);
            }
        }
    }

    fn write_list(&self, list: TyList, interner: &Interner, out: &mut String) {
        for (i, &ty) in self[list].iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            self.write_name(ty, interner, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_types_are_equal_numbers() {
        let mut types = Types::new();
        let a = types.tuple(&[Ty::I64, Ty::STR]);
        let b = types.slice(a);
        assert_eq!(types.tuple(&[Ty::I64, Ty::STR]), a);
        assert_eq!(types.slice(a), b);
        assert_eq!(types.kind(Ty::U16), TyKind::Int(IntTy { bits: 16, signed: false }));
        let f = types.function(&[b, Ty::F32], Ty::VOID);
        assert_eq!(types.name(f, &Interner::new()), "fn([](i64, str), f32)");
    }

    #[test]
    fn integers_hold_what_loses_nothing() {
        let int = |signed, bits| IntTy { bits, signed };
        assert!(int(true, 64).holds(int(false, 32)));
        assert!(!int(true, 64).holds(int(false, 64)));
        assert!(!int(false, 64).holds(int(true, 8)));
        assert_eq!(int(true, 8).to_i128(0x80), -128);
        assert_eq!(int(false, 8).to_i128(0x80), 128);
    }
}
