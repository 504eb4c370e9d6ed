//! `#pure`: a function that computes its result and does nothing else.
//!
//! It may read memory, trap, and change what is its own: its variables, also through addresses of them. What the functions that it
//! calls do is inferred, over the whole program, whether they are marked or not.

use super::{Cx, FuncSource};
use crate::diagnostic::Diagnostic;
use crate::hir::{Body, Builtin, ExprId, ExprKind, FuncId, LocalId, PlaceId, PlaceKind, StmtKind, Stream};
use crate::source::Span;
use rustc_hash::FxHashSet;

/// Something that a pure function may not do, with its verb: `writes ...`.
#[derive(Clone)]
struct Effect {
    what: String,
    span: Span,
}

/// What a function does besides computing.
#[derive(Default)]
struct Deeds {
    effects: Vec<Effect>,
    /// Functions of the program that it calls, each once.
    calls: Vec<(FuncId, Span)>,
}

impl<'a> Cx<'a> {
    /// Checks the functions with `#pure`; bodies have no errors so far.
    pub(crate) fn check_pure(&mut self) {
        let marked: Vec<FuncId> =
            (0..self.funcs.len() as u32).map(FuncId).filter(|id| self.funcs[id.index()].attrs.pure).collect();
        // What they call, directly or not.
        let mut deeds: Vec<Option<Deeds>> = (0..self.funcs.len()).map(|_| None).collect();
        let mut callers: Vec<Vec<FuncId>> = vec![Vec::new(); self.funcs.len()];
        let mut reached = marked.clone();
        while let Some(id) = reached.pop() {
            if deeds[id.index()].is_some() {
                continue;
            }
            let found = self.deeds(id);
            for &(callee, _) in &found.calls {
                callers[callee.index()].push(id);
                reached.push(callee);
            }
            deeds[id.index()] = Some(found);
        }
        // The first effect of each function, its own or that of one that it calls.
        let mut impure: Vec<Option<Effect>> =
            deeds.iter().map(|deeds| deeds.as_ref().and_then(|deeds| deeds.effects.first().cloned())).collect();
        let mut work: Vec<usize> = (0..impure.len()).filter(|&index| impure[index].is_some()).collect();
        while let Some(index) = work.pop() {
            for caller in std::mem::take(&mut callers[index]) {
                if impure[caller.index()].is_none() {
                    impure[caller.index()] = impure[index].clone();
                    work.push(caller.index());
                }
            }
        }
        for id in marked {
            let Some(Deeds { effects, calls }) = deeds[id.index()].take() else { continue };
            let name = self.text(self.funcs[id.index()].name).to_string();
            let declared = self.funcs[id.index()].span;
            for effect in effects {
                self.report(
                    Diagnostic::error("E0251", effect.span, format!("`{name}` is `#pure`, but {}", effect.what))
                        .secondary(declared, "a pure function computes its result, and does nothing else"),
                );
            }
            for (callee, span) in calls {
                let Some(effect) = &impure[callee.index()] else { continue };
                // That one has an error of its own.
                if self.funcs[callee.index()].attrs.pure {
                    continue;
                }
                let called = self.text(self.funcs[callee.index()].name);
                let diagnostic =
                    Diagnostic::error("E0251", span, format!("`{name}` is `#pure`, but `{called}` {}", effect.what))
                        .secondary(effect.span, "here")
                        .secondary(declared, "a pure function computes its result, and does nothing else");
                self.report(diagnostic);
            }
        }
    }

    fn deeds(&self, id: FuncId) -> Deeds {
        let mut deeds = Deeds::default();
        let func = &self.funcs[id.index()];
        let Some(body) = &func.body else { return deeds };
        let own = Own::of(body);
        let mut called = FxHashSet::default();
        let mut effect = |what: &str, span: Span| deeds.effects.push(Effect { what: what.to_string(), span });
        for expr in &body.exprs {
            match &expr.kind {
                ExprKind::Call { callee, .. } => {
                    let target = &self.funcs[callee.index()];
                    if let FuncSource::Extern(_) = target.source {
                        effect("calls C, which is not checked", expr.span);
                    } else if called.insert(*callee) {
                        deeds.calls.push((*callee, expr.span));
                    }
                }
                ExprKind::CallPointer { .. } => {
                    effect("calls a function that is not known before the program runs", expr.span);
                }
                ExprKind::Print { stream: Stream::Out, .. } => effect("writes to the standard output", expr.span),
                ExprKind::Print { stream: Stream::Err, .. } => effect("writes to the standard error", expr.span),
                ExprKind::Builtin { op, .. } => {
                    if let Some(what) = effect_of(*op) {
                        effect(what, expr.span);
                    }
                }
                _ => {}
            }
        }
        for block in &body.blocks {
            for stmt in &block.stmts {
                let (StmtKind::Assign { place, op, .. } | StmtKind::AssignOp { place, op_span: op, .. }) = stmt.kind
                else {
                    continue;
                };
                if let PlaceKind::Global(global) = body[own.root(place)].kind {
                    effect(&format!("changes the global `{}`", self.text(self.globals[global.index()].name)), op);
                } else if !own.place(place) {
                    effect("writes memory that is not its own", op);
                }
            }
        }
        deeds.effects.sort_by_key(|effect| (effect.span.file, effect.span.start));
        deeds
    }
}

