//! Random modules mean the same after any sequence of passes: the interpreter is the judge.

use lang_interp::{Config, Machine, Stop};
use lang_ir::target::GENERIC;
use lang_ir::testing::{self, Random};
use lang_ir::*;
use lang_opt::{EgraphOptions, Level, Options, PASSES, run_pass};

/// What a module does on a few arguments.
fn behaviour(module: &Module) -> Vec<String> {
    let run = module.function(testing::RUN).expect("every random module has it");
    let arguments = [(0, 0), (1, 2), (7, u64::MAX as u128), (12345678901234, 3), (1 << 63, u64::MAX as u128)];
    arguments
        .into_iter()
        .map(|(a, b)| match Machine::new(module, Config::default()).call(run, &[a, b]) {
            Ok(results) => format!("{results:?}"),
            Err(Stop::Trap(trap)) => format!("{} at {}:{}", trap.message, trap.pos.line, trap.pos.col),
            Err(other) => panic!("{other}"),
        })
        .collect()
}

/// Seeds are few in the test-suite; `SEEDS=10000` makes it a campaign.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let first = number("FIRST_SEED", 0);
    first..first + number("SEEDS", 400)
}

fn options() -> Options {
    Options { level: Level::Full, target: &GENERIC, egraph: EgraphOptions::default(), verify: true }
}

#[test]
fn any_sequence_of_passes_keeps_the_meaning() {
    for seed in seeds() {
        let mut module = testing::module(seed);
        let expected = behaviour(&module);
        let mut random = Random::new(!seed);
        let mut done = Vec::new();
        for _ in 0..1 + random.below(8) {
            let pass = &PASSES[random.below(PASSES.len())];
            done.push(pass.name);
            run_pass(pass, &mut module, &options());
            if let Err(violations) = verify::verify(&module) {
                panic!("seed {seed}, passes {done:?}:\n{}", verify::render(&violations));
            }
            assert_eq!(behaviour(&module), expected, "seed {seed}, passes {done:?}");
        }
    }
}

#[test]
fn the_pipeline_keeps_the_meaning() {
    for seed in seeds() {
        let mut module = testing::module(seed);
        let expected = behaviour(&module);
        let result = lang_opt::optimize(&mut module, &options(), &mut |_, _| {});
        if let Err(broken) = result {
            panic!("seed {seed}, pass {}:\n{}", broken.pass, broken.violations);
        }
        assert_eq!(behaviour(&module), expected, "seed {seed}");
    }
}
