//! Proof obligations of rules as SMT-LIB text: for a rule and types for its type variables, a script that a solver
//! answers with `unsat` if and only if the rule holds there.
//!
//! The script declares the rule's variables, asserts its conditions, and asserts that the sides differ or that the right
//! side has a division without a meaning where the left side has none. [`query`] walks a rule; what the parts mean in a
//! logic says an [`Encoder`]: [`Bits`] here (bit-vectors and floats), [`Ints`](super::ints::Ints) on integers.

use super::check::{FINDS_DIVISION, is_about_profit};
use super::rule::{Condition, ConstExpr, ConstExprOrVar, Literal, Pattern, Rule};
use super::vocabulary::{ConstFn, FactCondition, Meaning, Term};
use lang_ir::ops::TypeRule;
use lang_ir::{Op, Type};
use std::collections::BTreeMap;

/// Why there is no query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoQuery {
    /// A constant does not exist at these types, so the rule never applies.
    NeverApplies,
    /// The encoder does not know this.
    NoMeaning(String),
}

pub type Encoded<T> = Result<T, NoQuery>;

/// The meaning of the parts of a rule in a logic.
pub trait Encoder {
    /// A term and what the encoder knows about it.
    type Value: Clone;

    fn variable(&mut self, name: &str, ty: Type) -> Self::Value;
    /// A variable of which the lowest bits are known: how many, and which.
    fn ending_in(&mut self, name: &str, _: Type, _: u32, _: u128) -> Encoded<Self::Value> {
        Err(NoQuery::NoMeaning(name.to_string()))
    }
    /// A variable of which the sign bit is known.
    fn with_sign(&mut self, name: &str, _: Type, _: bool) -> Encoded<Self::Value> {
        Err(NoQuery::NoMeaning(name.to_string()))
    }
    fn constant(&mut self, bits: u128, ty: Type) -> Self::Value;
    /// An operation at its controlling type; the type of its first operand.
    fn operation(&mut self, op: Op, ty: Type, from: Type, args: &[Self::Value]) -> Encoded<Self::Value>;
    fn function(&mut self, function: &'static ConstFn, ty: Type, args: &[Self::Value]) -> Encoded<Self::Value>;
    /// A formula that is true if and only if the condition holds; the type is the condition's type argument, else that of
    /// its first argument.
    fn condition(&mut self, info: &'static FactCondition, ty: Type, args: &[Self::Value]) -> Encoded<String>;
    fn equal(&mut self, ty: Type, left: &Self::Value, right: &Self::Value) -> String;
    /// The script so far.
    fn script(&mut self) -> &mut Script;
    fn logic(&self) -> &'static str;
    /// Called before the goal is asserted; the rule's name.
    fn finish(&mut self, _: &str) {}
}

/// A script in the making.
#[derive(Default)]
pub struct Script {
    lines: Vec<String>,
    /// Names of terms by their text: the same term is defined once.
    names: BTreeMap<String, String>,
    /// Formulas that say that the divisions so far have a meaning.
    pub defined: Vec<String>,
    fresh: u32,
    /// Queries to be asked first: the number of lines to assume, and what is to be refuted then.
    cuts: Vec<(usize, String)>,
}

impl Script {
    /// What is declared and asserted so far, as a query.
    pub fn query(&self, logic: &str) -> String {
        format!("(set-logic {logic})\n{}\n(check-sat)\n", self.lines.join("\n"))
    }

    pub fn declare(&mut self, name: &str, sort: &str) {
        self.lines.push(format!("(declare-const {name} {sort})"));
    }

    /// A new constant of this sort.
    pub fn fresh(&mut self, sort: &str) -> String {
        self.fresh += 1;
        let name = format!("k{}", self.fresh);
        self.declare(&name, sort);
        name
    }

    /// A name for a term.
    pub fn define(&mut self, sort: &str, term: String) -> String {
        if let Some(name) = self.names.get(&term) {
            return name.clone();
        }
        self.fresh += 1;
        let name = format!("t{}", self.fresh);
        self.lines.push(format!("(define-fun {name} () {sort} {term})"));
        self.names.insert(term, name.clone());
        name
    }

    /// Gives a term this name.
    pub fn give(&mut self, name: &str, sort: &str, term: &str) {
        self.lines.push(format!("(define-fun {name} () {sort} {term})"));
    }

    /// The name that was remembered for a text, or a new one.
    pub fn named(&mut self, text: &str) -> Option<String> {
        self.names.get(text).cloned()
    }

    pub fn remember(&mut self, text: String, name: String) {
        self.names.insert(text, name);
    }

    /// Asks whether the formula follows, where what else is known holds too, and uses it from here on.
    pub fn cut(&mut self, known: &[String], formula: &str) {
        let known: String = known.iter().map(|k| format!("(assert {k})\n")).collect();
        self.cuts.push((self.lines.len(), format!("{known}(assert (not {formula}))")));
        self.assert(formula);
    }

    pub fn assert(&mut self, formula: &str) {
        self.lines.push(format!("(assert {formula})"));
    }
}

/// What a case says about a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Case {
    Is(u128),
    /// Its lowest bits: how many, and which.
    EndsIn(u32, u128),
    /// Its sign bit.
    IsNegative(bool),
}

/// The script for a rule at these types, in the case that says these things about slots (empty: all values).
pub fn query<E: Encoder>(mut encoder: E, rule: &Rule, types: &[Type], case: &[(u8, Case)]) -> Encoded<String> {
    let mut walk = Walk { encoder: &mut encoder, rule, types, case, slots: Vec::new() };
    walk.declare_slots()?;
    for condition in &rule.conditions {
        if !is_about_profit(condition) {
            walk.condition(condition)?;
        }
    }
    let left = walk.pattern(&rule.lhs)?;
    let left_defined = std::mem::take(&mut walk.encoder.script().defined);
    let right = walk.pattern(&rule.rhs)?;
    let mut right_defined = std::mem::take(&mut walk.encoder.script().defined);
    right_defined.retain(|formula| !left_defined.contains(formula));
    let equal = encoder.equal(rule.type_of(&rule.lhs, types), &left, &right);
    let mut goal = vec![equal];
    if !right_defined.is_empty() && !FINDS_DIVISION.contains(&rule.row.name) {
        goal.push(format!("(=> {} {})", all(&left_defined), all(&right_defined)));
    }
    encoder.finish(rule.row.name);
    let script = encoder.script();
    script.assert(&format!("(not {})", all(&goal)));
    let (lines, cuts) = (std::mem::take(&mut script.lines), std::mem::take(&mut script.cuts));
    let logic = encoder.logic();
    let ask = |lines: &[String], last: &str| format!("(set-logic {logic})\n{}\n{last}(check-sat)\n", lines.join("\n"));
    let mut queries: Vec<String> =
        cuts.iter().map(|(count, last)| ask(&lines[..*count], &format!("{last}\n"))).collect();
    queries.push(ask(&lines, ""));
    Ok(queries.join("(reset)\n"))
}

/// The conjunction.
pub fn all(formulas: &[String]) -> String {
    match formulas {
        [] => "true".to_string(),
        [one] => one.clone(),
        many => format!("(and {})", many.join(" ")),
    }
}

struct Walk<'a, E: Encoder> {
    encoder: &'a mut E,
    rule: &'a Rule,
    types: &'a [Type],
    case: &'a [(u8, Case)],
    slots: Vec<E::Value>,
}

