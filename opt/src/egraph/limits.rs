//! Limits of the e-graph optimizer. None of them is a clock: the same input gives the same output on every machine.

/// Deterministic limits of one function's e-graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// E-nodes per e-node of the input: saturation of useful rules stays well below; what exceeds it is an explosion.
    pub growth: usize,
    /// E-nodes that any function may have, so that tiny functions can still unfold idioms.
    pub free_nodes: usize,
    /// Rounds of matching and rebuilding: each rebuild walks all classes, and chains of rewrites are rarely longer.
    pub rounds: usize,
    /// E-nodes that rules of tier B may add per e-node of the input, in eighths.
    pub fuel_eighths: usize,
    /// E-nodes in a class beyond which rules of tier B leave it alone: large classes make matching quadratic.
    pub class_nodes: usize,
    /// Instructions beyond which rules of tier B are off: a function of this size is generated code.
    pub tier_b_instructions: usize,
    /// Instructions beyond which a function is left as it is: ids are 32 bits, and memory is about 500 bytes a node.
    pub instructions: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            growth: 8,
            free_nodes: 256,
            rounds: 16,
            fuel_eighths: 12,
            class_nodes: 24,
            tier_b_instructions: 50_000,
            instructions: 2_000_000,
        }
    }
}

/// Members of a class that one step of a pattern looks at, and matches taken at one e-node: a class with thousands of members
/// would match a pattern of two levels millions of times.
pub const MEMBERS_MATCHED: usize = 12;
pub const MATCHES: usize = 48;

/// Candidates of extraction that a class keeps: the cheapest, and dearer ones that are available in more places.
pub const CANDIDATES: usize = 4;

/// Facts about one value that dominate a place, tried when its interval is refined there; the nearest ones are kept.
pub const REFINEMENTS: usize = 8;

/// Visits of a value by the range analysis before its interval is widened to the next landmark, and before the analysis
/// gives up on it.
pub const RANGE_VISITS_EXACT: u8 = 3;
pub const RANGE_VISITS: u8 = 24;

/// Values reached to prove an order between two values at a guard, and comparisons tried at each of them, the nearest ones:
/// chains of comparisons in source code are short.
pub const ORDER_STEPS: usize = 48;
pub const ORDER_EDGES: usize = 12;

/// Blocks looked at to find what may overwrite memory between a block and its immediate dominator; beyond, everything may.
pub const CLOBBER_BLOCKS: usize = 64;

/// Known memory contents kept while walking the dominator tree; the oldest go first.
pub const KNOWN_CONTENTS: usize = 256;

/// Nodes followed when the cost of giving up a shared expression is weighed.
pub const SHARING_STEPS: usize = 24;

/// Classes, and instructions, in a picture: Graphviz takes minutes for more, and nobody can read them.
pub const PICTURE_CLASSES: usize = 150;
