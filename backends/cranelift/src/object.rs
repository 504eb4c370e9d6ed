//! The image as an ELF object file.

use crate::debug;
use crate::image::{Image, Kind, Section, Target};
use cranelift_codegen::isa::OwnedTargetIsa;
use lang_backend::{Error, FUNCTION_TABLE, symbol_name};
use lang_ir::{Linkage, Module};
use object::write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, RelocationKind, SectionKind,
    SymbolFlags, SymbolKind, SymbolScope,
};

/// With fewer functions, another thread takes longer to begin than it saves.
const SERIAL_FUNCTIONS: usize = 500;

/// Writes the object file.
pub fn write(module: &Module, image: &Image, isa: &OwnedTargetIsa, debug_info: bool) -> Result<Vec<u8>, Error> {
    // What debuggers need takes as long to make as all else.
    let lines = || debug_info.then(|| debug::lines(module, image)).transpose();
    let rest = || Ok::<_, Error>((debug::unwinding(image, isa)?, contents(module, image)?));
    let (lines, rest) = match image.code.len() {
        0..SERIAL_FUNCTIONS => (lines(), rest()),
        _ => rayon::join(lines, rest),
    };
    let (unwinding, (mut object, text)) = rest?;
    unwinding.add_to(&mut object, text)?;
    if let Some(lines) = lines? {
        lines.add_to(&mut object, text)?;
    }
    object.write().map_err(failed)
}

/// The object file without what debuggers need, and the symbol of the code's section.
fn contents<'o>(module: &Module, image: &Image) -> Result<(Object<'o>, SymbolId), Error> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let sections = Section::ALL.map(|section| {
        object.section_id(match section {
            Section::Text => StandardSection::Text,
            Section::ReadOnly => StandardSection::ReadOnlyData,
            Section::ReadOnlyWithAddresses => StandardSection::ReadOnlyDataWithRel,
            Section::Data => StandardSection::Data,
            Section::Zero => StandardSection::UninitializedData,
        })
    });
    for section in Section::ALL {
        let (id, contents) = (sections[section as usize], image.section(section));
        let align = contents.align.max(1);
        if section == Section::Zero {
            object.append_section_bss(id, contents.size, align);
        } else {
            object.set_section_data(id, contents.bytes.clone(), align);
        }
    }
    define(module, image, &mut object, &sections);
    let section_symbols = sections.map(|id| object.section_symbol(id));
    let imports = image.imports.iter().map(|name| {
        object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Unknown,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        })
    });
    let imports = imports.collect::<Vec<SymbolId>>();
    for section in Section::ALL {
        for open in &image.section(section).open {
            let symbol = match open.target {
                Target::Section(s) => section_symbols[s as usize],
                Target::Import(i) => imports[i],
            };
            let (kind, encoding, size) = match open.kind {
                Kind::Absolute => (RelocationKind::Absolute, RelocationEncoding::Generic, 64),
                Kind::Relative => (RelocationKind::Relative, RelocationEncoding::Generic, 32),
                Kind::Call => (RelocationKind::PltRelative, RelocationEncoding::X86Branch, 32),
                Kind::Indirect => (RelocationKind::GotRelative, RelocationEncoding::Generic, 32),
            };
            let flags = RelocationFlags::Generic { kind, encoding, size };
            let relocation = Relocation { offset: open.offset, symbol, addend: open.addend, flags };
            object.add_relocation(sections[section as usize], relocation).map_err(failed)?;
        }
    }
    // The stack is not executable.
    object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
    Ok((object, section_symbols[Section::Text as usize]))
}

pub fn failed(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("object file: {error}"))
}

/// Defines the symbols of functions, globals and the table of functions.
fn define(module: &Module, image: &Image, object: &mut Object<'_>, sections: &[SectionId; 5]) {
    let mut define = |name: String, value, size, kind, scope, section: Section| {
        object.add_symbol(Symbol {
            name: name.into_bytes(),
            value,
            size,
            kind,
            scope,
            weak: false,
            section: SymbolSection::Section(sections[section as usize]),
            flags: SymbolFlags::None,
        });
    };
    for code in &image.code {
        let func = &module.functions[code.func];
        let scope = match func.linkage {
            Linkage::Local | Linkage::Import => SymbolScope::Compilation,
            Linkage::Export => SymbolScope::Dynamic,
        };
        let start = image.functions[code.func].unwrap_or(0);
        define(symbol_name(func), start, code.bytes.len() as u64, SymbolKind::Text, scope, Section::Text);
    }
    for (id, global) in &module.globals {
        let place = image.globals[id];
        let name = format!("lang.{}", global.name);
        define(name, place.offset, global.size, SymbolKind::Data, SymbolScope::Compilation, place.section);
    }
    let (table, entries) = image.table;
    let size = entries * size_of::<lang_rt::trap::FnEntry>() as u64;
    let (name, count_name) = FUNCTION_TABLE;
    for (name, place, size) in [(name, table, size), (count_name, image.table_count, 8)] {
        define(name.to_string(), place.offset, size, SymbolKind::Data, SymbolScope::Linkage, place.section);
    }
}
