//! Every rule is proved: the cache has an answer for each query, as the rules are today. Where z3 is installed, it is asked
//! whether the meanings in SMT-LIB are those that the interpreter computes, and has to refute wrong rules.

use lang_ir::ops::{OPS, Shape};
use lang_ir::{Op, Type};
use lang_opt::egraph::facts::Facts;
use lang_opt::rules::ints::Ints;
use lang_opt::rules::proofs::{cache, obligations, proof_status};
use lang_opt::rules::rule::{Rule, Tier, rule};
use lang_opt::rules::smt::{self, Bits, Encoder};
use lang_opt::rules::vocabulary::{FACT_CONDITIONS, const_fns};
use lang_opt::rules::{check, rules};
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn every_rule_is_proved_at_every_type() {
    let mut missing = Vec::new();
    for rule in rules() {
        for obligation in obligations(rule) {
            let proved = match cache().find(&obligation) {
                // What needs no solver is proved again if that is quick.
                Some(entry) if obligation.is_quick(entry.method) => obligation.check(entry.method) != Some(false),
                Some(_) => true,
                None => false,
            };
            if !proved {
                missing.push(format!("{} at {}", rule.row.name, obligation.instance()));
            }
        }
    }
    assert!(missing.is_empty(), "no proof (run scripts/prove):\n{}", missing.join("\n"));
}

#[test]
fn the_cache_has_no_stale_lines() {
    let stale: Vec<&str> = cache()
        .entries()
        .filter(|entry| !rules().iter().any(|rule| rule.row.name == entry.rule))
        .map(|entry| entry.rule.as_str())
        .collect();
    assert!(stale.is_empty(), "run scripts/prove: {stale:?}");
}

#[test]
fn status_is_in_words() {
    assert_eq!(proof_status("iadd-neg"), "proved for all widths by polynomial normal form");
    let status = proof_status("band-same");
    assert!(status.contains("on bit-vectors at i16 i32 i64 i128"), "{status}");
    assert!(status.contains("by evaluating all values at i1 i8"), "{status}");
    assert_eq!(proof_status("nonsense"), "no rule is called nonsense");
}

/// What z3 says; `None` if it is not installed.
fn solve(script: &str) -> Option<String> {
    let program = std::env::var("Z3").unwrap_or_else(|_| "z3".to_string());
    let mut child = Command::new(program)
        .args(["-in", "rlimit=5000000"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take().unwrap();
    let script = script.to_string();
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    Some(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

fn parse(lhs: &'static str, rhs: &'static str, conditions: &'static [&'static str]) -> Rule {
    let row = Box::leak(Box::new(rule("test", Tier::A, lhs, rhs, conditions, "")));
    Rule::parse(row).unwrap()
}

#[test]
fn right_rules_are_proved_and_wrong_ones_refuted() {
    let cases: &[(&'static str, &'static str, &'static [&'static str], Type, &str)] = &[
        ("(band ?x (bnot ?x))", "0", &[], Type::I64, "unsat"),
        ("(udiv ?x ?x)", "1", &["(nonzero ?x)"], Type::I8, "unsat"),
        ("(fneg (fneg ?x))", "?x", &[], Type::F64, "unsat"),
        ("(fadd ?x -0.0)", "?x", &[], Type::F16, "unsat"),
        ("(udiv ?x ?x)", "1", &[], Type::I8, "sat"),
        ("(udiv (imul ?x 8) 8)", "?x", &[], Type::I8, "sat"),
        ("(icmp_slt ?x ?y)", "(icmp_ult ?x ?y)", &[], Type::I32, "sat"),
        ("(sshr ?x ?y)", "(ushr ?x ?y)", &["(nonneg ?y)"], Type::I32, "sat"),
        ("(ishl (ishl ?x $a) $b)", "(ishl ?x {iadd $a $b})", &[], Type::I16, "sat"),
        ("(fadd ?x 0.0)", "?x", &[], Type::F32, "sat"),
        // The same value everywhere, but the right side has no meaning for a zero divisor.
        ("(band (iadd ?x ?y) 0)", "(band (udiv ?x ?y) 0)", &[], Type::I8, "sat"),
    ];
    for (lhs, rhs, conditions, ty, expected) in cases {
        let rule = parse(lhs, rhs, conditions);
        let types = vec![*ty; rule.types.len()];
        let script = smt::query(Bits::default(), &rule, &types, &[]).unwrap();
        let Some(answer) = solve(&script) else { return };
        assert_eq!(answer, *expected, "{lhs} = {rhs}\n{script}");
    }
}

#[test]
fn integers_refute_wrong_rules() {
    for (lhs, rhs, conditions) in [
        ("(udiv ?x ?x)", "1", &[][..]),
        ("(udiv (imul ?x ?y) ?y)", "?x", &["(nonzero ?y)"]),
        ("(urem (urem ?x $a) $b)", "(urem ?x $b)", &["(nonzero $a)", "(nonzero $b)"]),
        ("(sdiv ?x $c)", "(sshr ?x {log2 $c})", &["(pow2 $c)"]),
        ("(ishl ?x $c)", "(imul ?x $c)", &[]),
        ("(rotl ?x 3)", "(rotr ?x 3)", &[]),
    ] {
        let rule = parse(lhs, rhs, conditions);
        let script = smt::query(Ints::default(), &rule, &[Type::I8], &[]).unwrap();
        let Some(answer) = solve(&script) else { return };
        assert_ne!(answer, "unsat", "{lhs} = {rhs}");
    }
}

/// Values from corner cases and a generator.
struct Values(u64);

impl Values {
    fn next(&mut self, ty: Type) -> u128 {
        let mut word = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 32) as u128
        };
        let any = word() << 96 | word() << 64 | word() << 32 | word();
        let width = ty.bits() as u128;
        let bits = match word() % 8 {
            0 => word() % 4,
            1 => ty.mask().wrapping_sub(word() % 4),
            2 => 1 << (word() % width),
            3 => (1u128 << (width - 1)).wrapping_sub(word() % 2),
            4 => word() % (2 * width),
            _ => any,
        };
        bits & ty.mask()
    }
}

