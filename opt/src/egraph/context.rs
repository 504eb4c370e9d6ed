//! What guards and branches prove about the code that they dominate, and the guards and branches that it decides.
//!
//! A walk over the dominator tree with a scoped table, keyed by e-class: conditions that are decided, refined intervals, and
//! order between values (`x <= y + c`). Facts in the table hold at the current place only, so they never enter class data.
//! They stay true in loops: between a condition and what it dominates no value is defined anew without the condition being
//! passed again.
//!
//! This is where bounds checks go: in `for i in 0..n { a[i] }` the range analysis has `i >= 0`, the loop test `i < n`.

use super::build::{Built, Fate};
use super::facts::Facts;
use super::flow::Flow;
use super::limits::{ORDER_EDGES, ORDER_STEPS};
use super::node::{Graph, Node};
use super::ranges::{Counter, Ranges, edge_condition};
use super::transfer::transfer;
use crate::rules::vocabulary::{add_no_swrap, add_no_uwrap};
use egg::{Id, Language};
use lang_ir::{Block, Function, Op, Type};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// How deep expressions are looked into when a condition is decided.
const DEPTH: u32 = 3;

/// Members of a class that are looked at.
const MEMBERS: usize = 6;

/// Decides what can be decided of the skeleton's guards and branches: sets their fates and drops what is never reached.
/// Says how many it decided.
pub fn decide(func: &Function, flow: &mut Flow, ranges: &Ranges, graph: &Graph, built: &mut Built) -> u32 {
    let mut context = Context {
        graph,
        truths: FxHashMap::default(),
        facts: FxHashMap::default(),
        order: [FxHashMap::default(), FxHashMap::default()],
        undo: Vec::new(),
    };
    let mut decided = 0;
    let mut scopes: Vec<(Block, usize)> = Vec::new();
    for &block in &flow.order {
        while let Some(&(above, mark)) = scopes.last()
            && !flow.dom.dominates(above, block)
        {
            context.undo_to(mark);
            scopes.pop();
        }
        scopes.push((block, context.undo.len()));
        if let Some(pred) = flow.entering(block)
            && let Some((condition, truth)) = edge_condition(func, pred, block)
        {
            context.assume(built.class(condition), truth);
        }
        for counter in ranges.counters(block) {
            context.assume_counter(built, counter);
        }
        let mut pos = 0;
        while pos < built.skeleton[block].len() {
            let inst = built.skeleton[block][pos].inst;
            let data = &func.insts[inst];
            let fate = match data.op {
                Op::Trapif => {
                    let condition = built.class(data.args[0]);
                    let fate = match context.decide(condition, DEPTH) {
                        Some(false) => Fate::Drop,
                        Some(true) => Fate::Trap,
                        None => Fate::Keep,
                    };
                    context.assume(condition, false);
                    Some(fate)
                }
                Op::Brif => context.decide(built.class(data.args[0]), DEPTH).map(Fate::Taken),
                _ => None,
            };
            if let Some(fate) = fate.filter(|&fate| fate != Fate::Keep) {
                built.skeleton[block][pos].fate = fate;
                decided += 1;
                if fate == Fate::Trap {
                    built.skeleton[block].truncate(pos + 1);
                }
            }
            pos += 1;
        }
    }
    if decided > 0 {
        flow.prune(|block, next| {
            let Some(last) = built.skeleton[block].last() else { return };
            let targets = func.insts[last.inst].targets().map(|t| t.block);
            match last.fate {
                Fate::Trap => {}
                Fate::Taken(truth) => next.extend(targets.skip(!truth as usize).take(1)),
                _ => next.extend(targets),
            }
        });
    }
    decided
}

const SIGNED: usize = 0;
const UNSIGNED: usize = 1;

enum Undo {
    Truth(Id),
    Facts(Id, Option<Facts>),
    Order(usize, Id),
}

/// By class `x`: each `y` and `c` with `x <= y + c`.
type Order = FxHashMap<Id, SmallVec<[(Id, i128); 2]>>;

struct Context<'a> {
    graph: &'a Graph,
    /// Conditions that are decided.
    truths: FxHashMap<Id, bool>,
    /// Facts better than the class's own.
    facts: FxHashMap<Id, Facts>,
    /// `x -> (y, c)`: `x <= y + c` in integers without bound, read as signed and as unsigned.
    order: [Order; 2],
    undo: Vec<Undo>,
}

