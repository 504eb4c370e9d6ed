//! Whether the cases of a `switch` cover every value, and which of them can never be reached.
//!
//! The general question is whether a row of patterns is useful after others (Maranget, "Warnings for pattern matching",
//! 2007); what is not covered comes with examples. That may take exponential time, so it is given up after a number of
//! steps. A `switch` on a single integer with many cases is answered by a set of intervals instead, and one whose cases
//! are just strings or cases of an enum by a set of these, in about linear time.

use crate::hir::{ConstValue, ERROR, OK, Pat, PatKind, StrId};
use crate::intern::Interner;
use crate::source::Span;
use crate::types::{CaseShape, Ty, TyKind, Types};
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::collections::BTreeMap;

/// How many examples of what is missing are looked for.
const MAX_EXAMPLES: usize = 4;
/// How many rows the general question may look at.
const MAX_STEPS: u32 = 3_000_000;

/// What is wrong with a `switch`.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// Heads of cases that are never reached, and the case that takes all of its values if it is a single one.
    pub unreachable: Vec<(Span, Option<Span>)>,
    /// Something is not covered: examples of it, where some are at hand.
    pub missing: Option<Vec<String>>,
    /// The question took too many steps.
    pub gave_up: bool,
}

/// A pattern in its plainest form.
#[derive(Clone, Debug)]
enum Plain {
    Wild,
    /// Values in order, from lowest to highest, both included.
    Range(u128, u128),
    Text(StrId),
    /// Constructor number and its parts.
    Case(usize, Vec<Plain>),
    Or(Vec<Plain>),
}

/// A value that is not covered.
#[derive(Clone, Debug)]
enum Missing {
    Any,
    Scalar(u128),
    Text(StrId),
    Case(usize, Vec<Missing>),
}

/// What names and texts are, to show values.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'t> {
    pub types: &'t Types,
    pub interner: &'t Interner,
    pub strings: &'t [Box<[u8]>],
}

/// Checks the rows of a `switch`: pattern, whether there is a guard, head.
pub(crate) fn check(texts: Texts<'_>, rows: &[(&Pat, bool, Span)]) -> Coverage {
    let types = texts.types;
    let Some(ty) = rows.first().map(|(pat, ..)| pat.ty) else {
        return Coverage { missing: Some(Vec::new()), ..Coverage::default() };
    };
    let plain: Vec<(Plain, bool, Span)> =
        rows.iter().map(|&(pat, guard, head)| (plain(types, pat), guard, head)).collect();
    if let Some(last) = domain(types, ty) {
        return check_scalar(types, ty, last, &plain);
    }
    if plain.iter().all(|(pat, ..)| is_flat(pat)) {
        return check_flat(texts, ty, &plain);
    }
    let mut coverage = Coverage::default();
    let search = Search { types, steps: Cell::new(MAX_STEPS) };
    let mut matrix: Vec<Vec<Plain>> = Vec::new();
    for (pat, guard, head) in &plain {
        if !search.useful(&matrix, std::slice::from_ref(pat), &[ty]) {
            coverage.unreachable.push((*head, None));
        } else if !guard {
            matrix.push(vec![pat.clone()]);
        }
    }
    let missing = search.missing(&matrix, &[ty]);
    if !missing.is_empty() {
        coverage.missing = Some(missing.iter().map(|row| quoted(texts, ty, &row[0])).collect());
    }
    coverage.gave_up = search.steps.get() == 0;
    coverage
}

/// The highest value of a scalar type, its values counted from 0 in their order.
fn domain(types: &Types, ty: Ty) -> Option<u128> {
    Some(match types.kind(ty) {
        TyKind::Int(int) => int.mask(),
        TyKind::Bool => 1,
        TyKind::Char => u128::from(u32::from(char::MAX)),
        _ => return None,
    })
}

/// Bits of a value to its number in order.
fn order(types: &Types, ty: Ty, bits: u128) -> u128 {
    match types.as_int(ty) {
        Some(int) if int.signed => bits ^ int.min_bits(),
        _ => bits,
    }
}