impl<E: Encoder> Walk<'_, E> {
    fn declare_slots(&mut self) -> Encoded<()> {
        for (index, slot) in self.rule.slots.iter().enumerate() {
            let ty = slot.ty.get(self.types);
            let value = match self.case.iter().find(|(slot, _)| *slot as usize == index) {
                Some((_, Case::Is(bits))) => self.encoder.constant(*bits, ty),
                Some((_, Case::EndsIn(count, bits))) => self.encoder.ending_in(&slot.name, ty, *count, *bits)?,
                Some((_, Case::IsNegative(negative))) => self.encoder.with_sign(&slot.name, ty, *negative)?,
                None => self.encoder.variable(&slot.name, ty),
            };
            self.slots.push(value);
        }
        Ok(())
    }

    fn literal(&mut self, literal: Literal, ty: Type) -> Encoded<E::Value> {
        let bits = literal.bits(ty).ok_or(NoQuery::NeverApplies)?;
        Ok(self.encoder.constant(bits, ty))
    }

    fn pattern(&mut self, pattern: &Pattern) -> Encoded<E::Value> {
        match pattern {
            Pattern::Slot(slot) => Ok(self.slots[*slot as usize].clone()),
            Pattern::Literal(literal, ty) => self.literal(*literal, ty.get(self.types)),
            Pattern::Computed(expr) => self.computed(expr),
            Pattern::Node { op, ty, args } => {
                let from = self.rule.type_of(&args[0], self.types);
                let args = args.iter().map(|arg| self.pattern(arg)).collect::<Encoded<Vec<_>>>()?;
                self.encoder.operation(*op, ty.get(self.types), from, &args)
            }
        }
    }

    /// A computed constant. Where a division in it has no meaning the rule does not apply, so that it has one is assumed.
    fn computed(&mut self, expr: &ConstExpr) -> Encoded<E::Value> {
        let before = std::mem::take(&mut self.encoder.script().defined);
        let value = self.const_expr(expr)?;
        let script = self.encoder.script();
        for formula in std::mem::replace(&mut script.defined, before) {
            script.assert(&formula);
        }
        Ok(value)
    }

    fn const_expr(&mut self, expr: &ConstExpr) -> Encoded<E::Value> {
        match expr {
            ConstExpr::Slot(slot) => Ok(self.slots[*slot as usize].clone()),
            ConstExpr::Literal(literal, ty) => self.literal(*literal, ty.get(self.types)),
            ConstExpr::Width(of, ty) => {
                let (width, ty) = (of.get(self.types).bits() as u128, ty.get(self.types));
                if width > ty.mask() {
                    return Err(NoQuery::NeverApplies);
                }
                Ok(self.encoder.constant(width, ty))
            }
            ConstExpr::Op { op, ty, from, args } => {
                let (ty, from) = (ty.get(self.types), from.get(self.types));
                if !op.info().types.accepts(ty) || !op.info().types.accepts_operand(ty, 0, from) {
                    return Err(NoQuery::NeverApplies);
                }
                let args = args.iter().map(|arg| self.const_expr(arg)).collect::<Encoded<Vec<_>>>()?;
                self.encoder.operation(*op, ty, from, &args)
            }
            ConstExpr::Named { function, ty, args } => {
                let args = args.iter().map(|arg| self.const_expr(arg)).collect::<Encoded<Vec<_>>>()?;
                self.encoder.function(function, ty.get(self.types), &args)
            }
        }
    }

    fn condition(&mut self, condition: &Condition) -> Encoded<()> {
        let formula = match condition {
            Condition::Fact { info, args, ty } => {
                let first = match &args[0] {
                    ConstExprOrVar::Var(slot) => self.rule.slots[*slot as usize].ty.get(self.types),
                    ConstExprOrVar::Const(expr) => expr.ty(&self.rule.slots, self.types),
                };
                let args = args
                    .iter()
                    .map(|arg| match arg {
                        ConstExprOrVar::Var(slot) => Ok(self.slots[*slot as usize].clone()),
                        ConstExprOrVar::Const(expr) => self.computed(expr),
                    })
                    .collect::<Encoded<Vec<_>>>()?;
                self.encoder.condition(info, ty.map_or(first, |ty| ty.get(self.types)), &args)?
            }
            Condition::Holds(expr) => {
                let value = self.computed(expr)?;
                let one = self.encoder.constant(1, Type::I1);
                self.encoder.equal(Type::I1, &value, &one)
            }
            Condition::Types { .. } | Condition::Target { .. } => return Ok(()),
        };
        self.encoder.script().assert(&formula);
        Ok(())
    }
}

