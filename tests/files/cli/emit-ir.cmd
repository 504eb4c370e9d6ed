;@ lang: build tests/files/cli/input/power.lang --emit ir -o /dev/stdout
;= stdout
;| file 0 "tests/files/cli/input/power.lang"
;| global @str:0 const size 1 align 1 { "\0a" }
;| fn @power(i64, i64) -> i64 at 0:1:4 {
;| block0(v0: i64, v1: i64):
;|   v2 = iconst.i64 1 @ 0:2:18
;|   v3 = iconst.i64 0 @ 0:3:14
;|   jump block1(v2, v3) @ 0:3:14
;| block1(v4: i64, v5: i64):
;|   v6 = icmp_slt.i64 v5, v1 @ 0:3:14
;|   brif v6, block2, block4 @ 0:3:14
;| block2:
;|   v7 = imul.i64 v4, v0 @ 0:3:35
;|   jump block3 @ 0:3:35
;| block3:
;|   v8 = iconst.i64 1 @ 0:3:14
;|   v9 = iadd.i64 v5, v8 @ 0:3:14
;|   jump block1(v7, v9) @ 0:3:14
;| block4:
;|   return v4 @ 0:4:12
;| }
;| fn @main() at 0:7:4 {
;| block0:
;|   v0 = iconst.i64 3 @ 0:8:17
;|   v1 = iconst.i64 4 @ 0:8:20
;|   v2 = call @power(v0, v1) @ 0:8:16
;|   call @lang_rt_write_i64(v2) @ 0:8:5
;|   v3 = global_addr @str:0 @ 0:8:5
;|   v4 = iconst.i64 1 @ 0:8:5
;|   call @lang_rt_write_str(v3, v4) @ 0:8:5
;|   return @ 0:9:2
;| }
;| import fn @lang_rt_write_i64(i64)
;| import fn @lang_rt_write_str(ptr, i64)
;| export fn @lang_main() -> i32 {
;| block0:
;|   call @main() @ 0:7:4
;|   v0 = iconst.i32 0 @ 0:7:4
;|   return v0 @ 0:7:4
;| }
