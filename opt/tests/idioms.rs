//! Whole expressions as programmers leave them: what the rules make of them together.

use lang_ir::*;
use lang_opt::egraph::{EgraphOptions, RuleFilter, optimize_function};

/// The text of the function after optimization for a target.
fn optimized_for(target: &'static target::Target, params: &str, result: &str, body: &str) -> String {
    let header: Vec<String> = params.split(", ").enumerate().map(|(i, ty)| format!("v{i}: {ty}")).collect();
    let text = format!("export fn @f({params}) -> {result} {{\nblock0({}):\n{body}\n}}", header.join(", "));
    let module = parse::module(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let mut func = module.functions.values().next().unwrap().clone();
    let options = EgraphOptions { target, rules: RuleFilter::All, ..EgraphOptions::default() };
    optimize_function(&module, &mut func, &options);
    print::detached_function(&module, &func)
}

fn optimized(params: &str, result: &str, body: &str) -> String {
    optimized_for(&target::GENERIC, params, result, body)
}

/// Its operations but constants, in order.
fn operations(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| {
            line.split_once(" = ").map(|(_, rest)| rest.split([' ', '.']).next().unwrap_or("").to_string())
        })
        .filter(|op| op != "iconst")
        .collect()
}

fn check(params: &str, result: &str, body: &str, expected: &[&str]) {
    let text = optimized(params, result, body);
    assert_eq!(operations(&text), expected, "{text}");
}

#[test]
fn quotient_and_remainder_meet() {
    // x / 16 * 16 + x % 16 = x
    let body = "  v1 = iconst.i64 16
  v2 = udiv.i64 v0, v1
  v3 = imul.i64 v2, v1
  v4 = urem.i64 v0, v1
  v5 = iadd.i64 v3, v4
  return v5";
    check("i64", "i64", body, &[]);
    // The same with a divisor that is no power of two, and signed.
    check("i64", "i64", &body.replace("16", "10"), &[]);
    check("i64", "i64", &body.replace("udiv", "sdiv").replace("urem", "srem"), &[]);
    check("i64", "i64", &body.replace("16", "10").replace("udiv", "sdiv").replace("urem", "srem"), &[]);
}

#[test]
fn bits_inside_and_outside_of_a_mask_meet() {
    // ((v ^ a) & b) | ((v ^ a) & ~b) = v ^ a
    check(
        "i64, i64, i64",
        "i64",
        "  v3 = bxor.i64 v0, v1
  v4 = band.i64 v3, v2
  v5 = bnot.i64 v2
  v6 = band.i64 v3, v5
  v7 = bor.i64 v4, v6
  return v7",
        &["bxor"],
    );
}

#[test]
fn common_factors_come_out() {
    // a * v + b * v + c * v = (a + b + c) * v
    check(
        "i64, i64, i64, i64",
        "i64",
        "  v4 = imul.i64 v1, v0
  v5 = imul.i64 v2, v0
  v6 = iadd.i64 v4, v5
  v7 = imul.i64 v3, v0
  v8 = iadd.i64 v6, v7
  return v8",
        &["iadd", "iadd", "imul"],
    );
    // v * v * v * a + v * v * b + v * c + 1 = ((a * v + b) * v + c) * v + 1
    check(
        "i64, i64, i64, i64",
        "i64",
        "  v4 = imul.i64 v0, v0
  v5 = imul.i64 v4, v0
  v6 = imul.i64 v5, v1
  v7 = imul.i64 v0, v0
  v8 = imul.i64 v7, v2
  v9 = iadd.i64 v6, v8
  v10 = imul.i64 v0, v3
  v11 = iadd.i64 v9, v10
  v12 = iconst.i64 1
  v13 = iadd.i64 v11, v12
  return v13",
        &["imul", "iadd", "imul", "iadd", "imul", "iadd"],
    );
}

#[test]
fn binomials_cancel() {
    // (v + a) * (v + a) - v * v - 2 * v * a = a * a
    check(
        "i64, i64",
        "i64",
        "  v2 = iadd.i64 v0, v1
  v3 = imul.i64 v2, v2
  v4 = imul.i64 v0, v0
  v5 = isub.i64 v3, v4
  v6 = iconst.i64 2
  v7 = imul.i64 v6, v0
  v8 = imul.i64 v7, v1
  v9 = isub.i64 v5, v8
  return v9",
        &["imul"],
    );
}

