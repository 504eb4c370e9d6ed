//! The program's memory: a sandbox in which every access is checked.
//!
//! An address is made of three fields: a generation, the index of an allocation's [`Entry`], and an offset. The offsets of
//! an allocation do not start at 0 but in the middle of nowhere, so that moving a pointer out of its allocation does not
//! make it one into another; and they start at an address that is aligned as promised and no better. So one table lookup
//! and one comparison tell whether an access is in bounds of a living allocation: a pointer to one that is gone has another
//! generation, or finds a size of 0.
//!
//! A program that calls foreign functions has its memory at real addresses instead, which [`crate::space`] hands out. Then a
//! pointer that goes far astray, or that is used long after its memory is gone, may lead to another allocation unnoticed; whether
//! bytes were written is not tracked, as foreign code may have; and memory of foreign code is only checked to be there, but
//! for what the program asked of `malloc` ([`crate::c_heap`]).
//!
//! Allocations whose bytes are undefined at first have a shadow: a byte for each of theirs, 0xff once it was written.

use crate::c_heap::CHeap;
use crate::restrict::{MAX_CALL, Notes};
use crate::space::Space;
use lang_ir::{FuncId, GlobalId, Inst, StackSlot};
use rustc_hash::FxHashSet;
use std::alloc::Layout;
use std::cell::RefCell;
use std::collections::VecDeque;

const OFFSET_BITS: u32 = 33;
const INDEX_BITS: u32 = 24;
const INDEX_MASK: u64 = (1 << INDEX_BITS) - 1;
const OFFSET_MASK: u64 = (1 << OFFSET_BITS) - 1;
/// Where an allocation's offsets start, but for its alignment.
const START: u64 = 1 << 28;
/// The largest alignment that an allocation can ask for.
pub const MAX_ALIGN: u64 = 1 << 27;
/// The largest allocation: offsets stay below 2^33.
const MAX_SIZE: u64 = (1 << OFFSET_BITS) - (1 << 29);
/// So many freed entries wait before the first is used again, so that stale pointers are found.
const QUARANTINE: usize = 8192;
/// Bytes for the stack slots of all frames.
const SLOT_ROOM: usize = 64 << 20;

/// The entry of the null pointer.
const NULL: usize = 0;
/// The entry of function pointers: the offset tells which.
const CODE: usize = 1;
/// With real addresses, the entry of what is not the program's.
const FOREIGN: usize = 2;
/// Below there is nothing but null pointers.
const NULL_END: u64 = 1 << 16;
/// Function pointers are this far apart.
const CODE_STEP: u64 = 16;

/// What an access needs to know of an allocation.
#[repr(C)]
struct Entry {
    /// The address of its first byte.
    start: u64,
    /// In bytes; 0 when it is gone.
    size: u64,
    /// Bytes that may be written: `size` or 0.
    writable: u64,
    host: *mut u8,
    /// Null if every byte is defined.
    shadow: *mut u8,
}

/// What a report needs to know of an allocation.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    pub kind: Kind,
    /// In bytes, also when it is gone.
    pub size: u64,
    pub(crate) align: u64,
    pub made: Site,
    /// Where it was freed, or its function returned.
    pub gone: Option<Site>,
    /// For a slot: where its bytes are in the room for slots.
    pub(crate) room_at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Null,
    Code,
    /// Memory of foreign code.
    Foreign,
    Global(GlobalId),
    Slot(FuncId, StackSlot),
    Heap,
    /// Memory of the run-time library that lives as long as the program.
    Runtime,
}

/// An instruction that did something to memory; `None` is the host.
pub type Site = Option<(FuncId, Inst)>;

/// What is wrong with an access.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrong {
    Null,
    /// No allocation has had this address.
    Wild,
    /// Foreign code has no memory at this address that can be accessed so.
    Unmapped,
    /// The allocation is gone, and its entry is used for another one.
    Stale,
    /// As the allocation's [`Info`] says.
    Gone,
    /// At this offset of the allocation.
    Bounds(i64),
    Constant,
    /// Not aligned to this many bytes.
    Misaligned(u64),
    /// The byte at this offset was never written.
    Uninitialised(u64),
    /// Source and destination of a copy overlap, but are not the same.
    Overlap,
}

