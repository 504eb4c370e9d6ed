//! Every operation at every type, on corner values, against the one definition of what it computes.

use crate::isa::{self, Isas};
use crate::jit::Loaded;
use lang_backend::OptLevel;
use lang_ir::builder::Builder;
use lang_ir::eval::{eval, from_f64, to_f64};
use lang_ir::ops::{Shape, TypeRule};
use lang_ir::*;

/// A function `(ptr in, ptr out)`: operands are 16 bytes apart in memory.
struct Case {
    op: Op,
    ty: Type,
    operands: Vec<Type>,
    /// The last operand, if it is a constant in the code.
    constant: Option<u128>,
    /// Whether the result controls a branch instead of being stored directly.
    branch: bool,
    func: FuncId,
}

impl Case {
    fn add(module: &mut Module, op: Op, ty: Type, operands: &[Type], constant: Option<u128>, branch: bool) -> Case {
        let sig = Signature::new(&[Type::Ptr, Type::Ptr], &[]);
        let mut func = Function::new(&format!("f{}", module.functions.len()), Linkage::Local, sig);
        let entry = func.new_block();
        func.layout.push(entry);
        let (input, output) = (func.append_param(entry, Type::Ptr), func.append_param(entry, Type::Ptr));
        let mut b = Builder::new(&mut func, entry);
        let count = operands.len();
        let values = operands.iter().enumerate().map(|(i, &ty)| match constant {
            Some(bits) if i + 1 == count && ty.is_float() => b.fconst(ty, bits),
            Some(bits) if i + 1 == count => b.iconst(ty, bits as i128),
            _ => b.load(ty, input, MemFlags::natural(ty, 16 * i as i32)),
        });
        let values = values.collect::<Vec<_>>();
        let result = b.pure_op(op, ty, &values);
        let result_type = op.result_type(ty);
        if branch {
            let [yes, no, end] = [0; 3].map(|_| b.func.new_block());
            b.func.layout.extend([yes, no, end]);
            let merged = b.func.append_param(end, Type::I1);
            b.brif(result, BlockCall::new(yes, &[]), BlockCall::new(no, &[]));
            for (block, bit) in [(yes, 1), (no, 0)] {
                b.switch_to(block);
                let bit = b.iconst(Type::I1, bit);
                b.jump(end, &[bit]);
            }
            b.switch_to(end);
            b.store(merged, output, MemFlags::natural(Type::I1, 0));
        } else {
            b.store(result, output, MemFlags::natural(result_type, 0));
        }
        b.return_(&[]);
        let func = module.functions.push(func);
        Case { op, ty, operands: operands.to_vec(), constant, branch, func }
    }

    fn check(&self, code: extern "C" fn(*const u128, *mut u128), args: &[u128]) {
        let from = self.operands[0];
        let Some(expected) = eval(self.op, self.ty, from, args) else { return };
        let mut out = [u128::MAX; 1];
        code(args.as_ptr(), out.as_mut_ptr());
        let result_type = self.op.result_type(self.ty);
        let mask = if result_type == Type::I1 { 0xff } else { result_type.mask() };
        let got = out[0] & mask;
        let exact = matches!(self.op, Op::Fneg | Op::Fabs | Op::Fcopysign | Op::Select | Op::Bitcast);
        let nan = |bits| result_type.is_float() && to_f64(result_type, bits).is_nan();
        assert!(
            got == expected || !exact && nan(got) && nan(expected),
            "{}.{} of {:?} {args:x?} (constant: {}, branch: {}): {got:x}, not {expected:x}",
            self.op.mnemonic(),
            self.ty,
            self.operands,
            self.constant.is_some(),
            self.branch,
        );
        assert!(out[0] | mask == u128::MAX, "{}.{} stores too much", self.op.mnemonic(), self.ty);
    }
}

/// Every combination of types, with and without a constant operand.
fn cases(module: &mut Module) -> Vec<Case> {
    let mut cases = Vec::new();
    for info in OPS.iter().filter(|info| info.eval.is_some()) {
        let count = match info.shape {
            Shape::Unary => 1,
            Shape::Binary => 2,
            Shape::Ternary => 3,
            _ => unreachable!(),
        };
        for ty in Type::ALL.into_iter().filter(|&ty| info.types.accepts(ty)) {
            for first in Type::ALL.into_iter().filter(|&first| info.types.accepts_operand(ty, 0, first)) {
                let operands = (0..count).map(|i| match info.types {
                    _ if i == 0 => first,
                    TypeRule::PtrAdd => Type::I64,
                    _ => ty,
                });
                let operands = operands.collect::<Vec<_>>();
                assert!((0..count).all(|i| info.types.accepts_operand(ty, i, operands[i])), "{}", info.mnemonic);
                let mut add =
                    |constant, branch| cases.push(Case::add(module, info.op, ty, &operands, constant, branch));
                add(None, false);
                if info.op.result_type(ty) == Type::I1 {
                    add(None, true);
                }
                if count == 2 {
                    for constant in values(operands[1]).into_iter().take(24) {
                        add(Some(constant), false);
                    }
                }
            }
        }
    }
    cases
}

