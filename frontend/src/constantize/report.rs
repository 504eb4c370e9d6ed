//! What is said when a constant has no value.

use super::Wanted;
use super::read::{Refused, Step, Why};
use crate::check::Cx;
use crate::diagnostic::Diagnostic;
use crate::hir::FuncId;
use crate::source::Span;
use crate::types::Ty;
use lang_ir::evaluate::{Fault, FaultKind, Piece};

/// How many calls are shown of those that were running, from the inside and from the outside.
const INNER: usize = 4;
const OUTER: usize = 2;

impl Cx<'_> {
    /// A run ended without a result.
    pub(super) fn report_fault(&mut self, fault: &Fault, wanted: Wanted) {
        let limits = self.options.limits;
        // Where the run was, and in which functions; what the compiler made has no place.
        let frames: Vec<(Span, Option<FuncId>)> = fault
            .frames
            .iter()
            .filter_map(|&(func, pos)| {
                let session = &self.constantize.session;
                Some((session.span(pos)?, session.func(func)))
            })
            .collect();
        let at = frames.first().map_or(wanted.span, |&(span, _)| span);
        let diagnostic = match fault.kind {
            FaultKind::Trap => {
                // What was only a warning is this error.
                let found = self.diagnostics.split_off(wanted.errors.min(self.diagnostics.len()));
                self.diagnostics.extend(found.into_iter().filter(|d| !matches!(d.code, "W0302" | "W0305")));
                Diagnostic::error("E0345", at, format!("{}, while evaluating a constant", fault.message))
            }
            FaultKind::Fuel => Diagnostic::error(
                "E0346",
                at,
                format!("evaluating this constant takes more than {} instructions", limits.fuel),
            )
            .label("it was stopped here")
            .help("`--const-fuel N` allows more, if it is not an endless loop"),
            FaultKind::Memory => Diagnostic::error(
                "E0346",
                at,
                format!("evaluating this constant takes more than {} of memory", bytes(limits.memory)),
            ),
            FaultKind::Effect => Diagnostic::error("E0347", at, format!("a constant cannot use {}", fault.message))
                .note("a constant is computed while compiling, cut off from the world outside"),
            FaultKind::Global(id) => {
                let global = self.constantize.session.global(id).map(|id| &self.globals[id.index()]);
                match global {
                    Some(global) => {
                        let name = self.text(global.name);
                        let why = if global.mutable {
                            "it changes while the program runs"
                        } else {
                            "its initialiser runs when the program starts"
                        };
                        let name = if name.is_empty() { "this global".to_string() } else { format!("`{name}`") };
                        let diagnostic =
                            Diagnostic::error("E0344", at, format!("the value of {name} is not known while compiling"))
                                .secondary(global.span, why);
                        if global.mutable {
                            diagnostic
                        } else {
                            diagnostic
                                .help("write `constantize` in front of the initialiser, if it can be computed now")
                        }
                    }
                    None => Diagnostic::error("E0344", at, "this memory is not known while compiling")
                        .note("the program may change it"),
                }
            }
        };
        let diagnostic = self.with_calls(diagnostic, &frames, wanted);
        self.report(diagnostic);
    }

    /// Adds where the functions were called that were running, and the constant itself.
    fn with_calls(&self, mut diagnostic: Diagnostic, frames: &[(Span, Option<FuncId>)], wanted: Wanted) -> Diagnostic {
        let calls: Vec<(Span, Option<FuncId>)> = frames.windows(2).map(|pair| (pair[1].0, pair[0].1)).collect();
        let left_out = calls.len().saturating_sub(INNER + OUTER);
        let mut shown: Vec<Span> = vec![diagnostic.primary.span];
        for (index, &(span, callee)) in calls.iter().enumerate() {
            let inside = index < INNER || index >= calls.len() - OUTER.min(calls.len());
            if !inside || shown.contains(&span) {
                continue;
            }
            shown.push(span);
            let text = match callee {
                Some(callee) => format!("`{}` is called here", self.text(self.funcs[callee.index()].name)),
                None => "called here".to_string(),
            };
            diagnostic = diagnostic.secondary(span, text);
        }
        if !shown.contains(&wanted.span) {
            diagnostic = diagnostic.secondary(wanted.span, "in this constant");
        }
        if left_out > 0 {
            let s = if left_out == 1 { "" } else { "s" };
            diagnostic = diagnostic.note(format!("{left_out} more call{s} between them"));
        }
        diagnostic
    }

    /// The value holds something that only the run had.
    pub(super) fn report_refused(&mut self, refused: &Refused, wanted: Wanted) {
        let part = self.describe_part(&refused.path);
        let name = self.name_of(wanted.ty);
        let what = |piece: Option<Piece>| match piece {
            Some(Piece::Global(id)) => match self.constantize.session.global(id) {
                Some(id) => format!("the global `{}`", self.text(self.globals[id.index()].name)),
                None => "constant data".to_string(),
            },
            Some(Piece::Local(func)) => match self.constantize.session.func(func) {
                Some(func) => format!("a local variable of `{}`", self.text(self.funcs[func.index()].name)),
                None => "a temporary value".to_string(),
            },
            Some(Piece::Allocated) => "memory that was allocated while compiling".to_string(),
            Some(Piece::Function) => "a function".to_string(),
            Some(Piece::Gone) => "memory that is gone".to_string(),
            None => "no memory".to_string(),
        };
        let message = match refused.why {
            Why::Pointer(piece) => format!("{part} is a pointer to {}", what(piece)),
            Why::Slice(Some(Piece::Global(id))) => {
                format!("{part} is a slice of {}, which may change", what(Some(Piece::Global(id))))
            }
            Why::Slice(piece) => format!("{part} is a slice of {}", what(piece)),
            Why::TooMuch => {
                let message = format!("this constant has more parts than {}", self.options.limits.fuel);
                self.report(Diagnostic::error("E0346", wanted.span, message).help("`--const-fuel N` allows more"));
                return;
            }
        };
        let note = match refused.why {
            Why::Pointer(_) => "a constant may hold slices and functions, but no other addresses",
            _ => "what a slice in a constant leads to becomes a part of the constant, so it has to be complete",
        };
        self.report(
            Diagnostic::error("E0348", wanted.span, message).label(format!("a constant of type `{name}`")).note(note),
        );
    }

    /// `field "next" of element 3`
    fn describe_part(&self, path: &[Step]) -> String {
        if path.is_empty() {
            return "the value".to_string();
        }
        let steps: Vec<String> = path
            .iter()
            .rev()
            .map(|step| match *step {
                Step::Field(name) => format!("field `{}`", self.text(name)),
                Step::Part(index) => format!("field `.{index}`"),
                Step::Element(index) => format!("element {index}"),
            })
            .collect();
        steps.join(" of ")
    }

    /// A constant needs a function in which it stands.
    pub(super) fn report_open_function(&mut self, func: FuncId, span: Span, wanted: Wanted) {
        let decl = &self.funcs[func.index()];
        let name = self.text(decl.name).to_string();
        let mut diagnostic =
            Diagnostic::error("E0349", span, format!("`{name}` cannot be called by a constant that it needs itself"))
                .secondary(decl.span, "the constant is a part of this function");
        if span != wanted.span {
            diagnostic = diagnostic.secondary(wanted.span, "in this constant");
        }
        self.report(diagnostic);
    }

    /// A constant needs values of a type whose layout waits for it.
    pub(super) fn report_no_layout(&mut self, ty: Ty, span: Span, wanted: Wanted) {
        let name = self.name_of(ty);
        let mut diagnostic =
            Diagnostic::error("E0349", wanted.span, format!("the layout of `{name}` depends on this constant"));
        if span != wanted.span {
            diagnostic = diagnostic.secondary(span, format!("a value of type `{name}` is needed for it"));
        }
        self.report(diagnostic);
    }

    /// The body of a function was checked while a type in it was being defined, by this constant.
    pub(super) fn report_incomplete(&mut self, func: FuncId, span: Span, wanted: Wanted) {
        let decl = &self.funcs[func.index()];
        let name = self.text(decl.name).to_string();
        let mut diagnostic = Diagnostic::error(
            "E0349",
            span,
            format!("`{name}` cannot be called here: a type in it depends on this constant"),
        )
        .secondary(decl.span, "a type in this function is not defined yet");
        if span != wanted.span {
            diagnostic = diagnostic.secondary(wanted.span, "in this constant");
        }
        self.report(diagnostic);
    }

    pub(super) fn report_too_deep(&mut self, span: Span, most: u32, what: &str, note: &str) {
        self.report(
            Diagnostic::error("E0346", span, format!("more than {most} {what} wait for each other")).note(note),
        );
    }
}

/// A number of bytes for people.
fn bytes(count: u64) -> String {
    if count >= 1 << 20 && count.is_multiple_of(1 << 20) {
        format!("{} MiB", count >> 20)
    } else {
        format!("{count} bytes")
    }
}
