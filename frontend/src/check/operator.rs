//! Operators.
//!
//! Literals without a suffix take their type from what surrounds them. So an operand of which all literals are free
//! (`Free`) is checked after the other one, with its type; so is what says nothing of its type, such as `.Red` on the
//! left of `==`. Chains such as `a + b + c` nest to the left as high as there
//! are terms; they are checked in a loop.

use super::body::{FnCx, NameRef};
use super::convert::{Site, converts};
use super::expr::Testable;
use crate::ast::{self, BinaryOp};
use crate::diagnostic::Diagnostic;
use crate::hir::{self, Bits, CompareOp, ExprId, ExprKind};
use crate::resolve::Decl;
use crate::source::Span;
use crate::types::{IntTy, Ty, TyKind};
use rustc_hash::FxHashSet;

/// An expression of literals without a suffix, which has no type of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Free {
    Int,
    /// With at least one float in it.
    Float,
    /// With a char in it, which may become a `u8`.
    Char,
}

impl Free {
    fn and(self, other: Free) -> Free {
        match (self, other) {
            (Free::Char, _) | (_, Free::Char) => Free::Char,
            (Free::Float, _) | (_, Free::Float) => Free::Float,
            _ => Free::Int,
        }
    }

    /// The type if nothing asks for one.
    pub(crate) fn default_ty(self) -> Ty {
        match self {
            Free::Int => Ty::I64,
            Free::Float => Ty::F64,
            Free::Char => Ty::CHAR,
        }
    }
}

/// What has been checked of a chain so far: its left part.
enum Left {
    /// Free; not checked yet.
    Free(ast::ExprId, Free),
    /// Left of a comparison, and takes its type from the right side; not checked yet.
    Untyped(ast::ExprId),
    Done(ExprId),
}

fn is_arithmetic(op: BinaryOp) -> bool {
    !op.is_comparison() && !op.is_short_circuit() && !is_shift(op)
}

fn is_shift(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Shl | BinaryOp::Shr)
}

/// The operation of arithmetic, bit and shift operators.
pub(crate) fn hir_op(op: BinaryOp) -> Option<hir::BinaryOp> {
    Some(match op {
        BinaryOp::Add => hir::BinaryOp::Add,
        BinaryOp::Sub => hir::BinaryOp::Sub,
        BinaryOp::Mul => hir::BinaryOp::Mul,
        BinaryOp::Div => hir::BinaryOp::Div,
        BinaryOp::Rem => hir::BinaryOp::Rem,
        BinaryOp::Mod => hir::BinaryOp::Mod,
        BinaryOp::Shl => hir::BinaryOp::Shl,
        BinaryOp::Shr => hir::BinaryOp::Shr,
        BinaryOp::BitAnd => hir::BinaryOp::BitAnd,
        BinaryOp::BitXor => hir::BinaryOp::BitXor,
        BinaryOp::BitOr => hir::BinaryOp::BitOr,
        BinaryOp::Eq
        | BinaryOp::Ne
        | BinaryOp::Lt
        | BinaryOp::Le
        | BinaryOp::Gt
        | BinaryOp::Ge
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Coalesce => return None,
    })
}

