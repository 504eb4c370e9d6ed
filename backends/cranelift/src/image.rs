//! Code and data laid out in sections, with what is still open: references between sections and to what is imported.
//!
//! What refers to code from code is resolved here. The layout follows the order of functions and globals in the module, so
//! equal modules give equal images.

use crate::compile::{Code, CodeReloc, CodeTarget};
use crate::lower::Symbol;
use cranelift_codegen::binemit::Reloc as RelocKind;
use cranelift_entity::SecondaryMap;
use lang_backend::{Error, symbol_name};
use lang_ir::{ENTRY, FuncId, Function, GlobalId, Module, RelocTarget, SourcePos, shown_frames, source_name};
use lang_rt::Str;
use lang_rt::trap::{FnEntry, TrapDesc};
use rustc_hash::FxHashMap;
use std::mem::offset_of;

/// Code and data of a program.
pub struct Image {
    /// In the order of [`Section::ALL`].
    sections: [Contents; 5],
    pub code: Vec<Code>,
    /// Offsets in the text, of functions with code.
    pub functions: SecondaryMap<FuncId, Option<u64>>,
    pub globals: SecondaryMap<GlobalId, Place>,
    /// Offsets in the text, of what stands for functions that [need it](needs_stub).
    stubs: FxHashMap<FuncId, u64>,
    /// Names of what comes from outside, see [`Target::Import`].
    pub imports: Vec<String>,
    /// Where the table of functions is, and how many entries it has: one for each function and one for their end.
    pub table: (Place, u64),
    /// Where the number of entries is.
    pub table_count: Place,
}

/// A section; the discriminant is its index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    Text,
    /// Constants without addresses.
    ReadOnly,
    /// Constants with addresses, which a loader fills in.
    ReadOnlyWithAddresses,
    Data,
    /// Zero at first; takes no room in files.
    Zero,
}

impl Section {
    pub const ALL: [Section; 5] =
        [Section::Text, Section::ReadOnly, Section::ReadOnlyWithAddresses, Section::Data, Section::Zero];
}

/// The contents of a section.
#[derive(Default)]
pub struct Contents {
    /// Empty for [`Section::Zero`].
    pub bytes: Vec<u8>,
    pub size: u64,
    pub align: u64,
    pub open: Vec<Open>,
}

/// A reference that is still open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Open {
    pub offset: u64,
    pub kind: Kind,
    pub target: Target,
    pub addend: i64,
}

/// How a reference is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Eight bytes: the address.
    Absolute,
    /// Four bytes: the distance.
    Relative,
    /// Four bytes: the distance to a function, or to code that goes there.
    Call,
    /// Four bytes: the distance to a word that holds the address.
    Indirect,
}

/// What is referred to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// The addend holds the offset.
    Section(Section),
    /// An index in [`Image::imports`].
    Import(usize),
}

/// A place in a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub section: Section,
    pub offset: u64,
}

impl Default for Place {
    fn default() -> Place {
        Place { section: Section::Zero, offset: 0 }
    }
}

const TEXT_ALIGN: u64 = 16;

const TRAP_SIZE: usize = size_of::<TrapDesc>();

/// Distances have 32 bits with a sign; the linker puts some more between.
const MAX_SIZE: u64 = (1 << 31) - (1 << 26);

impl Image {
    pub fn new(module: &Module, code: Vec<Code>) -> Result<Image, Error> {
        let mut image = Image {
            sections: Default::default(),
            code,
            functions: SecondaryMap::new(),
            globals: SecondaryMap::new(),
            stubs: FxHashMap::default(),
            imports: Vec::new(),
            table: Default::default(),
            table_count: Place::default(),
        };
        let mut texts = Texts::default();
        for index in 0..image.code.len() {
            let code = &mut image.code[index];
            let (bytes, align) = (std::mem::take(&mut code.bytes), code.align.max(TEXT_ALIGN));
            let place = image.add(Section::Text, &bytes, align);
            image.functions[image.code[index].func] = Some(place.offset);
            image.code[index].bytes = bytes;
        }
        image.globals(module)?;
        let total: u64 = Section::ALL.iter().map(|&s| image.section(s).size).sum();
        if total > MAX_SIZE {
            let what = "code and globals take more than 2 GiB together, which the cranelift backend cannot address";
            return Err(Error::Unsupported(what.to_string()));
        }
        let tables = (0..image.code.len()).map(|i| image.traps(module, i, &mut texts)).collect::<Vec<_>>();
        image.function_table(module, &mut texts);
        image.resolve(module, &tables)?;
        Ok(image)
    }

