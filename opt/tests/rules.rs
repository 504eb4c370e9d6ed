//! The rewrite rules, row by row, without a solver: every rule holds on samples, wrong ones are refuted, mutants die, and
//! every rule fires.

use lang_interp::{Config, Machine};
use lang_ir::builder::Builder;
use lang_ir::*;
use lang_opt::egraph::saturate::RuleStats;
use lang_opt::egraph::{EgraphOptions, EgraphStats, RuleFilter, optimize_function};
use lang_opt::rules::check::{Effort, Instance, Samples, check, instances, is_about_profit, same};
use lang_opt::rules::rule::{Condition, ConstExpr, Literal, Pattern};
use lang_opt::rules::{self, Row, Rule, Tier, rules};
use rayon::prelude::*;
use std::collections::BTreeSet;

#[test]
fn every_rule_holds_on_samples() {
    let failures: Vec<String> = rules()
        .par_iter()
        .filter_map(|rule| match check(rule, Effort::default()) {
            Err(counterexample) => Some(counterexample.to_string()),
            Ok(checked) if checked.untried > 0 => {
                Some(format!("rule {}: {} of {} instances untried", rule.row.name, checked.untried, checked.instances))
            }
            Ok(_) => None,
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What looks like a rule and is none: left-hand side, right-hand side, conditions, why not.
#[rustfmt::skip]
const NEAR_MISSES: &[(&str, &str, &[&str], &str)] = &[
    // Division.
    ("(udiv ?x ?x)", "1", &[], "0 / 0"),
    ("(sdiv ?x ?x)", "1", &[], "0 / 0"),
    ("(udiv 0 ?x)", "0", &[], "0 / 0"),
    ("(sdiv 0 ?x)", "0", &[], "0 / 0"),
    ("(udiv (imul ?x 8) 8)", "?x", &["(wide T)"], "x * 8 wraps"),
    ("(sdiv (imul ?x ?y) ?y)", "?x", &["(nonzero ?y)"], "x * y wraps"),
    ("(imul (udiv ?x ?y) ?y)", "?x", &["(nonzero ?y)"], "the remainder is lost"),
    ("(udiv (udiv ?x $a) $b)", "(udiv ?x {imul $a $b})", &["(nonzero $a)", "(nonzero $b)"], "a * b wraps"),
    ("(sdiv (sdiv ?x $a) $b)", "(sdiv ?x {imul $a $b})", &["(nonzero $a)", "(nonzero $b)", "(mul-nuw $a $b)"], "a * b changes its sign"),
    ("(sdiv ?x $c)", "(sshr ?x {log2 $c})", &["(pow2 $c)", "(slt 0 $c)"], "rounds down, not towards zero"),
    ("(srem ?x $c)", "(band ?x {isub $c 1})", &["(pow2 $c)"], "the remainder of a negative number"),
    ("(srem ?x $c)", "(urem ?x $c)", &["(nonneg $c)", "(nonzero $c)"], "the remainder of a negative number"),
    ("(sdiv ?x $c)", "(udiv ?x $c)", &["(nonneg $c)", "(nonzero $c)"], "the quotient of a negative number"),
    ("(sdiv (ineg ?x) ?y)", "(ineg (sdiv ?x ?y))", &["(nonzero ?y)"], "the least has no negation"),
    ("(sdiv ?x $c)", "(ineg (sdiv ?x {ineg $c}))", &["(negative $c)"], "the least has no negation"),
    ("(urem (urem ?x $a) $b)", "(urem ?x $b)", &["(nonzero $b)", "(ule $b $a)"], "b does not divide a"),
    ("(urem (iadd ?x $a) $c)", "(urem ?x $c)", &["(nonzero $c)", "{icmp_eq {urem $a $c} 0}"], "x + a wraps"),
    ("(urem (iadd ?x (imul ?y $c)) $c)", "(urem ?x $c)", &["(nonzero $c)"], "y * c wraps"),
    ("(icmp_eq (urem ?x $c) $r)", "(icmp_ule (imul (isub ?x $r) {inverse $c}) {udiv {isub -1 $r} $c})", &["(odd $c)"], "r is no remainder"),
    ("(icmp_eq (srem ?x $c) 0)", "(icmp_ule (imul ?x {inverse $c}) {udiv -1 $c})", &["(odd $c)", "(ult 1 $c)"], "negative multiples"),
    ("(udiv ?x $c)", "(ushr (umulhi ?x {magic-u-wide $c}) {magic-u-wide-shift $c})", &[], "the multiplier has a bit more"),
    ("(sdiv ?x $c)", "(sshr (smulhi ?x {magic-s $c}) {magic-s-shift $c})", &["(nonneg {magic-s $c})"], "rounds down"),
    ("(udiv (iadd (imul ?x $c) ?y) $c)", "?x", &["(mul-nuw ?x $c)", "(ult ?y $c)"], "the sum wraps"),
    ("(icmp_ult (udiv ?x $a) $b)", "(icmp_ult ?x {imul $a $b})", &["(nonzero $a)"], "a * b wraps"),
    // Integers.
    ("(icmp_slt (iadd ?x 1) (iadd ?y 1))", "(icmp_slt ?x ?y)", &["(wide T)"], "x + 1 wraps"),
    ("(icmp_ult (iadd ?x ?z) (iadd ?y ?z))", "(icmp_ult ?x ?y)", &[], "x + z wraps"),
    ("(icmp_slt (isub ?x ?y) 0)", "(icmp_slt ?x ?y)", &[], "x - y wraps"),
    ("(icmp_slt (ineg ?x) (ineg ?y))", "(icmp_slt ?y ?x)", &[], "the least has no negation"),
    ("(icmp_ule ?x $c)", "(icmp_ult ?x {iadd $c 1})", &["(int T)"], "c + 1 wraps"),
    ("(icmp_sle $c ?x)", "(icmp_slt {iadd $c -1} ?x)", &["(int T)"], "c - 1 wraps"),
    ("(icmp_slt ?x ?y)", "(icmp_ult ?x ?y)", &["(nonneg ?x)"], "y may be negative"),
    ("(icmp_eq (imul ?x $a) $b)", "(icmp_eq ?x {udiv $b $a})", &["(nonzero $a)"], "b may be no multiple, x * a may wrap"),
    ("(icmp_eq (ishl ?x $c) (ishl ?y $c))", "(icmp_eq ?x ?y)", &[], "the top bits are lost"),
    ("(band (icmp_ult $a ?x) (icmp_ult ?x $b))", "(icmp_ult (iadd ?x {bnot $a}) {isub {iadd $b -1} $a})", &[], "an empty range"),
    ("(band (icmp_slt -1 ?x) (icmp_slt ?x ?n))", "(icmp_ult ?x ?n)", &[], "n may be negative"),
    ("(umulhi ?x $c)", "(ushr ?x {isub {width T} {log2 $c}})", &["(pow2 $c)"], "x * 1 has no high half"),
    ("(imul ?x ?x)", "(ishl ?x 1)", &[], "a square is no double"),
    ("(iadd ?x ?y)", "(bor ?x ?y)", &[], "carries"),
    ("(isub ?x (isub ?y ?z))", "(isub (isub ?x ?y) ?z)", &[], "subtraction is not associative"),
    ("(ineg ?x)", "?x", &[], "only modulo 2"),
    ("(smin ?x (umax ?x ?y))", "?x", &[], "two orders"),
    ("(smax ?x ?y)", "(umax ?x ?y)", &["(nonneg ?x)"], "y may be negative"),
    // Bits, shifts, conversions.
    ("(ushr (ishl ?x $c) $c)", "?x", &["(ult $c {width T})"], "the top bits are lost"),
    ("(ishl (sshr ?x $c) $c)", "?x", &["(ult $c {width T})"], "the low bits are lost"),
    ("(ishl (ishl ?x $a) $b)", "(ishl ?x {iadd $a $b})", &[], "amounts count modulo the width"),
    ("(ushr (ushr ?x $a) $b)", "(ushr ?x {iadd $a $b})", &["(ult $a {width T})", "(ult $b {width T})"], "the sum counts modulo the width"),
    ("(iadd (ishl ?x ?y) (ushr ?x (ineg ?y)))", "(rotl ?x ?y)", &[], "x + x for y = 0"),
    ("(bxor (ishl ?x ?y) (ushr ?x (ineg ?y)))", "(rotl ?x ?y)", &[], "x ^ x for y = 0"),
    ("(ushr (bnot ?x) $c)", "(bnot (ushr ?x $c))", &[], "zeros are filled in"),
    ("(sshr ?x ?y)", "(ushr ?x ?y)", &[], "the sign"),
    ("(sextend (ireduce:V ?x:T))", "?x", &["(fits-u ?x V)"], "the sign bit of the narrow type"),
    ("(uextend (ireduce:V ?x:T))", "?x", &["(fits-s ?x V)"], "negative numbers"),
    ("(uextend (sextend:U ?x))", "(sextend:T ?x)", &[], "zeros in front of the sign"),
    ("(sextend (bxor ?x ?y))", "(uextend:T (bxor ?x ?y))", &[], "the sign"),
    ("(uextend (iadd ?x:V ?y))", "(iadd (uextend:T ?x) (uextend:T ?y))", &[], "the carry"),
    ("(uextend (bnot ?x:V))", "(bnot (uextend:T ?x))", &[], "the upper bits"),
    ("(icmp_ult (uextend ?x:V) (sextend ?y:V))", "(icmp_ult ?x ?y)", &[], "different extensions"),
    ("(icmp_ult (uextend ?x:V) $c)", "(icmp_ult ?x {ireduce $c})", &[], "c is out of range"),
    ("(select ?c -1 0)", "(uextend:T ?c)", &[], "a mask, not a number"),
    ("(select (icmp_slt ?x ?y) ?x ?y)", "(umin ?x ?y)", &[], "two orders"),
    ("(select (icmp_eq ?x ?y) ?x ?y)", "?x", &[], "the other one"),
    ("(fcvt_to_sint (fcvt_from_sint:f32 ?x:T))", "?x", &["(type T i32)"], "24 bits"),
    ("(fcvt_to_sint (fcvt_from_sint:f64 ?x:T))", "?x", &["(type T i64)"], "53 bits"),
    ("(fcvt_from_uint ?x:V)", "(fcvt_from_sint:T ?x)", &[], "the sign"),
    ("(fpromote (fdemote:V ?x:T))", "?x", &[], "rounded"),
    // Floats.
    ("(fadd ?x 0.0)", "?x", &[], "-0 + 0 = 0"),
    ("(fsub ?x -0.0)", "?x", &[], "-0 - -0 = 0"),
    ("(fsub 0.0 ?x)", "(fneg ?x)", &[], "0 - 0 = 0"),
    ("(fsub ?x ?x)", "0.0", &[], "infinity, NaN"),
    ("(fmul ?x 0.0)", "0.0", &[], "the sign, infinity, NaN"),
    ("(fdiv ?x ?x)", "1.0", &[], "0, infinity, NaN"),
    ("(fdiv ?x $c)", "(fmul ?x {fdiv 1.0 $c})", &[], "the reciprocal is rounded"),
    ("(fneg (fsub ?x ?y))", "(fsub ?y ?x)", &[], "-(0) = -0"),
    ("(fadd (fadd ?x ?y) ?z)", "(fadd ?x (fadd ?y ?z))", &[], "rounding"),
    ("(fmul (fmul ?x ?y) ?z)", "(fmul ?x (fmul ?y ?z))", &[], "rounding, overflow"),
    ("(fadd (fmul ?x ?y) ?z)", "(fma ?x ?y ?z)", &[], "rounded twice"),
    ("(fmul ?x (fadd ?y ?z))", "(fadd (fmul ?x ?y) (fmul ?x ?z))", &[], "rounding"),
    ("(fsub (fadd ?x ?y) ?y)", "?x", &[], "rounding"),
    ("(fcmp_eq ?x ?x)", "1", &[], "NaN"),
    ("(fcmp_le ?x ?x)", "1", &[], "NaN"),
    ("(bnot (fcmp_lt ?x ?y))", "(fcmp_le ?y ?x)", &[], "NaN"),
    ("(select (fcmp_eq ?x ?y) ?x ?y)", "?y", &[], "0 and -0"),
    ("(fmul (sqrt ?x) (sqrt ?x))", "?x", &[], "rounding, negative numbers"),
    ("(fabs ?x)", "?x", &[], "the sign"),
    ("(fcopysign (fneg ?x) ?y)", "(fneg (fcopysign ?x ?y))", &[], "the sign is replaced"),
    ("(ceil ?x)", "(fneg (floor ?x))", &[], "the argument too"),
    ("(floor (fadd ?x 1.0))", "(fadd (floor ?x) 1.0)", &[], "rounding up to the next integer"),
];

fn parse(name: &str, lhs: &str, rhs: &str, conditions: &[&str]) -> Rule {
    let leak = |text: &str| -> &'static str { Box::leak(text.to_string().into_boxed_str()) };
    let conditions: Vec<&'static str> = conditions.iter().map(|c| leak(c)).collect();
    let row = Row {
        name: leak(name),
        tier: Tier::A,
        lhs: leak(lhs),
        rhs: leak(rhs),
        conditions: Vec::leak(conditions),
        algebra: "",
    };
    Rule::parse(Box::leak(Box::new(row))).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn near_misses_are_refuted() {
    let survivors: Vec<String> = NEAR_MISSES
        .par_iter()
        .enumerate()
        .filter_map(|(index, (lhs, rhs, conditions, why))| {
            let rule = parse(&format!("near-miss-{index}"), lhs, rhs, conditions);
            check(&rule, Effort::default()).ok().map(|checked| format!("{lhs} -> {rhs} ({why}): {checked:?}"))
        })
        .collect();
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
}

/// The operation that is easily taken for this one.
fn twins(op: Op) -> &'static [Op] {
    use Op::*;
    match op {
        Udiv => &[Sdiv],
        Sdiv => &[Udiv],
        Urem => &[Srem],
        Srem => &[Urem],
        Umulhi => &[Smulhi],
        Smulhi => &[Umulhi],
        Ushr => &[Sshr, Ishl],
        Sshr => &[Ushr],
        Ishl => &[Ushr],
        Rotl => &[Rotr],
        Rotr => &[Rotl],
        Smin => &[Umin, Smax],
        Smax => &[Umax, Smin],
        Umin => &[Smin, Umax],
        Umax => &[Smax, Umin],
        Iadd => &[Isub, Bor],
        Isub => &[Iadd, Bxor],
        Band => &[Bor],
        Bor => &[Band, Bxor],
        Bxor => &[Bor],
        Ineg => &[Bnot],
        Bnot => &[Ineg],
        IcmpEq => &[IcmpNe],
        IcmpNe => &[IcmpEq],
        IcmpSlt => &[IcmpUlt, IcmpSle],
        IcmpSle => &[IcmpUle, IcmpSlt],
        IcmpUlt => &[IcmpSlt, IcmpUle],
        IcmpUle => &[IcmpSle, IcmpUlt],
        FcmpEq => &[FcmpNe],
        FcmpNe => &[FcmpEq],
        FcmpLt => &[FcmpLe],
        FcmpLe => &[FcmpLt],
        Uextend => &[Sextend],
        Sextend => &[Uextend],
        FcvtFromSint => &[FcvtFromUint],
        FcvtFromUint => &[FcvtFromSint],
        FcvtToSint => &[FcvtToUint],
        FcvtToUint => &[FcvtToSint],
        Fadd => &[Fsub],
        Fsub => &[Fadd],
        Fmul => &[Fdiv],
        Fdiv => &[Fmul],
        Fneg => &[Fabs],
        Fabs => &[Fneg],
        Floor => &[Ceil],
        Ceil => &[Floor],
        Trunc => &[Nearest],
        Nearest => &[Trunc],
        _ => &[],
    }
}

/// A part of a pattern that can be changed in place.
enum Part<'a> {
    Op(&'a mut Op),
    /// Operands, from the first that may be swapped with the next.
    Patterns(&'a mut [Pattern]),
    Constants(&'a mut [ConstExpr]),
    Literal(&'a mut Literal),
}

fn parts_of_pattern(pattern: &mut Pattern, f: &mut dyn FnMut(Part)) {
    match pattern {
        Pattern::Slot(_) => {}
        Pattern::Literal(literal, _) => f(Part::Literal(literal)),
        Pattern::Computed(expr) => parts_of_const(expr, f),
        Pattern::Node { op, args, .. } => {
            f(Part::Op(op));
            let first = (*op == Op::Select) as usize;
            if args.len() >= 2 && !op.is_commutative() {
                f(Part::Patterns(&mut args[first..]));
            }
            args.iter_mut().for_each(|arg| parts_of_pattern(arg, f));
        }
    }
}

fn parts_of_const(expr: &mut ConstExpr, f: &mut dyn FnMut(Part)) {
    match expr {
        ConstExpr::Slot(_) | ConstExpr::Width(..) => {}
        ConstExpr::Literal(literal, _) => f(Part::Literal(literal)),
        ConstExpr::Op { op, args, .. } => {
            f(Part::Op(op));
            if args.len() == 2 && !op.is_commutative() {
                f(Part::Constants(args));
            }
            args.iter_mut().for_each(|arg| parts_of_const(arg, f));
        }
        ConstExpr::Named { args, .. } => args.iter_mut().for_each(|arg| parts_of_const(arg, f)),
    }
}

fn parts_of_rule(rule: &mut Rule, f: &mut dyn FnMut(Part)) {
    parts_of_pattern(&mut rule.lhs, f);
    parts_of_pattern(&mut rule.rhs, f);
}

/// Changes a part in one of several ways; says how, or nothing if there are fewer ways.
fn change(part: Part, way: usize) -> Option<String> {
    match part {
        Part::Op(op) => {
            let twin = *twins(*op).get(way)?;
            let old = std::mem::replace(op, twin);
            Some(format!("{} for {}", twin.mnemonic(), old.mnemonic()))
        }
        Part::Patterns(args) => (way == 0 && args[0] != args[1]).then(|| {
            args.swap(0, 1);
            "swapped operands".to_string()
        }),
        Part::Constants(args) => (way == 0 && args[0] != args[1]).then(|| {
            args.swap(0, 1);
            "swapped operands".to_string()
        }),
        Part::Literal(Literal::Int(value)) => {
            *value += [1, -1].get(way)?;
            Some(format!("literal {value}"))
        }
        Part::Literal(Literal::Float(value)) => {
            *value = *[-*value, *value + 1.0].get(way)?;
            Some(format!("literal {value:?}"))
        }
    }
}

/// Rules that differ from this one in one place.
fn mutants(rule: &Rule) -> Vec<(String, Rule)> {
    let mut all = Vec::new();
    for index in 0..rule.conditions.len() {
        let condition = &rule.conditions[index];
        if !is_about_profit(condition) && !matches!(condition, Condition::Types { .. }) {
            let mut mutant = rule.clone();
            mutant.conditions.remove(index);
            all.push((format!("without {}", rule.row.conditions[index]), mutant));
        }
    }
    let mut count = 0;
    parts_of_rule(&mut rule.clone(), &mut |_| count += 1);
    for place in 0..count {
        for way in 0..2 {
            let mut mutant = rule.clone();
            let (mut at, mut how) = (0, None);
            parts_of_rule(&mut mutant, &mut |part| {
                if at == place {
                    how = change(part, way);
                }
                at += 1;
            });
            if let Some(how) = how {
                all.push((format!("{how} at {place}"), mutant));
            }
        }
    }
    all
}

/// Mutants that hold as well, with the reasons.
static SURVIVORS: &str = include_str!("mutants.txt");

#[test]
fn mutants_are_refuted() {
    let listed: BTreeSet<&str> = SURVIVORS.lines().filter(|l| l.contains(": ") && !l.starts_with('#')).collect();
    let survivors: BTreeSet<String> = rules()
        .par_iter()
        .flat_map_iter(|rule| {
            let survives = |mutant: &Rule| check(mutant, Effort::default()).is_ok_and(|checked| checked.samples > 0);
            let all = mutants(rule).into_iter().filter(move |(_, mutant)| survives(mutant));
            all.map(|(how, _)| format!("{}: {how}", rule.row.name))
        })
        .collect();
    let new: Vec<&String> = survivors.iter().filter(|s| !listed.contains(s.as_str())).collect();
    let gone: Vec<&&str> = listed.iter().filter(|s| !survivors.contains(**s)).collect();
    assert!(new.is_empty() && gone.is_empty(), "mutants that survive: {new:#?}\nlisted, but refuted: {gone:#?}");
}

/// A function that computes the left side of a rule: `?x` are parameters, some of them with known bits so that conditions
/// can be proved, `$c` are constants.
struct Example {
    module: Module,
    func: FuncId,
    params: Vec<Type>,
    result: Type,
}

impl Example {
    /// Nothing if no constants were found that satisfy the conditions.
    fn new(rule: &Rule, types: &[Type], samples: &mut Samples) -> Option<Example> {
        let instance = Instance { rule, types };
        let mut values = vec![0; rule.slots.len()];
        let found = (0..2000).any(|_| {
            samples.fill(&instance, &mut values);
            instance.applies(&values) && instance.eval(&rule.rhs, &values).is_some()
        });
        if !found {
            return None;
        }
        let variables = rule.slots.iter().filter(|slot| !slot.is_const);
        let params: Vec<Type> = variables.map(|slot| slot.ty.get(types)).collect();
        let result = rule.type_of(&rule.lhs, types);
        let mut func = Function::new("example", Linkage::Export, Signature::new(&params, &[result]));
        let entry = func.new_block();
        func.layout.push(entry);
        let incoming: Vec<Value> = params.iter().map(|&ty| func.append_param(entry, ty)).collect();
        let mut incoming = incoming.into_iter();
        let mut b = Builder::new(&mut func, entry);
        let mut slots = Vec::new();
        for (slot, &bits) in rule.slots.iter().zip(&values) {
            let ty = slot.ty.get(types);
            slots.push(match slot.is_const {
                true => constant(&mut b, ty, bits),
                false => shaped(&mut b, ty, incoming.next()?, bits, &values, samples),
            });
        }
        let root = build(&mut b, rule, types, &rule.lhs, &slots, &values)?;
        b.return_(&[root]);
        let mut module = Module::default();
        let func = module.functions.push(func);
        Some(Example { module, func, params, result })
    }

    /// Optimizes it with some rules: how often each fired, and the module.
    fn optimize(&self, filter: RuleFilter) -> (EgraphStats, Module) {
        let mut module = self.module.clone();
        let options = EgraphOptions { rules: filter, ..EgraphOptions::default() };
        let stats = optimize_function(&self.module, &mut module.functions[self.func], &options);
        assert_eq!(stats.abandoned, 0, "{}", self.module);
        if let Err(violations) = lang_ir::verify::verify(&module) {
            panic!("{}\n{module}", lang_ir::verify::render(&violations));
        }
        (stats, module)
    }

    /// Nothing where the left side has no meaning.
    fn run(&self, module: &Module, args: &[u128]) -> Option<u128> {
        let config = Config { stack_words: 1 << 10, max_frames: 4, ..Config::default() };
        Machine::new(module, config).call(self.func, args).ok().map(|results| results[0])
    }

    /// Compares it with an optimized one on a few arguments.
    fn compare(&self, optimized: &Module, samples: &mut Samples) {
        for _ in 0..6 {
            let args: Vec<u128> = self.params.iter().map(|&ty| samples.value(ty)).collect();
            let Some(before) = self.run(&self.module, &args) else { continue };
            let after = self.run(optimized, &args);
            assert!(
                after.is_some_and(|after| same(self.result, before, after)),
                "{args:x?}: {before:x} became {after:x?}\n{}\n{optimized}",
                self.module
            );
        }
    }
}

fn constant(b: &mut Builder, ty: Type, bits: u128) -> Value {
    if ty.is_float() { b.fconst(ty, bits) } else { b.iconst(ty, bits as i128) }
}

/// A value made of a parameter, of which the optimizer knows something: less and less may be left open.
fn shaped(b: &mut Builder, ty: Type, param: Value, bits: u128, values: &[u128], samples: &mut Samples) -> Value {
    if !ty.is_int() {
        return param;
    }
    let choice = samples.below(8);
    let sign = 1u128 << (ty.bits() - 1);
    let mut mask = |b: &mut Builder, op: Op, value: Value, like: u128| {
        let others: Vec<u128> = [bits, 1, 7, sign, !sign, !7, 24].into_iter().chain(values.iter().copied()).collect();
        let any = others[samples.below(others.len() as u128) as usize];
        let any = if samples.below(2) == 0 { any } else { !any };
        let m = b.iconst(ty, (any & like & ty.mask()) as i128);
        b.pure_op(op, ty, &[value, m])
    };
    match choice {
        0..=3 => param,
        4 | 5 => mask(b, Op::Band, param, u128::MAX),
        6 => mask(b, Op::Bor, param, u128::MAX),
        _ => {
            let low = mask(b, Op::Band, param, u128::MAX);
            mask(b, Op::Bor, low, u128::MAX)
        }
    }
}

fn build(
    b: &mut Builder,
    rule: &Rule,
    types: &[Type],
    pattern: &Pattern,
    slots: &[Value],
    values: &[u128],
) -> Option<Value> {
    Some(match pattern {
        Pattern::Slot(slot) => slots[*slot as usize],
        Pattern::Node { op, ty, args } => {
            let args: Option<Vec<Value>> = args.iter().map(|arg| build(b, rule, types, arg, slots, values)).collect();
            b.pure_op(*op, ty.get(types), &args?)
        }
        _ => {
            let ty = rule.type_of(pattern, types);
            let bits = Instance { rule, types }.eval(pattern, values)?.bits;
            constant(b, ty, bits)
        }
    })
}

#[test]
fn every_rule_fires() {
    let silent: Vec<String> = rules()
        .par_iter()
        .enumerate()
        .filter_map(|(index, rule)| {
            let mut samples = Samples::new(rule.row.name);
            let only = RuleFilter::Only([rule.row.name.to_string()].into());
            let instances = instances(rule);
            let mut fired = 0;
            for attempt in 0..600 {
                let types = &instances[samples.below(instances.len() as u128) as usize];
                let Some(example) = Example::new(rule, types, &mut samples) else { continue };
                let (stats, alone) = example.optimize(only.clone());
                if stats.rules[index].fired == 0 {
                    continue;
                }
                let (_, together) = example.optimize(RuleFilter::All);
                example.compare(&alone, &mut samples);
                example.compare(&together, &mut samples);
                fired += 1;
                if fired == 4 || attempt > 60 {
                    break;
                }
            }
            (fired == 0).then(|| rule.row.name.to_string())
        })
        .collect();
    assert!(silent.is_empty(), "these rules never fired: {silent:?}");
}

/// A function of many operations on few values of one type, with constants that rules like: where rewriting without end
/// would show.
fn dense(seed: usize) -> (Module, FuncId) {
    let mut samples = Samples::new(&format!("dense {seed}"));
    let ty = [Type::I1, Type::I8, Type::I32, Type::I64][seed % 4];
    let width = ty.bits() as i128;
    let constants = [0, 1, -1, 2, 8, width - 1, width / 2, 1 << (width - 1), 3];
    let ops: Vec<Op> = lang_ir::ops::OPS
        .iter()
        .filter(|info| info.types.accepts(ty) && info.flags.pure_ && !info.flags.partial)
        .filter(|info| (0..2).all(|i| info.types.accepts_operand(ty, i, ty)))
        .map(|info| info.op)
        .collect();
    const COUNT: usize = 40;
    let mut func = Function::new("dense", Linkage::Export, Signature::new(&[ty, ty], &[ty; COUNT]));
    let entry = func.new_block();
    func.layout.push(entry);
    let mut values = vec![func.append_param(entry, ty), func.append_param(entry, ty)];
    let mut b = Builder::new(&mut func, entry);
    // Few operations at a time meet more often.
    let few: Vec<Op> = (0..5).map(|_| ops[samples.below(ops.len() as u128) as usize]).collect();
    while values.len() < COUNT + 2 {
        let mut operand = |b: &mut Builder| match samples.below(3) {
            0 => b.iconst(ty, constants[samples.below(constants.len() as u128) as usize]),
            _ => values[samples.below(values.len() as u128) as usize],
        };
        let (x, y, z) = (operand(&mut b), operand(&mut b), operand(&mut b));
        let op = few[samples.below(few.len() as u128) as usize];
        let value = match rules::rule::op_arity(op) {
            Some(1) => b.pure_op(op, ty, &[x]),
            Some(3) => b.pure_op(op, ty, &[x, y, z]),
            _ => b.pure_op(op, ty, &[x, y]),
        };
        values.push(match (b.func.ty(value) == ty, samples.below(2)) {
            (true, _) => value,
            (false, 0) => b.select(value, y, z),
            (false, _) => b.pure_op(Op::Uextend, ty, &[value]),
        });
    }
    b.return_(&values[2..]);
    let mut module = Module::default();
    let id = module.functions.push(func);
    (module, id)
}

/// Rules of tier A go down: they end long before a limit ends them. And all rules together mean what each means.
#[test]
fn dense_functions_do_not_explode() {
    let seeds = std::env::var("SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let tier_a: Vec<String> =
        rules::rules().iter().filter(|r| r.row.tier == Tier::A).map(|r| r.row.name.into()).collect();
    let tier_a = RuleFilter::Only(tier_a.into());
    let explosions: Vec<String> = (0..seeds)
        .into_par_iter()
        .filter_map(|seed| {
            let (module, id) = dense(seed);
            let mut samples = Samples::new("dense");
            let size = module.functions[id].num_insts();
            let mut found = Vec::new();
            for (filter, factor) in [(tier_a.clone(), 4), (RuleFilter::All, 8)] {
                let mut func = module.functions[id].clone();
                let options = EgraphOptions { rules: filter, ..EgraphOptions::default() };
                let stats = optimize_function(&module, &mut func, &options);
                assert_eq!(stats.abandoned, 0, "seed {seed}\n{module}");
                let mut after = Module::default();
                after.functions.push(func);
                let ty = module.functions[id].sig.params[0].ty;
                for _ in 0..3 {
                    let args = [0, 1].map(|_| samples.value(ty));
                    let run = |module: &Module| {
                        let config = Config { stack_words: 1 << 12, max_frames: 4, ..Config::default() };
                        Machine::new(module, config).call(id, &args).unwrap_or_else(|stop| panic!("{stop}"))
                    };
                    assert_eq!(run(&module), run(&after), "seed {seed}, {args:x?}\n{module}\n{after}");
                }
                if stats.nodes as usize > factor * size {
                    let mut most: Vec<usize> = (0..rules().len()).collect();
                    most.sort_by_key(|&i| std::cmp::Reverse(stats.rules[i].nodes));
                    let most: Vec<String> = most[..4]
                        .iter()
                        .map(|&i| format!("{} {}", rules()[i].row.name, stats.rules[i].nodes))
                        .collect();
                    found.push(format!("seed {seed}: {size} instructions, {} nodes: {}", stats.nodes, most.join(", ")));
                }
            }
            (!found.is_empty()).then(|| found.join("\n"))
        })
        .collect();
    assert!(explosions.is_empty(), "{}", explosions.join("\n"));
}

/// Run by hand: `cargo test --release -p lang-opt --test rules growth -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
#[allow(clippy::print_stdout, reason = "prints a table on request")]
fn growth() {
    let mut stats = EgraphStats::default();
    let (mut instructions, mut time) = (0, std::time::Duration::ZERO);
    for seed in 0..300 {
        let mut module = lang_ir::testing::module(seed);
        let shells = module.clone();
        for func in module.functions.values_mut().filter(|f| f.is_definition()) {
            instructions += func.num_insts();
            let start = std::time::Instant::now();
            stats.add(&optimize_function(&shells, func, &EgraphOptions::default()));
            time += start.elapsed();
        }
    }
    println!("{instructions} instructions, {time:?}, {} nodes, {} rounds", stats.nodes, stats.rounds);
    let mut order: Vec<usize> = (0..rules().len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(stats.rules[i].nodes));
    for &index in order.iter().take(40) {
        let RuleStats { fired, nodes } = stats.rules[index];
        println!("{:<28} {:?} {fired:>7} fired {nodes:>7} nodes", rules()[index].row.name, rules()[index].row.tier);
    }
}