fn plain(types: &Types, pat: &Pat) -> Plain {
    let scalar = |bits: u128| {
        let at = order(types, pat.ty, bits);
        Plain::Range(at, at)
    };
    match &pat.kind {
        PatKind::Wild | PatKind::Bind(_) => Plain::Wild,
        PatKind::Const(ConstValue::Int(bits)) => scalar(*bits),
        PatKind::Const(ConstValue::Str(id)) => Plain::Text(*id),
        PatKind::Const(_) => scalar(0),
        PatKind::Range { low, high, inclusive } => {
            let last = domain(types, pat.ty).unwrap_or(0);
            let low = low.map_or(0, |bits| order(types, pat.ty, bits));
            let high = high.map(|bits| order(types, pat.ty, bits));
            match (high, inclusive) {
                (None, _) => Plain::Range(low, last),
                (Some(high), true) => Plain::Range(low, high),
                // An empty range matches nothing.
                (Some(0), false) => Plain::Range(1, 0),
                (Some(high), false) => Plain::Range(low, high - 1),
            }
        }
        PatKind::Or(pats) => Plain::Or(pats.iter().map(|pat| plain(types, pat)).collect()),
        PatKind::Tuple(pats) => Plain::Case(0, pats.iter().map(|pat| plain(types, pat)).collect()),
        PatKind::Struct(fields) => {
            let count = types.fields(pat.ty).len();
            let mut parts = vec![Plain::Wild; count];
            for (index, pat) in fields {
                parts[*index as usize] = plain(types, pat);
            }
            Plain::Case(0, parts)
        }
        PatKind::Case(case, fields) => {
            let mut parts = vec![Plain::Wild; types.case_fields(pat.ty, *case).len()];
            for (index, pat) in fields {
                parts[*index as usize] = plain(types, pat);
            }
            Plain::Case(*case as usize, parts)
        }
        PatKind::Some(pat) => Plain::Case(1, vec![plain(types, pat)]),
        PatKind::Nil => Plain::Case(0, Vec::new()),
    }
}

// ---------------------------------------------------------------------------------------------------- scalars

/// Disjoint intervals by their start, and the case that made each.
#[derive(Default)]
struct Intervals {
    /// Start to end and head.
    map: BTreeMap<u128, (u128, Span)>,
}

impl Intervals {
    /// The parts of an interval that are not in the set.
    fn gaps(&self, low: u128, high: u128) -> Vec<(u128, u128)> {
        let mut gaps = Vec::new();
        let mut at = low;
        let before = self.map.range(..low).next_back().map(|(&start, &(end, _))| (start, end));
        let rest = self.map.range(low..=high).map(|(&start, &(end, _))| (start, end));
        for (start, end) in before.into_iter().chain(rest) {
            if end < at {
                continue;
            }
            if start > at {
                gaps.push((at, start - 1));
            }
            if end >= high {
                return gaps;
            }
            at = end + 1;
        }
        gaps.push((at, high));
        gaps
    }

    /// The case that covers all of an interval, if it is one.
    fn owner(&self, low: u128, high: u128) -> Option<Span> {
        let (_, &(end, head)) = self.map.range(..=low).next_back()?;
        (end >= high).then_some(head)
    }
}

fn check_scalar(types: &Types, ty: Ty, last: u128, rows: &[(Plain, bool, Span)]) -> Coverage {
    let mut coverage = Coverage::default();
    let mut covered = Intervals::default();
    for (pat, guard, head) in rows {
        let mut ranges = Vec::new();
        scalar_ranges(pat, last, &mut ranges);
        let mut reached = false;
        let mut owner = None;
        for (low, high) in ranges {
            if low > high {
                continue;
            }
            let gaps = covered.gaps(low, high);
            if gaps.is_empty() && owner.is_none() {
                owner = covered.owner(low, high);
            }
            reached |= !gaps.is_empty();
            if !guard {
                for (low, high) in gaps {
                    covered.map.insert(low, (high, *head));
                }
            }
        }
        if !reached {
            coverage.unreachable.push((*head, owner));
        }
    }
    let gaps = covered.gaps(0, last);
    if !gaps.is_empty() {
        let plainest = gaps.iter().map(|&(low, high)| example(types, ty, low, high)).min_by_key(|&(far, _)| far);
        let text = plainest.and_then(|(_, at)| show_scalar(types, ty, at));
        coverage.missing = Some(text.map(|text| format!("`{text}`")).into_iter().collect());
    }
    coverage
}

