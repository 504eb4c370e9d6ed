//! `lang dot`: graphs of a program or a function.

use crate::cli::{Codegen, Dot, Format, Input, Stage, What};
use crate::failure::Failure;
use crate::output::{say, write_file};
use crate::pipeline;
use crate::program::Program;
use lang_ir::{FuncId, dot as graphs};
use lang_opt::{EgraphOptions, Level};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub fn dot(args: &Dot) -> Result<(), Failure> {
    let is_file = |name: &&String| [".lang", ".ir", ".bril", ".json"].iter().any(|ending| name.ends_with(ending));
    let path = args.target.iter().find(is_file);
    let name = args.target.iter().find(|&name| Some(name) != path).map(String::as_str);
    let input = Input { path: path.map(PathBuf::from), search: args.search.clone() };
    let program = Program::of(&input)?;
    let text = match args.what {
        What::Ast | What::Imports => source_graph(args, &program, name)?,
        _ => code_graph(args, &program, name)?,
    };
    let bytes = match args.format {
        Format::Dot => text.into_bytes(),
        Format::Svg => graphviz(&text, "svg")?,
        Format::Png => graphviz(&text, "png")?,
    };
    match &args.output {
        Some(path) => write_file(path, &bytes),
        None if args.format == Format::Png => {
            Err(Failure::Usage("a picture does not go to standard output: name a file with -o".into()))
        }
        None => say(&String::from_utf8_lossy(&bytes)),
    }
}

/// A graph of what is written.
fn source_graph(args: &Dot, program: &Program, name: Option<&str>) -> Result<String, Failure> {
    let parsed = pipeline::parse(program)?;
    if args.what == What::Imports {
        return match name {
            None => Ok(lang_frontend::dot::imports(&parsed.sources, &parsed.modules)),
            Some(name) => Err(Failure::Usage(format!("imports are of a program, not of a function `{name}`"))),
        };
    }
    lang_frontend::dot::trees(&parsed.sources, &parsed.modules, &parsed.interner, name).ok_or_else(|| {
        let name = name.unwrap_or_default();
        Failure::Error(format!("there is no function or module `{name}` in {}", program.path.display()))
    })
}

/// A graph of the IR.
fn code_graph(args: &Dot, program: &Program, name: Option<&str>) -> Result<String, Failure> {
    let backend = lang_backends::debug();
    let mut module = pipeline::load(program, args.stage == Stage::Lowered)?;
    if args.stage == Stage::Opt {
        // A name that is not in the program is told before the optimizer takes some of its functions away.
        name.map(|name| pipeline::function(&module, name)).transpose()?;
        pipeline::optimize(&mut module, Level::Full, backend.target(), &Codegen::default())?;
        if let Some(name) = name.filter(|name| pipeline::function(&module, name).is_err()) {
            let left: Vec<_> = module.functions.values().filter(|f| f.is_definition()).map(|f| &*f.name).collect();
            return Err(Failure::Error(format!(
                "the optimizer inlined `{name}` everywhere, or nothing uses it; what is left is {}",
                left.join(", ")
            )));
        }
    }
    let func = name.map(|name| pipeline::function(&module, name)).transpose()?;
    let all: Vec<FuncId> = match func {
        Some(func) => vec![func],
        None => module.functions.iter().filter(|(_, f)| f.is_definition()).map(|(id, _)| id).collect(),
    };
    let each = |draw: &dyn Fn(FuncId) -> String| all.iter().map(|&id| draw(id)).collect::<String>();
    Ok(match args.what {
        What::Cfg => graphs::cfg(&module, &all),
        What::Dom => each(&|id| graphs::dominators(&module, id)),
        What::Loops => each(&|id| graphs::loops(&module, id)),
        What::Calls => graphs::calls(&module),
        What::Egraph => {
            let Some(func) = func else {
                return Err(Failure::Usage("an e-graph is of one function: name it behind the file".into()));
            };
            let options = EgraphOptions { target: backend.target(), ..EgraphOptions::default() };
            lang_opt::egraph::dot(&module, &module.functions[func], &options)
        }
        What::Ast | What::Imports => unreachable!("a graph of the source"),
    })
}

/// Lets Graphviz draw the text.
fn graphviz(text: &str, format: &str) -> Result<Vec<u8>, Failure> {
    let missing = |error: std::io::Error| {
        Failure::environment(format!(
            "cannot run Graphviz's `dot` ({error}): install the package graphviz, or use -T dot"
        ))
    };
    let mut child = Command::new("dot")
        .arg(format!("-T{format}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(missing)?;
    let mut input = child.stdin.take().expect("a pipe");
    let text = text.to_string();
    // Both pipes are served, so that neither side waits for the other.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().map_err(missing)?;
    let written = writer.join().map_err(|_| Failure::Internal("the writer to Graphviz panicked".into()))?;
    if !output.status.success() || written.is_err() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::environment(format!("Graphviz failed: {}", said.trim())));
    }
    Ok(output.stdout)
}
