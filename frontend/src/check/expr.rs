//! Expressions: literals, names, and which method checks what.

use super::body::{FnCx, NameRef};
use super::builtin;
use super::operator::Free;
use super::types::builtin_type;
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::{Bits, ConstValue, ExprId, ExprKind, LocalId, PlaceId, PlaceKind};
use crate::intern::Symbol;
use crate::resolve::habits::{self, Instead};
use crate::resolve::suggest::nearest_or_builtin;
use crate::resolve::{ConstDeclId, Decl};
use crate::source::Span;
use crate::types::{IntTy, Ty, TyKind};

/// How deep calls of `expr` may nest: bounded by the stack. Chains of binary operators do not count.
const MAX_NESTING: u32 = 2000;

/// What an expression stands for: memory, or a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operand {
    Place(PlaceId),
    Value(ExprId),
}

impl<'c, 'a> FnCx<'c, 'a> {
    /// Checks an expression for its value. `hint` is the type that the context asks for; the result may have another
    /// one.
    pub(crate) fn expr(&mut self, id: ast::ExprId, hint: Option<Ty>) -> ExprId {
        let operand = self.operand(id, hint);
        self.read(operand)
    }

    pub(crate) fn operand_ty(&self, operand: Operand) -> Ty {
        match operand {
            Operand::Place(place) => self.body[place].ty,
            Operand::Value(value) => self.ty(value),
        }
    }

    pub(crate) fn operand_span(&self, operand: Operand) -> Span {
        match operand {
            Operand::Place(place) => self.body[place].span,
            Operand::Value(value) => self.body[value].span,
        }
    }

    /// The value of an operand.
    pub(crate) fn read(&mut self, operand: Operand) -> ExprId {
        match operand {
            Operand::Value(value) => value,
            Operand::Place(place) => {
                let (ty, span) = (self.body[place].ty, self.body[place].span);
                if ty == Ty::ERROR {
                    return self.error(span);
                }
                self.add(ExprKind::Load(place), ty, span)
            }
        }
    }

    /// The memory of an operand: a fresh place for a value that is in none.
    pub(crate) fn place_of(&mut self, operand: Operand) -> PlaceId {
        match operand {
            Operand::Place(place) => place,
            Operand::Value(value) => match self.body[value].kind {
                ExprKind::Load(place) => place,
                _ => {
                    let (ty, span) = (self.ty(value), self.body[value].span);
                    self.place(PlaceKind::Temp(value), ty, span)
                }
            },
        }
    }

    /// Checks an expression for its place, if it is one, or its value.
    pub(crate) fn operand(&mut self, id: ast::ExprId, hint: Option<Ty>) -> Operand {
        let node = self.file[id];
        if self.depth >= MAX_NESTING {
            self.report(Diagnostic::error("E0398", node.span, "this expression is nested too deeply"));
            return Operand::Value(self.error(node.span));
        }
        self.depth += 1;
        let operand = match node.kind {
            ast::ExprKind::Name(name) => self.name(name, node.span, hint),
            ast::ExprKind::Field { base, name } => self.field(base, name, node.span, hint),
            ast::ExprKind::TupleField { base, index, index_span } => {
                self.tuple_field(base, index, index_span, node.span)
            }
            ast::ExprKind::Index { base, args, bracket } => self.index(base, args, bracket, node.span),
            ast::ExprKind::Deref { base, op } => self.deref(base, op, node.span),
            _ => Operand::Value(self.value(id, node, hint)),
        };
        self.depth -= 1;
        operand
    }

