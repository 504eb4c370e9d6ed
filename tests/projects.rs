//! Projects: `lang.toml`, the commands without a path, and where they look for files.

use crate::modes::{Outcome, lang, root, run};
use libtest_mimic::Trial;
use std::path::Path;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("project/z15-new-to-clean", || new_to_clean().map_err(Into::into)),
        Trial::test("project/paths", || paths().map_err(Into::into)),
        Trial::test("project/libraries", || libraries().map_err(Into::into)),
        Trial::test("project/manifest", || manifest().map_err(Into::into)),
        Trial::test("project/c17-search-order", || search_order().map_err(Into::into)),
    ]
}

/// Runs `lang` in a folder.
fn lang_in(folder: &Path, args: &[&str]) -> Outcome {
    let mut command = lang();
    command.current_dir(folder).args(args);
    run(command, "").into()
}

fn expect(outcome: Outcome, status: i32, stdout: &str) -> Result<(), String> {
    let right = outcome.status == Some(status) && outcome.stdout == stdout;
    if right { Ok(()) } else { Err(format!("expected {status} and {stdout:?}, got {outcome:?}")) }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::create_dir_all(path.parent().expect("a folder")).map_err(|error| error.to_string())?;
    std::fs::write(path, text).map_err(|error| error.to_string())
}

/// What a new project can do, from any folder in it.
fn new_to_clean() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    expect(
        lang_in(folder.path(), &["new", "hello"]),
        0,
        "made the project hello; try: cd hello && lang run && lang test\n",
    )?;
    let project = folder.path().join("hello");
    let inside = project.join("src");
    for place in [&project, &inside] {
        expect(lang_in(place, &["run"]), 0, "Hello, hello!\n")?;
        expect(lang_in(place, &["sim"]), 0, "Hello, hello!\n")?;
        expect(lang_in(place, &["check"]), 0, "")?;
        let tested = lang_in(place, &["test"]);
        if tested.status != Some(0) || !tested.stdout.ends_with("2 passed, 0 failed\n") {
            return Err(format!("{tested:?}"));
        }
    }
    expect(lang_in(folder.path(), &["run", "hello"]), 0, "Hello, hello!\n")?;
    expect(lang_in(&inside, &["build"]), 0, "")?;
    expect(lang_in(&project, &["build", "--emit", "ir"]), 0, "")?;
    let built = project.join("build/debug/hello");
    expect(run(std::process::Command::new(&built), "").into(), 0, "Hello, hello!\n")?;
    if !project.join("build/debug/hello.ir").is_file() {
        return Err("no IR".into());
    }
    expect(lang_in(&inside, &["clean"]), 0, "removed ../build\n")?;
    if built.exists() || !inside.join("main.lang").is_file() {
        return Err("clean removes the wrong things".into());
    }
    expect(lang_in(&project, &["clean"]), 0, "nothing to remove\n")?;
    // A folder of this name that the user made stays.
    write(&project.join("build/mine.txt"), "")?;
    let kept = lang_in(&project, &["clean"]);
    if kept.status != Some(1) || !project.join("build/mine.txt").exists() {
        return Err(format!("{kept:?}"));
    }
    expect(lang_in(folder.path(), &["new", "hello"]), 1, "")?;
    expect(lang_in(folder.path(), &["new", "no name"]), 2, "")?;
    expect(lang_in(folder.path(), &["run"]), 2, "")?;
    expect(lang_in(folder.path(), &["clean"]), 2, "")
}

/// Folders for imports, relative to the project.
fn paths() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let here = folder.path();
    write(
        &here.join("lang.toml"),
        "name = \"app\"\nmain = \"app.lang\"\nimport_path = [\"vendor\"]\nlink = [\"m\"]\n",
    )?;
    write(&here.join("app.lang"), "import tools;\nprint(tools.name());\n")?;
    write(&here.join("vendor/tools.lang"), "pub fn name() -> str { \"tools\" }\n")?;
    write(&here.join("deep/er/none.txt"), "")?;
    for place in [here, &here.join("deep/er")] {
        expect(lang_in(place, &["run"]), 0, "tools\n")?;
    }
    Ok(())
}

