//! Fills scopes with declarations, before any of them is looked at.

use super::{AliasDecl, AliasId, AliasState, ConstDeclId, Decl, FnSet, FnSetId, Named, Scope, ScopeId, Visibility};
use crate::ast::{self, ItemKind, PatKind, StmtKind};
use crate::check::{ConstDecl, ConstState, Cx, FuncDecl, FuncSource, GlobalDecl, PartStep, StructDecl, TypeState};
use crate::diagnostic::Diagnostic;
use crate::hir::{self, FuncId, GlobalId};
use crate::intern::Symbol;
use crate::library;
use crate::source::Span;
use crate::types::{StructDef, StructId, Ty};
use rustc_hash::FxHashMap;

impl<'a> Cx<'a> {
    pub(crate) fn new_scope(&mut self, parent: Option<ScopeId>, file: usize, depth: u32, path: String) -> ScopeId {
        let (names, reexports) = (FxHashMap::default(), Vec::new());
        self.scopes.push(Scope { parent, file, names, reexports, depth, path, test_only: false });
        ScopeId(self.scopes.len() as u32 - 1)
    }

    /// The top levels of all files. Files may import each other, so their scopes come first, numbered as the files.
    pub(crate) fn collect_files(&mut self) {
        for (index, module) in self.modules.iter().enumerate() {
            let path = if module.name.is_empty() { String::new() } else { format!("{}.", module.name) };
            let scope = self.new_scope(None, index, 0, path);
            self.file_scopes.push(scope);
        }
        for index in 0..self.files.len() {
            self.collect_file(index);
        }
        self.expand_pending_ifs();
        self.check_script_main();
    }

    fn collect_file(&mut self, index: usize) {
        let file = &self.files[index];
        let scope = self.file_scopes[index];
        for &stmt in &file[file.body] {
            match file[stmt].kind {
                StmtKind::Item(item) => self.collect_item(scope, index, item),
                StmtKind::ConstIf { .. } | StmtKind::Error => {}
                _ => self.scripts[index] = true,
            }
        }
        self.pending_ifs.push((scope, index, file.body));
    }

    /// A script is the body of `main`, so it declares none.
    fn check_script_main(&mut self) {
        if self.scripts.first() == Some(&true) {
            let file = &self.files[0];
            let names = &mut self.scopes[self.file_scopes[0].0 as usize].names;
            if let Some(main) = names.get(&Symbol::MAIN).copied()
                && matches!(main.decl, Decl::Fns(_))
            {
                let first = file[file.body]
                    .iter()
                    .map(|&stmt| &file[stmt])
                    .find(|stmt| !matches!(stmt.kind, StmtKind::Item(_) | StmtKind::Error | StmtKind::ConstIf { .. }));
                let help = match first.map(|stmt| &stmt.kind) {
                    Some(StmtKind::Using(_)) => "`using` holds for a block: write it into the functions that need it",
                    _ => "move the statements into `main`, or rename the function",
                };
                let first = first.map_or(main.span, |stmt| stmt.span);
                self.report(
                    Diagnostic::error("E0209", main.span, "a file with statements at the top level has no `main`")
                        .label("this function")
                        .secondary(first, "this statement is part of the body of `main` already")
                        .help(help),
                );
            }
        }
    }

    /// The declarations of a block, if it has any: a scope of its own.
    pub(crate) fn collect_block(
        &mut self,
        parent: ScopeId,
        file_index: usize,
        stmts: &[ast::StmtId],
        depth: u32,
        path: &str,
        owner: Option<FuncId>,
    ) -> Option<ScopeId> {
        let file = &self.files[file_index];
        if !stmts.iter().any(|&stmt| matches!(file[stmt].kind, StmtKind::Item(_) | StmtKind::ConstIf { .. })) {
            return None;
        }
        let scope = self.new_scope(Some(parent), file_index, depth, path.to_string());
        for &stmt in stmts {
            if let StmtKind::Item(item) = file[stmt].kind {
                let first = self.funcs.len();
                self.collect_item(scope, file_index, item);
                for func in &mut self.funcs[first..] {
                    func.parent = owner;
                }
            }
        }
        self.expand_ifs(scope, file_index, stmts, owner);
        Some(scope)
    }

