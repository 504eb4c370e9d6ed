//! The syntax tree of one source file.
//!
//! Nodes lie in typed vectors of [`File`] and name each other by 32-bit ids; lists are ranges of further vectors. Both are
//! read by indexing: `file[expr_id].kind`, `&file[list]`. Node kinds are `Copy`, so a visitor may match on one by value
//! without keeping the file borrowed. Read [`ExprKind`], [`StmtKind`], [`ItemKind`], [`TypeKind`] and [`PatKind`] first.
//!
//! What holds for every tree, whatever the source was:
//!
//! - The tree is complete: where the source had errors stand `Error` nodes, and a diagnostic was given for each.
//! - A path from a root to a leaf passes at most [`MAX_HEIGHT`] expressions, so a recursive visitor is safe on a stack that
//!   allows for that (left-nested operator chains reach it; brackets and blocks nest at most [`MAX_DEPTH`] deep).
//! - Assignments ([`ExprKind::Assign`]) stand only as a statement, or as the whole of a switch case, `defer` or closure body.
//! - Spans of operators and brackets (`op`, `bracket`, `paren`) are where a trap of that operation points.

pub mod dump;
mod file;
mod item;
mod rename;

pub use crate::intern::{Interner, Symbol};
pub use crate::source::{FileId, Span};
pub use dump::dump;
pub use file::*;
pub use item::*;

/// How deep brackets, blocks, types and patterns nest at most.
pub const MAX_DEPTH: u32 = 256;

/// How many expressions are on a path from a root to a leaf at most.
pub const MAX_HEIGHT: u32 = 10_000;

/// A name and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ident {
    pub name: Symbol,
    pub span: Span,
}

/// `a.b!(T).c`: names a type, module, constant or enum case; which of them is for the resolver to find out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Path {
    /// Never empty.
    pub segments: List<PathSegment>,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PathSegment {
    pub name: Ident,
    /// What stands in `!( )` behind the name.
    pub args: Option<List<GenericArg>>,
}

/// An argument in `!( )`. A bare name or path is a `Type`, though it may turn out to name a constant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GenericArg {
    Type(TypeId),
    Const(ExprId),
}

/// A parameter in `!( )`: `T`, `T: Show + Eq`, or a constant `N: i64`; a bound that names a protocol makes it a type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GenericParam {
    pub name: Ident,
    pub bounds: List<TypeId>,
}

// ---------------------------------------------------------------------------------------------- expressions

