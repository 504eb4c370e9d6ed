//! Start and end of a program: C's `main` in a program of its own, [`run`] in a host.

#[cfg(not(standalone))]
pub use host::{Captured, DefaultPipe, run, run_captured};

#[cfg(standalone)]
pub(crate) use program::library;

#[cfg(standalone)]
mod program {
    use crate::abi::Str;
    use crate::trap::FnEntry;
    use crate::{fault, input, sink, sys, trap};

    // Each program's object defines these.
    unsafe extern "C" {
        static lang_rt_entry: Option<unsafe extern "C" fn() -> i32>;
        static lang_fn_table: FnEntry;
        static lang_fn_count: i64;
    }

    // The address of `lang_main`, which a library for C does not have.
    core::arch::global_asm!(
        ".weak lang_main",
        ".pushsection .data.rel.ro.lang_rt_entry, \"aw\", @progbits",
        ".balign 8",
        ".hidden lang_rt_entry",
        ".globl lang_rt_entry",
        "lang_rt_entry: .quad lang_main",
        ".popsection",
    );

    /// C's `main` in a program of our own: the linker is told so. A library for C leaves that name to C.
    #[unsafe(no_mangle)]
    extern "C" fn lang_rt_main(argc: i32, argv: *const *const u8) -> i32 {
        unsafe {
            let Some(lang_main) = lang_rt_entry else { trap::fatal("internal error: there is no program") };
            fault::set_stack_start(argv.addr());
            fault::install();
            trap::set_functions(&raw const lang_fn_table, lang_fn_count);
            set_args(argc.max(1) as usize - 1, argv.add(1));
            let status = lang_main();
            sink::flush();
            status & 255
        }
    }

    /// Prepares a library, when C calls its first function.
    pub fn library() {
        unsafe { trap::set_functions(&raw const lang_fn_table, lang_fn_count) };
        sink::share_stdout();
    }

    unsafe fn set_args(n: usize, texts: *const *const u8) {
        if n == 0 {
            return;
        }
        unsafe {
            let all: *mut Str = sys::malloc(n * size_of::<Str>()).cast();
            if all.is_null() {
                trap::fatal("out of memory");
            }
            for i in 0..n {
                let start = *texts.add(i);
                let len = core::ffi::CStr::from_ptr(start.cast()).count_bytes() as i64;
                all.add(i).write(Str { start, len });
            }
            input::set_args(core::slice::from_raw_parts(all, n));
            sys::free(all.cast());
        }
    }
}

#[cfg(not(standalone))]
mod host {
    use crate::abi::Str;
    use crate::sys::{self, SigAction, host};
    use crate::trap::FnEntry;
    use crate::{fault, input, sink, trap};
    use std::fs::File;
    use std::io::{self, Read, Seek, Write};
    use std::os::fd::{AsRawFd, FromRawFd};

    /// Runs a program that was compiled into this process, on this thread, and gives its status (0 to 255). A trap
    /// or `exit` ends the process. Faults of the thread are the program's while it runs.
    ///
    /// An entry of `functions` without a name says where the program's code ends.
    ///
    /// # Safety
    /// `main` has to be code that keeps the promises of `extern "C"`; one program runs at a time.
    pub unsafe fn run(main: unsafe extern "C" fn() -> i32, functions: &[FnEntry], args: &[&[u8]]) -> i32 {
        let args: Vec<Str> = args.iter().map(|a| Str { start: a.as_ptr(), len: a.len() as i64 }).collect();
        sink::reset();
        input::reset();
        trap::set_status(trap::STATUS);
        fault::find_stack();
        let installed = fault::install();
        let pipe = DefaultPipe::new();
        let status = unsafe {
            input::set_args(&args);
            trap::set_functions(functions.as_ptr(), functions.len() as i64);
            let status = main();
            sink::flush();
            trap::set_functions(std::ptr::null(), 0);
            input::set_args(&[]);
            status & 255
        };
        drop(pipe);
        drop(installed);
        status
    }

    /// While it lives, writing to a closed pipe ends the process, as it does every program. Rust ignores that signal.
    pub struct DefaultPipe(SigAction);

    impl DefaultPipe {
        #[expect(clippy::new_without_default, reason = "it changes the process")]
        pub fn new() -> DefaultPipe {
            let mut old = SigAction::DEFAULT;
            unsafe { sys::sigaction(host::SIGPIPE, &SigAction::DEFAULT, &mut old) };
            DefaultPipe(old)
        }
    }

    impl Drop for DefaultPipe {
        fn drop(&mut self) {
            unsafe { sys::sigaction(host::SIGPIPE, &self.0, std::ptr::null_mut()) };
        }
    }

    /// What a program did that ran in a process of its own.
    #[derive(Debug, PartialEq, Eq)]
    pub struct Captured {
        /// `Err`: the signal that ended it (14: out of time).
        pub status: Result<i32, i32>,
        pub stdout: Vec<u8>,
        pub stderr: Vec<u8>,
    }

    /// As [`run`], in a child process with captured output, for tests: traps and `exit` end only the child.
    ///
    /// # Safety
    /// As for [`run`]. The child has only this thread.
    pub unsafe fn run_captured(
        main: unsafe extern "C" fn() -> i32,
        functions: &[FnEntry],
        args: &[&[u8]],
        stdin: &[u8],
        seconds: u32,
    ) -> io::Result<Captured> {
        let mut input = memory_file()?;
        let mut output = [memory_file()?, memory_file()?];
        input.write_all(stdin)?;
        input.rewind()?;
        let child = unsafe { host::fork() };
        if child < 0 {
            return Err(io::Error::last_os_error());
        }
        if child == 0 {
            unsafe {
                host::dup2(input.as_raw_fd(), 0);
                host::dup2(output[0].as_raw_fd(), 1);
                host::dup2(output[1].as_raw_fd(), 2);
                host::alarm(seconds);
                let status = run(main, functions, args);
                sys::fflush(std::ptr::null_mut());
                sys::_exit(status);
            }
        }
        let mut status = 0;
        while unsafe { host::waitpid(child, &mut status, 0) } < 0 {
            if sys::errno() != sys::EINTR {
                return Err(io::Error::last_os_error());
            }
        }
        let mut texts = [Vec::new(), Vec::new()];
        for (file, text) in output.iter_mut().zip(&mut texts) {
            file.rewind()?;
            file.read_to_end(text)?;
        }
        let [stdout, stderr] = texts;
        let status = if status & 127 == 0 { Ok(status >> 8 & 255) } else { Err(status & 127) };
        Ok(Captured { status, stdout, stderr })
    }

    fn memory_file() -> io::Result<File> {
        let fd = unsafe { host::memfd_create(c"lang".as_ptr(), 1) };
        if fd < 0 { Err(io::Error::last_os_error()) } else { Ok(unsafe { File::from_raw_fd(fd) }) }
    }
}
