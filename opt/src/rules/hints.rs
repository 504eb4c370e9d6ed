//! Hints for proofs on integers: steps between, which are proved, and instances of laws that hold for all integers. A hint
//! cannot make a wrong rule provable; it spares the solver the search for what matters.
//!
//! Hints name what the script of a rule introduces (`scripts/prove --show NAME integers` prints it): the variables, `?x.abs`
//! and `?x.neg` of signed ones; quotient and remainder `q1`, `r1` of the first division, and so on; `w1` and `c1`, what is
//! left of the first value that wraps and how often 2^w went into it; powers of two `p1`; inverses `i1` with `j1`, how often
//! 2^w goes into their product; multiplier and shift of magic numbers `m1`, `s1`. `{M}` is 2^w, `{H}` half of it, `{W}` 2^64.

use Hint::*;

/// A step of a proof. Terms are SMT-LIB text.
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
    /// The same; the query tries all values of powers of two.
    CutByPowers(&'static str),
    /// A name for a term.
    Name(&'static str, &'static str),
    /// A positive number below 2^64 is `two * odd`, where `two` is a power of two and `odd * inv = 1 + 2^64 * quo`.
    OddPart(&'static str),
}

/// The hints for a rule.
#[derive(Debug)]
pub struct Hints {
    pub rule: &'static str,
    /// Names in the steps, and what they are called in the script of this rule.
    pub renamed: &'static [(&'static str, &'static str)],
    pub steps: &'static [Hint],
}

impl Hints {
    /// The hints of a rule, if it has some.
    pub fn of(rule: &str) -> Option<&'static Hints> {
        HINTS.iter().find(|hints| hints.rule == rule)
    }

    /// The number that a division of the steps has in the script.
    pub fn division(&self, number: u32) -> usize {
        self.name(&format!("q{number}")).trim_start_matches('q').parse().unwrap_or(0)
    }

    /// A term of the steps as in the script.
    pub fn term(&self, text: &str, width: u32) -> String {
        let power = |exponent: u32| super::ints::power(exponent);
        let text = text.replace("{M}", &power(width)).replace("{H}", &power(width - 1)).replace("{W}", &power(64));
        let mut result = String::new();
        for piece in text.split_inclusive(['(', ')', ' ']) {
            let word = piece.trim_end_matches(['(', ')', ' ']);
            result += self.name(word);
            result += &piece[word.len()..];
        }
        result
    }

    fn name<'a>(&self, name: &'a str) -> &'a str {
        self.renamed.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| to)
    }
}

/// Hints by the name of the rule.
pub static HINTS: &[Hints] = &[
    Hints { rule: "urem-mul", renamed: &[], steps: &[Quotient(1, "?x")] },
    Hints { rule: "srem-mul", renamed: &[], steps: &[Quotient(1, "?x.abs")] },
    Hints { rule: "srem-srem", renamed: &[], steps: &[Quotient(4, "(+ (* q2 q1) q3)")] },
    Hints { rule: "udiv-magic-wide", renamed: &[], steps: MAGIC_WIDE },
    Hints { rule: "udiv-magic-even", renamed: &[], steps: MAGIC_EVEN },
    Hints { rule: "sdiv-magic", renamed: &[], steps: MAGIC_SIGNED },
    Hints { rule: "sdiv-magic-negative", renamed: &[], steps: MAGIC_SIGNED },
    Hints { rule: "urem-reciprocal", renamed: &[], steps: REMAINDER_BY_RECIPROCAL },
    Hints { rule: "sdiv-reciprocal", renamed: &[], steps: SIGNED_RECIPROCAL },
    Hints { rule: "icmp-eq-urem-odd", renamed: &[], steps: UNSIGNED_ODD },
    Hints {
        rule: "icmp-ne-urem-odd",
        renamed: &[("w3", "w1"), ("w1", "w2"), ("w2", "w3"), ("c3", "c1"), ("c1", "c2"), ("c2", "c3")],
        steps: UNSIGNED_ODD,
    },
    Hints { rule: "icmp-eq-urem-even", renamed: &[], steps: UNSIGNED_EVEN },
    Hints {
        rule: "icmp-ne-urem-even",
        renamed: &[
            ("t6", "t7"),
            ("q3", "q4"),
            ("q4", "q5"),
            ("r4", "r5"),
            ("q5", "q3"),
            ("t7", "t8"),
            ("r3", "r4"),
            ("ot6", "ot7"),
        ],
        steps: UNSIGNED_EVEN,
    },
    Hints { rule: "icmp-eq-srem-odd", renamed: &[], steps: SIGNED_ODD },
    Hints {
        rule: "icmp-ne-srem-odd",
        renamed: &[("w3", "w1"), ("w1", "w2"), ("w2", "w3"), ("c3", "c1"), ("c1", "c2"), ("c2", "c3")],
        steps: SIGNED_ODD,
    },
    Hints { rule: "icmp-eq-srem-even", renamed: &[], steps: SIGNED_EVEN },
    Hints {
        rule: "icmp-ne-srem-even",
        renamed: &[
            ("w1", "w2"),
            ("w2", "w3"),
            ("w3", "w1"),
            ("c1", "c2"),
            ("c2", "c3"),
            ("c3", "c1"),
            ("q7", "q6"),
            ("q6", "q7"),
            ("r6", "r7"),
            ("r7", "r6"),
        ],
        steps: SIGNED_EVEN,
    },
];

