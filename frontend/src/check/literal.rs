//! Struct, array and tuple literals.

use super::body::{FnCx, NameRef};
use crate::ast::{self, LitTarget};
use crate::diagnostic::Diagnostic;
use crate::hir::{ExprId, ExprKind};
use crate::resolve::Decl;
use crate::resolve::suggest::nearest;
use crate::source::Span;
use crate::types::{StructId, Ty, TyKind};
use rustc_hash::FxHashMap;

impl<'c, 'a> FnCx<'c, 'a> {
    /// The type asked for, without the `!E` and `?` around it.
    pub(crate) fn wanted(&self, hint: Option<Ty>) -> Option<TyKind> {
        let mut ty = hint?;
        if let TyKind::Result { ok, .. } = self.kind(ty) {
            ty = ok;
        }
        Some(match self.kind(ty) {
            TyKind::Optional(payload) => self.kind(payload),
            kind => kind,
        })
    }

    pub(crate) fn tuple(&mut self, parts: ast::List<ast::ExprId>, span: Span, hint: Option<Ty>) -> ExprId {
        let wanted: Vec<Ty> = match self.wanted(hint) {
            Some(TyKind::Tuple(list)) if self.cx.types[list].len() == parts.len() => self.cx.types[list].to_vec(),
            _ => Vec::new(),
        };
        let mut values = Vec::new();
        let mut tys = Vec::new();
        for (index, &part) in self.file[parts].iter().enumerate() {
            let value = match wanted.get(index) {
                Some(&ty) => self.expr_to(part, ty),
                None => {
                    let value = self.expr(part, None);
                    self.part_value(value)
                }
            };
            tys.push(self.ty(value));
            values.push(value);
        }
        if tys.contains(&Ty::ERROR) {
            return self.error(span);
        }
        let ty = self.cx.types.tuple(&tys);
        self.add(ExprKind::Aggregate(values), ty, span)
    }

    /// A value of which nothing is known but that it has to be one.
    pub(crate) fn part_value(&mut self, value: ExprId) -> ExprId {
        let span = self.body[value].span;
        match self.ty(value) {
            Ty::NIL => {
                self.report(
                    Diagnostic::error("E0311", span, "the type of this `nil` is not known")
                        .help("write the type of the variable, such as `?i64`"),
                );
                self.error(span)
            }
            Ty::VOID => {
                self.report_void(span, value);
                self.error(span)
            }
            Ty::NEVER => self.error(span),
            ty => {
                let ty = self.cx.unrestricted(ty);
                self.coerce(value, ty)
            }
        }
    }

