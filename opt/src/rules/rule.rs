//! A rule as a row of data, and what the row becomes when it is parsed. `README.md` beside this file says how to write
//! one.

use super::vocabulary::*;
use crate::egraph::facts::Facts;
use lang_ir::eval::from_f64;
use lang_ir::ops::TypeRule;
use lang_ir::target::Target;
use lang_ir::{OPS, Op, Type};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// How far a rule may run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tier {
    /// Every step goes down in a well-founded order: runs to saturation.
    A,
    /// May go on for ever or grow: runs on fuel.
    B,
}

/// A rule as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// `root-what`, in kebab-case.
    pub name: &'static str,
    pub tier: Tier,
    pub lhs: &'static str,
    pub rhs: &'static str,
    pub conditions: &'static [&'static str],
    /// One line that says why it holds.
    pub algebra: &'static str,
}

/// A row of a rule table.
pub const fn rule(
    name: &'static str,
    tier: Tier,
    lhs: &'static str,
    rhs: &'static str,
    conditions: &'static [&'static str],
    algebra: &'static str,
) -> Row {
    Row { name, tier, lhs, rhs, conditions, algebra }
}

/// A type in a rule: known, or the value of a type variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeRef {
    Known(Type),
    Var(u8),
}

/// A literal. Its bits depend on the type that it has in a match.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Literal {
    Int(i128),
    Float(f64),
}

/// A pattern: a left-hand or a right-hand side.
#[derive(Clone, PartialEq, Debug)]
pub enum Pattern {
    /// `?x` or `$c`: an index into [`Rule::slots`].
    Slot(u8),
    Literal(Literal, TypeRef),
    /// `{...}`: a constant that is computed; right-hand sides only.
    Computed(ConstExpr),
    /// An operation at its controlling type.
    Node {
        op: Op,
        ty: TypeRef,
        args: Vec<Pattern>,
    },
}

/// A constant that is computed from others.
#[derive(Clone, PartialEq, Debug)]
pub enum ConstExpr {
    /// `$c`, an index into [`Rule::slots`].
    Slot(u8),
    Literal(Literal, TypeRef),
    /// The width of a type, as a constant of the second type.
    Width(TypeRef, TypeRef),
    /// An operation at its controlling type, and the type of its first operand.
    Op {
        op: Op,
        ty: TypeRef,
        from: TypeRef,
        args: Vec<ConstExpr>,
    },
    /// A function of the vocabulary.
    Named {
        function: &'static ConstFn,
        ty: TypeRef,
        args: Vec<ConstExpr>,
    },
}

/// What has to hold for a rule to apply.
#[derive(Clone, Debug)]
pub enum Condition {
    /// On values: arguments, and the type argument if the condition takes one.
    Fact { info: &'static FactCondition, args: Vec<ConstExprOrVar>, ty: Option<TypeRef> },
    /// On types.
    Types { info: &'static TypeCondition, args: Vec<TypeRef> },
    /// On the target.
    Target { info: &'static TargetCondition, op: Option<(Op, TypeRef)> },
    /// A constant of type `i1` that has to be 1.
    Holds(ConstExpr),
}

/// An argument of a condition on values.
#[derive(Clone, PartialEq, Debug)]
pub enum ConstExprOrVar {
    /// `?x`, an index into [`Rule::slots`].
    Var(u8),
    Const(ConstExpr),
}

/// A variable of a rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Slot {
    /// As it is written, with `?` or `$`.
    pub name: String,
    /// `$c`: matches constants only.
    pub is_const: bool,
    pub ty: TypeRef,
}

/// A parsed rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub row: &'static Row,
    pub lhs: Pattern,
    pub rhs: Pattern,
    pub conditions: Vec<Condition>,
    pub slots: Vec<Slot>,
    /// The names of the type variables; variable 0 is the controlling type of the root, if that is not a known type.
    pub types: Vec<String>,
}

/// The longest list of slots or type variables.
pub const MAX_SLOTS: usize = 8;
pub const MAX_TYPES: usize = 4;

impl Literal {
    /// The bits at this type; `None` if the literal does not fit.
    pub fn bits(self, ty: Type) -> Option<u128> {
        match self {
            Literal::Int(value) => {
                let (min, max) = if ty.bits() == 128 {
                    (i128::MIN, i128::MAX)
                } else {
                    (-(1i128 << (ty.bits() - 1)), ty.mask() as i128)
                };
                (!ty.is_float() && (min..=max).contains(&value)).then_some(value as u128 & ty.mask())
            }
            Literal::Float(value) => {
                let bits = from_f64(ty, value);
                (ty.is_float() && lang_ir::eval::to_f64(ty, bits) == value).then_some(bits)
            }
        }
    }
}

/// What a match bound: types by type variable; facts by slot. The matcher fills it.
pub struct Bindings<'a> {
    pub types: &'a [Type],
    pub facts: &'a dyn Fn(u8) -> Facts,
}

