//! From text to tokens.
//!
//! The lexer never fails: what is no token becomes [`TokenKind::Unknown`] with a diagnostic. It looks only for the ends of
//! literals; their values are read by the parser (`parse/literal.rs`). An f-string becomes a sequence of tokens, so that the
//! expressions in it are parsed like all others: a stack remembers which f-strings are open and how many brackets are open
//! in each one's expression.

use crate::diagnostic::{Diagnostic, Help};
use crate::source::{FileId, Span};
use crate::token::{Comment, DocLine, Token, TokenKind};

/// The tokens of a file, the last of which is `Eof`, its comments, and those of them that document something.
#[derive(Debug, Default)]
pub struct Lexed {
    pub tokens: Vec<Token>,
    pub comments: Vec<Comment>,
    pub docs: Vec<DocLine>,
}

/// Splits the text of a file. Errors go to `diagnostics`.
pub fn lex(file: FileId, text: &str, diagnostics: &mut Vec<Diagnostic>) -> Lexed {
    lex_from(file, text, 0, diagnostics)
}

/// As [`lex`], from this offset on.
pub fn lex_from(file: FileId, text: &str, start: usize, diagnostics: &mut Vec<Diagnostic>) -> Lexed {
    let mut lexer = Lexer {
        file,
        text,
        bytes: text.as_bytes(),
        at: start,
        after_newline: true,
        fstrings: Vec::new(),
        out: Lexed { tokens: Vec::with_capacity((text.len() - start) / 4 + 16), ..Lexed::default() },
        diagnostics,
    };
    lexer.run();
    lexer.out
}

