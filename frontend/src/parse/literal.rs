//! The values of literals: numbers, characters, strings, and the formats in f-strings.

use super::recover::Elements;
use super::*;

impl Parser<'_> {
    /// Is this a literal that a pattern may be, with its minus?
    pub(super) fn at_literal(&self) -> bool {
        match self.kind() {
            T::Minus => matches!(self.ahead_kind(1), T::Int | T::Float),
            kind => is_literal(kind),
        }
    }

    /// A literal other than an f-string; the current token begins one.
    pub(super) fn literal(&mut self) -> ExprId {
        let start = self.start();
        let negative = self.eat(T::Minus);
        let token = self.bump();
        let span = self.span_of(token);
        let text = self.text_of(token);
        let body = token.start;
        let kind = match token.kind {
            T::Int => self.int(text, body, negative),
            T::Float => self.float(text, body, negative),
            T::Char => ExprKind::Char(self.char_value(text, span)),
            T::Str => ExprKind::Str(self.escaped(strip_quotes(text, 1), body + 1, false)),
            T::ByteStr => ExprKind::ByteStr(self.escaped(strip_quotes(text, 2), body + 2, false)),
            T::RawStr => {
                let hashes = text[1..].bytes().take_while(|&b| b == b'#').count();
                let inner = &text[2 + hashes..];
                let inner = inner.strip_suffix(&text[1..1 + hashes]).unwrap_or(inner);
                ExprKind::Str(self.file.list(inner.strip_suffix('"').unwrap_or(inner).as_bytes()))
            }
            T::True => ExprKind::Bool(true),
            T::False => ExprKind::Bool(false),
            T::Nil => ExprKind::Nil,
            _ => ExprKind::Error,
        };
        self.file.add_expr(kind, self.span_from(start))
    }

    /// The text of a path, library or test name; reports anything but a plain string.
    pub(super) fn plain_string(&mut self, what: &str) -> (List<u8>, Span) {
        let span = self.span();
        if self.at_any(&[T::Str, T::RawStr]) {
            let literal = self.literal();
            if let ExprKind::Str(bytes) = self.file[literal].kind {
                return (bytes, span);
            }
        }
        self.error_expected(what);
        (List::EMPTY, span.at_start())
    }

    fn number_error(&mut self, from: u32, to: u32, message: impl Into<String>) -> &mut Diagnostic {
        let span = Span::new(self.file.id, from, to);
        self.mild_error("E0008", span, message)
    }

    /// `1.` or `.5`
    pub(super) fn half_number(&mut self, span: Span, whole: String) -> ExprKind {
        self.mild_error("E0008", span, "a number has digits on both sides of its point").helps.push(edit(
            format!("write `{whole}`"),
            span,
            whole,
        ));
        ExprKind::Error
    }

    fn int(&mut self, text: &str, at: u32, negative: bool) -> ExprKind {
        let end = at + text.len() as u32;
        let (radix, digits_at) = match text.as_bytes() {
            [b'0', b'x' | b'X', ..] => (16, 2),
            [b'0', b'b' | b'B', ..] => (2, 2),
            [b'0', b'o' | b'O', ..] => (8, 2),
            _ => (10, 0),
        };
        if digits_at == 2 && text.as_bytes()[1].is_ascii_uppercase() {
            let lower = text[..2].to_ascii_lowercase();
            let span = Span::new(self.file.id, at, at + 2);
            self.number_error(at, at + 2, "the base is a small letter").helps.push(edit(
                format!("write `{lower}`"),
                span,
                lower.clone(),
            ));
        }
        let body = &text[digits_at..];
        // Digits of the base go first; what follows them is a suffix.
        let is_digit = |b: u8| b == b'_' || if radix == 16 { b.is_ascii_hexdigit() } else { b.is_ascii_digit() };
        let digits_len = body.bytes().take_while(|&b| is_digit(b)).count();
        let (digits, suffix) = body.split_at(digits_len);
        let mut value = 0u128;
        let mut overflow = false;
        if digits.bytes().all(|b| b == b'_') {
            self.number_error(at, end, "a number without digits");
        } else {
            self.underscores(digits, at + digits_at as u32);
            for (i, byte) in digits.bytes().enumerate().filter(|&(_, b)| b != b'_') {
                let digit = (byte as char).to_digit(16).unwrap_or(0);
                if digit >= radix {
                    let place = at + (digits_at + i) as u32;
                    self.number_error(place, place + 1, format!("`{}` is no digit of base {radix}", byte as char));
                    break;
                }
                match value.checked_mul(radix as u128).and_then(|v| v.checked_add(digit as u128)) {
                    Some(next) => value = next,
                    None => overflow = true,
                }
            }
        }
        if overflow {
            self.number_error(at, end, "this number is too large for any type")
                .notes
                .push("the largest integer is 2^128 - 1".to_owned());
        }
        let suffix = self.suffix(suffix, end);
        if let Some(ty) = suffix
            && ty.is_float()
        {
            if radix != 10 {
                self.number_error(at, end, "a float is written in base ten");
            }
            let text: String = digits.chars().filter(|&c| c != '_').collect();
            return ExprKind::Float { text: self.interner.intern(&text), negative, suffix: Some(ty) };
        }
        ExprKind::Int { value: self.file.add_int(value), negative, suffix }
    }

    fn float(&mut self, text: &str, at: u32, negative: bool) -> ExprKind {
        let end = at + text.len() as u32;
        // The suffix begins with the first letter that is no exponent.
        let mut in_exponent = false;
        let split = text
            .char_indices()
            .find(|&(_, c)| {
                let exponent = matches!(c, 'e' | 'E') && !in_exponent;
                in_exponent |= exponent;
                !(c.is_ascii_digit() || matches!(c, '_' | '.' | '+' | '-') || exponent)
            })
            .map_or(text.len(), |(i, _)| i);
        let (digits, suffix) = text.split_at(split);
        self.underscores(digits, at);
        let suffix = self.suffix(suffix, end);
        if let Some(ty) = suffix
            && !ty.is_float()
        {
            let message = format!("a number with a point or an exponent cannot be of type `{}`", ty.name());
            self.number_error(at, end, message);
        }
        let mut clean = String::with_capacity(digits.len());
        clean.extend(digits.chars().filter(|&c| c != '_'));
        let suffix = suffix.filter(|ty| ty.is_float());
        ExprKind::Float { text: self.interner.intern(&clean), negative, suffix }
    }

    /// `_` only between digits.
    fn underscores(&mut self, digits: &str, at: u32) {
        let bytes = digits.as_bytes();
        let is_digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_hexdigit);
        let misplaced = (0..bytes.len()).find(|&i| bytes[i] == b'_' && !(i > 0 && is_digit(i - 1) && is_digit(i + 1)));
        if let Some(i) = misplaced {
            let place = at + i as u32;
            self.number_error(place, place + 1, "`_` stands only between two digits");
        }
    }

    /// The type behind a number that ends at `end`.
    fn suffix(&mut self, suffix: &str, end: u32) -> Option<NumType> {
        if suffix.is_empty() {
            return None;
        }
        let ty = NumType::from_name(suffix);
        if ty.is_none() {
            if matches!(suffix, "e" | "E") {
                self.number_error(end - 1, end, "the digits of this exponent are missing");
                return None;
            }
            let shown: String = suffix.chars().take(32).collect();
            self.number_error(end - suffix.len() as u32, end, format!("`{shown}` is no type of numbers"))
                .helps
                .push(help("the suffixes are i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 usize isize f16 f32 f64"));
        }
        ty
    }

    fn char_value(&mut self, text: &str, span: Span) -> char {
        let inner = strip_quotes(text, 1);
        let at = span.start + 1;
        let mut chars = inner.chars();
        let value = match chars.next() {
            None => {
                self.mild_error("E0005", span, "an empty character literal");
                return '\0';
            }
            Some('\\') => {
                let (value, len) = self.escape(inner, at);
                chars = inner[len..].chars();
                match value {
                    Escape::Byte(byte) => byte as char,
                    Escape::Char(c) => c,
                    Escape::Invalid => return '\0',
                }
            }
            Some(c) => c,
        };
        if chars.next().is_some() {
            let diagnostic = self.mild_error("E0005", span, "a character literal holds one character");
            diagnostic.helps.push(edit("a string stands in double quotes", span, format!("\"{inner}\"")));
        }
        value
    }

    /// The bytes of a string's text, which starts at `at`; in an f-string doubled braces are one.
    fn escaped(&mut self, text: &str, at: u32, braces: bool) -> List<u8> {
        let special = |b: u8| b == b'\\' || (braces && matches!(b, b'{' | b'}'));
        if !text.bytes().any(special) {
            return self.file.list(text.as_bytes());
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(n) = rest.bytes().position(special) {
            bytes.extend_from_slice(&rest.as_bytes()[..n]);
            rest = &rest[n..];
            if rest.as_bytes()[0] != b'\\' {
                bytes.push(rest.as_bytes()[0]);
                // The lexer lets single ones pass only with an error.
                let doubled = rest.len() > 1 && rest.as_bytes()[1] == rest.as_bytes()[0];
                rest = &rest[1 + usize::from(doubled)..];
                continue;
            }
            let offset = (text.len() - rest.len()) as u32;
            let (value, len) = self.escape(rest, at + offset);
            match value {
                Escape::Byte(byte) => bytes.push(byte),
                Escape::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Escape::Invalid => {}
            }
            rest = &rest[len..];
        }
        bytes.extend_from_slice(rest.as_bytes());
        self.file.list(&bytes)
    }

    /// The escape that `text` begins with, and its length.
    fn escape(&mut self, text: &str, at: u32) -> (Escape, usize) {
        let mut chars = text[1..].chars();
        let letter = chars.next();
        let simple = match letter {
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('r') => b'\r',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('"') => b'"',
            Some('\'') => b'\'',
            Some('x') => {
                let digits = text[2..].bytes().take(2).take_while(u8::is_ascii_hexdigit).count();
                if digits < 2 {
                    self.escape_error(at, 2 + digits, "`\\x` needs two hexadecimal digits");
                    return (Escape::Invalid, 2 + digits);
                }
                return (Escape::Byte(u8::from_str_radix(&text[2..4], 16).unwrap_or(0)), 4);
            }
            Some('u') => return self.unicode_escape(text, at),
            // The end of a string that is never closed.
            None => return (Escape::Invalid, 1),
            Some(letter) => {
                let len = 1 + letter.len_utf8();
                let shown = letter;
                self.escape_error(at, len, &format!("unknown escape `\\{shown}`")).helps.push(help(
                    "the escapes are \\n \\t \\r \\0 \\\\ \\\" \\' \\xNN \\u{NNNN}; a backslash itself is `\\\\`",
                ));
                return (Escape::Invalid, len);
            }
        };
        (Escape::Byte(simple), 2)
    }

    fn unicode_escape(&mut self, text: &str, at: u32) -> (Escape, usize) {
        let digits = text.get(3..).map_or(0, |t| t.bytes().take_while(u8::is_ascii_hexdigit).count());
        let closed = text.as_bytes().get(2) == Some(&b'{') && text.as_bytes().get(3 + digits) == Some(&b'}');
        if !closed || digits == 0 || digits > 6 {
            let len = if closed { 4 + digits } else { 2 };
            self.escape_error(at, len, "`\\u` needs one to six hexadecimal digits in braces, as in `\\u{20ac}`");
            return (Escape::Invalid, len);
        }
        let value = u32::from_str_radix(&text[3..3 + digits], 16).unwrap_or(u32::MAX);
        match char::from_u32(value) {
            Some(c) => (Escape::Char(c), 4 + digits),
            None => {
                self.escape_error(at, 4 + digits, &format!("U+{value:04X} is no Unicode character"));
                (Escape::Invalid, 4 + digits)
            }
        }
    }

    fn escape_error(&mut self, at: u32, len: usize, message: &str) -> &mut Diagnostic {
        let span = Span::new(self.file.id, at, at + len as u32);
        self.mild_error("E0009", span, message)
    }

    /// An f-string; the current token is its start.
    pub(super) fn fstring(&mut self) -> ExprId {
        let start = self.start();
        self.bump();
        let mut pieces: Elements<Piece> = Elements::new();
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        loop {
            match self.kind() {
                T::FStrText => {
                    let token = self.bump();
                    let text = self.text_of(token);
                    pieces.push(Piece::Text(self.escaped(text, token.start, true)));
                }
                T::FStrOpen => pieces.push(self.fstring_value()),
                T::FStrEnd => {
                    self.bump();
                    break;
                }
                _ => break,
            }
        }
        self.no_struct = no_struct;
        let pieces = self.file.list(&pieces);
        self.file.add_expr(ExprKind::FStr(pieces), self.span_from(start))
    }

    /// `{value:format}`
    fn fstring_value(&mut self) -> Piece {
        let open = self.bump();
        let value = if self.at(T::FStrClose) || self.at(T::FStrSpec) {
            let span = self.span_of(open).to(self.span());
            self.mild_error("E0006", span, "braces without an expression in an f-string")
                .helps
                .push(help("a brace itself is written twice: `{{` and `}}`"));
            self.file.add_expr(ExprKind::Error, span)
        } else {
            self.expr()
        };
        let (mut format, mut format_span) = (FormatSpec::default(), self.span().at_start());
        if !self.panicking && self.at(T::FStrSpec) {
            let token = self.bump();
            format_span = self.span_of(token);
            format = self.format_spec(&self.text[token.start as usize + 1..token.end() as usize], format_span);
        }
        if self.at(T::FStrClose) {
            self.bump();
            return Piece::Value { value, format, format_span };
        }
        if !self.panicking && !self.is_unclosed_string(self.token()) {
            let (span, opening, found) = (self.span(), self.span_of(open), self.found());
            // That the f-string is never closed has been reported by the lexer.
            self.panicking = self.diagnostics.iter().any(|d| {
                let from = d.primary.span.start;
                d.code == "E0004" && from <= open.start && !self.text[from as usize..open.start as usize].contains('\n')
            });
            let diagnostic = self.error("E0107", span, format!("expected `}}` in the f-string, found {found}"));
            diagnostic.secondary.push(Label { span: opening, text: "opened here".into() });
        }
        // Forward to the end of this piece, past f-strings inside.
        let mut inner = 0u32;
        loop {
            match self.kind() {
                T::FStrClose if inner == 0 => {
                    self.bump();
                    self.panicking = false;
                    break;
                }
                T::FStrEnd if inner == 0 => {
                    self.panicking = false;
                    break;
                }
                T::FStrStart => inner += 1,
                T::FStrEnd => inner -= 1,
                T::Eof => break,
                _ => {}
            }
            self.bump();
        }
        Piece::Value { value, format, format_span }
    }

    /// `[[fill]align][+][#][0][width][.precision][type]`
    fn format_spec(&mut self, text: &str, span: Span) -> FormatSpec {
        let mut spec = FormatSpec::default();
        let align = |c: char| match c {
            '<' => Some(Align::Left),
            '>' => Some(Align::Right),
            '^' => Some(Align::Center),
            _ => None,
        };
        let mut rest = text;
        let mut chars = text.chars();
        let (first, second) = (chars.next(), chars.next());
        if let Some(found) = second.and_then(align) {
            spec.fill = first;
            spec.align = Some(found);
            rest = chars.as_str();
        } else if let Some(found) = first.and_then(align) {
            spec.align = Some(found);
            rest = &rest[1..];
        }
        let mut flag = |c: char| match rest.strip_prefix(c) {
            Some(behind) => {
                rest = behind;
                true
            }
            None => false,
        };
        spec.plus = flag('+');
        spec.alternate = flag('#');
        spec.zero = flag('0');
        let mut too_large = false;
        let mut number = |rest: &mut &str| {
            let len = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (digits, behind) = rest.split_at(len);
            *rest = behind;
            if digits.is_empty() {
                return None;
            }
            let value = digits.parse().unwrap_or(u32::MAX);
            too_large |= value > 65_535;
            Some(value.min(65_535))
        };
        spec.width = number(&mut rest);
        let mut wrong = None;
        if let Some(behind) = rest.strip_prefix('.') {
            rest = behind;
            spec.precision = number(&mut rest);
            if spec.precision.is_none() {
                wrong = Some("digits must follow the `.` of a format".to_owned());
            }
        }
        if too_large {
            wrong = Some("a width or precision is at most 65535".to_owned());
        }
        let mut kinds = rest.chars();
        spec.kind = match kinds.next() {
            None => None,
            Some('d') => Some(FormatKind::Decimal),
            Some('x') => Some(FormatKind::LowerHex),
            Some('X') => Some(FormatKind::UpperHex),
            Some('o') => Some(FormatKind::Octal),
            Some('b') => Some(FormatKind::Binary),
            Some('e') => Some(FormatKind::Exponent),
            Some('f') => Some(FormatKind::Fixed),
            Some('s') => Some(FormatKind::Str),
            Some(other) => {
                wrong.get_or_insert_with(|| format!("`{other}` is not expected in a format here"));
                None
            }
        };
        if let Some(extra) = kinds.next() {
            wrong.get_or_insert_with(|| format!("`{extra}` behind the end of the format"));
        }
        if let Some(message) = wrong {
            self.mild_error("E0010", span, message)
                .helps
                .push(help("a format is [[fill]align][+][#][0][width][.precision][type], align one of < > ^, type one of d x X o b e f s"));
        }
        spec
    }
}

enum Escape {
    Byte(u8),
    Char(char),
    Invalid,
}

/// The text between the quotes, also where the closing one is missing; `prefix` bytes stand before the text.
fn strip_quotes(text: &str, prefix: usize) -> &str {
    let quote = if text.ends_with('"') { '"' } else { '\'' };
    let inner = &text[prefix..];
    // A quote at the end that is escaped does not close.
    inner.strip_suffix(quote).unwrap_or(inner)
}

/// A literal of one token, without a minus.
pub(super) fn is_literal(kind: TokenKind) -> bool {
    matches!(kind, T::Int | T::Float | T::Char | T::Str | T::RawStr | T::ByteStr | T::True | T::False | T::Nil)
}
