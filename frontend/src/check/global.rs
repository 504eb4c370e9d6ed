//! Constants and global variables: their types, their values, and the order in which initialisers run.

use super::body::FnCx;
use super::operator::Free;
use super::types::{TypePlace, too_large};
use super::{ConstState, Cx, FuncDecl, FuncSource, GlobalDecl, PartStep, TypeState};
use crate::ast;
use crate::constantize::Wanted;
use crate::consteval::{self, Stop};
use crate::diagnostic::Diagnostic;
use crate::hir::{self, Bits, ConstId, ConstValue, ExprId, ExprKind, FuncId, GlobalId, GlobalInit, PlaceKind};
use crate::intern::Symbol;
use crate::layout::MAX_SIZE;
use crate::resolve::{ConstDeclId, ScopeId};
use crate::source::Span;
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashMap;

impl<'a> Cx<'a> {
    // -------------------------------------------------------------------------------------------- constants

    pub(crate) fn check_consts(&mut self) {
        for index in 0..self.consts.len() {
            // Those of the standard library when they are used.
            if self.modules[self.scope(self.consts[index].scope).file].is_library {
                continue;
            }
            let span = self.consts[index].name.span;
            let id = ConstDeclId(index as u32);
            self.resolve_const(id, span);
            // In the order of the text, so that those that build on each other do not wait for each other later.
            if let ConstState::Free(free) = self.consts[index].state {
                let (ty, before) = (free.default_ty(), self.diagnostics.len());
                self.free_const(id, ty, span);
                if self.diagnostics.len() > before {
                    // Perhaps nobody uses it so; then there is nothing to say.
                    self.diagnostics.truncate(before);
                    self.free_consts.remove(&(id, ty));
                }
            }
        }
    }

    /// Whether a constant takes its type where it is used.
    pub(crate) fn const_free(&mut self, id: ConstDeclId, used_at: Span) -> Option<Free> {
        self.resolve_const(id, used_at);
        match self.consts[id.0 as usize].state {
            ConstState::Free(free) => Some(free),
            _ => None,
        }
    }

    /// Finds out what a constant is.
    pub(crate) fn resolve_const(&mut self, id: ConstDeclId, used_at: Span) {
        let decl = &mut self.consts[id.0 as usize];
        match decl.state {
            ConstState::Unresolved => {}
            ConstState::InProgress => {
                let span = decl.name.span;
                decl.state = ConstState::Error;
                let name = self.text(self.consts[id.0 as usize].name.name).to_string();
                self.report(
                    Diagnostic::error("E0340", span, format!("the constant `{name}` is defined by itself"))
                        .secondary(used_at, "used here while it is being computed"),
                );
                return;
            }
            _ => return,
        }
        decl.state = ConstState::InProgress;
        let (scope, written, value) = (decl.scope, decl.ty, decl.value);
        if !self.wait_for(used_at, "constants") {
            return self.set_const(id, ConstState::Error);
        }
        let state = self.const_state(scope, written, value);
        self.constantize.waiting -= 1;
        self.set_const(id, state);
    }

    /// What a constant is, by its type as it is written and its value.
    fn const_state(&mut self, scope: ScopeId, written: Option<ast::TypeId>, value: ast::ExprId) -> ConstState {
        let file_index = self.scope(scope).file;
        let file = &self.files[file_index];
        let declared = written.map(|written| {
            let ty = self.resolve_type(scope, written, TypePlace::Other);
            self.sized(ty, file[written].span)
        });
        let mut fcx = FnCx::new(self, file_index, scope);
        if declared.is_none()
            && let Some(free) = fcx.free(value)
        {
            return ConstState::Free(free);
        }
        match fcx.const_body(value, declared) {
            Some((ty, value)) => ConstState::Done { ty, value, memory: None },
            None => ConstState::Error,
        }
    }

    fn set_const(&mut self, id: ConstDeclId, state: ConstState) {
        let decl = &mut self.consts[id.0 as usize];
        // A cycle through this constant was reported meanwhile.
        if decl.state == ConstState::InProgress {
            decl.state = state;
        }
    }

