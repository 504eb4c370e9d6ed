//! What always holds of a module. The verifier reports every violation, not the first.
//!
//! Of a module:
//! - functions have distinct names, and so have globals;
//! - a global's alignment is a power of two, its initial bytes fit its size, its relocations ascend without overlap, lie
//!   within its size and name functions and globals of the module;
//! - `noalias`, `nonnull`, `readonly` and `byval` stand on `ptr` parameters only; what is passed by value has a size that is a
//!   multiple of its alignment, 8 or 16; `...` stands behind parameters that there are.
//!
//! Of a function:
//! - an imported function has no blocks, any other has some and no variable arguments; one that has both a body and `byval`
//!   parameters is called from outside only;
//! - slots have alignments that are powers of two; alias set 0 is "anything", the others name slots, globals and restrict
//!   scopes that exist; location 0 is the unknown one; a known position is in a file of the module; the call site of an
//!   inline scope lies in no scope or in one of a smaller number;
//! - the layout lists blocks once each, an instruction stands in one place of one block, and a value is defined where its
//!   entry in the table of values says;
//! - a block ends in a terminator and has no other;
//! - the parameters of the entry block are those of the signature, and no block goes to the entry;
//! - operands, results and payload are those that the row of the operation, the signature of the callee or the row of the
//!   trap asks for, and all ids exist;
//! - `return` gives the results of the signature; a target gets one argument for each parameter, of its type;
//! - a constant has no bits above the width of its type; the cases of a `switch` are distinct;
//! - the definition of an operand dominates the instruction; in unreachable blocks it only has to exist.
//!
//! What it cannot see: that the guard of a partial operation stands before it, that promises of alignment and aliasing
//! are true, that slots are written before they are read.

use crate::graph::{Cfg, Dominators};
use crate::ops::{Shape, TypeRule};
use crate::print::{self, Names};
use crate::*;
use cranelift_entity::EntityRef;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use std::cell::OnceCell;
use std::fmt;

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Empty if it is the module.
    pub function: String,
    /// As the text form of the function names it; empty if it is no block.
    pub block: String,
    /// As in the text form of the function; empty if it is no instruction.
    pub instruction: String,
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in [&self.function, &self.block, &self.instruction] {
            if !place.is_empty() {
                write!(f, "{place}: ")?;
            }
        }
        f.write_str(&self.message)
    }
}

/// The violations, one on a line.
pub fn render(violations: &[Violation]) -> String {
    violations.iter().map(|v| format!("{v}\n")).collect()
}

