//! Whole functions and programs.

use crate::support::{File, LEVELS, executable, options, text};
use lang_backend::{CompileOptions, Emit, Error, OptLevel};
use lang_ir::Module;
use std::process::{Command, Output};

/// A module of this text, which the verifier accepts.
fn module(text: &str) -> Module {
    let module = lang_ir::parse::module(text).unwrap_or_else(|error| panic!("{error}"));
    lang_ir::verify::verify(&module).unwrap_or_else(|found| panic!("{}", lang_ir::verify::render(&found)));
    module
}

#[test]
fn control_flow_calls_and_memory() {
    let module = module(
        r#"
sig 0 (i64, i1) -> i64, f16, i1
global @bytes const size 6 align 1 { "abc\0ade" }
global @links size 32 align 8 { "12345678", 8 @bytes+2, 16 fn @triple, 24 @links }
; Both edges of a branch and three of a switch go to one block, with different arguments.
export fn @edges(i64) -> i64 {
block0(v0: i64):
  v1 = iconst.i64 10
  v2 = iconst.i64 20
  v3 = icmp_slt.i64 v0, v1
  brif v3, block1(v1), block1(v2)
block1(v4: i64):
  switch.i64 v0 [-1: block2(v1), 5: block2(v2), 11: block2(v4), 12: block3], block2(v0)
block2(v5: i64):
  v6 = iadd.i64 v5, v4
  return v6
block3:
  return v4
}
fn @triple(i64, i1) -> i64, f16, i1 {
block0(v0: i64, v1: i1):
  v2 = iconst.i64 3
  v3 = imul.i64 v0, v2
  v4 = fcvt_from_sint.f16 v3
  v5 = bnot.i1 v1
  return v3, v4, v5
}
export fn @calls(i64) -> i64 {
block0(v0: i64):
  v1 = iconst.i1 1
  v2, v3, v4 = call @triple(v0, v1)
  v5 = global_addr @links
  v6 = load.ptr v5+16
  v7, v8, v9 = call_indirect sig0, v6(v2, v4)
  v10 = fcvt_to_sint.i64 v8
  v11 = iadd.i64 v7, v10
  v12 = uextend.i64 v9
  v13 = iadd.i64 v11, v12
  return v13
}
export fn @memory() -> i64 {
  ss0 = slot size 16 align 8
  ss1 = slot size 16 align 8
block0:
  v0 = slot_addr ss0
  v1 = slot_addr ss1
  v2 = iconst.i8 7
  v3 = iconst.i64 16
  memset v0, v2, v3 align 8
  v4 = iconst.i1 1
  store.i1 v4, v0+3
  memcpy v1, v0, v3 align 8, 8
  v5 = load.i1 v1+3
  v6 = load.i8 v1+3
  v7 = load.i32 v1+4
  v8 = uextend.i64 v5
  v9 = uextend.i64 v6
  v10 = uextend.i64 v7
  v11 = iadd.i64 v8, v9
  v12 = iadd.i64 v10, v11
  v13 = global_addr @links
  v14 = load.ptr v13+8
  v15 = load.i8 v14
  v16 = uextend.i64 v15
  v17 = iadd.i64 v12, v16
  v18 = load.ptr v13+24
  v19 = icmp_eq.ptr v18, v13
  v20 = uextend.i64 v19
  v21 = iadd.i64 v17, v20
  v22 = load.i8 v18+1
  v23 = uextend.i64 v22
  v24 = iadd.i64 v21, v23
  return v24
}
; Two values change places in a loop.
export fn @swap(i64) -> i64 {
block0(v0: i64):
  v1 = iconst.i64 1
  v2 = iconst.i64 2
  jump block1(v0, v1, v2)
block1(v3: i64, v4: i64, v5: i64):
  v6 = iconst.i64 0
  v7 = icmp_eq.i64 v3, v6
  brif v7, block2, block3
block2:
  return v4
block3:
  v8 = isub.i64 v3, v1
  jump block1(v8, v5, v4)
}
; What cannot be reached may be any nonsense.
export fn @unreachable() -> i64 {
block0:
  v0 = iconst.i64 4
  jump block2(v0)
block1(v1: i64):
  jump block2(v1)
block2(v2: i64):
  return v2
}
"#,
    );
    for level in LEVELS {
        let file = File::new(&module, level);
        let library = file.load();
        // SAFETY: these are the types of the functions above.
        let of_i64 = |name: &str| {
            let function = unsafe { library.get::<extern "C" fn(i64) -> i64>(name) };
            move |x: i64| function(x)
        };
        let edges = of_i64("edges");
        assert_eq!([-1, 5, 11, 12, 7].map(edges), [20, 30, 40, 20, 17]);
        assert_eq!(of_i64("calls")(5), 45 + 45 + 1);
        let bytes = 1 + 1 + 0x0707_0707 + i64::from(b'c') + 1 + i64::from(b'2');
        assert_eq!(of_i64("memory")(0), bytes);
        assert_eq!([0, 1, 4, 7].map(of_i64("swap")), [1, 2, 1, 2]);
        assert_eq!(of_i64("unreachable")(0), 4);
    }
}

