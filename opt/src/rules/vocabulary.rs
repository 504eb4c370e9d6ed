//! The fixed vocabulary of rules: functions that compute constants, conditions on values, conditions on types, and
//! conditions on the target. Each row has a meaning in Rust, for the matcher, and one in SMT-LIB, for the prover.
//!
//! Besides the functions below, every operation of the table of operations that computes something is a function on
//! constants: `{iadd $a $b}`.

use crate::egraph::facts::{Facts, signed_max, signed_min};
use lang_ir::eval::signed;
use lang_ir::target::Target;
use lang_ir::{Op, Type};

/// A term of a proof obligation: SMT-LIB text and width in bits.
#[derive(Clone, Debug)]
pub struct Term {
    pub text: String,
    pub width: u32,
}

/// What a function on constants means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The result is this term.
    Is(String),
    /// The result is some constant, called `{r}` in this formula, that makes the formula true.
    SuchThat(String),
}

/// A function on constants. Arguments and result have one type.
#[derive(Debug)]
pub struct ConstFn {
    pub name: &'static str,
    pub arity: usize,
    /// Type, arguments. `None`: it has no value here, so the rule does not apply.
    pub eval: fn(Type, &[u128]) -> Option<u128>,
    /// Arguments, width.
    pub smt: fn(&[Term], u32) -> Meaning,
    pub doc: &'static str,
}

impl PartialEq for ConstFn {
    fn eq(&self, other: &ConstFn) -> bool {
        self.name == other.name
    }
}

/// A condition on values and constants, decided by what the e-graph knows about them.
#[derive(Debug)]
pub struct FactCondition {
    pub name: &'static str,
    pub arity: usize,
    /// Whether the last argument is a type.
    pub takes_type: bool,
    /// Facts of the arguments, and the type if it takes one (else of the first argument). `false` if it is not known to hold.
    pub check: fn(&[Facts], Type) -> bool,
    /// Arguments, width of the type argument (else of the first argument).
    pub smt: fn(&[Term], u32) -> String,
    pub doc: &'static str,
}

/// A condition on types.
#[derive(Debug)]
pub struct TypeCondition {
    pub name: &'static str,
    /// The number of type arguments; `None` for one type and a list of types that it has to be among.
    pub arity: Option<usize>,
    pub check: fn(&[Type]) -> bool,
    pub doc: &'static str,
}

/// A condition that says when a rule is worthwhile; it has no bearing on whether it is right.
#[derive(Debug)]
pub struct TargetCondition {
    pub name: &'static str,
    /// Whether it takes an operation and a type.
    pub takes_op: bool,
    pub check: fn(&Target, Option<(Op, Type)>) -> bool,
    pub doc: &'static str,
}

fn bv(value: u128, width: u32) -> String {
    format!("(_ bv{value} {width})")
}

/// The term extended with zeros to twice its width.
fn zext2(t: &Term) -> String {
    format!("((_ zero_extend {}) {})", t.width, t.text)
}

/// The term extended with its sign to twice its width.
fn sext2(t: &Term) -> String {
    format!("((_ sign_extend {}) {})", t.width, t.text)
}

fn no_wrap(op: &str, extend: fn(&Term) -> String, args: &[Term]) -> String {
    let exact = format!("({op} {} {})", extend(&args[0]), extend(&args[1]));
    let low = Term { text: format!("((_ extract {} 0) {exact})", args[0].width - 1), width: args[0].width };
    format!("(= {} {exact})", extend(&low))
}

/// For `d >= 3`, no power of two: the multiplier `m < 2^w` and the shift `s` with `2^(w+s) <= m*d <= 2^(w+s) + 2^s`, so
/// that `x / d` is `umulhi(x, m) >> s` for every `x` of `w` bits (Granlund and Montgomery 1994). `None` if `m` needs one
/// bit more.
fn magic_unsigned(ty: Type, d: u128) -> Option<(u128, u32)> {
    let w = ty.bits();
    if w > 64 || d < 3 || d.is_power_of_two() {
        return None;
    }
    (0..w).find_map(|s| {
        let power = 1u128.checked_shl(w + s)?;
        let m = power.div_ceil(d);
        let product = m.checked_mul(d)?;
        (m <= ty.mask() && product >= power && product <= power + (1 << s)).then_some((m, s))
    })
}

