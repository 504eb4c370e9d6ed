//! What is declared with `let` or `const` is not changed through an address of it either.
//!
//! Whether a function writes through a parameter is inferred, over the whole program. Handing a place that may not be
//! assigned to such a parameter is an error, as is a store through a pointer, slice or view of such a place. Behind a
//! value of a `fn` type, every function of that type whose address is taken may stand: there is a function made up for the
//! type, which calls all of them. Addresses are followed through locals and conversions, not through fields: what is stored
//! in a struct is not found, nor is what C does. Where read-only memory gets lost so, `exposed` notes it, and stores are
//! checked when the program runs.

use super::Cx;
use super::body::Binding;
use crate::diagnostic::Diagnostic;
use crate::hir::{
    Body, Builtin, Cond, ConstId, Conversion, ExprId, ExprKind, FuncId, GlobalId, LocalId, PatKind, PlaceId, PlaceKind,
    StmtKind, StrId,
};
use crate::source::Span;
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashMap;

/// Where the address in a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// A parameter, by number, that is an address itself.
    Param(u32),
    /// A place that may not be assigned.
    Local(LocalId),
    Global(GlobalId),
    Constant(ConstId),
    /// The bytes of a literal `b"..."`.
    Bytes(StrId),
}

/// An argument with a source, for a parameter of a function of the program.
pub(super) struct Passed {
    pub caller: FuncId,
    pub callee: FuncId,
    pub param: u32,
    pub source: Source,
    span: Span,
}

/// A store through an address with a source.
struct Stored {
    func: FuncId,
    source: Source,
    span: Span,
}

impl<'a> Cx<'a> {
    /// Checks all bodies; they have no errors so far.
    pub(crate) fn check_lending(&mut self) {
        let mut stored = Vec::new();
        let (behind, mut passed) = self.behind_types();
        let mut lost = Vec::new();
        for index in 0..self.funcs.len() {
            if let Some(body) = &self.funcs[index].body {
                let mut flow = Flow { cx: self, body, func: FuncId(index as u32), behind: &behind, locals: Vec::new() };
                flow.run(&mut passed, &mut stored);
                flow.lost(&mut lost);
            }
        }
        self.find_exposed(&passed, lost);
        // Parameters that are written through, and where.
        let mut written: Vec<Vec<Option<Span>>> = self.funcs.iter().map(|func| vec![None; func.params.len()]).collect();
        written.resize(self.funcs.len() + behind.len(), Vec::new());
        for (&ty, &func) in &behind {
            written[func.index()] = vec![None; self.params_of(ty)];
        }
        let mut work: Vec<(FuncId, u32)> = Vec::new();
        let mut errors = Vec::new();
        for store in &stored {
            match store.source {
                Source::Param(param) => {
                    let slot = &mut written[store.func.index()][param as usize];
                    if slot.is_none() {
                        *slot = Some(store.span);
                        work.push((store.func, param));
                    }
                }
                source => errors.push((store.func, source, store.span, None)),
            }
        }
        // Calls by the parameter that they pass to.
        let mut calls: Vec<usize> = (0..passed.len()).collect();
        calls.sort_by_key(|&call| (passed[call].callee, passed[call].param, call));
        let find = |callee: FuncId, param: u32| {
            let start = calls.partition_point(|&call| (passed[call].callee, passed[call].param) < (callee, param));
            calls[start..]
                .iter()
                .map(|&call| &passed[call])
                .take_while(move |call| (call.callee, call.param) == (callee, param))
        };
        while let Some((callee, param)) = work.pop() {
            for call in find(callee, param) {
                if let Source::Param(outer) = call.source {
                    let slot = &mut written[call.caller.index()][outer as usize];
                    if slot.is_none() {
                        *slot = Some(call.span);
                        work.push((call.caller, outer));
                    }
                }
            }
        }
        for call in &passed {
            if !matches!(call.source, Source::Param(_))
                && let Some(Some(write)) = written[call.callee.index()].get(call.param as usize)
            {
                errors.push((call.caller, call.source, call.span, Some((*write, call.callee, call.param))));
            }
        }
        for (func, source, span, through) in errors {
            self.report_lending(func, source, span, through);
        }
    }

