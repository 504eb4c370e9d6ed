//! Functions before and after.

use super::testing::*;
use super::*;
use lang_ir::{parse, print, verify};

fn module(text: &str) -> Module {
    let module = parse::module(text).unwrap_or_else(|e| panic!("{e}"));
    check(&module, "input");
    module
}

fn check(module: &Module, what: &str) {
    if let Err(violations) = verify::verify(module) {
        panic!("{what}\n{}\n{module}", verify::render(&violations));
    }
}

/// Optimizes every function with a body.
fn optimize(module: &Module, options: &EgraphOptions) -> (Module, EgraphStats) {
    let mut result = module.clone();
    let mut stats = EgraphStats::default();
    for (_, func) in result.functions.iter_mut().filter(|(_, f)| f.is_definition()) {
        stats.add(&optimize_function(module, func, options));
    }
    assert_eq!(stats.abandoned, 0, "{module}");
    check(&result, &format!("{module}\nbecame"));
    (result, stats)
}

/// The text of the only function of a module after optimization.
fn optimized(text: &str) -> String {
    let module = module(text);
    let (result, _) = optimize(&module, &EgraphOptions::default());
    let (id, _) = result.functions.iter().find(|(_, f)| f.is_definition()).unwrap();
    print::function(&result, id)
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

/// Compares runs of a random function before and after.
fn compare(seed: u64, statements: u32, options: &EgraphOptions) {
    let (module, id) = random_module(seed, statements, !seed.is_multiple_of(4));
    check(&module, "random input");
    let (result, _) = optimize(&module, options);
    let mut random = Random::new(seed ^ 0xabcdef);
    for _ in 0..12 {
        let (args, buffers) = arguments(&mut random);
        let before = run(&module.functions[id], &args, &buffers);
        if matches!(before.outcome, Outcome::OutOfFuel) {
            continue;
        }
        assert!(!matches!(before.outcome, Outcome::Undefined(_)), "seed {seed}: {:?}", before.outcome);
        let after = run(&result.functions[id], &args, &buffers);
        assert_eq!(before, after, "seed {seed}, {args:x?}\n{module}\n{result}");
    }
}

#[test]
fn random_functions_do_the_same() {
    for seed in 0..400 {
        compare(seed, 4 + (seed % 40) as u32, &EgraphOptions::default());
    }
}

#[test]
fn simple_rules_reach_a_fixpoint() {
    let text = optimized(
        "export fn @f(i64, i64) -> i64 {
block0(v0: i64, v1: i64):
  v2 = iconst.i64 0
  v3 = iadd.i64 v2, v0
  v4 = iconst.i64 8
  v5 = imul.i64 v4, v3
  v6 = isub.i64 v1, v1
  v7 = iadd.i64 v5, v6
  return v7
}",
    );
    assert!(text.contains("ishl.i64") && !text.contains("imul") && !text.contains("isub"), "{text}");
    assert_eq!(count(&text, " = "), 2, "{text}");
}

#[test]
fn bounds_check_of_a_counted_loop_goes() {
    let text = optimized(
        "export fn @sum(ptr, i64) -> i64 {
block0(v0: ptr, v1: i64):
  v2 = iconst.i64 0
  jump block1(v2, v2)
block1(v3: i64, v4: i64):
  v5 = icmp_slt.i64 v3, v1
  brif v5, block2, block3
block2:
  v6 = icmp_ule.i64 v1, v3
  trapif v6, bounds(v3, v1)
  v7 = iconst.i64 8
  v8 = imul.i64 v3, v7
  v9 = ptr_add v0, v8
  v10 = load.i64 v9
  v11 = iadd.i64 v4, v10
  v12 = iconst.i64 1
  v13 = iadd.i64 v3, v12
  jump block1(v13, v11)
block3:
  return v4
}",
    );
    assert_eq!(count(&text, "trapif"), 0, "{text}");
}

