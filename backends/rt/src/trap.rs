//! Traps: the message, the position, the backtrace, the end of the process.
//!
//! ```text
//! error: index 7 out of bounds for length 3
//! file.lang:12:9
//!     in get
//!     in main
//! ```
//!
//! Message, position and the first frames (the function and what it was inlined into) are static text of the trap;
//! the callers come from the chain of frame pointers and the table of functions. While a report is made, another
//! fault in the same thread (a broken chain) ends it with what has been said so far.

use crate::abi::Str;
use crate::sys::{self, Global};
use crate::{Out, number, sink};
use core::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// The exit status of a trap, unless the program asked for another.
pub const STATUS: i32 = 101;

static ASKED_STATUS: AtomicI32 = AtomicI32::new(STATUS);

/// Traps end the process with this status from now on.
pub(crate) fn set_status(status: i32) {
    ASKED_STATUS.store(status, Ordering::Relaxed);
}

/// At most that many lines of backtrace.
pub const MAX_FRAMES: usize = 100;
/// The same for a stack overflow.
pub const OVERFLOW_FRAMES: usize = 10;

/// What the compiler knows of one trap.
#[repr(C)]
pub struct TrapDesc {
    /// The message with its holes, see [`write_message`].
    pub template: Str,
    pub file: Str,
    pub line: u32,
    pub column: u32,
    /// The function the trap is in, then those it was inlined into.
    pub frames: *const Str,
    pub frames_len: i64,
}

/// A function of the program and the place of its declaration.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FnEntry {
    pub start: *const u8,
    /// Empty: from here on, it is not the program's code.
    pub name: Str,
    pub file: Str,
    pub line: u32,
    pub column: u32,
}

// The pointers are to text that nobody writes.
unsafe impl Sync for FnEntry {}
unsafe impl Sync for TrapDesc {}

/// Writes a message. Its holes take the words in order: `{i}` one, signed; `{u}` one, unsigned; `{s}` two, a string
/// that `read_str` writes, given pointer and length; `{q}` and `{Q}` two, a signed or unsigned 128-bit integer, low
/// word first. `{{` and `}}` are braces.
pub fn write_message(
    out: &mut dyn Out,
    template: &[u8],
    words: &[i64],
    read_str: &mut dyn FnMut(&mut dyn Out, i64, i64),
) {
    let mut words = words.iter().copied();
    let mut word = || words.next().unwrap_or(0);
    let mut rest = template;
    while let Some(at) = rest.iter().position(|&b| b == b'{' || b == b'}') {
        out.put(&rest[..at]);
        rest = &rest[at..];
        let taken = match rest {
            [b'{', b'{', ..] | [b'}', b'}', ..] => {
                out.put(&rest[..1]);
                2
            }
            [b'{', hole @ (b'i' | b'u' | b's' | b'q' | b'Q'), b'}', ..] => {
                match hole {
                    b'i' => number::write_i64(out, word()),
                    b'u' => number::write_u64(out, word() as u64),
                    b's' => {
                        let start = word();
                        read_str(out, start, word());
                    }
                    _ => {
                        let low = word() as u64 as u128;
                        let v = low | (word() as u64 as u128) << 64;
                        if *hole == b'q' { number::write_i128(out, v as i128) } else { number::write_u128(out, v) }
                    }
                }
                3
            }
            _ => {
                out.put(&rest[..1]);
                1
            }
        };
        rest = &rest[taken..];
    }
    out.put(rest);
}

/// Writes `FILE:LINE:COL` and a newline; nothing for line 0, which is an unknown place.
pub fn write_position(out: &mut dyn Out, file: &[u8], line: u32, column: u32) {
    if line == 0 {
        return;
    }
    out.put(file);
    out.put(b":");
    number::write_u64(out, line as u64);
    out.put(b":");
    number::write_u64(out, column as u64);
    out.put(b"\n");
}

/// Writes a line of the backtrace.
pub fn write_frame(out: &mut dyn Out, name: &[u8]) {
    out.put(b"    in ");
    out.put(name);
    out.put(b"\n");
}

/// Writes the line that stands for the frames that are left out.
pub fn write_more(out: &mut dyn Out) {
    out.put(b"    ...\n");
}

