//! From variables that are assigned any number of times to SSA values.
//!
//! A front end declares variables, writes and reads them in the blocks that it fills, in any order, and calls
//! [`SsaBuilder::finish`] when the function's control flow is complete. Blocks need not be sealed: a read without a write
//! before it in the same block gives a placeholder, and `finish`, which sees all predecessors, replaces placeholders,
//! adds block parameters and passes their arguments. The result is minimal and pruned: block parameters stand at
//! iterated dominance frontiers of writes, where the variable is live, and none is trivial.
//!
//! After Cytron et al., "Efficiently Computing Static Single Assignment Form and the Control Dependence Graph" (1991) and,
//! for trivial parameters, Braun et al., "Simple and Efficient Construction of Static Single Assignment Form" (2013).

use crate::graph::{Cfg, Dominators, Frontiers};
use crate::*;
use cranelift_entity::packed_option::PackedOption;
use cranelift_entity::{EntityRef, PrimaryMap, SecondaryMap, entity_impl};
use rustc_hash::FxHashMap;

/// A variable of the source program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variable(u32);
entity_impl!(Variable, "var");

/// The variables of one function and what is known of their values.
#[derive(Default)]
pub struct SsaBuilder {
    types: PrimaryMap<Variable, Type>,
    /// The value of a variable at the present end of a block, where the block wrote or read it.
    current: FxHashMap<(Variable, Block), Current>,
    /// Writes, each variable and block once.
    writes: Vec<(Variable, Block)>,
    /// Reads that no write precedes in the block, each variable and block once, with their placeholders.
    reads: Vec<(Variable, Block, Value)>,
}

#[derive(Clone, Copy)]
struct Current {
    value: Value,
    written: bool,
}

impl SsaBuilder {
    pub fn new() -> SsaBuilder {
        SsaBuilder::default()
    }

    /// A new variable of this type.
    pub fn declare(&mut self, ty: Type) -> Variable {
        self.types.push(ty)
    }

    pub fn ty(&self, variable: Variable) -> Type {
        self.types[variable]
    }

    /// Assigns a variable at the present end of a block.
    pub fn write(&mut self, variable: Variable, block: Block, value: Value) {
        let old = self.current.insert((variable, block), Current { value, written: true });
        if !old.is_some_and(|old| old.written) {
            self.writes.push((variable, block));
        }
    }

    /// The value of a variable at the present end of a block. Until `finish` it may be a placeholder, of which only the
    /// type is known. A variable that was not written before is zero.
    pub fn read(&mut self, func: &mut Function, variable: Variable, block: Block) -> Value {
        let (ty, reads) = (self.types[variable], &mut self.reads);
        let current = self.current.entry((variable, block)).or_insert_with(|| {
            let value = unlisted_param(func, block, ty);
            reads.push((variable, block, value));
            Current { value, written: false }
        });
        current.value
    }

    /// Replaces all placeholders. Every block of the function is in its layout and has its terminator, with arguments for
    /// the parameters that the block has so far; no block goes to the entry.
    pub fn finish(mut self, func: &mut Function) {
        if self.reads.is_empty() {
            return;
        }
        let cfg = Cfg::new(func);
        let dominators = Dominators::new(&cfg);
        let frontiers = Frontiers::new(&cfg, &dominators);
        self.reads.sort_by_key(|&(variable, _, _)| variable);
        self.writes.sort_by_key(|&(variable, _)| variable);

        let mut places = Places { cfg: &cfg, dominators: &dominators, frontiers: &frontiers, at: Vec::new() };
        places.at.resize(func.blocks.len(), Place::default());
        let mut rewrite = Rewrite::default();
        let mut writes = &self.writes[..];
        for reads in self.reads.chunk_by(|a, b| a.0 == b.0) {
            let variable = reads[0].0;
            let start = writes.partition_point(|w| w.0 < variable);
            let end = writes.partition_point(|w| w.0 <= variable);
            places.resolve(func, &mut rewrite, &self, variable, reads, &writes[start..end]);
            writes = &writes[end..];
        }
        rewrite.remove_trivial_params();
        rewrite.apply(func);
    }
}

/// A value that looks like a parameter of the block, which does not list it.
fn unlisted_param(func: &mut Function, block: Block, ty: Type) -> Value {
    func.values.push(ValueData { ty, def: ValueDef::Param(block, u32::MAX) })
}

