//! The tree as S-expressions, for tests and for reading: one top-level statement a line, one statement of a block a line.
//!
//! Names, literals and types print as they are written (`x`, `42u8`, `*f64`); everything else is `(kind parts...)`.

use super::*;
use std::fmt::Write;

/// Prints a whole file.
pub fn dump(file: &File, interner: &Interner) -> String {
    let mut dump = Dump { file, interner, out: String::new(), indent: 0 };
    for (i, &stmt) in file[file.body].iter().enumerate() {
        if i > 0 {
            dump.out.push('\n');
        }
        dump.stmt(stmt);
    }
    if !dump.out.is_empty() {
        dump.out.push('\n');
    }
    dump.out
}

/// Prints a declaration.
pub fn dump_item(file: &File, interner: &Interner, item: ItemId) -> String {
    let mut dump = Dump { file, interner, out: String::new(), indent: 0 };
    dump.item(item);
    dump.out
}

struct Dump<'a> {
    file: &'a File,
    interner: &'a Interner,
    out: String,
    indent: usize,
}

impl<'a> Dump<'a> {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn name(&mut self, symbol: Symbol) {
        let text = self.interner.resolve(symbol);
        self.text(if text.is_empty() { "<missing>" } else { text });
    }

    fn bytes(&mut self, bytes: List<u8>) {
        let file = self.file;
        let _ = write!(self.out, "\"{}\"", file[bytes].escape_ascii());
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", self.indent));
    }

    /// `(head part part)`
    fn form(&mut self, head: &str, parts: impl FnOnce(&mut Self)) {
        self.out.push('(');
        self.text(head);
        parts(self);
        self.out.push(')');
    }

    fn exprs(&mut self, list: List<ExprId>) {
        let file = self.file;
        for &expr in &file[list] {
            self.sp_expr(expr);
        }
    }

    fn sp_expr(&mut self, expr: ExprId) {
        self.out.push(' ');
        self.expr(expr);
    }

    /// ` word expr`, if there is one.
    fn opt_expr(&mut self, word: &str, expr: Option<ExprId>) {
        if let Some(expr) = expr {
            self.text(word);
            self.sp_expr(expr);
        }
    }

    fn opt_type(&mut self, word: &str, ty: Option<TypeId>) {
        if let Some(ty) = ty {
            self.text(word);
            self.ty(ty);
        }
    }

    fn sp_block(&mut self, block: BlockId) {
        self.out.push(' ');
        self.block(block);
    }

    fn block(&mut self, block: BlockId) {
        let file = self.file;
        let Block { stmts, tail, .. } = file[block];
        self.text("{");
        self.indent += 1;
        for &stmt in &file[stmts] {
            self.line();
            self.stmt(stmt);
        }
        if let Some(tail) = tail {
            self.line();
            self.form("tail", |d| d.sp_expr(tail));
        }
        self.indent -= 1;
        if !stmts.is_empty() || tail.is_some() {
            self.line();
        }
        self.text("}");
    }

    fn range(&mut self, range: RangeExpr) {
        self.form(if range.inclusive { "..=" } else { ".." }, |d| {
            for end in [range.low, range.high] {
                match end {
                    Some(expr) => d.sp_expr(expr),
                    None => d.text(" _"),
                }
            }
            d.opt_expr(" by", range.step);
        });
    }

    fn number(&mut self, negative: bool, digits: &str, suffix: Option<NumType>) {
        self.text(if negative { "-" } else { "" });
        self.text(digits);
        self.text(suffix.map_or("", NumType::name));
    }

    fn label(&mut self, label: Option<Ident>) {
        if let Some(label) = label {
            self.out.push(' ');
            self.name(label.name);
            self.out.push(':');
        }
    }

