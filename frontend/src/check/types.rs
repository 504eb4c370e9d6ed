//! From types as they are written to [`Ty`], and the fields and layouts of structs; those of enums are in `enums`.

use super::{Cx, TypeState};
use crate::ast::{self, TypeKind};
use crate::diagnostic::Diagnostic;
use crate::intern::Symbol;
use crate::layout::{MAX_SIZE, layout_fields};
use crate::resolve::suggest::nearest;
use crate::resolve::{AliasId, AliasState, Decl, ScopeId};
use crate::source::Span;
use crate::types::{EnumId, FieldDef, StructId, Ty, TyKind};
use rustc_hash::{FxHashMap, FxHashSet};

/// Names of types that every scope sees, below all declarations.
pub(crate) const BUILTIN_TYPES: &[(&str, Ty)] = &[
    ("bool", Ty::BOOL),
    ("char", Ty::CHAR),
    ("f16", Ty::F16),
    ("f32", Ty::F32),
    ("f64", Ty::F64),
    ("i128", Ty::I128),
    ("i16", Ty::I16),
    ("i32", Ty::I32),
    ("i64", Ty::I64),
    ("i8", Ty::I8),
    ("isize", Ty::I64),
    ("str", Ty::STR),
    ("u128", Ty::U128),
    ("u16", Ty::U16),
    ("u32", Ty::U32),
    ("u64", Ty::U64),
    ("u8", Ty::U8),
    ("usize", Ty::U64),
    ("void", Ty::VOID),
];

/// The types of generic containers of the standard library, which are not there yet.
const LATER_TYPES: &[&str] = &["Buf", "Map", "Set", "mutex", "Thread", "Allocator"];

pub(crate) fn builtin_type(name: &str) -> Option<Ty> {
    BUILTIN_TYPES.iter().find(|(text, _)| *text == name).map(|&(_, ty)| ty)
}

/// Where a type stands: `restrict` is a promise about parameters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypePlace {
    /// A parameter of a function, or a field of a struct: `restrict` may stand here.
    Promise,
    /// Behind a pointer: values of the type are not needed.
    Target,
    Other,
}

impl<'a> Cx<'a> {
    /// Fields and layouts of all structs, and the types of aliases.
    pub(crate) fn resolve_types(&mut self) {
        // Blocks in array lengths could declare further structs and enums.
        let (mut structs, mut enums) = (0, 0);
        while structs < self.structs.len() || enums < self.enums.len() {
            if structs < self.structs.len() {
                self.resolve_struct(StructId(structs as u32));
                structs += 1;
            } else {
                self.resolve_enum(EnumId(enums as u32));
                enums += 1;
            }
        }
        for index in 0..self.structs.len() {
            self.layout_struct(StructId(index as u32));
        }
        for index in 0..self.enums.len() {
            self.layout_enum(EnumId(index as u32));
        }
        for index in 0..self.aliases.len() {
            let (scope, span) = (self.aliases[index].scope, self.aliases[index].span);
            let ty = self.resolve_alias(AliasId(index as u32), span);
            let _ = (scope, self.sized(ty, span));
        }
    }

    pub(crate) fn resolve_struct(&mut self, id: StructId) {
        let decl = &mut self.structs[id.0 as usize];
        if decl.state != TypeState::Unresolved {
            return;
        }
        decl.state = TypeState::InProgress;
        let (scope, list) = (decl.scope, decl.fields);
        let file = &self.files[self.scope(scope).file];
        let mut fields: Vec<FieldDef> = Vec::new();
        let mut seen: FxHashMap<Symbol, Span> = FxHashMap::default();
        for field in &file[list] {
            if let Some(refinement) = field.refinement {
                self.not_yet(file[refinement].span, "`where` is", "check the value with `assert`");
            }
            let mut ty = self.resolve_type(scope, field.ty, TypePlace::Promise);
            if ty == Ty::VOID {
                let span = file[field.ty].span;
                self.report(Diagnostic::error("E0306", span, "a field cannot be `void`, which has no values"));
                ty = Ty::ERROR;
            }
            if let Some(&first) = seen.get(&field.name.name) {
                let name = self.text(field.name.name).to_string();
                self.report(
                    Diagnostic::error("E0202", field.name.span, format!("the field `{name}` is declared twice"))
                        .label("declared again here")
                        .secondary(first, "first declared here"),
                );
                continue;
            }
            seen.insert(field.name.name, field.name.span);
            fields.push(FieldDef {
                name: field.name.name,
                ty,
                span: field.name.span,
                has_default: field.default.is_some(),
            });
        }
        self.types.structs[id.0 as usize].fields = fields;
        self.structs[id.0 as usize].state = TypeState::Done;
    }

