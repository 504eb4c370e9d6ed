//! Redundant loads and store-to-load forwarding: a walk over the skeleton in dominator-tree order that knows what is at
//! some addresses, and unites a load with what is known to be there. E-classes are the value numbers of addresses, so this
//! sees every equality that the e-graph knows, and feeds it new ones.
//!
//! What is known at the end of a block holds at the start of a block that it immediately dominates unless something on the
//! way from one to the other may write there. Two accesses do not overlap if their alias sets say so, if they are in
//! different objects, or if they have the same base and disjoint offsets. A pointer that is computed from the address of an
//! object stays within that object.

use super::build::{Built, Fate};
use super::flow::Flow;
use super::limits::{CLOBBER_BLOCKS, KNOWN_CONTENTS};
use super::node::{Graph, Node};
use cranelift_entity::SecondaryMap;
use egg::{Id, Language};
use lang_ir::*;
use rustc_hash::FxHashSet;

/// The object that an address is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Object {
    Slot(StackSlot),
    Global(GlobalId),
    /// What a pointer parameter of the function points to; it is no slot of this call.
    Param,
    Unknown,
}

/// The bytes that are accessed.
#[derive(Clone, Copy, Debug)]
struct Access {
    base: Id,
    offset: i64,
    /// In bytes; `None` if it is not known.
    size: Option<u64>,
    object: Object,
    alias: AliasSet,
    /// Never written.
    readonly: bool,
}

/// Memory contents that are known.
#[derive(Clone, Copy, Debug)]
struct Known {
    at: Access,
    ty: Type,
    value: Id,
}

/// Something that writes.
#[derive(Clone, Copy, Debug)]
enum Clobber {
    Write(Access),
    /// A call may write to everything but slots whose address nobody else has.
    Call,
}

/// Unites loads with what they are known to load. Says how many classes were united; the e-graph has to be rebuilt then.
pub fn forward(module: &Module, func: &Function, flow: &Flow, built: &Built, graph: &mut Graph) -> usize {
    let has_loads = flow.order.iter().any(|&b| built.skeleton[b].iter().any(|s| func.insts[s.inst].op == Op::Load));
    if !has_loads {
        return 0;
    }
    let mut walk = Walk {
        module,
        func,
        flow,
        built,
        graph,
        escaped: escaped_slots(func, flow),
        clobbers: SecondaryMap::new(),
        known: Vec::new(),
        unions: Vec::new(),
    };
    let mut ends: Vec<(Block, Vec<Known>)> = Vec::new();
    for &block in &flow.order {
        while ends.last().is_some_and(|(above, _)| !flow.dom.dominates(*above, block)) {
            ends.pop();
        }
        walk.known.clear();
        if let Some((above, known)) = ends.last() {
            walk.known.extend_from_slice(known);
            walk.enter(*above, block);
        }
        walk.block(block);
        ends.push((block, walk.known.clone()));
    }
    let unions = walk.unions;
    let mut count = 0;
    for (load, value) in unions {
        count += graph.union(load, value) as usize;
    }
    count
}

struct Walk<'a> {
    module: &'a Module,
    func: &'a Function,
    flow: &'a Flow,
    built: &'a Built,
    graph: &'a Graph,
    /// By slot: its address is known elsewhere.
    escaped: SecondaryMap<StackSlot, bool>,
    /// By block, once they were asked for.
    clobbers: SecondaryMap<Block, Option<Vec<Clobber>>>,
    known: Vec<Known>,
    unions: Vec<(Id, Id)>,
}

