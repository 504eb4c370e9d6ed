//! The driver of saturation: worklists of e-nodes instead of egg's runner, and no clock.
//!
//! A node is matched when it is new, and again when a class below it, within the reach of the rules for its operation,
//! gained members or facts. Rules of tier A run until nothing changes, then those of tier B once over what changed for
//! them, on fuel; and again.

use super::limits::Limits;
use super::matcher::{Match, Matcher, Matchers};
use super::node::{Graph, NO_RULE, Node};
use crate::rules::Rule;
use egg::{Id, Language};
use lang_ir::Loc;

/// Where an e-node comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Index into the rules; [`NO_RULE`] for the function's own.
    pub rule: u16,
    pub round: u8,
    /// The e-node that matched.
    pub root: u32,
    pub loc: Loc,
}

/// What a rule did.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct RuleStats {
    /// Matches that told something new.
    pub fired: u64,
    /// E-nodes that they added.
    pub nodes: u64,
}

/// Classes with more parents pass changes on to their parents only: they are constants and common operands, and what is
/// beyond their parents hardly depends on them.
const HUB: usize = 48;

const CLEAN: u8 = u8::MAX;

/// E-nodes to match, by the distance of the closest change.
#[derive(Default)]
struct Worklist {
    distance: Vec<u8>,
    ids: Vec<u32>,
}

impl Worklist {
    fn add(&mut self, id: usize, distance: u8) {
        if self.distance.len() <= id {
            self.distance.resize(id + 1, CLEAN);
        }
        let known = &mut self.distance[id];
        if *known == CLEAN {
            self.ids.push(id as u32);
        }
        *known = distance.min(*known);
    }

    /// The nodes in the order in which they were made, each with its distance.
    fn take(&mut self) -> Vec<(u32, u8)> {
        let mut ids = std::mem::take(&mut self.ids);
        ids.sort_unstable();
        ids.into_iter().map(|id| (id, std::mem::replace(&mut self.distance[id as usize], CLEAN))).collect()
    }
}

/// Saturation of one e-graph.
pub struct Saturation<'a> {
    pub graph: Graph,
    /// By e-node.
    pub origins: Vec<Origin>,
    /// By rule.
    pub stats: Vec<RuleStats>,
    pub rounds: u32,
    rules: &'a [Rule],
    tier_a: &'a Matcher,
    tier_b: &'a Matcher,
    work_a: Worklist,
    work_b: Worklist,
    /// E-nodes below this index have been put into the worklists.
    seen: usize,
    max_nodes: usize,
    fuel: usize,
    limits: Limits,
    clock: quanta::Clock,
}

