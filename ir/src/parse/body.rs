//! The second pass: bodies of functions.

use super::ModuleNames;
use super::cursor::{Cursor, Parse, fail, is_word};
use crate::ops::Shape;
use crate::print::fixed_type;
use crate::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// From the numbers of the text to ids.
struct Numbering {
    /// For the numbers that a text of this length can hold if they are dense.
    dense: Vec<u32>,
    limit: usize,
    sparse: FxHashMap<u32, u32>,
    /// Every number is its id.
    identity: bool,
    count: u32,
    largest_use: u32,
}

const NONE: u32 = u32::MAX;

impl Numbering {
    fn new(limit: usize) -> Numbering {
        let sparse = FxHashMap::default();
        Numbering { dense: Vec::new(), limit, sparse, identity: true, count: 0, largest_use: 0 }
    }

    /// Whether the number was free.
    fn define(&mut self, number: u32, id: u32) -> bool {
        self.identity &= number == id;
        self.count += 1;
        if number as usize > self.limit {
            return self.sparse.insert(number, id).is_none();
        }
        if self.dense.len() <= number as usize {
            self.dense.resize(number as usize + 1, NONE);
        }
        std::mem::replace(&mut self.dense[number as usize], id) == NONE
    }

    fn used(&mut self, number: u32) {
        self.largest_use = self.largest_use.max(number);
    }

    /// Whether all uses are defined and are ids already.
    fn is_done(&self) -> bool {
        self.identity && self.largest_use < self.count
    }

    fn id(&self, number: u32) -> Option<u32> {
        let found = if number as usize > self.limit {
            self.sparse.get(&number).copied()
        } else {
            self.dense.get(number as usize).copied()
        };
        found.filter(|&id| id != NONE)
    }
}

/// The second pass, for one function.
pub(super) struct Body<'a> {
    cursor: Cursor<'a>,
    module: &'a Module,
    names: &'a ModuleNames,
    ops: &'a FxHashMap<&'a [u8], Op>,
    func: Function,
    values: Numbering,
    blocks: Numbering,
    locs: FxHashMap<LocData, Loc>,
    last_loc: Option<(LocData, Loc)>,
    start: usize,
}

type Results = SmallVec<[u32; 4]>;

