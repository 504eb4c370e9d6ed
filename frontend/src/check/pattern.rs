//! Patterns: of `let`, which always match, and of `switch`, `if let` and `while let`.

use super::body::{Binding, FnCx, NameRef};
use super::coverage;
use super::expr::Testable;
use crate::ast::{self, PatKind, PatTarget};
use crate::consteval;
use crate::diagnostic::Diagnostic;
use crate::hir::{self, ConstValue, ExprId, LocalId, PlaceKind};
use crate::intern::Symbol;
use crate::resolve::Decl;
use crate::source::Span;
use crate::types::{StructId, Ty, TyKind};
use rustc_hash::FxHashMap;

impl<'c, 'a> FnCx<'c, 'a> {
    // ---------------------------------------------------------------------------------------- of `let` and `for`

    /// Binds the names of a pattern that matches every value of the type.
    pub(crate) fn bind_irrefutable(
        &mut self,
        pat: ast::PatId,
        init: ExprId,
        mutable: bool,
        span: Span,
        out: &mut Vec<hir::Stmt>,
    ) {
        let node = self.file[pat];
        let ty = self.ty(init);
        match node.kind {
            PatKind::Bind(name) => {
                let escape = if mutable { None } else { self.escaping_local(init) };
                let known = self.known_ints.get(&init).copied();
                let local = self.declare_local(ast::Ident { name, span: node.span }, ty, mutable);
                if let Some(super::place::Escape::Local(from)) = escape {
                    self.escaping.insert(local, from);
                }
                let _ = known;
                out.push(hir::Stmt { kind: hir::StmtKind::Let { local, init }, span });
            }
            PatKind::Wild | PatKind::Error => out.push(hir::Stmt { kind: hir::StmtKind::Expr(init), span }),
            PatKind::Tuple(parts) => {
                let tys = match self.kind(ty) {
                    TyKind::Tuple(list) if self.cx.types[list].len() == parts.len() => self.cx.types[list].to_vec(),
                    kind => {
                        if ty != Ty::ERROR {
                            self.report_tuple_pattern(kind, ty, parts.len(), node.span);
                        }
                        vec![Ty::ERROR; parts.len()]
                    }
                };
                let parts: Vec<(u32, ast::PatId)> =
                    self.file[parts].iter().enumerate().map(|(index, &part)| (index as u32, part)).collect();
                self.bind_parts(&parts, &tys, init, mutable, span, out);
            }
            PatKind::Struct { target, fields, rest } => {
                if let TyKind::Enum(_) = self.kind(ty) {
                    return self.bind_by_test(pat, init, mutable, span, out);
                }
                let Some(id) = self.struct_pattern(target, ty, node.span) else {
                    let parts: Vec<(u32, ast::PatId)> = self.file[fields].iter().map(|field| (0, field.pat)).collect();
                    return self.bind_parts(&parts, &vec![Ty::ERROR; parts.len()], init, mutable, span, out);
                };
                let parts = self.pattern_fields(id, fields, rest, node.span);
                let tys: Vec<Ty> =
                    parts.iter().map(|&(index, _)| self.cx.types[id].fields[index as usize].ty).collect();
                self.bind_parts(&parts, &tys, init, mutable, span, out);
            }
            PatKind::Case(_)
            | PatKind::Payload { .. }
            | PatKind::ErrorOf(_)
            | PatKind::Lit(_)
            | PatKind::Const(_)
            | PatKind::Path(_)
            | PatKind::Range { .. }
            | PatKind::Or(_) => self.bind_by_test(pat, init, mutable, span, out),
        }
    }

