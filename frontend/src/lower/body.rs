//! The body of a function: locals, statements, blocks and leaving them.

use super::Cx;
use super::code::{Code, Mem, Scalars, Val, Vars};
use crate::hir::*;
use crate::source::Span;
use crate::types::Ty;
use lang_ir::{Block as IrBlock, Value};
use rustc_hash::FxHashMap;
use std::ops::{Deref, DerefMut};

/// Lowers a function's body.
pub(super) fn lower_body(cx: &mut Cx<'_>, id: FuncId, body: &Body) {
    let func = &cx.program[id];
    let head = Head { id: cx.funcs[id.index()], params: &func.params, result: func.result, span: func.span };
    let in_memory = !cx.returns_scalars(func.result);
    lower_with(cx, head, body, in_memory);
}

/// Lowers a body without parameters whose result goes to the memory that the one IR parameter points to.
pub(super) fn lower_thunk(cx: &mut Cx<'_>, id: lang_ir::FuncId, result: Ty, span: Span, body: &Body) {
    lower_with(cx, Head { id, params: &[], result, span }, body, true);
}

/// What is known of a function besides its body.
struct Head<'p> {
    id: lang_ir::FuncId,
    params: &'p [Ty],
    result: Ty,
    span: Span,
}

fn lower_with(cx: &mut Cx<'_>, head: Head<'_>, body: &Body, result_in_memory: bool) {
    let (lent, in_memory) = in_memory(cx.program, body);
    let mut lower = Lower {
        code: Code::new(cx, head.id),
        body,
        result: head.result,
        result_memory: None,
        lent,
        in_memory,
        homes: vec![None; body.locals.len()],
        loops: vec![None; body.loops as usize],
        yields: FxHashMap::default(),
        defers: Vec::new(),
        exit: None,
        nonnull: Vec::new(),
        nonnull_values: (lang_ir::Block::from_u32(0), Vec::new()),
    };
    lower.at(head.span);
    let mut next = 0;
    if result_in_memory {
        lower.result_memory = Some(Mem::address(lower.func.params()[0]));
        next = 1;
    }
    for (&local, &ty) in body.params.iter().zip(head.params) {
        let val = lower.passed_param(ty, &mut next);
        lower.begin_param(local, val);
    }
    if !body.on_returns.is_empty() {
        lower.exit = Some(lower.new_block());
        if let (Some(mem), Some(result)) = (lower.result_memory, body.result) {
            lower.homes[result.index()] = Some(Home::Memory(mem));
        }
    }
    lower.root();
    lower.code.finish();
}

/// Where a local lives.
#[derive(Clone)]
pub(super) enum Home {
    Vars(Vars),
    Memory(Mem),
}

/// Where the value of an expression goes.
#[derive(Clone)]
pub(super) enum Dest {
    /// It is dropped.
    Nowhere,
    Vars(Vars),
    /// Memory that the expression does not read.
    Memory(Mem),
}

/// Where `break` and `continue` go.
#[derive(Clone, Copy)]
pub(super) struct LoopFrame {
    pub exit: IrBlock,
    pub next: IrBlock,
    /// Number of pending `defer`s around the loop.
    defers: usize,
}

/// Where `yield` goes.
struct YieldFrame {
    join: IrBlock,
    dest: Dest,
    defers: usize,
}

/// A body that is being lowered.
pub(super) struct Lower<'c, 'p, 'b> {
    code: Code<'c, 'p>,
    pub body: &'b Body,
    pub result: Ty,
    /// Where the result goes, if not to IR results.
    pub result_memory: Option<Mem>,
    /// Locals that a pointer or slice may lead to.
    pub lent: Vec<bool>,
    /// Locals that cannot be SSA variables.
    in_memory: Vec<bool>,
    homes: Vec<Option<Home>>,
    loops: Vec<Option<LoopFrame>>,
    yields: FxHashMap<BlockId, YieldFrame>,
    /// Pending blocks of `defer`, the innermost last.
    defers: Vec<BlockId>,
    /// Where the function goes on that returns, if something is to run then.
    exit: Option<IrBlock>,
    /// Immutable pointers that are not nil wherever control gets from here. What is added on one of several ways is taken back
    /// where they join: see [`Lower::mark`].
    pub nonnull: Vec<LocalId>,
    /// Values that are not null behind this point of this block.
    pub nonnull_values: (IrBlock, Vec<Value>),
}

