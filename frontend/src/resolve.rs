//! Names: the scopes of declarations, and what a name in a scope is.
//!
//! Declarations of a scope see each other whatever their order, so they are all collected ([`collect`]) before anything
//! is checked. Local variables are none of this: they exist from their declaration on, and `check::body` keeps them.

pub(crate) mod collect;
pub(crate) mod member;
pub(crate) mod habits;
pub(crate) mod suggest;

use crate::ast;
use crate::intern::Symbol;
use crate::library::Intrinsic;
use crate::source::Span;
use crate::types::{EnumId, StructId};
use rustc_hash::FxHashMap;

/// A scope of declarations: a file, a `module` in it, or a block that declares something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ScopeId(pub u32);

/// A set of functions of one name in one scope.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FnSetId(pub u32);

/// A constant: index into `Cx::consts`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ConstDeclId(pub u32);

/// A type alias: index into `Cx::aliases`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AliasId(pub u32);

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decl {
    Fns(FnSetId),
    Struct(StructId),
    Enum(EnumId),
    Alias(AliasId),
    Const(ConstDeclId),
    Global(crate::hir::GlobalId),
    /// The module with this scope.
    Module(ScopeId),
    /// An operation that the standard library declares.
    Intrinsic(Intrinsic),
    /// Had an error at its declaration, or is of a kind that is not available yet; already reported.
    Broken,
}

/// A declared name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named {
    pub decl: Decl,
    /// Of the name.
    pub span: Span,
    pub visibility: Visibility,
    /// An import gave it.
    pub imported: bool,
    pub used: bool,
}

/// Who sees a declaration of a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Visibility {
    /// Its module, and those inside of it.
    Private,
    /// `pub`
    Public,
}

impl Visibility {
    pub(crate) fn of(is_pub: bool) -> Visibility {
        if is_pub { Visibility::Public } else { Visibility::Private }
    }
}

#[derive(Debug)]
pub(crate) struct Scope {
    pub parent: Option<ScopeId>,
    /// Index of the file.
    pub file: usize,
    pub names: FxHashMap<Symbol, Named>,
    /// Modules of `pub import`: what is public in them can be named as if it were declared here.
    pub reexports: Vec<ScopeId>,
    /// Of a block: how deep it is in its function. 0 for files and modules.
    pub depth: u32,
    /// Before the names of functions: `outer.`.
    pub path: String,
    /// Of a test or a function with `#test_only`: what is in it may use such functions.
    pub test_only: bool,
}

/// A `type` declaration.
#[derive(Debug)]
pub(crate) struct AliasDecl {
    pub scope: ScopeId,
    pub ty: ast::TypeId,
    pub span: Span,
    pub state: AliasState,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AliasState {
    Unresolved,
    InProgress,
    Done(crate::types::Ty),
}

/// The functions of one name in one scope; they differ in the number of parameters or the type of the first one.
#[derive(Debug, Default)]
pub(crate) struct FnSet {
    pub funcs: Vec<crate::hir::FuncId>,
}