/// The first types that an operation has: controlling type and types of the operands.
fn signatures(op: Op) -> Vec<(Type, Vec<Type>)> {
    let arity = match op.info().shape {
        Shape::Unary => 1,
        Shape::Binary => 2,
        Shape::Ternary => 3,
        _ => return Vec::new(),
    };
    let rule = op.info().types;
    let mut signatures = Vec::new();
    for ty in Type::ALL {
        for from in Type::ALL {
            let operand = |index| {
                let first = [from].into_iter().chain(Type::ALL);
                first.into_iter().find(|&operand| rule.accepts_operand(ty, index, operand))
            };
            if rule.accepts(ty)
                && rule.accepts_operand(ty, 0, from)
                && let Some(operands) = (0..arity).map(operand).collect::<Option<Vec<Type>>>()
            {
                signatures.push((ty, operands));
            }
        }
    }
    signatures
}

/// What a solver is asked, and what it has to answer.
#[derive(Clone)]
struct Query {
    what: String,
    script: String,
    expected: &'static str,
}

/// For every operation at every type: that the meaning of some values is what is computed.
fn operations<E: Encoder + Default>(knows: impl Fn(Op) -> bool, samples: u32) -> Vec<Query> {
    let mut values = Values(1);
    let mut queries = Vec::new();
    for info in OPS.iter().filter(|info| knows(info.op)) {
        for (ty, operands) in signatures(info.op) {
            let mut encoder = E::default();
            let mut agrees = Vec::new();
            for sample in 0..samples {
                let bits: Vec<u128> = operands.iter().map(|&ty| values.next(ty)).collect();
                let Some(result) = lang_ir::eval::eval(info.op, ty, operands[0], &bits) else { continue };
                // Variables that are asserted to be constants: constants would be folded.
                let mut args = Vec::new();
                for (index, (&bits, &ty)) in bits.iter().zip(&operands).enumerate() {
                    let constant = encoder.constant(bits, ty);
                    if ty.is_float() {
                        args.push(constant);
                        continue;
                    }
                    let variable = encoder.variable(&format!("?v{sample}.{index}"), ty);
                    let equal = encoder.equal(ty, &variable, &constant);
                    encoder.script().assert(&equal);
                    args.push(variable);
                }
                let Ok(value) = encoder.operation(info.op, ty, operands[0], &args) else { continue };
                let result_type = info.op.result_type(ty);
                let expected = encoder.constant(result, result_type);
                agrees.push(encoder.equal(result_type, &value, &expected));
            }
            if agrees.is_empty() {
                continue;
            }
            let logic = encoder.logic();
            encoder.finish("");
            encoder.script().assert(&format!("(not {})", smt::all(&agrees)));
            let what = format!("{} at {ty} of {operands:?}", info.mnemonic);
            queries.push(Query { what, script: encoder.script().query(logic), expected: "unsat" });
        }
    }
    queries
}

