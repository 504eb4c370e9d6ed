//! The typed tree: what `check` makes of syntax trees and `lower` turns into IR.
//!
//! Read [`Program`], [`Func`], [`Body`], then [`ExprKind`], [`PlaceKind`], [`StmtKind`] and [`Pat`].
//!
//! What holds for the program of a check without errors (of one with errors, nothing does):
//!
//! - No `Ty::ERROR` and no `Ty::NIL` is left, and types match exactly: operands of an operator, argument and parameter,
//!   value and place have the same [`Ty`]. All conversions are [`ExprKind::Convert`], [`ExprKind::ArraySlice`] and the
//!   like; an expression that does not return stands under [`ExprKind::Diverge`] where a value is expected, and a value
//!   that is dropped because nothing is expected under [`ExprKind::Discard`]. The exceptions are shifts, rotates and
//!   indices, whose amount may be of any integer type.
//! - A [`Place`] is memory (or a local that may live in a register); an [`Expr`] is a value. [`ExprKind::Load`] is the
//!   only way from a place to its value. Loading an aggregate copies it: later stores do not change the value.
//! - Evaluation is left to right, in the order in which operands stand in the nodes; each node is evaluated once and
//!   belongs to one parent.
//! - Left-nested chains of operators may be as high as `ast::MAX_HEIGHT`; walk [`ExprKind::Binary`] and
//!   [`ExprKind::Logic`] down the left side with a loop. All other nesting is at most a small multiple of
//!   `ast::MAX_DEPTH`.
//! - Nodes that nothing refers to may be left over in a body; go down from its root.
//! - A trap's place is the span of the operator or bracket: `op` or `bracket` in the node; `paren` of a call for
//!   backtraces.

use crate::intern::{Interner, Symbol};
use crate::source::Span;
use crate::types::{Ty, Types};
pub use lang_ir::Bits;
use std::collections::BTreeSet;
use std::ops::Index;

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
            pub struct $id(pub u32);

            impl $id {
                pub fn index(self) -> usize {
                    self.0 as usize
                }
            }
        )*
    };
}

ids! {
    /// A function of the program: [`Func`].
    FuncId,
    /// A global variable: [`Global`].
    GlobalId,
    /// A constant that lies in memory: [`Constant`].
    ConstId,
    /// A text: bytes in [`Program::strings`], each distinct text once.
    StrId,
    /// Memory that was computed while compiling: [`Data`].
    DataId,
    /// A variable, parameter or binding of one body: [`Local`].
    LocalId,
    /// A value of one body: [`Expr`].
    ExprId,
    /// A place of one body: [`Place`].
    PlaceId,
    /// A block of one body: [`Block`].
    BlockId,
    /// A loop of one body: the target of `break` and `continue`.
    LoopId,
}

macro_rules! index {
    ($($whole:ident[$id:ident] = $field:ident: $node:ty;)*) => {
        $(
            impl Index<$id> for $whole {
                type Output = $node;
                fn index(&self, id: $id) -> &$node {
                    &self.$field[id.0 as usize]
                }
            }
        )*
    };
}

index! {
    Program[FuncId] = funcs: Func;
    Program[GlobalId] = globals: Global;
    Program[ConstId] = constants: Constant;
    Program[StrId] = strings: Box<[u8]>;
    Program[DataId] = data: Data;
    Body[LocalId] = locals: Local;
    Body[ExprId] = exprs: Expr;
    Body[PlaceId] = places: Place;
    Body[BlockId] = blocks: Block;
}

// ------------------------------------------------------------------------------------------------ the program

