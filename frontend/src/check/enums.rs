//! Enums: their declarations, values of their cases, and which case a pattern names.

use super::body::{FnCx, NameRef};
use super::call::Argument;
use super::types::TypePlace;
use super::{Cx, TypeState};
use crate::ast::{self, CasePayload};
use crate::diagnostic::Diagnostic;
use crate::hir::{Builtin, ConstValue, ExprId, ExprKind};
use crate::intern::Symbol;
use crate::layout::{Layout, UnionLayout};
use crate::resolve::suggest::nearest;
use crate::resolve::{Decl, ScopeId};
use crate::source::Span;
use crate::types::{CaseDef, CaseShape, EnumDef, EnumId, FieldDef, IntTy, Ty, TyKind};
use rustc_hash::{FxHashMap, FxHashSet};

/// An enum as it is declared.
pub(crate) struct EnumDecl {
    pub scope: ScopeId,
    pub repr: Option<ast::TypeId>,
    /// In `#link`: an `int` of C, unless something else is written.
    pub foreign: bool,
    pub cases: ast::List<ast::CaseDecl>,
    pub state: TypeState,
    pub layout: TypeState,
}

/// A case of an enum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaseRef {
    pub id: EnumId,
    pub case: u32,
}

impl<'a> Cx<'a> {
    pub(crate) fn collect_enum(
        &mut self,
        scope: ScopeId,
        name: ast::Ident,
        repr: Option<ast::TypeId>,
        cases: ast::List<ast::CaseDecl>,
    ) -> EnumId {
        self.types.enums.push(EnumDef {
            name: name.name,
            repr: Ty::U8,
            cases: Vec::new(),
            span: name.span,
            layout: None,
            free_tag: None,
        });
        let (state, layout) = (TypeState::Unresolved, TypeState::Unresolved);
        self.enums.push(EnumDecl { scope, repr, foreign: false, cases, state, layout });
        EnumId(self.types.enums.len() as u32 - 1)
    }

    /// Finds the cases of an enum: their tags and the types of their payloads.
    pub(crate) fn resolve_enum(&mut self, id: EnumId) {
        let decl = &mut self.enums[id.0 as usize];
        if decl.state != TypeState::Unresolved {
            return;
        }
        decl.state = TypeState::InProgress;
        let (scope, written, list, foreign) = (decl.scope, decl.repr, decl.cases, decl.foreign);
        let file = &self.files[self.scope(scope).file];
        let declared = match written {
            None => foreign.then_some((Ty::I32, IntTy { bits: 32, signed: true })),
            Some(written) => self.enum_repr(scope, written),
        };
        let mut cases: Vec<CaseDef> = Vec::new();
        let mut tags: Vec<i128> = Vec::new();
        let mut seen: FxHashMap<Symbol, Span> = FxHashMap::default();
        let mut next = Some(0i128);
        for case in &file[list] {
            let tag = match case.value {
                Some(value) => self.enum_tag(scope, value, declared.map(|(ty, _)| ty)).or(next),
                None => next,
            };
            let (shape, payload) = self.case_payload(scope, case.payload);
            if let Some(&first) = seen.get(&case.name.name) {
                let name = self.text(case.name.name).to_string();
                self.report(
                    Diagnostic::error("E0202", case.name.span, format!("the case `{name}` is declared twice"))
                        .label("declared again here")
                        .secondary(first, "first declared here"),
                );
                continue;
            }
            seen.insert(case.name.name, case.name.span);
            let tag = tag.unwrap_or(i128::MAX);
            next = tag.checked_add(1);
            cases.push(CaseDef { name: case.name.name, shape, value: 0, payload, span: case.name.span });
            tags.push(tag);
        }
        if cases.is_empty() {
            let (span, name) = (self.types[id].span, self.text(self.types[id].name).to_string());
            self.report(Diagnostic::error("E0232", span, format!("the enum `{name}` has no cases")));
        }
        let (repr, int) = declared.unwrap_or_else(|| smallest_repr(&tags));
        self.check_tags(&cases, &tags, repr, int);
        for (case, tag) in cases.iter_mut().zip(&tags) {
            case.value = *tag as u128 & int.mask();
        }
        let def = &mut self.types.enums[id.0 as usize];
        def.free_tag = free_tag(&cases, int);
        def.repr = repr;
        def.cases = cases;
        self.enums[id.0 as usize].state = TypeState::Done;
    }

