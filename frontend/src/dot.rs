//! Graphs of a program's source as text for Graphviz: which module imports which, and syntax trees.

use crate::ast::{self, File, ItemId, ItemKind, StmtId, StmtKind};
use crate::intern::{Interner, Symbol};
use crate::modules::Modules;
use crate::source::SourceMap;
use petgraph::dot::{Config, Dot};
use petgraph::graph::{DiGraph, NodeIndex};
use std::fmt::Write;

const STYLE: &str =
    "  node [shape=box, fontname=\"monospace\", fontsize=10];\n  edge [fontname=\"monospace\", fontsize=9];\n";

/// The modules of a program, with an edge for each import; those of `pub import` are bold, modules of the standard library
/// grey.
pub fn imports(sources: &SourceMap, modules: &Modules) -> String {
    let mut graph: DiGraph<usize, bool> = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..modules.files.len()).map(|index| graph.add_node(index)).collect();
    for (index, info) in modules.infos.iter().enumerate() {
        let mut imports: Vec<_> = info.imports.iter().map(|(&item, &module)| (item, module)).collect();
        imports.sort();
        for (item, module) in imports {
            graph.update_edge(nodes[index], nodes[module], modules.files[index][item].is_pub);
        }
    }
    let node = |_: &DiGraph<usize, bool>, (_, &index): (NodeIndex, &usize)| {
        let colour = if modules.infos[index].is_library { ", style=filled, fillcolor=\"#e0e0e0\"" } else { "" };
        format!("label={}{colour}", title(sources, modules, index))
    };
    let edge = |_: &DiGraph<usize, bool>, edge: petgraph::graph::EdgeReference<'_, bool>| {
        if *edge.weight() { "style=bold, label=\"pub\"".to_string() } else { String::new() }
    };
    let config = [Config::NodeNoLabel, Config::EdgeNoLabel, Config::GraphContentOnly];
    let dot = Dot::with_attr_getters(&graph, &config, &edge, &node);
    format!("digraph imports {{\n{STYLE}{dot:?}}}\n")
}

/// The syntax trees of the modules of a program, but for those of the standard library: side by side, each in a frame, if they
/// are several. With a name, the tree of that alone: of a function of the main file, `f`, or `outer.f` in a module or function;
/// of a module, `geometry.shapes`; of a function of a module, `geometry.shapes.area`. `None` if there is none of that name.
pub fn trees(sources: &SourceMap, modules: &Modules, interner: &Interner, name: Option<&str>) -> Option<String> {
    let mut drawing = Drawing { out: format!("digraph ast {{\n{STYLE}"), nodes: 0 };
    match name {
        Some(name) => drawing.form(&named(modules, interner, name)?),
        None => {
            let own: Vec<usize> = (0..modules.files.len()).filter(|&index| !modules.infos[index].is_library).collect();
            for &index in &own {
                let file = &modules.files[index];
                if own.len() > 1 {
                    let label = title(sources, modules, index);
                    let _ = writeln!(drawing.out, "  subgraph cluster_{index} {{\n  label={label};");
                    drawing.form(&ast::dump(file, interner));
                    drawing.out.push_str("  }\n");
                } else {
                    drawing.form(&ast::dump(file, interner));
                }
            }
        }
    }
    drawing.out.push_str("}\n");
    Some(drawing.out)
}

/// Name and path of a module, quoted.
fn title(sources: &SourceMap, modules: &Modules, index: usize) -> String {
    let path = &sources.file(modules.files[index].id).name;
    let name = match &*modules.infos[index].name {
        "" => "(main)",
        name => name,
    };
    quoted(&format!("{name}\n{path}"))
}

/// The text form of a function of the main file, of a module, or of a function of one.
fn named(modules: &Modules, interner: &Interner, name: &str) -> Option<String> {
    let function = |file: &File, path: &str| {
        let path: Vec<Symbol> = path.split('.').map(|name| interner.get(name)).collect::<Option<_>>()?;
        Some(ast::dump::dump_item(file, interner, find(file, &file[file.body], &path)?))
    };
    function(&modules.files[0], name).or_else(|| {
        modules.files.iter().zip(&modules.infos).skip(1).find_map(|(file, info)| match name.strip_prefix(&*info.name) {
            _ if info.name.is_empty() => None,
            Some("") => Some(ast::dump(file, interner)),
            Some(rest) => function(file, rest.strip_prefix('.')?),
            None => None,
        })
    })
}

/// The function with this path among statements, in modules and functions of them.
fn find(file: &File, stmts: &[StmtId], path: &[Symbol]) -> Option<ItemId> {
    let (&name, rest) = path.split_first()?;
    stmts.iter().find_map(|&stmt| {
        let StmtKind::Item(id) = file[stmt].kind else { return None };
        match file[id].kind {
            ItemKind::Fn(decl) if file[decl].name.is_some_and(|found| found.name == name) => match rest {
                [] => Some(id),
                rest => find(file, &file[file[file[decl].body?].stmts], rest),
            },
            ItemKind::Module { name: found, body } if found.name == name => find(file, &file[body], rest),
            _ => None,
        }
    })
}

struct Drawing {
    out: String,
    /// So many are drawn.
    nodes: usize,
}

impl Drawing {
    /// The text form of a tree, `(head part (head part))`, as a graph: a node for each form and each part.
    fn form(&mut self, text: &str) {
        let Drawing { out, nodes } = self;
        // `pub` and attributes, which stand before their form.
        let mut before = String::new();
        // The forms that are open: their nodes, once their heads have been read.
        let mut open: Vec<Option<usize>> = Vec::new();
        for word in words(text) {
            match word {
                "(" => open.push(None),
                ")" | "}" => drop(open.pop()),
                "pub" => before.push_str("pub "),
                word if word.starts_with('#') => before.push_str(&format!("{word} ")),
                word => {
                    let above = open.iter().rev().flatten().next().copied();
                    let is_head = word == "{" || open.last().is_some_and(Option::is_none);
                    let word_shown = if word == "{" { "{ }" } else { word };
                    let label = if is_head { std::mem::take(&mut before) + word_shown } else { word_shown.to_string() };
                    let shape = if is_head { "" } else { ", shape=plain" };
                    let _ = writeln!(out, "  n{nodes} [label={}{shape}];", quoted(&label));
                    if let Some(above) = above {
                        let _ = writeln!(out, "  n{above} -> n{nodes};");
                    }
                    match open.last_mut() {
                        _ if word == "{" => open.push(Some(*nodes)),
                        Some(form @ None) => *form = Some(*nodes),
                        _ => {}
                    }
                    *nodes += 1;
                }
            }
        }
    }
}

/// Brackets, strings, and what stands between blanks.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let end = match first {
            '(' | ')' | '{' | '}' => 1,
            '"' => {
                let mut escaped = false;
                let closed = rest[1..].find(|c: char| {
                    let closes = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    closes
                });
                closed.map_or(rest.len(), |at| at + 2)
            }
            _ => rest.find(|c: char| c.is_whitespace() || "(){}".contains(c)).unwrap_or(rest.len()),
        };
        let (word, behind) = rest.split_at(end);
        rest = behind;
        Some(word)
    })
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parentheses_strings_and_atoms() {
        let all: Vec<&str> = words("(fn f (print \"a ) \\\" b\" 1u8))\n(x)").collect();
        assert_eq!(all, ["(", "fn", "f", "(", "print", "\"a ) \\\" b\"", "1u8", ")", ")", "(", "x", ")"]);
    }
}
