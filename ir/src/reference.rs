//! The reference page of the IR's operations and traps, from their tables.

use crate::ops::{Shape, TypeRule};
use crate::print::fixed_type;
use crate::{OPS, OpInfo, TrapCode, Type};

/// The page as Markdown.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Operations of the IR\n\n\
         Generated from the table in `ir/src/ops.rs`. `T` is the controlling type, which stands behind the mnemonic \
         unless there is only one. A pure operation has no effect and reads no memory; a partial one has no meaning for some \
         operands, which a guard before it excludes.\n",
    );
    for (title, belongs) in SECTIONS {
        let rows: Vec<&OpInfo> = OPS.iter().filter(|info| belongs(info)).collect();
        if rows.is_empty() {
            continue;
        }
        push(
            &mut out,
            &format!("\n## {title}\n\n| operation | types | flags | meaning |\n| --- | --- | --- | --- |\n"),
        );
        for info in rows {
            let doc = info.doc;
            push(&mut out, &format!("| `{}` | {} | {} | {doc} |\n", form(info), types(info), flags(info)));
        }
    }
    out.push_str("\n## Traps\n\n| name | arguments | message |\n| --- | --- | --- |\n");
    for trap in TrapCode::ALL {
        let args: Vec<&str> = trap.args().map(|pointer| if pointer { "ptr" } else { "i64" }).collect();
        push(&mut out, &format!("| `{}` | {} | {} |\n", trap.name(), args.join(", "), trap.template()));
    }
    out
}

fn push(out: &mut String, text: &str) {
    out.push_str(text);
}

type Section = (&'static str, fn(&OpInfo) -> bool);

/// Every operation belongs to one.
const SECTIONS: &[Section] = &[
    ("Constants and addresses", |info| matches!(info.shape, Shape::Const | Shape::Slot | Shape::Global | Shape::Func)),
    ("Integers", |info| {
        use TypeRule::*;
        on_values(info) && matches!(info.types, Int | WideInt | Bytes | IntCompare)
    }),
    ("Floats", |info| on_values(info) && matches!(info.types, TypeRule::Float | TypeRule::FloatCompare)),
    ("Choice", |info| info.types == TypeRule::Select),
    ("Conversions", |info| {
        use TypeRule::*;
        let conversions = [Extend, Reduce, Promote, Demote, FloatToInt, IntToFloat, Bitcast, PtrToInt, IntToPtr];
        conversions.contains(&info.types)
    }),
    ("Pointers", |info| info.types == TypeRule::PtrAdd),
    ("Memory", |info| matches!(info.shape, Shape::Load | Shape::Store | Shape::Memcpy | Shape::Memset)),
    ("Calls and guards", |info| matches!(info.shape, Shape::Guard | Shape::Call | Shape::CallIndirect)),
    ("Terminators", |info| info.flags.terminator),
];

fn on_values(info: &OpInfo) -> bool {
    matches!(info.shape, Shape::Unary | Shape::Binary | Shape::Ternary)
}

/// How the text form writes it.
fn form(info: &OpInfo) -> String {
    let name = info.mnemonic;
    let name = if fixed_type(info.types).is_none() { format!("{name}.T") } else { name.to_string() };
    match info.shape {
        Shape::Const => format!("v0 = {name} constant"),
        Shape::Unary => format!("v1 = {name} v0"),
        Shape::Binary => format!("v2 = {name} v0, v1"),
        Shape::Ternary => format!("v3 = {name} v0, v1, v2"),
        Shape::Slot => format!("v0 = {name} ss0"),
        Shape::Global => format!("v0 = {name} @global"),
        Shape::Func => format!("v0 = {name} @function"),
        Shape::Load => format!("v1 = {name} v0+offset align n alias1 readonly"),
        Shape::Store => format!("{name} v0, v1+offset align n alias1"),
        Shape::Memcpy => format!("{name} v0, v1, v2 align n, n alias1, alias2"),
        Shape::Memset => format!("{name} v0, v1, v2 align n alias1"),
        Shape::Guard => format!("{name} v0, name(v1, v2)"),
        Shape::Call => format!("v1, v2 = {name} @function(v0)"),
        Shape::CallIndirect => format!("v2 = {name} sig0, v0(v1)"),
        Shape::Jump => format!("{name} block1(v0)"),
        Shape::Brif => format!("{name} v0, block1(v1), block2"),
        Shape::Switch => format!("{name} v0 [constant: block1(v1), constant: block2], block3"),
        Shape::Return => format!("{name} v0, v1"),
        Shape::Trap => format!("{name} name(v0, v1)"),
    }
}

/// What the type rule says.
fn types(info: &OpInfo) -> String {
    let rule = info.types;
    let operands = match info.shape {
        Shape::Unary => "T",
        Shape::Ternary => "T, T, T",
        _ => "T, T",
    };
    let names: Vec<&str> = Type::ALL.into_iter().filter(|&ty| rule.accepts(ty)).map(Type::name).collect();
    let all = if names.len() == Type::ALL.len() { "any".to_string() } else { format!("`{}`", names.join(" ")) };
    match rule {
        TypeRule::Int | TypeRule::WideInt | TypeRule::Bytes | TypeRule::Float => format!("`{operands} -> T`, T: {all}"),
        TypeRule::IntCompare | TypeRule::FloatCompare => format!("`T, T -> i1`, T: {all}"),
        TypeRule::IntConst | TypeRule::FloatConst => format!("`-> T`, T: {all}"),
        TypeRule::Select => format!("`i1, T, T -> T`, T: {all}"),
        TypeRule::Extend => format!("narrower integer to T: {all}"),
        TypeRule::Reduce => format!("wider integer to T: {all}"),
        TypeRule::Promote => format!("narrower float to T: {all}"),
        TypeRule::Demote => format!("wider float to T: {all}"),
        TypeRule::FloatToInt => format!("float to T: {all}"),
        TypeRule::IntToFloat => format!("integer to T: {all}"),
        TypeRule::Bitcast => format!("integer and float of one width, to T: {all}"),
        TypeRule::PtrToInt => "`ptr -> i64`".into(),
        TypeRule::IntToPtr => "`i64 -> ptr`".into(),
        TypeRule::PtrAdd => "`ptr, i64 -> ptr`".into(),
        TypeRule::Address => "`-> ptr`".into(),
        TypeRule::Memory => format!("address `ptr`, value T: {all}"),
        TypeRule::None => String::new(),
    }
}

fn flags(info: &OpInfo) -> String {
    let flags = info.flags;
    let words = [
        (flags.pure_, "pure"),
        (flags.commutative, "commutative"),
        (flags.partial, "partial"),
        (flags.traps, "traps"),
        (flags.reads, "reads"),
        (flags.writes, "writes"),
    ];
    words.iter().filter(|word| word.0).map(|word| word.1).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_and_trap_is_there_once() {
        let page = markdown();
        for info in OPS {
            assert_eq!(SECTIONS.iter().filter(|section| (section.1)(info)).count(), 1, "{}", info.mnemonic);
            assert!(page.contains(info.doc));
        }
        for trap in TrapCode::ALL {
            assert!(page.contains(&format!("| `{}` |", trap.name())));
        }
        assert!(page.contains(
            "| `v2 = iadd.T v0, v1` | `T, T -> T`, T: `i1 i8 i16 i32 i64 i128` | pure, commutative | Sum, wrapping. |"
        ));
    }
}