impl<'c, 'p> Deref for Lower<'c, 'p, '_> {
    type Target = Code<'c, 'p>;
    fn deref(&self) -> &Code<'c, 'p> {
        &self.code
    }
}

impl<'c, 'p> DerefMut for Lower<'c, 'p, '_> {
    fn deref_mut(&mut self) -> &mut Code<'c, 'p> {
        &mut self.code
    }
}

/// Which locals a pointer may lead to, and which cannot be SSA variables.
fn in_memory(program: &Program, body: &Body) -> (Vec<bool>, Vec<bool>) {
    let mut lent: Vec<bool> = body.locals.iter().map(|local| local.address_taken).collect();
    let mut memory = vec![false; body.locals.len()];
    let mark = |set: &mut Vec<bool>, place: PlaceId| {
        if let Some(local) = body.root_local(place) {
            set[local.index()] = true;
        }
    };
    // A loop over the elements of an array only reads them.
    let mut read_only = vec![false; body.exprs.len()];
    for expr in &body.exprs {
        if let ExprKind::ForSlice(slice) = &expr.kind
            && !slice.by_pointer
        {
            read_only[slice.slice.index()] = true;
        }
    }
    for (expr, read_only) in body.exprs.iter().zip(read_only) {
        match expr.kind {
            ExprKind::ArraySlice(place) if read_only => mark(&mut memory, place),
            ExprKind::AddressOf(place) | ExprKind::ArraySlice(place) | ExprKind::ArrayView(place) => {
                mark(&mut lent, place);
            }
            _ => {}
        }
    }
    for place in &body.places {
        if let PlaceKind::ArrayElement { array, index, .. } = place.kind
            && !matches!(body[index].kind, ExprKind::Int(_))
        {
            mark(&mut memory, array);
        }
    }
    let mut reprs = super::repr::Reprs::new(program);
    for (index, local) in body.locals.iter().enumerate() {
        memory[index] |= lent[index] || !reprs.of(local.ty).is_scalars();
    }
    (lent, memory)
}

