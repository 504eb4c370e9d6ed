//! Format specifications, `[[fill]<^>][+][#][0][width][.precision][type]`, and values formatted by them.
//!
//! Python's, with these differences: `.N` without a type is N digits after the point; integers in `x`, `o`, `b` show
//! the two's complement of their width; and a specification that does not fit the type of the value is an error,
//! found while compiling ([`Spec::check`]).

use crate::number;
use crate::{Out, text};
use core::fmt::Write as _;

/// A parsed format specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    pub fill: char,
    /// `None`: numbers to the right, others to the left.
    pub align: Option<Align>,
    pub plus: bool,
    pub alternate: bool,
    /// Zeros between sign and digits, unless an alignment is given.
    pub zero: bool,
    /// In characters.
    pub width: usize,
    pub precision: Option<usize>,
    pub ty: Option<Type>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Center,
    Right,
}

/// The letter at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Decimal,
    LowerHex,
    UpperHex,
    Octal,
    Binary,
    Exponent,
    Fixed,
    Str,
}

/// What kind of value is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Int,
    Float,
    Str,
    Char,
    Bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecError {
    /// The character is not one of a specification, or not at this place.
    Unexpected(char),
    /// A point without digits behind it.
    NoPrecision,
    /// Width or precision above [`MAX_WIDTH`].
    TooLarge,
    /// The type letter does not fit the value.
    Type(char, Class),
    /// A precision for a value that has none.
    Precision(Class),
    /// `+` or `#` for a value that is not a number.
    Flag(char, Class),
}

/// The largest width and precision.
pub const MAX_WIDTH: usize = u16::MAX as usize;

impl core::fmt::Display for SpecError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            SpecError::Unexpected(c) => write!(f, "unexpected `{c}` in a format specification"),
            SpecError::NoPrecision => f.write_str("a precision needs digits after the `.`"),
            SpecError::TooLarge => write!(f, "width and precision may be at most {MAX_WIDTH}"),
            SpecError::Type(c, class) => write!(f, "format type `{c}` does not fit {}", class.name()),
            SpecError::Precision(class) => write!(f, "a precision does not fit {}", class.name()),
            SpecError::Flag(c, class) => write!(f, "`{c}` does not fit {}", class.name()),
        }
    }
}

impl Class {
    fn name(self) -> &'static str {
        match self {
            Class::Int => "an integer",
            Class::Float => "a float",
            Class::Str => "a string",
            Class::Char => "a char",
            Class::Bool => "a bool",
        }
    }
}

impl Type {
    fn letter(self) -> char {
        match self {
            Type::Decimal => 'd',
            Type::LowerHex => 'x',
            Type::UpperHex => 'X',
            Type::Octal => 'o',
            Type::Binary => 'b',
            Type::Exponent => 'e',
            Type::Fixed => 'f',
            Type::Str => 's',
        }
    }
}

/// Reads a specification, the text behind the colon.
pub fn parse_spec(text: &str) -> Result<Spec, SpecError> {
    let mut spec = Spec {
        fill: ' ',
        align: None,
        plus: false,
        alternate: false,
        zero: false,
        width: 0,
        precision: None,
        ty: None,
    };
    let align = |c| match c {
        '<' => Some(Align::Left),
        '^' => Some(Align::Center),
        '>' => Some(Align::Right),
        _ => None,
    };
    let mut rest = text.chars();
    let mut ahead = text.chars();
    let (first, second) = (ahead.next(), ahead.next());
    let filled = second.and_then(align).is_some();
    if let (Some(c), true) = (first, filled) {
        spec.fill = c;
        spec.align = second.and_then(align);
        rest = ahead;
    } else if let Some(a) = first.and_then(align) {
        spec.align = Some(a);
        rest.next();
    }
    let mut next = rest.next();
    if next == Some('+') {
        spec.plus = true;
        next = rest.next();
    }
    if next == Some('#') {
        spec.alternate = true;
        next = rest.next();
    }
    if next == Some('0') {
        spec.zero = true;
        if !filled {
            spec.fill = '0';
        }
        next = rest.next();
    }
    if let Some(n) = digits(&mut next, &mut rest)? {
        spec.width = n;
    }
    if next == Some('.') {
        next = rest.next();
        spec.precision = Some(digits(&mut next, &mut rest)?.ok_or(SpecError::NoPrecision)?);
    }
    if let Some(c) = next {
        spec.ty = Some(match c {
            'd' => Type::Decimal,
            'x' => Type::LowerHex,
            'X' => Type::UpperHex,
            'o' => Type::Octal,
            'b' => Type::Binary,
            'e' => Type::Exponent,
            'f' => Type::Fixed,
            's' => Type::Str,
            _ => return Err(SpecError::Unexpected(c)),
        });
        next = rest.next();
    }
    next.map_or(Ok(spec), |c| Err(SpecError::Unexpected(c)))
}