/// Why a pointer cannot be freed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadFree {
    /// It is not the start of an allocation of the heap.
    NoAllocation,
    Twice,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Read,
    Write,
}

/// Memory of the host, zero at first.
struct Block {
    start: *mut u8,
    layout: Layout,
}

impl Block {
    /// `None` if there is not as much.
    fn new(size: usize) -> Option<Block> {
        let layout = Layout::from_size_align(size.max(1), 16).ok()?;
        // SAFETY: the size is not 0.
        let start = unsafe { std::alloc::alloc_zeroed(layout) };
        (!start.is_null()).then_some(Block { start, layout })
    }

    /// Gives up ownership; [`free_block`] takes it back.
    fn into_raw(self) -> *mut u8 {
        let start = self.start;
        std::mem::forget(self);
        start
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout.
        unsafe { std::alloc::dealloc(self.start, self.layout) };
    }
}

/// Frees what [`Block::into_raw`] gave.
unsafe fn free_block(start: *mut u8, size: usize) {
    if !start.is_null() {
        drop(Block { start, layout: Layout::from_size_align(size.max(1), 16).expect("it was valid before") });
    }
}

pub struct Memory {
    entries: Vec<Entry>,
    infos: Vec<Info>,
    /// Entries that are gone, the longest one first.
    free: VecDeque<u32>,
    /// Entries of the slots of living frames.
    slots: Vec<u32>,
    /// Bytes of slots, and their shadow; made when the first slot is.
    room: Option<(Block, Block)>,
    room_top: usize,
    /// By index: of allocations that functions with `restrict` parameters accessed.
    notes: Vec<Notes>,
    /// The number of the last call of such a function.
    calls: u64,
    heap_used: u64,
    heap_limit: u64,
    /// Where allocations are that have real addresses.
    space: Option<Box<Space>>,
    /// Blocks that foreign code allocated for the program.
    pub c_heap: CHeap,
    /// Pages of foreign memory that are there; those that can be written have the lowest bit set.
    pages: RefCell<FxHashSet<u64>>,
    /// Whether an allocation failed because of the limit.
    pub limit_hit: bool,
}

impl Memory {
    /// `heap_limit`: how many bytes the program may allocate.
    pub fn new(heap_limit: u64) -> Memory {
        let mut memory = Memory {
            entries: Vec::new(),
            infos: Vec::new(),
            free: VecDeque::new(),
            slots: Vec::new(),
            room: None,
            room_top: 0,
            notes: Vec::new(),
            calls: 0,
            heap_used: 0,
            heap_limit,
            space: None,
            c_heap: CHeap::default(),
            pages: RefCell::default(),
            limit_hit: false,
        };
        for kind in [Kind::Null, Kind::Code] {
            let index = memory.entries.len() as u64;
            let start = if kind == Kind::Null { 0 } else { index << OFFSET_BITS | (START + CODE_STEP) };
            let nothing = std::ptr::null_mut();
            memory.entries.push(Entry { start, size: 0, writable: 0, host: nothing, shadow: nothing });
            memory.infos.push(Info { kind, size: 0, align: 1, made: None, gone: None, room_at: 0 });
        }
        memory
    }

    /// As [`Memory::new`], at real addresses. `None` if the system has no room for that.
    pub fn shared(heap_limit: u64) -> Option<Memory> {
        let mut memory = Memory::new(heap_limit);
        memory.space = Some(Box::new(Space::new()?));
        let nothing = std::ptr::null_mut();
        memory.entries.push(Entry { start: 0, size: 0, writable: 0, host: nothing, shadow: nothing });
        memory.infos.push(Info { kind: Kind::Foreign, size: 0, align: 1, made: None, gone: None, room_at: 0 });
        Some(memory)
    }