/// As [`magic_unsigned`], for divisors whose multiplier has `w + 1` bits: the multiplier is `2^w + m`, `s >= 1`, and
/// `x / d` is `(((x - t) >> 1) + t) >> (s - 1)` where `t = umulhi(x, m)`.
fn magic_unsigned_wide(ty: Type, d: u128) -> Option<(u128, u32)> {
    let w = ty.bits();
    if w > 64 || d < 3 || d.is_power_of_two() || magic_unsigned(ty, d).is_some() {
        return None;
    }
    let s = 128 - (d - 1).leading_zeros();
    // 2^(w+s) may be 2^128: work with 2^(w+s) - 1 = q*d + r.
    let power_less_one = u128::MAX >> (128 - w - s);
    let (q, r) = (power_less_one / d, power_less_one % d);
    let m = q + 1;
    // m*d - 2^(w+s) = d - 1 - r, which must be in 0..=2^s.
    let excess = d - 1 - r;
    (excess <= 1 << s && m >> w == 1).then_some((m & ty.mask(), s))
}

/// For `d >= 3`, no power of two, below the sign bit: `m` of `w` bits (to be read as unsigned) and `s` with
/// `2^(w+s) < m*d <= 2^(w+s) + 2^(s+1)`, so that `x / d` (signed, towards zero) is
/// `((smulhi(x, m) [+ x if m has its sign bit]) >> s) + (x < 0)` (Hacker's Delight, 10-1).
fn magic_signed(ty: Type, d: u128) -> Option<(u128, u32)> {
    let w = ty.bits();
    if w > 64 || d < 3 || d.is_power_of_two() || signed(ty, d) < 0 {
        return None;
    }
    (0..w - 1).find_map(|s| {
        let power = 1u128.checked_shl(w + s)?;
        let m = power / d + 1;
        let product = m.checked_mul(d)?;
        (m <= ty.mask() && product > power && product <= power + (1 << (s + 1))).then_some((m, s))
    })
}

fn magic_smt(lower: &str, slack: u32, hidden_bit: bool) -> impl Fn(&[Term], u32) -> (String, String) {
    // m*d and 2^(w+s) in 2w+2 bits: lower(2^(w+s), m*d) and m*d <= 2^(w+s) + 2^(s+slack).
    move |args, w| {
        let (lower, wide) = (lower.to_string(), 2 * w + 2);
        let extend = |t: &str| format!("((_ zero_extend {}) {t})", w + 2);
        let m = if hidden_bit {
            format!("(bvor {} {})", extend("{m}"), bv(1u128.checked_shl(w).unwrap_or(0), wide))
        } else {
            extend("{m}")
        };
        let product = format!("(bvmul {m} {})", extend(&args[0].text));
        let power = format!("(bvshl {} {})", bv(1u128.checked_shl(w).unwrap_or(0), wide), extend("{s}"));
        let room = format!("(bvshl {} {})", bv(1 << slack, wide), extend("{s}"));
        (format!("({lower} {power} {product})"), format!("(bvule {product} (bvadd {power} {room}))"))
    }
}

/// The formula that ties multiplier `{m}` and shift `{s}` of a division by a constant to the divisor. The shift is below
/// the width.
pub fn magic_formula(kind: &str, args: &[Term], width: u32) -> String {
    let (low, high) = match kind {
        "magic-u" => magic_smt("bvule", 0, false)(args, width),
        "magic-u-wide" => magic_smt("bvule", 0, true)(args, width),
        _ => magic_smt("bvult", 1, false)(args, width),
    };
    format!("(and (bvule {{s}} {}) {low} {high})", bv(width as u128, width))
}

