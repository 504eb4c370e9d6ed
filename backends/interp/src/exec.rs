//! The dispatch loop.
//!
//! It trusts decoded code: registers are in the frame, jumps in the function, lists in the pool. That is what `decode` makes
//! from a verified module; everything that depends on the program's data is checked here and in `memory`.

use crate::code::{Code, Decoded, EvalDesc, Switch, Watch};
use crate::machine::{Frame, Machine};
use crate::memory::Access;
use crate::runtime::{Import, MAX_ARGS};
use crate::stop::{At, Stop};
use lang_ir::{FuncId, Payload, SigId, Signature, Type};

/// The low bits of a word, `x` fewer than 64.
#[inline(always)]
fn low(value: u64, x: u16) -> u64 {
    value & (u64::MAX >> x)
}

/// The word as a signed integer of 64 minus `x` bits.
#[inline(always)]
fn signed(value: u64, x: u16) -> i64 {
    ((value << x) as i64) >> x
}

/// The amount of a shift, modulo the width.
#[inline(always)]
fn amount(value: u64, x: u16) -> u32 {
    value as u32 & (63 - x as u32)
}

#[inline(always)]
fn double(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }
}

#[inline(always)]
fn single(value: f32) -> u64 {
    if value.is_nan() { f32::NAN.to_bits() as u64 } else { value.to_bits() as u64 }
}

