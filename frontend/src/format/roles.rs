//! What the syntax tree knows of tokens, and how brackets nest.

use super::Source;
use crate::ast::*;
use crate::token::TokenKind as T;

/// What a pair of brackets holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holds {
    /// Statements or declarations.
    Statements,
    /// The cases of a `switch`.
    Cases,
    /// Elements with commas between them.
    List,
    /// Commas that separate nothing, as in `[,]f64`.
    Marks,
}

/// Facts by atom.
pub struct Roles {
    /// No space before it, or behind it.
    pub tight_before: Vec<bool>,
    pub tight_after: Vec<bool>,
    /// An operator with an operand on either side: an expression that goes on may break before it.
    pub operator: Vec<bool>,
    /// Of an operator: the atom behind its right operand.
    pub operand_end: Vec<usize>,
    /// A name that is a word of the language here: `by`, `restrict`, `error`.
    pub word: Vec<bool>,
    /// A statement, declaration or case begins.
    pub begins: Vec<bool>,
    /// Follows an attribute.
    pub after_attribute: Vec<bool>,
    /// Of an opening bracket.
    pub holds: Vec<Holds>,
    /// Of an opening bracket: it only holds an expression together, as in `(a + b) * c`.
    pub parenthesizes: Vec<bool>,
    /// Of the brace behind a condition, or what else stands between a keyword and it: where that begins. Else the atom itself.
    pub head: Vec<usize>,
    /// Of an opening bracket: the closing one. Of the first bar of a closure: the last.
    pub partner: Vec<usize>,
}

impl Roles {
    pub fn new(source: &Source<'_>, file: &File) -> Roles {
        let count = source.atoms.len();
        let mut roles = Roles {
            tight_before: vec![false; count],
            tight_after: vec![false; count],
            operator: vec![false; count],
            operand_end: (1..=count).collect(),
            word: vec![false; count],
            begins: vec![false; count],
            after_attribute: vec![false; count],
            holds: vec![Holds::List; count],
            parenthesizes: vec![false; count],
            head: (0..count).collect(),
            partner: (0..count).collect(),
        };
        roles.brackets(source);
        roles.exprs(source, file);
        roles.types(source, file);
        roles.patterns(source, file);
        roles.scopes(source, file);
        roles.prefixes(source);
        roles.parenthesizes = (0..count).map(|index| roles.is_parenthesis(source, index)).collect();
        roles
    }