macro_rules! magic_pair {
    ($mul:literal $shift:literal $of:ident $uses:literal) => {
        [
            ConstFn {
                name: $mul,
                arity: 1,
                eval: |ty, a| $of(ty, a[0]).map(|(m, _)| m),
                smt: |a, w| Meaning::SuchThat(magic_formula($mul, a, w)),
                doc: concat!("The multiplier for ", $uses, "; `{m}` in the formula that it shares with the shift."),
            },
            ConstFn {
                name: $shift,
                arity: 1,
                eval: |ty, a| $of(ty, a[0]).map(|(_, s)| s as u128),
                smt: |a, w| Meaning::SuchThat(magic_formula($mul, a, w)),
                doc: concat!("The shift for ", $uses, "; `{s}` in the formula that it shares with the multiplier."),
            },
        ]
    };
}

static MAGIC: [[ConstFn; 2]; 3] = [
    magic_pair!("magic-u" "magic-u-shift" magic_unsigned "`x / d` = `umulhi(x, m) >> s`"),
    magic_pair!("magic-u-wide" "magic-u-wide-shift" magic_unsigned_wide "`x / d` = `(((x - t) >> 1) + t) >> (s - 1)`, `t = umulhi(x, m)`"),
    magic_pair!("magic-s" "magic-s-shift" magic_signed "`x / d` = `((smulhi(x, m) [+ x if m < 0]) >> s) + (x < 0)`, signed"),
];

static CONST_FNS: [ConstFn; 6] = [
    ConstFn {
        name: "log2",
        arity: 1,
        eval: |_, a| a[0].is_power_of_two().then(|| a[0].trailing_zeros() as u128),
        smt: |a, w| {
            Meaning::SuchThat(format!(
                "(and (bvult {{r}} {}) (= {} (bvshl {} {{r}})))",
                bv(w as u128, w),
                a[0].text,
                bv(1, w)
            ))
        },
        doc: "The exponent of a power of two.",
    },
    ConstFn {
        name: "low-mask",
        arity: 1,
        eval: |ty, a| (a[0] <= ty.bits() as u128).then(|| if a[0] == 0 { 0 } else { u128::MAX >> (128 - a[0]) }),
        smt: |a, w| Meaning::Is(format!("(bvsub (bvshl {} {}) {})", bv(1, w), a[0].text, bv(1, w))),
        doc: "As many low bits set as the argument says; for arguments up to the width.",
    },
    ConstFn {
        name: "inverse",
        arity: 1,
        eval: |ty, a| {
            // Newton's iteration doubles the number of right bits; an odd number is its own inverse modulo 8.
            let d = a[0];
            let x = (0..6).fold(d, |x: u128, _| x.wrapping_mul(2u128.wrapping_sub(d.wrapping_mul(x))));
            (d.wrapping_mul(x) & ty.mask() == 1).then_some(x & ty.mask())
        },
        smt: |a, w| Meaning::SuchThat(format!("(= (bvmul {} {{r}}) {})", a[0].text, bv(1, w))),
        doc: "The inverse of an odd number modulo 2^width.",
    },
    ConstFn {
        name: "signed-min",
        arity: 0,
        eval: |ty, _| Some(signed_min(ty) as u128 & ty.mask()),
        smt: |_, w| Meaning::Is(bv(1 << (w - 1), w)),
        doc: "The smallest signed value.",
    },
    ConstFn {
        name: "signed-max",
        arity: 0,
        eval: |ty, _| Some(signed_max(ty) as u128 & ty.mask()),
        smt: |_, w| Meaning::Is(bv((1 << (w - 1)) - 1, w)),
        doc: "The largest signed value.",
    },
    ConstFn {
        name: "abs",
        arity: 1,
        eval: |ty, a| Some(signed(ty, a[0]).unsigned_abs() & ty.mask()),
        smt: |a, w| Meaning::Is(format!("(ite (bvslt {0} {1}) (bvneg {0}) {0})", a[0].text, bv(0, w))),
        doc: "The absolute value, wrapping.",
    },
];

