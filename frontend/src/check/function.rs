//! Functions and scripts as wholes: what is around a body.

use super::body::{Binding, FnCx};
use super::const_if::Part;
use super::{Cx, FuncDecl, FuncSource};
use crate::ast::{self, PatKind, StmtKind};
use crate::diagnostic::Diagnostic;
use crate::hir::{self, ExprId, ExprKind, FuncId, PlaceKind};
use crate::intern::Symbol;
use crate::source::Span;
use crate::types::Ty;
use rustc_hash::FxHashMap;

impl<'a> Cx<'a> {
    /// All functions; those inside of functions are found on the way.
    pub(crate) fn check_bodies(&mut self) {
        if self.scripts.first() == Some(&true) {
            self.check_script();
        }
        for index in 1..self.files.len() {
            if self.scripts[index] {
                let file = &self.files[index];
                let stmt = file[file.body]
                    .iter()
                    .find(|&&stmt| !matches!(file[stmt].kind, StmtKind::Item(_) | StmtKind::Error))
                    .expect("a script has a statement");
                self.report(Diagnostic::error(
                    "E0213",
                    file[*stmt].span,
                    "only the main file may have statements at the top level",
                ));
            }
        }
        // Functions of the standard library are checked when something that was checked uses them.
        let mut unused: Vec<FuncId> = Vec::new();
        let mut index = 0;
        while index < self.funcs.len() {
            let id = FuncId(index as u32);
            if self.modules[self.funcs[index].file].is_library && !self.funcs[index].used {
                unused.push(id);
            } else {
                self.check_body(id);
            }
            index += 1;
        }
        loop {
            let found: Vec<FuncId> = unused.iter().copied().filter(|id| self.funcs[id.index()].used).collect();
            if found.is_empty() {
                break;
            }
            unused.retain(|id| !self.funcs[id.index()].used);
            let first_inner = self.funcs.len();
            for id in found {
                self.check_body(id);
            }
            // Functions inside of those.
            let mut index = first_inner;
            while index < self.funcs.len() {
                self.check_body(FuncId(index as u32));
                index += 1;
            }
        }
    }

    /// Checks a body; [`Cx::check_body`] does that once.
    pub(crate) fn check_function(&mut self, id: FuncId, decl: ast::FnId) {
        self.resolve_signature(id);
        let func = &mut self.funcs[id.index()];
        let (mut scope, file_index, result, test_only) = (func.scope, func.file, func.result, func.attrs.test_only);
        let outer_locals = std::mem::take(&mut func.outer_locals);
        let params: Vec<Ty> = func.params.iter().map(|param| param.ty).collect();
        let path = func.path.clone();
        if test_only {
            scope = self.new_scope(Some(scope), file_index, 0, path.clone());
            self.scopes[scope.0 as usize].test_only = true;
        }
        let file = &self.files[file_index];
        let function = &file[decl];
        let Some(block) = function.body else {
            // The parser reported that.
            return;
        };
        let before = self.diagnostics.len();
        let mut fcx = FnCx::new(self, file_index, scope);
        fcx.owner = Some(id);
        fcx.outer_locals = outer_locals;
        fcx.path = format!("{path}.");
        fcx.result = result;
        fcx.result_span = function.result.map_or(function.head_span, |ty| file[ty].span);
        fcx.is_function = true;
        fcx.push_scope(ast::List::EMPTY);
        for (param, ty) in file[function.params].iter().zip(params) {
            let pat = &file[param.pat];
            let name = match pat.kind {
                PatKind::Bind(name) => ast::Ident { name, span: pat.span },
                PatKind::Wild => ast::Ident { name: Symbol::UNDERSCORE, span: pat.span },
                PatKind::Error => ast::Ident { name: Symbol::UNDERSCORE, span: pat.span },
                kind => unreachable!("the parser takes {kind:?} for no parameter"),
            };
            let local = fcx.declare_local(name, ty, false);
            fcx.bindings[local.index()] = Binding::Parameter;
            fcx.body.params.push(local);
        }
        let root = fcx.function_body(block);
        fcx.pop_scope();
        fcx.body.root = Some(root);
        fcx.body.compact();
        let (body, bindings) = (fcx.body, fcx.bindings);
        self.funcs[id.index()].body = Some(body);
        self.funcs[id.index()].bindings = bindings;
        self.forget_unused(before, function.head_span.to(file[block].span));
    }

    /// What is not used in a body with errors may be so only because of them.
    fn forget_unused(&mut self, before: usize, body: Span) {
        let inside = |d: &Diagnostic| {
            let at = d.primary.span;
            at.file == body.file && body.start <= at.start && at.end <= body.end
        };
        if self.diagnostics[before..].iter().any(|d| d.is_error() && inside(d)) {
            let mut rest = self.diagnostics.split_off(before);
            rest.retain(|d| !(matches!(d.code, "W0201" | "W0202" | "W0206") && inside(d)));
            self.diagnostics.append(&mut rest);
        }
    }

