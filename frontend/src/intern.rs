//! Names as numbers: every identifier of a program is stored once and compared as a [`Symbol`].

use rustc_hash::FxHasher;
use std::hash::Hasher;

/// An interned name. Equal symbols of one [`Interner`] are equal texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Symbol(pub u32);

/// Names that the compiler itself knows; every interner starts with them, in this order.
macro_rules! known_names {
    ($($constant:ident = $text:literal,)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "variants are named as the constants made of them")]
        enum Known { $($constant,)* }
        impl Symbol {
            $(pub const $constant: Symbol = Symbol(Known::$constant as u32);)*
        }
        const KNOWN_NAMES: &[&str] = &[$($text,)*];
    };
}

known_names! {
    EMPTY = "",
    UNDERSCORE = "_",
    SELF_TYPE = "Self",
    SELF_VALUE = "self",
    MAIN = "main",
    CONTEXT = "context",
    RESULT = "result",
    MAP = "Map",
    SET = "Set",
    BUF = "Buf",
    BY = "by",
    ERROR = "error",
    TEST = "test",
    MODULE = "module",
    RESTRICT = "restrict",
    NEXT = "next",
    LEN = "len",
    PTR = "ptr",
    INLINE = "inline",
    NOINLINE = "noinline",
    COLD = "cold",
    FAST_MATH = "fast_math",
    PURE = "pure",
    EXPORT = "export",
    TEST_ONLY = "test_only",
    STD = "std",
}

/// The table of names. Texts lie one after another in one buffer; the index is an open-addressing hash table.
#[derive(Clone, Debug)]
pub struct Interner {
    text: String,
    /// End of each symbol's text; it starts where the previous one ends.
    ends: Vec<u32>,
    hashes: Vec<u32>,
    /// Symbol + 1, or 0 for an empty slot; the length is a power of two.
    slots: Vec<u32>,
}

impl Default for Interner {
    fn default() -> Interner {
        Interner::new()
    }
}

impl Interner {
    pub fn new() -> Interner {
        let mut interner = Interner { text: String::new(), ends: Vec::new(), hashes: Vec::new(), slots: vec![0; 1024] };
        for name in KNOWN_NAMES {
            interner.intern(name);
        }
        interner
    }

    /// The symbol of a text, made if it is new.
    pub fn intern(&mut self, text: &str) -> Symbol {
        let hash = hash(text);
        match self.find(text, hash) {
            Ok(symbol) => symbol,
            Err(slot) => {
                let symbol = Symbol(self.ends.len() as u32);
                self.text.push_str(text);
                self.ends.push(u32::try_from(self.text.len()).expect("less than 4 GiB of distinct names"));
                self.hashes.push(hash);
                self.slots[slot] = symbol.0 + 1;
                if self.ends.len() * 2 > self.slots.len() {
                    self.grow();
                }
                symbol
            }
        }
    }

    /// The symbol of a text if it was interned before.
    pub fn get(&self, text: &str) -> Option<Symbol> {
        self.find(text, hash(text)).ok()
    }

    pub fn resolve(&self, symbol: Symbol) -> &str {
        let index = symbol.0 as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.text[start..self.ends[index] as usize]
    }

    /// Takes over the names of another interner: by the number of a symbol there, the symbol here.
    pub fn absorb(&mut self, other: &Interner) -> Vec<Symbol> {
        (0..other.len() as u32).map(|symbol| self.intern(other.resolve(Symbol(symbol)))).collect()
    }

    /// Number of distinct names.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn find(&self, text: &str, hash: u32) -> Result<Symbol, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.slots[slot] {
                0 => return Err(slot),
                entry => {
                    let symbol = Symbol(entry - 1);
                    if self.hashes[symbol.0 as usize] == hash && self.resolve(symbol) == text {
                        return Ok(symbol);
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let mut slots = vec![0; mask + 1];
        for (index, &hash) in self.hashes.iter().enumerate() {
            let mut slot = hash as usize & mask;
            while slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            slots[slot] = index as u32 + 1;
        }
        self.slots = slots;
    }
}

fn hash(text: &str) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    let hash = hasher.finish();
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_equal_symbols() {
        let mut interner = Interner::new();
        let symbols: Vec<Symbol> = (0..5000).map(|i| interner.intern(&format!("name{i}"))).collect();
        for (i, &symbol) in symbols.iter().enumerate() {
            assert_eq!(interner.resolve(symbol), format!("name{i}"));
            assert_eq!(interner.intern(&format!("name{i}")), symbol);
        }
        assert_eq!(interner.get("name17"), Some(symbols[17]));
        assert_eq!(interner.get("absent"), None);
        assert_eq!(interner.resolve(Symbol::FAST_MATH), "fast_math");
        assert_eq!(interner.intern("Self"), Symbol::SELF_TYPE);
    }
}
