//! The one table of operations. Enum, mnemonics, printer, parser, verifier rules, builder methods, evaluation, e-graph
//! language, SMT meaning and the reference page derive from it. Adding an operation is a row here and a lowering line in
//! each backend.
//!
//! A row reads: variant, mnemonic, shape, type rule, flags, evaluation, SMT-LIB meaning, one line of documentation.
//!
//! The *controlling type* `T` of an instruction is written behind the mnemonic (`iadd.i32`); the type rule derives the
//! types of operands and results from it. In the SMT text, `{0}` `{1}` `{2}` are the operands, `{w}` is the width of the
//! first operand in bits, `{m}` the constant width-1 as a bit-vector of that width and `{d}` the difference in width of
//! result and operand; an `i1` is a bit-vector of one bit.

use crate::Type;
use crate::eval::{self, Eval};

/// What operands and payload an operation has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// No operands; a constant's bits.
    Const,
    /// One operand.
    Unary,
    /// Two operands.
    Binary,
    /// Three operands.
    Ternary,
    /// No operands; a stack slot.
    Slot,
    /// No operands; a global.
    Global,
    /// No operands; a function.
    Func,
    /// An address, and how it is accessed.
    Load,
    /// A value, an address, and how it is accessed.
    Store,
    /// Destination, source, length in bytes: the regions are disjoint or the same.
    Memcpy,
    /// Destination, byte, length in bytes.
    Memset,
    /// A condition and the trap's arguments.
    Guard,
    /// Arguments of a known function.
    Call,
    /// A function pointer and the arguments; a signature.
    CallIndirect,
    /// A target.
    Jump,
    /// A condition and two targets.
    Brif,
    /// A value, cases with targets, a default target.
    Switch,
    /// The results.
    Return,
    /// The trap's arguments.
    Trap,
}

/// How types follow from the controlling type `T`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeRule {
    /// Operands and result are `T`, an integer type.
    Int,
    /// As `Int`, without `i1`.
    WideInt,
    /// As `Int`, `i16` or wider.
    Bytes,
    /// Operands and result are `T`, a float type.
    Float,
    /// Operands are `T`, an integer type or `ptr`; the result is `i1`.
    IntCompare,
    /// Operands are `T`, a float type; the result is `i1`.
    FloatCompare,
    /// The result is `T`, an integer type or `ptr`.
    IntConst,
    /// The result is `T`, a float type.
    FloatConst,
    /// `i1, T, T -> T`, for every `T`.
    Select,
    /// From a narrower integer to the integer `T`.
    Extend,
    /// From a wider integer to the integer `T`.
    Reduce,
    /// From a narrower float to the float `T`.
    Promote,
    /// From a wider float to the float `T`.
    Demote,
    /// From a float to the integer `T`.
    FloatToInt,
    /// From an integer to the float `T`.
    IntToFloat,
    /// Between an integer and a float of the same width.
    Bitcast,
    /// `ptr -> i64`; `T` is `i64`.
    PtrToInt,
    /// `i64 -> ptr`; `T` is `ptr`.
    IntToPtr,
    /// `ptr, i64 -> ptr`; `T` is `ptr`.
    PtrAdd,
    /// The result is `ptr`; `T` is `ptr`.
    Address,
    /// The address is `ptr`; the value is `T`.
    Memory,
    /// No controlling type; the shape says it all.
    None,
}

/// What may be done with an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags {
    /// No effect and no dependence on memory: the same operands give the same result.
    pub pure_: bool,
    /// The first two operands may be swapped.
    pub commutative: bool,
    /// Has no meaning for some operands, which a guard before it has to exclude: it must not be moved above that guard.
    pub partial: bool,
    /// Ends a block.
    pub terminator: bool,
    /// May end the program with a trap.
    pub traps: bool,
    /// Reads memory.
    pub reads: bool,
    /// Writes memory.
    pub writes: bool,
}

/// A row of the table.
pub struct OpInfo {
    pub op: Op,
    pub mnemonic: &'static str,
    pub shape: Shape,
    pub types: TypeRule,
    pub flags: Flags,
    /// The value for constant operands, if the operation computes one.
    pub eval: Option<Eval>,
    /// The meaning in SMT-LIB, if the provers use one.
    pub smt: Option<&'static str>,
    pub doc: &'static str,
}