    pub fn section(&self, section: Section) -> &Contents {
        &self.sections[section as usize]
    }

    /// Adds bytes at an aligned place.
    fn add(&mut self, section: Section, bytes: &[u8], align: u64) -> Place {
        let contents = &mut self.sections[section as usize];
        // Between functions there are instructions that stop.
        let filler = if section == Section::Text { 0xcc } else { 0 };
        contents.align = contents.align.max(align);
        let offset = contents.size.next_multiple_of(align);
        contents.bytes.resize(offset as usize, filler);
        contents.bytes.extend_from_slice(bytes);
        contents.size = contents.bytes.len() as u64;
        Place { section, offset }
    }

    fn globals(&mut self, module: &Module) -> Result<(), Error> {
        for (id, global) in &module.globals {
            let align = global.align.max(1) as u64;
            if global.init.len() as u64 > global.size || !align.is_power_of_two() {
                return Err(Error::Internal(format!("the global {} has no right size or alignment", global.name)));
            }
            let zero = global.relocs.is_empty() && global.init.iter().all(|&b| b == 0);
            self.globals[id] = if zero && !(global.constant && global.size < 64) {
                let contents = &mut self.sections[Section::Zero as usize];
                contents.align = contents.align.max(align);
                let offset = contents.size.next_multiple_of(align);
                contents.size = offset.saturating_add(global.size);
                Place { section: Section::Zero, offset }
            } else {
                if global.size > MAX_SIZE {
                    let what = format!("the global {} takes more than 2 GiB", global.name);
                    return Err(Error::Unsupported(what));
                }
                let mut bytes = global.init.clone();
                bytes.resize(global.size as usize, 0);
                let section = match (global.constant, global.relocs.is_empty()) {
                    (true, true) => Section::ReadOnly,
                    (true, false) => Section::ReadOnlyWithAddresses,
                    (false, _) => Section::Data,
                };
                self.add(section, &bytes, align)
            };
        }
        for (id, global) in &module.globals {
            for reloc in &global.relocs {
                let place = self.globals[id];
                if reloc.offset.checked_add(8).is_none_or(|end| end > global.size) {
                    return Err(Error::Internal(format!("the global {} has an address beyond its end", global.name)));
                }
                let (target, offset) = match reloc.target {
                    RelocTarget::Global(target) => {
                        let target = self.globals[target];
                        (Target::Section(target.section), target.offset as i64)
                    }
                    RelocTarget::Func(func) => self.function_target(module, func),
                };
                self.sections[place.section as usize].open.push(Open {
                    offset: place.offset + reloc.offset,
                    kind: Kind::Absolute,
                    target,
                    addend: offset.wrapping_add(reloc.addend),
                });
            }
        }
        Ok(())
    }

    /// A function and the offset that refers to its start.
    fn function_target(&mut self, module: &Module, func: FuncId) -> (Target, i64) {
        match self.functions[func] {
            Some(start) => (Target::Section(Section::Text), start as i64),
            None if needs_stub(&module.functions[func]) => {
                (Target::Section(Section::Text), self.stub(module, func) as i64)
            }
            None => (self.import(&symbol_name(&module.functions[func])), 0),
        }
    }

    /// Code that goes on to a function with variable arguments. Those expect in `al` how many vector registers may hold
    /// arguments, which Cranelift cannot say.
    fn stub(&mut self, module: &Module, func: FuncId) -> u64 {
        if let Some(&known) = self.stubs.get(&func) {
            return known;
        }
        let target = self.import(&symbol_name(&module.functions[func]));
        let address = self.add(Section::ReadOnlyWithAddresses, &[0; 8], 8);
        let open = Open { offset: address.offset, kind: Kind::Absolute, target, addend: 0 };
        self.sections[Section::ReadOnlyWithAddresses as usize].open.push(open);
        // mov al, 8; jmp [rip + distance to the address]
        let code = self.add(Section::Text, &[0xb0, 8, 0xff, 0x25, 0, 0, 0, 0], TEXT_ALIGN);
        self.sections[Section::Text as usize].open.push(Open {
            offset: code.offset + 4,
            kind: Kind::Relative,
            target: Target::Section(address.section),
            addend: address.offset as i64 - 4,
        });
        self.stubs.insert(func, code.offset);
        code.offset
    }