/// A comparison that is true, as `left` before `right`.
struct Compare {
    kind: CompareKind,
    left: Id,
    right: Id,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CompareKind {
    Equal,
    NotEqual,
    /// Sense, and the constant of `left <= right + c`.
    Order(usize, i128),
}

impl Context<'_> {
    fn undo_to(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop() {
                Some(Undo::Truth(class)) => drop(self.truths.remove(&class)),
                Some(Undo::Facts(class, Some(facts))) => drop(self.facts.insert(class, facts)),
                Some(Undo::Facts(class, None)) => drop(self.facts.remove(&class)),
                Some(Undo::Order(sense, class)) => {
                    if let Some(edges) = self.order[sense].get_mut(&class) {
                        edges.pop();
                    }
                }
                None => {}
            }
        }
    }

    fn add_order(&mut self, sense: usize, left: Id, right: Id, c: i128) {
        self.order[sense].entry(left).or_default().push((right, c));
        self.undo.push(Undo::Order(sense, left));
    }

    /// An order that holds, signed, and unsigned where no value is negative.
    fn add_signed(&mut self, low: Id, high: Id) {
        self.add_order(SIGNED, low, high, 0);
        if self.facts_at(low, 1).nonneg() {
            self.add_order(UNSIGNED, low, high, 0);
        }
    }

    /// What holds at the header of a loop about a counter.
    fn assume_counter(&mut self, built: &Built, counter: &Counter) {
        let [param, start] = [counter.param, counter.start].map(|v| self.graph.find(built.class(v)));
        if counter.from_start {
            let (low, high) = if counter.up { (start, param) } else { (param, start) };
            self.add_signed(low, high);
        }
        for &bound in &counter.bounds {
            let bound = self.graph.find(built.class(bound));
            // By induction: it holds for the start, and a step is taken from before the bound only.
            let (low, high) = if counter.up { (start, bound) } else { (bound, start) };
            let holds_first = {
                let (low_facts, high_facts) = (self.facts_at(low, 2), self.facts_at(high, 2));
                low_facts.smax <= high_facts.smin
                    || self.proves(&Compare { kind: CompareKind::Order(SIGNED, 0), left: low, right: high })
            };
            if holds_first {
                let (near, far) = (self.known(start), self.known(bound));
                let between = if counter.up { (near.smin, far.smax) } else { (far.smin, near.smax) };
                let old = self.known(param);
                if let Some(new) = old.and(&Facts::signed(old.ty, between.0, between.1)) {
                    self.set_facts(param, new);
                }
                let (low, high) = if counter.up { (param, bound) } else { (bound, param) };
                self.add_signed(low, high);
            }
        }
    }

    fn set_facts(&mut self, class: Id, facts: Facts) {
        if facts != self.known(class) {
            let old = self.facts.insert(class, facts);
            self.undo.push(Undo::Facts(class, old));
        }
    }

    fn known(&self, class: Id) -> Facts {
        self.facts.get(&class).copied().unwrap_or_else(|| self.graph[class].data.facts)
    }

    /// Facts about a class here, with those about what it is computed from.
    fn facts_at(&self, class: Id, depth: u32) -> Facts {
        let mut facts = self.known(class);
        if depth == 0 || facts.as_constant().is_some() || self.facts.is_empty() {
            return facts;
        }
        for node in self.graph[class].nodes.iter().take(MEMBERS) {
            let Some(op) = node.op else { continue };
            if node.children().is_empty() || op.info().eval.is_none() {
                continue;
            }
            let mut args = [Facts::top(Type::I1); 3];
            for (slot, &child) in args.iter_mut().zip(node.children()) {
                *slot = self.facts_at(self.graph.find(child), depth - 1);
            }
            let here = transfer(op, node.ty, &args[..node.children().len()]);
            facts = facts.and(&here).unwrap_or(facts);
        }
        facts
    }

    /// Takes a condition to be decided from here on.
    fn assume(&mut self, condition: Id, truth: bool) {
        let mut work: SmallVec<[(Id, bool); 4]> = SmallVec::new();
        work.push((self.graph.find(condition), truth));
        let mut steps = 0;
        while let Some((class, truth)) = work.pop() {
            steps += 1;
            if steps > 12 || self.graph[class].data.facts.as_constant().is_some() || self.truths.contains_key(&class) {
                continue;
            }
            self.truths.insert(class, truth);
            self.undo.push(Undo::Truth(class));
            self.set_facts(class, Facts::constant(Type::I1, truth as u128));
            for node in self.graph[class].nodes.iter().take(MEMBERS) {
                let children: SmallVec<[Id; 3]> = node.children().iter().map(|&c| self.graph.find(c)).collect();
                match node.op {
                    Some(Op::Bnot) => work.push((children[0], !truth)),
                    Some(Op::Band) if truth => work.extend(children.iter().map(|&c| (c, true))),
                    Some(Op::Bor) if !truth => work.extend(children.iter().map(|&c| (c, false))),
                    Some(op) => {
                        if let Some(compare) = compare_of(self.graph, node, truth) {
                            self.assume_compare(op, truth, &children, &compare, &mut work);
                        }
                    }
                    None => {}
                }
            }
        }
    }

    fn assume_compare(
        &mut self,
        op: Op,
        truth: bool,
        operands: &[Id],
        compare: &Compare,
        work: &mut SmallVec<[(Id, bool); 4]>,
    ) {
        let [a, b] = [operands[0], operands[1]];
        let (before_a, before_b) = (self.facts_at(a, 1), self.facts_at(b, 1));
        // Facts that contradict each other mean that this place is not reached: whatever holds here is right.
        let after_a = before_a.given(op, truth, &before_b, true).unwrap_or(before_a);
        let after_b = before_b.given(op, truth, &before_a, false).unwrap_or(before_b);
        self.set_facts(a, after_a);
        self.set_facts(b, after_b);
        if after_a.ty == Type::I1 {
            for (class, facts) in [(a, after_a), (b, after_b)] {
                if let Some(bits) = facts.as_constant() {
                    work.push((class, bits == 1));
                }
            }
        }
        match compare.kind {
            CompareKind::Equal => {
                for sense in [SIGNED, UNSIGNED] {
                    self.add_order(sense, a, b, 0);
                    self.add_order(sense, b, a, 0);
                }
            }
            CompareKind::NotEqual => {}
            CompareKind::Order(sense, c) => {
                self.add_order(sense, compare.left, compare.right, c);
                // Between values that are not negative the two orders are one.
                let (least, other) = match sense {
                    SIGNED => (self.known(compare.left), UNSIGNED),
                    _ => (self.known(compare.right), SIGNED),
                };
                if least.nonneg() {
                    self.add_order(other, compare.left, compare.right, c);
                }
            }
        }
    }

    /// The value of a condition here, if it is known.
    fn decide(&self, condition: Id, depth: u32) -> Option<bool> {
        let class = self.graph.find(condition);
        if let Some(bits) = self.graph[class].data.facts.as_constant() {
            return Some(bits == 1);
        }
        if let Some(&truth) = self.truths.get(&class) {
            return Some(truth);
        }
        if depth == 0 {
            return None;
        }
        self.graph[class].nodes.iter().take(MEMBERS).find_map(|node| self.decide_node(node, depth))
    }

    fn decide_node(&self, node: &Node, depth: u32) -> Option<bool> {
        let child = |i: usize| self.decide(node.children()[i], depth - 1);
        match node.op? {
            Op::Bnot => child(0).map(|x| !x),
            Op::Band => match (child(0), child(1)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Op::Bor => match (child(0), child(1)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            op => {
                let yes = compare_of(self.graph, node, true)?;
                let [a, b] = [0, 1].map(|i| self.facts_at(self.graph.find(node.children()[i]), 2));
                if let Some(bits) = transfer(op, node.ty, &[a, b]).as_constant() {
                    return Some(bits == 1);
                }
                if self.proves(&yes) {
                    return Some(true);
                }
                let no = compare_of(self.graph, node, false)?;
                self.proves(&no).then_some(false)
            }
        }
    }

    fn proves(&self, compare: &Compare) -> bool {
        let Compare { kind, left, right } = *compare;
        match kind {
            CompareKind::Equal => false,
            CompareKind::NotEqual => [SIGNED, UNSIGNED]
                .into_iter()
                .any(|sense| self.proves_order(sense, left, right, -1) || self.proves_order(sense, right, left, -1)),
            CompareKind::Order(sense, c) => {
                let (least, other) = if sense == SIGNED { (right, UNSIGNED) } else { (left, SIGNED) };
                self.proves_order(sense, left, right, c)
                    || self.facts_at(least, 2).nonneg() && self.proves_order(other, left, right, c)
            }
        }
    }

    /// Whether `left <= right + c` follows from the order between values that is known here.
    fn proves_order(&self, sense: usize, left: Id, right: Id, c: i128) -> bool {
        // `left <= right + c` holds if `left <= y + d` is reached for a goal `(y, d)` with `y + d <= right + c`.
        let mut goals: SmallVec<[(Id, i128); 4]> = SmallVec::new();
        goals.push((right, c));
        for node in self.graph[right].nodes.iter().take(MEMBERS) {
            match (node.op, sense) {
                (Some(Op::Iadd), _) => goals.extend(self.sum(sense, node).map(|(y, k)| (y, k + c))),
                (Some(Op::Smax), SIGNED) | (Some(Op::Umax), UNSIGNED) => {
                    goals.extend(node.children().iter().map(|&y| (self.graph.find(y), c)));
                }
                _ => {}
            }
        }
        let mut reached: SmallVec<[(Id, i128); 16]> = SmallVec::new();
        reached.push((left, 0));
        let mut at = 0;
        while at < reached.len() && reached.len() < ORDER_STEPS {
            let (x, d) = reached[at];
            at += 1;
            if goals.iter().any(|&(y, k)| y == x && d <= k) {
                return true;
            }
            let mut reach = |y: Id, k: i128| match reached.iter_mut().find(|(known, _)| *known == y) {
                // A shorter way to what was not looked at yet.
                Some((_, known)) if *known <= k => {}
                _ => reached.push((y, k)),
            };
            for &(y, k) in self.order[sense].get(&x).into_iter().flat_map(|edges| edges.iter().rev().take(ORDER_EDGES))
            {
                reach(y, d + k);
            }
            for node in self.graph[x].nodes.iter().take(MEMBERS) {
                match (node.op, sense) {
                    (Some(Op::Iadd), _) => {
                        if let Some((y, k)) = self.sum(sense, node) {
                            reach(y, d + k);
                        }
                    }
                    (Some(Op::Smin), SIGNED) | (Some(Op::Umin), UNSIGNED) => {
                        node.children().iter().for_each(|&y| reach(self.graph.find(y), d));
                    }
                    _ => {}
                }
            }
        }
        false
    }

    /// A sum with a constant that does not wrap here: the other operand and the constant.
    fn sum(&self, sense: usize, node: &Node) -> Option<(Id, i128)> {
        let [a, b] = [0, 1].map(|i| self.graph.find(node.children()[i]));
        let (value, constant) = match (self.graph[a].data.facts.as_constant(), self.graph[b].data.facts.as_constant()) {
            (None, Some(_)) => (a, self.graph[b].data.facts),
            (Some(_), None) => (b, self.graph[a].data.facts),
            _ => return None,
        };
        let facts = self.facts_at(value, 1);
        if sense == SIGNED {
            add_no_swrap(&facts, &constant).then_some((value, constant.smin))
        } else if add_no_uwrap(&facts, &constant) {
            i128::try_from(constant.umin).ok().map(|c| (value, c))
        } else {
            // Adding a negative constant is subtracting: it wraps if the value is smaller.
            let less = constant.smin.unsigned_abs();
            (constant.smin < 0 && facts.umin >= less).then_some((value, constant.smin))
        }
    }
}

/// What a comparison says if it is true, or false.
fn compare_of(graph: &Graph, node: &Node, truth: bool) -> Option<Compare> {
    let (kind, flip) = match (node.op?, truth) {
        (Op::IcmpEq, true) | (Op::IcmpNe, false) => (CompareKind::Equal, false),
        (Op::IcmpNe, true) | (Op::IcmpEq, false) => (CompareKind::NotEqual, false),
        (Op::IcmpSlt, true) => (CompareKind::Order(SIGNED, -1), false),
        (Op::IcmpSlt, false) => (CompareKind::Order(SIGNED, 0), true),
        (Op::IcmpSle, true) => (CompareKind::Order(SIGNED, 0), false),
        (Op::IcmpSle, false) => (CompareKind::Order(SIGNED, -1), true),
        (Op::IcmpUlt, true) => (CompareKind::Order(UNSIGNED, -1), false),
        (Op::IcmpUlt, false) => (CompareKind::Order(UNSIGNED, 0), true),
        (Op::IcmpUle, true) => (CompareKind::Order(UNSIGNED, 0), false),
        (Op::IcmpUle, false) => (CompareKind::Order(UNSIGNED, -1), true),
        _ => return None,
    };
    let [a, b] = [0, 1].map(|i| graph.find(node.children()[i]));
    let (left, right) = if flip { (b, a) } else { (a, b) };
    Some(Compare { kind, left, right })
}
