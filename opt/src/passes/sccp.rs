//! Sparse conditional constant propagation (Wegman and Zadeck, TOPLAS 1991): optimistic, so that values which are constant
//! because the code that would change them never runs are found. Folds operations, block parameters and the loads of
//! constant globals; the branches that become known are left to control-flow simplification.

use cranelift_entity::{EntitySet, SecondaryMap};
use lang_ir::eval::eval;
use lang_ir::*;
use smallvec::SmallVec;

#[derive(Clone, Copy, PartialEq, Default)]
enum Lattice {
    /// Nothing that runs defines it.
    #[default]
    Top,
    Constant(u128),
    Bottom,
}

/// Replaces what always has the same value by constants; says whether anything changed.
pub fn propagate_constants(module: &Module, func: &mut Function) -> bool {
    let values = Solver::new(module, func).solve();
    let mut replaced: SecondaryMap<Value, Option<Value>> = SecondaryMap::new();
    let mut changed = false;
    let entry = func.entry();
    for index in 0..func.layout.len() {
        let block = func.layout[index];
        let mut insts = Vec::with_capacity(func.blocks[block].insts.len());
        for param in func.blocks[block].params.clone() {
            // The parameter stays, unused, for dead code elimination.
            if let Lattice::Constant(bits) = values[param]
                && block != entry
            {
                let ty = func.ty(param);
                let inst = func.new_inst(constant(ty, bits, Loc::from_u32(0)), &[ty]);
                insts.push(inst);
                replaced[param] = Some(func.result(inst));
                changed = true;
            }
        }
        for inst in std::mem::take(&mut func.blocks[block].insts) {
            insts.push(inst);
            let data = &func.insts[inst];
            let computes = data.op.is_pure() || data.op == Op::Load;
            if computes
                && data.constant().is_none()
                && let Lattice::Constant(bits) = values[func.result(inst)]
            {
                let new = constant(func.ty(func.result(inst)), bits, data.loc);
                let (first_result, num_results) = (data.first_result, data.num_results);
                func.insts[inst] = InstData { first_result, num_results, ..new };
                changed = true;
            }
        }
        func.blocks[block].insts = insts;
    }
    if changed {
        func.map_operands(|value| replaced[value].unwrap_or(value));
    }
    changed
}

fn constant(ty: Type, bits: u128, loc: Loc) -> InstData {
    let op = if ty.is_float() { Op::Fconst } else { Op::Iconst };
    InstData::new(op, ty, loc, &[], Payload::Bits(Bits::new(bits)))
}

/// A value that a branch passes to one of its targets.
#[derive(Clone, Copy)]
struct Edge {
    branch: Inst,
    /// The number of the target.
    target: u32,
    param: Value,
}

struct Solver<'a> {
    module: &'a Module,
    func: &'a Function,
    values: SecondaryMap<Value, Lattice>,
    /// The instructions with the value for an operand of their own.
    users: SecondaryMap<Value, SmallVec<[Inst; 2]>>,
    /// Where branches pass the value to their targets, which may have thousands of parameters.
    passed: SecondaryMap<Value, SmallVec<[Edge; 2]>>,
    block_of: SecondaryMap<Inst, Option<Block>>,
    reached: EntitySet<Block>,
    blocks: Vec<Block>,
    lowered: Vec<Value>,
}

