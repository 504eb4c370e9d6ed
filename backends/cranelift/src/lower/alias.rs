//! What memory accesses cannot touch the same bytes, said in Cranelift's way: a partition into regions, where accesses in
//! different regions do not alias, and those in none are one region more.
//!
//! The IR says more (an access may alias with anything, two others not with each other), so a region is made only where
//! all other accesses of the function are sure to stay away from it: for a stack slot whose address goes nowhere but into
//! accesses, and for a restrict scope that every access is either made through or promised not to touch.

use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityRef, SecondaryMap};
use lang_ir::*;

/// Cranelift has room for fewer than 2^16 kinds of access in a function. What is beyond is in no region, which is safe:
/// a region is sure to be apart from all that is not in it.
const MOST: u32 = 1 << 14;

/// The regions of a function.
pub(super) struct Regions {
    /// The slot that a pointer points into.
    slots: SecondaryMap<Value, PackedOption<StackSlot>>,
    /// Slots whose address is seen elsewhere.
    escaped: SecondaryMap<StackSlot, bool>,
    /// The restrict scope whose region the accesses of an alias set are in.
    scopes: SecondaryMap<AliasSet, PackedOption<RestrictScope>>,
}

impl Regions {
    pub fn new(func: &Function) -> Regions {
        let mut regions =
            Regions { slots: SecondaryMap::new(), escaped: SecondaryMap::new(), scopes: SecondaryMap::new() };
        if func.slots.is_empty() && func.restrict_scopes == 0 {
            return regions;
        }
        let mut used = SecondaryMap::<AliasSet, bool>::new();
        let insts = || func.layout.iter().flat_map(|&b| &func.blocks[b].insts);
        // Blocks may stand before those that dominate them: go on until no pointer is added.
        loop {
            let mut changed = false;
            for &inst in insts() {
                let data = &func.insts[inst];
                let slot = match (data.op, &data.payload) {
                    (Op::SlotAddr, Payload::Slot(slot)) => Some(*slot),
                    (Op::PtrAdd, _) => regions.slots[data.args[0]].expand(),
                    _ => None,
                };
                if let Some(slot) = slot {
                    let known = &mut regions.slots[func.result(inst)];
                    changed |= known.is_none();
                    *known = slot.into();
                }
            }
            if !changed {
                break;
            }
        }
        for &inst in insts() {
            let data = &func.insts[inst];
            let addresses: &[usize] = match data.op {
                Op::Load | Op::Memset | Op::PtrAdd => &[0],
                Op::Store => &[1],
                Op::Memcpy => &[0, 1],
                _ => &[],
            };
            match data.payload {
                Payload::Mem(mem) => used[mem.alias] = true,
                Payload::Copy(copy) => (used[copy.dst_alias], used[copy.src_alias]) = (true, true),
                Payload::None
                | Payload::Bits(_)
                | Payload::Slot(_)
                | Payload::Global(_)
                | Payload::Func(_)
                | Payload::Sig(_)
                | Payload::Trap(_)
                | Payload::Jump(_)
                | Payload::Brif(_)
                | Payload::Switch(_) => {}
            }
            let others = data.args.iter().enumerate().filter(|(i, _)| !addresses.contains(i)).map(|(_, v)| v);
            for value in others.chain(data.targets().flat_map(|t| &t.args)) {
                if let Some(slot) = regions.slots[*value].expand() {
                    regions.escaped[slot] = true;
                }
            }
        }
        let used = func.alias_sets.iter().filter(|(set, _)| used[*set]).collect::<Vec<_>>();
        for index in 0..func.restrict_scopes {
            let scope = RestrictScope::from_u32(index);
            if used.iter().all(|(_, set)| set.scopes.contains(&scope) || set.noalias.contains(&scope)) {
                for (set, _) in used.iter().filter(|(_, set)| set.scopes.contains(&scope)) {
                    // An access through several scopes is in the region of the first; that of another then cannot touch
                    // it, since it has promised to stay away from the first.
                    let first = &mut regions.scopes[*set];
                    if first.is_none() {
                        *first = scope.into();
                    }
                }
            }
        }
        regions
    }

    /// The number of the region that an access through this pointer is in.
    pub fn of(&self, pointer: Value, alias: AliasSet) -> Option<u32> {
        if let Some(slot) = self.slots[pointer].expand().filter(|&s| !self.escaped[s]) {
            return Some(slot.index() as u32 * 2).filter(|&region| region < MOST);
        }
        self.scopes[alias].expand().map(|scope| scope.index() as u32 * 2 + 1).filter(|&region| region < MOST)
    }
}
