//! Comparisons.

use super::rule::{Row, Tier::*, rule};

pub static RULES: &[Row] = &[
    rule("icmp-eq-same", A, "(icmp_eq ?x ?x)", "1", &[], "x = x"),
    rule("icmp-ult-same", A, "(icmp_ult ?x ?x)", "0", &[], "not x < x"),
    rule("icmp-ult-known", A, "(icmp_ult ?x ?y)", "1", &["(ult ?x ?y)"], "the intervals say so"),
    rule("icmp-ult-known-not", A, "(icmp_ult ?x ?y)", "0", &["(ule ?y ?x)"], "the intervals say so"),
    rule("icmp-ult-zero", A, "(icmp_ult 0 ?x)", "(icmp_ne ?x 0)", &[], "0 < x is x != 0, unsigned"),
    rule("icmp-ne-bool", A, "(icmp_ne ?x:i1 0)", "?x", &[], "a truth value is 1 if it is not 0"),
];
