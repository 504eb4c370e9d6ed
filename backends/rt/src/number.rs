//! Numbers as text: integers in decimal, floats as the shortest text that reads back the same.

use crate::Out;
use core::fmt::Write as _;

/// Room for the digits of any `u128` and a sign.
const INT_ROOM: usize = 40;

/// Writes a signed integer in decimal.
pub fn write_i128(out: &mut dyn Out, v: i128) {
    write_decimal(out, v < 0, v.unsigned_abs());
}

/// Writes an unsigned integer in decimal.
pub fn write_u128(out: &mut dyn Out, v: u128) {
    write_decimal(out, false, v);
}

/// Writes a signed integer in decimal.
pub fn write_i64(out: &mut dyn Out, v: i64) {
    write_decimal(out, v < 0, v.unsigned_abs() as u128);
}

/// Writes an unsigned integer in decimal.
pub fn write_u64(out: &mut dyn Out, v: u64) {
    write_decimal(out, false, v as u128);
}

fn write_decimal(out: &mut dyn Out, negative: bool, v: u128) {
    let mut room = [0; INT_ROOM];
    let mut at = decimal_digits(&mut room, v);
    if negative {
        at -= 1;
        room[at] = b'-';
    }
    out.put(&room[at..]);
}

/// Puts the digits of `v` at the end of `room`; gives the index of the first.
pub(crate) fn decimal_digits(room: &mut [u8; INT_ROOM], mut v: u128) -> usize {
    // Division of 128 bits is a call: take 19 digits at a time.
    const CHUNK: u128 = 10_000_000_000_000_000_000;
    let mut at = room.len();
    while v >= CHUNK {
        let mut low = (v % CHUNK) as u64;
        v /= CHUNK;
        for _ in 0..19 {
            at -= 1;
            room[at] = b'0' + (low % 10) as u8;
            low /= 10;
        }
    }
    let mut low = v as u64;
    loop {
        at -= 1;
        room[at] = b'0' + (low % 10) as u8;
        low /= 10;
        if low == 0 {
            return at;
        }
    }
}

/// Writes `v` as the shortest text that reads back as the same `f64`: plain from 1e-4 up to below 1e16, otherwise
/// with an exponent; always with a point or an exponent.
pub fn write_f64(out: &mut dyn Out, v: f64) {
    if let Some(text) = special(v) {
        return out.put(text);
    }
    let mut d = Digits::new();
    let _ = write!(d, "{v:e}");
    if let Some(even) = d.tie_to_even(v)
        && even.as_str().parse() == Ok(v)
    {
        d = even;
    }
    d.layout(out);
}

/// Writes `v` as Bril's reference interpreter does: 17 digits behind the point, with an exponent (without leading zeros) from
/// 1e10 up and from 1e-10 down.
pub fn write_bril_f64(out: &mut dyn Out, v: f64) {
    if v.is_nan() {
        return out.put(b"NaN");
    }
    if v.is_sign_negative() {
        out.put(b"-");
    }
    let magnitude = f64::from_bits(v.to_bits() & (u64::MAX >> 1));
    if magnitude == f64::INFINITY {
        return out.put(b"Infinity");
    }
    let mut text = Text(out);
    // Writing to an output does not fail.
    let _ = if magnitude == 0.0 || (magnitude > 1e-10 && magnitude < 1e10) {
        write!(text, "{magnitude:.17}")
    } else if magnitude < 1.0 {
        write!(text, "{magnitude:.17e}")
    } else {
        write!(Positive(text), "{magnitude:.17e}")
    };
}

/// Makes an [`Out`] usable with `write!`.
pub(crate) struct Text<'a>(pub &'a mut dyn Out);

impl core::fmt::Write for Text<'_> {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        self.0.put(s.as_bytes());
        Ok(())
    }
}

/// Puts the `+` before an exponent that is not negative.
struct Positive<'a>(Text<'a>);

impl core::fmt::Write for Positive<'_> {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        match s.split_once('e') {
            None => self.0.write_str(s),
            Some((digits, exponent)) => {
                self.0.write_str(digits)?;
                self.0.write_str("e+")?;
                self.0.write_str(exponent)
            }
        }
    }
}

