//! The pages of the book: their programs and command lines, tried.
//!
//! A block ```` ```lang ```` or ```` ```bril ```` is a program; a block ```` ```output ```` behind it is what it prints. A block ```` ```console ```` shows
//! command lines behind `$`; those of `lang` are run, in a folder in which every program that a line names is the last one before
//! it on the page. Where the page shows output, it has to be that; a line `...` stands for the rest of it. `BLESS=1` rewrites the
//! output, and the pictures that command lines write to `docs/images`.

use crate::modes::{Outcome, has_llvm, lang, root, run};
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};

pub fn trials() -> Vec<Trial> {
    let mut pages = vec![PathBuf::from("README.md")];
    for folder in ["docs", "docs/language"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("a folder of pages");
        pages.extend(entries.map(|entry| Path::new(folder).join(entry.expect("an entry").file_name())));
    }
    pages.retain(|page| page.extension().is_some_and(|e| e == "md"));
    pages.sort();
    pages
        .into_iter()
        .map(|page| Trial::test(format!("page/{}", page.display()), move || check(&page).map_err(Into::into)))
        .collect()
}

fn check(page: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(root().join(page)).map_err(|error| error.to_string())?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    for name in ["examples", "benches"] {
        std::os::unix::fs::symlink(root().join(name), folder.path().join(name)).map_err(|error| error.to_string())?;
    }
    std::fs::create_dir_all(folder.path().join("docs/images")).map_err(|error| error.to_string())?;
    let mut new = String::new();
    let mut program = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        new.push_str(line);
        new.push('\n');
        let Some(language) = line.strip_prefix("```").filter(|language| !language.is_empty()) else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match language {
            "lang" | "bril" => {
                program = block.iter().map(|line| format!("{line}\n")).collect();
                new.push_str(&program);
                check_program(folder.path(), &format!("program.{language}"), &program)?;
            }
            "output" => new.push_str(&output(folder.path())?),
            "console" => new.push_str(&console(folder.path(), &program, &block)?),
            _ => block.iter().for_each(|line| new.push_str(&format!("{line}\n"))),
        }
        new.push_str("```\n");
    }
    if std::env::var_os("BLESS").is_some() {
        for entry in std::fs::read_dir(folder.path().join("docs/images")).map_err(|error| error.to_string())? {
            let from = entry.map_err(|error| error.to_string())?.path();
            let to = root().join("docs/images").join(from.file_name().expect("a picture"));
            std::fs::copy(&from, &to).map_err(|error| format!("{}: {error}", to.display()))?;
        }
        if new != text {
            std::fs::write(root().join(page), new).map_err(|error| error.to_string())?;
        }
    } else if new != text {
        let first = new.lines().zip(text.lines()).position(|(a, b)| a != b).unwrap_or(0);
        let after = |text: &str| text.lines().skip(first).take(12).map(|line| format!("{line}\n")).collect::<String>();
        return Err(format!("line {}: expected\n{}\nbut got\n{}", first + 1, after(&text), after(&new)));
    }
    Ok(())
}

/// A program of a page has neither errors nor warnings.
fn check_program(folder: &Path, name: &str, program: &str) -> Result<(), String> {
    std::fs::write(folder.join(name), program).map_err(|error| error.to_string())?;
    let mut command = lang();
    command.current_dir(folder).args(["check", name]);
    let said = String::from_utf8_lossy(&run(command, "").stderr).into_owned();
    if said.is_empty() { Ok(()) } else { Err(said) }
}

/// What the last program of the page prints.
fn output(folder: &Path) -> Result<String, String> {
    let mut command = lang();
    command.current_dir(folder).args(["run", "program.lang"]);
    let outcome: Outcome = run(command, "").into();
    match outcome.status {
        Some(0) => Ok(outcome.stdout),
        _ => Err(outcome.stderr),
    }
}

/// The lines of a block with the output that its command lines have now.
fn console(folder: &Path, program: &str, block: &[&str]) -> Result<String, String> {
    let mut new = String::new();
    let mut lines = block.iter().copied().peekable();
    while let Some(line) = lines.next() {
        new.push_str(line);
        new.push('\n');
        let mut shown = Vec::new();
        while let Some(output) = lines.next_if(|line| !line.starts_with("$ ")) {
            shown.push(output);
        }
        let Some(command) = line.strip_prefix("$ lang ").filter(|line| can_run(line)) else {
            shown.iter().for_each(|line| new.push_str(&format!("{line}\n")));
            continue;
        };
        let words: Vec<&str> = command.split('#').next().unwrap_or("").split_whitespace().collect();
        for name in words.iter().filter(|word| is_program(word)) {
            std::fs::write(folder.join(name), program).map_err(|error| error.to_string())?;
        }
        let mut lang = lang();
        lang.current_dir(folder).args(&words);
        let outcome: Outcome = run(lang, "").into();
        if shown.is_empty() {
            if outcome.status != Some(0) {
                return Err(format!("{line}\n{}", outcome.stderr));
            }
            continue;
        }
        let output = outcome.stdout + &outcome.stderr;
        // An empty line at its end would look odd on a page.
        let output: Vec<&str> = output.trim_end().lines().collect();
        let cut = shown.last() == Some(&"...") && output.len() >= shown.len();
        let length = if cut { shown.len() - 1 } else { output.len() };
        output[..length].iter().for_each(|line| new.push_str(&format!("{}\n", line.trim_end())));
        if cut {
            new.push_str("...\n");
        }
    }
    Ok(new)
}

/// Whether a word of a command line names the program of the page.
fn is_program(word: &str) -> bool {
    [".lang", ".bril"].iter().any(|ending| word.ends_with(ending)) && !word.contains('/')
}

/// Whether this `lang` and this machine have what the command line needs.
fn can_run(line: &str) -> bool {
    let draws = ["-T svg", "-T png"].iter().any(|format| line.contains(format));
    let has_graphviz = || std::process::Command::new("dot").arg("-V").output().is_ok();
    (has_llvm() || !line.contains("--release")) && (!draws || has_graphviz())
}
