//! Whole programs: calls, control flow, traps and their reports, input and output, limits.

use super::{call, message, module};
use crate::{Config, Machine, Stop};
use lang_ir::Module;

/// Runs `lang_main`, and gives how it ended, what it printed, and what it reported.
fn run(module: &Module, config: Config) -> (Result<Vec<u128>, Stop>, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut machine = Machine::new(module, Config { stdout: Box::new(&mut out), stderr: Box::new(&mut err), ..config });
    let ended = machine.call(module.entry().expect("an entry"), &[]);
    machine.finish(&ended);
    drop(machine);
    (ended, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn calls() {
    let text = "sig 0 (i64, i128) -> i128, i64\n\
        global @table const size 8 align 8 { 0 fn @swap }\n\
        fn @swap(i64, i128) -> i128, i64 {\nblock0(v0: i64, v1: i128):\n return v1, v0\n}\n\
        fn @fib(i64) -> i64 {\nblock0(v0: i64):\n v1 = iconst.i64 2\n v2 = icmp_slt.i64 v0, v1\n brif v2, block1, block2\n\
        block1:\n return v0\nblock2:\n v3 = iconst.i64 1\n v4 = isub.i64 v0, v3\n v5 = call @fib(v4)\n v6 = isub.i64 v0, v1\n \
        v7 = call @fib(v6)\n v8 = iadd.i64 v5, v7\n return v8\n}\n\
        export fn @f(i64, i128) -> i128, i64, i64 {\nblock0(v0: i64, v1: i128):\n v2 = global_addr @table\n v3 = load.ptr v2\n \
        v4, v5 = call_indirect sig0, v3(v0, v1)\n v6, v7 = call @swap(v5, v4)\n v8 = call @fib(v7)\n return v6, v7, v8\n}\n";
    let wide = 0x1234_5678_9abc_def0_0fed_cba9_8765_4321;
    assert_eq!(call(&module(text), "f", &[20, wide]), Ok(vec![wide, 20, 6765]));

    let bad = |pointer: &str| {
        format!(
            "sig 0 (i64) -> i64\nfn @g() {{\nblock0:\n return\n}}\nexport fn @f() -> i64 {{\nblock0:\n v0 = iconst.i64 1\n \
                 v1 = {pointer}\n v2 = call_indirect sig0, v1(v0)\n return v2\n}}\n"
        )
    };
    assert_eq!(message(&bad("iconst.ptr 0"), &[]), "undefined behaviour: call through a null pointer");
    assert_eq!(message(&bad("iconst.ptr 8"), &[]), "undefined behaviour: call through a pointer that is no function's");
    assert_eq!(message(&bad("func_addr @g"), &[]), "undefined behaviour: call of g with another signature than it has");
}

#[test]
fn switches() {
    let text = |ty: &str, cases: &[&str]| {
        let list: Vec<String> =
            cases.iter().enumerate().map(|(at, case)| format!("{case}: block{}(v{})", 2 + at % 2, at + 1)).collect();
        let consts: String = (0..=cases.len()).map(|at| format!(" v{} = iconst.i64 {}\n", at + 1, at * 10)).collect();
        let last = cases.len() + 1;
        format!(
            "export fn @f({ty}) -> i64 {{\nblock0(v0: {ty}):\n{consts} switch.{ty} v0 [{}], block1(v{last})\n\
             block1(v90: i64):\n return v90\nblock2(v91: i64):\n return v91\nblock3(v92: i64):\n return v92\n}}\n",
            list.join(", ")
        )
    };
    let check = |ty: &str, cases: &[&str], tries: &[(u128, usize)]| {
        let module = module(&text(ty, cases));
        for &(value, case) in tries {
            assert_eq!(call(&module, "f", &[value]), Ok(vec![case as u128 * 10]), "{ty} {cases:?} {value}");
        }
    };
    check("i64", &["5", "7", "6"], &[(4, 3), (5, 0), (6, 2), (7, 1), (8, 3), (u64::MAX as u128, 3), (0, 3)]);
    check("i8", &["-1", "1"], &[(255, 0), (1, 1), (0, 2), (254, 2)]);
    check("i32", &["-2000000000", "0", "2000000000"], &[(0x88ca_6c00, 0), (0, 1), (2_000_000_000, 2), (1, 3)]);
    let wide = (-1i128) as u128;
    check("i128", &["-1", "0", "18446744073709551616"], &[(wide, 0), (0, 1), (1 << 64, 2), (u64::MAX as u128, 3)]);
    check("i64", &[], &[(0, 0), (9, 0)]);
}

#[test]
fn values_that_change_places() {
    // (a, b, c) becomes (b, c, a + b) while the loop runs; the old values are read behind it.
    let text = "export fn @f(i64) -> i64, i64, i64, i64 {\nblock0(v0: i64):\n v1 = iconst.i64 1\n v2 = iconst.i64 2\n \
        v3 = iconst.i64 3\n v4 = iconst.i64 0\n jump block1(v4, v1, v2, v3)\n\
        block1(v5: i64, v6: i64, v7: i64, v8: i64):\n v9 = iadd.i64 v6, v7\n v10 = iadd.i64 v5, v1\n \
        v11 = icmp_slt.i64 v10, v0\n brif v11, block1(v10, v7, v8, v9), block2(v9, v8)\n\
        block2(v12: i64, v13: i64):\n return v5, v13, v12, v6\n}\n";
    let module = module(text);
    for n in 0..20 {
        let (mut i, mut a, mut b, mut c) = (0, 1, 2, 3);
        while i + 1 < n as i64 {
            (i, a, b, c) = (i + 1, b, c, a + b);
        }
        assert_eq!(call(&module, "f", &[n]), Ok(vec![i as u128, c, a + b, a]), "{n}");
    }
    // A rotation of wide values through a jump to a short block.
    let text = "export fn @f(i128, i128, i1) -> i128, i128 {\nblock0(v0: i128, v1: i128, v2: i1):\n jump block1(v0, v1, v2)\n\
        block1(v3: i128, v4: i128, v5: i1):\n v6 = bnot.i1 v5\n brif v5, block1(v4, v3, v6), block2\nblock2:\n return v3, v4\n}\n";
    assert_eq!(call(&super::module(text), "f", &[1 << 70, 2, 0]), Ok(vec![1 << 70, 2]));
    assert_eq!(call(&super::module(text), "f", &[1 << 70, 2, 1]), Ok(vec![2, 1 << 70]));
}

/// More registers than 16 bits can name.
#[test]
fn large_frames() {
    let mut text = String::from("export fn @f(i64) -> i64, i64 {\nblock0(v0: i64):\n v1 = iconst.i64 1\n");
    let n = 70_000;
    for at in 2..n {
        text += &format!(" v{at} = iadd.i64 v{}, v1\n", if at == 2 { 0 } else { at - 1 });
    }
    let last = n - 1;
    let (more, one, other) = (n, n + 1, n + 2);
    // All values are used again, so that none is dropped.
    text += &format!(
        " v{more} = icmp_slt.i64 v{last}, v0\n v{one} = select.i64 v{more}, v{last}, v0\n jump block1(v{last}, v{one})\n\
         block1(v{other}: i64, v{}: i64):\n v{} = icmp_slt.i64 v1, v{other}\n \
         brif v{}, block1(v{}, v{other}), block2\nblock2:\n return v{other}, v{}\n}}\n",
        n + 3,
        n + 4,
        n + 4,
        n + 3,
        n + 3
    );
    let module = module(&text);
    let func = module.function("f").unwrap();
    let mut machine = Machine::new(&module, Config { fuel: Some(1_000_000), ..Config::default() });
    // The loop swaps until the first of the two is at most 1.
    assert_eq!(machine.call(func, &[0]), Ok(vec![0, 69_998]));
}

#[test]
fn reports() {
    let text = "file 0 \"a.lang\"\n\
        fn @get#2(i64) -> i64 at 0:1:1 {\n  scope0 = inlined @at decl 0:20:1 at 0:2:9\nblock0(v0: i64):\n v1 = iconst.i64 3\n \
        v2 = icmp_ule.i64 v1, v0\n trapif v2, bounds(v0, v1) @ 0:21:7 scope0\n return v0\n}\n\
        fn @main() at 0:5:1 {\nblock0:\n v0 = iconst.i64 -7\n v1 = call @get#2(v0) @ 0:6:5\n return\n}\n\
        export fn @lang_main() -> i32 {\nblock0:\n v0 = iconst.i32 0\n call @main()\n return v0\n}\n"
        .replace("@get#2", "@\"get#2\"");
    let (ended, out, err) = run(&module(&text), Config::default());
    assert!(matches!(ended, Err(Stop::Trap(_))));
    assert_eq!(out, "");
    assert_eq!(err, "error: index -7 is out of bounds for length 3\na.lang:21:7\n    in at\n    in get\n    in main\n");
}

#[test]
fn messages_of_traps() {
    let text = "global @text const size 5 align 1 { \"hello\" }\nexport fn @f(i64, i64) -> i64 {\nblock0(v0: i64, v1: i64):\n \
        v2 = iconst.i64 5\n v3 = global_addr @text\n v4 = iconst.i1 1\n v7 = iconst.i64 0\n \
        switch.i64 v0 [0: block1, 1: block2, 2: block3], block4\n\
        block1:\n trap panic(v3, v1)\nblock2:\n trapif v4, bounds_uq(v1, v1, v2)\n return v1\nblock3:\n \
        v5 = icmp_slt.i64 v1, v7\n trapif v5, slice_range(v1, v2, v1)\n return v1\nblock4:\n trap div_zero\n}\n";
    assert_eq!(message(text, &[0, 4]), "hell");
    assert_eq!(
        message(text, &[0, 9]),
        "invalid memory access: out of bounds: read of 9 bytes at offset 0 of the global `text` (5 bytes)"
    );
    assert_eq!(message(text, &[1, 1]), "index 18446744073709551617 is out of bounds for length 5");
    assert_eq!(message(text, &[2, u64::MAX as u128]), "slice -1..5 is out of range for length -1");
    assert_eq!(message(text, &[3, 0]), "division by zero");
}

#[test]
fn deep_recursion_and_overflow() {
    let text = "file 0 \"a.lang\"\n\
        fn @down(i64) -> i64 at 0:3:1 {\n ss0 = slot size 16 align 8\nblock0(v0: i64):\n v1 = slot_addr ss0\n store.i64 v0, v1\n \
        v2 = iconst.i64 0\n v3 = icmp_eq.i64 v0, v2\n brif v3, block1, block2\nblock1:\n return v0\nblock2:\n \
        v4 = iconst.i64 1\n v5 = isub.i64 v0, v4\n v6 = call @down(v5) @ 0:4:9\n v7 = load.i64 v1\n v8 = iadd.i64 v6, v7\n \
        return v8\n}\n\
        fn @main() at 0:9:1 {\nblock0:\n v0 = iconst.i64 -1\n v1 = call @down(v0)\n return\n}\n\
        export fn @lang_main() -> i32 {\nblock0:\n v0 = iconst.i32 0\n call @main()\n return v0\n}\n";
    let module = module(text);
    assert_eq!(call(&module, "down", &[100_000]), Ok(vec![5_000_050_000]));
    let (_, _, err) = run(&module, Config::default());
    let frames = "    in down\n".repeat(10);
    assert_eq!(err, format!("error: stack overflow\na.lang:3:1\n{frames}    ...\n"));
    let (_, _, err) = run(&module, Config { max_frames: 3, ..Config::default() });
    assert_eq!(err, "error: stack overflow\na.lang:3:1\n    in down\n    in down\n    in down\n    in main\n");
    // Large slots use the stack up, too.
    let text = text.replace("size 16", "size 30000000");
    let (_, _, err) = run(&super::module(&text), Config::default());
    assert_eq!(err, "error: stack overflow\na.lang:3:1\n    in down\n    in down\n    in down\n    in main\n");
    // A backtrace has 100 lines at most.
    let text = text
        .replace("size 30000000", "size 8")
        .replace("iconst.i64 -1", "iconst.i64 150")
        .replace("block1:\n return v0", "block1:\n trap unreachable @ 0:5:2");
    let (_, _, err) = run(&super::module(&text), Config::default());
    let frames = "    in down\n".repeat(100);
    assert_eq!(err, format!("error: unreachable code was reached\na.lang:5:2\n{frames}    ...\n"));
}

/// A program that calls the run-time library; `body` sees `v0`, a place for a string, and `v1`, a zero.
fn program(body: &str) -> Module {
    module(&format!(
        "file 0 \"a.lang\"\n\
         import fn @lang_rt_sink_push(i32)\nimport fn @lang_rt_sink_pop(ptr)\nimport fn @lang_rt_write_str(ptr, i64)\n\
         import fn @lang_rt_write_i64(i64)\nimport fn @lang_rt_write_i128(i64, i64)\nimport fn @lang_rt_write_f64(f64)\n\
         import fn @lang_rt_write_bool(i8)\nimport fn @lang_rt_write_quoted_str(ptr, i64)\nimport fn @lang_rt_fmt_int(i64, i64, i32, i32, ptr, i64)\n\
         import fn @lang_rt_args(ptr)\nimport fn @lang_rt_parse_i64(ptr, i64, ptr) -> i8\nimport fn @lang_rt_read_line(ptr) -> i8\n\
         import fn @lang_rt_exit(i32)\nimport fn @puts(ptr) -> i32\n\
         global @text const size 8 align 1 {{ \"a\\09b#x12\" }}\n\
         fn @main() at 0:1:1 {{\n ss0 = slot size 16 align 8\nblock0:\n v0 = slot_addr ss0\n v1 = iconst.i64 0\n \
         v2 = global_addr @text\n v3 = iconst.i64 3\n v4 = iconst.i32 0\n v5 = iconst.i32 1\n v6 = iconst.i32 2\n v7 = iconst.i64 2\n\
         {body} return\n}}\n\
         export fn @lang_main() -> i32 {{\nblock0:\n v0 = iconst.i32 7\n call @main()\n return v0\n}}\n"
    ))
}

#[test]
fn output() {
    let body = " call @lang_rt_write_str(v2, v3)\n call @lang_rt_write_quoted_str(v2, v3)\n v20 = iconst.i64 -5\n \
        call @lang_rt_write_i64(v20)\n call @lang_rt_write_i128(v1, v20)\n v21 = fconst.f64 6.0\n call @lang_rt_write_f64(v21)\n \
        v22 = iconst.i8 1\n call @lang_rt_write_bool(v22)\n v23 = iconst.i32 8\n v24 = ptr_add v2, v3\n \
        call @lang_rt_fmt_int(v20, v20, v23, v5, v24, v7)\n";
    let (ended, out, err) = run(&program(body), Config::default());
    assert_eq!(ended, Ok(vec![7]));
    assert_eq!((&out[..], &err[..]), ("a\tb\"a\\tb\"-5-922337203685477580806.0true0xfb", ""));

    // Memory, then standard error, then standard output again.
    let body = " call @lang_rt_sink_push(v6)\n call @lang_rt_write_i64(v3)\n call @lang_rt_sink_push(v5)\n \
        call @lang_rt_write_i64(v7)\n v9 = iconst.ptr 0\n call @lang_rt_sink_pop(v9)\n call @lang_rt_write_i64(v3)\n \
        call @lang_rt_sink_pop(v0)\n v10 = load.ptr v0\n v11 = load.i64 v0+8\n call @lang_rt_write_str(v10, v11)\n \
        call @lang_rt_write_i64(v11)\n";
    let (_, out, err) = run(&program(body), Config::default());
    assert_eq!((&out[..], &err[..]), ("332", "2"));

    // What was printed comes before a report, also what is unfinished for standard error.
    let body = " call @lang_rt_write_i64(v3)\n call @lang_rt_sink_push(v5)\n call @lang_rt_write_i64(v7)\n v9 = load.i64 v0 @ 0:4:2\n";
    let (_, out, err) = run(&program(body), Config::default());
    assert_eq!(out, "3");
    assert!(
        err.starts_with("2error: invalid memory access: read of 8 bytes at offset 0 of a local variable of main"),
        "{err}"
    );
    assert!(err.ends_with("\na.lang:4:2\n    in main\n"), "{err}");

    let (ended, out, _) = run(&program(" call @lang_rt_write_i64(v3)\n call @lang_rt_exit(v5)\n"), Config::default());
    assert_eq!((ended, &out[..]), (Err(Stop::Exit(1)), "3"));
    let long = " v30 = iconst.i64 100\n call @lang_rt_write_str(v2, v30) @ 0:2:2\n";
    assert_eq!(
        run(&program(long), Config::default()).2,
        "error: invalid memory access: out of bounds: read of 100 bytes at offset 0 of the global `text` (8 bytes)\na.lang:2:2\n    in main\n"
    );
}

struct Closed;

impl std::io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn output_that_nobody_takes() {
    let module = program(" call @lang_rt_write_i64(v3)\n call @lang_rt_exit(v5)\n");
    let mut machine = Machine::new(&module, Config { stdout: Box::new(Closed), ..Config::default() });
    let ended = machine.call(module.entry().unwrap(), &[]);
    assert!(matches!(&ended, Err(Stop::Trap(trap)) if trap.message == "cannot write to standard output"), "{ended:?}");
}

#[test]
fn input() {
    let body = " call @lang_rt_args(v0)\n v9 = load.ptr v0\n v10 = load.i64 v0+8\n call @lang_rt_write_i64(v10)\n \
        v11 = load.ptr v9+16\n v12 = load.i64 v9+24\n call @lang_rt_write_quoted_str(v11, v12)\n \
        v13 = call @lang_rt_parse_i64(v11, v12, v0)\n call @lang_rt_write_bool(v13)\n \
        v14 = iconst.i64 5\n v15 = ptr_add v2, v14\n v16 = call @lang_rt_parse_i64(v15, v7, v0)\n v17 = load.i64 v0\n \
        call @lang_rt_write_i64(v17)\n v18 = call @lang_rt_read_line(v0)\n v19 = load.ptr v0\n v20 = load.i64 v0+8\n \
        call @lang_rt_write_quoted_str(v19, v20)\n v21 = call @lang_rt_read_line(v0)\n v22 = call @lang_rt_read_line(v0)\n \
        call @lang_rt_write_bool(v21)\n call @lang_rt_write_bool(v22)\n";
    let config =
        Config { args: vec!["x".into(), "y z".into()], stdin: Box::new(&b"one\r\n\n"[..]), ..Config::default() };
    let (ended, out, err) = run(&program(body), config);
    assert_eq!((ended, &out[..], &err[..]), (Ok(vec![7]), "2\"y z\"false12\"one\"truefalse", ""));
}

#[test]
fn what_the_interpreter_cannot_do() {
    let (ended, ..) = run(&program(" v9 = call @puts(v2)\n"), Config::default());
    assert!(matches!(&ended, Err(Stop::Unsupported(text)) if text.contains("`puts`")), "{ended:?}");
    let isolated = || Config { isolated: true, ..Config::default() };
    let (ended, ..) = run(&program(" call @lang_rt_write_i64(v3)\n"), isolated());
    assert_eq!(ended, Err(Stop::Effect("output".into())));
    let captured = " call @lang_rt_sink_push(v6)\n call @lang_rt_write_i64(v3)\n call @lang_rt_sink_pop(v0)\n";
    assert_eq!(run(&program(captured), isolated()).0, Ok(vec![7]));
}

#[test]
fn fuel() {
    let text = "export fn @f(i64) -> i64 {\nblock0(v0: i64):\n v1 = iconst.i64 1\n v2 = iconst.i64 0\n jump block1(v2)\n\
        block1(v3: i64):\n v4 = iadd.i64 v3, v1\n v5 = icmp_slt.i64 v4, v0\n brif v5, block1(v4), block2\nblock2:\n return v4\n}\n";
    let module = module(text);
    let func = module.function("f").unwrap();
    let used = |n: u128| {
        let mut machine = Machine::new(&module, Config { fuel: Some(1_000), ..Config::default() });
        machine.call(func, &[n]).map(|_| 1_000 - machine.fuel())
    };
    assert_eq!(used(1), Ok(3 + 3 + 1));
    assert_eq!(used(100), Ok(3 + 300 + 1));
    assert_eq!(used(1000), Err(Stop::Fuel));
}

#[test]
fn traces() {
    let text = "fn @half(i8) -> i8 {\nblock0(v0: i8):\n v1 = iconst.i8 1\n v2 = sshr.i8 v0, v1\n v3 = icmp_eq.i8 v2, v1\n \
        brif v3, block1(v2), block1(v0)\nblock1(v4: i8):\n return v4\n}\n\
        export fn @lang_main() -> i32 {\nblock0:\n v0 = iconst.i8 -6\n v1 = call @half(v0)\n v2 = sextend.i32 v1\n return v2\n}\n";
    let (ended, _, err) = run(&module(text), Config { trace: true, ..Config::default() });
    assert_eq!(ended, Ok(vec![0xffff_fffa]));
    assert_eq!(
        err,
        "lang_main block0: v0 = iconst.i8 -6  ; v0 = 0xfa\n\
         lang_main block0: v1 = call @half(v0)  ; v0 = 0xfa\n\
         half block0: v1 = iconst.i8 1  ; v1 = 0x1\n\
         half block0: v2 = sshr.i8 v0, v1  ; v2 = 0xfd\n\
         half block0: v3 = icmp_eq.i8 v2, v1  ; v3 = 0x0\n\
         half block0: brif v3, block1(v2), block1(v0)  ; v3 = 0x0, v2 = 0xfd, v0 = 0xfa\n\
         half block1: return v4  ; v4 = 0xfa\n\
         lang_main block0: v2 = sextend.i32 v1  ; v2 = 0xfffffffa\n\
         lang_main block0: return v2  ; v2 = 0xfffffffa\n"
    );
}
