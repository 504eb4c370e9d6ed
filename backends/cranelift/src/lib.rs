//! Debug builds and run: the IR through Cranelift to objects and JIT code.
