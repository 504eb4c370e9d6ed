//! Every check of memory, with what the user reads.

use super::{call, message, module};
use crate::{Config, Machine, Stop};

const RT: &str = "import fn @lang_rt_alloc(i64, i64, i8) -> ptr\nimport fn @lang_rt_free(ptr)\nfile 0 \"a.lang\"\n";

/// A function `f` whose body starts with `v0` = 40 bytes of the heap that are zero.
fn heap(body: &str) -> String {
    format!(
        "{RT}export fn @f() -> i64 {{\nblock0:\n v1 = iconst.i64 40\n v2 = iconst.i64 8\n v3 = iconst.i8 1\n \
         v0 = call @lang_rt_alloc(v1, v2, v3) @ 0:3:5\n{body} return v1\n}}\n"
    )
}

#[test]
fn out_of_bounds() {
    let place = "40 bytes that were allocated at a.lang:3:5 in f";
    for (body, at) in [
        (" v9 = load.i64 v0+40\n", "read of 8 bytes at offset 40"),
        (" v9 = load.i64 v0+33 align 1\n", "read of 8 bytes at offset 33"),
        (" v9 = load.i8 v0-1\n", "read of 1 byte at offset -1"),
        (" v9 = load.i32 v0-4\n", "read of 4 bytes at offset -4"),
        (" v9 = load.i128 v0+32 align 8\n", "read of 16 bytes at offset 32"),
        (" store.i64 v1, v0+40\n", "write of 8 bytes at offset 40"),
        (" v9 = ptr_add v0, v1\n v10 = load.i8 v9\n", "read of 1 byte at offset 40"),
        (" v9 = imul.i64 v1, v2\n v10 = ptr_add v0, v9\n v11 = load.i64 v10\n", "read of 8 bytes at offset 320"),
        (" v9 = iconst.i64 41\n memset v0, v3, v9 align 1\n", "write of 41 bytes at offset 0"),
        (" v9 = iconst.i64 -1\n memset v0, v3, v9 align 1\n", "write of 18446744073709551615 bytes at offset 0"),
        (
            " v9 = iconst.i64 7000000000\n v10 = ptr_add v0, v9\n v11 = load.i8 v10\n",
            "read of 1 byte at offset 7000000000",
        ),
    ] {
        let expected = format!("invalid memory access: out of bounds: {at} of {place}");
        assert_eq!(message(&heap(body), &[]), expected, "{body}");
    }
    let fine = heap(
        " v9 = load.i64 v0+32\n v10 = load.i8 v0+39\n v11 = iconst.i64 0\n v12 = ptr_add v0, v1\n memset v12, v3, v11 align 1\n",
    );
    assert_eq!(call(&module(&fine), "f", &[]), Ok(vec![40]));
}

#[test]
fn use_after_free() {
    let body = " call @lang_rt_free(v0) @ 0:4:5\n v9 = load.i64 v0+8\n";
    assert_eq!(
        message(&heap(body), &[]),
        "invalid memory access: use after free: read of 8 bytes at offset 8 of 40 bytes that were allocated at a.lang:3:5 \
         in f, freed at a.lang:4:5 in f"
    );
    // Also when other memory was allocated since, however much.
    let body = " call @lang_rt_free(v0)\n v20 = iconst.i64 0\n jump block1(v20)\nblock1(v21: i64):\n \
                v22 = call @lang_rt_alloc(v1, v2, v3)\n call @lang_rt_free(v22)\n v23 = iconst.i64 1\n \
                v24 = iadd.i64 v21, v23\n v25 = iconst.i64 100000\n v26 = icmp_slt.i64 v24, v25\n \
                brif v26, block1(v24), block2\nblock2:\n store.i64 v1, v0\n";
    assert_eq!(message(&heap(body), &[]), "invalid memory access: write of 8 bytes of memory that is gone");
}

#[test]
fn free_of_what_is_no_allocation() {
    let twice = " call @lang_rt_free(v0) @ 0:4:5\n call @lang_rt_free(v0)\n";
    assert_eq!(
        message(&heap(twice), &[]),
        "invalid memory access: 40 bytes that were allocated at a.lang:3:5 in f is freed twice, freed at a.lang:4:5 in f"
    );
    let inner = " v9 = ptr_add v0, v2\n call @lang_rt_free(v9)\n";
    assert_eq!(
        message(&heap(inner), &[]),
        "invalid memory access: free of a pointer to offset 8 of 40 bytes that were allocated at a.lang:3:5 in f"
    );
    let slot = format!(
        "{RT}export fn @f() {{\n ss0 = slot size 8 align 8\nblock0:\n v0 = slot_addr ss0\n call @lang_rt_free(v0)\n return\n}}\n"
    );
    assert_eq!(
        message(&slot, &[]),
        "invalid memory access: free of a pointer to offset 0 of a local variable of f (8 bytes)"
    );
    let wild = " v9 = iconst.ptr 123456789123\n call @lang_rt_free(v9)\n";
    assert_eq!(message(&heap(wild), &[]), "invalid memory access: free of a pointer that no allocation gave");
    let null = " v9 = iconst.ptr 0\n call @lang_rt_free(v9)\n";
    assert_eq!(call(&module(&heap(null)), "f", &[]), Ok(vec![40]));
}