    /// The top-level statements of the main file: the body of `main`.
    fn check_script(&mut self) {
        let file = &self.files[0];
        let scope = self.file_scopes[0];
        let (parts, _) = self.parts(0, file.body, None);
        let stmts: Vec<ast::StmtId> = parts
            .into_iter()
            .filter_map(|part| match part {
                Part::Stmt(stmt) => Some(stmt),
                Part::Expr(_) => None,
            })
            .collect();
        let span = Span::new(file.id, 0, 0);
        let id = FuncId(self.funcs.len() as u32);
        self.funcs.push(FuncDecl::new(Symbol::MAIN, span, "main".to_string(), FuncSource::Script, 0, scope));
        self.script = Some(id);
        // Up to the first statement that can do anything, initialisers that are constant need not run.
        let mut started = false;
        let mut runtime: FxHashMap<ast::VarId, Vec<usize>> = FxHashMap::default();
        let starts: FxHashMap<ast::VarId, usize> = (self.globals.iter().enumerate())
            .filter(|(_, global)| global.file == 0)
            .filter_map(|(index, global)| Some((global.var?, index)))
            .collect();
        for &stmt in &stmts {
            let StmtKind::Item(item) = file[stmt].kind else {
                started = true;
                continue;
            };
            let ast::ItemKind::Var(var) = file[item].kind else { continue };
            // The globals of a declaration follow each other: the whole value, then the names in its pattern.
            let Some(&first) = starts.get(&var) else { continue };
            let mut next = first + 1;
            while self
                .globals
                .get(next)
                .is_some_and(|global| global.part.as_ref().is_some_and(|(whole, _)| whole.index() == first))
            {
                next += 1;
            }
            for global in first..next {
                if started || self.globals[global].constant.is_none() {
                    self.globals[global].constant = None;
                    runtime.entry(var).or_default().push(global);
                    started = true;
                }
            }
        }
        let before = self.diagnostics.len();
        let mut fcx = FnCx::new(self, 0, scope);
        fcx.owner = Some(id);
        fcx.path = "main.".to_string();
        fcx.result = Ty::VOID;
        fcx.result_span = span;
        fcx.is_function = true;
        fcx.push_scope(file.body);
        let root = fcx.new_block(Span::new(file.id, 0, 0));
        let mut hir_stmts = Vec::new();
        let mut inits = Vec::new();
        for &stmt in &stmts {
            fcx.script_position = Some(file[stmt].span.start);
            if let StmtKind::Item(item) = file[stmt].kind {
                let ast::ItemKind::Var(var) = file[item].kind else { continue };
                let span = file[stmt].span;
                for &global in runtime.get(&var).into_iter().flatten() {
                    let Some(init) = fcx.cx.globals[global].init else { continue };
                    let ty = fcx.cx.globals[global].ty;
                    let value = match fcx.script_init(global) {
                        Some(value) => value,
                        None => fcx.add(ExprKind::Call { callee: init, args: Vec::new(), paren: span }, ty, span),
                    };
                    let place = fcx.place(PlaceKind::Global(hir::GlobalId(global as u32)), ty, span);
                    let kind = hir::StmtKind::Assign { place, value, op: span };
                    inits.push(hir_stmts.len());
                    hir_stmts.push(hir::Stmt { kind, span });
                }
                continue;
            }
            fcx.stmt(stmt, &mut hir_stmts);
        }
        fcx.pop_scope();
        let block = &mut fcx.body.blocks[root.index()];
        block.stmts = hir_stmts;
        block.ty = Ty::VOID;
        fcx.body.root = Some(root);
        fcx.body.compact();
        let (body, bindings) = (fcx.body, fcx.bindings);
        self.funcs[id.index()].body = Some(body);
        self.funcs[id.index()].bindings = bindings;
        self.script_inits = inits;
        self.forget_unused(before, Span::new(file.id, 0, u32::MAX));
    }
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// The initialiser of a global of a script as a part of `main`, so that it has no frame of its own in a backtrace.
    /// It was checked by itself before, for the type of the global.
    fn script_init(&mut self, global: usize) -> Option<ExprId> {
        let decl = &self.cx.globals[global];
        let (ty, init, span) = (decl.ty, decl.init?, decl.span);
        if ty == Ty::ERROR || self.cx.funcs[init.index()].result != ty {
            return None;
        }
        let diagnostics = self.cx.diagnostics.len();
        let value = match (decl.part.clone(), decl.var) {
            (Some((whole, way)), _) => {
                let whole_ty = self.cx.globals[whole.index()].ty;
                self.part_value_of(whole, whole_ty, &way, span)
            }
            (None, Some(var)) => {
                let node = self.file[var];
                self.global_init(&node, node.ty.map(|_| ty), span)
            }
            (None, None) => return None,
        };
        self.cx.diagnostics.truncate(diagnostics);
        if self.ty(value) != ty {
            return None;
        }
        self.cx.drop_init(hir::GlobalId(global as u32));
        Some(value)
    }
}
