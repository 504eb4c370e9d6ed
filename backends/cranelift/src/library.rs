//! The functions of libraries that compiled code calls without the program saying so: the C library, its mathematics and
//! the compiler's support library, which `cc` links into every program. Code that runs in this process gets the same
//! functions from here.

use cranelift_codegen::ir::{LibCall, Type, types};

macro_rules! library {
    ($($variant:ident $symbol:literal ($($param:ident)*) ($($result:ident)*) $address:expr;)*) => {
        /// A function of a library.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Library { $($variant),* }

        impl Library {
            pub const ALL: &[Library] = &[$(Library::$variant),*];

            pub fn symbol(self) -> &'static str {
                match self { $(Library::$variant => $symbol),* }
            }

            /// Parameters and results; a 128-bit integer is two words, low word first.
            pub fn signature(self) -> (&'static [Type], &'static [Type]) {
                match self { $(Library::$variant => (&[$(types::$param),*], &[$(types::$result),*])),* }
            }

            /// The function in this process.
            pub fn address(self) -> *const u8 {
                match self { $(Library::$variant => $address as *const u8),* }
            }
        }
    };
}

library! {
    // The number of words of the trap differs from call to call.
    Trap "lang_rt_trap" (I64) () trap();
    Memcpy "memcpy" (I64 I64 I64) (I64) (c::memcpy as unsafe extern "C" fn(*mut u8, *const u8, usize) -> *mut u8);
    Memset "memset" (I64 I32 I64) (I64) (c::memset as unsafe extern "C" fn(*mut u8, i32, usize) -> *mut u8);
    Udiv "__udivti3" (I64 I64 I64 I64) (I64 I64) (wide::udiv as extern "C" fn(u128, u128) -> u128);
    Sdiv "__divti3" (I64 I64 I64 I64) (I64 I64) (wide::sdiv as extern "C" fn(i128, i128) -> i128);
    Urem "__umodti3" (I64 I64 I64 I64) (I64 I64) (wide::urem as extern "C" fn(u128, u128) -> u128);
    Srem "__modti3" (I64 I64 I64 I64) (I64 I64) (wide::srem as extern "C" fn(i128, i128) -> i128);
    F64ToSint "__fixdfti" (F64) (I64 I64) (wide::f64_to_sint as extern "C" fn(f64) -> i128);
    F64ToUint "__fixunsdfti" (F64) (I64 I64) (wide::f64_to_uint as extern "C" fn(f64) -> u128);
    SintToF32 "__floattisf" (I64 I64) (F32) (wide::sint_to_f32 as extern "C" fn(i128) -> f32);
    SintToF64 "__floattidf" (I64 I64) (F64) (wide::sint_to_f64 as extern "C" fn(i128) -> f64);
    UintToF32 "__floatuntisf" (I64 I64) (F32) (wide::uint_to_f32 as extern "C" fn(u128) -> f32);
    UintToF64 "__floatuntidf" (I64 I64) (F64) (wide::uint_to_f64 as extern "C" fn(u128) -> f64);
    FmodF32 "fmodf" (F32 F32) (F32) (float::fmod32 as extern "C" fn(f32, f32) -> f32);
    FmodF64 "fmod" (F64 F64) (F64) (float::fmod64 as extern "C" fn(f64, f64) -> f64);
    FmaF32 "fmaf" (F32 F32 F32) (F32) (float::fma32 as extern "C" fn(f32, f32, f32) -> f32);
    FmaF64 "fma" (F64 F64 F64) (F64) (float::fma64 as extern "C" fn(f64, f64, f64) -> f64);
    CeilF32 "ceilf" (F32) (F32) (float::ceil32 as extern "C" fn(f32) -> f32);
    CeilF64 "ceil" (F64) (F64) (float::ceil64 as extern "C" fn(f64) -> f64);
    FloorF32 "floorf" (F32) (F32) (float::floor32 as extern "C" fn(f32) -> f32);
    FloorF64 "floor" (F64) (F64) (float::floor64 as extern "C" fn(f64) -> f64);
    TruncF32 "truncf" (F32) (F32) (float::trunc32 as extern "C" fn(f32) -> f32);
    TruncF64 "trunc" (F64) (F64) (float::trunc64 as extern "C" fn(f64) -> f64);
    NearestF32 "rintf" (F32) (F32) (float::nearest32 as extern "C" fn(f32) -> f32);
    NearestF64 "rint" (F64) (F64) (float::nearest64 as extern "C" fn(f64) -> f64);
}

