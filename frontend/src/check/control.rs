//! Conditions, loops and `switch`.

use super::body::{Binding, BlockRole, FnCx};
use super::operator::Free;
use crate::ast::{self, Cond, PatKind};
use crate::diagnostic::Diagnostic;
use crate::hir::{self, BlockId, ExprId, ExprKind, ForChars, ForRange, ForSlice, LocalId};
use crate::source::Span;
use crate::types::{IntTy, Ty, TyKind};

/// What the bodies of an `if` or `switch` have given so far.
struct Branches {
    hint: Option<Ty>,
    joined: Option<(Ty, Span)>,
    failed: bool,
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// Checks what `if` and `while` test; names that it binds go to the innermost scope.
    fn cond(&mut self, cond: Cond, head: &str) -> hir::Cond {
        match cond {
            Cond::Expr(expr) => hir::Cond::Expr(self.condition(expr)),
            Cond::Let { pat, value } => {
                if let Some(cond) = self.let_and(pat, value, head) {
                    return cond;
                }
                let value = self.expr(value, None);
                let ty = self.ty(value);
                let pat = Box::new(self.let_pattern(pat, value, ty, head));
                hir::Cond::Let { value, pat }
            }
        }
    }

    /// Reports `if let x = opt && more`, which tests all of `opt && more`.
    fn let_and(&mut self, pat: ast::PatId, value: ast::ExprId, head: &str) -> Option<hir::Cond> {
        let (mut first, mut rest) = (value, Vec::new());
        while let ast::ExprKind::Binary { op: ast::BinaryOp::And, left, right, op_span } = self.file[first].kind {
            first = left;
            rest.push((right, op_span));
        }
        let &(_, and) = rest.last()?;
        let names = matches!(self.file[pat].kind, PatKind::Bind(_) | PatKind::Payload { .. } | PatKind::Struct { .. });
        if !names || self.free(first).is_some() || matches!(self.file[first].kind, ast::ExprKind::Binary { .. }) {
            return None;
        }
        let tested = self.expr(first, None);
        let ty = self.ty(tested);
        if !matches!(self.kind(ty), TyKind::Optional(_) | TyKind::Result { .. } | TyKind::Enum(_)) {
            return None;
        }
        let more = Span::new(and.file, and.start, self.file[value].span.end);
        self.report(
            Diagnostic::error("E0305", and, format!("`{head}` tests all that stands behind the `=`"))
                .secondary(self.body[tested].span, format!("this is `{}`", self.name_of(ty)))
                .secondary(more, "this is a part of it")
                .help("put the second condition into an `if` of its own, inside"),
        );
        let pat = Box::new(self.let_pattern(pat, tested, ty, head));
        // The names are meant to be known there.
        for (right, _) in rest.into_iter().rev() {
            self.expr(right, Some(Ty::BOOL));
        }
        let value = self.error(more);
        Some(hir::Cond::Let { value, pat })
    }

    fn condition(&mut self, expr: ast::ExprId) -> ExprId {
        let value = self.expr(expr, Some(Ty::BOOL));
        let ty = self.ty(value);
        if !matches!(ty, Ty::BOOL | Ty::ERROR | Ty::NEVER) {
            let name = self.name_of(ty);
            let span = self.body[value].span;
            let mut diagnostic = Diagnostic::error("E0301", span, format!("a condition is a `bool`, not `{name}`"))
                .label(format!("this is `{name}`"));
            match self.kind(ty) {
                TyKind::Int(_) => diagnostic = diagnostic.suggest("compare it", span.at_end(), " != 0"),
                TyKind::Optional(_) => {
                    diagnostic = diagnostic
                        .suggest("compare it", span.at_end(), " != nil")
                        .help("`if let x = ...` tests it and names the value");
                }
                TyKind::Result { .. } => {
                    diagnostic = diagnostic.help("`if let x = ...` tests that it is no error, and names the value");
                }
                TyKind::Pointer { .. } => diagnostic = diagnostic.suggest("compare it", span.at_end(), " != nil"),
                _ => {}
            }
            self.report(diagnostic);
            return self.error(span);
        }
        self.coerce(value, Ty::BOOL)
    }

