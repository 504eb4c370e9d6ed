//! `if`, `switch` and conditions.

use super::body::{Dest, Lower};
use super::code::Val;
use crate::hir::*;
use crate::types::{Ty, TyKind};
use lang_ir::Block as IrBlock;
use rustc_hash::FxHashSet;

/// A range of at most this many values becomes cases of a `switch`.
const MAX_RANGE: u128 = 64;

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

    pub fn switch_on(&mut self, value: ExprId, arms: &[Arm], dest: &Dest) {
        let ty = self.ty(value);
        // A guard could change the place that the value is in.
        let val = if arms.iter().any(|arm| arm.guard.is_some()) { self.expr(value) } else { self.borrow(value) };
        if !self.live {
            return;
        }
        let join = self.new_block();
        let mark = self.mark();
        let mut done = 0;
        while done < arms.len() && self.live {
            let run = self.table_run(&arms[done..], ty);
            if run >= 2 {
                self.switch_table(&arms[done..done + run], done + run == arms.len(), &val, ty, dest, join);
                done += run;
            } else {
                self.switch_arm(&arms[done], done + 1 == arms.len(), &val, dest, join);
                done += 1;
            }
            self.forget(mark);
        }
        if self.live {
            // One arm matches, by the checker's proof.
            self.unreachable();
        }
        self.switch_to(join);
    }

    /// Tests one arm; goes on where it does not match.
    fn switch_arm(&mut self, arm: &Arm, last: bool, val: &Val, dest: &Dest, join: IrBlock) {
        let next = self.new_block();
        self.at(arm.pat.span);
        // The last one has to match.
        let test = !last || arm.guard.is_some() || matches!(arm.pat.kind, PatKind::Or(_));
        self.match_pat(&arm.pat, val, test.then_some(next));
        if let Some(guard) = arm.guard {
            let body = self.new_block();
            self.cond_jump(guard, body, next);
            self.switch_to(body);
        }
        self.expr_to(arm.body, dest);
        self.jump(join);
        self.switch_to(next);
    }

    /// How many of the first arms can be the cases of one IR `switch`.
    fn table_run(&self, arms: &[Arm], ty: Ty) -> usize {
        if self.int_ty(ty).is_none() {
            return 0;
        }
        let mut run = 0;
        for arm in arms {
            if arm.guard.is_some() {
                break;
            }
            if matches!(arm.pat.kind, PatKind::Wild | PatKind::Bind(_)) {
                // Whatever is left: the default.
                return run + 1;
            }
            if !self.is_tabular(&arm.pat, ty) {
                break;
            }
            run += 1;
        }
        run
    }

    fn is_tabular(&self, pat: &Pat, ty: Ty) -> bool {
        match &pat.kind {
            PatKind::Const(_) => true,
            PatKind::Range { .. } => self.range_bounds(pat, ty).is_none_or(|(low, high)| high - low < MAX_RANGE),
            PatKind::Or(pats) => pats.iter().all(|pat| self.is_tabular(pat, ty)),
            _ => false,
        }
    }

    /// First and last value of a range, counted from the smallest value of the type; `None` if it is empty.
    pub fn range_bounds(&self, pat: &Pat, ty: Ty) -> Option<(u128, u128)> {
        let PatKind::Range { low, high, inclusive } = pat.kind else { unreachable!("not a range") };
        let int = self.int_ty(ty).expect("ranges are of integers");
        // Flipping the sign bit makes the order that of the bits.
        let order = |bits: u128| (bits & int.mask()) ^ int.min_bits();
        let low = low.map_or(0, order);
        let high = match high {
            Some(high) if inclusive => order(high),
            Some(high) => order(high).checked_sub(1)?,
            None => int.mask(),
        };
        (low <= high).then_some((low, high))
    }

    /// The arms of a run by one IR `switch`.
    fn switch_table(&mut self, arms: &[Arm], last: bool, val: &Val, ty: Ty, dest: &Dest, join: IrBlock) {
        let int = self.int_ty(ty).expect("an integer");
        let blocks: Vec<IrBlock> = arms.iter().map(|_| self.new_block()).collect();
        let next = self.new_block();
        let mut seen = FxHashSet::default();
        let mut cases = Vec::new();
        let mut default = None;
        for (arm, &block) in arms.iter().zip(&blocks) {
            let mut values = Vec::new();
            match arm.pat.kind {
                PatKind::Wild | PatKind::Bind(_) => default = Some(block),
                _ => self.tabulate(&arm.pat, ty, &mut values),
            }
            cases.extend(values.into_iter().filter(|&value| seen.insert(value)).map(|value| (value, block)));
        }
        if default.is_none() && last {
            // Some arm matches, so that the last one needs no test.
            let block = *blocks.last().expect("two arms");
            cases.retain(|case| case.1 != block);
            default = Some(block);
        }
        let value = val.scalar();
        self.at(arms[0].pat.span);
        match cases[..] {
            [(bits, block)] => {
                let scalar = self.func.ty(value);
                let wanted = self.iconst(scalar, bits as i128);
                let equal = self.b().icmp_eq(value, wanted);
                self.brif(equal, block, default.unwrap_or(next));
            }
            _ => self.switch(value, &cases, default.unwrap_or(next)),
        }
        debug_assert!(cases.iter().all(|case| case.0 <= int.mask()));
        let mark = self.mark();
        for (arm, block) in arms.iter().zip(blocks) {
            self.switch_to(block);
            if let PatKind::Bind(local) = arm.pat.kind {
                self.bind(local, val);
            }
            self.expr_to(arm.body, dest);
            self.jump(join);
            self.forget(mark);
        }
        self.switch_to(next);
    }

    fn tabulate(&mut self, pat: &Pat, ty: Ty, out: &mut Vec<u128>) {
        let int = self.int_ty(ty).expect("an integer");
        match &pat.kind {
            PatKind::Const(value) => out.push(self.const_bits(value) & int.mask()),
            PatKind::Range { .. } => {
                if let Some((low, high)) = self.range_bounds(pat, ty) {
                    out.extend((low..=high).map(|at| at ^ int.min_bits()));
                }
            }
            PatKind::Or(pats) => pats.iter().for_each(|pat| self.tabulate(pat, ty, out)),
            _ => unreachable!("not a set of values"),
        }
    }

    /// Bits of an integer constant.
    pub fn const_bits(&self, value: &ConstValue) -> u128 {
        match value {
            ConstValue::Int(bits) => *bits,
            ConstValue::Zero => 0,
            value => unreachable!("{value:?} is no integer"),
        }
    }

    /// Whether values of the type are tested as integers.
    pub fn is_bool(&self, ty: Ty) -> bool {
        self.kind(ty) == TyKind::Bool
    }
}
