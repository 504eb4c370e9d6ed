//! How a program goes through the compiler: load, optimize, generate code, link. This file is the whole of it.

use crate::cli::{Codegen, Linking};
use crate::failure::{self, Failure};
use crate::output::{complain, say};
use crate::program::{Disk, Program};
use crate::render;
use lang_backend::{Backend, CompileOptions, Emit, OptLevel};
use lang_frontend::Tests;
use lang_frontend::bril;
use lang_frontend::diagnostic::Diagnostic;
use lang_frontend::intern::Interner;
use lang_frontend::modules::{self, Modules};
use lang_frontend::source::SourceMap;
use lang_ir::target::Target;
use lang_ir::{FuncId, Library, Module, SourcePos, verify};
use lang_opt::egraph::RuleFilter;
use lang_opt::{EgraphOptions, Level, Options, Report};
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

/// What was decided from the command line: how hard to optimize, and with which backend to compile.
pub struct Plan {
    pub level: Level,
    pub backend: &'static dyn Backend,
    codegen: Codegen,
    /// The parts of the compiler and the time they took.
    times: Vec<(&'static str, Duration)>,
}

impl Plan {
    pub fn new(codegen: &Codegen) -> Result<Plan, Failure> {
        let usual = if codegen.release {
            3
        } else if codegen.optimize {
            2
        } else {
            0
        };
        let opt = codegen.opt_level.unwrap_or(usual);
        let level = if opt == 0 { Level::None } else { Level::Full };
        let backend = match &codegen.backend {
            Some(name) => lang_backends::find(name).ok_or_else(|| {
                let known = lang_backends::all().map(|b| b.name()).collect::<Vec<_>>().join(", ");
                let near = did_you_mean(name, lang_backends::all().map(|b| b.name()));
                Failure::Usage(format!("there is no backend `{name}`{near}; there are {known}"))
            })?,
            None if codegen.release => release_backend(),
            None => lang_backends::debug(),
        };
        Ok(Plan { level, backend, codegen: codegen.clone(), times: Vec::new() })
    }

    fn opt_level(&self) -> OptLevel {
        if self.level == Level::None { OptLevel::None } else { OptLevel::Speed }
    }

    /// What the backend is asked for.
    pub fn compile_options(&self, emit: Emit, debug_info: bool) -> CompileOptions {
        CompileOptions { emit, opt_level: self.opt_level(), debug_info, cpu: self.codegen.target_cpu.clone() }
    }

    /// As [`Plan::compile_options`], for a program that is run in memory.
    pub fn run_options(&self, args: Vec<OsString>) -> lang_backend::RunOptions {
        lang_backend::RunOptions { opt_level: self.opt_level(), args, trace: false }
    }

    /// Does a part of the work, and remembers how long it took.
    pub fn timed<R>(&mut self, part: &'static str, work: impl FnOnce(&Plan) -> R) -> R {
        let start = Instant::now();
        let result = work(self);
        self.times.push((part, start.elapsed()));
        result
    }

    /// Loads a program and optimizes it as planned.
    pub fn front(&mut self, program: &Program) -> Result<Module, Failure> {
        let mut module = self.timed("front end", |plan| load(program, plan.level == Level::None))?;
        add_libraries(&mut module, program, &self.codegen.linking);
        let target = if program.bril.functions_only { &bril::TARGET } else { self.backend.target() };
        let report = self.timed("optimizer", |plan| optimize(&mut module, plan.level, target, &plan.codegen))?;
        if self.codegen.stats {
            complain(stats(&report).trim_end());
        }
        Ok(module)
    }

    /// Shows the times, if they were asked for.
    pub fn finish(&self) {
        if self.codegen.time {
            for (part, time) in &self.times {
                complain(&format!("{part:<12}{:>10.1} ms", time.as_secs_f64() * 1e3));
            }
        }
    }
}

/// LLVM, or without it the best there is, with a word about it.
fn release_backend() -> &'static dyn Backend {
    if lang_backends::llvm_worker::available() {
        return lang_backends::llvm();
    }
    complain("note: this lang was built without LLVM; release builds use the e-graph and Cranelift");
    lang_backends::debug()
}

/// What a file holds.
enum Input {
    Source(Vec<u8>),
    Bril(Vec<u8>),
    Ir(Vec<u8>),
}

/// Whether a file is a program in Bril, by its name.
pub fn is_bril(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "bril" || ending == "json")
}