    pub(crate) fn array(&mut self, elements: ast::List<ast::ExprId>, span: Span, hint: Option<Ty>) -> ExprId {
        let wanted = match self.wanted(hint) {
            Some(TyKind::Array { element, .. } | TyKind::Slice { element, .. }) => Some(element),
            // Rows of a view.
            Some(TyKind::View { rank: 2, element, .. }) => match self.file[elements].first() {
                Some(&first) if matches!(self.file[first].kind, ast::ExprKind::Array(_)) => {
                    let ast::ExprKind::Array(row) = self.file[first].kind else { return self.error(span) };
                    Some(self.cx.types.array(element, row.len() as u64))
                }
                _ => None,
            },
            _ => None,
        };
        let elements = &self.file[elements];
        if let Some(element) = wanted {
            let values: Vec<ExprId> = elements.iter().map(|&expr| self.expr_to(expr, element)).collect();
            if values.is_empty() && matches!(self.wanted(hint), Some(TyKind::Slice { .. })) {
                let ty = self.cx.types.slice(element);
                return self.add(ExprKind::Zero, ty, span);
            }
            let ty = self.cx.types.array(element, values.len() as u64);
            return self.add(ExprKind::Aggregate(values), ty, span);
        }
        if elements.is_empty() && self.wanted(hint) == Some(TyKind::Error) {
            return self.error(span);
        }
        if elements.is_empty() {
            self.report(
                Diagnostic::error("E0311", span, "the type of this empty array is not known")
                    .help("write the type of the variable, such as `[]i64`"),
            );
            return self.error(span);
        }
        // Elements with a type of their own come first; literals take theirs.
        let mut values: Vec<Option<ExprId>> = Vec::with_capacity(elements.len());
        let mut joined: Option<(Ty, Span)> = None;
        let mut free = None;
        let mut failed = false;
        for &expr in elements {
            if let Some(kind) = self.free(expr) {
                free = Some(match (free, kind) {
                    (Some(super::operator::Free::Float), _) | (_, super::operator::Free::Float) => {
                        super::operator::Free::Float
                    }
                    (_, kind) => kind,
                });
                values.push(None);
                continue;
            }
            let value = self.expr(expr, joined.map(|(ty, _)| ty));
            failed = failed || !self.join_element(value, &mut joined);
            values.push(Some(value));
        }
        let literal_ty = match (joined, free) {
            (Some((ty, _)), Some(free)) => Some(self.free_ty(free, Some(ty))),
            (None, Some(free)) => Some(free.default_ty()),
            _ => None,
        };
        let mut finished = Vec::with_capacity(elements.len());
        for (&expr, value) in elements.iter().zip(values) {
            finished.push(match value {
                Some(value) => value,
                None => {
                    let value = self.expr(expr, literal_ty);
                    failed = failed || !self.join_element(value, &mut joined);
                    value
                }
            });
        }
        let Some((element, _)) = joined.filter(|&(ty, _)| !failed && ty != Ty::ERROR) else {
            return self.error(span);
        };
        if matches!(element, Ty::NIL | Ty::VOID | Ty::NEVER) {
            self.part_value(finished[0]);
            return self.error(span);
        }
        let element = self.cx.unrestricted(element);
        let values: Vec<ExprId> = finished.into_iter().map(|value| self.coerce(value, element)).collect();
        let ty = self.cx.types.array(element, values.len() as u64);
        self.add(ExprKind::Aggregate(values), ty, span)
    }

    /// Joins the type of an element with those before it; `false` if that was reported to fail.
    fn join_element(&mut self, value: ExprId, joined: &mut Option<(Ty, Span)>) -> bool {
        let (ty, span) = (self.ty(value), self.body[value].span);
        match *joined {
            None => {
                *joined = Some((ty, span));
                true
            }
            Some((before, first)) => match self.join(before, ty) {
                Some(both) => {
                    *joined = Some((both, first));
                    true
                }
                None => {
                    let (a, b) = (self.name_of(before), self.name_of(ty));
                    let mut diagnostic =
                        Diagnostic::error("E0303", span, format!("the elements have different types: `{a}` and `{b}`"))
                            .label(format!("this is `{b}`"))
                            .secondary(first, format!("this is `{a}`"));
                    if self.cx.types.is_int(ty) && self.cx.types.is_int(before) {
                        diagnostic = self.suggest_cast(diagnostic, value, before);
                    }
                    self.report(diagnostic);
                    false
                }
            },
        }
    }

    /// `[value; len]`
    pub(crate) fn repeat(&mut self, value: ast::ExprId, len: ast::ExprId, span: Span, hint: Option<Ty>) -> ExprId {
        let wanted = match self.wanted(hint) {
            Some(TyKind::Array { element, .. } | TyKind::Slice { element, .. }) => Some(element),
            _ => None,
        };
        let value = match wanted {
            Some(ty) => self.expr_to(value, ty),
            None => {
                let value = self.expr(value, None);
                self.part_value(value)
            }
        };
        let len = self.local_array_len(len);
        let element = self.ty(value);
        match len {
            Some(len) if element != Ty::ERROR => {
                let ty = self.cx.types.array(element, len);
                let ty = self.cx.sized(ty, span);
                if ty == Ty::ERROR {
                    return self.error(span);
                }
                self.add(ExprKind::Repeat(value), ty, span)
            }
            _ => self.error(span),
        }
    }