/// What is known of the variable at hand in one block. An entry that equals the variable's number is a yes.
#[derive(Clone, Copy)]
struct Place {
    written: u32,
    live_in: u32,
    has_value_in: u32,
    value_in: Value,
}

impl Default for Place {
    fn default() -> Place {
        Place { written: u32::MAX, live_in: u32::MAX, has_value_in: u32::MAX, value_in: Value::from_u32(0) }
    }
}

struct Places<'a> {
    cfg: &'a Cfg,
    dominators: &'a Dominators,
    frontiers: &'a Frontiers,
    at: Vec<Place>,
}

impl Places<'_> {
    /// Finds out what the placeholders of a variable stand for and where it needs block parameters.
    fn resolve(
        &mut self,
        func: &mut Function,
        rewrite: &mut Rewrite,
        ssa: &SsaBuilder,
        variable: Variable,
        reads: &[(Variable, Block, Value)],
        writes: &[(Variable, Block)],
    ) {
        let (id, ty) = (variable.as_u32(), ssa.types[variable]);
        for (_, block) in writes {
            self.at[block.index()].written = id;
        }

        let mut work: Vec<Block> = Vec::new();
        for &(_, block, _) in reads {
            if self.cfg.is_reachable(block) {
                self.at[block.index()].live_in = id;
                work.push(block);
            }
        }
        while let Some(block) = work.pop() {
            for &pred in self.cfg.preds(block) {
                let place = &mut self.at[pred.index()];
                if place.written != id && place.live_in != id && self.cfg.is_reachable(pred) {
                    place.live_in = id;
                    work.push(pred);
                }
            }
        }

        let first_param = rewrite.params.len();
        work.extend(writes.iter().map(|&(_, block)| block));
        while let Some(block) = work.pop() {
            for &join in self.frontiers.of(block) {
                let place = &mut self.at[join.index()];
                if place.live_in == id && place.has_value_in != id {
                    let value = unlisted_param(func, join, ty);
                    (place.has_value_in, place.value_in) = (id, value);
                    rewrite.params.push(Param { block: join, value, args: 0..0 });
                    if place.written != id {
                        work.push(join);
                    }
                }
            }
        }

        for &(_, block, placeholder) in reads {
            let value = self.value_in(func, rewrite, ssa, variable, block);
            rewrite.image[placeholder] = value.into();
        }
        for index in first_param..rewrite.params.len() {
            let start = rewrite.args.len();
            for &pred in self.cfg.preds(rewrite.params[index].block) {
                let value = if self.at[pred.index()].written == id {
                    ssa.current[&(variable, pred)].value
                } else {
                    self.value_in(func, rewrite, ssa, variable, pred)
                };
                rewrite.args.push((pred, value));
            }
            rewrite.params[index].args = start..rewrite.args.len();
        }
    }

    /// The value of a variable at the start of a block, from the closest dominator that has one. All blocks on the way
    /// remember it.
    fn value_in(
        &mut self,
        func: &mut Function,
        rewrite: &mut Rewrite,
        ssa: &SsaBuilder,
        variable: Variable,
        block: Block,
    ) -> Value {
        let id = variable.as_u32();
        let mut at = block;
        let value = loop {
            if self.at[at.index()].has_value_in == id {
                break self.at[at.index()].value_in;
            }
            let Some(up) = self.dominators.idom(at) else {
                break rewrite.zero(func, ssa.types[variable]);
            };
            if self.at[up.index()].written == id {
                break ssa.current[&(variable, up)].value;
            }
            at = up;
        };
        let mut back = block;
        while self.at[back.index()].has_value_in != id {
            let place = &mut self.at[back.index()];
            (place.has_value_in, place.value_in) = (id, value);
            if back == at {
                break;
            }
            back = self.dominators.idom(back).expect("a block below another one in the tree");
        }
        value
    }
}

/// A block parameter to add, with its arguments in [`Rewrite::args`].
struct Param {
    block: Block,
    value: Value,
    args: std::ops::Range<usize>,
}

