//! Matches rules against e-nodes. Rules are compiled to short programs over registers that hold e-classes, grouped by root
//! operation; before a program runs, the operations that it needs in each child are compared with those that the child
//! has, which are one mask each, so that most rules cost a few instructions.

use super::RuleFilter;
use super::limits::{MATCHES, MEMBERS_MATCHED};
use super::node::{ClassInfo, Graph, Node, add_constant, op_bit};
use crate::rules::rule::{
    Bindings, Condition, ConstExpr, ConstExprOrVar, Literal, MAX_SLOTS, MAX_TYPES, Pattern, TypeRef,
};
use crate::rules::{Rule, Tier, rules};
use egg::{Id, Language};
use lang_ir::ops::OPS;
use lang_ir::target::Target;
use lang_ir::{Op, Type};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, PoisonError};

/// The largest number of classes that a left-hand side names.
const MAX_REGS: usize = 24;

/// One step of a program.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// For each node of the class with this operation (in both orders if it commutes): its children go to registers.
    Bind {
        from: u8,
        op: Op,
        ty: TypeStep,
        to: u8,
    },
    /// The type of the class.
    TypeOf {
        reg: u8,
        ty: TypeStep,
    },
    Same {
        reg: u8,
        other: u8,
    },
    Constant {
        reg: u8,
    },
    Literal {
        reg: u8,
        literal: Literal,
        ty: TypeRef,
    },
}

#[derive(Clone, Copy, Debug)]
enum TypeStep {
    Known(Type),
    Bind(u8),
    Check(u8),
}

/// A compiled rule.
#[derive(Debug)]
struct Program {
    /// Index into the rules.
    rule: u16,
    root_type: TypeStep,
    /// The operations that each child of the root may have, one of which it must have.
    needs: [u128; 3],
    steps: Vec<Step>,
    /// The register of each slot.
    slots: SmallVec<[u8; MAX_SLOTS]>,
    /// The greatest distance from the root at which a change of a class can make the rule match.
    reach: u8,
}

/// Rules compiled for matching.
pub struct Matcher {
    rules: &'static [Rule],
    target: &'static Target,
    /// By root operation.
    programs: Vec<Vec<Program>>,
    /// By root operation, the greatest reach of its programs.
    reach: Vec<u8>,
}

/// The rules of both tiers.
pub struct Matchers {
    pub tier_a: Matcher,
    pub tier_b: Matcher,
}

impl Matchers {
    /// The rules that a filter accepts, for a target. Those for all rules are compiled once.
    pub fn get(target: &'static Target, filter: &RuleFilter) -> Arc<Matchers> {
        static ALL: Mutex<Vec<(&Target, Arc<Matchers>)>> = Mutex::new(Vec::new());
        let new = || {
            let tier = |tier| Matcher::new(rules(), target, |i, r| r.row.tier == tier && filter.accepts(i, r));
            Arc::new(Matchers { tier_a: tier(Tier::A), tier_b: tier(Tier::B) })
        };
        if !matches!(filter, RuleFilter::All) {
            return new();
        }
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        match all.iter().find(|(known, _)| std::ptr::eq(*known, target)) {
            Some((_, matchers)) => matchers.clone(),
            None => {
                all.push((target, new()));
                all[all.len() - 1].1.clone()
            }
        }
    }
}

/// A match whose conditions hold.
#[derive(Clone, Debug)]
pub struct Match {
    pub rule: u16,
    classes: [Id; MAX_SLOTS],
    types: [Type; MAX_TYPES],
}

struct State {
    regs: [Id; MAX_REGS],
    types: [Type; MAX_TYPES],
}

impl Matcher {
    /// Compiles those rules that `filter` accepts.
    fn new(rules: &'static [Rule], target: &'static Target, filter: impl Fn(usize, &Rule) -> bool) -> Matcher {
        let mut programs: Vec<Vec<Program>> = (0..OPS.len()).map(|_| Vec::new()).collect();
        for (index, rule) in rules.iter().enumerate() {
            if filter(index, rule) {
                programs[rule.root() as usize].push(compile(index, rule));
            }
        }
        let reach = programs.iter().map(|p| p.iter().map(|p| p.reach).max().unwrap_or(0)).collect();
        Matcher { rules, target, programs, reach }
    }