impl TypeRef {
    /// The type in a match.
    #[inline]
    pub fn get(self, types: &[Type]) -> Type {
        match self {
            TypeRef::Known(ty) => ty,
            TypeRef::Var(index) => types[index as usize],
        }
    }
}

impl ConstExpr {
    /// The bits in a match; `None` if a function has no value there.
    pub fn eval(&self, bindings: &Bindings) -> Option<u128> {
        match self {
            ConstExpr::Slot(slot) => (bindings.facts)(*slot).as_constant(),
            ConstExpr::Literal(literal, ty) => literal.bits(ty.get(bindings.types)),
            ConstExpr::Width(of, ty) => {
                let (width, ty) = (of.get(bindings.types).bits() as u128, ty.get(bindings.types));
                (width <= ty.mask()).then_some(width)
            }
            ConstExpr::Op { op, ty, from, args } => {
                let (ty, from) = (ty.get(bindings.types), from.get(bindings.types));
                if !op.info().types.accepts(ty) || !op.info().types.accepts_operand(ty, 0, from) {
                    return None;
                }
                lang_ir::eval::eval(*op, ty, from, &eval_all(args, bindings)?)
            }
            ConstExpr::Named { function, ty, args } => {
                let ty = ty.get(bindings.types);
                (function.eval)(ty, &eval_all(args, bindings)?).filter(|&bits| bits <= ty.mask())
            }
        }
    }

    /// The type in a match.
    pub fn ty(&self, slots: &[Slot], types: &[Type]) -> Type {
        match self {
            ConstExpr::Slot(slot) => slots[*slot as usize].ty.get(types),
            ConstExpr::Literal(_, ty) | ConstExpr::Width(_, ty) | ConstExpr::Named { ty, .. } => ty.get(types),
            ConstExpr::Op { op, ty, .. } => op.result_type(ty.get(types)),
        }
    }
}

fn eval_all(args: &[ConstExpr], bindings: &Bindings) -> Option<Vec<u128>> {
    args.iter().map(|arg| arg.eval(bindings)).collect()
}

impl Condition {
    /// Whether it is known to hold in a match.
    pub fn holds(&self, rule: &Rule, bindings: &Bindings, target: &Target) -> bool {
        match self {
            Condition::Fact { info, args, ty } => {
                let facts: Option<Vec<Facts>> = args
                    .iter()
                    .map(|arg| match arg {
                        ConstExprOrVar::Var(slot) => Some((bindings.facts)(*slot)),
                        ConstExprOrVar::Const(expr) => {
                            Some(Facts::constant(expr.ty(&rule.slots, bindings.types), expr.eval(bindings)?))
                        }
                    })
                    .collect();
                facts.is_some_and(|facts| {
                    let ty = ty.map_or(facts[0].ty, |ty| ty.get(bindings.types));
                    (info.check)(&facts, ty)
                })
            }
            Condition::Types { info, args } => {
                let types: Vec<Type> = args.iter().map(|t| t.get(bindings.types)).collect();
                (info.check)(&types)
            }
            Condition::Target { info, op } => (info.check)(target, op.map(|(op, ty)| (op, ty.get(bindings.types)))),
            Condition::Holds(expr) => expr.eval(bindings) == Some(1),
        }
    }
}

impl Pattern {
    /// Its operations, root first.
    pub fn for_each_node(&self, f: &mut impl FnMut(Op, TypeRef, &[Pattern])) {
        if let Pattern::Node { op, ty, args } = self {
            f(*op, *ty, args);
            args.iter().for_each(|arg| arg.for_each_node(f));
        }
    }

    /// The number of edges from the root to the deepest leaf.
    pub fn depth(&self) -> usize {
        match self {
            Pattern::Node { args, .. } => args.iter().map(Pattern::depth).max().unwrap_or(0) + 1,
            _ => 0,
        }
    }
}

