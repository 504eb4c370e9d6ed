//! Programs linked with the embedded run-time support library: what they print, how they end. `program.c` stands in
//! for compiled code.

use lang_backend::link::{LinkError, link};
use lang_ir::{Library, Module, SourcePos};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

struct Program {
    path: PathBuf,
    _folder: TempDir,
}

fn program() -> Program {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let object = folder.path().join("program.o");
    let compiled = Command::new("cc")
        .args(["-c", "-O1", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-ffunction-sections"])
        .args(["-mno-omit-leaf-frame-pointer", "-Wno-infinite-recursion", "-Wno-div-by-zero", "-o"])
        .arg(&object)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program.c"))
        .status()
        .unwrap();
    assert!(compiled.success());
    let path = folder.path().join("program");
    link(&Module::default(), &[&object], &path, scratch.path(), false).unwrap();
    Program { path, _folder: folder }
}

impl Program {
    fn run(&self, args: &[&str], stdin: &str) -> Output {
        let mut child = Command::new(&self.path)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs to a trap with that report; what was printed before has to be there.
    fn traps(&self, arg: &str, report: &str) {
        let output = self.run(&[arg], "");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), report, "{arg}");
        assert_eq!(output.status.code(), Some(101), "{arg}");
        assert_eq!(output.stdout, b"out ", "{arg}");
    }
}

#[test]
fn prints_and_returns() {
    let program = program();
    let output = program.run(&[], "");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "out -42 0.1 18446744073709551616 0xffff in memory\n");
    assert_eq!(output.stderr, b"error text\n");
    assert_eq!(output.status.code(), Some(300 & 255));

    let output = program.run(&["x"], "");
    assert_eq!((&output.stdout[..], output.status.code()), (&b"out "[..], Some(255)));
    assert_eq!(program.run(&["a", "", "zwei drei"], "").stdout, b"out [a][][zwei drei]");
    assert_eq!(program.run(&["h"], "").stdout, b"out hungry");
    let long = "x".repeat(100_000);
    let lines = format!("a\r\n\n{long}\nb\rc\r");
    assert_eq!(program.run(&["l"], &lines).stdout, format!("out [a][][{long}][b\rc\r]").as_bytes());
}

#[test]
fn traps_with_position_and_backtrace() {
    let program = program();
    program.traps(
        "b",
        "error: index 7 out of bounds for length 3\ndir/p.lang:12:9\n    in checked\n    in get\n    in middle\n    in main\n",
    );
    program.traps("q", "error: oh no (18446744073709551615)\ndir/p.lang:30:5\n    in panicking\n    in main\n");
    let deep = "    in counted\n".repeat(98);
    program.traps(
        "c",
        &format!(
            "error: index 0 out of bounds for length 3\ndir/p.lang:12:9\n    in checked\n    in get\n{deep}    ...\n"
        ),
    );
}

#[test]
fn faults_are_traps() {
    let program = program();
    let ten = |name: &str| format!("    in {name}\n").repeat(10);
    program.traps("o", &format!("error: stack overflow\ndir/p.lang:33:4\n{}    ...\n", ten("endless")));
    program.traps("r", &format!("error: stack overflow\ndir/p.lang:35:4\n{}    ...\n", ten("printing")));
    program.traps("w", "error: invalid memory access\ndir/p.lang:37:4\n    in wild\n    in main\n");
    program.traps("n", "error: nil pointer\ndir/p.lang:38:4\n    in nil\n    in main\n");
    program.traps("d", "error: arithmetic fault\ndir/p.lang:39:4\n    in divides\n    in main\n");
    program.traps("t", "error: invalid memory access\ndir/p.lang:40:4\n    in bad_text\n    in main\n");
}

#[test]
fn libraries_are_found() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let dir = folder.path().join("native, libs");
    std::fs::create_dir(&dir).unwrap();
    let compile = |text: &str, args: &[&str], output: &Path| {
        let source = output.with_extension("c");
        std::fs::write(&source, text).unwrap();
        assert!(Command::new("cc").args(args).arg(&source).arg("-o").arg(output).status().unwrap().success());
    };
    let (object, program) = (folder.path().join("a.o"), folder.path().join("program"));
    compile("int answer(void) { return 42; }", &["-shared", "-fPIC"], &dir.join("libanswer.so"));
    let text = "int answer(void); double cbrt(double); volatile double x = 27;
        int lang_main(void) { return answer() + (int)cbrt(x); } long lang_fn_table[9], lang_fn_count;";
    compile(text, &["-c", "-fPIE"], &object);
    let libraries = vec![Library { name: "answer".into(), decl: SourcePos::unknown() }];
    let module = Module { libraries, link_paths: vec![dir.display().to_string()], ..Module::default() };
    link(&module, &[&object], &program, scratch.path(), true).unwrap();
    assert_eq!(Command::new(&program).status().unwrap().code(), Some(45));
}

#[test]
fn failing_links_leave_the_output_alone() {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (source, object) = (folder.path().join("a.c"), folder.path().join("a.o"));
    std::fs::write(&source, "int other(void) { return 0; }").unwrap();
    assert!(Command::new("cc").arg("-c").arg(&source).arg("-o").arg(&object).status().unwrap().success());
    let output = folder.path().join("program");
    std::fs::write(&output, "old").unwrap();
    let error = link(&Module::default(), &[&object], &output, scratch.path(), false).unwrap_err();
    assert!(matches!(&error, LinkError::Failed { stderr, .. } if stderr.contains("lang_fn_table")), "{error}");
    assert_eq!(std::fs::read(&output).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);

    let source = "int lang_main(void) { return 0; } long lang_fn_table[9], lang_fn_count;";
    std::fs::write(folder.path().join("a.c"), source).unwrap();
    assert!(
        Command::new("cc").arg("-c").arg(folder.path().join("a.c")).arg("-o").arg(&object).status().unwrap().success()
    );
    let nowhere = folder.path().join("missing/program");
    let error = link(&Module::default(), &[&object], &nowhere, scratch.path(), false).unwrap_err();
    assert!(matches!(error, LinkError::Write { .. }), "{error}");
}
