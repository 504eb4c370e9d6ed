//! Lays out tokens and comments.

use super::roles::{Holds, Roles};
use super::{Comment, INDENT, Source, WIDTH};
use crate::token::TokenKind as T;

/// The text of the whole file.
pub fn print(source: &Source<'_>, roles: &Roles) -> String {
    let measure = Measure::new(source, roles);
    let mut printer = Printer {
        source,
        roles,
        measure,
        out: String::with_capacity(source.text.len() + source.text.len() / 8),
        column: 0,
        line: 0,
        lines: vec![0; source.atoms.len()],
        line_indent: 0,
        indent: 0,
        broken_chain: None,
        brackets: 0,
        fresh: true,
        must_break: false,
        after_comment: false,
        source_end: 0,
        next_comment: 0,
    };
    if let Some(line) = source.shebang() {
        printer.out.push_str(line);
        printer.source_end = source.text.find("#!").unwrap_or(0) + line.len();
        printer.fresh = false;
        let first = source.comments.first().map(|comment| comment.start);
        let first = first.into_iter().chain(source.atoms.first().map(|atom| atom.start)).min();
        printer.blank_line(first.map_or(source.text.len(), |first| first as usize));
    }
    printer.statements(0, source.atoms.len());
    printer.end();
    printer.out
}

/// Widths of everything on one line, and where lines break in any case.
struct Measure {
    /// By atom: the columns before it, and up to its end, were all on one line.
    position: Vec<usize>,
    end: Vec<usize>,
    /// By opening bracket: its contents stand on lines of their own.
    forced: Vec<bool>,
    /// By opening brace of a block in `{ } else { }`: the brace that closes the last of them.
    chain_end: Vec<usize>,
    /// By atom: the first forced bracket from here on.
    next_forced: Vec<usize>,
    /// By atom: the first place from here on where a line can break: at a bracket, before an operator.
    next_break: Vec<usize>,
}

fn is_open(kind: T) -> bool {
    matches!(kind, T::LParen | T::LBracket | T::LBrace)
}

fn is_close(kind: T) -> bool {
    matches!(kind, T::RParen | T::RBracket | T::RBrace)
}

fn is_assignment(kind: T) -> bool {
    matches!(kind, T::Eq | T::PlusEq | T::MinusEq | T::StarEq | T::SlashEq | T::PercentEq)
        || matches!(kind, T::AndEq | T::OrEq | T::CaretEq | T::ShlEq | T::ShrEq)
}

impl Measure {
    fn new(source: &Source<'_>, roles: &Roles) -> Measure {
        let count = source.atoms.len();
        let mut comments = source.comments.iter().peekable();
        // The brackets that are open, innermost last.
        let mut open: Vec<usize> = Vec::new();
        let mut forced = vec![false; count];
        let (mut position, mut end) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut column = 0;
        // Behind a comma of a list, or its opening bracket: an element begins.
        let mut begins = false;
        let mut bars = 0;
        for index in 0..count {
            let kind = source.atoms[index].kind;
            while let Some(comment) = comments.next_if(|comment| comment.before == index) {
                let text = &source.text[comment.start as usize..comment.end as usize];
                if let Some(&innermost) = open.last() {
                    forced[innermost] |= text.starts_with("//") || text.contains('\n');
                }
                column += text.chars().count() + 1;
            }
            let on_new_line = index > 0 && breaks_before(source, index);
            if on_new_line {
                if let Some(&innermost) = open.last() {
                    let is_list = roles.holds[innermost] == Holds::List && !roles.parenthesizes[innermost];
                    forced[innermost] |= is_list && begins && !is_close(kind);
                }
                // No line of statements is left that something in it spans.
                for &around in &open {
                    forced[around] |= matches!(roles.holds[around], Holds::Statements | Holds::Cases);
                }
            }
            if is_close(kind) {
                open.pop();
            }
            if index > 0 && roles.gap(source, index - 1, index) {
                column += 1;
            }
            position.push(column);
            column += source.atom(index).chars().count();
            end.push(column);
            begins = is_open(kind) || kind == T::Comma && index >= bars;
            if kind == T::Or && roles.partner[index] > index {
                bars = roles.partner[index];
            }
            if is_open(kind) {
                open.push(index);
            }
        }
        let chain_end = chains(source, roles, &mut forced);
        let mut next_forced = vec![usize::MAX; count + 1];
        let mut next_break = vec![count; count + 1];
        for index in (0..count).rev() {
            next_forced[index] = if forced[index] { index } else { next_forced[index + 1] };
            let kind = source.atoms[index].kind;
            let breaks = is_open(kind) || is_close(kind) || roles.operator[index];
            next_break[index] = if breaks { index } else { next_break[index + 1] };
        }
        Measure { position, end, forced, chain_end, next_forced, next_break }
    }

