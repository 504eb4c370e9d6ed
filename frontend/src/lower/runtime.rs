//! The functions of the run-time library that compiled code calls.

use lang_ir::Type::{self, F32, F64, I8, I16, I32, I64, Ptr};
use lang_ir::{Function, Linkage, Signature};

/// A function of the library: parameters and results as the C ABI passes them; a `str` is `Ptr, I64`.
pub(crate) struct Runtime {
    pub name: &'static str,
    pub params: &'static [Type],
    pub results: &'static [Type],
    pub noreturn: bool,
}

impl Runtime {
    /// The function as a module imports it.
    pub fn declaration(&self) -> Function {
        let mut declaration = Function::new(self.name, Linkage::Import, Signature::new(self.params, self.results));
        declaration.attrs.noreturn = self.noreturn;
        declaration
    }
}

macro_rules! runtime {
    ($($constant:ident = $name:literal ($($param:ident),*) $(-> $result:ident)? $($noreturn:ident)?;)*) => {
        $(pub(crate) const $constant: &Runtime = &Runtime {
            name: $name,
            params: &[$($param),*],
            results: &[$($result)?],
            noreturn: runtime!(@ $($noreturn)?),
        };)*

        #[cfg(test)]
        pub(crate) const ALL: &[&Runtime] = &[$($constant),*];
    };
    (@) => { false };
    (@ noreturn) => { true };
}

runtime! {
    SINK_PUSH = "lang_rt_sink_push"(I32);
    SINK_POP = "lang_rt_sink_pop"(Ptr);
    WRITE_STR = "lang_rt_write_str"(Ptr, I64);
    WRITE_I64 = "lang_rt_write_i64"(I64);
    WRITE_U64 = "lang_rt_write_u64"(I64);
    WRITE_I128 = "lang_rt_write_i128"(I64, I64);
    WRITE_U128 = "lang_rt_write_u128"(I64, I64);
    WRITE_F16 = "lang_rt_write_f16"(I16);
    WRITE_F32 = "lang_rt_write_f32"(F32);
    WRITE_F64 = "lang_rt_write_f64"(F64);
    WRITE_CHAR = "lang_rt_write_char"(I32);
    WRITE_BOOL = "lang_rt_write_bool"(I8);
    WRITE_PTR = "lang_rt_write_ptr"(Ptr);
    WRITE_QUOTED_STR = "lang_rt_write_quoted_str"(Ptr, I64);
    WRITE_QUOTED_CHAR = "lang_rt_write_quoted_char"(I32);
    FMT_INT = "lang_rt_fmt_int"(I64, I64, I32, I32, Ptr, I64);
    FMT_FLOAT = "lang_rt_fmt_float"(F64, I32, Ptr, I64);
    FMT_STR = "lang_rt_fmt_str"(Ptr, I64, Ptr, I64);
    FMT_CHAR = "lang_rt_fmt_char"(I32, Ptr, I64);
    FMT_BOOL = "lang_rt_fmt_bool"(I8, Ptr, I64);
    ARGS = "lang_rt_args"(Ptr);
    PARSE_I64 = "lang_rt_parse_i64"(Ptr, I64, Ptr) -> I8;
    PARSE_F64 = "lang_rt_parse_f64"(Ptr, I64, Ptr) -> I8;
    READ_LINE = "lang_rt_read_line"(Ptr) -> I8;
    READ_FILE = "lang_rt_read_file"(Ptr, I64, Ptr) -> I32;
    CLOCK = "lang_rt_clock"() -> F64;
    EXIT = "lang_rt_exit"(I32) noreturn;
    ALLOC = "lang_rt_alloc"(I64, I64, I8) -> Ptr;
    FREE = "lang_rt_free"(Ptr);
    TRAP_STATUS = "lang_rt_trap_status"(I32);
    WRITE_BRIL_F64 = "lang_rt_write_bril_f64"(F64);
    BRIL_ARG = "lang_rt_bril_arg"(I64, I32, Ptr) -> I8;
    SHARE_STDOUT = "lang_rt_share_stdout"();
    START_LIBRARY = "lang_rt_start_library"();
}
