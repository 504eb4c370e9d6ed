//! `impl T { fn ... }`: functions of a type's own, `T.of(4)` and `x.size()`.

use super::body::FnCx;
use super::types::TypePlace;
use super::{Cx, FuncSource, TypeState};
use crate::ast::{self, ItemKind};
use crate::diagnostic::Diagnostic;
use crate::hir::{ExprId, FuncId};
use crate::intern::Symbol;
use crate::resolve::suggest::nearest;
use crate::resolve::{AliasDecl, AliasState, Decl, FnSetId, ScopeId, Visibility};
use crate::source::Span;
use crate::types::{Ty, TyKind};
use std::ops::Range;

/// An `impl` block.
pub(crate) struct ImplDecl {
    /// Where `Self` is the type.
    scope: ScopeId,
    ty: ast::TypeId,
    /// Its functions, by name.
    names: Vec<(Symbol, Decl)>,
    /// Numbers of its functions.
    funcs: Range<usize>,
    state: TypeState,
}

impl<'a> Cx<'a> {
    /// An `impl` block without a protocol.
    pub(crate) fn collect_impl(
        &mut self,
        outer: ScopeId,
        file_index: usize,
        ty: ast::TypeId,
        items: ast::List<ast::ItemId>,
    ) {
        let file = &self.files[file_index];
        let span = file[ty].span;
        let depth = self.scope(outer).depth;
        let path = format!("{}{}.", self.scope(outer).path, self.sources.snippet(span));
        let scope = self.new_scope(Some(outer), file_index, depth, path.clone());
        self.aliases.push(AliasDecl { scope: outer, ty, span, state: AliasState::Unresolved });
        let this = Decl::Alias(crate::resolve::AliasId(self.aliases.len() as u32 - 1));
        self.declare(scope, ast::Ident { name: Symbol::SELF_TYPE, span }, this, Visibility::Private);
        // The functions are found by their type, so their names are in no scope that anything looks into.
        let names = self.new_scope(Some(scope), file_index, depth, path);
        let first = self.funcs.len();
        for &id in &file[items] {
            let item = &file[id];
            // Nothing else stands there.
            if let ItemKind::Fn(decl) = item.kind {
                self.collect_fn(names, file_index, decl, item, FuncSource::Fn(decl));
            }
        }
        for func in &mut self.funcs[first..] {
            func.scope = scope;
        }
        let mut names: Vec<(Symbol, Decl)> =
            self.scope(names).names.iter().map(|(&name, named)| (name, named.decl)).collect();
        names.sort_by_key(|&(name, _)| name);
        let funcs = first..self.funcs.len();
        self.impls.push(ImplDecl { scope: outer, ty, names, funcs, state: TypeState::Unresolved });
    }

    /// Gives types their functions; the types are known by now.
    pub(crate) fn resolve_impls(&mut self) {
        for index in 0..self.impls.len() {
            if self.impls[index].state != TypeState::Unresolved {
                continue;
            }
            self.impls[index].state = TypeState::Done;
            let (scope, written) = (self.impls[index].scope, self.impls[index].ty);
            let ty = self.resolve_type(scope, written, TypePlace::Other);
            if ty == Ty::VOID {
                let span = self.files[self.scope(scope).file][written].span;
                self.report(Diagnostic::error("E0306", span, "`void` has no values, so it has no functions"));
            }
            // They follow their type.
            let is_pub = self.is_public(ty);
            for func in self.impls[index].funcs.clone() {
                self.funcs[func].is_pub |= is_pub;
            }
            for (name, decl) in std::mem::take(&mut self.impls[index].names) {
                match (self.type_fns.get(&(ty, name)).copied(), decl) {
                    // A further block for the same type.
                    (Some(Decl::Fns(known)), Decl::Fns(set)) => {
                        let more = std::mem::take(&mut self.fn_sets[set.0 as usize].funcs);
                        self.fn_sets[known.0 as usize].funcs.extend(more);
                    }
                    (Some(_), _) => {}
                    (None, decl) => {
                        self.type_fns.insert((ty, name), decl);
                    }
                }
            }
        }
    }

    fn is_public(&self, ty: Ty) -> bool {
        let (scope, name) = match self.types.kind(ty) {
            TyKind::Struct(id) => (self.structs[id.0 as usize].scope, self.types[id].name),
            TyKind::Enum(id) => (self.enums[id.0 as usize].scope, self.types[id].name),
            _ => return false,
        };
        self.scope(scope).names.get(&name).is_some_and(|named| named.visibility == Visibility::Public)
    }

    /// The functions of this name that a type has of its own.
    pub(crate) fn type_fns_of(&self, ty: Ty, name: Symbol) -> Option<Decl> {
        self.type_fns.get(&(ty, name)).copied()
    }
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// The types whose functions a value of this type has: its own, that of its address or of what it points to, and that of
    /// the slice that it becomes.
    fn receiver_types(&mut self, ty: Ty) -> Vec<Ty> {
        let plain = self.cx.unrestricted(ty);
        let (value, other) = match self.kind(plain) {
            TyKind::Pointer { target, .. } => (target, target),
            _ => (plain, self.cx.types.pointer(plain)),
        };
        let mut types = vec![plain, other];
        if let TyKind::Array { element, .. } = self.kind(value) {
            types.push(self.cx.types.slice(element));
        }
        types
    }

    /// The name of a function of a value's type that is nearest to this one.
    pub(crate) fn near_own_function(&mut self, ty: Ty, text: &str) -> Option<String> {
        let types = self.receiver_types(ty);
        let known = self.cx.type_fns.keys().filter(|key| types.contains(&key.0)).map(|key| self.cx.text(key.1));
        nearest(text, known).map(str::to_string)
    }

    /// Functions of this name that a value of this type has.
    pub(crate) fn own_functions(&mut self, ty: Ty, name: Symbol) -> Vec<FuncId> {
        if self.cx.type_fns.is_empty() || matches!(ty, Ty::VOID | Ty::NEVER | Ty::NIL) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for ty in self.receiver_types(ty) {
            if let Some(Decl::Fns(set)) = self.cx.type_fns_of(ty, name) {
                found.extend(self.cx.candidates(set));
            }
        }
        found
    }

    /// The set of functions that `T.name` stands for.
    pub(crate) fn type_function(&self, ty: Ty, name: Symbol) -> Option<FnSetId> {
        match self.cx.type_fns_of(ty, name) {
            Some(Decl::Fns(set)) => Some(set),
            _ => None,
        }
    }

    /// `T.name` or `T.name(...)`, which there is not.
    pub(crate) fn report_no_type_function(&mut self, ty: Ty, name: ast::Ident, span: Span) -> ExprId {
        if ty == Ty::ERROR || self.cx.type_fns_of(ty, name.name).is_some() {
            // Declared, with an error.
            return self.error(span);
        }
        let (type_name, text) = (self.name_of(ty), self.cx.text(name.name).to_string());
        let known: Vec<&str> =
            self.cx.type_fns.keys().filter(|key| key.0 == ty).map(|key| self.cx.text(key.1)).collect();
        let mut diagnostic = Diagnostic::error("E0406", name.span, format!("`{type_name}` has no function `{text}`"));
        diagnostic = match nearest(&text, known.into_iter()) {
            Some(near) => diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near),
            None => diagnostic.help(format!("`impl {type_name} {{ fn {text}(...) ... }}` declares one")),
        };
        self.report(diagnostic);
        self.error(span)
    }
}
