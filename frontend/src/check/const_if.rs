//! `#if`: which declarations and statements are a part of the program.
//!
//! The conditions of a scope are evaluated in the order of the text, when everything around them is declared; the statements
//! of the arm that is taken then stand in the place of the `#if`. What is in the other arms is not looked at any more.
//! Besides constants, a condition may name `debug` (the program is not optimized) and `target` (as `"x86_64-linux"`).

use super::Cx;
use super::body::FnCx;
use crate::ast::{self, StmtKind};
use crate::diagnostic::Diagnostic;
use crate::hir::{ConstValue, ExprId, FuncId};
use crate::intern::Symbol;
use crate::resolve::ScopeId;
use crate::source::Span;
use crate::types::Ty;

/// What stands in a block, with the arms of its `#if`s that were taken in their place.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Stmt(ast::StmtId),
    /// The value at the end of an arm that is not the end of the block.
    Expr(ast::ExprId),
}

impl<'a> Cx<'a> {
    /// Decides the `#if`s at the top levels of files and modules. Those of imported files come first.
    pub(crate) fn expand_pending_ifs(&mut self) {
        while let Some((scope, file_index, stmts)) = self.pending_ifs.pop() {
            let stmts = &self.files[file_index][stmts];
            self.expand_ifs(scope, file_index, stmts, None);
        }
    }

    /// Decides the `#if`s of a scope whose other declarations are there, and declares what is in the arms taken.
    pub(crate) fn expand_ifs(
        &mut self,
        scope: ScopeId,
        file_index: usize,
        stmts: &[ast::StmtId],
        owner: Option<FuncId>,
    ) {
        let file = &self.files[file_index];
        let is_if = |&&stmt: &&ast::StmtId| matches!(file[stmt].kind, StmtKind::ConstIf { .. });
        let mut pending: Vec<ast::StmtId> = stmts.iter().filter(is_if).rev().copied().collect();
        while let Some(stmt) = pending.pop() {
            let StmtKind::ConstIf { arms, otherwise } = file[stmt].kind else { continue };
            let taken = self.choose_arm(scope, file_index, &file[arms], otherwise);
            self.taken_arms.insert((file_index, stmt), taken);
            let Some(taken) = taken else { continue };
            let inner = &file[file[taken].stmts];
            for &stmt in inner {
                match file[stmt].kind {
                    StmtKind::Item(item) => {
                        let first = self.funcs.len();
                        self.collect_item(scope, file_index, item);
                        if owner.is_some() {
                            self.funcs[first..].iter_mut().for_each(|func| func.parent = owner);
                        }
                    }
                    StmtKind::ConstIf { .. } | StmtKind::Error => {}
                    _ if scope == self.file_scopes[file_index] => self.scripts[file_index] = true,
                    _ => {}
                }
            }
            pending.extend(inner.iter().filter(is_if).rev());
        }
    }

    /// The first arm whose condition holds. The arm of a condition with an error is taken, so that its names are there.
    fn choose_arm(
        &mut self,
        scope: ScopeId,
        file_index: usize,
        arms: &[ast::ConstIfArm],
        otherwise: Option<ast::BlockId>,
    ) -> Option<ast::BlockId> {
        let file = &self.files[file_index];
        for arm in arms {
            let mut condition = FnCx::new(self, file_index, scope);
            condition.in_condition = true;
            let before = condition.cx.diagnostics.len();
            match condition.const_body(arm.cond, Some(Ty::BOOL)) {
                Some((_, value)) if value != ConstValue::Int(1) => {}
                Some(_) => return Some(arm.body),
                None => {
                    let condition = file[arm.cond].span;
                    let unknown = |d: &&mut Diagnostic| {
                        let at = d.primary.span;
                        d.code == "E0201" && condition.start <= at.start && at.end <= condition.end
                    };
                    for diagnostic in self.diagnostics.iter_mut().skip(before).filter(unknown) {
                        diagnostic.notes.push(
                            "the condition of an `#if` may name constants that no later `#if` declares, `debug` and `target`"
                                .to_string(),
                        );
                    }
                    return Some(arm.body);
                }
            }
        }
        otherwise
    }

    /// The statements of a block and its value.
    pub(crate) fn parts(
        &self,
        file_index: usize,
        stmts: ast::List<ast::StmtId>,
        tail: Option<ast::ExprId>,
    ) -> (Vec<Part>, Option<ast::ExprId>) {
        let file = &self.files[file_index];
        let mut parts = Vec::with_capacity(stmts.len());
        let tail = self.add_parts(file, file_index, &file[stmts], tail, &mut parts);
        (parts, tail)
    }

    fn add_parts(
        &self,
        file: &ast::File,
        file_index: usize,
        stmts: &[ast::StmtId],
        mut tail: Option<ast::ExprId>,
        parts: &mut Vec<Part>,
    ) -> Option<ast::ExprId> {
        for (index, &stmt) in stmts.iter().enumerate() {
            let StmtKind::ConstIf { .. } = file[stmt].kind else {
                parts.push(Part::Stmt(stmt));
                continue;
            };
            let Some(&Some(taken)) = self.taken_arms.get(&(file_index, stmt)) else { continue };
            let block = &file[taken];
            let value = self.add_parts(file, file_index, &file[block.stmts], block.tail, parts);
            if index + 1 == stmts.len() && tail.is_none() {
                tail = value;
            } else {
                parts.extend(value.map(Part::Expr));
            }
        }
        tail
    }

    /// The target that the program is compiled for.
    fn target_name() -> String {
        format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
    }
}

impl FnCx<'_, '_> {
    /// `debug` and `target` in the condition of an `#if`.
    pub(crate) fn condition_name(&mut self, name: Symbol, span: Span) -> Option<ExprId> {
        if !self.in_condition {
            return None;
        }
        match self.cx.text(name) {
            "debug" => {
                let value = ConstValue::Int(self.cx.options.debug.into());
                Some(self.const_value(&value, Ty::BOOL, span))
            }
            "target" => {
                let target = self.cx.string(Cx::target_name().as_bytes());
                Some(self.const_value(&ConstValue::Str(target), Ty::STR, span))
            }
            _ => None,
        }
    }
}
