//! From tokens to the syntax tree: recursive descent, with precedence climbing for operators.
//!
//! Parsing never fails. On an error the parser reports it, goes into *panic mode*, in which nothing more is reported, and
//! skips to a place where it knows again what it reads (the next list element, statement or block); that ends panic mode.
//! So each cause gives one error, and one run gives many. Where the meaning is plain in spite of the error (`and` for `&&`,
//! a missing `;` at the end of a line) it reports, takes what was meant and goes on without panic.
//!
//! Brackets and blocks nest at most [`MAX_DEPTH`] deep; chains (operators, `else if`, calls) are read by loops. Past a limit
//! one error is given and the rest of the file is not read.

mod example;
mod expr;
mod foreign;
mod item;
mod literal;
mod pattern;
mod primary;
mod recover;
mod stmt;
#[cfg(test)]
mod tests;
mod ty;

use crate::ast::{self, *};
use crate::diagnostic::{Diagnostic, Help, Label};
use crate::lex::{self, Lexed};
use crate::source::{SourceFile, SourceMap};
use crate::token::{DocLine, Token, TokenKind};
use TokenKind as T;
pub(crate) use example::{Example, examples};
use rustc_hash::FxHashSet;

/// How many operands of operators are open at once at most; what any [`MAX_DEPTH`] brackets have that people write.
const MAX_OPERANDS: u32 = 4 * MAX_DEPTH;

/// After so many errors in a file, no more are looked for: most of them would be consequences of others.
pub(crate) const MAX_ERRORS: usize = 200;

/// What is wrong with a file before it is read.
pub(crate) fn unreadable(source: &SourceFile, file: FileId) -> Option<Diagnostic> {
    if source.is_too_large() {
        let message = "this file is too large: 4 GiB are the limit";
        return Some(Diagnostic::error("E0007", Span::new(file, 0, 0), message));
    }
    let at = source.invalid_utf8()?;
    let message = "this file is not valid UTF-8";
    let span = Span::new(file, at, at + '\u{fffd}'.len_utf8() as u32);
    Some(Diagnostic::error("E0001", span, message).label("the first byte that is not"))
}

/// Parses one file of the map. There is always a tree; it is meaningful where no error was reported.
pub fn parse(source_map: &SourceMap, file: FileId, interner: &mut Interner) -> (ast::File, Vec<Diagnostic>) {
    let source = source_map.file(file);
    let mut diagnostics = Vec::new();
    diagnostics.extend(unreadable(source, file));
    let text = source.text();
    let Lexed { tokens, docs, .. } = lex::lex(file, text, &mut diagnostics);
    let mut parser = Parser::new(text, &tokens, &docs, File::new(file), interner, diagnostics);
    // Enough for nearly every file, so that the lists need not be moved when they are long.
    parser.file.exprs.reserve(tokens.len() / 4 * 3);
    parser.file.stmts.reserve(tokens.len() / 8);
    parser.source_file();
    let Parser { file, mut diagnostics, .. } = parser;
    diagnostics.sort_by_key(|d| d.primary.span.start);
    (file, diagnostics)
}

struct Parser<'a> {
    text: &'a str,
    /// Ends with `Eof`, which is never passed.
    tokens: &'a [Token],
    pos: usize,
    /// Where the token before `pos` ends.
    prev_end: u32,
    docs: &'a [DocLine],
    /// First doc comment that stands at `pos` or later.
    next_doc: usize,
    file: File,
    interner: &'a mut Interner,
    diagnostics: Vec<Diagnostic>,
    unsaid: Option<Diagnostic>,
    /// An error was reported and its end is not yet found: say nothing.
    panicking: bool,
    /// Past a limit: the rest of the file is not read.
    given_up: bool,
    depth: u32,
    /// How many calls of `binary` are open: some for each level of brackets, depending on the operators.
    operands: u32,
    /// Height of the highest expression read so far in the innermost bracket, block or operand.
    height: u32,
    /// In the head of `if`, `while`, ...: a `{` begins the block.
    no_struct: bool,
    /// Before the cases of a `switch`.
    in_switch_head: bool,
    /// Something other than an import has been read at the top level.
    imports_over: bool,
    /// The structs and type aliases that the file declares anywhere; collected when one may have the name of a container.
    own_types: Option<FxHashSet<&'a str>>,
}

