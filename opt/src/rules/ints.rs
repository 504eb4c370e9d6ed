//! Proof obligations on integers: for products and divisions, whose bit-vectors are too hard at 32 bits and more.
//!
//! A value is the integer of its bits, unsigned, with bounds. What wraps is introduced by `exact = r + 2^w * k`, a division
//! by `n = q*d + r` and `0 <= r < d`, the power of two that a shift amount stands for by its values. All of these exist for
//! every input, so that introducing them adds no assumption. What has no meaning here is any value within its bounds, the
//! same for the same operands; a condition without one is not used: both can only make a proof fail.

use super::smt::{Encoded, Encoder, Script, all};
use super::vocabulary::{ConstFn, FactCondition};
use lang_ir::{Op, Type};

#[derive(Default)]
pub struct Ints {
    script: Script,
}

/// A term between 0 and 2^width - 1.
#[derive(Clone, Debug)]
pub struct Int {
    text: String,
    ty: Type,
}

impl Int {
    fn signed(&self) -> String {
        format!("(ite (< {0} {1}) {0} (- {0} {2}))", self.text, power(self.ty.bits() - 1), power(self.ty.bits()))
    }

    fn literal(&self) -> Option<u128> {
        self.text.parse().ok()
    }
}

/// 2^exponent, up to 2^128.
fn power(exponent: u32) -> String {
    match 1u128.checked_shl(exponent) {
        Some(power) => power.to_string(),
        None => "340282366920938463463374607431768211456".to_string(),
    }
}

/// The bits of a signed integer.
fn unsigned(ty: Type, signed: &str) -> String {
    format!("(ite (< {signed} 0) (+ {signed} {}) {signed})", power(ty.bits()))
}

impl Ints {
    fn value(&self, ty: Type, text: String) -> Int {
        Int { text, ty }
    }

    fn term(&mut self, ty: Type, text: String) -> Int {
        Int { text: self.script.define("Int", text), ty }
    }

    fn truth(&mut self, formula: String) -> Int {
        self.term(Type::I1, format!("(ite {formula} 1 0)"))
    }

    /// An integer with 0 <= r < limit.
    fn below(&mut self, limit: &str) -> String {
        let name = self.script.fresh("Int");
        self.script.assert(&format!("(<= 0 {name})"));
        self.script.assert(&format!("(< {name} {limit})"));
        name
    }

    /// An integer modulo 2^width, with bounds on how often 2^width fits in it, where they are known.
    fn wrap(&mut self, ty: Type, exact: String, times: Option<(i32, i32)>) -> Int {
        let key = format!("{exact} modulo {}", ty.bits());
        if let Some(name) = self.script.named(&key) {
            return self.value(ty, name);
        }
        let modulus = power(ty.bits());
        let rest = self.below(&modulus);
        let count = self.script.fresh("Int");
        if let Some((low, high)) = times {
            let low = if low < 0 { format!("(- {})", -low) } else { low.to_string() };
            self.script.assert(&format!("(<= {low} {count})"));
            self.script.assert(&format!("(<= {count} {high})"));
        }
        self.script.assert(&format!("(= {exact} (+ {rest} (* {modulus} {count})))"));
        self.script.remember(key, rest.clone());
        self.value(ty, rest)
    }

    /// Quotient and remainder of an integer by one that is greater than 0, rounded down.
    fn divide(&mut self, dividend: &str, divisor: &str) -> (String, String) {
        let (key, rest_key) = (format!("{dividend} div {divisor}"), format!("{dividend} mod {divisor}"));
        if let (Some(quotient), Some(rest)) = (self.script.named(&key), self.script.named(&rest_key)) {
            return (quotient, rest);
        }
        let (quotient, rest) = (self.script.fresh("Int"), self.script.fresh("Int"));
        let formulas = [
            format!("(= {dividend} (+ (* {quotient} {divisor}) {rest}))"),
            format!("(<= 0 {rest})"),
            format!("(< {rest} {divisor})"),
        ];
        let nonnegative = format!("(=> (<= 0 {dividend}) (<= 0 {quotient}))");
        self.script.assert(&format!("(=> (< 0 {divisor}) {})", all(&formulas)));
        self.script.assert(&format!("(=> (< 0 {divisor}) {nonnegative})"));
        self.script.remember(key, quotient.clone());
        self.script.remember(rest_key, rest.clone());
        (quotient, rest)
    }