    /// Joins the type of a further branch with those before it.
    fn add_branch(&mut self, branches: &mut Branches, ty: Ty, span: Span) {
        match branches.joined {
            None => branches.joined = Some((ty, span)),
            Some((before, first)) => match self.join(before, ty) {
                Some(both) => {
                    let first = if before == Ty::NEVER { span } else { first };
                    branches.joined = Some((both, first));
                }
                None => {
                    if !branches.failed {
                        self.report_branch_mismatch(before, ty, span, first);
                    }
                    branches.failed = true;
                }
            },
        }
    }

    fn branch_hint(&self, branches: &Branches) -> Option<Ty> {
        branches.hint.or(branches.joined.map(|(ty, _)| ty).filter(|&ty| ty != Ty::NEVER))
    }

    /// Where the value of a block stands.
    fn value_span(&self, block: BlockId) -> Span {
        match self.body[block].tail {
            Some(tail) => self.body[tail].span,
            None => self.body[block].span,
        }
    }

    pub(crate) fn if_expr(
        &mut self,
        arms: ast::List<ast::IfArm>,
        otherwise: Option<ast::BlockId>,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        let hint = if otherwise.is_none() { Some(Ty::VOID) } else { hint };
        let mut branches = Branches { hint, joined: None, failed: false };
        let mut conds = Vec::new();
        let mut bodies: Vec<Option<BlockId>> = Vec::new();
        // Bodies that are literals take the type of the others, so they are checked last.
        let mut literals: Vec<(usize, ast::BlockId)> = Vec::new();
        let mut after_first = None;
        let mut all_diverge = true;
        for arm in &self.file[arms] {
            self.push_scope(ast::List::EMPTY);
            let cond = self.cond(arm.cond, "if let");
            // Only the first condition is always evaluated.
            let diverges = *after_first.get_or_insert(self.diverges);
            let is_literal = hint.is_none() && matches!(arm.cond, Cond::Expr(_)) && self.is_literal_block(arm.body);
            if is_literal {
                literals.push((bodies.len(), arm.body));
                bodies.push(None);
                all_diverge = false;
            } else {
                self.diverges = diverges;
                let wanted = self.branch_hint(&branches);
                let body = self.block(arm.body, wanted, BlockRole::Body);
                all_diverge &= self.diverges;
                self.finish_branch(&mut branches, body, otherwise.is_some());
                bodies.push(Some(body));
            }
            self.diverges = diverges;
            self.pop_scope();
            conds.push(cond);
        }
        let diverges = after_first.unwrap_or(self.diverges);
        let mut last = None;
        if let Some(block) = otherwise {
            if hint.is_none() && self.is_literal_block(block) {
                literals.push((bodies.len(), block));
                all_diverge = false;
            } else {
                self.diverges = diverges;
                let wanted = self.branch_hint(&branches);
                let body = self.block(block, wanted, BlockRole::Body);
                all_diverge &= self.diverges;
                self.finish_branch(&mut branches, body, true);
                last = Some(body);
            }
        } else {
            all_diverge = false;
        }
        let literal_hint = match branches.joined {
            Some((ty, _)) if ty != Ty::NEVER => Some(ty),
            _ => {
                let mut free = Free::Int;
                for &(_, block) in &literals {
                    if let Some(tail) = self.file[block].tail
                        && let Some(kind) = self.free(tail)
                        && kind != Free::Int
                    {
                        free = kind;
                    }
                }
                Some(free.default_ty())
            }
        };
        for (index, block) in literals {
            self.diverges = diverges;
            let body = self.block(block, literal_hint, BlockRole::Body);
            self.finish_branch(&mut branches, body, true);
            match bodies.get_mut(index) {
                Some(slot) => *slot = Some(body),
                None => last = Some(body),
            }
        }
        self.diverges = diverges || all_diverge;
        let ty = self.branches_ty(&branches, otherwise.is_some());
        let bodies: Vec<BlockId> = bodies.into_iter().flatten().collect();
        for &body in bodies.iter().chain(&last) {
            if ty == Ty::ERROR {
                break;
            }
            self.coerce_block(body, ty);
        }
        if ty == Ty::ERROR {
            return self.error(span);
        }
        let arms = conds.into_iter().zip(bodies).collect();
        self.add(ExprKind::If { arms, otherwise: last }, ty, span)
    }

    fn is_literal_block(&mut self, block: ast::BlockId) -> bool {
        self.file[block].stmts.is_empty() && self.file[block].tail.is_some_and(|tail| self.free(tail).is_some())
    }