    /// The entry that an address belongs to; there may be no such entry.
    #[inline(always)]
    fn index(&self, address: u64) -> usize {
        match &self.space {
            None => (address >> OFFSET_BITS & INDEX_MASK) as usize,
            Some(space) => match space.entry(address) {
                Some(entry) => entry as usize,
                None if address < NULL_END => NULL,
                None => FOREIGN,
            },
        }
    }

    /// Whether the allocation of a pointer is gone.
    pub fn is_gone(&self, address: u64) -> bool {
        self.info(address).is_some_and(|info| info.gone.is_some())
    }

    /// Foreign code runs: it may change what memory it has.
    pub fn forget_foreign(&self) {
        self.pages.borrow_mut().clear();
    }

    /// Whether an access to memory of foreign code is fine, as far as can be known.
    fn is_foreign(&self, address: u64, len: u64, access: Access) -> bool {
        self.c_heap.check(address, len).is_ok() && self.is_mapped(address, len, access)
    }

    /// Whether foreign code has memory there. The system is asked once for each page.
    fn is_mapped(&self, address: u64, len: u64, access: Access) -> bool {
        const PAGE: u64 = 4096;
        let Some(end) = address.checked_add(len.max(1) - 1) else { return false };
        let write = access == Access::Write;
        (address / PAGE..=end / PAGE).all(|page| {
            let (start, known) = (page * PAGE, page << 1 | u64::from(write));
            self.pages.borrow().contains(&known) || {
                let found = is_page(start, write);
                found && self.pages.borrow_mut().insert(known)
            }
        })
    }

    /// Reads a value of foreign code, if the address is one.
    #[cold]
    pub fn read_foreign<T: Copy>(&self, address: u64) -> Option<T> {
        let is_there = self.index(address) == FOREIGN
            && self.space.is_some()
            && self.is_foreign(address, size_of::<T>() as u64, Access::Read);
        // SAFETY: the bytes can be read.
        is_there.then(|| unsafe { std::ptr::with_exposed_provenance::<T>(address as usize).read_unaligned() })
    }

    /// Writes a value of foreign code, if the address is one.
    #[cold]
    pub fn write_foreign<T: Copy>(&mut self, address: u64, value: T) -> Option<()> {
        let is_there = self.index(address) == FOREIGN
            && self.space.is_some()
            && self.is_foreign(address, size_of::<T>() as u64, Access::Write);
        // SAFETY: the bytes can be written.
        is_there.then(|| unsafe { std::ptr::with_exposed_provenance_mut::<T>(address as usize).write_unaligned(value) })
    }

    /// The address of a function.
    pub fn function_address(&self, func: FuncId) -> u64 {
        self.entries[CODE].start + func.as_u32() as u64 * CODE_STEP
    }

    /// The function at an address, which may not exist.
    pub fn function_at(&self, address: u64) -> Option<FuncId> {
        let at = address.wrapping_sub(self.entries[CODE].start);
        let index = u32::try_from(at / CODE_STEP).ok()?;
        (at.is_multiple_of(CODE_STEP) && at <= OFFSET_MASK).then(|| FuncId::from_u32(index))
    }

    /// Makes an allocation; its bytes are zero, and defined if `defined`. `None` if there is no memory for it.
    pub fn allocate(&mut self, kind: Kind, size: u64, align: u64, defined: bool, made: Site) -> Option<u64> {
        if size > MAX_SIZE || align > MAX_ALIGN {
            return None;
        }
        if kind == Kind::Heap {
            let used = self.heap_used.checked_add(size).filter(|&used| used <= self.heap_limit);
            if used.is_none() {
                self.limit_hit = true;
                return None;
            }
        }
        if self.space.is_some() {
            let info = Info { kind, size, align, made, gone: None, room_at: 0 };
            let address = self.allocate_real(info)?;
            if kind == Kind::Heap {
                self.heap_used += size;
            }
            return Some(address);
        }
        let host = Block::new(size as usize)?;
        let shadow = if defined { std::ptr::null_mut() } else { Block::new(size as usize)?.into_raw() };
        let host = host.into_raw();
        let Some(index) = self.entry() else {
            // SAFETY: both were made above.
            unsafe {
                free_block(host, size as usize);
                free_block(shadow, size as usize);
            }
            return None;
        };
        if kind == Kind::Heap {
            self.heap_used += size;
        }
        let info = Info { kind, size, align, made, gone: None, room_at: 0 };
        Some(self.fill(index, info, host, shadow))
    }

