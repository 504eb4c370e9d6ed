//! Built-in functions, and the operations that the standard library declares.

use super::body::FnCx;
use super::call::Argument;
use super::convert::Site;
use super::expr::Operand;
use super::types::TypePlace;
use crate::ast::{self, GenericArg};
use crate::diagnostic::Diagnostic;
use crate::hir::{Bits, Builtin, Conversion, ExprId, ExprKind, Stream};
use crate::library::Intrinsic;
use crate::source::Span;
use crate::types::{Ty, TyKind};

/// Names of all built-in functions that are called plainly, for look-up and suggestions.
pub(crate) const FUNCTIONS: &[&str] = &[
    "abs",
    "args",
    "assert",
    "bswap",
    "checked_add",
    "checked_mul",
    "checked_sub",
    "clock",
    "clz",
    "ctz",
    "destroy",
    "eprint",
    "exit",
    "free",
    "max",
    "min",
    "mul_hi",
    "panic",
    "parse_f64",
    "parse_i64",
    "popcount",
    "print",
    "read_line",
    "rotl",
    "rotr",
    "sat_add",
    "sat_sub",
    "some",
    "view",
    "write",
];

/// Those with a type argument.
const INSTANCES: &[&str] = &["alloc", "alloc_uninit", "create", "size_of"];

/// Built-in functions that are not there yet.
const LATER: &[&str] = &["join", "exit_thread", "temp_reset"];

/// What `read_file` is made of; known in the prelude only.
pub(crate) const READ_FILE: &str = "read_file_status";

