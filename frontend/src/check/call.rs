//! Calls: which function is meant, and whether the arguments fit.

use super::body::{FnCx, NameRef};
use super::convert::{Site, converts};
use super::expr::Operand;
use super::operator::Free;
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::{ExprId, ExprKind, FuncId};
use crate::intern::Symbol;
use crate::resolve::{Decl, FnSetId, ScopeId};
use crate::source::Span;
use crate::types::{EnumId, Ty, TyKind};

/// An argument: as it is written, or checked already (what stands before the `.` or `|>`).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    Written(ast::ExprId),
    Checked(Operand),
    /// `xs...`: the elements are the arguments of a variadic parameter.
    Spread(ast::ExprId),
    SpreadChecked(Operand),
}

impl Argument {
    pub(crate) fn is_spread(self) -> bool {
        matches!(self, Argument::Spread(_) | Argument::SpreadChecked(_))
    }
}

/// How good a receiver fits a first parameter; the best comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Fit {
    variadic: bool,
    converted: bool,
    how: How,
}

/// How a receiver becomes a first argument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum How {
    Exact,
    /// The parameter is a pointer to it.
    Address,
    /// It is a pointer to the parameter.
    Dereference,
    Converted,
}

impl Fit {
    fn variadic(self) -> Fit {
        Fit { variadic: true, ..self }
    }
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
        let mut arguments: Vec<Argument> = Vec::with_capacity(args.len() + 1);
        if let Some(piped) = piped {
            arguments.push(Argument::Written(piped));
        }
        arguments.extend(self.file[args].iter().map(|arg| match arg.spread {
            true => Argument::Spread(arg.value),
            false => Argument::Written(arg.value),
        }));
        let callee_span = self.file[callee].span;
        if let Some(named) = self.named(callee) {
            return self.call_named(callee, named, arguments, paren, span, hint);
        }
        match self.file[callee].kind {
            ast::ExprKind::Field { base, name } => self.call_member(base, name, arguments, paren, span, hint),
            ast::ExprKind::Instance { base, args } => {
                self.call_instance(base, args, arguments, callee_span, paren, span)
            }
            ast::ExprKind::Case(name) => match self.case_of_hint(name, callee_span, hint) {
                Some(at) => self.case_call(at, arguments, callee_span, paren, span),
                None => self.check_arguments(arguments, span),
            },
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
            NameRef::Decl(Decl::Enum(_)) => {
                let text = self.cx.text(name.name).to_string();
                self.report(
                    Diagnostic::error("E0405", name.span, format!("`{text}` is an enum, not a function"))
                        .help(format!("a value of it is one of its cases, as `{text}.Case`")),
                );
                self.check_arguments(arguments, span)
            }
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
                let in_prelude = self.cx.prelude == Some(self.cx.file_scopes[self.file_index]);
                if super::builtin::is_function(&text) || (in_prelude && text == super::builtin::READ_FILE) {
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
            NameRef::Decl(Decl::Intrinsic(op)) => self.intrinsic_call(op, name, arguments, paren, span, hint),
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
            Argument::Spread(_) | Argument::SpreadChecked(_) => {
                let at = self.argument_span(argument);
                self.report(
                    Diagnostic::error("E0408", at.at_end(), "`...` passes a slice on to a variadic parameter")
                        .label("there is none for this argument")
                        .secondary(at, "this argument"),
                );
                let value = self.spread_value(argument, None);
                self.error_instead(value)
            }
        }
    }

    /// What stands before the `...` of an argument.
    pub(crate) fn spread_value(&mut self, argument: Argument, hint: Option<Ty>) -> ExprId {
        match argument {
            Argument::Written(expr) | Argument::Spread(expr) => self.expr(expr, hint),
            Argument::Checked(operand) | Argument::SpreadChecked(operand) => self.read(operand),
        }
    }

    fn error_instead(&mut self, value: ExprId) -> ExprId {
        let span = self.body[value].span;
        self.error(span)
    }

    pub(crate) fn argument_to(&mut self, argument: Argument, ty: Ty) -> ExprId {
        let value = self.argument(argument, Some(ty));
        self.coerce_at(value, ty, Site::Argument)
    }

    pub(crate) fn argument_free(&mut self, argument: Argument) -> Option<Free> {
        match argument {
            Argument::Written(expr) => self.free(expr),
            Argument::Checked(_) | Argument::Spread(_) | Argument::SpreadChecked(_) => None,
        }
    }

    pub(crate) fn argument_span(&self, argument: Argument) -> Span {
        match argument {
            Argument::Written(expr) | Argument::Spread(expr) => self.file[expr].span,
            Argument::Checked(operand) | Argument::SpreadChecked(operand) => self.operand_span(operand),
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
            return self.error(span);
        }
        let args: Vec<ExprId> =
            arguments.into_iter().zip(params).map(|(argument, ty)| self.argument_to(argument, ty)).collect();
        self.add(ExprKind::CallPointer { callee, args, paren }, result, span)
    }

