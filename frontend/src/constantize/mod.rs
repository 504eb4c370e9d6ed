//! The value of any expression, computed while compiling by running it.
//!
//! What `consteval` cannot see through, calls above all, comes here: [`needs`](mod@needs) finds the functions that an expression calls
//! and has them checked, `lower::session` makes IR of them, the [`Evaluator`](lang_ir::evaluate::Evaluator) of the driver runs it,
//! [`read`](mod@read) turns the memory that the result lies in into data of the program, and [`report`](mod@report) says what went wrong.
//!
//! A function is checked when the first constant needs it, and lowered once for all of them.

mod needs;
mod read;
mod report;

use crate::check::Cx;
use crate::hir::{self, Body, ConstValue, DataId, ExprKind, FuncKind, GlobalInit, PlaceKind};
use crate::lower::Session;
use crate::source::Span;
use crate::types::Ty;
use lang_ir::evaluate::Run;
use needs::Needs;
use read::Reader;
use rustc_hash::FxHashSet;
use std::mem::take;

/// What is kept from one constant to the next.
#[derive(Default)]
pub(crate) struct State {
    /// The functions and globals that are lowered, at their numbers; the rest of it is empty between two constants.
    program: hir::Program,
    session: Session,
    /// Functions whose bodies are being checked.
    open: FxHashSet<hir::FuncId>,
    /// Functions whose bodies have errors.
    broken: FxHashSet<hir::FuncId>,
    /// Types whose layout is known, with all that is in them.
    sized: FxHashSet<Ty>,
    /// Globals that were not constant when they were first needed.
    hidden: Vec<hir::GlobalId>,
    /// Constants that wait for others through the body of a function.
    depth: u32,
    /// Constants and globals that wait for others.
    pub waiting: u32,
}

/// How many constants may wait for each other, each through the body of a function.
const MAX_DEPTH: u32 = 200;
/// How many constants, globals or types may wait for each other. Those in the order of their use wait for none.
const MAX_WAITING: u32 = 4000;

/// What is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub ty: Ty,
    /// The whole constant.
    pub span: Span,
    /// How many diagnostics there were before the constant was checked.
    pub errors: usize,
}

