//! The e-graph optimizer: equality saturation over the pure operations of a whole function.
//!
//! Read in this order: [`node`] says what the e-graph holds and what an equality means, [`build`] how a function gets in,
//! [`saturate`] and [`matcher`] how rules run, [`memory`] and [`context`] how memory and control flow feed it, [`extract`],
//! [`cost`] and [`mod@elaborate`] how the best comes out again.

pub mod build;
pub mod context;
pub mod cost;
pub mod elaborate;
pub mod extract;
pub mod facts;
pub mod flow;
pub mod limits;
pub mod matcher;
pub mod memory;
pub mod node;
pub mod picture;
pub mod ranges;
pub mod saturate;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod transfer;

use crate::rules::{Rule, rules};
use build::Built;
use elaborate::{Chosen, cost_of, elaborate, plan};
use extract::{Choice, Extraction};
use flow::Flow;
use lang_ir::target::{GENERIC, Target};
use lang_ir::{Function, Module};
use limits::Limits;
use matcher::{Matchers, new_graph};
use ranges::Ranges;
use saturate::{RuleStats, Saturation};
use std::sync::Arc;

/// What the e-graph optimizer is told.
#[derive(Clone)]
pub struct EgraphOptions {
    /// The backend that compiles the result.
    pub target: &'static Target,
    pub rules: RuleFilter,
    pub limits: Limits,
}

impl Default for EgraphOptions {
    fn default() -> EgraphOptions {
        EgraphOptions { target: &GENERIC, rules: RuleFilter::All, limits: Limits::default() }
    }
}

/// Which rules run.
#[derive(Clone, Debug, Default)]
pub enum RuleFilter {
    #[default]
    All,
    /// None but these.
    Only(Arc<[String]>),
    /// All but these.
    Except(Arc<[String]>),
    /// Those with an index below this one in the list of rules: for bisection.
    First(usize),
}

impl RuleFilter {
    /// Whether a rule runs.
    pub fn accepts(&self, index: usize, rule: &Rule) -> bool {
        match self {
            RuleFilter::All => true,
            RuleFilter::Only(names) => names.iter().any(|n| n == rule.row.name),
            RuleFilter::Except(names) => names.iter().all(|n| n != rule.row.name),
            RuleFilter::First(count) => index < *count,
        }
    }
}

/// What happened to one function, or to many together.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct EgraphStats {
    pub functions: u64,
    /// E-nodes and e-classes at the end of saturation.
    pub nodes: u64,
    pub classes: u64,
    /// Rounds of matching.
    pub rounds: u64,
    /// By rule, in the order of [`rules`].
    pub rules: Vec<RuleStats>,
    /// By the cost model, see [`cost`].
    pub cost_before: u64,
    pub cost_after: u64,
    /// Guards and branches that were decided.
    pub decided: u64,
    /// Functions that were left as they were because they are too big.
    pub kept: u64,
    /// Functions that were left as they were because an analysis contradicted itself: a fault of the compiler.
    pub abandoned: u64,
}

impl EgraphStats {
    /// Counts another function in.
    pub fn add(&mut self, other: &EgraphStats) {
        self.functions += other.functions;
        self.nodes += other.nodes;
        self.classes += other.classes;
        self.rounds += other.rounds;
        self.cost_before = self.cost_before.saturating_add(other.cost_before);
        self.cost_after = self.cost_after.saturating_add(other.cost_after);
        self.decided += other.decided;
        self.kept += other.kept;
        self.abandoned += other.abandoned;
        self.rules.resize(self.rules.len().max(other.rules.len()), RuleStats::default());
        for (sum, rule) in self.rules.iter_mut().zip(&other.rules) {
            sum.fired += rule.fired;
            sum.nodes += rule.nodes;
        }
    }
}

/// Optimizes a function with a body. The module is only asked for its globals, signatures and the promises of functions.
pub fn optimize_function(module: &Module, func: &mut Function, options: &EgraphOptions) -> EgraphStats {
    let mut stats = EgraphStats { functions: 1, ..EgraphStats::default() };
    if !func.is_definition() || func.num_insts() > options.limits.instructions {
        stats.kept = 1;
        return stats;
    }
    drop_unreachable(func);
    let mut flow = Flow::new(module, func);
    let ranges = Ranges::new(func, &flow);
    let matchers = Matchers::get(options.target, &options.rules);
    let (saturation, mut built) = saturate_function(module, func, &flow, &ranges, &matchers, options);
    stats.nodes = saturation.graph.total_number_of_nodes() as u64;
    stats.classes = saturation.graph.number_of_classes() as u64;
    stats.rounds = saturation.rounds as u64;
    stats.cost_before = cost_of(func, &flow, options.target);
    stats.cost_after = stats.cost_before;
    if saturation.graph.analysis.conflict.is_some() {
        stats.abandoned = 1;
        return stats;
    }
    let graph = &saturation.graph;
    stats.decided = context::decide(func, &mut flow, &ranges, graph, &mut built) as u64;
    let live_cost = cost_of(func, &flow, options.target);
    let extract = |choice: Choice| {
        let mut extraction = Extraction::new(graph, &flow, &built, options.target, choice);
        let mut selection = extraction.select(func)?;
        extraction.share(&mut selection);
        let plan = plan(func, &flow, &built, &extraction, &selection, options.target);
        Some(Chosen { extraction, selection, plan })
    };
    let mut best = extract(Choice::Any);
    // Never worse than the function was: sharing and moving its own operations cannot be.
    if best.as_ref().is_none_or(|best| best.plan.cost > live_cost) {
        best = [best, extract(Choice::Original)].into_iter().flatten().min_by_key(|chosen| chosen.plan.cost);
    }
    match best {
        Some(chosen) => {
            stats.cost_after = chosen.plan.cost;
            elaborate(func, &flow, graph, &saturation.origins, &built, &chosen);
        }
        None => stats.abandoned = 1,
    }
    stats.rules = saturation.stats;
    stats
}

/// The e-graph of a function after saturation, as text for Graphviz.
pub fn dot(module: &Module, func: &Function, options: &EgraphOptions) -> String {
    let mut func = func.clone();
    drop_unreachable(&mut func);
    let flow = Flow::new(module, &func);
    let ranges = Ranges::new(&func, &flow);
    let matchers = Matchers::get(options.target, &options.rules);
    let (saturation, built) = saturate_function(module, &func, &flow, &ranges, &matchers, options);
    picture::draw(module, &func, &built, &saturation)
}

/// Builds the e-graph of a function and saturates it.
fn saturate_function<'a>(
    module: &Module,
    func: &Function,
    flow: &Flow,
    ranges: &Ranges,
    matchers: &'a Matchers,
    options: &EgraphOptions,
) -> (Saturation<'a>, Built) {
    let mut saturation = Saturation::new(new_graph(), rules(), matchers, options.limits);
    let built = build::build(func, flow, ranges, &mut saturation);
    saturation.set_limits(func.num_insts());
    saturation.run();
    // What loads turn out to be may show that other addresses are equal, seldom more than once.
    for _ in 0..2 {
        if memory::forward(module, func, flow, &built, &mut saturation.graph) == 0 {
            break;
        }
        saturation.run();
    }
    (saturation, built)
}

/// Takes blocks that no path reaches out of the layout.
fn drop_unreachable(func: &mut Function) {
    let cfg = lang_ir::graph::Cfg::new(func);
    func.layout.retain(|&block| cfg.is_reachable(block));
}
