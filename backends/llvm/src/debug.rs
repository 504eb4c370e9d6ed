//! Line tables: which source line an instruction comes from, and through which inlined calls.

use crate::module::Unit;
use inkwell::context::Context;
use inkwell::debug_info::{
    AsDIScope, DICompileUnit, DIFile, DIFlagsConstants, DILocation, DISubprogram, DISubroutineType, DWARFEmissionKind,
    DWARFSourceLanguage, DebugInfoBuilder,
};
use inkwell::llvm_sys::prelude::LLVMMetadataRef;
use inkwell::module::FlagBehavior;
use inkwell::values::FunctionValue;
use lang_ir::{FileId, Function, Linkage, Loc, SourcePos, source_name};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The functions that subprograms describe.
pub type Subprograms = FxHashMap<LLVMMetadataRef, Arc<str>>;

/// The debug information of a module while it is being made.
pub struct Debug<'ctx> {
    context: &'ctx Context,
    builder: DebugInfoBuilder<'ctx>,
    unit: DICompileUnit<'ctx>,
    files: Vec<DIFile<'ctx>>,
    /// All functions have this type: their parameters are not described.
    ty: DISubroutineType<'ctx>,
    subprograms: FxHashMap<Arc<str>, DISubprogram<'ctx>>,
    /// The locations of the function that is being translated.
    locations: Vec<Option<DILocation<'ctx>>>,
    optimized: bool,
}

impl<'ctx> Debug<'ctx> {
    pub fn new(unit: &Unit<'_, 'ctx>, optimized: bool) -> Debug<'ctx> {
        let i32 = unit.context.i32_type();
        let version = i32.const_int(inkwell::debug_info::debug_metadata_version().into(), false);
        unit.llvm.add_basic_value_flag("Debug Info Version", FlagBehavior::Warning, version);
        unit.llvm.add_basic_value_flag("Dwarf Version", FlagBehavior::Warning, i32.const_int(5, false));
        let folder = std::env::current_dir().map_or_else(|_| ".".to_string(), |dir| dir.to_string_lossy().into_owned());
        let main = unit.ir.files.values().next().map_or("<ir>", |file| file);
        let (builder, compile_unit) = unit.llvm.create_debug_info_builder(
            true,
            // Debuggers evaluate expressions in a language that they know.
            DWARFSourceLanguage::C,
            main,
            &folder,
            "lang",
            optimized,
            "",
            0,
            "",
            DWARFEmissionKind::Full,
            0,
            false,
            false,
            "",
            "",
        );
        let mut files: Vec<_> = unit.ir.files.values().map(|file| builder.create_file(file, &folder)).collect();
        if files.is_empty() {
            files.push(compile_unit.get_file());
        }
        let ty = builder.create_subroutine_type(files[0], None, &[], DIFlagsConstants::ZERO);
        let mut debug = Debug {
            context: unit.context,
            builder,
            unit: compile_unit,
            files,
            ty,
            subprograms: FxHashMap::default(),
            locations: Vec::new(),
            optimized,
        };
        for function in unit.ir.functions.values().filter(|f| f.is_definition()) {
            debug.subprogram(&function.name, function.decl, function.linkage);
        }
        debug
    }

    /// Begins the translation of a function.
    pub fn enter(&mut self, function: &Function, llvm: FunctionValue<'ctx>) {
        let subprogram = self.subprogram(&function.name, function.decl, function.linkage);
        llvm.set_subprogram(subprogram);
        self.locations = vec![None; function.locs.len()];
    }

    /// A location of the function that was entered last.
    pub fn location(&mut self, function: &Function, loc: Loc) -> DILocation<'ctx> {
        let index = loc.as_u32() as usize;
        if let Some(known) = self.locations[index] {
            return known;
        }
        let data = function.locs[loc];
        let (scope, inlined_at) = match data.scope.expand() {
            None => {
                let name = &function.name;
                (self.subprogram(name, function.decl, function.linkage), None)
            }
            Some(scope) => {
                let call = &function.scopes[scope];
                let subprogram = self.subprogram(&call.callee, call.callee_decl, Linkage::Local);
                (subprogram, Some(self.location(function, call.call_site)))
            }
        };
        let (line, col) = (data.pos.line, data.pos.col);
        let location =
            self.builder.create_debug_location(self.context, line, col, scope.as_debug_info_scope(), inlined_at);
        self.locations[index] = Some(location);
        location
    }

    fn subprogram(&mut self, name: &Arc<str>, decl: SourcePos, linkage: Linkage) -> DISubprogram<'ctx> {
        if let Some(&known) = self.subprograms.get(name) {
            return known;
        }
        let file = self.file(decl.file);
        let subprogram = self.builder.create_function(
            self.unit.as_debug_info_scope(),
            source_name(name),
            // Debuggers would show the name of the symbol instead, which has a prefix.
            None,
            file,
            decl.line,
            self.ty,
            linkage == Linkage::Local,
            true,
            decl.line,
            DIFlagsConstants::ZERO,
            self.optimized,
        );
        self.subprograms.insert(name.clone(), subprogram);
        subprogram
    }

    fn file(&self, file: FileId) -> DIFile<'ctx> {
        *self.files.get(file.as_u32() as usize).unwrap_or(&self.files[0])
    }

    /// Completes the information; before this it is not valid.
    pub fn finish(self) -> Subprograms {
        self.builder.finalize();
        self.subprograms.into_iter().map(|(name, subprogram)| (subprogram.as_mut_ptr(), name)).collect()
    }
}
