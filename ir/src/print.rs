//! The text form of modules, which [`crate::parse`] reads back.
//!
//! ```text
//! file 0 "sum.lang"
//! library "m"
//! sig 0 (i64) -> i64
//! global @greeting const size 8 align 1 { "hello\0a" }
//! global @table size 16 align 8 { 0 @greeting+1, 8 fn @sum }
//! import fn @lang_rt_print_i64(i64)
//! export fn @sum(ptr noalias nonnull, i64) -> f64 inline at 0:1:1 {
//!   ss0 = slot size 8 align 8
//!   alias1 = slot ss0
//! block0(v0: ptr, v1: i64):
//!   v2 = load.f64 v0+16 align 4 @ 0:2:5
//!   v3 = iconst.i64 -1
//!   v4 = icmp_slt.i64 v1, v3
//!   brif v4, block1(v2), block2
//! block1(v5: f64):
//!   return v5
//! block2 cold:
//!   trap bounds(v1, v3)
//! }
//! ```
//!
//! One instruction stands on a line; `;` begins a comment. The controlling type stands behind the mnemonic where the
//! operation allows several. Integer constants are signed decimals, `i1` and `ptr` unsigned; floats are the shortest
//! decimals that read back exactly, `inf`, or `nan:0x` and all bits. What is usual is left out: offset 0, natural
//! alignment, alias set 0, an unknown source location.
//!
//! Values, blocks, alias sets and inline scopes are numbered anew in the order in which they are printed, and only those
//! in use are. So print, parse, print is the identity. What is invalid prints with a `?`.

use crate::ops::{Shape, TypeRule};
use crate::*;
use cranelift_entity::EntityRef;
use std::fmt::{self, Write};

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&module(self))
    }
}

/// The text of a module.
pub fn module(module: &Module) -> String {
    let mut printer = Printer { module, out: String::new() };
    for (file, name) in &module.files {
        printer.fmt(format_args!("file {} ", file.as_u32()));
        printer.quoted(name);
        printer.text("\n");
    }
    for library in &module.libraries {
        printer.text("library ");
        printer.quoted(&library.name);
        if library.decl.line != 0 {
            printer.text(" at ");
            printer.pos(library.decl);
        }
        printer.text("\n");
    }
    for path in &module.link_paths {
        printer.text("link_path ");
        printer.quoted(path);
        printer.text("\n");
    }
    for (sig, signature) in &module.signatures {
        printer.fmt(format_args!("sig {} ", sig.as_u32()));
        printer.signature(signature);
        printer.text("\n");
    }
    for global in module.globals.values() {
        printer.global(global);
    }
    for func in module.functions.values() {
        printer.function(func);
    }
    printer.out
}

/// The text of a function of the module.
pub fn function(module: &Module, func: FuncId) -> String {
    detached_function(module, &module.functions[func])
}

/// The text of a function that refers to the module but need not be in it.
pub fn detached_function(module: &Module, func: &Function) -> String {
    let mut printer = Printer { module, out: String::new() };
    printer.function(func);
    printer.out
}

/// The text of one instruction, without indentation and line break.
pub fn instruction(module: &Module, func: &Function, names: &Names, inst: Inst) -> String {
    let mut printer = Printer { module, out: String::new() };
    printer.inst(func, names, inst);
    printer.out
}

/// As [`instruction`], without its location.
pub fn bare_instruction(module: &Module, func: &Function, names: &Names, inst: Inst) -> String {
    let mut printer = Printer { module, out: String::new() };
    printer.bare_inst(func, names, inst);
    printer.out
}

/// The first line of a function, without the brace.
pub fn declaration(module: &Module, func: &Function) -> String {
    let mut printer = Printer { module, out: String::new() };
    printer.declaration(func);
    printer.out
}

/// The only controlling type that there can be, which the text leaves out.
pub(crate) fn fixed_type(rule: TypeRule) -> Option<Type> {
    match rule {
        TypeRule::PtrToInt => Some(Type::I64),
        TypeRule::IntToPtr | TypeRule::PtrAdd | TypeRule::Address => Some(Type::Ptr),
        TypeRule::None => Some(Type::I1),
        TypeRule::Int
        | TypeRule::WideInt
        | TypeRule::Bytes
        | TypeRule::Float
        | TypeRule::IntCompare
        | TypeRule::FloatCompare
        | TypeRule::IntConst
        | TypeRule::FloatConst
        | TypeRule::Select
        | TypeRule::Extend
        | TypeRule::Reduce
        | TypeRule::Promote
        | TypeRule::Demote
        | TypeRule::FloatToInt
        | TypeRule::IntToFloat
        | TypeRule::Bitcast
        | TypeRule::Memory => None,
    }
}

