//! `lang test`: compiles the tests of a program into one executable, and starts that once for each test.

use crate::child::{self, End, Outcome};
use crate::cli::{Codegen, Test};
use crate::cmd::build;
use crate::failure::{self, Failure};
use crate::output::{complain, has_colours, say, write_file};
use crate::pipeline::{self, Plan};
use crate::program::Program;
use crate::project::Project;
use crate::{json, render, sources, temporary};
use lang_frontend::source::{LineCol, SourceMap};
use lang_frontend::{PASSED, Tests};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

pub fn test(args: &Test) -> Result<i32, Failure> {
    let (path, filter) = target(&args.target)?;
    let project = if path.is_dir() { Project::around(&path)? } else { None };
    // Of a project, all of it, wherever in it this is.
    let path = match &project {
        Some(project) if path == Path::new(".") && !project.root.as_os_str().is_empty() => project.root.clone(),
        _ => path,
    };
    let files = programs(&path)?;
    let mut run = Run {
        args,
        filter,
        totals: Totals::default(),
        failed: Vec::new(),
        headings: files.len() > 1,
        seen: HashSet::new(),
    };
    for file in &files {
        if run.seen.contains(&identity(file)) {
            continue;
        }
        match pipeline::load_tests(&Program::in_project(file, project.clone(), &args.search), &args.linking) {
            Ok(program) => run.program(file, program.tests, &program.sources)?,
            // One program with errors does not keep the others from being tested.
            Err(failure) if files.len() > 1 => {
                failure.report();
                run.totals.broken += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
    run.finish(&path)
}

/// The program or folder, and the filter: a lone word is a filter, unless it names a file or folder.
fn target(words: &[String]) -> Result<(PathBuf, String), Failure> {
    let is_path = |word: &str| word.ends_with(".lang") || Path::new(word).exists();
    match words {
        [] => Ok((PathBuf::from("."), String::new())),
        [word] if is_path(word) => Ok((PathBuf::from(word), String::new())),
        [word] => Ok((PathBuf::from("."), word.clone())),
        [path, filter, ..] => Ok((PathBuf::from(path), filter.clone())),
    }
}

/// The one path of a file, whatever links lead to it.
fn identity(file: &Path) -> PathBuf {
    std::fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf())
}

/// The file, or all programs in the folder and those below it: those further up first, as they import the others.
fn programs(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return match path.extension().and_then(|e| e.to_str()) {
            Some("lang") => Ok(vec![path.to_path_buf()]),
            _ => Err(Failure::Usage(format!("{} is neither a program (.lang) nor a folder", path.display()))),
        };
    }
    let mut files = sources::below(path)?;
    files.sort_by_key(|file| file.components().count());
    Ok(files)
}

/// The state of a run over all programs.
struct Run<'a> {
    args: &'a Test,
    filter: String,
    totals: Totals,
    failed: Vec<Report>,
    /// Several programs: each gets a heading.
    headings: bool,
    /// Files whose tests are done: several programs may import a module.
    seen: HashSet<PathBuf>,
}

#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    /// Not run, as the filter does not fit.
    filtered: usize,
    /// Programs that do not compile.
    broken: usize,
}

/// What is told about a test; with `--json`, a line.
#[derive(Serialize)]
struct Report {
    event: &'static str,
    name: String,
    /// `test` or `example`.
    kind: &'static str,
    file: String,
    line: u32,
    column: u32,
    /// `passed` or `failed`.
    outcome: &'static str,
    /// Why it failed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<String>,
    timed_out: bool,
    seconds: f64,
    /// What it wrote; only of failures.
    stdout: String,
    stderr: String,
}

#[derive(Serialize)]
struct Summary {
    event: &'static str,
    passed: usize,
    failed: usize,
    filtered_out: usize,
    /// Programs that do not compile.
    broken: usize,
}

