//! Gives the names of a tree the symbols of another interner.
//!
//! Files are parsed side by side, each with an interner of its own; what they say is then put into the program's, file
//! by file, so that symbols do not depend on which thread was first.

use super::{CaseDecl, Expr, ExprKind, FieldDecl, FieldInit, FieldPat, File, GenericParam, Ident, ItemKind, LitTarget};
use super::{PatKind, PatTarget, PathSegment};
use crate::intern::Symbol;

impl File {
    /// Replaces each symbol by the one that `symbols` has at its number.
    pub fn rename(&mut self, symbols: &[Symbol]) {
        let to = |symbol: &mut Symbol| *symbol = symbols[symbol.0 as usize];
        for Ident { name, .. } in &mut self.pools.idents {
            to(name);
        }
        for GenericParam { name, .. } in &mut self.pools.generic_params {
            to(&mut name.name);
        }
        for PathSegment { name, .. } in &mut self.pools.path_segments {
            to(&mut name.name);
        }
        for FieldInit { name, .. } in &mut self.pools.field_inits {
            to(&mut name.name);
        }
        for FieldPat { name, .. } in &mut self.pools.field_pats {
            to(&mut name.name);
        }
        for FieldDecl { name, .. } in &mut self.pools.field_decls {
            to(&mut name.name);
        }
        for CaseDecl { name, .. } in &mut self.pools.case_decls {
            to(&mut name.name);
        }
        for name in self.fns.iter_mut().filter_map(|decl| decl.name.as_mut()) {
            to(&mut name.name);
        }
        for Expr { kind, .. } in &mut self.exprs {
            if let Some(name) = expr_name(kind) {
                to(name);
            }
        }
        for pat in &mut self.pats {
            if let Some(name) = pat_name(&mut pat.kind) {
                to(name);
            }
        }
        for item in &mut self.items {
            if let Some(name) = item_name(&mut item.kind) {
                to(name);
            }
        }
    }
}

/// The name in the node itself, not in its lists; a node has one at most.
fn expr_name(kind: &mut ExprKind) -> Option<&mut Symbol> {
    match kind {
        ExprKind::Name(name) | ExprKind::Float { text: name, .. } => Some(name),
        ExprKind::Case(name) | ExprKind::Field { name, .. } => Some(&mut name.name),
        ExprKind::Catch { name: label, .. }
        | ExprKind::While { label, .. }
        | ExprKind::Loop { label, .. }
        | ExprKind::For { label, .. }
        | ExprKind::Break(label)
        | ExprKind::Continue(label) => label.as_mut().map(|label| &mut label.name),
        ExprKind::StructLit { target: LitTarget::Case(name), .. } => Some(&mut name.name),
        ExprKind::StructLit { target: LitTarget::Infer | LitTarget::Path(_), .. } => None,
        ExprKind::Error
        | ExprKind::Int { .. }
        | ExprKind::Bool(_)
        | ExprKind::Char(_)
        | ExprKind::Str(_)
        | ExprKind::ByteStr(_)
        | ExprKind::FStr(_)
        | ExprKind::Nil
        | ExprKind::Instance { .. }
        | ExprKind::TupleField { .. }
        | ExprKind::Index { .. }
        | ExprKind::Slice { .. }
        | ExprKind::Call { .. }
        | ExprKind::Deref { .. }
        | ExprKind::Unwrap { .. }
        | ExprKind::Unary { .. }
        | ExprKind::Try { .. }
        | ExprKind::Binary { .. }
        | ExprKind::Cast { .. }
        | ExprKind::Pipe { .. }
        | ExprKind::Range { .. }
        | ExprKind::Assign { .. }
        | ExprKind::Tuple(_)
        | ExprKind::Array(_)
        | ExprKind::Repeat { .. }
        | ExprKind::MapLit { .. }
        | ExprKind::SeqLit { .. }
        | ExprKind::New(_)
        | ExprKind::Block(_)
        | ExprKind::If { .. }
        | ExprKind::Switch { .. }
        | ExprKind::With { .. }
        | ExprKind::Sync { .. }
        | ExprKind::Closure { .. }
        | ExprKind::Fn(_)
        | ExprKind::Constantize(_)
        | ExprKind::Async(_)
        | ExprKind::Return(_)
        | ExprKind::ReturnError(_)
        | ExprKind::Yield(_)
        | ExprKind::Unreachable => None,
    }
}

fn pat_name(kind: &mut PatKind) -> Option<&mut Symbol> {
    match kind {
        PatKind::Bind(name) => Some(name),
        PatKind::Case(name)
        | PatKind::Payload { target: PatTarget::Case(name), .. }
        | PatKind::Struct { target: PatTarget::Case(name), .. } => Some(&mut name.name),
        PatKind::Payload { target: PatTarget::Path(_), .. } | PatKind::Struct { target: PatTarget::Path(_), .. } => {
            None
        }
        PatKind::Error
        | PatKind::Wild
        | PatKind::Lit(_)
        | PatKind::Const(_)
        | PatKind::Path(_)
        | PatKind::ErrorOf(_)
        | PatKind::Tuple(_)
        | PatKind::Range { .. }
        | PatKind::Or(_) => None,
    }
}

fn item_name(kind: &mut ItemKind) -> Option<&mut Symbol> {
    match kind {
        ItemKind::Struct { name, .. }
        | ItemKind::Enum { name, .. }
        | ItemKind::TypeAlias { name, .. }
        | ItemKind::Const { name, .. }
        | ItemKind::Protocol { name, .. }
        | ItemKind::Opaque { name }
        | ItemKind::Module { name, .. } => Some(&mut name.name),
        ItemKind::Import { alias, .. } | ItemKind::ImportFile { alias, .. } => {
            alias.as_mut().map(|alias| &mut alias.name)
        }
        ItemKind::Error
        | ItemKind::Fn(_)
        | ItemKind::Var(_)
        | ItemKind::Impl { .. }
        | ItemKind::ImportPath { .. }
        | ItemKind::LinkPath { .. }
        | ItemKind::Link { .. }
        | ItemKind::Test { .. } => None,
    }
}
