//! Bodies of functions: local names, blocks, statements.
//!
//! [`FnCx`] is what is known inside of one body. Expressions are in the files beside this one, as further methods of
//! it.

use super::const_if::Part;
use super::leaving::Deferred;
use super::types::TypePlace;
use super::using::UsedField;
use super::{Cx, FuncDecl, FuncSource};
use crate::ast::{self, StmtKind};
use crate::diagnostic::Diagnostic;
use crate::hir::{self, BlockId, ExprId, ExprKind, FuncId, LocalId, LoopId, Place, PlaceId, PlaceKind};
use crate::intern::Symbol;
use crate::resolve::{Decl, ScopeId};
use crate::source::Span;
use crate::types::{EnumId, StructId, Ty, TyKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::OnceCell;

/// The state of checking one body.
pub(crate) struct FnCx<'c, 'a> {
    pub cx: &'c mut Cx<'a>,
    pub file: &'a ast::File,
    pub file_index: usize,
    /// The function that the body is of, if it has an id.
    pub owner: Option<FuncId>,
    /// The innermost scope of declarations.
    pub item_scope: ScopeId,
    /// The scope around the body.
    pub base_scope: ScopeId,
    /// Locals of functions around this one, which it may not use.
    pub outer_locals: FxHashMap<Symbol, Span>,
    /// Before the names of functions in this one.
    pub path: String,

    pub body: hir::Body,
    /// Locals by name, innermost last, with the depth of their scope.
    pub names: FxHashMap<Symbol, Vec<(u32, LocalId)>>,
    /// Fields that are in scope by `using`, innermost last.
    pub used_fields: FxHashMap<Symbol, Vec<UsedField>>,
    scopes: Vec<LocalScope>,
    used: Vec<bool>,
    /// How each local came to be, for messages.
    pub bindings: Vec<Binding>,
    /// Names that were not found and are reported.
    pub unknown: FxHashSet<Symbol>,
    /// Locals that the first alternative of a pattern `p | q` bound, while the others are checked.
    pub alternatives: Option<FxHashMap<Symbol, LocalId>>,

    pub result: Ty,
    /// Where the result type is written, or the function's head.
    pub result_span: Span,
    /// The kind of body: only functions may `return`.
    pub is_function: bool,
    pub loops: Vec<LoopFrame>,
    /// Blocks that `yield` may leave, innermost last.
    yields: Vec<YieldFrame>,
    /// Values given by `yield` to blocks that are finished.
    pub block_yields: FxHashMap<BlockId, Vec<ExprId>>,
    /// The end of what was checked so far is not reached.
    pub diverges: bool,
    /// A jump that goes nowhere was reported: what follows it is not reached, which need not be said.
    jump_failed: bool,
    /// The `defer` or `on_return` that is being checked.
    pub leaving: Deferred,
    /// Values of integer expressions that are constant, for warnings.
    pub known_ints: FxHashMap<ExprId, i128>,
    /// Every `nil` as it is written.
    pub nils: FxHashSet<ExprId>,
    /// `let`s whose value holds the address of a local.
    pub escaping: FxHashMap<LocalId, LocalId>,
    /// Position in a script; globals declared at a later one are not there yet.
    pub script_position: Option<u32>,
    /// It is the condition of an `#if`, which may name `debug` and `target`.
    pub in_condition: bool,
    /// Number of patterns that had an error.
    pub broken_patterns: u32,
    /// Nested calls of `expr`.
    pub depth: u32,
}

struct LocalScope {
    declared: Vec<Symbol>,
    /// Names of fields, by `using`.
    used_fields: Vec<Symbol>,
    item_scope: ScopeId,
    /// Statements of the block, to find later declarations.
    stmts: ast::List<ast::StmtId>,
    /// Where they first declare a variable; made for the first name that is not known.
    variables: OnceCell<FxHashMap<Symbol, Span>>,
}

pub(crate) struct LoopFrame {
    pub label: Option<ast::Ident>,
    pub id: LoopId,
    pub breaks: bool,
    pub label_used: bool,
}

struct YieldFrame {
    block: BlockId,
    expect: Option<Ty>,
    values: Vec<ExprId>,
}

/// How a local came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Binding {
    /// `let` or `var`.
    Variable,
    Parameter,
    /// The variable of a `for`.
    Loop,
    /// Of a `switch`, `if let` or `while let`.
    Pattern,
}

/// What a block is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockRole {
    /// Stands alone: `yield` gives its value.
    Alone,
    /// Body of a function, loop, `if`, `switch` case or `defer`.
    Body,
}

/// What a name is in a body.
#[derive(Clone, Copy)]
pub(crate) enum NameRef {
    Local(LocalId),
    /// By a `using`.
    Field(UsedField),
    Decl(Decl),
    /// A local of an enclosing function.
    Captured(Span),
    Unknown,
}