/// Checks a module and all its functions.
pub fn verify(module: &Module) -> Result<(), Vec<Violation>> {
    let mut found = Vec::new();
    let mut report = |message: String| {
        found.push(Violation { function: String::new(), block: String::new(), instruction: String::new(), message });
    };
    let mut names = FxHashSet::default();
    for func in module.functions.values() {
        if !names.insert(&*func.name) {
            report(format!("two functions are named `{}`", func.name));
        }
    }
    let mut names = FxHashSet::default();
    for global in module.globals.values() {
        if !names.insert(&*global.name) {
            report(format!("two globals are named `{}`", global.name));
        }
        check_global(module, global, &mut report);
    }
    for (id, sig) in &module.signatures {
        check_signature(sig, |message| report(format!("{id}: {message}")));
    }
    for func in module.functions.values() {
        verify_into(module, func, &mut found);
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// Checks one function against the module that it refers to; it need not be in it.
pub fn verify_function(module: &Module, func: &Function) -> Result<(), Vec<Violation>> {
    let mut found = Vec::new();
    verify_into(module, func, &mut found);
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn check_global(module: &Module, global: &Global, report: &mut impl FnMut(String)) {
    let name = &global.name;
    if !global.align.is_power_of_two() {
        report(format!("global `{name}`: alignment {} is no power of two", global.align));
    }
    if global.init.len() as u64 > global.size {
        report(format!("global `{name}`: {} initial bytes do not fit size {}", global.init.len(), global.size));
    }
    let mut free = 0;
    for reloc in &global.relocs {
        let end = reloc.offset.saturating_add(8);
        if reloc.offset < free || end > global.size {
            report(format!("global `{name}`: the relocation at {} overlaps or leaves the global", reloc.offset));
        }
        free = end;
        let known = match reloc.target {
            RelocTarget::Global(target) => module.globals.is_valid(target),
            RelocTarget::Func(target) => module.functions.is_valid(target),
        };
        if !known {
            report(format!("global `{name}`: the relocation at {} names nothing", reloc.offset));
        }
    }
}

fn check_signature(sig: &Signature, mut report: impl FnMut(String)) {
    for (index, param) in sig.params.iter().enumerate() {
        let promises = param.noalias || param.nonnull || param.readonly || param.byval.is_some();
        if param.ty != Type::Ptr && promises {
            report(format!("parameter {index} is no pointer, but has a promise of one"));
        }
        if let Some(ByVal { size, align }) = param.byval
            && !(matches!(align, 8 | 16) && size > 0 && size.is_multiple_of(align))
        {
            report(format!("parameter {index} is passed by value with a strange size or alignment"));
        }
    }
    if sig.variadic.is_some_and(|fixed| fixed as usize > sig.params.len()) {
        report("the variable arguments begin behind the last parameter".into());
    }
}

fn verify_into(module: &Module, func: &Function, found: &mut Vec<Violation>) {
    let mut verifier = Verifier {
        module,
        func,
        names: OnceCell::new(),
        found: Vec::new(),
        place: (None, None),
        blocks: vec![false; func.blocks.len()],
        positions: vec![(NOWHERE, 0); func.insts.len()],
    };
    verifier.run();
    found.append(&mut verifier.found);
}

const NOWHERE: u32 = u32::MAX;

struct Verifier<'a> {
    module: &'a Module,
    func: &'a Function,
    names: OnceCell<Names>,
    found: Vec<Violation>,
    /// What is being checked.
    place: (Option<Block>, Option<Inst>),
    /// Whether the layout lists a block.
    blocks: Vec<bool>,
    /// The block of an instruction, `NOWHERE` if none lists it, and its index in it.
    positions: Vec<(u32, u32)>,
}

fn type_list(types: impl Iterator<Item = Type>) -> String {
    types.map(Type::name).collect::<Vec<_>>().join(", ")
}

impl Verifier<'_> {
    fn report(&mut self, message: impl Into<String>) {
        let names = self.names.get_or_init(|| Names::new(self.func));
        let block = |block: Block| match names.block(block) {
            Some(name) => format!("block{name}"),
            None => format!("block?{}", block.as_u32()),
        };
        self.found.push(Violation {
            function: format!("@{}", self.func.name),
            block: self.place.0.map_or_else(String::new, block),
            instruction: self.place.1.map_or_else(String::new, |inst| {
                format!("`{}`", print::instruction(self.module, self.func, names, inst))
            }),
            message: message.into(),
        });
    }

    fn check(&mut self, holds: bool, message: impl FnOnce() -> String) {
        if !holds {
            self.report(message());
        }
    }

    fn value_name(&self, value: Value) -> String {
        let names = self.names.get_or_init(|| Names::new(self.func));
        names.value(value).map_or_else(|| format!("v?{}", value.as_u32()), |name| format!("v{name}"))
    }

    fn run(&mut self) {
        let func = self.func;
        let is_import = func.linkage == Linkage::Import;
        self.check(is_import == func.layout.is_empty(), || {
            if is_import { "an imported function has a body" } else { "the function has no body" }.into()
        });
        let mut bad = Vec::new();
        check_signature(&func.sig, |message| bad.push(message));
        bad.into_iter().for_each(|message| self.report(message));
        self.check(is_import || func.sig.variadic.is_none(), || "variable arguments of a function with a body".into());
        self.tables();
        self.layout();
        let sound_lists = self.found.is_empty();
        self.signature_of_entry();
        for &block in func.layout.iter().filter(|&&block| func.blocks.is_valid(block)) {
            for &inst in func.blocks[block].insts.iter().filter(|&&inst| func.insts.is_valid(inst)) {
                self.place = (Some(block), Some(inst));
                self.instruction(inst);
            }
        }
        self.place = (None, None);
        // A target out of range has been reported and would break the graph.
        let targets_exist = func.insts.values().all(|inst| inst.targets().all(|t| func.blocks.is_valid(t.block)));
        if sound_lists && targets_exist && !func.layout.is_empty() {
            self.dominance();
        }
    }

    fn position(&mut self, what: impl Fn() -> String, pos: SourcePos) {
        let known = pos.line == 0 || self.module.files.is_valid(pos.file);
        self.check(known, || format!("{} is in {}, which does not exist", what(), pos.file));
    }

    fn tables(&mut self) {
        let func = self.func;
        self.position(|| "the declaration".into(), func.decl);
        for (slot, data) in &func.slots {
            self.check(data.align.is_power_of_two(), || format!("{slot}: alignment {} is no power of two", data.align));
        }
        let any = func.alias_sets.values().next() == Some(&AliasSetData::default());
        self.check(any, || "alias set 0 is not \"anything\"".into());
        for (set, data) in &func.alias_sets {
            let known = match data.region {
                Region::Any => true,
                Region::Slot(slot) => func.slots.is_valid(slot),
                Region::Global(global) => self.module.globals.is_valid(global),
            };
            self.check(known, || format!("{set}: its region does not exist"));
            let known = data.scopes.iter().chain(&data.noalias).all(|scope| scope.as_u32() < func.restrict_scopes);
            self.check(known, || format!("{set}: a restrict scope does not exist"));
        }
        let unknown = LocData { pos: SourcePos::unknown(), scope: None.into() };
        self.check(func.locs.values().next() == Some(&unknown), || "location 0 is not the unknown one".into());
        for (loc, data) in &func.locs {
            self.position(|| loc.to_string(), data.pos);
            let known = data.scope.expand().is_none_or(|scope| func.scopes.is_valid(scope));
            self.check(known, || format!("{loc}: its inline scope does not exist"));
        }
        for (scope, data) in &func.scopes {
            self.position(|| scope.to_string(), data.callee_decl);
            let Some(site) = func.locs.get(data.call_site) else {
                self.report(format!("{scope}: its call site does not exist"));
                continue;
            };
            let outer = site.scope.expand().is_none_or(|outer| outer < scope);
            self.check(outer, || format!("{scope}: its call site is in an inline scope that does not come before it"));
        }
    }

    /// Blocks, where instructions stand, and definitions.
    fn layout(&mut self) {
        let func = self.func;
        for &block in &func.layout {
            self.place = (Some(block), None);
            let Some(data) = func.blocks.get(block) else {
                self.report("the block does not exist");
                continue;
            };
            if std::mem::replace(&mut self.blocks[block.index()], true) {
                self.report("the layout lists the block twice");
                continue;
            }
            for (index, &param) in data.params.iter().enumerate() {
                let def = func.values.get(param).map(|value| value.def);
                self.check(def == Some(ValueDef::Param(block, index as u32)), || {
                    format!("parameter {index} is no value that is defined there")
                });
            }
            for (index, &inst) in data.insts.iter().enumerate() {
                self.place.1 = Some(inst);
                let Some(data) = func.insts.get(inst) else {
                    self.report("the instruction does not exist");
                    continue;
                };
                let position = (block.as_u32(), index as u32);
                if std::mem::replace(&mut self.positions[inst.index()], position).0 != NOWHERE {
                    self.report("the instruction stands in two places");
                }
                self.check(!data.op.is_terminator() || index + 1 == func.blocks[block].insts.len(), || {
                    "a terminator stands before the end of the block".into()
                });
                for (index, result) in func.results(inst).enumerate() {
                    let def = func.values.get(result).map(|value| value.def);
                    self.check(def == Some(ValueDef::Result(inst, index as u32)), || {
                        format!("result {index} is no value that is defined there")
                    });
                }
                let consistent = data.first_result.is_some() == (data.num_results > 0);
                self.check(consistent, || "number of results and first result contradict each other".into());
            }
            self.place.1 = None;
            let ends = data.insts.last().and_then(|&inst| func.insts.get(inst)).is_some_and(|i| i.op.is_terminator());
            self.check(ends, || "the block does not end in a terminator".into());
        }
        self.place = (None, None);
    }

    fn signature_of_entry(&mut self) {
        let func = self.func;
        let Some(data) = func.layout.first().and_then(|&entry| func.blocks.get(entry)) else { return };
        let types: Vec<_> = data.params.iter().map(|&param| func.values.get(param).map(|value| value.ty)).collect();
        let expected: Vec<_> = func.sig.params.iter().map(|param| Some(param.ty)).collect();
        self.place = (Some(func.layout[0]), None);
        self.check(types == expected, || "the parameters of the entry block are not those of the signature".into());
    }

    fn instruction(&mut self, inst: Inst) {
        let (func, module) = (self.func, self.module);
        let data = &func.insts[inst];
        self.check(func.locs.is_valid(data.loc), || "the location does not exist".into());
        let mut exist = true;
        for operand in data.operands() {
            let valid = func.values.is_valid(operand);
            self.check(valid, || format!("operand {} does not exist", operand));
            exist &= valid;
        }
        if !exist {
            return;
        }
        let info = data.op.info();
        let payload = matches!(
            (info.shape, &data.payload),
            (Shape::Unary | Shape::Binary | Shape::Ternary | Shape::Return, Payload::None)
                | (Shape::Const, Payload::Bits(_))
                | (Shape::Slot, Payload::Slot(_))
                | (Shape::Global, Payload::Global(_))
                | (Shape::Func | Shape::Call, Payload::Func(_))
                | (Shape::Load | Shape::Store, Payload::Mem(_))
                | (Shape::Memcpy | Shape::Memset, Payload::Copy(_))
                | (Shape::Guard | Shape::Trap, Payload::Trap(_))
                | (Shape::CallIndirect, Payload::Sig(_))
                | (Shape::Jump, Payload::Jump(_))
                | (Shape::Brif, Payload::Brif(_))
                | (Shape::Switch, Payload::Switch(_))
        );
        if !payload {
            return self.report("the payload does not belong to the operation");
        }
        let ty = data.ty;
        let fits = info.types.accepts(ty) && (info.types != TypeRule::None || ty == Type::I1);
        self.check(fits, || format!("{} does not work on {ty}", info.mnemonic));

        let args = &data.args[..];
        let one = [data.op.result_type(ty)];
        let mut results: &[Type] = if info.shape.has_result() { &one } else { &[] };
        match (info.shape, &data.payload) {
            (Shape::Unary, _) => self.pure_operands(info.types, ty, args, 1),
            (Shape::Binary, _) => self.pure_operands(info.types, ty, args, 2),
            (Shape::Ternary, _) => self.pure_operands(info.types, ty, args, 3),
            (Shape::Return, _) => self.operands(args, func.sig.results.iter().copied()),
            (_, Payload::Bits(bits)) => {
                self.operands(args, []);
                self.check(bits.get() <= ty.mask(), || format!("the constant does not fit {ty}"));
            }
            (_, Payload::Slot(slot)) => {
                self.operands(args, []);
                self.check(func.slots.is_valid(*slot), || format!("{slot} does not exist"));
            }
            (_, Payload::Global(global)) => {
                self.operands(args, []);
                self.check(module.globals.is_valid(*global), || format!("{global} does not exist"));
            }
            (shape, Payload::Func(callee)) => match module.functions.get(*callee) {
                None => self.report(format!("{callee} does not exist")),
                Some(_) if shape == Shape::Func => self.operands(args, []),
                Some(callee) => {
                    let from_outside = callee.is_definition() && callee.sig.is_c_only();
                    self.check(!from_outside, || format!("only foreign code can call `{}`", callee.name));
                    self.operands(args, callee.sig.params.iter().map(|param| param.ty));
                    results = &callee.sig.results;
                }
            },
            (_, Payload::Sig(sig)) => match module.signatures.get(*sig) {
                None => self.report(format!("{sig} does not exist")),
                Some(sig) => {
                    let pointer = std::iter::once(Type::Ptr);
                    self.operands(args, pointer.chain(sig.params.iter().map(|param| param.ty)));
                    results = &sig.results;
                }
            },
            (shape, Payload::Mem(mem)) => {
                let is_load = shape == Shape::Load;
                self.operands(args, (!is_load).then_some(ty).into_iter().chain([Type::Ptr]));
                self.access(mem.align, mem.alias);
                self.check(is_load || !mem.readonly, || "a store to memory that is never written".into());
            }
            (shape, Payload::Copy(copy)) => {
                let second = if shape == Shape::Memcpy { Type::Ptr } else { Type::I8 };
                self.operands(args, [Type::Ptr, second, Type::I64]);
                self.access(copy.dst_align, copy.dst_alias);
                self.access(copy.src_align, copy.src_alias);
                let same = copy.dst_align == copy.src_align && copy.dst_alias == copy.src_alias;
                self.check(shape == Shape::Memcpy || same, || "the source of memset is not its destination".into());
            }
            (shape, Payload::Trap(code)) => {
                let condition = (shape == Shape::Guard).then_some(Type::I1);
                let words = code.args().map(|pointer| if pointer { Type::Ptr } else { Type::I64 });
                self.operands(args, condition.into_iter().chain(words));
            }
            (_, Payload::Jump(_)) => self.operands(args, []),
            (_, Payload::Brif(_)) => self.operands(args, [Type::I1]),
            (_, Payload::Switch(switch)) => {
                self.operands(args, [ty]);
                let mut cases: Vec<u128> = switch.cases.iter().map(|case| case.0).collect();
                self.check(cases.iter().all(|&case| case <= ty.mask()), || format!("a case does not fit {ty}"));
                cases.sort_unstable();
                self.check(cases.windows(2).all(|pair| pair[0] != pair[1]), || "two cases are equal".into());
            }
            (_, Payload::None) => unreachable!("the payload fits the shape"),
        }
        let types = func.results(inst).map(|result| func.values.get(result).map(|value| value.ty));
        let same = types.eq(results.iter().map(|&ty| Some(ty)));
        self.check(same, || format!("the results should be ({})", type_list(results.iter().copied())));
        for target in data.targets() {
            self.target(target);
        }
    }

    fn pure_operands(&mut self, rule: TypeRule, ty: Type, args: &[Value], count: usize) {
        if args.len() != count {
            return self.report(format!("{} operands, not {count}", args.len()));
        }
        for (index, &arg) in args.iter().enumerate() {
            let found = self.func.ty(arg);
            self.check(rule.accepts_operand(ty, index, found), || format!("operand {index} cannot be {found}"));
        }
    }

    fn operands(&mut self, args: &[Value], expected: impl IntoIterator<Item = Type>) {
        let expected: SmallVec<[Type; 8]> = expected.into_iter().collect();
        let fits = args.iter().map(|&arg| self.func.ty(arg)).eq(expected.iter().copied());
        self.check(fits, || format!("the operands should be ({})", type_list(expected.iter().copied())));
    }

    fn access(&mut self, align: u32, alias: AliasSet) {
        self.check(align.is_power_of_two(), || format!("alignment {align} is no power of two"));
        self.check(self.func.alias_sets.is_valid(alias), || format!("{alias} does not exist"));
    }

    fn target(&mut self, target: &BlockCall) {
        let func = self.func;
        if !self.blocks.get(target.block.index()).is_some_and(|&listed| listed) {
            return self.report(format!("the target {} is not in the layout", target.block));
        }
        self.check(func.layout[0] != target.block, || "the target is the entry block".into());
        let params = func.blocks[target.block].params.iter().map(|&param| func.values.get(param).map(|data| data.ty));
        let fits = target.args.iter().map(|&arg| Some(func.ty(arg))).eq(params.clone());
        self.check(fits, || {
            format!("the arguments of the target should be ({})", type_list(params.map(|ty| ty.unwrap_or(Type::I1))))
        });
    }

    fn dominance(&mut self) {
        let func = self.func;
        let cfg = Cfg::new(func);
        let dominators = Dominators::new(&cfg);
        for &block in &func.layout {
            let reachable = cfg.is_reachable(block);
            for (index, &inst) in func.blocks[block].insts.iter().enumerate() {
                for operand in func.insts[inst].operands() {
                    let Some(data) = func.values.get(operand) else { continue };
                    // Block and index of the definition; a parameter comes before all instructions.
                    let def = match data.def {
                        ValueDef::Param(at, index) => {
                            let listed = self.blocks.get(at.index()).is_some_and(|&listed| listed)
                                && func.blocks[at].params.get(index as usize) == Some(&operand);
                            listed.then_some((at, 0))
                        }
                        ValueDef::Result(at, index) => {
                            let is_result =
                                func.insts.is_valid(at) && func.results(at).nth(index as usize) == Some(operand);
                            let place = self.positions.get(at.index()).filter(|place| place.0 != NOWHERE && is_result);
                            place.map(|&(at, index)| (Block::from_u32(at), index as usize + 1))
                        }
                    };
                    self.place = (Some(block), Some(inst));
                    let Some((at, after)) = def else {
                        self.report(format!("{} is defined nowhere", self.value_name(operand)));
                        continue;
                    };
                    let before = if at == block { after <= index } else { dominators.dominates(at, block) };
                    if !before && reachable {
                        self.report(format!(
                            "the definition of {} does not dominate its use",
                            self.value_name(operand)
                        ));
                    }
                }
            }
        }
        self.place = (None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the verifier says of the function `@f(i64, ptr) -> i64` of this body, in a module with other things.
    fn found(body: &str) -> Vec<String> {
        let text = format!("import fn @g(i64) -> i64\nsig 0 (i64)\nfn @f(i64, ptr) -> i64 {{\n{body}\n}}\n");
        let module = crate::parse::module(&text).unwrap_or_else(|error| panic!("{error}"));
        verify(&module).err().unwrap_or_default().iter().map(|violation| violation.to_string()).collect()
    }

    #[test]
    fn rules_on_instructions() {
        let say = |line: &str| {
            let found = found(&format!("block0(v0: i64, v1: ptr):\n{line}\nv9 = iconst.i64 0\nreturn v9"));
            assert!(found.len() <= 1, "{found:?}");
            found.first().map_or(String::new(), |text| text.rsplit("`: ").next().unwrap().to_string())
        };
        assert_eq!(say("v2 = iadd.i64 v0, v0"), "");
        assert_eq!(say("v2 = sextend.i64 v0"), "operand 0 cannot be i64");
        assert_eq!(say("store.i64 v0, v0"), "the operands should be (i64, ptr)");
        assert_eq!(say("v2 = load.i64 v1 align 3"), "alignment 3 is no power of two");
        assert_eq!(say("store.i64 v0, v1 readonly"), "a store to memory that is never written");
        assert_eq!(say("trapif v0, div_zero"), "the operands should be (i1)");
        assert_eq!(say("v2 = call @g(v1)"), "the operands should be (i64)");
        assert_eq!(say("call_indirect sig0, v0(v0)"), "the operands should be (ptr, i64)");
        assert_eq!(say("memset v1, v0, v0 align 1"), "the operands should be (ptr, i8, i64)");
    }

    #[test]
    fn all_violations_are_reported_with_their_place() {
        let found = found(
            "block0(v0: i64, v1: ptr):
  v2 = iadd.i32 v0, v1
  jump block1(v0)\nblock1:\n  return v1\nblock2:\n  jump block0(v0, v1)",
        );
        assert_eq!(
            found,
            [
                "@f: block0: `v2 = iadd.i32 v0, v1`: operand 0 cannot be i64",
                "@f: block0: `v2 = iadd.i32 v0, v1`: operand 1 cannot be ptr",
                "@f: block0: `jump block1(v0)`: the arguments of the target should be ()",
                "@f: block1: `return v1`: the operands should be (i64)",
                "@f: block2: `jump block0(v0, v1)`: the target is the entry block",
            ]
        );
    }

    #[test]
    fn rules_on_blocks_and_dominance() {
        let ends = |text: &str, expected: &str| {
            let found = found(text);
            assert!(found.len() == 1 && found[0].ends_with(expected), "{found:?} {expected}");
        };
        ends("block0(v0: i64, v1: ptr):", "the block does not end in a terminator");
        ends("block0(v0: i64, v1: ptr):\nreturn v0\nreturn v0", "a terminator stands before the end of the block");
        ends("block0(v0: i64):\nreturn v0", "the parameters of the entry block are not those of the signature");
        ends("", "the function has no body");
        let late = "block0(v0: i64, v1: ptr):\nv2 = iadd.i64 v3, v0\nv3 = iadd.i64 v0, v0\nreturn v2";
        ends(late, "`v2 = iadd.i64 v3, v0`: the definition of v3 does not dominate its use");
        let one_way = "block0(v0: i64, v1: ptr):\nv2 = icmp_eq.i64 v0, v0\nbrif v2, block1, block2\n\
                       block1:\nv3 = iadd.i64 v0, v0\njump block2\nblock2:\nreturn v3";
        ends(one_way, "the definition of v3 does not dominate its use");
        let cases =
            "block0(v0: i64, v1: ptr):\nswitch.i64 v0 [1: block1, 2: block1, 1: block1], block1\nblock1:\nreturn v0";
        ends(cases, "two cases are equal");
        let unreachable =
            "block0(v0: i64, v1: ptr):\nreturn v0\nblock1:\nv2 = iadd.i64 v3, v0\nv3 = iadd.i64 v2, v0\nreturn v3";
        assert_eq!(found(unreachable), [""; 0]);
    }

    #[test]
    fn broken_tables_are_reported_and_do_not_panic() {
        let text = "fn @f(i64) -> i64 {\nblock0(v0: i64):\nv1 = iadd.i64 v0, v0\njump block1\nblock1:\nreturn v1\n}\n";
        let module = crate::parse::module(text).unwrap();
        let func = module.functions.values().next().unwrap();
        let (b0, b1) = (Block::from_u32(0), Block::from_u32(1));
        let says = |change: &dyn Fn(&mut Function), expected: &str| {
            let mut func = func.clone();
            change(&mut func);
            let found = render(&verify_function(&module, &func).expect_err(expected));
            assert!(found.contains(expected), "{found} lacks {expected}");
        };
        let far = Value::from_u32(99);
        says(&|f| f.layout.push(Block::from_u32(9)), "block?9: the block does not exist");
        says(&|f| f.layout.push(b1), "the layout lists the block twice");
        says(&|f| f.layout.truncate(1), "the target block1 is not in the layout");
        says(&|f| f.blocks[b1].insts.insert(0, Inst::from_u32(0)), "the instruction stands in two places");
        says(&|f| f.blocks[b0].insts.retain(|i| i.as_u32() != 0), "v?1 is defined nowhere");
        says(&|f| f.insts[Inst::from_u32(0)].args[0] = far, "operand v99 does not exist");
        says(
            &|f| f.insts[Inst::from_u32(0)].payload = Payload::Func(FuncId::from_u32(5)),
            "the payload does not belong",
        );
        says(&|f| f.insts[Inst::from_u32(0)].loc = Loc::from_u32(5), "the location does not exist");
        says(&|f| f.insts[Inst::from_u32(0)].num_results = 3, "the results should be (i64)");
        says(
            &|f| f.insts[Inst::from_u32(1)].payload = Payload::Jump(BlockCall::new(Block::from_u32(7), &[])),
            "block7",
        );
        says(
            &|f| f.values[Value::from_u32(1)].def = ValueDef::Param(b1, 0),
            "result 0 is no value that is defined there",
        );
        says(&|f| f.blocks[b1].params.push(far), "parameter 0 is no value that is defined there");
        says(&|f| f.linkage = Linkage::Import, "an imported function has a body");
        says(&|f| f.decl.line = 1, "the declaration is in file0, which does not exist");
        says(&|f| _ = f.slots.push(SlotData { size: 1, align: 0 }), "ss0: alignment 0 is no power of two");
    }

    #[test]
    fn rules_on_modules() {
        let text = "global @a size 4 align 3 { \"hello\", 0 @b }\nglobal @b size 16 align 8 { 0 @a, 4 @b }\nimport fn @g(i64 noalias)\n";
        let mut module = crate::parse::module(text).unwrap();
        let copy = module.functions.values().next().unwrap().clone();
        module.functions.push(copy);
        let found = render(&verify(&module).unwrap_err());
        for expected in [
            "two functions are named `g`",
            "global `a`: alignment 3 is no power of two",
            "global `a`: 5 initial bytes do not fit size 4",
            "global `a`: the relocation at 0 overlaps or leaves the global",
            "global `b`: the relocation at 4 overlaps or leaves the global",
            "@g: parameter 0 is no pointer",
        ] {
            assert!(found.contains(expected), "{found} lacks {expected}");
        }
    }
}
