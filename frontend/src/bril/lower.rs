//! From Bril to SSA IR.
//!
//! Variables become SSA values by [`SsaBuilder`]; what `get`, `set` and `phi` add are further variables. Where a variable may be used
//! before it has a value, a flag beside it says whether it has one (`defined` finds those).
//!
//! With checked memory, a pointer is two values: the address of a header and an index. The header (its fields are at `COUNT`,
//! `LIVE` and `DATA`) outlives what it describes, so that every use of freed memory is seen. Behind the elements there is a
//! byte for each, which is 1 once the element was stored.

mod entry;
mod opaque;

use super::Options;
use super::defined::Defined;
use super::graph::Graph;
use super::program::{Base, Function, Instr, Literal, Op, Program, Ty};
use crate::intern::{Interner, Symbol};
use crate::lower::runtime::{self, Runtime};
use crate::source::{SourceMap, Span};
use lang_ir::builder::Builder;
use lang_ir::ssa::{SsaBuilder, Variable};
use lang_ir::{
    Block, BlockCall, FileId, FuncId, Global, GlobalId, Linkage, Loc, MemFlags, Module, Signature, SourcePos, TrapCode,
    Type, Value,
};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// In bytes from the start of a header: number of elements, 1 while they may be used, their address.
const COUNT: i32 = 0;
const LIVE: i32 = 8;
const DATA: i32 = 16;
const HEADER_SIZE: i128 = 24;
/// More elements are more than there can be memory for; as many cannot overflow the computation of sizes.
const MAX_ELEMENTS: i128 = 1 << 48;

pub(super) fn lower(sources: &SourceMap, interner: &Interner, program: &Program, options: Options) -> Module {
    let mut cx = Cx {
        sources,
        interner,
        program,
        options,
        module: Module::default(),
        funcs: FxHashMap::default(),
        runtime: FxHashMap::default(),
        opaque: FxHashMap::default(),
        texts: FxHashMap::default(),
        live: None,
        executed: None,
    };
    for (_, file) in sources.files() {
        cx.module.files.push(file.name.clone());
    }
    if cx.has_checks() {
        cx.live = Some(cx.counter("bril:live"));
    }
    if options.count {
        cx.executed = Some(cx.counter("bril:executed"));
    }
    cx.declare_functions();
    for function in &program.functions {
        FnLower::new(&mut cx, function).run();
    }
    if let Some(main) = program.functions.iter().find(|function| function.name == Symbol::MAIN)
        && !options.functions_only
    {
        cx.define_entry(main);
    }
    cx.module
}

/// What is known of the program while its functions are lowered.
struct Cx<'p> {
    sources: &'p SourceMap,
    interner: &'p Interner,
    program: &'p Program,
    options: Options,
    module: Module,
    funcs: FxHashMap<Symbol, FuncId>,
    runtime: FxHashMap<&'static str, FuncId>,
    /// What stands for operations on memory, if they are written back.
    opaque: FxHashMap<String, FuncId>,
    texts: FxHashMap<String, GlobalId>,
    /// Counts the allocations that are not freed, with checked memory.
    live: Option<GlobalId>,
    /// Counts the instructions that were executed.
    executed: Option<GlobalId>,
}

/// The values that hold one of Bril: two for a pointer to checked memory.
type Parts<T> = SmallVec<[T; 2]>;

