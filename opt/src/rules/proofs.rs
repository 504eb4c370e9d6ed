//! Which rules are proved, and how: the ladder of methods, and the cache of what solvers answered.
//!
//! A rule has an [`Obligation`] for every assignment of types at which it exists. [`Obligation::ladder`] lists the methods
//! that may discharge it, cheapest first; the text of each is what a solver reads (or, without a solver, what is checked
//! here). `proofs/cache.txt` lists texts by their hashes with the answers; a rule that changes has new texts, and the tests
//! fail until `scripts/prove` has run.

use super::check::{self, Instance};
use super::hints::Hints;
use super::ints::Ints;
use super::rule::{Condition, ConstExpr, ConstExprOrVar, Pattern, Rule};
use super::smt::{self, Bits, Case, Encoder, NoQuery};
use super::{poly, rules};
use lang_ir::{Op, Type};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// The cache as it is checked in.
static CACHE: &str = include_str!("../../proofs/cache.txt");

/// The most bits of all variables together for which all values are tried.
const MOST_BITS: u32 = 24;
/// Few enough to try in every test.
const FEW_BITS: u32 = 8;

/// How a proof goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Method {
    /// Both sides are the same polynomial: holds at all widths.
    Polynomials,
    /// Every assignment of values is evaluated.
    Values,
    /// A solver on bit-vectors, and on floats where the rule has some.
    Bits,
    /// As `Bits`, once for each value of a constant that is a power of two, of a shift amount modulo the width, and knowing a sign.
    Cases,
    /// As `Cases`, for each pair of values of two such variables.
    Pairs,
    /// A solver on integers with bounds.
    Integers,
}

impl Method {
    pub const ALL: [Method; 6] =
        [Method::Polynomials, Method::Values, Method::Bits, Method::Cases, Method::Pairs, Method::Integers];

    /// As in the cache.
    pub fn name(self) -> &'static str {
        match self {
            Method::Polynomials => "polynomials",
            Method::Values => "values",
            Method::Bits => "bits",
            Method::Cases => "cases",
            Method::Pairs => "pairs",
            Method::Integers => "integers",
        }
    }

    fn from_name(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|m| m.name() == name)
    }

    /// Whether a solver answers.
    pub fn needs_solver(self) -> bool {
        !matches!(self, Method::Polynomials | Method::Values)
    }
}

/// What has to be proved: a rule at types.
#[derive(Clone, Debug)]
pub struct Obligation {
    pub rule: &'static Rule,
    /// `None`: at all types.
    pub types: Option<Vec<Type>>,
}

/// Everything that has to be proved for a rule: one obligation for all types if it is a ring identity, else one for each
/// assignment of types at which it may apply.
pub fn obligations(rule: &'static Rule) -> Vec<Obligation> {
    if poly::prove(rule).is_some() {
        return vec![Obligation { rule, types: None }];
    }
    check::instances(rule)
        .into_iter()
        .filter(|types| smt::query(Bits::default(), rule, types, &[]) != Err(NoQuery::NeverApplies))
        .map(|types| Obligation { rule, types: Some(types) })
        .collect()
}

impl Obligation {
    /// The types, as in the cache.
    pub fn instance(&self) -> String {
        match &self.types {
            None => "*".to_string(),
            Some(types) if types.is_empty() => "-".to_string(),
            Some(types) => types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(","),
        }
    }

    /// The methods that may prove it, cheapest first.
    pub fn ladder(&self) -> Vec<Method> {
        if self.types.is_none() {
            return vec![Method::Polynomials];
        }
        if self.bits() <= FEW_BITS {
            return vec![Method::Values];
        }
        let mut divides = false;
        for side in [&self.rule.lhs, &self.rule.rhs] {
            side.for_each_node(&mut |op, _, _| divides |= op.is_partial() || matches!(op, Op::Umulhi | Op::Smulhi));
        }
        let mut ladder = match (divides, Hints::of(self.rule.row.name)) {
            (_, Some(_)) => vec![Method::Integers, Method::Bits],
            (true, None) => vec![Method::Integers, Method::Cases, Method::Bits, Method::Pairs],
            (false, None) => vec![Method::Bits, Method::Cases, Method::Pairs, Method::Integers],
        };
        if divides && self.bits() <= 2 * FEW_BITS {
            ladder.insert(0, Method::Values);
        } else if self.bits() <= MOST_BITS {
            ladder.push(Method::Values);
        }
        ladder
    }

    /// The bits of all variables together.
    fn bits(&self) -> u32 {
        let Some(types) = &self.types else { return u32::MAX };
        self.rule.slots.iter().map(|slot| slot.ty.get(types).bits()).sum()
    }