    /// For each type of functions that are values, the number of the function made up for it, and its calls.
    fn behind_types(&self) -> (FxHashMap<Ty, FuncId>, Vec<Passed>) {
        let mut behind = FxHashMap::default();
        let mut calls = Vec::new();
        for (index, func) in self.funcs.iter().enumerate() {
            let Some(ty) = func.as_value else { continue };
            let next = FuncId((self.funcs.len() + behind.len()) as u32);
            let caller = *behind.entry(ty).or_insert(next);
            calls.extend((0..func.params.len() as u32).map(|param| Passed {
                caller,
                callee: FuncId(index as u32),
                param,
                source: Source::Param(param),
                span: func.params[param as usize].span,
            }));
        }
        (behind, calls)
    }

    fn params_of(&self, ty: Ty) -> usize {
        match self.types.kind(ty) {
            TyKind::Fn { params, .. } => self.types[params].len(),
            _ => 0,
        }
    }

    fn report_lending(&mut self, func: FuncId, source: Source, span: Span, through: Option<(Span, FuncId, u32)>) {
        let (name, declared, how) = match source {
            Source::Local(local) => {
                let decl = &self.funcs[func.index()];
                let Some(body) = &decl.body else { return };
                let info = &body[local];
                let how = match decl.bindings.get(local.index()) {
                    Some(Binding::Parameter) => "a parameter is not changed",
                    Some(Binding::Loop) => "the variable of a `for` is not changed",
                    Some(Binding::Pattern) => "bound by a pattern",
                    _ => "declared with `let`",
                };
                (self.text(info.name).to_string(), Some(info.span), how)
            }
            Source::Global(global) => {
                let global = &self.globals[global.index()];
                (self.text(global.name).to_string(), Some(global.span), "declared with `let`")
            }
            Source::Constant(id) => {
                let decl = self.consts.iter().find(
                    |decl| matches!(decl.state, super::ConstState::Done { memory: Some(memory), .. } if memory == id),
                );
                let name = decl.map_or(String::new(), |decl| self.text(decl.name.name).to_string());
                (name, decl.map(|decl| decl.name.span), "declared with `const`")
            }
            Source::Bytes(_) => (String::new(), None, "a literal"),
            Source::Param(_) => return,
        };
        let name = if how == "a literal" {
            "the literal".to_string()
        } else if name.is_empty() {
            "this value".to_string()
        } else {
            format!("`{name}`")
        };
        let mut diagnostic = match through {
            None => Diagnostic::error("E0361", span, format!("{name} is changed here through its address")),
            Some((write, callee, _)) if callee.index() >= self.funcs.len() => {
                Diagnostic::error("E0361", span, format!("{name} may be changed by this call"))
                    .secondary(write, "a function of this type, whose address is taken, writes through this parameter")
            }
            Some((write, callee, param)) => {
                let callee = &self.funcs[callee.index()];
                let text = self.text(callee.name);
                Diagnostic::error("E0361", span, format!("{name} is changed by this call"))
                    .secondary(callee.params[param as usize].span, format!("`{text}` writes through this parameter"))
                    .secondary(write, "here")
            }
        };
        if let Some(declared) = declared {
            diagnostic = diagnostic.secondary(declared, how);
        }
        let help = if how == "declared with `let`" {
            "declare it with `var` to let it be changed"
        } else if how == "declared with `const`" {
            "`var x = constantize ...` makes a copy that may be changed"
        } else if how == "a literal" {
            "copy the bytes into an array, or into memory of `alloc!`"
        } else {
            "copy it into a `var` first"
        };
        self.report(diagnostic.help(help));
    }
}

/// Where addresses come from in one body.
pub(super) struct Flow<'f, 'a> {
    pub cx: &'f Cx<'a>,
    pub body: &'f Body,
    pub func: FuncId,
    /// See [`Cx::behind_types`].
    behind: &'f FxHashMap<Ty, FuncId>,
    /// For each local, the sources of the addresses that it may hold.
    locals: Vec<Vec<Source>>,
}

