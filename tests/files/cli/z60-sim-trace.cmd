;@ lang: sim tests/files/cli/input/scale.ir --trace
;= stderr
;| lang_main block0: v0 = iconst.i64 5  ; v0 = 0x5
;| lang_main block0: v1 = call @scale(v0)  ; v0 = 0x5
;| scale block0: v1 = iconst.i64 8  ; v1 = 0x8
;| scale block0: v2 = imul.i64 v0, v1  ; v2 = 0x28
;| scale block0: return v2  ; v2 = 0x28
;| lang_main block0: v2 = ireduce.i32 v1  ; v2 = 0x28
;| lang_main block0: return v2  ; v2 = 0x28
;= status
;| Some(40)
