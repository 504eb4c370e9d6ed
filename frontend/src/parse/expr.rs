//! Operators, from the loosest to the tightest: ranges, `??` and `catch`, binary operators, prefix and postfix operators.

use super::recover::Elements;
use super::*;

/// How tightly infix operators bind; `??`, `catch` and ranges are looser than all, prefix and postfix operators tighter.
mod power {
    pub const OR: u8 = 1;
    pub const AND: u8 = 2;
    pub const COMPARE: u8 = 3;
    pub const BIT_OR: u8 = 4;
    pub const BIT_XOR: u8 = 5;
    pub const BIT_AND: u8 = 6;
    pub const SHIFT: u8 = 7;
    pub const ADD: u8 = 8;
    pub const MUL: u8 = 9;
    pub const PIPE: u8 = 10;
    pub const CAST: u8 = 11;
}

#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOp),
    Pipe,
    Cast,
}

fn infix(kind: TokenKind) -> Option<(Infix, u8)> {
    use Infix::Binary;
    Some(match kind {
        T::OrOr => (Binary(BinaryOp::Or), power::OR),
        T::AndAnd => (Binary(BinaryOp::And), power::AND),
        T::EqEq => (Binary(BinaryOp::Eq), power::COMPARE),
        T::Ne => (Binary(BinaryOp::Ne), power::COMPARE),
        T::Lt => (Binary(BinaryOp::Lt), power::COMPARE),
        T::Le => (Binary(BinaryOp::Le), power::COMPARE),
        T::Gt => (Binary(BinaryOp::Gt), power::COMPARE),
        T::Ge => (Binary(BinaryOp::Ge), power::COMPARE),
        T::Or => (Binary(BinaryOp::BitOr), power::BIT_OR),
        T::Caret => (Binary(BinaryOp::BitXor), power::BIT_XOR),
        T::And => (Binary(BinaryOp::BitAnd), power::BIT_AND),
        T::Shl => (Binary(BinaryOp::Shl), power::SHIFT),
        T::Shr => (Binary(BinaryOp::Shr), power::SHIFT),
        T::Plus => (Binary(BinaryOp::Add), power::ADD),
        T::Minus => (Binary(BinaryOp::Sub), power::ADD),
        T::Star => (Binary(BinaryOp::Mul), power::MUL),
        T::Slash => (Binary(BinaryOp::Div), power::MUL),
        T::Percent => (Binary(BinaryOp::Rem), power::MUL),
        T::PercentPercent => (Binary(BinaryOp::Mod), power::MUL),
        T::PipeGt => (Infix::Pipe, power::PIPE),
        T::As => (Infix::Cast, power::CAST),
        _ => return None,
    })
}

/// The operator of an assignment; `Some(None)` is `=`.
pub(super) fn assignment(kind: TokenKind) -> Option<Option<BinaryOp>> {
    Some(match kind {
        T::Eq => None,
        T::PlusEq => Some(BinaryOp::Add),
        T::MinusEq => Some(BinaryOp::Sub),
        T::StarEq => Some(BinaryOp::Mul),
        T::SlashEq => Some(BinaryOp::Div),
        T::PercentEq => Some(BinaryOp::Rem),
        T::AndEq => Some(BinaryOp::BitAnd),
        T::OrEq => Some(BinaryOp::BitOr),
        T::CaretEq => Some(BinaryOp::BitXor),
        T::ShlEq => Some(BinaryOp::Shl),
        T::ShrEq => Some(BinaryOp::Shr),
        _ => return None,
    })
}

/// Can an operand begin with this?
pub(super) fn starts_operand(kind: TokenKind) -> bool {
    matches!(
        kind,
        T::Ident
            | T::Int
            | T::Float
            | T::Char
            | T::Str
            | T::RawStr
            | T::ByteStr
            | T::FStrStart
            | T::True
            | T::False
            | T::Nil
            | T::LParen
            | T::LBracket
            | T::LBrace
            | T::Dot
            | T::Minus
            | T::Bang
            | T::Tilde
            | T::And
            | T::AndAnd
            | T::Or
            | T::OrOr
            | T::Hash
            | T::Try
            | T::New
            | T::Constantize
            | T::If
            | T::Switch
            | T::Loop
            | T::While
            | T::For
            | T::With
            | T::Fn
            | T::Return
            | T::Break
            | T::Continue
            | T::Yield
            | T::Unreachable
            | T::Pass
            | T::Unknown
    )
}

