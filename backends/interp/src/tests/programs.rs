//! Whole programs: calls, traps and their reports, output, limits.
