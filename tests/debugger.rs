//! A debugger on a program of two files: it stops at lines of either, steps from one into the other, and knows who called.

use crate::modes::{has_llvm, lang, run};
use libtest_mimic::Trial;
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    if Command::new("gdb").arg("--version").output().is_err() {
        // Not everybody has it.
        return Vec::new();
    }
    let mut trials = vec![Trial::test("debugger/two-files", || two_files(&[]).map_err(Into::into))];
    if has_llvm() {
        trials.push(Trial::test("debugger/two-files-llvm", || {
            two_files(&["--backend", "llvm", "-g"]).map_err(Into::into)
        }));
    }
    trials
}

const MAIN: &str = "\
import geometry.shapes;

fn total(n: i64) -> i64 {
    var sum = 0;
    for i in 0..n {
        let side = shapes.side(i);
        sum += shapes.area(side);
    }
    sum
}

fn main() {
    print(total(3));
    print(\"done\");
}
";

const SHAPES: &str = "\
pub fn side(n: i64) -> i64 {
    n + 1
}

pub fn area(side: i64) -> i64 {
    let square = side * side;
    check(square)
}

fn check(area: i64) -> i64 {
    assert(area > 0);
    area
}
";

/// Commands, and lines that they print, in this order.
const SESSION: &[(&str, &[&str])] = &[
    ("break shapes.lang:6", &["Breakpoint 1 at 0x", "geometry/shapes.lang, line 6."]),
    ("break main.lang:14", &["Breakpoint 2 at 0x", "main.lang, line 14."]),
    ("run", &["Breakpoint 1, geometry.shapes.area () at geometry/shapes.lang:6", "let square = side * side;"]),
    (
        "backtrace",
        &["geometry.shapes.area () at geometry/shapes.lang:6", "total () at main.lang:7", "main () at main.lang:13"],
    ),
    ("next", &["check(square)"]),
    ("step", &["geometry.shapes.check () at geometry/shapes.lang:11", "assert(area > 0);"]),
    (
        "backtrace",
        &[
            "geometry.shapes.check () at geometry/shapes.lang:11",
            "geometry.shapes.area () at geometry/shapes.lang:7",
            "total () at main.lang:7",
            "main () at main.lang:13",
        ],
    ),
    // The next turn of the loop.
    ("continue", &["Breakpoint 1, geometry.shapes.area () at geometry/shapes.lang:6"]),
    ("up", &["total () at main.lang:7", "sum += shapes.area(side);"]),
    ("delete 1", &[]),
    ("continue", &["Breakpoint 2, main () at main.lang:14", "print(\"done\");"]),
    ("continue", &["done", "exited normally"]),
];

fn two_files(options: &[&str]) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let folder = tempfile::tempdir().map_err(failed)?;
    std::fs::create_dir(folder.path().join("geometry")).map_err(failed)?;
    std::fs::write(folder.path().join("main.lang"), MAIN).map_err(failed)?;
    std::fs::write(folder.path().join("geometry/shapes.lang"), SHAPES).map_err(failed)?;
    let mut build = lang();
    build.current_dir(folder.path()).args(["build", "main.lang", "-o", "program"]).args(options);
    let built = run(build, "");
    if !built.status.success() {
        return Err(String::from_utf8_lossy(&built.stderr).into_owned());
    }
    let mut gdb = Command::new("gdb");
    gdb.current_dir(folder.path()).args(["-batch", "-nx", "-iex", "set debuginfod enabled off"]);
    gdb.args(SESSION.iter().flat_map(|(command, _)| ["-ex", command])).arg("./program");
    let output = run(gdb, "");
    // One backend writes `./` before names of files.
    let text = String::from_utf8_lossy(&output.stdout).replace("at ./", "at ");
    let mut rest = &text[..];
    for &(command, parts) in SESSION {
        for part in parts {
            let Some(at) = rest.find(part) else {
                let stderr = String::from_utf8_lossy(&output.stderr);
                return Err(format!("`{command}` does not print `{part}` where it should:\n{text}\n{stderr}"));
            };
            rest = &rest[at + part.len()..];
        }
    }
    Ok(())
}