#[test]
fn bounds_checks_of_neighbours_go_with_one_relation() {
    // for i in 1..n { if i - 1 is out of bounds ...; j = i; while j > 0 { a[j - 1], a[j] } }
    let text = optimized(
        "export fn @f(i64) -> i64 {
block0(v0: i64):
  v1 = iconst.i64 1
  jump block1(v1)
block1(v2: i64):
  v3 = icmp_slt.i64 v2, v0
  brif v3, block2, block5
block2:
  jump block3(v2)
block3(v4: i64):
  v5 = iconst.i64 0
  v6 = icmp_slt.i64 v5, v4
  brif v6, block4, block6
block4:
  v7 = iconst.i64 -1
  v8 = iadd.i64 v4, v7
  v9 = icmp_ule.i64 v0, v8
  trapif v9, bounds(v8, v0)
  v10 = icmp_ule.i64 v0, v4
  trapif v10, bounds(v4, v0)
  jump block3(v8)
block6:
  v11 = iadd.i64 v2, v1
  jump block1(v11)
block5:
  return v0
}",
    );
    assert_eq!(count(&text, "trapif"), 0, "{text}");
}

#[test]
fn bounds_check_of_an_inclusive_range_goes() {
    // A slice of length n + 1, for i in 0..=n, which ends by comparing i with n.
    let program = |test: &str, step: i64| {
        format!(
            "export fn @f(i64, i64) -> i64 {{
block0(v0: i64, v9: i64):
  v1 = iconst.i64 1
  v2 = iadd.i64 v0, v1
  v3 = iconst.i64 0
  v4 = icmp_sle.i64 v3, v0
  brif v4, block1(v3), block3
block1(v5: i64):
  v6 = icmp_ule.i64 v2, v5
  trapif v6, bounds(v5, v2)
  v7 = icmp_eq.i64 v5, {test}
  brif v7, block3, block2
block2:
  v10 = iconst.i64 {step}
  v8 = iadd.i64 v5, v10
  jump block1(v8)
block3:
  return v2
}}"
        )
    };
    for (test, step, left) in [("v0", 1, 0), ("v0", 2, 1), ("v9", 1, 1)] {
        let text = optimized(&program(test, step));
        assert_eq!(count(&text, "trapif"), left, "{test} {step}\n{text}");
    }
}

#[test]
fn guards_stay_where_nothing_is_proved() {
    // The index may be negative; the limit is another one; the step wraps.
    for (start, limit, step) in [("v8", "v1", 1), ("v2", "v0", 1), ("v2", "v1", 2)] {
        let text = optimized(&format!(
            "export fn @f(i64, i64, i64) -> i64 {{
block0(v0: i64, v1: i64, v8: i64):
  v2 = iconst.i64 0
  jump block1({start})
block1(v3: i64):
  v4 = icmp_slt.i64 v3, {limit}
  brif v4, block2, block3
block2:
  v5 = icmp_ule.i64 v1, v3
  trapif v5, bounds(v3, v1)
  v6 = iconst.i64 {step}
  v7 = iadd.i64 v3, v6
  jump block1(v7)
block3:
  return v3
}}"
        ));
        assert_eq!(count(&text, "trapif"), 1, "{text}");
    }
}