macro_rules! flags {
    ($($flag:ident)*) => {{
        #[allow(unused_mut, reason = "not every operation has flags")]
        let mut flags = Flags {
            pure_: false, commutative: false, partial: false, terminator: false, traps: false, reads: false, writes: false,
        };
        $(flags.$flag = true;)*
        flags
    }};
}

macro_rules! smt {
    (-) => {
        None
    };
    ($text:literal) => {
        Some($text)
    };
}

macro_rules! eval {
    (-) => {
        None
    };
    ($name:ident) => {
        Some(eval::$name as Eval)
    };
}

macro_rules! define_ops {
    ($($variant:ident $mnemonic:ident $shape:ident $types:ident [$($flag:ident)*] $eval:tt $smt:tt $doc:literal;)*) => {
        /// An operation. The table [`OPS`] says all about it.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Op { $(#[doc = $doc] $variant),* }

        /// The table, in the order of the enum.
        pub static OPS: &[OpInfo] = &[$(OpInfo {
            op: Op::$variant,
            mnemonic: stringify!($mnemonic),
            shape: Shape::$shape,
            types: TypeRule::$types,
            flags: flags!($($flag)*),
            eval: eval!($eval),
            smt: smt!($smt),
            doc: $doc,
        }),*];
    };
}

/// Calls `$macro!` with every row of the table.
#[macro_export]
macro_rules! for_each_op {
    ($macro:ident) => { $macro! {
        Iconst iconst Const IntConst [pure_] - - "An integer or pointer constant.";
        Fconst fconst Const FloatConst [pure_] - - "A floating-point constant.";

        Iadd iadd Binary Int [pure_ commutative] iadd "(bvadd {0} {1})" "Sum, wrapping.";
        Isub isub Binary Int [pure_] isub "(bvsub {0} {1})" "Difference, wrapping.";
        Imul imul Binary Int [pure_ commutative] imul "(bvmul {0} {1})" "Product, wrapping.";
        Umulhi umulhi Binary WideInt [pure_ commutative] umulhi "((_ extract (- (* 2 {w}) 1) {w}) (bvmul ((_ zero_extend {w}) {0}) ((_ zero_extend {w}) {1})))" "High half of the unsigned product.";
        Smulhi smulhi Binary WideInt [pure_ commutative] smulhi "((_ extract (- (* 2 {w}) 1) {w}) (bvmul ((_ sign_extend {w}) {0}) ((_ sign_extend {w}) {1})))" "High half of the signed product.";
        Udiv udiv Binary WideInt [pure_ partial] udiv "(bvudiv {0} {1})" "Unsigned quotient; the divisor is not 0.";
        Sdiv sdiv Binary WideInt [pure_ partial] sdiv "(bvsdiv {0} {1})" "Signed quotient, towards zero; the divisor is not 0, and not -1 with the smallest dividend.";
        Urem urem Binary WideInt [pure_ partial] urem "(bvurem {0} {1})" "Unsigned remainder; the divisor is not 0.";
        Srem srem Binary WideInt [pure_ partial] srem "(bvsrem {0} {1})" "Signed remainder with the dividend's sign; the divisor is not 0; 0 for a divisor of -1.";
        Smin smin Binary WideInt [pure_ commutative] smin "(ite (bvsle {0} {1}) {0} {1})" "Signed minimum.";
        Smax smax Binary WideInt [pure_ commutative] smax "(ite (bvsge {0} {1}) {0} {1})" "Signed maximum.";
        Umin umin Binary WideInt [pure_ commutative] umin "(ite (bvule {0} {1}) {0} {1})" "Unsigned minimum.";
        Umax umax Binary WideInt [pure_ commutative] umax "(ite (bvuge {0} {1}) {0} {1})" "Unsigned maximum.";
        Ineg ineg Unary Int [pure_] ineg "(bvneg {0})" "Negation, wrapping.";

        Band band Binary Int [pure_ commutative] band "(bvand {0} {1})" "Bitwise and.";
        Bor bor Binary Int [pure_ commutative] bor "(bvor {0} {1})" "Bitwise or.";
        Bxor bxor Binary Int [pure_ commutative] bxor "(bvxor {0} {1})" "Bitwise exclusive or.";
        Bnot bnot Unary Int [pure_] bnot "(bvnot {0})" "Bitwise complement.";
        Ishl ishl Binary WideInt [pure_] ishl "(bvshl {0} (bvand {1} {m}))" "Shift left by the amount modulo the width.";
        Ushr ushr Binary WideInt [pure_] ushr "(bvlshr {0} (bvand {1} {m}))" "Shift right by the amount modulo the width, filling with zeros.";
        Sshr sshr Binary WideInt [pure_] sshr "(bvashr {0} (bvand {1} {m}))" "Shift right by the amount modulo the width, filling with the sign.";
        Rotl rotl Binary WideInt [pure_] rotl "(bvor (bvshl {0} (bvand {1} {m})) (bvlshr {0} (bvand (bvneg {1}) {m})))" "Rotate left by the amount modulo the width.";
        Rotr rotr Binary WideInt [pure_] rotr "(bvor (bvlshr {0} (bvand {1} {m})) (bvshl {0} (bvand (bvneg {1}) {m})))" "Rotate right by the amount modulo the width.";
        Clz clz Unary WideInt [pure_] clz - "Number of leading zero bits; the width for 0.";
        Ctz ctz Unary WideInt [pure_] ctz - "Number of trailing zero bits; the width for 0.";
        Popcnt popcnt Unary WideInt [pure_] popcnt - "Number of bits that are set.";
        Bswap bswap Unary Bytes [pure_] bswap - "Bytes in the opposite order.";

        IcmpEq icmp_eq Binary IntCompare [pure_ commutative] icmp_eq "(ite (= {0} {1}) #b1 #b0)" "Equal.";
        IcmpNe icmp_ne Binary IntCompare [pure_ commutative] icmp_ne "(ite (= {0} {1}) #b0 #b1)" "Not equal.";
        IcmpSlt icmp_slt Binary IntCompare [pure_] icmp_slt "(ite (bvslt {0} {1}) #b1 #b0)" "Signed less than.";
        IcmpSle icmp_sle Binary IntCompare [pure_] icmp_sle "(ite (bvsle {0} {1}) #b1 #b0)" "Signed less than or equal.";
        IcmpUlt icmp_ult Binary IntCompare [pure_] icmp_ult "(ite (bvult {0} {1}) #b1 #b0)" "Unsigned less than.";
        IcmpUle icmp_ule Binary IntCompare [pure_] icmp_ule "(ite (bvule {0} {1}) #b1 #b0)" "Unsigned less than or equal.";

        Fadd fadd Binary Float [pure_ commutative] fadd "(fp.add RNE {0} {1})" "Sum.";
        Fsub fsub Binary Float [pure_] fsub "(fp.sub RNE {0} {1})" "Difference.";
        Fmul fmul Binary Float [pure_ commutative] fmul "(fp.mul RNE {0} {1})" "Product.";
        Fdiv fdiv Binary Float [pure_] fdiv "(fp.div RNE {0} {1})" "Quotient.";
        Frem frem Binary Float [pure_] frem - "Remainder with the dividend's sign, exact (C's fmod).";
        Fma fma Ternary Float [pure_] fma "(fp.fma RNE {0} {1} {2})" "Product of the first two plus the third, rounded once.";
        Fneg fneg Unary Float [pure_] fneg "(fp.neg {0})" "Negation: flips the sign bit.";
        Fabs fabs Unary Float [pure_] fabs "(fp.abs {0})" "Absolute value: clears the sign bit.";
        Fcopysign fcopysign Binary Float [pure_] fcopysign - "The first operand with the sign bit of the second.";
        Sqrt sqrt Unary Float [pure_] sqrt "(fp.sqrt RNE {0})" "Square root.";
        Floor floor Unary Float [pure_] floor "(fp.roundToIntegral RTN {0})" "Nearest integer not above.";
        Ceil ceil Unary Float [pure_] ceil "(fp.roundToIntegral RTP {0})" "Nearest integer not below.";
        Trunc trunc Unary Float [pure_] trunc "(fp.roundToIntegral RTZ {0})" "Nearest integer towards zero.";
        Nearest nearest Unary Float [pure_] nearest "(fp.roundToIntegral RNE {0})" "Nearest integer, ties to even.";
        FcmpEq fcmp_eq Binary FloatCompare [pure_ commutative] fcmp_eq "(ite (fp.eq {0} {1}) #b1 #b0)" "Equal; false with a NaN.";
        FcmpNe fcmp_ne Binary FloatCompare [pure_ commutative] fcmp_ne "(ite (fp.eq {0} {1}) #b0 #b1)" "Not equal; true with a NaN.";
        FcmpLt fcmp_lt Binary FloatCompare [pure_] fcmp_lt "(ite (fp.lt {0} {1}) #b1 #b0)" "Less than; false with a NaN.";
        FcmpLe fcmp_le Binary FloatCompare [pure_] fcmp_le "(ite (fp.leq {0} {1}) #b1 #b0)" "Less than or equal; false with a NaN.";

        Select select Ternary Select [pure_] select "(ite (= {0} #b1) {1} {2})" "The second operand if the first is 1, else the third.";

        Sextend sextend Unary Extend [pure_] sextend "((_ sign_extend {d}) {0})" "Extend with the sign bit.";
        Uextend uextend Unary Extend [pure_] uextend "((_ zero_extend {d}) {0})" "Extend with zeros.";
        Ireduce ireduce Unary Reduce [pure_] ireduce "((_ extract {d} 0) {0})" "The low bits.";
        Fpromote fpromote Unary Promote [pure_] fpromote - "To a wider float, exact.";
        Fdemote fdemote Unary Demote [pure_] fdemote - "To a narrower float, rounded to nearest even.";
        FcvtToSint fcvt_to_sint Unary FloatToInt [pure_] fcvt_to_sint - "To a signed integer: truncates, saturates, NaN gives 0.";
        FcvtToUint fcvt_to_uint Unary FloatToInt [pure_] fcvt_to_uint - "To an unsigned integer: truncates, saturates, NaN gives 0.";
        FcvtFromSint fcvt_from_sint Unary IntToFloat [pure_] fcvt_from_sint - "From a signed integer, rounded to nearest even.";
        FcvtFromUint fcvt_from_uint Unary IntToFloat [pure_] fcvt_from_uint - "From an unsigned integer, rounded to nearest even.";
        Bitcast bitcast Unary Bitcast [pure_] bitcast - "The same bits as another type.";
        PtrToInt ptr_to_int Unary PtrToInt [pure_] bitcast - "A pointer's address.";
        IntToPtr int_to_ptr Unary IntToPtr [pure_] bitcast - "The pointer to an address.";
        PtrAdd ptr_add Binary PtrAdd [pure_] iadd "(bvadd {0} {1})" "A pointer moved by a number of bytes, wrapping.";

        SlotAddr slot_addr Slot Address [pure_] - - "The address of a stack slot.";
        GlobalAddr global_addr Global Address [pure_] - - "The address of a global.";
        FuncAddr func_addr Func Address [pure_] - - "The address of a function.";

        Load load Load Memory [reads] - - "The value at address plus offset.";
        Store store Store Memory [writes] - - "Writes the value at address plus offset.";
        Memcpy memcpy Memcpy None [reads writes] - - "Copies bytes between regions that are disjoint or the same.";
        Memset memset Memset None [writes] - - "Fills a region with a byte.";
        Trapif trapif Guard None [traps] - - "Traps if the condition is 1.";
        Call call Call None [traps reads writes] - - "Calls a function.";
        CallIndirect call_indirect CallIndirect None [traps reads writes] - - "Calls through a function pointer.";

        Jump jump Jump None [terminator] - - "Goes to a block.";
        Brif brif Brif None [terminator] - - "Goes to the first block if the condition is 1, else to the second.";
        Switch switch Switch Int [terminator] - - "Goes to the block of the case that equals the value, else to the default.";
        Return return Return None [terminator] - - "Leaves the function with its results.";
        Trap trap Trap None [terminator traps] - - "Ends the program with a trap.";
    } };
}
for_each_op!(define_ops);

