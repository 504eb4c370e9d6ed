//! `switch`.
//!
//! Arms are tested in their order. A run of arms that ask for values of an integer, for cases of an enum or for strings is
//! tested by one dispatch: a `switch` of the IR on the integer or tag, and for strings on the length and then on eight bytes at a
//! time. It leads to a chain of the few arms that the value may match; behind it comes what follows the run. So no arm is
//! made twice, and the code is about as long as the source.

use super::Synth;
use super::body::{Dest, Lower};
use super::code::{Mem, Val};
use crate::hir::*;
use crate::types::{Niche, Ty, TyKind};
use lang_ir::{Block as IrBlock, Type, Value};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// A range of at most this many values becomes cases of a `switch`.
const MAX_RANGE: u128 = 64;
/// What is left of a string is compared by a loop if it is longer than this.
const MAX_INLINE_BYTES: usize = 64;

/// What arms of a run ask for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Key {
    /// Bits of an integer, or a tag.
    Bits(u128),
    /// The string with this number in the program.
    Text(u32),
    /// The empty string, where it has no number.
    Empty,
}

/// An arm that is entered for a key, if its payload matches.
#[derive(Clone, Copy)]
struct Entry<'b> {
    /// Number of the arm in the run.
    arm: usize,
    /// The case whose payload these patterns are of.
    case: u32,
    parts: &'b [(u32, Pat)],
}

/// An arm of a run: `enter` is reached with its bindings made.
struct RunArm {
    enter: IrBlock,
    /// Where a guard leads to that does not hold, if a single key leads to the arm.
    fail: Option<IrBlock>,
}

