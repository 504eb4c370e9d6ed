//! Reads the text form that [`crate::print`] writes and explains.
//!
//! Two passes: the first reads everything but the bodies of functions, so that these can refer to what comes later; the
//! second reads bodies. Within a body, operands and targets hold the numbers of the text until its end, when they are
//! replaced by ids. A module that parses is well formed, but only [`crate::verify`] says whether it is valid.

mod body;
mod cursor;

use crate::*;
use body::Body;
use cursor::{Cursor, Parse, fail};
use rustc_hash::FxHashMap;
use std::fmt;

/// What is wrong with a text, and where; line and column count from 1, columns in characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    pub line: u32,
    pub column: u32,
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Reads a module.
pub fn module(text: &str) -> Result<Module, ParseError> {
    parse(text).map_err(|failure| {
        let before = &text.as_bytes()[..failure.at.min(text.len())];
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        ParseError {
            line: 1 + before.iter().filter(|&&b| b == b'\n').count() as u32,
            // Bytes that begin a character.
            column: 1 + before[line_start..].iter().filter(|&&b| b & 0xc0 != 0x80).count() as u32,
            message: failure.message,
        }
    })
}

fn parse(text: &str) -> Parse<Module> {
    let mut header = Header { cursor: Cursor { text: text.as_bytes(), at: 0 }, ..Header::default() };
    header.items()?;
    let Header { mut module, names, bodies, .. } = header;
    let ops: FxHashMap<&[u8], Op> = OPS.iter().map(|info| (info.mnemonic.as_bytes(), info.op)).collect();
    for (id, from, to) in bodies {
        let cursor = Cursor { text: &text.as_bytes()[..to], at: from };
        module.functions[id] = Body::new(cursor, &module, &names, &ops, id).read()?;
    }
    Ok(module)
}

/// What names stand for.
#[derive(Default)]
struct ModuleNames {
    functions: FxHashMap<String, FuncId>,
    globals: FxHashMap<String, GlobalId>,
}

impl ModuleNames {
    fn function(&self, cursor: &mut Cursor) -> Parse<FuncId> {
        cursor.blanks();
        let at = cursor.at;
        let name = cursor.name()?;
        self.functions.get(&name).copied().map_or_else(|| fail(at, format!("no function is named `{name}`")), Ok)
    }

    fn global(&self, cursor: &mut Cursor) -> Parse<GlobalId> {
        cursor.blanks();
        let at = cursor.at;
        let name = cursor.name()?;
        self.globals.get(&name).copied().map_or_else(|| fail(at, format!("no global is named `{name}`")), Ok)
    }
}

/// The first pass.
#[derive(Default)]
struct Header<'a> {
    cursor: Cursor<'a>,
    module: Module,
    names: ModuleNames,
    /// Functions and where their bodies start and end.
    bodies: Vec<(FuncId, usize, usize)>,
    /// Globals, where their relocations start.
    relocs: Vec<(GlobalId, usize)>,
}

