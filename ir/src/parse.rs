//! Reads the text form that [`crate::print`] writes and explains.
//!
//! Two passes: the first reads everything but the bodies of functions, so that these can refer to what comes later; the
//! second reads bodies. Within a body, operands and targets hold the numbers of the text until its end, when they are
//! replaced by ids. A module that parses is well formed, but only [`crate::verify`] says whether it is valid.

use crate::ops::Shape;
use crate::print::{fixed_type, is_plain_name_byte};
use crate::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
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

/// An error at a byte of the text.
struct Failure {
    at: usize,
    message: String,
}

type Parse<T> = Result<T, Box<Failure>>;

fn fail<T>(at: usize, message: impl Into<String>) -> Parse<T> {
    Err(Box::new(Failure { at, message: message.into() }))
}

fn parse(text: &str) -> Parse<Module> {
    let mut header = Header { cursor: Cursor { text: text.as_bytes(), at: 0 }, ..Header::default() };
    header.items()?;
    let Header { mut module, names, bodies, .. } = header;
    let ops: FxHashMap<&[u8], Op> = OPS.iter().map(|info| (info.mnemonic.as_bytes(), info.op)).collect();
    for (id, from, to) in bodies {
        let body = Body {
            cursor: Cursor { text: &text.as_bytes()[..to], at: from },
            module: &module,
            names: &names,
            ops: &ops,
            func: module.functions[id].clone(),
            values: Numbering::new(to - from),
            blocks: Numbering::new(to - from),
            locs: FxHashMap::default(),
            last_loc: None,
            start: from,
        };
        module.functions[id] = body.read()?;
    }
    Ok(module)
}

