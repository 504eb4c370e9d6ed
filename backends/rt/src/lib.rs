//! The run-time support library: printing, traps, memory, start-up.
