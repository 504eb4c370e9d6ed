//! Room for allocations at real addresses, which foreign code can use as well.
//!
//! One large range of addresses is reserved, and cut into regions of equal size; each region holds pieces of one size, a power of
//! two. So an address tells by itself which piece it lies in, and the piece which allocation. An allocation has some bytes of
//! its piece before and behind it that belong to nobody: a pointer that leaves it by little is still found to be its.
//! (Duck and Yap: Heap bounds protection with low fat pointers, CC 2016.)

use std::collections::VecDeque;

/// Pieces have 2 to the power of this up to [`LARGEST`] bytes.
const SMALLEST: u32 = 6;
const LARGEST: u32 = 35;
const REGIONS: usize = (LARGEST - SMALLEST + 1) as usize;
/// Bytes of a region as a power of two; the smaller ones where the system does not give as many addresses.
const REGION_BITS: [u32; 3] = [36, 33, 30];
/// At least so many bytes before and behind an allocation are nobody's.
const BORDER: u64 = 16;
/// Memory is made accessible in steps of this many bytes, and given back from this many on.
const STEP: u64 = 1 << 16;
/// A piece that no allocation has.
const NOBODY: u32 = u32::MAX;

/// The reserved addresses.
pub struct Space {
    base: u64,
    region_bits: u32,
    regions: [Region; REGIONS],
}

#[derive(Default)]
struct Region {
    /// The entry of each piece that was ever used.
    entries: Vec<u32>,
    /// Pieces that can be used again.
    free: VecDeque<u32>,
    /// Bytes from the region's start that are accessible.
    accessible: u64,
}

impl Space {
    /// `None` if the system gives no such range.
    pub fn new() -> Option<Space> {
        REGION_BITS.into_iter().find_map(|region_bits| {
            let region = 1u64 << region_bits;
            // A region more, so that there is a start that is aligned.
            let size = (REGIONS as u64 + 1) * region;
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            // SAFETY: a fresh mapping that nobody uses.
            let at = unsafe { libc::mmap(std::ptr::null_mut(), size as usize, libc::PROT_NONE, flags, -1, 0) };
            let base = (at.addr() as u64).next_multiple_of(region);
            (at != libc::MAP_FAILED).then(|| Space { base, region_bits, regions: Default::default() })
        })
    }

    /// Makes room for an allocation, aligned to so many bytes and no better; its bytes are zero. Gives its address.
    pub fn allocate(&mut self, size: u64, align: u64, entry: u32) -> Option<u64> {
        let before = if align < BORDER { BORDER + align } else { align };
        let piece = size.checked_add(before + BORDER)?.checked_next_power_of_two()?.max(1 << SMALLEST);
        let bits = piece.trailing_zeros();
        if bits > LARGEST {
            return None;
        }
        let index = (bits - SMALLEST) as usize;
        let start = self.base + ((index as u64) << self.region_bits);
        let region = &mut self.regions[index];
        if let Some(reused) = region.free.pop_front() {
            let address = start + ((reused as u64) << bits) + before;
            // SAFETY: the piece is accessible since its first use, and nobody's now.
            unsafe { std::ptr::with_exposed_provenance_mut::<u8>(address as usize).write_bytes(0, size as usize) };
            region.entries[reused as usize] = entry;
            return Some(address);
        }
        let number = region.entries.len() as u64;
        let end = (number + 1) << bits;
        if end > 1 << self.region_bits {
            return None;
        }
        if end > region.accessible {
            let from = region.accessible;
            let to = end.next_multiple_of(STEP).min(1 << self.region_bits);
            let rights = libc::PROT_READ | libc::PROT_WRITE;
            let at = std::ptr::with_exposed_provenance_mut((start + from) as usize);
            // SAFETY: the range was reserved above.
            if unsafe { libc::mprotect(at, (to - from) as usize, rights) } != 0 {
                return None;
            }
            region.accessible = to;
        }
        region.entries.push(entry);
        Some(start + (number << bits) + before)
    }

    /// The region and the piece in it that an address lies in.
    #[inline(always)]
    fn piece(&self, address: u64) -> Option<(usize, usize)> {
        let offset = address.wrapping_sub(self.base);
        let region = (offset >> self.region_bits) as usize;
        let within = offset & ((1 << self.region_bits) - 1);
        (region < REGIONS).then(|| (region, (within >> (SMALLEST + region as u32)) as usize))
    }

    /// The entry of the allocation that an address belongs to; `None` if the address is not of this room.
    #[inline(always)]
    pub fn entry(&self, address: u64) -> Option<u32> {
        let (region, piece) = self.piece(address)?;
        Some(self.regions[region].entries.get(piece).copied().unwrap_or(NOBODY))
    }

    /// The allocation at this address is gone, but pointers to it are still found to be its.
    pub fn retire(&mut self, address: u64, size: u64) {
        let (from, to) = (address.next_multiple_of(STEP), (address + size) & !(STEP - 1));
        if from < to {
            let at = std::ptr::with_exposed_provenance_mut(from as usize);
            // SAFETY: nobody uses these bytes any more; reading them gives zeros.
            unsafe { libc::madvise(at, (to - from) as usize, libc::MADV_DONTNEED) };
        }
    }

    /// The piece of the allocation at this address can be used again.
    pub fn release(&mut self, address: u64) {
        if let Some((region, piece)) = self.piece(address) {
            let region = &mut self.regions[region];
            region.entries[piece] = NOBODY;
            region.free.push_back(piece as u32);
        }
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let size = (REGIONS as u64) << self.region_bits;
        let at = std::ptr::with_exposed_provenance_mut(self.base as usize);
        // SAFETY: the machine is gone; what foreign code kept is behind its own pointers.
        unsafe { libc::munmap(at, size as usize) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_their_allocation() {
        let mut space = Space::new().unwrap();
        let mut all = Vec::new();
        for (entry, (size, align)) in
            [(0, 1), (1, 1), (8, 8), (40, 16), (100, 8), (5000, 4), (1 << 20, 4096), (64, 1)].into_iter().enumerate()
        {
            let address = space.allocate(size, align, entry as u32).unwrap();
            assert!(address.is_multiple_of(align) && !address.is_multiple_of(2 * align));
            all.push((address, size, entry as u32));
        }
        for &(address, size, entry) in &all {
            for near in [address - 1, address, address + size / 2, address + size, address + size + 8] {
                assert_eq!(space.entry(near), Some(entry));
            }
        }
        assert_eq!(space.entry(0x1234), None);
        let (address, size, _) = all[4];
        space.retire(address, size);
        assert_eq!(space.entry(address), Some(4));
        space.release(address);
        assert_eq!(space.entry(address), Some(NOBODY));
        assert_eq!(space.allocate(size, 8, 9), Some(address));
    }
}