    /// A pattern that may not match, such as a case of an enum, unless it covers all values of the type: that of the
    /// only case does.
    fn bind_by_test(&mut self, pat: ast::PatId, init: ExprId, mutable: bool, span: Span, out: &mut Vec<hir::Stmt>) {
        let (ty, at) = (self.ty(init), self.file[pat].span);
        if ty == Ty::ERROR {
            return self.bind_broken(pat);
        }
        let (first, errors, broken) = (self.body.locals.len(), self.cx.diagnostics.len(), self.broken_patterns);
        let test = self.pattern(pat, ty);
        if broken != self.broken_patterns || self.cx.diagnostics[errors..].iter().any(Diagnostic::is_error) {
            return;
        }
        let texts = coverage::Texts { types: &self.cx.types, interner: self.cx.interner, strings: &self.cx.strings };
        let covered = coverage::check(texts, &[(&test, false, at)]);
        if covered.missing.is_some() || covered.gave_up {
            let mut diagnostic = Diagnostic::error("E0370", at, "this pattern does not match every value");
            if let Some([example, ..]) = covered.missing.as_deref() {
                diagnostic = diagnostic.label(format!("{example} is not matched"));
            }
            self.report(diagnostic.help("`if let` or `switch` tests a value"));
            for local in first..self.body.locals.len() {
                self.mark_used(LocalId(local as u32));
            }
            return;
        }
        for local in &mut self.body.locals[first..] {
            local.mutable = mutable;
        }
        let body = self.add(hir::ExprKind::Zero, Ty::VOID, at);
        let arms = vec![hir::Arm { pat: test, guard: None, body }];
        let test = self.add(hir::ExprKind::Switch { value: init, arms }, Ty::VOID, span);
        out.push(hir::Stmt { kind: hir::StmtKind::Expr(test), span });
    }

    /// Declares the names of a pattern that had an error.
    pub(crate) fn bind_broken(&mut self, pat: ast::PatId) {
        let mut names = Vec::new();
        crate::resolve::collect::bound_names(self.file, pat, &mut names);
        for name in names {
            let local = self.declare_local(name, Ty::ERROR, true);
            self.mark_used(local);
        }
    }

    fn bind_parts(
        &mut self,
        parts: &[(u32, ast::PatId)],
        tys: &[Ty],
        init: ExprId,
        mutable: bool,
        span: Span,
        out: &mut Vec<hir::Stmt>,
    ) {
        let whole_ty = self.ty(init);
        let whole_span = self.body[init].span;
        let whole = self.hidden_local(whole_ty, whole_span);
        out.push(hir::Stmt { kind: hir::StmtKind::Let { local: whole, init }, span });
        for (&(field, pat), &ty) in parts.iter().zip(tys) {
            let part_span = self.file[pat].span;
            let value = if ty == Ty::ERROR {
                self.error(part_span)
            } else {
                let base = self.place(PlaceKind::Local(whole), whole_ty, part_span);
                let place = self.place(PlaceKind::Field { base, field }, ty, part_span);
                self.add(hir::ExprKind::Load(place), ty, part_span)
            };
            self.bind_irrefutable(pat, value, mutable, span, out);
        }
    }

    pub(crate) fn report_tuple_pattern(&mut self, kind: TyKind, ty: Ty, count: usize, span: Span) {
        let name = self.name_of(ty);
        let message = match kind {
            TyKind::Tuple(list) => {
                format!("the pattern has {count} parts, the value `{name}` has {}", self.cx.types[list].len())
            }
            _ => format!("this pattern is of a tuple, the value is `{name}`"),
        };
        self.report(Diagnostic::error("E0376", span, message));
    }

    /// The struct that a pattern names, if values of the type are of it.
    pub(crate) fn struct_pattern(&mut self, target: PatTarget, ty: Ty, span: Span) -> Option<StructId> {
        let named = match target {
            PatTarget::Case(_) => {
                if ty != Ty::ERROR {
                    let name = self.name_of(ty);
                    let message = format!("this pattern is a case of an enum, the value is `{name}`");
                    self.report(Diagnostic::error("E0376", span, message));
                }
                return None;
            }
            PatTarget::Path(path) if self.enum_path(path).is_some() => {
                self.case_of_target(target, ty, span);
                return None;
            }
            PatTarget::Path(path) => self.pattern_struct_path(path)?,
        };
        match self.kind(ty) {
            TyKind::Struct(id) if id == named => Some(id),
            TyKind::Error => None,
            _ => {
                let (name, found) = (self.cx.text(self.cx.types[named].name).to_string(), self.name_of(ty));
                let message = format!("this pattern is of the struct `{name}`, the value is `{found}`");
                self.report(Diagnostic::error("E0376", span, message));
                None
            }
        }
    }