/// A remainder by -1 whatever is known about the operands, and shifts whose constant amounts are too big.
#[test]
fn constants_do_not_make_poison() {
    let module = module(
        "
export fn @rem(i64) -> i64 {
block0(v0: i64):
  v1 = iconst.i64 -1
  v2 = iconst.i64 -9223372036854775808
  v3 = srem.i64 v2, v1
  v4 = srem.i64 v0, v1
  v5 = srem.i64 v2, v0
  v6 = iadd.i64 v3, v4
  v7 = iadd.i64 v6, v5
  return v7
}
export fn @shift(i64) -> i64 {
block0(v0: i64):
  v1 = iconst.i64 65
  v2 = ishl.i64 v0, v1
  v3 = iconst.i64 -1
  v4 = ushr.i64 v0, v3
  v5 = rotl.i64 v2, v3
  v6 = iadd.i64 v5, v4
  return v6
}
",
    );
    for level in LEVELS {
        let file = File::new(&module, level);
        let library = file.load();
        // SAFETY: these are the types of the functions above.
        let of_i64 = |name: &str| {
            let function = unsafe { library.get::<extern "C" fn(i64) -> i64>(name) };
            move |x: i64| function(x)
        };
        assert_eq!(of_i64("rem")(-1), 0);
        assert_eq!(of_i64("rem")(10), -8);
        assert_eq!(of_i64("shift")(-5), i64::MAX - 4 + 1);
    }
}

fn run(text: &str, options: &CompileOptions) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(executable(&module(text), options, folder.path())).output().unwrap()
}

const TRAPS: &str = r#"
file 0 "dir/traps.lang"
global @text const size 5 align 1 { "hello" }
import fn @lang_rt_write_i64(i64)
import fn @lang_rt_write_str(ptr, i64)
import fn @lang_rt_args(ptr)
fn @element(ptr, i64, i64) -> i64 noinline at 0:3:1 {
  scope0 = inlined @index decl 0:1:1 at 0:4:9
block0(v0: ptr, v1: i64, v2: i64):
  v3 = icmp_ule.i64 v2, v1
  trapif v3, bounds(v1, v2) @ 0:2:5 scope0
  v4 = ptr_add v0, v1
  v5 = load.i8 v4
  v6 = uextend.i64 v5
  return v6
}
; Dead: no symbol, no row in the table of functions.
fn @dead(i64) -> i64 at 0:20:1 {
block0(v0: i64):
  return v0
}
fn @main() -> i32 noinline at 0:6:1 {
  ss0 = slot size 16 align 8
block0:
  v0 = global_addr @text
  v1 = iconst.i64 5
  call @lang_rt_write_str(v0, v1)
  v2 = slot_addr ss0
  call @lang_rt_args(v2)
  v3 = load.i64 v2+8
  v4 = iconst.i64 4
  v5 = iadd.i64 v3, v4
  v6 = call @element(v0, v5, v1) @ 0:7:3
  call @lang_rt_write_i64(v6)
  v7 = icmp_eq.i64 v6, v1
  brif v7, block1, block2
block1:
  trap panic(v0, v1) @ 0:8:8
block2:
  v8 = iconst.i32 3
  return v8
}
export fn @lang_main() -> i32 {
block0:
  v0 = call @main() @ 0:6:1
  return v0
}
"#;

