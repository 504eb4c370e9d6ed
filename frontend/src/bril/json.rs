//! The JSON form of Bril.

use super::MAX_ERRORS;
use super::program::{Function, Instr, Literal, Names, Op, Param, Program, Ty};
use super::text::{unknown_operation, unknown_type};
use crate::diagnostic::Diagnostic;
use crate::intern::{Interner, Symbol};
use crate::source::{FileId, LineCol, Span};
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

pub(super) fn parse(file: FileId, text: &str, interner: &mut Interner, diagnostics: &mut Vec<Diagnostic>) -> Program {
    let mut reader = Reader { file, text, interner, diagnostics };
    let mut program = Program { functions: Vec::new() };
    if let Some(json) = reader.read::<JsonProgram<'_>>(text) {
        if let Some(import) = json.imports.first() {
            let span = reader.span(import.get());
            reader.diagnostics.push(Diagnostic::error("E1007", span, "imports are not supported"));
        }
        for function in json.functions {
            if reader.diagnostics.len() >= MAX_ERRORS {
                break;
            }
            program.functions.extend(reader.function(function.get()));
        }
    }
    program
}

#[derive(Deserialize)]
struct JsonProgram<'a> {
    #[serde(borrow)]
    functions: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    imports: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct JsonFunction<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default)]
    args: Vec<JsonParam<'a>>,
    #[serde(borrow, default, rename = "type")]
    ty: Option<JsonType<'a>>,
    #[serde(borrow, default)]
    instrs: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct JsonParam<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, rename = "type")]
    ty: JsonType<'a>,
}

#[derive(Deserialize)]
struct JsonInstr<'a> {
    #[serde(borrow, default)]
    label: Option<Text<'a>>,
    #[serde(borrow, default)]
    op: Option<Text<'a>>,
    #[serde(borrow, default)]
    dest: Option<Text<'a>>,
    #[serde(borrow, default, rename = "type")]
    ty: Option<JsonType<'a>>,
    #[serde(borrow, default)]
    args: Vec<Text<'a>>,
    #[serde(borrow, default)]
    funcs: Vec<Text<'a>>,
    #[serde(borrow, default)]
    labels: Vec<Text<'a>>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(default)]
    pos: Option<JsonPos>,
}

#[derive(Deserialize)]
struct JsonPos {
    row: u32,
    col: u32,
}

/// A string that is part of the file unless it has escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'a>, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_string())))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// `"int"` or `{"ptr": type}`.
struct JsonType<'a> {
    base: Text<'a>,
    depth: u32,
}

