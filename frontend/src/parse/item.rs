//! Declarations.

use super::recover::Elements;
use super::stmt::Scope;
use super::*;
use smallvec::SmallVec;

/// Has a function a body?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    Needed,
    /// In a protocol: with a body it is a default.
    Optional,
    /// In `#link`.
    Absent,
}

impl Parser<'_> {
    /// Does a declaration begin here? `let` and `var` do only with `pub` before them.
    pub(super) fn at_item(&self) -> bool {
        match self.kind() {
            T::Struct | T::Enum | T::Type | T::Const | T::Protocol | T::Impl | T::Import | T::Pub => true,
            T::Fn => self.ahead_kind(1) == T::Ident || self.ahead_kind(1).is_keyword(),
            T::Ident => match self.text_of(self.token()) {
                "test" => matches!(self.ahead_kind(1), T::Str | T::RawStr),
                "module" => self.ahead_kind(1) == T::Ident && matches!(self.ahead_kind(2), T::LBrace | T::Dot),
                _ => false,
            },
            T::Hash => {
                !matches!(self.text_of(self.ahead(1)), "if" | "async" | "sync")
                    && matches!(self.ahead_kind(1), T::Ident)
            }
            _ => false,
        }
    }

    /// The doc comments right before the current token.
    pub(super) fn docs_here(&mut self) -> SmallVec<[Span; 4]> {
        let mut docs = SmallVec::new();
        while let Some(doc) = self.docs.get(self.next_doc) {
            if doc.before as usize > self.pos {
                break;
            }
            if doc.before as usize == self.pos {
                docs.push(Span::new(self.file.id, doc.start, doc.end));
            }
            self.next_doc += 1;
        }
        docs
    }

    /// A declaration, with what stands before it.
    pub(super) fn item(&mut self, scope: Scope) -> ItemId {
        let mut docs = self.docs_here();
        let mut attrs: Elements<Attr> = Elements::new();
        while self.at(T::Hash) && !self.at_directive() {
            match self.attribute() {
                Some(attr) => attrs.push(attr),
                // Whatever it was meant to be, no declaration follows.
                None if !self.at_item() => self.panicking = true,
                None => {}
            }
            if self.panicking {
                break;
            }
            docs.extend(self.docs_here());
        }
        let start = self.start();
        let pub_span = self.at(T::Pub).then(|| self.span_of(self.token()));
        if pub_span.is_some() {
            self.bump();
            if self.at(T::Hash) && !self.at_directive() {
                let span = self.span();
                self.mild_error("E0116", span, "attributes stand before `pub`");
                while self.at(T::Hash) && !self.panicking {
                    attrs.extend(self.attribute());
                }
            }
        }
        if !attrs.is_empty() && !self.at(T::Fn) && !self.panicking {
            let span = attrs[0].span;
            self.mild_error("E0116", span, "attributes stand only on functions");
        }
        if let Some(span) = pub_span
            && scope == Scope::Block
            && !matches!(self.kind(), T::Let | T::Var)
        {
            let message = "a declaration in a function cannot be `pub`";
            let edit = self.without_pub(span);
            self.mild_error("E0119", span, message).helps.push(edit);
        }
        let kind = if self.panicking { ItemKind::Error } else { self.item_kind(scope, start, pub_span) };
        let item = Item {
            kind,
            is_pub: pub_span.is_some(),
            attrs: self.file.list(&attrs),
            doc: self.file.list(&docs),
            span: self.span_from(start),
        };
        self.file.add_item(item)
    }

    /// `#link` and the other words that are no attributes.
    fn at_directive(&self) -> bool {
        matches!(self.text_of(self.ahead(1)), "link" | "link_path" | "import_path" | "if" | "async" | "sync")
    }

    /// `#inline`, `#export "name"`; the current token is the `#`.
    fn attribute(&mut self) -> Option<Attr> {
        let start = self.start();
        self.bump();
        let name = self.expect_ident("the name of an attribute");
        let kind = match name.name {
            Symbol::INLINE => AttrKind::Inline,
            Symbol::NOINLINE => AttrKind::NoInline,
            Symbol::COLD => AttrKind::Cold,
            Symbol::FAST_MATH => AttrKind::FastMath,
            Symbol::PURE => AttrKind::Pure,
            Symbol::TEST_ONLY => AttrKind::TestOnly,
            Symbol::EXPORT => AttrKind::Export(self.plain_string("the exported name as a string").0),
            _ if self.interner.resolve(name.name) == "foreign" => {
                let open = self.eat(T::LParen);
                let symbol = self.plain_string("the name in the library as a string").0;
                if open && !self.panicking {
                    self.expect(T::RParen);
                }
                AttrKind::Foreign(symbol)
            }
            _ => {
                if !self.panicking {
                    let span = self.span_from(start);
                    let text = self.interner.resolve(name.name).to_owned();
                    self.mild_error("E0116", span, format!("unknown attribute `#{text}`")).helps.push(help(
                        "the attributes are #inline #noinline #cold #fast_math #pure #export #foreign #test_only",
                    ));
                }
                return None;
            }
        };
        Some(Attr { kind, span: self.span_from(start) })
    }

    /// The edit that takes away the `pub` before this token, and the space behind it.
    fn without_pub(&self, span: Span) -> Help {
        edit("leave it out", Span::new(span.file, span.start, self.token().start), "")
    }

    fn item_kind(&mut self, scope: Scope, start: u32, pub_span: Option<Span>) -> ItemKind {
        let not_pub = |p: &mut Self, what: &str| {
            if let Some(span) = pub_span {
                let edit = p.without_pub(span);
                p.mild_error("E0119", span, format!("{what} cannot be `pub`")).helps.push(edit);
            }
        };
        match self.kind() {
            T::Fn => {
                self.bump();
                let name = self.expect_ident("the name of the function");
                ItemKind::Fn(self.function(Some(name), start, Body::Needed))
            }
            T::Struct => self.structure(),
            T::Enum => self.enumeration(),
            T::Type => {
                self.bump();
                let name = self.expect_ident("the name of the type");
                let generics = self.generic_params();
                if !self.panicking {
                    self.expect(T::Eq);
                }
                let ty = self.ty_unless_panicking();
                self.end_of_statement();
                ItemKind::TypeAlias { name, generics, ty }
            }
            T::Const => {
                self.bump();
                let name = self.expect_ident("the name of the constant");
                let ty = if !self.panicking && self.eat(T::Colon) { Some(self.ty()) } else { None };
                if !self.panicking {
                    self.expect(T::Eq);
                }
                let value = if self.panicking { self.file.add_expr(ExprKind::Error, self.span()) } else { self.expr() };
                self.end_of_statement();
                ItemKind::Const { name, ty, value }
            }
            T::Let | T::Var => {
                if scope == Scope::Block {
                    not_pub(self, "a local variable");
                }
                ItemKind::Var(self.variable())
            }
            T::Protocol => {
                self.bump();
                let name = self.expect_ident("the name of the protocol");
                let generics = self.generic_params();
                let items = self.members("the functions of the protocol", Body::Optional);
                ItemKind::Protocol { name, generics, items }
            }
            T::Impl => {
                not_pub(self, "an `impl`");
                self.bump();
                let generics = self.generic_params();
                let first = self.ty_unless_panicking();
                let (protocol, ty) =
                    if !self.panicking && self.eat(T::For) { (Some(first), self.ty()) } else { (None, first) };
                let items = self.members("the functions of the type", Body::Needed);
                ItemKind::Impl { generics, protocol, ty, items }
            }
            T::Import => self.import(scope, start),
            T::Ident if self.at_item() && self.at_word("test") => {
                not_pub(self, "a test");
                self.bump();
                let (name, name_span) = self.plain_string("the name of the test");
                let block = self.block();
                let body = self.test_body(block, name_span);
                if scope == Scope::Block {
                    self.mild_error("E0117", name_span, "tests stand at the top level or in modules");
                }
                ItemKind::Test { name, name_span, body, example: false }
            }
            T::Ident if self.at_item() => {
                self.bump();
                let name = self.ident();
                if self.at(T::Dot) {
                    self.dotted_module();
                }
                let body = self.module_body();
                if scope == Scope::Block {
                    self.mild_error("E0117", name.span, "modules stand at the top level or in modules");
                }
                ItemKind::Module { name, body }
            }
            T::Hash => {
                let span = self.span().to(self.span_of(self.ahead(1)));
                self.bump();
                let word = self.bump();
                not_pub(self, "this");
                if scope == Scope::Block {
                    let text = self.text_of(word);
                    self.mild_error("E0117", span, format!("`#{text}` stands at the top level"));
                }
                match self.text_of(word) {
                    "link" => self.link(),
                    "link_path" => {
                        let (path, path_span) = self.plain_string("a path as a string");
                        self.end_of_statement();
                        ItemKind::LinkPath { path, path_span }
                    }
                    "import_path" => {
                        let (path, path_span) = self.plain_string("a path as a string");
                        self.end_of_statement();
                        ItemKind::ImportPath { path, path_span }
                    }
                    _ => {
                        self.error_expected("a declaration");
                        ItemKind::Error
                    }
                }
            }
            _ => {
                if pub_span.is_some() || self.pos > 0 && !self.at_item() {
                    self.error_expected("a declaration");
                }
                ItemKind::Error
            }
        }
    }

    /// The function that a test is.
    pub(super) fn test_body(&mut self, body: BlockId, head_span: Span) -> FnId {
        self.file.add_fn(FnDecl {
            name: None,
            generics: List::EMPTY,
            params: List::EMPTY,
            result: None,
            result_where: None,
            body: Some(body),
            head_span,
        })
    }

    fn ty_unless_panicking(&mut self) -> TypeId {
        if self.panicking { self.file.add_type(TypeKind::Error, self.span()) } else { self.ty() }
    }

    /// A function from behind its name on.
    pub(super) fn function(&mut self, name: Option<Ident>, start: u32, body: Body) -> FnId {
        let generics = self.generic_params();
        let params = if self.panicking {
            List::EMPTY
        } else if self.at(T::LParen) {
            let open = self.bump();
            let params = self.comma_list(open, T::RParen, Parser::param);
            if let Some(bare) = params.iter().find(|p| p.variadic && p.ty.is_none())
                && body != Body::Absent
            {
                self.mild_error("E0109", bare.span, "only a foreign function has variable arguments without a type")
                    .helps
                    .push(help("write `xs: ...T`; then `xs` is a `[]T`"));
            }
            if let Some(early) = params.iter().rev().skip(1).find(|p| p.variadic) {
                self.mild_error("E0109", early.span, "only the last parameter can be variadic");
            }
            self.file.list(&params)
        } else {
            self.error_expected("`(` and the parameters");
            List::EMPTY
        };
        let mut result = None;
        if self.at(T::Colon) && !self.panicking {
            let span = self.span();
            self.mild_error("E0110", span, "the type of a result stands behind `->`").helps.push(edit(
                "write `->`",
                span,
                " ->",
            ));
            self.bump();
            result = Some(self.ty());
        } else if !self.panicking && self.eat(T::Arrow) {
            result = Some(self.ty());
        }
        let result_where = self.refinement();
        let head_span = self.span_from(start);
        let body = self.function_body(body);
        self.file.add_fn(FnDecl { name, generics, params, result, result_where, body, head_span })
    }

    fn function_body(&mut self, body: Body) -> Option<BlockId> {
        if self.panicking {
            self.recover_to_brace();
        }
        if self.at(T::LBrace) {
            if body == Body::Absent {
                let span = self.span();
                self.mild_error("E0120", span, "a foreign function has no body here").helps.push(help("write `;`"));
            }
            return Some(self.block());
        }
        if body == Body::Needed {
            if self.at(T::Eq) || self.at(T::FatArrow) {
                let span = self.span();
                self.error("E0120", span, "the body of a function stands in braces");
            } else if self.at(T::Semi) && !self.panicking {
                let span = self.span();
                self.mild_error("E0120", span, "a function needs a body")
                    .helps
                    .push(help("foreign functions are declared in `#link \"library\" { }`"));
                self.bump();
            } else {
                let (at, errors) = (self.span().at_start(), self.diagnostics.len());
                self.error_expected("`{` and the body of the function");
                if self.at(T::Ident)
                    && let [error] = &mut self.diagnostics[errors..]
                {
                    error.helps.push(edit("the type of the result stands behind `->`", at, "-> "));
                }
            }
        } else {
            self.end_of_statement();
        }
        None
    }

    /// `where cond`
    fn refinement(&mut self) -> Option<ExprId> {
        (!self.panicking && self.eat(T::Where)).then(|| self.head_expr())
    }

    /// `name: ty where cond`, `name`, `name: ...ty`, `...`.
    fn param(&mut self) -> Param {
        let start = self.start();
        if self.eat(T::Ellipsis) {
            let pat = self.file.add_pat(PatKind::Wild, self.span_from(start));
            return Param { pat, ty: None, refinement: None, variadic: true, span: self.span_from(start) };
        }
        let missing_colon = self.missing_colon();
        if !missing_colon {
            self.foreign_param();
        }
        let name = self.expect_ident("a parameter");
        let kind = match name.name {
            Symbol::UNDERSCORE => PatKind::Wild,
            Symbol::EMPTY => PatKind::Error,
            name => PatKind::Bind(name),
        };
        let pat = self.file.add_pat(kind, name.span);
        let (mut ty, mut variadic) = (None, false);
        if !self.panicking && (self.eat(T::Colon) || missing_colon) {
            variadic = self.eat(T::Ellipsis);
            ty = Some(self.ty());
        }
        let refinement = self.refinement();
        if self.at(T::Eq) && !self.panicking {
            let span = self.span();
            self.error("E0109", span, "parameters have no default values")
                .helps
                .push(help("overload the function by its number of arguments"));
        }
        Param { pat, ty, refinement, variadic, span: self.span_from(start) }
    }

    fn structure(&mut self) -> ItemKind {
        self.bump();
        let name = self.expect_ident("the name of the struct");
        let generics = self.generic_params();
        if self.at(T::LParen) && !self.panicking {
            let span = self.span();
            self.error("E0108", span, "the fields of a struct have names, and stand in braces")
                .helps
                .push(help("a type without names for its parts is a tuple: `type Name = (T, U);`"));
        }
        let fields = if self.panicking { List::EMPTY } else { self.fields("`{` and the fields of the struct") };
        ItemKind::Struct { name, generics, fields }
    }

    /// `{ name: ty where cond = default, ... }`
    fn fields(&mut self, what: &str) -> List<FieldDecl> {
        if !self.at(T::LBrace) {
            self.error_expected(what);
            return List::EMPTY;
        }
        let open = self.bump();
        let fields = self.comma_list(open, T::RBrace, Parser::field);
        self.file.list(&fields)
    }

    fn field(&mut self) -> FieldDecl {
        let doc = self.docs_here();
        let doc = self.file.list(&doc);
        if self.at(T::Pub) {
            let span = self.span();
            self.mild_error("E0119", span, "a field cannot be `pub`").helps.push(edit(
                "leave it out: fields can be seen where their type can",
                span,
                "",
            ));
            self.bump();
        }
        if self.at(T::Fn) {
            let span = self.span();
            self.error("E0117", span, "functions do not stand in a type")
                .helps
                .push(help("write `impl Name { fn ... }` behind the type"));
        }
        let missing_colon = self.missing_colon();
        if !missing_colon && self.ahead_kind(1) == T::Ident && self.at(T::Ident) && !self.ahead(1).after_newline {
            let (ty, name) = (self.text_of(self.token()), self.text_of(self.ahead(1)));
            let span = self.span().to(self.span_of(self.ahead(1)));
            let text = format!("{name}: {}", foreign::type_name(ty));
            self.mild_error("E0110", span, "the type of a field stands behind its name").helps.push(edit(
                format!("write `{text}`"),
                span,
                text.clone(),
            ));
            let ty = self.path();
            let ty = self.file.add_type(TypeKind::Path(ty), ty.span);
            let name = self.ident();
            return FieldDecl { name, ty, refinement: None, default: None, doc };
        }
        let name = self.expect_ident("the name of a field");
        if !missing_colon && !self.panicking && !self.eat(T::Colon) {
            self.error_expected("`:` and the type of the field");
        }
        let ty = self.ty_unless_panicking();
        let refinement = self.refinement();
        let default = if !self.panicking && self.eat(T::Eq) { Some(self.expr()) } else { None };
        FieldDecl { name, ty, refinement, default, doc }
    }

    fn enumeration(&mut self) -> ItemKind {
        self.bump();
        let name = self.expect_ident("the name of the enum");
        let generics = self.generic_params();
        let repr = if !self.panicking && self.eat(T::Colon) { Some(self.ty()) } else { None };
        let cases = if self.panicking {
            List::EMPTY
        } else if self.at(T::LBrace) {
            let open = self.bump();
            let cases = self.comma_list(open, T::RBrace, Parser::case);
            self.file.list(&cases)
        } else {
            self.error_expected("`{` and the cases of the enum");
            List::EMPTY
        };
        ItemKind::Enum { name, generics, repr, cases }
    }

    fn case(&mut self) -> CaseDecl {
        let doc = self.docs_here();
        let doc = self.file.list(&doc);
        let name = self.expect_ident("the name of a case");
        let payload = match self.kind() {
            _ if self.panicking => CasePayload::None,
            T::LParen => {
                let open = self.bump();
                let types = self.comma_list(open, T::RParen, Parser::payload_type);
                CasePayload::Tuple(self.file.list(&types))
            }
            T::LBrace => CasePayload::Struct(self.fields("`{`")),
            _ => CasePayload::None,
        };
        let value = if !self.panicking && self.eat(T::Eq) { Some(self.expr()) } else { None };
        CaseDecl { name, payload, value, doc }
    }

    /// A part of a payload, which has no default value.
    fn payload_type(&mut self) -> TypeId {
        let ty = self.ty();
        if !self.panicking && self.eat(T::Eq) {
            let default = self.expr();
            let span = self.file[default].span;
            self.mild_error("E0233", span, "the payload of a case has no default values")
                .helps
                .push(help("let the payload be a struct with defaults"));
        }
        ty
    }

    /// The functions in `{ }` of a protocol, `impl` or `#link`; the last takes types and constants too.
    fn members(&mut self, what: &str, body: Body) -> List<ItemId> {
        if self.panicking {
            self.recover_to_brace();
        }
        if !self.at(T::LBrace) {
            self.error_expected(&format!("`{{` and {what}"));
            return List::EMPTY;
        }
        let open = self.bump();
        let mut items: Elements<ItemId> = Elements::new();
        while !self.at_any(&[T::RBrace, T::Eof]) {
            let before = self.pos;
            if self.eat(T::Semi) {
                continue;
            }
            items.push(self.member(body));
            if self.panicking {
                self.recover_in_block(before);
                if self.pos == before && !self.at_any(&[T::RBrace, T::Eof]) {
                    self.bump();
                }
            }
        }
        self.close(open, T::RBrace);
        self.file.list(&items)
    }

    fn member(&mut self, body: Body) -> ItemId {
        let mut docs = self.docs_here();
        let mut attrs: Elements<Attr> = Elements::new();
        while self.at(T::Hash) && !self.panicking {
            attrs.extend(self.attribute());
            docs.extend(self.docs_here());
        }
        let start = self.start();
        let is_pub = self.eat(T::Pub);
        let kind = if self.panicking {
            ItemKind::Error
        } else if self.at(T::Fn) {
            self.bump();
            let name = self.expect_ident("the name of the function");
            ItemKind::Fn(self.function(Some(name), start, body))
        } else if body == Body::Absent && self.at(T::Struct) && self.ahead_kind(2) == T::Semi {
            self.bump();
            let name = self.expect_ident("the name of the struct");
            self.bump();
            ItemKind::Opaque { name }
        } else if body == Body::Absent && self.at_any(&[T::Struct, T::Enum, T::Type, T::Const]) {
            self.item_kind(Scope::Module, start, None)
        } else if body == Body::Absent && self.at_any(&[T::Var, T::Let]) {
            let span = self.span();
            self.error("E0117", span, "the variables of a library cannot be declared")
                .helps
                .push(help("let C give the address: `int *counter_address(void) { return &counter; }`"));
            ItemKind::Error
        } else if self.no_union() {
            ItemKind::Error
        } else {
            let stands_outside = self.at_any(&[T::Const, T::Let, T::Var, T::Struct, T::Enum, T::Type]);
            let errors = self.diagnostics.len();
            self.error_expected("`fn`");
            if let ([error], true) = (&mut self.diagnostics[errors..], stands_outside) {
                error.helps.push(help("only functions stand here; declare it outside of the braces"));
            }
            ItemKind::Error
        };
        let item = Item {
            kind,
            is_pub,
            attrs: self.file.list(&attrs),
            doc: self.file.list(&docs),
            span: self.span_from(start),
        };
        self.file.add_item(item)
    }

    fn link(&mut self) -> ItemKind {
        let (library, library_span) = self.plain_string("the name of a library as a string");
        let items = self.members("foreign functions", Body::Absent);
        ItemKind::Link { library, library_span, items }
    }

    /// The rest of `module a.b {`, which some languages have.
    #[cold]
    fn dotted_module(&mut self) {
        let dot = self.span();
        while !self.panicking && self.eat(T::Dot) {
            self.expect_ident("the name of a module");
        }
        self.mild_error("E0117", dot, "the name of a module has no dots")
            .helps
            .push(help("nest them: `module a { pub module b { ... } }`"));
    }

    /// The body of a module: a list of declarations.
    fn module_body(&mut self) -> List<StmtId> {
        let block = self.scoped_block(Scope::Module);
        self.file[block].stmts
    }

    /// `import a.b as c;`, `import "file.lang" as c;`
    fn import(&mut self, scope: Scope, start: u32) -> ItemKind {
        self.bump();
        let kind = if self.at_any(&[T::Str, T::RawStr]) {
            let (path, path_span) = self.plain_string("a path");
            ItemKind::ImportFile { path, path_span, alias: self.import_alias() }
        } else {
            let mut path: Elements<Ident> = Elements::new();
            path.push(self.expect_ident("the name of a module"));
            while !self.panicking && self.eat(T::Dot) {
                path.push(self.expect_ident("the name of a module"));
            }
            ItemKind::Import { path: self.file.list(&path), alias: self.import_alias() }
        };
        let span = self.span_from(start);
        self.end_of_statement();
        if scope != Scope::File || self.imports_over {
            self.mild_error("E0121", span, "imports stand at the top of the file")
                .notes
                .push("so that all modules of a program can be found and parsed at once".into());
        }
        kind
    }

    fn import_alias(&mut self) -> Option<Ident> {
        (!self.panicking && self.eat(T::As)).then(|| self.expect_ident("a name for the module"))
    }
}