/// What [`Parser::enter`] gives and [`Parser::leave`] takes.
struct Outer {
    height: u32,
}

// Reading tokens.
impl<'a> Parser<'a> {
    fn new(
        text: &'a str,
        tokens: &'a [Token],
        docs: &'a [DocLine],
        file: File,
        interner: &'a mut Interner,
        diagnostics: Vec<Diagnostic>,
    ) -> Parser<'a> {
        Parser {
            text,
            tokens,
            pos: 0,
            prev_end: 0,
            docs,
            next_doc: 0,
            file,
            interner,
            diagnostics,
            unsaid: None,
            panicking: false,
            given_up: false,
            depth: 0,
            operands: 0,
            height: 0,
            no_struct: false,
            in_switch_head: false,
            imports_over: false,
            own_types: None,
        }
    }

    fn token(&self) -> Token {
        self.tokens[self.pos]
    }

    fn kind(&self) -> TokenKind {
        self.tokens[self.pos].kind
    }

    /// The token some places ahead; past the end it is `Eof`.
    fn ahead(&self, n: usize) -> Token {
        self.tokens[(self.pos + n).min(self.tokens.len() - 1)]
    }

    fn ahead_kind(&self, n: usize) -> TokenKind {
        self.ahead(n).kind
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    fn at_any(&self, kinds: &[TokenKind]) -> bool {
        kinds.contains(&self.kind())
    }

    /// Is this the contextual keyword `word`?
    fn at_word(&self, word: &str) -> bool {
        self.at(T::Ident) && self.text_of(self.token()) == word
    }

    fn text_of(&self, token: Token) -> &'a str {
        let text: &'a str = self.text;
        &text[token.start as usize..token.end() as usize]
    }

    /// Does this token stand right behind the previous one?
    fn is_glued(&self) -> bool {
        self.token().start == self.prev_end && self.pos > 0
    }

    fn span_of(&self, token: Token) -> Span {
        Span::new(self.file.id, token.start, token.end())
    }

    fn span(&self) -> Span {
        self.span_of(self.token())
    }

    /// From `start` to the end of the token read last.
    fn span_from(&self, start: u32) -> Span {
        Span::new(self.file.id, start, self.prev_end.max(start))
    }

    fn start(&self) -> u32 {
        self.token().start
    }

    fn bump(&mut self) -> Token {
        let token = self.token();
        if token.kind != T::Eof {
            self.pos += 1;
            self.prev_end = token.end();
        }
        token
    }

    fn bump_span(&mut self) -> Span {
        let token = self.bump();
        self.span_of(token)
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    /// Takes the token or reports that it is missing.
    fn expect(&mut self, kind: TokenKind) -> bool {
        let found = self.eat(kind);
        if !found {
            self.error_expected(kind.describe());
        }
        found
    }

    /// A name for a declaration, field, parameter...; `what` is what it would name.
    fn expect_ident(&mut self, what: &str) -> Ident {
        if self.at(T::Ident) {
            return self.ident();
        }
        let span = self.span();
        if self.kind().is_keyword() {
            let word = self.text_of(self.token());
            // The keyword stands where the name should, unless a new statement starts there.
            let starts_anew = self.token().after_newline;
            self.error("E0102", span, format!("expected {what}, found the keyword `{word}`")).helps.extend(
                (!starts_anew).then(|| help(format!("`{word}` is reserved: choose another name, such as `{word}_`"))),
            );
            if !starts_anew {
                let name = self.interner.intern(word);
                self.bump();
                self.panicking = false;
                return Ident { name, span };
            }
        } else {
            self.error_expected(what);
        }
        Ident { name: Symbol::EMPTY, span: span.at_start() }
    }

    /// The current token as a name; it is one.
    fn ident(&mut self) -> Ident {
        let token = self.bump();
        let name = self.interner.intern(self.text_of(token));
        Ident { name, span: self.span_of(token) }
    }
}

