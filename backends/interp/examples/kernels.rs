//! Times the interpreter on IR written by hand: `cargo run --release -p lang-interp --example kernels [NAME]`.
//! Times are of the CPU; the second number is nanoseconds for each IR instruction that was executed.

use lang_interp::{Config, Machine};
use std::io::Write;

const KERNELS: [(&str, &str, [u128; 2]); 4] = [
    ("sieve", include_str!("kernels/sieve.ir"), [4_000_000, 2]),
    ("collatz", include_str!("kernels/collatz.ir"), [300_000, 0]),
    ("fib", include_str!("kernels/fib.ir"), [32, 0]),
    ("matmul", include_str!("kernels/matmul.ir"), [200, 0]),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = std::env::args().nth(1);
    let mut out = std::io::stdout();
    for (name, text, args) in KERNELS {
        if wanted.as_ref().is_some_and(|wanted| wanted != name) {
            continue;
        }
        let module = lang_ir::parse::module(text)?;
        let kernel = module.function("kernel").ok_or("no kernel")?;
        let mut fueled = Machine::new(&module, Config { fuel: Some(u64::MAX), ..Config::default() });
        fueled.call(kernel, &args).map_err(|stop| stop.to_string())?;
        let instructions = u64::MAX - fueled.fuel();
        let mut best = f64::MAX;
        let mut results = Vec::new();
        for _ in 0..3 {
            let mut machine = Machine::new(&module, Config::default());
            let start = cpu_seconds()?;
            results = machine.call(kernel, &args).map_err(|stop| stop.to_string())?;
            best = best.min(cpu_seconds()? - start);
        }
        writeln!(
            out,
            "{name:10} {:8.1} ms {:6.2} ns/instruction   result {results:?}",
            best * 1e3,
            best * 1e9 / instructions as f64
        )?;
    }
    Ok(())
}

/// Time that this thread has run.
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(stat.split(' ').next().ok_or("no time")?.parse::<f64>()? * 1e-9)
}