    /// A length in a body, where a variable is a common mistake.
    fn local_array_len(&mut self, len: ast::ExprId) -> Option<u64> {
        if let ast::ExprKind::Name(name) = self.file[len].kind
            && let NameRef::Local(local) = self.lookup(name)
        {
            self.mark_used(local);
            let text = self.cx.text(name).to_string();
            let declared = self.body[local].span;
            self.report(
                Diagnostic::error(
                    "E0344",
                    self.file[len].span,
                    format!("`{text}` is a variable; its value is not known while compiling"),
                )
                .secondary(declared, "declared here")
                .note("the length of an array is a constant")
                .help("`alloc!(T)(n)` makes a slice of a length that is only known when the program runs"),
            );
            return None;
        }
        self.cx.array_len(self.item_scope, len)
    }

    pub(crate) fn struct_literal(
        &mut self,
        target: LitTarget,
        fields: ast::List<ast::FieldInit>,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        let id = match target {
            LitTarget::Infer => match self.wanted(hint) {
                Some(TyKind::Struct(id)) => Some(id),
                Some(TyKind::Error) => None,
                other => {
                    let mut diagnostic =
                        Diagnostic::error("E0314", span, "the type of this struct literal is not known here");
                    if let (Some(_), Some(ty)) = (other, hint)
                        && ty != Ty::VOID
                    {
                        let name = self.name_of(ty);
                        diagnostic = diagnostic.note(format!("a value of type `{name}` is asked for"));
                    }
                    self.report(diagnostic.help("write the name of the struct before the `{`"));
                    None
                }
            },
            LitTarget::Case(name) => {
                let with_dot = Span { start: span.start, ..name.span };
                return match self.case_of_hint(name, with_dot, hint) {
                    Some(at) => self.case_literal(at, fields, span),
                    None => self.broken_literal(fields, span),
                };
            }
            LitTarget::Path(path) => match self.enum_path(path) {
                Some((id, name)) => {
                    return match self.find_case(id, name) {
                        Some(at) => self.case_literal(at, fields, span),
                        None => self.broken_literal(fields, span),
                    };
                }
                None if self.report_bare_case(path, hint) => None,
                None => self.literal_target(path),
            },
        };
        let Some(id) = id else { return self.broken_literal(fields, span) };
        let ty = self.cx.types.intern(TyKind::Struct(id));
        let mut seen: FxHashMap<usize, Span> = FxHashMap::default();
        let mut values = Vec::new();
        for field in &self.file[fields] {
            let found = self.cx.types[id].fields.iter().position(|def| def.name == field.name.name);
            let Some(index) = found else {
                self.report_unknown_field(id, field.name);
                self.expr(field.value, None);
                continue;
            };
            let field_ty = self.cx.types[id].fields[index].ty;
            let value = self.expr_to(field.value, field_ty);
            if let Some(&first) = seen.get(&index) {
                let text = self.cx.text(field.name.name).to_string();
                self.report(
                    Diagnostic::error("E0202", field.name.span, format!("the field `{text}` is given twice"))
                        .secondary(first, "first given here"),
                );
                continue;
            }
            seen.insert(index, field.name.span);
            values.push((index as u32, value));
        }
        let mut missing = Vec::new();
        for index in 0..self.cx.types[id].fields.len() {
            if seen.contains_key(&index) {
                continue;
            }
            if self.cx.types[id].fields[index].has_default {
                let value = self.default_value(id, index, span);
                values.push((index as u32, value));
            } else {
                missing.push(self.cx.text(self.cx.types[id].fields[index].name).to_string());
            }
        }
        if !missing.is_empty() {
            let name = self.name_of(ty);
            let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
            let (plural, verb) = if missing.len() == 1 { ("field", "is") } else { ("fields", "are") };
            let declared = self.cx.types[id].span;
            self.report(
                Diagnostic::error(
                    "E0315",
                    span,
                    format!("the {plural} {} of `{name}` {verb} missing", names.join(", ")),
                )
                .secondary(declared, format!("`{name}` is declared here")),
            );
            // It is a value of the struct nonetheless.
            return self.add(ExprKind::Error, ty, span);
        }
        self.add(ExprKind::Struct(values), ty, span)
    }

