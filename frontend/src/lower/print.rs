//! Printing: `print` and its like, f-strings, and the functions that print values of a type.

use super::abi::Args;
use super::body::Lower;
use super::code::{Code, Mem, Scalars, Val};
use super::runtime;
use super::{Cx, Synth};
use crate::hir::*;
use crate::source::Span;
use crate::types::{CaseShape, Ty, TyKind};
use lang_ir::{Block as IrBlock, Type, Value};
use smallvec::smallvec;
use std::rc::Rc;

/// The kinds of sinks of the run-time library.
const SINK_ERROR: i128 = 1;
const SINK_MEMORY: i128 = 2;

impl Lower<'_, '_, '_> {
    /// `print` and its like: all values are evaluated before anything is written.
    pub fn print_pieces(&mut self, stream: Stream, pieces: &[Piece], span: Span) {
        let values = self.piece_values(pieces);
        self.at(span);
        // Without a sink, text goes to the standard output.
        if stream == Stream::Err {
            self.push_sink(SINK_ERROR);
        }
        self.write_pieces(pieces, &values);
        if stream == Stream::Err {
            let nowhere = self.null();
            self.call_runtime(runtime::SINK_POP, &[nowhere]);
        }
    }

    /// A fresh `str`.
    pub fn format(&mut self, pieces: &[Piece], span: Span) -> Scalars {
        let values = self.piece_values(pieces);
        self.at(span);
        self.push_sink(SINK_MEMORY);
        self.write_pieces(pieces, &values);
        let repr = self.repr(Ty::STR);
        let slot = self.slot(&repr);
        let address = self.address(slot);
        self.call_runtime(runtime::SINK_POP, &[address]);
        smallvec![self.load(Type::Ptr, slot), self.load(Type::I64, slot.at(8))]
    }

    fn piece_values(&mut self, pieces: &[Piece]) -> Vec<Option<Val>> {
        let value_of = |piece: &Piece| match *piece {
            Piece::Text(_) => None,
            Piece::Value(value) | Piece::Formatted { value, .. } => Some(value),
        };
        let quiet = pieces.iter().filter_map(value_of).all(|value| self.is_quiet(value, 4));
        pieces
            .iter()
            .map(|piece| value_of(piece).map(|value| if quiet { self.borrow(value) } else { self.expr(value) }))
            .collect()
    }

    fn write_pieces(&mut self, pieces: &[Piece], values: &[Option<Val>]) {
        let program = self.cx.program;
        for (piece, val) in pieces.iter().zip(values) {
            match (piece, val) {
                (Piece::Text(text), _) => self.write_text(&program[*text]),
                (Piece::Value(value), Some(val)) => {
                    let ty = self.ty(*value);
                    self.write_value(ty, val, false);
                }
                (Piece::Formatted { value, spec }, Some(val)) => {
                    let ty = self.ty(*value);
                    self.write_formatted(ty, val, &program[*spec]);
                }
                (_, None) => unreachable!("the value is evaluated"),
            }
        }
    }

    fn write_formatted(&mut self, ty: Ty, val: &Val, spec: &[u8]) {
        let spec = self.text(spec);
        let value = val.scalars()[0];
        let scalar = self.func.ty(value);
        let mut args = Args::new();
        let function = match self.kind(ty) {
            TyKind::Bool => {
                args.push(self.resize(value, Type::I8, false));
                runtime::FMT_BOOL
            }
            TyKind::Char => {
                args.push(value);
                runtime::FMT_CHAR
            }
            TyKind::Str => {
                args.extend_from_slice(val.scalars());
                runtime::FMT_STR
            }
            TyKind::Float(bits) => {
                args.push(self.resize_float(value, Type::F64));
                args.push(self.iconst(Type::I32, bits.into()));
                runtime::FMT_FLOAT
            }
            _ => {
                let signed = self.is_signed(ty);
                let (low, high) = if scalar == Type::I128 {
                    self.halves(value)
                } else {
                    (self.resize(value, Type::I64, signed), self.word(0))
                };
                args.push(low);
                args.push(high);
                args.push(self.iconst(Type::I32, scalar.bits().into()));
                args.push(self.iconst(Type::I32, signed.into()));
                runtime::FMT_INT
            }
        };
        args.extend(spec);
        self.call_runtime(function, &args);
    }
}

