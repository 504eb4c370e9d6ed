//! Scalar types. Sign lives in the operation, not in the type; aggregates live in memory.

use std::fmt;

/// A scalar type. Widths are in the name, in bits; `Ptr` is 64 bits wide.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Type {
    I1,
    I8,
    I16,
    I32,
    I64,
    I128,
    F16,
    F32,
    F64,
    Ptr,
}

impl Type {
    /// Every type, in the order of the enum.
    pub const ALL: [Type; 10] =
        [Type::I1, Type::I8, Type::I16, Type::I32, Type::I64, Type::I128, Type::F16, Type::F32, Type::F64, Type::Ptr];

    /// Width in bits.
    pub const fn bits(self) -> u32 {
        match self {
            Type::I1 => 1,
            Type::I8 => 8,
            Type::I16 | Type::F16 => 16,
            Type::I32 | Type::F32 => 32,
            Type::I64 | Type::F64 | Type::Ptr => 64,
            Type::I128 => 128,
        }
    }

    /// Size in memory, in bytes; an `i1` takes one byte that holds 0 or 1.
    pub const fn bytes(self) -> u32 {
        self.bits().div_ceil(8)
    }

    /// Natural alignment in bytes, which is also that of the C ABI.
    pub const fn align(self) -> u32 {
        self.bytes()
    }

    /// The integer type of this many bits, if there is one.
    pub const fn int(bits: u32) -> Option<Type> {
        Some(match bits {
            1 => Type::I1,
            8 => Type::I8,
            16 => Type::I16,
            32 => Type::I32,
            64 => Type::I64,
            128 => Type::I128,
            _ => return None,
        })
    }

    /// `i1` to `i128`; not `ptr`.
    pub const fn is_int(self) -> bool {
        matches!(self, Type::I1 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::I128)
    }

    /// `f16`, `f32` or `f64`.
    pub const fn is_float(self) -> bool {
        matches!(self, Type::F16 | Type::F32 | Type::F64)
    }

    /// The bits that a value of this type may have set.
    pub const fn mask(self) -> u128 {
        if self.bits() == 128 { u128::MAX } else { (1 << self.bits()) - 1 }
    }

    /// The spelling in the text form.
    pub const fn name(self) -> &'static str {
        match self {
            Type::I1 => "i1",
            Type::I8 => "i8",
            Type::I16 => "i16",
            Type::I32 => "i32",
            Type::I64 => "i64",
            Type::I128 => "i128",
            Type::F16 => "f16",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Ptr => "ptr",
        }
    }

    /// The type of this spelling.
    pub fn from_name(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|t| t.name() == name)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
