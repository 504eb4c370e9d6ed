//! Tests of the whole interpreter, by what they look at.

mod memory;
mod operations;
mod programs;
mod random;

use crate::{Config, Machine, Stop};
use lang_ir::Module;

/// The module of this text, verified.
fn module(text: &str) -> Module {
    let module = lang_ir::parse::module(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    if let Err(violations) = lang_ir::verify::verify(&module) {
        panic!("{}\n{text}", lang_ir::verify::render(&violations));
    }
    module
}

/// What a function gives, with all limits as usual.
fn call(module: &Module, func: &str, values: &[u128]) -> Result<Vec<u128>, Stop> {
    let func = module.function(func).expect("the module has the function");
    Machine::new(module, Config::default()).call(func, values)
}

/// The message of the trap that a function ends in.
fn message(text: &str, values: &[u128]) -> String {
    match call(&module(text), "f", values) {
        Err(Stop::Trap(trap)) => trap.message,
        other => panic!("{other:?}\n{text}"),
    }
}
