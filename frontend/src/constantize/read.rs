//! From the memory that a run leaves to data of the program.
//!
//! The bytes of the result are taken as they are. Then its type tells where in them addresses stand; what slices and texts lead to is
//! taken in the same way, until nothing new is found. Pieces of memory that overlap become one, so that what was shared
//! stays shared and the data is never larger than the memory was.

use crate::hir::FuncId;
use crate::intern::Symbol;
use crate::lower::Session;
use crate::types::{Niche, Ty, TyKind, Types};
use lang_ir::evaluate::{Limits, Located, Memory, Piece as Kind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

/// A value: pieces of memory, and where in them it lies.
pub(super) struct Value {
    pub pieces: Vec<Piece>,
    /// The number of a piece, and an offset in it.
    pub root: (u32, u64),
}

pub(super) struct Piece {
    pub bytes: Vec<u8>,
    pub align: u32,
    /// By ascending offset.
    pub refs: Vec<(u64, Target)>,
}

#[derive(Clone)]
pub(super) enum Target {
    Piece { piece: u32, offset: u64, text: bool },
    Text(Vec<u8>),
    Func(FuncId),
}

/// Why a value cannot become data.
pub(super) struct Refused {
    /// The way to the part that is at fault, from the outside in.
    pub path: Vec<Step>,
    pub why: Why,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Field(Symbol),
    /// Of a tuple or a payload without names.
    Part(u32),
    Element(u64),
}

pub(super) enum Why {
    /// It is a pointer, to this.
    Pointer(Option<Kind>),
    /// It is a slice or text of this.
    Slice(Option<Kind>),
    /// There is more of it than the limits allow.
    TooMuch,
}

/// A way, the last step first.
type Path = Option<Rc<Way>>;

struct Way {
    step: Step,
    before: Path,
}

/// Memory that belongs to the value: from an address to another.
struct Range {
    start: u64,
    end: u64,
    align: u32,
    /// Where the piece of memory starts that it is in.
    base: u64,
}

/// An address in the value, and what it leads to.
struct Found {
    at: u64,
    target: FoundTarget,
}

enum FoundTarget {
    Address { address: u64, text: bool },
    Text(Vec<u8>),
    Func(FuncId),
}

/// Values of a type, one behind the other, that are to be looked through.
struct Work {
    address: u64,
    ty: Ty,
    count: u64,
    path: Path,
}

pub(super) struct Reader<'r> {
    types: &'r Types,
    session: &'r Session,
    memory: &'r dyn Memory,
    ranges: Vec<Range>,
    found: Vec<Found>,
    work: Vec<Work>,
    /// What was looked through: address, type, number.
    seen: FxHashSet<(u64, Ty, u64)>,
    addresses: FxHashMap<Ty, bool>,
    /// How many values may still be looked through.
    fuel: u64,
}

