//! Names through modules: `m.x` in an expression, a literal, a pattern.

use super::body::{FnCx, NameRef};
use crate::ast;
use crate::resolve::Decl;

/// How many names are looked at for modules; more cannot nest.
const MAX_NAMES: usize = ast::MAX_DEPTH as usize + 1;

impl<'c, 'a> FnCx<'c, 'a> {
    /// What a name or a chain of names through modules stands for: `x`, `m.x`, `m.inner.x`; and the last of the names.
    /// `None` if the expression is something else, such as a field of a value.
    pub(crate) fn named(&mut self, expr: ast::ExprId) -> Option<(NameRef, ast::Ident)> {
        let mut names: Vec<ast::Ident> = Vec::new();
        let mut at = expr;
        let first = loop {
            match self.file[at].kind {
                ast::ExprKind::Name(name) => break ast::Ident { name, span: self.file[at].span },
                ast::ExprKind::Field { base, name } if names.len() < MAX_NAMES => {
                    names.push(name);
                    at = base;
                }
                _ => return None,
            }
        };
        let mut found = self.lookup(first.name);
        let mut last = first;
        while let Some(name) = names.pop() {
            let NameRef::Decl(Decl::Module(module)) = found else { return None };
            found = NameRef::Decl(self.cx.member(module, name, self.item_scope));
            last = name;
        }
        Some((found, last))
    }

    /// As [`FnCx::named`] for a path: also how many of its names that were, the last of them, and the rest.
    pub(crate) fn named_path(&mut self, path: ast::Path) -> (NameRef, ast::Ident, &'a [ast::PathSegment]) {
        let segments = &self.file[path.segments];
        match self.lookup(segments[0].name.name) {
            NameRef::Decl(decl) => {
                let (decl, count) = self.cx.follow(decl, segments, self.item_scope);
                (NameRef::Decl(decl), segments[count - 1].name, &segments[count..])
            }
            other => (other, segments[0].name, &segments[1..]),
        }
    }
}