impl Machine<'_> {
    /// Runs a function on these words, and gives the words it returns. The callers that it was in when it stopped stay in
    /// `frames`.
    pub(crate) fn run(&mut self, func: FuncId, args: &[u64]) -> Result<Vec<u64>, Stop> {
        let entry = self.decode(func);
        // SAFETY: see the head of this file. Decoded functions stay where they are as long as the machine lives, and the
        // stack is not touched but through `regs`.
        unsafe {
            let limit = self.stack.as_mut_ptr().add(self.stack.len());
            let mut regs = self.stack.as_mut_ptr().add(self.top);
            let mut code: &Decoded = &*entry;
            if regs.wrapping_add(code.frame_words as usize) > limit {
                return Err(self.overflow(None, func));
            }
            for (at, &word) in args.iter().enumerate() {
                *regs.add(at) = word;
            }
            start_frame(code, regs);
            let mut start = code.code.as_ptr();
            let mut ip = start;
            let mut slots = self.memory.num_slots();
            // Foreign code may have called this, in the middle of functions that wait for it.
            let outer_frames = self.frames.len();

            macro_rules! r {
                ($register:expr) => {
                    *regs.add($register as usize)
                };
            }
            macro_rules! at {
                () => {
                    At { code, index: ip.offset_from(start) as usize }
                };
            }
            macro_rules! f64 {
                ($register:expr) => {
                    f64::from_bits(r!($register))
                };
            }
            macro_rules! f32 {
                ($register:expr) => {
                    f32::from_bits(r!($register) as u32)
                };
            }
            macro_rules! goto {
                ($target:expr) => {{
                    ip = start.add($target as usize);
                    continue;
                }};
            }

            loop {
                let i = *ip;
                macro_rules! set {
                    ($value:expr) => {{
                        let value = $value;
                        r!(i.a) = value;
                    }};
                }
                macro_rules! bin {
                    ($a:ident $b:ident $value:expr) => {{
                        let ($a, $b) = (r!(i.b), r!(i.c));
                        r!(i.a) = $value;
                    }};
                }
                macro_rules! branch {
                    ($condition:expr) => {
                        if $condition {
                            goto!(i.c)
                        }
                    };
                }
                macro_rules! guard {
                    ($condition:expr) => {
                        if $condition {
                            return Err(self.program_trap_at(at!(), regs));
                        }
                    };
                }
                macro_rules! load {
                    ($ty:ty, $address:expr, $mask:expr) => {{
                        let (address, mask) = ($address, $mask as u64);
                        match self.memory.read::<$ty>(address, mask) {
                            Some(value) => value,
                            None if address & mask == 0
                                && let Some(value) = self.memory.read_foreign::<$ty>(address) =>
                            {
                                value
                            }
                            None => {
                                let size = size_of::<$ty>() as u64;
                                return Err(self.bad_access(at!(), Access::Read, address, size, mask + 1));
                            }
                        }
                    }};
                }
                macro_rules! store {
                    ($ty:ty, $value:expr, $address:expr, $mask:expr) => {{
                        let (address, mask) = ($address, $mask as u64);
                        let value = $value;
                        if self.memory.write::<$ty>(address, mask, value).is_none()
                            && (address & mask != 0 || self.memory.write_foreign::<$ty>(address, value).is_none())
                        {
                            let size = size_of::<$ty>() as u64;
                            return Err(self.bad_access(at!(), Access::Write, address, size, mask + 1));
                        }
                    }};
                }
                macro_rules! address {
                    () => {
                        r!(i.b).wrapping_add(i.c as i32 as i64 as u64)
                    };
                }
                macro_rules! indexed {
                    () => {
                        r!(i.b).wrapping_add(r!(i.c) << (i.x & 63))
                    };
                }
                macro_rules! division {
                    ($a:ident $b:ident $value:expr) => {{
                        let ($a, $b) = (r!(i.b), r!(i.c));
                        match $value {
                            Some(value) => r!(i.a) = value as u64,
                            None => return Err(self.undefined(at!(), "a division without a result")),
                        }
                    }};
                }
                // Calls a function with a body; the list of arguments starts at `list`.
                macro_rules! enter {
                    ($func:expr, $list:expr) => {{
                        let func: u32 = $func;
                        let callee: &Decoded = match self.decoded.get_unchecked(func as usize) {
                            Some(decoded) => &*(&raw const **decoded),
                            None => &*self.decode(FuncId::from_u32(func)),
                        };
                        let frame = regs.wrapping_add(code.frame_words as usize);
                        if frame.wrapping_add(callee.frame_words as usize) > limit
                            || self.frames.len() >= self.max_frames
                        {
                            return Err(self.overflow(Some(at!()), callee.func));
                        }
                        let list: *const u32 = $list;
                        for at in 0..*list as usize {
                            *frame.add(at) = r!(*list.add(at + 1));
                        }
                        start_frame(callee, frame);
                        self.frames.push(Frame { code, ip, regs, slots });
                        slots = self.memory.num_slots();
                        code = callee;
                        regs = frame;
                        start = callee.code.as_ptr();
                        ip = start;
                        continue;
                    }};
                }
                // Goes back to the caller; `deliver` writes the results.
                macro_rules! leave {
                    ($words:expr, |$to:ident| $deliver:expr) => {{
                        // The slots of the outermost function stay until its caller, the host, has looked at them.
                        if self.frames.len() == outer_frames {
                            return Ok($words);
                        }
                        let frame = self.frames.pop().unwrap_unchecked();
                        if self.memory.num_slots() != slots {
                            self.memory.drop_slots(slots, at!().site());
                        }
                        let $to = frame.regs.add((*frame.ip).c as usize);
                        $deliver
                        code = &*frame.code;
                        start = code.code.as_ptr();
                        ip = frame.ip.add(1);
                        regs = frame.regs;
                        slots = frame.slots;
                        continue;
                    }};
                }
                match i.code {
                    Code::Mov => r!(i.a) = r!(i.b),
                    Code::Mov2 => {
                        r!(i.a) = r!(i.b);
                        r!(i.c as u16) = r!(i.c >> 16);
                    }
                    Code::Iadd => bin!(a b a.wrapping_add(b)),
                    Code::Isub => bin!(a b a.wrapping_sub(b)),
                    Code::Imul => bin!(a b a.wrapping_mul(b)),
                    Code::ImulAdd => bin!(a b a.wrapping_mul(b).wrapping_add(r!(i.x))),
                    Code::Umulhi => bin!(a b ((a as u128 * b as u128) >> 64) as u64),
                    Code::Smulhi => bin!(a b ((a as i64 as i128 * b as i64 as i128) >> 64) as u64),
                    Code::Sdiv => division!(a b (a as i64).checked_div(b as i64)),
                    Code::Udiv => division!(a b a.checked_div(b)),
                    Code::Srem => division!(a b (b != 0).then(|| (a as i64).wrapping_rem(b as i64))),
                    Code::Urem => division!(a b a.checked_rem(b)),
                    Code::Smin => bin!(a b (a as i64).min(b as i64) as u64),
                    Code::Smax => bin!(a b (a as i64).max(b as i64) as u64),
                    Code::Umin => bin!(a b a.min(b)),
                    Code::Umax => bin!(a b a.max(b)),
                    Code::Ineg => set!(r!(i.b).wrapping_neg()),
                    Code::Band => bin!(a b a & b),
                    Code::Bor => bin!(a b a | b),
                    Code::Bxor => bin!(a b a ^ b),
                    Code::Bnot => set!(!r!(i.b)),
                    Code::Ishl => bin!(a b a << (b & 63)),
                    Code::Ushr => bin!(a b a >> (b & 63)),
                    Code::Sshr => bin!(a b ((a as i64) >> (b & 63)) as u64),
                    Code::Rotl => bin!(a b a.rotate_left(b as u32 & 63)),
                    Code::Rotr => bin!(a b a.rotate_right(b as u32 & 63)),
                    Code::Clz => set!(r!(i.b).leading_zeros() as u64),
                    Code::Ctz => set!(r!(i.b).trailing_zeros() as u64),
                    Code::Popcnt => set!(r!(i.b).count_ones() as u64),
                    Code::Bswap => set!(r!(i.b).swap_bytes()),
                    Code::IaddN => bin!(a b low(a.wrapping_add(b), i.x)),
                    Code::IsubN => bin!(a b low(a.wrapping_sub(b), i.x)),
                    Code::ImulN => bin!(a b low(a.wrapping_mul(b), i.x)),
                    Code::SdivN => division!(a b {
                        let (a, b) = (signed(a, i.x), signed(b, i.x));
                        let least = i64::MIN >> i.x;
                        (b != 0 && !(b == -1 && a == least)).then(|| low(a.wrapping_div(b) as u64, i.x))
                    }),
                    Code::SremN => division!(a b {
                        let (a, b) = (signed(a, i.x), signed(b, i.x));
                        (b != 0).then(|| low(a.wrapping_rem(b) as u64, i.x))
                    }),
                    Code::SminN => bin!(a b if signed(a, i.x) <= signed(b, i.x) { a } else { b }),
                    Code::SmaxN => bin!(a b if signed(a, i.x) >= signed(b, i.x) { a } else { b }),
                    Code::InegN => set!(low(r!(i.b).wrapping_neg(), i.x)),
                    Code::BnotN => set!(low(!r!(i.b), i.x)),
                    Code::IshlN => bin!(a b low(a << amount(b, i.x), i.x)),
                    Code::UshrN => bin!(a b a >> amount(b, i.x)),
                    Code::SshrN => bin!(a b low((signed(a, i.x) >> amount(b, i.x)) as u64, i.x)),
                    Code::RotlN => bin!(a b {
                        let by = amount(b, i.x);
                        low(a << by | a >> (64 - i.x as u32 - by), i.x)
                    }),
                    Code::RotrN => bin!(a b {
                        let by = amount(b, i.x);
                        low(a >> by | a << (64 - i.x as u32 - by), i.x)
                    }),
                    Code::ClzN => set!((r!(i.b).leading_zeros() - i.x as u32) as u64),
                    Code::CtzN => set!(r!(i.b).trailing_zeros().min(64 - i.x as u32) as u64),
                    Code::Eq => bin!(a b (a == b) as u64),
                    Code::Ne => bin!(a b (a != b) as u64),
                    Code::Slt => bin!(a b ((a as i64) < b as i64) as u64),
                    Code::Sle => bin!(a b (a as i64 <= b as i64) as u64),
                    Code::Ult => bin!(a b (a < b) as u64),
                    Code::Ule => bin!(a b (a <= b) as u64),
                    Code::SltN => bin!(a b (signed(a, i.x) < signed(b, i.x)) as u64),
                    Code::SleN => bin!(a b (signed(a, i.x) <= signed(b, i.x)) as u64),
                    Code::Select => bin!(a b if r!(i.x) != 0 { a } else { b }),
                    Code::SextN => set!(signed(r!(i.b), i.x) as u64),
                    Code::SextNN => set!(low(signed(r!(i.b), i.x & 63) as u64, i.x >> 8)),
                    Code::ReduceN => set!(low(r!(i.b), i.x)),
                    Code::IaddWide => wide(regs, i.a, i.b, i.c, u128::wrapping_add),
                    Code::IsubWide => wide(regs, i.a, i.b, i.c, u128::wrapping_sub),
                    Code::ImulWide => wide(regs, i.a, i.b, i.c, u128::wrapping_mul),
                    Code::UextWide => {
                        r!(i.a) = r!(i.b);
                        r!(i.a + 1) = 0;
                    }
                    Code::SextWideN => {
                        let value = signed(r!(i.b), i.x);
                        r!(i.a) = value as u64;
                        r!(i.a + 1) = (value >> 63) as u64;
                    }
                    Code::Fadd64 => set!(double(f64!(i.b) + f64!(i.c))),
                    Code::Fsub64 => set!(double(f64!(i.b) - f64!(i.c))),
                    Code::Fmul64 => set!(double(f64!(i.b) * f64!(i.c))),
                    Code::Fdiv64 => set!(double(f64!(i.b) / f64!(i.c))),
                    Code::Fneg64 => set!(r!(i.b) ^ 1 << 63),
                    Code::Fabs64 => set!(r!(i.b) & !(1 << 63)),
                    Code::Sqrt64 => set!(double(f64!(i.b).sqrt())),
                    Code::Feq64 => set!((f64!(i.b) == f64!(i.c)) as u64),
                    Code::Fne64 => set!((f64!(i.b) != f64!(i.c)) as u64),
                    Code::Flt64 => set!((f64!(i.b) < f64!(i.c)) as u64),
                    Code::Fle64 => set!((f64!(i.b) <= f64!(i.c)) as u64),
                    Code::Fadd32 => set!(single(f32!(i.b) + f32!(i.c))),
                    Code::Fsub32 => set!(single(f32!(i.b) - f32!(i.c))),
                    Code::Fmul32 => set!(single(f32!(i.b) * f32!(i.c))),
                    Code::Fdiv32 => set!(single(f32!(i.b) / f32!(i.c))),
                    Code::Fneg32 => set!(r!(i.b) ^ 1 << 31),
                    Code::Fabs32 => set!(r!(i.b) & !(1 << 31)),
                    Code::Sqrt32 => set!(single(f32!(i.b).sqrt())),
                    Code::Feq32 => set!((f32!(i.b) == f32!(i.c)) as u64),
                    Code::Fne32 => set!((f32!(i.b) != f32!(i.c)) as u64),
                    Code::Flt32 => set!((f32!(i.b) < f32!(i.c)) as u64),
                    Code::Fle32 => set!((f32!(i.b) <= f32!(i.c)) as u64),
                    Code::SintToF64N => set!((signed(r!(i.b), i.x) as f64).to_bits()),
                    Code::UintToF64 => set!((r!(i.b) as f64).to_bits()),
                    Code::SintToF32N => set!((signed(r!(i.b), i.x) as f32).to_bits() as u64),
                    Code::F64ToSintN => {
                        let (min, max) = (i64::MIN >> i.x, i64::MAX >> i.x);
                        set!(low((f64!(i.b) as i64).clamp(min, max) as u64, i.x))
                    }
                    Code::F64ToUint => set!(f64!(i.b) as u64),
                    Code::Promote => set!(double(f32!(i.b) as f64)),
                    Code::Demote => set!(single(f64!(i.b) as f32)),
                    Code::Eval => {
                        if eval(&code.evals[i.a as usize], regs).is_none() {
                            return Err(self.undefined(at!(), "a division without a result"));
                        }
                    }
                    Code::Load8 => set!(load!(u8, address!(), i.x) as u64),
                    Code::Load16 => set!(load!(u16, address!(), i.x) as u64),
                    Code::Load32 => set!(load!(u32, address!(), i.x) as u64),
                    Code::Load64 => set!(load!(u64, address!(), i.x)),
                    Code::Load128 => {
                        let value = load!(u128, address!(), i.x);
                        r!(i.a) = value as u64;
                        r!(i.a + 1) = (value >> 64) as u64;
                    }
                    Code::LoadBool => {
                        let value = load!(u8, address!(), i.x);
                        if value > 1 {
                            return Err(self.bad_bool(at!(), value));
                        }
                        set!(value as u64);
                    }
                    Code::LoadAt8 => set!(load!(u8, indexed!(), i.x >> 8) as u64),
                    Code::LoadAt16 => set!(load!(u16, indexed!(), i.x >> 8) as u64),
                    Code::LoadAt32 => set!(load!(u32, indexed!(), i.x >> 8) as u64),
                    Code::LoadAt64 => set!(load!(u64, indexed!(), i.x >> 8)),
                    Code::LoadAtBool => {
                        let value = load!(u8, indexed!(), i.x >> 8);
                        if value > 1 {
                            return Err(self.bad_bool(at!(), value));
                        }
                        set!(value as u64);
                    }
                    Code::Store8 => store!(u8, r!(i.a) as u8, address!(), i.x),
                    Code::Store16 => store!(u16, r!(i.a) as u16, address!(), i.x),
                    Code::Store32 => store!(u32, r!(i.a) as u32, address!(), i.x),
                    Code::Store64 => store!(u64, r!(i.a), address!(), i.x),
                    Code::Store128 => {
                        let value = r!(i.a) as u128 | (r!(i.a + 1) as u128) << 64;
                        store!(u128, value, address!(), i.x)
                    }
                    Code::StoreAt8 => store!(u8, r!(i.a) as u8, indexed!(), i.x >> 8),
                    Code::StoreAt16 => store!(u16, r!(i.a) as u16, indexed!(), i.x >> 8),
                    Code::StoreAt32 => store!(u32, r!(i.a) as u32, indexed!(), i.x >> 8),
                    Code::StoreAt64 => store!(u64, r!(i.a), indexed!(), i.x >> 8),
                    Code::CheckAlign => {
                        let address = r!(i.a).wrapping_add(i.c as i32 as i64 as u64);
                        if address & ((1 << i.x) - 1) != 0 {
                            return Err(self.bad_access(at!(), Access::Read, address, 1, 1 << i.x));
                        }
                    }
                    Code::Memcpy => {
                        let flags = self.copy_flags(at!());
                        let copied = self.memory.copy(r!(i.a), r!(i.b), r!(i.c), (flags.0, flags.1));
                        if let Err((address, access, wrong)) = copied {
                            return Err(self.wrong_access(at!(), access, address, r!(i.c), wrong));
                        }
                    }
                    Code::Memset => {
                        let flags = self.copy_flags(at!());
                        if let Err(wrong) = self.memory.fill_bytes(r!(i.a), r!(i.b) as u8, r!(i.c), flags.0) {
                            return Err(self.wrong_access(at!(), Access::Write, r!(i.a), r!(i.c), wrong));
                        }
                    }
                    Code::SlotAddr => {
                        if r!(i.a) == 0 {
                            match self.make_slot(code.func, i.b) {
                                Some(address) => r!(i.a) = address,
                                None => return Err(self.overflow_of_slots(at!())),
                            }
                        }
                    }
                    Code::Jump => goto!(i.c),
                    Code::BrTrue => branch!(r!(i.a) != 0),
                    Code::BrFalse => branch!(r!(i.a) == 0),
                    Code::BrEq => branch!(r!(i.a) == r!(i.b)),
                    Code::BrNe => branch!(r!(i.a) != r!(i.b)),
                    Code::BrSlt => branch!((r!(i.a) as i64) < r!(i.b) as i64),
                    Code::BrSle => branch!(r!(i.a) as i64 <= r!(i.b) as i64),
                    Code::BrUlt => branch!(r!(i.a) < r!(i.b)),
                    Code::BrUle => branch!(r!(i.a) <= r!(i.b)),
                    Code::BrSltN => branch!(signed(r!(i.a), i.x) < signed(r!(i.b), i.x)),
                    Code::BrSleN => branch!(signed(r!(i.a), i.x) <= signed(r!(i.b), i.x)),
                    Code::BrFeq => branch!(f64!(i.a) == f64!(i.b)),
                    Code::BrFne => branch!(f64!(i.a) != f64!(i.b)),
                    Code::BrFlt => branch!(f64!(i.a) < f64!(i.b)),
                    Code::BrFle => branch!(f64!(i.a) <= f64!(i.b)),
                    Code::BrFnlt => {
                        branch!(!matches!(f64!(i.a).partial_cmp(&f64!(i.b)), Some(std::cmp::Ordering::Less)))
                    }
                    Code::BrFnle => {
                        let order = f64!(i.a).partial_cmp(&f64!(i.b));
                        branch!(!matches!(order, Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal)))
                    }
                    Code::AddBrSlt => {
                        let sum = r!(i.a).wrapping_add(r!(i.x));
                        r!(i.a) = sum;
                        branch!((sum as i64) < r!(i.b) as i64)
                    }
                    Code::AddBrUlt => {
                        let sum = r!(i.a).wrapping_add(r!(i.x));
                        r!(i.a) = sum;
                        branch!(sum < r!(i.b))
                    }
                    Code::TrapTrue => guard!(r!(i.a) != 0),
                    Code::TrapFalse => guard!(r!(i.a) == 0),
                    Code::TrapEq => guard!(r!(i.a) == r!(i.b)),
                    Code::TrapNe => guard!(r!(i.a) != r!(i.b)),
                    Code::TrapSlt => guard!((r!(i.a) as i64) < r!(i.b) as i64),
                    Code::TrapSle => guard!(r!(i.a) as i64 <= r!(i.b) as i64),
                    Code::TrapUlt => guard!(r!(i.a) < r!(i.b)),
                    Code::TrapUle => guard!(r!(i.a) <= r!(i.b)),
                    Code::TrapSltN => guard!(signed(r!(i.a), i.x) < signed(r!(i.b), i.x)),
                    Code::TrapSleN => guard!(signed(r!(i.a), i.x) <= signed(r!(i.b), i.x)),
                    Code::Trap => return Err(self.program_trap_at(at!(), regs)),
                    Code::Switch => {
                        let value = r!(i.a);
                        let target = match &code.switches[i.b as usize] {
                            Switch::Table { first, targets, default } => {
                                targets.get(value.wrapping_sub(*first) as usize).copied().unwrap_or(*default)
                            }
                            Switch::Search { cases, wide, default } => {
                                let high = if *wide { r!(i.a + 1) } else { 0 };
                                let value = value as u128 | (high as u128) << 64;
                                match cases.binary_search_by_key(&value, |case| case.0) {
                                    Ok(at) => cases[at].1,
                                    Err(_) => *default,
                                }
                            }
                        };
                        goto!(target)
                    }
                    Code::Call => enter!(i.a, code.pool.as_ptr().add(i.b as usize)),
                    Code::CallIndirect => {
                        let list = code.pool.as_ptr().add(i.b as usize);
                        let sig = SigId::from_u32(*list);
                        let func = match self.callee(r!(i.a), sig) {
                            Ok(func) => func,
                            Err(what) => return Err(self.undefined(at!(), &what)),
                        };
                        let words = &code.pool[i.b as usize + 1..];
                        match func {
                            Callee::Ours(func) => enter!(func.as_u32(), list.add(1)),
                            Callee::Import(func) => {
                                let module = self.module;
                                self.call_import(func, &module.signatures[sig], words, regs, i.c, at!())?;
                            }
                            Callee::Foreign(address) => {
                                let (num, words) = words.split_first().unwrap_unchecked();
                                let module = self.module;
                                let sig = &module.signatures[sig];
                                self.call_foreign(address, sig, &words[..*num as usize], regs, i.c, at!())?;
                            }
                        }
                    }
                    Code::CallImport => {
                        let func = FuncId::from_u32(i.a);
                        let module = self.module;
                        let sig = &module.functions[func].sig;
                        self.call_import(func, sig, &code.pool[i.b as usize..], regs, i.c, at!())?;
                    }
                    Code::Ret0 => leave!(Vec::new(), |_to| {}),
                    Code::Ret1 => {
                        let value = r!(i.a);
                        leave!(vec![value], |to| {
                            *to = value;
                        })
                    }
                    Code::RetN => {
                        let (num, list) = code.pool[i.b as usize..].split_first().unwrap_unchecked();
                        let list = &list[..*num as usize];
                        leave!(list.iter().map(|&word| r!(word)).collect(), |to| {
                            for (at, &word) in list.iter().enumerate() {
                                *to.add(at) = r!(word);
                            }
                        })
                    }
                    Code::RestrictCall => set!(self.memory.number_call()),
                    Code::Watch => self.watch(at!(), address!(), None, r!(code.call_register))?,
                    Code::WatchAt => {
                        let address = r!(i.b).wrapping_add(r!(i.c) << i.x);
                        self.watch(at!(), address, None, r!(code.call_register))?;
                    }
                    Code::WatchRange => self.watch(at!(), r!(i.b), Some(r!(i.c)), r!(code.call_register))?,
                    Code::Fuel => match self.fuel.checked_sub(i.a as u64) {
                        Some(left) => self.fuel = left,
                        None => {
                            self.stopped.set(at!().site());
                            return Err(Stop::Fuel);
                        }
                    },
                    Code::Trace => self.trace(at!(), regs),
                }
                ip = ip.add(1);
            }
        }
    }

    #[cold]
    unsafe fn program_trap_at(&self, at: At, regs: *const u64) -> Stop {
        let traps = &at.code.traps[at.code.code[at.index].c as usize];
        // SAFETY: as for the dispatch loop.
        let words: Vec<u64> = traps.words.iter().map(|&word| unsafe { *regs.add(word as usize) }).collect();
        self.program_trap(at, &words)
    }

    #[cold]
    fn bad_bool(&self, at: At, value: u8) -> Stop {
        self.undefined(at, &format!("a byte that is read as a bool holds {value}"))
    }

    #[inline(never)]
    fn make_slot(&mut self, func: FuncId, slot: u32) -> Option<u64> {
        let slot = lang_ir::StackSlot::from_u32(slot);
        let data = &self.module.functions[func].slots[slot];
        self.memory.make_slot(func, slot, data.size, data.align)
    }

    /// Checks an access against the promises of the call that it is in.
    #[inline(always)]
    fn watch(&mut self, at: At, address: u64, len: Option<u64>, call: u64) -> Result<(), Stop> {
        let watch = at.code.watches[at.code.code[at.index].a as usize];
        let len = len.unwrap_or(watch.size as u64);
        if self.memory.note_fast(address, len, call, watch.origin, watch.write, at.inst()) {
            return Ok(());
        }
        self.note(at, address, len, call, watch)
    }

    #[inline(never)]
    fn note(&mut self, at: At, address: u64, len: u64, call: u64, watch: Watch) -> Result<(), Stop> {
        let noted = self.memory.note(address, len, call, watch.origin, watch.write, at.inst());
        noted.map_err(|before| self.broken_promise(at, address, len, watch, before))
    }

    /// Alignments of destination and source.
    fn copy_flags(&self, at: At) -> (u64, u64) {
        match self.module.functions[at.code.func].insts[at.inst()].payload {
            Payload::Copy(flags) => (flags.dst_align as u64, flags.src_align as u64),
            _ => (1, 1),
        }
    }

    /// What is at an address, if it can be called with this signature.
    fn callee(&self, address: u64, sig: SigId) -> Result<Callee, String> {
        let sig = &self.module.signatures[sig];
        let Some(func) = self.function_at(address) else {
            if address != 0 && self.foreign.is_some() {
                return Ok(Callee::Foreign(address));
            }
            let null = if address == 0 { "a null pointer" } else { "a pointer that is no function's" };
            return Err(format!("call through {null}"));
        };
        let function = &self.module.functions[func];
        if function.is_definition() && sig.is_c_only() {
            return Ok(Callee::Foreign(address));
        }
        let types = |sig: &Signature| {
            let fixed = function.sig.variadic.map_or(usize::MAX, |fixed| fixed as usize);
            sig.params.iter().take(fixed).map(|param| param.ty).collect::<Vec<Type>>()
        };
        let same = types(&function.sig) == types(sig) && function.sig.results == sig.results;
        if !same || function.sig.variadic != sig.variadic {
            return Err(format!("call of {} with another signature than it has", function.name));
        }
        Ok(if function.is_definition() { Callee::Ours(func) } else { Callee::Import(func) })
    }

    /// Calls a function without a body; `list` starts with the number of argument words. The results go to the registers from
    /// `to` on.
    unsafe fn call_import(
        &mut self,
        func: FuncId,
        sig: &Signature,
        list: &[u32],
        regs: *mut u64,
        to: u32,
        at: At,
    ) -> Result<(), Stop> {
        let (num, list) = list.split_first().expect("a list starts with its length");
        let list = &list[..*num as usize];
        let name = &self.module.functions[func].name;
        let import = *self.imports[func.as_u32() as usize].get_or_insert_with(|| Import::find(name));
        let Some(import) = import else {
            if self.isolated {
                self.stopped.set(at.site());
                return Err(Stop::Effect(format!("the foreign function `{name}`")));
            }
            if self.foreign.is_none() {
                let what = format!("the interpreter cannot call the foreign function `{name}` here");
                return Err(Stop::Unsupported(what));
            }
            let address = self.function_address(func);
            // SAFETY: as for the dispatch loop.
            return unsafe { self.call_foreign(address, sig, list, regs, to, at) };
        };
        let mut args = [0; MAX_ARGS];
        for (arg, &word) in args.iter_mut().zip(list) {
            // SAFETY: as for the dispatch loop.
            *arg = unsafe { *regs.add(word as usize) };
        }
        let result = self.import(import, &args, at)?;
        if !sig.results.is_empty() {
            // SAFETY: as for the dispatch loop.
            unsafe { *regs.add(to as usize) = result };
        }
        Ok(())
    }
}

