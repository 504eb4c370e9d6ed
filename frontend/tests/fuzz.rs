//! Whatever the source text is, the front end answers: with a module that the verifier accepts, or with diagnostics whose
//! places are in the text. The texts are random bytes, and the programs of the test-suite with random changes; so it is with
//! programs in Bril, which are written back, too.
//!
//! A text that was found to fail is printed; it becomes a file of `tests/files/check`. Seeds are few in the test-suite;
//! `SEEDS=100000 cargo nextest run -p lang-frontend --test fuzz` makes it a campaign.

use lang_frontend::Options;
use lang_frontend::bril;
use lang_frontend::diagnostic::Diagnostic;
use lang_frontend::modules::NoFiles;
use lang_frontend::source::SourceMap;
use lang_ir::evaluate::Limits;
use lang_ir::testing::Random;
use std::panic::RefUnwindSafe;
use std::path::Path;

/// As the command gives it: enough for the deepest tree that is allowed.
const STACK_SIZE: usize = 256 << 20;

/// What is put in besides words of the programs themselves.
const WORDS: &[&str] = &[
    "fn",
    "let",
    "var",
    "const",
    "struct",
    "enum",
    "impl",
    "import",
    "module",
    "test",
    "if",
    "else",
    "switch",
    "while",
    "for",
    "in",
    "loop",
    "return",
    "break",
    "continue",
    "yield",
    "defer",
    "on_return",
    "using",
    "try",
    "catch",
    "error",
    "constantize",
    "as",
    "nil",
    "true",
    "self",
    "Self",
    "i64",
    "u8",
    "f32",
    "str",
    "bool",
    "char",
    "void",
    "?",
    "!",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".{",
    "..",
    "..=",
    "...",
    "->",
    "=>",
    "|>",
    "??",
    ".*",
    "&",
    "&&",
    "|",
    "||",
    "=",
    "==",
    "!=",
    "<",
    "<<=",
    "-",
    "+=",
    "%%",
    ",",
    ";",
    ":",
    ".",
    "#if",
    "#link",
    "#export",
    "#inline",
    "_",
    "0",
    "-1",
    "255",
    "9223372036854775808",
    "1e400",
    "0x",
    "1.5f16",
    "'a'",
    "'",
    "\"",
    "\"text\"",
    "f\"{x:>8}\"",
    "f\"{",
    "b\"",
    "/*",
    "*/",
    "//",
    "///",
    "\\",
    "\0",
    "é",
    "𝄞",
    "\u{202e}",
    "\n",
    "@T",
    "where",
    "dyn",
    "protocol",
    "#async",
];

/// The same for Bril, in both of its forms.
const BRIL_WORDS: &[&str] = &[
    "@main",
    "@f",
    "(",
    ")",
    "{",
    "}",
    ":",
    ";",
    "=",
    ".",
    ".l",
    ",",
    "<",
    ">",
    "#",
    "int",
    "bool",
    "float",
    "char",
    "ptr",
    "ptr<int>",
    "ptr<ptr<bool>>",
    "any",
    "const",
    "add",
    "div",
    "eq",
    "lt",
    "not",
    "and",
    "id",
    "jmp",
    "br",
    "ret",
    "call",
    "print",
    "nop",
    "fadd",
    "flt",
    "alloc",
    "free",
    "load",
    "store",
    "ptradd",
    "phi",
    "get",
    "set",
    "undef",
    "ceq",
    "char2int",
    "int2char",
    "float2bits",
    "bits2float",
    "speculate",
    "guard",
    "import",
    "from",
    "v",
    "0",
    "-1",
    "9223372036854775808",
    "-9223372036854775808",
    "1e400",
    "0.5",
    "true",
    "'a'",
    "'\\n'",
    "'",
    "\\",
    "\"",
    "\n",
    "é",
    "𝄞",
    "\0",
    "[",
    "]",
    "[[]]",
    "null",
    "\"op\"",
    "\"dest\"",
    "\"args\"",
    "\"labels\"",
    "\"label\"",
    "\"funcs\"",
    "\"type\"",
    "\"value\"",
    "\"name\"",
    "\"instrs\"",
    "\"functions\"",
    "{\"ptr\": \"int\"}",
    "\"pos\"",
];

fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let first = number("FIRST_SEED", 0);
    first..first + number("SEEDS", count)
}

/// All programs of the test-suite whose names end so, in the order of their names.
fn corpus(extension: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("tests/files"), root.join("examples"), root.join("benches/kernels")];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of programs") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let texts = paths.iter().map(|path| String::from_utf8_lossy(&std::fs::read(path).expect("a program")).into_owned());
    texts.filter(|text| text.len() < 20_000).collect()
}

/// A text as words: names and numbers, blanks, and single signs.
fn words(text: &str) -> Vec<&str> {
    let kind = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            1
        } else if c.is_whitespace() {
            2
        } else {
            0
        }
    };
    let mut words = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        if last.is_some_and(|last| last != kind(c) || last == 0) {
            words.push(&text[start..at]);
            start = at;
        }
        last = Some(kind(c));
    }
    words.push(&text[start..]);
    words
}

/// A program with a few changes, which may put in any of the `news`.
fn mutant<'n>(random: &mut Random, corpus: &'n [String], news: &[&'n str]) -> Vec<u8> {
    let text = &corpus[random.below(corpus.len())];
    let mut words = words(text);
    let other: Vec<&str> = self::words(&corpus[random.below(corpus.len())]);
    for _ in 0..1 + random.below(6) {
        let at = random.below(words.len());
        match random.below(10) {
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[random.below(words.len())]),
            2 => {
                let with = random.below(words.len());
                words.swap(at, with);
            }
            3 => words[at] = random.pick(news),
            4 => words.insert(at, random.pick(news)),
            5 => words[at] = random.pick(&other),
            // A word of the same kind, so that most mutants parse.
            6 | 7 => {
                let kind =
                    |word: &str| word.chars().next().map(|c| (c.is_alphabetic(), c.is_numeric(), c.is_whitespace()));
                let same: Vec<&str> =
                    words.iter().chain(&other).copied().filter(|w| kind(w) == kind(words[at])).collect();
                words[at] = random.pick(&same);
            }
            // Some lines of another program.
            8 => {
                let from = random.below(other.len());
                let until = (from + random.below(60)).min(other.len());
                words.splice(at..at, other[from..until].iter().copied());
            }
            _ => {
                let until = (at + random.below(20)).min(words.len());
                words.drain(at..until);
            }
        }
        if words.is_empty() {
            words.push("");
        }
    }
    let mut bytes = words.concat().into_bytes();
    if random.once_in(8) && !bytes.is_empty() {
        let at = random.below(bytes.len());
        match random.below(3) {
            0 => bytes[at] = random.bits() as u8,
            1 => bytes.truncate(at),
            _ => bytes.insert(at, random.bits() as u8),
        }
    }
    bytes
}

/// Compiles a text; what is wrong with the answer.
fn compile(bytes: &[u8]) -> Result<(), String> {
    let mut sources = SourceMap::new();
    let main = sources.add("fuzz.lang", bytes.to_vec());
    // Constants are run, too; an endless one not for long.
    let limits = Limits { fuel: 100_000, memory: 16 << 20 };
    let options = Options { evaluator: Some(&lang_interp::Interp), limits, ..Options::default() };
    let (module, diagnostics) = lang_frontend::compile(&mut sources, main, &NoFiles, &[], &options);
    if module.is_none() && !diagnostics.iter().any(Diagnostic::is_error) {
        return Err("neither a module nor an error".to_string());
    }
    places(&sources, &diagnostics)?;
    module.map_or(Ok(()), |module| follows_rules(&module))
}

/// Compiles a program in Bril in every way, and writes it back.
fn compile_bril(name: &str, bytes: &[u8]) -> Result<(), String> {
    let mut sources = SourceMap::new();
    let main = sources.add(name, bytes.to_vec());
    let ways =
        [(false, false, false), (true, false, false), (true, true, false), (false, true, false), (false, false, true)];
    for (checks, count, functions_only) in ways {
        let (module, diagnostics) = bril::compile(&sources, main, bril::Options { checks, count, functions_only });
        let Some(module) = module else {
            let is_refused = diagnostics.iter().any(Diagnostic::is_error);
            return if is_refused { places(&sources, &diagnostics) } else { Err("no module and no error".to_string()) };
        };
        follows_rules(&module)?;
        if functions_only && let Ok(written) = bril::emit(&module) {
            let mut sources = SourceMap::new();
            let main = sources.add("written.bril", written.clone().into_bytes());
            let (module, diagnostics) = bril::compile(&sources, main, bril::Options::default());
            let Some(module) = module else {
                return Err(format!("what was written has errors: {diagnostics:?}\n{written}"));
            };
            follows_rules(&module)?;
        }
    }
    Ok(())
}

