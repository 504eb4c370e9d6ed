//! Statements and blocks.

use super::recover::Elements;
use super::*;

/// Where statements stand, which decides what they may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scope {
    /// The top level of a file: declarations, and the statements of a script.
    File,
    /// In `module name { }`: only declarations.
    Module,
    /// In a block.
    Block,
}

/// What [`Parser::statement`] read.
pub(super) enum Parsed {
    Stmt(StmtId),
    /// An expression without a `;` at the end of a block.
    Tail(ExprId),
}

impl Parser<'_> {
    /// The whole file.
    pub(super) fn source_file(&mut self) {
        let mut body: Elements<StmtId> = Elements::new();
        while !self.at(T::Eof) {
            if self.at(T::RBrace) {
                let span = self.span();
                self.mild_error("E0107", span, "this `}` closes nothing");
                self.bump();
                continue;
            }
            self.statement_into(Scope::File, &mut body);
        }
        self.file.body = self.file.list(&body);
    }

    /// Reads one statement; gives the tail, if that is what it was.
    fn statement_into(&mut self, scope: Scope, body: &mut Elements<StmtId>) -> Option<ExprId> {
        let before = self.pos;
        let height = std::mem::take(&mut self.height);
        let parsed = self.statement(scope);
        self.height = self.height.max(height);
        if self.panicking {
            self.recover_in_block(before);
            if self.pos == before && !self.at_any(&[T::RBrace, T::Eof]) {
                self.bump();
            }
        }
        match parsed {
            Some(Parsed::Stmt(stmt)) => body.push(stmt),
            Some(Parsed::Tail(tail)) => return Some(tail),
            None => {}
        }
        None
    }

    pub(super) fn block(&mut self) -> BlockId {
        self.scoped_block(Scope::Block)
    }

    /// `{ ... }`; reports it where there is none.
    pub(super) fn scoped_block(&mut self, scope: Scope) -> BlockId {
        if !self.at(T::LBrace) {
            if !self.panicking {
                self.error_expected("`{`");
            }
            return self.empty_block();
        }
        let Some(outer) = self.enter() else { return self.empty_block() };
        let no_struct = std::mem::replace(&mut self.no_struct, false);
        let open = self.bump();
        let mut stmts: Elements<StmtId> = Elements::new();
        let mut tail = None;
        while !self.at_any(&[T::RBrace, T::Eof]) {
            tail = self.statement_into(scope, &mut stmts);
        }
        self.close(open, T::RBrace);
        self.no_struct = no_struct;
        self.leave(outer);
        let stmts = self.file.list(&stmts);
        self.file.add_block(Block { stmts, tail, span: self.span_from(open.start) })
    }

    /// A block where the source has none.
    pub(super) fn empty_block(&mut self) -> BlockId {
        let span = self.span_from(self.prev_end);
        self.file.add_block(Block { stmts: List::EMPTY, tail: None, span })
    }

    fn statement(&mut self, scope: Scope) -> Option<Parsed> {
        let start = self.start();
        let is_import = matches!(self.kind(), T::Import | T::Semi)
            || (self.at(T::Pub) && self.ahead_kind(1) == T::Import)
            || (self.at(T::Hash) && matches!(self.text_of(self.ahead(1)), "import_path" | "link_path"));
        if !is_import {
            self.imports_over = true;
        }
        if self.at_item() {
            let item = self.item(scope);
            return Some(Parsed::Stmt(self.file.add_stmt(StmtKind::Item(item), self.span_from(start))));
        }
        let kind = match self.kind() {
            T::Semi => {
                self.bump();
                return None;
            }
            T::Let | T::Var => return Some(Parsed::Stmt(self.variable_statement(scope, start))),
            T::Defer => {
                self.bump();
                StmtKind::Defer(self.deferred())
            }
            T::OnReturn => {
                self.bump();
                StmtKind::OnReturn(self.block())
            }
            T::Using => {
                self.bump();
                let place = self.expr();
                self.end_of_statement();
                StmtKind::Using(place)
            }
            T::Pass => {
                self.bump();
                self.end_of_statement();
                StmtKind::Pass
            }
            T::Hash if self.text_of(self.ahead(1)) == "if" => self.const_if(scope),
            T::Else => {
                let span = self.span();
                self.mild_error("E0101", span, "`else` without an `if` before it")
                    .helps
                    .push(help("`else` stands right behind the `}` of the `if`, without a `;`"));
                self.bump();
                // The block that belongs to it is read as the next statement.
                StmtKind::Error
            }
            _ => return self.expression_statement(scope, start),
        };
        if scope == Scope::Module && !matches!(kind, StmtKind::ConstIf { .. } | StmtKind::Error) {
            self.no_statement_here(start);
        }
        Some(Parsed::Stmt(self.file.add_stmt(kind, self.span_from(start))))
    }

    fn no_statement_here(&mut self, start: u32) {
        let span = self.span_from(start);
        self.mild_error("E0117", span, "a module holds only declarations")
            .notes
            .push("statements stand in functions, or at the top level of the main file".into());
    }

    fn expression_statement(&mut self, scope: Scope, start: u32) -> Option<Parsed> {
        if let Some(declared) = self.foreign_statement(scope) {
            return declared;
        }
        let ends_itself = self.at_block_like();
        let expr = if ends_itself { self.block_like() } else { self.expr_or_assignment() };
        if scope == Scope::Module && !self.panicking {
            self.no_statement_here(start);
        }
        let is_assignment = matches!(self.file[expr].kind, ExprKind::Assign { .. });
        if !self.panicking && self.at(T::RBrace) && scope == Scope::Block && !is_assignment {
            return Some(Parsed::Tail(expr));
        }
        if self.at(T::Semi) && !self.panicking {
            self.bump();
        } else if !(ends_itself || is_assignment && self.at(T::RBrace)) {
            self.end_of_statement();
        }
        Some(Parsed::Stmt(self.file.add_stmt(StmtKind::Expr(expr), self.span_from(start))))
    }

    /// `;`. Where it is only forgotten at the end of a line or block, the parser goes on as if it were there.
    pub(super) fn end_of_statement(&mut self) {
        if self.panicking || self.eat(T::Semi) {
            return;
        }
        if self.closes_nothing() {
            let (span, found) = (self.span(), self.found());
            self.mild_error("E0107", span, format!("this {found} closes nothing"));
            self.bump();
            self.eat(T::Semi);
            return;
        }
        let forgotten = self.token().after_newline || self.at_any(&[T::RBrace, T::Eof]);
        if forgotten {
            if self.after_unclosed_string() {
                return;
            }
            let span = self.span_from(self.prev_end);
            self.mild_error("E0105", span, "expected `;`").helps.push(edit("end the statement with `;`", span, ";"));
            return;
        }
        self.error_expected("`;`");
    }

    /// Was the last token a string that the lexer found unclosed? It may have swallowed whatever is missing here.
    pub(super) fn after_unclosed_string(&self) -> bool {
        self.pos.checked_sub(1).is_some_and(|last| self.is_unclosed_string(self.tokens[last]))
    }

    pub(super) fn is_unclosed_string(&self, token: Token) -> bool {
        match token.kind {
            T::FStrEnd => token.len == 0,
            T::Str | T::ByteStr | T::RawStr => {
                self.diagnostics.iter().any(|d| d.code == "E0004" && d.primary.span.start == token.start)
            }
            _ => false,
        }
    }

    /// `let` or `var`; at the top level and in modules an item.
    fn variable_statement(&mut self, scope: Scope, start: u32) -> StmtId {
        let docs = self.docs_here();
        let var = self.variable();
        let span = self.span_from(start);
        let kind = if scope == Scope::Block {
            StmtKind::Var(var)
        } else {
            let doc = self.file.list(&docs);
            let item = Item { kind: ItemKind::Var(var), is_pub: false, attrs: List::EMPTY, doc, span };
            StmtKind::Item(self.file.add_item(item))
        };
        self.file.add_stmt(kind, span)
    }

    /// `let pat: ty = init;`
    pub(super) fn variable(&mut self) -> VarId {
        let keyword = self.bump();
        let mut mutable = keyword.kind == T::Var;
        if self.at_word("mut") && self.ahead_kind(1) == T::Ident {
            let span = self.span_of(keyword).to(self.span());
            let message = "a mutable variable is declared with `var`";
            self.mild_error("E0110", span, message).helps.push(edit("write `var`", span, "var"));
            self.bump();
            mutable = true;
        }
        let pat = self.pattern();
        let ty = if !self.panicking && self.eat(T::Colon) {
            // `x := 5`
            if self.at(T::Eq) && self.is_glued() {
                let span = Span::new(self.file.id, self.prev_end - 1, self.prev_end);
                self.mild_error("E0110", span, "a declaration has `=` alone").helps.push(edit(
                    "leave it out",
                    span,
                    "",
                ));
                None
            } else {
                Some(self.ty())
            }
        } else {
            None
        };
        self.variable_from(mutable, pat, ty, keyword)
    }

    /// A declaration from its `=` on.
    pub(super) fn variable_from(&mut self, mutable: bool, pat: PatId, ty: Option<TypeId>, keyword: Token) -> VarId {
        if self.at(T::EqEq) && !self.panicking {
            let span = self.span();
            self.mild_error("E0101", span, "expected `=`, found `==`").helps.push(edit("write `=`", span, "="));
            self.bump();
            let init = Some(self.expr());
            self.end_of_statement();
            return self.file.add_var(VarDecl { mutable, pat, ty, init });
        }
        let init = if !self.panicking && self.eat(T::Eq) { Some(self.expr()) } else { None };
        if init.is_none() && !self.panicking {
            let span = self.span_of(keyword).to(self.span_from(self.prev_end));
            if self.at(T::Where) {
                let span = self.span();
                self.error("E0108", span, "`where` stands on parameters, results and fields")
                    .helps
                    .push(help("state it here with `assert`"));
            } else if !mutable && self.at(T::Semi) {
                self.mild_error("E0118", span, "a `let` needs a value")
                    .helps
                    .push(help("only a `var` with a type can be without: it begins as zero"));
            } else if ty.is_none() && self.at(T::Semi) {
                self.mild_error("E0118", span, "a variable needs a type or a value")
                    .helps
                    .push(help("write `var x: T;` or `var x = value;`"));
            } else if ty.is_none() && !self.token().after_newline {
                self.error_expected("`=` or `:`");
            }
        }
        self.end_of_statement();
        self.file.add_var(VarDecl { mutable, pat, ty, init })
    }

    /// What stands behind `defer`, with its `;`.
    fn deferred(&mut self) -> ExprId {
        let ends_itself = self.at_block_like();
        let deferred = if ends_itself { self.block_like() } else { self.expr_or_assignment() };
        if !ends_itself || (self.at(T::Semi) && !self.panicking) {
            self.end_of_statement();
        }
        deferred
    }

    /// `#if c { } else if c { } else { }`
    fn const_if(&mut self, scope: Scope) -> StmtKind {
        self.bump();
        self.bump();
        let mut arms: Elements<ConstIfArm> = Elements::new();
        let mut otherwise = None;
        loop {
            let cond = self.head_expr();
            if self.panicking {
                self.recover_to_brace();
            }
            let body = self.const_if_block(scope);
            arms.push(ConstIfArm { cond, body });
            if !self.eat(T::Else) {
                break;
            }
            if self.at(T::Hash) && self.ahead_kind(1) == T::If {
                self.bump();
            }
            if self.eat(T::If) {
                continue;
            }
            otherwise = Some(self.const_if_block(scope));
            break;
        }
        StmtKind::ConstIf { arms: self.file.list(&arms), otherwise }
    }

    fn const_if_block(&mut self, scope: Scope) -> BlockId {
        self.scoped_block(scope)
    }
}
