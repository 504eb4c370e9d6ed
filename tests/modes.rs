//! The ways to run a program, which all have to agree.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The folder of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The compiler under test.
pub fn lang() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lang"));
    command.current_dir(root()).env_remove("LANG_PATH").env("NO_COLOR", "1");
    command
}

/// Whether the LLVM backend was built.
pub fn has_llvm() -> bool {
    cfg!(feature = "llvm-worker")
}

/// A way to run a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Sim,
    /// The interpreter after the optimizer: an oracle for the optimizer alone.
    SimOptimized,
    Debug,
    DebugOptimized,
    /// Built with Cranelift, linked, and run as an executable.
    Built,
    Release,
}

impl Mode {
    pub fn all() -> impl Iterator<Item = Mode> {
        [Mode::Sim, Mode::SimOptimized, Mode::Debug, Mode::DebugOptimized, Mode::Built, Mode::Release]
            .into_iter()
            .filter(|&mode| mode != Mode::Release || has_llvm())
    }

    /// Runs the program of this file, which links the library; compiled with these options, if it is compiled.
    pub fn run(self, path: &Path, library: &Library, options: &[&str], args: &[&str], stdin: &str) -> Output {
        let first: &[&str] = match self {
            Mode::Sim => &["sim"],
            Mode::SimOptimized => &["sim", "-O"],
            Mode::Debug => &["run"],
            Mode::DebugOptimized => &["run", "-O2"],
            Mode::Built => return build_and_run(options, path, library, args, stdin),
            Mode::Release => return build_and_run(&[&["--release"], options].concat(), path, library, args, stdin),
        };
        let options = if first[0] == "sim" { &[] } else { options };
        let mut command = lang();
        library.offer(&mut command);
        command.arg(first[0]).arg(path).args(&first[1..]).args(options).arg("--").args(args);
        run(command, stdin)
    }
}

fn build_and_run(options: &[&str], path: &Path, library: &Library, args: &[&str], stdin: &str) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program: PathBuf = folder.path().join("program");
    let mut command = lang();
    library.offer(&mut command);
    let built = command.arg("build").arg(path).args(options).arg("-o").arg(&program).output().expect("lang runs");
    if !built.status.success() {
        return built;
    }
    let mut command = Command::new(&program);
    command.args(args).current_dir(root());
    let mut output = run(command, stdin);
    // As with the other modes, the compiler's warnings come first.
    output.stderr.splice(0..0, built.stderr);
    output
}

/// The library that a program links: made of the C file of the same name beside it, if there is one. Its name is that
/// of the file.
pub struct Library(Option<TempDir>);

impl Library {
    /// Of a program without one.
    pub const NONE: Library = Library(None);

    pub fn of(program: &Path) -> Result<Library, String> {
        let source = root().join(program).with_extension("c");
        if !source.is_file() {
            return Ok(Library::NONE);
        }
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let stem = source.file_stem().expect("a name").to_string_lossy();
        let library = folder.path().join(format!("lib{stem}.so"));
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-fno-omit-frame-pointer", "-o"]);
        let compiled = cc.arg(&library).arg(&source).output().map_err(|error| error.to_string())?;
        if !compiled.status.success() {
            return Err(String::from_utf8_lossy(&compiled.stderr).into_owned());
        }
        Ok(Library(Some(folder)))
    }

    fn offer(&self, command: &mut Command) {
        command.env_remove("LANG_LINK_PATH");
        if let Library(Some(folder)) = self {
            command.env("LANG_LINK_PATH", folder.path());
        }
    }
}

/// Runs a command with this standard input.
pub fn run(mut command: Command, stdin: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut input = child.stdin.take().expect("a pipe");
    let text = stdin.to_string();
    // A program that reads nothing closes the pipe.
    let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    let output = child.wait_with_output().expect("output");
    writer.join().expect("the writer");
    output
}

/// What a run did, as text.
#[derive(PartialEq, Eq, Debug, Clone)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    /// `None` if a signal ended it.
    pub status: Option<i32>,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Outcome {
        Outcome {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            status: output.status.code(),
        }
    }
}

/// Runs a program in every mode; they have to agree. Optimized code may leave frames out of a backtrace, nothing else.
pub fn agree(path: &Path, args: &[&str], stdin: &str) -> Result<Outcome, String> {
    agree_with(&[], path, args, stdin)
}

/// As [`agree`], where it is compiled with these options.
pub fn agree_with(options: &[&str], path: &Path, args: &[&str], stdin: &str) -> Result<Outcome, String> {
    let library = Library::of(path)?;
    let oracle: Outcome = Mode::Sim.run(path, &library, options, args, stdin).into();
    for mode in Mode::all().filter(|&mode| mode != Mode::Sim) {
        let outcome: Outcome = mode.run(path, &library, options, args, stdin).into();
        let same = outcome.stdout == oracle.stdout
            && outcome.status == oracle.status
            && match mode {
                Mode::Debug | Mode::Built => outcome.stderr == oracle.stderr,
                _ => same_but_frames(&outcome.stderr, &oracle.stderr),
            };
        if !same {
            return Err(format!(
                "{} {options:?} {args:?}: sim gave {:?}\n--- stdout\n{}--- stderr\n{}\nbut {mode:?} gave {:?}\n--- stdout\n{}--- stderr\n{}",
                path.display(),
                oracle.status,
                excerpt(&oracle.stdout),
                excerpt(&oracle.stderr),
                outcome.status,
                excerpt(&outcome.stdout),
                excerpt(&outcome.stderr),
            ));
        }
    }
    Ok(oracle)
}

/// Whether two reports differ at most by frames that the first leaves out.
fn same_but_frames(some: &str, all: &str) -> bool {
    let is_frame = |line: &&str| line.starts_with("    ");
    let rest = |text: &str| text.lines().filter(|line| !is_frame(line)).map(str::to_string).collect::<Vec<_>>();
    let mut frames = all.lines().filter(is_frame);
    rest(some) == rest(all) && some.lines().filter(is_frame).all(|frame| frames.any(|other| other == frame))
}

fn excerpt(text: &str) -> &str {
    match text.char_indices().nth(3000) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