impl Run<'_> {
    /// Runs the tests of a program that the filter lets through.
    fn program(&mut self, path: &Path, program: Tests, sources: &SourceMap) -> Result<(), Failure> {
        let Tests { module, tests } = program;
        let fresh: Vec<bool> =
            sources.files().map(|(_, file)| self.seen.insert(identity(file.name.as_ref()))).collect();
        let tests: Vec<_> = tests.into_iter().filter(|test| fresh[test.span.file.0 as usize]).collect();
        let all = tests.len();
        let tests: Vec<_> = tests.into_iter().filter(|test| test.name.contains(&self.filter)).collect();
        self.totals.filtered += all - tests.len();
        if tests.is_empty() {
            return Ok(());
        }
        if self.headings && !self.args.json {
            say(&format!("{}\n", path.display()))?;
        }
        // An example that is to have errors is not run.
        let runs = tests.iter().filter(|test| !test.wrong);
        let numbers: Vec<u32> = runs.filter_map(|test| test.code.as_ref().ok().copied()).collect();
        let runner = if numbers.is_empty() { None } else { Some(Runner::new(self.args, module)?) };
        let limit = Duration::from_secs(self.args.timeout);
        let jobs = match self.args.jobs {
            Some(jobs) => jobs as usize,
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let next = AtomicUsize::new(0);
        let (send, results) = channel();
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(numbers.len()) {
                let (send, next, numbers, runner) = (send.clone(), &next, &numbers, runner.as_ref());
                scope.spawn(move || {
                    while let Some(&number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let Some(runner) = runner else { return };
                        if send.send((number, child::run(runner.command(number), limit))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(send);
            // Told in the order of the source, each as soon as those before it are.
            let mut waiting = HashMap::new();
            for test in tests {
                let at = sources.line_col(test.span);
                let report = match test.code {
                    _ if test.wrong => {
                        let reason = test.code.is_ok().then(|| "compiles, though it is marked as wrong".to_string());
                        Report::not_run(test.name, &sources.file(test.span.file).name, at, reason, String::new())
                    }
                    Err(errors) => {
                        let text = render::plain(sources, &errors);
                        let reason = Some("does not compile".to_string());
                        Report::not_run(test.name, &sources.file(test.span.file).name, at, reason, text)
                    }
                    Ok(number) => {
                        while !waiting.contains_key(&number) {
                            let Ok((other, result)) = results.recv() else {
                                return Err(Failure::Internal("a test was not run".into()));
                            };
                            waiting.insert(other, result);
                        }
                        let outcome = waiting.remove(&number).expect("just received").map_err(|error| {
                            Failure::environment(format!("cannot run the test `{}`: {error}", test.name))
                        })?;
                        let kind = if test.example { "example" } else { "test" };
                        Report::new(test.name, kind, &sources.file(test.span.file).name, at, outcome, limit)
                    }
                };
                self.tell(report)?;
            }
            Ok(())
        })
    }

    fn tell(&mut self, report: Report) -> Result<(), Failure> {
        let passed = report.reason.is_none();
        if self.args.json {
            say(&json::line(&report)?)?;
        } else if let Some(reason) = &report.reason {
            say(&format!("{}  {}: {reason}\n", coloured("FAILED", Colour::Red), report.name))?;
        } else {
            say(&format!("{}      {}\n", coloured("ok", Colour::Green), report.name))?;
        }
        if passed {
            self.totals.passed += 1;
        } else {
            self.totals.failed += 1;
            self.failed.push(report);
        }
        Ok(())
    }

    /// The failures in full, and the totals.
    fn finish(self, path: &Path) -> Result<i32, Failure> {
        let Totals { passed, failed, filtered, broken } = self.totals;
        let status = i32::from(failed + broken > 0);
        if self.args.json {
            let summary = Summary { event: "end", passed, failed, filtered_out: filtered, broken };
            say(&json::line(&summary)?)?;
            return Ok(status);
        }
        if passed + failed == 0 && broken == 0 {
            let place = path.display();
            complain(&match filtered {
                0 => format!("note: there are no tests in {place}"),
                _ => format!("note: no test in {place} has `{}` in its name", self.filter),
            });
        }
        let mut text = String::new();
        for report in &self.failed {
            text += &report.in_full();
        }
        if passed + failed > 0 {
            text += "\n";
        }
        text += &format!("{passed} passed, {failed} failed");
        if filtered > 0 {
            text += &format!(", {filtered} left out");
        }
        if broken > 0 {
            text += &format!(", {broken} program{} with errors", if broken == 1 { "" } else { "s" });
        }
        say(&format!("{text}\n"))?;
        Ok(status)
    }
}

/// The compiled tests of a program.
struct Runner {
    /// Gone with this.
    _folder: temporary::Folder,
    program: PathBuf,
    /// `program` is IR text for the interpreter.
    interpret: bool,
}

impl Runner {
    fn new(args: &Test, mut module: lang_ir::Module) -> Result<Runner, Failure> {
        let folder = temporary::Folder::new()?;
        if args.sim {
            let program = folder.path().join("tests.ir");
            write_file(&program, module.to_string().as_bytes())?;
            return Ok(Runner { _folder: folder, program, interpret: true });
        }
        let codegen = Codegen { release: args.release, ..Codegen::default() };
        let mut plan = Plan::new(&codegen)?;
        pipeline::optimize(&mut module, plan.level, plan.backend.target(), &codegen)?;
        let program = folder.path().join("tests");
        build::executable(&mut plan, &module, !args.release, &program)?;
        Ok(Runner { _folder: folder, program, interpret: false })
    }

    /// What runs the test of this number.
    fn command(&self, number: u32) -> Command {
        if !self.interpret {
            let mut command = Command::new(&self.program);
            command.arg(number.to_string());
            return command;
        }
        // This command itself, also where it has been replaced meanwhile.
        let mut command = Command::new("/proc/self/exe");
        command.arg("sim").arg(&self.program).arg("--").arg(number.to_string());
        command
    }
}

impl Report {
    fn new(name: String, kind: &'static str, file: &str, at: LineCol, mut outcome: Outcome, limit: Duration) -> Report {
        let came_to_its_end = outcome.stdout.ends_with(PASSED.as_bytes());
        if came_to_its_end {
            outcome.stdout.truncate(outcome.stdout.len() - PASSED.len());
        }
        let (mut status, mut signal) = (None, None);
        let reason = match outcome.end {
            End::Exited(0) if came_to_its_end => None,
            End::Exited(code) => {
                status = Some(code);
                Some(match code {
                    0 => "left by `exit(0)` before its end".to_string(),
                    failure::TRAPPED if outcome.stderr.windows(7).any(|text| text == b"error: ") => {
                        "trapped".to_string()
                    }
                    _ => format!("ended with status {code}"),
                })
            }
            End::Signal(number) => {
                let name = signal_hook::low_level::signal_name(number)
                    .map_or_else(|| format!("signal {number}"), str::to_string);
                signal = Some(name.clone());
                Some(format!("killed by {name}"))
            }
            End::TimedOut => {
                let seconds = limit.as_secs();
                Some(format!("did not end within {seconds} second{}", if seconds == 1 { "" } else { "s" }))
            }
        };
        let text = |bytes: &[u8]| match reason {
            Some(_) => String::from_utf8_lossy(bytes).into_owned(),
            None => String::new(),
        };
        Report {
            event: "test",
            name,
            kind,
            file: file.to_string(),
            line: at.line,
            column: at.col,
            outcome: if reason.is_none() { "passed" } else { "failed" },
            status,
            signal,
            timed_out: outcome.end == End::TimedOut,
            seconds: outcome.time.as_secs_f64(),
            stdout: text(&outcome.stdout),
            stderr: text(&outcome.stderr),
            reason,
        }
    }

    /// An example that the compiler alone judges.
    fn not_run(name: String, file: &str, at: LineCol, reason: Option<String>, diagnostics: String) -> Report {
        Report {
            event: "test",
            name,
            kind: "example",
            file: file.to_string(),
            line: at.line,
            column: at.col,
            outcome: if reason.is_none() { "passed" } else { "failed" },
            reason,
            status: None,
            signal: None,
            timed_out: false,
            seconds: 0.0,
            stdout: String::new(),
            stderr: diagnostics,
        }
    }

    /// Where the test is, and what it wrote.
    fn in_full(&self) -> String {
        let indented = |text: &str| text.trim_end().lines().map(|line| format!("    {line}\n")).collect::<String>();
        let reason = self.reason.as_deref().unwrap_or_default();
        let mut text = format!("\n{}: {reason}\n  at {}:{}:{}\n", self.name, self.file, self.line, self.column);
        for (stream, written) in [("standard output", &self.stdout), ("standard error", &self.stderr)] {
            if !written.is_empty() {
                text += &format!("  {stream}:\n{}", indented(written));
            }
        }
        text
    }
}

#[derive(Clone, Copy)]
enum Colour {
    Red,
    Green,
}

fn coloured(text: &str, colour: Colour) -> String {
    if !has_colours(&std::io::stdout()) {
        return text.to_string();
    }
    let code = match colour {
        Colour::Red => 31,
        Colour::Green => 32,
    };
    format!("\x1b[1;{code}m{text}\x1b[0m")
}