#[derive(Clone, Copy, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    /// With the parentheses around it, where there are any.
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum ExprKind {
    /// Stands where the source had an error, already reported.
    Error,

    /// `42`, `0xffu8`, `-128i8`: a minus before a literal belongs to it.
    Int {
        value: IntId,
        negative: bool,
        suffix: Option<NumType>,
    },
    /// `1.5e-9f32`: the digits without `_`, sign and suffix, as `str::parse` reads them; so no precision is lost here.
    Float {
        text: Symbol,
        negative: bool,
        suffix: Option<NumType>,
    },
    Bool(bool),
    Char(char),
    /// `"text"`, `r"text"`; not always UTF-8, as `\xff` is a byte.
    Str(List<u8>),
    /// `b"bytes"`.
    ByteStr(List<u8>),
    /// `f"{x} {y:.3}"`.
    FStr(List<Piece>),
    Nil,

    /// A name, `self`, `Self`, `context`, `result` and names of types included.
    Name(Symbol),
    /// `.Empty`: a case of the enum that the context asks for; with a payload it is the callee of a `Call`.
    Case(Ident),
    /// `f!(T)`, `Pair!(i64, str)`; `base` is a name or a field.
    Instance {
        base: ExprId,
        args: List<GenericArg>,
    },

    /// `base.name`: a field, a method, or a name in a module or type.
    Field {
        base: ExprId,
        name: Ident,
    },
    /// `base.0`.
    TupleField {
        base: ExprId,
        index: u32,
        index_span: Span,
    },
    /// `base[i]`, `base[i, j]`; `bracket` is the opening one.
    Index {
        base: ExprId,
        args: List<ExprId>,
        bracket: Span,
    },
    /// `base[low..high by step]`.
    Slice {
        base: ExprId,
        range: RangeExpr,
        bracket: Span,
    },
    /// `callee(args)`; a method call has a `Field` as callee. `paren` is the opening one.
    Call {
        callee: ExprId,
        args: List<Arg>,
        paren: Span,
    },
    /// `base.*`
    Deref {
        base: ExprId,
        op: Span,
    },
    /// `base!`
    Unwrap {
        base: ExprId,
        op: Span,
    },

    Unary {
        op: UnaryOp,
        operand: ExprId,
        op_span: Span,
    },
    /// `try operand`
    Try {
        operand: ExprId,
        op: Span,
    },
    Binary {
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
        op_span: Span,
    },
    /// `operand as ty`
    Cast {
        operand: ExprId,
        ty: TypeId,
        op: Span,
    },
    /// `value |> call`, where `call` is a `Call` that gets `value` as first argument.
    Pipe {
        value: ExprId,
        call: ExprId,
        op: Span,
    },
    /// `operand catch name { handler }`
    Catch {
        operand: ExprId,
        name: Option<Ident>,
        handler: BlockId,
        op: Span,
    },
    /// `low..high`, outside of brackets: the iterable of a `for`.
    Range {
        range: RangeExpr,
        op: Span,
    },
    /// `place = value` (`op` is `None`) or `place += value`. Not a value.
    Assign {
        op: Option<BinaryOp>,
        place: ExprId,
        value: ExprId,
        op_span: Span,
    },

    /// `(a, b)`, `(a,)`, `()`.
    Tuple(List<ExprId>),
    /// `[a, b]`
    Array(List<ExprId>),
    /// `[value; len]`
    Repeat {
        value: ExprId,
        len: ExprId,
    },
    /// `Point { x: 1.0 }`, `.{ x: 1.0 }`, `.Rect { w: 1.0 }`, `Pair!(A, B) { ... }`.
    StructLit {
        target: LitTarget,
        fields: List<FieldInit>,
    },
    /// `Map { k: v }`, `Map!(K, V) {}`.
    MapLit {
        path: Path,
        entries: List<MapEntry>,
    },
    /// `Set { a, b }`, `Set!(T) {}`, `Buf!(T) { a, b }`.
    SeqLit {
        path: Path,
        elements: List<ExprId>,
    },
    /// `new T { ... }`
    New(ExprId),

    Block(BlockId),
    /// `if a { } else if b { } else { }`: flat, the arms in order.
    If {
        arms: List<IfArm>,
        otherwise: Option<BlockId>,
    },
    Switch {
        scrutinee: ExprId,
        arms: List<SwitchArm>,
    },
    While {
        label: Option<Ident>,
        cond: Cond,
        body: BlockId,
    },
    Loop {
        label: Option<Ident>,
        body: BlockId,
    },
    For {
        label: Option<Ident>,
        binds: List<ForBind>,
        iter: ExprId,
        body: BlockId,
    },
    /// `with context { allocator: a } { ... }`
    With {
        fields: List<FieldInit>,
        body: BlockId,
    },
    /// `#sync(place) { ... }`
    Sync {
        place: ExprId,
        body: BlockId,
    },

    /// `|x| x + k`
    Closure {
        params: List<Param>,
        result: Option<TypeId>,
        body: ExprId,
    },
    /// `fn(x: i32) -> i32 { x + 1 }`, does not capture.
    Fn(FnId),
    /// `constantize e`
    Constantize(ExprId),
    /// `#async f(x)`; the operand is a `Call`.
    Async(ExprId),

    Return(Option<ExprId>),
    /// `return error e`
    ReturnError(ExprId),
    Yield(ExprId),
    Break(Option<Ident>),
    Continue(Option<Ident>),
    Unreachable,
}

/// `low..high by step`; which parts may be absent depends on where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RangeExpr {
    pub low: Option<ExprId>,
    pub high: Option<ExprId>,
    pub step: Option<ExprId>,
    /// `..=`
    pub inclusive: bool,
}

/// The type suffix of a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NumType {
    I8,
    I16,
    I32,
    I64,
    I128,
    Isize,
    U8,
    U16,
    U32,
    U64,
    U128,
    Usize,
    F16,
    F32,
    F64,
}

impl NumType {
    pub const ALL: [NumType; 15] = [
        NumType::I8,
        NumType::I16,
        NumType::I32,
        NumType::I64,
        NumType::I128,
        NumType::Isize,
        NumType::U8,
        NumType::U16,
        NumType::U32,
        NumType::U64,
        NumType::U128,
        NumType::Usize,
        NumType::F16,
        NumType::F32,
        NumType::F64,
    ];

