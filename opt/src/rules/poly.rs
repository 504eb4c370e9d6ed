//! Proofs of ring identities at all widths at once.
//!
//! Both sides become polynomials with integer coefficients over atoms: variables, and terms that are no sums or products.
//! Equal polynomials are equal under every homomorphism from the integers, and so modulo every 2^w.
//!
//! What counts as ring arithmetic: `iadd`, `isub`, `imul`, `ineg`, `bnot` (-x - 1), `ishl` (a product with the power of two
//! that its amount stands for), `ireduce` (a homomorphism), and what keeps bits as they are. An operation that is none of
//! these is an atom that its operands' polynomials name; `icmp_eq` and `icmp_ne` are named by the difference, and an odd
//! number cancels against its inverse.

use super::rule::{Condition, ConstExpr, ConstExprOrVar, Literal, Pattern, Rule, TypeRef};
use lang_ir::Op;
use std::collections::BTreeMap;

/// A sum of products of atoms, with coefficients that are not 0.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct Poly(BTreeMap<Vec<Atom>, i128>);

/// What polynomials are made of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Atom {
    Slot(u8),
    /// A term that is no ring arithmetic, by its text; the same text is the same value.
    Opaque(String),
    /// An extension of the operand from a type; `Uextend` or `Sextend`.
    Extended {
        op: Op,
        to: String,
        from: String,
        operand: Poly,
    },
    /// What gives 1 with the atom: an odd one's inverse modulo 2^w.
    Inverse(Box<Atom>),
    /// The low bits of another atom.
    Reduced {
        to: String,
        of: Box<Atom>,
    },
}

/// The polynomial that both sides are, in text form, if the rule is a ring identity.
pub fn prove(rule: &Rule) -> Option<String> {
    let context = Context { rule };
    let (left, right) = (context.pattern(&rule.lhs)?, context.pattern(&rule.rhs)?);
    let has_division = [&rule.lhs, &rule.rhs].iter().any(|side| {
        let mut found = false;
        side.for_each_node(&mut |op, _, _| found |= op.is_partial());
        found
    });
    if has_division {
        return None;
    }
    if left == right {
        return Some(context.text(&left));
    }
    context.same_roots()
}

/// Coefficients that do not fit are given up.
fn add(a: &Poly, b: &Poly, factor: i128) -> Option<Poly> {
    let mut sum = a.clone();
    for (product, coefficient) in &b.0 {
        let entry = sum.0.entry(product.clone()).or_insert(0);
        *entry = entry.checked_add(coefficient.checked_mul(factor)?)?;
    }
    sum.0.retain(|_, coefficient| *coefficient != 0);
    Some(sum)
}

fn multiply(a: &Poly, b: &Poly) -> Option<Poly> {
    let mut result = Poly::default();
    for (left, x) in &a.0 {
        let mut row = Poly::default();
        for (right, y) in &b.0 {
            let mut product = [left.as_slice(), right].concat();
            product.sort();
            cancel_inverses(&mut product);
            let entry = row.0.entry(product).or_insert(0);
            *entry = entry.checked_add(x.checked_mul(*y)?)?;
        }
        result = add(&result, &row, 1)?;
    }
    Some(result)
}

fn cancel_inverses(product: &mut Vec<Atom>) {
    while let Some((inverse, of)) = product.iter().enumerate().find_map(|(index, atom)| match atom {
        Atom::Inverse(of) => product.iter().position(|other| other == &**of).map(|of| (index, of)),
        _ => None,
    }) {
        product.remove(inverse.max(of));
        product.remove(inverse.min(of));
    }
}

fn integer(value: i128) -> Poly {
    Poly(if value == 0 { BTreeMap::new() } else { BTreeMap::from([(Vec::new(), value)]) })
}

fn atom(atom: Atom) -> Poly {
    Poly(BTreeMap::from([(vec![atom], 1)]))
}

fn inverted_slots(expr: &ConstExpr, slots: &mut Vec<u8>) {
    match expr {
        ConstExpr::Op { args, .. } => args.iter().for_each(|arg| inverted_slots(arg, slots)),
        ConstExpr::Named { function, args, .. } => match args[..] {
            [ConstExpr::Slot(slot)] if function.name == "inverse" => slots.push(slot),
            _ => args.iter().for_each(|arg| inverted_slots(arg, slots)),
        },
        _ => {}
    }
}