#[test]
fn slots_end_with_their_function() {
    let text = "file 0 \"a.lang\"\nfn @g() -> ptr {\n ss0 = slot size 8 align 8\nblock0:\n v0 = iconst.i64 5\n \
                v1 = slot_addr ss0\n store.i64 v0, v1\n return v1 @ 0:9:3\n}\n\
                export fn @f() -> i64 {\nblock0:\n v0 = call @g()\n v1 = load.i64 v0\n return v1\n}\n";
    assert_eq!(
        message(text, &[]),
        "invalid memory access: use after return: read of 8 bytes at offset 0 of a local variable of g (8 bytes), which \
         returned at a.lang:9:3 in g"
    );
}

#[test]
fn undefined_bytes() {
    let slot = |body: &str| {
        format!(
            "export fn @f() -> i64 {{\n ss0 = slot size 16 align 8\n ss1 = slot size 16 align 8\nblock0:\n v0 = slot_addr ss0\n \
             v1 = slot_addr ss1\n v2 = iconst.i64 -1\n v3 = iconst.i64 16\n v4 = iconst.i8 0\n{body} return v9\n}}\n"
        )
    };
    let never = |text: &str, offset: u32, at: u32, bytes: u32| {
        let expected = format!(
            "invalid memory access: read of {bytes} bytes at offset {offset} of a local variable of f (16 bytes): the byte \
             at offset {at} was never written"
        );
        assert_eq!(message(text, &[]), expected, "{text}");
    };
    never(&slot(" v9 = load.i64 v0+8\n"), 8, 8, 8);
    never(&slot(" store.i32 v10, v0\n v9 = load.i64 v0\n").replace(" store", " v10 = iconst.i32 1\n store"), 0, 4, 8);
    // Copied undefined bytes stay undefined; copying them is fine.
    never(&slot(" store.i64 v2, v0\n memcpy v1, v0, v3 align 8, 8\n v9 = load.i64 v1+8\n"), 8, 8, 8);
    let copied = slot(" store.i64 v2, v0\n memcpy v1, v0, v3 align 8, 8\n v9 = load.i64 v1\n");
    assert_eq!(call(&module(&copied), "f", &[]), Ok(vec![u64::MAX as u128]));
    let filled = slot(" memset v0, v4, v3 align 8\n v9 = load.i64 v0+8\n");
    assert_eq!(call(&module(&filled), "f", &[]), Ok(vec![0]));

    let alloc = |zeroed: u32, body: &str| heap(body).replace("v3 = iconst.i8 1", &format!("v3 = iconst.i8 {zeroed}"));
    let read = " v9 = load.i64 v0\n";
    assert!(message(&alloc(0, read), &[]).ends_with("the byte at offset 0 was never written"));
    assert_eq!(call(&module(&alloc(1, read)), "f", &[]), Ok(vec![40]));
    // Undefined bytes that come into memory that was defined.
    let mixed = " v4 = iconst.i8 0\n v5 = call @lang_rt_alloc(v1, v2, v4)\n memcpy v0, v5, v2 align 8, 8\n \
                 v6 = load.i64 v0+8\n v7 = load.i64 v0\n";
    assert!(message(&alloc(1, mixed), &[]).ends_with("the byte at offset 0 was never written"));
    // A slot is undefined anew in every call.
    let again = "fn @g(i1) -> i64 {\n ss0 = slot size 8 align 8\nblock0(v0: i1):\n v1 = slot_addr ss0\n brif v0, block1, block2\n\
                 block1:\n v2 = iconst.i64 3\n store.i64 v2, v1\n jump block2\nblock2:\n v3 = load.i64 v1\n return v3\n}\n\
                 export fn @f() -> i64 {\nblock0:\n v0 = iconst.i1 1\n v1 = call @g(v0)\n v2 = iconst.i1 0\n v3 = call @g(v2)\n \
                 return v3\n}\n";
    assert!(
        message(again, &[]).ends_with("of a local variable of g (8 bytes): the byte at offset 0 was never written")
    );
}

