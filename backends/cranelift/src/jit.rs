//! A program in this process: its image loaded into memory, and run.
//!
//! One mapping holds all sections, so that the distances between them fit in 32 bits. While it is filled, it is writable
//! and not executable; then each section gets its own rights.

use crate::image::{Image, Kind, Section, Target};
use crate::isa::Isas;
use crate::{compile, isa, library};
use lang_backend::library::{self as foreign, missing_function};
use lang_backend::{Error, OptLevel};
use lang_ir::graph::reachable;
use lang_ir::{FuncId, Module};
use lang_rt::trap::FnEntry;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// A program that is ready to run.
pub struct Program {
    memory: Memory,
    entry: usize,
    functions: Vec<FnEntry>,
}

impl Program {
    /// Compiles and loads what the program's entry needs.
    pub fn new(module: &Module, opt_level: OptLevel) -> Result<Program, Error> {
        let Some(entry) = module.entry() else {
            return Err(Error::Internal("the module has no function to start with".to_string()));
        };
        let mut needed = reachable(module, entry);
        needed.retain(|&func| module.functions[func].is_definition());
        let loaded = Loaded::new(module, &needed, &isa::for_jit(opt_level)?)?;
        let functions = loaded.functions();
        let Some(entry) = loaded.address(entry) else {
            return Err(Error::Internal("the entry has no code".to_string()));
        };
        Ok(Program { memory: loaded.memory, entry, functions })
    }

    /// Runs the program and gives its status; a program that traps or exits ends the process.
    pub fn run(&self, args: &[OsString]) -> i32 {
        let args = args.iter().map(|a| a.as_bytes()).collect::<Vec<_>>();
        // The code and its data live as long as `self`.
        unsafe { lang_rt::start::run(self.main(), &self.functions, &args) }
    }

    /// The program's entry and its table of functions, for [`lang_rt::start::run_captured`].
    pub fn parts(&self) -> (unsafe extern "C" fn() -> i32, &[FnEntry]) {
        (self.main(), &self.functions)
    }

    fn main(&self) -> unsafe extern "C" fn() -> i32 {
        debug_assert!(self.entry - self.memory.start < self.memory.size);
        unsafe { std::mem::transmute::<usize, unsafe extern "C" fn() -> i32>(self.entry) }
    }
}

/// Functions that are ready to be called.
pub struct Loaded {
    memory: Memory,
    image: Image,
    /// Where each section is.
    bases: [usize; 5],
}

impl Loaded {
    pub fn new(module: &Module, funcs: &[FuncId], isas: &Isas) -> Result<Loaded, Error> {
        let image = Image::new(module, compile::compile(module, funcs, isas, compile::Text::None)?)?;
        let foreign = foreign::Loaded::open(module)?;
        let mut imports = Vec::new();
        for name in &image.imports {
            match library::known(name).or_else(|| foreign.address(name)) {
                Some(address) => imports.push(address.addr()),
                None => return Err(no_function(module, name)),
            }
        }
        let mut offsets = [0usize; 5];
        let mut size = 0usize;
        for section in Section::ALL {
            let contents = image.section(section);
            let align = contents.align.max(Memory::PAGE as u64) as usize;
            offsets[section as usize] = size.next_multiple_of(align);
            size = offsets[section as usize] + contents.size as usize;
        }
        let most_aligned = Section::ALL.iter().map(|&s| image.section(s).align as usize).max().unwrap_or(0);
        let memory = Memory::new(size, most_aligned)?;
        let bases = offsets.map(|o| memory.start + o);
        for section in Section::ALL {
            let contents = image.section(section);
            memory.write(offsets[section as usize], &contents.bytes);
            for open in &contents.open {
                let target = match open.target {
                    Target::Section(s) => bases[s as usize],
                    Target::Import(i) => imports[i],
                };
                let target = target.wrapping_add_signed(open.addend as isize);
                let at = offsets[section as usize] + open.offset as usize;
                let distance = target.wrapping_sub(memory.start + at) as isize;
                match (open.kind, i32::try_from(distance)) {
                    (Kind::Absolute, _) => memory.write(at, &target.to_le_bytes()),
                    (Kind::Relative | Kind::Call, Ok(distance)) => memory.write(at, &distance.to_le_bytes()),
                    _ => return Err(Error::Internal("code refers to something too far away".to_string())),
                }
            }
        }
        for (section, rights) in [
            (Section::Text, Memory::READ | Memory::EXECUTE),
            (Section::ReadOnly, Memory::READ),
            (Section::ReadOnlyWithAddresses, Memory::READ),
        ] {
            memory.protect(offsets[section as usize], image.section(section).bytes.len(), rights)?;
        }
        Ok(Loaded { memory, image, bases })
    }

    /// Where the code of a function is.
    pub fn address(&self, func: FuncId) -> Option<usize> {
        Some(self.bases[Section::Text as usize] + self.image.functions[func]? as usize)
    }

    fn functions(&self) -> Vec<FnEntry> {
        let (place, count) = self.image.table;
        let table = self.bases[place.section as usize] + place.offset as usize;
        let table = std::ptr::with_exposed_provenance::<FnEntry>(table);
        // The section is there and aligned, and `count` entries were put into it.
        unsafe { std::slice::from_raw_parts(table, count as usize) }.to_vec()
    }
}

fn no_function(module: &Module, name: &str) -> Error {
    match module.function(name) {
        Some(func) => Error::Missing(Box::new(missing_function(module, &module.functions[func]))),
        None => Error::Internal(format!("there is no function `{name}` in this process")),
    }
}

/// A mapping of memory, unmapped when dropped.
struct Memory {
    start: usize,
    size: usize,
    /// The mapping itself, with room for the alignment.
    mapping: (usize, usize),
}

impl Memory {
    const PAGE: usize = 4096;
    const READ: i32 = 1;
    const WRITE: i32 = 2;
    const EXECUTE: i32 = 4;

    /// Zeros, readable and writable.
    fn new(size: usize, align: usize) -> Result<Memory, Error> {
        const PRIVATE_ANONYMOUS: i32 = 0x22;
        let size = size.max(1).next_multiple_of(Memory::PAGE);
        let align = align.max(Memory::PAGE);
        let room = size + (align - Memory::PAGE);
        let at = unsafe { c::mmap(0, room, Memory::READ | Memory::WRITE, PRIVATE_ANONYMOUS, -1, 0) };
        if at == usize::MAX {
            return Err(Error::Environment(format!("no memory for the program: {}", std::io::Error::last_os_error())));
        }
        Ok(Memory { start: at.next_multiple_of(align), size, mapping: (at, room) })
    }

    fn write(&self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.size);
        let to = std::ptr::with_exposed_provenance_mut::<u8>(self.start + at);
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    fn protect(&self, at: usize, len: usize, rights: i32) -> Result<(), Error> {
        if len == 0 || unsafe { c::mprotect(self.start + at, len, rights) } == 0 {
            return Ok(());
        }
        Err(Error::Environment(format!("no right to run code in memory: {}", std::io::Error::last_os_error())))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        unsafe { c::munmap(self.mapping.0, self.mapping.1) };
    }
}

mod c {
    unsafe extern "C" {
        pub fn mmap(address: usize, size: usize, rights: i32, flags: i32, file: i32, offset: i64) -> usize;
        pub fn mprotect(address: usize, size: usize, rights: i32) -> i32;
        pub fn munmap(address: usize, size: usize) -> i32;
    }
}
