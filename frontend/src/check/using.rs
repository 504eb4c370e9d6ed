//! `using place;`: the fields of a struct as names of a block; `using m;`: what is public in a module.
//!
//! A field's name stands for the field: `x` for `place.x`, at each of its uses. So the place has to be one that can be written again
//! without doing anything: a variable, or fields from one, through pointers too.

use super::body::{Binding, FnCx, NameRef};
use super::expr::Operand;
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::{Conversion, ExprId, ExprKind, PlaceId, PlaceKind};
use crate::intern::Symbol;
use crate::resolve::{Decl, ScopeId, Visibility};
use crate::source::Span;
use crate::types::{Ty, TyKind};

/// A field that is in scope by its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UsedField {
    /// How deep the scope is in its function.
    pub depth: u32,
    /// The struct; each use of the name copies its nodes.
    pub place: PlaceId,
    pub field: u32,
    /// Of the `using`.
    pub span: Span,
}

impl<'c, 'a> FnCx<'c, 'a> {
    pub(crate) fn using_stmt(&mut self, expr: ast::ExprId, span: Span) {
        let at = self.file[expr].span;
        if let Some((NameRef::Decl(Decl::Module(module)), _)) = self.named(expr) {
            return self.using_module(module, at, span);
        }
        let operand = self.operand(expr, None);
        let ty = self.operand_ty(operand);
        if ty == Ty::ERROR {
            return;
        }
        let base = self.through_pointer(operand, at);
        let TyKind::Struct(id) = self.kind(self.operand_ty(base)) else {
            let name = self.name_of(ty);
            self.report(
                Diagnostic::error("E0240", at, format!("`using` needs a struct or a pointer to one, not `{name}`"))
                    .label(format!("this is `{name}`")),
            );
            return;
        };
        let place = match base {
            Operand::Place(place) if self.is_path(place) => place,
            _ => {
                self.report(
                    Diagnostic::error("E0240", at, "`using` needs a variable or a field of one")
                        .note("each use of a field's name stands for the field of this, which is not evaluated again")
                        .help("put the value into a variable first: `let v = ...; using v;`"),
                );
                return;
            }
        };
        let names: Vec<Symbol> = self.cx.types[id].fields.iter().map(|field| field.name).collect();
        let depth = self.scope_depth();
        let mut conflicts = Vec::new();
        for (index, name) in names.into_iter().enumerate() {
            if let Some(other) = self.conflict(name, depth) {
                conflicts.push((name, other));
                continue;
            }
            self.use_field(name, UsedField { depth, place, field: index as u32, span });
        }
        self.report_conflicts(&conflicts, at, "has a field of that name");
    }

    /// A scope for the rest of the block with the names of a module.
    fn using_module(&mut self, module: ScopeId, at: Span, span: Span) {
        let mut names: Vec<Symbol> = Vec::new();
        for scope in self.cx.reexported(module) {
            names.extend(self.cx.scope(scope).names.keys());
        }
        names.sort();
        names.dedup();
        let depth = self.scope_depth();
        let mut conflicts = Vec::new();
        let mut found = Vec::new();
        for name in names {
            let Some(decl) = self.cx.visible_member(module, name, self.item_scope) else { continue };
            match self.conflict(name, depth) {
                Some(other) => conflicts.push((name, other)),
                None => found.push((name, decl)),
            }
        }
        let scope = self.cx.new_scope(Some(self.item_scope), self.file_index, depth, self.path.clone());
        for (name, decl) in found {
            self.cx.declare(scope, ast::Ident { name, span }, decl, Visibility::Private);
        }
        self.item_scope = scope;
        self.report_conflicts(&conflicts, at, "declares this name");
    }

