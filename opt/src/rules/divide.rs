//! Division and remainder.

use super::rule::{Row, Tier::*, rule};

pub static RULES: &[Row] = &[
    rule("udiv-pow2", A, "(udiv ?x $c)", "(ushr ?x {log2 $c})", &["(pow2 $c)"], "x / 2^k = x >> k, unsigned"),
    rule("urem-pow2", A, "(urem ?x $c)", "(band ?x {isub $c 1})", &["(pow2 $c)"], "x mod 2^k = the low k bits"),
    rule(
        "udiv-magic",
        A,
        "(udiv ?x $c)",
        "(ushr (umulhi ?x {magic-u $c}) {magic-u-shift $c})",
        &["(divides-by-multiplying)", "(legal umulhi T)", "(not-pow2 $c)", "(type T i8 i16 i32 i64)"],
        "x / d = (x * m) >> (w + s) with 2^(w+s) <= m*d <= 2^(w+s) + 2^s",
    ),
];