    fn value(&mut self, id: ast::ExprId, node: ast::Expr, hint: Option<Ty>) -> ExprId {
        let span = node.span;
        match node.kind {
            ast::ExprKind::Error => self.error(span),
            ast::ExprKind::Int { value, negative, suffix } => {
                let value = self.file[value];
                let ty = match suffix {
                    Some(suffix) => num_type(suffix),
                    None => self.free_ty(Free::Int, hint),
                };
                self.int_literal(value, negative, ty, span)
            }
            ast::ExprKind::Float { text, negative, suffix } => {
                let ty = match suffix {
                    Some(suffix) => num_type(suffix),
                    None => self.free_ty(Free::Float, hint),
                };
                self.float_literal(text, negative, ty, span)
            }
            ast::ExprKind::Bool(value) => self.add(ExprKind::Bool(value), Ty::BOOL, span),
            ast::ExprKind::Char(c) => {
                let ty = match self.free_ty(Free::Char, hint) {
                    Ty::U8 if c.is_ascii() => Ty::U8,
                    _ => Ty::CHAR,
                };
                let id = self.add(ExprKind::Int(Bits::new(u32::from(c).into())), ty, span);
                if ty == Ty::U8 {
                    self.known_ints.insert(id, i128::from(u32::from(c)));
                }
                id
            }
            ast::ExprKind::Str(bytes) => {
                let text = self.cx.string(&self.file[bytes]);
                self.add(ExprKind::Str(text), Ty::STR, span)
            }
            ast::ExprKind::ByteStr(bytes) => {
                let text = self.cx.string(&self.file[bytes]);
                let ty = self.cx.types.slice(Ty::U8);
                self.add(ExprKind::Bytes(text), ty, span)
            }
            ast::ExprKind::FStr(pieces) => self.format_string(pieces, span),
            ast::ExprKind::Nil => {
                let hint = hint.map(|ty| match self.kind(ty) {
                    TyKind::Result { ok, .. } => ok,
                    _ => ty,
                });
                let ty = match hint.map(|ty| (ty, self.kind(ty))) {
                    Some((ty, TyKind::Optional(_) | TyKind::Pointer { .. })) => ty,
                    _ => Ty::NIL,
                };
                let id = self.add(ExprKind::Zero, ty, span);
                self.nils.insert(id);
                id
            }

            ast::ExprKind::Instance { base, args } => self.instance(base, args, span),
            ast::ExprKind::Slice { base, range, bracket } => self.slice(base, range, bracket, span),
            ast::ExprKind::Call { callee, args, paren } => self.call(callee, args, None, paren, span, hint),
            ast::ExprKind::Pipe { value, call, .. } => match self.file[call].kind {
                ast::ExprKind::Call { callee, args, paren } => self.call(callee, args, Some(value), paren, span, hint),
                // The parser lets nothing else stand there.
                _ => self.error(span),
            },
            ast::ExprKind::Unwrap { base, op } => self.unwrap(base, op, span, hint),
            ast::ExprKind::Unary { op, operand, op_span } => self.unary(op, operand, op_span, span, hint),
            ast::ExprKind::Binary { op: ast::BinaryOp::Coalesce, left, right, op_span } => {
                self.coalesce(left, right, op_span, span, hint)
            }
            ast::ExprKind::Binary { .. } => self.binary(id, hint),
            ast::ExprKind::Try { operand, op } => self.try_expr(operand, op, span),
            ast::ExprKind::Cast { operand, ty, op } => self.cast(operand, ty, op, span),
            ast::ExprKind::Range { op, .. } => {
                self.report(
                    Diagnostic::error("E0316", op, "a range is no value")
                        .note("it stands in the head of a `for`, between brackets, and in patterns"),
                );
                self.error(span)
            }
            ast::ExprKind::Assign { op, op_span, .. } => {
                let diagnostic = Diagnostic::error("E0317", op_span, "an assignment is a statement, not a value");
                self.report(match op {
                    None => diagnostic.help("`==` compares"),
                    Some(_) => diagnostic.help("write it as a statement of its own, before the value is used"),
                });
                self.error(span)
            }

            ast::ExprKind::Tuple(parts) => self.tuple(parts, span, hint),
            ast::ExprKind::Array(elements) => self.array(elements, span, hint),
            ast::ExprKind::Repeat { value, len } => self.repeat(value, len, span, hint),
            ast::ExprKind::StructLit { target, fields } => self.struct_literal(target, fields, span, hint),

            ast::ExprKind::Block(block) => {
                let block = self.block(block, hint, super::body::BlockRole::Alone);
                let ty = self.body[block].ty;
                if hint == Some(Ty::VOID) && ty != Ty::NEVER {
                    self.coerce_block(block, Ty::VOID);
                }
                let ty = self.body[block].ty;
                self.add(ExprKind::Block(block), ty, span)
            }
            ast::ExprKind::If { arms, otherwise } => self.if_expr(arms, otherwise, span, hint),
            ast::ExprKind::Switch { scrutinee, arms } => self.switch(scrutinee, arms, span, hint),
            ast::ExprKind::While { label, cond, body } => self.while_loop(label, cond, body, span),
            ast::ExprKind::Loop { label, body } => self.endless_loop(label, body, span),
            ast::ExprKind::For { label, binds, iter, body } => self.for_loop(label, binds, iter, body, span),
            ast::ExprKind::Fn(decl) => self.fn_value(decl, span),

            ast::ExprKind::Return(value) => self.check_return(value, span),
            ast::ExprKind::Yield(value) => self.check_yield(value, span),
            ast::ExprKind::Break(label) => match self.find_loop(label, "break", span) {
                Some(index) => {
                    let frame = &mut self.loops[index];
                    frame.breaks = true;
                    frame.label_used |= label.is_some();
                    let id = frame.id;
                    self.diverges = true;
                    self.add(ExprKind::Break(id), Ty::NEVER, span)
                }
                None => self.error(span),
            },
            ast::ExprKind::Continue(label) => match self.find_loop(label, "continue", span) {
                Some(index) => {
                    let frame = &mut self.loops[index];
                    frame.label_used |= label.is_some();
                    let id = frame.id;
                    self.diverges = true;
                    self.add(ExprKind::Continue(id), Ty::NEVER, span)
                }
                None => self.error(span),
            },
            ast::ExprKind::Unreachable => {
                self.diverges = true;
                self.add(ExprKind::Unreachable, Ty::NEVER, span)
            }

            ast::ExprKind::Case(name) => self.inferred_case(name, span, hint),
            ast::ExprKind::Catch { operand, name, handler, op } => self.catch(operand, name, handler, op, span, hint),
            ast::ExprKind::ReturnError(value) => self.return_error(value, span),
            ast::ExprKind::MapLit { .. } | ast::ExprKind::SeqLit { .. } => {
                self.later(span, "containers are", "use arrays and slices for now")
            }
            ast::ExprKind::New(_) => self.later(span, "garbage-collected objects are", "use `create!` and `destroy`"),
            ast::ExprKind::With { .. } => self.later(span, "`with context` is", "pass what is needed as parameters"),
            ast::ExprKind::Sync { .. } | ast::ExprKind::Async(_) => {
                self.later(span, "threads are", "call the function directly for now")
            }
            ast::ExprKind::Closure { .. } => {
                self.later(span, "closures are", "`fn(x: T) -> U { ... }` is a function value that does not capture")
            }
            ast::ExprKind::Constantize(operand) => self.constantized(operand, span, hint),
            // Places; `operand` has them.
            ast::ExprKind::Name(_)
            | ast::ExprKind::Field { .. }
            | ast::ExprKind::TupleField { .. }
            | ast::ExprKind::Index { .. }
            | ast::ExprKind::Deref { .. } => self.error(span),
        }
    }

