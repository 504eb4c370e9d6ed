//! From the typed tree to SSA IR.
//!
//! Read [`lower`] and [`Cx`] here, then `repr` (how values are held), `code` (instructions and memory), `abi` and `foreign` (calls), and `body`
//! (a function's body), which `place`, `expr`, `ops`, `control`, `pattern` and `loops` continue. `print` and `equal` make code for
//! types instead of trees; `data` lays out constants, `tidy` leaves out repetitions. `parallel` shares the bodies out to threads, `session` lowers a few functions of a program that is
//! still being checked, to run them while compiling.
//!
//! Names of IR functions are those that backtraces show, with a `#` and a number behind the second of a name and those that
//! follow. What is made here has a name with a colon, as `print:Point`, which no source has.

mod abi;
mod body;
mod builtin;
mod code;
mod control;
mod data;
mod enums;
mod equal;
mod errors;
mod expr;
mod foreign;
mod loops;
mod ops;
mod parallel;
mod pattern;
mod place;
mod print;
mod repr;
pub(crate) mod runtime;
mod session;
mod switch;
mod test;
#[cfg(test)]
mod tests;
mod tidy;

use crate::hir::{self, Body, Func, FuncId, FuncKind, Program};
use crate::intern::Interner;
use crate::source::{SourceMap, Span};
use crate::types::{Ty, TyKind};
use code::Code;
use cranelift_entity::packed_option::ReservedValue;
use lang_ir::{FileId, FuncAttrs, Function, GlobalId, Inline, Linkage, Module, Signature, SourcePos, Type};
use repr::{Repr, Reprs};
use runtime::Runtime;
use rustc_hash::{FxHashMap, FxHashSet};
pub(crate) use session::Session;
use std::rc::Rc;
pub use test::PASSED;

/// The stack of the thread that lowers: enough for the deepest tree that is allowed, in unoptimized builds too.
const STACK_SIZE: usize = 256 << 20;

/// Lowers a program that was checked without errors. Its bodies are gone as soon as they are lowered.
pub fn lower(sources: &SourceMap, interner: &Interner, program: Program) -> Module {
    lower_for(sources, interner, program, Purpose::Run)
}

/// Lowers a program that was checked without errors, to run its tests: see [`test`].
pub fn lower_tests(sources: &SourceMap, interner: &Interner, program: Program) -> Module {
    lower_for(sources, interner, program, Purpose::Test)
}

/// What the program is lowered for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    Run,
    Test,
}

fn lower_for(sources: &SourceMap, interner: &Interner, program: Program, purpose: Purpose) -> Module {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("lower".to_string())
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, || lower_here(sources, interner, program, purpose, None))
            .expect("a thread to lower in");
        match thread.join() {
            Ok(module) => module,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// `threads`: see [`Cx::lower_bodies`].
fn lower_here(
    sources: &SourceMap,
    interner: &Interner,
    mut program: Program,
    purpose: Purpose,
    threads: Option<usize>,
) -> Module {
    // What has to know all bodies comes first.
    let functions_as_values = print::functions_as_values(&program);
    let main = program.main.filter(|_| purpose == Purpose::Test);
    let take = |(index, func): (usize, &mut Func)| match &mut func.kind {
        // Of a script, the tests need parts again.
        FuncKind::Body(body) if main == Some(FuncId(index as u32)) => Some(body.clone()),
        FuncKind::Body(body) => Some(std::mem::take(body)),
        FuncKind::Extern { .. } | FuncKind::Unused => None,
    };
    let mut bodies: Vec<Option<Body>> = program.funcs.iter_mut().enumerate().map(take).collect();
    let mut cx = Cx::new(sources, interner, &program, purpose);
    cx.functions_as_values = Some(functions_as_values);
    cx.declare_libraries();
    cx.declare_functions();
    cx.define_globals();
    cx.gather_exposed();
    let wanted = bodies.iter_mut().zip(&program.funcs).enumerate().filter(|(_, (_, func))| cx.is_wanted(func));
    let wanted = wanted.filter_map(|(index, (body, _))| Some((FuncId(index as u32), body.take()?))).collect();
    cx.lower_bodies(wanted, threads);
    match (purpose, program.main) {
        (Purpose::Test, _) => cx.define_test_entry(),
        (Purpose::Run, Some(main)) => cx.define_entry(main),
        (Purpose::Run, None) => {}
    }
    cx.define_pending();
    cx.redirect_to_exposed();
    cx.module
}

/// Code that is made for a type or for all of a program, once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Synth {
    /// `(T)`: writes a value; strings and chars quoted if so.
    Print(Ty, bool),
    /// `(T, T) -> i1`
    Equal(Ty),
    /// `(ptr, ptr, i64) -> i1`: whether that many bytes are equal.
    EqualBytes,
    /// `(str, str) -> i1`: whether the first is less, by bytes.
    LessStr,
    /// `(ptr, i64, i64) -> i32, i64`: the character of a text at a position before its end, and the position behind it.
    DecodeChar,
    /// Prepares a library, once.
    Start,
    /// What C calls in place of this function.
    ForC(FuncId),
    /// Calls this foreign function, and is called as our functions are.
    OfC(FuncId),
}

