//! Running functions while compiling, cut off from the world outside.

use crate::memory::Kind;
use crate::{Config, Interp, Machine, Stop};
use lang_ir::evaluate::{Evaluator, Fault, FaultKind, Located, Memory, Piece, Run};
use lang_ir::{FuncId, Module};

/// Words of registers for all frames.
const STACK_WORDS: usize = 4 << 20;
/// Frames at one time.
const MAX_FRAMES: usize = 50_000;

impl Evaluator for Interp {
    fn evaluate(&self, module: &Module, run: &Run, read: &mut dyn FnMut(&dyn Memory, u64)) -> Result<u64, Fault> {
        let config = Config {
            fuel: Some(run.limits.fuel),
            memory_limit: run.limits.memory,
            stack_words: STACK_WORDS,
            max_frames: MAX_FRAMES,
            isolated: true,
            ..Config::default()
        };
        let mut machine = Machine::new(module, config);
        let too_large = || Fault { kind: FaultKind::Memory, message: String::new(), frames: Vec::new() };
        // What a result does not use of its memory, padding for one, was never written.
        let result = (run.size <= run.limits.memory)
            .then(|| machine.memory.allocate(Kind::Runtime, run.size, run.align.into(), false, None))
            .flatten()
            .ok_or_else(too_large)?;
        match machine.call_words(run.func, &[result.into()]) {
            Ok(_) => {
                read(&machine, result);
                machine.end_call();
                Ok(run.limits.fuel - machine.fuel())
            }
            Err(stop) => Err(fault(&machine, stop)),
        }
    }
}

fn fault(machine: &Machine<'_>, stop: Stop) -> Fault {
    let (kind, message) = match stop {
        Stop::Trap(_) if machine.hit_memory_limit() => (FaultKind::Memory, String::new()),
        Stop::Trap(trap) => (FaultKind::Trap, trap.message),
        Stop::Fuel => (FaultKind::Fuel, String::new()),
        Stop::Effect(what) | Stop::Unsupported(what) => (FaultKind::Effect, what),
        Stop::Exit(_) => (FaultKind::Effect, "`exit`".to_string()),
        Stop::Global(global) => (FaultKind::Global(global), String::new()),
    };
    Fault { kind, message, frames: machine.running() }
}

impl Memory for Machine<'_> {
    fn locate(&self, address: u64) -> Option<Located> {
        let info = self.memory.info(address)?;
        let kind = match info.kind {
            Kind::Null | Kind::Foreign => return None,
            _ if info.gone.is_some() => Piece::Gone,
            Kind::Code => Piece::Function,
            Kind::Global(global) => Piece::Global(global),
            Kind::Slot(func, _) => Piece::Local(func),
            Kind::Heap | Kind::Runtime => Piece::Allocated,
        };
        let start = self.memory.start(address)?;
        let inside = address.wrapping_sub(start) <= info.size;
        Some(Located { start, size: info.size, kind: if inside { kind } else { Piece::Gone } })
    }

    fn read(&self, address: u64, bytes: &mut [u8]) -> Option<()> {
        self.memory.read_lossy(address, bytes)
    }

    fn function(&self, address: u64) -> Option<FuncId> {
        self.memory.function_at(address).filter(|func| func.as_u32() < self.module.functions.len() as u32)
    }
}