    /// `constantize e`
    fn constantized(&mut self, operand: ast::ExprId, span: Span, hint: Option<Ty>) -> ExprId {
        let outer_locals = self.visible_locals();
        let mut inner = FnCx::new(self.cx, self.file_index, self.item_scope);
        inner.outer_locals = outer_locals;
        let before = inner.cx.diagnostics.len();
        let result = inner.const_operand(operand, hint);
        // Locals that it may not use are used all the same.
        for index in before..self.cx.diagnostics.len() {
            let diagnostic = &mut self.cx.diagnostics[index];
            if diagnostic.code == "E0344" {
                diagnostic.helps.clear();
                let declared: Vec<Span> = diagnostic.secondary.iter().map(|label| label.span).collect();
                let locals =
                    (0..self.body.locals.len()).filter(|&local| declared.contains(&self.body.locals[local].span));
                locals.collect::<Vec<_>>().into_iter().for_each(|local| self.mark_used(LocalId(local as u32)));
            }
        }
        match result {
            Some((ty, value)) => self.const_value(&value, ty, span),
            None => self.error(span),
        }
    }

    /// `var x = constantize e`: what slices in the value lead to belongs to the variable.
    pub(crate) fn copy_constantized(&mut self, decl: &ast::VarDecl, value: ExprId) {
        let constantized = decl.init.is_some_and(|init| matches!(self.file[init].kind, ast::ExprKind::Constantize(_)));
        if let (true, true, ExprKind::Load(place)) = (decl.mutable, constantized, &self.body[value].kind)
            && let PlaceKind::Constant(id) = self.body[*place].kind
        {
            let old = self.cx.constants[id.index()].value.clone();
            self.cx.constants[id.index()].value = self.cx.mutable_copy(&old);
        }
    }

