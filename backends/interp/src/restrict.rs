//! Broken `restrict` promises: memory that is written while a function runs, and reached both through a `noalias` parameter
//! and not through it.
//!
//! What an address was derived from is found while decoding, by where it comes from in the function itself. Accesses whose
//! addresses may have come from anywhere (loaded, returned by a call) are not watched. Every call of a function with such
//! parameters has a number; [`Notes`] say for each byte which call touched it last, and how.

use lang_ir::{Function, Inst, Op, Type, Value};

/// Where an address can come from.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Origin {
    /// Nothing found yet.
    #[default]
    Nothing,
    /// Through this `noalias` parameter only, counting these from 0.
    Param(u8),
    /// Through no `noalias` parameter.
    Other,
    Unknown,
}

/// Parameters behind so many are not watched.
pub const MAX_PARAMS: u8 = 6;

impl Origin {
    fn join(self, other: Origin) -> Origin {
        match (self, other) {
            (Origin::Nothing, x) | (x, Origin::Nothing) => x,
            (a, b) if a == b => a,
            _ => Origin::Unknown,
        }
    }

    /// The number by which accesses are told apart: at most [`MAX_PARAMS`].
    pub fn number(self) -> Option<u8> {
        match self {
            Origin::Param(index) => Some(index),
            Origin::Other => Some(MAX_PARAMS),
            Origin::Nothing | Origin::Unknown => None,
        }
    }
}

/// By value: the origin of a pointer; `None` if the function has no `noalias` parameters.
pub fn origins(func: &Function) -> Option<Vec<Origin>> {
    if !func.sig.params.iter().any(|param| param.noalias) {
        return None;
    }
    let mut origins = vec![Origin::Nothing; func.values.len()];
    let at = |value: Value| value.as_u32() as usize;
    let mut count = 0;
    for (param, &value) in func.sig.params.iter().zip(func.params()) {
        origins[at(value)] = match param.noalias {
            true if count < MAX_PARAMS => Origin::Param(count),
            true => Origin::Unknown,
            false => Origin::Other,
        };
        count += param.noalias as u8;
    }
    // The lattice is three steps high, so this ends.
    let mut changed = true;
    while std::mem::take(&mut changed) {
        let mut raise = |origins: &mut Vec<Origin>, value: Value, origin: Origin| {
            let joined = origins[at(value)].join(origin);
            changed |= joined != origins[at(value)];
            origins[at(value)] = joined;
        };
        for inst in func.layout.iter().flat_map(|&block| &func.blocks[block].insts) {
            let data = &func.insts[*inst];
            for result in func.results(*inst).filter(|&result| func.ty(result) == Type::Ptr) {
                let origin = match data.op {
                    Op::SlotAddr | Op::GlobalAddr | Op::FuncAddr | Op::Iconst => Origin::Other,
                    Op::PtrAdd => origins[at(data.args[0])],
                    Op::Select => origins[at(data.args[1])].join(origins[at(data.args[2])]),
                    // Loaded, returned by a call, made from an integer.
                    _ => Origin::Unknown,
                };
                raise(&mut origins, result, origin);
            }
            for target in data.targets() {
                for (&param, &arg) in func.blocks[target.block].params.iter().zip(&target.args) {
                    if func.ty(param) == Type::Ptr {
                        let origin = origins[at(arg)];
                        raise(&mut origins, param, origin);
                    }
                }
            }
        }
    }
    Some(origins)
}

/// What is known of the bytes of an allocation, in pieces of 1 to 8 bytes: as large as all accesses so far allow. The note of
/// a piece is, from the top: the number of the call that it is about, the origins of reads and of writes in it as bits, and
/// the instruction of one of these accesses.
#[derive(Default)]
pub struct Notes {
    pieces: Vec<u64>,
    /// The logarithm of the size of a piece.
    shift: u32,
    size: usize,
}

const CALL_SHIFT: u32 = 46;
/// Calls are numbered from 1 to this.
pub const MAX_CALL: u64 = (1 << (64 - CALL_SHIFT)) - 1;

