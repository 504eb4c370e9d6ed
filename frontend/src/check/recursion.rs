//! Functions that cannot return: whatever they do, they call themselves first.
//!
//! A walk in the order of evaluation, which follows every branch. Calls of other functions are taken to return, and two
//! functions that call each other are not found.

use super::Cx;
use crate::diagnostic::Diagnostic;
use crate::hir::{BlockId, Body, Builtin, Cond, ExprId, ExprKind, FuncId, Piece, PlaceId, PlaceKind, StmtKind};
use crate::source::Span;

/// How the evaluation of something goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flow {
    /// To what comes next.
    On,
    /// Has called the function in any case.
    Recurs,
    /// Perhaps somewhere else, out of the function or a block of it, or nowhere.
    Leaves,
}

impl Flow {
    /// Of what may be left out.
    fn perhaps(self) -> Flow {
        if self == Flow::Recurs { Flow::On } else { self }
    }
}

impl Cx<'_> {
    /// Warns of all such functions; the bodies have no errors.
    pub(crate) fn check_recursion(&mut self) {
        for index in 0..self.funcs.len() {
            let own = FuncId(index as u32);
            let Some(body) = &self.funcs[index].body else { continue };
            let is_call = |kind: &ExprKind| matches!(kind, ExprKind::Call { callee, .. } if *callee == own);
            if !body.exprs.iter().any(|expr| is_call(&expr.kind)) {
                continue;
            }
            let Some(root) = body.root else { continue };
            let mut walk = Walk { body, own, calls: Vec::new() };
            if walk.block(root) == Flow::Recurs {
                let calls = walk.calls;
                self.report_recursion(own, &calls);
            }
        }
    }

    fn report_recursion(&mut self, own: FuncId, calls: &[Span]) {
        let func = &self.funcs[own.index()];
        let name = self.text(func.name).to_string();
        let message = format!("`{name}` never returns: it always calls itself first");
        let mut diagnostic = Diagnostic::warning("W0307", func.span, message);
        for &call in calls {
            diagnostic = diagnostic.secondary(call, "calls itself");
        }
        // `s.area()` looks like a field or the function of another type.
        let method = calls
            .iter()
            .map(|&call| self.sources.snippet(call))
            .find(|text| text.split_once('(').is_some_and(|(callee, _)| callee.ends_with(&format!(".{name}"))));
        if let Some(text) = method
            && !text.contains('\n')
        {
            diagnostic = diagnostic.help(format!("`{text}` calls this function with what stands before the dot"));
        }
        self.report(diagnostic);
    }
}

struct Walk<'b> {
    body: &'b Body,
    own: FuncId,
    /// The calls that were found.
    calls: Vec<Span>,
}

