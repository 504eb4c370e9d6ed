//! Functions before and after.

use super::testing::*;
use super::*;
use lang_ir::{parse, print, verify};

fn module(text: &str) -> Module {
    let module = parse::module(text).unwrap_or_else(|e| panic!("{e}"));
    check(&module, "input");
    module
}

fn check(module: &Module, what: &str) {
    if let Err(violations) = verify::verify(module) {
        panic!("{what}\n{}\n{module}", verify::render(&violations));
    }
}

/// Optimizes every function with a body.
fn optimize(module: &Module, options: &EgraphOptions) -> (Module, EgraphStats) {
    let mut result = module.clone();
    let mut stats = EgraphStats::default();
    for (_, func) in result.functions.iter_mut().filter(|(_, f)| f.is_definition()) {
        stats.add(&optimize_function(module, func, options));
    }
    assert_eq!(stats.abandoned, 0, "{module}");
    check(&result, &format!("{module}\nbecame"));
    (result, stats)
}

/// The text of the only function of a module after optimization.
fn optimized(text: &str) -> String {
    let module = module(text);
    let (result, _) = optimize(&module, &EgraphOptions::default());
    let (id, _) = result.functions.iter().find(|(_, f)| f.is_definition()).unwrap();
    print::function(&result, id)
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

/// Compares runs of a random function before and after.
fn compare(seed: u64, statements: u32, options: &EgraphOptions) {
    let (module, id) = random_module(seed, statements);
    check(&module, "random input");
    let (result, _) = optimize(&module, options);
    let mut random = Random::new(seed ^ 0xabcdef);
    for _ in 0..12 {
        let (args, buffers) = arguments(&mut random);
        let before = run(&module.functions[id], &args, &buffers);
        if matches!(before.outcome, Outcome::OutOfFuel) {
            continue;
        }
        assert!(!matches!(before.outcome, Outcome::Undefined(_)), "seed {seed}: {:?}", before.outcome);
        let after = run(&result.functions[id], &args, &buffers);
        assert_eq!(before, after, "seed {seed}, {args:x?}\n{module}\n{result}");
    }
}

#[test]
fn random_functions_do_the_same() {
    for seed in 0..400 {
        compare(seed, 4 + (seed % 40) as u32, &EgraphOptions::default());
    }
}

#[test]
fn simple_rules_reach_a_fixpoint() {
    let text = optimized(
        "export fn @f(i64, i64) -> i64 {
block0(v0: i64, v1: i64):
  v2 = iconst.i64 0
  v3 = iadd.i64 v2, v0
  v4 = iconst.i64 8
  v5 = imul.i64 v4, v3
  v6 = isub.i64 v1, v1
  v7 = iadd.i64 v5, v6
  return v7
}",
    );
    assert!(text.contains("ishl.i64") && !text.contains("imul") && !text.contains("isub"), "{text}");
    assert_eq!(count(&text, " = "), 2, "{text}");
}
