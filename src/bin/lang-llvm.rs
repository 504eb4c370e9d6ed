//! The LLVM backend's worker process.
fn main() {}