/// As [`write_f64`], with the digits that an `f32` needs.
pub fn write_f32(out: &mut dyn Out, v: f32) {
    if let Some(text) = special(v as f64) {
        return out.put(text);
    }
    let mut d = Digits::new();
    let _ = write!(d, "{v:e}");
    if let Some(even) = d.tie_to_even(v as f64)
        && even.as_str().parse() == Ok(v)
    {
        d = even;
    }
    d.layout(out);
}

/// As [`write_f64`], with the digits that an `f16` (given by its bits) needs.
pub fn write_f16(out: &mut dyn Out, bits: u16) {
    let v = f16_to_f64(bits);
    if let Some(text) = special(v) {
        return out.put(text);
    }
    shortest_f16(bits).layout(out);
}

/// The shortest decimal number that rounds to the finite f16 `bits`; of several the one nearest to it.
fn shortest_f16(bits: u16) -> Digits {
    let v = f16_to_f64(bits);
    for precision in 0..5 {
        let mut best: Option<(f64, Digits)> = None;
        let mut nearest = Digits::new();
        let _ = write!(nearest, "{v:.precision$e}");
        // At a power of two the range of numbers that round to it is wider above than below: the nearest decimal of
        // this length may miss it while its neighbour on the other side hits.
        for candidate in [Some(nearest), nearest.step(true), nearest.step(false)].into_iter().flatten() {
            let Ok(value) = candidate.as_str().parse::<f64>() else { continue };
            let distance = if value > v { value - v } else { v - value };
            if f64_to_f16(value) == bits && best.as_ref().is_none_or(|(d, _)| distance < *d) {
                best = Some((distance, candidate));
            }
        }
        if let Some((_, digits)) = best {
            return digits;
        }
    }
    let mut exact = Digits::new();
    let _ = write!(exact, "{v:e}");
    exact
}

/// The text of what has no digits.
pub(crate) fn special(v: f64) -> Option<&'static [u8]> {
    if v.is_nan() {
        Some(b"nan")
    } else if v.is_infinite() {
        Some(if v > 0.0 { b"inf" } else { b"-inf" })
    } else {
        None
    }
}

/// A number as `core` writes it with `{:e}`: `[-]d[.ddd]e[-]x`.
#[derive(Clone, Copy)]
struct Digits {
    text: [u8; 32],
    len: usize,
}

impl core::fmt::Write for Digits {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        let room = self.text.get_mut(self.len..self.len + s.len()).ok_or(core::fmt::Error)?;
        room.copy_from_slice(s.as_bytes());
        self.len += s.len();
        Ok(())
    }
}

impl Digits {
    fn new() -> Self {
        Digits { text: [0; 32], len: 0 }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.text[..self.len]
    }

    fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or("0")
    }

    /// The number with its last digit one higher or lower in magnitude; `None` where that would carry beyond the
    /// first digit (another length then reaches it).
    fn step(mut self, up: bool) -> Option<Digits> {
        let end = self.as_bytes().iter().position(|&b| b == b'e')?;
        for at in (0..end).rev() {
            match (self.text[at], up) {
                (b'.', _) => {}
                (b'-', _) => return None,
                (b'9', true) => self.text[at] = b'0',
                (b'0', false) => self.text[at] = b'9',
                (_, true) => {
                    self.text[at] += 1;
                    return Some(self);
                }
                (_, false) => {
                    self.text[at] -= 1;
                    return Some(self);
                }
            }
        }
        None
    }

    /// `core` rounds up where two shortest texts are equally near to `v`. Gives the even one, as other languages write
    /// it, if there may be two.
    fn tie_to_even(&self, v: f64) -> Option<Digits> {
        let text = self.as_bytes();
        let e = text.iter().position(|&b| b == b'e')?;
        let shown = text[..e].iter().filter(|b| b.is_ascii_digit()).count() as i32;
        let exponent = small_int(&text[e + 1..]);
        // A magnitude of m * 2^p with odd m has exactly -p digits after its point, the last of them 5.
        let stored = (v.to_bits() >> 52) as i32 & 0x7ff;
        let fraction = v.to_bits() & ((1 << 52) - 1) | ((stored != 0) as u64) << 52;
        let p = stored.max(1) - 1075 + fraction.trailing_zeros() as i32;
        let may_tie = if p < 0 { -p == (shown - 1 - exponent).max(0) + 1 } else { exponent >= shown };
        if !may_tie {
            return None;
        }
        let mut even = Digits::new();
        let _ = write!(even, "{v:.*e}", shown as usize - 1);
        Some(even)
    }

    fn layout(&self, out: &mut dyn Out) {
        let text = self.as_bytes();
        let (sign, text) = match text {
            [b'-', rest @ ..] => (&b"-"[..], rest),
            _ => (&b""[..], text),
        };
        let e = text.iter().position(|&b| b == b'e').unwrap_or(text.len());
        let exponent = text.get(e + 1..).map_or(0, small_int);
        out.put(sign);
        if !(-4..16).contains(&exponent) {
            return out.put(text);
        }
        let mut digits = [b'0'; 32];
        let mut n = 0;
        for &b in &text[..e] {
            if b != b'.' {
                digits[n] = b;
                n += 1;
            }
        }
        if exponent < 0 {
            out.put(b"0.");
            out.put(&b"000"[..(-exponent - 1) as usize]);
            return out.put(&digits[..n]);
        }
        // Digits that the number does not have before its point are zeros, as `digits` is filled with them.
        let point = exponent as usize + 1;
        out.put(&digits[..point]);
        out.put(b".");
        out.put(&digits[point..n.max(point + 1)]);
    }
}

/// Reads what follows an `e`.
pub(crate) fn small_int(text: &[u8]) -> i32 {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let v = digits.iter().fold(0, |v, &b| v * 10 + (b - b'0') as i32);
    if negative { -v } else { v }
}

const TWO_TO_MINUS_24: f64 = 1.0 / 16_777_216.0;

/// The value of an f16.
pub fn f16_to_f64(bits: u16) -> f64 {
    let sign = (bits as u64 >> 15) << 63;
    let exponent = (bits >> 10) as u64 & 31;
    let fraction = bits as u64 & 1023;
    let magnitude = match exponent {
        0 => (fraction as f64 * TWO_TO_MINUS_24).to_bits(),
        31 => 0x7ff << 52 | fraction << 42,
        _ => (exponent + 1023 - 15) << 52 | fraction << 42,
    };
    f64::from_bits(sign | magnitude)
}