    /// The value of a constant without a type of its own, as this type.
    pub(crate) fn free_const(&mut self, id: ConstDeclId, ty: Ty, used_at: Span) -> Option<ConstValue> {
        if let Some(value) = self.free_consts.get(&(id, ty)) {
            return value.clone();
        }
        let decl = &self.consts[id.0 as usize];
        let (scope, init) = (decl.scope, decl.value);
        let file_index = self.scope(scope).file;
        if !self.wait_for(used_at, "constants") {
            return None;
        }
        let errors = self.diagnostics.len();
        let value = FnCx::new(self, file_index, scope).const_body(init, Some(ty)).map(|(_, value)| value);
        self.constantize.waiting -= 1;
        let name = self.name_of(ty);
        for diagnostic in &mut self.diagnostics[errors..] {
            if diagnostic.is_error() {
                diagnostic
                    .secondary
                    .push(crate::diagnostic::Label { span: used_at, text: format!("used here as `{name}`") });
            }
        }
        self.free_consts.insert((id, ty), value.clone());
        value
    }

    /// Where an aggregate constant lies.
    pub(crate) fn const_memory(&mut self, id: ConstDeclId) -> Option<(Ty, ConstId)> {
        let next = ConstId(self.constants.len() as u32);
        let ConstState::Done { ty, value, memory } = &mut self.consts[id.0 as usize].state else { return None };
        if let Some(memory) = *memory {
            return Some((*ty, memory));
        }
        *memory = Some(next);
        let ty = *ty;
        self.constants.push(hir::Constant { ty, value: value.clone() });
        Some((ty, next))
    }

    /// The value of a length: an integer constant that is not negative.
    pub(crate) fn array_len(&mut self, scope: ScopeId, len: ast::ExprId) -> Option<u64> {
        let file_index = self.scope(scope).file;
        let span = self.files[file_index][len].span;
        let mut fcx = FnCx::new(self, file_index, scope);
        let free = fcx.free(len);
        let (ty, value) = fcx.const_body(len, free.map(|_| Ty::I64))?;
        self.len_value(ty, &value, span)
    }

    /// A constant as a length.
    pub(crate) fn len_value(&mut self, ty: Ty, value: &ConstValue, span: Span) -> Option<u64> {
        let bits = match (self.types.as_int(ty), value) {
            (Some(int), ConstValue::Int(bits)) => int.to_i128(*bits),
            (Some(_), ConstValue::Zero) => 0,
            _ => {
                if ty != Ty::ERROR {
                    let name = self.name_of(ty);
                    self.report(Diagnostic::error(
                        "E0341",
                        span,
                        format!("the length of an array is an integer, not `{name}`"),
                    ));
                }
                return None;
            }
        };
        let len = u64::try_from(bits).ok().filter(|&len| len <= i64::MAX as u64);
        if len.is_none() {
            self.report(Diagnostic::error("E0341", span, format!("an array cannot have the length {bits}")));
        }
        len
    }

    // ---------------------------------------------------------------------------------------------- globals

    pub(crate) fn check_globals(&mut self) {
        for index in 0..self.globals.len() {
            let span = self.globals[index].span;
            self.resolve_global(GlobalId(index as u32), span);
        }
        let mut sum = 0u64;
        for index in 0..self.globals.len() {
            let GlobalDecl { ty, span, name, .. } = self.globals[index];
            sum = sum.saturating_add(self.types.try_layout(ty).map_or(0, |layout| layout.size));
            if sum > MAX_SIZE {
                let name = self.text(name).to_string();
                self.report(too_large(span, format!("with `{name}`, the global variables take {sum} bytes")));
                return;
            }
        }
    }

    /// The type of a global; its initialiser is checked for that, unless the type is written.
    pub(crate) fn resolve_global(&mut self, id: GlobalId, used_at: Span) -> Ty {
        let decl = &mut self.globals[id.index()];
        match decl.state {
            TypeState::Done => return decl.ty,
            TypeState::InProgress => {
                if decl.ty == Ty::ERROR {
                    let (span, name) = (decl.span, decl.name);
                    decl.state = TypeState::Done;
                    let name = self.text(name).to_string();
                    self.report(
                        Diagnostic::error("E0342", span, format!("the type of `{name}` depends on itself"))
                            .secondary(used_at, "used here in its own initialiser")
                            .help("write the type"),
                    );
                }
                return self.globals[id.index()].ty;
            }
            TypeState::Unresolved => {}
        }
        decl.state = TypeState::InProgress;
        if !self.wait_for(used_at, "globals") {
            self.globals[id.index()].state = TypeState::Done;
            return Ty::ERROR;
        }
        let ty = self.global_ty(id, used_at);
        self.constantize.waiting -= 1;
        ty
    }