impl Rule {
    /// Parses a row; the error names what is wrong.
    pub fn parse(row: &'static Row) -> Result<Rule, String> {
        Parser::default().rule(row).map_err(|e| format!("rule {}: {e}", row.name))
    }

    /// The operation at the root of the left-hand side.
    pub fn root(&self) -> Op {
        match &self.lhs {
            Pattern::Node { op, .. } => *op,
            _ => unreachable!("the parser refuses rules without a root operation"),
        }
    }

    /// Whether these types of the type variables are such that every operation of both sides exists and every condition
    /// on types holds. What the prover has to enumerate.
    pub fn accepts_types(&self, types: &[Type]) -> bool {
        let mut accepted = true;
        if let Pattern::Literal(literal, ty) = self.rhs {
            accepted &= literal.bits(ty.get(types)).is_some();
        }
        for side in [&self.lhs, &self.rhs] {
            side.for_each_node(&mut |op, ty, args| {
                let (ty, rule) = (ty.get(types), op.info().types);
                accepted &= rule.accepts(ty);
                for (index, arg) in args.iter().enumerate() {
                    accepted &= rule.accepts_operand(ty, index, self.type_of(arg, types));
                    if let Pattern::Literal(literal, ty) = arg {
                        accepted &= literal.bits(ty.get(types)).is_some();
                    }
                }
            });
        }
        let none = |_| Facts::top(Type::I1);
        let bindings = Bindings { types, facts: &none };
        accepted
            && self.conditions.iter().all(|c| match c {
                Condition::Types { .. } => c.holds(self, &bindings, &lang_ir::target::GENERIC),
                _ => true,
            })
    }

    /// The type of a pattern for these types of the type variables.
    pub fn type_of(&self, pattern: &Pattern, types: &[Type]) -> Type {
        match pattern {
            Pattern::Slot(slot) => self.slots[*slot as usize].ty.get(types),
            Pattern::Literal(_, ty) => ty.get(types),
            Pattern::Computed(expr) => expr.ty(&self.slots, types),
            Pattern::Node { op, ty, .. } => op.result_type(ty.get(types)),
        }
    }
}

/// An S-expression: `(...)`, `{...}` or a word.
#[derive(Debug)]
enum Sexp<'a> {
    Paren(Vec<Sexp<'a>>),
    Brace(Vec<Sexp<'a>>),
    Word(&'a str),
}

fn read(text: &str) -> Result<Sexp<'_>, String> {
    let unbalanced = || format!("unbalanced brackets in `{text}`");
    let mut stack: Vec<(u8, Vec<Sexp>)> = vec![(b' ', Vec::with_capacity(1))];
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let from = at;
        at += 1;
        let item = match bytes[from] {
            open @ (b'(' | b'{') => {
                stack.push((open, Vec::with_capacity(4)));
                continue;
            }
            close @ (b')' | b'}') => {
                let (open, items) = stack.pop().ok_or_else(unbalanced)?;
                match (open, close) {
                    (b'(', b')') => Sexp::Paren(items),
                    (b'{', b'}') => Sexp::Brace(items),
                    _ => return Err(unbalanced()),
                }
            }
            byte if byte.is_ascii_whitespace() => continue,
            _ => {
                let is_end = |b: &u8| matches!(b, b'(' | b')' | b'{' | b'}') || b.is_ascii_whitespace();
                at = bytes[from..].iter().position(is_end).map_or(bytes.len(), |len| from + len);
                Sexp::Word(&text[from..at])
            }
        };
        stack.last_mut().ok_or_else(unbalanced)?.1.push(item);
    }
    match (stack.len(), stack.pop()) {
        (1, Some((b' ', mut items))) if items.len() == 1 => items.pop().ok_or_else(|| "empty".to_string()),
        _ => Err(format!("`{text}` is not one expression")),
    }
}

/// The operation of this name.
fn operation(name: &str) -> Option<Op> {
    static BY_NAME: LazyLock<FxHashMap<&str, Op>> =
        LazyLock::new(|| OPS.iter().map(|info| (info.mnemonic, info.op)).collect());
    BY_NAME.get(name).copied()
}

/// A class of types that are the same, during inference: known, or not yet.
type TypeTerm = usize;

