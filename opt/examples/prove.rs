//! `scripts/prove`: proves what the cache has no proof of, and rewrites the cache.
//!
//! `prove [--all] [--limit N] [NAME...]` proves the rules whose names contain one of the names (none: all rules);
//! `--all` proves afresh what is proved already. `prove --show NAME METHOD [TYPES]` prints queries. `Z3` names the solver; the
//! limit is in its own units (ten million: a few seconds), so that answers do not depend on the machine.

// A command of its own: it prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that is run by hand")]

use lang_opt::rules::proofs::{Cache, Entry, Method, Obligation, hash, obligations};
use lang_opt::rules::rules;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const HEADER: &str = "\
# What is proved, by `scripts/prove`: rule, types (* all), method, answer, solver, milliseconds, hash of the query.
";

struct Options {
    all: bool,
    limit: u64,
    names: Vec<String>,
}

fn main() -> ExitCode {
    let mut options = Options { all: false, limit: 200_000_000, names: Vec::new() };
    let mut show = false;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--all" => options.all = true,
            "--show" => show = true,
            "--limit" => match args.next().and_then(|n| n.parse().ok()) {
                Some(limit) => options.limit = limit,
                None => return fail("--limit takes a number"),
            },
            _ => options.names.push(arg),
        }
    }
    let result = if show { print_queries(&options.names) } else { prove(&options) };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => fail(&error),
    }
}

fn fail(error: &str) -> ExitCode {
    eprintln!("prove: {error}");
    ExitCode::FAILURE
}

fn print_queries(names: &[String]) -> Result<bool, String> {
    let [name, method, types @ ..] = names else { return Err("--show takes a rule and a method".to_string()) };
    let method = Method::ALL.into_iter().find(|m| m.name() == method).ok_or("there is no such method")?;
    for rule in rules().iter().filter(|rule| rule.row.name == name) {
        for obligation in obligations(rule) {
            if types.is_empty() || types.contains(&obligation.instance()) {
                match obligation.text(method) {
                    Some(text) => println!("; {name} {}\n{text}", obligation.instance()),
                    None => println!("; {name} {}: {} does not apply", obligation.instance(), method.name()),
                }
            }
        }
    }
    Ok(true)
}

/// Whether everything is proved in the end.
fn prove(options: &Options) -> Result<bool, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("proofs");
    let path = folder.join("cache.txt");
    let old = Cache::parse(&std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?)?;
    let solver = Solver::find(options.limit)?;
    let mut lines = Vec::new();
    let mut unproved = Vec::new();
    let mut fresh = 0;
    for (index, rule) in rules().iter().enumerate() {
        let name = rule.row.name;
        let chosen = options.names.is_empty() || options.names.iter().any(|n| name.contains(n.as_str()));
        let mut failed = Vec::new();
        for obligation in obligations(rule) {
            let known = old.find(&obligation).map(|entry| Entry {
                rule: name.to_string(),
                instance: obligation.instance(),
                ..entry.clone()
            });
            let entry = match known {
                Some(entry) if !(options.all && chosen) => Ok(entry),
                None if !chosen => Err("not tried".to_string()),
                _ => {
                    fresh += 1;
                    if fresh % 50 == 0 {
                        // What is proved is kept if this is stopped; the old lines of the rules to come as well.
                        let later = &rules()[index..];
                        let kept = old.entries().filter(|e| later.iter().any(|rule| rule.row.name == e.rule));
                        write_cache(
                            &path,
                            &lines.iter().cloned().chain(kept.map(|e| e.to_string())).collect::<Vec<_>>(),
                        )?;
                    }
                    climb(&obligation, &solver, &mut failed)
                }
            };
            match entry {
                Ok(entry) => lines.push(entry.to_string()),
                Err(why) => {
                    println!("{name} {}: {why}", obligation.instance());
                    unproved.push(format!("{name} {}: {why}", obligation.instance()));
                }
            }
        }
    }
    let count = lines.len();
    write_cache(&path, &lines)?;
    let note = folder.join("UNPROVED");
    if unproved.is_empty() {
        let _ = std::fs::remove_file(&note);
    } else {
        std::fs::write(&note, unproved.join("\n") + "\n").map_err(|e| format!("{}: {e}", note.display()))?;
    }
    println!("{} rules, {count} proofs ({fresh} tried now), {} missing", rules().len(), unproved.len());
    Ok(unproved.is_empty())
}

