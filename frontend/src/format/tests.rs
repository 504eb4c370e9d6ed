//! What the formatter does to small texts, and what it keeps of every program in this repository.

use super::*;
use std::path::{Path, PathBuf};

fn formatted(text: &str) -> Result<String, Refused> {
    let mut sources = SourceMap::new();
    let file = sources.add("a.lang", text);
    // Deep trees need the stack that the driver has.
    let work = move || format(&sources, file);
    std::thread::Builder::new().stack_size(256 << 20).spawn(work).unwrap().join().unwrap()
}

/// Formats, and formats the result.
fn stable(text: &str) -> Result<String, String> {
    let once = formatted(text).map_err(|refused| format!("{refused:?}"))?;
    let twice = formatted(&once).map_err(|refused| format!("the second time: {refused:?}"))?;
    if once == twice {
        return Ok(once);
    }
    let lines = once.lines().zip(twice.lines()).find(|(a, b)| a != b);
    Err(format!("not stable: {lines:?}\n--- once\n{once}\n--- twice\n{twice}"))
}

fn expect(text: &str, expected: &str) {
    let found = stable(text).unwrap();
    assert_eq!(found, expected, "\n--- found\n{found}");
}

#[test]
fn spaces_are_those_of_the_language() {
    expect(
        "fn  f( a :i64 ,b:*restrict  f64,c : [ ]restrict u8 , d:[ 3 ] [4]?*T)->(i64 , T ! E){a*b+ -c-- d . e [ 0 ]  ( 1 )!  .*}",
        "fn f(a: i64, b: *restrict f64, c: []restrict u8, d: [3][4]?*T) -> (i64, T!E) { a * b + -c - -d.e[0](1)!.* }\n",
    );
    expect(
        "let x=- 5 ;let y=& z ;let f=| a,b |a|b;let g = || 1 ;for i,*p in 0 .. n+1 by - 2{x+=y . max(1)as u8;}",
        "let x = -5;\nlet y = &z;\nlet f = |a, b| a | b;\nlet g = || 1;\nfor i, *p in 0..n + 1 by -2 { x += y.max(1) as u8; }\n",
    );
    expect(
        "switch s{.A|. B(x)if x>3=>x,. C{w,..}=>return error . D,1..=3|- 5=>! y,else=>( x ,),}",
        "switch s { .A | .B(x) if x > 3 => x, .C { w, .. } => return error .D, 1..=3 | -5 => !y, else => (x,) }\n",
    );
    expect(
        "let m:[ , ]f64=max!( f64 )( f! (a)[ i.. ] ,b [..j by 2],xs ... )??.{x:1 , } ;f\"{ x :>8}\";",
        "let m: [,]f64 = max!(f64)(f! (a)[i..], b[..j by 2], xs...) ?? .{ x: 1 };\nf\"{ x :>8}\";\n",
    );
    expect("#inline   pub fn f ( ){ }", "#inline pub fn f() {}\n");
    expect("", "");
    expect("\n\n// only\r\n\r\n\r\n\r\n/* comments */  \n\n", "// only\n\n/* comments */\n");
    expect("#!/usr/bin/lang\n\nprint( 1 );", "#!/usr/bin/lang\n\nprint(1);\n");
}

#[test]
fn blocks_and_lists_stay_as_they_were_begun() {
    expect(
        "fn f() {\n\n\n  a; b;\n\n\n\n  if c { d } else {\n e }\n\n}\nfn g() { h(); }",
        "fn f() {\n    a;\n    b;\n\n    if c {\n        d\n    } else {\n        e\n    }\n}\nfn g() { h(); }\n",
    );
    expect(
        "struct P { x: f64, y: f64, }\nlet t = [1, 2,\n 3];\nf(a,\n b);\ng(P {\n x: 1.0 });\nlet one = (1,);",
        "struct P { x: f64, y: f64 }\nlet t = [\n    1, 2,\n    3,\n];\nf(\n    a,\n    b,\n);\ng(P {\n    x: 1.0,\n});\n\
         let one = (1,);\n",
    );
    expect(
        "switch x {\n 1 => { a; }\n 2 => b, 3 => c\n}",
        "switch x {\n    1 => { a; }\n    2 => b,\n    3 => c,\n}\n",
    );
    expect(
        "let x = a\n && b\n.c();\n#test_only\nfn f() { 1 }",
        "let x = a\n    && b\n    .c();\n#test_only\nfn f() { 1 }\n",
    );
}