    fn literal_target(&mut self, path: ast::Path) -> Option<StructId> {
        let segments = &self.file[path.segments];
        let (found, name, rest) = self.named_path(path);
        if let NameRef::Decl(Decl::Broken) = found {
            return None;
        }
        if !rest.is_empty() || segments.iter().any(|segment| segment.args.is_some()) {
            let what = if rest.is_empty() { "generics are" } else { "types in types are" };
            self.cx.not_yet(path.span, what, "use a struct");
            return None;
        }
        let ty = match found {
            NameRef::Decl(Decl::Struct(id)) => return Some(id),
            NameRef::Decl(Decl::Alias(id)) => self.cx.resolve_alias(id, name.span),
            NameRef::Unknown => {
                let text = self.cx.text(name.name);
                if super::types::builtin_type(text).is_none() {
                    self.cx.report_unknown_type(self.item_scope, name);
                    return None;
                }
                Ty::VOID
            }
            NameRef::Local(_) | NameRef::Field(_) | NameRef::Decl(_) | NameRef::Captured(_) => Ty::VOID,
        };
        match self.kind(ty) {
            TyKind::Struct(id) => Some(id),
            TyKind::Error => None,
            _ => {
                let text = self.cx.text(name.name).to_string();
                self.report(Diagnostic::error("E0314", name.span, format!("`{text}` is not a struct")));
                None
            }
        }
    }

    pub(crate) fn report_unknown_field(&mut self, id: StructId, name: ast::Ident) {
        let text = self.cx.text(name.name).to_string();
        let def = &self.cx.types[id];
        let struct_name = self.cx.text(def.name).to_string();
        let mut diagnostic = Diagnostic::error("E0351", name.span, format!("`{struct_name}` has no field `{text}`"))
            .secondary(def.span, format!("`{struct_name}` is declared here"));
        let fields: Vec<&str> = def.fields.iter().map(|field| self.cx.text(field.name)).collect();
        if let Some(near) = nearest(&text, fields.into_iter()) {
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near);
        }
        self.report(diagnostic);
    }

    /// The default value of a field, as if it stood in the literal, but with the names of the struct's scope.
    fn default_value(&mut self, id: StructId, index: usize, span: Span) -> ExprId {
        if self.cx.open_defaults.contains(&(id, index)) {
            let field = &self.cx.types[id].fields[index];
            let (name, at) = (self.cx.text(field.name).to_string(), field.span);
            let message = format!("the default value of `{name}` makes a value with the same default");
            self.report(Diagnostic::error("E0318", at, message));
            return self.error(span);
        }
        let scope = self.cx.structs[id.0 as usize].scope;
        let file_index = self.cx.scope(scope).file;
        let file = &self.cx.files[file_index];
        // Fields that were declared twice are left out of the definition.
        let name = self.cx.types[id].fields[index].name;
        let decl = file[self.cx.structs[id.0 as usize].fields].iter().find(|field| field.name.name == name);
        let Some(default) = decl.and_then(|field| field.default) else { return self.error(span) };
        let ty = self.cx.types[id].fields[index].ty;
        self.cx.open_defaults.push((id, index));
        let names = std::mem::take(&mut self.names);
        let used_fields = std::mem::take(&mut self.used_fields);
        let outer = std::mem::take(&mut self.outer_locals);
        let saved = (self.file, self.file_index, self.item_scope, self.base_scope);
        (self.file, self.file_index, self.item_scope, self.base_scope) = (file, file_index, scope, scope);
        self.push_scope(ast::List::EMPTY);
        let value = self.expr_to(default, ty);
        self.pop_scope();
        (self.file, self.file_index, self.item_scope, self.base_scope) = saved;
        self.names = names;
        self.used_fields = used_fields;
        self.outer_locals = outer;
        self.cx.open_defaults.pop();
        value
    }
}
