//! Analyses of control flow and calls. [`Cfg`] comes first, the others are computed from it; none follows changes of the
//! function, so a pass computes them again after it changed control flow. None recurses: functions may have 50,000 blocks
//! in one chain.

mod cfg;
mod dominators;
#[cfg(test)]
pub mod testing;

pub use cfg::Cfg;
pub use dominators::{Dominators, Frontiers};
