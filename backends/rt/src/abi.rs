//! The functions that compiled code calls, and the table that describes them.
//!
//! All are `extern "C"`. A string is passed as two words, pointer and length; so is a 128-bit integer, low word
//! first; a bool is 0 or 1 in a byte; an f16 is its bits. The symbols exist only in the standalone library; a host
//! takes the addresses from [`FUNCTIONS`].

use crate::trap::{FnEntry, TrapDesc};
use crate::{Out, Spec, input, memory, number, parse_spec, sink, spec, sys, text, trap};
use core::arch::naked_asm;

/// A string as it is passed and returned; in registers the same as two words.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Str {
    pub start: *const u8,
    pub len: i64,
}

impl Str {
    /// # Safety
    /// The bytes have to be there, and to stay as long as they are used.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.len <= 0 { &[] } else { unsafe { core::slice::from_raw_parts(self.start, self.len as usize) } }
    }
}

impl From<&'static [u8]> for Str {
    fn from(bytes: &'static [u8]) -> Str {
        Str { start: bytes.as_ptr(), len: bytes.len() as i64 }
    }
}

/// A slice of any element type.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    pub start: *const u8,
    /// In elements.
    pub len: i64,
}

/// How one parameter or result is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
    Ptr,
    /// Two parameters: `Ptr`, then the length as `I64`.
    Str,
}

/// A function of this library as the compiler sees it.
#[derive(Clone, Copy, Debug)]
pub struct RtFunction {
    pub name: &'static str,
    pub params: &'static [Kind],
    pub result: Option<Kind>,
    pub returns: bool,
    pub address: *const u8,
}

/// The function of that name.
pub fn find(name: &str) -> Option<&'static RtFunction> {
    FUNCTIONS.iter().find(|f| f.name == name)
}

trait Passed {
    const KIND: Kind;
}

macro_rules! passed {
    ($($ty:ty => $kind:ident),*) => { $(impl Passed for $ty { const KIND: Kind = Kind::$kind; })* };
}

passed!(u8 => I8, u16 => I16, i32 => I32, u32 => I32, i64 => I64, u64 => I64, f32 => F32, f64 => F64, Str => Str);

impl<T> Passed for *const T {
    const KIND: Kind = Kind::Ptr;
}

impl<T> Passed for *mut T {
    const KIND: Kind = Kind::Ptr;
}

macro_rules! result_kind {
    () => {
        None
    };
    ($ty:ty) => {
        Some(<$ty as Passed>::KIND)
    };
}