    fn finish_branch(&mut self, branches: &mut Branches, body: BlockId, has_value: bool) {
        if (!has_value || branches.hint == Some(Ty::VOID)) && self.body[body].ty != Ty::NEVER {
            self.coerce_block(body, Ty::VOID);
        }
        let (ty, span) = (self.body[body].ty, self.value_span(body));
        self.add_branch(branches, ty, span);
    }

    fn branches_ty(&self, branches: &Branches, has_else: bool) -> Ty {
        match branches.joined {
            _ if branches.failed => Ty::ERROR,
            Some((Ty::NEVER, _)) if !has_else => Ty::VOID,
            Some((ty, _)) => ty,
            None => Ty::VOID,
        }
    }

    // ------------------------------------------------------------------------------------------------ loops

    fn loop_body(&mut self, body: ast::BlockId) -> BlockId {
        let block = self.block(body, Some(Ty::VOID), BlockRole::Body);
        self.coerce_block(block, Ty::VOID);
        block
    }

    pub(crate) fn while_loop(
        &mut self,
        label: Option<ast::Ident>,
        cond: Cond,
        body: ast::BlockId,
        span: Span,
    ) -> ExprId {
        if let Cond::Expr(expr) = cond
            && self.file[expr].kind == ast::ExprKind::Bool(true)
        {
            return self.endless_loop(label, body, span);
        }
        let id = self.push_loop(label);
        self.push_scope(ast::List::EMPTY);
        let cond = self.cond(cond, "while let");
        let diverges = self.diverges;
        let body = self.loop_body(body);
        self.pop_scope();
        self.pop_loop();
        self.diverges = diverges;
        self.add(ExprKind::While { id, cond, body }, Ty::VOID, span)
    }

    pub(crate) fn endless_loop(&mut self, label: Option<ast::Ident>, body: ast::BlockId, span: Span) -> ExprId {
        let id = self.push_loop(label);
        let diverges = self.diverges;
        let body = self.loop_body(body);
        let frame = self.pop_loop();
        self.diverges = diverges || !frame.breaks;
        let ty = if frame.breaks { Ty::VOID } else { Ty::NEVER };
        self.add(ExprKind::Loop { id, body }, ty, span)
    }

    pub(crate) fn for_loop(
        &mut self,
        label: Option<ast::Ident>,
        binds: ast::List<ast::ForBind>,
        iter: ast::ExprId,
        body: ast::BlockId,
        span: Span,
    ) -> ExprId {
        let binds = &self.file[binds];
        if let ast::ExprKind::Range { range, op } = self.file[iter].kind {
            return self.for_range(label, binds, range, op, body, span);
        }
        let [first @ .., last] = binds else { return self.error(span) };
        if binds.len() > 2 {
            let at = self.file[binds[2].pat].span;
            self.report(Diagnostic::error("E0371", at, "a `for` binds an index and an element, not more"));
        }
        let index = first.first().copied();
        if let Some(index) = index
            && index.by_pointer
        {
            let at = self.file[index.pat].span;
            self.report(Diagnostic::error("E0371", at, "the index of a `for` has no address"));
        }
        let chars = self.chars_of(iter);
        let (source, element) = match chars {
            Some(text) => (text, if self.ty(text) == Ty::ERROR { Ty::ERROR } else { Ty::CHAR }),
            None => self.iterated(iter),
        };
        let by_pointer = last.by_pointer;
        if by_pointer && chars.is_some() {
            let at = self.file[last.pat].span;
            self.report(Diagnostic::error("E0371", at, "the characters of a `str` have no addresses"));
        }
        let element = if by_pointer && element != Ty::ERROR { self.cx.types.pointer(element) } else { element };
        let id = self.push_loop(label);
        let diverges = self.diverges;
        self.push_scope(ast::List::EMPTY);
        let index_local = index.and_then(|index| self.loop_variable(index.pat, Ty::I64));
        let mut prelude = Vec::new();
        let element_local = self.element_variable(last.pat, element, &mut prelude);
        let body = self.loop_body(body);
        self.body.blocks[body.index()].stmts.splice(0..0, prelude);
        self.pop_scope();
        self.pop_loop();
        self.diverges = diverges;
        if element == Ty::ERROR {
            return self.error_void(span);
        }
        let kind = if chars.is_some() {
            ExprKind::ForChars(Box::new(ForChars {
                id,
                index: index_local,
                element: element_local,
                text: source,
                body,
            }))
        } else {
            ExprKind::ForSlice(Box::new(ForSlice {
                id,
                index: index_local,
                element: element_local,
                by_pointer,
                slice: source,
                body,
            }))
        };
        self.add(kind, Ty::VOID, span)
    }

