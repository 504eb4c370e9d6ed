//! Patterns.

use super::recover::Elements;
use super::*;

impl Parser<'_> {
    /// A pattern, with alternatives.
    pub(super) fn pattern(&mut self) -> PatId {
        let start = self.start();
        let first = self.pattern_one();
        if !self.at(T::Or) {
            return first;
        }
        let mut alternatives: Elements<PatId> = Elements::new();
        alternatives.push(first);
        while self.eat(T::Or) {
            alternatives.push(self.pattern_one());
        }
        let alternatives = self.file.list(&alternatives);
        self.file.add_pat(PatKind::Or(alternatives), self.span_from(start))
    }

    /// A pattern without alternatives.
    pub(super) fn pattern_one(&mut self) -> PatId {
        let start = self.start();
        let Some(outer) = self.enter() else {
            return self.file.add_pat(PatKind::Error, self.span());
        };
        let kind = self.pattern_kind();
        self.leave(outer);
        match kind {
            Ok(kind) => self.file.add_pat(kind, self.span_from(start)),
            Err(same) => {
                self.file.pats[same.index()].span = self.span_from(start);
                same
            }
        }
    }

    /// `Err` is a pattern in parentheses.
    fn pattern_kind(&mut self) -> Result<PatKind, PatId> {
        Ok(match self.kind() {
            T::Ident => {
                if matches!(self.ahead_kind(1), T::Ident) && self.at_word("mut") && !self.ahead(1).after_newline {
                    let span = self.span();
                    self.mild_error("E0110", span, "`mut` is not a keyword here")
                        .helps
                        .push(help("what a pattern binds is immutable; `var` declares a mutable variable"));
                    self.bump();
                }
                if self.at_word("error") && self.pattern_follows() {
                    self.bump();
                    return Ok(PatKind::ErrorOf(self.pattern_one()));
                }
                match self.ahead_kind(1) {
                    T::DotDot | T::DotDotEq => {
                        let low = self.range_end();
                        self.range_pattern(Some(low))
                    }
                    T::Dot | T::Bang | T::LParen | T::LBrace => {
                        let path = self.path();
                        self.after_path(path)
                    }
                    _ => {
                        let name = self.ident().name;
                        if name == Symbol::UNDERSCORE { PatKind::Wild } else { PatKind::Bind(name) }
                    }
                }
            }
            T::Dot => {
                self.bump();
                let name = self.expect_ident("the name of a case");
                match self.kind() {
                    T::LParen => self.payload(PatTarget::Case(name)),
                    T::LBrace => self.field_pats(PatTarget::Case(name)),
                    _ => PatKind::Case(name),
                }
            }
            T::Const => {
                self.bump();
                PatKind::Const(self.path())
            }
            T::DotDot | T::DotDotEq => self.range_pattern(None),
            T::LParen => {
                let open = self.bump();
                let mut comma = false;
                let elements = self.comma_list(open, T::RParen, |p| {
                    let element = p.pattern();
                    comma |= p.at(T::Comma);
                    element
                });
                if let ([only], false) = (elements.as_slice(), comma) {
                    return Err(*only);
                }
                PatKind::Tuple(self.file.list(&elements))
            }
            _ if self.at_literal() => {
                let literal = self.literal();
                if matches!(self.kind(), T::DotDot | T::DotDotEq) {
                    self.range_pattern(Some(literal))
                } else {
                    PatKind::Lit(literal)
                }
            }
            _ => {
                self.error_expected("a pattern");
                PatKind::Error
            }
        })
    }

    /// Is `error` the word of `error p`? It is not where it can only be a name.
    fn pattern_follows(&self) -> bool {
        let (word, next) = (self.token(), self.ahead(1));
        match next.kind {
            T::Dot | T::LParen => next.start != word.end(),
            T::Minus => matches!(self.ahead_kind(2), T::Int | T::Float),
            T::Ident | T::Const => true,
            kind => literal::is_literal(kind),
        }
    }

    fn after_path(&mut self, path: Path) -> PatKind {
        match self.kind() {
            T::LParen => self.payload(PatTarget::Path(path)),
            T::LBrace => self.field_pats(PatTarget::Path(path)),
            T::DotDot | T::DotDotEq => {
                let low = self.path_expr(path);
                self.range_pattern(Some(low))
            }
            _ => PatKind::Path(path),
        }
    }

    fn payload(&mut self, target: PatTarget) -> PatKind {
        let open = self.bump();
        let args = self.comma_list(open, T::RParen, Parser::pattern);
        PatKind::Payload { target, args: self.file.list(&args) }
    }

    fn field_pats(&mut self, target: PatTarget) -> PatKind {
        let open = self.bump();
        let mut rest = None;
        let fields = self.comma_list(open, T::RBrace, |p| {
            if p.at(T::DotDot) {
                rest = Some(p.bump_span());
                return None;
            }
            let name = p.expect_ident("the name of a field");
            if let Some(span) = rest {
                p.mild_error("E0109", span, "`..` stands last, behind all fields");
            }
            let pat = if p.eat(T::Colon) { p.pattern() } else { p.file.add_pat(PatKind::Bind(name.name), name.span) };
            Some(FieldPat { name, pat })
        });
        let fields: Elements<FieldPat> = fields.into_iter().flatten().collect();
        PatKind::Struct { target, fields: self.file.list(&fields), rest: rest.is_some() }
    }

    /// From the dots on.
    fn range_pattern(&mut self, low: Option<ExprId>) -> PatKind {
        let dots = self.bump();
        let inclusive = dots.kind == T::DotDotEq;
        let high = (self.at_literal() || self.at_any(&[T::Ident, T::Const])).then(|| self.range_end());
        if high.is_none() && (inclusive || low.is_none()) {
            self.error_expected("the end of the range");
        }
        PatKind::Range { low, high, inclusive }
    }

    /// A literal or the name of a constant.
    fn range_end(&mut self) -> ExprId {
        if self.at_literal() {
            return self.literal();
        }
        self.eat(T::Const);
        let path = self.path();
        self.path_expr(path)
    }

    /// A path as an expression.
    fn path_expr(&mut self, path: Path) -> ExprId {
        let start = path.span.start;
        let mut expr = None;
        for i in 0..path.segments.len() {
            let segment = self.file[path.segments][i];
            let span = Span::new(self.file.id, start, segment.name.span.end);
            let kind = match expr {
                None => ExprKind::Name(segment.name.name),
                Some(base) => {
                    self.grow(span);
                    ExprKind::Field { base, name: segment.name }
                }
            };
            let mut id = self.file.add_expr(kind, span);
            if let Some(args) = segment.args {
                id = self.file.add_expr(ExprKind::Instance { base: id, args }, span);
            }
            expr = Some(id);
        }
        expr.unwrap_or_else(|| self.file.add_expr(ExprKind::Error, path.span))
    }
}
