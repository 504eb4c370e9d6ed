//! `if` and conditions.

use super::body::{Dest, Lower};
use crate::hir::*;
use lang_ir::Block as IrBlock;

impl Lower<'_, '_, '_> {
    /// Goes to one of two blocks by a condition.
    pub fn cond_jump(&mut self, expr: ExprId, then: IrBlock, otherwise: IrBlock) {
        match self.body[expr].kind {
            ExprKind::Bool(value) => {
                let span = self.body[expr].span;
                self.at(span);
                self.jump(if value { then } else { otherwise });
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.cond_jump(operand, otherwise, then),
            ExprKind::Logic { .. } => {
                let (and, operands) = self.logic_chain(expr);
                let (last, first) = operands.split_last().expect("operands");
                let mut mark = None;
                for &operand in first {
                    let next = self.new_block();
                    let (then, otherwise) = if and { (next, otherwise) } else { (then, next) };
                    self.cond_jump(operand, then, otherwise);
                    self.switch_to(next);
                    mark.get_or_insert(self.mark());
                }
                self.cond_jump(*last, then, otherwise);
                if let Some(mark) = mark {
                    self.forget(mark);
                }
            }
            _ => {
                let condition = self.scalar(expr);
                self.brif(condition, then, otherwise);
            }
        }
    }

    /// Goes to one of two blocks by a condition, and binds on the way to the first.
    pub fn cond(&mut self, cond: &Cond, then: IrBlock, otherwise: IrBlock) {
        match cond {
            Cond::Expr(expr) => self.cond_jump(*expr, then, otherwise),
            Cond::Let { value, pat } => {
                let val = self.borrow(*value);
                self.at(pat.span);
                self.match_pat(pat, &val, Some(otherwise));
                self.jump(then);
            }
        }
    }

    /// A pointer that the condition says is not nil.
    fn learn(&mut self, cond: &Cond) {
        let Cond::Expr(expr) = *cond else { return };
        let operands = match self.body[expr].kind {
            ExprKind::Logic { and: true, .. } => self.logic_chain(expr).1,
            _ => vec![expr],
        };
        for operand in operands {
            if let ExprKind::IsNil { value, negated: true } = self.body[operand].kind
                && let Some(local) = self.fixed_pointer(value)
            {
                self.nonnull.push(local);
            }
        }
    }

    pub fn if_(&mut self, arms: &[(Cond, BlockId)], otherwise: Option<BlockId>, dest: &Dest) {
        let join = self.new_block();
        let mut mark = None;
        for (index, (cond, body)) in arms.iter().enumerate() {
            let then = self.new_block();
            let last = index + 1 == arms.len();
            let next = if last && otherwise.is_none() { join } else { self.new_block() };
            self.cond(cond, then, next);
            // Only the first condition is evaluated on every way.
            let mark = *mark.get_or_insert(self.mark());
            self.switch_to(then);
            self.learn(cond);
            self.block(*body, dest);
            self.jump(join);
            self.forget(mark);
            if next != join {
                self.switch_to(next);
            }
        }
        if let Some(otherwise) = otherwise {
            self.block(otherwise, dest);
            self.jump(join);
        }
        if let Some(mark) = mark {
            self.forget(mark);
        }
        self.switch_to(join);
    }
}
