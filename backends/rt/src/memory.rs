//! Memory: the C library's.

use crate::{sys, trap};

/// Allocates; null when there is no memory, or no such size. Compiled code traps then, and knows where.
pub(crate) fn alloc(size: i64, align: i64, zeroed: bool) -> *mut u8 {
    if size < 0 { core::ptr::null_mut() } else { unsafe { try_alloc(size as usize, align as usize, zeroed) } }
}

unsafe fn try_alloc(size: usize, align: usize, zeroed: bool) -> *mut u8 {
    // A pointer to nothing is still one of its own.
    let size = size.max(1);
    unsafe {
        if align <= 16 {
            return if zeroed { sys::calloc(1, size) } else { sys::malloc(size) };
        }
        let mut p = core::ptr::null_mut();
        if sys::posix_memalign(&mut p, align, size) != 0 {
            return core::ptr::null_mut();
        }
        if zeroed {
            p.write_bytes(0, size);
        }
        p
    }
}

/// Bytes that grow, in memory of the C library.
pub struct Bytes {
    start: *mut u8,
    len: usize,
    capacity: usize,
}

impl Bytes {
    pub const fn new() -> Self {
        Bytes { start: core::ptr::null_mut(), len: 0, capacity: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn clear(&mut self) {
        self.len = 0;
    }

    pub fn as_slice(&self) -> &[u8] {
        if self.start.is_null() { &[] } else { unsafe { core::slice::from_raw_parts(self.start, self.len) } }
    }

    pub fn append(&mut self, bytes: &[u8]) {
        if bytes.len() > self.capacity - self.len {
            self.grow(bytes.len());
        }
        unsafe { self.start.add(self.len).copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        self.len += bytes.len();
    }

    /// Cuts one `\r` off the end.
    pub(crate) fn cut_carriage_return(&mut self) {
        if self.as_slice().last() == Some(&b'\r') {
            self.len -= 1;
        }
    }

    fn grow(&mut self, more: usize) {
        let capacity = (self.len + more).max(self.capacity * 2).max(64);
        let start = unsafe { sys::realloc(self.start, capacity) };
        if start.is_null() {
            trap::fatal("out of memory");
        }
        self.start = start;
        self.capacity = capacity;
    }

    /// Gives the memory away, to be freed with `lang_rt_free`; its start is never null.
    pub fn into_raw(mut self) -> (*mut u8, usize) {
        if self.start.is_null() {
            self.grow(1);
        }
        let raw = (self.start, self.len);
        core::mem::forget(self);
        raw
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes::new()
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        unsafe { sys::free(self.start) };
    }
}