impl Lower<'_, '_, '_> {
    pub fn switch_on(&mut self, value: ExprId, arms: &[Arm], dest: &Dest) {
        let ty = self.ty(value);
        // A guard could change the place that the value is in.
        let val = if arms.iter().any(|arm| arm.guard.is_some()) { self.expr(value) } else { self.borrow(value) };
        if !self.live {
            return;
        }
        let join = self.new_block();
        let mark = self.mark();
        let mut done = 0;
        while done < arms.len() && self.live {
            let run = self.run_length(&arms[done..], ty);
            let last = done + run.max(1) == arms.len();
            if run >= 2 {
                self.switch_run(&arms[done..done + run], last, &val, ty, dest, join);
                done += run;
            } else {
                self.switch_arm(&arms[done], last, &val, dest, join);
                done += 1;
            }
            self.forget(mark);
        }
        if self.live {
            // One arm matches, by the checker's proof.
            self.unreachable();
        }
        self.switch_to(join);
    }

    /// Tests one arm; goes on where it does not match.
    fn switch_arm(&mut self, arm: &Arm, last: bool, val: &Val, dest: &Dest, join: IrBlock) {
        let next = self.new_block();
        self.at(arm.pat.span);
        if let (PatKind::Or(pats), Some(guard)) = (&arm.pat.kind, arm.guard) {
            let body = self.new_block();
            for pat in pats {
                let other = self.new_block();
                self.match_pat(pat, val, Some(other));
                self.cond_jump(guard, body, other);
                self.switch_to(other);
            }
            self.jump(next);
            self.switch_to(body);
            self.expr_to(arm.body, dest);
            self.jump(join);
            return self.switch_to(next);
        }
        // The last one has to match.
        let test = !last || arm.guard.is_some() || matches!(arm.pat.kind, PatKind::Or(_));
        self.match_pat(&arm.pat, val, test.then_some(next));
        if let Some(guard) = arm.guard {
            let body = self.new_block();
            self.cond_jump(guard, body, next);
            self.switch_to(body);
        }
        self.expr_to(arm.body, dest);
        self.jump(join);
        self.switch_to(next);
    }

    // -------------------------------------------------------------------------------------------------------- runs

    /// How many of the first arms can be tested by one dispatch.
    fn run_length(&self, arms: &[Arm], ty: Ty) -> usize {
        let mut run = 0;
        for arm in arms {
            if is_rest(&arm.pat) && arm.guard.is_none() {
                // Whatever is left: the default.
                return run + 1;
            }
            let mut keys = 0;
            if !self.has_keys(&arm.pat, ty, &mut keys) {
                break;
            }
            // Each alternative that binds something is tested with the guard.
            if arm.guard.is_some() && matches!(arm.pat.kind, PatKind::Or(_)) && binds(&arm.pat) {
                break;
            }
            run += 1;
            // A guard that does not hold leads to the arms behind it, which differ with the key.
            if arm.guard.is_some() && keys > 1 {
                break;
            }
        }
        run
    }

    /// Whether a pattern asks for some keys, and how many.
    fn has_keys(&self, pat: &Pat, ty: Ty, count: &mut usize) -> bool {
        *count += 1;
        let tagged = matches!(self.tagged(ty), Some((_, free)) if free.is_none());
        match &pat.kind {
            PatKind::Or(pats) => pats.iter().all(|pat| self.has_keys(pat, ty, count)),
            PatKind::Const(_) => self.kind(ty) == TyKind::Str || self.int_ty(ty).is_some(),
            PatKind::Range { .. } => {
                let bounds = self.range_bounds(pat, ty);
                *count += bounds.map_or(0, |(low, high)| (high - low).min(MAX_RANGE) as usize);
                bounds.is_none_or(|(low, high)| high - low < MAX_RANGE)
            }
            PatKind::Case(..) => tagged,
            PatKind::Some(inner) => !tagged && self.tagged(ty).is_some() && is_cases(inner),
            PatKind::Nil => !tagged && self.tagged(ty).is_some(),
            _ => false,
        }
    }

    /// The enum or `T!E` that a value is; also of a `?` of an enum that keeps nil in its tag, with what the tag is flipped by.
    fn tagged(&self, ty: Ty) -> Option<(Ty, Option<u128>)> {
        match self.kind(ty) {
            TyKind::Enum(_) | TyKind::Result { .. } => Some((ty, None)),
            TyKind::Optional(payload) => match self.niche(payload) {
                Some(Niche::Tag(free)) => Some((payload, Some(free))),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a pattern asks for, each key with its entry.
    fn keys<'b>(&self, pat: &'b Pat, ty: Ty, arm: usize, out: &mut Vec<(Key, Entry<'b>)>) {
        let plain = Entry { arm, case: 0, parts: &[] };
        match &pat.kind {
            PatKind::Or(pats) => pats.iter().for_each(|pat| self.keys(pat, ty, arm, out)),
            PatKind::Const(ConstValue::Str(id)) => out.push((Key::Text(id.0), plain)),
            PatKind::Const(_) if self.kind(ty) == TyKind::Str => out.push((Key::Empty, plain)),
            PatKind::Const(value) => {
                let int = self.int_ty(ty).expect("an integer");
                out.push((Key::Bits(self.const_bits(value) & int.mask()), plain));
            }
            PatKind::Range { .. } => {
                let int = self.int_ty(ty).expect("an integer");
                if let Some((low, high)) = self.range_bounds(pat, ty) {
                    out.extend((low..=high).map(|at| (Key::Bits(at ^ int.min_bits()), plain)));
                }
            }
            PatKind::Nil => out.push((Key::Bits(0), plain)),
            PatKind::Some(inner) => self.keys(inner, ty, arm, out),
            PatKind::Case(case, parts) => {
                let (tagged, free) = self.tagged(ty).expect("a value with a tag");
                let tag = self.cx.program.types.tag(tagged, *case) ^ free.unwrap_or(0);
                out.push((Key::Bits(tag), Entry { arm, case: *case, parts }));
            }
            kind => unreachable!("{kind:?} asks for no keys"),
        }
    }

    /// The arms of a run by one dispatch. In the last run of a `switch`, what none of its arms takes does not exist.
    fn switch_run(&mut self, arms: &[Arm], last: bool, val: &Val, ty: Ty, dest: &Dest, join: IrBlock) {
        let next = self.new_block();
        let rest = arms.iter().position(|arm| is_rest(&arm.pat) && arm.guard.is_none());
        let groups = self.group(arms, ty);
        // For each arm, the entries that come behind its own.
        let mut follow: Vec<Vec<&[Entry<'_>]>> = vec![Vec::new(); arms.len()];
        for (_, entries) in &groups {
            for (at, entry) in entries.iter().enumerate() {
                follow[entry.arm].push(&entries[at + 1..]);
            }
        }
        let mut blocks: Vec<RunArm> = Vec::with_capacity(arms.len());
        for (arm, follow) in arms.iter().zip(&follow) {
            let fail = (arm.guard.is_some() && follow.len() == 1).then(|| self.new_block());
            blocks.push(RunArm { enter: self.new_block(), fail });
        }
        let otherwise = rest.map_or(next, |rest| blocks[rest].enter);
        // A value that is left over, where it is bound to a name.
        let bound = rest.filter(|&rest| matches!(arms[rest].pat.kind, PatKind::Bind(_)));
        let otherwise = if bound.is_some() { self.new_block() } else { otherwise };

        // An arm that a key leads to without further tests is entered at once.
        let direct = |entries: &[Entry<'_>]| match entries {
            [entry, ..] if arms[entry.arm].guard.is_none() && entry.parts.iter().all(|(_, pat)| is_wild(pat)) => {
                Some(blocks[entry.arm].enter)
            }
            _ => None,
        };
        let mut targets: Vec<IrBlock> = Vec::with_capacity(groups.len());
        for (_, entries) in &groups {
            let target = direct(entries).unwrap_or_else(|| self.new_block());
            targets.push(target);
        }
        self.at(arms[0].pat.span);
        let mut default = otherwise;
        let mut cases: Vec<(Key, IrBlock)> = groups.iter().zip(&targets).map(|((key, _), &at)| (*key, at)).collect();
        if last && rest.is_none() {
            // One key matches, so that those of the last arm need no test.
            let final_arm = blocks.last().expect("an arm").enter;
            if cases.iter().any(|case| case.1 == final_arm) {
                default = final_arm;
            } else if let Some(&(_, target)) = cases.last() {
                default = target;
            }
            cases.retain(|case| case.1 != default);
        }
        self.dispatch(val, ty, &cases, default);
        let mark = self.mark();
        let complete = last && rest.is_none();
        for ((_, entries), target) in groups.iter().zip(targets) {
            if direct(entries).is_none() {
                self.switch_to(target);
                self.chain(entries, arms, &blocks, complete, val, ty, otherwise);
                self.forget(mark);
            }
        }
        // Guards, in the order of the arms: what is behind one that does not hold leads to later arms only.
        let mut bodies = Vec::with_capacity(arms.len());
        for ((arm, block), follow) in arms.iter().zip(&blocks).zip(&follow) {
            let Some(guard) = arm.guard else {
                bodies.push(block.enter);
                continue;
            };
            self.switch_to(block.enter);
            let body = self.new_block();
            bodies.push(body);
            // Several keys lead only to an arm that is the last of its run.
            self.cond_jump(guard, body, block.fail.unwrap_or(otherwise));
            if let Some(fail) = block.fail {
                self.switch_to(fail);
                self.chain(follow[0], arms, &blocks, complete, val, ty, otherwise);
            }
            self.forget(mark);
        }
        if let Some(rest) = bound
            && let PatKind::Bind(local) = arms[rest].pat.kind
        {
            self.switch_to(otherwise);
            self.bind(local, val);
            self.jump(blocks[rest].enter);
        }
        for (arm, body) in arms.iter().zip(bodies) {
            self.switch_to(body);
            self.expr_to(arm.body, dest);
            self.jump(join);
            self.forget(mark);
        }
        self.switch_to(next);
    }

    /// The entries of each key, in order of the first arm with that key.
    fn group<'b>(&self, arms: &'b [Arm], ty: Ty) -> Vec<(Key, Vec<Entry<'b>>)> {
        let mut groups: Vec<(Key, Vec<Entry<'b>>)> = Vec::new();
        let mut known: FxHashMap<Key, usize> = FxHashMap::default();
        let mut found = Vec::new();
        for (index, arm) in arms.iter().enumerate() {
            if is_rest(&arm.pat) && arm.guard.is_none() {
                break;
            }
            found.clear();
            self.keys(&arm.pat, ty, index, &mut found);
            for &(key, entry) in &found {
                let at = *known.entry(key).or_insert_with(|| {
                    groups.push((key, Vec::new()));
                    groups.len() - 1
                });
                // Behind an arm that takes every value with this key come no others.
                let closed = groups[at].1.last().is_some_and(|before| {
                    arms[before.arm].guard.is_none() && before.parts.iter().all(|(_, pat)| is_irrefutable(pat))
                });
                if !closed {
                    groups[at].1.push(entry);
                }
            }
        }
        groups
    }

    /// Tests entries of one key in their order, up to one with a guard: what follows that is behind its `fail`.
    #[allow(clippy::too_many_arguments, reason = "what a run is made of")]
    fn chain(
        &mut self,
        entries: &[Entry<'_>],
        arms: &[Arm],
        blocks: &[RunArm],
        complete: bool,
        val: &Val,
        ty: Ty,
        otherwise: IrBlock,
    ) {
        for (at, entry) in entries.iter().enumerate() {
            let guarded = arms[entry.arm].guard.is_some();
            let refutable = entry.parts.iter().any(|(_, pat)| !is_irrefutable(pat));
            // The last entry matches, if nothing else is left.
            let certain = complete && at + 1 == entries.len() && !guarded;
            // Where its guard leads to, too.
            let shared = blocks[entry.arm].fail;
            let fail = (refutable && !certain).then(|| shared.unwrap_or_else(|| self.new_block()));
            if !entry.parts.is_empty() {
                self.at(arms[entry.arm].pat.span);
                let (tagged, free) = self.tagged(ty).expect("a value with a payload");
                let payload = match free {
                    Some(_) => self.some(val, ty),
                    None => val.clone(),
                };
                self.match_payload(tagged, entry.case, &payload, entry.parts, fail);
            }
            self.jump(blocks[entry.arm].enter);
            match fail {
                Some(fail) if shared.is_none() => self.switch_to(fail),
                _ => {
                    let nowhere = self.new_block();
                    return self.switch_to(nowhere);
                }
            }
        }
        self.jump(otherwise);
        let nowhere = self.new_block();
        self.switch_to(nowhere);
    }

    // ---------------------------------------------------------------------------------------------------- dispatch

    /// Goes to the block of the value's key.
    fn dispatch(&mut self, val: &Val, ty: Ty, cases: &[(Key, IrBlock)], default: IrBlock) {
        if self.kind(ty) == TyKind::Str {
            return self.dispatch_text(val, cases, default);
        }
        let value = match self.tagged(ty) {
            Some((tagged, _)) => self.tag(val, tagged),
            None => val.scalar(),
        };
        let cases: Vec<(u128, IrBlock)> = cases
            .iter()
            .map(|&(key, block)| match key {
                Key::Bits(bits) => (bits, block),
                Key::Text(_) | Key::Empty => unreachable!("a string as an integer"),
            })
            .collect();
        self.switch_between(value, &cases, default);
    }

    fn switch_between(&mut self, value: Value, cases: &[(u128, IrBlock)], default: IrBlock) {
        match cases[..] {
            [] => self.jump(default),
            [(bits, block)] => {
                let ty = self.func.ty(value);
                let wanted = self.iconst(ty, bits as i128);
                let equal = self.b().icmp_eq(value, wanted);
                self.brif(equal, block, default);
            }
            _ => self.switch(value, cases, default),
        }
    }

    /// By the length, then by as many bytes at a time as an integer holds.
    fn dispatch_text(&mut self, val: &Val, cases: &[(Key, IrBlock)], default: IrBlock) {
        let program = self.cx.program;
        let mut by_len: BTreeMap<usize, Vec<(&[u8], IrBlock)>> = BTreeMap::new();
        for &(key, block) in cases {
            let text: &[u8] = match key {
                Key::Text(id) => &program[StrId(id)],
                Key::Empty | Key::Bits(_) => b"",
            };
            by_len.entry(text.len()).or_default().push((text, block));
        }
        let (start, len) = (val.scalars()[0], val.scalars()[1]);
        let lens: Vec<(u128, IrBlock)> = by_len
            .iter()
            .map(|(&len, texts)| (len as u128, if len == 0 { texts[0].1 } else { self.new_block() }))
            .collect();
        self.switch_between(len, &lens, default);
        for ((len, texts), (_, block)) in by_len.into_iter().zip(lens) {
            if len > 0 {
                self.switch_to(block);
                self.dispatch_bytes(Mem::address(start), 0, texts, default);
            }
        }
    }

    /// Of texts of one length that are equal up to `done`. The last bytes may be looked at twice, so that no read goes beyond
    /// the text.
    fn dispatch_bytes(&mut self, start: Mem, done: usize, texts: Vec<(&[u8], IrBlock)>, default: IrBlock) {
        let len = texts[0].0.len();
        if let [(text, block)] = texts[..]
            && (done >= len || len - done > MAX_INLINE_BYTES)
        {
            if done < len {
                let rest = self.text(&text[done..]);
                let from = self.address(start.at(done as u64));
                let function = self.cx.synth(Synth::EqualBytes);
                let equal = self.call(function, &[from, rest[0], rest[1]])[0];
                return self.brif(equal, block, default);
            }
            return self.jump(block);
        }
        let width = match len {
            8.. => 8,
            4.. => 4,
            2.. => 2,
            _ => 1,
        };
        let at = done.min(len - width);
        let mut groups: BTreeMap<u128, Vec<(&[u8], IrBlock)>> = BTreeMap::new();
        for (text, block) in texts {
            let mut bytes = [0; 16];
            bytes[..width].copy_from_slice(&text[at..at + width]);
            groups.entry(u128::from_le_bytes(bytes)).or_default().push((text, block));
        }
        let ty = Type::int(width as u32 * 8).expect("a width that exists");
        let value = self.load_unaligned(ty, start.at(at as u64));
        let finished = at + width == len;
        let cases: Vec<(u128, IrBlock)> =
            groups.iter().map(|(&bits, texts)| (bits, if finished { texts[0].1 } else { self.new_block() })).collect();
        self.switch_between(value, &cases, default);
        if !finished {
            for ((_, texts), (_, block)) in groups.into_iter().zip(cases) {
                self.switch_to(block);
                self.dispatch_bytes(start, at + width, texts, default);
            }
        }
    }

    /// First and last value of a range, counted from the smallest value of the type; `None` if it is empty.
    pub fn range_bounds(&self, pat: &Pat, ty: Ty) -> Option<(u128, u128)> {
        let PatKind::Range { low, high, inclusive } = pat.kind else { unreachable!("not a range") };
        let int = self.int_ty(ty).expect("ranges are of integers");
        // Flipping the sign bit makes the order that of the bits.
        let order = |bits: u128| (bits & int.mask()) ^ int.min_bits();
        let low = low.map_or(0, order);
        let high = match high {
            Some(high) if inclusive => order(high),
            Some(high) => order(high).checked_sub(1)?,
            None => int.mask(),
        };
        (low <= high).then_some((low, high))
    }

    /// Bits of an integer constant.
    pub fn const_bits(&self, value: &ConstValue) -> u128 {
        match value {
            ConstValue::Int(bits) => *bits,
            ConstValue::Zero => 0,
            value => unreachable!("{value:?} is no integer"),
        }
    }

    /// Whether values of the type are tested as integers.
    pub fn is_bool(&self, ty: Ty) -> bool {
        self.kind(ty) == TyKind::Bool
    }
}

/// Whether a pattern takes all that is left.
fn is_rest(pat: &Pat) -> bool {
    matches!(pat.kind, PatKind::Wild | PatKind::Bind(_))
}

fn is_wild(pat: &Pat) -> bool {
    matches!(pat.kind, PatKind::Wild)
}

/// Whether a pattern binds a name.
fn binds(pat: &Pat) -> bool {
    match &pat.kind {
        PatKind::Bind(_) => true,
        PatKind::Or(parts) | PatKind::Tuple(parts) => parts.iter().any(binds),
        PatKind::Struct(fields) | PatKind::Case(_, fields) => fields.iter().any(|(_, pat)| binds(pat)),
        PatKind::Some(inner) => binds(inner),
        PatKind::Wild | PatKind::Const(_) | PatKind::Range { .. } | PatKind::Nil => false,
    }
}

/// Whether a pattern asks for cases of an enum only.
fn is_cases(pat: &Pat) -> bool {
    match &pat.kind {
        PatKind::Case(..) => true,
        PatKind::Or(pats) => pats.iter().all(is_cases),
        _ => false,
    }
}

/// Whether a pattern matches every value of its type.
fn is_irrefutable(pat: &Pat) -> bool {
    match &pat.kind {
        PatKind::Wild | PatKind::Bind(_) => true,
        PatKind::Tuple(parts) => parts.iter().all(is_irrefutable),
        PatKind::Struct(fields) => fields.iter().all(|(_, pat)| is_irrefutable(pat)),
        _ => false,
    }
}