    /// Columns of the atoms from `from` to before `to`.
    fn width(&self, from: usize, to: usize) -> usize {
        if from < to { self.end[to - 1] - self.position[from] } else { 0 }
    }
}

/// Finds chains of blocks with `else` between them; where one is broken into lines, all are.
fn chains(source: &Source<'_>, roles: &Roles, forced: &mut [bool]) -> Vec<usize> {
    let is_block =
        |index: usize| source.kind(index) == Some(T::LBrace) && matches!(roles.holds[index], Holds::Statements);
    let mut ends: Vec<usize> = roles.partner.clone();
    let mut done = vec![false; source.atoms.len()];
    for first in 0..source.atoms.len() {
        if done[first] || !is_block(first) {
            continue;
        }
        let mut chain = vec![first];
        let mut last = first;
        while source.kind(roles.partner[last] + 1) == Some(T::Else) {
            // Past the condition of `else if`.
            let mut next = roles.partner[last] + 2;
            while next < source.atoms.len() && !is_block(next) && !is_close(source.atoms[next].kind) {
                next = roles.partner[next].max(next) + 1;
            }
            if !(next < source.atoms.len() && is_block(next)) {
                break;
            }
            chain.push(next);
            last = next;
        }
        let is_broken = |&block: &usize| forced[block] || roles.has_broken_head(source, block);
        let any = chain.iter().any(is_broken);
        for &block in &chain {
            done[block] = true;
            forced[block] |= any && block + 1 < roles.partner[block];
            ends[block] = roles.partner[last];
        }
    }
    ends
}

/// Whether a line break stands between an atom and the one before it.
fn breaks_before(source: &Source<'_>, index: usize) -> bool {
    source.between(index - 1, index).contains('\n')
}

impl Roles {
    /// Whether a space stands between two neighbours on a line.
    fn gap(&self, source: &Source<'_>, a: usize, b: usize) -> bool {
        let (left, right) = (source.atoms[a].kind, source.atoms[b].kind);
        if self.tight_after[a] || self.tight_before[b] {
            return false;
        }
        match (left, right) {
            (T::LBrace, T::RBrace) => false,
            (T::LParen | T::LBracket | T::Hash | T::At | T::Dot | T::Ellipsis, _) => false,
            (_, T::RParen | T::RBracket | T::Comma | T::Semi | T::Colon | T::DotStar) => false,
            (_, T::Dot) if self.word[b] => !matches!(left, T::DotDot | T::DotDotEq),
            (_, T::Dot) => false,
            (_, T::Ellipsis) => matches!(left, T::Colon | T::Comma),
            (_, T::DotDot | T::DotDotEq) => !self.ends_operand(source, a),
            (T::DotDot | T::DotDotEq, _) => {
                self.word[b] || matches!(right, T::FatArrow | T::RBrace | T::LBrace | T::If)
            }
            (T::Fn, T::LParen) => false,
            (_, T::LParen | T::LBracket) => !self.ends_operand(source, a) || left == T::RBrace,
            _ => true,
        }
    }

