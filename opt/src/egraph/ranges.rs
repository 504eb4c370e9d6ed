//! Intervals and known bits of block parameters, by an optimistic analysis over the function: what a loop-carried value can
//! be is found from below, with the comparisons that dominate each use taken into account. The facts hold wherever the
//! parameter is defined.
//!
//! Values start with no possible value and only gain some until nothing changes; parameters widen after a few visits. Two
//! passes downwards then win back what widening gave away: whatever the analysis computes from facts that hold, holds.

use super::facts::Facts;
use super::flow::Flow;
use super::limits::{RANGE_VISITS, RANGE_VISITS_EXACT, REFINEMENTS};
use super::transfer::transfer;
use crate::rules::vocabulary::add_no_swrap;
use cranelift_entity::SecondaryMap;
use lang_ir::{Block, Function, Inst, Op, Payload, Type, Value, ValueDef};
use smallvec::SmallVec;

/// Facts about the values that block parameters depend on.
pub struct Ranges {
    facts: SecondaryMap<Value, Option<Facts>>,
    /// By loop header: what is known about its counters.
    counters: SecondaryMap<Block, Vec<Counter>>,
}

/// A block parameter that each turn of a loop moves up, or down, by constants, without wrapping.
#[derive(Clone, Debug)]
pub struct Counter {
    pub param: Value,
    /// What it is in the first turn.
    pub start: Value,
    pub up: bool,
    /// It never wraps, so it is never on the other side of `start`.
    pub from_start: bool,
    /// Values that do not change in the loop and that it does not pass if `start` does not: it moves by one, and only where
    /// it has not reached them.
    pub bounds: SmallVec<[Value; 2]>,
}

/// A comparison that is decided from some place on.
#[derive(Clone, Copy, Debug)]
pub struct Decided {
    pub op: Op,
    pub truth: bool,
    pub left: Value,
    pub right: Value,
}

/// A place among the original instructions: before instruction `index` of the block.
#[derive(Clone, Copy, Debug)]
struct Place {
    block: Block,
    index: u32,
}

/// What the analysis knows about a value besides its facts: comparisons of it with others, and from where they hold.
#[derive(Clone, Copy)]
struct Refinement {
    from: Place,
    op: Op,
    truth: bool,
    other: Value,
    left: bool,
}

impl Ranges {
    /// What holds for a value where it is defined.
    pub fn of(&self, func: &Function, value: Value) -> Facts {
        self.facts[value].unwrap_or(Facts::top(func.ty(value)))
    }

    /// The counters of the loop with this header.
    pub fn counters(&self, header: Block) -> &[Counter] {
        &self.counters[header]
    }

    pub fn new(func: &Function, flow: &Flow) -> Ranges {
        let mut analysis = Analysis {
            func,
            flow,
            facts: SecondaryMap::with_capacity(func.values.len()),
            index: SecondaryMap::with_capacity(func.insts.len()),
            block_of: SecondaryMap::with_capacity(func.insts.len()),
            refinements: SecondaryMap::new(),
            refined_by: SecondaryMap::new(),
            mentions: SecondaryMap::new(),
            needed: SecondaryMap::new(),
            users: SecondaryMap::new(),
            edges: SecondaryMap::new(),
            visits: SecondaryMap::new(),
            order: Vec::new(),
        };
        analysis.prepare();
        if analysis.order.is_empty() {
            return Ranges { facts: SecondaryMap::new(), counters: SecondaryMap::new() };
        }
        analysis.ascend();
        analysis.descend();
        analysis.descend();
        let mut counters = analysis.counters();
        if analysis.bound_counters(&counters) {
            analysis.descend();
            analysis.descend();
            counters = analysis.counters();
        }
        Ranges { facts: analysis.facts, counters }
    }
}