#[test]
fn differences_may_wrap_and_counters_too() {
    // i <= n says nothing about i - 1 < n if i may be 0.
    for (least, left) in [(0, 2), (1, 1)] {
        let text = optimized(&format!(
            "export fn @f(i64, i64) -> i64 {{
block0(v0: i64, v1: i64):
  v2 = iconst.i64 {least}
  v3 = icmp_ult.i64 v1, v0
  v4 = icmp_ult.i64 v0, v2
  v5 = bor.i1 v3, v4
  trapif v5, bounds(v0, v1)
  v6 = iconst.i64 -1
  v7 = iadd.i64 v0, v6
  v8 = icmp_ule.i64 v1, v7
  trapif v8, bounds(v7, v1)
  return v7
}}"
        ));
        assert_eq!(count(&text, "trapif"), left, "{text}");
    }
    // A counter stays above its start unless it wraps.
    for (step, left) in [(1, 0), (2, 1)] {
        let text = optimized(&format!(
            "export fn @f(i64, i64) -> i64 {{
block0(v0: i64, v1: i64):
  jump block1(v0)
block1(v2: i64):
  v3 = icmp_slt.i64 v2, v1
  brif v3, block2, block3
block2:
  v4 = icmp_slt.i64 v2, v0
  trapif v4, bounds(v2, v0)
  v5 = iconst.i64 {step}
  v6 = iadd.i64 v2, v5
  jump block1(v6)
block3:
  return v2
}}"
        ));
        assert_eq!(count(&text, "trapif"), left, "{text}");
    }
}

#[test]
fn decided_branches_and_guards_fold() {
    let text = optimized(
        "export fn @f(i64, i64) -> i64 {
block0(v0: i64, v1: i64):
  v2 = icmp_slt.i64 v0, v1
  brif v2, block1, block4
block1:
  v3 = icmp_sle.i64 v1, v0
  trapif v3, bounds(v0, v1)
  v4 = icmp_slt.i64 v0, v1
  brif v4, block2, block3
block2:
  return v0
block3:
  v5 = imul.i64 v0, v1
  return v5
block4:
  trapif v2, bounds(v0, v1)
  v6 = icmp_eq.i64 v0, v0
  trapif v6, panic(v1, v1)
  return v1
}"
        .replace("panic(v1, v1)", "assert")
        .as_str(),
    );
    assert_eq!((count(&text, "trapif"), count(&text, "brif"), count(&text, "imul")), (0, 1, 0), "{text}");
    assert!(text.contains("trap assert"), "{text}");
}

/// Run by hand: `cargo test --release -p lang-opt speed -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
#[allow(clippy::print_stdout, reason = "prints a table on request")]
fn speed() {
    for statements in [300, 300, 1500, 6000, 24_000] {
        let (module, id) = random_module(42, statements, false);
        let before = module.functions[id].num_insts();
        let mut func = module.functions[id].clone();
        let start = std::time::Instant::now();
        let stats = optimize_function(&module, &mut func, &EgraphOptions::default());
        let time = start.elapsed();
        println!(
            "{before} instructions to {}: {:.2} us each; {} nodes, {} classes, {} rounds, {} decided, cost {} to {}",
            func.num_insts(),
            time.as_secs_f64() * 1e6 / before as f64,
            stats.nodes,
            stats.classes,
            stats.rounds,
            stats.decided,
            stats.cost_before,
            stats.cost_after,
        );
    }
}

/// Run by hand: `cargo test --release -p lang-opt campaign -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn campaign() {
    for seed in 100_000..112_000 {
        compare(seed, 4 + (seed % 60) as u32, &EgraphOptions::default());
    }
}

#[test]
fn loads_are_forwarded_unless_something_may_write() {
    let program = |between: &str| {
        format!(
            "import fn @effect(ptr)
import fn @look(ptr) readonly
export fn @f(ptr, ptr noalias, i64) -> i64 {{
  ss0 = slot size 16 align 8
  ss1 = slot size 16 align 8
block0(v0: ptr, v1: ptr, v2: i64):
  v3 = slot_addr ss0
  v4 = slot_addr ss1
  call @look(v4)
  store.i64 v2, v3+8
  v5 = load.i64 v0
  {between}
  v6 = load.i64 v3+8
  v7 = load.i64 v0
  v8 = iadd.i64 v6, v7
  v9 = iadd.i64 v8, v5
  return v9
}}"
        )
    };
    // Loads that are left of three: the first always is.
    for (between, left) in [
        ("", 1),
        ("store.i64 v2, v3", 1),
        ("store.i64 v2, v4", 1),
        ("store.i64 v2, v0+8", 1),
        ("store.i64 v2, v0+4 align 1", 2),
        ("store.i64 v2, v1", 2),
        ("call @effect(v0)", 2),
        ("call @effect(v4)", 2),
        ("call @effect(v3)", 3),
        ("call @look(v3)", 1),
        ("v20 = iconst.i8 1\n  memset v0, v20, v2 align 1", 2),
    ] {
        let text = optimized(&program(between));
        assert_eq!(count(&text, "load.i64"), left, "{between}\n{text}");
    }
}