#[test]
fn programs_print_exit_and_trap() {
    let folder = tempfile::tempdir().unwrap();
    // LLVM may inline or not, with debug information or without: the backtrace stays the same.
    let inlined = TRAPS.replace(" noinline", " inline");
    let main_gone = TRAPS
        .replace("fn @main() -> i32", "export fn @lang_main() -> i32")
        .replace("  ss0 = slot size 16", "  scope0 = inlined @main decl 0:6:1 at 0:6:1\n  ss0 = slot size 16");
    let main_gone = &main_gone[..main_gone.rfind("export").unwrap()];
    for (text, level, debug_info) in [
        (TRAPS, OptLevel::None, false),
        (TRAPS, OptLevel::Speed, false),
        (&*inlined, OptLevel::Speed, false),
        (&*inlined, OptLevel::Speed, true),
        (main_gone, OptLevel::Speed, false),
    ] {
        let options = CompileOptions { debug_info, ..options(Emit::Object, level) };
        let program = executable(&module(text), &options, folder.path());
        let fine = Command::new(&program).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&fine.stdout), "hello111");
        assert_eq!(fine.status.code(), Some(3));
        let traps = Command::new(&program).arg("more").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&traps.stdout), "hello");
        let message = "error: index 5 is out of bounds for length 5\n\
                       dir/traps.lang:2:5\n    in index\n    in element\n    in main\n";
        assert_eq!(String::from_utf8_lossy(&traps.stderr), message);
        assert_eq!(traps.status.code(), Some(101));
    }
}

/// With debug information, functions that LLVM has inlined are in the backtrace too.
#[test]
fn backtraces_are_complete_with_debug_information() {
    let text = r#"
file 0 "t.lang"
import fn @lang_rt_args(ptr)
fn @"third#2"(i64) inline at 0:1:1 {
block0(v0: i64):
  v1 = iconst.i64 0
  v2 = icmp_eq.i64 v0, v1
  trapif v2, unreachable @ 0:2:2
  return
}
fn @second(i64) inline at 0:4:1 {
block0(v0: i64):
  call @"third#2"(v0) @ 0:5:5
  return
}
fn @first(ptr) noinline at 0:7:1 {
block0(v0: ptr):
  v1 = load.i64 v0+8
  call @second(v1) @ 0:8:8
  return
}
fn @main() noinline at 0:10:1 {
  ss0 = slot size 16 align 8
block0:
  v0 = slot_addr ss0
  call @lang_rt_args(v0)
  call @first(v0)
  return
}
export fn @lang_main() -> i32 {
block0:
  call @main()
  v0 = iconst.i32 0
  return v0
}
"#;
    let mut options = options(Emit::Object, OptLevel::Speed);
    let [short, complete] = [false, true].map(|debug_info| {
        options.debug_info = debug_info;
        String::from_utf8(run(text, &options).stderr).unwrap()
    });
    let message = |frames: &str| format!("error: unreachable code was reached\nt.lang:2:2\n{frames}");
    assert_eq!(short, message("    in third\n    in first\n    in main\n"));
    assert_eq!(complete, message("    in third\n    in second\n    in first\n    in main\n"));
}