    /// An error where nothing has a value anyway.
    fn error_void(&mut self, span: Span) -> ExprId {
        self.add(ExprKind::Error, Ty::VOID, span)
    }

    /// The text of `text.chars()`.
    fn chars_of(&mut self, iter: ast::ExprId) -> Option<ExprId> {
        let ast::ExprKind::Call { callee, args, .. } = self.file[iter].kind else { return None };
        let ast::ExprKind::Field { base, name } = self.file[callee].kind else { return None };
        if self.cx.text(name.name) != "chars" || !args.is_empty() {
            return None;
        }
        if let super::body::NameRef::Decl(_) = self.lookup(name.name) {
            return None;
        }
        let operand = self.operand(base, None);
        let value = self.read(operand);
        let ty = self.ty(value);
        if ty != Ty::STR && ty != Ty::ERROR {
            let type_name = self.name_of(ty);
            self.report(
                Diagnostic::error("E0406", name.span, format!("there is no function `chars` for `{type_name}`"))
                    .secondary(self.body[value].span, "only a `str` has characters"),
            );
            return Some(self.error(self.body[value].span));
        }
        Some(value)
    }

    /// What a `for` runs over, as a slice, and the type of its elements.
    fn iterated(&mut self, iter: ast::ExprId) -> (ExprId, Ty) {
        let operand = self.operand(iter, None);
        let ty = self.operand_ty(operand);
        let span = self.operand_span(operand);
        match self.kind(ty) {
            TyKind::Array { element, .. } => {
                let place = self.place_of(operand);
                self.take_address(place);
                let ty = self.cx.types.slice(element);
                (self.add(ExprKind::ArraySlice(place), ty, span), element)
            }
            TyKind::Slice { element, .. } | TyKind::Strided { element, .. } => (self.read(operand), element),
            TyKind::Error => (self.error(span), Ty::ERROR),
            kind => {
                let name = self.name_of(ty);
                let mut diagnostic = Diagnostic::error("E0372", span, format!("`for` cannot run over `{name}`"))
                    .label(format!("this is `{name}`"));
                diagnostic = match kind {
                    TyKind::Str => diagnostic.suggest("run over its characters", span.at_end(), ".chars()"),
                    TyKind::Int(_) => diagnostic.suggest("count up to it", span.at_start(), "0.."),
                    TyKind::Pointer { target, .. } if self.cx.types.element(target).is_some() => {
                        diagnostic.suggest("run over what it points to", span.at_end(), ".*")
                    }
                    TyKind::Pointer { .. } => diagnostic.help("`p[0..n]` is a slice of the first `n` elements"),
                    TyKind::View { .. } => diagnostic.help("`for i in 0..m.rows` and `m[i]` give the rows"),
                    TyKind::Struct(_) => diagnostic.note("iterators with a function `next` are not available yet"),
                    _ => diagnostic.note("it runs over ranges, arrays, slices and `s.chars()`"),
                };
                self.report(diagnostic);
                (self.error(span), Ty::ERROR)
            }
        }
    }

    /// The variable of a `for` that is a single name; absent for `_`.
    fn loop_variable(&mut self, pat: ast::PatId, ty: Ty) -> Option<LocalId> {
        let node = self.file[pat];
        match node.kind {
            PatKind::Bind(name) => {
                let local = self.declare_local(ast::Ident { name, span: node.span }, ty, false);
                self.bindings[local.index()] = Binding::Loop;
                Some(local)
            }
            PatKind::Wild | PatKind::Error => None,
            _ => {
                self.report(Diagnostic::error("E0371", node.span, "this is a number; it is bound to a single name"));
                None
            }
        }
    }