/// A checked program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub types: Types,
    pub funcs: Vec<Func>,
    pub globals: Vec<Global>,
    pub constants: Vec<Constant>,
    pub strings: Vec<Box<[u8]>>,
    pub data: Vec<Data>,
    /// In the order of the `#link` blocks; may repeat.
    pub libraries: Vec<Library>,
    /// Folders in which libraries are looked for.
    pub link_paths: Vec<StrId>,
    /// The `main` function, or the body of a script; absent in a program that has neither (a library) or that has
    /// errors. It has no parameters and gives `void` or an integer, the exit status; or `T!E` with such a `T`.
    pub main: Option<FuncId>,
    /// Runs before `main`: stores the globals whose initialisers are not constant. No parameters, no result.
    pub init: Option<FuncId>,
    /// The tests, in the order of the source.
    pub tests: Vec<Test>,
    /// Which statements of a script store its globals, as indices into its body.
    pub script_inits: Vec<usize>,
    pub exposed: Exposed,
}

/// Read-only memory that a store might reach without the checker's knowledge: whether it does is checked at run time.
#[derive(Clone, Debug, Default)]
pub struct Exposed {
    pub constants: BTreeSet<ConstId>,
    pub globals: BTreeSet<GlobalId>,
    pub data: BTreeSet<DataId>,
    pub texts: BTreeSet<StrId>,
}

/// A `test` block, or an example in a doc comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    pub name: String,
    /// Of the name, or where the example begins.
    pub span: Span,
    /// No parameters, no result.
    pub func: FuncId,
    pub example: bool,
}

/// A library that a `#link` names.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    pub name: StrId,
    /// Of the name.
    pub span: Span,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Func {
    pub name: Symbol,
    /// The name in backtraces: with modules and enclosing functions, `outer.inner`.
    pub path: String,
    /// The name in object files, unique in the program: the `path`, with the types of the parameters if it is
    /// overloaded; the name of `#export` and of `#link` functions.
    pub symbol: String,
    /// Types of the parameters, `restrict` included.
    pub params: Vec<Ty>,
    pub result: Ty,
    pub attrs: Attrs,
    pub kind: FuncKind,
    /// Of the name.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum FuncKind {
    Body(Body),
    /// Nobody calls it: a function of the standard library that this program does not use, or the initialiser of a
    /// global that turned out to be constant. It was not checked, and there is no code for it.
    Unused,
    /// A foreign function of a `#link` block; called by `symbol` as C does. Parameters and result are of types that C has.
    Extern {
        /// Takes any more arguments behind its parameters: `...`.
        variadic: bool,
    },
}

/// Attributes of a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Attrs {
    pub inline: bool,
    pub noinline: bool,
    pub cold: bool,
    pub fast_math: bool,
    pub pure: bool,
    /// `#export`: `Func::symbol` is the exported name.
    pub export: bool,
    /// A test, `#test_only`, or declared in such a function: nothing else can call it.
    pub test_only: bool,
}

