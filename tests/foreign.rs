//! The border to C: libraries that C programs use, and random signatures and structs, where C is the judge.

use crate::expect::Expect;
use crate::modes::{Library, Mode, Outcome, has_llvm, lang, root, run};
use libtest_mimic::Trial;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs with random signatures, in a usual run; `SEEDS` asks for more.
const SEEDS: u64 = 3;
/// Functions in each.
const FUNCTIONS: usize = 12;

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    let folder = Path::new("tests/files/library");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .expect("the libraries")
        .map(|entry| folder.join(entry.expect("an entry").file_name()))
        .filter(|path| path.extension().is_some_and(|e| e == "lang"))
        .collect();
    paths.sort();
    for path in paths {
        let name = format!("library/{}", path.file_name().expect("a name").display());
        trials.push(Trial::test(name, move || library(&path).map_err(Into::into)));
    }
    let seeds = std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    for seed in 0..seeds {
        trials.push(Trial::test(format!("foreign/random-{seed}"), move || signatures(seed).map_err(Into::into)));
    }
    trials
}

/// Builds a library for C in every way, links the C program beside it with it, and compares what that prints.
fn library(path: &Path) -> Result<(), String> {
    let expect = Expect::read(path);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (object, program) = (folder.path().join("library.o"), folder.path().join("program"));
    let mut first: Option<Outcome> = None;
    let release: &[&str] = &["--release"];
    let ways: [&[&str]; 2] = [&[], &["-O2"]];
    for options in ways.into_iter().chain(has_llvm().then_some(release)) {
        let mut build = lang();
        build.arg("build").arg(path).args(["--emit", "obj", "-o"]).arg(&object).args(options);
        let mut cc = Command::new("cc");
        cc.args(["-O1", "-Wall", "-Werror", "-fno-omit-frame-pointer", "-o"]).arg(&program);
        cc.arg(root().join(path).with_extension("c")).arg(&object).arg("-lm");
        for command in [build, cc] {
            let made = run(command, "");
            if !made.status.success() {
                return Err(String::from_utf8_lossy(&made.stderr).into_owned());
            }
        }
        let outcome: Outcome = run(Command::new(&program), "").into();
        match &first {
            Some(first) if *first != outcome => {
                return Err(format!("{options:?} gave\n{outcome:?}\nbut debug gave\n{first:?}"));
            }
            _ => first = Some(outcome),
        }
    }
    let outcome = first.expect("it ran");
    let status = format!("{:?}\n", outcome.status);
    expect.check(&[("stdout", outcome.stdout), ("stderr", outcome.stderr), ("status", status)])
}

/// Values of random types go to C, which prints them and calls back with them; the callback prints them, too, and its result
/// goes all the way back. Whoever prints, the text has to be that of the value that was made.
fn signatures(seed: u64) -> Result<(), String> {
    let Generated { program, library, expected } = Generator { random: seed.wrapping_mul(0x9e37_79b9) + 1 }.program();
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("random.lang");
    for (path, text) in [(path.clone(), &program), (path.with_extension("c"), &library)] {
        std::fs::write(path, text).map_err(|error| error.to_string())?;
    }
    let made = Library::of(&path)?;
    for mode in Mode::all() {
        let outcome: Outcome = mode.run(&path, &made, &[], &[], "").into();
        if outcome.stdout != expected || outcome.status != Some(0) {
            let line = outcome.stdout.lines().zip(expected.lines()).position(|(got, wanted)| got != wanted);
            return Err(format!(
                "seed {seed}, {mode:?}, line {line:?}: expected\n{expected}\nbut got {:?}\n{}{}\nof\n{program}\n{library}",
                outcome.status, outcome.stdout, outcome.stderr
            ));
        }
    }
    Ok(())
}

struct Generated {
    program: String,
    library: String,
    expected: String,
}

/// A type in both languages.
#[derive(Clone)]
enum Type {
    /// What it is called here, in C, and how C prints it.
    Scalar(&'static str, &'static str, &'static str),
    Struct(usize),
    /// In structs only.
    Array(Box<Type>, usize),
}

const SCALARS: &[(&str, &str, &str)] = &[
    ("i8", "int8_t", "%d"),
    ("u8", "uint8_t", "%u"),
    ("i16", "int16_t", "%d"),
    ("u16", "uint16_t", "%u"),
    ("i32", "int32_t", "%d"),
    ("u32", "uint32_t", "%u"),
    ("i64", "int64_t", "%ld"),
    ("u64", "uint64_t", "%lu"),
    ("f32", "float", "%.2f"),
    ("f64", "double", "%.2f"),
    ("f32", "float", "%.2f"),
    ("f64", "double", "%.2f"),
    ("bool", "_Bool", "%d"),
];

struct Generator {
    random: u64,
}

impl Generator {
    /// Below this.
    fn below(&mut self, n: usize) -> usize {
        // Marsaglia's xorshift.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as usize % n
    }

