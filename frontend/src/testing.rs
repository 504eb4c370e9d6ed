//! A program compiled for its tests: the `test` blocks, and the examples in doc comments.

use crate::Options;
use crate::ast::{self, ItemKind};
use crate::check::check;
use crate::diagnostic::Diagnostic;
use crate::hir::Program;
use crate::intern::Interner;
use crate::lower::lower_tests;
use crate::modules::{self, Loader, Place};
use crate::parse::{self, Example};
use crate::source::{FileId, SourceMap, Span};
use lang_ir::Module;

/// A program that runs its tests.
#[derive(Debug, Default)]
pub struct Tests {
    /// Runs the test whose number is its first argument, and writes [`crate::PASSED`] when it came to its end.
    pub module: Module,
    /// In the order of the source.
    pub tests: Vec<Test>,
}

/// One test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    pub name: String,
    /// Of the name, or the opening fence of an example.
    pub span: Span,
    /// It stands in a doc comment.
    pub example: bool,
    /// It is an example that is to have errors.
    pub wrong: bool,
    /// Its number in the module, or what is wrong with this example.
    pub code: Result<u32, Vec<Diagnostic>>,
}

/// Compiles the tests of the program whose main file is this one, and of what it imports; `loader` and `places` find that.
/// They are there unless one of the diagnostics is an error. What is wrong with an example in a comment is kept with it:
/// the others run all the same. A program without tests is not looked at further.
pub fn compile_tests(
    sources: &mut SourceMap,
    main: FileId,
    loader: &dyn Loader,
    places: &[Place],
    options: &Options<'_>,
) -> (Option<Tests>, Vec<Diagnostic>) {
    let mut interner = Interner::new();
    let (mut program_modules, mut diagnostics) = modules::load(sources, main, &mut interner, loader, places);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return (None, diagnostics);
    }
    let mut broken: Vec<Broken> = Vec::new();
    loop {
        let mut modules = program_modules.clone();
        let examples = add_examples(sources, &mut interner, &mut modules.files, &broken);
        // What only examples name of the prelude was not known before they were read.
        if program_modules.add_prelude(sources, &mut interner) {
            continue;
        }
        if examples.is_empty() && !modules.files.iter().any(has_tests) {
            return (Some(Tests::default()), diagnostics);
        }
        let (program, found) = check(sources, &mut interner, &modules, options);
        let (of_examples, of_program): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|d| examples.iter().any(|e| contains(e.span, d.primary.span)));
        if of_program.iter().any(Diagnostic::is_error) {
            diagnostics.extend(of_program);
            return (None, diagnostics);
        }
        let before = broken.len();
        let wrong: Vec<Span> = examples.iter().filter(|example| example.wrong).map(|example| example.fence).collect();
        for example in examples {
            let mine = of_examples.iter().filter(|d| contains(example.span, d.primary.span));
            let errors: Vec<_> = mine.chain(&example.errors).filter(|d| d.is_error()).cloned().collect();
            let is_known = broken.iter().any(|known| known.fence == example.fence);
            if !errors.is_empty() && !is_known {
                broken.push(Broken { name: example.name, fence: example.fence, wrong: example.wrong, errors });
            }
        }
        // Without those that are broken, the rest has no errors; one that could not be read was not among the rest.
        if of_examples.iter().any(Diagnostic::is_error) && broken.len() > before {
            continue;
        }
        diagnostics.extend(of_program);
        let tests = all_tests(&program, broken, &wrong);
        return (Some(Tests { module: lower_tests(sources, &interner, program), tests }), diagnostics);
    }
}

fn has_tests(file: &ast::File) -> bool {
    file.items.iter().any(|item| matches!(item.kind, ItemKind::Test { .. }))
}

/// An example that has errors.
struct Broken {
    name: String,
    fence: Span,
    wrong: bool,
    errors: Vec<Diagnostic>,
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.start < outer.end
}

/// The examples of all files, which become tests of them unless they are known as broken.
fn add_examples(
    sources: &SourceMap,
    interner: &mut Interner,
    files: &mut [ast::File],
    broken: &[Broken],
) -> Vec<Example> {
    let without = |fence: Span| broken.iter().any(|known| known.fence == fence);
    let mut all = Vec::new();
    for file in files {
        let source = sources.file(file.id);
        all.extend(parse::examples(file, source, interner, &without));
    }
    all
}

fn all_tests(program: &Program, broken: Vec<Broken>, wrong: &[Span]) -> Vec<Test> {
    let numbered = program.tests.iter().zip(0..);
    let mut tests: Vec<Test> = numbered
        .map(|(test, number)| Test {
            name: test.name.clone(),
            span: test.span,
            example: test.example,
            wrong: test.example && wrong.contains(&test.span),
            code: Ok(number),
        })
        .collect();
    tests.extend(broken.into_iter().map(|example| Test {
        name: example.name,
        span: example.fence,
        example: true,
        wrong: example.wrong,
        code: Err(example.errors),
    }));
    tests.sort_by_key(|test| test.span);
    tests
}
