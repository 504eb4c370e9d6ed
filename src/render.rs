//! Shows diagnostics as rustc does.

use crate::output::complain;
use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use lang_frontend::diagnostic::{Diagnostic, Severity};
use lang_frontend::source::{FileId, SourceMap};
use std::io::IsTerminal;

/// What is shown at most; the rest is counted.
const MAX_SHOWN: usize = 50;

/// Shows the diagnostics, the errors counted at the end.
pub fn show(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    let renderer = if std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
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

fn render(renderer: &Renderer, sources: &SourceMap, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let primary = diagnostic.primary.span.file;
    let mut group: Group = level.primary_title(&*diagnostic.message).id(diagnostic.code).element(
        snippet(sources, primary).annotations(
            [AnnotationKind::Primary.span(diagnostic.primary.span.range()).label(text(&diagnostic.primary.text))]
                .into_iter()
                .chain(labels(diagnostic, move |file| file == primary)),
        ),
    );
    let mut others: Vec<FileId> = diagnostic.secondary.iter().map(|l| l.span.file).filter(|&f| f != primary).collect();
    others.sort();
    others.dedup();
    for file in others {
        group = group.element(snippet(sources, file).annotations(labels(diagnostic, move |f| f == file)));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(&**note));
    }
    let mut report = vec![];
    let mut edits = vec![];
    for help in &diagnostic.helps {
        match &help.replacement {
            None => group = group.element(Level::HELP.message(&*help.message)),
            Some((span, new)) => edits.push(
                Level::HELP.secondary_title(&*help.message).element(
                    Snippet::source(sources.file(span.file).text())
                        .path(&*sources.file(span.file).name)
                        .patch(Patch::new(span.range(), &**new)),
                ),
            ),
        }
    }
    report.push(group);
    report.extend(edits);
    renderer.render(&report)
}

fn snippet<'a, T: Clone>(sources: &'a SourceMap, file: FileId) -> Snippet<'a, T> {
    Snippet::source(sources.file(file).text()).path(&*sources.file(file).name)
}

fn text(label: &str) -> Option<&str> {
    (!label.is_empty()).then_some(label)
}

fn labels<'a>(
    diagnostic: &'a Diagnostic,
    of: impl Fn(FileId) -> bool + 'a,
) -> impl Iterator<Item = annotate_snippets::Annotation<'a>> {
    diagnostic
        .secondary
        .iter()
        .filter(move |label| of(label.span.file))
        .map(|label| AnnotationKind::Context.span(label.span.range()).label(text(&label.text)))
}
