//! The formatter: the same tokens and comments, with white space as everybody writes it.
//!
//! [`format()`] works on tokens; the syntax tree only says what they are: which `*` is a pointer, where statements begin, what a
//! brace holds (`roles`). `print` lays them out. What the author decides and the formatter keeps:
//!
//! - a blank line between statements or elements (one at most);
//! - a block on one line, if it fits; a list that begins a new line before one of its elements is broken, and keeps its rows;
//! - a line break beside an operator or before `.`, in an expression that goes on.
//!
//! All else follows: [`INDENT`] columns for each level, lines of at most [`WIDTH`] columns where brackets and operators allow
//! it, spaces around operators, a comma behind the last element of a list only if it is broken into lines.
//!
//! The result is compared with the source before it is given: a formatter that changes a program is worse than none.

mod print;
mod roles;

use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::intern::Interner;
use crate::lex::{self, Lexed};
use crate::parse::parse;
use crate::source::{FileId, SourceMap, Span};
use crate::token::TokenKind;
use roles::Roles;

/// Columns of a line, where it can be helped.
pub const WIDTH: usize = 120;

/// Columns of a level.
pub const INDENT: usize = 4;

/// Why a file was not formatted.
#[derive(Clone, Debug)]
pub enum Refused {
    /// It has errors.
    Errors(Vec<Diagnostic>),
    /// The result would not be the same program: a fault of the formatter.
    Changed(String),
}

/// The text of a file as it should be.
pub fn format(sources: &SourceMap, file: FileId) -> Result<String, Refused> {
    let mut interner = Interner::new();
    let (tree, diagnostics) = parse(sources, file, &mut interner);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(Refused::Errors(diagnostics));
    }
    let text = sources.file(file).text();
    let lexed = lex::lex(file, text, &mut Vec::new());
    let source = Source::new(text, &lexed);
    let roles = Roles::new(&source, &tree);
    let formatted = print::print(&source, &roles);
    same_program(&source, &tree, &formatted, &mut interner).map_err(Refused::Changed)?;
    Ok(formatted)
}

/// A token, or a whole f-string.
#[derive(Clone, Copy, Debug)]
struct Atom {
    kind: TokenKind,
    start: u32,
    end: u32,
}

/// A comment, and which atom follows it.
#[derive(Clone, Copy, Debug)]
struct Comment {
    before: usize,
    start: u32,
    end: u32,
}

/// What a file is made of.
struct Source<'a> {
    text: &'a str,
    atoms: Vec<Atom>,
    comments: Vec<Comment>,
}

impl<'a> Source<'a> {
    fn new(text: &'a str, lexed: &Lexed) -> Source<'a> {
        let mut atoms: Vec<Atom> = Vec::with_capacity(lexed.tokens.len());
        // The number of atoms before each token.
        let mut before = Vec::with_capacity(lexed.tokens.len());
        let mut open_strings = 0;
        for token in &lexed.tokens {
            before.push(atoms.len());
            let inside = open_strings > 0;
            match token.kind {
                TokenKind::FStrStart => open_strings += 1,
                TokenKind::FStrEnd => open_strings -= 1,
                TokenKind::Eof => break,
                _ => {}
            }
            match atoms.last_mut() {
                Some(whole) if inside => whole.end = token.end(),
                _ => atoms.push(Atom { kind: token.kind, start: token.start, end: token.end() }),
            }
        }
        let comments = lexed.comments.iter().map(|comment| Comment {
            before: before.get(comment.before as usize).copied().unwrap_or(atoms.len()),
            start: comment.start,
            end: comment.end,
        });
        let in_string = |c: &Comment| c.before > 0 && atoms[c.before - 1].end > c.start;
        let comments = comments.filter(|comment| !in_string(comment)).collect();
        Source { text, atoms, comments }
    }

    fn atom(&self, index: usize) -> &'a str {
        let atom = self.atoms[index];
        &self.text[atom.start as usize..atom.end as usize]
    }

    fn kind(&self, index: usize) -> Option<TokenKind> {
        self.atoms.get(index).map(|atom| atom.kind)
    }

    /// The atom that begins at this offset.
    fn at(&self, start: u32) -> Option<usize> {
        self.atoms.binary_search_by_key(&start, |atom| atom.start).ok()
    }

    /// What stands between two atoms: white space and comments.
    fn between(&self, a: usize, b: usize) -> &'a str {
        &self.text[self.atoms[a].end as usize..self.atoms[b].start as usize]
    }

    /// The atom behind this place.
    fn behind(&self, span: Span) -> usize {
        self.atoms.partition_point(|atom| atom.start < span.end)
    }

    /// The text of a comment as it is printed.
    fn comment(&self, comment: Comment) -> String {
        let text = &self.text[comment.start as usize..comment.end as usize];
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// What stands before the first token: a byte order mark is left out, a `#!` line is kept.
    fn shebang(&self) -> Option<&'a str> {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        text.starts_with("#!").then(|| text.lines().next().unwrap_or_default().trim_end())
    }

    /// All atoms but commas before closing brackets.
    fn tokens(&self) -> impl Iterator<Item = &'a str> {
        let is_close = |kind| matches!(kind, TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace);
        let is_last_comma =
            move |i: usize| self.atoms[i].kind == TokenKind::Comma && self.kind(i + 1).is_some_and(is_close);
        (0..self.atoms.len()).filter(move |&i| !is_last_comma(i)).map(|i| self.atom(i))
    }
}

/// Compares tokens, comments and trees.
fn same_program(source: &Source<'_>, tree: &ast::File, formatted: &str, interner: &mut Interner) -> Result<(), String> {
    let mut sources = SourceMap::new();
    let file = sources.add("formatted", formatted);
    let (new_tree, diagnostics) = parse(&sources, file, interner);
    if let Some(error) = diagnostics.iter().find(|d| d.is_error()) {
        let at = sources.line_col(error.primary.span);
        return Err(format!("it has an error in line {}, column {}: {}", at.line, at.col, error.message));
    }
    let lexed = lex::lex(file, formatted, &mut Vec::new());
    let new = Source::new(formatted, &lexed);
    if let Some((old, new)) = source.tokens().zip(new.tokens()).find(|(old, new)| old != new) {
        return Err(format!("`{old}` became `{new}`"));
    }
    if source.tokens().count() != new.tokens().count() {
        return Err("the number of tokens changed".into());
    }
    let comments = |source: &Source<'_>| source.comments.iter().map(|&c| source.comment(c)).collect::<Vec<_>>();
    if comments(source) != comments(&new) {
        return Err("a comment changed".into());
    }
    let (old, new) = (ast::dump(tree, interner), ast::dump(&new_tree, interner));
    match old.lines().zip(new.lines()).find(|(old, new)| old != new) {
        Some((old, new)) => Err(format!("the meaning changed: `{}` became `{}`", old.trim(), new.trim())),
        None if old != new => Err("the meaning changed".into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
