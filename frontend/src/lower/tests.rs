//! Programs whose IR is valid and as expected. What they compute is tested with the backends, in `tests/files/run`.

use crate::check;
use crate::diagnostic::Diagnostic;
use crate::intern::Interner;
use crate::source::SourceMap;
use lang_ir::{Module, Op, print, verify};

/// The module of a program without errors, verified.
fn module(source: &str) -> Module {
    let mut sources = SourceMap::new();
    let file = sources.add("a.lang", source);
    let mut interner = Interner::new();
    let (tree, errors) = crate::parse(&sources, file, &mut interner);
    assert!(errors.is_empty(), "{errors:?}");
    let (program, diagnostics) =
        check(&sources, &mut interner, &crate::modules::Modules::of_one(tree), &Default::default());
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let module = super::lower(&sources, &interner, program);
    if let Err(violations) = verify::verify(&module) {
        panic!("{}\n{module}", verify::render(&violations));
    }
    module
}

/// The text of a function, without locations.
fn function(source: &str, name: &str) -> String {
    let module = module(source);
    let text = print::function(&module, module.function(name).expect("the function"));
    let lines = text.lines().map(|line| line.split(" @ ").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// How often an operation stands in a function.
fn count(source: &str, name: &str, op: Op) -> usize {
    let module = module(source);
    let func = &module.functions[module.function(name).expect("the function")];
    func.layout.iter().flat_map(|&block| &func.blocks[block].insts).filter(|&&inst| func.insts[inst].op == op).count()
}

#[test]
fn a_range_tests_at_the_top() {
    let text = function("fn f(n: i64) -> i64 { var t = 0; for i in 0..n { t += i; } t }", "f");
    let expected = "\
fn @f(i64) -> i64 at 0:1:4 {
block0(v0: i64):
  v1 = iconst.i64 0
  jump block1(v1, v1)
block1(v2: i64, v3: i64):
  v4 = icmp_slt.i64 v3, v0
  brif v4, block2, block4
block2:
  v5 = iadd.i64 v2, v3
  jump block3
block3:
  v6 = iconst.i64 1
  v7 = iadd.i64 v3, v6
  jump block1(v5, v7)
block4:
  return v2
}";
    assert_eq!(text, expected);
}

#[test]
fn guards_stand_where_something_can_go_wrong() {
    let guards =
        |body: &str| count(&format!("fn f(a: i64, b: i64, xs: []i64, p: *i64) -> i64 {{ {body} }}"), "f", Op::Trapif);
    assert_eq!(guards("a / b"), 2);
    assert_eq!(guards("a % b"), 1);
    assert_eq!(guards("a / 3 + a % 8 + a %% 5"), 0);
    assert_eq!(guards("a / -1"), 1);
    assert_eq!(guards("xs[a]"), 1);
    assert_eq!(guards("xs[a..b].len"), 2);
    assert_eq!(guards("p.* + p.*"), 1);
    assert_eq!(guards("let q = &xs; q.*.len"), 0);
    assert_eq!(guards("var t = 0; for x in xs { t += x; } t"), 0);
    assert_eq!(guards("let t = [1, 2, 3]; t[1] + t[2]"), 0);
    assert_eq!(guards("let t = [1, 2, 3]; t[a]"), 1);
}

#[test]
fn what_was_checked_is_not_checked_again() {
    let guards = |body: &str| count(&format!("fn f(a: i64, b: i64, xs: []i64) -> i64 {{ {body} }}"), "f", Op::Trapif);
    assert_eq!(guards("xs[a] + xs[a] * 2"), 1);
    assert_eq!(guards("xs[a] = 1; if b > 0 { xs[a] } else { xs[a] + a / b + a % b }"), 3);
    assert_eq!(guards("if b > 0 { xs[a] = 1; } xs[a]"), 2);
    assert_eq!(guards("var i = a; xs[i] = 1; i += 1; xs[i]"), 2);
}

#[test]
fn small_aggregates_are_scalars() {
    let source = "struct P { x: f64, y: f64 }
        fn add(a: P, b: P) -> P { P { x: a.x + b.x, y: a.y + b.y } }
        fn f(a: P) -> f64 { var s = a; s.x = 1.0; s = add(s, a); let (q, r) = (s.y, s.x); q - r }";
    for op in [Op::Load, Op::Store, Op::SlotAddr, Op::Memcpy] {
        assert_eq!(count(source, "f", op) + count(source, "add", op), 0, "{}", op.mnemonic());
    }
}

#[test]
fn large_values_are_passed_without_needless_copies() {
    let source = "fn g(a: [9]i64) -> i64 { a[0] }
        fn fixed(a: [9]i64) -> i64 { let b = a; g(a) + g(b) }
        fn moving() -> i64 { var a = [0; 9]; g(a) }";
    assert_eq!(count(source, "fixed", Op::Memcpy), 1, "only the `let` copies");
    assert_eq!(count(source, "moving", Op::Memcpy), 1, "the callee gets a copy");
}

#[test]
fn equal_texts_are_one() {
    let module = module(r#"fn main() { print("x", "same"); let a = "same"; let b = "same"; print(a == b); }"#);
    let count = module.globals.values().filter(|global| global.init == b"same").count();
    assert_eq!(count, 1);
}

#[test]
fn switches_are_tables() {
    let source = "fn f(n: u8) -> i64 { switch n { 0 => 1, 1 | 2 => 2, 3..=200 => 3, 201.. => 4 } }
        fn g(n: i64) -> i64 { switch n { 1 => 10, 2..=5 => 20, 1000..=100000 => 30, else => 40 } }";
    assert_eq!((count(source, "f", Op::Switch), count(source, "g", Op::Switch)), (1, 1));
    assert_eq!(count(source, "f", Op::Trap), 0);
}

#[test]
fn code_that_is_not_reached_is_left_out() {
    let text = function("fn f(a: i64) -> i64 { if a > 0 { return 1; } else { return 2; } }", "f");
    assert_eq!(text.matches("return").count(), 2);
    let text = function("fn f(a: i64) -> i64 { loop { if a > 0 { return 1; } } }", "f");
    assert_eq!(text.matches("return").count(), 1);
}

#[test]
fn threads_do_not_show() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/files/run");
    let files = std::fs::read_dir(folder).expect("the tests").map(|entry| entry.expect("a file").path());
    let mut compared = 0;
    for path in files.filter(|path| path.extension().is_some_and(|ending| ending == "lang")) {
        let text = std::fs::read(&path).expect("a source");
        let lowered = |threads: usize| {
            let mut sources = SourceMap::new();
            let main = sources.add("a.lang", text.clone());
            let (analysis, _) = crate::analyze(&mut sources, main, &crate::modules::NoFiles, &[], &Default::default());
            let crate::Analysis { program, interner } = analysis?;
            let run = super::Purpose::Run;
            Some(super::lower_here(&sources, &interner, program, run, Some(threads)).to_string())
        };
        // Those that compute constants with functions need an evaluator.
        let Some(expected) = lowered(1) else { continue };
        for threads in [2, 3, 7] {
            assert_eq!(Some(&expected), lowered(threads).as_ref(), "{} in {threads} threads", path.display());
        }
        compared += 1;
    }
    assert!(compared > 30, "only {compared} programs were compared");
}

#[test]
fn run_time_functions_are_as_the_library_says() {
    use super::runtime::ALL;
    use lang_ir::Type;
    use lang_rt::Kind;
    let ty = |kind: Kind| match kind {
        Kind::I8 => vec![Type::I8],
        Kind::I16 => vec![Type::I16],
        Kind::I32 => vec![Type::I32],
        Kind::I64 => vec![Type::I64],
        Kind::F32 => vec![Type::F32],
        Kind::F64 => vec![Type::F64],
        Kind::Ptr => vec![Type::Ptr],
        Kind::Str => vec![Type::Ptr, Type::I64],
    };
    for ours in ALL {
        let theirs = lang_rt::FUNCTIONS.iter().find(|f| f.name == ours.name).expect(ours.name);
        let params: Vec<Type> = theirs.params.iter().flat_map(|&kind| ty(kind)).collect();
        let results: Vec<Type> = theirs.result.into_iter().flat_map(ty).collect();
        assert_eq!((ours.params, ours.results), (&params[..], &results[..]), "{}", ours.name);
        assert_eq!(ours.noreturn, !theirs.returns, "{}", ours.name);
    }
}
