//! A picture of a saturated e-graph as text for Graphviz: classes as boxes with their members, what is known about each,
//! and the instructions of the skeleton that use them.

use super::build::Built;
use super::limits::PICTURE_CLASSES;
use super::node::{Graph, NO_RULE, Node};
use super::saturate::Saturation;
use crate::rules::rules;
use egg::{Id, Language};
use lang_ir::eval::signed;
use lang_ir::print::{Names, bare_instruction};
use lang_ir::{Function, Module, Op};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::fmt::Write;

/// The text. Members that a rule added are green and say its name. Of a big e-graph, the classes closest to the
/// instructions are shown, and the title says how many are not.
pub fn draw(module: &Module, func: &Function, built: &Built, saturation: &Saturation) -> String {
    let graph = &saturation.graph;
    let names = Names::new(func);
    let origin = origins(saturation);
    let (shown, skeleton) = choose(func, built, graph);
    let total = graph.number_of_classes();
    let mut out = String::new();
    let cut = match total - shown.len() {
        0 => String::new(),
        more => format!("; {more} classes further from the instructions are not shown"),
    };
    let title = format!("{}: {} e-nodes, {total} e-classes{cut}", func.name, graph.total_number_of_nodes());
    push(&mut out, format_args!("digraph egraph {{\n  label={}; labelloc=t; compound=true;\n", quoted(&title)));
    push(&mut out, format_args!("  fontname=\"monospace\"; fontsize=10; clusterrank=local;\n"));
    push(
        &mut out,
        format_args!("  node [shape=box, fontname=\"monospace\", fontsize=10, style=filled, fillcolor=\"#f4f4e8\"];\n"),
    );
    let visible: FxHashSet<Id> = shown.iter().copied().collect();
    for &class in &shown {
        let label = quoted(&class_label(graph, class));
        push(&mut out, format_args!("  subgraph cluster_{class} {{\n    label={label}; style=dashed; fontsize=9;\n"));
        for (index, node) in graph[class].nodes.iter().enumerate() {
            let rule = origin.get(node).and_then(|&rule| rules().get(rule as usize)).map(|rule| rule.row.name);
            let mut label = node_label(module, func, &names, built, graph, node);
            let color = rule.map_or("", |name| {
                label.push_str(&format!("\n{name}"));
                ", fillcolor=\"#c8f0c8\""
            });
            push(&mut out, format_args!("    n{class}_{index} [label={}{color}];\n", quoted(&label)));
        }
        push(&mut out, format_args!("  }}\n"));
    }
    for &class in &shown {
        for (index, node) in graph[class].nodes.iter().enumerate() {
            for (position, &child) in node.children().iter().enumerate() {
                let child = graph.find(child);
                if visible.contains(&child) {
                    let lhead = if child == class { String::new() } else { format!(", lhead=cluster_{child}") };
                    let label =
                        if node.children().len() > 1 { format!("label={position}") } else { "label=\"\"".into() };
                    push(&mut out, format_args!("  n{class}_{index} -> n{child}_0 [{label}{lhead}, fontsize=8];\n"));
                }
            }
        }
    }
    for (number, (inst, classes)) in skeleton.iter().enumerate() {
        let text = quoted(&bare_instruction(module, func, &names, *inst));
        push(&mut out, format_args!("  s{number} [label={text}, shape=plain, style=\"\"];\n"));
        for class in classes.iter().filter(|class| visible.contains(class)) {
            push(&mut out, format_args!("  s{number} -> n{class}_0 [lhead=cluster_{class}, color=gray];\n"));
        }
    }
    push(&mut out, format_args!("}}\n"));
    out
}

/// The rule that first made each e-node.
fn origins(saturation: &Saturation) -> FxHashMap<Node, u16> {
    let graph = &saturation.graph;
    let mut origins = FxHashMap::default();
    for (node, origin) in graph.nodes().iter().zip(&saturation.origins) {
        let node = node.map_children(|child| graph.find(child));
        origins.entry(node).or_insert(origin.rule);
    }
    origins.retain(|_, rule| *rule != NO_RULE);
    origins
}

/// Instructions of the skeleton with their classes.
type Skeleton = Vec<(lang_ir::Inst, Vec<Id>)>;

/// The classes to show, those closest to the skeleton first, and the skeleton.
fn choose(func: &Function, built: &Built, graph: &Graph) -> (Vec<Id>, Skeleton) {
    let mut skeleton = Skeleton::new();
    let mut queue: VecDeque<Id> = VecDeque::new();
    for &block in &func.layout {
        for entry in &built.skeleton[block] {
            let data = &func.insts[entry.inst];
            let classes: Vec<Id> = data.operands().map(|value| graph.find(built.class(value))).collect();
            queue.extend(classes.iter().copied());
            if data.op != Op::Jump || !classes.is_empty() {
                skeleton.push((entry.inst, classes));
            }
        }
    }
    skeleton.truncate(PICTURE_CLASSES);
    let mut shown = Vec::new();
    let mut seen: FxHashSet<Id> = FxHashSet::default();
    while let Some(class) = queue.pop_front() {
        if !seen.insert(class) {
            continue;
        }
        if shown.len() == PICTURE_CLASSES {
            break;
        }
        shown.push(class);
        queue.extend(graph[class].nodes.iter().flat_map(|n| n.children().iter().map(|&c| graph.find(c))));
    }
    (shown, skeleton)
}

fn class_label(graph: &Graph, class: Id) -> String {
    let facts = graph[class].data.facts;
    let mut label = format!("{class}: {}", facts.ty);
    if facts.ty.is_float() || facts.as_constant().is_some() || facts.is_top() {
        return label;
    }
    let (least, most) = (signed(facts.ty, 1 << (facts.ty.bits() - 1)), facts.ty.mask() >> 1);
    if facts.smin > least || facts.smax < most as i128 {
        label.push_str(&format!(" in {}..={}", facts.smin, facts.smax));
    } else if facts.umin > 0 || facts.umax < facts.ty.mask() {
        label.push_str(&format!(" in {}..={} unsigned", facts.umin, facts.umax));
    }
    label
}

fn node_label(module: &Module, func: &Function, names: &Names, built: &Built, graph: &Graph, node: &Node) -> String {
    match node.op {
        None => {
            let leaf = built.leaves[node.payload as usize];
            match leaf.anchor {
                Some(anchor) => bare_instruction(module, func, names, anchor.inst),
                None => format!("v{}", names.value(leaf.value).unwrap_or(leaf.value.as_u32())),
            }
        }
        Some(Op::Iconst) => format!("{}", signed(node.ty, graph.analysis.constant(node))),
        Some(Op::Fconst) => format!("{}", lang_ir::eval::to_f64(node.ty, graph.analysis.constant(node))),
        Some(Op::SlotAddr) => format!("slot_addr ss{}", node.payload),
        Some(Op::GlobalAddr) => format!("global_addr {}", node.payload),
        Some(Op::FuncAddr) => format!("func_addr {}", node.payload),
        Some(op) => format!("{}.{}", op.mnemonic(), node.ty),
    }
}

fn push(out: &mut String, text: std::fmt::Arguments) {
    out.write_fmt(text).expect("a string takes everything");
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