/// What is known of the program while its functions are lowered.
struct Cx<'p> {
    sources: &'p SourceMap,
    interner: &'p Interner,
    program: &'p Program,
    purpose: Purpose,
    module: Module,
    reprs: Reprs<'p>,
    /// By `hir::FuncId`.
    funcs: Vec<lang_ir::FuncId>,
    /// By `hir::GlobalId`.
    globals: Vec<GlobalId>,
    /// By `hir::ConstId`, made when first used.
    constants: Vec<Option<GlobalId>>,
    /// By `hir::DataId`, made when first used.
    data: Vec<Option<GlobalId>>,
    exposed: Option<data::ExposedMemory>,
    /// Texts in memory, each once.
    texts: FxHashMap<Box<[u8]>, GlobalId>,
    /// Names of functions that are taken.
    names: FxHashSet<String>,
    runtime: FxHashMap<&'static str, lang_ir::FuncId>,
    /// Functions whose addresses the program takes, once somebody asked for them.
    functions_as_values: Option<Rc<[FuncId]>>,
    synths: FxHashMap<Synth, lang_ir::FuncId>,
    /// Declared and not yet defined.
    pending: Vec<(Synth, lang_ir::FuncId)>,
    /// The spans behind positions, for what is run while compiling.
    spans: Option<FxHashMap<SourcePos, Span>>,
}

impl<'p> Cx<'p> {
    fn new(sources: &'p SourceMap, interner: &'p Interner, program: &'p Program, purpose: Purpose) -> Cx<'p> {
        let mut module = Module::default();
        for (_, file) in sources.files() {
            module.files.push(file.name.clone());
        }
        let names = FxHashSet::from_iter([lang_ir::ENTRY.to_string()]);
        Cx {
            sources,
            interner,
            program,
            purpose,
            module,
            reprs: Reprs::new(program),
            funcs: Vec::with_capacity(program.funcs.len()),
            globals: Vec::with_capacity(program.globals.len()),
            constants: vec![None; program.constants.len()],
            data: vec![None; program.data.len()],
            exposed: None,
            texts: FxHashMap::default(),
            names,
            runtime: FxHashMap::default(),
            functions_as_values: None,
            synths: FxHashMap::default(),
            pending: Vec::new(),
            spans: None,
        }
    }

    fn repr(&mut self, ty: Ty) -> Rc<Repr> {
        self.reprs.of(ty)
    }

    /// Line and column of a span's start.
    fn pos(&mut self, span: Span) -> SourcePos {
        let at = self.sources.line_col(span);
        let pos = SourcePos { file: FileId::from_u32(span.file.0), line: at.line, col: at.col };
        if let Some(spans) = &mut self.spans {
            spans.entry(pos).or_insert(span);
        }
        pos
    }

    /// A name for a function that no other has.
    fn unique_name(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_string();
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{wanted}#{number}");
        }
        name
    }

    /// Whether there is code for this function: tests are compiled only to be run.
    fn is_wanted(&self, func: &crate::hir::Func) -> bool {
        !matches!(func.kind, FuncKind::Unused) && (self.purpose == Purpose::Test || !func.attrs.test_only)
    }

