//! Whether the cases of a `switch` cover every value, and which of them can never be reached.
//!
//! The general question is whether a row of patterns is useful after others (Maranget, "Warnings for pattern matching",
//! 2007). A `switch` on a single integer with many cases is answered by a set of intervals instead, in n log n steps.

use crate::hir::{ConstValue, Pat, PatKind, StrId};
use crate::source::Span;
use crate::types::{Ty, TyKind, Types};
use std::collections::BTreeMap;

/// What is wrong with a `switch`.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// Heads of cases that are never reached, and the case that takes all of its values if it is a single one.
    pub unreachable: Vec<(Span, Option<Span>)>,
    /// Something is not covered: an example of it, where one is at hand.
    pub missing: Option<Option<String>>,
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

/// Checks the rows of a `switch`: pattern, whether there is a guard, head.
pub(crate) fn check(types: &Types, rows: &[(&Pat, bool, Span)]) -> Coverage {
    let Some(ty) = rows.first().map(|(pat, ..)| pat.ty) else {
        return Coverage { missing: Some(None), ..Coverage::default() };
    };
    let plain: Vec<(Plain, bool, Span)> =
        rows.iter().map(|&(pat, guard, head)| (plain(types, pat), guard, head)).collect();
    if let Some(last) = domain(types, ty) {
        return check_scalar(types, ty, last, &plain);
    }
    let mut coverage = Coverage::default();
    let mut matrix: Vec<Vec<Plain>> = Vec::new();
    for (pat, guard, head) in &plain {
        if !useful(types, &matrix, std::slice::from_ref(pat), &[ty]) {
            coverage.unreachable.push((*head, None));
        } else if !guard {
            matrix.push(vec![pat.clone()]);
        }
    }
    if useful(types, &matrix, &[Plain::Wild], &[ty]) {
        coverage.missing = Some(None);
    }
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
    if let Some(&(gap, _)) = covered.gaps(0, last).first() {
        coverage.missing = Some(Some(show(types, ty, gap)));
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

/// A value as it is written.
fn show(types: &Types, ty: Ty, at: u128) -> String {
    match types.kind(ty) {
        TyKind::Bool => (if at == 0 { "`false`" } else { "`true`" }).to_string(),
        TyKind::Char => match u32::try_from(at).ok().and_then(char::from_u32) {
            Some(c) => format!("`{c:?}`"),
            None => "a character".to_string(),
        },
        TyKind::Int(int) if int.signed => format!("`{}`", int.to_i128(at ^ int.min_bits())),
        _ => format!("`{at}`"),
    }
}

// ----------------------------------------------------------------------------------------------- in general

/// Whether a row matches some value that none of the rows before it matches.
fn useful(types: &Types, rows: &[Vec<Plain>], row: &[Plain], tys: &[Ty]) -> bool {
    let Some((first, rest)) = row.split_first() else { return rows.is_empty() };
    let ty = tys[0];
    match first {
        Plain::Or(pats) => pats.iter().any(|pat| {
            let mut row = vec![pat.clone()];
            row.extend_from_slice(rest);
            useful(types, rows, &row, tys)
        }),
        Plain::Case(number, parts) => {
            let part_tys = case_tys(types, ty, *number, parts.len());
            let rows = specialize(rows, *number, parts.len());
            let row: Vec<Plain> = parts.iter().chain(rest).cloned().collect();
            let tys: Vec<Ty> = part_tys.iter().chain(&tys[1..]).copied().collect();
            useful(types, &rows, &row, &tys)
        }
        Plain::Text(id) => {
            let rows = keep(rows, |pat| matches!(pat, Plain::Text(other) if other == id));
            useful(types, &rows, rest, &tys[1..])
        }
        Plain::Range(low, high) => split(types, rows, *low, *high, rest, tys),
        Plain::Wild => {
            if let Some(last) = domain(types, ty) {
                return split(types, rows, 0, last, rest, tys);
            }
            let cases = case_counts(types, ty);
            if cases.is_empty() {
                let rows = keep(rows, |_| false);
                return useful(types, &rows, rest, &tys[1..]);
            }
            cases.iter().enumerate().any(|(number, &arity)| {
                let rows = specialize(rows, number, arity);
                let row: Vec<Plain> = vec![Plain::Wild; arity].into_iter().chain(rest.iter().cloned()).collect();
                let part_tys = case_tys(types, ty, number, arity);
                let tys: Vec<Ty> = part_tys.iter().chain(&tys[1..]).copied().collect();
                useful(types, &rows, &row, &tys)
            })
        }
    }
}

/// Number of parts of each constructor of a type; none for types whose values are not counted.
fn case_counts(types: &Types, ty: Ty) -> Vec<usize> {
    match types.kind(ty) {
        TyKind::Tuple(list) => vec![types[list].len()],
        TyKind::Struct(id) => vec![types[id].fields.len()],
        TyKind::Optional(_) => vec![0, 1],
        _ => Vec::new(),
    }
}

fn case_tys(types: &Types, ty: Ty, number: usize, arity: usize) -> Vec<Ty> {
    match types.kind(ty) {
        TyKind::Optional(payload) if number == 1 => vec![payload],
        TyKind::Optional(_) => Vec::new(),
        _ => {
            let mut tys = types.fields(ty);
            tys.resize(arity, Ty::ERROR);
            tys
        }
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

/// Scalars: cut the range where some row begins or ends, and look at each piece.
fn split(types: &Types, rows: &[Vec<Plain>], low: u128, high: u128, rest: &[Plain], tys: &[Ty]) -> bool {
    if low > high {
        return false;
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
    starts.into_iter().any(|at| {
        let rows = keep(rows, |pat| matches!(pat, Plain::Range(a, b) if *a <= at && at <= *b));
        useful(types, &rows, rest, &tys[1..])
    })
}