impl<'de: 'a, 'a> Deserialize<'de> for JsonType<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<JsonType<'a>, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = JsonType<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a type: \"int\", \"bool\", \"float\", \"char\" or {\"ptr\": ...}")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<JsonType<'de>, E> {
                Ok(JsonType { base: Text(Cow::Borrowed(text)), depth: 0 })
            }
            fn visit_str<E>(self, text: &str) -> Result<JsonType<'de>, E> {
                Ok(JsonType { base: Text(Cow::Owned(text.to_string())), depth: 0 })
            }
            fn visit_map<M: de::MapAccess<'de>>(self, mut map: M) -> Result<JsonType<'de>, M::Error> {
                let mut inner = None;
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    if key.0 == "ptr" {
                        inner = Some(map.next_value::<JsonType<'de>>()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                let inner = inner.ok_or_else(|| de::Error::missing_field("ptr"))?;
                Ok(JsonType { depth: inner.depth + 1, ..inner })
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

struct Reader<'a, 'i> {
    file: FileId,
    text: &'a str,
    interner: &'i mut Interner,
    diagnostics: &'i mut Vec<Diagnostic>,
}

impl<'a> Reader<'a, '_> {
    fn function(&mut self, text: &'a str) -> Option<Function> {
        let json: JsonFunction<'_> = self.read(text)?;
        // The text up to the first instruction says which function it is.
        let head = json.instrs.first().map_or(text, |first| {
            let len = first.get().as_ptr() as usize - text.as_ptr() as usize;
            text[..len].trim_end_matches(|c: char| c != ',')
        });
        let span = self.span(head);
        let mut function = Function {
            name: self.interner.intern(&json.name.0),
            span,
            params: Vec::with_capacity(json.args.len()),
            result: json.ty.and_then(|ty| self.ty(&ty, span)),
            instrs: Vec::with_capacity(json.instrs.len()),
            names: Vec::new(),
        };
        for param in json.args {
            let name = self.interner.intern(&param.name.0);
            let Some(ty) = self.ty(&param.ty, span) else { continue };
            function.params.push(Param { name, ty, span });
        }
        for instr in json.instrs {
            if self.diagnostics.len() >= MAX_ERRORS {
                return None;
            }
            self.instr(instr.get(), &mut function);
        }
        Some(function)
    }

    fn instr(&mut self, text: &'a str, function: &mut Function) {
        let Some(json) = self.read::<JsonInstr<'_>>(text) else { return };
        let span = self.span(text);
        let mut intern =
            |text: &Option<Text<'_>>| text.as_ref().map_or(Symbol::EMPTY, |text| self.interner.intern(&text.0));
        let mut instr = Instr {
            op: Op::Label,
            dest: intern(&json.dest),
            ty: None,
            name: intern(&json.label),
            args: Names::default(),
            labels: Names::default(),
            value: Literal::None,
            start: span.start,
            end: span.end,
            pos: json.pos.map(|pos| LineCol { line: pos.row, col: pos.col }),
        };
        let op = match (&json.label, &json.op) {
            (Some(_), None) => {
                function.instrs.push(instr);
                return;
            }
            (None, Some(op)) => op,
            _ => {
                let message = "an instruction has either `op` or `label`";
                return self.diagnostics.push(Diagnostic::error("E1001", span, message));
            }
        };
        let Some(op) = Op::named(&op.0) else {
            let span = self.place(op, span);
            return self.diagnostics.push(unknown_operation(span, &op.0));
        };
        instr.op = op;
        if json.funcs.len() > 1 {
            let message = "an instruction names one function at most";
            self.diagnostics.push(Diagnostic::error("E1003", span, message));
        }
        if let Some(func) = json.funcs.first() {
            instr.name = self.interner.intern(&func.0);
        }
        if let Some(ty) = &json.ty {
            instr.ty = self.ty(ty, span);
        }
        let mut list = |texts: &[Text<'_>]| {
            let start = function.names.len() as u32;
            function.names.extend(texts.iter().map(|text| self.interner.intern(&text.0)));
            Names { start, len: texts.len() as u32 }
        };
        instr.args = list(&json.args);
        instr.labels = list(&json.labels);
        if let Some(value) = json.value {
            match literal(value.get()) {
                Some(literal) => instr.value = literal,
                None => {
                    let span = self.span(value.get());
                    let message = "expected a number of 64 bits, `true`, `false` or a character";
                    self.diagnostics.push(Diagnostic::error("E1001", span, message));
                }
            }
        }
        function.instrs.push(instr);
    }

    fn ty(&mut self, ty: &JsonType<'_>, span: Span) -> Option<Ty> {
        let Some(base) = Ty::named(&ty.base.0) else {
            let span = self.place(&ty.base, span);
            self.diagnostics.push(unknown_type(span, &ty.base.0));
            return None;
        };
        // JSON itself is not read if it nests any deeper.
        (0..ty.depth).try_fold(base, |ty, _| ty.pointer())
    }

    /// Reads a part of the file; what is wrong with it is reported.
    fn read<T: Deserialize<'a>>(&mut self, part: &'a str) -> Option<T> {
        match serde_json::from_str(part) {
            Ok(value) => Some(value),
            Err(error) => {
                let line = part.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
                let mut at = (line + error.column().saturating_sub(1)).min(part.len());
                while !part.is_char_boundary(at) {
                    at -= 1;
                }
                let len = part[at..].chars().next().map_or(0, char::len_utf8);
                let span = self.span(&part[at..at + len]);
                let mut message = error.to_string();
                if let Some(place) = message.rfind(" at line ") {
                    message.truncate(place);
                }
                self.diagnostics.push(Diagnostic::error("E1001", span, message));
                None
            }
        }
    }

    /// Where a string stands, or if it has escapes, what it is part of.
    fn place(&self, text: &Text<'_>, whole: Span) -> Span {
        match text.0 {
            Cow::Borrowed(part) => self.span(part),
            Cow::Owned(_) => whole,
        }
    }

    /// Where a part of the file is.
    fn span(&self, part: &str) -> Span {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        Span::new(self.file, start as u32, (start + part.len()) as u32)
    }
}

fn literal(json: &str) -> Option<Literal> {
    match json.as_bytes().first()? {
        b't' | b'f' => Some(Literal::Bool(json == "true")),
        b'"' => {
            let text: String = serde_json::from_str(json).ok()?;
            let mut chars = text.chars();
            let c = chars.next()?;
            chars.next().is_none().then_some(Literal::Char(c))
        }
        b'-' | b'0'..=b'9' if json.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) => {
            json.parse().ok().map(Literal::Float)
        }
        b'-' | b'0'..=b'9' => json.parse().ok().map(Literal::Int),
        _ => None,
    }
}