impl<'r> Reader<'r> {
    pub fn new(types: &'r Types, session: &'r Session, memory: &'r dyn Memory, limits: Limits) -> Reader<'r> {
        Reader {
            types,
            session,
            memory,
            ranges: Vec::new(),
            found: Vec::new(),
            work: Vec::new(),
            seen: FxHashSet::default(),
            addresses: FxHashMap::default(),
            fuel: limits.fuel,
        }
    }

    /// The value of a type at an address.
    pub fn read(mut self, address: u64, ty: Ty) -> Result<Value, Refused> {
        let layout = self.types.layout(ty);
        self.ranges.push(Range { start: address, end: address + layout.size, align: layout.align, base: address });
        self.work.push(Work { address, ty, count: 1, path: None });
        while let Some(work) = self.work.pop() {
            if !self.has_addresses(work.ty) || !self.seen.insert((work.address, work.ty, work.count)) {
                continue;
            }
            let stride = self.types.stride(work.ty);
            for index in 0..work.count {
                // The one value at the start has no number.
                let whole = work.path.is_none() && work.address == address;
                let path = if whole { None } else { step(&work.path, Step::Element(index)) };
                self.visit(work.address + index * stride, work.ty, &path)?;
            }
        }
        self.pieces(address)
    }

    /// Whether there may be addresses in values of a type.
    fn has_addresses(&mut self, ty: Ty) -> bool {
        if let Some(&known) = self.addresses.get(&ty) {
            return known;
        }
        let types = self.types;
        let any = match types.kind(ty) {
            TyKind::Array { element, len } => len > 0 && self.has_addresses(element),
            TyKind::Tuple(_) | TyKind::Struct(_) => types.fields(ty).into_iter().any(|ty| self.has_addresses(ty)),
            TyKind::Enum(id) => {
                let mut payloads = types[id].cases.iter().flat_map(|case| &case.payload);
                payloads.any(|field| self.has_addresses(field.ty))
            }
            TyKind::Optional(payload) => self.has_addresses(payload),
            TyKind::Result { ok, error } => self.has_addresses(ok) || self.has_addresses(error),
            TyKind::Pointer { .. }
            | TyKind::Ref(_)
            | TyKind::Fn { .. }
            | TyKind::Str
            | TyKind::Slice { .. }
            | TyKind::Strided { .. }
            | TyKind::View { .. } => true,
            TyKind::Error
            | TyKind::Never
            | TyKind::Void
            | TyKind::Bool
            | TyKind::Char
            | TyKind::Int(_)
            | TyKind::Float(_)
            | TyKind::Nil => false,
        };
        self.addresses.insert(ty, any);
        any
    }

    fn word(&self, address: u64) -> u64 {
        let mut bytes = [0; 8];
        // What cannot be read is zero; only memory that was found to be there is looked at.
        let _ = self.memory.read(address, &mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// Looks for addresses in one value.
    fn visit(&mut self, at: u64, ty: Ty, path: &Path) -> Result<(), Refused> {
        if !self.has_addresses(ty) {
            return Ok(());
        }
        self.fuel = self.fuel.checked_sub(1).ok_or_else(|| refuse(path, Why::TooMuch))?;
        let types = self.types;
        match types.kind(ty) {
            TyKind::Array { element, len } => {
                let stride = types.stride(element);
                for index in 0..len {
                    self.visit(at + index * stride, element, &step(path, Step::Element(index)))?;
                }
            }
            TyKind::Struct(id) => {
                let offsets = types.struct_layout(ty).offsets;
                for (field, offset) in types[id].fields.iter().zip(offsets) {
                    self.visit(at + offset, field.ty, &step(path, Step::Field(field.name)))?;
                }
            }
            TyKind::Tuple(list) => {
                let offsets = types.struct_layout(ty).offsets;
                for (index, (&part, offset)) in types[list].iter().zip(offsets).enumerate() {
                    self.visit(at + offset, part, &step(path, Step::Part(index as u32)))?;
                }
            }
            TyKind::Optional(payload) => match types.niche(payload) {
                Some(Niche::Null) => self.visit(at, payload, path)?,
                // Nil is the tag that no case has.
                Some(Niche::Tag(free)) => self.visit_case(at, payload, free, path)?,
                None => {
                    if self.byte(at + types.field_offset(ty, 1)) != 0 {
                        self.visit(at, payload, path)?;
                    }
                }
            },
            TyKind::Pointer { .. } | TyKind::Ref(_) => {
                let address = self.word(at);
                if address != 0 {
                    let kind = self.memory.locate(address).map(|located| located.kind);
                    return Err(refuse(path, Why::Pointer(kind)));
                }
            }
            TyKind::Fn { .. } => {
                let address = self.word(at);
                let func = self.memory.function(address).and_then(|func| self.session.func(func));
                match func {
                    Some(func) => self.found.push(Found { at, target: FoundTarget::Func(func) }),
                    None if address == 0 => {}
                    None => return Err(refuse(path, Why::Pointer(None))),
                }
            }
            TyKind::Str => self.visit_slice(at, Ty::U8, self.word(at + 8), true, path)?,
            TyKind::Slice { element, .. } => self.visit_slice(at, element, self.word(at + 8), false, path)?,
            TyKind::Strided { element, .. } => {
                let (len, by) = (self.word(at + 8), self.word(at + 16));
                let spread = len.checked_sub(1).map_or(0, |last| last.saturating_mul(by).saturating_add(1));
                self.visit_slice(at, element, spread, false, path)?;
            }
            TyKind::View { rank, element, .. } => {
                let extents = (1..=u64::from(rank)).map(|axis| self.word(at + 8 * axis));
                let count = extents.fold(1, |all: u64, extent| all.saturating_mul(extent));
                self.visit_slice(at, element, count, false, path)?;
            }
            TyKind::Enum(_) | TyKind::Result { .. } => self.visit_case(at, ty, 0, path)?,
            TyKind::Error
            | TyKind::Never
            | TyKind::Void
            | TyKind::Bool
            | TyKind::Char
            | TyKind::Int(_)
            | TyKind::Float(_)
            | TyKind::Nil => {}
        }
        Ok(())
    }

    /// The payload of the case that an enum or result is in; its tag was flipped by some bits.
    fn visit_case(&mut self, at: u64, ty: Ty, flipped: u128, path: &Path) -> Result<(), Refused> {
        let types = self.types;
        let size = types.layout(types.tag_ty(ty)).size;
        let mut tag = [0; 16];
        let _ = self.memory.read(at, &mut tag[..size as usize]);
        let tag = u128::from_le_bytes(tag) ^ flipped;
        let Some(case) = (0..types.case_count(ty)).find(|&case| types.tag(ty, case) == tag) else { return Ok(()) };
        for (index, field) in types.case_fields(ty, case).into_iter().enumerate() {
            let name = match types.kind(ty) {
                TyKind::Enum(id) => types[id].cases[case as usize].payload[index].name,
                _ => Symbol::EMPTY,
            };
            let part = if name == Symbol::EMPTY { Step::Part(index as u32) } else { Step::Field(name) };
            let offset = types.payload_offset(ty, case, index as u32);
            self.visit(at + offset, field, &step(path, part))?;
        }
        Ok(())
    }

    fn byte(&self, address: u64) -> u8 {
        let mut byte = [0];
        let _ = self.memory.read(address, &mut byte);
        byte[0]
    }

    /// The address of a slice stands at `at`; it has `count` elements.
    fn visit_slice(&mut self, at: u64, element: Ty, count: u64, text: bool, path: &Path) -> Result<(), Refused> {
        let address = self.word(at);
        let layout = self.types.layout(element);
        let len = layout.size.saturating_mul(count);
        if len == 0 || address == 0 {
            return Ok(());
        }
        let located = self.memory.locate(address);
        let inside = located.filter(|located| {
            located.start <= address && len <= located.size && address - located.start <= located.size - len
        });
        let Some(Located { start, kind, .. }) = inside else {
            return Err(refuse(path, Why::Slice(located.map(|_| Kind::Gone))));
        };
        let constant = match kind {
            Kind::Global(global) => self.session.module.globals[global].constant,
            Kind::Local(_) | Kind::Allocated => true,
            Kind::Function | Kind::Gone => false,
        };
        if !constant {
            return Err(refuse(path, Why::Slice(Some(kind))));
        }
        if text && matches!(kind, Kind::Global(_)) && len <= 4096 {
            let mut bytes = vec![0; len as usize];
            self.memory.read(address, &mut bytes).ok_or_else(|| refuse(path, Why::Slice(Some(Kind::Gone))))?;
            self.found.push(Found { at, target: FoundTarget::Text(bytes) });
            return Ok(());
        }
        self.ranges.push(Range { start: address, end: address + len, align: layout.align, base: start });
        self.found.push(Found { at, target: FoundTarget::Address { address, text } });
        self.work.push(Work { address, ty: element, count, path: path.clone() });
        Ok(())
    }

    /// Cuts the memory into pieces, and puts in addresses.
    fn pieces(mut self, root: u64) -> Result<Value, Refused> {
        self.ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut merged: Vec<Range> = Vec::new();
        for range in self.ranges {
            match merged.last_mut() {
                Some(last) if range.start < last.end => {
                    last.end = last.end.max(range.end);
                    last.align = last.align.max(range.align);
                }
                _ => merged.push(range),
            }
        }
        let mut pieces = Vec::new();
        let mut starts = Vec::new();
        for range in &merged {
            // What came in later may want more alignment than the start has.
            let pad = (range.start - range.base) % u64::from(range.align);
            let mut bytes = vec![0; (range.end - range.start + pad) as usize];
            let read = self.memory.read(range.start, &mut bytes[pad as usize..]);
            read.ok_or_else(|| refuse(&None, Why::Slice(Some(Kind::Gone))))?;
            pieces.push(Piece { bytes, align: range.align, refs: Vec::new() });
            starts.push((range.start, pad));
        }
        let place = |address: u64| {
            let piece = starts.partition_point(|&(start, _)| start <= address) - 1;
            let (start, pad) = starts[piece];
            (piece, address - start + pad)
        };
        self.found.sort_by_key(|found| found.at);
        self.found.dedup_by_key(|found| found.at);
        for found in self.found {
            let (piece, offset) = place(found.at);
            let target = match found.target {
                FoundTarget::Address { address, text } => {
                    let (piece, offset) = place(address);
                    Target::Piece { piece: piece as u32, offset, text }
                }
                FoundTarget::Text(bytes) => Target::Text(bytes),
                FoundTarget::Func(func) => Target::Func(func),
            };
            let piece = &mut pieces[piece];
            piece.bytes[offset as usize..offset as usize + 8].fill(0);
            piece.refs.push((offset, target));
        }
        let (piece, offset) = place(root);
        Ok(Value { pieces, root: (piece as u32, offset) })
    }
}

fn step(path: &Path, step: Step) -> Path {
    Some(Rc::new(Way { step, before: path.clone() }))
}

fn refuse(path: &Path, why: Why) -> Refused {
    let mut steps = Vec::new();
    let mut at = path;
    while let Some(way) = at {
        steps.push(way.step);
        at = &way.before;
    }
    steps.reverse();
    Refused { path: steps, why }
}
