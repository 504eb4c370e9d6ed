//! Lowering the bodies of a program in several threads.
//!
//! Each thread takes functions that follow each other, and has a module of its own that starts with the program's declarations.
//! What it adds to that (texts, constants, functions that are declared when they are first used) has the thread's own numbers;
//! [`Cx::adopt`] gives each its number in the program, thread by thread. So the result is the one of a single thread, to the byte.

use super::data::ExposedMemory;
use super::{Cx, STACK_SIZE, Synth, body};
use crate::hir::{Body, ConstId, DataId, FuncId};
use cranelift_entity::EntityRef;
use lang_ir::{Function, Global, GlobalId, Module, Payload, Region, RelocTarget, SigId};
use rustc_hash::FxHashMap;

/// Fewer expressions than this are lowered faster than they are shared out.
const MIN_EXPRS: usize = 20_000;

impl Cx<'_> {
    /// Lowers bodies in this many threads; by default, in as many as there are processors where that is worth it.
    pub(super) fn lower_bodies(&mut self, bodies: Vec<(FuncId, Body)>, threads: Option<usize>) {
        let exprs: usize = bodies.iter().map(|(_, body)| body.exprs.len()).sum();
        let threads = threads.unwrap_or_else(|| match exprs / MIN_EXPRS {
            0 | 1 => 1,
            useful => useful.min(rayon::current_num_threads()),
        });
        let mut shares = shares(threads, bodies).into_iter();
        let Some(first) = shares.next() else { return };
        let forks: Vec<Fork> = shares.map(|bodies| Fork::new(self, bodies)).collect();
        let (sources, interner, program, purpose) = (self.sources, self.interner, self.program, self.purpose);
        let base = Base::of(&self.module);
        let parts = std::thread::scope(|scope| {
            let spawn = |fork: Fork| {
                let lower = move || fork.lower(Cx::new(sources, interner, program, purpose));
                let thread = std::thread::Builder::new().name("lower".to_string()).stack_size(STACK_SIZE);
                thread.spawn_scoped(scope, lower).expect("a thread to lower in")
            };
            let threads: Vec<_> = forks.into_iter().map(spawn).collect();
            for (id, body) in first {
                body::lower_body(self, id, &body);
            }
            let join = |thread: std::thread::ScopedJoinHandle<'_, Part>| match thread.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            threads.into_iter().map(join).collect::<Vec<Part>>()
        });
        for part in parts {
            self.adopt(part, &base);
        }
    }

    /// Puts the functions that a thread lowered into the program, and what they need.
    fn adopt(&mut self, mut part: Part, base: &Base) {
        let mut ids = Renumbered { base: *base, ..Renumbered::default() };
        let module = &mut part.module;
        for id in module.signatures.keys().skip(base.signatures) {
            ids.signatures.push(self.module.signature(module.signatures[id].clone()));
        }
        let synths: FxHashMap<lang_ir::FuncId, Synth> =
            part.synths.into_iter().map(|(synth, id)| (id, synth)).collect();
        let runtime: FxHashMap<_, _> = part.runtime.into_iter().map(|(name, id)| (id, name)).collect();
        for id in module.functions.keys().skip(base.functions) {
            let known = match synths.get(&id) {
                Some(&synth) => self.synth(synth),
                None => {
                    let functions = &mut self.module.functions;
                    let declare = || functions.push(module.functions[id].clone());
                    *self.runtime.entry(runtime[&id]).or_insert_with(declare)
                }
            };
            ids.functions.push(known);
        }
        let constants = by_global(&part.constants);
        let data = by_global(&part.data);
        let mut anonymous = Vec::new();
        for id in module.globals.keys().skip(base.globals) {
            let global = &mut module.globals[id];
            let known = if let Some(&index) = constants.get(&id) {
                self.constant(ConstId(index))
            } else if let Some(&index) = data.get(&id) {
                self.data(DataId(index))
            } else if part.texts.get(&*global.init) == Some(&id) {
                self.text(&global.init).expect("a text that has memory")
            } else {
                let mut global = global.clone();
                global.name = self.anonymous_name();
                let known = self.module.globals.push(global);
                anonymous.push(known);
                known
            };
            ids.globals.push(known);
        }
        for global in anonymous {
            for reloc in &mut self.module.globals[global].relocs {
                match &mut reloc.target {
                    RelocTarget::Global(global) => *global = ids.global(*global),
                    RelocTarget::Func(func) => *func = ids.function(*func),
                }
            }
        }
        for id in part.lowered {
            std::mem::swap(&mut self.module.functions[id], &mut module.functions[id]);
            ids.renumber(&mut self.module.functions[id]);
        }
    }
}

/// Cuts bodies into about equal shares, in their order.
fn shares(count: usize, bodies: Vec<(FuncId, Body)>) -> Vec<Vec<(FuncId, Body)>> {
    let total: usize = bodies.iter().map(|(_, body)| body.exprs.len()).sum();
    let mut shares = vec![Vec::new()];
    let mut done = 0;
    for (id, body) in bodies {
        if done * count > total * shares.len() {
            shares.push(Vec::new());
        }
        done += body.exprs.len();
        shares.last_mut().expect("at least one share").push((id, body));
    }
    shares
}

