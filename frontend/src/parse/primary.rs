//! Operands: names, literals, brackets, blocks and everything that begins with a keyword.

use super::expr::starts_operand;
use super::item::Body;
use super::recover::Elements;
use super::*;

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> ExprId {
        let start = self.start();
        let kind = match self.kind() {
            T::Ident => {
                if self.at_label() {
                    return self.labelled_loop();
                }
                if let Some(wrong) = self.foreign_operand() {
                    return wrong;
                }
                ExprKind::Name(self.ident().name)
            }
            T::FStrStart => return self.fstring(),
            _ if self.at_literal() => return self.literal(),
            T::LParen => return self.parentheses(),
            T::LBracket => self.array(),
            T::LBrace => ExprKind::Block(self.block()),
            T::Dot => {
                self.bump();
                if self.at(T::LBrace) {
                    if self.no_struct {
                        let span = self.span_from(start);
                        self.mild_error("E0114", span, "a struct literal here needs parentheses")
                            .helps
                            .push(help("write `(.{ ... })`"));
                    }
                    self.brace_literal(LitTarget::Infer)
                } else if self.at(T::Int) && !self.token().after_newline {
                    let digits = self.bump();
                    let text = format!("0.{}", self.text_of(digits));
                    self.half_number(self.span_from(start), text)
                } else {
                    ExprKind::Case(self.expect_ident("the name of a case"))
                }
            }
            T::Or | T::OrOr => self.closure(),
            T::Fn => {
                self.bump();
                ExprKind::Fn(self.function(None, start, Body::Needed))
            }
            T::If => self.if_expr(),
            T::Switch => self.switch(),
            T::While | T::Loop | T::For => self.loop_expr(None),
            T::With => self.with_context(),
            T::Hash => return self.hash_operand(),
            T::Return => self.return_expr(),
            T::Yield => {
                self.bump();
                ExprKind::Yield(self.expr())
            }
            T::Break => {
                self.bump();
                let label = self.jump_label();
                if label.is_none() && starts_operand(self.kind()) && !self.token().after_newline && !self.at(T::LBrace)
                {
                    let span = self.span();
                    self.error("E0115", span, "a loop has no value")
                        .helps
                        .push(help("put a block around the loop and leave it with `yield value;`"));
                }
                ExprKind::Break(label)
            }
            T::Continue => {
                self.bump();
                ExprKind::Continue(self.jump_label())
            }
            T::Unreachable => {
                self.bump();
                ExprKind::Unreachable
            }
            T::Pass => {
                self.bump();
                ExprKind::Block(self.empty_block())
            }
            T::Let | T::Var if !self.token().after_newline => {
                let span = self.span();
                let word = self.text_of(self.token());
                let in_head = self.no_struct;
                let message = format!("expected an expression, found the keyword `{word}`");
                let diagnostic = self.error("E0101", span, message);
                if in_head {
                    diagnostic.notes.push("`let` in a condition is the whole condition: nest a second `if`".into());
                }
                ExprKind::Error
            }
            _ => {
                self.error_expected("an expression");
                ExprKind::Error
            }
        };
        self.file.add_expr(kind, self.span_from(start))
    }

    fn jump_label(&mut self) -> Option<Ident> {
        (self.at(T::Ident) && !self.token().after_newline).then(|| self.ident())
    }

    /// `(e)`, `(a, b)`, `(a,)`, `()`.
    fn parentheses(&mut self) -> ExprId {
        let open = self.bump();
        let mut comma = false;
        let elements = self.comma_list(open, T::RParen, |p| {
            let element = p.expr();
            if p.at(T::Eq) && !p.panicking {
                let span = p.span();
                p.error("E0111", span, "an assignment is no value").helps.push(help("a comparison is `==`"));
            }
            comma |= p.at(T::Comma);
            element
        });
        let span = self.span_from(open.start);
        if let ([only], false) = (elements.as_slice(), comma) {
            self.file.exprs[only.index()].span = span;
            return *only;
        }
        let elements = self.file.list(&elements);
        self.file.add_expr(ExprKind::Tuple(elements), span)
    }

    /// `[a, b]`, `[value; len]`
    fn array(&mut self) -> ExprKind {
        let open = self.bump();
        let mut len = None;
        let elements = self.comma_list(open, T::RBracket, |p| {
            let element = p.expr();
            if p.at(T::Semi) && !p.panicking && len.is_none() {
                p.bump();
                len = Some((element, p.expr()));
            }
            element
        });
        if let Some((value, len)) = len {
            if elements.len() > 1 {
                let span = self.span_from(open.start);
                self.mild_error("E0109", span, "`[value; length]` repeats one value");
            }
            return ExprKind::Repeat { value, len };
        }
        ExprKind::Array(self.file.list(&elements))
    }

    /// `{ ... }` behind a path, `.` or `.Case`: a struct, map or set.
    pub(super) fn brace_literal(&mut self, target: LitTarget) -> ExprKind {
        let container = match target {
            // `m.Map { ... }` is the type of another module.
            LitTarget::Path(path) => match self.file[path.segments] {
                [ref only] => Some((path, only.name.name)).filter(|&(_, name)| !self.declares_type(name)),
                _ => None,
            },
            _ => None,
        };
        let open = self.bump();
        match container {
            Some((path, Symbol::MAP)) => {
                let entries = self.comma_list(open, T::RBrace, |p| {
                    let key = p.expr();
                    if !p.panicking {
                        p.expect(T::Colon);
                    }
                    let value = if p.panicking { key } else { p.expr() };
                    MapEntry { key, value }
                });
                ExprKind::MapLit { path, entries: self.file.list(&entries) }
            }
            Some((path, Symbol::SET | Symbol::BUF)) => {
                let elements = self.comma_list(open, T::RBrace, Parser::expr);
                ExprKind::SeqLit { path, elements: self.file.list(&elements) }
            }
            _ => ExprKind::StructLit { target, fields: self.field_inits(open) },
        }
    }

    /// Whether the file declares a type of its own that has the name of one of the containers.
    fn declares_type(&mut self, name: Symbol) -> bool {
        if ![Symbol::MAP, Symbol::SET, Symbol::BUF].contains(&name) {
            return false;
        }
        if self.own_types.is_none() {
            let declares = |pair: &&[Token]| matches!(pair[0].kind, T::Struct | T::Type) && pair[1].kind == T::Ident;
            let names = self.tokens.windows(2).filter(declares).map(|pair| self.text_of(pair[1]));
            self.own_types = Some(names.collect());
        }
        let name = self.interner.resolve(name);
        self.own_types.as_ref().is_some_and(|types| types.contains(name))
    }

    /// `name: value, ... }`
    pub(super) fn field_inits(&mut self, open: Token) -> List<FieldInit> {
        let fields = self.comma_list(open, T::RBrace, |p| {
            if p.at(T::Dot) && p.ahead_kind(1) == T::Ident {
                let span = p.span();
                p.mild_error("E0110", span, "fields are named without a point").helps.push(edit(
                    "leave it out",
                    span,
                    "",
                ));
                p.bump();
            }
            if p.at(T::DotDot) {
                let span = p.span();
                p.error("E0101", span, "expected the name of a field, found `..`")
                    .helps
                    .push(help("fields cannot be taken from another value here: copy it and assign"));
            }
            let name = p.expect_ident("the name of a field");
            if p.at(T::Eq) && !p.panicking {
                let span = p.span();
                p.mild_error("E0101", span, "expected `:`, found `=`").helps.push(edit("write `:`", span, ":"));
                p.bump();
            } else if !p.eat(T::Colon) {
                let value = p.file.add_expr(ExprKind::Name(name.name), name.span);
                return FieldInit { name, value };
            }
            FieldInit { name, value: p.expr() }
        });
        self.file.list(&fields)
    }

    /// `|x, y: i64| -> i64 body`
    fn closure(&mut self) -> ExprKind {
        let open = self.bump();
        let mut params: Elements<Param> = Elements::new();
        if open.kind == T::Or {
            while !self.at(T::Or) && !self.panicking {
                let start = self.start();
                let pat = self.pattern_one();
                let ty = if self.eat(T::Colon) { Some(self.ty()) } else { None };
                let span = self.span_from(start);
                params.push(Param { pat, ty, refinement: None, variadic: false, span });
                if !self.eat(T::Comma) {
                    break;
                }
            }
            if !self.panicking && !self.eat(T::Or) {
                let opening = self.span_of(open);
                self.error_expected("`|` behind the parameters of a closure");
                if let Some(last) = self.diagnostics.last_mut() {
                    last.secondary.push(Label { span: opening, text: "they begin here".into() });
                }
            }
        }
        let params = self.file.list(&params);
        if self.panicking {
            let body = self.file.add_expr(ExprKind::Error, self.span());
            return ExprKind::Closure { params, result: None, body };
        }
        let result = if self.eat(T::Arrow) { Some(self.ty()) } else { None };
        let body = self.expr_or_assignment();
        ExprKind::Closure { params, result, body }
    }

    fn return_expr(&mut self) -> ExprKind {
        self.bump();
        if self.at_word("error") && self.error_word_follows() {
            self.bump();
            return ExprKind::ReturnError(self.expr());
        }
        let has_value = starts_operand(self.kind()) && !(self.no_struct && self.at(T::LBrace));
        ExprKind::Return(has_value.then(|| self.expr()))
    }

    /// Is `error` in `return error ...` the keyword? It is not where it can only be a variable.
    fn error_word_follows(&self) -> bool {
        let (word, next) = (self.token(), self.ahead(1));
        let glued = next.start == word.end();
        match next.kind {
            T::LBracket | T::Dot => !glued,
            T::Minus | T::And | T::AndAnd | T::Or | T::OrOr | T::Bang | T::LBrace => false,
            kind => starts_operand(kind),
        }
    }

    /// `#sync(m) { }`; the others of `#` are not operands.
    fn hash_operand(&mut self) -> ExprId {
        let start = self.start();
        let word = self.ahead(1);
        let text = self.text_of(word);
        if text != "sync" {
            let span = self.span().to(self.span_of(word));
            let message = match text {
                "if" => "`#if` is a statement, it cannot stand in an expression".to_owned(),
                "inline" | "noinline" | "cold" | "fast_math" | "pure" | "export" | "test_only" => {
                    format!("the attribute `#{text}` stands before a declaration of a function")
                }
                "link" | "link_path" | "import_path" => format!("`#{text}` stands at the top level"),
                _ => format!("unknown `#{text}`"),
            };
            self.error("E0116", span, message);
            self.bump();
            return self.file.add_expr(ExprKind::Error, span);
        }
        self.bump();
        self.bump();
        let place = if self.at(T::LParen) {
            let open = self.bump();
            let no_struct = std::mem::replace(&mut self.no_struct, false);
            let place = self.expr();
            if self.panicking && self.recover_in_list(T::RParen) {
                while !self.at(T::RParen) && self.recover_in_list(T::RParen) {}
            }
            self.close(open, T::RParen);
            self.no_struct = no_struct;
            place
        } else {
            self.error_expected("`(` and the mutex");
            self.file.add_expr(ExprKind::Error, self.span())
        };
        let body = self.block();
        self.file.add_expr(ExprKind::Sync { place, body }, self.span_from(start))
    }

    /// `with context { allocator: a } { }`
    fn with_context(&mut self) -> ExprKind {
        self.bump();
        if self.at_word("context") {
            self.bump();
        } else {
            self.error_expected("`context`");
            self.recover_to_brace();
        }
        let fields = if self.at(T::LBrace) {
            let open = self.bump();
            self.field_inits(open)
        } else {
            self.error_expected("`{` and the fields to replace");
            List::EMPTY
        };
        ExprKind::With { fields, body: self.block() }
    }

    /// What `if` and `while` test.
    fn condition(&mut self) -> Cond {
        if self.eat(T::Let) {
            let pat = self.pattern();
            if !self.panicking {
                self.expect(T::Eq);
            }
            let value =
                if self.panicking { self.file.add_expr(ExprKind::Error, self.span()) } else { self.head_expr() };
            return Cond::Let { pat, value };
        }
        let start = self.start();
        let mut cond = self.head_expr();
        if self.at(T::Eq) && !self.panicking {
            let op_span = self.span();
            self.mild_error("E0111", op_span, "an assignment is no condition").helps.push(edit(
                "compare with `==`",
                op_span,
                "==",
            ));
            self.bump();
            let right = self.head_expr();
            let kind = ExprKind::Binary { op: BinaryOp::Eq, left: cond, right, op_span };
            cond = self.file.add_expr(kind, self.span_from(start));
        }
        Cond::Expr(cond)
    }

    /// The block behind a head; after an error in the head it is looked for.
    fn body(&mut self) -> BlockId {
        if self.panicking || (!self.at(T::LBrace) && self.misplaced_assignment()) {
            self.recover_to_brace();
        } else if !self.at(T::LBrace) {
            let (span, found) = (self.span(), self.found());
            let diagnostic = self.error("E0101", span, format!("expected `{{`, found {found}"));
            diagnostic.primary.text = "expected `{`".into();
            diagnostic.helps.push(help("the body stands in braces"));
        }
        self.block()
    }

    fn if_expr(&mut self) -> ExprKind {
        self.bump();
        let mut arms: Elements<IfArm> = Elements::new();
        let mut otherwise = None;
        loop {
            let cond = self.condition();
            if self.at_word("then") && self.ahead_kind(1) == T::LBrace {
                let span = self.span();
                self.mild_error("E0110", span, "there is no `then`").helps.push(edit("leave it out", span, ""));
                self.bump();
            }
            let body = self.body();
            arms.push(IfArm { cond, body });
            if self.at_foreign_elif() {
                self.bump();
                continue;
            }
            if !self.eat(T::Else) {
                break;
            }
            if self.eat(T::If) {
                continue;
            }
            otherwise = Some(if self.at(T::LBrace) {
                self.block()
            } else {
                self.error_expected("`if` or `{` after `else`");
                self.empty_block()
            });
            break;
        }
        ExprKind::If { arms: self.file.list(&arms), otherwise }
    }

    /// `elif` and the like, reported.
    fn at_foreign_elif(&mut self) -> bool {
        let token = self.token();
        let found = token.kind == T::Ident
            && matches!(self.text_of(token), "elif" | "elsif" | "elseif")
            && matches!(self.ahead_kind(1), T::Ident | T::LParen | T::Bang | T::Let | T::Int | T::True | T::False);
        if found {
            let (span, word) = (self.span(), self.text_of(token));
            self.mild_error("E0110", span, format!("there is no `{word}`")).helps.push(edit(
                "write `else if`",
                span,
                "else if",
            ));
        }
        found
    }

    fn switch(&mut self) -> ExprKind {
        let Some(outer) = self.enter() else { return ExprKind::Error };
        let kind = self.switch_cases();
        self.leave(outer);
        kind
    }

    fn switch_cases(&mut self) -> ExprKind {
        self.bump();
        let in_switch_head = std::mem::replace(&mut self.in_switch_head, true);
        let scrutinee = self.head_expr();
        self.in_switch_head = in_switch_head;
        if self.panicking {
            self.recover_to_brace();
        }
        if !self.at(T::LBrace) {
            self.error_expected("`{` and the cases of the switch");
            return ExprKind::Switch { scrutinee, arms: List::EMPTY };
        }
        let open = self.bump();
        if self.c_like_cases() {
            return ExprKind::Switch { scrutinee, arms: List::EMPTY };
        }
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        let mut arms: Elements<SwitchArm> = Elements::new();
        while !self.at_any(&[T::RBrace, T::Eof]) {
            let before = self.pos;
            arms.push(self.switch_arm());
            if self.panicking {
                if !self.recover_in_list(T::RBrace) {
                    // A `;` where a `,` should be, or something of another construct.
                    if self.at(T::Semi) {
                        self.bump();
                        self.panicking = false;
                    } else if self.pos == before || self.at_any(&[T::RParen, T::RBracket]) {
                        self.recover_in_block(before);
                        if self.pos == before {
                            break;
                        }
                    }
                }
                if self.at(T::Eof) {
                    break;
                }
            }
        }
        self.close(open, T::RBrace);
        self.no_struct = no_struct;
        ExprKind::Switch { scrutinee, arms: self.file.list(&arms) }
    }

    fn switch_arm(&mut self) -> SwitchArm {
        self.foreign_case();
        let start = self.start();
        let pat = if self.eat(T::Else) { None } else { Some(self.pattern()) };
        let guard = if !self.panicking && self.eat(T::If) { Some(self.expr()) } else { None };
        let head_span = self.span_from(start);
        if !self.panicking && !self.eat(T::FatArrow) {
            let span = self.span();
            if self.at_any(&[T::Colon, T::Arrow, T::Eq]) {
                let found = self.found();
                self.mild_error("E0101", span, format!("expected `=>`, found {found}")).helps.push(edit(
                    "write `=>`",
                    span,
                    "=>",
                ));
                self.bump();
            } else {
                self.error_expected("`=>`");
            }
        }
        if self.panicking {
            let body = self.file.add_expr(ExprKind::Error, self.span());
            return SwitchArm { pat, guard, body, head_span };
        }
        let ends_itself = self.at_block_like();
        let body = if ends_itself { self.block_like() } else { self.expr_or_assignment() };
        if !self.panicking && !self.eat(T::Comma) && !self.at(T::RBrace) && !ends_itself {
            let span = self.span_from(self.prev_end);
            if self.at(T::Semi) {
                let span = self.span();
                self.mild_error("E0101", span, "the cases of a switch are separated by `,`").helps.push(edit(
                    "write `,`",
                    span,
                    ",",
                ));
                self.bump();
            } else if self.token().after_newline {
                self.mild_error("E0105", span, "expected `,`").helps.push(edit(
                    "separate the cases with `,`",
                    span,
                    ",",
                ));
            } else {
                self.error_expected("`,` or `}`");
            }
        }
        SwitchArm { pat, guard, body, head_span }
    }

    /// `name:` before a loop.
    pub(super) fn at_label(&self) -> bool {
        self.ahead_kind(1) == T::Colon && matches!(self.ahead_kind(2), T::For | T::While | T::Loop)
    }

    pub(super) fn labelled_loop(&mut self) -> ExprId {
        let start = self.start();
        let label = self.ident();
        self.bump();
        let kind = self.loop_expr(Some(label));
        self.file.add_expr(kind, self.span_from(start))
    }

    fn loop_expr(&mut self, label: Option<Ident>) -> ExprKind {
        match self.bump().kind {
            T::While => {
                let cond = self.condition();
                ExprKind::While { label, cond, body: self.body() }
            }
            T::Loop => ExprKind::Loop { label, body: self.body() },
            _ => self.for_loop(label),
        }
    }

    fn for_loop(&mut self, label: Option<Ident>) -> ExprKind {
        if self.c_style_for() {
            let span = self.span_from(self.prev_end);
            let iter = self.file.add_expr(ExprKind::Error, span);
            let pat = self.file.add_pat(PatKind::Error, span);
            let binds = self.file.list(&[ForBind { pat, by_pointer: false }]);
            return ExprKind::For { label, binds, iter, body: self.body() };
        }
        let mut binds: Elements<ForBind> = Elements::new();
        loop {
            let by_pointer = self.eat(T::Star);
            binds.push(ForBind { pat: self.pattern_one(), by_pointer });
            if self.panicking || !self.eat(T::Comma) {
                break;
            }
        }
        if !self.panicking && !self.eat(T::In) {
            let span = self.span();
            let found = self.found();
            if self.at(T::Colon) || self.at_word("of") {
                self.mild_error("E0101", span, format!("expected `in`, found {found}")).helps.push(edit(
                    "write `in`",
                    span,
                    " in",
                ));
                self.bump();
            } else {
                self.error("E0101", span, format!("expected `in`, found {found}"))
                    .helps
                    .push(help("write `for x in xs` or `for i in 0..n`"));
            }
        }
        let iter = if self.panicking { self.file.add_expr(ExprKind::Error, self.span()) } else { self.head_expr() };
        let binds = self.file.list(&binds);
        ExprKind::For { label, binds, iter, body: self.body() }
    }

    /// Does something begin here that ends a statement with its `}`?
    pub(super) fn at_block_like(&self) -> bool {
        match self.kind() {
            T::LBrace | T::If | T::Switch | T::While | T::Loop | T::For | T::With => true,
            T::Hash => self.text_of(self.ahead(1)) == "sync",
            T::Ident => self.at_label(),
            _ => false,
        }
    }

    /// What `at_block_like` saw, and nothing behind it.
    pub(super) fn block_like(&mut self) -> ExprId {
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        let expr = self.primary();
        self.no_struct = no_struct;
        expr
    }
}