impl Notes {
    /// For an allocation of this size.
    pub fn new(size: usize) -> Notes {
        Notes { pieces: vec![0; size.div_ceil(8)], shift: 3, size }
    }

    /// Whether there are no notes: nothing was accessed yet.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// As [`Notes::access`], for an access to just one piece; false if it is none, or breaks a promise.
    #[inline(always)]
    pub fn access_piece(&mut self, at: usize, len: usize, call: u64, origin: u8, write: bool, inst: Inst) -> bool {
        let whole = len == 1 << self.shift && at & (len - 1) == 0;
        match self.pieces.get_mut(at >> self.shift) {
            Some(note) if whole => after(*note, call, origin, write, inst).map(|after| *note = after).is_some(),
            _ => false,
        }
    }

    /// Notes an access in a call by its [`Origin::number`]. If the promise is broken, gives the instruction of an access
    /// before.
    pub fn access(
        &mut self,
        at: usize,
        len: usize,
        call: u64,
        origin: u8,
        write: bool,
        inst: Inst,
    ) -> Result<(), Inst> {
        // An access that covers pieces in part splits all; one up to the end covers the last.
        let part = if at + len == self.size { at } else { at | len };
        if part & ((1 << self.shift) - 1) != 0 {
            self.split(part);
        }
        for note in &mut self.pieces[at >> self.shift..(at + len).div_ceil(1 << self.shift)] {
            *note = after(*note, call, origin, write, inst).ok_or(Inst::from_u32(*note as u32))?;
        }
        Ok(())
    }

    /// Makes the pieces so small that none begins or ends within what starts and ends at multiples of `part`.
    #[cold]
    fn split(&mut self, part: usize) {
        while part & ((1 << self.shift) - 1) != 0 {
            self.shift -= 1;
            let pieces = self.size.div_ceil(1 << self.shift);
            self.pieces = self.pieces.iter().flat_map(|&note| [note; 2]).take(pieces).collect();
        }
    }
}

/// The note of a piece after an access; `None` if that breaks the promise.
#[inline(always)]
fn after(note: u64, call: u64, origin: u8, write: bool, inst: Inst) -> Option<u64> {
    let own = 1u64 << origin;
    let same_call = note >> CALL_SHIFT == call;
    let (writes, reads) = if same_call { ((note >> 32) & 0x7f, (note >> 39) & 0x7f) } else { (0, 0) };
    let others = if write { writes | reads } else { writes } & !own;
    let (writes, reads) = if write { (writes | own, reads) } else { (writes, reads | own) };
    // A read beside reads of another origin leaves the place of the first.
    let keep = same_call && !write && reads != own;
    let inst = if keep { note as u32 } else { inst.as_u32() };
    (others == 0).then_some(call << CALL_SHIFT | reads << 39 | writes << 32 | inst as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_about_bytes() {
        let access = |notes: &mut Notes, at, len, origin, write| {
            notes.access(at, len, 1, origin, write, Inst::from_u32(at as u32)).is_ok()
        };
        let mut notes = Notes::new(37);
        assert!(access(&mut notes, 0, 8, 0, true));
        assert!(access(&mut notes, 32, 5, 0, true));
        assert_eq!(notes.pieces.len(), 5);
        // Pieces of 4 bytes, then of 1.
        assert!(access(&mut notes, 12, 4, 1, true) && access(&mut notes, 8, 4, 0, true));
        assert_eq!(notes.pieces.len(), 10);
        assert!(!access(&mut notes, 4, 4, 1, false) && !access(&mut notes, 36, 1, 1, false));
        assert!(access(&mut notes, 17, 1, 1, true) && access(&mut notes, 16, 1, 0, true));
        assert!(!access(&mut notes, 15, 2, 0, false) && !access(&mut notes, 16, 2, 1, false));
        assert_eq!(notes.pieces.len(), 37);
        assert!(notes.access(0, 37, 2, 1, true, Inst::from_u32(9)).is_ok());
        assert_eq!(notes.access(36, 1, 2, 0, false, Inst::from_u32(0)), Err(Inst::from_u32(9)));
    }
}
