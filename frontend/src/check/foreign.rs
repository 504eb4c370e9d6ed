//! The border to C: which types cross it, and what a call of a foreign function passes.

use super::body::FnCx;
use super::{Cx, FuncDecl, FuncSource};
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::{Conversion, ExprId, ExprKind, FuncId};
use crate::source::{FileId, Span};
use crate::types::{Ty, TyKind};
use rustc_hash::FxHashMap;
use std::path::Path;

/// Why a type does not cross the border.
struct NotOfC {
    /// The part of the type that is the reason, as `the field `name: str``.
    part: Option<String>,
    help: &'static str,
}

impl From<&'static str> for NotOfC {
    fn from(help: &'static str) -> NotOfC {
        NotOfC { part: None, help }
    }
}

impl<'a> Cx<'a> {
    /// A folder in which libraries are looked for, from that of the main file.
    pub(crate) fn add_link_path(&mut self, path: &[u8]) {
        let main = &self.sources.file(FileId(0)).name;
        let folder = Path::new(main).parent().unwrap_or(Path::new(""));
        let path = folder.join(&*String::from_utf8_lossy(path));
        let path = self.string(path.to_string_lossy().as_bytes());
        self.link_paths.push(path);
    }

    /// Checks the types of a foreign or exported function.
    pub(crate) fn check_foreign_signature(&mut self, id: FuncId, function: &ast::FnDecl, file: &ast::File) {
        let func = &self.funcs[id.index()];
        let does = if matches!(func.source, FuncSource::Extern(_)) { "a foreign" } else { "an exported" };
        let (result, params) = (func.result, func.params.clone());
        for param in params {
            // A callback may take and give whatever C has: a function that is named is adapted.
            let callback = match self.types.kind(param.ty) {
                TyKind::Fn { params, result } => Some((self.types[params].to_vec(), result)),
                _ => None,
            };
            let wrong = match callback {
                Some((params, result)) if does == "a foreign" => {
                    let mut all = params.into_iter().chain((result != Ty::VOID).then_some(result));
                    all.find_map(|ty| self.not_of_c(ty))
                }
                _ => self.not_of_c(param.ty),
            };
            if let Some(wrong) = wrong {
                self.report_not_of_c(wrong, param.ty, param.span, &format!("{does} function cannot take a"));
            }
        }
        if !matches!(result, Ty::VOID | Ty::NEVER)
            && let Some(wrong) = self.not_of_c(result)
        {
            let span = function.result.map_or(function.head_span, |ty| file[ty].span);
            self.report_not_of_c(wrong, result, span, &format!("{does} function cannot return a"));
        }
    }

    /// A foreign function may be declared more than once, by several modules, but always the same.
    pub(crate) fn check_foreign_names(&mut self, exports: &FxHashMap<String, Span>) {
        let mut first: FxHashMap<String, usize> = FxHashMap::default();
        for index in 0..self.funcs.len() {
            let func = &self.funcs[index];
            if !matches!(func.source, FuncSource::Extern(_)) {
                continue;
            }
            let (symbol, span) = (func.foreign_symbol(self.interner), func.span);
            if let Some(&exported) = exports.get(&symbol) {
                self.report(
                    Diagnostic::error("E0708", span, format!("the program itself exports `{symbol}`"))
                        .secondary(exported, "exported here")
                        .help("call the exported function by its own name"),
                );
                continue;
            }
            let known = *first.entry(symbol.clone()).or_insert(index);
            let types = |func: &FuncDecl| {
                let params: Vec<Ty> = func.params.iter().map(|param| param.ty).collect();
                (params, func.result, func.c_variadic)
            };
            if types(&self.funcs[known]) != types(&self.funcs[index]) {
                let other = self.funcs[known].span;
                self.report(
                    Diagnostic::error("E0708", span, format!("the foreign function `{symbol}` has two declarations"))
                        .label("with these types")
                        .secondary(other, "with other types here"),
                );
            }
        }
    }

    fn report_not_of_c(&mut self, wrong: NotOfC, ty: Ty, span: Span, what: &str) {
        let name = self.name_of(ty);
        let mut diagnostic =
            Diagnostic::error("E0704", span, format!("{what} `{name}`")).label("C has no such type").help(wrong.help);
        if let Some(part) = wrong.part {
            diagnostic = diagnostic.note(format!("because of {part}"));
        }
        self.report(diagnostic);
    }