    /// The type of the tag, as it is written.
    fn enum_repr(&mut self, scope: ScopeId, written: ast::TypeId) -> Option<(Ty, IntTy)> {
        let ty = self.resolve_type(scope, written, TypePlace::Other);
        let int = self.types.as_int(ty);
        if int.is_none() && ty != Ty::ERROR {
            let (span, name) = (self.files[self.scope(scope).file][written].span, self.name_of(ty));
            self.report(
                Diagnostic::error("E0230", span, format!("an enum is represented by an integer, not by `{name}`"))
                    .help("without a type here, the smallest integer that holds all cases is chosen"),
            );
        }
        int.map(|int| (ty, int))
    }

    /// The value of a case that is written.
    fn enum_tag(&mut self, scope: ScopeId, value: ast::ExprId, repr: Option<Ty>) -> Option<i128> {
        let file_index = self.scope(scope).file;
        let span = self.files[file_index][value].span;
        let mut fcx = FnCx::new(self, file_index, scope);
        let wanted = repr.or_else(|| fcx.free(value).map(|_| Ty::I128));
        let (ty, value) = fcx.const_body(value, wanted)?;
        let tag = match (self.types.as_int(ty), value) {
            (Some(int), ConstValue::Int(bits)) => Some(int.to_i128(bits)),
            (Some(_), ConstValue::Zero) => Some(0),
            _ => None,
        };
        if tag.is_none() {
            let name = self.name_of(ty);
            self.report(Diagnostic::error("E0230", span, format!("the value of a case is an integer, not `{name}`")));
        }
        tag
    }

    fn check_tags(&mut self, cases: &[CaseDef], tags: &[i128], repr: Ty, int: IntTy) {
        let mut seen: FxHashMap<i128, usize> = FxHashMap::default();
        for (index, (case, &tag)) in cases.iter().zip(tags).enumerate() {
            let name = self.text(case.name).to_string();
            if int.to_i128(tag as u128 & int.mask()) != tag {
                let repr = self.name_of(repr);
                let message = format!("the value {tag} of `{name}` does not fit `{repr}`");
                self.report(Diagnostic::error("E0230", case.span, message));
                // So do those that count on from it.
                return;
            } else if let Some(&first) = seen.get(&tag) {
                let first = &cases[first];
                let other = self.text(first.name).to_string();
                self.report(
                    Diagnostic::error("E0231", case.span, format!("`{name}` has the value {tag}, as has `{other}`"))
                        .secondary(first.span, "the first case with this value"),
                );
            }
            seen.entry(tag).or_insert(index);
        }
    }

    fn case_payload(&mut self, scope: ScopeId, payload: CasePayload) -> (CaseShape, Vec<FieldDef>) {
        let file = &self.files[self.scope(scope).file];
        match payload {
            CasePayload::None => (CaseShape::Plain, Vec::new()),
            CasePayload::Tuple(parts) => {
                let fields = file[parts]
                    .iter()
                    .map(|&part| FieldDef {
                        name: Symbol::EMPTY,
                        ty: self.resolve_element(scope, part),
                        span: file[part].span,
                        has_default: false,
                    })
                    .collect();
                (CaseShape::Tuple, fields)
            }
            CasePayload::Struct(list) => {
                let mut fields: Vec<FieldDef> = Vec::new();
                for field in &file[list] {
                    if let Some(refinement) = field.refinement {
                        self.not_yet(file[refinement].span, "`where` is", "check the value with `assert`");
                    }
                    if let Some(default) = field.default {
                        let span = file[default].span;
                        self.report(
                            Diagnostic::error("E0233", span, "the payload of a case has no default values")
                                .help("let the payload be a struct with defaults"),
                        );
                    }
                    if let Some(first) = fields.iter().find(|other| other.name == field.name.name) {
                        let (first, name) = (first.span, self.text(field.name.name).to_string());
                        let message = format!("the field `{name}` is declared twice");
                        self.report(
                            Diagnostic::error("E0202", field.name.span, message)
                                .label("declared again here")
                                .secondary(first, "first declared here"),
                        );
                        continue;
                    }
                    let ty = self.resolve_element(scope, field.ty);
                    fields.push(FieldDef { name: field.name.name, ty, span: field.name.span, has_default: false });
                }
                (CaseShape::Struct, fields)
            }
        }
    }

