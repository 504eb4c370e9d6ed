//! The run-time support library as it is linked into programs.

/// An object file: `lang_rt_main`, which stands for `main` in programs, the `lang_rt_*` functions and all they need beyond the C library. See `build.rs`.
pub const RUNTIME: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/lang_rt.o"));

#[cfg(test)]
mod tests {
    use super::RUNTIME;

    #[test]
    fn is_a_small_object() {
        assert!(RUNTIME.starts_with(b"\x7fELF"));
        assert!(RUNTIME.len() < 500 << 10, "{} bytes", RUNTIME.len());
    }
}