    fn expr(&mut self, expr: ExprId) {
        let file = self.file;
        match file[expr].kind {
            ExprKind::Error => self.text("<error>"),
            ExprKind::Int { value, negative, suffix } => self.number(negative, &file[value].to_string(), suffix),
            ExprKind::Float { text, negative, suffix } => {
                let digits = self.interner.resolve(text);
                // `1f32` shows that it is a float by its suffix.
                self.number(negative, digits, suffix);
            }
            ExprKind::Bool(value) => self.text(if value { "true" } else { "false" }),
            ExprKind::Char(value) => drop(write!(self.out, "{value:?}")),
            ExprKind::Str(bytes) => self.bytes(bytes),
            ExprKind::ByteStr(bytes) => {
                self.text("b");
                self.bytes(bytes);
            }
            ExprKind::FStr(pieces) => self.form("fstr", |d| {
                for &piece in &file[pieces] {
                    d.piece(piece);
                }
            }),
            ExprKind::Nil => self.text("nil"),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Case(name) => {
                self.text(".");
                self.name(name.name);
            }
            ExprKind::Instance { base, args } => {
                self.expr(base);
                self.generic_args(args);
            }
            ExprKind::Field { base, name } => self.form(".", |d| {
                d.sp_expr(base);
                d.out.push(' ');
                d.name(name.name);
            }),
            ExprKind::TupleField { base, index, .. } => self.form(".", |d| {
                d.sp_expr(base);
                let _ = write!(d.out, " {index}");
            }),
            ExprKind::Index { base, args, .. } => self.form("index", |d| {
                d.sp_expr(base);
                d.exprs(args);
            }),
            ExprKind::Slice { base, range, .. } => self.form("slice", |d| {
                d.sp_expr(base);
                d.out.push(' ');
                d.range(range);
            }),
            ExprKind::Call { callee, args, .. } => self.form("call", |d| {
                d.sp_expr(callee);
                for arg in &file[args] {
                    d.sp_expr(arg.value);
                    d.text(if arg.spread { "..." } else { "" });
                }
            }),
            ExprKind::Deref { base, .. } => self.form(".*", |d| d.sp_expr(base)),
            ExprKind::Unwrap { base, .. } => self.form("unwrap", |d| d.sp_expr(base)),
            ExprKind::Unary { op, operand, .. } => self.form(op.text(), |d| d.sp_expr(operand)),
            ExprKind::Try { operand, .. } => self.form("try", |d| d.sp_expr(operand)),
            ExprKind::Binary { op, left, right, .. } => self.form(op.text(), |d| {
                d.sp_expr(left);
                d.sp_expr(right);
            }),
            ExprKind::Cast { operand, ty, .. } => self.form("as", |d| {
                d.sp_expr(operand);
                d.out.push(' ');
                d.ty(ty);
            }),
            ExprKind::Pipe { value, call, .. } => self.form("|>", |d| {
                d.sp_expr(value);
                d.sp_expr(call);
            }),
            ExprKind::Catch { operand, name, handler, .. } => self.form("catch", |d| {
                d.sp_expr(operand);
                if let Some(name) = name {
                    d.out.push(' ');
                    d.name(name.name);
                }
                d.sp_block(handler);
            }),
            ExprKind::Range { range, .. } => self.range(range),
            ExprKind::Assign { op, place, value, .. } => {
                self.out.push('(');
                self.text(op.map_or("", BinaryOp::text));
                self.text("=");
                self.sp_expr(place);
                self.sp_expr(value);
                self.out.push(')');
            }
            ExprKind::Tuple(elements) => self.form("tuple", |d| d.exprs(elements)),
            ExprKind::Array(elements) => self.form("array", |d| d.exprs(elements)),
            ExprKind::Repeat { value, len } => self.form("repeat", |d| {
                d.sp_expr(value);
                d.sp_expr(len);
            }),
            ExprKind::StructLit { target, fields } => self.form("struct", |d| {
                d.out.push(' ');
                match target {
                    LitTarget::Infer => d.text("."),
                    LitTarget::Case(name) => {
                        d.text(".");
                        d.name(name.name);
                    }
                    LitTarget::Path(path) => d.path(path),
                }
                d.field_inits(fields);
            }),
            ExprKind::MapLit { path, entries } => self.form("map ", |d| {
                d.path(path);
                for entry in &file[entries] {
                    d.sp_expr(entry.key);
                    d.out.push(':');
                    d.sp_expr(entry.value);
                }
            }),
            ExprKind::SeqLit { path, elements } => self.form("seq ", |d| {
                d.path(path);
                d.exprs(elements);
            }),
            ExprKind::New(operand) => self.form("new", |d| d.sp_expr(operand)),
            ExprKind::Block(block) => self.form("block", |d| d.sp_block(block)),
            ExprKind::If { arms, otherwise } => self.form("if", |d| {
                for arm in &file[arms] {
                    d.cond(arm.cond);
                    d.sp_block(arm.body);
                }
                if let Some(block) = otherwise {
                    d.text(" else");
                    d.sp_block(block);
                }
            }),
            ExprKind::Switch { scrutinee, arms } => self.form("switch", |d| {
                d.sp_expr(scrutinee);
                d.indent += 1;
                for arm in &file[arms] {
                    d.line();
                    match arm.pat {
                        Some(pat) => d.pat(pat),
                        None => d.text("else"),
                    }
                    d.opt_expr(" if", arm.guard);
                    d.text(" =>");
                    d.sp_expr(arm.body);
                }
                d.indent -= 1;
            }),
            ExprKind::While { label, cond, body } => self.form("while", |d| {
                d.label(label);
                d.cond(cond);
                d.sp_block(body);
            }),
            ExprKind::Loop { label, body } => self.form("loop", |d| {
                d.label(label);
                d.sp_block(body);
            }),
            ExprKind::For { label, binds, iter, body } => self.form("for", |d| {
                d.label(label);
                for bind in &file[binds] {
                    d.text(if bind.by_pointer { " *" } else { " " });
                    d.pat(bind.pat);
                }
                d.text(" in");
                d.sp_expr(iter);
                d.sp_block(body);
            }),
            ExprKind::With { fields, body } => self.form("with", |d| {
                d.field_inits(fields);
                d.sp_block(body);
            }),
            ExprKind::Sync { place, body } => self.form("sync", |d| {
                d.sp_expr(place);
                d.sp_block(body);
            }),
            ExprKind::Closure { params, result, body } => self.form("closure", |d| {
                d.params(params);
                d.opt_type(" -> ", result);
                d.sp_expr(body);
            }),
            ExprKind::Fn(decl) => self.function(decl),
            ExprKind::Constantize(operand) => self.form("constantize", |d| d.sp_expr(operand)),
            ExprKind::Async(call) => self.form("async", |d| d.sp_expr(call)),
            ExprKind::Return(value) => self.form("return", |d| d.opt_expr("", value)),
            ExprKind::ReturnError(value) => self.form("return-error", |d| d.sp_expr(value)),
            ExprKind::Yield(value) => self.form("yield", |d| d.sp_expr(value)),
            ExprKind::Break(label) => self.form("break", |d| d.label(label)),
            ExprKind::Continue(label) => self.form("continue", |d| d.label(label)),
            ExprKind::Unreachable => self.text("(unreachable)"),
        }
    }

