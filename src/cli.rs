//! The command line. A command is a row of [`Command`], its options a struct; what it does is its file in `cmd`.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// A systems language whose optimizer is an e-graph, with LLVM, Cranelift and interpreter backends.
#[derive(Parser)]
#[command(name = "lang", version, after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  lang run hello.lang                     compile in memory and run
  lang build nbody.lang --release         e-graph and LLVM; writes ./nbody
  lang sim nbody.lang -- 1000             interpret with every check on
  lang dot nbody.lang advance -T svg      the control-flow graph of a function
  lang rules udiv                         the rewrite rules about unsigned division

Exit status: 0 success, 1 the program has errors, 2 wrong usage, 101 a program trapped, 70 a fault of the compiler.";

#[derive(Subcommand)]
pub enum Command {
    /// Compile a program to an executable, or to what --emit names
    #[command(after_help = "Examples:
  lang build hello.lang                           debug build: fast to compile
  lang build hello.lang --release -o hello        release build
  lang build hello.lang -O --emit ir,asm          optimized IR and assembly, to hello.ir and hello.s
  lang build hello.lang --release --stats         what the optimizer did")]
    Build(Build),
    /// Compile in memory and run
    #[command(after_help = "Examples:
  lang run hello.lang
  lang run nbody.lang --release -- 50000          arguments of the program stand behind --")]
    Run(Run),
    /// Interpret, with every check on
    #[command(after_help = "Examples:
  lang sim hello.lang
  lang sim hello.lang --trace                     every instruction, on standard error")]
    Sim(Sim),
    /// Show errors and warnings, and do nothing else
    #[command(after_help = "Examples:
  lang check hello.lang
  lang check hello.lang --json                    a line of JSON for each, for editors and other tools
  lang check --explain E0301                      what an error means, and how it is mended")]
    Check(Check),
    /// Run the tests of a program, and the examples in its comments
    #[command(after_help = "Examples:
  lang test geometry.lang                         the tests of a program and of what it imports
  lang test                                       those of every program in this folder
  lang test geometry.lang area --release          those with `area` in their name, optimized

Each test runs in a process of its own. Exit status: 0 if all pass, 1 if not.")]
    Test(Test),
    /// List the annotations in comments: TODO, FIXME, NOTE, HACK, XXX
    #[command(after_help = "Examples:
  lang get                                        all of them, in every program of this folder
  lang get TODO FIXME nbody.lang                  some of them, in one program

An annotation is one of these words in a comment, with a name and a colon if you like: `TODO(ann): text`.")]
    Get(Get),
    /// Format programs
    #[command(after_help = "Examples:
  lang fmt                                        every program in this folder
  lang fmt nbody.lang --check                     say whether it is formatted, and change nothing
  lang fmt - < nbody.lang                         from standard input to standard output")]
    Fmt(Fmt),
    /// Make a project: a folder with a `lang.toml` and a program with a test
    #[command(after_help = "Examples:
  lang new hello && cd hello && lang run")]
    New(New),
    /// Remove what `lang build` made in the project here
    Clean,
    /// Draw a graph of a program or function, in Graphviz's language or as a picture
    #[command(after_help = "Examples:
  lang dot nbody.lang advance                     control-flow graph as Graphviz text
  lang dot nbody.lang advance --stage opt -T svg -o advance.svg
  lang dot nbody.lang --what calls -T png -o calls.png
  lang dot nbody.lang advance --what egraph       what equality saturation found
  lang dot nbody.lang --what imports              which module imports which")]
    Dot(Dot),
    /// List the rewrite rules of the optimizer
    #[command(after_help = "Examples:
  lang rules                                      all of them
  lang rules urem-                                those with this in their name, in full")]
    Rules(Rules),
    /// Print a script that completes this command's words in a shell
    #[command(after_help = "Examples:
  lang completions bash > ~/.local/share/bash-completion/completions/lang
  lang completions zsh > ~/.zfunc/_lang
  lang completions fish > ~/.config/fish/completions/lang.fish")]
    Completions(Completions),
    /// Print the manual page of this command, or of one of its commands
    #[command(after_help = "Examples:
  lang man | man -l -
  lang man build > ~/.local/share/man/man1/lang-build.1")]
    Man(Man),
}