/// Bit-vectors, and floats where a rule computes with them.
///
/// The operations mean what the table of operations says; those that SMT-LIB has no term for are spelled out here. A
/// float is a bit-vector until an operation on floats wants the number; two floats are equal if their bits are, or both
/// are NaN.
#[derive(Default)]
pub struct Bits {
    script: Script,
    uses_floats: bool,
}

/// A term of the encoder [`Bits`].
#[derive(Clone, Debug)]
pub struct Bv {
    text: String,
    ty: Type,
    /// The term is of the sort of floats, not a bit-vector.
    float: bool,
}

pub fn bv(value: u128, width: u32) -> String {
    format!("(_ bv{value} {width})")
}

fn bits_sort(width: u32) -> String {
    format!("(_ BitVec {width})")
}

/// Digits of exponent and significand, the hidden one included.
fn float_format(ty: Type) -> (u32, u32) {
    match ty {
        Type::F16 => (5, 11),
        Type::F32 => (8, 24),
        _ => (11, 53),
    }
}

fn float_sort(ty: Type) -> String {
    let (exponent, significand) = float_format(ty);
    format!("(_ FloatingPoint {exponent} {significand})")
}

fn to_fp(ty: Type, what: &str) -> String {
    let (exponent, significand) = float_format(ty);
    format!("((_ to_fp {exponent} {significand}) {what})")
}