    fn report_conflicts(&mut self, conflicts: &[(Symbol, (Span, &'static str))], at: Span, label: &str) {
        if let Some(&(_, (first, what))) = conflicts.first() {
            let names: Vec<String> = conflicts.iter().map(|&(name, _)| format!("`{}`", self.cx.text(name))).collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            self.report(
                Diagnostic::error("E0241", at, format!("{} {verb} in scope already", names.join(", ")))
                    .label(label)
                    .secondary(first, what)
                    .help("write the whole name, `a.b`, instead of the `using`"),
            );
        }
    }

    /// What has a name at the depth of a `using` already; parameters count, too.
    fn conflict(&self, name: Symbol, depth: u32) -> Option<(Span, &'static str)> {
        if let Some(used) = self.used_fields.get(&name).and_then(|fields| fields.last())
            && used.depth == depth
        {
            return Some((used.span, "by this `using`"));
        }
        if let Some(&(local_depth, local)) = self.names.get(&name).and_then(|entries| entries.last())
            && (local_depth == depth || self.bindings[local.index()] == Binding::Parameter)
        {
            return Some((self.body[local].span, "declared here"));
        }
        self.item_at(name, depth).map(|span| (span, "declared here"))
    }

    /// A declaration of this name in the block at this depth. A `using` of a module makes a scope inside of that of the block.
    pub(crate) fn item_at(&self, name: Symbol, depth: u32) -> Option<Span> {
        let mut at = self.item_scope;
        while at != self.base_scope && self.cx.scope(at).depth == depth {
            let scope = self.cx.scope(at);
            if let Some(item) = scope.names.get(&name) {
                return Some(item.span);
            }
            at = scope.parent?;
        }
        None
    }

    /// Whether a place can be written again without doing anything.
    fn is_path(&self, place: PlaceId) -> bool {
        match self.body[place].kind {
            PlaceKind::Local(_) | PlaceKind::Global(_) | PlaceKind::Constant(_) => true,
            PlaceKind::Field { base, .. } => self.is_path(base),
            PlaceKind::Deref { pointer, .. } => self.is_path_value(pointer),
            _ => false,
        }
    }

    fn is_path_value(&self, value: ExprId) -> bool {
        match self.body[value].kind {
            ExprKind::Load(place) => self.is_path(place),
            ExprKind::Convert { kind: Conversion::Same, operand } => self.is_path_value(operand),
            _ => false,
        }
    }

    /// A use of a field by its name.
    pub(crate) fn used_field(&mut self, used: UsedField, span: Span) -> Operand {
        let ty = self.body[used.place].ty;
        let Some(&field_ty) = self.cx.types.fields(ty).get(used.field as usize) else {
            return Operand::Value(self.error(span));
        };
        if field_ty == Ty::ERROR {
            return Operand::Value(self.error(span));
        }
        let base = self.copy_path(used.place, span);
        Operand::Place(self.place(PlaceKind::Field { base, field: used.field }, field_ty, span))
    }

    fn copy_path(&mut self, place: PlaceId, span: Span) -> PlaceId {
        let (kind, ty) = (self.body[place].kind.clone(), self.body[place].ty);
        let kind = match kind {
            PlaceKind::Local(local) => {
                self.mark_used(local);
                PlaceKind::Local(local)
            }
            PlaceKind::Field { base, field } => PlaceKind::Field { base: self.copy_path(base, span), field },
            PlaceKind::Deref { pointer, .. } => {
                PlaceKind::Deref { pointer: self.copy_path_value(pointer, span), op: span }
            }
            kind => kind,
        };
        self.place(kind, ty, span)
    }

    fn copy_path_value(&mut self, value: ExprId, span: Span) -> ExprId {
        let (kind, ty) = (self.body[value].kind.clone(), self.ty(value));
        let kind = match kind {
            ExprKind::Load(place) => ExprKind::Load(self.copy_path(place, span)),
            ExprKind::Convert { kind, operand } => {
                ExprKind::Convert { kind, operand: self.copy_path_value(operand, span) }
            }
            kind => kind,
        };
        self.add(kind, ty, span)
    }
}