/// A global variable.
#[derive(Clone, Debug)]
pub struct Global {
    pub name: Symbol,
    /// Unique in the program.
    pub symbol: String,
    pub ty: Ty,
    /// `var`. A `let` with a constant initialiser is never written.
    pub mutable: bool,
    pub init: GlobalInit,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum GlobalInit {
    Const(ConstValue),
    /// Zero until [`Program::init`] or the script stores it.
    Runtime,
}

/// A constant in read-only memory.
#[derive(Clone, Debug)]
pub struct Constant {
    pub ty: Ty,
    pub value: ConstValue,
}

/// A value that is known while compiling; its type stands beside it.
#[derive(Clone, PartialEq, Debug)]
pub enum ConstValue {
    /// All bytes zero: also nil of every `?T` and pointer, and an empty slice.
    Zero,
    /// An integer, as bits of its width; a bool as 0 or 1; a char; an address made of a number.
    Int(u128),
    /// A float that its type holds exactly.
    Float(f64),
    Str(StrId),
    Func(FuncId),
    /// Elements of an array, fields of a struct or tuple in order of declaration.
    Aggregate(Vec<ConstValue>),
    /// All elements of an array are this.
    Repeat(Box<ConstValue>),
    /// A `?T` that is not nil.
    Some(Box<ConstValue>),
    /// A case of an enum (by number), or the value (0) or error (1) of a `T!E`, with its payload.
    Case(u32, Vec<ConstValue>),
    /// A slice over all of a constant array.
    Slice(ConstId),
    /// A slice over all of a global array.
    GlobalSlice(GlobalId),
    /// The value that lies at this offset, in bytes.
    Data(DataId, u64),
}

/// Memory that was computed while compiling, as it lies in the program.
#[derive(Clone, PartialEq, Debug)]
pub struct Data {
    /// Zero where an address is.
    pub bytes: Vec<u8>,
    pub align: u32,
    /// Addresses in it, by ascending offset.
    pub refs: Vec<DataRef>,
    /// The program may write it.
    pub mutable: bool,
}

/// An address in [`Data`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DataRef {
    /// Where it stands.
    pub offset: u64,
    pub target: DataTarget,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DataTarget {
    /// An offset in other memory; `text` if what is there is never written.
    Data {
        id: DataId,
        offset: u64,
        text: bool,
    },
    /// The bytes of a text.
    Str(StrId),
    Func(FuncId),
}

// ----------------------------------------------------------------------------------------------------- bodies

/// What a function does.
#[derive(Clone, Debug, Default)]
pub struct Body {
    pub exprs: Vec<Expr>,
    pub places: Vec<Place>,
    pub blocks: Vec<Block>,
    pub locals: Vec<Local>,
    /// One for each parameter.
    pub params: Vec<LocalId>,
    /// Number of loops; `LoopId`s count from 0.
    pub loops: u32,
    /// Its value is the result of the function (also where it is void). Absent in a function with an error.
    pub root: Option<BlockId>,
    /// What runs when the function returns, in the order of the text; the last that is registered runs first.
    pub on_returns: Vec<OnReturn>,
    /// Holds the result while they run, if they name it.
    pub result: Option<LocalId>,
}

/// `on_return { }`. It holds no `return`.
#[derive(Clone, Copy, Debug)]
pub struct OnReturn {
    /// A `bool`, false at first: whether it was reached.
    pub flag: LocalId,
    pub block: BlockId,
}

impl Body {
    /// Gives back the room that growing left: a program has many bodies, and all of them stay until they are lowered.
    pub fn compact(&mut self) {
        fn compact<T>(list: &mut Vec<T>) {
            if list.len() < list.capacity() {
                let mut exact = Vec::with_capacity(list.len());
                exact.append(list);
                *list = exact;
            }
        }
        compact(&mut self.exprs);
        compact(&mut self.places);
        compact(&mut self.blocks);
        compact(&mut self.locals);
    }
}

/// A variable, parameter or binding.
#[derive(Clone, Debug)]
pub struct Local {
    /// `Symbol::EMPTY` if the checker made it.
    pub name: Symbol,
    pub ty: Ty,
    /// `var`; all others are stored once, where they are made.
    pub mutable: bool,
    /// Its address is taken somewhere: it has to live in memory.
    pub address_taken: bool,
    pub span: Span,
}

/// Statements in braces.
#[derive(Clone, Debug)]
pub struct Block {
    pub stmts: Vec<Stmt>,
    /// Its value, of type `ty`. Where the block's end is not reached, it may be absent although `ty` is not `void`.
    pub tail: Option<ExprId>,
    pub ty: Ty,
    /// Some [`ExprKind::Yield`] leaves it early.
    pub yields: bool,
    /// With the braces.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum StmtKind {
    /// Evaluated for its effect; the value is dropped.
    Expr(ExprId),
    /// A local begins its life with this value. In a loop, once every turn.
    Let { local: LocalId, init: ExprId },
    /// Order: the parts of the place (not its index checks), the value, the index checks, the store.
    Assign { place: PlaceId, value: ExprId, op: Span },
    /// `place op= value`: parts of the place, the value, the index checks, the old value, the operation, the store.
    /// `value` has the type of the place (shifts: any integer).
    AssignOp { op: BinaryOp, place: PlaceId, value: ExprId, op_span: Span },
    /// Runs when the innermost block around it is left, in reverse order of being reached; not at traps and `exit`. It
    /// holds no `return`, and no `break` or `continue` out of it.
    Defer(BlockId),
}

// ----------------------------------------------------------------------------------------------------- values

/// A value.
#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub ty: Ty,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    /// Had an error.
    Error,

