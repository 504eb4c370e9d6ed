//! From IR back to Bril, for other tools that read it.
//!
//! Bril has branches where IR has selections, division where it has shifts, and no parameters of blocks: those become variables
//! that are copied. A `print` is found again in the calls that it was lowered to, and so are operations on memory (see
//! [`opaque`]). What Bril cannot say is refused.

mod pointers;
mod target;

pub use target::TARGET;

use super::opaque;
use super::text::is_first;
use crate::lower::runtime;
use lang_ir::{
    Block, BlockCall, ENTRY, FuncId, Function, Inst, InstData, Module, Op, Payload, TrapCode, Type, Value, ValueDef,
};
use pointers::Signatures;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt::Write;

/// The functions of a module as Bril text, or what cannot be said in Bril, by function.
pub fn emit(module: &Module) -> Result<String, Vec<String>> {
    let mut text = String::new();
    let mut refused = Vec::new();
    let (names, signatures) = (function_names(module), pointers::signatures(module));
    for id in definitions(module) {
        let function = &module.functions[id];
        let mut emitter = Emitter {
            module,
            function,
            names: &names,
            signatures: &signatures,
            pointers: FxHashMap::default(),
            signature: signatures.get(&id).map_or(&[], |types| types),
            used: used(module, function),
            text: String::new(),
            temporaries: 0,
            labels: 0,
            printed: Vec::new(),
        };
        let emitted = pointers::pointers(module, id, &signatures).and_then(|pointers| {
            emitter.pointers = pointers;
            emitter.function(&names[&id])
        });
        match emitted {
            Ok(()) => text.push_str(&emitter.text),
            Err(Refused(what)) => refused.push(format!("`{}`: {what}", function.name)),
        }
    }
    if refused.is_empty() { Ok(text) } else { Err(refused) }
}

/// Why a function cannot be expressed.
struct Refused(String);

fn refuse<T>(what: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(what.into()))
}

struct Emitter<'m> {
    module: &'m Module,
    function: &'m Function,
    names: &'m FxHashMap<FuncId, String>,
    signatures: &'m Signatures<'m>,
    /// The types of pointers, as Bril has them.
    pointers: FxHashMap<Value, &'m str>,
    /// That of this function, if there are pointers in it.
    signature: &'m [&'m str],
    /// Values with a use besides the texts that are printed.
    used: FxHashSet<Value>,
    text: String,
    temporaries: u32,
    labels: u32,
    /// The operands so far of the `print` that is being collected.
    printed: Vec<String>,
}

impl<'m> Emitter<'m> {
    fn function(&mut self, function_name: &str) -> Result<(), Refused> {
        let function = self.function;
        let mut params = Vec::new();
        for &param in function.params() {
            params.push(format!("{}: {}", name(param), self.type_of(param)?));
        }
        let _ = write!(self.text, "@{function_name}");
        if !params.is_empty() {
            let _ = write!(self.text, "({})", params.join(", "));
        }
        match function.sig.results[..] {
            [] => {}
            [_] => {
                let ty = self.result_type()?;
                let _ = write!(self.text, ": {ty}");
            }
            _ => return refuse("several results"),
        }
        self.text.push_str(" {\n");
        for (index, &block) in function.layout.iter().enumerate() {
            if index > 0 {
                let _ = writeln!(self.text, ".b{}:", block.as_u32());
            }
            for &inst in &function.blocks[block].insts {
                self.inst(inst)?;
            }
            if !self.printed.is_empty() {
                return refuse("a `print` that other code interrupts");
            }
        }
        self.text.push_str("}\n");
        Ok(())
    }