impl<'a> Saturation<'a> {
    pub fn new(graph: Graph, rules: &'a [Rule], matchers: &'a Matchers, limits: Limits) -> Saturation<'a> {
        Saturation {
            graph,
            origins: Vec::new(),
            stats: vec![RuleStats::default(); rules.len()],
            rounds: 0,
            rules,
            tier_a: &matchers.tier_a,
            tier_b: &matchers.tier_b,
            work_a: Worklist::default(),
            work_b: Worklist::default(),
            seen: 0,
            max_nodes: 0,
            fuel: 0,
            limits,
            clock: quanta::Clock::mock().0,
        }
    }

    /// Says where the e-nodes come from that were added since the last call.
    pub fn note(&mut self, rule: u16, root: u32, loc: Loc) {
        let round = self.rounds.min(255) as u8;
        self.origins.resize(self.graph.nodes().len(), Origin { rule, round, root, loc });
    }

    /// The e-graph holds the function: what it may grow to is fixed now.
    pub fn set_limits(&mut self, instructions: usize) {
        let nodes = self.graph.nodes().len();
        self.max_nodes = nodes * self.limits.growth + self.limits.free_nodes;
        let fuel = nodes * self.limits.fuel_eighths / 8 + self.limits.free_nodes;
        self.fuel = if instructions > self.limits.tier_b_instructions { 0 } else { fuel };
    }

    /// Runs until nothing changes or a limit is met. Leaves the e-graph rebuilt.
    pub fn run(&mut self) {
        self.rebuild();
        for _ in 0..self.limits.rounds {
            if self.graph.nodes().len() >= self.max_nodes || self.graph.analysis.conflict.is_some() {
                break;
            }
            let work_a = self.work_a.take();
            let changed = if work_a.is_empty() {
                let work_b = self.work_b.take();
                if work_b.is_empty() || self.fuel == 0 {
                    break;
                }
                self.round_b(&work_b)
            } else {
                self.round_a(&work_a)
            };
            self.rounds += 1;
            if changed {
                self.rebuild();
            }
        }
    }

    fn rebuild(&mut self) {
        // Egg asks what time it is, for its log. The first time, its clock would be calibrated for 10 ms.
        quanta::with_clock(&self.clock, || self.graph.rebuild());
        self.note(NO_RULE, 0, Loc::from_u32(0));
        self.collect();
        debug_assert!(self.graph.analysis.conflict.is_none(), "{}", self.conflict_message());
    }

    /// What the tripwire says.
    pub fn conflict_message(&self) -> String {
        match &self.graph.analysis.conflict {
            Some(conflict) => {
                let rule = self.rules.get(conflict.rule as usize).map_or("no rule", |r| r.row.name);
                let [a, b] = conflict.bits;
                format!("two constants in one class, {a:#x} and {b:#x}, after rule `{rule}`")
            }
            None => String::new(),
        }
    }

    /// Puts new nodes and what is above changed classes into the worklists.
    fn collect(&mut self) {
        for id in self.seen..self.graph.nodes().len() {
            let Some(op) = self.graph.nodes()[id].op else { continue };
            if self.tier_a.reaches(op, 0) {
                self.work_a.add(id, 0);
            }
            if self.tier_b.reaches(op, 0) {
                self.work_b.add(id, 0);
            }
        }
        self.seen = self.graph.nodes().len();
        let (mut parents, mut classes) = self.graph.analysis.take_changes();
        classes.iter_mut().for_each(|class| *class = self.graph.find(*class));
        classes.sort_unstable();
        classes.dedup();
        for class in classes {
            parents.extend(self.graph[class].parents());
        }
        let mut distance = 1;
        while !parents.is_empty() {
            parents.sort_unstable();
            parents.dedup();
            let mut above: Vec<Id> = Vec::new();
            for &id in &parents {
                let index = usize::from(id);
                let Some(op) = self.graph.nodes()[index].op else { continue };
                if self.tier_a.reaches(op, distance) {
                    self.work_a.add(index, distance);
                }
                if self.tier_b.reaches(op, distance) {
                    self.work_b.add(index, distance);
                }
                above.push(self.graph.find(id));
            }
            distance += 1;
            if distance > 3 {
                break;
            }
            above.sort_unstable();
            above.dedup();
            parents.clear();
            for class in above {
                let class = &self.graph[class];
                if class.parents().len() <= HUB {
                    parents.extend(class.parents());
                }
            }
        }
    }

    fn round_a(&mut self, work: &[(u32, u8)]) -> bool {
        let mut matches = Vec::new();
        let mut changed = false;
        for &(id, distance) in work {
            let Some((node, root)) = self.canonical(id) else { continue };
            self.tier_a.matches(&self.graph, &node, distance, &mut matches);
            for m in matches.drain(..) {
                changed |= apply(self, Tier::A, &m, id, root);
            }
            if self.graph.nodes().len() >= self.max_nodes {
                break;
            }
        }
        changed
    }

    fn round_b(&mut self, work: &[(u32, u8)]) -> bool {
        let mut matches = Vec::new();
        let mut changed = false;
        for &(id, distance) in work {
            let Some((node, root)) = self.canonical(id) else { continue };
            if self.graph[root].nodes.len() > self.limits.class_nodes {
                continue;
            }
            self.tier_b.matches(&self.graph, &node, distance, &mut matches);
            for m in matches.drain(..) {
                let before = self.graph.nodes().len();
                changed |= apply(self, Tier::B, &m, id, root);
                // A match costs fuel even if it adds nothing, so that matching is bounded too.
                self.fuel = self.fuel.saturating_sub(1 + self.graph.nodes().len() - before);
            }
            if self.fuel == 0 || self.graph.nodes().len() >= self.max_nodes {
                break;
            }
        }
        changed
    }

    /// The node with its children as they are now, and its class; `None` if the class is a constant.
    fn canonical(&self, id: u32) -> Option<(Node, Id)> {
        let mut node = self.graph.nodes()[id as usize];
        let root = self.graph.find(Id::from(id as usize));
        if self.graph[root].data.facts.as_constant().is_some() {
            return None;
        }
        node.update_children(|child| self.graph.find(child));
        Some((node, root))
    }
}

#[derive(Clone, Copy)]
enum Tier {
    A,
    B,
}

/// Applies a match; says whether the e-graph learned something.
fn apply(this: &mut Saturation, tier: Tier, m: &Match, id: u32, root: Id) -> bool {
    let before = this.graph.nodes().len();
    this.graph.analysis.current_rule = m.rule;
    let matcher = match tier {
        Tier::A => this.tier_a,
        Tier::B => this.tier_b,
    };
    let mut changed = false;
    if let Some(new) = matcher.instantiate(&mut this.graph, m) {
        changed = this.graph.union(root, new);
        let added = this.graph.nodes().len() - before;
        let stats = &mut this.stats[m.rule as usize];
        stats.fired += changed as u64;
        stats.nodes += added as u64;
        if added > 0 {
            let loc = this.origins[id as usize].loc;
            this.note(m.rule, id, loc);
        }
    }
    this.graph.analysis.current_rule = NO_RULE;
    changed
}
