//! What holds for the source tree: the arrows between crates, and where heavy libraries may be used.

use crate::modes::root;
use libtest_mimic::Trial;
use std::collections::BTreeMap;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("tidy/arrows", || arrows().map_err(Into::into)),
        Trial::test("tidy/book", || book().map_err(Into::into)),
    ]
}

/// Each crate, and which others of ours it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("ir", &[]),
    ("opt", &["lang-ir"]),
    ("frontend", &["lang-ir", "lang-rt"]),
    ("backends/rt", &[]),
    ("backends/api", &["lang-ir", "lang-rt"]),
    ("backends/interp", &["lang-ir", "lang-backend", "lang-rt"]),
    ("backends/cranelift", &["lang-ir", "lang-backend", "lang-rt"]),
    ("backends/llvm", &["lang-ir", "lang-backend"]),
    ("backends", &["lang-ir", "lang-backend", "lang-interp", "lang-cranelift"]),
];

/// Libraries that one crate alone may use.
const ONLY: &[(&str, &str)] = &[
    ("egg", "opt"),
    ("inkwell", "backends/llvm"),
    ("cranelift-codegen", "backends/cranelift"),
    ("cranelift-jit", "backends/cranelift"),
    ("libffi", "backends/interp"),
    ("libloading", "backends/api"),
    ("annotate-snippets", "."),
    ("clap", "."),
];

fn arrows() -> Result<(), String> {
    let mut wrong = Vec::new();
    let mut dependencies = BTreeMap::new();
    for folder in ARROWS.iter().map(|(folder, _)| *folder).chain(["."]) {
        let path = root().join(folder).join("Cargo.toml");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        dependencies.insert(folder, dependencies_of(&text));
    }
    for (folder, allowed) in ARROWS {
        for dependency in dependencies[folder].iter().filter(|d| d.starts_with("lang-")) {
            if !allowed.contains(&&**dependency) {
                wrong.push(format!("{folder} must not depend on {dependency}"));
            }
        }
    }
    for (library, only) in ONLY {
        for (folder, list) in &dependencies {
            if list.iter().any(|d| d == library) && folder != only {
                wrong.push(format!("only {only} may depend on {library}, not {folder}"));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// The names in the table `[dependencies]`.
fn dependencies_of(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if let Some(table) = line.strip_prefix('[') {
            inside = table.starts_with("dependencies]");
        } else if inside && let Some(name) = line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty()) {
            names.push(name.to_string());
        }
    }
    names
}

/// Every page that the book's contents name is there, and every page is named.
fn book() -> Result<(), String> {
    let folder = root().join("docs");
    let summary = std::fs::read_to_string(folder.join("SUMMARY.md")).map_err(|error| error.to_string())?;
    let named: Vec<&str> =
        summary.split("](").skip(1).filter_map(|rest| rest.split(')').next()).filter(|p| p.ends_with(".md")).collect();
    let missing: Vec<_> = named.iter().filter(|page| !folder.join(page).is_file()).collect();
    let mut unnamed = Vec::new();
    let mut folders = vec![folder.clone()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let name = path.strip_prefix(&folder).expect("a page").display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".md") && name != "SUMMARY.md" && !named.contains(&&*name) {
                unnamed.push(name);
            }
        }
    }
    if missing.is_empty() && unnamed.is_empty() {
        Ok(())
    } else {
        Err(format!("missing pages: {missing:?}; pages that SUMMARY.md does not name: {unnamed:?}"))
    }
}