    /// The variable of the elements; a pattern takes them apart at the start of the body.
    fn element_variable(&mut self, pat: ast::PatId, ty: Ty, prelude: &mut Vec<hir::Stmt>) -> Option<LocalId> {
        let node = self.file[pat];
        match node.kind {
            PatKind::Bind(_) | PatKind::Wild | PatKind::Error => self.loop_variable(pat, ty),
            _ => {
                let local = self.hidden_local(ty, node.span);
                let operand = self.local(local, node.span);
                let value = self.read(operand);
                let first = self.body.locals.len();
                self.bind_irrefutable(pat, value, false, node.span, prelude);
                for index in first..self.body.locals.len() {
                    self.bindings[index] = Binding::Loop;
                }
                Some(local)
            }
        }
    }

    fn for_range(
        &mut self,
        label: Option<ast::Ident>,
        binds: &[ast::ForBind],
        range: ast::RangeExpr,
        op: Span,
        body: ast::BlockId,
        span: Span,
    ) -> ExprId {
        if let Some(second) = binds.get(1) {
            let at = self.file[second.pat].span;
            self.report(
                Diagnostic::error("E0371", at, "a `for` over a range binds one name")
                    .note("an index and an element are bound by a `for` over an array or slice"),
            );
        }
        if let Some(bind) = binds.iter().find(|bind| bind.by_pointer) {
            let at = self.file[bind.pat].span;
            self.report(Diagnostic::error("E0371", at, "the numbers of a range have no addresses"));
        }
        let (Some(low), Some(high)) = (range.low, range.high) else {
            let which = if range.low.is_none() { "start" } else { "end" };
            self.report(
                Diagnostic::error(
                    "E0373",
                    op,
                    format!("the range of a `for` needs a{} {which}", { if which == "end" { "n" } else { "" } }),
                )
                .help("`loop` runs until a `break`"),
            );
            return self.error_void(span);
        };
        let (low, high, ty) = self.range_ends(low, high, op);
        let step = range.step.map(|step| self.range_step(step, ty));
        let step_span = range.step.map_or(op, |step| self.file[step].span);
        let id = self.push_loop(label);
        let diverges = self.diverges;
        self.push_scope(ast::List::EMPTY);
        let local = binds.first().and_then(|bind| self.loop_variable(bind.pat, ty));
        for extra in binds.iter().skip(1) {
            self.bind_broken(extra.pat);
        }
        let body = self.loop_body(body);
        self.pop_scope();
        self.pop_loop();
        self.diverges = diverges;
        if ty == Ty::ERROR || step.is_some_and(|step| self.ty(step) == Ty::ERROR) {
            return self.error_void(span);
        }
        let range = ForRange { id, local, ty, low, high, inclusive: range.inclusive, step, step_span, body };
        self.add(ExprKind::ForRange(Box::new(range)), Ty::VOID, span)
    }

    /// Both ends of a range as values of one type.
    fn range_ends(&mut self, low: ast::ExprId, high: ast::ExprId, op: Span) -> (ExprId, ExprId, Ty) {
        let (free_low, free_high) = (self.free(low), self.free(high));
        let (low, high) = match (free_low, free_high) {
            (Some(a), Some(b)) => {
                let ty = if a == b { a.default_ty() } else { Ty::I64 };
                (self.expr(low, Some(ty)), self.expr(high, Some(ty)))
            }
            (Some(free), None) => {
                let high = self.expr(high, None);
                let ty = self.free_ty(free, Some(self.ty(high)));
                (self.expr(low, Some(ty)), high)
            }
            (None, Some(free)) => {
                let low = self.expr(low, None);
                let ty = self.free_ty(free, Some(self.ty(low)));
                (low, self.expr(high, Some(ty)))
            }
            (None, None) => {
                let low = self.expr(low, None);
                (low, self.expr(high, None))
            }
        };
        let (a, b) = (self.ty(low), self.ty(high));
        if a == Ty::ERROR || b == Ty::ERROR {
            return (low, high, Ty::ERROR);
        }
        match self.join(a, b) {
            Some(ty) if self.cx.types.is_int(ty) || ty == Ty::CHAR => (self.coerce(low, ty), self.coerce(high, ty), ty),
            _ => {
                let (a_name, b_name) = (self.name_of(a), self.name_of(b));
                let message = if a == b {
                    format!("a range of `{a_name}` cannot be counted through")
                } else {
                    format!(
                        "the ends of the range are `{a_name}` and `{b_name}`: neither becomes the other without loss"
                    )
                };
                let mut diagnostic = Diagnostic::error("E0302", op, message)
                    .secondary(self.body[low].span, format!("this is `{a_name}`"))
                    .secondary(self.body[high].span, format!("this is `{b_name}`"));
                if self.cx.types.is_int(a) && self.cx.types.is_int(b) {
                    let (value, to) = if self.cx.types.is_signed(a) { (high, a) } else { (low, b) };
                    diagnostic = self.suggest_cast(diagnostic, value, to);
                } else if a == b && self.cx.types.is_float(a) {
                    diagnostic = diagnostic.help("count integers, and compute the float from them");
                }
                self.report(diagnostic);
                (low, high, Ty::ERROR)
            }
        }
    }