impl<'a> Body<'a> {
    /// The body of `func` from where the cursor is to the end of its text.
    pub(super) fn new(
        cursor: Cursor<'a>,
        module: &'a Module,
        names: &'a ModuleNames,
        ops: &'a FxHashMap<&'a [u8], Op>,
        func: FuncId,
    ) -> Body<'a> {
        let length = cursor.text.len() - cursor.at;
        Body {
            cursor,
            module,
            names,
            ops,
            func: module.functions[func].clone(),
            values: Numbering::new(length),
            blocks: Numbering::new(length),
            locs: FxHashMap::default(),
            last_loc: None,
            start: cursor.at,
        }
    }

    pub(super) fn read(mut self) -> Parse<Function> {
        self.locs.insert(self.func.locs[Loc::from_u32(0)], Loc::from_u32(0));
        let mut block = None;
        loop {
            self.cursor.lines();
            if self.cursor.at_end() {
                break;
            }
            let start = self.cursor.at;
            if self.cursor.is_entity("block") {
                block = Some(self.block()?);
            } else if let Some(block) = block {
                let inst = self.instruction()?;
                self.func.blocks[block].insts.push(inst);
            } else if self.cursor.is_entity("ss") {
                self.slot()?;
            } else if self.cursor.is_entity("alias") {
                self.alias_set()?;
            } else if self.cursor.is_entity("scope") {
                self.scope()?;
            } else {
                return fail(start, "expected a block, a slot, an alias set or an inline scope");
            }
            self.cursor.end_line()?;
        }
        self.resolve()?;
        Ok(self.func)
    }

    /// Replaces numbers of the text by ids.
    fn resolve(&mut self) -> Parse<()> {
        let mut missing = None;
        if !self.values.is_done() {
            let values = &self.values;
            let mut replace = |value: Value| match values.id(value.as_u32()) {
                Some(id) => Value::from_u32(id),
                None => {
                    missing.get_or_insert(("v", value.as_u32()));
                    value
                }
            };
            for inst in self.func.insts.values_mut() {
                inst.map_operands(&mut replace);
            }
        }
        if !self.blocks.is_done() {
            for target in self.func.insts.values_mut().flat_map(|inst| inst.targets_mut()) {
                match self.blocks.id(target.block.as_u32()) {
                    Some(id) => target.block = Block::from_u32(id),
                    None => {
                        missing.get_or_insert(("block", target.block.as_u32()));
                    }
                }
            }
        }
        let Some((prefix, number)) = missing else { return Ok(()) };
        // Only now, for the message, look for where it stands.
        let mut cursor = Cursor { at: self.start, ..self.cursor };
        while !cursor.at_end() {
            match cursor.byte() {
                b';' => cursor.comment(),
                b'"' => drop(cursor.bytes()?),
                byte if is_word(byte) => {
                    let (mut ahead, at) = (cursor, cursor.at);
                    if ahead.is_entity(prefix) && ahead.entity(prefix).is_ok_and(|found| found == number) {
                        return fail(at, format!("{prefix}{number} is not defined"));
                    }
                    cursor.word();
                }
                _ => cursor.at += 1,
            }
        }
        fail(self.start, format!("{prefix}{number} is not defined"))
    }

    /// A number behind a prefix that has to be the next.
    fn sequential(&mut self, prefix: &str, expected: usize) -> Parse<()> {
        let at = self.cursor.at;
        if self.cursor.entity(prefix)? as usize != expected {
            return fail(at, format!("expected the next, {prefix}{expected}"));
        }
        self.cursor.expect(b'=')
    }

    /// A number behind a prefix that has to be known.
    fn known(&mut self, prefix: &str, count: usize) -> Parse<u32> {
        self.cursor.blanks();
        let at = self.cursor.at;
        let number = self.cursor.entity(prefix)?;
        if number as usize >= count {
            return fail(at, format!("{prefix}{number} is not defined"));
        }
        Ok(number)
    }

    fn slot(&mut self) -> Parse<()> {
        self.sequential("ss", self.func.slots.len())?;
        self.cursor.expect_word("slot")?;
        self.cursor.expect_word("size")?;
        let size = self.cursor.number()?;
        self.cursor.expect_word("align")?;
        self.func.slots.push(SlotData { size, align: self.cursor.number()? });
        Ok(())
    }

    fn stack_slot(&mut self) -> Parse<StackSlot> {
        self.known("ss", self.func.slots.len()).map(StackSlot::from_u32)
    }

    fn alias_set(&mut self) -> Parse<()> {
        self.sequential("alias", self.func.alias_sets.len())?;
        let mut set = AliasSetData::default();
        if self.cursor.eat_word("slot") {
            set.region = Region::Slot(self.stack_slot()?);
        } else if self.cursor.eat_word("global") {
            set.region = Region::Global(self.names.global(&mut self.cursor)?);
        } else {
            self.cursor.expect_word("any")?;
        }
        if self.cursor.eat_word("scopes") {
            set.scopes = self.restrict_scopes()?;
        }
        if self.cursor.eat_word("noalias") {
            set.noalias = self.restrict_scopes()?;
        }
        self.func.alias_sets.push(set);
        Ok(())
    }

    fn restrict_scopes(&mut self) -> Parse<Vec<RestrictScope>> {
        let mut scopes = Vec::new();
        loop {
            let scope = self.cursor.entity("restrict")?;
            self.func.restrict_scopes = self.func.restrict_scopes.max(scope + 1);
            scopes.push(RestrictScope::from_u32(scope));
            if !self.cursor.eat(b',') {
                return Ok(scopes);
            }
        }
    }

    fn scope(&mut self) -> Parse<()> {
        self.sequential("scope", self.func.scopes.len())?;
        self.cursor.expect_word("inlined")?;
        let callee = self.cursor.name()?.into();
        self.cursor.expect_word("decl")?;
        let callee_decl = self.cursor.pos()?;
        self.cursor.expect_word("at")?;
        let call_site = self.loc()?;
        self.func.scopes.push(ScopeData { callee, callee_decl, call_site });
        Ok(())
    }

    fn loc(&mut self) -> Parse<Loc> {
        let pos = self.cursor.pos()?;
        let mut scope = None;
        if self.cursor.is_entity("scope") {
            scope = Some(InlineScope::from_u32(self.known("scope", self.func.scopes.len())?));
        }
        let data = LocData { pos, scope: scope.into() };
        if let Some((_, loc)) = self.last_loc.filter(|(last, _)| *last == data) {
            return Ok(loc);
        }
        let locs = &mut self.func.locs;
        let loc = *self.locs.entry(data).or_insert_with(|| locs.push(data));
        self.last_loc = Some((data, loc));
        Ok(loc)
    }

    fn block(&mut self) -> Parse<Block> {
        let at = self.cursor.at;
        let number = self.cursor.entity("block")?;
        let block = self.func.new_block();
        if !self.blocks.define(number, block.as_u32()) {
            return fail(at, format!("block{number} is defined twice"));
        }
        self.func.layout.push(block);
        if self.cursor.eat(b'(') {
            while !self.cursor.eat(b')') {
                if !self.func.blocks[block].params.is_empty() {
                    self.cursor.expect(b',')?;
                    self.cursor.blanks();
                }
                let at = self.cursor.at;
                let number = self.cursor.entity("v")?;
                self.cursor.expect(b':')?;
                let ty = self.cursor.ty()?;
                let value = self.func.append_param(block, ty);
                self.define(at, number, value)?;
            }
        }
        self.func.blocks[block].cold = self.cursor.eat_word("cold");
        self.cursor.expect(b':')?;
        Ok(block)
    }

    fn define(&mut self, at: usize, number: u32, value: Value) -> Parse<()> {
        if self.values.define(number, value.as_u32()) {
            return Ok(());
        }
        fail(at, format!("v{number} is defined twice"))
    }

    /// An operand, by its number in the text.
    fn value(&mut self) -> Parse<Value> {
        let number = self.cursor.entity("v")?;
        self.values.used(number);
        Ok(Value::from_u32(number))
    }

    /// Values with commas between them.
    fn values(&mut self, into: &mut Values) -> Parse<()> {
        loop {
            into.push(self.value()?);
            if !self.cursor.eat(b',') {
                return Ok(());
            }
        }
    }

    /// Values in parentheses.
    fn arguments(&mut self, into: &mut Values) -> Parse<()> {
        self.cursor.expect(b'(')?;
        if self.cursor.eat(b')') {
            return Ok(());
        }
        self.values(into)?;
        self.cursor.expect(b')')
    }

    /// Values in parentheses, or nothing.
    fn optional_arguments(&mut self, into: &mut Values) -> Parse<()> {
        self.cursor.blanks();
        if self.cursor.byte() == b'(' { self.arguments(into) } else { Ok(()) }
    }

    fn target(&mut self) -> Parse<BlockCall> {
        let number = self.cursor.entity("block")?;
        self.blocks.used(number);
        let mut call = BlockCall::new(Block::from_u32(number), &[]);
        self.optional_arguments(&mut call.args)?;
        Ok(call)
    }

    fn instruction(&mut self) -> Parse<Inst> {
        let start = self.cursor.at;
        let mut results = Results::new();
        if self.cursor.is_entity("v") {
            loop {
                results.push(self.cursor.entity("v")?);
                if !self.cursor.eat(b',') {
                    break;
                }
            }
            self.cursor.expect(b'=')?;
            self.cursor.blanks();
        }
        let at = self.cursor.at;
        let mnemonic = self.cursor.word();
        let Some(&op) = self.ops.get(mnemonic) else {
            return fail(at, "expected an operation");
        };
        let info = op.info();
        let ty = match fixed_type(info.types) {
            Some(ty) => ty,
            None => {
                self.cursor.expect(b'.')?;
                let at = self.cursor.at;
                let ty = self.cursor.ty()?;
                if !info.types.accepts(ty) {
                    return fail(at, format!("{} does not work on {ty}", info.mnemonic));
                }
                ty
            }
        };
        let mut args = Values::new();
        let payload = self.operands(info.shape, ty, &mut args)?;
        let loc = if self.cursor.eat(b'@') { self.loc()? } else { Loc::from_u32(0) };

        let one = [op.result_type(ty)];
        let types: &[Type] = match (info.shape, &payload) {
            (Shape::Call, Payload::Func(callee)) => &self.module.functions[*callee].sig.results,
            (Shape::CallIndirect, Payload::Sig(sig)) => &self.module.signatures[*sig].results,
            (shape, _) if shape.has_result() => &one,
            _ => &[],
        };
        if types.len() != results.len() {
            return fail(start, format!("the instruction has {} results, not {}", types.len(), results.len()));
        }
        let mut data = InstData::new(op, ty, loc, &[], payload);
        data.args = args;
        let inst = self.func.new_inst(data, types);
        for (number, value) in results.into_iter().zip(self.func.results(inst)) {
            self.define(start, number, value)?;
        }
        Ok(inst)
    }

    fn operands(&mut self, shape: Shape, ty: Type, args: &mut Values) -> Parse<Payload> {
        match shape {
            Shape::Const => Ok(Payload::Bits(Bits::new(self.constant(ty)?))),
            Shape::Unary => self.fixed_values(args, 1),
            Shape::Binary => self.fixed_values(args, 2),
            Shape::Ternary => self.fixed_values(args, 3),
            Shape::Slot => self.stack_slot().map(Payload::Slot),
            Shape::Global => self.names.global(&mut self.cursor).map(Payload::Global),
            Shape::Func => self.names.function(&mut self.cursor).map(Payload::Func),
            Shape::Load => {
                self.fixed_values(args, 1)?;
                self.mem_flags(ty).map(Payload::Mem)
            }
            Shape::Store => {
                self.fixed_values(args, 2)?;
                self.mem_flags(ty).map(Payload::Mem)
            }
            Shape::Memcpy | Shape::Memset => {
                self.fixed_values(args, 3)?;
                self.copy_flags(shape == Shape::Memcpy).map(Payload::Copy)
            }
            Shape::Guard => {
                args.push(self.value()?);
                self.cursor.expect(b',')?;
                self.trap(args)
            }
            Shape::Trap => self.trap(args),
            Shape::Call => {
                let callee = self.names.function(&mut self.cursor)?;
                self.arguments(args)?;
                Ok(Payload::Func(callee))
            }
            Shape::CallIndirect => {
                let sig = self.known("sig", self.module.signatures.len())?;
                self.cursor.expect(b',')?;
                args.push(self.value()?);
                self.arguments(args)?;
                Ok(Payload::Sig(SigId::from_u32(sig)))
            }
            Shape::Jump => self.target().map(Payload::Jump),
            Shape::Brif => {
                args.push(self.value()?);
                self.cursor.expect(b',')?;
                let then = self.target()?;
                self.cursor.expect(b',')?;
                Ok(Payload::Brif(Box::new([then, self.target()?])))
            }
            Shape::Switch => {
                args.push(self.value()?);
                self.cursor.expect(b'[')?;
                let mut cases = Vec::new();
                while !self.cursor.eat(b']') {
                    if !cases.is_empty() {
                        self.cursor.expect(b',')?;
                    }
                    let bits = self.constant(ty)?;
                    self.cursor.expect(b':')?;
                    cases.push((bits, self.target()?));
                }
                self.cursor.expect(b',')?;
                let default = self.target()?;
                Ok(Payload::Switch(Box::new(SwitchData { cases, default })))
            }
            Shape::Return => {
                if self.cursor.is_entity("v") {
                    self.values(args)?;
                }
                Ok(Payload::None)
            }
        }
    }

    fn fixed_values(&mut self, args: &mut Values, count: usize) -> Parse<Payload> {
        for index in 0..count {
            if index > 0 {
                self.cursor.expect(b',')?;
            }
            args.push(self.value()?);
        }
        Ok(Payload::None)
    }

    fn trap(&mut self, args: &mut Values) -> Parse<Payload> {
        self.cursor.blanks();
        let at = self.cursor.at;
        let word = self.cursor.word();
        let Some(code) = std::str::from_utf8(word).ok().and_then(TrapCode::from_name) else {
            return fail(at, "expected the name of a trap");
        };
        self.optional_arguments(args)?;
        Ok(Payload::Trap(code))
    }

    fn alias(&mut self) -> Parse<AliasSet> {
        self.known("alias", self.func.alias_sets.len()).map(AliasSet::from_u32)
    }

    fn mem_flags(&mut self, ty: Type) -> Parse<MemFlags> {
        let mut mem = MemFlags::natural(ty, 0);
        self.cursor.blanks();
        if matches!(self.cursor.byte(), b'+' | b'-') {
            mem.offset = self.cursor.signed_number()?;
        }
        if self.cursor.eat_word("align") {
            mem.align = self.cursor.number()?;
        }
        if self.cursor.is_entity("alias") {
            mem.alias = self.alias()?;
        }
        mem.readonly = self.cursor.eat_word("readonly");
        Ok(mem)
    }

    fn copy_flags(&mut self, two: bool) -> Parse<CopyFlags> {
        self.cursor.expect_word("align")?;
        let dst_align = self.cursor.number()?;
        let mut src_align = dst_align;
        if two {
            self.cursor.expect(b',')?;
            src_align = self.cursor.number()?;
        }
        let (mut dst_alias, mut src_alias) = (AliasSet::from_u32(0), AliasSet::from_u32(0));
        if self.cursor.is_entity("alias") {
            dst_alias = self.alias()?;
            src_alias = dst_alias;
            if two {
                self.cursor.expect(b',')?;
                src_alias = self.alias()?;
            }
        }
        Ok(CopyFlags { dst_align, src_align, dst_alias, src_alias })
    }

    fn constant(&mut self, ty: Type) -> Parse<u128> {
        self.cursor.blanks();
        let start = self.cursor.at;
        if ty.is_float() {
            return self.float(ty);
        }
        let negative = self.cursor.eat(b'-');
        let magnitude: u128 = self.cursor.number()?;
        let smallest = 1u128 << (ty.bits() - 1);
        if magnitude > if negative { smallest } else { ty.mask() } {
            return fail(start, format!("the constant does not fit {ty}"));
        }
        Ok(if negative { magnitude.wrapping_neg() & ty.mask() } else { magnitude })
    }

    fn float(&mut self, ty: Type) -> Parse<u128> {
        let start = self.cursor.at;
        while is_word(self.cursor.byte()) || matches!(self.cursor.byte(), b'.' | b'+' | b'-' | b':') {
            self.cursor.at += 1;
        }
        let text = std::str::from_utf8(&self.cursor.text[start..self.cursor.at]).unwrap_or("");
        if let Some(digits) = text.strip_prefix("nan:0x") {
            let bits = u64::from_str_radix(digits, 16).ok().map(u128::from);
            let bits = bits.filter(|&bits| bits <= ty.mask() && eval::to_f64(ty, bits).is_nan());
            return bits.map_or_else(|| fail(start, format!("these are not the bits of an {ty} NaN")), Ok);
        }
        let magnitude = text.strip_prefix('-').unwrap_or(text);
        let bits = if magnitude == "inf" || magnitude.starts_with(|c: char| c.is_ascii_digit()) {
            match ty {
                Type::F64 => text.parse().map(|x: f64| x.to_bits() as u128).ok(),
                Type::F32 => text.parse().map(|x: f32| x.to_bits() as u128).ok(),
                _ => text.parse().map(|x: f64| eval::f64_to_f16(x) as u128).ok(),
            }
        } else {
            None
        };
        bits.map_or_else(|| fail(start, "expected a floating-point constant"), Ok)
    }
}
