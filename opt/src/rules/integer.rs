//! Integer addition, subtraction, multiplication, negation. The ring of integers modulo 2^w.

use super::rule::{Row, Tier::*, rule};

pub static RULES: &[Row] = &[
    rule("iadd-zero", A, "(iadd ?x 0)", "?x", &[], "x + 0 = x"),
    rule("iadd-const-chain", A, "(iadd (iadd ?x $a) $b)", "(iadd ?x {iadd $a $b})", &[], "(x + a) + b = x + (a + b)"),
    rule("iadd-neg", A, "(iadd ?x (ineg ?y))", "(isub ?x ?y)", &[], "x + -y = x - y"),
    rule("iadd-sub-cancel", A, "(iadd (isub ?x ?y) ?y)", "?x", &[], "(x - y) + y = x"),
    rule("isub-zero", A, "(isub ?x 0)", "?x", &[], "x - 0 = x"),
    rule("isub-same", A, "(isub ?x ?x)", "0", &[], "x - x = 0"),
    rule("isub-const", A, "(isub ?x $c)", "(iadd ?x {ineg $c})", &[], "x - c = x + -c"),
    rule("isub-from-zero", A, "(isub 0 ?x)", "(ineg ?x)", &[], "0 - x = -x"),
    rule("isub-neg", A, "(isub ?x (ineg ?y))", "(iadd ?x ?y)", &[], "x - -y = x + y"),
    rule("isub-add-cancel", A, "(isub (iadd ?x ?y) ?y)", "?x", &[], "(x + y) - y = x"),
    rule("ineg-neg", A, "(ineg (ineg ?x))", "?x", &[], "--x = x"),
    rule("ineg-sub", A, "(ineg (isub ?x ?y))", "(isub ?y ?x)", &[], "-(x - y) = y - x"),
    rule("imul-zero", A, "(imul ?x 0)", "0", &[], "x * 0 = 0"),
    rule("imul-one", A, "(imul ?x 1)", "?x", &[], "x * 1 = x"),
    rule("imul-neg-one", A, "(imul ?x -1)", "(ineg ?x)", &[], "x * -1 = -x"),
    rule("imul-pow2", A, "(imul ?x $c)", "(ishl ?x {log2 $c})", &["(pow2 $c)"], "x * 2^k = x << k"),
    rule("imul-const-chain", A, "(imul (imul ?x $a) $b)", "(imul ?x {imul $a $b})", &[], "(x * a) * b = x * (a * b)"),
    rule(
        "iadd-factor",
        B,
        "(iadd (imul ?x ?y) (imul ?x ?z))",
        "(imul ?x (iadd ?y ?z))",
        &[],
        "x*y + x*z = x * (y + z)",
    ),
    rule(
        "iadd-const-out",
        B,
        "(iadd (iadd ?x $c) ?y)",
        "(iadd (iadd ?x ?y) $c)",
        &["(not-const ?y)"],
        "(x + c) + y = (x + y) + c",
    ),
];
