//! Extraction: which members of the classes are computed.
//!
//! Bottom-up by a heap (Knuth's generalization of Dijkstra's algorithm): candidates of classes are settled in the order of
//! their cost. A class keeps its cheapest candidate and those dearer ones that are *available* in more places: a candidate
//! is available from the point on at which all of its leaves are defined, and congruence can put an expression into a class
//! that is not available where the class is used. A use takes the cheapest candidate that is available there. The cost of
//! a candidate is that of a tree; [`share`](Extraction::share) then corrects it for what is shared.

use super::build::{Built, Fate};
use super::cost;
use super::flow::{Flow, Point};
use super::limits::{CANDIDATES, SHARING_STEPS};
use super::node::{Graph, Node};
use egg::{Id, Language};
use lang_ir::target::Target;
use lang_ir::{Function, Op};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A settled candidate of a class, by its number.
pub type Item = u32;

/// One way to compute a class.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub node: Node,
    pub class: Id,
    /// From here on it can be computed.
    pub point: Point,
    pub cost: u64,
    pub children: SmallVec<[Item; 3]>,
}

/// The candidates of all classes.
pub struct Extraction<'a> {
    graph: &'a Graph,
    flow: &'a Flow,
    built: &'a Built,
    target: &'a Target,
    pub items: Vec<Candidate>,
    /// By item: greater than the ranks of its operands.
    pub ranks: Vec<i64>,
    lowest_rank: i64,
    /// By dense class: its candidates in the order of cost.
    settled: Vec<SmallVec<[Item; 2]>>,
    /// By class id: dense class.
    dense: Vec<u32>,
    nodes: Vec<(Node, u32)>,
    /// By dense class: nodes with it as a child, each once; `parents[start[c]..start[c + 1]]`.
    parents: Vec<u32>,
    start: Vec<u32>,
}

/// Which e-nodes may be chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choice {
    /// All of them.
    Any,
    /// The function's own: extraction then only shares and moves computations.
    Original,
}

/// An entry of the heap; ties go to the entry made first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    cost: u64,
    serial: u32,
}

struct Pending {
    node: u32,
    point: Point,
    children: SmallVec<[Item; 3]>,
}

const NONE: u32 = u32::MAX;

/// Whether a partial operation has a meaning for all values of its operands.
fn is_harmless(graph: &Graph, node: &Node) -> bool {
    let [a, b] = [0, 1].map(|i| &graph[node.children()[i]].data.facts);
    let minus_one = node.ty.mask();
    b.nonzero() && (node.op != Some(Op::Sdiv) || !b.contains(minus_one) || !a.contains(1 << (node.ty.bits() - 1)))
}

