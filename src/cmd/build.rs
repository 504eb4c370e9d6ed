//! `lang build`: compiles to an executable, or to the forms that `--emit` names.

use crate::cli::{Build, EmitForm};
use crate::failure::Failure;
use crate::output::write_file;
use crate::pipeline::Plan;
use crate::program::Program;
use crate::temporary;
use lang_backend::link::{LinkError, link};
use lang_backend::{Backend, Emit};
use lang_ir::Module;
use std::path::{Path, PathBuf};

pub fn build(args: &Build) -> Result<(), Failure> {
    let mut plan = Plan::new(&args.codegen)?;
    let mut program = Program::of(&args.input)?;
    program.bril.checks = args.codegen.checks;
    program.bril.functions_only = args.emit.contains(&EmitForm::Bril);
    if program.bril.functions_only && args.emit.len() > 1 {
        return Err(Failure::Usage("--emit bril takes the program apart into functions: ask for it alone".into()));
    }
    let stem = match &program.project {
        Some(project) => project.output_folder(args.codegen.release)?.join(&project.name),
        None => PathBuf::from(program.path.file_stem().unwrap_or_default()),
    };
    if args.output.is_some() && args.emit.len() > 1 {
        return Err(Failure::Usage("-o names one file, but --emit asks for several".into()));
    }
    let emits: Vec<_> = args.emit.iter().map(|&form| (form, backend_form(form))).collect();
    if let Some(&missing) =
        emits.iter().filter_map(|(_, emit)| emit.as_ref()).find(|emit| !plan.backend.emits().contains(emit))
    {
        return Err(unsupported(plan.backend, missing));
    }
    // The process ends soon: giving the module's memory back piece by piece would only take time.
    let module = std::mem::ManuallyDrop::new(plan.front(&program)?);
    let debug_info = args.debug_info || !args.codegen.release;
    if emits.is_empty() {
        need_entry(&module, &program.path)?;
        let output = args.output.clone().unwrap_or_else(|| stem.clone());
        let output = replaceable(output, &program.path)?;
        executable(&mut plan, &module, debug_info, &output)?;
    }
    for (form, emit) in emits {
        let (bytes, extension) = match emit {
            None if form == EmitForm::Bril => (in_bril(&module)?.into_bytes(), "bril"),
            None => (module.to_string().into_bytes(), "ir"),
            Some(emit) => {
                let options = plan.compile_options(emit, debug_info);
                let mut bytes = plan.timed("code", |plan| plan.backend.compile(&module, &options))?;
                if emit == Emit::Object && module.entry().is_none() {
                    bytes = library_for_c(&mut plan, &module, &bytes)?;
                }
                let (_, _, extension) = Emit::ALL.into_iter().find(|row| row.0 == emit).expect("a row for each form");
                (bytes, extension)
            }
        };
        let name = stem.file_name().unwrap_or_default().to_string_lossy();
        let output = args.output.clone().unwrap_or_else(|| stem.with_file_name(format!("{name}.{extension}")));
        if std::fs::canonicalize(&output).is_ok_and(|o| std::fs::canonicalize(&program.path).is_ok_and(|s| s == o)) {
            return Err(Failure::Error(format!("cannot write {}: it is the source of the program", output.display())));
        }
        write_file(&output, &bytes)?;
    }
    plan.finish();
    Ok(())
}

/// Where an executable can be written: a file that takes the place of what is there under this name. A link stays one.
fn replaceable(output: PathBuf, source: &Path) -> Result<PathBuf, Failure> {
    let refuse = |why: &str| Err(Failure::Error(format!("cannot write {}: {why}", output.display())));
    if output == Path::new("-") {
        return refuse("an executable can only be a file");
    }
    let Ok(target) = std::fs::canonicalize(&output) else { return Ok(output) };
    if target.is_dir() {
        return refuse("it is a folder");
    }
    if !target.is_file() {
        return refuse("an executable can only be a file");
    }
    if std::fs::canonicalize(source).is_ok_and(|source| source == target) {
        return refuse("it is the source of the program");
    }
    Ok(target)
}

fn in_bril(module: &Module) -> Result<String, Failure> {
    lang_frontend::bril::emit(module).map_err(|refused| {
        let list: String = refused.iter().map(|what| format!("\n  {what}")).collect();
        Failure::Error(format!("Bril has nothing for what is in these functions:{list}"))
    })
}

/// The backend's form; `None` for IR and Bril, which need no backend.
fn backend_form(form: EmitForm) -> Option<Emit> {
    match form {
        EmitForm::Obj => Some(Emit::Object),
        EmitForm::Asm => Some(Emit::Asm),
        EmitForm::LlvmIr => Some(Emit::LlvmIr),
        EmitForm::Clif => Some(Emit::Clif),
        EmitForm::Ir | EmitForm::Bril => None,
    }
}

fn unsupported(backend: &dyn Backend, emit: Emit) -> Failure {
    let name = |emit: &Emit| Emit::ALL.iter().find(|row| row.0 == *emit).map_or("", |row| row.1);
    let known: Vec<_> = backend.emits().iter().map(name).chain(["ir"]).collect();
    Failure::Usage(format!("the {} backend does not emit {}, only {}", backend.name(), name(&emit), known.join(", ")))
}

/// A module can be linked or run only if it has a `main`.
pub fn need_entry(module: &Module, path: &Path) -> Result<(), Failure> {
    match module.entry() {
        Some(_) => Ok(()),
        None => Err(Failure::Error(format!("{} has no function `main`", path.display()))),
    }
}

/// The object of a program without `main` with all it needs, but for the C library: C links it.
fn library_for_c(plan: &mut Plan, module: &Module, object: &[u8]) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::environment(format!("cannot write a temporary file: {error}"));
    let scratch = temporary::Folder::new()?;
    let path = scratch.path().join("program.o");
    std::fs::write(&path, object).map_err(failed)?;
    let linked = plan.timed("link", |_| lang_backend::link::library(module, &path, scratch.path()));
    linked.map_err(|error| Failure::environment(error.to_string()))
}

/// Compiles and links; the executable is written whole or not at all.
pub fn executable(plan: &mut Plan, module: &Module, debug_info: bool, output: &Path) -> Result<(), Failure> {
    let options = plan.compile_options(Emit::Object, debug_info);
    let object = plan.timed("code", |plan| plan.backend.compile(module, &options))?;
    let scratch = temporary::Folder::beside(output)?;
    let path = scratch.path().join("program.o");
    std::fs::write(&path, &object)
        .map_err(|error| Failure::environment(format!("cannot write {}: {error}", output.display())))?;
    drop(object);
    plan.timed("link", |_| link(module, &[&path], output, scratch.path(), debug_info)).map_err(|error| match error {
        LinkError::Missing(missing) => Failure::Missing(missing),
        other => Failure::environment(other.to_string()),
    })
}
