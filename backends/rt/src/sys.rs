//! The C library, as far as it is needed, declared by hand: this crate has no dependencies. x86-64 Linux.

use core::cell::UnsafeCell;
use core::ffi::c_void;

/// A variable of the process that one thread at a time uses.
pub struct Global<T>(UnsafeCell<T>);

// Programs are single-threaded so far; a host runs one program at a time.
unsafe impl<T> Sync for Global<T> {}

impl<T> Global<T> {
    pub const fn new(value: T) -> Self {
        Global(UnsafeCell::new(value))
    }

    pub fn get(&self) -> *mut T {
        self.0.get()
    }
}

pub const EPERM: i32 = 1;
pub const ENOENT: i32 = 2;
pub const EINTR: i32 = 4;
pub const EAGAIN: i32 = 11;
pub const EACCES: i32 = 13;
pub const ENOTDIR: i32 = 20;
pub const EISDIR: i32 = 21;
pub const O_CLOEXEC: i32 = 0o2000000;
pub const CLOCK_MONOTONIC: i32 = 1;
pub const POLLOUT: i16 = 4;

pub const SIGILL: i32 = 4;
pub const SIGBUS: i32 = 7;
pub const SIGFPE: i32 = 8;
pub const SIGSEGV: i32 = 11;
pub const SA_SIGINFO: i32 = 4;
pub const SA_ONSTACK: i32 = 0x0800_0000;
pub const SA_NODEFER: i32 = 0x4000_0000;

#[repr(C)]
pub struct Timespec {
    pub seconds: i64,
    pub nanoseconds: i64,
}

#[repr(C)]
pub struct PollFd {
    pub fd: i32,
    pub events: i16,
    pub revents: i16,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct SigAction {
    pub handler: usize,
    pub mask: [u64; 16],
    pub flags: i32,
    pub restorer: usize,
}

impl SigAction {
    pub const DEFAULT: SigAction = SigAction { handler: 0, mask: [0; 16], flags: 0, restorer: 0 };
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct StackT {
    pub base: *mut c_void,
    pub flags: i32,
    pub size: usize,
}

/// The head of `siginfo_t`.
#[repr(C)]
pub struct SigInfo {
    pub signal: i32,
    pub errno: i32,
    pub code: i32,
    pub address: usize,
}

/// The head of `ucontext_t`: the registers are in the kernel's order.
#[repr(C)]
pub struct UContext {
    pub flags: u64,
    pub link: usize,
    pub stack: StackT,
    pub registers: [usize; 23],
}

pub const REG_RBP: usize = 10;
pub const REG_RSP: usize = 15;
pub const REG_RIP: usize = 16;

unsafe extern "C" {
    pub fn write(fd: i32, bytes: *const u8, n: usize) -> isize;
    pub fn open(path: *const u8, flags: i32, ...) -> i32;
    pub fn close(fd: i32) -> i32;
    pub fn read(fd: i32, bytes: *mut u8, n: usize) -> isize;
    pub fn isatty(fd: i32) -> i32;
    pub fn poll(fds: *mut PollFd, n: u64, timeout: i32) -> i32;
    pub fn malloc(n: usize) -> *mut u8;
    pub fn calloc(n: usize, size: usize) -> *mut u8;
    pub fn realloc(p: *mut u8, n: usize) -> *mut u8;
    pub fn free(p: *mut u8);
    pub fn posix_memalign(out: *mut *mut u8, align: usize, n: usize) -> i32;
    pub fn clock_gettime(clock: i32, out: *mut Timespec) -> i32;
    pub fn exit(status: i32) -> !;
    pub fn _exit(status: i32) -> !;
    pub fn fflush(file: *mut c_void) -> i32;
    pub fn fwrite(bytes: *const u8, size: usize, n: usize, file: *mut c_void) -> usize;
    pub static stdout: *mut c_void;
    pub fn pause() -> i32;
    pub fn pthread_self() -> usize;
    pub fn sigaction(signal: i32, new: *const SigAction, old: *mut SigAction) -> i32;
    pub fn sigaltstack(new: *const StackT, old: *mut StackT) -> i32;
    fn __errno_location() -> *mut i32;
}

pub fn errno() -> i32 {
    unsafe { *__errno_location() }
}

/// What only a host needs.
#[cfg(not(standalone))]
pub mod host {
    use core::ffi::c_void;

    pub const SIGPIPE: i32 = 13;

    /// `pthread_attr_t`: opaque.
    #[repr(C, align(8))]
    pub struct ThreadAttributes(pub [u8; 56]);

    unsafe extern "C" {
        pub fn pthread_getattr_np(thread: usize, out: *mut ThreadAttributes) -> i32;
        pub fn pthread_attr_getstack(a: *const ThreadAttributes, base: *mut *mut c_void, size: *mut usize) -> i32;
        pub fn pthread_attr_destroy(a: *mut ThreadAttributes) -> i32;
        pub fn fork() -> i32;
        pub fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        pub fn dup2(from: i32, to: i32) -> i32;
        pub fn alarm(seconds: u32) -> u32;
        pub fn memfd_create(name: *const core::ffi::c_char, flags: u32) -> i32;
    }
}

/// What only a program of its own needs.
#[cfg(standalone)]
pub mod program {
    pub const RLIMIT_STACK: i32 = 3;

    unsafe extern "C" {
        pub fn getrlimit(resource: i32, out: *mut [u64; 2]) -> i32;
    }
}