impl Bits {
    fn term(&mut self, ty: Type, text: String) -> Bv {
        Bv { text: self.script.define(&bits_sort(ty.bits()), text), ty, float: false }
    }

    fn float(&mut self, ty: Type, text: String) -> Bv {
        self.uses_floats = true;
        Bv { text: self.script.define(&float_sort(ty), text), ty, float: true }
    }

    /// As a number.
    fn number(&mut self, value: &Bv) -> String {
        if value.float {
            return value.text.clone();
        }
        self.float(value.ty, to_fp(value.ty, &value.text)).text
    }

    /// The bits of a float. Those of a NaN that was computed are any.
    fn bits(&mut self, value: &Bv) -> String {
        if !value.float {
            return value.text.clone();
        }
        let key = format!("bits of {}", value.text);
        if let Some(name) = self.script.named(&key) {
            return name;
        }
        let name = self.script.fresh(&bits_sort(value.ty.bits()));
        self.script.assert(&format!("(= {} {})", to_fp(value.ty, &name), value.text));
        self.script.remember(key, name.clone());
        name
    }

    /// The term of the table with its holes filled.
    fn by_table(&mut self, op: Op, ty: Type, from: Type, args: &[Bv]) -> Option<String> {
        let width = from.bits();
        let info = op.info();
        let d = match info.types {
            TypeRule::Reduce => ty.bits() - 1,
            _ => ty.bits().abs_diff(width),
        };
        let mut text = info
            .smt?
            .replace("(- (* 2 {w}) 1)", &(2 * width - 1).to_string())
            .replace("{w}", &width.to_string())
            .replace("{m}", &bv(width as u128 - 1, width))
            .replace("{d}", &d.to_string());
        for (index, arg) in args.iter().enumerate() {
            let is_number = matches!(info.types, TypeRule::Float | TypeRule::FloatCompare);
            let arg = if is_number { self.number(arg) } else { arg.text.clone() };
            text = text.replace(&format!("{{{index}}}"), &arg);
        }
        Some(text)
    }

