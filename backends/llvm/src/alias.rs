//! What the IR's restrict scopes tell LLVM: lists of alias scopes on memory instructions.
//!
//! An access in LLVM names scopes that it belongs to and scopes that it has nothing to do with; two accesses do not touch
//! the same memory if, in some domain, all scopes of one are among those that the other has nothing to do with. In the IR
//! one common scope suffices, so every scope gets a domain of its own.
//!
//! A promise holds for one run of the function that made it. If that function was inlined into a loop, its next run may
//! use the pointers the other way round (two buffers that are swapped), so what LLVM knows must not reach across: a
//! declaration of the scope, which every run passes, says where one run begins. The IR does not say where that was; see
//! [`Scopes::place`] for how a point is found.

use crate::function::Translator;
use crate::{Outcome, internal};
use inkwell::context::{AsContextRef, Context};
use inkwell::intrinsics::Intrinsic;
use inkwell::llvm_sys::core::{LLVMMDNodeInContext2, LLVMMetadataAsValue};
use inkwell::llvm_sys::debuginfo::{LLVMMetadataReplaceAllUsesWith, LLVMTemporaryMDNode};
use inkwell::llvm_sys::prelude::LLVMMetadataRef;
use inkwell::values::{InstructionValue, MetadataValue};
use lang_ir::graph::{Cfg, Dominators};
use lang_ir::{AliasSet, AliasSetData, Block, Function, InlineScope, Loc, Payload, RestrictScope};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The alias scopes of a function's memory instructions.
pub struct Scopes<'ctx> {
    context: &'ctx Context,
    nodes: BTreeMap<RestrictScope, LLVMMetadataRef>,
    starts: BTreeMap<Block, Starts>,
    kinds: [u32; 2],
    /// The lists of instructions that access these sets.
    lists: RefCell<BTreeMap<Vec<AliasSet>, Lists<'ctx>>>,
}

/// The scopes that an access belongs to, and those that it has nothing to do with.
type Lists<'ctx> = [Option<MetadataValue<'ctx>>; 2];

/// The scopes that begin in a block.
#[derive(Default)]
struct Starts {
    at_start: Vec<RestrictScope>,
    before_terminator: Vec<RestrictScope>,
}

/// The accesses that name a scope.
struct Uses {
    /// The closest block that dominates them.
    dominator: Block,
    /// The innermost inlined calls that each access with a known location is in, innermost last, as far as they agree.
    within: Option<Vec<InlineScope>>,
}