fn scalar_ranges(pat: &Plain, last: u128, out: &mut Vec<(u128, u128)>) {
    match pat {
        Plain::Range(low, high) => out.push((*low, *high)),
        Plain::Or(pats) => pats.iter().for_each(|pat| scalar_ranges(pat, last, out)),
        Plain::Wild | Plain::Text(_) | Plain::Case(..) => out.push((0, last)),
    }
}

/// The plainest value of a piece, and how far it is from zero; of chars, from `a`.
fn example(types: &Types, ty: Ty, low: u128, high: u128) -> (u128, u128) {
    let zero = if ty == Ty::CHAR { u128::from('a') } else { order(types, ty, 0) };
    let at = zero.clamp(low, high);
    (at.abs_diff(zero), at)
}

/// A value as it is written, if there is a way to.
fn show_scalar(types: &Types, ty: Ty, at: u128) -> Option<String> {
    Some(match types.kind(ty) {
        TyKind::Bool => (if at == 0 { "false" } else { "true" }).to_string(),
        TyKind::Char => format!("{:?}", u32::try_from(at).ok().and_then(char::from_u32)?),
        TyKind::Int(int) if int.signed => int.to_i128(at ^ int.min_bits()).to_string(),
        _ => at.to_string(),
    })
}

// ------------------------------------------------------------------------------------- strings and plain cases

/// Whether a pattern is a string, a case whatever is in it, or several of these.
fn is_flat(pat: &Plain) -> bool {
    match pat {
        Plain::Wild | Plain::Text(_) => true,
        Plain::Case(_, parts) => parts.iter().all(|part| matches!(part, Plain::Wild)),
        Plain::Or(pats) => pats.iter().all(is_flat),
        Plain::Range(..) => false,
    }
}

fn check_flat(texts: Texts<'_>, ty: Ty, rows: &[(Plain, bool, Span)]) -> Coverage {
    /// Numbers of the values that a pattern matches; `false` if it matches all.
    fn keys(pat: &Plain, out: &mut Vec<u32>) -> bool {
        match pat {
            Plain::Text(id) => out.push(id.0),
            Plain::Case(number, _) => out.push(*number as u32),
            Plain::Or(pats) => return pats.iter().all(|pat| keys(pat, out)),
            Plain::Wild | Plain::Range(..) => return false,
        }
        true
    }
    let counts = case_counts(texts.types, ty);
    let mut coverage = Coverage::default();
    let mut seen: FxHashMap<u32, Span> = FxHashMap::default();
    let mut rest: Option<Span> = None;
    for (pat, guard, head) in rows {
        let mut found = Vec::new();
        let some = keys(pat, &mut found);
        let complete = !counts.is_empty() && seen.len() == counts.len();
        if rest.is_some() || complete || some && found.iter().all(|key| seen.contains_key(key)) {
            let owner = match found[..] {
                _ if rest.is_some() => rest,
                [key] => seen.get(&key).copied(),
                _ => None,
            };
            coverage.unreachable.push((*head, owner));
        }
        if !guard {
            if !some {
                rest.get_or_insert(*head);
            }
            for key in found {
                seen.entry(key).or_insert(*head);
            }
        }
    }
    if rest.is_some() || !counts.is_empty() && seen.len() == counts.len() {
        return coverage;
    }
    let missing = (0..counts.len()).filter(|&number| !seen.contains_key(&(number as u32)));
    let example = |number: usize| quoted(texts, ty, &Missing::Case(number, vec![Missing::Any; counts[number]]));
    coverage.missing = Some(missing.take(MAX_EXAMPLES).map(example).collect());
    coverage
}

// ----------------------------------------------------------------------------------------------- in general