/// The comparisons that are decided where `condition` is `truth`.
pub fn decided(func: &Function, condition: Value, truth: bool, out: &mut SmallVec<[Decided; 4]>) {
    let mut work: SmallVec<[(Value, bool); 4]> = SmallVec::new();
    work.push((condition, truth));
    let mut steps = 0;
    while let Some((value, truth)) = work.pop() {
        steps += 1;
        let ValueDef::Result(inst, _) = func.values[value].def else { continue };
        let data = &func.insts[inst];
        match data.op {
            Op::IcmpEq | Op::IcmpNe | Op::IcmpUlt | Op::IcmpUle | Op::IcmpSlt | Op::IcmpSle => {
                out.push(Decided { op: data.op, truth, left: data.args[0], right: data.args[1] });
                // A truth value compared with a constant.
                if data.ty == Type::I1
                    && let Some(bits) = func.constant(data.args[1])
                    && matches!(data.op, Op::IcmpEq | Op::IcmpNe)
                {
                    work.push((data.args[0], truth == ((data.op == Op::IcmpEq) == (bits == 1))));
                }
            }
            Op::Bnot if data.ty == Type::I1 => work.push((data.args[0], !truth)),
            Op::Band if data.ty == Type::I1 && truth => work.extend(data.args.iter().map(|&a| (a, true))),
            Op::Bor if data.ty == Type::I1 && !truth => work.extend(data.args.iter().map(|&a| (a, false))),
            _ => {}
        }
        if steps >= 8 {
            break;
        }
    }
}

/// The condition that a control-flow edge decides, if the edge is one of two different ones of a `brif`.
pub fn edge_condition(func: &Function, from: Block, to: Block) -> Option<(Value, bool)> {
    let data = &func.insts[func.terminator(from)];
    match &data.payload {
        Payload::Brif(targets) if targets[0].block != targets[1].block => {
            let truth = targets[0].block == to;
            (truth || targets[1].block == to).then_some((data.args[0], truth))
        }
        _ => None,
    }
}

struct Analysis<'a> {
    func: &'a Function,
    flow: &'a Flow,
    facts: SecondaryMap<Value, Option<Facts>>,
    index: SecondaryMap<Inst, u32>,
    block_of: SecondaryMap<Inst, Option<Block>>,
    refinements: SecondaryMap<Value, SmallVec<[Refinement; 2]>>,
    /// By value, those that comparisons with it refine.
    refined_by: SecondaryMap<Value, SmallVec<[Value; 2]>>,
    /// The other way round.
    mentions: SecondaryMap<Value, SmallVec<[Value; 2]>>,
    /// The values that are analysed.
    needed: SecondaryMap<Value, bool>,
    /// By value, the values computed from it, parameters included.
    users: SecondaryMap<Value, SmallVec<[Value; 4]>>,
    /// By parameter, what flows in: the argument and the edge.
    edges: SecondaryMap<Value, SmallVec<[(Value, Block); 2]>>,
    visits: SecondaryMap<Value, u8>,
    /// The values to analyse, in reverse postorder of their definitions.
    order: Vec<Value>,
}

fn has_facts(ty: Type) -> bool {
    ty.is_int() || ty == Type::Ptr
}