impl<'c, 'p> Lower<'c, 'p, '_> {
    // ------------------------------------------------------------------------------------------------------ locals

    /// Where a local lives; the same for its whole function.
    pub fn home(&mut self, local: LocalId) -> Home {
        if let Some(home) = &self.homes[local.index()] {
            return home.clone();
        }
        let ty = self.body[local].ty;
        let repr = self.repr(ty);
        let home = if self.in_memory[local.index()] {
            Home::Memory(self.slot(&repr))
        } else {
            Home::Vars(self.declare_leaves(&repr))
        };
        self.homes[local.index()] = Some(home.clone());
        home
    }

    /// A local begins its life with this value.
    pub fn bind(&mut self, local: LocalId, val: &Val) {
        match self.home(local) {
            Home::Vars(vars) => {
                let values = val.scalars().clone();
                self.set_all(&vars, &values);
            }
            Home::Memory(mem) => {
                let ty = self.body[local].ty;
                let repr = self.repr(ty);
                self.store_val(&repr, val, mem);
            }
        }
    }

    fn begin_param(&mut self, local: LocalId, val: Val) {
        let data = &self.body[local];
        match val {
            // The caller keeps it as it is, but a pointer to it could get out, or the body write it.
            Val::Memory(mem) if !self.lent[local.index()] && !data.mutable => {
                self.homes[local.index()] = Some(Home::Memory(mem));
            }
            Val::Memory(mem) => {
                let repr = self.repr(data.ty);
                let val = self.load_val(&repr, mem);
                self.bind(local, &val);
            }
            val => self.bind(local, &val),
        }
    }

    /// Whether the value in a place in memory stays as it is while the locals around live.
    pub fn is_stable(&self, place: PlaceId) -> bool {
        match &self.body[place].kind {
            PlaceKind::Local(local) => !self.body[*local].mutable && !self.lent[local.index()],
            PlaceKind::Constant(_) => true,
            PlaceKind::Global(global) => {
                let global = &self.cx.program[*global];
                !global.mutable && matches!(global.init, GlobalInit::Const(_))
            }
            PlaceKind::Field { base, .. } => self.is_stable(*base),
            PlaceKind::ArrayElement { array, .. } => self.is_stable(*array),
            PlaceKind::Temp(_) => true,
            _ => false,
        }
    }

    /// Whether a place is an SSA variable, or some of a local's.
    pub fn is_variable(&self, place: PlaceId) -> bool {
        match self.body[place].kind {
            PlaceKind::Local(local) => !self.in_memory[local.index()],
            PlaceKind::Field { base, .. } => self.is_variable(base),
            _ => false,
        }
    }

    /// What is known so far; [`Lower::forget`] it where control may come from elsewhere.
    pub fn mark(&self) -> usize {
        self.nonnull.len()
    }

    pub fn forget(&mut self, mark: usize) {
        self.nonnull.truncate(mark);
    }

    // -------------------------------------------------------------------------------------------------- statements

    /// The whole body and its result.
    fn root(&mut self) {
        let root = self.body.root.expect("a function without errors has a body");
        let end = self.body[root].span.at_end();
        match self.result_memory {
            Some(mem) => {
                self.block(root, &Dest::Memory(mem));
                if self.live {
                    self.at(end);
                    self.leave(&[]);
                }
            }
            None => {
                let result = self.result;
                let repr = self.repr(result);
                let vars = self.declare_leaves(&repr);
                self.block(root, &Dest::Vars(vars.clone()));
                if self.live {
                    let values = self.get_all(&vars);
                    self.at(end);
                    self.leave(&values);
                }
            }
        }
        if let Some(exit) = self.exit {
            self.switch_to(exit);
            self.forget(0);
            self.run_on_returns(end);
        }
    }

    /// Ends the function, whose result is these leaves or in memory.
    pub fn leave(&mut self, values: &[Value]) {
        let Some(exit) = self.exit else { return self.return_(values) };
        if let (None, Some(result)) = (self.result_memory, self.body.result) {
            self.bind(result, &Val::Scalars(values.into()));
        }
        self.leave_to(exit);
    }

    /// Runs what is registered, the last first, and returns.
    fn run_on_returns(&mut self, end: crate::source::Span) {
        let body = self.body;
        for on_return in body.on_returns.iter().rev() {
            let (run, next) = (self.new_block(), self.new_block());
            let Home::Vars(flag) = self.home(on_return.flag) else { unreachable!("nothing points to a flag") };
            let registered = self.get(flag[0]);
            self.brif(registered, run, next);
            self.switch_to(run);
            self.block(on_return.block, &Dest::Nowhere);
            self.jump(next);
            self.forget(0);
            self.switch_to(next);
        }
        if !self.live {
            return;
        }
        let values = match (self.result_memory, body.result) {
            (None, Some(result)) => match self.home(result) {
                Home::Vars(vars) => self.get_all(&vars),
                Home::Memory(mem) => {
                    let ty = self.result;
                    let repr = self.repr(ty);
                    self.load_val(&repr, mem).scalars().clone()
                }
            },
            _ => Scalars::new(),
        };
        self.at(end);
        self.return_(&values);
    }

    /// Leaves the function with this value.
    pub fn leave_with(&mut self, value: Option<ExprId>) {
        let mark = self.mark();
        let span = value.map(|value| self.body[value].span);
        match (self.result_memory, value) {
            (Some(mem), Some(value)) => {
                self.expr_into(value, mem);
                self.run_defers(0);
                self.leave(&[]);
            }
            (None, Some(value)) => {
                let values = self.scalars(value);
                self.run_defers(0);
                if let Some(span) = span {
                    self.at(span);
                }
                self.leave(&values);
            }
            (_, None) => {
                self.run_defers(0);
                self.leave(&[]);
            }
        }
        self.forget(mark);
    }

    /// Leaves the function with the zero value.
    pub fn leave_with_zero(&mut self) {
        let result = self.result;
        let repr = self.repr(result);
        match self.result_memory {
            Some(mem) => {
                self.zero(&repr, mem);
                self.run_defers(0);
                self.leave(&[]);
            }
            None => {
                let values = self.zero_scalars(&repr);
                self.run_defers(0);
                self.leave(&values);
            }
        }
    }

    /// A block's statements and value.
    pub fn block(&mut self, id: BlockId, dest: &Dest) {
        let body = self.body;
        let block = &body[id];
        let height = self.defers.len();
        let mark = self.mark();
        if block.yields {
            let join = self.new_block();
            self.yields.insert(id, YieldFrame { join, dest: dest.clone(), defers: height });
        }
        for stmt in &block.stmts {
            if !self.live {
                break;
            }
            self.stmt(stmt);
        }
        if let (Some(tail), true) = (block.tail, self.live) {
            self.expr_to(tail, dest);
        }
        self.run_defers(height);
        self.defers.truncate(height);
        if block.yields {
            let join = self.yields[&id].join;
            self.jump(join);
            self.switch_to(join);
            self.forget(mark);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.at(stmt.span);
        match &stmt.kind {
            StmtKind::Expr(expr) => self.effect(*expr),
            StmtKind::Let { local, init } => {
                let dest = match self.home(*local) {
                    Home::Vars(vars) => Dest::Vars(vars),
                    Home::Memory(mem) => Dest::Memory(mem),
                };
                self.expr_to(*init, &dest);
                // `let p = &x`: never nil.
                if !self.body[*local].mutable && self.is_address(*init) {
                    self.nonnull.push(*local);
                }
            }
            StmtKind::Assign { place, value, op } => self.assign(*place, *value, *op),
            StmtKind::AssignOp { op, place, value, op_span } => self.assign_op(*op, *place, *value, *op_span),
            StmtKind::Defer(block) => self.defers.push(*block),
        }
    }

    // ----------------------------------------------------------------------------------------------- leaving blocks

    /// Runs the pending `defer`s above a height, the last first. They stay pending for the other ways out.
    pub fn run_defers(&mut self, height: usize) {
        if self.defers.len() == height {
            return;
        }
        let pending = self.defers.clone();
        for index in (height..pending.len()).rev() {
            if !self.live {
                break;
            }
            self.defers.truncate(index);
            let mark = self.mark();
            self.block(pending[index], &Dest::Nowhere);
            self.forget(mark);
        }
        self.defers = pending;
    }

    /// Begins a loop whose turns end at `next` and which ends at `exit`.
    pub fn enter_loop(&mut self, id: LoopId, next: IrBlock, exit: IrBlock) {
        self.loops[id.index()] = Some(LoopFrame { exit, next, defers: self.defers.len() });
    }

    pub fn break_or_continue(&mut self, id: LoopId, is_break: bool) {
        let frame = self.loops[id.index()].expect("inside of its loop");
        let mark = self.mark();
        self.run_defers(frame.defers);
        self.forget(mark);
        self.leave_to(if is_break { frame.exit } else { frame.next });
    }

    pub fn yield_value(&mut self, block: BlockId, value: ExprId) {
        let frame = &self.yields[&block];
        let (join, dest, defers) = (frame.join, frame.dest.clone(), frame.defers);
        let mark = self.mark();
        self.expr_to(value, &dest);
        self.run_defers(defers);
        self.forget(mark);
        self.leave_to(join);
    }

    /// Jumps; nothing follows.
    fn leave_to(&mut self, block: IrBlock) {
        self.jump(block);
        let nowhere = self.new_block();
        self.switch_to(nowhere);
    }
}