    /// The zero value of its type: nil, zeroed memory, an empty slice; of `void`, nothing.
    Zero,
    /// An integer as bits of its width, or a char.
    Int(Bits),
    /// A float that its type holds exactly.
    Float(f64),
    Bool(bool),
    /// A `str`.
    Str(StrId),
    /// A `[]u8` over a text: `b"..."`.
    Bytes(StrId),
    /// The address of a function, of a `fn` type.
    Func(FuncId),

    /// The value in a place.
    Load(PlaceId),
    /// `&place`
    AddressOf(PlaceId),

    /// Both operands have the type of the result; of shifts the right one is any integer. Integers, floats; `BitAnd
    /// BitOr BitXor` also bools. `/ % %%` of integers trap on zero, `/` also on `MIN / -1`.
    Binary {
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
        op_span: Span,
    },
    /// `&&` (`and`) or `||` of bools; the right side only if needed.
    Logic {
        and: bool,
        left: ExprId,
        right: ExprId,
    },
    Unary {
        op: UnaryOp,
        operand: ExprId,
    },
    /// Both operands have the same type. Integers, chars, floats, `str` (by bytes), pointers in every order; bools,
    /// structs, tuples, enums, arrays, slices, views, optionals and `T!E` only `Eq` and `Ne`: by contents, part by part.
    Compare {
        op: CompareOp,
        left: ExprId,
        right: ExprId,
    },
    /// Whether an optional or pointer is nil; `negated` whether it is not.
    IsNil {
        value: ExprId,
        negated: bool,
    },
    /// `value ?? default`: the type of the whole is that of `default`: the payload, or the optional again.
    Coalesce {
        value: ExprId,
        default: ExprId,
    },
    /// `value!`: the payload of an optional; traps on nil.
    Unwrap {
        value: ExprId,
        op: Span,
    },
    /// `try value` of an optional: the payload; nil returns nil (the zero value of the result) from the function.
    TryOptional {
        value: ExprId,
        op: Span,
    },
    /// `try value` of a `T!E`: the `T`; an error returns that error from the function, whose result is some `U!E`.
    TryResult {
        value: ExprId,
        op: Span,
    },
    /// `value catch error { handler }`: the `T` of a `T!E`, or what the handler gives. Of type `void` both are dropped.
    Catch {
        value: ExprId,
        error: Option<LocalId>,
        handler: BlockId,
    },

    Convert {
        kind: Conversion,
        operand: ExprId,
    },
    /// Does not return, where a value of this type is expected.
    Diverge(ExprId),
    /// Evaluated and dropped; of type `void`.
    Discard(ExprId),
    /// A slice over all elements of an array in memory; the type is `[]T`.
    ArraySlice(PlaceId),
    /// A view over all elements of an array of arrays in memory.
    ArrayView(PlaceId),

    /// Length of a slice, strided slice or `str`; `i64`.
    Len(ExprId),
    /// Address of the first element of a slice, view or `str`.
    Ptr(ExprId),
    /// An extent of a view, from 0; `i64`.
    Extent {
        view: ExprId,
        axis: u8,
    },
    /// An extent of a view by number, of type `i64`; traps at `paren` if there is none of that number.
    ExtentAt {
        view: ExprId,
        axis: ExprId,
        paren: Span,
    },
    /// `base[low..high]`, the bounds of type `i64`. Of a slice, strided slice or `str`: checked, the result has the type of the base.
    /// Of a pointer: `low` and `high` are present, unchecked, the result is a slice.
    Slice {
        base: ExprId,
        low: Option<ExprId>,
        high: Option<ExprId>,
        inclusive: bool,
        bracket: Span,
    },
    /// `base[low..high by step]` of a slice or strided slice: a strided slice. `step`, an `i64`, below 1 traps.
    SliceBy {
        base: ExprId,
        low: Option<ExprId>,
        high: Option<ExprId>,
        inclusive: bool,
        step: ExprId,
        bracket: Span,
    },
    /// Row `index` of a 2-D view as a slice, or of a 3-D view as a 2-D view; checked.
    Row {
        view: ExprId,
        index: ExprId,
        bracket: Span,
    },