    fn import(&mut self, name: &str) -> Target {
        let index = self.imports.iter().position(|known| known == name).unwrap_or_else(|| {
            self.imports.push(name.to_string());
            self.imports.len() - 1
        });
        Target::Import(index)
    }

    /// The descriptions of a function's traps.
    fn traps(&mut self, module: &Module, index: usize, texts: &mut Texts) -> Place {
        let func = &module.functions[self.code[index].func];
        let sites = std::mem::take(&mut self.code[index].traps);
        let mut table = Table::new(sites.len() * TRAP_SIZE);
        for (at, site) in sites.iter().enumerate() {
            let at = at * TRAP_SIZE;
            let frames = func.frames(site.loc);
            let pos = frames[0].1;
            table.text(at + offset_of!(TrapDesc, template), site.code.template(), self, texts);
            table.position(
                at,
                [offset_of!(TrapDesc, file), offset_of!(TrapDesc, line), offset_of!(TrapDesc, column)],
                pos,
                module,
                self,
                texts,
            );
            let names = shown_frames(frames.iter().map(|(name, _)| &**name));
            let place = self.frames(&names, texts);
            table.address(at + offset_of!(TrapDesc, frames), place);
            table.word(at + offset_of!(TrapDesc, frames_len), names.len() as u64);
        }
        self.code[index].traps = sites;
        table.add(self)
    }

    /// A list of names; equal ones are one.
    fn frames(&mut self, names: &[&str], texts: &mut Texts) -> Place {
        let key = names.join("\0");
        if let Some(&known) = texts.frames.get(&key) {
            return known;
        }
        let mut table = Table::new(size_of_val(names));
        for (index, name) in names.iter().enumerate() {
            table.text(index * size_of::<Str>(), name, self, texts);
        }
        let place = table.add(self);
        texts.frames.insert(key, place);
        place
    }

    fn function_table(&mut self, module: &Module, texts: &mut Texts) {
        let count = self.code.len() + 1;
        let mut table = Table::new(count * size_of::<FnEntry>());
        let start_of = |offset| Place { section: Section::Text, offset };
        for index in 0..self.code.len() {
            let id = self.code[index].func;
            let at = index * size_of::<FnEntry>();
            let func = &module.functions[id];
            table.address(at + offset_of!(FnEntry, start), start_of(self.functions[id].unwrap_or(0)));
            let (name, decl) = self.shown(module, func);
            table.text(at + offset_of!(FnEntry, name), name, self, texts);
            table.position(
                at,
                [offset_of!(FnEntry, file), offset_of!(FnEntry, line), offset_of!(FnEntry, column)],
                decl,
                module,
                self,
                texts,
            );
        }
        // The last entry has no name: there the program's code ends.
        let end = start_of(self.section(Section::Text).size);
        table.address((count - 1) * size_of::<FnEntry>() + offset_of!(FnEntry, start), end);
        self.table = (table.add(self), count as u64);
        self.table_count = self.add(Section::ReadOnly, &(count as u64).to_le_bytes(), 8);
    }