    fn pattern_struct_path(&mut self, path: ast::Path) -> Option<StructId> {
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
        match found {
            NameRef::Decl(Decl::Struct(id)) => Some(id),
            NameRef::Decl(Decl::Alias(id)) => {
                let ty = self.cx.resolve_alias(id, name.span);
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
            NameRef::Unknown => {
                self.cx.report_unknown_type(self.item_scope, name);
                None
            }
            _ => {
                let text = self.cx.text(name.name).to_string();
                self.report(Diagnostic::error("E0314", name.span, format!("`{text}` is not a struct")));
                None
            }
        }
    }

    /// Fields of a struct pattern by number.
    fn pattern_fields(
        &mut self,
        id: StructId,
        fields: ast::List<ast::FieldPat>,
        rest: bool,
        span: Span,
    ) -> Vec<(u32, ast::PatId)> {
        let mut parts: Vec<(u32, ast::PatId)> = Vec::new();
        for field in &self.file[fields] {
            match self.cx.types[id].fields.iter().position(|def| def.name == field.name.name) {
                None => {
                    self.report_unknown_field(id, field.name);
                    self.bind_broken(field.pat);
                }
                Some(index) if parts.iter().any(|&(other, _)| other as usize == index) => {
                    let text = self.cx.text(field.name.name).to_string();
                    let message = format!("the field `{text}` is given twice");
                    self.report(Diagnostic::error("E0202", field.name.span, message));
                }
                Some(index) => parts.push((index as u32, field.pat)),
            }
        }
        let count = self.cx.types[id].fields.len();
        if !rest && parts.len() < count {
            let missing: Vec<String> = (0..count)
                .filter(|&index| !parts.iter().any(|&(other, _)| other as usize == index))
                .map(|index| format!("`{}`", self.cx.text(self.cx.types[id].fields[index].name)))
                .collect();
            self.report(
                Diagnostic::error("E0315", span, format!("the pattern leaves out {}", missing.join(", ")))
                    .help("write `..` at its end to ignore the other fields"),
            );
        }
        parts
    }

    // -------------------------------------------------------------------------------------------- of tests

    /// The pattern of an `if let` or `while let`: over an optional it is of the value that is not nil.
    pub(crate) fn let_pattern(&mut self, pat: ast::PatId, value: ExprId, ty: Ty, head: &str) -> hir::Pat {
        let node = self.file[pat];
        if let TyKind::Optional(payload) = self.kind(ty) {
            if let PatKind::Payload { target: PatTarget::Path(path), .. } = node.kind
                && self.is_some(path)
            {
                return self.pattern(pat, ty);
            }
            let inner = self.pattern(pat, payload);
            if let hir::PatKind::Nil = inner.kind {
                return inner;
            }
            return hir::Pat { kind: hir::PatKind::Some(Box::new(inner)), ty, span: node.span };
        }
        if let (TyKind::Result { ok, .. }, PatKind::Wild) = (self.kind(ty), node.kind) {
            let value = hir::Pat { kind: hir::PatKind::Wild, ty: ok, span: node.span };
            let parts = if ok == Ty::VOID { Vec::new() } else { vec![(0, value)] };
            return hir::Pat { kind: hir::PatKind::Case(hir::OK, parts), ty, span: node.span };
        }
        let always = matches!(node.kind, PatKind::Bind(_) | PatKind::Wild) && !self.is_result(ty);
        if ty != Ty::ERROR && always {
            let at = self.body[value].span;
            self.report_untestable(head, Testable::OptionalOrResult, at, value);
            let pat = self.pattern(pat, Ty::ERROR);
            return pat;
        }
        self.pattern(pat, ty)
    }

    /// A pattern for values of a type; names that it binds go to the innermost scope.
    pub(crate) fn pattern(&mut self, pat: ast::PatId, ty: Ty) -> hir::Pat {
        let node = self.file[pat];
        let span = node.span;
        // A pattern that takes a value apart is of the value that is not nil.
        if let (TyKind::Optional(payload), true) = (self.kind(ty), self.takes_apart(node.kind)) {
            let inner = self.pattern(pat, payload);
            return hir::Pat { kind: hir::PatKind::Some(Box::new(inner)), ty, span };
        }
        let kind = match self.kind(ty) {
            TyKind::Result { ok, error } => self.result_pattern(pat, ok, error, span),
            _ => self.pattern_kind(pat, ty, span),
        };
        match kind {
            Some(kind) => hir::Pat { kind, ty, span },
            None => {
                // What had an error, here or in a constant, says nothing of the other cases.
                self.broken_patterns += 1;
                hir::Pat { kind: hir::PatKind::Wild, ty, span }
            }
        }
    }

    fn is_result(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Result { .. })
    }

