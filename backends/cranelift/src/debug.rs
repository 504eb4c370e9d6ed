//! What debuggers need: `.eh_frame`, which unwinds the stack, and DWARF with functions and lines. There is nothing about
//! variables, of which the IR knows nothing.

use crate::image::{Image, Section as ImageSection};
use crate::object::failed;
use cranelift_codegen::isa::OwnedTargetIsa;
use gimli::write::{
    Address, AttributeValue, DwarfUnit, EhFrame, EndianVec, Expression, FileId as DwarfFile, FrameTable, LineProgram,
    LineString, RelocateWriter, Relocation, RelocationTarget, Sections,
};
use gimli::{
    DW_AT_comp_dir, DW_AT_decl_file, DW_AT_decl_line, DW_AT_external, DW_AT_frame_base, DW_AT_high_pc, DW_AT_language,
    DW_AT_low_pc, DW_AT_name, DW_AT_producer, DW_EH_PE_pcrel, DW_EH_PE_sdata4, DW_LANG_C99, DW_TAG_subprogram,
    Encoding, Format, LineEncoding, LittleEndian, SectionId as DwarfSection,
};
use lang_backend::Error;
use lang_ir::{FileId, Linkage, Module, SourcePos, source_name};
use object::write::{Object, Relocation as ObjectRelocation, SectionId, StandardSection, StandardSegment, SymbolId};
use object::{RelocationEncoding, RelocationFlags, RelocationKind, SectionKind};
use rustc_hash::FxHashMap;

/// Every address is an offset from the start of the text.
const TEXT: usize = 0;

fn text(offset: u64) -> Address {
    Address::Symbol { symbol: TEXT, addend: offset as i64 }
}

/// `.eh_frame`, if there is such a thing.
pub struct Unwinding(Option<EhFrame<Writer>>);

/// The sections of DWARF.
pub struct Lines(Sections<Writer>);

/// Makes `.eh_frame`.
pub fn unwinding(image: &Image, isa: &OwnedTargetIsa) -> Result<Unwinding, Error> {
    let Some(mut cie) = isa.create_systemv_cie() else { return Ok(Unwinding(None)) };
    // An absolute address would have to be filled in by the loader, in a section that is read-only.
    cie.fde_address_encoding = gimli::DwEhPe(DW_EH_PE_pcrel.0 | DW_EH_PE_sdata4.0);
    let mut table = FrameTable::default();
    let cie = table.add_cie(cie);
    for code in &image.code {
        if let Some(unwind) = &code.unwind {
            table.add_fde(cie, unwind.to_fde(text(image.functions[code.func].unwrap_or(0))));
        }
    }
    let mut frame = EhFrame(Writer::default());
    table.write_eh_frame(&mut frame).map_err(failed)?;
    Ok(Unwinding(Some(frame)))
}

impl Unwinding {
    pub fn add_to(&self, object: &mut Object<'_>, text_symbol: SymbolId) -> Result<(), Error> {
        let Some(EhFrame(writer)) = &self.0 else { return Ok(()) };
        let section = object.section_id(StandardSection::EhFrame);
        object.append_section_data(section, writer.bytes.slice(), 8);
        let symbols = |target| match target {
            RelocationTarget::Symbol(_) => Ok(text_symbol),
            RelocationTarget::Section(_) => Err(failed("an unexpected reference in .eh_frame")),
        };
        relocate(object, section, &writer.relocations, symbols)
    }
}

/// Makes DWARF.
pub fn lines(module: &Module, image: &Image) -> Result<Lines, Error> {
    let mut dwarf = Dwarf::new(module, image);
    for index in 0..image.code.len() {
        dwarf.function(module, image, index);
    }
    let mut sections = Sections::new(Writer::default());
    dwarf.unit.write(&mut sections).map_err(failed)?;
    Ok(Lines(sections))
}

