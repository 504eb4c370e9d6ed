//! IR to IR: the e-graph optimizer, its rules as rows, the passes around it.
//!
//! [`pipeline::PASSES`] is the whole optimizer on one screen; [`egraph`] is its heart, [`rules`] what it knows, [`passes`]
//! what stands around it. [`optimize`] runs the pipeline.

pub mod pipeline;
pub mod egraph;
pub mod rules;
pub mod passes;

pub use egraph::{EgraphOptions, EgraphStats};
pub use pipeline::{Level, Observer, Options, PASSES, Pass, Report, optimize, run_pass};