    pub fn name(self) -> &'static str {
        match self {
            NumType::I8 => "i8",
            NumType::I16 => "i16",
            NumType::I32 => "i32",
            NumType::I64 => "i64",
            NumType::I128 => "i128",
            NumType::Isize => "isize",
            NumType::U8 => "u8",
            NumType::U16 => "u16",
            NumType::U32 => "u32",
            NumType::U64 => "u64",
            NumType::U128 => "u128",
            NumType::Usize => "usize",
            NumType::F16 => "f16",
            NumType::F32 => "f32",
            NumType::F64 => "f64",
        }
    }

    pub fn from_name(name: &str) -> Option<NumType> {
        NumType::ALL.into_iter().find(|ty| ty.name() == name)
    }

    pub fn is_float(self) -> bool {
        matches!(self, NumType::F16 | NumType::F32 | NumType::F64)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    /// `-`, not of a literal.
    Neg,
    /// `!`
    Not,
    /// `~`
    BitNot,
    /// `&`
    AddressOf,
}

impl UnaryOp {
    pub fn text(self) -> &'static str {
        match self {
            UnaryOp::Neg => "-",
            UnaryOp::Not => "!",
            UnaryOp::BitNot => "~",
            UnaryOp::AddressOf => "&",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    /// `%`
    Rem,
    /// `%%`, Euclidean
    Mod,
    Shl,
    Shr,
    BitAnd,
    BitXor,
    BitOr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// `&&`, evaluates its right side only if needed; so do the next two.
    And,
    Or,
    /// `??`
    Coalesce,
}

impl BinaryOp {
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
            BinaryOp::Mod => "%%",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitXor => "^",
            BinaryOp::BitOr => "|",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::And => "&&",
            BinaryOp::Or => "||",
            BinaryOp::Coalesce => "??",
        }
    }

    pub fn is_comparison(self) -> bool {
        matches!(self, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge)
    }

    /// Evaluates its right side only if needed.
    pub fn is_short_circuit(self) -> bool {
        matches!(self, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce)
    }
}

/// An argument of a call; `xs...` spreads a slice over a variadic parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arg {
    pub value: ExprId,
    pub spread: bool,
}

/// What a struct literal makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LitTarget {
    /// `.{ }`: the type that the context asks for.
    Infer,
    /// `.Rect { }`: a case of the enum that the context asks for.
    Case(Ident),
    /// `Point { }`, `Shape.Rect { }`.
    Path(Path),
}

/// `name: value`; the short form `name` has a `Name` expression as value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldInit {
    pub name: Ident,
    pub value: ExprId,
}

/// `key: value` of a map literal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MapEntry {
    pub key: ExprId,
    pub value: ExprId,
}

/// A piece of an f-string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece {
    Text(List<u8>),
    Value { value: ExprId, format: FormatSpec, format_span: Span },
}

/// `[[fill]align][+][#][0][width][.precision][type]` after the `:`; everything absent when there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FormatSpec {
    pub fill: Option<char>,
    pub align: Option<Align>,
    /// `+`: the sign of positive numbers too.
    pub plus: bool,
    /// `#`: with a prefix such as `0x`.
    pub alternate: bool,
    /// `0`: zeros between the sign and the digits.
    pub zero: bool,
    pub width: Option<u32>,
    pub precision: Option<u32>,
    pub kind: Option<FormatKind>,
}

impl FormatSpec {
    /// No format was given at all.
    pub fn is_default(self) -> bool {
        self == FormatSpec::default()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Align {
    /// `<`
    Left,
    /// `>`
    Right,
    /// `^`
    Center,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FormatKind {
    /// `d`
    Decimal,
    /// `x`
    LowerHex,
    /// `X`
    UpperHex,
    /// `o`
    Octal,
    /// `b`
    Binary,
    /// `e`
    Exponent,
    /// `f`
    Fixed,
    /// `s`
    Str,
}

/// What `if` and `while` test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cond {
    Expr(ExprId),
    /// `let pattern = value`; over a `?T` the pattern is of the value that is not nil.
    Let {
        pat: PatId,
        value: ExprId,
    },
}

/// `if cond { body }`, or `else if cond { body }`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IfArm {
    pub cond: Cond,
    pub body: BlockId,
}

/// `pattern if guard => body`; `else => body` has no pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SwitchArm {
    pub pat: Option<PatId>,
    pub guard: Option<ExprId>,
    pub body: ExprId,
    /// Of the pattern and the guard (or `else`).
    pub head_span: Span,
}

/// `x` or `*p` in `for i, *p in xs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ForBind {
    pub pat: PatId,
    /// `*`: binds a pointer to the element.
    pub by_pointer: bool,
}

