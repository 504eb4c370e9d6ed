//! Random modules do what the interpreter says, as they are and optimized.

use crate::support::{File, LEVELS, executable, options};
use lang_backend::{Emit, OptLevel};
use lang_interp::{Config, Machine, Stop};
use lang_ir::Module;
use lang_ir::target::{GENERIC, Target};
use lang_ir::testing::{self, Random};
use lang_opt::{EgraphOptions, Level, Options};
use std::process::Command;

static TARGET: Target = Target { name: "llvm", divides_by_constants: true, ..GENERIC };

/// Seeds are few in the test-suite; `SEEDS=10000` makes it a campaign.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let first = number("FIRST_SEED", 0);
    first..first + number("SEEDS", 30)
}

fn check(seed: u64, module: &Module, level: OptLevel) {
    let id = module.function(testing::RUN).unwrap();
    let file = File::new(module, level);
    let mut random = Random::new(seed ^ 0x5eed);
    for (a, b) in [(0, 0), (1, 2), (7, u64::MAX), (random.bits(), random.bits()), (1 << 63, u64::MAX)] {
        match Machine::new(module, Config::default()).call(id, &[a as u128, b as u128]) {
            Ok(expected) => {
                let library = file.load();
                // SAFETY: this is the type of the function.
                let code = unsafe { library.get::<extern "C" fn(u64, u64) -> u64>(testing::RUN) };
                assert_eq!(code(a, b) as u128, expected[0], "seed {seed}, {level:?}, {a:#x} {b:#x}\n{module}");
            }
            Err(Stop::Trap(_)) => {}
            Err(other) => panic!("seed {seed}: {other}"),
        }
    }
    // A trap ends the process, so only of a whole program it is seen.
    if let Err(Stop::Trap(trap)) = Machine::new(module, Config::default()).call(module.entry().unwrap(), &[]) {
        let folder = tempfile::tempdir().unwrap();
        let program = executable(module, &options(Emit::Object, level), folder.path());
        let output = Command::new(program).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        let start = format!("error: {}\n", trap.message);
        assert!(stderr.starts_with(&start), "seed {seed}, {level:?}: {stderr} is not {start}");
        assert_eq!(output.status.code(), Some(101), "seed {seed}, {level:?}");
    }
}

#[test]
fn random_modules_do_the_same() {
    for seed in seeds() {
        let mut module = testing::module(seed);
        for level in LEVELS {
            check(seed, &module, level);
        }
        let options = Options { level: Level::Full, target: &TARGET, egraph: EgraphOptions::default(), verify: false };
        lang_opt::optimize(&mut module, &options, &mut |_, _| {}).unwrap_or_else(|e| panic!("{}", e.violations));
        check(seed, &module, OptLevel::Speed);
    }
}
