//! What is wrong with a Bril program: names, numbers of operands, types.

use super::MAX_ERRORS;
use super::program::{Function, Instr, Kind, Literal, Op, Program, Ty};
use crate::diagnostic::Diagnostic;
use crate::intern::{Interner, Symbol};
use crate::nearest;
use crate::source::Span;
use rustc_hash::FxHashMap;

pub(super) fn check(program: &Program, interner: &Interner, diagnostics: &mut Vec<Diagnostic>) {
    let mut functions: FxHashMap<Symbol, &Function> = FxHashMap::default();
    for function in &program.functions {
        if let Some(first) = functions.insert(function.name, function) {
            let name = interner.resolve(function.name);
            let message = format!("there are two functions `@{name}`");
            diagnostics.push(Diagnostic::error("E1006", function.span, message).secondary(first.span, "the first"));
        }
        if function.name == Symbol::MAIN
            && let Some(param) = function.params.iter().find(|param| param.ty.is_pointer())
        {
            let message = "`@main` gets its arguments from the command line: they cannot be pointers";
            diagnostics.push(Diagnostic::error("E1004", param.span, message));
        }
    }
    for function in &program.functions {
        if diagnostics.len() >= MAX_ERRORS {
            return;
        }
        Checker::new(function, &functions, interner, diagnostics).run();
    }
}

struct Checker<'a> {
    function: &'a Function,
    functions: &'a FxHashMap<Symbol, &'a Function>,
    interner: &'a Interner,
    diagnostics: &'a mut Vec<Diagnostic>,
    labels: FxHashMap<Symbol, Span>,
    /// The type of each variable, and where it has it from.
    variables: FxHashMap<Symbol, (Ty, Span)>,
}

