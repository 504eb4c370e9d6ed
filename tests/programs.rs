//! The examples and the kernels, in every mode.

use crate::modes::{agree, lang, root, run};
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Arguments that keep a kernel short enough for the interpreter in every test run.
const KERNELS: &[(&str, &[&str])] = &[
    ("algebra", &["50", "100"]),
    ("collatz", &["3000"]),
    ("fannkuch", &["6"]),
    ("fib", &["20"]),
    ("hash_rt", &["20000", "16381"]),
    ("jacobi", &["1"]),
    ("mandel", &["60"]),
    ("matmul", &["30"]),
    ("matmul_r", &["30"]),
    ("mod_c", &["50000"]),
    ("mod_rt", &["50000"]),
    ("nbody", &["1000"]),
    ("qsort", &["20000"]),
    ("saxpy", &["300", "100"]),
    ("saxpy_r", &["300", "100"]),
    ("sha256", &["4096", "4"]),
    ("sieve", &["20000", "2"]),
    ("soa", &["200", "100"]),
    ("soa_r", &["200", "100"]),
    ("spectral", &["40"]),
    ("vm", &["10000"]),
];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for &(name, args) in KERNELS {
        trials.push(Trial::test(format!("kernel/{name}"), move || kernel(name, args).map_err(Into::into)));
    }
    let mut examples: Vec<PathBuf> = std::fs::read_dir(root().join("examples"))
        .expect("the examples")
        .map(|entry| Path::new("examples").join(entry.expect("an entry").file_name()))
        .filter(|path| path.extension().is_some_and(|e| e == "lang"))
        .collect();
    examples.sort();
    for path in examples {
        let name = path.with_extension("").display().to_string();
        trials.push(Trial::test(name, move || example(&path).map_err(Into::into)));
    }
    trials.push(Trial::test("same-bytes", || same_bytes().map_err(Into::into)));
    trials
}

/// A kernel prints what its twin in C prints.
fn kernel(name: &str, args: &[&str]) -> Result<(), String> {
    let outcome = agree(&Path::new("benches/kernels").join(name).with_extension("lang"), args, "")?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let program = folder.path().join("twin");
    let source = root().join("benches/c").join(name).with_extension("c");
    let mut cc = Command::new("cc");
    cc.args(["-O1", "-ffp-contract=off", "-o"]).arg(&program).arg(source).arg("-lm");
    let compiled = run(cc, "");
    if !compiled.status.success() {
        return Err(String::from_utf8_lossy(&compiled.stderr).into_owned());
    }
    let mut twin = Command::new(&program);
    twin.args(args);
    let twin = run(twin, "");
    let expected = String::from_utf8_lossy(&twin.stdout);
    if outcome.status != Some(0) || outcome.stdout != expected {
        return Err(format!("{name} printed {}{}but its twin {expected}", outcome.stdout, outcome.stderr));
    }
    Ok(())
}

/// An example prints what stands in the `.out` file beside it; the first line of the `.args` file are its arguments and a
/// `.in` file its standard input, where there are such files.
fn example(path: &Path) -> Result<(), String> {
    let beside = |ending: &str| std::fs::read_to_string(root().join(path).with_extension(ending)).unwrap_or_default();
    let args = beside("args");
    let outcome = agree(path, &args.split_whitespace().collect::<Vec<_>>(), &beside("in"))?;
    let expected = beside("out");
    if std::env::var_os("BLESS").is_some() && outcome.status == Some(0) {
        return std::fs::write(root().join(path).with_extension("out"), outcome.stdout).map_err(|e| e.to_string());
    }
    if outcome.status != Some(0) || outcome.stdout != expected {
        return Err(format!("expected\n{expected}but got\n{}{}", outcome.stdout, outcome.stderr));
    }
    Ok(())
}

/// The same input gives the same bytes, whatever the number of threads.
fn same_bytes() -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let forms: &[&[&str]] =
        &[&["--emit", "ir", "-O2"], &["--emit", "obj"], &["--emit", "obj", "-O2"], &["--emit", "obj", "--release"]];
    for (name, _) in KERNELS.iter().step_by(4) {
        for form in forms {
            let mut seen: Option<Vec<u8>> = None;
            for threads in ["1", "2", "2"] {
                let output = folder.path().join("out");
                let mut command = lang();
                command.arg("build").arg(format!("benches/kernels/{name}.lang")).args(*form).arg("-o").arg(&output);
                command.env("RAYON_NUM_THREADS", threads);
                let built = run(command, "");
                if !built.status.success() {
                    return Err(String::from_utf8_lossy(&built.stderr).into_owned());
                }
                let bytes = std::fs::read(&output).map_err(|error| error.to_string())?;
                if seen.as_ref().is_some_and(|seen| *seen != bytes) {
                    return Err(format!("{name} {form:?}: two runs gave different bytes"));
                }
                seen = Some(bytes);
            }
        }
    }
    Ok(())
}