impl Cx<'_> {
    fn functions_as_values(&mut self) -> Rc<[FuncId]> {
        let program = self.program;
        if self.spans.is_some() {
            // Whatever runs while compiling can only have got at what is lowered for it.
            return self.session_funcs();
        }
        self.functions_as_values.get_or_insert_with(|| functions_as_values(program)).clone()
    }
}

/// Functions that some value of the program can be.
pub(super) fn functions_as_values(program: &Program) -> Rc<[FuncId]> {
    let mut found = vec![false; program.funcs.len()];
    for func in &program.funcs {
        let FuncKind::Body(body) = &func.kind else { continue };
        for expr in &body.exprs {
            if let ExprKind::Func(id) = expr.kind {
                found[id.index()] = true;
            }
        }
    }
    let constants = program.constants.iter().map(|constant| &constant.value);
    let globals = program.globals.iter().filter_map(|global| match &global.init {
        GlobalInit::Const(value) => Some(value),
        GlobalInit::Runtime => None,
    });
    for value in constants.chain(globals) {
        find_functions(value, &mut found);
    }
    for each in program.data.iter().flat_map(|data| &data.refs) {
        if let DataTarget::Func(id) = each.target {
            found[id.index()] = true;
        }
    }
    (0..found.len()).filter(|&index| found[index]).map(|index| FuncId(index as u32)).collect()
}

fn find_functions(value: &ConstValue, found: &mut [bool]) {
    match value {
        ConstValue::Func(id) => found[id.index()] = true,
        ConstValue::Aggregate(parts) | ConstValue::Case(_, parts) => {
            parts.iter().for_each(|part| find_functions(part, found))
        }
        ConstValue::Repeat(value) | ConstValue::Some(value) => find_functions(value, found),
        _ => {}
    }
}

impl Code<'_, '_> {
    fn push_sink(&mut self, kind: i128) {
        let kind = self.iconst(Type::I32, kind);
        self.call_runtime(runtime::SINK_PUSH, &[kind]);
    }

    fn write_text(&mut self, text: &[u8]) {
        if !text.is_empty() {
            let text = self.text(text);
            self.call_runtime(runtime::WRITE_STR, &text);
        }
    }

    /// Writes a value; strings and chars as in source text if `quoted`.
    fn write_value(&mut self, ty: Ty, val: &Val, quoted: bool) {
        match self.kind(ty) {
            TyKind::Bool => {
                let byte = self.resize(val.scalar(), Type::I8, false);
                self.call_runtime(runtime::WRITE_BOOL, &[byte]);
            }
            TyKind::Char => {
                let function = if quoted { runtime::WRITE_QUOTED_CHAR } else { runtime::WRITE_CHAR };
                self.call_runtime(function, &[val.scalar()]);
            }
            TyKind::Str => {
                let function = if quoted { runtime::WRITE_QUOTED_STR } else { runtime::WRITE_STR };
                self.call_runtime(function, val.scalars());
            }
            TyKind::Int(int) => {
                let value = val.scalar();
                if int.bits == 128 {
                    let (low, high) = self.halves(value);
                    let function = if int.signed { runtime::WRITE_I128 } else { runtime::WRITE_U128 };
                    self.call_runtime(function, &[low, high]);
                } else {
                    let word = self.resize(value, Type::I64, int.signed);
                    let function = if int.signed { runtime::WRITE_I64 } else { runtime::WRITE_U64 };
                    self.call_runtime(function, &[word]);
                }
            }
            TyKind::Float(bits) => {
                let value = val.scalar();
                match bits {
                    16 => {
                        let bits = self.b().bitcast(Type::I16, value);
                        self.call_runtime(runtime::WRITE_F16, &[bits]);
                    }
                    32 => {
                        self.call_runtime(runtime::WRITE_F32, &[value]);
                    }
                    _ => {
                        self.call_runtime(runtime::WRITE_F64, &[value]);
                    }
                }
            }
            TyKind::Pointer { .. } | TyKind::Ref(_) => {
                self.call_runtime(runtime::WRITE_PTR, &[val.scalar()]);
            }
            TyKind::Error | TyKind::Never | TyKind::Void | TyKind::Nil => {}
            kind => {
                // At the top level, strings in an optional or `T!E` are not quoted either.
                let quoted = quoted || !matches!(kind, TyKind::Optional(_) | TyKind::Result { .. });
                let print = self.cx.synth(Synth::Print(ty, quoted));
                let mut args = Args::new();
                self.push_arg(&mut args, ty, val);
                self.call(print, &args);
            }
        }
    }