    /// How a function is shown in backtraces. Where the program's main function is only left inside of what calls it, that
    /// stands for it.
    fn shown<'m>(&self, module: &'m Module, func: &'m Function) -> (&'m str, SourcePos) {
        const MAIN: &str = "main";
        let is_main = |name: &str| source_name(name) == MAIN;
        if &*func.name == ENTRY
            && !self.code.iter().any(|c| is_main(&module.functions[c.func].name))
            && let Some(scope) = func.scopes.values().find(|s| is_main(&s.callee))
        {
            return (MAIN, scope.callee_decl);
        }
        (source_name(&func.name), func.decl)
    }

    /// Closes what refers to code in code, and says of the rest what it refers to.
    fn resolve(&mut self, module: &Module, trap_tables: &[Place]) -> Result<(), Error> {
        for (index, traps) in trap_tables.iter().enumerate() {
            let func = self.code[index].func;
            let start = self.functions[func].unwrap_or(0);
            let relocs = std::mem::take(&mut self.code[index].relocs);
            for reloc in &relocs {
                self.resolve_one(module, func, start, reloc, *traps)?;
            }
            self.code[index].relocs = relocs;
        }
        Ok(())
    }

    fn resolve_one(
        &mut self,
        module: &Module,
        func: FuncId,
        start: u64,
        reloc: &CodeReloc,
        traps: Place,
    ) -> Result<(), Error> {
        let kind = match reloc.kind {
            RelocKind::Abs8 => Kind::Absolute,
            RelocKind::X86PCRel4 => Kind::Relative,
            RelocKind::X86CallPCRel4 | RelocKind::X86CallPLTRel4 => Kind::Call,
            RelocKind::X86GOTPCRel4 => Kind::Indirect,
            other => {
                let name = &module.functions[func].name;
                return Err(Error::Internal(format!("the code of `{name}` has a reference of the kind {other}")));
            }
        };
        let at = start + reloc.offset as u64;
        let (target, target_offset) = match reloc.target {
            CodeTarget::Symbol(Symbol::Func(callee)) => self.function_target(module, callee),
            CodeTarget::Symbol(Symbol::Global(global)) => {
                let place = self.globals[global];
                (Target::Section(place.section), place.offset as i64)
            }
            CodeTarget::Symbol(Symbol::Library(library)) => (self.import(library.symbol()), 0),
            CodeTarget::Symbol(Symbol::Trap(index)) => {
                (Target::Section(traps.section), traps.offset as i64 + index as i64 * TRAP_SIZE as i64)
            }
            CodeTarget::Here(offset) => (Target::Section(Section::Text), (start + offset as u64) as i64),
        };
        let addend = reloc.addend + target_offset;
        let text = &mut self.sections[Section::Text as usize];
        if target == Target::Section(Section::Text) && matches!(kind, Kind::Relative | Kind::Call) {
            let distance = (addend - at as i64) as i32;
            text.bytes[at as usize..][..4].copy_from_slice(&distance.to_le_bytes());
        } else {
            text.open.push(Open { offset: at, kind, target, addend });
        }
        Ok(())
    }
}

/// Whether calls of a function go to code that prepares them.
pub fn needs_stub(func: &Function) -> bool {
    !func.is_definition() && func.sig.variadic.is_some()
}

/// Texts in the read-only section, each there once.
#[derive(Default)]
struct Texts {
    places: FxHashMap<String, Place>,
    frames: FxHashMap<String, Place>,
}

impl Texts {
    fn place(&mut self, text: &str, image: &mut Image) -> Place {
        if let Some(&known) = self.places.get(text) {
            return known;
        }
        let place = image.add(Section::ReadOnly, text.as_bytes(), 1);
        self.places.insert(text.to_string(), place);
        place
    }
}

/// A constant with addresses that is being made.
struct Table {
    bytes: Vec<u8>,
    open: Vec<Open>,
}

impl Table {
    fn new(size: usize) -> Table {
        Table { bytes: vec![0; size], open: Vec::new() }
    }

    fn word(&mut self, at: usize, value: u64) {
        self.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }

    fn half(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    fn address(&mut self, at: usize, place: Place) {
        let (target, addend) = (Target::Section(place.section), place.offset as i64);
        self.open.push(Open { offset: at as u64, kind: Kind::Absolute, target, addend });
    }

    fn text(&mut self, at: usize, text: &str, image: &mut Image, texts: &mut Texts) {
        let place = texts.place(text, image);
        self.address(at + offset_of!(Str, start), place);
        self.word(at + offset_of!(Str, len), text.len() as u64);
    }

    /// A position, as file, line and column at these offsets from `at`.
    fn position(
        &mut self,
        at: usize,
        [file, line, column]: [usize; 3],
        pos: SourcePos,
        module: &Module,
        image: &mut Image,
        texts: &mut Texts,
    ) {
        let name = if pos.line == 0 { "" } else { module.files.get(pos.file).map_or("", |f| f) };
        self.text(at + file, name, image, texts);
        self.half(at + line, pos.line);
        self.half(at + column, pos.col);
    }

    fn add(self, image: &mut Image) -> Place {
        let place = image.add(Section::ReadOnlyWithAddresses, &self.bytes, 8);
        let open = self.open.iter().map(|o| Open { offset: o.offset + place.offset, ..*o });
        image.sections[Section::ReadOnlyWithAddresses as usize].open.extend(open);
        place
    }
}