fn read(path: &Path) -> Result<Input, Failure> {
    failure::compiling(path);
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::environment(format!("cannot read {}: {error}", path.display())))?;
    match path.extension().and_then(|e| e.to_str()) {
        Some("ir") => Ok(Input::Ir(bytes)),
        Some("lang") => Ok(Input::Source(bytes)),
        _ if is_bril(path) => Ok(Input::Bril(bytes)),
        _ => Err(Failure::Usage(format!(
            "{} is neither a program (.lang), nor one in Bril (.bril, .json), nor a module in IR text (.ir)",
            path.display()
        ))),
    }
}

/// Says what is wrong with a program if something is; makes no code.
pub fn check(program: &Program) -> Result<(), Failure> {
    match read(&program.path)? {
        Input::Ir(bytes) => load_ir(&program.path, bytes).map(drop),
        Input::Source(bytes) => {
            let (sources, diagnostics) = analyze(program, bytes);
            shown(&sources, &diagnostics)
        }
        Input::Bril(bytes) => {
            let (sources, diagnostics) = analyze_bril(program, bytes);
            shown(&sources, &diagnostics).map_err(|_| Failure::ShownBril)
        }
    }
}

/// Shows diagnostics, and fails if there are errors among them.
fn shown(sources: &SourceMap, diagnostics: &[Diagnostic]) -> Result<(), Failure> {
    render::show(sources, diagnostics);
    if diagnostics.iter().any(Diagnostic::is_error) { Err(Failure::Shown) } else { Ok(()) }
}

/// Reads a program, and says what is wrong with it if something is. `debug`: for a build that is not optimized.
pub fn load(program: &Program, debug: bool) -> Result<Module, Failure> {
    let module = match read(&program.path)? {
        Input::Ir(bytes) => load_ir(&program.path, bytes)?,
        Input::Source(bytes) => load_source(program, bytes, debug)?,
        Input::Bril(bytes) => load_bril(program, bytes)?,
    };
    if cfg!(debug_assertions) {
        verify_or_fail(&module, "the front end")?;
    }
    Ok(module)
}

/// Where libraries are looked for: in the folder of the main file, where `#link_path` says, where the project says, where
/// `-L` says, where the variable LANG_LINK_PATH says; and what the project and `-l` ask for.
fn add_libraries(module: &mut Module, program: &Program, linking: &Linking) {
    let project = program.project.as_ref();
    for name in project.iter().flat_map(|project| &project.link).chain(&linking.library) {
        if !module.libraries.iter().any(|library| library.name == *name) {
            module.libraries.push(Library { name: name.clone(), decl: SourcePos::unknown() });
        }
    }
    let listed = std::env::var_os("LANG_LINK_PATH").unwrap_or_default();
    let listed = std::env::split_paths(&listed).filter(|folder| !folder.as_os_str().is_empty());
    let told = project.iter().flat_map(|project| &project.link_path).chain(&linking.link_path);
    let more = told.cloned().chain(listed);
    if !module.libraries.is_empty() {
        let main = program.path.parent().unwrap_or(Path::new("")).display().to_string();
        module.link_paths.insert(0, main);
        module.link_paths.extend(more.map(|folder| folder.display().to_string()));
    }
}

/// A program that was compiled for its tests.
pub struct TestProgram {
    pub tests: Tests,
    pub sources: SourceMap,
}

/// Reads a program with its tests, and says what is wrong with it if something is.
pub fn load_tests(program: &Program, linking: &Linking) -> Result<TestProgram, Failure> {
    let path = &*program.path;
    failure::compiling(path);
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::environment(format!("cannot read {}: {error}", path.display())))?;
    let mut sources = SourceMap::new();
    let file = sources.add(path.display().to_string(), bytes);
    let (tests, diagnostics) =
        lang_frontend::compile_tests(&mut sources, file, &Disk, &program.places, &source_options(program, true));
    render::show(&sources, &diagnostics);
    let mut tests = tests.ok_or(Failure::Shown)?;
    add_libraries(&mut tests.module, program, linking);
    if cfg!(debug_assertions) {
        verify_or_fail(&tests.module, "the front end")?;
    }
    Ok(TestProgram { tests, sources })
}

/// A program whose files were found and parsed, and no more.
pub struct Parsed {
    pub sources: SourceMap,
    pub modules: Modules,
    pub interner: Interner,
}