    pub(crate) fn collect_item(&mut self, scope: ScopeId, file_index: usize, id: ast::ItemId) {
        let file = &self.files[file_index];
        let item = file[id];
        let visibility = Visibility::of(item.is_pub);
        match item.kind {
            ItemKind::Error => {}
            ItemKind::Fn(decl) => self.collect_fn(scope, file_index, decl, &item, FuncSource::Fn(decl)),
            ItemKind::Struct { name, generics, fields } => {
                if !generics.is_empty() {
                    let span = file[generics][0].name.span;
                    self.not_yet(span, "generics are", "write the struct for the types that you need");
                    return self.declare(scope, name, Decl::Broken, visibility);
                }
                self.types.structs.push(StructDef {
                    name: name.name,
                    fields: Vec::new(),
                    span: name.span,
                    layout: None,
                    opaque: false,
                });
                self.structs.push(StructDecl {
                    scope,
                    fields,
                    state: TypeState::Unresolved,
                    layout: TypeState::Unresolved,
                });
                let id = StructId(self.types.structs.len() as u32 - 1);
                self.declare(scope, name, Decl::Struct(id), visibility);
            }
            ItemKind::Opaque { name } => {
                let nothing = crate::layout::layout_fields([]);
                self.types.structs.push(StructDef {
                    name: name.name,
                    fields: Vec::new(),
                    span: name.span,
                    layout: nothing,
                    opaque: true,
                });
                let (state, layout) = (TypeState::Done, TypeState::Done);
                self.structs.push(StructDecl { scope, fields: ast::List::EMPTY, state, layout });
                let id = StructId(self.types.structs.len() as u32 - 1);
                self.declare(scope, name, Decl::Struct(id), visibility);
            }
            ItemKind::TypeAlias { name, generics, ty } => {
                if !generics.is_empty() {
                    let span = file[generics][0].name.span;
                    self.not_yet(span, "generics are", "write the alias for the types that you need");
                    return self.declare(scope, name, Decl::Broken, visibility);
                }
                self.aliases.push(AliasDecl { scope, ty, span: name.span, state: AliasState::Unresolved });
                let id = AliasId(self.aliases.len() as u32 - 1);
                self.declare(scope, name, Decl::Alias(id), visibility);
            }
            ItemKind::Const { name, ty, value } => {
                self.consts.push(ConstDecl { scope, name, ty, value, state: ConstState::Unresolved });
                let id = ConstDeclId(self.consts.len() as u32 - 1);
                self.declare(scope, name, Decl::Const(id), visibility);
            }
            ItemKind::Var(var) => self.collect_global(scope, file_index, var, item.is_pub),
            ItemKind::Import { path, alias } => {
                let Some(name) = alias.or(file[path].last().copied()) else { return };
                self.collect_import(scope, file_index, id, name, &item);
            }
            ItemKind::ImportFile { path, path_span, alias } => {
                let Some(name) = alias.or_else(|| self.file_module_name(&file[path], path_span)) else { return };
                self.collect_import(scope, file_index, id, name, &item);
            }
            ItemKind::Link { library, items, .. }
                if self.modules[file_index].is_library && file[library] == *library::LIBRARY =>
            {
                for &inner in &file[items] {
                    let ItemKind::Fn(decl) = file[inner].kind else { continue };
                    let Some(name) = file[decl].name else { continue };
                    let op = library::intrinsic(self.interner.resolve(name.name));
                    let op = op.expect("the standard library declares operations that there are");
                    self.declare(scope, name, Decl::Intrinsic(op), Visibility::of(file[inner].is_pub));
                }
            }
            ItemKind::Link { library, library_span, items } => {
                let name = self.string(&file[library]);
                self.libraries.push(hir::Library { name, span: library_span });
                for &id in &file[items] {
                    let inner = file[id];
                    match inner.kind {
                        ItemKind::Fn(decl) => {
                            self.collect_fn(scope, file_index, decl, &inner, FuncSource::Extern(decl));
                        }
                        _ => {
                            let before = self.enums.len();
                            self.collect_item(scope, file_index, id);
                            self.enums[before..].iter_mut().for_each(|decl| decl.foreign = true);
                        }
                    }
                }
            }
            ItemKind::LinkPath { path, .. } => self.add_link_path(&file[path]),
            // The driver reads these before it looks for files.
            ItemKind::ImportPath { .. } => {}
            ItemKind::Enum { name, generics, repr, cases } => {
                if !generics.is_empty() {
                    let span = file[generics][0].name.span;
                    self.not_yet(span, "generics are", "write the enum for the types that you need");
                    return self.declare(scope, name, Decl::Broken, visibility);
                }
                let id = self.collect_enum(scope, name, repr, cases);
                self.declare(scope, name, Decl::Enum(id), visibility);
            }
            ItemKind::Protocol { name, .. } => {
                self.not_yet(name.span, "protocols are", "write functions for the types that you need");
                self.declare(scope, name, Decl::Broken, visibility);
            }
            ItemKind::Impl { generics, protocol, ty, items } => {
                if let Some(generic) = file[generics].first() {
                    self.not_yet(generic.name.span, "generics are", "write the block for the types that you need");
                } else if let Some(protocol) = protocol {
                    let instead = "leave it out: `impl T { ... }` gives a type functions of its own";
                    self.not_yet(file[protocol].span, "protocols are", instead);
                } else {
                    self.collect_impl(scope, file_index, ty, items);
                }
            }
            ItemKind::Module { name, body } => {
                let path = format!("{}{}.", self.scopes[scope.0 as usize].path, self.interner.resolve(name.name));
                let inner = self.new_scope(Some(scope), file_index, 0, path);
                self.declare(scope, name, Decl::Module(inner), visibility);
                for &stmt in &file[body] {
                    if let StmtKind::Item(item) = file[stmt].kind {
                        self.collect_item(inner, file_index, item);
                    }
                }
                self.pending_ifs.push((inner, file_index, body));
            }
            ItemKind::Test { name, name_span, body, example } => {
                self.collect_test(scope, file_index, &file[name], name_span, body, example);
            }
        }
    }