    /// Elements of an array, parts of a tuple.
    Aggregate(Vec<ExprId>),
    /// All fields of a struct, by number, in order of evaluation.
    Struct(Vec<(u32, ExprId)>),
    /// A case of an enum, by number, with all parts of its payload in order of evaluation; also the value (0) or error
    /// (1) as a `T!E`.
    Case {
        case: u32,
        fields: Vec<(u32, ExprId)>,
    },
    /// `[value; N]`, `N` from the type; the value is evaluated once.
    Repeat(ExprId),

    Call {
        callee: FuncId,
        args: Vec<ExprId>,
        paren: Span,
    },
    CallPointer {
        callee: ExprId,
        args: Vec<ExprId>,
        paren: Span,
    },
    /// `op` of its arguments; see [`Builtin`] for their types.
    Builtin {
        op: Builtin,
        args: Vec<ExprId>,
        paren: Span,
    },
    /// All values are evaluated, then all pieces are written, to the standard output or error. `void`.
    Print {
        stream: Stream,
        pieces: Vec<Piece>,
    },
    /// A fresh `str` of the pieces.
    Format(Vec<Piece>),
    /// Traps unless `condition`; the message, a `str`, is evaluated only then. `paren` is the place of the trap.
    Assert {
        condition: ExprId,
        message: Option<ExprId>,
        paren: Span,
    },

    Block(BlockId),
    /// The first arm whose condition holds; without `otherwise` the type is `void`.
    If {
        arms: Vec<(Cond, BlockId)>,
        otherwise: Option<BlockId>,
    },
    /// The first arm that matches; always one does, by the checker's proof.
    Switch {
        value: ExprId,
        arms: Vec<Arm>,
    },
    While {
        id: LoopId,
        cond: Cond,
        body: BlockId,
    },
    /// Of type `void`, or `never` if nothing breaks out of it.
    Loop {
        id: LoopId,
        body: BlockId,
    },
    ForRange(Box<ForRange>),
    ForSlice(Box<ForSlice>),
    ForChars(Box<ForChars>),

    /// Of type `never`, as the next four.
    Return(Option<ExprId>),
    /// Gives the value of a block, and leaves it.
    Yield {
        block: BlockId,
        value: ExprId,
    },
    Break(LoopId),
    Continue(LoopId),
    /// Traps.
    Unreachable,
}

/// The case of a `T!E` that is a value.
pub const OK: u32 = 0;
/// The case of a `T!E` that is an error.
pub const ERROR: u32 = 1;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    /// `%`: sign of the left side; of floats C's `fmod`.
    Rem,
    /// `%%`: never negative.
    Mod,
    Shl,
    Shr,
    BitAnd,
    BitOr,
    BitXor,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    /// Of integers (wraps) and floats.
    Neg,
    /// Of bools.
    Not,
    /// Of integers.
    BitNot,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// From the operand's type to the expression's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Conversion {
    /// Integer to integer: the low bits, or extended by the sign of the operand's type. Also char to integer and `bool`
    /// to integer (0 or 1), which extend with zeros, and a plain enum to an integer.
    Int,
    IntToFloat,
    /// Saturates; NaN is 0.
    FloatToInt,
    /// Float to float.
    Float,
    /// Integer to char; traps for what is no scalar value, at `op`.
    IntToChar {
        op: Span,
    },
    /// Pointer, function and integer among each other: the bits (as `Int` where widths differ).
    Address,
    /// To a type of the same representation: another `restrict`, pointer to `?pointer`.
    Same,
    /// `T` to `?T`.
    Some,
}

