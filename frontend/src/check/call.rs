//! Calls: which function is meant, and whether the arguments fit.

use super::body::{FnCx, NameRef};
use super::convert::{Site, converts};
use super::expr::Operand;
use super::operator::Free;
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::{ExprId, ExprKind, FuncId, PlaceKind};
use crate::intern::Symbol;
use crate::resolve::{Decl, FnSetId};
use crate::source::Span;
use crate::types::{Ty, TyKind};

/// An argument: as it is written, or checked already (what stands before the `.` or `|>`).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    Written(ast::ExprId),
    Checked(Operand),
}

/// How a receiver fits a first parameter; the best comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Fit {
    Exact,
    /// The parameter is a pointer to it.
    Address,
    /// It is a pointer to the parameter.
    Dereference,
    Converted,
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// `callee(args)`, or `piped |> callee(args)`.
    pub(crate) fn call(
        &mut self,
        callee: ast::ExprId,
        args: ast::List<ast::Arg>,
        piped: Option<ast::ExprId>,
        paren: Span,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        if let Some(spread) = self.file[args].iter().find(|arg| arg.spread) {
            let at = self.file[spread.value].span;
            return self.later(at, "variadic functions are", "pass the slice itself");
        }
        let mut arguments: Vec<Argument> = Vec::with_capacity(args.len() + 1);
        if let Some(piped) = piped {
            arguments.push(Argument::Written(piped));
        }
        arguments.extend(self.file[args].iter().map(|arg| Argument::Written(arg.value)));
        let callee_span = self.file[callee].span;
        if let Some(named) = self.named(callee) {
            return self.call_named(callee, named, arguments, paren, span, hint);
        }
        match self.file[callee].kind {
            ast::ExprKind::Field { base, name } => self.call_member(base, name, arguments, paren, span, hint),
            ast::ExprKind::Instance { base, args } => {
                self.call_instance(base, args, arguments, callee_span, paren, span)
            }
            ast::ExprKind::Case(_) => {
                self.cx.not_yet(callee_span, "enums are", "use a struct for now");
                self.check_arguments(arguments, span)
            }
            _ => self.call_value(callee, arguments, paren, span),
        }
    }

    /// A call of what a name, or a name in a module, stands for.
    fn call_named(
        &mut self,
        callee: ast::ExprId,
        (found, name): (NameRef, ast::Ident),
        arguments: Vec<Argument>,
        paren: Span,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        match found {
            NameRef::Decl(Decl::Fns(set)) => self.call_set(set, arguments, name.span, paren, span),
            NameRef::Decl(Decl::Broken) => self.check_arguments(arguments, span),
            NameRef::Decl(Decl::Struct(_)) => {
                let text = self.cx.text(name.name).to_string();
                self.report(
                    Diagnostic::error("E0405", name.span, format!("`{text}` is a struct, not a function"))
                        .help(format!("a value of it is written `{text} {{ field: value }}`")),
                );
                self.check_arguments(arguments, span)
            }
            NameRef::Unknown => {
                let text = self.cx.text(name.name).to_string();
                if super::builtin::is_function(&text) {
                    return self.builtin_call(&text, name.span, arguments, paren, span, hint);
                }
                if let Some(ty) = super::types::builtin_type(&text) {
                    let type_name = self.name_of(ty);
                    self.report(
                        Diagnostic::error("E0405", name.span, format!("`{type_name}` is a type, not a function"))
                            .help(format!("values are converted with `x as {type_name}`")),
                    );
                    return self.check_arguments(arguments, span);
                }
                self.unknown_name(name.name, name.span);
                self.check_arguments(arguments, span)
            }
            NameRef::Decl(decl @ Decl::Module(_)) => {
                self.decl(decl, name.name, name.span, None);
                self.check_arguments(arguments, span)
            }
            _ => self.call_value(callee, arguments, paren, span),
        }
    }

    /// Checks arguments of a call that cannot be made.
    pub(crate) fn check_arguments(&mut self, arguments: Vec<Argument>, span: Span) -> ExprId {
        for argument in arguments {
            self.argument(argument, None);
        }
        self.error(span)
    }

    pub(crate) fn argument(&mut self, argument: Argument, hint: Option<Ty>) -> ExprId {
        match argument {
            Argument::Written(expr) => self.expr(expr, hint),
            Argument::Checked(operand) => self.read(operand),
        }
    }

    pub(crate) fn argument_to(&mut self, argument: Argument, ty: Ty) -> ExprId {
        let value = self.argument(argument, Some(ty));
        self.coerce_at(value, ty, Site::Argument)
    }

    pub(crate) fn argument_free(&mut self, argument: Argument) -> Option<Free> {
        match argument {
            Argument::Written(expr) => self.free(expr),
            Argument::Checked(_) => None,
        }
    }

    pub(crate) fn argument_span(&self, argument: Argument) -> Span {
        match argument {
            Argument::Written(expr) => self.file[expr].span,
            Argument::Checked(operand) => self.operand_span(operand),
        }
    }

    /// A call through a value of a `fn` type.
    fn call_value(&mut self, callee: ast::ExprId, arguments: Vec<Argument>, paren: Span, span: Span) -> ExprId {
        let value = self.expr(callee, None);
        if let ExprKind::Func(id) = self.body[value].kind {
            return self.finish_call(id, arguments, paren, span);
        }
        self.call_pointer(value, arguments, paren, span)
    }

    fn call_pointer(&mut self, callee: ExprId, arguments: Vec<Argument>, paren: Span, span: Span) -> ExprId {
        let ty = self.ty(callee);
        let (params, result) = match self.kind(ty) {
            TyKind::Fn { params, result } => (self.cx.types[params].to_vec(), result),
            TyKind::Error => return self.check_arguments(arguments, span),
            kind => {
                let name = self.name_of(ty);
                let at = self.body[callee].span;
                let mut diagnostic =
                    Diagnostic::error("E0405", at, format!("`{name}` cannot be called")).label("not a function");
                if let TyKind::Optional(payload) = kind
                    && matches!(self.kind(payload), TyKind::Fn { .. })
                {
                    diagnostic = diagnostic.help("`(f!)(x)` calls the function in an optional");
                }
                self.report(diagnostic);
                return self.check_arguments(arguments, span);
            }
        };
        if params.len() != arguments.len() {
            let at = self.body[callee].span;
            self.report(self.count_error(params.len(), arguments.len(), paren).secondary(at, "called here"));
            self.check_arguments(arguments, span);
            return self.error_of(result, span);
        }
        let args: Vec<ExprId> =
            arguments.into_iter().zip(params).map(|(argument, ty)| self.argument_to(argument, ty)).collect();
        self.add(ExprKind::CallPointer { callee, args, paren }, result, span)
    }

    /// Had an error, but its type is known.
    fn error_of(&mut self, _ty: Ty, span: Span) -> ExprId {
        self.error(span)
    }

    fn count_error(&self, expected: usize, found: usize, paren: Span) -> Diagnostic {
        let plural = |count: usize| if count == 1 { "argument" } else { "arguments" };
        Diagnostic::error("E0402", paren, format!("expected {expected} {}, found {found}", plural(expected)))
    }

    /// A call of one of the functions of a name.
    fn call_set(
        &mut self,
        set: FnSetId,
        mut arguments: Vec<Argument>,
        callee_span: Span,
        paren: Span,
        span: Span,
    ) -> ExprId {
        let all = self.cx.fn_sets[set.0 as usize].funcs.clone();
        let candidates: Vec<FuncId> =
            all.iter().copied().filter(|id| self.cx.funcs[id.index()].params.len() == arguments.len()).collect();
        let chosen = match candidates[..] {
            [only] => only,
            // Declared twice, which is reported.
            [first, ..] if arguments.is_empty() => first,
            [] => {
                for &id in &all {
                    self.cx.funcs[id.index()].used = true;
                }
                if let [only] = all[..] {
                    return self.finish_call(only, arguments, paren, span);
                }
                let text = self.cx.text(self.cx.funcs[all[0].index()].name).to_string();
                let mut diagnostic = Diagnostic::error(
                    "E0402",
                    paren,
                    format!("no function `{text}` takes {} arguments", arguments.len()),
                );
                for &id in &all {
                    diagnostic = self.name_candidate(diagnostic, id);
                }
                self.report(diagnostic);
                return self.check_arguments(arguments, span);
            }
            _ => match self.choose_by_first(&candidates, &mut arguments, callee_span) {
                Some(id) => id,
                None => return self.check_arguments(arguments, span),
            },
        };
        self.finish_call(chosen, arguments, paren, span)
    }

    fn name_candidate(&self, diagnostic: Diagnostic, id: FuncId) -> Diagnostic {
        let func = &self.cx.funcs[id.index()];
        let params: Vec<String> = func.params.iter().map(|param| self.name_of(param.ty)).collect();
        let text = self.cx.text(func.name);
        diagnostic.secondary(func.span, format!("this one is `{text}({})`", params.join(", ")))
    }

    /// Of functions that differ in the type of their first parameter, the one that the first argument fits.
    fn choose_by_first(
        &mut self,
        candidates: &[FuncId],
        arguments: &mut [Argument],
        callee_span: Span,
    ) -> Option<FuncId> {
        let first_param = |cx: &Self, id: FuncId| cx.cx.funcs[id.index()].params[0].ty;
        if let Some(free) = self.argument_free(arguments[0]) {
            let default = free.default_ty();
            if let Some(&id) = candidates.iter().find(|&&id| first_param(self, id) == default) {
                return Some(id);
            }
            let fitting: Vec<FuncId> = candidates
                .iter()
                .copied()
                .filter(|&id| {
                    let ty = first_param(self, id);
                    self.free_ty(free, Some(ty)) == ty || converts(&self.cx.types, default, ty, Site::Argument)
                })
                .collect();
            if let [only] = fitting[..] {
                return Some(only);
            }
            let at = self.argument_span(arguments[0]);
            self.report_choice(candidates, &fitting, at, None, callee_span);
            return None;
        }
        let operand = match arguments[0] {
            Argument::Written(expr) => self.operand(expr, None),
            Argument::Checked(operand) => operand,
        };
        arguments[0] = Argument::Checked(operand);
        let ty = self.operand_ty(operand);
        if ty == Ty::ERROR {
            return None;
        }
        let mut best: Vec<FuncId> = Vec::new();
        let plain = self.cx.unrestricted(ty);
        for &id in candidates {
            let param = first_param(self, id);
            if self.cx.unrestricted(param) == plain {
                return Some(id);
            }
            if converts(&self.cx.types, ty, param, Site::Argument) {
                best.push(id);
            }
        }
        if let [only] = best[..] {
            return Some(only);
        }
        let at = self.operand_span(operand);
        self.report_choice(candidates, &best, at, Some(ty), callee_span);
        None
    }

    fn report_choice(&mut self, all: &[FuncId], fitting: &[FuncId], at: Span, ty: Option<Ty>, _callee_span: Span) {
        let text = self.cx.text(self.cx.funcs[all[0].index()].name).to_string();
        let what = ty.map_or("this literal".to_string(), |ty| format!("`{}`", self.name_of(ty)));
        let (message, shown) = if fitting.is_empty() {
            (format!("no function `{text}` takes {what} as first argument"), all)
        } else {
            (format!("several functions `{text}` take {what} as first argument"), fitting)
        };
        let mut diagnostic = Diagnostic::error("E0404", at, message);
        for &id in shown {
            self.cx.funcs[id.index()].used = true;
            diagnostic = self.name_candidate(diagnostic, id);
        }
        self.report(diagnostic);
    }

    /// A call of a function that is known, with all its arguments.
    fn finish_call(&mut self, id: FuncId, arguments: Vec<Argument>, paren: Span, span: Span) -> ExprId {
        let func = &mut self.cx.funcs[id.index()];
        func.used = true;
        let params = func.params.clone();
        let (result, declared, name) = (func.result, func.span, func.name);
        if params.len() != arguments.len() {
            let text = self.cx.text(name).to_string();
            let mut diagnostic = self.count_error(params.len(), arguments.len(), paren);
            if !text.is_empty() {
                diagnostic = diagnostic.secondary(declared, format!("`{text}` is declared here"));
            }
            self.report(diagnostic);
            self.check_arguments(arguments, span);
            return self.error_of(result, span);
        }
        let mut args = Vec::with_capacity(arguments.len());
        for (argument, param) in arguments.into_iter().zip(params) {
            let value = self.argument(argument, Some(param.ty));
            let errors = self.cx.diagnostics.len();
            let value = self.coerce_at(value, param.ty, Site::Argument);
            if let Some(diagnostic) = self.cx.diagnostics[errors..].last_mut() {
                diagnostic
                    .secondary
                    .push(crate::diagnostic::Label { span: param.span, text: "because of this parameter".to_string() });
            }
            args.push(value);
        }
        if result == Ty::ERROR {
            return self.error(span);
        }
        self.add(ExprKind::Call { callee: id, args, paren }, result, span)
    }

    // ---------------------------------------------------------------------------------------------- members

    /// `base.name(args)`: of a module or type, a field, or a function with `base` as first argument.
    fn call_member(
        &mut self,
        base: ast::ExprId,
        name: ast::Ident,
        arguments: Vec<Argument>,
        paren: Span,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        if let Some((found, base_name)) = self.named(base) {
            if let NameRef::Decl(Decl::StdMath) = found {
                return self.math_call(name, arguments, paren, span, hint);
            }
            if let Some(ty) = self.type_of_name(found, base_name) {
                let (type_name, text) = (self.name_of(ty), self.cx.text(name.name).to_string());
                self.report(
                    Diagnostic::error("E0406", name.span, format!("`{type_name}` has no function `{text}`"))
                        .note("`impl` blocks are not available yet"),
                );
                return self.check_arguments(arguments, span);
            }
        }
        // A literal takes its type from the parameter, as an argument does.
        if self.free(base).is_some()
            && let NameRef::Decl(Decl::Fns(set)) = self.lookup(name.name)
        {
            let mut all = vec![Argument::Written(base)];
            all.extend(arguments);
            return self.call_set(set, all, name.span, paren, span);
        }
        let receiver = self.operand(base, None);
        self.call_method(receiver, name, arguments, paren, span, hint)
    }

    fn call_method(
        &mut self,
        receiver: Operand,
        name: ast::Ident,
        arguments: Vec<Argument>,
        paren: Span,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        let ty = self.operand_ty(receiver);
        if ty == Ty::ERROR {
            return self.check_arguments(arguments, span);
        }
        let text = self.cx.text(name.name).to_string();
        let struct_ty = match self.kind(ty) {
            TyKind::Pointer { target, .. } => target,
            _ => ty,
        };
        if let TyKind::Struct(id) = self.kind(struct_ty)
            && let Some(field) = self.cx.types[id].fields.iter().find(|field| field.name == name.name)
            && matches!(self.kind(field.ty), TyKind::Fn { .. } | TyKind::Optional(_))
        {
            // A field wins over functions.
            let value = self.field_of(receiver, name, name.span);
            let callee = self.read(value);
            return self.call_pointer(callee, arguments, paren, span);
        }
        let in_scope = match self.lookup(name.name) {
            NameRef::Decl(Decl::Fns(set)) => Some(set),
            _ => None,
        };
        let of_type = self.functions_of_type(struct_ty, name.name);
        let mut sets = in_scope.into_iter().chain(of_type);
        let fitting = sets.find(|&set| !self.receiver_fits(set, ty, arguments.len()).is_empty());
        if let Some(set) = fitting.or(in_scope).or(of_type) {
            return self.call_on(set, receiver, name, arguments, paren, span);
        }
        if let (TyKind::View { rank, .. }, "extent") = (self.kind(ty), text.as_str()) {
            return self.extent(receiver, rank, arguments, paren, span);
        }
        if text == "chars" && ty == Ty::STR {
            return self.later(span, "iterators outside of the head of a `for` are", "`for c in s.chars() { ... }`");
        }
        if super::builtin::is_function(&text) {
            let mut all = vec![Argument::Checked(receiver)];
            all.extend(arguments);
            return self.builtin_call(&text, name.span, all, paren, span, hint);
        }
        if self.report_later_builtin(&text, name.span) {
            return self.check_arguments(arguments, span);
        }
        if let NameRef::Decl(Decl::Broken) = self.lookup(name.name) {
            return self.check_arguments(arguments, span);
        }
        if let TyKind::Struct(id) = self.kind(struct_ty)
            && let scope = self.cx.structs[id.0 as usize].scope
            && self.cx.scope(scope).names.contains_key(&name.name)
            && self.cx.member(scope, name, self.item_scope) == Decl::Broken
        {
            // Private in the module of the type.
            return self.check_arguments(arguments, span);
        }
        let type_name = self.name_of(ty);
        let mut diagnostic =
            Diagnostic::error("E0406", name.span, format!("there is no function `{text}` for `{type_name}`"));
        if let Some(near) = self.near_name(&text, |decl| matches!(decl, Decl::Fns(_))) {
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near);
        }
        self.report(diagnostic);
        self.check_arguments(arguments, span)
    }

    /// The functions of this name in the module that declares a type, as far as they can be seen here.
    fn functions_of_type(&mut self, ty: Ty, name: Symbol) -> Option<FnSetId> {
        let TyKind::Struct(id) = self.kind(ty) else { return None };
        let scope = self.cx.structs[id.0 as usize].scope;
        match self.cx.visible_member(scope, name, self.item_scope)? {
            Decl::Fns(set) => Some(set),
            _ => None,
        }
    }

    /// Functions of a set that take a receiver of this type and that many more arguments, the best first. Those whose
    /// parameter has an error are among them.
    fn receiver_fits(&mut self, set: FnSetId, ty: Ty, count: usize) -> Vec<(Fit, FuncId)> {
        let plain = self.cx.unrestricted(ty);
        let target_of = |cx: &Self, ty: Ty| match cx.kind(ty) {
            TyKind::Pointer { target, .. } => Some(target),
            _ => None,
        };
        let mut best: Vec<(Fit, FuncId)> = Vec::new();
        for id in self.cx.fn_sets[set.0 as usize].funcs.clone() {
            let params = &self.cx.funcs[id.index()].params;
            if params.len() != count + 1 {
                continue;
            }
            let param = params[0].ty;
            let fit = if self.cx.unrestricted(param) == plain || param == Ty::ERROR {
                Fit::Exact
            } else if target_of(self, param) == Some(ty) {
                Fit::Address
            } else if target_of(self, ty) == Some(param) {
                Fit::Dereference
            } else if converts(&self.cx.types, ty, param, Site::Argument) {
                Fit::Converted
            } else {
                continue;
            };
            best.push((fit, id));
        }
        best.sort();
        best
    }

    /// `receiver.f(args)` of functions of one set: the exact type first, then its address, then what it points to.
    fn call_on(
        &mut self,
        set: FnSetId,
        receiver: Operand,
        name: ast::Ident,
        mut arguments: Vec<Argument>,
        paren: Span,
        span: Span,
    ) -> ExprId {
        let ty = self.operand_ty(receiver);
        let all = self.cx.fn_sets[set.0 as usize].funcs.clone();
        let best = self.receiver_fits(set, ty, arguments.len());
        if let Some(&(_, id)) = best.iter().find(|(_, id)| self.cx.funcs[id.index()].params[0].ty == Ty::ERROR) {
            self.cx.funcs[id.index()].used = true;
            return self.check_arguments(arguments, span);
        }
        let best_fit = best.first().map(|&(fit, _)| fit);
        let chosen: Vec<FuncId> = best.iter().filter(|&&(fit, _)| Some(fit) == best_fit).map(|&(_, id)| id).collect();
        let (Some(fit), [id]) = (best_fit, &chosen[..]) else {
            self.report_method(&all, &chosen, ty, name, arguments.len());
            return self.check_arguments(arguments, span);
        };
        let first = match fit {
            Fit::Exact | Fit::Converted => receiver,
            Fit::Address => {
                let place = self.place_of(receiver);
                self.take_address(place);
                let pointer = self.cx.types.pointer(ty);
                let at = self.operand_span(receiver);
                Operand::Value(self.add(ExprKind::AddressOf(place), pointer, at))
            }
            Fit::Dereference => {
                let pointer = self.read(receiver);
                let (at, target) = (self.body[pointer].span, self.cx.funcs[id.index()].params[0].ty);
                let op = self.dot(at, name.span);
                Operand::Place(self.place(PlaceKind::Deref { pointer, op }, target, at))
            }
        };
        arguments.insert(0, Argument::Checked(first));
        self.finish_call(*id, arguments, paren, span)
    }

    fn report_method(&mut self, all: &[FuncId], chosen: &[FuncId], ty: Ty, name: ast::Ident, count: usize) {
        let text = self.cx.text(name.name).to_string();
        let type_name = self.name_of(ty);
        let shown = if chosen.is_empty() { all } else { chosen };
        let right_count = all.iter().any(|id| self.cx.funcs[id.index()].params.len() == count + 1);
        let (code, message) = if !chosen.is_empty() {
            ("E0404", format!("several functions `{text}` fit `{type_name}`"))
        } else if right_count {
            ("E0406", format!("there is no function `{text}` for `{type_name}`"))
        } else {
            ("E0402", format!("no function `{text}` takes `{type_name}` and {count} more arguments"))
        };
        let mut diagnostic = Diagnostic::error(code, name.span, message);
        for &id in shown {
            self.cx.funcs[id.index()].used = true;
            diagnostic = self.name_candidate(diagnostic, id);
        }
        self.report(diagnostic);
    }
}
