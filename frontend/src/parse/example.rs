//! Examples in doc comments, as tests.
//!
//! A fenced block of a `///` comment whose fence has no tag, or the tag `lang`, is the body of a test that stands beside the
//! declaration; with the tag `lang,wrong` it is to have errors. It is read from a copy of the file in which all but the code of examples is blank, so that places in it are
//! places in the comment.

use super::*;
use crate::lex::lex_from;
use crate::source::SourceFile;

/// An example that was found in a file.
pub(crate) struct Example {
    /// `example of gcd`
    pub name: String,
    /// The opening fence.
    pub fence: Span,
    /// From the opening fence to behind the closing one.
    pub span: Span,
    /// It is to have errors.
    pub wrong: bool,
    /// What is wrong with it; then it is not among the tests of the file.
    pub errors: Vec<Diagnostic>,
}

/// Adds the examples of a file that was parsed without errors to its tests, but for those that begin at `without`. Gives all
/// of them, in the order of the source.
pub(crate) fn examples(
    file: &mut ast::File,
    source: &SourceFile,
    interner: &mut Interner,
    without: &dyn Fn(Span) -> bool,
) -> Vec<Example> {
    let blank = blank(file, source);
    let mut finder = Finder { source, interner, without, blank: &blank, found: Vec::new() };
    let mut tree = std::mem::replace(file, File::new(file.id));
    let body = tree.body;
    tree.body = finder.scope(&mut tree, body);
    *file = tree;
    finder.found
}

/// The file with spaces in place of all that is no code of an example, which stands between braces.
fn blank(file: &File, source: &SourceFile) -> String {
    let text = source.text();
    let mut blank: Vec<u8> = text.bytes().map(|b| if b == b'\n' { b } else { b' ' }).collect();
    // Room for the closing brace of an example that the end of the file closes.
    blank.extend(b"\n ");
    for item in &file.items {
        for doc in docs(file, item) {
            for fenced in fenced(source, &file[doc]) {
                blank[fenced.fence.start as usize] = b'{';
                for line in &fenced.lines {
                    blank[line.range()].copy_from_slice(&text.as_bytes()[line.range()]);
                }
                let closing = fenced.closing(&blank);
                blank[closing] = b'}';
            }
        }
    }
    // Only whole lines of text were copied.
    String::from_utf8(blank).unwrap_or_default()
}

/// The comments of a declaration and its parts; members are declarations of their own.
fn docs(file: &File, item: &Item) -> Vec<List<Span>> {
    let mut docs = vec![item.doc];
    match item.kind {
        ItemKind::Struct { fields, .. } => docs.extend(file[fields].iter().map(|field| field.doc)),
        ItemKind::Enum { cases, .. } => {
            for case in &file[cases] {
                if let CasePayload::Struct(fields) = case.payload {
                    docs.extend(file[fields].iter().map(|field| field.doc));
                }
                docs.push(case.doc);
            }
        }
        _ => {}
    }
    docs
}

/// The examples in the lines of a doc comment.
fn fenced(source: &SourceFile, lines: &[Span]) -> Vec<Fenced> {
    let mut all = Vec::new();
    let mut lines = lines.iter().copied();
    while let Some(fence) = lines.next() {
        let text = source.text()[fence.range()].trim();
        let marks = text.bytes().take_while(|&b| b == b'`').count();
        if marks < 3 {
            continue;
        }
        let tag = text[marks..].trim();
        let closes = |line: &Span| {
            let text = source.text()[line.range()].trim();
            text.len() >= marks && text.bytes().all(|b| b == b'`')
        };
        let mut code = Vec::new();
        let mut end = fence.end;
        for line in lines.by_ref() {
            end = line.end;
            if closes(&line) {
                break;
            }
            code.push(line);
        }
        if matches!(tag, "" | "lang" | "lang,wrong") && !code.is_empty() {
            all.push(Fenced { fence, lines: code, end, wrong: tag == "lang,wrong" });
        }
    }
    all
}

struct Finder<'a> {
    source: &'a SourceFile,
    interner: &'a mut Interner,
    without: &'a dyn Fn(Span) -> bool,
    /// See [`blank`].
    blank: &'a str,
    found: Vec<Example>,
}

/// The code of an example: the lines between its fences.
struct Fenced {
    fence: Span,
    lines: Vec<Span>,
    end: u32,
    wrong: bool,
}