#[test]
fn long_lines_break_at_brackets_and_operators() {
    let name = "a_name_of_thirty_five_characters___";
    let call = format!("let x = call({name}, {name}, {name}, {name});");
    expect(&call, &format!("let x = call(\n    {name},\n    {name},\n    {name},\n    {name},\n);\n"));
    let sum = format!("let x = {name} + {name} + {name} + {name};");
    expect(&sum, &format!("let x = {name} + {name} + {name}\n    + {name};\n"));
    let products = format!("let x = {name} * {name} + {name} + b * {name};");
    expect(&products, &format!("let x = {name} * {name} + {name}\n    + b * {name};\n"));
    let cast = format!("let x = {name} + {name} + {name} + ab as i64 as i32;");
    expect(&cast, &format!("let x = {name} + {name} + {name}\n    + ab as i64 as i32;\n"));
    let pattern = format!("switch x {{ const {name} | const {name} | const {name} | 1 | 2 => 3, else => 4 }}");
    expect(
        &pattern,
        &format!(
            "switch x {{\n    const {name} | const {name}\n        | const {name} | 1 | 2 => 3,\n    else => 4,\n}}\n"
        ),
    );
    let both = format!("if c {{ return {name}; }} else {{ return {name} + {name}; }}");
    expect(&both, &format!("if c {{\n    return {name};\n}} else {{\n    return {name} + {name};\n}}\n"));
}

/// An expression in parentheses goes on in its lines; one that fits on no line breaks at its last bracket.
#[test]
fn parentheses_are_no_lists() {
    let n = "a_name_of_thirty_five_characters___";
    expect("let x = (\n    a\n    + b\n);", "let x = (a\n    + b);\n");
    expect("let x = ( // why\n a + b\n);", "let x = ( // why\n    a + b\n);\n");
    let last = format!("let x = a * ({n} + {n} + {n} + {n});");
    expect(&last, &format!("let x = a * ({n} + {n}\n    + {n} + {n});\n"));
    let polynomial = format!("let x = {n} + x * ({n} + x * ({n} + x * ({n} + x * ({n} + x * {n}))));");
    expect(&polynomial, &format!("let x = {n} + x * ({n}\n    + x * ({n} + x * ({n}\n    + x * ({n} + x * {n}))));\n"));
}

#[test]
fn a_brace_stands_below_a_condition_of_several_lines() {
    let n = "a_name_of_thirty_five_characters___";
    let long = format!("if {n} && {n} || {n} && {n} {{ a; }} else {{ b; }}");
    expect(&long, &format!("if {n} && {n}\n    || {n} && {n}\n{{\n    a;\n}} else {{\n    b;\n}}\n"));
    expect("while a\n && b { c; }", "while a\n    && b\n{\n    c;\n}\n");
    expect("for x in a\n |> f() {}", "for x in a\n    |> f()\n{}\n");
    expect("switch a\n + b { else => c }", "switch a\n    + b\n{\n    else => c,\n}\n");
    expect("if a\n && b // why\n { c; }", "if a\n    && b // why\n{\n    c;\n}\n");
    expect("if f(\n a,\n b) { c; }", "if f(\n    a,\n    b,\n) { c; }\n");
    expect("let x = a\n + if b { c } else { d };", "let x = a\n    + if b { c } else { d };\n");
}

#[test]
fn comments_stay_where_they_are() {
    expect(
        "// first\n\n/// doc\nfn f( // of f\n a: i64, // of a\n // before b\n b: i64 /* inline */ ) { // of the body\n\n \
         // alone\n\n x; // of x\n // last\n\n}\n// end",
        "// first\n\n/// doc\nfn f( // of f\n    a: i64, // of a\n    // before b\n    b: i64, /* inline */\n) { // of the body\n    \
         // alone\n\n    x; // of x\n    // last\n}\n// end\n",
    );
    expect("f(/* a */ 1 /* b */, 2);", "f(/* a */ 1 /* b */, 2);\n");
    expect("fn f() { /* a */ }\nfn g(/* b */) {}", "fn f() { /* a */ }\nfn g(/* b */) {}\n");
    expect("let x = 1 // one\n + 2;", "let x = 1 // one\n    + 2;\n");
}

