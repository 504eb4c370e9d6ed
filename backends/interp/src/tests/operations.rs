//! Every operation at every type gives what `lang_ir::eval` says, at corners, also as part of a branch or a guard.

use super::module;
use crate::{Config, Machine, Stop};
use lang_ir::eval::eval;
use lang_ir::ops::Shape;
use lang_ir::{OPS, OpInfo, Type};

/// Values where operations change their ways.
fn corners(ty: Type) -> Vec<u128> {
    let bits = ty.bits();
    let mut values = vec![0, 1, 2, 3, 7, u128::MAX, u128::MAX - 1];
    for at in [1, 7, 8, 15, 16, 31, 32, 52, 53, 63, 64, 127] {
        if at < bits {
            values.extend([1 << at, (1 << at) - 1, (1 << at) + 1, u128::MAX << at]);
        }
    }
    values.push(0x0123_4567_89ab_cdef_f0e1_d2c3_b4a5_9687);
    if ty.is_float() {
        for x in [
            0.5,
            1.0,
            1.5,
            2.5,
            -1.0,
            -0.5,
            -2.5,
            0.1,
            3.0e4,
            65504.0,
            65520.0,
            127.5,
            255.9,
            2147483648.0,
            1e10,
            -1e10,
            9.3e18,
            1.9e19,
            1e30,
            -1e30,
            1e39,
            6e-8,
            1e-310,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ] {
            values.push(lang_ir::eval::from_f64(ty, x));
        }
        // A NaN with a sign and a payload.
        values.push(match ty {
            Type::F16 => 0xfe01,
            Type::F32 => 0xffc0_0001,
            _ => 0xfff8_0000_0000_0001,
        });
    }
    values.iter_mut().for_each(|value| *value &= ty.mask());
    values.sort_unstable();
    values.dedup();
    values
}

/// The operand types of every form of an operation.
fn forms(info: &OpInfo) -> Vec<(Type, Vec<Type>)> {
    let num = match info.shape {
        Shape::Unary => 1,
        Shape::Binary => 2,
        Shape::Ternary => 3,
        _ => return Vec::new(),
    };
    let mut forms = Vec::new();
    for ty in Type::ALL.into_iter().filter(|&ty| info.types.accepts(ty)) {
        for first in Type::ALL.into_iter().filter(|&first| info.types.accepts_operand(ty, 0, first)) {
            let rest = (1..num).map(|index| {
                Type::ALL.into_iter().find(|&operand| info.types.accepts_operand(ty, index, operand)).unwrap()
            });
            forms.push((ty, std::iter::once(first).chain(rest).collect()));
        }
    }
    forms
}

/// All combinations of corners; of three operands, only some.
fn operands(types: &[Type]) -> Vec<Vec<u128>> {
    let mut all = vec![Vec::new()];
    for &ty in types {
        let step = if types.len() == 3 { 3 } else { 1 };
        let values: Vec<u128> = corners(ty).into_iter().step_by(if ty == Type::I1 { 1 } else { step }).collect();
        all = all.iter().flat_map(|before| values.iter().map(|&v| [&before[..], &[v]].concat())).collect();
    }
    all
}

#[test]
fn every_operation_at_every_type() {
    let mut tried = 0;
    for info in OPS {
        for (ty, types) in forms(info) {
            let params: Vec<String> = types.iter().enumerate().map(|(at, ty)| format!("v{at}: {ty}")).collect();
            let names: Vec<String> = (0..types.len()).map(|at| format!("v{at}")).collect();
            let result = info.op.result_type(ty);
            let list: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
            let (params, names, list) = (params.join(", "), names.join(", "), list.join(", "));
            let suffix = match info.mnemonic {
                "ptr_add" | "ptr_to_int" | "int_to_ptr" => String::new(),
                _ => format!(".{ty}"),
            };
            let body = format!("block0({params}):\n r = {}{suffix} {names}\n", info.mnemonic).replace("r =", "v9 =");
            let mut text = format!("export fn @f({list}) -> {result} {{\n{body} return v9\n}}\n");
            if result == Type::I1 {
                // The same as the condition of a branch, both ways, and of a guard.
                text += &format!(
                    "export fn @then({list}) -> i64 {{\n{body} v10 = iconst.i64 1\n v11 = iconst.i64 0\n \
                     brif v9, block1, block2\nblock1:\n return v10\nblock2:\n return v11\n}}\n\
                     export fn @otherwise({list}) -> i64 {{\n{body} v10 = iconst.i64 1\n v11 = iconst.i64 0\n \
                     brif v9, block1, block2\nblock1 cold:\n return v10\nblock2:\n return v11\n}}\n\
                     export fn @guard({list}) {{\n{body} trapif v9, unreachable()\n return\n}}\n"
                );
            }
            let module = module(&text);
            let mut machine = Machine::new(&module, Config::default());
            let func = |name: &str| module.function(name).unwrap();
            for values in operands(&types) {
                tried += 1;
                let expected = eval(info.op, ty, types[0], &values);
                let context = format!("{}.{ty} from {} on {values:x?}", info.mnemonic, types[0]);
                let got = machine.call(func("f"), &values);
                match (expected, &got) {
                    (Some(expected), Ok(got)) => assert_eq!(got[..], [expected], "{context}"),
                    (None, Err(Stop::Trap(trap))) => {
                        assert!(trap.message.starts_with("undefined behaviour"), "{context}")
                    }
                    _ => panic!("{context}: {expected:?} but {got:?}"),
                }
                if result == Type::I1 {
                    let expected = expected.unwrap();
                    assert_eq!(machine.call(func("then"), &values), Ok(vec![expected]), "{context}");
                    assert_eq!(machine.call(func("otherwise"), &values), Ok(vec![expected]), "{context}");
                    assert_eq!(machine.call(func("guard"), &values).is_err(), expected == 1, "{context}");
                }
            }
        }
    }
    assert!(tried > 50_000, "{tried}");
}
