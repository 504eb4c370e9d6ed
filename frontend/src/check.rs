//! From syntax trees to the typed tree: what names mean, what types values have, and whether the program keeps the
//! rules.
//!
//! [`check`] is the way in. It goes over a program in this order, and all but bodies is resolved on demand, so that the
//! order of declarations does not matter:
//!
//! 1. `resolve::collect` puts the declarations of every file into scopes;
//! 2. `types` gives structs their fields and layouts, `signature` gives functions their parameter types;
//! 3. `global` evaluates constants and the initialisers of globals;
//! 4. `function` checks bodies, one at a time: statements in `body`, expressions in `expr` and its neighbours;
//! 5. `lending` and `pure` look at the finished bodies together.
//!
//! An expression is checked by [`body::FnCx::expr`] with the type that its context asks for, if it asks for one. That
//! is a hint that literals and the like take; whoever needs exactly that type calls [`body::FnCx::expr_to`], which
//! converts or reports. What had an error has the type `Ty::ERROR`, which fits everything, so that one cause gives one
//! diagnostic.

pub(crate) mod body;
pub(crate) mod builtin;
pub(crate) mod call;
pub(crate) mod const_if;
pub(crate) mod control;
pub(crate) mod convert;
pub(crate) mod coverage;
pub(crate) mod enums;
pub(crate) mod errors;
pub(crate) mod exposed;
pub(crate) mod expr;
pub(crate) mod foreign;
pub(crate) mod function;
pub(crate) mod global;
pub(crate) mod impls;
pub(crate) mod init;
pub(crate) mod leaving;
pub(crate) mod lending;
pub(crate) mod literal;
pub(crate) mod operator;
pub(crate) mod overload;
pub(crate) mod path;
pub(crate) mod pattern;
pub(crate) mod place;
pub(crate) mod print;
pub(crate) mod pure;
pub(crate) mod recursion;
pub(crate) mod signature;
pub(crate) mod slice;
pub(crate) mod types;
pub(crate) mod using;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod verify;

use crate::Options;
use crate::ast;
use crate::constantize;
use crate::diagnostic::Diagnostic;
use crate::hir::{self, ConstId, FuncId, GlobalId, StrId};
use crate::intern::{Interner, Symbol};
use crate::modules::{ModuleInfo, Modules};
use crate::resolve::{AliasDecl, Decl, FnSet, FnSetId, Scope, ScopeId, Visibility};
use crate::source::{SourceMap, Span};
use crate::types::{StructId, Ty, TyKind, Types};
use rustc_hash::FxHashMap;

/// The stack of the thread that checks: enough for the deepest tree that is allowed, in unoptimized builds too.
const STACK_SIZE: usize = 256 << 20;

