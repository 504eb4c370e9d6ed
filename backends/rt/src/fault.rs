//! Faults that arrive as signals: stack overflow, invalid memory, the processor's refusals.
//!
//! The handler runs on a stack of its own and reports as a trap does, at the declaration of the innermost function:
//! where a fault happens in it is not known without debug information.

use crate::sys::{self, SigAction, SigInfo, StackT, UContext};
use crate::trap::{self, Chain};

/// The signal stack: saved registers take up to 11 KB on processors with AVX-512 and AMX.
const STACK_SIZE: usize = 64 << 10;
/// How far from the stack pointer an overflow is noticed: a push, a call, a probe of one page.
const NEAR: usize = 64 << 10;
/// How far below the lowest address of the stack an overflow may hit.
const BELOW: usize = 1 << 20;
/// Addresses that are taken for a field of a nil pointer.
const NIL_PAGE: usize = 4096;

const SIGNALS: [i32; 4] = [sys::SIGSEGV, sys::SIGBUS, sys::SIGFPE, sys::SIGILL];

/// What was there before.
#[cfg_attr(standalone, allow(dead_code, reason = "a program of its own never gives the signals back"))]
pub(crate) struct Installed {
    actions: [SigAction; SIGNALS.len()],
    old_stack: StackT,
    stack: *mut u8,
}

/// Handles faults of this thread from now on.
pub(crate) fn install() -> Installed {
    let stack = unsafe { sys::malloc(STACK_SIZE) };
    if stack.is_null() {
        trap::fatal("out of memory");
    }
    let mut installed = Installed {
        actions: [SigAction::DEFAULT; SIGNALS.len()],
        old_stack: StackT { base: core::ptr::null_mut(), flags: 0, size: 0 },
        stack,
    };
    let on = StackT { base: stack.cast(), flags: 0, size: STACK_SIZE };
    // Not deferred: a fault while reporting has to come through, see `trap`.
    let action = SigAction {
        handler: handle as *const () as usize,
        flags: sys::SA_SIGINFO | sys::SA_ONSTACK | sys::SA_NODEFER,
        ..SigAction::DEFAULT
    };
    unsafe {
        sys::sigaltstack(&on, &mut installed.old_stack);
        for (signal, old) in SIGNALS.iter().zip(&mut installed.actions) {
            sys::sigaction(*signal, &action, old);
        }
    }
    installed
}

#[cfg(not(standalone))]
impl Drop for Installed {
    fn drop(&mut self) {
        unsafe {
            for (signal, old) in SIGNALS.iter().zip(&self.actions) {
                sys::sigaction(*signal, old, core::ptr::null_mut());
            }
            sys::sigaltstack(&self.old_stack, core::ptr::null_mut());
            sys::free(self.stack);
        }
    }
}

unsafe extern "C" fn handle(signal: i32, info: *const SigInfo, context: *const UContext) {
    let (code, address, registers) = unsafe { ((*info).code, (*info).address, &(*context).registers) };
    let stack_pointer = registers[sys::REG_RSP];
    let overflow = signal == sys::SIGSEGV && is_overflow(address, stack_pointer);
    let mut chain = Chain {
        pc: registers[sys::REG_RIP],
        frame: registers[sys::REG_RBP] as *const usize,
        exact: true,
        returns_to: 0,
    };
    unsafe {
        // At its first instruction a function has no frame yet; neither have the leaves of the C library. Both times
        // the address to return to is on top of the stack, which can be read unless it is the stack that is full.
        let top = stack_pointer as *const usize;
        match chain.function() {
            Some(f) if f.start.addr() == chain.pc && top.is_aligned() => chain.returns_to = *top,
            None if !overflow && top.is_aligned() && trap::function_at((*top).wrapping_sub(1)).is_some() => {
                chain = Chain { pc: *top, exact: false, ..chain };
            }
            _ => {}
        }
        let frames = if overflow { trap::OVERFLOW_FRAMES } else { trap::MAX_FRAMES };
        trap::report_at(message(signal, code, address, overflow), chain, frames)
    }
}

fn message(signal: i32, code: i32, address: usize, overflow: bool) -> &'static [u8] {
    // Addresses beyond the processor's range come with the kernel's code and without the address.
    const SI_KERNEL: i32 = 0x80;
    match signal {
        sys::SIGFPE => b"arithmetic fault",
        sys::SIGILL => b"illegal instruction",
        _ if overflow => b"stack overflow",
        sys::SIGSEGV if address < NIL_PAGE && code != SI_KERNEL => b"nil pointer",
        _ => b"invalid memory access",
    }
}

fn is_overflow(address: usize, stack_pointer: usize) -> bool {
    let lowest = lowest_stack_address();
    // Memory near the stack pointer is the stack: it faults only past its end.
    address.abs_diff(stack_pointer) <= NEAR
        || (lowest != 0 && (lowest.saturating_sub(BELOW)..lowest + NEAR).contains(&address))
}

/// The end of the running stack; 0 if it is not known.
static STACK_END: sys::Global<usize> = sys::Global::new(0);

/// Remembers an address at the beginning of the main thread's stack.
#[cfg(standalone)]
pub(crate) fn set_stack_start(address: usize) {
    unsafe { *STACK_END.get() = address };
}

#[cfg(standalone)]
fn lowest_stack_address() -> usize {
    let mut limit = [0u64; 2];
    unsafe {
        if sys::program::getrlimit(sys::program::RLIMIT_STACK, &mut limit) != 0 {
            return 0;
        }
        (*STACK_END.get()).saturating_sub(limit[0] as usize)
    }
}

/// Remembers the bounds of the running thread's stack.
#[cfg(not(standalone))]
pub(crate) fn find_stack() {
    use sys::host;
    let mut attributes = host::ThreadAttributes([0; 56]);
    let (mut base, mut size) = (core::ptr::null_mut(), 0);
    unsafe {
        if host::pthread_getattr_np(sys::pthread_self(), &mut attributes) == 0 {
            host::pthread_attr_getstack(&attributes, &mut base, &mut size);
            host::pthread_attr_destroy(&mut attributes);
        }
        *STACK_END.get() = base as usize;
    }
}

#[cfg(not(standalone))]
fn lowest_stack_address() -> usize {
    unsafe { *STACK_END.get() }
}
