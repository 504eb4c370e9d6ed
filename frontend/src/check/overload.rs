//! Which of the functions of a name is called, and its arguments, variadic ones too.

use super::FuncSource;
use super::body::FnCx;
use super::call::Argument;
use super::convert::{Site, converts};
use crate::diagnostic::{Diagnostic, Label};
use crate::hir::{ExprId, ExprKind, FuncId, PlaceKind};
use crate::resolve::FnSetId;
use crate::source::Span;
use crate::types::{Ty, TyKind};

impl<'c, 'a> FnCx<'c, 'a> {
    /// Whether a function takes this number of arguments.
    pub(crate) fn accepts(&self, id: FuncId, count: usize) -> bool {
        let func = &self.cx.funcs[id.index()];
        match (func.variadic, func.c_variadic) {
            (true, _) => count + 1 >= func.params.len(),
            (_, true) => count >= func.params.len(),
            (false, false) => count == func.params.len(),
        }
    }

    /// The type that a function's first argument is for; a `spread` one is for all of a variadic parameter.
    pub(crate) fn first_param(&self, id: FuncId, spread: bool) -> Option<Ty> {
        let func = &self.cx.funcs[id.index()];
        let first = func.params.first()?.ty;
        let is_element = func.variadic && func.params.len() == 1 && !spread;
        if is_element { self.cx.types.element(first).or(Some(first)) } else { Some(first) }
    }

