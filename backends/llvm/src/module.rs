//! The module around the bodies: declarations with their attributes, globals, descriptions of traps, the function table.

use crate::debug::{Debug, Subprograms};
use crate::function;
use crate::runtime::Attributes;
use crate::traps::Traps;
use crate::{Outcome, internal};
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::llvm_sys::core::LLVMArrayType2;
use inkwell::module::{Linkage as LlvmLinkage, Module as LlvmModule};
use inkwell::targets::TargetMachine;
use inkwell::types::{
    ArrayType, AsTypeRef, BasicMetadataTypeEnum, BasicType, BasicTypeEnum, FunctionType, IntType, PointerType,
};
use inkwell::values::{BasicValueEnum, FunctionValue, GlobalValue, PointerValue, UnnamedAddress};
use inkwell::{AddressSpace, values::BasicValue};
use lang_backend::{CompileOptions, FUNCTION_TABLE, OptLevel, symbol_name};
use lang_ir::{
    ByVal, ENTRY, FuncId, Function, Global, Inline, Linkage, Loc, Module, RelocTarget, Signature, SourcePos, TrapCode,
    Type, source_name,
};
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Translates a module into one of LLVM that its verifier accepts. With debug information, gives the names of its
/// subprograms too.
pub fn build<'ctx>(
    context: &'ctx Context,
    module: &Module,
    options: &CompileOptions,
    machine: &TargetMachine,
) -> Outcome<(LlvmModule<'ctx>, Option<Subprograms>)> {
    let name = module.files.values().next().map_or("program", |file| file);
    let llvm = context.create_module(name);
    // First of all: the layout decides the alignment of everything that follows.
    llvm.set_triple(&machine.get_triple());
    llvm.set_data_layout(&machine.get_target_data().get_data_layout());

    let mut unit = Unit::new(context, llvm, module)?;
    unit.declare_functions()?;
    unit.define_globals();
    let mut debug = options.debug_info.then(|| Debug::new(&unit, options.opt_level != OptLevel::None));
    for (id, function) in &module.functions {
        if function.is_definition() {
            function::translate(&unit, debug.as_mut(), id, function)?;
        }
    }
    let subprograms = debug.map(Debug::finish);
    unit.llvm.verify().map_err(|e| internal(format!("LLVM's verifier: {}", e.to_string_lossy().trim_end())))?;
    Ok((unit.llvm, subprograms))
}

/// What the translation of bodies looks up.
pub struct Unit<'a, 'ctx> {
    pub context: &'ctx Context,
    pub llvm: LlvmModule<'ctx>,
    pub ir: &'a Module,
    pub attributes: Attributes<'ctx>,
    pub ptr: PointerType<'ctx>,
    functions: Vec<FunctionValue<'ctx>>,
    globals: Vec<GlobalValue<'ctx>>,
    trap: Option<FunctionValue<'ctx>>,
    traps: RefCell<Traps<'ctx>>,
}

impl<'a, 'ctx> Unit<'a, 'ctx> {
    fn new(context: &'ctx Context, llvm: LlvmModule<'ctx>, ir: &'a Module) -> Outcome<Unit<'a, 'ctx>> {
        Ok(Unit {
            context,
            llvm,
            ir,
            attributes: Attributes::new(context)?,
            ptr: context.ptr_type(AddressSpace::default()),
            functions: Vec::new(),
            globals: Vec::new(),
            trap: None,
            traps: RefCell::default(),
        })
    }