impl Op {
    /// The row of the table.
    #[inline]
    pub fn info(self) -> &'static OpInfo {
        &OPS[self as usize]
    }

    /// The name in the text form.
    pub fn mnemonic(self) -> &'static str {
        self.info().mnemonic
    }

    /// The operation of this name.
    pub fn from_mnemonic(name: &str) -> Option<Op> {
        OPS.iter().find(|info| info.mnemonic == name).map(|info| info.op)
    }

    #[inline]
    pub fn is_pure(self) -> bool {
        self.info().flags.pure_
    }

    #[inline]
    pub fn is_terminator(self) -> bool {
        self.info().flags.terminator
    }

    #[inline]
    pub fn is_commutative(self) -> bool {
        self.info().flags.commutative
    }

    /// Needs a guard before it: see [`Flags::partial`].
    #[inline]
    pub fn is_partial(self) -> bool {
        self.info().flags.partial
    }

    /// The type of the result of a pure operation or a load with this controlling type.
    #[inline]
    pub fn result_type(self, ty: Type) -> Type {
        match self.info().types {
            TypeRule::IntCompare | TypeRule::FloatCompare => Type::I1,
            _ => ty,
        }
    }
}

impl Shape {
    /// Whether the operation has exactly one result; calls have those of the signature, the others none.
    pub fn has_result(self) -> bool {
        use Shape::*;
        match self {
            Const | Unary | Binary | Ternary | Slot | Global | Func | Load => true,
            Store | Memcpy | Memset | Guard | Call | CallIndirect | Jump | Brif | Switch | Return | Trap => false,
        }
    }
}