    /// Whether a line break before this atom, inside of an element, is the author's to make.
    fn keeps_break(&self, source: &Source<'_>, index: usize) -> bool {
        let Some(before) = index.checked_sub(1) else { return false };
        if !breaks_before(source, index) {
            return false;
        }
        let kind = source.atoms[index].kind;
        self.operator[index]
            || self.after_attribute[index]
            || self.operator[before]
            || kind == T::Dot && !self.word[index]
            || matches!(source.atoms[before].kind, T::Eq | T::FatArrow) && !is_open(kind)
    }

    /// Whether the author broke the lines of what stands before the brace of a block.
    fn has_broken_head(&self, source: &Source<'_>, brace: usize) -> bool {
        let mut index = self.head[brace] + 1;
        while index <= brace {
            let comment = || source.between(index - 1, index).contains("//");
            if self.keeps_break(source, index) || comment() {
                return true;
            }
            index = self.partner[index].max(index) + 1;
        }
        false
    }

    /// Whether a value can end here, so that a bracket behind it is a call or an index.
    pub(super) fn ends_operand(&self, source: &Source<'_>, index: usize) -> bool {
        match source.atoms[index].kind {
            T::Ident => !self.word[index],
            // `opt!(x)` would be type arguments.
            T::Bang => self.tight_before[index] && source.kind(index + 1) != Some(T::LParen),
            T::Int | T::Float | T::Char | T::Str | T::RawStr | T::ByteStr | T::FStrStart => true,
            T::RParen | T::RBracket | T::RBrace | T::DotStar | T::True | T::False | T::Nil => true,
            _ => false,
        }
    }
}

struct Printer<'a> {
    source: &'a Source<'a>,
    roles: &'a Roles,
    measure: Measure,
    out: String,
    column: usize,
    /// How many lines were begun, now and when each atom was written.
    line: usize,
    lines: Vec<usize>,
    /// Of the line that is being written.
    line_indent: usize,
    /// Of the statement or element that is being written.
    indent: usize,
    /// The end of a chain of blocks of which one was broken into lines.
    broken_chain: Option<usize>,
    /// How many brackets are open in that.
    brackets: usize,
    /// Nothing is on this line yet.
    fresh: bool,
    /// A comment to the end of the line was written.
    must_break: bool,
    /// A comment was written last.
    after_comment: bool,
    /// Where what was written last ends in the source.
    source_end: usize,
    next_comment: usize,
}

