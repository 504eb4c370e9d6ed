//! Lowering a few functions of a program that is still being checked, each once, to run them while compiling.

use super::body::{lower_body, lower_thunk};
use super::repr::{Repr, Reprs};
use super::{Cx, Purpose, Synth};
use crate::hir::{self, Body, FuncId, FuncKind, GlobalId, GlobalInit, Program};
use crate::intern::Interner;
use crate::source::{SourceMap, Span};
use crate::types::{Ty, TyKind};
use lang_ir::{Function, Linkage, Module, Signature, SourcePos, Type};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// Stands for what is not lowered yet.
const NONE: u32 = u32::MAX - 1;

/// The module that grows from constant to constant.
#[derive(Default)]
pub(crate) struct Session {
    pub module: Module,
    /// The function that computes the constant at hand; made anew for each.
    pub thunk: Option<lang_ir::FuncId>,
    reprs: Vec<Option<Rc<Repr>>>,
    funcs: Vec<lang_ir::FuncId>,
    globals: Vec<lang_ir::GlobalId>,
    constants: Vec<Option<lang_ir::GlobalId>>,
    data: Vec<Option<lang_ir::GlobalId>>,
    texts: FxHashMap<Box<[u8]>, lang_ir::GlobalId>,
    names: FxHashSet<String>,
    runtime: FxHashMap<&'static str, lang_ir::FuncId>,
    synths: FxHashMap<Synth, lang_ir::FuncId>,
    spans: FxHashMap<SourcePos, Span>,
    /// Functions that print functions by name: made anew when there are more functions.
    printers: Vec<(Synth, lang_ir::FuncId)>,
    sources_of_funcs: FxHashMap<lang_ir::FuncId, FuncId>,
    sources_of_globals: FxHashMap<lang_ir::GlobalId, GlobalId>,
}

impl Session {
    /// Whether a function is lowered, and with it all that it calls.
    pub fn has(&self, func: FuncId) -> bool {
        self.funcs.get(func.index()).is_some_and(|id| id.as_u32() != NONE)
    }

    /// The function of the program that this one was lowered from.
    pub fn func(&self, id: lang_ir::FuncId) -> Option<FuncId> {
        self.sources_of_funcs.get(&id).copied()
    }

    pub fn global(&self, id: lang_ir::GlobalId) -> Option<GlobalId> {
        self.sources_of_globals.get(&id).copied()
    }

    /// What stands at a position of the module.
    pub fn span(&self, pos: SourcePos) -> Option<Span> {
        self.spans.get(&pos).copied()
    }

    /// Adds functions and globals of the program, and makes the thunk of a body without parameters.
    pub fn lower(
        &mut self,
        (sources, interner): (&SourceMap, &Interner),
        program: &Program,
        (funcs, globals): (&[FuncId], &[GlobalId]),
        (body, ty, span): (&Body, Ty, Span),
    ) {
        let mut cx = self.enter(sources, interner, program);
        let known: Vec<lang_ir::GlobalId> = globals.iter().map(|&global| cx.session_global(global)).collect();
        let declared: Vec<lang_ir::FuncId> = funcs.iter().map(|&func| cx.session_func(func)).collect();
        if !funcs.is_empty() {
            for &(synth, id) in &self.printers {
                let Function { name, linkage, sig, .. } = &cx.module.functions[id];
                cx.module.functions[id] = Function::new(name, *linkage, sig.clone());
                cx.pending.push((synth, id));
            }
        }
        for &global in globals {
            let source = &program[global];
            if let (GlobalInit::Const(value), false) = (&source.init, source.mutable) {
                let id = cx.globals[global.index()];
                cx.fill(id, source.ty, value);
                cx.module.globals[id].constant = true;
            }
        }
        for &func in funcs {
            if let FuncKind::Body(body) = &program[func].kind {
                lower_body(&mut cx, func, body);
            }
        }
        let thunk = Function::new("constant", Linkage::Local, Signature::new(&[Type::Ptr], &[]));
        let id = match self.thunk {
            Some(id) => {
                cx.module.functions[id] = thunk;
                id
            }
            None => cx.module.functions.push(thunk),
        };
        lower_thunk(&mut cx, id, ty, span, body);
        cx.define_pending();
        let is_printer = |synth: Synth| match synth {
            Synth::Print(ty, _) => matches!(program.types.kind(ty), TyKind::Fn { .. }),
            _ => false,
        };
        let synths = cx.synths.iter().map(|(&synth, &id)| (synth, id));
        self.printers = synths.filter(|&(synth, _)| is_printer(synth)).collect();
        self.leave(cx);
        self.thunk = Some(id);
        self.sources_of_funcs.extend(declared.into_iter().zip(funcs.iter().copied()));
        self.sources_of_globals.extend(known.into_iter().zip(globals.iter().copied()));
    }