    pub fn function(&self, id: FuncId) -> FunctionValue<'ctx> {
        self.functions[id.as_u32() as usize]
    }

    pub fn global(&self, id: lang_ir::GlobalId) -> PointerValue<'ctx> {
        self.globals[id.as_u32() as usize].as_pointer_value()
    }

    pub fn int(&self, ty: Type) -> IntType<'ctx> {
        let c = self.context;
        match ty {
            Type::I1 => c.bool_type(),
            Type::I8 => c.i8_type(),
            Type::I16 | Type::F16 => c.i16_type(),
            Type::I32 | Type::F32 => c.i32_type(),
            Type::I64 | Type::F64 | Type::Ptr => c.i64_type(),
            Type::I128 => c.i128_type(),
        }
    }

    pub fn ty(&self, ty: Type) -> BasicTypeEnum<'ctx> {
        let c = self.context;
        match ty {
            Type::I1 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::I128 => self.int(ty).into(),
            Type::F16 => c.f16_type().into(),
            Type::F32 => c.f32_type().into(),
            Type::F64 => c.f64_type().into(),
            Type::Ptr => self.ptr.into(),
        }
    }

    /// The type of what crosses the border to C: an `i1` is a byte there.
    fn c_ty(&self, ty: Type) -> BasicTypeEnum<'ctx> {
        self.ty(if ty == Type::I1 { Type::I8 } else { ty })
    }

    /// The type of a function of the program, or of an imported one.
    pub fn fn_type(&self, sig: &Signature, imported: bool) -> FunctionType<'ctx> {
        let ty = |ty| if imported { self.c_ty(ty) } else { self.ty(ty) };
        let fixed = sig.variadic.map_or(sig.params.len(), |fixed| fixed as usize);
        let params: Vec<BasicMetadataTypeEnum> = sig.params[..fixed].iter().map(|p| ty(p.ty).into()).collect();
        let variadic = sig.variadic.is_some();
        match sig.results[..] {
            [] => self.context.void_type().fn_type(&params, variadic),
            [one] => ty(one).fn_type(&params, variadic),
            _ => {
                let results: Vec<_> = sig.results.iter().map(|&r| ty(r)).collect();
                self.context.struct_type(&results, false).fn_type(&params, variadic)
            }
        }
    }

    /// What a declaration and each call say of the parameters that are passed by value.
    pub fn by_value(&self, sig: &Signature) -> Outcome<Vec<(AttributeLoc, Attribute)>> {
        let mut attributes = Vec::new();
        for (index, param) in sig.params.iter().enumerate() {
            let Some(ByVal { size, align }) = param.byval else { continue };
            let place = AttributeLoc::Param(index as u32);
            let kind = self.attribute("byval")?.get_enum_kind_id();
            let memory = self.context.i8_type().array_type(size).into();
            attributes.push((place, self.context.create_type_attribute(kind, memory)));
            let kind = self.attribute("align")?.get_enum_kind_id();
            attributes.push((place, self.context.create_enum_attribute(kind, align.into())));
        }
        Ok(attributes)
    }

    fn declare_functions(&mut self) -> Outcome<()> {
        for function in self.ir.functions.values() {
            let declared = self.declare(function)?;
            self.functions.push(declared);
        }
        let word = self.context.i64_type().into();
        let trap_type = self.context.void_type().fn_type(&[self.ptr.into(), word, word, word, word], false);
        let trap = match self.llvm.get_function("lang_rt_trap") {
            Some(known) if known.get_type() == trap_type => known,
            Some(_) => return Err(internal("lang_rt_trap is declared with a strange signature")),
            None => self.llvm.add_function("lang_rt_trap", trap_type, None),
        };
        // Attributes stand at each call, as they depend on the trap.
        for name in ["cold", "noreturn", "nounwind"] {
            trap.add_attribute(AttributeLoc::Function, self.attribute(name)?);
        }
        self.trap = Some(trap);
        Ok(())
    }

    fn declare(&self, function: &Function) -> Outcome<FunctionValue<'ctx>> {
        let imported = function.linkage == Linkage::Import;
        if imported == function.is_definition() {
            return Err(internal(format!("function {} has the wrong linkage", function.name)));
        }
        let linkage = match function.linkage {
            Linkage::Import | Linkage::Export => LlvmLinkage::External,
            Linkage::Local => LlvmLinkage::Internal,
        };
        let ty = self.fn_type(&function.sig, imported);
        let llvm = self.llvm.add_function(&symbol_name(function), ty, Some(linkage));
        let add = |name: &str| -> Outcome<()> {
            llvm.add_attribute(AttributeLoc::Function, self.attribute(name)?);
            Ok(())
        };
        let add_all = |place, attributes: Vec<Attribute>| {
            for attribute in attributes {
                llvm.add_attribute(place, attribute);
            }
        };

        let attrs = function.attrs;
        add("nounwind")?;
        match attrs.inline {
            Inline::Auto => {}
            Inline::Always => add("alwaysinline")?,
            Inline::Never => add("noinline")?,
        }
        if attrs.cold {
            add("cold")?;
        }
        if attrs.noreturn {
            add("noreturn")?;
        }
        // Of a definition LLVM finds out itself what it does to memory; a promise would let it drop calls that trap.
        match (imported, attrs.pure_, attrs.readonly) {
            (true, true, _) => add_all(AttributeLoc::Function, self.attributes.of_function("promise.pure")),
            (true, false, true) => add_all(AttributeLoc::Function, self.attributes.of_function("promise.readonly")),
            (true, false, false) | (false, _, _) => {}
        }
        for (index, param) in function.sig.params.iter().enumerate() {
            let place = AttributeLoc::Param(index as u32);
            if imported && let Some(attribute) = self.extension(param.ty)? {
                llvm.add_attribute(place, attribute);
            }
            if param.ty != Type::Ptr {
                continue;
            }
            if param.noalias {
                llvm.add_attribute(place, self.attribute("noalias")?);
            }
            if param.nonnull {
                llvm.add_attribute(place, self.attribute("nonnull")?);
            }
            if param.readonly {
                add_all(place, self.attributes.of_param("promise.readonly", 0));
            }
        }
        for (place, attribute) in self.by_value(&function.sig)? {
            llvm.add_attribute(place, attribute);
        }
        if imported {
            // What C leaves above a small result is not known; the run-time library gives an extended bool.
            if let [result @ Type::I1] = function.sig.results[..]
                && let Some(attribute) = self.extension(result)?
            {
                llvm.add_attribute(AttributeLoc::Return, attribute);
            }
            self.attributes.copy(&function.name, llvm);
        } else {
            if function.linkage == Linkage::Export && function.sig.results[..] == [Type::I1] {
                llvm.add_attribute(AttributeLoc::Return, self.attribute("zeroext")?);
            }
            // Backtraces follow the chain of frame pointers; a function that calls nothing is in no backtrace.
            self.add_text_attribute(llvm, "frame-pointer", "non-leaf");
            // A frame bigger than a page touches every page, so that it cannot jump over the guard page.
            self.add_text_attribute(llvm, "probe-stack", "inline-asm");
        }
        Ok(llvm)
    }

    /// C's caller fills a register above a small integer.
    fn extension(&self, ty: Type) -> Outcome<Option<Attribute>> {
        match ty {
            Type::I1 | Type::I8 | Type::I16 => self.attribute("zeroext").map(Some),
            _ => Ok(None),
        }
    }

    fn attribute(&self, name: &str) -> Outcome<Attribute> {
        match Attribute::get_named_enum_kind_id(name) {
            0 => Err(internal(format!("LLVM does not know the attribute {name}"))),
            kind => Ok(self.context.create_enum_attribute(kind, 0)),
        }
    }

    fn add_text_attribute(&self, function: FunctionValue<'ctx>, key: &str, value: &str) {
        function.add_attribute(AttributeLoc::Function, self.context.create_string_attribute(key, value));
    }

    fn define_globals(&mut self) {
        // All first, as their contents refer to each other.
        for global in self.ir.globals.values() {
            let layout: Vec<_> = Piece::of(global).map(|piece| self.piece_type(&piece)).collect();
            let ty: BasicTypeEnum = match layout[..] {
                [one] => one,
                _ => self.context.struct_type(&layout, true).into(),
            };
            let llvm = self.llvm.add_global(ty, None, &format!("lang.{}", global.name));
            llvm.set_alignment(global.align);
            if global.constant {
                llvm.set_linkage(LlvmLinkage::Private);
                llvm.set_constant(true);
                llvm.set_unnamed_address(UnnamedAddress::Global);
            } else {
                llvm.set_linkage(LlvmLinkage::Internal);
            }
            self.globals.push(llvm);
        }
        for (id, global) in &self.ir.globals {
            let values: Vec<_> = Piece::of(global).map(|piece| self.piece_value(&piece)).collect();
            let value = match values[..] {
                [one] => one,
                _ => self.context.const_struct(&values, true).into(),
            };
            self.globals[id.as_u32() as usize].set_initializer(&value);
        }
    }

    fn piece_type(&self, piece: &Piece<'_>) -> BasicTypeEnum<'ctx> {
        match piece {
            Piece::Bytes(bytes) => bytes_type(self.context, bytes.len() as u64).into(),
            Piece::Zeros(count) => bytes_type(self.context, *count).into(),
            Piece::Address(..) => self.ptr.into(),
        }
    }

    fn piece_value(&self, piece: &Piece<'_>) -> BasicValueEnum<'ctx> {
        match *piece {
            Piece::Bytes(bytes) => self.context.const_string(bytes, false).into(),
            Piece::Zeros(count) => bytes_type(self.context, count).const_zero().into(),
            Piece::Address(target, addend) => {
                let start = match target {
                    RelocTarget::Global(global) => self.global(global),
                    RelocTarget::Func(func) => self.function(func).as_global_value().as_pointer_value(),
                };
                if addend == 0 {
                    return start.into();
                }
                let addend = self.context.i64_type().const_int(addend as u64, true);
                // SAFETY: a constant expression without `inbounds` has no requirement on its offset.
                unsafe { start.const_gep(self.context.i8_type(), &[addend]) }.into()
            }
        }
    }

    /// The function that reports a trap.
    pub fn trap(&self) -> FunctionValue<'ctx> {
        self.trap.expect("functions are declared before bodies are translated")
    }

    /// The static description of a trap at a location.
    pub fn trap_description(&self, code: TrapCode, function: &Function, loc: Loc) -> PointerValue<'ctx> {
        self.traps.borrow_mut().description(self, code, function, loc)
    }
}

