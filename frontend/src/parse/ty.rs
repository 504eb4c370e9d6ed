//! Types, paths, generic arguments and parameters.

use super::recover::Elements;
use super::*;

/// How types begin.
const TYPE_STARTS: [T; 9] =
    [T::Ident, T::Star, T::At, T::Question, T::QuestionQuestion, T::LBracket, T::LParen, T::Fn, T::Dyn];

impl Parser<'_> {
    /// A type, with `!E` where there is one.
    pub(super) fn ty(&mut self) -> TypeId {
        let start = self.start();
        let ok = self.ty_prefix();
        if !self.at(T::Bang) {
            return ok;
        }
        self.bump();
        let error = self.ty_prefix();
        self.file.add_type(TypeKind::Result { ok, error }, self.span_from(start))
    }

    /// A type up to a `!`.
    pub(super) fn ty_prefix(&mut self) -> TypeId {
        let start = self.start();
        let Some(outer) = self.enter() else {
            return self.file.add_type(TypeKind::Error, self.span());
        };
        let kind = self.ty_kind(start);
        self.leave(outer);
        match kind {
            Ok(kind) => self.file.add_type(kind, self.span_from(start)),
            Err(same) => {
                self.file.types[same.index()].span = self.span_from(start);
                same
            }
        }
    }

    /// `Err` is a type in parentheses.
    fn ty_kind(&mut self, start: u32) -> Result<TypeKind, TypeId> {
        Ok(match self.kind() {
            T::Ident => {
                let path = self.path();
                if self.at(T::Lt) && self.is_glued() {
                    let span = self.span();
                    self.error("E0108", span, "type arguments are not written in `<` `>`")
                        .helps
                        .push(help("write `Name!(T, U)`"));
                }
                if self.at_any(&[T::LBracket, T::Question]) && self.is_glued() && !self.panicking {
                    return Ok(self.suffix_type(start));
                }
                TypeKind::Path(path)
            }
            T::Star => {
                self.bump();
                let restrict = self.restrict();
                TypeKind::Pointer { restrict, target: self.ty_prefix() }
            }
            T::At => {
                self.bump();
                TypeKind::Ref(self.ty_prefix())
            }
            T::Question => {
                self.bump();
                TypeKind::Optional(self.ty_prefix())
            }
            T::QuestionQuestion => {
                self.bump();
                let inner = self.ty_prefix();
                let inner = self.file.add_type(TypeKind::Optional(inner), self.span_from(start + 1));
                TypeKind::Optional(inner)
            }
            T::LBracket => self.bracket_type(),
            T::LParen => {
                let open = self.bump();
                let mut comma = false;
                let elements = self.comma_list(open, T::RParen, |p| {
                    let element = p.ty();
                    comma |= p.at(T::Comma);
                    element
                });
                if let ([only], false) = (elements.as_slice(), comma) {
                    return Err(*only);
                }
                TypeKind::Tuple(self.file.list(&elements))
            }
            T::Fn => {
                self.bump();
                let params = if self.at(T::LParen) {
                    let open = self.bump();
                    self.comma_list(open, T::RParen, Parser::ty)
                } else {
                    self.error_expected("`(` and the types of the parameters");
                    Elements::new()
                };
                let params = self.file.list(&params);
                let result = if self.eat(T::Arrow) { Some(self.ty()) } else { None };
                TypeKind::Fn { params, result }
            }
            T::Dyn => {
                self.bump();
                TypeKind::Dyn(self.ty_prefix())
            }
            T::And | T::AndAnd => {
                let span = self.span();
                self.mild_error("E0108", span, "there are no reference types `&T`")
                    .helps
                    .push(help("a pointer is `*T`, a slice `[]T`, an object of the garbage collector `@T`"));
                self.bump();
                TypeKind::Pointer { restrict: false, target: self.ty_prefix() }
            }
            _ => {
                self.error_expected("a type");
                TypeKind::Error
            }
        })
    }

    /// `[]T`, `[by]T`, `[,]T`, `[N]T`.
    fn bracket_type(&mut self) -> TypeKind {
        let start = self.start();
        let open = self.bump();
        match self.kind() {
            T::RBracket => {
                self.bump();
                let restrict = self.restrict();
                TypeKind::Slice { restrict, element: self.ty_prefix() }
            }
            T::Comma => {
                let mut rank = 1u8;
                while self.at(T::Comma) {
                    let span = self.bump_span();
                    rank = rank.saturating_add(1);
                    if rank == 4 {
                        self.mild_error("E0108", span, "views have two or three dimensions");
                    }
                }
                self.close(open, T::RBracket);
                let restrict = self.restrict();
                TypeKind::View { rank: rank.min(3), restrict, element: self.ty_prefix() }
            }
            T::Ident if self.at_word("by") && self.ahead_kind(1) == T::RBracket => {
                self.bump();
                self.bump();
                let restrict = self.restrict();
                TypeKind::Strided { restrict, element: self.ty_prefix() }
            }
            _ => {
                let no_struct = std::mem::replace(&mut self.no_struct, false);
                let len = self.expr();
                self.no_struct = no_struct;
                if self.at(T::Comma) {
                    let span = self.span();
                    self.error("E0108", span, "an array has one length in a bracket")
                        .helps
                        .push(help("an array of arrays is `[N][M]T`, a view of two dimensions `[,]T`"));
                }
                if self.at(T::Semi) && !self.panicking {
                    // As in Rust.
                    let element = self.text[self.file[len].span.range()].to_owned();
                    self.bump();
                    let count = self.expr();
                    let count = self.text[self.file[count].span.range()].to_owned();
                    self.close(open, T::RBracket);
                    return self.misspelled_type(start, "an array", format!("[{count}]{element}"));
                }
                if self.panicking && self.recover_in_list(T::RBracket) {
                    while !self.at(T::RBracket) && self.recover_in_list(T::RBracket) {}
                }
                self.close(open, T::RBracket);
                let element = &self.text[self.file[len].span.range()];
                let names_type =
                    matches!(self.file[len].kind, ExprKind::Name(_)) && element.contains(char::is_lowercase);
                if names_type && !self.panicking && !self.at_type() {
                    return self.misspelled_type(start, "a slice", format!("[]{element}"));
                }
                TypeKind::Array { len, element: self.ty_prefix() }
            }
        }
    }

    /// `T[]`, `T[N]` or `T?`, of which `T` was read.
    fn suffix_type(&mut self, start: u32) -> TypeKind {
        let name = self.text[self.span_from(start).range()].to_owned();
        if self.at(T::Question) {
            self.bump();
            return self.misspelled_type(start, "an optional", format!("?{name}"));
        }
        let open = self.bump();
        if self.at(T::RBracket) {
            self.bump();
            return self.misspelled_type(start, "a slice", format!("[]{name}"));
        }
        let count = self.expr();
        let count = self.text[self.file[count].span.range()].to_owned();
        self.close(open, T::RBracket);
        self.misspelled_type(start, "an array", format!("[{count}]{name}"))
    }

    /// Reports a type, which begins at `start` and was read, that is written as in another language.
    fn misspelled_type(&mut self, start: u32, what: &str, right: String) -> TypeKind {
        let span = self.span_from(start);
        self.mild_error("E0108", span, format!("{what} is written `{right}`")).helps.push(edit(
            "write it so",
            span,
            right,
        ));
        TypeKind::Error
    }

    /// Whether a type may begin here.
    fn at_type(&self) -> bool {
        self.at_any(&TYPE_STARTS)
    }

    /// The contextual keyword before a type.
    fn restrict(&mut self) -> bool {
        let found = self.at_word("restrict") && TYPE_STARTS.contains(&self.ahead_kind(1));
        if found {
            self.bump();
        }
        found
    }

    /// `a.b!(T).c`; the current token is a name.
    pub(super) fn path(&mut self) -> Path {
        let start = self.start();
        let mut segments: Elements<PathSegment> = Elements::new();
        loop {
            let name = self.expect_ident("a name");
            let args = if self.at_generic_args() { Some(self.generic_args()) } else { None };
            segments.push(PathSegment { name, args });
            if !self.at(T::Dot) || self.ahead_kind(1) == T::LBrace {
                break;
            }
            self.bump();
            if self.panicking {
                break;
            }
        }
        Path { segments: self.file.list(&segments), span: self.span_from(start) }
    }

    /// `!(` right behind a name.
    pub(super) fn at_generic_args(&self) -> bool {
        let next = self.ahead(1);
        self.at(T::Bang) && self.is_glued() && next.kind == T::LParen && next.start == self.token().end()
    }

    /// `!(T, 4)`; the current token is the `!`.
    pub(super) fn generic_args(&mut self) -> List<GenericArg> {
        self.bump();
        let open = self.bump();
        let args = self.comma_list(open, T::RParen, |p| {
            if p.at_type_arg() { GenericArg::Type(p.ty()) } else { GenericArg::Const(p.expr()) }
        });
        self.file.list(&args)
    }

    /// Is the next argument in `!( )` a type (or a path, which may be one)?
    fn at_type_arg(&self) -> bool {
        let mut n = match self.kind() {
            T::Star | T::At | T::Question | T::QuestionQuestion | T::LBracket | T::Fn | T::Dyn => return true,
            T::LParen => 0,
            T::Ident => 1,
            _ => return false,
        };
        // Behind the path or the parentheses must be the end of the argument.
        let mut open = 0u32;
        loop {
            let kind = self.ahead_kind(n);
            match kind {
                T::LParen | T::LBracket => open += 1,
                T::Comma | T::RParen if open == 0 => return true,
                T::Bang if open == 0 && self.ahead_kind(n + 1) != T::LParen => return true,
                T::RParen | T::RBracket => open = open.saturating_sub(1),
                T::Semi | T::LBrace | T::RBrace | T::Eof => return false,
                T::Dot | T::Ident | T::Bang | T::Comma => {}
                _ if open == 0 => return false,
                _ => {}
            }
            n += 1;
        }
    }

    /// `!(T, U: Show + Eq, N: i64)` of a declaration, if there is one.
    pub(super) fn generic_params(&mut self) -> List<GenericParam> {
        if self.at(T::Lt) {
            let span = self.span();
            self.error("E0108", span, "type parameters are not written in `<` `>`")
                .helps
                .push(help("write `name!(T, U)`"));
            return List::EMPTY;
        }
        if !(self.at(T::Bang) && self.ahead_kind(1) == T::LParen) {
            return List::EMPTY;
        }
        self.bump();
        let open = self.bump();
        let params = self.comma_list(open, T::RParen, |p| {
            let name = p.expect_ident("a type parameter");
            let mut bounds: Elements<TypeId> = Elements::new();
            if p.eat(T::Colon) {
                bounds.push(p.ty_prefix());
                while p.eat(T::Plus) {
                    bounds.push(p.ty_prefix());
                }
            }
            GenericParam { name, bounds: p.file.list(&bounds) }
        });
        self.file.list(&params)
    }
}