    /// What the method checks; `None` if it does not apply.
    pub fn text(&self, method: Method) -> Option<String> {
        let row = self.rule.row;
        let Some(types) = &self.types else {
            let polynomial = poly::prove(self.rule)?;
            return (method == Method::Polynomials).then(|| format!("{} = {polynomial} = {}", row.lhs, row.rhs));
        };
        match method {
            Method::Polynomials => None,
            Method::Values => Some(format!("{} = {} if {:?} at {}", row.lhs, row.rhs, row.conditions, self.instance())),
            Method::Bits => smt::query(Bits::default(), self.rule, types, &[]).ok(),
            Method::Integers => self.cases::<Ints>(types, &sign_splits(self.rule, types)),
            Method::Cases => self.cases::<Bits>(types, splits(self.rule, types).get(..1)?),
            Method::Pairs => self.cases::<Bits>(types, splits(self.rule, types).get(..2)?),
        }
    }

    /// The script for every case, one after the other.
    fn cases<E: Encoder + Default>(&self, types: &[Type], splits: &[(u8, Vec<Case>)]) -> Option<String> {
        let mut cases: Vec<Vec<(u8, Case)>> = vec![Vec::new()];
        for (slot, values) in splits {
            cases = cases
                .iter()
                .flat_map(|case| values.iter().map(|value| [case.as_slice(), &[(*slot, *value)]].concat()))
                .collect();
        }
        let mut text = String::new();
        for case in &cases {
            match smt::query(E::default(), self.rule, types, case) {
                Ok(script) => {
                    let _ = writeln!(text, "(reset)\n{script}");
                }
                Err(NoQuery::NeverApplies) => {}
                Err(NoQuery::NoMeaning(_)) => return None,
            }
        }
        Some(text)
    }

    /// Proves it without a solver; `None` if the method needs one, else whether it holds.
    pub fn check(&self, method: Method) -> Option<bool> {
        match (method, &self.types) {
            (Method::Polynomials, None) => Some(poly::prove(self.rule).is_some()),
            (Method::Values, Some(types)) if self.bits() <= MOST_BITS => Some(self.holds_for_all_values(types)),
            _ => None,
        }
    }

    /// Whether [`Obligation::check`] takes less than a few milliseconds.
    pub fn is_quick(&self, method: Method) -> bool {
        method == Method::Polynomials || self.bits() <= 2 * FEW_BITS
    }

    fn holds_for_all_values(&self, types: &[Type]) -> bool {
        let instance = Instance { rule: self.rule, types };
        let widths: Vec<u32> = self.rule.slots.iter().map(|slot| slot.ty.get(types).bits()).collect();
        let result = self.rule.type_of(&self.rule.lhs, types);
        let mut values = vec![0; widths.len()];
        (0..1u128 << self.bits()).all(|code| {
            let mut rest = code;
            for (value, &width) in values.iter_mut().zip(&widths) {
                *value = rest & ((1 << width) - 1);
                rest >>= width;
            }
            if !instance.applies(&values) {
                return true;
            }
            match (instance.eval(&self.rule.lhs, &values), instance.eval(&self.rule.rhs, &values)) {
                (Some(left), Some(right)) => {
                    let finds_division = check::FINDS_DIVISION.contains(&self.rule.row.name);
                    check::same(result, left.bits, right.bits) && (right.defined || !left.defined || finds_division)
                }
                // A computed constant has no value: the rule does not apply.
                _ => true,
            }
        })
    }
}

/// Variables to split cases over, with the cases, which leave nothing out: constants that are powers of two, values with
/// a known sign, and shift amounts modulo the width.
fn splits(rule: &Rule, types: &[Type]) -> Vec<(u8, Vec<Case>)> {
    let width = |slot: u8| rule.slots[slot as usize].ty.get(types).bits();
    let mut splits: Vec<(u8, Vec<Case>)> = Vec::new();
    for condition in &rule.conditions {
        let Condition::Fact { info, args, .. } = condition else { continue };
        let (ConstExprOrVar::Const(ConstExpr::Slot(slot)) | ConstExprOrVar::Var(slot)) = args[0] else { continue };
        let width = width(slot);
        match info.name {
            "pow2" => splits.push((slot, (0..width).map(|bit| Case::Is(1 << bit)).collect())),
            "nonneg" if width > 1 => splits.push((slot, vec![Case::IsNegative(false)])),
            _ => {}
        }
    }
    for side in [&rule.lhs, &rule.rhs] {
        side.for_each_node(&mut |op, _, args| {
            let shifts = matches!(op, Op::Ishl | Op::Ushr | Op::Sshr | Op::Rotl | Op::Rotr);
            if let (true, Some(Pattern::Slot(slot))) = (shifts, args.get(1))
                && !splits.iter().any(|(other, _)| other == slot)
            {
                let width = width(*slot);
                let cases = (0..width as u128).map(|amount| Case::EndsIn(width.trailing_zeros(), amount));
                splits.push((*slot, cases.collect()));
            }
        });
    }
    splits
}