    /// Lays an enum out, and before it the structs and enums that are in it.
    pub(crate) fn layout_enum(&mut self, id: EnumId) {
        if self.enums[id.0 as usize].layout != TypeState::Unresolved {
            return;
        }
        self.resolve_enum(id);
        if self.enums[id.0 as usize].state != TypeState::Done {
            // An array length in the enum asks for its size; the length reports it.
            return;
        }
        self.enums[id.0 as usize].layout = TypeState::InProgress;
        let payload: Vec<(Ty, Span)> =
            self.types[id].cases.iter().flat_map(|case| &case.payload).map(|field| (field.ty, field.span)).collect();
        let name = self.text(self.types[id].name).to_string();
        let declared = self.types[id].span;
        for (ty, span) in payload {
            if let Some(inner) = self.type_in_progress(ty) {
                self.report_infinite("enum", &name, declared, inner, span);
                self.break_payloads(id);
                break;
            }
            self.layout_parts(ty);
        }
        let ty = self.types.intern(TyKind::Enum(id));
        let mut layout = self.types.try_union_layout(ty);
        if layout.is_none() {
            self.report(Diagnostic::error("E0308", declared, format!("the enum `{name}` is too large")));
            self.break_payloads(id);
            layout = self.types.try_union_layout(ty);
        }
        let empty = UnionLayout { layout: Layout { size: 1, align: 1 }, cases: Vec::new() };
        self.types.enums[id.0 as usize].layout = Some(layout.unwrap_or(empty));
        self.enums[id.0 as usize].layout = TypeState::Done;
    }

    fn break_payloads(&mut self, id: EnumId) {
        for field in self.types.enums[id.0 as usize].cases.iter_mut().flat_map(|case| &mut case.payload) {
            field.ty = Ty::ERROR;
        }
    }

    /// Whether the cases of an enum are known by now; else that it needs itself was reported at `used_at`.
    fn enum_is_known(&mut self, id: EnumId, used_at: Span) -> bool {
        self.resolve_enum(id);
        let known = self.enums[id.0 as usize].state == TypeState::Done;
        if !known {
            let (span, name) = (self.types[id].span, self.text(self.types[id].name).to_string());
            self.report(
                Diagnostic::error("E0307", span, format!("the enum `{name}` is defined by itself"))
                    .secondary(used_at, "used here while it is being defined"),
            );
        }
        known
    }
}

/// The smallest integer type that holds all tags, without a sign if none is negative.
fn smallest_repr(tags: &[i128]) -> (Ty, IntTy) {
    let candidates = [
        (Ty::U8, 8, false),
        (Ty::I8, 8, true),
        (Ty::U16, 16, false),
        (Ty::I16, 16, true),
        (Ty::U32, 32, false),
        (Ty::I32, 32, true),
        (Ty::U64, 64, false),
        (Ty::I64, 64, true),
        (Ty::I128, 128, true),
    ];
    let int = |bits, signed| IntTy { bits, signed };
    let fits = |int: IntTy| tags.iter().all(|&tag| int.to_i128(tag as u128 & int.mask()) == tag);
    let found = candidates.into_iter().find(|&(_, bits, signed)| fits(int(bits, signed)));
    let (ty, bits, signed) = found.unwrap_or((Ty::I128, 128, true));
    (ty, int(bits, signed))
}

