//! Random modules: decoded code does what a walk over the IR does.

use crate::memory::{Kind, Memory};
use crate::{Config, Machine, Stop};
use lang_ir::testing::{RUN, Random};
use lang_ir::{Block, BlockCall, FuncId, Module, Op, Payload, RelocTarget, Value};
use std::collections::HashMap;

/// Executes the IR the plainest way: a map of values for every call, every operation by `lang_ir::eval`.
struct Walk<'a> {
    module: &'a Module,
    memory: Memory,
    globals: Vec<u64>,
    /// Blocks that may still be entered.
    fuel: u64,
}

#[derive(PartialEq, Eq, Debug)]
enum Ended {
    Trap(&'static str),
    Fuel,
}

impl<'a> Walk<'a> {
    fn new(module: &'a Module) -> Walk<'a> {
        let mut memory = Memory::new(u64::MAX);
        let globals: Vec<u64> = module
            .globals
            .iter()
            .map(|(id, g)| memory.allocate(Kind::Global(id), g.size, g.align as u64, true, None).unwrap())
            .collect();
        for (id, global) in &module.globals {
            let address = globals[id.as_u32() as usize];
            memory.initialize(address, 0, &global.init);
            for reloc in &global.relocs {
                let target = match reloc.target {
                    RelocTarget::Global(global) => globals[global.as_u32() as usize],
                    RelocTarget::Func(func) => memory.function_address(func),
                };
                memory.initialize(address, reloc.offset, &target.wrapping_add(reloc.addend as u64).to_le_bytes());
            }
        }
        Walk { module, memory, globals, fuel: 300_000 }
    }

    fn call(&mut self, id: FuncId, args: &[u128]) -> Result<Vec<u128>, Ended> {
        let func = &self.module.functions[id];
        let keep = self.memory.num_slots();
        let slots: Vec<u64> =
            func.slots.iter().map(|(slot, s)| self.memory.make_slot(id, slot, s.size, s.align).unwrap()).collect();
        let mut values: HashMap<Value, u128> = HashMap::new();
        let mut block = func.entry();
        let mut incoming = args.to_vec();
        'blocks: loop {
            self.fuel = self.fuel.checked_sub(1).ok_or(Ended::Fuel)?;
            values.extend(func.blocks[block].params.iter().copied().zip(incoming.drain(..)));
            for &inst in &func.blocks[block].insts {
                let data = &func.insts[inst];
                let args: Vec<u128> = data.args.iter().map(|value| values[value]).collect();
                let mut go_to = |target: &BlockCall| -> Block {
                    incoming = target.args.iter().map(|value| values[value]).collect();
                    target.block
                };
                let result = match &data.payload {
                    Payload::Bits(bits) => vec![bits.get()],
                    Payload::Slot(slot) => vec![slots[slot.as_u32() as usize] as u128],
                    Payload::Global(global) => vec![self.globals[global.as_u32() as usize] as u128],
                    Payload::Func(callee) if data.op == Op::Call => self.call(*callee, &args)?,
                    Payload::Func(callee) => vec![self.memory.function_address(*callee) as u128],
                    Payload::Sig(_) => {
                        let callee = self.memory.function_at(args[0] as u64).unwrap();
                        self.call(callee, &args[1..])?
                    }
                    Payload::Mem(mem) => {
                        let store = data.op == Op::Store;
                        let address = (args[store as usize] as u64).wrapping_add(mem.offset as i64 as u64);
                        assert_eq!(address % mem.align as u64, 0);
                        let size = data.ty.bytes() as usize;
                        if store {
                            self.memory.write_bytes(address, &args[0].to_le_bytes()[..size]).unwrap();
                            vec![]
                        } else {
                            let mut bytes = [0; 16];
                            bytes[..size].copy_from_slice(self.memory.bytes(address, size as u64).unwrap());
                            vec![u128::from_le_bytes(bytes)]
                        }
                    }
                    Payload::Copy(_) => {
                        let [dst, src, len] = [args[0] as u64, args[1] as u64, args[2] as u64];
                        if data.op == Op::Memcpy {
                            self.memory.copy(dst, src, len, (1, 1)).unwrap();
                        } else {
                            self.memory.fill_bytes(dst, src as u8, len, 1).unwrap();
                        }
                        vec![]
                    }
                    Payload::Trap(code) => {
                        if data.op == Op::Trap || args[0] == 1 {
                            return Err(Ended::Trap(code.name()));
                        }
                        vec![]
                    }
                    Payload::Jump(target) => {
                        block = go_to(target);
                        continue 'blocks;
                    }
                    Payload::Brif(targets) => {
                        block = go_to(&targets[1 - args[0] as usize]);
                        continue 'blocks;
                    }
                    Payload::Switch(switch) => {
                        let case = switch.cases.iter().find(|(value, _)| *value == args[0]);
                        block = go_to(case.map_or(&switch.default, |(_, target)| target));
                        continue 'blocks;
                    }
                    Payload::None if data.op == Op::Return => {
                        self.memory.drop_slots(keep, None);
                        return Ok(args);
                    }
                    Payload::None => {
                        vec![lang_ir::eval::eval(data.op, data.ty, func.ty(data.args[0]), &args).unwrap()]
                    }
                };
                values.extend(func.results(inst).zip(result));
            }
        }
    }
}

fn agree(module: &Module, seed: u64, args: [u128; 2], trace: bool) -> bool {
    let run = module.function(RUN).unwrap();
    let walked = Walk::new(module).call(run, &args);
    if walked == Err(Ended::Fuel) {
        return false;
    }
    let ended =
        Machine::new(module, Config { trace, fuel: seed.is_multiple_of(2).then_some(u64::MAX), ..Config::default() })
            .call(run, &args);
    match (&walked, &ended) {
        (Ok(expected), Ok(got)) => assert_eq!(expected, got, "seed {seed} on {args:?}\n{module}"),
        (Err(Ended::Trap(name)), Err(Stop::Trap(trap))) => {
            let template = lang_ir::TrapCode::from_name(name).unwrap().template();
            let fixed = template.split('{').next().unwrap();
            assert!(trap.message.starts_with(fixed), "seed {seed} on {args:?}: {} {name}\n{module}", trap.message);
        }
        _ => panic!("seed {seed} on {args:?}: {walked:?} but {ended:?}\n{module}"),
    }
    walked.is_ok()
}

#[test]
fn random_modules_run_as_the_ir_says() {
    let mut finished = 0;
    for seed in 0..1000 {
        let module = lang_ir::testing::module(seed);
        let mut random = Random::new(seed);
        for args in [[0, 0], [random.bits(), random.bits()], [u64::MAX, 7]] {
            finished += agree(&module, seed, args.map(u128::from), seed % 5 == 0) as usize;
        }
    }
    assert!(finished > 1500, "most runs return: {finished}");
}
