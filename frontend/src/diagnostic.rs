//! What the compiler has to say to the user about a program. Only data: the driver renders it.
//!
//! Codes are grouped: `E00xx` characters and literals, `E01xx` syntax, `E02xx` names and modules, `E03xx` and up types and
//! everything after; warnings are `W....` with the same groups. Those of lexing and parsing:
//!
//! | code | what |
//! | --- | --- |
//! | E0001 | the file is not UTF-8 |
//! | E0002 | a character that belongs to no token |
//! | E0003 | a comment is never closed |
//! | E0004 | a string is never closed |
//! | E0005 | a character literal is empty, too long or never closed |
//! | E0006 | braces in an f-string |
//! | E0007 | the file is too large |
//! | E0008 | a number |
//! | E0009 | an escape |
//! | E0010 | a format in an f-string |
//! | E0101 | one thing was expected, another found |
//! | E0102 | a keyword where a name is needed |
//! | E0103, E0104 | nested too deeply; an expression too long |
//! | E0105 | a `;` or `,` is forgotten |
//! | E0106 | a chained comparison |
//! | E0107 | a bracket without its partner |
//! | E0108 | the form of a type |
//! | E0109 | something stands where it may not in a list |
//! | E0110 | a habit of another language |
//! | E0111 | an assignment where a value is needed |
//! | E0112 | a call is needed |
//! | E0113 | a field of a tuple that is no number |
//! | E0114 | a struct literal in the head of a statement |
//! | E0115 | a label without a loop, a value for `break` |
//! | E0116 | attributes and other words with `#` |
//! | E0117 | a declaration or statement in the wrong place |
//! | E0118 | a variable without type or value |
//! | E0119 | `pub` on what cannot be |
//! | E0120 | a function's body missing or too much |
//! | E0121 | an import that is not at the top |

use crate::source::Span;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    Error,
    Warning,
}

/// A marked piece of source and what is said under it; the text may be empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// A help line, with the edit that it proposes where there is one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Help {
    pub message: String,
    /// Replace the text of the span by this text; an empty span inserts, an empty text deletes.
    pub replacement: Option<(Span, String)>,
}

/// One error or warning: one cause, one place, and whatever helps to mend it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    /// Where the fault is.
    pub primary: Label,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    pub notes: Vec<String>,
    pub helps: Vec<Help>,
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The text under the primary place.
    pub fn label(mut self, text: impl Into<String>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    /// Another place that explains the fault.
    pub fn secondary(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    pub fn help(mut self, message: impl Into<String>) -> Diagnostic {
        self.helps.push(Help { message: message.into(), replacement: None });
        self
    }

    /// A help with an edit: the text of `span` becomes `text`.
    pub fn suggest(mut self, message: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.helps.push(Help { message: message.into(), replacement: Some((span, text.into())) });
        self
    }
}