/// Finds and parses the files of a program, and says what is wrong if something is.
pub fn parse(program: &Program) -> Result<Parsed, Failure> {
    let Input::Source(bytes) = read(&program.path)? else {
        return Err(Failure::Usage(format!("{} is not a program (.lang)", program.path.display())));
    };
    let (mut sources, mut interner) = (SourceMap::new(), Interner::new());
    let file = sources.add(program.path.display().to_string(), bytes);
    let (modules, diagnostics) = modules::load(&mut sources, file, &mut interner, &Disk, &program.places);
    shown(&sources, &diagnostics)?;
    Ok(Parsed { sources, modules, interner })
}

/// Reads a program, and gives what there is to say about it; makes no code.
pub fn diagnose(program: &Program) -> Result<(SourceMap, Vec<Diagnostic>), Failure> {
    match read(&program.path)? {
        Input::Source(bytes) => Ok(analyze(program, bytes)),
        Input::Bril(bytes) => Ok(analyze_bril(program, bytes)),
        Input::Ir(_) => Err(Failure::Usage(format!("{} is not a program (.lang)", program.path.display()))),
    }
}

fn analyze(program: &Program, bytes: Vec<u8>) -> (SourceMap, Vec<Diagnostic>) {
    let options = source_options(program, true);
    let mut sources = SourceMap::new();
    let file = sources.add(program.path.display().to_string(), bytes);
    let (analysis, diagnostics) = lang_frontend::analyze(&mut sources, file, &Disk, &program.places, &options);
    // The process ends: giving its memory back piece by piece would only take time.
    std::mem::forget(analysis);
    (sources, diagnostics)
}

fn analyze_bril(program: &Program, bytes: Vec<u8>) -> (SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let file = sources.add(program.path.display().to_string(), bytes);
    let (_, diagnostics) = bril::analyze(&sources, file);
    (sources, diagnostics)
}

fn load_bril(program: &Program, bytes: Vec<u8>) -> Result<Module, Failure> {
    let mut sources = SourceMap::new();
    let file = sources.add(program.path.display().to_string(), bytes);
    let (module, diagnostics) = bril::compile(&sources, file, program.bril);
    render::show(&sources, &diagnostics);
    module.ok_or(Failure::ShownBril)
}

fn load_source(program: &Program, bytes: Vec<u8>, debug: bool) -> Result<Module, Failure> {
    let (sources, module, diagnostics) = compile(program, bytes, debug);
    render::show(&sources, &diagnostics);
    module.ok_or(Failure::Shown)
}

/// What compiling a program depends on besides its source.
fn source_options(program: &Program, debug: bool) -> lang_frontend::Options<'static> {
    lang_frontend::Options { evaluator: Some(lang_backends::evaluator()), limits: program.limits, debug }
}

fn compile(program: &Program, bytes: Vec<u8>, debug: bool) -> (SourceMap, Option<Module>, Vec<Diagnostic>) {
    let options = source_options(program, debug);
    let mut sources = SourceMap::new();
    let file = sources.add(program.path.display().to_string(), bytes);
    let (module, diagnostics) = lang_frontend::compile(&mut sources, file, &Disk, &program.places, &options);
    (sources, module, diagnostics)
}

fn load_ir(path: &Path, bytes: Vec<u8>) -> Result<Module, Failure> {
    let text = String::from_utf8(bytes)
        .map_err(|error| Failure::Error(format!("{}: not UTF-8 text: {error}", path.display())))?;
    let module =
        lang_ir::parse::module(&text).map_err(|error| Failure::Error(format!("{}:{error}", path.display())))?;
    verify::verify(&module).map_err(|violations| {
        let list: String = violations.iter().map(|v| format!("\n  {v}")).collect();
        Failure::Error(format!("{} is not valid IR:{list}", path.display()))
    })?;
    Ok(module)
}

fn verify_or_fail(module: &Module, after: &str) -> Result<(), Failure> {
    verify::verify(module).map_err(|violations| {
        let list: String = violations.iter().map(|v| format!("\n  {v}")).collect();
        Failure::Internal(format!("{after} made invalid IR:{list}"))
    })
}

