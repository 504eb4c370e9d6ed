//! Loops: the test at the top, then the body, then the step, unless the step could wrap.

use super::Synth;
use super::body::{Dest, Lower};
use super::code::{Code, Mem, Val};
use crate::hir::*;
use crate::types::{IntTy, Ty};
use lang_ir::ssa::Variable;
use lang_ir::{TrapCode, Type, Value};

/// How a range goes on.
#[derive(Clone, Copy)]
enum Stride {
    /// By a constant that is not zero.
    Fixed(i128),
    /// By a value of this type.
    Value(Value, IntTy),
}

/// A range, with its bounds evaluated.
struct Range {
    int: IntTy,
    ty: Type,
    low: Value,
    high: Value,
    inclusive: bool,
}

/// Whether a range counts the numbers of characters instead of their bits.
fn steps_over_chars(range: &ForRange) -> bool {
    range.ty == Ty::CHAR && range.step.is_some()
}

impl Lower<'_, '_, '_> {
    /// A loop's body; what it learns holds there only.
    fn turn(&mut self, body: BlockId) {
        let mark = self.mark();
        self.block(body, &Dest::Nowhere);
        self.forget(mark);
    }

    pub fn while_(&mut self, id: LoopId, cond: &Cond, body: BlockId) {
        let mark = self.mark();
        let header = self.header();
        let (turn, exit) = (self.new_block(), self.new_block());
        self.enter_loop(id, header, exit);
        self.cond(cond, turn, exit);
        self.switch_to(turn);
        self.turn(body);
        self.jump(header);
        self.forget(mark);
        self.switch_to(exit);
    }

    pub fn loop_(&mut self, id: LoopId, body: BlockId) {
        let header = self.header();
        let exit = self.new_block();
        self.enter_loop(id, header, exit);
        self.turn(body);
        self.jump(header);
        self.switch_to(exit);
    }

    pub fn for_range(&mut self, range: &ForRange) {
        let body = self.body;
        let int = self.int_ty(range.ty).expect("ranges are of integers");
        let mut low = self.scalar(range.low);
        let mut high = self.scalar(range.high);
        let stride = match range.step {
            None => Stride::Fixed(1),
            Some(step) => {
                let step_ty = self.int_ty(self.ty(step)).expect("a step is an integer");
                match body[step].kind {
                    ExprKind::Int(bits) if bits.get() != 0 && (step_ty.signed || bits.get() >> 127 == 0) => {
                        Stride::Fixed(step_ty.to_i128(bits.get()))
                    }
                    _ => Stride::Value(self.scalar(step), step_ty),
                }
            }
        };
        if !self.live {
            return;
        }
        if steps_over_chars(range) {
            (low, high) = (self.char_number(low), self.char_number(high));
        }
        let data = Range { int, ty: self.func.ty(low), low, high, inclusive: range.inclusive };
        let counter = self.declare(data.ty);
        self.set(counter, low);
        match stride {
            Stride::Fixed(step) if self.steps_stay(&data, step) => self.simple_range(range, &data, counter, step),
            Stride::Fixed(step) => {
                let up = self.bool(step > 0);
                let size = self.iconst(data.ty, step.unsigned_abs() as i128);
                self.careful_range(range, &data, counter, step, up, size);
            }
            Stride::Value(step, step_ty) => {
                self.at(range.step_span);
                let zero = self.iconst(data.ty, 0);
                let bad = self.b().icmp_eq(step, zero);
                self.trapif(bad, TrapCode::StepZero, &[]);
                if step_ty.signed {
                    let up = self.b().icmp_slt(zero, step);
                    let negated = self.b().ineg(step);
                    let size = self.b().select(up, step, negated);
                    self.careful_range(range, &data, counter, 0, up, size);
                } else {
                    let up = self.bool(true);
                    self.careful_range(range, &data, counter, 0, up, step);
                }
            }
        }
    }

    /// Whether no step that is made wraps, if the test is at the top.
    fn steps_stay(&self, range: &Range, step: i128) -> bool {
        let Range { int, high, inclusive, .. } = *range;
        if !inclusive && step.unsigned_abs() == 1 {
            return true;
        }
        let Some(high) = self.constant(high) else { return false };
        // In the order of the bits, from 0: the last turn is one before the end, or the end.
        let high = (high & int.mask()) ^ int.min_bits();
        let room = if step > 0 { int.mask() - high } else { high };
        let past = step.unsigned_abs() - u128::from(!inclusive);
        past <= room
    }

    fn less(&mut self, int: IntTy, or_equal: bool, a: Value, b: Value) -> Value {
        match (int.signed, or_equal) {
            (true, false) => self.b().icmp_slt(a, b),
            (true, true) => self.b().icmp_sle(a, b),
            (false, false) => self.b().icmp_ult(a, b),
            (false, true) => self.b().icmp_ule(a, b),
        }
    }

    /// The test at the top, the step at the bottom.
    fn simple_range(&mut self, range: &ForRange, data: &Range, counter: Variable, step: i128) {
        let span = self.body[range.low].span;
        self.at(span);
        let header = self.header();
        let (turn, next, exit) = (self.new_block(), self.new_block(), self.new_block());
        self.enter_loop(range.id, next, exit);
        let at = self.get(counter);
        let (a, b) = if step > 0 { (at, data.high) } else { (data.high, at) };
        let go_on = self.less(data.int, data.inclusive, a, b);
        self.brif(go_on, turn, exit);
        self.switch_to(turn);
        self.bind_counter(range, counter);
        self.turn(range.body);
        self.jump(next);
        self.switch_to(next);
        if self.live {
            self.at(span);
            let step = self.iconst(data.ty, step);
            self.advance(range, data, counter, step);
            self.jump(header);
        }
        self.switch_to(exit);
    }

    /// Tests whether there is a first turn, and after each turn whether another step fits. `step` is 0 if it is not known;
    /// `size` is its absolute value.
    fn careful_range(&mut self, range: &ForRange, data: &Range, counter: Variable, step: i128, up: Value, size: Value) {
        let span = self.body[range.low].span;
        self.at(span);
        let (turn, next, advance, exit) = (self.new_block(), self.new_block(), self.new_block(), self.new_block());
        self.enter_loop(range.id, next, exit);
        let Range { int, low, high, inclusive, .. } = *data;
        let go_on =
            self.either(up, |this| this.less(int, inclusive, low, high), |this| this.less(int, inclusive, high, low));
        self.brif(go_on, turn, exit);
        self.switch_to(turn);
        self.bind_counter(range, counter);
        self.turn(range.body);
        self.jump(next);
        self.switch_to(next);
        if self.live {
            self.at(span);
            let at = self.get(counter);
            let done = if inclusive && step.unsigned_abs() == 1 {
                self.b().icmp_eq(at, high)
            } else {
                let rest = self.either(up, |this| this.b().isub(high, at), |this| this.b().isub(at, high));
                if inclusive { self.b().icmp_ult(rest, size) } else { self.b().icmp_ule(rest, size) }
            };
            self.brif(done, exit, advance);
            self.switch_to(advance);
            let step = self.either(up, |_| size, |this| this.b().ineg(size));
            self.advance(range, data, counter, step);
            self.jump(turn);
        }
        self.switch_to(exit);
    }

    /// One of two values; of the other nothing is made if the condition is constant.
    fn either(
        &mut self,
        condition: Value,
        then: impl FnOnce(&mut Self) -> Value,
        otherwise: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        match self.constant(condition) {
            Some(0) => otherwise(self),
            Some(_) => then(self),
            None => {
                let (then, otherwise) = (then(self), otherwise(self));
                self.b().select(condition, then, otherwise)
            }
        }
    }

    fn bind_counter(&mut self, range: &ForRange, counter: Variable) {
        if let Some(local) = range.local {
            let mut value = self.get(counter);
            if steps_over_chars(range) {
                value = self.char_of_number(value);
            }
            self.bind(local, &Val::from(value));
        }
    }

    fn advance(&mut self, range: &ForRange, data: &Range, counter: Variable, step: Value) {
        let at = self.get(counter);
        let mut after = self.b().iadd(at, step);
        if range.ty == Ty::CHAR && range.step.is_none() && !self.is_without_gap(data) {
            // Surrogates are no characters.
            let gap = self.iconst(data.ty, 0xd800);
            let behind = self.iconst(data.ty, 0xe000);
            let in_gap = self.b().icmp_eq(after, gap);
            after = self.b().select(in_gap, behind, after);
        }
        self.set(counter, after);
    }

    /// Whether a range of characters cannot meet the surrogates.
    fn is_without_gap(&self, data: &Range) -> bool {
        let below = self.constant(data.high).is_some_and(|high| high < 0xd800);
        let above = self.constant(data.low).is_some_and(|low| low >= 0xe000);
        below || above
    }

    /// The number of a character, counted from 0 without the surrogates, which are none.
    fn char_number(&mut self, c: Value) -> Value {
        let ty = self.func.ty(c);
        if let Some(c) = self.constant(c) {
            return self.iconst(ty, if c < 0xd800 { c as i128 } else { c as i128 - 0x800 });
        }
        let (gap, size) = (self.iconst(ty, 0xd800), self.iconst(ty, 0x800));
        let below = self.b().icmp_ult(c, gap);
        let behind = self.b().isub(c, size);
        self.b().select(below, c, behind)
    }

    /// The other way round.
    fn char_of_number(&mut self, number: Value) -> Value {
        let ty = self.func.ty(number);
        let (gap, size) = (self.iconst(ty, 0xd800), self.iconst(ty, 0x800));
        let below = self.b().icmp_ult(number, gap);
        let behind = self.b().iadd(number, size);
        self.b().select(below, number, behind)
    }

    pub fn for_slice(&mut self, slice: &ForSlice) {
        let body = self.body;
        let span = body[slice.slice].span;
        let ty = body[slice.slice].ty;
        let values = self.scalars(slice.slice);
        if !self.live {
            return;
        }
        self.at(span);
        let element = self.cx.program.types.element(ty).expect("elements of a slice");
        let (base, len, step) = (values[0], values[1], values.get(2).copied());
        let zero = self.word(0);
        let counter = self.declare(Type::I64);
        self.set(counter, zero);
        let header = self.header();
        let (turn, next, exit) = (self.new_block(), self.new_block(), self.new_block());
        self.enter_loop(slice.id, next, exit);
        let at = self.get(counter);
        let go_on = self.b().icmp_slt(at, len);
        self.brif(go_on, turn, exit);
        self.switch_to(turn);
        let at = self.get(counter);
        if let Some(index) = slice.index {
            self.bind(index, &Val::from(at));
        }
        if let Some(local) = slice.element {
            let at = match step {
                Some(step) => self.b().imul(at, step),
                None => at,
            };
            let size = self.stride(element);
            let mem = self.element(Mem::address(base), at, size);
            if slice.by_pointer {
                let address = self.address(mem);
                self.bind(local, &Val::from(address));
                self.nonnull.push(local);
            } else {
                let repr = self.repr(element);
                let val = self.load_val(&repr, mem);
                self.bind(local, &val);
            }
        }
        self.turn(slice.body);
        self.jump(next);
        self.switch_to(next);
        if self.live {
            self.at(span);
            let at = self.get(counter);
            let one = self.word(1);
            let after = self.b().iadd(at, one);
            self.set(counter, after);
            self.jump(header);
        }
        self.switch_to(exit);
    }

    pub fn for_chars(&mut self, chars: &ForChars) {
        let span = self.body[chars.text].span;
        let text = self.scalars(chars.text);
        if !self.live {
            return;
        }
        self.at(span);
        let zero = self.word(0);
        let position = self.declare(Type::I64);
        let after = self.declare(Type::I64);
        let count = self.declare(Type::I64);
        self.set(position, zero);
        self.set(count, zero);
        let header = self.header();
        let (turn, next, exit) = (self.new_block(), self.new_block(), self.new_block());
        self.enter_loop(chars.id, next, exit);
        let at = self.get(position);
        let go_on = self.b().icmp_slt(at, text[1]);
        self.brif(go_on, turn, exit);
        self.switch_to(turn);
        let c = self.next_char(text[0], text[1], position, after);
        if let Some(index) = chars.index {
            let at = self.get(count);
            self.bind(index, &Val::from(at));
        }
        if let Some(local) = chars.element {
            self.bind(local, &Val::from(c));
        }
        self.turn(chars.body);
        self.jump(next);
        self.switch_to(next);
        if self.live {
            self.at(span);
            let behind = self.get(after);
            self.set(position, behind);
            let at = self.get(count);
            let one = self.word(1);
            let number = self.b().iadd(at, one);
            self.set(count, number);
            self.jump(header);
        }
        self.switch_to(exit);
    }
}