fn help(message: impl Into<String>) -> Help {
    Help { message: message.into(), replacement: None }
}

fn edit(message: impl Into<String>, span: Span, text: impl Into<String>) -> Help {
    Help { message: message.into(), replacement: Some((span, text.into())) }
}

// Errors and limits.
impl Parser<'_> {
    /// Reports an error and goes into panic mode; in panic mode it reports nothing. The result takes further details.
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        let silent = self.panicking || self.given_up;
        self.panicking = true;
        self.push_error(silent, Diagnostic::error(code, span, message))
    }

    /// Reports an error after which the parser knows how to go on.
    fn mild_error(&mut self, code: &'static str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        let silent = self.panicking || self.given_up;
        self.push_error(silent, Diagnostic::error(code, span, message))
    }

    fn push_error(&mut self, silent: bool, diagnostic: Diagnostic) -> &mut Diagnostic {
        // A silent one goes to a place that nobody reads: errors are rare, and callers stay simple.
        if silent {
            return self.unsaid.insert(diagnostic);
        }
        if self.diagnostics.len() == MAX_ERRORS {
            self.give_up();
            return self.unsaid.insert(diagnostic);
        }
        self.diagnostics.push(diagnostic);
        self.diagnostics.last_mut().expect("just pushed")
    }

    /// `expected X, found Y` at the current token.
    fn error_expected(&mut self, what: &str) {
        self.error_expected_code("E0101", what);
    }

    fn error_expected_code(&mut self, code: &'static str, what: &str) {
        if self.at(T::Unknown) {
            // The lexer has reported it.
            self.panicking = true;
            return;
        }
        if self.misplaced_assignment() {
            return;
        }
        let span = self.span();
        let found = self.found();
        self.error(code, span, format!("expected {what}, found {found}")).primary.text = format!("expected {what}");
    }

    /// Reports `x += 1` where a value stands.
    fn misplaced_assignment(&mut self) -> bool {
        let is_compound = !self.at(T::Eq) && expr::assignment(self.kind()).is_some();
        if is_compound {
            let span = self.span();
            self.error("E0111", span, "an assignment is a statement, not a value")
                .helps
                .push(help("write it as a statement of its own, before the value is used"));
        }
        is_compound
    }

    /// The current token as messages name it.
    fn found(&self) -> String {
        let token = self.token();
        match token.kind {
            T::Ident => format!("`{}`", self.text_of(token)),
            T::Int | T::Float if token.len <= 32 => format!("the number `{}`", self.text_of(token)),
            kind if kind.is_keyword() => format!("the keyword {}", kind.describe()),
            kind => kind.describe().to_owned(),
        }
    }

    /// One level deeper, unless that is too deep. Every `Some` is given back to `leave`.
    fn enter(&mut self) -> Option<Outer> {
        if self.depth >= MAX_DEPTH {
            self.too_deep();
            return None;
        }
        self.depth += 1;
        Some(Outer { height: std::mem::take(&mut self.height) })
    }

    fn leave(&mut self, outer: Outer) {
        self.depth -= 1;
        self.height = outer.height.max(self.height + 1);
    }

    fn too_deep(&mut self) {
        let span = self.span();
        self.error("E0103", span, "nested too deeply")
            .notes
            .push(format!("brackets, blocks and prefix operators nest at most {MAX_DEPTH} deep"));
        self.give_up();
    }

    /// One more expression on top of the highest one so far.
    fn grow(&mut self, span: Span) {
        self.height += 1;
        if self.height > MAX_HEIGHT && !self.given_up {
            self.error("E0104", span, "this expression is too long")
                .notes
                .push(format!("at most {MAX_HEIGHT} operators follow each other in one expression"));
            self.give_up();
        }
    }

    /// No more of the file is read, and nothing more reported.
    fn give_up(&mut self) {
        self.given_up = true;
        self.pos = self.tokens.len() - 1;
    }
}
