//! The allocator. The compiler makes and drops many small things: it is an eighth faster with mimalloc than with the
//! system's.
//!
//! What is dropped goes back to the system at once: the parts of the compiler follow each other, and what one needed is
//! not what the next one needs.

use libmimalloc_sys::{mi_option_set, mi_option_t};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

// By their numbers in `mimalloc.h`, for which the crate has no names.
const ARENA_EAGER_COMMIT: mi_option_t = 4;
const PURGE_DELAY: mi_option_t = 15;

/// Runs before the first allocation, which makes an arena.
#[used]
#[unsafe(link_section = ".init_array")]
static CONFIGURE: extern "C" fn() = configure;

extern "C" fn configure() {
    // SAFETY: they are numbers of options, and no other thread runs yet.
    unsafe {
        mi_option_set(ARENA_EAGER_COMMIT, 0);
        mi_option_set(PURGE_DELAY, 0);
    }
}
