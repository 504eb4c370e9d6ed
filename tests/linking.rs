//! Where the libraries of a program are found, in every way to run it, and what is said when one cannot be used. The libraries
//! are made by `cc`.

use crate::modes::{Outcome, has_llvm, lang, root, run};
use libtest_mimic::Trial;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("linking/c18-relative-to-the-main-file", || c18_relative_to_the_main_file().map_err(Into::into)),
        Trial::test("linking/c18-absolute-paths", || c18_absolute_paths().map_err(Into::into)),
        Trial::test("linking/c20-link-path", || c20_link_path().map_err(Into::into)),
        Trial::test("linking/c21-options-and-variable", || c21_options_and_variable().map_err(Into::into)),
        Trial::test("linking/c21-search-order", || c21_search_order().map_err(Into::into)),
        Trial::test("linking/static-libraries-use-others", || static_libraries_use_others().map_err(Into::into)),
        Trial::test("linking/objects-for-c", || objects_for_c().map_err(Into::into)),
        Trial::test("linking/static-library-of-no-use", || static_library_of_no_use().map_err(Into::into)),
    ]
}

/// What a library is made as.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Shared,
    Static,
}

const KINDS: [Kind; 2] = [Kind::Shared, Kind::Static];

/// A folder with programs and libraries.
struct Place(TempDir);

impl Place {
    fn new() -> Result<Place, String> {
        tempfile::tempdir().map(Place).map_err(|error| error.to_string())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).map_err(|error| error.to_string())?;
        std::fs::write(&path, text).map_err(|error| error.to_string())?;
        Ok(path)
    }

    /// Makes `libNAME.so` or `libNAME.a` in a folder, of this text in C, and gives its path.
    fn library(&self, folder: &str, name: &str, kind: Kind, text: &str) -> Result<PathBuf, String> {
        let source = self.write(&format!("{folder}/{name}.c"), text)?;
        let done = |command: &mut Command| {
            let output = command.output().map_err(|error| error.to_string())?;
            if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
        };
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-fPIC", "-Wall", "-Werror"]).arg(&source).arg("-o");
        match kind {
            Kind::Shared => {
                let library = self.path(&format!("{folder}/lib{name}.so"));
                done(cc.arg(&library).arg("-shared"))?;
                Ok(library)
            }
            Kind::Static => {
                let (object, library) = (source.with_extension("o"), self.path(&format!("{folder}/lib{name}.a")));
                done(cc.arg(&object).arg("-c"))?;
                done(Command::new("ar").args(["rc"]).arg(&library).arg(&object))?;
                std::fs::remove_file(object).map_err(|error| error.to_string())?;
                Ok(library)
            }
        }
    }

    /// Runs a program in every way, from two folders; it has to print this.
    fn prints(&self, main: &Path, options: &[&str], variable: Option<&Path>, expected: &str) -> Result<(), String> {
        let built = self.path("built");
        let ways: [&[&str]; 5] = [&["sim"], &["run"], &["run", "--release"], &["build"], &["build", "--release"]];
        for way in ways {
            if way.contains(&"--release") && !has_llvm() {
                continue;
            }
            for folder in [root(), self.0.path()] {
                let mut command = lang();
                command.current_dir(folder).args(way).arg(main).args(options).env_remove("LANG_LINK_PATH");
                if let Some(folders) = variable {
                    command.env("LANG_LINK_PATH", folders);
                }
                if way[0] == "build" {
                    command.arg("-o").arg(&built);
                }
                let mut outcome: Outcome = run(command, "").into();
                if way[0] == "build" && outcome.status == Some(0) {
                    outcome = run(Command::new(&built), "").into();
                }
                if outcome.status != Some(0) || outcome.stdout != expected || !outcome.stderr.is_empty() {
                    return Err(format!("{way:?} in {}: {outcome:?}", folder.display()));
                }
            }
        }
        Ok(())
    }
}