impl<'c, 'a> FnCx<'c, 'a> {
    pub(crate) fn new(cx: &'c mut Cx<'a>, file_index: usize, scope: ScopeId) -> FnCx<'c, 'a> {
        let file: &'a ast::File = &cx.files[file_index];
        FnCx {
            cx,
            file,
            file_index,
            owner: None,
            item_scope: scope,
            base_scope: scope,
            outer_locals: FxHashMap::default(),
            path: String::new(),
            body: hir::Body::default(),
            names: FxHashMap::default(),
            used_fields: FxHashMap::default(),
            scopes: Vec::new(),
            used: Vec::new(),
            bindings: Vec::new(),
            unknown: FxHashSet::default(),
            alternatives: None,
            result: Ty::VOID,
            result_span: Span::new(file.id, 0, 0),
            is_function: false,
            loops: Vec::new(),
            yields: Vec::new(),
            block_yields: FxHashMap::default(),
            diverges: false,
            jump_failed: false,
            leaving: Deferred::default(),
            known_ints: FxHashMap::default(),
            nils: FxHashSet::default(),
            escaping: FxHashMap::default(),
            script_position: None,
            in_condition: false,
            broken_patterns: 0,
            depth: 0,
        }
    }

    // ------------------------------------------------------------------------------------------------ nodes

    pub(crate) fn add(&mut self, kind: ExprKind, ty: Ty, span: Span) -> ExprId {
        self.body.exprs.push(hir::Expr { kind, ty, span });
        ExprId(self.body.exprs.len() as u32 - 1)
    }

    pub(crate) fn place(&mut self, kind: PlaceKind, ty: Ty, span: Span) -> PlaceId {
        self.body.places.push(Place { kind, ty, span });
        PlaceId(self.body.places.len() as u32 - 1)
    }

    pub(crate) fn new_block(&mut self, span: Span) -> BlockId {
        self.body.blocks.push(hir::Block { stmts: Vec::new(), tail: None, ty: Ty::VOID, yields: false, span });
        BlockId(self.body.blocks.len() as u32 - 1)
    }

    /// Stands for what had an error.
    pub(crate) fn error(&mut self, span: Span) -> ExprId {
        self.add(ExprKind::Error, Ty::ERROR, span)
    }

    pub(crate) fn ty(&self, expr: ExprId) -> Ty {
        self.body[expr].ty
    }

    pub(crate) fn kind(&self, ty: Ty) -> TyKind {
        self.cx.types.kind(ty)
    }

    pub(crate) fn name_of(&self, ty: Ty) -> String {
        self.cx.name_of(ty)
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.cx.report(diagnostic);
    }

    // ------------------------------------------------------------------------------------------------ names

    pub(crate) fn push_scope(&mut self, stmts: ast::List<ast::StmtId>) {
        self.scopes.push(LocalScope {
            declared: Vec::new(),
            used_fields: Vec::new(),
            item_scope: self.item_scope,
            stmts,
            variables: OnceCell::new(),
        });
    }

    pub(crate) fn pop_scope(&mut self) {
        let scope = self.scopes.pop().expect("scopes are pushed and popped in pairs");
        self.item_scope = scope.item_scope;
        for name in scope.declared {
            let entries = self.names.get_mut(&name).expect("a declared name");
            let (_, local) = entries.pop().expect("a declared name");
            if entries.is_empty() {
                self.names.remove(&name);
            }
            self.warn_unused(local);
        }
        for name in scope.used_fields {
            self.used_fields.get_mut(&name).expect("a used field").pop();
        }
    }

    /// How deep the innermost scope is in its function.
    pub(crate) fn scope_depth(&self) -> u32 {
        self.scopes.len() as u32
    }

    /// Gives a local a further name in the innermost scope.
    pub(crate) fn name_local(&mut self, name: Symbol, local: LocalId) {
        let depth = self.scope_depth();
        self.names.entry(name).or_default().push((depth, local));
        self.scopes.last_mut().expect("a scope").declared.push(name);
    }

    /// Gives a field a name in the innermost scope.
    pub(crate) fn use_field(&mut self, name: Symbol, field: UsedField) {
        self.used_fields.entry(name).or_default().push(field);
        self.scopes.last_mut().expect("a scope").used_fields.push(name);
    }

    fn warn_unused(&mut self, local: LocalId) {
        let info = &self.body[local];
        let text = self.cx.text(info.name).to_string();
        let name = info.name;
        if self.used[local.index()] || text.starts_with('_') || text.is_empty() || name == Symbol::SELF_VALUE {
            return;
        }
        let is_param = self.bindings[local.index()] == Binding::Parameter;
        let (code, what) = if is_param { ("W0202", "parameter") } else { ("W0201", "variable") };
        let span = info.span;
        self.report(Diagnostic::warning(code, span, format!("{what} `{text}` is never used")).suggest(
            format!("if this is intended, name it `_{text}`"),
            span,
            format!("_{text}"),
        ));
    }

