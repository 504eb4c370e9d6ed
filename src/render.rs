//! Shows diagnostics as rustc does.

mod excerpt;
mod line;

pub use line::Line;

use crate::output::{self, complain};
use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use excerpt::{Excerpt, shorten};
use lang_backend::library::Missing;
use lang_frontend::diagnostic::{Diagnostic, Label, Severity};
use lang_frontend::source::{FileId, SourceMap, Span};
use std::borrow::Cow;

/// What is shown at most; the rest is counted.
const MAX_SHOWN: usize = 50;

/// The diagnostics as plain text.
pub fn plain(sources: &SourceMap, diagnostics: &[Diagnostic]) -> String {
    let renderer = Renderer::plain();
    diagnostics.iter().map(|diagnostic| render(&renderer, sources, diagnostic) + "\n").collect()
}

/// Shows the diagnostics, the errors counted at the end.
pub fn show(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    let renderer = if output::has_colours(&std::io::stderr()) { Renderer::styled() } else { Renderer::plain() };
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        complain(&format!("{}\n", render(&renderer, sources, diagnostic)));
    }
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let more = diagnostics.len().saturating_sub(MAX_SHOWN);
    if more > 0 {
        complain(&format!("note: {more} more are not shown"));
    }
    if errors > 0 {
        complain(&format!("error: {errors} error{} found", if errors == 1 { "" } else { "s" }));
    }
}

/// Shows what the program asks for and nobody has, with the place in the source where that can still be read.
pub fn missing(list: &[Missing]) {
    let mut sources = SourceMap::new();
    let mut diagnostics = Vec::new();
    for missing in list {
        let known = sources.files().find(|(_, file)| file.name == missing.file).map(|(id, _)| id);
        let file = known.or_else(|| {
            let bytes = if missing.decl.line > 0 { std::fs::read(&missing.file).ok()? } else { return None };
            Some(sources.add(missing.file.clone(), bytes))
        });
        let span = file.and_then(|file| span_at(&sources, file, missing));
        let Some(span) = span else {
            complain(&format!("error[{}]: {missing}", missing.code));
            continue;
        };
        let mut diagnostic = Diagnostic::error(missing.code, span, &*missing.message);
        diagnostic.notes.clone_from(&missing.notes);
        if let Some(help) = &missing.help {
            diagnostic = diagnostic.help(&**help);
        }
        diagnostics.push(diagnostic);
    }
    if !diagnostics.is_empty() {
        show(&sources, &diagnostics);
    }
}

/// The text in a file that asks for what is missing.
fn span_at(sources: &SourceMap, file: FileId, missing: &Missing) -> Option<Span> {
    let text = sources.file(file).text();
    let start: usize = text.split_inclusive('\n').take(missing.decl.line as usize - 1).map(str::len).sum();
    let line = text.get(start..)?.lines().next()?;
    let mut places = line.char_indices().map(|(at, _)| at).chain([line.len()]).skip(missing.decl.col as usize - 1);
    let from = places.next()?;
    let to = places.nth(missing.width.saturating_sub(1)).unwrap_or(line.len());
    Some(Span::new(file, (start + from) as u32, (start + to) as u32))
}

fn render(renderer: &Renderer, sources: &SourceMap, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    // What is marked in each file, the primary place's first.
    let labels = || std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
    let primary = diagnostic.primary.span.file;
    let mut others: Vec<FileId> = diagnostic.secondary.iter().map(|l| l.span.file).filter(|&f| f != primary).collect();
    others.sort();
    others.dedup();
    // Columns are those of the file, not of what is left of a line.
    let mut columns: Vec<(String, String)> = Vec::new();
    let mut group = Group::with_title(level.primary_title(shorten(&diagnostic.message)).id(diagnostic.code));
    for file in std::iter::once(primary).chain(others) {
        let marked: Vec<&Label> = labels().filter(|label| label.span.file == file).collect();
        let ranges: Vec<_> = marked.iter().map(|label| label.span.range()).collect();
        let file = sources.file(file);
        let excerpt = Excerpt::new(file, &ranges);
        let snippet = Snippet::source(excerpt.text.clone()).line_start(excerpt.first_line).path(&*file.name);
        if excerpt.is_cut {
            let at = file.line_col(marked[0].span.start);
            let shown = excerpt.column(marked[0].span.range().start);
            columns
                .push((format!("{}:{}:{shown}", file.name, at.line), format!("{}:{}:{}", file.name, at.line, at.col)));
        }
        group = group.element(snippet.annotations(marked.iter().map(|&label| {
            let is_primary = std::ptr::eq(label, &diagnostic.primary);
            let kind = if is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(excerpt.range(label.span.range())).label(text(&label.text))
        })));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(shorten(note)));
    }
    let mut report = vec![];
    let mut edits = vec![];
    for help in &diagnostic.helps {
        match &help.replacement {
            None => group = group.element(Level::HELP.message(shorten(&help.message))),
            Some((span, new)) => {
                let file = sources.file(span.file);
                let excerpt = Excerpt::new(file, &[span.range()]);
                let snippet = Snippet::source(excerpt.text.clone()).line_start(excerpt.first_line).path(&*file.name);
                let patch = Patch::new(excerpt.range(span.range()), shorten(new));
                edits.push(Level::HELP.secondary_title(shorten(&help.message)).element(snippet.patch(patch)));
            }
        }
    }
    report.push(group);
    report.extend(edits);
    columns.iter().fold(renderer.render(&report), |text, (shown, real)| text.replacen(shown, real, 1))
}

fn text(label: &str) -> Option<Cow<'_, str>> {
    (!label.is_empty()).then(|| shorten(label))
}
