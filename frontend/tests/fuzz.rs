//! Whatever the source text is, the front end answers: with a module that the verifier accepts, or with diagnostics whose
//! places are in the text. The texts are random bytes, and the programs of the test-suite with random changes.
//!
//! A text that was found to fail is printed; it becomes a file of `tests/files/check`. Seeds are few in the test-suite;
//! `SEEDS=100000 cargo nextest run -p lang-frontend --test fuzz` makes it a campaign.

use lang_frontend::Options;
use lang_frontend::diagnostic::Diagnostic;
use lang_frontend::modules::NoFiles;
use lang_frontend::source::SourceMap;
use lang_ir::evaluate::Limits;
use lang_ir::testing::Random;
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

fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let first = number("FIRST_SEED", 0);
    first..first + number("SEEDS", count)
}

/// All programs of the test-suite, in the order of their names.
fn corpus() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("tests/files"), root.join("examples"), root.join("benches/kernels")];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of programs") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "lang") {
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

/// A program with a few changes.
fn mutant(random: &mut Random, corpus: &[String]) -> Vec<u8> {
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
            3 => words[at] = random.pick(WORDS),
            4 => words.insert(at, random.pick(WORDS)),
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
    for diagnostic in &diagnostics {
        for label in std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary) {
            let text = sources.file(label.span.file).text();
            if text.get(label.span.range()).is_none() {
                return Err(format!("{}: a label at {:?} is not in the text", diagnostic.code, label.span));
            }
        }
    }
    match module.map(|module| lang_ir::verify::verify(&module)) {
        Some(Err(violations)) => Err(format!("the module breaks the rules of the IR: {violations:?}")),
        _ => Ok(()),
    }
}

/// Compiles texts on a stack as deep as that of the command.
fn survives(texts: impl Iterator<Item = (u64, Vec<u8>)> + Send + 'static) {
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
    let corpus = corpus();
    assert!(corpus.len() > 100);
    survives(seeds(1500).map(move |seed| (seed, mutant(&mut Random::new(seed), &corpus))));
}

#[test]
fn random_words_get_an_answer() {
    survives(seeds(500).map(|seed| {
        let mut random = Random::new(!seed);
        let mut text = String::new();
        for _ in 0..random.below(200) {
            text += random.pick(WORDS);
            if !random.once_in(4) {
                text.push(' ');
            }
        }
        (seed, text.into_bytes())
    }));
}

#[test]
fn random_bytes_get_an_answer() {
    survives(seeds(300).map(|seed| {
        let mut random = Random::new(seed ^ 0x5555);
        let len = random.below(300);
        // Mostly bytes that mean something.
        let byte =
            |random: &mut Random| if random.once_in(5) { random.bits() as u8 } else { 32 + random.below(95) as u8 };
        (seed, (0..len).map(|_| byte(&mut random)).collect())
    }));
}
