//! Analyses of control flow and calls. [`Cfg`] comes first, the others are computed from it; none follows changes of the
//! function, so a pass computes them again after it changed control flow. None recurses: functions may have 50,000 blocks
//! in one chain.

mod calls;
mod cfg;
mod dominators;
mod frequency;
mod loops;
#[cfg(test)]
pub mod testing;

pub use calls::{CallGraph, reachable};
pub use cfg::Cfg;
pub use dominators::{Dominators, Frontiers};
pub use frequency::Frequencies;
pub use loops::{Loop, LoopId, LoopNest};