    pub(crate) fn later(&mut self, span: Span, what: &str, instead: &str) -> ExprId {
        self.cx.not_yet(span, what, instead);
        self.error(span)
    }

    // --------------------------------------------------------------------------------------------- literals

    fn int_literal(&mut self, value: u128, negative: bool, ty: Ty, span: Span) -> ExprId {
        match self.kind(ty) {
            TyKind::Int(int) => {
                let fits = if negative { int.signed && value <= int.min_bits() } else { value <= int.max_bits() };
                if !fits {
                    self.report_literal(int, negative, span);
                    return self.error(span);
                }
                let bits = if negative { value.wrapping_neg() & int.mask() } else { value };
                let id = self.add(ExprKind::Int(Bits::new(bits)), ty, span);
                self.known_ints.insert(id, int.to_i128(bits));
                id
            }
            TyKind::Float(bits) => {
                let exact = match bits {
                    32 => f64::from(value as f32),
                    16 => round_f16(value as f64),
                    _ => value as f64,
                };
                if exact.is_infinite() {
                    return self.report_float(ty, span);
                }
                self.add(ExprKind::Float(if negative { -exact } else { exact }), ty, span)
            }
            _ => self.error(span),
        }
    }

    fn report_literal(&mut self, int: IntTy, negative: bool, span: Span) {
        let name = int.name();
        let mut diagnostic = if negative && !int.signed {
            Diagnostic::error("E0313", span, format!("a negative literal cannot be a `{name}`"))
        } else {
            Diagnostic::error("E0313", span, format!("this literal does not fit `{name}`"))
        };
        let low = if int.signed { int.to_i128(int.min_bits()).to_string() } else { "0".to_string() };
        diagnostic = diagnostic.note(format!("`{name}` holds {low} to {}", int.max_bits()));
        if int.bits == 64 && int.signed && !negative {
            diagnostic = diagnostic.help("a suffix gives it another type, such as `u64` or `i128`");
        }
        self.report(diagnostic);
    }

    fn float_literal(&mut self, text: Symbol, negative: bool, ty: Ty, span: Span) -> ExprId {
        let text = self.cx.text(text);
        let exact = match self.kind(ty) {
            TyKind::Float(32) => text.parse::<f32>().map(f64::from),
            TyKind::Float(16) => text.parse::<f64>().map(round_f16),
            _ => text.parse::<f64>(),
        };
        let Ok(exact) = exact else {
            self.report(Diagnostic::error("E0313", span, "this is not a float"));
            return self.error(span);
        };
        if exact.is_infinite() {
            return self.report_float(ty, span);
        }
        self.add(ExprKind::Float(if negative { -exact } else { exact }), ty, span)
    }

    fn report_float(&mut self, ty: Ty, span: Span) -> ExprId {
        let name = self.name_of(ty);
        self.report(
            Diagnostic::error("E0313", span, format!("this literal does not fit `{name}`"))
                .help(format!("infinity is `{name}.INF`")),
        );
        self.error(span)
    }

    // ------------------------------------------------------------------------------------------------ names

    fn name(&mut self, name: Symbol, span: Span, hint: Option<Ty>) -> Operand {
        match self.lookup(name) {
            NameRef::Local(local) => {
                self.mark_used(local);
                self.local(local, span)
            }
            NameRef::Field(field) => self.used_field(field, span),
            NameRef::Decl(decl) => self.decl(decl, name, span, hint),
            NameRef::Captured(declared) => {
                let error = self.report_captured(name, declared, span);
                Operand::Value(error)
            }
            NameRef::Unknown => Operand::Value(match self.condition_name(name, span) {
                Some(value) => value,
                None => self.unknown_name(name, span),
            }),
        }
    }

    pub(crate) fn local(&mut self, local: LocalId, span: Span) -> Operand {
        let ty = self.body[local].ty;
        if ty == Ty::ERROR {
            return Operand::Value(self.error(span));
        }
        Operand::Place(self.place(PlaceKind::Local(local), ty, span))
    }

    pub(crate) fn report_captured(&mut self, name: Symbol, declared: Span, span: Span) -> ExprId {
        let text = self.cx.text(name).to_string();
        let diagnostic = if self.is_function {
            Diagnostic::error("E0206", span, format!("`{text}` is a variable of the function around this one"))
                .secondary(declared, "declared here")
                .help("functions do not capture: pass it as a parameter")
        } else {
            Diagnostic::error("E0344", span, format!("`{text}` is a variable; its value is not known while compiling"))
                .secondary(declared, "declared here")
                .help("`alloc!(T)(n)` makes a slice of a length that is only known when the program runs")
        };
        self.report(diagnostic);
        self.error(span)
    }