fn digits(next: &mut Option<char>, rest: &mut core::str::Chars<'_>) -> Result<Option<usize>, SpecError> {
    let mut value = None;
    while let Some(d) = next.and_then(|c| c.to_digit(10)) {
        let v = value.unwrap_or(0) * 10 + d as usize;
        if v > MAX_WIDTH {
            return Err(SpecError::TooLarge);
        }
        value = Some(v);
        *next = rest.next();
    }
    Ok(value)
}

impl Spec {
    /// Whether the specification fits a value of the class.
    pub fn check(&self, class: Class) -> Result<(), SpecError> {
        use Type::*;
        let fits = match class {
            Class::Int => matches!(self.ty, None | Some(Decimal | LowerHex | UpperHex | Octal | Binary)),
            Class::Float => matches!(self.ty, None | Some(Exponent | Fixed)),
            Class::Str | Class::Char | Class::Bool => matches!(self.ty, None | Some(Str)),
        };
        if let (Some(ty), false) = (self.ty, fits) {
            return Err(SpecError::Type(ty.letter(), class));
        }
        if self.precision.is_some() && !matches!(class, Class::Float | Class::Str) {
            return Err(SpecError::Precision(class));
        }
        if !matches!(class, Class::Int | Class::Float) {
            if self.plus {
                return Err(SpecError::Flag('+', class));
            }
            if self.alternate {
                return Err(SpecError::Flag('#', class));
            }
        }
        Ok(())
    }
}