/// Types unify by union-find; `TypeRef::Var` holds a type term until [`Parser::resolve`] numbers the variables.
#[derive(Default)]
struct Parser {
    parent: Vec<TypeTerm>,
    known: Vec<Option<Type>>,
    named: Vec<(String, TypeTerm)>,
    slots: Vec<(String, TypeTerm)>,
    /// Slots and type variables may be introduced.
    binding: bool,
}

impl Parser {
    fn rule(mut self, row: &'static Row) -> Result<Rule, String> {
        self.binding = true;
        let root = self.fresh();
        let result = self.fresh();
        let lhs = self.pattern(&read(row.lhs)?, result, Some(root), false)?;
        if !matches!(lhs, Pattern::Node { .. }) {
            return Err("the left-hand side has no operation".to_string());
        }
        self.binding = false;
        let rhs_root = self.fresh();
        let rhs = self.pattern(&read(row.rhs)?, result, Some(rhs_root), true)?;
        let conditions =
            row.conditions.iter().map(|text| self.condition(&read(text)?)).collect::<Result<Vec<_>, String>>()?;
        // Number the type variables: the root's first, then as they are named, then the rest. What the left-hand side does
        // not bind is an error.
        let mut order: Vec<TypeTerm> = vec![self.find(root), self.find(result)];
        order.extend(self.named.clone().iter().map(|(_, t)| self.find(*t)));
        order.extend(self.slots.clone().iter().map(|(_, t)| self.find(*t)));
        let mut inner = Vec::new();
        lhs.for_each_node(&mut |_, ty, _| {
            inner.extend(match ty {
                TypeRef::Var(t) => Some(t as usize),
                TypeRef::Known(_) => None,
            })
        });
        order.extend(inner.iter().map(|&t| self.find(t)));
        let mut numbers: Vec<TypeTerm> = Vec::new();
        for term in order {
            if self.known[term].is_none() && !numbers.contains(&term) {
                numbers.push(term);
            }
        }
        if numbers.len() > MAX_TYPES || self.slots.len() > MAX_SLOTS {
            return Err("too many variables".to_string());
        }
        let lhs = self.resolve_pattern(lhs, &numbers)?;
        let rhs = self.resolve_pattern(rhs, &numbers)?;
        let conditions =
            conditions.into_iter().map(|c| self.resolve_condition(c, &numbers)).collect::<Result<_, _>>()?;
        let slots = self
            .slots
            .clone()
            .into_iter()
            .map(|(name, t)| Ok(Slot { is_const: name.starts_with('$'), name, ty: self.resolve(t, &numbers)? }))
            .collect::<Result<_, String>>()?;
        let types = numbers
            .iter()
            .enumerate()
            .map(|(index, &term)| {
                let name = self.named.clone().into_iter().find(|(_, t)| self.find(*t) == term).map(|(n, _)| n);
                name.unwrap_or_else(|| if index == 0 { "T".to_string() } else { format!("T{index}") })
            })
            .collect();
        Ok(Rule { row, lhs, rhs, conditions, slots, types })
    }

    fn fresh(&mut self) -> TypeTerm {
        self.parent.push(self.parent.len());
        self.known.push(None);
        self.parent.len() - 1
    }

    fn find(&mut self, mut term: TypeTerm) -> TypeTerm {
        while self.parent[term] != term {
            term = self.parent[term];
        }
        term
    }

    fn unify(&mut self, a: TypeTerm, b: TypeTerm) -> Result<(), String> {
        let (a, b) = (self.find(a), self.find(b));
        match (self.known[a], self.known[b]) {
            (Some(x), Some(y)) if x != y => return Err(format!("{x} and {y} do not agree")),
            (None, Some(y)) => self.known[a] = Some(y),
            _ => {}
        }
        self.parent[b] = a;
        Ok(())
    }

    fn unify_known(&mut self, term: TypeTerm, ty: Type) -> Result<(), String> {
        let known = self.fresh();
        self.known[known] = Some(ty);
        self.unify(term, known)
    }

