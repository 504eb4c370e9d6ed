//! A place in the text, and what stands alone in it: numbers, names, quoted texts, types, signatures.

use crate::print::is_plain_name_byte;
use crate::{ByVal, FileId, Param, Signature, SourcePos, Type};

/// An error at a byte of the text.
pub(super) struct Failure {
    pub(super) at: usize,
    pub(super) message: String,
}

pub(super) type Parse<T> = Result<T, Box<Failure>>;

pub(super) fn fail<T>(at: usize, message: impl Into<String>) -> Parse<T> {
    Err(Box::new(Failure { at, message: message.into() }))
}

/// A place in the text. Blanks are spaces, tabs and carriage returns; a comment ends before its line break.
#[derive(Clone, Copy, Default)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl<'a> Cursor<'a> {
    /// The byte at hand, 0 at the end.
    pub(super) fn byte(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn blanks(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\r') {
            self.at += 1;
        }
    }

    /// Skips blanks, comments and line breaks.
    pub(super) fn lines(&mut self) {
        loop {
            self.blanks();
            match self.byte() {
                b'\n' => self.at += 1,
                b';' => self.comment(),
                _ => return,
            }
        }
    }

    pub(super) fn comment(&mut self) {
        while !self.at_end() && self.byte() != b'\n' {
            self.at += 1;
        }
    }

    pub(super) fn end_line(&mut self) -> Parse<()> {
        self.blanks();
        if self.byte() == b';' {
            self.comment();
        }
        if self.at_end() || self.byte() == b'\n' {
            return Ok(());
        }
        fail(self.at, "expected the end of the line")
    }

    /// Skips this byte after blanks, if it is there.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        self.blanks();
        let found = self.byte() == byte && !self.at_end();
        self.at += found as usize;
        found
    }

    pub(super) fn expect(&mut self, byte: u8) -> Parse<()> {
        if self.eat(byte) { Ok(()) } else { fail(self.at, format!("expected `{}`", byte as char)) }
    }

    /// The letters, digits and underscores after blanks; may be none.
    pub(super) fn word(&mut self) -> &'a [u8] {
        self.blanks();
        let start = self.at;
        while is_word(self.byte()) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// Skips this word, if it is there.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let mut ahead = *self;
        let found = ahead.word() == word.as_bytes();
        if found {
            *self = ahead;
        }
        found
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Parse<()> {
        if self.eat_word(word) { Ok(()) } else { fail(self.at, format!("expected `{word}`")) }
    }

    /// Whether a word of this prefix and a number is next.
    pub(super) fn is_entity(&mut self, prefix: &str) -> bool {
        self.blanks();
        let rest = &self.text[self.at.min(self.text.len())..];
        rest.starts_with(prefix.as_bytes()) && rest.get(prefix.len()).is_some_and(u8::is_ascii_digit)
    }

    /// The number behind a prefix, as in `block12`.
    #[inline]
    pub(super) fn entity(&mut self, prefix: &str) -> Parse<u32> {
        if !self.is_entity(prefix) {
            return fail(self.at, format!("expected `{prefix}` and a number"));
        }
        self.at += prefix.len();
        let at = self.at;
        let number: u32 = self.number()?;
        if number == u32::MAX || is_word(self.byte()) {
            return fail(at, "invalid number of an entity");
        }
        Ok(number)
    }

    /// An unsigned decimal number.
    pub(super) fn number<T: TryFrom<u128>>(&mut self) -> Parse<T> {
        self.blanks();
        let start = self.at;
        let mut short = 0u64;
        while self.byte().is_ascii_digit() && self.at - start < 19 {
            short = short * 10 + (self.byte() - b'0') as u64;
            self.at += 1;
        }
        let mut number = short as u128;
        while self.byte().is_ascii_digit() {
            let digit = (self.byte() - b'0') as u128;
            let Some(next) = number.checked_mul(10).and_then(|n| n.checked_add(digit)) else {
                return fail(start, "number too large");
            };
            number = next;
            self.at += 1;
        }
        if start == self.at {
            return fail(start, "expected a number");
        }
        T::try_from(number).or_else(|_| fail(start, "number too large"))
    }

    /// A number with `+` or `-` before it.
    pub(super) fn signed_number<T: TryFrom<i128>>(&mut self) -> Parse<T> {
        let start = self.at;
        let negative = self.byte() == b'-';
        self.at += 1;
        let magnitude: i128 = self.number()?;
        T::try_from(if negative { -magnitude } else { magnitude }).or_else(|_| fail(start, "number too large"))
    }

    /// The bytes of a quoted text, whose escapes are a backslash and two hexadecimal digits.
    pub(super) fn bytes(&mut self) -> Parse<Vec<u8>> {
        self.expect(b'"')?;
        let mut bytes = Vec::new();
        loop {
            if self.at_end() || self.byte() == b'\n' {
                return fail(self.at, "the text has no closing quote");
            }
            let byte = self.byte();
            self.at += 1;
            match byte {
                b'"' => return Ok(bytes),
                b'\\' => {
                    let digit = |at: usize| self.text.get(at).and_then(|&b| (b as char).to_digit(16));
                    let (Some(high), Some(low)) = (digit(self.at), digit(self.at + 1)) else {
                        return fail(self.at - 1, "expected two hexadecimal digits behind the backslash");
                    };
                    bytes.push((high * 16 + low) as u8);
                    self.at += 2;
                }
                _ => bytes.push(byte),
            }
        }
    }

    pub(super) fn string(&mut self) -> Parse<String> {
        self.blanks();
        let start = self.at;
        String::from_utf8(self.bytes()?).or_else(|_| fail(start, "the text is not UTF-8"))
    }

    /// A name with its `@`.
    pub(super) fn name(&mut self) -> Parse<String> {
        self.expect(b'@')?;
        if self.byte() == b'"' {
            return self.string();
        }
        let start = self.at;
        while is_plain_name_byte(self.byte()) {
            self.at += 1;
        }
        if start == self.at {
            return fail(start, "expected a name");
        }
        Ok(String::from_utf8_lossy(&self.text[start..self.at]).into_owned())
    }

    pub(super) fn ty(&mut self) -> Parse<Type> {
        self.blanks();
        let start = self.at;
        let word = self.word();
        let found = std::str::from_utf8(word).ok().and_then(Type::from_name);
        found.map_or_else(|| fail(start, "expected a type"), Ok)
    }

    pub(super) fn pos(&mut self) -> Parse<SourcePos> {
        self.blanks();
        let at = self.at;
        let file: u32 = self.number()?;
        if file == u32::MAX {
            return fail(at, "number too large");
        }
        self.expect(b':')?;
        let line = self.number()?;
        self.expect(b':')?;
        Ok(SourcePos { file: FileId::from_u32(file), line, col: self.number()? })
    }

    pub(super) fn signature(&mut self) -> Parse<Signature> {
        let mut sig = Signature::default();
        self.expect(b'(')?;
        let mut first = true;
        while !self.eat(b')') {
            if !std::mem::take(&mut first) {
                self.expect(b',')?;
            }
            self.blanks();
            if self.text[self.at..].starts_with(b"...") {
                self.at += 3;
                if sig.variadic.replace(sig.params.len() as u32).is_some() {
                    return fail(self.at, "there is a second `...`");
                }
                continue;
            }
            let mut param = Param::from(self.ty()?);
            loop {
                if self.eat_word("noalias") {
                    param.noalias = true;
                } else if self.eat_word("nonnull") {
                    param.nonnull = true;
                } else if self.eat_word("readonly") {
                    param.readonly = true;
                } else if self.eat_word("byval") {
                    let size = self.number()?;
                    let align = if self.eat_word("align") { self.number()? } else { 8 };
                    param.byval = Some(ByVal { size, align });
                } else {
                    break;
                }
            }
            sig.params.push(param);
        }
        self.blanks();
        if self.text[self.at..].starts_with(b"->") {
            self.at += 2;
            sig.results.push(self.ty()?);
            while self.eat(b',') {
                sig.results.push(self.ty()?);
            }
        }
        Ok(sig)
    }
}