impl<'a> Checker<'a> {
    fn new(
        function: &'a Function,
        functions: &'a FxHashMap<Symbol, &'a Function>,
        interner: &'a Interner,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Checker<'a> {
        Checker {
            function,
            functions,
            interner,
            diagnostics,
            labels: FxHashMap::default(),
            variables: FxHashMap::default(),
        }
    }

    fn run(&mut self) {
        let function = self.function;
        for param in &function.params {
            if self.variables.insert(param.name, (param.ty, param.span)).is_some() {
                let name = self.text(param.name);
                self.report("E1006", param.span, format!("there are two parameters `{name}`"));
            }
        }
        for instr in &function.instrs {
            let span = function.span_of(instr);
            if instr.op == Op::Label {
                if let Some(first) = self.labels.insert(instr.name, span) {
                    let message = format!("there are two labels `.{}`", self.text(instr.name));
                    let diagnostic = Diagnostic::error("E1006", span, message).secondary(first, "the first");
                    self.diagnostics.push(diagnostic);
                }
                continue;
            }
            if instr.dest == Symbol::EMPTY {
                continue;
            }
            let Some(ty) = instr.ty else {
                let name = self.text(instr.dest);
                self.report("E1004", span, format!("`{name}` has no type: write `{name}: int = ...`"));
                continue;
            };
            match self.variables.get(&instr.dest) {
                Some(&(known, place)) if known != ty => {
                    let message = format!("`{}` is a `{ty}` here", self.text(instr.dest));
                    let diagnostic = Diagnostic::error("E1004", span, message)
                        .secondary(place, format!("and a `{known}` here"))
                        .note("a variable has one type in all of its function");
                    self.diagnostics.push(diagnostic);
                }
                Some(_) => {}
                None => {
                    self.variables.insert(instr.dest, (ty, span));
                }
            }
        }
        for instr in function.instrs.iter().filter(|instr| instr.op != Op::Label) {
            if self.diagnostics.len() >= MAX_ERRORS {
                return;
            }
            self.instr(instr);
        }
    }

    fn instr(&mut self, instr: &Instr) {
        let span = self.function.span_of(instr);
        let row = instr.op.row();
        let (args, labels) = (self.function.args(instr), self.function.labels(instr));
        let takes_labels = if instr.op == Op::Phi { args.len() } else { row.labels };
        if labels.len() != takes_labels {
            return self.report(
                "E1003",
                span,
                format!("`{}` takes {}, not {}", row.name, count(takes_labels, "label"), labels.len()),
            );
        }
        for &label in labels {
            if !self.labels.contains_key(&label) {
                let name = self.text(label);
                let near = nearest(name, self.labels.keys().map(|&known| self.text(known)));
                let mut diagnostic = Diagnostic::error("E1005", span, format!("there is no label `.{name}`"));
                if let Some(near) = near {
                    diagnostic = diagnostic.help(format!("did you mean `.{near}`?"));
                }
                self.diagnostics.push(diagnostic);
            }
        }
        if instr.name != Symbol::EMPTY && instr.op != Op::Call {
            return self.report("E1003", span, format!("`{}` calls no function", row.name));
        }
        match instr.op {
            Op::Call => return self.call(instr, span),
            Op::Ret | Op::Print if !self.has_dest(instr, false, span) => return,
            Op::Ret => return self.ret(args, span),
            Op::Print => return self.print(args, span),
            Op::Const => return self.constant(instr, span),
            _ => {}
        }
        let takes = if instr.op == Op::Phi { args.len() } else { row.args.len() };
        if args.len() != takes {
            return self.report(
                "E1003",
                span,
                format!("`{}` takes {}, not {}", row.name, count(takes, "operand"), args.len()),
            );
        }
        if !self.has_dest(instr, row.result.is_some(), span) {
            return;
        }
        // What `T` is, as the result says, or the first operand that does.
        let mut t = match (row.result, instr.ty) {
            (Some(Kind::T), ty) => ty,
            (Some(Kind::Ptr), Some(ty)) => match ty.pointee() {
                Some(pointee) => Some(pointee),
                None => return self.report("E1004", span, format!("`{}` gives a pointer, not a `{ty}`", row.name)),
            },
            (Some(kind), Some(ty)) if plain(kind) != Some(ty) => {
                let gives = plain(kind).map_or(String::new(), |ty| ty.to_string());
                return self.report("E1004", span, format!("`{}` gives a `{gives}`, not a `{ty}`", row.name));
            }
            _ => None,
        };
        for (index, &arg) in args.iter().enumerate() {
            let kind = if instr.op == Op::Phi { Kind::T } else { row.args[index] };
            // What comes from where a variable has no value is only wrong once it is used.
            if instr.op == Op::Phi && !self.variables.contains_key(&arg) {
                continue;
            }
            let Some(ty) = self.operand(arg, span) else { continue };
            let fits = match (kind, t) {
                (Kind::T, Some(t)) => ty == t,
                (Kind::T, None) => {
                    t = Some(ty);
                    true
                }
                (Kind::Ptr, None) => {
                    t = ty.pointee();
                    t.is_some()
                }
                (Kind::Ptr, Some(t)) => ty.pointee() == Some(t),
                (kind, _) => plain(kind) == Some(ty),
            };
            if !fits {
                let wants = match (kind, t) {
                    (Kind::T, Some(t)) => format!("a `{t}`"),
                    (Kind::Ptr, Some(t)) => format!("a `ptr<{t}>`"),
                    (Kind::Ptr, None) => "a pointer".to_string(),
                    (kind, _) => plain(kind).map_or(String::new(), |ty| format!("a `{ty}`")),
                };
                let message = format!("`{}` wants {wants} here, but `{}` is a `{ty}`", row.name, self.text(arg));
                self.mistyped(message, arg, span);
            }
        }
    }

    fn call(&mut self, instr: &Instr, span: Span) {
        if instr.name == Symbol::EMPTY {
            return self.report("E1003", span, "`call` names no function".to_string());
        }
        let name = self.text(instr.name);
        let Some(&callee) = self.functions.get(&instr.name) else {
            let near = nearest(name, self.functions.keys().map(|&known| self.text(known)));
            let mut diagnostic = Diagnostic::error("E1005", span, format!("there is no function `@{name}`"));
            if let Some(near) = near {
                diagnostic = diagnostic.help(format!("did you mean `@{near}`?"));
            }
            return self.diagnostics.push(diagnostic);
        };
        let args = self.function.args(instr);
        if args.len() != callee.params.len() {
            let message = format!("`@{name}` takes {}, not {}", count(callee.params.len(), "operand"), args.len());
            let diagnostic = Diagnostic::error("E1003", span, message).secondary(callee.span, "it is declared here");
            return self.diagnostics.push(diagnostic);
        }
        for (&arg, param) in args.iter().zip(&callee.params) {
            let Some(ty) = self.operand(arg, span) else { continue };
            if ty != param.ty {
                let message = format!("`@{name}` wants a `{}` here, but `{}` is a `{ty}`", param.ty, self.text(arg));
                self.mistyped(message, arg, span);
            }
        }
        match (instr.ty.filter(|_| instr.dest != Symbol::EMPTY), callee.result) {
            (Some(ty), Some(result)) if ty != result => {
                let diagnostic =
                    Diagnostic::error("E1004", span, format!("`@{name}` gives a `{result}`, not a `{ty}`"));
                self.diagnostics.push(diagnostic.secondary(callee.span, "it is declared here"));
            }
            (Some(_), None) => {
                let diagnostic = Diagnostic::error("E1004", span, format!("`@{name}` gives nothing"));
                self.diagnostics.push(diagnostic.secondary(callee.span, "it is declared here"));
            }
            _ => {}
        }
    }

    fn ret(&mut self, args: &[Symbol], span: Span) {
        match (args, self.function.result) {
            // Without a value in a function that has one: an error once it is executed.
            ([], _) => {}
            ([arg], Some(result)) => {
                let Some(ty) = self.operand(*arg, span) else { return };
                if ty != result {
                    let message = format!("this function gives a `{result}`, but `{}` is a `{ty}`", self.text(*arg));
                    self.mistyped(message, *arg, span);
                }
            }
            ([_], None) => {
                let diagnostic = Diagnostic::error("E1004", span, "this function gives nothing");
                self.diagnostics.push(diagnostic.secondary(self.function.span, "it has no type"));
            }
            _ => self.report("E1003", span, format!("`ret` takes one operand at most, not {}", args.len())),
        }
    }

    fn print(&mut self, args: &[Symbol], span: Span) {
        for &arg in args {
            if let Some(ty) = self.operand(arg, span)
                && ty.is_pointer()
            {
                let message = format!("`{}` is a pointer, which has nothing to print", self.text(arg));
                self.mistyped(message, arg, span);
            }
        }
    }

    fn constant(&mut self, instr: &Instr, span: Span) {
        if !self.has_dest(instr, true, span) {
            return;
        }
        let Some(ty) = instr.ty else { return };
        let is = match instr.value {
            Literal::None => return self.report("E1003", span, "`const` has no value".to_string()),
            Literal::Int(_) if ty == Ty::FLOAT => return,
            Literal::Int(_) => Ty::INT,
            Literal::Float(_) => Ty::FLOAT,
            Literal::Bool(_) => Ty::BOOL,
            Literal::Char(_) => Ty::CHAR,
        };
        if is != ty {
            self.report("E1004", span, format!("expected a value of type `{ty}`, found one of type `{is}`"));
        }
    }

    fn has_dest(&mut self, instr: &Instr, wants: bool, span: Span) -> bool {
        let has = instr.dest != Symbol::EMPTY;
        let name = instr.op.row().name;
        match (wants, has) {
            (true, false) => {
                self.report("E1003", span, format!("the value of `{name}` goes nowhere: write `x: T = {name} ...`"))
            }
            (false, true) => self.report("E1003", span, format!("`{name}` gives no value")),
            _ => return true,
        }
        false
    }

    /// The type of a variable.
    fn operand(&mut self, name: Symbol, span: Span) -> Option<Ty> {
        if let Some(&(ty, _)) = self.variables.get(&name) {
            return Some(ty);
        }
        let text = self.text(name);
        let near = nearest(text, self.variables.keys().map(|&known| self.text(known)));
        // Real programs have such uses where control never comes; `brili` ends at those that it executes.
        let mut diagnostic = Diagnostic::warning("W1001", span, format!("no instruction gives `{text}` a value"))
            .note("the program ends with an error if this is executed");
        if let Some(near) = near {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.diagnostics.push(diagnostic);
        None
    }

    fn mistyped(&mut self, message: String, arg: Symbol, span: Span) {
        let place = self.variables[&arg].1;
        self.diagnostics.push(Diagnostic::error("E1004", span, message).secondary(place, "it has its type from here"));
    }

    fn report(&mut self, code: &'static str, span: Span, message: String) {
        self.diagnostics.push(Diagnostic::error(code, span, message));
    }

    fn text(&self, name: Symbol) -> &'a str {
        self.interner.resolve(name)
    }
}

/// The type that an operand of this kind has to have.
fn plain(kind: Kind) -> Option<Ty> {
    match kind {
        Kind::Int => Some(Ty::INT),
        Kind::Bool => Some(Ty::BOOL),
        Kind::Float => Some(Ty::FLOAT),
        Kind::Char => Some(Ty::CHAR),
        Kind::T | Kind::Ptr => None,
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}"),
        1 => format!("one {what}"),
        _ => format!("{number} {what}s"),
    }
}
