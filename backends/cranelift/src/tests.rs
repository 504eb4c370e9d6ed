//! Tests: every operation against `lang_ir::eval`, then whole programs, in this process and as linked executables.

mod objects;
mod operations;
mod programs;
mod random;