#[test]
fn constants_and_alignment() {
    let text = "global @text const size 4 align 1 { \"abcd\" }\nglobal @state size 16 align 4\n\
                export fn @f(i64) -> i64 {\nblock0(v0: i64):\n v1 = global_addr @text\n v2 = global_addr @state\n \
                v3 = iconst.i64 0\n v4 = iconst.i64 1\n switch.i64 v0 [0: block1, 1: block2, 2: block3, 3: block4], block5\n\
                block1:\n store.i32 v9, v1 align 1\n return v3\nblock2:\n v5 = load.i64 v2\n return v5\n\
                block3:\n v6 = ptr_add v2, v4\n v7 = load.i32 v6\n return v3\nblock4:\n v8 = load.i64 v2+1 align 1\n return v8\n\
                block5:\n return v3\n}\n"
        .replace("v3 = iconst.i64 0\n", "v3 = iconst.i64 0\n v9 = iconst.i32 0\n");
    assert_eq!(
        message(&text, &[0]),
        "invalid memory access: write of 4 bytes of the global `text` (4 bytes), which is constant"
    );
    // A global of alignment 4 is at no address of alignment 8.
    assert_eq!(
        message(&text, &[1]),
        "invalid memory access: read of 8 bytes at offset 0 of the global `state` (16 bytes) is not aligned to 8 bytes"
    );
    assert_eq!(
        message(&text, &[2]),
        "invalid memory access: read of 4 bytes at offset 1 of the global `state` (16 bytes) is not aligned to 4 bytes"
    );
    assert_eq!(call(&module(&text), "f", &[3]), Ok(vec![0]));
}

#[test]
fn pointers_to_nothing() {
    let load = |address: &str| {
        format!("export fn @f() -> i64 {{\nblock0:\n v0 = iconst.ptr {address}\n v1 = load.i64 v0+8\n return v1\n}}\n")
    };
    assert_eq!(message(&load("0"), &[]), "invalid memory access: read of 8 bytes through a null pointer");
    assert_eq!(message(&load("99"), &[]), "invalid memory access: read of 8 bytes through a null pointer");
    let wild = "invalid memory access: read of 8 bytes at an address where nothing is";
    assert_eq!(message(&load("140737488355328"), &[]), wild);
    assert_eq!(message(&load("18446744073709550000"), &[]), wild);
    let code = "export fn @f() -> i64 {\nblock0:\n v0 = func_addr @f\n v1 = load.i64 v0\n return v1\n}\n";
    assert_eq!(message(code, &[]), "invalid memory access: out of bounds: read of 8 bytes at offset 0 of a function");
}

#[test]
fn copies() {
    let text = |body: &str| {
        format!(
            "export fn @f() -> i64 {{\n ss0 = slot size 32 align 8\nblock0:\n v0 = slot_addr ss0\n v1 = iconst.i64 8\n \
             v2 = iconst.i64 16\n v3 = iconst.i8 7\n memset v0, v3, v2 align 8\n{body} v9 = load.i64 v0+8\n return v9\n}}\n"
        )
    };
    let overlap = text(" v4 = ptr_add v0, v1\n memcpy v4, v0, v2 align 8, 8\n");
    assert_eq!(
        message(&overlap, &[]),
        "invalid memory access: write of 16 bytes at offset 8 of a local variable of f (32 bytes) overlaps what it is copied \
         from"
    );
    let same = text(" memcpy v0, v0, v2 align 8, 8\n");
    assert_eq!(call(&module(&same), "f", &[]), Ok(vec![0x0707_0707_0707_0707]));
}

#[test]
fn a_bool_is_0_or_1() {
    let text = "export fn @f() -> i1 {\n ss0 = slot size 1 align 1\nblock0:\n v0 = slot_addr ss0\n v1 = iconst.i8 2\n \
                store.i8 v1, v0\n v2 = load.i1 v0\n return v2\n}\n";
    assert_eq!(message(text, &[]), "undefined behaviour: a byte that is read as a bool holds 2");
}

#[test]
fn memory_can_run_out() {
    let alloc = |size: &str| {
        heap(&format!(
            " v9 = iconst.i64 {size}\n v10 = call @lang_rt_alloc(v9, v2, v3)\n v11 = ptr_to_int v10\n return v11\n}}\nfn @g() -> i64 {{\nblock0:\n v1 = iconst.i64 0\n"
        ))
    };
    for size in ["-1", "9223372036854775807", "9000000000"] {
        assert_eq!(call(&module(&alloc(size)), "f", &[]), Ok(vec![0]), "{size}");
    }
    let module = module(&alloc("100"));
    let func = module.function("f").unwrap();
    let mut machine = Machine::new(&module, Config { memory_limit: 120, ..Config::default() });
    assert_eq!(machine.call(func, &[]), Ok(vec![0]));
    assert!(machine.hit_memory_limit());
}

