//! What is known about a value: constant bits and intervals. The abstract domain of the e-class analysis and of the
//! conditions of rules.

use lang_ir::eval::signed;
use lang_ir::{Op, Type};

/// Facts that hold for every value that an expression can take. Floats and pointers use the bits as an unsigned integer.
///
/// Invariant (kept by [`Facts::normalize`]): the four views agree as far as cheap reasoning goes, and there is at least
/// one value that satisfies them all. Contradicting facts mean that the expression is never computed; merging then keeps
/// the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    pub ty: Type,
    /// Bits that are 0 in every value; bits above the width are not in it.
    pub zeros: u128,
    /// Bits that are 1 in every value.
    pub ones: u128,
    /// Unsigned bounds, inclusive.
    pub umin: u128,
    pub umax: u128,
    /// Signed bounds, inclusive.
    pub smin: i128,
    pub smax: i128,
}

/// The smallest signed value of a type.
pub fn signed_min(ty: Type) -> i128 {
    i128::MIN >> (128 - ty.bits())
}

/// The largest signed value of a type.
pub fn signed_max(ty: Type) -> i128 {
    i128::MAX >> (128 - ty.bits())
}

/// A mask of the bits from the highest set bit of `x` down.
fn fill_down(x: u128) -> u128 {
    if x == 0 { 0 } else { u128::MAX >> x.leading_zeros() }
}

impl Facts {
    /// Nothing but the type.
    pub fn top(ty: Type) -> Facts {
        Facts { ty, zeros: 0, ones: 0, umin: 0, umax: ty.mask(), smin: signed_min(ty), smax: signed_max(ty) }
    }

    /// Exactly this value.
    pub fn constant(ty: Type, bits: u128) -> Facts {
        let bits = bits & ty.mask();
        let s = signed(ty, bits);
        Facts { ty, zeros: !bits & ty.mask(), ones: bits, umin: bits, umax: bits, smin: s, smax: s }
    }

    /// Values between two unsigned bounds, inclusive.
    pub fn unsigned(ty: Type, umin: u128, umax: u128) -> Facts {
        Facts { umin, umax, ..Facts::top(ty) }.normalize().unwrap_or(Facts::top(ty))
    }

    /// Values between two signed bounds, inclusive.
    pub fn signed(ty: Type, smin: i128, smax: i128) -> Facts {
        Facts { smin, smax, ..Facts::top(ty) }.normalize().unwrap_or(Facts::top(ty))
    }

    /// Values with these known bits.
    pub fn bits(ty: Type, zeros: u128, ones: u128) -> Facts {
        Facts { zeros: zeros & ty.mask(), ones: ones & ty.mask(), ..Facts::top(ty) }
            .normalize()
            .unwrap_or(Facts::top(ty))
    }

    /// The value, if there is only one.
    #[inline]
    pub fn as_constant(&self) -> Option<u128> {
        (self.umin == self.umax).then_some(self.umin)
    }

    /// Bits that may be 1.
    #[inline]
    pub fn maybe(&self) -> u128 {
        !self.zeros & self.ty.mask()
    }

    /// No value is 0.
    pub fn nonzero(&self) -> bool {
        self.umin > 0 || self.ones != 0
    }

    /// No value has its sign bit set.
    pub fn nonneg(&self) -> bool {
        self.smin >= 0
    }

    /// Whether a value is possible.
    pub fn contains(&self, bits: u128) -> bool {
        let s = signed(self.ty, bits);
        bits & self.zeros == 0
            && bits & self.ones == self.ones
            && (self.umin..=self.umax).contains(&bits)
            && (self.smin..=self.smax).contains(&s)
    }

    /// Whether this says no more than the type does.
    pub fn is_top(&self) -> bool {
        *self == Facts::top(self.ty)
    }

    /// Makes the views agree; `None` if no value satisfies them.
    pub fn normalize(mut self) -> Option<Facts> {
        let mask = self.ty.mask();
        let sign = 1u128 << (self.ty.bits() - 1);
        // Each step only narrows; two rounds suffice to carry a fact from any view to any other.
        for _ in 0..3 {
            let before = self;
            // Bits bound the unsigned value.
            self.umin = self.umin.max(self.ones);
            self.umax = self.umax.min(!self.zeros & mask);
            if self.umin > self.umax || self.zeros & self.ones != 0 || self.smin > self.smax {
                return None;
            }
            // The common leading bits of the unsigned bounds are known.
            let same = !fill_down(self.umin ^ self.umax) & mask;
            self.ones |= self.umin & same;
            self.zeros |= !self.umin & same;
            // Unsigned to signed, where the sign is known or both halves are cut.
            if self.umax < sign || self.umin >= sign {
                self.smin = self.smin.max(signed(self.ty, self.umin));
                self.smax = self.smax.min(signed(self.ty, self.umax));
            }
            // Signed to unsigned.
            if self.smin > self.smax {
                return None;
            }
            if self.smin >= 0 || self.smax < 0 {
                self.umin = self.umin.max(self.smin as u128 & mask);
                self.umax = self.umax.min(self.smax as u128 & mask);
            }
            // Known bits below an unknown sign bound the signed value.
            if (self.zeros | self.ones) & sign == 0 {
                let low = mask ^ sign;
                self.smin = self.smin.max(signed(self.ty, sign | (self.ones & low)));
                self.smax = self.smax.min(signed(self.ty, !self.zeros & low));
            }
            if self.umin > self.umax || self.zeros & self.ones != 0 || self.smin > self.smax {
                return None;
            }
            if self == before {
                break;
            }
        }
        Some(self)
    }