impl Analysis<'_> {
    fn prepare(&mut self) {
        let (func, flow) = (self.func, self.flow);
        let mut params = false;
        for &block in flow.cfg.rpo() {
            for (index, &inst) in func.blocks[block].insts.iter().enumerate() {
                self.index[inst] = index as u32;
                self.block_of[inst] = Some(block);
            }
            for target in func.successors(block) {
                for (&arg, &param) in target.args.iter().zip(&func.blocks[target.block].params) {
                    self.edges[param].push((arg, block));
                    params = true;
                }
            }
        }
        if !params {
            return;
        }
        self.find_refinements();
        self.find_order();
    }

    fn find_refinements(&mut self) {
        let (func, flow) = (self.func, self.flow);
        // Outer places first, so that the nearest ones are last.
        for &block in flow.dom.preorder() {
            if let Some(pred) = flow.entering(block)
                && let Some((condition, truth)) = edge_condition(func, pred, block)
            {
                self.refine(Place { block, index: 0 }, condition, truth);
            }
            for (index, &inst) in func.blocks[block].insts.iter().enumerate() {
                let data = &func.insts[inst];
                match data.op {
                    Op::Trapif => self.refine(Place { block, index: index as u32 + 1 }, data.args[0], false),
                    // Edges refine the arguments that they pass, also to blocks with more predecessors.
                    Op::Brif => [true, false].into_iter().for_each(|truth| self.mention(data.args[0], truth)),
                    _ => {}
                }
            }
        }
    }

    fn mention(&mut self, condition: Value, truth: bool) {
        let mut facts = SmallVec::new();
        decided(self.func, condition, truth, &mut facts);
        for Decided { left, right, .. } in facts {
            for (value, other) in [(left, right), (right, left)] {
                // A constant never changes; that a pair is listed twice only costs time.
                let is_listed = self.refined_by[other].iter().rev().take(REFINEMENTS).any(|&v| v == value);
                if self.func.constant(other).is_none() && !is_listed {
                    self.refined_by[other].push(value);
                    self.mentions[value].push(other);
                }
            }
        }
    }

    fn refine(&mut self, from: Place, condition: Value, truth: bool) {
        let mut facts = SmallVec::new();
        decided(self.func, condition, truth, &mut facts);
        for Decided { op, truth, left, right } in facts {
            for (value, other, is_left) in [(left, right, true), (right, left, false)] {
                if self.func.constant(value).is_none() && value != other {
                    self.refinements[value].push(Refinement { from, op, truth, other, left: is_left });
                }
            }
        }
        self.mention(condition, truth);
    }

    /// Finds the values that parameters depend on.
    fn find_order(&mut self) {
        let (func, flow) = (self.func, self.flow);
        let mut needed: SecondaryMap<Value, bool> = SecondaryMap::with_capacity(func.values.len());
        let mut work: Vec<Value> = Vec::new();
        for &block in flow.cfg.rpo() {
            for &param in &func.blocks[block].params {
                if has_facts(func.ty(param)) && !self.edges[param].is_empty() {
                    needed[param] = true;
                    work.push(param);
                }
            }
        }
        while let Some(value) = work.pop() {
            let mut need = |v: Value, needed: &mut SecondaryMap<Value, bool>| {
                if !std::mem::replace(&mut needed[v], true) {
                    work.push(v);
                }
            };
            match func.values[value].def {
                ValueDef::Param(..) => self.edges[value].iter().for_each(|&(arg, _)| need(arg, &mut needed)),
                ValueDef::Result(inst, _) if self.is_transferred(inst) => {
                    func.insts[inst].args.iter().for_each(|&arg| need(arg, &mut needed));
                }
                ValueDef::Result(..) => {}
            }
            self.mentions[value].iter().for_each(|&other| need(other, &mut needed));
        }
        for &block in flow.cfg.rpo() {
            for &param in &func.blocks[block].params {
                if needed[param] {
                    self.order.push(param);
                    for at in 0..self.edges[param].len() {
                        let arg = self.edges[param][at].0;
                        self.users[arg].push(param);
                    }
                }
            }
            for &inst in &func.blocks[block].insts {
                let transferred = self.is_transferred(inst);
                for value in func.results(inst).filter(|&v| needed[v]) {
                    self.order.push(value);
                    if transferred {
                        func.insts[inst].args.iter().for_each(|&arg| self.users[arg].push(value));
                    }
                }
            }
        }
        self.needed = needed;
    }

    /// Facts about a value where it is defined; of a value that is not analysed only the type is known.
    fn known(&self, value: Value) -> Option<Facts> {
        if self.needed[value] {
            return self.facts[value];
        }
        let ty = self.func.ty(value);
        Some(self.func.constant(value).map_or(Facts::top(ty), |bits| Facts::constant(ty, bits)))
    }

    fn is_transferred(&self, inst: Inst) -> bool {
        let data = &self.func.insts[inst];
        data.op.info().eval.is_some() && has_facts(self.func.ty(self.func.result(inst)))
    }

    /// Facts about a value at a place that its definition dominates; `None` if the place is not reached, as far as known.
    fn refined(&self, value: Value, at: Place, edge: Option<Block>) -> Option<Facts> {
        let mut facts = self.known(value)?;
        let mut left = REFINEMENTS;
        for r in self.refinements[value].iter().rev().take(8 * REFINEMENTS) {
            let holds = if r.from.block == at.block {
                r.from.index <= at.index
            } else {
                self.flow.dom.dominates(r.from.block, at.block)
            };
            if holds {
                facts = facts.given(r.op, r.truth, &self.known(r.other)?, r.left)?;
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        // The edge's own condition holds on the edge even where it does not hold in the block behind.
        if let Some(to) = edge
            && let Some((condition, truth)) = edge_condition(self.func, at.block, to)
        {
            let mut conditions = SmallVec::new();
            decided(self.func, condition, truth, &mut conditions);
            for d in conditions {
                if d.left == value && d.right != value {
                    facts = facts.given(d.op, d.truth, &self.known(d.right)?, true)?;
                } else if d.right == value && d.left != value {
                    facts = facts.given(d.op, d.truth, &self.known(d.left)?, false)?;
                }
            }
        }
        Some(facts)
    }

    /// What the definition of a value gives.
    fn evaluate(&self, value: Value) -> Option<Facts> {
        let ty = self.func.ty(value);
        match self.func.values[value].def {
            ValueDef::Param(block, _) => {
                if self.edges[value].is_empty() || block == self.func.entry() || !has_facts(ty) {
                    return Some(Facts::top(ty));
                }
                let mut all: Option<Facts> = None;
                for &(arg, from) in &self.edges[value] {
                    let end = Place { block: from, index: u32::MAX };
                    if let Some(facts) = self.refined(arg, end, Some(block)) {
                        all = Some(all.map_or(facts, |known| known.or(&facts)));
                    }
                }
                all
            }
            ValueDef::Result(inst, _) => {
                let data = &self.func.insts[inst];
                if let Some(bits) = data.constant() {
                    return Some(Facts::constant(ty, bits));
                }
                if !self.is_transferred(inst) {
                    return Some(Facts::top(ty));
                }
                let at = Place { block: self.block_of[inst]?, index: self.index[inst] };
                let mut args = [Facts::top(Type::I1); 3];
                for (slot, &arg) in args.iter_mut().zip(&data.args) {
                    *slot = self.refined(arg, at, None)?;
                }
                Some(transfer(data.op, data.ty, &args[..data.args.len()]))
            }
        }
    }

    fn ascend(&mut self) {
        let mut position: SecondaryMap<Value, u32> = SecondaryMap::with_capacity(self.func.values.len());
        for (index, &value) in self.order.iter().enumerate() {
            position[value] = index as u32 + 1;
        }
        let mut queued = vec![true; self.order.len()];
        let mut round: Vec<u32> = (0..self.order.len() as u32).collect();
        // Rounds in reverse postorder: what is changed by a later value waits for the next round.
        while !round.is_empty() {
            let mut next = Vec::new();
            let mut heap: std::collections::BinaryHeap<std::cmp::Reverse<u32>> =
                round.drain(..).map(std::cmp::Reverse).collect();
            while let Some(std::cmp::Reverse(at)) = heap.pop() {
                queued[at as usize] = false;
                let value = self.order[at as usize];
                let Some(new) = self.evaluate(value) else { continue };
                let old = self.facts[value];
                let merged = match old {
                    None => new,
                    Some(old) => {
                        let joined = old.or(&new);
                        if joined == old {
                            continue;
                        }
                        let visits = &mut self.visits[value];
                        *visits = visits.saturating_add(1);
                        let is_param = matches!(self.func.values[value].def, ValueDef::Param(..));
                        if *visits > RANGE_VISITS {
                            Facts::top(old.ty)
                        } else if is_param && *visits > RANGE_VISITS_EXACT {
                            old.widen(&new)
                        } else {
                            joined
                        }
                    }
                };
                if Some(merged) == old {
                    continue;
                }
                self.facts[value] = Some(merged);
                let refined = &self.refined_by[value];
                let users = self.users[value].iter().chain(refined.iter().flat_map(|&v| &self.users[v]));
                for &user in users {
                    let Some(user) = position[user].checked_sub(1) else { continue };
                    if !std::mem::replace(&mut queued[user as usize], true) {
                        if user > at { heap.push(std::cmp::Reverse(user)) } else { next.push(user) }
                    }
                }
            }
            round = next;
        }
    }

    fn descend(&mut self) {
        for at in 0..self.order.len() {
            let value = self.order[at];
            if let Some(old) = self.facts[value]
                && let Some(new) = self.evaluate(value)
            {
                self.facts[value] = old.and(&new).or(Some(old));
            }
        }
    }

    fn counters(&self) -> SecondaryMap<Block, Vec<Counter>> {
        let mut counters: SecondaryMap<Block, Vec<Counter>> = SecondaryMap::new();
        for (_, a_loop) in self.flow.loops.iter() {
            for &param in &self.func.blocks[a_loop.header].params {
                if self.needed[param] && self.func.ty(param).is_int() {
                    counters[a_loop.header].extend(self.counter(a_loop.header, param));
                }
            }
        }
        counters
    }

    fn counter(&self, header: Block, param: Value) -> Option<Counter> {
        let mut start = None;
        let mut up = None;
        let mut from_start = true;
        let mut bounds: Option<SmallVec<[Value; 2]>> = None;
        for &(arg, from) in &self.edges[param] {
            if !self.flow.dom.dominates(header, from) {
                if start.is_some_and(|known| known != arg) {
                    return None;
                }
                start = Some(arg);
                continue;
            }
            if arg == param {
                continue;
            }
            let ValueDef::Result(inst, _) = self.func.values[arg].def else { return None };
            let data = &self.func.insts[inst];
            let (Op::Iadd, [a, b]) = (data.op, &data.args[..]) else { return None };
            let step = if *a == param { *b } else { *a };
            if *a != param && *b != param {
                return None;
            }
            let step = Facts::constant(data.ty, self.func.constant(step)?);
            let direction = step.smin >= 0;
            if up.is_some_and(|known| known != direction) {
                return None;
            }
            up = Some(direction);
            let at = Place { block: self.block_of[inst]?, index: self.index[inst] };
            // What the counter is where the step is taken; where that place is not reached the step does not matter.
            if let Some(here) = self.refined(param, at, None) {
                from_start &= add_no_swrap(&here, &step);
            }
            let reached = match step.smin {
                1 | -1 => self.not_reached(header, param, from, direction),
                _ => SmallVec::new(),
            };
            bounds = Some(match bounds {
                None => reached,
                Some(known) => known.into_iter().filter(|value| reached.contains(value)).collect(),
            });
        }
        Some(Counter { param, start: start?, up: up?, from_start, bounds: bounds? })
    }

    /// Counters that start on the near side of a bound that they do not pass stay between the two. Says whether that is
    /// news about one.
    fn bound_counters(&mut self, counters: &SecondaryMap<Block, Vec<Counter>>) -> bool {
        let mut news = false;
        for (_, a_loop) in self.flow.loops.iter() {
            let Some(before) = self.flow.entering(a_loop.header) else { continue };
            for counter in &counters[a_loop.header] {
                let end = Place { block: before, index: u32::MAX };
                let Some(start) = self.refined(counter.start, end, Some(a_loop.header)) else { continue };
                for &bound in &counter.bounds {
                    let (Some(bound), Some(old)) =
                        (self.refined(bound, end, Some(a_loop.header)), self.facts[counter.param])
                    else {
                        continue;
                    };
                    let (low, high) = if counter.up { (&start, &bound) } else { (&bound, &start) };
                    if low.smax <= high.smin
                        && let Some(new) = old.and(&Facts::signed(old.ty, low.smin, high.smax))
                        && new != old
                    {
                        self.facts[counter.param] = Some(new);
                        news = true;
                    }
                }
            }
        }
        news
    }

    /// Values from before the loop that the counter differs from, or is on the near side of, wherever this back edge is
    /// taken.
    fn not_reached(&self, header: Block, param: Value, latch: Block, up: bool) -> SmallVec<[Value; 2]> {
        let mut values: SmallVec<[Value; 2]> = SmallVec::new();
        let mut consider = |op: Op, truth: bool, other: Value, left: bool| {
            let differs = matches!((op, truth), (Op::IcmpNe, true) | (Op::IcmpEq, false));
            // `param < other` going up, `other < param` going down, also written as what is not the case.
            let before = matches!((op, truth), (Op::IcmpSlt, true)) && left == up
                || matches!((op, truth), (Op::IcmpSle, false)) && left != up;
            let block = match self.func.values[other].def {
                ValueDef::Param(block, _) => Some(block),
                ValueDef::Result(inst, _) => self.block_of[inst],
            };
            let is_invariant = block.is_some_and(|b| b != header && self.flow.dom.dominates(b, header));
            if (differs || before) && is_invariant && !values.contains(&other) {
                values.push(other);
            }
        };
        for r in self.refinements[param].iter().rev().take(REFINEMENTS) {
            if self.flow.dom.dominates(r.from.block, latch) && self.flow.dom.dominates(header, r.from.block) {
                consider(r.op, r.truth, r.other, r.left);
            }
        }
        if let Some((condition, truth)) = edge_condition(self.func, latch, header) {
            let mut conditions = SmallVec::new();
            decided(self.func, condition, truth, &mut conditions);
            for d in conditions {
                if d.left == param {
                    consider(d.op, d.truth, d.right, true);
                } else if d.right == param {
                    consider(d.op, d.truth, d.left, false);
                }
            }
        }
        values
    }
}