    /// A pattern for values of `T!E`: all but `error p` and `_` are of the value.
    fn result_pattern(&mut self, pat: ast::PatId, ok: Ty, error: Ty, span: Span) -> Option<hir::PatKind> {
        match self.file[pat].kind {
            PatKind::ErrorOf(inner) => {
                let inner = self.pattern(inner, error);
                Some(hir::PatKind::Case(hir::ERROR, vec![(0, inner)]))
            }
            PatKind::Payload { target: PatTarget::Path(path), args } if self.is_word(path, "error") => {
                let &[inner] = &self.file[args] else {
                    self.report(
                        Diagnostic::error("E0376", span, "`error` has one pattern behind it: that of the error")
                            .help("a tuple has parentheses of its own: `error (a, b)`"),
                    );
                    self.bind_broken(pat);
                    return None;
                };
                let inner = self.pattern(inner, error);
                Some(hir::PatKind::Case(hir::ERROR, vec![(0, inner)]))
            }
            PatKind::Wild => Some(hir::PatKind::Wild),
            PatKind::Error => None,
            PatKind::Or(parts) => {
                let ty = self.cx.types.intern(TyKind::Result { ok, error });
                self.alternatives(parts, ty)
            }
            _ if ok == Ty::VOID => {
                self.report(
                    Diagnostic::error("E0376", span, "there is no value for this pattern, only a possible error")
                        .help("`_` matches that there is no error, `error e` names the error"),
                );
                self.bind_broken(pat);
                None
            }
            _ => {
                let inner = self.pattern(pat, ok);
                Some(hir::PatKind::Case(hir::OK, vec![(0, inner)]))
            }
        }
    }

    fn takes_apart(&mut self, kind: PatKind) -> bool {
        match kind {
            PatKind::Payload { target: PatTarget::Path(path), .. } => !self.is_some(path),
            PatKind::Case(_)
            | PatKind::Payload { .. }
            | PatKind::Struct { .. }
            | PatKind::Tuple(_)
            | PatKind::Range { .. } => true,
            PatKind::Path(path) => self.enum_path(path).is_some(),
            _ => false,
        }
    }

    /// Whether a path is the name `some`, of the pattern `some(p)`.
    fn is_some(&self, path: ast::Path) -> bool {
        self.is_word(path, "some")
    }

    fn is_word(&self, path: ast::Path, word: &str) -> bool {
        matches!(self.file[path.segments], [only] if self.cx.text(only.name.name) == word)
    }

