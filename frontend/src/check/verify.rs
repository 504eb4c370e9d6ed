//! Tests of the promises that `hir` makes about programs without errors.

use crate::hir::*;
use crate::types::{Ty, TyKind, Types};

/// Everything that is wrong with a program.
pub(crate) fn verify(program: &Program) -> Vec<String> {
    let mut faults = Vec::new();
    for func in &program.funcs {
        if let FuncKind::Body(body) = &func.kind {
            let mut verifier = Verifier {
                program,
                types: &program.types,
                func,
                body,
                exprs: vec![false; body.exprs.len()],
                places: vec![false; body.places.len()],
                blocks: vec![false; body.blocks.len()],
                faults: Vec::new(),
            };
            match body.root {
                Some(root) => {
                    verifier.block(root, func.result);
                    body.on_returns.iter().for_each(|on_return| verifier.block(on_return.block, Ty::VOID));
                }
                None => verifier.fault("no root".to_string()),
            }
            faults.append(&mut verifier.faults);
        }
        if func.result == Ty::ERROR || func.params.contains(&Ty::ERROR) {
            faults.push(format!("{}: signature with an error", func.path));
        }
    }
    for global in &program.globals {
        if global.ty == Ty::ERROR {
            faults.push(format!("{}: type with an error", global.symbol));
        }
    }
    faults
}

struct Verifier<'p> {
    program: &'p Program,
    types: &'p Types,
    func: &'p Func,
    body: &'p Body,
    exprs: Vec<bool>,
    places: Vec<bool>,
    blocks: Vec<bool>,
    faults: Vec<String>,
}