/// What a pointer to a function leads to.
enum Callee {
    Ours(FuncId),
    /// A function of the module without a body.
    Import(FuncId),
    /// Code that is not the module's, or that is called as C does.
    Foreign(u64),
}

/// Puts the constants into a new frame.
#[inline(always)]
unsafe fn start_frame(code: &Decoded, regs: *mut u64) {
    let to = unsafe { regs.add(code.param_words as usize) };
    for (at, &word) in code.consts.iter().enumerate() {
        // SAFETY: the frame has room for them.
        unsafe { *to.add(at) = word };
    }
}

#[inline(always)]
unsafe fn wide(regs: *mut u64, a: u32, b: u32, c: u32, f: impl Fn(u128, u128) -> u128) {
    // SAFETY: as for the dispatch loop.
    unsafe { write(regs, a, Type::I128, f(read(regs, b, Type::I128), read(regs, c, Type::I128))) };
}

/// The value in a register, or in two.
///
/// # Safety
/// They have to be in the frame.
#[inline(always)]
pub unsafe fn read(regs: *const u64, register: u32, ty: Type) -> u128 {
    unsafe {
        let word = *regs.add(register as usize) as u128;
        if ty == Type::I128 { word | (*regs.add(register as usize + 1) as u128) << 64 } else { word }
    }
}

#[inline(always)]
unsafe fn write(regs: *mut u64, register: u32, ty: Type, value: u128) {
    unsafe {
        *regs.add(register as usize) = value as u64;
        if ty == Type::I128 {
            *regs.add(register as usize + 1) = (value >> 64) as u64;
        }
    }
}

/// Computes any operation; `None` if it has no result.
#[inline(never)]
unsafe fn eval(desc: &EvalDesc, regs: *mut u64) -> Option<()> {
    let mut args = [0; 3];
    let num = desc.num_args as usize;
    for (index, arg) in args.iter_mut().enumerate().take(num) {
        *arg = unsafe { read(regs, desc.args[index], desc.types[index]) };
    }
    let value = lang_ir::eval::eval(desc.op, desc.ty, desc.from, &args[..num])?;
    unsafe { write(regs, desc.result, desc.result_ty, value) };
    Some(())
}