impl Library {
    /// The function for a call that Cranelift itself makes.
    pub fn from_libcall(call: LibCall) -> Option<Library> {
        Some(match call {
            LibCall::CeilF32 => Library::CeilF32,
            LibCall::CeilF64 => Library::CeilF64,
            LibCall::FloorF32 => Library::FloorF32,
            LibCall::FloorF64 => Library::FloorF64,
            LibCall::TruncF32 => Library::TruncF32,
            LibCall::TruncF64 => Library::TruncF64,
            LibCall::NearestF32 => Library::NearestF32,
            LibCall::NearestF64 => Library::NearestF64,
            LibCall::FmaF32 => Library::FmaF32,
            LibCall::FmaF64 => Library::FmaF64,
            LibCall::Memcpy => Library::Memcpy,
            LibCall::Memset => Library::Memset,
            // What these are for is not used: probes are inline, and there are no vectors nor thread-local variables.
            LibCall::Probestack
            | LibCall::Memmove
            | LibCall::Memcmp
            | LibCall::ElfTlsGetAddr
            | LibCall::ElfTlsGetOffset
            | LibCall::X86Pshufb => return None,
        })
    }
}

/// The address of a function in this process that programs call without asking for a library.
pub fn known(name: &str) -> Option<*const u8> {
    let runtime = lang_rt::abi::find(name).map(|f| f.address);
    runtime.or_else(|| Library::ALL.iter().find(|l| l.symbol() == name).map(|l| l.address()))
}

fn trap() -> *const u8 {
    lang_rt::abi::find("lang_rt_trap").map_or(std::ptr::null(), |f| f.address)
}

mod c {
    unsafe extern "C" {
        pub fn memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
        pub fn memset(to: *mut u8, byte: i32, n: usize) -> *mut u8;
    }
}

/// The arithmetic of 128-bit integers that the CPU does not have. Divisors are not 0.
mod wide {
    pub extern "C" fn udiv(a: u128, b: u128) -> u128 {
        a.wrapping_div(b)
    }

    pub extern "C" fn sdiv(a: i128, b: i128) -> i128 {
        a.wrapping_div(b)
    }

    pub extern "C" fn urem(a: u128, b: u128) -> u128 {
        a.wrapping_rem(b)
    }

    pub extern "C" fn srem(a: i128, b: i128) -> i128 {
        a.wrapping_rem(b)
    }

    pub extern "C" fn f64_to_sint(a: f64) -> i128 {
        a as i128
    }

    pub extern "C" fn f64_to_uint(a: f64) -> u128 {
        a as u128
    }

    pub extern "C" fn sint_to_f32(a: i128) -> f32 {
        a as f32
    }

    pub extern "C" fn sint_to_f64(a: i128) -> f64 {
        a as f64
    }

    pub extern "C" fn uint_to_f32(a: u128) -> f32 {
        a as f32
    }

    pub extern "C" fn uint_to_f64(a: u128) -> f64 {
        a as f64
    }
}

mod float {
    pub extern "C" fn fmod32(a: f32, b: f32) -> f32 {
        a % b
    }

    pub extern "C" fn fmod64(a: f64, b: f64) -> f64 {
        a % b
    }

    pub extern "C" fn fma32(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }

    pub extern "C" fn fma64(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }

    macro_rules! rounding {
        ($($name32:ident $name64:ident $method:ident;)*) => {$(
            pub extern "C" fn $name32(a: f32) -> f32 {
                a.$method()
            }

            pub extern "C" fn $name64(a: f64) -> f64 {
                a.$method()
            }
        )*};
    }

    rounding! {
        ceil32 ceil64 ceil;
        floor32 floor64 floor;
        trunc32 trunc64 trunc;
        nearest32 nearest64 round_ties_even;
    }
}