/// x = q*c + r: `x - r` times the inverse is q modulo 2^w; and a product with c that does not wrap is x - r.
const UNSIGNED_ODD: &[Hint] = &[
    Cut("(<= 1 $c)"),
    Times("(* $c i1)", "(+ 1 (* {M} j1))", "w1"),
    Times("(* w1 i1)", "(+ w2 (* {M} c2))", "$c"),
    Name("t", "(- (- (* w1 j1) (* $c c2)) c1)"),
    Cut("(= (+ (* w2 $c) $r) (+ ?x (* {M} t)))"),
    Cut("(=> (= r1 $r) (= w1 (* q1 $c)))"),
    Times("(* $c i1)", "(+ 1 (* {M} j1))", "q1"),
    Times("w1", "(* q1 $c)", "i1"),
    Name("u", "(- (* q1 j1) c2)"),
    Cut("(=> (= r1 $r) (= (+ q1 (* {M} u)) w2))"),
    Cut("(< q1 {M})"),
    Cut("(=> (= r1 $r) (= q1 w2))"),
    Cut("(= w3 (- (- {M} 1) $r))"),
    Product("(- q1 (+ q2 1))", "$c"),
    Cut("(=> (= r1 $r) (<= w2 q2))"),
    Product("(- q2 w2)", "$c"),
    Product("w2", "$c"),
    Cut("(=> (<= w2 q2) (= t 0))"),
    Cut("(=> (<= w2 q2) (= ?x (+ (* w2 $c) $r)))"),
    Quotient(1, "w2"),
    Cut("(=> (<= w2 q2) (= r1 $r))"),
];

/// As for unsigned ones, with quotients from -A to A; no odd number above 1 divides 2^(w-1).
const SIGNED_ODD: &[Hint] = &[
    Cut("(<= 3 $c)"),
    Product("(- $c 3)", "q2"),
    Cut("(= w3 (* 2 q2))"),
    Times("(* $c i1)", "(+ 1 (* {M} j1))", "?x"),
    Times("(* ?x i1)", "(+ w1 (* {M} c1))", "$c"),
    Name("t", "(- (* j1 ?x) (* c1 $c))"),
    Cut("(= (* w1 $c) (+ ?x (* {M} t)))"),
    Name("u", "(+ (- t (* c2 $c)) (ite ?x.neg 1 0))"),
    Name("s", "(ite ?x.neg (- ?x.abs) ?x.abs)"),
    Cut("(= (* (- w2 q2) $c) (+ s (* {M} u)))"),
    Product("(- (* 2 q2) w2)", "$c"),
    Product("w2", "$c"),
    Cut("(=> (<= w2 w3) (= u 0))"),
    Name("a", "(ite (< w2 q2) (- q2 w2) (- w2 q2))"),
    Cut("(=> (<= w2 w3) (= ?x.abs (* a $c)))"),
    Quotient(1, "a"),
    Cut("(=> (<= w2 w3) (= r1 0))"),
    Name("v", "(- i1 (* 2 (* q1 j1)))"),
    Times("(* $c i1)", "(+ 1 (* {M} j1))", "q1"),
    Times("(* q1 $c)", "{H}", "i1"),
    Product("(- $c 3)", "q1"),
    Cut("(=> (= (* q1 $c) {H}) (= q1 (* {H} v)))"),
    Cut("(distinct (* q1 $c) {H})"),
    Cut("(=> (= r1 0) (< ?x.abs {H}))"),
    Product("(- q1 (+ q2 1))", "$c"),
    Cut("(=> (= r1 0) (<= q1 q2))"),
    Times("?x", "(ite ?x.neg (- {M} (* q1 $c)) (* q1 $c))", "i1"),
    Name("g", "(- (ite ?x.neg (- i1 (* j1 q1)) (* j1 q1)) c1)"),
    Cut("(=> (= r1 0) (= w1 (+ (ite ?x.neg (- q1) q1) (* {M} g))))"),
    Name("h", "(- g c2)"),
    Cut("(=> (= r1 0) (= w2 (+ (+ q2 (ite ?x.neg (- q1) q1)) (* {M} h))))"),
    Cut("(=> (= r1 0) (<= w2 w3))"),
];