/// A library of the project's own, for all that runs its code.
fn libraries() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let here = folder.path();
    write(&here.join("lang.toml"), "name = \"app\"\nlink = [\"twice\"]\nlink_path = [\"native\"]\n")?;
    write(
        &here.join("src/main.lang"),
        "#link \"twice\" { fn twice(x: i32) -> i32; }\nfn main() { print(twice(21)); }\ntest \"c\" { assert(twice(2) == 4); }\n",
    )?;
    write(&here.join("twice.c"), "int twice(int x) { return 2 * x; }\n")?;
    write(&here.join("native/none.txt"), "")?;
    let mut cc = std::process::Command::new("cc");
    cc.current_dir(here).args(["-shared", "-fPIC", "-o", "native/libtwice.so", "twice.c"]);
    expect(run(cc, "").into(), 0, "")?;
    for place in [here, &here.join("src")] {
        expect(lang_in(place, &["run"]), 0, "42\n")?;
        expect(lang_in(place, &["sim"]), 0, "42\n")?;
        expect(lang_in(place, &["test"]), 0, "ok      c\n\n1 passed, 0 failed\n")?;
        expect(lang_in(place, &["test", "--sim"]), 0, "ok      c\n\n1 passed, 0 failed\n")?;
    }
    expect(lang_in(here, &["build"]), 0, "")?;
    expect(run(std::process::Command::new(here.join("build/debug/app")), "").into(), 0, "42\n")
}

/// What is wrong with a `lang.toml` is shown as errors of programs are.
fn manifest() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let wrong = [
        (
            "name = \"a\"\nmian = \"b.lang\"\n",
            "error[E0802]: a project has no `mian`\n --> lang.toml:2:1",
            "did you mean `main`?",
        ),
        ("name = 3\n", "error[E0801]: invalid type: integer `3`, expected a string\n --> lang.toml:1:8", ""),
        (
            "name = \"a\"\nlink = \"m\"\n",
            "error[E0801]: invalid type: string \"m\", expected a sequence\n --> lang.toml:2:8",
            "",
        ),
        ("version = \"1\"\n", "error[E0801]: missing field `name`\n", ""),
        ("name = \"a/b\"\n", "error[E0801]: `a/b` cannot be the name of a program\n --> lang.toml:1:9", ""),
        ("name = \"a\n", "error[E0801]: ", "lang.toml:1:"),
        ("name = \"a\"\n", "error: cannot read src/main.lang: ", ""),
    ];
    for (text, first, second) in wrong {
        write(&folder.path().join("lang.toml"), text)?;
        let outcome = lang_in(folder.path(), &["check"]);
        if outcome.status != Some(1) || !outcome.stderr.contains(first) || !outcome.stderr.contains(second) {
            return Err(format!("{text}: {outcome:?}"));
        }
    }
    Ok(())
}

/// The main file's folder, `#import_path`, `-I`, `LANG_PATH`, in this order; wherever the compiler runs.
fn search_order() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let here = folder.path();
    write(&here.join("p/main.lang"), "#import_path \"lib\";\nimport m;\nprint(m.from());\n")?;
    let places = ["p/m.lang", "p/lib/m.lang", "option/m.lang", "environment/m.lang"];
    for place in places {
        write(&here.join(place), &format!("pub fn from() -> str {{ \"{place}\" }}\n"))?;
    }
    for place in places {
        let mut command = lang();
        command.current_dir(root()).arg("run").arg(here.join("p/main.lang")).arg("-I").arg(here.join("option"));
        command.env("LANG_PATH", here.join("environment"));
        expect(run(command, "").into(), 0, &format!("{place}\n"))?;
        std::fs::remove_file(here.join(place)).map_err(|error| error.to_string())?;
    }
    Ok(())
}
