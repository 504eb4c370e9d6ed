//! Release builds: the IR through LLVM to objects, assembly and LLVM IR.