/// Values where something may go wrong, the most likely ones first.
#[allow(clippy::excessive_precision, reason = "neighbours of numbers: all digits count")]
fn values(ty: Type) -> Vec<u128> {
    let mut out = Vec::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u128;
    let mut next = || {
        random = random.wrapping_mul(0xda94_2042_e4dd_58b5_9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1);
        random ^ (random >> 61)
    };
    if ty.is_float() {
        let numbers = [
            0.0,
            1.0,
            -1.0,
            2.0,
            0.5,
            -0.5,
            1.5,
            2.5,
            -2.5,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            3.7,
            -3.7,
            127.5,
            128.0,
            -128.5,
            -129.0,
            255.5,
            256.0,
            32767.5,
            65504.0,
            65519.9,
            65520.0,
            65536.0,
            -65536.5,
            2147483647.5,
            2147483648.0,
            -2147483649.0,
            4294967295.5,
            4294967296.0,
            9007199254740993.0,
            9.223372036854775e18,
            9.223372036854776e18,
            -9.223372036854778e18,
            1.8446744073709550e19,
            1.8446744073709552e19,
            1.7e38,
            1.7014118346046923e38,
            -1.7014118346046923e38,
            3.4e38,
            3.402823669209385e38,
            1e-5,
            5.960464477539063e-8,
            2.980232238769531e-8,
            2.9802322387695316e-8,
            6.097555160522461e-5,
            6.1035e-5,
            1.00048828125,
            1.0004882812500002,
            1.00146484375,
            2049.0,
            1e-40,
            5e-324,
            2.2250738585072014e-308,
            f64::MAX,
            f64::MIN,
        ];
        out.extend(numbers.map(|x| from_f64(ty, x)));
        out.push(1 << (ty.bits() - 1));
        out.extend((0..12).map(|_| next() & ty.mask()));
    } else {
        let bits = ty.bits();
        let top = 1u128 << (bits - 1);
        out.extend([0, 1, u128::MAX, top, top - 1, 2, 3, 7, 10, u128::MAX - 1, top + 1, top >> 1, 127, 128, 255, 256]);
        out.extend([bits as u128 - 1, bits as u128, bits as u128 + 1, 1 << (bits / 2), (1 << (bits / 2)) - 1]);
        out.extend([0x5555_5555_5555_5555_5555_5555_5555_5555, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef]);
        out.extend([24, 53, 63, 64, 127].map(|n| (1u128 << n) + 1));
        out.extend([31, 63, 100, 126].map(|n| u128::MAX << n));
        out.extend((0..8).map(|_| next()));
        out.extend((0..4).map(|_| next() >> 40));
        for value in &mut out {
            *value &= ty.mask();
        }
    }
    let mut seen = Vec::new();
    out.retain(|v| !seen.contains(v) && (seen.push(*v), true).1);
    out
}

fn check_all(isas: &Isas) {
    let mut module = Module::default();
    let cases = cases(&mut module);
    let funcs = module.functions.keys().collect::<Vec<_>>();
    let loaded = Loaded::new(&module, &funcs, isas).unwrap();
    for case in &cases {
        let code = loaded.address(case.func).unwrap();
        let code = unsafe { std::mem::transmute::<usize, extern "C" fn(*const u128, *mut u128)>(code) };
        let choices = case.operands.iter().enumerate().map(|(i, &ty)| match case.constant {
            Some(constant) if i + 1 == case.operands.len() => vec![constant],
            _ if case.operands == [Type::F16] => (0..=0xffff).collect(),
            _ if case.operands.len() == 3 => values(ty).into_iter().take(24).collect(),
            _ => values(ty),
        });
        let choices = choices.collect::<Vec<_>>();
        let mut args = vec![0; choices.len()];
        each(&choices, &mut args, 0, &mut |args| case.check(code, args));
    }
}

fn each(choices: &[Vec<u128>], args: &mut [u128], at: usize, f: &mut impl FnMut(&[u128])) {
    if at == args.len() {
        return f(args);
    }
    for &choice in &choices[at] {
        args[at] = choice;
        each(choices, args, at + 1, f);
    }
}

#[test]
fn operations_without_optimization() {
    check_all(&isa::for_jit(OptLevel::None).unwrap());
}

#[test]
fn operations_with_optimization() {
    check_all(&isa::for_jit(OptLevel::Speed).unwrap());
}

#[test]
fn operations_on_a_baseline_cpu() {
    check_all(&isa::for_jit_baseline(OptLevel::None).unwrap());
    check_all(&isa::for_jit_baseline(OptLevel::Speed).unwrap());
}

#[test]
fn operations_in_huge_functions() {
    check_all(&isa::for_jit(OptLevel::None).unwrap().huge_only());
    check_all(&isa::for_jit(OptLevel::Speed).unwrap().huge_only());
}
