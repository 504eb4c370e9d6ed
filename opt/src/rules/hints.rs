//! Hints for proofs on integers: steps between, which are proved, and instances of laws that hold for all integers. A hint
//! cannot make a wrong rule provable; it spares the solver the search for what matters.
//!
//! Hints name what the script of a rule introduces (`prove --show NAME integers`): the variables; quotient and remainder
//! `q1`, `r1` of the first division, and so on; `w1` and `c1`, what is left of the first value that wraps and how often 2^w
//! went into it; powers of two `p1`; multiplier and shift of magic numbers `m1`, `s1`. `{M}` is 2^w and `{H}` half of it.

/// An instance of a law. Terms are SMT-LIB text.
#[derive(Clone, Copy, Debug)]
pub enum Hint {
    /// For division `n = q*d + r` of this number: `0 <= n - k*d < d` implies `q = k`.
    Quotient(u32, &'static str),
    /// `0 <= a` and `0 <= b` imply `0 <= a*b`.
    Product(&'static str, &'static str),
    /// `a = b` implies `a*f = b*f`.
    Times(&'static str, &'static str, &'static str),
    /// What is proved first, by a query of its own, and then used.
    Cut(&'static str),
    /// A name for a term.
    Name(&'static str, &'static str),
}

/// Hints by the name of the rule.
pub static HINTS: &[(&str, &[Hint])] = &[];

/// The hints of a rule.
pub fn hints(rule: &str) -> &'static [Hint] {
    HINTS.iter().find(|(name, _)| *name == rule).map_or(&[], |(_, hints)| hints)
}