/// What `lang_rt_trap` does. `frame` is its own: the saved frame pointer of the trapping function, then the address
/// to return to.
pub(crate) unsafe extern "C" fn report(
    desc: *const TrapDesc,
    a0: i64,
    a1: i64,
    a2: i64,
    a3: i64,
    frame: *const usize,
) -> ! {
    let mut out = begin();
    unsafe {
        // What foreign code has printed comes before the message, too.
        sys::fflush(core::ptr::null_mut());
        let desc = &*desc;
        out.put(b"error: ");
        write_message(&mut out, desc.template.bytes(), &[a0, a1, a2, a3], &mut |out, start, len| {
            let s = Str { start: core::ptr::with_exposed_provenance(start as usize), len };
            out.put(s.bytes());
        });
        out.put(b"\n");
        write_position(&mut out, desc.file.bytes(), desc.line, desc.column);
        let mut left = MAX_FRAMES;
        let mut chain = Chain::after_call(*frame.add(1), *frame as *const usize);
        if desc.frames_len > 0 {
            let mut outermost: &[u8] = &[];
            for i in 0..desc.frames_len as usize {
                outermost = (*desc.frames.add(i)).bytes();
                write_frame(&mut out, outermost);
                left = left.saturating_sub(1);
                if outermost == b"main" {
                    finish();
                }
            }
            // They name the physical frame, too, unless a backend inlined all of them into another function.
            let named = chain.function().is_none_or(|f| f.name.bytes() == outermost);
            if named && !chain.step() {
                finish();
            }
        }
        write_backtrace(&mut out, chain, left);
    }
    finish()
}

/// Reports something that has no place of its own in the program, and ends the process.
pub fn fatal(message: &str) -> ! {
    let frame: *const usize;
    unsafe {
        core::arch::asm!("mov {}, rbp", out(reg) frame, options(nomem, nostack, preserves_flags));
        let mut chain = Chain::after_call(0, frame);
        // Only compiled code promises that the register holds a frame.
        if functions().is_empty() || !chain.step() {
            chain.frame = core::ptr::null();
        }
        report_at(message.as_bytes(), chain, MAX_FRAMES)
    }
}

/// Reports with the position of the innermost function that is the program's.
pub(crate) unsafe fn report_at(message: &[u8], mut chain: Chain, frames: usize) -> ! {
    let mut out = begin();
    out.put(b"error: ");
    out.put(message);
    out.put(b"\n");
    unsafe {
        // Leave the functions of this library.
        let mut innermost = chain.function();
        while innermost.is_none() && !functions().is_empty() && chain.step() {
            innermost = chain.function();
        }
        if let Some(f) = innermost {
            write_position(&mut out, f.file.bytes(), f.line, f.column);
            write_backtrace(&mut out, chain, frames);
        }
    }
    finish()
}

/// A place in the chain of frames.
pub(crate) struct Chain {
    pub pc: usize,
    /// The frame of the function that `pc` is in: the caller's frame, then the address to return to.
    pub frame: *const usize,
    /// Whether `pc` is the instruction itself, not the one after a call.
    pub exact: bool,
    /// If the function has no frame yet, and `frame` is its caller's: the address to return to. Else 0.
    pub returns_to: usize,
}

impl Chain {
    fn after_call(pc: usize, frame: *const usize) -> Chain {
        Chain { pc, frame, exact: false, returns_to: 0 }
    }

    pub fn function(&self) -> Option<&'static FnEntry> {
        function_at(if self.exact { self.pc } else { self.pc.wrapping_sub(1) })
    }

    /// Goes to the caller; false at the end of the chain.
    unsafe fn step(&mut self) -> bool {
        if self.returns_to != 0 {
            *self = Chain { pc: self.returns_to, frame: self.frame, exact: false, returns_to: 0 };
            return true;
        }
        if self.frame.is_null() || !self.frame.is_aligned() {
            return false;
        }
        let (caller, pc) = unsafe { (*self.frame as *const usize, *self.frame.add(1)) };
        // The stack grows downwards: a caller that is not above is none.
        *self = Chain::after_call(pc, if caller > self.frame { caller } else { core::ptr::null() });
        true
    }
}

unsafe fn write_backtrace(out: &mut dyn Out, mut chain: Chain, mut left: usize) {
    while let Some(f) = chain.function() {
        let name = unsafe { f.name.bytes() };
        // Where the program starts is not the user's function.
        if name == b"lang_main" {
            return;
        }
        if left == 0 {
            return write_more(out);
        }
        left -= 1;
        write_frame(out, name);
        if name == b"main" || !unsafe { chain.step() } {
            return;
        }
    }
}

static FUNCTIONS: Global<(*const FnEntry, usize)> = Global::new((core::ptr::null(), 0));

pub(crate) unsafe fn set_functions(table: *const FnEntry, n: i64) {
    unsafe { *FUNCTIONS.get() = (table, n.max(0) as usize) };
}

fn functions() -> &'static [FnEntry] {
    unsafe {
        let (table, n) = *FUNCTIONS.get();
        if table.is_null() { &[] } else { core::slice::from_raw_parts(table, n) }
    }
}

