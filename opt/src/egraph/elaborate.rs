//! Elaboration: the chosen candidates go back into blocks.
//!
//! First a plan: users before operands, each chosen operation gets the block that dominates all its uses, or the one above
//! it that runs least, no higher than where its operands are available. Then the blocks are filled in dominator-tree order:
//! an operation is emitted just before the first instruction of its block that needs it, or before the terminator. The
//! skeleton keeps its order.

use super::build::{Built, Fate};
use super::cost::{self, Placement};
use super::extract::{Extraction, Item, Selection, for_each_operand};
use super::flow::Flow;
use super::node::{Graph, Node};
use super::saturate::Origin;
use cranelift_entity::SecondaryMap;
use lang_ir::target::Target;
use lang_ir::*;
use rustc_hash::FxHashMap;

/// Where everything goes.
pub struct Plan {
    /// By item: the block of an operation that is placed once.
    blocks: Vec<Option<Block>>,
    /// By block: the operations placed there.
    placed: SecondaryMap<Block, Vec<Item>>,
    /// The whole, by the cost model.
    pub cost: u64,
}

/// Finds the places of what is selected.
pub fn plan(
    func: &Function,
    flow: &Flow,
    built: &Built,
    extraction: &Extraction,
    selection: &Selection,
    target: &Target,
) -> Plan {
    let items = &extraction.items;
    let mut plan = Plan { blocks: vec![None; items.len()], placed: SecondaryMap::new(), cost: 0 };
    // The closest block that dominates the uses seen so far.
    let mut late: Vec<Option<Block>> = vec![None; items.len()];
    let use_in = |late: &mut Vec<Option<Block>>, item: Item, block: Block| {
        let slot = &mut late[item as usize];
        *slot = Some(slot.map_or(block, |known| flow.common(known, block)));
    };
    let mut roots = selection.roots.iter();
    for &block in &flow.order {
        for skeleton in &built.skeleton[block] {
            for_each_operand(func, skeleton.inst, skeleton.fate, &mut |_| {
                if let Some(&item) = roots.next() {
                    use_in(&mut late, item, block);
                }
            });
        }
    }
    // Users before operands.
    let mut order: Vec<usize> = (0..items.len()).filter(|&item| selection.uses[item] > 0).collect();
    order.sort_unstable_by_key(|&item| std::cmp::Reverse(extraction.ranks[item]));
    for item in order {
        let Some(last) = late[item] else { continue };
        let candidate = &items[item];
        let block = match candidate.node.op {
            None => {
                let leaf = built.leaves[candidate.node.payload as usize];
                let Some(anchor) = leaf.anchor else { continue };
                let units = cost::units(target, anchor.op, candidate.node.ty);
                plan.cost = plan.cost.saturating_add(units.saturating_mul(flow.weight(leaf.point.block)));
                leaf.point.block
            }
            Some(op) => {
                let block = match cost::placement(op) {
                    Placement::Local | Placement::Fixed => continue,
                    Placement::Late => last,
                    Placement::Anywhere => flow.least_frequent(candidate.point.block, last),
                };
                let units = cost::units(target, op, candidate.node.ty);
                plan.cost = plan.cost.saturating_add(units.saturating_mul(flow.weight(block)));
                plan.blocks[item] = Some(block);
                block
            }
        };
        for &child in &candidate.children {
            use_in(&mut late, child, block);
        }
    }
    for (item, block) in plan.blocks.iter().enumerate() {
        if let Some(block) = block {
            plan.placed[*block].push(item as Item);
        }
    }
    plan
}

/// What the live blocks of the function cost as they are, by the same model.
pub fn cost_of(func: &Function, flow: &Flow, target: &Target) -> u64 {
    let mut cost = 0u64;
    for &block in &flow.order {
        for &inst in &func.blocks[block].insts {
            let data = &func.insts[inst];
            let counted = data.op == Op::Load || data.op.is_pure() && cost::placement(data.op) != Placement::Local;
            if counted {
                let units = cost::units(target, data.op, data.ty);
                cost = cost.saturating_add(units.saturating_mul(flow.weight(block)));
            }
        }
    }
    cost
}

/// What is computed and where.
pub struct Chosen<'a> {
    pub extraction: Extraction<'a>,
    pub selection: Selection,
    pub plan: Plan,
}

/// Rewrites the function.
pub fn elaborate(func: &mut Function, flow: &Flow, graph: &Graph, origins: &[Origin], built: &Built, chosen: &Chosen) {
    let Chosen { extraction, selection, plan } = chosen;
    let mut emitter = Emitter {
        func,
        graph,
        origins,
        built,
        extraction,
        plan,
        values: vec![None; extraction.items.len()],
        local: FxHashMap::default(),
        insts: Vec::new(),
        block: flow.order[0],
    };
    let mut roots = selection.roots.iter().copied();
    // By leaf, the item that stands for it if it is chosen.
    let mut chosen: Vec<Option<Item>> = vec![None; built.leaves.len()];
    for (item, candidate) in extraction.items.iter().enumerate() {
        if candidate.node.op.is_none() && selection.uses[item] > 0 {
            chosen[candidate.node.payload as usize] = Some(item as Item);
        }
    }
    for &block in &flow.order {
        emitter.block(block, &chosen, &mut roots);
    }
    func.layout.retain(|&block| flow.is_live(block));
}