impl<'a> Extraction<'a> {
    /// Settles the candidates of all classes.
    pub fn new(
        graph: &'a Graph,
        flow: &'a Flow,
        built: &'a Built,
        target: &'a Target,
        choice: Choice,
    ) -> Extraction<'a> {
        let mut this = Extraction {
            graph,
            flow,
            built,
            target,
            items: Vec::new(),
            ranks: Vec::new(),
            lowest_rank: 0,
            settled: Vec::new(),
            dense: vec![NONE; graph.nodes().len()],
            nodes: Vec::new(),
            parents: Vec::new(),
            start: Vec::new(),
        };
        this.list_nodes(choice);
        this.settle();
        this.ranks = (0..this.items.len() as i64).collect();
        this
    }

    fn list_nodes(&mut self, choice: Choice) {
        let graph = self.graph;
        let original: FxHashSet<Node> = match choice {
            Choice::Any => FxHashSet::default(),
            Choice::Original => {
                let own = graph.nodes()[..self.built.original_nodes].iter();
                own.map(|node| node.map_children(|child| graph.find(child))).collect()
            }
        };
        for class in graph.classes() {
            let dense = self.settled.len() as u32;
            self.dense[usize::from(class.id)] = dense;
            self.settled.push(SmallVec::new());
            for node in &class.nodes {
                let usable = match node.op {
                    Some(op) if op.is_partial() => is_harmless(graph, node),
                    // A load's own e-node is its anchored leaf.
                    Some(op) => cost::placement(op) != cost::Placement::Fixed,
                    None => true,
                };
                let allowed = choice == Choice::Any || node.is_constant() || original.contains(node);
                if usable && allowed {
                    self.nodes.push((*node, dense));
                }
            }
        }
        let mut counts = vec![0u32; self.settled.len() + 1];
        for_each_edge(&self.nodes, &self.dense, graph, |class, _| counts[class as usize + 1] += 1);
        for i in 1..counts.len() {
            counts[i] += counts[i - 1];
        }
        self.start = counts.clone();
        self.parents = vec![0; counts.last().copied().unwrap_or(0) as usize];
        let parents = &mut self.parents;
        for_each_edge(&self.nodes, &self.dense, graph, |class, node| {
            parents[counts[class as usize] as usize] = node;
            counts[class as usize] += 1;
        });
    }

    fn dense(&self, class: Id) -> u32 {
        self.dense[usize::from(self.graph.find(class))]
    }

    /// What an e-node costs by itself where it is available from this point on.
    fn own_cost(&self, node: &Node, point: Point) -> u64 {
        let weight = self.flow.depth_weight(point.block);
        match node.op {
            Some(op) => cost::units(self.target, op, node.ty).saturating_mul(weight),
            None => match self.built.leaves[node.payload as usize].anchor {
                Some(anchor) => cost::units(self.target, anchor.op, node.ty).saturating_mul(weight),
                None => 0,
            },
        }
    }

    fn settle(&mut self) {
        let entry = Point { block: self.flow.order[0], pos: 0 };
        let mut heap: BinaryHeap<Reverse<Entry>> = BinaryHeap::new();
        let mut pending: Vec<Pending> = Vec::new();
        for index in 0..self.nodes.len() {
            let node = self.nodes[index].0;
            if node.children().is_empty() {
                let point = match node.op {
                    Some(_) => entry,
                    None => self.built.leaves[node.payload as usize].point,
                };
                heap.push(Reverse(Entry { cost: self.own_cost(&node, point), serial: pending.len() as u32 }));
                pending.push(Pending { node: index as u32, point, children: SmallVec::new() });
            }
        }
        while let Some(Reverse(Entry { cost, serial })) = heap.pop() {
            let Pending { node, point, children } = &mut pending[serial as usize];
            let (point, children) = (*point, std::mem::take(children));
            let (node, class) = self.nodes[*node as usize];
            if !self.is_wanted(class, point) {
                continue;
            }
            let item = self.items.len() as Item;
            self.items.push(Candidate { node, class: Id::from(0), point, cost, children });
            self.settled[class as usize].push(item);
            let (from, to) = (self.start[class as usize] as usize, self.start[class as usize + 1] as usize);
            for parent in from..to {
                let parent = self.parents[parent];
                self.combine(parent, class, item, &mut |cost, point, children| {
                    heap.push(Reverse(Entry { cost, serial: pending.len() as u32 }));
                    pending.push(Pending { node: parent, point, children });
                });
            }
        }
        for class in self.graph.classes() {
            let dense = self.dense[usize::from(class.id)];
            for &item in &self.settled[dense as usize] {
                self.items[item as usize].class = class.id;
            }
        }
    }

    /// Whether a candidate at this point adds something to the settled ones, which are cheaper.
    fn is_wanted(&self, class: u32, point: Point) -> bool {
        let settled = &self.settled[class as usize];
        settled.len() < CANDIDATES
            && !settled.iter().any(|&item| self.flow.dominates(self.items[item as usize].point, point))
    }

    /// Every way to compute a node with the new candidate of one of its operands.
    fn combine(&self, parent: u32, class: u32, new: Item, found: &mut dyn FnMut(u64, Point, SmallVec<[Item; 3]>)) {
        let (node, parent_class) = self.nodes[parent as usize];
        let children = node.children();
        // An anchored leaf is computed where its instruction stands.
        let anchor = match node.op {
            None => Some(self.built.leaves[node.payload as usize].point),
            Some(_) => None,
        };
        let own = [new];
        for fixed in 0..children.len() {
            if self.dense(children[fixed]) != class {
                continue;
            }
            let mut lists: [&[Item]; 3] = [&own; 3];
            for (i, &child) in children.iter().enumerate() {
                if i != fixed {
                    lists[i] = &self.settled[self.dense(child) as usize];
                }
            }
            let lists = &lists[..children.len()];
            let mut at = [0usize; 3];
            if lists.iter().any(|l| l.is_empty()) {
                continue;
            }
            loop {
                let chosen: SmallVec<[Item; 3]> = lists.iter().zip(at).map(|(list, i)| list[i]).collect();
                self.try_combination(&node, parent_class, anchor, chosen, found);
                let mut digit = 0;
                while digit < lists.len() {
                    at[digit] += 1;
                    if at[digit] < lists[digit].len() {
                        break;
                    }
                    at[digit] = 0;
                    digit += 1;
                }
                if digit == lists.len() {
                    break;
                }
            }
        }
    }

    fn try_combination(
        &self,
        node: &Node,
        class: u32,
        anchor: Option<Point>,
        children: SmallVec<[Item; 3]>,
        found: &mut dyn FnMut(u64, Point, SmallVec<[Item; 3]>),
    ) {
        let mut cost = 0u64;
        let mut point: Option<Point> = None;
        for &child in &children {
            let child = &self.items[child as usize];
            cost = cost.saturating_add(child.cost);
            point = match point {
                None => Some(child.point),
                Some(p) => match self.flow.later(p, child.point) {
                    Some(later) => Some(later),
                    None => return,
                },
            };
        }
        let Some(mut point) = point else { return };
        if let Some(defined) = anchor {
            // The operands are needed just before the result is defined.
            let used = Point { pos: defined.pos - 1, ..defined };
            if !self.flow.dominates(point, used) {
                return;
            }
            point = defined;
        }
        if self.is_wanted(class, point) {
            found(cost.saturating_add(self.own_cost(node, point)), point, children);
        }
    }

    /// The cheapest candidate of a class that is available at a point.
    pub fn choose(&self, class: Id, at: Point) -> Option<Item> {
        let settled = &self.settled[self.dense(class) as usize];
        settled.iter().copied().find(|&item| self.flow.dominates(self.items[item as usize].point, at))
    }

    /// The candidates that the skeleton needs.
    pub fn select(&self, func: &Function) -> Option<Selection> {
        let mut selection = Selection { uses: vec![0; self.items.len()], roots: Vec::new(), points: Vec::new() };
        let mut work: Vec<Item> = Vec::new();
        for &block in &self.flow.order {
            for (pos, skeleton) in self.built.skeleton[block].iter().enumerate() {
                for_each_operand(func, skeleton.inst, skeleton.fate, &mut |value| {
                    let point = Point { block, pos: pos as u32 };
                    let item = self.choose(self.built.class(value), point);
                    selection.points.push(point);
                    selection.roots.push(item.unwrap_or(NONE));
                    work.extend(item);
                });
            }
        }
        if selection.roots.contains(&NONE) {
            return None;
        }
        for item in work {
            self.acquire(&mut selection.uses, item);
        }
        Some(selection)
    }

    /// Counts a use of an item, and those of its operands if it is the first.
    fn acquire(&self, uses: &mut [u32], item: Item) {
        let mut work: SmallVec<[Item; 16]> = SmallVec::new();
        work.push(item);
        while let Some(item) = work.pop() {
            uses[item as usize] += 1;
            if uses[item as usize] == 1 {
                work.extend(self.items[item as usize].children.iter().copied());
            }
        }
    }

    /// Takes a use of an item back, and those of its operands if it was the last; what that saves.
    fn release(&self, uses: &mut [u32], item: Item) -> u64 {
        let mut saved = 0u64;
        let mut work: SmallVec<[Item; 16]> = SmallVec::new();
        work.push(item);
        while let Some(item) = work.pop() {
            uses[item as usize] -= 1;
            if uses[item as usize] == 0 {
                let item = &self.items[item as usize];
                saved = saved.saturating_add(self.own_cost(&item.node, item.point));
                work.extend(item.children.iter().copied());
            }
        }
        saved
    }

    /// Improves a selection for what is shared, which the cost of trees does not see.
    pub fn share(&mut self, selection: &mut Selection) {
        self.merge_candidates(selection);
        self.prefer_shared(selection);
    }

    /// Where several candidates of one class are used, lets the users of one use another that is there anyway.
    fn merge_candidates(&mut self, selection: &mut Selection) {
        let used = |uses: &[u32], item: Item| uses[item as usize] > 0;
        let several: Vec<u32> = (0..self.settled.len() as u32)
            .filter(|&c| self.settled[c as usize].iter().filter(|&&i| used(&selection.uses, i)).count() > 1)
            .collect();
        if several.is_empty() {
            return;
        }
        // The users of the items of those classes: operands of the skeleton, and items. Users that are gone stay listed.
        let mut users: FxHashMap<Item, Users> = FxHashMap::default();
        for &item in several.iter().flat_map(|&c| &self.settled[c as usize]) {
            users.insert(item, Users::default());
        }
        for (root, item) in selection.roots.iter().enumerate() {
            if let Some(users) = users.get_mut(item) {
                users.roots.push(root as u32);
            }
        }
        for (parent, candidate) in self.items.iter().enumerate().filter(|(p, _)| selection.uses[*p] > 0) {
            for child in &candidate.children {
                if let Some(users) = users.get_mut(child) {
                    users.items.push(parent as Item);
                }
            }
        }
        for class in several {
            for from in self.settled[class as usize].clone() {
                if !used(&selection.uses, from) {
                    continue;
                }
                let Users { roots, mut items } = users.remove(&from).unwrap_or_default();
                items.retain(|&p| used(&selection.uses, p));
                let other = self.settled[class as usize].clone().into_iter().find(|&to| {
                    let point = self.items[to as usize].point;
                    to != from
                        && used(&selection.uses, to)
                        && roots.iter().all(|&r| self.flow.dominates(point, selection.points[r as usize]))
                        && items.iter().all(|&p| self.flow.dominates(point, self.operands_point(p)))
                        && items.iter().all(|&p| self.rank_below(to, p))
                });
                let Some(to) = other else {
                    users.insert(from, Users { roots, items });
                    continue;
                };
                let moved = users.entry(to).or_default();
                for root in roots {
                    selection.roots[root as usize] = to;
                    moved.roots.push(root);
                    self.acquire(&mut selection.uses, to);
                    self.release(&mut selection.uses, from);
                }
                for parent in items {
                    for position in 0..self.items[parent as usize].children.len() {
                        if self.items[parent as usize].children[position] == from {
                            self.items[parent as usize].children[position] = to;
                            moved.items.push(parent);
                            self.acquire(&mut selection.uses, to);
                            self.release(&mut selection.uses, from);
                        }
                    }
                }
            }
        }
    }

    /// Sees to it that one item has a lower rank than another, so that it may become its operand; false if it may not, or
    /// if too much would have to be looked at.
    fn rank_below(&mut self, low: Item, high: Item) -> bool {
        if self.ranks[low as usize] < self.ranks[high as usize] {
            return true;
        }
        // Everything below `low`: if it is little and `high` is not in it, it can move below all else.
        let mut below: SmallVec<[Item; 16]> = SmallVec::new();
        below.push(low);
        let mut at = 0;
        while at < below.len() {
            if below[at] == high || below.len() > SHARING_STEPS {
                return false;
            }
            for &child in &self.items[below[at] as usize].children {
                if !below.contains(&child) {
                    below.push(child);
                }
            }
            at += 1;
        }
        below.sort_unstable_by_key(|&item| std::cmp::Reverse(self.ranks[item as usize]));
        for item in below {
            self.lowest_rank -= 1;
            self.ranks[item as usize] = self.lowest_rank;
        }
        true
    }

    /// Where the operands of an item have to be available.
    fn operands_point(&self, item: Item) -> Point {
        let candidate = &self.items[item as usize];
        match candidate.node.op {
            None => Point { pos: candidate.point.pos - 1, ..candidate.point },
            Some(_) => candidate.point,
        }
    }

    /// Computes a class another way where that needs less besides what is computed anyway.
    fn prefer_shared(&mut self, selection: &mut Selection) {
        let mut first = vec![0usize; self.settled.len() + 1];
        for (_, class) in &self.nodes {
            first[*class as usize + 1] += 1;
        }
        for i in 1..first.len() {
            first[i] += first[i - 1];
        }
        for item in (0..self.items.len()).rev() {
            let candidate = &self.items[item];
            if selection.uses[item] == 0 || candidate.node.op.is_none() || candidate.children.is_empty() {
                continue;
            }
            let class = self.dense[usize::from(candidate.class)] as usize;
            let nodes = first[class]..first[class + 1];
            if nodes.len() < 2 || nodes.len() > SHARING_STEPS {
                continue;
            }
            let (point, old) = (candidate.point, candidate.children.clone());
            // What this way costs: itself, and what only it needs.
            let mut present = self.own_cost(&candidate.node, point);
            let mut released: Vec<Item> = Vec::new();
            let mut saved: SmallVec<[(Item, u64); 3]> = SmallVec::new();
            for &child in &old {
                let cost = self.release_some(&mut selection.uses, child, &mut released);
                saved.push((child, cost));
                present = present.saturating_add(cost);
            }
            let mut best: Option<(u64, Node, SmallVec<[Item; 3]>)> = None;
            for index in nodes {
                let (node, _) = self.nodes[index];
                let ways = self.marginal(&selection.uses, &node, item as Item, point, &saved);
                let Some((cost, children)) = ways else { continue };
                if cost < present && best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                    best = Some((cost, node, children));
                }
            }
            for item in released {
                selection.uses[item as usize] += 1;
            }
            if let Some((_, node, children)) = best {
                // What both ways need is never given up in between.
                children.iter().for_each(|&child| self.acquire(&mut selection.uses, child));
                for &child in &old {
                    self.release(&mut selection.uses, child);
                }
                self.items[item].node = node;
                self.items[item].children = children;
            }
        }
    }

    /// As `release`, but stops after a few items; lists the uses that it took.
    fn release_some(&self, uses: &mut [u32], item: Item, released: &mut Vec<Item>) -> u64 {
        let mut saved = 0u64;
        let mut work: SmallVec<[Item; 16]> = SmallVec::new();
        work.push(item);
        let mut steps = 0;
        while let Some(item) = work.pop() {
            uses[item as usize] -= 1;
            released.push(item);
            steps += 1;
            if uses[item as usize] == 0 {
                let item = &self.items[item as usize];
                saved = saved.saturating_add(self.own_cost(&item.node, item.point));
                if steps < SHARING_STEPS {
                    work.extend(item.children.iter().copied());
                }
            }
        }
        saved
    }

    /// What a node costs in addition to what is used already, and its operands. Some of these may have been used before
    /// and cost what was saved without them.
    fn marginal(
        &self,
        uses: &[u32],
        node: &Node,
        item: Item,
        point: Point,
        saved: &[(Item, u64)],
    ) -> Option<(u64, SmallVec<[Item; 3]>)> {
        node.op?;
        let mut cost = self.own_cost(node, point);
        let mut children: SmallVec<[Item; 3]> = SmallVec::new();
        for &child in node.children() {
            let available = |&&i: &&Item| {
                self.ranks[i as usize] < self.ranks[item as usize]
                    && self.flow.dominates(self.items[i as usize].point, point)
            };
            let settled = &self.settled[self.dense(child) as usize];
            let used = settled.iter().filter(available).find(|i| uses[**i as usize] > 0);
            match used {
                Some(&used) => children.push(used),
                None => {
                    let before = saved.iter().find(|(i, _)| settled.contains(i) && available(&i));
                    let (operand, more) = match before {
                        Some(&(operand, more)) => (operand, more),
                        None => {
                            let cheapest = *settled.iter().find(available)?;
                            (cheapest, self.items[cheapest as usize].cost)
                        }
                    };
                    cost = cost.saturating_add(more);
                    children.push(operand);
                }
            }
        }
        Some((cost, children))
    }
}

