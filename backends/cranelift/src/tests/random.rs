//! Random modules do what the interpreter says, as they are and optimized.

use super::programs::run;
use crate::isa;
use crate::jit::Loaded;
use lang_backend::OptLevel;
use lang_interp::{Config, Machine, Stop};
use lang_ir::testing::{self, Random};
use lang_ir::*;
use lang_opt::{EgraphOptions, Level, Options};

/// Seeds are few in the test-suite; `SEEDS=10000` makes it a campaign.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let first = number("FIRST_SEED", 0);
    first..first + number("SEEDS", 60)
}

fn check(seed: u64, module: &Module, level: OptLevel) {
    let id = module.function(testing::RUN).unwrap();
    let mut random = Random::new(seed ^ 0x5eed);
    for (a, b) in [(0, 0), (1, 2), (7, u64::MAX), (random.bits(), random.bits()), (1 << 63, u64::MAX)] {
        let expected = Machine::new(module, Config::default()).call(id, &[a as u128, b as u128]);
        match expected {
            Ok(expected) => {
                // Globals are written: every call gets its own.
                let funcs = module.functions.keys().filter(|&f| module.functions[f].is_definition());
                let funcs = funcs.collect::<Vec<_>>();
                let isas = [isa::for_jit(level).unwrap(), isa::for_jit(level).unwrap().huge_only()];
                for (huge, isas) in isas.iter().enumerate() {
                    let loaded = Loaded::new(module, &funcs, isas).unwrap();
                    let code = loaded.address(id).unwrap();
                    let code = unsafe { std::mem::transmute::<usize, extern "C" fn(u64, u64) -> u64>(code) };
                    let what = || format!("seed {seed}, {level:?}, huge {huge}, {a:#x} {b:#x}\n{module}");
                    assert_eq!(code(a, b) as u128, expected[0], "{}", what());
                }
            }
            Err(Stop::Trap(_)) => {}
            Err(other) => panic!("seed {seed}: {other}"),
        }
    }
    // A trap ends the process, so only of a whole program it is seen.
    let expected = Machine::new(module, Config::default()).call(module.entry().unwrap(), &[]);
    if let Err(Stop::Trap(trap)) = expected {
        let outcome = run(module, level);
        assert_eq!(outcome.status, Ok(101), "seed {seed}, {level:?}: {outcome:?}");
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        let start = format!("error: {}\n", trap.message);
        assert!(stderr.starts_with(&start), "seed {seed}, {level:?}: {stderr} is not {start}");
    }
}

#[test]
fn random_modules_do_the_same() {
    for seed in seeds() {
        let mut module = testing::module(seed);
        check(seed, &module, OptLevel::None);
        check(seed, &module, OptLevel::Speed);
        let options =
            Options { level: Level::Full, target: &crate::TARGET, egraph: EgraphOptions::default(), verify: false };
        lang_opt::optimize(&mut module, &options, &mut |_, _| {}).unwrap_or_else(|e| panic!("{}", e.violations));
        check(seed, &module, OptLevel::Speed);
    }
}