/// Defines the functions and their rows in one place, so that they cannot differ.
macro_rules! functions {
    ($($(#[$meta:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $(-> $result:ty)? $body:block)*) => {
        $(
            $(#[$meta])*
            #[cfg_attr(standalone, unsafe(no_mangle))]
            #[allow(clippy::missing_safety_doc, reason = "the callers are compiled programs; what they keep to is said above")]
            pub unsafe extern "C" fn $name($($arg: $ty),*) $(-> $result)? $body
        )*

        /// Every function of this library that compiled code may call.
        pub const FUNCTIONS: &[RtFunction] = &[
            $(RtFunction {
                name: stringify!($name),
                params: &[$(<$ty as Passed>::KIND),*],
                result: result_kind!($($result)?),
                returns: true,
                address: $name as *const u8,
            },)*
            RtFunction {
                name: "lang_rt_alloc",
                params: &[Kind::I64, Kind::I64, Kind::I8],
                result: Some(Kind::Ptr),
                returns: true,
                address: lang_rt_alloc as *const u8,
            },
            RtFunction {
                name: "lang_rt_trap",
                params: &[Kind::Ptr, Kind::I64, Kind::I64, Kind::I64, Kind::I64],
                result: None,
                returns: false,
                address: lang_rt_trap as *const u8,
            },
            RtFunction {
                name: "lang_rt_exit",
                params: &[Kind::I32],
                result: None,
                returns: false,
                address: lang_rt_exit as *const u8,
            },
        ];
    };
}

functions! {
    /// Output goes to a new sink from now on: 0 standard output, 1 standard error, 2 memory.
    fn lang_rt_sink_push(kind: i32) {
        sink::push(kind);
    }

    /// Ends the top sink. A memory sink's text, in fresh memory, is stored to `out`.
    fn lang_rt_sink_pop(out: *mut Str) {
        if let (Some(bytes), false) = (sink::pop(), out.is_null()) {
            unsafe { store(out, bytes) };
        }
    }

    fn lang_rt_write_str(s: Str) {
        sink::Top.put(unsafe { s.bytes() });
    }

    fn lang_rt_write_i64(v: i64) {
        number::write_i64(&mut sink::Top, v);
    }

    fn lang_rt_write_u64(v: u64) {
        number::write_u64(&mut sink::Top, v);
    }

    fn lang_rt_write_i128(low: u64, high: u64) {
        number::write_i128(&mut sink::Top, wide(low, high) as i128);
    }

    fn lang_rt_write_u128(low: u64, high: u64) {
        number::write_u128(&mut sink::Top, wide(low, high));
    }

    fn lang_rt_write_f16(bits: u16) {
        number::write_f16(&mut sink::Top, bits);
    }

    fn lang_rt_write_f32(v: f32) {
        number::write_f32(&mut sink::Top, v);
    }

    fn lang_rt_write_f64(v: f64) {
        number::write_f64(&mut sink::Top, v);
    }

    fn lang_rt_write_char(c: u32) {
        text::write_char(&mut sink::Top, c);
    }

    fn lang_rt_write_bool(b: u8) {
        sink::Top.put(if b != 0 { b"true" } else { b"false" });
    }

    fn lang_rt_write_ptr(p: *const u8) {
        text::write_ptr(&mut sink::Top, p.addr());
    }

    fn lang_rt_write_quoted_str(s: Str) {
        text::write_quoted_str(&mut sink::Top, unsafe { s.bytes() });
    }

    fn lang_rt_write_quoted_char(c: u32) {
        text::write_quoted_char(&mut sink::Top, c);
    }

    /// An integer of `width_bits` bits; higher bits of the words do not count.
    fn lang_rt_fmt_int(low: u64, high: u64, width_bits: i32, signed: i32, spec: Str) {
        spec::fmt_int(&mut sink::Top, wide(low, high), width_bits as u32, signed != 0, &unsafe { parsed(spec) });
    }

    /// A float of `width_bits` bits, widened.
    fn lang_rt_fmt_float(v: f64, width_bits: i32, spec: Str) {
        spec::fmt_float(&mut sink::Top, v, width_bits as u32, &unsafe { parsed(spec) });
    }

    fn lang_rt_fmt_str(s: Str, spec: Str) {
        spec::fmt_str(&mut sink::Top, unsafe { s.bytes() }, &unsafe { parsed(spec) });
    }

    fn lang_rt_fmt_char(c: u32, spec: Str) {
        spec::fmt_char(&mut sink::Top, c, &unsafe { parsed(spec) });
    }

    fn lang_rt_fmt_bool(b: u8, spec: Str) {
        spec::fmt_bool(&mut sink::Top, b != 0, &unsafe { parsed(spec) });
    }

    /// Stores the arguments, a fresh `[]str`.
    fn lang_rt_args(out: *mut Slice) {
        unsafe { *out = input::args() };
    }

    /// 1 if the text is a number, which is stored.
    fn lang_rt_parse_i64(s: Str, out: *mut i64) -> u8 {
        let v = input::parse_i64(unsafe { s.bytes() });
        v.inspect(|&v| unsafe { *out = v }).is_some() as u8
    }

    /// 1 if the text is a number, which is stored.
    fn lang_rt_parse_f64(s: Str, out: *mut f64) -> u8 {
        let v = input::parse_f64(unsafe { s.bytes() });
        v.inspect(|&v| unsafe { *out = v }).is_some() as u8
    }

    /// 1 if there was a line, which is stored, in fresh memory; 0 at the end.
    fn lang_rt_read_line(out: *mut Str) -> u8 {
        input::read_line().map(|line| unsafe { store(out, line) }).is_some() as u8
    }

    /// 0 if the file could be read, whose bytes are stored, in fresh memory; else the number of the `IoError`.
    fn lang_rt_read_file(path: Str, out: *mut Str) -> i32 {
        match input::read_file(unsafe { path.bytes() }) {
            Ok(text) => {
                unsafe { store(out, text) };
                0
            }
            Err(error) => error as i32,
        }
    }

    /// Seconds, monotonic.
    fn lang_rt_clock() -> f64 {
        input::clock()
    }

    /// Writes out buffered output, as before foreign code that prints.
    fn lang_rt_flush() {
        sink::flush();
    }

    /// From now on standard output is buffered by the C library, so that what foreign code writes stays in order.
    fn lang_rt_share_stdout() {
        sink::share_stdout();
    }

    /// Traps end the process with this status from now on, instead of 101.
    fn lang_rt_trap_status(status: i32) {
        trap::set_status(status);
    }

    /// As Bril's reference interpreter prints it.
    fn lang_rt_write_bril_f64(v: f64) {
        number::write_bril_f64(&mut sink::Top, v);
    }

    /// 1 if this argument of the program is a value of Bril, which is stored: `kind` 0 an `int`, 1 a `bool` (a byte), 2 a
    /// `float`, 3 a `char` (four bytes).
    fn lang_rt_bril_arg(index: i64, kind: i32, out: *mut u64) -> u8 {
        let bits = unsafe { input::arg(index) }.and_then(|text| input::parse_bril(text, kind));
        bits.inspect(|&bits| unsafe { *out = bits }).is_some() as u8
    }

    /// Prepares a library, when C calls its first function.
    fn lang_rt_start_library() {
        #[cfg(standalone)]
        crate::start::library();
    }

    fn lang_rt_free(p: *mut u8) {
        unsafe { sys::free(p) };
    }

    /// Names the program's functions for backtraces. The table is used in place: it has to stay. An entry without a
    /// name ends the code of the program (up to the next entry).
    fn lang_rt_set_functions(table: *const FnEntry, n: i64) {
        unsafe { trap::set_functions(table, n) };
    }
}

/// Ends the process with the low eight bits of `code`.
#[cfg_attr(standalone, unsafe(no_mangle))]
pub extern "C" fn lang_rt_exit(code: i32) -> ! {
    sink::flush();
    unsafe { sys::exit(code & 255) }
}

/// Memory of `size` bytes: `(size: i64, align: i64, zeroed: u8) -> ptr`. Null if there is none.
#[cfg_attr(standalone, unsafe(no_mangle))]
pub extern "C" fn lang_rt_alloc(size: i64, align: i64, zeroed: u8) -> *mut u8 {
    memory::alloc(size, align, zeroed != 0)
}

/// Reports a trap and ends the process with status 101. The words fill the holes of the message.
///
/// # Safety
/// For compiled code, whose frames it shows.
#[cfg_attr(standalone, unsafe(no_mangle))]
#[unsafe(naked)]
pub unsafe extern "C" fn lang_rt_trap(desc: *const TrapDesc, a0: i64, a1: i64, a2: i64, a3: i64) -> ! {
    naked_asm!("push rbp", "mov rbp, rsp", "mov r9, rbp", "call {report}", "ud2", report = sym trap::report)
}

fn wide(low: u64, high: u64) -> u128 {
    low as u128 | (high as u128) << 64
}

unsafe fn store(out: *mut Str, bytes: memory::Bytes) {
    let (start, len) = bytes.into_raw();
    unsafe { *out = Str { start, len: len as i64 } };
}

/// The compiler has checked the specification.
unsafe fn parsed(spec: Str) -> Spec {
    let spec = core::str::from_utf8(unsafe { spec.bytes() }).ok().and_then(|s| parse_spec(s).ok());
    spec.unwrap_or_else(|| trap::fatal("internal error: invalid format specification"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A string passed by value equals two words only while registers last.
    #[test]
    fn parameters_fit_registers() {
        for f in FUNCTIONS {
            let words = f.params.iter().map(|k| match k {
                Kind::F32 | Kind::F64 => 0,
                Kind::Str => 2,
                _ => 1,
            });
            assert!(words.sum::<i32>() <= 6, "{}", f.name);
        }
    }

    #[test]
    fn table() {
        let f = find("lang_rt_fmt_float").unwrap();
        assert_eq!((f.params, f.result), (&[Kind::F64, Kind::I32, Kind::Str][..], None));
        assert_eq!(find("lang_rt_parse_i64").unwrap().result, Some(Kind::I8));
        assert!(!find("lang_rt_trap").unwrap().returns);
    }

    /// The sinks belong to the process: one test uses them.
    #[test]
    fn memory_sinks() {
        let str = |s: &'static str| Str::from(s.as_bytes());
        unsafe {
            let mut outer = str("");
            let mut inner = str("");
            lang_rt_sink_push(2);
            lang_rt_write_str(str("a"));
            lang_rt_write_i64(-7);
            lang_rt_sink_push(2);
            lang_rt_write_f16(0x3e00);
            lang_rt_write_bool(1);
            lang_rt_sink_pop(&mut inner);
            lang_rt_fmt_int(u64::MAX, u64::MAX, 8, 1, str("#x"));
            lang_rt_write_i128(0, 1);
            lang_rt_fmt_float(0.1f32 as f64, 32, str(">5"));
            lang_rt_sink_pop(&mut outer);
            assert_eq!(inner.bytes(), b"1.5true");
            assert_eq!(outer.bytes(), b"a-70xff18446744073709551616  0.1");
            lang_rt_free(inner.start.cast_mut());
            lang_rt_free(outer.start.cast_mut());

            let mut v = 0;
            assert_eq!((lang_rt_parse_i64(str("12"), &mut v), v), (1, 12));
            assert_eq!(lang_rt_parse_i64(str("x"), &mut v), 0);

            let p = lang_rt_alloc(100, 64, 1);
            assert_eq!((p.addr() % 64, *p.add(99)), (0, 0));
            lang_rt_free(p);
        }
    }
}
