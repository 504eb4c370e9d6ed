//! The rewrite rules, row by row, without a solver: every rule holds on samples, wrong ones are refuted, mutants die, and
//! every rule fires.

use lang_opt::rules::check::{Effort, check};
use lang_opt::rules::rules;

#[test]
fn every_rule_holds_on_samples() {
    let mut failures = Vec::new();
    for rule in rules() {
        match check(rule, Effort::default()) {
            Err(counterexample) => failures.push(counterexample.to_string()),
            Ok(checked) if checked.untried > 0 => {
                failures.push(format!(
                    "rule {}: {} of {} instances untried",
                    rule.row.name, checked.untried, checked.instances
                ));
            }
            Ok(_) => {}
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
