//! Nodes of declarations.

use super::*;

#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub kind: ItemKind,
    pub is_pub: bool,
    pub attrs: List<Attr>,
    /// The `///` lines before it, without the `///`.
    pub doc: List<Span>,
    /// From `pub` or the keyword to the end.
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub enum ItemKind {
    /// Stands where the source had an error, already reported.
    Error,
    /// Its [`FnDecl::name`] is present.
    Fn(FnId),
    Struct {
        name: Ident,
        generics: List<GenericParam>,
        fields: List<FieldDecl>,
    },
    /// `enum Color: u8 { Red = 1, Circle(f64), Rect { w: f64 } }`
    Enum {
        name: Ident,
        generics: List<GenericParam>,
        repr: Option<TypeId>,
        cases: List<CaseDecl>,
    },
    /// `type Name!(T) = ty;`
    TypeAlias {
        name: Ident,
        generics: List<GenericParam>,
        ty: TypeId,
    },
    Const {
        name: Ident,
        ty: Option<TypeId>,
        value: ExprId,
    },
    /// `let` or `var` at the top level or in a module.
    Var(VarId),
    /// The functions are `Fn` items; those with a body are defaults.
    Protocol {
        name: Ident,
        generics: List<GenericParam>,
        items: List<ItemId>,
    },
    /// `impl Protocol for ty { }`, `impl ty { }`, `impl!(T) ...`
    Impl {
        generics: List<GenericParam>,
        protocol: Option<TypeId>,
        ty: TypeId,
        items: List<ItemId>,
    },
    Module {
        name: Ident,
        body: List<StmtId>,
    },
    /// `import a.b as c;`
    Import {
        path: List<Ident>,
        alias: Option<Ident>,
    },
    /// `import "file.lang" as c;`
    ImportFile {
        path: List<u8>,
        path_span: Span,
        alias: Option<Ident>,
    },
    /// `#import_path "dir";`
    ImportPath {
        path: List<u8>,
        path_span: Span,
    },
    /// `#link_path "dir";`
    LinkPath {
        path: List<u8>,
        path_span: Span,
    },
    /// `#link "library" { fn f(x: f64) -> f64; }`: functions without bodies, and types.
    Link {
        library: List<u8>,
        library_span: Span,
        items: List<ItemId>,
    },
    /// `struct Name;` in `#link`: only C knows what is in it.
    Opaque {
        name: Ident,
    },
    /// `test "name" { }`
    Test {
        name: List<u8>,
        name_span: Span,
        /// A function without name, parameters and result.
        body: FnId,
        /// Not written as a test, but an example in a doc comment.
        example: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub struct FnDecl {
    /// Absent in a function value.
    pub name: Option<Ident>,
    pub generics: List<GenericParam>,
    pub params: List<Param>,
    pub result: Option<TypeId>,
    /// `where cond` of the result, which it calls `result`.
    pub result_where: Option<ExprId>,
    /// Absent in `#link` and where a protocol asks for one.
    pub body: Option<BlockId>,
    /// From `fn` to before the body.
    pub head_span: Span,
}

/// A parameter of a function or closure.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// A `Bind` or `Wild`; in closures any pattern.
    pub pat: PatId,
    pub ty: Option<TypeId>,
    /// `where cond`
    pub refinement: Option<ExprId>,
    /// `xs: ...T`, only the last one; without a type the `...` of a C function.
    pub variadic: bool,
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub struct FieldDecl {
    pub name: Ident,
    pub ty: TypeId,
    /// `where cond`
    pub refinement: Option<ExprId>,
    pub default: Option<ExprId>,
    pub doc: List<Span>,
}

#[derive(Clone, Copy, Debug)]
pub struct CaseDecl {
    pub name: Ident,
    pub payload: CasePayload,
    /// `= value`
    pub value: Option<ExprId>,
    pub doc: List<Span>,
}

#[derive(Clone, Copy, Debug)]
pub enum CasePayload {
    None,
    Tuple(List<TypeId>),
    Struct(List<FieldDecl>),
}

#[derive(Clone, Copy, Debug)]
pub struct Attr {
    pub kind: AttrKind,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttrKind {
    Inline,
    NoInline,
    Cold,
    FastMath,
    Pure,
    TestOnly,
    /// `#export "name"`
    Export(List<u8>),
    /// `#foreign "name"`
    Foreign(List<u8>),
}