    pub(crate) fn decl(&mut self, decl: Decl, name: Symbol, span: Span, hint: Option<Ty>) -> Operand {
        match decl {
            Decl::Global(id) => {
                let ty = self.cx.resolve_global(id, span);
                let global = &mut self.cx.globals[id.index()];
                global.used = true;
                let (declared, scope) = (global.span, global.scope);
                if let Some(position) = self.script_position
                    && self.cx.scripts.first() == Some(&true)
                    && scope == self.cx.file_scopes[0]
                    && declared.start >= position
                    && self.file_index == 0
                {
                    let text = self.cx.text(name).to_string();
                    self.report(
                        Diagnostic::error("E0207", span, format!("`{text}` is used before its declaration"))
                            .secondary(declared, "declared here"),
                    );
                }
                if ty == Ty::ERROR {
                    return Operand::Value(self.error(span));
                }
                Operand::Place(self.place(PlaceKind::Global(id), ty, span))
            }
            Decl::Const(id) => self.constant(id, span, hint),
            Decl::Fns(set) => Operand::Value(self.function_set(set, name, span, hint)),
            Decl::Broken => Operand::Value(self.error(span)),
            Decl::Struct(_) | Decl::Enum(_) | Decl::Alias(_) => {
                let text = self.cx.text(name).to_string();
                let mut diagnostic = Diagnostic::error("E0208", span, format!("`{text}` is a type, not a value"));
                match decl {
                    Decl::Struct(_) => {
                        diagnostic = diagnostic.help(format!("a value of it is written `{text} {{ ... }}`"));
                    }
                    Decl::Enum(id) if !self.cx.types[id].cases.is_empty() => {
                        let case = self.cx.text(self.cx.types[id].cases[0].name).to_string();
                        diagnostic = diagnostic.help(format!("a value of it is one of its cases, as `{text}.{case}`"));
                    }
                    _ => {}
                }
                self.report(diagnostic);
                Operand::Value(self.error(span))
            }
            Decl::Module(_) => {
                let text = self.cx.text(name).to_string();
                self.report(
                    Diagnostic::error("E0208", span, format!("`{text}` is a module, not a value"))
                        .help(format!("name something in it: `{text}.name`")),
                );
                Operand::Value(self.error(span))
            }
            Decl::Intrinsic(_) => {
                let text = self.cx.text(name).to_string();
                self.report(
                    Diagnostic::error("E0208", span, format!("the operation `{text}` is not a value"))
                        .help(format!("call it, or wrap it: `fn(x: f64) -> f64 {{ ...{text}(x) }}`")),
                );
                Operand::Value(self.error(span))
            }
        }
    }

    fn constant(&mut self, id: ConstDeclId, span: Span, hint: Option<Ty>) -> Operand {
        self.cx.resolve_const(id, span);
        let (ty, value) = match &self.cx.consts[id.0 as usize].state {
            super::ConstState::Free(free) => {
                let ty = self.free_ty(*free, hint);
                return Operand::Value(match self.cx.free_const(id, ty, span) {
                    Some(value) => self.const_value(&value, ty, span),
                    None => self.error(span),
                });
            }
            super::ConstState::Done { ty, value, .. } => {
                let in_memory = matches!(
                    value,
                    ConstValue::Aggregate(_)
                        | ConstValue::Repeat(_)
                        | ConstValue::Some(_)
                        | ConstValue::Zero
                        | ConstValue::Data(..)
                        | ConstValue::Case(..)
                );
                // Large values are not copied to look at them.
                (*ty, if in_memory { None } else { Some(value.clone()) })
            }
            _ => return Operand::Value(self.error(span)),
        };
        let aggregate = matches!(self.kind(ty), TyKind::Array { .. } | TyKind::Struct(_) | TyKind::Tuple(_));
        match value {
            Some(value) => Operand::Value(self.const_value(&value, ty, span)),
            None if aggregate
                || !matches!(
                    self.cx.consts[id.0 as usize].state,
                    super::ConstState::Done { value: ConstValue::Zero, .. }
                ) =>
            {
                match self.cx.const_memory(id) {
                    Some((ty, memory)) => Operand::Place(self.place(PlaceKind::Constant(memory), ty, span)),
                    None => Operand::Value(self.error(span)),
                }
            }
            None => Operand::Value(self.const_value(&ConstValue::Zero, ty, span)),
        }
    }