    fn piece(&mut self, piece: Piece) {
        self.out.push(' ');
        match piece {
            Piece::Text(bytes) => self.bytes(bytes),
            Piece::Value { value, format, .. } if format.is_default() => self.expr(value),
            Piece::Value { value, format, .. } => {
                self.expr(value);
                self.out.push(':');
                if let Some(fill) = format.fill {
                    self.out.push(fill);
                }
                self.text(match format.align {
                    None => "",
                    Some(Align::Left) => "<",
                    Some(Align::Right) => ">",
                    Some(Align::Center) => "^",
                });
                self.text(if format.plus { "+" } else { "" });
                self.text(if format.alternate { "#" } else { "" });
                self.text(if format.zero { "0" } else { "" });
                if let Some(width) = format.width {
                    let _ = write!(self.out, "{width}");
                }
                if let Some(precision) = format.precision {
                    let _ = write!(self.out, ".{precision}");
                }
                self.text(match format.kind {
                    None => "",
                    Some(FormatKind::Decimal) => "d",
                    Some(FormatKind::LowerHex) => "x",
                    Some(FormatKind::UpperHex) => "X",
                    Some(FormatKind::Octal) => "o",
                    Some(FormatKind::Binary) => "b",
                    Some(FormatKind::Exponent) => "e",
                    Some(FormatKind::Fixed) => "f",
                    Some(FormatKind::Str) => "s",
                });
            }
        }
    }

