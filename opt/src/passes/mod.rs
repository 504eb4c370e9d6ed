//! The passes around the e-graph, in the order of the pipeline. None calls another, but for the inliner, which cleans up
//! after itself so that it judges callees in their final form.

pub mod sroa;
pub mod restrict;
pub mod inline;
pub mod sccp;
pub mod simplify_cfg;
pub mod dce;
pub mod loop_guards;
pub mod dead_functions;
