//! How a run ends before its function returns, and what the user is told.

use crate::code::{Decoded, Watch};
use crate::machine::{Frame, Machine};
use crate::memory::{Access, BadFree, Info, Kind, Site, Wrong};
use crate::restrict::{MAX_PARAMS, origins};
use lang_ir::{FuncId, GlobalId, Inst, Module, Op, Payload, SourcePos, source_name};
use lang_rt::Out;
use lang_rt::trap::{MAX_FRAMES, OVERFLOW_FRAMES, write_frame, write_message, write_more, write_position};
use std::fmt;

/// Why a call gave no results.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The program trapped, or its behaviour is undefined from here on.
    Trap(Box<Trap>),
    /// The program ended itself with this status.
    Exit(i32),
    /// The fuel is used up.
    Fuel,
    /// An isolated machine met something that depends on the world outside, or changes it.
    Effect(String),
    /// An isolated machine met a global that is not constant.
    Global(GlobalId),
    /// The program does something that the interpreter cannot do.
    Unsupported(String),
}

/// A trap and where it happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trap {
    pub message: String,
    pub pos: SourcePos,
    /// Names of the functions that were running, innermost first, with those that were inlined.
    pub frames: Vec<String>,
    /// Whether there were more.
    pub more: bool,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Trap(trap) => write!(f, "trap: {}", trap.message),
            Stop::Exit(status) => write!(f, "exit with status {status}"),
            Stop::Fuel => f.write_str("out of fuel"),
            Stop::Effect(what) => write!(f, "an effect: {what}"),
            Stop::Global(_) => f.write_str("access to a global that is not constant"),
            Stop::Unsupported(what) => f.write_str(what),
        }
    }
}

impl Trap {
    /// The report as every way of running a program prints it.
    pub fn report(&self, module: &Module) -> Vec<u8> {
        let mut out = Vec::new();
        out.put(b"error: ");
        out.put(self.message.as_bytes());
        out.put(b"\n");
        let file = module.files.get(self.pos.file).map_or("?", |file| file);
        write_position(&mut out, file.as_bytes(), self.pos.line, self.pos.col);
        self.frames.iter().for_each(|name| write_frame(&mut out, name.as_bytes()));
        if self.more {
            write_more(&mut out);
        }
        out
    }
}

/// Where a frame is.
#[derive(Clone, Copy)]
pub struct At<'d> {
    pub code: &'d Decoded,
    /// The index of the instruction.
    pub index: usize,
}

impl At<'_> {
    pub fn inst(&self) -> Inst {
        self.code.insts[self.index]
    }

    pub fn site(&self) -> Site {
        Some((self.code.func, self.inst()))
    }
}