/// Whether a name stands behind `@` without quotes.
pub(crate) fn is_plain_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b':')
}

/// The numbers that the entities of a function have in the text form.
pub struct Names {
    values: Vec<u32>,
    blocks: Vec<u32>,
    alias_sets: Vec<u32>,
    scopes: Vec<u32>,
}

const NONE: u32 = u32::MAX;

impl Names {
    pub fn new(func: &Function) -> Names {
        let mut names = Names {
            values: vec![NONE; func.values.len()],
            blocks: vec![NONE; func.blocks.len()],
            alias_sets: vec![NONE; func.alias_sets.len()],
            scopes: vec![NONE; func.scopes.len()],
        };
        let mut next_value = 0;
        let mut number = |values: &mut [u32], value: Value| {
            if let Some(name) = values.get_mut(value.index()).filter(|name| **name == NONE) {
                *name = next_value;
                next_value += 1;
            }
        };
        let use_id = |ids: &mut [u32], index: usize| {
            if let Some(id) = ids.get_mut(index) {
                *id = 0;
            }
        };
        let mut next_block = 0;
        for &block in &func.layout {
            let Some(data) = func.blocks.get(block) else { continue };
            if names.blocks[block.index()] == NONE {
                names.blocks[block.index()] = next_block;
                next_block += 1;
            }
            for &param in &data.params {
                number(&mut names.values, param);
            }
            for &inst in &data.insts {
                let Some(data) = func.insts.get(inst) else { continue };
                for result in func.results(inst) {
                    number(&mut names.values, result);
                }
                if let Some(scope) = func.locs.get(data.loc).and_then(|loc| loc.scope.expand()) {
                    use_id(&mut names.scopes, scope.index());
                }
                match data.payload {
                    Payload::Mem(mem) => use_id(&mut names.alias_sets, mem.alias.index()),
                    Payload::Copy(copy) => {
                        use_id(&mut names.alias_sets, copy.dst_alias.index());
                        use_id(&mut names.alias_sets, copy.src_alias.index());
                    }
                    _ => {}
                }
            }
        }
        // A call site lies in a scope with a smaller number.
        for scope in func.scopes.keys().rev() {
            if names.scopes[scope.index()] != NONE {
                let site = func.locs.get(func.scopes[scope].call_site);
                if let Some(outer) = site.and_then(|site| site.scope.expand()).filter(|&outer| outer < scope) {
                    use_id(&mut names.scopes, outer.index());
                }
            }
        }
        if let Some(any) = names.alias_sets.first_mut() {
            *any = 0;
        }
        for ids in [&mut names.alias_sets, &mut names.scopes] {
            let used = ids.iter_mut().filter(|id| **id != NONE);
            used.enumerate().for_each(|(number, id)| *id = number as u32);
        }
        names
    }

    /// The number that a block is printed with, if it is in the layout.
    pub fn block(&self, block: Block) -> Option<u32> {
        self.blocks.get(block.index()).copied().filter(|&n| n != NONE)
    }

    /// The number that a value is printed with, if it is defined in the layout.
    pub fn value(&self, value: Value) -> Option<u32> {
        self.values.get(value.index()).copied().filter(|&n| n != NONE)
    }
}

struct Printer<'a> {
    module: &'a Module,
    out: String,
}

