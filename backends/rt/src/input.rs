//! Reading: numbers out of text, lines of standard input, the program's arguments, the clock.

use crate::abi::{Slice, Str};
use crate::memory::Bytes;
use crate::sys::{self, Global};
use crate::{sink, trap};

/// Exactly `-?[0-9]+`, in range.
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() {
        return None;
    }
    // Downwards, where the range is larger.
    let mut v = 0i64;
    for &b in digits {
        if !b.is_ascii_digit() {
            return None;
        }
        v = v.checked_mul(10)?.checked_sub((b - b'0') as i64)?;
    }
    if negative { Some(v) } else { v.checked_neg() }
}

/// What `print` writes for floats: `-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?`, `nan`, `inf`, `-inf`; nothing whose value is
/// too large.
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    match text {
        b"nan" => return Some(f64::NAN),
        b"inf" => return Some(f64::INFINITY),
        b"-inf" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    skip_digits(&mut rest)?;
    if let Some(fraction) = rest.strip_prefix(b".") {
        rest = fraction;
        skip_digits(&mut rest)?;
    }
    if let Some(exponent) = rest.strip_prefix(b"e") {
        rest = exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent);
        skip_digits(&mut rest)?;
    }
    if !rest.is_empty() {
        return None;
    }
    let v: f64 = core::str::from_utf8(text).ok()?.parse().ok()?;
    v.is_finite().then_some(v)
}

/// The bits of a value of Bril: `kind` 0 an `int`, 1 a `bool`, 2 a `float`, 3 a `char`.
pub fn parse_bril(text: &[u8], kind: i32) -> Option<u64> {
    let unsigned = text.strip_prefix(b"+").unwrap_or(text);
    match (kind, unsigned) {
        (0, number) => parse_i64(number).map(|v| v as u64),
        (1, b"true") => Some(1),
        (1, b"false") => Some(0),
        (2, b"NaN") => Some(f64::NAN.to_bits()),
        (2, b"Infinity") => Some(f64::INFINITY.to_bits()),
        (2, b"-Infinity") => Some(f64::NEG_INFINITY.to_bits()),
        (2, number) => parse_f64(number).map(f64::to_bits),
        (3, _) => {
            let mut chars = core::str::from_utf8(text).ok()?.chars();
            let c = chars.next()?;
            chars.next().is_none().then_some(c as u64)
        }
        _ => None,
    }
}

fn skip_digits(rest: &mut &[u8]) -> Option<()> {
    let n = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    *rest = &rest[n..];
    (n > 0).then_some(())
}

const ROOM: usize = 1 << 16;

struct Input {
    bytes: [u8; ROOM],
    at: usize,
    len: usize,
}

static INPUT: Global<Input> = Global::new(Input { bytes: [0; ROOM], at: 0, len: 0 });

/// The next line of standard input without its `\n` or `\r\n`; `None` at the end.
pub fn read_line() -> Option<Bytes> {
    let input = unsafe { &mut *INPUT.get() };
    let mut line = Bytes::new();
    let mut any = false;
    loop {
        if input.at == input.len && !fill(input) {
            break;
        }
        any = true;
        let ahead = &input.bytes[input.at..input.len];
        match ahead.iter().position(|&b| b == b'\n') {
            Some(n) => {
                line.append(&ahead[..n]);
                input.at += n + 1;
                line.cut_carriage_return();
                break;
            }
            None => {
                line.append(ahead);
                input.at = input.len;
            }
        }
    }
    any.then_some(line)
}

fn fill(input: &mut Input) -> bool {
    unsafe {
        if sys::isatty(0) == 1 {
            sink::flush();
        }
        loop {
            let n = sys::read(0, input.bytes.as_mut_ptr(), ROOM);
            if n < 0 && sys::errno() == sys::EINTR {
                continue;
            }
            input.at = 0;
            input.len = n.max(0) as usize;
            return n > 0;
        }
    }
}

/// Why a file could not be read: the number of a case of `IoError`, in its order, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum FileError {
    NotFound = 1,
    NotAllowed = 2,
    IsFolder = 3,
    Other = 4,
}

impl FileError {
    /// What an error number of the system stands for.
    pub fn of_errno(errno: i32) -> FileError {
        match errno {
            sys::ENOENT | sys::ENOTDIR => FileError::NotFound,
            sys::EACCES | sys::EPERM => FileError::NotAllowed,
            sys::EISDIR => FileError::IsFolder,
            _ => FileError::Other,
        }
    }
}