    fn cond(&mut self, cond: Cond) {
        match cond {
            Cond::Expr(expr) => self.sp_expr(expr),
            Cond::Let { pat, value } => {
                self.text(" let ");
                self.pat(pat);
                self.text(" =");
                self.sp_expr(value);
            }
        }
    }

    fn field_inits(&mut self, fields: List<FieldInit>) {
        let file = self.file;
        for field in &file[fields] {
            self.out.push(' ');
            self.name(field.name.name);
            self.out.push(':');
            self.sp_expr(field.value);
        }
    }

    fn path(&mut self, path: Path) {
        let file = self.file;
        for (i, segment) in file[path.segments].iter().enumerate() {
            self.text(if i > 0 { "." } else { "" });
            self.name(segment.name.name);
            if let Some(args) = segment.args {
                self.generic_args(args);
            }
        }
    }

    fn generic_args(&mut self, args: List<GenericArg>) {
        let file = self.file;
        self.text("!(");
        for (i, arg) in file[args].iter().enumerate() {
            self.text(if i > 0 { ", " } else { "" });
            match *arg {
                GenericArg::Type(ty) => self.ty(ty),
                GenericArg::Const(expr) => {
                    self.text("=");
                    self.expr(expr);
                }
            }
        }
        self.text(")");
    }

    fn generic_params(&mut self, params: List<GenericParam>) {
        let file = self.file;
        if params.is_empty() {
            return;
        }
        self.text("!(");
        for (i, param) in file[params].iter().enumerate() {
            self.text(if i > 0 { ", " } else { "" });
            self.name(param.name.name);
            for (i, &bound) in file[param.bounds].iter().enumerate() {
                self.text(if i > 0 { " + " } else { ": " });
                self.ty(bound);
            }
        }
        self.text(")");
    }

    fn types(&mut self, list: List<TypeId>) {
        let file = self.file;
        self.text("(");
        for (i, &ty) in file[list].iter().enumerate() {
            self.text(if i > 0 { ", " } else { "" });
            self.ty(ty);
        }
        self.text(")");
    }

    fn ty(&mut self, ty: TypeId) {
        let restricted = |restrict: bool| if restrict { "restrict " } else { "" };
        match self.file[ty].kind {
            TypeKind::Error => self.text("<error>"),
            TypeKind::Path(path) => self.path(path),
            TypeKind::Pointer { restrict, target } => {
                self.text("*");
                self.text(restricted(restrict));
                self.ty(target);
            }
            TypeKind::Ref(target) => {
                self.text("@");
                self.ty(target);
            }
            TypeKind::Optional(target) => {
                self.text("?");
                self.ty(target);
            }
            TypeKind::Result { ok, error } => {
                self.text("(");
                self.ty(ok);
                self.text(" ! ");
                self.ty(error);
                self.text(")");
            }
            TypeKind::Array { len, element } => {
                self.text("[");
                self.expr(len);
                self.text("]");
                self.ty(element);
            }
            TypeKind::Slice { restrict, element } => {
                self.text("[]");
                self.text(restricted(restrict));
                self.ty(element);
            }
            TypeKind::Strided { restrict, element } => {
                self.text("[by]");
                self.text(restricted(restrict));
                self.ty(element);
            }
            TypeKind::View { rank, restrict, element } => {
                self.text(if rank == 2 { "[,]" } else { "[,,]" });
                self.text(restricted(restrict));
                self.ty(element);
            }
            TypeKind::Tuple(elements) => {
                self.text("tuple");
                self.types(elements);
            }
            TypeKind::Fn { params, result } => {
                self.text("fn");
                self.types(params);
                self.opt_type(" -> ", result);
            }
            TypeKind::Dyn(target) => {
                self.text("dyn ");
                self.ty(target);
            }
        }
    }

    fn target(&mut self, target: PatTarget) {
        match target {
            PatTarget::Case(name) => {
                self.text(".");
                self.name(name.name);
            }
            PatTarget::Path(path) => self.path(path),
        }
    }

    fn pats(&mut self, list: List<PatId>) {
        let file = self.file;
        for &pat in &file[list] {
            self.out.push(' ');
            self.pat(pat);
        }
    }

