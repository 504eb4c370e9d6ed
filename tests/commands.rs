//! What commands print where files cannot say it: lines of JSON, which hold times.

use crate::modes::{Outcome, lang, root, run};
use libtest_mimic::Trial;
use serde_json::Value;
use std::path::Path;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("command/test-json", || test_json().map_err(Into::into)),
        Trial::test("command/completions", || completions().map_err(Into::into)),
        Trial::test("command/fmt", || fmt().map_err(Into::into)),
        Trial::test("command/fmt-sources", || sources_are_formatted().map_err(Into::into)),
        Trial::test("command/fmt-ir", || formatting_keeps_the_ir().map_err(Into::into)),
        Trial::test("command/man", || man().map_err(Into::into)),
    ]
}

/// The lines of JSON that `lang` prints, and its status.
fn json(args: &[&str]) -> Result<(Vec<Value>, Option<i32>), String> {
    let mut command = lang();
    command.args(args);
    let outcome: Outcome = run(command, "").into();
    let lines = outcome.stdout.lines().map(|line| serde_json::from_str(line).map_err(|e| format!("{line}: {e}")));
    Ok((lines.collect::<Result<_, _>>()?, outcome.status))
}

/// `docs/commands.md` describes these lines.
fn test_json() -> Result<(), String> {
    let (lines, status) = json(&["test", "tests/files/cli/input/tests.lang", "--json", "--timeout", "3"])?;
    let (end, tests) = lines.split_last().ok_or("no lines")?;
    let shown = |test: &Value| {
        let [kind, line, outcome] = ["kind", "line", "outcome"].map(|key| test[key].to_string());
        format!("{kind} {line} {outcome} {} {} {}", test["status"], test["signal"], test["timed_out"])
    };
    let expected = [
        "\"example\" 3 \"passed\" null null false",
        "\"example\" 19 \"passed\" null null false",
        "\"example\" 22 \"failed\" null null false",
        "\"example\" 25 \"failed\" null null false",
        "\"test\" 35 \"passed\" null null false",
        "\"test\" 39 \"passed\" null null false",
        "\"test\" 44 \"passed\" null null false",
        "\"test\" 49 \"failed\" 101 null false",
        "\"test\" 55 \"failed\" 3 null false",
        "\"test\" 59 \"failed\" 0 null false",
        "\"test\" 63 \"failed\" null null true",
        "\"test\" 68 \"failed\" 101 null false",
    ];
    let found: Vec<String> = tests.iter().map(shown).collect();
    if found != expected {
        return Err(found.join("\n"));
    }
    let fails = &tests[7];
    if fails["stdout"] != "before\n" || !fails["stderr"].to_string().contains("two is not three") {
        return Err(fails.to_string());
    }
    if tests.iter().any(|test| test["event"] != "test" || !test["seconds"].is_number()) {
        return Err("an event or time is missing".into());
    }
    let totals = ["passed", "failed", "filtered_out", "broken"].map(|key| end[key].as_u64());
    let right = end["event"] == "end" && totals == [Some(5), Some(7), Some(0), Some(0)] && status == Some(1);
    if right { Ok(()) } else { Err(format!("{end} {status:?}")) }
}

/// What a command prints, which has to succeed.
fn printed(args: &[&str]) -> Result<String, String> {
    let mut command = lang();
    command.args(args);
    let outcome: Outcome = run(command, "").into();
    let said = || format!("{args:?}: {}{}", outcome.stdout, outcome.stderr);
    if outcome.status == Some(0) { Ok(outcome.stdout) } else { Err(said()) }
}

/// Every shell's script knows the commands and their options; bash accepts its own.
fn completions() -> Result<(), String> {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell])?;
        for word in ["build", "check", "release", "print-after"] {
            if !script.contains(word) {
                return Err(format!("{shell}: `{word}` is missing"));
            }
        }
    }
    let mut bash = std::process::Command::new("bash");
    bash.arg("-n");
    let checked: Outcome = run(bash, &printed(&["completions", "bash"])?).into();
    if checked.status == Some(0) { Ok(()) } else { Err(checked.stderr) }
}

