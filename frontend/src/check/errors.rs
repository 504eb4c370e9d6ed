//! Error results `T!E`: `return error`, `try`, `catch`.

use super::body::{BlockRole, FnCx};
use super::expr::Testable;
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::{self, BlockId, ERROR, ExprId, ExprKind, OK};
use crate::source::Span;
use crate::types::{Ty, TyKind};

impl<'c, 'a> FnCx<'c, 'a> {
    /// `return error e`
    pub(crate) fn return_error(&mut self, error: ast::ExprId, span: Span) -> ExprId {
        if let Some(what) = self.leaving.what {
            self.report(Diagnostic::error("E0330", span, format!("`return` cannot leave {what}")));
            return self.error(span);
        }
        if !self.is_function {
            self.report(Diagnostic::error("E0331", span, "`return` stands only in functions"));
            return self.error(span);
        }
        let result = self.result;
        let TyKind::Result { error: wanted, .. } = self.kind(result) else {
            let value = self.expr(error, (result == Ty::ERROR).then_some(Ty::ERROR));
            let (found, given) = (self.ty(value), self.name_of(result));
            if result != Ty::ERROR {
                let mut diagnostic = Diagnostic::error("E0382", span, "this function gives no errors")
                    .secondary(self.result_span, "its result type is declared here");
                if found != Ty::ERROR && self.declares_result() {
                    let found = self.name_of(found);
                    diagnostic = diagnostic.help(format!("let the result be `{given}!{found}`"));
                }
                self.report(diagnostic);
            }
            self.diverges = true;
            return self.error(span);
        };
        let errors = self.cx.diagnostics.len();
        let value = self.expr_to(error, wanted);
        if let Some(diagnostic) = self.cx.diagnostics[errors..].last_mut()
            && diagnostic.code == "E0301"
            && diagnostic.secondary.is_empty()
        {
            *diagnostic = diagnostic.clone().secondary(self.result_span, "because of the error type declared here");
        }
        self.check_escape(value, "returned");
        self.diverges = true;
        if self.ty(value) == Ty::ERROR {
            return self.error(span);
        }
        let value = self.add(ExprKind::Case { case: ERROR, fields: vec![(0, value)] }, result, span);
        self.add(ExprKind::Return(Some(value)), Ty::NEVER, span)
    }

    /// A value as the `T!E` that is asked for.
    pub(crate) fn wrap_ok(&mut self, value: Option<ExprId>, result: Ty, span: Span) -> ExprId {
        let fields = value.map(|value| (0, value)).into_iter().collect();
        self.add(ExprKind::Case { case: OK, fields }, result, span)
    }

    /// The body of a function that gives `void!E`: its end gives no error.
    pub(crate) fn void_body(&mut self, block: ast::BlockId, result: Ty) -> BlockId {
        let root = self.block(block, Some(Ty::VOID), BlockRole::Body);
        let end = self.body[root].span.at_end();
        if let Some(tail) = self.body[root].tail {
            // A tail may be the `void!E` of another function, which is passed on as it is.
            if self.ty(tail) == result || matches!(self.ty(tail), Ty::NEVER | Ty::ERROR) {
                self.coerce_block(root, result);
                return root;
            }
            let tail = self.coerce(tail, Ty::VOID);
            let stmt = hir::Stmt { kind: hir::StmtKind::Expr(tail), span: self.body[tail].span };
            self.body.blocks[root.index()].stmts.push(stmt);
        }
        if self.body[root].ty != Ty::NEVER {
            let value = self.wrap_ok(None, result, end);
            self.body.blocks[root.index()].tail = Some(value);
        }
        self.body.blocks[root.index()].ty = result;
        root
    }

    /// `try operand` of an optional or an error result.
    pub(crate) fn try_expr(&mut self, operand: ast::ExprId, op: Span, span: Span) -> ExprId {
        let value = self.expr(operand, None);
        let ty = self.ty(value);
        let (payload, kind) = match self.kind(ty) {
            TyKind::Optional(payload) => (payload, ExprKind::TryOptional { value, op }),
            TyKind::Result { ok, .. } => (ok, ExprKind::TryResult { value, op }),
            TyKind::Error => return self.error(span),
            _ => {
                self.report_untestable("try", Testable::OptionalOrResult, op, value);
                return self.error(span);
            }
        };
        if !self.may_try(ty, value, op) {
            return self.error(span);
        }
        if let Some(what) = self.leaving.what {
            self.report(Diagnostic::error("E0330", op, format!("`try` cannot leave {what}")));
            return self.error(span);
        }
        self.add(kind, payload, span)
    }

    /// Whether this is a function whose result somebody writes, not a script or test.
    fn declares_result(&self) -> bool {
        let is_test = || self.cx.tests.iter().any(|test| Some(test.func) == self.owner);
        self.is_function && self.owner.is_some() && self.owner != self.cx.script && !is_test()
    }