    /// Operations that the table has no term for, and those on the bits of floats.
    fn spelled_out(&mut self, op: Op, ty: Type, from: Type, args: &[Bv]) -> Option<Bv> {
        let (width, x) = (from.bits(), &args[0]);
        let sign = if width > 1 { 1u128 << (width - 1) } else { 1 };
        let text = match op {
            Op::Clz => (0..width).fold(bv(width as u128, width), |rest, bit| {
                format!(
                    "(ite (= ((_ extract {bit} {bit}) {}) #b1) {} {rest})",
                    x.text,
                    bv((width - 1 - bit) as u128, width)
                )
            }),
            Op::Ctz => (0..width).rev().fold(bv(width as u128, width), |rest, bit| {
                format!("(ite (= ((_ extract {bit} {bit}) {}) #b1) {} {rest})", x.text, bv(bit as u128, width))
            }),
            Op::Popcnt => (0..width).fold(bv(0, width), |sum, bit| {
                format!("(bvadd {sum} ((_ zero_extend {}) ((_ extract {bit} {bit}) {})))", width - 1, x.text)
            }),
            Op::Bswap => {
                let bytes: Vec<String> =
                    (0..width / 8).map(|b| format!("((_ extract {} {}) {})", 8 * b + 7, 8 * b, x.text)).collect();
                format!("(concat {})", bytes.join(" "))
            }
            Op::Fneg if !x.float => format!("(bvxor {} {})", x.text, bv(sign, width)),
            Op::Fabs if !x.float => format!("(bvand {} {})", x.text, bv(sign - 1, width)),
            Op::Fcopysign => {
                let (magnitude, of) = (self.bits(x), self.bits(&args[1]));
                format!("(bvor (bvand {magnitude} {}) (bvand {of} {}))", bv(sign - 1, width), bv(sign, width))
            }
            Op::Select if args[1].float || args[2].float => {
                let (then, other) = (self.number(&args[1]), self.number(&args[2]));
                return Some(self.float(ty, format!("(ite (= {} #b1) {then} {other})", x.text)));
            }
            Op::Bitcast | Op::PtrToInt | Op::IntToPtr => {
                let text = self.bits(x);
                return Some(Bv { text, ty, float: false });
            }
            Op::Fpromote | Op::Fdemote => {
                let number = self.number(x);
                return Some(self.float(ty, to_fp(ty, &format!("RNE {number}"))));
            }
            Op::FcvtFromSint => return Some(self.float(ty, to_fp(ty, &format!("RNE {}", x.text)))),
            Op::FcvtFromUint => {
                let (exponent, significand) = float_format(ty);
                return Some(self.float(ty, format!("((_ to_fp_unsigned {exponent} {significand}) RNE {})", x.text)));
            }
            Op::FcvtToSint => {
                let (number, w) = (self.number(x), ty.bits());
                let limit = 1u128 << (w - 1);
                format!(
                    "(ite (fp.isNaN {number}) {} (ite (fp.geq {number} {}) {} (ite (fp.leq {number} (fp.neg {})) {} ((_ fp.to_sbv {w}) RTZ {number}))))",
                    bv(0, w),
                    to_fp(from, &format!("RNE {limit}.0")),
                    bv(limit - 1, w),
                    to_fp(from, &format!("RNE {limit}.0")),
                    bv(limit, w),
                )
            }
            Op::FcvtToUint => {
                let (number, w) = (self.number(x), ty.bits());
                let limit = match w {
                    128 => "340282366920938463463374607431768211456.0".to_string(),
                    _ => format!("{}.0", 1u128 << w),
                };
                format!(
                    "(ite (fp.isNaN {number}) {0} (ite (fp.geq {number} {1}) {2} (ite (fp.leq {number} (_ +zero {3} {4})) {0} ((_ fp.to_ubv {w}) RTZ {number}))))",
                    bv(0, w),
                    to_fp(from, &format!("RNE {limit}")),
                    bv(ty.mask(), w),
                    float_format(from).0,
                    float_format(from).1,
                )
            }
            _ => return None,
        };
        Some(self.term(ty, text))
    }

    fn terms(&mut self, args: &[Bv]) -> Vec<Term> {
        args.iter().map(|arg| Term { text: self.bits(arg), width: arg.ty.bits() }).collect()
    }
}

impl Encoder for Bits {
    type Value = Bv;

    fn script(&mut self) -> &mut Script {
        &mut self.script
    }