    fn declare_functions(&mut self) {
        // Names that others know come first: they cannot change.
        let mut foreign: FxHashMap<&str, lang_ir::FuncId> = FxHashMap::default();
        let program = self.program;
        let is_foreign = |func: &hir::Func| func.attrs.export || matches!(func.kind, FuncKind::Extern { .. });
        for func in program.funcs.iter().filter(|func| is_foreign(func)) {
            self.names.insert(func.symbol.clone());
        }
        for (index, func) in program.funcs.iter().enumerate() {
            if !self.is_wanted(func) {
                // Nothing that is compiled refers to it.
                self.funcs.push(lang_ir::FuncId::reserved_value());
                continue;
            }
            let is_extern = matches!(func.kind, FuncKind::Extern { .. });
            if let Some(&known) = foreign.get(func.symbol.as_str()).filter(|_| is_extern) {
                self.funcs.push(known);
                continue;
            }
            let sig = if is_extern { self.foreign_signature(func) } else { self.signature(&func.params, func.result) };
            let exported_itself = func.attrs.export && self.exports_itself(func);
            let (linkage, name) = match (is_extern, exported_itself) {
                (true, _) => (Linkage::Import, func.symbol.clone()),
                (false, true) => (Linkage::Export, func.symbol.clone()),
                (false, false) => (Linkage::Local, self.unique_name(&func.path)),
            };
            let id = self.declare(func, &name, linkage, sig);
            self.funcs.push(id);
            if is_extern {
                foreign.insert(&func.symbol, id);
            } else if func.attrs.export && !exported_itself {
                let id = self.declare_for_c(FuncId(index as u32), &func.symbol, Linkage::Export);
                self.pending.push((Synth::ForC(FuncId(index as u32)), id));
            }
        }
    }

    fn declare(&mut self, func: &hir::Func, name: &str, linkage: Linkage, sig: Signature) -> lang_ir::FuncId {
        let mut function = Function::new(name, linkage, sig);
        function.decl = self.pos(func.span);
        function.attrs = FuncAttrs {
            inline: match (func.attrs.inline, func.attrs.noinline) {
                (_, true) => Inline::Never,
                (true, false) => Inline::Always,
                (false, false) => Inline::Auto,
            },
            cold: func.attrs.cold,
            noreturn: func.result == Ty::NEVER,
            fast_math: func.attrs.fast_math,
            ..FuncAttrs::default()
        };
        self.module.functions.push(function)
    }

    /// The libraries that the program asks for, and where they are looked for.
    fn declare_libraries(&mut self) {
        for library in &self.program.libraries {
            let name = String::from_utf8_lossy(&self.program[library.name]).into_owned();
            if !self.module.libraries.iter().any(|known| known.name == name) {
                let decl = self.pos(library.span);
                self.module.libraries.push(lang_ir::Library { name, decl });
            }
        }
        let texts = self.program.link_paths.iter().map(|&path| &self.program[path]);
        self.module.link_paths = texts.map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    }

    /// Whether an exported function needs no other before it that C calls.
    fn exports_itself(&mut self, func: &hir::Func) -> bool {
        !self.is_library() && self.is_called_alike(func)
    }

    /// Whether C calls the program and not the other way round: then the first call prepares it.
    fn is_library(&self) -> bool {
        self.purpose == Purpose::Run && self.program.main.is_none()
    }

    /// See [`Synth::Start`].
    fn define_start(&mut self, id: lang_ir::FuncId) {
        let started = self.empty_global("started".to_string(), Ty::BOOL, false);
        let program = self.program;
        let mut code = Code::new(self, id);
        let (first, end) = (code.new_block(), code.new_block());
        let place = code::Mem::global(started, false);
        let is_started = code.load(Type::I1, place);
        code.brif(is_started, end, first);
        code.switch_to(first);
        let yes = code.bool(true);
        code.store(yes, place);
        code.call_runtime(runtime::START_LIBRARY, &[]);
        if let Some(init) = program.init {
            let init = code.cx.funcs[init.index()];
            code.call(init, &[]);
        }
        code.jump(end);
        code.switch_to(end);
        code.return_(&[]);
        code.finish();
    }