    fn enter<'p>(&mut self, sources: &'p SourceMap, interner: &'p Interner, program: &'p Program) -> Cx<'p> {
        let mut cx = Cx::new(sources, interner, program, Purpose::Run);
        if self.module.files.is_empty() {
            std::mem::swap(&mut self.module, &mut cx.module);
        }
        cx.module = std::mem::take(&mut self.module);
        cx.reprs = Reprs::with(program, std::mem::take(&mut self.reprs));
        cx.funcs = std::mem::take(&mut self.funcs);
        cx.funcs.resize(program.funcs.len(), lang_ir::FuncId::from_u32(NONE));
        cx.globals = std::mem::take(&mut self.globals);
        cx.globals.resize(program.globals.len(), lang_ir::GlobalId::from_u32(NONE));
        cx.constants = std::mem::take(&mut self.constants);
        cx.constants.resize(program.constants.len(), None);
        cx.data = std::mem::take(&mut self.data);
        cx.data.resize(program.data.len(), None);
        cx.texts = std::mem::take(&mut self.texts);
        cx.names = std::mem::take(&mut self.names);
        cx.runtime = std::mem::take(&mut self.runtime);
        cx.synths = std::mem::take(&mut self.synths);
        cx.spans = Some(std::mem::take(&mut self.spans));
        cx
    }

    fn leave(&mut self, cx: Cx<'_>) {
        self.module = cx.module;
        self.reprs = cx.reprs.into_known();
        self.funcs = cx.funcs;
        self.globals = cx.globals;
        self.constants = cx.constants;
        self.data = cx.data;
        self.texts = cx.texts;
        self.names = cx.names;
        self.runtime = cx.runtime;
        self.synths = cx.synths;
        self.spans = cx.spans.unwrap_or_default();
    }
}

impl Cx<'_> {
    /// Declares a function that is not there yet.
    fn session_func(&mut self, func: FuncId) -> lang_ir::FuncId {
        let program = self.program;
        let hir = &program[func];
        let is_extern = matches!(hir.kind, FuncKind::Extern { .. });
        let sig = if is_extern { self.foreign_signature(hir) } else { self.signature(&hir.params, hir.result) };
        let linkage = if is_extern { Linkage::Import } else { Linkage::Local };
        let name = if is_extern { hir.symbol.clone() } else { self.unique_name(&hir.path) };
        let id = self.declare(hir, &name, linkage, sig);
        self.funcs[func.index()] = id;
        id
    }

    /// All functions with bodies that are lowered so far.
    pub(super) fn session_funcs(&self) -> Rc<[FuncId]> {
        let lowered = (0..self.funcs.len()).filter(|&index| {
            self.funcs[index].as_u32() != NONE && matches!(self.program.funcs[index].kind, FuncKind::Body(_))
        });
        lowered.map(|index| FuncId(index as u32)).collect()
    }

    /// The memory of a global; it is hidden from what runs until its value is known.
    fn session_global(&mut self, global: GlobalId) -> lang_ir::GlobalId {
        let known = self.globals[global.index()];
        if known.as_u32() != NONE {
            return known;
        }
        let hir::Global { symbol, ty, .. } = &self.program[global];
        let id = self.empty_global(format!("{symbol}:{}", global.0), *ty, false);
        self.globals[global.index()] = id;
        id
    }
}