    /// Lays a struct out, and before it those that are in it.
    pub(crate) fn layout_struct(&mut self, id: StructId) {
        match self.structs[id.0 as usize].layout {
            TypeState::Done | TypeState::InProgress => return,
            TypeState::Unresolved => {}
        }
        self.resolve_struct(id);
        if self.structs[id.0 as usize].state != TypeState::Done {
            // An array length inside of the struct asks for its size; the length reports it.
            return;
        }
        self.structs[id.0 as usize].layout = TypeState::InProgress;
        let fields: Vec<(Ty, Span)> = self.types[id].fields.iter().map(|field| (field.ty, field.span)).collect();
        for &(ty, span) in &fields {
            if let Some(inner) = self.type_in_progress(ty) {
                let name = self.text(self.types[id].name).to_string();
                self.report_infinite("struct", &name, self.types[id].span, inner, span);
                self.break_fields(id);
                break;
            }
            self.layout_parts(ty);
        }
        let layouts: Option<Vec<_>> = self.types[id].fields.iter().map(|f| self.types.try_layout(f.ty)).collect();
        let layout = layouts.and_then(layout_fields);
        if layout.is_none() {
            let name = self.text(self.types[id].name).to_string();
            let span = self.types[id].span;
            self.report(too_large(span, format!("the struct `{name}` is too large")));
            self.break_fields(id);
        }
        self.types.structs[id.0 as usize].layout =
            Some(layout.unwrap_or_else(|| layout_fields([]).expect("an empty struct has a layout")));
        self.structs[id.0 as usize].layout = TypeState::Done;
    }

    fn break_fields(&mut self, id: StructId) {
        for field in &mut self.types.structs[id.0 as usize].fields {
            field.ty = Ty::ERROR;
        }
    }

    /// A struct or enum that contains itself, through a field at `field`.
    pub(crate) fn report_infinite(&mut self, what: &str, name: &str, declared: Span, inner: Symbol, field: Span) {
        let inner = self.text(inner).to_string();
        let mut diagnostic = Diagnostic::error("E0307", declared, format!("the {what} `{name}` contains itself"))
            .label("its size would be infinite")
            .secondary(field, format!("`{inner}` in it"));
        diagnostic = diagnostic.help("let the field be a pointer, `*T` or `?*T`");
        self.report(diagnostic);
    }

    /// Lays out the structs and enums that are in a value of this type.
    pub(crate) fn layout_parts(&mut self, ty: Ty) {
        match self.types.kind(ty) {
            TyKind::Struct(id) => self.layout_struct(id),
            TyKind::Enum(id) => self.layout_enum(id),
            TyKind::Array { element, .. } => self.layout_parts(element),
            TyKind::Optional(payload) if !self.types.is_address(payload) => self.layout_parts(payload),
            TyKind::Result { ok, error } => {
                self.layout_parts(ok);
                self.layout_parts(error);
            }
            TyKind::Tuple(list) => {
                let parts = self.types[list].to_vec();
                for ty in parts {
                    self.layout_parts(ty);
                }
            }
            _ => {}
        }
    }

    /// The name of a struct or enum in a value of this type whose layout is being made.
    pub(crate) fn type_in_progress(&self, ty: Ty) -> Option<Symbol> {
        match self.types.kind(ty) {
            TyKind::Struct(id) => {
                (self.structs[id.0 as usize].layout == TypeState::InProgress).then_some(self.types[id].name)
            }
            TyKind::Enum(id) => {
                (self.enums[id.0 as usize].layout == TypeState::InProgress).then_some(self.types[id].name)
            }
            TyKind::Array { element, .. } => self.type_in_progress(element),
            TyKind::Optional(payload) if !self.types.is_address(payload) => self.type_in_progress(payload),
            TyKind::Result { ok, error } => self.type_in_progress(ok).or_else(|| self.type_in_progress(error)),
            TyKind::Tuple(list) => self.types[list].iter().find_map(|&ty| self.type_in_progress(ty)),
            _ => None,
        }
    }