    fn pat(&mut self, pat: PatId) {
        let file = self.file;
        match file[pat].kind {
            PatKind::Error => self.text("<error>"),
            PatKind::Wild => self.text("_"),
            PatKind::Bind(name) => self.name(name),
            PatKind::Lit(literal) => self.expr(literal),
            PatKind::Const(path) => {
                self.text("(const ");
                self.path(path);
                self.text(")");
            }
            PatKind::Path(path) => self.path(path),
            PatKind::ErrorOf(inner) => {
                self.text("(error ");
                self.pat(inner);
                self.text(")");
            }
            PatKind::Case(name) => self.target(PatTarget::Case(name)),
            PatKind::Payload { target, args } => {
                self.text("(");
                self.target(target);
                self.pats(args);
                self.text(")");
            }
            PatKind::Struct { target, fields, rest } => {
                self.text("(");
                self.target(target);
                for field in &file[fields] {
                    self.out.push(' ');
                    self.name(field.name.name);
                    self.text(": ");
                    self.pat(field.pat);
                }
                self.text(if rest { " ..)" } else { ")" });
            }
            PatKind::Tuple(elements) => {
                self.text("(tuple");
                self.pats(elements);
                self.text(")");
            }
            PatKind::Range { low, high, inclusive } => self.range(RangeExpr { low, high, step: None, inclusive }),
            PatKind::Or(alternatives) => {
                self.text("(or");
                self.pats(alternatives);
                self.text(")");
            }
        }
    }

    fn var(&mut self, var: VarId) {
        let VarDecl { mutable, pat, ty, init } = self.file[var];
        self.form(if mutable { "var " } else { "let " }, |d| {
            d.pat(pat);
            d.opt_type(": ", ty);
            d.opt_expr(" =", init);
        });
    }

    fn stmt(&mut self, stmt: StmtId) {
        let file = self.file;
        match file[stmt].kind {
            StmtKind::Error => self.text("<error>"),
            StmtKind::Var(var) => self.var(var),
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Item(item) => self.item(item),
            StmtKind::Defer(expr) => self.form("defer", |d| d.sp_expr(expr)),
            StmtKind::OnReturn(block) => self.form("on_return", |d| d.sp_block(block)),
            StmtKind::Using(place) => self.form("using", |d| d.sp_expr(place)),
            StmtKind::Pass => self.text("(pass)"),
            StmtKind::ConstIf { arms, otherwise } => self.form("#if", |d| {
                for arm in &file[arms] {
                    d.sp_expr(arm.cond);
                    d.sp_block(arm.body);
                }
                if let Some(block) = otherwise {
                    d.text(" else");
                    d.sp_block(block);
                }
            }),
        }
    }

    fn params(&mut self, params: List<Param>) {
        let file = self.file;
        self.text(" (");
        for (i, param) in file[params].iter().enumerate() {
            self.text(if i > 0 { ", " } else { "" });
            self.pat(param.pat);
            self.opt_type(if param.variadic { ": ..." } else { ": " }, param.ty);
            self.opt_expr(" where", param.refinement);
        }
        self.text(")");
    }

    fn function(&mut self, id: FnId) {
        let decl = self.file[id];
        self.form("fn", |d| {
            if let Some(name) = decl.name {
                d.out.push(' ');
                d.name(name.name);
            }
            d.generic_params(decl.generics);
            d.params(decl.params);
            d.opt_type(" -> ", decl.result);
            d.opt_expr(" where", decl.result_where);
            if let Some(body) = decl.body {
                d.sp_block(body);
            }
        });
    }

    fn field_decls(&mut self, fields: List<FieldDecl>) {
        let file = self.file;
        for field in &file[fields] {
            self.text(" (");
            self.name(field.name.name);
            self.opt_type(": ", Some(field.ty));
            self.opt_expr(" where", field.refinement);
            self.opt_expr(" =", field.default);
            self.text(")");
        }
    }

    fn members(&mut self, items: List<ItemId>) {
        let file = self.file;
        self.indent += 1;
        for &item in &file[items] {
            self.line();
            self.item(item);
        }
        self.indent -= 1;
    }