    /// See [`Synth::Print`].
    pub fn define_print(&mut self, ty: Ty, quoted: bool) {
        let val = self.param(ty, &mut 0);
        let program = self.cx.program;
        let types = &program.types;
        match self.kind(ty) {
            TyKind::Struct(id) => {
                let def = &types[id];
                let mut before = format!("{} {{", self.cx.interner.resolve(def.name));
                for (index, field) in def.fields.iter().enumerate() {
                    before += if index == 0 { " " } else { ", " };
                    before += self.cx.interner.resolve(field.name);
                    before += ": ";
                    self.write_text(before.as_bytes());
                    before.clear();
                    let part = self.field(&val, ty, index as u32, field.ty);
                    self.write_value(field.ty, &part, true);
                }
                before += if def.fields.is_empty() { "}" } else { " }" };
                self.write_text(before.as_bytes());
            }
            TyKind::Tuple(list) => {
                self.write_text(b"(");
                let fields = &types[list];
                for (index, &field) in fields.iter().enumerate() {
                    if index > 0 {
                        self.write_text(b", ");
                    }
                    let part = self.field(&val, ty, index as u32, field);
                    self.write_value(field, &part, true);
                }
                self.write_text(if fields.len() == 1 { b",)" } else { b")" });
            }
            TyKind::Array { element, len } => match &val {
                Val::Scalars(_) => {
                    self.write_text(b"[");
                    for index in 0..len {
                        if index > 0 {
                            self.write_text(b", ");
                        }
                        let part = self.fixed_element(&val, element, index);
                        self.write_value(element, &part, true);
                    }
                    self.write_text(b"]");
                }
                Val::Memory(mem) => {
                    let len = self.word(len);
                    self.write_elements(*mem, len, None, element);
                }
            },
            TyKind::Slice { element, .. } | TyKind::Strided { element, .. } => {
                let values = val.scalars().clone();
                self.write_elements(Mem::address(values[0]), values[1], values.get(2).copied(), element);
            }
            TyKind::View { element, .. } => {
                let values = val.scalars().clone();
                self.write_rows(values[0], &values[1..], element);
            }
            TyKind::Fn { params, result } => self.write_function(&val, &types[params], result),
            TyKind::Optional(payload) => {
                let nil = self.is_nil(&val, ty);
                let (is_nil, is_some, end) = (self.new_block(), self.new_block(), self.new_block());
                self.brif(nil, is_nil, is_some);
                self.switch_to(is_nil);
                self.write_text(b"nil");
                self.jump(end);
                self.switch_to(is_some);
                let part = self.some(&val, ty);
                self.write_value(payload, &part, quoted);
                self.jump(end);
                self.switch_to(end);
            }
            TyKind::Enum(id) if types[id].is_plain() => {
                let cases = &types[id].cases;
                let end = self.new_block();
                let blocks: Vec<IrBlock> = cases.iter().map(|_| self.new_block()).collect();
                let other = self.new_block();
                let table: Vec<(u128, IrBlock)> = cases.iter().map(|case| case.value).zip(blocks.clone()).collect();
                self.switch(val.scalar(), &table, other);
                for (case, block) in cases.iter().zip(blocks) {
                    self.switch_to(block);
                    self.write_text(self.cx.interner.resolve(case.name).as_bytes());
                    self.jump(end);
                }
                self.switch_to(other);
                self.write_value(types[id].repr, &val, true);
                self.jump(end);
                self.switch_to(end);
            }
            TyKind::Enum(_) => self.print_union(ty, &val, true),
            TyKind::Result { .. } => self.print_union(ty, &val, quoted),
            kind => unreachable!("{kind:?} is printed without a function"),
        }
        self.return_(&[]);
    }

    /// The name of a function. Which one it is, is found among those whose addresses the program takes; another, which came
    /// as a number or from foreign code, is an address.
    fn write_function(&mut self, val: &Val, params: &[Ty], result: Ty) {
        let program = self.cx.program;
        let end = self.new_block();
        for &id in self.cx.functions_as_values().iter() {
            let func = &program[id];
            if func.params != params || func.result != result {
                continue;
            }
            let ir = self.cx.function_for_us(id);
            let address = self.b().func_addr(ir);
            let (this, next) = (self.new_block(), self.new_block());
            let is_this = self.b().icmp_eq(val.scalar(), address);
            self.brif(is_this, this, next);
            self.switch_to(this);
            self.write_text(func.path.as_bytes());
            self.jump(end);
            self.switch_to(next);
        }
        self.call_runtime(runtime::WRITE_PTR, &[val.scalar()]);
        self.jump(end);
        self.switch_to(end);
    }