impl Printer<'_> {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn fmt(&mut self, args: fmt::Arguments<'_>) {
        self.out.write_fmt(args).expect("a string takes everything");
    }

    fn number(&mut self, number: u32) {
        let mut digits = [0; 10];
        let mut at = digits.len();
        let mut rest = number;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.text(std::str::from_utf8(&digits[at..]).expect("digits"));
    }

    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' | '\0'..='\x1f' | '\x7f' => self.fmt(format_args!("\\{:02x}", c as u32)),
                _ => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn name(&mut self, name: &str) {
        self.text("@");
        let plain = name.bytes().all(is_plain_name_byte) && !name.is_empty();
        if plain { self.text(name) } else { self.quoted(name) }
    }

    fn global_name(&mut self, global: GlobalId) {
        match self.module.globals.get(global) {
            Some(global) => self.name(&global.name),
            None => self.fmt(format_args!("@?{}", global.as_u32())),
        }
    }

    fn func_name(&mut self, func: FuncId) {
        match self.module.functions.get(func) {
            Some(func) => self.name(&func.name),
            None => self.fmt(format_args!("@?{}", func.as_u32())),
        }
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut print: impl FnMut(&mut Self, T)) {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            print(self, item);
        }
    }

    fn signature(&mut self, sig: &Signature) {
        self.text("(");
        let fixed = sig.variadic.map_or(usize::MAX, |fixed| fixed as usize);
        self.list(sig.params.iter().enumerate(), |p, (index, param)| {
            if index == fixed {
                p.text("..., ");
            }
            p.text(param.ty.name());
            let words = [(param.noalias, " noalias"), (param.nonnull, " nonnull"), (param.readonly, " readonly")];
            words.iter().filter(|w| w.0).for_each(|w| p.text(w.1));
            if let Some(ByVal { size, align }) = param.byval {
                p.fmt(format_args!(" byval {size}"));
                if align != 8 {
                    p.fmt(format_args!(" align {align}"));
                }
            }
        });
        if sig.variadic.is_some() && fixed >= sig.params.len() {
            self.text(if fixed == 0 { "..." } else { ", ..." });
        }
        self.text(")");
        if !sig.results.is_empty() {
            self.text(" -> ");
            self.list(&sig.results, |p, ty| p.text(ty.name()));
        }
    }

    fn global(&mut self, global: &Global) {
        self.text("global ");
        self.name(&global.name);
        if global.constant {
            self.text(" const");
        }
        self.fmt(format_args!(" size {} align {}", global.size, global.align));
        if !global.init.is_empty() || !global.relocs.is_empty() {
            self.text(" { ");
            if !global.init.is_empty() {
                self.out.push('"');
                for &byte in &global.init {
                    match byte {
                        b'"' | b'\\' | 0..=0x1f | 0x7f.. => self.fmt(format_args!("\\{byte:02x}")),
                        _ => self.out.push(byte as char),
                    }
                }
                self.out.push('"');
                if !global.relocs.is_empty() {
                    self.text(", ");
                }
            }
            self.list(&global.relocs, |p, reloc| {
                p.fmt(format_args!("{} ", reloc.offset));
                match reloc.target {
                    RelocTarget::Global(global) => p.global_name(global),
                    RelocTarget::Func(func) => {
                        p.text("fn ");
                        p.func_name(func);
                    }
                }
                if reloc.addend != 0 {
                    p.fmt(format_args!("{:+}", reloc.addend));
                }
            });
            self.text(" }");
        }
        self.text("\n");
    }

    fn declaration(&mut self, func: &Function) {
        self.text(match func.linkage {
            Linkage::Import => "import fn ",
            Linkage::Local => "fn ",
            Linkage::Export => "export fn ",
        });
        self.name(&func.name);
        self.signature(&func.sig);
        let attrs = &func.attrs;
        let words = [
            (attrs.inline == Inline::Always, " inline"),
            (attrs.inline == Inline::Never, " noinline"),
            (attrs.cold, " cold"),
            (attrs.noreturn, " noreturn"),
            (attrs.pure_, " pure"),
            (attrs.readonly, " readonly"),
            (attrs.fast_math, " fast_math"),
        ];
        words.iter().filter(|w| w.0).for_each(|w| self.text(w.1));
        if func.decl != SourcePos::unknown() {
            self.text(" at ");
            self.pos(func.decl);
        }
    }

    fn function(&mut self, func: &Function) {
        self.declaration(func);
        if func.linkage == Linkage::Import && func.layout.is_empty() {
            self.text("\n");
            return;
        }
        self.text(" {\n");
        let names = Names::new(func);
        self.tables(func, &names);
        for &block in &func.layout {
            self.block(func, &names, block);
        }
        self.text("}\n");
    }

    /// Slots, alias sets and inline scopes.
    fn tables(&mut self, func: &Function, names: &Names) {
        for (slot, data) in &func.slots {
            self.fmt(format_args!("  ss{} = slot size {} align {}\n", slot.as_u32(), data.size, data.align));
        }
        for (set, data) in &func.alias_sets {
            let name = names.alias_sets[set.index()];
            if name == NONE || set.index() == 0 {
                continue;
            }
            self.fmt(format_args!("  alias{name} = "));
            match data.region {
                Region::Any => self.text("any"),
                Region::Slot(slot) => self.fmt(format_args!("slot ss{}", slot.as_u32())),
                Region::Global(global) => {
                    self.text("global ");
                    self.global_name(global);
                }
            }
            for (word, scopes) in [(" scopes ", &data.scopes), (" noalias ", &data.noalias)] {
                if !scopes.is_empty() {
                    self.text(word);
                    self.list(scopes, |p, scope| p.fmt(format_args!("restrict{}", scope.as_u32())));
                }
            }
            self.text("\n");
        }
        for (scope, data) in &func.scopes {
            let name = names.scopes[scope.index()];
            if name == NONE {
                continue;
            }
            self.fmt(format_args!("  scope{name} = inlined "));
            self.name(&data.callee);
            self.text(" decl ");
            self.pos(data.callee_decl);
            self.text(" at ");
            let site = func.locs.get(data.call_site).copied();
            self.loc(names, site.unwrap_or(LocData { pos: SourcePos::unknown(), scope: None.into() }));
            self.text("\n");
        }
    }

    fn pos(&mut self, pos: SourcePos) {
        self.number(pos.file.as_u32());
        self.text(":");
        self.number(pos.line);
        self.text(":");
        self.number(pos.col);
    }

    fn loc(&mut self, names: &Names, loc: LocData) {
        self.pos(loc.pos);
        if let Some(scope) = loc.scope.expand() {
            self.text(" scope");
            match names.scopes.get(scope.index()) {
                Some(&name) if name != NONE => self.number(name),
                _ => self.fmt(format_args!("?{}", scope.as_u32())),
            }
        }
    }

    fn block(&mut self, func: &Function, names: &Names, block: Block) {
        self.block_name(names, block);
        let Some(data) = func.blocks.get(block) else {
            self.text(":\n");
            return;
        };
        if !data.params.is_empty() {
            self.text("(");
            self.list(&data.params, |p, &param| {
                p.value(names, param);
                p.text(": ");
                p.text(func.values.get(param).map_or("?", |data| data.ty.name()));
            });
            self.text(")");
        }
        self.text(if data.cold { " cold:\n" } else { ":\n" });
        for &inst in &data.insts {
            self.text("  ");
            self.inst(func, names, inst);
            self.text("\n");
        }
    }

    fn block_name(&mut self, names: &Names, block: Block) {
        self.text("block");
        match names.block(block) {
            Some(name) => self.number(name),
            None => self.fmt(format_args!("?{}", block.as_u32())),
        }
    }

    fn value(&mut self, names: &Names, value: Value) {
        self.text("v");
        match names.value(value) {
            Some(name) => self.number(name),
            None => self.fmt(format_args!("?{}", value.as_u32())),
        }
    }

    fn values(&mut self, names: &Names, values: &[Value]) {
        self.list(values, |p, &value| p.value(names, value));
    }

    fn alias(&mut self, names: &Names, set: AliasSet) {
        match names.alias_sets.get(set.index()) {
            Some(&name) if name != NONE => self.fmt(format_args!("alias{name}")),
            _ => self.fmt(format_args!("alias?{}", set.as_u32())),
        }
    }

    fn target(&mut self, names: &Names, call: &BlockCall) {
        self.block_name(names, call.block);
        if !call.args.is_empty() {
            self.text("(");
            self.values(names, &call.args);
            self.text(")");
        }
    }

    fn bare_inst(&mut self, func: &Function, names: &Names, inst: Inst) {
        let Some(data) = func.insts.get(inst) else {
            self.fmt(format_args!("inst?{}", inst.as_u32()));
            return;
        };
        let info = data.op.info();
        if data.num_results > 0 {
            self.list(func.results(inst), |p, result| p.value(names, result));
            self.text(" = ");
        }
        self.text(info.mnemonic);
        if fixed_type(info.types).is_none() {
            self.text(".");
            self.text(data.ty.name());
        }
        self.operands(names, data, info.shape);
    }

    fn inst(&mut self, func: &Function, names: &Names, inst: Inst) {
        self.bare_inst(func, names, inst);
        let Some(data) = func.insts.get(inst) else { return };
        match func.locs.get(data.loc) {
            Some(loc) if loc.pos == SourcePos::unknown() && loc.scope.is_none() => {}
            Some(&loc) => {
                self.text(" @ ");
                self.loc(names, loc);
            }
            None => self.fmt(format_args!(" @ ?{}", data.loc.as_u32())),
        }
    }

    /// By the payload, so that an instruction whose payload is wrong prints too.
    fn operands(&mut self, names: &Names, data: &InstData, shape: Shape) {
        let args = &data.args[..];
        let first = if args.is_empty() { "" } else { " " };
        match &data.payload {
            Payload::None => {
                self.text(first);
                self.values(names, args);
            }
            Payload::Bits(bits) => {
                self.text(" ");
                self.constant(data.ty, bits.get());
            }
            Payload::Slot(slot) => self.fmt(format_args!(" ss{}", slot.as_u32())),
            Payload::Global(global) => {
                self.text(" ");
                self.global_name(*global);
            }
            Payload::Func(callee) => {
                self.text(" ");
                self.func_name(*callee);
                if shape == Shape::Call {
                    self.text("(");
                    self.values(names, args);
                    self.text(")");
                }
            }
            Payload::Sig(sig) => {
                self.fmt(format_args!(" sig{}, ", sig.as_u32()));
                if let [pointer, args @ ..] = args {
                    self.value(names, *pointer);
                    self.text("(");
                    self.values(names, args);
                    self.text(")");
                }
            }
            Payload::Mem(mem) => {
                self.text(first);
                self.values(names, args);
                if mem.offset != 0 {
                    self.fmt(format_args!("{:+}", mem.offset));
                }
                if mem.align != data.ty.align() {
                    self.fmt(format_args!(" align {}", mem.align));
                }
                if mem.alias.index() != 0 {
                    self.text(" ");
                    self.alias(names, mem.alias);
                }
                if mem.readonly {
                    self.text(" readonly");
                }
            }
            Payload::Copy(copy) => {
                self.text(first);
                self.values(names, args);
                self.fmt(format_args!(" align {}", copy.dst_align));
                let both = shape == Shape::Memcpy;
                if both {
                    self.fmt(format_args!(", {}", copy.src_align));
                }
                if copy.dst_alias.index() != 0 || copy.src_alias.index() != 0 {
                    self.text(" ");
                    self.alias(names, copy.dst_alias);
                    if both {
                        self.text(", ");
                        self.alias(names, copy.src_alias);
                    }
                }
            }
            Payload::Trap(code) => {
                let mut args = args;
                self.text(" ");
                if shape == Shape::Guard
                    && let [condition, rest @ ..] = args
                {
                    self.value(names, *condition);
                    self.text(", ");
                    args = rest;
                }
                self.text(code.name());
                if !args.is_empty() {
                    self.text("(");
                    self.values(names, args);
                    self.text(")");
                }
            }
            Payload::Jump(target) => {
                self.text(" ");
                self.target(names, target);
            }
            Payload::Brif(targets) => {
                self.text(first);
                self.values(names, args);
                for target in targets.iter() {
                    self.text(", ");
                    self.target(names, target);
                }
            }
            Payload::Switch(switch) => {
                self.text(first);
                self.values(names, args);
                self.text(" [");
                self.list(&switch.cases, |p, (bits, target)| {
                    p.constant(data.ty, *bits);
                    p.text(": ");
                    p.target(names, target);
                });
                self.text("], ");
                self.target(names, &switch.default);
            }
        }
    }

    fn constant(&mut self, ty: Type, bits: u128) {
        match ty {
            Type::I1 | Type::Ptr => self.fmt(format_args!("{bits}")),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::I128 => {
                self.fmt(format_args!("{}", eval::signed(ty, bits)));
            }
            Type::F16 | Type::F32 | Type::F64 => {
                let value = eval::to_f64(ty, bits);
                if value.is_nan() {
                    self.fmt(format_args!("nan:{bits:#x}"));
                } else if ty == Type::F64 {
                    self.fmt(format_args!("{value:?}"));
                } else {
                    self.fmt(format_args!("{:?}", value as f32));
                }
            }
        }
    }
}