fn write_cache(path: &Path, lines: &[String]) -> Result<(), String> {
    let lines: BTreeSet<&str> = lines.iter().map(String::as_str).collect();
    let text = lines.iter().fold(HEADER.to_string(), |text, line| text + line + "\n");
    // Never half a file.
    let new = path.with_extension("new");
    std::fs::write(&new, text)
        .and_then(|()| std::fs::rename(&new, path))
        .map_err(|e| format!("{}: {e}", path.display()))
}

/// Tries the methods in turn with a small part of the limit, then with all of it.
fn climb(obligation: &Obligation, solver: &Solver, failed: &mut Vec<Method>) -> Result<Entry, String> {
    let quick = Solver { limit: solver.limit / 20, seconds: 30, ..solver.clone() };
    try_methods(obligation, &quick, failed).or_else(|_| try_methods(obligation, solver, failed))
}

/// Tries the methods in turn; those that failed for this rule before come last.
fn try_methods(obligation: &Obligation, solver: &Solver, failed: &mut Vec<Method>) -> Result<Entry, String> {
    let mut ladder = obligation.ladder();
    ladder.sort_by_key(|method| failed.contains(method));
    let mut answers = Vec::new();
    for method in ladder {
        let Some(text) = obligation.text(method) else { continue };
        let start = Instant::now();
        let (answer, by) = match obligation.check(method) {
            Some(true) => ("holds".to_string(), "-".to_string()),
            Some(false) => ("fails".to_string(), "-".to_string()),
            None => (solver.answer(&text)?, solver.version.clone()),
        };
        let milliseconds = start.elapsed().as_millis() as u64;
        let entry = Entry {
            rule: obligation.rule.row.name.to_string(),
            instance: obligation.instance(),
            method,
            answer: answer.clone(),
            solver: by,
            milliseconds,
            hash: hash(&text),
        };
        if entry.is_proof() {
            if milliseconds > 2000 {
                println!("{} {} by {}: {milliseconds} ms", entry.rule, entry.instance, method.name());
            }
            return Ok(entry);
        }
        failed.push(method);
        answers.push(format!("{} by {}", answer, method.name()));
        if matches!(answer.as_str(), "sat" | "fails") && method != Method::Integers {
            break;
        }
    }
    Err(answers.join(", "))
}

#[derive(Clone)]
struct Solver {
    program: String,
    version: String,
    limit: u64,
    /// For each query: not all that a solver does counts for the limit.
    seconds: u32,
}

impl Solver {
    fn find(limit: u64) -> Result<Solver, String> {
        let program = std::env::var("Z3").unwrap_or_else(|_| "z3".to_string());
        let output = Command::new(&program).arg("--version").output();
        let output = output.map_err(|e| format!("{program}: {e}; the package is called z3"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = text.split_whitespace().nth(2).ok_or_else(|| format!("{program}: unknown version: {text}"))?;
        Ok(Solver { version: format!("z3-{number}"), program, limit, seconds: 3600 })
    }

    /// `unsat`, `sat`, `unknown`, `timeout`, or what went wrong. A script with several queries is `unsat` if they all are.
    fn answer(&self, script: &str) -> Result<String, String> {
        let error = |e: std::io::Error| format!("{}: {e}", self.program);
        let mut child = Command::new(&self.program)
            .args(["-in", "-memory:4000", &format!("-t:{}000", self.seconds), &format!("rlimit={}", self.limit)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(error)?;
        let mut input = child.stdin.take().ok_or("no standard input")?;
        let queries = script.matches("(check-sat)").count();
        let script = script.to_string();
        // A solver that gives up early does not read on; its answer says so.
        let writer = std::thread::spawn(move || input.write_all(script.as_bytes()).is_ok());
        let output = child.wait_with_output().map_err(error)?;
        let _ = writer.join();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let answers: Vec<&str> = text.lines().collect();
        // A solver that ends early has answered only some.
        let is_complete = output.status.success() && answers.len() == queries;
        Ok(match answers.iter().find(|answer| **answer != "unsat") {
            Some(other) => other.split_whitespace().collect::<Vec<_>>().join("_"),
            None if is_complete => "unsat".to_string(),
            None => format!("ended_after_{}_of_{queries}_answers", answers.len()),
        })
    }
}