/// The pages name the commands and their options.
fn man() -> Result<(), String> {
    let whole = printed(&["man"])?;
    let build = printed(&["man", "build"])?;
    let right = whole.starts_with(".ie") && whole.contains("lang\\-build(1)") && build.contains("\\-\\-release");
    if right { Ok(()) } else { Err(format!("{whole}\n{build}")) }
}

/// A folder is formatted in place; files with errors are left alone, and permissions are kept.
fn fmt() -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |error: std::io::Error| error.to_string();
    let folder = tempfile::tempdir().map_err(failed)?;
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("inner")).map_err(failed)?;
    for (name, text) in [("a.lang", "print( 1 );"), ("inner/b.lang", "print(2);\n"), ("c.lang", "print( 3 ;\n")] {
        std::fs::write(path(name), text).map_err(failed)?;
    }
    std::fs::set_permissions(path("a.lang"), PermissionsExt::from_mode(0o750)).map_err(failed)?;
    let mut command = lang();
    command.arg("fmt").current_dir(folder.path());
    let outcome: Outcome = run(command, "").into();
    let read = |name: &str| std::fs::read_to_string(path(name)).map_err(failed);
    let texts = [read("a.lang")?, read("inner/b.lang")?, read("c.lang")?];
    let mode = std::fs::metadata(path("a.lang")).map_err(failed)?.permissions().mode() & 0o777;
    let right = texts == ["print(1);\n", "print(2);\n", "print( 3 ;\n"]
        && mode == 0o750
        && outcome.stdout == "formatted a.lang\n"
        && outcome.stderr.contains("c.lang:1")
        && outcome.status == Some(1);
    if right { Ok(()) } else { Err(format!("{texts:?} {mode:o} {outcome:?}")) }
}

/// The examples, the library and the kernels. The programs under `tests` show the language in all its layouts.
fn sources_are_formatted() -> Result<(), String> {
    let sources = ["examples", "frontend/std", "frontend/src/prelude.lang", "benches/kernels"];
    printed(&[&["fmt", "--check"], &sources[..]].concat()).map(drop)
}

/// A program means the same when it is formatted: the same IR, but for the places in it. The formatter's own tests compare the
/// trees of all programs; this one takes every fourth, to be quick.
fn formatting_keeps_the_ir() -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let folder = tempfile::tempdir().map_err(failed)?;
    let entries = std::fs::read_dir(root().join("tests/files/run")).map_err(failed)?;
    let mut programs: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    programs.retain(|path| path.extension().is_some_and(|e| e == "lang"));
    programs.sort();
    let copies: Vec<_> =
        programs.iter().step_by(4).map(|path| (path, folder.path().join(path.file_name().unwrap()))).collect();
    for (path, copy) in &copies {
        std::fs::copy(path, copy).map_err(failed)?;
    }
    printed(&["fmt", &folder.path().display().to_string()])?;
    for (path, copy) in &copies {
        let (before, after) = (ir_without_places(path)?, ir_without_places(copy)?);
        if let Some((before, after)) = before.lines().zip(after.lines()).find(|(before, after)| before != after) {
            return Err(format!("{}: `{before}` became `{after}`", path.display()));
        }
        if before.lines().count() != after.lines().count() {
            return Err(format!("{}: the IR became longer or shorter", path.display()));
        }
    }
    if copies.len() > 10 { Ok(()) } else { Err(format!("only {} programs were found", copies.len())) }
}

fn ir_without_places(path: &Path) -> Result<String, String> {
    let mut command = lang();
    command.args(["build", "--emit", "ir", "-O0", "-I", "examples", "-o", "/dev/stdout"]).arg(path);
    let outcome: Outcome = run(command, "").into();
    if outcome.status != Some(0) {
        return Err(format!("{}: {outcome:?}", path.display()));
    }
    let lines = outcome.stdout.lines().filter(|line| !line.starts_with("file ") && !line.starts_with("link_path "));
    let place = |word: &str| word.split(':').count() == 3 && word.bytes().all(|b| b.is_ascii_digit() || b == b':');
    Ok(lines.map(|line| line.split(' ').filter(|word| !place(word)).collect::<Vec<_>>().join(" ") + "\n").collect())
}
