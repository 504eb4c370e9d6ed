//! How the nodes of a tree are stored: vectors of nodes, and lists in further vectors.

use super::*;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Index;

/// A list of `T` in one of the vectors of a [`File`]; `&file[list]` is the slice.
pub struct List<T> {
    start: u32,
    len: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    pub const EMPTY: List<T> = List { start: 0, len: 0, of: PhantomData };

    pub fn len(self) -> usize {
        self.len as usize
    }

    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for List<T> {}
impl<T> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start && self.len == other.len
    }
}
impl<T> Eq for List<T> {}
impl<T> Hash for List<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.start, self.len).hash(state);
    }
}
impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}; {}]", self.start, self.len)
    }
}

/// What [`File`] keeps in a vector: how [`List`]s of it are stored.
pub trait Element: Sized {
    #[doc(hidden)]
    fn pool(pools: &Pools) -> &Vec<Self>;
    #[doc(hidden)]
    fn pool_mut(pools: &mut Pools) -> &mut Vec<Self>;
}

/// Makes the vectors of lists, and indexing by [`List`].
macro_rules! lists {
    ($($field:ident: $element:ty,)*) => {
        /// The vectors that lists are ranges of.
        #[derive(Clone, Debug, Default)]
        pub struct Pools { $(pub(super) $field: Vec<$element>,)* }
        $(
            impl Element for $element {
                fn pool(pools: &Pools) -> &Vec<$element> {
                    &pools.$field
                }
                fn pool_mut(pools: &mut Pools) -> &mut Vec<$element> {
                    &mut pools.$field
                }
            }
        )*
    };
}

/// Makes an id type and the indexing of [`File`] by it.
macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident -> $field:ident: $node:ty,)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
            pub struct $id(pub u32);

            impl $id {
                pub fn index(self) -> usize {
                    self.0 as usize
                }
            }

            impl Index<$id> for File {
                type Output = $node;
                fn index(&self, id: $id) -> &$node {
                    &self.$field[id.0 as usize]
                }
            }
        )*
    };
}

ids! {
    /// An expression: [`Expr`].
    ExprId -> exprs: Expr,
    /// A statement: [`Stmt`].
    StmtId -> stmts: Stmt,
    /// A type as written: [`Type`].
    TypeId -> types: Type,
    /// A pattern: [`Pat`].
    PatId -> pats: Pat,
    /// A declaration: [`Item`].
    ItemId -> items: Item,
    /// Statements in braces: [`Block`].
    BlockId -> blocks: Block,
    /// A function, named or a value: [`FnDecl`].
    FnId -> fns: FnDecl,
    /// A `let` or `var`: [`VarDecl`].
    VarId -> vars: VarDecl,
    /// The value of an integer literal, without its sign.
    IntId -> ints: u128,
}

lists! {
    expr_ids: ExprId,
    stmt_ids: StmtId,
    type_ids: TypeId,
    pat_ids: PatId,
    item_ids: ItemId,
    bytes: u8,
    idents: Ident,
    spans: Span,
    args: Arg,
    generic_args: GenericArg,
    generic_params: GenericParam,
    path_segments: PathSegment,
    pieces: Piece,
    field_inits: FieldInit,
    map_entries: MapEntry,
    if_arms: IfArm,
    switch_arms: SwitchArm,
    const_if_arms: ConstIfArm,
    for_binds: ForBind,
    field_pats: FieldPat,
    params: Param,
    field_decls: FieldDecl,
    case_decls: CaseDecl,
    attrs: Attr,
}

impl<T: Element> Index<List<T>> for File {
    type Output = [T];
    fn index(&self, list: List<T>) -> &[T] {
        let start = list.start as usize;
        &T::pool(&self.pools)[start..start + list.len as usize]
    }
}

/// One parsed file.
#[derive(Clone, Debug)]
pub struct File {
    pub id: FileId,
    /// What stands at the top level, in the order of the text: declarations are [`StmtKind::Item`] (`let` and `var` too,
    /// as [`ItemKind::Var`]); all else are the statements of a script.
    pub body: List<StmtId>,
    pub exprs: Vec<Expr>,
    pub stmts: Vec<Stmt>,
    pub types: Vec<Type>,
    pub pats: Vec<Pat>,
    pub items: Vec<Item>,
    pub blocks: Vec<Block>,
    pub fns: Vec<FnDecl>,
    pub vars: Vec<VarDecl>,
    pub ints: Vec<u128>,
    pub(super) pools: Pools,
}

impl File {
    /// A file without anything in it.
    pub fn new(id: FileId) -> File {
        File {
            id,
            body: List::EMPTY,
            exprs: Vec::new(),
            stmts: Vec::new(),
            types: Vec::new(),
            pats: Vec::new(),
            items: Vec::new(),
            blocks: Vec::new(),
            fns: Vec::new(),
            vars: Vec::new(),
            ints: Vec::new(),
            pools: Pools::default(),
        }
    }

    /// Stores a list.
    pub fn list<T: Element + Clone>(&mut self, elements: &[T]) -> List<T> {
        if elements.is_empty() {
            return List::EMPTY;
        }
        let pool = T::pool_mut(&mut self.pools);
        let start = pool.len() as u32;
        pool.extend_from_slice(elements);
        List { start, len: elements.len() as u32, of: PhantomData }
    }

    pub fn add_expr(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.exprs.push(Expr { kind, span });
        ExprId(self.exprs.len() as u32 - 1)
    }

    pub fn add_stmt(&mut self, kind: StmtKind, span: Span) -> StmtId {
        self.stmts.push(Stmt { kind, span });
        StmtId(self.stmts.len() as u32 - 1)
    }

    pub fn add_type(&mut self, kind: TypeKind, span: Span) -> TypeId {
        self.types.push(Type { kind, span });
        TypeId(self.types.len() as u32 - 1)
    }

    pub fn add_pat(&mut self, kind: PatKind, span: Span) -> PatId {
        self.pats.push(Pat { kind, span });
        PatId(self.pats.len() as u32 - 1)
    }

    pub fn add_item(&mut self, item: Item) -> ItemId {
        self.items.push(item);
        ItemId(self.items.len() as u32 - 1)
    }

    pub fn add_block(&mut self, block: Block) -> BlockId {
        self.blocks.push(block);
        BlockId(self.blocks.len() as u32 - 1)
    }

    pub fn add_fn(&mut self, decl: FnDecl) -> FnId {
        self.fns.push(decl);
        FnId(self.fns.len() as u32 - 1)
    }

    pub fn add_var(&mut self, decl: VarDecl) -> VarId {
        self.vars.push(decl);
        VarId(self.vars.len() as u32 - 1)
    }

    pub fn add_int(&mut self, value: u128) -> IntId {
        self.ints.push(value);
        IntId(self.ints.len() as u32 - 1)
    }
}