    fn range_step(&mut self, step: ast::ExprId, ty: Ty) -> ExprId {
        let span = self.file[step].span;
        let negative = matches!(self.file[step].kind, ast::ExprKind::Int { negative: true, .. });
        let wanted = match self.kind(ty) {
            // Counting down unsigned numbers.
            TyKind::Int(IntTy { bits, signed: false }) if negative => {
                self.cx.types.intern(TyKind::Int(IntTy { bits, signed: true }))
            }
            // Characters are counted.
            TyKind::Char => Ty::I32,
            _ => ty,
        };
        let value = self.expr_to(step, wanted);
        if self.known_ints.get(&value) == Some(&0) {
            self.report(
                Diagnostic::warning("W0306", span, "a range with a step of zero always traps").label("the step"),
            );
        }
        value
    }

    // ----------------------------------------------------------------------------------------------- switch

    pub(crate) fn switch(
        &mut self,
        scrutinee: ast::ExprId,
        arms: ast::List<ast::SwitchArm>,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        let value = self.expr(scrutinee, None);
        let mut ty = self.ty(value);
        if matches!(ty, Ty::VOID | Ty::NIL) {
            self.report(Diagnostic::error("E0306", self.body[value].span, "there is no value to switch on"));
            ty = Ty::ERROR;
        }
        let value = if ty == Ty::NEVER { self.coerce(value, Ty::BOOL) } else { value };
        let ty = if ty == Ty::NEVER { Ty::ERROR } else { ty };
        let before = self.diverges;
        let mut all_diverge = !arms.is_empty();
        let mut branches = Branches { hint, joined: None, failed: false };
        let mut checked: Vec<(hir::Pat, Option<ExprId>, Option<ExprId>)> = Vec::new();
        let mut literals: Vec<(usize, ast::ExprId)> = Vec::new();
        let mut heads = Vec::new();
        let mut patterns_fit = true;
        for arm in &self.file[arms] {
            heads.push(arm.head_span);
            self.push_scope(ast::List::EMPTY);
            let (errors, broken) = (self.cx.diagnostics.len(), self.broken_patterns);
            let pat = match arm.pat {
                Some(pat) => self.pattern(pat, ty),
                None => hir::Pat { kind: hir::PatKind::Wild, ty, span: arm.head_span },
            };
            patterns_fit &=
                broken == self.broken_patterns && !self.cx.diagnostics[errors..].iter().any(Diagnostic::is_error);
            self.diverges = before;
            let guard = arm.guard.map(|guard| self.condition(guard));
            self.diverges = before;
            let mut names = Vec::new();
            if let Some(pat) = arm.pat {
                crate::resolve::collect::bound_names(self.file, pat, &mut names);
            }
            if hint.is_none() && names.is_empty() && self.free(arm.body).is_some() {
                literals.push((checked.len(), arm.body));
                checked.push((pat, guard, None));
                all_diverge = false;
            } else {
                let wanted = self.branch_hint(&branches);
                let body = self.arm_body(arm.body, wanted);
                all_diverge &= self.diverges;
                let (body_ty, body_span) = (self.ty(body), self.body[body].span);
                let body_ty = if hint == Some(Ty::VOID) && body_ty != Ty::NEVER { Ty::VOID } else { body_ty };
                self.add_branch(&mut branches, body_ty, body_span);
                checked.push((pat, guard, Some(body)));
            }
            self.pop_scope();
        }
        let literal_hint = match branches.joined {
            Some((ty, _)) if ty != Ty::NEVER => Some(ty),
            _ => {
                let mut free = Free::Int;
                for &(_, body) in &literals {
                    if let Some(kind) = self.free(body).filter(|&kind| kind != Free::Int) {
                        free = kind;
                    }
                }
                Some(free.default_ty())
            }
        };
        for (index, body) in literals {
            self.diverges = before;
            let body = self.expr(body, literal_hint);
            let (body_ty, body_span) = (self.ty(body), self.body[body].span);
            self.add_branch(&mut branches, body_ty, body_span);
            checked[index].2 = Some(body);
        }
        self.diverges = before || all_diverge;
        if ty != Ty::ERROR && patterns_fit {
            let rows: Vec<(&hir::Pat, bool, Span)> =
                checked.iter().zip(&heads).map(|((pat, guard, _), &head)| (pat, guard.is_some(), head)).collect();
            let texts =
                super::coverage::Texts { types: &self.cx.types, interner: self.cx.interner, strings: &self.cx.strings };
            let found = super::coverage::check(texts, &rows);
            let end = Span::new(span.file, span.end.saturating_sub(1), span.end);
            // Behind a case that is no block stands a comma.
            let rest = match self.file[arms].last().map(|arm| self.file[arm.body]) {
                Some(last) if !matches!(last.kind, ast::ExprKind::Block(_)) => {
                    let between = Span::new(span.file, last.span.end, end.start.max(last.span.end));
                    match self.cx.sources.snippet(between).contains(',') {
                        true => (end.at_start(), "else => unreachable "),
                        false => (last.span.at_end(), ", else => unreachable"),
                    }
                }
                _ => (end.at_start(), "else => unreachable "),
            };
            self.report_coverage(found, ty, self.file[scrutinee].span, rest);
        }
        let result = match branches.joined {
            _ if branches.failed => Ty::ERROR,
            Some((ty, _)) => ty,
            None => Ty::VOID,
        };
        if result == Ty::ERROR || ty == Ty::ERROR {
            return self.error(span);
        }
        let mut hir_arms = Vec::new();
        for (pat, guard, body) in checked {
            let Some(body) = body else { continue };
            let body = self.coerce(body, result);
            hir_arms.push(hir::Arm { pat, guard, body });
        }
        self.add(ExprKind::Switch { value, arms: hir_arms }, result, span)
    }

