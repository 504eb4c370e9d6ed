;@ lang: sim tests/files/cli/input/invalid.ir
;= stderr
;| error: tests/files/cli/input/invalid.ir is not valid IR:
;|   @lang_main: block1: `v1 = iadd.i32 v0, v2`: operand 0 cannot be i64
;|   @lang_main: block1: `v1 = iadd.i32 v0, v2`: operand 1 cannot be i64
;|   @lang_main: block2: `return v2`: the operands should be (i32)
;|   @lang_main: block1: `v1 = iadd.i32 v0, v2`: the definition of v2 does not dominate its use
;= status
;| Some(1)