/// What the compiler knows how to do. `T` is the type of the expression, unless said otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Builtin {
    /// `(T, T)`: `if b < a { b } else { a }`; integers and floats.
    Min,
    /// `(T, T)`: `if a < b { b } else { a }`.
    Max,
    /// `(T)`: integers wrap at MIN; floats.
    Abs,
    /// `(integer) -> i64`, the width for zero; so `Ctz`.
    Clz,
    Ctz,
    Popcount,
    /// `(T, any integer)`
    Rotl,
    Rotr,
    Bswap,
    /// `(T, T)`: the upper half of the product, by the sign of `T`.
    MulHi,
    /// `(E, E) -> ?E` of integers: nil where the exact result does not fit.
    CheckedAdd,
    CheckedSub,
    CheckedMul,
    /// `(T, T)` of integers: the end of the range where the exact result does not fit.
    SatAdd,
    SatSub,
    /// `(T)` of floats, and the following.
    Sqrt,
    Floor,
    Ceil,
    Trunc,
    /// Half away from zero, as C's.
    Round,
    /// `(T, T)`
    Copysign,
    /// `(T) -> U`: the same bits, of a float as an unsigned integer or the other way.
    Bits,
    /// `() -> f64`
    Clock,
    /// `() -> []str`
    Args,
    /// `(str) -> ?i64`
    ParseI64,
    /// `(str) -> ?f64`
    ParseF64,
    /// `() -> ?str`
    ReadLine,
    /// `(str, *str) -> i32`: reads a file; 0, and its bytes are stored, or why it could not be read.
    ReadFile,
    /// `(i32)`, never returns.
    Exit,
    /// `(str)`, never returns.
    Panic,
    /// `(i64) -> []E`, zeroed; traps where there is no memory.
    Alloc,
    /// `(i64) -> []E`, whose elements are to be written before they are read.
    AllocUninit,
    /// `(i64, E) -> []E`, each element a copy.
    AllocValue,
    /// `([]E)` or `(*E)` of what the others gave.
    Free,
    /// `(E) -> *E`
    Create,
    /// `(*E)`
    Destroy,
    /// `(any integer) -> ?T`: the case of the plain enum `T` with this value.
    EnumFrom,
    /// `([]E, rows: i64, cols: i64) -> [,]E`; `([]E, i64, i64, i64) -> [,,]E`: checked, traps at `paren`.
    View,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stream {
    Out,
    Err,
}

/// A piece of printed text.
#[derive(Clone, Debug)]
pub enum Piece {
    Text(StrId),
    /// A value, as `print` shows it at the top level (strings not quoted).
    Value(ExprId),
    /// A number, `bool`, `char` or `str` by a format specification, in the form that `lang_rt::parse_spec` reads and
    /// that fits the type.
    Formatted {
        value: ExprId,
        spec: StrId,
    },
}

/// What `if` and `while` test.
#[derive(Clone, Debug)]
pub enum Cond {
    Expr(ExprId),
    /// Matches and binds. Over an optional the pattern is a [`PatKind::Some`].
    Let {
        value: ExprId,
        pat: Box<Pat>,
    },
}

/// A case of a `switch`. `else` has the pattern `_`. With a guard, alternatives `p | q` are tried one after the other.
#[derive(Clone, Debug)]
pub struct Arm {
    pub pat: Pat,
    pub guard: Option<ExprId>,
    pub body: ExprId,
}