impl Lines {
    pub fn add_to(&self, object: &mut Object<'_>, text_symbol: SymbolId) -> Result<(), Error> {
        // Sections, and the symbols that stand for them.
        let mut made = Vec::<(DwarfSection, SectionId, SymbolId)>::new();
        self.0.for_each(|id, writer| {
            if !writer.bytes.slice().is_empty() {
                let segment = object.segment_name(StandardSegment::Debug).to_vec();
                let kind = if id.is_string() { SectionKind::DebugString } else { SectionKind::Debug };
                let section = object.add_section(segment, id.name().as_bytes().to_vec(), kind);
                object.append_section_data(section, writer.bytes.slice(), 1);
                made.push((id, section, object.section_symbol(section)));
            }
            Ok::<(), Error>(())
        })?;
        self.0.for_each(|id, writer| {
            let Some(&(_, section, _)) = made.iter().find(|m| m.0 == id) else { return Ok(()) };
            let symbols = |target| match target {
                RelocationTarget::Symbol(_) => Ok(text_symbol),
                RelocationTarget::Section(to) => match made.iter().find(|m| m.0 == to) {
                    Some(&(_, _, symbol)) => Ok(symbol),
                    None => Err(failed(format!("a reference to {}, which is empty", to.name()))),
                },
            };
            relocate(object, section, &writer.relocations, symbols)
        })
    }
}

fn relocate(
    object: &mut Object<'_>,
    section: SectionId,
    relocations: &[Relocation],
    symbols: impl Fn(RelocationTarget) -> Result<SymbolId, Error>,
) -> Result<(), Error> {
    for relocation in relocations {
        let kind = if relocation.eh_pe.is_some() { RelocationKind::Relative } else { RelocationKind::Absolute };
        let flags = RelocationFlags::Generic { kind, encoding: RelocationEncoding::Generic, size: relocation.size * 8 };
        let symbol = symbols(relocation.target)?;
        let relocation =
            ObjectRelocation { offset: relocation.offset as u64, symbol, addend: relocation.addend, flags };
        object.add_relocation(section, relocation).map_err(failed)?;
    }
    Ok(())
}

const ENCODING: Encoding = Encoding { format: Format::Dwarf32, version: 5, address_size: 8 };

struct Dwarf {
    unit: DwarfUnit,
    files: FxHashMap<FileId, DwarfFile>,
}

impl Dwarf {
    fn new(module: &Module, image: &Image) -> Dwarf {
        let mut unit = DwarfUnit::new(ENCODING);
        let entry = module.entry().map(|f| module.functions[f].decl.file);
        let name = entry.and_then(|f| module.files.get(f)).or(module.files.values().next());
        let name = name.map_or("unknown", |n| n.as_str());
        // File names are as the user gave them: relative to where the debugger is started.
        let folder = LineString::new(".", ENCODING, &mut unit.line_strings);
        let file = LineString::new(file_name(name), ENCODING, &mut unit.line_strings);
        unit.unit.line_program = LineProgram::new(ENCODING, LineEncoding::default(), folder, None, file, None);
        let attributes = [
            (DW_AT_producer, AttributeValue::StringRef(unit.strings.add("lang"))),
            // The nearest language that debuggers know.
            (DW_AT_language, AttributeValue::Language(DW_LANG_C99)),
            (DW_AT_name, AttributeValue::StringRef(unit.strings.add(file_name(name)))),
            (DW_AT_comp_dir, AttributeValue::StringRef(unit.strings.add("."))),
            (DW_AT_low_pc, AttributeValue::Address(text(0))),
            (DW_AT_high_pc, AttributeValue::Udata(image.section(ImageSection::Text).size)),
        ];
        let root = unit.unit.root();
        for (attribute, value) in attributes {
            unit.unit.get_mut(root).set(attribute, value);
        }
        Dwarf { unit, files: FxHashMap::default() }
    }

