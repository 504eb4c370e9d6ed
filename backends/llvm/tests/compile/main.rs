//! The LLVM backend from modules to code that runs.

mod operations;
mod programs;
mod random;
mod support;