    fn brackets(&mut self, source: &Source<'_>) {
        let mut open = Vec::new();
        for (index, atom) in source.atoms.iter().enumerate() {
            match atom.kind {
                T::LParen | T::LBracket | T::LBrace => open.push(index),
                T::RParen | T::RBracket | T::RBrace => {
                    if let Some(open) = open.pop() {
                        self.partner[open] = index;
                        if source.kind(open + 1) == Some(T::Comma) {
                            self.holds[open] = Holds::Marks;
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn exprs(&mut self, source: &Source<'_>, file: &File) {
        for expr in &file.exprs {
            let start = source.at(expr.span.start);
            match expr.kind {
                ExprKind::Binary { op_span: op, right, .. } => {
                    // Of `a ?? b ?? c`, the first has the operand `b`.
                    let end = match file[right].kind {
                        ExprKind::Binary { op: BinaryOp::Coalesce, left, .. }
                            if file[left].span.start == file[right].span.start =>
                        {
                            file[left].span
                        }
                        _ => expr.span,
                    };
                    self.infix(source, source.at(op.start), end);
                }
                ExprKind::Assign { op_span: op, .. }
                | ExprKind::Cast { op, .. }
                | ExprKind::Pipe { op, .. }
                | ExprKind::Catch { op, .. } => {
                    self.infix(source, source.at(op.start), expr.span);
                }
                ExprKind::Unary { op_span: op, .. } => mark(&mut self.tight_after, source.at(op.start)),
                ExprKind::Unwrap { op, .. } => mark(&mut self.tight_before, source.at(op.start)),
                ExprKind::Case(_) | ExprKind::StructLit { target: LitTarget::Infer | LitTarget::Case(_), .. } => {
                    self.leading_dot(source, start);
                }
                ExprKind::ReturnError(error) => self.word_before(source, file[error].span),
                ExprKind::Closure { .. } => self.closure(source, start),
                ExprKind::Switch { scrutinee, arms } => {
                    let arms = file[arms].iter().map(|arm| arm.head_span);
                    self.elements(source, arms, Holds::Cases);
                    let scrutinee = file[scrutinee].span;
                    self.head(source, scrutinee, source.behind(scrutinee));
                }
                ExprKind::If { arms, .. } => {
                    for arm in &file[arms] {
                        self.condition(source, file, arm.cond, arm.body);
                    }
                }
                ExprKind::While { cond, body, .. } => self.condition(source, file, cond, body),
                ExprKind::For { iter, body, .. } => {
                    self.head(source, file[iter].span, source.at(file[body].span.start).unwrap_or(usize::MAX));
                }
                _ => {}
            }
            if let ExprKind::Range { range, .. } | ExprKind::Slice { range, .. } = expr.kind
                && let Some(step) = range.step
            {
                self.word_before(source, file[step].span);
            }
        }
    }

    /// An operator, of what ends with its right operand.
    fn infix(&mut self, source: &Source<'_>, op: Option<usize>, whole: Span) {
        if let Some(op) = op {
            self.operator[op] = true;
            self.operand_end[op] = source.behind(whole);
        }
    }

    fn condition(&mut self, source: &Source<'_>, file: &File, cond: Cond, body: BlockId) {
        let first = match cond {
            Cond::Expr(cond) => file[cond].span,
            Cond::Let { pat, .. } => file[pat].span,
        };
        self.head(source, first, source.at(file[body].span.start).unwrap_or(usize::MAX));
    }

    fn head(&mut self, source: &Source<'_>, first: Span, brace: usize) {
        if source.kind(brace) == Some(T::LBrace) {
            self.head[brace] = source.at(first.start).unwrap_or(brace);
        }
    }

    /// `.Red` and `.{` stand for themselves: no space behind the point, but before it as before a name.
    fn leading_dot(&mut self, source: &Source<'_>, start: Option<usize>) {
        if let Some(dot) = start.filter(|&start| source.kind(start) == Some(T::Dot)) {
            self.word[dot] = true;
        }
    }

    /// The name before a place.
    fn word_before(&mut self, source: &Source<'_>, span: Span) {
        if let Some(before) = source.at(span.start).and_then(|index| index.checked_sub(1)) {
            self.word[before] = source.kind(before) == Some(T::Ident);
        }
    }

    fn closure(&mut self, source: &Source<'_>, start: Option<usize>) {
        let Some(open) = start.and_then(|start| {
            // Parentheses around it are part of its place.
            (start..source.atoms.len()).find(|&index| source.kind(index) != Some(T::LParen))
        }) else {
            return;
        };
        if source.kind(open) != Some(T::Or) {
            return;
        }
        let mut index = open + 1;
        while index < source.atoms.len() && source.kind(index) != Some(T::Or) {
            index = self.partner[index] + 1;
        }
        if index < source.atoms.len() {
            self.partner[open] = index;
            self.tight_after[open] = true;
            self.tight_before[index] = true;
        }
    }

    fn types(&mut self, source: &Source<'_>, file: &File) {
        for ty in &file.types {
            let start = source.at(ty.span.start);
            let (element, restrict) = match ty.kind {
                TypeKind::Pointer { restrict, target } => {
                    mark(&mut self.tight_after, start);
                    (target, restrict)
                }
                TypeKind::Ref(_) | TypeKind::Optional(_) => {
                    mark(&mut self.tight_after, start);
                    continue;
                }
                TypeKind::Array { element, .. } => (element, false),
                TypeKind::Slice { restrict, element }
                | TypeKind::Strided { restrict, element }
                | TypeKind::View { restrict, element, .. } => (element, restrict),
                TypeKind::Result { error, .. } => {
                    let bang = source.at(file[error].span.start).and_then(|index| index.checked_sub(1));
                    mark(&mut self.tight_before, bang);
                    mark(&mut self.tight_after, bang);
                    continue;
                }
                _ => continue,
            };
            let element = source.at(file[element].span.start);
            let tight = if restrict { element.and_then(|index| index.checked_sub(1)) } else { element };
            mark(&mut self.tight_before, tight);
            if restrict {
                mark(&mut self.word, tight);
            }
        }
    }

    fn patterns(&mut self, source: &Source<'_>, file: &File) {
        for pat in &file.pats {
            if let PatKind::Case(_)
            | PatKind::Payload { target: PatTarget::Case(_), .. }
            | PatKind::Struct { target: PatTarget::Case(_), .. } = pat.kind
            {
                self.leading_dot(source, source.at(pat.span.start));
            }
            if let PatKind::ErrorOf(inner) = pat.kind {
                self.word_before(source, file[inner].span);
            }
            if let PatKind::Or(alternatives) = pat.kind {
                for &alternative in file[alternatives].iter().skip(1) {
                    let span = file[alternative].span;
                    let bar = source.at(span.start).and_then(|first| first.checked_sub(1));
                    self.infix(source, bar.filter(|&bar| source.kind(bar) == Some(T::Or)), span);
                }
            }
        }
    }

    /// Where statements and declarations begin.
    fn scopes(&mut self, source: &Source<'_>, file: &File) {
        for &stmt in &file[file.body] {
            mark(&mut self.begins, source.at(file[stmt].span.start));
        }
        for block in &file.blocks {
            let Some(open) = source.at(block.span.start).filter(|&at| source.kind(at) == Some(T::LBrace)) else {
                continue;
            };
            self.holds[open] = Holds::Statements;
            for &stmt in &file[block.stmts] {
                mark(&mut self.begins, source.at(file[stmt].span.start));
            }
            if let Some(tail) = block.tail {
                mark(&mut self.begins, source.at(file[tail].span.start));
            }
        }
        for item in &file.items {
            for attr in &file[item.attrs] {
                let next = source.atoms.partition_point(|atom| atom.start < attr.span.end);
                mark(&mut self.after_attribute, Some(next).filter(|&next| next < source.atoms.len()));
            }
            if let ItemKind::Protocol { items, .. } | ItemKind::Impl { items, .. } | ItemKind::Link { items, .. } =
                item.kind
            {
                let items = file[items].iter().map(|&inner| {
                    let inner = file[inner];
                    file[inner.attrs].first().map_or(inner.span, |attr| attr.span.to(inner.span))
                });
                self.elements(source, items, Holds::Statements);
            }
        }
    }

    /// The contents of a brace, by the places of what it holds.
    fn elements(&mut self, source: &Source<'_>, spans: impl Iterator<Item = Span>, holds: Holds) {
        for (number, span) in spans.enumerate() {
            let Some(index) = source.at(span.start) else { continue };
            self.begins[index] = true;
            if number == 0 && index > 0 && source.kind(index - 1) == Some(T::LBrace) {
                self.holds[index - 1] = holds;
            }
        }
    }

    /// What could be an operator and is none.
    fn prefixes(&mut self, source: &Source<'_>) {
        for index in 0..source.atoms.len() {
            if self.operator[index] {
                continue;
            }
            match source.atoms[index].kind {
                T::Minus | T::Star | T::And | T::AndAnd | T::Tilde => self.tight_after[index] = true,
                T::Bang if !self.tight_after[index] && source.kind(index + 1) == Some(T::LParen) => {
                    // `name!(T)`; of `opt!`, nothing stands directly behind.
                    let is_instance = !self.tight_before[index];
                    self.tight_before[index] = true;
                    self.tight_after[index] |= is_instance;
                }
                _ => {}
            }
        }
    }

    fn is_parenthesis(&self, source: &Source<'_>, open: usize) -> bool {
        if source.atoms[open].kind != T::LParen {
            return false;
        }
        let is_operand = match open.checked_sub(1) {
            Some(before) => match source.atoms[before].kind {
                T::Fn => false,
                T::Bang => !self.tight_before[before],
                _ => !self.ends_operand(source, before) || self.begins[open],
            },
            None => true,
        };
        let has_comma = || {
            let mut index = open + 1;
            while index < self.partner[open] && source.atoms[index].kind != T::Comma {
                index = self.partner[index].max(index) + 1;
            }
            index < self.partner[open]
        };
        is_operand && !has_comma()
    }
}

fn mark(marks: &mut [bool], index: Option<usize>) {
    if let Some(index) = index {
        marks[index] = true;
    }
}