    fn item(&mut self, item: ItemId) {
        let file = self.file;
        let Item { kind, is_pub, attrs, doc, .. } = file[item];
        if !doc.is_empty() {
            let _ = write!(self.out, "/{} ", doc.len());
        }
        for attr in &file[attrs] {
            match attr.kind {
                AttrKind::Inline => self.text("#inline "),
                AttrKind::NoInline => self.text("#noinline "),
                AttrKind::Cold => self.text("#cold "),
                AttrKind::FastMath => self.text("#fast_math "),
                AttrKind::Pure => self.text("#pure "),
                AttrKind::TestOnly => self.text("#test_only "),
                AttrKind::Export(name) | AttrKind::Foreign(name) => {
                    self.text(if matches!(attr.kind, AttrKind::Export(_)) { "#export " } else { "#foreign " });
                    self.bytes(name);
                    self.text(" ");
                }
            }
        }
        self.text(if is_pub { "pub " } else { "" });
        match kind {
            ItemKind::Error => self.text("<error>"),
            ItemKind::Fn(decl) => self.function(decl),
            ItemKind::Struct { name, generics, fields } => self.form("struct ", |d| {
                d.name(name.name);
                d.generic_params(generics);
                d.field_decls(fields);
            }),
            ItemKind::Enum { name, generics, repr, cases } => self.form("enum ", |d| {
                d.name(name.name);
                d.generic_params(generics);
                d.opt_type(": ", repr);
                for case in &file[cases] {
                    d.text(" (");
                    d.name(case.name.name);
                    match case.payload {
                        CasePayload::None => {}
                        CasePayload::Tuple(types) => d.types(types),
                        CasePayload::Struct(fields) => d.field_decls(fields),
                    }
                    d.opt_expr(" =", case.value);
                    d.text(")");
                }
            }),
            ItemKind::TypeAlias { name, generics, ty } => self.form("type ", |d| {
                d.name(name.name);
                d.generic_params(generics);
                d.text(" ");
                d.ty(ty);
            }),
            ItemKind::Const { name, ty, value } => self.form("const ", |d| {
                d.name(name.name);
                d.opt_type(": ", ty);
                d.sp_expr(value);
            }),
            ItemKind::Var(var) => {
                self.text("global ");
                self.var(var);
            }
            ItemKind::Protocol { name, generics, items } => self.form("protocol ", |d| {
                d.name(name.name);
                d.generic_params(generics);
                d.members(items);
            }),
            ItemKind::Impl { generics, protocol, ty, items } => self.form("impl", |d| {
                d.generic_params(generics);
                d.text(" ");
                d.opt_type("", protocol);
                d.text(if protocol.is_some() { " for " } else { "" });
                d.ty(ty);
                d.members(items);
            }),
            ItemKind::Module { name, body } => self.form("module ", |d| {
                d.name(name.name);
                d.indent += 1;
                for &stmt in &file[body] {
                    d.line();
                    d.stmt(stmt);
                }
                d.indent -= 1;
            }),
            ItemKind::Import { path, alias } => self.form("import ", |d| {
                for (i, part) in file[path].iter().enumerate() {
                    d.text(if i > 0 { "." } else { "" });
                    d.name(part.name);
                }
                if let Some(alias) = alias {
                    d.text(" as ");
                    d.name(alias.name);
                }
            }),
            ItemKind::ImportFile { path, alias, .. } => self.form("import ", |d| {
                d.bytes(path);
                if let Some(alias) = alias {
                    d.text(" as ");
                    d.name(alias.name);
                }
            }),
            ItemKind::ImportPath { path, .. } => self.form("import_path ", |d| d.bytes(path)),
            ItemKind::Opaque { name } => self.form("opaque ", |d| d.name(name.name)),
            ItemKind::LinkPath { path, .. } => self.form("link_path ", |d| d.bytes(path)),
            ItemKind::Link { library, items, .. } => self.form("link ", |d| {
                d.bytes(library);
                d.members(items);
            }),
            ItemKind::Test { name, body, .. } => self.form("test ", |d| {
                d.bytes(name);
                if let Some(body) = d.file[body].body {
                    d.sp_block(body);
                }
            }),
        }
    }
}