// ----------------------------------------------------------------------------------------------- statements

/// Statements in braces. Its value is the one of `tail`, unless a `yield` gives another.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    pub stmts: List<StmtId>,
    /// The last expression, if no `;` follows it. Not in the list of statements.
    pub tail: Option<ExprId>,
    /// With the braces.
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum StmtKind {
    /// Stands where the source had an error, already reported.
    Error,
    /// `let` or `var` in a function; at the top level and in modules they are items.
    Var(VarId),
    /// `e;`, or a block-like expression that does not end the block.
    Expr(ExprId),
    /// A declaration, which the whole scope sees.
    Item(ItemId),
    /// `defer e;`
    Defer(ExprId),
    /// `on_return { }`
    OnReturn(BlockId),
    /// `using place;`
    Using(ExprId),
    /// `pass;`
    Pass,
    /// `#if c { } else { }`: the statements and declarations of the first arm that holds stand in its place. If it is the
    /// last of its block, the tail of that arm is the tail of the block.
    ConstIf { arms: List<ConstIfArm>, otherwise: Option<BlockId> },
}

/// An arm of `#if`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConstIfArm {
    pub cond: ExprId,
    pub body: BlockId,
}

/// `let pat: ty = init;`, `var pat: ty = init;`
#[derive(Clone, Copy, Debug)]
pub struct VarDecl {
    /// `var`
    pub mutable: bool,
    pub pat: PatId,
    pub ty: Option<TypeId>,
    /// Only a `var` with a type may be without.
    pub init: Option<ExprId>,
}

// ------------------------------------------------------------------------------------------------- patterns

#[derive(Clone, Copy, Debug)]
pub struct Pat {
    pub kind: PatKind,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum PatKind {
    /// Stands where the source had an error, already reported.
    Error,
    /// `_`
    Wild,
    /// `x`: always binds; never `_`.
    Bind(Symbol),
    /// A literal, with its minus: an `Int`, `Float`, `Bool`, `Char`, `Str`, `ByteStr` or `Nil`.
    Lit(ExprId),
    /// `const N`, a constant or case by its name.
    Const(Path),
    /// `m.N`, `Color.Red`: at least two names, a constant or a case without payload.
    Path(Path),
    /// `.Empty`
    Case(Ident),
    /// `.Circle(r)`, `Shape.Circle(r)`, `Circle(r)`.
    Payload { target: PatTarget, args: List<PatId> },
    /// `.Rect { w, h }`, `Rect { w: width, .. }`.
    Struct { target: PatTarget, fields: List<FieldPat>, rest: bool },
    /// `error p`: the error of a `T!E`.
    ErrorOf(PatId),
    /// `(a, b)`, `(a,)`, `()`.
    Tuple(List<PatId>),
    /// `low..high`, `low..=high`, `low..`, `..high`: the ends are literals, or names of constants as `Name` and `Field`.
    Range { low: Option<ExprId>, high: Option<ExprId>, inclusive: bool },
    /// `p | q`
    Or(List<PatId>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatTarget {
    /// `.Circle`
    Case(Ident),
    Path(Path),
}

/// `name: pat`; the short form `name` has a `Bind` as pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldPat {
    pub name: Ident,
    pub pat: PatId,
}

// ---------------------------------------------------------------------------------------------------- types

#[derive(Clone, Copy, Debug)]
pub struct Type {
    pub kind: TypeKind,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum TypeKind {
    /// Stands where the source had an error, already reported.
    Error,
    /// `i64`, `Self`, `T`, `m.Point`, `Buf!(T)`.
    Path(Path),
    /// `*T`, `*restrict T`
    Pointer { restrict: bool, target: TypeId },
    /// `@T`
    Ref(TypeId),
    /// `?T`
    Optional(TypeId),
    /// `T!E`
    Result { ok: TypeId, error: TypeId },
    /// `[N]T`
    Array { len: ExprId, element: TypeId },
    /// `[]T`, `[]restrict T`
    Slice { restrict: bool, element: TypeId },
    /// `[by]T`
    Strided { restrict: bool, element: TypeId },
    /// `[,]T` (rank 2), `[,,]T` (rank 3)
    View { rank: u8, restrict: bool, element: TypeId },
    /// `(T, U)`, `(T,)`, `()`
    Tuple(List<TypeId>),
    /// `fn(T, U) -> V`
    Fn { params: List<TypeId>, result: Option<TypeId> },
    /// `dyn P`
    Dyn(TypeId),
}
