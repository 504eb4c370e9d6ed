//! Trees of every construct, errors and how the parser goes on after them, and sources of any kind that must not upset it.

use crate::ast::{self, ExprKind, Interner, StmtKind, dump};
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;

struct Parsed {
    map: SourceMap,
    file: ast::File,
    interner: Interner,
    diagnostics: Vec<Diagnostic>,
}

fn parse_bytes(source: &[u8]) -> Parsed {
    let mut map = SourceMap::new();
    let id = map.add("test.lang", source);
    let mut interner = Interner::new();
    let (file, diagnostics) = super::parse(&map, id, &mut interner);
    Parsed { map, file, interner, diagnostics }
}

fn parse(source: &str) -> Parsed {
    parse_bytes(source.as_bytes())
}

impl Parsed {
    fn dump(&self) -> String {
        dump(&self.file, &self.interner)
    }

    /// `CODE line:col message`
    fn errors(&self) -> Vec<String> {
        let line = |d: &Diagnostic| {
            let at = self.map.line_col(d.primary.span);
            format!("{} {}:{} {}", d.code, at.line, at.col, d.message)
        };
        self.diagnostics.iter().map(line).collect()
    }
}

/// The tree in one line.
#[track_caller]
fn tree(source: &str) -> String {
    let parsed = parse(source);
    assert_eq!(parsed.errors(), Vec::<String>::new(), "{source}");
    parsed.dump().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check_trees(prefix: &str, suffix: &str, cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        assert_eq!(&tree(&format!("{prefix}{source}{suffix}")), expected, "{source}");
    }
}

/// One expression, as a statement of a script.
#[track_caller]
fn check_exprs(cases: &[(&str, &str)]) {
    check_trees("", ";", cases);
}

#[track_caller]
fn check_errors(cases: &[(&str, &[&str])]) {
    for (source, expected) in cases {
        assert_eq!(&parse(source).errors(), expected, "{source}");
    }
}

#[test]
fn precedence_follows_the_reference() {
    check_exprs(&[
        ("a + b * c", "(+ a (* b c))"),
        ("a - b - c", "(- (- a b) c)"),
        ("a * b / c % d %% e", "(%% (% (/ (* a b) c) d) e)"),
        ("a + b << c + d", "(<< (+ a b) (+ c d))"),
        ("a & b == c", "(== (& a b) c)"),
        ("a | b ^ c & d << e", "(| a (^ b (& c (<< d e))))"),
        ("a < b && c >= d || e", "(|| (&& (< a b) (>= c d)) e)"),
        ("a || b ?? c", "(?? (|| a b) c)"),
        ("a ?? b ?? c", "(?? a (?? b c))"),
        ("a ?? b catch e { c }", "(?? a (catch b e { (tail c) }))"),
        ("a catch { b } ?? c", "(?? (catch a { (tail b) }) c)"),
        ("a + 1..b ?? c", "(.. (+ a 1) (?? b c))"),
        ("-a as u8 * b", "(* (as (- a) u8) b)"),
        ("!a.b()", "(! (call (. a b)))"),
        ("try f() + 1", "(+ (try (call f)) 1)"),
        ("try f()!.x", "(try (. (unwrap (call f)) x))"),
        ("&a[i]", "(& (index a i))"),
        ("&&a", "(& (& a))"),
        ("a && &b", "(&& a (& b))"),
        ("a.* * b", "(* (.* a) b)"),
        ("a.*.b.0", "(. (. (.* a) b) 0)"),
        ("a!=b", "(!= a b)"),
        ("(f!)(x)", "(call (unwrap f) x)"),
        ("f!(x)(y)", "(call f!(x) y)"),
        ("a as i64 != b", "(!= (as a i64) b)"),
        ("a as ?i64 ?? b", "(?? (as a ?i64) b)"),
        ("a as i32 as u8", "(as (as a i32) u8)"),
        ("xs |> scale(2.0) |> sum()", "(|> (|> xs (call scale 2.0)) (call sum))"),
        ("xs |> f() ?? 0", "(?? (|> xs (call f)) 0)"),
        ("xs |> m.f(1)[0]", "(index (|> xs (call (. m f) 1)) 0)"),
        ("a * xs |> f()", "(* a (|> xs (call f)))"),
        ("a as T |> f()", "(|> (as a T) (call f))"),
        ("constantize f() + 1", "(constantize (+ (call f) 1))"),
        ("(a < b) == c", "(== (< a b) c)"),
        ("- -a", "(- (- a))"),
        ("~a ^ b", "(^ (~ a) b)"),
        ("-1 + 2", "(+ -1 2)"),
        ("a -1", "(- a 1)"),
        ("-128i8.abs()", "(call (. -128i8 abs))"),
        ("a\n + b\n .c", "(+ a (. b c))"),
        ("return a ?? b", "(return (?? a b))"),
        ("a ?? return 1", "(?? a (return 1))"),
    ]);
}