/// The smallest tag that no case has.
fn free_tag(cases: &[CaseDef], int: IntTy) -> Option<u128> {
    let used: FxHashSet<u128> = cases.iter().map(|case| case.value).collect();
    (0..=cases.len() as u128).find(|tag| !used.contains(tag)).filter(|&tag| tag <= int.mask())
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// The enum that the context asks for, if it is one.
    pub(crate) fn wanted_enum(&self, hint: Option<Ty>) -> Option<EnumId> {
        match self.wanted(hint) {
            Some(TyKind::Enum(id)) => Some(id),
            _ => None,
        }
    }

    /// The case of this name; reported if there is none.
    pub(crate) fn find_case(&mut self, id: EnumId, name: ast::Ident) -> Option<CaseRef> {
        if !self.cx.enum_is_known(id, name.span) {
            return None;
        }
        let def = &self.cx.types[id];
        if let Some(case) = def.cases.iter().position(|case| case.name == name.name) {
            return Some(CaseRef { id, case: case as u32 });
        }
        let (text, enum_name) = (self.cx.text(name.name).to_string(), self.cx.text(def.name).to_string());
        let mut diagnostic =
            Diagnostic::error("E0380", name.span, format!("the enum `{enum_name}` has no case `{text}`"))
                .secondary(def.span, format!("`{enum_name}` is declared here"));
        let names: Vec<&str> = def.cases.iter().map(|case| self.cx.text(case.name)).collect();
        if let Some(near) = nearest(&text, names.iter().copied()) {
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near);
        } else if names.len() <= 8 {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            diagnostic = diagnostic.note(format!("it has {}", names.join(", ")));
        }
        self.report(diagnostic);
        None
    }

    /// Whether an enum has a case of this name.
    pub(crate) fn has_case(&mut self, id: EnumId, name: Symbol) -> bool {
        self.cx.resolve_enum(id);
        self.cx.types[id].cases.iter().any(|case| case.name == name)
    }

    /// `Shape.Circle`, `m.Shape.Circle`: the enum that all but the last name of a path are, and the last name.
    pub(crate) fn enum_path(&mut self, path: ast::Path) -> Option<(EnumId, ast::Ident)> {
        let (found, name, rest) = self.named_path(path);
        let [case] = rest else { return None };
        if self.file[path.segments].iter().any(|segment| segment.args.is_some()) {
            return None;
        }
        let ty = self.type_of_name(found, name)?;
        match self.kind(ty) {
            TyKind::Enum(id) => Some((id, case.name)),
            _ => None,
        }
    }

    fn case_def(&self, at: CaseRef) -> &CaseDef {
        &self.cx.types[at.id].cases[at.case as usize]
    }

    fn enum_ty(&mut self, id: EnumId) -> Ty {
        self.cx.types.intern(TyKind::Enum(id))
    }

    /// How a case is written, with its payload.
    fn case_text(&self, at: CaseRef) -> String {
        let def = self.case_def(at);
        let name = self.cx.text(def.name);
        match def.shape {
            CaseShape::Plain => format!(".{name}"),
            CaseShape::Tuple => {
                let parts: Vec<String> = def.payload.iter().map(|field| self.name_of(field.ty)).collect();
                format!(".{name}({})", parts.join(", "))
            }
            CaseShape::Struct => {
                let fields: Vec<String> = def
                    .payload
                    .iter()
                    .map(|field| format!("{}: {}", self.cx.text(field.name), self.name_of(field.ty)))
                    .collect();
                format!(".{name} {{ {} }}", fields.join(", "))
            }
        }
    }

    /// A case that is written with another kind of payload than it has.
    fn report_shape(&mut self, at: CaseRef, span: Span, what: &str) {
        let (name, text, declared) =
            (self.cx.text(self.case_def(at).name).to_string(), self.case_text(at), self.case_def(at).span);
        self.report(
            Diagnostic::error("E0381", span, format!("the case `{name}` {what}"))
                .secondary(declared, "declared here")
                .help(format!("it is written `{text}`")),
        );
    }

    // ---------------------------------------------------------------------------------------------- values

    /// `.Empty`
    pub(crate) fn inferred_case(&mut self, name: ast::Ident, span: Span, hint: Option<Ty>) -> ExprId {
        match self.case_of_hint(name, span, hint) {
            Some(at) => self.plain_case(at, span),
            None => self.error(span),
        }
    }

    /// The case `.name` of the enum that the context asks for.
    pub(crate) fn case_of_hint(&mut self, name: ast::Ident, span: Span, hint: Option<Ty>) -> Option<CaseRef> {
        if let Some(id) = self.wanted_enum(hint) {
            return self.find_case(id, name);
        }
        let text = self.cx.text(name.name).to_string();
        let mut diagnostic =
            Diagnostic::error("E0314", span, format!("which enum `.{text}` is a case of is not known here"));
        match hint {
            Some(Ty::ERROR) => return None,
            Some(ty) if ty != Ty::VOID => {
                let name = self.name_of(ty);
                diagnostic = diagnostic.note(format!("a value of type `{name}` is asked for"));
            }
            _ => match &self.enums_with_case(name.name)[..] {
                [only] => diagnostic = diagnostic.suggest("name the enum", span.at_start(), only),
                _ => diagnostic = diagnostic.help(format!("write the name of the enum before the dot: `Enum.{text}`")),
            },
        }
        self.report(diagnostic);
        None
    }

    /// The names of the enums that are visible here and have such a case.
    fn enums_with_case(&mut self, case: Symbol) -> Vec<String> {
        let mut found = Vec::new();
        let mut at = Some(self.item_scope);
        while let Some(scope) = at {
            let scope = self.cx.scope(scope);
            at = scope.parent;
            found.extend(scope.names.iter().filter_map(|(&name, named)| match named.decl {
                Decl::Enum(id) => Some((name, id)),
                _ => None,
            }));
        }
        let names = found.into_iter().filter(|&(_, id)| self.has_case(id, case)).map(|(name, _)| name);
        let names: Vec<Symbol> = names.collect();
        names.into_iter().map(|name| self.cx.text(name).to_string()).collect()
    }

    /// A case without payload.
    pub(crate) fn plain_case(&mut self, at: CaseRef, span: Span) -> ExprId {
        if self.case_def(at).shape != CaseShape::Plain {
            self.report_shape(at, span, "needs its payload");
            return self.error(span);
        }
        let ty = self.enum_ty(at.id);
        self.add(ExprKind::Case { case: at.case, fields: Vec::new() }, ty, span)
    }

    /// `Circle(2.0)`
    pub(crate) fn case_call(
        &mut self,
        at: CaseRef,
        args: Vec<Argument>,
        name: Span,
        paren: Span,
        span: Span,
    ) -> ExprId {
        let def = self.case_def(at);
        if def.shape != CaseShape::Tuple {
            let what = if def.shape == CaseShape::Plain { "has no payload" } else { "has a payload with named parts" };
            self.report_shape(at, name, what);
            return self.check_arguments(args, span);
        }
        let wanted: Vec<(Ty, Span)> = def.payload.iter().map(|field| (field.ty, field.span)).collect();
        let ty = self.enum_ty(at.id);
        if wanted.len() != args.len() {
            let (text, declared) = (self.cx.text(self.case_def(at).name).to_string(), self.case_def(at).span);
            let diagnostic = self
                .count_error(wanted.len(), args.len(), paren)
                .secondary(declared, format!("`{text}` is declared here"));
            self.report(diagnostic);
            self.check_arguments(args, span);
            return self.add(ExprKind::Error, ty, span);
        }
        let mut fields = Vec::new();
        for (index, (argument, (ty, declared))) in args.into_iter().zip(wanted).enumerate() {
            let value = self.argument(argument, Some(ty));
            let errors = self.cx.diagnostics.len();
            let value = self.coerce(value, ty);
            if let Some(diagnostic) = self.cx.diagnostics[errors..].last_mut() {
                let text = "because of this payload".to_string();
                diagnostic.secondary.push(crate::diagnostic::Label { span: declared, text });
            }
            fields.push((index as u32, value));
        }
        self.add(ExprKind::Case { case: at.case, fields }, ty, span)
    }

    /// `Rect { w: 1.0, h: 2.0 }`
    pub(crate) fn case_literal(&mut self, at: CaseRef, list: ast::List<ast::FieldInit>, span: Span) -> ExprId {
        let def = self.case_def(at);
        if def.shape != CaseShape::Struct {
            let what = if def.shape == CaseShape::Plain { "has no payload" } else { "has a payload without names" };
            self.report_shape(at, span, what);
            return self.broken_literal(list, span);
        }
        let known: Vec<(Symbol, Ty)> = def.payload.iter().map(|field| (field.name, field.ty)).collect();
        let mut given: Vec<Option<Span>> = vec![None; known.len()];
        let mut fields = Vec::new();
        for field in &self.file[list] {
            let Some(index) = known.iter().position(|&(name, _)| name == field.name.name) else {
                self.report_unknown_part(at, field.name);
                self.expr(field.value, None);
                continue;
            };
            let value = self.expr_to(field.value, known[index].1);
            if let Some(first) = given[index] {
                let text = self.cx.text(field.name.name).to_string();
                self.report(
                    Diagnostic::error("E0202", field.name.span, format!("the field `{text}` is given twice"))
                        .secondary(first, "first given here"),
                );
                continue;
            }
            given[index] = Some(field.name.span);
            fields.push((index as u32, value));
        }
        let ty = self.enum_ty(at.id);
        let missing: Vec<String> = known
            .iter()
            .zip(&given)
            .filter(|(_, given)| given.is_none())
            .map(|((name, _), _)| format!("`{}`", self.cx.text(*name)))
            .collect();
        if !missing.is_empty() {
            let (text, declared) = (self.cx.text(self.case_def(at).name).to_string(), self.case_def(at).span);
            let (plural, verb) = if missing.len() == 1 { ("field", "is") } else { ("fields", "are") };
            let message = format!("the {plural} {} of `{text}` {verb} missing", missing.join(", "));
            self.report(
                Diagnostic::error("E0315", span, message).secondary(declared, format!("`{text}` is declared here")),
            );
            return self.add(ExprKind::Error, ty, span);
        }
        self.add(ExprKind::Case { case: at.case, fields }, ty, span)
    }

    /// Reports `Rect { ... }` where an enum with that case is asked for, and nothing else has the name.
    pub(crate) fn report_bare_case(&mut self, path: ast::Path, hint: Option<Ty>) -> bool {
        let ([only], Some(id)) = (&self.file[path.segments], self.wanted_enum(hint)) else { return false };
        let name = only.name;
        if !self.has_case(id, name.name) || !matches!(self.lookup(name.name), NameRef::Unknown) {
            return false;
        }
        let (text, of) = (self.cx.text(name.name).to_string(), self.cx.text(self.cx.types[id].name).to_string());
        self.report(
            Diagnostic::error("E0314", name.span, format!("`{text}` is a case of the enum `{of}`, not a struct"))
                .suggest("name it with a dot", name.span.at_start(), "."),
        );
        true
    }

    pub(crate) fn broken_literal(&mut self, fields: ast::List<ast::FieldInit>, span: Span) -> ExprId {
        for field in &self.file[fields] {
            self.expr(field.value, None);
        }
        self.error(span)
    }

    fn report_unknown_part(&mut self, at: CaseRef, name: ast::Ident) {
        let text = self.cx.text(name.name).to_string();
        let def = self.case_def(at);
        let case = self.cx.text(def.name).to_string();
        let mut diagnostic = Diagnostic::error("E0351", name.span, format!("`{case}` has no field `{text}`"))
            .secondary(def.span, format!("`{case}` is declared here"));
        let names: Vec<&str> = def.payload.iter().map(|field| self.cx.text(field.name)).collect();
        if let Some(near) = nearest(&text, names.into_iter()) {
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near);
        }
        self.report(diagnostic);
    }

    /// `Color.from(n)`: a case by its value.
    pub(crate) fn enum_from(&mut self, id: EnumId, args: Vec<Argument>, name: Span, paren: Span, span: Span) -> ExprId {
        if !self.cx.types[id].is_plain() {
            let text = self.cx.text(self.cx.types[id].name).to_string();
            self.report(
                Diagnostic::error("E0406", name, format!("`{text}` has no `from`: it has cases with a payload"))
                    .secondary(self.cx.types[id].span, "declared here"),
            );
            return self.check_arguments(args, span);
        }
        let [argument] = args[..] else {
            let diagnostic = self.count_error(1, args.len(), paren);
            self.report(diagnostic);
            return self.check_arguments(args, span);
        };
        let repr = self.cx.types[id].repr;
        // A literal that the representation does not hold is a value nonetheless, which no case has.
        let hint = self.argument_free(argument).map(|_| Ty::I128);
        let value = self.argument(argument, hint);
        let (ty, at) = (self.ty(value), self.body[value].span);
        if ty == Ty::ERROR {
            return self.error(span);
        }
        if !self.cx.types.is_int(ty) {
            let (found, expected) = (self.name_of(ty), self.name_of(repr));
            self.report(Diagnostic::error(
                "E0301",
                at,
                format!("expected an integer such as `{expected}`, found `{found}`"),
            ));
            return self.error(span);
        }
        let whole = self.enum_ty(id);
        let result = self.cx.types.optional(whole);
        self.add(ExprKind::Builtin { op: Builtin::EnumFrom, args: vec![value], paren }, result, span)
    }

    // -------------------------------------------------------------------------------------------- patterns

    /// The case that a pattern names, for values of the enum `ty`. A path of one name is a case of it, too.
    pub(crate) fn case_of_target(&mut self, target: ast::PatTarget, ty: Ty, span: Span) -> Option<CaseRef> {
        let TyKind::Enum(id) = self.kind(ty) else {
            if ty != Ty::ERROR {
                let name = self.name_of(ty);
                let message = format!("this pattern is a case of an enum, the value is `{name}`");
                let mut diagnostic = Diagnostic::error("E0376", span, message);
                match self.kind(ty) {
                    TyKind::Pointer { target, .. } if matches!(self.kind(target), TyKind::Enum(_)) => {
                        diagnostic = diagnostic.help("`.*` behind the pointer reads the enum that it points to");
                    }
                    TyKind::Result { .. } => {
                        diagnostic = diagnostic.help("`try` or `catch` gives the value of an error result");
                    }
                    _ => {}
                }
                self.report(diagnostic);
            }
            return None;
        };
        match target {
            ast::PatTarget::Case(name) => self.find_case(id, name),
            ast::PatTarget::Path(path) => match self.file[path.segments] {
                [only] => self.find_case(id, only.name),
                _ => {
                    let Some((named, case)) = self.enum_path(path) else {
                        self.report_no_enum(path);
                        return None;
                    };
                    if named != id {
                        let (text, found) = (self.cx.text(self.cx.types[named].name).to_string(), self.name_of(ty));
                        let message = format!("this pattern is of the enum `{text}`, the value is `{found}`");
                        self.report(Diagnostic::error("E0376", span, message));
                        return None;
                    }
                    self.find_case(id, case)
                }
            },
        }
    }

    /// A path whose first names are no type.
    pub(crate) fn report_no_enum(&mut self, path: ast::Path) {
        let (found, name, rest) = self.named_path(path);
        let text = self.cx.text(name.name).to_string();
        match found {
            NameRef::Unknown => self.cx.report_unknown_type(self.item_scope, name),
            NameRef::Decl(Decl::Broken) => {}
            _ if rest.is_empty() => {
                self.report(Diagnostic::error("E0376", name.span, format!("`{text}` is not a case of an enum")));
            }
            _ => self.report(Diagnostic::error("E0314", name.span, format!("`{text}` is not an enum"))),
        }
    }

    /// `.Circle(r)`: the types of the parts, if there are as many.
    pub(crate) fn tuple_case_pattern(&mut self, at: CaseRef, count: usize, span: Span) -> Option<Vec<Ty>> {
        let def = self.case_def(at);
        if def.shape != CaseShape::Tuple {
            let what = if def.shape == CaseShape::Plain { "has no payload" } else { "has a payload with named parts" };
            self.report_shape(at, span, what);
            return None;
        }
        if def.payload.len() != count {
            let (text, declared, expected) = (self.cx.text(def.name).to_string(), def.span, def.payload.len());
            let message = format!("the pattern has {count} parts, the payload of `{text}` has {expected}");
            self.report(Diagnostic::error("E0376", span, message).secondary(declared, "declared here"));
            return None;
        }
        Some(def.payload.iter().map(|field| field.ty).collect())
    }

    /// `.Rect { w, .. }`: the number, type and pattern of each part.
    pub(crate) fn struct_case_pattern(
        &mut self,
        at: CaseRef,
        fields: ast::List<ast::FieldPat>,
        rest: bool,
        span: Span,
    ) -> Option<Vec<(u32, Ty, ast::PatId)>> {
        let def = self.case_def(at);
        if def.shape != CaseShape::Struct {
            let what = if def.shape == CaseShape::Plain { "has no payload" } else { "has a payload without names" };
            self.report_shape(at, span, what);
            return None;
        }
        let known: Vec<(Symbol, Ty)> = def.payload.iter().map(|field| (field.name, field.ty)).collect();
        let mut parts: Vec<(u32, Ty, ast::PatId)> = Vec::new();
        for field in &self.file[fields] {
            match known.iter().position(|&(name, _)| name == field.name.name) {
                None => {
                    self.report_unknown_part(at, field.name);
                    self.bind_broken(field.pat);
                }
                Some(index) if parts.iter().any(|&(other, ..)| other as usize == index) => {
                    let text = self.cx.text(field.name.name).to_string();
                    let message = format!("the field `{text}` is given twice");
                    self.report(Diagnostic::error("E0202", field.name.span, message));
                }
                Some(index) => parts.push((index as u32, known[index].1, field.pat)),
            }
        }
        if !rest && parts.len() < known.len() {
            let missing: Vec<String> = (0..known.len())
                .filter(|&index| !parts.iter().any(|&(other, ..)| other as usize == index))
                .map(|index| format!("`{}`", self.cx.text(known[index].0)))
                .collect();
            self.report(
                Diagnostic::error("E0315", span, format!("the pattern leaves out {}", missing.join(", ")))
                    .help("write `..` at its end to ignore the other fields"),
            );
        }
        Some(parts)
    }
}