/// c = 2^k * o: the quotient times 2^k is x times the inverse of o, and rotating brings back the quotient.
const UNSIGNED_EVEN: &[Hint] = &[
    Cut("(<= 1 $c)"),
    Cut("(= t6 p1)"),
    Name("o", "(+ (* 2 hp1) 1)"),
    Quotient(3, "o"),
    Cut("(= q3 o)"),
    Cut("(= $c (* t6 q3))"),
    Cut("(<= 1 q3)"),
    Times("(* q3 i1)", "(+ 1 (* {M} j1))", "?x"),
    Times("(* ?x i1)", "(+ w1 (* {M} c1))", "q3"),
    Name("t", "(- (* j1 ?x) (* c1 q3))"),
    Cut("(= (* w1 q3) (+ ?x (* {M} t)))"),
    Times("(* q3 i1)", "(+ 1 (* {M} j1))", "(* q2 t6)"),
    Times("?x", "(* (* q2 t6) q3)", "i1"),
    Name("g", "(- (* j1 (* q2 t6)) c1)"),
    Cut("(=> (= r2 0) (= w1 (+ (* q2 t6) (* {M} g))))"),
    Product("q2", "t6"),
    Product("(* q2 t6)", "(- q3 1)"),
    Cut("(=> (= r2 0) (< (* q2 t6) {M}))"),
    Cut("(=> (= r2 0) (= w1 (* q2 t6)))"),
    Quotient(4, "q2"),
    Cut("(=> (= r2 0) (and (= q4 q2) (= r4 0)))"),
    Product("(- q2 (+ q5 1))", "$c"),
    Cut("(=> (= r2 0) (<= t7 q5))"),
    Product("(- q5 t7)", "$c"),
    Times("(* t6 ot6)", "{M}", "q3"),
    Cut("(= (* ot6 $c) (* {M} q3))"),
    Product("(- r4 1)", "q3"),
    Times("(* ot6 $c)", "(* {M} q3)", "r4"),
    Product("q4", "$c"),
    Cut("(=> (<= t7 q5) (= r4 0))"),
    Cut("(=> (<= t7 q5) (= (* w1 q3) (* q4 $c)))"),
    Cut("(=> (<= t7 q5) (= t 0))"),
    Cut("(=> (<= t7 q5) (= ?x (* q4 $c)))"),
    Quotient(2, "q4"),
    Cut("(=> (<= t7 q5) (= r2 0))"),
];

