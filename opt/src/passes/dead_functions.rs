//! Drops the functions, globals and signatures that nothing reaches from what the module exports.

use cranelift_entity::{EntitySet, PrimaryMap, SecondaryMap};
use lang_ir::*;

/// Drops what is not reached and numbers the rest anew, in the same order; says how many functions went.
pub fn drop_dead_functions(module: &mut Module) -> usize {
    let mut funcs = EntitySet::<FuncId>::new();
    let mut globals = EntitySet::<GlobalId>::new();
    let mut sigs = EntitySet::<SigId>::new();
    let mut work: Vec<RelocTarget> = module
        .functions
        .iter()
        .filter(|(_, f)| f.linkage == Linkage::Export)
        .map(|(id, _)| RelocTarget::Func(id))
        .collect();
    while let Some(item) = work.pop() {
        match item {
            RelocTarget::Func(id) if funcs.insert(id) => {
                let func = &module.functions[id];
                for &block in &func.layout {
                    for &inst in &func.blocks[block].insts {
                        match func.insts[inst].payload {
                            Payload::Func(callee) => work.push(RelocTarget::Func(callee)),
                            Payload::Global(global) => work.push(RelocTarget::Global(global)),
                            Payload::Sig(sig) => drop(sigs.insert(sig)),
                            _ => {}
                        }
                    }
                }
            }
            RelocTarget::Global(id) if globals.insert(id) => {
                work.extend(module.globals[id].relocs.iter().map(|reloc| reloc.target));
            }
            RelocTarget::Func(_) | RelocTarget::Global(_) => {}
        }
    }
    let dropped = module.functions.keys().filter(|&id| !funcs.contains(id)).count();
    let same =
        module.globals.keys().all(|id| globals.contains(id)) && module.signatures.keys().all(|id| sigs.contains(id));
    if dropped == 0 && same {
        return 0;
    }
    let func_ids = compact(&mut module.functions, &funcs);
    let global_ids = compact(&mut module.globals, &globals);
    let sig_ids = compact(&mut module.signatures, &sigs);
    for func in module.functions.values_mut() {
        for &block in &func.layout {
            for &inst in &func.blocks[block].insts {
                match &mut func.insts[inst].payload {
                    Payload::Func(id) => *id = func_ids[*id],
                    Payload::Global(id) => *id = global_ids[*id],
                    Payload::Sig(id) => *id = sig_ids[*id],
                    _ => {}
                }
            }
        }
        for set in func.alias_sets.values_mut() {
            if let Region::Global(id) = set.region {
                set.region = if globals.contains(id) { Region::Global(global_ids[id]) } else { Region::Any };
            }
        }
    }
    for global in module.globals.values_mut() {
        for reloc in &mut global.relocs {
            match &mut reloc.target {
                RelocTarget::Func(id) => *id = func_ids[*id],
                RelocTarget::Global(id) => *id = global_ids[*id],
            }
        }
    }
    dropped
}

/// Keeps these entries; says which new id each has.
fn compact<K: cranelift_entity::EntityRef + Ord, V>(
    table: &mut PrimaryMap<K, V>,
    keep: &EntitySet<K>,
) -> SecondaryMap<K, K> {
    let mut ids = SecondaryMap::with_default(K::new(0));
    let mut kept = PrimaryMap::new();
    for (id, entry) in std::mem::take(table) {
        if keep.contains(id) {
            ids[id] = kept.push(entry);
        }
    }
    *table = kept;
    ids
}
