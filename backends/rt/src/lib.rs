//! The run-time support library: printing, traps, memory, start-up.
//!
//! One source tree, used in two ways. As an ordinary crate it serves the JIT, the interpreter and the frontend
//! (which checks format specifications with [`spec::parse_spec`]). With `--cfg standalone` it is a `no_std` library
//! that `backends/api` embeds and links into every built program; only then does it define `main` and the
//! `lang_rt_*` symbols. Whatever is printed is made here, so that every way of running a program prints the same
//! bytes.
//!
//! Read [`abi`] first: the functions that compiled code calls, and the table that describes them.

#![cfg_attr(standalone, no_std)]

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
compile_error!("the run-time support library knows the stack frames and signals of x86-64 Linux only");

pub mod abi;
pub mod fault;
pub mod input;
pub mod memory;
pub mod number;
pub mod sink;
pub mod spec;
pub mod start;
mod sys;
pub mod text;
pub mod trap;

pub use abi::{FUNCTIONS, Kind, RtFunction, Slice, Str};
pub use spec::{Class, Spec, SpecError, parse_spec};

/// Where text goes: a sink, a buffer, or a counter.
pub trait Out {
    fn put(&mut self, bytes: &[u8]);
}

#[cfg(not(standalone))]
impl Out for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A fault of this library itself, never of the program.
#[cfg(standalone)]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    trap::fatal("internal error in the run-time support library")
}
