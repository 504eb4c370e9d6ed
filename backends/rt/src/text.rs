//! Characters and strings as text, bare and quoted as in source literals. Strings are bytes: UTF-8 is the rule, not a
//! promise.

use crate::Out;

/// Writes a Unicode scalar value as UTF-8; anything else as U+FFFD.
pub fn write_char(out: &mut dyn Out, c: u32) {
    let c = char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.put(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Writes a string in double quotes with escapes; bytes that are no UTF-8 become `\xNN`.
pub fn write_quoted_str(out: &mut dyn Out, s: &[u8]) {
    out.put(b"\"");
    for chunk in s.utf8_chunks() {
        for c in chunk.valid().chars() {
            write_escaped(out, c, '"');
        }
        for &b in chunk.invalid() {
            write_byte_escape(out, b);
        }
    }
    out.put(b"\"");
}

/// Writes a char in single quotes with escapes.
pub fn write_quoted_char(out: &mut dyn Out, c: u32) {
    out.put(b"'");
    write_escaped(out, char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER), '\'');
    out.put(b"'");
}

/// Writes an address as `0x` and hexadecimal digits.
pub fn write_ptr(out: &mut dyn Out, p: usize) {
    out.put(b"0x");
    write_hex(out, p as u64, 1);
}

/// The number of characters of `s`.
pub fn char_count(s: &[u8]) -> usize {
    s.iter().filter(|&&b| !is_continuation(b)).count()
}

/// The number of bytes that the first `n` characters of `s` take.
pub fn prefix_len(s: &[u8], n: usize) -> usize {
    s.iter().enumerate().filter(|&(_, &b)| !is_continuation(b)).nth(n).map_or(s.len(), |(at, _)| at)
}

fn is_continuation(b: u8) -> bool {
    b & 0xc0 == 0x80
}

fn write_escaped(out: &mut dyn Out, c: char, quote: char) {
    match c {
        '\n' => out.put(b"\\n"),
        '\t' => out.put(b"\\t"),
        '\r' => out.put(b"\\r"),
        '\0' => out.put(b"\\0"),
        '\\' => out.put(b"\\\\"),
        _ if c == quote => {
            out.put(b"\\");
            write_char(out, c as u32);
        }
        '\0'..' ' | '\x7f' => write_byte_escape(out, c as u8),
        '\u{80}'..'\u{a0}' => {
            out.put(b"\\u{");
            write_hex(out, c as u64, 1);
            out.put(b"}");
        }
        _ => write_char(out, c as u32),
    }
}

fn write_byte_escape(out: &mut dyn Out, b: u8) {
    out.put(b"\\x");
    write_hex(out, b as u64, 2);
}

fn write_hex(out: &mut dyn Out, v: u64, min_digits: usize) {
    let mut room = [b'0'; 16];
    let mut at = room.len();
    let mut rest = v;
    while rest != 0 {
        at -= 1;
        room[at] = b"0123456789abcdef"[rest as usize & 15];
        rest >>= 4;
    }
    out.put(&room[at.min(room.len() - min_digits)..]);
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
    fn quoting() {
        assert_eq!(text(|o| write_quoted_str(o, b"a\"b'\\\n\t\r\0\x01\x7f")), r#""a\"b'\\\n\t\r\0\x01\x7f""#);
        assert_eq!(text(|o| write_quoted_str(o, "é日\u{85}".as_bytes())), "\"é日\\u{85}\"");
        assert_eq!(text(|o| write_quoted_str(o, b"a\xffb")), "\"a\\xffb\"");
        assert_eq!(text(|o| write_quoted_char(o, '\'' as u32)), r"'\''");
        assert_eq!(text(|o| write_quoted_char(o, '"' as u32)), "'\"'");
    }

    #[test]
    fn characters() {
        assert_eq!(text(|o| write_char(o, 0xd800)), "\u{fffd}");
        assert_eq!(text(|o| write_ptr(o, 0)), "0x0");
        assert_eq!(text(|o| write_ptr(o, 0xdead_beef)), "0xdeadbeef");
        assert_eq!(char_count("日本".as_bytes()), 2);
        assert_eq!(prefix_len("日本".as_bytes(), 1), 3);
        assert_eq!(prefix_len(b"ab", 7), 2);
    }
}