impl Walk<'_> {
    fn block(&mut self, id: BlockId) -> Flow {
        let body = self.body;
        let block = &body[id];
        for stmt in &block.stmts {
            let flow = match stmt.kind {
                StmtKind::Expr(value) | StmtKind::Let { init: value, .. } => self.expr(value),
                StmtKind::Assign { place, value, .. } | StmtKind::AssignOp { place, value, .. } => {
                    match self.place(place) {
                        Flow::On => self.expr(value),
                        flow => flow,
                    }
                }
                StmtKind::Defer(_) => Flow::On,
            };
            if flow != Flow::On {
                return flow;
            }
        }
        block.tail.map_or(Flow::On, |tail| self.expr(tail))
    }

    fn place(&mut self, id: PlaceId) -> Flow {
        let body = self.body;
        match &body[id].kind {
            PlaceKind::Error | PlaceKind::Local(_) | PlaceKind::Global(_) | PlaceKind::Constant(_) => Flow::On,
            PlaceKind::Temp(value) => self.expr(*value),
            PlaceKind::Deref { pointer, .. } => self.expr(*pointer),
            PlaceKind::Field { base, .. } => self.place(*base),
            PlaceKind::ArrayElement { array, index, .. } => match self.place(*array) {
                Flow::On => self.expr(*index),
                flow => flow,
            },
            PlaceKind::SliceElement { slice: base, index, .. }
            | PlaceKind::PointerElement { pointer: base, index, .. } => self.all([*base, *index]),
            PlaceKind::ViewElement { view, indices, .. } => {
                self.all([*view].into_iter().chain(indices.iter().copied()))
            }
        }
    }

    /// One after the other.
    fn all(&mut self, values: impl IntoIterator<Item = ExprId>) -> Flow {
        values.into_iter().map(|value| self.expr(value)).find(|&flow| flow != Flow::On).unwrap_or(Flow::On)
    }

    /// One of these.
    fn one(flows: impl IntoIterator<Item = Flow>) -> Flow {
        let mut all_recur = true;
        let mut leaves = false;
        for flow in flows {
            all_recur &= flow == Flow::Recurs;
            leaves |= flow == Flow::Leaves;
        }
        match (leaves, all_recur) {
            (true, _) => Flow::Leaves,
            (_, true) => Flow::Recurs,
            _ => Flow::On,
        }
    }

    fn cond(&mut self, cond: &Cond) -> Flow {
        match cond {
            Cond::Expr(value) | Cond::Let { value, .. } => self.expr(*value),
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) -> Flow {
        self.all(pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Value(value) | Piece::Formatted { value, .. } => Some(*value),
        }))
    }

    /// A loop: what is evaluated once, and its body, which may not run at all.
    fn repeated(&mut self, once: impl IntoIterator<Item = ExprId>, block: BlockId) -> Flow {
        match self.all(once) {
            Flow::On => self.block(block).perhaps(),
            flow => flow,
        }
    }

    fn expr(&mut self, id: ExprId) -> Flow {
        let body = self.body;
        match &body[id].kind {
            ExprKind::Error
            | ExprKind::Zero
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::Bytes(_)
            | ExprKind::Func(_) => Flow::On,

            ExprKind::Load(place)
            | ExprKind::AddressOf(place)
            | ExprKind::ArraySlice(place)
            | ExprKind::ArrayView(place) => self.place(*place),

            ExprKind::Binary { .. } | ExprKind::Logic { .. } => self.chain(id),
            ExprKind::Compare { left, right, .. } => self.all([*left, *right]),
            ExprKind::Unary { operand, .. }
            | ExprKind::Convert { operand, .. }
            | ExprKind::Diverge(operand)
            | ExprKind::Discard(operand)
            | ExprKind::Repeat(operand)
            | ExprKind::Len(operand)
            | ExprKind::Ptr(operand)
            | ExprKind::IsNil { value: operand, .. }
            | ExprKind::Unwrap { value: operand, .. }
            | ExprKind::Extent { view: operand, .. } => self.expr(*operand),
            ExprKind::Coalesce { value, default } => match self.expr(*value) {
                Flow::On => self.expr(*default).perhaps(),
                flow => flow,
            },
            ExprKind::Catch { value, handler, .. } => match self.expr(*value) {
                Flow::On => self.block(*handler).perhaps(),
                flow => flow,
            },
            ExprKind::TryOptional { value, .. } | ExprKind::TryResult { value, .. } => match self.expr(*value) {
                Flow::On => Flow::Leaves,
                flow => flow,
            },

            ExprKind::ExtentAt { view: base, axis: index, .. } | ExprKind::Row { view: base, index, .. } => {
                self.all([*base, *index])
            }
            ExprKind::Slice { base, low, high, .. } => self.all([Some(*base), *low, *high].into_iter().flatten()),
            ExprKind::SliceBy { base, low, high, step, .. } => {
                self.all([Some(*base), *low, *high, Some(*step)].into_iter().flatten())
            }
            ExprKind::Aggregate(parts) => self.all(parts.iter().copied()),
            ExprKind::Struct(fields) | ExprKind::Case { fields, .. } => {
                self.all(fields.iter().map(|&(_, value)| value))
            }

            ExprKind::Call { callee, args, .. } => match self.all(args.iter().copied()) {
                Flow::On if *callee == self.own => {
                    self.calls.push(body[id].span);
                    Flow::Recurs
                }
                flow => flow,
            },
            ExprKind::CallPointer { callee, args, .. } => self.all([*callee].into_iter().chain(args.iter().copied())),
            ExprKind::Builtin { op, args, .. } => match self.all(args.iter().copied()) {
                Flow::On if matches!(op, Builtin::Exit | Builtin::Panic) => Flow::Leaves,
                flow => flow,
            },
            ExprKind::Print { pieces, .. } | ExprKind::Format(pieces) => self.pieces(pieces),
            ExprKind::Assert { condition, message, .. } => match (self.expr(*condition), message) {
                (Flow::On, Some(message)) => self.expr(*message).perhaps(),
                (flow, _) => flow,
            },

            ExprKind::Block(block) => self.block(*block),
            ExprKind::If { arms, otherwise } => {
                let mut flows = Vec::with_capacity(arms.len() + 1);
                for (number, (cond, block)) in arms.iter().enumerate() {
                    match (self.cond(cond), number) {
                        (Flow::On, _) => {}
                        (flow, 0) => return flow,
                        (flow, _) => flows.push(flow.perhaps()),
                    }
                    flows.push(self.block(*block));
                }
                flows.push(otherwise.map_or(Flow::On, |block| self.block(block)));
                Walk::one(flows)
            }
            ExprKind::Switch { value, arms } => match self.expr(*value) {
                Flow::On => {
                    let mut flows = Vec::with_capacity(arms.len());
                    for arm in arms {
                        let guard = arm.guard.map_or(Flow::On, |guard| self.expr(guard).perhaps());
                        flows.push(if guard == Flow::On { self.expr(arm.body) } else { guard });
                    }
                    Walk::one(flows)
                }
                flow => flow,
            },
            ExprKind::While { cond, body, .. } => match self.cond(cond) {
                Flow::On => self.block(*body).perhaps(),
                flow => flow,
            },
            ExprKind::Loop { body, .. } => match self.block(*body) {
                // It goes round for ever.
                Flow::On => Flow::Leaves,
                flow => flow,
            },
            ExprKind::ForRange(each) => {
                self.repeated([Some(each.low), Some(each.high), each.step].into_iter().flatten(), each.body)
            }
            ExprKind::ForSlice(each) => self.repeated([each.slice], each.body),
            ExprKind::ForChars(each) => self.repeated([each.text], each.body),

            ExprKind::Return(value) => match value.map_or(Flow::On, |value| self.expr(value)) {
                Flow::On => Flow::Leaves,
                flow => flow,
            },
            ExprKind::Yield { value, .. } => match self.expr(*value) {
                Flow::On => Flow::Leaves,
                flow => flow,
            },
            ExprKind::Break(_) | ExprKind::Continue(_) | ExprKind::Unreachable => Flow::Leaves,
        }
    }

    /// Operators down the left side, which may be as many as the program is long.
    fn chain(&mut self, mut id: ExprId) -> Flow {
        let body = self.body;
        let mut rights = Vec::new();
        loop {
            match body[id].kind {
                ExprKind::Binary { left, right, .. } => {
                    rights.push((right, false));
                    id = left;
                }
                ExprKind::Logic { left, right, .. } => {
                    rights.push((right, true));
                    id = left;
                }
                _ => break,
            }
        }
        let mut flow = self.expr(id);
        while let (Flow::On, Some((right, perhaps))) = (flow, rights.pop()) {
            flow = self.expr(right);
            if perhaps {
                flow = flow.perhaps();
            }
        }
        flow
    }
}
