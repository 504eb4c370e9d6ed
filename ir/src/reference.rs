//! The reference page of the IR's operations and traps, from their tables.

use crate::ops::{Shape, TypeRule};
use crate::print::fixed_type;
use crate::{OPS, OpInfo, TrapCode, Type};

/// A module that shows the parts of the text form.
const EXAMPLE: &str = r#"file 0 "sum.lang"
sig 0 (i64) -> i64
global @greeting const size 8 align 1 { "hello\0a" }
global @table size 16 align 8 { 0 @greeting+1, 8 fn @double }
import fn @lang_rt_write_i64(i64)
fn @double(i64) -> i64 inline at 0:1:4 {
block0(v0: i64):
  v1 = iadd.i64 v0, v0 @ 0:1:30
  return v1 @ 0:1:30
}
export fn @sum(ptr noalias, i64) -> f64 at 0:3:4 {
  ss0 = slot size 8 align 8
  alias1 = slot ss0
  alias2 = any scopes restrict0
  scope0 = inlined @double decl 0:1:4 at 0:7:9
block0(v0: ptr, v1: i64):
  v2 = slot_addr ss0
  store.i64 v1, v2 alias1 @ 0:4:5
  v3 = load.f64 v0+16 align 4 alias2 @ 0:5:5
  v4 = iconst.i64 -1
  v5 = icmp_slt.i64 v1, v4 @ 0:6:8
  brif v5, block1(v3), block2 @ 0:6:5
block1(v6: f64):
  return v6
block2 cold:
  v7 = iadd.i64 v1, v1 @ 0:1:30 scope0
  trap bounds(v1, v7) @ 0:7:9
}
"#;

const INTRODUCTION: &str = "# The IR

Generated from the tables in `ir/src/ops.rs` and `ir/src/trap.rs` by `BLESS=1 cargo test -p lang-ir reference`.

The IR is in SSA form with block parameters instead of phi functions: a jump gives each parameter of its block a value.
Sign lives in the operation and integers wrap. What may trap has an explicit guard (`trapif`) before an operation that cannot
fail. Aggregates live in memory.

## The text form

`lang build FILE --emit ir` prints it, and every command that takes a `.lang` file takes a `.ir` file. Print, parse, print is the
identity.

```text
";

const LEGEND: &str = "```

| written | meaning |
| --- | --- |
| `file 0 \"sum.lang\"` | a source file, which locations name by its number |
| `library \"m\" at 0:2:7` | a library that imported functions come from, and where it is asked for |
| `link_path \"native\"` | a folder in which libraries are looked for |
| `sig 0 (i64) -> i64` | a signature for indirect calls |
| `global @table size 16 align 8 { ... }` | initial bytes as a string, then the addresses in it: at which offset, of what |
| `ss0 = slot size 8 align 8` | a stack slot |
| `alias1 = slot ss0` | a set of memory: of one slot or global or `any`, `scopes` of restrict promises an access is derived from, `noalias` those that it is not |
| `scope0 = inlined @double decl 0:1:4 at 0:7:9` | what was inlined where; locations in it name the scope |
| `block2 cold:` | a block that hardly ever runs |
| `v7 = iadd.i64 v1, v1 @ 0:1:30 scope0` | result, mnemonic, controlling type, operands; file, line and column it comes from; the inlined call |
| `noalias` `nonnull` `readonly` | promises about pointer parameters: `restrict`; never null; not written through |
| `ptr byval 24` | the 24 bytes behind the pointer are passed on the stack, aligned to 8 or as `align` says |
| `(ptr, ..., i32)` | a call of a function with C's variable arguments, which stand behind `...`; such a function itself is declared `(ptr, ...)` |
| `inline` `noinline` `cold` `noreturn` `pure` `readonly` `fast_math` | attributes of functions |

Integer constants are signed decimals, `i1` and `ptr` unsigned; floats are the shortest decimals that read back exactly, `inf`, or
`nan:0x` and all bits. What is usual is left out: offset 0, natural alignment, alias set 0, which is any memory, and unknown
locations. `;` begins a comment.

## Reading the tables

`T` is the controlling type, which stands behind the mnemonic unless there is only one. A pure operation has no effect and reads
no memory; a partial one has no meaning for some operands, which a guard before it excludes. Shift and rotate amounts count
modulo the width. An `i1` takes a byte in memory, which holds 0 or 1; pointers have 64 bits.
";

/// The page as Markdown.
pub fn markdown() -> String {
    let mut out = format!("{INTRODUCTION}{EXAMPLE}{LEGEND}");
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
    // Nothing is narrower than the narrowest type, nothing wider than the widest.
    let none = match rule {
        TypeRule::Extend => Some(Type::I1),
        TypeRule::Reduce => Some(Type::I128),
        TypeRule::Promote => Some(Type::F16),
        TypeRule::Demote => Some(Type::F64),
        _ => None,
    };
    let accepts = |&ty: &Type| rule.accepts(ty) && none != Some(ty);
    let names: Vec<&str> = Type::ALL.into_iter().filter(accepts).map(Type::name).collect();
    let all = if names.len() == Type::ALL.len() { "any".to_string() } else { format!("`{}`", names.join(" ")) };
    match rule {
        TypeRule::Int if info.shape == Shape::Switch => format!("value and cases T: {all}"),
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
    use std::path::Path;

    #[test]
    fn the_page_in_the_book_is_this_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ir.md");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, markdown()).expect("the page can be written");
        }
        let page = std::fs::read_to_string(&path).expect("docs/ir.md is there");
        assert!(page == markdown(), "docs/ir.md is out of date: BLESS=1 cargo test -p lang-ir reference");
    }

    #[test]
    fn the_example_is_right() {
        let module = crate::parse::module(EXAMPLE).expect("it parses");
        crate::verify::verify(&module).expect("it is valid");
        assert_eq!(module.to_string(), EXAMPLE);
    }

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