impl Code<'_, '_> {
    /// Runs code for every index from `start` to below `end`.
    pub fn count_up(&mut self, start: Value, end: Value, body: impl FnOnce(&mut Self, Value)) {
        let counter = self.declare(Type::I64);
        self.set(counter, start);
        let header = self.header();
        let (turn, exit) = (self.new_block(), self.new_block());
        let at = self.get(counter);
        let go_on = self.b().icmp_slt(at, end);
        self.brif(go_on, turn, exit);
        self.switch_to(turn);
        let at = self.get(counter);
        body(self, at);
        let at = self.get(counter);
        let one = self.word(1);
        let next = self.b().iadd(at, one);
        self.set(counter, next);
        self.jump(header);
        self.switch_to(exit);
    }

    /// The character at a position, which is before the end; `after` gets the position behind it.
    fn next_char(&mut self, start: Value, len: Value, position: Variable, after: Variable) -> Value {
        let c = self.declare(Type::I32);
        let (ascii, other, join) = (self.new_block(), self.new_block(), self.new_block());
        let at = self.get(position);
        let mem = self.element(Mem::address(start), at, 1);
        let byte = self.load(Type::I8, mem);
        let zero = self.iconst(Type::I8, 0);
        let is_other = self.b().icmp_slt(byte, zero);
        self.brif(is_other, other, ascii);
        self.switch_to(ascii);
        let wide = self.b().uextend(Type::I32, byte);
        self.set(c, wide);
        let at = self.get(position);
        let one = self.word(1);
        let behind = self.b().iadd(at, one);
        self.set(after, behind);
        self.jump(join);
        self.switch_to(other);
        let decode = self.cx.synth(Synth::DecodeChar);
        let at = self.get(position);
        let results = self.call(decode, &[start, len, at]);
        self.set(c, results[0]);
        self.set(after, results[1]);
        self.jump(join);
        self.switch_to(join);
        self.get(c)
    }

