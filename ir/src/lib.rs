//! The SSA intermediate representation that everything after the front end works on.
//!
//! Read in this order: [`types`] and [`ops`] say what an instruction can be, [`function`] and [`module`] how
//! instructions are held, [`builder`] and [`ssa`] how they are made, [`verify`] what always holds, [`print`](mod@print) and
//! [`parse`] the text form, [`eval`] what operations compute, [`graph`] the analyses and [`dot`] their pictures,
//! [`target`] what a backend tells the optimizer, [`evaluate`] how functions are run while compiling, [`reference`](mod@reference) the page of all operations.

pub mod builder;
pub mod dot;
pub mod entities;
pub mod eval;
pub mod evaluate;
pub mod function;
pub mod graph;
pub mod module;
pub mod ops;
pub mod parse;
pub mod print;
pub mod reference;
pub mod ssa;
pub mod target;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod trap;
pub mod types;
pub mod verify;

pub use entities::*;
pub use function::*;
pub use module::*;
pub use ops::{OPS, Op, OpInfo};
pub use trap::TrapCode;
pub use types::Type;