    /// The type, if a value of it fits into memory; else an error was reported.
    pub(crate) fn sized(&mut self, ty: Ty, span: Span) -> Ty {
        self.layout_parts(ty);
        if self.type_in_progress(ty).is_some() || self.types.try_layout(ty).is_some() {
            return ty;
        }
        let name = self.name_of(ty);
        self.report(too_large(span, format!("the type `{name}` is too large")));
        Ty::ERROR
    }

    /// The size of a type in bytes, for `size_of!(T)`.
    pub(crate) fn size_of(&mut self, ty: Ty, span: Span) -> Option<u64> {
        self.layout_parts(ty);
        if self.type_in_progress(ty).is_some() || self.types.try_layout(ty).is_none() {
            self.report(Diagnostic::error("E0307", span, "the size of this type depends on itself"));
            return None;
        }
        Some(self.types.layout(ty).size)
    }

    pub(crate) fn resolve_alias(&mut self, id: AliasId, used_at: Span) -> Ty {
        let alias = &mut self.aliases[id.0 as usize];
        match alias.state {
            AliasState::Done(ty) => ty,
            AliasState::InProgress => {
                let span = alias.span;
                alias.state = AliasState::Done(Ty::ERROR);
                self.report(
                    Diagnostic::error("E0307", span, "this type is defined by itself")
                        .secondary(used_at, "used here while it is being defined"),
                );
                Ty::ERROR
            }
            AliasState::Unresolved => {
                alias.state = AliasState::InProgress;
                let (scope, written) = (alias.scope, alias.ty);
                let ty = if self.wait_for(used_at, "types") {
                    let ty = self.resolve_type(scope, written, TypePlace::Other);
                    self.constantize.waiting -= 1;
                    ty
                } else {
                    Ty::ERROR
                };
                let alias = &mut self.aliases[id.0 as usize];
                if alias.state == AliasState::InProgress {
                    alias.state = AliasState::Done(ty);
                }
                match self.aliases[id.0 as usize].state {
                    AliasState::Done(ty) => ty,
                    _ => Ty::ERROR,
                }
            }
        }
    }