    fn allocate_real(&mut self, info: Info) -> Option<u64> {
        let index = self.entry()?;
        let Some(start) = self.space.as_mut().and_then(|space| space.allocate(info.size, info.align, index as u32))
        else {
            self.free.push_front(index as u32);
            return None;
        };
        if let Some(notes) = self.notes.get_mut(index) {
            *notes = Notes::default();
        }
        let host = std::ptr::with_exposed_provenance_mut(start as usize);
        let size = info.size;
        self.entries[index] = Entry { start, size, writable: size, host, shadow: std::ptr::null_mut() };
        self.infos[index] = info;
        Some(start)
    }

    /// Forbids writing to the allocation at this address.
    pub fn make_constant(&mut self, address: u64) {
        let index = self.index(address);
        self.entries[index].writable = 0;
    }

    /// Whether the allocation at this address may be written.
    pub fn is_writable(&self, address: u64) -> bool {
        self.entries[self.index(address)].writable != 0
    }

    /// Forbids all access to the allocation at this address.
    pub fn hide(&mut self, address: u64) {
        let index = self.index(address);
        let entry = &mut self.entries[index];
        (entry.size, entry.writable) = (0, 0);
    }

    /// Makes a stack slot. `None` if the room for slots is used up.
    #[inline]
    pub fn make_slot(&mut self, func: FuncId, slot: StackSlot, size: u32, align: u32) -> Option<u64> {
        if self.space.is_some() {
            return self.make_real_slot(Kind::Slot(func, slot), size, align);
        }
        if self.room.is_none() {
            self.room = Some((Block::new(SLOT_ROOM)?, Block::new(SLOT_ROOM)?));
        }
        let (data, shadow) = self.room.as_ref().map(|(data, shadow)| (data.start, shadow.start))?;
        let room_at = self.room_top;
        let top = room_at + (size as usize).next_multiple_of(16);
        if top > SLOT_ROOM || align as u64 > MAX_ALIGN {
            return None;
        }
        let index = self.entry()?;
        self.room_top = top;
        self.slots.push(index as u32);
        let info = Info {
            kind: Kind::Slot(func, slot),
            size: size as u64,
            align: align as u64,
            made: None,
            gone: None,
            room_at,
        };
        // SAFETY: both have room up to `top`.
        unsafe {
            let shadow = shadow.add(room_at);
            shadow.write_bytes(0, size as usize);
            Some(self.fill(index, info, data.add(room_at), shadow))
        }
    }

    #[inline(never)]
    fn make_real_slot(&mut self, kind: Kind, size: u32, align: u32) -> Option<u64> {
        let top = self.room_top + (size as usize).next_multiple_of(16);
        if top > SLOT_ROOM {
            return None;
        }
        let room_at = self.room_top;
        let info = Info { kind, size: size.into(), align: align.into(), made: None, gone: None, room_at };
        let address = self.allocate_real(info)?;
        self.room_top = top;
        self.slots.push(self.index(address) as u32);
        Some(address)
    }

    /// How many slots live: what [`Memory::drop_slots`] takes when a frame ends that begins now.
    #[inline(always)]
    pub fn num_slots(&self) -> usize {
        self.slots.len()
    }

    /// Ends the life of all slots but the oldest `keep`.
    pub fn drop_slots(&mut self, keep: usize, site: Site) {
        while self.slots.len() > keep {
            let index = self.slots.pop().expect("there are more than `keep`") as usize;
            let entry = &mut self.entries[index];
            (entry.size, entry.writable, entry.shadow) = (0, 0, std::ptr::null_mut());
            let info = &mut self.infos[index];
            info.gone = Some(site);
            self.room_top = info.room_at;
            self.free.push_back(index as u32);
        }
    }

