//! Proof obligations on integers: for products and divisions, whose bit-vectors are too hard at 32 bits and more.
//!
//! A value is the integer of its bits, unsigned, with bounds. What wraps is introduced by `exact = r + 2^w * k`, a division
//! by `n = q*d + r` and `0 <= r < d`, the power of two that a shift amount stands for by its values. All of these exist for
//! every input, so that introducing them adds no assumption. What has no meaning here is any value within its bounds, the
//! same for the same operands; a condition without one is not used: both can only make a proof fail.

use super::hints::{Hint, Hints};
use super::smt::{Encoded, Encoder, Script};
use super::vocabulary::{ConstFn, FactCondition};
use lang_ir::eval::{eval, signed};
use lang_ir::{Op, Type};

#[derive(Default)]
pub struct Ints {
    script: Script,
    divisions: Vec<Division>,
    powers: Vec<Power>,
    wraps: u32,
    magics: u32,
    /// The width that hints are about: of the first variable.
    width: Option<u32>,
}

/// dividend = quotient * divisor + rest.
struct Division {
    dividend: String,
    divisor: String,
    quotient: String,
    rest: String,
    /// The divisor cannot be 0.
    positive: bool,
}

/// value = 2^exponent.
struct Power {
    exponent: String,
    value: String,
    most: u32,
}

impl Power {
    /// That it is one of its values.
    fn cases(&self) -> String {
        let Power { exponent, value, most } = self;
        let cases: Vec<String> =
            (0..=*most).map(|e| format!("(and (= {exponent} {e}) (= {value} {}))", power(e))).collect();
        format!("(or {})", cases.join(" "))
    }
}

/// A term between 0 and 2^width - 1.
#[derive(Clone, Debug)]
pub struct Int {
    text: String,
    ty: Type,
    /// Where the sign bit is known: whether it is 1, and the absolute value.
    sign: Option<(bool, String)>,
}

impl Int {
    fn signed(&self) -> String {
        match &self.sign {
            Some((true, magnitude)) => format!("(- {magnitude})"),
            Some((false, magnitude)) => magnitude.clone(),
            None => {
                let (half, modulus) = (power(self.ty.bits() - 1), power(self.ty.bits()));
                format!("(ite (< {0} {half}) {0} (- {0} {modulus}))", self.text)
            }
        }
    }

    /// Of the product as signed integers.
    fn signed_product(&self, other: &Int) -> String {
        match (&self.sign, &other.sign) {
            (Some((a, x)), Some((b, y))) if a == b => format!("(* {x} {y})"),
            (Some((_, x)), Some((_, y))) => format!("(- (* {x} {y}))"),
            _ => format!("(* {} {})", self.signed(), other.signed()),
        }
    }

    fn literal(&self) -> Option<u128> {
        self.text.parse().ok()
    }
}