    fn function(&mut self, module: &Module, image: &Image, index: usize) {
        let code = &image.code[index];
        let func = &module.functions[code.func];
        let start = image.functions[code.func].unwrap_or(0);
        let size = code.bytes.len() as u64;
        let name = source_name(&func.name).replace('\0', "?");
        let mut frame_base = Expression::new();
        frame_base.op(gimli::DW_OP_call_frame_cfa);
        // Without the name of the symbol, which debuggers would show instead.
        let mut attributes = vec![
            (DW_AT_name, AttributeValue::StringRef(self.unit.strings.add(name))),
            (DW_AT_low_pc, AttributeValue::Address(text(start))),
            (DW_AT_high_pc, AttributeValue::Udata(size)),
            (DW_AT_frame_base, AttributeValue::Exprloc(frame_base)),
        ];
        if func.linkage == Linkage::Export {
            attributes.push((DW_AT_external, AttributeValue::Flag(true)));
        }
        if let Some(file) = self.file(module, func.decl) {
            attributes.push((DW_AT_decl_file, AttributeValue::FileIndex(Some(file))));
            attributes.push((DW_AT_decl_line, AttributeValue::Udata(func.decl.line as u64)));
        }
        let root = self.unit.unit.root();
        let entry = self.unit.unit.add(root, DW_TAG_subprogram);
        for (attribute, value) in attributes {
            self.unit.unit.get_mut(entry).set(attribute, value);
        }
        self.rows(module, image, index, start, size);
    }

    /// A function without any known position gets no rows.
    fn rows(&mut self, module: &Module, image: &Image, index: usize, start: u64, size: u64) {
        let code = &image.code[index];
        let func = &module.functions[code.func];
        let positions = code.lines.iter().map(|&(at, _, loc)| (at as u64, func.locs[loc].pos));
        let known = positions.filter(|(_, pos)| pos.line != 0 && module.files.is_valid(pos.file)).collect::<Vec<_>>();
        let first = if func.decl.line != 0 { Some(func.decl) } else { known.first().map(|&(_, pos)| pos) };
        let Some(first) = first else { return };
        self.unit.unit.line_program.begin_sequence(Some(text(start)));
        // Debuggers take the row at the start for the function's position, and stop at the next one.
        let mut last = None;
        let body = known.into_iter().map(|(at, pos)| (at, pos, true));
        for (at, pos, in_body) in std::iter::once((0, first, false)).chain(body) {
            if last == Some((pos, in_body)) {
                continue;
            }
            let Some(file) = self.file(module, pos) else { continue };
            let row = self.unit.unit.line_program.row();
            row.address_offset = at;
            row.file = file;
            row.line = pos.line as u64;
            row.column = pos.col as u64;
            row.prologue_end = in_body && last.is_some_and(|(_, in_body)| !in_body);
            self.unit.unit.line_program.generate_row();
            last = Some((pos, in_body));
        }
        self.unit.unit.line_program.end_sequence(size);
    }

    fn file(&mut self, module: &Module, pos: SourcePos) -> Option<DwarfFile> {
        let name = module.files.get(pos.file).filter(|_| pos.line != 0)?;
        if let Some(&known) = self.files.get(&pos.file) {
            return Some(known);
        }
        let name = LineString::new(file_name(name), ENCODING, &mut self.unit.line_strings);
        let program = &mut self.unit.unit.line_program;
        let folder = program.default_directory();
        let file = program.add_file(name, folder, None);
        self.files.insert(pos.file, file);
        Some(file)
    }
}

/// Names in DWARF end with a zero byte and are not empty.
fn file_name(name: &str) -> String {
    if name.is_empty() { "unknown".to_string() } else { name.replace('\0', "?") }
}

#[derive(Clone, Default)]
pub(crate) struct Writer {
    bytes: Bytes,
    relocations: Vec<Relocation>,
}

#[derive(Clone)]
struct Bytes(EndianVec<LittleEndian>);

impl Default for Bytes {
    fn default() -> Bytes {
        Bytes(EndianVec::new(LittleEndian))
    }
}

impl Bytes {
    fn slice(&self) -> &[u8] {
        self.0.slice()
    }
}

impl RelocateWriter for Writer {
    type Writer = EndianVec<LittleEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.bytes.0
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.bytes.0
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}