impl Verifier<'_> {
    fn fault(&mut self, what: String) {
        self.faults.push(format!("{}: {what}", self.func.path));
    }

    fn expect(&mut self, holds: bool, what: &str, node: &dyn std::fmt::Debug) {
        if !holds {
            self.fault(format!("{what}: {node:?}"));
        }
    }

    fn block(&mut self, id: BlockId, ty: Ty) {
        if std::mem::replace(&mut self.blocks[id.index()], true) {
            return self.fault(format!("block {id:?} has two parents"));
        }
        let body = self.body;
        let block = &body[id];
        self.expect(block.ty == ty, "block of another type", block);
        for stmt in &block.stmts {
            match &stmt.kind {
                StmtKind::Expr(expr) => drop(self.expr(*expr)),
                StmtKind::Let { local, init } => {
                    let ty = self.expr(*init);
                    self.expect(ty == body[*local].ty, "let of another type", stmt);
                }
                StmtKind::Assign { place, value, .. } => {
                    let (a, b) = (self.place(*place), self.expr(*value));
                    self.expect(a == b, "assignment of another type", stmt);
                }
                StmtKind::AssignOp { op, place, value, .. } => {
                    let (a, b) = (self.place(*place), self.expr(*value));
                    let shifts = matches!(op, BinaryOp::Shl | BinaryOp::Shr);
                    self.expect(a == b || shifts && self.types.is_int(b), "assignment of another type", stmt);
                }
                StmtKind::Defer(block) => self.block(*block, Ty::VOID),
            }
        }
        if let Some(tail) = block.tail {
            let tail_ty = self.expr(tail);
            self.expect(tail_ty == ty, "tail of another type", block);
        }
    }

    fn cond(&mut self, cond: &Cond) {
        match cond {
            Cond::Expr(expr) => {
                let ty = self.expr(*expr);
                self.expect(ty == Ty::BOOL, "condition that is no bool", cond);
            }
            Cond::Let { value, pat } => {
                let ty = self.expr(*value);
                self.pat(pat, ty);
            }
        }
    }

    fn pat(&mut self, pat: &Pat, ty: Ty) {
        self.expect(pat.ty == ty && ty != Ty::ERROR, "pattern of another type", pat);
        match &pat.kind {
            PatKind::Wild | PatKind::Const(_) | PatKind::Nil => {}
            PatKind::Bind(local) => {
                let local_ty = self.body[*local].ty;
                self.expect(local_ty == ty, "binding of another type", pat);
            }
            PatKind::Range { .. } => {
                let scalar = self.types.is_int(ty) || ty == Ty::CHAR;
                self.expect(scalar, "range of another type", pat);
            }
            PatKind::Or(pats) => pats.iter().for_each(|pat| self.pat(pat, ty)),
            PatKind::Tuple(pats) => {
                let parts = self.types.fields(ty);
                self.expect(parts.len() == pats.len(), "parts", pat);
                for (pat, part) in pats.iter().zip(parts) {
                    self.pat(pat, part);
                }
            }
            PatKind::Struct(fields) => {
                let parts = self.types.fields(ty);
                for (index, pat) in fields {
                    self.pat(pat, parts[*index as usize]);
                }
            }
            PatKind::Case(case, fields) => {
                let parts = self.types.case_fields(ty, *case);
                for (index, pat) in fields {
                    self.pat(pat, parts[*index as usize]);
                }
            }
            PatKind::Some(inner) => match self.types.kind(ty) {
                TyKind::Optional(payload) => self.pat(inner, payload),
                _ => self.expect(false, "some of no optional", pat),
            },
        }
    }

    fn all(&mut self, exprs: &[ExprId]) -> Vec<Ty> {
        exprs.iter().map(|&expr| self.expr(expr)).collect()
    }

    fn index(&mut self, index: ExprId) {
        let ty = self.expr(index);
        let is_int = self.types.is_int(ty);
        self.expect(is_int, "index that is no integer", &self.body[index].kind.clone());
    }

    fn bound(&mut self, bound: Option<ExprId>) {
        if let Some(bound) = bound {
            let ty = self.expr(bound);
            self.expect(ty == Ty::I64, "bound that is no i64", &self.body[bound].kind.clone());
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Text(_) => {}
                Piece::Value(value) | Piece::Formatted { value, .. } => {
                    let ty = self.expr(*value);
                    self.expect(!matches!(ty, Ty::VOID | Ty::NEVER), "printed nothing", piece);
                }
            }
        }
    }

    fn expr(&mut self, id: ExprId) -> Ty {
        if std::mem::replace(&mut self.exprs[id.index()], true) {
            self.fault(format!("expression {id:?} has two parents: {:?}", self.body[id]));
            return self.body[id].ty;
        }
        let body = self.body;
        let node = &body[id];
        let ty = node.ty;
        let types = self.types;
        let int = |ty: Ty| types.is_int(ty);
        self.expect(!matches!(ty, Ty::ERROR | Ty::NIL), "expression without a type", node);
        match &node.kind {
            ExprKind::Error => self.expect(false, "an error", node),
            ExprKind::Zero => {}
            ExprKind::Int(bits) => {
                let fits = match types.as_int(ty) {
                    Some(int) => bits.get() <= int.mask(),
                    None => ty == Ty::CHAR,
                };
                self.expect(fits, "integer of another type", node);
            }
            ExprKind::Float(_) => self.expect(types.is_float(ty), "float of another type", node),
            ExprKind::Bool(_) => self.expect(ty == Ty::BOOL, "bool of another type", node),
            ExprKind::Str(_) => self.expect(ty == Ty::STR, "string of another type", node),
            ExprKind::Bytes(_) => self.expect(types.element(ty) == Some(Ty::U8), "bytes of another type", node),
            ExprKind::Func(func) => {
                let func = &self.program[*func];
                let fits = match types.kind(ty) {
                    TyKind::Fn { params, result } => types[params] == func.params && result == func.result,
                    _ => false,
                };
                self.expect(fits, "function of another type", node);
            }
            ExprKind::Load(place) => {
                let place_ty = self.place(*place);
                self.expect(place_ty == ty, "load of another type", node);
            }
            ExprKind::AddressOf(place) => {
                let target = self.place(*place);
                let fits = matches!(types.kind(ty), TyKind::Pointer { target: t, .. } if t == target);
                self.expect(fits, "address of another type", node);
            }
            ExprKind::Binary { op, left, right, .. } => {
                let (a, b) = (self.expr(*left), self.expr(*right));
                let fits = match op {
                    BinaryOp::Shl | BinaryOp::Shr => int(a) && int(b),
                    BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => a == b && (int(a) || a == Ty::BOOL),
                    _ => a == b && (int(a) || types.is_float(a)),
                };
                self.expect(fits && a == ty, "operands of other types", node);
            }
            ExprKind::Logic { left, right, .. } => {
                let both = [self.expr(*left), self.expr(*right), ty];
                self.expect(both == [Ty::BOOL; 3], "operands that are no bools", node);
            }
            ExprKind::Unary { op, operand } => {
                let a = self.expr(*operand);
                let fits = match op {
                    UnaryOp::Neg => int(a) || types.is_float(a),
                    UnaryOp::Not => a == Ty::BOOL,
                    UnaryOp::BitNot => int(a),
                };
                self.expect(fits && a == ty, "operand of another type", node);
            }
            ExprKind::Compare { left, right, .. } => {
                let (a, b) = (self.expr(*left), self.expr(*right));
                self.expect(a == b && ty == Ty::BOOL, "comparison of other types", node);
            }
            ExprKind::IsNil { value, .. } => {
                let a = self.expr(*value);
                let fits = matches!(types.kind(a), TyKind::Optional(_) | TyKind::Pointer { .. });
                self.expect(fits && ty == Ty::BOOL, "nil of another type", node);
            }
            ExprKind::Coalesce { value, default } => {
                let (a, b) = (self.expr(*value), self.expr(*default));
                let fits = matches!(types.kind(a), TyKind::Optional(payload) if b == payload || b == a);
                self.expect(fits && b == ty, "default of another type", node);
            }
            ExprKind::Unwrap { value, .. } | ExprKind::TryOptional { value, .. } => {
                let a = self.expr(*value);
                let fits = matches!(types.kind(a), TyKind::Optional(payload) if payload == ty);
                self.expect(fits, "payload of another type", node);
            }
            ExprKind::TryResult { value, .. } => {
                let a = self.expr(*value);
                let error_of = |ty: Ty| match types.kind(ty) {
                    TyKind::Result { error, .. } => Some(error),
                    _ => None,
                };
                let fits = matches!(types.kind(a), TyKind::Result { ok, .. } if ok == ty);
                let result = error_of(self.func.result);
                self.expect(fits && error_of(a) == result, "try of another type", node);
            }
            ExprKind::Catch { value, error, handler } => {
                let a = self.expr(*value);
                let fits = match types.kind(a) {
                    TyKind::Result { ok, error: e } => {
                        (ok == ty || ty == Ty::VOID) && error.is_none_or(|local| body[local].ty == e)
                    }
                    _ => false,
                };
                self.expect(fits, "catch of another type", node);
                self.block(*handler, ty);
            }
            ExprKind::Case { case, fields } => {
                let wanted = types.case_fields(ty, *case);
                let mut seen = vec![false; wanted.len()];
                for &(index, value) in fields {
                    let found = self.expr(value);
                    seen[index as usize] = true;
                    self.expect(found == wanted[index as usize], "payload of another type", node);
                }
                self.expect(seen.iter().all(|&seen| seen), "missing payload", node);
            }
            ExprKind::Convert { kind, operand } => {
                let a = self.expr(*operand);
                let fits = match kind {
                    Conversion::Int => {
                        (int(a) || types.as_plain_enum(a).is_some() || matches!(a, Ty::BOOL | Ty::CHAR)) && int(ty)
                    }
                    Conversion::IntToFloat => int(a) && types.is_float(ty),
                    Conversion::FloatToInt => types.is_float(a) && int(ty),
                    Conversion::Float => types.is_float(a) && types.is_float(ty),
                    Conversion::IntToChar { .. } => int(a) && ty == Ty::CHAR,
                    Conversion::Some => matches!(types.kind(ty), TyKind::Optional(payload) if payload == a),
                    Conversion::Same => types.layout(a) == types.layout(ty),
                    Conversion::Address => [a, ty]
                        .iter()
                        .all(|&ty| int(ty) || matches!(types.kind(ty), TyKind::Pointer { .. } | TyKind::Fn { .. })),
                };
                self.expect(fits, "conversion of other types", &(node, a));
            }
            ExprKind::Diverge(operand) => {
                let a = self.expr(*operand);
                self.expect(a == Ty::NEVER && ty != Ty::NEVER, "diverges", node);
            }
            ExprKind::Discard(operand) => {
                let a = self.expr(*operand);
                self.expect(a != Ty::VOID && a != Ty::NEVER && ty == Ty::VOID, "discards", node);
            }
            ExprKind::ArraySlice(place) => {
                let a = self.place(*place);
                let fits = matches!(types.kind(a), TyKind::Array { .. }) && types.element(a) == types.element(ty);
                self.expect(fits && matches!(types.kind(ty), TyKind::Slice { .. }), "slice of another type", node);
            }
            ExprKind::ArrayView(place) => {
                let a = self.place(*place);
                let fits = matches!(types.kind(a), TyKind::Array { .. });
                self.expect(fits && matches!(types.kind(ty), TyKind::View { .. }), "view of another type", node);
            }
            ExprKind::Len(value) => {
                let a = self.expr(*value);
                self.expect(types.element(a).is_some() && ty == Ty::I64, "length of another type", node);
            }
            ExprKind::Ptr(value) => {
                let a = self.expr(*value);
                let fits = matches!(types.kind(ty), TyKind::Pointer { target, .. } if types.element(a) == Some(target));
                self.expect(fits, "pointer of another type", node);
            }
            ExprKind::Extent { view, axis } => {
                let a = self.expr(*view);
                let fits = matches!(types.kind(a), TyKind::View { rank, .. } if *axis < rank);
                self.expect(fits && ty == Ty::I64, "extent of another type", node);
            }
            ExprKind::ExtentAt { view, axis, .. } => {
                let (a, b) = (self.expr(*view), self.expr(*axis));
                let fits = matches!(types.kind(a), TyKind::View { .. }) && b == Ty::I64;
                self.expect(fits && ty == Ty::I64, "extent of another type", node);
            }
            ExprKind::Slice { base, low, high, .. } => {
                let a = self.expr(*base);
                self.bound(*low);
                self.bound(*high);
                let fits = match types.kind(a) {
                    TyKind::Slice { .. } | TyKind::Strided { .. } | TyKind::Str => a == ty,
                    TyKind::Pointer { target, .. } => {
                        low.is_some() && high.is_some() && types.element(ty) == Some(target)
                    }
                    _ => false,
                };
                self.expect(fits, "slice of another type", node);
            }
            ExprKind::SliceBy { base, low, high, step, .. } => {
                let a = self.expr(*base);
                self.bound(*low);
                self.bound(*high);
                self.bound(Some(*step));
                let from = matches!(types.kind(a), TyKind::Slice { .. } | TyKind::Strided { .. });
                let to = matches!(types.kind(ty), TyKind::Strided { .. });
                self.expect(from && to && types.element(a) == types.element(ty), "strided slice of another type", node);
            }
            ExprKind::Row { view, index, .. } => {
                let a = self.expr(*view);
                self.index(*index);
                self.expect(types.element(a) == types.element(ty), "row of another type", node);
            }
            ExprKind::Aggregate(parts) => {
                let tys = self.all(parts);
                let fits = match types.kind(ty) {
                    TyKind::Array { element, len } => len == tys.len() as u64 && tys.iter().all(|&t| t == element),
                    TyKind::Tuple(list) => types[list] == tys[..],
                    _ => false,
                };
                self.expect(fits, "parts of other types", node);
            }
            ExprKind::Struct(fields) => {
                let wanted = types.fields(ty);
                let mut seen = vec![false; wanted.len()];
                for &(index, value) in fields {
                    let found = self.expr(value);
                    seen[index as usize] = true;
                    self.expect(found == wanted[index as usize], "field of another type", node);
                }
                self.expect(seen.iter().all(|&seen| seen), "missing field", node);
            }
            ExprKind::Repeat(value) => {
                let a = self.expr(*value);
                self.expect(types.element(ty) == Some(a), "element of another type", node);
            }
            ExprKind::Call { callee, args, .. } => {
                let tys = self.all(args);
                let func = &self.program[*callee];
                let fits = match func.kind {
                    FuncKind::Extern { variadic: true } => tys.starts_with(&func.params),
                    _ => tys == func.params,
                };
                self.expect(fits && ty == func.result, "call of another type", node);
            }
            ExprKind::CallPointer { callee, args, .. } => {
                let a = self.expr(*callee);
                let tys = self.all(args);
                let fits = match types.kind(a) {
                    TyKind::Fn { params, result } => types[params] == tys[..] && result == ty,
                    _ => false,
                };
                self.expect(fits, "call of another type", node);
            }
            ExprKind::Builtin { op, args, .. } => {
                let tys = self.all(args);
                let fits = match op {
                    Builtin::Min | Builtin::Max | Builtin::MulHi | Builtin::Copysign => tys == [ty, ty],
                    Builtin::SatAdd | Builtin::SatSub => tys == [ty, ty] && int(ty),
                    Builtin::CheckedAdd | Builtin::CheckedSub | Builtin::CheckedMul => {
                        matches!(types.kind(ty), TyKind::Optional(payload) if tys == [payload, payload] && int(payload))
                    }
                    Builtin::Abs | Builtin::Bswap => tys == [ty],
                    Builtin::Sqrt | Builtin::Floor | Builtin::Ceil | Builtin::Trunc | Builtin::Round => {
                        tys == [ty] && types.is_float(ty)
                    }
                    Builtin::Bits => types.layout(tys[0]) == types.layout(ty),
                    Builtin::Clz | Builtin::Ctz | Builtin::Popcount => int(tys[0]) && ty == Ty::I64,
                    Builtin::Rotl | Builtin::Rotr => tys[0] == ty && int(ty) && int(tys[1]),
                    Builtin::Clock | Builtin::Args | Builtin::ReadLine => tys.is_empty(),
                    Builtin::ParseI64 | Builtin::ParseF64 => tys == [Ty::STR],
                    Builtin::ReadFile => tys[0] == Ty::STR && ty == Ty::I32,
                    Builtin::Exit => tys == [Ty::I32] && ty == Ty::NEVER,
                    Builtin::Panic => tys == [Ty::STR] && ty == Ty::NEVER,
                    Builtin::Alloc | Builtin::AllocUninit => tys == [Ty::I64] && types.element(ty).is_some(),
                    Builtin::AllocValue => tys[0] == Ty::I64 && types.element(ty) == Some(tys[1]),
                    Builtin::Free | Builtin::Destroy => tys.len() == 1 && ty == Ty::VOID,
                    Builtin::Create => matches!(types.kind(ty), TyKind::Pointer { target, .. } if [target] == tys[..]),
                    Builtin::EnumFrom => {
                        let whole = matches!(types.kind(ty), TyKind::Optional(payload) if types.as_plain_enum(payload).is_some());
                        tys.len() == 1 && int(tys[0]) && whole
                    }
                    Builtin::View => {
                        types.element(tys[0]) == types.element(ty) && tys[1..].iter().all(|&ty| ty == Ty::I64)
                    }
                };
                self.expect(fits, "arguments of other types", node);
            }
            ExprKind::Print { pieces, .. } => self.pieces(pieces),
            ExprKind::Format(pieces) => self.pieces(pieces),
            ExprKind::Assert { condition, message, .. } => {
                let a = self.expr(*condition);
                self.expect(a == Ty::BOOL, "condition that is no bool", node);
                if let Some(message) = message {
                    let a = self.expr(*message);
                    self.expect(a == Ty::STR, "message that is no str", node);
                }
            }
            ExprKind::Block(block) => self.block(*block, ty),
            ExprKind::If { arms, otherwise } => {
                for (cond, block) in arms {
                    self.cond(cond);
                    self.block(*block, ty);
                }
                match otherwise {
                    Some(block) => self.block(*block, ty),
                    None => self.expect(ty == Ty::VOID, "if without else that has a value", node),
                }
            }
            ExprKind::Switch { value, arms } => {
                let value_ty = self.expr(*value);
                for arm in arms {
                    self.pat(&arm.pat, value_ty);
                    if let Some(guard) = arm.guard {
                        let a = self.expr(guard);
                        self.expect(a == Ty::BOOL, "guard that is no bool", node);
                    }
                    let a = self.expr(arm.body);
                    self.expect(a == ty, "case of another type", node);
                }
            }
            ExprKind::While { cond, body, .. } => {
                self.cond(cond);
                self.block(*body, Ty::VOID);
            }
            ExprKind::Loop { body, .. } => self.block(*body, Ty::VOID),
            ExprKind::ForRange(range) => {
                let ends = [self.expr(range.low), self.expr(range.high)];
                self.expect(ends == [range.ty; 2], "ends of other types", node);
                if let Some(step) = range.step {
                    let a = self.expr(step);
                    self.expect(int(a), "step of another type", node);
                }
                self.block(range.body, Ty::VOID);
            }
            ExprKind::ForSlice(each) => {
                let a = self.expr(each.slice);
                let element = each.element.map(|local| body[local].ty);
                let fits = match (element, types.element(a)) {
                    (None, Some(_)) => true,
                    (Some(local), Some(element)) if each.by_pointer => {
                        matches!(types.kind(local), TyKind::Pointer { target, .. } if target == element)
                    }
                    (Some(local), Some(element)) => local == element,
                    _ => false,
                };
                self.expect(fits, "elements of another type", node);
                self.block(each.body, Ty::VOID);
            }
            ExprKind::ForChars(each) => {
                let a = self.expr(each.text);
                self.expect(a == Ty::STR, "characters of no text", node);
                self.block(each.body, Ty::VOID);
            }
            ExprKind::Return(value) => {
                let a = value.map_or(Ty::VOID, |value| self.expr(value));
                let result = self.func.result;
                self.expect(a == result && ty == Ty::NEVER, "return of another type", node);
            }
            ExprKind::Yield { block, value } => {
                let a = self.expr(*value);
                let block = &body[*block];
                self.expect(block.yields && block.ty == a && ty == Ty::NEVER, "yield of another type", node);
            }
            ExprKind::Break(_) | ExprKind::Continue(_) | ExprKind::Unreachable => {
                self.expect(ty == Ty::NEVER, "a jump with a value", node);
            }
        }
        ty
    }

    fn place(&mut self, id: PlaceId) -> Ty {
        if std::mem::replace(&mut self.places[id.index()], true) {
            self.fault(format!("place {id:?} has two parents: {:?}", self.body[id]));
            return self.body[id].ty;
        }
        let body = self.body;
        let node = &body[id];
        let ty = node.ty;
        let types = self.types;
        self.expect(!matches!(ty, Ty::ERROR | Ty::NIL | Ty::VOID), "place without a type", node);
        let fits = match &node.kind {
            PlaceKind::Error => false,
            PlaceKind::Local(local) => body[*local].ty == ty,
            PlaceKind::Global(global) => self.program[*global].ty == ty,
            PlaceKind::Constant(constant) => self.program[*constant].ty == ty,
            PlaceKind::Temp(value) => self.expr(*value) == ty,
            PlaceKind::Deref { pointer, .. } => {
                let a = self.expr(*pointer);
                matches!(types.kind(a), TyKind::Pointer { target, .. } if target == ty)
            }
            PlaceKind::Field { base, field } => {
                let a = self.place(*base);
                types.fields(a).get(*field as usize) == Some(&ty)
            }
            PlaceKind::ArrayElement { array, index, .. } => {
                let a = self.place(*array);
                self.index(*index);
                matches!(types.kind(a), TyKind::Array { element, .. } if element == ty)
            }
            PlaceKind::SliceElement { slice, index, .. } => {
                let a = self.expr(*slice);
                self.index(*index);
                matches!(types.kind(a), TyKind::Slice { .. } | TyKind::Strided { .. } | TyKind::Str)
                    && types.element(a) == Some(ty)
            }
            PlaceKind::PointerElement { pointer, index, .. } => {
                let a = self.expr(*pointer);
                self.index(*index);
                matches!(types.kind(a), TyKind::Pointer { target, .. } if target == ty)
            }
            PlaceKind::ViewElement { view, indices, .. } => {
                let a = self.expr(*view);
                for &index in indices {
                    self.index(index);
                }
                matches!(types.kind(a), TyKind::View { rank, element, .. } if element == ty && usize::from(rank) == indices.len())
            }
        };
        self.expect(fits, "place of another type", node);
        ty
    }
}