    /// Frees an allocation of the heap.
    pub fn free(&mut self, address: u64, site: Site) -> Result<(), BadFree> {
        let index = self.index(address);
        let (Some(entry), Some(info)) = (self.entries.get_mut(index), self.infos.get_mut(index)) else {
            return Err(BadFree::NoAllocation);
        };
        if entry.start != address || info.kind != Kind::Heap {
            return Err(BadFree::NoAllocation);
        }
        if info.gone.is_some() {
            return Err(BadFree::Twice);
        }
        info.gone = Some(site);
        self.heap_used -= info.size;
        match &mut self.space {
            Some(space) => space.retire(address, info.size),
            // SAFETY: a living allocation of the heap owns both.
            None => unsafe {
                free_block(entry.host, info.size as usize);
                free_block(entry.shadow, info.size as usize);
            },
        }
        (entry.size, entry.writable) = (0, 0);
        (entry.host, entry.shadow) = (std::ptr::null_mut(), std::ptr::null_mut());
        self.free.push_back(index as u32);
        Ok(())
    }

    /// An entry that can be filled.
    fn entry(&mut self) -> Option<usize> {
        let full = self.entries.len() > INDEX_MASK as usize;
        if self.free.len() > QUARANTINE || full {
            let index = self.free.pop_front()? as usize;
            if let Some(space) = &mut self.space {
                space.release(self.entries[index].start);
            }
            return Some(index);
        }
        let index = self.entries.len();
        let nothing = std::ptr::null_mut();
        // The generation before the first.
        let start = (index as u64) << OFFSET_BITS | !(u64::MAX >> (64 - OFFSET_BITS - INDEX_BITS));
        self.entries.push(Entry { start, size: 0, writable: 0, host: nothing, shadow: nothing });
        self.infos.push(Info { kind: Kind::Null, size: 0, align: 1, made: None, gone: None, room_at: 0 });
        Some(index)
    }

    #[inline]
    fn fill(&mut self, index: usize, info: Info, host: *mut u8, shadow: *mut u8) -> u64 {
        let entry = &mut self.entries[index];
        let generation = (entry.start >> (OFFSET_BITS + INDEX_BITS)).wrapping_add(1) << (OFFSET_BITS + INDEX_BITS);
        let start = generation | (index as u64) << OFFSET_BITS | (START + info.align);
        if let Some(notes) = self.notes.get_mut(index) {
            *notes = Notes::default();
        }
        *entry = Entry { start, size: info.size, writable: info.size, host, shadow };
        self.infos[index] = info;
        start
    }

    /// Reads a value; `None` if something is wrong with that.
    #[inline(always)]
    pub fn read<T: Copy>(&self, address: u64, align_mask: u64) -> Option<T> {
        let entry = self.entries.get(self.index(address))?;
        let at = address.wrapping_sub(entry.start);
        let end = at.checked_add(size_of::<T>() as u64)?;
        if end > entry.size || address & align_mask != 0 {
            return None;
        }
        // SAFETY: host and shadow have `size` bytes, and the access ends before.
        unsafe {
            if !entry.shadow.is_null() && !all_defined(entry.shadow.add(at as usize), size_of::<T>()) {
                return None;
            }
            Some(entry.host.add(at as usize).cast::<T>().read_unaligned())
        }
    }

    /// Writes a value; `None` if something is wrong with that.
    #[inline(always)]
    pub fn write<T: Copy>(&mut self, address: u64, align_mask: u64, value: T) -> Option<()> {
        let entry = self.entries.get(self.index(address))?;
        let at = address.wrapping_sub(entry.start);
        let end = at.checked_add(size_of::<T>() as u64)?;
        if end > entry.writable || address & align_mask != 0 {
            return None;
        }
        // SAFETY: as for `read`.
        unsafe {
            if !entry.shadow.is_null() {
                entry.shadow.add(at as usize).write_bytes(0xff, size_of::<T>());
            }
            entry.host.add(at as usize).cast::<T>().write_unaligned(value);
        }
        Some(())
    }