/// Both together.
const SIGNED_EVEN: &[Hint] = &[
    Cut("(<= 1 $c)"),
    Cut("(= t7 p1)"),
    Name("o", "(+ (* 2 hp1) 1)"),
    Quotient(3, "o"),
    Cut("(= q3 o)"),
    Cut("(= $c (* t7 q3))"),
    CutByPowers("(<= 3 q3)"),
    Times("(* q3 i1)", "(+ 1 (* {M} j1))", "?x"),
    Times("(* ?x i1)", "(+ w1 (* {M} c1))", "q3"),
    Name("t", "(- (* j1 ?x) (* c1 q3))"),
    Cut("(= (* w1 q3) (+ ?x (* {M} t)))"),
    Cut("(= t10 (* t7 q5))"),
    Product("r5", "q3"),
    Cut("(< (* q5 $c) {H})"),
    Product("t7", "q5"),
    Product("t10", "(- q3 1)"),
    Cut("(< t10 {H})"),
    Cut("(= w3 (* 2 t10))"),
    Quotient(7, "(* 2 q5)"),
    Cut("(= q7 (* 2 q5))"),
    Product("(- q7 t11)", "$c"),
    Times("(* t7 ot7)", "{M}", "q3"),
    Cut("(= (* ot7 $c) (* {M} q3))"),
    Product("(- r6 1)", "q3"),
    Times("(* ot7 $c)", "(* {M} q3)", "r6"),
    Product("q6", "$c"),
    Name("e", "(* ot7 $c)"),
    Cut("(= e (* {M} q3))"),
    Cut("(= (* t11 $c) (+ (* r6 e) (* q6 $c)))"),
    Cut("(=> (<= 1 r6) (<= (* {M} q3) (* r6 e)))"),
    Cut("(=> (<= t11 q7) (<= (* t11 $c) (* 2 (* q5 $c))))"),
    Cut("(=> (<= t11 q7) (< (* t11 $c) {M}))"),
    Cut("(=> (<= t11 q7) (= r6 0))"),
    Name("s", "(ite ?x.neg (- ?x.abs) ?x.abs)"),
    Name("u", "(+ (- t (* c2 q3)) (ite ?x.neg 1 0))"),
    Cut("(=> (<= t11 q7) (= (* w2 q3) (* q6 $c)))"),
    Cut("(=> (<= t11 q7) (= (* (- q6 q5) $c) (+ s (* {M} u))))"),
    Product("(- (* 2 q5) q6)", "$c"),
    Cut("(=> (<= t11 q7) (= u 0))"),
    Name("a", "(ite (< q6 q5) (- q5 q6) (- q6 q5))"),
    Cut("(=> (<= t11 q7) (= ?x.abs (* a $c)))"),
    Quotient(2, "a"),
    Cut("(=> (<= t11 q7) (= r2 0))"),
    Name("z", "(* q2 t7)"),
    Name("v", "(- i1 (* 2 (* z j1)))"),
    Product("q2", "t7"),
    Cut("(=> (= r2 0) (= ?x.abs (* z q3)))"),
    Times("(* q3 i1)", "(+ 1 (* {M} j1))", "z"),
    Times("(* z q3)", "{H}", "i1"),
    Product("(- q3 3)", "z"),
    Cut("(=> (= (* z q3) {H}) (= z (* {H} v)))"),
    Cut("(distinct (* z q3) {H})"),
    Cut("(=> (= r2 0) (< ?x.abs {H}))"),
    Product("(- q2 (+ q5 1))", "t7"),
    Product("(- z (+ q4 1))", "q3"),
    Cut("(=> (= r2 0) (<= q2 q5))"),
    Times("?x", "(ite ?x.neg (- {M} (* z q3)) (* z q3))", "i1"),
    Name("g", "(- (ite ?x.neg (- i1 (* j1 z)) (* j1 z)) c1)"),
    Cut("(=> (= r2 0) (= w1 (+ (ite ?x.neg (- z) z) (* {M} g))))"),
    Name("h", "(- g c2)"),
    Product("(- q5 q2)", "t7"),
    Name("k", "(+ q5 (ite ?x.neg (- q2) q2))"),
    Cut("(= (* k t7) (+ t10 (ite ?x.neg (- z) z)))"),
    Cut("(=> (= r2 0) (= w2 (+ (* k t7) (* {M} h))))"),
    Product("k", "t7"),
    Product("(- (* 2 q5) k)", "t7"),
    Cut("(=> (= r2 0) (and (<= 0 (* k t7)) (< (* k t7) {M})))"),
    Cut("(=> (= r2 0) (= w2 (* k t7)))"),
    Quotient(6, "k"),
    Cut("(=> (= r2 0) (and (= q6 k) (= r6 0)))"),
    Cut("(=> (= r2 0) (<= t11 q7))"),
];