    pub(crate) fn collect_fn(
        &mut self,
        scope: ScopeId,
        file_index: usize,
        decl: ast::FnId,
        item: &ast::Item,
        source: FuncSource,
    ) {
        let file = &self.files[file_index];
        let function = &file[decl];
        let Some(name) = function.name else { return };
        let visibility = Visibility::of(item.is_pub);
        let mut broken = false;
        if let Some(first) = file[function.generics].first() {
            self.not_yet(first.name.span, "generics are", "write the function for the types that you need");
            broken = true;
        } else if let Some(param) = file[function.params].iter().find(|param| param.ty.is_none() && !param.variadic) {
            self.not_yet(param.span, "parameters without types (generics) are", "write the type of the parameter");
            broken = true;
        }
        if broken {
            match self.scopes[scope.0 as usize].names.get_mut(&name.name) {
                Some(named) if matches!(named.decl, Decl::Fns(_) | Decl::Broken) => named.decl = Decl::Broken,
                _ => self.declare(scope, name, Decl::Broken, visibility),
            }
            return;
        }
        let mut attrs = hir::Attrs::default();
        let (mut export, mut foreign_name) = (None, None);
        for attr in &file[item.attrs] {
            match attr.kind {
                ast::AttrKind::Inline => attrs.inline = true,
                ast::AttrKind::NoInline => attrs.noinline = true,
                ast::AttrKind::Cold => attrs.cold = true,
                ast::AttrKind::FastMath => attrs.fast_math = true,
                ast::AttrKind::Pure => {
                    attrs.pure = true;
                    if let FuncSource::Extern(_) = source {
                        self.report(
                            Diagnostic::error("E0210", attr.span, "`#pure` is checked, which foreign code cannot be")
                                .help("remove the attribute"),
                        );
                    }
                }
                ast::AttrKind::TestOnly => attrs.test_only = true,
                ast::AttrKind::Export(symbol) => {
                    attrs.export = true;
                    export = Some((String::from_utf8_lossy(&file[symbol]).into_owned(), attr.span));
                }
                ast::AttrKind::Foreign(symbol) => {
                    foreign_name = Some(String::from_utf8_lossy(&file[symbol]).into_owned());
                    if !matches!(source, FuncSource::Extern(_)) {
                        self.report(
                            Diagnostic::error("E0210", attr.span, "`#foreign` names a function of a `#link` block")
                                .help("`#export \"name\"` gives a function of yours a name for C"),
                        );
                    }
                }
            }
        }
        if attrs.inline && attrs.noinline {
            self.report(Diagnostic::error("E0210", name.span, "`#inline` and `#noinline` exclude each other"));
        }
        if attrs.test_only
            && let Some((_, at)) = &export
        {
            let message = "`#test_only` and `#export` exclude each other";
            self.report(Diagnostic::error("E0210", *at, message).label("seen from outside"));
        }
        let path = format!("{}{}", self.scopes[scope.0 as usize].path, self.interner.resolve(name.name));
        let id = FuncId(self.funcs.len() as u32);
        self.funcs.push(FuncDecl {
            attrs,
            export,
            foreign_name,
            is_pub: item.is_pub,
            used: false,
            result: Ty::ERROR,
            resolved: false,
            ..FuncDecl::new(name.name, name.span, path, source, file_index, scope)
        });
        if name.name == Symbol::UNDERSCORE {
            return;
        }
        if let Some(named) = self.scopes[scope.0 as usize].names.get_mut(&name.name)
            && item.is_pub
            && matches!(named.decl, Decl::Fns(_))
        {
            // One of the functions of the name can be seen.
            named.visibility = Visibility::Public;
        }
        match self.scopes[scope.0 as usize].names.get(&name.name).copied() {
            Some(Named { decl: Decl::Fns(set), .. }) => self.fn_sets[set.0 as usize].funcs.push(id),
            Some(Named { decl: Decl::Broken, .. }) => {}
            Some(_) => self.declare(scope, name, Decl::Broken, visibility),
            None => {
                self.fn_sets.push(FnSet { funcs: vec![id] });
                let set = FnSetId(self.fn_sets.len() as u32 - 1);
                self.declare(scope, name, Decl::Fns(set), visibility);
            }
        }
    }