/// The search through a matrix of patterns.
struct Search<'t> {
    types: &'t Types,
    /// What is left of them.
    steps: Cell<u32>,
}

impl Search<'_> {
    /// Whether these rows may still be looked at.
    fn step(&self, rows: &[Vec<Plain>]) -> bool {
        let left = self.steps.get().saturating_sub(rows.len() as u32);
        self.steps.set(left);
        left > 0
    }

    /// Whether a row matches some value that none of the rows before it matches.
    fn useful(&self, rows: &[Vec<Plain>], row: &[Plain], tys: &[Ty]) -> bool {
        let types = self.types;
        let Some((first, rest)) = row.split_first() else { return rows.is_empty() };
        if rows.is_empty() || !self.step(rows) {
            return true;
        }
        let ty = tys[0];
        match first {
            Plain::Or(pats) => pats.iter().any(|pat| {
                let mut row = vec![pat.clone()];
                row.extend_from_slice(rest);
                self.useful(rows, &row, tys)
            }),
            Plain::Case(number, parts) => {
                let rows = specialize(rows, *number, parts.len());
                let row: Vec<Plain> = parts.iter().chain(rest).cloned().collect();
                let mut columns = case_tys(types, ty, *number);
                columns.extend(&tys[1..]);
                self.useful(&rows, &row, &columns)
            }
            Plain::Text(id) => {
                let rows = keep(rows, |pat| matches!(pat, Plain::Text(other) if other == id));
                self.useful(&rows, rest, &tys[1..])
            }
            Plain::Range(low, high) => pieces(rows, *low, *high).into_iter().any(|at| {
                let rows = keep(rows, |pat| matches!(pat, Plain::Range(a, b) if *a <= at && at <= *b));
                self.useful(&rows, rest, &tys[1..])
            }),
            Plain::Wild => {
                if let Some(last) = domain(types, ty) {
                    let mut row = row.to_vec();
                    row[0] = Plain::Range(0, last);
                    return self.useful(rows, &row, tys);
                }
                if !rows.iter().any(|row| is_refutable(&row[0])) {
                    return self.useful(&keep(rows, |_| false), rest, &tys[1..]);
                }
                let cases = case_counts(types, ty);
                if cases.is_empty() {
                    return self.useful(&keep(rows, |_| false), rest, &tys[1..]);
                }
                cases.iter().enumerate().any(|(number, &arity)| {
                    let mut row = vec![Plain::Wild; arity];
                    row.extend_from_slice(rest);
                    let mut columns = case_tys(types, ty, number);
                    columns.extend(&tys[1..]);
                    self.useful(&specialize(rows, number, arity), &row, &columns)
                })
            }
        }
    }

    /// Some rows of values that no row of patterns matches; none if everything is matched.
    fn missing(&self, rows: &[Vec<Plain>], tys: &[Ty]) -> Vec<Vec<Missing>> {
        let Some((&ty, rest)) = tys.split_first() else {
            return if rows.is_empty() { vec![Vec::new()] } else { Vec::new() };
        };
        if rows.is_empty() {
            return vec![vec![Missing::Any; tys.len()]];
        }
        if !self.step(rows) {
            return Vec::new();
        }
        let mut found = Vec::new();
        // Puts a value before each row that is missing behind it.
        let add = |found: &mut Vec<Vec<Missing>>, rows: &[Vec<Plain>], value: Missing| {
            for mut row in self.missing(rows, rest) {
                row.insert(0, value.clone());
                found.push(row);
            }
            found.len() < MAX_EXAMPLES
        };
        if !rows.iter().any(|row| is_refutable(&row[0])) {
            add(&mut found, &keep(rows, |_| false), Missing::Any);
        } else if let Some(last) = domain(self.types, ty) {
            let starts = pieces(rows, 0, last);
            let ends = starts[1..].iter().map(|next| next - 1).chain([last]);
            let mut values: Vec<(u128, u128)> =
                starts.iter().zip(ends).map(|(&low, high)| example(self.types, ty, low, high)).collect();
            values.sort_unstable();
            for (_, at) in values {
                let rows = keep(rows, |pat| matches!(pat, Plain::Range(a, b) if *a <= at && at <= *b));
                // One number is as good an example as many.
                if !add(&mut found, &rows, Missing::Scalar(at)) || ty != Ty::BOOL && !found.is_empty() {
                    break;
                }
            }
        } else {
            let cases = case_counts(self.types, ty);
            if cases.is_empty() {
                // Strings: those that are named, and any other.
                let mut texts = Vec::new();
                rows.iter().for_each(|row| named_texts(&row[0], &mut texts));
                if add(&mut found, &keep(rows, |_| false), Missing::Any) {
                    for id in texts {
                        let rows = keep(rows, |pat| matches!(pat, Plain::Text(other) if *other == id));
                        if !add(&mut found, &rows, Missing::Text(id)) {
                            break;
                        }
                    }
                }
            }
            for (number, &arity) in cases.iter().enumerate() {
                let mut columns = case_tys(self.types, ty, number);
                columns.extend(rest);
                for mut row in self.missing(&specialize(rows, number, arity), &columns) {
                    let parts = row.drain(..arity).collect();
                    row.insert(0, Missing::Case(number, parts));
                    found.push(row);
                }
                if found.len() >= MAX_EXAMPLES {
                    break;
                }
            }
        }
        found.truncate(MAX_EXAMPLES);
        found
    }
}