/// n = |x|: q * 2^(w+s) < n*m <= (q + 1) * 2^(w+s), and the second is strict for x >= 0.
const MAGIC_SIGNED: &[Hint] = &[
    Cut("(= p2 p1)"),
    Product("?x.abs", "(- (+ (* {M} p1) (* 2 p1)) (* m1 $c))"),
    Product("q1", "(- (* m1 $c) (+ (* {M} p1) 1))"),
    Product("m1", "r1"),
    Product("(- m1 1)", "r1"),
    Product("p1", "(- (- $c r1) 1)"),
    Product("p1", "(- {H} ?x.abs)"),
    Times("?x.abs", "(+ (* q1 $c) r1)", "p1"),
    Cut("(=> (< 0 ?x.abs) (< (* (* q1 {M}) p1) (* ?x.abs m1)))"),
    Product("$c", "(- (* ?x.abs m1) (+ (* (* (+ q1 1) {M}) p1) 1))"),
    Cut("(<= (* ?x.abs m1) (* (* (+ q1 1) {M}) p1))"),
    Product("$c", "(- (* ?x.abs m1) (* (* (+ q1 1) {M}) p1))"),
    Cut("(or ?x.neg (< (* ?x.abs m1) (* (* (+ q1 1) {M}) p1)))"),
    // g is what is shifted: the high half of x*m.
    Cut("(<= (* (* q1 {M}) p1) (* ?x.abs m1))"),
    Name("x", "(ite ?x.neg (- ?x.abs) ?x.abs)"),
    Name("g", "(ite (< m1 {H}) q2 (+ q2 x))"),
    Cut("(= (+ (* g {M}) r2) (ite ?x.neg (- (* ?x.abs m1)) (* ?x.abs m1)))"),
    Product("?x.abs", "(- (- {M} m1) 1)"),
    Product("?x.abs", "m1"),
    Cut("(and (<= (- {H}) g) (< g {H}))"),
    Cut("(= t4 g)"),
    Name("k", "(ite ?x.neg (- (+ q1 1)) q1)"),
    Cut("(<= (* k p1) g)"),
    Cut("(< g (* (+ k 1) p1))"),
    Quotient(4, "k"),
    Cut("(= q4 k)"),
    Quotient(5, "(ite ?x.neg 1 0)"),
    Cut("(= q5 (ite ?x.neg 1 0))"),
];

/// n = x * (2^w + m): q * 2^(w+s) <= n < (q + 1) * 2^(w+s), by multiplying with c.
const MAGIC_WIDE: &[Hint] = &[
    Cut("(<= 3 $c)"),
    CutByPowers("(<= 1 s1)"),
    Cut("(= p1 (* 2 p2))"),
    Product("?x", "(- (- {M} m1) 1)"),
    Cut("(<= q2 ?x)"),
    Cut("(= w1 (- ?x q2))"),
    Cut("(= w2 (+ q3 q2))"),
    Product("?x", "(- (+ (* {M} p1) p1) (* (+ {M} m1) $c))"),
    Product("q1", "(- (* (+ {M} m1) $c) (* {M} p1))"),
    Product("m1", "r1"),
    Product("p1", "(- (- $c r1) 1)"),
    Product("p1", "(- (- {M} ?x) 1)"),
    Cut("(<= (* (* q1 {M}) p1) (* ?x (+ {M} m1)))"),
    Times("?x", "(+ (* q1 $c) r1)", "p1"),
    Cut("(<= (* (* ?x (+ {M} m1)) $c) (+ (* {M} (* ?x p1)) (* ?x p1)))"),
    Cut("(<= (* ?x p1) (- (* {M} p1) p1))"),
    Cut("(= (* ?x p1) (+ (* (* q1 $c) p1) (* r1 p1)))"),
    Cut("(<= (+ p1 (* r1 p1)) (* $c p1))"),
    Name("n", "(* ?x (+ {M} m1))"),
    Name("v", "(* (* (+ q1 1) {M}) p1)"),
    Cut("(< (* n $c) (* v $c))"),
    Product("$c", "(- n v)"),
    Cut("(< n v)"),
    Cut("(<= (* q1 p1) (+ ?x q2))"),
    Cut("(< (+ ?x q2) (* (+ q1 1) p1))"),
    Quotient(5, "q1"),
];

/// c = 2^k * o, and x = (q*o + r) * 2^k + rest.
const MAGIC_EVEN: &[Hint] = &[
    Cut("(distinct $c 0)"),
    Name("o", "(+ (* 2 hp2) 1)"),
    Quotient(4, "o"),
    Cut("(= q4 o)"),
    Cut("(<= 1 q4)"),
    Product("q5", "(- q4 1)"),
    Quotient(2, "q5"),
    Cut("(= r4 0)"),
    Cut("(= ?x (+ (* q5 $c) (+ (* p2 r5) r3)))"),
    Product("p2", "(- (- q4 r5) 1)"),
    Product("p2", "r5"),
    Cut("(< (+ (* p2 r5) r3) $c)"),
];