    /// Where the bytes and their shadow are in the host's memory; the shadow is null if all bytes are defined.
    fn range(&self, address: u64, len: u64, access: Access, align: u64) -> Result<(*mut u8, *mut u8), Wrong> {
        let index = self.index(address);
        if index == FOREIGN && self.space.is_some() {
            let there = address & (align - 1) == 0 && self.is_foreign(address, len, access);
            let host = std::ptr::with_exposed_provenance_mut(address as usize);
            return if there {
                Ok((host, std::ptr::null_mut()))
            } else {
                Err(self.explain(address, len, access, align))
            };
        }
        let fine = self.entries.get(index).and_then(|entry| {
            let at = address.wrapping_sub(entry.start);
            let end = at.checked_add(len)?;
            let size = if access == Access::Read { entry.size } else { entry.writable };
            // SAFETY: both have `size` bytes, if there are any.
            (end <= size && address & (align - 1) == 0).then(|| unsafe {
                let shadow = if entry.shadow.is_null() { entry.shadow } else { entry.shadow.add(at as usize) };
                (entry.host.add(at as usize), shadow)
            })
        });
        fine.ok_or_else(|| self.explain(address, len, access, align))
    }

    /// The bytes at an address, all of them defined.
    pub fn bytes(&self, address: u64, len: u64) -> Result<&[u8], Wrong> {
        if len == 0 {
            return Ok(&[]);
        }
        let (host, shadow) = self.range(address, len, Access::Read, 1)?;
        // SAFETY: the range was checked.
        unsafe {
            if !all_defined(shadow, len as usize) {
                return Err(self.explain(address, len, Access::Read, 1));
            }
            Ok(std::slice::from_raw_parts(host, len as usize))
        }
    }

    /// Reads bytes, those that are not defined as zero. `None` if they are not all in one living allocation.
    pub fn read_lossy(&self, address: u64, bytes: &mut [u8]) -> Option<()> {
        if bytes.is_empty() {
            return Some(());
        }
        let (host, shadow) = self.range(address, bytes.len() as u64, Access::Read, 1).ok()?;
        // SAFETY: the range was checked, and `bytes` is memory of the host's own.
        unsafe {
            host.copy_to_nonoverlapping(bytes.as_mut_ptr(), bytes.len());
            if !shadow.is_null() {
                let shadow = std::slice::from_raw_parts(shadow, bytes.len());
                bytes.iter_mut().zip(shadow).for_each(|(byte, defined)| *byte &= defined);
            }
        }
        Some(())
    }

    /// Where the allocation starts that an address belongs to, while it lives.
    pub fn start(&self, address: u64) -> Option<u64> {
        self.entries.get(self.index(address)).map(|entry| entry.start)
    }

    /// Writes bytes.
    pub fn write_bytes(&mut self, address: u64, bytes: &[u8]) -> Result<(), Wrong> {
        if bytes.is_empty() {
            return Ok(());
        }
        let (host, shadow) = self.range(address, bytes.len() as u64, Access::Write, 1)?;
        // SAFETY: the range was checked; `bytes` is memory of the host's own, or borrowed from nowhere in here.
        unsafe {
            host.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            if !shadow.is_null() {
                shadow.write_bytes(0xff, bytes.len());
            }
        }
        Ok(())
    }