/// Formats an integer of `width_bits` bits; only that many low bits of `value` count.
pub fn fmt_int(out: &mut dyn Out, value: u128, width_bits: u32, signed: bool, spec: &Spec) {
    let unused = 128 - width_bits.clamp(1, 128);
    let unsigned = value << unused >> unused;
    let negative = signed && (value << unused) as i128 >> 127 != 0;
    let radix = match spec.ty {
        Some(Type::LowerHex | Type::UpperHex) => 4,
        Some(Type::Octal) => 3,
        Some(Type::Binary) => 1,
        _ => 0,
    };
    let prefix: &[u8] = match spec.ty {
        Some(Type::LowerHex) if spec.alternate => b"0x",
        Some(Type::UpperHex) if spec.alternate => b"0X",
        Some(Type::Octal) if spec.alternate => b"0o",
        Some(Type::Binary) if spec.alternate => b"0b",
        _ => b"",
    };
    let sign: &[u8] = match (negative && radix == 0, spec.plus) {
        (true, _) => b"-",
        (false, true) => b"+",
        (false, false) => b"",
    };
    if radix == 0 {
        let magnitude = if negative { ((value << unused) as i128 >> unused).unsigned_abs() } else { unsigned };
        let mut room = [0; 40];
        let at = number::decimal_digits(&mut room, magnitude);
        return pad_number(out, spec, sign, prefix, &mut |o| o.put(&room[at..]));
    }
    let letters = if spec.ty == Some(Type::UpperHex) { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let mut room = [0; 128];
    let mut at = room.len();
    let mut rest = unsigned;
    loop {
        at -= 1;
        room[at] = letters[rest as usize & ((1 << radix) - 1)];
        rest >>= radix;
        if rest == 0 {
            break;
        }
    }
    pad_number(out, spec, sign, prefix, &mut |o| o.put(&room[at..]));
}

/// Formats a float whose type has `width_bits` bits (16, 32, 64); the width matters to the shortest text only.
pub fn fmt_float(out: &mut dyn Out, value: f64, width_bits: u32, spec: &Spec) {
    let negative = value.is_sign_negative() && !value.is_nan();
    let magnitude = f64::from_bits(value.to_bits() & (u64::MAX >> 1));
    let sign: &[u8] = match (negative, spec.plus) {
        (true, _) => b"-",
        (false, true) => b"+",
        (false, false) => b"",
    };
    pad_number(out, spec, sign, b"", &mut |o| {
        if let Some(text) = number::special(magnitude) {
            return o.put(text);
        }
        match (spec.ty, spec.precision) {
            (Some(Type::Exponent), precision) => {
                let mut tail = ExponentTail { out: o, tail: [0; 8], len: None, point: false };
                let _ = write!(tail, "{magnitude:.*e}", precision.unwrap_or(6));
                tail.finish(spec.alternate);
            }
            (None, None) => {
                // `#` changes nothing: the shortest text has a point or an exponent already.
                match width_bits {
                    16 => number::write_f16(o, number::f64_to_f16(magnitude)),
                    32 => number::write_f32(o, magnitude as f32),
                    _ => number::write_f64(o, magnitude),
                }
            }
            (_, precision) => {
                let precision = precision.unwrap_or(6);
                let _ = write!(number::Text(o), "{magnitude:.precision$}");
                if spec.alternate && precision == 0 {
                    o.put(b".");
                }
            }
        }
    });
}

/// Formats a string; the precision is a maximum number of characters.
pub fn fmt_str(out: &mut dyn Out, value: &[u8], spec: &Spec) {
    let value = match spec.precision {
        Some(n) => &value[..text::prefix_len(value, n)],
        None => value,
    };
    pad(out, spec, Align::Left, text::char_count(value), &mut |o| o.put(value));
}

/// Formats a char like a string of it.
pub fn fmt_char(out: &mut dyn Out, value: u32, spec: &Spec) {
    pad(out, spec, Align::Left, 1, &mut |o| text::write_char(o, value));
}

/// Formats `true` or `false` like a string.
pub fn fmt_bool(out: &mut dyn Out, value: bool, spec: &Spec) {
    fmt_str(out, if value { b"true" } else { b"false" }, spec);
}

fn pad_number(out: &mut dyn Out, spec: &Spec, sign: &[u8], prefix: &[u8], body: &mut dyn FnMut(&mut dyn Out)) {
    let mut count = Count(sign.len() + prefix.len());
    body(&mut count);
    if spec.zero && spec.align.is_none() {
        out.put(sign);
        out.put(prefix);
        repeat(out, spec.fill, spec.width.saturating_sub(count.0));
        return body(out);
    }
    pad(out, spec, Align::Right, count.0, &mut |o| {
        o.put(sign);
        o.put(prefix);
        body(o);
    });
}

fn pad(out: &mut dyn Out, spec: &Spec, default: Align, chars: usize, body: &mut dyn FnMut(&mut dyn Out)) {
    let room = spec.width.saturating_sub(chars);
    let before = match spec.align.unwrap_or(default) {
        Align::Left => 0,
        Align::Center => room / 2,
        Align::Right => room,
    };
    repeat(out, spec.fill, before);
    body(out);
    repeat(out, spec.fill, room - before);
}

fn repeat(out: &mut dyn Out, fill: char, n: usize) {
    for _ in 0..n {
        text::write_char(out, fill as u32);
    }
}

/// Counts the bytes of a number, which are its characters.
struct Count(usize);

impl Out for Count {
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

/// Passes digits on and rewrites the exponent that follows them as C prints it: a sign, at least two digits.
struct ExponentTail<'a> {
    out: &'a mut dyn Out,
    tail: [u8; 8],
    len: Option<usize>,
    point: bool,
}

impl core::fmt::Write for ExponentTail<'_> {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        let mut bytes = s.as_bytes();
        if self.len.is_none() {
            let e = bytes.iter().position(|&b| b == b'e');
            let digits = &bytes[..e.unwrap_or(bytes.len())];
            self.point |= digits.contains(&b'.');
            self.out.put(digits);
            let Some(e) = e else { return Ok(()) };
            self.len = Some(0);
            bytes = &bytes[e + 1..];
        }
        let at = self.len.unwrap_or(0);
        let room = self.tail.get_mut(at..at + bytes.len()).ok_or(core::fmt::Error)?;
        room.copy_from_slice(bytes);
        self.len = Some(at + bytes.len());
        Ok(())
    }
}

