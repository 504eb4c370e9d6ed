//! A machine: a module with its memory, ready to run functions.

use crate::code::{Decoded, Ins, words};
use crate::decode::{Mode, decode};
use crate::foreign::{Foreign, SharedStdout, reloc_target};
use crate::memory::{Kind, Memory, Site};
use crate::runtime::{Import, Output};
use crate::stop::{At, Stop};
use crate::trace::Texts;
use lang_backend::Error;
use lang_ir::{FuncId, GlobalId, Inst, Module, Payload, RelocTarget, SourcePos, Type};
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::ffi::OsString;
use std::io::{BufRead, Write};

/// What a machine is connected to, and its limits.
pub struct Config<'a> {
    /// The program's arguments, without its name.
    pub args: Vec<OsString>,
    /// How many instructions may be executed, counted when a block begins.
    pub fuel: Option<u64>,
    /// How many bytes the program may have allocated at one time. Past that it runs out of memory.
    pub memory_limit: u64,
    /// Words of registers for all frames; a frame has one for every value of its function, at most.
    pub stack_words: usize,
    /// Frames at one time.
    pub max_frames: usize,
    pub stdout: Box<dyn Write + 'a>,
    pub stderr: Box<dyn Write + 'a>,
    pub stdin: Box<dyn BufRead + 'a>,
    /// Standard output is a terminal: it is flushed after every line.
    pub terminal: bool,
    /// Standard input is a terminal: standard output is flushed before it is read.
    pub stdin_terminal: bool,
    /// Print every instruction that is executed to `stderr`.
    pub trace: bool,
    /// Stop at whatever depends on the world outside or changes it: input, output, time, variable globals.
    pub isolated: bool,
}

impl Default for Config<'_> {
    /// Connected to nothing, without fuel, with the usual limits.
    fn default() -> Self {
        Config {
            args: Vec::new(),
            fuel: None,
            memory_limit: u64::MAX,
            stack_words: 16 << 20,
            max_frames: 200_000,
            stdout: Box::new(std::io::sink()),
            stderr: Box::new(std::io::sink()),
            stdin: Box::new(std::io::empty()),
            terminal: false,
            stdin_terminal: false,
            trace: false,
            isolated: false,
        }
    }
}

/// A caller that waits for its callee.
pub struct Frame {
    pub code: *const Decoded,
    /// The call.
    pub ip: *const Ins,
    pub regs: *mut u64,
    /// How many slots lived when it began.
    pub slots: usize,
}

impl Frame {
    /// Where it is.
    pub fn at(&self) -> At<'_> {
        // SAFETY: a machine keeps its decoded functions as long as it lives, and `ip` points into the code of this one.
        unsafe {
            let code = &*self.code;
            At { code, index: self.ip.offset_from(code.code.as_ptr()) as usize }
        }
    }
}

/// Runs functions of a module. Memory stays as a call left it.
pub struct Machine<'a> {
    pub(crate) module: &'a Module,
    pub(crate) memory: Memory,
    pub(crate) output: Output<'a>,
    pub(crate) stdin: Box<dyn BufRead + 'a>,
    pub(crate) stdin_terminal: bool,
    pub(crate) args: Vec<OsString>,
    /// What the process ends with after a trap.
    pub(crate) trap_status: i32,
    pub(crate) isolated: bool,
    pub(crate) fuel: u64,
    pub(crate) max_frames: usize,
    pub(crate) decoded: Vec<Option<Box<Decoded>>>,
    /// What the functions without a body are, looked up at their first call.
    pub(crate) imports: Vec<Option<Option<Import>>>,
    pub(crate) stack: Vec<u64>,
    /// The callers of the running function, the outermost first.
    pub(crate) frames: Vec<Frame>,
    /// For traces.
    pub(crate) texts: FxHashMap<FuncId, Texts>,
    /// Present if foreign functions can be called.
    pub(crate) foreign: Option<Foreign>,
    /// Where in the stack the next function begins that is called from outside.
    pub(crate) top: usize,
    mode: Mode,
    /// 0 for those that are not there yet.
    globals: Vec<u64>,
    /// The instruction at which a run stopped.
    pub(crate) stopped: Cell<Site>,
}

