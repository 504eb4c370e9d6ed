//! Rewrite rules as rows of data. Read `README.md` for how to write one, [`rule`] for what a row becomes, and
//! [`vocabulary`] for the functions and conditions that rules may use; the other modules are the families of rules.

pub mod check;
pub mod hints;
pub mod ints;
mod poly;
pub mod proofs;
pub mod rule;
pub mod smt;
pub mod vocabulary;

mod bitwise;
mod compare;
mod convert;
mod divide;
mod float;
mod integer;
mod minmax;
mod select;
mod shift;

pub use proofs::proof_status;
pub use rule::{Row, Rule, Tier};

use std::sync::LazyLock;

/// The families of rules, in the order in which they are tried.
pub static FAMILIES: [(&str, &[Row]); 9] = [
    ("integer", integer::RULES),
    ("minmax", minmax::RULES),
    ("bitwise", bitwise::RULES),
    ("shift", shift::RULES),
    ("convert", convert::RULES),
    ("compare", compare::RULES),
    ("select", select::RULES),
    ("divide", divide::RULES),
    ("float", float::RULES),
];

/// Every rule, parsed once. An index into this list names a rule everywhere.
pub fn rules() -> &'static [Rule] {
    static PARSED: LazyLock<Vec<Rule>> = LazyLock::new(|| {
        FAMILIES
            .iter()
            .flat_map(|(_, rows)| rows.iter())
            .map(|row| Rule::parse(row).unwrap_or_else(|error| panic!("{error}")))
            .collect()
    });
    &PARSED
}

/// The names of all rules, in the order of [`rules`].
pub fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|(_, rows)| rows.iter()).map(|row| row.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_parses_and_is_named_after_its_root() {
        let mut names = BTreeSet::new();
        for rule in rules() {
            let name = rule.row.name;
            assert!(names.insert(name), "{name} is there twice");
            let root = rule.root().mnemonic().replace('_', "-");
            assert!(name.starts_with(&format!("{root}-")), "{name} should start with {root}");
            assert!(!rule.row.algebra.is_empty(), "{name} has no algebra");
        }
    }

    #[test]
    fn every_rule_exists_for_some_types() {
        use lang_ir::Type;
        for rule in rules() {
            let count = rule.types.len() as u32;
            let exists = (0..10usize.pow(count)).any(|code| {
                let types: Vec<Type> = (0..count).map(|i| Type::ALL[code / 10usize.pow(i) % 10]).collect();
                rule.accepts_types(&types)
            });
            assert!(exists, "{}", rule.row.name);
        }
    }
}
