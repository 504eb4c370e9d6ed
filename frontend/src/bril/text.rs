//! The text form of Bril.

use super::MAX_ERRORS;
use super::program::{Function, Instr, Literal, Names, Op, Param, Program, SPECULATION, Ty};
use crate::diagnostic::Diagnostic;
use crate::intern::{Interner, Symbol};
use crate::source::{FileId, Span};

pub(super) fn parse(file: FileId, text: &str, interner: &mut Interner, diagnostics: &mut Vec<Diagnostic>) -> Program {
    let mut parser = Parser { file, text, bytes: text.as_bytes(), pos: 0, interner, diagnostics };
    let mut program = Program { functions: Vec::new() };
    loop {
        parser.skip_space();
        if parser.at_end() || parser.diagnostics.len() >= MAX_ERRORS {
            return program;
        }
        match parser.function() {
            Ok(function) => program.functions.push(function),
            Err(Failed) => parser.skip_to(b"@"),
        }
    }
}

/// What was wrong is reported.
struct Failed;

struct Parser<'a> {
    file: FileId,
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    interner: &'a mut Interner,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Parser<'a> {
    fn function(&mut self) -> Result<Function, Failed> {
        if self.peek() != Some(b'@') {
            let found = self.found();
            let mut diagnostic = self.error(format!("expected a function, found {found}"));
            diagnostic = diagnostic.help("a function is written `@name(x: int): int { ... }`");
            return self.fail(diagnostic);
        }
        let start = self.pos;
        let name = self.sigiled("a function's name")?;
        let span = self.span(start, self.pos);
        let mut function =
            Function { name, span, params: Vec::new(), result: None, instrs: Vec::new(), names: Vec::new() };
        self.skip_space();
        if self.eat(b'(') {
            self.params(&mut function)?;
            self.skip_space();
        }
        if self.eat(b':') {
            function.result = Some(self.ty()?);
            self.skip_space();
        }
        self.expect(b'{')?;
        loop {
            self.skip_space();
            if self.eat(b'}') {
                return Ok(function);
            }
            if self.at_end() || self.peek() == Some(b'@') {
                let diagnostic = self.error(format!("expected `}}`, found {}", self.found()));
                return self.fail(diagnostic.secondary(span, "the body of this function is not closed"));
            }
            if self.diagnostics.len() >= MAX_ERRORS {
                return Err(Failed);
            }
            if self.line(&mut function).is_err() {
                self.skip_to(b";}\n");
                self.eat(b';');
            }
        }
    }

    fn params(&mut self, function: &mut Function) -> Result<(), Failed> {
        loop {
            self.skip_space();
            if self.eat(b')') {
                return Ok(());
            }
            let start = self.pos;
            let name = self.identifier("a parameter")?;
            self.skip_space();
            self.expect(b':')?;
            let ty = self.ty()?;
            function.params.push(Param { name, ty, span: self.span(start, self.pos) });
            self.skip_space();
            if !self.eat(b',') && self.peek() != Some(b')') {
                let diagnostic = self.error(format!("expected `,` or `)`, found {}", self.found()));
                return self.fail(diagnostic);
            }
        }
    }

    /// A label or an instruction.
    fn line(&mut self, function: &mut Function) -> Result<(), Failed> {
        let start = self.pos;
        let mut instr = Instr {
            op: Op::Label,
            dest: Symbol::EMPTY,
            ty: None,
            name: Symbol::EMPTY,
            args: Names::default(),
            labels: Names::default(),
            value: Literal::None,
            start: start as u32,
            end: 0,
            pos: None,
        };
        if self.peek() == Some(b'.') {
            instr.name = self.sigiled("a label")?;
            instr.end = self.pos as u32;
            self.skip_space();
            self.expect(b':')?;
            function.instrs.push(instr);
            return Ok(());
        }
        let word_start = self.pos;
        let mut word = self.word("an instruction")?;
        let mut op_start = word_start;
        self.skip_space();
        let typed = self.eat(b':');
        if typed {
            instr.ty = Some(self.ty()?);
            self.skip_space();
        }
        if typed || self.peek() == Some(b'=') {
            self.expect(b'=')?;
            instr.dest = self.interner.intern(word);
            self.skip_space();
            op_start = self.pos;
            word = self.word("an operation")?;
        }
        let Some(op) = Op::named(word) else {
            let span = self.span(op_start, op_start + word.len());
            let diagnostic = unknown_operation(span, word);
            return self.fail(diagnostic);
        };
        instr.op = op;
        if op == Op::Const {
            self.skip_space();
            instr.value = self.literal()?;
        } else {
            self.operands(function, &mut instr)?;
        }
        self.skip_space();
        if !self.eat(b';') {
            let end = self.span(self.pos.saturating_sub(1), self.pos);
            let found = self.found();
            let diagnostic = Diagnostic::error("E1001", self.here(), format!("expected `;`, found {found}"));
            return self.fail(diagnostic.secondary(end.at_end(), "an instruction ends with `;`"));
        }
        instr.end = self.pos as u32;
        function.instrs.push(instr);
        Ok(())
    }

    fn operands(&mut self, function: &mut Function, instr: &mut Instr) -> Result<(), Failed> {
        instr.args.start = function.names.len() as u32;
        let mut labels = [Symbol::EMPTY; 2];
        let mut more_labels = Vec::new();
        let mut num_labels = 0;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'@') => {
                    let start = self.pos;
                    let name = self.sigiled("a function")?;
                    if instr.name != Symbol::EMPTY {
                        let span = self.span(start, self.pos);
                        let diagnostic = Diagnostic::error("E1003", span, "an instruction names one function at most");
                        return self.fail(diagnostic);
                    }
                    instr.name = name;
                }
                Some(b'.') => {
                    let label = self.sigiled("a label")?;
                    match labels.get_mut(num_labels) {
                        Some(place) => *place = label,
                        None => more_labels.push(label),
                    }
                    num_labels += 1;
                }
                Some(byte) if is_first(byte) => {
                    let name = self.identifier("an operand")?;
                    function.names.push(name);
                }
                _ => break,
            }
        }
        instr.args.len = function.names.len() as u32 - instr.args.start;
        instr.labels.start = function.names.len() as u32;
        function.names.extend_from_slice(&labels[..num_labels.min(2)]);
        function.names.append(&mut more_labels);
        instr.labels.len = num_labels as u32;
        Ok(())
    }

    fn literal(&mut self) -> Result<Literal, Failed> {
        let start = self.pos;
        if self.peek() == Some(b'\'') {
            return self.char();
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_'))
        {
            self.pos += 1;
        }
        let word = &self.text[start..self.pos];
        match number(word) {
            Ok(literal) => Ok(literal),
            Err(message) => {
                let span = if word.is_empty() { self.here() } else { self.span(start, self.pos) };
                self.fail(Diagnostic::error("E1001", span, message))
            }
        }
    }

    fn char(&mut self) -> Result<Literal, Failed> {
        let start = self.pos;
        let rest = &self.text[start + 1..];
        let mut chars = rest.chars();
        let value = match chars.next() {
            Some('\\') => match chars.next() {
                Some('0') => Some('\0'),
                Some('a') => Some('\x07'),
                Some('b') => Some('\x08'),
                Some('f') => Some('\x0c'),
                Some('n') => Some('\n'),
                Some('r') => Some('\r'),
                Some('t') => Some('\t'),
                Some('v') => Some('\x0b'),
                Some(c @ ('\\' | '\'' | '"')) => Some(c),
                _ => None,
            },
            Some('\n') | None => None,
            some => some,
        };
        let closed = chars.next() == Some('\'');
        match value {
            Some(value) if closed => {
                self.pos = self.text.len() - chars.as_str().len();
                Ok(Literal::Char(value))
            }
            _ => {
                let diagnostic = Diagnostic::error("E1001", self.here(), "this is no character")
                    .help("a character is written `'a'`; escapes are \\0 \\a \\b \\f \\n \\r \\t \\v \\\\ and \\'");
                self.fail(diagnostic)
            }
        }
    }

    fn ty(&mut self) -> Result<Ty, Failed> {
        self.skip_space();
        let start = self.pos;
        let mut depth = 0;
        let base = loop {
            let word_start = self.pos;
            let word = self.word("a type")?;
            self.skip_space();
            if word == "ptr" {
                self.expect(b'<')?;
                self.skip_space();
                depth += 1;
                continue;
            }
            match Ty::named(word) {
                Some(base) => break base,
                None => {
                    let span = self.span(word_start, word_start + word.len());
                    let diagnostic = unknown_type(span, word);
                    return self.fail(diagnostic);
                }
            }
        };
        for _ in 0..depth {
            self.skip_space();
            self.expect(b'>')?;
        }
        let pointed = (0..depth).try_fold(base, |ty, _| ty.pointer());
        match pointed {
            Some(ty) => Ok(ty),
            None => {
                let span = self.span(start, self.pos);
                self.fail(Diagnostic::error("E1001", span, "this type is nested too deeply"))
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- characters

    fn at_end(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.pos += usize::from(is);
        is
    }

    fn expect(&mut self, byte: u8) -> Result<(), Failed> {
        if self.eat(byte) {
            return Ok(());
        }
        let diagnostic = self.error(format!("expected `{}`, found {}", byte as char, self.found()));
        self.fail(diagnostic)
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.pos += 1,
                b'#' => self.skip_to(b"\n"),
                _ => return,
            }
        }
    }

    /// Goes on to the next of these bytes, or to the end.
    fn skip_to(&mut self, any: &[u8]) {
        let rest = &self.bytes[self.pos..];
        self.pos += rest.iter().position(|byte| any.contains(byte)).unwrap_or(rest.len());
    }

    /// `@name` or `.name`.
    fn sigiled(&mut self, what: &str) -> Result<Symbol, Failed> {
        self.pos += 1;
        self.identifier(what)
    }

    fn identifier(&mut self, what: &str) -> Result<Symbol, Failed> {
        let word = self.word(what)?;
        Ok(self.interner.intern(word))
    }

    fn word(&mut self, what: &str) -> Result<&'a str, Failed> {
        let start = self.pos;
        if !self.peek().is_some_and(is_first) {
            let diagnostic = self.error(format!("expected {what}, found {}", self.found()));
            return self.fail(diagnostic);
        }
        let rest = &self.bytes[start..];
        let is_in = |&byte: &u8| is_first(byte) || byte.is_ascii_digit() || byte == b'.';
        self.pos += rest.iter().position(|byte| !is_in(byte)).unwrap_or(rest.len());
        Ok(&self.text[start..self.pos])
    }

    // -------------------------------------------------------------------------------------------------------- errors

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start as u32, end as u32)
    }

    /// The character at hand.
    fn here(&self) -> Span {
        let len = self.text[self.pos..].chars().next().map_or(0, char::len_utf8);
        self.span(self.pos, self.pos + len)
    }

    fn found(&self) -> String {
        match self.text[self.pos..].chars().next() {
            None => "the end of the file".to_string(),
            Some('\n') => "the end of the line".to_string(),
            Some(c) => format!("`{}`", c.escape_debug()),
        }
    }

    fn error(&self, message: String) -> Diagnostic {
        Diagnostic::error("E1001", self.here(), message)
    }

    fn fail<T>(&mut self, diagnostic: Diagnostic) -> Result<T, Failed> {
        self.diagnostics.push(diagnostic);
        Err(Failed)
    }
}