    /// The term of a written type: a known one or a variable (`T`, `U`, ...). An unknown `T` is the root's type.
    fn written_type(&mut self, name: &str) -> Result<TypeTerm, String> {
        if let Some(ty) = Type::from_name(name) {
            let term = self.fresh();
            self.known[term] = Some(ty);
            return Ok(term);
        }
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Err(format!("`{name}` is not a type"));
        }
        if let Some((_, term)) = self.named.iter().find(|(n, _)| n == name) {
            return Ok(*term);
        }
        if name == "T" {
            // Term 0 is the controlling type of the root.
            self.named.push(("T".to_string(), 0));
            return Ok(0);
        }
        if !self.binding {
            return Err(format!("the left-hand side does not bind type `{name}`"));
        }
        let term = self.fresh();
        self.named.push((name.to_string(), term));
        Ok(term)
    }

    /// Splits `name:TYPE`.
    fn annotated<'a>(&mut self, word: &'a str) -> Result<(&'a str, Option<TypeTerm>), String> {
        match word.split_once(':') {
            Some((name, ty)) => Ok((name, Some(self.written_type(ty)?))),
            None => Ok((word, None)),
        }
    }

    fn slot(&mut self, name: &str, ty: TypeTerm) -> Result<u8, String> {
        let index = match self.slots.iter().position(|(n, _)| n == name) {
            Some(index) => index,
            None if self.binding => {
                self.slots.push((name.to_string(), ty));
                self.slots.len() - 1
            }
            None => return Err(format!("the left-hand side does not bind `{name}`")),
        };
        let known = self.slots[index].1;
        self.unify(known, ty)?;
        Ok(index as u8)
    }

    /// `T` terms travel as `TypeRef::Var(term)` until they are resolved.
    fn term(term: TypeTerm) -> TypeRef {
        TypeRef::Var(term as u8)
    }

    /// Types of operands from the controlling type.
    fn operand_type(&mut self, op: Op, index: usize, ty: TypeTerm) -> Result<TypeTerm, String> {
        let fixed = match op.info().types {
            TypeRule::Select if index == 0 => Type::I1,
            TypeRule::PtrToInt => Type::Ptr,
            TypeRule::IntToPtr => Type::I64,
            TypeRule::PtrAdd if index == 1 => Type::I64,
            TypeRule::Extend
            | TypeRule::Reduce
            | TypeRule::Promote
            | TypeRule::Demote
            | TypeRule::FloatToInt
            | TypeRule::IntToFloat
            | TypeRule::Bitcast => return Ok(self.fresh()),
            _ => return Ok(ty),
        };
        let term = self.fresh();
        self.unify_known(term, fixed)?;
        Ok(term)
    }

    /// Ties the controlling type of an operation to the type of its result and to what the table says.
    fn controlling_type(&mut self, op: Op, ty: TypeTerm, result: TypeTerm) -> Result<(), String> {
        match op.info().types {
            TypeRule::IntCompare | TypeRule::FloatCompare => self.unify_known(result, Type::I1)?,
            _ => self.unify(result, ty)?,
        }
        match op.info().types {
            TypeRule::PtrToInt => self.unify_known(ty, Type::I64),
            TypeRule::IntToPtr | TypeRule::PtrAdd | TypeRule::Address => self.unify_known(ty, Type::Ptr),
            _ => Ok(()),
        }
    }

    fn pattern(&mut self, sexp: &Sexp, result: TypeTerm, root: Option<TypeTerm>, rhs: bool) -> Result<Pattern, String> {
        match sexp {
            Sexp::Word(word) => {
                let (name, ty) = self.annotated(word)?;
                if let Some(ty) = ty {
                    self.unify(result, ty)?;
                }
                if name.starts_with('?') || name.starts_with('$') {
                    return Ok(Pattern::Slot(self.slot(name, result)?));
                }
                Ok(Pattern::Literal(literal(name)?, Parser::term(result)))
            }
            Sexp::Brace(items) if rhs => Ok(Pattern::Computed(self.const_expr(items, result)?)),
            Sexp::Brace(_) => Err("`{...}` on the left-hand side".to_string()),
            Sexp::Paren(items) => {
                let Some(Sexp::Word(head)) = items.first() else { return Err("an operation is missing".to_string()) };
                let fresh = match root {
                    Some(root) => root,
                    None => self.fresh(),
                };
                let (name, written) = self.annotated(head)?;
                let op = operation(name).ok_or_else(|| format!("unknown operation `{name}`"))?;
                if let Some(written) = written {
                    self.unify(fresh, written)?;
                }
                let arity = op_arity(op).ok_or_else(|| format!("`{name}` is not an operation on values"))?;
                if items.len() != arity + 1 {
                    return Err(format!("`{name}` takes {arity} operands"));
                }
                self.controlling_type(op, fresh, result)?;
                let mut args = Vec::new();
                for (index, item) in items[1..].iter().enumerate() {
                    let ty = self.operand_type(op, index, fresh)?;
                    args.push(self.pattern(item, ty, None, rhs)?);
                }
                Ok(Pattern::Node { op, ty: Parser::term(fresh), args })
            }
        }
    }

    fn const_expr(&mut self, items: &[Sexp], result: TypeTerm) -> Result<ConstExpr, String> {
        let Some(Sexp::Word(head)) = items.first() else { return Err("a function is missing".to_string()) };
        let args = &items[1..];
        let (name, written) = self.annotated(head)?;
        if name == "width" {
            let [Sexp::Word(of)] = args else { return Err("`width` takes a type".to_string()) };
            let of = self.written_type(of)?;
            return Ok(ConstExpr::Width(Parser::term(of), Parser::term(result)));
        }
        if let Some(function) = const_fns().find(|f| f.name == name) {
            if args.len() != function.arity {
                return Err(format!("`{name}` takes {} arguments", function.arity));
            }
            let args = args.iter().map(|arg| self.const_arg(arg, result)).collect::<Result<_, _>>()?;
            return Ok(ConstExpr::Named { function, ty: Parser::term(result), args });
        }
        let op = operation(name).filter(|op| op.info().eval.is_some());
        let op = op.ok_or_else(|| format!("unknown function `{name}`"))?;
        if op_arity(op) != Some(args.len()) {
            return Err(format!("wrong number of arguments for `{name}`"));
        }
        let ty = self.fresh();
        if let Some(written) = written {
            self.unify(ty, written)?;
        }
        self.controlling_type(op, ty, result)?;
        let mut from = ty;
        let mut operands = Vec::new();
        for (index, arg) in args.iter().enumerate() {
            let operand = self.operand_type(op, index, ty)?;
            if index == 0 {
                from = operand;
            }
            operands.push(self.const_arg(arg, operand)?);
        }
        Ok(ConstExpr::Op { op, ty: Parser::term(ty), from: Parser::term(from), args: operands })
    }

    fn const_arg(&mut self, sexp: &Sexp, ty: TypeTerm) -> Result<ConstExpr, String> {
        match sexp {
            Sexp::Brace(items) => self.const_expr(items, ty),
            Sexp::Word(word) => {
                let (name, written) = self.annotated(word)?;
                if let Some(written) = written {
                    self.unify(ty, written)?;
                }
                if name.starts_with('$') {
                    return Ok(ConstExpr::Slot(self.slot(name, ty)?));
                }
                Ok(ConstExpr::Literal(literal(name)?, Parser::term(ty)))
            }
            Sexp::Paren(_) => Err("an operation where a constant belongs".to_string()),
        }
    }

    fn condition(&mut self, sexp: &Sexp) -> Result<Condition, String> {
        match sexp {
            Sexp::Brace(items) => {
                let ty = self.fresh();
                self.unify_known(ty, Type::I1)?;
                Ok(Condition::Holds(self.const_expr(items, ty)?))
            }
            Sexp::Word(word) => Err(format!("`{word}` is not a condition")),
            Sexp::Paren(items) => {
                let Some(Sexp::Word(name)) = items.first() else { return Err("a condition is missing".to_string()) };
                let args = &items[1..];
                if let Some(info) = FACT_CONDITIONS.iter().find(|c| c.name == *name) {
                    return self.fact_condition(info, args);
                }
                if let Some(info) = TYPE_CONDITIONS.iter().find(|c| c.name == *name) {
                    if info.arity.is_some_and(|n| n != args.len()) || args.is_empty() {
                        return Err(format!("wrong number of arguments for `{name}`"));
                    }
                    let args = args.iter().map(|arg| self.type_arg(arg)).collect::<Result<_, _>>()?;
                    return Ok(Condition::Types { info, args });
                }
                let info = TARGET_CONDITIONS.iter().find(|c| c.name == *name);
                let info = info.ok_or_else(|| format!("unknown condition `{name}`"))?;
                let op = match args {
                    [] if !info.takes_op => None,
                    [Sexp::Word(op), ty] if info.takes_op => {
                        let op = operation(op).ok_or_else(|| format!("unknown operation `{op}`"))?;
                        Some((op, self.type_arg(ty)?))
                    }
                    _ => return Err(format!("wrong arguments for `{name}`")),
                };
                Ok(Condition::Target { info, op })
            }
        }
    }

    fn type_arg(&mut self, sexp: &Sexp) -> Result<TypeRef, String> {
        let Sexp::Word(name) = sexp else { return Err("a type is missing".to_string()) };
        Ok(Parser::term(self.written_type(name)?))
    }

    fn fact_condition(&mut self, info: &'static FactCondition, args: &[Sexp]) -> Result<Condition, String> {
        if args.len() != info.arity {
            return Err(format!("`{}` takes {} arguments", info.name, info.arity));
        }
        let (args, ty) = match args.split_last() {
            Some((last, rest)) if info.takes_type => (rest, Some(self.type_arg(last)?)),
            _ => (args, None),
        };
        let term = self.fresh();
        let args = args
            .iter()
            .map(|arg| match arg {
                Sexp::Word(word) if word.starts_with('?') => Ok(ConstExprOrVar::Var(self.slot(word, term)?)),
                _ => Ok(ConstExprOrVar::Const(self.const_arg(arg, term)?)),
            })
            .collect::<Result<_, String>>()?;
        Ok(Condition::Fact { info, args, ty })
    }

    fn resolve(&mut self, term: TypeTerm, numbers: &[TypeTerm]) -> Result<TypeRef, String> {
        let term = self.find(term);
        if let Some(ty) = self.known[term] {
            return Ok(TypeRef::Known(ty));
        }
        let index = numbers.iter().position(|&n| n == term).ok_or("a type is not bound by the left-hand side")?;
        Ok(TypeRef::Var(index as u8))
    }

    fn resolve_ref(&mut self, ty: TypeRef, numbers: &[TypeTerm]) -> Result<TypeRef, String> {
        match ty {
            TypeRef::Known(_) => Ok(ty),
            TypeRef::Var(term) => self.resolve(term as usize, numbers),
        }
    }

    fn resolve_pattern(&mut self, pattern: Pattern, numbers: &[TypeTerm]) -> Result<Pattern, String> {
        Ok(match pattern {
            Pattern::Slot(slot) => Pattern::Slot(slot),
            Pattern::Literal(literal, ty) => Pattern::Literal(literal, self.resolve_ref(ty, numbers)?),
            Pattern::Computed(expr) => Pattern::Computed(self.resolve_const(expr, numbers)?),
            Pattern::Node { op, ty, args } => Pattern::Node {
                op,
                ty: self.resolve_ref(ty, numbers)?,
                args: args.into_iter().map(|arg| self.resolve_pattern(arg, numbers)).collect::<Result<_, _>>()?,
            },
        })
    }

    fn resolve_const(&mut self, expr: ConstExpr, numbers: &[TypeTerm]) -> Result<ConstExpr, String> {
        Ok(match expr {
            ConstExpr::Slot(slot) => ConstExpr::Slot(slot),
            ConstExpr::Literal(literal, ty) => ConstExpr::Literal(literal, self.resolve_ref(ty, numbers)?),
            ConstExpr::Width(of, ty) => {
                ConstExpr::Width(self.resolve_ref(of, numbers)?, self.resolve_ref(ty, numbers)?)
            }
            ConstExpr::Op { op, ty, from, args } => ConstExpr::Op {
                op,
                ty: self.resolve_ref(ty, numbers)?,
                from: self.resolve_ref(from, numbers)?,
                args: args.into_iter().map(|arg| self.resolve_const(arg, numbers)).collect::<Result<_, _>>()?,
            },
            ConstExpr::Named { function, ty, args } => ConstExpr::Named {
                function,
                ty: self.resolve_ref(ty, numbers)?,
                args: args.into_iter().map(|arg| self.resolve_const(arg, numbers)).collect::<Result<_, _>>()?,
            },
        })
    }

    fn resolve_condition(&mut self, condition: Condition, numbers: &[TypeTerm]) -> Result<Condition, String> {
        Ok(match condition {
            Condition::Fact { info, args, ty } => Condition::Fact {
                info,
                args: args
                    .into_iter()
                    .map(|arg| {
                        Ok(match arg {
                            ConstExprOrVar::Var(slot) => ConstExprOrVar::Var(slot),
                            ConstExprOrVar::Const(expr) => ConstExprOrVar::Const(self.resolve_const(expr, numbers)?),
                        })
                    })
                    .collect::<Result<_, String>>()?,
                ty: ty.map(|ty| self.resolve_ref(ty, numbers)).transpose()?,
            },
            Condition::Types { info, args } => {
                let args = args.into_iter().map(|t| self.resolve_ref(t, numbers)).collect::<Result<_, _>>()?;
                Condition::Types { info, args }
            }
            Condition::Target { info, op } => {
                let op = op.map(|(op, ty)| self.resolve_ref(ty, numbers).map(|ty| (op, ty))).transpose()?;
                Condition::Target { info, op }
            }
            Condition::Holds(expr) => Condition::Holds(self.resolve_const(expr, numbers)?),
        })
    }
}