impl Cx<'_> {
    fn counter(&mut self, name: &str) -> GlobalId {
        self.module.globals.push(Global {
            name: name.to_string(),
            size: 8,
            align: 8,
            constant: false,
            init: Vec::new(),
            relocs: Vec::new(),
        })
    }

    fn declare_functions(&mut self) {
        // Names that stand for something else in every module.
        let mut taken: FxHashSet<String> =
            lang_rt::FUNCTIONS.iter().map(|function| function.name.to_string()).collect();
        taken.insert(lang_ir::ENTRY.to_string());
        for function in &self.program.functions {
            let wanted = self.interner.resolve(function.name);
            let mut name = wanted.to_string();
            let mut number = 1;
            while !taken.insert(name.clone()) {
                number += 1;
                name = format!("{wanted}#{number}");
            }
            let params: Vec<Type> = function.params.iter().flat_map(|param| self.types(param.ty)).collect();
            let results: Vec<Type> = function.result.into_iter().flat_map(|ty| self.types(ty)).collect();
            let linkage = if self.options.functions_only { Linkage::Export } else { Linkage::Local };
            let mut declared = lang_ir::Function::new(&name, linkage, Signature::new(&params, &results));
            declared.decl = self.pos(function.span);
            let id = self.module.functions.push(declared);
            self.funcs.insert(function.name, id);
        }
    }

    /// Whether the memory is checked here.
    fn has_checks(&self) -> bool {
        self.options.checks && !self.options.functions_only
    }

    /// What a value is held as.
    fn types(&self, ty: Ty) -> Parts<Type> {
        match (ty.is_pointer(), ty.base) {
            (true, _) if self.has_checks() => SmallVec::from_slice(&[Type::Ptr, Type::I64]),
            (true, _) => SmallVec::from_slice(&[Type::Ptr]),
            (false, Base::Int) => SmallVec::from_slice(&[Type::I64]),
            (false, Base::Bool) => SmallVec::from_slice(&[Type::I1]),
            (false, Base::Float) => SmallVec::from_slice(&[Type::F64]),
            (false, Base::Char) => SmallVec::from_slice(&[Type::I32]),
        }
    }

    /// Bytes of a value in memory.
    fn size(&self, ty: Ty) -> i128 {
        self.types(ty).iter().map(|ty| i128::from(ty.bytes())).sum()
    }

    fn pos(&self, span: Span) -> SourcePos {
        let at = self.sources.line_col(span);
        SourcePos { file: FileId::from_u32(span.file.0), line: at.line, col: at.col }
    }

    fn runtime(&mut self, function: &'static Runtime) -> FuncId {
        let functions = &mut self.module.functions;
        *self.runtime.entry(function.name).or_insert_with(|| functions.push(function.declaration()))
    }

    fn text(&mut self, text: &str) -> GlobalId {
        if let Some(&known) = self.texts.get(text) {
            return known;
        }
        let global = self.module.globals.push(Global {
            name: format!("str:{}", self.texts.len()),
            size: text.len() as u64,
            align: 1,
            constant: true,
            init: text.as_bytes().to_vec(),
            relocs: Vec::new(),
        });
        self.texts.insert(text.to_string(), global);
        global
    }
}

/// The code of a function that is being made; instructions go to the end of `block`.
struct Code<'c, 'p> {
    cx: &'c mut Cx<'p>,
    func: lang_ir::Function,
    block: Block,
    loc: Loc,
}

impl<'c, 'p> Code<'c, 'p> {
    /// Begins the body of a declared function: its entry block and parameters.
    fn new(cx: &'c mut Cx<'p>, id: FuncId) -> Code<'c, 'p> {
        let mut func = cx.module.functions[id].clone();
        let block = func.new_block();
        func.layout.push(block);
        for index in 0..func.sig.params.len() {
            let ty = func.sig.params[index].ty;
            func.append_param(block, ty);
        }
        Code { cx, func, block, loc: Loc::from_u32(0) }
    }

    fn b(&mut self) -> Builder<'_> {
        let mut builder = Builder::new(&mut self.func, self.block);
        builder.loc = self.loc;
        builder
    }

    fn at(&mut self, pos: SourcePos) {
        self.loc = self.func.add_loc(pos);
    }

    fn int(&mut self, value: i128) -> Value {
        self.b().iconst(Type::I64, value)
    }

    fn call_runtime(&mut self, function: &'static Runtime, args: &[Value]) -> Option<Value> {
        let id = self.cx.runtime(function);
        let inst = self.b().call(id, function.results, args);
        (!function.results.is_empty()).then(|| self.func.result(inst))
    }

    /// The two words of a text.
    fn text(&mut self, text: &str) -> [Value; 2] {
        let global = self.cx.text(text);
        let address = self.b().global_addr(global);
        [address, self.int(text.len() as i128)]
    }

    fn write(&mut self, text: &str) {
        let text = self.text(text);
        self.call_runtime(runtime::WRITE_STR, &text);
    }

    /// Ends the program with a message if the condition holds.
    fn trap_if(&mut self, condition: Value, message: &str) {
        let text = self.text(message);
        self.b().trapif(condition, TrapCode::Panic, &text);
    }

    fn load(&mut self, ty: Type, address: Value, offset: i32) -> Value {
        self.b().load(ty, address, MemFlags::natural(ty, offset))
    }

    fn store(&mut self, value: Value, address: Value, offset: i32) {
        let ty = self.func.ty(value);
        self.b().store(value, address, MemFlags::natural(ty, offset));
    }

    /// Adds to a counter.
    fn count(&mut self, counter: GlobalId, by: i128) {
        let address = self.b().global_addr(counter);
        let before = self.load(Type::I64, address, 0);
        let by = self.int(by);
        let after = self.b().iadd(before, by);
        self.store(after, address, 0);
    }
}

