//! The interpreter: executes the IR exactly, with every check on.
