//! Operations on values. Every row of the table of operations is named here or in [`crate::function`]; there is no
//! default case, so that a new operation does not compile until it has a translation.

use crate::function::Translator;
use crate::{Outcome, internal};
use inkwell::intrinsics::Intrinsic;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{
    BasicMetadataValueEnum, BasicValue, BasicValueEnum, CallSiteValue, FastMathFlags, FloatValue, InstructionValue,
    IntValue, PointerValue,
};
use inkwell::{FloatPredicate, IntPredicate};
use lang_ir::{InstData, Op, Payload, Type, Value, ValueDef};
use std::num::NonZeroU32;

impl<'ctx> Translator<'_, '_, 'ctx> {
    /// The result of a pure operation.
    pub fn pure_op(&mut self, inst: &InstData) -> Outcome<BasicValueEnum<'ctx>> {
        let b = &self.builder;
        let ty = inst.ty;
        let arg = |index: usize| self.value(inst.args[index]);
        let int = |index: usize| self.value(inst.args[index]).map(BasicValueEnum::into_int_value);
        let float = |index: usize| self.value(inst.args[index]).map(BasicValueEnum::into_float_value);
        let from = || self.function.ty(inst.args[0]);

        Ok(match inst.op {
            Op::Iconst | Op::Fconst => match inst.payload {
                Payload::Bits(bits) => self.constant(ty, bits.get())?,
                _ => return Err(internal("a constant without bits")),
            },

            Op::Iadd => b.build_int_add(int(0)?, int(1)?, "")?.into(),
            Op::Isub => b.build_int_sub(int(0)?, int(1)?, "")?.into(),
            Op::Imul => b.build_int_mul(int(0)?, int(1)?, "")?.into(),
            Op::Umulhi => self.mulhi(ty, int(0)?, int(1)?, false)?.into(),
            Op::Smulhi => self.mulhi(ty, int(0)?, int(1)?, true)?.into(),
            // Division without a meaning is excluded by a guard before it, and LLVM moves no division above a guard.
            Op::Udiv => b.build_int_unsigned_div(int(0)?, int(1)?, "")?.into(),
            Op::Sdiv => b.build_int_signed_div(int(0)?, int(1)?, "")?.into(),
            Op::Urem => b.build_int_unsigned_rem(int(0)?, int(1)?, "")?.into(),
            Op::Srem => {
                // LLVM's remainder has no meaning for the smallest dividend and -1; x % -1 is x % 1.
                let divisor = int(1)?;
                let all_ones = self.unit.int(ty).const_all_ones();
                let divisor = match self.function.constant(inst.args[1]) {
                    Some(bits) if bits != ty.mask() => divisor,
                    _ => {
                        let special = b.build_int_compare(IntPredicate::EQ, divisor, all_ones, "")?;
                        b.build_select(special, self.unit.int(ty).const_int(1, false), divisor, "")?.into_int_value()
                    }
                };
                b.build_int_signed_rem(int(0)?, divisor, "")?.into()
            }
            Op::Smin => self.same("llvm.smin", &[arg(0)?, arg(1)?])?,
            Op::Smax => self.same("llvm.smax", &[arg(0)?, arg(1)?])?,
            Op::Umin => self.same("llvm.umin", &[arg(0)?, arg(1)?])?,
            Op::Umax => self.same("llvm.umax", &[arg(0)?, arg(1)?])?,
            Op::Ineg => b.build_int_neg(int(0)?, "")?.into(),

            Op::Band => b.build_and(int(0)?, int(1)?, "")?.into(),
            Op::Bor => b.build_or(int(0)?, int(1)?, "")?.into(),
            Op::Bxor => b.build_xor(int(0)?, int(1)?, "")?.into(),
            Op::Bnot => b.build_not(int(0)?, "")?.into(),
            Op::Ishl => b.build_left_shift(int(0)?, self.amount(ty, int(1)?)?, "")?.into(),
            Op::Ushr => b.build_right_shift(int(0)?, self.amount(ty, int(1)?)?, false, "")?.into(),
            Op::Sshr => b.build_right_shift(int(0)?, self.amount(ty, int(1)?)?, true, "")?.into(),
            // A funnel shift takes its amount modulo the width.
            Op::Rotl => self.same("llvm.fshl", &[arg(0)?, arg(0)?, arg(1)?])?,
            Op::Rotr => self.same("llvm.fshr", &[arg(0)?, arg(0)?, arg(1)?])?,
            Op::Clz => self.count("llvm.ctlz", arg(0)?)?,
            Op::Ctz => self.count("llvm.cttz", arg(0)?)?,
            Op::Popcnt => self.same("llvm.ctpop", &[arg(0)?])?,
            Op::Bswap => self.same("llvm.bswap", &[arg(0)?])?,

            Op::IcmpEq => self.compare(IntPredicate::EQ, arg(0)?, arg(1)?)?.into(),
            Op::IcmpNe => self.compare(IntPredicate::NE, arg(0)?, arg(1)?)?.into(),
            Op::IcmpSlt => self.compare(IntPredicate::SLT, arg(0)?, arg(1)?)?.into(),
            Op::IcmpSle => self.compare(IntPredicate::SLE, arg(0)?, arg(1)?)?.into(),
            Op::IcmpUlt => self.compare(IntPredicate::ULT, arg(0)?, arg(1)?)?.into(),
            Op::IcmpUle => self.compare(IntPredicate::ULE, arg(0)?, arg(1)?)?.into(),

            Op::Fadd => self.fast(b.build_float_add(float(0)?, float(1)?, "")?)?,
            Op::Fsub => self.fast(b.build_float_sub(float(0)?, float(1)?, "")?)?,
            Op::Fmul => self.fast(b.build_float_mul(float(0)?, float(1)?, "")?)?,
            Op::Fdiv => self.fast(b.build_float_div(float(0)?, float(1)?, "")?)?,
            Op::Frem => self.fast(b.build_float_rem(float(0)?, float(1)?, "")?)?,
            Op::Fma if ty == Type::F16 => self.fma_f16(float(0)?, float(1)?, float(2)?)?.into(),
            Op::Fma => self.same_fast("llvm.fma", &[arg(0)?, arg(1)?, arg(2)?])?,
            Op::Fneg => b.build_float_neg(float(0)?, "")?.into(),
            Op::Fabs => self.same("llvm.fabs", &[arg(0)?])?,
            Op::Fcopysign => self.same("llvm.copysign", &[arg(0)?, arg(1)?])?,
            Op::Sqrt => self.same_fast("llvm.sqrt", &[arg(0)?])?,
            Op::Floor => self.same("llvm.floor", &[arg(0)?])?,
            Op::Ceil => self.same("llvm.ceil", &[arg(0)?])?,
            Op::Trunc => self.same("llvm.trunc", &[arg(0)?])?,
            Op::Nearest => self.same("llvm.roundeven", &[arg(0)?])?,
            Op::FcmpEq => b.build_float_compare(FloatPredicate::OEQ, float(0)?, float(1)?, "")?.into(),
            Op::FcmpNe => b.build_float_compare(FloatPredicate::UNE, float(0)?, float(1)?, "")?.into(),
            Op::FcmpLt => b.build_float_compare(FloatPredicate::OLT, float(0)?, float(1)?, "")?.into(),
            Op::FcmpLe => b.build_float_compare(FloatPredicate::OLE, float(0)?, float(1)?, "")?.into(),

            Op::Select => b.build_select(int(0)?, arg(1)?, arg(2)?, "")?,

            Op::Sextend => b.build_int_s_extend(int(0)?, self.unit.int(ty), "")?.into(),
            Op::Uextend => b.build_int_z_extend(int(0)?, self.unit.int(ty), "")?.into(),
            Op::Ireduce => b.build_int_truncate(int(0)?, self.unit.int(ty), "")?.into(),
            Op::Fpromote => b.build_float_ext(float(0)?, self.unit.ty(ty).into_float_type(), "")?.into(),
            Op::Fdemote => b.build_float_trunc(float(0)?, self.unit.ty(ty).into_float_type(), "")?.into(),
            Op::FcvtToSint => {
                self.intrinsic("llvm.fptosi.sat", &[self.unit.ty(ty), self.unit.ty(from())], &[arg(0)?])?
            }
            Op::FcvtToUint => {
                self.intrinsic("llvm.fptoui.sat", &[self.unit.ty(ty), self.unit.ty(from())], &[arg(0)?])?
            }
            Op::FcvtFromSint => b.build_signed_int_to_float(int(0)?, self.unit.ty(ty).into_float_type(), "")?.into(),
            Op::FcvtFromUint => b.build_unsigned_int_to_float(int(0)?, self.unit.ty(ty).into_float_type(), "")?.into(),
            Op::Bitcast => b.build_bit_cast(arg(0)?, self.unit.ty(ty), "")?,
            Op::PtrToInt => b.build_ptr_to_int(arg(0)?.into_pointer_value(), self.unit.int(Type::I64), "")?.into(),
            Op::IntToPtr => b.build_int_to_ptr(int(0)?, self.unit.ptr, "")?.into(),
            Op::PtrAdd => {
                let offset = self.function.constant(inst.args[1]).map(|bits| bits as i64);
                let within = offset.is_some_and(|offset| self.is_within(inst.args[0], offset));
                self.moved(arg(0)?.into_pointer_value(), int(1)?, within)?.into()
            }

            Op::SlotAddr => match inst.payload {
                Payload::Slot(slot) => self.slot(slot).into(),
                _ => return Err(internal("slot_addr without a slot")),
            },
            Op::GlobalAddr => match inst.payload {
                Payload::Global(global) => self.unit.global(global).into(),
                _ => return Err(internal("global_addr without a global")),
            },
            Op::FuncAddr => match inst.payload {
                Payload::Func(func) => self.unit.function(func).as_global_value().as_pointer_value().into(),
                _ => return Err(internal("func_addr without a function")),
            },

            Op::Load
            | Op::Store
            | Op::Memcpy
            | Op::Memset
            | Op::Trapif
            | Op::Call
            | Op::CallIndirect
            | Op::Jump
            | Op::Brif
            | Op::Switch
            | Op::Return
            | Op::Trap => return Err(internal(format!("{} is no operation on values", inst.op.mnemonic()))),
        })
    }

    /// A constant of this type from its bits.
    pub fn constant(&self, ty: Type, bits: u128) -> Outcome<BasicValueEnum<'ctx>> {
        let int = self.unit.int(ty).const_int_arbitrary_precision(&[bits as u64, (bits >> 64) as u64]);
        Ok(match ty {
            Type::I1 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::I128 => int.into(),
            // Folded: the bits of a NaN stay as they are.
            Type::F16 | Type::F32 | Type::F64 => self.builder.build_bit_cast(int, self.unit.ty(ty), "")?,
            Type::Ptr if bits == 0 => self.unit.ptr.const_null().into(),
            Type::Ptr => int.const_to_pointer(self.unit.ptr).into(),
        })
    }

    /// The value of an intrinsic that is overloaded by these types.
    fn intrinsic(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'ctx>],
        args: &[BasicValueEnum<'ctx>],
    ) -> Outcome<BasicValueEnum<'ctx>> {
        let call = self.intrinsic_call(name, types, args)?;
        call.try_as_basic_value().basic().ok_or_else(|| internal(format!("{name} gives no value")))
    }

    /// A call of an intrinsic that is overloaded by these types.
    pub fn intrinsic_call(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'ctx>],
        args: &[BasicValueEnum<'ctx>],
    ) -> Outcome<CallSiteValue<'ctx>> {
        let declaration = Intrinsic::find(name)
            .and_then(|intrinsic| intrinsic.get_declaration(&self.unit.llvm, types))
            .ok_or_else(|| internal(format!("LLVM has no {name}")))?;
        let args: Vec<BasicMetadataValueEnum> = args.iter().map(|&arg| arg.into()).collect();
        Ok(self.builder.build_call(declaration, &args, "")?)
    }

    /// An intrinsic whose operands and result have one type.
    fn same(&self, name: &str, args: &[BasicValueEnum<'ctx>]) -> Outcome<BasicValueEnum<'ctx>> {
        self.intrinsic(name, &[args[0].get_type()], args)
    }

    fn same_fast(&self, name: &str, args: &[BasicValueEnum<'ctx>]) -> Outcome<BasicValueEnum<'ctx>> {
        self.fast(self.same(name, args)?.into_float_value())
    }

    /// Says what `fast_math` permits. NaNs and infinities stay what they are.
    fn fast(&self, value: FloatValue<'ctx>) -> Outcome<BasicValueEnum<'ctx>> {
        if self.function.attrs.fast_math
            && let Some(inst) = value.as_instruction().filter(|inst| inst.can_use_fast_math_flags())
        {
            inst.set_fast_math_flags(
                FastMathFlags::AllowReassoc
                    | FastMathFlags::AllowContract
                    | FastMathFlags::AllowReciprocal
                    | FastMathFlags::NoSignedZeros,
            )?;
        }
        Ok(value.into())
    }

    /// Counts zeros; all of them if no bit is set.
    fn count(&self, name: &str, value: BasicValueEnum<'ctx>) -> Outcome<BasicValueEnum<'ctx>> {
        let defined_for_zero = self.unit.context.bool_type().const_zero();
        self.intrinsic(name, &[value.get_type()], &[value, defined_for_zero.into()])
    }

    fn compare(
        &self,
        predicate: IntPredicate,
        a: BasicValueEnum<'ctx>,
        b: BasicValueEnum<'ctx>,
    ) -> Outcome<IntValue<'ctx>> {
        Ok(match (a, b) {
            (BasicValueEnum::PointerValue(a), BasicValueEnum::PointerValue(b)) => {
                self.builder.build_int_compare(predicate, a, b, "")?
            }
            _ => self.builder.build_int_compare(predicate, a.into_int_value(), b.into_int_value(), "")?,
        })
    }

    /// The amount of a shift modulo the width.
    fn amount(&self, ty: Type, amount: IntValue<'ctx>) -> Outcome<IntValue<'ctx>> {
        let mask = self.unit.int(ty).const_int((ty.bits() - 1).into(), false);
        Ok(self.builder.build_and(amount, mask, "")?)
    }

    /// The high half of a product.
    fn mulhi(&self, ty: Type, a: IntValue<'ctx>, b: IntValue<'ctx>, signed: bool) -> Outcome<IntValue<'ctx>> {
        let bits = NonZeroU32::new(2 * ty.bits()).ok_or_else(|| internal("a type without bits"))?;
        let wide = self.unit.context.custom_width_int_type(bits).map_err(internal)?;
        let builder = &self.builder;
        let extend = |x| {
            if signed { builder.build_int_s_extend(x, wide, "") } else { builder.build_int_z_extend(x, wide, "") }
        };
        let product = builder.build_int_mul(extend(a)?, extend(b)?, "")?;
        let high = builder.build_right_shift(product, wide.const_int(ty.bits().into(), false), false, "")?;
        Ok(builder.build_int_truncate(high, self.unit.int(ty), "")?)
    }

    /// `a * b + c` in half precision, rounded once. LLVM 19 computes in `float`, which loses too much. In `double` the
    /// product is exact. So is the sum, unless the product is below 2^-15 and `c` at least 32; then nothing that is lost can
    /// matter, because `c` is a half-precision number and no tie between two is near.
    fn fma_f16(&self, a: FloatValue<'ctx>, b: FloatValue<'ctx>, c: FloatValue<'ctx>) -> Outcome<FloatValue<'ctx>> {
        let wide = |x| self.builder.build_float_ext(x, self.unit.context.f64_type(), "");
        let product = self.builder.build_float_mul(wide(a)?, wide(b)?, "")?;
        let sum = self.builder.build_float_add(product, wide(c)?, "")?;
        Ok(self.builder.build_float_trunc(sum, self.unit.context.f16_type(), "")?)
    }

    /// A pointer moved by a number of bytes; `within` if it is known to stay within its object.
    pub fn moved(
        &self,
        pointer: PointerValue<'ctx>,
        offset: IntValue<'ctx>,
        within: bool,
    ) -> Outcome<PointerValue<'ctx>> {
        let i8 = self.unit.context.i8_type();
        // SAFETY: without `inbounds`, any offset is valid; with it, the caller knows that it is.
        Ok(unsafe {
            if within {
                self.builder.build_in_bounds_gep(i8, pointer, &[offset], "")?
            } else {
                self.builder.build_gep(i8, pointer, &[offset], "")?
            }
        })
    }

    /// Whether an address moved by `offset` is known to stay within the slot or global that it is the start of.
    pub fn is_within(&self, address: Value, offset: i64) -> bool {
        let ValueDef::Result(inst, _) = self.function.values[address].def else { return false };
        let size = match self.function.insts[inst].payload {
            Payload::Slot(slot) => self.function.slots[slot].size.into(),
            Payload::Global(global) => self.unit.ir.globals[global].size,
            _ => return false,
        };
        u64::try_from(offset).is_ok_and(|offset| offset <= size)
    }
}

/// The instruction that a value is, if it is one and no constant.
pub fn instruction<'ctx>(value: BasicValueEnum<'ctx>) -> Option<InstructionValue<'ctx>> {
    value.as_instruction_value()
}
