//! From source text to SSA IR: lex, parse, resolve, check, lower.

pub mod source;
pub mod diagnostic;
pub mod intern;
pub mod ast;
pub mod types;
pub mod layout;
pub mod hir;
