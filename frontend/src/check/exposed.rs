//! Read-only memory whose address gets where `lending` does not follow it: into a struct, the result of a function, a
//! global. Such a store cannot be refused, so the program checks it: what is exposed here is laid out in one piece.

use super::Cx;
use super::lending::{Flow, Passed, Source};
use crate::hir::{
    Builtin, Cond, ConstValue, DataId, DataTarget, Exposed, ExprId, ExprKind, FuncId, GlobalId, Pat, PatKind,
    PlaceKind, StmtKind,
};
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashSet;

/// A source that got lost in a function.
pub(super) struct Lost {
    pub func: FuncId,
    pub source: Source,
}

impl Flow<'_, '_> {
    /// The sources of addresses that this body puts where they are not followed.
    pub(super) fn lost(&self, out: &mut Vec<Lost>) {
        let mut lose = |expr: ExprId| {
            if self.holds_address(self.body[expr].ty) {
                let sources = self.sources(expr).into_iter().filter(|source| !matches!(source, Source::Local(_)));
                out.extend(sources.map(|source| Lost { func: self.func, source }));
            }
        };
        for block in &self.body.blocks {
            for stmt in &block.stmts {
                match stmt.kind {
                    StmtKind::Let { local, init } if !self.is_address(self.body[local].ty) => lose(init),
                    StmtKind::Assign { place, value, .. } => match self.body[place].kind {
                        PlaceKind::Local(local) if self.is_address(self.body[local].ty) => {}
                        _ => lose(value),
                    },
                    _ => {}
                }
            }
        }
        for place in &self.body.places {
            if let PlaceKind::Temp(value) = place.kind {
                lose(value);
            }
        }
        for expr in &self.body.exprs {
            match &expr.kind {
                ExprKind::Aggregate(parts) => parts.iter().for_each(|&part| lose(part)),
                ExprKind::Struct(fields) | ExprKind::Case { fields, .. } => {
                    fields.iter().for_each(|&(_, value)| lose(value));
                }
                ExprKind::Repeat(value) | ExprKind::Yield { value, .. } | ExprKind::Return(Some(value)) => lose(*value),
                ExprKind::Call { args, .. } | ExprKind::CallPointer { args, .. } => {
                    args.iter().filter(|&&arg| !self.is_address(self.body[arg].ty)).for_each(|&arg| lose(arg));
                }
                ExprKind::Builtin { op: Builtin::Create | Builtin::AllocValue, args, .. } => {
                    args.iter().for_each(|&arg| lose(arg));
                }
                ExprKind::If { arms, .. } => {
                    arms.iter().filter_map(|(cond, _)| self.taken_apart(cond)).for_each(&mut lose);
                }
                ExprKind::While { cond, .. } => self.taken_apart(cond).into_iter().for_each(&mut lose),
                ExprKind::Switch { value, .. } => lose(*value),
                ExprKind::ForSlice(each) => {
                    if let Some(local) = each.element
                        && !self.is_address(self.body[local].ty)
                        && self.holds_address(self.body[local].ty)
                    {
                        lose(each.slice);
                    }
                }
                _ => {}
            }
        }
        // What the function gives.
        if let Some(tail) = self.body.root.and_then(|root| self.body[root].tail) {
            lose(tail);
        }
    }

    /// The value of a pattern whose names are not followed.
    fn taken_apart(&self, cond: &Cond) -> Option<ExprId> {
        let Cond::Let { value, pat } = cond else { return None };
        match &pat.kind {
            PatKind::Some(inner) if self.binds_address(inner) => None,
            _ => Some(*value),
        }
    }

    fn binds_address(&self, pat: &Pat) -> bool {
        matches!(pat.kind, PatKind::Bind(local) if self.is_address(self.body[local].ty))
    }