    fn pattern_kind(&mut self, pat: ast::PatId, ty: Ty, span: Span) -> Option<hir::PatKind> {
        match self.file[pat].kind {
            PatKind::Error => None,
            PatKind::Wild => Some(hir::PatKind::Wild),
            PatKind::Bind(name) => Some(hir::PatKind::Bind(self.bind(name, ty, span))),
            PatKind::Lit(expr) => self.literal_pattern(expr, ty, span),
            PatKind::ErrorOf(_) => {
                if ty != Ty::ERROR {
                    let name = self.name_of(ty);
                    self.report(
                        Diagnostic::error("E0376", span, format!("this pattern is of an error, the value is `{name}`"))
                            .note("`error p` matches what is no value of a `T!E`"),
                    );
                }
                self.bind_broken(pat);
                None
            }
            PatKind::Path(path) if self.enum_path(path).is_some() => {
                let at = self.case_of_target(PatTarget::Path(path), ty, span)?;
                Some(hir::PatKind::Case(at.case, Vec::new()))
            }
            PatKind::Const(path) | PatKind::Path(path) => {
                let (value, const_ty) = self.pattern_constant(path, ty)?;
                self.constant_pattern(value, const_ty, ty, span)
            }
            PatKind::Case(name) => {
                let at = self.case_of_target(PatTarget::Case(name), ty, span)?;
                Some(hir::PatKind::Case(at.case, Vec::new()))
            }
            PatKind::Payload { target: PatTarget::Path(path), args } if self.is_some(path) => {
                self.some_pattern(pat, args, ty, span)
            }
            PatKind::Payload { target, args } => {
                let at = self.case_of_target(target, ty, span);
                let Some((at, tys)) = at.and_then(|at| Some((at, self.tuple_case_pattern(at, args.len(), span)?)))
                else {
                    self.bind_broken(pat);
                    return None;
                };
                let parts = self.file[args].iter().zip(tys).enumerate();
                let pats = parts.map(|(index, (&part, ty))| (index as u32, self.pattern(part, ty))).collect();
                Some(hir::PatKind::Case(at.case, pats))
            }
            PatKind::Tuple(parts) => {
                let tys = match self.kind(ty) {
                    TyKind::Tuple(list) if self.cx.types[list].len() == parts.len() => self.cx.types[list].to_vec(),
                    kind => {
                        if ty != Ty::ERROR {
                            self.report_tuple_pattern(kind, ty, parts.len(), span);
                        }
                        self.bind_broken(pat);
                        return None;
                    }
                };
                let pats = self.file[parts].iter().zip(tys).map(|(&part, ty)| self.pattern(part, ty)).collect();
                Some(hir::PatKind::Tuple(pats))
            }
            PatKind::Struct { target, fields, rest } if matches!(self.kind(ty), TyKind::Enum(_)) => {
                let at = self.case_of_target(target, ty, span);
                let Some((at, parts)) = at.and_then(|at| Some((at, self.struct_case_pattern(at, fields, rest, span)?)))
                else {
                    self.bind_broken(pat);
                    return None;
                };
                let pats = parts.into_iter().map(|(index, ty, part)| (index, self.pattern(part, ty))).collect();
                Some(hir::PatKind::Case(at.case, pats))
            }
            PatKind::Struct { target, fields, rest } => {
                let Some(id) = self.struct_pattern(target, ty, span) else {
                    self.bind_broken(pat);
                    return None;
                };
                let parts = self.pattern_fields(id, fields, rest, span);
                let mut pats = Vec::new();
                for (index, part) in parts {
                    let field_ty = self.cx.types[id].fields[index as usize].ty;
                    pats.push((index, self.pattern(part, field_ty)));
                }
                Some(hir::PatKind::Struct(pats))
            }
            PatKind::Range { low, high, inclusive } => {
                if ty == Ty::ERROR {
                    return None;
                }
                if !self.cx.types.is_int(ty) && ty != Ty::CHAR {
                    let name = self.name_of(ty);
                    let message = format!("this pattern is a range, the value is `{name}`");
                    self.report(Diagnostic::error("E0376", span, message).note("ranges are of integers and chars"));
                    return None;
                }
                let low = match low {
                    Some(low) => Some(self.range_end(low, ty)?),
                    None => None,
                };
                let high = match high {
                    Some(high) => Some(self.range_end(high, ty)?),
                    None => None,
                };
                Some(hir::PatKind::Range { low, high, inclusive })
            }
            PatKind::Or(parts) => self.alternatives(parts, ty),
        }
    }

    /// `some(p)`: an optional that is not nil.
    fn some_pattern(
        &mut self,
        pat: ast::PatId,
        args: ast::List<ast::PatId>,
        ty: Ty,
        span: Span,
    ) -> Option<hir::PatKind> {
        let (TyKind::Optional(payload), [inner]) = (self.kind(ty), &self.file[args]) else {
            if ty != Ty::ERROR {
                let name = self.name_of(ty);
                let message = match self.kind(ty) {
                    TyKind::Optional(_) => "`some` has one pattern in it: that of the value".to_string(),
                    _ => format!("this pattern is of an optional, the value is `{name}`"),
                };
                self.report(Diagnostic::error("E0376", span, message));
            }
            self.bind_broken(pat);
            return None;
        };
        let inner = self.pattern(*inner, payload);
        Some(hir::PatKind::Some(Box::new(inner)))
    }

