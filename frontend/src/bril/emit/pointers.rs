//! Which types of Bril the pointers of a function have.
//!
//! Calls say them; from there they go to and from the parameters of blocks and through selections. The null pointer, which stands
//! for a variable without a value, has every type.

use super::{Refused, refuse};
use crate::bril::opaque;
use lang_ir::{FuncId, Function, Module, Op, Payload, Type, Value};
use rustc_hash::FxHashMap;

/// The types of parameters, and then that of the result, of each function that has pointers among them.
pub type Signatures<'m> = FxHashMap<FuncId, Vec<&'m str>>;

pub fn signatures(module: &Module) -> Signatures<'_> {
    let has_pointers = |function: &Function| {
        let params = function.sig.params.iter().map(|param| param.ty);
        params.chain(function.sig.results.iter().copied()).any(|ty| ty == Type::Ptr)
    };
    let functions = module.functions.iter().filter(|(_, function)| function.is_definition() && has_pointers(function));
    // Its own signature comes before those of functions that were inlined.
    functions
        .filter_map(|(id, function)| Some((id, insts(function).find_map(|data| signature(module, data))?)))
        .collect()
}

fn signature<'m>(module: &'m Module, data: &lang_ir::InstData) -> Option<Vec<&'m str>> {
    let Payload::Func(callee) = data.payload else { return None };
    match opaque::parse(&module.functions[callee].name)? {
        (opaque::SIGNATURE, types) => Some(types.split(',').collect()),
        _ => None,
    }
}

fn insts(function: &Function) -> impl Iterator<Item = &lang_ir::InstData> {
    function.layout.iter().flat_map(|&block| &function.blocks[block].insts).map(|&inst| &function.insts[inst])
}

/// The type of every pointer whose type matters.
pub fn pointers<'m>(
    module: &'m Module,
    id: FuncId,
    signatures: &Signatures<'m>,
) -> Result<FxHashMap<Value, &'m str>, Refused> {
    let function = &module.functions[id];
    let mut finder = Finder { function, known: Vec::new(), same: FxHashMap::default() };
    finder.say(function.params().iter().copied(), signatures.get(&id));
    let insts = function.layout.iter().flat_map(|&block| &function.blocks[block].insts);
    for &inst in insts {
        let data = &function.insts[inst];
        let results = || function.results(inst);
        match (data.op, &data.payload) {
            (Op::Call, &Payload::Func(callee)) => match opaque::parse(&module.functions[callee].name) {
                Some((opaque::SIGNATURE, _)) => {}
                Some((op, pointer)) => {
                    let element = opaque::pointee(pointer);
                    let in_memory = if op == "load" { results().next() } else { data.args.get(1).copied() };
                    finder.known.extend(in_memory.map(|value| (value, element)));
                    let itself = if op == "alloc" { results().next() } else { data.args.first().copied() };
                    finder.known.extend(itself.map(|value| (value, pointer)));
                    finder.known.extend(results().next().filter(|_| op == "ptradd").map(|value| (value, pointer)));
                }
                None => finder.say(data.args.iter().copied().chain(results()), signatures.get(&callee)),
            },
            (Op::Return, _) => {
                let result = signatures.get(&id).and_then(|types| types.get(function.params().len()));
                finder.known.extend(data.args.first().copied().zip(result.copied()));
            }
            (Op::Select, _) => {
                for result in results() {
                    finder.link(result, data.args[1]);
                    finder.link(result, data.args[2]);
                }
            }
            _ => {}
        }
        for target in data.targets() {
            for (&param, &arg) in function.blocks[target.block].params.iter().zip(&target.args) {
                finder.link(param, arg);
            }
        }
    }
    finder.spread()
}

struct Finder<'f, 'm> {
    function: &'f Function,
    known: Vec<(Value, &'m str)>,
    /// Pointers of one type.
    same: FxHashMap<Value, Vec<Value>>,
}

impl<'m> Finder<'_, 'm> {
    fn say(&mut self, values: impl Iterator<Item = Value>, types: Option<&Vec<&'m str>>) {
        self.known.extend(values.zip(types.into_iter().flatten().copied()));
    }

    fn is_typed(&self, value: Value) -> bool {
        self.function.ty(value) == Type::Ptr && self.function.constant(value).is_none()
    }

    fn link(&mut self, one: Value, other: Value) {
        if self.is_typed(one) && self.is_typed(other) {
            self.same.entry(one).or_default().push(other);
            self.same.entry(other).or_default().push(one);
        }
    }

    fn spread(mut self) -> Result<FxHashMap<Value, &'m str>, Refused> {
        let mut types: FxHashMap<Value, &'m str> = FxHashMap::default();
        while let Some((value, ty)) = self.known.pop() {
            if !self.is_typed(value) {
                continue;
            }
            match types.insert(value, ty) {
                Some(before) if before != ty => return refuse("a pointer of several types"),
                Some(_) => {}
                None => self.known.extend(self.same.get(&value).into_iter().flatten().map(|&other| (other, ty))),
            }
        }
        Ok(types)
    }
}
