//! Habits from other languages: recognised, named, and where possible read as what they mean.

use super::stmt::{Parsed, Scope};
use super::*;

/// The type here that a type of C or Java probably means.
pub(super) fn type_name(foreign: &str) -> &str {
    match foreign {
        "char" => "u8",
        "short" => "i16",
        "int" => "i32",
        "long" | "integer" | "Int" => "i64",
        "unsigned" => "u32",
        "float" => "f32",
        "double" | "Double" => "f64",
        "size_t" => "u64",
        "byte" => "u8",
        "boolean" | "Bool" => "bool",
        "string" | "String" => "str",
        other => other,
    }
}

/// Whether this is the name of a type that every program has.
fn is_type_name(name: &str) -> bool {
    matches!(name, "bool" | "char" | "str" | "void" | "usize" | "isize" | "f16" | "f32" | "f64")
        || (name.strip_prefix(['i', 'u'])).is_some_and(|bits| matches!(bits, "8" | "16" | "32" | "64" | "128"))
}

impl Parser<'_> {
    /// `x i64` in place of `x: i64`: reported, the name is next.
    pub(super) fn missing_colon(&mut self) -> bool {
        let next = self.ahead(1);
        let found = self.at(T::Ident) && next.kind == T::Ident && is_type_name(self.text_of(next));
        if found && !next.after_newline {
            let (at, span) = (self.span().at_end(), self.span_of(next));
            let message = "expected `:` between the name and its type";
            self.mild_error("E0101", span, message).helps.push(edit("write `:`", at, ":"));
        }
        found && !next.after_newline
    }

    /// A statement that begins like one of another language. `None` if it does not; `Some(None)` is an empty statement.
    pub(super) fn foreign_statement(&mut self, scope: Scope) -> Option<Option<Parsed>> {
        let (first, second) = (self.token(), self.ahead(1));
        if first.kind != T::Ident {
            return None;
        }
        let start = first.start;
        if second.kind == T::Colon {
            if self.at_label() {
                return None;
            }
            return self.foreign_colon(scope);
        }
        if second.after_newline || self.panicking {
            return None;
        }
        let word = self.text_of(first);
        let span = self.span();
        if matches!(second.kind, T::Str | T::FStrStart | T::Int | T::Float | T::Char) {
            let text = format!("a call needs parentheses: `{word}(...)`");
            if word.starts_with(|c: char| c.is_alphabetic()) && !matches!(word, "and" | "or" | "by" | "match") {
                let next = self.span_of(second);
                self.error("E0101", next, format!("expected `;`, found {}", second.kind.describe()))
                    .helps
                    .push(help(text));
                return Some(Some(Parsed::Stmt(self.file.add_stmt(StmtKind::Error, span))));
            }
            if word != "match" {
                return None;
            }
        }
        let head = word == "match" && matches!(second.kind, T::Int | T::Str | T::Char);
        if second.kind != T::Ident && !head {
            return None;
        }
        if self.no_union() {
            return Some(Some(Parsed::Stmt(self.file.add_stmt(StmtKind::Error, span))));
        }
        let instead = match word {
            "func" | "function" | "def" | "fun" | "proc" | "sub" => Some("fn"),
            "class" | "record" => Some("struct"),
            "trait" | "interface" => Some("protocol"),
            "mod" | "namespace" => Some("module"),
            "match" => Some("switch"),
            "foreach" => Some("for"),
            "use" | "using" | "include" | "require" => Some("import"),
            "mut" | "auto" | "val" | "static" | "final" | "dim" => Some("var"),
            "async" => Some("#async"),
            "extern" => Some("#link \"library\" { fn ...; }"),
            "public" => Some("pub"),
            _ => None,
        };
        if let Some(instead) = instead {
            let message = format!("`{word}` is not a keyword here");
            self.error("E0110", span, message).helps.push(edit(format!("write `{instead}`"), span, instead));
            return Some(Some(Parsed::Stmt(self.file.add_stmt(StmtKind::Error, span))));
        }
        let name = self.text_of(second);
        match self.ahead_kind(2) {
            // `int x = 5;`
            T::Eq | T::Semi => {
                let ty = type_name(word);
                let text = format!("var {name}: {ty}");
                let both = span.to(self.span_of(second));
                let message = "a variable is declared with `let` or `var`, and its type stands behind the name";
                self.mild_error("E0110", both, message).helps.push(edit(format!("write `{text}`"), both, text.clone()));
                let keyword = self.bump();
                let ident = self.ident();
                let symbol = self.interner.intern(ty);
                let segments = self.file.list(&[PathSegment { name: Ident { name: symbol, span }, args: None }]);
                let ty = self.file.add_type(TypeKind::Path(Path { segments, span }), span);
                let pat = self.file.add_pat(PatKind::Bind(ident.name), ident.span);
                let var = self.variable_from(true, pat, Some(ty), keyword);
                Some(Some(self.foreign_variable(scope, var, start)))
            }
            // `int main() {`
            T::LParen => {
                let both = span.to(self.span_of(second));
                let ty = type_name(word);
                let result = if ty == "void" { String::new() } else { format!(" -> {ty}") };
                self.error("E0110", both, "a function is declared with `fn`")
                    .helps
                    .push(help(format!("write `fn {name}(...){result}`")));
                Some(Some(Parsed::Stmt(self.file.add_stmt(StmtKind::Error, both))))
            }
            _ => None,
        }
    }

    /// `x := 5`, `x: i64 = 5`, a label where none can be.
    fn foreign_colon(&mut self, scope: Scope) -> Option<Option<Parsed>> {
        let (first, colon, third) = (self.token(), self.ahead(1), self.ahead(2));
        let start = first.start;
        let span = self.span();
        let is_call = third.kind == T::Ident && self.ahead_kind(3) == T::LParen;
        if third.kind == T::LBrace || is_call {
            self.mild_error("E0115", span, "only loops have labels").helps.push(help(if is_call {
                "leave it out"
            } else {
                "a block is left early with `yield value;`"
            }));
            self.bump();
            self.bump();
            return None;
        }
        let walrus = third.kind == T::Eq && third.start == colon.end();
        let declared = third.kind != T::Colon && !self.panicking;
        if !walrus && !declared {
            return None;
        }
        let message = "a variable is declared with `let` or `var`";
        let name = self.text_of(first);
        let diagnostic = self.mild_error("E0110", span, message);
        if walrus {
            let all = span.to(Span::new(span.file, start, third.end()));
            diagnostic.helps.push(edit(format!("write `let {name} =`"), all, format!("let {name} =")));
        } else {
            diagnostic.helps.push(edit(format!("write `let {name}: ...`"), span.at_start(), "let "));
        }
        let keyword = self.token();
        let ident = self.ident();
        self.bump();
        let pat = self.file.add_pat(PatKind::Bind(ident.name), ident.span);
        let ty = if walrus { None } else { Some(self.ty()) };
        let var = self.variable_from(true, pat, ty, keyword);
        Some(Some(self.foreign_variable(scope, var, start)))
    }

    /// `union Name {`: reported, if it stands here.
    pub(super) fn no_union(&mut self) -> bool {
        let is_union = self.at(T::Ident) && self.at_word("union");
        if !is_union || self.ahead_kind(1) != T::Ident || self.ahead_kind(2) != T::LBrace {
            return false;
        }
        let span = self.span();
        self.error("E0110", span, "there are no unions").helps.push(help(
            "an `enum` holds one of several things; for C, `struct Name;` in `#link` is what only C knows, behind a pointer",
        ));
        true
    }

    fn foreign_variable(&mut self, scope: Scope, var: VarId, start: u32) -> Parsed {
        let span = self.span_from(start);
        let kind = if scope == Scope::Block {
            StmtKind::Var(var)
        } else {
            let item = Item { kind: ItemKind::Var(var), is_pub: false, attrs: List::EMPTY, doc: List::EMPTY, span };
            StmtKind::Item(self.file.add_item(item))
        };
        Parsed::Stmt(self.file.add_stmt(kind, span))
    }

    /// `not x` as an operand.
    pub(super) fn foreign_operand(&mut self) -> Option<ExprId> {
        let next = self.ahead(1);
        if self.token().len != 3 || next.kind != T::Ident && !matches!(next.kind, T::True | T::False) {
            return None;
        }
        if next.after_newline || !self.at_word("not") || self.panicking {
            return None;
        }
        let span = self.span();
        self.mild_error("E0110", span, "`not` is not an operator").helps.push(edit("write `!`", span, "!"));
        self.bump();
        let operand = self.unary();
        self.grow(span);
        Some(
            self.file
                .add_expr(ExprKind::Unary { op: UnaryOp::Not, operand, op_span: span }, self.span_from(span.start)),
        )
    }

    /// Cases of a switch as in C, `case 1: f(); break;`: reported once, and passed with the closing brace.
    pub(super) fn c_like_cases(&mut self) -> bool {
        if !self.at_word("case") && !self.at_word("default") {
            return false;
        }
        let arrow = |kind| matches!(kind, T::Colon | T::FatArrow | T::Arrow | T::LBrace | T::RBrace | T::Eof);
        let first = (1..).map(|n| self.ahead_kind(n)).find(|&kind| arrow(kind));
        if first != Some(T::Colon) {
            return false;
        }
        let span = self.span();
        self.mild_error("E0110", span, "the cases of a `switch` are written `pattern => value,`").helps.extend([
            help("`case 1: f(); break;` is `1 => f(),`, and `default: g();` is `else => g(),`"),
            help("several statements stand in braces; no case goes on into the next"),
        ]);
        let mut depth = 0;
        while !self.at(T::Eof) {
            match self.bump().kind {
                T::LBrace => depth += 1,
                T::RBrace if depth == 0 => break,
                T::RBrace => depth -= 1,
                _ => {}
            }
        }
        true
    }

    /// `case 1 =>` and `default =>` of a switch: the word is reported and passed.
    pub(super) fn foreign_case(&mut self) {
        let span = self.span();
        if self.at_word("case")
            && !matches!(self.ahead_kind(1), T::FatArrow | T::If | T::Or | T::Dot | T::LParen | T::Comma)
        {
            self.mild_error("E0110", span, "a case of a switch begins with its pattern").helps.push(edit(
                "leave out `case`",
                span,
                "",
            ));
            self.bump();
        } else if self.at_word("default") && matches!(self.ahead_kind(1), T::FatArrow | T::Colon) {
            self.mild_error("E0110", span, "what no other case takes goes to `else`").helps.push(edit(
                "write `else`",
                span,
                "else",
            ));
            // It reads as a pattern that binds, and so takes everything too.
        }
    }

    /// `int x`, `mut x`, `&self` in place of a parameter.
    pub(super) fn foreign_param(&mut self) {
        let span = self.span();
        if self.at_any(&[T::And, T::AndAnd]) {
            self.error("E0110", span, "parameters are not marked with `&`")
                .helps
                .push(help("a parameter that is a pointer is written `self: *Self`"));
            return;
        }
        if self.at_any(&[T::Var, T::Let, T::Const]) && self.ahead_kind(1) == T::Ident {
            let word = self.text_of(self.token());
            self.mild_error("E0110", span, format!("a parameter is not declared with `{word}`"))
                .notes
                .push("parameters are immutable; copy one into a `var` to change it".into());
            self.bump();
            return;
        }
        let next = self.ahead(1);
        if self.at(T::Ident) && next.kind == T::Ident {
            let (ty, name) = (self.text_of(self.token()), self.text_of(next));
            let both = span.to(self.span_of(next));
            if ty == "mut" {
                self.mild_error("E0110", span, "`mut` is not a keyword here")
                    .notes
                    .push("parameters are immutable; copy one into a `var` to change it".into());
            } else {
                let text = format!("{name}: {}", type_name(ty));
                self.mild_error("E0110", both, "the type of a parameter stands behind its name").helps.push(edit(
                    format!("write `{text}`"),
                    both,
                    text.clone(),
                ));
            }
            self.bump();
        }
    }

    /// `for (i = 0; i < n; i++)`: reported, the head is skipped.
    pub(super) fn c_style_for(&mut self) -> bool {
        if !self.at(T::LParen) {
            return false;
        }
        let (mut n, mut open) = (0, 0u32);
        loop {
            match self.ahead_kind(n) {
                T::LParen | T::LBracket => open += 1,
                T::RParen | T::RBracket => {
                    open = open.saturating_sub(1);
                    if open == 0 {
                        return false;
                    }
                }
                T::Semi => break,
                T::LBrace | T::RBrace | T::Eof => return false,
                _ => {}
            }
            n += 1;
        }
        let span = self.span();
        self.mild_error("E0110", span, "there is no `for` with three parts")
            .helps
            .push(help("count with `for i in 0..n { }` or `for i in a..b by s { }`, otherwise use `while`"));
        self.skip_group();
        true
    }
}