/// What a thread starts with.
struct Fork {
    /// The declarations; its globals are without their contents.
    module: Module,
    funcs: Vec<lang_ir::FuncId>,
    globals: Vec<GlobalId>,
    constants: Vec<Option<GlobalId>>,
    data: Vec<Option<GlobalId>>,
    exposed: Option<ExposedMemory>,
    texts: FxHashMap<Box<[u8]>, GlobalId>,
    runtime: FxHashMap<&'static str, lang_ir::FuncId>,
    synths: FxHashMap<Synth, lang_ir::FuncId>,
    bodies: Vec<(FuncId, Body)>,
}

impl Fork {
    fn new(cx: &Cx<'_>, bodies: Vec<(FuncId, Body)>) -> Fork {
        let nothing =
            Global { name: String::new(), size: 0, align: 1, constant: true, init: Vec::new(), relocs: Vec::new() };
        let mut module = Module {
            functions: cx.module.functions.clone(),
            signatures: cx.module.signatures.clone(),
            ..Module::default()
        };
        for _ in cx.module.globals.keys() {
            module.globals.push(nothing.clone());
        }
        Fork {
            module,
            funcs: cx.funcs.clone(),
            globals: cx.globals.clone(),
            constants: cx.constants.clone(),
            data: cx.data.clone(),
            exposed: cx.exposed.clone(),
            texts: cx.texts.clone(),
            runtime: cx.runtime.clone(),
            synths: cx.synths.clone(),
            bodies,
        }
    }

    fn lower(self, mut cx: Cx<'_>) -> Part {
        cx.module = self.module;
        cx.funcs = self.funcs;
        cx.globals = self.globals;
        cx.constants = self.constants;
        cx.data = self.data;
        cx.exposed = self.exposed;
        cx.texts = self.texts;
        cx.runtime = self.runtime;
        cx.synths = self.synths;
        let mut lowered = Vec::with_capacity(self.bodies.len());
        for (id, body) in self.bodies {
            body::lower_body(&mut cx, id, &body);
            lowered.push(cx.funcs[id.index()]);
        }
        Part {
            module: cx.module,
            constants: cx.constants,
            data: cx.data,
            texts: cx.texts,
            runtime: cx.runtime,
            synths: cx.synths,
            lowered,
        }
    }
}

/// What a thread made.
struct Part {
    module: Module,
    constants: Vec<Option<GlobalId>>,
    data: Vec<Option<GlobalId>>,
    texts: FxHashMap<Box<[u8]>, GlobalId>,
    runtime: FxHashMap<&'static str, lang_ir::FuncId>,
    synths: FxHashMap<Synth, lang_ir::FuncId>,
    lowered: Vec<lang_ir::FuncId>,
}

/// How much of a module every thread starts with: these have the same number everywhere.
#[derive(Clone, Copy, Default)]
struct Base {
    functions: usize,
    globals: usize,
    signatures: usize,
}

impl Base {
    fn of(module: &Module) -> Base {
        Base { functions: module.functions.len(), globals: module.globals.len(), signatures: module.signatures.len() }
    }
}

/// The numbers in the program of what a thread added, in the order of the thread's numbers.
#[derive(Default)]
struct Renumbered {
    base: Base,
    functions: Vec<lang_ir::FuncId>,
    globals: Vec<GlobalId>,
    signatures: Vec<SigId>,
}

impl Renumbered {
    fn function(&self, id: lang_ir::FuncId) -> lang_ir::FuncId {
        id.index().checked_sub(self.base.functions).map_or(id, |new| self.functions[new])
    }

    fn global(&self, id: GlobalId) -> GlobalId {
        id.index().checked_sub(self.base.globals).map_or(id, |new| self.globals[new])
    }

    fn signature(&self, id: SigId) -> SigId {
        id.index().checked_sub(self.base.signatures).map_or(id, |new| self.signatures[new])
    }

    fn renumber(&self, function: &mut Function) {
        for inst in function.insts.values_mut() {
            match &mut inst.payload {
                Payload::Func(func) => *func = self.function(*func),
                Payload::Global(global) => *global = self.global(*global),
                Payload::Sig(sig) => *sig = self.signature(*sig),
                Payload::None
                | Payload::Bits(_)
                | Payload::Slot(_)
                | Payload::Mem(_)
                | Payload::Copy(_)
                | Payload::Trap(_)
                | Payload::Jump(_)
                | Payload::Brif(_)
                | Payload::Switch(_) => {}
            }
        }
        for set in function.alias_sets.values_mut() {
            if let Region::Global(global) = &mut set.region {
                *global = self.global(*global);
            }
        }
    }
}

/// The numbers of what lies in a global of its own.
fn by_global(globals: &[Option<GlobalId>]) -> FxHashMap<GlobalId, u32> {
    let made = globals.iter().enumerate().filter_map(|(index, global)| Some((global.as_ref().copied()?, index as u32)));
    made.collect()
}