/// A library whose function gives a number.
fn number(n: i32) -> String {
    format!("int number(void) {{ return {n}; }}\n")
}

const PROGRAM: &str = "#link \"number\" { fn number() -> i32; }\nprint(number());\n";

/// A library beside the main file, and one that a path names from there, wherever the compiler runs; also from a module
/// elsewhere.
fn c18_relative_to_the_main_file() -> Result<(), String> {
    for kind in KINDS {
        let place = Place::new()?;
        let library = place.library("app", "number", kind, &number(1))?;
        let main = place.write("app/main.lang", PROGRAM)?;
        place.prints(&main, &[], None, "1\n")?;
        std::fs::remove_file(library).map_err(|error| error.to_string())?;

        let library = place.library("app/native", "number", kind, &number(2))?;
        let file = library.file_name().expect("a name").display();
        let text = PROGRAM.replace("\"number\"", &format!("\"native/{file}\""));
        let main = place.write("app/main.lang", &text)?;
        place.prints(&main, &[], None, "2\n")?;
        let inner = text.replace("print(number());", "pub fn get() -> i32 { number() }");
        place.write("app/inner/module.lang", &inner)?;
        let main = place.write("app/main.lang", "import inner.module;\nprint(module.get());\n")?;
        place.prints(&main, &[], None, "2\n")?;
    }
    Ok(())
}

fn c18_absolute_paths() -> Result<(), String> {
    for kind in KINDS {
        let place = Place::new()?;
        let library = place.library("elsewhere", "number", kind, &number(3))?;
        let text = PROGRAM.replace("\"number\"", &format!("\"{}\"", library.display()));
        let main = place.write("app/main.lang", &text)?;
        place.prints(&main, &[], None, "3\n")?;
    }
    Ok(())
}

/// `#link_path`, relative to the main file and absolute.
fn c20_link_path() -> Result<(), String> {
    for kind in KINDS {
        let place = Place::new()?;
        place.library("native/lib", "number", kind, &number(4))?;
        for folder in ["../native/lib", &place.path("native/lib").display().to_string()] {
            let main = place.write("app/main.lang", &format!("#link_path \"{folder}\";\n{PROGRAM}"))?;
            place.prints(&main, &[], None, "4\n")?;
        }
    }
    Ok(())
}

/// `-L`, `-l` and `LANG_LINK_PATH`.
fn c21_options_and_variable() -> Result<(), String> {
    for kind in KINDS {
        let place = Place::new()?;
        place.library("native", "number", kind, &number(5))?;
        let main = place.write("app/main.lang", PROGRAM)?;
        let folder = place.path("native").display().to_string();
        place.prints(&main, &["-L", &folder], None, "5\n")?;
        place.prints(&main, &[], Some(&place.path("native")), "5\n")?;
        let both = format!("/nowhere::{folder}");
        place.prints(&main, &[], Some(Path::new(&both)), "5\n")?;
        // The program names no library: the option does.
        let main = place.write("app/main.lang", &PROGRAM.replace("\"number\"", "\"c\""))?;
        place.prints(&main, &["-L", &folder, "-l", "number"], None, "5\n")?;
    }
    Ok(())
}