/// Every named function on constants.
pub fn const_fns() -> impl Iterator<Item = &'static ConstFn> {
    CONST_FNS.iter().chain(MAGIC.iter().flatten())
}

/// Sums and products of interval ends that fit into 128 bits; `None` counts as wrapping.
fn signed_fits(ty: Type, value: Option<i128>) -> bool {
    value.is_some_and(|v| (signed_min(ty)..=signed_max(ty)).contains(&v))
}

fn unsigned_fits(ty: Type, value: Option<u128>) -> bool {
    value.is_some_and(|v| v <= ty.mask())
}

pub(crate) fn add_no_uwrap(a: &Facts, b: &Facts) -> bool {
    unsigned_fits(a.ty, a.umax.checked_add(b.umax))
}

pub(crate) fn add_no_swrap(a: &Facts, b: &Facts) -> bool {
    signed_fits(a.ty, a.smin.checked_add(b.smin)) && signed_fits(a.ty, a.smax.checked_add(b.smax))
}

pub(crate) fn sub_no_uwrap(a: &Facts, b: &Facts) -> bool {
    a.umin >= b.umax
}

pub(crate) fn sub_no_swrap(a: &Facts, b: &Facts) -> bool {
    signed_fits(a.ty, a.smin.checked_sub(b.smax)) && signed_fits(a.ty, a.smax.checked_sub(b.smin))
}

pub(crate) fn mul_no_uwrap(a: &Facts, b: &Facts) -> bool {
    unsigned_fits(a.ty, a.umax.checked_mul(b.umax))
}

pub(crate) fn mul_no_swrap(a: &Facts, b: &Facts) -> bool {
    [(a.smin, b.smin), (a.smin, b.smax), (a.smax, b.smin), (a.smax, b.smax)]
        .iter()
        .all(|&(x, y)| signed_fits(a.ty, x.checked_mul(y)))
}

/// The fraction bits of a float of this width.
fn fraction_bits(width: u32) -> u32 {
    match width {
        16 => 10,
        32 => 23,
        _ => 52,
    }
}