/// The number of operands of an operation on values.
pub fn op_arity(op: Op) -> Option<usize> {
    use lang_ir::ops::Shape;
    match op.info().shape {
        Shape::Unary => Some(1),
        Shape::Binary => Some(2),
        Shape::Ternary => Some(3),
        _ => None,
    }
}

fn literal(word: &str) -> Result<Literal, String> {
    if let Ok(value) = word.parse::<i128>() {
        return Ok(Literal::Int(value));
    }
    let is_float = word.contains('.') && word.parse::<f64>().is_ok();
    match word.parse::<f64>() {
        Ok(value) if is_float => Ok(Literal::Float(value)),
        _ => Err(format!("`{word}` is neither a variable nor a literal")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lhs: &'static str, rhs: &'static str, conditions: &'static [&'static str]) -> Result<Rule, String> {
        let row = Box::leak(Box::new(rule("test", Tier::A, lhs, rhs, conditions, "")));
        Rule::parse(row)
    }

    #[test]
    fn types_are_inferred() {
        let rule = parse("(iadd ?x (ineg ?y))", "(isub ?x ?y)", &[]).unwrap();
        assert_eq!(rule.types, ["T"]);
        assert!(rule.slots.iter().all(|s| s.ty == TypeRef::Var(0)));
        let rule = parse("(ireduce (uextend:U ?x:V))", "(ireduce:T ?x)", &["(wider V T)"]).unwrap();
        assert_eq!(rule.types, ["T", "U", "V"]);
        assert!(rule.accepts_types(&[Type::I8, Type::I64, Type::I32]));
        assert!(!rule.accepts_types(&[Type::I32, Type::I64, Type::I32]));
        let rule = parse("(select (icmp_eq ?x 0) ?a ?b)", "(select (icmp_ne ?x 0) ?b ?a)", &[]).unwrap();
        assert_eq!(rule.types.len(), 2);
        assert_eq!(rule.slots[0].ty, TypeRef::Var(1));
    }

    #[test]
    fn wrong_rows_are_refused() {
        for (lhs, rhs, conditions, what) in [
            ("?x", "?x", &[][..], "no operation"),
            ("(iadd ?x ?y)", "?z", &[], "bind `?z`"),
            ("(iadd ?x)", "?x", &[], "takes 2 operands"),
            ("(foo ?x)", "?x", &[], "unknown operation"),
            ("(iadd ?x 0)", "?x", &["(nice ?x)"], "unknown condition"),
            ("(iadd ?x 0)", "(uextend:U ?x)", &[], "bind type `U`"),
            ("(icmp_eq ?x:i8 0)", "?x", &[], "do not agree"),
            ("(iadd ?x 0", "?x", &[], "not one expression"),
            ("(iadd ?x 0)", "(ireduce (uextend ?x))", &[], "not bound"),
            ("(iadd ?x {log2 4})", "?x", &[], "left-hand side"),
            ("(iadd ?x zero)", "?x", &[], "neither"),
        ] {
            let error = parse(lhs, rhs, conditions).map(|_| ()).unwrap_err();
            assert!(error.contains(what), "{lhs}: {error}");
        }
    }

    #[test]
    fn literals_have_to_fit() {
        assert_eq!(Literal::Int(-1).bits(Type::I8), Some(255));
        assert_eq!(Literal::Int(2).bits(Type::I1), None);
        assert_eq!(Literal::Int(256).bits(Type::I8), None);
        assert_eq!(Literal::Float(-0.0).bits(Type::F32), Some(0x8000_0000));
        assert_eq!(Literal::Float(1e300).bits(Type::F32), None);
    }
}