/// The arguments, with `-O2` and `-O 2` as `--opt-level=2`: clap would take the file behind a lone `-O` as its value.
pub fn arguments(raw: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let is_level = |text: &str| matches!(text, "0" | "1" | "2" | "3");
    let mut args: Vec<OsString> = Vec::new();
    let mut raw = raw.peekable();
    while let Some(arg) = raw.next() {
        if arg == "--" {
            args.push(arg);
            args.extend(raw);
            break;
        }
        let attached = arg.to_str().and_then(|arg| arg.strip_prefix("-O")).filter(|rest| !rest.is_empty());
        let next = if arg == "-O" { raw.next_if(|next| next.to_str().is_some_and(is_level)) } else { None };
        match attached.map(OsString::from).or(next) {
            Some(level) => args.push(OsString::from(format!("--opt-level={}", level.display()))),
            None => args.push(arg),
        }
    }
    args
}

/// Reads what stands behind `--opt-level` or `-O`.
fn level(text: &str) -> Result<u8, &'static str> {
    match text {
        "0" => Ok(0),
        "1" => Ok(1),
        "2" => Ok(2),
        "3" => Ok(3),
        _ => Err("there are the levels 0, 1, 2 and 3"),
    }
}

/// Which libraries a program is linked with.
#[derive(Args, Clone, Debug, Default)]
pub struct Linking {
    /// Look for libraries in this folder, too (may be repeated; LANG_LINK_PATH lists more)
    #[arg(short = 'L', value_name = "DIR")]
    pub link_path: Vec<PathBuf>,
    /// Link this library as well, as `#link` does (may be repeated)
    #[arg(short = 'l', value_name = "NAME")]
    pub library: Vec<String>,
}

/// How to optimize and with what to compile.
#[derive(Args, Clone, Debug, Default)]
pub struct Codegen {
    #[command(flatten)]
    pub linking: Linking,
    /// Optimize: e-graph, then LLVM at its best (or Cranelift, if lang was built without LLVM)
    #[arg(long)]
    pub release: bool,
    /// Optimize: the same as --opt-level 2; `-O0` to `-O3` name another level
    #[arg(short = 'O')]
    pub optimize: bool,
    /// 0: nothing; 1 to 3: all passes with the e-graph
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub opt_level: Option<u8>,
    /// Compile with this backend: cranelift or llvm; `lang run` also knows interp
    #[arg(long, value_name = "NAME")]
    pub backend: Option<String>,
    /// Generate code for this CPU (`native`, or a name that LLVM knows) instead of the baseline
    #[arg(long, value_name = "CPU")]
    pub target_cpu: Option<String>,
    /// Keep the optimizer from using this rule (may be repeated)
    #[arg(long, value_name = "RULE")]
    pub disable_rule: Vec<String>,
    /// Print the IR after this pass (may be repeated; `all` for every pass, `lowered` for the input)
    #[arg(long, value_name = "PASS")]
    pub print_after: Vec<String>,
    /// Print only this function with --print-after
    #[arg(long, value_name = "NAME", requires = "print_after")]
    pub func: Option<String>,
    /// Print what the optimizer did: nodes, rounds, and how often each rule fired
    #[arg(long)]
    pub stats: bool,
    /// Print how long each part of the compiler took
    #[arg(long)]
    pub time: bool,
    /// Check every use of memory in a Bril program, as `lang sim` does: bounds, freed and uninitialized memory, leaks.
    /// Without it only division is checked, and the size of an allocation
    #[arg(long)]
    pub checks: bool,
}

/// Which program.
#[derive(Args, Clone, Debug)]
pub struct Input {
    /// The main file (.lang), a Bril program (.bril, .json), a module in IR text (.ir), or the folder of a project; the project
    /// here if left out
    pub path: Option<PathBuf>,
    #[command(flatten)]
    pub search: Search,
}

/// Where what a program names is looked for, and what its constants may take.
#[derive(Args, Clone, Debug)]
pub struct Search {
    /// Look for imports in this folder, too (may be repeated)
    #[arg(short = 'I', long, value_name = "DIR")]
    pub import_path: Vec<PathBuf>,
    /// How many instructions the evaluation of a constant may take
    #[arg(long, value_name = "N", default_value_t = lang_ir::evaluate::Limits::default().fuel)]
    pub const_fuel: u64,
}

#[derive(Args)]
pub struct Build {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub codegen: Codegen,
    /// Where to write, `-` for standard output; default is the name of the file without its ending, and for projects build/debug
    /// or build/release
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What to write instead of an executable
    #[arg(long, value_name = "FORM", value_delimiter = ',')]
    pub emit: Vec<EmitForm>,
    /// Write line-level debug information (debug builds have it anyway)
    #[arg(short = 'g')]
    pub debug_info: bool,
}