/// Every condition on values.
pub static FACT_CONDITIONS: [FactCondition; 26] = [
    FactCondition {
        name: "pow2",
        arity: 1,
        takes_type: false,
        check: |f, _| f[0].as_constant().is_some_and(u128::is_power_of_two),
        smt: |a, w| {
            format!("(and (distinct {0} {1}) (= (bvand {0} (bvsub {0} {2})) {1}))", a[0].text, bv(0, w), bv(1, w))
        },
        doc: "A constant that is a power of two, the sign bit included.",
    },
    FactCondition {
        name: "not-pow2",
        arity: 1,
        takes_type: false,
        check: |f, _| f[0].as_constant().is_some_and(|c| !c.is_power_of_two()),
        smt: |a, w| {
            format!("(not (and (distinct {0} {1}) (= (bvand {0} (bvsub {0} {2})) {1})))", a[0].text, bv(0, w), bv(1, w))
        },
        doc: "A constant that is no power of two.",
    },
    FactCondition {
        name: "float-pow2",
        arity: 1,
        takes_type: false,
        check: |f, _| {
            let fraction = (1u128 << fraction_bits(f[0].ty.bits())) - 1;
            f[0].ty.is_float() && f[0].as_constant().is_some_and(|c| c & fraction == 0)
        },
        smt: |a, w| {
            let fraction = fraction_bits(w);
            format!("(= ((_ extract {} 0) {}) {})", fraction - 1, a[0].text, bv(0, fraction))
        },
        doc: "A float constant whose fraction bits are 0: a power of two of either sign that is normal, a zero, an infinity. \
              Multiplying by its reciprocal is dividing by it.",
    },
    FactCondition {
        name: "is-const",
        arity: 1,
        takes_type: false,
        check: |f, _| f[0].as_constant().is_some(),
        smt: |_, _| "true".to_string(),
        doc: "A constant.",
    },
    FactCondition {
        name: "not-const",
        arity: 1,
        takes_type: false,
        check: |f, _| f[0].as_constant().is_none(),
        smt: |_, _| "true".to_string(),
        doc: "Not known to be a constant; says only when a rule is worthwhile.",
    },
    FactCondition {
        name: "scales",
        arity: 2,
        takes_type: false,
        check: |f, _| {
            let low_zeros = f[0].maybe().trailing_zeros();
            let factor = f[1].as_constant().unwrap_or(1);
            low_zeros < f[0].ty.bits() && (factor.wrapping_sub(1) << low_zeros) & f[0].ty.mask() != 0
        },
        smt: |_, _| "true".to_string(),
        doc: "For all that is known, the product with the second, a constant, is another value; says only when a rule is \
              worthwhile: chains of products that are the same value would go on for ever.",
    },
    FactCondition {
        name: "nonzero",
        arity: 1,
        takes_type: false,
        check: |f, _| f[0].nonzero(),
        smt: |a, w| format!("(distinct {} {})", a[0].text, bv(0, w)),
        doc: "Not 0.",
    },
    FactCondition {
        name: "odd",
        arity: 1,
        takes_type: false,
        check: |f, _| f[0].ones & 1 == 1,
        smt: |a, _| format!("(= ((_ extract 0 0) {}) #b1)", a[0].text),
        doc: "The lowest bit is 1.",
    },
    FactCondition {
        name: "nonneg",
        arity: 1,
        takes_type: false,
        check: |f, _| f[0].smin >= 0,
        smt: |a, w| format!("(bvsge {} {})", a[0].text, bv(0, w)),
        doc: "The sign bit is 0.",
    },
    FactCondition {
        name: "negative",
        arity: 1,
        takes_type: false,
        check: |f, _| f[0].smax < 0,
        smt: |a, w| format!("(bvslt {} {})", a[0].text, bv(0, w)),
        doc: "The sign bit is 1.",
    },
    FactCondition {
        name: "disjoint",
        arity: 2,
        takes_type: false,
        check: |f, _| f[0].maybe() & f[1].maybe() == 0,
        smt: |a, w| format!("(= (bvand {} {}) {})", a[0].text, a[1].text, bv(0, w)),
        doc: "No bit is 1 in both.",
    },
    FactCondition {
        name: "within",
        arity: 2,
        takes_type: false,
        check: |f, _| f[1].as_constant().is_some_and(|mask| f[0].maybe() & !mask == 0),
        smt: |a, w| format!("(= (bvand {} (bvnot {})) {})", a[0].text, a[1].text, bv(0, w)),
        doc: "Every bit that is 1 in the first is 1 in the second, a constant.",
    },
    FactCondition {
        name: "sets",
        arity: 2,
        takes_type: false,
        check: |f, _| f[1].as_constant().is_some_and(|mask| f[0].ones & mask == mask),
        smt: |a, _| format!("(= (bvand {0} {1}) {1})", a[0].text, a[1].text),
        doc: "Every bit that is 1 in the second, a constant, is 1 in the first.",
    },
    FactCondition {
        name: "ne",
        arity: 2,
        takes_type: false,
        check: |f, _| f[0].and(&f[1]).is_none(),
        smt: |a, _| format!("(distinct {} {})", a[0].text, a[1].text),
        doc: "Never equal.",
    },
    FactCondition {
        name: "ult",
        arity: 2,
        takes_type: false,
        check: |f, _| f[0].umax < f[1].umin,
        smt: |a, _| format!("(bvult {} {})", a[0].text, a[1].text),
        doc: "Unsigned less than.",
    },
    FactCondition {
        name: "ule",
        arity: 2,
        takes_type: false,
        check: |f, _| f[0].umax <= f[1].umin,
        smt: |a, _| format!("(bvule {} {})", a[0].text, a[1].text),
        doc: "Unsigned less than or equal.",
    },
    FactCondition {
        name: "slt",
        arity: 2,
        takes_type: false,
        check: |f, _| f[0].smax < f[1].smin,
        smt: |a, _| format!("(bvslt {} {})", a[0].text, a[1].text),
        doc: "Signed less than.",
    },
    FactCondition {
        name: "sle",
        arity: 2,
        takes_type: false,
        check: |f, _| f[0].smax <= f[1].smin,
        smt: |a, _| format!("(bvsle {} {})", a[0].text, a[1].text),
        doc: "Signed less than or equal.",
    },
    FactCondition {
        name: "add-nuw",
        arity: 2,
        takes_type: false,
        check: |f, _| add_no_uwrap(&f[0], &f[1]),
        smt: |a, _| no_wrap("bvadd", zext2, a),
        doc: "The unsigned sum does not wrap.",
    },
    FactCondition {
        name: "add-nsw",
        arity: 2,
        takes_type: false,
        check: |f, _| add_no_swrap(&f[0], &f[1]),
        smt: |a, _| no_wrap("bvadd", sext2, a),
        doc: "The signed sum does not wrap.",
    },
    FactCondition {
        name: "sub-nuw",
        arity: 2,
        takes_type: false,
        check: |f, _| sub_no_uwrap(&f[0], &f[1]),
        smt: |a, _| format!("(bvuge {} {})", a[0].text, a[1].text),
        doc: "The unsigned difference does not wrap.",
    },
    FactCondition {
        name: "sub-nsw",
        arity: 2,
        takes_type: false,
        check: |f, _| sub_no_swrap(&f[0], &f[1]),
        smt: |a, _| no_wrap("bvsub", sext2, a),
        doc: "The signed difference does not wrap.",
    },
    FactCondition {
        name: "mul-nuw",
        arity: 2,
        takes_type: false,
        check: |f, _| mul_no_uwrap(&f[0], &f[1]),
        smt: |a, _| no_wrap("bvmul", zext2, a),
        doc: "The unsigned product does not wrap.",
    },
    FactCondition {
        name: "mul-nsw",
        arity: 2,
        takes_type: false,
        check: |f, _| mul_no_swrap(&f[0], &f[1]),
        smt: |a, _| no_wrap("bvmul", sext2, a),
        doc: "The signed product does not wrap.",
    },
    FactCondition {
        name: "fits-u",
        arity: 2,
        takes_type: true,
        check: |f, ty| f[0].umax <= ty.mask(),
        smt: |a, w| {
            if w >= a[0].width {
                return "true".to_string();
            }
            format!("(= ((_ extract {} {w}) {}) {})", a[0].width - 1, a[0].text, bv(0, a[0].width - w))
        },
        doc: "Reducing to the type and extending with zeros gives the value back.",
    },
    FactCondition {
        name: "fits-s",
        arity: 2,
        takes_type: true,
        check: |f, ty| f[0].smin >= signed_min(ty) && f[0].smax <= signed_max(ty),
        smt: |a, w| {
            if w >= a[0].width {
                return "true".to_string();
            }
            format!("(= {0} ((_ sign_extend {1}) ((_ extract {2} 0) {0})))", a[0].text, a[0].width - w, w - 1)
        },
        doc: "Reducing to the type and extending with the sign gives the value back.",
    },
];