#[test]
fn traps_read_their_strings() {
    // The string is made in the frame right before the trap: the stores have to stay.
    let text = r#"
file 0 "t.lang"
fn @main() noinline at 0:1:1 {
  ss0 = slot size 2 align 1
block0:
  v0 = slot_addr ss0
  v1 = iconst.i8 104
  store.i8 v1, v0
  v2 = iconst.i8 105
  store.i8 v2, v0+1
  v3 = iconst.i64 2
  trap panic(v0, v3) @ 0:5:7
}
export fn @lang_main() -> i32 {
block0:
  call @main()
  v0 = iconst.i32 0
  return v0
}
"#;
    for level in LEVELS {
        let output = run(text, &options(Emit::Object, level));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "error: hi\nt.lang:5:7\n    in main\n");
    }
}

#[test]
fn overflowing_the_stack_is_reported() {
    // A frame of 64 KiB: without probes it would jump over the guard page.
    let text = r#"
file 0 "deep.lang"
import fn @lang_rt_write_i64(i64)
import fn @lang_rt_args(ptr)
fn @deep(i64) -> i64 noinline at 0:3:1 {
  ss0 = slot size 65536 align 8
block0(v0: i64):
  v1 = slot_addr ss0
  call @lang_rt_args(v1)
  v2 = iconst.i64 1
  v3 = iadd.i64 v0, v2
  v4 = call @deep(v3)
  v5 = load.i64 v1+8
  v6 = iadd.i64 v4, v5
  return v6
}
export fn @lang_main() -> i32 {
block0:
  v0 = iconst.i64 0
  v1 = call @deep(v0)
  call @lang_rt_write_i64(v1)
  v2 = iconst.i32 0
  return v2
}
"#;
    for level in LEVELS {
        let output = run(text, &options(Emit::Object, level));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.starts_with("error: stack overflow\ndeep.lang:3:1\n    in deep\n    in deep\n"), "{message}");
        assert_eq!(output.status.code(), Some(101));
    }
}

#[test]
fn only_what_is_used_is_left() {
    let module = module(TRAPS);
    let ir = text(&module, &options(Emit::LlvmIr, OptLevel::Speed));
    assert!(!ir.contains("lang.dead") && ir.contains("@lang.element("), "{ir}");
    assert!(ir.contains("@lang_fn_count = constant i64 3"), "{ir}");
    // Taking their addresses for the table does not keep LLVM from changing the functions' signatures.
    assert!(ir.contains("define internal fastcc"), "{ir}");
    let asm = text(&module, &options(Emit::Asm, OptLevel::Speed));
    assert!(asm.contains("lang_main:") && asm.contains("lang_rt_trap@PLT"), "{asm}");
}

const SAXPY: &str = "
fn @saxpy(i64, f64, ptr noalias readonly, ptr noalias) inline {
block0(v0: i64, v1: f64, v2: ptr, v3: ptr):
  v4 = iconst.i64 0
  v5 = iconst.i64 1
  v6 = iconst.i64 8
  v7 = icmp_slt.i64 v4, v0
  brif v7, block1(v4), block2
block1(v8: i64):
  v9 = imul.i64 v8, v6
  v10 = ptr_add v2, v9
  v11 = ptr_add v3, v9
  v12 = load.f64 v10
  v13 = load.f64 v11
  v14 = fmul.f64 v1, v12
  v15 = fadd.f64 v13, v14
  store.f64 v15, v11
  v16 = iadd.i64 v8, v5
  v17 = icmp_slt.i64 v16, v0
  brif v17, block1(v16), block2
block2:
  return
}
export fn @lang_main() -> i32 {
block0:
  v0 = iconst.i32 0
  return v0
}
";

#[test]
fn restrict_parameters_vectorize_without_checks() {
    let exported = SAXPY.replace("fn @saxpy", "export fn @saxpy");
    let ir = |text: &str| self::text(&module(text), &options(Emit::LlvmIr, OptLevel::Speed));
    let with = ir(&exported);
    assert!(with.contains("<2 x double>") && !with.contains("vector.memcheck"), "{with}");
    // The test can fail: without the promise the pointers are compared.
    let without = ir(&exported.replace("noalias ", "").replace("noalias", ""));
    assert!(without.contains("vector.memcheck"), "{without}");
}

