//! Places: fields, elements, what pointers point to; slices of them; assignment; and addresses that outlive their
//! variable.

use super::body::{Binding, FnCx, NameRef};
use super::convert::{Site, converts};
use super::expr::Operand;
use super::operator::hir_op;
use super::types::builtin_type;
use crate::ast;
use crate::diagnostic::Diagnostic;
use crate::hir::{self, Bits, ConstValue, ExprId, ExprKind, LocalId, PlaceId, PlaceKind};
use crate::intern::Symbol;
use crate::resolve::Decl;
use crate::resolve::suggest::nearest;
use crate::source::Span;
use crate::types::{Ty, TyKind};

impl<'c, 'a> FnCx<'c, 'a> {
    // ----------------------------------------------------------------------------------------------- fields

    /// `base.name`, without a call.
    pub(crate) fn field(&mut self, base: ast::ExprId, name: ast::Ident, span: Span, hint: Option<Ty>) -> Operand {
        if let Some((found, base_name)) = self.named(base) {
            match found {
                NameRef::Decl(Decl::Module(module)) => {
                    let decl = self.cx.member(module, name, self.item_scope);
                    return self.decl(decl, name.name, span, hint);
                }
                found => {
                    if let Some(ty) = self.type_of_name(found, base_name) {
                        return Operand::Value(match self.type_function(ty, name.name) {
                            Some(set) => self.function_set(set, name.name, span, hint),
                            None => self.type_member(ty, name, span),
                        });
                    }
                }
            }
        }
        let base_operand = self.operand(base, None);
        self.field_of(base_operand, name, span)
    }

    /// The type that a name stands for, if it does; `found` is what it is.
    pub(crate) fn type_of_name(&mut self, found: NameRef, name: ast::Ident) -> Option<Ty> {
        match found {
            NameRef::Decl(Decl::Struct(id)) => Some(self.cx.types.intern(TyKind::Struct(id))),
            NameRef::Decl(Decl::Enum(id)) => Some(self.cx.types.intern(TyKind::Enum(id))),
            NameRef::Decl(Decl::Alias(id)) => Some(self.cx.resolve_alias(id, name.span)),
            NameRef::Unknown => builtin_type(self.cx.text(name.name)),
            _ => None,
        }
    }