impl<'a> Machine<'a> {
    /// A machine that calls no foreign functions.
    pub fn new(module: &'a Module, config: Config<'a>) -> Machine<'a> {
        let memory = Memory::new(config.memory_limit);
        Machine::with_memory(module, config, memory, None)
    }

    /// A machine that calls foreign functions, if the module has some that `lang_main` reaches.
    ///
    /// # Errors
    /// If a library or function is not there.
    pub fn with_foreign(module: &'a Module, mut config: Config<'a>) -> Result<Machine<'a>, Error> {
        let Some(foreign) = Foreign::open(module)? else { return Ok(Machine::new(module, config)) };
        let Some(memory) = Memory::shared(config.memory_limit) else {
            let what = "there are not enough addresses for memory that is shared with foreign code";
            return Err(Error::Environment(what.to_string()));
        };
        config.stdout = Box::new(SharedStdout);
        Ok(Machine::with_memory(module, config, memory, Some(foreign)))
    }

    fn with_memory(module: &'a Module, config: Config<'a>, memory: Memory, foreign: Option<Foreign>) -> Machine<'a> {
        let mut machine = Machine {
            module,
            memory,
            foreign,
            top: 0,
            output: Output::new(config.stdout, config.stderr, config.terminal),
            stdin: config.stdin,
            stdin_terminal: config.stdin_terminal,
            args: config.args,
            trap_status: lang_rt::trap::STATUS,
            isolated: config.isolated,
            fuel: config.fuel.unwrap_or(u64::MAX),
            max_frames: config.max_frames,
            decoded: (0..module.functions.len()).map(|_| None).collect(),
            imports: vec![None; module.functions.len()],
            stack: vec![0; config.stack_words],
            frames: Vec::new(),
            texts: FxHashMap::default(),
            mode: Mode { fuel: config.fuel.is_some(), trace: config.trace },
            globals: vec![0; module.globals.len()],
            stopped: Cell::new(None),
        };
        // An isolated machine runs one function of many: it makes what that needs.
        if !machine.isolated {
            machine.make_globals(module.globals.keys().collect());
        }
        machine
    }

    /// Makes these globals and those that they lead to.
    fn make_globals(&mut self, mut wanted: Vec<GlobalId>) {
        let module = self.module;
        let mut made = 0;
        while let Some(&id) = wanted.get(made) {
            made += 1;
            if self.global_address(id) != 0 {
                continue;
            }
            let global = &module.globals[id];
            let address = self.memory.allocate(Kind::Global(id), global.size, global.align as u64, true, None);
            // A program whose globals do not fit has none of them: the first access says so.
            self.globals[id.as_u32() as usize] = address.unwrap_or(0);
            wanted.extend(global.relocs.iter().filter_map(|reloc| match reloc.target {
                RelocTarget::Global(target) if self.global_address(target) == 0 => Some(target),
                _ => None,
            }));
        }
        wanted.sort_unstable();
        wanted.dedup();
        for id in wanted {
            let (address, global) = (self.global_address(id), &module.globals[id]);
            if address == 0 || !self.memory.is_writable(address) {
                continue;
            }
            self.memory.initialize(address, 0, &global.init);
            for reloc in &global.relocs {
                let target = reloc_target(self, reloc.target);
                let word = target.wrapping_add(reloc.addend as u64);
                self.memory.initialize(address, reloc.offset, &word.to_le_bytes());
            }
            if global.constant {
                self.memory.make_constant(address);
            } else if self.isolated {
                self.memory.hide(address);
            }
        }
    }

    /// The address of a global.
    pub fn global_address(&self, global: GlobalId) -> u64 {
        self.globals[global.as_u32() as usize]
    }

    /// Calls a function with these values, as bits, and gives its results.
    ///
    /// # Panics
    /// If the values do not fit the function's signature, or it has no body.
    pub fn call(&mut self, func: FuncId, values: &[u128]) -> Result<Vec<u128>, Stop> {
        let returned = self.call_words(func, values);
        self.end_call();
        let function = &self.module.functions[func];
        let mut returned = returned?.into_iter().map(u128::from);
        let mut word = || returned.next().expect("a function returns what its signature says");
        Ok(function.sig.results.iter().map(|&ty| if words(ty) == 2 { word() | word() << 64 } else { word() }).collect())
    }

    /// As [`Machine::call`], but gives words; the slots of the function live until [`Machine::end_call`].
    pub(crate) fn call_words(&mut self, func: FuncId, values: &[u128]) -> Result<Vec<u64>, Stop> {
        let function = &self.module.functions[func];
        assert!(function.is_definition(), "{} has no body", function.name);
        assert_eq!(function.sig.params.len(), values.len(), "arguments of {}", function.name);
        let mut args = Vec::new();
        for (param, &value) in function.sig.params.iter().zip(values) {
            push_words(&mut args, param.ty, value & param.ty.mask());
        }
        self.run(func, &args)
    }

    /// Forgets frames and slots.
    pub(crate) fn end_call(&mut self) {
        self.frames.clear();
        self.memory.drop_slots(0, None);
    }

    /// Where every running function was when a run stopped, innermost first.
    pub(crate) fn running(&self) -> Vec<(FuncId, SourcePos)> {
        let outer = self.frames.iter().rev().filter_map(|frame| frame.at().site());
        let pos = |(func, inst): (FuncId, Inst)| {
            let function = &self.module.functions[func];
            (func, function.locs[function.insts[inst].loc].pos)
        };
        self.stopped.get().into_iter().chain(outer).map(pos).collect()
    }

    /// The bytes at an address that the program computed; `None` if it must not read them.
    pub fn read_bytes(&self, address: u64, len: u64) -> Option<&[u8]> {
        self.memory.bytes(address, len).ok()
    }

    /// Fuel that is left.
    pub fn fuel(&self) -> u64 {
        self.fuel
    }

    /// Whether the memory limit made an allocation fail.
    pub fn hit_memory_limit(&self) -> bool {
        self.memory.limit_hit
    }

    /// Writes out what the program printed, and the report if it ended in a trap. Says whether all was written.
    pub fn finish<T>(&mut self, ended: &Result<T, Stop>) -> bool {
        self.output.flush_at_end();
        let written = !std::mem::take(&mut self.output.failed);
        if let Err(Stop::Trap(trap)) = ended {
            self.output.write_stderr(&trap.report(self.module));
        } else if !written {
            self.output.write_stderr(b"error: cannot write to standard output\n");
        }
        written
    }

    /// The decoded form of a function that has a body.
    pub(crate) fn decode(&mut self, func: FuncId) -> *const Decoded {
        let index = func.as_u32() as usize;
        if self.decoded[index].is_none() {
            if self.isolated {
                let insts = self.module.functions[func].insts.values();
                self.make_globals(
                    insts
                        .filter_map(|data| match data.payload {
                            Payload::Global(global) => Some(global),
                            _ => None,
                        })
                        .collect(),
                );
            }
            let constant = |data: &lang_ir::InstData| match data.payload {
                Payload::Global(global) => self.global_address(global),
                Payload::Func(func) => self.function_address(func),
                Payload::None
                | Payload::Bits(_)
                | Payload::Slot(_)
                | Payload::Sig(_)
                | Payload::Mem(_)
                | Payload::Copy(_)
                | Payload::Trap(_)
                | Payload::Jump(_)
                | Payload::Brif(_)
                | Payload::Switch(_) => 0,
            };
            self.decoded[index] = Some(Box::new(decode(self.module, func, self.mode, &constant)));
        }
        &raw const **self.decoded[index].as_ref().expect("just decoded")
    }
}

/// Appends the words of a value.
pub fn push_words(to: &mut Vec<u64>, ty: Type, value: u128) {
    to.push(value as u64);
    if words(ty) == 2 {
        to.push((value >> 64) as u64);
    }
}