    fn logic(&self) -> &'static str {
        if self.uses_floats { "QF_BVFP" } else { "QF_BV" }
    }

    fn variable(&mut self, name: &str, ty: Type) -> Bv {
        self.script.declare(name, &bits_sort(ty.bits()));
        Bv { text: name.to_string(), ty, float: false }
    }

    fn ending_in(&mut self, name: &str, ty: Type, count: u32, bits: u128) -> Encoded<Bv> {
        if count == ty.bits() {
            return Ok(self.constant(bits, ty));
        }
        let high = self.script.fresh(&bits_sort(ty.bits() - count));
        self.script.give(name, &bits_sort(ty.bits()), &format!("(concat {high} {})", bv(bits, count)));
        Ok(Bv { text: name.to_string(), ty, float: false })
    }

    fn with_sign(&mut self, name: &str, ty: Type, negative: bool) -> Encoded<Bv> {
        let low = self.script.fresh(&bits_sort(ty.bits() - 1));
        self.script.give(name, &bits_sort(ty.bits()), &format!("(concat {} {low})", bv(negative as u128, 1)));
        Ok(Bv { text: name.to_string(), ty, float: false })
    }

    fn constant(&mut self, bits: u128, ty: Type) -> Bv {
        Bv { text: bv(bits, ty.bits()), ty, float: false }
    }

    fn operation(&mut self, op: Op, ty: Type, from: Type, args: &[Bv]) -> Encoded<Bv> {
        if op.is_partial() {
            let width = ty.bits();
            let (x, d) = (&args[0].text, &args[1].text);
            self.script.defined.push(format!("(distinct {d} {})", bv(0, width)));
            if op == Op::Sdiv {
                let (min, ones) = (bv(1 << (width - 1), width), bv(ty.mask(), width));
                self.script.defined.push(format!("(not (and (= {x} {min}) (= {d} {ones})))"));
            }
        }
        if let Some(value) = self.spelled_out(op, ty, from, args) {
            return Ok(value);
        }
        let result = op.result_type(ty);
        match self.by_table(op, ty, from, args) {
            Some(text) if op.info().types == TypeRule::Float => Ok(self.float(result, text)),
            Some(text) => Ok(self.term(result, text)),
            None => Err(NoQuery::NoMeaning(op.mnemonic().to_string())),
        }
    }

    fn function(&mut self, function: &'static ConstFn, ty: Type, args: &[Bv]) -> Encoded<Bv> {
        let terms = self.terms(args);
        let width = ty.bits();
        match (function.smt)(&terms, width) {
            Meaning::Is(text) => Ok(self.term(ty, text)),
            Meaning::SuchThat(formula) => {
                // A pair of functions that share a formula, `f` and `f-shift`, is introduced as a whole.
                let (first, second) = match function.name.strip_suffix("-shift") {
                    Some(name) => (name, function.name),
                    None => (function.name, ""),
                };
                let arguments = terms.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
                let key = |name: &str| format!("{name} at {width} of {arguments}");
                if self.script.named(&key(first)).is_none() {
                    let main = self.script.fresh(&bits_sort(width));
                    let mut formula = formula.replace("{r}", &main);
                    if formula.contains("{s}") {
                        let shift = self.script.fresh(&bits_sort(width));
                        formula = formula.replace("{m}", &main).replace("{s}", &shift);
                        self.script.remember(key(&format!("{first}-shift")), shift);
                    }
                    self.script.assert(&formula);
                    self.script.remember(key(first), main);
                }
                let text = self.script.named(&key(if second.is_empty() { first } else { second }));
                let text = text.ok_or_else(|| NoQuery::NoMeaning(function.name.to_string()))?;
                Ok(Bv { text, ty, float: false })
            }
        }
    }

    fn condition(&mut self, info: &'static FactCondition, ty: Type, args: &[Bv]) -> Encoded<String> {
        let terms = self.terms(args);
        Ok((info.smt)(&terms, ty.bits()))
    }

    fn equal(&mut self, ty: Type, left: &Bv, right: &Bv) -> String {
        if ty.is_float() && self.uses_floats {
            let (left, right) = (self.number(left), self.number(right));
            return format!("(= {left} {right})");
        }
        format!("(= {} {})", left.text, right.text)
    }
}
