//! IR to IR: the e-graph optimizer, its rules as rows, the passes around it.

pub mod egraph;
pub mod rules;