/// For every function of the vocabulary: that what is computed is among what its meaning allows.
fn functions<E: Encoder + Default>(samples: u32) -> Vec<Query> {
    let mut values = Values(3);
    let mut queries = Vec::new();
    for function in const_fns().filter(|function| !function.name.ends_with("-shift")) {
        for ty in [Type::I8, Type::I16, Type::I32, Type::I64, Type::I128] {
            for _ in 0..samples {
                let mut encoder = E::default();
                let bits: Vec<u128> = (0..function.arity).map(|_| values.next(ty)).collect();
                let Some(result) = (function.eval)(ty, &bits) else { continue };
                let args: Vec<E::Value> = bits.iter().map(|&bits| encoder.constant(bits, ty)).collect();
                // A multiplier with the shift that it shares a formula with.
                let shift = const_fns().find(|other| other.name.strip_suffix("-shift") == Some(function.name));
                for (function, result) in
                    [(function, Some(result))].into_iter().chain(shift.map(|f| (f, (f.eval)(ty, &bits))))
                {
                    let value = encoder.function(function, ty, &args).ok().unwrap();
                    let expected = encoder.constant(result.unwrap(), ty);
                    let equal = encoder.equal(ty, &value, &expected);
                    encoder.script().assert(&equal);
                }
                let logic = encoder.logic();
                encoder.finish("");
                let what = format!("{} of {bits:?} at {ty}", function.name);
                queries.push(Query { what, script: encoder.script().query(logic), expected: "sat" });
            }
        }
    }
    queries
}

/// For every condition on values: that it holds where the matcher says that it does.
fn conditions<E: Encoder + Default>(samples: u32) -> Vec<Query> {
    let mut values = Values(2);
    let mut queries = Vec::new();
    for condition in &FACT_CONDITIONS {
        for ty in [Type::I8, Type::I32, Type::I128] {
            let mut encoder = E::default();
            let to = if condition.takes_type { Type::I16 } else { ty };
            for _ in 0..samples {
                let first = values.next(ty);
                let bits = [first, if values.next(Type::I8) < 64 { first } else { values.next(ty) }];
                let facts = bits.map(|bits| Facts::constant(ty, bits));
                if matches!(condition.name, "is-const" | "not-const") || !(condition.check)(&facts, to) {
                    continue;
                }
                let args: Vec<E::Value> = bits.iter().map(|&bits| encoder.constant(bits, ty)).collect();
                let formula = encoder.condition(condition, to, &args).unwrap();
                encoder.script().assert(&formula);
            }
            let logic = encoder.logic();
            let what = format!("{} at {ty}", condition.name);
            queries.push(Query { what, script: encoder.script().query(logic), expected: "sat" });
        }
    }
    queries
}

/// Asks whether meanings agree with what is computed, for many constants; panics with the queries where they do not.
fn compare<E: Encoder + Default>(knows: impl Fn(Op) -> bool, samples: u32) {
    let queries = [operations::<E>(knows, samples), functions::<E>(samples), conditions::<E>(2 * samples)].concat();
    assert!(queries.len() > 200, "{}", queries.len());
    let scripts: Vec<&str> = queries.iter().map(|query| query.script.as_str()).collect();
    // With constants for variables little is left to solve; strategies for a logic would make more of it.
    let scripts = scripts
        .join("(reset)\n")
        .replace("(check-sat)", "(check-sat-using (then simplify propagate-values solve-eqs simplify smt))");
    let Some(answers) = solve(&scripts) else { return };
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), queries.len(), "{answers:?}");
    let wrong: Vec<String> = queries
        .iter()
        .zip(answers)
        .filter(|(query, answer)| query.expected != *answer)
        .map(|(Query { what, script, .. }, answer)| format!("{what}: {answer}\n{script}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn meanings_in_bit_vectors_are_what_is_computed() {
    // The table has no meaning for the remainder of floats.
    compare::<Bits>(|op| op != Op::Frem, 4);
}

#[test]
fn meanings_in_integers_are_what_is_computed() {
    let is_any = |op: Op| {
        use Op::*;
        let any_bits = matches!(op, Band | Bor | Bxor | Clz | Popcnt | Bswap | Bitcast);
        let floats = Type::ALL.iter().any(|&ty| ty.is_float() && op.info().types.accepts(ty) && op != Select);
        any_bits || floats || matches!(op, FcvtToSint | FcvtToUint)
    };
    compare::<Ints>(|op| !is_any(op), 2);
}

#[test]
fn instances_are_enumerated() {
    let rule = parse("(ireduce (uextend:U ?x:V))", "(ireduce:T ?x)", &["(wider V T)"]);
    assert_eq!(check::instances(&rule).len(), 20);
}