impl Flow<'_, '_> {
    fn run(&mut self, passed: &mut Vec<Passed>, stored: &mut Vec<Stored>) {
        self.locals = vec![Vec::new(); self.body.locals.len()];
        for (index, &param) in self.body.params.iter().enumerate() {
            if self.is_address(self.body[param].ty) {
                self.locals[param.index()].push(Source::Param(index as u32));
            }
        }
        while self.propagate() {}
        for block in &self.body.blocks {
            for stmt in &block.stmts {
                let (place, span) = match stmt.kind {
                    StmtKind::Assign { place, op, .. } => (place, op),
                    StmtKind::AssignOp { place, op_span, .. } => (place, op_span),
                    _ => continue,
                };
                for source in self.stored_through(place) {
                    stored.push(Stored { func: self.func, source, span });
                }
            }
        }
        for expr in &self.body.exprs {
            let (callee, args) = match &expr.kind {
                ExprKind::Call { callee, args, .. } => (callee, args),
                // Without one, nothing of the program is called.
                ExprKind::CallPointer { callee, args, .. } => match self.behind.get(&self.body[*callee].ty) {
                    Some(made_up) => (made_up, args),
                    None => continue,
                },
                _ => continue,
            };
            for (param, &arg) in args.iter().enumerate() {
                for source in self.sources(arg) {
                    passed.push(Passed {
                        caller: self.func,
                        callee: *callee,
                        param: param as u32,
                        source,
                        span: self.body[arg].span,
                    });
                }
            }
        }
    }

    /// One round over everything that gives a local its value; `true` if something new was found.
    fn propagate(&mut self) -> bool {
        let mut changed = false;
        for block in &self.body.blocks {
            for stmt in &block.stmts {
                match stmt.kind {
                    StmtKind::Let { local, init } => changed |= self.add(local, init),
                    StmtKind::Assign { place, value, .. } => {
                        if let PlaceKind::Local(local) = self.body[place].kind {
                            changed |= self.add(local, value);
                        }
                    }
                    _ => {}
                }
            }
        }
        for expr in &self.body.exprs {
            match &expr.kind {
                ExprKind::ForSlice(each) => {
                    if let Some(local) = each.element
                        && self.is_address(self.body[local].ty)
                    {
                        let sources = self.sources(each.slice);
                        changed |= self.add_all(local, if each.by_pointer { sources } else { lasting(sources) });
                    }
                }
                ExprKind::If { arms, .. } => {
                    for (cond, _) in arms {
                        changed |= self.add_cond(cond);
                    }
                }
                ExprKind::While { cond, .. } => changed |= self.add_cond(cond),
                _ => {}
            }
        }
        changed
    }

    fn add_cond(&mut self, cond: &Cond) -> bool {
        if let Cond::Let { value, pat } = cond
            && let PatKind::Some(inner) = &pat.kind
            && let PatKind::Bind(local) = inner.kind
        {
            return self.add(local, *value);
        }
        false
    }

    fn add(&mut self, local: LocalId, value: ExprId) -> bool {
        if !self.is_address(self.body[local].ty) {
            return false;
        }
        let sources = self.sources(value);
        self.add_all(local, sources)
    }

    fn add_all(&mut self, local: LocalId, sources: Vec<Source>) -> bool {
        let mut changed = false;
        for source in sources {
            if !self.locals[local.index()].contains(&source) {
                self.locals[local.index()].push(source);
                changed = true;
            }
        }
        changed
    }

    pub(super) fn is_address(&self, ty: Ty) -> bool {
        match self.cx.types.kind(ty) {
            TyKind::Pointer { .. } | TyKind::Slice { .. } | TyKind::Strided { .. } | TyKind::View { .. } => true,
            TyKind::Optional(payload) => self.is_address(payload),
            _ => false,
        }
    }

    /// The sources of the pointer that a store to this place goes through.
    fn stored_through(&self, mut place: PlaceId) -> Vec<Source> {
        loop {
            match self.body[place].kind {
                PlaceKind::Field { base, .. } => place = base,
                PlaceKind::ArrayElement { array, .. } => place = array,
                PlaceKind::Deref { pointer, .. } | PlaceKind::PointerElement { pointer, .. } => {
                    return self.sources(pointer);
                }
                PlaceKind::SliceElement { slice, .. } => return self.sources(slice),
                PlaceKind::ViewElement { view, .. } => return self.sources(view),
                _ => return Vec::new(),
            }
        }
    }