    /// Makes a local and gives it its name in the innermost scope.
    pub(crate) fn declare_local(&mut self, name: ast::Ident, ty: Ty, mutable: bool) -> LocalId {
        let local = self.hidden_local(ty, name.span);
        self.body.locals[local.index()].name = name.name;
        self.body.locals[local.index()].mutable = mutable;
        if name.name == Symbol::UNDERSCORE {
            return local;
        }
        let depth = self.scopes.len() as u32;
        if let Some(&(other_depth, other)) = self.names.get(&name.name).and_then(|entries| entries.last())
            && other_depth == depth
        {
            let first = self.body[other].span;
            self.cx.report_duplicate(name, first);
            self.used[local.index()] = true;
            self.used[other.index()] = true;
        } else if let Some(field) = self.used_fields.get(&name.name).and_then(|fields| fields.last())
            && field.depth == depth
        {
            let using = field.span;
            self.cx.report_duplicate(name, using);
            self.used[local.index()] = true;
        } else if let Some(first) = self.item_at(name.name, depth) {
            self.cx.report_duplicate(name, first);
        }
        self.name_local(name.name, local);
        local
    }

    /// A local without a name.
    pub(crate) fn hidden_local(&mut self, ty: Ty, span: Span) -> LocalId {
        let local = LocalId(self.body.locals.len() as u32);
        self.body.locals.push(hir::Local { name: Symbol::EMPTY, ty, mutable: false, address_taken: false, span });
        self.used.push(false);
        self.bindings.push(Binding::Variable);
        local
    }

    pub(crate) fn mark_used(&mut self, local: LocalId) {
        self.used[local.index()] = true;
    }

    /// What a name is here; declarations are marked as used, locals are not.
    pub(crate) fn lookup(&mut self, name: Symbol) -> NameRef {
        let mut local = self
            .names
            .get(&name)
            .and_then(|entries| entries.last())
            .map(|&(depth, local)| (depth, NameRef::Local(local)));
        if let Some(&field) = self.used_fields.get(&name).and_then(|fields| fields.last())
            && local.is_none_or(|(depth, _)| field.depth >= depth)
        {
            local = Some((field.depth, NameRef::Field(field)));
        }
        let mut scope = self.item_scope;
        while scope != self.base_scope {
            let depth = self.cx.scope(scope).depth;
            let parent = self.cx.scope(scope).parent;
            if local.is_none_or(|(local_depth, _)| depth >= local_depth)
                && let Some(named) = self.cx.scopes[scope.0 as usize].names.get_mut(&name)
            {
                named.used = true;
                return NameRef::Decl(named.decl);
            }
            scope = parent.expect("the base scope is around");
        }
        if let Some((_, found)) = local {
            return found;
        }
        match self.cx.lookup_decl(scope, name) {
            Some((decl, _, found)) => {
                if self.cx.scope(found).depth == 0
                    && let Some(&span) = self.outer_locals.get(&name)
                {
                    return NameRef::Captured(span);
                }
                NameRef::Decl(decl)
            }
            None => match self.outer_locals.get(&name) {
                Some(&span) => NameRef::Captured(span),
                None => NameRef::Unknown,
            },
        }
    }

    /// A local variable of this name that is declared further down in a block around this place.
    pub(crate) fn declared_later(&self, name: Symbol) -> Option<Span> {
        let variables = |scope: &LocalScope| {
            let mut names = Vec::new();
            for &stmt in &self.file[scope.stmts] {
                if let StmtKind::Var(var) = self.file[stmt].kind {
                    crate::resolve::collect::bound_names(self.file, self.file[var].pat, &mut names);
                }
            }
            // The first of a name is the last to be put in.
            names.into_iter().rev().map(|ident| (ident.name, ident.span)).collect()
        };
        let mut scopes = self.scopes.iter().rev();
        scopes.find_map(|scope| scope.variables.get_or_init(|| variables(scope)).get(&name).copied())
    }

    /// Names of locals, for suggestions.
    pub(crate) fn local_names(&self) -> Vec<Symbol> {
        let fields = self.used_fields.iter().filter(|(_, fields)| !fields.is_empty()).map(|(name, _)| name);
        self.names.keys().chain(fields).copied().collect()
    }

    pub(crate) fn visible_locals(&self) -> FxHashMap<Symbol, Span> {
        let mut visible = self.outer_locals.clone();
        for (&name, entries) in &self.names {
            if let Some(&(_, local)) = entries.last() {
                visible.insert(name, self.body[local].span);
            }
        }
        for (&name, fields) in &self.used_fields {
            if let Some(field) = fields.last() {
                visible.insert(name, field.span);
            }
        }
        visible
    }