    /// Whether a value of the type has addresses in it through which can be written.
    fn holds_address(&self, ty: Ty) -> bool {
        let types = &self.cx.types;
        // Nearly all values, for which no list is needed.
        if let TyKind::Int(_) | TyKind::Float(_) | TyKind::Bool | TyKind::Char | TyKind::Str | TyKind::Void =
            types.kind(ty)
        {
            return false;
        }
        let mut seen = FxHashSet::from_iter([ty]);
        let mut work = vec![ty];
        while let Some(ty) = work.pop() {
            let parts = match types.kind(ty) {
                TyKind::Pointer { .. } | TyKind::Slice { .. } | TyKind::Strided { .. } | TyKind::View { .. } => {
                    return true;
                }
                TyKind::Optional(inner) | TyKind::Array { element: inner, .. } => vec![inner],
                TyKind::Result { ok, error } => vec![ok, error],
                TyKind::Struct(_) | TyKind::Tuple(_) => types.fields(ty),
                TyKind::Enum(id) => {
                    let payloads = types[id].cases.iter().flat_map(|case| &case.payload);
                    payloads.map(|field| field.ty).collect()
                }
                _ => continue,
            };
            work.extend(parts.into_iter().filter(|&part| seen.insert(part)));
        }
        false
    }
}

impl Cx<'_> {
    /// Finds what is exposed: what got lost itself, or was passed to a parameter that did, and all that it leads to.
    pub(super) fn find_exposed(&mut self, passed: &[Passed], lost: Vec<Lost>) {
        let mut params: FxHashSet<(FuncId, u32)> = FxHashSet::default();
        let mut work: Vec<(FuncId, u32)> = Vec::new();
        let mut roots: Vec<Source> = Vec::new();
        let mut add = |func: FuncId, source: Source, work: &mut Vec<(FuncId, u32)>| match source {
            Source::Param(param) if params.insert((func, param)) => work.push((func, param)),
            Source::Param(_) => {}
            source => roots.push(source),
        };
        for each in lost {
            add(each.func, each.source, &mut work);
        }
        let mut calls: Vec<usize> = (0..passed.len()).collect();
        calls.sort_by_key(|&call| (passed[call].callee, passed[call].param, call));
        while let Some(param) = work.pop() {
            let start = calls.partition_point(|&call| (passed[call].callee, passed[call].param) < param);
            for call in calls[start..].iter().map(|&call| &passed[call]) {
                if (call.callee, call.param) != param {
                    break;
                }
                add(call.caller, call.source, &mut work);
            }
        }
        let mut found = Finder { cx: self, exposed: Exposed::default(), data: FxHashSet::default() };
        for root in roots {
            match root {
                Source::Constant(id) => found.constant(id),
                Source::Global(id) => found.global(id),
                Source::Bytes(text) => {
                    found.exposed.texts.insert(text);
                }
                Source::Param(_) | Source::Local(_) => {}
            }
        }
        // A variable that begins with addresses of constants.
        for global in self.globals.iter().filter(|global| global.mutable) {
            if let Some(value) = &global.constant {
                found.value(value);
            }
        }
        self.exposed = found.exposed;
    }
}

/// All that a constant leads to.
struct Finder<'f, 'a> {
    cx: &'f Cx<'a>,
    exposed: Exposed,
    /// Looked at.
    data: FxHashSet<DataId>,
}

impl Finder<'_, '_> {
    fn constant(&mut self, id: crate::hir::ConstId) {
        if self.exposed.constants.insert(id) {
            self.value(&self.cx.constants[id.index()].value);
        }
    }

    fn global(&mut self, id: GlobalId) {
        let global = &self.cx.globals[id.index()];
        if let (false, Some(value)) = (global.mutable, &global.constant)
            && self.exposed.globals.insert(id)
        {
            self.value(value);
        }
    }

    fn value(&mut self, value: &ConstValue) {
        match value {
            ConstValue::Slice(id) => self.constant(*id),
            ConstValue::GlobalSlice(id) => self.global(*id),
            ConstValue::Data(id, _) => self.data(*id),
            ConstValue::Some(part) | ConstValue::Repeat(part) => self.value(part),
            ConstValue::Aggregate(parts) | ConstValue::Case(_, parts) => {
                parts.iter().for_each(|part| self.value(part));
            }
            _ => {}
        }
    }

    fn data(&mut self, first: DataId) {
        let mut work = vec![first];
        while let Some(id) = work.pop() {
            if !self.data.insert(id) {
                continue;
            }
            let data = &self.cx.data[id.index()];
            if !data.mutable {
                self.exposed.data.insert(id);
            }
            work.extend(data.refs.iter().filter_map(|each| match each.target {
                DataTarget::Data { id, text: false, .. } => Some(id),
                _ => None,
            }));
        }
    }
}