    /// The type that is written there.
    pub(crate) fn resolve_type(&mut self, scope: ScopeId, id: ast::TypeId, place: TypePlace) -> Ty {
        let file = &self.files[self.scope(scope).file];
        let node = file[id];
        if let TypeKind::Pointer { restrict: true, .. }
        | TypeKind::Slice { restrict: true, .. }
        | TypeKind::Strided { restrict: true, .. }
        | TypeKind::View { restrict: true, .. } = node.kind
            && place != TypePlace::Promise
        {
            self.report(
                Diagnostic::error("E0309", node.span, "`restrict` stands only on parameters and fields")
                    .note("it is a promise about what a function reaches through its parameters"),
            );
        }
        let restricted = |restrict: bool| restrict && place == TypePlace::Promise;
        match node.kind {
            TypeKind::Error => Ty::ERROR,
            TypeKind::Path(path) => {
                let ty = self.resolve_type_path(scope, path);
                if place != TypePlace::Target && self.types.is_opaque(ty) {
                    self.report_opaque(ty, path.span);
                    return Ty::ERROR;
                }
                ty
            }
            TypeKind::Pointer { restrict, target } => {
                let target = self.resolve_type(scope, target, TypePlace::Target);
                self.wrap(target, |target| TyKind::Pointer { target, restrict: restricted(restrict) })
            }
            TypeKind::Slice { restrict, element } => {
                let element = self.resolve_element(scope, element);
                self.wrap(element, |element| TyKind::Slice { element, restrict: restricted(restrict) })
            }
            TypeKind::Strided { restrict, element } => {
                let element = self.resolve_element(scope, element);
                self.wrap(element, |element| TyKind::Strided { element, restrict: restricted(restrict) })
            }
            TypeKind::View { rank, restrict, element } => {
                let element = self.resolve_element(scope, element);
                self.wrap(element, |element| TyKind::View { rank, element, restrict: restricted(restrict) })
            }
            TypeKind::Array { len, element } => {
                let element = self.resolve_element(scope, element);
                let len = self.array_len(scope, len);
                match len {
                    Some(len) => self.wrap(element, |element| TyKind::Array { element, len }),
                    None => Ty::ERROR,
                }
            }
            TypeKind::Optional(payload) => {
                let payload = self.resolve_element(scope, payload);
                self.wrap(payload, TyKind::Optional)
            }
            TypeKind::Tuple(list) => {
                let parts: Vec<Ty> = file[list].iter().map(|&part| self.resolve_element(scope, part)).collect();
                if parts.contains(&Ty::ERROR) { Ty::ERROR } else { self.types.tuple(&parts) }
            }
            TypeKind::Fn { params, result } => {
                let params: Vec<Ty> =
                    file[params].iter().map(|&param| self.resolve_type(scope, param, TypePlace::Promise)).collect();
                let result = result.map_or(Ty::VOID, |result| self.resolve_type(scope, result, TypePlace::Other));
                if params.contains(&Ty::ERROR) || result == Ty::ERROR {
                    return Ty::ERROR;
                }
                self.types.function(&params, result)
            }
            TypeKind::Ref(_) => {
                self.not_yet(node.span, "garbage-collected references are", "use a pointer from `create!`");
                Ty::ERROR
            }
            TypeKind::Result { ok, error } => {
                let ok = self.resolve_type(scope, ok, TypePlace::Other);
                let error = self.resolve_element(scope, error);
                if ok == Ty::ERROR || error == Ty::ERROR {
                    return Ty::ERROR;
                }
                self.types.intern(TyKind::Result { ok, error })
            }
            TypeKind::Dyn(_) => {
                self.not_yet(node.span, "`dyn` is", "use a `fn` type or a struct of them");
                Ty::ERROR
            }
        }
    }

    /// The type of a part, which has to have values.
    pub(crate) fn resolve_element(&mut self, scope: ScopeId, id: ast::TypeId) -> Ty {
        let ty = self.resolve_type(scope, id, TypePlace::Other);
        if ty == Ty::VOID {
            let span = self.files[self.scope(scope).file][id].span;
            self.report(Diagnostic::error("E0306", span, "`void` has no values, so nothing can be made of it"));
            return Ty::ERROR;
        }
        ty
    }

    fn wrap(&mut self, inner: Ty, kind: impl FnOnce(Ty) -> TyKind) -> Ty {
        if inner == Ty::ERROR { Ty::ERROR } else { self.types.intern(kind(inner)) }
    }

    fn resolve_type_path(&mut self, scope: ScopeId, path: ast::Path) -> Ty {
        let file = &self.files[self.scope(scope).file];
        let mut segments = &file[path.segments];
        let mut found = self.lookup_decl(scope, segments[0].name.name);
        if let Some((decl, _, _)) = &mut found {
            let count;
            (*decl, count) = self.follow(*decl, segments, scope);
            segments = &segments[count - 1..];
        }
        let first = segments[0];
        let text = self.text(first.name.name).to_string();
        let ty = match found {
            Some((Decl::Struct(id), ..)) => self.types.intern(TyKind::Struct(id)),
            Some((Decl::Enum(id), ..)) => self.types.intern(TyKind::Enum(id)),
            Some((Decl::Alias(id), ..)) => self.resolve_alias(id, first.name.span),
            Some((Decl::Broken, ..)) => return Ty::ERROR,
            // A function or variable of that name does not hide the type.
            Some(_) if builtin_type(&text).is_some() => builtin_type(&text).unwrap_or(Ty::ERROR),
            Some((decl, span, _)) => {
                let what = match decl {
                    Decl::Fns(_) => "a function",
                    Decl::Const(_) => "a constant",
                    Decl::Global(_) => "a variable",
                    _ => "a module",
                };
                self.report(
                    Diagnostic::error("E0205", first.name.span, format!("`{text}` is {what}, not a type"))
                        .secondary(span, "declared here"),
                );
                return Ty::ERROR;
            }
            None => match builtin_type(&text) {
                Some(ty) => ty,
                None if LATER_TYPES.contains(&text.as_str()) => {
                    self.not_yet(path.span, &format!("the type `{text}` is"), "use slices and structs for now");
                    return Ty::ERROR;
                }
                None if first.name.name == Symbol::SELF_TYPE => {
                    self.report(
                        Diagnostic::error("E0203", path.span, "there is no `Self` here")
                            .note("it is the type of the `impl` block around a function"),
                    );
                    return Ty::ERROR;
                }
                None => {
                    self.report_unknown_type(scope, first.name);
                    return Ty::ERROR;
                }
            },
        };
        if let Some(second) = segments.get(1) {
            let inner = self.text(second.name.name).to_string();
            self.report(Diagnostic::error(
                "E0204",
                second.name.span,
                format!("there is no type `{inner}` in `{text}`"),
            ));
            return Ty::ERROR;
        }
        if first.args.is_some() {
            self.report(Diagnostic::error("E0310", path.span, format!("`{text}` takes no type arguments")));
            return Ty::ERROR;
        }
        ty
    }