struct Lexer<'a> {
    file: FileId,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    after_newline: bool,
    /// For every f-string that is open around this place: where it starts, and how many brackets are open in the
    /// expression that is being read.
    fstrings: Vec<(usize, u32)>,
    out: Lexed,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// Bytes that go on in an ASCII name or number.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Lexer<'_> {
    fn run(&mut self) {
        if self.at == 0 {
            if self.text.starts_with('\u{feff}') {
                self.at = 3;
            }
            if self.text[self.at..].starts_with("#!") {
                self.skip_line();
            }
        }
        while self.at < self.bytes.len() {
            self.token();
        }
        while !self.fstrings.is_empty() {
            self.abandon_fstrings("the end of the file");
        }
        self.push(TokenKind::Eof, self.at);
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start as u32, end as u32)
    }

    fn error(&mut self, code: &'static str, start: usize, end: usize, message: impl Into<String>) -> &mut Diagnostic {
        let diagnostic = Diagnostic::error(code, self.span(start, end), message);
        if self.diagnostics.len() == crate::parse::MAX_ERRORS {
            self.diagnostics.pop();
        }
        self.diagnostics.push(diagnostic);
        self.diagnostics.last_mut().expect("just pushed")
    }

    /// Adds the token from `start` to here.
    fn push(&mut self, kind: TokenKind, start: usize) {
        let len = (self.at - start) as u32;
        self.out.tokens.push(Token { kind, after_newline: self.after_newline, start: start as u32, len });
        self.after_newline = false;
    }

    /// Adds a token of a fixed length.
    fn fixed(&mut self, kind: TokenKind, len: usize) {
        let start = self.at;
        self.at += len;
        self.push(kind, start);
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && self.bytes[self.at] != b'\n' {
            self.at += 1;
        }
    }

    /// Reads one token, comment or piece of white space.
    fn token(&mut self) {
        use TokenKind::*;
        let byte = self.bytes[self.at];
        match byte {
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\n' => {
                if !self.fstrings.is_empty() {
                    self.abandon_fstrings("the line");
                }
                self.after_newline = true;
                self.at += 1;
            }
            b'/' => match self.peek(1) {
                b'/' => self.line_comment(),
                b'*' => self.block_comment(),
                b'=' => self.fixed(SlashEq, 2),
                _ => self.fixed(Slash, 1),
            },
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' => self.string(Str, self.at),
            b'\'' => self.char_literal(),
            b'(' => self.open(LParen),
            b'[' => self.open(LBracket),
            b'{' => self.open(LBrace),
            b')' => self.close(RParen),
            b']' => self.close(RBracket),
            b'}' => match self.fstrings.last() {
                Some((_, 0)) => {
                    self.fixed(FStrClose, 1);
                    self.fstring_text();
                }
                _ => self.close(RBrace),
            },
            b',' => self.fixed(Comma, 1),
            b';' => self.fixed(Semi, 1),
            b':' => {
                if let Some((_, 0)) = self.fstrings.last() {
                    self.fstring_spec();
                } else {
                    self.fixed(Colon, 1);
                }
            }
            b'.' => match (self.peek(1), self.peek(2)) {
                (b'.', b'=') => self.fixed(DotDotEq, 3),
                (b'.', b'.') => self.fixed(Ellipsis, 3),
                (b'.', _) => self.fixed(DotDot, 2),
                (b'*', _) => self.fixed(DotStar, 2),
                _ => self.fixed(Dot, 1),
            },
            b'-' => match self.peek(1) {
                b'>' => self.fixed(Arrow, 2),
                b'=' => self.fixed(MinusEq, 2),
                _ => self.fixed(Minus, 1),
            },
            b'=' => match self.peek(1) {
                b'=' => self.fixed(EqEq, 2),
                b'>' => self.fixed(FatArrow, 2),
                _ => self.fixed(Eq, 1),
            },
            b'!' => self.one_or_eq(Bang, Ne),
            b'+' => self.one_or_eq(Plus, PlusEq),
            b'*' => self.one_or_eq(Star, StarEq),
            b'^' => self.one_or_eq(Caret, CaretEq),
            b'%' => match self.peek(1) {
                b'%' => self.fixed(PercentPercent, 2),
                b'=' => self.fixed(PercentEq, 2),
                _ => self.fixed(Percent, 1),
            },
            b'<' => match (self.peek(1), self.peek(2)) {
                (b'<', b'=') => self.fixed(ShlEq, 3),
                (b'<', _) => self.fixed(Shl, 2),
                (b'=', _) => self.fixed(Le, 2),
                _ => self.fixed(Lt, 1),
            },
            b'>' => match (self.peek(1), self.peek(2)) {
                (b'>', b'=') => self.fixed(ShrEq, 3),
                (b'>', _) => self.fixed(Shr, 2),
                (b'=', _) => self.fixed(Ge, 2),
                _ => self.fixed(Gt, 1),
            },
            b'&' => match self.peek(1) {
                b'&' => self.fixed(AndAnd, 2),
                b'=' => self.fixed(AndEq, 2),
                _ => self.fixed(And, 1),
            },
            b'|' => match self.peek(1) {
                b'|' => self.fixed(OrOr, 2),
                b'>' => self.fixed(PipeGt, 2),
                b'=' => self.fixed(OrEq, 2),
                _ => self.fixed(Or, 1),
            },
            b'?' => match self.peek(1) {
                b'?' => self.fixed(QuestionQuestion, 2),
                _ => self.fixed(Question, 1),
            },
            b'~' => self.fixed(Tilde, 1),
            b'@' => self.fixed(At, 1),
            b'#' => self.fixed(Hash, 1),
            128.. => {
                let first = self.current_char();
                if unicode_ident::is_xid_start(first) {
                    self.word();
                } else {
                    self.unknown();
                }
            }
            _ => self.unknown(),
        }
    }

    fn current_char(&self) -> char {
        self.text[self.at..].chars().next().unwrap_or('\0')
    }

    fn one_or_eq(&mut self, one: TokenKind, with_eq: TokenKind) {
        if self.peek(1) == b'=' { self.fixed(with_eq, 2) } else { self.fixed(one, 1) }
    }

    fn open(&mut self, kind: TokenKind) {
        if let Some((_, depth)) = self.fstrings.last_mut() {
            *depth += 1;
        }
        self.fixed(kind, 1);
    }

    fn close(&mut self, kind: TokenKind) {
        if let Some((_, depth)) = self.fstrings.last_mut() {
            *depth = depth.saturating_sub(1);
        }
        self.fixed(kind, 1);
    }

    fn line_comment(&mut self) {
        let start = self.at;
        self.skip_line();
        let comment = &self.bytes[start..self.at];
        let end = if comment.ends_with(b"\r") { self.at - 1 } else { self.at };
        let before = self.out.tokens.len() as u32;
        self.out.comments.push(Comment { before, start: start as u32, end: end as u32 });
        if comment.starts_with(b"///") && !comment.starts_with(b"////") {
            self.out.docs.push(DocLine { before, start: start as u32 + 3, end: end as u32 });
        }
    }

    fn block_comment(&mut self) {
        let start = self.at;
        self.skip_block_comment();
        let before = self.out.tokens.len() as u32;
        self.out.comments.push(Comment { before, start: start as u32, end: self.at as u32 });
    }

    fn skip_block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0u32;
        while self.at < self.bytes.len() {
            match (self.bytes[self.at], self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                (b'\n', _) => {
                    self.after_newline = true;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        self.error("E0003", start, start + 2, "this comment is never closed").primary.text = if depth > 1 {
            "block comments nest: one of those inside is open".into()
        } else {
            "`*/` is missing".into()
        };
    }

    /// A name, a keyword, or a literal with a prefix.
    fn word(&mut self) {
        let start = self.at;
        self.skip_word();
        if self.at - start == 1 {
            match (self.bytes[start], self.peek(0)) {
                (b'f', b'"') => return self.fstring(start),
                (b'r', b'"' | b'#') if self.raw_string(start) => return,
                (b'b', b'"') => return self.string(TokenKind::ByteStr, start),
                _ => {}
            }
        }
        let kind = TokenKind::keyword(&self.bytes[start..self.at]).unwrap_or(TokenKind::Ident);
        self.push(kind, start);
    }

    /// Past all characters that go on in a name.
    fn skip_word(&mut self) {
        loop {
            while self.at < self.bytes.len() && is_word(self.bytes[self.at]) {
                self.at += 1;
            }
            if self.peek(0) < 128 || !unicode_ident::is_xid_continue(self.current_char()) {
                return;
            }
            self.at += self.current_char().len_utf8();
        }
    }

    /// Digits with whatever is glued to them; a point only before a digit, and not in `t.1.0`.
    fn number(&mut self) {
        let start = self.at;
        let after_dot = self.out.tokens.last().is_some_and(|t| t.kind == TokenKind::Dot && t.end() as usize == start);
        if after_dot {
            while self.peek(0).is_ascii_digit() {
                self.at += 1;
            }
            return self.push(TokenKind::Int, start);
        }
        let based = self.bytes[start] == b'0' && matches!(self.peek(1), b'x' | b'X' | b'b' | b'B' | b'o' | b'O');
        let mut float = self.digits(based);
        if !based && !float && self.peek(0) == b'.' && self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.digits(false);
            float = true;
        }
        self.push(if float { TokenKind::Float } else { TokenKind::Int }, start);
    }

    /// Digits, an exponent with its sign, a suffix. Says whether there was an exponent.
    fn digits(&mut self, based: bool) -> bool {
        if !based {
            while self.peek(0).is_ascii_digit() || self.peek(0) == b'_' {
                self.at += 1;
            }
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if matches!(self.peek(0), b'e' | b'E') && self.peek(1 + sign).is_ascii_digit() {
                self.at += 1 + sign;
                self.skip_word();
                return true;
            }
        }
        self.skip_word();
        false
    }

    /// A string without expressions; `self.at` is at the opening quote, `start` at the prefix.
    fn string(&mut self, kind: TokenKind, start: usize) {
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') if !matches!(self.peek(1), b'\n' | 0) => {
                    self.at += 1;
                    self.at += self.current_char().len_utf8();
                }
                None | Some(b'\n') => {
                    let end = self.at;
                    let in_fstring = !self.fstrings.is_empty();
                    let error = self.error("E0004", start, end, "this string is never closed");
                    error.primary.text = "`\"` is missing at the end of the line".into();
                    if in_fstring {
                        error.notes.push("it stands in an expression of an f-string: is a `}` missing?".into());
                    } else if kind == TokenKind::Str {
                        error.helps.push(Help {
                            message: "write `\\n` for a line break, or a raw string `r\"...\"`, which may hold some"
                                .into(),
                            replacement: None,
                        });
                    }
                    break;
                }
                Some(_) => self.at += 1,
            }
        }
        self.push(kind, start);
    }

    /// `r"text"` or `r#"text"#`; `self.at` is behind the `r`. Gives `false` if it is no string at all.
    fn raw_string(&mut self, start: usize) -> bool {
        let hashes = self.bytes[self.at..].iter().take_while(|&&b| b == b'#').count();
        if self.peek(hashes) != b'"' {
            return false;
        }
        let opening = self.at + hashes + 1;
        self.at = opening;
        loop {
            match self.bytes.get(self.at) {
                None => {
                    let message = "this raw string is never closed";
                    let text = format!("`\"{}` is missing", "#".repeat(hashes.min(32)));
                    self.error("E0004", start, opening, message).primary.text = text;
                    break;
                }
                Some(b'"')
                    if self.bytes[self.at + 1..].iter().take(hashes).filter(|&&b| b == b'#').count() == hashes =>
                {
                    self.at += 1 + hashes;
                    break;
                }
                Some(b'\n') => {
                    if !self.fstrings.is_empty() {
                        self.error("E0004", start, opening, "no line break may stand in an f-string");
                        break;
                    }
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
        self.push(TokenKind::RawStr, start);
        true
    }

    fn char_literal(&mut self) {
        let start = self.at;
        self.at += 1;
        let first = self.current_char();
        if first == '\\' {
            // Up to the closing quote; the parser judges the escape.
            self.at += 1;
            if !matches!(self.peek(0), b'\n' | 0) {
                self.at += self.current_char().len_utf8();
            }
            while !matches!(self.peek(0), b'\'' | b'\n' | 0 | b' ' | b';' | b',' | b')') {
                self.at += 1;
            }
            self.align();
        } else if first != '\'' && first != '\n' && self.at < self.bytes.len() {
            self.at += first.len_utf8();
            if self.peek(0) != b'\'' {
                self.skip_word();
            }
        }
        if self.peek(0) == b'\'' && self.at < self.bytes.len() {
            self.at += 1;
            return self.push(TokenKind::Char, start);
        }
        // `'abc def'` is a string in some languages, `'outer` a label in others.
        let line_end = self.bytes[self.at..].iter().position(|&b| b == b'\n').map_or(self.bytes.len(), |n| self.at + n);
        let closing = self.bytes[self.at..line_end].iter().position(|&b| b == b'\'').map(|n| self.at + n);
        let is_label = unicode_ident::is_xid_start(first) && matches!(self.peek(0), b':' | b';');
        match closing {
            Some(quote) if !is_label => {
                self.at = quote + 1;
                self.push(TokenKind::Char, start);
            }
            _ => {
                let (end, name) = (self.at, self.text[start + 1..self.at].to_owned());
                let span = self.span(start, end);
                let error = self.error("E0005", start, end, "this character literal is never closed");
                error.primary.text = "`'` is missing".into();
                if is_label || (!name.is_empty() && name.chars().all(unicode_ident::is_xid_continue)) {
                    error.helps.push(Help {
                        message: "labels are written without a quote".into(),
                        replacement: Some((span, name)),
                    });
                }
                self.push(TokenKind::Unknown, start);
            }
        }
    }

    /// Forward to the start of a character.
    fn align(&mut self) {
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    /// `f"`: `self.at` is at the quote.
    fn fstring(&mut self, start: usize) {
        self.at += 1;
        self.push(TokenKind::FStrStart, start);
        self.fstrings.push((start, 0));
        self.fstring_text();
    }

    /// Text of an f-string up to the next expression or its end.
    fn fstring_text(&mut self) {
        let start = self.at;
        loop {
            match (self.bytes.get(self.at), self.peek(1)) {
                (None | Some(b'\n'), _) => {
                    if self.at > start {
                        self.push(TokenKind::FStrText, start);
                    }
                    let what = if self.at < self.bytes.len() { "the line" } else { "the file" };
                    return self.abandon_fstrings(what);
                }
                (Some(b'"'), _) => {
                    if self.at > start {
                        self.push(TokenKind::FStrText, start);
                    }
                    self.fstrings.pop();
                    return self.fixed(TokenKind::FStrEnd, 1);
                }
                (Some(b'{'), b'{') | (Some(b'}'), b'}') => self.at += 2,
                (Some(b'{'), _) => {
                    if self.at > start {
                        self.push(TokenKind::FStrText, start);
                    }
                    return self.fixed(TokenKind::FStrOpen, 1);
                }
                (Some(b'}'), _) => {
                    let at = self.at;
                    let span = self.span(at, at + 1);
                    self.error("E0006", at, at + 1, "a `}` without a `{` in an f-string").helps.push(Help {
                        message: "`}}` is a brace itself".into(),
                        replacement: Some((span, "}}".into())),
                    });
                    self.at += 1;
                }
                (Some(b'\\'), next) if next != b'\n' && self.at + 1 < self.bytes.len() => {
                    // `\u{41}` has braces of its own.
                    self.at += 1;
                    self.at += self.current_char().len_utf8();
                    if next == b'u' && self.peek(0) == b'{' {
                        while !matches!(self.peek(0), b'}' | b'"' | b'\n' | 0) {
                            self.at += 1;
                        }
                        self.align();
                        if self.peek(0) == b'}' {
                            self.at += 1;
                        }
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// `:format` of an expression in an f-string, up to its brace.
    fn fstring_spec(&mut self) {
        let start = self.at;
        self.at += 1;
        // The first character may be a fill, also a quote.
        while !matches!(self.peek(0), b'}' | b'"' | b'\n') && self.at < self.bytes.len() {
            self.at += 1;
        }
        self.push(TokenKind::FStrSpec, start);
        if self.peek(0) == b'"' {
            // The brace is missing, the parser says so; the quote ends the string.
            self.fstrings.pop();
            self.fixed(TokenKind::FStrEnd, 1);
        }
    }

    /// An f-string that ends with its line: closes all that are open, so that the parser finds their ends.
    fn abandon_fstrings(&mut self, what: &str) {
        // A string that is open in one of its expressions has been reported already.
        let reported = |d: &Diagnostic, start: usize| d.code == "E0004" && d.primary.span.start as usize > start;
        if let Some(&(start, _)) = self.fstrings.first()
            && !self.diagnostics.last().is_some_and(|last| reported(last, start))
        {
            let text = format!("`\"` is missing before the end of {what}");
            self.error("E0004", start, start + 2, "this f-string is never closed").primary.text = text;
        }
        while self.fstrings.pop().is_some() {
            self.push(TokenKind::FStrEnd, self.at);
        }
    }

    /// A run of characters that start no token.
    fn unknown(&mut self) {
        let start = self.at;
        let first = self.current_char();
        let known = lookalike(first);
        while self.at < self.bytes.len() {
            let c = self.current_char();
            let odd = if c.is_ascii() {
                c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t') || matches!(c, '$' | '`' | '\\')
            } else {
                !unicode_ident::is_xid_start(c)
            };
            if !odd || (self.at > start && known.is_some()) {
                break;
            }
            self.at += c.len_utf8();
        }
        if self.at == start {
            self.at += first.len_utf8();
        }
        // Replacements for invalid UTF-8 have been reported by the parser's entry, before all else.
        let replaced = first == '\u{fffd}' && self.diagnostics.iter().take(2).any(|d| d.code == "E0001");
        if !replaced {
            let end = start + first.len_utf8();
            let shown = if first.is_control() || first.is_whitespace() { String::new() } else { format!(" `{first}`") };
            let message = format!("unknown character{shown} (U+{:04X})", first as u32);
            let span = self.span(start, end);
            let error = self.error("E0002", start, end, message);
            if let Some(ascii) = known {
                error.helps.push(Help { message: format!("write `{ascii}`"), replacement: Some((span, ascii.into())) });
            } else if first.is_whitespace() || matches!(first, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}') {
                error.notes.push("it cannot be seen, and often comes from copied text".into());
            }
        }
        if first.is_whitespace() || matches!(first, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}') {
            return;
        }
        self.push(TokenKind::Unknown, start);
    }
}

/// What was probably meant by a character that word processors and other languages use.
fn lookalike(c: char) -> Option<&'static str> {
    Some(match c {
        '“' | '”' | '„' | '«' | '»' => "\"",
        '‘' | '’' | '‚' => "'",
        '–' | '—' | '−' => "-",
        '×' | '·' | '∙' => "*",
        '÷' => "/",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '→' => "->",
        '⇒' => "=>",
        '…' => "...",
        ';' | '；' => ";",
        '，' => ",",
        '（' => "(",
        '）' => ")",
        '¬' => "!",
        '∧' => "&&",
        '∨' => "||",
        _ => return None,
    })
}