/// What holds a variable of the program.
struct Var {
    ty: Ty,
    parts: Parts<Variable>,
    /// Whether it has a value, where that is not certain.
    defined: Option<Variable>,
}

struct FnLower<'c, 'p> {
    code: Code<'c, 'p>,
    id: FuncId,
    function: &'p Function,
    graph: Graph,
    ssa: SsaBuilder,
    vars: FxHashMap<Symbol, Var>,
    /// What `set` writes and `get` reads.
    shadows: FxHashMap<Symbol, Var>,
    /// The values of `phi`s on the way to their block, by instruction.
    phis: FxHashMap<usize, Var>,
    /// What they take from a block, by its label.
    phi_args: FxHashMap<(usize, Symbol), Symbol>,
    /// By block of the program, where it is reached.
    blocks: Vec<Option<Block>>,
}

impl<'c, 'p> FnLower<'c, 'p> {
    fn new(cx: &'c mut Cx<'p>, function: &'p Function) -> FnLower<'c, 'p> {
        let id = cx.funcs[&function.name];
        let graph = Graph::new(function);
        let defined = Defined::new(function, &graph);
        let mut ssa = SsaBuilder::new();
        let mut declare = |cx: &Cx<'_>, ty: Ty, certain: bool| Var {
            ty,
            parts: cx.types(ty).iter().map(|&ty| ssa.declare(ty)).collect(),
            defined: (!certain).then(|| ssa.declare(Type::I1)),
        };
        let (mut vars, mut shadows, mut phis) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        let mut phi_args = FxHashMap::default();
        for param in &function.params {
            vars.insert(param.name, declare(cx, param.ty, true));
        }
        for (index, instr) in function.instrs.iter().enumerate() {
            let Some(ty) = instr.ty.filter(|_| instr.dest != Symbol::EMPTY) else { continue };
            let certain = !defined.is_uncertain(instr.dest);
            vars.entry(instr.dest).or_insert_with(|| declare(cx, ty, certain));
            match instr.op {
                Op::Get => {
                    let certain = !defined.is_uncertain_shadow(instr.dest);
                    shadows.entry(instr.dest).or_insert_with(|| declare(cx, ty, certain));
                }
                Op::Phi => {
                    phis.insert(index, declare(cx, ty, certain));
                    for (&label, &arg) in function.labels(instr).iter().zip(function.args(instr)) {
                        phi_args.entry((index, label)).or_insert(arg);
                    }
                }
                _ => {}
            }
        }
        let blocks = vec![None; graph.blocks.len()];
        let mut code = Code::new(cx, id);
        let decl = code.func.decl;
        code.at(decl);
        FnLower { code, id, function, graph, ssa, vars, shadows, phis, phi_args, blocks }
    }

    fn run(mut self) {
        let mut params = self.code.func.params().to_vec().into_iter();
        for param in &self.function.params {
            for &part in &self.vars[&param.name].parts {
                let value = params.next().expect("a parameter for each part");
                self.ssa.write(part, self.code.block, value);
            }
        }
        if self.code.cx.options.functions_only {
            self.opaque_signature();
        }
        for index in 0..self.graph.blocks.len() {
            if self.graph.is_reached(index) {
                // No branch goes to the entry of a function in IR.
                let is_entry = index == 0 && !self.graph.is_target(0);
                let block = if is_entry { self.code.block } else { self.code.func.new_block() };
                self.blocks[index] = Some(block);
            }
        }
        let first = self.block(0);
        if first != self.code.block {
            self.code.b().jump(first, &[]);
        }
        for index in 0..self.graph.blocks.len() {
            let Some(block) = self.blocks[index] else { continue };
            if block != self.code.func.entry() {
                self.code.func.layout.push(block);
            }
            self.code.block = block;
            self.lower_block(index);
        }
        self.ssa.finish(&mut self.code.func);
        self.code.func.compact();
        let Code { cx, func, .. } = self.code;
        cx.module.functions[self.id] = func;
    }

    fn block(&self, index: usize) -> Block {
        self.blocks[index].expect("a block that is reached")
    }

    fn lower_block(&mut self, index: usize) {
        let function = self.function;
        let range = self.graph.blocks[index].instrs.clone();
        if let (Some(counter), false) = (self.code.cx.executed, range.is_empty()) {
            self.locate(&function.instrs[range.start]);
            self.code.count(counter, range.len() as i128);
        }
        for at in range.clone() {
            let instr = &function.instrs[at];
            self.locate(instr);
            if let Some(unknown) = self.unknown_operand(instr) {
                self.end_at(unknown, instr);
                if !instr.op.is_terminator() {
                    continue;
                }
            }
            if instr.op.is_terminator() {
                self.leave(index);
                return self.terminator(instr);
            }
            self.instr(at, instr);
        }
        self.leave(index);
        match self.graph.blocks[index].successors.first() {
            Some(&next) => {
                let next = self.block(next);
                self.code.b().jump(next, &[]);
            }
            None => self.ret(None),
        }
    }

    fn locate(&mut self, instr: &Instr) {
        let mut pos = self.code.cx.pos(self.function.span_of(instr).at_start());
        if let Some(at) = instr.pos {
            (pos.line, pos.col) = (at.line, at.col);
        }
        self.code.at(pos);
    }

    // ------------------------------------------------------------------------------------------------------ variables

    /// An operand that no instruction of the function gives a value.
    fn unknown_operand(&self, instr: &Instr) -> Option<Symbol> {
        let args = match instr.op {
            Op::Phi => &[],
            Op::Set => &self.function.args(instr)[1..],
            _ => self.function.args(instr),
        };
        args.iter().copied().find(|name| !self.vars.contains_key(name))
    }

    /// Ends the program where such an operand is used; what follows has to be valid all the same.
    fn end_at(&mut self, unknown: Symbol, instr: &Instr) {
        let always = self.code.b().iconst(Type::I1, 1);
        let message = self.no_value(unknown);
        self.code.trap_if(always, &message);
        if instr.dest != Symbol::EMPTY {
            let values = self.zeros(instr.dest);
            self.set(instr.dest, &values);
        }
    }

    fn no_value(&self, name: Symbol) -> String {
        format!("the variable `{}` has no value", self.code.cx.interner.resolve(name))
    }

    fn zeros(&mut self, name: Symbol) -> Parts<Value> {
        let types: Parts<Type> = self.vars[&name].parts.iter().map(|&part| self.ssa.ty(part)).collect();
        types.into_iter().map(|ty| self.zero(ty)).collect()
    }

    /// The value of a variable; the program ends where it has none.
    fn get(&mut self, name: Symbol) -> Parts<Value> {
        if let Some(defined) = self.vars[&name].defined {
            let message = self.no_value(name);
            self.need(defined, &message);
        }
        let parts = self.vars[&name].parts.clone();
        parts.iter().map(|&part| self.read(part)).collect()
    }

    fn need(&mut self, defined: Variable, message: &str) {
        let is_defined = self.read(defined);
        let is_undefined = self.code.b().bnot(is_defined);
        self.code.trap_if(is_undefined, message);
        let yes = self.code.b().iconst(Type::I1, 1);
        self.ssa.write(defined, self.code.block, yes);
    }

    /// The value of a variable that is held as one.
    fn get1(&mut self, name: Symbol) -> Value {
        self.get(name)[0]
    }

    fn set(&mut self, name: Symbol, values: &[Value]) {
        let Var { parts, defined, .. } = &self.vars[&name];
        let (parts, defined) = (parts.clone(), *defined);
        self.assign(&parts, defined, values);
    }

    fn assign(&mut self, parts: &[Variable], defined: Option<Variable>, values: &[Value]) {
        for (&part, &value) in parts.iter().zip(values) {
            self.ssa.write(part, self.code.block, value);
        }
        if let Some(defined) = defined {
            let yes = self.code.b().iconst(Type::I1, 1);
            self.ssa.write(defined, self.code.block, yes);
        }
    }

    fn read(&mut self, variable: Variable) -> Value {
        self.ssa.read(&mut self.code.func, variable, self.code.block)
    }

    fn zero(&mut self, ty: Type) -> Value {
        match ty {
            Type::F64 => self.code.b().fconst(ty, 0),
            _ => self.code.b().iconst(ty, 0),
        }
    }

    /// Before a block is left: what the `phi`s of those that may follow take from here. `phi`s are evaluated one after the other, so
    /// that one may name another before it in its block.
    fn leave(&mut self, index: usize) {
        let function = self.function;
        let label = self.graph.blocks[index].label;
        for &next in &self.graph.blocks[index].successors.clone() {
            let mut news: FxHashMap<Symbol, (Parts<Value>, Option<Value>)> = FxHashMap::default();
            for at in self.graph.blocks[next].phis.clone() {
                let instr = &function.instrs[at];
                let arg = self.phi_args.get(&(at, label)).copied().filter(|arg| self.vars.contains_key(arg));
                let edge = &self.phis[&at];
                let (edge_parts, edge_defined) = (edge.parts.clone(), edge.defined);
                let (values, defined) = match arg {
                    Some(arg) if news.contains_key(&arg) => news[&arg].clone(),
                    Some(arg) => {
                        let Var { parts, defined, .. } = &self.vars[&arg];
                        let (parts, defined) = (parts.clone(), *defined);
                        let values: Parts<Value> = parts.iter().map(|&part| self.read(part)).collect();
                        (values, defined.map(|defined| self.read(defined)))
                    }
                    None => {
                        let types: Parts<Type> = edge_parts.iter().map(|&part| self.ssa.ty(part)).collect();
                        let values = types.iter().map(|&ty| self.zero(ty)).collect();
                        (values, Some(self.zero(Type::I1)))
                    }
                };
                self.assign(&edge_parts, edge_defined, &values);
                if let (Some(edge), Some(defined)) = (edge_defined, defined) {
                    self.ssa.write(edge, self.code.block, defined);
                }
                news.insert(instr.dest, (values, defined));
            }
        }
    }

    // --------------------------------------------------------------------------------------------------- instructions

    fn terminator(&mut self, instr: &Instr) {
        let labels = self.function.labels(instr);
        let target = |this: &Self, label: Symbol| this.block(this.graph.by_label[&label]);
        match instr.op {
            Op::Jmp => {
                let to = target(self, labels[0]);
                self.code.b().jump(to, &[]);
            }
            Op::Br => {
                let (then, otherwise) = (target(self, labels[0]), target(self, labels[1]));
                let condition = self.function.args(instr)[0];
                let condition =
                    if self.vars.contains_key(&condition) { self.get1(condition) } else { self.zero(Type::I1) };
                self.code.b().brif(condition, BlockCall::new(then, &[]), BlockCall::new(otherwise, &[]));
            }
            _ => self.ret(self.function.args(instr).first().copied()),
        }
    }

    fn ret(&mut self, value: Option<Symbol>) {
        match (value, self.function.result) {
            (Some(value), _) if self.vars.contains_key(&value) => {
                let values = self.get(value);
                self.code.b().return_(&values);
            }
            (Some(unknown), _) => {
                let message = self.no_value(unknown);
                let text = self.code.text(&message);
                self.code.b().trap(TrapCode::Panic, &text);
            }
            (None, None) => self.code.b().return_(&[]),
            (None, Some(ty)) => {
                let name = self.code.cx.interner.resolve(self.function.name);
                let text = self.code.text(&format!("the function `@{name}` ends without its `{ty}`"));
                self.code.b().trap(TrapCode::Panic, &text);
            }
        }
    }

    fn instr(&mut self, at: usize, instr: &Instr) {
        let function = self.function;
        let args = function.args(instr);
        let result = match instr.op {
            Op::Call => return self.call(instr),
            Op::Print => return self.print(args),
            Op::Alloc | Op::Free | Op::Load | Op::Store | Op::PtrAdd if self.code.cx.options.functions_only => {
                return self.opaque_memory(instr);
            }
            Op::Alloc | Op::Free | Op::Load | Op::Store | Op::PtrAdd => return self.memory(instr),
            Op::Set => {
                let values = self.get(args[1]);
                // Nothing reads it unless there is a `get`.
                if let Some(Var { parts, defined, .. }) = self.shadows.get(&args[0]) {
                    let (parts, defined) = (parts.clone(), *defined);
                    self.assign(&parts, defined, &values);
                }
                return;
            }
            Op::Get => {
                let Var { parts, defined, .. } = &self.shadows[&instr.dest];
                let (parts, defined) = (parts.clone(), *defined);
                if let Some(defined) = defined {
                    let name = self.code.cx.interner.resolve(instr.dest);
                    self.need(defined, &format!("no `set` gave `{name}` a value"));
                }
                let values: Parts<Value> = parts.iter().map(|&part| self.read(part)).collect();
                return self.set(instr.dest, &values);
            }
            Op::Phi => {
                let Var { parts, defined, .. } = &self.phis[&at];
                let (parts, defined) = (parts.clone(), *defined);
                let values: Parts<Value> = parts.iter().map(|&part| self.read(part)).collect();
                self.set(instr.dest, &values);
                if let (Some(edge), Some(flag)) = (defined, self.vars[&instr.dest].defined) {
                    let value = self.read(edge);
                    self.ssa.write(flag, self.code.block, value);
                }
                return;
            }
            Op::Undef => {
                let values = self.zeros(instr.dest);
                return self.set(instr.dest, &values);
            }
            Op::Id => {
                let values = self.get(args[0]);
                return self.set(instr.dest, &values);
            }
            Op::Nop | Op::Label | Op::Jmp | Op::Br | Op::Ret => return,
            Op::Const => self.constant(instr),
            Op::Div => {
                let (left, right) = (self.get1(args[0]), self.get1(args[1]));
                self.divide(left, right)
            }
            Op::IntToChar => {
                let code = self.get1(args[0]);
                self.int_to_char(code)
            }
            _ => {
                let values: Parts<Value> = args.iter().map(|&arg| self.get1(arg)).collect();
                self.compute(instr.op, &values)
            }
        };
        self.set(instr.dest, &[result]);
    }

    fn constant(&mut self, instr: &Instr) -> Value {
        let float = |this: &mut Self, value: f64| this.code.b().fconst(Type::F64, value.to_bits().into());
        match instr.value {
            Literal::Int(value) if instr.ty == Some(Ty::FLOAT) => float(self, value as f64),
            Literal::Int(value) => self.code.int(value.into()),
            Literal::Float(value) => float(self, value),
            Literal::Bool(value) => self.code.b().iconst(Type::I1, value.into()),
            Literal::Char(value) => self.code.b().iconst(Type::I32, u32::from(value).into()),
            Literal::None => unreachable!("the checker wants a value"),
        }
    }

    /// The result of an operation that always has one.
    fn compute(&mut self, op: Op, args: &[Value]) -> Value {
        let mut b = self.code.b();
        match (op, args) {
            (Op::Add, &[x, y]) => b.iadd(x, y),
            (Op::Sub, &[x, y]) => b.isub(x, y),
            (Op::Mul, &[x, y]) => b.imul(x, y),
            (Op::Eq | Op::Ceq, &[x, y]) => b.icmp_eq(x, y),
            (Op::Lt | Op::Clt, &[x, y]) | (Op::Gt | Op::Cgt, &[y, x]) => b.icmp_slt(x, y),
            (Op::Le | Op::Cle, &[x, y]) | (Op::Ge | Op::Cge, &[y, x]) => b.icmp_sle(x, y),
            (Op::Not, &[x]) => b.bnot(x),
            (Op::And, &[x, y]) => b.band(x, y),
            (Op::Or, &[x, y]) => b.bor(x, y),
            (Op::Fadd, &[x, y]) => b.fadd(x, y),
            (Op::Fsub, &[x, y]) => b.fsub(x, y),
            (Op::Fmul, &[x, y]) => b.fmul(x, y),
            (Op::Fdiv, &[x, y]) => b.fdiv(x, y),
            (Op::Feq, &[x, y]) => b.fcmp_eq(x, y),
            (Op::Flt, &[x, y]) | (Op::Fgt, &[y, x]) => b.fcmp_lt(x, y),
            (Op::Fle, &[x, y]) | (Op::Fge, &[y, x]) => b.fcmp_le(x, y),
            (Op::CharToInt, &[x]) => b.uextend(Type::I64, x),
            (Op::FloatToBits, &[x]) => b.bitcast(Type::I64, x),
            (Op::BitsToFloat, &[x]) => b.bitcast(Type::F64, x),
            _ => unreachable!("{op:?} computes no value"),
        }
    }

    /// The least integer divided by -1 wraps.
    fn divide(&mut self, left: Value, right: Value) -> Value {
        let (zero, one, minus_one) = (self.code.int(0), self.code.int(1), self.code.int(-1));
        let mut b = self.code.b();
        let by_zero = b.icmp_eq(right, zero);
        b.trapif(by_zero, TrapCode::DivisionByZero, &[]);
        let negates = b.icmp_eq(right, minus_one);
        let divisor = b.select(negates, one, right);
        let quotient = b.sdiv(left, divisor);
        let negated = b.ineg(left);
        b.select(negates, negated, quotient)
    }

    fn int_to_char(&mut self, code: Value) -> Value {
        let (low, first_high, highs) =
            (self.code.int(0xd800), self.code.int(0xe000), self.code.int(0x11_0000 - 0xe000));
        let mut b = self.code.b();
        let is_low = b.icmp_ult(code, low);
        let above = b.isub(code, first_high);
        let is_high = b.icmp_ult(above, highs);
        let is_scalar = b.bor(is_low, is_high);
        let is_none = b.bnot(is_scalar);
        b.trapif(is_none, TrapCode::NoScalarSigned, &[code]);
        b.ireduce(Type::I32, code)
    }

    fn call(&mut self, instr: &Instr) {
        let values: Vec<Value> = self.function.args(instr).iter().flat_map(|&arg| self.get(arg)).collect();
        let callee = self.code.cx.funcs[&instr.name];
        let results: Parts<Type> = self.code.cx.module.functions[callee].sig.results.iter().copied().collect();
        let inst = self.code.b().call(callee, &results, &values);
        if instr.dest != Symbol::EMPTY {
            let results: Parts<Value> = self.code.func.results(inst).collect();
            self.set(instr.dest, &results);
        }
    }

    fn print(&mut self, args: &[Symbol]) {
        // Nothing is printed where one of them has no value.
        let values: Vec<Value> = args.iter().map(|&arg| self.get1(arg)).collect();
        for (index, &value) in values.iter().enumerate() {
            if index > 0 {
                self.code.write(" ");
            }
            match self.code.func.ty(value) {
                Type::F64 => self.code.call_runtime(runtime::WRITE_BRIL_F64, &[value]),
                Type::I32 => self.code.call_runtime(runtime::WRITE_CHAR, &[value]),
                Type::I1 => {
                    let byte = self.code.b().uextend(Type::I8, value);
                    self.code.call_runtime(runtime::WRITE_BOOL, &[byte])
                }
                _ => self.code.call_runtime(runtime::WRITE_I64, &[value]),
            };
        }
        self.code.write("\n");
    }

    // --------------------------------------------------------------------------------------------------------- memory

    fn memory(&mut self, instr: &Instr) {
        let args = self.function.args(instr);
        match instr.op {
            Op::Alloc => {
                let count = self.get1(args[0]);
                let element = instr.ty.and_then(Ty::pointee).expect("a pointer");
                let pointer = self.allocate(count, element);
                self.set(instr.dest, &pointer);
            }
            Op::Free => {
                let pointer = self.get(args[0]);
                self.free(&pointer);
            }
            Op::PtrAdd => {
                let pointer = self.get(args[0]);
                let by = self.get1(args[1]);
                let moved = match pointer[..] {
                    [base, index] => SmallVec::from_slice(&[base, self.code.b().iadd(index, by)]),
                    _ => {
                        let element = instr.ty.and_then(Ty::pointee).expect("a pointer");
                        let size = self.code.cx.size(element);
                        let size = self.code.int(size);
                        let bytes = self.code.b().imul(by, size);
                        Parts::from_slice(&[self.code.b().ptr_add(pointer[0], bytes)])
                    }
                };
                self.set(instr.dest, &moved);
            }
            Op::Load => {
                let pointer = self.get(args[0]);
                let types = self.code.cx.types(instr.ty.expect("a load has a type"));
                let address = self.element(&pointer, &types, false);
                let mut offset = 0;
                let mut values: Parts<Value> = SmallVec::new();
                for &ty in &types {
                    values.push(self.code.load(ty, address, offset));
                    offset += ty.bytes() as i32;
                }
                self.set(instr.dest, &values);
            }
            _ => {
                let (pointer, values) = (self.get(args[0]), self.get(args[1]));
                let types: Parts<Type> = values.iter().map(|&value| self.code.func.ty(value)).collect();
                let address = self.element(&pointer, &types, true);
                let mut offset = 0;
                for (&value, ty) in values.iter().zip(&types) {
                    self.code.store(value, address, offset);
                    offset += ty.bytes() as i32;
                }
            }
        }
    }

    fn allocate(&mut self, count: Value, element: Ty) -> Parts<Value> {
        let (zero, most) = (self.code.int(0), self.code.int(MAX_ELEMENTS));
        let too_few = self.code.b().icmp_sle(count, zero);
        self.code.trap_if(too_few, "the size of an allocation is not positive");
        let too_many = self.code.b().icmp_slt(most, count);
        self.code.b().trapif(too_many, TrapCode::OutOfMemory, &[]);
        let Some(live) = self.code.cx.live else {
            let size = self.code.cx.size(element);
            let size = self.code.int(size);
            let bytes = self.code.b().imul(count, size);
            return SmallVec::from_slice(&[self.memory_of(bytes, false)]);
        };
        let size = self.code.cx.size(element) + 1;
        let size = self.code.int(size);
        let bytes = self.code.b().imul(count, size);
        let data = self.memory_of(bytes, true);
        let header_size = self.code.int(HEADER_SIZE);
        let header = self.memory_of(header_size, false);
        let one = self.code.int(1);
        self.code.store(count, header, COUNT);
        self.code.store(one, header, LIVE);
        self.code.store(data, header, DATA);
        self.code.count(live, 1);
        SmallVec::from_slice(&[header, zero])
    }

    /// Fresh memory; without memory the program ends.
    fn memory_of(&mut self, bytes: Value, zeroed: bool) -> Value {
        let align = self.code.int(8);
        let zeroed = self.code.b().iconst(Type::I8, zeroed.into());
        let address = self.code.call_runtime(runtime::ALLOC, &[bytes, align, zeroed]).expect("an address");
        let null = self.code.b().iconst(Type::Ptr, 0);
        let is_null = self.code.b().icmp_eq(address, null);
        self.code.b().trapif(is_null, TrapCode::OutOfMemory, &[]);
        address
    }

    fn free(&mut self, pointer: &[Value]) {
        let &[header, index] = pointer else {
            self.code.call_runtime(runtime::FREE, pointer);
            return;
        };
        let zero = self.code.int(0);
        let is_inside = self.code.b().icmp_ne(index, zero);
        self.code.trap_if(is_inside, "only a pointer to the start of an allocation can be freed");
        let live = self.code.load(Type::I64, header, LIVE);
        let is_freed = self.code.b().icmp_eq(live, zero);
        self.code.trap_if(is_freed, "memory is freed that was freed before");
        self.code.store(zero, header, LIVE);
        let data = self.code.load(Type::Ptr, header, DATA);
        self.code.call_runtime(runtime::FREE, &[data]);
        if let Some(live) = self.code.cx.live {
            self.code.count(live, -1);
        }
    }

    /// The address of the element that a pointer points to, which is to be read or written.
    fn element(&mut self, pointer: &[Value], types: &[Type], written: bool) -> Value {
        let &[header, index] = pointer else { return pointer[0] };
        let zero = self.code.int(0);
        let live = self.code.load(Type::I64, header, LIVE);
        let is_freed = self.code.b().icmp_eq(live, zero);
        self.code.trap_if(is_freed, "memory is used after it was freed");
        let count = self.code.load(Type::I64, header, COUNT);
        let is_outside = self.code.b().icmp_ule(count, index);
        self.code.b().trapif(is_outside, TrapCode::Bounds, &[index, count]);
        let data = self.code.load(Type::Ptr, header, DATA);
        let size = types.iter().map(|ty| i128::from(ty.bytes())).sum();
        let size = self.code.int(size);
        let mut b = self.code.b();
        let flags = b.imul(count, size);
        let flag = b.iadd(flags, index);
        let flag = b.ptr_add(data, flag);
        let offset = b.imul(index, size);
        let address = b.ptr_add(data, offset);
        if written {
            let yes = self.code.b().iconst(Type::I8, 1);
            self.code.store(yes, flag, 0);
        } else {
            let is_written = self.code.load(Type::I8, flag, 0);
            let no = self.code.b().iconst(Type::I8, 0);
            let is_fresh = self.code.b().icmp_eq(is_written, no);
            self.code.trap_if(is_fresh, "memory is read that was never written");
        }
        address
    }
}
