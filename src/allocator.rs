//! The allocator. The compiler makes and drops many small things: it is much faster with mimalloc than with the system's, not
//! least because mimalloc asks for huge pages, which the kernel clears at a fraction of the cost.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