/// A pattern for values of type `ty`.
#[derive(Clone, Debug)]
pub struct Pat {
    pub kind: PatKind,
    pub ty: Ty,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum PatKind {
    /// Matches all.
    Wild,
    /// Matches all and begins the life of a local.
    Bind(LocalId),
    /// An integer, char, bool, float or string that is equal.
    Const(ConstValue),
    /// Bits of an integer or char, by the order of the type; a side that is absent is open.
    Range {
        low: Option<u128>,
        high: Option<u128>,
        inclusive: bool,
    },
    /// The first that matches. All bind the same locals.
    Or(Vec<Pat>),
    /// Parts of a tuple.
    Tuple(Vec<Pat>),
    /// Fields of a struct by number; the others match.
    Struct(Vec<(u32, Pat)>),
    /// A case of an enum by number, and parts of its payload; the others match.
    Case(u32, Vec<(u32, Pat)>),
    /// The payload of an optional that is not nil.
    Some(Box<Pat>),
    Nil,
}

/// `for local in low..high by step`
#[derive(Clone, Debug)]
pub struct ForRange {
    pub id: LoopId,
    /// Absent for `_`.
    pub local: Option<LocalId>,
    /// The integer type of `low`, `high` and `step`, or `char`, whose step is an `i32` that counts characters.
    pub ty: Ty,
    pub low: ExprId,
    pub high: ExprId,
    pub inclusive: bool,
    /// Absent for 1. Of the signed type of the same width where `ty` is unsigned and the step is a negative literal.
    pub step: Option<ExprId>,
    /// Where a step of zero traps.
    pub step_span: Span,
    pub body: BlockId,
}

/// `for index, element in slice`
#[derive(Clone, Debug)]
pub struct ForSlice {
    pub id: LoopId,
    /// `i64`, from 0.
    pub index: Option<LocalId>,
    /// The element, or its address if `by_pointer`.
    pub element: Option<LocalId>,
    pub by_pointer: bool,
    /// A slice, strided slice; evaluated once. An array in memory comes as [`ExprKind::ArraySlice`].
    pub slice: ExprId,
    pub body: BlockId,
}

/// `for index, element in text.chars()`
#[derive(Clone, Debug)]
pub struct ForChars {
    pub id: LoopId,
    /// `i64`: the number of the character, from 0.
    pub index: Option<LocalId>,
    /// A `char`; U+FFFD for bytes that are not UTF-8.
    pub element: Option<LocalId>,
    /// A `str`.
    pub text: ExprId,
    pub body: BlockId,
}

// ----------------------------------------------------------------------------------------------------- places

/// Where a value of type `ty` is.
#[derive(Clone, Debug)]
pub struct Place {
    pub kind: PlaceKind,
    pub ty: Ty,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum PlaceKind {
    /// Had an error.
    Error,
    Local(LocalId),
    Global(GlobalId),
    /// Read-only.
    Constant(ConstId),
    /// A fresh place that holds this value to the end of the enclosing block.
    Temp(ExprId),
    /// `pointer.*`; `pointer.field` too.
    Deref {
        pointer: ExprId,
        op: Span,
    },
    /// A field of a struct or tuple, by number.
    Field {
        base: PlaceId,
        field: u32,
    },
    /// `array[index]`, checked; the index is of any integer type, as below.
    ArrayElement {
        array: PlaceId,
        index: ExprId,
        bracket: Span,
    },
    /// `slice[index]` of a slice, strided slice or `str` (a `u8` that is not written); checked.
    SliceElement {
        slice: ExprId,
        index: ExprId,
        bracket: Span,
    },
    /// `pointer[index]`, not checked.
    PointerElement {
        pointer: ExprId,
        index: ExprId,
        bracket: Span,
    },
    /// `view[i, j]`, `view[i, j, k]`; each index checked against its extent.
    ViewElement {
        view: ExprId,
        indices: Vec<ExprId>,
        bracket: Span,
    },
}

impl Body {
    /// The local that a place is in, if no pointer leads to it.
    pub fn root_local(&self, mut place: PlaceId) -> Option<LocalId> {
        loop {
            match self[place].kind {
                PlaceKind::Local(local) => return Some(local),
                PlaceKind::Field { base, .. } => place = base,
                PlaceKind::ArrayElement { array, .. } => place = array,
                _ => return None,
            }
        }
    }
}

impl Program {
    /// The type as it is written in a program.
    pub fn type_name(&self, ty: Ty, interner: &Interner) -> String {
        self.types.name(ty, interner)
    }
}