/// `rounds` times: y[i] = 2 * x[i] for all i, by an inlined function whose parameters are restrict; then x and y change
/// places, so the promise of one round says nothing about the next.
const ROUNDS: &str = r#"
file 0 "rounds.lang"
export fn @rounds(i64, i64, ptr, ptr) at 0:1:1 {
  scope0 = inlined @double decl 0:9:1 at 0:4:5
  alias1 = any scopes restrict0 noalias restrict1
  alias2 = any scopes restrict1 noalias restrict0
block0(v0: i64, v1: i64, v2: ptr, v3: ptr):
  v4 = iconst.i64 0
  v5 = iconst.i64 1
  v6 = iconst.i64 8
  jump block1(v4, v2, v3) @ 0:3:1
block1(v7: i64, v8: ptr, v9: ptr):
  v10 = icmp_slt.i64 v7, v0 @ 0:3:1
  brif v10, block2, block5 @ 0:3:1
block2:
  v11 = icmp_slt.i64 v4, v1 @ 0:10:1 scope0
  brif v11, block3(v4), block4 @ 0:10:1 scope0
block3(v12: i64):
  v13 = imul.i64 v12, v6 @ 0:11:1 scope0
  v14 = ptr_add v8, v13 @ 0:11:1 scope0
  v15 = ptr_add v9, v13 @ 0:11:1 scope0
  v16 = load.i64 v14 alias1 @ 0:11:1 scope0
  v17 = iadd.i64 v16, v16 @ 0:11:1 scope0
  store.i64 v17, v15 alias2 @ 0:11:1 scope0
  v18 = iadd.i64 v12, v5 @ 0:10:1 scope0
  v19 = icmp_slt.i64 v18, v1 @ 0:10:1 scope0
  brif v19, block3(v18), block4 @ 0:10:1 scope0
block4:
  v20 = iadd.i64 v7, v5 @ 0:3:1
  jump block1(v20, v9, v8) @ 0:3:1
block5:
  return @ 0:5:1
}
"#;

#[test]
fn restrict_promises_of_inlined_functions_hold_for_one_call() {
    let parsed = module(ROUNDS);
    let ir = text(&parsed, &options(Emit::LlvmIr, OptLevel::Speed));
    // LLVM names the comparison of two pointers after the difference that it checks.
    assert!(ir.contains("<2 x i64>") && !ir.contains("diff.check"), "{ir}");
    // Without known locations, the promise is taken to hold for one iteration of the inner loop.
    let unknown: String = ROUNDS.lines().map(|line| line.split(" @ ").next().unwrap().to_string() + "\n").collect();
    let ir = text(&module(&unknown), &options(Emit::LlvmIr, OptLevel::Speed));
    assert!(ir.contains("<2 x i64>") && ir.contains("diff.check"), "{ir}");
    // Two rounds over one element, so that all loops disappear.
    let two_rounds = "
export fn @two(ptr, ptr) {
block0(v0: ptr, v1: ptr):
  v2 = iconst.i64 3
  v3 = iconst.i64 2
  call @rounds(v2, v3, v0, v1)
  return
}
";
    for level in LEVELS {
        let text = ROUNDS.replace("export fn @rounds(i64, i64, ptr, ptr)", "fn @rounds(i64, i64, ptr, ptr) inline");
        let file = File::new(&module(&(text + two_rounds)), level);
        let library = file.load();
        // SAFETY: this is the type of the function.
        let two = unsafe { library.get::<extern "C" fn(*mut i64, *mut i64)>("two") };
        let (mut x, mut y) = ([1, 10], [0, 0]);
        two(x.as_mut_ptr(), y.as_mut_ptr());
        assert_eq!((x, y), ([4, 40], [8, 80]));
    }
}

