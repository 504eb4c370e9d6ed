//! From a function to its e-graph and its skeleton.
//!
//! Pure operations become e-nodes. The rest of each block is its skeleton: the instructions that stay, in order. A
//! skeleton instruction's operands are classes, found through [`Built::class`]. Loads and partial operations are in the
//! skeleton too, as anchored leaves (see [`super::node`]); the class of a partial operation's leaf also contains the
//! operation as an e-node, so that rules see it.

use super::facts::Facts;
use super::flow::{Flow, Point};
use super::node::{NO_RULE, Node, add_constant};
use super::ranges::Ranges;
use super::saturate::Saturation;
use cranelift_entity::SecondaryMap;
use cranelift_entity::packed_option::PackedOption;
use egg::Id;
use lang_ir::{Block, Function, Inst, Op, Payload, Value};

/// A leaf of the e-graph.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    pub value: Value,
    /// Where it is defined.
    pub point: Point,
    /// Its instruction, if that can be dropped with it.
    pub anchor: Option<Anchor>,
}

/// The instruction of an anchored leaf.
#[derive(Clone, Copy, Debug)]
pub struct Anchor {
    pub inst: Inst,
    pub op: Op,
}

/// What becomes of a skeleton instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Stays.
    Keep,
    /// Stays if extraction chooses the leaf of this number.
    Anchored(u32),
    /// A guard that never traps.
    Drop,
    /// A guard that always traps: the last instruction of its block's skeleton.
    Trap,
    /// A branch that always goes this way.
    Taken(bool),
}

/// An instruction of the skeleton.
#[derive(Clone, Copy, Debug)]
pub struct SkeletonInst {
    pub inst: Inst,
    pub fate: Fate,
}

/// A function taken apart.
pub struct Built {
    pub leaves: Vec<Leaf>,
    /// By block, the terminator last.
    pub skeleton: SecondaryMap<Block, Vec<SkeletonInst>>,
    classes: SecondaryMap<Value, PackedOption<NodeRef>>,
    leaf_of: SecondaryMap<Value, PackedOption<NodeRef>>,
    /// The number of e-nodes of the function itself.
    pub original_nodes: usize,
}

/// An e-node's id, small.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct NodeRef(u32);
cranelift_entity::entity_impl!(NodeRef);

impl Built {
    /// The class of a value of the function, perhaps not canonical.
    pub fn class(&self, value: Value) -> Id {
        let node = self.classes[value].expand().expect("values are defined before they are used");
        Id::from(node.0 as usize)
    }

    /// The leaf of a value that is one.
    pub fn leaf(&self, value: Value) -> Option<u32> {
        self.leaf_of[value].expand().map(|leaf| leaf.0)
    }
}

/// Fills the e-graph of a saturation from a function.
pub fn build(func: &Function, flow: &Flow, ranges: &Ranges, saturation: &mut Saturation) -> Built {
    let mut builder = Builder {
        func,
        saturation,
        built: Built {
            leaves: Vec::new(),
            skeleton: SecondaryMap::with_capacity(func.blocks.len()),
            classes: SecondaryMap::with_capacity(func.values.len()),
            leaf_of: SecondaryMap::with_capacity(func.values.len()),
            original_nodes: 0,
        },
    };
    for &block in flow.dom.preorder() {
        for (index, &param) in func.blocks[block].params.iter().enumerate() {
            let mut facts = ranges.of(func, param);
            if block == func.entry() && func.sig.params.get(index).is_some_and(|p| p.nonnull) {
                facts = facts.and(&Facts::unsigned(facts.ty, 1, facts.ty.mask())).unwrap_or(facts);
            }
            builder.leaf(param, Point { block, pos: 0 }, facts);
        }
        for &inst in &func.blocks[block].insts {
            builder.inst(block, inst);
        }
    }
    let mut built = builder.built;
    built.original_nodes = saturation.graph.nodes().len();
    built
}

struct Builder<'a, 'b> {
    func: &'a Function,
    saturation: &'a mut Saturation<'b>,
    built: Built,
}

impl Builder<'_, '_> {
    fn define(&mut self, value: Value, class: Id) {
        self.built.classes[value] = NodeRef(usize::from(class) as u32).into();
    }

    /// A leaf without operands.
    fn leaf(&mut self, value: Value, point: Point, facts: Facts) {
        let class = self.add_leaf(Leaf { value, point, anchor: None }, facts, &[]);
        self.define(value, class);
    }

    fn add_leaf(&mut self, leaf: Leaf, facts: Facts, children: &[Id]) -> Id {
        let graph = &mut self.saturation.graph;
        graph.analysis.leaf_facts.push(facts);
        self.built.leaf_of[leaf.value] = NodeRef(self.built.leaves.len() as u32).into();
        self.built.leaves.push(leaf);
        graph.add(Node::new(None, facts.ty, self.built.leaves.len() as u32 - 1, children))
    }

    fn inst(&mut self, block: Block, inst: Inst) {
        let func = self.func;
        let data = &func.insts[inst];
        let pos = self.built.skeleton[block].len() as u32;
        let defined = Point { block, pos: pos + 1 };
        let mut fate = Fate::Keep;
        if data.op.is_pure() || data.op == Op::Load {
            let value = func.result(inst);
            let children: smallvec::SmallVec<[Id; 3]> = data.args.iter().map(|&arg| self.built.class(arg)).collect();
            let payload = match data.payload {
                Payload::Slot(slot) => slot.as_u32(),
                Payload::Global(global) => global.as_u32(),
                Payload::Func(func) => func.as_u32(),
                _ => 0,
            };
            let node = Node::new(Some(data.op), data.ty, payload, &children);
            let class = if let Payload::Bits(bits) = data.payload {
                add_constant(&mut self.saturation.graph, data.ty, bits.get())
            } else if data.op.is_partial() || data.op == Op::Load {
                fate = Fate::Anchored(self.built.leaves.len() as u32);
                let leaf = Leaf { value, point: defined, anchor: Some(Anchor { inst, op: data.op }) };
                let leaf = self.add_leaf(leaf, Facts::top(func.ty(value)), &children);
                if data.op.is_partial() {
                    let pure_form = self.saturation.graph.add(node);
                    self.saturation.graph.union(leaf, pure_form);
                }
                leaf
            } else {
                self.saturation.graph.add(node)
            };
            self.define(value, class);
            let root = usize::from(class) as u32;
            self.saturation.note(NO_RULE, root, data.loc);
            if fate == Fate::Keep {
                return;
            }
        } else {
            for value in func.results(inst) {
                self.leaf(value, defined, Facts::top(func.ty(value)));
            }
            self.saturation.note(NO_RULE, 0, data.loc);
        }
        self.built.skeleton[block].push(SkeletonInst { inst, fate });
    }
}
