//! Graphs as text for Graphviz: control flow, dominators, loops, calls. Names are those of the text form.

use crate::graph::{CallGraph, Cfg, Dominators, LoopId, LoopNest};
use crate::print::{self, Names};
use crate::*;
use petgraph::dot::{Config, Dot};
use petgraph::graph::DiGraph;
use std::fmt::{Display, Write};

const STYLE: &str =
    "  node [shape=box, fontname=\"monospace\", fontsize=10];\n  edge [fontname=\"monospace\", fontsize=9];\n";

/// The control-flow graphs of these functions, with all instructions. Headers of loops are green, cold blocks blue,
/// unreachable blocks grey, blocks on irreducible cycles red; back edges are bold.
pub fn cfg(module: &Module, functions: &[FuncId]) -> String {
    let mut out = format!("digraph cfg {{\n{STYLE}");
    for &id in functions {
        let func = &module.functions[id];
        let names = Names::new(func);
        let graph = Cfg::new(func);
        let dominators = Dominators::new(&graph);
        let loops = LoopNest::new(&graph, &dominators);
        let node = |block: Block| format!("f{}_{}", id.as_u32(), block_name(&names, block));
        let declaration = quoted(&print::declaration(module, func));
        push(&mut out, format_args!("  subgraph cluster_f{} {{\n    label={declaration};\n", id.as_u32()));
        push(&mut out, "    labeljust=l; fontname=\"monospace\"; fontsize=11; color=gray;\n");
        for &block in &func.layout {
            let is_header = loops.innermost(block).is_some_and(|id| loops[id].header == block);
            let color = if !graph.is_reachable(block) {
                "#d0d0d0"
            } else if loops.is_irreducible(block) {
                "#f4c0c0"
            } else if func.blocks[block].cold {
                "#c8dcf4"
            } else if is_header {
                "#c8f0c8"
            } else {
                "#f4f4e8"
            };
            let label = block_label(module, func, &names, block, color);
            push(&mut out, format_args!("    {} [shape=plain, label={label}];\n", node(block)));
        }
        for &block in &func.layout {
            let inst = &func.insts[func.terminator(block)];
            for (index, target) in inst.targets().enumerate() {
                let mut attributes = Vec::new();
                match &inst.payload {
                    Payload::Brif(_) => attributes.push(format!("label=\"{}\"", 1 - index)),
                    Payload::Switch(switch) => {
                        let case = switch.cases.get(index).map(|(bits, _)| eval::signed(inst.ty, *bits).to_string());
                        attributes.push(format!("label=\"{}\"", case.as_deref().unwrap_or("default")));
                    }
                    _ => {}
                }
                if dominators.dominates(target.block, block) {
                    attributes.push("style=bold, color=\"#208020\"".into());
                }
                let (from, to) = (node(block), node(target.block));
                push(&mut out, format_args!("    {from} -> {to} [{}];\n", attributes.join(", ")));
            }
        }
        out.push_str("  }\n");
    }
    out.push_str("}\n");
    out
}

/// The dominator tree of a function.
pub fn dominators(module: &Module, id: FuncId) -> String {
    let func = &module.functions[id];
    let names = Names::new(func);
    let dominators = Dominators::new(&Cfg::new(func));
    let mut graph = DiGraph::new();
    let mut nodes = vec![None; func.blocks.len()];
    for &block in dominators.preorder() {
        let node = graph.add_node(block_name(&names, block));
        nodes[block.as_u32() as usize] = Some(node);
        if let Some(parent) = dominators.idom(block).and_then(|parent| nodes[parent.as_u32() as usize]) {
            graph.add_edge(parent, node, "");
        }
    }
    draw(&format!("dominator tree of {}", print::declaration(module, func)), &graph, |_| "")
}

/// The loops of a function as a tree, outer above inner.
pub fn loops(module: &Module, id: FuncId) -> String {
    let func = &module.functions[id];
    let names = Names::new(func);
    let cfg = Cfg::new(func);
    let nest = LoopNest::new(&cfg, &Dominators::new(&cfg));
    let list = |blocks: &[Block]| blocks.iter().map(|&b| block_name(&names, b)).collect::<Vec<_>>().join(" ");
    let mut graph = DiGraph::new();
    let outside: Vec<Block> = cfg.rpo().iter().copied().filter(|&block| nest.depth(block) == 0).collect();
    let mut text = format!("outside of loops\n{}\n", list(&outside));
    let irreducible: Vec<Block> = cfg.rpo().iter().copied().filter(|&block| nest.is_irreducible(block)).collect();
    if !irreducible.is_empty() {
        push(&mut text, format_args!("on irreducible cycles\n{}\n", list(&irreducible)));
    }
    let root = graph.add_node(text);
    let mut nodes = Vec::new();
    for (id, data) in nest.iter() {
        let own: Vec<Block> = data.blocks.iter().copied().filter(|&block| nest.innermost(block) == Some(id)).collect();
        let preheader = data.preheader.map_or("none".into(), |block| block_name(&names, block));
        let exits: Vec<String> = nest
            .exits(&cfg, id)
            .iter()
            .map(|&(from, to)| format!("{}->{}", block_name(&names, from), block_name(&names, to)))
            .collect();
        let node = graph.add_node(format!(
            "loop at {}, depth {}\nblocks {}\nlatches {}\npreheader {preheader}\nexits {}\n",
            block_name(&names, data.header),
            data.depth,
            list(&own),
            list(&data.latches),
            if exits.is_empty() { "none".into() } else { exits.join(" ") },
        ));
        nodes.push(node);
        let parent = data.parent.map_or(root, |parent: LoopId| nodes[parent.as_u32() as usize]);
        graph.add_edge(parent, node, "");
    }
    draw(&format!("loops of {}", print::declaration(module, func)), &graph, |_| "")
}