#[test]
fn fast_math_reassociates_and_nothing_else_does() {
    let sum = "
export fn @sum(i64, ptr) -> f64 MODE {
block0(v0: i64, v1: ptr):
  v2 = iconst.i64 0
  v3 = iconst.i64 1
  v4 = iconst.i64 8
  v5 = fconst.f64 0.0
  jump block1(v2, v5)
block1(v6: i64, v7: f64):
  v8 = icmp_slt.i64 v6, v0
  brif v8, block2, block3
block2:
  v9 = imul.i64 v6, v4
  v10 = ptr_add v1, v9
  v11 = load.f64 v10
  v12 = fmul.f64 v11, v11
  v13 = fadd.f64 v7, v12
  v14 = iadd.i64 v6, v3
  jump block1(v14, v13)
block3:
  return v7
}
";
    let mut options = options(Emit::LlvmIr, OptLevel::Speed);
    options.cpu = Some("x86-64-v3".to_string());
    let strict = text(&module(&sum.replace("MODE ", "")), &options);
    assert!(!strict.contains("fadd reassoc") && !strict.contains("fadd <"), "{strict}");
    let fast = text(&module(&sum.replace("MODE", "fast_math")), &options);
    assert!(fast.contains("fadd reassoc nsz arcp contract <4 x double>"), "{fast}");
    options.emit = Emit::Asm;
    assert!(!text(&module(&sum.replace("MODE ", "")), &options).contains("fmadd"));
    assert!(text(&module(&sum.replace("MODE", "fast_math")), &options).contains("fmadd"));
}

#[test]
fn processors() {
    let compile = |cpu: &str| {
        let options = CompileOptions { cpu: Some(cpu.to_string()), ..options(Emit::Asm, OptLevel::Speed) };
        lang_llvm::compile(&module(SAXPY), &options)
    };
    assert!(compile("native").is_ok() && compile("znver3").is_ok() && compile("x86-64-v4").is_ok());
    let Err(Error::Unsupported(message)) = compile("pentium") else { panic!("pentium has no 64 bits") };
    assert!(message.contains("`pentium`") && message.contains("x86-64-v3"), "{message}");
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    for emit in [Emit::Object, Emit::Asm, Emit::LlvmIr] {
        for debug_info in [false, true] {
            let options = CompileOptions { debug_info, ..options(emit, OptLevel::Speed) };
            let compile = || lang_llvm::compile(&module(TRAPS), &options).unwrap();
            assert!(compile() == compile(), "{emit:?}");
        }
    }
    let clif = lang_llvm::compile(&module(TRAPS), &options(Emit::Clif, OptLevel::None));
    assert!(matches!(clif, Err(Error::Unsupported(_))));
}

#[test]
fn debuggers_see_lines_and_inlined_frames() {
    if Command::new("gdb").arg("--version").output().is_err() {
        return; // Not everybody has gdb.
    }
    for level in LEVELS {
        let folder = tempfile::tempdir().unwrap();
        let options = CompileOptions { debug_info: true, ..options(Emit::Object, level) };
        let program = executable(&module(TRAPS), &options, folder.path());
        let commands =
            ["break traps.lang:2", "run", "backtrace", "delete", "break lang_rt_trap", "continue", "backtrace"];
        let mut gdb = Command::new("gdb");
        gdb.args(["-nx", "-batch"])
            .args(commands.iter().flat_map(|c| ["-ex", c]))
            .arg("--args")
            .arg(program)
            .arg("more");
        let output = gdb.output().unwrap();
        let session = String::from_utf8_lossy(&output.stdout).into_owned();
        let backtraces: Vec<&str> = session.lines().filter(|line| line.starts_with('#')).collect();
        let expected = [
            ("#0", "index () at dir/traps.lang:2"),
            ("#1", "element () at dir/traps.lang:4"),
            ("#2", "main () at dir/traps.lang:7"),
        ];
        for (line, (frame, place)) in backtraces.iter().zip(expected) {
            assert!(line.starts_with(frame) && line.ends_with(place), "{line}, not {place}: {session}");
        }
        let at_trap = backtraces.iter().filter(|line| line.ends_with("dir/traps.lang:2")).count();
        assert!(at_trap >= 2, "{session}");
    }
}
