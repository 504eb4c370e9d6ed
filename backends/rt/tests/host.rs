//! Programs inside of a host process, as the JIT runs them.

use lang_rt::abi::{self, Str};
use lang_rt::start::{Captured, run_captured};
use lang_rt::trap::{FnEntry, TrapDesc};

fn str(text: &'static str) -> Str {
    Str::from(text.as_bytes())
}

fn captured(
    main: unsafe extern "C" fn() -> i32,
    functions: &[FnEntry],
    stdin: &str,
) -> (Result<i32, i32>, String, String) {
    let Captured { status, stdout, stderr } =
        unsafe { run_captured(main, functions, &[b"one", b"two"], stdin.as_bytes(), 10) }.unwrap();
    (status, String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

unsafe extern "C" fn prints() -> i32 {
    unsafe {
        let mut args = abi::Slice { start: std::ptr::null(), len: 0 };
        abi::lang_rt_args(&mut args);
        abi::lang_rt_write_str(*args.start.cast::<Str>().add(1));
        let mut line = str("");
        while abi::lang_rt_read_line(&mut line) == 1 {
            abi::lang_rt_write_quoted_str(line);
        }
        for _ in 0..100_000 {
            abi::lang_rt_write_u64(7);
        }
    }
    259
}

unsafe extern "C" fn traps() -> i32 {
    let frames = [str("inner"), str("main")];
    let desc = TrapDesc {
        template: str("division of {i} by zero"),
        file: str("f.lang"),
        line: 3,
        column: 7,
        frames: frames.as_ptr(),
        frames_len: 2,
    };
    unsafe {
        abi::lang_rt_write_bool(0);
        abi::lang_rt_trap(&desc, -5, 0, 0, 0)
    }
}

unsafe extern "C" fn exits() -> i32 {
    unsafe { abi::lang_rt_write_char('é' as u32) };
    abi::lang_rt_exit(256 + 9)
}

#[allow(unconditional_recursion, reason = "the overflow is what is tested")]
unsafe extern "C" fn overflows() -> i32 {
    let room = std::hint::black_box([0u8; 512]);
    unsafe { overflows() + std::hint::black_box(room[0]) as i32 }
}

#[test]
fn prints_reads_returns() {
    let (status, stdout, stderr) = captured(prints, &[], "a\nb\"");
    assert_eq!((status, stderr.as_str()), (Ok(3), ""));
    assert_eq!(stdout, format!("two\"a\"\"b\\\"\"{}", "7".repeat(100_000)));
}

#[test]
fn ends() {
    let report = "error: division of -5 by zero\nf.lang:3:7\n    in inner\n    in main\n";
    assert_eq!(captured(traps, &[], ""), (Ok(101), "false".into(), report.into()));
    assert_eq!(captured(exits, &[], ""), (Ok(9), "é".into(), String::new()));
}

/// The position comes from the table; the chain of frames does not, in a host without frame pointers.
#[test]
fn stack_overflow_on_a_thread() {
    let place = |start: usize, name| FnEntry {
        start: start as *const u8,
        name: str(name),
        file: str("f.lang"),
        line: 8,
        column: 1,
    };
    let start = overflows as *const () as usize;
    let table = [place(start, "deep"), place(start + 4096, "")];
    let (status, _, stderr) = captured(overflows, &table, "");
    assert_eq!(status, Ok(101));
    assert!(stderr.starts_with("error: stack overflow\nf.lang:8:1\n    in deep\n"), "{stderr}");
}
