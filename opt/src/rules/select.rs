//! Conditional choice.

use super::rule::{Row, Tier::*, rule};

pub static RULES: &[Row] = &[
    rule("select-same", A, "(select ?c ?x ?x)", "?x", &[], "either way x"),
    rule("select-true", A, "(select 1 ?x ?y)", "?x", &[], "by definition"),
    rule("select-false", A, "(select 0 ?x ?y)", "?y", &[], "by definition"),
    rule("select-not", A, "(select (bnot ?c) ?x ?y)", "(select ?c ?y ?x)", &[], "the other way round"),
];