impl Header<'_> {
    fn items(&mut self) -> Parse<()> {
        loop {
            self.cursor.lines();
            if self.cursor.at_end() {
                break;
            }
            let start = self.cursor.at;
            match self.cursor.word() {
                b"file" => {
                    self.sequential(self.module.files.len())?;
                    let name = self.cursor.string()?;
                    self.module.files.push(name);
                }
                b"library" => {
                    let name = self.cursor.string()?;
                    let decl = if self.cursor.eat_word("at") { self.cursor.pos()? } else { SourcePos::unknown() };
                    self.module.libraries.push(Library { name, decl });
                }
                b"link_path" => {
                    let path = self.cursor.string()?;
                    self.module.link_paths.push(path);
                }
                b"sig" => {
                    self.sequential(self.module.signatures.len())?;
                    let sig = self.cursor.signature()?;
                    self.module.signatures.push(sig);
                }
                b"global" => self.global()?,
                b"fn" => self.function(Linkage::Local)?,
                b"export" => {
                    self.cursor.expect_word("fn")?;
                    self.function(Linkage::Export)?;
                }
                b"import" => {
                    self.cursor.expect_word("fn")?;
                    self.function(Linkage::Import)?;
                }
                _ => {
                    return fail(
                        start,
                        "expected `file`, `library`, `link_path`, `sig`, `global`, `fn`, `export fn` or `import fn`",
                    );
                }
            }
            self.cursor.end_line()?;
        }
        for (global, at) in std::mem::take(&mut self.relocs) {
            self.cursor.at = at;
            while !self.cursor.eat(b'}') {
                let reloc = self.reloc()?;
                self.module.globals[global].relocs.push(reloc);
                if !self.cursor.eat(b',') {
                    self.cursor.expect(b'}')?;
                    break;
                }
            }
        }
        Ok(())
    }

    fn sequential(&mut self, expected: usize) -> Parse<()> {
        self.cursor.blanks();
        let at = self.cursor.at;
        if self.cursor.number::<usize>()? != expected {
            return fail(at, format!("expected the next number, {expected}"));
        }
        Ok(())
    }

    fn global(&mut self) -> Parse<()> {
        self.cursor.blanks();
        let at = self.cursor.at;
        let name = self.cursor.name()?;
        let constant = self.cursor.eat_word("const");
        self.cursor.expect_word("size")?;
        let size = self.cursor.number()?;
        self.cursor.expect_word("align")?;
        let align = self.cursor.number()?;
        let mut global = Global { name: name.clone(), size, align, constant, init: Vec::new(), relocs: Vec::new() };
        if self.cursor.eat(b'{') {
            self.cursor.blanks();
            if self.cursor.byte() == b'"' {
                global.init = self.cursor.bytes()?;
                self.cursor.eat(b',');
            }
            self.relocs.push((self.module.globals.next_key(), self.cursor.at));
            self.skip_to_brace()?;
        }
        if self.names.globals.insert(name, self.module.globals.next_key()).is_some() {
            return fail(at, "a global of this name exists already");
        }
        self.module.globals.push(global);
        Ok(())
    }

    fn reloc(&mut self) -> Parse<Reloc> {
        let offset = self.cursor.number()?;
        let target = if self.cursor.eat_word("fn") {
            RelocTarget::Func(self.names.function(&mut self.cursor)?)
        } else {
            RelocTarget::Global(self.names.global(&mut self.cursor)?)
        };
        let signed = matches!(self.cursor.byte(), b'+' | b'-');
        let addend = if signed { self.cursor.signed_number()? } else { 0 };
        Ok(Reloc { offset, target, addend })
    }

    fn function(&mut self, linkage: Linkage) -> Parse<()> {
        self.cursor.blanks();
        let at = self.cursor.at;
        let name = self.cursor.name()?;
        let sig = self.cursor.signature()?;
        let mut func = Function::new(&name, linkage, sig);
        let attrs = &mut func.attrs;
        loop {
            let mut ahead = self.cursor;
            match ahead.word() {
                b"inline" => attrs.inline = Inline::Always,
                b"noinline" => attrs.inline = Inline::Never,
                b"cold" => attrs.cold = true,
                b"noreturn" => attrs.noreturn = true,
                b"pure" => attrs.pure_ = true,
                b"readonly" => attrs.readonly = true,
                b"fast_math" => attrs.fast_math = true,
                b"at" => func.decl = ahead.pos()?,
                _ => break,
            }
            self.cursor = ahead;
        }
        let id = self.module.functions.next_key();
        if linkage != Linkage::Import {
            self.cursor.expect(b'{')?;
            let start = self.cursor.at;
            self.skip_to_brace()?;
            self.bodies.push((id, start, self.cursor.at - 1));
        }
        if self.names.functions.insert(name, id).is_some() {
            return fail(at, "a function of this name exists already");
        }
        self.module.functions.push(func);
        Ok(())
    }

    /// To behind the next `}` that stands neither in a text nor in a comment.
    fn skip_to_brace(&mut self) -> Parse<()> {
        let (start, text) = (self.cursor.at, self.cursor.text);
        let mut at = start;
        while let Some(&byte) = text.get(at) {
            match byte {
                b'}' => {
                    self.cursor.at = at + 1;
                    return Ok(());
                }
                b'"' => {
                    at += 1;
                    while !matches!(text.get(at), None | Some(b'"' | b'\n')) {
                        at += 1;
                    }
                }
                b';' => {
                    while !matches!(text.get(at), None | Some(b'\n')) {
                        at += 1;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        fail(start, "no `}` closes this `{`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{render, verify};

    /// One of everything.
    const TEXT: &str = r#"file 0 "sum.lang"
file 1 "a \22quoted\22 näme\0a"
library "m" at 0:4:5
library "./x.so"
link_path "native"
sig 0 (i64, ptr noalias nonnull) -> i64, f16
sig 1 ()
sig 2 (ptr, ptr byval 24, ptr byval 32 align 16, ..., f64) -> i32
sig 3 (...)
global @greeting const size 8 align 1 { "hel\22lo\0a\ff" }
global @table size 24 align 8 { "x", 8 @greeting+1, 16 fn @"f()" }
global @empty size 0 align 1
import fn @puts(ptr nonnull readonly) -> i32 pure readonly at 0:1:1
import fn @printf(ptr, ...) -> i32
export fn @lang_main() -> i32 noinline cold noreturn fast_math at 0:2:3 {
  ss0 = slot size 16 align 8
  alias1 = slot ss0
  alias2 = global @table scopes restrict0, restrict1 noalias restrict2
  alias3 = any noalias restrict0
  scope0 = inlined @callee decl 1:2:3 at 0:4:5
  scope1 = inlined @"other callee" decl 1:2:3 at 0:4:6 scope0
block0:
  v0 = slot_addr ss0
  v1 = global_addr @table
  v2 = func_addr @"f()"
  v3 = iconst.i8 -128
  v4 = iconst.i1 1 @ 0:1:2
  v5 = iconst.i128 -170141183460469231731687303715884105728 @ 1:9:9 scope1
  v6 = iconst.ptr 18446744073709551615
  v7 = fconst.f16 0.099975586
  v8 = fconst.f32 1e-45
  v9 = fconst.f64 nan:0xfff8000000000001
  v10 = fconst.f64 -inf
  v11 = fconst.f64 -0.0
  v12 = load.f64 v0+16 align 4 alias1 readonly
  store.f64 v12, v0-8 alias2
  v13 = iconst.i64 7
  memcpy v0, v1, v13 align 8, 4 alias1, alias3
  memset v0, v3, v13 align 1
  trapif v4, bounds(v13, v13) @ 0:1:2
  trapif v4, div_zero
  v14, v15 = call @"f()"(v13, v0)
  v16, v17 = call_indirect sig0, v2(v14, v1)
  call @none()
  brif v4, block2(v17, v13), block1
block1:
  switch.i64 v16 [-1: block3, 5: block2(v15, v14), 6: block4], block4
block2(v18: f16, v19: i64):
  jump block3
block3 cold:
  trap panic(v0, v13)
block4:
  v20 = select.f16 v4, v15, v17
  v21 = icmp_slt.i128 v5, v5
  v22 = ptr_add v0, v13
  v23 = sextend.i128 v13
  v24 = call @puts(v22)
  return v24
}
fn @"f()"(i64, ptr noalias nonnull) -> i64, f16 inline {
block0(v0: i64, v1: ptr):
  v2 = fconst.f16 inf
  return v0, v2
}
fn @none() {
block0:
  jump block1
block1:
  jump block1
}
"#;

    #[test]
    fn everything_reads_back() {
        let parsed = module(TEXT).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(parsed.to_string(), TEXT);
        verify(&parsed).unwrap_or_else(|found| panic!("{}", render(&found)));
    }

    #[test]
    fn any_numbers_comments_and_order() {
        let text = "; a comment with }\nfn @f(i64) -> i64 { ; here\n\nblock7(v3000000000: i64):\r\n  jump block2 ; { }\n\
                    block9:\n  return v1\nblock2:\n  v1 = iadd.i64 v3000000000, v3000000000\n  jump block9\n}";
        let expected = "fn @f(i64) -> i64 {\nblock0(v0: i64):\n  jump block2\nblock1:\n  return v1\nblock2:\n  \
                        v1 = iadd.i64 v0, v0\n  jump block1\n}\n";
        let parsed = module(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(parsed.to_string(), expected);
        verify(&parsed).unwrap_or_else(|found| panic!("{}", render(&found)));
    }

    #[test]
    fn errors_say_where_and_what() {
        let body = |line: &str| format!("fn @f(i64) {{\nblock0(v0: i64):\n  {line}\n  return\n}}\n");
        let cases = [
            (body("v1 = iadd.i64 v0, v2"), "3:21: v2 is not defined"),
            (body("v1 = iadd.f64 v0, v0"), "3:13: iadd does not work on f64"),
            (body("v1 = iadd v0, v0"), "3:13: expected `.`"),
            (body("v0 = iadd.i64 v0, v0"), "3:3: v0 is defined twice"),
            (body("v1 = iconst.i8 256"), "3:18: the constant does not fit i8"),
            (body("v1 = iconst.i8 -129"), "3:18: the constant does not fit i8"),
            (body("v1 = fconst.f32 nan:0x7f800000"), "3:19: these are not the bits of an f32 NaN"),
            (body("é"), "3:3: expected an operation"),
            (body("jump block3"), "3:8: block3 is not defined"),
            (body("v1 = call @f(v0)"), "3:3: the instruction has 0 results, not 1"),
            (body("call @g(v0)"), "3:8: no function is named `g`"),
            (body("trap nothing"), "3:8: expected the name of a trap"),
            (body("store.i64 v0, v0 alias1"), "3:20: alias1 is not defined"),
            ("fn @f() {\n".into(), "1:10: no `}` closes this `{`"),
            ("fn @f() {\nblock0:\n  return }".into(), ""),
            ("global @é size 1".into(), "1:9: expected a name"),
            ("file 0 \"é\\zz\"".into(), "1:10: expected two hexadecimal digits behind the backslash"),
            ("file 1 \"\"".into(), "1:6: expected the next number, 0"),
            (
                "nonsense".into(),
                "1:1: expected `file`, `library`, `link_path`, `sig`, `global`, `fn`, `export fn` or `import fn`",
            ),
        ];
        for (text, expected) in cases {
            let found = module(&text).map_or_else(|error| error.to_string(), |_| String::new());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn every_prefix_is_an_error_or_a_module() {
        for (end, _) in TEXT.char_indices() {
            if let Ok(module) = module(&TEXT[..end]) {
                let _ = verify(&module);
                let _ = module.to_string();
            }
        }
    }
}