    /// See [`Synth::DecodeChar`]. A byte that begins no valid sequence is U+FFFD by itself.
    pub fn define_decode_char(&mut self) {
        let params = self.func.params().to_vec();
        let (start, len, position) = (params[0], params[1], params[2]);
        let first = self.element(Mem::address(start), position, 1);
        let address = self.address(first);
        let available = self.b().isub(len, position);
        let bad = self.new_block();
        let lead = self.load(Type::I8, first);
        let lead = self.b().uextend(Type::I32, lead);
        // Bytes, first and number of leads, bits of the lead, smallest character.
        for (bytes, lead_first, leads, mask, smallest) in
            [(2u64, 0xc2, 0x1e, 0x1f, 0x80), (3, 0xe0, 0x10, 0x0f, 0x800), (4, 0xf0, 5, 0x07, 0x10000)]
        {
            let (this, next, whole) = (self.new_block(), self.new_block(), self.new_block());
            let lead_first = self.iconst(Type::I32, lead_first);
            let leads = self.iconst(Type::I32, leads);
            let distance = self.b().isub(lead, lead_first);
            let is_this = self.b().icmp_ult(distance, leads);
            self.brif(is_this, this, next);
            self.switch_to(this);
            let needed = self.word(bytes);
            let cut = self.b().icmp_slt(available, needed);
            self.brif(cut, bad, whole);
            self.switch_to(whole);
            let mask = self.iconst(Type::I32, mask);
            let mut c = self.b().band(lead, mask);
            let mut good = None;
            for index in 1..bytes {
                let byte = self.load(Type::I8, Mem::address(address).at(index));
                let byte = self.b().uextend(Type::I32, byte);
                let [marker, payload, continues, six] =
                    [0xc0, 0x3f, 0x80, 6].map(|value| self.iconst(Type::I32, value));
                let mark = self.b().band(byte, marker);
                let is_continuation = self.b().icmp_eq(mark, continues);
                good = Some(self.both(good, is_continuation));
                let bits = self.b().band(byte, payload);
                let shifted = self.b().ishl(c, six);
                c = self.b().bor(shifted, bits);
            }
            let smallest = self.iconst(Type::I32, smallest);
            let large = self.b().icmp_ule(smallest, c);
            good = Some(self.both(good, large));
            let last = self.iconst(Type::I32, 0x10ffff);
            let small = self.b().icmp_ule(c, last);
            good = Some(self.both(good, small));
            let [gap, gap_size] = [0xd800, 0x800].map(|value| self.iconst(Type::I32, value));
            let distance = self.b().isub(c, gap);
            let no_surrogate = self.b().icmp_ule(gap_size, distance);
            let good = self.both(good, no_surrogate);
            let valid = self.new_block();
            self.brif(good, valid, bad);
            self.switch_to(valid);
            let behind = self.b().iadd(position, needed);
            self.return_(&[c, behind]);
            self.switch_to(next);
        }
        self.jump(bad);
        self.switch_to(bad);
        let replacement = self.iconst(Type::I32, 0xfffd);
        let one = self.word(1);
        let behind = self.b().iadd(position, one);
        self.return_(&[replacement, behind]);
    }

    fn both(&mut self, first: Option<Value>, second: Value) -> Value {
        match first {
            Some(first) => self.b().band(first, second),
            None => second,
        }
    }
}