impl Machine<'_> {
    /// A trap at an instruction.
    #[cold]
    pub fn trap(&self, at: At, message: String) -> Stop {
        self.stopped.set(at.site());
        let (func, inst) = (at.code.func, at.inst());
        let function = &self.module.functions[func];
        let pos = function.locs[function.insts[inst].loc].pos;
        let (frames, more) = self.backtrace(Some((func, inst)), MAX_FRAMES);
        Stop::Trap(Box::new(Trap { message, pos, frames, more }))
    }

    /// A trap that has no place of its own: that of the function's declaration stands for it.
    #[cold]
    pub fn trap_in(&self, at: At, message: &str) -> Stop {
        self.stopped.set(at.site());
        let pos = self.module.functions[at.code.func].decl;
        let (frames, more) = self.backtrace(Some((at.code.func, at.inst())), MAX_FRAMES);
        Stop::Trap(Box::new(Trap { message: message.into(), pos, frames, more }))
    }

    /// The stack is too small for a call of `callee`; `at` is the call, if the program made it.
    #[cold]
    pub fn overflow(&self, at: Option<At>, callee: FuncId) -> Stop {
        self.stopped.set(at.and_then(|at| at.site()));
        let (mut frames, mut more) = self.backtrace(at.and_then(|at| at.site()), OVERFLOW_FRAMES);
        frames.insert(0, source_name(&self.module.functions[callee].name).into());
        if frames.len() > OVERFLOW_FRAMES {
            frames.truncate(OVERFLOW_FRAMES);
            more = true;
        }
        self.overflowed(callee, frames, more)
    }

    /// The stack is too small for the slots of the running function.
    #[cold]
    pub fn overflow_of_slots(&self, at: At) -> Stop {
        self.stopped.set(at.site());
        let (frames, more) = self.backtrace(at.site(), OVERFLOW_FRAMES);
        self.overflowed(at.code.func, frames, more)
    }

    fn overflowed(&self, innermost: FuncId, frames: Vec<String>, more: bool) -> Stop {
        let pos = self.module.functions[innermost].decl;
        Stop::Trap(Box::new(Trap { message: "stack overflow".into(), pos, frames, more }))
    }

    /// Names of the running functions from this instruction outwards, at most `max`, and whether there are more.
    fn backtrace(&self, innermost: Site, max: usize) -> (Vec<String>, bool) {
        let mut names = Vec::new();
        let outer = self.frames.iter().rev().map(|frame: &Frame| {
            let at = frame.at();
            (at.code.func, at.inst())
        });
        for (func, inst) in innermost.into_iter().chain(outer) {
            let function = &self.module.functions[func];
            for (name, _) in function.frames(function.insts[inst].loc) {
                // Where the program starts is not the user's function: see `shown_frames`.
                let is_entry = &*name == lang_ir::ENTRY;
                if is_entry && !names.is_empty() {
                    continue;
                }
                if names.len() == max {
                    return (names, true);
                }
                let name = if is_entry { "main" } else { source_name(&name) };
                let last = name == "main";
                names.push(name.into());
                if last {
                    return (names, false);
                }
            }
        }
        (names, false)
    }

    /// What a `trap` or `trapif` reports; `words` are its arguments.
    #[cold]
    pub fn program_trap(&self, at: At, words: &[u64]) -> Stop {
        let Payload::Trap(code) = self.module.functions[at.code.func].insts[at.inst()].payload else {
            return self.trap(at, "internal error: a trap without a code".into());
        };
        let words: Vec<i64> = words.iter().map(|&word| word as i64).collect();
        let mut message = Vec::new();
        let mut wrong = None;
        write_message(&mut message, code.template().as_bytes(), &words, &mut |out, start, len| match self
            .memory
            .bytes(start as u64, len.max(0) as u64)
        {
            Ok(bytes) => out.put(bytes),
            Err(what) => wrong = Some((start as u64, len as u64, what)),
        });
        match wrong {
            Some((address, len, what)) => self.wrong_access(at, Access::Read, address, len, what),
            None => self.trap(at, String::from_utf8_lossy(&message).into_owned()),
        }
    }

    /// Behaviour that is undefined for another reason than memory.
    #[cold]
    pub fn undefined(&self, at: At, what: &str) -> Stop {
        self.trap(at, format!("undefined behaviour: {what}"))
    }

    /// Reports an access of this size that is not fine.
    #[cold]
    pub fn bad_access(&self, at: At, access: Access, address: u64, len: u64, align: u64) -> Stop {
        let wrong = self.memory.explain(address, len, access, align);
        self.wrong_access(at, access, address, len, wrong)
    }

    /// Reports what is wrong with an access.
    #[cold]
    pub fn wrong_access(&self, at: At, access: Access, address: u64, len: u64, wrong: Wrong) -> Stop {
        if let (true, Some(Kind::Global(id))) = (self.isolated, self.memory.info(address).map(|info| info.kind)) {
            let global = &self.module.globals[id];
            if !global.constant {
                self.stopped.set(at.site());
                return Stop::Global(id);
            }
        }
        let verb = if access == Access::Read { "read" } else { "write" };
        let bytes = if len == 1 { "1 byte".into() } else { format!("{len} bytes") };
        let what = format!("{verb} of {bytes}");
        let Some(info) = self.memory.info(address) else {
            return self.trap(at, format!("invalid memory access: {what} at an address where nothing is"));
        };
        let offset = |at: i64| format!("{what} at offset {at} of {}", self.describe(info));
        let here = self.memory.offset(address);
        let text = match wrong {
            Wrong::Null => format!("{what} through a null pointer"),
            Wrong::Wild => format!("{what} at an address where nothing is"),
            Wrong::Unmapped => format!("{what} at {address:#x}, where foreign code has no such memory"),
            Wrong::Stale => format!("{what} of memory that is gone"),
            Wrong::Gone => match info.kind {
                Kind::Slot(..) => format!("use after return: {}{}", offset(here), self.gone(info)),
                _ => format!("use after free: {}{}", offset(here), self.gone(info)),
            },
            Wrong::Bounds(at) => format!("out of bounds: {}", offset(at)),
            Wrong::Constant => format!("{what} of {}, which is constant", self.describe(info)),
            Wrong::Misaligned(align) if info.kind == Kind::Foreign => {
                format!("{what} at {address:#x} is not aligned to {align} bytes")
            }
            Wrong::Misaligned(align) => format!("{} is not aligned to {align} bytes", offset(here)),
            Wrong::Uninitialised(at) => {
                format!("{}: the byte at offset {at} was never written", offset(here))
            }
            Wrong::Overlap => format!("{} overlaps what it is copied from", offset(here)),
        };
        self.trap(at, format!("invalid memory access: {text}"))
    }

    /// Reports an access that breaks a `restrict` promise because of an access before.
    #[cold]
    pub fn broken_promise(&self, at: At, address: u64, len: u64, watch: Watch, before: Inst) -> Stop {
        let function = &self.module.functions[at.code.func];
        let path = |origin: u8| match origin {
            MAX_PARAMS => "another pointer".into(),
            _ => format!("restrict parameter {} of {}", origin + 1, source_name(&function.name)),
        };
        let origin_of = |inst: Inst| {
            let args = &function.insts[inst].args;
            let address = if function.insts[inst].op == Op::Memcpy { None } else { args.last() };
            origins(function)?[address?.as_u32() as usize].number()
        };
        let other = match origin_of(before) {
            Some(origin) if origin != watch.origin => path(origin),
            _ => "another path".into(),
        };
        let verb = if watch.write { "write" } else { "read" };
        let what = self.memory.info(address).map_or("memory".into(), |info| self.describe(info));
        let place = self.place(Some((at.code.func, before)));
        let at_offset = self.memory.offset(address);
        self.trap(
            at,
            format!(
                "broken restrict promise: {verb} of {len} bytes at offset {at_offset} of {what} through {}, which was accessed \
                 through {other}{place}",
                path(watch.origin)
            ),
        )
    }

    /// Reports a pointer that cannot be freed.
    #[cold]
    pub fn bad_free(&self, at: At, address: u64, wrong: BadFree) -> Stop {
        let text = match (wrong, self.memory.info(address)) {
            (BadFree::Twice, Some(info)) => format!("{} is freed twice{}", self.describe(info), self.gone(info)),
            (BadFree::NoAllocation, Some(info)) if self.memory.is_inside(address) => {
                let at = self.memory.offset(address);
                format!("free of a pointer to offset {at} of {}", self.describe(info))
            }
            _ => "free of a pointer that no allocation gave".into(),
        };
        self.trap(at, format!("invalid memory access: {text}"))
    }

    /// Reports that foreign code gets a pointer to memory that is gone.
    #[cold]
    pub fn gone_argument(&self, at: At, address: u64) -> Stop {
        let what = self.memory.info(address).map_or(String::new(), |info| self.describe(info) + &self.gone(info));
        self.trap(at, format!("invalid memory access: foreign code gets a pointer to {what}"))
    }

    /// Reports what C's `free` or `realloc` gets and did not allocate.
    #[cold]
    pub fn bad_free_of_c(&self, at: At, address: u64) -> Stop {
        let what = self.memory.info(address).map_or("memory".into(), |info| self.describe(info));
        let text = match self.memory.offset(address) {
            0 => format!("C cannot free {what}, which it did not allocate"),
            offset => format!("C cannot free a pointer to offset {offset} of {what}"),
        };
        self.trap(at, format!("invalid memory access: {text}"))
    }

    /// What an allocation is, for people.
    fn describe(&self, info: &Info) -> String {
        let size = info.size;
        match info.kind {
            Kind::Null => "nothing".into(),
            Kind::Code => "a function".into(),
            Kind::Foreign => "memory of foreign code".into(),
            Kind::Global(global) => format!("the global `{}` ({size} bytes)", self.module.globals[global].name),
            Kind::Slot(func, _) => {
                let name = source_name(&self.module.functions[func].name);
                format!("a local variable of {name} ({size} bytes)")
            }
            Kind::Heap => format!("{size} bytes that were allocated{}", self.place(info.made)),
            Kind::Runtime => format!("{size} bytes of the run-time library"),
        }
    }

    fn gone(&self, info: &Info) -> String {
        match (info.gone, info.kind) {
            (Some(site), Kind::Slot(..)) => format!(", which returned{}", self.place(site)),
            (Some(site), _) => format!(", freed{}", self.place(site)),
            (None, _) => String::new(),
        }
    }

    /// ` at FILE:LINE:COL in NAME`, or nothing.
    fn place(&self, site: Site) -> String {
        let Some((func, inst)) = site else { return String::new() };
        let function = &self.module.functions[func];
        let (name, pos) = function.frames(function.insts[inst].loc).swap_remove(0);
        let name = source_name(&name);
        match self.module.files.get(pos.file) {
            Some(file) if pos.line > 0 => format!(" at {file}:{}:{} in {name}", pos.line, pos.col),
            _ => format!(" in {name}"),
        }
    }
}
