//! Slices: `a[i..j]`, and strided ones, `a[i..j by s]`.

use super::body::FnCx;
use super::expr::Operand;
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::{ExprId, ExprKind};
use crate::source::Span;
use crate::types::{Ty, TyKind};

impl<'c, 'a> FnCx<'c, 'a> {
    /// `base[low..high]`, `base[low..high by step]`
    pub(crate) fn slice(&mut self, base: ast::ExprId, range: ast::RangeExpr, bracket: Span, span: Span) -> ExprId {
        let mut operand = self.operand(base, None);
        if let TyKind::Pointer { target, .. } = self.kind(self.operand_ty(operand))
            && matches!(self.kind(target), TyKind::Array { .. } | TyKind::Slice { .. } | TyKind::Strided { .. })
        {
            operand = self.through_pointer(operand, bracket);
        }
        let ty = self.operand_ty(operand);
        let (base, result) = self.sliced(operand, range, bracket, span);
        let low = range.low.map(|low| self.expr_to(low, Ty::I64));
        let high = range.high.map(|high| self.expr_to(high, Ty::I64));
        let step = range.step.map(|step| self.slice_step(step));
        if result == Ty::ERROR {
            return self.error(span);
        }
        let inclusive = range.inclusive;
        let Some(step) = step else {
            return self.add(ExprKind::Slice { base, low, high, inclusive, bracket }, result, span);
        };
        let strided = match self.kind(result) {
            TyKind::Strided { .. } => result,
            _ => {
                let element = self.cx.types.element(result).expect("a slice has elements");
                self.cx.types.intern(TyKind::Strided { element, restrict: false })
            }
        };
        if let TyKind::Pointer { .. } = self.kind(ty) {
            // What a pointer leads to has no end: first a slice, then its steps.
            let whole = self.add(ExprKind::Slice { base, low, high, inclusive, bracket }, result, span);
            let kind = ExprKind::SliceBy { base: whole, low: None, high: None, inclusive: false, step, bracket };
            return self.add(kind, strided, span);
        }
        self.add(ExprKind::SliceBy { base, low, high, inclusive, step, bracket }, strided, span)
    }

    /// What is sliced, as a slice, `str` or pointer, and the type of a part of it.
    fn sliced(&mut self, operand: Operand, range: ast::RangeExpr, bracket: Span, span: Span) -> (ExprId, Ty) {
        let ty = self.operand_ty(operand);
        match self.kind(ty) {
            TyKind::Array { element, .. } => {
                let place = self.place_of(operand);
                self.take_address(place);
                let ty = self.cx.types.slice(element);
                (self.add(ExprKind::ArraySlice(place), ty, span), ty)
            }
            TyKind::Slice { .. } | TyKind::Strided { .. } => {
                let value = self.read(operand);
                let ty = self.cx.unrestricted(ty);
                (self.coerce(value, ty), ty)
            }
            TyKind::Str => {
                if range.step.is_some() {
                    self.report(
                        Diagnostic::error("E0356", bracket, "the bytes of a `str` have no strided slice")
                            .help("step through the indices with a loop: `for i in a..b by s`"),
                    );
                    return (self.error(span), Ty::ERROR);
                }
                (self.read(operand), Ty::STR)
            }
            TyKind::Pointer { target, .. } if target != Ty::VOID => {
                if range.low.is_none() || range.high.is_none() {
                    self.report(
                        Diagnostic::error("E0356", bracket, "a slice of a raw pointer needs both ends")
                            .note("a pointer does not know how much there is"),
                    );
                    return (self.error(span), Ty::ERROR);
                }
                (self.read(operand), self.cx.types.slice(target))
            }
            TyKind::Error => (self.error(span), Ty::ERROR),
            kind => {
                let name = self.name_of(ty);
                let mut diagnostic = Diagnostic::error("E0355", bracket, format!("`{name}` cannot be sliced"));
                match kind {
                    TyKind::View { rank: 2, .. } => {
                        diagnostic = diagnostic.help("`m[i]` is a row, which is a slice: `m[i][a..b]`");
                    }
                    TyKind::Optional(_) => {
                        diagnostic = diagnostic.help("`!` or `if let` gives the value in the optional")
                    }
                    _ => {}
                }
                self.report(diagnostic);
                (self.error(span), Ty::ERROR)
            }
        }
    }

    fn slice_step(&mut self, step: ast::ExprId) -> ExprId {
        let value = self.expr_to(step, Ty::I64);
        if self.known_ints.get(&value).is_some_and(|&known| known < 1) {
            let span = self.file[step].span;
            self.report(
                Diagnostic::warning("W0306", span, "a slice with a step below 1 always traps").label("the step"),
            );
        }
        value
    }
}