impl Walk<'_> {
    /// Forgets what may be overwritten between the end of `above`, the immediate dominator, and the start of `block`.
    fn enter(&mut self, above: Block, block: Block) {
        if self.flow.cfg.preds(block) == [above] {
            return;
        }
        let mut between: Vec<Block> = Vec::new();
        let mut seen: FxHashSet<Block> = FxHashSet::default();
        let mut work = vec![block];
        while let Some(at) = work.pop() {
            for &pred in self.flow.cfg.preds(at) {
                if pred != above && self.flow.is_live(pred) && seen.insert(pred) {
                    between.push(pred);
                    work.push(pred);
                }
            }
            if between.len() > CLOBBER_BLOCKS {
                self.known.retain(|known| known.at.readonly);
                return;
            }
        }
        for at in between {
            if self.clobbers[at].is_none() {
                self.clobbers[at] = Some(self.find_clobbers(at));
            }
            let clobbers = self.clobbers[at].take().unwrap_or_default();
            clobbers.iter().for_each(|clobber| self.clobber(clobber));
            self.clobbers[at] = Some(clobbers);
        }
    }

    fn find_clobbers(&self, block: Block) -> Vec<Clobber> {
        self.built.skeleton[block].iter().filter_map(|entry| self.clobber_of(entry.inst)).collect()
    }

    fn clobber_of(&self, inst: Inst) -> Option<Clobber> {
        let data = &self.func.insts[inst];
        match (data.op, &data.payload) {
            (Op::Store, Payload::Mem(mem)) => Some(Clobber::Write(self.access(data.args[1], data.ty, *mem))),
            (Op::Memcpy | Op::Memset, Payload::Copy(flags)) => {
                let size = self.graph[self.built.class(data.args[2])].data.facts.as_constant();
                let mem = MemFlags { offset: 0, align: 1, alias: flags.dst_alias, readonly: false };
                let access = self.access(data.args[0], Type::I8, mem);
                Some(Clobber::Write(Access { size: size.map(|bits| bits as u64), ..access }))
            }
            (Op::Call, Payload::Func(callee)) => {
                let attrs = self.module.functions[*callee].attrs;
                (!attrs.pure_ && !attrs.readonly).then_some(Clobber::Call)
            }
            // An indirect call, and whatever else writes to memory.
            (op, _) => op.info().flags.writes.then_some(Clobber::Call),
        }
    }

    fn block(&mut self, block: Block) {
        for entry in &self.built.skeleton[block] {
            let data = &self.func.insts[entry.inst];
            if let Some(clobber) = self.clobber_of(entry.inst) {
                self.clobber(&clobber);
            }
            match (data.op, &data.payload) {
                (Op::Load, Payload::Mem(mem)) if matches!(entry.fate, Fate::Anchored(_)) => {
                    let at = self.access(data.args[0], data.ty, *mem);
                    let class = self.graph.find(self.built.class(self.func.result(entry.inst)));
                    let found = self.known.iter().rev().find(|k| same_bytes(&k.at, &at) && k.ty == data.ty);
                    match found {
                        Some(known) if known.value == class => {}
                        Some(known) => self.unions.push((class, known.value)),
                        None => self.learn(Known { at, ty: data.ty, value: class }),
                    }
                }
                (Op::Store, Payload::Mem(mem)) => {
                    let at = self.access(data.args[1], data.ty, *mem);
                    let value = self.graph.find(self.built.class(data.args[0]));
                    self.learn(Known { at, ty: data.ty, value });
                }
                _ => {}
            }
        }
    }

    fn learn(&mut self, known: Known) {
        if self.known.len() >= KNOWN_CONTENTS {
            self.known.remove(0);
        }
        self.known.push(known);
    }

    fn clobber(&mut self, clobber: &Clobber) {
        let mut known = std::mem::take(&mut self.known);
        known.retain(|k| !self.may_write(clobber, &k.at));
        self.known = known;
    }

    fn may_write(&self, clobber: &Clobber, at: &Access) -> bool {
        if at.readonly {
            return false;
        }
        match clobber {
            Clobber::Call => !matches!(at.object, Object::Slot(slot) if !self.escaped[slot]),
            Clobber::Write(write) => self.may_overlap(write, at),
        }
    }

    fn may_overlap(&self, a: &Access, b: &Access) -> bool {
        if disjoint_sets(&self.func.alias_sets[a.alias], &self.func.alias_sets[b.alias]) {
            return false;
        }
        if a.base == b.base {
            let apart = |low: &Access, high: &Access| {
                low.size.is_some_and(|size| (low.offset as i128 + size as i128) <= high.offset as i128)
            };
            return !apart(a, b) && !apart(b, a);
        }
        let different = match (a.object, b.object) {
            (Object::Slot(x), Object::Slot(y)) => x != y,
            (Object::Global(x), Object::Global(y)) => x != y,
            (Object::Slot(_), Object::Global(_) | Object::Param)
            | (Object::Global(_) | Object::Param, Object::Slot(_)) => true,
            (Object::Slot(slot), Object::Unknown) | (Object::Unknown, Object::Slot(slot)) => !self.escaped[slot],
            _ => false,
        };
        !different
    }

    fn access(&self, address: Value, ty: Type, mem: MemFlags) -> Access {
        let mut base = self.graph.find(self.built.class(address));
        let mut offset = mem.offset as i64;
        // A chain of constant offsets; rules keep it short.
        for _ in 0..8 {
            let step = self.graph[base].nodes.iter().find_map(|node| {
                let by = self.offset(node)?;
                Some((self.graph.find(node.children()[0]), by))
            });
            let Some((to, by)) = step else { break };
            let Some(sum) = offset.checked_add(by) else { break };
            (base, offset) = (to, sum);
        }
        let object = self.object(base, 4);
        let constant = matches!(object, Object::Global(global) if self.module.globals[global].constant);
        Access {
            base,
            offset,
            size: Some(ty.bytes() as u64),
            object,
            alias: mem.alias,
            readonly: mem.readonly || constant,
        }
    }

    /// The constant that an address is moved by.
    fn offset(&self, node: &Node) -> Option<i64> {
        if node.op != Some(Op::PtrAdd) {
            return None;
        }
        self.graph[node.children()[1]].data.facts.as_constant().map(|bits| bits as i64)
    }

    fn object(&self, class: Id, depth: u32) -> Object {
        for node in &self.graph[class].nodes {
            match node.op {
                Some(Op::SlotAddr) => return Object::Slot(StackSlot::from_u32(node.payload)),
                Some(Op::GlobalAddr) => return Object::Global(GlobalId::from_u32(node.payload)),
                None => {
                    let value = self.built.leaves[node.payload as usize].value;
                    if matches!(self.func.values[value].def, ValueDef::Param(block, _) if block == self.func.entry()) {
                        return Object::Param;
                    }
                }
                _ => {}
            }
        }
        if depth > 0 {
            for node in self.graph[class].nodes.iter().filter(|n| n.op == Some(Op::PtrAdd)) {
                let object = self.object(self.graph.find(node.children()[0]), depth - 1);
                if object != Object::Unknown {
                    return object;
                }
            }
        }
        Object::Unknown
    }
}