    /// 2^(amount mod width).
    fn power_of(&mut self, amount: &Int) -> String {
        let width = amount.ty.bits();
        if let Some(value) = amount.literal() {
            return power(value as u32 & (width - 1));
        }
        let key = format!("power of {} at {width}", amount.text);
        if let Some(name) = self.script.named(&key) {
            return name;
        }
        let (_, rest) = self.divide(&amount.text, &width.to_string());
        let name = self.script.fresh("Int");
        let cases: Vec<String> = (0..width).map(|e| format!("(and (= {rest} {e}) (= {name} {}))", power(e))).collect();
        self.script.assert(&format!("(or {})", cases.join(" ")));
        self.script.assert(&format!("(<= 1 {name})"));
        self.script.remember(key, name.clone());
        name
    }

    /// Any value of the type, the same for the same text.
    fn anything(&mut self, key: String, ty: Type) -> Int {
        if let Some(name) = self.script.named(&key) {
            return self.value(ty, name);
        }
        let name = self.below(&power(ty.bits()));
        self.script.remember(key, name.clone());
        self.value(ty, name)
    }

    fn signed_division(&mut self, op: Op, ty: Type, x: &Int, d: &Int) -> Int {
        let absolute = |script: &mut Script, v: &Int| {
            let signed = script.define("Int", v.signed());
            script.define("Int", format!("(ite (< {signed} 0) (- {signed}) {signed})"))
        };
        let (ax, ad) = (absolute(&mut self.script, x), absolute(&mut self.script, d));
        let (quotient, rest) = self.divide(&ax, &ad);
        let half = power(ty.bits() - 1);
        let (xneg, dneg) = (format!("(>= {} {half})", x.text), format!("(>= {} {half})", d.text));
        let by_zero = format!("(= {} 0)", d.text);
        if op == Op::Srem {
            let signed = self.script.define("Int", format!("(ite {xneg} (- {rest}) {rest})"));
            let text = format!("(ite {by_zero} {} {})", x.text, unsigned(ty, &signed));
            return self.term(ty, text);
        }
        let signed = self.script.define("Int", format!("(ite (= {xneg} {dneg}) {quotient} (- {quotient}))"));
        let zero = format!("(ite {xneg} 1 {})", ty.mask());
        let text = format!("(ite {by_zero} {zero} {})", unsigned(ty, &signed));
        self.term(ty, text)
    }
}

impl Encoder for Ints {
    type Value = Int;

    fn script(&mut self) -> &mut Script {
        &mut self.script
    }

