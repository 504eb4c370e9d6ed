//! `docs/errors.md`, which `lang check --explain` prints: every code has a section, and its programs do what it says.

use crate::modes::{Outcome, lang, root, run};
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::path::Path;

/// Codes that no program on the page can have, and why.
const WITHOUT_PROGRAM: &[(&str, &str)] = &[
    ("E0001", "the page is UTF-8"),
    ("E0007", "the page is small"),
    ("E0103", "too long to read"),
    ("E0104", "too long to read"),
    ("E0213", "needs two files"),
    ("E0220", "needs two files"),
    ("E0218", "needs two files"),
    ("E0219", "needs two files"),
    ("E0317", "the parser says it before, as E0111"),
    ("E0346", "takes seconds"),
    ("E0386", "too long to read"),
    ("E0398", "the parser says it before, as E0103"),
    ("E0701", "seen when a program is linked, not when it is checked"),
    ("E0702", "seen when a program is loaded, not when it is checked"),
    ("E0703", "seen when a program is linked, not when it is checked"),
    ("E0801", "about a project, not a program"),
    ("E0802", "about a project, not a program"),
];

pub fn trials() -> Vec<Trial> {
    let page = std::fs::read_to_string(root().join("docs/errors.md")).expect("docs/errors.md");
    let sections: Vec<String> = page.split("\n## ").skip(1).map(str::to_string).collect();
    let codes: BTreeSet<String> = sections.iter().map(|section| code_of(section)).collect();
    let count = sections.len();
    let mut trials = vec![Trial::test("explain/all-codes", move || {
        let raised = raised();
        let missing: Vec<_> = raised.difference(&codes).collect();
        let gone: Vec<_> = codes.difference(&raised).collect();
        match (missing.is_empty(), gone.is_empty()) {
            _ if codes.len() != count => Err("docs/errors.md has two sections of one code".into()),
            (false, _) => Err(format!("docs/errors.md has no section about {missing:?}: write it").into()),
            (_, false) => Err(format!("nothing raises {gone:?}, which docs/errors.md describes").into()),
            _ => Ok(()),
        }
    })];
    trials.extend(sections.into_iter().map(|section| {
        Trial::test(format!("explain/{}", code_of(&section)), move || explained(&section).map_err(Into::into))
    }));
    trials
}

fn code_of(section: &str) -> String {
    section.split(':').next().unwrap_or_default().to_string()
}

/// The codes in the sources of the front end, and of what looks for libraries.
fn raised() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    let mut todo = vec![root().join("frontend/src"), root().join("backends/api/src/library.rs"), root().join("src")];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(path).expect("a source");
            let quoted = text.split('"').filter(|part| {
                let digits = part.strip_prefix(['E', 'W']).unwrap_or_default();
                part.len() == 5 && digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())
            });
            codes.extend(quoted.map(str::to_string));
        }
    }
    codes
}

/// The wrong program has the code, and no other error; the right one has nothing to be said about.
fn explained(section: &str) -> Result<(), String> {
    let code = code_of(section);
    let language = if section.contains("```bril,") { "bril" } else { "lang" };
    let program = |kind: &str| {
        let (_, rest) = section.split_once(&format!("```{language},{kind}\n"))?;
        rest.split_once("```").map(|(program, _)| program)
    };
    let exempt = WITHOUT_PROGRAM.iter().any(|(exempt, _)| *exempt == code);
    let (Some(wrong), Some(right)) = (program("wrong"), program("right")) else {
        return if exempt { Ok(()) } else { Err("a wrong and a right program are needed".into()) };
    };
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let of_wrong = codes(folder.path(), language, wrong)?;
    let others: Vec<_> = of_wrong.iter().filter(|other| other.starts_with('E') && **other != code).collect();
    if !of_wrong.contains(&code) || !others.is_empty() {
        return Err(format!("the wrong program has {of_wrong:?}"));
    }
    let of_right = codes(folder.path(), language, right)?;
    if of_right.is_empty() { Ok(()) } else { Err(format!("the right program has {of_right:?}")) }
}

fn codes(folder: &Path, language: &str, program: &str) -> Result<Vec<String>, String> {
    let name = format!("program.{language}");
    std::fs::write(folder.join(&name), program).map_err(|error| error.to_string())?;
    let mut command = lang();
    command.current_dir(folder).args(["check", "--json", &name]);
    let outcome: Outcome = run(command, "").into();
    let code = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
        Ok(line["code"].as_str().unwrap_or_default().to_string())
    };
    outcome.stdout.lines().map(code).collect()
}
