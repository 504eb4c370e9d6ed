//! Memory in the IR that [`super::emit`] is made from.
//!
//! Loads and stores of IR do not say what Bril's pointers point to, and once they are addresses, allocations are gone. So there each
//! operation on memory is a call of an imported function that nobody defines: the optimizer takes it for unknown code and keeps
//! it where it is. The name of the function says the operation and the type of the pointer; [`SIGNATURE`] is "called" first in
//! every function that has pointers for parameters or result, and says their types.

use super::program::{Function, Op, Ty};

/// No identifier in Bril has a colon.
const PREFIX: &str = "bril:";
pub const SIGNATURE: &str = "signature";

/// The function for an operation on a pointer of this type.
pub fn operation(op: Op, pointer: Ty) -> String {
    format!("{PREFIX}{}:{pointer}", op.row().name)
}

/// The function that says the types of a function, with that of the result last.
pub fn signature(function: &Function) -> String {
    let types = function.params.iter().map(|param| param.ty).chain(function.result);
    let types: Vec<String> = types.map(|ty| ty.to_string()).collect();
    format!("{PREFIX}{SIGNATURE}:{}", types.join(","))
}

/// The operation and the types that the name of a function says.
pub fn parse(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PREFIX)?.split_once(':')
}

/// What a pointer of this type points to.
pub fn pointee(pointer: &str) -> &str {
    pointer.strip_prefix("ptr<").and_then(|ty| ty.strip_suffix('>')).unwrap_or(pointer)
}