    /// Binds a name, or finds the local that the first alternative bound to it.
    fn bind(&mut self, name: Symbol, ty: Ty, span: Span) -> LocalId {
        if let Some(bound) = self.alternatives.as_ref().and_then(|bound| bound.get(&name).copied()) {
            let first = self.body[bound].ty;
            if first != ty && first != Ty::ERROR && ty != Ty::ERROR {
                let text = self.cx.text(name).to_string();
                let (a, b) = (self.name_of(first), self.name_of(ty));
                let at = self.body[bound].span;
                self.report(
                    Diagnostic::error(
                        "E0377",
                        span,
                        format!("`{text}` is `{b}` here and `{a}` in another alternative"),
                    )
                    .secondary(at, "first bound here"),
                );
            }
            return bound;
        }
        if let NameRef::Decl(Decl::Const(_)) = self.lookup(name) {
            let text = self.cx.text(name).to_string();
            self.report(
                Diagnostic::warning(
                    "W0207",
                    span,
                    format!("this binds a new `{text}`, though there is a constant of that name"),
                )
                .suggest("the constant as a pattern", span, format!("const {text}")),
            );
        }
        let mut meant = false;
        if let TyKind::Enum(id) = self.kind(ty)
            && self.has_case(id, name)
        {
            let text = self.cx.text(name).to_string();
            let message = format!("this binds a new `{text}` to every value, though there is a case of that name");
            self.report(Diagnostic::warning("W0207", span, message).suggest("the case", span.at_start(), "."));
            meant = true;
        }
        let local = self.declare_local(ast::Ident { name, span }, ty, false);
        self.bindings[local.index()] = Binding::Pattern;
        if meant {
            // That it is not used has the same cause.
            self.mark_used(local);
        }
        local
    }

    /// `p | q`: all bind the same names.
    fn alternatives(&mut self, parts: ast::List<ast::PatId>, ty: Ty) -> Option<hir::PatKind> {
        let parts = &self.file[parts];
        let names_of = |cx: &Self, pat: ast::PatId| {
            let mut names = Vec::new();
            crate::resolve::collect::bound_names(cx.file, pat, &mut names);
            names
        };
        let first_names = names_of(self, parts[0]);
        let before = self.body.locals.len();
        let mut pats = vec![self.pattern(parts[0], ty)];
        let outer = self.alternatives.take();
        let mut bound: FxHashMap<Symbol, LocalId> = outer.clone().unwrap_or_default();
        for index in before..self.body.locals.len() {
            bound.insert(self.body.locals[index].name, LocalId(index as u32));
        }
        self.alternatives = Some(bound);
        for &part in &parts[1..] {
            let names = names_of(self, part);
            for (a, b) in [(&first_names, &names), (&names, &first_names)] {
                if let Some(missing) = a.iter().find(|name| !b.iter().any(|other| other.name == name.name)) {
                    let text = self.cx.text(missing.name).to_string();
                    self.report(
                        Diagnostic::error("E0377", missing.span, format!("`{text}` is not bound in all alternatives"))
                            .note("the alternatives of `p | q` bind the same names"),
                    );
                    break;
                }
            }
            pats.push(self.pattern(part, ty));
        }
        self.alternatives = outer;
        Some(hir::PatKind::Or(pats))
    }