    /// As [`Cx::resolve_global`], of one that nobody has looked at.
    fn global_ty(&mut self, id: GlobalId, used_at: Span) -> Ty {
        let decl = &self.globals[id.index()];
        if let Some((whole, way)) = decl.part.clone() {
            return self.resolve_part(id, whole, &way, used_at);
        }
        let Some(var) = decl.var else { return decl.ty };
        let (scope, file_index, span, name) = (decl.scope, decl.file, decl.span, decl.name);
        let file = &self.files[file_index];
        let node = file[var];
        let declared = node.ty.map(|written| {
            let mut ty = self.resolve_type(scope, written, TypePlace::Other);
            if ty == Ty::VOID {
                let span = file[written].span;
                self.report(Diagnostic::error("E0306", span, "a variable cannot be `void`, which has no values"));
                ty = Ty::ERROR;
            }
            self.sized(ty, file[written].span)
        });
        if let Some(ty) = declared {
            // From here on others, and the initialiser itself, may use it.
            self.globals[id.index()].ty = ty;
        }
        let path = if name == Symbol::EMPTY { "pattern.".to_string() } else { format!("{}.", self.text(name)) };
        let init = FuncId(self.funcs.len() as u32);
        self.funcs.push(FuncDecl { path: format!("{path}init"), ..init_decl(id, name, span, file_index, scope) });
        let mut fcx = FnCx::new(self, file_index, scope);
        fcx.owner = Some(init);
        fcx.path = path;
        fcx.script_position = Some(file[var_span(file, var)].span.start);
        fcx.push_scope(ast::List::EMPTY);
        let value = fcx.global_init(&node, declared, span);
        fcx.copy_constantized(&node, value);
        fcx.pop_scope();
        let ty = fcx.ty(value);
        let constant = if ty == Ty::ERROR {
            None
        } else if let Some(constant) = fcx.global_slice(value) {
            Some(constant)
        } else {
            consteval::eval(fcx.cx, &fcx.body, value).ok()
        };
        if constant.is_none() {
            fcx.check_escape(value, "stored in a global");
        }
        let root = fcx.new_block(span);
        fcx.body.blocks[root.index()].tail = Some(value);
        fcx.body.blocks[root.index()].ty = ty;
        fcx.body.root = Some(root);
        let body = fcx.body;
        let func = &mut self.funcs[init.index()];
        func.result = ty;
        func.body = Some(body);
        let decl = &mut self.globals[id.index()];
        if decl.state == TypeState::InProgress {
            decl.state = TypeState::Done;
            decl.ty = declared.unwrap_or(ty);
        }
        decl.constant = constant;
        decl.init = Some(init);
        decl.ty
    }

    /// A global that a pattern binds.
    fn resolve_part(&mut self, id: GlobalId, whole: GlobalId, way: &[PartStep], used_at: Span) -> Ty {
        let whole_ty = self.resolve_global(whole, used_at);
        self.globals[whole.index()].used = true;
        let decl = &self.globals[id.index()];
        let (scope, file_index, span, name) = (decl.scope, decl.file, decl.span, decl.name);
        let init = FuncId(self.funcs.len() as u32);
        let path = format!("{}.init", self.text(name));
        self.funcs.push(FuncDecl { path, ..init_decl(id, name, span, file_index, scope) });
        let mut fcx = FnCx::new(self, file_index, scope);
        let value = fcx.part_value_of(whole, whole_ty, way, span);
        let ty = fcx.ty(value);
        let constant = match (&fcx.cx.globals[whole.index()].constant, ty) {
            (_, Ty::ERROR) => None,
            (Some(constant), _) => fcx.constant_part(constant.clone(), way, whole_ty),
            (None, _) => None,
        };
        let root = fcx.new_block(span);
        fcx.body.blocks[root.index()].tail = Some(value);
        fcx.body.blocks[root.index()].ty = ty;
        fcx.body.root = Some(root);
        let body = fcx.body;
        let func = &mut self.funcs[init.index()];
        func.result = ty;
        func.body = Some(body);
        let decl = &mut self.globals[id.index()];
        decl.state = TypeState::Done;
        decl.ty = ty;
        decl.constant = constant;
        decl.init = Some(init);
        ty
    }

