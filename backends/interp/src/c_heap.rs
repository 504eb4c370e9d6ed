//! What a program asked of C's `malloc` and its relatives: how large each block is, who asked for it, and who freed it.
//!
//! Blocks that the program frees are kept, so that nobody gets their memory for a while and every access to them is known to
//! be wrong; the oldest go back to C. Blocks that C frees by itself cannot be seen. So once foreign code might have done that, the
//! bounds of all blocks are forgotten: an error may be missed, none is made up.

use crate::memory::{Info, Kind, Site, Wrong};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::c_void;

/// So many freed blocks wait, with so many bytes in all.
const WAITING: usize = 4096;
const WAITING_BYTES: u64 = 64 << 20;
/// Bytes before a block that are C's own.
const HEADER: u64 = 8;

/// What a function of the C library does to the heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Gives a block of as many bytes as the product of its arguments.
    Allocates,
    /// As `aligned_alloc`: the second argument is the size.
    AllocatesAligned,
    /// Gives a copy of a text.
    Copies,
    Reallocates,
    Frees,
    /// May free or move what the program allocated.
    Unknown,
    /// Leaves it alone.
    None,
}

impl Effect {
    /// Of the function at this address.
    pub fn of(address: u64) -> Effect {
        let known: [(*const c_void, Effect); 10] = [
            (libc::malloc as *const c_void, Effect::Allocates),
            (libc::calloc as *const c_void, Effect::Allocates),
            (libc::aligned_alloc as *const c_void, Effect::AllocatesAligned),
            (libc::memalign as *const c_void, Effect::AllocatesAligned),
            (libc::strdup as *const c_void, Effect::Copies),
            (libc::strndup as *const c_void, Effect::Copies),
            (libc::realloc as *const c_void, Effect::Reallocates),
            (libc::free as *const c_void, Effect::Frees),
            (libc::reallocarray as *const c_void, Effect::Unknown),
            (libc::getline as *const c_void, Effect::Unknown),
        ];
        let found = known.iter().find(|(function, _)| *function as usize as u64 == address);
        found.map_or_else(|| if is_of_c(address) { Effect::None } else { Effect::Unknown }, |&(_, effect)| effect)
    }
}

/// Whether a function is one of the C library, or of its part for mathematics.
fn is_of_c(address: u64) -> bool {
    // SAFETY: zero is a value of it.
    let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
    // SAFETY: an address is looked up, and a name that stays is read.
    let path = unsafe {
        let found = libc::dladdr(std::ptr::with_exposed_provenance(address as usize), &raw mut info);
        if found == 0 || info.dli_fname.is_null() {
            return false;
        }
        std::ffi::CStr::from_ptr(info.dli_fname).to_bytes()
    };
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    name.starts_with(b"libc.") || name.starts_with(b"libm.")
}

struct Block {
    info: Info,
    /// Bytes that belong to it, and of which more than asked for may not be touched.
    usable: u64,
}

#[derive(Default)]
pub struct CHeap {
    /// By their addresses.
    blocks: BTreeMap<u64, Block>,
    /// Blocks that are gone, the longest one first.
    waiting: VecDeque<u64>,
    waiting_bytes: u64,
}

impl CHeap {
    /// C gave the program a block of this size.
    pub fn allocated(&mut self, start: u64, size: u64, made: Site) {
        if start == 0 {
            return;
        }
        // SAFETY: it was just allocated.
        let usable = unsafe { libc::malloc_usable_size(std::ptr::with_exposed_provenance_mut(start as usize)) } as u64;
        // C freed what had this memory before.
        let end = start.saturating_add(usable);
        let stale: Vec<u64> = self.blocks.range(start..end).map(|(&start, _)| start).collect();
        for start in stale {
            self.blocks.remove(&start);
        }
        if let Some((&before, block)) = self.blocks.range(..start).next_back()
            && before + block.usable > start
        {
            self.blocks.remove(&before);
        }
        self.blocks.insert(start, Block { info: Info::heap(size, made), usable });
    }

    /// The size of a block that lives.
    pub fn size(&self, start: u64) -> Option<u64> {
        self.blocks.get(&start).filter(|block| block.info.gone.is_none()).map(|block| block.info.size)
    }

    /// The program frees a block that lives: it waits.
    pub fn freed(&mut self, start: u64, site: Site) {
        let Some(block) = self.blocks.get_mut(&start) else { return };
        block.info.gone = Some(site);
        self.waiting_bytes += block.usable;
        self.waiting.push_back(start);
        while self.waiting.len() > WAITING || self.waiting_bytes > WAITING_BYTES {
            let Some(start) = self.waiting.pop_front() else { return };
            let Some(block) = self.blocks.remove(&start) else { continue };
            self.waiting_bytes -= block.usable;
            // SAFETY: the program gave it back, and nobody did since.
            unsafe { libc::free(std::ptr::with_exposed_provenance_mut(start as usize)) };
        }
    }

    /// Foreign code runs that may free or move blocks.
    pub fn forget_bounds(&mut self) {
        self.blocks.retain(|_, block| block.info.gone.is_some());
    }

    /// The block that an address belongs to, and where that starts.
    pub fn find(&self, address: u64) -> Option<(u64, &Info)> {
        let (&start, block) = self.blocks.range(..=address.saturating_add(HEADER)).next_back()?;
        let (start, block) = if start <= address {
            (start, block)
        } else {
            // The bytes before a block may be the last of the one before.
            match self.blocks.range(..=address).next_back() {
                Some((&before, block)) if address - before < block.usable => (before, block),
                _ => return Some((start, &block.info)),
            }
        };
        (address - start < block.usable.max(1)).then_some((start, &block.info))
    }

    /// What is wrong with an access to a block, if anything is known of the address.
    pub fn check(&self, address: u64, len: u64) -> Result<(), Wrong> {
        let Some((start, info)) = self.find(address) else { return Ok(()) };
        if info.gone.is_some() {
            return Err(Wrong::Gone);
        }
        let at = address.wrapping_sub(start) as i64;
        let is_inside = at >= 0 && (at as u64).checked_add(len).is_some_and(|end| end <= info.size);
        if is_inside { Ok(()) } else { Err(Wrong::Bounds(at)) }
    }
}

impl Info {
    fn heap(size: u64, made: Site) -> Info {
        Info { kind: Kind::Heap, size, align: 16, made, gone: None, room_at: 0 }
    }
}