impl Printer<'_> {
    // ------------------------------------------------------------------------------------------------- lines

    fn newline(&mut self, indent: usize) {
        self.out.push('\n');
        self.start_line(indent);
    }

    fn start_line(&mut self, indent: usize) {
        self.line += 1;
        self.line_indent = indent;
        self.column = indent;
        self.fresh = true;
        self.must_break = false;
    }

    fn write(&mut self, text: &str) {
        if self.fresh {
            self.out.extend(std::iter::repeat_n(' ', self.line_indent));
            self.fresh = false;
        }
        self.out.push_str(text);
        match text.rsplit_once('\n') {
            Some((_, last)) => self.column = last.chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    fn space(&mut self) {
        if !self.fresh {
            self.write(" ");
        }
    }

    /// How many line breaks stand in the source between what was written last and this offset.
    fn breaks_until(&self, offset: usize) -> usize {
        self.source.text[self.source_end.min(offset)..offset].matches('\n').count()
    }

    // ---------------------------------------------------------------------------------------------- comments

    fn peek_comment(&self, before: usize) -> Option<Comment> {
        self.source.comments.get(self.next_comment).copied().filter(|comment| comment.before == before)
    }

    /// Comments on the line of what was written last.
    fn trailing_comments(&mut self, before: usize) {
        while let Some(comment) = self.peek_comment(before) {
            if self.out.is_empty() || self.breaks_until(comment.start as usize) > 0 {
                return;
            }
            let is_line = self.source.text[comment.start as usize..].starts_with("//");
            if is_line || !self.out.ends_with(['(', '[']) {
                self.space();
            }
            self.comment(comment);
        }
    }

    fn comment(&mut self, comment: Comment) {
        let text = self.source.comment(comment);
        self.write(&text);
        self.next_comment += 1;
        self.source_end = comment.end as usize;
        self.must_break = text.starts_with("//");
        self.after_comment = true;
    }

    /// Comments that stand before this atom, and the line break behind them, if there has to be one.
    fn leading_comments(&mut self, before: usize, indent: usize) {
        while let Some(comment) = self.peek_comment(before) {
            let breaks = self.breaks_until(comment.start as usize);
            if breaks > 0 || self.must_break {
                if !self.fresh {
                    if !self.out.ends_with(['{', '(', '[']) {
                        self.blank_line(comment.start as usize);
                    }
                    self.newline(indent);
                }
            } else {
                self.space();
            }
            self.comment(comment);
            let next = self.peek_comment(before).map(|next| next.start);
            let next = next.or(self.source.atoms.get(before).map(|atom| atom.start));
            let next = next.map_or(self.source.text.len(), |next| next as usize);
            if self.must_break || self.breaks_until(next) > 0 {
                self.blank_line(next);
                self.newline(indent);
            }
        }
    }

    /// A blank line, where the source has one or more before this offset.
    fn blank_line(&mut self, offset: usize) {
        if self.breaks_until(offset) > 1 {
            self.out.push('\n');
        }
    }

    // ------------------------------------------------------------------------------------------------- atoms

    /// Writes an atom, with the comments before it.
    fn atom(&mut self, index: usize) {
        let kind = self.source.atoms[index].kind;
        // In an expression that goes on, lines are indented further.
        let aside = self.roles.after_attribute[index] || self.roles.begins[index] || matches!(kind, T::Else);
        let aside = aside || self.roles.head[index] != index;
        let indent = if aside || is_close(kind) { self.indent } else { self.indent + INDENT };
        self.trailing_comments(index);
        self.leading_comments(index, indent);
        if !self.fresh && (self.must_break || self.roles.keeps_break(self.source, index)) {
            self.newline(indent);
        }
        let after_comment = self.after_comment && !matches!(kind, T::RParen | T::RBracket | T::Comma | T::Semi);
        if !self.fresh && index > 0 && (after_comment || self.roles.gap(self.source, index - 1, index)) {
            self.space();
        }
        self.raw(index);
    }

    fn raw(&mut self, index: usize) {
        let text = self.source.atom(index);
        self.write(text);
        self.lines[index] = self.line;
        self.after_comment = false;
        self.source_end = self.source.atoms[index].end as usize;
    }

    /// Leaves out a comma.
    fn skip(&mut self, index: usize) {
        self.trailing_comments(index);
        self.leading_comments(index, self.indent + INDENT);
        self.source_end = self.source.atoms[index].end as usize;
    }

    /// Atoms on one line, as far as that goes. `tail` is what has to fit behind the last.
    fn run(&mut self, from: usize, to: usize, tail: usize) {
        let mut index = from;
        while index < to {
            if self.roles.operator[index] && index > from && !self.fresh {
                self.break_before_operator(index, to, tail);
            }
            if is_open(self.source.atoms[index].kind) {
                let close = self.roles.partner[index];
                self.group(index, close, self.tail(close + 1, to, tail));
                index = close + 1;
            } else {
                self.atom(index);
                index += 1;
            }
        }
    }

    /// Columns from here to the first place where a line can break.
    fn tail(&self, from: usize, to: usize, tail: usize) -> usize {
        if from >= to {
            return tail;
        }
        let end = self.measure.next_break[from.min(self.source.atoms.len())];
        if end < to {
            let bracket = usize::from(is_open(self.source.atoms[end].kind));
            self.measure.width(from, end) + bracket
        } else {
            self.measure.width(from, to) + tail
        }
    }

    /// Goes to the next line if the operator and its right operand do not fit. An operand that would not fit there either
    /// stays and breaks at its last bracket, so that nested polynomials become no stairs.
    fn break_before_operator(&mut self, index: usize, to: usize, tail: usize) {
        let would_help = self.column > self.indent + 2 * INDENT;
        if is_assignment(self.source.atoms[index].kind) || !would_help || self.peek_comment(index).is_some() {
            return;
        }
        // To the brace of a block, if there is one.
        let operand_end = self.roles.operand_end[index].min(to);
        let mut end = index + 1;
        let mut last_bracket = None;
        while end < operand_end {
            last_bracket = Some(end).filter(|&at| is_open(self.source.atoms[at].kind));
            if last_bracket.is_some() && self.roles.holds[end] != Holds::List {
                end += 1;
                break;
            }
            end = self.roles.partner[end].max(end) + 1;
        }
        let forced = self.measure.next_forced[index];
        let width = if forced < end {
            self.measure.width(index, forced) + 1
        } else if end < operand_end {
            self.measure.width(index, end)
        } else {
            self.measure.width(index, end) + self.tail(end, to, tail)
        };
        if self.column + 1 + width <= WIDTH {
            return;
        }
        if let Some(open) = last_bracket
            && self.indent + INDENT + width > WIDTH
        {
            let inside = open + 1;
            let goes_on = self.roles.parenthesizes[open];
            let first = if goes_on { self.measure.next_break[inside] } else { inside };
            if self.column + 1 + self.measure.width(index, first) <= WIDTH {
                return;
            }
        }
        self.newline(self.indent + INDENT);
    }

    // ----------------------------------------------------------------------------------------------- brackets

    /// Brackets with what they hold.
    fn group(&mut self, open: usize, close: usize, tail: usize) {
        // Below a condition of several lines, a brace on a line of its own shows where the body begins.
        let head = self.roles.head[open];
        let is_head = head != open && self.brackets == 0 && self.lines[head] != self.line;
        if is_head && self.line_indent > self.indent && !self.fresh && self.peek_comment(open).is_none() {
            self.newline(self.indent);
        }
        self.atom(open);
        let is_below = head != open && self.brackets == 0 && self.column == self.line_indent + 1;
        let holds = self.roles.holds[open];
        let is_empty = open + 1 == close && self.peek_comment(close).is_none();
        if is_empty {
            return self.atom(close);
        }
        let forced = self.measure.next_forced[open];
        let chain_end = self.measure.chain_end[open];
        let fits = if forced <= close {
            // Up to where it breaks in any case.
            forced > open && self.column + self.measure.width(open + 1, forced + 1) <= WIDTH
        } else if chain_end > close {
            self.column + self.measure.width(open + 1, chain_end + 1) <= WIDTH
        } else {
            self.column + self.measure.width(open + 1, close + 1) + tail <= WIDTH
        };
        let fits = fits && self.broken_chain != Some(chain_end) && !is_below;
        let fits = fits || holds == Holds::List && self.roles.parenthesizes[open];
        if holds == Holds::Marks || fits && !self.measure.forced[open] {
            return self.on_one_line(open, close, tail);
        }
        if chain_end > close {
            self.broken_chain = Some(chain_end);
        }
        // A body stands below the statement that it belongs to, all else below the line where it begins.
        let is_body = self.source.atoms[open].kind == T::LBrace && holds != Holds::List && self.brackets == 0;
        let outer = if is_body { self.indent } else { self.line_indent };
        let (indent, brackets) = (self.indent, self.brackets);
        self.indent = outer + INDENT;
        self.brackets = 0;
        match holds {
            Holds::Statements => self.statements(open + 1, close),
            Holds::Cases => self.cases(open + 1, close),
            Holds::List | Holds::Marks => self.list(open, close),
        }
        self.trailing_comments(close);
        self.leading_comments(close, self.indent);
        self.indent = outer;
        if !self.fresh {
            self.newline(outer);
        } else {
            self.drop_blank_lines();
            self.start_line(outer);
        }
        self.raw(close);
        (self.indent, self.brackets) = (indent, brackets);
    }

    /// No blank line before a closing bracket.
    fn drop_blank_lines(&mut self) {
        while self.out.ends_with("\n\n") {
            self.out.pop();
        }
    }

    fn on_one_line(&mut self, open: usize, close: usize, tail: usize) {
        self.brackets += 1;
        let last = close - 1;
        let drops_comma = self.source.atoms[last].kind == T::Comma
            && match self.roles.holds[open] {
                Holds::Marks | Holds::Statements => false,
                Holds::Cases => true,
                // `(x,)` is a tuple, `x` is none.
                Holds::List => self.source.atoms[open].kind != T::LParen || self.elements(open, close).len() > 1,
            };
        let end = if drops_comma { last } else { close };
        self.run(open + 1, end, tail + 1);
        if drops_comma {
            self.skip(last);
        }
        self.brackets -= 1;
        self.atom(close);
    }

    /// The elements of a list: first atom, and the comma or what else is behind the last.
    fn elements(&self, open: usize, close: usize) -> Vec<(usize, usize)> {
        let mut elements = Vec::new();
        let (mut start, mut index) = (open + 1, open + 1);
        while index < close {
            if self.source.atoms[index].kind == T::Comma {
                elements.push((start, index));
                start = index + 1;
            }
            index = self.roles.partner[index].max(index) + 1;
        }
        if start < close {
            elements.push((start, close));
        }
        elements
    }

    /// A list that is broken into lines.
    fn list(&mut self, open: usize, close: usize) {
        let elements = self.elements(open, close);
        // Lists with line breaks keep their rows; numbers in brackets fill lines.
        let in_rows = self.source.atoms[open].kind == T::LBracket || self.measure.forced[open];
        let is_brace = self.source.atoms[open].kind == T::LBrace;
        for (number, &(start, end)) in elements.iter().enumerate() {
            let fits = self.column + 1 + self.measure.width(start, end) < WIDTH;
            let goes_on = in_rows && number > 0 && fits && !breaks_before(self.source, start) && !self.must_break;
            if !goes_on {
                self.begin(start, number == 0);
            }
            self.run(start, end, 1);
            if end < close {
                self.atom(end);
            } else if is_brace || elements.len() > 1 {
                // Before comments that stand behind it.
                self.write(",");
            }
        }
    }

    /// The cases of a `switch`.
    fn cases(&mut self, from: usize, to: usize) {
        self.begun(from, to, |printer, start, end| {
            let is_last = end == to;
            let last = end - 1;
            let kind = printer.source.atoms[last].kind;
            let has_comma = kind == T::Comma;
            printer.run(start, if has_comma { last } else { end }, 1);
            if has_comma {
                printer.atom(last);
            } else if is_last && kind != T::RBrace {
                printer.write(",");
            }
        });
    }

    fn statements(&mut self, from: usize, to: usize) {
        self.begun(from, to, |printer, start, end| printer.run(start, end, 0));
    }

    /// Everything between two atoms, each part that begins something on a line of its own.
    fn begun(&mut self, from: usize, to: usize, mut write: impl FnMut(&mut Self, usize, usize)) {
        let mut start = from;
        while start < to {
            let mut end = start;
            loop {
                end = self.roles.partner[end].max(end) + 1;
                if end >= to || self.roles.begins[end] {
                    break;
                }
            }
            let end = end.min(to);
            self.begin(start, start == from);
            write(self, start, end);
            start = end;
        }
    }

    /// A new line for what begins with this atom, with the comments before it.
    fn begin(&mut self, start: usize, is_first: bool) {
        self.trailing_comments(start);
        if self.out.is_empty() {
            self.start_line(self.indent);
        } else {
            let next = self.peek_comment(start).map_or(self.source.atoms[start].start, |comment| comment.start);
            if !is_first {
                self.blank_line(next as usize);
            }
            if !self.fresh || !is_first {
                self.newline(self.indent);
            } else {
                self.start_line(self.indent);
            }
        }
        self.leading_comments(start, self.indent);
    }

    /// Comments behind all else, and the end of the last line.
    fn end(&mut self) {
        let end = self.source.atoms.len();
        self.indent = 0;
        self.trailing_comments(end);
        if let Some(comment) = self.peek_comment(end)
            && !self.out.is_empty()
        {
            self.blank_line(comment.start as usize);
            if !self.fresh {
                self.newline(0);
            }
        }
        self.leading_comments(end, 0);
        while self.out.ends_with('\n') {
            self.out.pop();
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }
}