/// The bytes of a file.
pub fn read_file(path: &[u8]) -> Result<Bytes, FileError> {
    if path.contains(&0) {
        return Err(FileError::Other);
    }
    let mut name = Bytes::new();
    name.append(path);
    name.append(b"\0");
    let fd = unsafe { sys::open(name.as_slice().as_ptr(), sys::O_CLOEXEC) };
    if fd < 0 {
        return Err(FileError::of_errno(sys::errno()));
    }
    let mut text = Bytes::new();
    let mut chunk = [0; 1 << 14];
    let result = loop {
        let n = unsafe { sys::read(fd, chunk.as_mut_ptr(), chunk.len()) };
        match n {
            0 => break Ok(text),
            1.. => text.append(&chunk[..n as usize]),
            _ if sys::errno() == sys::EINTR => {}
            _ => break Err(FileError::of_errno(sys::errno())),
        }
    };
    unsafe { sys::close(fd) };
    result
}

/// Forgets what was read ahead: a host starts the next program.
#[cfg(not(standalone))]
pub(crate) fn reset() {
    unsafe {
        (*INPUT.get()).at = 0;
        (*INPUT.get()).len = 0;
    }
}

/// The program's arguments without its name; they live as long as the program.
static ARGS: Global<Slice> = Global::new(Slice { start: core::ptr::null(), len: 0 });

/// A fresh array of the arguments.
pub fn args() -> Slice {
    unsafe {
        let all = &*ARGS.get();
        copy_of(if all.len == 0 { &[] } else { core::slice::from_raw_parts(all.start.cast(), all.len as usize) })
    }
}

/// One of the program's arguments.
pub(crate) unsafe fn arg<'a>(index: i64) -> Option<&'a [u8]> {
    unsafe {
        let all = &*ARGS.get();
        if !(0..all.len).contains(&index) {
            return None;
        }
        Some((*all.start.cast::<Str>().add(index as usize)).bytes())
    }
}

/// Sets what [`args`] gives. The texts have to live until the next call.
pub(crate) unsafe fn set_args(all: &[Str]) {
    unsafe {
        let old = (*ARGS.get()).start;
        *ARGS.get() = copy_of(all);
        sys::free(old.cast_mut());
    }
}

fn copy_of(all: &[Str]) -> Slice {
    let size = size_of_val(all);
    unsafe {
        let start = sys::malloc(size.max(1));
        if start.is_null() {
            trap::fatal("out of memory");
        }
        start.copy_from_nonoverlapping(all.as_ptr().cast(), size);
        Slice { start, len: all.len() as i64 }
    }
}

/// Seconds of a clock that never goes back.
pub fn clock() -> f64 {
    let mut t = sys::Timespec { seconds: 0, nanoseconds: 0 };
    unsafe { sys::clock_gettime(sys::CLOCK_MONOTONIC, &mut t) };
    t.seconds as f64 + t.nanoseconds as f64 * 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (text, v) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("007", Some(7)),
            ("-42", Some(-42)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("", None),
            ("-", None),
            ("--1", None),
            ("+1", None),
            (" 1", None),
            ("1 ", None),
            ("1_000", None),
            ("0x10", None),
            ("1e3", None),
            ("١", None),
        ] {
            assert_eq!(parse_i64(text.as_bytes()), v, "{text:?}");
        }
    }

    #[test]
    fn floats() {
        for (text, v) in [
            ("6.0", Some(6.0)),
            ("5", Some(5.0)),
            ("-2.5", Some(-2.5)),
            ("1e16", Some(1e16)),
            ("1.5e-7", Some(1.5e-7)),
            ("1.5e+7", Some(1.5e7)),
            ("inf", Some(f64::INFINITY)),
            ("-inf", Some(f64::NEG_INFINITY)),
            ("1e-999", Some(0.0)),
            ("1e999", None),
            ("-nan", None),
            ("infinity", None),
            ("+1.0", None),
            (".5", None),
            ("5.", None),
            ("1e", None),
            ("1e+", None),
            ("1E5", None),
            ("0x1p3", None),
            (" 1.0", None),
            ("1_0.0", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(parse_f64(text.as_bytes()), v, "{text:?}");
        }
        assert!(parse_f64(b"nan").unwrap().is_nan());
        assert!(parse_f64(b"-0.0").unwrap().is_sign_negative());
    }
}