    pub(crate) fn count_error(&self, expected: usize, found: usize, paren: Span) -> Diagnostic {
        let plural = |count: usize| if count == 1 { "argument" } else { "arguments" };
        Diagnostic::error("E0402", paren, format!("expected {expected} {}, found {found}", plural(expected)))
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
        if let Some((found, base_name)) = self.named(base)
            && let Some(ty) = self.type_of_name(found, base_name)
        {
            if let TyKind::Enum(id) = self.kind(ty)
                && let Some(value) = self.call_enum_member(id, name, &arguments, paren, span)
            {
                return value;
            }
            if let Some(set) = self.type_function(ty, name.name) {
                return self.call_set(set, arguments, name.span, paren, span);
            }
            self.report_no_type_function(ty, name, span);
            return self.check_arguments(arguments, span);
        }
        // A literal takes its type from the parameter, as an argument does.
        if let Some(free) = self.free(base)
            && self.own_functions(free.default_ty(), name.name).is_empty()
            && let NameRef::Decl(Decl::Fns(set)) = self.lookup(name.name)
            && self.takes_literal(set, arguments.len() + 1)
        {
            let mut all = vec![Argument::Written(base)];
            all.extend(arguments);
            return self.call_set(set, all, name.span, paren, span);
        }
        let receiver = self.operand(base, None);
        self.call_method(receiver, name, arguments, paren, span, hint)
    }

    /// `Shape.Circle(2.0)`, `Color.from(n)`; `None` if the name is a function of the enum's `impl`.
    fn call_enum_member(
        &mut self,
        id: EnumId,
        name: ast::Ident,
        arguments: &[Argument],
        paren: Span,
        span: Span,
    ) -> Option<ExprId> {
        let arguments = arguments.to_vec();
        if !self.has_case(id, name.name) {
            let ty = self.cx.types.intern(TyKind::Enum(id));
            if self.type_function(ty, name.name).is_some() {
                return None;
            }
            if self.cx.text(name.name) == "from" {
                return Some(self.enum_from(id, arguments, name.span, paren, span));
            }
        }
        Some(match self.find_case(id, name) {
            Some(at) => self.case_call(at, arguments, name.span, paren, span),
            None => self.check_arguments(arguments, span),
        })
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
        let mut levels = Vec::new();
        let own = self.own_functions(ty, name.name);
        if !own.is_empty() {
            levels.push(own);
        }
        let in_scope = match self.lookup(name.name) {
            NameRef::Decl(Decl::Fns(set)) => Some(set),
            _ => None,
        };
        let of_module = self.functions_of_type(struct_ty, name.name).filter(|&set| Some(set) != in_scope);
        levels.extend(in_scope.into_iter().chain(of_module).map(|set| self.cx.candidates(set)));
        if !levels.is_empty() {
            return self.call_on(&levels, receiver, name, arguments, paren, span);
        }
        if self.has_broken_function(ty, name.name) {
            return self.check_arguments(arguments, span);
        }
        if let (TyKind::View { rank, .. }, "extent") = (self.kind(ty), text.as_str()) {
            return self.extent(receiver, rank, arguments, paren, span);
        }
        if text == "chars" && ty == Ty::STR {
            return self.later(
                span,
                "iterators outside of the head of a `for` are",
                "`for i, c in s.chars() { ... }` runs over the characters; `s[i]` and `s.len` are of bytes",
            );
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
        if let Some(scope) = self.scope_of_type(struct_ty)
            && self.cx.scope(scope).names.contains_key(&name.name)
            && self.cx.member(scope, name, self.item_scope) == Decl::Broken
        {
            // Private in the module of the type.
            return self.check_arguments(arguments, span);
        }
        let type_name = self.name_of(ty);
        let mut diagnostic =
            Diagnostic::error("E0406", name.span, format!("there is no function `{text}` for `{type_name}`"));
        let near = self.near_own_function(ty, &text);
        let is_len =
            matches!(text.as_str(), "len" | "length" | "size" | "count") && self.has_len(ty) && arguments.is_empty();
        if is_len {
            diagnostic = diagnostic.suggest("the length is a field", name.span.to(span.at_end()), "len");
        } else if let Some(near) = near.or_else(|| self.near_name(&text, |decl| matches!(decl, Decl::Fns(_)))) {
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near);
        } else if let Some(module) = crate::library::module_with(&text).filter(|_| self.cx.types.is_float(ty)) {
            diagnostic = diagnostic.help(format!("it is in `std.{module}`, and called `{module}.{text}(x)`"));
        }
        self.report(diagnostic);
        self.check_arguments(arguments, span)
    }