    /// Whether the function may give what `try` passes on; else that is reported.
    fn may_try(&mut self, ty: Ty, value: ExprId, op: Span) -> bool {
        let given = if self.is_function { self.kind(self.result) } else { TyKind::Void };
        let place = self.result_span;
        let is_script = self.owner.is_some() && self.owner == self.cx.script;
        let mut diagnostic = match (self.kind(ty), given) {
            (_, TyKind::Error) | (TyKind::Optional(_), TyKind::Optional(_)) => return true,
            (TyKind::Optional(_), TyKind::Result { .. }) => Diagnostic::error(
                "E0335",
                op,
                "`try` of an optional needs a function that returns one: nil does not become an error",
            )
            .secondary(place, "nil could not be returned from here")
            .help("`value ?? return error e` names the error"),
            (TyKind::Optional(_), _) => {
                Diagnostic::error("E0335", op, "`try` of an optional needs a function that returns one")
                    .secondary(place, "nil could not be returned from here")
            }
            (TyKind::Result { error, .. }, TyKind::Result { error: wanted, .. }) => {
                if error == wanted {
                    return true;
                }
                let (found, wanted) = (self.name_of(error), self.name_of(wanted));
                let message = format!("`try` passes on an error of type `{found}`, the function gives `{wanted}`");
                let at = self.body[value].span;
                Diagnostic::error("E0385", op, message)
                    .secondary(at, format!("its error is `{found}`"))
                    .secondary(place, "the function's result is declared here")
                    .help("`catch e { return error ...; }` makes another error of it")
            }
            (TyKind::Result { error, .. }, _) => {
                let found = self.name_of(error);
                let message = "`try` of an error result needs a function that gives errors".to_string();
                let diagnostic = Diagnostic::error("E0335", op, message);
                let diagnostic = if is_script {
                    diagnostic
                } else {
                    diagnostic.secondary(place, "an error could not be returned from here")
                };
                if self.declares_result() {
                    let given = self.name_of(self.result);
                    diagnostic.help(format!("let the result be `{given}!{found}`, or handle it: `catch e {{ ... }}`"))
                } else {
                    diagnostic.help("handle it here: `catch e { ... }`")
                }
            }
            _ => return true,
        };
        if is_script {
            diagnostic.secondary.clear();
            diagnostic = diagnostic.note("this is part of the body of `main`");
        }
        self.report(diagnostic);
        false
    }

    /// `operand catch name { handler }`
    pub(crate) fn catch(
        &mut self,
        operand: ast::ExprId,
        name: Option<ast::Ident>,
        handler: ast::BlockId,
        op: Span,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        let value = self.expr(operand, None);
        let ty = self.ty(value);
        let diverges = self.diverges;
        let (ok, error) = match self.kind(ty) {
            TyKind::Result { ok, error } => (ok, error),
            kind => {
                if ty != Ty::ERROR {
                    let found = self.name_of(ty);
                    let at = self.body[value].span;
                    let mut diagnostic =
                        Diagnostic::error("E0384", op, format!("`catch` needs an error result, not `{found}`"))
                            .secondary(at, format!("this is `{found}`, which is never an error"));
                    if let TyKind::Optional(_) = kind {
                        diagnostic = diagnostic.help("`?? default` gives another value in place of nil");
                    }
                    self.report(diagnostic);
                }
                (Ty::ERROR, Ty::ERROR)
            }
        };
        self.push_scope(ast::List::EMPTY);
        let local = name.map(|name| self.declare_local(name, error, false));
        if let Some(local) = local {
            self.bindings[local.index()] = super::body::Binding::Pattern;
        }
        // As a statement nobody looks at the value.
        let ty = if hint == Some(Ty::VOID) && ok != Ty::ERROR { Ty::VOID } else { ok };
        let handler = self.block(handler, (ok != Ty::ERROR).then_some(ty), BlockRole::Body);
        self.pop_scope();
        self.diverges = diverges;
        if ok == Ty::ERROR {
            return self.error(span);
        }
        self.coerce_block(handler, ty);
        self.add(ExprKind::Catch { value, error: local, handler }, ty, span)
    }

    /// `value ?? default` of an error result: `value catch { default }`.
    pub(crate) fn without_error(
        &mut self,
        value: ExprId,
        ok: Ty,
        default: ast::ExprId,
        span: Span,
        diverges: bool,
    ) -> ExprId {
        if ok == Ty::VOID {
            let at = self.body[value].span;
            self.report(
                Diagnostic::error("E0305", at, "there is no value here that `??` could give")
                    .help("`catch { ... }` does something where there is an error"),
            );
            self.expr(default, None);
            return self.error(span);
        }
        let default = self.expr_to(default, ok);
        self.diverges = diverges;
        if self.ty(default) == Ty::ERROR {
            return self.error(span);
        }
        let at = self.body[default].span;
        let handler = self.new_block(at);
        self.body.blocks[handler.index()].tail = Some(default);
        self.body.blocks[handler.index()].ty = ok;
        self.add(ExprKind::Catch { value, error: None, handler }, ok, span)
    }

    /// An error result that nobody looks at.
    pub(crate) fn report_dropped(&mut self, value: ExprId) {
        let name = self.name_of(self.ty(value));
        let span = self.body[value].span;
        self.report(
            Diagnostic::error("E0383", span, format!("this `{name}` may be an error, and nobody looks at it"))
                .help("`try` passes an error on, `catch e { ... }` handles it"),
        );
    }
}
