;@ lang: build tests/files/cli/input/power.lang -O --emit ir -o /dev/stdout
;= stdout
;| file 0 "tests/files/cli/input/power.lang"
;| global @str:0 const size 1 align 1 { "\0a" }
;| import fn @lang_rt_write_i64(i64)
;| import fn @lang_rt_write_str(ptr, i64)
;| export fn @lang_main() -> i32 {
;|   scope0 = inlined @main decl 0:7:4 at 0:7:4
;|   scope1 = inlined @power decl 0:1:4 at 0:8:16 scope0
;| block0:
;|   v0 = iconst.i64 1 @ 0:2:18 scope1
;|   v1 = iconst.i64 0 @ 0:3:14 scope1
;|   jump block1(v0, v1) @ 0:3:14 scope1
;| block1(v2: i64, v3: i64):
;|   v4 = iconst.i64 4 @ 0:8:20 scope0
;|   v5 = icmp_slt.i64 v3, v4 @ 0:3:14 scope1
;|   brif v5, block2, block3 @ 0:3:14 scope1
;| block2:
;|   v6 = iconst.i64 1 @ 0:2:18 scope1
;|   v7 = iadd.i64 v3, v6 @ 0:3:14 scope1
;|   v8 = ishl.i64 v2, v6 @ 0:3:35 scope1
;|   v9 = iadd.i64 v2, v8 @ 0:3:35 scope1
;|   jump block1(v9, v7) @ 0:3:14 scope1
;| block3:
;|   call @lang_rt_write_i64(v2) @ 0:8:5 scope0
;|   v10 = global_addr @str:0 @ 0:8:5 scope0
;|   v11 = iconst.i64 1 @ 0:2:18 scope1
;|   call @lang_rt_write_str(v10, v11) @ 0:8:5 scope0
;|   v12 = iconst.i32 0 @ 0:7:4
;|   return v12 @ 0:7:4
;| }