/// The f16 nearest to `v`, ties to even.
pub fn f64_to_f16(v: f64) -> u16 {
    let sign = (v.to_bits() >> 48) as u16 & 0x8000;
    let magnitude = v.to_bits() & (u64::MAX >> 1);
    let value = f64::from_bits(magnitude);
    let bits = if v.is_nan() {
        0x7e00
    } else if value < 1.0 / 16384.0 {
        // Subnormal: adding 2^52 rounds to an integer in the current (nearest, even) mode.
        const TO_INTEGER: f64 = 4_503_599_627_370_496.0;
        (value / TWO_TO_MINUS_24 + TO_INTEGER - TO_INTEGER) as u16
    } else {
        let rounded = magnitude.saturating_add((1 << 41) - 1 + (magnitude >> 42 & 1)) >> 42;
        (rounded - ((1023 - 15) << 10)).min(0x7c00) as u16
    };
    sign | bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut dyn Out)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn integers() {
        for v in [0, 1, -1, 9, 10, -10, i64::MAX as i128, i64::MIN as i128, i128::MAX, i128::MIN] {
            assert_eq!(text(|o| write_i128(o, v)), v.to_string());
        }
        for v in [10u128.pow(19), 10u128.pow(19) - 1, 10u128.pow(38), u128::MAX, u64::MAX as u128] {
            assert_eq!(text(|o| write_u128(o, v)), v.to_string());
        }
        assert_eq!(text(|o| write_i64(o, i64::MIN)), "-9223372036854775808");
        assert_eq!(text(|o| write_u64(o, u64::MAX)), "18446744073709551615");
    }

    #[test]
    #[allow(clippy::excessive_precision, reason = "ties have one digit more than the shortest text")]
    fn f64_edges() {
        let table: &[(f64, &str)] = &[
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (6.0, "6.0"),
            (-2.5, "-2.5"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (100.0, "100.0"),
            (123456.789, "123456.789"),
            (1e-4, "0.0001"),
            (0.00012345, "0.00012345"),
            (9.999e-5, "9.999e-5"),
            (1.5e-7, "1.5e-7"),
            (1e15, "1000000000000000.0"),
            (1234567890123456.7, "1234567890123456.8"),
            (9007199254740993.0, "9007199254740992.0"),
            (9999999999999998.0, "9999999999999998.0"),
            (2084211249456623.25, "2084211249456623.2"),
            (2084211249456623.75, "2084211249456623.8"),
            (1e16, "1e16"),
            (1.2345e16, "1.2345e16"),
            (1e300, "1e300"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "nan"),
        ];
        for &(v, expected) in table {
            assert_eq!(text(|o| write_f64(o, v)), expected);
        }
    }

    #[test]
    fn f32_by_its_own_precision() {
        let table: &[(f32, &str)] = &[
            (0.1, "0.1"),
            (1.0 / 3.0, "0.33333334"),
            (16777216.0, "16777216.0"),
            (3.4028235e38, "3.4028235e38"),
            (1e16, "1e16"),
            (1e-45, "1e-45"),
            (-0.0, "-0.0"),
            (f32::NAN, "nan"),
        ];
        for &(v, expected) in table {
            assert_eq!(text(|o| write_f32(o, v)), expected);
        }
    }

    #[test]
    fn f16_edges() {
        let table: &[(u16, &str)] = &[
            (0x0000, "0.0"),
            (0x8000, "-0.0"),
            (0x3c00, "1.0"),
            (0xc000, "-2.0"),
            (0x2e66, "0.1"),
            (0x3555, "0.3333"),
            (0x7bff, "65500.0"),
            (0x0001, "6e-8"),
            (0x0400, "6.104e-5"),
            (0x03ff, "6.1e-5"),
            (0x7c00, "inf"),
            (0xfc00, "-inf"),
            (0x7e01, "nan"),
        ];
        for &(bits, expected) in table {
            assert_eq!(text(|o| write_f16(o, bits)), expected, "{bits:#x}");
        }
    }

    /// Every f16 reads back, and no text with fewer digits (searched among all of them) does.
    #[test]
    fn f16_exhaustive() {
        for bits in 1..0x7c00u16 {
            assert_eq!(f64_to_f16(f16_to_f64(bits)), bits);
            let shown = text(|o| write_f16(o, bits));
            assert_eq!(f64_to_f16(shown.parse().unwrap()), bits, "{shown}");
            let digits = shortest_f16(bits);
            let e = digits.as_str().find('e').unwrap();
            let n = digits.as_str()[..e].bytes().filter(u8::is_ascii_digit).count() as u32;
            if n == 1 {
                continue;
            }
            // All shorter decimals near the value: around its n-1 leading digits.
            let exponent = small_int(&digits.as_bytes()[e + 1..]);
            let lead: i64 = digits.as_str()[..e].replace('.', "").parse::<i64>().unwrap() / 10;
            for shorter in lead - 1..=lead + 2 {
                let v: f64 = format!("{shorter}e{}", exponent - (n as i32 - 2)).parse().unwrap();
                assert_ne!(f64_to_f16(v), bits, "{shown} is longer than {v:e}");
            }
        }
    }

    #[test]
    fn f16_rounding() {
        assert_eq!(f64_to_f16(65519.99), 0x7bff);
        assert_eq!(f64_to_f16(65520.0), 0x7c00);
        assert_eq!(f64_to_f16(-1e300), 0xfc00);
        assert_eq!(f64_to_f16(TWO_TO_MINUS_24 / 2.0), 0);
        assert_eq!(f64_to_f16(TWO_TO_MINUS_24 * 1.5), 2);
        assert_eq!(f64_to_f16(2049.0), 0x6800);
        assert_eq!(f64_to_f16(2051.0), 0x6802);
        assert_eq!(f64_to_f16(f64::INFINITY), 0x7c00);
    }
}
