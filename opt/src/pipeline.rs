//! The pipeline: a table of passes, and what runs it.
//!
//! Passes over functions run on all functions in parallel, each function on its own; what they may ask of the module is
//! everything but the bodies of other functions. The result does not depend on the number of threads.

use crate::egraph::{self, EgraphOptions, EgraphStats};
use crate::passes::*;
use cranelift_entity::PrimaryMap;
use lang_ir::target::Target;
use lang_ir::*;
use rayon::prelude::*;
use std::time::{Duration, Instant};

/// One row of the pipeline.
pub struct Pass {
    /// What `--print-after` and `--stats` call it; a pass that runs twice has two rows with different names.
    pub name: &'static str,
    /// One line about what it does.
    pub doc: &'static str,
    /// The rows that have to come before it; a test checks the order.
    pub after: &'static [&'static str],
    pub run: Run,
}

/// What a pass works on.
pub enum Run {
    /// One function at a time; says whether it changed.
    Function(fn(&Module, &mut Function, &Options) -> bool),
    /// The whole module; says how many functions changed.
    Module(fn(&mut Module) -> usize),
    /// The e-graph, one function at a time.
    Egraph,
}

/// The pipeline, in order.
pub static PASSES: &[Pass] = &[
    Pass {
        name: "sroa",
        doc: "stack slots that are only loaded and stored become values",
        after: &[],
        run: Run::Function(|_, func, _| sroa::promote_slots(func)),
    },
    Pass {
        name: "constants",
        doc: "sparse conditional constant propagation",
        after: &["sroa"],
        run: Run::Function(|module, func, _| sccp::propagate_constants(module, func)),
    },
    Pass {
        name: "simplify",
        doc: "control-flow simplification",
        after: &["constants"],
        run: Run::Function(|_, func, _| simplify_cfg::simplify_cfg(func)),
    },
    Pass {
        name: "restrict",
        doc: "marks accesses with the restrict promises of parameters, which inlining would lose",
        after: &["sroa"],
        run: Run::Function(|_, func, _| restrict::mark_restrict(func)),
    },
    Pass {
        name: "dead-code",
        doc: "what no effect depends on goes, so that the inliner sees true sizes",
        after: &["simplify"],
        run: Run::Function(|module, func, _| dce::dead_code(module, func)),
    },
    Pass {
        name: "inline",
        doc: "bottom-up inlining: only calls, and bodies cheaper than their call",
        after: &["dead-code", "restrict"],
        run: Run::Module(inline::inline_calls),
    },
    Pass {
        name: "dead-functions",
        doc: "functions and globals that nothing refers to any more go",
        after: &["inline"],
        run: Run::Module(dead_functions::drop_dead_functions),
    },
    Pass {
        name: "sroa-2",
        doc: "slots whose address only went to calls that are inlined now",
        after: &["inline"],
        run: Run::Function(|_, func, _| sroa::promote_slots(func)),
    },
    Pass {
        name: "constants-2",
        doc: "constant arguments that inlining brought together with their uses",
        after: &["inline", "sroa-2"],
        run: Run::Function(|module, func, _| sccp::propagate_constants(module, func)),
    },
    Pass {
        name: "simplify-2",
        doc: "control flow that the constants settled; the e-graph wants no unreachable blocks",
        after: &["constants-2"],
        run: Run::Function(|_, func, _| simplify_cfg::simplify_cfg(func)),
    },
    Pass {
        name: "dead-code-2",
        doc: "keeps what nobody needs out of the e-graph",
        after: &["simplify-2"],
        run: Run::Function(|module, func, _| dce::dead_code(module, func)),
    },
    Pass {
        name: "egraph",
        doc: "equality saturation, extraction and elaboration",
        after: &["dead-code-2", "simplify-2"],
        run: Run::Egraph,
    },
    Pass {
        name: "loop-versions",
        doc: "innermost loops get a copy without the bounds checks that can be decided before the loop",
        after: &["egraph"],
        run: Run::Function(|module, func, _| loop_guards::version_loops(module, func)),
    },
    Pass {
        name: "simplify-3",
        doc: "branches and guards that the e-graph decided",
        after: &["egraph", "loop-versions"],
        run: Run::Function(|_, func, _| simplify_cfg::simplify_cfg(func)),
    },
    Pass {
        name: "dead-code-3",
        doc: "what only decided branches needed",
        after: &["simplify-3"],
        run: Run::Function(|module, func, _| dce::dead_code(module, func)),
    },
];