fn effect_of(op: Builtin) -> Option<&'static str> {
    match op {
        Builtin::Clock => Some("reads the clock"),
        Builtin::Args => Some("reads the arguments of the program"),
        Builtin::ReadLine => Some("reads the standard input"),
        Builtin::ReadFile => Some("reads a file"),
        Builtin::Exit => Some("ends the program"),
        Builtin::Alloc | Builtin::AllocUninit | Builtin::AllocValue | Builtin::Create => Some("takes memory"),
        Builtin::Free | Builtin::Destroy => Some("gives memory back"),
        Builtin::Min
        | Builtin::Max
        | Builtin::Abs
        | Builtin::Clz
        | Builtin::Ctz
        | Builtin::Popcount
        | Builtin::Rotl
        | Builtin::Rotr
        | Builtin::Bswap
        | Builtin::MulHi
        | Builtin::CheckedAdd
        | Builtin::CheckedSub
        | Builtin::CheckedMul
        | Builtin::SatAdd
        | Builtin::SatSub
        | Builtin::Sqrt
        | Builtin::Floor
        | Builtin::Ceil
        | Builtin::Trunc
        | Builtin::Round
        | Builtin::Copysign
        | Builtin::Bits
        | Builtin::ParseI64
        | Builtin::ParseF64
        | Builtin::Panic
        | Builtin::EnumFrom
        | Builtin::View => None,
    }
}

/// Which memory belongs to a call of a function: its variables.
struct Own<'b> {
    body: &'b Body,
    /// Variables that are never assigned again and hold an address of such memory.
    addresses: FxHashSet<LocalId>,
}

impl<'b> Own<'b> {
    fn of(body: &'b Body) -> Own<'b> {
        let mut own = Own { body, addresses: FxHashSet::default() };
        loop {
            let before = own.addresses.len();
            for block in &body.blocks {
                for stmt in &block.stmts {
                    if let StmtKind::Let { local, init } = stmt.kind
                        && !body[local].mutable
                        && own.value(init)
                    {
                        own.addresses.insert(local);
                    }
                }
            }
            for expr in &body.exprs {
                if let ExprKind::ForSlice(each) = &expr.kind
                    && let (true, Some(local)) = (each.by_pointer, each.element)
                    && own.value(each.slice)
                {
                    own.addresses.insert(local);
                }
            }
            if own.addresses.len() == before {
                return own;
            }
        }
    }

    /// The whole that a part belongs to, as far as no address lies between.
    fn root(&self, mut place: PlaceId) -> PlaceId {
        while let PlaceKind::Field { base, .. } | PlaceKind::ArrayElement { array: base, .. } = self.body[place].kind {
            place = base;
        }
        place
    }

    fn place(&self, place: PlaceId) -> bool {
        match self.body[self.root(place)].kind {
            PlaceKind::Local(_) | PlaceKind::Temp(_) | PlaceKind::Error => true,
            PlaceKind::Deref { pointer, .. } | PlaceKind::PointerElement { pointer, .. } => self.value(pointer),
            PlaceKind::SliceElement { slice, .. } => self.value(slice),
            PlaceKind::ViewElement { view, .. } => self.value(view),
            PlaceKind::Global(_)
            | PlaceKind::Constant(_)
            | PlaceKind::Field { .. }
            | PlaceKind::ArrayElement { .. } => false,
        }
    }

    /// Whether a value is the address of own memory.
    fn value(&self, value: ExprId) -> bool {
        match &self.body[value].kind {
            ExprKind::AddressOf(place) | ExprKind::ArraySlice(place) | ExprKind::ArrayView(place) => self.place(*place),
            ExprKind::Load(place) => match self.body[*place].kind {
                PlaceKind::Local(local) => self.addresses.contains(&local),
                _ => false,
            },
            ExprKind::Slice { base, .. } | ExprKind::SliceBy { base, .. } | ExprKind::Ptr(base) => self.value(*base),
            ExprKind::Row { view, .. } => self.value(*view),
            ExprKind::Convert { operand, .. } => self.value(*operand),
            ExprKind::Builtin { op: Builtin::View, args, .. } => self.value(args[0]),
            _ => false,
        }
    }
}