/// What `build --emit` can write.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum EmitForm {
    /// Object file
    Obj,
    /// Assembly
    Asm,
    /// LLVM IR
    LlvmIr,
    /// Cranelift IR
    Clif,
    /// The IR of this compiler, after optimization
    Ir,
    /// Bril, after optimization: for other tools that read it
    Bril,
}

#[derive(Args)]
pub struct Run {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub codegen: Codegen,
    /// Arguments of the program
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<OsString>,
}

#[derive(Args)]
pub struct Sim {
    #[command(flatten)]
    pub input: Input,
    /// Print every instruction that is executed to standard error
    #[arg(long)]
    pub trace: bool,
    /// Of a Bril program, count the executed instructions, and print `total_dyn_inst: N` to standard error at the end
    #[arg(short = 'p', long = "profile")]
    pub count: bool,
    #[command(flatten)]
    pub linking: Linking,
    /// Interpret the optimized program instead: the e-graph and all passes run first
    #[arg(short = 'O')]
    pub opt: bool,
    /// The same by level; 0: as it is, 1 to 3: optimized
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub opt_level: Option<u8>,
    /// Arguments of the program
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<OsString>,
}

#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    pub input: Input,
    /// Print a line of JSON for each error and warning
    #[arg(long)]
    pub json: bool,
    /// Explain an error or warning, with an example, instead: `E0301`
    #[arg(long, value_name = "CODE", exclusive = true)]
    pub explain: Option<String>,
}

#[derive(Args)]
pub struct New {
    /// The folder to make; its name is that of the program
    #[arg(value_name = "NAME")]
    pub path: PathBuf,
}

#[derive(Args)]
pub struct Get {
    /// Which annotations, all if none is named; and a program (.lang) or folder, here if left out
    #[arg(value_names = ["TODO|FIXME|NOTE|HACK|XXX", "PATH"], num_args = 0..)]
    pub target: Vec<String>,
    /// Print a line of JSON for each
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Fmt {
    /// Programs (.lang) and folders with programs, here if left out; `-` is standard input
    pub paths: Vec<PathBuf>,
    /// Change nothing, and say what is not formatted: exit status 1
    #[arg(long)]
    pub check: bool,
}

#[derive(Args)]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

#[derive(Args)]
pub struct Man {
    /// A command of `lang`
    pub command: Option<String>,
}

#[derive(Args)]
pub struct Test {
    /// A program (.lang) or a folder with programs, the project or folder here if left out; and what the names of the tests contain
    #[arg(num_args = 0..=2, value_names = ["PATH", "FILTER"])]
    pub target: Vec<String>,
    #[command(flatten)]
    pub search: Search,
    #[command(flatten)]
    pub linking: Linking,
    /// Optimize, and compile with LLVM
    #[arg(long, conflicts_with = "sim")]
    pub release: bool,
    /// Interpret, with every check on
    #[arg(long)]
    pub sim: bool,
    /// How many tests run at a time; default is the number of processors
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub jobs: Option<u32>,
    /// How long a test may run
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
    /// Print a line of JSON for each test
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct Dot {
    /// The main file (.lang), a Bril program (.bril, .json) or a module in IR text (.ir), the project here if left out; and
    /// optionally a function of it
    #[arg(num_args = 0..=2, value_names = ["FILE", "FUNC"])]
    pub target: Vec<String>,
    #[command(flatten)]
    pub search: Search,
    /// What to draw
    #[arg(long, value_enum, default_value_t = What::Cfg)]
    pub what: What,
    /// The IR as the front end lowered it, or as the optimizer left it
    #[arg(long, value_enum, default_value_t = Stage::Lowered)]
    pub stage: Stage,
    /// The format; all but `dot` need Graphviz
    #[arg(short = 'T', value_enum, default_value_t = Format::Dot)]
    pub format: Format,
    /// Where to write; default is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What `dot` draws.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Control-flow graph in SSA form
    Cfg,
    /// Dominator tree
    Dom,
    /// Loop nest
    Loops,
    /// Call graph of the program
    Calls,
    /// The saturated e-graph
    Egraph,
    /// Syntax trees of the modules, or of one (`geometry.shapes`), or of a function
    Ast,
    /// Which module of the program imports which
    Imports,
}

/// Where `dot` looks.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    Lowered,
    Opt,
}

/// What `dot` writes.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Dot,
    Svg,
    Png,
}

#[derive(Args)]
pub struct Rules {
    /// Only rules whose name contains this
    pub name: Option<String>,
}