    /// The body of a case; a block there is no target of `yield`, and an assignment may be all of it.
    fn arm_body(&mut self, body: ast::ExprId, wanted: Option<Ty>) -> ExprId {
        let span = self.file[body].span;
        match self.file[body].kind {
            ast::ExprKind::Block(block) => {
                let block = self.block(block, wanted, BlockRole::Body);
                if wanted == Some(Ty::VOID) && self.body[block].ty != Ty::NEVER {
                    self.coerce_block(block, Ty::VOID);
                }
                let ty = self.body[block].ty;
                self.add(ExprKind::Block(block), ty, span)
            }
            ast::ExprKind::Assign { .. } => {
                let block = self.new_block(span);
                let mut stmts = Vec::new();
                self.stmt_expr(body, &mut stmts, span);
                self.body.blocks[block.index()].stmts = stmts;
                self.add(ExprKind::Block(block), Ty::VOID, span)
            }
            _ => self.expr(body, wanted),
        }
    }

    fn report_coverage(&mut self, found: super::coverage::Coverage, ty: Ty, scrutinee: Span, rest: (Span, &str)) {
        for (head, before) in found.unreachable {
            let mut diagnostic = Diagnostic::error("E0374", head, "this case is never reached");
            if let Some(before) = before {
                diagnostic = diagnostic.secondary(before, "all of its values are taken by now");
            }
            self.report(diagnostic);
        }
        if found.gave_up {
            self.report(
                Diagnostic::error(
                    "E0386",
                    scrutinee,
                    "the cases of this `switch` are too many combinations to look at",
                )
                .suggest("take all values that are left", rest.0, rest.1),
            );
        } else if let Some(missing) = found.missing {
            let name = self.name_of(ty);
            let message = match &missing[..] {
                [] => "this `switch` does not cover all values".to_string(),
                [only] => format!("this `switch` misses a case: {only}"),
                [first @ .., last] => format!("this `switch` misses cases: {} and {last}", first.join(", ")),
            };
            self.report(Diagnostic::error("E0375", scrutinee, message).label(format!("this is `{name}`")).suggest(
                "cover the rest",
                rest.0,
                rest.1,
            ));
        }
    }
}
