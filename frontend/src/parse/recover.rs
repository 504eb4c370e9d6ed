//! Lists, brackets, and the way out of panic mode.

use super::*;
use smallvec::SmallVec;

/// Elements of a list while it is read.
pub(super) type Elements<E> = SmallVec<[E; 4]>;

impl Parser<'_> {
    /// The rest of a bracketed list with commas, from behind the opening bracket to behind the closing one.
    pub(super) fn comma_list<E>(
        &mut self,
        open: Token,
        close: TokenKind,
        mut element: impl FnMut(&mut Self) -> E,
    ) -> Elements<E> {
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        let mut elements = Elements::new();
        let mut semicolon = false;
        while !self.at(close) && !self.at(T::Eof) {
            let before = self.pos;
            elements.push(element(self));
            if self.panicking {
                if !self.recover_in_list(close) || self.pos == before {
                    break;
                }
            } else if !self.eat(T::Comma) && !self.at(close) {
                // `struct P { int x; int y; }`: one error for all of them.
                let next = self.ahead(1);
                let by_semicolon =
                    self.at(T::Semi) && close == T::RBrace && !(next.after_newline && starts_statement(next.kind));
                if by_semicolon && !semicolon {
                    let span = self.span();
                    let message = "the elements of this list are separated by `,`";
                    self.mild_error("E0110", span, message).helps.push(edit("write `,`", span, ","));
                }
                semicolon |= by_semicolon;
                if by_semicolon {
                    self.bump();
                } else if !self.missing_comma(open, close) {
                    break;
                }
            }
        }
        self.close(open, close);
        self.no_struct = no_struct;
        elements
    }

    /// There is neither `,` nor the closing bracket. Says whether the list goes on.
    fn missing_comma(&mut self, open: Token, close: TokenKind) -> bool {
        if self.after_unclosed_string() {
            return false;
        }
        let goes_on = self.token().after_newline
            && self.at_any(&[T::Ident, T::Int, T::Float, T::Str, T::Char, T::Dot, T::Minus, T::LBracket, T::FStrStart]);
        if goes_on {
            let span = self.span_from(self.prev_end);
            let diagnostic = self.mild_error("E0105", span, "expected `,`");
            diagnostic.helps.push(edit("separate the elements with `,`", span, ","));
            return true;
        }
        if self.at_any(&[T::RParen, T::RBracket, T::RBrace, T::Eof]) {
            // `close` reports it, with the opening bracket.
            return false;
        }
        if !self.at(T::Unknown) && !self.misplaced_assignment() {
            let (span, found, opening) = (self.span(), self.found(), self.span_of(open));
            let what = format!("expected `,` or {}", close.describe());
            let diagnostic = self.error("E0101", span, format!("{what}, found {found}"));
            diagnostic.primary.text = what;
            diagnostic.secondary.push(Label { span: opening, text: "the list begins here".into() });
        }
        self.panicking = true;
        self.recover_in_list(close)
    }

    /// Takes the closing bracket, or reports that it is missing.
    pub(super) fn close(&mut self, open: Token, close: TokenKind) {
        if self.eat(close) {
            return;
        }
        if self.panicking || self.given_up {
            self.panicking = true;
            return;
        }
        if self.after_unclosed_string() {
            return;
        }
        let opening = self.span_of(open);
        if self.at(T::Eof) && close == T::RBrace {
            return self.unclosed_brace(opening);
        }
        let (span, found) = (self.span(), self.found());
        let message = format!("expected {}, found {found}", close.describe());
        let diagnostic = self.error("E0107", span, message);
        diagnostic.primary.text = format!("expected {}", close.describe());
        diagnostic.secondary.push(Label { span: opening, text: "opened here".into() });
        // `f(a];`: the wrong one was meant to close. `f([a);`: it closes the one outside.
        if self.at_any(&[T::RParen, T::RBracket]) && close != T::RBrace {
            let closes_outer = self.closer_of_outer_bracket(open) == Some(self.kind());
            if !closes_outer || self.ahead(1).kind == self.kind() {
                self.bump();
            }
            self.panicking = false;
        }
    }

    /// What closes the bracket around this one.
    fn closer_of_outer_bracket(&self, inner: Token) -> Option<TokenKind> {
        let end = self.tokens.partition_point(|token| token.start < inner.start);
        open_brackets(&self.tokens[..end]).pop()
    }

    /// Whether the closing bracket here belongs to no bracket before it.
    pub(super) fn closes_nothing(&self) -> bool {
        self.at_any(&[T::RParen, T::RBracket]) && !open_brackets(&self.tokens[..self.pos]).contains(&self.kind())
    }

    /// The file ends in a block. Indentation tells better than order which brace it is.
    fn unclosed_brace(&mut self, innermost: Span) {
        let (opening, closing) = self.brace_by_indentation().unwrap_or((innermost, None));
        let end = self.span();
        let diagnostic = self.error("E0107", opening, "this `{` is never closed");
        diagnostic.primary.text = "opened here".into();
        if let Some(closing) = closing {
            let text = "this `}` closes it, by its indentation it belongs to an outer one".into();
            diagnostic.secondary.push(Label { span: closing, text });
        }
        diagnostic.secondary.push(Label { span: end, text: "the file ends here".into() });
    }

    /// The first `{` whose `}` stands further left than the line of the `{` begins, and that `}`.
    fn brace_by_indentation(&self) -> Option<(Span, Option<Span>)> {
        let mut open: Vec<(Token, usize)> = Vec::new();
        let mut indent = 0;
        for &token in self.tokens {
            if token.after_newline {
                let before = &self.text[..token.start as usize];
                indent = before.len() - before.rfind('\n').map_or(0, |n| n + 1);
            }
            match token.kind {
                T::LBrace => open.push((token, indent)),
                T::RBrace => {
                    if let Some((opening, at)) = open.pop()
                        && token.after_newline
                        && indent < at
                    {
                        return Some((self.span_of(opening), Some(self.span_of(token))));
                    }
                }
                _ => {}
            }
        }
        open.last().map(|&(token, _)| (self.span_of(token), None))
    }

    /// Skips to behind the next `,` of this list or to its closing bracket; `false` if the list is left.
    pub(super) fn recover_in_list(&mut self, close: TokenKind) -> bool {
        loop {
            match self.kind() {
                T::Eof => return false,
                kind if kind == close => {
                    self.panicking = false;
                    return true;
                }
                T::Comma => {
                    self.bump();
                    self.panicking = false;
                    return true;
                }
                T::Semi if close == T::RBrace && !self.ahead(1).after_newline => {
                    self.bump();
                    self.panicking = false;
                    return true;
                }
                T::LParen | T::LBracket | T::LBrace => self.skip_group(),
                T::Semi | T::RParen | T::RBracket | T::RBrace | T::FStrClose | T::FStrEnd => return false,
                kind if self.token().after_newline && starts_statement(kind) => return false,
                _ => {
                    self.bump();
                }
            }
        }
    }

    /// Skips to the end of a statement, or to where the next one seems to begin.
    pub(super) fn recover_in_block(&mut self, started_at: usize) {
        loop {
            match self.kind() {
                T::Eof => return,
                T::Semi => {
                    self.bump();
                    break;
                }
                T::RBrace => break,
                T::LBrace => {
                    self.skip_group();
                    if self.token().after_newline {
                        break;
                    }
                }
                T::LParen | T::LBracket => self.skip_group(),
                kind if self.token().after_newline && self.pos > started_at && starts_statement(kind) => break,
                _ => {
                    self.bump();
                }
            }
        }
        self.panicking = false;
    }

    /// After an error in the head of a statement: forward to its block, if there is one.
    pub(super) fn recover_to_brace(&mut self) {
        loop {
            match self.kind() {
                T::LBrace => {
                    self.panicking = false;
                    return;
                }
                T::LParen | T::LBracket => self.skip_group(),
                T::Eof | T::Semi | T::RBrace => return,
                kind if self.token().after_newline && starts_statement(kind) => return,
                _ => {
                    self.bump();
                }
            }
        }
    }

    /// Skips what stands in brackets, with them; stops before a `}` that closes something outside.
    pub(super) fn skip_group(&mut self) {
        let (mut braces, mut others) = (0u32, 0u32);
        loop {
            match self.kind() {
                T::Eof => return,
                T::LBrace => braces += 1,
                T::LParen | T::LBracket => others += 1,
                T::RBrace if braces == 0 => return,
                T::RBrace => {
                    braces -= 1;
                    if braces == 0 {
                        // Whatever round bracket was open inside is closed too.
                        self.bump();
                        if others == 0 || self.at(T::Eof) {
                            return;
                        }
                        continue;
                    }
                }
                T::RParen | T::RBracket => others = others.saturating_sub(1),
                _ => {}
            }
            self.bump();
            if braces == 0 && others == 0 {
                return;
            }
        }
    }
}