    /// A call of one of the functions of a name.
    pub(crate) fn call_set(
        &mut self,
        set: FnSetId,
        mut arguments: Vec<Argument>,
        callee_span: Span,
        paren: Span,
        span: Span,
    ) -> ExprId {
        let all = self.cx.candidates(set);
        let count = arguments.len();
        let spread = arguments.iter().any(|argument| argument.is_spread());
        // What takes exactly this number comes before what takes any number.
        let is_exact = |cx: &Self, id: FuncId| {
            let func = &cx.cx.funcs[id.index()];
            func.params.len() == count && func.variadic == spread
        };
        let mut candidates: Vec<FuncId> = all.iter().copied().filter(|&id| self.accepts(id, count)).collect();
        candidates.sort_by_key(|&id| !is_exact(self, id));
        let chosen = match candidates[..] {
            [only] => only,
            // Several of them are declared twice, which is reported.
            [first, ..] if arguments.is_empty() && is_exact(self, first) => first,
            [_, _, ..] if arguments.is_empty() => {
                self.report_choice(&candidates, &candidates, paren, None);
                return self.error(span);
            }
            [] => {
                for &id in &all {
                    self.cx.funcs[id.index()].used = true;
                }
                if let [only] = all[..] {
                    return self.finish_call(only, arguments, paren, span);
                }
                let text = self.cx.text(self.cx.funcs[all[0].index()].name).to_string();
                let plural = if count == 1 { "argument" } else { "arguments" };
                let mut diagnostic =
                    Diagnostic::error("E0402", paren, format!("no function `{text}` takes {count} {plural}"));
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

    pub(crate) fn name_candidate(&self, diagnostic: Diagnostic, id: FuncId) -> Diagnostic {
        let func = &self.cx.funcs[id.index()];
        let mut params: Vec<String> = func.params.iter().map(|param| self.name_of(param.ty)).collect();
        if let (true, Some(last)) = (func.variadic, params.last_mut()) {
            *last = format!("...{}", last.trim_start_matches("[]"));
        }
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
        let spread = arguments[0].is_spread();
        let first_param = |cx: &Self, id: FuncId| cx.first_param(id, spread).unwrap_or(Ty::ERROR);
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
            let fitting = self.prefer_exact(fitting);
            if let [only] = fitting[..] {
                return Some(only);
            }
            let at = self.argument_span(arguments[0]);
            self.report_choice(candidates, &fitting, at, Some("this literal"));
            return None;
        }
        let operand = match arguments[0] {
            Argument::Written(expr) | Argument::Spread(expr) => self.operand(expr, None),
            Argument::Checked(operand) | Argument::SpreadChecked(operand) => operand,
        };
        arguments[0] = if spread { Argument::SpreadChecked(operand) } else { Argument::Checked(operand) };
        let ty = self.operand_ty(operand);
        if ty == Ty::ERROR {
            return None;
        }
        let mut best: Vec<FuncId> = Vec::new();
        // In their order, so that what takes exactly this number is found first.
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
        let best = self.prefer_exact(best);
        if let [only] = best[..] {
            return Some(only);
        }
        let at = if ty == Ty::VOID { callee_span } else { self.operand_span(operand) };
        let what = format!("`{}`", self.name_of(ty));
        self.report_choice(candidates, &best, at, Some(&what));
        None
    }

    /// Leaves out the variadic ones if there are others; of several for floats, a number is for that of `f64`.
    fn prefer_exact(&self, mut fitting: Vec<FuncId>) -> Vec<FuncId> {
        let variadic = |id: &FuncId| self.cx.funcs[id.index()].variadic;
        if !fitting.iter().all(variadic) {
            fitting.retain(|id| !variadic(id));
        }
        let is_float = |id: &FuncId| self.first_param(*id, false).is_some_and(|ty| self.cx.types.is_float(ty));
        let is_f64 = |id: &FuncId| self.first_param(*id, false) == Some(Ty::F64);
        if fitting.iter().all(is_float) && fitting.iter().any(is_f64) {
            fitting.retain(is_f64);
        }
        fitting
    }

    /// `what` the first argument is; absent if there is none.
    fn report_choice(&mut self, all: &[FuncId], fitting: &[FuncId], at: Span, what: Option<&str>) {
        let text = self.cx.text(self.cx.funcs[all[0].index()].name).to_string();
        let (message, shown) = match what {
            None => (format!("several functions `{text}` take no arguments"), all),
            Some(what) if fitting.is_empty() => (format!("no function `{text}` takes {what} as first argument"), all),
            Some(what) => (format!("several functions `{text}` take {what} as first argument"), fitting),
        };
        let mut diagnostic = Diagnostic::error("E0404", at, message);
        for &id in shown {
            self.cx.funcs[id.index()].used = true;
            diagnostic = self.name_candidate(diagnostic, id);
        }
        self.report(diagnostic);
    }

    /// A call of a function that is known, with all its arguments.
    pub(crate) fn finish_call(&mut self, id: FuncId, mut arguments: Vec<Argument>, paren: Span, span: Span) -> ExprId {
        self.check_test_only(id, Span { end: paren.start, ..span });
        self.cx.funcs[id.index()].used = true;
        let func = &self.cx.funcs[id.index()];
        let mut params = func.params.clone();
        let (result, declared, name, variadic) = (func.result, func.span, func.name, func.variadic);
        let (is_extern, c_variadic) = (matches!(func.source, FuncSource::Extern(_)), func.c_variadic);
        if !self.accepts(id, arguments.len()) {
            let text = self.cx.text(name).to_string();
            let mut diagnostic = match variadic || c_variadic {
                false => self.count_error(params.len(), arguments.len(), paren),
                true => {
                    let (least, found) = (params.len() - usize::from(variadic), arguments.len());
                    let plural = if least == 1 { "argument" } else { "arguments" };
                    Diagnostic::error("E0402", paren, format!("expected at least {least} {plural}, found {found}"))
                }
            };
            if !text.is_empty() {
                diagnostic = diagnostic.secondary(declared, format!("`{text}` is declared here"));
            }
            self.report(diagnostic);
            return self.check_arguments(arguments, span);
        }
        let rest = if variadic { params.pop() } else { None };
        let rest_arguments = arguments.split_off(params.len());
        let mut args = Vec::with_capacity(params.len() + 1);
        for (argument, param) in arguments.into_iter().zip(params) {
            let value = self.argument_for(argument, param.ty, param.span);
            if is_extern {
                self.check_callback(value);
            }
            args.push(value);
        }
        if let Some(rest) = rest {
            args.push(self.variadic_argument(rest_arguments, rest.ty, rest.span, paren));
        } else {
            for argument in rest_arguments {
                let value = self.argument(argument, None);
                args.push(self.variable_argument(value));
            }
        }
        if result == Ty::ERROR {
            return self.error(span);
        }
        self.add(ExprKind::Call { callee: id, args, paren }, result, span)
    }

    fn argument_for(&mut self, argument: Argument, ty: Ty, param: Span) -> ExprId {
        let value = self.argument(argument, Some(ty));
        let errors = self.cx.diagnostics.len();
        let value = self.coerce_at(value, ty, Site::Argument);
        self.because_of(errors, param);
        value
    }

    /// What was reported from there on is about an argument for this parameter.
    fn because_of(&mut self, errors: usize, param: Span) {
        if let Some(diagnostic) = self.cx.diagnostics[errors..].last_mut() {
            diagnostic.secondary.push(Label { span: param, text: "because of this parameter".to_string() });
        }
    }

    /// The slice of the arguments that a variadic parameter takes: `xs...` itself, or an array of them.
    fn variadic_argument(&mut self, arguments: Vec<Argument>, slice: Ty, param: Span, paren: Span) -> ExprId {
        if let ([argument], true) = (&arguments[..], arguments.iter().any(|argument| argument.is_spread())) {
            let value = self.spread_value(*argument, Some(slice));
            let errors = self.cx.diagnostics.len();
            let value = self.coerce_at(value, slice, Site::Argument);
            self.because_of(errors, param);
            return value;
        }
        if let Some(spread) = arguments.iter().find(|argument| argument.is_spread()) {
            let at = self.argument_span(*spread);
            self.report(
                Diagnostic::error("E0408", at, "`...` passes all arguments of a variadic parameter")
                    .label("so no others can stand beside it")
                    .secondary(param, "this parameter"),
            );
            for argument in arguments {
                self.spread_value(argument, None);
            }
            return self.error(paren);
        }
        let TyKind::Slice { element, .. } = self.kind(slice) else {
            self.check_arguments(arguments, paren);
            return self.error(paren);
        };
        let mut span = paren;
        let mut values = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.into_iter().enumerate() {
            let at = self.argument_span(argument);
            span = if index == 0 { at } else { span.to(at) };
            let value = self.argument(argument, Some(element));
            let fits_as_all = converts(&self.cx.types, self.ty(value), slice, Site::Argument);
            let errors = self.cx.diagnostics.len();
            values.push(self.coerce_at(value, element, Site::Argument));
            self.because_of(errors, param);
            if let (true, Some(diagnostic)) = (fits_as_all, self.cx.diagnostics[errors..].last_mut()) {
                *diagnostic = diagnostic.clone().suggest("`...` passes all elements", at.at_end(), "...");
            }
        }
        if values.is_empty() {
            return self.add(ExprKind::Zero, slice, span);
        }
        let array = self.cx.types.array(element, values.len() as u64);
        if self.cx.sized(array, span) == Ty::ERROR {
            return self.error(span);
        }
        let value = self.add(ExprKind::Aggregate(values), array, span);
        let place = self.place(PlaceKind::Temp(value), array, span);
        self.add(ExprKind::ArraySlice(place), slice, span)
    }
}
