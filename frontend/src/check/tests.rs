//! Programs, and what the checker says about them.

use crate::diagnostic::Diagnostic;
use crate::hir::Program;
use crate::intern::Interner;
use crate::modules::{self, Modules};
use crate::source::SourceMap;

fn check(source: &str) -> (Program, Vec<Diagnostic>, SourceMap, Interner) {
    let mut sources = SourceMap::new();
    let mut interner = Interner::new();
    let id = sources.add("test.lang", source);
    let (modules, errors) = modules::load(&mut sources, id, &mut interner, &modules::NoFiles, &[]);
    assert!(errors.is_empty(), "syntax: {errors:#?}\n{source}");
    let (program, diagnostics) = super::check(&sources, &mut interner, &modules, &Default::default());
    (program, diagnostics, sources, interner)
}

/// `CODE@LINE` of each diagnostic.
fn codes(source: &str) -> Vec<String> {
    let (_, diagnostics, sources, _) = check(source);
    diagnostics.iter().map(|d| format!("{}@{}", d.code, sources.line_col(d.primary.span).line)).collect()
}

fn show(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut text = String::new();
    for d in diagnostics {
        let at = sources.line_col(d.primary.span);
        text.push_str(&format!("{}:{}: {} {} [{}]\n", at.line, at.col, d.code, d.message, d.primary.text));
        for label in &d.secondary {
            let at = sources.line_col(label.span);
            text.push_str(&format!("    {}:{}: {}\n", at.line, at.col, label.text));
        }
        for note in &d.notes {
            text.push_str(&format!("    note: {note}\n"));
        }
        for help in &d.helps {
            text.push_str(&format!("    help: {} {:?}\n", help.message, help.replacement.as_ref().map(|r| &r.1)));
        }
    }
    text
}

#[test]
fn kernels_check_without_errors() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/kernels");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the kernels are there") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|extension| extension != "lang") {
            continue;
        }
        count += 1;
        let source = std::fs::read_to_string(&path).expect("a readable file");
        let (program, diagnostics, sources, _) = check(&source);
        assert!(diagnostics.is_empty(), "{}:\n{}", path.display(), show(&diagnostics, &sources));
        assert!(program.main.is_some());
        assert_eq!(super::verify::verify(&program), Vec::<String>::new(), "{}", path.display());
    }
    assert!(count >= 19, "only {count} kernels");
}

#[test]
fn programs_of_the_tests_keep_the_promises_of_the_tree() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/files/run");
    let (mut count, mut faults) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).expect("the programs are there") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|extension| extension != "lang") {
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("a readable file");
        let (program, diagnostics, ..) = check(&source);
        // Those that import a file cannot be checked alone.
        if diagnostics.iter().any(|diagnostic| diagnostic.is_error()) {
            continue;
        }
        count += 1;
        faults.extend(super::verify::verify(&program).into_iter().map(|fault| format!("{}: {fault}", path.display())));
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count >= 20, "only {count} programs");
}

