//! The standard library: files in the language itself, under `frontend/std`, that are part of the compiler.
//!
//! A module is read when a program imports it, and of what is in it only what the program uses is checked and lowered.
//! Operations that the language cannot express are declared there in a block `#link "lang" { }`, and are listed here.

use crate::hir::Builtin;
use crate::types::Ty;

/// The modules, by their names behind `std.`.
pub(crate) const MODULES: &[(&str, &str)] = &[("math", include_str!("../std/math.lang"))];

/// The text of a module.
pub(crate) fn source(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(known, _)| *known == name).map(|&(_, text)| text)
}

/// The module that declares a public function of this name.
pub(crate) fn module_with(function: &str) -> Option<&'static str> {
    let head = format!("pub fn {function}(");
    MODULES.iter().find(|(_, text)| text.contains(&head)).map(|&(name, _)| name)
}

/// The library that operations are declared of.
pub(crate) const LIBRARY: &[u8] = b"lang";

/// An operation that a module of the standard library declares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Intrinsic {
    /// The built-in function of that name.
    Same,
    /// Of floats of any width.
    Float(Builtin),
    /// The same bits as another type.
    Bits(Ty, Ty),
}

/// The operation with this name.
pub(crate) fn intrinsic(name: &str) -> Option<Intrinsic> {
    Some(match name {
        "abs" | "min" | "max" => Intrinsic::Same,
        "sqrt" => Intrinsic::Float(Builtin::Sqrt),
        "floor" => Intrinsic::Float(Builtin::Floor),
        "ceil" => Intrinsic::Float(Builtin::Ceil),
        "trunc" => Intrinsic::Float(Builtin::Trunc),
        "round" => Intrinsic::Float(Builtin::Round),
        "copysign" => Intrinsic::Float(Builtin::Copysign),
        "bits" => Intrinsic::Bits(Ty::F64, Ty::U64),
        "from_bits" => Intrinsic::Bits(Ty::U64, Ty::F64),
        "bits32" => Intrinsic::Bits(Ty::F32, Ty::U32),
        "from_bits32" => Intrinsic::Bits(Ty::U32, Ty::F32),
        _ => return None,
    })
}