/// What a global consists of, in order, without gaps.
enum Piece<'a> {
    Bytes(&'a [u8]),
    Zeros(u64),
    Address(RelocTarget, i64),
}

impl<'a> Piece<'a> {
    /// The pieces of a global; at least one.
    fn of(global: &'a Global) -> impl Iterator<Item = Piece<'a>> {
        let mut pieces = Vec::new();
        let mut at = 0;
        for reloc in &global.relocs {
            Piece::plain(global, at, reloc.offset, &mut pieces);
            pieces.push(Piece::Address(reloc.target, reloc.addend));
            at = reloc.offset + 8;
        }
        Piece::plain(global, at, global.size, &mut pieces);
        if pieces.is_empty() {
            pieces.push(Piece::Zeros(0));
        }
        pieces.into_iter()
    }

    /// The bytes from `start` to `end`, where no addresses are.
    fn plain(global: &'a Global, start: u64, end: u64, pieces: &mut Vec<Piece<'a>>) {
        let stored = (global.init.len() as u64).clamp(start, end);
        if stored > start {
            let bytes = &global.init[start as usize..stored as usize];
            let zero = bytes.iter().all(|&b| b == 0);
            pieces.push(if zero { Piece::Zeros(stored - start) } else { Piece::Bytes(bytes) });
        }
        if end > stored {
            pieces.push(Piece::Zeros(end - stored));
        }
    }
}

fn bytes_type(context: &Context, count: u64) -> ArrayType<'_> {
    // SAFETY: the result is an array type; inkwell's own method takes 32 bits only.
    unsafe { ArrayType::new(LLVMArrayType2(context.i8_type().as_type_ref(), count)) }
}