/// The main file's folder, `#link_path`, `-L`, `LANG_LINK_PATH`, in this order; in each, a shared library before a static one.
fn c21_search_order() -> Result<(), String> {
    let place = Place::new()?;
    let main = place.write("app/main.lang", &format!("#link_path \"said\";\n{PROGRAM}"))?;
    let mut libraries = Vec::new();
    for (n, folder) in ["app", "app/said", "option", "variable"].into_iter().enumerate() {
        for (kind, n) in [(Kind::Shared, 10 * n), (Kind::Static, 10 * n + 1)] {
            let n = i32::try_from(n).expect("a small number");
            libraries.push((n, place.library(folder, "number", kind, &number(n))?));
        }
    }
    let option = place.path("option").display().to_string();
    for (n, library) in libraries {
        let mut command = lang();
        command.arg("run").arg(&main).args(["-L", &option]).env("LANG_LINK_PATH", place.path("variable"));
        let outcome: Outcome = run(command, "").into();
        if outcome.stdout != format!("{n}\n") {
            return Err(format!("{n}: {outcome:?}"));
        }
        std::fs::remove_file(library).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// A static library that uses another, the mathematical functions, and variables of its own.
fn static_libraries_use_others() -> Result<(), String> {
    let place = Place::new()?;
    let text = "#include <math.h>\nint number(void);\nint calls;\nint *counter = &calls;\n
        int sum(double x) { (*counter)++; return calls + number() + (int)cbrt(x); }\n";
    place.library("app", "sum", Kind::Static, text)?;
    place.library("app", "number", Kind::Static, &number(100))?;
    let main = "#link \"sum\" { fn sum(x: f64) -> i32; }\n#link \"number\" {}\nprint(sum(27.0), sum(8.0));\n";
    let main = place.write("app/main.lang", main)?;
    place.prints(&main, &[], None, "104 104\n")
}

/// A file that is no library: the linker's words are shown.
fn static_library_of_no_use() -> Result<(), String> {
    let place = Place::new()?;
    place.write("app/libnumber.a", "nothing\n")?;
    let main = place.write("app/main.lang", PROGRAM)?;
    for way in ["run", "sim"] {
        let mut command = lang();
        command.arg(way).arg(&main).env_remove("LANG_LINK_PATH");
        let outcome: Outcome = run(command, "").into();
        let said = "error[E0702]: the static library `number` cannot be loaded into a running process";
        if outcome.status != Some(1) || !outcome.stderr.starts_with(said) || !outcome.stderr.contains("libnumber.a") {
            return Err(format!("{outcome:?}"));
        }
    }
    Ok(())
}

/// Several objects of ours in one program of C, which has functions with names of the run-time library, too.
fn objects_for_c() -> Result<(), String> {
    let place = Place::new()?;
    let text = |name: &str, by: i64| {
        format!(
            "var calls = 0;\nfn helper(x: i64) -> i64 {{ calls += 1; x * {by} + calls }}\n\
             #export \"{name}\" fn f(x: i64) -> i64 {{ print(\"{name}\", x); helper(x) }}\n"
        )
    };
    place.write("one.lang", &text("one", 10))?;
    place.write("two.lang", &text("two", 100))?;
    let c = "#include <stdio.h>\nlong one(long), two(long);\nint lang_rt_flush = 5;\n
        int main(void) { long a = one(1), b = two(1), c = one(2);
        printf(\"%ld %ld %ld %d\\n\", a, b, c, lang_rt_flush); return 0; }\n";
    place.write("main.c", c)?;
    for options in [&[][..], &["-O2"], &["--release"]] {
        if options == ["--release"] && !has_llvm() {
            continue;
        }
        for name in ["one", "two"] {
            let mut build = lang();
            build.arg("build").arg(place.path(name).with_extension("lang")).args(["--emit", "obj"]).args(options);
            let built: Outcome = run(
                {
                    build.arg("-o").arg(place.path(name).with_extension("o"));
                    build
                },
                "",
            )
            .into();
            if built.status != Some(0) {
                return Err(format!("{built:?}"));
            }
        }
        let mut cc = Command::new("cc");
        cc.current_dir(place.0.path()).args(["main.c", "one.o", "two.o", "-lm", "-o", "program"]);
        let linked: Outcome = run(cc, "").into();
        if linked.status != Some(0) {
            return Err(format!("{linked:?}"));
        }
        let outcome: Outcome = run(Command::new(place.path("program")), "").into();
        let mut lines: Vec<&str> = outcome.stdout.lines().collect();
        lines.sort_unstable();
        if lines != ["11 101 22 5", "one 1", "one 2", "two 1"] {
            return Err(format!("{options:?}: {outcome:?}"));
        }
    }
    Ok(())
}