impl ExponentTail<'_> {
    fn finish(&mut self, alternate: bool) {
        if alternate && !self.point {
            self.out.put(b".");
        }
        let exponent = number::small_int(&self.tail[..self.len.unwrap_or(0)]);
        self.out.put(if exponent < 0 { b"e-" } else { b"e+" });
        if exponent.unsigned_abs() < 10 {
            self.out.put(b"0");
        }
        number::write_u64(self.out, exponent.unsigned_abs() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(spec: &str, class: Class, write: impl FnOnce(&mut dyn Out, &Spec)) -> String {
        let spec = parse_spec(spec).unwrap();
        spec.check(class).unwrap();
        let mut out = Vec::new();
        write(&mut out, &spec);
        String::from_utf8(out).unwrap()
    }

    /// Expectations as CPython 3.12 gives them, except two's complement and `.N` without a type.
    #[test]
    fn integers() {
        let table: &[(i128, u32, bool, &str, &str)] = &[
            (5, 64, true, "", "5"),
            (5, 64, true, "5", "    5"),
            (5, 64, true, "<5", "5    "),
            (5, 64, true, "^5", "  5  "),
            (5, 64, true, "^4", " 5  "),
            (5, 64, true, "*^+6d", "**+5**"),
            (-5, 64, true, "05", "-0005"),
            (5, 64, true, "+05", "+0005"),
            (-5, 64, true, "0>5", "000-5"),
            (5, 64, true, "<05d", "50000"),
            (5, 64, true, "*<05d", "5****"),
            (255, 64, true, "#06x", "0x00ff"),
            (255, 64, true, "+#06x", "+0x0ff"),
            (255, 64, true, "#X", "0XFF"),
            (255, 64, true, ">8x", "      ff"),
            (8, 64, true, "o", "10"),
            (8, 64, true, "#o", "0o10"),
            (5, 64, true, "08b", "00000101"),
            (5, 64, true, "#b", "0b101"),
            (0, 8, true, "x", "0"),
            (-1, 8, true, "x", "ff"),
            (-1, 16, true, "X", "FFFF"),
            (-2, 32, true, "x", "fffffffe"),
            (-1, 64, true, "o", "1777777777777777777777"),
            (-1, 128, true, "x", "ffffffffffffffffffffffffffffffff"),
            (-128, 8, true, "b", "10000000"),
            (-128, 8, true, "", "-128"),
            (0xff80, 8, true, "", "-128"),
            (0xff80, 8, false, "", "128"),
            (-1, 64, false, "", "18446744073709551615"),
            (-1, 128, false, "", "340282366920938463463374607431768211455"),
            (i128::MIN, 128, true, "", "-170141183460469231731687303715884105728"),
            (7, 64, true, "é>3", "éé7"),
            (7, 64, true, ">>3", ">>7"),
        ];
        for &(v, bits, signed, spec, expected) in table {
            let got = with(spec, Class::Int, |o, s| fmt_int(o, v as u128, bits, signed, s));
            assert_eq!(got, expected, "{v} {spec:?}");
        }
    }

    #[test]
    fn floats() {
        let table: &[(f64, u32, &str, &str)] = &[
            (3.25159, 64, ".3", "3.252"),
            (3.25159, 64, ".2f", "3.25"),
            (3.25159, 64, "f", "3.251590"),
            (1234.5678, 64, "e", "1.234568e+03"),
            (1234.5678, 64, ".2e", "1.23e+03"),
            (1e-7, 64, "e", "1.000000e-07"),
            (1e300, 64, ".0e", "1e+300"),
            (1e300, 64, "#.0e", "1.e+300"),
            (0.0, 64, "e", "0.000000e+00"),
            (0.5, 64, ".0f", "0"),
            (1.5, 64, ".0f", "2"),
            (2.5, 64, ".0f", "2"),
            (2.5, 64, "#.0f", "2."),
            (0.125, 64, ".2f", "0.12"),
            (0.375, 64, ".2f", "0.38"),
            (2.675, 64, ".2f", "2.67"),
            (1e22, 64, "f", "10000000000000000000000.000000"),
            (9.99, 64, ".1f", "10.0"),
            (9.99, 64, ".1e", "1.0e+01"),
            (-0.04, 64, ".1f", "-0.0"),
            (-1.5, 64, "08.2f", "-0001.50"),
            (1.5, 64, "+8.2f", "   +1.50"),
            (1.5, 64, "*<8.2f", "1.50****"),
            (1.5, 64, "8", "     1.5"),
            (1e16, 64, "8", "    1e16"),
            (6.0, 64, "+", "+6.0"),
            (f64::INFINITY, 64, "010.2f", "0000000inf"),
            (f64::NEG_INFINITY, 64, "010", "-000000inf"),
            (f64::NAN, 64, "+", "+nan"),
            (-f64::NAN, 64, "6", "   nan"),
            (0.1f32 as f64, 32, "", "0.1"),
            (0.1f32 as f64, 64, "", "0.10000000149011612"),
            (0.1f32 as f64, 32, ".10f", "0.1000000015"),
            (0.0999755859375, 16, "7", "    0.1"),
            (5e-324, 64, ".3e", "4.941e-324"),
        ];
        for &(v, bits, spec, expected) in table {
            let got = with(spec, Class::Float, |o, s| fmt_float(o, v, bits, s));
            assert_eq!(got, expected, "{v:e} {spec:?}");
        }
        let long = with(".1100f", Class::Float, |o, s| fmt_float(o, 5e-324, 64, s));
        assert_eq!(long.len(), 1102);
        assert!(long.trim_end_matches('0').ends_with("533447265625"), "exact, not cut");
    }

    #[test]
    fn others() {
        let str = |v: &str, spec| with(spec, Class::Str, |o, s| fmt_str(o, v.as_bytes(), s));
        assert_eq!(str("ab", "5"), "ab   ");
        assert_eq!(str("ab", ">5"), "   ab");
        assert_eq!(str("ab", "-^5s"), "-ab--");
        assert_eq!(str("ab", "05"), "ab000");
        assert_eq!(str("héllo", ".2"), "hé");
        assert_eq!(str("héllo", "6.3"), "hél   ");
        assert_eq!(str("日本", "4"), "日本  ");
        assert_eq!(with("3", Class::Char, |o, s| fmt_char(o, 'é' as u32, s)), "é  ");
        assert_eq!(with(">6", Class::Bool, |o, s| fmt_bool(o, true, s)), "  true");
    }

    #[test]
    fn errors() {
        for (spec, error) in [
            ("=5", SpecError::Unexpected('=')),
            ("q", SpecError::Unexpected('q')),
            ("xx", SpecError::Unexpected('x')),
            ("5 ", SpecError::Unexpected(' ')),
            ("#+", SpecError::Unexpected('+')),
            (".", SpecError::NoPrecision),
            (".f", SpecError::NoPrecision),
            ("65536", SpecError::TooLarge),
            ("99999999999999999999999", SpecError::TooLarge),
        ] {
            assert_eq!(parse_spec(spec), Err(error), "{spec}");
        }
        for (spec, class) in [
            (".2", Class::Int),
            ("e", Class::Int),
            ("f", Class::Int),
            ("s", Class::Int),
            ("x", Class::Float),
            ("d", Class::Float),
            ("x", Class::Str),
            ("+", Class::Str),
            ("#", Class::Str),
            ("d", Class::Char),
            (".1", Class::Char),
            (".1", Class::Bool),
        ] {
            assert!(parse_spec(spec).unwrap().check(class).is_err(), "{spec} {class:?}");
        }
        assert_eq!(SpecError::Type('x', Class::Str).to_string(), "format type `x` does not fit a string");
    }
}