    fn scalar(&mut self) -> Type {
        let (ours, c, format) = SCALARS[self.below(SCALARS.len())];
        Type::Scalar(ours, c, format)
    }

    fn program(mut self) -> Generated {
        let mut structs: Vec<Vec<Type>> = Vec::new();
        for _ in 0..6 {
            let fields = 1 + self.below(4);
            let fields = (0..fields).map(|_| match self.below(6) {
                0 if !structs.is_empty() => Type::Struct(self.below(structs.len())),
                1 => Type::Array(Box::new(self.scalar()), 1 + self.below(3)),
                _ => self.scalar(),
            });
            let fields = fields.collect();
            structs.push(fields);
        }
        let mut out = Generated { program: String::new(), library: String::new(), expected: String::new() };
        out.library += "#include <stdint.h>\n#include <stdio.h>\n";
        for (index, fields) in structs.iter().enumerate() {
            let ours: Vec<String> = fields.iter().enumerate().map(|(i, ty)| format!("f{i}: {}", ours(ty))).collect();
            let c: Vec<String> = fields.iter().enumerate().map(|(i, ty)| declared(ty, &format!("f{i}"))).collect();
            let _ = writeln!(out.program, "struct S{index} {{ {} }}", ours.join(", "));
            let _ = writeln!(out.library, "struct S{index} {{ {}; }};", c.join("; "));
        }
        let (mut declarations, mut callbacks, mut main) = (String::new(), String::new(), String::new());
        for index in 0..FUNCTIONS {
            self.function(index, &structs, &mut out, [&mut declarations, &mut callbacks, &mut main]);
        }
        let _ = writeln!(out.program, "#link \"random\" {{\n{declarations}}}\n{callbacks}fn main() {{\n{main}}}");
        out
    }

    /// A function of C that prints its arguments, passes them to a callback, and returns what that gives.
    fn function(
        &mut self,
        index: usize,
        structs: &[Vec<Type>],
        out: &mut Generated,
        [declarations, callbacks, main]: [&mut String; 3],
    ) {
        let count = self.below(9);
        let mut any = || if self.below(2) == 0 { Type::Struct(self.below(structs.len())) } else { self.scalar() };
        let params: Vec<Type> = (0..count).map(|_| any()).collect();
        let result = any();
        let names: Vec<String> = (0..count).map(|i| format!("p{i}")).collect();
        let ours_params: Vec<String> = params.iter().zip(&names).map(|(ty, n)| format!("{n}: {}", ours(ty))).collect();
        let our_types: Vec<String> = params.iter().map(ours).collect();
        let c_params: Vec<String> = params.iter().zip(&names).map(|(ty, n)| declared(ty, n)).collect();
        let c_types: Vec<String> = params.iter().map(|ty| declared(ty, "")).collect();
        let (ours_result, c_result) = (ours(&result), declared(&result, ""));
        let c_list = if c_types.is_empty() { "void".to_string() } else { c_types.join(", ") };
        let callback = format!("fn({}) -> {ours_result}", our_types.join(", "));

        let before: Vec<String> = ours_params.iter().map(|param| format!("{param}, ")).collect();
        let _ = writeln!(declarations, "    fn g{index}({}back: {callback}) -> {ours_result};", before.concat());
        let mut prints = String::new();
        for (ty, name) in params.iter().zip(&names) {
            print_c(ty, name, structs, &mut prints);
        }
        let c_before: Vec<String> = c_params.iter().map(|param| format!("{param}, ")).collect();
        let _ = writeln!(
            out.library,
            "{c_result} g{index}({}{c_result} (*back)({c_list})) {{ printf(\"g{index}\"); {prints} printf(\"\\n\"); return back({}); }}",
            c_before.concat(),
            names.join(", ")
        );

        let (mut args, mut shown) = (Vec::new(), format!("g{index}"));
        for ty in &params {
            args.push(self.value(ty, structs, &mut shown));
        }
        let mut shown_result = String::new();
        let value = self.value(&result, structs, &mut shown_result);
        let mut prints = String::new();
        for (ty, name) in params.iter().zip(&names) {
            print_ours(ty, name, structs, &mut prints);
        }
        let _ = writeln!(
            callbacks,
            "fn c{index}({}) -> {ours_result} {{ write(\"g{index}\"); {prints} print(); {value} }}",
            ours_params.join(", ")
        );
        let mut print = String::new();
        print_ours(&result, "r", structs, &mut print);
        args.push(format!("c{index}"));
        let _ = writeln!(main, "    {{ let r = g{index}({}); write(\"r\"); {print} print(); }}", args.join(", "));
        let _ = writeln!(out.expected, "{shown}\n{shown}\nr{shown_result}");
    }

