//! Running functions while compiling: what the front end asks an interpreter for, as data, so that neither knows the other.
//!
//! An [`Evaluator`] runs a function of a module, cut off from the world outside, and shows the memory that it leaves. The same
//! module, function and limits give the same outcome, always: limits count instructions and bytes, never time.

use crate::{FuncId, GlobalId, Module, SourcePos};

/// Runs functions of a module on memory of its own.
pub trait Evaluator: Sync {
    /// Runs a function that takes the address of memory for its result, and returns nothing. When it has returned, `read`
    /// gets that address, while the locals of the function still live. Gives the fuel that was used.
    fn evaluate(&self, module: &Module, run: &Run, read: &mut dyn FnMut(&dyn Memory, u64)) -> Result<u64, Fault>;
}

/// What is run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// `(ptr)`, without results.
    pub func: FuncId,
    /// Bytes for the result.
    pub size: u64,
    pub align: u32,
    pub limits: Limits,
}

/// How much a run may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Instructions.
    pub fuel: u64,
    /// Bytes that are allocated at one time.
    pub memory: u64,
}

impl Default for Limits {
    /// Seconds of work, and more memory than a table in a program should need.
    fn default() -> Limits {
        Limits { fuel: 500_000_000, memory: 256 << 20 }
    }
}

/// The memory that a run leaves.
pub trait Memory {
    /// Which piece of memory an address is in, or just behind.
    fn locate(&self, address: u64) -> Option<Located>;

    /// Reads bytes; those that were never written come as zero. `None` if they are not all in living memory.
    fn read(&self, address: u64, bytes: &mut [u8]) -> Option<()>;

    /// The function at an address.
    fn function(&self, address: u64) -> Option<FuncId>;
}

/// An address as a place in a piece of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Located {
    /// Where the piece starts.
    pub start: u64,
    /// In bytes.
    pub size: u64,
    pub kind: Piece,
}

/// What a piece of memory is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    Global(GlobalId),
    /// A stack slot of a function.
    Local(FuncId),
    /// From an allocator, or of the run-time library.
    Allocated,
    Function,
    /// Freed, or a slot of a function that has returned.
    Gone,
}

/// Why a run gave no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    pub kind: FaultKind,
    /// Of a trap: as the program would print it. Else what was met, as the subject or object of a sentence.
    pub message: String,
    /// The functions that were running, innermost first, and where they were.
    pub frames: Vec<(FuncId, SourcePos)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// The program trapped, or its behaviour is undefined.
    Trap,
    /// The fuel is used up.
    Fuel,
    /// The memory limit is reached.
    Memory,
    /// Something that depends on the world outside, or changes it: input and output, time, foreign functions.
    Effect,
    /// A global that may change while the program runs.
    Global(GlobalId),
}