/// Checks a program. Without errors among the diagnostics, the program is whole.
pub fn check(
    sources: &SourceMap,
    interner: &mut Interner,
    modules: &Modules,
    options: &Options<'_>,
) -> (hir::Program, Vec<Diagnostic>) {
    std::thread::scope(|scope| {
        let interner = &mut *interner;
        let thread = std::thread::Builder::new()
            .name("check".to_string())
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, move || run(sources, interner, modules, options))
            .expect("a thread to check in");
        match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn run(
    sources: &SourceMap,
    interner: &mut Interner,
    modules: &Modules,
    options: &Options<'_>,
) -> (hir::Program, Vec<Diagnostic>) {
    let mut cx = Cx::new(sources, interner, modules, options);
    cx.collect_files();
    cx.resolve_types();
    cx.resolve_impls();
    cx.resolve_signatures();
    cx.check_consts();
    cx.check_globals();
    cx.check_bodies();
    if !cx.diagnostics.iter().any(Diagnostic::is_error) {
        cx.check_lending();
        cx.check_recursion();
        cx.check_pure();
    }
    cx.finish()
}

/// What is known of the whole program while it is checked.
pub(crate) struct Cx<'a> {
    pub sources: &'a SourceMap,
    pub interner: &'a mut Interner,
    /// The main file is the first.
    pub files: &'a [ast::File],
    /// One for each file.
    pub modules: &'a [ModuleInfo],
    pub options: &'a Options<'a>,
    pub types: Types,
    pub libraries: Vec<hir::Library>,
    pub link_paths: Vec<StrId>,
    pub diagnostics: Vec<Diagnostic>,

    pub scopes: Vec<Scope>,
    /// The top-level scope of each file.
    pub file_scopes: Vec<ScopeId>,
    /// Which files have statements at the top level.
    pub scripts: Vec<bool>,
    /// The scope of what every program sees, if it names something in it.
    pub prelude: Option<ScopeId>,
    pub fn_sets: Vec<FnSet>,
    /// Of sets with private functions, the set of the others.
    pub public_sets: FxHashMap<FnSetId, FnSetId>,
    pub impls: Vec<impls::ImplDecl>,
    /// Functions that types have of their own, by `impl`; only sets and `Broken`.
    pub type_fns: FxHashMap<(Ty, Symbol), Decl>,
    /// By `StructId`.
    pub structs: Vec<StructDecl>,
    /// By `EnumId`.
    pub enums: Vec<enums::EnumDecl>,
    pub aliases: Vec<AliasDecl>,
    /// By `ConstDeclId`.
    pub consts: Vec<ConstDecl>,
    /// By `FuncId`.
    pub funcs: Vec<FuncDecl>,
    /// By `GlobalId`.
    pub globals: Vec<GlobalDecl>,

    pub constants: Vec<hir::Constant>,
    pub data: Vec<hir::Data>,
    pub strings: Vec<Box<[u8]>>,
    string_ids: FxHashMap<Box<[u8]>, StrId>,
    /// Constants without a type of their own, by the types that they were used with.
    pub free_consts: FxHashMap<(crate::resolve::ConstDeclId, Ty), Option<hir::ConstValue>>,
    /// The body of the script, if the main file is one.
    pub script: Option<FuncId>,
    /// Its statements that store globals.
    pub script_inits: Vec<usize>,
    /// Found by `exposed`.
    pub exposed: hir::Exposed,
    pub tests: Vec<hir::Test>,
    /// Default values of fields that are being put into a literal, innermost last.
    pub open_defaults: Vec<(StructId, usize)>,
    /// `#if`s at the top level and in modules that are not decided yet: scope, file, statements around them.
    pub pending_ifs: Vec<(ScopeId, usize, ast::List<ast::StmtId>)>,
    /// The arm of each `#if` that is taken, by file and statement.
    pub taken_arms: FxHashMap<(usize, ast::StmtId), Option<ast::BlockId>>,
    /// What was run while compiling so far.
    pub constantize: constantize::State,
}

/// How far something that may refer to itself is resolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TypeState {
    Unresolved,
    InProgress,
    Done,
}

pub(crate) struct StructDecl {
    pub scope: ScopeId,
    pub fields: ast::List<ast::FieldDecl>,
    pub state: TypeState,
    pub layout: TypeState,
}

pub(crate) struct ConstDecl {
    pub scope: ScopeId,
    pub name: ast::Ident,
    pub ty: Option<ast::TypeId>,
    pub value: ast::ExprId,
    pub state: ConstState,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum ConstState {
    Unresolved,
    InProgress,
    /// Only unsuffixed literals: takes its type where it is used.
    Free(operator::Free),
    Done {
        ty: Ty,
        value: hir::ConstValue,
        /// Where it lies, once somebody needed that.
        memory: Option<ConstId>,
    },
    Error,
}

/// Where a function comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FuncSource {
    Fn(ast::FnId),
    /// In `#link`.
    Extern(ast::FnId),
    /// The top-level statements of the main file.
    Script,
    /// The initialiser of a global.
    Init(GlobalId),
    /// Runs all initialisers.
    InitAll,
}

pub(crate) struct FuncDecl {
    pub name: Symbol,
    pub span: Span,
    pub path: String,
    pub source: FuncSource,
    /// Index of the file.
    pub file: usize,
    /// The scope that it is declared in.
    pub scope: ScopeId,
    pub attrs: hir::Attrs,
    pub export: Option<(String, Span)>,
    /// What it is called in its library, if otherwise.
    pub foreign_name: Option<String>,
    pub is_pub: bool,
    pub used: bool,
    /// Its type, if its address is taken anywhere.
    pub as_value: Option<Ty>,
    pub params: Vec<ParamDecl>,
    /// The last parameter, a slice, takes any number of arguments.
    pub variadic: bool,
    /// Takes C's variable arguments behind the others.
    pub c_variadic: bool,
    pub result: Ty,
    /// Whether `params` and `result` are there.
    pub resolved: bool,
    /// The function that it is declared in.
    pub parent: Option<FuncId>,
    /// Locals of `parent` that are visible at the declaration, which it may not use.
    pub outer_locals: FxHashMap<Symbol, Span>,
    pub body: Option<hir::Body>,
    /// How each local of `body` came to be.
    pub bindings: Vec<body::Binding>,
}

