;@ lang: build tests/files/cli/input/power.lang --emit llvm-ir
;= stderr
;| error: the cranelift backend does not emit llvm-ir, only obj, asm, clif, ir
;|
;| For more information, try 'lang --help'.
;= status
;| Some(2)
