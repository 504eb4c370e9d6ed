//! Every check of memory, with what the user reads.