    /// Whether a rule rooted at the operation can see a change at this distance.
    pub fn reaches(&self, op: Op, distance: u8) -> bool {
        !self.programs[op as usize].is_empty() && self.reach[op as usize] >= distance
    }

    /// All matches at a node of rules that see changes at this distance from the root.
    pub fn matches(&self, graph: &Graph, node: &Node, distance: u8, out: &mut Vec<Match>) {
        let Some(op) = node.op else { return };
        let programs = &self.programs[op as usize];
        if programs.is_empty() {
            return;
        }
        let mut state = State { regs: [Id::from(0); MAX_REGS], types: [Type::I1; MAX_TYPES] };
        let arity = node.children().len();
        let mut orders: SmallVec<[[Id; 3]; 2]> = SmallVec::new();
        let mut children = [Id::from(0); 3];
        for (slot, &child) in children.iter_mut().zip(node.children()) {
            *slot = graph.find(child);
        }
        orders.push(children);
        if op.is_commutative() && children[0] != children[1] {
            children.swap(0, 1);
            orders.push(children);
        }
        for children in orders {
            let mut have = [u128::MAX; 3];
            for (slot, &child) in have.iter_mut().zip(&children[..arity]) {
                *slot = graph[child].data.ops;
            }
            for program in programs {
                if program.needs[0] & have[0] == 0
                    || program.needs[1] & have[1] == 0
                    || program.needs[2] & have[2] == 0
                    || program.reach < distance
                {
                    continue;
                }
                state.regs[..3].copy_from_slice(&children);
                if program.root_type.apply(node.ty, &mut state.types) {
                    self.run(graph, program, 0, &mut state, out);
                }
            }
        }
    }

    fn run(&self, graph: &Graph, program: &Program, at: usize, state: &mut State, out: &mut Vec<Match>) {
        let Some(step) = program.steps.get(at) else {
            return self.finish(graph, program, state, out);
        };
        let passes = match *step {
            Step::Bind { from, op, ty, to } => {
                let class = &graph[state.regs[from as usize]];
                if class.data.ops & op_bit(Some(op)) == 0 {
                    return;
                }
                for node in class.nodes.iter().filter(|n| n.op == Some(op)).take(MEMBERS_MATCHED) {
                    if out.len() >= MATCHES {
                        return;
                    }
                    if !ty.apply(node.ty, &mut state.types) {
                        continue;
                    }
                    let to = to as usize;
                    for (i, &child) in node.children().iter().enumerate() {
                        state.regs[to + i] = graph.find(child);
                    }
                    self.run(graph, program, at + 1, state, out);
                    if op.is_commutative() {
                        let [a, b] = [0, 1].map(|i| graph.find(node.children()[i]));
                        if a != b {
                            (state.regs[to], state.regs[to + 1]) = (b, a);
                            self.run(graph, program, at + 1, state, out);
                        }
                    }
                }
                return;
            }
            Step::TypeOf { reg, ty } => ty.apply(graph[state.regs[reg as usize]].data.facts.ty, &mut state.types),
            Step::Same { reg, other } => state.regs[reg as usize] == state.regs[other as usize],
            Step::Constant { reg } => graph[state.regs[reg as usize]].data.facts.as_constant().is_some(),
            Step::Literal { reg, literal, ty } => {
                let known = graph[state.regs[reg as usize]].data.facts.as_constant();
                known.is_some() && known == literal.bits(ty.get(&state.types))
            }
        };
        if passes {
            self.run(graph, program, at + 1, state, out);
        }
    }

    fn finish(&self, graph: &Graph, program: &Program, state: &State, out: &mut Vec<Match>) {
        let rule = &self.rules[program.rule as usize];
        let mut classes = [Id::from(0); MAX_SLOTS];
        for (slot, &reg) in classes.iter_mut().zip(&program.slots) {
            *slot = state.regs[reg as usize];
        }
        let facts = |slot: u8| graph[classes[slot as usize]].data.facts;
        let bindings = Bindings { types: &state.types, facts: &facts };
        if rule.accepts_types(&state.types)
            && rule
                .conditions
                .iter()
                .all(|c| matches!(c, Condition::Types { .. }) || c.holds(rule, &bindings, self.target))
        {
            out.push(Match { rule: program.rule, classes, types: state.types });
        }
    }