/// Whether an identifier may begin with it.
pub(super) fn is_first(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'%')
}

/// A number or truth value as it is written.
fn number(word: &str) -> Result<Literal, String> {
    match word {
        "true" => return Ok(Literal::Bool(true)),
        "false" => return Ok(Literal::Bool(false)),
        "" => return Err("expected a number, `true`, `false` or a character".to_string()),
        _ => {}
    }
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        return word.parse().map(Literal::Int).map_err(|_| format!("`{word}` does not fit an `int` of 64 bits"));
    }
    let is_special = matches!(digits, "NaN" | "nan" | "Infinity" | "inf" | "infinity");
    if is_special || digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return word.parse().map(Literal::Float).map_err(|_| format!("`{word}` is no number"));
    }
    Err(format!("expected a number, `true`, `false` or a character, found `{word}`"))
}

pub(super) fn unknown_operation(span: Span, name: &str) -> Diagnostic {
    if SPECULATION.contains(&name) {
        return Diagnostic::error("E1007", span, format!("`{name}` is not supported: nothing here can be taken back"))
            .help("programs that speculate are run by `brili`");
    }
    let diagnostic = Diagnostic::error("E1002", span, format!("there is no operation `{name}`"));
    match crate::nearest(name, super::program::OPS[1..].iter().map(|row| row.name)) {
        Some(near) => diagnostic.suggest(format!("did you mean `{near}`?"), span, near),
        None => diagnostic,
    }
}

pub(super) fn unknown_type(span: Span, name: &str) -> Diagnostic {
    if name == "any" {
        return Diagnostic::error("E1007", span, "the dynamic type `any` is not supported");
    }
    Diagnostic::error("E1004", span, format!("there is no type `{name}`"))
        .help("types are `int`, `bool`, `float`, `char` and `ptr<T>`")
}