    /// Writes bytes whatever the allocation allows, while it is being made.
    pub fn initialize(&mut self, address: u64, offset: u64, bytes: &[u8]) {
        let entry = &self.entries[self.index(address)];
        assert!(offset.checked_add(bytes.len() as u64).is_some_and(|end| end <= entry.size));
        // SAFETY: just checked.
        unsafe { entry.host.add(offset as usize).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    /// Copies bytes between regions that are disjoint or the same, defined or not. On an error, says which address is at
    /// fault.
    pub fn copy(&mut self, dst: u64, src: u64, len: u64, aligns: (u64, u64)) -> Result<(), (u64, Access, Wrong)> {
        if len == 0 {
            return Ok(());
        }
        let (from, from_shadow) = self.range(src, len, Access::Read, aligns.1).map_err(|w| (src, Access::Read, w))?;
        let write =
            |memory: &Memory| memory.range(dst, len, Access::Write, aligns.0).map_err(|w| (dst, Access::Write, w));
        let (to, mut to_shadow) = write(self)?;
        if dst != src && dst.abs_diff(src) < len {
            return Err((dst, Access::Write, Wrong::Overlap));
        }
        // SAFETY: both ranges were checked.
        unsafe {
            if to_shadow.is_null() && !all_defined(from_shadow, len as usize) {
                self.add_shadow(dst).ok_or((dst, Access::Write, Wrong::Wild))?;
                to_shadow = write(self)?.1;
            }
            if !to_shadow.is_null() {
                if from_shadow.is_null() {
                    to_shadow.write_bytes(0xff, len as usize);
                } else {
                    from_shadow.copy_to(to_shadow, len as usize);
                }
            }
            from.copy_to(to, len as usize);
        }
        Ok(())
    }

    /// Gives an allocation that was defined so far a shadow, because undefined bytes come in.
    fn add_shadow(&mut self, address: u64) -> Option<()> {
        let index = self.index(address);
        let entry = &mut self.entries[index];
        let shadow = Block::new(entry.size as usize)?.into_raw();
        // SAFETY: it has that size.
        unsafe { shadow.write_bytes(0xff, entry.size as usize) };
        entry.shadow = shadow;
        Some(())
    }

    /// Fills a region.
    pub fn fill_bytes(&mut self, dst: u64, byte: u8, len: u64, align: u64) -> Result<(), Wrong> {
        if len == 0 {
            return Ok(());
        }
        let (host, shadow) = self.range(dst, len, Access::Write, align)?;
        // SAFETY: the range was checked.
        unsafe {
            host.write_bytes(byte, len as usize);
            if !shadow.is_null() {
                shadow.write_bytes(0xff, len as usize);
            }
        }
        Ok(())
    }

    /// A number for a call of a function with `restrict` parameters.
    pub fn number_call(&mut self) -> u64 {
        if self.calls == MAX_CALL {
            // What the notes say of calls before is forgotten: a broken promise may be missed, none is made up.
            self.notes.clear();
            self.calls = 0;
        }
        self.calls += 1;
        self.calls
    }

    /// Notes an access of the usual kind in such a call; false if [`Memory::note`] has to.
    #[inline(always)]
    pub fn note_fast(&mut self, address: u64, len: u64, call: u64, origin: u8, write: bool, inst: Inst) -> bool {
        let index = self.index(address);
        let (Some(entry), Some(notes)) = (self.entries.get(index), self.notes.get_mut(index)) else { return false };
        let at = address.wrapping_sub(entry.start);
        notes.access_piece(at as usize, len as usize, call, origin, write, inst)
    }

    /// Notes an access in such a call; an access that is not fine is left to be found when it happens. If the promise is
    /// broken, gives the instruction of an access before.
    pub fn note(&mut self, address: u64, len: u64, call: u64, origin: u8, write: bool, inst: Inst) -> Result<(), Inst> {
        let index = self.index(address);
        let Some(entry) = self.entries.get(index) else { return Ok(()) };
        let at = address.wrapping_sub(entry.start);
        if at.checked_add(len).is_none_or(|end| end > entry.size) {
            return Ok(());
        }
        if index >= self.notes.len() {
            self.notes.resize_with(self.entries.len(), Notes::default);
        }
        let notes = &mut self.notes[index];
        if notes.is_empty() {
            *notes = Notes::new(entry.size as usize);
        }
        notes.access(at as usize, len as usize, call, origin, write, inst)
    }

    /// What is wrong with an access that is not fine.
    #[cold]
    pub fn explain(&self, address: u64, len: u64, access: Access, align: u64) -> Wrong {
        let index = self.index(address);
        if index == NULL {
            return Wrong::Null;
        }
        if index == FOREIGN && self.space.is_some() {
            return match self.c_heap.check(address, len) {
                Err(wrong) => wrong,
                Ok(()) if address & (align - 1) == 0 => Wrong::Unmapped,
                Ok(()) => Wrong::Misaligned(align),
            };
        }
        let (Some(entry), Some(info)) = (self.entries.get(index), self.infos.get(index)) else {
            return Wrong::Wild;
        };
        let at = address.wrapping_sub(entry.start) as i64;
        if at.unsigned_abs() > OFFSET_MASK {
            return if info.gone.is_some() || info.kind != Kind::Null { Wrong::Stale } else { Wrong::Wild };
        }
        if info.gone.is_some() {
            return Wrong::Gone;
        }
        if at < 0 || (at as u64).checked_add(len).is_none_or(|end| end > entry.size) {
            return Wrong::Bounds(at);
        }
        if access == Access::Write && entry.writable == 0 {
            return Wrong::Constant;
        }
        if address & (align - 1) != 0 {
            return Wrong::Misaligned(align);
        }
        // SAFETY: the access is in bounds.
        let shadow = unsafe { std::slice::from_raw_parts(entry.shadow.add(at as usize), len as usize) };
        let first = shadow.iter().position(|&byte| byte == 0).expect("something is wrong with the access");
        Wrong::Uninitialised(at as u64 + first as u64)
    }

    /// How far an address is from the start of its allocation.
    pub fn offset(&self, address: u64) -> i64 {
        if let Some((start, _)) = self.c_block(address) {
            return address.wrapping_sub(start) as i64;
        }
        self.entries.get(self.index(address)).map_or(0, |entry| address.wrapping_sub(entry.start) as i64)
    }

    /// Whether an address is one of a living allocation.
    pub fn is_inside(&self, address: u64) -> bool {
        self.entries.get(self.index(address)).is_some_and(|entry| address.wrapping_sub(entry.start) < entry.size)
    }

    /// The allocation that an address belongs to.
    pub fn info(&self, address: u64) -> Option<&Info> {
        self.c_block(address).map(|(_, info)| info).or_else(|| self.infos.get(self.index(address)))
    }

    /// The block of C that an address belongs to, and where that starts.
    fn c_block(&self, address: u64) -> Option<(u64, &Info)> {
        if self.space.is_some() && self.index(address) == FOREIGN { self.c_heap.find(address) } else { None }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.space.is_some() {
            return;
        }
        for (entry, info) in self.entries.iter().zip(&self.infos) {
            let of_slot = matches!(info.kind, Kind::Slot(..));
            // SAFETY: what is not a slot's owns its bytes while it lives. A slot's shadow is in the room for shadows.
            unsafe {
                if !of_slot && info.gone.is_none() {
                    free_block(entry.host, info.size as usize);
                    free_block(entry.shadow, info.size as usize);
                }
            }
        }
    }
}

/// Whether the page at this address can be read, or written, by asking the system for a byte of it.
fn is_page(start: u64, write: bool) -> bool {
    let mut byte = 0u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: std::ptr::with_exposed_provenance_mut(start as usize), iov_len: 1 };
    // SAFETY: the system copies the byte if it can, and fails if it cannot. It is written back as it was.
    unsafe {
        let me = libc::getpid();
        let read = libc::process_vm_readv(me, &local, 1, &remote, 1, 0);
        if read < 0 && *libc::__errno_location() != libc::EFAULT {
            // It does not say; then whatever the program does is taken for right.
            return true;
        }
        read == 1 && (!write || libc::process_vm_writev(me, &local, 1, &remote, 1, 0) == 1)
    }
}

/// Whether so many bytes of a shadow are all 0xff.
///
/// # Safety
/// They have to be there; or the shadow is null, which stands for one that is.
#[inline(always)]
unsafe fn all_defined(shadow: *const u8, len: usize) -> bool {
    unsafe {
        match len {
            _ if shadow.is_null() => true,
            1 => *shadow == 0xff,
            2 => shadow.cast::<u16>().read_unaligned() == u16::MAX,
            4 => shadow.cast::<u32>().read_unaligned() == u32::MAX,
            8 => shadow.cast::<u64>().read_unaligned() == u64::MAX,
            16 => shadow.cast::<u128>().read_unaligned() == u128::MAX,
            _ => std::slice::from_raw_parts(shadow, len).iter().all(|&byte| byte == 0xff),
        }
    }
}
