//! `defer` and `on_return`: what runs when a block or the function is left.

use super::body::{BlockRole, FnCx};
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::{self, BlockId, ExprKind, LocalId, PlaceKind};
use crate::intern::Symbol;
use crate::source::Span;
use crate::types::Ty;

/// What is checked may not be left: loops and blocks below the floors are outside of it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Deferred {
    pub loop_floor: usize,
    pub yield_floor: usize,
    /// `a `defer`` or `an `on_return``, if in one.
    pub what: Option<&'static str>,
}

impl<'c, 'a> FnCx<'c, 'a> {
    pub(crate) fn defer_stmt(&mut self, expr: ast::ExprId, span: Span, out: &mut Vec<hir::Stmt>) {
        let block = self.deferred("a `defer`", |this| {
            if let ast::ExprKind::Block(inner) = this.file[expr].kind {
                let block = this.block(inner, Some(Ty::VOID), BlockRole::Body);
                this.coerce_block(block, Ty::VOID);
                return block;
            }
            let block = this.new_block(span);
            let mut stmts = Vec::new();
            this.stmt_expr(expr, &mut stmts, span);
            this.body.blocks[block.index()].stmts = stmts;
            block
        });
        out.push(hir::Stmt { kind: hir::StmtKind::Defer(block), span });
    }

    /// Registered when it is reached, by a flag; the function runs it before it returns.
    pub(crate) fn on_return_stmt(&mut self, block: ast::BlockId, span: Span, out: &mut Vec<hir::Stmt>) {
        let head = Span::new(span.file, span.start, span.start + "on_return".len() as u32);
        if let Some(what) = self.leaving.what {
            self.report(Diagnostic::error("E0330", head, format!("`on_return` cannot stand in {what}")));
        } else if !self.is_function {
            self.report(Diagnostic::error("E0331", head, "`on_return` stands only in functions"));
        } else if !self.loops.is_empty() {
            self.report(
                Diagnostic::error("E0336", head, "`on_return` cannot stand in a loop")
                    .note("it is registered when it is reached, which is once in a call")
                    .help("put it before the loop, or use `defer` for what each turn leaves behind"),
            );
        }
        let flag = self.hidden_local(Ty::BOOL, span);
        self.body.locals[flag.index()].mutable = true;
        let value = self.add(ExprKind::Bool(true), Ty::BOOL, span);
        let place = self.place(PlaceKind::Local(flag), Ty::BOOL, span);
        out.push(hir::Stmt { kind: hir::StmtKind::Assign { place, value, op: span }, span });
        let block = self.deferred("an `on_return`", |this| {
            this.push_scope(ast::List::EMPTY);
            if let Some(result) = this.result_local() {
                this.name_local(Symbol::RESULT, result);
            }
            let block = this.block(block, Some(Ty::VOID), BlockRole::Body);
            this.coerce_block(block, Ty::VOID);
            this.pop_scope();
            block
        });
        self.body.on_returns.push(hir::OnReturn { flag, block });
    }

    /// The variable that holds the result while `on_return` runs.
    fn result_local(&mut self) -> Option<LocalId> {
        if matches!(self.result, Ty::VOID | Ty::NEVER | Ty::ERROR) {
            return None;
        }
        if self.body.result.is_none() {
            let local = self.hidden_local(self.result, self.result_span);
            self.body.locals[local.index()].name = Symbol::RESULT;
            self.body.locals[local.index()].mutable = true;
            self.mark_used(local);
            self.body.result = Some(local);
        }
        self.body.result
    }

    /// Checks a block that control may not leave but at its end.
    fn deferred(&mut self, what: &'static str, check: impl FnOnce(&mut Self) -> BlockId) -> BlockId {
        let saved = (self.leaving, self.diverges);
        self.leaving = Deferred { loop_floor: self.loops.len(), yield_floor: self.yield_count(), what: Some(what) };
        self.diverges = false;
        let block = check(self);
        (self.leaving, self.diverges) = saved;
        block
    }
}