    /// A test is a function that nothing in the program can name.
    fn collect_test(
        &mut self,
        scope: ScopeId,
        file_index: usize,
        name: &[u8],
        span: Span,
        body: ast::FnId,
        example: bool,
    ) {
        let name = String::from_utf8_lossy(name).into_owned();
        let in_backtraces = name.replace(|c: char| !c.is_alphanumeric(), "_");
        let path = format!("{}test.{in_backtraces}", self.scopes[scope.0 as usize].path);
        let func = FuncId(self.funcs.len() as u32);
        self.funcs.push(FuncDecl {
            attrs: hir::Attrs { test_only: true, noinline: true, ..hir::Attrs::default() },
            resolved: false,
            ..FuncDecl::new(Symbol::EMPTY, span, path, FuncSource::Fn(body), file_index, scope)
        });
        self.tests.push(hir::Test { name, span, func, example });
    }

    fn collect_global(&mut self, scope: ScopeId, file_index: usize, var: ast::VarId, is_pub: bool) {
        let file = &self.files[file_index];
        let visibility = Visibility::of(is_pub);
        let decl = &file[var];
        let pat = &file[decl.pat];
        let name = match pat.kind {
            PatKind::Bind(name) => name,
            PatKind::Wild => Symbol::UNDERSCORE,
            PatKind::Error => return,
            PatKind::Tuple(_) | PatKind::Struct { .. } => Symbol::EMPTY,
            _ => {
                self.report(
                    Diagnostic::error("E0370", pat.span, "this pattern does not match every value")
                        .help("`if let` or `switch` tests a value"),
                );
                let mut names = Vec::new();
                bound_names(file, decl.pat, &mut names);
                for ident in names {
                    self.declare(scope, ident, Decl::Broken, visibility);
                }
                return;
            }
        };
        let whole = self.add_global(scope, file_index, ast::Ident { name, span: pat.span }, decl.mutable, is_pub);
        self.globals[whole.index()].var = Some(var);
        if name == Symbol::EMPTY {
            self.collect_parts(whole, decl.pat, &mut Vec::new());
        } else if name != Symbol::UNDERSCORE {
            self.declare(scope, ast::Ident { name, span: pat.span }, Decl::Global(whole), visibility);
        }
    }

    fn add_global(&mut self, scope: ScopeId, file: usize, name: ast::Ident, mutable: bool, is_pub: bool) -> GlobalId {
        let id = GlobalId(self.globals.len() as u32);
        self.globals.push(GlobalDecl {
            name: name.name,
            span: name.span,
            scope,
            file,
            var: None,
            part: None,
            mutable,
            is_pub,
            used: false,
            state: TypeState::Unresolved,
            ty: Ty::ERROR,
            constant: None,
            init: None,
            symbol: match self.interner.resolve(name.name) {
                "" => "pattern".to_string(),
                name => format!("{}{name}", self.scopes[scope.0 as usize].path),
            },
        });
        id
    }