fn compare_op(op: BinaryOp) -> Option<CompareOp> {
    Some(match op {
        BinaryOp::Eq => CompareOp::Eq,
        BinaryOp::Ne => CompareOp::Ne,
        BinaryOp::Lt => CompareOp::Lt,
        BinaryOp::Le => CompareOp::Le,
        BinaryOp::Gt => CompareOp::Gt,
        BinaryOp::Ge => CompareOp::Ge,
        _ => return None,
    })
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// Whether all literals of an expression are free to take a type from outside, and nothing else gives it one.
    pub(crate) fn free(&mut self, mut expr: ast::ExprId) -> Option<Free> {
        let mut so_far = Free::Int;
        loop {
            return match self.file[expr].kind {
                ast::ExprKind::Binary { op, left, right, .. } if is_arithmetic(op) => {
                    so_far = so_far.and(self.free(right)?);
                    expr = left;
                    continue;
                }
                // The amount of a shift has a type of its own.
                ast::ExprKind::Binary { op, left, .. } if is_shift(op) => {
                    expr = left;
                    continue;
                }
                ast::ExprKind::Int { suffix: None, .. } => Some(so_far.and(Free::Int)),
                ast::ExprKind::Float { suffix: None, .. } => Some(so_far.and(Free::Float)),
                ast::ExprKind::Char(_) => Some(so_far.and(Free::Char)),
                ast::ExprKind::Unary { op: ast::UnaryOp::Neg | ast::UnaryOp::BitNot, operand, .. } => {
                    expr = operand;
                    continue;
                }
                ast::ExprKind::Name(_) | ast::ExprKind::Field { .. } => match self.named(expr)?.0 {
                    NameRef::Decl(Decl::Const(id)) => {
                        self.cx.const_free(id, self.file[expr].span).map(|free| so_far.and(free))
                    }
                    _ => None,
                },
                ast::ExprKind::If { arms, otherwise: Some(otherwise) } => {
                    let mut free = so_far.and(self.free_block(otherwise)?);
                    for arm in &self.file[arms] {
                        free = free.and(self.free_block(arm.body)?);
                    }
                    Some(free)
                }
                _ => None,
            };
        }
    }

    fn free_block(&mut self, block: ast::BlockId) -> Option<Free> {
        let tail = self.file[block].tail?;
        // Names in it may be local to the block.
        if !self.file[block].stmts.is_empty() {
            return None;
        }
        self.free(tail)
    }

    /// The type of free literals where `hint` is asked for.
    pub(crate) fn free_ty(&self, free: Free, hint: Option<Ty>) -> Ty {
        let Some(mut hint) = hint else { return free.default_ty() };
        if let TyKind::Result { ok, .. } = self.kind(hint) {
            hint = ok;
        }
        if let TyKind::Optional(payload) = self.kind(hint) {
            hint = payload;
        }
        let fits = match free {
            Free::Int => self.cx.types.is_int(hint) || self.cx.types.is_float(hint),
            Free::Float => self.cx.types.is_float(hint),
            Free::Char => hint == Ty::U8,
        };
        if fits { hint } else { free.default_ty() }
    }

    /// Checks a free expression with the type that its literals take.
    fn free_expr(&mut self, expr: ast::ExprId, ty: Ty) -> ExprId {
        let mut chain = Vec::new();
        let mut leaf = expr;
        while let ast::ExprKind::Binary { left, .. } = self.file[leaf].kind {
            chain.push(leaf);
            leaf = left;
        }
        let mut value = self.expr(leaf, Some(ty));
        for &node in chain.iter().rev() {
            let ast::ExprKind::Binary { op, right, op_span, .. } = self.file[node].kind else { continue };
            let hint = if is_shift(op) { None } else { Some(ty) };
            let right = self.expr(right, hint);
            value = self.arithmetic(op, value, right, op_span, self.file[node].span);
        }
        value
    }

    /// A binary operator, other than `??`, with all operators down its left side.
    pub(crate) fn binary(&mut self, expr: ast::ExprId, hint: Option<Ty>) -> ExprId {
        let mut chain = Vec::new();
        let mut leaf = expr;
        let mut asked = hint;
        while let ast::ExprKind::Binary { op, left, .. } = self.file[leaf].kind {
            if op == BinaryOp::Coalesce {
                break;
            }
            chain.push((leaf, asked));
            asked = if op.is_comparison() {
                None
            } else if op.is_short_circuit() {
                Some(Ty::BOOL)
            } else {
                asked
            };
            leaf = left;
        }
        let compared_with = chain.last().and_then(|&(node, _)| match self.file[node].kind {
            ast::ExprKind::Binary { op, right, .. } if op.is_comparison() => Some(right),
            _ => None,
        });
        let mut left = match self.free(leaf) {
            Some(free) => Left::Free(leaf, free),
            None if self.is_untyped(leaf) && compared_with.is_some_and(|right| !self.is_untyped(right)) => {
                Left::Untyped(leaf)
            }
            None => Left::Done(self.expr(leaf, asked)),
        };
        for &(node, asked) in chain.iter().rev() {
            let ast::ExprKind::Binary { op, right, op_span, .. } = self.file[node].kind else { continue };
            let span = self.file[node].span;
            left = if op.is_short_circuit() {
                Left::Done(self.logic(op, left, right, span))
            } else {
                self.strict(node, op, left, right, op_span, span, asked)
            };
        }
        match left {
            Left::Done(value) => value,
            Left::Free(expr, free) => {
                let ty = self.free_ty(free, hint);
                self.free_expr(expr, ty)
            }
            Left::Untyped(expr) => self.expr(expr, hint),
        }
    }

    /// Whether an expression says nothing of its type: a case or literal without a name, or an array or tuple of such
    /// and of free literals.
    fn is_untyped(&mut self, expr: ast::ExprId) -> bool {
        match self.file[expr].kind {
            ast::ExprKind::Case(_) => true,
            ast::ExprKind::StructLit { target, .. } => !matches!(target, ast::LitTarget::Path(_)),
            ast::ExprKind::Call { callee, .. } => matches!(self.file[callee].kind, ast::ExprKind::Case(_)),
            ast::ExprKind::Array(parts) | ast::ExprKind::Tuple(parts) => {
                let file = self.file;
                file[parts].iter().all(|&part| self.is_untyped(part) || self.free(part).is_some())
            }
            _ => false,
        }
    }

    /// An operator that evaluates both sides.
    #[allow(clippy::too_many_arguments, reason = "the parts of one node")]
    fn strict(
        &mut self,
        node: ast::ExprId,
        op: BinaryOp,
        left: Left,
        right: ast::ExprId,
        op_span: Span,
        span: Span,
        asked: Option<Ty>,
    ) -> Left {
        if is_shift(op) {
            return match left {
                Left::Free(_, free) => Left::Free(node, free),
                Left::Done(left) => {
                    let right = self.expr(right, None);
                    Left::Done(self.arithmetic(op, left, right, op_span, span))
                }
                Left::Untyped(left) => Left::Done(self.expr(left, None)),
            };
        }
        let right_free = self.free(right);
        let (left, right) = match (left, right_free) {
            (Left::Untyped(left), _) => {
                let right = self.expr(right, None);
                let ty = self.ty(right);
                (self.expr(left, Some(ty)), right)
            }
            (Left::Free(_, a), Some(b)) if is_arithmetic(op) => return Left::Free(node, a.and(b)),
            (Left::Free(left, a), Some(b)) => {
                let ty = a.and(b).default_ty();
                (self.free_expr(left, ty), self.free_operand(right, ty))
            }
            (Left::Free(left, free), None) => {
                let hint = if op.is_comparison() { None } else { asked };
                let right = self.expr(right, hint);
                let ty = self.free_ty(free, Some(self.ty(right)));
                (self.free_expr(left, ty), right)
            }
            (Left::Done(left), Some(free)) => {
                let ty = self.free_ty(free, Some(self.ty(left)));
                (left, self.free_operand(right, ty))
            }
            (Left::Done(left), None) => {
                // A struct literal or `nil` on the right of `==` takes the type of the left side.
                let hint = if op.is_comparison() { Some(self.ty(left)) } else { asked };
                (left, self.expr(right, hint))
            }
        };
        Left::Done(match compare_op(op) {
            Some(compare) => self.compare(compare, op, left, right, op_span, span),
            None => self.arithmetic(op, left, right, op_span, span),
        })
    }

    fn free_operand(&mut self, expr: ast::ExprId, ty: Ty) -> ExprId {
        match self.file[expr].kind {
            ast::ExprKind::Binary { .. } => self.free_expr(expr, ty),
            _ => self.expr(expr, Some(ty)),
        }
    }

    /// `&&`, `||`
    fn logic(&mut self, op: BinaryOp, left: Left, right: ast::ExprId, span: Span) -> ExprId {
        let left = match left {
            Left::Done(left) => left,
            Left::Free(expr, free) => self.free_expr(expr, free.default_ty()),
            Left::Untyped(expr) => self.expr(expr, Some(Ty::BOOL)),
        };
        let left = self.coerce(left, Ty::BOOL);
        let diverges = self.diverges;
        let right = self.expr(right, Some(Ty::BOOL));
        let right = self.coerce(right, Ty::BOOL);
        self.diverges = diverges;
        self.add(ExprKind::Logic { and: op == BinaryOp::And, left, right }, Ty::BOOL, span)
    }

    /// Two checked operands of an operator whose result is of their common type; shifts too.
    pub(crate) fn arithmetic(
        &mut self,
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
        op_span: Span,
        span: Span,
    ) -> ExprId {
        let Some(hir_op) = hir_op(op) else { return self.error(span) };
        let (a, b) = (self.ty(left), self.ty(right));
        if a == Ty::ERROR || b == Ty::ERROR {
            return self.error(span);
        }
        let types = &self.cx.types;
        let shifts = is_shift(op);
        let ty = if shifts {
            (types.is_int(a) && (types.is_int(b) || b == Ty::NEVER)).then_some(a)
        } else {
            self.join(a, b)
        };
        let types = &self.cx.types;
        let fits = |ty: Ty| match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem | BinaryOp::Mod => {
                types.is_int(ty) || types.is_float(ty)
            }
            BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => types.is_int(ty) || ty == Ty::BOOL,
            _ => types.is_int(ty),
        };
        let Some(ty) = ty.filter(|&ty| fits(ty)) else {
            // Both diverge, or one does and the other is of a wrong type: nothing is computed here.
            if a == Ty::NEVER || b == Ty::NEVER {
                let never = if a == Ty::NEVER { left } else { right };
                return never;
            }
            self.report_operands(op, left, right, op_span);
            return self.error(span);
        };
        let left = self.coerce(left, ty);
        let right = if shifts { right } else { self.coerce(right, ty) };
        let right = if self.ty(right) == Ty::NEVER { self.coerce(right, ty) } else { right };
        let id = self.add(ExprKind::Binary { op: hir_op, left, right, op_span }, ty, span);
        self.known_result(id, hir_op, left, right, op_span);
        id
    }

    /// Computes what is known, and warns of what a constant operation does: wrap or trap.
    fn known_result(&mut self, id: ExprId, op: hir::BinaryOp, left: ExprId, right: ExprId, op_span: Span) {
        let Some(int) = self.cx.types.as_int(self.ty(id)) else { return };
        let right = self.known_ints.get(&right).copied();
        if matches!(op, hir::BinaryOp::Div | hir::BinaryOp::Rem | hir::BinaryOp::Mod) && right == Some(0) {
            self.report(Diagnostic::warning("W0302", op_span, "this division by zero always traps"));
            return;
        }
        let (Some(a), Some(b)) = (self.known_ints.get(&left).copied(), right) else { return };
        let exact = match op {
            hir::BinaryOp::Add => a.checked_add(b),
            hir::BinaryOp::Sub => a.checked_sub(b),
            hir::BinaryOp::Mul => a.checked_mul(b),
            hir::BinaryOp::Div => a.checked_div(b),
            hir::BinaryOp::Rem => a.checked_rem(b),
            hir::BinaryOp::BitAnd => Some(a & b),
            hir::BinaryOp::BitOr => Some(a | b),
            hir::BinaryOp::BitXor => Some(a ^ b),
            hir::BinaryOp::Shl => {
                let amount = (b as u128 & u128::from(int.bits - 1)) as u32;
                // What a shift pushes out is meant to go.
                Some(int.to_i128(((a as u128) << amount) & int.mask()))
            }
            hir::BinaryOp::Shr => Some(a >> (b as u128 & u128::from(int.bits - 1)) as u32),
            hir::BinaryOp::Mod => None,
        };
        let Some(exact) = exact else { return };
        let wrapped = int.to_i128(exact as u128 & int.mask());
        if wrapped != exact && int.bits != 128 {
            let name = int.name();
            if op == hir::BinaryOp::Div {
                self.report(Diagnostic::warning("W0302", op_span, "this division overflows, which always traps"));
            } else {
                self.report(
                    Diagnostic::warning(
                        "W0303",
                        op_span,
                        format!("this operation wraps: {exact} does not fit `{name}`"),
                    )
                    .label(format!("the result is {wrapped}")),
                );
            }
        }
        self.known_ints.insert(id, wrapped);
    }

    fn report_operands(&mut self, op: BinaryOp, left: ExprId, right: ExprId, op_span: Span) {
        let (a, b) = (self.ty(left), self.ty(right));
        let (a_name, b_name) = (self.name_of(a), self.name_of(b));
        let text = op.text();
        let types = &self.cx.types;
        let is_number = |ty: Ty| types.is_int(ty) || types.is_float(ty);
        let (left_span, right_span) = (self.body[left].span, self.body[right].span);
        let mixed = a != b && is_number(a) && is_number(b) && !is_shift(op);
        let message = if mixed {
            format!("`{text}` of `{a_name}` and `{b_name}`: neither becomes the other without loss")
        } else if a == b {
            format!("`{text}` is not defined for `{a_name}`")
        } else {
            format!("`{text}` is not defined for `{a_name}` and `{b_name}`")
        };
        let mut diagnostic = Diagnostic::error("E0302", op_span, message)
            .secondary(left_span, format!("this is `{a_name}`"))
            .secondary(right_span, format!("this is `{b_name}`"));
        if mixed {
            // Towards the float, or the wider, or the signed one.
            let rank = |ty: Ty| match types.kind(ty) {
                TyKind::Float(bits) => (2, bits, true),
                TyKind::Int(IntTy { bits, signed }) => (1, bits, signed),
                _ => (0, 0, false),
            };
            let (value, to) = if rank(a) >= rank(b) { (right, a) } else { (left, b) };
            diagnostic = self.suggest_cast(diagnostic, value, to);
        } else if (a == Ty::STR || b == Ty::STR) && op == BinaryOp::Add {
            diagnostic = diagnostic.help("join strings with an f-string: `f\"{a}{b}\"`");
        } else if a == Ty::CHAR || b == Ty::CHAR {
            diagnostic = diagnostic.help("convert the `char` to an integer with `as u32`");
        } else if let TyKind::Pointer { .. } = types.kind(a) {
            diagnostic = diagnostic.help("`&p[i]` is the address of the i-th element");
        } else if let TyKind::Optional(_) = types.kind(a) {
            diagnostic = diagnostic.help("`!` or `??` gives the value in the optional");
        } else if let TyKind::Optional(_) = types.kind(b) {
            diagnostic = diagnostic.help("`!` or `??` gives the value in the optional");
        } else if a == Ty::BOOL && b == Ty::BOOL {
            diagnostic = diagnostic.help("`&`, `|` and `^` work on bools");
        }
        self.report(diagnostic);
    }

    /// Comparison of two checked operands.
    fn compare(
        &mut self,
        compare: CompareOp,
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
        op_span: Span,
        span: Span,
    ) -> ExprId {
        let (a, b) = (self.ty(left), self.ty(right));
        if a == Ty::ERROR || b == Ty::ERROR {
            let id = self.error(span);
            self.body.exprs[id.index()].ty = Ty::BOOL;
            return id;
        }
        let is_equality = matches!(compare, CompareOp::Eq | CompareOp::Ne);
        if is_equality && let Some(id) = self.compare_nil(compare, left, right, span) {
            return id;
        }
        let mut ty = self.join(a, b);
        if ty.is_none() {
            // Contents compare across kinds: arrays of other lengths, slices with and without promise.
            ty = match (self.sequence_element(a), self.sequence_element(b)) {
                (Some(x), Some(y)) if x == y => {
                    let strided = |ty| matches!(self.kind(ty), TyKind::Strided { .. });
                    Some(match strided(a) || strided(b) {
                        true => self.cx.types.intern(TyKind::Strided { element: x, restrict: false }),
                        false => self.cx.types.slice(x),
                    })
                }
                _ => None,
            };
        }
        let fits = ty.is_some_and(|ty| if is_equality { self.has_equality(ty) } else { self.has_order(ty) });
        let Some(ty) = ty.filter(|_| fits) else {
            if a == Ty::NEVER || b == Ty::NEVER {
                return if a == Ty::NEVER { left } else { right };
            }
            self.report_comparison(op, left, right, op_span);
            let id = self.error(span);
            self.body.exprs[id.index()].ty = Ty::BOOL;
            return id;
        };
        let left = self.compared(left, ty);
        let right = self.compared(right, ty);
        self.warn_constant_comparison(compare, left, right, op_span);
        self.add(ExprKind::Compare { op: compare, left, right }, Ty::BOOL, span)
    }

    /// An operand of a comparison, as the common type.
    fn compared(&mut self, value: ExprId, ty: Ty) -> ExprId {
        let from = self.ty(value);
        match (self.kind(ty), self.kind(from)) {
            (TyKind::Strided { element, .. }, TyKind::Slice { .. } | TyKind::Array { .. }) => {
                let slice = self.cx.types.slice(element);
                let base = self.coerce(value, slice);
                let span = self.body[value].span;
                let step = self.add(ExprKind::Int(Bits::new(1)), Ty::I64, span);
                let kind = ExprKind::SliceBy { base, low: None, high: None, inclusive: false, step, bracket: span };
                self.add(kind, ty, span)
            }
            _ => self.coerce(value, ty),
        }
    }

    /// An unsigned value is never below zero.
    fn warn_constant_comparison(&mut self, op: CompareOp, left: ExprId, right: ExprId, op_span: Span) {
        let unsigned = self.cx.types.as_int(self.ty(left)).is_some_and(|int| !int.signed);
        let (a, b) = (self.known_ints.get(&left).copied(), self.known_ints.get(&right).copied());
        let always = match (op, a, b) {
            (CompareOp::Ge, None, Some(0)) | (CompareOp::Le, Some(0), None) => "true",
            (CompareOp::Lt, None, Some(0)) | (CompareOp::Gt, Some(0), None) => "false",
            _ => return,
        };
        if unsigned {
            let message = format!("this is always {always}: an unsigned value is never below zero");
            self.report(Diagnostic::warning("W0304", op_span, message));
        }
    }

    /// Comparison with a bare `nil`.
    fn compare_nil(&mut self, compare: CompareOp, left: ExprId, right: ExprId, span: Span) -> Option<ExprId> {
        let value = if self.nils.contains(&right) {
            left
        } else if self.nils.contains(&left) {
            right
        } else {
            return None;
        };
        let ty = self.ty(value);
        match self.kind(ty) {
            TyKind::Optional(_) | TyKind::Pointer { .. } => {}
            TyKind::Error => {}
            TyKind::Nil => self.report_bare_nil(self.body[value].span),
            _ => {
                let name = self.name_of(ty);
                self.report(
                    Diagnostic::error("E0305", self.body[value].span, format!("a value of type `{name}` is never nil"))
                        .help(format!("only `?{name}` and pointers can be nil")),
                );
            }
        }
        Some(self.add(ExprKind::IsNil { value, negated: compare == CompareOp::Ne }, Ty::BOOL, span))
    }

    fn sequence_element(&self, ty: Ty) -> Option<Ty> {
        match self.kind(ty) {
            TyKind::Array { element, .. } | TyKind::Slice { element, .. } | TyKind::Strided { element, .. } => {
                Some(element)
            }
            _ => None,
        }
    }

    fn has_order(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Int(_) | TyKind::Float(_) | TyKind::Char | TyKind::Str | TyKind::Pointer { .. })
    }

    /// Whether `==` compares values of this type.
    pub(crate) fn has_equality(&self, ty: Ty) -> bool {
        self.all_have_equality(ty, &mut FxHashSet::default())
    }

    /// `seen` are the structs, enums and tuples that were looked at: slices may lead back to them.
    fn all_have_equality(&self, ty: Ty, seen: &mut FxHashSet<Ty>) -> bool {
        if let TyKind::Struct(_) | TyKind::Enum(_) | TyKind::Tuple(_) = self.kind(ty)
            && !seen.insert(ty)
        {
            return true;
        }
        match self.kind(ty) {
            TyKind::Int(_) | TyKind::Float(_) | TyKind::Char | TyKind::Bool | TyKind::Str => true,
            TyKind::Pointer { .. } => true,
            TyKind::Array { element, .. }
            | TyKind::Slice { element, .. }
            | TyKind::Strided { element, .. }
            | TyKind::View { element, .. } => self.all_have_equality(element, seen),
            TyKind::Optional(payload) => self.all_have_equality(payload, seen),
            TyKind::Tuple(list) => self.cx.types[list].iter().all(|&ty| self.all_have_equality(ty, seen)),
            TyKind::Struct(id) => self.cx.types[id].fields.iter().all(|field| self.all_have_equality(field.ty, seen)),
            TyKind::Enum(id) => self.cx.types[id]
                .cases
                .iter()
                .flat_map(|case| &case.payload)
                .all(|field| self.all_have_equality(field.ty, seen)),
            TyKind::Result { ok, error } => {
                (ok == Ty::VOID || self.all_have_equality(ok, seen)) && self.all_have_equality(error, seen)
            }
            TyKind::Error => true,
            _ => false,
        }
    }

    fn report_comparison(&mut self, op: BinaryOp, left: ExprId, right: ExprId, op_span: Span) {
        let (a, b) = (self.ty(left), self.ty(right));
        let (a_name, b_name) = (self.name_of(a), self.name_of(b));
        let text = op.text();
        let types = &self.cx.types;
        let is_number = |ty: Ty| types.is_int(ty) || types.is_float(ty);
        let message = if a == b {
            format!("`{a_name}` has no `{text}`")
        } else {
            format!("`{a_name}` and `{b_name}` cannot be compared")
        };
        let mut diagnostic = Diagnostic::error("E0302", op_span, message)
            .secondary(self.body[left].span, format!("this is `{a_name}`"))
            .secondary(self.body[right].span, format!("this is `{b_name}`"));
        if is_number(a) && is_number(b) {
            let float = |ty| types.is_float(ty);
            let (value, to) = if float(a) || (!float(b) && types.is_signed(a)) { (right, a) } else { (left, b) };
            diagnostic = self.suggest_cast(diagnostic, value, to);
        } else if a == Ty::BOOL && matches!(self.body[left].kind, ExprKind::Compare { .. }) {
            diagnostic = diagnostic.help("comparisons do not chain; join two with `&&`");
        } else if (a == Ty::CHAR && types.is_int(b)) || (b == Ty::CHAR && types.is_int(a)) {
            let (value, to) = if a == Ty::CHAR { (left, b) } else { (right, a) };
            diagnostic = self.suggest_cast(diagnostic, value, to);
        } else if let (Ty::STR, Ty::CHAR | Ty::U8) | (Ty::CHAR | Ty::U8, Ty::STR) = (a, b) {
            diagnostic = self.suggest_character(diagnostic, if a == Ty::STR { left } else { right });
        } else if a == b && matches!(types.kind(a), TyKind::Fn { .. }) {
            diagnostic = diagnostic.note("functions are not compared");
        }
        self.report(diagnostic);
    }

    // ---------------------------------------------------------------------------------------------- others

    pub(crate) fn unary(
        &mut self,
        op: ast::UnaryOp,
        operand: ast::ExprId,
        op_span: Span,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        let (hir_op, value) = match op {
            ast::UnaryOp::AddressOf => return self.address_of(operand, op_span, span, hint),
            ast::UnaryOp::Not => {
                let value = self.expr_to(operand, Ty::BOOL);
                return self.add(ExprKind::Unary { op: hir::UnaryOp::Not, operand: value }, Ty::BOOL, span);
            }
            ast::UnaryOp::Neg => (hir::UnaryOp::Neg, self.expr(operand, hint)),
            ast::UnaryOp::BitNot => (hir::UnaryOp::BitNot, self.expr(operand, hint)),
        };
        let ty = self.ty(value);
        if ty == Ty::ERROR || ty == Ty::NEVER {
            return value;
        }
        let types = &self.cx.types;
        let fits = types.is_int(ty) || (types.is_float(ty) && op == ast::UnaryOp::Neg);
        if !fits {
            let name = self.name_of(ty);
            let mut diagnostic =
                Diagnostic::error("E0302", op_span, format!("`{}` is not defined for `{name}`", op.text()))
                    .secondary(self.body[value].span, format!("this is `{name}`"));
            if ty == Ty::BOOL {
                diagnostic = diagnostic.suggest("negate a bool with `!`", op_span, "!");
            }
            self.report(diagnostic);
            return self.error(span);
        }
        let known = self.known_ints.get(&value).copied();
        let int = self.cx.types.as_int(ty);
        let id = self.add(ExprKind::Unary { op: hir_op, operand: value }, ty, span);
        if let (Some(known), Some(int)) = (known, int) {
            let result = if hir_op == hir::UnaryOp::Neg { known.wrapping_neg() } else { !known };
            self.known_ints.insert(id, int.to_i128(result as u128 & int.mask()));
        }
        id
    }

    /// `value ?? default`, of an optional or an error result.
    pub(crate) fn coalesce(
        &mut self,
        left: ast::ExprId,
        right: ast::ExprId,
        op_span: Span,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        let wanted = hint.filter(|&ty| ty != Ty::VOID && ty != Ty::ERROR).map(|ty| match self.kind(ty) {
            TyKind::Optional(_) => ty,
            _ => self.cx.types.optional(ty),
        });
        let value = self.expr(left, wanted);
        let diverges = self.diverges;
        let ty = self.ty(value);
        let payload = match self.kind(ty) {
            TyKind::Optional(payload) => payload,
            TyKind::Result { ok, .. } => return self.without_error(value, ok, right, span, diverges),
            TyKind::Error => {
                self.expr(right, hint);
                return self.error(span);
            }
            _ => {
                self.report_untestable("??", Testable::OptionalOrResult, op_span, value);
                self.expr(right, hint);
                return self.error(span);
            }
        };
        let default = self.expr(right, Some(payload));
        self.diverges = diverges;
        let default_ty = self.ty(default);
        let result = if converts(&self.cx.types, default_ty, payload, Site::Other) && default_ty != Ty::NIL {
            payload
        } else {
            match self.kind(default_ty) {
                TyKind::Nil | TyKind::Optional(_) => ty,
                _ => payload,
            }
        };
        let default = self.coerce(default, result);
        self.add(ExprKind::Coalesce { value, default }, result, span)
    }
}
