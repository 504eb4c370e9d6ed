//! Conversions: those that happen by themselves, those of `as`, and the common type of several values.

use super::body::FnCx;
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::{BlockId, Conversion, ExprId, ExprKind, PlaceId, PlaceKind};
use crate::source::Span;
use crate::types::{IntTy, Ty, TyKind, Types};

/// Where a value goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// To a parameter: here a pointer or slice may take on the promise of `restrict`.
    Argument,
    Other,
}

/// Whether a float of this many bits holds all values of the integer type.
fn float_holds(bits: u8, int: IntTy) -> bool {
    let mantissa = match bits {
        16 => 11,
        32 => 24,
        _ => 53,
    };
    int.bits - u8::from(int.signed) <= mantissa
}

/// Whether a value of `from` becomes one of `to` by itself: at most one numeric or array step, then one wrapping step.
pub(crate) fn converts(types: &Types, from: Ty, to: Ty, site: Site) -> bool {
    if from == to || from == Ty::ERROR || to == Ty::ERROR || from == Ty::NEVER {
        return true;
    }
    let promise = |from: bool, to: bool| from == to || from || site == Site::Argument;
    match (types.kind(from), types.kind(to)) {
        (TyKind::Int(from), TyKind::Int(to)) => to.holds(from),
        (TyKind::Int(from), TyKind::Float(to)) => float_holds(to, from),
        (TyKind::Float(from), TyKind::Float(to)) => to >= from,
        (TyKind::Array { element: a, .. }, TyKind::Slice { element: b, restrict }) => {
            a == b && promise(false, restrict)
        }
        (TyKind::Array { element, .. }, TyKind::View { rank, element: b, restrict }) => {
            let mut inner = element;
            for _ in 1..rank {
                match types.kind(inner) {
                    TyKind::Array { element, .. } => inner = element,
                    _ => return false,
                }
            }
            inner == b && promise(false, restrict)
        }
        (TyKind::Pointer { target: a, restrict: ra }, TyKind::Pointer { target: b, restrict: rb }) => {
            a == b && promise(ra, rb)
        }
        (TyKind::Slice { element: a, restrict: ra }, TyKind::Slice { element: b, restrict: rb })
        | (TyKind::Strided { element: a, restrict: ra }, TyKind::Strided { element: b, restrict: rb }) => {
            a == b && promise(ra, rb)
        }
        (TyKind::View { rank: ka, element: a, restrict: ra }, TyKind::View { rank: kb, element: b, restrict: rb }) => {
            ka == kb && a == b && promise(ra, rb)
        }
        (TyKind::Nil, TyKind::Optional(_) | TyKind::Pointer { .. }) => true,
        // One wrapping step, not two.
        (_, TyKind::Optional(payload)) if matches!(types.kind(payload), TyKind::Optional(_)) => from == payload,
        (TyKind::Optional(_), TyKind::Optional(_)) => false,
        (_, TyKind::Optional(payload)) => converts(types, from, payload, site),
        (TyKind::Result { .. }, TyKind::Result { .. }) => false,
        (_, TyKind::Result { ok, .. }) => converts(types, from, ok, site),
        _ => false,
    }
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// Checks an expression and makes it a value of exactly this type, or reports.
    pub(crate) fn expr_to(&mut self, expr: ast::ExprId, ty: Ty) -> ExprId {
        let value = self.expr(expr, Some(ty));
        self.coerce(value, ty)
    }

    /// Makes a value one of exactly this type, or reports. Anything becomes `void` by being dropped.
    pub(crate) fn coerce(&mut self, value: ExprId, to: Ty) -> ExprId {
        self.coerce_at(value, to, Site::Other)
    }

    pub(crate) fn coerce_at(&mut self, value: ExprId, to: Ty, site: Site) -> ExprId {
        let from = self.ty(value);
        let span = self.body[value].span;
        if from == to || to == Ty::ERROR {
            return value;
        }
        if from == Ty::ERROR {
            return value;
        }
        if from == Ty::NEVER {
            return self.add(ExprKind::Diverge(value), to, span);
        }
        if from == Ty::NIL && to == Ty::VOID {
            return self.retype_nil(value, to);
        }
        if to == Ty::VOID {
            if let TyKind::Result { .. } = self.kind(from) {
                self.report_dropped(value);
            }
            return self.add(ExprKind::Discard(value), Ty::VOID, span);
        }
        if !converts(&self.cx.types, from, to, site) {
            self.report_mismatch(value, to);
            return self.error(span);
        }
        let kind = match (self.kind(from), self.kind(to)) {
            (_, TyKind::Result { ok, .. }) => {
                let value = self.coerce_at(value, ok, site);
                return self.wrap_ok(Some(value), to, span);
            }
            (TyKind::Nil, _) => return self.retype_nil(value, to),
            (TyKind::Int(_), TyKind::Int(_)) => {
                let known = self.known_ints.get(&value).copied();
                let id = self.add(ExprKind::Convert { kind: Conversion::Int, operand: value }, to, span);
                if let Some(known) = known {
                    self.known_ints.insert(id, known);
                }
                return id;
            }
            (TyKind::Int(_), TyKind::Float(_)) => Conversion::IntToFloat,
            (TyKind::Float(_), TyKind::Float(_)) => Conversion::Float,
            (TyKind::Array { .. }, TyKind::Slice { .. }) => {
                let place = self.memory_of(value);
                return self.add(ExprKind::ArraySlice(place), to, span);
            }
            (TyKind::Array { .. }, TyKind::View { .. }) => {
                let place = self.memory_of(value);
                return self.add(ExprKind::ArrayView(place), to, span);
            }
            (_, TyKind::Optional(payload)) => {
                let payload = self.coerce_at(value, payload, site);
                return self.add(ExprKind::Convert { kind: Conversion::Some, operand: payload }, to, span);
            }
            _ => Conversion::Same,
        };
        self.add(ExprKind::Convert { kind, operand: value }, to, span)
    }

    /// The place that a value was read from, or a fresh one that holds it; its address will be taken.
    pub(crate) fn memory_of(&mut self, value: ExprId) -> PlaceId {
        match self.body[value].kind {
            ExprKind::Load(place) => {
                self.take_address(place);
                place
            }
            _ => {
                let (ty, span) = (self.ty(value), self.body[value].span);
                self.place(PlaceKind::Temp(value), ty, span)
            }
        }
    }

    /// Gives `nil`, which may stand at the ends of blocks and branches, its type.
    fn retype_nil(&mut self, value: ExprId, to: Ty) -> ExprId {
        match self.body[value].kind.clone() {
            ExprKind::Block(block) => self.coerce_block(block, to),
            ExprKind::If { arms, otherwise } => {
                for (_, block) in arms {
                    self.coerce_block(block, to);
                }
                if let Some(block) = otherwise {
                    self.coerce_block(block, to);
                }
            }
            ExprKind::Switch { arms, .. } => {
                let bodies: Vec<ExprId> = arms.iter().map(|arm| self.coerce(arm.body, to)).collect();
                if let ExprKind::Switch { arms, .. } = &mut self.body.exprs[value.index()].kind {
                    for (arm, body) in arms.iter_mut().zip(bodies) {
                        arm.body = body;
                    }
                }
            }
            _ => {}
        }
        self.body.exprs[value.index()].ty = to;
        value
    }

    /// Makes the value of a block one of exactly this type, or reports.
    pub(crate) fn coerce_block(&mut self, block: BlockId, to: Ty) {
        let (from, tail, span) = {
            let node = &self.body[block];
            (node.ty, node.tail, node.span)
        };
        if let Some(values) = self.block_yields.get(&block).cloned() {
            for node in values {
                if let ExprKind::Yield { value, .. } = self.body[node].kind {
                    let converted = self.coerce(value, to);
                    if let ExprKind::Yield { value, .. } = &mut self.body.exprs[node.index()].kind {
                        *value = converted;
                    }
                }
            }
        }
        if let Some(tail) = tail {
            let converted = self.coerce(tail, to);
            self.body.blocks[block.index()].tail = Some(converted);
        } else if from == Ty::VOID && to != Ty::VOID && to != Ty::ERROR {
            let brace = Span::new(span.file, span.end.saturating_sub(1), span.end);
            let name = self.name_of(to);
            let mut diagnostic = Diagnostic::error("E0301", brace, "this block ends without a value")
                .label(format!("expected a value of type `{name}`"));
            let last = self.body[block].stmts.last();
            if let Some(last) = last
                && let crate::hir::StmtKind::Expr(expr) = last.kind
                && self.ty(expr) == to
                && last.span.end > self.body[expr].span.end
            {
                let semicolon = Span::new(span.file, last.span.end - 1, last.span.end);
                diagnostic = diagnostic.suggest("remove this semicolon to give the value", semicolon, "");
            }
            self.report(diagnostic);
            self.body.blocks[block.index()].ty = Ty::ERROR;
            return;
        }
        self.body.blocks[block.index()].ty = to;
    }

    /// The type that values of both types become by themselves.
    pub(crate) fn join(&mut self, a: Ty, b: Ty) -> Option<Ty> {
        if a == b {
            return Some(a);
        }
        match (a, b) {
            (Ty::ERROR, _) | (_, Ty::ERROR) => return Some(Ty::ERROR),
            (Ty::NEVER, other) | (other, Ty::NEVER) => return Some(other),
            (Ty::VOID, _) | (_, Ty::VOID) => return None,
            (Ty::NIL, other) | (other, Ty::NIL) => {
                return Some(match self.kind(other) {
                    TyKind::Optional(_) | TyKind::Pointer { .. } => other,
                    _ => self.cx.types.optional(other),
                });
            }
            _ => {}
        }
        if converts(&self.cx.types, a, b, Site::Other) {
            Some(b)
        } else if converts(&self.cx.types, b, a, Site::Other) {
            Some(a)
        } else {
            None
        }
    }

    /// Told in the order of the text, whichever was looked at first.
    pub(crate) fn report_branch_mismatch(&mut self, a: Ty, b: Ty, here: Span, first: Span) {
        let swapped = here.file == first.file && here.start < first.start;
        let (a, b, here, first) = if swapped { (b, a, first, here) } else { (a, b, here, first) };
        let (a, b) = (self.name_of(a), self.name_of(b));
        self.report(
            Diagnostic::error("E0303", here, format!("the branches have different types: `{a}` and `{b}`"))
                .label(format!("this is `{b}`"))
                .secondary(first, format!("this is `{a}`")),
        );
    }

    /// A value of one type where another is needed.
    pub(crate) fn report_mismatch(&mut self, value: ExprId, to: Ty) {
        let from = self.ty(value);
        let span = self.body[value].span;
        let (found, expected) = (self.name_of(from), self.name_of(to));
        if from == Ty::VOID {
            self.report_void(span, value);
            return;
        }
        let mut diagnostic = Diagnostic::error("E0301", span, format!("expected `{expected}`, found `{found}`"))
            .label(format!("this is `{found}`"));
        let is_number = |ty: Ty| self.cx.types.is_int(ty) || self.cx.types.is_float(ty);
        match (self.kind(from), self.kind(to)) {
            (TyKind::Int(_), TyKind::Bool) => diagnostic = self.suggest_comparison(diagnostic, span, "0"),
            (TyKind::Pointer { .. } | TyKind::Optional(_), TyKind::Bool) => {
                diagnostic = self.suggest_comparison(diagnostic, span, "nil");
            }
            (TyKind::Str, TyKind::Char | TyKind::Int(IntTy { bits: 8, signed: false })) => {
                diagnostic = self.suggest_character(diagnostic, value);
            }
            (TyKind::Optional(payload), _) if payload == to => {
                diagnostic = diagnostic
                    .help("`!` takes the value and traps on nil, `?? default` gives another, `if let` tests it");
            }
            (TyKind::Result { ok, .. }, _) if ok == to => {
                diagnostic = diagnostic.help("`try` passes an error on, `catch e { ... }` handles it");
            }
            (_, TyKind::Result { error, .. }) if error == from => {
                diagnostic = diagnostic.help("`return error e` gives an error");
            }
            (TyKind::Enum(_), TyKind::Int(_)) if self.cx.types.as_plain_enum(from).is_some() => {
                diagnostic = self.suggest_cast(diagnostic, value, to);
            }
            (TyKind::Pointer { target, .. }, _) if target == to => {
                diagnostic = diagnostic.suggest("read what it points to", span.at_end(), ".*");
            }
            (_, TyKind::Pointer { target, .. })
                if target == from && matches!(self.body[value].kind, ExprKind::Load(_)) =>
            {
                diagnostic = diagnostic.suggest("take its address", span.at_start(), "&");
            }
            (TyKind::Char, TyKind::Int(_)) | (TyKind::Bool, TyKind::Int(_)) => {
                diagnostic = self.suggest_cast(diagnostic, value, to);
            }
            (TyKind::Char, TyKind::Str) => {
                diagnostic = diagnostic.help("a string is written with double quotes");
            }
            _ if is_number(from) && is_number(to) => {
                diagnostic = self.suggest_cast(diagnostic, value, to);
            }
            (TyKind::Int(_), TyKind::Char) => {
                diagnostic = self.suggest_cast(diagnostic, value, to);
            }
            _ => {}
        }
        self.report(diagnostic);
    }

    /// Proposes `value != zero`; in parentheses behind a `!`.
    fn suggest_comparison(&self, diagnostic: Diagnostic, span: Span, zero: &str) -> Diagnostic {
        let before = Span { start: span.start.saturating_sub(1), end: span.start, ..span };
        match self.cx.sources.snippet(before) == "!" {
            true => {
                let text = self.cx.sources.snippet(span);
                diagnostic.suggest("compare it", Span { start: before.start, ..span }, format!("{text} == {zero}"))
            }
            false => diagnostic.suggest("compare it", span.at_end(), format!(" != {zero}")),
        }
    }

    /// Proposes `'x'` for the string `"x"`.
    pub(crate) fn suggest_character(&self, diagnostic: Diagnostic, value: ExprId) -> Diagnostic {
        let span = self.body[value].span;
        let text = self.cx.sources.snippet(span);
        match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(text) if text.chars().count() == 1 && text != "'" => {
                diagnostic.suggest("a character stands in single quotes", span, format!("'{text}'"))
            }
            _ => diagnostic.help("`s[i]` is a byte of a string, `s.chars()` are its characters"),
        }
    }

    /// Proposes `value as T`.
    pub(crate) fn suggest_cast(&self, diagnostic: Diagnostic, value: ExprId, to: Ty) -> Diagnostic {
        let span = self.body[value].span;
        let name = self.name_of(to);
        let text = self.cx.sources.snippet(span);
        let atomic = match self.body[value].kind {
            ExprKind::Binary { .. } | ExprKind::Logic { .. } | ExprKind::Compare { .. } | ExprKind::Coalesce { .. } => {
                text.starts_with('(') && text.ends_with(')')
            }
            ExprKind::Convert { .. } => !text.contains(' '),
            _ => true,
        };
        let edit = if atomic { format!("{text} as {name}") } else { format!("({text}) as {name}") };
        diagnostic.suggest("convert it", span, edit)
    }

    /// `operand as T`
    pub(crate) fn cast(&mut self, operand: ast::ExprId, ty: ast::TypeId, op: Span, span: Span) -> ExprId {
        let to = self.cx.resolve_type(self.item_scope, ty, super::types::TypePlace::Other);
        let to = self.cx.sized(to, self.file[ty].span);
        let value = self.cast_operand(operand, to);
        let from = self.ty(value);
        if from == Ty::ERROR || to == Ty::ERROR {
            return self.error(span);
        }
        if from == to {
            self.body.exprs[value.index()].span = span;
            return value;
        }
        let kind = match (self.kind(from), self.kind(to)) {
            (TyKind::Int(_) | TyKind::Bool | TyKind::Char, TyKind::Int(_)) => Conversion::Int,
            (TyKind::Enum(_), TyKind::Int(_)) if self.cx.types.as_plain_enum(from).is_some() => Conversion::Int,
            (TyKind::Int(_), TyKind::Float(_)) => Conversion::IntToFloat,
            (TyKind::Float(_), TyKind::Int(_)) => Conversion::FloatToInt,
            (TyKind::Float(_), TyKind::Float(_)) => Conversion::Float,
            (TyKind::Int(_), TyKind::Char) => Conversion::IntToChar { op },
            // The same pointer and length. Not the other way: the bytes of a literal cannot be written.
            (TyKind::Slice { element: Ty::U8, .. }, TyKind::Str) => Conversion::Same,
            (TyKind::Pointer { .. } | TyKind::Fn { .. }, TyKind::Int(_))
            | (TyKind::Int(_), TyKind::Pointer { .. })
            | (TyKind::Pointer { .. } | TyKind::Fn { .. }, TyKind::Pointer { .. }) => Conversion::Address,
            _ if converts(&self.cx.types, from, to, Site::Other) => {
                let converted = self.coerce(value, to);
                self.body.exprs[converted.index()].span = span;
                return converted;
            }
            _ => {
                let (a, b) = (self.name_of(from), self.name_of(to));
                let mut diagnostic = Diagnostic::error("E0304", op, format!("`{a}` cannot be converted to `{b}`"))
                    .secondary(self.body[value].span, format!("this is `{a}`"));
                if to == Ty::BOOL && self.cx.types.is_int(from) {
                    diagnostic = diagnostic.help("compare it with 0: `x != 0`");
                }
                if to == Ty::STR {
                    let text = self.cx.sources.snippet(self.body[value].span);
                    diagnostic = diagnostic.help(format!("an f-string makes a text of it: `f\"{{{text}}}\"`"));
                }
                if from == Ty::STR && matches!(self.kind(to), TyKind::Slice { .. }) {
                    diagnostic = diagnostic.help("a string cannot be written; `s[i]` reads its bytes");
                }
                if matches!(self.kind(from), TyKind::Char | TyKind::Bool) && self.cx.types.is_float(to) {
                    diagnostic = diagnostic.help("convert it to an integer first");
                }
                match (self.kind(from), self.kind(to)) {
                    (TyKind::Optional(_), _) => {
                        diagnostic = diagnostic.help("`!` or `??` gives the value in the optional");
                    }
                    (TyKind::Result { .. }, _) => {
                        diagnostic = diagnostic.help("`try` or `catch` gives the value of an error result");
                    }
                    (TyKind::Enum(_), TyKind::Int(_)) => {
                        diagnostic = diagnostic.note("only enums without payloads are numbers");
                    }
                    (TyKind::Str, TyKind::Int(_)) => {
                        diagnostic = diagnostic.help("`parse_i64(text)` reads a number, and gives a `?i64`");
                    }
                    (TyKind::Str, TyKind::Float(_)) => {
                        diagnostic = diagnostic.help("`parse_f64(text)` reads a number, and gives a `?f64`");
                    }
                    (TyKind::Int(_), TyKind::Enum(_)) if self.cx.types.as_plain_enum(to).is_some() => {
                        diagnostic = diagnostic.help(format!("`{b}.from(n)` is the case with the value `n`, or nil"));
                    }
                    _ => {}
                }
                self.report(diagnostic);
                return self.error(span);
            }
        };
        let known = self.known_ints.get(&value).copied();
        let id = self.add(ExprKind::Convert { kind, operand: value }, to, span);
        if let (Conversion::Int, Some(known), Some(int)) = (kind, known, self.cx.types.as_int(to)) {
            self.known_ints.insert(id, int.to_i128(known as u128 & int.mask()));
        }
        id
    }

    /// A literal before `as` takes the type right away if it fits, so that `0xffffffffffffffff as u64` means what it
    /// says.
    fn cast_operand(&mut self, operand: ast::ExprId, to: Ty) -> ExprId {
        if let ast::ExprKind::Int { value, negative, suffix: None } = self.file[operand].kind {
            let value = self.file[value];
            let fits = |int: IntTy| {
                if negative { int.signed && value <= int.min_bits() } else { value <= int.max_bits() }
            };
            let ty = match self.kind(to) {
                TyKind::Int(int) if fits(int) => to,
                TyKind::Float(_) => to,
                _ if fits(IntTy { bits: 64, signed: true }) => Ty::I64,
                _ if fits(IntTy { bits: 128, signed: true }) => Ty::I128,
                _ => Ty::U128,
            };
            return self.expr(operand, Some(ty));
        }
        let hint = match self.file[operand].kind {
            ast::ExprKind::Float { .. } if self.cx.types.is_float(to) => Some(to),
            ast::ExprKind::Char(_) | ast::ExprKind::Float { .. } => None,
            ast::ExprKind::Nil => Some(to),
            // A constant without a type of its own, as a literal.
            ast::ExprKind::Name(_) => match self.free(operand) {
                Some(super::operator::Free::Int) => return self.cast_free_const(operand, to),
                _ => None,
            },
            _ => None,
        };
        self.expr(operand, hint)
    }

    fn cast_free_const(&mut self, operand: ast::ExprId, to: Ty) -> ExprId {
        let errors = self.cx.diagnostics.len();
        for ty in [to, Ty::I64, Ty::I128] {
            if !self.cx.types.is_int(ty) && !self.cx.types.is_float(ty) {
                continue;
            }
            let value = self.expr(operand, Some(ty));
            if self.ty(value) != Ty::ERROR {
                self.cx.diagnostics.truncate(errors);
                return value;
            }
            self.cx.diagnostics.truncate(errors);
        }
        self.expr(operand, Some(Ty::U128))
    }
}
