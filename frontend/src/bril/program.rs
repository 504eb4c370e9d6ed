//! A Bril program as tables, and the table of its operations.

use crate::intern::Symbol;
use crate::source::{LineCol, Span};
use std::fmt;
use std::ops::Range;

pub struct Program {
    pub functions: Vec<Function>,
}

pub struct Function {
    pub name: Symbol,
    pub span: Span,
    pub params: Vec<Param>,
    pub result: Option<Ty>,
    pub instrs: Vec<Instr>,
    /// Operands and labels of all instructions.
    pub names: Vec<Symbol>,
}

#[derive(Clone, Copy)]
pub struct Param {
    pub name: Symbol,
    pub ty: Ty,
    pub span: Span,
}

/// An instruction, or a label.
#[derive(Clone, Copy)]
pub struct Instr {
    pub op: Op,
    /// `Symbol::EMPTY` if there is none.
    pub dest: Symbol,
    pub ty: Option<Ty>,
    /// The name of a label or of the function that is called, else `Symbol::EMPTY`.
    pub name: Symbol,
    /// Ranges of [`Function::names`].
    pub args: Names,
    pub labels: Names,
    pub value: Literal,
    pub start: u32,
    pub end: u32,
    /// Where it stands in the text that a JSON file was made from.
    pub pos: Option<LineCol>,
}

#[derive(Clone, Copy, Default)]
pub struct Names {
    pub start: u32,
    pub len: u32,
}

impl Names {
    fn range(self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// What `const` gives.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Literal {
    None,
    Int(i64),
    Float(f64),
    Bool(bool),
    Char(char),
}

impl Function {
    pub fn args(&self, instr: &Instr) -> &[Symbol] {
        &self.names[instr.args.range()]
    }

    pub fn labels(&self, instr: &Instr) -> &[Symbol] {
        &self.names[instr.labels.range()]
    }

    pub fn span_of(&self, instr: &Instr) -> Span {
        Span::new(self.span.file, instr.start, instr.end)
    }
}

/// A type: `depth` times a pointer to something plain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ty {
    pub base: Base,
    pub depth: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Base {
    Int,
    Bool,
    Float,
    Char,
}

impl Ty {
    pub const INT: Ty = Ty { base: Base::Int, depth: 0 };
    pub const BOOL: Ty = Ty { base: Base::Bool, depth: 0 };
    pub const FLOAT: Ty = Ty { base: Base::Float, depth: 0 };
    pub const CHAR: Ty = Ty { base: Base::Char, depth: 0 };

    pub fn named(name: &str) -> Option<Ty> {
        [Ty::INT, Ty::BOOL, Ty::FLOAT, Ty::CHAR].into_iter().find(|ty| ty.base.name() == name)
    }

    /// `None` if nobody nests pointers as deep.
    pub fn pointer(self) -> Option<Ty> {
        Some(Ty { depth: self.depth.checked_add(1)?, ..self })
    }

    /// What a pointer points to.
    pub fn pointee(self) -> Option<Ty> {
        Some(Ty { depth: self.depth.checked_sub(1)?, ..self })
    }

    pub fn is_pointer(self) -> bool {
        self.depth > 0
    }
}

impl Base {
    pub fn name(self) -> &'static str {
        match self {
            Base::Int => "int",
            Base::Bool => "bool",
            Base::Float => "float",
            Base::Char => "char",
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let depth = usize::from(self.depth);
        write!(f, "{}{}{}", "ptr<".repeat(depth), self.base.name(), ">".repeat(depth))
    }
}

/// The type of an operand or result. `T` is one type throughout an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Int,
    Bool,
    Float,
    Char,
    T,
    /// `ptr<T>`
    Ptr,
}

/// How an operation is written.
pub struct OpRow {
    pub name: &'static str,
    /// Of operations with any number of operands, what is known is in `check`.
    pub args: &'static [Kind],
    pub result: Option<Kind>,
    pub labels: usize,
}

macro_rules! ops {
    ($($op:ident $name:literal [$($arg:ident)*] $($result:ident)? $(, $labels:literal)?;)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Op { $($op,)* }

        /// Every operation, in the order of [`Op`].
        pub const OPS: &[OpRow] = &[$(OpRow {
            name: $name,
            args: &[$(Kind::$arg),*],
            result: ops!(@result $($result)?),
            labels: ops!(@labels $($labels)?),
        },)*];

        impl Op {
            /// The operation of this name.
            pub fn named(name: &str) -> Option<Op> {
                let op = match name {
                    $($name => Op::$op,)*
                    _ => return None,
                };
                (op != Op::Label).then_some(op)
            }
        }
    };
    (@result) => { None };
    (@result $result:ident) => { Some(Kind::$result) };
    (@labels) => { 0 };
    (@labels $labels:literal) => { $labels };
}

ops! {
    // Not an operation: the name of the block that follows.
    Label "label" [];
    Const "const" [] T;
    Add "add" [Int Int] Int;
    Sub "sub" [Int Int] Int;
    Mul "mul" [Int Int] Int;
    Div "div" [Int Int] Int;
    Eq "eq" [Int Int] Bool;
    Lt "lt" [Int Int] Bool;
    Gt "gt" [Int Int] Bool;
    Le "le" [Int Int] Bool;
    Ge "ge" [Int Int] Bool;
    Not "not" [Bool] Bool;
    And "and" [Bool Bool] Bool;
    Or "or" [Bool Bool] Bool;
    Id "id" [T] T;
    Jmp "jmp" [], 1;
    Br "br" [Bool], 2;
    Ret "ret" [];
    Call "call" [] T;
    Print "print" [];
    Nop "nop" [];
    Fadd "fadd" [Float Float] Float;
    Fsub "fsub" [Float Float] Float;
    Fmul "fmul" [Float Float] Float;
    Fdiv "fdiv" [Float Float] Float;
    Feq "feq" [Float Float] Bool;
    Flt "flt" [Float Float] Bool;
    Fle "fle" [Float Float] Bool;
    Fgt "fgt" [Float Float] Bool;
    Fge "fge" [Float Float] Bool;
    Alloc "alloc" [Int] Ptr;
    Free "free" [Ptr];
    Load "load" [Ptr] T;
    Store "store" [Ptr T];
    PtrAdd "ptradd" [Ptr Int] Ptr;
    Phi "phi" [] T;
    Get "get" [] T;
    // The first operand is the name of a variable that some `get` reads.
    Set "set" [T T];
    Undef "undef" [] T;
    Ceq "ceq" [Char Char] Bool;
    Clt "clt" [Char Char] Bool;
    Cle "cle" [Char Char] Bool;
    Cgt "cgt" [Char Char] Bool;
    Cge "cge" [Char Char] Bool;
    CharToInt "char2int" [Char] Int;
    IntToChar "int2char" [Int] Char;
    FloatToBits "float2bits" [Float] Int;
    BitsToFloat "bits2float" [Int] Float;
}

/// Operations of Bril that speculate, which need a machine that takes back what it did.
pub const SPECULATION: &[&str] = &["speculate", "commit", "guard"];

impl Op {
    pub fn row(self) -> &'static OpRow {
        &OPS[self as usize]
    }

    /// Whether nothing that follows in its block is executed.
    pub fn is_terminator(self) -> bool {
        matches!(self, Op::Jmp | Op::Br | Op::Ret)
    }
}