    fn literal_pattern(&mut self, expr: ast::ExprId, ty: Ty, span: Span) -> Option<hir::PatKind> {
        if let ast::ExprKind::Nil = self.file[expr].kind {
            return match self.kind(ty) {
                TyKind::Optional(_) => Some(hir::PatKind::Nil),
                TyKind::Error => None,
                _ => {
                    let name = self.name_of(ty);
                    let message = format!("a value of type `{name}` is never nil");
                    self.report(Diagnostic::error("E0376", span, message));
                    None
                }
            };
        }
        let inner = match self.kind(ty) {
            TyKind::Optional(payload) => payload,
            _ => ty,
        };
        let value = self.expr(expr, Some(inner));
        let found = self.ty(value);
        if found == Ty::ERROR || ty == Ty::ERROR {
            return None;
        }
        if let TyKind::Float(_) = self.kind(found) {
            self.report(
                Diagnostic::error("E0376", span, "a float is no pattern")
                    .help("compare it in a guard: `x if x == 1.5`"),
            );
            return None;
        }
        if found != inner {
            let (pattern, name) = (self.name_of(found), self.name_of(ty));
            self.report(Diagnostic::error(
                "E0376",
                span,
                format!("this pattern is `{pattern}`, the value is `{name}`"),
            ));
            return None;
        }
        let value = consteval::eval(self.cx, &self.body, value).ok()?;
        self.constant_pattern(value, inner, ty, span)
    }

    /// A constant that is compared with the value.
    fn constant_pattern(&mut self, value: ConstValue, found: Ty, ty: Ty, span: Span) -> Option<hir::PatKind> {
        if let TyKind::Optional(payload) = self.kind(ty)
            && found == payload
        {
            let inner = hir::Pat { kind: hir::PatKind::Const(value), ty: payload, span };
            return Some(hir::PatKind::Some(Box::new(inner)));
        }
        if let (TyKind::Enum(id), true) = (self.kind(found), found == ty) {
            let case = match &value {
                ConstValue::Case(case, parts) if parts.is_empty() => Some(*case),
                ConstValue::Zero => self.cx.types[id].case_of(0).map(|case| case as u32),
                _ => None,
            };
            if let Some(case) = case.filter(|&case| self.cx.types[id].cases[case as usize].payload.is_empty()) {
                return Some(hir::PatKind::Case(case, Vec::new()));
            }
        }
        let comparable = matches!(self.kind(found), TyKind::Int(_) | TyKind::Char | TyKind::Bool | TyKind::Str);
        if found != ty || !comparable {
            let (pattern, name) = (self.name_of(found), self.name_of(ty));
            let message = if found == ty {
                format!("a constant of type `{pattern}` is no pattern")
            } else {
                format!("this pattern is `{pattern}`, the value is `{name}`")
            };
            self.report(Diagnostic::error("E0376", span, message));
            return None;
        }
        Some(hir::PatKind::Const(value))
    }

    /// The value of a constant that is named in a pattern.
    fn pattern_constant(&mut self, path: ast::Path, ty: Ty) -> Option<(ConstValue, Ty)> {
        let (named, first, rest) = self.named_path(path);
        let inner = match self.kind(ty) {
            TyKind::Optional(payload) => payload,
            _ => ty,
        };
        let value = if let [member] = rest {
            match self.type_of_name(named, first) {
                Some(named) => self.type_member(named, member.name, path.span),
                None => {
                    self.report_no_enum(path);
                    return None;
                }
            }
        } else {
            match named {
                NameRef::Decl(Decl::Const(id)) => {
                    let operand = self.decl(Decl::Const(id), first.name, first.span, Some(inner));
                    self.read(operand)
                }
                NameRef::Decl(Decl::Broken) => return None,
                NameRef::Unknown => self.unknown_name(first.name, first.span),
                _ => {
                    let text = self.cx.text(first.name).to_string();
                    self.report(Diagnostic::error("E0376", first.span, format!("`{text}` is not a constant")));
                    return None;
                }
            }
        };
        let found = self.ty(value);
        if found == Ty::ERROR || ty == Ty::ERROR {
            return None;
        }
        consteval::eval(self.cx, &self.body, value).ok().map(|value| (value, found))
    }

    /// An end of a range, as bits.
    fn range_end(&mut self, expr: ast::ExprId, ty: Ty) -> Option<u128> {
        let value = self.expr_to(expr, ty);
        if self.ty(value) == Ty::ERROR {
            return None;
        }
        match consteval::eval(self.cx, &self.body, value) {
            Ok(ConstValue::Int(bits)) => Some(bits),
            Ok(ConstValue::Zero) => Some(0),
            _ => {
                let span = self.file[expr].span;
                self.report(Diagnostic::error("E0344", span, "the end of a range in a pattern has to be a constant"));
                None
            }
        }
    }
}