/// Adds a constant that only its contents matter of.
pub fn constant<'ctx>(
    llvm: &LlvmModule<'ctx>,
    value: BasicValueEnum<'ctx>,
    align: u32,
    name: &str,
) -> PointerValue<'ctx> {
    let global = llvm.add_global(value.get_type(), None, name);
    global.set_initializer(&value);
    global.set_constant(true);
    global.set_linkage(LlvmLinkage::Private);
    global.set_unnamed_address(UnnamedAddress::Global);
    global.set_alignment(align);
    global.as_pointer_value()
}

/// Texts that have become constants.
#[derive(Default)]
pub struct Strings<'ctx>(FxHashMap<String, PointerValue<'ctx>>);

impl<'ctx> Strings<'ctx> {
    /// Address and length of a text.
    pub fn get(&mut self, context: &'ctx Context, llvm: &LlvmModule<'ctx>, text: &str) -> [BasicValueEnum<'ctx>; 2] {
        let start = match self.0.get(text) {
            Some(&known) => known,
            None => {
                let bytes = context.const_string(text.as_bytes(), false);
                let start = constant(llvm, bytes.into(), 1, "lang.text");
                self.0.insert(text.to_string(), start);
                start
            }
        };
        [start.into(), context.i64_type().const_int(text.len() as u64, false).into()]
    }
}

