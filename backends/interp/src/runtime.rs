//! The functions that programs take from the run-time support library, over the sandbox's memory. What they write is
//! formatted by `lang_rt` itself, so that all ways of running a program print the same bytes.

use crate::machine::Machine;
use crate::memory::{Access, Kind, Wrong};
use crate::stop::{At, Stop};
use lang_rt::{Out, input, number, parse_spec, sink, spec, text};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

macro_rules! imports {
    ($($variant:ident $name:literal;)*) => {
        /// A function of the run-time library that programs may call.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Import { $($variant),* }

        impl Import {
            /// The function of this name.
            pub fn find(name: &str) -> Option<Import> {
                match name {
                    $($name => Some(Import::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

imports! {
    SinkPush "lang_rt_sink_push";
    SinkPop "lang_rt_sink_pop";
    WriteStr "lang_rt_write_str";
    WriteI64 "lang_rt_write_i64";
    WriteU64 "lang_rt_write_u64";
    WriteI128 "lang_rt_write_i128";
    WriteU128 "lang_rt_write_u128";
    WriteF16 "lang_rt_write_f16";
    WriteF32 "lang_rt_write_f32";
    WriteF64 "lang_rt_write_f64";
    WriteChar "lang_rt_write_char";
    WriteBool "lang_rt_write_bool";
    WritePtr "lang_rt_write_ptr";
    WriteQuotedStr "lang_rt_write_quoted_str";
    WriteQuotedChar "lang_rt_write_quoted_char";
    FmtInt "lang_rt_fmt_int";
    FmtFloat "lang_rt_fmt_float";
    FmtStr "lang_rt_fmt_str";
    FmtChar "lang_rt_fmt_char";
    FmtBool "lang_rt_fmt_bool";
    Args "lang_rt_args";
    ParseI64 "lang_rt_parse_i64";
    ParseF64 "lang_rt_parse_f64";
    ReadLine "lang_rt_read_line";
    ReadFile "lang_rt_read_file";
    Clock "lang_rt_clock";
    Flush "lang_rt_flush";
    Exit "lang_rt_exit";
    Alloc "lang_rt_alloc";
    Free "lang_rt_free";
    TrapStatus "lang_rt_trap_status";
    WriteBrilF64 "lang_rt_write_bril_f64";
    BrilArg "lang_rt_bril_arg";
    ShareStdout "lang_rt_share_stdout";
    StartLibrary "lang_rt_start_library";
}

/// The largest number of argument words of an [`Import`].
pub const MAX_ARGS: usize = 8;

/// Buffered text for standard output is written when there is this much.
const ROOM: usize = 1 << 16;

/// Where output goes: a stack of sinks over standard output, as `lang_rt::sink` has it.
pub struct Output<'a> {
    stdout: Box<dyn Write + 'a>,
    stderr: Box<dyn Write + 'a>,
    buffer: Vec<u8>,
    /// Flushed after every line.
    terminal: bool,
    sinks: Vec<(i32, Vec<u8>)>,
    pub failed: bool,
}

impl Out for Output<'_> {
    fn put(&mut self, bytes: &[u8]) {
        match self.sinks.last_mut() {
            Some((kind, text)) if *kind != sink::STDOUT => {
                text.extend_from_slice(bytes);
                if *kind == sink::STDERR && text.len() >= ROOM {
                    let text = std::mem::take(text);
                    self.write_stderr(&text);
                }
            }
            _ => {
                self.buffer.extend_from_slice(bytes);
                if self.buffer.len() >= ROOM || (self.terminal && bytes.last() == Some(&b'\n')) {
                    self.flush();
                }
            }
        }
    }
}

impl<'a> Output<'a> {
    pub fn new(stdout: Box<dyn Write + 'a>, stderr: Box<dyn Write + 'a>, terminal: bool) -> Output<'a> {
        Output { stdout, stderr, buffer: Vec::new(), terminal, sinks: Vec::new(), failed: false }
    }

    /// Writes out what standard output has buffered.
    pub fn flush(&mut self) {
        // Emptied first: after a failure, the report flushes again.
        let text = std::mem::take(&mut self.buffer);
        self.failed |= self.stdout.write_all(&text).and_then(|()| self.stdout.flush()).is_err();
    }

    /// Gives what standard output has buffered to whoever shares it.
    pub fn hand_over(&mut self) {
        let text = std::mem::take(&mut self.buffer);
        self.failed |= self.stdout.write_all(&text).is_err();
    }

    /// Writes to standard error at once. There is nobody to tell if that fails.
    pub fn write_stderr(&mut self, text: &[u8]) {
        let _ = self.stderr.write_all(text).and_then(|()| self.stderr.flush());
    }

    /// For the way out: standard output and unfinished text for standard error.
    pub fn flush_at_end(&mut self) {
        self.flush();
        for index in 0..self.sinks.len() {
            if self.sinks[index].0 == sink::STDERR {
                let text = std::mem::take(&mut self.sinks[index].1);
                self.write_stderr(&text);
            }
        }
    }

    /// Whether text that is written now stays in the program's memory.
    fn is_captured(&self) -> bool {
        self.sinks.last().is_some_and(|(kind, _)| *kind == sink::MEMORY)
    }
}

/// What is wrong with an argument that points to memory.
type BadText = (u64, u64, Wrong);

impl Machine<'_> {
    /// Calls a function of the run-time library.
    pub fn import(&mut self, import: Import, args: &[u64; MAX_ARGS], at: At) -> Result<u64, Stop> {
        let [a, b, c, d, e, f, ..] = *args;
        match import {
            Import::Alloc => {
                // Null stands for no memory, also where no memory can have that size.
                let size = u64::try_from(a as i64).unwrap_or(u64::MAX);
                let align = if (b as i64) < 1 { 1 } else { b.next_power_of_two() };
                return Ok(self.memory.allocate(Kind::Heap, size, align, c as u8 != 0, at.site()).unwrap_or(0));
            }
            Import::Free => {
                if a != 0 {
                    self.memory.free(a, at.site()).map_err(|wrong| self.bad_free(at, a, wrong))?;
                }
            }
            Import::ParseI64 => {
                let text = self.memory.bytes(a, (b as i64).max(0) as u64).map_err(|w| self.bad_text(at, (a, b, w)))?;
                let value = input::parse_i64(text);
                return self.store_parsed(at, c, value.map(|v| v as u64));
            }
            Import::ParseF64 => {
                let text = self.memory.bytes(a, (b as i64).max(0) as u64).map_err(|w| self.bad_text(at, (a, b, w)))?;
                let value = input::parse_f64(text);
                return self.store_parsed(at, c, value.map(f64::to_bits));
            }
            Import::Args => {
                self.forbid_if_isolated(at, "the program's arguments")?;
                let args = std::mem::take(&mut self.args);
                let list = self.allocate_runtime(at, args.len() as u64 * 16, Kind::Runtime)?;
                for (index, arg) in args.iter().enumerate() {
                    let text = self.allocate_runtime(at, arg.len() as u64, Kind::Runtime)?;
                    self.memory.initialize(text, 0, arg.as_bytes());
                    self.memory.initialize(list, index as u64 * 16, &text.to_le_bytes());
                    self.memory.initialize(list, index as u64 * 16 + 8, &(arg.len() as u64).to_le_bytes());
                }
                let len = args.len() as u64;
                self.args = args;
                self.store_pair(at, a, list, len)?;
            }
            Import::ReadLine => {
                self.forbid_if_isolated(at, "standard input")?;
                if self.stdin_terminal {
                    self.output.flush();
                }
                let mut line = Vec::new();
                let read = self.stdin.read_until(b'\n', &mut line);
                if line.is_empty() || read.is_err() {
                    return Ok(0);
                }
                if line.last() == Some(&b'\n') {
                    line.pop();
                    if line.last() == Some(&b'\r') {
                        line.pop();
                    }
                }
                let text = self.allocate_runtime(at, line.len() as u64, Kind::Heap)?;
                self.memory.initialize(text, 0, &line);
                self.store_pair(at, a, text, line.len() as u64)?;
                return Ok(1);
            }
            Import::ReadFile => {
                self.forbid_if_isolated(at, "a file")?;
                let path = self.memory.bytes(a, (b as i64).max(0) as u64).map_err(|w| self.bad_text(at, (a, b, w)))?;
                match input::read_file(path) {
                    Ok(bytes) => {
                        let bytes = bytes.as_slice();
                        let text = self.allocate_runtime(at, bytes.len() as u64, Kind::Heap)?;
                        self.memory.initialize(text, 0, bytes);
                        self.store_pair(at, c, text, bytes.len() as u64)?;
                    }
                    Err(error) => return Ok(error as i32 as u64),
                }
            }
            Import::Clock => {
                self.forbid_if_isolated(at, "the clock")?;
                return Ok(input::clock().to_bits());
            }
            Import::Exit => {
                self.forbid_if_isolated(at, "`exit`")?;
                self.output.flush();
                self.check_output(at)?;
                return Err(Stop::Exit(a as i32));
            }
            Import::Flush => {
                self.forbid_if_isolated(at, "output")?;
                self.output.flush();
            }
            Import::TrapStatus => self.trap_status = a as i32,
            Import::BrilArg => {
                self.forbid_if_isolated(at, "the program's arguments")?;
                let arg = usize::try_from(a as i64).ok().and_then(|index| self.args.get(index));
                let value = arg.and_then(|arg| input::parse_bril(arg.as_bytes(), b as i32));
                return self.store_parsed(at, c, value);
            }
            // The machine does so where there are foreign functions.
            Import::ShareStdout | Import::StartLibrary => {}
            Import::SinkPush => self.output.sinks.push((a as i32, Vec::new())),
            Import::SinkPop => match self.output.sinks.pop() {
                Some((sink::MEMORY, text)) => {
                    if a != 0 {
                        let copy = self.allocate_runtime(at, text.len() as u64, Kind::Heap)?;
                        self.memory.initialize(copy, 0, &text);
                        self.store_pair(at, a, copy, text.len() as u64)?;
                    }
                }
                Some((sink::STDERR, text)) => self.output.write_stderr(&text),
                Some(_) => {}
                None => return Err(self.trap_in(at, "internal error: no sink to pop")),
            },
            Import::WriteStr
            | Import::WriteI64
            | Import::WriteU64
            | Import::WriteI128
            | Import::WriteU128
            | Import::WriteF16
            | Import::WriteF32
            | Import::WriteF64
            | Import::WriteBrilF64
            | Import::WriteChar
            | Import::WriteBool
            | Import::WritePtr
            | Import::WriteQuotedStr
            | Import::WriteQuotedChar
            | Import::FmtInt
            | Import::FmtFloat
            | Import::FmtStr
            | Import::FmtChar
            | Import::FmtBool => {
                if !self.output.is_captured() {
                    self.forbid_if_isolated(at, "output")?;
                }
                let fits = self.write(import, [a, b, c, d, e, f]).map_err(|wrong| self.bad_text(at, wrong))?;
                if fits.is_none() {
                    return Err(self.trap_in(at, "internal error: invalid format specification"));
                }
            }
        }
        self.check_output(at)?;
        Ok(0)
    }

    /// Writes to the top sink. `None` if a format specification is none: the compiler has checked it.
    fn write(&mut self, import: Import, [a, b, c, d, e, f]: [u64; 6]) -> Result<Option<()>, BadText> {
        let memory = &self.memory;
        let out = &mut self.output;
        let string =
            |start: u64, len: u64| memory.bytes(start, (len as i64).max(0) as u64).map_err(|wrong| (start, len, wrong));
        let specification =
            |start: u64, len: u64| Ok(str::from_utf8(string(start, len)?).ok().and_then(|text| parse_spec(text).ok()));
        macro_rules! parsed {
            ($start:expr, $len:expr) => {
                match specification($start, $len)? {
                    Some(spec) => spec,
                    None => return Ok(None),
                }
            };
        }
        let wide = a as u128 | (b as u128) << 64;
        match import {
            Import::WriteStr => out.put(string(a, b)?),
            Import::WriteI64 => number::write_i64(out, a as i64),
            Import::WriteBrilF64 => number::write_bril_f64(out, f64::from_bits(a)),
            Import::WriteU64 => number::write_u64(out, a),
            Import::WriteI128 => number::write_i128(out, wide as i128),
            Import::WriteU128 => number::write_u128(out, wide),
            Import::WriteF16 => number::write_f16(out, a as u16),
            Import::WriteF32 => number::write_f32(out, f32::from_bits(a as u32)),
            Import::WriteF64 => number::write_f64(out, f64::from_bits(a)),
            Import::WriteChar => text::write_char(out, a as u32),
            Import::WriteBool => out.put(if a as u8 != 0 { b"true" } else { b"false" }),
            Import::WritePtr => text::write_ptr(out, a as usize),
            Import::WriteQuotedStr => text::write_quoted_str(out, string(a, b)?),
            Import::WriteQuotedChar => text::write_quoted_char(out, a as u32),
            Import::FmtInt => spec::fmt_int(out, wide, c as u32, d as u32 != 0, &parsed!(e, f)),
            Import::FmtFloat => spec::fmt_float(out, f64::from_bits(a), b as u32, &parsed!(c, d)),
            Import::FmtStr => spec::fmt_str(out, string(a, b)?, &parsed!(c, d)),
            Import::FmtChar => spec::fmt_char(out, a as u32, &parsed!(b, c)),
            Import::FmtBool => spec::fmt_bool(out, a as u8 != 0, &parsed!(b, c)),
            Import::SinkPush
            | Import::SinkPop
            | Import::Args
            | Import::ParseI64
            | Import::ParseF64
            | Import::ReadLine
            | Import::ReadFile
            | Import::Clock
            | Import::Flush
            | Import::Exit
            | Import::Alloc
            | Import::ShareStdout
            | Import::StartLibrary
            | Import::TrapStatus
            | Import::BrilArg
            | Import::Free => unreachable!("{import:?} does not write"),
        }
        Ok(Some(()))
    }

    fn bad_text(&self, at: At, (start, len, wrong): BadText) -> Stop {
        self.wrong_access(at, Access::Read, start, len, wrong)
    }

    fn check_output(&mut self, at: At) -> Result<(), Stop> {
        if std::mem::take(&mut self.output.failed) {
            return Err(self.trap_in(at, "cannot write to standard output"));
        }
        Ok(())
    }

    fn forbid_if_isolated(&self, at: At, what: &str) -> Result<(), Stop> {
        if self.isolated {
            self.stopped.set(at.site());
            return Err(Stop::Effect(what.into()));
        }
        Ok(())
    }

    fn allocate_runtime(&mut self, at: At, size: u64, kind: Kind) -> Result<u64, Stop> {
        self.memory.allocate(kind, size, 8, true, at.site()).ok_or_else(|| self.trap_in(at, "out of memory"))
    }

    fn store_pair(&mut self, at: At, to: u64, first: u64, second: u64) -> Result<(), Stop> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&first.to_le_bytes());
        bytes[8..].copy_from_slice(&second.to_le_bytes());
        self.memory.write_bytes(to, &bytes).map_err(|wrong| self.wrong_access(at, Access::Write, to, 16, wrong))
    }

    fn store_parsed(&mut self, at: At, to: u64, value: Option<u64>) -> Result<u64, Stop> {
        if let Some(bits) = value {
            let stored = self.memory.write_bytes(to, &bits.to_le_bytes());
            stored.map_err(|wrong| self.wrong_access(at, Access::Write, to, 8, wrong))?;
        }
        Ok(value.is_some() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lang_rt::Kind;

    /// Everything but what the interpreter does by itself is there, and has few enough words.
    #[test]
    fn every_function_of_the_library_is_known() {
        for function in lang_rt::FUNCTIONS {
            let own = matches!(function.name, "lang_rt_trap" | "lang_rt_set_functions");
            assert_eq!(Import::find(function.name).is_none(), own, "{}", function.name);
            let words: usize = function.params.iter().map(|kind| if *kind == Kind::Str { 2 } else { 1 }).sum();
            assert!(words <= MAX_ARGS);
        }
    }
}