impl Parser<'_> {
    /// Any expression, ranges included; not an assignment.
    pub(super) fn expr(&mut self) -> ExprId {
        let Some(outer) = self.enter() else {
            return self.file.add_expr(ExprKind::Error, self.span());
        };
        let expr = self.range();
        self.leave(outer);
        expr
    }

    /// An expression in the head of a statement: no bare struct literal.
    pub(super) fn head_expr(&mut self) -> ExprId {
        let no_struct = std::mem::replace(&mut self.no_struct, true);
        let expr = self.expr();
        self.no_struct = no_struct;
        expr
    }

    /// An expression or an assignment.
    pub(super) fn expr_or_assignment(&mut self) -> ExprId {
        let start = self.start();
        let place = self.expr();
        self.assignment_to(place, start)
    }

    /// The rest of an assignment, if there is one.
    pub(super) fn assignment_to(&mut self, place: ExprId, start: u32) -> ExprId {
        let Some(op) = assignment(self.kind()) else {
            return place;
        };
        if self.panicking {
            return place;
        }
        let op_span = self.bump_span();
        let value = self.expr();
        if self.at(T::Eq) && !self.panicking {
            let span = self.span();
            self.error("E0111", span, "assignments do not chain")
                .helps
                .push(help("an assignment is a statement, not a value"));
        }
        self.file.add_expr(ExprKind::Assign { op, place, value, op_span }, self.span_from(start))
    }

    fn range(&mut self) -> ExprId {
        let start = self.start();
        let low = if self.at_any(&[T::DotDot, T::DotDotEq]) { None } else { Some(self.coalesce()) };
        match low {
            Some(low) if !self.at_any(&[T::DotDot, T::DotDotEq]) => return low,
            _ => {}
        }
        let dots = self.bump();
        let inclusive = dots.kind == T::DotDotEq;
        let has_high = starts_operand(self.kind()) && !(self.no_struct && self.at(T::LBrace)) && !self.at_step();
        let high = has_high.then(|| self.coalesce_operand());
        if high.is_none() && inclusive {
            self.error_expected("the end of the range");
        }
        let step = if self.at_step() {
            self.bump();
            Some(self.coalesce_operand())
        } else {
            None
        };
        let op = self.span_of(dots);
        self.grow(op);
        let range = RangeExpr { low, high, step, inclusive };
        self.file.add_expr(ExprKind::Range { range, op }, self.span_from(start))
    }

    /// `by` before a step; a variable of that name is an operand.
    fn at_step(&self) -> bool {
        self.at_word("by")
            && (matches!(
                self.ahead_kind(1),
                T::Ident | T::Int | T::Float | T::LParen | T::Minus | T::Try | T::Constantize
            ))
    }

    fn coalesce_operand(&mut self) -> ExprId {
        let height = std::mem::take(&mut self.height);
        let expr = self.coalesce();
        self.height = self.height.max(height);
        expr
    }

    /// `a ?? b ?? c`, which groups to the right, and `catch`, which belongs to the operand before it.
    fn coalesce(&mut self) -> ExprId {
        let start = self.start();
        let first = self.binary(0);
        if !self.at_any(&[T::QuestionQuestion, T::Catch]) {
            return first;
        }
        let mut operands: Elements<(ExprId, u32)> = Elements::new();
        let mut ops: Elements<Span> = Elements::new();
        operands.push((first, start));
        loop {
            if self.at(T::QuestionQuestion) {
                let op = self.bump_span();
                let start = self.start();
                let operand = self.operand(0);
                operands.push((operand, start));
                ops.push(op);
                self.grow(op);
            } else if self.at(T::Catch)
                && let Some((operand, start)) = operands.pop()
            {
                let caught = self.catch(operand, start);
                operands.push((caught, start));
            } else {
                break;
            }
        }
        let end = self.prev_end;
        let Some((mut right, _)) = operands.pop() else { return first };
        while let (Some((left, start)), Some(op_span)) = (operands.pop(), ops.pop()) {
            let span = Span::new(self.file.id, start, end.max(start));
            right = self.file.add_expr(ExprKind::Binary { op: BinaryOp::Coalesce, left, right, op_span }, span);
        }
        right
    }

    /// `catch e { }`
    fn catch(&mut self, operand: ExprId, start: u32) -> ExprId {
        let op = self.bump_span();
        let mut name = None;
        let by_bar = self.at(T::Or);
        if by_bar {
            let span = self.span();
            self.mild_error("E0110", span, "the error of `catch` stands without bars")
                .helps
                .push(help("write `catch e { ... }`"));
            self.bump();
        }
        if self.at(T::Ident) {
            name = Some(self.ident());
        }
        if by_bar {
            self.eat(T::Or);
        }
        let handler = if self.at(T::LBrace) { self.block() } else { self.handler_without_braces(op, name.is_some()) };
        self.grow(op);
        self.file.add_expr(ExprKind::Catch { operand, name, handler, op }, self.span_from(start))
    }

    /// `catch 0`: where a block is missing.
    fn handler_without_braces(&mut self, op: Span, named: bool) -> BlockId {
        let token = self.token();
        if self.panicking || token.after_newline || !starts_operand(token.kind) {
            self.error_expected_code("E0101", "`{` after `catch`");
            return self.empty_block();
        }
        let found = self.found();
        let start = self.start();
        let value = self.operand(0);
        let span = self.span_from(start);
        let error = self.mild_error("E0101", span, format!("expected `{{` after `catch`, found {found}"));
        error.helps.push(match named {
            true => help("the value in place of the error stands in braces: `catch e { value }`"),
            false => edit("a value in place of the error is given by `??`", op, "??"),
        });
        let block = self.empty_block();
        self.file.blocks[block.index()].tail = Some(value);
        block
    }

    /// A right operand: its height counts beside the one of what stands left.
    fn operand(&mut self, min: u8) -> ExprId {
        let height = std::mem::take(&mut self.height);
        let expr = self.binary(min);
        self.height = self.height.max(height);
        expr
    }

    /// Operators that bind at least as tightly as `min`.
    fn binary(&mut self, min: u8) -> ExprId {
        if self.operands >= MAX_OPERANDS {
            self.too_deep();
            return self.file.add_expr(ExprKind::Error, self.span());
        }
        self.operands += 1;
        let start = self.start();
        let mut left = self.unary();
        let mut compared: Option<Span> = None;
        while let Some((op, power)) = infix(self.kind()).or_else(|| self.word_operator()) {
            if power < min || self.panicking {
                break;
            }
            if self.at(T::Ident) {
                self.report_word_operator(op);
            }
            let token = self.bump();
            let op_span = self.span_of(token);
            left = match op {
                Infix::Binary(op) => {
                    if power == power::COMPARE {
                        if let Some(first) = compared.replace(op_span) {
                            self.chained_comparison(first, op_span);
                        }
                    } else {
                        compared = None;
                    }
                    let right = self.operand(power + 1);
                    self.grow(op_span);
                    let kind = ExprKind::Binary { op, left, right, op_span };
                    self.file.add_expr(kind, self.span_from(start))
                }
                Infix::Cast => {
                    let height = std::mem::take(&mut self.height);
                    let ty = self.ty_prefix();
                    self.height = self.height.max(height);
                    self.grow(op_span);
                    let kind = ExprKind::Cast { operand: left, ty, op: op_span };
                    self.file.add_expr(kind, self.span_from(start))
                }
                Infix::Pipe => {
                    let height = std::mem::take(&mut self.height);
                    let call = self.pipe_call();
                    self.height = self.height.max(height);
                    self.grow(op_span);
                    let kind = ExprKind::Pipe { value: left, call, op: op_span };
                    let piped = self.file.add_expr(kind, self.span_from(start));
                    self.postfix(piped, start, false)
                }
            };
        }
        self.operands -= 1;
        left
    }

    /// `and` and `or` of other languages, taken for what they mean.
    #[cold]
    fn word_operator(&self) -> Option<(Infix, u8)> {
        let token = self.token();
        if token.kind != T::Ident || token.after_newline || self.panicking || !starts_operand(self.ahead_kind(1)) {
            return None;
        }
        match self.text_of(token) {
            "and" => Some((Infix::Binary(BinaryOp::And), power::AND)),
            "or" => Some((Infix::Binary(BinaryOp::Or), power::OR)),
            _ => None,
        }
    }

    fn report_word_operator(&mut self, op: Infix) {
        if let Infix::Binary(op) = op {
            let span = self.span();
            let message = format!("`{}` is not an operator", self.text_of(self.token()));
            self.mild_error("E0110", span, message).helps.push(edit(format!("write `{}`", op.text()), span, op.text()));
        }
    }

    fn chained_comparison(&mut self, first: Span, second: Span) {
        let diagnostic = self.mild_error("E0106", second, "comparisons do not chain");
        diagnostic.primary.text = "a second comparison".into();
        diagnostic.secondary.push(Label { span: first, text: "the first one".into() });
        diagnostic.helps.push(help("compare twice, as in `a < b && b < c`, or put one comparison in parentheses"));
    }

    /// The right side of `|>`: a name or the like, up to the end of its first call.
    fn pipe_call(&mut self) -> ExprId {
        let start = self.start();
        let callee = self.primary();
        let call = self.postfix(callee, start, true);
        if matches!(self.file[call].kind, ExprKind::Call { .. } | ExprKind::Error) || self.panicking {
            if !matches!(self.file[call].kind, ExprKind::Call { .. }) {
                let paren = self.span_from(self.prev_end);
                let kind = ExprKind::Call { callee: call, args: List::EMPTY, paren };
                return self.file.add_expr(kind, self.span_from(start));
            }
            return call;
        }
        let span = self.file[call].span;
        let is_named = matches!(self.file[call].kind, ExprKind::Name(_) | ExprKind::Field { .. });
        let error = self.mild_error("E0112", span, "the right side of `|>` must be a call");
        if is_named {
            error.helps.push(edit("call it", span.at_end(), "()"));
        } else {
            error.helps.push(help("`x |> f(a)` is `f(x, a)`"));
        }
        let kind = ExprKind::Call { callee: call, args: List::EMPTY, paren: span.at_end() };
        self.file.add_expr(kind, self.span_from(start))
    }

    /// Prefix operators and what they stand before.
    pub(super) fn unary(&mut self) -> ExprId {
        let start = self.start();
        match self.kind() {
            T::Minus if !self.at_literal() => self.prefix(UnaryOp::Neg),
            T::Bang => self.prefix(UnaryOp::Not),
            T::Tilde => self.prefix(UnaryOp::BitNot),
            T::And => self.prefix(UnaryOp::AddressOf),
            T::AndAnd => {
                let token = self.bump();
                let at = token.start;
                let operand = self.nested_unary();
                let half = |n| Span::new(self.file.id, at + n, at + n + 1);
                let (outer, inner) = (half(0), half(1));
                let kind = ExprKind::Unary { op: UnaryOp::AddressOf, operand, op_span: inner };
                let operand = self.file.add_expr(kind, self.span_from(at + 1));
                self.grow(outer);
                let kind = ExprKind::Unary { op: UnaryOp::AddressOf, operand, op_span: outer };
                self.file.add_expr(kind, self.span_from(at))
            }
            T::Try => {
                let op = self.bump_span();
                let operand = self.nested_unary();
                self.file.add_expr(ExprKind::Try { operand, op }, self.span_from(start))
            }
            T::New => {
                self.bump();
                let operand = self.nested_unary();
                self.file.add_expr(ExprKind::New(operand), self.span_from(start))
            }
            T::Constantize => {
                self.bump();
                let operand = self.expr();
                self.file.add_expr(ExprKind::Constantize(operand), self.span_from(start))
            }
            T::Hash if self.text_of(self.ahead(1)) == "async" => {
                self.bump();
                self.bump();
                let operand = self.nested_unary();
                if !matches!(self.file[operand].kind, ExprKind::Call { .. } | ExprKind::Error) {
                    let span = self.file[operand].span;
                    self.mild_error("E0112", span, "`#async` needs a call")
                        .helps
                        .push(help("as in `#async work(1, 2)`"));
                }
                self.file.add_expr(ExprKind::Async(operand), self.span_from(start))
            }
            T::Plus | T::Star => self.wrong_prefix(),
            _ => {
                let primary = self.primary();
                // Only what was read as a bare name can be the path of a struct literal.
                self.postfix(primary, start, false)
            }
        }
    }

    fn prefix(&mut self, op: UnaryOp) -> ExprId {
        let token = self.bump();
        let op_span = self.span_of(token);
        let decrement = op == UnaryOp::Neg
            && self.pos >= 2
            && self.tokens[self.pos - 2].kind == T::Minus
            && self.tokens[self.pos - 2].end() == token.start;
        if decrement && self.at_any(&[T::Semi, T::RParen, T::RBrace, T::LBrace]) {
            return self.no_increment("--", token.start - 1);
        }
        let operand = self.nested_unary();
        self.file.add_expr(ExprKind::Unary { op, operand, op_span }, self.span_from(token.start))
    }

    fn nested_unary(&mut self) -> ExprId {
        let Some(outer) = self.enter() else {
            return self.file.add_expr(ExprKind::Error, self.span());
        };
        let operand = self.unary();
        self.leave(outer);
        operand
    }

    /// `++x`, `x++`, `+x`, `*p`.
    fn wrong_prefix(&mut self) -> ExprId {
        let token = self.token();
        let glued_to_same = |other: Token| other.kind == token.kind;
        let before = self.pos.checked_sub(1).map(|i| self.tokens[i]).filter(|t| t.end() == token.start);
        let next = self.ahead(1);
        let (start, span) = (token.start, self.span());
        if token.kind == T::Plus {
            if before.is_some_and(glued_to_same) {
                self.bump();
                return self.no_increment("++", start - 1);
            }
            if next.kind == T::Plus && next.start == token.end() {
                self.bump();
                self.bump();
                return self.no_increment("++", start);
            }
            self.mild_error("E0110", span, "there is no prefix `+`").helps.push(edit("leave it out", span, ""));
            self.bump();
            return self.nested_unary();
        }
        if before.is_some_and(glued_to_same) {
            let span = Span::new(self.file.id, start - 1, start + 1);
            self.error("E0110", span, "there is no operator `**`")
                .helps
                .push(help("multiply, shift, or call `pow` of `std.math`"));
            self.bump();
            return self.nested_unary();
        }
        self.mild_error("E0110", span, "a pointer is dereferenced by `.*` behind it").helps.push(help("write `p.*`"));
        self.bump();
        let operand = self.nested_unary();
        self.file.add_expr(ExprKind::Deref { base: operand, op: span }, self.span_from(start))
    }

    /// Reports `++` or `--`, which has been read.
    fn no_increment(&mut self, op: &str, start: u32) -> ExprId {
        let span = Span::new(self.file.id, start, start + 2);
        let sign = &op[..1];
        self.error("E0110", span, format!("there is no operator `{op}`"))
            .helps
            .push(help(format!("write `x {sign}= 1`, which is a statement")));
        self.file.add_expr(ExprKind::Error, span)
    }

    /// What stands behind an operand: calls, brackets, fields, `.*`, `!`. With `one_call`, up to the first call.
    pub(super) fn postfix(&mut self, base: ExprId, start: u32, one_call: bool) -> ExprId {
        let mut expr = base;
        // Can what has been read so far be the path of a struct literal?
        let mut is_path =
            matches!(self.file[base].kind, ExprKind::Name(_)) && self.file[base].span.end == self.prev_end && {
                let span = self.file[base].span;
                span.start == start && !self.text[span.start as usize..].starts_with('(')
            };
        let mut is_case =
            matches!(self.file[base].kind, ExprKind::Case(_)) && !self.text[start as usize..].starts_with('(');
        loop {
            if self.panicking {
                return expr;
            }
            let token = self.token();
            let kind = match token.kind {
                T::Dot => {
                    self.bump();
                    is_case = false;
                    match self.kind() {
                        T::Ident => ExprKind::Field { base: expr, name: self.ident() },
                        T::Int => {
                            is_path = false;
                            self.tuple_field(expr)
                        }
                        _ if matches!(self.file[expr].kind, ExprKind::Int { suffix: None, .. }) => {
                            let span = self.span_from(start);
                            let whole = format!("{}0", &self.text[span.range()]);
                            self.half_number(span, whole)
                        }
                        _ => ExprKind::Field { base: expr, name: self.expect_ident("the name or number of a field") },
                    }
                }
                T::DotStar => {
                    (is_path, is_case) = (false, false);
                    let op = self.bump_span();
                    ExprKind::Deref { base: expr, op }
                }
                T::Bang => {
                    let names = matches!(self.file[expr].kind, ExprKind::Name(_) | ExprKind::Field { .. });
                    if names && self.at_generic_args() {
                        ExprKind::Instance { base: expr, args: self.generic_args() }
                    } else {
                        (is_path, is_case) = (false, false);
                        let op = self.bump_span();
                        ExprKind::Unwrap { base: expr, op }
                    }
                }
                T::LParen if !token.after_newline => {
                    (is_path, is_case) = (false, false);
                    self.bump();
                    let args = self.comma_list(token, T::RParen, Parser::argument);
                    let args = self.file.list(&args);
                    let paren = self.span_of(token);
                    let kind = ExprKind::Call { callee: expr, args, paren };
                    if one_call {
                        self.grow(paren);
                        return self.file.add_expr(kind, self.span_from(start));
                    }
                    kind
                }
                T::LBracket if !token.after_newline => {
                    (is_path, is_case) = (false, false);
                    self.index(expr)
                }
                T::LBrace if (is_path || is_case) && (!self.no_struct || self.looks_like_struct_literal()) => {
                    if self.no_struct {
                        self.struct_literal_in_head(start);
                    }
                    let target = match self.file[expr].kind {
                        ExprKind::Case(name) if is_case => LitTarget::Case(name),
                        _ => LitTarget::Path(self.path_of(expr)),
                    };
                    (is_path, is_case) = (false, false);
                    self.brace_literal(target)
                }
                T::Arrow if starts_name(self.ahead(1)) => {
                    let span = self.bump_span();
                    self.mild_error("E0110", span, "a field is read with `.`, also through a pointer")
                        .helps
                        .push(edit("write `.`", span, "."));
                    ExprKind::Field { base: expr, name: self.ident() }
                }
                T::Colon if self.at_double_colon() => {
                    let span = self.bump_span().to(self.bump_span());
                    self.mild_error("E0110", span, "names in modules and types are reached with `.`").helps.push(edit(
                        "write `.`",
                        span,
                        ".",
                    ));
                    ExprKind::Field { base: expr, name: self.expect_ident("a name") }
                }
                T::Question => {
                    let span = self.span();
                    let diagnostic = self.error("E0110", span, "there is no operator `?` here");
                    diagnostic.helps.push(help("an error or nil is passed on with `try f()` before the call"));
                    diagnostic.helps.push(help("a choice is written `if c { a } else { b }`"));
                    return expr;
                }
                _ => return expr,
            };
            self.grow(self.span_of(token));
            expr = self.file.add_expr(kind, self.span_from(start));
        }
    }

    fn at_double_colon(&self) -> bool {
        let next = self.ahead(1);
        self.is_glued() && next.kind == T::Colon && next.start == self.token().end() && starts_name(self.ahead(2))
    }

    fn tuple_field(&mut self, base: ExprId) -> ExprKind {
        let token = self.bump();
        let index_span = self.span_of(token);
        let text = self.text_of(token);
        let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        match text.parse::<u32>() {
            Ok(index) if plain => ExprKind::TupleField { base, index, index_span },
            _ => {
                self.mild_error("E0113", index_span, format!("`{text}` is no field of a tuple"));
                ExprKind::Error
            }
        }
    }

    fn argument(&mut self) -> Arg {
        let value = self.expr();
        if self.at(T::Eq) && !self.panicking {
            let span = self.span();
            self.error("E0111", span, "an argument is no assignment")
                .helps
                .push(help("arguments have no names, they are told by their order; a comparison is `==`"));
        }
        Arg { value, spread: self.eat(T::Ellipsis) }
    }

    /// `[i, j]` or `[i..j by s]` behind an operand.
    fn index(&mut self, base: ExprId) -> ExprKind {
        let open = self.bump();
        let bracket = self.span_of(open);
        let args = self.comma_list(open, T::RBracket, Parser::expr);
        match args.as_slice() {
            [] => {
                if !self.panicking {
                    let span = bracket.to(self.span_from(self.prev_end));
                    self.mild_error("E0101", span, "an index is missing").helps.push(help("all of it is `[..]`"));
                }
                ExprKind::Error
            }
            &[only] => match self.file[only].kind {
                ExprKind::Range { range, .. } => ExprKind::Slice { base, range, bracket },
                _ => ExprKind::Index { base, args: self.file.list(&args), bracket },
            },
            _ => ExprKind::Index { base, args: self.file.list(&args), bracket },
        }
    }

    /// In a head, at a `{` behind a path: is it a struct literal in all likelihood, and not the block?
    fn looks_like_struct_literal(&self) -> bool {
        if self.in_switch_head {
            // `switch x { 1: ...` is a switch of another language.
            return false;
        }
        match self.ahead_kind(1) {
            T::Ident => match self.ahead_kind(2) {
                T::Comma => true,
                T::Colon => !matches!(self.ahead_kind(3), T::For | T::While | T::Loop | T::Eq | T::Colon),
                _ => false,
            },
            T::Int | T::Float | T::Str | T::Char => matches!(self.ahead_kind(2), T::Comma | T::Colon),
            T::RBrace => self.ahead_kind(2) == T::LBrace && !self.ahead(2).after_newline,
            _ => false,
        }
    }

    fn struct_literal_in_head(&mut self, start: u32) {
        let span = self.span_from(start);
        let diagnostic = self.mild_error("E0114", span, "a struct literal here needs parentheses");
        diagnostic
            .notes
            .push("in the head of `if`, `while`, `for`, `switch` and the like a `{` begins the block".into());
        diagnostic.helps.push(help("write `(Name { ... })`"));
    }

    /// A name with fields and type arguments as a path.
    fn path_of(&mut self, expr: ExprId) -> Path {
        let span = self.file[expr].span;
        let mut segments: Elements<PathSegment> = Elements::new();
        let (mut at, mut args) = (expr, None);
        loop {
            let Expr { kind, span } = self.file[at];
            match kind {
                ExprKind::Instance { base, args: list } => {
                    args = Some(list);
                    at = base;
                }
                ExprKind::Field { base, name } => {
                    segments.push(PathSegment { name, args: args.take() });
                    at = base;
                }
                ExprKind::Name(name) => {
                    segments.push(PathSegment { name: Ident { name, span }, args: args.take() });
                    break;
                }
                _ => break,
            }
        }
        segments.reverse();
        Path { segments: self.file.list(&segments), span }
    }
}

fn starts_name(token: Token) -> bool {
    token.kind == T::Ident && !token.after_newline
}