/// Programs without any diagnostic.
const RIGHT: &[&str] = &[
    "fn main() { }",
    "fn main() -> i32 { return 0; }",
    "fn main() -> i32 { 0 }",
    // literals take their type from context
    "fn main() { let a: u8 = 200; let b: f32 = 1; let c: ?i16 = -5; let d: i128 = 1 << 100; print(a, b, c, d); }",
    "fn main() { let x: u8 = 7; let y = x + 1; let z: u8 = y; print(z, 3 * x, 2 - 1 + x, x == 200); }",
    "fn main() { let x: f64 = 1 + 2 * 3; let y = 2 * 3.5; let z = x * 2 - 1 / y; print(z); }",
    "fn main() { let a = -128i8; let b: i8 = -128; let c = -9223372036854775808; print(a, b, c); }",
    "fn main() { let s = \"abc\"; print(s[0] == 'a', s[1] - '0', s < \"b\", s == \"abc\"); }",
    "fn main() { let x = if true { 1 } else { 2u8 }; let y: u8 = x; print(y); }",
    "fn main() { print(0xffffffffffffffff as u64, -1 as u32, 300 as u8, 3.7 as i32, 'a' as u32, 97 as char); }",
    "const N = 200; fn main() { let a: u8 = N; let b: f64 = N; var c: [N]u8; c[1] = a; print(a, b); }",
    // conversions
    "fn f(a: i64, b: f64, c: ?i64, d: []i32) { print(a, b, c, d); }\n\
     fn main() { let x: i32 = 1; let y: u8 = 2; let z: f32 = 1.5; f(x, z, y, [1, 2, 3]); f(y, x, nil, [4; 2]); }",
    "fn f(x: *restrict f64, n: i64) { x[0] = n as f64; }\nfn main() { var a = [0.0; 4]; f(&a[0], 4); print(a); }",
    "fn main() { let a = [[1, 2], [3, 4]]; let v: [,]i64 = a; print(v[1, 0], v.rows, v.cols, v[0].len); }",
    // control flow
    "fn f(x: i64) -> i64 { if x > 0 { return 1; } else { return 2; } }\nfn main() { print(f(1)); }",
    "fn f(x: i64) -> i64 { while true { if x > 3 { return x; } } }\nfn main() { print(f(5)); }",
    "fn f() -> i64 { loop { } }\nfn main() { print(f()); }",
    "fn f(x: i64) -> i64 { switch x { 0 => 1, 1..=5 => 2, -3 | 9 => return 7, y if y > 100 => y, else => 0 } }\nfn main() { print(f(1)); }",
    "fn f(b: bool) -> i64 { switch b { true => 1, false => 2 } }\nfn main() { print(f(true)); }",
    "fn f(b: u8) -> i64 { switch b { 0..=99 => 1, 100..200 => 2, 200.. => 3 } }\nfn main() { print(f(1)); }",
    "fn f(b: (bool, bool)) -> i64 { switch b { (true, _) => 1, (_, true) => 2, (false, false) => 3 } }\nfn main() { print(f((true, false))); }",
    "fn f(c: ?i64) -> i64 { switch c { nil => 0, 5 => 1, x => x ?? 3 } }\nfn main() { print(f(nil)); }",
    "fn f(s: str) -> i64 { switch s { \"a\" | \"b\" => 0, else => 1 } }\nfn main() { print(f(\"a\")); }",
    "const A = 1; const B: u8 = 2; fn f(x: u8) -> i64 { switch x { const A => 0, const B => 1, else => 2 } }\nfn main() { print(f(1)); }",
    "fn main() { outer: for i in 0..10 by 2 { for _ in 0..=i { if i > 5 { break outer; } continue outer; } } }",
    "fn main() { for i in 10..0 by -1 { print(i); } for i in 5u32..0 by -2 { print(i); } for c in 'a'..='e' { print(c); } }",
    "fn main() { var a = [1, 2, 3]; for i, x in a { print(i, x); } for *p in a { p.* += 1; } for i, *p in a[1..] { p.* = i; } }",
    "fn main() { for i, c in \"hé\".chars() { print(i, c); } for (a, b) in [(1, 2.0), (3, 4.5)] { print(a, b); } }",
    "fn main() { let v = { let a = 2; if a > 1 { yield 5; } for i in 0..9 { if i == 3 { yield i; } } 7 }; print(v); }",
    "fn main() { var n: ?i64 = 3; while let x = n { print(x); n = nil; } if let y = n { print(y); } else { print(\"nil\"); } }",
    "fn main() { let x: ?i64 = nil; let a = x ?? 5; let b = x ?? x ?? 7; print(a, b, x == nil, nil != x, x == 3); if a == 0 { print(x!); } }",
    "fn f(x: ?i64) -> ?f64 { let y = try x; y as f64 }\nfn main() { print(f(nil)); }",
    "fn main() { defer print(\"end\"); defer { print(1); } for i in 0..3 { defer print(i); } }",
    "fn main() { var i = 0; while i < 10 { i += 1; if i == 5 { continue; } if i == 8 { break; } } loop { break; } }",
    "fn f(x: i64) -> i64 { switch x { 1 => unreachable, 2 => panic(\"no\"), 3 => exit(3), else => { return 4; } } }\nfn main() { print(f(3)); }",
    "fn main() { var t = 0; var k = 1u8; switch 5 { 5 => t = 3, else => t += 1, } k <<= 2; k |= 1; k %= 3; print(t, k); }",
    // aggregates
    "struct P { x: f64, y: f64 = 2.0 }\nfn len(p: P) -> f64 { p.x * p.x + p.y }\nfn up(p: *P) { p.x += 1; }\n\
     fn main() { var p = P { x: 1 }; p.up(); let q: P = .{ x: 3, y: 4.0 }; print(p.len(), q.len(), p == q, (&p).len(), q); p = .{ x: 0.0 }; }",
    "struct N { v: i64, next: ?*N }\nfn main() { var a = N { v: 1, next: nil }; let b = N { v: 2, next: &a }; if let n = b.next { print(n.v, n.next == nil); } }",
    "struct A { xs: [4]i32, t: (i64, str) }\nfn main() { var a: A; a.xs[2] = 5; a.t.1 = \"x\"; let (n, s) = a.t; print(n, s, a.xs.len, a.xs[1..3]); }",
    "struct F { f: fn(i64) -> i64 }\nfn twice(x: i64) -> i64 { 2 * x }\nfn main() { let f = F { f: twice }; print(f.f(3)); let g = fn(x: i64) -> i64 { x + 1 }; print(g(2)); let h: fn(i64) -> i64 = twice; print(h(1)); }",
    "struct Q { a: i64, b: bool }\nfn main() { let Q { a, b: c } = Q { a: 1, b: true }; print(a, c); }",
    "fn main() { var g: [3][4]f64; g[1][2] = 5; let s = g[1][1..]; let m = view(alloc!(f64)(12), 3, 4); m[1, 2] = 3; print(s, m[2].len, m.extent(0)); }",
    "fn main() { let a = [1, 2.5, 3]; let b = [1u8, 2, 3]; let c: []f64 = [1, 2]; let d = [[0; 3]; 2]; let e: []i64 = []; print(a, b, c, d, e); }",
    "fn sum(xs: []i64) -> i64 { var t = 0; for x in xs { t += x; } t }\nfn scale(xs: []i64, k: i64) -> []i64 { for *x in xs { x.* *= k; } xs }\n\
     fn main() { let xs = alloc!(i64)(3, 7); print(xs |> scale(2) |> sum(), [1, 2].sum(), xs.len); free(xs); let p = create!(i64)(5); print(p.*); destroy(p); }",
    "fn main() { let p = alloc!(u32)(4).ptr; let s = p[0..4]; s[1] = 2; p[2] = 3; let q = &p[2]; q.* += 1; print(s, p == q, q != nil, p as u64 == 0); }",
    "fn main() { let p: *i64 = nil; var x = 1; let pp = &x; let arr = [1, 2, 3]; let ap = &arr; print(p == nil, pp.*, ap[1], ap.len); }",
    // overloads
    "fn area(r: f64) -> f64 { r * r }\nfn area(w: f64, h: f64) -> f64 { w * h }\nfn area(s: str) -> f64 { s.len as f64 }\n\
     fn main() { print(area(2), area(2, 3), area(\"x\"), (2.0).area(3), \"abc\".area()); }",
    "struct A { v: i64 }\nstruct B { v: f64 }\nfn push(a: *A, x: i64) { a.v += x; }\nfn push(b: *B, x: f64) { b.v += x; }\n\
     fn main() { var a = A { v: 1 }; var b = B { v: 1 }; a.push(2); b.push(2); print(a, b); }",
    // functions inside of functions, shadowing
    "fn main() { print(twice(4)); fn twice(x: i64) -> i64 { helper(x) } fn helper(x: i64) -> i64 { 2 * x } }",
    "fn max(a: i64, b: i64) -> i64 { if a > b { a } else { b } }\nfn main() { let x = 1; { let x = x + 1.5 as i64; print(x); } print(max(x, 2)); }",
    // constants and globals
    "const N = 4 * 1024; const M: u32 = N as u32 + 1; const TABLE = [1, 2, 3]; const S = \"x\"; struct P { a: i64, b: [2]u8 }\n\
     const Q = P { a: TABLE[1], b: [1, 2] }; var buffer: [N]u8; let names: []str = [\"a\", \"b\"];\n\
     fn main() { print(N, M, TABLE[0], S, Q.b[1], buffer[3], TABLE, names[1], size_of!(P)); }",
    "let start = clock(); var table = build(); fn build() -> [4]i64 { [1, 2, 3, 4] }\nfn main() { table[1] = 3; print(start, table); }",
    "const MASK = 0x9E3779B97F4A7C15; fn main() { let x: u64 = 3; print(x * MASK, x ^ MASK); }",
    "var n = 5;\nlet m = n + 1;\nprint(n, m);\nfn show() { print(n); }\nshow();\nn += 1;\nfor i in 0..n { print(i); }",
    // built-ins
    "fn main() { print(min(1, 2), max(1.5, 2), abs(-3), clz(1u8), ctz(8), popcount(255u64), rotl(1u32, 3), rotr(1u8, 1i64), bswap(1u16), mul_hi(3u64, 5)); }",
    "import std.math;\nfn main() { print(math.sqrt(2), math.floor(1.5f32), math.copysign(1.0, -2), math.abs(-1.5), math.round(2.5), math.trunc(-1.5), math.ceil(0.5)); }",
    "fn main() { let n = if args().len > 0 { parse_i64(args()[0]) ?? 7 } else { 7 }; let x = parse_f64(\"1.5\"); print(n, x); assert(n > 0); assert(n > 0, f\"n is {n}\"); }",
    "fn main() { let x = 3.14159; let n = 255; write(\"a\", n); eprint(x); print(f\"{x:.3} {n:>8x} {n:#b} {\"s\":<5} {'c'} {true} {n + 1:05} {{}}\"); let s = f\"{n}\"; print(s.len); }",
    "fn main() { print(i64.MIN, u8.MAX, f64.INF, f32.EPSILON, f64.NAN, u128.MAX, isize.MAX); }",
    "fn main() { let a = (1, \"two\", 3.0); let (x, _, z) = a; print(a.0, a.1, x, z, a == (1, \"two\", 3.0)); let b = (5,); print(b); }",
    "fn main() { let a = true & false | true ^ true; let b = !a && (true || false); print(a, b, ~5, -(3)); var f = true; f &= false; print(f); }",
    "fn main() { let a = 7 %% -3; let b = 7.5 % 2.0; let c = 1u8 << 3i64; let d = -8 >> 1u8; print(a, b, c, d); }",
    "#link \"m\" { fn cbrt(x: f64) -> f64; }\n#export \"lang_add\" fn add(a: i32, b: i32) -> i32 { a + b }\n#inline #fast_math fn f(x: f64) -> f64 { x }\nfn main() { print(cbrt(8), add(1, 2), f(1)); }",
    "type Grid = [4][4]f32;\nfn f(g: *Grid) -> f32 { g.*[1][2] }\nfn main() { var g: Grid; g[1][2] = 1.5; print(f(&g), g.len); }",
    "fn main() { let f: ?fn(i64) -> i64 = nil; if let g = f { print(g(1)); } let a: ?*i64 = nil; print(f == nil, a); }",
    "fn set(xs: []i64) { xs[0] = 1; }\nfn sum(xs: []i64) -> i64 { xs[0] }\nfn main() { let a = [1, 2]; var b = a; b.set(); let s = alloc!(i64)(3); s.set(); let c = b[..]; c.set(); print(a.sum(), c); }",
    "let (a, (b, _)) = (1, (\"x\", 2));\nstruct P { x: i64, y: i64 }\nlet P { x, y: z } = make();\nfn make() -> P { P { x: 1, y: 2 } }\nfn main() { print(a, b, x, z); }",
    "print(1);\nvar (a, b) = (1, 2);\na += b;\nprint(a);",
    "fn main() { pass; ; let _unused = 3; let _ = 4; _ = 5; }",
];