/// c * m = 2^64 + e with 0 <= e < c: the fraction f of x*m satisfies f*c = r * 2^64 + e*x.
const REMAINDER_BY_RECIPROCAL: &[Hint] = &[
    Cut("(<= 3 $c)"),
    Product("(- $c 2)", "q2"),
    Cut("(= w1 (+ q2 1))"),
    Name("e", "(- (* $c w1) {W})"),
    Cut("(= e (- (- $c 1) r2))"),
    Cut("(<= 0 e)"),
    Cut("(< e $c)"),
    Product("(- 4294967295 e)", "?x"),
    Product("e", "?x"),
    Cut("(< (* e ?x) {W})"),
    Name("f", "(+ (* q1 e) (* r1 w1))"),
    Cut("(= (* f $c) (+ (* r1 {W}) (* e ?x)))"),
    Product("(- f {W})", "$c"),
    Cut("(< f {W})"),
    Product("q1", "e"),
    Product("r1", "w1"),
    Cut("(<= 0 f)"),
    Cut("(= (* ?x w1) (+ f (* q1 {W})))"),
    Name("g", "(- q1 c2)"),
    Cut("(= g 0)"),
    Cut("(= w2 f)"),
    Quotient(3, "r1"),
    Cut("(= q3 r1)"),
];

/// As above with 0 < e: only powers of two divide 2^64.
const SIGNED_RECIPROCAL: &[Hint] = &[
    Product("(- $c 3)", "q2"),
    Cut("(= w1 (+ q2 1))"),
    Cut("(<= (* 3 w1) (+ {W} 3))"),
    Name("e", "(- (* $c w1) {W})"),
    Cut("(= e (- (- $c 1) r2))"),
    OddPart("$c"),
    Name("y", "(* two w1)"),
    Cut("(=> (= e 0) (= (* odd y) {W}))"),
    Times("(* odd inv)", "(+ 1 (* {W} quo))", "y"),
    Times("(* odd y)", "{W}", "inv"),
    Name("z", "(- inv (* quo y))"),
    Cut("(=> (= e 0) (= y (* {W} z)))"),
    Cut("(<= 1 y)"),
    Cut("(=> (= e 0) (<= {W} y))"),
    Cut("(<= 1 odd)"),
    Product("(- odd 1)", "y"),
    Cut("(=> (= e 0) (= odd 1))"),
    Cut("(<= 1 e)"),
    Cut("(= (+ (* q3 {W}) r3) (* (ite (not ?x.neg) ?x.abs (- ?x.abs)) w1))"),
    Product("(- $c (+ e 1))", "?x.abs"),
    Product("(- {H} ?x.abs)", "$c"),
    Product("e", "?x.abs"),
    Cut("(<= (* e ?x.abs) (* {H} {M}))"),
    Times("?x.abs", "(+ (* q1 $c) r1)", "w1"),
    Times("(* $c w1)", "(+ {W} e)", "q1"),
    Product("r1", "w1"),
    Product("q1", "e"),
    Product("q1", "(- e 1)"),
    Cut("(= (* ?x.abs w1) (+ (* q1 {W}) (+ (* q1 e) (* r1 w1))))"),
    Product("r1", "(- w1 1)"),
    Cut("(=> (<= 1 ?x.abs) (< (* q1 {W}) (* ?x.abs w1)))"),
    Name("f", "(+ (* q1 e) (* r1 w1))"),
    Cut("(= (* f $c) (+ (* r1 {W}) (* e ?x.abs)))"),
    Product("(- f {W})", "$c"),
    Cut("(< (* f $c) (* {W} (+ r1 1)))"),
    Cut("(<= (* {W} (+ r1 1)) (* {W} $c))"),
    Cut("(< (* f $c) (* {W} $c))"),
    Cut("(< f {W})"),
    Cut("(<= 0 f)"),
    Quotient(3, "(ite (not ?x.neg) q1 (- (+ q1 1)))"),
    Cut("(= q3 (ite (not ?x.neg) q1 (- (+ q1 1))))"),
];
