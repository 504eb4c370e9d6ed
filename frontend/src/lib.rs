//! From source text to SSA IR: lex, parse, resolve, check, lower.

pub mod ast;
pub mod diagnostic;
pub mod intern;
mod lex;
mod parse;
pub mod source;
pub mod token;

pub use parse::parse;
