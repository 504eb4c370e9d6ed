//! The language of the e-graph, and the facts that e-classes carry.
//!
//! An e-node is an operation at a controlling type, or a *leaf*: a value that the e-graph does not look into. Leaves are
//! block parameters, results of calls, loads, and results of partial operations; the last two are *anchored*: their
//! instruction stays where it is, with its operands as children, and is dropped if extraction does not choose the leaf.
//!
//! **What an equality means.** Every leaf has a set of possible values, its facts, which hold wherever the leaf is defined.
//! For every choice of values of the leaves out of these sets, all members of a class have the same value. So facts of a
//! leaf may come from the control flow above its definition, but two leaves may only be united where one is defined as
//! the value of the other, and then the defined one may not have facts of its own.

use super::facts::Facts;
use super::transfer::transfer;
use crate::rules::check::same;
use egg::{Analysis, DidMerge, Id, Justification, Language};
use lang_ir::{Op, Type};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cell::{Cell, RefCell};

/// The e-graph of one function.
pub type Graph = egg::EGraph<Node, ClassInfo>;

/// An e-node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Node {
    /// `None` for a leaf.
    pub op: Option<Op>,
    /// The controlling type; for a leaf its type.
    pub ty: Type,
    arity: u8,
    /// Constants: index into [`ClassInfo::constants`]. Leaves: index into the leaf table. Addresses: slot, global, function.
    pub payload: u32,
    children: [Id; 3],
}

impl Node {
    /// An e-node with at most three children.
    pub fn new(op: Option<Op>, ty: Type, payload: u32, children: &[Id]) -> Node {
        let mut node = Node { op, ty, arity: children.len() as u8, payload, children: [Id::from(0); 3] };
        node.children[..children.len()].copy_from_slice(children);
        node.order();
        node
    }

    /// Puts the operands of a commutative operation in the canonical order, so that congruence sees through the order.
    #[inline]
    fn order(&mut self) {
        if self.children[0] > self.children[1] && self.op.is_some_and(Op::is_commutative) {
            self.children.swap(0, 1);
        }
    }

    /// The type of the class that it belongs to.
    pub fn result_type(&self) -> Type {
        match self.op {
            Some(op) => op.result_type(self.ty),
            None => self.ty,
        }
    }

    pub fn is_constant(&self) -> bool {
        matches!(self.op, Some(Op::Iconst | Op::Fconst))
    }
}

impl Language for Node {
    type Discriminant = ();

    fn discriminant(&self) {}

    fn matches(&self, other: &Node) -> bool {
        self.op == other.op && self.ty == other.ty && self.payload == other.payload && self.arity == other.arity
    }

    fn children(&self) -> &[Id] {
        &self.children[..self.arity as usize]
    }

    fn children_mut(&mut self) -> &mut [Id] {
        &mut self.children[..self.arity as usize]
    }

    /// Egg canonicalizes nodes through this method only, so the order of commutative operands is kept up here.
    fn update_children<F: FnMut(Id) -> Id>(&mut self, mut f: F) {
        for child in &mut self.children[..self.arity as usize] {
            *child = f(*child);
        }
        self.order();
    }
}

/// What is known about a class.
#[derive(Clone, Debug)]
pub struct ClassData {
    pub facts: Facts,
    /// A bit for each operation ([`op_bit`]) that some member has.
    pub ops: u128,
}

/// The bit of an operation in [`ClassData::ops`].
#[inline]
pub fn op_bit(op: Option<Op>) -> u128 {
    match op {
        Some(op) => 1 << op as u8,
        None => 1 << 127,
    }
}

/// Two different constants in one class: a rule is wrong.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// What was being applied: an index into the rules, or [`NO_RULE`].
    pub rule: u16,
    pub bits: [u128; 2],
}

/// Stands for "no rule" in the tables of provenance.
pub const NO_RULE: u16 = u16::MAX;

/// The e-class analysis: facts bottom-up, constants folded.
#[derive(Default, Debug)]
pub struct ClassInfo {
    constants: Vec<u128>,
    constant_ids: FxHashMap<u128, u32>,
    /// Facts of leaves, by payload.
    pub leaf_facts: Vec<Facts>,
    /// Classes whose facts changed since the driver last looked.
    changed: Vec<Id>,
    /// Classes that gained members since then.
    merged: RefCell<Vec<Id>>,
    /// E-nodes with a child that turned out to be a constant since then.
    touched: RefCell<Vec<Id>>,
    /// The next call of `modify` comes from a union.
    in_union: Cell<bool>,
    /// The rule that is being applied.
    pub current_rule: u16,
    pub conflict: Option<Conflict>,
}

impl ClassInfo {
    pub fn new() -> ClassInfo {
        ClassInfo { current_rule: NO_RULE, ..ClassInfo::default() }
    }

    /// The bits of a constant node.
    pub fn constant(&self, node: &Node) -> u128 {
        self.constants[node.payload as usize]
    }