    fn logic(&self) -> &'static str {
        "QF_NIA"
    }

    fn variable(&mut self, name: &str, ty: Type) -> Int {
        self.script.declare(name, "Int");
        self.script.assert(&format!("(<= 0 {name})"));
        self.script.assert(&format!("(< {name} {})", power(ty.bits())));
        self.value(ty, name.to_string())
    }

    fn constant(&mut self, bits: u128, ty: Type) -> Int {
        self.value(ty, bits.to_string())
    }

    fn operation(&mut self, op: Op, ty: Type, from: Type, args: &[Int]) -> Encoded<Int> {
        let x = &args[0];
        let y = args.get(1).unwrap_or(x);
        let (a, b) = (x.text.as_str(), y.text.as_str());
        let modulus = power(ty.bits());
        if op.is_partial() {
            self.script.defined.push(format!("(distinct {b} 0)"));
            if op == Op::Sdiv {
                let half = power(ty.bits() - 1);
                self.script.defined.push(format!("(not (and (= {a} {half}) (= {b} {})))", ty.mask()));
            }
        }
        let compare = |relation: &str, signed: bool| match signed {
            true => format!("({relation} {} {})", x.signed(), y.signed()),
            false => format!("({relation} {a} {b})"),
        };
        Ok(match op {
            Op::Iadd | Op::PtrAdd => self.wrap(ty, format!("(+ {a} {b})"), Some((0, 1))),
            Op::Isub => self.wrap(ty, format!("(- {a} {b})"), Some((-1, 0))),
            Op::Imul => self.wrap(ty, format!("(* {a} {b})"), None),
            Op::Ineg => self.term(ty, format!("(ite (= {a} 0) 0 (- {modulus} {a}))")),
            Op::Bnot => self.term(ty, format!("(- {} {a})", ty.mask())),
            Op::Umulhi => {
                let (high, _) = self.divide(&format!("(* {a} {b})"), &modulus);
                self.value(ty, high)
            }
            Op::Smulhi => {
                let (high, _) = self.divide(&format!("(* {} {})", x.signed(), y.signed()), &modulus);
                self.term(ty, unsigned(ty, &high))
            }
            Op::Udiv => {
                let (quotient, _) = self.divide(a, b);
                self.term(ty, format!("(ite (= {b} 0) {} {quotient})", ty.mask()))
            }
            Op::Urem => {
                let (_, rest) = self.divide(a, b);
                self.term(ty, format!("(ite (= {b} 0) {a} {rest})"))
            }
            Op::Sdiv | Op::Srem => self.signed_division(op, ty, x, y),
            Op::Smin => self.term(ty, format!("(ite {} {a} {b})", compare("<=", true))),
            Op::Smax => self.term(ty, format!("(ite {} {a} {b})", compare(">=", true))),
            Op::Umin => self.term(ty, format!("(ite {} {a} {b})", compare("<=", false))),
            Op::Umax => self.term(ty, format!("(ite {} {a} {b})", compare(">=", false))),
            Op::IcmpEq => self.truth(compare("=", false)),
            Op::IcmpNe => self.truth(compare("distinct", false)),
            Op::IcmpSlt => self.truth(compare("<", true)),
            Op::IcmpSle => self.truth(compare("<=", true)),
            Op::IcmpUlt => self.truth(compare("<", false)),
            Op::IcmpUle => self.truth(compare("<=", false)),
            Op::Select => self.term(ty, format!("(ite (= {a} 1) {b} {})", args[2].text)),
            Op::Uextend | Op::PtrToInt | Op::IntToPtr => self.value(ty, a.to_string()),
            Op::Sextend => self.term(ty, unsigned(ty, &x.signed())),
            Op::Ireduce => self.wrap(ty, a.to_string(), None),
            Op::Ishl => {
                let power = self.power_of(y);
                self.wrap(ty, format!("(* {a} {power})"), None)
            }
            Op::Ushr => {
                let power = self.power_of(y);
                let (quotient, _) = self.divide(a, &power);
                self.value(ty, quotient)
            }
            Op::Sshr => {
                let power = self.power_of(y);
                let signed = self.script.define("Int", x.signed());
                let (quotient, _) = self.divide(&signed, &power);
                self.term(ty, unsigned(ty, &quotient))
            }
            Op::Band if y.literal().is_some_and(|m| m & m.wrapping_add(1) == 0) => {
                let (_, rest) = self.divide(a, &power(y.literal().unwrap_or(0).count_ones()));
                self.value(ty, rest)
            }
            _ => {
                let operands: Vec<&str> = args.iter().map(|arg| arg.text.as_str()).collect();
                let key = format!("{}.{ty}.{from} {}", op.mnemonic(), operands.join(" "));
                self.anything(key, op.result_type(ty))
            }
        })
    }

    fn function(&mut self, function: &'static ConstFn, ty: Type, args: &[Int]) -> Encoded<Int> {
        let texts: Vec<String> = args.iter().map(|arg| arg.text.clone()).collect();
        let key = |name: &str| format!("{name} at {} of {}", ty.bits(), texts.join(" "));
        if let Some(name) = self.script.named(&key(function.name)) {
            return Ok(self.value(ty, name));
        }
        let modulus = power(ty.bits());
        let half = power(ty.bits() - 1);
        let name = function.name.strip_suffix("-shift").unwrap_or(function.name);
        Ok(match name {
            "log2" => {
                let exponent = self.below(&ty.bits().to_string());
                let cases: Vec<String> = (0..ty.bits())
                    .map(|e| format!("(and (= {exponent} {e}) (= {} {}))", texts[0], power(e)))
                    .collect();
                self.script.assert(&format!("(or {})", cases.join(" ")));
                self.script.remember(format!("power of {exponent} at {}", ty.bits()), texts[0].clone());
                self.script.remember(key(name), exponent.clone());
                self.value(ty, exponent)
            }
            "inverse" => {
                let inverse = self.below(&modulus);
                let count = self.script.fresh("Int");
                self.script.assert(&format!("(= (* {} {inverse}) (+ 1 (* {modulus} {count})))", texts[0]));
                self.script.remember(key(name), inverse.clone());
                self.value(ty, inverse)
            }
            "signed-min" => self.value(ty, half),
            "signed-max" => self.constant((1 << (ty.bits() - 1)) - 1, ty),
            "abs" => self.term(ty, format!("(ite (< {0} {half}) {0} (- {modulus} {0}))", texts[0])),
            "magic-u" | "magic-u-wide" | "magic-s" => {
                let (multiplier, shift) = (self.below(&modulus), self.below(&ty.bits().to_string()));
                let two_to_the_shift = self.power_of(&Int { text: shift.clone(), ty });
                let factor = if name == "magic-u-wide" { format!("(+ {modulus} {multiplier})") } else { multiplier.clone() };
                let (least, room) = match name {
                    "magic-s" => ("<", format!("(* 2 {two_to_the_shift})")),
                    _ => ("<=", two_to_the_shift.clone()),
                };
                let product = format!("(* {factor} {})", texts[0]);
                let target = format!("(* {modulus} {two_to_the_shift})");
                self.script.assert(&format!("({least} {target} {product})"));
                self.script.assert(&format!("(<= {product} (+ {target} {room}))"));
                self.script.remember(key(name), multiplier);
                self.script.remember(key(&format!("{name}-shift")), shift);
                let text = self.script.named(&key(function.name)).unwrap_or_default();
                self.value(ty, text)
            }
            _ => self.anything(key(function.name), ty),
        })
    }

    fn condition(&mut self, info: &'static FactCondition, ty: Type, args: &[Int]) -> Encoded<String> {
        let x = &args[0];
        let y = args.get(1).unwrap_or(x);
        let (a, b) = (x.text.as_str(), y.text.as_str());
        let (modulus, half) = (power(x.ty.bits()), power(x.ty.bits() - 1));
        let powers = || {
            let cases: Vec<String> = (0..x.ty.bits()).map(|e| format!("(= {a} {})", power(e))).collect();
            format!("(or false {})", cases.join(" "))
        };
        let signed_range = |exact: String| format!("(and (<= (- {half}) {exact}) (< {exact} {half}))");
        let exact = |op: &str| format!("({op} {} {})", x.signed(), y.signed());
        Ok(match info.name {
            "pow2" => powers(),
            "not-pow2" => format!("(not {})", powers()),
            "nonzero" => format!("(distinct {a} 0)"),
            "odd" => format!("(= (mod {a} 2) 1)"),
            "nonneg" => format!("(< {a} {half})"),
            "negative" => format!("(>= {a} {half})"),
            "ne" => format!("(distinct {a} {b})"),
            "ult" => format!("(< {a} {b})"),
            "ule" => format!("(<= {a} {b})"),
            "slt" => exact("<"),
            "sle" => exact("<="),
            "add-nuw" => format!("(< (+ {a} {b}) {modulus})"),
            "sub-nuw" => format!("(>= {a} {b})"),
            "mul-nuw" => format!("(< (* {a} {b}) {modulus})"),
            "add-nsw" => signed_range(exact("+")),
            "sub-nsw" => signed_range(exact("-")),
            "mul-nsw" => signed_range(exact("*")),
            "fits-u" => format!("(< {a} {})", power(ty.bits())),
            "fits-s" => {
                let (half, signed) = (power(ty.bits() - 1), x.signed());
                format!("(and (<= (- {half}) {signed}) (< {signed} {half}))")
            }
            _ => "true".to_string(),
        })
    }

    fn equal(&mut self, _: Type, left: &Int, right: &Int) -> String {
        format!("(= {} {})", left.text, right.text)
    }
}