    fn ty(&self, ty: Type) -> Result<&'static str, Refused> {
        match ty {
            Type::I64 => Ok("int"),
            // Bytes are only made of `bool`s, to be printed.
            Type::I1 | Type::I8 => Ok("bool"),
            Type::F64 => Ok("float"),
            Type::I32 => Ok("char"),
            _ => refuse(format!("values of type `{ty}`")),
        }
    }

    fn type_of(&self, value: Value) -> Result<&'m str, Refused> {
        match self.function.ty(value) {
            // Nothing depends on the type of a pointer that is only handed around.
            Type::Ptr => Ok(self.pointers.get(&value).copied().unwrap_or("ptr<int>")),
            ty => self.ty(ty),
        }
    }

    fn result_type(&self) -> Result<&'m str, Refused> {
        match self.function.sig.results[0] {
            Type::Ptr => match self.signature.last() {
                Some(&ty) => Ok(ty),
                None => refuse("a pointer without its type"),
            },
            ty => self.ty(ty),
        }
    }

    /// What an operand of this type is called.
    fn operand(&mut self, value: Value, ty: &str) -> String {
        let is_null = self.function.ty(value) == Type::Ptr && self.function.constant(value).is_some();
        if is_null { self.null(ty) } else { name(value) }
    }

    /// A pointer that is not used: it stands for a variable without a value.
    fn null(&mut self, ty: &str) -> String {
        let one = self.int(1);
        let pointer = self.fresh(ty, &format!("alloc {one}"));
        let _ = writeln!(self.text, "  free {pointer};");
        pointer
    }

    fn inst(&mut self, inst: Inst) -> Result<(), Refused> {
        let data = &self.function.insts[inst];
        let result = data.first_result.expand();
        match data.op {
            Op::Jump | Op::Brif | Op::Switch | Op::Return | Op::Trap => return self.terminator(data),
            Op::Trapif => return self.guard(data),
            Op::Call => return self.call(inst, data),
            // The address of a text is only wanted by the `print` that writes it.
            Op::GlobalAddr => return Ok(()),
            _ => {}
        }
        let Some(result) = result else { return refuse(format!("`{}`", data.op.mnemonic())) };
        let (to, ty) = (name(result), self.type_of(result)?);
        let args: Vec<String> = data.args.iter().map(|&arg| name(arg)).collect();
        if let Payload::Bits(bits) = data.payload {
            // Null pointers have their type from where they are used.
            if !self.used.contains(&result) || self.function.ty(result) == Type::Ptr {
                return Ok(());
            }
            return self.constant(&to, self.function.ty(result), bits.get());
        }
        for &arg in &data.args {
            self.type_of(arg)?;
        }
        let (a, b) = (args.first().map_or("", |arg| arg), args.get(1).map_or("", |arg| arg));
        let from = data.args.first().map_or(Type::I64, |&arg| self.function.ty(arg));
        match (data.op, from) {
            (Op::Iadd, Type::I64) => self.set(&to, ty, &format!("add {a} {b}")),
            (Op::Isub, Type::I64) => self.set(&to, ty, &format!("sub {a} {b}")),
            (Op::Imul, Type::I64) => self.set(&to, ty, &format!("mul {a} {b}")),
            (Op::Sdiv, Type::I64) => self.set(&to, ty, &format!("div {a} {b}")),
            (Op::Ineg, Type::I64) => {
                let zero = self.int(0);
                self.set(&to, ty, &format!("sub {zero} {a}"));
            }
            (Op::Bnot, Type::I64) => {
                let minus_one = self.int(-1);
                self.set(&to, ty, &format!("sub {minus_one} {a}"));
            }
            (Op::Srem, Type::I64) => {
                let remainder = self.remainder(a, b);
                self.set(&to, ty, &format!("id {remainder}"));
            }
            (Op::Smin | Op::Smax, Type::I64) => {
                let less = self.fresh("bool", &format!("lt {a} {b}"));
                let (then, otherwise) = if data.op == Op::Smin { (a, b) } else { (b, a) };
                self.select(&to, ty, &less, then, otherwise);
            }
            (Op::Ishl, Type::I64) => match self.amount(data)? {
                0 => self.set(&to, ty, &format!("id {a}")),
                amount => {
                    let factor = self.int(1i64 << amount);
                    self.set(&to, ty, &format!("mul {a} {factor}"));
                }
            },
            (Op::Sshr | Op::Ushr, Type::I64) => {
                let amount = self.amount(data)?;
                self.shift_right(&to, a, amount, data.op == Op::Ushr)?;
            }
            (Op::Band, Type::I64) => {
                let mask = data.args.iter().find_map(|&arg| Some((arg, self.function.constant(arg)? as i64)));
                let Some((mask, bits)) = mask.filter(|&(_, bits)| bits > 0 && (bits & (bits + 1)) == 0) else {
                    return refuse("`band` of integers that is no remainder");
                };
                let of = if name(mask) == a { b } else { a };
                if bits == i64::MAX {
                    return refuse("`band` of integers that is no remainder");
                }
                let remainder = self.floor_remainder(of, bits + 1);
                self.set(&to, ty, &format!("id {remainder}"));
            }
            (Op::IcmpEq, Type::I64) => self.set(&to, ty, &format!("eq {a} {b}")),
            (Op::IcmpSlt, Type::I64) => self.set(&to, ty, &format!("lt {a} {b}")),
            (Op::IcmpSle, Type::I64) => self.set(&to, ty, &format!("le {a} {b}")),
            (Op::IcmpNe, Type::I64) => {
                let equal = self.fresh("bool", &format!("eq {a} {b}"));
                self.set(&to, ty, &format!("not {equal}"));
            }
            (Op::IcmpUlt | Op::IcmpUle, Type::I64) => {
                // The order of unsigned integers is that of signed ones, shifted by half of their range.
                let least = self.int(i64::MIN);
                let a = self.fresh("int", &format!("add {a} {least}"));
                let b = self.fresh("int", &format!("add {b} {least}"));
                let op = if data.op == Op::IcmpUlt { "lt" } else { "le" };
                self.set(&to, ty, &format!("{op} {a} {b}"));
            }
            (Op::IcmpEq, Type::I32) => self.set(&to, ty, &format!("ceq {a} {b}")),
            (Op::IcmpSlt | Op::IcmpUlt, Type::I32) => self.set(&to, ty, &format!("clt {a} {b}")),
            (Op::IcmpSle | Op::IcmpUle, Type::I32) => self.set(&to, ty, &format!("cle {a} {b}")),
            (Op::IcmpNe, Type::I32) => {
                let equal = self.fresh("bool", &format!("ceq {a} {b}"));
                self.set(&to, ty, &format!("not {equal}"));
            }
            (Op::Band, Type::I1) => self.set(&to, ty, &format!("and {a} {b}")),
            (Op::Bor, Type::I1) => self.set(&to, ty, &format!("or {a} {b}")),
            (Op::Bnot, Type::I1) => self.set(&to, ty, &format!("not {a}")),
            (Op::Bxor | Op::IcmpNe | Op::IcmpEq, Type::I1) => {
                let any = self.fresh("bool", &format!("or {a} {b}"));
                let both = self.fresh("bool", &format!("and {a} {b}"));
                let not_both = self.fresh("bool", &format!("not {both}"));
                if data.op == Op::IcmpEq {
                    let differ = self.fresh("bool", &format!("and {any} {not_both}"));
                    self.set(&to, ty, &format!("not {differ}"));
                } else {
                    self.set(&to, ty, &format!("and {any} {not_both}"));
                }
            }
            (Op::Select, _) => {
                let (then, otherwise) = (self.operand(data.args[1], ty), self.operand(data.args[2], ty));
                self.select(&to, ty, a, &then, &otherwise);
            }
            (Op::Uextend, Type::I1) if data.ty == Type::I8 => self.set(&to, ty, &format!("id {a}")),
            (Op::Uextend | Op::Sextend, Type::I1) if data.ty == Type::I64 => {
                let yes = self.int(if data.op == Op::Uextend { 1 } else { -1 });
                let no = self.int(0);
                self.select(&to, ty, a, &yes, &no);
            }
            (Op::Uextend, Type::I32) if data.ty == Type::I64 => self.set(&to, ty, &format!("char2int {a}")),
            (Op::Ireduce, Type::I64) if data.ty == Type::I32 => self.set(&to, ty, &format!("int2char {a}")),
            (Op::Ireduce, Type::I64) if data.ty == Type::I1 => {
                let low = self.floor_remainder(a, 2);
                let one = self.int(1);
                self.set(&to, ty, &format!("eq {low} {one}"));
            }
            (Op::Fadd, _) => self.set(&to, ty, &format!("fadd {a} {b}")),
            (Op::Fsub, _) => self.set(&to, ty, &format!("fsub {a} {b}")),
            (Op::Fmul, _) => self.set(&to, ty, &format!("fmul {a} {b}")),
            (Op::Fdiv, _) => self.set(&to, ty, &format!("fdiv {a} {b}")),
            (Op::Fneg, _) => {
                let minus_one = self.fresh("float", "const -1.0");
                self.set(&to, ty, &format!("fmul {a} {minus_one}"));
            }
            (Op::FcmpEq, _) => self.set(&to, ty, &format!("feq {a} {b}")),
            (Op::FcmpLt, _) => self.set(&to, ty, &format!("flt {a} {b}")),
            (Op::FcmpLe, _) => self.set(&to, ty, &format!("fle {a} {b}")),
            (Op::FcmpNe, _) => {
                let equal = self.fresh("bool", &format!("feq {a} {b}"));
                self.set(&to, ty, &format!("not {equal}"));
            }
            (Op::Bitcast, Type::F64) => self.set(&to, ty, &format!("float2bits {a}")),
            (Op::Bitcast, Type::I64) => self.set(&to, ty, &format!("bits2float {a}")),
            _ => return refuse(format!("`{}.{from}`", data.op.mnemonic())),
        }
        Ok(())
    }

    // ---------------------------------------------------------------------------------------------------- instructions

    fn set(&mut self, to: &str, ty: &str, value: &str) {
        let _ = writeln!(self.text, "  {to}: {ty} = {value};");
    }

    /// A new variable with this value.
    fn fresh(&mut self, ty: &str, value: &str) -> String {
        let name = format!("t{}", self.temporaries);
        self.temporaries += 1;
        self.set(&name, ty, value);
        name
    }

    fn int(&mut self, value: i64) -> String {
        self.fresh("int", &format!("const {value}"))
    }

    fn label(&mut self) -> String {
        self.labels += 1;
        format!("l{}", self.labels)
    }

    fn constant(&mut self, to: &str, ty: Type, bits: u128) -> Result<(), Refused> {
        match ty {
            Type::I64 => self.set(to, "int", &format!("const {}", bits as i64)),
            Type::I1 | Type::I8 => self.set(to, "bool", &format!("const {}", bits != 0)),
            Type::I32 => {
                let Some(c) = char::from_u32(bits as u32) else { return refuse("a number as a character") };
                let escaped = match c {
                    '\0' => "\\0".to_string(),
                    '\n' => "\\n".to_string(),
                    '\r' => "\\r".to_string(),
                    '\t' => "\\t".to_string(),
                    '\\' => "\\\\".to_string(),
                    '\'' => "\\'".to_string(),
                    c => c.to_string(),
                };
                self.set(to, "char", &format!("const '{escaped}'"));
            }
            Type::F64 => {
                let value = f64::from_bits(bits as u64);
                if value.is_finite() {
                    self.set(to, "float", &format!("const {value:?}"));
                } else {
                    // There is no way to write them that every tool reads.
                    let above = if value.is_nan() { 0.0 } else { 1f64.copysign(value) };
                    let above = self.fresh("float", &format!("const {above:?}"));
                    let zero = self.fresh("float", "const 0.0");
                    self.set(to, "float", &format!("fdiv {above} {zero}"));
                }
            }
            _ => return self.ty(ty).map(|_| ()),
        }
        Ok(())
    }

    fn amount(&self, data: &InstData) -> Result<u32, Refused> {
        match self.function.constant(data.args[1]) {
            Some(amount) => Ok(amount as u32 & 63),
            None => refuse(format!("`{}` by a number that is not constant", data.op.mnemonic())),
        }
    }

    /// `a % b`, with the sign of `a`.
    fn remainder(&mut self, a: &str, b: &str) -> String {
        let quotient = self.fresh("int", &format!("div {a} {b}"));
        let product = self.fresh("int", &format!("mul {quotient} {b}"));
        self.fresh("int", &format!("sub {a} {product}"))
    }

    /// The remainder from 0 up to below the power of two.
    fn floor_remainder(&mut self, a: &str, power: i64) -> String {
        let power = self.int(power);
        let remainder = self.remainder(a, &power);
        let positive = self.fresh("int", &format!("add {remainder} {power}"));
        self.remainder(&positive, &power)
    }

    fn shift_right(&mut self, to: &str, a: &str, amount: u32, logical: bool) -> Result<(), Refused> {
        if amount == 0 {
            self.set(to, "int", &format!("id {a}"));
            return Ok(());
        }
        let shifted = if amount == 63 {
            let (zero, minus_one) = (self.int(0), self.int(-1));
            let negative = self.fresh("bool", &format!("lt {a} {zero}"));
            let sign = self.fresh("int", &format!("id {zero}"));
            self.select(&sign, "int", &negative, &minus_one, &zero);
            sign
        } else if amount == 62 {
            // Twice the divisor has no positive form: halve first.
            let half = self.fresh("int", &format!("id {a}"));
            self.shift_right(&half, a, 31, false)?;
            let rest = self.fresh("int", &format!("id {half}"));
            self.shift_right(&rest, &half, 31, false)?;
            rest
        } else {
            let power = 1i64 << amount;
            let low = self.floor_remainder(a, power);
            let multiple = self.fresh("int", &format!("sub {a} {low}"));
            let power = self.int(power);
            self.fresh("int", &format!("div {multiple} {power}"))
        };
        if !logical {
            self.set(to, "int", &format!("id {shifted}"));
            return Ok(());
        }
        // A negative number has `amount` ones where there are to be zeros.
        let zero = self.int(0);
        let negative = self.fresh("bool", &format!("lt {a} {zero}"));
        let ones = self.int((1i128 << (64 - amount)) as i64);
        let without = self.fresh("int", &format!("add {shifted} {ones}"));
        self.select(to, "int", &negative, &without, &shifted);
        Ok(())
    }

    fn select(&mut self, to: &str, ty: &str, condition: &str, then: &str, otherwise: &str) {
        let (yes, no, end) = (self.label(), self.label(), self.label());
        let _ = write!(self.text, "  br {condition} .{yes} .{no};\n.{yes}:\n");
        self.set(to, ty, &format!("id {then}"));
        let _ = write!(self.text, "  jmp .{end};\n.{no}:\n");
        self.set(to, ty, &format!("id {otherwise}"));
        let _ = writeln!(self.text, ".{end}:");
    }

    /// What makes an error of nothing: a division by zero, a number that is no character, or a variable without a value.
    fn trap(&mut self, code: TrapCode) -> Result<(), Refused> {
        match code {
            TrapCode::DivisionByZero => {
                let zero = self.int(0);
                self.fresh("int", &format!("div {zero} {zero}"));
            }
            TrapCode::NoScalarSigned => {
                let minus_one = self.int(-1);
                self.fresh("char", &format!("int2char {minus_one}"));
            }
            // A variable without a value, or the end of a function without its own.
            TrapCode::Panic => self.set("undefined", "int", "id undefined"),
            _ => return refuse(format!("the error \"{}\"", code.template())),
        }
        Ok(())
    }

    fn guard(&mut self, data: &InstData) -> Result<(), Refused> {
        let Payload::Trap(code) = data.payload else { return refuse("a guard without its error") };
        let (fails, holds) = (self.label(), self.label());
        let _ = write!(self.text, "  br {} .{fails} .{holds};\n.{fails}:\n", name(data.args[0]));
        self.trap(code)?;
        let _ = writeln!(self.text, ".{holds}:");
        Ok(())
    }

    fn call(&mut self, inst: Inst, data: &InstData) -> Result<(), Refused> {
        let Payload::Func(callee) = data.payload else { return refuse("a call of a pointer") };
        let function = &self.module.functions[callee];
        let value = if function.is_definition() {
            let signature = self.signatures.get(&callee).map_or(&[][..], |types| types);
            let mut text = format!("call @{}", self.names[&callee]);
            for (index, &arg) in data.args.iter().enumerate() {
                let ty = signature.get(index).copied().map_or_else(|| self.type_of(arg), Ok)?;
                text += &format!(" {}", self.operand(arg, ty));
            }
            text
        } else {
            match opaque::parse(&function.name) {
                Some((opaque::SIGNATURE, _)) => return Ok(()),
                Some((op, pointer)) => {
                    let types = if op == "alloc" { ["int", ""] } else { [pointer, opaque::pointee(pointer)] };
                    let args: Vec<String> =
                        data.args.iter().zip(types).map(|(&arg, ty)| self.operand(arg, ty)).collect();
                    format!("{op} {}", args.join(" "))
                }
                None => return self.write(callee, data),
            }
        };
        match self.function.results(inst).collect::<Vec<_>>()[..] {
            [] => {
                let _ = writeln!(self.text, "  {value};");
            }
            [result] => {
                let ty = self.type_of(result)?;
                self.set(&name(result), ty, &value);
            }
            _ => return refuse("several results"),
        }
        Ok(())
    }

    /// A part of a `print`.
    fn write(&mut self, callee: FuncId, data: &InstData) -> Result<(), Refused> {
        let function = &*self.module.functions[callee].name;
        match function {
            "lang_rt_write_i64" | "lang_rt_write_bool" | "lang_rt_write_char" | "lang_rt_write_bril_f64" => {
                self.printed.push(name(data.args[0]));
                Ok(())
            }
            "lang_rt_write_str" => match self.written(data.args[0]) {
                Some(b" ") => Ok(()),
                Some(b"\n") => {
                    let args = std::mem::take(&mut self.printed).join(" ");
                    let _ = writeln!(self.text, "  print {args};");
                    Ok(())
                }
                _ => refuse("a text that is printed"),
            },
            _ => refuse(format!("a call of the foreign function `{function}`")),
        }
    }

    /// The text at an address.
    fn written(&self, address: Value) -> Option<&[u8]> {
        let ValueDef::Result(inst, _) = self.function.values[address].def else { return None };
        match self.function.insts[inst].payload {
            Payload::Global(global) => Some(&self.module.globals[global].init),
            _ => None,
        }
    }

    // ------------------------------------------------------------------------------------------------- control flow

    fn terminator(&mut self, data: &InstData) -> Result<(), Refused> {
        match &data.payload {
            Payload::Jump(to) => self.jump(to)?,
            Payload::Brif(targets) => {
                let labels = targets.each_ref().map(|to| self.edge(to));
                let _ = writeln!(self.text, "  br {} .{} .{};", name(data.args[0]), labels[0], labels[1]);
                self.edges(targets.iter().zip(&labels))?;
            }
            Payload::Switch(switch) => {
                let value = name(data.args[0]);
                let ty = self.function.ty(data.args[0]);
                if ty != Type::I64 {
                    return refuse(format!("`switch.{ty}`"));
                }
                let labels: Vec<String> = switch.cases.iter().map(|(_, to)| self.edge(to)).collect();
                for ((case, _), label) in switch.cases.iter().zip(&labels) {
                    let case = self.int(*case as i64);
                    let is = self.fresh("bool", &format!("eq {value} {case}"));
                    let next = self.label();
                    let _ = write!(self.text, "  br {is} .{label} .{next};\n.{next}:\n");
                }
                self.jump(&switch.default)?;
                self.edges(switch.cases.iter().map(|(_, to)| to).zip(&labels))?;
            }
            Payload::Trap(code) => {
                self.trap(*code)?;
                if !self.function.sig.results.is_empty() {
                    // Never reached; every function ends with its value.
                    let value = match self.function.sig.results[0] {
                        Type::Ptr => self.null(self.result_type()?),
                        ty => {
                            let value = format!("t{}", self.temporaries);
                            self.temporaries += 1;
                            self.constant(&value, ty, 0)?;
                            value
                        }
                    };
                    let _ = writeln!(self.text, "  ret {value};");
                } else {
                    self.text.push_str("  ret;\n");
                }
            }
            _ => match data.args[..] {
                [] => self.text.push_str("  ret;\n"),
                [value] => {
                    let ty = self.result_type()?;
                    let value = self.operand(value, ty);
                    let _ = writeln!(self.text, "  ret {value};");
                }
                _ => return refuse("several results"),
            },
        }
        Ok(())
    }

    /// The label to branch to: that of the block, or of code that copies the arguments first.
    fn edge(&mut self, to: &BlockCall) -> String {
        if to.args.is_empty() { block_label(to.block) } else { self.label() }
    }

    fn edges<'e>(&mut self, edges: impl Iterator<Item = (&'e BlockCall, &'e String)>) -> Result<(), Refused> {
        for (to, label) in edges {
            if *label != block_label(to.block) {
                let _ = writeln!(self.text, ".{label}:");
                self.jump(to)?;
            }
        }
        Ok(())
    }

    fn jump(&mut self, to: &BlockCall) -> Result<(), Refused> {
        let params = &self.function.blocks[to.block].params;
        let copies: Vec<(Value, Value)> =
            params.iter().copied().zip(to.args.iter().copied()).filter(|(param, arg)| param != arg).collect();
        // All are read before any is written.
        let written: FxHashSet<Value> = copies.iter().map(|&(param, _)| param).collect();
        let mut values = Vec::with_capacity(copies.len());
        for &(param, arg) in &copies {
            let ty = self.type_of(param)?;
            let value = self.operand(arg, ty);
            values.push(if written.contains(&arg) { self.fresh(ty, &format!("id {value}")) } else { value });
        }
        for ((param, _), value) in copies.into_iter().zip(values) {
            let ty = self.type_of(param)?;
            self.set(&name(param), ty, &format!("id {value}"));
        }
        let _ = writeln!(self.text, "  jmp .{};", block_label(to.block));
        Ok(())
    }
}