    /// Takes e-nodes whose children changed, and classes that changed, so that all their users are such e-nodes too.
    pub fn take_changes(&mut self) -> (Vec<Id>, Vec<Id>) {
        let mut classes = std::mem::take(&mut self.changed);
        classes.append(self.merged.get_mut());
        (std::mem::take(self.touched.get_mut()), classes)
    }

    fn intern(&mut self, bits: u128) -> u32 {
        *self.constant_ids.entry(bits).or_insert_with(|| {
            self.constants.push(bits);
            self.constants.len() as u32 - 1
        })
    }
}

/// Adds a constant.
pub fn add_constant(graph: &mut Graph, ty: Type, bits: u128) -> Id {
    let node = constant_node(graph, ty, bits);
    graph.add(node)
}

fn constant_node(graph: &mut Graph, ty: Type, bits: u128) -> Node {
    let payload = graph.analysis.intern(bits);
    let op = if ty.is_float() { Op::Fconst } else { Op::Iconst };
    Node::new(Some(op), ty, payload, &[])
}

impl Analysis<Node> for ClassInfo {
    type Data = ClassData;

    fn make(graph: &mut Graph, node: &Node, _: Id) -> ClassData {
        let facts = match node.op {
            None => graph.analysis.leaf_facts[node.payload as usize],
            Some(Op::Iconst | Op::Fconst) => Facts::constant(node.ty, graph.analysis.constant(node)),
            Some(Op::SlotAddr | Op::GlobalAddr | Op::FuncAddr) => Facts::unsigned(node.ty, 1, node.ty.mask()),
            Some(op) => {
                let mut args = [Facts::top(Type::I1); 3];
                for (slot, &child) in args.iter_mut().zip(node.children()) {
                    *slot = graph[child].data.facts;
                }
                transfer(op, node.ty, &args[..node.children().len()])
            }
        };
        ClassData { facts, ops: op_bit(node.op) }
    }

    fn pre_union(graph: &Graph, id1: Id, id2: Id, _: &Option<Justification>) {
        let (a, b) = (graph.find(id1), graph.find(id2));
        if a == b {
            return;
        }
        let info = &graph.analysis;
        info.in_union.set(true);
        let is_constant = |id: Id| graph[id].data.facts.as_constant().is_some();
        match (is_constant(a), is_constant(b)) {
            (false, false) => info.merged.borrow_mut().extend([a, b]),
            // Users of a constant learn nothing from another expression that is the constant too.
            (false, true) => info.touched.borrow_mut().extend(graph[a].parents()),
            (true, false) => info.touched.borrow_mut().extend(graph[b].parents()),
            (true, true) => {}
        }
    }

    fn merge(&mut self, a: &mut ClassData, b: ClassData) -> DidMerge {
        a.ops |= b.ops;
        if let (Some(x), Some(y)) = (a.facts.as_constant(), b.facts.as_constant())
            && x != y
        {
            // Rules keep the value of a float, not which NaN it is.
            if same(a.facts.ty, x, y) {
                return DidMerge(false, true);
            }
            self.conflict.get_or_insert(Conflict { rule: self.current_rule, bits: [x, y] });
            return DidMerge(false, true);
        }
        // Facts that contradict each other mean that no execution computes the class; the first are as good as any.
        let merged = a.facts.and(&b.facts).unwrap_or(a.facts);
        let changed = DidMerge(merged != a.facts, merged != b.facts);
        a.facts = merged;
        changed
    }

    fn modify(graph: &mut Graph, id: Id) {
        if !graph.analysis.in_union.replace(false) {
            graph.analysis.changed.push(id);
        }
        let class = &graph[id];
        let (facts, ops) = (class.data.facts, class.data.ops);
        if let Some(bits) = facts.as_constant()
            && !(class.nodes.len() == 1 && class.nodes[0].is_constant())
        {
            if !class.nodes.iter().any(Node::is_constant) {
                let constant = add_constant(graph, facts.ty, bits);
                graph.union(id, constant);
            }
            // Nothing is cheaper than the constant, and nothing else about the class is worth matching.
            graph[id].nodes.retain(Node::is_constant);
            return;
        }
        for op in ONE_TO_ONE {
            if ops & op_bit(Some(op)) != 0 {
                unite_operands(graph, id, op);
            }
        }
    }
}

/// Operations with one operand that give equal results for equal operands only.
const ONE_TO_ONE: [Op; 3] = [Op::Bnot, Op::Ineg, Op::Bswap];

/// Where `~x` and `~y` are in one class, `x` is `y`. Without this, rules that look below the operations would match every
/// pair of operands.
fn unite_operands(graph: &mut Graph, id: Id, op: Op) {
    let operands: SmallVec<[Id; 2]> =
        graph[id].nodes.iter().filter(|node| node.op == Some(op)).map(|node| node.children[0]).collect();
    for &other in operands.iter().skip(1) {
        graph.union(operands[0], other);
    }
}
