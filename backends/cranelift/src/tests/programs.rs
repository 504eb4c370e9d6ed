//! Whole programs in this process.

use crate::jit::Program;
use lang_backend::OptLevel;
use lang_ir::builder::Builder;
use lang_ir::*;
use lang_rt::start::Captured;

/// A program under construction; its entry is being filled.
pub struct Maker {
    pub module: Module,
}

impl Maker {
    pub fn new() -> Maker {
        let mut module = Module::default();
        module.files.push("test.lang".to_string());
        Maker { module }
    }

    pub fn import(&mut self, name: &str, params: &[Type], results: &[Type]) -> FuncId {
        self.module.functions.push(Function::new(name, Linkage::Import, Signature::new(params, results)))
    }

    /// Declares a function that `body` then fills, by its id.
    pub fn declare(&mut self, name: &str, linkage: Linkage, params: &[Type], results: &[Type]) -> FuncId {
        let mut func = Function::new(name, linkage, Signature::new(params, results));
        func.decl =
            SourcePos { file: FileId::from_u32(0), line: 10 * (1 + self.module.functions.len() as u32), col: 1 };
        self.module.functions.push(func)
    }

    pub fn body(&mut self, func: FuncId, body: impl FnOnce(&mut Builder<'_>, &[Value])) {
        let func = &mut self.module.functions[func];
        let entry = func.new_block();
        func.layout.push(entry);
        let params = func.sig.params.iter().map(|p| p.ty).collect::<Vec<_>>();
        let params = params.into_iter().map(|ty| func.append_param(entry, ty)).collect::<Vec<_>>();
        body(&mut Builder::new(func, entry), &params);
    }

    pub fn main(&mut self, body: impl FnOnce(&mut Builder<'_>)) {
        let main = self.declare(ENTRY, Linkage::Export, &[], &[Type::I32]);
        self.body(main, |b, _| body(b));
    }

    pub fn text(&mut self, text: &str) -> GlobalId {
        self.module.globals.push(Global {
            name: format!("text{}", self.module.globals.len()),
            size: text.len() as u64,
            align: 1,
            constant: true,
            init: text.as_bytes().to_vec(),
            relocs: Vec::new(),
        })
    }
}

/// Goes to a new block.
pub fn block(b: &mut Builder<'_>, params: &[Type]) -> (Block, Vec<Value>) {
    let block = b.func.new_block();
    b.func.layout.push(block);
    (block, params.iter().map(|&ty| b.func.append_param(block, ty)).collect())
}

pub fn at(b: &mut Builder<'_>, line: u32) {
    b.loc = b.func.add_loc(SourcePos { file: FileId::from_u32(0), line, col: 5 });
}

pub fn run(module: &Module, level: OptLevel) -> Captured {
    let program = Program::new(module, level).unwrap();
    let (main, functions) = program.parts();
    unsafe { lang_rt::start::run_captured(main, functions, &[b"one"], b"", 20) }.unwrap()
}

/// Status and output, which are the same at all levels.
pub fn outcome(module: &Module) -> (Result<i32, i32>, String, String) {
    let [none, speed] = [OptLevel::None, OptLevel::Speed].map(|level| run(module, level));
    assert_eq!(none, speed);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (none.status, text(none.stdout), text(none.stderr))
}

pub fn hello() -> Module {
    let mut m = Maker::new();
    let write = m.import("lang_rt_write_str", &[Type::Ptr, Type::I64], &[]);
    let text = m.text("hello\n");
    m.main(|b| {
        let (text, len) = (b.global_addr(text), b.iconst(Type::I64, 6));
        b.call(write, &[], &[text, len]);
        let status = b.iconst(Type::I32, 7);
        b.return_(&[status]);
    });
    m.module
}

#[test]
fn hello_prints_and_returns() {
    assert_eq!(outcome(&hello()), (Ok(7), "hello\n".to_string(), String::new()));
}

#[test]
fn calls_pass_and_return_every_type() {
    // One argument of every type and so many results that they go to memory; directly and through pointers.
    let mut m = Maker::new();
    let all = Type::ALL.iter().copied().cycle().take(20).collect::<Vec<_>>();
    for types in [&all[..], &[Type::I128], &[Type::I64, Type::F64, Type::I1, Type::F32], &[Type::I128, Type::I64]] {
        let name = format!("f{}", types.len());
        let f = m.declare(&name, Linkage::Local, types, types);
        m.body(f, |b, params| b.return_(params));
    }
    let functions = m.module.functions.iter().map(|(id, f)| (id, f.sig.clone())).collect::<Vec<_>>();
    let sigs = functions.iter().map(|(_, sig)| m.module.signature(sig.clone())).collect::<Vec<_>>();
    m.main(|b| {
        let mut good = b.iconst(Type::I1, 1);
        for ((f, sig), sig_id) in functions.iter().zip(sigs) {
            let bits = |i: usize, ty: Type| match ty {
                Type::I1 => i as u128 & 1,
                _ => ((0x1234_5678_9abc_def0_u128 << 64 | 0x0fed_cba9_8765_4321) + i as u128) & ty.mask(),
            };
            let values = sig.results.iter().enumerate().map(|(i, &ty)| match ty.is_float() {
                true => b.fconst(ty, bits(i, ty) & !0x4000),
                false => b.iconst(ty, bits(i, ty) as i128),
            });
            let values = values.collect::<Vec<_>>();
            let pointer = b.func_addr(*f);
            for call in [b.call(*f, &sig.results, &values), b.call_indirect(sig_id, &sig.results, pointer, &values)] {
                for (result, &value) in b.func.results(call).collect::<Vec<_>>().into_iter().zip(&values) {
                    let same = match b.func.ty(result).is_float() {
                        true => b.fcmp_eq(result, value),
                        false => b.icmp_eq(result, value),
                    };
                    good = b.band(good, same);
                }
            }
        }
        let status = b.uextend(Type::I32, good);
        b.return_(&[status]);
    });
    assert_eq!(outcome(&m.module), (Ok(1), String::new(), String::new()));
}

#[test]
fn foreign_functions_get_narrow_arguments_extended() {
    let mut m = Maker::new();
    let byte = m.import("lang_rt_write_bool", &[Type::I8], &[]);
    let abs = m.import("toupper", &[Type::I32], &[Type::I32]);
    let half = m.import("lang_rt_write_f16", &[Type::I16], &[]);
    m.main(|b| {
        let wide = b.iconst(Type::I64, 0xabcd_0001);
        let narrow = b.ireduce(Type::I8, wide);
        b.call(byte, &[], &[narrow]);
        let wide = b.iconst(Type::I64, 0xabcd_3e00);
        let narrow = b.ireduce(Type::I16, wide);
        b.call(half, &[], &[narrow]);
        let letter = b.iconst(Type::I32, 'x' as i128);
        let call = b.call(abs, &[Type::I32], &[letter]);
        let status = b.func.result(call);
        b.return_(&[status]);
    });
    assert_eq!(outcome(&m.module), (Ok('X' as i32), "true1.5".to_string(), String::new()));
}

#[test]
fn loops_and_switches() {
    // Sums over 0..40 what a switch gives, of every integer type.
    for ty in [Type::I1, Type::I8, Type::I16, Type::I32, Type::I64, Type::I128] {
        let mut m = Maker::new();
        let classify = m.declare("classify", Linkage::Local, &[ty], &[Type::I32]);
        let top = ty.mask();
        m.body(classify, |b, params| {
            let (seven, _) = block(b, &[]);
            let (same, same_params) = block(b, &[Type::I32]);
            let (default, _) = block(b, &[]);
            let [forty, two] = [40, 2].map(|v| b.iconst(Type::I32, v));
            let mut cases = vec![
                (0, BlockCall::new(seven, &[])),
                (1, BlockCall::new(same, &[forty])),
                (2, BlockCall::new(same, &[two])),
                (3, BlockCall::new(seven, &[])),
                (30, BlockCall::new(same, &[forty])),
                (top, BlockCall::new(same, &[two])),
            ];
            cases.retain(|c| c.0 <= top);
            cases.sort_by_key(|c| c.0);
            cases.dedup_by_key(|c| c.0);
            b.switch(params[0], cases, BlockCall::new(default, &[]));
            b.switch_to(seven);
            let value = b.iconst(Type::I32, 7);
            b.return_(&[value]);
            b.switch_to(same);
            b.return_(&[same_params[0]]);
            b.switch_to(default);
            let value = b.iconst(Type::I32, 1);
            b.return_(&[value]);
        });
        let minus_one = top;
        m.main(|b| {
            let zero = b.iconst(Type::I32, 0);
            let (head, params) = block(b, &[Type::I32, Type::I32]);
            let (body, _) = block(b, &[]);
            let (end, _) = block(b, &[]);
            b.jump(head, &[zero, zero]);
            b.switch_to(head);
            let limit = b.iconst(Type::I32, 40);
            let more = b.icmp_slt(params[0], limit);
            b.brif(more, BlockCall::new(body, &[]), BlockCall::new(end, &[]));
            b.switch_to(body);
            let key = match ty {
                Type::I32 => params[0],
                Type::I64 | Type::I128 => b.uextend(ty, params[0]),
                _ => b.ireduce(ty, params[0]),
            };
            let call = b.call(classify, &[Type::I32], &[key]);
            let value = b.func.result(call);
            let sum = b.iadd(params[1], value);
            let one = b.iconst(Type::I32, 1);
            let next = b.iadd(params[0], one);
            b.jump(head, &[next, sum]);
            b.switch_to(end);
            let key = b.iconst(ty, minus_one as i128);
            let call = b.call(classify, &[Type::I32], &[key]);
            let value = b.func.result(call);
            let sum = b.iadd(params[1], value);
            b.return_(&[sum]);
        });
        let expected = if ty == Type::I1 { 20 * 7 + 20 * 40 + 40 } else { 7 + 40 + 2 + 7 + 40 + 35 + 2 } & 255;
        assert_eq!(outcome(&m.module).0, Ok(expected), "{ty}");
    }
}

#[test]
fn entry_block_may_be_a_loop_and_blocks_may_stand_in_any_order() {
    let mut m = Maker::new();
    let count = m.declare("count", Linkage::Local, &[Type::I32, Type::I32], &[Type::I32]);
    m.body(count, |b, params| {
        let entry = b.block();
        // The block that returns uses a value of a block that stands behind it.
        let (end, _) = block(b, &[]);
        let (middle, _) = block(b, &[]);
        b.jump(middle, &[]);
        b.switch_to(middle);
        let one = b.iconst(Type::I32, 1);
        let (left, sum) = (b.isub(params[0], one), b.iadd(params[1], params[0]));
        b.brif(left, BlockCall::new(entry, &[left, sum]), BlockCall::new(end, &[]));
        b.switch_to(end);
        b.return_(&[sum]);
    });
    // The condition is an i1 in the IR.
    let func = &mut m.module.functions[count];
    let condition = func.insts.values().position(|i| i.op == Op::Brif).unwrap();
    let (block, brif) = (func.layout[2], Inst::from_u32(condition as u32));
    let left = func.insts[brif].args[0];
    let zero = func.new_inst(
        InstData::new(Op::Iconst, Type::I32, Loc::from_u32(0), &[], Payload::Bits(Bits::new(0))),
        &[Type::I32],
    );
    let zero_value = func.result(zero);
    let compare = InstData::new(Op::IcmpNe, Type::I32, Loc::from_u32(0), &[left, zero_value], Payload::None);
    let compare = func.new_inst(compare, &[Type::I1]);
    let at = func.blocks[block].insts.len() - 1;
    func.blocks[block].insts.splice(at..at, [zero, compare]);
    func.insts[brif].args[0] = func.result(compare);
    m.main(|b| {
        let (n, zero) = (b.iconst(Type::I32, 10), b.iconst(Type::I32, 0));
        let call = b.call(count, &[Type::I32], &[n, zero]);
        let sum = b.func.result(call);
        b.return_(&[sum]);
    });
    assert_eq!(outcome(&m.module).0, Ok(55));
}

#[test]
fn memory_is_copied_and_filled() {
    for len in [0, 1, 2, 3, 7, 8, 15, 16, 31, 100, 128, 129, 1000] {
        for constant in [true, false] {
            let mut m = Maker::new();
            let write = m.import("lang_rt_write_str", &[Type::Ptr, Type::I64], &[]);
            let pattern = (0..len).map(|i| (b'a' + (i % 26) as u8) as char).collect::<String>();
            let text = m.text(&pattern);
            let zeros = m.module.globals.push(Global {
                name: "buffer".to_string(),
                size: 3000,
                align: 64,
                constant: false,
                init: Vec::new(),
                relocs: Vec::new(),
            });
            let lens = m.module.globals.push(Global {
                name: "len".to_string(),
                size: 8,
                align: 8,
                constant: true,
                init: (len as u64).to_le_bytes().to_vec(),
                relocs: Vec::new(),
            });
            m.main(|b| {
                let flags = CopyFlags {
                    dst_align: 1,
                    src_align: 1,
                    dst_alias: AliasSet::from_u32(0),
                    src_alias: AliasSet::from_u32(0),
                };
                let n = match constant {
                    true => b.iconst(Type::I64, len as i128),
                    false => {
                        let address = b.global_addr(lens);
                        b.load(Type::I64, address, MemFlags::natural(Type::I64, 0))
                    }
                };
                let (from, to) = (b.global_addr(text), b.global_addr(zeros));
                b.memcpy(to, from, n, flags);
                let byte = b.iconst(Type::I8, b'!' as i128);
                let behind = b.ptr_add(to, n);
                b.memset(behind, byte, n, flags);
                let two = b.iconst(Type::I64, 2);
                let all = b.imul(n, two);
                let mark = b.iconst(Type::I64, 1);
                let all = b.iadd(all, mark);
                b.call(write, &[], &[to, all]);
                let aligned = b.ptr_to_int(to);
                let mask = b.iconst(Type::I64, 63);
                let rest = b.band(aligned, mask);
                let status = b.ireduce(Type::I32, rest);
                b.return_(&[status]);
            });
            assert_eq!(outcome(&m.module), (Ok(0), format!("{pattern}{}\0", "!".repeat(len)), String::new()));
        }
    }
}

#[test]
fn globals_hold_addresses() {
    let mut m = Maker::new();
    let seven = m.declare("seven", Linkage::Local, &[], &[Type::I32]);
    m.body(seven, |b, _| {
        let value = b.iconst(Type::I32, 7);
        b.return_(&[value]);
    });
    let text = m.text("abcdef");
    let sig = m.module.signature(Signature::new(&[], &[Type::I32]));
    let mut tables = Vec::new();
    for constant in [true, false] {
        let relocs = vec![
            Reloc { offset: 8, target: RelocTarget::Global(text), addend: 3 },
            Reloc { offset: 24, target: RelocTarget::Func(seven), addend: 0 },
        ];
        let name = format!("table{constant}");
        let init = vec![1, 2, 3];
        tables.push(m.module.globals.push(Global { name, size: 40, align: 8, constant, init, relocs }));
    }
    m.main(|b| {
        let mut sum = b.iconst(Type::I32, 0);
        for &table in &tables {
            let table = b.global_addr(table);
            let third = b.load(Type::I8, table, MemFlags::natural(Type::I8, 2));
            let third = b.uextend(Type::I32, third);
            let text = b.load(Type::Ptr, table, MemFlags::natural(Type::Ptr, 8));
            let letter = b.load(Type::I8, text, MemFlags::natural(Type::I8, 0));
            let letter = b.uextend(Type::I32, letter);
            let function = b.load(Type::Ptr, table, MemFlags::natural(Type::Ptr, 24));
            let call = b.call_indirect(sig, &[Type::I32], function, &[]);
            let seven = b.func.result(call);
            for value in [third, letter, seven] {
                sum = b.iadd(sum, value);
            }
        }
        b.return_(&[sum]);
    });
    assert_eq!(outcome(&m.module).0, Ok(2 * (3 + 'd' as i32 + 7)));
}

#[test]
fn slots_are_aligned_and_apart() {
    let mut m = Maker::new();
    m.main(|b| {
        let slots = [(1, 1), (100, 4), (3, 64), (16, 16), (5000, 256), (8, 8)];
        let mut wrong = b.iconst(Type::I64, 0);
        let mut stored = Vec::new();
        for (index, (size, align)) in slots.into_iter().enumerate() {
            let slot = b.func.slots.push(SlotData { size, align });
            let address = b.slot_addr(slot);
            let number = b.ptr_to_int(address);
            let mask = b.iconst(Type::I64, align as i128 - 1);
            let rest = b.band(number, mask);
            wrong = b.bor(wrong, rest);
            let byte = b.iconst(Type::I8, index as i128 + 1);
            let last = MemFlags { offset: size as i32 - 1, ..MemFlags::natural(Type::I8, 0) };
            b.store(byte, address, last);
            b.store(byte, address, MemFlags::natural(Type::I8, 0));
            stored.push((slot, byte, last));
        }
        for (slot, byte, last) in stored {
            let address = b.slot_addr(slot);
            for flags in [last, MemFlags::natural(Type::I8, 0)] {
                let found = b.load(Type::I8, address, flags);
                let difference = b.bxor(found, byte);
                let difference = b.uextend(Type::I64, difference);
                wrong = b.bor(wrong, difference);
            }
        }
        let status = b.ireduce(Type::I32, wrong);
        b.return_(&[status]);
    });
    assert_eq!(outcome(&m.module).0, Ok(0));
}

/// A program whose functions trap: `get` is inlined into `pick`, which `main` calls.
pub fn trapping() -> Module {
    let mut m = Maker::new();
    let write = m.import("lang_rt_write_str", &[Type::Ptr, Type::I64], &[]);
    let text = m.text("before");
    let pick = m.declare("pick", Linkage::Local, &[Type::I64], &[Type::I64]);
    m.body(pick, |b, params| {
        at(b, 21);
        let call_site = b.loc;
        let pos = SourcePos { file: FileId::from_u32(0), line: 3, col: 9 };
        let scope = b.func.scopes.push(ScopeData { callee: "get".into(), callee_decl: pos, call_site });
        b.loc = b.func.locs.push(LocData { pos, scope: scope.into() });
        let limit = b.iconst(Type::I64, 5);
        let bad = b.icmp_ult(limit, params[0]);
        b.trapif(bad, TrapCode::Bounds, &[params[0], limit]);
        b.return_(&[params[0]]);
    });
    let main = m.declare("main", Linkage::Local, &[], &[]);
    m.body(main, |b, _| {
        at(b, 31);
        let (text, len) = (b.global_addr(text), b.iconst(Type::I64, 6));
        b.call(write, &[], &[text, len]);
        at(b, 32);
        let good = b.iconst(Type::I64, 4);
        b.call(pick, &[Type::I64], &[good]);
        at(b, 33);
        let bad = b.iconst(Type::I64, -7);
        b.call(pick, &[Type::I64], &[bad]);
        b.return_(&[]);
    });
    m.main(|b| {
        b.call(main, &[], &[]);
        let status = b.iconst(Type::I32, 0);
        b.return_(&[status]);
    });
    m.module
}

pub const TRAPPED: &str =
    "error: index -7 is out of bounds for length 5\ntest.lang:3:9\n    in get\n    in pick\n    in main\n";

#[test]
fn traps_say_what_and_where() {
    assert_eq!(outcome(&trapping()), (Ok(101), "before".to_string(), TRAPPED.to_string()));
}

#[test]
fn the_main_function_is_seen_where_it_is_inlined() {
    let mut m = Maker::new();
    let fail = m.declare("fail#2", Linkage::Local, &[], &[]);
    m.body(fail, |b, _| {
        at(b, 4);
        b.trap(TrapCode::DivisionByZero, &[]);
    });
    m.main(|b| {
        at(b, 9);
        let call_site = b.loc;
        let pos = SourcePos { file: FileId::from_u32(0), line: 8, col: 2 };
        let scope = b.func.scopes.push(ScopeData { callee: "main".into(), callee_decl: pos, call_site });
        b.loc = b.func.locs.push(LocData { pos, scope: scope.into() });
        b.call(fail, &[], &[]);
        let status = b.iconst(Type::I32, 0);
        b.return_(&[status]);
    });
    let text = "error: division by zero\ntest.lang:4:5\n    in fail\n    in main\n";
    assert_eq!(outcome(&m.module), (Ok(101), String::new(), text.to_string()));
}

/// A program that recurses without end, with a frame of that size.
pub fn overflowing(frame: u32) -> Module {
    let mut m = Maker::new();
    let deeper = m.declare("deeper", Linkage::Local, &[Type::Ptr], &[Type::I64]);
    m.body(deeper, |b, params| {
        let slot = b.func.slots.push(SlotData { size: frame, align: 8 });
        let address = b.slot_addr(slot);
        b.store(params[0], address, MemFlags::natural(Type::Ptr, 0));
        let call = b.call(deeper, &[Type::I64], &[address]);
        let result = b.func.result(call);
        let more = b.load(Type::I64, address, MemFlags::natural(Type::I64, 0));
        let sum = b.iadd(result, more);
        b.return_(&[sum]);
    });
    m.main(|b| {
        let null = b.iconst(Type::Ptr, 0);
        b.call(deeper, &[Type::I64], &[null]);
        let status = b.iconst(Type::I32, 0);
        b.return_(&[status]);
    });
    m.module
}

#[test]
fn stack_overflow_is_found() {
    for frame in [16, 4096, 3 << 20, 64 << 20] {
        let (status, stdout, stderr) = outcome(&overflowing(frame));
        assert_eq!((status, &*stdout), (Ok(101), ""), "{frame}: {stderr}");
        let text = "error: stack overflow\ntest.lang:10:1\n    in deeper\n";
        assert!(stderr.starts_with(text), "{frame}: {stderr}");
    }
}

#[test]
fn a_frame_that_is_too_big_is_an_error() {
    let error = Program::new(&overflowing(u32::MAX), OptLevel::None).err().unwrap();
    assert!(error.to_string().contains("`deeper` takes more than 1 GiB"), "{error}");
}

#[test]
fn functions_may_be_long_and_deep() {
    const COUNT: u32 = 60_000;
    let mut m = Maker::new();
    let ty = Type::I64;
    // A chain of operations; a chain of blocks with a trap each; a switch with many cases; many slots.
    let chain = m.declare("chain", Linkage::Local, &[ty], &[ty]);
    m.body(chain, |b, params| {
        let mut value = params[0];
        for step in 0..COUNT {
            let constant = b.iconst(ty, step as i128 * 0x1_0000_0001);
            value = if step % 2 == 0 { b.iadd(value, constant) } else { b.bxor(value, constant) };
        }
        b.return_(&[value]);
    });
    let blocks = m.declare("blocks", Linkage::Local, &[ty], &[ty]);
    m.body(blocks, |b, params| {
        let mut value = params[0];
        for step in 0..COUNT / 10 {
            let constant = b.iconst(ty, -1 - step as i128);
            let bad = b.icmp_eq(params[0], constant);
            b.trapif(bad, TrapCode::Bounds, &[value, constant]);
            let (next, next_params) = block(b, &[ty]);
            let one = b.iconst(ty, 1);
            let more = b.iadd(value, one);
            b.brif(bad, BlockCall::new(next, &[value]), BlockCall::new(next, &[more]));
            b.switch_to(next);
            value = next_params[0];
        }
        b.return_(&[value]);
    });
    let cases = m.declare("cases", Linkage::Local, &[ty], &[ty]);
    m.body(cases, |b, params| {
        let (end, end_params) = block(b, &[ty]);
        let zero = b.iconst(ty, 0);
        let cases = (0..COUNT as u128 / 10).map(|case| {
            let value = b.iconst(ty, case as i128 + 1);
            (case * 3, BlockCall::new(end, &[value]))
        });
        let cases = cases.collect();
        b.switch(params[0], cases, BlockCall::new(end, &[zero]));
        b.switch_to(end);
        b.return_(&[end_params[0]]);
    });
    let slots = m.declare("slots", Linkage::Local, &[ty], &[ty]);
    m.body(slots, |b, params| {
        let mut sum = params[0];
        for _ in 0..COUNT / 4 {
            let slot = b.func.slots.push(SlotData { size: 8, align: 8 });
            let address = b.slot_addr(slot);
            b.store(sum, address, MemFlags::natural(ty, 0));
            let again = b.load(ty, address, MemFlags::natural(ty, 0));
            let one = b.iconst(ty, 1);
            sum = b.iadd(again, one);
        }
        b.return_(&[sum]);
    });
    let mut expected = 6u64;
    for step in 0..COUNT as u64 {
        let constant = step * 0x1_0000_0001;
        expected = if step % 2 == 0 { expected.wrapping_add(constant) } else { expected ^ constant };
    }
    let mut total = expected + (6 + COUNT as u64 / 10) + 3 + (6 + COUNT as u64 / 4);
    total ^= total >> 32;
    total ^= total >> 16;
    m.main(|b| {
        let six = b.iconst(ty, 6);
        let mut sum = b.iconst(ty, 0);
        for function in [chain, blocks, cases, slots] {
            let call = b.call(function, &[ty], &[six]);
            let result = b.func.result(call);
            sum = b.iadd(sum, result);
        }
        for bits in [32, 16] {
            let bits = b.iconst(ty, bits);
            let high = b.ushr(sum, bits);
            sum = b.bxor(sum, high);
        }
        let status = b.ireduce(Type::I32, sum);
        b.return_(&[status]);
    });
    assert_eq!(outcome(&m.module).0, Ok((total & 255) as i32));
}

#[test]
fn what_cannot_be_run_is_an_error() {
    let mut m = Maker::new();
    let missing = m.import("there_is_no_such_function", &[], &[]);
    m.main(|b| {
        b.call(missing, &[], &[]);
        let status = b.iconst(Type::I32, 0);
        b.return_(&[status]);
    });
    let error = Program::new(&m.module, OptLevel::None).err().unwrap();
    assert!(error.to_string().contains("there_is_no_such_function"), "{error}");
}
