//! `print` and its kin, and f-strings.

use super::body::FnCx;
use super::call::Argument;
use crate::ast::{self, Align, FormatKind, FormatSpec};
use crate::diagnostic::Diagnostic;
use crate::hir::{ExprId, ExprKind, Piece, Stream};
use crate::source::Span;
use crate::types::{Ty, TyKind};

/// Pieces in the making: neighbouring texts are one.
#[derive(Default)]
struct Pieces {
    pieces: Vec<Piece>,
    text: Vec<u8>,
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// `print(a, b)`; with `line`, values are separated by blanks and followed by a line end.
    pub(crate) fn print(&mut self, stream: Stream, line: bool, arguments: Vec<Argument>, span: Span) -> ExprId {
        let mut out = Pieces::default();
        for (index, argument) in arguments.into_iter().enumerate() {
            if line && index > 0 {
                out.text.push(b' ');
            }
            match argument {
                Argument::Written(expr) => match self.file[expr].kind {
                    ast::ExprKind::Str(bytes) => out.text.extend_from_slice(&self.file[bytes]),
                    ast::ExprKind::FStr(pieces) => self.format_pieces(pieces, &mut out),
                    _ => {
                        let value = self.expr(expr, None);
                        self.value_piece(value, &mut out);
                    }
                },
                argument => {
                    let value = self.argument(argument, None);
                    self.value_piece(value, &mut out);
                }
            }
        }
        if line {
            out.text.push(b'\n');
        }
        self.flush_text(&mut out);
        self.add(ExprKind::Print { stream, pieces: out.pieces }, Ty::VOID, span)
    }

    /// `f"..."` as a value.
    pub(crate) fn format_string(&mut self, pieces: ast::List<ast::Piece>, span: Span) -> ExprId {
        let mut out = Pieces::default();
        self.format_pieces(pieces, &mut out);
        if out.pieces.is_empty() {
            let text = self.cx.string(&out.text);
            return self.add(ExprKind::Str(text), Ty::STR, span);
        }
        self.flush_text(&mut out);
        self.add(ExprKind::Format(out.pieces), Ty::STR, span)
    }

    fn flush_text(&mut self, out: &mut Pieces) {
        if !out.text.is_empty() {
            let id = self.cx.string(&out.text);
            out.pieces.push(Piece::Text(id));
            out.text.clear();
        }
    }

    fn format_pieces(&mut self, pieces: ast::List<ast::Piece>, out: &mut Pieces) {
        for piece in &self.file[pieces] {
            match *piece {
                ast::Piece::Text(bytes) => out.text.extend_from_slice(&self.file[bytes]),
                ast::Piece::Value { value, format, format_span } => {
                    let checked = self.expr(value, None);
                    if format.is_default() {
                        self.value_piece(checked, out);
                    } else {
                        self.formatted_piece(checked, format, format_span, out);
                    }
                }
            }
        }
    }

    fn value_piece(&mut self, value: ExprId, out: &mut Pieces) {
        let ty = self.ty(value);
        if !self.check_printable(value) {
            return;
        }
        // Text that is known is part of the text around it.
        if let ExprKind::Str(id) = self.body[value].kind {
            out.text.extend_from_slice(&self.cx.strings[id.index()].clone());
            return;
        }
        self.flush_text(out);
        if ty == Ty::NEVER {
            let value = self.coerce(value, Ty::I64);
            out.pieces.push(Piece::Value(value));
            return;
        }
        out.pieces.push(Piece::Value(value));
    }

    fn check_printable(&mut self, value: ExprId) -> bool {
        let (ty, span) = (self.ty(value), self.body[value].span);
        match ty {
            Ty::ERROR => false,
            Ty::VOID => {
                self.report_void(span, value);
                false
            }
            Ty::NIL => {
                self.report_bare_nil(span);
                false
            }
            _ => true,
        }
    }

    fn formatted_piece(&mut self, value: ExprId, format: FormatSpec, format_span: Span, out: &mut Pieces) {
        if !self.check_printable(value) {
            return;
        }
        let ty = self.ty(value);
        let class = match self.kind(ty) {
            TyKind::Int(_) => lang_rt::Class::Int,
            TyKind::Float(_) => lang_rt::Class::Float,
            TyKind::Str => lang_rt::Class::Str,
            TyKind::Char => lang_rt::Class::Char,
            TyKind::Bool => lang_rt::Class::Bool,
            TyKind::Never => {
                let value = self.coerce(value, Ty::I64);
                self.flush_text(out);
                out.pieces.push(Piece::Value(value));
                return;
            }
            _ => {
                let name = self.name_of(ty);
                self.report(
                    Diagnostic::error("E0319", format_span, format!("`{name}` takes no format specification"))
                        .secondary(self.body[value].span, format!("this is `{name}`")),
                );
                return;
            }
        };
        let text = spec_text(format);
        let checked = lang_rt::parse_spec(&text).and_then(|spec| spec.check(class));
        if let Err(error) = checked {
            let name = self.name_of(ty);
            self.report(
                Diagnostic::error("E0319", format_span, error.to_string())
                    .secondary(self.body[value].span, format!("this is `{name}`")),
            );
            return;
        }
        self.flush_text(out);
        let spec = self.cx.string(text.as_bytes());
        out.pieces.push(Piece::Formatted { value, spec });
    }
}

/// The specification as it is written.
fn spec_text(format: FormatSpec) -> String {
    let mut text = String::new();
    if let Some(align) = format.align {
        text.extend(format.fill);
        text.push(match align {
            Align::Left => '<',
            Align::Right => '>',
            Align::Center => '^',
        });
    }
    if format.plus {
        text.push('+');
    }
    if format.alternate {
        text.push('#');
    }
    if format.zero {
        text.push('0');
    }
    if let Some(width) = format.width {
        text.push_str(&width.to_string());
    }
    if let Some(precision) = format.precision {
        text.push_str(&format!(".{precision}"));
    }
    text.extend(format.kind.map(|kind| match kind {
        FormatKind::Decimal => 'd',
        FormatKind::LowerHex => 'x',
        FormatKind::UpperHex => 'X',
        FormatKind::Octal => 'o',
        FormatKind::Binary => 'b',
        FormatKind::Exponent => 'e',
        FormatKind::Fixed => 'f',
        FormatKind::Str => 's',
    }));
    text
}