/// The name of the file of a position.
pub fn file_name(module: &Module, pos: SourcePos) -> &str {
    module.files.get(pos.file).map_or("", |name| name)
}

/// Keeps a call in front of a return a call: a jump would take the caller out of the backtrace. Recursion has become a loop
/// where it can.
pub fn keep_frames<'ctx>(context: &'ctx Context, llvm: &LlvmModule<'ctx>) {
    let attribute = context.create_string_attribute("disable-tail-calls", "true");
    for function in llvm.get_functions().filter(|f| f.count_basic_blocks() > 0) {
        function.add_attribute(AttributeLoc::Function, attribute);
    }
}

/// Adds the table of the functions that are left, for backtraces. It takes their addresses, so it has to come behind the
/// optimizations that want to see all uses of a function.
pub fn add_function_table<'ctx>(context: &'ctx Context, llvm: &LlvmModule<'ctx>, module: &Module) {
    let known: FxHashMap<String, &Function> =
        module.functions.values().filter(|f| f.is_definition()).map(|f| (symbol_name(f), f)).collect();
    let mut strings = Strings::default();
    let mut rows = Vec::new();
    let (c, int) = (context, context.i64_type());
    let row_type = c.struct_type(
        &[
            c.ptr_type(AddressSpace::default()).into(),
            c.ptr_type(AddressSpace::default()).into(),
            int.into(),
            c.ptr_type(AddressSpace::default()).into(),
            int.into(),
            c.i32_type().into(),
            c.i32_type().into(),
        ],
        false,
    );
    for function in llvm.get_functions().filter(|f| f.count_basic_blocks() > 0) {
        let symbol = function.get_name().to_string_lossy().into_owned();
        let Some(source) = origin(&known, &symbol) else { continue };
        let (name, decl) = match *source.name == *ENTRY && llvm.get_function("lang.main").is_none() {
            true => inlined_main(module, source),
            false => (source_name(&source.name), source.decl),
        };
        let [name, name_len] = strings.get(c, llvm, name);
        let [file, file_len] = strings.get(c, llvm, file_name(module, decl));
        let start = function.as_global_value().as_pointer_value();
        rows.push(row_type.const_named_struct(&[
            start.into(),
            name,
            name_len,
            file,
            file_len,
            c.i32_type().const_int(decl.line.into(), false).into(),
            c.i32_type().const_int(decl.col.into(), false).into(),
        ]));
    }
    let count = int.const_int(rows.len() as u64, false);
    let table = row_type.const_array(&rows);
    for (name, value) in [(FUNCTION_TABLE.0, table.as_basic_value_enum()), (FUNCTION_TABLE.1, count.into())] {
        let global = llvm.add_global(value.get_type(), None, name);
        global.set_initializer(&value);
        global.set_constant(true);
        global.set_alignment(8);
    }
}

/// What backtraces call the entry after the program's main function was inlined into it, and where that is declared.
fn inlined_main<'a>(module: &Module, entry: &'a Function) -> (&'a str, SourcePos) {
    const MAIN: &str = "main";
    let function = module.function(MAIN).map(|main| module.functions[main].decl);
    let scope = || entry.scopes.values().find(|scope| &*scope.callee == MAIN).map(|scope| scope.callee_decl);
    match function.or_else(scope) {
        Some(decl) => (MAIN, decl),
        None => (&entry.name, entry.decl),
    }
}

/// The function that a symbol comes from: LLVM names its variants by a suffix behind a dot.
fn origin<'a>(known: &FxHashMap<String, &'a Function>, symbol: &str) -> Option<&'a Function> {
    let mut name = symbol;
    loop {
        if let Some(function) = known.get(name) {
            return Some(function);
        }
        name = &name[..name.rfind('.')?];
    }
}
