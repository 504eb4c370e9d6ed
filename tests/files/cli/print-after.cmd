;@ lang: build tests/files/cli/input/power.lang -O2 --emit ir -o /dev/null --print-after lowered --print-after egraph --func power
;= stdout
;| ; after lowered
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
;|
;| ; after egraph
;| ; there is no function power any more
;|