/// Does a statement begin, in all likelihood, where this stands first in a line?
pub(super) fn starts_statement(kind: TokenKind) -> bool {
    matches!(
        kind,
        T::Let
            | T::Var
            | T::Const
            | T::Fn
            | T::Struct
            | T::Enum
            | T::Type
            | T::Protocol
            | T::Impl
            | T::Import
            | T::Pub
            | T::If
            | T::While
            | T::Loop
            | T::For
            | T::Switch
            | T::Return
            | T::Break
            | T::Continue
            | T::Defer
            | T::OnReturn
            | T::Using
            | T::Pass
            | T::Unreachable
            | T::Yield
            | T::With
            | T::Hash
    )
}

/// The closers of the brackets that are open behind these tokens, the innermost last.
fn open_brackets(tokens: &[Token]) -> Vec<TokenKind> {
    let mut open = Vec::new();
    for token in tokens {
        match token.kind {
            T::LParen => open.push(T::RParen),
            T::LBracket => open.push(T::RBracket),
            T::LBrace => open.push(T::RBrace),
            T::RParen | T::RBracket | T::RBrace => {
                // One that closes an outer bracket closes those inside, but none reaches out of a block.
                let partner = open.iter().rposition(|&closer| closer == token.kind);
                let block = open.iter().rposition(|&closer| closer == T::RBrace);
                if let Some(at) = partner.filter(|&at| block.is_none_or(|block| at >= block)) {
                    open.truncate(at);
                }
            }
            _ => {}
        }
    }
    open
}