#[test]
fn loads_are_forwarded_over_joins_and_into_loops_if_nothing_writes_on_the_way() {
    for (store, left) in [("", 1), ("store.i64 v2, v0", 3)] {
        let text = optimized(&format!(
            "export fn @f(ptr, i64) -> i64 {{
block0(v0: ptr, v1: i64):
  v2 = load.i64 v0
  v3 = iconst.i64 0
  jump block1(v3)
block1(v4: i64):
  v5 = load.i64 v0
  v6 = icmp_slt.i64 v4, v5
  brif v6, block2, block3
block2:
  {store}
  v7 = iadd.i64 v4, v2
  jump block1(v7)
block3:
  v8 = load.i64 v0
  v9 = iadd.i64 v8, v5
  return v9
}}"
        ));
        // A store in the loop: what the header loaded still holds behind the loop.
        let left = if left == 3 { 2 } else { left };
        assert_eq!(count(&text, "load.i64"), left, "{text}");
    }
}

#[test]
fn equal_divisions_merge_and_stay_behind_their_guard() {
    let text = optimized(
        "export fn @f(i64, i64) -> i64 {
block0(v0: i64, v1: i64):
  v2 = iconst.i64 0
  v3 = icmp_eq.i64 v1, v2
  trapif v3, div_zero()
  v4 = udiv.i64 v0, v1
  trapif v3, div_zero()
  v5 = udiv.i64 v0, v1
  v6 = iadd.i64 v4, v5
  return v6
}",
    );
    assert_eq!((count(&text, "udiv"), count(&text, "trapif")), (1, 1), "{text}");
    assert!(text.find("trapif") < text.find("udiv"), "{text}");
}

#[test]
fn invariants_leave_loops_and_partial_operations_do_not() {
    let text = optimized(
        "export fn @f(i64, i64, i64) -> i64 {
block0(v0: i64, v1: i64, v2: i64):
  v3 = iconst.i64 0
  v4 = iconst.i64 1
  jump block1(v3, v3)
block1(v5: i64, v6: i64):
  v7 = icmp_slt.i64 v5, v0
  brif v7, block2, block3
block2:
  v8 = imul.i64 v1, v2
  v9 = icmp_eq.i64 v2, v3
  trapif v9, div_zero()
  v10 = udiv.i64 v1, v2
  v11 = iadd.i64 v8, v10
  v12 = iadd.i64 v6, v11
  v13 = iadd.i64 v5, v4
  jump block1(v13, v12)
block3:
  return v6
}",
    );
    let (product, header, division) = (text.find("imul"), text.find("block1("), text.find("udiv"));
    assert!(product < header.map(|at| at - 1) && division > header, "{text}");
}

#[test]
fn a_picture_shows_rules_and_says_what_it_leaves_out() {
    let text = "export fn @f(i64) -> i64 {
block0(v0: i64):
  v1 = iconst.i64 8
  v2 = imul.i64 v0, v1
  return v2
}";
    let small = module(text);
    let dot = dot(&small, &small.functions[lang_ir::FuncId::from_u32(0)], &EgraphOptions::default());
    assert!(dot.contains("ishl.i64\\nimul-pow2") && !dot.contains("not shown"), "{dot}");
    let (big, id) = random_module(1, 500, false);
    let dot = super::dot(&big, &big.functions[id], &EgraphOptions::default());
    assert!(dot.contains("not shown"), "{dot}");
}