    // ------------------------------------------------------------------------------------------------ blocks

    pub(crate) fn function_body(&mut self, block: ast::BlockId) -> BlockId {
        let result = self.result;
        if let TyKind::Result { ok: Ty::VOID, .. } = self.kind(result) {
            return self.void_body(block, result);
        }
        let root = self.block(block, Some(result), BlockRole::Body);
        let node = &self.body[root];
        if self.ends_without_value(node.tail) && node.ty == Ty::VOID && result != Ty::VOID && result != Ty::ERROR {
            let end = self.file[block].span;
            let brace = Span::new(end.file, end.end.saturating_sub(1), end.end);
            let name = self.name_of(result);
            let mut diagnostic =
                Diagnostic::error("E0320", brace, "the end of the function is reached without a result")
                    .label(format!("expected a value of type `{name}`"))
                    .secondary(self.result_span, "the result type is declared here");
            if let Some(semicolon) = self.dropped_value(block, result) {
                diagnostic = diagnostic.suggest("remove this semicolon to return the value", semicolon, "");
                // One cause, one message: that the value is not used is the same fault.
                self.cx.diagnostics.retain(|d| d.code != "W0205" || d.primary.span.end != semicolon.start);
            }
            self.report(diagnostic);
            return root;
        }
        self.coerce_block(root, result);
        if let Some(tail) = self.body[root].tail {
            self.check_escape(tail, "returned");
        }
        root
    }

    /// Whether a block ends in nothing, or in a construct that never has a value.
    fn ends_without_value(&self, tail: Option<ExprId>) -> bool {
        tail.is_none_or(|tail| {
            matches!(
                self.body[tail].kind,
                ExprKind::If { otherwise: None, .. }
                    | ExprKind::While { .. }
                    | ExprKind::Loop { .. }
                    | ExprKind::ForRange(_)
                    | ExprKind::ForSlice(_)
                    | ExprKind::ForChars(_)
            )
        })
    }

    /// The semicolon behind the last statement of a block, if its value has the type.
    pub(crate) fn dropped_value(&self, block: ast::BlockId, ty: Ty) -> Option<Span> {
        let &last = self.file[self.file[block].stmts].last()?;
        let StmtKind::Expr(expr) = self.file[last].kind else { return None };
        let span = self.file[expr].span;
        // The last expression node of that span has the type; look from the end, where it was made.
        let found = self.body.exprs.iter().rev().find(|node| node.span == span && node.ty != Ty::VOID)?;
        let end = self.file[last].span;
        (found.ty == ty && end.end > span.end).then(|| Span::new(end.file, end.end - 1, end.end))
    }

    /// Checks a block. Its type is what its end or a `yield` gives; `coerce_block` makes another one of it.
    pub(crate) fn block(&mut self, id: ast::BlockId, expect: Option<Ty>, role: BlockRole) -> BlockId {
        let node = self.file[id];
        let block = self.new_block(node.span);
        self.push_scope(node.stmts);
        self.enter_items(node.stmts);
        if role == BlockRole::Alone {
            self.yields.push(YieldFrame { block, expect, values: Vec::new() });
        }
        let mut stmts = Vec::new();
        let mut warned = self.diverges;
        let (parts, last) = self.cx.parts(self.file_index, node.stmts, node.tail);
        for part in parts {
            match part {
                Part::Stmt(stmt) => {
                    self.warn_unreachable(&mut warned, self.file[stmt].span);
                    self.stmt(stmt, &mut stmts);
                }
                Part::Expr(expr) => {
                    self.warn_unreachable(&mut warned, self.file[expr].span);
                    self.stmt_expr(expr, &mut stmts, self.file[expr].span);
                }
            }
        }
        let mut tail = None;
        if let Some(expr) = last {
            self.warn_unreachable(&mut warned, self.file[expr].span);
            if let ast::ExprKind::Assign { .. } = self.file[expr].kind {
                self.stmt_expr(expr, &mut stmts, self.file[expr].span);
            } else {
                tail = Some(self.expr(expr, expect));
            }
        }
        self.pop_scope();
        let mut ty = match tail {
            Some(tail) => self.ty(tail),
            None if self.diverges => Ty::NEVER,
            None => Ty::VOID,
        };
        self.body.blocks[block.index()].stmts = stmts;
        self.body.blocks[block.index()].tail = tail;
        self.body.blocks[block.index()].ty = ty;
        if role == BlockRole::Alone {
            let frame = self.yields.pop().expect("a frame for this block");
            if !frame.values.is_empty() {
                // The end may not be reached, but what follows the block is.
                self.diverges = false;
                self.body.blocks[block.index()].yields = true;
                for &value in &frame.values {
                    let value_ty = self.yield_value_ty(value);
                    ty = if ty == Ty::VOID && self.ends_without_value(tail) {
                        self.report_missing_yield(block, value);
                        Ty::ERROR
                    } else {
                        self.join(ty, value_ty).unwrap_or_else(|| {
                            self.report_branch_mismatch(ty, value_ty, self.body[value].span, node.span);
                            Ty::ERROR
                        })
                    };
                }
                self.block_yields.insert(block, frame.values);
                self.coerce_block(block, ty);
            }
        }
        block
    }

