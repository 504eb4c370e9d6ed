//! What an expression needs to be run: functions with checked bodies, globals, and types with a layout.

use super::{Wanted, has_errors};
use crate::check::{Cx, FuncSource, TypeState};
use crate::diagnostic::Diagnostic;
use crate::hir::{Body, ConstValue, DataTarget, ExprKind, FuncId, GlobalId, PlaceKind};
use crate::source::Span;
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashSet;

/// What is not lowered yet, or has to be filled in again.
pub(super) struct Needs {
    pub funcs: Vec<FuncId>,
    pub globals: Vec<GlobalId>,
}

/// What one body names.
#[derive(Default)]
struct Named {
    funcs: Vec<(FuncId, Span)>,
    globals: Vec<GlobalId>,
    types: Vec<(Ty, Span)>,
}

impl Cx<'_> {
    /// Finds all that a body needs. What cannot be had is reported, unless it was before.
    pub(super) fn constant_needs(&mut self, body: &Body, wanted: Wanted) -> Option<Needs> {
        let mut funcs = Vec::new();
        let mut globals: Vec<GlobalId> = self.constantize.hidden.clone();
        let mut seen: FxHashSet<FuncId> = FxHashSet::default();
        let mut seen_globals: FxHashSet<GlobalId> = globals.iter().copied().collect();
        let mut found = self.named(body);
        found.types.push((wanted.ty, wanted.span));
        loop {
            for &(ty, span) in &found.types {
                self.lay_out(ty, span, wanted)?;
            }
            for &global in &found.globals {
                if seen_globals.insert(global) {
                    globals.push(global);
                    let value = self.globals[global.index()].constant.take();
                    if let Some(value) = &value {
                        self.funcs_in(value, wanted.span, &mut found.funcs);
                    }
                    self.globals[global.index()].constant = value;
                }
            }
            // The functions that were found are looked at one by one; what the last one named is next.
            let next = loop {
                match found.funcs.pop() {
                    Some((func, _)) if self.constantize.session.has(func) || !seen.insert(func) => {}
                    next => break next,
                }
            };
            let Some((func, span)) = next else { break };
            self.check_for_constant(func, span, wanted)?;
            funcs.push(func);
            let body = self.funcs[func.index()].body.take();
            if let Some(body) = &body {
                let named = self.named(body);
                found.funcs.extend(named.funcs);
                found.globals = named.globals;
                found.types = named.types;
            }
            self.funcs[func.index()].body = body;
            let func = &self.funcs[func.index()];
            found.types.extend(func.params.iter().map(|param| param.ty).chain([func.result]).map(|ty| (ty, func.span)));
        }
        let hidden = |id: &GlobalId| {
            let global = &self.globals[id.index()];
            !global.mutable && global.constant.is_none()
        };
        self.constantize.hidden = globals.iter().copied().filter(hidden).collect();
        Some(Needs { funcs, globals })
    }

    /// Checks the body of a function that a constant needs.
    fn check_for_constant(&mut self, func: FuncId, span: Span, wanted: Wanted) -> Option<()> {
        if let FuncSource::Extern(..) = self.funcs[func.index()].source {
            return Some(());
        }
        if self.constantize.open.contains(&func) {
            self.report_open_function(func, span, wanted);
            return None;
        }
        let before = self.diagnostics.len();
        self.check_body(func);
        if self.constantize.broken.contains(&func) {
            // What is said about a struct that waits for this constant follows from that.
            let open = (0..self.structs.len()).filter(|&id| self.structs[id].state == TypeState::InProgress);
            let open: Vec<String> = open.map(|id| format!("`{}`", self.text(self.types.structs[id].name))).collect();
            let found = self.diagnostics.get(before..).unwrap_or_default();
            if found.iter().any(|error| error.is_error() && open.iter().any(|name| error.message.contains(name))) {
                self.diagnostics.truncate(before);
                self.report_incomplete(func, span, wanted);
            }
            return None;
        }
        let body = self.funcs[func.index()].body.as_ref()?;
        if has_errors(body) {
            self.constantize.broken.insert(func);
            if !self.diagnostics.iter().any(Diagnostic::is_error) {
                // A type that this constant is a part of has no fields yet.
                self.report_incomplete(func, span, wanted);
            }
            return None;
        }
        Some(())
    }

    /// Checks the body of a function, unless that was done.
    pub(crate) fn check_body(&mut self, id: FuncId) {
        let func = &self.funcs[id.index()];
        let FuncSource::Fn(decl) = func.source else { return };
        let state = &mut self.constantize;
        if func.body.is_some() || state.broken.contains(&id) || !state.open.insert(id) {
            return;
        }
        let before = self.diagnostics.len();
        self.check_function(id, decl);
        self.constantize.open.remove(&id);
        let found = self.diagnostics.get(before..).unwrap_or_default();
        if self.funcs[id.index()].body.is_none() || found.iter().any(Diagnostic::is_error) {
            self.constantize.broken.insert(id);
        }
    }

    fn named(&mut self, body: &Body) -> Named {
        let mut named = Named::default();
        for expr in &body.exprs {
            named.types.push((expr.ty, expr.span));
            match &expr.kind {
                ExprKind::Call { callee, paren, .. } => named.funcs.push((*callee, *paren)),
                ExprKind::Func(func) => named.funcs.push((*func, expr.span)),
                _ => {}
            }
        }
        for place in &body.places {
            named.types.push((place.ty, place.span));
            match place.kind {
                PlaceKind::Global(global) => named.globals.push(global),
                PlaceKind::Constant(id) if self.may_hold_functions(place.ty) => {
                    let value = std::mem::replace(&mut self.constants[id.index()].value, ConstValue::Zero);
                    self.funcs_in(&value, place.span, &mut named.funcs);
                    self.constants[id.index()].value = value;
                }
                _ => {}
            }
        }
        named.types.extend(body.locals.iter().map(|local| (local.ty, local.span)));
        named
    }

    fn may_hold_functions(&self, ty: Ty) -> bool {
        match self.types.kind(ty) {
            TyKind::Array { element, .. } => self.may_hold_functions(element),
            TyKind::Int(_) | TyKind::Float(_) | TyKind::Bool | TyKind::Char | TyKind::Str => false,
            _ => true,
        }
    }

    /// The functions whose addresses are in a value.
    fn funcs_in(&self, value: &ConstValue, span: Span, out: &mut Vec<(FuncId, Span)>) {
        match value {
            ConstValue::Func(func) => out.push((*func, span)),
            ConstValue::Aggregate(parts) => parts.iter().for_each(|part| self.funcs_in(part, span, out)),
            ConstValue::Repeat(part) | ConstValue::Some(part) => self.funcs_in(part, span, out),
            ConstValue::Slice(id) => self.funcs_in(&self.constants[id.index()].value, span, out),
            ConstValue::Data(id, _) => {
                let mut seen = FxHashSet::from_iter([*id]);
                let mut work = vec![*id];
                while let Some(id) = work.pop() {
                    for each in &self.data[id.index()].refs {
                        match each.target {
                            DataTarget::Func(func) => out.push((func, span)),
                            DataTarget::Data { id, .. } if seen.insert(id) => work.push(id),
                            _ => {}
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Sees to it that values of a type can be laid out, and what slices of it lead to.
    fn lay_out(&mut self, ty: Ty, span: Span, wanted: Wanted) -> Option<()> {
        let mut work = vec![ty];
        while let Some(ty) = work.pop() {
            if self.constantize.sized.contains(&ty) {
                continue;
            }
            self.layout_parts(ty);
            if self.types.try_layout(ty).is_none() {
                self.report_no_layout(ty, span, wanted);
                return None;
            }
            self.constantize.sized.insert(ty);
            match self.types.kind(ty) {
                TyKind::Array { element, .. }
                | TyKind::Slice { element, .. }
                | TyKind::Strided { element, .. }
                | TyKind::View { element, .. } => work.push(element),
                TyKind::Optional(payload) if !self.types.is_address(payload) => work.push(payload),
                TyKind::Result { ok, error } => work.extend([ok, error]),
                TyKind::Struct(_) | TyKind::Tuple(_) => work.extend(self.types.fields(ty)),
                TyKind::Enum(id) => {
                    let cases = &self.types[id].cases;
                    work.extend(cases.iter().flat_map(|case| case.payload.iter().map(|field| field.ty)));
                }
                _ => {}
            }
        }
        Some(())
    }
}