/// Runs the optimizer, and prints the IR where that was asked for.
pub fn optimize(
    module: &mut Module,
    level: Level,
    target: &'static Target,
    codegen: &Codegen,
) -> Result<Report, Failure> {
    check_names(codegen)?;
    codegen.func.as_ref().map(|name| function(module, name)).transpose()?;
    let rules = match &codegen.disable_rule[..] {
        [] => RuleFilter::All,
        names => RuleFilter::Except(names.into()),
    };
    let egraph = EgraphOptions { target, rules, ..EgraphOptions::default() };
    let options = Options { level, target, egraph, verify: cfg!(debug_assertions) };
    let wants = |pass: &str| codegen.print_after.iter().any(|p| p == pass || p == "all");
    let mut printed = Ok(());
    let mut print = |pass: &str, module: &Module| {
        if wants(pass) && printed.is_ok() {
            printed = print_module(pass, module, codegen.func.as_deref());
        }
    };
    print("lowered", module);
    let report = lang_opt::optimize(module, &options, &mut |pass, module| print(pass.name, module))
        .map_err(|broken| Failure::Internal(format!("pass {} made invalid IR:\n{}", broken.pass, broken.violations)))?;
    printed?;
    Ok(report)
}

/// The function of this name that has a body.
pub fn function(module: &Module, name: &str) -> Result<FuncId, Failure> {
    module.function(name).filter(|&id| module.functions[id].is_definition()).ok_or_else(|| {
        let names = || module.functions.values().filter(|f| f.is_definition()).map(|f| &*f.name);
        let known = names().take(20).collect::<Vec<_>>().join(", ");
        let more = names().nth(20).map_or("", |_| ", ...");
        let near = did_you_mean(name, names());
        Failure::Error(format!("there is no function `{name}`{near}; there are {known}{more}"))
    })
}

/// A question to put behind a name that does not exist, or nothing.
fn did_you_mean<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    lang_frontend::nearest(name, known).map_or(String::new(), |near| format!(" (did you mean `{near}`?)"))
}

/// Names of passes and rules that do not exist are wrong usage.
fn check_names(codegen: &Codegen) -> Result<(), Failure> {
    let passes = || lang_opt::PASSES.iter().map(|p| p.name);
    for name in &codegen.print_after {
        if !["all", "lowered"].contains(&&**name) && !passes().any(|pass| pass == name) {
            let known = passes().collect::<Vec<_>>().join(", ");
            let near = did_you_mean(name, passes().chain(["all", "lowered"]));
            return Err(Failure::Usage(format!(
                "there is no pass `{name}`{near}; there are lowered, {known}, and all"
            )));
        }
    }
    for name in &codegen.disable_rule {
        if !lang_opt::rules::rules().iter().any(|rule| rule.row.name == name) {
            let near = did_you_mean(name, lang_opt::rules::rules().iter().map(|rule| rule.row.name));
            return Err(Failure::Usage(format!("there is no rule `{name}`{near}; `lang rules` lists them")));
        }
    }
    Ok(())
}

fn print_module(pass: &str, module: &Module, only: Option<&str>) -> Result<(), Failure> {
    let text = match only {
        Some(name) => match module.function(name) {
            Some(func) => lang_ir::print::function(module, func),
            None => format!("; there is no function {name} any more\n"),
        },
        None => module.to_string(),
    };
    say(&format!("; after {pass}\n{text}\n"))
}

/// The table of `--stats`.
fn stats(report: &Report) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let _ = writeln!(text, "{:<18}{:>10}{:>12}", "pass", "changed", "ms");
    for pass in &report.passes {
        let _ = writeln!(text, "{:<18}{:>10}{:>12.2}", pass.name, pass.changed, pass.time.as_secs_f64() * 1e3);
    }
    let egraph = &report.egraph;
    let _ = writeln!(
        text,
        "\ne-graphs: {} functions, {} nodes, {} classes, {} rounds; cost {} -> {}",
        egraph.functions, egraph.nodes, egraph.classes, egraph.rounds, egraph.cost_before, egraph.cost_after
    );
    if egraph.kept + egraph.abandoned > 0 {
        let _ = writeln!(text, "left as they were: {} functions", egraph.kept + egraph.abandoned);
    }
    let mut fired: Vec<_> =
        lang_opt::rules::rules().iter().zip(&egraph.rules).filter(|(_, stats)| stats.fired > 0).collect();
    fired.sort_by_key(|(_, stats)| std::cmp::Reverse(stats.fired));
    let _ = writeln!(text, "\n{:<28}{:>10}{:>12}", "rule", "fired", "new nodes");
    for (rule, stats) in fired {
        let _ = writeln!(text, "{:<28}{:>10}{:>12}", rule.row.name, stats.fired, stats.nodes);
    }
    text
}
