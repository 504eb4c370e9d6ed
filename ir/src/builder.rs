//! Makes instructions at the end of a block. The methods named like operations derive from the table.

use crate::ops::{Shape, TypeRule};
use crate::*;

/// Appends instructions to a block of a function.
pub struct Builder<'a> {
    pub func: &'a mut Function,
    block: Block,
    /// The location that new instructions get.
    pub loc: Loc,
}

impl<'a> Builder<'a> {
    /// At the end of this block.
    pub fn new(func: &'a mut Function, block: Block) -> Builder<'a> {
        Builder { func, block, loc: Loc::from_u32(0) }
    }

    /// The block that is being filled.
    pub fn block(&self) -> Block {
        self.block
    }

    /// Goes on at the end of another block.
    pub fn switch_to(&mut self, block: Block) {
        self.block = block;
    }

    /// Whether the block has its terminator.
    pub fn is_terminated(&self) -> bool {
        self.func.blocks[self.block].insts.last().is_some_and(|&i| self.func.insts[i].op.is_terminator())
    }

    /// Appends any instruction.
    pub fn inst(&mut self, op: Op, ty: Type, args: &[Value], payload: Payload, results: &[Type]) -> Inst {
        debug_assert!(!self.is_terminated(), "{} after the terminator of {}", op.mnemonic(), self.block);
        let inst = self.func.new_inst(InstData::new(op, ty, self.loc, args, payload), results);
        self.func.blocks[self.block].insts.push(inst);
        inst
    }

    /// A pure operation on values. Without a payload: for `Unary`, `Binary` and `Ternary` shapes.
    pub fn pure_op(&mut self, op: Op, ty: Type, args: &[Value]) -> Value {
        debug_assert!(matches!(op.info().shape, Shape::Unary | Shape::Binary | Shape::Ternary));
        let inst = self.inst(op, ty, args, Payload::None, &[op.result_type(ty)]);
        self.func.result(inst)
    }

    /// An integer or pointer constant; bits above the type's width are dropped.
    pub fn iconst(&mut self, ty: Type, value: i128) -> Value {
        let bits = Bits::new(value as u128 & ty.mask());
        let inst = self.inst(Op::Iconst, ty, &[], Payload::Bits(bits), &[ty]);
        self.func.result(inst)
    }

    /// A floating-point constant by its bits.
    pub fn fconst(&mut self, ty: Type, bits: u128) -> Value {
        let inst = self.inst(Op::Fconst, ty, &[], Payload::Bits(Bits::new(bits)), &[ty]);
        self.func.result(inst)
    }

    pub fn slot_addr(&mut self, slot: StackSlot) -> Value {
        self.address(Op::SlotAddr, Payload::Slot(slot))
    }

    pub fn global_addr(&mut self, global: GlobalId) -> Value {
        self.address(Op::GlobalAddr, Payload::Global(global))
    }

    pub fn func_addr(&mut self, func: FuncId) -> Value {
        self.address(Op::FuncAddr, Payload::Func(func))
    }

    fn address(&mut self, op: Op, payload: Payload) -> Value {
        let inst = self.inst(op, Type::Ptr, &[], payload, &[Type::Ptr]);
        self.func.result(inst)
    }

    pub fn load(&mut self, ty: Type, address: Value, mem: MemFlags) -> Value {
        let inst = self.inst(Op::Load, ty, &[address], Payload::Mem(mem), &[ty]);
        self.func.result(inst)
    }

    pub fn store(&mut self, value: Value, address: Value, mem: MemFlags) {
        let ty = self.func.ty(value);
        self.inst(Op::Store, ty, &[value, address], Payload::Mem(mem), &[]);
    }

    pub fn memcpy(&mut self, dst: Value, src: Value, len: Value, flags: CopyFlags) {
        self.inst(Op::Memcpy, Type::I1, &[dst, src, len], Payload::Copy(flags), &[]);
    }

    pub fn memset(&mut self, dst: Value, byte: Value, len: Value, flags: CopyFlags) {
        self.inst(Op::Memset, Type::I1, &[dst, byte, len], Payload::Copy(flags), &[]);
    }

    /// Traps if `condition` is 1.
    pub fn trapif(&mut self, condition: Value, code: TrapCode, args: &[Value]) {
        let mut all = Values::from_slice(&[condition]);
        all.extend_from_slice(args);
        self.inst(Op::Trapif, Type::I1, &all, Payload::Trap(code), &[]);
    }

    /// Calls a function that gives results of these types.
    pub fn call(&mut self, func: FuncId, results: &[Type], args: &[Value]) -> Inst {
        self.inst(Op::Call, Type::I1, args, Payload::Func(func), results)
    }

    /// Calls through a pointer to a function of this signature, which gives results of these types.
    pub fn call_indirect(&mut self, sig: SigId, results: &[Type], pointer: Value, args: &[Value]) -> Inst {
        let mut all = Values::from_slice(&[pointer]);
        all.extend_from_slice(args);
        self.inst(Op::CallIndirect, Type::I1, &all, Payload::Sig(sig), results)
    }

    pub fn jump(&mut self, block: Block, args: &[Value]) {
        self.inst(Op::Jump, Type::I1, &[], Payload::Jump(BlockCall::new(block, args)), &[]);
    }

    pub fn brif(&mut self, condition: Value, then: BlockCall, otherwise: BlockCall) {
        self.inst(Op::Brif, Type::I1, &[condition], Payload::Brif(Box::new([then, otherwise])), &[]);
    }

    pub fn switch(&mut self, value: Value, cases: Vec<(u128, BlockCall)>, default: BlockCall) {
        let ty = self.func.ty(value);
        self.inst(Op::Switch, ty, &[value], Payload::Switch(Box::new(SwitchData { cases, default })), &[]);
    }

    pub fn return_(&mut self, values: &[Value]) {
        self.inst(Op::Return, Type::I1, values, Payload::None, &[]);
    }

    pub fn trap(&mut self, code: TrapCode, args: &[Value]) {
        self.inst(Op::Trap, Type::I1, args, Payload::Trap(code), &[]);
    }
}

/// Methods for operations on values: those whose operands show the controlling type take operands only, conversions take
/// the type too.
macro_rules! derive_builder {
    ($($variant:ident $mnemonic:ident $shape:ident $types:ident [$($flag:ident)*] $eval:tt $smt:tt $doc:literal;)*) => {
        impl Builder<'_> {
            $(derive_builder!(@ $shape $types $variant $mnemonic $doc);)*
        }
    };
    (@ Unary Extend $variant:ident $name:ident $doc:literal) => { derive_builder!(@convert $variant $name $doc); };
    (@ Unary Reduce $variant:ident $name:ident $doc:literal) => { derive_builder!(@convert $variant $name $doc); };
    (@ Unary Promote $variant:ident $name:ident $doc:literal) => { derive_builder!(@convert $variant $name $doc); };
    (@ Unary Demote $variant:ident $name:ident $doc:literal) => { derive_builder!(@convert $variant $name $doc); };
    (@ Unary FloatToInt $variant:ident $name:ident $doc:literal) => { derive_builder!(@convert $variant $name $doc); };
    (@ Unary IntToFloat $variant:ident $name:ident $doc:literal) => { derive_builder!(@convert $variant $name $doc); };
    (@ Unary Bitcast $variant:ident $name:ident $doc:literal) => { derive_builder!(@convert $variant $name $doc); };
    (@convert $variant:ident $name:ident $doc:literal) => {
        #[doc = $doc]
        pub fn $name(&mut self, ty: Type, a: Value) -> Value {
            self.pure_op(Op::$variant, ty, &[a])
        }
    };
    (@ Unary $types:ident $variant:ident $name:ident $doc:literal) => {
        #[doc = $doc]
        pub fn $name(&mut self, a: Value) -> Value {
            let ty = self.controlling(TypeRule::$types, a);
            self.pure_op(Op::$variant, ty, &[a])
        }
    };
    (@ Binary $types:ident $variant:ident $name:ident $doc:literal) => {
        #[doc = $doc]
        pub fn $name(&mut self, a: Value, b: Value) -> Value {
            let ty = self.func.ty(a);
            self.pure_op(Op::$variant, ty, &[a, b])
        }
    };
    (@ Ternary $types:ident $variant:ident $name:ident $doc:literal) => {
        #[doc = $doc]
        pub fn $name(&mut self, a: Value, b: Value, c: Value) -> Value {
            let ty = self.func.ty(b);
            self.pure_op(Op::$variant, ty, &[a, b, c])
        }
    };
    (@ $shape:ident $types:ident $variant:ident $name:ident $doc:literal) => {};
}
for_each_op!(derive_builder);

impl Builder<'_> {
    fn controlling(&self, rule: TypeRule, operand: Value) -> Type {
        match rule {
            TypeRule::PtrToInt => Type::I64,
            TypeRule::IntToPtr => Type::Ptr,
            _ => self.func.ty(operand),
        }
    }
}
