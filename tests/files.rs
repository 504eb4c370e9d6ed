//! The tests of `tests/files`: one file, one test; or one folder, whose `main.lang` is the file.

use crate::expect::Expect;
use crate::modes::{Outcome, agree, agree_with, lang, root, run};
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut add = |folder: &str, ending: &str, test: fn(&Path) -> Result<(), String>| {
        for path in list(folder, ending) {
            let name = path.strip_prefix("tests/files").expect("a file test").display().to_string();
            trials.push(Trial::test(name, move || test(&path).map_err(Into::into)));
        }
    };
    add("run", "lang", runs);
    add("ir", "ir", runs);
    add("trap", "lang", runs);
    add("bril", "bril", runs_bril);
    add("check", "lang", checks);
    add("check", "bril", checks);
    add("opt", "ir", optimizes);
    add("cli", "cmd", commands);
    trials
}

/// The files of a folder, and the main files of the folders in it, relative to the project's, in order.
fn list(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = Path::new("tests/files").join(folder);
    let Ok(entries) = std::fs::read_dir(root().join(&folder)) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| folder.join(entry.expect("an entry").file_name()))
        .map(|path| if root().join(&path).is_dir() { path.join("main").with_extension(ending) } else { path })
        .filter(|path| root().join(path).is_file())
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .collect();
    paths.sort();
    paths
}

/// Runs in every mode. Directives: `args`, `stdin` (a line; `\n` is a newline).
fn runs(path: &Path) -> Result<(), String> {
    let expect = Expect::read(path);
    let args: Vec<&str> = expect.directive("args").map_or(Vec::new(), |args| args.split_whitespace().collect());
    let stdin = expect.directive("stdin").map_or(String::new(), |text| text.replace("\\n", "\n"));
    let outcome = agree(path, &args, &stdin)?;
    expect.check(&sections(outcome, 0))
}

/// Runs in every mode with every check, and if it ends well, without them, too; then as `--emit bril` writes it. Arguments follow
/// `ARGS:`, as in all Bril programs.
fn runs_bril(path: &Path) -> Result<(), String> {
    let expect = Expect::read(path);
    let args = expect.input.lines().find_map(|line| line.split_once("# ARGS:")).map_or("", |(_, args)| args);
    let args: Vec<&str> = args.split_whitespace().collect();
    let outcome = agree_with(&["--checks"], path, &args, "")?;
    if outcome.status == Some(0) {
        agree(path, &args, "")?;
    }
    for level in ["-O0", "-O2"] {
        emits_bril(path, level, &args, &outcome)?;
    }
    expect.check(&sections(outcome, 0))
}

/// The program that `--emit bril` writes does the same.
fn emits_bril(path: &Path, level: &str, args: &[&str], outcome: &Outcome) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let written = folder.path().join("written.bril");
    let mut command = lang();
    command.args(["build", level, "--emit", "bril", "-o"]).arg(&written).arg(path);
    let said: Outcome = run(command, "").into();
    if said.status != Some(0) {
        return Err(format!("--emit bril {level}: {:?}\n{}", said.status, said.stderr));
    }
    let mut command = lang();
    command.arg("sim").arg(&written).arg("--").args(args);
    let again: Outcome = run(command, "").into();
    if (again.status, &again.stdout) == (outcome.status, &outcome.stdout) {
        return Ok(());
    }
    let text = std::fs::read_to_string(&written).unwrap_or_default();
    Err(format!("--emit bril {level} gave a program that ends with {again:?}:\n{text}"))
}

/// Compares what `lang check` says.
fn checks(path: &Path) -> Result<(), String> {
    let expect = Expect::read(path);
    // The expectations are part of the file but not of the program that is shown.
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let name = path.file_name().expect("a name");
    if name == "main.lang" {
        copy(&root().join(path.parent().expect("a folder")), folder.path()).map_err(|error| error.to_string())?;
    }
    std::fs::write(folder.path().join(name), &expect.input).map_err(|error| error.to_string())?;
    let mut command = lang();
    command.current_dir(folder.path()).arg("check").arg(name);
    expect.check(&sections(run(command, "").into(), 1))
}

/// Copies what is in a folder.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Compares the IR after the optimizer. Directives: `pass` (default: the last), `options` (more of the command line).
fn optimizes(path: &Path) -> Result<(), String> {
    let expect = Expect::read(path);
    let mut command = lang();
    match expect.directive("pass") {
        Some(pass) => command.args(["build", "-O2", "--emit", "ir", "-o", "/dev/null", "--print-after", pass]),
        None => command.args(["build", "-O2", "--emit", "ir", "-o", "/dev/stdout"]),
    };
    command.args(expect.directive("options").unwrap_or("").split_whitespace()).arg(path);
    let outcome: Outcome = run(command, "").into();
    expect.check(&sections(outcome, 0))
}

/// Runs the command line after `lang` in the directive `lang`.
fn commands(path: &Path) -> Result<(), String> {
    let expect = Expect::read(path);
    let line = expect.directive("lang").ok_or("there is no directive `lang`")?;
    let mut command = lang();
    command.args(line.split_whitespace());
    let stdin = expect.directive("stdin").map_or(String::new(), |text| text.replace("\\n", "\n"));
    expect.check(&sections(run(command, &stdin).into(), 0))
}

fn sections(outcome: Outcome, usual_status: i32) -> [(&'static str, String); 3] {
    let status = if outcome.status == Some(usual_status) { String::new() } else { format!("{:?}\n", outcome.status) };
    [("stdout", outcome.stdout), ("stderr", outcome.stderr), ("status", status)]
}