impl Cx<'_> {
    /// Runs a body without parameters; what keeps it from having a value is reported.
    pub(crate) fn run_constant(&mut self, body: &Body, wanted: Wanted) -> Option<ConstValue> {
        let evaluator = self.options.evaluator?;
        if has_errors(body) {
            // Reported where something was declared.
            return None;
        }
        if self.constantize.depth >= MAX_DEPTH {
            self.report_too_deep(
                wanted.span,
                MAX_DEPTH,
                "constants",
                "each is needed by a function that the one before calls",
            );
            return None;
        }
        self.constantize.depth += 1;
        let needs = self.constant_needs(body, wanted);
        self.constantize.depth -= 1;
        let needs = needs?;

        let mut state = take(&mut self.constantize);
        self.lend(&mut state, &needs);
        let sources = (self.sources, &*self.interner);
        let State { program, session, .. } = &mut state;
        session.lower(sources, program, (&needs.funcs, &needs.globals), (body, wanted.ty, wanted.span));
        let layout = program.types.layout(wanted.ty);
        let run = Run {
            func: session.thunk.expect("just lowered"),
            size: layout.size,
            align: layout.align,
            limits: self.options.limits,
        };
        let mut value = None;
        let ran = evaluator.evaluate(&session.module, &run, &mut |memory, address| {
            let reader = Reader::new(&program.types, session, memory, self.options.limits);
            value = Some(reader.read(address, wanted.ty));
        });
        self.take_back(&mut state, &needs);
        self.constantize = state;
        match (ran, value) {
            (Ok(_), Some(Ok(value))) => Some(self.install(value, wanted.ty)),
            (Ok(_), Some(Err(refused))) => {
                self.report_refused(&refused, wanted);
                None
            }
            (Ok(_), None) => unreachable!("an evaluator that ends well shows its memory"),
            (Err(fault), _) => {
                self.report_fault(&fault, wanted);
                None
            }
        }
    }

    /// Begins to look at a constant or global that perhaps another one waits for; if too many do, that is reported.
    pub(crate) fn wait_for(&mut self, used_at: Span, what: &str) -> bool {
        if self.constantize.waiting >= MAX_WAITING {
            self.report_too_deep(used_at, MAX_WAITING, what, "declare each before those that use it");
            return false;
        }
        self.constantize.waiting += 1;
        true
    }

    /// Gives the program of the session what it needs to be lowered.
    fn lend(&mut self, state: &mut State, needs: &Needs) {
        let program = &mut state.program;
        program.types = take(&mut self.types);
        program.constants = take(&mut self.constants);
        program.strings = take(&mut self.strings);
        program.data = take(&mut self.data);
        program.funcs.resize_with(self.funcs.len(), no_func);
        for &id in &needs.funcs {
            let func = &mut self.funcs[id.index()];
            let kind = match func.source {
                crate::check::FuncSource::Extern(_) => FuncKind::Extern { variadic: func.c_variadic },
                _ => FuncKind::Body(func.body.take().unwrap_or_default()),
            };
            program.funcs[id.index()] = hir::Func {
                name: func.name,
                path: func.path.clone(),
                symbol: self.interner.resolve(func.name).to_string(),
                params: func.params.iter().map(|param| param.ty).collect(),
                result: func.result,
                attrs: func.attrs,
                kind,
                span: func.span,
            };
        }
        program.globals.resize_with(self.globals.len(), no_global);
        for &id in &needs.globals {
            let global = &self.globals[id.index()];
            program.globals[id.index()] = hir::Global {
                name: global.name,
                symbol: global.symbol.clone(),
                ty: global.ty,
                mutable: global.mutable,
                init: match &global.constant {
                    Some(value) if !global.mutable => GlobalInit::Const(value.clone()),
                    _ => GlobalInit::Runtime,
                },
                span: global.span,
            };
        }
    }

    fn take_back(&mut self, state: &mut State, needs: &Needs) {
        let program = &mut state.program;
        self.types = take(&mut program.types);
        self.constants = take(&mut program.constants);
        self.strings = take(&mut program.strings);
        self.data = take(&mut program.data);
        for &id in &needs.funcs {
            if let FuncKind::Body(body) = &mut program.funcs[id.index()].kind {
                self.funcs[id.index()].body = Some(take(body));
            }
        }
    }

    /// Makes a value that was read a part of the program.
    fn install(&mut self, value: read::Value, ty: Ty) -> ConstValue {
        let first = self.data.len() as u32;
        for piece in value.pieces {
            let refs = piece.refs.into_iter().map(|(offset, target)| {
                let target = match target {
                    read::Target::Piece { piece, offset, text } => {
                        hir::DataTarget::Data { id: DataId(first + piece), offset, text }
                    }
                    read::Target::Text(bytes) => hir::DataTarget::Str(self.string(&bytes)),
                    read::Target::Func(func) => hir::DataTarget::Func(func),
                };
                hir::DataRef { offset, target }
            });
            let data = hir::Data { bytes: piece.bytes, align: piece.align, refs: refs.collect(), mutable: false };
            self.data.push(data);
        }
        let (id, offset) = (DataId(first + value.root.0), value.root.1);
        if ty == Ty::STR {
            let text = self.data_text(id, offset).map(<[u8]>::to_vec);
            let id = self.string(&text.unwrap_or_default());
            self.data.truncate(first as usize);
            return ConstValue::Str(id);
        }
        let value = self.data_value(id, offset, ty);
        if !holds_data(&value) {
            self.data.truncate(first as usize);
        }
        value
    }

    /// The value of a type at an offset of data, as plain as it can be.
    pub(crate) fn data_value(&self, id: DataId, offset: u64, ty: Ty) -> ConstValue {
        use crate::types::TyKind;
        let data = &self.data[id.index()];
        let word = |size: u64| {
            let mut word = [0; 16];
            word[..size as usize].copy_from_slice(&data.bytes[offset as usize..(offset + size) as usize]);
            u128::from_le_bytes(word)
        };
        match self.types.kind(ty) {
            TyKind::Int(_) | TyKind::Char | TyKind::Bool => ConstValue::Int(word(self.types.layout(ty).size)),
            TyKind::Float(bits) => {
                let scalar = match bits {
                    16 => lang_ir::Type::F16,
                    32 => lang_ir::Type::F32,
                    _ => lang_ir::Type::F64,
                };
                ConstValue::Float(lang_ir::eval::to_f64(scalar, word(u64::from(bits) / 8)))
            }
            TyKind::Fn { .. } => match self.data_ref(id, offset) {
                Some(hir::DataTarget::Func(func)) => ConstValue::Func(func),
                _ => ConstValue::Zero,
            },
            TyKind::Pointer { .. } => ConstValue::Zero,
            TyKind::Enum(of) if self.types[of].is_plain() => {
                let tag = word(self.types.layout(ty).size);
                match self.types[of].case_of(tag) {
                    Some(case) => ConstValue::Case(case as u32, Vec::new()),
                    None => ConstValue::Data(id, offset),
                }
            }
            TyKind::Optional(payload) if self.types.is_address(payload) => match self.data_value(id, offset, payload) {
                ConstValue::Zero => ConstValue::Zero,
                value => ConstValue::Some(Box::new(value)),
            },
            TyKind::Optional(payload) if self.types.niche(payload).is_some() => {
                let tag = word(self.types.layout(self.types.tag_ty(payload)).size);
                if tag == 0 { ConstValue::Zero } else { ConstValue::Data(id, offset) }
            }
            TyKind::Optional(payload) => match data.bytes[(offset + self.types.field_offset(ty, 1)) as usize] {
                0 => ConstValue::Zero,
                _ => ConstValue::Some(Box::new(self.data_value(id, offset, payload))),
            },
            _ => ConstValue::Data(id, offset),
        }
    }

    /// The address that stands at an offset of data.
    pub(crate) fn data_ref(&self, id: DataId, offset: u64) -> Option<hir::DataTarget> {
        let refs = &self.data[id.index()].refs;
        refs.binary_search_by_key(&offset, |each| each.offset).ok().map(|at| refs[at].target)
    }

    /// The length of the slice or text at an offset of data.
    pub(crate) fn data_len(&self, id: DataId, offset: u64) -> u64 {
        let at = offset as usize + 8;
        let bytes = &self.data[id.index()].bytes[at..at + 8];
        u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
    }

    /// The text at an offset of data.
    pub(crate) fn data_text(&self, id: DataId, offset: u64) -> Option<&[u8]> {
        match self.data_ref(id, offset) {
            None => Some(&[]),
            Some(hir::DataTarget::Str(text)) => Some(&self.strings[text.index()]),
            Some(hir::DataTarget::Data { id: to, offset: at, .. }) => {
                self.data[to.index()].bytes.get(at as usize..)?.get(..self.data_len(id, offset) as usize)
            }
            Some(hir::DataTarget::Func(_)) => None,
        }
    }

    /// A copy of a value with memory that the program may write: all that slices in it lead to.
    pub(crate) fn mutable_copy(&mut self, value: &ConstValue) -> ConstValue {
        let ConstValue::Data(id, offset) = *value else { return value.clone() };
        // The value itself is copied into its variable, as all values are.
        let mut copies: Vec<(DataId, DataId)> = Vec::new();
        let mut known = rustc_hash::FxHashMap::default();
        let mut copy_of = |id: DataId, data: &mut Vec<hir::Data>, copies: &mut Vec<(DataId, DataId)>| {
            *known.entry(id).or_insert_with(|| {
                let copy = DataId(data.len() as u32);
                data.push(hir::Data { mutable: true, ..data[id.index()].clone() });
                copies.push((id, copy));
                copy
            })
        };
        let root = copy_of(id, &mut self.data, &mut copies);
        self.data[root.index()].mutable = false;
        let mut next = 0;
        while let Some(&(_, copy)) = copies.get(next) {
            next += 1;
            for index in 0..self.data[copy.index()].refs.len() {
                if let hir::DataTarget::Data { id, offset, text: false } = self.data[copy.index()].refs[index].target {
                    let id = copy_of(id, &mut self.data, &mut copies);
                    self.data[copy.index()].refs[index].target = hir::DataTarget::Data { id, offset, text: false };
                }
            }
        }
        ConstValue::Data(root, offset)
    }

    /// Whether a constant is such a copy.
    pub(crate) fn leads_to_variables(&self, value: &ConstValue) -> bool {
        let ConstValue::Data(id, _) = *value else { return false };
        self.data[id.index()].refs.iter().any(|each| match each.target {
            hir::DataTarget::Data { id, .. } => self.data[id.index()].mutable,
            _ => false,
        })
    }
}

