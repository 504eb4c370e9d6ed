//! Diagnostics for other programs: `lang check --json`. `docs/commands.md` describes it.

use lang_frontend::diagnostic::{Diagnostic, Label, Severity};
use lang_frontend::source::{SourceMap, Span};
use serde::Serialize;

/// A diagnostic as an object of JSON.
#[derive(Serialize)]
pub struct Line<'a> {
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    #[serde(flatten)]
    primary: Marked<'a>,
    secondary: Vec<Marked<'a>>,
    notes: &'a [String],
    helps: Vec<Help<'a>>,
}

/// A marked piece of source.
#[derive(Serialize)]
struct Marked<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
}

/// From the first character to behind the last one.
#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Help<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

impl<'a> Line<'a> {
    pub fn new(sources: &'a SourceMap, diagnostic: &'a Diagnostic) -> Line<'a> {
        let marked = |label: &'a Label| Marked { place: Place::new(sources, label.span), label: &label.text };
        Line {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: diagnostic.code,
            message: &diagnostic.message,
            primary: marked(&diagnostic.primary),
            secondary: diagnostic.secondary.iter().map(marked).collect(),
            notes: &diagnostic.notes,
            helps: diagnostic
                .helps
                .iter()
                .map(|help| Help {
                    message: &help.message,
                    replacement: help
                        .replacement
                        .as_ref()
                        .map(|(span, text)| Replacement { place: Place::new(sources, *span), text }),
                })
                .collect(),
        }
    }
}

impl<'a> Place<'a> {
    fn new(sources: &'a SourceMap, span: Span) -> Place<'a> {
        let (start, end) = (sources.line_col(span), sources.line_col(span.at_end()));
        Place {
            file: &sources.file(span.file).name,
            line: start.line,
            column: start.col,
            end_line: end.line,
            end_column: end.col,
        }
    }
}