fn is_refutable(pat: &Plain) -> bool {
    !matches!(pat, Plain::Wild)
}

fn named_texts(pat: &Plain, out: &mut Vec<StrId>) {
    match pat {
        Plain::Text(id) if !out.contains(id) => out.push(*id),
        Plain::Or(pats) => pats.iter().for_each(|pat| named_texts(pat, out)),
        _ => {}
    }
}

/// A value as a pattern would be written, in quotes.
fn quoted(texts: Texts<'_>, ty: Ty, value: &Missing) -> String {
    let mut text = String::from("`");
    show(texts, ty, value, &mut text);
    text.push('`');
    text
}

fn show(texts: Texts<'_>, ty: Ty, value: &Missing, out: &mut String) {
    let types = texts.types;
    let list = |parts: &[Missing], tys: &[Ty], out: &mut String| {
        for (index, (part, &ty)) in parts.iter().zip(tys).enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            show(texts, ty, part, out);
        }
    };
    let fields = |parts: &[Missing], fields: &[crate::types::FieldDef], out: &mut String| {
        out.push_str(" { ");
        let named: Vec<_> = parts.iter().zip(fields).filter(|(part, _)| !matches!(part, Missing::Any)).collect();
        for (part, field) in &named {
            out.push_str(texts.interner.resolve(field.name));
            out.push_str(": ");
            show(texts, field.ty, part, out);
            out.push_str(", ");
        }
        if named.len() < fields.len() {
            out.push_str(".. }");
        } else {
            out.truncate(out.len().saturating_sub(2));
            out.push_str(" }");
        }
    };
    match (value, types.kind(ty)) {
        (Missing::Any, _) => out.push('_'),
        (Missing::Scalar(at), _) => out.push_str(&show_scalar(types, ty, *at).unwrap_or_else(|| "_".to_string())),
        (Missing::Text(id), _) => {
            out.push_str(&format!("{:?}", String::from_utf8_lossy(&texts.strings[id.index()])));
        }
        (Missing::Case(0, _), TyKind::Optional(_)) => out.push_str("nil"),
        (Missing::Case(_, parts), TyKind::Optional(payload)) => match parts.first() {
            Some(Missing::Any) | None => out.push_str("some(_)"),
            Some(part) => show(texts, payload, part, out),
        },
        (Missing::Case(number, parts), TyKind::Result { ok, error }) => match (*number as u32, parts.first()) {
            (ERROR, part) => {
                out.push_str("error ");
                show(texts, error, part.unwrap_or(&Missing::Any), out);
            }
            (_, Some(Missing::Any)) => out.push_str("value"),
            (_, Some(part)) => show(texts, ok, part, out),
            (_, None) => out.push('_'),
        },
        (Missing::Case(number, parts), TyKind::Enum(id)) => {
            let case = &types[id].cases[*number];
            out.push('.');
            out.push_str(texts.interner.resolve(case.name));
            match case.shape {
                CaseShape::Plain => {}
                CaseShape::Tuple => {
                    out.push('(');
                    list(parts, &types.case_fields(ty, *number as u32), out);
                    out.push(')');
                }
                CaseShape::Struct => fields(parts, &case.payload, out),
            }
        }
        (Missing::Case(_, parts), TyKind::Struct(id)) => {
            out.push_str(texts.interner.resolve(types[id].name));
            fields(parts, &types[id].fields, out);
        }
        (Missing::Case(_, parts), _) => {
            out.push('(');
            list(parts, &types.fields(ty), out);
            out.push_str(if parts.len() == 1 { ",)" } else { ")" });
        }
    }
}

