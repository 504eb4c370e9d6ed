//! Processors and what LLVM needs to know of them.

use inkwell::OptimizationLevel;
use inkwell::targets::{
    CodeModel, InitializationConfig, RelocMode, Target, TargetMachine, TargetMachineOptions, TargetTriple,
};
use lang_backend::{CompileOptions, Error, OptLevel};

/// What every program is built for.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// The baseline of the architecture.
const BASELINE: &str = "x86-64";

/// A generator of code for the processor that the options name.
pub fn create(options: &CompileOptions) -> Result<TargetMachine, Error> {
    Target::initialize_x86(&InitializationConfig::default());
    let (cpu, features) = match options.cpu.as_deref() {
        None => (BASELINE.to_string(), String::new()),
        Some("native") => (
            TargetMachine::get_host_cpu_name().to_string_lossy().into_owned(),
            TargetMachine::get_host_cpu_features().to_string_lossy().into_owned(),
        ),
        Some(name) if CPUS.contains(&name) => (name.to_string(), String::new()),
        Some(name) => {
            return Err(Error::Unsupported(format!(
                "LLVM knows no x86-64 processor named `{name}`; it knows native, {}",
                CPUS.join(", ")
            )));
        }
    };
    let level = match options.opt_level {
        OptLevel::None => OptimizationLevel::None,
        OptLevel::Speed => OptimizationLevel::Aggressive,
    };
    let triple = TargetTriple::create(TRIPLE);
    let target = Target::from_triple(&triple).map_err(|e| Error::Environment(format!("LLVM has no x86-64: {e}")))?;
    let options = TargetMachineOptions::new()
        .set_cpu(&cpu)
        .set_features(&features)
        .set_level(level)
        .set_reloc_mode(RelocMode::PIC)
        .set_code_model(CodeModel::Default);
    target
        .create_target_machine_from_options(&triple, options)
        .ok_or_else(|| Error::Internal("LLVM gives no target machine".to_string()))
}

/// The 64-bit processors that LLVM 19 and later know; its interface does not tell, and it ignores names that it does not
/// know.
const CPUS: &[&str] = &[
    "x86-64",
    "x86-64-v2",
    "x86-64-v3",
    "x86-64-v4",
    "alderlake",
    "amdfam10",
    "arrowlake",
    "arrowlake-s",
    "athlon-fx",
    "athlon64",
    "athlon64-sse3",
    "atom",
    "barcelona",
    "bdver1",
    "bdver2",
    "bdver3",
    "bdver4",
    "bonnell",
    "broadwell",
    "btver1",
    "btver2",
    "cannonlake",
    "cascadelake",
    "clearwaterforest",
    "cooperlake",
    "core-avx-i",
    "core-avx2",
    "core2",
    "corei7",
    "corei7-avx",
    "emeraldrapids",
    "generic",
    "goldmont",
    "goldmont-plus",
    "gracemont",
    "grandridge",
    "graniterapids",
    "graniterapids-d",
    "haswell",
    "icelake-client",
    "icelake-server",
    "ivybridge",
    "k8",
    "k8-sse3",
    "knl",
    "knm",
    "lunarlake",
    "meteorlake",
    "nehalem",
    "nocona",
    "opteron",
    "opteron-sse3",
    "pantherlake",
    "penryn",
    "raptorlake",
    "rocketlake",
    "sandybridge",
    "sapphirerapids",
    "sierraforest",
    "silvermont",
    "skx",
    "skylake",
    "skylake-avx512",
    "slm",
    "tigerlake",
    "tremont",
    "westmere",
    "znver1",
    "znver2",
    "znver3",
    "znver4",
    "znver5",
];
