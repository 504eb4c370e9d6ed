//! Where output goes: a stack of sinks over standard output.
//!
//! Whatever is written goes to the top sink, to standard output when there is none. Standard output is buffered and
//! flushed at exit, before a trap message and before standard input is read from a terminal; on a terminal also after
//! every line. Text for standard error is collected and written when its sink is popped.

use crate::memory::Bytes;
use crate::sys::{self, Global};
use crate::{Out, trap};

/// What a sink is, by the number that compiled code passes.
pub const STDOUT: i32 = 0;
pub const STDERR: i32 = 1;
pub const MEMORY: i32 = 2;

const STDOUT_ROOM: usize = 1 << 16;
/// A sink of standard error that holds more is written without waiting for its end.
const STDERR_ROOM: usize = 1 << 16;

struct Stdout {
    bytes: [u8; STDOUT_ROOM],
    len: usize,
    /// Whether lines are flushed: 0 not asked yet, 1 no, 2 yes.
    terminal: u8,
    /// The C library buffers.
    shared: bool,
}

struct Sink {
    kind: i32,
    bytes: Bytes,
}

struct Stack {
    sinks: *mut Sink,
    len: usize,
    capacity: usize,
}

static OUT: Global<Stdout> = Global::new(Stdout { bytes: [0; STDOUT_ROOM], len: 0, terminal: 0, shared: false });
static STACK: Global<Stack> = Global::new(Stack { sinks: core::ptr::null_mut(), len: 0, capacity: 0 });

/// The top sink.
pub struct Top;

impl Out for Top {
    fn put(&mut self, bytes: &[u8]) {
        match top() {
            Some(sink) if sink.kind != STDOUT => {
                sink.bytes.append(bytes);
                if sink.kind == STDERR && sink.bytes.len() >= STDERR_ROOM {
                    let _ = write_all(2, sink.bytes.as_slice());
                    sink.bytes.clear();
                }
            }
            _ => put_stdout(bytes),
        }
    }
}

fn top() -> Option<&'static mut Sink> {
    unsafe {
        let stack = &*STACK.get();
        if stack.len == 0 { None } else { Some(&mut *stack.sinks.add(stack.len - 1)) }
    }
}

/// Puts a sink of the given kind on the stack.
pub fn push(kind: i32) {
    unsafe {
        let stack = &mut *STACK.get();
        if stack.len == stack.capacity {
            let capacity = (stack.capacity * 2).max(8);
            let sinks = sys::realloc(stack.sinks.cast(), capacity * size_of::<Sink>());
            if sinks.is_null() {
                trap::fatal("out of memory");
            }
            stack.sinks = sinks.cast();
            stack.capacity = capacity;
        }
        stack.sinks.add(stack.len).write(Sink { kind, bytes: Bytes::new() });
        stack.len += 1;
    }
}

/// Takes the top sink off the stack. Gives the bytes of a memory sink.
pub fn pop() -> Option<Bytes> {
    let sink = unsafe {
        let stack = &mut *STACK.get();
        if stack.len == 0 {
            trap::fatal("internal error: no sink to pop");
        }
        stack.len -= 1;
        stack.sinks.add(stack.len).read()
    };
    match sink.kind {
        MEMORY => Some(sink.bytes),
        STDERR => {
            let _ = write_all(2, sink.bytes.as_slice());
            None
        }
        _ => None,
    }
}

fn put_stdout(bytes: &[u8]) {
    unsafe {
        let out = &mut *OUT.get();
        if out.shared {
            let written = sys::fwrite(bytes.as_ptr(), 1, bytes.len(), sys::stdout);
            return check(if written == bytes.len() { Ok(()) } else { Err(WriteFailed) });
        }
        if bytes.len() > STDOUT_ROOM - out.len {
            flush();
        }
        if bytes.len() > STDOUT_ROOM {
            return check(write_all(1, bytes));
        }
        out.bytes[out.len..out.len + bytes.len()].copy_from_slice(bytes);
        out.len += bytes.len();
        if out.terminal == 0 {
            out.terminal = 1 + (sys::isatty(1) == 1) as u8;
        }
        if out.terminal == 2 && bytes.last() == Some(&b'\n') {
            flush();
        }
    }
}

/// Writes out what standard output has buffered; the process ends if that is impossible.
pub fn flush() {
    check(try_flush());
}

/// For the way out: standard output and unfinished text for standard error, whatever comes of it.
pub(crate) fn flush_at_trap() {
    let _ = try_flush();
    unsafe {
        let stack = &*STACK.get();
        for i in 0..stack.len {
            let sink = &mut *stack.sinks.add(i);
            if sink.kind == STDERR {
                let _ = write_all(2, sink.bytes.as_slice());
                sink.bytes.clear();
            }
        }
    }
}

/// Leaves the buffering of standard output to the C library.
pub fn share_stdout() {
    flush();
    unsafe { (*OUT.get()).shared = true };
}

/// Forgets all sinks and buffered text: a host starts the next program.
#[cfg(not(standalone))]
pub(crate) fn reset() {
    unsafe {
        while (*STACK.get()).len > 0 {
            pop();
        }
        (*OUT.get()).len = 0;
        (*OUT.get()).terminal = 0;
        (*OUT.get()).shared = false;
    }
}

struct WriteFailed;

fn check(result: Result<(), WriteFailed>) {
    if result.is_err() {
        trap::fatal("cannot write to standard output");
    }
}

fn try_flush() -> Result<(), WriteFailed> {
    unsafe {
        let out = &mut *OUT.get();
        if out.shared {
            return if sys::fflush(sys::stdout) == 0 { Ok(()) } else { Err(WriteFailed) };
        }
        // Emptied first: a failure is reported by a trap, which flushes again.
        let len = core::mem::take(&mut out.len);
        write_all(1, &out.bytes[..len])
    }
}

fn write_all(fd: i32, mut bytes: &[u8]) -> Result<(), WriteFailed> {
    while !bytes.is_empty() {
        let n = unsafe { sys::write(fd, bytes.as_ptr(), bytes.len()) };
        if n > 0 {
            bytes = &bytes[n as usize..];
            continue;
        }
        match sys::errno() {
            sys::EINTR => {}
            sys::EAGAIN => {
                let mut wait = sys::PollFd { fd, events: sys::POLLOUT, revents: 0 };
                unsafe { sys::poll(&mut wait, 1, -1) };
            }
            _ => return Err(WriteFailed),
        }
    }
    Ok(())
}

/// Writes to standard error at once.
pub(crate) fn put_stderr(bytes: &[u8]) {
    let _ = write_all(2, bytes);
}