/// Number of parts of each constructor of a type; none for types whose values are not counted.
fn case_counts(types: &Types, ty: Ty) -> Vec<usize> {
    match types.kind(ty) {
        TyKind::Tuple(list) => vec![types[list].len()],
        TyKind::Struct(id) => vec![types[id].fields.len()],
        TyKind::Enum(id) => types[id].cases.iter().map(|case| case.payload.len()).collect(),
        TyKind::Optional(_) => vec![0, 1],
        TyKind::Result { .. } => [OK, ERROR].map(|case| types.case_fields(ty, case).len()).to_vec(),
        _ => Vec::new(),
    }
}

/// The types of the parts of a constructor.
fn case_tys(types: &Types, ty: Ty, number: usize) -> Vec<Ty> {
    match types.kind(ty) {
        TyKind::Optional(payload) if number == 1 => vec![payload],
        TyKind::Optional(_) => Vec::new(),
        TyKind::Enum(_) | TyKind::Result { .. } => types.case_fields(ty, number as u32),
        _ => types.fields(ty),
    }
}

/// Rows that match the constructor, with its parts in place of the first column.
fn specialize(rows: &[Vec<Plain>], number: usize, arity: usize) -> Vec<Vec<Plain>> {
    let mut result = Vec::new();
    for row in rows {
        push_specialized(&row[0], &row[1..], number, arity, &mut result);
    }
    result
}

fn push_specialized(first: &Plain, rest: &[Plain], number: usize, arity: usize, out: &mut Vec<Vec<Plain>>) {
    match first {
        Plain::Or(pats) => {
            for pat in pats {
                push_specialized(pat, rest, number, arity, out);
            }
        }
        Plain::Wild => out.push(vec![Plain::Wild; arity].into_iter().chain(rest.iter().cloned()).collect()),
        Plain::Case(other, parts) if *other == number => {
            out.push(parts.iter().chain(rest).cloned().collect());
        }
        _ => {}
    }
}

/// The rest of the rows whose first pattern matches all or what is asked for.
fn keep(rows: &[Vec<Plain>], matches: impl Fn(&Plain) -> bool) -> Vec<Vec<Plain>> {
    fn fits(pat: &Plain, matches: &impl Fn(&Plain) -> bool) -> bool {
        match pat {
            Plain::Wild => true,
            Plain::Or(pats) => pats.iter().any(|pat| fits(pat, matches)),
            other => matches(other),
        }
    }
    rows.iter().filter(|row| fits(&row[0], &matches)).map(|row| row[1..].to_vec()).collect()
}

/// Scalars: a value of each piece of a range that the rows do not tell apart.
fn pieces(rows: &[Vec<Plain>], low: u128, high: u128) -> Vec<u128> {
    if low > high {
        return Vec::new();
    }
    let mut starts = vec![low];
    for row in rows {
        let mut ranges = Vec::new();
        scalar_ranges(&row[0], u128::MAX, &mut ranges);
        for (a, b) in ranges {
            if a > low && a <= high {
                starts.push(a);
            }
            if b >= low && b < high {
                starts.push(b + 1);
            }
        }
    }
    starts.sort_unstable();
    starts.dedup();
    starts
}