/// How much to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Nothing.
    None,
    /// The whole pipeline.
    Full,
}

/// What the optimizer is told.
pub struct Options {
    pub level: Level,
    /// The backend that compiles the result.
    pub target: &'static Target,
    pub egraph: EgraphOptions,
    /// Check the IR after every pass.
    pub verify: bool,
}

/// Sees the module after each pass.
pub type Observer<'a> = dyn FnMut(&'static Pass, &Module) + 'a;

/// What happened.
#[derive(Default)]
pub struct Report {
    /// A row for each pass that ran.
    pub passes: Vec<PassReport>,
    /// Of all functions together.
    pub egraph: EgraphStats,
}

/// What one pass did.
pub struct PassReport {
    pub name: &'static str,
    /// The number of functions that it changed.
    pub changed: usize,
    /// CPU time of all threads, by wall-clock per function; for reports only.
    pub time: Duration,
}

/// A pass that broke the IR: a fault of the compiler.
#[derive(Debug)]
pub struct BrokenIr {
    pub pass: &'static str,
    pub violations: String,
}

/// Runs the pipeline over a module that the verifier accepts.
pub fn optimize(module: &mut Module, options: &Options, observer: &mut Observer) -> Result<Report, BrokenIr> {
    let mut report = Report::default();
    if options.level == Level::None {
        return Ok(report);
    }
    for pass in PASSES {
        let (changed, time, stats) = run_pass(pass, module, options);
        report.egraph.add(&stats);
        report.passes.push(PassReport { name: pass.name, changed, time });
        if options.verify
            && let Err(violations) = verify::verify(module)
        {
            return Err(BrokenIr { pass: pass.name, violations: verify::render(&violations) });
        }
        observer(pass, module);
    }
    Ok(report)
}

/// Runs one pass: how many functions it changed, the time of all threads, and what the e-graph did if it is that pass.
pub fn run_pass(pass: &Pass, module: &mut Module, options: &Options) -> (usize, Duration, EgraphStats) {
    let mut stats = EgraphStats::default();
    let (changed, time) = match pass.run {
        Run::Module(run) => {
            let start = Instant::now();
            let changed = run(module);
            (changed, start.elapsed())
        }
        Run::Function(run) => {
            let results = for_each_function(module, |module, func| run(module, func, options));
            (results.iter().filter(|(changed, _)| *changed).count(), results.iter().map(|(_, time)| *time).sum())
        }
        Run::Egraph => {
            let results =
                for_each_function(module, |module, func| egraph::optimize_function(module, func, &options.egraph));
            for (of_one, _) in &results {
                stats.add(of_one);
            }
            (results.len(), results.iter().map(|(_, time)| *time).sum())
        }
    };
    (changed, time, stats)
}

/// Runs `f` on every function with a body, in parallel; results are in the order of the functions.
fn for_each_function<R: Send>(
    module: &mut Module,
    f: impl Fn(&Module, &mut Function) -> R + Sync,
) -> Vec<(R, Duration)> {
    let shells: PrimaryMap<FuncId, Function> = module.functions.values().map(Function::declaration).collect();
    let mut functions = std::mem::replace(&mut module.functions, shells);
    let shared = &*module;
    let results = functions
        .values_mut()
        .collect::<Vec<_>>()
        .into_par_iter()
        .filter(|func| func.is_definition())
        .map(|func| {
            let start = Instant::now();
            let result = f(shared, func);
            (result, start.elapsed())
        })
        .collect();
    module.functions = functions;
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_order_constraints_hold() {
        for (index, pass) in PASSES.iter().enumerate() {
            assert!(PASSES[..index].iter().all(|earlier| earlier.name != pass.name));
            for name in pass.after {
                assert!(PASSES[..index].iter().any(|earlier| earlier.name == *name), "{} after {name}", pass.name);
            }
        }
    }
}