    /// Why C has no such type, if it has none.
    fn not_of_c(&mut self, ty: Ty) -> Option<NotOfC> {
        Some(match self.types.kind(ty) {
            TyKind::Error | TyKind::Bool | TyKind::Char | TyKind::Int(_) | TyKind::Pointer { .. } | TyKind::Nil => {
                return None;
            }
            TyKind::Float(16) => "pass an `f32`".into(),
            TyKind::Float(_) => return None,
            TyKind::Optional(payload) if self.types.is_address(payload) => return self.not_of_c(payload),
            TyKind::Optional(_) => "pass a pointer, which may be `nil`, or a struct with a `bool` in it".into(),
            TyKind::Fn { params, result } => {
                let all = self.types[params].iter().copied().chain((result != Ty::VOID).then_some(result));
                let all: Vec<Ty> = all.collect();
                if all.into_iter().all(|ty| self.is_called_alike(ty)) {
                    return None;
                }
                "here a function can only take and return pointers, floats and integers of 32 or 64 bits".into()
            }
            TyKind::Str => "pass the address of its bytes, `*u8`, and their number: `s.ptr`, `s.len`".into(),
            TyKind::Slice { .. } => "pass the address of the first element and their number: `s.ptr`, `s.len`".into(),
            TyKind::Strided { .. } | TyKind::View { .. } => {
                "pass the address of the first element and the sizes".into()
            }
            TyKind::Array { .. } => {
                "pass a pointer to the first element, as C does, or a struct with the array in it".into()
            }
            TyKind::Tuple(_) => "declare a struct with these fields".into(),
            TyKind::Struct(id) => {
                self.layout_struct(id);
                let (fields, opaque) = (self.types[id].fields.clone(), self.types[id].opaque);
                if opaque {
                    // By value it is refused anywhere.
                    return None;
                }
                if fields.is_empty() {
                    return Some("structs of C have fields; pass a pointer".into());
                }
                for field in fields {
                    let element = self.innermost_element(field.ty);
                    if let Some(wrong) = self.not_of_c(element) {
                        let part = wrong.part.unwrap_or_else(|| {
                            let (name, ty) = (self.text(field.name).to_string(), self.name_of(field.ty));
                            format!("the field `{name}: {ty}`")
                        });
                        return Some(NotOfC { part: Some(part), help: wrong.help });
                    }
                }
                return None;
            }
            TyKind::Enum(id) if self.types[id].cases.iter().all(|case| case.payload.is_empty()) => return None,
            TyKind::Enum(_) => "only enums without payloads are integers in C".into(),
            TyKind::Result { .. } => "return a code for the error".into(),
            TyKind::Ref(_) => "pass a pointer".into(),
            TyKind::Void | TyKind::Never => "leave it out".into(),
        })
    }

    /// That there are no values of an opaque struct.
    pub(crate) fn report_opaque(&mut self, ty: Ty, span: Span) {
        let name = self.name_of(ty);
        let mut diagnostic =
            Diagnostic::error("E0707", span, format!("`{name}` is opaque: there are only pointers to it"));
        if let TyKind::Struct(id) = self.types.kind(ty) {
            diagnostic = diagnostic.secondary(self.types[id].span, "declared without fields here");
        }
        self.report(diagnostic.help(format!("use `*{name}`, or declare the fields: `struct {name} {{ ... }}`")));
    }

    /// In a struct, arrays stand for their elements.
    fn innermost_element(&self, mut ty: Ty) -> Ty {
        while let TyKind::Array { element, .. } = self.types.kind(ty) {
            ty = element;
        }
        ty
    }

    /// Whether C passes and returns values of this type as we do.
    fn is_called_alike(&self, ty: Ty) -> bool {
        match self.types.kind(ty) {
            TyKind::Int(int) => matches!(int.bits, 32 | 64),
            TyKind::Float(bits) => bits > 16,
            TyKind::Error | TyKind::Char | TyKind::Pointer { .. } | TyKind::Fn { .. } => true,
            TyKind::Optional(payload) => self.types.is_address(payload),
            _ => false,
        }
    }
}

impl FnCx<'_, '_> {
    /// Checks what a foreign function gets as a callback.
    pub(crate) fn check_callback(&mut self, value: ExprId) {
        let ty = self.ty(value);
        let TyKind::Fn { params, result } = self.kind(ty) else { return };
        let mut parts: Vec<Ty> = self.cx.types[params].to_vec();
        parts.extend((result != Ty::VOID).then_some(result));
        if parts.into_iter().all(|ty| self.cx.is_called_alike(ty)) || self.names_function(value) {
            return;
        }
        let (span, name) = (self.body[value].span, self.name_of(ty));
        self.report(
            Diagnostic::error("E0705", span, "C cannot call this function value")
                .label(format!("of type `{name}`"))
                .note("C passes structs, `bool` and integers of 8, 16 or 128 bits in its own way")
                .help("pass the function itself by its name: then the compiler adapts it"),
        );
    }

    fn names_function(&self, value: ExprId) -> bool {
        match self.body[value].kind {
            ExprKind::Func(_) => true,
            ExprKind::Convert { kind: Conversion::Same | Conversion::Some, operand } => self.names_function(operand),
            _ => false,
        }
    }

    /// A variable argument of a C function.
    pub(crate) fn variable_argument(&mut self, value: ExprId) -> ExprId {
        let (ty, span) = (self.ty(value), self.body[value].span);
        let help = match self.kind(ty) {
            TyKind::Error | TyKind::Bool | TyKind::Char | TyKind::Int(_) | TyKind::Pointer { .. } => return value,
            TyKind::Float(32) => {
                return self.add(ExprKind::Convert { kind: Conversion::Float, operand: value }, Ty::F64, span);
            }
            TyKind::Float(64) => return value,
            TyKind::Optional(payload) if self.cx.types.is_address(payload) => return value,
            TyKind::Enum(_) | TyKind::Fn { .. } => match self.cx.not_of_c(ty) {
                None => return value,
                Some(wrong) => wrong.help,
            },
            TyKind::Nil => "name the type of the pointer: `nil as *u8`",
            TyKind::Struct(_) => "pass a pointer to it, or its fields",
            _ => self.cx.not_of_c(ty).map_or("pass a pointer to it", |wrong| wrong.help),
        };
        let name = self.name_of(ty);
        self.report(
            Diagnostic::error("E0706", span, format!("a `{name}` cannot be a variable argument of a C function"))
                .help(help),
        );
        self.error(span)
    }
}