    /// A global for each name in a pattern.
    fn collect_parts(&mut self, whole: GlobalId, pat: ast::PatId, way: &mut Vec<PartStep>) {
        let decl = &self.globals[whole.index()];
        let (scope, file_index, mutable, is_pub) = (decl.scope, decl.file, decl.mutable, decl.is_pub);
        let file = &self.files[file_index];
        let span = file[pat].span;
        match file[pat].kind {
            PatKind::Bind(name) => {
                let name = ast::Ident { name, span };
                let id = self.add_global(scope, file_index, name, mutable, is_pub);
                self.globals[id.index()].part = Some((whole, way.clone()));
                self.declare(scope, name, Decl::Global(id), Visibility::of(is_pub));
            }
            PatKind::Tuple(parts) => {
                let count = parts.len() as u32;
                for (index, &part) in file[parts].iter().enumerate() {
                    way.push(PartStep::Tuple { index: index as u32, count, span });
                    self.collect_parts(whole, part, way);
                    way.pop();
                }
            }
            PatKind::Struct { target, fields, .. } => {
                for field in &file[fields] {
                    way.push(PartStep::Field { target, name: field.name, span });
                    self.collect_parts(whole, field.pat, way);
                    way.pop();
                }
            }
            PatKind::Wild | PatKind::Error => {}
            _ => self.report(
                Diagnostic::error("E0370", span, "this pattern does not match every value")
                    .help("`if let` or `switch` tests a value"),
            ),
        }
    }

    /// The name that `import "path"` gives to the module of the file.
    fn file_module_name(&mut self, path: &[u8], span: Span) -> Option<ast::Ident> {
        let path = String::from_utf8_lossy(path);
        let stem = std::path::Path::new(&*path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let mut letters = stem.chars();
        let is_name = letters.next().is_some_and(|first| first == '_' || unicode_ident::is_xid_start(first))
            && letters.all(unicode_ident::is_xid_continue)
            && crate::token::TokenKind::keyword(stem.as_bytes()).is_none();
        if is_name {
            return Some(ast::Ident { name: self.interner.intern(stem), span });
        }
        self.report(
            Diagnostic::error("E0220", span, format!("`{stem}` cannot be the name of a module"))
                .help("give it one: `import \"...\" as name;`"),
        );
        None
    }

    fn collect_import(
        &mut self,
        scope: ScopeId,
        file_index: usize,
        id: ast::ItemId,
        name: ast::Ident,
        item: &ast::Item,
    ) {
        let visibility = Visibility::of(item.is_pub);
        let decl = match self.modules[file_index].imports.get(&id) {
            Some(&module) => {
                let module = self.file_scopes[module];
                if item.is_pub {
                    self.scopes[scope.0 as usize].reexports.push(module);
                }
                Decl::Module(module)
            }
            // Was not found, which is reported.
            None => Decl::Broken,
        };
        self.declare(scope, name, decl, visibility);
        if let Some(named) = self.scopes[scope.0 as usize].names.get_mut(&name.name) {
            named.imported = true;
        }
    }

    /// Adds a name to a scope, which may not have it yet.
    pub(crate) fn declare(&mut self, scope: ScopeId, name: ast::Ident, decl: Decl, visibility: Visibility) {
        let names = &mut self.scopes[scope.0 as usize].names;
        match names.get_mut(&name.name) {
            None => {
                names.insert(name.name, Named { decl, span: name.span, visibility, imported: false, used: false });
            }
            Some(first) => {
                let span = first.span;
                first.decl = Decl::Broken;
                self.report_duplicate(name, span);
            }
        }
    }

    pub(crate) fn report_duplicate(&mut self, name: ast::Ident, first: Span) {
        let text = self.interner.resolve(name.name).to_string();
        self.report(
            Diagnostic::error("E0202", name.span, format!("the name `{text}` is declared twice in this block"))
                .label("declared again here")
                .secondary(first, "first declared here"),
        );
    }
}

/// The names that a pattern binds.
pub(crate) fn bound_names(file: &ast::File, pat: ast::PatId, names: &mut Vec<ast::Ident>) {
    let node = &file[pat];
    match node.kind {
        PatKind::Bind(name) => names.push(ast::Ident { name, span: node.span }),
        PatKind::Payload { args: list, .. } | PatKind::Tuple(list) => {
            for &inner in &file[list] {
                bound_names(file, inner, names);
            }
        }
        PatKind::ErrorOf(inner) => bound_names(file, inner, names),
        // All alternatives bind the same names.
        PatKind::Or(list) => {
            if let Some(&first) = file[list].first() {
                bound_names(file, first, names);
            }
        }
        PatKind::Struct { fields, .. } => {
            for field in &file[fields] {
                bound_names(file, field.pat, names);
            }
        }
        PatKind::Error
        | PatKind::Wild
        | PatKind::Lit(_)
        | PatKind::Const(_)
        | PatKind::Path(_)
        | PatKind::Case(_)
        | PatKind::Range { .. } => {}
    }
}
