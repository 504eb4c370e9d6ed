//! Programs whose IR is valid and as expected.

use super::lower;
use crate::hir::*;
use crate::intern::{Interner, Symbol};
use crate::source::{FileId, SourceMap, Span};
use crate::types::Ty;

struct B {
    program: Program,
    body: Body,
}
fn sp() -> Span {
    Span::new(FileId(0), 3, 4)
}
impl B {
    fn e(&mut self, kind: ExprKind, ty: Ty) -> ExprId {
        self.body.exprs.push(Expr { kind, ty, span: sp() });
        ExprId(self.body.exprs.len() as u32 - 1)
    }
    fn int(&mut self, v: i128) -> ExprId {
        self.e(ExprKind::Int(v as u64 as u128), Ty::I64)
    }
    fn p(&mut self, kind: PlaceKind, ty: Ty) -> PlaceId {
        self.body.places.push(Place { kind, ty, span: sp() });
        PlaceId(self.body.places.len() as u32 - 1)
    }
    fn text(&mut self, s: &str) -> StrId {
        self.program.strings.push(s.as_bytes().into());
        StrId(self.program.strings.len() as u32 - 1)
    }
    fn block(&mut self, stmts: Vec<StmtKind>, tail: Option<ExprId>, ty: Ty) -> BlockId {
        let stmts = stmts.into_iter().map(|kind| Stmt { kind, span: sp() }).collect();
        self.body.blocks.push(Block { stmts, tail, ty, yields: false, span: sp() });
        BlockId(self.body.blocks.len() as u32 - 1)
    }
    fn local(&mut self, ty: Ty) -> LocalId {
        self.body.locals.push(Local { name: Symbol::EMPTY, ty, mutable: true, address_taken: false, span: sp() });
        LocalId(self.body.locals.len() as u32 - 1)
    }
}

#[test]
fn slice() {
    let mut b = B { program: Program::default(), body: Body::default() };
    let mut sources = SourceMap::new();
    sources.add("a.lang", "fn main() {}\n");
    let one = b.int(1);
    let two = b.int(2);
    let sum = b.e(ExprKind::Binary { op: BinaryOp::Div, left: one, right: two, op_span: sp() }, Ty::I64);
    let hello = b.text("hello ");
    let nl = b.text("\n");
    let arr = b.program.types.array(Ty::I64, 10);
    let opt = b.program.types.optional(arr);
    let a = b.local(opt);
    let x = b.local(Ty::I64);
    let lx = b.p(PlaceKind::Local(x), Ty::I64);
    let la = b.p(PlaceKind::Local(a), opt);
    let loada = b.e(ExprKind::Load(la), opt);
    let loadx = b.e(ExprKind::Load(lx), Ty::I64);
    let rep = b.e(ExprKind::Repeat(loadx), arr);
    let some = b.e(ExprKind::Convert { kind: Conversion::Some, operand: rep }, opt);
    let print = b.e(
        ExprKind::Print {
            stream: Stream::Err,
            pieces: vec![Piece::Text(hello), Piece::Value(sum), Piece::Value(loada), Piece::Text(nl)],
        },
        Ty::VOID,
    );
    let (lo, hi) = (b.int(0), b.int(10));
    let loop_body = b.block(vec![StmtKind::Expr(print)], None, Ty::VOID);
    let range = ForRange { id: LoopId(0), local: None, ty: Ty::I64, low: lo, high: hi, inclusive: true, step: Some(two), step_span: sp(), body: loop_body };
    let range = b.e(ExprKind::ForRange(Box::new(range)), Ty::VOID);
    let loada2 = b.e(ExprKind::Load(la), opt);
    let loada3 = b.e(ExprKind::Load(la), opt);
    let eq = b.e(ExprKind::Compare { op: CompareOp::Eq, left: loada2, right: loada3 }, Ty::BOOL);
    let assert = b.e(ExprKind::Assert { condition: eq, message: None, paren: sp() }, Ty::VOID);
    let root = b.block(
        vec![StmtKind::Let { local: x, init: one }, StmtKind::Let { local: a, init: some }, StmtKind::Expr(range), StmtKind::Expr(assert)],
        None,
        Ty::VOID,
    );
    b.body.loops = 1;
    b.body.root = Some(root);
    b.program.funcs.push(Func {
        name: Symbol::MAIN,
        path: "main".into(),
        symbol: "main".into(),
        params: vec![],
        result: Ty::VOID,
        attrs: Attrs::default(),
        kind: FuncKind::Body(b.body),
        span: sp(),
    });
    b.program.main = Some(FuncId(0));
    let module = lower(&sources, &Interner::new(), &b.program);
    println!("{module}");
    lang_ir::verify::verify(&module).unwrap();
}