#[test]
fn products_wrap_before_they_are_divided() {
    // (v * 8 + v * 4) / 4 is not v * 3.
    let text = optimized(
        "i64",
        "i64",
        "  v1 = iconst.i64 8
  v2 = imul.i64 v0, v1
  v3 = iconst.i64 4
  v4 = imul.i64 v0, v3
  v5 = iadd.i64 v2, v4
  v6 = udiv.i64 v5, v3
  return v6",
    );
    assert!(text.contains("iconst.i64 12") && text.contains("ushr"), "{text}");
}

#[test]
fn remainders_by_constants_multiply() {
    static DIVIDES: target::Target = target::Target { divides_by_constants: true, ..target::GENERIC };
    for (ty, divisor) in
        [("i64", "7"), ("i64", "10"), ("i64", "1000000007"), ("i32", "7"), ("i32", "641"), ("i16", "10")]
    {
        for op in ["udiv", "urem", "sdiv", "srem"] {
            let body = format!("  v1 = iconst.{ty} {divisor}\n  v2 = {op}.{ty} v0, v1\n  return v2");
            let text = optimized(ty, ty, &body);
            assert!(!text.contains("div") && !text.contains("rem"), "{text}");
            // A backend that does so itself gets the division, and nothing but the division.
            let kept = optimized_for(&DIVIDES, ty, ty, &body);
            assert_eq!(operations(&kept), [op], "{kept}");
        }
    }
}

#[test]
fn divisibility_is_a_multiplication_and_a_comparison() {
    for (op, divisor, expected) in [
        ("urem", 7, &["imul", "icmp_ult"][..]),
        ("urem", 10, &["imul", "rotl", "icmp_ult"]),
        ("urem", 8, &["band", "icmp_eq"]),
        ("srem", 7, &["imul", "iadd", "icmp_ult"]),
        ("srem", 10, &["imul", "iadd", "rotl", "icmp_ult"]),
        ("srem", 8, &["band", "icmp_eq"]),
    ] {
        check(
            "i64",
            "i1",
            &format!(
                "  v1 = iconst.i64 {divisor}
  v2 = {op}.i64 v0, v1
  v3 = iconst.i64 0
  v4 = icmp_eq.i64 v2, v3
  return v4"
            ),
            expected,
        );
    }
}

#[test]
fn rotations_and_high_products_are_recognized() {
    check(
        "i64, i64",
        "i64",
        "  v2 = ishl.i64 v0, v1
  v3 = iconst.i64 64
  v4 = isub.i64 v3, v1
  v5 = ushr.i64 v0, v4
  v6 = bor.i64 v2, v5
  return v6",
        &["rotl"],
    );
    check(
        "i64, i64",
        "i64",
        "  v2 = uextend.i128 v0
  v3 = uextend.i128 v1
  v4 = imul.i128 v2, v3
  v5 = iconst.i128 64
  v6 = ushr.i128 v4, v5
  v7 = ireduce.i64 v6
  return v7",
        &["umulhi"],
    );
}

#[test]
fn index_checks_become_one_comparison() {
    // 0 <= i && i < n, where n is not negative.
    check(
        "i64, i64",
        "i1",
        "  v2 = iconst.i64 0
  v3 = icmp_sle.i64 v2, v0
  v4 = iconst.i64 9223372036854775807
  v5 = band.i64 v1, v4
  v6 = icmp_slt.i64 v0, v5
  v7 = band.i1 v3, v6
  return v7",
        &["band", "icmp_ult"],
    );
    // 'a' <= c && c <= 'z'
    check(
        "i8",
        "i1",
        "  v1 = iconst.i8 97
  v2 = icmp_ule.i8 v1, v0
  v3 = iconst.i8 122
  v4 = icmp_ule.i8 v0, v3
  v5 = band.i1 v2, v4
  return v5",
        &["iadd", "icmp_ult"],
    );
}

#[test]
fn a_nan_is_a_nan() {
    // A signalling NaN, found out to be constant after `x * 1 = x`; the product folds to another NaN.
    let text = optimized(
        "i64",
        "f64",
        "  v1 = isub.i64 v0, v0
  v2 = iconst.i64 9218868437227405313
  v3 = iadd.i64 v1, v2
  v4 = bitcast.f64 v3
  v5 = fconst.f64 1.0
  v6 = fmul.f64 v4, v5
  return v6",
    );
    assert_eq!(operations(&text), ["fconst"], "{text}");
}