    /// What holds if both hold; `None` if they contradict each other.
    pub fn and(&self, other: &Facts) -> Option<Facts> {
        Facts {
            ty: self.ty,
            zeros: self.zeros | other.zeros,
            ones: self.ones | other.ones,
            umin: self.umin.max(other.umin),
            umax: self.umax.min(other.umax),
            smin: self.smin.max(other.smin),
            smax: self.smax.min(other.smax),
        }
        .normalize()
    }

    /// What holds if one of them holds.
    pub fn or(&self, other: &Facts) -> Facts {
        Facts {
            ty: self.ty,
            zeros: self.zeros & other.zeros,
            ones: self.ones & other.ones,
            umin: self.umin.min(other.umin),
            umax: self.umax.max(other.umax),
            smin: self.smin.min(other.smin),
            smax: self.smax.max(other.smax),
        }
        .normalize()
        .unwrap_or(Facts::top(self.ty))
    }

    /// What is known in addition where a comparison of this value with another is known to be true or false; `None` if
    /// that cannot be. `left`: this value is the first operand.
    pub fn given(&self, op: Op, truth: bool, other: &Facts, left: bool) -> Option<Facts> {
        // What is false is true the other way round: !(a < b) is b <= a.
        let (op, left) = match (op, truth) {
            (_, true) => (op, left),
            (Op::IcmpEq, false) => (Op::IcmpNe, left),
            (Op::IcmpNe, false) => (Op::IcmpEq, left),
            (Op::IcmpUlt, false) => (Op::IcmpUle, !left),
            (Op::IcmpUle, false) => (Op::IcmpUlt, !left),
            (Op::IcmpSlt, false) => (Op::IcmpSle, !left),
            (Op::IcmpSle, false) => (Op::IcmpSlt, !left),
            _ => return Some(*self),
        };
        let mut facts = *self;
        match (op, left) {
            (Op::IcmpEq, _) => return self.and(other),
            (Op::IcmpNe, _) => {
                if let Some(bits) = other.as_constant() {
                    let value = signed(self.ty, bits);
                    if self.as_constant() == Some(bits) {
                        return None;
                    }
                    facts.umin += (facts.umin == bits) as u128;
                    facts.umax -= (facts.umax == bits) as u128;
                    facts.smin += (facts.smin == value) as i128;
                    facts.smax -= (facts.smax == value) as i128;
                }
            }
            (Op::IcmpUlt, true) => facts.umax = facts.umax.min(other.umax.checked_sub(1)?),
            (Op::IcmpUlt, false) => facts.umin = facts.umin.max(other.umin.checked_add(1)?),
            (Op::IcmpUle, true) => facts.umax = facts.umax.min(other.umax),
            (Op::IcmpUle, false) => facts.umin = facts.umin.max(other.umin),
            (Op::IcmpSlt, true) => facts.smax = facts.smax.min(other.smax.checked_sub(1)?),
            (Op::IcmpSlt, false) => facts.smin = facts.smin.max(other.smin.checked_add(1)?),
            (Op::IcmpSle, true) => facts.smax = facts.smax.min(other.smax),
            (Op::IcmpSle, false) => facts.smin = facts.smin.max(other.smin),
            _ => {}
        }
        facts.normalize()
    }

    /// A superset of both that does not creep: bounds that moved go to the next of few landmarks.
    pub fn widen(&self, new: &Facts) -> Facts {
        let joined = self.or(new);
        let ty = self.ty;
        let low = (joined.zeros | joined.ones).trailing_ones();
        let stable = if low == 0 { 0 } else { u128::MAX >> (128 - low) };
        let landmark = signed_max(ty) as u128;
        let facts = Facts {
            ty,
            zeros: joined.zeros & stable,
            ones: joined.ones & stable,
            umin: if joined.umin < self.umin { 0 } else { joined.umin },
            umax: match joined.umax {
                umax if umax <= self.umax => umax,
                umax if umax <= landmark => landmark,
                _ => ty.mask(),
            },
            smin: match joined.smin {
                smin if smin >= self.smin => smin,
                smin if smin >= 0 => 0,
                _ => signed_min(ty),
            },
            smax: match joined.smax {
                smax if smax <= self.smax => smax,
                smax if smax < 0 => -1,
                _ => signed_max(ty),
            },
        };
        facts.normalize().unwrap_or(Facts::top(ty))
    }
}
