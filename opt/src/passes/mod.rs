//! The passes around the e-graph, in the order of the pipeline. None calls another, with two exceptions: the inliner cleans
//! up after itself so that it judges callees in their final form, and loop versioning merges the blocks that it made.

pub mod sroa;
pub mod sccp;
pub mod simplify_cfg;
pub mod restrict;
pub mod dce;
pub mod inline;
pub mod dead_functions;
pub mod loop_guards;