    /// `lang_main`: runs the initialisers of globals, then `main`.
    fn define_entry(&mut self, main: FuncId) {
        let function = Function::new(lang_ir::ENTRY, Linkage::Export, Signature::new(&[], &[Type::I32]));
        let id = self.module.functions.push(function);
        let program = self.program;
        let mut code = Code::new(self, id);
        code.at(program[main].span);
        if program.funcs.iter().any(|func| matches!(func.kind, FuncKind::Extern { .. })) {
            code.call_runtime(runtime::SHARE_STDOUT, &[]);
        }
        if let Some(init) = program.init {
            let init = code.cx.funcs[init.index()];
            code.call(init, &[]);
        }
        let callee = code.cx.funcs[main.index()];
        let result = program[main].result;
        if let TyKind::Result { .. } = program.types.kind(result) {
            let val = code.call_val(abi::Callee::Func(callee), &[], result, None);
            let status = code.main_status(result, &val);
            code.return_(&[status]);
            return code.finish();
        }
        let results = code.call(callee, &[]);
        let status = match results[..] {
            [status] => {
                let signed = program.types.is_signed(program[main].result);
                code.resize(status, Type::I32, signed)
            }
            _ => code.iconst(Type::I32, 0),
        };
        if code.cx.module.functions[callee].attrs.noreturn {
            code.unreachable();
        } else {
            code.return_(&[status]);
        }
        code.finish();
    }

    /// A function of the run-time library, declared when it is first used.
    fn runtime(&mut self, function: &'static Runtime) -> lang_ir::FuncId {
        let functions = &mut self.module.functions;
        *self.runtime.entry(function.name).or_insert_with(|| functions.push(function.declaration()))
    }

    /// The function that does this, declared when it is first used.
    fn synth(&mut self, synth: Synth) -> lang_ir::FuncId {
        if let Some(&id) = self.synths.get(&synth) {
            return id;
        }
        let (name, sig) = match synth {
            Synth::Print(ty, quoted) => {
                let name = if quoted { "print" } else { "print_plain" };
                (format!("{name}:{}", self.program.types.name(ty, self.interner)), self.signature(&[ty], Ty::VOID))
            }
            Synth::Equal(ty) => {
                let name = format!("equal:{}", self.program.types.name(ty, self.interner));
                (name, self.signature(&[ty, ty], Ty::BOOL))
            }
            Synth::EqualBytes => {
                ("equal:bytes".to_string(), Signature::new(&[Type::Ptr, Type::Ptr, Type::I64], &[Type::I1]))
            }
            Synth::LessStr => ("less:str".to_string(), self.signature(&[Ty::STR, Ty::STR], Ty::BOOL)),
            Synth::DecodeChar => {
                let params = [Type::Ptr, Type::I64, Type::I64];
                ("decode:char".to_string(), Signature::new(&params, &[Type::I32, Type::I64]))
            }
            Synth::Start => ("start:library".to_string(), Signature::default()),
            Synth::ForC(func) => {
                let func = &self.program[func];
                (format!("callback:{}", func.path), self.foreign_signature(func))
            }
            Synth::OfC(func) => {
                let func = &self.program[func];
                (format!("foreign:{}", func.path), self.signature(&func.params, func.result))
            }
        };
        let name = self.unique_name(&name);
        let id = self.module.functions.push(Function::new(&name, Linkage::Local, sig));
        self.synths.insert(synth, id);
        self.pending.push((synth, id));
        id
    }

    fn define_pending(&mut self) {
        while let Some((synth, id)) = self.pending.pop() {
            self.define_synth(synth, id);
        }
    }

    fn define_synth(&mut self, synth: Synth, id: lang_ir::FuncId) {
        if synth == Synth::Start {
            return self.define_start(id);
        }
        let mut code = Code::new(self, id);
        match synth {
            Synth::Print(ty, quoted) => code.define_print(ty, quoted),
            Synth::Equal(ty) => code.define_equal(ty),
            Synth::EqualBytes => code.define_equal_bytes(),
            Synth::LessStr => code.define_less_str(),
            Synth::DecodeChar => code.define_decode_char(),
            Synth::Start => unreachable!("has code of its own"),
            Synth::ForC(func) => code.define_for_c(func),
            Synth::OfC(func) => code.define_of_c(func),
        }
        code.finish();
    }
}