/// The changes to make to the function.
#[derive(Default)]
struct Rewrite {
    params: Vec<Param>,
    /// Predecessor and argument.
    args: Vec<(Block, Value)>,
    /// What a placeholder or a trivial parameter stands for; may be another of them.
    image: SecondaryMap<Value, PackedOption<Value>>,
    zeros: Vec<(Type, Value, Inst)>,
}

impl Rewrite {
    fn zero(&mut self, func: &mut Function, ty: Type) -> Value {
        if let Some(&(_, value, _)) = self.zeros.iter().find(|z| z.0 == ty) {
            return value;
        }
        let op = if ty.is_float() { Op::Fconst } else { Op::Iconst };
        let inst = func.new_inst(InstData::new(op, ty, Loc::from_u32(0), &[], Payload::Bits(Bits::new(0))), &[ty]);
        self.zeros.push((ty, func.result(inst), inst));
        func.result(inst)
    }

    fn image(&mut self, value: Value) -> Value {
        let mut end = value;
        while let Some(next) = self.image[end].expand() {
            end = next;
        }
        let mut at = value;
        while let Some(next) = self.image[at].expand() {
            self.image[at] = end.into();
            at = next;
        }
        end
    }

    /// A parameter whose arguments are all itself or one other value stands for that value. Removing one can make others
    /// trivial that it was passed to.
    fn remove_trivial_params(&mut self) {
        let mut param_of: FxHashMap<Value, usize> = FxHashMap::default();
        for (index, param) in self.params.iter().enumerate() {
            param_of.insert(param.value, index);
        }
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.params.len()];
        for index in 0..self.params.len() {
            for arg in self.params[index].args.clone() {
                let arg = self.image(self.args[arg].1);
                if let Some(&used) = param_of.get(&arg) {
                    users[used].push(index);
                }
            }
        }
        let mut work: Vec<usize> = (0..self.params.len()).rev().collect();
        while let Some(index) = work.pop() {
            let value = self.params[index].value;
            if self.image[value].is_some() {
                continue;
            }
            let mut only = None;
            let mut trivial = true;
            for arg in self.params[index].args.clone() {
                let arg = self.image(self.args[arg].1);
                if arg != value && only.is_some_and(|only| only != arg) {
                    trivial = false;
                    break;
                }
                if arg != value {
                    only = Some(arg);
                }
            }
            let Some(only) = only.filter(|_| trivial) else { continue };
            self.image[value] = only.into();
            let mut mine = std::mem::take(&mut users[index]);
            work.extend(&mine);
            if let Some(&heir) = param_of.get(&only) {
                if mine.len() > users[heir].len() {
                    std::mem::swap(&mut mine, &mut users[heir]);
                }
                users[heir].extend(mine);
            }
        }
    }

    fn apply(mut self, func: &mut Function) {
        // From where, to where, in the order of the parameters: the arguments to append.
        let mut edges: Vec<(Block, Block, Value)> = Vec::new();
        for index in 0..self.params.len() {
            let Param { block, value, ref args } = self.params[index];
            if self.image[value].is_some() {
                continue;
            }
            edges.extend(self.args[args.clone()].iter().map(|&(pred, arg)| (pred, block, arg)));
            let position = func.blocks[block].params.len() as u32;
            func.values[value].def = ValueDef::Param(block, position);
            func.blocks[block].params.push(value);
        }
        edges.sort_by_key(|&(pred, block, _)| (pred, block));
        for edges in edges.chunk_by(|a, b| a.0 == b.0) {
            let terminator = func.terminator(edges[0].0);
            for target in func.insts[terminator].targets_mut() {
                let start = edges.partition_point(|e| e.1 < target.block);
                target.args.extend(edges[start..].iter().take_while(|e| e.1 == target.block).map(|e| e.2));
            }
        }
        func.map_operands(|value| self.image(value));
        let entry = func.entry();
        func.blocks[entry].insts.splice(0..0, self.zeros.iter().map(|z| z.2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Builder;
    use crate::graph::testing::random_graph;
    use crate::testing::Random;
    use crate::verify::render;

    fn function(num_blocks: u32) -> Function {
        let mut func = Function::new("f", Linkage::Export, Signature::new(&[Type::I1, Type::I64], &[Type::I64]));
        for _ in 0..num_blocks {
            let block = func.new_block();
            func.layout.push(block);
        }
        func.append_param(func.entry(), Type::I1);
        func.append_param(func.entry(), Type::I64);
        func
    }

    fn b(index: u32) -> Block {
        Block::from_u32(index)
    }

    fn to(index: u32) -> BlockCall {
        BlockCall::new(b(index), &[])
    }

    fn returned(func: &Function, block: u32) -> Value {
        func.insts[func.terminator(b(block))].args[0]
    }

    fn args(func: &Function, block: u32) -> Vec<Vec<Value>> {
        func.successors(b(block)).map(|target| target.args.to_vec()).collect()
    }

    fn read_and_return(ssa: &mut SsaBuilder, func: &mut Function, variable: Variable, block: u32) {
        let value = ssa.read(func, variable, b(block));
        Builder::new(func, b(block)).return_(&[value]);
    }

    #[test]
    fn join_gets_one_parameter_and_its_arguments() {
        let mut func = function(3);
        let (c, x) = (func.params()[0], func.params()[1]);
        let mut ssa = SsaBuilder::new();
        let (var, same) = (ssa.declare(Type::I64), ssa.declare(Type::I64));
        ssa.write(var, b(0), x);
        ssa.write(same, b(0), x);
        Builder::new(&mut func, b(0)).brif(c, to(1), to(2));
        let one = Builder::new(&mut func, b(1)).iconst(Type::I64, 1);
        ssa.write(var, b(1), one);
        let kept = ssa.read(&mut func, same, b(1));
        ssa.write(same, b(1), kept);
        Builder::new(&mut func, b(1)).jump(b(2), &[]);
        let (l, r) = (ssa.read(&mut func, var, b(2)), ssa.read(&mut func, same, b(2)));
        let sum = Builder::new(&mut func, b(2)).iadd(l, r);
        Builder::new(&mut func, b(2)).return_(&[sum]);
        ssa.finish(&mut func);

        let param = func.blocks[b(2)].params[..].to_vec();
        assert_eq!(param.len(), 1, "the variable that every path leaves alone needs none");
        assert_eq!(args(&func, 0), [vec![], vec![x]]);
        assert_eq!(args(&func, 1), [vec![one]]);
        assert_eq!(func.insts[func.blocks[b(2)].insts[0]].args[..], [param[0], x]);
    }

    #[test]
    fn loop_variable_and_loop_invariant() {
        // 0 -> 1; 1 -> 2 | 3; 2 -> 1.
        let mut func = function(4);
        let (c, x) = (func.params()[0], func.params()[1]);
        let mut ssa = SsaBuilder::new();
        let (i, fixed) = (ssa.declare(Type::I64), ssa.declare(Type::I64));
        ssa.write(i, b(0), x);
        ssa.write(fixed, b(0), x);
        Builder::new(&mut func, b(0)).jump(b(1), &[]);
        Builder::new(&mut func, b(1)).brif(c, to(2), to(3));
        let (old, step) = (ssa.read(&mut func, i, b(2)), ssa.read(&mut func, fixed, b(2)));
        let new = Builder::new(&mut func, b(2)).iadd(old, step);
        ssa.write(i, b(2), new);
        ssa.write(fixed, b(2), step);
        Builder::new(&mut func, b(2)).jump(b(1), &[]);
        read_and_return(&mut ssa, &mut func, i, 3);
        ssa.finish(&mut func);

        let params = &func.blocks[b(1)].params;
        assert_eq!(params.len(), 1);
        assert_eq!(args(&func, 0), [vec![x]]);
        assert_eq!(args(&func, 2), [vec![new]]);
        assert_eq!(func.insts[func.blocks[b(2)].insts[0]].args[..], [params[0], x]);
        assert_eq!(returned(&func, 3), params[0]);
    }

    #[test]
    fn repeated_targets_get_arguments_each() {
        let mut func = function(3);
        let (c, x) = (func.params()[0], func.params()[1]);
        let mut ssa = SsaBuilder::new();
        let var = ssa.declare(Type::I64);
        ssa.write(var, b(0), x);
        Builder::new(&mut func, b(0)).switch(x, vec![(1, to(1)), (2, to(2)), (3, to(2))], to(2));
        ssa.write(var, b(1), x);
        let y = Builder::new(&mut func, b(1)).iadd(x, x);
        ssa.write(var, b(1), y);
        Builder::new(&mut func, b(1)).brif(c, to(2), to(2));
        read_and_return(&mut ssa, &mut func, var, 2);
        ssa.finish(&mut func);
        assert_eq!(args(&func, 0), [vec![], vec![x], vec![x], vec![x]]);
        assert_eq!(args(&func, 1), [vec![y], vec![y]]);
        assert_eq!(returned(&func, 2), func.blocks[b(2)].params[0]);
    }

    #[test]
    fn unwritten_is_zero_and_unreachable_blocks_are_harmless() {
        // 0 -> 1; the unreachable 2 -> 1.
        let mut func = function(3);
        let x = func.params()[1];
        let mut ssa = SsaBuilder::new();
        let (var, never) = (ssa.declare(Type::I64), ssa.declare(Type::F32));
        ssa.write(var, b(0), x);
        Builder::new(&mut func, b(0)).jump(b(1), &[]);
        let f = ssa.read(&mut func, never, b(1));
        Builder::new(&mut func, b(1)).fneg(f);
        read_and_return(&mut ssa, &mut func, var, 1);
        let dead = ssa.read(&mut func, var, b(2));
        let dead = Builder::new(&mut func, b(2)).iadd(dead, dead);
        ssa.write(var, b(2), dead);
        Builder::new(&mut func, b(2)).jump(b(1), &[]);
        ssa.finish(&mut func);
        let fneg = &func.insts[func.blocks[b(1)].insts[0]];
        let zero = fneg.args[0];
        assert_eq!((func.constant(zero), func.ty(zero)), (Some(0), Type::F32));
        assert_eq!(func.blocks[b(0)].insts.len(), 3, "zeros of both types and the jump");
        assert_eq!(func.constant(func.insts[func.blocks[b(2)].insts[0]].args[0]), Some(0));
    }

    #[test]
    fn long_chains_are_linear_and_do_not_recurse() {
        // Blocks that each add to a variable on one of two ways to the next.
        let n = 50_000;
        let mut func = function(2 * n + 1);
        let (c, x) = (func.params()[0], func.params()[1]);
        let mut ssa = SsaBuilder::new();
        let (sum, idle) = (ssa.declare(Type::I64), ssa.declare(Type::I64));
        ssa.write(sum, b(0), x);
        ssa.write(idle, b(0), x);
        for i in 0..n {
            Builder::new(&mut func, b(2 * i)).brif(c, to(2 * i + 1), to(2 * i + 2));
            let old = ssa.read(&mut func, sum, b(2 * i + 1));
            let new = Builder::new(&mut func, b(2 * i + 1)).iadd(old, x);
            ssa.write(sum, b(2 * i + 1), new);
            Builder::new(&mut func, b(2 * i + 1)).jump(b(2 * i + 2), &[]);
        }
        let (l, r) = (ssa.read(&mut func, sum, b(2 * n)), ssa.read(&mut func, idle, b(2 * n)));
        let end = Builder::new(&mut func, b(2 * n)).iadd(l, r);
        Builder::new(&mut func, b(2 * n)).return_(&[end]);
        ssa.finish(&mut func);
        assert!((1..=n).all(|i| func.blocks[b(2 * i)].params.len() == 1));
        assert_eq!(func.insts[func.blocks[b(2 * n)].insts[0]].args[1], x);
    }

    #[test]
    fn swapped_loop_variables_stay_two() {
        let mut func = function(4);
        let (c, x) = (func.params()[0], func.params()[1]);
        let zero = Builder::new(&mut func, b(0)).iconst(Type::I64, 0);
        let mut ssa = SsaBuilder::new();
        let (p, q) = (ssa.declare(Type::I64), ssa.declare(Type::I64));
        ssa.write(p, b(0), x);
        ssa.write(q, b(0), zero);
        Builder::new(&mut func, b(0)).jump(b(1), &[]);
        Builder::new(&mut func, b(1)).brif(c, to(2), to(3));
        let (old_p, old_q) = (ssa.read(&mut func, p, b(2)), ssa.read(&mut func, q, b(2)));
        ssa.write(p, b(2), old_q);
        ssa.write(q, b(2), old_p);
        Builder::new(&mut func, b(2)).jump(b(1), &[]);
        read_and_return(&mut ssa, &mut func, p, 3);
        ssa.finish(&mut func);
        let params = func.blocks[b(1)].params.clone();
        assert_eq!(params.len(), 2);
        assert_eq!(args(&func, 2), [vec![params[1], params[0]]]);
    }

    /// What a block does to variables, in order: reads whose values an addition takes, and writes.
    #[derive(Clone)]
    enum Event {
        Read(Variable, Inst, usize),
        Write(Variable, Value),
    }

    #[test]
    fn random_walks_see_the_values_of_the_variables() {
        for seed in 0..400 {
            let mut random = Random::new(seed);
            let mut func = random_graph(seed, 2 + random.below(14) as u32);
            let mut ssa = SsaBuilder::new();
            let variables: Vec<Variable> = (0..3).map(|_| ssa.declare(Type::I64)).collect();
            let mut events: SecondaryMap<Block, Vec<Event>> = SecondaryMap::new();
            let mut blocks = func.layout.clone();
            blocks.reverse();
            for block in blocks {
                let terminator = func.blocks[block].insts.pop().unwrap();
                for _ in 0..random.below(4) {
                    let (from, other) = (random.pick(&variables), random.pick(&variables));
                    let to = random.pick(&variables);
                    match random.below(4) {
                        0 => {
                            let value = Builder::new(&mut func, block).iconst(Type::I64, random.below(100) as i128);
                            ssa.write(to, block, value);
                            events[block].push(Event::Write(to, value));
                        }
                        1 => {
                            let value = ssa.read(&mut func, from, block);
                            ssa.write(to, block, value);
                            let sum = Builder::new(&mut func, block).iadd(value, value);
                            let ValueDef::Result(inst, _) = func.values[sum].def else { unreachable!() };
                            events[block].extend([Event::Read(from, inst, 0), Event::Write(to, sum)]);
                            ssa.write(to, block, sum);
                        }
                        2 => {
                            // A copy, which the walk sees as the same number.
                            let value = ssa.read(&mut func, from, block);
                            ssa.write(from, block, value);
                        }
                        _ => {
                            let (l, r) = (ssa.read(&mut func, from, block), ssa.read(&mut func, other, block));
                            let sum = Builder::new(&mut func, block).iadd(l, r);
                            let ValueDef::Result(inst, _) = func.values[sum].def else { unreachable!() };
                            events[block].extend([Event::Read(from, inst, 0), Event::Read(other, inst, 1)]);
                        }
                    }
                }
                func.blocks[block].insts.push(terminator);
            }
            ssa.finish(&mut func);
            let module = Module::default();
            crate::verify::verify_function(&module, &func).unwrap_or_else(|found| {
                panic!("seed {seed}:\n{}{}", render(&found), crate::print::detached_function(&module, &func))
            });
            walk(seed, &func, &events, &mut random);
        }
    }

    fn walk(seed: u64, func: &Function, events: &SecondaryMap<Block, Vec<Event>>, random: &mut Random) {
        let mut variables: FxHashMap<Variable, u64> = FxHashMap::default();
        let mut values: FxHashMap<Value, u64> = FxHashMap::default();
        for &param in func.params() {
            values.insert(param, 0);
        }
        let mut block = func.entry();
        for _ in 0..60 {
            for &inst in &func.blocks[block].insts {
                let data = &func.insts[inst];
                match data.op {
                    Op::Iconst => values.insert(func.result(inst), data.constant().unwrap() as u64),
                    Op::Iadd => {
                        let sum = values[&data.args[0]].wrapping_add(values[&data.args[1]]);
                        values.insert(func.result(inst), sum)
                    }
                    _ => None,
                };
            }
            for event in &events[block] {
                match *event {
                    Event::Read(variable, inst, index) => {
                        let expected = variables.get(&variable).copied().unwrap_or(0);
                        assert_eq!(values[&func.insts[inst].args[index]], expected, "seed {seed} {block} {variable}");
                    }
                    Event::Write(variable, value) => drop(variables.insert(variable, values[&value])),
                }
            }
            let targets: Vec<&BlockCall> = func.successors(block).collect();
            let Some(target) = (!targets.is_empty()).then(|| random.pick(&targets)) else { break };
            let passed: Vec<u64> = target.args.iter().map(|arg| values[arg]).collect();
            values.extend(func.blocks[target.block].params.iter().copied().zip(passed));
            block = target.block;
        }
    }
}