/// Whether the labels of the diagnostics are in the text.
fn places(sources: &SourceMap, diagnostics: &[Diagnostic]) -> Result<(), String> {
    for diagnostic in diagnostics {
        for label in std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary) {
            let text = sources.file(label.span.file).text();
            if text.get(label.span.range()).is_none() {
                return Err(format!("{}: a label at {:?} is not in the text", diagnostic.code, label.span));
            }
        }
    }
    Ok(())
}

fn follows_rules(module: &lang_ir::Module) -> Result<(), String> {
    lang_ir::verify::verify(module)
        .map_err(|violations| format!("the module breaks the rules of the IR: {violations:?}"))
}

/// Compiles texts on a stack as deep as that of the command.
fn survives(
    texts: impl Iterator<Item = (u64, Vec<u8>)> + Send + 'static,
    compile: impl Fn(&[u8]) -> Result<(), String> + RefUnwindSafe + Send + 'static,
) {
    let worker = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(move || {
        for (seed, text) in texts {
            let fault = match std::panic::catch_unwind(|| compile(&text)) {
                Ok(Ok(())) => continue,
                Ok(Err(fault)) => fault,
                Err(_) => "the compiler panicked".to_string(),
            };
            panic!("seed {seed}: {fault}\n{}", String::from_utf8_lossy(&text));
        }
    });
    if let Err(panic) = worker.expect("a thread").join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn changed_programs_get_an_answer() {
    let corpus = corpus("lang");
    assert!(corpus.len() > 100);
    survives(seeds(1500).map(move |seed| (seed, mutant(&mut Random::new(seed), &corpus, WORDS))), compile);
}

#[test]
fn changed_bril_programs_get_an_answer() {
    let corpus = corpus("bril");
    assert!(corpus.len() > 60);
    let texts = seeds(1500).map(move |seed| (seed, mutant(&mut Random::new(seed), &corpus, BRIL_WORDS)));
    survives(texts, |text| compile_bril("fuzz.bril", text));
}

#[test]
fn changed_bril_programs_in_json_get_an_answer() {
    let corpus = corpus("json");
    assert!(!corpus.is_empty());
    let texts = seeds(500).map(move |seed| (seed, mutant(&mut Random::new(seed), &corpus, BRIL_WORDS)));
    survives(texts, |text| compile_bril("fuzz.json", text));
}

#[test]
fn random_words_get_an_answer() {
    survives(seeds(500).map(|seed| (seed, some_words(seed, WORDS))), compile);
}

#[test]
fn random_words_of_bril_get_an_answer() {
    survives(seeds(500).map(|seed| (seed, some_words(seed, BRIL_WORDS))), |text| {
        compile_bril("fuzz.bril", text)?;
        compile_bril("fuzz.json", text)
    });
}

#[test]
fn random_bytes_get_an_answer() {
    survives(seeds(300).map(|seed| (seed, some_bytes(seed))), |text| {
        compile(text)?;
        compile_bril("fuzz.bril", text)?;
        compile_bril("fuzz.json", text)
    });
}

fn some_words(seed: u64, words: &[&str]) -> Vec<u8> {
    let mut random = Random::new(!seed);
    let mut text = String::new();
    for _ in 0..random.below(200) {
        text += random.pick(words);
        if !random.once_in(4) {
            text.push(' ');
        }
    }
    text.into_bytes()
}

fn some_bytes(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed ^ 0x5555);
    let len = random.below(300);
    // Mostly bytes that mean something.
    let byte = |random: &mut Random| if random.once_in(5) { random.bits() as u8 } else { 32 + random.below(95) as u8 };
    (0..len).map(|_| byte(&mut random)).collect()
}
