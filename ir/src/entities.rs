//! Typed ids. Each names one entry of a table in a [`crate::Function`] or a [`crate::Module`].

use cranelift_entity::entity_impl;

macro_rules! entity {
    ($(#[$doc:meta] $name:ident $prefix:literal;)*) => {$(
        #[$doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);
        entity_impl!($name, $prefix);
    )*};
}

entity! {
    /// A basic block of a function.
    Block "block";
    /// One occurrence of an operation in a function.
    Inst "inst";
    /// An SSA value of a function: a block parameter or an instruction's result.
    Value "v";
    /// A piece of the stack frame.
    StackSlot "ss";
    /// A source location of a function.
    Loc "loc";
    /// An inlined call: the function that a location came from and where it was called.
    InlineScope "scope";
    /// What a memory access may touch.
    AliasSet "alias";
    /// The extent of one `restrict` promise.
    RestrictScope "restrict";
    /// A function of a module.
    FuncId "fn";
    /// A global of a module.
    GlobalId "global";
    /// A signature of a module, for indirect calls.
    SigId "sig";
    /// A source file of a module.
    FileId "file";
}