struct Context<'a> {
    rule: &'a Rule,
}

impl Context<'_> {
    /// Both sides ask whether a polynomial is 0, and one is the other times an odd number: the text of one.
    fn same_roots(&self) -> Option<String> {
        let (Pattern::Node { op, ty, args }, Pattern::Node { op: other_op, ty: other_ty, args: others }) =
            (&self.rule.lhs, &self.rule.rhs)
        else {
            return None;
        };
        if !matches!(op, Op::IcmpEq | Op::IcmpNe) || (op, ty) != (other_op, other_ty) {
            return None;
        }
        let left = add(&self.pattern(&args[0])?, &self.pattern(&args[1])?, -1)?;
        let right = add(&self.pattern(&others[0])?, &self.pattern(&others[1])?, -1)?;
        let opposite = add(&Poly::default(), &right, -1)?;
        let is_multiple = self.odd_slots().into_iter().any(|slot| {
            let factor = atom(Atom::Slot(slot));
            [&right, &opposite].iter().any(|side| multiply(side, &factor).is_some_and(|product| product == left))
        });
        is_multiple.then(|| self.text(&left))
    }

    /// Variables that are odd wherever the rule applies: a condition says so, or they have an inverse.
    fn odd_slots(&self) -> Vec<u8> {
        let mut slots = Vec::new();
        for condition in &self.rule.conditions {
            if let Condition::Fact { info, args, .. } = condition
                && info.name == "odd"
                && let [ConstExprOrVar::Var(slot) | ConstExprOrVar::Const(ConstExpr::Slot(slot))] = args[..]
            {
                slots.push(slot);
            }
        }
        // A computed constant without a value keeps the rule from applying, wherever it stands on the right.
        self.rule.rhs.for_each_node(&mut |_, _, args| {
            for arg in args {
                if let Pattern::Computed(expr) = arg {
                    inverted_slots(expr, &mut slots);
                }
            }
        });
        slots
    }

    fn type_name(&self, ty: TypeRef) -> String {
        match ty {
            TypeRef::Known(ty) => ty.name().to_string(),
            TypeRef::Var(index) => self.rule.types[index as usize].clone(),
        }
    }

    fn type_of(&self, pattern: &Pattern) -> Option<TypeRef> {
        match pattern {
            Pattern::Slot(slot) => Some(self.rule.slots[*slot as usize].ty),
            Pattern::Literal(_, ty) => Some(*ty),
            Pattern::Computed(_) => None,
            Pattern::Node { op, ty, .. } => match op.result_type(lang_ir::Type::I64) {
                lang_ir::Type::I64 => Some(*ty),
                fixed => Some(TypeRef::Known(fixed)),
            },
        }
    }

    fn pattern(&self, pattern: &Pattern) -> Option<Poly> {
        match pattern {
            Pattern::Slot(slot) => Some(atom(Atom::Slot(*slot))),
            Pattern::Literal(literal, ty) => Some(self.literal(*literal, *ty)),
            Pattern::Computed(expr) => self.const_expr(expr),
            Pattern::Node { op, ty, args } => {
                if matches!(op, Op::Uextend | Op::Sextend) {
                    let from = self.type_name(self.type_of(&args[0])?);
                    let operand = self.pattern(&args[0])?;
                    return Some(atom(Atom::Extended { op: *op, to: self.type_name(*ty), from, operand }));
                }
                let amount = args.get(1).and_then(|arg| self.amount_of_pattern(arg));
                let from = self.type_of(&args[0]);
                let args = args.iter().map(|arg| self.pattern(arg)).collect::<Option<Vec<_>>>()?;
                self.operation(*op, *ty, from, &args, amount)
            }
        }
    }

    fn const_expr(&self, expr: &ConstExpr) -> Option<Poly> {
        match expr {
            ConstExpr::Slot(slot) => Some(atom(Atom::Slot(*slot))),
            ConstExpr::Literal(literal, ty) => Some(self.literal(*literal, *ty)),
            ConstExpr::Width(of, _) => Some(atom(Atom::Opaque(format!("width {}", self.type_name(*of))))),
            ConstExpr::Op { op, ty, from, args } => {
                let amount = args.get(1).and_then(|arg| self.amount_of_const(arg));
                let args = args.iter().map(|arg| self.const_expr(arg)).collect::<Option<Vec<_>>>()?;
                if matches!(op, Op::Uextend | Op::Sextend) {
                    let (to, from) = (self.type_name(*ty), self.type_name(*from));
                    return Some(atom(Atom::Extended { op: *op, to, from, operand: args[0].clone() }));
                }
                self.operation(*op, *ty, Some(*from), &args, amount)
            }
            ConstExpr::Named { function, ty, args } => {
                let args = args.iter().map(|arg| self.const_expr(arg)).collect::<Option<Vec<_>>>()?;
                match (function.name, args.as_slice()) {
                    ("inverse", [Poly(terms)]) if terms.len() == 1 => match terms.first_key_value() {
                        Some((factors, 1)) if factors.len() == 1 => {
                            Some(atom(Atom::Inverse(Box::new(factors[0].clone()))))
                        }
                        _ => Some(self.opaque(function.name, *ty, &args)),
                    },
                    _ => Some(self.opaque(function.name, *ty, &args)),
                }
            }
        }
    }

    fn literal(&self, literal: Literal, ty: TypeRef) -> Poly {
        match literal {
            Literal::Int(value) => integer(value),
            Literal::Float(value) => atom(Atom::Opaque(format!("{value:?}:{}", self.type_name(ty)))),
        }
    }

    /// The power of two that a shift amount stands for where that is known: of a literal below every width that has
    /// shifts, or of a logarithm.
    fn amount_of_pattern(&self, amount: &Pattern) -> Option<Poly> {
        match amount {
            Pattern::Literal(Literal::Int(by @ 0..8), _) => Some(integer(1 << by)),
            Pattern::Computed(expr) => self.amount_of_const(expr),
            _ => None,
        }
    }

    fn amount_of_const(&self, amount: &ConstExpr) -> Option<Poly> {
        match amount {
            ConstExpr::Literal(Literal::Int(by @ 0..8), _) => Some(integer(1 << by)),
            ConstExpr::Named { function, args, .. } if function.name == "log2" => self.const_expr(&args[0]),
            _ => None,
        }
    }

    /// An operation on polynomials; the type of the first operand and what a shift amount stands for, if known.
    fn operation(
        &self,
        op: Op,
        ty: TypeRef,
        from: Option<TypeRef>,
        args: &[Poly],
        amount: Option<Poly>,
    ) -> Option<Poly> {
        match op {
            Op::Iadd | Op::PtrAdd => add(&args[0], &args[1], 1),
            Op::Isub => add(&args[0], &args[1], -1),
            Op::Imul => multiply(&args[0], &args[1]),
            Op::Ineg => add(&Poly::default(), &args[0], -1),
            Op::Bnot => add(&integer(-1), &args[0], -1),
            Op::PtrToInt | Op::IntToPtr => Some(args[0].clone()),
            Op::Ishl => {
                let power = amount.unwrap_or_else(|| self.opaque("power of two", ty, &args[1..]));
                multiply(&args[0], &power)
            }
            Op::Ireduce => self.reduce(&args[0], ty),
            Op::IcmpEq | Op::IcmpNe => {
                let difference = add(&args[0], &args[1], -1)?;
                let turned = add(&args[1], &args[0], -1)?;
                Some(self.opaque(op.mnemonic(), ty, &[difference.min(turned)]))
            }
            _ => Some(self.opaque(&format!("{}:{}", op.mnemonic(), self.type_name(from?)), ty, args)),
        }
    }

    fn opaque(&self, name: &str, ty: TypeRef, args: &[Poly]) -> Poly {
        let args = args.iter().map(|arg| self.text(arg)).collect::<Vec<_>>().join(", ");
        atom(Atom::Opaque(format!("{name}:{}({args})", self.type_name(ty))))
    }

    fn reduce(&self, poly: &Poly, to: TypeRef) -> Option<Poly> {
        let mut sum = Poly::default();
        for (atoms, coefficient) in &poly.0 {
            let mut product = integer(1);
            for factor in atoms {
                product = multiply(&product, &self.reduce_atom(factor, to))?;
            }
            sum = add(&sum, &product, *coefficient)?;
        }
        Some(sum)
    }

    fn reduce_atom(&self, of: &Atom, to: TypeRef) -> Poly {
        let to = self.type_name(to);
        match of {
            Atom::Extended { from, operand, .. } if *from == to => operand.clone(),
            Atom::Reduced { of, .. } => atom(Atom::Reduced { to, of: of.clone() }),
            _ => atom(Atom::Reduced { to, of: Box::new(of.clone()) }),
        }
    }

    fn text(&self, poly: &Poly) -> String {
        if poly.0.is_empty() {
            return "0".to_string();
        }
        let products = poly.0.iter().map(|(atoms, coefficient)| {
            let mut factors: Vec<String> = atoms.iter().map(|a| self.atom_text(a)).collect();
            if *coefficient != 1 || factors.is_empty() {
                factors.insert(0, coefficient.to_string());
            }
            factors.join("*")
        });
        products.collect::<Vec<_>>().join(" + ")
    }

    fn atom_text(&self, atom: &Atom) -> String {
        match atom {
            Atom::Slot(slot) => self.rule.slots[*slot as usize].name.clone(),
            Atom::Opaque(text) => text.clone(),
            Atom::Inverse(of) => format!("inverse({})", self.atom_text(of)),
            Atom::Extended { op, to, from, operand } => {
                format!("{}:{to}:{from}({})", op.mnemonic(), self.text(operand))
            }
            Atom::Reduced { to, of } => format!("ireduce:{to}({})", self.atom_text(of)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::{Tier, rule};
    use super::*;

    fn proves(lhs: &'static str, rhs: &'static str, conditions: &'static [&'static str]) -> bool {
        let row = Box::leak(Box::new(rule("test", Tier::A, lhs, rhs, conditions, "")));
        prove(&Rule::parse(row).unwrap()).is_some()
    }

    #[test]
    fn ring_identities() {
        assert!(proves("(isub (imul ?x ?x) (imul ?y ?y))", "(imul (iadd ?x ?y) (isub ?x ?y))", &[]));
        assert!(proves("(imul ?x $c)", "(iadd (ishl ?x {log2 {isub $c 1}}) ?x)", &["(pow2 {isub $c 1})"]));
        assert!(proves("(iadd (ishl ?x ?k) (ishl ?y ?k))", "(ishl (iadd ?x ?y) ?k)", &[]));
        assert!(proves("(iadd (bnot ?x) 1)", "(ineg ?x)", &[]));
        assert!(proves("(ireduce (imul ?x (uextend ?y:T)))", "(imul (ireduce ?x) ?y)", &[]));
        assert!(proves("(icmp_eq (iadd ?x $a) $b)", "(icmp_eq ?x {isub $b $a})", &[]));
        assert!(proves("(icmp_eq (isub ?x ?y) 0)", "(icmp_eq ?y ?x)", &[]));
        assert!(proves("(icmp_eq (imul ?x $a) $b)", "(icmp_eq ?x {imul $b {inverse $a}})", &[]));
        assert!(proves("(icmp_ne (imul ?x $c) (imul ?y $c))", "(icmp_ne ?x ?y)", &["(odd $c)"]));
    }

    #[test]
    fn what_is_none_is_refused() {
        assert!(!proves("(isub (imul ?x ?x) (imul ?y ?y))", "(imul (iadd ?x ?y) (isub ?y ?x))", &[]));
        assert!(!proves("(ishl (ishl ?x $a) $b)", "(ishl ?x {iadd $a $b})", &[]));
        assert!(!proves("(ishl ?x 9)", "(imul ?x 512)", &[]));
        assert!(!proves("(udiv ?x ?y)", "(udiv ?x ?y)", &[]));
        assert!(!proves("(icmp_ne (imul ?x $c) (imul ?y $c))", "(icmp_ne ?x ?y)", &["(nonzero $c)"]));
        assert!(!proves("(icmp_eq (imul ?x $a) $b)", "(icmp_eq ?x {imul $a {inverse $b}})", &[]));
        assert!(!proves("(ireduce:T (uextend:U ?x:V))", "(uextend:T ?x)", &[]));
        assert!(!proves("(sextend (iadd ?x ?y))", "(iadd (sextend ?x) (sextend ?y))", &[]));
        assert!(!proves("(icmp_ult (iadd ?x ?z) (iadd ?y ?z))", "(icmp_ult ?x ?y)", &[]));
    }
}