    fn has_len(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Str | TyKind::Array { .. } | TyKind::Slice { .. } | TyKind::Strided { .. })
    }

    /// The scope that declares a type.
    fn scope_of_type(&self, ty: Ty) -> Option<ScopeId> {
        match self.kind(ty) {
            TyKind::Struct(id) => Some(self.cx.structs[id.0 as usize].scope),
            TyKind::Enum(id) => Some(self.cx.enums[id.0 as usize].scope),
            _ => None,
        }
    }

    /// The functions of this name in the module that declares a type, as far as they can be seen here.
    fn functions_of_type(&mut self, ty: Ty, name: Symbol) -> Option<FnSetId> {
        let scope = self.scope_of_type(ty)?;
        match self.cx.visible_member(scope, name, self.item_scope)? {
            Decl::Fns(set) => Some(set),
            _ => None,
        }
    }

    /// Whether some function of this number of arguments could take a literal as its first one.
    fn takes_literal(&self, set: FnSetId, count: usize) -> bool {
        self.cx.fn_sets[set.0 as usize].funcs.iter().any(|&id| {
            let is_other = |ty| matches!(self.kind(ty), TyKind::Pointer { .. } | TyKind::Struct(_) | TyKind::Tuple(_));
            self.accepts(id, count) && self.first_param(id, false).is_some_and(|ty| !is_other(ty))
        })
    }

    /// Whether the type has functions of this name that were declared with an error.
    fn has_broken_function(&mut self, ty: Ty, name: crate::intern::Symbol) -> bool {
        let plain = self.cx.unrestricted(ty);
        let target = match self.kind(plain) {
            TyKind::Pointer { target, .. } => target,
            _ => plain,
        };
        [plain, target].iter().any(|&ty| self.cx.type_fns_of(ty, name) == Some(Decl::Broken))
    }

    /// `receiver.f(args)`: of the first level that has a function for it, the exact type first, then its address, then what it
    /// points to.
    fn call_on(
        &mut self,
        levels: &[Vec<FuncId>],
        receiver: Operand,
        name: ast::Ident,
        mut arguments: Vec<Argument>,
        paren: Span,
        span: Span,
    ) -> ExprId {
        let ty = self.operand_ty(receiver);
        let plain = self.cx.unrestricted(ty);
        let mut best: Vec<(Fit, FuncId)> = Vec::new();
        for &id in levels.iter().flatten() {
            if self.accepts(id, arguments.len() + 1) && self.first_param(id, false) == Some(Ty::ERROR) {
                self.cx.funcs[id.index()].used = true;
                return self.check_arguments(arguments, span);
            }
        }
        for level in levels {
            for &id in level {
                if self.accepts(id, arguments.len() + 1)
                    && let Some(param) = self.first_param(id, false)
                    && let Some(fit) = self.fit(plain, param)
                {
                    // What takes any number of arguments comes after what takes this one.
                    let fit = if self.cx.funcs[id.index()].variadic { fit.variadic() } else { fit };
                    best.push((fit, id));
                }
            }
            if !best.is_empty() {
                break;
            }
        }
        best.sort();
        let best_fit = best.first().map(|&(fit, _)| fit);
        let chosen: Vec<FuncId> = best.iter().filter(|&&(fit, _)| Some(fit) == best_fit).map(|&(_, id)| id).collect();
        let (Some(fit), [id]) = (best_fit, &chosen[..]) else {
            let all: Vec<FuncId> = levels.iter().flatten().copied().collect();
            self.report_method(&all, &chosen, ty, name, arguments.len());
            return self.check_arguments(arguments, span);
        };
        let first = match fit.how {
            How::Exact | How::Converted => receiver,
            How::Address => {
                let place = self.place_of(receiver);
                self.take_address(place);
                let pointer = self.cx.types.pointer(ty);
                let at = self.operand_span(receiver);
                Operand::Value(self.add(ExprKind::AddressOf(place), pointer, at))
            }
            How::Dereference => {
                let at = self.operand_span(receiver);
                let op = self.dot(at, name.span);
                self.through_pointer(receiver, op)
            }
        };
        arguments.insert(0, Argument::Checked(first));
        self.finish_call(*id, arguments, paren, span)
    }

    /// How a receiver of this type fits a first parameter.
    fn fit(&mut self, plain: Ty, param: Ty) -> Option<Fit> {
        let param_plain = self.cx.unrestricted(param);
        let target_of = |ty: Ty| match self.kind(ty) {
            TyKind::Pointer { target, .. } => Some(target),
            _ => None,
        };
        let how = if param_plain == plain {
            How::Exact
        } else if target_of(param) == Some(plain) {
            How::Address
        } else if target_of(plain) == Some(param_plain) {
            How::Dereference
        } else if converts(&self.cx.types, plain, param, Site::Argument) {
            How::Converted
        } else {
            // Through the pointer, then converted: an array as a slice.
            let target = target_of(plain)?;
            return converts(&self.cx.types, target, param, Site::Argument).then_some(Fit {
                variadic: false,
                converted: true,
                how: How::Dereference,
            });
        };
        Some(Fit { variadic: false, converted: how == How::Converted, how })
    }

    fn report_method(&mut self, all: &[FuncId], chosen: &[FuncId], ty: Ty, name: ast::Ident, count: usize) {
        let text = self.cx.text(name.name).to_string();
        let type_name = self.name_of(ty);
        let shown = if chosen.is_empty() { all } else { chosen };
        let right_count = all.iter().any(|&id| self.accepts(id, count + 1));
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