/// The function of the program that has the instruction at `pc`.
pub(crate) fn function_at(pc: usize) -> Option<&'static FnEntry> {
    // A search through all: nothing has to be prepared at the start of a program for its one trap.
    let before = functions().iter().filter(|f| f.start.addr() <= pc);
    let f = before.max_by_key(|f| (f.start.addr(), f.name.len == 0))?;
    let ended = code_ends().iter().any(|&end| f.start.addr() < end && end <= pc);
    (f.name.len > 0 && !ended).then_some(f)
}

/// Addresses from which on the code is not the program's: objects are linked before this library.
#[cfg(standalone)]
fn code_ends() -> [usize; 2] {
    unsafe extern "C" {
        static lang_rt_text_start: u8;
        static etext: u8;
    }
    [(&raw const lang_rt_text_start).addr(), (&raw const etext).addr()]
}

// The linker puts the sections of an object in their order, and `.text` is the first.
#[cfg(standalone)]
core::arch::global_asm!(
    ".text",
    ".p2align 4",
    ".globl lang_rt_text_start",
    ".hidden lang_rt_text_start",
    "lang_rt_text_start:",
    "int3",
);

/// A host knows where the code of its program ends, and says so in the table.
#[cfg(not(standalone))]
fn code_ends() -> [usize; 0] {
    []
}

struct Report {
    bytes: [u8; 1024],
    len: usize,
}

static REPORT: Global<Report> = Global::new(Report { bytes: [0; 1024], len: 0 });
/// The thread that reports; 0: none.
static REPORTER: AtomicUsize = AtomicUsize::new(0);

/// Standard error, buffered for the one report that a process makes.
pub(crate) struct Reporter(());

impl Out for Reporter {
    fn put(&mut self, bytes: &[u8]) {
        let report = unsafe { &mut *REPORT.get() };
        if bytes.len() > report.bytes.len() - report.len {
            flush_report();
        }
        if bytes.len() > report.bytes.len() {
            return sink::put_stderr(bytes);
        }
        report.bytes[report.len..report.len + bytes.len()].copy_from_slice(bytes);
        report.len += bytes.len();
    }
}

/// Starts the report: output so far is written first.
pub(crate) fn begin() -> Reporter {
    let me = unsafe { sys::pthread_self() };
    match REPORTER.compare_exchange(0, me, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => {}
        Err(other) if other == me => finish(),
        Err(_) => loop {
            unsafe { sys::pause() };
        },
    }
    sink::flush_at_trap();
    Reporter(())
}

fn flush_report() {
    let report = unsafe { &mut *REPORT.get() };
    let len = core::mem::take(&mut report.len);
    sink::put_stderr(&report.bytes[..len]);
}

fn finish() -> ! {
    flush_report();
    unsafe { sys::_exit(ASKED_STATUS.load(Ordering::Relaxed)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let message = |template: &str, words: &[i64]| {
            let mut out = Vec::new();
            write_message(&mut out, template.as_bytes(), words, &mut |out, p, n| {
                out.put(format!("<{p},{n}>").as_bytes())
            });
            String::from_utf8(out).unwrap()
        };
        assert_eq!(message("index {i} out of {u}", &[-1, -1]), "index -1 out of 18446744073709551615");
        assert_eq!(message("{s}: {i}", &[16, 3, 5]), "<16,3>: 5");
        assert_eq!(message("{q} {Q}", &[-1, -1, 0, 1]), "-1 18446744073709551616");
        assert_eq!(message("a {{i}} {x} } {", &[1]), "a {i} {x} } {");
        assert_eq!(message("plain", &[]), "plain");
    }

    #[test]
    fn functions_by_address() {
        let entry = |start: usize, name: &'static [u8]| FnEntry {
            start: core::ptr::without_provenance(start),
            name: name.into(),
            file: b"f.lang"[..].into(),
            line: 1,
            column: 1,
        };
        let table = vec![entry(300, b""), entry(200, b"g"), entry(100, b"f"), entry(400, b"h"), entry(200, b"")].leak();
        unsafe { set_functions(table.as_ptr(), table.len() as i64) };
        let name = |pc| function_at(pc).map(|f| unsafe { f.name.bytes() });
        assert_eq!(name(99), None);
        assert_eq!(name(100), Some(&b"f"[..]));
        assert_eq!(name(199), Some(&b"f"[..]));
        assert_eq!(name(300), None);
        assert_eq!(name(450), Some(&b"h"[..]));
        table[4].start = core::ptr::without_provenance(500);
        assert_eq!(name(250), Some(&b"g"[..]));
        assert_eq!(name(500), None);
        unsafe { set_functions(core::ptr::null(), 0) };
    }
}
