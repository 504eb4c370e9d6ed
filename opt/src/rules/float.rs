//! Floating point: only what IEEE 754 makes exact, signs of zeros included. The payload and the sign of a NaN are not kept.

use super::rule::{Row, Tier::*, rule};

pub static RULES: &[Row] = &[
    // Neutral operands.
    rule("fadd-neg-zero", A, "(fadd ?x -0.0)", "?x", &[], "x + -0 = x, also for x = 0 and x = -0"),
    rule("fsub-zero", A, "(fsub ?x 0.0)", "?x", &[], "x - 0 = x, also for x = -0"),
    rule("fsub-from-neg-zero", A, "(fsub -0.0 ?x)", "(fneg ?x)", &[], "-0 - x = -x, also for x = 0"),
    rule("fmul-one", A, "(fmul ?x 1.0)", "?x", &[], "x * 1 = x"),
    rule("fmul-neg-one", A, "(fmul ?x -1.0)", "(fneg ?x)", &[], "x * -1 = -x"),
    rule("fmul-two", A, "(fmul ?x 2.0)", "(fadd ?x ?x)", &[], "x * 2 = x + x"),
    rule("fdiv-one", A, "(fdiv ?x 1.0)", "?x", &[], "x / 1 = x"),
    rule("fdiv-neg-one", A, "(fdiv ?x -1.0)", "(fneg ?x)", &[], "x / -1 = -x"),
    rule(
        "fdiv-pow2",
        A,
        "(fdiv ?x $c)",
        "(fmul ?x {fdiv 1.0 $c})",
        &["(float-pow2 $c)"],
        "the reciprocal of a power of two is exact, so both round the same number",
    ),
    // Signs.
    rule("fneg-neg", A, "(fneg (fneg ?x))", "?x", &[], "--x = x"),
    rule("fadd-neg", A, "(fadd ?x (fneg ?y))", "(fsub ?x ?y)", &[], "x + -y = x - y"),
    rule("fsub-neg", A, "(fsub ?x (fneg ?y))", "(fadd ?x ?y)", &[], "x - -y = x + y"),
    rule("fmul-neg-neg", A, "(fmul (fneg ?x) (fneg ?y))", "(fmul ?x ?y)", &[], "-x * -y = x * y"),
    rule("fdiv-neg-neg", A, "(fdiv (fneg ?x) (fneg ?y))", "(fdiv ?x ?y)", &[], "-x / -y = x / y"),
    rule("fmul-neg-const", A, "(fmul (fneg ?x) $c)", "(fmul ?x {fneg $c})", &[], "-x * c = x * -c"),
    rule("fdiv-neg-const", A, "(fdiv (fneg ?x) $c)", "(fdiv ?x {fneg $c})", &[], "-x / c = x / -c"),
    rule("fdiv-const-neg", A, "(fdiv $c (fneg ?x))", "(fdiv {fneg $c} ?x)", &[], "c / -x = -c / x"),
    rule("fneg-mul-const", A, "(fneg (fmul ?x $c))", "(fmul ?x {fneg $c})", &[], "-(x * c) = x * -c"),
    // Absolute values and signs of others.
    rule("fabs-abs", A, "(fabs (fabs ?x))", "(fabs ?x)", &[], "||x|| = |x|"),
    rule("fabs-neg", A, "(fabs (fneg ?x))", "(fabs ?x)", &[], "|-x| = |x|"),
    rule("fabs-copysign", A, "(fabs (fcopysign ?x ?y))", "(fabs ?x)", &[], "the sign goes"),
    rule("fabs-square", A, "(fabs (fmul ?x ?x))", "(fmul ?x ?x)", &[], "a square has no sign"),
    rule("fmul-abs-abs", A, "(fmul (fabs ?x) (fabs ?x))", "(fmul ?x ?x)", &[], "|x| * |x| = x * x"),
    rule("fcopysign-same", A, "(fcopysign ?x ?x)", "?x", &[], "its own sign"),
    rule("fcopysign-abs", A, "(fcopysign (fabs ?x) ?y)", "(fcopysign ?x ?y)", &[], "the sign is replaced"),
    rule("fcopysign-neg", A, "(fcopysign (fneg ?x) ?y)", "(fcopysign ?x ?y)", &[], "the sign is replaced"),
    rule("fcopysign-copysign", A, "(fcopysign (fcopysign ?x ?y) ?z)", "(fcopysign ?x ?z)", &[], "the sign is replaced"),
    rule(
        "fcopysign-of-copysign",
        A,
        "(fcopysign ?x (fcopysign ?y ?z))",
        "(fcopysign ?x ?z)",
        &[],
        "only the sign counts",
    ),
    rule("fcopysign-of-abs", A, "(fcopysign ?x (fabs ?y))", "(fabs ?x)", &[], "an absolute value has no sign"),
    // Rounding what is rounded.
    rule("floor-floor", A, "(floor (floor ?x))", "(floor ?x)", &[], "an integer stays"),
    rule("ceil-ceil", A, "(ceil (ceil ?x))", "(ceil ?x)", &[], "an integer stays"),
    rule("trunc-trunc", A, "(trunc (trunc ?x))", "(trunc ?x)", &[], "an integer stays"),
    rule("nearest-nearest", A, "(nearest (nearest ?x))", "(nearest ?x)", &[], "an integer stays"),
    rule("floor-sint", A, "(floor (fcvt_from_sint ?x:V))", "(fcvt_from_sint:T ?x)", &[], "an integer stays"),
    rule("trunc-sint", A, "(trunc (fcvt_from_sint ?x:V))", "(fcvt_from_sint:T ?x)", &[], "an integer stays"),
    rule("ceil-neg", A, "(ceil (fneg ?x))", "(fneg (floor ?x))", &[], "the mirror image"),
    rule("trunc-neg", A, "(trunc (fneg ?x))", "(fneg (trunc ?x))", &[], "the mirror image"),
];