#[test]
fn memory_stays_after_a_call() {
    let module = module(&heap(" store.i64 v1, v0+8\n").replace("return v1", "v20 = ptr_to_int v0\n return v20"));
    let mut machine = Machine::new(&module, Config::default());
    let address = machine.call(module.function("f").unwrap(), &[]).unwrap()[0] as u64;
    assert_eq!(machine.read_bytes(address + 8, 9), Some(&[40, 0, 0, 0, 0, 0, 0, 0, 0][..]));
    assert_eq!(machine.read_bytes(address, 41), None);
}

#[test]
fn an_isolated_machine_sees_no_variable_globals() {
    let text = "global @state size 8 align 8\nglobal @text const size 8 align 8 { \"\\05\" }\n\
                export fn @f(i1) -> i64 {\nblock0(v0: i1):\n v1 = global_addr @state\n v2 = global_addr @text\n \
                v3 = select.ptr v0, v1, v2\n v4 = load.i64 v3\n return v4\n}\n";
    let module = module(text);
    let func = module.function("f").unwrap();
    let mut machine = Machine::new(&module, Config { isolated: true, ..Config::default() });
    assert_eq!(machine.call(func, &[0]), Ok(vec![5]));
    assert_eq!(machine.call(func, &[1]), Err(Stop::Global(module.globals.keys().next().unwrap())));
}

#[test]
fn broken_restrict_promises() {
    // Adds the second array to the first, or copies it; called with pointers that are so many bytes apart.
    let text = |body: &str| {
        format!(
            "file 0 \"a.lang\"\nfn @add(ptr noalias, ptr noalias, i64) {{\nblock0(v0: ptr, v1: ptr, v2: i64):\n \
             v3 = iconst.i64 0\n v4 = iconst.i64 1\n v10 = iconst.i64 16\n jump block1(v3)\nblock1(v5: i64):\n{body} \
             v9 = iadd.i64 v5, v4\n v11 = icmp_slt.i64 v9, v2\n brif v11, block1(v9), block2\nblock2:\n return\n}}\n\
             export fn @f(i64) -> i64 {{\n ss0 = slot size 64 align 8\nblock0(v0: i64):\n v1 = slot_addr ss0\n \
             v2 = iconst.i8 0\n v3 = iconst.i64 64\n memset v1, v2, v3 align 8\n v4 = ptr_add v1, v0\n v5 = iconst.i64 2\n \
             call @add(v1, v4, v5)\n call @add(v4, v1, v5)\n return v0\n}}\n"
        )
    };
    let add = " v6 = imul.i64 v5, v12\n v7 = ptr_add v0, v6\n v8 = ptr_add v1, v6\n v13 = load.i64 v8 @ 0:2:3\n \
               v14 = load.i64 v7\n v15 = iadd.i64 v13, v14\n store.i64 v15, v7 @ 0:3:3\n";
    let add = text(add).replace("v10 = iconst.i64 16", "v12 = iconst.i64 8");
    let (add, local) = (add.as_str(), "of a local variable of f (64 bytes)");
    assert_eq!(call(&module(add), "f", &[16]), Ok(vec![16]));
    assert_eq!(
        message(add, &[0]),
        format!(
            "broken restrict promise: write of 8 bytes at offset 0 {local} through restrict parameter 1 of add, which was \
             accessed through restrict parameter 2 of add at a.lang:2:3 in add"
        )
    );
    assert_eq!(
        message(add, &[8]),
        format!(
            "broken restrict promise: write of 8 bytes at offset 8 {local} through restrict parameter 1 of add, which was \
             accessed through restrict parameter 2 of add at a.lang:2:3 in add"
        )
    );
    let copy =
        text(" memcpy v0, v1, v10 align 8, 8 @ 0:2:3\n store.i64 v5, v0 @ 0:3:3\n v20 = load.i64 v1+8 @ 0:4:3\n");
    assert_eq!(call(&module(&copy), "f", &[16]), Ok(vec![16]));
    assert!(message(&copy, &[0]).starts_with("broken restrict promise: read of 16 bytes at offset 0"));
    // Reading through both is no breach.
    let read = text(" v20 = load.i64 v0\n v21 = load.i64 v1\n");
    assert_eq!(call(&module(&read), "f", &[0]), Ok(vec![0]));
}