/// Every condition on types.
pub static TYPE_CONDITIONS: [TypeCondition; 7] = [
    TypeCondition {
        name: "wider",
        arity: Some(2),
        check: |t| t[0].bits() > t[1].bits(),
        doc: "The first has more bits.",
    },
    TypeCondition {
        name: "twice",
        arity: Some(2),
        check: |t| t[0].bits() == 2 * t[1].bits(),
        doc: "The first has twice the bits.",
    },
    TypeCondition { name: "int", arity: Some(1), check: |t| t[0].is_int(), doc: "An integer type, not `ptr`." },
    TypeCondition {
        name: "wide",
        arity: Some(1),
        check: |t| t[0].is_int() && t[0] != Type::I1,
        doc: "An integer type wider than `i1`.",
    },
    TypeCondition { name: "float", arity: Some(1), check: |t| t[0].is_float(), doc: "A float type." },
    TypeCondition {
        name: "type",
        arity: None,
        check: |t| t[1..].contains(&t[0]),
        doc: "The first is among the others.",
    },
    TypeCondition {
        name: "not-type",
        arity: None,
        check: |t| !t[1..].contains(&t[0]),
        doc: "The first is not among the others.",
    },
];

/// Every condition on the target.
pub static TARGET_CONDITIONS: [TargetCondition; 3] = [
    TargetCondition {
        name: "legal",
        takes_op: true,
        check: |target, op| op.is_some_and(|(op, ty)| (target.legal)(op, ty)),
        doc: "The backend can compile the operation at the type.",
    },
    TargetCondition {
        name: "divides-by-multiplying",
        takes_op: false,
        check: |target, _| !target.divides_by_constants,
        doc: "The backend leaves division by constants to the optimizer.",
    },
    TargetCondition {
        name: "not-legal",
        takes_op: true,
        check: |target, op| op.is_some_and(|(op, ty)| !(target.legal)(op, ty)),
        doc: "The backend cannot compile the operation at the type.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn function(name: &str) -> &'static ConstFn {
        const_fns().find(|f| f.name == name).unwrap()
    }

    #[test]
    fn magic_numbers_divide_every_byte() {
        for d in 3..256u128 {
            let get = |name: &str| (function(name).eval)(Type::I8, &[d]);
            for x in 0..256u128 {
                if let (Some(m), Some(s)) = (get("magic-u"), get("magic-u-shift")) {
                    assert_eq!(((x * m) >> 8) >> s, x / d, "{x} / {d}");
                } else if let (Some(m), Some(s)) = (get("magic-u-wide"), get("magic-u-wide-shift")) {
                    let t = (x * m) >> 8;
                    assert_eq!((((x - t) >> 1) + t) >> (s - 1), x / d, "{x} / {d}");
                } else {
                    assert!(d.is_power_of_two());
                }
                if let (Some(m), Some(s)) = (get("magic-s"), get("magic-s-shift")) {
                    let (sx, sm) = (signed(Type::I8, x), signed(Type::I8, m));
                    let high = ((sx * sm) >> 8) + if sm < 0 { sx } else { 0 };
                    assert_eq!((high >> s) + (sx < 0) as i128, sx / d as i128, "{sx} / {d}");
                } else {
                    assert!(d.is_power_of_two() || d >= 128, "{d}");
                }
            }
        }
    }

    #[test]
    fn magic_numbers_exist_for_wide_types() {
        for ty in [Type::I16, Type::I32, Type::I64] {
            for d in [3, 5, 7, 10, 641, 1000, 28_000, ty.mask() >> 1, ty.mask(), ty.mask() - 1] {
                let unsigned = ["magic-u", "magic-u-wide"].iter().any(|n| (function(n).eval)(ty, &[d]).is_some());
                assert!(unsigned || d.is_power_of_two(), "{d} at {ty}");
                let is_positive = signed(ty, d) > 0;
                assert_eq!((function("magic-s").eval)(ty, &[d]).is_some(), is_positive, "{d} at {ty}");
            }
        }
    }

    #[test]
    fn inverses_are_inverse() {
        for d in [1u128, 3, 5, 0xff, 0xffff_ffff_ffff_fff1] {
            let inverse = (function("inverse").eval)(Type::I64, &[d]).unwrap();
            assert_eq!(d.wrapping_mul(inverse) & Type::I64.mask(), 1);
        }
    }
}