    /// The sources of the address of a place.
    fn place_sources(&self, mut place: PlaceId) -> Vec<Source> {
        loop {
            match self.body[place].kind {
                PlaceKind::Field { base, .. } => place = base,
                PlaceKind::ArrayElement { array, .. } => place = array,
                PlaceKind::Local(local) if !self.body[local].mutable => return vec![Source::Local(local)],
                PlaceKind::Global(global) if !self.cx.globals[global.index()].mutable => {
                    return vec![Source::Global(global)];
                }
                PlaceKind::Constant(constant) => return vec![Source::Constant(constant)],
                _ => return self.stored_through(place),
            }
        }
    }

    /// What a slice that lies in a constant leads to is constant, too.
    fn constant_sources(&self, mut place: PlaceId) -> Vec<Source> {
        loop {
            match self.body[place].kind {
                PlaceKind::Field { base, .. } => place = base,
                PlaceKind::ArrayElement { array, .. } => place = array,
                PlaceKind::Constant(id) => {
                    let copied = self.cx.leads_to_variables(&self.cx.constants[id.index()].value);
                    return if copied { Vec::new() } else { vec![Source::Constant(id)] };
                }
                PlaceKind::Global(id) => {
                    let global = &self.cx.globals[id.index()];
                    let constant = global.constant.is_some() && !global.mutable;
                    return if constant { vec![Source::Global(id)] } else { Vec::new() };
                }
                PlaceKind::SliceElement { slice: base, .. }
                | PlaceKind::ViewElement { view: base, .. }
                | PlaceKind::PointerElement { pointer: base, .. }
                | PlaceKind::Deref { pointer: base, .. }
                | PlaceKind::Temp(base) => {
                    let mut sources = lasting(self.sources(base));
                    sources.retain(|&source| match source {
                        Source::Global(id) => self.cx.globals[id.index()].constant.is_some(),
                        _ => true,
                    });
                    return sources;
                }
                _ => return Vec::new(),
            }
        }
    }

    pub(super) fn sources(&self, expr: ExprId) -> Vec<Source> {
        match &self.body[expr].kind {
            ExprKind::AddressOf(place) | ExprKind::ArraySlice(place) | ExprKind::ArrayView(place) => {
                self.place_sources(*place)
            }
            ExprKind::Load(place) => match self.body[*place].kind {
                PlaceKind::Local(local) => self.locals[local.index()].clone(),
                _ => self.constant_sources(*place),
            },
            ExprKind::Slice { base, .. } | ExprKind::SliceBy { base, .. } | ExprKind::Ptr(base) => self.sources(*base),
            ExprKind::Row { view, .. } => self.sources(*view),
            ExprKind::Convert { kind: Conversion::Same | Conversion::Some | Conversion::Address, operand } => {
                self.sources(*operand)
            }
            ExprKind::Bytes(text) => vec![Source::Bytes(*text)],
            ExprKind::Unwrap { value, .. }
            | ExprKind::TryOptional { value, .. }
            | ExprKind::TryResult { value, .. } => self.sources(*value),
            ExprKind::Catch { value, handler, .. } => {
                let mut all = self.sources(*value);
                all.extend(self.body[*handler].tail.map_or(Vec::new(), |tail| self.sources(tail)));
                all
            }
            ExprKind::Coalesce { value, default } => {
                let mut all = self.sources(*value);
                all.extend(self.sources(*default));
                all
            }
            ExprKind::Builtin { op: Builtin::View, args, .. } => self.sources(args[0]),
            ExprKind::Block(block) => self.body[*block].tail.map_or(Vec::new(), |tail| self.sources(tail)),
            ExprKind::If { arms, otherwise } => {
                let blocks = arms.iter().map(|&(_, block)| block).chain(*otherwise);
                blocks.filter_map(|block| self.body[block].tail).flat_map(|tail| self.sources(tail)).collect()
            }
            ExprKind::Switch { arms, .. } => arms.iter().flat_map(|arm| self.sources(arm.body)).collect(),
            _ => Vec::new(),
        }
    }
}

/// Those that what lies there leads to is read-only with.
fn lasting(mut sources: Vec<Source>) -> Vec<Source> {
    sources.retain(|source| matches!(source, Source::Global(_) | Source::Constant(_)));
    sources
}