    /// A function as a value: the only one of its name, or the one that the context asks for.
    pub(crate) fn function_set(
        &mut self,
        set: crate::resolve::FnSetId,
        name: Symbol,
        span: Span,
        hint: Option<Ty>,
    ) -> ExprId {
        let funcs = self.cx.candidates(set);
        if let [only] = funcs[..] {
            return self.func_value(only, span);
        }
        let wanted = hint.and_then(|ty| match self.kind(ty) {
            TyKind::Fn { .. } => Some(ty),
            TyKind::Optional(payload) => Some(payload),
            _ => None,
        });
        for &func in &funcs {
            let decl = &self.cx.funcs[func.index()];
            let params: Vec<Ty> = decl.params.iter().map(|param| param.ty).collect();
            let result = decl.result;
            let ty = self.cx.types.function(&params, result);
            if Some(ty) == wanted {
                return self.func_value(func, span);
            }
        }
        let text = self.cx.text(name).to_string();
        let mut diagnostic = match wanted.filter(|&ty| matches!(self.kind(ty), TyKind::Fn { .. })) {
            Some(wanted) => {
                let wanted = self.name_of(wanted);
                Diagnostic::error("E0404", span, format!("no function `{text}` is of the type `{wanted}`"))
            }
            None => Diagnostic::error("E0404", span, format!("there are {} functions `{text}`", funcs.len()))
                .help("write the type that is meant, such as `let f: fn(i64) -> i64 = ...`"),
        };
        for func in funcs {
            diagnostic = diagnostic.secondary(self.cx.funcs[func.index()].span, "one of them");
        }
        self.report(diagnostic);
        self.error(span)
    }