/// The call graph of a module, with the number of calls at the edges. Imported functions are dashed, recursive ones red,
/// those whose address is taken have a double border.
pub fn calls(module: &Module) -> String {
    let calls = CallGraph::new(module);
    let graph = calls.graph().map(
        |_, &id| module.functions[id].name.to_string(),
        |_, &count| if count == 1 { String::new() } else { count.to_string() },
    );
    draw("calls", &graph, |index| {
        let id = FuncId::from_u32(index as u32);
        match (module.functions[id].linkage, calls.is_recursive(id), calls.is_address_taken(id)) {
            (Linkage::Import, _, false) => "style=dashed",
            (Linkage::Import, _, true) => "style=dashed peripheries=2",
            (_, true, false) => "color=red",
            (_, true, true) => "color=red peripheries=2",
            (_, false, true) => "peripheries=2",
            (_, false, false) => "",
        }
    })
}

fn draw<E: Display>(title: &str, graph: &DiGraph<String, E>, attributes: impl Fn(usize) -> &'static str) -> String {
    let node = |_, (index, _): (petgraph::graph::NodeIndex, &String)| attributes(index.index()).to_string();
    let edge = |_, _: petgraph::graph::EdgeReference<'_, E>| String::new();
    let content = Dot::with_attr_getters(graph, &[Config::GraphContentOnly], &edge, &node);
    format!("digraph {{\n  label={}; labelloc=t; fontname=\"monospace\";\n{STYLE}{content}}}\n", quoted(title))
}

fn push(out: &mut String, text: impl Display) {
    write!(out, "{text}").expect("a string takes everything");
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn block_name(names: &Names, block: Block) -> String {
    names.block(block).map_or_else(|| format!("block_{}", block.as_u32()), |name| format!("block{name}"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A table: a coloured row with the block's name and parameters, a row for each instruction.
fn block_label(module: &Module, func: &Function, names: &Names, block: Block, color: &str) -> String {
    let data = &func.blocks[block];
    let params: Vec<String> = data
        .params
        .iter()
        .map(|&param| format!("v{}: {}", names.value(param).unwrap_or(param.as_u32()), func.ty(param)))
        .collect();
    let params = if params.is_empty() { String::new() } else { format!("({})", params.join(", ")) };
    let mut label = format!(
        "<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"4\">\
         <tr><td bgcolor=\"{color}\" align=\"left\">{}{params}</td></tr><tr><td align=\"left\" balign=\"left\">",
        block_name(names, block)
    );
    for &inst in &data.insts {
        label.push_str(&escaped(&print::bare_instruction(module, func, names, inst)));
        label.push_str("<br/>");
    }
    label.push_str("</td></tr></table>>");
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Module {
        crate::parse::module(
            "import fn @\"p<q>\"(i64) -> i1\n\
             export fn @count(i64) -> i64 {\nblock0(v0: i64):\n  jump block1(v0)\n\
             block1(v1: i64):\n  v2 = iconst.i64 1\n  v3 = isub.i64 v1, v2\n  v4 = call @\"p<q>\"(v3)\n  v5 = call @count(v3)\n  \
             brif v4, block1(v3), block2\nblock2:\n  switch.i64 v1 [-1: block3], block3\nblock3 cold:\n  return v1\n}\n",
        )
        .unwrap()
    }

    #[test]
    fn control_flow_shows_instructions_and_edges() {
        let module = example();
        let text = cfg(&module, &[FuncId::from_u32(1)]);
        for expected in [
            "label=\"export fn @count(i64) -> i64\"",
            "v4 = call @&quot;p&lt;q&gt;&quot;(v3)<br/>",
            "<td bgcolor=\"#c8f0c8\" align=\"left\">block1(v1: i64)</td>",
            "f1_block1 -> f1_block1 [label=\"1\", style=bold",
            "f1_block1 -> f1_block2 [label=\"0\"]",
            "f1_block2 -> f1_block3 [label=\"-1\"]",
            "f1_block2 -> f1_block3 [label=\"default\"]",
        ] {
            assert!(text.contains(expected), "{expected} is not in\n{text}");
        }
    }

    #[test]
    fn trees_and_calls() {
        let module = example();
        let text = dominators(&module, FuncId::from_u32(1));
        assert!(text.contains("2 [ label = \"block2\" ]") && text.contains("2 -> 3"), "{text}");
        let text = loops(&module, FuncId::from_u32(1));
        assert!(text.contains("loop at block1, depth 1\\lblocks block1\\llatches block1\\lpreheader block0"), "{text}");
        let text = calls(&module);
        assert!(text.contains("0 [ label = \"p<q>\" style=dashed]") && text.contains("color=red"), "{text}");
    }
}
