//! And, or, exclusive or, complement, shifts, extensions.

use super::rule::{Row, Tier::*, rule};

pub static RULES: &[Row] = &[
    rule("band-zero", A, "(band ?x 0)", "0", &[], "x & 0 = 0"),
    rule("band-same", A, "(band ?x ?x)", "?x", &[], "x & x = x"),
    rule("band-mask", A, "(band ?x $m)", "?x", &["(within ?x $m)"], "x & m = x if x has no bit outside m"),
    rule("bor-zero", A, "(bor ?x 0)", "?x", &[], "x | 0 = x"),
    rule("bor-same", A, "(bor ?x ?x)", "?x", &[], "x | x = x"),
    rule("bor-disjoint", B, "(bor ?x ?y)", "(iadd ?x ?y)", &["(disjoint ?x ?y)"], "x | y = x + y without carries"),
    rule("bxor-zero", A, "(bxor ?x 0)", "?x", &[], "x ^ 0 = x"),
    rule("bxor-same", A, "(bxor ?x ?x)", "0", &[], "x ^ x = 0"),
    rule("bnot-not", A, "(bnot (bnot ?x))", "?x", &[], "~~x = x"),
    rule("ishl-zero", A, "(ishl ?x 0)", "?x", &[], "x << 0 = x"),
    rule(
        "ushr-shl",
        A,
        "(ushr (ishl ?x $c) $c)",
        "(band ?x {ushr -1 $c})",
        &["(ult $c {width T})"],
        "(x << c) >> c clears the top c bits",
    ),
    rule("ireduce-uextend", A, "(ireduce (uextend ?x:T))", "?x", &[], "the low bits of an extension are the value"),
    rule("uextend-uextend", A, "(uextend (uextend ?x))", "(uextend:T ?x)", &[], "zeros twice are zeros once"),
];