/// A place in the text. Blanks are spaces, tabs and carriage returns; a comment ends before its line break.
#[derive(Clone, Copy, Default)]
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl<'a> Cursor<'a> {
    /// The byte at hand, 0 at the end.
    fn byte(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    fn blanks(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\r') {
            self.at += 1;
        }
    }

    /// Skips blanks, comments and line breaks.
    fn lines(&mut self) {
        loop {
            self.blanks();
            match self.byte() {
                b'\n' => self.at += 1,
                b';' => self.comment(),
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        while !self.at_end() && self.byte() != b'\n' {
            self.at += 1;
        }
    }

    fn end_line(&mut self) -> Parse<()> {
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
    fn eat(&mut self, byte: u8) -> bool {
        self.blanks();
        let found = self.byte() == byte && !self.at_end();
        self.at += found as usize;
        found
    }

    fn expect(&mut self, byte: u8) -> Parse<()> {
        if self.eat(byte) { Ok(()) } else { fail(self.at, format!("expected `{}`", byte as char)) }
    }

    /// The letters, digits and underscores after blanks; may be none.
    fn word(&mut self) -> &'a [u8] {
        self.blanks();
        let start = self.at;
        while is_word(self.byte()) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// Skips this word, if it is there.
    fn eat_word(&mut self, word: &str) -> bool {
        let mut ahead = *self;
        let found = ahead.word() == word.as_bytes();
        if found {
            *self = ahead;
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Parse<()> {
        if self.eat_word(word) { Ok(()) } else { fail(self.at, format!("expected `{word}`")) }
    }

    /// Whether a word of this prefix and a number is next.
    fn is_entity(&mut self, prefix: &str) -> bool {
        self.blanks();
        let rest = &self.text[self.at.min(self.text.len())..];
        rest.starts_with(prefix.as_bytes()) && rest.get(prefix.len()).is_some_and(u8::is_ascii_digit)
    }

    /// The number behind a prefix, as in `block12`.
    #[inline]
    fn entity(&mut self, prefix: &str) -> Parse<u32> {
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
    fn number<T: TryFrom<u128>>(&mut self) -> Parse<T> {
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
    fn signed_number<T: TryFrom<i128>>(&mut self) -> Parse<T> {
        let start = self.at;
        let negative = self.byte() == b'-';
        self.at += 1;
        let magnitude: i128 = self.number()?;
        T::try_from(if negative { -magnitude } else { magnitude }).or_else(|_| fail(start, "number too large"))
    }

    /// The bytes of a quoted text, whose escapes are a backslash and two hexadecimal digits.
    fn bytes(&mut self) -> Parse<Vec<u8>> {
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

    fn string(&mut self) -> Parse<String> {
        self.blanks();
        let start = self.at;
        String::from_utf8(self.bytes()?).or_else(|_| fail(start, "the text is not UTF-8"))
    }

    /// A name with its `@`.
    fn name(&mut self) -> Parse<String> {
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

    fn ty(&mut self) -> Parse<Type> {
        self.blanks();
        let start = self.at;
        let word = self.word();
        let found = std::str::from_utf8(word).ok().and_then(Type::from_name);
        found.map_or_else(|| fail(start, "expected a type"), Ok)
    }

    fn pos(&mut self) -> Parse<SourcePos> {
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

    fn signature(&mut self) -> Parse<Signature> {
        let mut sig = Signature::default();
        self.expect(b'(')?;
        while !self.eat(b')') {
            if !sig.params.is_empty() {
                self.expect(b',')?;
            }
            let mut param = Param::from(self.ty()?);
            loop {
                if self.eat_word("noalias") {
                    param.noalias = true;
                } else if self.eat_word("nonnull") {
                    param.nonnull = true;
                } else if self.eat_word("readonly") {
                    param.readonly = true;
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
                _ => return fail(start, "expected `file`, `sig`, `global`, `fn`, `export fn` or `import fn`"),
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

/// From the numbers of the text to ids.
struct Numbering {
    /// For the numbers that a text of this length can hold if they are dense.
    dense: Vec<u32>,
    limit: usize,
    sparse: FxHashMap<u32, u32>,
    /// Every number is its id.
    identity: bool,
    count: u32,
    largest_use: u32,
}

const NONE: u32 = u32::MAX;

impl Numbering {
    fn new(limit: usize) -> Numbering {
        let sparse = FxHashMap::default();
        Numbering { dense: Vec::new(), limit, sparse, identity: true, count: 0, largest_use: 0 }
    }

    /// Whether the number was free.
    fn define(&mut self, number: u32, id: u32) -> bool {
        self.identity &= number == id;
        self.count += 1;
        if number as usize > self.limit {
            return self.sparse.insert(number, id).is_none();
        }
        if self.dense.len() <= number as usize {
            self.dense.resize(number as usize + 1, NONE);
        }
        std::mem::replace(&mut self.dense[number as usize], id) == NONE
    }

    fn used(&mut self, number: u32) {
        self.largest_use = self.largest_use.max(number);
    }

    /// Whether all uses are defined and are ids already.
    fn is_done(&self) -> bool {
        self.identity && self.largest_use < self.count
    }

    fn id(&self, number: u32) -> Option<u32> {
        let found = if number as usize > self.limit {
            self.sparse.get(&number).copied()
        } else {
            self.dense.get(number as usize).copied()
        };
        found.filter(|&id| id != NONE)
    }
}

/// The second pass, for one function.
struct Body<'a> {
    cursor: Cursor<'a>,
    module: &'a Module,
    names: &'a ModuleNames,
    ops: &'a FxHashMap<&'a [u8], Op>,
    func: Function,
    values: Numbering,
    blocks: Numbering,
    locs: FxHashMap<LocData, Loc>,
    last_loc: Option<(LocData, Loc)>,
    start: usize,
}

type Results = SmallVec<[u32; 4]>;

impl Body<'_> {
    fn read(mut self) -> Parse<Function> {
        self.locs.insert(self.func.locs[Loc::from_u32(0)], Loc::from_u32(0));
        let mut block = None;
        loop {
            self.cursor.lines();
            if self.cursor.at_end() {
                break;
            }
            let start = self.cursor.at;
            if self.cursor.is_entity("block") {
                block = Some(self.block()?);
            } else if let Some(block) = block {
                let inst = self.instruction()?;
                self.func.blocks[block].insts.push(inst);
            } else if self.cursor.is_entity("ss") {
                self.slot()?;
            } else if self.cursor.is_entity("alias") {
                self.alias_set()?;
            } else if self.cursor.is_entity("scope") {
                self.scope()?;
            } else {
                return fail(start, "expected a block, a slot, an alias set or an inline scope");
            }
            self.cursor.end_line()?;
        }
        self.resolve()?;
        Ok(self.func)
    }

    /// Replaces numbers of the text by ids.
    fn resolve(&mut self) -> Parse<()> {
        let mut missing = None;
        if !self.values.is_done() {
            let values = &self.values;
            let mut replace = |value: Value| match values.id(value.as_u32()) {
                Some(id) => Value::from_u32(id),
                None => {
                    missing.get_or_insert(("v", value.as_u32()));
                    value
                }
            };
            for inst in self.func.insts.values_mut() {
                inst.map_operands(&mut replace);
            }
        }
        if !self.blocks.is_done() {
            for target in self.func.insts.values_mut().flat_map(|inst| inst.targets_mut()) {
                match self.blocks.id(target.block.as_u32()) {
                    Some(id) => target.block = Block::from_u32(id),
                    None => {
                        missing.get_or_insert(("block", target.block.as_u32()));
                    }
                }
            }
        }
        let Some((prefix, number)) = missing else { return Ok(()) };
        // Only now, for the message, look for where it stands.
        let mut cursor = Cursor { at: self.start, ..self.cursor };
        while !cursor.at_end() {
            match cursor.byte() {
                b';' => cursor.comment(),
                b'"' => drop(cursor.bytes()?),
                byte if is_word(byte) => {
                    let (mut ahead, at) = (cursor, cursor.at);
                    if ahead.is_entity(prefix) && ahead.entity(prefix).is_ok_and(|found| found == number) {
                        return fail(at, format!("{prefix}{number} is not defined"));
                    }
                    cursor.word();
                }
                _ => cursor.at += 1,
            }
        }
        fail(self.start, format!("{prefix}{number} is not defined"))
    }

    /// A number behind a prefix that has to be the next.
    fn sequential(&mut self, prefix: &str, expected: usize) -> Parse<()> {
        let at = self.cursor.at;
        if self.cursor.entity(prefix)? as usize != expected {
            return fail(at, format!("expected the next, {prefix}{expected}"));
        }
        self.cursor.expect(b'=')
    }

    /// A number behind a prefix that has to be known.
    fn known(&mut self, prefix: &str, count: usize) -> Parse<u32> {
        self.cursor.blanks();
        let at = self.cursor.at;
        let number = self.cursor.entity(prefix)?;
        if number as usize >= count {
            return fail(at, format!("{prefix}{number} is not defined"));
        }
        Ok(number)
    }

    fn slot(&mut self) -> Parse<()> {
        self.sequential("ss", self.func.slots.len())?;
        self.cursor.expect_word("slot")?;
        self.cursor.expect_word("size")?;
        let size = self.cursor.number()?;
        self.cursor.expect_word("align")?;
        self.func.slots.push(SlotData { size, align: self.cursor.number()? });
        Ok(())
    }

    fn stack_slot(&mut self) -> Parse<StackSlot> {
        self.known("ss", self.func.slots.len()).map(StackSlot::from_u32)
    }

    fn alias_set(&mut self) -> Parse<()> {
        self.sequential("alias", self.func.alias_sets.len())?;
        let mut set = AliasSetData::default();
        if self.cursor.eat_word("slot") {
            set.region = Region::Slot(self.stack_slot()?);
        } else if self.cursor.eat_word("global") {
            set.region = Region::Global(self.names.global(&mut self.cursor)?);
        } else {
            self.cursor.expect_word("any")?;
        }
        if self.cursor.eat_word("scopes") {
            set.scopes = self.restrict_scopes()?;
        }
        if self.cursor.eat_word("noalias") {
            set.noalias = self.restrict_scopes()?;
        }
        self.func.alias_sets.push(set);
        Ok(())
    }

    fn restrict_scopes(&mut self) -> Parse<Vec<RestrictScope>> {
        let mut scopes = Vec::new();
        loop {
            let scope = self.cursor.entity("restrict")?;
            self.func.restrict_scopes = self.func.restrict_scopes.max(scope + 1);
            scopes.push(RestrictScope::from_u32(scope));
            if !self.cursor.eat(b',') {
                return Ok(scopes);
            }
        }
    }

    fn scope(&mut self) -> Parse<()> {
        self.sequential("scope", self.func.scopes.len())?;
        self.cursor.expect_word("inlined")?;
        let callee = self.cursor.name()?.into();
        self.cursor.expect_word("decl")?;
        let callee_decl = self.cursor.pos()?;
        self.cursor.expect_word("at")?;
        let call_site = self.loc()?;
        self.func.scopes.push(ScopeData { callee, callee_decl, call_site });
        Ok(())
    }

    fn loc(&mut self) -> Parse<Loc> {
        let pos = self.cursor.pos()?;
        let mut scope = None;
        if self.cursor.is_entity("scope") {
            scope = Some(InlineScope::from_u32(self.known("scope", self.func.scopes.len())?));
        }
        let data = LocData { pos, scope: scope.into() };
        if let Some((_, loc)) = self.last_loc.filter(|(last, _)| *last == data) {
            return Ok(loc);
        }
        let locs = &mut self.func.locs;
        let loc = *self.locs.entry(data).or_insert_with(|| locs.push(data));
        self.last_loc = Some((data, loc));
        Ok(loc)
    }

    fn block(&mut self) -> Parse<Block> {
        let at = self.cursor.at;
        let number = self.cursor.entity("block")?;
        let block = self.func.new_block();
        if !self.blocks.define(number, block.as_u32()) {
            return fail(at, format!("block{number} is defined twice"));
        }
        self.func.layout.push(block);
        if self.cursor.eat(b'(') {
            while !self.cursor.eat(b')') {
                if !self.func.blocks[block].params.is_empty() {
                    self.cursor.expect(b',')?;
                    self.cursor.blanks();
                }
                let at = self.cursor.at;
                let number = self.cursor.entity("v")?;
                self.cursor.expect(b':')?;
                let ty = self.cursor.ty()?;
                let value = self.func.append_param(block, ty);
                self.define(at, number, value)?;
            }
        }
        self.func.blocks[block].cold = self.cursor.eat_word("cold");
        self.cursor.expect(b':')?;
        Ok(block)
    }

    fn define(&mut self, at: usize, number: u32, value: Value) -> Parse<()> {
        if self.values.define(number, value.as_u32()) {
            return Ok(());
        }
        fail(at, format!("v{number} is defined twice"))
    }

    /// An operand, by its number in the text.
    fn value(&mut self) -> Parse<Value> {
        let number = self.cursor.entity("v")?;
        self.values.used(number);
        Ok(Value::from_u32(number))
    }

    /// Values with commas between them.
    fn values(&mut self, into: &mut Values) -> Parse<()> {
        loop {
            into.push(self.value()?);
            if !self.cursor.eat(b',') {
                return Ok(());
            }
        }
    }

    /// Values in parentheses.
    fn arguments(&mut self, into: &mut Values) -> Parse<()> {
        self.cursor.expect(b'(')?;
        if self.cursor.eat(b')') {
            return Ok(());
        }
        self.values(into)?;
        self.cursor.expect(b')')
    }

    /// Values in parentheses, or nothing.
    fn optional_arguments(&mut self, into: &mut Values) -> Parse<()> {
        self.cursor.blanks();
        if self.cursor.byte() == b'(' { self.arguments(into) } else { Ok(()) }
    }

    fn target(&mut self) -> Parse<BlockCall> {
        let number = self.cursor.entity("block")?;
        self.blocks.used(number);
        let mut call = BlockCall::new(Block::from_u32(number), &[]);
        self.optional_arguments(&mut call.args)?;
        Ok(call)
    }

    fn instruction(&mut self) -> Parse<Inst> {
        let start = self.cursor.at;
        let mut results = Results::new();
        if self.cursor.is_entity("v") {
            loop {
                results.push(self.cursor.entity("v")?);
                if !self.cursor.eat(b',') {
                    break;
                }
            }
            self.cursor.expect(b'=')?;
            self.cursor.blanks();
        }
        let at = self.cursor.at;
        let mnemonic = self.cursor.word();
        let Some(&op) = self.ops.get(mnemonic) else {
            return fail(at, "expected an operation");
        };
        let info = op.info();
        let ty = match fixed_type(info.types) {
            Some(ty) => ty,
            None => {
                self.cursor.expect(b'.')?;
                let at = self.cursor.at;
                let ty = self.cursor.ty()?;
                if !info.types.accepts(ty) {
                    return fail(at, format!("{} does not work on {ty}", info.mnemonic));
                }
                ty
            }
        };
        let mut args = Values::new();
        let payload = self.operands(info.shape, ty, &mut args)?;
        let loc = if self.cursor.eat(b'@') { self.loc()? } else { Loc::from_u32(0) };

        let one = [op.result_type(ty)];
        let types: &[Type] = match (info.shape, &payload) {
            (Shape::Call, Payload::Func(callee)) => &self.module.functions[*callee].sig.results,
            (Shape::CallIndirect, Payload::Sig(sig)) => &self.module.signatures[*sig].results,
            (shape, _) if shape.has_result() => &one,
            _ => &[],
        };
        if types.len() != results.len() {
            return fail(start, format!("the instruction has {} results, not {}", types.len(), results.len()));
        }
        let mut data = InstData::new(op, ty, loc, &[], payload);
        data.args = args;
        let inst = self.func.new_inst(data, types);
        for (number, value) in results.into_iter().zip(self.func.results(inst)) {
            self.define(start, number, value)?;
        }
        Ok(inst)
    }

    fn operands(&mut self, shape: Shape, ty: Type, args: &mut Values) -> Parse<Payload> {
        match shape {
            Shape::Const => Ok(Payload::Bits(Bits::new(self.constant(ty)?))),
            Shape::Unary => self.fixed_values(args, 1),
            Shape::Binary => self.fixed_values(args, 2),
            Shape::Ternary => self.fixed_values(args, 3),
            Shape::Slot => self.stack_slot().map(Payload::Slot),
            Shape::Global => self.names.global(&mut self.cursor).map(Payload::Global),
            Shape::Func => self.names.function(&mut self.cursor).map(Payload::Func),
            Shape::Load => {
                self.fixed_values(args, 1)?;
                self.mem_flags(ty).map(Payload::Mem)
            }
            Shape::Store => {
                self.fixed_values(args, 2)?;
                self.mem_flags(ty).map(Payload::Mem)
            }
            Shape::Memcpy | Shape::Memset => {
                self.fixed_values(args, 3)?;
                self.copy_flags(shape == Shape::Memcpy).map(Payload::Copy)
            }
            Shape::Guard => {
                args.push(self.value()?);
                self.cursor.expect(b',')?;
                self.trap(args)
            }
            Shape::Trap => self.trap(args),
            Shape::Call => {
                let callee = self.names.function(&mut self.cursor)?;
                self.arguments(args)?;
                Ok(Payload::Func(callee))
            }
            Shape::CallIndirect => {
                let sig = self.known("sig", self.module.signatures.len())?;
                self.cursor.expect(b',')?;
                args.push(self.value()?);
                self.arguments(args)?;
                Ok(Payload::Sig(SigId::from_u32(sig)))
            }
            Shape::Jump => self.target().map(Payload::Jump),
            Shape::Brif => {
                args.push(self.value()?);
                self.cursor.expect(b',')?;
                let then = self.target()?;
                self.cursor.expect(b',')?;
                Ok(Payload::Brif(Box::new([then, self.target()?])))
            }
            Shape::Switch => {
                args.push(self.value()?);
                self.cursor.expect(b'[')?;
                let mut cases = Vec::new();
                while !self.cursor.eat(b']') {
                    if !cases.is_empty() {
                        self.cursor.expect(b',')?;
                    }
                    let bits = self.constant(ty)?;
                    self.cursor.expect(b':')?;
                    cases.push((bits, self.target()?));
                }
                self.cursor.expect(b',')?;
                let default = self.target()?;
                Ok(Payload::Switch(Box::new(SwitchData { cases, default })))
            }
            Shape::Return => {
                if self.cursor.is_entity("v") {
                    self.values(args)?;
                }
                Ok(Payload::None)
            }
        }
    }

    fn fixed_values(&mut self, args: &mut Values, count: usize) -> Parse<Payload> {
        for index in 0..count {
            if index > 0 {
                self.cursor.expect(b',')?;
            }
            args.push(self.value()?);
        }
        Ok(Payload::None)
    }

    fn trap(&mut self, args: &mut Values) -> Parse<Payload> {
        self.cursor.blanks();
        let at = self.cursor.at;
        let word = self.cursor.word();
        let Some(code) = std::str::from_utf8(word).ok().and_then(TrapCode::from_name) else {
            return fail(at, "expected the name of a trap");
        };
        self.optional_arguments(args)?;
        Ok(Payload::Trap(code))
    }

    fn alias(&mut self) -> Parse<AliasSet> {
        self.known("alias", self.func.alias_sets.len()).map(AliasSet::from_u32)
    }

    fn mem_flags(&mut self, ty: Type) -> Parse<MemFlags> {
        let mut mem = MemFlags::natural(ty, 0);
        self.cursor.blanks();
        if matches!(self.cursor.byte(), b'+' | b'-') {
            mem.offset = self.cursor.signed_number()?;
        }
        if self.cursor.eat_word("align") {
            mem.align = self.cursor.number()?;
        }
        if self.cursor.is_entity("alias") {
            mem.alias = self.alias()?;
        }
        mem.readonly = self.cursor.eat_word("readonly");
        Ok(mem)
    }

    fn copy_flags(&mut self, two: bool) -> Parse<CopyFlags> {
        self.cursor.expect_word("align")?;
        let dst_align = self.cursor.number()?;
        let mut src_align = dst_align;
        if two {
            self.cursor.expect(b',')?;
            src_align = self.cursor.number()?;
        }
        let (mut dst_alias, mut src_alias) = (AliasSet::from_u32(0), AliasSet::from_u32(0));
        if self.cursor.is_entity("alias") {
            dst_alias = self.alias()?;
            src_alias = dst_alias;
            if two {
                self.cursor.expect(b',')?;
                src_alias = self.alias()?;
            }
        }
        Ok(CopyFlags { dst_align, src_align, dst_alias, src_alias })
    }

    fn constant(&mut self, ty: Type) -> Parse<u128> {
        self.cursor.blanks();
        let start = self.cursor.at;
        if ty.is_float() {
            return self.float(ty);
        }
        let negative = self.cursor.eat(b'-');
        let magnitude: u128 = self.cursor.number()?;
        let smallest = 1u128 << (ty.bits() - 1);
        if magnitude > if negative { smallest } else { ty.mask() } {
            return fail(start, format!("the constant does not fit {ty}"));
        }
        Ok(if negative { magnitude.wrapping_neg() & ty.mask() } else { magnitude })
    }

    fn float(&mut self, ty: Type) -> Parse<u128> {
        let start = self.cursor.at;
        while is_word(self.cursor.byte()) || matches!(self.cursor.byte(), b'.' | b'+' | b'-' | b':') {
            self.cursor.at += 1;
        }
        let text = std::str::from_utf8(&self.cursor.text[start..self.cursor.at]).unwrap_or("");
        if let Some(digits) = text.strip_prefix("nan:0x") {
            let bits = u64::from_str_radix(digits, 16).ok().map(u128::from);
            let bits = bits.filter(|&bits| bits <= ty.mask() && eval::to_f64(ty, bits).is_nan());
            return bits.map_or_else(|| fail(start, format!("these are not the bits of an {ty} NaN")), Ok);
        }
        let magnitude = text.strip_prefix('-').unwrap_or(text);
        let bits = if magnitude == "inf" || magnitude.starts_with(|c: char| c.is_ascii_digit()) {
            match ty {
                Type::F64 => text.parse().map(|x: f64| x.to_bits() as u128).ok(),
                Type::F32 => text.parse().map(|x: f32| x.to_bits() as u128).ok(),
                _ => text.parse().map(|x: f64| eval::f64_to_f16(x) as u128).ok(),
            }
        } else {
            None
        };
        bits.map_or_else(|| fail(start, "expected a floating-point constant"), Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{render, verify};

    /// One of everything.
    const TEXT: &str = r#"file 0 "sum.lang"
file 1 "a \22quoted\22 näme\0a"
sig 0 (i64, ptr noalias nonnull) -> i64, f16
sig 1 ()
global @greeting const size 8 align 1 { "hel\22lo\0a\ff" }
global @table size 24 align 8 { "x", 8 @greeting+1, 16 fn @"f()" }
global @empty size 0 align 1
import fn @puts(ptr nonnull readonly) -> i32 pure readonly at 0:1:1
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
            ("nonsense".into(), "1:1: expected `file`, `sig`, `global`, `fn`, `export fn` or `import fn`"),
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