/// The values that a function uses, but for those that only say which text is written.
fn used(module: &Module, function: &Function) -> FxHashSet<Value> {
    let writes_text = |data: &InstData| match data.payload {
        Payload::Func(callee) => *module.functions[callee].name == *runtime::WRITE_STR.name,
        _ => false,
    };
    let insts =
        function.layout.iter().flat_map(|&block| &function.blocks[block].insts).map(|&inst| &function.insts[inst]);
    insts.filter(|data| !writes_text(data)).flat_map(|data| data.operands()).collect()
}

fn name(value: Value) -> String {
    format!("v{}", value.as_u32())
}

fn block_label(block: Block) -> String {
    format!("b{}", block.as_u32())
}

/// The functions to write.
fn definitions(module: &Module) -> impl Iterator<Item = FuncId> {
    let functions = module.functions.iter();
    functions.filter(|(_, function)| function.is_definition() && *function.name != *ENTRY).map(|(id, _)| id)
}

/// What each function is called: a name in IR may have a `#`, and in JSON a name may be anything.
fn function_names(module: &Module) -> FxHashMap<FuncId, String> {
    let is_in = |byte: u8| is_first(byte) || byte.is_ascii_digit() || byte == b'.';
    let is_identifier = |name: &str| name.bytes().next().is_some_and(is_first) && name.bytes().all(is_in);
    let mut names: FxHashMap<FuncId, String> = FxHashMap::default();
    let mut taken: FxHashSet<String> = FxHashSet::default();
    let (good, bad): (Vec<FuncId>, Vec<FuncId>) =
        definitions(module).partition(|&id| is_identifier(&module.functions[id].name));
    for id in good {
        let name = module.functions[id].name.to_string();
        taken.insert(name.clone());
        names.insert(id, name);
    }
    for id in bad {
        let allowed = |c: char| u8::try_from(c).is_ok_and(is_in);
        let mut name: String = module.functions[id].name.chars().map(|c| if allowed(c) { c } else { '.' }).collect();
        if !name.bytes().next().is_some_and(is_first) {
            name.insert(0, '_');
        }
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        names.insert(id, name);
    }
    names
}
