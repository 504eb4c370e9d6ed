//! Marks memory accesses with the restrict scopes of `noalias` parameters, so that the promises survive inlining.
//!
//! Each `noalias` parameter opens a scope. An access whose address can only come from that parameter is of the scope; an
//! access whose address can come from no `noalias` parameter, or only from another one, is outside of it. An address that
//! was loaded, returned by a call or made from an integer may be derived from anything, so it gets neither.

use cranelift_entity::SecondaryMap;
use lang_ir::*;

/// Where an address can come from: a join of what is known of its parts.
#[derive(Clone, Copy, PartialEq, Default)]
enum Origin {
    /// Nothing found yet.
    #[default]
    None,
    /// The `noalias` parameter of this scope alone.
    Scope(RestrictScope),
    /// Objects that are no `noalias` parameter's.
    Other,
    Unknown,
}

impl Origin {
    fn join(self, other: Origin) -> Origin {
        match (self, other) {
            (Origin::None, x) | (x, Origin::None) => x,
            (a, b) if a == b => a,
            _ => Origin::Unknown,
        }
    }
}

/// Annotates the accesses of one function; says whether there was anything to say.
pub fn mark_restrict(func: &mut Function) -> bool {
    let noalias: Vec<Value> =
        func.sig.params.iter().zip(func.params()).filter(|(p, _)| p.noalias).map(|(_, &v)| v).collect();
    if noalias.is_empty() || func.restrict_scopes > 0 {
        return false;
    }
    let scopes: Vec<RestrictScope> = (0..noalias.len() as u32).map(RestrictScope::from_u32).collect();
    func.restrict_scopes = scopes.len() as u32;
    let origins = origins(func, &noalias);
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        for at in 0..func.blocks[block].insts.len() {
            let inst = func.blocks[block].insts[at];
            let args = func.insts[inst].args.clone();
            let mut payload = std::mem::replace(&mut func.insts[inst].payload, Payload::None);
            match &mut payload {
                Payload::Mem(mem) => {
                    let address = *args.last().expect("the address comes last");
                    mem.alias = marked(func, mem.alias, origins[address], &scopes);
                }
                Payload::Copy(copy) => {
                    copy.dst_alias = marked(func, copy.dst_alias, origins[args[0]], &scopes);
                    // The second operand of `memset` is a byte; its source is its destination.
                    let source = if func.insts[inst].op == Op::Memset { args[0] } else { args[1] };
                    copy.src_alias = marked(func, copy.src_alias, origins[source], &scopes);
                }
                _ => {}
            }
            func.insts[inst].payload = payload;
        }
    }
    true
}

/// The alias set with what the origin adds.
fn marked(func: &mut Function, set: AliasSet, origin: Origin, scopes: &[RestrictScope]) -> AliasSet {
    let mut data = func.alias_sets[set].clone();
    match origin {
        Origin::Scope(own) => {
            data.scopes.push(own);
            data.noalias.extend(scopes.iter().filter(|&&s| s != own));
        }
        Origin::Other => data.noalias.extend(scopes),
        Origin::None | Origin::Unknown => return set,
    }
    func.alias_set(data)
}

/// Where each pointer can come from, by propagation along definitions to a fixpoint (the lattice is three steps high).
fn origins(func: &Function, noalias: &[Value]) -> SecondaryMap<Value, Origin> {
    let mut origins: SecondaryMap<Value, Origin> = SecondaryMap::new();
    for &param in func.params() {
        origins[param] = match noalias.iter().position(|&p| p == param) {
            Some(index) => Origin::Scope(RestrictScope::from_u32(index as u32)),
            None => Origin::Other,
        };
    }
    loop {
        let mut changed = false;
        let mut raise = |origins: &mut SecondaryMap<Value, Origin>, value: Value, origin: Origin| {
            let joined = origins[value].join(origin);
            changed |= joined != origins[value];
            origins[value] = joined;
        };
        for &block in &func.layout {
            for &inst in &func.blocks[block].insts {
                let data = &func.insts[inst];
                for result in func.results(inst).filter(|&r| func.ty(r) == Type::Ptr) {
                    let origin = match data.op {
                        Op::SlotAddr | Op::GlobalAddr | Op::FuncAddr | Op::Iconst => Origin::Other,
                        Op::PtrAdd => origins[data.args[0]],
                        Op::Select => origins[data.args[1]].join(origins[data.args[2]]),
                        _ => Origin::Unknown,
                    };
                    raise(&mut origins, result, origin);
                }
                for target in data.targets() {
                    for (&param, &arg) in func.blocks[target.block].params.iter().zip(&target.args) {
                        if func.ty(param) == Type::Ptr {
                            let origin = origins[arg];
                            raise(&mut origins, param, origin);
                        }
                    }
                }
            }
        }
        if !changed {
            return origins;
        }
    }
}