struct Emitter<'a> {
    func: &'a mut Function,
    graph: &'a Graph,
    origins: &'a [Origin],
    built: &'a Built,
    extraction: &'a Extraction<'a>,
    plan: &'a Plan,
    /// By item.
    values: Vec<Option<Value>>,
    /// Items that each block computes for itself, in the current block.
    local: FxHashMap<Item, Value>,
    insts: Vec<Inst>,
    block: Block,
}

impl Emitter<'_> {
    fn block(&mut self, block: Block, chosen: &[Option<Item>], roots: &mut dyn Iterator<Item = Item>) {
        self.block = block;
        self.local.clear();
        for &param in &self.func.blocks[block].params.clone() {
            self.define_leaf(param, chosen);
        }
        let skeleton = &self.built.skeleton[block];
        for (pos, entry) in skeleton.iter().enumerate() {
            if pos + 1 == skeleton.len() {
                for at in 0..self.plan.placed[block].len() {
                    self.emit(self.plan.placed[block][at]);
                }
            }
            self.skeleton_inst(entry.inst, entry.fate, chosen, roots);
        }
        self.func.blocks[block].insts = std::mem::take(&mut self.insts);
    }

    /// The value of a leaf is its own.
    fn define_leaf(&mut self, value: Value, chosen: &[Option<Item>]) {
        if let Some(item) = self.built.leaf(value).and_then(|leaf| chosen[leaf as usize]) {
            self.values[item as usize] = Some(value);
        }
    }

    /// Emits an instruction of the skeleton.
    fn skeleton_inst(
        &mut self,
        inst: Inst,
        fate: Fate,
        chosen: &[Option<Item>],
        roots: &mut dyn Iterator<Item = Item>,
    ) {
        if let Fate::Anchored(leaf) = fate {
            let Some(item) = chosen[leaf as usize] else { return };
            let children = self.extraction.items[item as usize].children.clone();
            let args: Values = children.iter().map(|&child| self.emit(child)).collect();
            self.func.insts[inst].args = args;
            self.values[item as usize] = Some(self.built.leaves[leaf as usize].value);
            self.insts.push(inst);
            return;
        }
        let mut operands: Vec<Value> = Vec::new();
        {
            let mut count = 0;
            for_each_operand(self.func, inst, fate, &mut |_| count += 1);
            for _ in 0..count {
                if let Some(item) = roots.next() {
                    operands.push(self.emit(item));
                }
            }
        }
        let mut operands = operands.into_iter();
        let data = &mut self.func.insts[inst];
        match fate {
            Fate::Drop => return,
            Fate::Trap => {
                data.op = Op::Trap;
                data.args = operands.collect();
            }
            Fate::Taken(truth) => {
                let taken = data.targets().nth(!truth as usize).map(|target| target.block);
                if let Some(block) = taken {
                    let target = BlockCall { block, args: operands.collect() };
                    data.op = Op::Jump;
                    data.args = Values::new();
                    data.payload = Payload::Jump(target);
                }
            }
            Fate::Keep | Fate::Anchored(_) => data.map_operands(&mut |old| operands.next().unwrap_or(old)),
        }
        self.insts.push(inst);
        for value in self.func.results(inst) {
            self.define_leaf(value, chosen);
        }
    }

    /// The value of an item at the current place, computed here if need be.
    fn emit(&mut self, root: Item) -> Value {
        // Operands first, without recursion: expressions may be deep.
        let mut stack = vec![root];
        while let Some(&item) = stack.last() {
            if self.value(item).is_some() {
                stack.pop();
                continue;
            }
            let candidate = &self.extraction.items[item as usize];
            let before = stack.len();
            for &child in &candidate.children {
                if self.value(child).is_none() {
                    stack.push(child);
                }
            }
            if stack.len() == before {
                stack.pop();
                self.compute(item);
            }
        }
        self.value(root).expect("it was just computed")
    }

    fn value(&self, item: Item) -> Option<Value> {
        self.values[item as usize].or_else(|| self.local.get(&item).copied())
    }

    /// Makes the instruction of an item whose operands have values.
    fn compute(&mut self, item: Item) {
        let candidate = &self.extraction.items[item as usize];
        let Node { op: Some(op), ty, payload, .. } = candidate.node else {
            unreachable!("leaves are defined before they are used")
        };
        let mut args: Values = candidate.children.iter().filter_map(|&child| self.value(child)).collect();
        if op.is_commutative() && self.func.constant(args[0]).is_some() && self.func.constant(args[1]).is_none() {
            args.swap(0, 1);
        }
        let payload = match op {
            Op::Iconst | Op::Fconst => Payload::Bits(Bits::new(self.graph.analysis.constant(&candidate.node))),
            Op::SlotAddr => Payload::Slot(StackSlot::from_u32(payload)),
            Op::GlobalAddr => Payload::Global(GlobalId::from_u32(payload)),
            Op::FuncAddr => Payload::Func(FuncId::from_u32(payload)),
            _ => Payload::None,
        };
        let loc = self.origins[usize::from(candidate.class)].loc;
        let inst = self.func.new_inst(InstData::new(op, ty, loc, &args, payload), &[op.result_type(ty)]);
        self.insts.push(inst);
        let value = self.func.result(inst);
        if cost::placement(op) == Placement::Local {
            self.local.insert(item, value);
        } else {
            debug_assert_eq!(self.plan.blocks[item as usize], Some(self.block), "{op:?} out of place");
            self.values[item as usize] = Some(value);
        }
    }
}