impl TypeRule {
    /// Whether `ty` can be the controlling type.
    pub fn accepts(self, ty: Type) -> bool {
        use TypeRule::*;
        match self {
            Int | Extend | Reduce => ty.is_int(),
            WideInt | FloatToInt => ty.is_int() && ty != Type::I1,
            Bytes => ty.is_int() && ty.bits() >= 16,
            Float | FloatCompare | FloatConst | Promote | Demote | IntToFloat => ty.is_float(),
            IntCompare | IntConst => ty.is_int() || ty == Type::Ptr,
            Select | Memory | None => true,
            Bitcast => ty != Type::Ptr && ty != Type::I1 && ty.bits() != 8 && ty.bits() != 128,
            PtrToInt => ty == Type::I64,
            IntToPtr | PtrAdd | Address => ty == Type::Ptr,
        }
    }

    /// Whether operand `index` of a pure operation with controlling type `ty` may have the type `operand`.
    pub fn accepts_operand(self, ty: Type, index: usize, operand: Type) -> bool {
        use TypeRule::*;
        match self {
            Int | WideInt | Bytes | Float | IntCompare | FloatCompare => operand == ty,
            Select => operand == if index == 0 { Type::I1 } else { ty },
            Extend => operand.is_int() && operand.bits() < ty.bits(),
            Reduce => operand.is_int() && operand.bits() > ty.bits(),
            Promote => operand.is_float() && operand.bits() < ty.bits(),
            Demote => operand.is_float() && operand.bits() > ty.bits(),
            FloatToInt => operand.is_float(),
            IntToFloat => operand.is_int(),
            Bitcast => operand.bits() == ty.bits() && operand.is_float() != ty.is_float() && operand != Type::Ptr,
            PtrToInt => operand == Type::Ptr,
            IntToPtr => operand == Type::I64,
            PtrAdd => operand == if index == 0 { Type::Ptr } else { Type::I64 },
            IntConst | FloatConst | Address | Memory | None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_in_enum_order_with_distinct_mnemonics() {
        for (index, info) in OPS.iter().enumerate() {
            assert_eq!(info.op as usize, index);
            assert_eq!(Op::from_mnemonic(info.mnemonic), Some(info.op));
        }
    }

    #[test]
    fn every_pure_operation_on_values_has_a_meaning() {
        for info in OPS {
            let on_values = matches!(info.shape, Shape::Unary | Shape::Binary | Shape::Ternary);
            assert_eq!(info.eval.is_some(), on_values && info.flags.pure_, "{}", info.mnemonic);
        }
    }
}