    pub(crate) fn report_unknown_type(&mut self, scope: ScopeId, name: ast::Ident) {
        let text = self.text(name.name).to_string();
        let mut diagnostic =
            Diagnostic::error("E0203", name.span, format!("there is no type `{text}`")).label("not found");
        let mut candidates: Vec<&str> = BUILTIN_TYPES.iter().map(|&(name, _)| name).collect();
        let mut at = Some(scope);
        while let Some(scope) = at {
            let scope = self.scope(scope);
            candidates.extend(
                scope
                    .names
                    .iter()
                    .filter(|(_, named)| matches!(named.decl, Decl::Struct(_) | Decl::Enum(_) | Decl::Alias(_)))
                    .map(|(&name, _)| self.text(name)),
            );
            at = scope.parent;
        }
        // Names of types in other languages.
        let known = match text.as_str() {
            "int" | "long" | "Int" => Some("i64"),
            "uint" | "ulong" => Some("u64"),
            "byte" | "uchar" => Some("u8"),
            "float" => Some("f32"),
            "double" | "Float" => Some("f64"),
            "string" | "String" => Some("str"),
            "boolean" | "Bool" => Some("bool"),
            _ => None,
        };
        if let Some(near) = known.or_else(|| nearest(&text, candidates.into_iter())) {
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near);
        }
        self.report(diagnostic);
    }
}

impl<'a> Cx<'a> {
    /// The part of a type that has no zero value, if there is one.
    pub(crate) fn without_zero(&self, ty: Ty) -> Option<Ty> {
        self.part_without_zero(ty, &mut FxHashSet::default())
    }

    /// `seen` are the structs, enums and tuples that were looked at: a type may be in another very many times.
    fn part_without_zero(&self, ty: Ty, seen: &mut FxHashSet<Ty>) -> Option<Ty> {
        if let TyKind::Struct(_) | TyKind::Enum(_) | TyKind::Tuple(_) = self.types.kind(ty)
            && !seen.insert(ty)
        {
            return None;
        }
        match self.types.kind(ty) {
            TyKind::Fn { .. } | TyKind::Ref(_) => Some(ty),
            TyKind::Array { element, len } if len > 0 => self.part_without_zero(element, seen),
            TyKind::Tuple(list) => self.types[list].iter().find_map(|&ty| self.part_without_zero(ty, seen)),
            TyKind::Struct(id) if self.structs[id.0 as usize].state == TypeState::Done => {
                self.types[id].fields.iter().find_map(|field| self.part_without_zero(field.ty, seen))
            }
            TyKind::Enum(id) => match self.types[id].case_of(0) {
                Some(case) => {
                    self.types[id].cases[case].payload.iter().find_map(|field| self.part_without_zero(field.ty, seen))
                }
                None => Some(ty),
            },
            TyKind::Result { ok, .. } => self.part_without_zero(ok, seen),
            _ => None,
        }
    }
}

/// The error about what does not fit into the memory of a program.
pub(crate) fn too_large(span: Span, message: String) -> Diagnostic {
    Diagnostic::error("E0308", span, message)
        .note(format!("2 GiB ({MAX_SIZE} bytes) are the limit"))
        .help("`alloc!(T)(n)` gives as much memory as the machine has")
}