impl FuncDecl {
    /// A private function without parameters and result that the program needs; what differs is said by the caller.
    pub fn new(name: Symbol, span: Span, path: String, source: FuncSource, file: usize, scope: ScopeId) -> FuncDecl {
        FuncDecl {
            name,
            span,
            path,
            source,
            file,
            scope,
            attrs: hir::Attrs::default(),
            export: None,
            foreign_name: None,
            is_pub: false,
            used: true,
            as_value: None,
            params: Vec::new(),
            variadic: false,
            c_variadic: false,
            result: Ty::VOID,
            resolved: true,
            parent: None,
            outer_locals: FxHashMap::default(),
            body: None,
            bindings: Vec::new(),
        }
    }

    /// The name of a foreign function in its library.
    pub fn foreign_symbol(&self, interner: &Interner) -> String {
        self.foreign_name.clone().unwrap_or_else(|| interner.resolve(self.name).to_string())
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ParamDecl {
    pub ty: Ty,
    /// Of the whole parameter, `a: T`.
    pub span: Span,
}

pub(crate) struct GlobalDecl {
    pub name: Symbol,
    pub span: Span,
    pub scope: ScopeId,
    pub file: usize,
    /// Absent for memory that the checker made, and for names in a pattern.
    pub var: Option<ast::VarId>,
    /// Of a name in a pattern: the global that holds the whole value, and the way to the part.
    pub part: Option<(GlobalId, Vec<PartStep>)>,
    pub mutable: bool,
    pub is_pub: bool,
    pub used: bool,
    pub state: TypeState,
    pub ty: Ty,
    /// The value of the initialiser, if it is constant.
    pub constant: Option<hir::ConstValue>,
    /// Computes the initialiser, if it is not constant or has to run at its place in a script.
    pub init: Option<FuncId>,
    pub symbol: String,
}

/// A step from a value to a part of it, and the pattern that it is written in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PartStep {
    /// Part of a tuple of that many.
    Tuple {
        index: u32,
        count: u32,
        span: Span,
    },
    Field {
        target: ast::PatTarget,
        name: ast::Ident,
        span: Span,
    },
}

impl<'a> Cx<'a> {
    fn new(
        sources: &'a SourceMap,
        interner: &'a mut Interner,
        modules: &'a Modules,
        options: &'a Options<'a>,
    ) -> Cx<'a> {
        Cx {
            sources,
            interner,
            files: &modules.files,
            modules: &modules.infos,
            options,
            types: Types::new(),
            libraries: Vec::new(),
            link_paths: Vec::new(),
            diagnostics: Vec::new(),
            scopes: Vec::new(),
            file_scopes: Vec::new(),
            scripts: vec![false; modules.files.len()],
            prelude: modules.prelude.map(|index| ScopeId(index as u32)),
            fn_sets: Vec::new(),
            public_sets: FxHashMap::default(),
            impls: Vec::new(),
            type_fns: FxHashMap::default(),
            structs: Vec::new(),
            enums: Vec::new(),
            aliases: Vec::new(),
            consts: Vec::new(),
            funcs: Vec::new(),
            globals: Vec::new(),
            constants: Vec::new(),
            data: Vec::new(),
            strings: Vec::new(),
            string_ids: FxHashMap::default(),
            free_consts: FxHashMap::default(),
            script: None,
            script_inits: Vec::new(),
            exposed: hir::Exposed::default(),
            tests: Vec::new(),
            open_defaults: Vec::new(),
            pending_ifs: Vec::new(),
            taken_arms: FxHashMap::default(),
            constantize: constantize::State::default(),
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Something of the language that this compiler does not do yet; `what` with its verb: `generics are`.
    pub(crate) fn not_yet(&mut self, span: Span, what: &str, instead: &str) {
        self.report(Diagnostic::error("E0900", span, format!("{what} not available yet")).help(instead));
    }

    /// The id of a text.
    pub(crate) fn string(&mut self, bytes: &[u8]) -> StrId {
        if let Some(&id) = self.string_ids.get(bytes) {
            return id;
        }
        let id = StrId(self.strings.len() as u32);
        self.strings.push(bytes.into());
        self.string_ids.insert(bytes.into(), id);
        id
    }

    pub(crate) fn name_of(&self, ty: Ty) -> String {
        self.types.name(ty, self.interner)
    }

    pub(crate) fn text(&self, name: Symbol) -> &str {
        self.interner.resolve(name)
    }

    pub(crate) fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    /// Looks a name up in a scope of declarations and those around it; marks it as used.
    pub(crate) fn lookup_decl(&mut self, mut scope: ScopeId, name: Symbol) -> Option<(Decl, Span, ScopeId)> {
        loop {
            let current = &mut self.scopes[scope.0 as usize];
            if let Some(named) = current.names.get_mut(&name) {
                named.used = true;
                return Some((named.decl, named.span, scope));
            }
            scope = match current.parent {
                Some(parent) => parent,
                None => self.prelude.filter(|&prelude| prelude != scope)?,
            };
        }
    }

    /// The whole program, or what there is of it when there were errors.
    fn finish(mut self) -> (hir::Program, Vec<Diagnostic>) {
        let main = self.find_main();
        let (globals, init) = self.finish_globals();
        self.warn_unused_declarations(main);
        let mut symbols = FxHashMap::default();
        let mut exports: FxHashMap<String, Span> = FxHashMap::default();
        let mut duplicates = Vec::new();
        for func in &self.funcs {
            if let Some((name, span)) = &func.export {
                if let Some(&first) = exports.get(name) {
                    duplicates.push((name.clone(), *span, first));
                }
                exports.insert(name.clone(), *span);
                symbols.insert(name.clone(), ());
            }
            if let FuncSource::Extern(_) = func.source {
                symbols.insert(func.foreign_symbol(self.interner), ());
            }
        }
        for (name, span, first) in duplicates {
            self.report(
                Diagnostic::error("E0211", span, format!("two functions are exported as \"{name}\""))
                    .secondary(first, "also exported here"),
            );
        }
        self.check_foreign_names(&exports);
        self.spread_test_only();
        let mut funcs = Vec::with_capacity(self.funcs.len());
        let mut counts: FxHashMap<String, u32> = FxHashMap::default();
        for func in std::mem::take(&mut self.funcs) {
            let symbol = match (&func.export, func.source) {
                (Some((name, _)), _) => name.clone(),
                (None, FuncSource::Extern(_)) => func.foreign_symbol(self.interner),
                _ => loop {
                    let count = counts.entry(func.path.clone()).or_insert(0);
                    *count += 1;
                    let name = if *count == 1 { func.path.clone() } else { format!("{}.{count}", func.path) };
                    if symbols.insert(name.clone(), ()).is_none() {
                        break name;
                    }
                },
            };
            let kind = match (func.source, func.body) {
                (FuncSource::Extern(_), _) => hir::FuncKind::Extern { variadic: func.c_variadic },
                (_, Some(body)) => hir::FuncKind::Body(body),
                (_, None) => hir::FuncKind::Unused,
            };
            funcs.push(hir::Func {
                name: func.name,
                path: func.path,
                symbol,
                params: func.params.iter().map(|param| param.ty).collect(),
                result: func.result,
                attrs: func.attrs,
                kind,
                span: func.span,
            });
        }
        let program = hir::Program {
            types: self.types,
            funcs,
            globals,
            constants: self.constants,
            strings: self.strings,
            data: self.data,
            libraries: self.libraries,
            link_paths: self.link_paths,
            main,
            init,
            tests: self.tests,
            script_inits: self.script_inits,
            exposed: self.exposed,
        };
        // Bodies are checked in an order that follows declarations; readers want that of the text. Errors found twice
        // on the way (a default value used in two literals) are one.
        let mut diagnostics = self.diagnostics;
        drop_unused_but_meant(&mut diagnostics);
        diagnostics.sort_by_key(|d| (d.primary.span.file, d.primary.span.start, d.primary.span.end));
        diagnostics.dedup();
        (program, diagnostics)
    }

    fn find_main(&mut self) -> Option<FuncId> {
        if let Some(script) = self.script {
            return Some(script);
        }
        let &scope = self.file_scopes.first()?;
        let named = *self.scope(scope).names.get(&Symbol::MAIN)?;
        let Decl::Fns(set) = named.decl else { return None };
        let funcs = self.fn_sets[set.0 as usize].funcs.clone();
        let main = funcs[0];
        if let Some(&second) = funcs.get(1) {
            // Two of the same parameters have their error.
            if self.funcs[main.index()].params.is_empty() && self.funcs[second.index()].params.is_empty() {
                return None;
            }
            let (first, second) = (self.funcs[main.index()].span, self.funcs[second.index()].span);
            self.report(
                Diagnostic::error("E0212", second, "`main` cannot be overloaded").secondary(first, "the first `main`"),
            );
            return None;
        }
        let func = &mut self.funcs[main.index()];
        func.used = true;
        if func.attrs.test_only {
            let span = func.span;
            self.report(Diagnostic::error("E0212", span, "`main` cannot be `#test_only`").help("remove the attribute"));
            return None;
        }
        if let Some(param) = func.params.first() {
            let span = param.span;
            self.report(
                Diagnostic::error("E0212", span, "`main` takes no parameters")
                    .help("`args()` gives the arguments of the program"),
            );
            return None;
        }
        let (result, span) = (func.result, func.span);
        let status = match self.types.kind(result) {
            TyKind::Result { ok, .. } => ok,
            _ => result,
        };
        if status != Ty::VOID && status != Ty::ERROR && !self.types.is_int(status) {
            let name = self.name_of(result);
            self.report(
                Diagnostic::error("E0212", span, format!("`main` cannot return `{name}`"))
                    .note("it returns nothing or an integer that is the exit status, or one of these or an error"),
            );
            return None;
        }
        Some(main)
    }

    /// Functions inside of those that only tests see.
    fn spread_test_only(&mut self) {
        // Functions come after those that they stand in.
        for index in 0..self.funcs.len() {
            if let Some(parent) = self.funcs[index].parent {
                self.funcs[index].attrs.test_only |= self.funcs[parent.index()].attrs.test_only;
            }
        }
    }

    fn warn_unused_declarations(&mut self, main: Option<FuncId>) {
        // In a library everything may be used from outside, and what had an error may use anything.
        if main.is_none() || self.diagnostics.iter().any(Diagnostic::is_error) {
            return;
        }
        let mut warnings = Vec::new();
        for func in &self.funcs {
            let name = self.interner.resolve(func.name);
            let quiet = func.used
                || func.is_pub
                || func.attrs.export
                || name.starts_with('_')
                || func.name == Symbol::MAIN
                || self.modules[func.file].is_library
                || !matches!(func.source, FuncSource::Fn(_));
            if !quiet {
                warnings.push(
                    Diagnostic::warning("W0203", func.span, format!("function `{name}` is never used"))
                        .help(format!("if this is intended, name it `_{name}`")),
                );
            }
        }
        for global in &self.globals {
            let name = self.interner.resolve(global.name);
            if !global.used && !global.is_pub && !name.is_empty() && !name.starts_with('_') {
                warnings.push(
                    Diagnostic::warning("W0201", global.span, format!("variable `{name}` is never used"))
                        .help(format!("if this is intended, name it `_{name}`")),
                );
            }
        }
        for &scope in &self.file_scopes {
            let mut imports: Vec<_> = self
                .scope(scope)
                .names
                .iter()
                .filter(|(name, named)| {
                    named.imported
                        && !named.used
                        && named.visibility == Visibility::Private
                        && named.decl != Decl::Broken
                        && !self.text(**name).starts_with('_')
                })
                .map(|(_, named)| named.span)
                .collect();
            imports.sort();
            for span in imports {
                warnings.push(Diagnostic::warning("W0204", span, "this import is never used"));
            }
        }
        self.diagnostics.extend(warnings);
    }
}

/// What an error says may have been meant is not unused: one cause, one message.
fn drop_unused_but_meant(diagnostics: &mut Vec<Diagnostic>) {
    let meant: Vec<String> = (diagnostics.iter().filter(|d| d.is_error()))
        .flat_map(|d| d.helps.iter().filter(|help| help.message.starts_with("did you mean")))
        .filter_map(|help| help.replacement.as_ref().map(|(_, name)| format!("`{name}`")))
        .collect();
    let is_unused = |d: &Diagnostic| matches!(d.code, "W0201" | "W0202" | "W0203");
    diagnostics.retain(|d| !is_unused(d) || !meant.iter().any(|name| d.message.contains(name)));
}
