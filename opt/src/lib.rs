//! IR to IR: the e-graph optimizer, its rules as rows, the passes around it.