    /// A name that nothing has.
    pub(crate) fn unknown_name(&mut self, name: Symbol, span: Span) -> ExprId {
        let text = self.cx.text(name).to_string();
        if builtin::is_function(&text) {
            self.report(
                Diagnostic::error("E0208", span, format!("the built-in function `{text}` is not a value"))
                    .help(format!("call it, or wrap it: `fn(x: T) -> U {{ {text}(x) }}`")),
            );
            return self.error(span);
        }
        if builtin_type(&text).is_some() {
            self.report(
                Diagnostic::error("E0208", span, format!("`{text}` is a type, not a value"))
                    .note("its limits are named, such as `i64.MAX`"),
            );
            return self.error(span);
        }
        if name == Symbol::CONTEXT {
            return self.later(span, "the context is", "pass what is needed as parameters");
        }
        if self.report_later_builtin(&text, span) {
            return self.error(span);
        }
        if let Some(declared) = self.declared_later(name) {
            self.report(
                Diagnostic::error("E0207", span, format!("`{text}` is used before its declaration"))
                    .secondary(declared, "declared here"),
            );
            return self.error(span);
        }
        if !self.unknown.insert(name) {
            // Reported at its first use in this function.
            return self.error(span);
        }
        let mut diagnostic = Diagnostic::error("E0201", span, format!("there is no `{text}` here")).label("not found");
        if crate::library::source(&text).is_some() {
            diagnostic = diagnostic.help(format!("`import std.{text};` at the top of the file makes it known"));
        } else if name == Symbol::RESULT {
            diagnostic =
                diagnostic.note("`result` is the result of the function inside of `on_return { }`, if it has one");
        } else if text == "_" {
            diagnostic = diagnostic.note("`_` is a pattern that matches all, not a value");
        } else if let Some(near) = self.near_name(&text, |_| true).filter(|near| !builtin::is_function(near)) {
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), span, near);
        } else if let Some(instead) = habits::instead(&text) {
            diagnostic = match instead {
                Instead::Name(name) => diagnostic.suggest(format!("write `{name}`"), span, name),
                Instead::Help(text) => diagnostic.help(text),
            };
        } else if let Some(module) = crate::library::module_with(&text) {
            let known = self.cx.interner.get(module).map(|name| self.lookup(name));
            diagnostic = if let Some(NameRef::Decl(Decl::Module(_))) = known {
                diagnostic.suggest("it is in a module", span.at_start(), format!("{module}."))
            } else {
                diagnostic
                    .help(format!("`import std.{module};` at the top of the file makes it known as `{module}.{text}`"))
            };
        } else if let Some(near) = self.near_name(&text, |_| true) {
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), span, near);
        }
        self.report(diagnostic);
        self.error(span)
    }

    /// The nearest name that is visible here.
    pub(crate) fn near_name(&self, text: &str, wanted: impl Fn(Decl) -> bool) -> Option<String> {
        let mut candidates: Vec<&str> = Vec::new();
        let any = wanted(Decl::Broken);
        if any {
            candidates.extend(self.local_names().into_iter().map(|name| self.cx.text(name)));
        }
        let mut at = Some(self.item_scope);
        while let Some(scope) = at {
            let scope = self.cx.scope(scope);
            candidates.extend(
                scope.names.iter().filter(|(_, named)| wanted(named.decl)).map(|(&name, _)| self.cx.text(name)),
            );
            at = scope.parent;
        }
        nearest_or_builtin(text, candidates.into_iter(), builtin::FUNCTIONS.iter().copied()).map(str::to_string)
    }

    // ------------------------------------------------------------------------------------ optional operators

    fn unwrap(&mut self, base: ast::ExprId, op: Span, span: Span, hint: Option<Ty>) -> ExprId {
        let wanted = hint
            .filter(|&ty| !matches!(ty, Ty::VOID | Ty::ERROR))
            .map(|ty| self.cx.types.optional(ty))
            .filter(|_| matches!(self.file[base].kind, ast::ExprKind::Nil));
        let value = self.expr(base, wanted);
        match self.kind(self.ty(value)) {
            TyKind::Optional(payload) => self.add(ExprKind::Unwrap { value, op }, payload, span),
            TyKind::Error => self.error(span),
            _ => {
                self.report_untestable("!", Testable::Optional, op, value);
                self.error(span)
            }
        }
    }

    /// The operand of `what`, which stands at `at`, is nothing that `what` tests.
    pub(crate) fn report_untestable(&mut self, what: &str, tested: Testable, at: Span, value: ExprId) {
        let (ty, span) = (self.ty(value), self.body[value].span);
        if ty == Ty::NIL {
            self.report_bare_nil(span);
            return;
        }
        let name = self.name_of(ty);
        let (wanted, never) = match tested {
            Testable::Optional => ("an optional", "never nil"),
            Testable::OptionalOrResult => ("an optional or an error result", "never nil or an error"),
        };
        let diagnostic = Diagnostic::error("E0305", at, format!("`{what}` needs {wanted}, not `{name}`"));
        let pointer = matches!(self.kind(ty), TyKind::Pointer { .. });
        let label = format!("this is `{name}`, which is {}", if pointer { "no optional" } else { never });
        let mut diagnostic = if at == span { diagnostic.label(label) } else { diagnostic.secondary(span, label) };
        if pointer {
            diagnostic = diagnostic.help(format!("compare the pointer with `nil`, or let it be a `?{name}`"));
        } else if let TyKind::Result { .. } = self.kind(ty) {
            diagnostic = diagnostic.help("`try` passes an error on, `catch e { ... }` handles it");
        }
        self.report(diagnostic);
    }

    pub(crate) fn report_bare_nil(&mut self, span: Span) {
        self.report(Diagnostic::error("E0311", span, "the type of this `nil` is not known"));
    }
}

/// What an operator or pattern tests.
#[derive(Clone, Copy)]
pub(crate) enum Testable {
    Optional,
    OptionalOrResult,
}

pub(crate) fn num_type(suffix: ast::NumType) -> Ty {
    match suffix {
        ast::NumType::I8 => Ty::I8,
        ast::NumType::I16 => Ty::I16,
        ast::NumType::I32 => Ty::I32,
        ast::NumType::I64 | ast::NumType::Isize => Ty::I64,
        ast::NumType::I128 => Ty::I128,
        ast::NumType::U8 => Ty::U8,
        ast::NumType::U16 => Ty::U16,
        ast::NumType::U32 => Ty::U32,
        ast::NumType::U64 | ast::NumType::Usize => Ty::U64,
        ast::NumType::U128 => Ty::U128,
        ast::NumType::F16 => Ty::F16,
        ast::NumType::F32 => Ty::F32,
        ast::NumType::F64 => Ty::F64,
    }
}

fn round_f16(value: f64) -> f64 {
    lang_ir::eval::f16_to_f64(lang_ir::eval::f64_to_f16(value))
}