    /// Nobody calls the function that computes the initialiser of a global.
    pub(crate) fn drop_init(&mut self, global: GlobalId) {
        let global = &mut self.globals[global.index()];
        if let Some(init) = global.init.take() {
            let func = &mut self.funcs[init.index()];
            func.body = None;
            func.bindings = Vec::new();
            func.result = Ty::VOID;
        }
    }

    /// The globals as they end, and the function that initialises those that are not constant.
    pub(crate) fn finish_globals(&mut self) -> (Vec<hir::Global>, Option<FuncId>) {
        let runtime: Vec<GlobalId> = (0..self.globals.len() as u32)
            .map(GlobalId)
            .filter(|id| self.globals[id.index()].constant.is_none() && self.globals[id.index()].init.is_some())
            .collect();
        for index in 0..self.globals.len() {
            if self.globals[index].constant.is_some() {
                self.drop_init(GlobalId(index as u32));
            }
        }
        let errors = self.diagnostics.iter().any(Diagnostic::is_error);
        // A script initialises its own at their places.
        let before_main: Vec<GlobalId> =
            runtime.into_iter().filter(|id| self.script.is_none() || self.globals[id.index()].file > 0).collect();
        let init = if before_main.is_empty() || errors {
            None
        } else {
            let order = self.init_order(before_main);
            Some(self.make_init(&order))
        };
        let mut symbols: FxHashMap<String, u32> = FxHashMap::default();
        let globals = std::mem::take(&mut self.globals);
        let result = globals
            .iter()
            .map(|global| {
                let count = symbols.entry(global.symbol.clone()).or_insert(0);
                *count += 1;
                let symbol = if *count == 1 { global.symbol.clone() } else { format!("{}.{count}", global.symbol) };
                hir::Global {
                    name: global.name,
                    symbol,
                    ty: global.ty,
                    mutable: global.mutable,
                    init: match &global.constant {
                        Some(value) => GlobalInit::Const(value.clone()),
                        None => GlobalInit::Runtime,
                    },
                    span: global.span,
                }
            })
            .collect();
        self.globals = globals;
        (result, init)
    }

    fn make_init(&mut self, order: &[GlobalId]) -> FuncId {
        let span = self.globals[order[0].index()].span;
        let scope = self.file_scopes[0];
        let mut fcx = FnCx::new(self, 0, scope);
        let root = fcx.new_block(span);
        let mut stmts = Vec::new();
        for &id in order {
            let decl = &fcx.cx.globals[id.index()];
            let (span, ty, Some(init)) = (decl.span, decl.ty, decl.init) else { continue };
            let value = fcx.add(ExprKind::Call { callee: init, args: Vec::new(), paren: span }, ty, span);
            let place = fcx.place(PlaceKind::Global(id), ty, span);
            stmts.push(hir::Stmt { kind: hir::StmtKind::Assign { place, value, op: span }, span });
        }
        fcx.body.blocks[root.index()].stmts = stmts;
        fcx.body.root = Some(root);
        let body = fcx.body;
        let id = FuncId(self.funcs.len() as u32);
        self.funcs.push(FuncDecl {
            body: Some(body),
            ..FuncDecl::new(Symbol::EMPTY, span, "init".to_string(), FuncSource::InitAll, 0, scope)
        });
        id
    }
}

/// The function that computes the initialiser of a global.
fn init_decl(id: GlobalId, name: Symbol, span: Span, file: usize, scope: ScopeId) -> FuncDecl {
    FuncDecl { result: Ty::ERROR, ..FuncDecl::new(name, span, String::new(), FuncSource::Init(id), file, scope) }
}