fn same_bytes(a: &Access, b: &Access) -> bool {
    a.base == b.base && a.offset == b.offset && a.size == b.size
}

/// Whether accesses with these alias sets never overlap.
fn disjoint_sets(a: &AliasSetData, b: &AliasSetData) -> bool {
    let regions = a.region != Region::Any && b.region != Region::Any && a.region != b.region;
    regions || a.scopes.iter().any(|s| b.noalias.contains(s)) || b.scopes.iter().any(|s| a.noalias.contains(s))
}

/// The slots whose address is used for more than accessing them here.
fn escaped_slots(func: &Function, flow: &Flow) -> SecondaryMap<StackSlot, bool> {
    let mut slot_of: SecondaryMap<Value, Option<StackSlot>> = SecondaryMap::new();
    let mut escaped: SecondaryMap<StackSlot, bool> = SecondaryMap::new();
    // Definitions come before uses in this order.
    for &block in flow.dom.preorder() {
        for &inst in &func.blocks[block].insts {
            let data = &func.insts[inst];
            if let (Op::SlotAddr, Payload::Slot(slot)) = (data.op, &data.payload) {
                slot_of[func.result(inst)] = Some(*slot);
                continue;
            }
            for (index, value) in data.operands().enumerate() {
                let Some(slot) = slot_of[value] else { continue };
                match data.op {
                    Op::PtrAdd if index == 0 => slot_of[func.result(inst)] = Some(slot),
                    Op::Load | Op::Memcpy | Op::Memset => {}
                    Op::Store if index == 1 => {}
                    _ => escaped[slot] = true,
                }
            }
        }
    }
    escaped
}