/// Which candidates are computed.
#[derive(Clone)]
pub struct Selection {
    /// By item, the number of its users: other items and operands of the skeleton.
    pub uses: Vec<u32>,
    /// The operands of the skeleton that are needed in any case, in dominator-tree preorder of blocks.
    pub roots: Vec<Item>,
    /// Where each root is needed.
    points: Vec<Point>,
}

/// The users of an item: operands of the skeleton, by index, and items.
#[derive(Default)]
struct Users {
    roots: Vec<u32>,
    items: Vec<Item>,
}

/// The operands of a skeleton instruction that it needs by itself; those of an anchored leaf belong to the leaf.
pub fn for_each_operand(func: &Function, inst: lang_ir::Inst, fate: Fate, f: &mut dyn FnMut(lang_ir::Value)) {
    let data = &func.insts[inst];
    match fate {
        Fate::Anchored(_) | Fate::Drop => {}
        Fate::Keep => data.operands().for_each(f),
        // An unconditional trap keeps its arguments, a decided branch those of the target that is taken.
        Fate::Trap => data.args[1..].iter().copied().for_each(f),
        Fate::Taken(truth) => {
            if let Some(target) = data.targets().nth(!truth as usize) {
                target.args.iter().copied().for_each(f);
            }
        }
    }
}

fn for_each_edge(nodes: &[(Node, u32)], dense: &[u32], graph: &Graph, mut f: impl FnMut(u32, u32)) {
    for (index, (node, _)) in nodes.iter().enumerate() {
        let children = node.children();
        for (i, &child) in children.iter().enumerate() {
            let child = graph.find(child);
            if children[..i].iter().all(|&earlier| graph.find(earlier) != child) {
                f(dense[usize::from(child)], index as u32);
            }
        }
    }
}