/// 2^exponent, up to 2^128.
pub fn power(exponent: u32) -> String {
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
        let sign = text.parse::<u128>().ok().filter(|_| ty.bits() > 1).map(|bits| {
            let negative = bits >> (ty.bits() - 1) == 1;
            (negative, if negative { signed(ty, bits).unsigned_abs().to_string() } else { text.clone() })
        });
        Int { text, ty, sign }
    }

    fn term(&mut self, ty: Type, text: String) -> Int {
        let text = self.script.define("Int", text);
        self.value(ty, text)
    }

    fn truth(&mut self, formula: String) -> Int {
        self.term(Type::I1, format!("(ite {formula} 1 0)"))
    }

    /// An integer with 0 <= r < limit.
    fn below(&mut self, name: String, limit: &str) -> String {
        self.script.declare(&name, "Int");
        self.script.assert(&format!("(<= 0 {name})"));
        self.script.assert(&format!("(< {name} {limit})"));
        name
    }

    /// An integer modulo 2^width, with bounds on how often 2^width fits in it, where they are known.
    fn wrap(&mut self, ty: Type, exact: String, least: Option<&str>, most: Option<&str>) -> Int {
        let key = format!("{exact} modulo {}", ty.bits());
        if let Some(name) = self.script.named(&key) {
            return self.value(ty, name);
        }
        self.wraps += 1;
        let modulus = power(ty.bits());
        let rest = self.below(format!("w{}", self.wraps), &modulus);
        let count = format!("c{}", self.wraps);
        self.script.declare(&count, "Int");
        if let Some(least) = least {
            self.script.assert(&format!("(<= {least} {count})"));
        }
        if let Some(most) = most {
            self.script.assert(&format!("(<= {count} {most})"));
        }
        self.script.assert(&format!("(= {exact} (+ {rest} (* {modulus} {count})))"));
        self.script.remember(key, rest.clone());
        self.value(ty, rest)
    }

    /// Quotient and remainder, rounded down: of any integer if the divisor is greater than 0; if it may be 0, of one that
    /// is not negative, and then the remainder of a division by 0 is the dividend and the quotient any number.
    fn divide(&mut self, dividend: &str, divisor: &str, positive: bool) -> (String, String) {
        if let Some(old) = self.divisions.iter().find(|old| old.dividend == dividend && old.divisor == divisor) {
            return (old.quotient.clone(), old.rest.clone());
        }
        let number = self.divisions.len() + 1;
        let (quotient, rest) = (format!("q{number}"), format!("r{number}"));
        self.script.declare(&quotient, "Int");
        self.script.declare(&rest, "Int");
        self.script.assert(&format!("(= {dividend} (+ (* {quotient} {divisor}) {rest}))"));
        self.script.assert(&format!("(<= 0 {rest})"));
        if positive {
            self.script.assert(&format!("(< {rest} {divisor})"));
            self.script.assert(&format!("(=> (<= 0 {dividend}) (<= 0 {quotient}))"));
        } else {
            self.script.assert(&format!("(or (= {divisor} 0) (< {rest} {divisor}))"));
            self.script.assert(&format!("(<= 0 {quotient})"));
            self.script.assert(&format!("(<= {quotient} {dividend})"));
        }
        let (dividend, divisor) = (dividend.to_string(), divisor.to_string());
        self.divisions.push(Division { dividend, divisor, quotient: quotient.clone(), rest: rest.clone(), positive });
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
        let (_, rest) = self.divide(&amount.text, &width.to_string(), true);
        let name = self.two_to_the(rest, width - 1);
        self.script.remember(key, name.clone());
        name
    }

    /// 2^exponent, for an exponent from 0 to this.
    fn two_to_the(&mut self, exponent: String, most: u32) -> String {
        let value = format!("p{}", self.powers.len() + 1);
        self.script.declare(&value, "Int");
        self.script.assert(&format!("(<= 1 {value})"));
        self.script.assert(&format!("(<= {value} {})", power(most)));
        self.powers.push(Power { exponent, value: value.clone(), most });
        value
    }

    /// Any value of the type, the same for the same text.
    fn anything(&mut self, key: String, ty: Type) -> Int {
        if let Some(name) = self.script.named(&key) {
            return self.value(ty, name);
        }
        let name = self.script.fresh("Int");
        self.script.assert(&format!("(and (<= 0 {name}) (< {name} {}))", power(ty.bits())));
        self.script.remember(key, name.clone());
        self.value(ty, name)
    }

    /// Uses a hint.
    fn step(&mut self, hints: &Hints, step: &Hint, width: u32) {
        let fill = |text: &str| hints.term(text, width);
        match step {
            Hint::Quotient(number, k) => {
                let Some(division) = self.divisions.get(hints.division(*number).wrapping_sub(1)) else { return };
                let Division { dividend, divisor, quotient, .. } = division;
                let k = fill(k);
                let rest = format!("(- {dividend} (* {k} {divisor}))");
                self.script.assert(&format!("(=> (and (<= 0 {rest}) (< {rest} {divisor})) (= {quotient} {k}))"));
            }
            Hint::Product(a, b) => {
                let (a, b) = (fill(a), fill(b));
                self.script.assert(&format!("(=> (and (<= 0 {a}) (<= 0 {b})) (<= 0 (* {a} {b})))"));
            }
            Hint::Times(a, b, factor) => {
                let (a, b, factor) = (fill(a), fill(b), fill(factor));
                self.script.assert(&format!("(=> (= {a} {b}) (= (* {a} {factor}) (* {b} {factor})))"));
            }
            Hint::Cut(formula) => self.script.cut(&[], &fill(formula)),
            Hint::CutByPowers(formula) => {
                let cases: Vec<String> = self.powers.iter().map(Power::cases).collect();
                self.script.cut(&cases, &fill(formula));
            }
            Hint::Name(name, term) => {
                self.script.declare(name, "Int");
                self.script.assert(&format!("(= {name} {})", fill(term)));
            }
            Hint::OddPart(term) => {
                ["two", "odd", "inv", "quo"].iter().for_each(|name| self.script.declare(name, "Int"));
                let (term, modulus) = (fill(term), power(64));
                self.script.assert(&format!("(=> (<= 1 {term}) (= {term} (* two odd)))"));
                self.script.assert(&format!("(= (* odd inv) (+ 1 (* {modulus} quo)))"));
                let cases: Vec<String> = (0..64).map(|e| format!("(= two {})", power(e))).collect();
                self.script.assert(&format!("(or {})", cases.join(" ")));
            }
        }
    }

    fn signed_division(&mut self, op: Op, ty: Type, x: &Int, d: &Int) -> Int {
        let absolute = |script: &mut Script, v: &Int| {
            if let Some((_, magnitude)) = &v.sign {
                return magnitude.clone();
            }
            let signed = script.define("Int", v.signed());
            script.define("Int", format!("(ite (< {signed} 0) (- {signed}) {signed})"))
        };
        let (ax, ad) = (absolute(&mut self.script, x), absolute(&mut self.script, d));
        let (quotient, rest) = self.divide(&ax, &ad, false);
        let half = power(ty.bits() - 1);
        let is_negative = |v: &Int| match v.sign {
            Some((negative, _)) => negative.to_string(),
            None => format!("(>= {} {half})", v.text),
        };
        let (xneg, dneg) = (is_negative(x), is_negative(d));
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
        self.width.get_or_insert(ty.bits());
        let name = self.below(name.to_string(), &power(ty.bits()));
        self.value(ty, name)
    }

    fn with_sign(&mut self, name: &str, ty: Type, negative: bool) -> Encoded<Int> {
        self.width.get_or_insert(ty.bits());
        let half = power(ty.bits() - 1);
        if !negative {
            let name = self.below(name.to_string(), &half);
            self.script.give(&format!("{name}.abs"), "Int", &name);
            self.script.give(&format!("{name}.neg"), "Bool", "false");
            return Ok(Int { text: name.clone(), ty, sign: Some((false, name)) });
        }
        let magnitude = format!("{name}.abs");
        self.script.give(&format!("{name}.neg"), "Bool", "true");
        self.script.declare(&magnitude, "Int");
        self.script.assert(&format!("(<= 1 {magnitude})"));
        self.script.assert(&format!("(<= {magnitude} {half})"));
        self.script.give(name, "Int", &format!("(- {} {magnitude})", power(ty.bits())));
        Ok(Int { text: name.to_string(), ty, sign: Some((true, magnitude)) })
    }

    fn finish(&mut self, rule: &str) {
        // The same dividend and divisor, the same quotient and remainder.
        let divisions: Vec<&Division> = self.divisions.iter().filter(|division| !division.positive).collect();
        for (index, one) in divisions.iter().enumerate() {
            for other in &divisions[..index] {
                self.script.assert(&format!(
                    "(=> (and (= {} {}) (= {} {}) (distinct {} 0)) (and (= {} {}) (= {} {})))",
                    one.dividend,
                    other.dividend,
                    one.divisor,
                    other.divisor,
                    one.divisor,
                    one.quotient,
                    other.quotient,
                    one.rest,
                    other.rest,
                ));
            }
        }
        let hints = Hints::of(rule);
        for (index, one) in self.powers.iter().enumerate() {
            for other in &self.powers[..index] {
                for (a, b) in [(one, other), (other, one)] {
                    self.script.assert(&format!("(=> (= {} {}) (= {} {}))", a.exponent, b.exponent, a.value, b.value));
                    self.script.assert(&format!(
                        "(=> (= {} (+ {} 1)) (= {} (* 2 {})))",
                        a.exponent, b.exponent, a.value, b.value
                    ));
                }
            }
            if hints.is_none() {
                self.script.assert(&one.cases());
            }
        }
        if let Some(hints) = hints {
            let width = self.width.unwrap_or(64);
            hints.steps.iter().for_each(|step| self.step(hints, step, width));
        }
    }

    fn constant(&mut self, bits: u128, ty: Type) -> Int {
        self.value(ty, bits.to_string())
    }

    fn operation(&mut self, op: Op, ty: Type, from: Type, args: &[Int]) -> Encoded<Int> {
        let literals: Option<Vec<u128>> = args.iter().map(Int::literal).collect();
        if let Some(bits) = literals.and_then(|literals| eval(op, ty, from, &literals)) {
            return Ok(self.constant(bits, op.result_type(ty)));
        }
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
            Op::Iadd | Op::PtrAdd => self.wrap(ty, format!("(+ {a} {b})"), Some("0"), Some("1")),
            Op::Isub => self.wrap(ty, format!("(- {a} {b})"), Some("(- 1)"), Some("0")),
            // Modulo 2^w, the product of the signed integers is the same.
            Op::Imul if x.sign.is_some() && y.sign.is_some() => self.wrap(ty, x.signed_product(y), None, None),
            Op::Imul => {
                self.script.assert(&format!("(<= 0 (* {a} {b}))"));
                self.wrap(ty, format!("(* {a} {b})"), Some("0"), None)
            }
            Op::Ineg => self.term(ty, format!("(ite (= {a} 0) 0 (- {modulus} {a}))")),
            Op::Bnot => self.term(ty, format!("(- {} {a})", ty.mask())),
            Op::Umulhi => {
                let (high, _) = self.divide(&format!("(* {a} {b})"), &modulus, true);
                self.value(ty, high)
            }
            Op::Smulhi => {
                let (high, _) = self.divide(&x.signed_product(y), &modulus, true);
                self.term(ty, unsigned(ty, &high))
            }
            Op::Udiv => {
                let (quotient, _) = self.divide(a, b, false);
                self.term(ty, format!("(ite (= {b} 0) {} {quotient})", ty.mask()))
            }
            Op::Urem => {
                let (_, rest) = self.divide(a, b, false);
                self.term(ty, rest)
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
            Op::Ireduce => self.wrap(ty, a.to_string(), Some("0"), None),
            Op::Ishl => {
                let power = self.power_of(y);
                if x.literal() == Some(ty.mask()) {
                    // All bits from the amount on.
                    let value = self.term(ty, format!("(- {modulus} {power})"));
                    self.script.remember(format!("high bits {}", value.text), power);
                    return Ok(value);
                }
                self.wrap(ty, format!("(* {a} {power})"), Some("0"), None)
            }
            Op::Ushr => {
                let power = self.power_of(y);
                let (quotient, _) = self.divide(a, &power, true);
                self.value(ty, quotient)
            }
            Op::Sshr => {
                let power = self.power_of(y);
                let signed = self.script.define("Int", x.signed());
                let (quotient, _) = self.divide(&signed, &power, true);
                self.term(ty, unsigned(ty, &quotient))
            }
            Op::Rotl | Op::Rotr => {
                // With 2^k * other = 2^w: the high bits come down, the low bits go up.
                let power = self.power_of(y);
                let key = format!("rest of the width above {power} at {}", ty.bits());
                let other = self.script.named(&key).unwrap_or_else(|| {
                    let other = format!("o{power}");
                    self.script.declare(&other, "Int");
                    self.script.assert(&format!("(= (* {power} {other}) {modulus})"));
                    self.script.assert(&format!("(<= 2 {other})"));
                    self.script.remember(key, other.clone());
                    other
                });
                let (split, shifted) = if op == Op::Rotr { (&power, &other) } else { (&other, &power) };
                let (high, low) = self.divide(a, split, true);
                self.term(ty, format!("(+ (* {low} {shifted}) {high})"))
            }
            // A number that is not 0 is an odd one times a power of two.
            Op::Ctz => {
                let key = format!("trailing zeros of {a} at {}", ty.bits());
                if let Some(name) = self.script.named(&key) {
                    return Ok(self.value(ty, name));
                }
                let exponent = self.anything(format!("number of {key}"), ty).text;
                // The power of two has an exponent below the width also where the number is 0.
                let below = self.script.fresh("Int");
                self.script.assert(&format!("(and (<= 0 {below}) (< {below} {}))", ty.bits()));
                self.script.assert(&format!("(=> (distinct {a} 0) (= {exponent} {below}))"));
                let power = self.two_to_the(below, ty.bits() - 1);
                let half = format!("h{power}");
                self.script.declare(&half, "Int");
                self.script.assert(&format!("(<= {exponent} {})", ty.bits()));
                self.script.assert(&format!("(= (= {exponent} {}) (= {a} 0))", ty.bits()));
                self.script.assert(&format!("(=> (distinct {a} 0) (= {a} (* {power} (+ (* 2 {half}) 1))))"));
                self.script.assert(&format!("(<= 0 {half})"));
                self.script.remember(key, exponent.clone());
                // As a shift amount: where the number is 0 it is the width, which shifts by 0.
                let shift = self.script.define("Int", format!("(ite (= {a} 0) 1 {power})"));
                self.script.remember(format!("power of {exponent} at {}", ty.bits()), shift);
                self.value(ty, exponent)
            }
            Op::Band if self.script.named(&format!("high bits {b}")).is_some() => {
                let power = self.script.named(&format!("high bits {b}")).unwrap_or_default();
                let (_, rest) = self.divide(a, &power, true);
                self.term(ty, format!("(- {a} {rest})"))
            }
            Op::Band if y.literal().is_some_and(|m| m & m.wrapping_add(1) == 0) => {
                let (_, rest) = self.divide(a, &power(y.literal().unwrap_or(0).count_ones()), true);
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
                let exponent = self.script.fresh("Int");
                self.script.assert(&format!("(and (<= 0 {exponent}) (< {exponent} {}))", ty.bits()));
                let cases: Vec<String> =
                    (0..ty.bits()).map(|e| format!("(and (= {exponent} {e}) (= {} {}))", texts[0], power(e))).collect();
                self.script.assert(&format!("(or {})", cases.join(" ")));
                self.script.remember(format!("power of {exponent} at {}", ty.bits()), texts[0].clone());
                self.script.remember(key(name), exponent.clone());
                self.value(ty, exponent)
            }
            "inverse" => {
                self.magics += 1;
                let inverse = self.below(format!("i{}", self.magics), &modulus);
                let count = format!("j{}", self.magics);
                self.script.declare(&count, "Int");
                self.script.assert(&format!("(= (* {} {inverse}) (+ 1 (* {modulus} {count})))", texts[0]));
                self.script.remember(key(name), inverse.clone());
                self.value(ty, inverse)
            }
            "signed-min" => self.value(ty, half),
            "signed-max" => self.constant((1 << (ty.bits() - 1)) - 1, ty),
            "abs" => self.term(ty, format!("(ite (< {0} {half}) {0} (- {modulus} {0}))", texts[0])),
            "magic-u" | "magic-u-wide" | "magic-s" => {
                self.magics += 1;
                let multiplier = self.below(format!("m{}", self.magics), &modulus);
                // That of a wide multiplier may be the width.
                let most = if name == "magic-u-wide" { ty.bits() } else { ty.bits() - 1 };
                let shift = self.below(format!("s{}", self.magics), &(most + 1).to_string());
                let two_to_the_shift = self.two_to_the(shift.clone(), most);
                let factor =
                    if name == "magic-u-wide" { format!("(+ {modulus} {multiplier})") } else { multiplier.clone() };
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
        let exact = |op: &str| match op {
            "*" => x.signed_product(y),
            _ => format!("({op} {} {})", x.signed(), y.signed()),
        };
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
