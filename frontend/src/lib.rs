//! From source text to SSA IR: lex, parse, resolve, check, lower.

// In the order in which a newcomer should read, which blank lines keep rustfmt from changing.
pub mod source;

pub mod diagnostic;

pub mod intern;

pub mod token;

mod lex;

pub mod ast;

mod parse;

pub mod types;

pub mod layout;

pub mod hir;

mod resolve;

mod check;

mod consteval;

mod lower;

pub use check::check;
pub use lower::lower;
pub use parse::parse;