    /// Adds the right-hand side of a match; `None` if a computed constant has no value.
    pub fn instantiate(&self, graph: &mut Graph, m: &Match) -> Option<Id> {
        let rule = &self.rules[m.rule as usize];
        // Every constant is computed before the first node is added.
        let mut constants: SmallVec<[(Type, u128); 4]> = SmallVec::new();
        {
            let facts = |slot: u8| graph[m.classes[slot as usize]].data.facts;
            let bindings = Bindings { types: &m.types, facts: &facts };
            collect_constants(rule, &rule.rhs, &bindings, &mut constants)?;
        }
        let mut next = 0;
        Some(add_pattern(graph, m, &rule.rhs, &constants, &mut next))
    }
}

fn collect_constants(
    rule: &Rule,
    pattern: &Pattern,
    bindings: &Bindings,
    out: &mut SmallVec<[(Type, u128); 4]>,
) -> Option<()> {
    match pattern {
        Pattern::Slot(_) => {}
        Pattern::Literal(literal, ty) => {
            let ty = ty.get(bindings.types);
            out.push((ty, literal.bits(ty)?));
        }
        Pattern::Computed(expr) => out.push((expr.ty(&rule.slots, bindings.types), expr.eval(bindings)?)),
        Pattern::Node { args, .. } => {
            for arg in args {
                collect_constants(rule, arg, bindings, out)?;
            }
        }
    }
    Some(())
}

fn add_pattern(graph: &mut Graph, m: &Match, pattern: &Pattern, constants: &[(Type, u128)], next: &mut usize) -> Id {
    match pattern {
        Pattern::Slot(slot) => m.classes[*slot as usize],
        Pattern::Literal(..) | Pattern::Computed(_) => {
            let (ty, bits) = constants[*next];
            *next += 1;
            add_constant(graph, ty, bits)
        }
        Pattern::Node { op, ty, args } => {
            let children: SmallVec<[Id; 3]> =
                args.iter().map(|arg| add_pattern(graph, m, arg, constants, next)).collect();
            graph.add(Node::new(Some(*op), ty.get(&m.types), 0, &children))
        }
    }
}

impl TypeStep {
    #[inline]
    fn apply(self, ty: Type, types: &mut [Type; MAX_TYPES]) -> bool {
        match self {
            TypeStep::Known(known) => known == ty,
            TypeStep::Bind(var) => {
                types[var as usize] = ty;
                true
            }
            TypeStep::Check(var) => types[var as usize] == ty,
        }
    }
}

/// State of compilation.
struct Compiler<'a> {
    rule: &'a Rule,
    steps: Vec<Step>,
    next_reg: u8,
    slots: Vec<Option<u8>>,
    bound: [bool; MAX_TYPES],
    /// Slots whose class or facts matter: those that occur twice, are constants, or stand in conditions and computed
    /// constants.
    watched: Vec<bool>,
    reach: u8,
}

fn compile(index: usize, rule: &Rule) -> Program {
    let mut compiler = Compiler {
        rule,
        steps: Vec::new(),
        next_reg: 3,
        slots: vec![None; rule.slots.len()],
        bound: [false; MAX_TYPES],
        watched: watched_slots(rule),
        reach: 0,
    };
    let Pattern::Node { ty, args, .. } = &rule.lhs else { unreachable!("rules have a root operation") };
    let root_type = compiler.type_step(*ty);
    let mut needs = [u128::MAX; 3];
    for (need, arg) in needs.iter_mut().zip(args) {
        *need = match arg {
            Pattern::Node { op, .. } => op_bit(Some(*op)),
            Pattern::Literal(..) => op_bit(Some(Op::Iconst)) | op_bit(Some(Op::Fconst)),
            Pattern::Slot(slot) if rule.slots[*slot as usize].is_const => {
                op_bit(Some(Op::Iconst)) | op_bit(Some(Op::Fconst))
            }
            Pattern::Slot(_) | Pattern::Computed(_) => u128::MAX,
        };
    }
    compiler.children(args, 0, 1);
    let slots = compiler.slots.iter().map(|reg| reg.expect("every slot occurs on the left-hand side")).collect();
    Program { rule: index as u16, root_type, needs, steps: compiler.steps, slots, reach: compiler.reach }
}

