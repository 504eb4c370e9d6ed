//! How programs end from outside, and arguments that are no text: the same in every mode.

use crate::modes::{Mode, has_llvm, lang};
use libtest_mimic::Trial;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("processes/closed-pipe", || closed_pipe().map_err(Into::into)),
        Trial::test("processes/arguments-of-bytes", || arguments_of_bytes().map_err(Into::into)),
        Trial::test("processes/no-temporary-names", || no_temporary_names().map_err(Into::into)),
    ];
    if has_llvm() {
        for (name, number) in [("int", 2), ("term", 15)] {
            let test = move || signal_cleans_up(name, number).map_err(Into::into);
            trials.push(Trial::test(format!("processes/signal-{name}"), test));
        }
    }
    trials
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, got: T, expected: T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{what}: {got:?}, not {expected:?}")) }
}

/// A folder with a program.
fn program(source: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("program.lang");
    std::fs::write(&path, source).expect("written");
    (folder, path)
}

/// The commands that run a program, built ones with the folder that they are in.
fn commands(path: &Path) -> Vec<(Mode, Command)> {
    let built = |option: &[&str], name: &str| {
        let output = path.with_file_name(name);
        let built = lang().arg("build").arg(path).args(option).arg("-o").arg(&output).status().expect("lang runs");
        assert!(built.success());
        Command::new(output)
    };
    let in_memory = |name: &str| {
        let mut command = lang();
        command.arg(name).arg(path).arg("--");
        command
    };
    Mode::all()
        .filter_map(|mode| match mode {
            Mode::Sim => Some((mode, in_memory("sim"))),
            Mode::Debug => Some((mode, in_memory("run"))),
            Mode::Built => Some((mode, built(&[], "debug"))),
            Mode::Release => Some((mode, built(&["--release"], "release"))),
            Mode::SimOptimized | Mode::DebugOptimized => None,
        })
        .collect()
}

/// A program whose reader has gone dies of it without a word, as every program does.
fn closed_pipe() -> Result<(), String> {
    let (_folder, path) = program("fn main() { for i in 0..1000000 { print(i); } }\n");
    for (mode, mut command) in commands(&path) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
        let mut first = String::new();
        BufReader::with_capacity(16, child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
        let output = child.wait_with_output().expect("ends");
        equal(&format!("{mode:?}"), (first.as_str(), output.status.signal()), ("0\n", Some(13)))?;
        equal(&format!("{mode:?}"), String::from_utf8_lossy(&output.stderr).into_owned(), String::new())?;
    }
    Ok(())
}

/// What is no text reaches the program as it is.
fn arguments_of_bytes() -> Result<(), String> {
    let (_folder, path) = program("fn main() { write(args()[0]); }\n");
    for (mode, mut command) in commands(&path) {
        let output = command.arg(OsStr::from_bytes(b"a\xffb")).output().expect("runs");
        equal(&format!("{mode:?}"), output.stdout, b"a\xffb".to_vec())?;
    }
    Ok(())
}

/// A signal ends the program that `lang run --release` runs, then `lang` itself, and nothing stays behind.
fn signal_cleans_up(name: &str, number: i32) -> Result<(), String> {
    let (folder, path) = program("fn main() { loop { print(1); } }\n");
    let temporary = folder.path().join("temporary");
    std::fs::create_dir(&temporary).expect("a folder");
    let mut command = lang();
    command.env("TMPDIR", &temporary).args(["run", "--release"]).arg(&path);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("runs");
    // It has started when it prints; it then waits, as nobody reads on.
    let mut output = BufReader::with_capacity(16, child.stdout.take().expect("a pipe"));
    output.read_line(&mut String::new()).expect("a line");
    let killed = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().expect("kill runs");
    assert!(killed.success());
    let status = child.wait().expect("ends");
    equal("signal", status.signal(), Some(number))?;
    equal("left behind", std::fs::read_dir(&temporary).expect("a folder").count(), 0)
}

/// Where nothing can be written, the message names what the user asked for.
fn no_temporary_names() -> Result<(), String> {
    let (folder, path) = program("fn main() {}\n");
    let output = folder.path().join("missing/program");
    let built = lang().arg("build").arg(&path).arg("-o").arg(&output).output().expect("lang runs");
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    equal(
        "message",
        said,
        format!("error: cannot write {}: No such file or directory (os error 2)\n", output.display()),
    )
}