impl Fenced {
    /// Where the closing brace goes: behind the line break, so that a comment does not swallow it.
    fn closing(&self, blank: &[u8]) -> usize {
        let last = self.lines.last().map_or(self.fence.end, |line| line.end) as usize;
        last + blank[last..].iter().take_while(|&&b| b != b'\n').count() + 1
    }
}

impl Finder<'_> {
    /// The declarations of a scope, with the examples in their comments behind them.
    fn scope(&mut self, file: &mut File, body: List<StmtId>) -> List<StmtId> {
        let mut stmts: Vec<StmtId> = file[body].to_vec();
        let mut tests = Vec::new();
        for &stmt in &stmts {
            let StmtKind::Item(id) = file[stmt].kind else { continue };
            self.item(file, id, &mut tests);
            if let ItemKind::Module { name, body } = file[id].kind {
                let body = self.scope(file, body);
                file.items[id.index()].kind = ItemKind::Module { name, body };
            }
        }
        if tests.is_empty() {
            return body;
        }
        stmts.append(&mut tests);
        file.list(&stmts)
    }

    /// The examples in the comments of a declaration and its parts.
    fn item(&mut self, file: &mut File, id: ItemId, tests: &mut Vec<StmtId>) {
        let item = file[id];
        let name = self.item_name(file, &item);
        for doc in docs(file, &item) {
            let fenced = fenced(self.source, &file[doc]);
            let several = fenced.len() > 1;
            for (index, fenced) in fenced.iter().enumerate() {
                let number = if several { format!("{} ", index + 1) } else { String::new() };
                tests.extend(self.example(file, format!("example {number}of {name}"), fenced));
            }
        }
        if let ItemKind::Protocol { items, .. } | ItemKind::Impl { items, .. } | ItemKind::Link { items, .. } =
            item.kind
        {
            for index in 0..items.len() {
                let inner = file[items][index];
                self.item(file, inner, tests);
            }
        }
    }

    fn item_name(&self, file: &File, item: &Item) -> String {
        let name = match item.kind {
            ItemKind::Fn(decl) => file[decl].name,
            ItemKind::Struct { name, .. }
            | ItemKind::Enum { name, .. }
            | ItemKind::TypeAlias { name, .. }
            | ItemKind::Const { name, .. }
            | ItemKind::Protocol { name, .. }
            | ItemKind::Module { name, .. } => Some(name),
            ItemKind::Var(var) => match file[file[var].pat].kind {
                PatKind::Bind(name) => Some(Ident { name, span: item.span }),
                _ => None,
            },
            _ => None,
        };
        name.map_or("this file".into(), |name| self.interner.resolve(name.name).to_string())
    }

    /// Reads an example as a test; `None` if it has errors or is left out.
    fn example(&mut self, file: &mut File, name: String, fenced: &Fenced) -> Option<StmtId> {
        let text = self.source.text();
        let code = &self.blank[..=fenced.closing(self.blank.as_bytes())];
        let mut diagnostics = Vec::new();
        let start = fenced.fence.start as usize;
        let Lexed { tokens, docs, .. } = lex_from(file.id, code, start, &mut diagnostics);
        let tree = std::mem::replace(file, File::new(file.id));
        let mut parser = Parser::new(code, &tokens, &docs, tree, self.interner, diagnostics);
        parser.imports_over = true;
        let block = parser.block();
        if !parser.at(T::Eof) && !parser.panicking {
            let span = parser.span();
            parser.mild_error("E0107", span, "this example goes on behind its end").primary.text =
                "a `}` before this closes nothing".into();
        }
        let body = parser.test_body(block, fenced.fence);
        let Parser { file: tree, diagnostics: mut errors, .. } = parser;
        *file = tree;
        // Brackets that the source does not have are at most pointed to by errors.
        for diagnostic in &mut errors {
            let limit = text.len() as u32;
            diagnostic.primary.span.end = diagnostic.primary.span.end.min(limit);
            diagnostic.primary.span.start = diagnostic.primary.span.start.min(limit);
        }
        let span = Span { end: fenced.end, ..fenced.fence };
        let left_out = (self.without)(fenced.fence) || errors.iter().any(Diagnostic::is_error);
        let bytes = file.list(name.as_bytes());
        self.found.push(Example { name, fence: fenced.fence, span, wrong: fenced.wrong, errors });
        if left_out {
            return None;
        }
        let kind = ItemKind::Test { name: bytes, name_span: fenced.fence, body, example: true };
        let item = Item { kind, is_pub: false, attrs: List::EMPTY, doc: List::EMPTY, span };
        let item = file.add_item(item);
        Some(file.add_stmt(StmtKind::Item(item), span))
    }
}
