//! Object files: linked and run, read by a debugger, and the same every time.

use super::programs::{Maker, TRAPPED, at, block, hello, overflowing, trapping};
use crate::Cranelift;
use lang_backend::link::link;
use lang_backend::{Backend, CompileOptions, Emit, OptLevel};
use lang_ir::*;
use std::path::PathBuf;
use std::process::{Command, Output};

fn options(emit: Emit, opt_level: OptLevel) -> CompileOptions {
    CompileOptions { emit, opt_level, debug_info: true, cpu: None }
}

/// An executable in a folder of its own.
fn build(module: &Module, opt_level: OptLevel) -> (tempfile::TempDir, PathBuf) {
    let (folder, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (object, program) = (folder.path().join("program.o"), folder.path().join("program"));
    std::fs::write(&object, Cranelift.compile(module, &options(Emit::Object, opt_level)).unwrap()).unwrap();
    link(module, &[&object], &program, scratch.path(), true).unwrap();
    (folder, program)
}

fn outcome(module: &Module, opt_level: OptLevel) -> (Option<i32>, String, String) {
    let (_folder, program) = build(module, opt_level);
    let Output { status, stdout, stderr } = Command::new(program).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn executables_do_what_they_should() {
    for level in [OptLevel::None, OptLevel::Speed] {
        assert_eq!(outcome(&hello(), level), (Some(7), "hello\n".to_string(), String::new()));
        assert_eq!(outcome(&trapping(), level), (Some(101), "before".to_string(), TRAPPED.to_string()));
        for frame in [16, 3 << 20] {
            let (status, _, stderr) = outcome(&overflowing(frame), level);
            assert_eq!(status, Some(101));
            assert!(stderr.starts_with("error: stack overflow\ntest.lang:10:1\n    in deeper\n"), "{stderr}");
        }
    }
}

/// Every library function, called in an executable.
#[test]
fn library_functions_are_linked() {
    let mut m = Maker::new();
    m.main(|b| {
        let mut good = b.iconst(Type::I1, 1);
        let (wide, three) = (b.iconst(Type::I128, -(1 << 90)), b.iconst(Type::I128, 3));
        for op in [Op::Sdiv, Op::Udiv, Op::Srem, Op::Urem] {
            let args = [wide, three].map(|v| b.func.constant(v).unwrap());
            let result = b.pure_op(op, Type::I128, &[wide, three]);
            let expected = b.iconst(Type::I128, eval::eval(op, Type::I128, Type::I128, &args).unwrap() as i128);
            let same = b.icmp_eq(result, expected);
            good = b.band(good, same);
        }
        for ty in [Type::F32, Type::F64] {
            let bits = |x| eval::from_f64(ty, x);
            let [x, y] = [-7.5, 2.0].map(|x| b.fconst(ty, bits(x)));
            for (op, expected) in [
                (Op::Floor, -8.0),
                (Op::Ceil, -7.0),
                (Op::Trunc, -7.0),
                (Op::Nearest, -8.0),
                (Op::Frem, -1.5),
                (Op::Fma, -22.5),
            ] {
                let result = match op {
                    Op::Frem => b.frem(x, y),
                    Op::Fma => b.fma(x, y, x),
                    _ => b.pure_op(op, ty, &[x]),
                };
                let expected = b.fconst(ty, bits(expected));
                let same = b.fcmp_eq(result, expected);
                good = b.band(good, same);
            }
            for (from, back) in [(Op::FcvtFromSint, Op::FcvtToSint), (Op::FcvtFromUint, Op::FcvtToUint)] {
                let number = b.iconst(Type::I128, 1 << 100);
                let float = b.pure_op(from, ty, &[number]);
                let number_again = b.pure_op(back, Type::I128, &[float]);
                let same = b.icmp_eq(number, number_again);
                good = b.band(good, same);
                // What does not fit saturates.
                let infinity = b.fconst(ty, bits(f64::INFINITY));
                let saturated = b.pure_op(back, Type::I128, &[infinity]);
                let most = b.iconst(Type::I128, if back == Op::FcvtToSint { i128::MAX } else { -1 });
                let same = b.icmp_eq(saturated, most);
                good = b.band(good, same);
            }
        }
        let status = b.uextend(Type::I32, good);
        b.return_(&[status]);
    });
    for level in [OptLevel::None, OptLevel::Speed] {
        assert_eq!(outcome(&m.module, level), (Some(1), String::new(), String::new()));
    }
}

#[test]
fn output_is_the_same_every_time() {
    // Enough for several threads.
    let mut m = Maker::new();
    for index in 0..200 {
        let f = m.declare(&format!("f{index}"), Linkage::Local, &[Type::I64], &[Type::I64]);
        m.body(f, |b, params| {
            let mut value = params[0];
            for step in 0..20 {
                at(b, step + 1);
                let constant = b.iconst(Type::I64, (step * index) as i128);
                value = b.imul(value, constant);
                let bad = b.icmp_eq(value, constant);
                b.trapif(bad, TrapCode::Bounds, &[value, constant]);
            }
            b.return_(&[value]);
        });
    }
    m.main(|b| {
        let (end, _) = block(b, &[]);
        b.jump(end, &[]);
        b.switch_to(end);
        let status = b.iconst(Type::I32, 0);
        b.return_(&[status]);
    });
    for emit in [Emit::Object, Emit::Asm, Emit::Clif] {
        for level in [OptLevel::None, OptLevel::Speed] {
            let one = Cranelift.compile(&m.module, &options(emit, level)).unwrap();
            assert!(one.len() > 10_000);
            assert!(one == Cranelift.compile(&m.module, &options(emit, level)).unwrap(), "{emit:?}");
        }
    }
}

#[test]
fn text_forms_name_what_they_refer_to() {
    let text =
        |emit| String::from_utf8(Cranelift.compile(&trapping(), &options(emit, OptLevel::Speed)).unwrap()).unwrap();
    for (emit, parts) in [
        (Emit::Asm, ["lang.pick:\n", "pushq %rbp", "; lang_rt_trap", "lang_main:\n"]),
        (Emit::Clif, ["; lang.pick\n", "brif", "lang_rt_trap", "function u0:1(i64) -> i64 system_v"]),
    ] {
        let text = text(emit);
        for part in parts {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
    }
}

#[test]
fn unknown_cpus_are_errors() {
    let compile = |cpu: &str| {
        let options = CompileOptions { cpu: Some(cpu.to_string()), ..options(Emit::Object, OptLevel::Speed) };
        Cranelift.compile(&hello(), &options)
    };
    for cpu in ["native", "x86-64", "x86-64-v3", "skylake"] {
        compile(cpu).unwrap();
    }
    assert!(compile("z80").unwrap_err().to_string().contains("z80"));
}

#[test]
#[allow(clippy::print_stderr, reason = "what is skipped is said")]
fn debuggers_find_lines_and_functions() {
    if Command::new("gdb").arg("--version").output().is_err() {
        eprintln!("skipped: there is no gdb");
        return;
    }
    let (folder, program) = build(&trapping(), OptLevel::None);
    std::fs::write(folder.path().join("test.lang"), (1..40).map(|n| format!("line {n}\n")).collect::<String>())
        .unwrap();
    let commands = ["break test.lang:33", "break pick", "run", "bt", "continue", "step", "bt", "finish"];
    let output = Command::new("gdb")
        .args(["-batch", "-nx", "-iex", "set debuginfod enabled off"])
        .args(commands.iter().flat_map(|c| ["-ex", c]))
        .arg(program)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for part in ["Breakpoint 1 at", "test.lang, line 33", "#0  pick () at ./test.lang:", "main () at ./test.lang:32"] {
        assert!(text.contains(part), "{part} is not in:\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