impl Compiler<'_> {
    fn type_step(&mut self, ty: TypeRef) -> TypeStep {
        match ty {
            TypeRef::Known(ty) => TypeStep::Known(ty),
            TypeRef::Var(var) if std::mem::replace(&mut self.bound[var as usize], true) => TypeStep::Check(var),
            TypeRef::Var(var) => TypeStep::Bind(var),
        }
    }

    /// The children of a node stand in registers from `reg` on, at this distance from the root. What fails fast comes
    /// first.
    fn children(&mut self, args: &[Pattern], reg: u8, distance: u8) {
        for (reg, arg) in (reg..).zip(args) {
            match arg {
                Pattern::Slot(slot) => {
                    let info = &self.rule.slots[*slot as usize];
                    match self.slots[*slot as usize] {
                        Some(other) => self.steps.push(Step::Same { reg, other }),
                        None => {
                            self.slots[*slot as usize] = Some(reg);
                            if info.is_const {
                                self.steps.push(Step::Constant { reg });
                            }
                            let ty = self.type_step(info.ty);
                            self.steps.push(Step::TypeOf { reg, ty });
                        }
                    }
                    if self.watched[*slot as usize] {
                        self.reach = self.reach.max(distance);
                    }
                }
                Pattern::Literal(literal, ty) => {
                    // The type may only be known through the class, as in a comparison's operand.
                    let step = self.type_step(*ty);
                    self.steps.push(Step::TypeOf { reg, ty: step });
                    self.steps.push(Step::Literal { reg, literal: *literal, ty: *ty });
                    self.reach = self.reach.max(distance);
                }
                Pattern::Computed(_) => unreachable!("computed constants stand on right-hand sides only"),
                Pattern::Node { .. } => {}
            }
        }
        for (reg, arg) in (reg..).zip(args) {
            if let Pattern::Node { op, ty, args } = arg {
                let to = self.next_reg;
                self.next_reg += args.len() as u8;
                assert!(self.next_reg as usize <= MAX_REGS, "rule {} is too big", self.rule.row.name);
                let ty = self.type_step(*ty);
                self.steps.push(Step::Bind { from: reg, op: *op, ty, to });
                self.reach = self.reach.max(distance);
                self.children(args, to, distance + 1);
            }
        }
    }
}

fn watched_slots(rule: &Rule) -> Vec<bool> {
    let mut count = vec![0; rule.slots.len()];
    for (slot, info) in rule.slots.iter().enumerate() {
        count[slot] += if info.is_const { 2 } else { 0 };
    }
    fn in_pattern(pattern: &Pattern, count: &mut [i32]) {
        match pattern {
            Pattern::Slot(slot) => count[*slot as usize] += 1,
            Pattern::Node { args, .. } => args.iter().for_each(|arg| in_pattern(arg, count)),
            Pattern::Literal(..) | Pattern::Computed(_) => {}
        }
    }
    fn in_expr(expr: &ConstExpr, count: &mut [i32]) {
        match expr {
            ConstExpr::Slot(slot) => count[*slot as usize] += 2,
            ConstExpr::Op { args, .. } | ConstExpr::Named { args, .. } => {
                args.iter().for_each(|arg| in_expr(arg, count))
            }
            ConstExpr::Literal(..) | ConstExpr::Width(..) => {}
        }
    }
    in_pattern(&rule.lhs, &mut count);
    for condition in &rule.conditions {
        if let Condition::Fact { args, .. } = condition {
            for arg in args {
                match arg {
                    ConstExprOrVar::Var(slot) => count[*slot as usize] += 2,
                    ConstExprOrVar::Const(expr) => in_expr(expr, &mut count),
                }
            }
        }
    }
    count.into_iter().map(|n| n > 1).collect()
}

/// An empty e-graph.
pub fn new_graph() -> Graph {
    Graph::new(ClassInfo::new())
}