/// For rules about signed integers: every variable by its sign.
fn sign_splits(rule: &Rule, types: &[Type]) -> Vec<(u8, Vec<Case>)> {
    let mut is_signed = rule.conditions.iter().any(|condition| match condition {
        Condition::Fact { info, .. } => {
            matches!(info.name, "slt" | "sle" | "add-nsw" | "sub-nsw" | "mul-nsw" | "fits-s")
        }
        _ => false,
    });
    for side in [&rule.lhs, &rule.rhs] {
        side.for_each_node(&mut |op, _, _| {
            is_signed |=
                matches!(op, Op::Sdiv | Op::Srem | Op::Smulhi | Op::Sshr | Op::Sextend | Op::IcmpSlt | Op::IcmpSle);
        });
    }
    let slots = rule.slots.iter().enumerate().filter(|(_, slot)| is_signed && slot.ty.get(types).bits() > 1);
    slots.map(|(index, _)| (index as u8, vec![Case::IsNegative(false), Case::IsNegative(true)])).collect()
}

/// FNV-1a with 128 bits.
pub fn hash(text: &str) -> u128 {
    text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
        (hash ^ byte as u128).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

/// A line of the cache.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Entry {
    pub rule: String,
    pub instance: String,
    pub method: Method,
    /// `unsat`; or `holds` where no solver is needed.
    pub answer: String,
    /// Name and version; `-` where none is needed.
    pub solver: String,
    pub milliseconds: u64,
    pub hash: u128,
}

impl Entry {
    pub fn is_proof(&self) -> bool {
        self.answer == if self.method.needs_solver() { "unsat" } else { "holds" }
    }

    fn parse(line: &str) -> Option<Entry> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [rule, instance, method, answer, solver, milliseconds, hash] = words[..] else { return None };
        Some(Entry {
            rule: rule.to_string(),
            instance: instance.to_string(),
            method: Method::from_name(method)?,
            answer: answer.to_string(),
            solver: solver.to_string(),
            milliseconds: milliseconds.parse().ok()?,
            hash: u128::from_str_radix(hash, 16).ok()?,
        })
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Entry { rule, instance, method, answer, solver, milliseconds, hash } = self;
        write!(f, "{rule} {instance} {} {answer} {solver} {milliseconds} {hash:032x}", method.name())
    }
}

/// The cache: entries by rule and types.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    entries: BTreeMap<(String, String), Entry>,
}

impl Cache {
    /// Reads lines; the error names one that is none.
    pub fn parse(text: &str) -> Result<Cache, String> {
        let mut cache = Cache::default();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let entry = Entry::parse(line).ok_or_else(|| format!("not a line of the cache: {line}"))?;
            cache.entries.insert((entry.rule.clone(), entry.instance.clone()), entry);
        }
        Ok(cache)
    }

    /// The proof of an obligation as it is today.
    pub fn find(&self, obligation: &Obligation) -> Option<&Entry> {
        let key = (obligation.rule.row.name.to_string(), obligation.instance());
        let entry = self.entries.get(&key).filter(|entry| entry.is_proof())?;
        obligation.text(entry.method).is_some_and(|text| hash(&text) == entry.hash).then_some(entry)
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }
}

/// The cache that is built in.
pub fn cache() -> &'static Cache {
    static PARSED: LazyLock<Cache> = LazyLock::new(|| Cache::parse(CACHE).unwrap_or_default());
    &PARSED
}

/// How a rule is proved, in words.
pub fn proof_status(name: &str) -> String {
    let Some(rule) = rules().iter().find(|rule| rule.row.name == name) else {
        return format!("no rule is called {name}");
    };
    let mut proved: BTreeMap<(Method, &str), Vec<String>> = BTreeMap::new();
    let mut unproved = Vec::new();
    for obligation in obligations(rule) {
        match cache().find(&obligation) {
            Some(entry) => {
                proved.entry((entry.method, &entry.solver)).or_default().push(obligation.instance().replace(',', "/"));
            }
            None => unproved.push(obligation.instance()),
        }
    }
    let mut parts: Vec<String> = proved
        .into_iter()
        .map(|((method, solver), instances)| {
            let (at, solver) = (instances.join(" "), solver.replace('-', " "));
            match method {
                Method::Polynomials => "proved for all widths by polynomial normal form".to_string(),
                Method::Values => format!("proved by evaluating all values at {at}"),
                Method::Bits => format!("proved by {solver} on bit-vectors at {at}"),
                Method::Cases | Method::Pairs => format!("proved by {solver} on bit-vectors, by cases, at {at}"),
                Method::Integers => format!("proved by {solver} on integers at {at}"),
            }
        })
        .collect();
    if !unproved.is_empty() {
        parts.push(format!("NOT PROVED at {}", unproved.join(" ")));
    }
    parts.join("; ")
}