    /// `i64.MIN` and the like.
    pub(crate) fn type_member(&mut self, ty: Ty, name: ast::Ident, span: Span) -> ExprId {
        if let TyKind::Enum(id) = self.kind(ty)
            && (self.has_case(id, name.name) || self.cx.type_fns_of(ty, name.name).is_none())
        {
            return match self.find_case(id, name) {
                Some(at) => self.plain_case(at, span),
                None => self.error(span),
            };
        }
        let text = self.cx.text(name.name).to_string();
        let value = match (self.kind(ty), text.as_str()) {
            (TyKind::Error, _) => return self.error(span),
            (TyKind::Int(int), "MIN") => Some(ConstValue::Int(int.min_bits())),
            (TyKind::Int(int), "MAX") => Some(ConstValue::Int(int.max_bits())),
            (TyKind::Float(_), "INF") => Some(ConstValue::Float(f64::INFINITY)),
            (TyKind::Float(_), "NAN") => Some(ConstValue::Float(f64::NAN)),
            (TyKind::Float(bits), "EPSILON") => Some(ConstValue::Float(match bits {
                16 => f64::powi(2.0, -10),
                32 => f64::from(f32::EPSILON),
                _ => f64::EPSILON,
            })),
            (TyKind::Float(bits), "MAX" | "MIN") => {
                let max = match bits {
                    16 => 65504.0,
                    32 => f64::from(f32::MAX),
                    _ => f64::MAX,
                };
                Some(ConstValue::Float(if text == "MAX" { max } else { -max }))
            }
            _ => None,
        };
        match value {
            Some(value) => self.const_value(&value, ty, span),
            None if self.cx.type_fns_of(ty, name.name).is_some() => self.error(span),
            None => {
                let type_name = self.name_of(ty);
                let known: &[&str] = match self.kind(ty) {
                    TyKind::Int(_) => &["MIN", "MAX"],
                    TyKind::Float(_) => &["MIN", "MAX", "INF", "NAN", "EPSILON"],
                    _ => &[],
                };
                let mut diagnostic =
                    Diagnostic::error("E0204", name.span, format!("there is no `{text}` in the type `{type_name}`"));
                if let Some(near) = nearest(&text.to_uppercase(), known.iter().copied())
                    .or_else(|| known.iter().copied().find(|&known| known == text.to_uppercase()))
                {
                    diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near);
                } else if !known.is_empty() {
                    diagnostic = diagnostic.note(format!("there are {}", known.join(", ")));
                }
                self.report(diagnostic);
                self.error(span)
            }
        }
    }

    /// Where the `.` between two spans stands.
    pub(crate) fn dot(&self, base: Span, name: Span) -> Span {
        let between = Span::new(base.file, base.end, name.start.max(base.end));
        match self.cx.sources.snippet(between).find('.') {
            Some(at) => Span::new(base.file, base.end + at as u32, base.end + at as u32 + 1),
            None => name,
        }
    }

    /// What a pointer points to, if the operand is one; else the operand.
    pub(crate) fn through_pointer(&mut self, operand: Operand, op: Span) -> Operand {
        match self.kind(self.operand_ty(operand)) {
            TyKind::Pointer { target, .. } => {
                let span = self.operand_span(operand);
                let pointer = self.read(operand);
                Operand::Place(self.place(PlaceKind::Deref { pointer, op }, target, span))
            }
            _ => operand,
        }
    }

    pub(crate) fn field_of(&mut self, base: Operand, name: ast::Ident, span: Span) -> Operand {
        let base_ty = self.operand_ty(base);
        if base_ty == Ty::ERROR {
            return Operand::Value(self.error(span));
        }
        let dot = self.dot(self.operand_span(base), name.span);
        let base = self.through_pointer(base, dot);
        let ty = self.operand_ty(base);
        let text = self.cx.text(name.name).to_string();
        match (self.kind(ty), text.as_str()) {
            (TyKind::Struct(id), _) => {
                if let Some(index) = self.cx.types[id].fields.iter().position(|field| field.name == name.name) {
                    let field_ty = self.cx.types[id].fields[index].ty;
                    if field_ty == Ty::ERROR {
                        return Operand::Value(self.error(span));
                    }
                    let base = self.place_of(base);
                    let kind = PlaceKind::Field { base, field: index as u32 };
                    return Operand::Place(self.place(kind, field_ty, span));
                }
            }
            (TyKind::Array { len, .. }, "len") => {
                let id = self.add(ExprKind::Int(Bits::new(len.into())), Ty::I64, span);
                self.known_ints.insert(id, i128::from(len));
                return Operand::Value(id);
            }
            (TyKind::Slice { .. } | TyKind::Strided { .. } | TyKind::Str, "len") => {
                let value = self.read(base);
                return Operand::Value(self.add(ExprKind::Len(value), Ty::I64, span));
            }
            (TyKind::Slice { element, .. } | TyKind::View { element, .. }, "ptr") => {
                let value = self.read(base);
                let ty = self.cx.types.pointer(element);
                return Operand::Value(self.add(ExprKind::Ptr(value), ty, span));
            }
            (TyKind::Str, "ptr") => {
                let value = self.read(base);
                let ty = self.cx.types.pointer(Ty::U8);
                return Operand::Value(self.add(ExprKind::Ptr(value), ty, span));
            }
            (TyKind::View { rank: 2, .. }, "rows" | "cols") => {
                let view = self.read(base);
                let axis = u8::from(text == "cols");
                return Operand::Value(self.add(ExprKind::Extent { view, axis }, Ty::I64, span));
            }
            (TyKind::Error, _) => return Operand::Value(self.error(span)),
            _ => {}
        }
        self.report_no_field(ty, name, &text);
        Operand::Value(self.error(span))
    }

    fn report_no_field(&mut self, ty: Ty, name: ast::Ident, text: &str) {
        let type_name = self.name_of(ty);
        let mut diagnostic = Diagnostic::error("E0351", name.span, format!("`{type_name}` has no field `{text}`"));
        let known: Vec<String> = match self.kind(ty) {
            TyKind::Struct(id) => {
                let def = &self.cx.types[id];
                diagnostic = diagnostic.secondary(def.span, format!("`{type_name}` is declared here"));
                def.fields.iter().map(|field| self.cx.text(field.name).to_string()).collect()
            }
            TyKind::Slice { .. } | TyKind::Str => vec!["len".to_string(), "ptr".to_string()],
            TyKind::Array { .. } => vec!["len".to_string()],
            TyKind::View { rank: 2, .. } => vec!["rows".to_string(), "cols".to_string(), "ptr".to_string()],
            TyKind::Strided { .. } => vec!["len".to_string()],
            _ => Vec::new(),
        };
        if let Some(near) = nearest(text, known.iter().map(String::as_str)) {
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near);
        } else if matches!(text, "length" | "size" | "count") && known.iter().any(|known| known == "len") {
            diagnostic = diagnostic.suggest("the length is `len`", name.span, "len");
        } else if let NameRef::Decl(Decl::Fns(_)) = self.lookup(name.name) {
            diagnostic = diagnostic.suggest(format!("`{text}` is a function; call it"), name.span.at_end(), "()");
        } else if let TyKind::Optional(_) = self.kind(ty) {
            diagnostic = diagnostic.help("`!` or `if let` gives the value in the optional");
        } else if let TyKind::Result { .. } = self.kind(ty) {
            diagnostic = diagnostic.help("`try` or `catch` gives the value of an error result");
        } else if let TyKind::Enum(id) = self.kind(ty)
            && self.has_case(id, name.name)
        {
            diagnostic = diagnostic.help(format!("`== .{text}` compares with the case"));
        } else if let TyKind::Enum(id) = self.kind(ty)
            && !self.cx.types[id].is_plain()
        {
            diagnostic = diagnostic.help("`switch` or `if let` takes the payload of a case apart");
        } else if let (TyKind::Array { .. }, "ptr") = (self.kind(ty), text) {
            diagnostic = diagnostic.help("`&a[0]` is the address of the first element");
        } else if let TyKind::Tuple(_) = self.kind(ty) {
            diagnostic = diagnostic.help("the parts of a tuple are `.0`, `.1` ...");
        }
        self.report(diagnostic);
    }

    pub(crate) fn tuple_field(&mut self, base: ast::ExprId, index: u32, index_span: Span, span: Span) -> Operand {
        let operand = self.operand(base, None);
        let dot = self.dot(self.operand_span(operand), index_span);
        let operand = self.through_pointer(operand, dot);
        let ty = self.operand_ty(operand);
        match self.kind(ty) {
            TyKind::Error => Operand::Value(self.error(span)),
            TyKind::Tuple(list) if (index as usize) < self.cx.types[list].len() => {
                let part = self.cx.types[list][index as usize];
                let base = self.place_of(operand);
                Operand::Place(self.place(PlaceKind::Field { base, field: index }, part, span))
            }
            kind => {
                let name = self.name_of(ty);
                let mut diagnostic = Diagnostic::error("E0351", index_span, format!("`{name}` has no field `{index}`"));
                if let TyKind::Tuple(list) = kind {
                    diagnostic = diagnostic.note(format!("it has {} parts, counted from 0", self.cx.types[list].len()));
                }
                self.report(diagnostic);
                Operand::Value(self.error(span))
            }
        }
    }

    pub(crate) fn deref(&mut self, base: ast::ExprId, op: Span, span: Span) -> Operand {
        let pointer = self.expr(base, None);
        let ty = self.ty(pointer);
        match self.kind(ty) {
            TyKind::Error => Operand::Value(self.error(span)),
            TyKind::Pointer { target, .. } if self.cx.types.is_opaque(target) => {
                self.cx.report_opaque(target, span);
                Operand::Value(self.error(span))
            }
            TyKind::Pointer { target, .. } if target != Ty::VOID => {
                Operand::Place(self.place(PlaceKind::Deref { pointer, op }, target, span))
            }
            kind => {
                let name = self.name_of(ty);
                let mut diagnostic = Diagnostic::error("E0352", op, format!("`.*` needs a pointer, not `{name}`"))
                    .secondary(self.body[pointer].span, format!("this is `{name}`"));
                if let TyKind::Optional(_) = kind {
                    diagnostic = diagnostic.help("`!` or `if let` gives the pointer in the optional");
                }
                self.report(diagnostic);
                Operand::Value(self.error(span))
            }
        }
    }

    // --------------------------------------------------------------------------------------------- elements

    /// An index: any integer.
    fn index_value(&mut self, expr: ast::ExprId) -> ExprId {
        let value = self.expr(expr, None);
        let ty = self.ty(value);
        if ty == Ty::ERROR || self.cx.types.is_int(ty) {
            return value;
        }
        if ty == Ty::NEVER {
            return self.coerce(value, Ty::I64);
        }
        let name = self.name_of(ty);
        let span = self.body[value].span;
        let mut diagnostic = Diagnostic::error("E0353", span, format!("an index is an integer, not `{name}`"));
        if self.cx.types.is_float(ty) || ty == Ty::CHAR {
            diagnostic = self.suggest_cast(diagnostic, value, Ty::I64);
        }
        self.report(diagnostic);
        self.error(span)
    }

    pub(crate) fn index(
        &mut self,
        base: ast::ExprId,
        args: ast::List<ast::ExprId>,
        bracket: Span,
        span: Span,
    ) -> Operand {
        let mut base = self.operand(base, None);
        if let TyKind::Pointer { target, .. } = self.kind(self.operand_ty(base))
            && matches!(
                self.kind(target),
                TyKind::Array { .. } | TyKind::Slice { .. } | TyKind::Strided { .. } | TyKind::View { .. }
            )
        {
            base = self.through_pointer(base, bracket);
        }
        let ty = self.operand_ty(base);
        // Left to right: what is indexed comes before the indices.
        let base = match self.kind(ty) {
            TyKind::Array { .. } => base,
            TyKind::Error => {
                for &arg in &self.file[args] {
                    self.expr(arg, None);
                }
                return Operand::Value(self.error(span));
            }
            _ => Operand::Value(self.read(base)),
        };
        let indices: Vec<ExprId> = self.file[args].iter().map(|&arg| self.index_value(arg)).collect();
        if indices.iter().any(|&index| self.ty(index) == Ty::ERROR) {
            return Operand::Value(self.error(span));
        }
        let rank = match self.kind(ty) {
            TyKind::View { rank, .. } => usize::from(rank),
            _ => 1,
        };
        let row = rank > 1 && indices.len() == 1;
        if indices.len() != rank && !row {
            let name = self.name_of(ty);
            let mut diagnostic = Diagnostic::error(
                "E0354",
                bracket,
                format!("`{name}` takes {rank} {}, not {}", if rank == 1 { "index" } else { "indices" }, indices.len()),
            );
            if rank == 1 && self.cx.types.element(ty).is_some_and(|inner| self.cx.types.element(inner).is_some()) {
                diagnostic = diagnostic.help("an array of arrays is indexed `a[i][j]`");
            }
            self.report(diagnostic);
            return Operand::Value(self.error(span));
        }
        let kind = match (self.kind(ty), base) {
            (TyKind::Array { len, .. }, base) => {
                if let Some(&known) = self.known_ints.get(&indices[0])
                    && (known < 0 || known >= i128::from(len))
                {
                    let at = self.body[indices[0]].span;
                    self.report(
                        Diagnostic::warning("W0305", at, format!("index {known} is out of bounds for length {len}"))
                            .label("this always traps"),
                    );
                }
                PlaceKind::ArrayElement { array: self.place_of(base), index: indices[0], bracket }
            }
            (TyKind::Slice { .. } | TyKind::Strided { .. } | TyKind::Str, Operand::Value(slice)) => {
                PlaceKind::SliceElement { slice, index: indices[0], bracket }
            }
            (TyKind::View { element, .. }, Operand::Value(view)) if row => {
                let ty = match rank {
                    2 => self.cx.types.slice(element),
                    _ => self.cx.types.intern(TyKind::View { rank: rank as u8 - 1, element, restrict: false }),
                };
                return Operand::Value(self.add(ExprKind::Row { view, index: indices[0], bracket }, ty, span));
            }
            (TyKind::View { .. }, Operand::Value(view)) => PlaceKind::ViewElement { view, indices, bracket },
            (TyKind::Pointer { target, .. }, Operand::Value(pointer))
                if target != Ty::VOID && !self.cx.types.is_opaque(target) =>
            {
                let kind = PlaceKind::PointerElement { pointer, index: indices[0], bracket };
                return Operand::Place(self.place(kind, target, span));
            }
            (kind, _) => {
                let name = self.name_of(ty);
                let mut diagnostic = Diagnostic::error("E0355", bracket, format!("`{name}` cannot be indexed"));
                if let TyKind::Optional(_) = kind {
                    diagnostic = diagnostic.help("`!` or `if let` gives the value in the optional");
                } else if let TyKind::Tuple(_) = kind {
                    diagnostic = diagnostic.help("the parts of a tuple are `.0`, `.1` ...");
                }
                self.report(diagnostic);
                return Operand::Value(self.error(span));
            }
        };
        let element = self.cx.types.element(ty).unwrap_or(Ty::ERROR);
        Operand::Place(self.place(kind, element, span))
    }

    // -------------------------------------------------------------------------------------------- addresses

    /// Notes that the address of a place is taken.
    pub(crate) fn take_address(&mut self, place: PlaceId) {
        if let Some(local) = self.body.root_local(place) {
            self.body.locals[local.index()].address_taken = true;
        }
    }

    /// The place that a place is part of, up to a pointer.
    fn root(&self, mut place: PlaceId) -> PlaceId {
        loop {
            match self.body[place].kind {
                PlaceKind::Field { base, .. } => place = base,
                PlaceKind::ArrayElement { array, .. } => place = array,
                _ => return place,
            }
        }
    }

    /// `&operand`
    pub(crate) fn address_of(&mut self, operand: ast::ExprId, op: Span, span: Span, hint: Option<Ty>) -> ExprId {
        let pointer = hint.map(|ty| match self.kind(ty) {
            TyKind::Optional(payload) => payload,
            _ => ty,
        });
        let wanted = pointer.and_then(|ty| match self.kind(ty) {
            TyKind::Pointer { target, .. } => Some(target),
            _ => None,
        });
        let found = self.operand(operand, wanted);
        let ty = self.operand_ty(found);
        if ty == Ty::ERROR {
            return self.error(span);
        }
        let place = match found {
            Operand::Place(place) if !matches!(self.body[self.root(place)].kind, PlaceKind::Temp(_)) => place,
            // `&Point { x: 1 }` makes a place, as a method's receiver does.
            found if self.is_literal_of_parts(operand) || self.is_case(&found) => self.place_of(found),
            _ => {
                let mut diagnostic = Diagnostic::error("E0357", op, "this value is in no place that has an address")
                    .secondary(self.file[operand].span, "a temporary value");
                diagnostic = match self.kind(ty) {
                    TyKind::Fn { .. } => diagnostic.help("a function is a pointer already; leave out the `&`"),
                    _ => diagnostic.help("put it into a variable first"),
                };
                self.report(diagnostic);
                return self.error(span);
            }
        };
        self.take_address(place);
        let ty = self.cx.types.pointer(ty);
        self.add(ExprKind::AddressOf(place), ty, span)
    }

    /// A literal of a struct, tuple or array.
    fn is_literal_of_parts(&self, expr: ast::ExprId) -> bool {
        use ast::ExprKind as E;
        matches!(self.file[expr].kind, E::StructLit { .. } | E::Tuple(_) | E::Array(_) | E::Repeat { .. })
    }

    /// A case of an enum that was just written, such as `.Leaf(1)`.
    fn is_case(&self, found: &Operand) -> bool {
        matches!(*found, Operand::Value(value) if matches!(self.body[value].kind, ExprKind::Case { .. }))
    }

    /// The variable, or temporary, whose address a value evidently is or holds.
    pub(crate) fn escaping_local(&self, value: ExprId) -> Option<Escape> {
        let of_place = |place: PlaceId| match self.body[self.root(place)].kind {
            PlaceKind::Local(local) => Some(Escape::Local(local)),
            PlaceKind::Temp(_) => Some(Escape::Temporary),
            _ => None,
        };
        match &self.body[value].kind {
            ExprKind::AddressOf(place) | ExprKind::ArraySlice(place) | ExprKind::ArrayView(place) => of_place(*place),
            ExprKind::Slice { base, .. } | ExprKind::SliceBy { base, .. } => self.escaping_local(*base),
            ExprKind::Row { view, .. } => self.escaping_local(*view),
            ExprKind::Ptr(base) => self.escaping_local(*base),
            ExprKind::Convert { operand, .. } if !self.cx.types.is_int(self.ty(value)) => self.escaping_local(*operand),
            ExprKind::Load(place) => match self.body[*place].kind {
                PlaceKind::Local(local) => self.escaping.get(&local).map(|&local| Escape::Local(local)),
                _ => None,
            },
            ExprKind::Aggregate(parts) => parts.iter().find_map(|&part| self.escaping_local(part)),
            ExprKind::Struct(fields) | ExprKind::Case { fields, .. } => {
                fields.iter().find_map(|&(_, field)| self.escaping_local(field))
            }
            ExprKind::Builtin { op: hir::Builtin::View, args, .. } => self.escaping_local(args[0]),
            ExprKind::Unwrap { value, .. } => self.escaping_local(*value),
            ExprKind::Block(block) => self.escaping_local(self.body[*block].tail?),
            ExprKind::If { arms, otherwise } => arms
                .iter()
                .map(|(_, block)| *block)
                .chain(*otherwise)
                .filter_map(|block| self.body[block].tail)
                .find_map(|tail| self.escaping_local(tail)),
            _ => None,
        }
    }

    /// Reports a value that holds the address of a local and outlives it.
    pub(crate) fn check_escape(&mut self, value: ExprId, how: &str) {
        let span = self.body[value].span;
        let diagnostic = match self.escaping_local(value) {
            None => return,
            Some(Escape::Temporary) => {
                Diagnostic::error("E0360", span, format!("the address of a temporary value is {how}"))
                    .label("the memory is gone when the function returns")
            }
            Some(Escape::Local(local)) => {
                let info = &self.body[local];
                let name = self.cx.text(info.name).to_string();
                Diagnostic::error("E0360", span, format!("the address of the local variable `{name}` is {how}"))
                    .label("the variable is gone when the function returns")
                    .secondary(info.span, "declared here")
            }
        };
        self.report(
            diagnostic.help("return or store the value itself, or put it into memory from `alloc!` or `create!`"),
        );
    }

    // ------------------------------------------------------------------------------------------- assignment

    pub(crate) fn assign(
        &mut self,
        op: Option<ast::BinaryOp>,
        target: ast::ExprId,
        value: ast::ExprId,
        op_span: Span,
        span: Span,
        out: &mut Vec<hir::Stmt>,
    ) {
        if let ast::ExprKind::Name(Symbol::UNDERSCORE) = self.file[target].kind
            && op.is_none()
        {
            let value = self.expr(value, None);
            out.push(hir::Stmt { kind: hir::StmtKind::Expr(value), span });
            return;
        }
        let operand = self.assigned(target);
        let place = match operand {
            Operand::Place(place) => place,
            Operand::Value(found) => {
                if self.ty(found) != Ty::ERROR {
                    self.report_not_assignable(target, found, op_span);
                }
                self.expr(value, None);
                return;
            }
        };
        let ty = self.body[place].ty;
        let mutable = self.check_mutable(place, op_span);
        let Some(op) = op else {
            let value = self.expr_to(value, ty);
            if let Some(through) = self.outlives(place) {
                self.check_escape(value, through);
            }
            if mutable {
                out.push(hir::Stmt { kind: hir::StmtKind::Assign { place, value, op: op_span }, span });
            }
            return;
        };
        let Some(hir_op) = hir_op(op) else { return };
        let shifts = matches!(op, ast::BinaryOp::Shl | ast::BinaryOp::Shr);
        let hint = if shifts { None } else { Some(ty) };
        let value = self.expr(value, hint);
        let value_ty = self.ty(value);
        if ty == Ty::ERROR || value_ty == Ty::ERROR {
            return;
        }
        let types = &self.cx.types;
        let fits = match op {
            ast::BinaryOp::BitAnd | ast::BinaryOp::BitOr | ast::BinaryOp::BitXor => types.is_int(ty) || ty == Ty::BOOL,
            ast::BinaryOp::Shl | ast::BinaryOp::Shr => types.is_int(ty) && types.is_int(value_ty),
            _ => types.is_int(ty) || types.is_float(ty),
        };
        if !fits || (!shifts && !converts(types, value_ty, ty, Site::Other)) {
            let place_span = self.body[place].span;
            let (place_name, value_name) = (self.name_of(ty), self.name_of(value_ty));
            let mut diagnostic = Diagnostic::error(
                "E0302",
                op_span,
                if fits {
                    format!("`{value_name}` does not become `{place_name}` without loss in `{}=`", op.text())
                } else {
                    format!("`{}=` is not defined for `{place_name}` and `{value_name}`", op.text())
                },
            )
            .secondary(place_span, format!("this is `{place_name}`"))
            .secondary(self.body[value].span, format!("this is `{value_name}`"));
            if fits {
                diagnostic = self.suggest_cast(diagnostic, value, ty);
            }
            self.report(diagnostic);
            return;
        }
        let value = if shifts { value } else { self.coerce(value, ty) };
        let divides = matches!(op, ast::BinaryOp::Div | ast::BinaryOp::Rem | ast::BinaryOp::Mod);
        if divides && self.cx.types.is_int(ty) && self.known_ints.get(&value) == Some(&0) {
            self.report(Diagnostic::warning("W0302", op_span, "this division by zero always traps"));
        }
        if mutable {
            out.push(hir::Stmt { kind: hir::StmtKind::AssignOp { op: hir_op, place, value, op_span }, span });
        }
    }

    /// The operand on the left of an assignment; a variable is not used by being assigned.
    fn assigned(&mut self, target: ast::ExprId) -> Operand {
        if let ast::ExprKind::Name(name) = self.file[target].kind
            && let NameRef::Local(local) = self.lookup(name)
        {
            return self.local(local, self.file[target].span);
        }
        self.operand(target, None)
    }

    /// How a store to this place lets an address out of the function, if it does.
    fn outlives(&self, place: PlaceId) -> Option<&'static str> {
        match self.body[self.root(place)].kind {
            PlaceKind::Global(_) => Some("stored in a global"),
            PlaceKind::Local(local) if self.body.result == Some(local) => Some("returned"),
            _ => None,
        }
    }

    fn report_not_assignable(&mut self, target: ast::ExprId, found: ExprId, op_span: Span) {
        let span = self.file[target].span;
        let diagnostic = Diagnostic::error("E0358", op_span, "the left side cannot be assigned to");
        let diagnostic = match self.body[found].kind {
            ExprKind::Len(_) => diagnostic.secondary(span, "a length does not change"),
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Str(_) | ExprKind::Bool(_) => {
                match self.file[target].kind {
                    ast::ExprKind::Name(_) => diagnostic
                        .secondary(span, "this is a constant")
                        .help("a global that changes is declared with `var`"),
                    _ => diagnostic.secondary(span, "this is a value, not a place"),
                }
            }
            ExprKind::Func(_) => diagnostic.secondary(span, "this is a function"),
            ExprKind::Aggregate(_) => diagnostic
                .secondary(span, "this is a value, not a place")
                .help("`let (a, b) = ...` takes a tuple apart; assign the parts one by one"),
            _ => diagnostic.secondary(span, "this is a value, not a place"),
        };
        self.report(diagnostic);
    }

    /// Whether a place may be written; else it was reported.
    pub(crate) fn check_mutable(&mut self, place: PlaceId, op_span: Span) -> bool {
        let root = self.root(place);
        let whole = root == place;
        let root_span = self.body[root].span;
        let diagnostic = match &self.body[root].kind {
            &PlaceKind::Local(local) => {
                if self.body[local].mutable {
                    return true;
                }
                self.mark_used(local);
                let info = &self.body[local];
                let name = self.cx.text(info.name).to_string();
                let part = if whole { "" } else { "a part of " };
                let (what, declared) = match self.bindings[local.index()] {
                    Binding::Parameter => ("the parameter", "a parameter is not assigned to"),
                    Binding::Loop => ("the loop variable", "the variable of a `for` is not assigned to"),
                    Binding::Pattern => ("", "bound by this pattern"),
                    Binding::Variable => ("", "declared with `let`"),
                };
                let space = if what.is_empty() { "" } else { " " };
                let message = format!("cannot assign to {part}{what}{space}`{name}`");
                let diagnostic = Diagnostic::error("E0350", op_span, message).secondary(info.span, declared);
                match self.bindings[local.index()] {
                    Binding::Variable => diagnostic.help("declare it with `var` to change it"),
                    _ => diagnostic.help(format!("copy it into a variable: `var my_{name} = {name};`")),
                }
            }
            PlaceKind::Global(id) => {
                let global = &self.cx.globals[id.index()];
                if global.mutable {
                    return true;
                }
                let name = self.cx.text(global.name).to_string();
                Diagnostic::error("E0350", op_span, format!("cannot assign to `{name}`"))
                    .secondary(global.span, "declared with `let`")
                    .help("declare it with `var` to change it")
            }
            PlaceKind::Constant(_) => Diagnostic::error("E0350", op_span, "cannot assign to a constant")
                .secondary(root_span, "declared with `const`"),
            PlaceKind::Temp(_) => Diagnostic::error("E0358", op_span, "this assigns to a temporary value")
                .secondary(root_span, "the value is dropped after the statement"),
            PlaceKind::SliceElement { slice, .. } if self.ty(*slice) == Ty::STR => {
                Diagnostic::error("E0350", op_span, "the bytes of a `str` cannot be changed")
                    .help("copy them into a slice of `u8`")
            }
            _ => return true,
        };
        self.report(diagnostic);
        false
    }
}

/// Whose address escapes.
#[derive(Clone, Copy)]
pub(crate) enum Escape {
    Local(LocalId),
    Temporary,
}