#[test]
fn right_programs_have_no_diagnostics() {
    let mut failures = String::new();
    for source in RIGHT {
        let (program, diagnostics, sources, _) = check(source);
        if !diagnostics.is_empty() {
            failures.push_str(&format!("---\n{source}\n{}", show(&diagnostics, &sources)));
        }
        for fault in super::verify::verify(&program) {
            failures.push_str(&format!("---\n{source}\n{fault}\n"));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Programs, and `CODE@LINE` of what is wrong with them.
const WRONG: &[(&str, &[&str])] = &[
    // names
    ("fn main() { print(totl); let total = 1; print(total); }", &["E0201@1"]),
    ("fn main() {\n let lenght = 1;\n print(length); }", &["E0201@3"]),
    ("fn main() { print(x);\n let x = 1;\n print(x); }", &["E0207@1"]),
    ("fn main() { foo(1); bar(2); foo(3); }", &["E0201@1", "E0201@1"]),
    ("fn f() { }\nfn f() { }\nfn main() { f(); }", &["E0202@2"]),
    ("fn main() { let x = 1;\n let x = 2;\n print(x); }", &["E0202@2"]),
    ("struct P { a: i64, a: i64 }\nfn main() { print(P { a: 1 }); }", &["E0202@1"]),
    ("fn main() { let x: Pint = 1; print(x); }\nstruct Point { a: int }", &["E0203@1", "E0203@2"]),
    ("fn main() {\n let k = 1;\n fn g() -> i64 { k }\n print(g(), k); }", &["E0206@3"]),
    ("fn main() { let a = i64; print(main2); }\nfn main2() { }", &["E0208@1"]),
    ("fn main() { print(f32.MX, i64.INF); }", &["E0204@1", "E0204@1"]),
    ("import std.math;\nfn main() { print(math.sqr(2), math.sinn(1)); }", &["E0204@2", "E0204@2"]),
    ("fn main(x: i64) { }", &["W0202@1", "E0212@1"]),
    ("fn main() -> str { \"a\" }", &["E0212@1"]),
    ("print(1);\nfn main() { }", &["E0209@2"]),
    ("print(x);\nlet x = 5;", &["E0207@1"]),
    // types
    (
        "fn main() { let x: i32 = 5i64; let y: bool = 1; let s: str = 'a'; print(x, y, s); }",
        &["E0301@1", "E0301@1", "E0301@1"],
    ),
    (
        "fn main() { let x: u8 = 256; let y: u8 = -1; let z = 9223372036854775808; print(x, y, z, 300u8); }",
        &["E0313@1", "E0313@1", "E0313@1", "E0313@1"],
    ),
    (
        "fn main() { let a: i64 = 1; let b: u64 = 2; let c = 1.5;\n print(a + b);\n print(a * c);\n print(a < b);\n print(\"a\" + \"b\"); }",
        &["E0302@2", "E0302@3", "E0302@4", "E0302@5"],
    ),
    (
        "fn main() { var x: u8 = 1;\n x += 1.5;\n x += 1000;\n x = 5i64;\n print(x); }",
        &["E0302@2", "E0313@3", "E0301@4"],
    ),
    ("fn main() { if 1 { } while nil { }\n if 1 + 1 { } }", &["E0301@1", "E0301@1", "E0301@2"]),
    (
        "fn main() { let x = 1 as bool; let y = \"a\" as i64; let z = 1.5 as char; print(x, y, z); }",
        &["E0304@1", "E0304@1", "E0304@1"],
    ),
    ("fn main() { let x = nil; let y = []; print(x, y); }", &["E0311@1", "E0311@1"]),
    (
        "fn f() { }\nfn main() { let x = f();\n print(f());\n let y = if true { 1 };\n print(x, y); }",
        &["E0306@2", "E0306@3", "E0306@4"],
    ),
    (
        "fn main() { let x = if true { 1 } else { \"a\" };\n let y = [1, \"b\"];\n print(x, y); }",
        &["E0303@1", "E0303@2"],
    ),
    (
        "fn main() { let x = 5; print(x!, x ?? 1, x == nil); if let y = x { print(y); } }",
        &["E0305@1", "E0305@1", "E0305@1", "E0305@1"],
    ),
    ("fn main() { var f: fn() -> i64; print(f()); let s = alloc!(fn())(3); print(s.len); }", &["E0312@1", "E0312@1"]),
    ("struct A { b: B }\nstruct B { a: A }\nfn f(a: A) -> B { a.b }\nfn main() { }", &["E0307@2"]),
    ("fn main() { let x: *restrict i64 = nil; print(x == nil); }", &["E0309@1"]),
    ("fn main() { var x: [1 << 62][8]i64; print(x[0][0]); }", &["E0308@1"]),
    // functions
    (
        "fn f(a: i64, b: str) -> i64 { print(b); a }\nfn main() { f(1);\n f(1, 2);\n f(\"a\", \"b\");\n f(1, \"b\", 3); }",
        &["E0402@2", "E0301@3", "E0301@4", "E0402@5"],
    ),
    ("fn f(a: i64) -> i64 { if a > 1 { return 1; } }\nfn main() { print(f(1)); }", &["E0320@1"]),
    ("fn f(a: i64) -> i64 {\n a + 1;\n}\nfn main() { print(f(1)); }", &["E0320@3"]),
    ("fn f() { return 5; }\nfn g() -> i64 { return; }\nfn main() { f(); print(g()); }", &["E0301@1", "E0301@2"]),
    (
        "fn f(a: i64) { }\nfn f(a: str) { }\nfn main() { f(true); (1.5).f(); f(1); }",
        &["W0202@1", "W0202@2", "E0404@3", "E0404@3"],
    ),
    ("fn main() { let x = 5; x(1); print(x.foo(), \"a\".size()); }", &["E0405@1", "E0406@1", "E0406@1"]),
    ("fn main() -> i32 {\n return 0;\n print(1);\n}", &["W0301@3"]),
    (
        "fn f() -> []i64 { let a = [1, 2]; return a[..1]; }\nfn g() -> *i64 { let x = 1; &x }\nfn h() -> []i64 { [1] }\n\
      fn k() -> []i64 { var a = [1]; let s = a[..]; s }\nfn main() { print(f(), g(), h(), k()); }",
        &["E0360@1", "E0360@2", "E0360@3", "E0360@4"],
    ),
    ("var p: *i64 = nil;\nfn main() { var x = 1; p = &x; print(p == nil); }", &["E0360@2"]),
    ("fn main() {\n let x = {\n if args().len > 0 { yield 5; }\n };\n print(x); }", &["E0321@4"]),
    // assignment
    (
        "fn f(a: i64) { a = 2; }\nfn main() { let x = 1; x = 2; let p = [1]; p[0] = 2; for i in 0..3 { i += 1; } f(x); 5 = x; \"a\"[0] = 1; }",
        &["E0350@1", "E0350@2", "E0350@2", "E0350@2", "E0358@2", "E0350@2"],
    ),
    ("const K = [1, 2];\nlet g = 5;\nfn main() { K[0] = 1; g = 2; }", &["E0350@3", "E0350@3"]),
    ("fn main() { let x = &5; let y = &(1 + 2); print(x, y); }", &["E0357@1", "E0357@1"]),
    // places
    (
        "struct P { size: i64 }\nfn main() { let p = P { size: 1 }; print(p.sise, p.0, (1, 2).5, 5.x, [1].length); }",
        &["E0351@2", "E0351@2", "E0351@2", "E0351@2", "E0351@2"],
    ),
    (
        "fn main() { let a = [1, 2, 3]; print(a[3], a[1.5], a[0, 1], (1, 2)[0], a[-1]); }",
        &["W0305@1", "E0353@1", "E0354@1", "E0355@1", "W0305@1"],
    ),
    (
        "struct P { a: i64, b: i64 }\nfn main() { print(P { a: 1 }, P { a: 1, b: 2, c: 3 }, P { a: 1, a: 2, b: 3 }); let q = .{ a: 1 }; print(q); }",
        &["E0315@2", "E0351@2", "E0202@2", "E0314@2"],
    ),
    ("fn main() { let n = 5; let a = [0; n]; let b: [n]i64 = [1]; print(a, b); }", &["E0344@1", "E0201@1"]),
    // control
    ("let (a, b) = (1, 2, 3);\nlet (c, 5) = (1, 2);\nprint(a, b, c);", &["E0376@1", "E0370@2"]),
    ("fn main() { let n: i64 = \"five\"; if n { }\n switch n { 1 => print(1) } }", &["E0301@1", "E0301@1", "E0375@2"]),
    ("fn main() { break; for i in 0..3 { continue foo; } yield 1; return; }", &["E0334@1", "E0333@1", "E0332@1"]),
    (
        "fn main() { for x in 5 { print(x); } for c in \"abc\" { print(c); } for i in 0..1.5 { print(i); } for i, x in 0..3 { print(i, x); } }",
        &["E0372@1", "E0372@1", "E0302@1", "E0371@1"],
    ),
    ("fn f(x: i64) -> i64 { switch x { 1 => 1, 2 => 2 } }\nfn main() { print(f(1)); }", &["E0375@1"]),
    (
        "fn f(x: i64) -> i64 { switch x { 1..5 => 1,\n 3 => 2,\n else => 3,\n 7 => 1 } }\nfn main() { print(f(1)); }",
        &["E0374@2", "E0374@4"],
    ),
    (
        "fn f(x: (bool, u8)) -> i64 { switch x { (true, 0..=100) => 1, (false, _) => 2 } }\nfn main() { print(f((true, 1))); }",
        &["E0375@1"],
    ),
    (
        "fn f(x: bool) -> i64 { switch x { true => 1, \"a\" => 2, 1.5 => 3, else => 0 } }\nfn main() { print(f(true)); }",
        &["E0376@1", "E0376@1"],
    ),
    ("fn main() { for i in 0..3 { defer { break; } defer return; print(i); } }", &["E0330@1", "E0330@1"]),
    // constants
    (
        "const A = B; const B = A + 1; fn f() -> i64 { 1 } const C = f(); const D = 1 / 0; var v = 1; const E = v;\nfn main() { print(A, C, D, E); }",
        &["E0340@1", "E0344@1", "E0345@1", "E0344@1"],
    ),
    (
        "const T = [1, 2]; const U = T[2]; fn main() { print(U); let x: u8 = BIG; print(x); } const BIG = 1000;",
        &["E0345@1", "E0313@1"],
    ),
    ("let a = f();\nfn f() -> i64 { b }\nlet b = g();\nfn g() -> i64 { a }\nfn main() { print(a, b); }", &["E0343@1"]),
    ("let a = b; let b = a; fn main() { print(a); }", &["E0342@1"]),
    // what is not changed is not changed through an address either
    (
        "fn set(xs: []i64) { xs[0] = 1; }\nfn twice(xs: []i64) { set(xs[1..]); }\nfn inc(p: *i64) { p.* += 1; }\n\
      fn main() { let a = [1, 2]; a.twice();\n let x = 5; x.inc();\n let s = a[..]; s[1] = 3;\n var b = [1, 2]; b.twice(); b[..][0] = 2;\n\
      for *p in a { p.* = 2; }\n print(a, x, s, b); }",
        &["E0361@4", "E0361@5", "E0361@6", "E0361@8"],
    ),
    (
        "const K = [1, 2];\nlet g = [1, 2];\nfn set(m: *i64) { m[1] = 2; }\nfn f(a: [2]i64) { set(&a[0]); }\n\
      fn main() { set(&K[0]); set(&g[1]); f(K); let p = &g; if let q = some(p) { q.*[0] = 2; } }\nfn some(p: *[2]i64) -> ?*[2]i64 { p }",
        &["E0361@4", "E0361@5", "E0361@5"],
    ),
    // print
    (
        "fn main() { let s = \"a\"; print(f\"{s:x} {1.5:d} {5:.2} {(1, 2):>5} {true:+}\"); }",
        &["E0319@1", "E0319@1", "E0319@1", "E0319@1", "E0319@1"],
    ),
    // not there yet: one error each
    (
        "fn id!(T)(x: T) -> T { x }\nfn g(a, b) { }\nenum E!(T) { A(T) }\nfn main() { print(id(1), g(1, 2)); let e: E = E.A; id(2); }",
        &["E0900@1", "E0900@2", "E0900@3", "W0201@4"],
    ),
    (
        "fn main() { let f = |x| x + 1; print(new i64); let b: Buf!(i64) = 0; print(f, b); }",
        &["E0900@1", "E0900@1", "E0900@1"],
    ),
    // warnings
    (
        "fn main() { let a = 1; var b = 2; b = 3; for i in 0..2 { } }\nfn f(x: i64) { }",
        &["W0201@1", "W0201@1", "W0201@1", "W0203@2", "W0202@2"],
    ),
    ("import std.math;\nfn main() { a: loop { break; } }", &["W0204@1", "W0206@2"]),
    (
        "fn main() { let x = 200u8 + 100; let y = 1 / 0; let z = 1u8; print(x, y, z >= 0); 1 + 1; for i in 0..1 by 0 { print(i); } }",
        &["W0303@1", "W0302@1", "W0304@1", "W0205@1", "W0306@1"],
    ),
];

#[test]
fn wrong_programs_have_exactly_these_diagnostics() {
    let mut failures = String::new();
    for (source, expected) in WRONG {
        let mut found = codes(source);
        let mut wanted: Vec<String> = expected.iter().map(|code| code.to_string()).collect();
        found.sort();
        wanted.sort();
        if found != wanted {
            let (_, diagnostics, sources, _) = check(source);
            failures.push_str(&format!("---\n{source}\nexpected {wanted:?}\n{}", show(&diagnostics, &sources)));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn long_chains_need_no_deep_stack() {
    let terms = |n: usize, op: &str, term: &str| vec![term; n].join(op);
    for (op, term) in [(" + ", "x"), (" + ", "1"), (" && ", "x == 1"), (" * ", "2.5")] {
        let source = format!("fn main() {{ let x = 1; let y = {}; print(x, y); }}", terms(9000, op, term));
        let (_, diagnostics, sources, _) = check(&source);
        assert!(diagnostics.iter().all(|d| !d.is_error()), "{}", show(&diagnostics[..1], &sources));
    }
    let source = format!(
        "const N = {};\nvar g = {};\nfn main() {{ print(N, g); }}",
        terms(9000, " + ", "1"),
        terms(9000, " + ", "1u8")
    );
    let (_, diagnostics, sources, _) = check(&source);
    assert!(diagnostics.iter().all(|d| !d.is_error()), "{}", show(&diagnostics, &sources));
    let mut chain = "if x == 0 { 1 }".to_string();
    for i in 1..5000 {
        chain.push_str(&format!(" else if x == {i} {{ {i} }}"));
    }
    let source = format!("fn main() {{ let x = 1; let y = {chain} else {{ 0 }}; print(y); }}");
    let (_, diagnostics, sources, _) = check(&source);
    assert!(diagnostics.is_empty(), "{}", show(&diagnostics, &sources));
    let nested = format!("fn main() {{ let x = {}1{}; print(x); }}", "(".repeat(240), ")".repeat(240));
    assert!(codes(&nested).is_empty());
    let nested = format!("fn main() {{ {}print(1);{} }}", "if true { ".repeat(120), " }".repeat(120));
    assert!(codes(&nested).is_empty());
}

#[test]
fn very_many_unknown_names() {
    let source = format!("fn main() {{ {} let y = 1; let y2 = 2; z; y3; }}", "y; ".repeat(20_000));
    assert_eq!(codes(&source).len(), 20_002);
}

/// Types that wait for each other, or are in another very many times.
#[test]
fn types_upon_types() {
    let chain = |n: usize| (0..n).map(|i| format!("type A{i} = []A{};\n", i + 1)).collect::<String>();
    assert!(codes(&format!("{}type A3000 = i64;\nfn main() {{ var x: A0; print(x.len); }}", chain(3000))).is_empty());
    assert_eq!(codes(&format!("{}type A6000 = i64;\nfn main() {{}}", chain(6000))), ["E0346@4000"]);
    let twice: String = (0..27).map(|i| format!("struct A{i} {{ a: A{0}, b: A{0} }}\n", i + 1)).collect();
    let used = "fn get(p: *A0) -> A0 { p.* }\nfn main() { var x: A0; print(x == x, get(&x) == x); }";
    assert!(codes(&format!("{twice}struct A27 {{ a: i64 }}\n{used}")).is_empty());
    assert!(codes(&format!("{twice}struct A27 {{ a: [0]i64 }}\n{used}")).is_empty());
}

/// Splits into words, numbers and single characters.
fn tokens(source: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for (at, c) in source.char_indices() {
        let joins = at > start && is_word(c) && source[start..at].chars().all(is_word);
        if at > start && !joins {
            tokens.push(&source[start..at]);
            start = at;
        }
    }
    tokens.push(&source[start..]);
    tokens
}

/// Any input gives diagnostics, and never a panic.
#[test]
fn damaged_programs_are_no_trouble() {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let rounds = std::env::var("LANG_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    let programs: Vec<Vec<&str>> =
        RIGHT.iter().copied().chain(WRONG.iter().map(|(source, _)| *source)).map(tokens).collect();
    let mut sources = SourceMap::new();
    for round in 0..rounds * programs.len() {
        let mut text = programs[round % programs.len()].clone();
        for _ in 0..1 + random(3) {
            let (at, other) = (random(text.len()), random(text.len()));
            let foreign = &programs[random(programs.len())];
            match random(4) {
                0 => drop(text.remove(at)),
                1 => text.swap(at, other),
                2 => text.insert(at, text[other]),
                _ => text[at] = foreign[random(foreign.len())],
            }
            if text.is_empty() {
                text.push("x");
            }
        }
        let source = text.concat();
        let mut interner = Interner::new();
        let id = sources.add("test.lang", source.clone());
        let (file, errors) = crate::parse(&sources, id, &mut interner);
        let run = std::panic::AssertUnwindSafe(|| {
            super::run(&sources, &mut interner, &Modules::of_one(file), &Default::default())
        });
        let Ok((program, diagnostics)) = std::panic::catch_unwind(run) else { panic!("panic on:\n{source}") };
        if errors.is_empty() && !diagnostics.iter().any(Diagnostic::is_error) {
            let faults = super::verify::verify(&program);
            assert!(faults.is_empty(), "{faults:#?} in:\n{source}");
            let lower = std::panic::AssertUnwindSafe(|| crate::lower(&sources, &interner, program));
            let Ok(module) = std::panic::catch_unwind(lower) else { panic!("panic of lowering on:\n{source}") };
            assert!(lang_ir::verify::verify(&module).is_ok(), "wrong IR of:\n{source}");
        }
    }
}

#[test]
fn chains_of_constants_and_globals_keep_the_stack() {
    for what in ["const", "let"] {
        let forward: String = (0..10_000).map(|i| format!("{what} A{i} = A{} + 1;\n", i + 1)).collect();
        let source = format!("{forward}{what} A10000: i64 = 1;\nfn main() {{ print(A0); }}");
        let codes = codes(&source);
        assert!(codes.iter().any(|code| code.starts_with("E0346")), "{what}: {:?}", codes.first());
        // Declared before their use they wait for nothing.
        let backward: String = (1..=10_000).map(|i| format!("{what} A{i} = A{} + 1;\n", i - 1)).collect();
        let source = format!("{what} A0 = 1;\n{backward}fn main() {{ print(A10000); }}");
        let (_, diagnostics, sources, _) = check(&source);
        assert!(diagnostics.is_empty(), "{}", show(&diagnostics, &sources));
    }
}