impl<'a> Solver<'a> {
    fn new(module: &'a Module, func: &'a Function) -> Solver<'a> {
        let mut users: SecondaryMap<Value, SmallVec<[Inst; 2]>> = SecondaryMap::new();
        let mut passed: SecondaryMap<Value, SmallVec<[Edge; 2]>> = SecondaryMap::new();
        let mut block_of = SecondaryMap::new();
        for &block in &func.layout {
            for &inst in &func.blocks[block].insts {
                block_of[inst] = Some(block);
                for &value in &func.insts[inst].args {
                    users[value].push(inst);
                }
                for (target, call) in (0..).zip(func.insts[inst].targets()) {
                    for (&value, &param) in call.args.iter().zip(&func.blocks[call.block].params) {
                        passed[value].push(Edge { branch: inst, target, param });
                    }
                }
            }
        }
        Solver {
            module,
            func,
            values: SecondaryMap::new(),
            users,
            passed,
            block_of,
            reached: EntitySet::new(),
            blocks: Vec::new(),
            lowered: Vec::new(),
        }
    }

    fn solve(mut self) -> SecondaryMap<Value, Lattice> {
        let entry = self.func.entry();
        for &param in self.func.params() {
            self.lower(param, Lattice::Bottom);
        }
        self.reach(entry);
        loop {
            if let Some(block) = self.blocks.pop() {
                for &inst in &self.func.blocks[block].insts {
                    self.visit(inst);
                }
            } else if let Some(value) = self.lowered.pop() {
                for inst in self.users[value].clone() {
                    if self.is_reached(inst) {
                        self.visit(inst);
                    }
                }
                for edge in self.passed[value].clone() {
                    if self.is_reached(edge.branch) && self.is_taken(&edge) {
                        self.lower(edge.param, self.values[value]);
                    }
                }
            } else {
                return self.values;
            }
        }
    }

    fn is_reached(&self, inst: Inst) -> bool {
        self.block_of[inst].is_some_and(|block| self.reached.contains(block))
    }

    /// Whether the branch may go this way, as far as is known.
    fn is_taken(&self, edge: &Edge) -> bool {
        let data = &self.func.insts[edge.branch];
        let condition = data.args.first().map_or(Lattice::Bottom, |&c| self.values[c]);
        match (&data.payload, condition) {
            (Payload::Brif(_) | Payload::Switch(_), Lattice::Top) => false,
            (Payload::Brif(_), Lattice::Constant(bits)) => edge.target == u32::from(bits == 0),
            (Payload::Switch(switch), Lattice::Constant(bits)) => {
                let taken = switch.cases.iter().position(|(case, _)| *case == bits);
                edge.target as usize == taken.unwrap_or(switch.cases.len())
            }
            _ => true,
        }
    }

    fn reach(&mut self, block: Block) {
        if self.reached.insert(block) {
            self.blocks.push(block);
        }
    }

    /// Takes a value down the lattice.
    fn lower(&mut self, value: Value, to: Lattice) {
        let joined = match (self.values[value], to) {
            (Lattice::Top, x) | (x, Lattice::Top) => x,
            (Lattice::Constant(a), Lattice::Constant(b)) if a == b => to,
            _ => Lattice::Bottom,
        };
        if joined != self.values[value] {
            self.values[value] = joined;
            self.lowered.push(value);
        }
    }

    fn visit(&mut self, inst: Inst) {
        let func = self.func;
        let data = &func.insts[inst];
        if data.op.is_terminator() {
            self.visit_terminator(data);
        } else if data.op.is_pure() || data.op == Op::Load {
            let value = self.evaluate(data);
            self.lower(func.result(inst), value);
            if data.op == Op::PtrAdd {
                // A load looks through its address at the offset, which may have changed where the address did not.
                self.lowered.push(func.result(inst));
            }
        } else {
            for result in func.results(inst) {
                self.lower(result, Lattice::Bottom);
            }
        }
    }

    fn visit_terminator(&mut self, data: &'a InstData) {
        let condition = data.args.first().map_or(Lattice::Bottom, |&c| self.values[c]);
        let all: SmallVec<[&BlockCall; 2]> = match (&data.payload, condition) {
            (Payload::Brif(_) | Payload::Switch(_), Lattice::Top) => return,
            (Payload::Brif(targets), Lattice::Constant(bits)) => [&targets[(bits == 0) as usize]].into_iter().collect(),
            (Payload::Switch(switch), Lattice::Constant(bits)) => {
                let taken = switch.cases.iter().find(|(case, _)| *case == bits).map_or(&switch.default, |(_, t)| t);
                [taken].into_iter().collect()
            }
            _ => data.targets().collect(),
        };
        for target in all {
            for (index, &arg) in target.args.iter().enumerate() {
                let param = self.func.blocks[target.block].params[index];
                self.lower(param, self.values[arg]);
            }
            self.reach(target.block);
        }
    }

    fn evaluate(&self, data: &InstData) -> Lattice {
        if let Some(bits) = data.constant() {
            return Lattice::Constant(bits);
        }
        if data.op == Op::Load {
            return self.constant_load(data).map_or(Lattice::Bottom, Lattice::Constant);
        }
        if let (Op::Select, Lattice::Constant(condition)) =
            (data.op, data.args.first().map_or(Lattice::Bottom, |&c| self.values[c]))
        {
            return self.values[data.args[if condition == 1 { 1 } else { 2 }]];
        }
        let mut args: SmallVec<[u128; 3]> = SmallVec::new();
        for &arg in &data.args {
            match self.values[arg] {
                Lattice::Top => return Lattice::Top,
                Lattice::Constant(bits) => args.push(bits),
                Lattice::Bottom => return Lattice::Bottom,
            }
        }
        let from = data.args.first().map_or(data.ty, |&arg| self.func.ty(arg));
        eval(data.op, data.ty, from, &args).map_or(Lattice::Bottom, Lattice::Constant)
    }

    /// The bits that a load from a constant global gives, if its place is known.
    fn constant_load(&self, data: &InstData) -> Option<u128> {
        let mut offset = data.mem()?.offset as i64;
        let mut address = data.args[0];
        let global = loop {
            let ValueDef::Result(inst, _) = self.func.values[address].def else { return None };
            let def = &self.func.insts[inst];
            match (def.op, &def.payload) {
                (Op::GlobalAddr, Payload::Global(global)) => break *global,
                (Op::PtrAdd, _) => {
                    let Lattice::Constant(by) = self.values[def.args[1]] else { return None };
                    offset = offset.checked_add(by as i64)?;
                    address = def.args[0];
                }
                _ => return None,
            }
        };
        read_constant(&self.module.globals[global], offset, data.ty)
    }
}

/// The value of this type at this offset of a constant global, unless it holds an address.
pub fn read_constant(global: &Global, offset: i64, ty: Type) -> Option<u128> {
    let start = u64::try_from(offset).ok()?;
    let end = start.checked_add(ty.bytes() as u64)?;
    let has_address = global.relocs.iter().any(|r| r.offset < end && start < r.offset + 8);
    if !global.constant || end > global.size || has_address {
        return None;
    }
    let byte = |at: u64| usize::try_from(at).ok().and_then(|at| global.init.get(at)).copied().unwrap_or(0);
    let bits = (start..end).rev().fold(0u128, |bits, at| bits << 8 | byte(at) as u128);
    (bits & !ty.mask() == 0).then_some(bits)
}