impl<'ctx> Scopes<'ctx> {
    pub fn new(context: &'ctx Context, function: &Function, cfg: &Cfg) -> Scopes<'ctx> {
        let kinds = ["alias.scope", "noalias"].map(|kind| context.get_kind_id(kind));
        let (nodes, starts, lists) = (BTreeMap::new(), BTreeMap::new(), RefCell::default());
        let mut scopes = Scopes { context, nodes, starts, kinds, lists };
        if function.restrict_scopes == 0 {
            return scopes;
        }
        let dominators = Dominators::new(cfg);
        let mut uses: BTreeMap<RestrictScope, Uses> = BTreeMap::new();
        for &block in cfg.rpo() {
            for &inst in &function.blocks[block].insts {
                let data = &function.insts[inst];
                for set in alias_sets(&data.payload).into_iter().flatten() {
                    let set = &function.alias_sets[set];
                    for &scope in set.scopes.iter().chain(&set.noalias) {
                        let uses = uses.entry(scope).or_insert(Uses { dominator: block, within: None });
                        uses.add(function, &dominators, block, data.loc);
                    }
                }
            }
        }
        for (scope, uses) in uses {
            scopes.nodes.insert(scope, new_scope(context));
            scopes.place(function, &dominators, scope, &uses);
        }
        scopes
    }

    /// Finds a point that every run of the promise passes before its first access, and no other run in between.
    ///
    /// The closest common dominator of the accesses is one, but it may lie in a loop of the function that promised, which
    /// makes the promise void from one iteration to the next. A better one is the first block above it that ends in a
    /// terminator of that function's inlined body. A promise of the function itself, not of an inlined one, needs none.
    fn place(&mut self, function: &Function, dominators: &Dominators, scope: RestrictScope, uses: &Uses) {
        let body = match &uses.within {
            Some(chain) => match chain.last() {
                Some(&body) => Some(body),
                None => return,
            },
            None => None,
        };
        let mut best = None;
        let mut at = uses.dominator;
        while let (Some(body), Some(above)) = (body, dominators.idom(at)) {
            let loc = function.insts[function.terminator(above)].loc;
            if inline_chain(function, loc).is_some_and(|chain| chain.contains(&body)) {
                best = Some(above);
            }
            at = above;
        }
        match best {
            Some(block) => self.starts.entry(block).or_default().before_terminator.push(scope),
            None => self.starts.entry(uses.dominator).or_default().at_start.push(scope),
        }
    }

    /// Declares the scopes that begin at the start of a block.
    pub fn declare_at_start(&self, block: Block, translator: &Translator<'_, '_, 'ctx>) -> Outcome<()> {
        self.starts.get(&block).map_or(Ok(()), |starts| self.declare(&starts.at_start, translator))
    }

    /// Declares the scopes that begin at the end of a block.
    pub fn declare_before_terminator(&self, block: Block, translator: &Translator<'_, '_, 'ctx>) -> Outcome<()> {
        self.starts.get(&block).map_or(Ok(()), |starts| self.declare(&starts.before_terminator, translator))
    }

    fn declare(&self, scopes: &[RestrictScope], translator: &Translator<'_, '_, 'ctx>) -> Outcome<()> {
        for scope in scopes {
            let declaration = Intrinsic::find("llvm.experimental.noalias.scope.decl")
                .and_then(|intrinsic| intrinsic.get_declaration(&translator.unit.llvm, &[]))
                .ok_or_else(|| internal("LLVM has no declarations of alias scopes"))?;
            let list = self.list([scope]).ok_or_else(|| internal("a scope that no access names"))?;
            translator.builder.build_call(declaration, &[list.into()], "")?;
        }
        Ok(())
    }

    /// Marks an instruction that makes accesses of these sets: what all of them promise.
    pub fn mark(&self, function: &Function, sets: &[AliasSet], instruction: InstructionValue<'ctx>) -> Outcome<()> {
        if self.nodes.is_empty() || sets.contains(&AliasSet::from_u32(0)) {
            return Ok(());
        }
        let lists = *self.lists.borrow_mut().entry(sets.to_vec()).or_insert_with(|| {
            let common = |of: fn(&AliasSetData) -> &Vec<RestrictScope>| {
                let mut all = sets.iter().map(|&set| of(&function.alias_sets[set]));
                let first = all.next()?;
                let others: Vec<_> = all.collect();
                self.list(first.iter().filter(|scope| others.iter().all(|other| other.contains(scope))))
            };
            [common(|set| &set.scopes), common(|set| &set.noalias)]
        });
        for (kind, list) in self.kinds.into_iter().zip(lists) {
            if let Some(list) = list {
                instruction.set_metadata(list, kind)?;
            }
        }
        Ok(())
    }

    fn list<'a>(&self, scopes: impl IntoIterator<Item = &'a RestrictScope>) -> Option<MetadataValue<'ctx>> {
        let mut nodes: Vec<_> = scopes.into_iter().filter_map(|scope| self.nodes.get(scope).copied()).collect();
        if nodes.is_empty() {
            return None;
        }
        let context = self.context.as_ctx_ref();
        // SAFETY: the nodes are of this context, and a node as a value is a metadata value.
        unsafe {
            let list = LLVMMDNodeInContext2(context, nodes.as_mut_ptr(), nodes.len());
            Some(MetadataValue::new(LLVMMetadataAsValue(context, list)))
        }
    }
}

impl Uses {
    fn add(&mut self, function: &Function, dominators: &Dominators, block: Block, loc: Loc) {
        while !dominators.dominates(self.dominator, block) {
            match dominators.idom(self.dominator) {
                Some(above) => self.dominator = above,
                None => break,
            }
        }
        let Some(chain) = inline_chain(function, loc) else { return };
        match &mut self.within {
            None => self.within = Some(chain),
            Some(common) => {
                let equal = common.iter().zip(&chain).take_while(|(a, b)| a == b).count();
                common.truncate(equal);
            }
        }
    }
}

/// The inlined calls that a location is in, outermost first; `None` for an unknown location.
fn inline_chain(function: &Function, loc: Loc) -> Option<Vec<InlineScope>> {
    let mut at = function.locs[loc];
    if at.pos.line == 0 {
        return None;
    }
    let mut chain = Vec::new();
    while let Some(scope) = at.scope.expand() {
        chain.push(scope);
        at = function.locs[function.scopes[scope].call_site];
    }
    chain.reverse();
    Some(chain)
}

/// The sets of the memory that an instruction accesses.
fn alias_sets(payload: &Payload) -> [Option<AliasSet>; 2] {
    match payload {
        Payload::Mem(mem) => [Some(mem.alias), None],
        Payload::Copy(copy) => [Some(copy.dst_alias), Some(copy.src_alias)],
        _ => [None, None],
    }
}

/// A scope in a domain of its own. Both are distinct from all others, also from their copies when LLVM inlines the
/// function: nodes of equal contents would be one.
fn new_scope(context: &Context) -> LLVMMetadataRef {
    let domain = new_distinct(context, &[]);
    new_distinct(context, &[domain])
}

/// A node whose first operand is itself.
fn new_distinct(context: &Context, operands: &[LLVMMetadataRef]) -> LLVMMetadataRef {
    let context = context.as_ctx_ref();
    // SAFETY: the temporary node is replaced, which frees it, before it is used elsewhere.
    unsafe {
        let temporary = LLVMTemporaryMDNode(context, std::ptr::null_mut(), 0);
        let mut all = vec![temporary];
        all.extend_from_slice(operands);
        let node = LLVMMDNodeInContext2(context, all.as_mut_ptr(), all.len());
        LLVMMetadataReplaceAllUsesWith(temporary, node);
        node
    }
}