pub(crate) fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// Reports a built-in function that is not there yet, if the name is one.
    pub(crate) fn report_later_builtin(&mut self, name: &str, span: Span) -> bool {
        if LATER.contains(&name) {
            self.cx.not_yet(span, &format!("`{name}` is"), "it comes with a later version");
            return true;
        }
        if INSTANCES.contains(&name) {
            self.report(
                Diagnostic::error("E0407", span, format!("`{name}` needs a type"))
                    .help(format!("write it as `{name}!(T)`")),
            );
            return true;
        }
        false
    }

    fn count(&mut self, arguments: &[Argument], allowed: &[usize], name: &str, paren: Span) -> bool {
        if allowed.contains(&arguments.len()) {
            return true;
        }
        let counts: Vec<String> = allowed.iter().map(usize::to_string).collect();
        let plural = if allowed == [1] { "argument" } else { "arguments" };
        self.report(Diagnostic::error(
            "E0402",
            paren,
            format!("`{name}` takes {} {plural}, not {}", counts.join(" or "), arguments.len()),
        ));
        false
    }

    /// `some(x)`: an optional that is not nil, also where `x` is nil itself.
    fn some(&mut self, arguments: Vec<Argument>, paren: Span, span: Span, hint: Option<Ty>) -> ExprId {
        if !self.count(&arguments, &[1], "some", paren) {
            return self.check_arguments(arguments, span);
        }
        let wanted = match hint.map(|ty| self.kind(ty)) {
            Some(TyKind::Optional(payload)) => Some(payload),
            _ => None,
        };
        let value = self.argument(arguments[0], wanted);
        let value = match wanted {
            Some(payload) => self.coerce(value, payload),
            None => self.part_value(value),
        };
        let payload = self.ty(value);
        if payload == Ty::ERROR {
            return self.error(span);
        }
        let ty = self.cx.types.optional(payload);
        self.add(ExprKind::Convert { kind: Conversion::Some, operand: value }, ty, span)
    }

    pub(crate) fn builtin_call(
        &mut self,
        name: &str,
        name_span: Span,
        arguments: Vec<Argument>,
        paren: Span,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        let counts: &[usize] = match name {
            "some" => return self.some(arguments, paren, span, hint),
            "print" | "eprint" | "write" => {
                let stream = if name == "eprint" { Stream::Err } else { Stream::Out };
                return self.print(stream, name != "write", arguments, span);
            }
            "args" | "clock" | "read_line" => &[0],
            READ_FILE => &[2],
            "assert" => &[1, 2],
            "min" | "max" | "mul_hi" | "rotl" | "rotr" => &[2],
            "checked_add" | "checked_sub" | "checked_mul" | "sat_add" | "sat_sub" => &[2],
            "view" => &[3, 4],
            _ => &[1],
        };
        if !self.count(&arguments, counts, name, paren) {
            return self.check_arguments(arguments, span);
        }
        let build = |cx: &mut Self, op: Builtin, args: Vec<ExprId>, ty: Ty| {
            cx.add(ExprKind::Builtin { op, args, paren }, ty, span)
        };
        match name {
            "clock" => build(self, Builtin::Clock, Vec::new(), Ty::F64),
            "args" => {
                let ty = self.cx.types.slice(Ty::STR);
                build(self, Builtin::Args, Vec::new(), ty)
            }
            "read_line" => {
                let ty = self.cx.types.optional(Ty::STR);
                build(self, Builtin::ReadLine, Vec::new(), ty)
            }
            READ_FILE => {
                let path = self.argument_to(arguments[0], Ty::STR);
                let text = self.cx.types.pointer(Ty::STR);
                let text = self.argument_to(arguments[1], text);
                build(self, Builtin::ReadFile, vec![path, text], Ty::I32)
            }
            "parse_i64" | "parse_f64" => {
                let text = self.argument_to(arguments[0], Ty::STR);
                let (op, ty) = match name {
                    "parse_i64" => (Builtin::ParseI64, Ty::I64),
                    _ => (Builtin::ParseF64, Ty::F64),
                };
                let ty = self.cx.types.optional(ty);
                build(self, op, vec![text], ty)
            }
            "panic" => {
                let message = self.argument_to(arguments[0], Ty::STR);
                self.diverges = true;
                build(self, Builtin::Panic, vec![message], Ty::NEVER)
            }
            "exit" => {
                let code = self.argument(arguments[0], Some(Ty::I32));
                let ty = self.ty(code);
                let code = if self.cx.types.is_int(ty) && ty != Ty::I32 {
                    // The status counts modulo 256, so nothing is lost.
                    let at = self.body[code].span;
                    self.add(ExprKind::Convert { kind: Conversion::Int, operand: code }, Ty::I32, at)
                } else {
                    self.coerce(code, Ty::I32)
                };
                self.diverges = true;
                build(self, Builtin::Exit, vec![code], Ty::NEVER)
            }
            "assert" => {
                let condition = self.argument_to(arguments[0], Ty::BOOL);
                let diverges = self.diverges;
                let message = arguments.get(1).map(|&message| self.argument_to(message, Ty::STR));
                self.diverges = diverges;
                self.add(ExprKind::Assert { condition, message, paren }, Ty::VOID, span)
            }
            "min" | "max" => {
                let op = if name == "min" { Builtin::Min } else { Builtin::Max };
                self.binary_builtin(op, name, &arguments, hint, paren, span, |cx, ty| {
                    cx.cx.types.is_int(ty) || cx.cx.types.is_float(ty) || ty == Ty::CHAR
                })
            }
            "checked_add" | "checked_sub" | "checked_mul" | "sat_add" | "sat_sub" => {
                let op = match name {
                    "checked_add" => Builtin::CheckedAdd,
                    "checked_sub" => Builtin::CheckedSub,
                    "checked_mul" => Builtin::CheckedMul,
                    "sat_add" => Builtin::SatAdd,
                    _ => Builtin::SatSub,
                };
                // What the context asks for is the optional; the operands are of its payload.
                let hint = hint.map(|ty| match self.kind(ty) {
                    TyKind::Optional(payload) => payload,
                    _ => ty,
                });
                let value =
                    self.binary_builtin(op, name, &arguments, hint, paren, span, |cx, ty| cx.cx.types.is_int(ty));
                let ty = self.ty(value);
                if ty != Ty::ERROR && name.starts_with("checked") {
                    self.body.exprs[value.index()].ty = self.cx.types.optional(ty);
                }
                value
            }
            "mul_hi" => self
                .binary_builtin(Builtin::MulHi, name, &arguments, hint, paren, span, |cx, ty| cx.cx.types.is_int(ty)),
            "abs" => {
                let value = self.argument(arguments[0], hint);
                let fits = self.cx.types.is_int(self.ty(value)) || self.cx.types.is_float(self.ty(value));
                self.unary_builtin(Builtin::Abs, name, value, fits, None, paren, span)
            }
            "bswap" => {
                let value = self.argument(arguments[0], hint);
                let fits = self.cx.types.is_int(self.ty(value));
                self.unary_builtin(Builtin::Bswap, name, value, fits, None, paren, span)
            }
            "clz" | "ctz" | "popcount" => {
                let op = match name {
                    "clz" => Builtin::Clz,
                    "ctz" => Builtin::Ctz,
                    _ => Builtin::Popcount,
                };
                let value = self.argument(arguments[0], None);
                let fits = self.cx.types.is_int(self.ty(value));
                self.unary_builtin(op, name, value, fits, Some(Ty::I64), paren, span)
            }
            "rotl" | "rotr" => {
                let op = if name == "rotl" { Builtin::Rotl } else { Builtin::Rotr };
                let value = self.argument(arguments[0], hint);
                let amount = self.argument(arguments[1], None);
                let (a, b) = (self.ty(value), self.ty(amount));
                if a == Ty::ERROR || b == Ty::ERROR {
                    return self.error(span);
                }
                for (ty, argument) in [(a, value), (b, amount)] {
                    if !self.cx.types.is_int(ty) {
                        return self.report_builtin(name, argument, "an integer", span);
                    }
                }
                build(self, op, vec![value, amount], a)
            }
            "free" | "destroy" => {
                let value = self.argument(arguments[0], None);
                let ty = self.ty(value);
                let fits = match self.kind(ty) {
                    TyKind::Error => return self.error(span),
                    TyKind::Slice { .. } => name == "free",
                    TyKind::Pointer { .. } => true,
                    _ => false,
                };
                if !fits {
                    let what = if name == "free" { "a slice or pointer from `alloc!`" } else { "a pointer" };
                    return self.report_builtin(name, value, what, span);
                }
                let op = if name == "free" { Builtin::Free } else { Builtin::Destroy };
                build(self, op, vec![value], Ty::VOID)
            }
            "view" => self.view(arguments, paren, span),
            _ => {
                // The table above and this match have the same names.
                self.report(Diagnostic::error("E0201", name_span, format!("there is no `{name}` here")));
                self.error(span)
            }
        }
    }

    fn report_builtin(&mut self, name: &str, value: ExprId, what: &str, span: Span) -> ExprId {
        let ty = self.name_of(self.ty(value));
        let at = self.body[value].span;
        self.report(
            Diagnostic::error("E0301", at, format!("`{name}` needs {what}, not `{ty}`"))
                .label(format!("this is `{ty}`")),
        );
        self.error(span)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one node")]
    fn unary_builtin(
        &mut self,
        op: Builtin,
        name: &str,
        value: ExprId,
        fits: bool,
        result: Option<Ty>,
        paren: Span,
        span: Span,
    ) -> ExprId {
        let ty = self.ty(value);
        if ty == Ty::ERROR {
            return self.error(span);
        }
        if !fits {
            let what = match op {
                Builtin::Abs => "a number",
                Builtin::Clz | Builtin::Ctz | Builtin::Popcount | Builtin::Bswap => "an integer",
                _ => "a float",
            };
            return self.report_builtin(name, value, what, span);
        }
        self.add(ExprKind::Builtin { op, args: vec![value], paren }, result.unwrap_or(ty), span)
    }

    /// A built-in of two values of one type.
    #[allow(clippy::too_many_arguments, reason = "the parts of one node")]
    fn binary_builtin(
        &mut self,
        op: Builtin,
        name: &str,
        arguments: &[Argument],
        hint: Option<Ty>,
        paren: Span,
        span: Span,
        fits: impl Fn(&Self, Ty) -> bool,
    ) -> ExprId {
        let (free_a, free_b) = (self.argument_free(arguments[0]), self.argument_free(arguments[1]));
        let (a, b) = match (free_a, free_b) {
            (Some(x), Some(y)) => {
                let free = if x == y { x } else { super::operator::Free::Float };
                let ty = self.free_ty(free, hint);
                (self.argument(arguments[0], Some(ty)), self.argument(arguments[1], Some(ty)))
            }
            (Some(free), None) => {
                let b = self.argument(arguments[1], hint);
                let ty = self.free_ty(free, Some(self.ty(b)));
                (self.argument(arguments[0], Some(ty)), b)
            }
            (None, Some(free)) => {
                let a = self.argument(arguments[0], hint);
                let ty = self.free_ty(free, Some(self.ty(a)));
                (a, self.argument(arguments[1], Some(ty)))
            }
            (None, None) => (self.argument(arguments[0], hint), self.argument(arguments[1], hint)),
        };
        let (a_ty, b_ty) = (self.ty(a), self.ty(b));
        if a_ty == Ty::ERROR || b_ty == Ty::ERROR {
            return self.error(span);
        }
        match self.join(a_ty, b_ty) {
            Some(ty) if fits(self, ty) => {
                let args = vec![self.coerce(a, ty), self.coerce(b, ty)];
                self.add(ExprKind::Builtin { op, args, paren }, ty, span)
            }
            _ => {
                let (a_name, b_name) = (self.name_of(a_ty), self.name_of(b_ty));
                self.report(
                    Diagnostic::error("E0302", paren, format!("`{name}` is not defined for `{a_name}` and `{b_name}`"))
                        .secondary(self.body[a].span, format!("this is `{a_name}`"))
                        .secondary(self.body[b].span, format!("this is `{b_name}`")),
                );
                self.error(span)
            }
        }
    }

    /// `view(slice, rows, cols)`, `view(slice, a, b, c)`
    fn view(&mut self, arguments: Vec<Argument>, paren: Span, span: Span) -> ExprId {
        let mut base = self.argument(arguments[0], None);
        if let TyKind::Array { element, .. } = self.kind(self.ty(base)) {
            let ty = self.cx.types.slice(element);
            base = self.coerce(base, ty);
        }
        let mut args = vec![base];
        for &extent in &arguments[1..] {
            args.push(self.argument_to(extent, Ty::I64));
        }
        let element = match self.kind(self.ty(base)) {
            TyKind::Slice { element, .. } => element,
            TyKind::Error => return self.error(span),
            _ => return self.report_builtin("view", base, "a slice", span),
        };
        let plain = self.cx.types.slice(element);
        args[0] = self.coerce_at(base, plain, Site::Argument);
        let rank = (args.len() - 1) as u8;
        let ty = self.cx.types.intern(TyKind::View { rank, element, restrict: false });
        self.add(ExprKind::Builtin { op: Builtin::View, args, paren }, ty, span)
    }

    /// `m.extent(k)`
    pub(crate) fn extent(
        &mut self,
        receiver: Operand,
        rank: u8,
        arguments: Vec<Argument>,
        paren: Span,
        span: Span,
    ) -> ExprId {
        if !self.count(&arguments, &[1], "extent", paren) {
            return self.check_arguments(arguments, span);
        }
        let view = self.read(receiver);
        let axis = self.argument_to(arguments[0], Ty::I64);
        if self.ty(axis) == Ty::ERROR {
            return self.error(span);
        }
        match self.known_ints.get(&axis) {
            Some(&known) if known >= 0 && known < i128::from(rank) => {
                self.add(ExprKind::Extent { view, axis: known as u8 }, Ty::I64, span)
            }
            Some(known) => {
                let at = self.body[axis].span;
                let message = format!("this view has {rank} extents, counted from 0; there is none of number {known}");
                self.report(Diagnostic::error("E0354", at, message));
                self.error(span)
            }
            None => self.add(ExprKind::ExtentAt { view, axis, paren }, Ty::I64, span),
        }
    }

    // ------------------------------------------------------------------------------------------ type arguments

    /// `name!(T)` without a call.
    pub(crate) fn instance(&mut self, base: ast::ExprId, args: ast::List<GenericArg>, span: Span) -> ExprId {
        let ast::ExprKind::Name(name) = self.file[base].kind else {
            return self.later(span, "generics are", "write the function for the types that you need");
        };
        let text = self.cx.text(name).to_string();
        let known = matches!(self.lookup(name), super::body::NameRef::Unknown);
        match text.as_str() {
            "size_of" if known => {
                let Some(ty) = self.type_argument(args, &text, span) else { return self.error(span) };
                match self.cx.size_of(ty, span) {
                    Some(size) => {
                        let id = self.add(ExprKind::Int(Bits::new(size.into())), Ty::I64, span);
                        self.known_ints.insert(id, i128::from(size));
                        id
                    }
                    None => self.error(span),
                }
            }
            "alloc" | "alloc_uninit" | "create" if known => {
                self.report(
                    Diagnostic::error("E0208", span, format!("`{text}!(T)` is not a value"))
                        .help(format!("call it: `{text}!(T)({})`", if text == "create" { "value" } else { "n" })),
                );
                self.error(span)
            }
            _ => self.report_instance(base, name, span),
        }
    }

    fn report_instance(&mut self, base: ast::ExprId, name: crate::intern::Symbol, span: Span) -> ExprId {
        let text = self.cx.text(name).to_string();
        match self.lookup(name) {
            super::body::NameRef::Unknown if LATER.contains(&text.as_str()) => {
                self.report_later_builtin(&text, span);
                self.error(span)
            }
            super::body::NameRef::Unknown if !is_function(&text) => self.unknown_name(name, self.file[base].span),
            super::body::NameRef::Decl(crate::resolve::Decl::Broken) => self.error(span),
            _ => {
                self.report(
                    Diagnostic::error("E0310", span, format!("`{text}` takes no type arguments"))
                        .note("generics are not available yet"),
                );
                self.error(span)
            }
        }
    }

    fn type_argument(&mut self, args: ast::List<GenericArg>, name: &str, span: Span) -> Option<Ty> {
        match self.file[args] {
            [GenericArg::Type(written)] => {
                let ty = self.cx.resolve_type(self.item_scope, written, TypePlace::Other);
                if ty == Ty::VOID && name != "size_of" {
                    self.report(Diagnostic::error("E0306", span, "`void` has no values"));
                    return None;
                }
                let ty = self.cx.sized(ty, span);
                (ty != Ty::ERROR).then_some(ty)
            }
            _ => {
                self.report(Diagnostic::error("E0310", span, format!("`{name}` takes one type: `{name}!(T)`")));
                None
            }
        }
    }

    /// `name!(T)(args)`
    pub(crate) fn call_instance(
        &mut self,
        base: ast::ExprId,
        types: ast::List<GenericArg>,
        arguments: Vec<Argument>,
        callee_span: Span,
        paren: Span,
        span: Span,
    ) -> ExprId {
        let ast::ExprKind::Name(name) = self.file[base].kind else {
            self.cx.not_yet(callee_span, "generics are", "write the function for the types that you need");
            return self.check_arguments(arguments, span);
        };
        let text = self.cx.text(name).to_string();
        let known = matches!(self.lookup(name), super::body::NameRef::Unknown);
        match text.as_str() {
            "alloc" if known => {
                let ty = self.type_argument(types, &text, callee_span);
                if !self.count(&arguments, &[1, 2], "alloc!(T)", paren) {
                    return self.check_arguments(arguments, span);
                }
                let count = self.argument_to(arguments[0], Ty::I64);
                let Some(ty) = ty else {
                    return self.check_arguments(arguments[1..].to_vec(), span);
                };
                let slice = self.cx.types.slice(ty);
                let (op, args) = match arguments.get(1) {
                    Some(&value) => (Builtin::AllocValue, vec![count, self.argument_to(value, ty)]),
                    None => {
                        if self.require_zero(ty, callee_span) == Ty::ERROR {
                            return self.error(span);
                        }
                        (Builtin::Alloc, vec![count])
                    }
                };
                self.add(ExprKind::Builtin { op, args, paren }, slice, span)
            }
            "alloc_uninit" if known => {
                let ty = self.type_argument(types, &text, callee_span);
                if !self.count(&arguments, &[1], "alloc_uninit!(T)", paren) {
                    return self.check_arguments(arguments, span);
                }
                let count = self.argument_to(arguments[0], Ty::I64);
                let Some(ty) = ty else { return self.error(span) };
                let slice = self.cx.types.slice(ty);
                self.add(ExprKind::Builtin { op: Builtin::AllocUninit, args: vec![count], paren }, slice, span)
            }
            "create" if known => {
                let ty = self.type_argument(types, &text, callee_span);
                if !self.count(&arguments, &[1], "create!(T)", paren) {
                    return self.check_arguments(arguments, span);
                }
                let Some(ty) = ty else { return self.check_arguments(arguments, span) };
                let value = self.argument_to(arguments[0], ty);
                let pointer = self.cx.types.pointer(ty);
                self.add(ExprKind::Builtin { op: Builtin::Create, args: vec![value], paren }, pointer, span)
            }
            "size_of" if known => {
                self.report(
                    Diagnostic::error("E0402", paren, "`size_of!(T)` is written without further parentheses")
                        .help("remove them"),
                );
                self.check_arguments(arguments, span)
            }
            _ => {
                self.report_instance(base, name, callee_span);
                self.check_arguments(arguments, span)
            }
        }
    }

    // -------------------------------------------------------------------------------------------- intrinsics

    /// A call of an operation that the standard library declares.
    pub(crate) fn intrinsic_call(
        &mut self,
        intrinsic: Intrinsic,
        name: ast::Ident,
        arguments: Vec<Argument>,
        paren: Span,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        let text = self.cx.text(name.name).to_string();
        let op = match intrinsic {
            Intrinsic::Same => return self.builtin_call(&text, name.span, arguments, paren, span, hint),
            Intrinsic::Float(op) => op,
            Intrinsic::Bits(from, to) => {
                if !self.count(&arguments, &[1], &text, paren) {
                    return self.check_arguments(arguments, span);
                }
                let value = self.argument_to(arguments[0], from);
                return self.add(ExprKind::Builtin { op: Builtin::Bits, args: vec![value], paren }, to, span);
            }
        };
        if op == Builtin::Copysign {
            if !self.count(&arguments, &[2], &text, paren) {
                return self.check_arguments(arguments, span);
            }
            let hint = hint.filter(|&ty| self.cx.types.is_float(ty)).or(Some(Ty::F64));
            return self.binary_builtin(op, &text, &arguments, hint, paren, span, |cx, ty| cx.cx.types.is_float(ty));
        }
        if !self.count(&arguments, &[1], &text, paren) {
            return self.check_arguments(arguments, span);
        }
        let hint = hint.filter(|&ty| self.cx.types.is_float(ty)).unwrap_or(Ty::F64);
        let mut value = self.argument(arguments[0], Some(hint));
        if self.cx.types.is_int(self.ty(value)) {
            // An integer that a float holds becomes one; others are reported with a suggestion.
            value = self.coerce(value, Ty::F64);
        }
        let fits = self.cx.types.is_float(self.ty(value));
        self.unary_builtin(op, &text, value, fits, None, paren, span)
    }
}