/// The pattern of a declaration, for its place.
fn var_span(file: &ast::File, var: ast::VarId) -> ast::PatId {
    file[var].pat
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// Checks an expression that has to be constant, and evaluates it.
    pub(crate) fn const_body(mut self, expr: ast::ExprId, ty: Option<Ty>) -> Option<(Ty, ConstValue)> {
        self.push_scope(ast::List::EMPTY);
        let errors = self.cx.diagnostics.len();
        let value = match ty {
            Some(ty) => self.expr_to(expr, ty),
            None => self.expr(expr, None),
        };
        self.pop_scope();
        self.const_value_of(expr, value, ty, errors)
    }

    /// As [`FnCx::const_body`], of the type that the expression has by itself; `hint` is what its context asks for.
    pub(crate) fn const_operand(mut self, expr: ast::ExprId, hint: Option<Ty>) -> Option<(Ty, ConstValue)> {
        self.push_scope(ast::List::EMPTY);
        let errors = self.cx.diagnostics.len();
        let value = self.expr(expr, hint);
        self.pop_scope();
        self.const_value_of(expr, value, None, errors)
    }

    fn const_value_of(
        mut self,
        expr: ast::ExprId,
        value: ExprId,
        ty: Option<Ty>,
        errors: usize,
    ) -> Option<(Ty, ConstValue)> {
        let ty = ty.unwrap_or(self.ty(value));
        if ty == Ty::ERROR || self.ty(value) == Ty::ERROR || self.cx.diagnostics[errors..].iter().any(|d| d.is_error())
        {
            return None;
        }
        let span = self.file[expr].span;
        if ty == Ty::VOID || ty == Ty::NIL || ty == Ty::NEVER {
            let what = if ty == Ty::NIL { "the type of this `nil` is not known" } else { "this has no value" };
            self.report(Diagnostic::error("E0306", span, what));
            return None;
        }
        match consteval::eval(self.cx, &self.body, value) {
            Ok(value) => Some((ty, value)),
            // Running it finds the value, or what keeps it from having one.
            Err(Stop::NotConstant { .. }) if self.cx.options.evaluator.is_some() => {
                let root = self.new_block(span);
                self.body.blocks[root.index()].tail = Some(value);
                self.body.blocks[root.index()].ty = ty;
                self.body.root = Some(root);
                let body = std::mem::take(&mut self.body);
                let value = self.cx.run_constant(&body, Wanted { ty, span, errors });
                value.map(|value| (ty, value))
            }
            Err(Stop::NotConstant { span: at, what }) => {
                self.report(
                    Diagnostic::error("E0344", at, format!("{what} is not known while compiling"))
                        .secondary(span, "this has to be a constant"),
                );
                None
            }
            Err(Stop::Fault { span: at, message }) => {
                // What was only a warning is this error.
                let found = self.cx.diagnostics.split_off(errors);
                self.cx.diagnostics.extend(found.into_iter().filter(|d| !matches!(d.code, "W0302" | "W0305")));
                self.report(
                    Diagnostic::error("E0345", at, format!("{message}, while evaluating a constant"))
                        .secondary(span, "in this constant"),
                );
                None
            }
        }
    }

    /// The part of a global that a name in a pattern is bound to.
    pub(crate) fn part_value_of(&mut self, whole: GlobalId, whole_ty: Ty, way: &[PartStep], span: Span) -> ExprId {
        let mut ty = whole_ty;
        let mut place = self.place(PlaceKind::Global(whole), ty, span);
        for &step in way {
            if ty == Ty::ERROR {
                return self.error(span);
            }
            let Some(field) = self.part_field(step, ty) else { return self.error(span) };
            ty = self.cx.types.fields(ty)[field as usize];
            place = self.place(PlaceKind::Field { base: place, field }, ty, span);
        }
        if ty == Ty::ERROR {
            return self.error(span);
        }
        self.add(ExprKind::Load(place), ty, span)
    }

    /// The number of the field that a step goes to; the pattern is reported if it does not fit.
    fn part_field(&mut self, step: PartStep, ty: Ty) -> Option<u32> {
        match step {
            PartStep::Tuple { index, count, span } => match self.kind(ty) {
                TyKind::Tuple(list) if self.cx.types[list].len() == count as usize => Some(index),
                kind => {
                    self.report_tuple_pattern(kind, ty, count as usize, span);
                    None
                }
            },
            PartStep::Field { target, name, span } => {
                let id = self.struct_pattern(target, ty, span)?;
                let field = self.cx.types[id].fields.iter().position(|field| field.name == name.name);
                if field.is_none() {
                    self.report_unknown_field(id, name);
                }
                field.map(|field| field as u32)
            }
        }
    }

    fn constant_part(&mut self, mut value: ConstValue, way: &[PartStep], mut ty: Ty) -> Option<ConstValue> {
        for &step in way {
            let field = self.part_field(step, ty)?;
            ty = self.cx.types.fields(ty)[field as usize];
            value = match value {
                ConstValue::Aggregate(mut parts) => parts.swap_remove(field as usize),
                ConstValue::Zero => ConstValue::Zero,
                _ => return None,
            };
        }
        Some(value)
    }

    /// Checks the initialiser of a global.
    pub(crate) fn global_init(&mut self, node: &ast::VarDecl, declared: Option<Ty>, span: Span) -> ExprId {
        match (node.init, declared) {
            (Some(init), Some(ty)) => self.expr_to(init, ty),
            (Some(init), None) => {
                let errors = self.cx.diagnostics.len();
                let value = self.expr(init, None);
                match self.ty(value) {
                    // What leaves a place that it cannot leave was reported.
                    Ty::NEVER if self.cx.diagnostics[errors..].iter().any(Diagnostic::is_error) => self.error(span),
                    Ty::NIL | Ty::VOID | Ty::NEVER => {
                        if self.ty(value) == Ty::NIL {
                            self.report(
                                Diagnostic::error("E0311", self.file[init].span, "the type of this `nil` is not known")
                                    .help("write the type of the variable, such as `?i64`"),
                            );
                        } else {
                            self.report_void(self.file[init].span, value);
                        }
                        self.error(span)
                    }
                    ty => {
                        let ty = self.cx.unrestricted(ty);
                        self.coerce(value, ty)
                    }
                }
            }
            (None, Some(ty)) => {
                let ty = self.require_zero(ty, span);
                self.add(ExprKind::Zero, ty, span)
            }
            (None, None) => self.error(span),
        }
    }

    /// A slice of a literal as the initialiser of a global: the elements are a global without a name.
    fn global_slice(&mut self, value: ExprId) -> Option<ConstValue> {
        let ExprKind::ArraySlice(place) = self.body[value].kind else { return None };
        let PlaceKind::Temp(array) = self.body[place].kind else { return None };
        let constant = consteval::eval(self.cx, &self.body, array).ok()?;
        let ty = self.ty(array);
        if let TyKind::Array { len: 0, .. } = self.kind(ty) {
            return Some(ConstValue::Zero);
        }
        let id = GlobalId(self.cx.globals.len() as u32);
        let span = self.body[value].span;
        let symbol = format!("{}elements", self.path);
        let scope = self.base_scope;
        self.cx.globals.push(GlobalDecl {
            name: Symbol::EMPTY,
            span,
            scope,
            file: self.file_index,
            var: None,
            part: None,
            mutable: true,
            is_pub: false,
            used: true,
            state: TypeState::Done,
            ty,
            constant: Some(constant),
            init: None,
            symbol,
        });
        Some(ConstValue::GlobalSlice(id))
    }

    /// A constant value as an expression.
    pub(crate) fn const_value(&mut self, value: &ConstValue, ty: Ty, span: Span) -> ExprId {
        let kind = match value {
            ConstValue::Zero => match self.kind(ty) {
                TyKind::Int(_) | TyKind::Char => ExprKind::Int(Bits::new(0)),
                TyKind::Bool => ExprKind::Bool(false),
                TyKind::Float(_) => ExprKind::Float(0.0),
                _ => ExprKind::Zero,
            },
            ConstValue::Int(bits) if ty == Ty::BOOL => ExprKind::Bool(*bits != 0),
            ConstValue::Int(bits) => ExprKind::Int(Bits::new(*bits)),
            ConstValue::Float(value) => ExprKind::Float(*value),
            ConstValue::Str(id) => ExprKind::Str(*id),
            ConstValue::Func(id) => ExprKind::Func(*id),
            ConstValue::Case(case, parts) if parts.is_empty() => ExprKind::Case { case: *case, fields: Vec::new() },
            ConstValue::Aggregate(_)
            | ConstValue::Repeat(_)
            | ConstValue::Some(_)
            | ConstValue::Case(..)
            | ConstValue::Slice(_)
            | ConstValue::GlobalSlice(_)
            | ConstValue::Data(..) => {
                let id = ConstId(self.cx.constants.len() as u32);
                self.cx.constants.push(hir::Constant { ty, value: value.clone() });
                let place = self.place(PlaceKind::Constant(id), ty, span);
                ExprKind::Load(place)
            }
        };
        let bits = match kind {
            ExprKind::Int(bits) => Some(bits.get()),
            _ => None,
        };
        let id = self.add(kind, ty, span);
        if let (Some(bits), Some(int)) = (bits, self.cx.types.as_int(ty)) {
            self.known_ints.insert(id, int.to_i128(bits));
        }
        id
    }
}