    /// `Circle(2.0)`, `Rect { w: 1.0, h: 2.0 }`, `Empty`; of a `T!E` the value, or `error e`.
    fn print_union(&mut self, ty: Ty, val: &Val, quoted: bool) {
        let program = self.cx.program;
        let types = &program.types;
        let tag = self.tag(val, ty);
        let end = self.new_block();
        let count = types.case_count(ty);
        let blocks: Vec<IrBlock> = (0..count).map(|_| self.new_block()).collect();
        let last = *blocks.last().expect("an enum has cases");
        let table: Vec<(u128, IrBlock)> =
            (0..count - 1).zip(&blocks).map(|(case, &block)| (types.tag(ty, case), block)).collect();
        if table.is_empty() {
            self.jump(last);
        } else {
            self.switch(tag, &table, last);
        }
        for (case, block) in (0..count).zip(blocks) {
            self.switch_to(block);
            let (name, shape, names) = match self.kind(ty) {
                TyKind::Enum(id) => {
                    let case = &types[id].cases[case as usize];
                    let names: Vec<&str> =
                        case.payload.iter().map(|field| self.cx.interner.resolve(field.name)).collect();
                    (self.cx.interner.resolve(case.name), case.shape, names)
                }
                _ => (if case == 0 { "" } else { "error " }, CaseShape::Plain, vec![""]),
            };
            let (open, close) = match shape {
                CaseShape::Plain => ("", ""),
                CaseShape::Tuple => ("(", ")"),
                CaseShape::Struct => (" { ", " }"),
            };
            let mut text = format!("{name}{open}");
            for (index, field_ty) in types.case_fields(ty, case).into_iter().enumerate() {
                if index > 0 {
                    text += ", ";
                }
                if shape == CaseShape::Struct {
                    text += names[index];
                    text += ": ";
                }
                self.write_text(text.as_bytes());
                text.clear();
                let part = self.payload_part(val, ty, case, index as u32);
                self.write_value(field_ty, &part, quoted || case == 1);
            }
            text += close;
            self.write_text(text.as_bytes());
            self.jump(end);
        }
        self.switch_to(end);
    }

    /// Writes `error: ` and the error that `main` gave to the standard error.
    pub fn print_error(&mut self, ty: Ty, val: &Val) {
        self.push_sink(SINK_ERROR);
        self.write_text(b"error: ");
        self.write_value(ty, val, false);
        self.write_text(b"\n");
        let nowhere = self.null();
        self.call_runtime(runtime::SINK_POP, &[nowhere]);
    }

    /// `[a, b]`: elements one behind the other, or `step` apart.
    fn write_elements(&mut self, first: Mem, len: Value, step: Option<Value>, element: Ty) {
        let repr = self.repr(element);
        self.write_list(len, |this, index| {
            let at = match step {
                Some(step) => this.b().imul(index, step),
                None => index,
            };
            let mem = this.element(first, at, repr.size);
            let val = this.load_val(&repr, mem);
            this.write_value(element, &val, true);
        });
    }

    /// `[[a, b], [c, d]]`
    fn write_rows(&mut self, start: Value, extents: &[Value], element: Ty) {
        let [len, inner @ ..] = extents else { unreachable!("a view has axes") };
        if inner.is_empty() {
            return self.write_elements(Mem::address(start), *len, None, element);
        }
        let size = self.stride(element);
        let mut row = inner[0];
        for &extent in &inner[1..] {
            row = self.b().imul(row, extent);
        }
        self.write_list(*len, |this, index| {
            let at = this.b().imul(index, row);
            let first = this.element(Mem::address(start), at, size);
            let first = this.address(first);
            this.write_rows(first, inner, element);
        });
    }

    /// Brackets, and commas between what `write` writes.
    fn write_list(&mut self, len: Value, write: impl FnOnce(&mut Self, Value)) {
        self.write_text(b"[");
        let zero = self.word(0);
        self.count_up(zero, len, |this, index| {
            let (comma, next) = (this.new_block(), this.new_block());
            let is_first = this.b().icmp_eq(index, zero);
            this.brif(is_first, next, comma);
            this.switch_to(comma);
            this.write_text(b", ");
            this.jump(next);
            this.switch_to(next);
            write(this, index);
        });
        self.write_text(b"]");
    }
}
