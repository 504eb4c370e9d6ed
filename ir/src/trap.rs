//! The traps that a program can end in. A row is the trap's name in the text form and its message; the holes of a message
//! take the trap's arguments in order: `{i}` a signed and `{u}` an unsigned `i64`, `{s}` a string (pointer and length),
//! `{q}` a signed and `{Q}` an unsigned 128-bit integer (low and high word).

macro_rules! traps {
    ($($variant:ident $name:literal $template:literal;)*) => {
        /// Why a program trapped.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum TrapCode { $(#[doc = $template] $variant),* }

        impl TrapCode {
            /// Every trap.
            pub const ALL: &[TrapCode] = &[$(TrapCode::$variant),*];

            /// The name in the text form.
            pub const fn name(self) -> &'static str {
                match self { $(TrapCode::$variant => $name),* }
            }

            /// The message, with holes for the arguments.
            pub const fn template(self) -> &'static str {
                match self { $(TrapCode::$variant => $template),* }
            }
        }
    };
}

traps! {
    Bounds "bounds" "index {i} is out of bounds for length {i}";
    BoundsUnsigned "bounds_u" "index {u} is out of bounds for length {i}";
    BoundsWide "bounds_q" "index {q} is out of bounds for length {i}";
    BoundsWideUnsigned "bounds_uq" "index {Q} is out of bounds for length {i}";
    SliceRange "slice_range" "slice {i}..{i} is out of range for length {i}";
    ViewExtent "view_extent" "a view of {i} by {i} does not fit length {i}";
    ViewExtent3 "view_extent3" "a view of {i} by {i} by {i} does not fit length {i}";
    DivisionByZero "div_zero" "division by zero";
    DivisionOverflow "div_overflow" "division overflows";
    StepZero "step_zero" "the step of the range is zero";
    StepNotPositive "step_not_positive" "the step {i} is not positive";
    Unreachable "unreachable" "unreachable code was reached";
    NilValue "nil_value" "the value is nil";
    NilPointer "nil_pointer" "nil pointer";
    ReadOnly "read_only" "read-only memory is written";
    NoScalar "no_scalar" "{u} is not a Unicode scalar value";
    NoScalarSigned "no_scalar_s" "{i} is not a Unicode scalar value";
    NoScalarWide "no_scalar_q" "{q} is not a Unicode scalar value";
    NoScalarWideUnsigned "no_scalar_uq" "{Q} is not a Unicode scalar value";
    Assert "assert" "assertion failed";
    AssertMessage "assert_msg" "assertion failed: {s}";
    Panic "panic" "{s}";
    OutOfMemory "out_of_memory" "out of memory";
}

impl TrapCode {
    /// The trap of this name.
    pub fn from_name(name: &str) -> Option<TrapCode> {
        TrapCode::ALL.iter().copied().find(|t| t.name() == name)
    }

    /// How the words of the arguments are typed: `true` for a pointer, `false` for an `i64`.
    pub fn args(self) -> impl Iterator<Item = bool> {
        let template = self.template();
        template
            .match_indices('{')
            .flat_map(move |(at, _)| match template.as_bytes()[at + 1] {
                b's' => [Some(true), Some(false)],
                b'q' | b'Q' => [Some(false), Some(false)],
                _ => [Some(false), None],
            })
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_follow_the_template() {
        assert_eq!(TrapCode::Bounds.args().collect::<Vec<_>>(), [false, false]);
        assert_eq!(TrapCode::Panic.args().collect::<Vec<_>>(), [true, false]);
        assert_eq!(TrapCode::BoundsWide.args().count(), 3);
        assert!(TrapCode::ALL.iter().all(|t| t.args().count() <= 4 && TrapCode::from_name(t.name()) == Some(*t)));
    }
}