/// Whether a body names what had an error.
fn has_errors(body: &Body) -> bool {
    body.exprs.iter().any(|expr| matches!(expr.kind, ExprKind::Error))
        || body.places.iter().any(|place| matches!(place.kind, PlaceKind::Error))
}

fn holds_data(value: &ConstValue) -> bool {
    match value {
        ConstValue::Data(..) => true,
        ConstValue::Some(payload) => holds_data(payload),
        ConstValue::Case(_, parts) => parts.iter().any(holds_data),
        _ => false,
    }
}

/// Stands for a function that nothing needed so far.
fn no_func() -> hir::Func {
    hir::Func {
        name: crate::intern::Symbol::EMPTY,
        path: String::new(),
        symbol: String::new(),
        params: Vec::new(),
        result: Ty::VOID,
        attrs: hir::Attrs::default(),
        kind: FuncKind::Body(Body::default()),
        span: NOWHERE,
    }
}

fn no_global() -> hir::Global {
    hir::Global {
        name: crate::intern::Symbol::EMPTY,
        symbol: String::new(),
        ty: Ty::VOID,
        mutable: true,
        init: GlobalInit::Runtime,
        span: NOWHERE,
    }
}

const NOWHERE: Span = Span { file: crate::source::FileId(0), start: 0, end: 0 };