#[test]
fn literals() {
    check_exprs(&[
        ("1_000", "1000"),
        ("0xffu8", "255u8"),
        ("0x1f32", "7986"),
        ("0b1010", "10"),
        ("0o17", "15"),
        ("340282366920938463463374607431768211455u128", "340282366920938463463374607431768211455u128"),
        ("1.5", "1.5"),
        ("1_0.5_0e-9f32", "10.50e-9f32"),
        ("1e3", "1e3"),
        ("2f64", "2f64"),
        ("t.1.0", "(. (. t 1) 0)"),
        ("5.max(3)", "(call (. 5 max) 3)"),
        ("1..2", "(.. 1 2)"),
        ("'a'", "'a'"),
        (r"'\''", r"'\''"),
        (r"'\u{20ac}'", "'€'"),
        (r#""a\n\t\x41\u{e4}\"""#, r#""a\n\tA\xc3\xa4\"""#),
        (r#""\xff""#, r#""\xff""#),
        (r##"r"\n" "##, r##""\\n""##),
        ("r#\"a\"b\"#", r#""a\"b""#),
        (r#"b"ab""#, r#"b"ab""#),
        (r#"f"{{{x}}} {y:.3} {z:>8x}""#, r#"(fstr "{" x "} " y:.3 " " z:>8x)"#),
        (r#"f"{f(a, "b:}")[{ 1 }]:*^+#012.3e}""#, r#"(fstr (index (call f a "b:}") (block { (tail 1) })):*^+#012.3e)"#),
        (r#"f"{f"{a}"}\u{41}""#, r#"(fstr (fstr a) "A")"#),
        (r#"f"{Point { x: 1 }}""#, "(fstr (struct Point x: 1))"),
        ("true", "true"),
        ("nil", "nil"),
        ("größe", "größe"),
        ("[1, 2, 3,]", "(array 1 2 3)"),
        ("[0.0; N]", "(repeat 0.0 N)"),
        ("()", "(tuple)"),
        ("(a)", "a"),
        ("(a,)", "(tuple a)"),
        ("(a, b)", "(tuple a b)"),
        ("Point { x: 1.0, y }", "(struct Point x: 1.0 y: y)"),
        ("m.Pair!(i64, [2]str) { a: 1 }", "(struct m.Pair!(i64, [2]str) a: 1)"),
        (".{ x: 1 }", "(struct . x: 1)"),
        (".Rect { w: 1 }", "(struct .Rect w: 1)"),
        (".Circle(1)", "(call .Circle 1)"),
        ("Map { \"a\": 1, k: 2 }", "(map Map \"a\": 1 k: 2)"),
        ("Map!(K, V) {}", "(map Map!(K, V))"),
        ("Set { 1, 2 }", "(seq Set 1 2)"),
        ("Buf!(i64) {}", "(seq Buf!(i64))"),
        ("new Node { next: nil }", "(new (struct Node next: nil))"),
    ]);
}

#[test]
fn expressions() {
    check_exprs(&[
        ("f(a, xs...)", "(call f a xs...)"),
        ("m[i, j]", "(index m i j)"),
        ("a[i..j by 2]", "(slice a (.. i j by 2))"),
        ("a[..]", "(slice a (.. _ _))"),
        ("a[..=j]", "(slice a (..= _ j))"),
        ("a[i..]", "(slice a (.. i _))"),
        ("a[i.. by 2]", "(slice a (.. i _ by 2))"),
        ("a[by..by]", "(slice a (.. by by))"),
        ("size_of!([4]f64)", "size_of!([4]f64)"),
        ("f!(T, 4, N + 1, (A, B), i64!E)()", "(call f!(T, =4, =(+ N 1), tuple(A, B), (i64 ! E)))"),
        ("x = |a, (b, c): T| -> U a + b", "(= x (closure (a, (tuple b c): T) -> U (+ a b)))"),
        ("g(|| t += 1, 2)", "(call g (closure () (+= t 1)) 2)"),
        ("g(|x| |y| x | y)", "(call g (closure (x) (closure (y) (| x y))))"),
        ("x = fn(x: i32) -> i32 { x }", "(= x (fn (x: i32) -> i32 { (tail x) }))"),
        ("x = #async work(1)", "(= x (async (call work 1)))"),
        ("x = { yield 1; 2 }", "(= x (block { (yield 1) (tail 2) }))"),
        ("x = if a { 1 } else { 2 } + 3", "(= x (+ (if a { (tail 1) } else { (tail 2) }) 3))"),
        ("a <<= 1", "(<<= a 1)"),
        ("return error E.X", "(return-error (. E X))"),
        ("return error .X", "(return-error .X)"),
        ("return error", "(return error)"),
        ("return error.code", "(return (. error code))"),
        ("try f() catch e { return error e; }", "(catch (try (call f)) e { (return-error e) })"),
    ]);
}

#[test]
fn statements_and_control_flow() {
    let cases = [
        ("let (a, _) = f();", "(let (tuple a _) = (call f))"),
        ("var m: mutex;", "(var m: mutex)"),
        ("if a { 1 } -1", "(if a { (tail 1) }) (tail -1)"),
        ("if a { 1 };", "(if a { (tail 1) })"),
        ("{ 1 } (2, 3)", "(block { (tail 1) }) (tail (tuple 2 3))"),
        ("a; (b)", "a (tail b)"),
        ("if a { } else if let .C(r) = s { } else { }", "(tail (if a {} let (.C r) = s {} else {}))"),
        ("while let x = it.next() { }", "(tail (while let x = (call (. it next)) {}))"),
        ("if a == (P { x: 1 }) { }", "(tail (if (== a (struct P x: 1)) {}))"),
        ("if x { y: 1 } else {}", ""),
        ("for x in xs { }", "(tail (for x in xs {}))"),
        ("for (i, x) in xs.enumerate() { }", "(tail (for (tuple i x) in (call (. xs enumerate)) {}))"),
        ("while flag { }\n{ 1; }", "(while flag {}) (tail (block { 1 }))"),
        ("for i, *p in xs[..] { }", "(tail (for i *p in (slice xs (.. _ _)) {}))"),
        ("for _ in 0..=n by -2 { }", "(tail (for _ in (..= 0 n by -2) {}))"),
        ("o: loop { break o; continue; }", "(tail (loop o: { (break o:) (continue) }))"),
        ("defer a += 1; defer { b(); } on_return { }", "(defer (+= a 1)) (defer (block { (call b) })) (on_return {})"),
        ("using p.q; pass; unreachable;", "(using (. p q)) (pass) (unreachable)"),
        ("with context { allocator: a } { f() }", "(tail (with allocator: a { (tail (call f)) }))"),
        ("#sync(m.lock) { t += 1; }", "(tail (sync (. m lock) { (+= t 1) }))"),
        ("#if debug { f(); } else #if x { } else { 2 }", "(#if debug { (call f) } x {} else { (tail 2) })"),
        ("fn g() { } struct S { } const N = 3;", "(fn g () {}) (struct S) (const N 3)"),
        (";;", ""),
        ("a\n(b)", ""),
    ];
    for (source, expected) in cases {
        let source = format!("fn f() {{ {source} }}");
        if expected.is_empty() && !source.contains(";;") {
            assert!(!parse(&source).diagnostics.is_empty(), "{source}");
            continue;
        }
        let expected = if expected.is_empty() { "(fn f () {})".into() } else { format!("(fn f () {{ {expected} }})") };
        assert_eq!(tree(&source), expected, "{source}");
    }
}

#[test]
fn switches_and_patterns() {
    check_trees(
        "fn f() { switch s {",
        "} }",
        &[(
            "1 | 2 => pass, 'a'..='z' => { f(); } \"x\" => x = 1, -5..0 if a => g(), 100.. => 2, ..m.HI => 3,
         const N => 4, m.K => 5, .Empty => 6, Circle(r) => 7, .Rect { w, h: (a, _), .. } => 8, A.B { } => 9,
         nil => return, (x,) => 10, (x) => 11, LO..=const HI => 12, x if x > 3 => return error e, else => 13",
            "(fn f () { (tail (switch s (or 1 2) => (block {}) (..= 'a' 'z') => (block { (call f) }) \"x\" => (= x 1) \
         (.. -5 0) if a => (call g) (.. 100 _) => 2 (.. _ (. m HI)) => 3 (const N) => 4 m.K => 5 .Empty => 6 \
         (Circle r) => 7 (.Rect w: w h: (tuple a _) ..) => 8 (A.B) => 9 nil => (return) (tuple x) => 10 x => 11 \
         (..= LO HI) => 12 x if (> x 3) => (return-error e) else => 13)) })",
        )],
    );
}

#[test]
fn types() {
    check_trees(
        "type T = ",
        ";",
        &[
            ("*restrict f64", "(type T *restrict f64)"),
            ("[]restrict f64", "(type T []restrict f64)"),
            ("*restrict", "(type T *restrict)"),
            ("[N * 2][3]?@T", "(type T [(* N 2)][3]?@T)"),
            ("[,][,,][by]u8", "(type T [,][,,][by]u8)"),
            ("??i64", "(type T ??i64)"),
            ("?i64!E", "(type T (?i64 ! E))"),
            ("?(i64!E)", "(type T ?(i64 ! E))"),
            ("fn(T, []U) -> V!E", "(type T fn(T, []U) -> (V ! E))"),
            ("(A,)", "(type T tuple(A))"),
            ("(A, B)", "(type T tuple(A, B))"),
            ("m.Map!(str, Buf!(dyn Show))", "(type T m.Map!(str, Buf!(dyn Show)))"),
        ],
    );
}

#[test]
fn declarations() {
    check_trees(
        "",
        "",
        &[
            ("import a.b as c; pub import \"x.lang\";", "(import a.b as c) pub (import \"x.lang\")"),
            ("#import_path \"d\"; #link_path \"n\"; import a;", "(import_path \"d\") (link_path \"n\") (import a)"),
            (
                "fn f(a, b: ...i64) -> i64 where result > 0 { a }",
                "(fn f (a, b: ...i64) -> i64 where (> result 0) { (tail a) })",
            ),
            ("fn f!(T: A + m.B, N: i64)(x: T where x > 0) { }", "(fn f!(T: A + m.B, N: i64) (x: T where (> x 0)) {})"),
            ("/// one\n/// two\n#inline #export \"e\" pub fn f() { }", "/2 #inline #export \"e\" pub (fn f () {})"),
            (
                "struct P!(A) { x: A where x > 0 = 1, y: f64 = 0.0, }",
                "(struct P!(A) (x: A where (> x 0) = 1) (y: f64 = 0.0))",
            ),
            ("enum E!(T): u8 { A = 1, B(T, i64), C { w: T }, }", "(enum E!(T): u8 (A = 1) (B(T, i64)) (C (w: T)))"),
            ("protocol S { fn a(x: *Self); fn b() { } }", "(protocol S (fn a (x: *Self)) (fn b () {}))"),
            ("impl!(T) S for P!(T) { pub fn a() { } }", "(impl!(T) S for P!(T) pub (fn a () {}))"),
            ("impl P { }", "(impl P)"),
            (
                "module m { let x = 1; pub var y: i64; fn f() { } }",
                "(module m global (let x = 1) pub global (var y: i64) (fn f () {}))",
            ),
            (
                "#link \"m\" { fn cbrt(x: f64) -> f64; struct S { x: i32 } }",
                "(link \"m\" (fn cbrt (x: f64) -> f64) (struct S (x: i32)))",
            ),
            ("test \"a b\" { assert(true); }", "(test \"a b\" { (call assert true) })"),
            ("#if a { fn f() { } } else { const N = 1; }", "(#if a { (fn f () {}) } else { (const N 1) })"),
            (
                "let x = 1; const N: u8 = 4 * 1024; type A!(T) = []T;",
                "global (let x = 1) (const N: u8 (* 4 1024)) (type A!(T) []T)",
            ),
            ("var test = module + by; test(1);", "global (var test = (+ module by)) (call test 1)"),
            ("#!/usr/bin/env lang\nprint(1);", "(call print 1)"),
            ("\u{feff}print(1);", "(call print 1)"),
            ("", ""),
            ("// only a comment", ""),
        ],
    );
}

#[test]
fn spans_point_at_operators_and_cover_parentheses() {
    let parsed = parse("(a + b) * c[i]!;");
    let StmtKind::Expr(stmt) = parsed.file[parsed.file[parsed.file.body][0]].kind else { panic!() };
    let at = |span| parsed.map.snippet(span);
    let ExprKind::Binary { left, right, op_span, .. } = parsed.file[stmt].kind else { panic!() };
    assert_eq!((at(parsed.file[stmt].span), at(op_span)), ("(a + b) * c[i]!", "*"));
    assert_eq!(at(parsed.file[left].span), "(a + b)");
    let ExprKind::Unwrap { base, op } = parsed.file[right].kind else { panic!() };
    let ExprKind::Index { bracket, .. } = parsed.file[base].kind else { panic!() };
    assert_eq!((at(op), at(bracket), bracket.start), ("!", "[", 11));
    let parsed = parse("x = f\"ä{a +\tb}\";");
    let plus = parsed.file.exprs.iter().find_map(|e| match e.kind {
        ExprKind::Binary { op_span, .. } => Some(parsed.map.line_col(op_span).col),
        _ => None,
    });
    assert_eq!(plus, Some(11), "places in f-strings are places in the file");
}

#[test]
fn errors_say_what_was_expected_and_the_parser_goes_on() {
    check_errors(&[
        (
            "fn f() { let x = 5\n let y = ; g(); }",
            &["E0105 1:19 expected `;`", "E0101 2:10 expected an expression, found `;`"],
        ),
        ("fn f() { if x = 5 { } }", &["E0111 1:15 an assignment is no condition"]),
        (
            "if a and not b or c { }",
            &[
                "E0110 1:6 `and` is not an operator",
                "E0110 1:10 `not` is not an operator",
                "E0110 1:16 `or` is not an operator",
            ],
        ),
        (
            "x++; ++y; z--;",
            &[
                "E0110 1:2 there is no operator `++`",
                "E0110 1:6 there is no operator `++`",
                "E0110 1:12 there is no operator `--`",
            ],
        ),
        (
            "fn f() { for (i = 0; i < n; i++) { f(; } g(]; }",
            &[
                "E0110 1:14 there is no `for` with three parts",
                "E0101 1:38 expected an expression, found `;`",
                "E0101 1:44 expected an expression, found `]`",
            ],
        ),
        (
            "let mut x = 5; int y = 3; z := 4;",
            &[
                "E0110 1:1 a mutable variable is declared with `var`",
                "E0110 1:16 a variable is declared with `let` or `var`, and its type stands behind the name",
                "E0110 1:27 a variable is declared with `let` or `var`",
            ],
        ),
        ("if a { } elif b { } else { }", &["E0110 1:10 there is no `elif`"]),
        ("switch x { 1: f(), else => 2 }", &["E0101 1:13 expected `=>`, found `:`"]),
        ("fn f() { pub fn g() { } }", &["E0119 1:10 a declaration in a function cannot be `pub`"]),
        ("a < b < c;", &["E0106 1:7 comparisons do not chain"]),
        ("if p == Point { x: 1 } { }", &["E0114 1:9 a struct literal here needs parentheses"]),
        (
            "f(a, b]; g(1 2);",
            &["E0107 1:7 expected `)`, found `]`", "E0101 1:14 expected `,` or `)`, found the number `2`"],
        ),
        ("fn f() {\n    if a {\n        b();\n}\nfn g() { }\n", &["E0107 2:10 this `{` is never closed"]),
        (
            "fn f() { } }\nfn g( { }\nlet x = 1;",
            &["E0107 1:12 this `}` closes nothing", "E0101 2:7 expected a parameter, found `{`"],
        ),
        (
            "int main() { return 0; }\nlet = 3;",
            &["E0110 1:1 a function is declared with `fn`", "E0101 2:5 expected a pattern, found `=`"],
        ),
        (
            "struct S { int x; y: i64; }",
            &[
                "E0110 1:12 the type of a field stands behind its name",
                "E0110 1:17 the elements of this list are separated by `,`",
            ],
        ),
        (
            "fn f() { switch x { case 1: g(); default: h(); } }",
            &["E0110 1:21 the cases of a `switch` are written `pattern => value,`"],
        ),
        (
            "fn f() { switch x { case 1 => g(); default => h(); } }",
            &[
                "E0110 1:21 a case of a switch begins with its pattern",
                "E0101 1:34 the cases of a switch are separated by `,`",
                "E0110 1:36 what no other case takes goes to `else`",
                "E0101 1:50 the cases of a switch are separated by `,`",
            ],
        ),
        (
            "fn f() {\n g([1, 2);\n g(1));\n g((1, 2]);\n g(\"a);\n g(f\"{1 + 2\");\n h(;\n}",
            &[
                "E0107 2:9 expected `]`, found `)`",
                "E0107 3:6 this `)` closes nothing",
                "E0107 4:9 expected `)`, found `]`",
                "E0004 5:4 this string is never closed",
                "E0004 6:12 this string is never closed",
                "E0101 7:4 expected an expression, found `;`",
            ],
        ),
        ("let a = \"abc\nlet b = 1;", &["E0004 1:9 this string is never closed"]),
        (
            "let a = f\"{x\nlet b = f\"{\"y} \";\nlet c = f\"{}\";",
            &[
                "E0004 1:9 this f-string is never closed",
                "E0004 2:9 this f-string is never closed",
                "E0006 3:11 braces without an expression in an f-string",
            ],
        ),
        (
            "let a = 'ab' + '' + '\\q'; f('x",
            &[
                "E0005 1:9 a character literal holds one character",
                "E0005 1:16 an empty character literal",
                "E0009 1:22 unknown escape `\\q`",
                "E0005 1:29 this character literal is never closed",
            ],
        ),
        (
            "f(0b12, 1__0, 0x, 1z, 1.5u8, 1 e);",
            &[
                "E0008 1:6 `2` is no digit of base 2",
                "E0008 1:10 `_` stands only between two digits",
                "E0008 1:15 a number without digits",
                "E0008 1:20 `z` is no type of numbers",
                "E0008 1:23 a number with a point or an exponent cannot be of type `u8`",
                "E0101 1:32 expected `,` or `)`, found `e`",
            ],
        ),
        ("x £ y; a ≤ b;", &["E0002 1:3 unknown character `£` (U+00A3)", "E0002 1:10 unknown character `≤` (U+2264)"]),
        ("/* a /* b */", &["E0003 1:1 this comment is never closed"]),
        ("fn f() { } import a;", &["E0121 1:12 imports stand at the top of the file"]),
        ("module m { f(); }", &["E0117 1:12 a module holds only declarations"]),
        (
            "#foo fn f() { } #inline struct S { }",
            &["E0116 1:1 unknown attribute `#foo`", "E0116 1:17 attributes stand only on functions"],
        ),
        (
            "let x; let y: i64; var z; fn f();",
            &[
                "E0118 1:1 a `let` needs a value",
                "E0118 1:8 a `let` needs a value",
                "E0118 1:20 a variable needs a type or a value",
                "E0120 1:33 a function needs a body",
            ],
        ),
        (
            "xs |> f; p->x; a::b; *p;",
            &[
                "E0112 1:7 the right side of `|>` must be a call",
                "E0110 1:11 a field is read with `.`, also through a pointer",
                "E0110 1:17 names in modules and types are reached with `.`",
                "E0110 1:22 a pointer is dereferenced by `.*` behind it",
            ],
        ),
        (
            "let type = 1; fn while() { }",
            &[
                "E0101 1:5 expected a pattern, found the keyword `type`",
                "E0102 1:18 expected the name of the function, found the keyword `while`",
            ],
        ),
    ]);
}

#[test]
fn suggestions_hold_the_edit() {
    let parsed = parse("if a = 1 { }");
    let help = &parsed.diagnostics[0].helps[0];
    let (span, text) = help.replacement.clone().unwrap();
    assert_eq!((parsed.map.snippet(span), text.as_str()), ("=", "=="));
    assert_eq!(parsed.diagnostics[0].primary.span, span);
    let parsed = parse("f(a;\n");
    assert_eq!(parsed.map.snippet(parsed.diagnostics[0].secondary[0].span), "(", "the opening bracket is shown");
}

#[test]
fn invalid_utf8_is_reported_once_with_its_place() {
    let parsed = parse_bytes(b"let a = 1;\nlet b = \"\xff\xfe\";\n\xc3\x28");
    assert_eq!(parsed.errors()[0], "E0001 2:10 this file is not valid UTF-8");
    assert_eq!(parsed.errors().iter().filter(|e| e.starts_with("E0001")).count(), 1);
}

#[test]
fn nesting_is_bounded_on_a_small_stack() {
    let deep = |open: &str| open.repeat(100_000);
    let cases = [
        ("x = ", "("),
        ("x = ", "!"),
        ("x = ", "["),
        ("x = ", "f("),
        ("x = ", "a ?? b || c && d < e | f ^ g & h << i + j * ("),
        ("x = ", "if a { 1 + "),
        ("x = ", "|a| "),
        ("x = ", "P { x: "),
        ("x = ", "try "),
        ("x = ", "f\"{"),
        ("x = ", "switch a { 1 => "),
        ("x = ", "fn() { "),
        ("", "{ "),
        ("", "fn f() { "),
        ("", "module m { "),
        ("", "for x in a { "),
        ("", "#if a { "),
        ("", "return "),
        ("type T = ", "*"),
        ("type T = ", "A!("),
        ("type T = ", "fn("),
        ("type T = ", "["),
        ("let ", "("),
        ("let ", "A { x: "),
        ("let x = f!(", "[f!("),
    ];
    for (start, open) in cases {
        let parsed = parse(&format!("{start}{}", deep(open)));
        let expected = parsed.errors().iter().any(|e| e.contains("nested too deeply"));
        assert!(expected && parsed.diagnostics.len() <= 2, "{open}: {:?}", parsed.errors());
        parsed.dump();
    }
    for open in ["(", "{ ", "[", "!", "if a { "] {
        let source = format!("x = {}1", open.repeat(200));
        assert!(parse(&source).errors().iter().all(|e| !e.contains("too deeply")), "{open}");
    }
}

#[test]
fn long_chains_are_read_by_loops() {
    let flat = [
        format!("if a {{ }} {}", "else if b { } ".repeat(100_000)),
        format!("x = 1{};", " + 1".repeat(9_000)),
        format!("x = a{};", " ?? b".repeat(9_000)),
        format!("f({});", "1 + 2, ".repeat(100_000)),
        "x = a + b * c;\n".repeat(20_000),
        ";".repeat(100_000),
    ];
    for source in flat {
        let parsed = parse(&source);
        assert_eq!(parsed.errors(), Vec::<String>::new());
    }
    for link in [" + 1", ".b", "[0]", "()", " as T", " |> f()", " ?? b", " catch { 0 }", "!"] {
        let parsed = parse(&format!("x = a{};", link.repeat(100_000)));
        assert_eq!(parsed.errors().len(), 1);
        assert!(parsed.errors()[0].contains("too long"), "{link}: {:?}", parsed.errors());
    }
    // Chains within chains add up.
    let chain = " + 1".repeat(900);
    let nested = format!("x = {}1{};", "(".repeat(20), format!("{chain})").repeat(20));
    assert!(parse(&nested).errors().iter().any(|e| e.contains("too long")));
}

/// A program with every construct, for tests that mutilate it.
const SAMPLE: &str = r##"import std.math;
/// Doc.
#inline pub fn max!(T: Show)(a: T, b: T where b > 0) -> ?T!E { if a > b { a } else { return error .X; } }
struct P!(A) { x: A = 1, y: [3][N]f64 where y > 0 } enum S: u8 { C(f64), R { w: f64 }, E = 3 }
protocol Show { fn show(self: *Self); } impl Show for P { fn show(self: *P) { print(f"{self.x:.3} {{{f"{1}"}"); } }
#link "m" { fn cbrt(x: f64) -> f64; } type G = [,]*restrict f64; const N = 0xff_u8 + 'a' as i64;
test "name" { assert(f(2) == 4 && !x || y ?? z); } module m { var y: @T; }
#if debug { fn a() {} } else { fn b() { } }
outer: for i, *p in xs[1..n by 2] { if let .C(r) = s { break outer; } else if q { continue; } else { pass; } }
switch (x, y) { (1..=2, _) | (3, P { x, .. }) if a => { b(); } "s" => t += 1, const N => nil, else => unreachable, }
let c = |x, y: i64| x |> f(1)! + -1.5e3f32; with context { a: b } { #sync(m) { defer x = 1; on_return { } } }
let v = constantize { yield Map { "a": 1 }; } catch e { new P { x: #async g(1, xs...) } }; /* c /* d */ */
using p; while let q = w.0.1 { r"raw"; b"b"; [0; 3]; .{ x: 1 }; f!(T, 3)(a.*); "\x41\u{41}"; return; } // end
"##;

#[test]
fn the_sample_is_right() {
    assert_eq!(parse(SAMPLE.replace("0xff_u8", "0xffu8").as_str()).errors(), Vec::<String>::new());
}

#[test]
fn every_prefix_parses_to_something() {
    for end in 0..SAMPLE.len() {
        let parsed = parse_bytes(&SAMPLE.as_bytes()[..end]);
        parsed.dump();
        assert!(parsed.diagnostics.len() <= 4, "{end}: one cause, few errors: {:?}", parsed.errors());
    }
    for start in 0..SAMPLE.len() {
        parse_bytes(&SAMPLE.as_bytes()[start..]).dump();
    }
}

#[test]
fn mutated_sources_do_no_harm() {
    let mut state = 0x1234_5678_9abc_def0u64;
    let mut random = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % n
    };
    let tokens: Vec<&str> = SAMPLE.split_inclusive([' ', '(', ')', '{', '}', '.', ';']).collect();
    for round in 0..3000 {
        let source = if round % 3 == 0 {
            let mut tokens = tokens.clone();
            for _ in 0..1 + random(6) {
                let (a, b) = (random(tokens.len()), random(tokens.len()));
                tokens.swap(a, b);
                tokens.remove(random(tokens.len()));
            }
            tokens.concat().into_bytes()
        } else {
            let mut bytes = SAMPLE.as_bytes().to_vec();
            for _ in 0..1 + random(8) {
                let at = random(bytes.len());
                match random(3) {
                    0 => bytes[at] = random(256) as u8,
                    1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, b"(){}[]\"'`;:.,|!?#\\/*f\n\x00\xff"[random(24)]),
                }
            }
            bytes
        };
        let parsed = parse_bytes(&source);
        parsed.dump();
        // All places are in the text, at the borders of characters.
        let text = parsed.map.file(parsed.file.id).text();
        for diagnostic in &parsed.diagnostics {
            assert!(text.get(diagnostic.primary.span.range()).is_some(), "{diagnostic:?}");
        }
        for expr in &parsed.file.exprs {
            assert!(text.get(expr.span.range()).is_some(), "{expr:?}");
        }
    }
}

#[test]
fn binary_input_and_huge_lines_are_fast() {
    let mut state = 7u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    })
    .take(300_000)
    .collect();
    let parsed = parse_bytes(&noise);
    assert!(!parsed.diagnostics.is_empty() && parsed.diagnostics.len() <= super::MAX_ERRORS);
    assert!(parse_bytes(&[0; 100_000]).diagnostics.len() <= super::MAX_ERRORS);
    let line = format!("x = {};", "a[i] * (b + 1); y = ".repeat(100_000));
    assert!(!parse(&line).diagnostics.is_empty());
    let hostile = ["f!((;", "a!(", "\"\n", "for (", "f\"{", "/*", "'", "#", "x?", "Point {", "}", "a < b < "];
    for piece in hostile {
        parse(&piece.repeat(100_000)).dump();
    }
}

#[test]
fn nodes_are_small() {
    assert!(size_of::<ast::Expr>() <= 64, "{}", size_of::<ast::Expr>());
    assert!(size_of::<ast::Stmt>() <= 40, "{}", size_of::<ast::Stmt>());
}