    fn report_missing_yield(&mut self, block: BlockId, value: ExprId) {
        let span = self.body[block].span;
        let brace = Span::new(span.file, span.end.saturating_sub(1), span.end);
        let yield_span = self.body[value].span;
        if self.yield_value_ty(value) == Ty::ERROR {
            return;
        }
        self.report(
            Diagnostic::error("E0321", brace, "the end of this block is reached without a value")
                .secondary(yield_span, "here the block gives a value"),
        );
    }

    fn yield_value_ty(&self, node: ExprId) -> Ty {
        match self.body[node].kind {
            ExprKind::Yield { value, .. } => self.ty(value),
            _ => Ty::ERROR,
        }
    }

    fn warn_unreachable(&mut self, warned: &mut bool, span: Span) {
        if self.diverges && !*warned {
            *warned = true;
            if self.jump_failed {
                return;
            }
            self.report(Diagnostic::warning("W0301", span, "this is never reached"));
        }
    }

    /// Declarations of a block: their scope, types and signatures.
    fn enter_items(&mut self, stmts: ast::List<ast::StmtId>) {
        let cx = &mut *self.cx;
        let (structs, aliases, funcs, sets) = (cx.structs.len(), cx.aliases.len(), cx.funcs.len(), cx.fn_sets.len());
        let enums = cx.enums.len();
        let depth = self.scopes.len() as u32;
        let file = self.file;
        let Some(scope) =
            cx.collect_block(self.item_scope, self.file_index, &file[stmts], depth, &self.path, self.owner)
        else {
            return;
        };
        self.item_scope = scope;
        for index in structs..cx.structs.len() {
            cx.resolve_struct(StructId(index as u32));
        }
        for index in enums..cx.enums.len() {
            cx.resolve_enum(EnumId(index as u32));
        }
        for index in structs..cx.structs.len() {
            cx.layout_struct(StructId(index as u32));
        }
        for index in enums..cx.enums.len() {
            cx.layout_enum(EnumId(index as u32));
        }
        for index in aliases..cx.aliases.len() {
            let span = cx.aliases[index].span;
            cx.resolve_alias(crate::resolve::AliasId(index as u32), span);
        }
        cx.resolve_impls();
        for index in funcs..cx.funcs.len() {
            cx.resolve_signature(FuncId(index as u32));
        }
        for set in sets..cx.fn_sets.len() {
            cx.check_overloads(set);
        }
    }

    // -------------------------------------------------------------------------------------------- statements

    pub(crate) fn stmt(&mut self, id: ast::StmtId, out: &mut Vec<hir::Stmt>) {
        let node = self.file[id];
        let span = node.span;
        match node.kind {
            StmtKind::Error | StmtKind::Pass => {}
            StmtKind::Var(var) => self.var_stmt(var, span, out),
            StmtKind::Expr(expr) => self.stmt_expr(expr, out, span),
            StmtKind::Item(item) => self.item_stmt(item),
            StmtKind::Defer(expr) => self.defer_stmt(expr, span, out),
            StmtKind::OnReturn(block) => self.on_return_stmt(block, span, out),
            StmtKind::Using(place) => self.using_stmt(place, span),
            // `Cx::parts` puts the arm that is taken in its place.
            StmtKind::ConstIf { .. } => {}
        }
    }

