//! Parameter and result types of functions, and which functions may stand beside each other.

use super::types::TypePlace;
use super::{Cx, FuncSource, ParamDecl};
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::FuncId;
use crate::resolve::FnSetId;
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashMap;

impl<'a> Cx<'a> {
    /// Signatures of all functions, and conflicts between overloads.
    pub(crate) fn resolve_signatures(&mut self) {
        for index in 0..self.funcs.len() {
            self.resolve_signature(FuncId(index as u32));
        }
        for set in 0..self.fn_sets.len() {
            self.check_overloads(set);
        }
    }

    /// The functions of a set, with their signatures: a constant may call them before all are resolved.
    pub(crate) fn candidates(&mut self, set: FnSetId) -> Vec<FuncId> {
        let funcs = self.fn_sets[set.0 as usize].funcs.clone();
        funcs.iter().for_each(|&func| self.resolve_signature(func));
        funcs
    }

    /// The parameter and result types of a function that was collected.
    pub(crate) fn resolve_signature(&mut self, id: FuncId) {
        let func = &mut self.funcs[id.index()];
        if func.resolved {
            return;
        }
        func.resolved = true;
        let (scope, file_index, source) = (func.scope, func.file, func.source);
        let file = &self.files[file_index];
        let (decl, is_extern) = match source {
            FuncSource::Fn(decl) => (decl, false),
            FuncSource::Extern(decl) => (decl, true),
            FuncSource::Script | FuncSource::Init(_) | FuncSource::InitAll => return,
        };
        let function = &file[decl];
        let params = self.resolve_params(scope, file, function.params);
        let result = self.resolve_result(scope, file, function);
        let func = &mut self.funcs[id.index()];
        let last = file[function.params].last().filter(|param| param.variadic);
        func.variadic = last.is_some_and(|param| param.ty.is_some());
        func.c_variadic = last.is_some_and(|param| param.ty.is_none());
        func.params = params;
        func.result = result;
        if is_extern || func.attrs.export {
            self.check_foreign_signature(id, function, file);
        }
    }

    pub(crate) fn resolve_params(
        &mut self,
        scope: crate::resolve::ScopeId,
        file: &'a ast::File,
        list: ast::List<ast::Param>,
    ) -> Vec<ParamDecl> {
        let mut params = Vec::new();
        for param in file[list].iter().filter(|param| !(param.variadic && param.ty.is_none())) {
            if let Some(refinement) = param.refinement {
                self.not_yet(file[refinement].span, "`where` is", "check the value with `assert`");
            }
            let place = if param.variadic { TypePlace::Other } else { TypePlace::Promise };
            let mut ty = match param.ty {
                Some(written) => self.resolve_type(scope, written, place),
                None => Ty::ERROR,
            };
            if ty == Ty::VOID {
                self.report(Diagnostic::error("E0306", param.span, "a parameter cannot be `void`"));
                ty = Ty::ERROR;
            }
            if param.variadic && ty != Ty::ERROR {
                ty = self.types.slice(ty);
            }
            let ty = self.sized(ty, param.span);
            params.push(ParamDecl { ty, span: param.span });
        }
        params
    }

    pub(crate) fn resolve_result(
        &mut self,
        scope: crate::resolve::ScopeId,
        file: &'a ast::File,
        function: &ast::FnDecl,
    ) -> Ty {
        if let Some(refinement) = function.result_where {
            self.not_yet(file[refinement].span, "`where` is", "check the value with `assert`");
        }
        match function.result {
            Some(written) => {
                let ty = self.resolve_type(scope, written, TypePlace::Other);
                self.sized(ty, file[written].span)
            }
            None => Ty::VOID,
        }
    }

    /// Functions of one name differ in the number of parameters or the type of the first one.
    pub(crate) fn check_overloads(&mut self, set: usize) {
        if self.fn_sets[set].funcs.len() < 2 {
            return;
        }
        let mut seen: FxHashMap<(usize, bool, Option<Ty>), FuncId> = FxHashMap::default();
        for id in self.fn_sets[set].funcs.clone() {
            let func = &self.funcs[id.index()];
            let first_param = func.params.first().map(|param| param.ty);
            if first_param == Some(Ty::ERROR) {
                continue;
            }
            let first_param = first_param.map(|ty| self.unrestricted(ty));
            let func = &self.funcs[id.index()];
            let (name, span) = (func.name, func.span);
            let key = (func.params.len(), func.variadic, first_param);
            if let Some(&other) = seen.get(&key) {
                let other = self.funcs[other.index()].span;
                self.funcs[id.index()].used = true;
                let text = self.text(name).to_string();
                self.report(
                    Diagnostic::error("E0202", span, format!("the function `{text}` is declared twice"))
                        .label("declared again here")
                        .secondary(other, "first declared here")
                        .note(
                            "functions of one name differ in the number of parameters, or in the type of the first one",
                        ),
                );
                continue;
            }
            seen.insert(key, id);
        }
    }

    /// The type without the promise `restrict` at its top.
    pub(crate) fn unrestricted(&mut self, ty: Ty) -> Ty {
        match self.types.kind(ty) {
            TyKind::Pointer { target, restrict: true } => {
                self.types.intern(TyKind::Pointer { target, restrict: false })
            }
            TyKind::Slice { element, restrict: true } => self.types.intern(TyKind::Slice { element, restrict: false }),
            TyKind::Strided { element, restrict: true } => {
                self.types.intern(TyKind::Strided { element, restrict: false })
            }
            TyKind::View { rank, element, restrict: true } => {
                self.types.intern(TyKind::View { rank, element, restrict: false })
            }
            _ => ty,
        }
    }
}