    /// A value of a type as we write it; how it is shown goes to `shown`.
    fn value(&mut self, ty: &Type, structs: &[Vec<Type>], shown: &mut String) -> String {
        match ty {
            Type::Scalar("bool", ..) => {
                let value = self.below(2);
                let _ = write!(shown, " {value}");
                if value == 1 { "true".into() } else { "false".into() }
            }
            Type::Scalar(name, _, format) if name.starts_with('f') => {
                let value = self.below(4000) as f64 / 4.0 - 500.0;
                debug_assert_eq!(*format, "%.2f");
                let _ = write!(shown, " {value:.2}");
                format!("{value:?}")
            }
            Type::Scalar(name, ..) => {
                let bits: u32 = name[1..].parse().expect("a width");
                let word =
                    (self.below(1 << 30) as u64) << 34 ^ self.below(1 << 30) as u64 ^ (self.below(8) as u64) << 30;
                let value = match name.starts_with('i') {
                    true => i128::from(word as i64 >> (64 - bits)),
                    false => i128::from(word >> (64 - bits)),
                };
                let _ = write!(shown, " {value}");
                value.to_string()
            }
            Type::Struct(index) => {
                let fields = structs[*index].iter().enumerate();
                let fields: Vec<String> =
                    fields.map(|(i, ty)| format!("f{i}: {}", self.value(ty, structs, shown))).collect();
                format!("S{index} {{ {} }}", fields.join(", "))
            }
            Type::Array(element, len) => {
                let elements: Vec<String> = (0..*len).map(|_| self.value(element, structs, shown)).collect();
                format!("[{}]", elements.join(", "))
            }
        }
    }
}

fn ours(ty: &Type) -> String {
    match ty {
        Type::Scalar(name, ..) => name.to_string(),
        Type::Struct(index) => format!("S{index}"),
        Type::Array(element, len) => format!("[{len}]{}", ours(element)),
    }
}

/// A declaration in C.
fn declared(ty: &Type, name: &str) -> String {
    match ty {
        Type::Scalar(_, c, _) => format!("{c} {name}"),
        Type::Struct(index) => format!("struct S{index} {name}"),
        Type::Array(element, len) => format!("{}[{len}]", declared(element, name)),
    }
}

fn print_c(ty: &Type, name: &str, structs: &[Vec<Type>], out: &mut String) {
    match ty {
        Type::Scalar(_, _, format) => {
            let _ = write!(out, "printf(\" {format}\", {name}); ");
        }
        Type::Struct(index) => {
            let fields = structs[*index].iter().enumerate();
            fields.for_each(|(i, ty)| print_c(ty, &format!("{name}.f{i}"), structs, out));
        }
        Type::Array(element, len) => {
            (0..*len).for_each(|i| print_c(element, &format!("{name}[{i}]"), structs, out));
        }
    }
}

fn print_ours(ty: &Type, name: &str, structs: &[Vec<Type>], out: &mut String) {
    match ty {
        Type::Scalar("bool", ..) => {
            let _ = write!(out, "write(\" \", {name} as i32); ");
        }
        Type::Scalar(_, _, "%.2f") => {
            let _ = write!(out, "write(f\" {{{name}:.2}}\"); ");
        }
        Type::Scalar(..) => {
            let _ = write!(out, "write(\" \", {name}); ");
        }
        Type::Struct(index) => {
            let fields = structs[*index].iter().enumerate();
            fields.for_each(|(i, ty)| print_ours(ty, &format!("{name}.f{i}"), structs, out));
        }
        Type::Array(element, len) => {
            (0..*len).for_each(|i| print_ours(element, &format!("{name}[{i}]"), structs, out));
        }
    }
}