    fn item_stmt(&mut self, item: ast::ItemId) {
        match self.file[item].kind {
            ast::ItemKind::Fn(decl) => {
                let visible = self.visible_locals();
                let scope = self.item_scope;
                let func = self
                    .cx
                    .funcs
                    .iter_mut()
                    .rev()
                    .find(|func| func.scope == scope && func.source == FuncSource::Fn(decl));
                if let Some(func) = func {
                    func.outer_locals = visible;
                }
            }
            ast::ItemKind::Const { name, .. } => {
                if let Some(named) = self.cx.scope(self.item_scope).names.get(&name.name)
                    && let Decl::Const(id) = named.decl
                {
                    self.cx.resolve_const(id, name.span);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn stmt_expr(&mut self, expr: ast::ExprId, out: &mut Vec<hir::Stmt>, span: Span) {
        if let ast::ExprKind::Assign { op, place, value, op_span } = self.file[expr].kind {
            return self.assign(op, place, value, op_span, span, out);
        }
        let value = self.expr(expr, Some(Ty::VOID));
        self.warn_unused_value(expr, value);
        if let TyKind::Result { .. } = self.kind(self.ty(value)) {
            self.report_dropped(value);
        }
        let value = if self.ty(value) == Ty::NIL { self.coerce(value, Ty::VOID) } else { value };
        out.push(hir::Stmt { kind: hir::StmtKind::Expr(value), span });
    }

    /// A statement whose value is all that it does.
    fn warn_unused_value(&mut self, expr: ast::ExprId, value: ExprId) {
        let ty = self.ty(value);
        let what = match self.file[expr].kind {
            ast::ExprKind::Binary { op, .. } if !op.is_short_circuit() => "the result of this operation",
            ast::ExprKind::Unary { .. } | ast::ExprKind::Cast { .. } => "the result of this operation",
            ast::ExprKind::Name(_)
            | ast::ExprKind::Field { .. }
            | ast::ExprKind::Int { .. }
            | ast::ExprKind::Float { .. }
            | ast::ExprKind::Str(_)
            | ast::ExprKind::FStr(_) => "this value",
            _ => return,
        };
        if ty == Ty::ERROR || ty == Ty::NEVER {
            return;
        }
        let span = self.file[expr].span;
        let mut warning = Diagnostic::warning("W0205", span, format!("{what} is not used"));
        if let ast::ExprKind::Binary { op: ast::BinaryOp::Eq, op_span, .. } = self.file[expr].kind {
            warning = warning.suggest("did you mean to assign?", op_span, "=");
        }
        self.report(warning);
    }

    fn var_stmt(&mut self, id: ast::VarId, span: Span, out: &mut Vec<hir::Stmt>) {
        let decl = self.file[id];
        let declared = decl.ty.map(|written| {
            let ty = self.cx.resolve_type(self.item_scope, written, TypePlace::Other);
            let ty = self.cx.sized(ty, self.file[written].span);
            self.require_values(ty, self.file[written].span)
        });
        let init = match (decl.init, declared) {
            (Some(init), Some(ty)) => {
                let value = self.expr_to(init, ty);
                if self.ty(value) == Ty::ERROR {
                    // The variable has its type all the same.
                    let span = self.body[value].span;
                    self.add(ExprKind::Error, ty, span)
                } else {
                    value
                }
            }
            (Some(init), None) => {
                let value = self.expr(init, None);
                self.infer_variable(value)
            }
            (None, Some(ty)) => {
                let ty = self.require_zero(ty, self.file[decl.pat].span);
                self.add(ExprKind::Zero, ty, self.file[decl.pat].span)
            }
            (None, None) => self.error(span),
        };
        self.copy_constantized(&decl, init);
        self.bind_irrefutable(decl.pat, init, decl.mutable, span, out);
    }

    /// The value of a variable without a declared type.
    fn infer_variable(&mut self, value: ExprId) -> ExprId {
        let span = self.body[value].span;
        match self.ty(value) {
            Ty::NIL => {
                self.report(
                    Diagnostic::error("E0311", span, "the type of this `nil` is not known")
                        .help("write the type of the variable, such as `?i64`"),
                );
                self.error(span)
            }
            Ty::VOID => {
                self.report_void(span, value);
                self.error(span)
            }
            Ty::NEVER => self.add(ExprKind::Diverge(value), Ty::ERROR, span),
            ty => {
                let ty = self.cx.unrestricted(ty);
                self.coerce(value, ty)
            }
        }
    }

    pub(crate) fn report_void(&mut self, span: Span, value: ExprId) {
        let mut diagnostic = Diagnostic::error("E0306", span, "this has no value");
        if let ExprKind::If { otherwise: None, .. } = self.body[value].kind {
            diagnostic = diagnostic.note("an `if` without `else` has no value");
        }
        if let ExprKind::Call { callee, .. } = self.body[value].kind {
            let func = &self.cx.funcs[callee.index()];
            let (name, span) = (self.cx.text(func.name).to_string(), func.span);
            diagnostic = diagnostic.secondary(span, format!("`{name}` returns nothing"));
        }
        self.report(diagnostic);
    }

    /// A variable of type `void` is a mistake.
    fn require_values(&mut self, ty: Ty, span: Span) -> Ty {
        if ty == Ty::VOID {
            self.report(Diagnostic::error("E0306", span, "a variable cannot be `void`, which has no values"));
            return Ty::ERROR;
        }
        ty
    }

    /// The type, if all bytes zero are a value of it.
    pub(crate) fn require_zero(&mut self, ty: Ty, span: Span) -> Ty {
        if let Some(part) = self.cx.without_zero(ty) {
            let (name, part_name) = (self.name_of(ty), self.name_of(part));
            let mut diagnostic =
                Diagnostic::error("E0312", span, format!("the type `{name}` has no zero value")).help("give a value");
            if part != ty {
                diagnostic = diagnostic.note(format!("`{part_name}` in it has none"));
            }
            self.report(diagnostic);
            return Ty::ERROR;
        }
        ty
    }

    /// Number of blocks around that `yield` could leave.
    pub(crate) fn yield_count(&self) -> usize {
        self.yields.len()
    }

    // --------------------------------------------------------------------------------------- leaving things

    pub(crate) fn check_return(&mut self, value: Option<ast::ExprId>, span: Span) -> ExprId {
        if let Some(what) = self.leaving.what {
            self.report(Diagnostic::error("E0330", span, format!("`return` cannot leave {what}")));
            return self.failed_jump(span);
        }
        if !self.is_function {
            self.report(Diagnostic::error("E0331", span, "`return` stands only in functions"));
            return self.failed_jump(span);
        }
        let value = match value {
            None if matches!(self.kind(self.result), TyKind::Result { ok: Ty::VOID, .. }) => {
                Some(self.wrap_ok(None, self.result, span))
            }
            None => {
                if self.result != Ty::VOID && self.result != Ty::ERROR {
                    let name = self.name_of(self.result);
                    self.report(
                        Diagnostic::error("E0301", span, "this `return` needs a value")
                            .label(format!("expected a value of type `{name}`"))
                            .secondary(self.result_span, "the result type is declared here"),
                    );
                }
                None
            }
            Some(expr) if self.result == Ty::VOID => {
                let value = self.expr(expr, None);
                match self.ty(value) {
                    Ty::VOID | Ty::ERROR | Ty::NEVER => {}
                    ty => {
                        let name = self.name_of(ty);
                        let diagnostic =
                            Diagnostic::error("E0301", self.file[expr].span, "this function has no result")
                                .label(format!("a value of type `{name}`"));
                        let diagnostic = if self.owner.is_some() && self.owner == self.cx.script {
                            diagnostic.help("`exit(code)` ends the program with a status")
                        } else {
                            let head = self.result_span.at_end();
                            diagnostic.suggest("declare the result", head, format!(" -> {name}"))
                        };
                        self.report(diagnostic);
                    }
                }
                Some(self.coerce(value, Ty::VOID))
            }
            Some(expr) => {
                let errors = self.cx.diagnostics.len();
                let value = self.expr_to(expr, self.result);
                if let Some(diagnostic) = self.cx.diagnostics[errors..].last_mut()
                    && diagnostic.code == "E0301"
                    && diagnostic.secondary.is_empty()
                    && diagnostic.primary.span == self.file[expr].span
                {
                    *diagnostic =
                        diagnostic.clone().secondary(self.result_span, "because of the result type declared here");
                }
                self.check_escape(value, "returned");
                Some(value)
            }
        };
        self.diverges = true;
        self.add(ExprKind::Return(value), Ty::NEVER, span)
    }

    pub(crate) fn check_yield(&mut self, value: ast::ExprId, span: Span) -> ExprId {
        let Some(index) = self.yields.len().checked_sub(1).filter(|&index| index >= self.leaving.yield_floor) else {
            let what = match self.leaving.what {
                Some(what) if !self.yields.is_empty() => format!("`yield` cannot leave {what}"),
                _ => "`yield` stands in no block that could have a value".to_string(),
            };
            self.report(Diagnostic::error("E0332", span, what).note(
                "it gives the value of the innermost `{ }` that is not the body of a loop, `if`, `switch` case or function",
            ));
            self.expr(value, None);
            return self.failed_jump(span);
        };
        let (block, expect) = (self.yields[index].block, self.yields[index].expect);
        let value = match expect {
            Some(Ty::VOID) => {
                let value = self.expr(value, Some(Ty::VOID));
                self.coerce(value, Ty::VOID)
            }
            // The type that the context asks for is only a hint, so it is not forced here.
            expect => self.expr(value, expect),
        };
        self.diverges = true;
        let node = self.add(ExprKind::Yield { block, value }, Ty::NEVER, span);
        self.yields[index].values.push(node);
        node
    }

    /// Instead of a jump that was reported: nothing follows it all the same.
    fn failed_jump(&mut self, span: Span) -> ExprId {
        self.diverges = true;
        self.jump_failed = true;
        self.error(span)
    }

    /// The loop that a `break` or `continue` is for.
    pub(crate) fn find_loop(&mut self, label: Option<ast::Ident>, what: &str, span: Span) -> Option<usize> {
        let found = match label {
            None => self.loops.len().checked_sub(1),
            Some(label) => {
                let index = self.loops.iter().rposition(|frame| frame.label.is_some_and(|l| l.name == label.name));
                if index.is_none() {
                    let text = self.cx.text(label.name).to_string();
                    let names: Vec<&str> =
                        self.loops.iter().filter_map(|frame| frame.label).map(|l| self.cx.text(l.name)).collect();
                    let near = crate::resolve::suggest::nearest(&text, names.into_iter()).map(str::to_string);
                    let mut diagnostic =
                        Diagnostic::error("E0333", label.span, format!("no loop around this is labelled `{text}`"));
                    if let Some(near) = near {
                        diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), label.span, near);
                    }
                    self.report(diagnostic);
                    return None;
                }
                index
            }
        };
        match found {
            Some(index) if index >= self.leaving.loop_floor => Some(index),
            Some(_) => {
                self.failed_jump(span);
                let deferred = self.leaving.what.unwrap_or("a `defer`");
                self.report(Diagnostic::error("E0330", span, format!("`{what}` cannot leave {deferred}")));
                None
            }
            None => {
                self.failed_jump(span);
                self.report(Diagnostic::error("E0334", span, format!("`{what}` stands in no loop")));
                None
            }
        }
    }

    /// Begins a loop: its id and its frame.
    pub(crate) fn push_loop(&mut self, label: Option<ast::Ident>) -> LoopId {
        let id = LoopId(self.body.loops);
        self.body.loops += 1;
        self.loops.push(LoopFrame { label, id, breaks: false, label_used: false });
        id
    }

    pub(crate) fn pop_loop(&mut self) -> LoopFrame {
        let frame = self.loops.pop().expect("loops are pushed and popped in pairs");
        if let Some(label) = frame.label
            && !frame.label_used
        {
            let text = self.cx.text(label.name).to_string();
            if !text.starts_with('_') {
                self.report(Diagnostic::warning("W0206", label.span, format!("label `{text}` is never used")));
            }
        }
        frame
    }

    /// A function value `fn(x: T) -> U { }`.
    pub(crate) fn fn_value(&mut self, decl: ast::FnId, span: Span) -> ExprId {
        let function = self.file[decl];
        if let Some(param) = self.file[function.params].iter().find(|param| param.ty.is_none()) {
            self.cx.not_yet(param.span, "parameters without types (generics) are", "write the type of the parameter");
            return self.error(span);
        }
        let id = FuncId(self.cx.funcs.len() as u32);
        let outer_locals = self.visible_locals();
        self.cx.funcs.push(FuncDecl {
            result: Ty::ERROR,
            resolved: false,
            parent: self.owner,
            outer_locals,
            ..FuncDecl::new(
                Symbol::EMPTY,
                function.head_span,
                format!("{}fn", self.path),
                FuncSource::Fn(decl),
                self.file_index,
                self.item_scope,
            )
        });
        self.cx.resolve_signature(id);
        self.func_value(id, span)
    }

    /// Reports the use of a function that only tests see, unless this is one.
    pub(crate) fn check_test_only(&mut self, id: FuncId, span: Span) {
        let funcs = &self.cx.funcs;
        let mut scopes = std::iter::successors(Some(self.item_scope), |&scope| self.cx.scope(scope).parent);
        if funcs[id.index()].attrs.test_only && !scopes.any(|scope| self.cx.scope(scope).test_only) {
            let (name, declared) = (self.cx.text(funcs[id.index()].name).to_string(), funcs[id.index()].span);
            self.report(
                Diagnostic::error("E0250", span, format!("`{name}` is `#test_only`, and this is no test"))
                    .secondary(declared, "only tests see this function")
                    .help("call it in a `test` block or in another `#test_only` function, or remove the attribute"),
            );
        }
    }

    /// A function as a value.
    pub(crate) fn func_value(&mut self, id: FuncId, span: Span) -> ExprId {
        self.check_test_only(id, span);
        let func = &mut self.cx.funcs[id.index()];
        func.used = true;
        let params: Vec<Ty> = func.params.iter().map(|param| param.ty).collect();
        let (result, variadic, name) = (func.result, func.c_variadic, func.name);
        if variadic {
            let text = self.cx.text(name).to_string();
            self.report(
                Diagnostic::error("E0706", span, format!("`{text}` takes variable arguments, so it is no value"))
                    .help("call it, or write a function that does"),
            );
            return self.error(span);
        }
        if params.contains(&Ty::ERROR) || result == Ty::ERROR {
            return self.error(span);
        }
        let ty = self.cx.types.function(&params, result);
        self.cx.funcs[id.index()].as_value = Some(ty);
        self.add(ExprKind::Func(id), ty, span)
    }
}