#[test]
fn two_constants_in_one_class_are_noticed() {
    let mut graph = new_graph();
    let [one, two] = [1, 2].map(|bits| node::add_constant(&mut graph, lang_ir::Type::I8, bits));
    graph.union(one, two);
    assert_eq!(graph.analysis.conflict.map(|c| c.bits.iter().sum::<u128>()), Some(3));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for seed in [3, 17, 99] {
        let (module, _) = random_module(seed, 200, true);
        let once = optimize(&module, &EgraphOptions::default()).0.to_string();
        assert_eq!(once, optimize(&module, &EgraphOptions::default()).0.to_string());
    }
}

/// Functions of shapes that make careless algorithms quadratic.
fn shaped(shape: &str, size: u32) -> (Module, Function) {
    use lang_ir::builder::Builder;
    use lang_ir::*;
    let mut func = Function::new(shape, Linkage::Export, Signature::new(&[Type::I64, Type::Ptr], &[Type::I64]));
    let entry = func.new_block();
    func.layout.push(entry);
    let [n, memory] = [Type::I64, Type::Ptr].map(|ty| func.append_param(entry, ty));
    let mut b = Builder::new(&mut func, entry);
    let mut x = n;
    for k in 0..size {
        let mem = MemFlags::natural(Type::I64, 8 * (k as i32 % 4000));
        match shape {
            "chain" => {
                let (three, c) = (b.iconst(Type::I64, 3), b.iconst(Type::I64, k as i128));
                x = b.imul(x, three);
                x = b.iadd(x, c);
            }
            "sum" => {
                let y = b.load(Type::I64, memory, mem);
                x = b.iadd(x, y);
            }
            "guards" => {
                let y = b.load(Type::I64, memory, mem);
                let outside = b.icmp_ule(n, y);
                b.trapif(outside, TrapCode::Bounds, &[y, n]);
                x = y;
            }
            "stores" => {
                let at = b.ptr_add(memory, x);
                b.store(x, at, mem);
                x = b.load(Type::I64, memory, mem);
            }
            "diamonds" => {
                let [then, join] = [0, 1].map(|_| b.func.new_block());
                b.func.layout.extend([then, join]);
                let c = b.iconst(Type::I64, k as i128);
                let less = b.icmp_slt(x, c);
                b.brif(less, BlockCall::new(then, &[]), BlockCall::new(join, &[x]));
                b.switch_to(then);
                let y = b.iadd(x, c);
                b.jump(join, &[y]);
                x = b.func.append_param(join, Type::I64);
                b.switch_to(join);
            }
            _ => {
                // Nested counters, never left.
                let body = b.func.new_block();
                b.func.layout.push(body);
                b.jump(body, &[x]);
                b.switch_to(body);
                let p = b.func.append_param(body, Type::I64);
                let one = b.iconst(Type::I64, 1);
                let next = b.iadd(p, one);
                let exit = b.func.new_block();
                b.func.layout.push(exit);
                let more = b.icmp_slt(next, n);
                b.brif(more, BlockCall::new(body, &[next]), BlockCall::new(exit, &[]));
                b.switch_to(exit);
                x = next;
            }
        }
    }
    b.return_(&[x]);
    (Module::default(), func)
}

/// Run by hand: `cargo test --release -p lang-opt shapes -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
#[allow(clippy::print_stdout, reason = "prints a table on request")]
fn shapes() {
    for shape in ["chain", "sum", "guards", "stores", "diamonds", "loops"] {
        for size in [1000, 10_000] {
            let (module, func) = shaped(shape, size);
            let mut func = func.clone();
            let before = func.num_insts();
            let start = std::time::Instant::now();
            let stats = optimize_function(&module, &mut func, &EgraphOptions::default());
            let time = start.elapsed().as_secs_f64() * 1e6 / before as f64;
            println!(
                "{shape}: {before} instructions, {time:.2} us each, {} nodes, {} rounds",
                stats.nodes, stats.rounds
            );
        }
    }
}
