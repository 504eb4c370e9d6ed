//! The e-graph optimizer.

pub mod facts;