#[test]
fn what_has_errors_is_left_alone() {
    assert!(matches!(formatted("fn f( {"), Err(Refused::Errors(_))));
}

/// All programs of this repository, but those that are to have errors.
fn programs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut todo: Vec<PathBuf> =
        ["examples", "benches", "tests", "frontend"].iter().map(|folder| root.join(folder)).collect();
    let mut found = Vec::new();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|e| e == "lang") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn parses(text: &str) -> bool {
    let mut sources = SourceMap::new();
    let file = sources.add("a.lang", text);
    let work = move || !parse(&sources, file, &mut Interner::new()).1.iter().any(Diagnostic::is_error);
    std::thread::Builder::new().stack_size(256 << 20).spawn(work).unwrap().join().unwrap()
}

#[test]
fn every_program_keeps_its_meaning_and_is_formatted_once() {
    let mut count = 0;
    for path in programs() {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        if parses(&text) {
            stable(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            count += 1;
        }
    }
    assert!(count > 100, "only {count} programs were found");
}

/// As much of a program on one line as comments allow: the formatter has to find where lines break.
#[test]
fn joined_programs_are_formatted_once() {
    let mut count = 0;
    for path in programs() {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        if text.starts_with("#!") || !parses(&text) {
            continue;
        }
        let mut sources = SourceMap::new();
        let file = sources.add("a.lang", text.as_str());
        let lexed = lex::lex(file, &text, &mut Vec::new());
        let source = Source::new(&text, &lexed);
        let mut joined = String::new();
        let mut last_end = 0;
        for (index, atom) in source.atoms.iter().enumerate() {
            let between = &text[last_end..atom.start as usize];
            let is_space = between.trim().is_empty();
            joined.push_str(if is_space && !between.is_empty() { " " } else { between });
            joined.push_str(source.atom(index));
            last_end = atom.end as usize;
        }
        joined.push_str(&text[last_end..]);
        if parses(&joined) {
            stable(&joined).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            count += 1;
        }
    }
    assert!(count > 100, "only {count} programs were left");
}

/// A small generator of random numbers (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// The program with other white space, and with comments wherever they may be.
fn shaken(text: &str, random: &mut Random) -> String {
    let mut sources = SourceMap::new();
    let file = sources.add("a.lang", text);
    let lexed = lex::lex(file, text, &mut Vec::new());
    let source = Source::new(text, &lexed);
    let mut shaken = String::new();
    let mut last_end = 0;
    for index in 0..source.atoms.len() {
        let atom = source.atoms[index];
        let between = &text[last_end..atom.start as usize];
        match random.below(60) {
            0 => shaken.push_str("\n\n\n"),
            1 => shaken.push_str(" // here\n"),
            2 => shaken.push_str("\n    // above\n"),
            3 => shaken.push_str("/* inside */"),
            4 => shaken.push('\t'),
            5 => shaken.push('\n'),
            6 if between.trim().is_empty() && !between.is_empty() => shaken.push(' '),
            _ => {}
        }
        shaken.push_str(between);
        shaken.push_str(source.atom(index));
        last_end = atom.end as usize;
    }
    shaken.push_str(&text[last_end..]);
    shaken
}

#[test]
fn shaken_programs_are_formatted_once() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut count = 0;
    let programs = programs();
    for path in programs.iter().chain(&programs) {
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        if text.len() > 6000 || text.starts_with("#!") || !parses(&text) {
            continue;
        }
        let shaken = shaken(&text, &mut random);
        // A line break can end a statement that goes on without it.
        if parses(&shaken) {
            stable(&shaken).unwrap_or_else(|error| panic!("{}: {error}\n--- shaken\n{shaken}", path.display()));
            count += 1;
        }
    }
    assert!(count > 30, "only {count} programs were left");
}
