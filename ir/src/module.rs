//! A module: the functions, globals, signatures and source files of one program.

use crate::*;
use cranelift_entity::PrimaryMap;

/// The name of the exported function `() -> i32` that the run-time library calls: it runs the program.
pub const ENTRY: &str = "lang_main";

/// A whole program, or what is compiled as one.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// Names of the source files as the user gave them.
    pub files: PrimaryMap<FileId, String>,
    /// The libraries that imported functions come from.
    pub libraries: Vec<Library>,
    /// Folders in which libraries are looked for.
    pub link_paths: Vec<String>,
    pub functions: PrimaryMap<FuncId, Function>,
    pub globals: PrimaryMap<GlobalId, Global>,
    pub signatures: PrimaryMap<SigId, Signature>,
}

/// A library that is not part of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Library {
    /// As `m` of `libm`, or the path of a file, which has a slash.
    pub name: String,
    /// Where it is asked for first.
    pub decl: SourcePos,
}

/// A piece of memory that lives as long as the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Global {
    /// Unique among the module's globals.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// In bytes, a power of two.
    pub align: u32,
    /// Never written.
    pub constant: bool,
    /// The first bytes; the rest is zero.
    pub init: Vec<u8>,
    /// Addresses to be filled in, by ascending offset; eight bytes each.
    pub relocs: Vec<Reloc>,
}

/// An address within a global's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reloc {
    /// Where it is stored, in bytes from the start of the global.
    pub offset: u64,
    pub target: RelocTarget,
    /// Added to the target's address.
    pub addend: i64,
}

/// What an address points to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelocTarget {
    Global(GlobalId),
    Func(FuncId),
}

impl Module {
    /// The id of a signature, added if it is new.
    pub fn signature(&mut self, sig: Signature) -> SigId {
        match self.signatures.iter().find(|(_, known)| **known == sig) {
            Some((id, _)) => id,
            None => self.signatures.push(sig),
        }
    }

    /// The function of this name.
    pub fn function(&self, name: &str) -> Option<FuncId> {
        self.functions.iter().find(|(_, f)| &*f.name == name).map(|(id, _)| id)
    }

    /// The program's entry function, if the module has one.
    pub fn entry(&self) -> Option<FuncId> {
        self.function(ENTRY).filter(|&f| self.functions[f].is_definition())
    }
}
