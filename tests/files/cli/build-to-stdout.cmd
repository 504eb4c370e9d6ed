;@ lang: build --emit ir -o - tests/files/bril/nop.bril
;= stdout
;| file 0 "tests/files/bril/nop.bril"
;| global @str:0 const size 1 align 1 { "\0a" }
;| global @str:1 const size 25 align 1 { "`@main` takes 0 arguments" }
;| fn @main() at 0:1:1 {
;| block0:
;|   v0 = iconst.i64 1 @ 0:3:3
;|   call @lang_rt_write_i64(v0) @ 0:5:3
;|   v1 = global_addr @str:0 @ 0:5:3
;|   v2 = iconst.i64 1 @ 0:5:3
;|   call @lang_rt_write_str(v1, v2) @ 0:5:3
;|   return @ 0:6:3
;| }
;| import fn @lang_rt_write_i64(i64)
;| import fn @lang_rt_write_str(ptr, i64)
;| export fn @lang_main() -> i32 at 0:1:1 {
;|   ss0 = slot size 16 align 8
;| block0:
;|   v0 = iconst.i32 2 @ 0:1:1
;|   call @lang_rt_trap_status(v0) @ 0:1:1
;|   v1 = slot_addr ss0 @ 0:1:1
;|   call @lang_rt_args(v1) @ 0:1:1
;|   v2 = load.i64 v1+8 @ 0:1:1
;|   v3 = iconst.i64 0 @ 0:1:1
;|   v4 = icmp_ne.i64 v2, v3 @ 0:1:1
;|   v5 = global_addr @str:1 @ 0:1:1
;|   v6 = iconst.i64 25 @ 0:1:1
;|   trapif v4, panic(v5, v6) @ 0:1:1
;|   call @main() @ 0:1:1
;|   v7 = iconst.i32 0 @ 0:1:1
;|   return v7 @ 0:1:1
;| }
;| import fn @lang_rt_trap_status(i32)
;| import fn @lang_rt_args(ptr)
