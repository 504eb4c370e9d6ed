//! Every operation on values, at every type, for corner values, against the definition of operations.

use crate::support::{File, LEVELS};
use lang_ir::builder::Builder;
use lang_ir::ops::Shape;
use lang_ir::{Function, Linkage, MemFlags, Module, OPS, Op, Signature, Type, eval};

/// An operation at one choice of types.
struct Case {
    op: Op,
    ty: Type,
    operands: Vec<Type>,
}

impl Case {
    fn name(&self) -> String {
        format!("{}_{}_{}", self.op.mnemonic(), self.ty, self.operands[0])
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for info in OPS {
        let arity = match info.shape {
            Shape::Unary => 1,
            Shape::Binary => 2,
            Shape::Ternary => 3,
            _ => continue,
        };
        for ty in Type::ALL.into_iter().filter(|&ty| info.types.accepts(ty)) {
            for first in Type::ALL.into_iter().filter(|&t| info.types.accepts_operand(ty, 0, t)) {
                let rest = (1..arity).map(|i| Type::ALL.into_iter().find(|&t| info.types.accepts_operand(ty, i, t)));
                let operands = std::iter::once(Some(first)).chain(rest).collect::<Option<_>>().unwrap();
                cases.push(Case { op: info.op, ty, operands });
            }
        }
    }
    cases
}

/// What goes wrong goes wrong here.
fn corners(ty: Type) -> Vec<u128> {
    let int = |extra: &[i128]| {
        let top = 1i128.checked_shl(ty.bits() - 1).unwrap();
        let mut all = vec![0, 1, 2, 3, 7, -1, -2, -3, top, top.wrapping_sub(1), top.wrapping_add(1)];
        all.extend([ty.bits() as i128, ty.bits() as i128 - 1, ty.bits() as i128 + 1, 0x5a, 100, -77]);
        all.extend([0x0123_4567_89ab_cdef_0f1e_2d3c_4b5a_6978]);
        all.extend(extra);
        let mut all: Vec<u128> = all.into_iter().map(|x| x as u128 & ty.mask()).collect();
        all.sort();
        all.dedup();
        all
    };
    match ty {
        Type::I1 => vec![0, 1],
        Type::I8 | Type::I16 | Type::I32 => int(&[]),
        Type::I64 => int(&[1 << 53, (1 << 53) + 1, (1 << 24) + 1, 65519, 65520, 1 << 32]),
        Type::I128 => int(&[1 << 64, (1 << 64) - 1, 1 << 63, (1 << 100) + 1, -(1 << 90) - 1]),
        Type::Ptr => vec![0, 1, 8, 0x7fff_ffff_f000, u64::MAX as u128, 1 << 63],
        Type::F16 | Type::F32 | Type::F64 => {
            let numbers = [
                0.0,
                0.5,
                1.0,
                1.5,
                2.0,
                2.5,
                3.0,
                0.1,
                1.0 / 3.0,
                7.25,
                100.7,
                127.0,
                128.0,
                255.5,
                256.0,
                2047.0,
                2049.0,
                32767.5,
                65504.0,
                65519.0,
                65535.0,
                1e5,
                2147483647.0,
                2147483648.0,
                4294967296.0,
                9.007199254740993e15,
                9223372036854775807.0,
                18446744073709551615.0,
                1.7e38,
                3.4e38,
                3.5e38,
                1e39,
                1e300,
                f64::MAX,
                f64::MIN_POSITIVE,
                5e-324,
                1e-45,
                6e-8,
                6.1e-5,
                f64::INFINITY,
            ];
            let mut all: Vec<u128> =
                numbers.iter().flat_map(|&x| [eval::from_f64(ty, x), eval::from_f64(ty, -x)]).collect();
            all.push(eval::from_f64(ty, f64::NAN));
            all.sort();
            all.dedup();
            all
        }
    }
}

/// Combinations of corner values, thinned out where there would be too many, and random ones.
fn inputs(case: &Case) -> Vec<Vec<u128>> {
    let mut all: Vec<Vec<u128>> = vec![Vec::new()];
    for &ty in &case.operands {
        let corners = corners(ty);
        all = all.iter().flat_map(|known| corners.iter().map(|&c| [&known[..], &[c]].concat())).collect();
    }
    let step = all.len() / 8000 + 1;
    let mut all: Vec<_> = all.into_iter().step_by(step).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835u128;
    for _ in 0..1000 {
        let mut next = |ty: Type| {
            random ^= random << 25;
            random ^= random >> 54;
            random ^= random << 3;
            let bits = random >> (128 - ty.bits());
            // Half of the time a small number.
            if random & 1 == 0 && ty.is_int() { bits >> (ty.bits() / 2) } else { bits }
        };
        all.push(case.operands.iter().map(|&ty| next(ty)).collect());
    }
    if case.op == Op::Fma {
        // 2049 and a trifle: in half precision a tie if the trifle is lost on the way.
        for trifle in [6e-8, -6e-8] {
            all.push([3.0, 683.0, trifle].map(|x| eval::from_f64(case.ty, x)).to_vec());
        }
    }
    all
}

/// The operands' values lie at `args`, 16 bytes each; the result goes to `out`.
fn add_function(module: &mut Module, case: &Case) {
    let mut func = Function::new(&case.name(), Linkage::Export, Signature::new(&[Type::Ptr, Type::Ptr], &[]));
    let entry = func.new_block();
    func.layout.push(entry);
    let [args, out] = [0, 1].map(|_| func.append_param(entry, Type::Ptr));
    let mut b = Builder::new(&mut func, entry);
    let operands: Vec<_> = case
        .operands
        .iter()
        .enumerate()
        .map(|(i, &ty)| b.load(ty, args, MemFlags::natural(ty, 16 * i as i32)))
        .collect();
    let result = b.pure_op(case.op, case.ty, &operands);
    b.store(result, out, MemFlags::natural(case.op.result_type(case.ty), 0));
    b.return_(&[]);
    module.functions.push(func);
}

fn is_nan(ty: Type, bits: u128) -> bool {
    ty.is_float() && eval::to_f64(ty, bits).is_nan()
}

#[test]
fn operations_compute_what_the_table_says() {
    let cases = cases();
    assert!(cases.len() > 350, "{}", cases.len());
    let mut module = Module::default();
    for case in &cases {
        add_function(&mut module, case);
    }
    for level in LEVELS {
        let file = File::new(&module, level);
        let library = file.load();
        let mut failures = Vec::new();
        for case in &cases {
            // SAFETY: the function was built with this type, and reads and writes what it is given.
            let function: extern "C" fn(*const u128, *mut u128) = unsafe { library.get(&case.name()) };
            for input in inputs(case) {
                let Some(expected) = eval::eval(case.op, case.ty, case.operands[0], &input) else { continue };
                let mut out = 0;
                function(input.as_ptr(), &mut out);
                let ty = case.op.result_type(case.ty);
                if out != expected && !(is_nan(ty, out) && is_nan(ty, expected)) {
                    failures.push(format!("{level:?} {} {input:x?}: {out:x}, not {expected:x}", case.name()));
                    break;
                }
            }
        }
        assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    }
}
